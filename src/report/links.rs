//! Addresses: paths as URIs, and where a repository on GitHub shows a line of a file.

use std::fmt::Write as _;

use crate::rule::RuleMeta;

/// A path as relative URI: everything but the unreserved characters of
/// [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3) and `/` is percent-encoded.
#[must_use]
pub fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

/// The page of a rule, as it was when this version was made.
#[must_use]
pub fn rule_page(rule: &RuleMeta) -> String {
    let module = rule.name.replace('-', "_");
    let version = env!("CARGO_PKG_VERSION");
    let repository = env!("CARGO_PKG_REPOSITORY");
    format!("{repository}/blob/v{version}/src/rules/{module}.md")
}

/// A repository at one commit, on the server that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The server, such as `https://github.com`.
    pub server: String,
    /// Owner and name, such as `org/project`.
    pub name: String,
    /// The commit whose lines are meant.
    pub commit: String,
}

impl Repository {
    /// Where lines of a file are shown, `first` to `last`, both base 1.
    ///
    /// `plain=1` shows the lines of a file that is rendered otherwise, such as a notebook.
    #[must_use]
    pub fn lines(&self, path: &str, first: u32, last: u32) -> String {
        let lower = path.to_ascii_lowercase();
        let rendered = [".md", ".ipynb", ".rst"];
        let plain = if rendered.iter().any(|end| lower.ends_with(end)) {
            "?plain=1"
        } else {
            ""
        };
        let mut url = format!("{}{plain}#L{first}", self.file(path));
        if last > first {
            let _ = write!(url, "-L{last}");
        }
        url
    }

    /// Where a file is shown.
    #[must_use]
    pub fn file(&self, path: &str) -> String {
        format!(
            "{}/{}/blob/{}/{}",
            self.server.trim_end_matches('/'),
            encoded(&self.name),
            encoded(&self.commit),
            encoded(path)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, first: u32, last: u32, expect: &str) {
        let repository = Repository {
            server: "https://github.com/".to_owned(),
            name: "org/project".to_owned(),
            commit: "4b64".to_owned(),
        };
        let url = repository.lines(path, first, last);
        let path = url.strip_prefix("https://github.com/org/project/blob/4b64/");
        assert_eq!(path, Some(expect));
    }

    #[test]
    fn lines_have_anchors() {
        check("src/train.py", 3, 3, "src/train.py#L3");
        check("src/train.py", 3, 5, "src/train.py#L3-L5");
        check("a.ipynb", 3, 3, "a.ipynb?plain=1#L3");
    }

    #[test]
    fn no_path_leaves_its_place_in_an_address() {
        check("a b#c?.py", 1, 1, "a%20b%23c%3F.py#L1");
        check("x) [y](z\n\".py", 1, 1, "x%29%20%5By%5D%28z%0A%22.py#L1");
        check("größe.py", 1, 1, "gr%C3%B6%C3%9Fe.py#L1");
    }
}
