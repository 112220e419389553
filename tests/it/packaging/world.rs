//! A workspace, a copy of the action where a runner lays it, and a server with releases.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::runner::Job;
use crate::support::{TestRepo, project};

/// What stands for `tfmp` in tests of the steps around it: it writes down what it got, answers with
/// outputs, and ends as the variable `END` says.
pub(super) const PROGRAM: &str = r#"#!/bin/sh
if [ "$1" = --version ]; then echo "tfmp 1.2.3"; exit; fi
printf '%s\0' "$@" >"$RUNNER_TEMP/arguments"
for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z_0-9]*\)=.*/\1/p'); do
  eval "printf '%s=%s\0' $name \"\$$name\""
done >"$RUNNER_TEMP/environment"
for name in findings errors warnings notes; do echo "$name=${#name}"; done >>"$GITHUB_OUTPUT"
echo "tensorflow=2.3.4" >>"$GITHUB_OUTPUT"
[ -n "$NOTHING" ] || echo "sarif-file=out/tfmp.sarif" >>"$GITHUB_OUTPUT"
echo "report-file=out/tfmp.json" >>"$GITHUB_OUTPUT"
exit "${END:-0}"
"#;

/// The name of the asset for the runner that the tests play.
pub(super) const ASSET: &str = "tfmp-1.2.3-x86_64-unknown-linux-musl";

pub(super) struct World {
    pub(super) repo: TestRepo,
    server: Server,
}

impl World {
    /// An action at version 1.2.3, whose release holds `PROGRAM`, with its checksum.
    pub(super) fn new() -> Self {
        let repo = TestRepo::new();
        let action = repo.path("_actions/org/tfmp-action/v1");
        for folder in ["action", "review"] {
            std::fs::create_dir_all(action.join(folder)).unwrap();
            for entry in std::fs::read_dir(project().join(folder)).unwrap() {
                let from = entry.unwrap().path();
                std::fs::copy(&from, action.join(folder).join(from.file_name().unwrap())).unwrap();
            }
        }
        std::fs::copy(project().join("action.yml"), action.join("action.yml")).unwrap();
        std::fs::create_dir_all(repo.path("workspace")).unwrap();
        let world = Self {
            repo,
            server: Server::new(),
        };
        world.write("action/version.txt", "1.2.3\n");
        world.write(
            "action/checksums.txt",
            &format!("{}  {ASSET}\n", sha256(PROGRAM)),
        );
        world.serve(PROGRAM);
        world
    }

    /// Writes a file of the action.
    pub(super) fn write(&self, path: &str, text: &str) {
        std::fs::write(self.action().join(path), text).unwrap();
    }

    /// Puts a program into the release.
    pub(super) fn serve(&self, program: &str) {
        let path = format!("/org/tfmp-action/releases/download/v1.2.3/{ASSET}");
        self.server.put(&path, program);
    }

    /// Writes a script that can be run, and tells where it is.
    pub(super) fn script(&self, path: &str, text: &str) -> PathBuf {
        let path = self.repo.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        path
    }

    /// The paths that were asked for.
    pub(super) fn asked(&self) -> Vec<String> {
        self.server.asked.lock().unwrap().clone()
    }

    pub(super) fn action(&self) -> PathBuf {
        self.repo.path("_actions/org/tfmp-action/v1")
    }

    /// A job that uses the action.
    pub(super) fn job(&self) -> Job {
        self.job_of("")
    }

    /// A job that uses an action in a folder of it.
    pub(super) fn job_of(&self, folder: &str) -> Job {
        let path = self.action().join(folder);
        // Without a server of its own, github.com is asked; a proxy that is not there keeps it offline.
        Job::new(&path, &self.repo.path("workspace"), &self.repo.path("temp"))
            .github("server_url", Value::from(self.server.url.as_str()))
            .env("https_proxy", "http://127.0.0.1:9")
    }

    /// What the program got as environment, by name.
    pub(super) fn environment(&self) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(self.repo.path("temp/environment")).unwrap();
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Whether the program ran with more than `--version`.
    pub(super) fn ran(&self) -> bool {
        self.repo.path("temp/arguments").exists()
    }
}

/// A pull request of a fork, for `github.event`.
pub(super) fn fork() -> Value {
    json!({ "pull_request": {
        "head": { "repo": { "full_name": "someone/hello" } }, "user": { "login": "someone" },
    } })
}

/// The SHA-256 of a text, by the tools that the action uses too.
pub(super) fn sha256(text: &str) -> String {
    let script = r#"printf '%s' "$1" | if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi"#;
    let output = Command::new("bash")
        .args(["-c", script, "-", text])
        .output();
    let output = String::from_utf8(output.unwrap().stdout).unwrap();
    output.split_whitespace().next().unwrap().to_owned()
}

/// Runs a script of the project with nothing but these variables.
pub(super) fn bash(script: &Path, args: &[&str], env: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new("bash");
    command.arg(script).args(args).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.envs(env.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

/// Answers GET requests with what was put there, and 404 to the rest.
struct Server {
    url: String,
    files: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            files: Arc::default(),
            asked: Arc::default(),
        };
        let (files, asked) = (Arc::clone(&server.files), Arc::clone(&server.asked));
        // Ends with the process: a test's server has nothing to tidy up.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = head.next().unwrap_or_default();
                head.take_while(|line| !line.is_empty()).for_each(drop);
                let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, body) = match files.lock().unwrap().get(&path) {
                    Some(body) => ("200 OK", body.clone()),
                    None => ("404 Not Found", String::new()),
                };
                asked.lock().unwrap().push(path);
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
            }
        });
        server
    }

    fn put(&self, path: &str, body: &str) {
        let mut files = self.files.lock().unwrap();
        files.insert(path.to_owned(), body.to_owned());
    }
}
