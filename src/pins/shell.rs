//! Shell scripts, and the command lines that other formats hold: which packages they install.
//!
//! Supported: quotes, continuations, comments, `&&`, `||`, `;`, `|`, redirections (so an unquoted
//! `tensorflow>=2` installs without a version, as it does in a shell), assignments and
//! `export` before their use, here-documents (what is no shell's is no command), `$X`, `${X}`, `${X:-default}`, expressions `${{ x }}` of GitHub.
//! Not supported: command substitution, functions, arrays; a version that comes from there is not
//! known. Branches are alternatives.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::document;
use super::install::{self, Install};
use super::sheet::{Installed, Sheet, alternatives};
use super::{Ctx, Found};
use crate::text::SourceFile;

/// The longest word that variables may make.
const MAX_WORD: usize = 4096;

/// Values of variables.
pub(crate) type Variables = BTreeMap<String, String>;

/// A word of a command: variables in place, quotes gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Where it stands, quotes included.
    pub(crate) at: Range<usize>,
}

/// How text differs from a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// A line ends a command.
    End,
    /// Lines are one: comment lines are skipped (`RUN`), line ends are spaces (folded YAML).
    Join,
}

/// The pins of a script.
pub(crate) fn read(file: &Arc<SourceFile>, ctx: Ctx<'_>) -> Found {
    let mut sheet = Sheet::new(file);
    let mut variables = Variables::new();
    let part = 0..file.text.len();
    let installs = run(&mut sheet, part, Lines::End, &mut variables, ctx);
    sheet.found.pins = alternatives(installs);
    sheet.finish()
}

/// Runs the commands of a part of a file, in order, as far as they set variables and install.
pub(crate) fn run(
    sheet: &mut Sheet<'_>,
    part: Range<usize>,
    lines: Lines,
    variables: &mut Variables,
    ctx: Ctx<'_>,
) -> Vec<Installed> {
    let mut installs = Vec::new();
    let file = Arc::clone(sheet.file);
    let mut at = part.start;
    // Here-documents that begin behind the line, and whether a shell reads them.
    let mut documents: Vec<(&str, bool, bool)> = Vec::new();
    while at < part.end {
        if lines == Lines::End && is_line_start(&file.text, part.start, at) {
            for (name, tabs, script) in documents.drain(..) {
                let Some(body) = document::body(&file.text[..part.end], at, name, tabs) else {
                    continue;
                };
                let rest = &file.text[body.end..part.end];
                at = body.end + rest.find('\n').map_or(rest.len(), |end| end + 1);
                if script {
                    let mut inner = variables.clone();
                    installs.extend(run(sheet, body, lines, &mut inner, ctx));
                }
            }
            if at >= part.end {
                break;
            }
        }
        let (words, next) = command(&file.text, at..part.end, lines, variables);
        let from = at;
        at = next.max(at + 1);
        let words = install::bare(&words);
        if lines == Lines::End {
            let script = words.first().is_some_and(|word| is_shell(&word.text));
            let announced = document::announced(file.text.get(from..at).unwrap_or_default());
            documents.extend(
                announced
                    .into_iter()
                    .map(|(name, tabs)| (name, tabs, script)),
            );
        }
        let assigned = match words.first().map(|word| word.text.as_str()) {
            Some("export" | "declare" | "readonly" | "local" | "set") => &words[1..],
            _ => words,
        };
        for word in assigned {
            let Some((name, value)) = assignment(&word.text) else {
                break;
            };
            sheet.sets_at(name, value, word.at.clone());
            variables.insert(name.to_owned(), value.to_owned());
        }
        let Some(install) = Install::of(words) else {
            continue;
        };
        let label = format!(
            "line {}",
            sheet.line(words.first().map_or(at, |w| w.at.start))
        );
        let mut pins = install.pins(sheet, ctx);
        // `pip install a || pip install b`: the first may fail.
        let may_fail = file
            .text
            .get(at.saturating_sub(1)..)
            .is_some_and(|rest| rest.starts_with("||"));
        if may_fail {
            for pin in &mut pins {
                pin.from_index = false;
            }
        }
        if !pins.is_empty() {
            installs.push(Installed { label, pins });
        }
    }
    installs
}

/// Whether a line begins at a byte of a part.
fn is_line_start(text: &str, start: usize, at: usize) -> bool {
    at > start && text.as_bytes().get(at - 1) == Some(&b'\n')
}

/// Whether a command, or the first line of a script (`#!/bin/bash`), names a shell.
pub(crate) fn is_shell(command: &str) -> bool {
    let name = command
        .rsplit(['/', ' '])
        .find(|part| !part.starts_with('-'));
    matches!(name, Some("sh" | "bash" | "dash" | "ash" | "zsh" | "ksh"))
}

/// `NAME=value`.
pub(crate) fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let valid = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    valid.then_some((name, value))
}

/// The words of a text that is one command, variables in place.
pub(crate) fn words(text: &str, variables: &Variables) -> Vec<String> {
    let (words, _) = command(text, 0..text.len(), Lines::Join, variables);
    words.into_iter().map(|word| word.text).collect()
}

/// The words of the command that begins a part of a text, and where the next one begins.
fn command(
    text: &str,
    part: Range<usize>,
    lines: Lines,
    variables: &Variables,
) -> (Vec<Word>, usize) {
    let mut reader = Reader {
        text,
        at: part.start,
        end: part.end,
        words: Vec::new(),
        word: None,
        redirected: false,
    };
    let mut quote = None;
    let mut line_start = true;
    while let Some(c) = reader.peek() {
        let start = reader.at;
        let rest = &text[start..part.end];
        if c == '\\' && quote != Some('\'') {
            let after = &rest[1..];
            let skip = ["\r\n", "\n", "\r"]
                .iter()
                .find(|end| after.starts_with(**end));
            reader.at += 1;
            if let Some(end) = skip {
                reader.at += end.len();
                line_start = true;
                continue;
            }
            reader.take(start);
        } else if c == '$' && quote != Some('\'') {
            line_start = false;
            reader.variable(variables);
        } else if quote == Some(c) {
            quote = None;
            reader.at += 1;
            reader.extend(start, "");
        } else if quote.is_some() {
            reader.take(start);
        } else if matches!(c, '"' | '\'') {
            quote = Some(c);
            line_start = false;
            reader.at += 1;
            reader.extend(start, "");
        } else if c == '#' && reader.word.is_none() {
            let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
            reader.at += end;
            if lines == Lines::Join && line_start {
                let left = &text[reader.at..part.end];
                reader.at += left.len() - left.trim_start_matches(['\r', '\n']).len();
            }
        } else if matches!(c, ';' | '&' | '|' | '(' | ')' | '`')
            || matches!(c, '\n' | '\r') && lines == Lines::End
        {
            reader.at += 1;
            break;
        } else if c.is_whitespace() {
            line_start |= matches!(c, '\n' | '\r');
            reader.finish_word();
            reader.at += c.len_utf8();
        } else if matches!(c, '<' | '>') {
            reader.redirect();
        } else {
            line_start = false;
            reader.take(start);
        }
    }
    reader.finish_word();
    (reader.words, reader.at)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    words: Vec<Word>,
    word: Option<Word>,
    /// The next word names the file of a redirection.
    redirected: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..self.end].chars().next()
    }

    /// Takes the next character as it is into a word that begins at `start`.
    fn take(&mut self, start: usize) {
        if let Some(c) = self.peek() {
            self.at += c.len_utf8();
            let mut buffer = [0; 4];
            let c: &str = c.encode_utf8(&mut buffer);
            let c = c.to_owned();
            self.extend(start, &c);
        }
    }

    fn extend(&mut self, start: usize, text: &str) {
        let at = self.at;
        let word = self.word.get_or_insert_with(|| Word {
            text: String::new(),
            at: start..at,
        });
        if word.text.len() + text.len() <= MAX_WORD {
            word.text.push_str(text);
        }
        word.at.end = at;
    }

    fn finish_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.redirected)
        {
            self.words.push(word);
        }
    }

    /// `>file`, `2>&1`, `<<EOF`: what follows is no word of the command.
    fn redirect(&mut self) {
        let digits = |word: &Word| word.text.bytes().all(|b| b.is_ascii_digit());
        if self.word.as_ref().is_some_and(digits) {
            self.word = None;
        }
        self.finish_word();
        let rest = &self.text[self.at..self.end];
        let length = rest.len() - rest.trim_start_matches(['<', '>', '&', '-']).len();
        self.at += length;
        self.redirected = true;
    }

    /// `$X`, `${X}`, `${X:-y}`, `${{ x }}`. What is not known stays as `${X}`.
    fn variable(&mut self, variables: &Variables) {
        let start = self.at;
        let rest = &self.text[start..self.end];
        let (name, default, length) = if let Some(inside) = rest.strip_prefix("${{") {
            let end = inside.find("}}");
            let name = &inside[..end.unwrap_or(0)];
            (name.trim(), None, end.map_or(3, |end| end + 5))
        } else if let Some(inside) = rest.strip_prefix("${") {
            let end = inside.find('}');
            let name = &inside[..end.unwrap_or(0)];
            let (name, default) = match name.split_once(":-").or_else(|| name.split_once('-')) {
                Some((name, default)) => (name, Some(default)),
                None => (name, None),
            };
            (name, default, end.map_or(2, |end| end + 3))
        } else {
            let inside = &rest[1..];
            let end = inside
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(inside.len());
            (&inside[..end], None, end + 1)
        };
        let key = name.strip_prefix("env.").unwrap_or(name);
        let value = variables.get(key).map(String::as_str).or(default);
        let value = match value {
            Some(value) if !value.contains(['$', '`']) => value.to_owned(),
            _ => format!("${{{key}}}"),
        };
        self.at += length;
        self.extend(start, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let mut variables = Variables::new();
        variables.insert("TF".to_owned(), "2.3.4".to_owned());
        let mut at = 0;
        let mut shown = Vec::new();
        while at < text.len() {
            let (words, next) = command(text, at..text.len(), Lines::End, &variables);
            at = next;
            if !words.is_empty() {
                let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
                shown.push(words.join("|"));
            }
        }
        assert_eq!(shown, expect);
    }

    #[test]
    fn commands_are_parted_as_a_shell_does() {
        check("a b && c 'd e' # f\ng", &["a|b", "c|d e", "g"]);
        check("a \\\n  b; c", &["a|b", "c"]);
        check(
            "pip install tensorflow>=2 2>&1 keras",
            &["pip|install|tensorflow|keras"],
        );
        check(
            "pip install \"tensorflow>=2\"",
            &["pip|install|tensorflow>=2"],
        );
        check(
            "x $TF ${TF} ${NO:-1} $NO '$TF'",
            &["x|2.3.4|2.3.4|1|${NO}|$TF"],
        );
        check("x==${{ matrix.tf }} y", &["x==${matrix.tf}|y"]);
        check("'open", &["open"]);
        check("${", &["${}"]);
    }
}
