//! Foreign text made fit for a terminal: nothing that is printed can move the cursor, change
//! colours, reorder what is read, or hide itself.
//!
//! Source lines, paths and messages all come from the repository that is checked, which may be
//! somebody else's. See [Trojan Source](https://trojansource.codes) for what invisible characters do.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// More marks than any script puts on one letter; the rest would cover neighbouring lines.
const MOST_MARKS: usize = 4;

/// One place on the screen: what is printed there and how many columns it takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// The byte of the source at which it begins.
    pub(crate) byte: usize,
    /// What is printed.
    pub(crate) text: String,
    /// The columns it takes.
    pub(crate) width: usize,
}

/// The cells of a piece of one line. A tab takes four columns; a combining mark joins the
/// character before it.
pub(crate) fn cells(text: &str) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::with_capacity(text.len());
    let mut marks = 0;
    for (byte, c) in text.char_indices() {
        let mut shown = String::new();
        push(&mut shown, c);
        let width = shown.width();
        if width == 0 {
            // Variation selectors vanish: terminals disagree about the width that they give.
            marks += 1;
            if let Some(last) = cells.last_mut()
                && marks <= MOST_MARKS
            {
                last.text.push_str(&shown);
            }
            continue;
        }
        marks = 0;
        cells.push(Cell {
            byte,
            text: shown,
            width,
        });
    }
    cells
}

/// The text as one harmless line.
pub(crate) fn inert(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(cells(text).into_iter().map(|cell| cell.text).collect())
}

/// The text with what moves, hides or reorders made seen, and everything else as it is: for what has to
/// be found again by its name.
pub(crate) fn disarmed(text: &str) -> Cow<'_, str> {
    let is_armed = |c: char| c.is_control() || is_hidden(c);
    if !text.contains(is_armed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_armed(c) {
            true => push(&mut out, c),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The columns that a harmless text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Breaks a sentence into rows of at most `room` columns. Code in backticks stays in one piece while
/// it fits, and a word that does not fit anywhere has a row of its own. A no-break space keeps two
/// words together and comes out as an ordinary one.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    let text = inert(text);
    let mut rows: Vec<String> = vec![String::new()];
    let mut used = 0;
    for word in words(&text, room) {
        let wide = width(word);
        if used > 0 && used + 1 + wide > room {
            rows.push(String::new());
            used = 0;
        }
        let row = rows.last_mut().expect("there is always a last row");
        if used > 0 {
            row.push(' ');
            used += 1;
        }
        row.push_str(word);
        used += wide;
    }
    for row in &mut rows {
        *row = row.replace('\u{a0}', " ");
    }
    rows
}

/// The words of a sentence, where code in backticks that fits a row counts as one.
fn words(text: &str, room: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut end = rest.find(' ').unwrap_or(rest.len());
        let ticks = rest[..end].matches('`').count();
        if ticks % 2 == 1
            && let Some(close) = rest[end..].find('`')
        {
            let closed = end + close + 1;
            let whole = rest[closed..]
                .find(' ')
                .map_or(rest.len(), |at| closed + at);
            if width(&rest[..whole]) <= room {
                end = whole;
            }
        }
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

fn push(out: &mut String, c: char) {
    match c {
        '\t' => out.push_str("    "),
        // The pictures that Unicode has for control characters, such as `␛`.
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
        '\u{7f}' => out.push('\u{2421}'),
        '\u{fe00}'..='\u{fe0f}' => {}
        _ if is_hidden(c) => {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
        _ if c.width().is_none() => out.push(char::REPLACEMENT_CHARACTER),
        _ => out.push(c),
    }
}

/// C1 controls, line separators, and the format characters (`Cf`) that reorder or hide text.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(inert(text), expect);
    }

    #[test]
    fn escape_sequences_lose_their_power() {
        check("\u{1b}[31mred\u{7}", "␛[31mred␇");
        check("\u{9b}2J", "<U+009B>2J");
        check("a\r\nb\u{7f}", "a␍␊b␡");
    }

    #[test]
    fn what_reorders_or_hides_is_seen() {
        check("a\u{202e}b\u{2066}c", "a<U+202E>b<U+2066>c");
        check("pass\u{200b}word", "pass<U+200B>word");
        check("tag\u{e0041}", "tag<U+E0041>");
    }

    #[test]
    fn names_stay_as_they_are_but_for_what_is_armed() {
        assert_eq!(disarmed("a\u{1b}[2J\u{202e}b"), "a␛[2J<U+202E>b");
        for name in ["größe/模型.py", "\u{2764}\u{fe0f}.py"] {
            assert_eq!(disarmed(name), name);
        }
    }

    #[test]
    fn letters_of_any_script_stay() {
        check("größe 模型 e\u{301}", "größe 模型 e\u{301}");
        check("\u{2764}\u{fe0f}", "\u{2764}");
    }

    #[test]
    fn marks_do_not_pile_up() {
        let piled = format!("e{}", "\u{301}".repeat(500));
        assert_eq!(inert(&piled).chars().count(), 1 + MOST_MARKS);
    }

    #[test]
    fn sentences_break_between_words_and_not_in_code() {
        assert_eq!(
            wrap("use `f(a, b)` or so", 9),
            ["use", "`f(a, b)`", "or so"]
        );
        assert_eq!(wrap("`a b c d e f`", 5), ["`a b", "c d e", "f`"]);
        assert_eq!(wrap("averylongword x", 4), ["averylongword", "x"]);
        assert_eq!(wrap("a b\u{a0}c", 3), ["a", "b c"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn wide_letters_take_two_columns() {
        let cells = cells("模x\t");
        let widths: Vec<usize> = cells.iter().map(|cell| cell.width).collect();
        assert_eq!(widths, [2, 1, 4]);
    }
}
