//! What checks, repairs and explains asks no network. Linux is told to kill a process that makes a socket,
//! or a ring of requests that could hold one; what does its work all the same has made none.
//!
//! The kernel's [filter](https://docs.kernel.org/userspace-api/seccomp_filter.html) wants no rights, and
//! outlives `exec`. Python sets it, since our own code has nothing that is unsafe.

#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use crate::support::{self, TestRepo};

/// Forbids some system calls to itself, and becomes another program.
const FILTER: &str = r#"
import ctypes, os, platform, struct, sys

NO_NEW_PRIVS, SECCOMP, FILTER = 38, 22, 2
KILL_PROCESS, ALLOW = 0x80000000, 0x7FFF0000
# socket, socketpair, connect, io_uring_setup
calls = {"x86_64": (41, 53, 42, 425), "aarch64": (198, 199, 203, 425)}[platform.machine()]
load = struct.pack("HBBI", 0x20, 0, 0, 0)
rules = b"".join(struct.pack("HBBI", 0x15, 0, 1, call) + struct.pack("HBBI", 0x06, 0, 0, KILL_PROCESS)
                 for call in calls)
code = load + rules + struct.pack("HBBI", 0x06, 0, 0, ALLOW)
buffer = ctypes.create_string_buffer(code)
program = struct.pack("HP", len(code) // 8, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) == 0
assert libc.prctl(SECCOMP, FILTER, ctypes.create_string_buffer(program), 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"#;

/// What the kernel ends a process with that breaks a filter: SIGSYS.
const KILLED: i32 = 31;

/// A command that may make no sockets.
fn without_sockets(command: &Command) -> Command {
    let mut filtered = Command::new("python3");
    filtered.args(["-c", FILTER]).arg(command.get_program());
    filtered.args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            filtered.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        filtered.current_dir(folder);
    }
    filtered
}

fn tfmp(repo: &TestRepo, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = support::command(&repo.path(""));
    command.args(args).envs(variables.iter().copied());
    without_sockets(&command).output().unwrap()
}

fn repo() -> TestRepo {
    TestRepo::new()
        .file(
            "requirements.txt",
            "tensorflow==2.3.4\n--index-url https://example.org/simple\n",
        )
        .file(
            "pyproject.toml",
            "[project]\ndependencies = [\"tensorflow @ https://example.org/t.whl\"]\n",
        )
        .file(
            "Dockerfile",
            "FROM tensorflow/tensorflow:2.3.4\nRUN pip install keras\n",
        )
        .file(
            "a.py",
            "import tensorflow as tf\ntf.keras.mixed_precision.set_global_policy('x')\n",
        )
        .file(
            "a.ipynb",
            "{\"cells\": [], \"metadata\": {}, \"nbformat\": 4}",
        )
        .file("event.json", "{}")
}

#[test]
fn what_checks_asks_no_network() {
    let repo = repo();
    for (args, code) in [
        (&["check"][..], 1),
        (
            &["check", "-v", "--format", "sarif", "--json-file", "r.json"],
            1,
        ),
        (
            &["check", "--write-baseline", "b.json", "--fail-on", "never"],
            0,
        ),
        (&["fix", "--diff"], 1),
        (&["compat"], 0),
        (&["compat", "--as", "2.20"], 0),
        (&["explain", "tf.keras.Model"], 0),
        (&["explain", "no.such.symbol"], 2),
        (&["rules"], 0),
        (&["man"], 0),
        (&["--version"], 0),
    ] {
        let output = tfmp(&repo, args, &[]);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
    }
    // A step of a workflow that is not that of a pull request, with a token and a proxy at hand.
    let output = tfmp(
        &repo,
        &["action"],
        &[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_REPOSITORY", "org/project"),
            ("TFMP_TOKEN", "ghs_0"),
            ("https_proxy", "http://127.0.0.1:1"),
            ("RUNNER_TEMP", repo.path("").to_str().unwrap()),
        ],
    );
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

/// What does ask is killed: the filter sees it.
#[test]
fn a_socket_would_be_seen() {
    let repo = repo();
    let report = repo.path("r.json");
    let report = report.to_str().unwrap();
    let args = ["check", "--json-file", report, "--fail-on", "never"];
    assert_eq!(tfmp(&repo, &args, &[]).status.code(), Some(0));
    let sha = "4b64000000000000000000000000000000000001";
    let event = format!(
        "{{\"pull_request\": {{\"number\": 7, \"state\": \"open\", \"head\": {{\"sha\": \"{sha}\", \"repo\": \
         {{\"full_name\": \"org/project\"}}}}}}}}"
    );
    let repo = repo.file("event.json", &event);
    let variables = [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_REPOSITORY", "org/project"),
        ("GITHUB_API_URL", "http://127.0.0.1:1"),
        ("GITHUB_EVENT_PATH", "event.json"),
        ("TFMP_TOKEN", "ghs_0"),
    ];
    let args = ["review", "--report", report];
    let output = tfmp(&repo, &args, &variables);
    assert_eq!(output.status.signal(), Some(KILLED), "{output:?}");
    // The same review, where sockets are allowed, says that nobody is there.
    let mut command = support::command(&repo.path(""));
    command.args(args).envs(variables);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("not reached"));
}
