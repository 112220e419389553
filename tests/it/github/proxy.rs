//! A proxy for tests: it connects to where it is asked to, and notes what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy that runs until the tests end.
pub(crate) struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy that lets everybody through, or nobody: then it says so.
    pub(crate) fn new(is_open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, noted) = (client.unwrap(), Arc::clone(&noted));
                // A client that hangs up early is no fault of ours.
                thread::spawn(move || drop(serve(client, is_open, &noted)));
            }
        });
        Self { address, asked }
    }

    /// Its address, to be asked by somebody.
    pub(crate) fn url(&self, user: &str) -> String {
        match user {
            "" => format!("http://{}", self.address),
            user => format!("http://{user}@{}", self.address),
        }
    }

    /// The heads of all requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(client: TcpStream, is_open: bool, noted: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let target = head
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split(' ').next());
    let target = target.map(str::to_owned);
    noted.lock().unwrap().push(head);
    let mut client = client;
    let Some(target) = target.filter(|_| is_open) else {
        return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    };
    let server = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut up, mut down) = (server.try_clone()?, client.try_clone()?);
    let answers = thread::spawn(move || pass(server, &mut down));
    pass(reader, &mut up)?;
    answers.join().expect("it only copies")
}

/// Passes on what comes, until nothing does.
fn pass(mut from: impl Read, to: &mut TcpStream) -> std::io::Result<()> {
    std::io::copy(&mut from, to)?;
    to.shutdown(Shutdown::Write)
}
