//! What a comment says: `# tfmp: ignore[TFMP002] reason, until=2.9`, `# tfmp: ignore-file[...]`, and
//! the part of `# noqa: E501, TFMP002` that is ours. Several may stand in one comment, each behind a
//! `#` of its own.
//!
//! A bare `# noqa` silences everything, as in ruff and flake8, and their codes may be prefixes. Their
//! comments for whole files (`# flake8: noqa`) are not ours.

use std::str::FromStr;

use pep440_rs::Version;

use crate::names::{RuleId, nearest};
use crate::rule::{self, RuleMeta};
use crate::text::Span;

/// What begins every one of our comments.
const OURS: &str = "tfmp:";
/// What begins those that other tools understand too.
const THEIRS: &str = "noqa";
/// How the ids of our rules begin.
const PREFIX: &str = "TFMP";

/// What a comment is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `ignore`: its line, or the statement below.
    Line,
    /// `ignore-file`.
    File,
    /// `noqa`: its line.
    Noqa,
}

/// A comment, or a part of one, that silences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// From its `#` to its last character.
    pub span: Span,
    /// Where the next part of the comment begins, or the comment ends.
    pub next: u32,
    /// What it is about.
    pub kind: Kind,
    /// The rules that it names, as written; `None` where it names none and means all.
    pub names: Option<Vec<Name>>,
    /// The list of the rules: what is between the brackets.
    pub list: Span,
    /// The list has codes of other tools, too.
    pub has_others: bool,
    /// Until when it holds.
    pub until: Option<Until>,
    /// The reason; `""` where it gives none.
    pub reason: String,
    /// What about it means nothing.
    pub odd: Option<Odd>,
}

/// A rule as a comment names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
    /// The rules that are meant, else the name that is nearest.
    pub meant: Result<Vec<RuleId>, Option<&'static str>>,
}

impl Name {
    /// The rules that are meant.
    #[must_use]
    pub fn rules(&self) -> &[RuleId] {
        self.meant.as_deref().unwrap_or_default()
    }
}

/// A comment ends when no permitted release is older.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Until {
    /// The version.
    pub version: Version,
    /// As written.
    pub text: String,
}

/// What is not as such a comment is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Another word than `ignore`, and the one that was probably meant.
    Word(String, &'static str),
    /// A list of rules without its `]`.
    NoEnd,
    /// A rule without brackets.
    NoBrackets(String),
    /// `ignore-file` behind code.
    BehindCode,
    /// What `until=` names is no version.
    Until(String),
}

impl Odd {
    /// Whether the comment silences nothing for that.
    #[must_use]
    pub const fn is_void(&self) -> bool {
        !matches!(self, Self::Until(_))
    }
}

/// Reads a comment that begins at a byte of its file.
#[must_use]
pub fn read(comment: &str, at: u32, rules: &[RuleMeta]) -> Vec<Directive> {
    let starts = parts(comment);
    let ends = starts.iter().skip(1).copied().chain([comment.len()]);
    let ranges = starts.iter().zip(ends);
    ranges
        .filter_map(|(&start, next)| {
            let part = Part {
                text: comment[start..next].trim_end(),
                at: at + byte(start),
                next: at + byte(next),
                rules,
            };
            part.read()
        })
        .collect()
}

/// Where the parts of a comment begin. `#12` in a sentence is the number of something.
fn parts(comment: &str) -> Vec<usize> {
    let bytes = comment.as_bytes();
    let begins = |&at: &usize| {
        let after = bytes.get(at + 1);
        bytes[at - 1].is_ascii_whitespace() && !after.is_some_and(u8::is_ascii_digit)
    };
    let others = memchr::memchr_iter(b'#', bytes).skip_while(|&at| at == 0);
    std::iter::once(0).chain(others.filter(begins)).collect()
}

/// A part of a comment, from its `#` on.
struct Part<'c> {
    text: &'c str,
    at: u32,
    next: u32,
    rules: &'c [RuleMeta],
}

impl Part<'_> {
    fn read(&self) -> Option<Directive> {
        let body = self.text.trim_start_matches(['#', ';']).trim_start();
        if let Some(rest) = strip_word(body, OURS) {
            return self.ours(rest.trim_start());
        }
        self.theirs(strip_word(body, THEIRS)?)
    }

    /// Where a rest of this part begins in the file.
    fn place(&self, rest: &str) -> u32 {
        self.at + byte(self.text.len() - rest.len())
    }

    fn directive(&self, kind: Kind) -> Directive {
        Directive {
            span: Span::new(self.at, self.at + byte(self.text.len())),
            next: self.next,
            kind,
            names: None,
            list: Span::default(),
            has_others: false,
            until: None,
            reason: String::new(),
            odd: None,
        }
    }

    fn ours(&self, rest: &str) -> Option<Directive> {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let end = rest.find(|c| !letter(c)).unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        let kind = match word.to_ascii_lowercase().as_str() {
            "ignore" => Kind::Line,
            "ignore-file" => Kind::File,
            // A sentence may begin like that.
            _ => {
                let meant = nearest(word, ["ignore", "ignore-file"])?;
                let mut directive = self.directive(Kind::Line);
                directive.odd = Some(Odd::Word(word.to_owned(), meant));
                return Some(directive);
            }
        };
        let mut directive = self.directive(kind);
        let mut rest = rest.trim_start();
        if let Some(list) = rest.strip_prefix('[') {
            let Some(end) = list.find(']') else {
                directive.odd = Some(Odd::NoEnd);
                return Some(directive);
            };
            let start = self.place(list);
            directive.list = Span::new(start, start + byte(end));
            directive.names = Some(self.names(&list[..end], start, &|_| true));
            rest = &list[end + 1..];
        } else {
            let first = rest.trim_start_matches([':', '=', '(']).trim_start();
            let first = first.split([',', ' ', '\t', ')']).next().unwrap_or(first);
            if rule::find_rule(self.rules, first).is_ok() {
                directive.odd = Some(Odd::NoBrackets(first.to_owned()));
                return Some(directive);
            }
        }
        self.reason(rest, &mut directive);
        Some(directive)
    }

    /// The reason, and until when.
    fn reason(&self, rest: &str, directive: &mut Directive) {
        const KEY: &str = "until=";
        let begins = |&(at, _): &(usize, &str)| {
            let before = rest[..at].chars().next_back();
            before.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_')
        };
        let mut said = rest.to_owned();
        if let Some((at, _)) = rest.match_indices(KEY).find(begins) {
            let value = &rest[at + KEY.len()..];
            let end = value.find([',', ';', ')', ' ', '\t']);
            let value = &value[..end.unwrap_or(value.len())];
            match Version::from_str(value) {
                Ok(version) => {
                    let text = value.to_owned();
                    directive.until = Some(Until { version, text });
                }
                Err(_) => directive.odd = Some(Odd::Until(value.to_owned())),
            }
            said.replace_range(at..at + KEY.len() + value.len(), "");
        }
        let edge = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | '–' | '—');
        said.trim_matches(edge).clone_into(&mut directive.reason);
    }

    fn theirs(&self, rest: &str) -> Option<Directive> {
        let mut directive = self.directive(Kind::Noqa);
        let Some(codes) = rest.trim_start().strip_prefix(':') else {
            let ends = rest.is_empty() || rest.starts_with([' ', '\t', ',', '.', ';']);
            return ends.then_some(directive);
        };
        let codes = codes.trim_start();
        let start = self.place(codes);
        let mut end = 0;
        let mut rest = codes;
        loop {
            let code = &rest[..code_length(rest)];
            if code.is_empty() {
                break;
            }
            let before = codes.len() - rest.len();
            end = before + code.len();
            rest = rest[code.len()..].trim_start_matches([',', ' ', '\t']);
        }
        let own = |code: &str| {
            let begin = code.get(..PREFIX.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX))
        };
        let all = self.names(&codes[..end], start, &|_| true);
        let names = self.names(&codes[..end], start, &own);
        if names.is_empty() {
            return None;
        }
        directive.has_others = all.len() > names.len();
        directive.list = Span::new(start, start + byte(end));
        directive.names = Some(names);
        Some(directive)
    }

    /// The names of a list that begins at a byte of the file.
    fn names(&self, list: &str, start: u32, is_ours: &dyn Fn(&str) -> bool) -> Vec<Name> {
        let mut names = Vec::new();
        let mut at = start;
        for part in list.split([',', ' ', '\t']) {
            let span = Span::new(at, at + byte(part.len()));
            at = span.end + 1;
            if part.is_empty() || !is_ours(part) {
                continue;
            }
            names.push(Name {
                text: part.to_owned(),
                span,
                meant: rule::find_rules(self.rules, part),
            });
        }
        names
    }
}

/// How long the code is with which a text begins: letters, then digits.
fn code_length(text: &str) -> usize {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = text[letters..]
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    let is_prefix = text[..letters].eq_ignore_ascii_case(PREFIX);
    let ends = !text[letters + digits..].starts_with(|c: char| c.is_alphanumeric() || c == '-');
    if letters > 0 && (digits > 0 || is_prefix) && ends {
        letters + digits
    } else {
        0
    }
}

/// The rest behind a word, in any case.
fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let begin = text.get(..word.len())?;
    begin
        .eq_ignore_ascii_case(word)
        .then(|| &text[word.len()..])
}

fn byte(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::RULES;

    /// What is read of a comment, in short.
    #[track_caller]
    fn check(comment: &str, expect: &[&str]) {
        let found: Vec<String> = read(comment, 0, RULES)
            .into_iter()
            .map(|one| {
                let kind = match one.kind {
                    Kind::Line => "line",
                    Kind::File => "file",
                    Kind::Noqa => "noqa",
                };
                let mut short = kind.to_owned();
                for name in one.names.iter().flatten() {
                    assert_eq!(&comment[name.span.range()], name.text);
                    let ids: Vec<&str> = name.rules().iter().map(|rule| rule.0).collect();
                    short.push_str(&format!(" {}={}", name.text, ids.join("+")));
                }
                if one.names.is_none() {
                    short.push_str(" all");
                }
                if one.has_others {
                    short.push_str(" and others");
                }
                if let Some(until) = one.until {
                    short.push_str(&format!(" until {}", until.version));
                }
                if !one.reason.is_empty() {
                    short.push_str(&format!(" because {}", one.reason));
                }
                if let Some(odd) = one.odd {
                    short.push_str(&format!(" {odd:?}"));
                }
                short
            })
            .collect();
        assert_eq!(found, expect, "{comment}");
    }

    #[test]
    fn rules_go_by_id_name_or_prefix() {
        check("# tfmp: ignore[TFMP002]", &["line TFMP002=TFMP002"]);
        check("#tfmp:ignore[tfmp002]", &["line tfmp002=TFMP002"]);
        check(
            "# tfmp: ignore[api-removed, TFMP001]",
            &["line api-removed=TFMP002 TFMP001=TFMP001"],
        );
        check(
            "# tfmp: ignore [TFMP00]",
            &["line TFMP00=TFMP001+TFMP002+TFMP003"],
        );
        check("# tfmp: ignore", &["line all"]);
        check("# tfmp: ignore[]", &["line"]);
        check("# tfmp: ignore[TFMP999]", &["line TFMP999="]);
        check(
            "# tfmp: ignore-file[api-removed]",
            &["file api-removed=TFMP002"],
        );
    }

    #[test]
    fn a_reason_and_an_end() {
        check(
            "# tfmp: ignore[TFMP002] the old cluster, until=2.9",
            &["line TFMP002=TFMP002 until 2.9 because the old cluster"],
        );
        check(
            "# tfmp: ignore: until=2.9; see issue #12",
            &["line all until 2.9 because see issue #12"],
        );
        check(
            "# tfmp: ignore[TFMP002] until=soon",
            &["line TFMP002=TFMP002 Until(\"soon\")"],
        );
        check(
            "# tfmp: ignore not-until=2",
            &["line all because not-until=2"],
        );
    }

    #[test]
    fn codes_of_others_are_not_ours() {
        check("# noqa", &["noqa all"]);
        check("# NOQA because", &["noqa all"]);
        check("# noqa: E501", &[]);
        check(
            "# noqa: E501, TFMP002",
            &["noqa TFMP002=TFMP002 and others"],
        );
        check(
            "#noqa:TFMP001 TFMP002 said",
            &["noqa TFMP001=TFMP001 TFMP002=TFMP002"],
        );
        check("# noqa : TFMP", &["noqa TFMP=TFMP001+TFMP002+TFMP003"]);
        check("# flake8: noqa", &[]);
        check("# noqa-like", &[]);
    }

    #[test]
    fn several_stand_in_one_comment() {
        check(
            "# type: ignore # tfmp: ignore[TFMP002] old # noqa: E501",
            &["line TFMP002=TFMP002 because old"],
        );
        check("# noqa: F401  # tfmp: ignore", &["line all"]);
        check("## tfmp: ignore", &["line all"]);
    }

    #[test]
    fn sentences_are_none() {
        check("# tfmp: see the docs", &[]);
        check("# about tfmp: ignore", &[]);
        check("#", &[]);
        check("# tfmp:", &[]);
    }

    #[test]
    fn what_is_written_otherwise() {
        check(
            "# tfmp: ingore[TFMP002]",
            &["line all Word(\"ingore\", \"ignore\")"],
        );
        check("# tfmp: ignore[TFMP002", &["line all NoEnd"]);
        check(
            "# tfmp: ignore TFMP002 old",
            &["line all NoBrackets(\"TFMP002\")"],
        );
        check(
            "# tfmp: ignore: api-removed",
            &["line all NoBrackets(\"api-removed\")"],
        );
    }
}
