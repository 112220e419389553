//! The hidden line at the end of everything that a review writes, by which a later run finds it again.
//! It names no line of code, so that a comment is known wherever its line has gone.

use std::fmt;

use crate::report::fingerprint::fnv;

/// What a marker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// The finding: rule, path, symbol and occurrence.
    pub(super) fingerprint: String,
    /// The rule's id, or a word of ours for what is no finding.
    pub(super) rule: String,
    /// Findings of the same rule, path and symbol share it.
    pub(super) of: String,
    /// The category of the run that wrote it.
    pub(super) by: String,
    /// The text that the marker was written under, but for what names a commit.
    pub(super) text: String,
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fingerprint,
            rule,
            of,
            by,
            text,
        } = self;
        write!(
            f,
            "<!-- tfmp:v1 fp={fingerprint} rule={rule} of={of} by={by} text={text} -->"
        )
    }
}

impl Marker {
    /// The marker on the last line of a text.
    pub(super) fn read(body: &str) -> Option<Self> {
        let last = body.trim_end().lines().next_back()?.trim();
        let inside = last.strip_prefix("<!-- tfmp:v1 ")?.strip_suffix(" -->")?;
        let mut fields = inside.split(' ');
        let mut field = |name: &str| {
            let value = fields.next()?.strip_prefix(name)?.strip_prefix('=')?;
            let word = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            (!value.is_empty() && value.bytes().all(word)).then(|| value.to_owned())
        };
        let marker = Self {
            fingerprint: field("fp")?,
            rule: field("rule")?,
            of: field("of")?,
            by: field("by")?,
            text: field("text")?,
        };
        fields.next().is_none().then_some(marker)
    }
}

/// A short name for parts of text.
pub(super) fn hash<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    format!("{:016x}", fnv(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "<!-- tfmp:v1 fp=7c683f0264752036 rule=TFMP001 of=01 by=02 text=ab -->";

    #[track_caller]
    fn check(body: &str, found: bool) {
        let marker = Marker::read(body);
        assert_eq!(
            marker.map(|marker| marker.to_string()),
            found.then(|| LINE.to_owned())
        );
    }

    #[test]
    fn a_marker_is_the_last_line() {
        check(LINE, true);
        check(&format!("text\r\n\r\n{LINE}\r\n"), true);
        check(&format!("{LINE}\n\nsomebody's own words"), false);
        check(&format!("> {LINE}"), false);
        check("", false);
    }

    #[test]
    fn what_only_looks_like_one() {
        for (from, to) in [
            ("v1", "v2"),
            (" of=01", ""),
            ("of=01", "of="),
            ("ab -->", "ab x=y -->"),
        ] {
            check(&LINE.replace(from, to), false);
        }
    }
}
