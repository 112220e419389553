//! The event file of the runner of GitHub Actions.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp::github::event::{self, Event};

fuzz_target!(|text: &str| {
    for name in [
        "pull_request",
        "pull_request_target",
        "workflow_run",
        "push",
    ] {
        match event::read(name, text, "org/project") {
            Event::PullRequest(pull) => assert!(is_commit(&pull.head)),
            Event::Followed(run) => assert!(is_commit(&run.head)),
            Event::None(why) => assert!(!why.is_empty()),
        }
    }
});

/// It becomes part of addresses.
fn is_commit(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
