//! Answers of a server that is asked for a review: bytes of HTTP, as they come.
//!
//! Parts of the input are apart by a zero byte: the event file, the report, then one answer after the
//! other, each sent as it stands; where there are no more, the connection is closed. Whatever comes, the
//! run ends, says what is missing, and does not say the token.

#![no_main]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tfmp::github::told::Told;
use tfmp::github::{self, Proxies, Runner, Token};
use tfmp::rules::ALL;

const TOKEN: &str = "ghs_fuzzfuzzfuzzfuzz";

/// So little that no pause between two tries has room in it: those are for `tests/it/review`.
const PATIENCE: Duration = Duration::from_millis(100);

static ANSWERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

static ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the machine has a loopback");
    let address = listener.local_addr().expect("it is bound").to_string();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A client that hangs up is no fault.
            drop(serve(client));
        }
    });
    format!("http://{address}")
});

fn serve(mut client: TcpStream) -> std::io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            count => head.extend_from_slice(&buffer[..count]),
        }
    }
    let answer = ANSWERS.lock().expect("nobody fails with it").pop();
    client.write_all(&answer.unwrap_or_default())?;
    client.shutdown(Shutdown::Write)
}

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|&byte| byte == 0);
    let event = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let Ok(told) = Told::read(parts.next().unwrap_or_default(), ALL) else {
        return;
    };
    let answers: Vec<Vec<u8>> = parts.map(<[u8]>::to_vec).rev().collect();
    *ANSWERS.lock().expect("nobody fails with it") = answers;
    let outcome = github::post(
        &told,
        &Runner {
            event_name: "pull_request".to_owned(),
            event,
            repository: "org/project".to_owned(),
            api_url: ADDRESS.clone(),
            server_url: "https://github.com".to_owned(),
            token: Token::new(TOKEN),
            proxies: Proxies::default(),
            patience: PATIENCE,
            most_comments: 25,
            category: "tfmp".to_owned(),
        },
    );
    assert!(outcome.posted.is_some() || !outcome.notices.is_empty());
    for notice in &outcome.notices {
        let said = format!("{notice:?}");
        assert!(
            !said.contains(TOKEN) && !said.contains("fault of tfmp"),
            "{said}"
        );
        assert!(!notice.message.contains('\n'), "{said}");
    }
});
