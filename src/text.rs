//! Text and where things stand in it: repository paths, byte spans, lines and columns.
//!
//! Everything inside the tool speaks of byte spans; only the emitters turn them into lines and
//! columns, through [`LineIndex`], because every output format counts columns its own way. The text of
//! a notebook is that of its code cells; [`cells`] leads from it to the file.

pub mod cells;
pub mod words;

use std::fmt;
use std::sync::Arc;

use cells::{CellPlace, Cells};

/// The text, or as much of it as counts `most` characters, and a mark that some is missing.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A path relative to the root of the scan, with `/` between its parts on every system.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

impl RepoPath {
    /// Takes a relative path; `\` becomes `/` and a leading `./` is dropped.
    #[must_use]
    pub fn new(path: &str) -> Self {
        let path = if cfg!(windows) {
            path.replace('\\', "/")
        } else {
            path.to_owned()
        };
        Self(path.strip_prefix("./").unwrap_or(&path).into())
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder that holds the file: `""` for the root.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The last part of the path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A range of bytes, end exclusive, base 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The span as a range that slices text.
    #[must_use]
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place in a file: line and column, both counted from 1, columns in Unicode code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, base 1. LF, CR LF and a lone CR end a line.
    pub line: u32,
    /// Column, base 1, in Unicode code points.
    pub column: u32,
}

/// A file that was read: its path and its decoded text.
#[derive(Debug, Default)]
pub struct SourceFile {
    /// Where it stands in the repository.
    pub path: RepoPath,
    /// Its text; bytes that are no UTF-8 were replaced. Of a notebook, its code cells one after the
    /// other.
    pub text: String,
    /// How the text of a notebook comes from the file; `None` where the text is that of the file.
    pub cells: Option<Cells>,
}

impl SourceFile {
    /// A file whose text is as it was read.
    #[must_use]
    pub const fn new(path: RepoPath, text: String) -> Self {
        Self {
            path,
            text,
            cells: None,
        }
    }

    /// The text as a parser of Python may have it, offset by offset: of a notebook, with everything
    /// blanked out that is no Python.
    #[must_use]
    pub fn code(&self) -> &str {
        self.cells.as_ref().map_or(&self.text, Cells::code)
    }

    /// The text as it stands in the file; of a notebook, [`Cells::json`].
    #[must_use]
    pub fn on_disk(&self) -> &str {
        self.cells.as_ref().map_or(&self.text, Cells::json)
    }

    /// A span of the text as one of [`Self::on_disk`].
    #[must_use]
    pub fn span_on_disk(&self, span: Span) -> Span {
        self.cells
            .as_ref()
            .map_or(span, |cells| cells.json_span(span))
    }

    /// Bytes of the file as a span of [`Self::on_disk`].
    #[must_use]
    pub fn file_span_on_disk(&self, file: Span) -> Span {
        let cells = self.cells.as_ref();
        cells.map_or(file, |cells| cells.in_json(file))
    }

    /// The line of the file, base 1, that spells a byte of the text.
    #[must_use]
    pub fn line_on_disk(&self, offset: u32) -> u32 {
        let span = self.span_on_disk(Span::new(offset, offset));
        LineIndex::new(self.on_disk()).line(span.start)
    }

    /// Cell and line of a byte of the text, where the file is a notebook.
    #[must_use]
    pub fn cell(&self, offset: u32) -> Option<CellPlace> {
        self.cells.as_ref()?.place(offset)
    }
}

/// The starts of a text's lines.
#[derive(Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds the lines of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') {
                continue;
            }
            starts.push(u32::try_from(at + 1).expect("the parser takes no file over 4 GiB"));
        }
        Self { starts }
    }

    /// The number of lines; an empty text has one.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The line (base 1) in which a byte stands.
    #[must_use]
    pub fn line(&self, offset: u32) -> u32 {
        let index = self.starts.partition_point(|&start| start <= offset);
        u32::try_from(index).expect("there are no more lines than bytes")
    }

    /// The byte at which a line (base 1) begins; `None` where there is no such line.
    #[must_use]
    pub fn start(&self, line: u32) -> Option<usize> {
        let start = self.starts.get((line as usize).checked_sub(1)?)?;
        Some(*start as usize)
    }

    /// Line and column of a byte; an offset past the end is that of the end.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let offset = offset.min(u32::try_from(text.len()).unwrap_or(u32::MAX));
        let line = self.line(offset);
        let start = self.starts[line as usize - 1] as usize;
        let before = text
            .get(start..offset as usize)
            .map_or(0, |part| part.chars().count());
        Position {
            line,
            column: u32::try_from(before).unwrap_or(u32::MAX - 1) + 1,
        }
    }

    /// The text of a line (base 1) without its line end; `""` where there is no such line.
    #[must_use]
    pub fn line_text<'t>(&self, text: &'t str, line: u32) -> &'t str {
        let Some(&start) = (line as usize)
            .checked_sub(1)
            .and_then(|index| self.starts.get(index))
        else {
            return "";
        };
        let end = self
            .starts
            .get(line as usize)
            .map_or(text.len(), |&next| next as usize);
        text[start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_clipped_says_so() {
        assert_eq!(clipped("größe", 5), "größe");
        assert_eq!(clipped("größer", 5), "größe…");
        assert_eq!(clipped("", 0), "");
    }

    #[track_caller]
    fn check(text: &str, offset: u32, line: u32, column: u32) {
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, offset), Position { line, column });
    }

    #[test]
    fn every_kind_of_line_end_counts_once() {
        check("a\nb", 2, 2, 1);
        check("a\r\nb", 3, 2, 1);
        check("a\rb", 2, 2, 1);
        check("a\n\r\nb", 4, 3, 1);
    }

    #[test]
    fn columns_are_code_points() {
        check("é = x", 5, 1, 5);
        check("", 0, 1, 1);
        check("ab", 99, 1, 3);
    }

    #[test]
    fn lines_come_without_their_ends() {
        let text = "one\r\ntwo\n";
        let index = LineIndex::new(text);
        assert_eq!(index.line_text(text, 1), "one");
        assert_eq!(index.line_text(text, 2), "two");
        assert_eq!(index.line_text(text, 3), "");
        assert_eq!(index.line_text(text, 9), "");
    }
}
