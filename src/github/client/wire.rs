//! What travels: our own structs for requests, with exactly the fields that are meant, and for the few
//! fields of answers that are read. The formats are those of GitHub's
//! [REST API](https://docs.github.com/en/rest/pulls), version 2022-11-28.

use serde::{Deserialize, Deserializer, Serialize};

/// A review with its comments. Without `event` it would stay a draft that nobody sees.
#[derive(Debug, Serialize)]
pub(super) struct NewReview<'p> {
    pub(super) commit_id: &'p str,
    pub(super) event: &'static str,
    pub(super) body: &'p str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) comments: Vec<NewReviewComment<'p>>,
}

/// A comment of a new review. A start that is the line itself would be refused.
#[derive(Debug, Serialize)]
pub(super) struct NewReviewComment<'p> {
    pub(super) path: &'p str,
    pub(super) line: u32,
    pub(super) side: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_side: Option<&'static str>,
    pub(super) body: &'p str,
}

/// Another text for what is there.
#[derive(Debug, Serialize)]
pub(super) struct NewText<'p> {
    pub(super) body: &'p str,
}

/// A pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) state: String,
    pub(super) head: Head,
    pub(super) base: Base,
}

/// The head of a pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    pub(super) sha: String,
}

/// Where a pull request leads.
#[derive(Debug, Deserialize)]
pub(super) struct Base {
    pub(super) repo: Repo,
}

/// A repository.
#[derive(Debug, Deserialize)]
pub(super) struct Repo {
    pub(super) full_name: String,
}

/// A changed file.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) filename: String,
    pub(super) patch: Option<String>,
}

/// A comment on lines. `line` is null, and so is `position`, where the lines have changed since.
#[derive(Debug, Deserialize)]
pub(super) struct LineComment {
    pub(super) id: u64,
    pub(super) path: String,
    #[serde(default, deserialize_with = "given")]
    pub(super) line: Option<Option<u32>>,
    pub(super) start_line: Option<u32>,
    pub(super) position: Option<u32>,
    pub(super) body: String,
    pub(super) user: Option<User>,
    pub(super) in_reply_to_id: Option<u64>,
}

/// A review.
#[derive(Debug, Deserialize)]
pub(super) struct Review {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    pub(super) user: Option<User>,
}

/// A review that was just posted.
#[derive(Debug, Deserialize)]
pub(super) struct Posted {
    pub(super) html_url: Option<String>,
}

/// An account.
#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) login: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
}

/// What GitHub says where it refuses.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) message: String,
    /// Texts, or objects that have one.
    #[serde(default)]
    pub(super) errors: Vec<serde_json::Value>,
}

impl Refusal {
    /// All that is said, on one line.
    pub(super) fn text(&self) -> String {
        let errors = self.errors.iter().filter_map(|error| {
            let message = || error.get("message").and_then(|message| message.as_str());
            error.as_str().or_else(message)
        });
        let parts: Vec<&str> = std::iter::once(self.message.as_str())
            .chain(errors)
            .collect();
        parts.join(": ")
    }
}

/// Tells a field that is null from one that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
