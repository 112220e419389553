//! Foreign text in Markdown that GitHub renders: it is read as it was written, on one line, and does
//! nothing. No emphasis, no links, no HTML, no mentions, no references to issues, no formulas.
//!
//! Punctuation is written as character references rather than with backslashes, because these also
//! mean the same in table cells and within HTML elements, where Markdown is not read. GitHub looks
//! for mentions, references and addresses in the text that comes out, whatever was escaped in the
//! source; an invisible space keeps these apart, as in the pull requests of well-known bots.

use crate::report::printable::inert;

/// Keeps two characters apart without being seen.
const APART: &str = "&#8203;";

/// Text for paragraphs, headings, table cells and HTML elements.
#[must_use]
pub fn text(foreign: &str) -> String {
    let line = inert(foreign);
    let line = line.trim();
    let mut out = String::with_capacity(line.len() + line.len() / 4);
    for (at, c) in line.char_indices() {
        let (before, rest) = (&line[..at], &line[at + c.len_utf8()..]);
        let letter = char::is_alphanumeric;
        match c {
            '#' => out.push_str(&format!("#{APART}")),
            '$' => out.push_str("<span>&#36;</span>"),
            ':' if is_emoji(rest) => out.push_str(&format!(":{APART}")),
            // `GH-12` is a link to an issue.
            '-' if ends_with(before, "gh") => out.push_str(&format!("-{APART}")),
            '_' if before.ends_with(letter) && rest.starts_with(letter) => out.push('_'),
            // Lists and underlines of headings are recognised where a line begins.
            '-' | '+' | '=' | ':' if at == 0 => reference(&mut out, c),
            '.' | ')' if is_list(before, rest) => reference(&mut out, c),
            _ => unlinked(&mut out, before, c, rest),
        }
    }
    out
}

/// A sentence of which backticks enclose the code: the code becomes code, and the rest [`text`].
#[must_use]
pub fn sentence(foreign: &str) -> String {
    parts(foreign, code)
}

/// The same where HTML is read and Markdown is not, as in a `<summary>`.
#[must_use]
pub fn html_sentence(foreign: &str) -> String {
    parts(foreign, html_code)
}

/// Code in a line of Markdown, table cells included.
#[must_use]
pub fn code(foreign: &str) -> String {
    // Tables are cut at every bar, in code too.
    if foreign.contains('|') {
        return html_code(foreign);
    }
    let line = inert(foreign);
    if line.trim().is_empty() {
        return html_code(foreign);
    }
    let ticks = "`".repeat(longest_run(&line, '`') + 1);
    // One space on each side is taken off again, where both are there.
    let touches = line.starts_with('`') || line.ends_with('`');
    let pad = if touches || (line.starts_with(' ') && line.ends_with(' ')) {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{line}{pad}{ticks}")
}

/// Code where HTML is read and Markdown is not.
#[must_use]
pub fn html_code(foreign: &str) -> String {
    let line = inert(foreign);
    if line.is_empty() {
        return String::new();
    }
    let mut out = "<code>".to_owned();
    for (at, c) in line.char_indices() {
        let (before, rest) = (&line[..at], &line[at + c.len_utf8()..]);
        // Spaces at the ends, and several in a row, would be lost.
        if c == ' ' && (before.is_empty() || before.ends_with(' ') || rest.is_empty()) {
            out.push_str("&#160;");
        } else {
            unlinked(&mut out, before, c, rest);
        }
    }
    out.push_str("</code>");
    out
}

/// Lines of code in a block of their own, exactly as they are. `info` is a word of ours, such as
/// `python` or `suggestion`. The block ends with a line end.
#[must_use]
pub fn fence(info: &str, lines: &str) -> String {
    let ticks = "`".repeat(longest_run(lines, '`').max(2) + 1);
    let end = if lines.is_empty() || lines.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{ticks}{info}\n{lines}{end}{ticks}\n")
}

/// A link. `label` is Markdown already; the address may be any text.
#[must_use]
pub fn link(label: &str, address: &str) -> String {
    let mut url = String::with_capacity(address.len());
    for c in address.chars() {
        if c.is_ascii_alphanumeric() || "-._~/:?#&=%+,@".contains(c) {
            url.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                url.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    // Anything but a page on the web is no place to lead to.
    if url.starts_with("https://") || url.starts_with("http://") {
        format!("[{label}]({url})")
    } else {
        label.to_owned()
    }
}

fn parts(foreign: &str, code: fn(&str) -> String) -> String {
    let mut out = String::with_capacity(foreign.len() * 2);
    let pieces: Vec<&str> = foreign.split('`').collect();
    for (place, piece) in pieces.iter().enumerate() {
        let is_code = place % 2 == 1;
        match piece.trim() {
            // A tick without another one, and ticks without anything between.
            _ if is_code && place + 1 == pieces.len() => {
                reference(&mut out, '`');
                push_text(&mut out, piece);
            }
            "" if is_code => out.push_str("&#96;&#96;"),
            _ if is_code => {
                // Two codes that touch would be read as one.
                if out.ends_with('`') {
                    out.push_str(APART);
                }
                out.push_str(&code(piece));
            }
            _ => push_text(&mut out, piece),
        }
    }
    out
}

/// Text between codes, whose outer spaces count.
fn push_text(out: &mut String, part: &str) {
    if part.trim().is_empty() {
        out.push_str(if part.is_empty() { "" } else { " " });
        return;
    }
    let spaced = |yes| if yes { " " } else { "" };
    out.push_str(spaced(part.starts_with(' ') && !out.is_empty()));
    out.push_str(&text(part));
    out.push_str(spaced(part.ends_with(' ')));
}

/// A character that makes no link, neither by itself nor as part of an address.
fn unlinked(out: &mut String, before: &str, c: char, rest: &str) {
    match c {
        '@' => out.push_str(&format!("@{APART}")),
        ':' if rest.starts_with("//") => out.push_str(&format!(":{APART}")),
        '.' if ends_with(before, "www") => out.push_str(&format!("{APART}.")),
        _ => active(out, c),
    }
}

/// What Markdown or HTML would act on, as a character reference.
fn active(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '|' | '$' => reference(out, c),
        _ => out.push(c),
    }
}

fn reference(out: &mut String, c: char) {
    out.push_str(&format!("&#{};", u32::from(c)));
}

/// Whether a line that begins so is an item of a numbered list.
fn is_list(before: &str, rest: &str) -> bool {
    let number = !before.is_empty() && before.bytes().all(|b| b.is_ascii_digit());
    number && (rest.is_empty() || rest.starts_with(' '))
}

/// Whether what follows a colon makes `:name:` of it.
fn is_emoji(rest: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
    rest.find(|c| !word(c))
        .is_some_and(|end| end > 0 && rest[end..].starts_with(':'))
}

fn ends_with(before: &str, word: &str) -> bool {
    let at = before.len().saturating_sub(word.len());
    before
        .get(at..)
        .is_some_and(|end| end.eq_ignore_ascii_case(word))
}

fn longest_run(text: &str, c: char) -> usize {
    let runs = text.split(|other| other != c);
    runs.map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
