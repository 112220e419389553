//! What started a workflow: the pull request that it belongs to, as the runner's
//! [event file](https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows)
//! tells. Its JSON is that of [webhooks](https://docs.github.com/en/webhooks/webhook-events-and-payloads).
//!
//! Supported: `pull_request`, `pull_request_target`, `pull_request_review` and
//! `pull_request_review_comment`, which carry the pull request, and `workflow_run` of one of the first
//! two, which tells its head. Any other event has no pull request to review.

use serde::Deserialize;

/// What the event tells about the pull request to review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The run is that of a pull request.
    PullRequest(PullRequest),
    /// The run follows another one, which was that of a pull request.
    Followed(Followed),
    /// There is no pull request, or none to review; the sentence says why.
    None(String),
}

/// A pull request as it stood when the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// The commit at its head.
    pub head: String,
    /// It comes from another repository, or from one that is gone.
    pub is_fork: bool,
    /// It was opened by Dependabot, whose runs may not write either.
    pub is_dependabot: bool,
}

/// The run that a `workflow_run` follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The commit at the head of the pull request that it checked.
    pub head: String,
    /// Where that head is: the owner of the repository and the branch.
    pub branch: Option<(String, String)>,
    /// The numbers that the event tells; none for pull requests from forks.
    pub numbers: Vec<u64>,
}

#[derive(Deserialize)]
struct File {
    pull_request: Option<Pull>,
    workflow_run: Option<Run>,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    #[serde(default)]
    state: Option<String>,
    head: Head,
    user: Option<User>,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
    repo: Option<Repo>,
}

#[derive(Deserialize)]
struct Repo {
    full_name: Option<String>,
    owner: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Run {
    event: String,
    head_sha: String,
    head_branch: Option<String>,
    head_repository: Option<Repo>,
    #[serde(default)]
    pull_requests: Vec<Followable>,
}

#[derive(Deserialize)]
struct Followable {
    number: u64,
    head: Sha,
    base: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    repo: Option<Address>,
}

#[derive(Deserialize)]
struct Address {
    url: Option<String>,
}

impl Followable {
    /// Whether it leads to a repository: the same commit may be the head of one in a fork, too.
    fn leads_to(&self, repository: &str) -> bool {
        let repo = self.base.as_ref().and_then(|base| base.repo.as_ref());
        let url = repo.and_then(|repo| repo.url.as_deref());
        let name = url.and_then(|url| url.rsplit_once("/repos/"));
        name.is_none_or(|(_, name)| name.eq_ignore_ascii_case(repository))
    }
}

#[derive(Deserialize)]
struct Sha {
    sha: String,
}

/// Reads an event. `name` is that of `GITHUB_EVENT_NAME`, `repository` that in which the run is.
#[must_use]
pub fn read(name: &str, json: &str, repository: &str) -> Event {
    let none = |why: &str| Event::None(why.to_owned());
    let of_pull = matches!(
        name,
        "pull_request"
            | "pull_request_target"
            | "pull_request_review"
            | "pull_request_review_comment"
    );
    if !of_pull && name != "workflow_run" {
        return Event::None(match name {
            "" => "this is no run of GitHub Actions".to_owned(),
            _ => format!("the event `{name}` has no pull request"),
        });
    }
    let Ok(file) = serde_json::from_str::<File>(json) else {
        return none("the event file of the runner is not what GitHub writes");
    };
    match (file.pull_request, file.workflow_run) {
        (Some(pull), _) if of_pull => pull_request(pull, repository),
        (_, Some(run)) if !of_pull => followed(run, repository),
        _ => Event::None(format!("the event `{name}` names no pull request")),
    }
}

fn pull_request(pull: Pull, repository: &str) -> Event {
    if !is_commit(&pull.head.sha) {
        return Event::None("the event names no commit".to_owned());
    }
    if pull.state.as_deref() == Some("closed") {
        return Event::None(format!("pull request {} is closed", pull.number));
    }
    let home = pull.head.repo.and_then(|repo| repo.full_name);
    Event::PullRequest(PullRequest {
        number: pull.number,
        head: pull.head.sha,
        is_fork: home.is_none_or(|home| !home.eq_ignore_ascii_case(repository)),
        is_dependabot: pull
            .user
            .is_some_and(|user| user.login == "dependabot[bot]"),
    })
}

fn followed(run: Run, repository: &str) -> Event {
    if !matches!(run.event.as_str(), "pull_request" | "pull_request_target") {
        let event = run.event;
        return Event::None(format!(
            "the run that this one follows was of the event `{event}`, which has no pull request"
        ));
    }
    if !is_commit(&run.head_sha) {
        return Event::None("the event names no commit".to_owned());
    }
    let numbers = run
        .pull_requests
        .iter()
        .filter(|pull| pull.head.sha == run.head_sha && pull.leads_to(repository))
        .map(|pull| pull.number)
        .collect();
    let owner = run.head_repository.and_then(|repo| repo.owner);
    Event::Followed(Followed {
        head: run.head_sha,
        branch: owner
            .map(|owner| owner.login)
            .zip(run.head_branch)
            .filter(|(owner, branch)| !owner.is_empty() && !branch.is_empty()),
        numbers,
    })
}

/// Whether a text is a whole commit id: it becomes part of addresses.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SHA: &str = "4b64000000000000000000000000000000000001";

    fn pull() -> Value {
        json!({"pull_request": {
            "number": 7, "state": "open", "draft": true, "user": {"login": "ann"},
            "head": {"sha": SHA, "repo": {"full_name": "org/project", "owner": {"login": "org"}}},
            "base": {"sha": SHA},
        }})
    }

    fn run() -> Value {
        json!({"workflow_run": {
            "event": "pull_request", "head_sha": SHA, "head_branch": "fix",
            "head_repository": {"full_name": "ann/project", "owner": {"login": "ann"}},
            "pull_requests": [],
        }})
    }

    #[track_caller]
    fn check_none(name: &str, event: &Value, why: &str) {
        let read = read(name, &event.to_string(), "org/project");
        assert_eq!(read, Event::None(why.to_owned()));
    }

    #[track_caller]
    fn check_pull(event: &Value, is_fork: bool, is_dependabot: bool) {
        let expect = Event::PullRequest(PullRequest {
            number: 7,
            head: SHA.to_owned(),
            is_fork,
            is_dependabot,
        });
        for name in ["pull_request", "pull_request_target", "pull_request_review"] {
            assert_eq!(read(name, &event.to_string(), "org/project"), expect);
        }
    }

    #[test]
    fn a_pull_request_drafts_included() {
        check_pull(&pull(), false, false);
    }

    #[test]
    fn a_fork_and_a_fork_that_is_gone() {
        let mut event = pull();
        event["pull_request"]["head"]["repo"]["full_name"] = json!("ann/project");
        check_pull(&event, true, false);
        event["pull_request"]["head"]["repo"] = json!(null);
        check_pull(&event, true, false);
    }

    #[test]
    fn dependabot() {
        let mut event = pull();
        event["pull_request"]["user"]["login"] = json!("dependabot[bot]");
        check_pull(&event, false, true);
        event["pull_request"]["user"] = json!(null);
        check_pull(&event, false, false);
    }

    #[test]
    fn what_is_no_pull_request_to_review() {
        check_none("push", &json!({}), "the event `push` has no pull request");
        check_none("", &json!({}), "this is no run of GitHub Actions");
        let mut event = pull();
        event["pull_request"]["state"] = json!("closed");
        check_none("pull_request", &event, "pull request 7 is closed");
        check_none(
            "pull_request",
            &json!({}),
            "the event `pull_request` names no pull request",
        );
        check_none(
            "pull_request",
            &json!([]),
            "the event file of the runner is not what GitHub writes",
        );
    }

    #[test]
    fn a_commit_is_no_path() {
        let mut event = pull();
        event["pull_request"]["head"]["sha"] = json!("../../../user");
        check_none("pull_request", &event, "the event names no commit");
    }

    #[test]
    fn a_run_that_follows_one_of_a_fork() {
        let expect = Followed {
            head: SHA.to_owned(),
            branch: Some(("ann".to_owned(), "fix".to_owned())),
            numbers: vec![],
        };
        let event = read("workflow_run", &run().to_string(), "org/project");
        assert_eq!(event, Event::Followed(expect));
    }

    #[test]
    fn a_run_that_follows_one_of_the_repository_itself() {
        let mut event = run();
        event["workflow_run"]["pull_requests"] = json!([
            {"number": 7, "head": {"sha": SHA}},
            {"number": 8, "head": {"sha": "4b64000000000000000000000000000000000002"}},
        ]);
        let Event::Followed(followed) = read("workflow_run", &event.to_string(), "org/project")
        else {
            panic!("the run was that of a pull request");
        };
        assert_eq!(followed.numbers, [7]);
    }

    #[test]
    fn a_number_of_another_repository_is_not_taken_for_one_of_ours() {
        let to =
            |name: &str| json!({"repo": {"url": format!("https://api.github.com/repos/{name}")}});
        let mut event = run();
        event["workflow_run"]["pull_requests"] = json!([
            {"number": 3, "head": {"sha": SHA}, "base": to("ann/project")},
            {"number": 7, "head": {"sha": SHA}, "base": to("Org/Project")},
        ]);
        let Event::Followed(followed) = read("workflow_run", &event.to_string(), "org/project")
        else {
            panic!("the run was that of a pull request");
        };
        assert_eq!(followed.numbers, [7]);
    }

    #[test]
    fn a_run_that_follows_a_push() {
        let mut event = run();
        event["workflow_run"]["event"] = json!("push");
        check_none(
            "workflow_run",
            &event,
            "the run that this one follows was of the event `push`, which has no pull request",
        );
    }
}
