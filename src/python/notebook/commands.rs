//! The lines of a cell that are IPython's and not Python's, taken out of its text.
//!
//! Follows [IPython's own rules](https://github.com/ipython/ipython/blob/main/IPython/core/inputtransformer2.py):
//! a line that begins with `%`, `!`, `?`, `,`, `;` or `/`; `%` or `!` after a single `=`; a line that
//! ends with `?`; `exit()` and its kin; all of them only where a statement may begin, so not in strings, brackets or lines
//! that continue others. The parser has a mode for them too, which panics on some broken cells.

use std::ops::Range;

use memchr::{memchr2, memmem};

/// Takes the place of a command: what IPython binds to `_` is not known, and neither is this.
const NOT_KNOWN: u8 = b'_';

/// What ends the session, after which the next cell is run in a new one: installing is followed by it.
const ENDS: &[&[u8]] = &[
    b"exit",
    b"exit()",
    b"quit",
    b"quit()",
    b"os._exit(0)",
    b"os._exit(00)",
];

/// A text without its commands, byte by byte as long as before, and the commands that began with `!`
/// or `%`.
pub(crate) fn take_out(text: &str) -> (String, Vec<Range<usize>>) {
    let mut scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
        depth: 0,
        last: None,
        found: Vec::new(),
    };
    while scan.at < scan.bytes.len() {
        scan.statement();
    }
    let mut code = text.as_bytes().to_vec();
    for command in &scan.found {
        for byte in &mut code[command.clone()] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        code[command.start] = NOT_KNOWN;
    }
    let mut commands = scan.found;
    commands.retain(|command| matches!(text.as_bytes()[command.start], b'!' | b'%'));
    // Whole characters are blanked, so this is what it was.
    let code = String::from_utf8(code).unwrap_or_else(|_| text.to_owned());
    (code, commands)
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    /// How many brackets are open.
    depth: usize,
    /// The last byte of the statement that is no blank and no comment.
    last: Option<usize>,
    found: Vec<Range<usize>>,
}

impl Scan<'_> {
    /// Goes through one statement, up to the line after it.
    fn statement(&mut self) {
        self.blanks();
        let start = self.at;
        self.last = None;
        if matches!(
            self.bytes.get(start),
            Some(b'%' | b'!' | b'?' | b',' | b';' | b'/')
        ) {
            self.command();
        }
        while let Some(&byte) = self.bytes.get(self.at) {
            if self.depth == 0 && matches!(byte, b'\n' | b'\r') {
                break;
            }
            self.step(byte);
        }
        let whole = start..self.last.map_or(start, |last| last + 1);
        if ENDS.contains(&&self.bytes[whole.clone()]) && self.starts_line(start) {
            self.found.push(whole);
        }
        if let Some(last) = self.last.filter(|&last| self.bytes[last] == b'?') {
            self.found
                .retain(|inner| inner.start < start || inner.start > last);
            self.found.push(start..last + 1);
        }
        self.at += 1;
    }

    fn starts_line(&self, at: usize) -> bool {
        at.checked_sub(1)
            .is_none_or(|before| matches!(self.bytes[before], b'\n' | b'\r'))
    }

    fn step(&mut self, byte: u8) {
        match byte {
            b'#' => {
                self.at = self.line_end(self.at);
                return;
            }
            b'"' | b'\'' => {
                self.last = Some(self.at);
                self.string(byte);
                return;
            }
            b'\\' => {
                // The line goes on.
                self.at += 1;
                if self.bytes.get(self.at) == Some(&b'\r') {
                    self.at += 1;
                }
                if self.bytes.get(self.at) == Some(&b'\n') {
                    self.at += 1;
                }
                return;
            }
            b'(' | b'[' | b'{' => self.depth += 1,
            b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            b'=' if self.depth == 0 && self.is_assignment() => {
                self.at += 1;
                self.blanks();
                if matches!(self.bytes.get(self.at), Some(b'%' | b'!')) {
                    self.command();
                }
                self.last = None;
                return;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            self.last = Some(self.at);
        }
        self.at += 1;
    }

    fn is_assignment(&self) -> bool {
        let before = self.at.checked_sub(1).map(|at| self.bytes[at]);
        let operator = before.is_some_and(|byte| b"=!<>+-*/%&|^@:~".contains(&byte));
        !operator && self.bytes.get(self.at + 1) != Some(&b'=')
    }

    fn blanks(&mut self) {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\x0C');
        self.at += rest.iter().take_while(blank).count();
    }

    /// The end of the line of a byte.
    fn line_end(&self, at: usize) -> usize {
        memchr2(b'\n', b'\r', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length)
    }

    /// Takes a command up to the end of its line, and of those that continue it.
    fn command(&mut self) {
        let start = self.at;
        let mut end = self.line_end(start);
        while end < self.bytes.len() && self.bytes[end - 1] == b'\\' {
            let next = match &self.bytes[end..] {
                [b'\r', b'\n', ..] => end + 2,
                _ => end + 1,
            };
            end = self.line_end(next);
        }
        self.found.push(start..end);
        self.at = end;
    }

    /// Goes to the end of a string: one without an end, to that of the line, or of the text.
    fn string(&mut self, quote: u8) {
        let triple = [quote; 3];
        let is_triple = self.bytes[self.at..].starts_with(&triple);
        self.at += if is_triple { 3 } else { 1 };
        if is_triple && memmem::find(&self.bytes[self.at..], &triple).is_none() {
            self.at = self.bytes.len();
            return;
        }
        while let Some(&byte) = self.bytes.get(self.at) {
            let rest = &self.bytes[self.at..];
            match byte {
                b'\\' if rest.starts_with(b"\\\r\n") => self.at += 3,
                b'\\' => self.at = (self.at + 2).min(self.bytes.len()),
                b'\n' | b'\r' if !is_triple => return,
                _ if is_triple && rest.starts_with(&triple) => {
                    self.at += 3;
                    return;
                }
                _ if !is_triple && byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a text, blanks at the ends of lines left out, and its commands.
    #[track_caller]
    fn check(text: &str, left: &str, commands: &[&str]) {
        let (code, found) = take_out(text);
        assert_eq!(code.len(), text.len());
        let lines: Vec<&str> = code.split('\n').map(str::trim_end).collect();
        assert_eq!(lines.join("\n"), left, "{text}");
        let found: Vec<&str> = found.into_iter().map(|at| &text[at]).collect();
        assert_eq!(found, commands, "{text}");
    }

    #[test]
    fn commands_begin_where_statements_do() {
        check("!ls é\nx", "_\nx", &["!ls é"]);
        check("if x:\n    %pip a\ny", "if x:\n    _\ny", &["%pip a"]);
        check("%%time\n!!ls", "_\n_", &["%%time", "!!ls"]);
        check("?f\n/f x\n,f x\n;f x", "_\n_\n_\n_", &[]);
        check("x = f(a,\n  % b)", "x = f(a,\n  % b)", &[]);
        check("x = a \\\n  % b", "x = a \\\n  % b", &[]);
        check("x = '''\n!a\n'''\n!b", "x = '''\n!a\n'''\n_", &["!b"]);
        check("# !a\n!b # c", "# !a\n_", &["!b # c"]);
        check("'it\n!a", "'it\n_", &["!a"]);
        check("'it\\'s'\n!a", "'it\\'s'\n_", &["!a"]);
    }

    #[test]
    fn commands_go_on_after_a_backslash() {
        check("!a \\\n  b\nx", "_\n\nx", &["!a \\\n  b"]);
        check("!a \\\r\n  b\r\nx", "_\n\nx", &["!a \\\r\n  b"]);
        check("!a \\", "_", &["!a \\"]);
    }

    #[test]
    fn commands_may_be_assigned() {
        check("x = !a\ny=%b", "x = _\ny=_", &["!a", "%b"]);
        check("x == !a", "x == !a", &[]);
        check("f(x=!a)\nx != y", "f(x=!a)\nx != y", &[]);
        check("x = y % z", "x = y % z", &[]);
    }

    #[test]
    fn help_is_asked_for_at_either_end() {
        check("tf.a?\ntf.b??\nx", "_\n_\nx", &[]);
        check("x = '?'\ny = 1 # why?", "x = '?'\ny = 1 # why?", &[]);
        check("x = !a?", "x = _", &["!a?"]);
        check("f(\n'a')?\nx", "_\n\nx", &[]);
    }

    #[test]
    fn the_end_of_a_session_is_not_that_of_the_notebook() {
        check("exit()\nx", "_\nx", &[]);
        check(
            "!a\nos._exit(00)  # again\n",
            "_\n_             # again\n",
            &["!a"],
        );
        check(
            "if x:\n    exit()\nf(exit)",
            "if x:\n    exit()\nf(exit)",
            &[],
        );
    }

    #[test]
    fn nothing_in_a_text_stops_it() {
        for text in [
            "", "\\", "'", "'''", "=", "x =", "((", "))\n!a", "!", "x = \\", "?", "\r", "'\\",
        ] {
            let (code, _) = take_out(text);
            assert_eq!(code.len(), text.len(), "{text}");
        }
    }
}
