//! Text to syntax tree: ruff's parser in its recovering mode, errors as one notice, and nesting
//! that no stack can hold refused before it is met.

use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, ParseError, ParseOptions, Parsed, lexer, parse_unchecked};
use ruff_text_size::Ranged;

use crate::finding::Notice;
use crate::text::{LineIndex, RepoPath};

/// Deeper than any Python compiles: CPython stops at 200 brackets and 100 indents.
const DEEPEST: usize = 5_000;
/// What the stack of any thread takes, tree walk and release of the tree included.
const SHALLOW: usize = 60;
/// Stack for one level of nesting on the thread that takes deep files.
const BYTES_A_LEVEL: usize = 24 * 1024;

/// Parses a text and hands the tree on. `None` where the text is nested too deeply to be read; the
/// notice says so. The tree is walked and released on a thread with a stack of the size it needs.
pub(crate) fn with_tree<T: Send>(
    path: &RepoPath,
    text: &str,
    then: impl FnOnce(&ModModule) -> T + Send,
) -> (Option<T>, Option<Notice>) {
    if u32::try_from(text.len()).is_err() {
        let notice = Notice::on_file(path, None, "the file is larger than 4 GiB and was not read");
        return (None, Some(notice));
    }
    let read = with_parsed(text, |parsed| {
        (
            then(parsed.syntax()),
            notice_of(path, text, parsed.errors()),
        )
    });
    match read {
        Some((value, notice)) => (Some(value), notice),
        None => {
            let message = format!("{TOO_DEEP}; the file was not checked");
            (None, Some(Notice::on_file(path, None, message)))
        }
    }
}

/// What is said of code that no stack holds.
pub(crate) const TOO_DEEP: &str = "the code is nested too deeply to be read";

/// A text as far as its grammar goes.
pub(crate) struct Outline {
    /// Where the first thing stands that cannot be parsed, and what it is.
    pub(crate) fault: Option<(u32, String)>,
    /// Where the last statement at the top level begins.
    pub(crate) last_statement: Option<u32>,
}

/// Parses a text for its outline. `None` where it is nested too deeply to be read.
pub(crate) fn outline(text: &str) -> Option<Outline> {
    with_parsed(text, |parsed| Outline {
        fault: parsed.errors().first().map(|first| {
            let at = first.range().start().to_u32();
            let line = LineIndex::new(text).line(at);
            (at, what_is_wrong(text, line, first))
        }),
        last_statement: parsed
            .syntax()
            .body
            .last()
            .map(|last| last.start().to_u32()),
    })
}

/// Parses a text and hands on what the parser gave. `None` where it is nested too deeply to be read.
pub(super) fn with_parsed<T: Send>(
    text: &str,
    then: impl FnOnce(&Parsed<ModModule>) -> T + Send,
) -> Option<T> {
    if may_be_too_deep(text) && depth_of_text(text, Mode::Module) > DEEPEST {
        return None;
    }
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module)).try_into_module()?;
    let depth = depth_of_tokens(
        parsed
            .tokens()
            .iter()
            .map(ruff_python_ast::token::Token::kind),
    );
    Some(if depth <= SHALLOW {
        then(&parsed)
    } else {
        on_a_big_stack(depth, move || finish(parsed, then))
    })
}

fn finish<T>(parsed: Parsed<ModModule>, then: impl FnOnce(&Parsed<ModModule>) -> T) -> T {
    then(&parsed)
}

fn on_a_big_stack<T: Send>(depth: usize, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(depth * BYTES_A_LEVEL + (2 << 20))
            .spawn_scoped(scope, work)
            .expect("the system gives a thread where it gave this one");
        match thread.join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Whether a text has enough bytes that nest, strings and all, to be nested too deeply: brackets,
/// operators, dots and colons, and the ends of words that take an expression (`not`, `await`,
/// `else`, `yield`, `from`). No branches, so that many bytes are looked at together.
fn may_be_too_deep(text: &str) -> bool {
    if text.len() <= DEEPEST {
        return false;
    }
    let within = |byte: u8, first: u8, many: u8| byte.wrapping_sub(first) < many;
    // A few that do not nest are among them: `;`, `?` and a backslash.
    let nests = |byte: u8| {
        let is_low = within(byte, b'%', b'@' - b'%' + 1)
            & !within(byte, b'0', 10)
            & (byte != b',')
            & (byte != b')')
            & (byte != b'\'');
        // `[`, `^` and, 32 above them, `{`, `|`, `~`.
        let is_high = within(byte & 0xdf, b'[', 4) & (byte != b']') & (byte != b'}');
        is_low | is_high
    };
    let ends = |byte: u8, next: u8| {
        let last = (byte == b't') | (byte == b'e') | (byte == b'd') | (byte == b'm');
        let goes_on = within(next | 0x20, b'a', 26)
            | within(next, b'0', 10)
            | (next == b'_')
            | (next >= 0x80);
        last & !goes_on
    };
    let bytes = text.as_bytes();
    let symbols = counted(bytes, bytes, |byte, _| nests(byte));
    // The shortest word has three letters, and something stands before it.
    if symbols + text.len() / 4 <= DEEPEST {
        return false;
    }
    symbols + counted(bytes, &bytes[1..], ends) > DEEPEST
}

/// How many bytes are counted, each looked at together with one of others.
fn counted(bytes: &[u8], others: &[u8], counts: impl Fn(u8, u8) -> bool) -> usize {
    /// As many as a processor takes at once, everywhere.
    const LANES: usize = 16;
    /// As many times as a byte can count.
    const TOGETHER: usize = LANES * 255;
    let count = |(bytes, others): (&[u8], &[u8])| {
        let (lanes, rest) = bytes.as_chunks::<LANES>();
        let (with, other_rest) = others.as_chunks::<LANES>();
        let mut sums = [0_u8; LANES];
        for (lane, with) in lanes.iter().zip(with) {
            for ((sum, &byte), &other) in sums.iter_mut().zip(lane).zip(with) {
                *sum += u8::from(counts(byte, other));
            }
        }
        let few = rest.iter().zip(other_rest);
        let few = few.filter(|&(&byte, &other)| counts(byte, other)).count();
        few + sums.iter().map(|&sum| usize::from(sum)).sum::<usize>()
    };
    // The last byte may have no other, and counts for nothing then.
    let length = bytes.len().min(others.len());
    let parts = bytes[..length].chunks(TOGETHER);
    parts
        .zip(others[..length].chunks(TOGETHER))
        .map(count)
        .sum()
}

fn depth_of_text(text: &str, mode: Mode) -> usize {
    let mut lexer = lexer::lex(text, mode);
    let mut done = false;
    depth_of_tokens(std::iter::from_fn(|| {
        if done {
            return None;
        }
        let kind = lexer.next_token();
        done = kind == TokenKind::EndOfFile;
        Some(kind)
    }))
}

/// How deep a tree of these tokens can be: brackets and indents that are open, and all that nests
/// without brackets (operators, dots, prefixes) since the last comma or line end at that level.
fn depth_of_tokens(tokens: impl Iterator<Item = TokenKind>) -> usize {
    let mut open: Vec<usize> = Vec::new();
    let (mut here, mut outer, mut indents, mut deepest) = (0_usize, 0_usize, 0_usize, 0_usize);
    for kind in tokens {
        match kind {
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline => continue,
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                open.push(here);
                outer += here + 1;
                here = 0;
            }
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => {
                if let Some(before) = open.pop() {
                    outer -= before + 1;
                    // What was closed is one node on the path of what follows: `a().b()`.
                    here = before + 1;
                }
            }
            TokenKind::Comma => {
                here = 0;
                continue;
            }
            TokenKind::Newline | TokenKind::Semi => {
                open.clear();
                (here, outer) = (0, 0);
                continue;
            }
            TokenKind::Indent => indents += 1,
            TokenKind::Dedent => {
                indents = indents.saturating_sub(1);
                continue;
            }
            _ => here += 1,
        }
        deepest = deepest.max(here + outer + indents);
    }
    deepest
}

/// One notice for all that could not be parsed.
fn notice_of(path: &RepoPath, text: &str, errors: &[ParseError]) -> Option<Notice> {
    let first = errors.first()?;
    let index = LineIndex::new(text);
    let line = index.line(first.range().start().to_u32());
    let more = match errors.len() - 1 {
        0 => String::new(),
        1 => ", and 1 more".to_owned(),
        count => format!(", and {count} more"),
    };
    let what = what_is_wrong(text, line, first);
    Some(
        Notice::on_file(path, Some(line), format!("{what}{more}"))
            .advise("the rest of the file was checked as far as it could be parsed"),
    )
}

fn what_is_wrong(text: &str, line: u32, error: &ParseError) -> String {
    if python2(LineIndex::new(text).line_text(text, line)) {
        "Python 2 syntax".to_owned()
    } else {
        format!(
            "cannot be parsed: {}",
            lower_first(&error.error.to_string())
        )
    }
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    // `SyntaxError` and other words with capitals inside stay as they are.
    if chars
        .as_str()
        .chars()
        .next()
        .is_some_and(char::is_lowercase)
    {
        first.to_lowercase().chain(chars).collect()
    } else {
        message.to_owned()
    }
}

/// Whether a line is of the kind that Python 3 dropped.
fn python2(line: &str) -> bool {
    let line = line.trim_start();
    let word = |word: &str| {
        line.strip_prefix(word).is_some_and(|rest| {
            rest.starts_with([' ', '\t', '"', '\'']) && !rest.trim_start().starts_with(['=', '('])
                || rest.trim_start().starts_with(">>")
                // `print ("a"), b` and `print ("a") % b` parse in both.
                || rest.starts_with(' ') && word == "print" && rest.trim_start().starts_with('(')
        })
    };
    word("print")
        || word("exec")
        || line.starts_with("except ") && line.contains(',')
        || line.starts_with("raise ") && line.contains(',')
        || line.contains("<>")
        || line.contains('`')
        || line.contains("ur'")
        || line.contains("ur\"")
        || has_old_number(line)
}

/// `0777` or `10L`.
fn has_old_number(line: &str) -> bool {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
        .any(|word| {
            let digits = word.trim_end_matches(['L', 'l']);
            !digits.is_empty()
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && (digits.len() < word.len() || digits.len() > 1 && digits.starts_with('0'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, notice: Option<(u32, &str)>) -> Option<usize> {
        let (count, got) = with_tree(&RepoPath::new("a.py"), text, |module| module.body.len());
        let got = got.map(|notice| (notice.line.unwrap_or(0), notice.message));
        assert_eq!(
            got.as_ref()
                .map(|(line, message)| (*line, message.as_str())),
            notice
        );
        count
    }

    const TOO_DEEP: &str = "the code is nested too deeply to be read; the file was not checked";

    #[test]
    fn good_code_has_no_notice() {
        assert_eq!(check("x = 1\ny = 2\n", None), Some(2));
    }

    #[test]
    fn characters_may_have_any_name() {
        for text in [
            r#"x = "\N{BULLET} \N{LATIN SMALL LETTER A}" + f"{y}\N{DIGIT ONE}{z}""#,
            r#"x = "\N{NOBODY KNOWS}"; y = 1"#,
        ] {
            check(text, None);
        }
        let message = "cannot be parsed: missing `}` in Unicode escape sequence";
        check(r#"x = "\N{BULLET""#, Some((1, message)));
    }

    #[test]
    fn python2_is_one_short_notice_and_the_rest_counts() {
        let statements = check(
            "import os\nprint 'a'\nprint \"b\" % 1\nx = 1\n",
            Some((2, "Python 2 syntax, and 1 more")),
        );
        assert!(statements >= Some(4));
        check("exec 'x'\n", Some((1, "Python 2 syntax")));
        check("x = 0777\n", Some((1, "Python 2 syntax, and 1 more")));
    }

    #[test]
    fn an_error_is_said_once_with_its_line() {
        check(
            "x = 1\ndef f(:\n    pass\n",
            Some((
                2,
                "cannot be parsed: expected a parameter or the end of the parameter list, and 1 more",
            )),
        );
    }

    #[test]
    fn brackets_that_no_stack_holds_are_refused() {
        assert_eq!(check(&"(".repeat(100_000), Some((0, TOO_DEEP))), None);
        let lists = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(check(&lists, Some((0, TOO_DEEP))), None);
        let strings = format!("{}1{}", "(')'\n".repeat(50_000), ")".repeat(50_000));
        assert_eq!(check(&strings, Some((0, TOO_DEEP))), None);
    }

    #[test]
    fn chains_without_brackets_are_refused_too() {
        for unit in [
            "a.",
            "a+",
            "not ",
            "-",
            "lambda: ",
            "x if y else ",
            "f(a, b).",
            "~",
            "await ",
            "a**",
        ] {
            let text = format!("z = {}a\n", unit.repeat(50_000));
            assert_eq!(check(&text, Some((0, TOO_DEEP))), None, "{unit}");
        }
        let fstrings = "f'{".repeat(50_000);
        assert_eq!(check(&fstrings, Some((0, TOO_DEEP))), None);
    }

    #[test]
    fn what_is_merely_deep_is_read() {
        for unit in ["a.", "a+", "not ", "-", "lambda: ", "x if y else "] {
            let text = format!("z = {}a\n", unit.repeat(1_500));
            let (seen, notice) =
                with_tree(&RepoPath::new("a.py"), &text, |module| module.body.len());
            assert_eq!((seen, notice), (Some(1), None), "{unit}");
        }
        let parens = format!("z = {}1{}\n", "(".repeat(2_000), ")".repeat(2_000));
        assert_eq!(check(&parens, None), Some(1));
    }

    #[test]
    fn long_flat_code_is_not_deep() {
        let list = format!("z = [{}]\n", "tf.x(1), ".repeat(20_000));
        assert_eq!(check(&list, None), Some(1));
        let lines = "z = a.b(c.d(1 + 2), e)\n".repeat(20_000);
        assert_eq!(check(&lines, None), Some(20_000));
    }
}
