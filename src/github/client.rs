//! The one place that talks to GitHub: gathers what a review is planned from, does what the plan says,
//! and tells why where it cannot. [`http`] knows how to ask, [`connect`] on which way, [`wire`] what the
//! questions look like.

mod connect;
mod http;
mod wire;

use self::http::{Http, Trouble};
use self::wire::{
    File, LineComment, NewReview, NewReviewComment, NewText, Posted as PostedReview, Pull, Review,
    User,
};
use crate::finding::Notice;
use crate::github::event::{self, Event, Followed};
use crate::github::review::{
    self, ChangedFile, Comment, Earlier, Ground, NewComment, Plan, Standing,
};
use crate::github::told::Told;
use crate::github::{Outcome, Posted, Runner};
use crate::report::links::Repository;

/// GitHub lists no more than 3,000 changed files.
const FILE_PAGES: u32 = 30;
/// Pull requests with more comments or reviews than these pages hold get no review of ours.
const OTHER_PAGES: u32 = 50;
/// GitHub takes 80 writes in a minute. What is left over is done by the next run.
const MOST_WRITES: usize = 60;

/// Reviews the pull request of a run.
pub(super) fn post(told: &Told, runner: &Runner) -> Outcome {
    let mut outcome = Outcome::default();
    match attempt(told, runner, &mut outcome.notices) {
        Ok(posted) => outcome.posted = posted,
        Err(notice) => outcome.notices.push(*notice),
    }
    outcome
}

/// Boxed because what goes well should not carry the room of what goes wrong.
type Missing = Box<Notice>;

fn attempt(
    told: &Told,
    runner: &Runner,
    notices: &mut Vec<Notice>,
) -> Result<Option<Posted>, Missing> {
    let event = event::read(&runner.event_name, &runner.event, &runner.repository);
    if let Event::None(why) = &event {
        return Err(missing(why, ""));
    }
    if !is_repository(&runner.repository) {
        return Err(missing("`GITHUB_REPOSITORY` names no repository", ""));
    }
    let Some(token) = &runner.token else {
        return Err(missing(
            "there is no token",
            "pass `github.token`, and give the job `pull-requests: write`",
        ));
    };
    let may_only_read =
        matches!(&event, Event::PullRequest(pull) if pull.is_fork || pull.is_dependabot);
    let failed = |what: &str| {
        let what = what.to_owned();
        move |trouble: Trouble| refused(&what, &trouble, may_only_read)
    };
    let http = Http::new(runner, token.secret()).map_err(failed("GitHub cannot be asked"))?;
    let work = Work {
        http: &http,
        repository: &runner.repository,
    };
    let pull = work.pull_request(&event, &failed("the pull request cannot be read"))?;
    let path = |below: &str| format!("/repos/{}/pulls/{}/{below}", runner.repository, pull.number);

    let (files, all_files) = match http.list::<File>(&path("files"), FILE_PAGES) {
        Ok(listed) => listed,
        // Diffs that are too large to show are no reason to say nothing.
        Err(Trouble::Refused(406 | 422, _) | Trouble::Server(_)) => (Vec::new(), false),
        Err(trouble) => return Err(failed("the changed files cannot be listed")(trouble)),
    };
    // Without knowing what is there, everything would be said twice.
    let comments = http.list::<LineComment>(&path("comments"), OTHER_PAGES);
    let (comments, all_comments) = comments.map_err(failed("its comments cannot be listed"))?;
    let reviews = http.list::<Review>(&path("reviews"), OTHER_PAGES);
    let (reviews, all_reviews) = reviews.map_err(failed("its reviews cannot be listed"))?;
    if !all_comments || !all_reviews {
        return Err(missing(
            "the pull request has more comments than can be looked through",
            "",
        ));
    }
    let me = Me::of(&http, token.secret());

    let files: Vec<ChangedFile> = files.into_iter().map(changed_file).collect();
    let comments: Vec<Comment> = comments.into_iter().map(|one| comment(one, &me)).collect();
    let reviews: Vec<Earlier> = reviews.into_iter().map(|one| earlier(one, &me)).collect();
    let repository = Repository {
        server: runner.server_url.clone(),
        name: runner.repository.clone(),
        commit: pull.head.sha.clone(),
    };
    let plan = review::plan(&Ground {
        told,
        files: &files,
        all_files,
        comments: &comments,
        reviews: &reviews,
        repository: &repository,
        most: runner.most_comments,
        category: &runner.category,
    });
    let mut posted = Posted {
        pull_request: pull.number,
        kept: plan.kept,
        listed: plan.listed,
        ..Posted::default()
    };
    work.apply(&plan, &pull, &mut posted, notices, &failed)?;
    Ok(Some(posted))
}

/// What is done on one repository.
struct Work<'r> {
    http: &'r Http,
    repository: &'r str,
}

impl Work<'_> {
    /// The pull request of an event as it is now, if its head is still the one that was checked.
    fn pull_request(
        &self,
        event: &Event,
        failed: &impl Fn(Trouble) -> Missing,
    ) -> Result<Pull, Missing> {
        let (number, head) = match event {
            Event::PullRequest(pull) => (pull.number, pull.head.as_str()),
            Event::Followed(followed) => {
                let number = self.find(followed).map_err(failed)?;
                let number = number.ok_or_else(|| {
                    let why = "no open pull request, or more than one, has the commit that was checked \
                               at its head";
                    missing(why, "")
                })?;
                (number, followed.head.as_str())
            }
            Event::None(why) => return Err(missing(why, "")),
        };
        let path = format!("/repos/{}/pulls/{number}", self.repository);
        let pull: Pull = self.http.get(&path).map_err(failed)?;
        if pull.state != "open" {
            return Err(missing(&format!("pull request {number} is closed"), ""));
        }
        if pull.head.sha != head {
            let why =
                format!("pull request {number} has a newer commit than the one that was checked");
            return Err(missing(&why, "the run of that commit reviews it"));
        }
        Ok(pull)
    }

    /// The open pull request whose head a run has checked. The event names none that comes from a fork.
    fn find(&self, followed: &Followed) -> Result<Option<u64>, Trouble> {
        if let [number] = followed.numbers[..] {
            return Ok(Some(number));
        }
        let ours = |pull: &Pull| {
            let here = &pull.base.repo.full_name;
            pull.state == "open"
                && pull.head.sha == followed.head
                && here.eq_ignore_ascii_case(self.repository)
        };
        let only = |pulls: &[Pull]| {
            let mut numbers: Vec<u64> =
                pulls.iter().filter(|p| ours(p)).map(|p| p.number).collect();
            numbers.sort_unstable();
            numbers.dedup();
            match numbers[..] {
                [number] => Some(number),
                _ => None,
            }
        };
        if let Some((owner, branch)) = &followed.branch {
            let head = encoded(&format!("{owner}:{branch}"));
            let path = format!("/repos/{}/pulls?state=open&head={head}", self.repository);
            let (pulls, _) = self.http.list::<Pull>(&path, 1)?;
            if let Some(number) = only(&pulls) {
                return Ok(Some(number));
            }
        }
        let path = format!("/repos/{}/commits/{}/pulls", self.repository, followed.head);
        let (pulls, _) = self.http.list::<Pull>(&path, 1)?;
        Ok(only(&pulls))
    }

    /// Does what the plan says. What comes later does not depend on what went wrong before, unless
    /// GitHub takes nothing at all.
    fn apply<F: Fn(Trouble) -> Missing>(
        &self,
        plan: &Plan,
        pull: &Pull,
        posted: &mut Posted,
        notices: &mut Vec<Notice>,
        failed: &impl Fn(&str) -> F,
    ) -> Result<(), Missing> {
        let mut body = &plan.body;
        if !plan.new.is_empty() {
            let text = match body {
                Standing::Post(text) => text,
                Standing::Replace(..) | Standing::Leave => &plan.brief,
            };
            match self.review(pull, text, &plan.new) {
                Ok(review) => {
                    posted.url = review.html_url;
                    posted.new = plan.new.len();
                    if let Standing::Post(_) = body {
                        body = &Standing::Leave;
                    }
                }
                Err(Trouble::Refused(422, said)) => {
                    let message = format!(
                        "comments on lines of the pull request are missing: GitHub refused them ({said})"
                    );
                    notices.push(*said_so(&message, "the body of the review tells them"));
                    body = &plan.without_lines;
                }
                Err(trouble) => return Err(failed("GitHub took no review")(trouble)),
            }
        }
        match body {
            Standing::Post(text) => {
                let review = self.review(pull, text, &[]);
                posted.url = review.map_err(failed("GitHub took no review"))?.html_url;
            }
            Standing::Replace(id, text) => {
                let path = format!(
                    "/repos/{}/pulls/{}/reviews/{id}",
                    self.repository, pull.number
                );
                let done = self.http.put(&path, &NewText { body: text });
                done.map_err(failed("the body of the review stays as it was"))?;
            }
            Standing::Leave => {}
        }
        self.tidy(plan, posted, notices, failed);
        Ok(())
    }

    /// Brings comments of earlier runs up to date.
    fn tidy<F: Fn(Trouble) -> Missing>(
        &self,
        plan: &Plan,
        posted: &mut Posted,
        notices: &mut Vec<Notice>,
        failed: &impl Fn(&str) -> F,
    ) {
        let path = |id: &u64| format!("/repos/{}/pulls/comments/{id}", self.repository);
        let mut left = MOST_WRITES;
        for (id, text) in plan.change.iter().take(left) {
            if let Err(trouble) = self.http.patch(&path(id), &NewText { body: text }) {
                let notice = failed("a comment of an earlier run stays as it was")(trouble);
                return notices.push(*notice);
            }
            posted.changed += 1;
        }
        left -= posted.changed;
        // Where nothing took the place of a comment, it is better than none.
        let replaced = if posted.new > 0 {
            &plan.replaced[..]
        } else {
            &[]
        };
        for id in plan.delete.iter().chain(replaced).take(left) {
            if let Err(trouble) = self.http.delete(&path(id)) {
                let notice = failed("a comment of an earlier run is still there")(trouble);
                return notices.push(*notice);
            }
            posted.deleted += 1;
        }
    }

    fn review(&self, pull: &Pull, body: &str, new: &[NewComment]) -> Result<PostedReview, Trouble> {
        let review = NewReview {
            commit_id: &pull.head.sha,
            event: "COMMENT",
            body,
            comments: new.iter().map(new_comment).collect(),
        };
        let path = format!("/repos/{}/pulls/{}/reviews", self.repository, pull.number);
        let posted: PostedReview = self.http.post(&path, &review)?;
        Ok(PostedReview {
            html_url: posted.html_url.map(|url| self.http.without_token(&url)),
        })
    }
}

fn new_comment(new: &NewComment) -> NewReviewComment<'_> {
    NewReviewComment {
        path: &new.path,
        line: new.line,
        side: "RIGHT",
        start_line: new.start,
        start_side: new.start.map(|_| "RIGHT"),
        body: &new.body,
    }
}

/// Who writes our comments.
enum Me {
    /// The account of a token that a person made.
    Account(String),
    /// An app, such as that of GitHub Actions: it cannot ask for its own name.
    App,
}

impl Me {
    fn of(http: &Http, token: &str) -> Self {
        // The tokens of apps begin so: https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
        if token.starts_with("ghs_") {
            return Self::App;
        }
        http.get::<User>("/user")
            .map_or(Self::App, |user| Self::Account(user.login))
    }

    /// Whether an account is ours. People cannot write as apps, and the marker is what tells one app
    /// from another.
    fn is(&self, user: Option<&User>) -> bool {
        user.is_some_and(|user| match self {
            Self::Account(login) => user.login == *login,
            Self::App => user.kind == "Bot",
        })
    }
}

fn changed_file(file: File) -> ChangedFile {
    ChangedFile {
        path: file.filename,
        patch: file.patch,
    }
}

fn comment(comment: LineComment, me: &Me) -> Comment {
    let last = comment.line.flatten();
    Comment {
        id: comment.id,
        lines: last.map(|last| (comment.start_line.unwrap_or(last).min(last), last)),
        is_outdated: comment.line == Some(None) && comment.position.is_none(),
        is_ours: me.is(comment.user.as_ref()),
        answers: comment.in_reply_to_id,
        path: comment.path,
        body: comment.body,
    }
}

fn earlier(review: Review, me: &Me) -> Earlier {
    Earlier {
        id: review.id,
        is_ours: me.is(review.user.as_ref()),
        body: review.body.unwrap_or_default(),
    }
}

/// Why there is no review.
fn missing(why: &str, advice: &str) -> Missing {
    said_so(&format!("no review was posted: {why}"), advice)
}

fn said_so(message: &str, advice: &str) -> Missing {
    Box::new(Notice {
        path: None,
        line: None,
        message: message.to_owned(),
        advice: advice.to_owned(),
    })
}

/// What GitHub would not do, and what helps.
fn refused(what: &str, trouble: &Trouble, may_only_read: bool) -> Missing {
    let message = format!("the review is not whole: {what} ({})", trouble.words());
    let advice = match trouble {
        Trouble::Refused(403 | 404, _) if may_only_read => {
            "runs of pull requests from forks and of Dependabot may only read; post the review from a \
             `workflow_run` with `tfmp review --report FILE`"
        }
        Trouble::Refused(401, _) => "the token is not valid here; pass `github.token`",
        Trouble::Refused(403 | 404, _) => "give the job `permissions: pull-requests: write`",
        Trouble::Limited(_) | Trouble::Server(_) | Trouble::TimedOut => {
            "run the job again later; comments that are there already are not posted again"
        }
        Trouble::Elsewhere => "check `GITHUB_API_URL` and `GITHUB_REPOSITORY`",
        Trouble::Refused(..) | Trouble::Unreachable(_) | Trouble::Garbled(_) => {
            "nothing is lost: all findings are in the report of the run"
        }
    };
    said_so(&message, advice)
}

/// Whether a text is owner and name: it becomes part of addresses.
fn is_repository(text: &str) -> bool {
    let word = |part: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !part.is_empty() && !part.bytes().all(|b| b == b'.') && part.bytes().all(fits)
    };
    let owned = text.split_once('/');
    owned.is_some_and(|(owner, name)| word(owner) && word(name))
}

/// A value of a query.
fn encoded(text: &str) -> String {
    crate::report::links::encoded(text).replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_owner_and_name() {
        for text in ["org/project", "a-b/c.d_e"] {
            assert!(is_repository(text), "{text}");
        }
        for text in [
            "",
            "org",
            "org/",
            "org/../user",
            "a/b/c",
            "org/pro ject",
            "../x",
            "a/..",
        ] {
            assert!(!is_repository(text), "{text}");
        }
    }

    #[test]
    fn branches_stay_within_their_value() {
        assert_eq!(encoded("ann:fix/a&b=c"), "ann%3Afix%2Fa%26b%3Dc");
    }
}
