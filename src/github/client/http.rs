//! Requests to GitHub, one at a time: what is repeated and what is not, and for how long.
//!
//! Reads are repeated where an answer did not come or was the server's fault. Writes never are: nobody
//! knows what a server that failed has done before. Both are repeated where GitHub refused them for
//! their number, since then nothing was done, and as late as it
//! [asks for](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
//!
//! octocrab sends: it joins paths to the base address and gives the token to that host alone. The way
//! there is made in [`super::connect`].

use std::future::Future;
use std::time::{Duration, Instant, SystemTime};

use http::Response;
use http_body_util::{BodyExt, Limited};
use octocrab::Octocrab;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use super::wire::Refusal;
use crate::github::Runner;
use crate::text::clipped;

/// How often something is tried.
const TRIES: u32 = 3;
/// How long to wait before the second try; twice as long before the third.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// How long to wait where GitHub names no time.
const UNTOLD_PAUSE: Duration = Duration::from_secs(60);
/// All requests together take at most this many times the patience for one.
const PATIENCES: u32 = 4;
/// Longer answers are not read, in bytes.
const LONGEST_ANSWER: usize = 64 << 20;
/// As many redirects are followed.
const MOST_REDIRECTS: u32 = 3;

/// Why there is no answer to work with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// GitHub refused: the status, and what it said.
    Refused(u16, String),
    /// It asks to wait for so long, which is too long.
    Limited(Duration),
    /// Its own fault, as a status.
    Server(u16),
    /// Nothing came in time.
    TimedOut,
    /// It could not be reached.
    Unreachable(String),
    /// The answer is not what it should be.
    Garbled(String),
    /// The answer is elsewhere, and the token is not taken there.
    Elsewhere,
}

impl Trouble {
    /// In a few words, for brackets.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Refused(status, said) if said.is_empty() => status.to_string(),
            Self::Refused(status, said) => format!("{status}: {said}"),
            Self::Limited(wait) => format!("it asks to wait {} s", wait.as_secs()),
            Self::Server(status) => format!("{status}, a fault of the server"),
            Self::TimedOut => "no answer in time".to_owned(),
            Self::Unreachable(why) => format!("not reached: {why}"),
            Self::Garbled(why) => format!("an answer that cannot be read: {why}"),
            Self::Elsewhere => "it points to another host".to_owned(),
        }
    }

    fn is_passing(&self) -> bool {
        match self {
            Self::Server(_) | Self::TimedOut | Self::Unreachable(_) => true,
            Self::Refused(..) | Self::Limited(_) | Self::Garbled(_) | Self::Elsewhere => false,
        }
    }
}

/// A connection to the API of one server.
pub(super) struct Http {
    runtime: Runtime,
    octocrab: Octocrab,
    base: String,
    secret: String,
    patience: Duration,
    until: Instant,
}

/// An answer that is no refusal.
struct Answer {
    body: Vec<u8>,
    has_next: bool,
}

/// How one try ended.
enum Try {
    Done(Answer),
    /// To be repeated, but not before.
    Wait(Duration),
    Redirect(String),
    Failed(Trouble),
}

impl Http {
    /// Makes ready; nothing is sent yet.
    pub(super) fn new(runner: &Runner, token: &str) -> Result<Self, Trouble> {
        let unreachable =
            |error: &dyn std::fmt::Display| Trouble::Unreachable(clean(&error.to_string(), token));
        let base = runner.api_url.trim_end_matches('/').to_owned();
        if !is_trusted(&base) {
            let why = "the address of the API is not one of `https`";
            return Err(Trouble::Unreachable(why.to_owned()));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unreachable(&error))?;
        let octocrab = {
            // octocrab starts a task as it is built.
            let _inside = runtime.enter();
            super::connect::octocrab(&base, token, &runner.proxies)
                .map_err(|error| unreachable(&error))?
        };
        Ok(Self {
            runtime,
            octocrab,
            base,
            secret: token.to_owned(),
            patience: runner.patience,
            until: Instant::now() + runner.patience * PATIENCES,
        })
    }

    /// Reads one thing.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        self.parsed(&self.read(path)?.body)
    }

    /// Reads a list, page by page, up to a number of pages. Tells whether that was all.
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        most_pages: u32,
    ) -> Result<(Vec<T>, bool), Trouble> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let mut all = Vec::new();
        for page in 1..=most_pages {
            let answer = self.read(&format!("{path}{mark}per_page={PAGE}&page={page}"))?;
            let items: Vec<T> = self.parsed(&answer.body)?;
            // A server between us may drop the header that tells of a next page.
            let more = answer.has_next || items.len() >= PAGE;
            all.extend(items);
            if !more {
                return Ok((all, true));
            }
        }
        Ok((all, false))
    }

    /// Writes something new.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        let answer = self.write(|| self.octocrab._post(path, Some(body)))?;
        self.parsed(&answer.body)
    }

    /// Gives what is there another text.
    pub(super) fn put(&self, path: &str, body: &impl Serialize) -> Result<(), Trouble> {
        self.write(|| self.octocrab._put(path, Some(body)))
            .map(drop)
    }

    /// The same, for things that GitHub changes in part.
    pub(super) fn patch(&self, path: &str, body: &impl Serialize) -> Result<(), Trouble> {
        self.write(|| self.octocrab._patch(path, Some(body)))
            .map(drop)
    }

    /// Takes something away. That it is gone already is no trouble.
    pub(super) fn delete(&self, path: &str) -> Result<(), Trouble> {
        match self.write(|| self.octocrab._delete(path, None::<&()>)) {
            Ok(_) | Err(Trouble::Refused(404, _)) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// What a server said, without the token that it was told.
    pub(super) fn without_token(&self, said: &str) -> String {
        clean(said, &self.secret)
    }

    fn parsed<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Trouble> {
        serde_json::from_slice(body)
            .map_err(|error| Trouble::Garbled(clean(&error.to_string(), &self.secret)))
    }

    fn read(&self, path: &str) -> Result<Answer, Trouble> {
        let mut path = path.to_owned();
        let mut pause = FIRST_PAUSE;
        let (mut tries, mut redirects) = (0, 0);
        loop {
            tries += 1;
            match self.once(self.octocrab._get(path.as_str())) {
                Try::Done(answer) => return Ok(answer),
                Try::Redirect(to) => {
                    redirects += 1;
                    path = self
                        .inside(&to)
                        .filter(|_| redirects <= MOST_REDIRECTS)
                        .ok_or(Trouble::Elsewhere)?;
                    tries -= 1;
                }
                Try::Wait(wait) if tries < TRIES => self.sleep(wait)?,
                Try::Wait(wait) => return Err(Trouble::Limited(wait)),
                Try::Failed(trouble) if trouble.is_passing() && tries < TRIES => {
                    if self.sleep(pause).is_err() {
                        return Err(trouble);
                    }
                    pause *= 2;
                }
                Try::Failed(trouble) => return Err(trouble),
            }
        }
    }

    fn write<F, B>(&self, request: impl Fn() -> F) -> Result<Answer, Trouble>
    where
        F: Future<Output = octocrab::Result<Response<B>>>,
        B: BodyExt,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(request()) {
                Try::Done(answer) => return Ok(answer),
                Try::Redirect(_) => return Err(Trouble::Elsewhere),
                Try::Wait(wait) if tries < TRIES => self.sleep(wait)?,
                Try::Wait(wait) => return Err(Trouble::Limited(wait)),
                Try::Failed(trouble) => return Err(trouble),
            }
        }
    }

    /// Sends once.
    fn once<F, B>(&self, request: F) -> Try
    where
        F: Future<Output = octocrab::Result<Response<B>>>,
        B: BodyExt,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let left = self.until.saturating_duration_since(Instant::now());
        let patience = self.patience.min(left);
        let work = async {
            let response = request.await.map_err(|error| told(&error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, LONGEST_ANSWER).collect().await;
            let body = body.map_err(|error| error.to_string())?;
            Ok((head, body.to_bytes()))
        };
        let done = self
            .runtime
            .block_on(async { tokio::time::timeout(patience, work).await });
        let (head, body) = match done {
            Ok(Ok(answer)) => answer,
            Ok(Err::<_, String>(why)) => {
                return Try::Failed(Trouble::Unreachable(clean(&why, &self.secret)));
            }
            Err(_) => return Try::Failed(Trouble::TimedOut),
        };
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let status = head.status.as_u16();
        match status {
            200..=299 => Try::Done(Answer {
                body: body.to_vec(),
                has_next: header("link").is_some_and(|links| links.contains("rel=\"next\"")),
            }),
            301 | 302 | 307 | 308 => match header("location") {
                Some(location) => Try::Redirect(location.to_owned()),
                None => Try::Failed(Trouble::Elsewhere),
            },
            500.. => Try::Failed(Trouble::Server(status)),
            _ => {
                let said: Refusal = serde_json::from_slice(&body).unwrap_or_default();
                let said = clean(&said.text(), &self.secret);
                match self::wait(status, &said, &header) {
                    Some(wait) => Try::Wait(wait),
                    None => Try::Failed(Trouble::Refused(status, said)),
                }
            }
        }
    }

    /// Waits, unless that takes longer than there is time.
    fn sleep(&self, wait: Duration) -> Result<(), Trouble> {
        // A server may ask for any number of seconds.
        if wait >= self.until.saturating_duration_since(Instant::now()) {
            return Err(Trouble::Limited(wait));
        }
        // The clock wants to be asked from within.
        self.runtime
            .block_on(async { tokio::time::sleep(wait).await });
        Ok(())
    }

    /// The path of an address of this API; `None` where it is one of another host.
    fn inside(&self, location: &str) -> Option<String> {
        let rest = location
            .strip_prefix(self.base.as_str())
            .unwrap_or(location);
        let is_path = rest.starts_with('/') && !rest.starts_with("//");
        is_path.then(|| rest.to_owned())
    }
}

/// How many items a page has: the most that GitHub gives.
const PAGE: usize = 100;

/// What an error says, and what the first of its causes does: that a host was not reached says little.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    if let Some(first) = causes.last().map(ToString::to_string)
        && !text.contains(&first)
    {
        text = format!("{text}: {first}");
    }
    text
}

/// For how long GitHub asks to wait, where it refuses because of too many requests.
fn wait<'h>(
    status: u16,
    said: &str,
    header: &impl Fn(&str) -> Option<&'h str>,
) -> Option<Duration> {
    if !matches!(status, 403 | 429) {
        return None;
    }
    let number = |name: &str| header(name).and_then(|text| text.trim().parse::<u64>().ok());
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    if number("x-ratelimit-remaining") == Some(0)
        && let Some(reset) = number("x-ratelimit-reset")
    {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_secs());
        let left = reset.saturating_sub(now).saturating_add(1);
        return Some(Duration::from_secs(left));
    }
    let limited = status == 429 || said.to_ascii_lowercase().contains("rate limit");
    limited.then_some(UNTOLD_PAUSE)
}

/// Whether a token may go to an address: over TLS, or to this very machine.
fn is_trusted(base: &str) -> bool {
    let Some(rest) = base.strip_prefix("http://") else {
        return base.starts_with("https://");
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

/// What others say, on one line, not too long, and without the token.
fn clean(text: &str, secret: &str) -> String {
    let hidden = text.replace(secret, "***");
    let line: Vec<&str> = hidden.split_whitespace().collect();
    clipped(&line.join(" "), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_wait(status: u16, said: &str, headers: &[(&str, &str)], expect: Option<u64>) {
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| *value)
        };
        let found = wait(status, said, &header);
        assert_eq!(found.map(|wait| wait.as_secs()), expect);
    }

    #[test]
    fn limits_say_how_long_to_wait() {
        check_wait(429, "", &[("retry-after", "7")], Some(7));
        check_wait(403, "", &[("retry-after", "7")], Some(7));
        check_wait(429, "", &[], Some(60));
        check_wait(
            403,
            "You have exceeded a secondary rate limit.",
            &[],
            Some(60),
        );
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")];
        check_wait(403, "", &spent, Some(1));
    }

    #[test]
    fn a_refusal_is_no_limit() {
        check_wait(403, "Resource not accessible by integration", &[], None);
        check_wait(403, "", &[("x-ratelimit-remaining", "4999")], None);
        check_wait(404, "", &[("retry-after", "7")], None);
    }

    #[track_caller]
    fn check_trusted(base: &str, expect: bool) {
        assert_eq!(is_trusted(base), expect, "{base}");
    }

    #[test]
    fn a_token_goes_nowhere_in_the_clear() {
        check_trusted("https://api.github.com", true);
        check_trusted("https://host/api/v3", true);
        check_trusted("http://127.0.0.1:4010/api/v3", true);
        check_trusted("http://[::1]:80", true);
        check_trusted("http://api.github.com", false);
        check_trusted("http://127.0.0.1.evil.com", false);
        check_trusted("http://127.0.0.1@evil.com", false);
        check_trusted("ftp://127.0.0.1", false);
        check_trusted("", false);
    }

    #[test]
    fn nobody_reads_the_token() {
        assert_eq!(clean("a\r\n ghs_x b", "ghs_x"), "a *** b");
        assert_eq!(clean(&"x".repeat(999), "ghs_x").chars().count(), 201);
    }
}
