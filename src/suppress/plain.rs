//! Comments of files that are no Python: a `#` at the start of a line or behind a blank, as in
//! requirements, TOML, YAML, INI files, Dockerfiles and shell scripts; in INI files `;` begins a line that
//! is one, too. Lines that end with a backslash go on.
//!
//! Not supported: a `#` within quotes is looked at with the quotes of its line alone, so that one in a
//! TOML string over several lines counts as a comment.

use super::Comments;
use crate::text::Span;

/// Reads a text.
#[must_use]
pub fn comments(text: &str) -> Comments {
    let mut found = Comments::default();
    let mut at = 0;
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end();
        let comment = comment(body);
        let code = body[..comment.unwrap_or(body.len())].trim_end();
        if let Some(comment) = comment {
            found
                .comments
                .push(span(start + comment, start + body.len()));
        }
        let indent = code.len() - code.trim_start().len();
        // A comment between continued lines, as Dockerfiles have them, ends nothing.
        if code.is_empty() && (comment.is_some() || open.is_none()) {
            continue;
        }
        let from = *open.get_or_insert(start + indent);
        if !code.ends_with('\\') {
            found.statements.push(span(from, start + code.len()));
            open = None;
        }
    }
    if let Some(from) = open {
        found.statements.push(span(from, at));
    }
    found
}

/// Where the comment of a line begins.
fn comment(line: &str) -> Option<usize> {
    if line.trim_start().starts_with(';') {
        return Some(line.len() - line.trim_start().len());
    }
    let bytes = line.as_bytes();
    let begins = |at: &usize| {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        before.is_none_or(|before| before.is_ascii_whitespace()) && !is_quoted(&line[..*at])
    };
    memchr::memchr_iter(b'#', bytes).find(begins)
}

/// Whether a quote is open at the end of a text. An apostrophe within a word opens none.
fn is_quoted(before: &str) -> bool {
    let mut open = None;
    let mut last = ' ';
    for c in before.chars() {
        match open {
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && !last.is_alphanumeric() => open = Some(c),
            None => {}
        }
        last = c;
    }
    open.is_some()
}

fn span(start: usize, end: usize) -> Span {
    let byte = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(byte(start), byte(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, comments_: &[&str], statements: &[&str]) {
        let found = comments(text);
        let texts = |spans: &[Span]| -> Vec<String> {
            let text = |span: &Span| text[span.range()].to_owned();
            spans.iter().map(text).collect()
        };
        assert_eq!(texts(&found.comments), comments_);
        assert_eq!(texts(&found.statements), statements);
    }

    #[test]
    fn requirements() {
        check(
            "# one\r\nnumpy  # two\r\n\r\na @ https://x/y#egg=a\r\n",
            &["# one", "# two"],
            &["numpy", "a @ https://x/y#egg=a"],
        );
    }

    #[test]
    fn lines_that_go_on_are_one() {
        check(
            "RUN a && \\\n  # between\n    pip install b\nCMD c",
            &["# between"],
            &["RUN a && \\\n  # between\n    pip install b", "CMD c"],
        );
        check("a \\\n", &[], &["a \\\n"]);
    }

    #[test]
    fn quotes_of_the_line() {
        check(
            "a = \"x # no\"  # yes\nb: don't # yes\n; ini\n",
            &["# yes", "# yes", "; ini"],
            &["a = \"x # no\"", "b: don't"],
        );
    }
}
