//! The comments of a Python text, and the statements beside which they stand. A `#` in a string is
//! none: tokens tell.

use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged;

use super::parse;
use crate::text::Span;

/// Comments and statements, each in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// From the `#` to the end of the line.
    pub comments: Vec<Span>,
    /// Logical lines: a simple statement, or the head of a compound one, however many lines it takes.
    pub statements: Vec<Span>,
}

/// Reads a text; `None` where it is nested too deeply to be read.
#[must_use]
pub fn comments(text: &str) -> Option<Comments> {
    parse::with_parsed(text, |parsed| {
        let mut found = Comments::default();
        let mut open: Option<Span> = None;
        for token in parsed.tokens() {
            let range = token.range();
            let at = Span::new(range.start().to_u32(), range.end().to_u32());
            match token.kind() {
                TokenKind::Comment => found.comments.push(at),
                TokenKind::Newline | TokenKind::EndOfFile => found.statements.extend(open.take()),
                TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent => {}
                _ => {
                    let start = open.map_or(at.start, |open| open.start);
                    open = Some(Span::new(start, at.end));
                }
            }
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, comments_: &[&str], statements: &[&str]) {
        let found = comments(text).unwrap();
        let texts = |spans: &[Span]| -> Vec<String> {
            let text = |span: &Span| text[span.range()].to_owned();
            spans.iter().map(text).collect()
        };
        assert_eq!(texts(&found.comments), comments_);
        assert_eq!(texts(&found.statements), statements);
    }

    #[test]
    fn a_statement_takes_its_lines() {
        check(
            "f(\n  a,  # one\n)  # two\nx = 1; y = 2\n# three\n",
            &["# one", "# two", "# three"],
            &["f(\n  a,  # one\n)", "x = 1; y = 2"],
        );
    }

    #[test]
    fn heads_of_blocks_are_statements_of_their_own() {
        check(
            "if x:  # a\n    y\nelse:\n    z  # b",
            &["# a", "# b"],
            &["if x:", "y", "else:", "z"],
        );
    }

    #[test]
    fn no_comment_is_in_a_string() {
        check(
            "x = '# no'\ny = f'{a} # no'\n'''\n# no\n'''  # yes\n",
            &["# yes"],
            &["x = '# no'", "y = f'{a} # no'", "'''\n# no\n'''"],
        );
    }

    #[test]
    fn broken_code_has_comments_too() {
        let found = comments("f(\nx = 1  # here\n").unwrap();
        assert_eq!(found.comments.len(), 1);
    }
}
