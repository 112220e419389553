//! The JSON of a notebook without most of its outputs: three quarters of all notebooks are pictures, in
//! lines so long that no report quotes them.

use super::byte;
use crate::text::{LineIndex, Span};

/// The bytes that stay of a long line without code.
const KEPT: usize = 512;

/// How many characters among them have to be no blanks: as many as
/// [GitHub's hash](crate::report::fingerprint::LineHashes) reads from the start of a line on.
const SIGNIFICANT: usize = 100;

/// Where a text was shortened, in order.
#[derive(Debug, Default)]
pub(super) struct Cuts(Vec<Cut>);

#[derive(Clone, Copy, Debug)]
struct Cut {
    /// The first byte of what is left behind this cut.
    at: u32,
    /// How many bytes are gone up to there.
    gone: u32,
}

impl Cuts {
    /// Shortens the lines of a text that neither hold one of some parts nor stand beside one that does.
    /// Each begins and ends as it did.
    pub(super) fn shorten(text: &mut String, parts: impl IntoIterator<Item = Span>) -> Self {
        let lines = LineIndex::new(text);
        let mut quoted = vec![false; lines.line_count() + 2];
        for part in parts {
            let (first, last) = (lines.line(part.start), lines.line(part.end));
            quoted[first as usize - 1..=last as usize + 1].fill(true);
        }
        let mut cuts = Self::default();
        let mut short = String::new();
        let (mut done, mut gone) = (0, 0);
        for line in (1_u32..).take(lines.line_count()) {
            let content = lines.line_text(text, line);
            let kept = content.floor_char_boundary(KEPT);
            let is_significant = |c: &char| *c != ' ' && *c != '\t';
            if quoted[line as usize]
                || kept == content.len()
                || content[..kept].chars().filter(is_significant).count() < SIGNIFICANT
            {
                continue;
            }
            let start = lines.start(line).unwrap_or(text.len());
            short.push_str(&text[done..start + kept]);
            done = start + content.len();
            gone += content.len() - kept;
            cuts.0.push(Cut {
                at: byte(short.len()),
                gone: byte(gone),
            });
        }
        if gone > 0 {
            short.push_str(&text[done..]);
            *text = short;
        }
        cuts
    }

    /// Where a byte stands that stood here before, and is not gone.
    pub(super) fn after(&self, before: u32) -> u32 {
        let cuts = self.0.partition_point(|cut| cut.at + cut.gone <= before);
        before - self.gone(cuts)
    }

    /// Where a byte stood before.
    pub(super) fn before(&self, after: u32) -> u32 {
        let cuts = self.0.partition_point(|cut| cut.at <= after);
        after + self.gone(cuts)
    }

    /// How many bytes are gone in so many cuts.
    fn gone(&self, cuts: usize) -> u32 {
        cuts.checked_sub(1).map_or(0, |last| self.0[last].gone)
    }

    /// Whether the bytes of a text are those that were shortened to another, as far as that tells.
    pub(super) fn made(&self, short: &str, whole: &[u8]) -> bool {
        let length = short.len() + self.gone(self.0.len()) as usize;
        let mut ends = self.0.iter().map(|cut| cut.at).chain([byte(short.len())]);
        let mut start = 0;
        whole.len() == length
            && ends.all(|end| {
                let part = &short.as_bytes()[start as usize..end as usize];
                let there = &whole[self.before(start) as usize..];
                start = end;
                there.starts_with(part)
            })
    }
}
