//! The JSON of a notebook without most of its outputs: three quarters of all notebooks are pictures, in
//! lines so long that no report quotes them.

use std::ops::Range;

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

/// Whether a part of a line tells all that its hash does.
fn is_enough(line: &str) -> bool {
    let significant = line.chars().filter(|c| *c != ' ' && *c != '\t');
    significant.count() >= SIGNIFICANT
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
        let mut gone: Vec<Range<usize>> = Vec::new();
        for line in (1_u32..).take(lines.line_count()) {
            let content = lines.line_text(text, line);
            let kept = content.floor_char_boundary(KEPT);
            if !quoted[line as usize] && kept < content.len() && is_enough(&content[..kept]) {
                let start = lines.start(line).unwrap_or(text.len());
                gone.push(start + kept..start + content.len());
            }
        }
        if gone.is_empty() {
            return Self::default();
        }
        let left = text.len() - gone.iter().map(Range::len).sum::<usize>();
        let mut short = String::with_capacity(left);
        let mut done = 0;
        let cut = |part: Range<usize>| {
            short.push_str(&text[done..part.start]);
            done = part.end;
            Cut {
                at: byte(short.len()),
                gone: byte(done - short.len()),
            }
        };
        let cuts = gone.into_iter().map(cut).collect();
        short.push_str(&text[done..]);
        *text = short;
        Self(cuts)
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
