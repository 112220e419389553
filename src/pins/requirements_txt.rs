//! pip's requirements and constraints files.
//!
//! The format is [pip's](https://pip.pypa.io/en/stable/reference/requirements-file-format/), read
//! in pip's own order: lines are joined at `\`, comments cut, the requirement ends at the first
//! word that begins with `-`.
//!
//! Supported: continuations, comments, `-r` and `-c` in every spelling (`-rfile`, `--req=file`),
//! nested files, options of the file and of one requirement, hashes, editables, addresses and
//! archives. Not supported: following addresses and variables of the environment; they are notices.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::requirement::short;
use super::{Ctx, Found, Place, Role, companion, take};
use crate::finding::Notice;
use crate::text::{LineIndex, RepoPath, SourceFile, Span};

/// The longest statement that is read, in bytes; a requirement with a hundred hashes has 10 KiB.
const MAX_STATEMENT: usize = 256 * 1024;

/// How deep files may include each other.
const MAX_DEPTH: usize = 32;

/// The most problems reported for one file: one of the wrong format would fill the report.
const MAX_NOTICES: usize = 20;

/// Long names of pip's options, those that take a value with `=` behind; `optparse` takes any
/// beginning that is unique.
const OPTIONS: &[&str] = &[
    "--requirement=",
    "--constraint=",
    "--editable=",
    "--index-url=",
    "--pypi-url=",
    "--extra-index-url=",
    "--find-links=",
    "--no-index",
    "--no-binary=",
    "--only-binary=",
    "--prefer-binary",
    "--require-hashes",
    "--no-require-hashes",
    "--all-releases=",
    "--only-final=",
    "--pre",
    "--trusted-host=",
    "--use-feature=",
    "--hash=",
    "--global-option=",
    "--install-option=",
    "--config-settings=",
    "--config-setting=",
    "--use-wheel",
    "--no-use-wheel",
    "--no-deps",
    "--always-unzip",
    "--process-dependency-links",
    "--allow-external=",
    "--allow-all-external",
    "--allow-unverified=",
];

/// Options by which pip does not install from the default index alone.
const OWN_INDEX: &[&str] = &[
    "--index-url",
    "--pypi-url",
    "--extra-index-url",
    "--find-links",
    "--no-index",
];

/// The pins of a file and of the files that it includes.
#[must_use]
pub fn read(file: &Arc<SourceFile>, role: Role, ctx: Ctx<'_>) -> Found {
    let mut reader = Reader {
        ctx,
        found: Found::default(),
        open: Vec::new(),
        done: BTreeSet::new(),
        own_index: false,
    };
    reader.file(file, role);
    if reader.own_index {
        for pin in &mut reader.found.pins {
            pin.from_index = false;
        }
    }
    reader.found
}

struct Reader<'a> {
    ctx: Ctx<'a>,
    found: Found,
    /// The files being read, outermost first.
    open: Vec<RepoPath>,
    /// What was read already: a second reading would add nothing.
    done: BTreeSet<(RepoPath, Role)>,
    /// An option names another place to install from; it counts for all that is installed.
    own_index: bool,
}

impl Reader<'_> {
    fn file(&mut self, file: &Arc<SourceFile>, role: Role) {
        self.open.push(file.path.clone());
        let lines = LineIndex::new(&file.text);
        let before = self.found.notices.len();
        for statement in statements(&file.text) {
            self.statement(&statement, file, &lines, role);
            if self.found.notices.len() >= before + MAX_NOTICES {
                let line = lines.line(statement.start);
                let message = "too much of this file is no requirement, the rest was not looked at";
                self.found
                    .notices
                    .push(Notice::on_file(&file.path, Some(line), message));
                break;
            }
        }
        self.open.pop();
        self.done.insert((file.path.clone(), role));
    }

    fn statement(
        &mut self,
        statement: &Statement,
        file: &Arc<SourceFile>,
        lines: &LineIndex,
        role: Role,
    ) {
        let place = Place {
            file,
            lines,
            span: Span::new(statement.start, statement.start),
            role,
            group: "",
        };
        if statement.too_long {
            let message = format!("a line of more than {MAX_STATEMENT} bytes was not looked at");
            self.found.notices.push(place.notice(message));
            return;
        }
        let (requirement, options) = statement.split();
        let options = match parse_options(options) {
            Ok(options) => options,
            Err(option) => {
                let message = format!("`{}` is not an option of pip", short(&option));
                self.found.notices.push(place.notice(message));
                Vec::new()
            }
        };
        self.own_index |= options.iter().any(|(option, _)| OWN_INDEX.contains(option));
        if !requirement.is_empty() {
            let place = Place {
                span: statement.span_of(requirement),
                ..place
            };
            match take(requirement, &place, &mut self.found.notices) {
                Some(pin) => self.found.pins.push(pin),
                None => {
                    let companion = companion::take(requirement, requirement, &place);
                    self.found.companions.extend(companion);
                }
            }
            return;
        }
        // As pip does: an editable first, else the first file named.
        let first = |name: &str| options.iter().find(|(option, _)| *option == name);
        if let Some((_, address)) = first("--editable") {
            let place = Place {
                span: statement.span_of(&statement.text),
                ..place
            };
            self.editable(address, &place);
        } else if let Some((_, target)) = first("--requirement") {
            self.include(target, &place, Role::Requirement);
        } else if let Some((_, target)) = first("--constraint") {
            self.include(target, &place, Role::Constraint);
        }
    }

    /// A checkout: what version it holds is not known. A folder is the project's own.
    fn editable(&mut self, address: &str, place: &Place<'_>) {
        if address.contains("://") || address.contains('@') {
            let pin = take(address, place, &mut self.found.notices);
            self.found.pins.extend(pin);
        }
    }

    fn include(&mut self, target: &str, place: &Place<'_>, role: Role) {
        let shown = short(target);
        if target.contains("://") || target.starts_with("file:") {
            let message = format!("`{shown}` is an address and was not fetched");
            self.found.notices.push(place.notice(message));
            return;
        }
        if target.contains("${") {
            let message = format!("`{shown}` holds a variable, so that file was not read");
            self.found.notices.push(place.notice(message));
            return;
        }
        let Some(path) = inside(place.file.path.folder(), target) else {
            let message = format!("`{shown}` lies outside the repository and was not read");
            self.found.notices.push(place.notice(message));
            return;
        };
        if self.open.contains(&path) {
            let message = format!("`{path}` includes itself");
            self.found.notices.push(place.notice(message));
            return;
        }
        if self.done.contains(&(path.clone(), role)) {
            return;
        }
        if self.open.len() >= MAX_DEPTH {
            let message = format!("`{path}` was not read: files include each other too deeply");
            self.found.notices.push(place.notice(message));
            return;
        }
        match self.ctx.files.open(&path) {
            Ok((file, remarks)) => {
                self.found.notices.extend(remarks);
                self.file(&file, role);
            }
            Err(why) => {
                let message = format!("`{shown}` was not read: {}", why.message);
                self.found.notices.push(place.notice(message));
            }
        }
    }
}

/// The path of a file named in a folder; `None` where it is absolute or leaves the repository.
pub(crate) fn inside(folder: &str, target: &str) -> Option<RepoPath> {
    let target = target.replace('\\', "/");
    if target.starts_with('/') || target.chars().nth(1) == Some(':') || target.contains('\0') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(RepoPath::new(&parts.join("/")))
}

/// One statement: lines joined at their continuations, without comment.
struct Statement {
    text: String,
    /// Where parts of the text stand in the file: (offset in the text, offset in the file).
    parts: Vec<(usize, usize)>,
    /// First byte in the file.
    start: u32,
    /// It is longer than [`MAX_STATEMENT`]; its text was not kept.
    too_long: bool,
}

impl Statement {
    /// Parts the requirement from the options behind it.
    fn split(&self) -> (&str, &str) {
        let text = self.text.as_str();
        let mut at = 0;
        for word in text.split(' ') {
            if word.trim_start().starts_with('-') {
                return (text[..at].trim(), &text[at..]);
            }
            at += word.len() + 1;
        }
        (text.trim(), "")
    }

    /// Where a part of the statement's text stands in the file.
    fn span_of(&self, part: &str) -> Span {
        let from = part.as_ptr() as usize - self.text.as_ptr() as usize;
        let last = (from + part.len()).saturating_sub(1).max(from);
        let offset = |at: usize| {
            let index = self.parts.partition_point(|&(text, _)| text <= at);
            let (text, file) = self.parts[index.saturating_sub(1)];
            file + (at - text)
        };
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span::new(at(offset(from)), at(offset(last) + 1))
    }
}

/// The line ends of Python's `str.splitlines`, by which pip reads.
fn is_line_end(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Joins lines and cuts comments, in the order in which pip does.
fn statements(text: &str) -> impl Iterator<Item = Statement> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let (statement, next) = join(text, at);
            at = next;
            if statement.too_long || !statement.text.trim().is_empty() {
                return Some(statement);
            }
        }
        None
    })
}

/// The statement that begins at an offset, and where the next one does.
fn join(text: &str, start: usize) -> (Statement, usize) {
    let mut statement = Statement {
        text: String::new(),
        parts: Vec::new(),
        start: 0,
        too_long: false,
    };
    let mut at = start;
    while at < text.len() {
        let rest = &text[at..];
        let length = rest.find(is_line_end).unwrap_or(rest.len());
        let line = &rest[..length];
        let next = at + length + line_end(&rest[length..]);
        // A comment ends what was continued, and is never continued itself.
        let comment = line.trim_start().starts_with('#');
        let continued = line.ends_with('\\') && !comment;
        let kept = if continued {
            line.trim_matches('\\')
        } else if comment {
            &line[..0]
        } else {
            // However long a comment is, what stands before it counts.
            &line[..inner_comment(line)]
        };
        let skipped = kept.as_ptr() as usize - line.as_ptr() as usize;
        if statement.text.len() + kept.len() > MAX_STATEMENT || at - start > MAX_STATEMENT {
            statement.too_long = true;
            statement.text.clear();
        } else if !statement.too_long {
            if !kept.is_empty() || statement.parts.is_empty() {
                statement.parts.push((statement.text.len(), at + skipped));
            }
            statement.text.push_str(kept);
        }
        at = next;
        if !continued {
            break;
        }
    }
    let cut = comment_start(&statement.text, true);
    statement.text.truncate(cut);
    let blank = statement.text.len() - statement.text.trim_start().len();
    statement.start = if statement.too_long || statement.parts.is_empty() {
        u32::try_from(start).unwrap_or(u32::MAX)
    } else {
        let index = statement.parts.partition_point(|&(text, _)| text <= blank);
        let (text, file) = statement.parts[index.saturating_sub(1)];
        u32::try_from(file + (blank - text)).unwrap_or(u32::MAX)
    };
    (statement, at)
}

fn line_end(rest: &str) -> usize {
    if rest.starts_with("\r\n") {
        2
    } else {
        rest.chars().next().map_or(0, char::len_utf8)
    }
}

/// Where the comment begins that does not begin with the line.
fn inner_comment(line: &str) -> usize {
    let Some(first) = line.chars().next() else {
        return 0;
    };
    let (_, rest) = line.split_at(first.len_utf8());
    first.len_utf8() + comment_start(rest, first.is_whitespace())
}

/// Where the comment begins: `#` after white space, or at the start where `before` says so.
fn comment_start(text: &str, mut before: bool) -> usize {
    for (at, c) in text.char_indices() {
        if c == '#' && before {
            return at;
        }
        before = c.is_whitespace();
    }
    text.len()
}

/// Options with their values, by long names. Those of pip 1 to 26; the first unknown one is the
/// error.
fn parse_options(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    let mut options = Vec::new();
    let mut words = words(text).into_iter();
    while let Some(word) = words.next() {
        let (name, mut value) = if let Some((name, value)) = long_option(&word) {
            (name, value)
        } else if let Some((name, value)) = short_option(&word) {
            (name, value)
        } else if word.starts_with('-') {
            return Err(word);
        } else {
            continue;
        };
        let wants = name.ends_with('=');
        if wants && value.is_none() {
            value = words.next();
        }
        options.push((name.trim_end_matches('='), value.unwrap_or_default()));
    }
    Ok(options)
}

fn long_option(word: &str) -> Option<(&'static str, Option<String>)> {
    if !word.starts_with("--") || word.len() < 4 {
        return None;
    }
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (word, None),
    };
    let exact = OPTIONS
        .iter()
        .find(|option| option.trim_end_matches('=') == name);
    let mut starting = OPTIONS.iter().filter(|option| option.starts_with(name));
    let option = exact.or_else(|| starting.next().filter(|_| starting.next().is_none()))?;
    Some((option, value))
}

fn short_option(word: &str) -> Option<(&'static str, Option<String>)> {
    let name = match word.get(..2)? {
        "-r" => "--requirement=",
        "-c" => "--constraint=",
        "-e" => "--editable=",
        "-i" => "--index-url=",
        "-f" => "--find-links=",
        "-C" => "--config-settings=",
        "-Z" => "--always-unzip",
        _ => return None,
    };
    let value = &word[2..];
    Some((name, (!value.is_empty()).then(|| value.to_owned())))
}

/// Words as a shell parts them: quotes hold together, `\` takes the next character as it is.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
#[path = "requirements_txt/tests.rs"]
mod tests;
