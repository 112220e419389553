//! What the runner of GitHub Actions tells a step, and what `tfmp review` was given.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use crate::cli::ReviewArgs;
use crate::error::Error;
use crate::github::told::{LONGEST, Told};
use crate::github::{Runner, Token};
use crate::rule::RuleMeta;

/// The most comments on lines where nothing else is said: failures are reported from larger reviews.
pub(super) const MOST_COMMENTS: usize = 25;
/// How long GitHub may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// No event of GitHub is longer, in bytes: webhooks end at 25 MB.
const LONGEST_EVENT: u64 = 32 << 20;

/// A review of an earlier run's report, fully decided.
#[derive(Debug)]
pub struct ReviewSettings {
    /// What that run found.
    pub told: Told,
    /// What this run knows of itself.
    pub runner: Runner,
    /// The log of a runner takes what is printed.
    pub in_actions: bool,
}

impl ReviewSettings {
    /// Reads the report and the environment.
    ///
    /// # Errors
    ///
    /// Where there is no such report, or a value means nothing.
    pub fn new(args: &ReviewArgs, rules: &'static [RuleMeta]) -> Result<Self, Error> {
        let failed = |why: String| Error::Report {
            path: args.report.clone(),
            why,
        };
        let bytes = read(&args.report, LONGEST).map_err(|error| failed(error.to_string()))?;
        let told = Told::read(&bytes, rules).map_err(|error| failed(error.to_string()))?;
        let most_comments = match args.max_comments {
            Some(given) => given,
            None => number("TFMP_MAX_COMMENTS")?.unwrap_or(MOST_COMMENTS),
        };
        Ok(Self {
            told,
            runner: runner(most_comments)?,
            in_actions: variable("GITHUB_ACTIONS").as_deref() == Some("true"),
        })
    }
}

/// What the environment tells of a run in GitHub Actions. What it does not tell is empty; whether
/// there is a pull request to review is found out later.
///
/// # Errors
///
/// Where `TFMP_TIMEOUT` is no number of seconds.
pub fn runner(most_comments: usize) -> Result<Runner, Error> {
    let named = |name: &str| variable(name).unwrap_or_default();
    let or = |name: &str, else_: &str| variable(name).unwrap_or_else(|| else_.to_owned());
    let event = variable("GITHUB_EVENT_PATH")
        .and_then(|path| read(Path::new(&path), LONGEST_EVENT).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let patience = number("TFMP_TIMEOUT")?.and_then(|seconds| u64::try_from(seconds).ok());
    Ok(Runner {
        event_name: named("GITHUB_EVENT_NAME"),
        event: event.unwrap_or_default(),
        repository: named("GITHUB_REPOSITORY"),
        api_url: or("GITHUB_API_URL", "https://api.github.com"),
        server_url: or("GITHUB_SERVER_URL", "https://github.com"),
        token: ["TFMP_TOKEN", "GITHUB_TOKEN"]
            .into_iter()
            .find_map(|name| Token::new(&variable(name)?)),
        patience: patience.map_or(PATIENCE, Duration::from_secs),
        most_comments,
    })
}

fn number(name: &'static str) -> Result<Option<usize>, Error> {
    let Some(text) = variable(name) else {
        return Ok(None);
    };
    let parsed = text.trim().parse().map(Some);
    parsed.map_err(|_| Error::NotANumber { name, text })
}

/// A variable that says something.
pub(super) fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().into_owned();
    (!value.trim().is_empty()).then_some(value)
}

fn read(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(longest + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(io::Error::other(format!("more than {longest} bytes")));
    }
    Ok(bytes)
}
