//! The token: it goes to the host that it is for, over a connection that the system trusts, and nobody
//! ever reads it. What `tests/it/github.rs` reviews holds every run to the last part.

#[cfg(unix)]
use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::github::{Fault, TOKEN};
use crate::review::scene;
#[cfg(unix)]
use crate::support::project;

/// A server of TLS with a certificate of `tests/fixtures/tls`. It tells its port, then the token of each
/// request, and finds nothing that it is asked for.
#[cfg(unix)]
const SERVER: &str = r#"
import http.server, ssl, sys

class Handler(http.server.BaseHTTPRequestHandler):
    asked = False
    def do_GET(self):
        Handler.asked = True
        print(self.headers["authorization"], flush=True)
        self.send_response(404)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass

class Server(http.server.HTTPServer):
    def process_request(self, request, address):
        Handler.asked = False
        try:
            self.finish_request(request, address)
        except OSError:
            pass
        if not Handler.asked:
            print("refused", flush=True)
        self.shutdown_request(request)

server = Server(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.pem", "server.key")
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

#[cfg(unix)]
struct Server {
    child: Child,
    lines: BufReader<ChildStdout>,
}

#[cfg(unix)]
impl Server {
    fn new() -> Self {
        let mut child = Command::new("python3")
            .args(["-c", SERVER])
            .current_dir(project().join("tests/fixtures/tls"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

#[cfg(unix)]
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a review of that host says and what the server has seen, where the system trusts an authority.
#[cfg(unix)]
fn asked(host: &str, trusted: Option<&str>) -> (String, String) {
    let mut server = Server::new();
    let port = server.line();
    let mut scene = scene().env("GITHUB_API_URL", &format!("https://{host}:{port}"));
    if let Some(file) = trusted {
        let path = project().join("tests/fixtures/tls").join(file);
        scene = scene.env("SSL_CERT_FILE", path.to_str().unwrap());
    }
    let outcome = scene.review(&[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    (outcome.stderr, server.line())
}

#[cfg(unix)]
#[test]
fn the_token_goes_to_servers_that_the_system_trusts() {
    let (told, seen) = asked("127.0.0.1", Some("ca.pem"));
    assert!(told.contains("cannot be read (404"), "{told}");
    assert_eq!(seen, format!("Bearer {TOKEN}"));
}

#[cfg(unix)]
#[test]
fn the_token_goes_to_no_other_server() {
    // Nobody vouches for it; and who vouches for one name does not vouch for another.
    for (host, trusted) in [("127.0.0.1", None), ("localhost", Some("ca.pem"))] {
        let (told, seen) = asked(host, trusted);
        assert!(told.contains("cannot be read (not reached: "), "{told}");
        assert_eq!(seen, "refused", "{host}");
    }
}

/// A server may say back what it was sent, wherever texts are read.
#[test]
fn a_token_that_is_said_back_is_not_printed() {
    let quoted = |name: &str| format!("{{\"{name}\": \"a {TOKEN} b\", \"number\": \"{TOKEN}\"}}");
    let elsewhere = format!("https://example.org/{TOKEN}");
    for method_and_path in [
        ("GET", "/pulls/7"),
        ("GET", "/files"),
        ("GET", "/comments"),
        ("GET", "/reviews"),
        ("POST", "/reviews"),
    ] {
        let (method, path) = method_and_path;
        let fault = |status| Fault::new(method, path, status);
        for fault in [
            fault(200).body(&quoted("html_url")),
            fault(200).body(TOKEN),
            fault(302).header("location", &elsewhere),
            fault(401).body(&quoted("message")),
            fault(403)
                .header("retry-after", "9999")
                .body(&quoted("message")),
            fault(422).body(&format!("{{\"errors\": [{}]}}", quoted("message"))),
        ] {
            let scene = scene();
            scene.github.fail(fault);
            // It holds what is printed against the token.
            let outcome = scene.review(&[]);
            assert_eq!(outcome.code, 0, "{method_and_path:?}: {outcome:?}");
        }
    }
}
