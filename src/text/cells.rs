//! The code cells of a notebook as one text, and the way back: from a byte of that text to cell and
//! line, and to the bytes of the JSON file that spell it.
//!
//! Rules and excerpts work on the joined text, as on that of any file; reports point at the JSON, and
//! edits are made there. `python::notebook` builds this, because it knows notebooks.

mod cuts;

use std::borrow::Cow;

use super::{LineIndex, Span};
use cuts::Cuts;

/// Where something stands in a notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellPlace {
    /// The cell, base 1, counted over cells of every kind.
    pub number: u32,
    /// The line in the cell, base 1.
    pub line: u32,
}

impl std::fmt::Display for CellPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cell {}, line {}", self.number, self.line)
    }
}

/// Bytes of the joined text and the bytes of the JSON that spell them: as many, where they are
/// spelled as they are, and more, where an escape (`\n`, `\u00e9`) spells one character.
#[derive(Clone, Copy, Debug)]
struct Piece {
    at: u32,
    length: u32,
    json: u32,
    json_length: u32,
}

impl Piece {
    const fn end(&self) -> u32 {
        self.at + self.length
    }

    const fn json_end(&self) -> u32 {
        self.json + self.json_length
    }

    const fn is_escape(&self) -> bool {
        self.length != self.json_length
    }
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    number: u32,
    at: u32,
}

/// The map of a notebook's joined text.
#[derive(Debug)]
pub struct Cells {
    json: String,
    /// What was left out of it.
    cuts: Cuts,
    pieces: Vec<Piece>,
    cells: Vec<Cell>,
    lines: LineIndex,
    code: String,
}

/// Joins cells. Offsets beyond 4 GiB do not occur: larger files are not read.
#[derive(Debug)]
pub struct Joiner {
    text: String,
    cells: Cells,
}

impl Joiner {
    /// Begins with the text of the JSON file.
    #[must_use]
    pub fn new(json: String) -> Self {
        let cells = Cells {
            json,
            cuts: Cuts::default(),
            pieces: Vec::new(),
            cells: Vec::new(),
            lines: LineIndex::new(""),
            code: String::new(),
        };
        Self {
            text: String::new(),
            cells,
        }
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of the JSON file.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.cells.json
    }

    /// Begins a cell.
    pub fn begin(&mut self, number: u32) {
        let at = byte(self.text.len());
        self.cells.cells.push(Cell { number, at });
    }

    /// Takes bytes of the JSON that are spelled as they are.
    pub fn plain(&mut self, json: std::ops::Range<usize>) {
        let Some(part) = self.cells.json.get(json.clone()) else {
            return;
        };
        if part.is_empty() {
            return;
        }
        self.cells.pieces.push(Piece {
            at: byte(self.text.len()),
            length: byte(part.len()),
            json: byte(json.start),
            json_length: byte(part.len()),
        });
        self.text.push_str(part);
    }

    /// Takes a character that some bytes of the JSON spell as an escape.
    pub fn escape(&mut self, c: char, json: std::ops::Range<usize>) {
        self.cells.pieces.push(Piece {
            at: byte(self.text.len()),
            length: byte(c.len_utf8()),
            json: byte(json.start),
            json_length: byte(json.len()),
        });
        self.text.push(c);
    }

    /// Takes the indentation of a cell's first line from all its lines that have it, as IPython does.
    pub fn dedent(&mut self) {
        let Some(cell) = self.cells.cells.last() else {
            return;
        };
        let part = self.text[cell.at as usize..].to_owned();
        let Some(first) = part.lines().find(|line| !line.trim().is_empty()) else {
            return;
        };
        let indent = &first[..first.len() - first.trim_start_matches([' ', '\t']).len()];
        if indent.is_empty() {
            return;
        }
        let begin = self.cells.pieces.partition_point(|p| p.at < cell.at);
        let mut pieces = self.cells.pieces.split_off(begin).into_iter().peekable();
        self.text.truncate(cell.at as usize);
        let (mut at, mut gone) = (cell.at, 0);
        for line in part.split_inclusive('\n') {
            let kept = line.strip_prefix(indent).unwrap_or(line);
            let cut = byte(line.len() - kept.len());
            self.text.push_str(kept);
            let end = at + byte(line.len());
            // No piece leaves its line: a line end is an escape, a piece of its own.
            while let Some(mut piece) = pieces.next_if(|piece| piece.at < end) {
                let lost = (at + cut).saturating_sub(piece.at).min(piece.length);
                if lost < piece.length {
                    if lost > 0 {
                        piece.json += lost;
                        piece.length -= lost;
                        piece.json_length -= lost;
                    }
                    let before = (piece.at + lost - at).min(cut);
                    piece.at = piece.at + lost - gone - before;
                    self.cells.pieces.push(piece);
                }
            }
            gone += cut;
            at = end;
        }
    }

    /// Ends a cell: its last line ends, whatever the JSON says.
    pub fn end(&mut self) {
        self.text.push('\n');
    }

    /// The joined text and its map.
    #[must_use]
    pub fn finish(mut self) -> (String, Cells) {
        self.cells.lines = LineIndex::new(&self.text);
        (self.text, self.cells)
    }
}

fn byte(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Cells {
    /// The text of the JSON file; without the ends of long lines that no report quotes, once
    /// [those are forgotten](Self::forget_outputs).
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Forgets the ends of long lines of the JSON that have nothing to do with code. Lines, columns and
    /// hashes of the others stay; [`Self::in_json`] tells where bytes of the file stand from now on.
    pub fn forget_outputs(&mut self) {
        let parts = self.pieces.iter();
        let parts = parts.map(|piece| Span::new(piece.json, piece.json_end()));
        self.cuts = Cuts::shorten(&mut self.json, parts);
        for piece in &mut self.pieces {
            piece.json = self.cuts.after(piece.json);
        }
        self.pieces.shrink_to_fit();
    }

    /// Whether bytes are those of the file that was read, as far as [`Self::json`] tells.
    #[must_use]
    pub fn are_of(&self, file: &[u8]) -> bool {
        self.cuts.made(&self.json, file)
    }

    /// Where bytes of the file stand in [`Self::json`].
    #[must_use]
    pub fn in_json(&self, file: Span) -> Span {
        Span::new(self.cuts.after(file.start), self.cuts.after(file.end))
    }

    /// The joined text with everything blanked out that is no Python.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Takes what is left of the joined text for a parser. Every byte stands where it stood.
    pub fn set_code(&mut self, code: String) {
        self.code = code;
    }

    /// The bytes of the JSON that spell a span of the joined text.
    #[must_use]
    pub fn json_span(&self, span: Span) -> Span {
        let start = self.start(span.start);
        if span.end <= span.start {
            return Span::new(start, start);
        }
        let last = span.end - 1;
        let end = self.piece(last).map_or(0, |piece| {
            if last >= piece.end() || piece.is_escape() {
                piece.json_end()
            } else {
                piece.json + (span.end - piece.at)
            }
        });
        Span::new(start, end.max(start))
    }

    fn start(&self, at: u32) -> u32 {
        self.piece(at).map_or(0, |piece| {
            if at >= piece.end() {
                piece.json_end()
            } else if piece.is_escape() {
                piece.json
            } else {
                piece.json + (at - piece.at)
            }
        })
    }

    fn piece(&self, at: u32) -> Option<&Piece> {
        Some(&self.pieces[self.index(at)?])
    }

    /// The last piece that begins at or before a byte.
    fn index(&self, at: u32) -> Option<usize> {
        self.pieces
            .partition_point(|piece| piece.at <= at)
            .checked_sub(1)
    }

    /// The lines of the joined text.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    /// The cell of a byte, by its index.
    fn cell(&self, at: u32) -> Option<usize> {
        self.cells
            .partition_point(|cell| cell.at <= at)
            .checked_sub(1)
    }

    /// The cell of a byte and the line in it.
    #[must_use]
    pub fn place(&self, at: u32) -> Option<CellPlace> {
        let cell = self.cells[self.cell(at)?];
        Some(CellPlace {
            number: cell.number,
            line: self.lines.line(at) - self.lines.line(cell.at) + 1,
        })
    }

    /// An edit of the joined text as an edit of the file: its span and what comes there, escaped. The
    /// JSON stays as it is elsewhere, the cell reads as if the edit had been made in it, and in a list
    /// each line is a string of its own. `None` where the span leaves its cell.
    #[must_use]
    pub fn edit(&self, span: Span, new: &str) -> Option<(Span, String)> {
        let (json, text) = self.json_edit(span, new)?;
        let before = |at: u32| self.cuts.before(at);
        Some((Span::new(before(json.start), before(json.end)), text))
    }

    fn json_edit(&self, span: Span, new: &str) -> Option<(Span, String)> {
        let cell = self.cell(span.start)?;
        let cell = Span::new(
            self.cells[cell].at,
            self.cells.get(cell + 1).map_or(u32::MAX, |next| next.at),
        );
        let (span, new) = self.without_last_line_end(cell, span, new);
        let first = self.index(span.start)?;
        let last = self.index(span.end.max(span.start + 1) - 1)?;
        // The line end after the last character is not the cell's own.
        let inside = self.pieces[first].at >= cell.start
            && span.end <= cell.end
            && span.end <= self.pieces[last].end();
        if !inside {
            return None;
        }
        for pair in self.pieces[first..=last].windows(2) {
            let gap = self.between(pair[0], pair[1]);
            if !gap.is_empty() && !is_border(gap) {
                return None;
            }
        }
        let json = self.json_span(span);
        if new.is_empty() && span.start < span.end {
            if self.is_indented(span, first) {
                return None;
            }
            let strings = self.whole_strings(cell, span, (first, last));
            return Some((strings.unwrap_or(json), String::new()));
        }
        let border = new.contains('\n').then(|| self.border(cell)).flatten();
        let mut text = escaped(new, border.as_deref());
        if let Some(border) = border
            && new.ends_with('\n')
            && !self.json[json.end as usize..].starts_with('"')
        {
            text.push_str(&border);
        }
        Some((json, text))
    }

    /// The last line of a cell has no line end in the JSON. Where it goes, the one before it goes too.
    fn without_last_line_end<'n>(&self, cell: Span, span: Span, new: &'n str) -> (Span, &'n str) {
        let pieces = self.pieces_of(cell);
        let end = pieces.last().map_or(cell.start, Piece::end);
        let kept = new.strip_suffix('\n').unwrap_or(new);
        let has_line_end = kept.len() < new.len();
        if span.end != end + 1 || !(new.is_empty() || has_line_end) {
            return (span, new);
        }
        let mut start = span.start;
        let before = pieces.partition_point(|one| one.at < span.start);
        if let Some(before) = before.checked_sub(1).map(|at| pieces[at])
            && kept.is_empty()
            && self.is_line_end(before)
        {
            start = before.at;
        }
        (Span::new(start, end), kept)
    }

    /// Where a span is all of some strings of a list, these with what parts them from the others.
    fn whole_strings(&self, cell: Span, span: Span, (first, last): (usize, usize)) -> Option<Span> {
        let json = self.json_span(span);
        let (before, after) = (
            self.json[..json.start as usize].strip_suffix('"')?,
            self.json[json.end as usize..].strip_prefix('"')?,
        );
        let of_cell = |at: usize| {
            self.pieces
                .get(at)
                .filter(|one| holds(cell, one.at))
                .copied()
        };
        let (own, end) = (self.pieces[first], self.pieces[last]);
        let previous = first.checked_sub(1).and_then(of_cell);
        let begins = span.start == own.at
            && previous.is_none_or(|previous| !self.between(previous, own).is_empty());
        if !begins || span.end != end.end() {
            return None;
        }
        if let Some(next) = of_cell(last + 1) {
            return is_border(self.between(end, next)).then(|| Span::new(json.start, next.json));
        }
        if let Some(previous) = previous {
            let is_border = is_border(self.between(previous, own));
            return is_border.then(|| Span::new(previous.json_end(), json.end));
        }
        let (list, rest) = (before.trim_end(), after.trim_start());
        let alone = list.ends_with('[') && rest.starts_with(']');
        alone.then(|| Span::new(byte(list.len()), byte(self.json.len() - rest.len())))
    }

    /// Whether a span begins where an indentation was taken away, which would be left.
    fn is_indented(&self, span: Span, first: usize) -> bool {
        let own = self.pieces[first];
        let before = first.checked_sub(1).map(|at| self.pieces[at].json_end());
        let begins = self.json[..own.json as usize].ends_with('"');
        span.start == own.at && before != Some(own.json) && !begins
    }

    fn is_line_end(&self, piece: Piece) -> bool {
        &self.json[piece.json as usize..piece.json_end() as usize] == r"\n"
    }

    fn pieces_of(&self, cell: Span) -> &[Piece] {
        let start = self.pieces.partition_point(|piece| piece.at < cell.start);
        let end = self.pieces.partition_point(|piece| piece.at < cell.end);
        &self.pieces[start..end]
    }

    /// What stands in the JSON between two pieces: nothing within a string.
    fn between(&self, one: Piece, next: Piece) -> &str {
        self.json
            .get(one.json_end() as usize..next.json as usize)
            .unwrap_or_default()
    }

    /// What stands between two lines of a cell whose source is a list of lines. Where there is one line
    /// alone, what would.
    fn border(&self, cell: Span) -> Option<Cow<'_, str>> {
        let pieces = self.pieces_of(cell);
        let known = pieces
            .windows(2)
            .map(|pair| self.between(pair[0], pair[1]))
            .find(|gap| is_border(gap) && gap.matches('"').count() == 2);
        if let Some(known) = known {
            return Some(Cow::Borrowed(known));
        }
        let (first, others) = (pieces.first()?, pieces.split_last()?.1);
        if others.iter().any(|&one| self.is_line_end(one)) {
            return None;
        }
        let before = self.json[..first.json as usize].strip_suffix('"')?;
        let list = before.trim_end();
        let indent = &before[list.len()..];
        list.ends_with('[')
            .then(|| Cow::Owned(format!("\",{indent}\"")))
    }
}

fn holds(span: Span, at: u32) -> bool {
    span.start <= at && at < span.end
}

/// Whether a part of the JSON ends one string of a list and begins another, with nothing in between
/// but strings that are empty.
fn is_border(gap: &str) -> bool {
    gap.len() > 1
        && gap.starts_with('"')
        && gap.ends_with('"')
        && gap
            .bytes()
            .all(|byte| byte == b'"' || byte == b',' || byte.is_ascii_whitespace())
}

/// A text as part of a JSON string. In a list of lines, each line is a string of its own.
fn escaped(text: &str, border: Option<&str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let quoted = serde_json::Value::from(line).to_string();
        out.push_str(&quoted[1..quoted.len() - 1]);
        if let Some(border) = border
            && line.ends_with('\n')
            && lines.peek().is_some()
        {
            out.push_str(border);
        }
    }
    out
}

#[cfg(test)]
#[path = "cells/tests.rs"]
mod tests;
