//! The review of a pull request on GitHub: which of the findings it gets as comments on its lines,
//! which as rows of its body, and what becomes of the comments of earlier runs.
//!
//! [`post`] is the door. Everything behind it is pure but [`client`]: the event of the runner tells
//! the pull request ([`event`]), its patches tell the lines that can carry a comment ([`diff`]), a
//! report tells the findings ([`told`]), and [`review`] plans what `client` then does. The report is
//! always read from JSON, whoever wrote it: that of a fork's run is somebody else's text.

mod client;
pub mod diff;
pub mod event;
pub mod review;
pub mod told;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use self::told::Told;
use crate::finding::Notice;

/// The right to write to a repository. It is shown nowhere.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes a token; blanks around it are nobody's intention. `None` where nothing is left.
    #[must_use]
    pub fn new(token: &str) -> Option<Self> {
        let token = token.trim();
        (!token.is_empty()).then(|| Self(token.to_owned()))
    }

    /// For the header of a request, and nothing else.
    fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// The proxies that the environment names, as it names them; empty where it names none. They may hold a
/// password and are shown nowhere.
#[derive(Clone, Default)]
pub struct Proxies {
    /// `ALL_PROXY`: for every address without one of its own.
    pub all: String,
    /// `HTTP_PROXY`
    pub http: String,
    /// `HTTPS_PROXY`
    pub https: String,
    /// `NO_PROXY`: hosts that are asked without one.
    pub no: String,
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxies(***)")
    }
}

/// What a run in GitHub Actions knows of itself.
#[derive(Clone, Debug)]
pub struct Runner {
    /// `GITHUB_EVENT_NAME`, such as `pull_request`.
    pub event_name: String,
    /// What stands in the file of `GITHUB_EVENT_PATH`: JSON.
    pub event: String,
    /// `GITHUB_REPOSITORY`: owner and name.
    pub repository: String,
    /// `GITHUB_API_URL`, such as `https://api.github.com` or `https://HOST/api/v3`.
    pub api_url: String,
    /// `GITHUB_SERVER_URL`, such as `https://github.com`.
    pub server_url: String,
    /// The token, where one was given.
    pub token: Option<Token>,
    /// The proxies through which GitHub is asked.
    pub proxies: Proxies,
    /// How long GitHub may take for one answer.
    pub patience: Duration,
    /// The most comments that a review puts on lines.
    pub most_comments: usize,
    /// What tells this analysis from others of the same pull request: a run has to do with the comments
    /// of its own category alone.
    pub category: String,
}

/// What became of a review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What was done on the pull request; `None` where nothing was to be done, or could be.
    pub posted: Option<Posted>,
    /// Why a review is missing, or not whole.
    pub notices: Vec<Notice>,
}

/// What was done on a pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Its number.
    pub pull_request: u64,
    /// Where the new review is shown, where one was posted.
    pub url: Option<String>,
    /// Comments that are new.
    pub new: usize,
    /// Comments of earlier runs that still hold and were left alone.
    pub kept: usize,
    /// Comments of earlier runs whose text was brought up to date.
    pub changed: usize,
    /// Comments of earlier runs whose finding is gone, or stands elsewhere now.
    pub deleted: usize,
    /// Findings that are told in the body.
    pub listed: usize,
}

impl fmt::Display for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: usize, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            _ => Some(format!(
                "{count} {}",
                what.replacen("comment", "comments", 1)
            )),
        };
        let listed = match self.listed {
            0 => None,
            1 => Some("1 finding in the body".to_owned()),
            count => Some(format!("{count} findings in the body")),
        };
        let parts = [
            counted(self.new, "new comment"),
            counted(self.kept, "comment as before"),
            counted(self.changed, "comment brought up to date"),
            counted(self.deleted, "comment deleted"),
            listed,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let parts = match &parts[..] {
            [] => "nothing to say".to_owned(),
            parts => parts.join(", "),
        };
        write!(f, "pull request {}: {parts}", self.pull_request)?;
        match &self.url {
            Some(url) => write!(f, " ({url})"),
            None => Ok(()),
        }
    }
}

/// Reviews the pull request that a run belongs to. `told` is the report of that run, or of an earlier
/// one on the same commit.
///
/// Whatever goes wrong is a notice: a review adds to what a run says elsewhere, and its absence
/// loses nothing.
#[must_use]
pub fn post(told: &Told, runner: &Runner) -> Outcome {
    let work = AssertUnwindSafe(|| client::post(told, runner));
    catch_unwind(work).unwrap_or_else(|_| {
        let fault = Notice {
            path: None,
            line: None,
            message: "no review was posted: planning it met a fault of tfmp".to_owned(),
            advice: "please report it".to_owned(),
        };
        Outcome {
            posted: None,
            notices: vec![fault],
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_nowhere() {
        let token = Token::new(" ghs_secret\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token(***)");
        assert_eq!(token.secret(), "ghs_secret");
        assert!(Token::new(" \n").is_none());
    }

    #[test]
    fn what_was_done_is_one_line() {
        let mut posted = Posted {
            pull_request: 7,
            new: 1,
            kept: 2,
            deleted: 1,
            listed: 3,
            ..Posted::default()
        };
        assert_eq!(
            posted.to_string(),
            "pull request 7: 1 new comment, 2 comments as before, 1 comment deleted, 3 findings in the body"
        );
        posted = Posted {
            pull_request: 8,
            url: Some("https://github.example/8".to_owned()),
            ..Posted::default()
        };
        assert_eq!(
            posted.to_string(),
            "pull request 8: nothing to say (https://github.example/8)"
        );
    }
}
