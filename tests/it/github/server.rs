//! The server behind [`super::GitHub`]: one responder for every path, with the state of one pull request.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use super::contract::Contract;
use super::{Files, NUMBER};

/// A request that was made.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Value,
}

/// An answer in place of the right one.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    method: &'static str,
    path_end: &'static str,
    times: usize,
    /// The server does what it was asked, and only the answer is lost.
    is_done: bool,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    delay: Duration,
}

impl Fault {
    /// Answers a status to requests of that method whose path ends so.
    pub(crate) fn new(method: &'static str, path_end: &'static str, status: u16) -> Self {
        Self {
            method,
            path_end,
            times: usize::MAX,
            is_done: false,
            status,
            headers: Vec::new(),
            body: json!({"message": "no"}).to_string(),
            delay: Duration::ZERO,
        }
    }

    /// As often.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// After having done what was asked.
    pub(crate) fn done(mut self) -> Self {
        self.is_done = true;
        self
    }

    /// With these words, as GitHub says them.
    pub(crate) fn saying(self, message: &str) -> Self {
        self.body(&json!({"message": message}).to_string())
    }

    /// With this body.
    pub(crate) fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// After so long.
    pub(crate) fn late(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// The state of the server.
pub(crate) struct State {
    contract: Contract,
    prefix: String,
    commits: usize,
    base: Files,
    head: Files,
    pub(crate) is_open: bool,
    /// Files that are listed without their patch.
    pub(crate) without_patch: Vec<String>,
    /// Files that are listed besides those of the pull request.
    pub(crate) other_files: Vec<Value>,
    /// Paths before and after.
    pub(crate) renamed: Vec<(String, String)>,
    pub(crate) comments: Vec<Value>,
    pub(crate) reviews: Vec<Value>,
    pub(crate) faults: Vec<Fault>,
    /// The account behind the token.
    pub(crate) me: Value,
    log: Vec<Logged>,
    wrong: Vec<String>,
    ids: u64,
}

/// A GitHub with one pull request.
pub(crate) struct GitHub {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

impl GitHub {
    /// A pull request between files.
    pub(crate) fn new(base: &Files, head: &Files) -> Self {
        let state = Arc::new(Mutex::new(State {
            contract: Contract::new(),
            prefix: String::new(),
            commits: 1,
            base: base.clone(),
            head: head.clone(),
            is_open: true,
            without_patch: Vec::new(),
            other_files: Vec::new(),
            renamed: Vec::new(),
            comments: Vec::new(),
            reviews: Vec::new(),
            faults: Vec::new(),
            me: json!({"login": "github-actions[bot]", "type": "Bot", "id": 41_898_282}),
            log: Vec::new(),
            wrong: Vec::new(),
            ids: 100,
        }));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            let all = Mock::given(matchers::any()).respond_with(Answering(Arc::clone(&state)));
            all.mount(&server).await;
            server
        });
        Self { server, state }
    }

    pub(crate) fn address(&self) -> String {
        self.server.uri()
    }

    /// Serves the API below a path alone.
    pub(crate) fn below(&self, prefix: &str) {
        prefix.clone_into(&mut self.state().prefix);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The commit at the head.
    pub(crate) fn head(&self) -> String {
        self.state().sha()
    }

    /// A commit on the head: comments move with their lines, or are outdated.
    pub(crate) fn push(&self, head: &Files) {
        let mut state = self.state();
        let old = std::mem::replace(&mut state.head, head.clone());
        state.commits += 1;
        let shown = state.clone_shown();
        for comment in &mut state.comments {
            let path = comment["path"].as_str().unwrap().to_owned();
            let text = |files: &Files| files.get(&path).cloned().unwrap_or_default();
            let (before, after) = (text(&old), text(head));
            let moved = |line: &Value| {
                let line = usize::try_from(line.as_u64()?).unwrap();
                let diff = TextDiff::from_lines(&before, &after);
                let same = diff.iter_all_changes().find(|change| {
                    change.tag() == ChangeTag::Equal && change.old_index() == Some(line - 1)
                });
                let line = same?.new_index()? + 1;
                shown.contains(&(path.clone(), line)).then_some(line)
            };
            let (line, start) = (moved(&comment["line"]), comment.get("start_line").cloned());
            comment["line"] = json!(line);
            comment["position"] = json!(line.map(|_| 1));
            if let Some(start) = start {
                comment["start_line"] = json!(moved(&start));
            }
        }
    }

    /// Fails from now on.
    pub(crate) fn fail(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Forgets what was asked.
    pub(crate) fn forget(&self) {
        self.state().log.clear();
    }

    /// What was asked.
    pub(crate) fn log(&self) -> Vec<Logged> {
        self.state().log.clone()
    }

    /// The requests that change something, as method and the end of the path.
    pub(crate) fn writes(&self) -> Vec<String> {
        let log = self.log();
        let writes = log.iter().filter(|one| one.method != "GET");
        writes
            .map(|one| {
                let end = one.path.split("/pulls/").nth(1).unwrap();
                format!("{} {}", one.method, end.trim_start_matches("7/"))
            })
            .collect()
    }

    /// Comments on lines as `path:start-line`, in order.
    pub(crate) fn places(&self) -> Vec<String> {
        let state = self.state();
        let mut places: Vec<String> = state
            .comments
            .iter()
            .map(|comment| {
                let path = comment["path"].as_str().unwrap();
                let start = comment.get("start_line").map(|start| format!("{start}-"));
                format!("{path}:{}{}", start.unwrap_or_default(), comment["line"])
            })
            .collect();
        places.sort();
        places
    }

    /// The bodies of comments, in order of posting.
    pub(crate) fn comments(&self) -> Vec<String> {
        let state = self.state();
        let bodies = state
            .comments
            .iter()
            .map(|one| one["body"].as_str().unwrap().to_owned());
        bodies.collect()
    }

    /// The bodies of reviews, in order of posting.
    pub(crate) fn reviews(&self) -> Vec<String> {
        let state = self.state();
        let bodies = state
            .reviews
            .iter()
            .map(|one| one["body"].as_str().unwrap().to_owned());
        bodies.collect()
    }

    /// Somebody answers a comment, as counted from 0.
    pub(crate) fn answer(&self, comment: usize) {
        let mut state = self.state();
        state.ids += 1;
        let mut answer = state.comments[comment].clone();
        answer["in_reply_to_id"] = answer["id"].clone();
        answer["id"] = json!(state.ids);
        answer["body"] = json!("why?");
        answer["user"] = json!({"login": "ann", "type": "User", "id": 1});
        state.comments.push(answer);
    }

    /// Nothing was asked or answered that GitHub does not know.
    #[track_caller]
    pub(crate) fn assert_right(&self) {
        let state = self.state();
        assert!(state.wrong.is_empty(), "{:#?}", state.wrong);
    }
}

struct Answering(Arc<Mutex<State>>);

impl Respond for Answering {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        state.respond(request)
    }
}

impl State {
    fn sha(&self) -> String {
        format!("4b64{:036}", self.commits)
    }

    fn respond(&mut self, request: &Request) -> ResponseTemplate {
        let method = request.method.to_string();
        let whole = request.url.path().to_owned();
        let Some(path) = whole.strip_prefix(self.prefix.as_str()) else {
            return refusal(404, "Not Found");
        };
        let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        self.log.push(Logged {
            method: method.clone(),
            path: path.to_owned(),
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
        });
        self.look_at_headers(request);
        let wrong = self.contract.request(&method, path, &query, &request.body);
        if !wrong.is_empty() {
            self.wrong.push(wrong.clone());
            return refusal(422, &wrong);
        }
        let fault = self.faults.iter_mut().find(|fault| {
            fault.times > 0 && fault.method == method && path.ends_with(fault.path_end)
        });
        let fault = fault.map(|fault| {
            fault.times -= 1;
            fault.clone()
        });
        if let Some(fault) = &fault
            && !fault.is_done
        {
            return failure(fault);
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let answer = self.answer(&method, path, &body);
        match (fault, answer) {
            (Some(fault), _) => failure(&fault),
            (None, Err((status, said))) => refusal(status, &said),
            (None, Ok((status, value))) => self.paged(request, &method, path, status, &value),
        }
    }

    fn look_at_headers(&mut self, request: &Request) {
        for (name, starts) in [
            ("authorization", "Bearer gh"),
            ("accept", "application/vnd.github+json"),
            ("x-github-api-version", "2022-11-28"),
            ("user-agent", ""),
        ] {
            let value = request
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok());
            if !value.is_some_and(|value| value.starts_with(starts)) {
                self.wrong.push(format!("{name} is {value:?}"));
            }
        }
    }

    /// Cuts lists into pages as GitHub does, with links between them.
    fn paged(
        &mut self,
        request: &Request,
        method: &str,
        path: &str,
        status: u16,
        value: &Value,
    ) -> ResponseTemplate {
        let number = |name: &str, otherwise: usize| {
            let mut pairs = request.url.query_pairs();
            let found = pairs.find(|(known, _)| known == name);
            found.map_or(otherwise, |(_, value)| value.parse().unwrap())
        };
        let template = ResponseTemplate::new(status);
        let (value, template) = match value {
            Value::Array(items) => {
                let (size, page) = (number("per_page", 30), number("page", 1));
                let shown: Vec<Value> = items
                    .iter()
                    .skip((page - 1) * size)
                    .take(size)
                    .cloned()
                    .collect();
                let mut template = template;
                if items.len() > page * size {
                    let mut next = request.url.clone();
                    next.set_query(Some(&format!("per_page={size}&page={}", page + 1)));
                    let link = format!("<{next}>; rel=\"next\"");
                    template = template.append_header("link", link.as_str());
                }
                (Value::Array(shown), template)
            }
            other => (other.clone(), template),
        };
        let wrong = self.contract.answer(method, path, status, &value);
        if !wrong.is_empty() {
            self.wrong.push(format!("the tests' GitHub: {wrong}"));
        }
        if status == 204 {
            template
        } else {
            template.set_body_json(value)
        }
    }

    fn answer(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<(u16, Value), (u16, String)> {
        let below = path.strip_prefix("/repos/org/project/").unwrap_or(path);
        let parts: Vec<&str> = below.split('/').collect();
        let number = NUMBER.to_string();
        let found = match (method, &parts[..]) {
            ("GET", ["", "user"]) => return Ok((200, self.me.clone())),
            ("GET", ["pulls"] | ["commits", _, "pulls"]) => json!([self.pull()]),
            ("GET", ["pulls", n]) if *n == number => self.pull(),
            ("GET", ["pulls", n, "files"]) if *n == number => self.files(),
            ("GET", ["pulls", n, "comments"]) if *n == number => json!(self.comments),
            ("GET", ["pulls", n, "reviews"]) if *n == number => json!(self.reviews),
            ("POST", ["pulls", n, "reviews"]) if *n == number => self.post(body)?,
            ("PUT", ["pulls", n, "reviews", id]) if *n == number => {
                change(&mut self.reviews, id, body)?
            }
            ("PATCH", ["pulls", "comments", id]) => change(&mut self.comments, id, body)?,
            ("DELETE", ["pulls", "comments", id]) => {
                let before = self.comments.len();
                self.comments
                    .retain(|comment| comment["id"] != json!(id.parse::<u64>().unwrap()));
                if self.comments.len() == before {
                    return Err((404, "Not Found".to_owned()));
                }
                return Ok((204, Value::Null));
            }
            _ => return Err((404, "Not Found".to_owned())),
        };
        Ok((200, found))
    }

    fn pull(&self) -> Value {
        json!({
            "number": NUMBER,
            "state": if self.is_open { "open" } else { "closed" },
            "head": {"sha": self.sha(), "repo": {"full_name": "ann/project"}},
            "base": {"repo": {"full_name": "org/project"}},
        })
    }

    /// The changed files with their hunks.
    fn files(&self) -> Value {
        let paths: std::collections::BTreeSet<&String> =
            self.base.keys().chain(self.head.keys()).collect();
        let mut files = Vec::new();
        for path in paths {
            let from = self.renamed.iter().find(|(_, to)| to == path);
            if self.renamed.iter().any(|(before, _)| before == path) {
                continue;
            }
            let before = self.base.get(from.map_or(path, |(before, _)| before));
            let after = self.head.get(path);
            if before == after && from.is_none() {
                continue;
            }
            let status = match (before, after, from) {
                (_, _, Some(_)) => "renamed",
                (None, _, _) => "added",
                (_, None, _) => "removed",
                _ => "modified",
            };
            let mut file = json!({"filename": path, "status": status, "sha": null});
            let text = |text: Option<&String>| text.cloned().unwrap_or_default();
            let patch = hunks(&text(before), &text(after));
            if !patch.is_empty() && !self.without_patch.contains(path) {
                file["patch"] = json!(patch);
            }
            if let Some((before, _)) = from {
                file["previous_filename"] = json!(before);
            }
            files.push(file);
        }
        files.extend(self.other_files.iter().cloned());
        Value::Array(files)
    }

    /// The lines that can carry a comment, each with the hunk that it stands in.
    fn shown(&self) -> Vec<(String, usize, usize)> {
        let Value::Array(files) = self.files() else {
            return Vec::new();
        };
        let mut shown = Vec::new();
        for file in &files {
            let path = file["filename"].as_str().unwrap();
            let (mut line, mut hunk) = (0, 0);
            for row in file["patch"].as_str().unwrap_or_default().split('\n') {
                if let Some(header) = row.strip_prefix("@@ ") {
                    let new = header.split('+').nth(1).unwrap();
                    line = new.split([',', ' ']).next().unwrap().parse().unwrap();
                    hunk += 1;
                } else if row.starts_with([' ', '+']) {
                    shown.push((path.to_owned(), line, hunk));
                    line += 1;
                }
            }
        }
        shown
    }

    fn clone_shown(&self) -> Vec<(String, usize)> {
        self.shown()
            .into_iter()
            .map(|(path, line, _)| (path, line))
            .collect()
    }

    /// A new review: all of it or nothing, as GitHub does.
    fn post(&mut self, body: &Value) -> Result<Value, (u16, String)> {
        let refused = |said: &str| Err((422, said.to_owned()));
        if body["commit_id"] != json!(self.sha()) {
            return refused("No commit found for SHA");
        }
        let shown = self.shown();
        let none = Vec::new();
        let new = body["comments"].as_array().unwrap_or(&none);
        for comment in new {
            let hunk = |line: &Value| {
                let line = usize::try_from(line.as_u64()?).unwrap();
                let path = comment["path"].as_str()?;
                let found = shown.iter().find(|(p, l, _)| p == path && *l == line);
                found.map(|(.., hunk)| *hunk)
            };
            let Some(end) = hunk(&comment["line"]) else {
                return refused("Pull request review thread line must be part of the diff");
            };
            if let Some(start) = comment.get("start_line") {
                if hunk(start) != Some(end) {
                    return refused("start line must be part of the same hunk as the line.");
                }
                if start.as_u64() >= comment["line"].as_u64() {
                    return refused("start line must precede the end line.");
                }
            }
        }
        for comment in new {
            self.ids += 1;
            let mut comment = comment.clone();
            comment["id"] = json!(self.ids);
            comment["user"] = self.me.clone();
            comment["position"] = json!(1);
            self.comments.push(comment);
        }
        self.ids += 1;
        let review = json!({
            "id": self.ids,
            "body": body["body"],
            "user": self.me,
            "html_url": format!("https://github.example/org/project/pull/7#{}", self.ids),
        });
        self.reviews.push(review.clone());
        Ok(review)
    }
}

fn change(all: &mut [Value], id: &str, body: &Value) -> Result<Value, (u16, String)> {
    let found = all
        .iter_mut()
        .find(|one| one["id"] == json!(id.parse::<u64>().unwrap()));
    let found = found.ok_or((404, "Not Found".to_owned()))?;
    found["body"] = body["body"].clone();
    Ok(found.clone())
}

/// The hunks of a unified diff, as GitHub gives them.
fn hunks(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let text = diff.unified_diff().context_radius(3).to_string();
    text.trim_end_matches('\n').to_owned()
}

fn refusal(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"message": message}))
}

fn failure(fault: &Fault) -> ResponseTemplate {
    let mut template = ResponseTemplate::new(fault.status)
        .set_body_raw(fault.body.as_bytes().to_vec(), "application/json")
        .set_delay(fault.delay);
    for (name, value) in &fault.headers {
        template = template.append_header(*name, value.as_str());
    }
    template
}
