//! What the runner of GitHub Actions tells a step, and what `tfmp review` was given.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use super::inputs;
use crate::cli::ReviewArgs;
use crate::error::Error;
use crate::github::told::{LONGEST, Told};
use crate::github::{Proxies, Runner, Token};
use crate::rule::RuleMeta;

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
        let mut told = Told::default();
        for path in &args.report {
            let failed = |why: String| Error::Report {
                path: path.clone(),
                why,
            };
            let bytes = read(path, LONGEST).map_err(|error| failed(error.to_string()))?;
            let more = Told::read(&bytes, rules).map_err(|error| failed(error.to_string()))?;
            told.add(more);
        }
        let most_comments = match args.max_comments {
            Some(given) => usize::from(given),
            None => inputs::max_comments()?,
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
/// Where `TFMP_TIMEOUT` is no number of seconds, or the category no line of text.
pub fn runner(most_comments: usize) -> Result<Runner, Error> {
    let named = |name: &str| variable(name).unwrap_or_default();
    let or = |name: &str, else_: &str| variable(name).unwrap_or_else(|| else_.to_owned());
    let event = variable("GITHUB_EVENT_PATH")
        .and_then(|path| read(Path::new(&path), LONGEST_EVENT).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let patience = variable("TFMP_TIMEOUT")
        .map(|text| seconds(&text))
        .transpose()?;
    Ok(Runner {
        event_name: named("GITHUB_EVENT_NAME"),
        event: event.unwrap_or_default(),
        repository: named("GITHUB_REPOSITORY"),
        api_url: or("GITHUB_API_URL", "https://api.github.com"),
        server_url: or("GITHUB_SERVER_URL", "https://github.com"),
        token: ["TFMP_TOKEN", "GITHUB_TOKEN"]
            .into_iter()
            .find_map(|name| Token::new(&variable(name)?)),
        proxies: proxies(),
        patience: patience.unwrap_or(PATIENCE),
        most_comments,
        category: inputs::category()?,
    })
}

/// The proxies of the environment, each under the two names that other programs know.
fn proxies() -> Proxies {
    let either = |names: [&str; 2]| names.into_iter().find_map(variable).unwrap_or_default();
    Proxies {
        all: either(["ALL_PROXY", "all_proxy"]),
        http: either(["HTTP_PROXY", "http_proxy"]),
        https: either(["HTTPS_PROXY", "https_proxy"]),
        no: either(["NO_PROXY", "no_proxy"]),
    }
}

/// How long to wait for an answer; ten minutes are more than any server takes.
fn seconds(text: &str) -> Result<Duration, Error> {
    match text.trim().parse() {
        Ok(seconds @ 1..=600) => Ok(Duration::from_secs(seconds)),
        _ => Err(Error::InInput {
            input: "TFMP_TIMEOUT",
            error: Box::new(Error::NotOneOf {
                text: text.to_owned(),
                expected: "a number of seconds from 1 to 600",
            }),
        }),
    }
}

/// A variable that says something.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().into_owned();
    (!value.trim().is_empty()).then_some(value)
}

/// A file, up to a bound.
pub(super) fn read(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(longest + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(io::Error::other(format!("more than {longest} bytes")));
    }
    Ok(bytes)
}
