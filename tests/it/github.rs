//! A GitHub for tests: it keeps pull requests with their files, comments and reviews, moves comments as
//! commits come, refuses what GitHub refuses, and fails on demand. Every request and every answer is
//! held against GitHub's own description ([`contract`]).

mod contract;
mod proxy;
mod server;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) use self::proxy::Proxy;
pub(crate) use self::server::{Fault, GitHub};
use crate::support::{Outcome, TestRepo, command, finish};

/// The number of the pull request in all tests.
pub(crate) const NUMBER: u64 = 7;
/// A token as GitHub Actions makes them.
pub(crate) const TOKEN: &str = "ghs_0123456789abcdefghijklmnopqrstuvwxyz";

/// Files by path.
pub(crate) type Files = BTreeMap<String, String>;

/// Files from pairs.
pub(crate) fn files(pairs: &[(&str, &str)]) -> Files {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    pairs.iter().map(own).collect()
}

/// A pull request from its opening on: what its files are, and a GitHub that knows.
pub(crate) struct Scene {
    pub(crate) github: GitHub,
    head: Files,
    event: Value,
    event_name: String,
    prefix: String,
    env: Vec<(String, String)>,
}

impl Scene {
    /// Opens a pull request that changes files as told; an empty text removes one.
    pub(crate) fn new(base: &[(&str, &str)], head: &[(&str, &str)]) -> Self {
        let base = files(base);
        let head = changed(&base, head);
        let github = GitHub::new(&base, &head);
        let event = json!({"pull_request": {
            "number": NUMBER,
            "state": "open",
            "user": {"login": "ann"},
            "head": {"sha": github.head(), "repo": {"full_name": "org/project"}},
        }});
        Self {
            github,
            head,
            event,
            event_name: "pull_request".to_owned(),
            prefix: String::new(),
            env: Vec::new(),
        }
    }

    /// Pushes a commit that changes files as told.
    pub(crate) fn push(&mut self, changes: &[(&str, &str)]) {
        self.head = changed(&self.head, changes);
        self.github.push(&self.head);
        self.event["pull_request"]["head"]["sha"] = json!(self.github.head());
    }

    /// The event of the run, to be changed.
    pub(crate) fn event(&mut self, name: &str) -> &mut Value {
        name.clone_into(&mut self.event_name);
        &mut self.event
    }

    /// The pull request comes from a fork.
    pub(crate) fn forked(mut self) -> Self {
        self.event["pull_request"]["head"]["repo"]["full_name"] = json!("ann/project");
        self
    }

    /// The API stands below a path, as in GitHub Enterprise Server.
    pub(crate) fn below(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self.github.below(prefix);
        self
    }

    /// A variable of the run's environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Checks the head as it is, and reviews with that report.
    #[track_caller]
    pub(crate) fn review(&self, args: &[&str]) -> Outcome {
        self.review_of(&self.head, args)
    }

    /// Checks other files than those of the head, such as a merge with the base.
    #[track_caller]
    pub(crate) fn review_of(&self, files: &Files, args: &[&str]) -> Outcome {
        let repo = repo(files);
        let report = repo.path("report.json");
        let checked = repo.tfmp(&[
            "check",
            "--quiet",
            "--fail-on",
            "never",
            "--json-file",
            report.to_str().unwrap(),
        ]);
        assert_eq!(checked.code, 0, "{}", checked.stderr);
        let text = std::fs::read_to_string(report).unwrap();
        self.review_with(&text, args)
    }

    /// Reviews with a report.
    #[track_caller]
    pub(crate) fn review_with(&self, report: &str, args: &[&str]) -> Outcome {
        self.review_with_all(&[("report.json", report)], args)
    }

    /// Reviews with several reports.
    #[track_caller]
    pub(crate) fn review_with_all(&self, reports: &[(&str, &str)], args: &[&str]) -> Outcome {
        let mut repo = TestRepo::new().file("event.json", &self.event.to_string());
        let mut command = command(&repo.path(""));
        command.arg("review");
        for (name, report) in reports {
            repo = repo.file(name, report);
            command.args(["--report", name]);
        }
        command
            .args(args)
            .env("GITHUB_EVENT_NAME", &self.event_name)
            .env("GITHUB_EVENT_PATH", repo.path("event.json"))
            .env("GITHUB_REPOSITORY", "org/project")
            .env(
                "GITHUB_API_URL",
                format!("{}{}", self.github.address(), self.prefix),
            )
            .env("GITHUB_SERVER_URL", "https://github.example")
            .env("GITHUB_TOKEN", TOKEN)
            .env("TFMP_TIMEOUT", "2");
        for (name, value) in &self.env {
            command.env(name, value);
        }
        let outcome = finish(command);
        assert!(!outcome.stdout.contains(TOKEN) && !outcome.stderr.contains(TOKEN));
        self.github.assert_right();
        outcome
    }

    /// Reviews, and gives the writes that it made, such as `POST reviews`.
    #[track_caller]
    pub(crate) fn writes(&self) -> Vec<String> {
        self.github.forget();
        let outcome = self.review(&[]);
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (0, ""),
            "{}",
            outcome.stdout
        );
        self.github.writes()
    }
}

/// A repository with files.
pub(crate) fn repo(files: &Files) -> TestRepo {
    files
        .iter()
        .fold(TestRepo::new(), |repo, (path, text)| repo.file(path, text))
}

fn changed(files: &Files, changes: &[(&str, &str)]) -> Files {
    let mut files = files.clone();
    for (path, text) in changes {
        if text.is_empty() {
            files.remove(*path);
        } else {
            files.insert((*path).to_owned(), (*text).to_owned());
        }
    }
    files
}
