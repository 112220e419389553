//! [Workflow commands](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands):
//! lines on standard output that the runner of GitHub Actions acts on, and text that it must not act on.
//!
//! The runner looks for commands of two kinds: `::name ...::` where a line begins, spaces left
//! aside, and the old `##[name]` anywhere in a line.

use std::borrow::Cow;

use crate::report::printable::inert;

/// The message of a command: any text, its line ends kept.
#[must_use]
pub fn data(text: &str) -> String {
    // The runner decodes `%25` last, so it has to be encoded first.
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property.
#[must_use]
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Any text as one line of the log, on which nothing is a command.
#[must_use]
pub fn line(text: &str) -> String {
    harmless(&inert(text)).into_owned()
}

/// A line of the log that is fit to be shown, made one on which nothing is a command.
///
/// A space parts what begins a command. The runner compares texts as a reader does, and overlooks
/// characters that are not seen: an invisible one would part nothing for it.
#[must_use]
pub fn harmless(line: &str) -> Cow<'_, str> {
    let begins = line.trim_start();
    // With a third colon it is no command: there is none whose name begins with one.
    let is_command = begins.starts_with("::") && !begins.starts_with(":::");
    if !is_command && !line.contains("##[") {
        return Cow::Borrowed(line);
    }
    let mut out = line.replace("##[", "## [");
    if is_command {
        let at = line.len() - begins.len();
        out.replace_range(at..at + 2, ": :");
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(line(text), expect);
    }

    #[test]
    fn what_the_runner_decodes_is_encoded_once() {
        assert_eq!(data("100%\r\na: b, c"), "100%25%0D%0Aa: b, c");
        assert_eq!(data("%0A"), "%250A");
        assert_eq!(property("a:b,c\n%3A"), "a%3Ab%2Cc%0A%253A");
    }

    #[test]
    fn a_line_that_begins_as_a_command_is_none() {
        check("::error::x", ": :error::x");
        check("  ::set-output name=x::y", "  : :set-output name=x::y");
        check("\t::error::x", "    : :error::x");
        check("\u{a0}::error::x", "\u{a0}: :error::x");
    }

    #[test]
    fn old_commands_anywhere_in_a_line_are_none() {
        check("a ##[error]b ##[group]c", "a ## [error]b ## [group]c");
        check("###[error]", "### [error]");
    }

    #[test]
    fn a_text_with_line_ends_is_one_line() {
        check("a\n::error::b\r::c::d", "a␊::error::b␍::c::d");
        check("#\u{200b}#[error]", "#<U+200B>#[error]");
    }

    #[test]
    fn other_lines_stay() {
        for text in ["a::b", " ::: requirements.txt:3:1", "## [x]", "a ## b"] {
            check(text, text);
        }
    }
}
