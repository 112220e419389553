//! Applying repairs: which of them go together, and the bytes of the files that they change. It
//! reads and writes nothing itself, and leaves to its caller to tell whether a result still parses.
//!
//! Edits are spans of a file's decoded text. A [`Layout`] brings them into the bytes of the file,
//! so that whatever they do not touch (marks, line ends, characters of other encodings) stays.

pub mod patch;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::finding::{Edit, Finding, Fix, Notice, Safety};
use crate::text::{RepoPath, SourceFile, Span};

/// What became of the repairs of a run.
#[derive(Debug, Default)]
pub struct Repaired {
    /// The files that change, by path.
    pub changes: Vec<Change>,
    /// How many findings were repaired.
    pub fixed: usize,
    /// How many are left whose repair waits to be asked for.
    pub left_unsafe: usize,
    /// What could not be read, judged or changed.
    pub notices: Vec<Notice>,
}

/// A file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: RepoPath,
    /// Its bytes as they were read.
    pub before: Vec<u8>,
    /// Its bytes with everything repaired.
    pub after: Vec<u8>,
}

/// How the bytes of a file make its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The text is the bytes from here on; what comes before is a byte order mark.
    Utf8 {
        /// Bytes before the text.
        before: u8,
    },
    /// Every byte is one character.
    OneByte,
}

impl Layout {
    /// How a text was made of these bytes; nothing where an edit of the text cannot be one of the
    /// bytes.
    #[must_use]
    pub fn of(bytes: &[u8], text: &str) -> Option<Self> {
        if bytes == text.as_bytes() {
            return Some(Self::Utf8 { before: 0 });
        }
        if bytes.strip_prefix(b"\xEF\xBB\xBF") == Some(text.as_bytes()) {
            return Some(Self::Utf8 { before: 3 });
        }
        let mut chars = text.chars();
        let one_each = bytes.iter().all(|&byte| match chars.next() {
            Some(char::REPLACEMENT_CHARACTER) => !byte.is_ascii(),
            Some(char) => u32::from(char) == u32::from(byte),
            None => false,
        });
        (one_each && chars.next().is_none()).then_some(Self::OneByte)
    }

    /// The bytes of a span of the text.
    fn place(self, text: &str, span: Span) -> Option<Range<usize>> {
        let range = span.range();
        text.get(range.clone())?;
        Some(match self {
            Self::Utf8 { before } => {
                let before = usize::from(before);
                range.start + before..range.end + before
            }
            Self::OneByte => {
                let start = text[..range.start].chars().count();
                start..start + text[range].chars().count()
            }
        })
    }

    /// New text as bytes, where it can be written so.
    fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 { .. } => Some(text.as_bytes().to_vec()),
            Self::OneByte => text.is_ascii().then(|| text.as_bytes().to_vec()),
        }
    }
}

/// An edit of the bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteEdit {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes instead.
    pub new: Vec<u8>,
}

/// Takes the repairs of a report, in its order, as far as they do not meet each other. What has to
/// wait is found again when the files are read with the first ones applied.
#[derive(Debug, Default)]
pub struct Round {
    edits: BTreeMap<RepoPath, Vec<ByteEdit>>,
    /// How many findings each of the files has had repaired.
    fixed: usize,
}

impl Round {
    /// Whether nothing was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fixed == 0
    }

    /// How many findings are repaired.
    #[must_use]
    pub fn fixed(&self) -> usize {
        self.fixed
    }

    /// Takes the repair of a finding, unless it meets one that was taken before. `bytes` gives the
    /// bytes of a file.
    ///
    /// # Errors
    /// Says which file cannot be edited.
    pub fn take<'b>(
        &mut self,
        finding: &Finding,
        fix: &Fix,
        bytes: impl Fn(&RepoPath) -> Option<&'b [u8]>,
    ) -> Result<(), Notice> {
        let mut own: Vec<(&RepoPath, ByteEdit)> = Vec::with_capacity(fix.edits.len());
        for edit in &fix.edits {
            let refused = || {
                let why = "the file is not changed: edits cannot be written in its encoding";
                Notice::on_file(&edit.path, None, why).advise("save it as UTF-8")
            };
            let file = file_of(finding, &edit.path).ok_or_else(refused)?;
            let bytes = bytes(&edit.path).ok_or_else(refused)?;
            let placed = in_bytes(bytes, file, edit).ok_or_else(refused)?;
            own.push((&edit.path, placed));
        }
        let meets = |(path, edit): &(&RepoPath, ByteEdit)| {
            let taken = self.edits.get(*path).map_or(&[][..], Vec::as_slice);
            taken.iter().any(|other| other != edit && meet(other, edit))
        };
        if own.iter().any(meets) {
            return Ok(());
        }
        for (path, edit) in own {
            let taken = self.edits.entry(path.clone()).or_default();
            if !taken.contains(&edit) {
                taken.push(edit);
            }
        }
        self.fixed += 1;
        Ok(())
    }

    /// The files that change, each with its edits in order.
    pub fn into_edits(self) -> impl Iterator<Item = (RepoPath, Vec<ByteEdit>)> {
        self.edits.into_iter().map(|(path, mut edits)| {
            edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
            (path, edits)
        })
    }
}

/// The file whose text the edits of a finding speak of.
fn file_of<'f>(finding: &'f Finding, path: &RepoPath) -> Option<&'f SourceFile> {
    let pins = finding.pins.iter().filter_map(|pin| pin.location.as_ref());
    std::iter::once(&finding.location)
        .chain(pins)
        .map(|location| &*location.file)
        .find(|file| file.path == *path)
}

fn in_bytes(bytes: &[u8], file: &SourceFile, edit: &Edit) -> Option<ByteEdit> {
    // Notebooks are UTF-8.
    if let Some(cells) = &file.cells {
        return cells.are_of(bytes).then(|| ByteEdit {
            range: edit.span.range(),
            new: edit.text.clone().into_bytes(),
        });
    }
    let layout = Layout::of(bytes, &file.text)?;
    Some(ByteEdit {
        range: layout.place(&file.text, edit.span)?,
        new: layout.encode(&edit.text)?,
    })
}

/// Whether two edits change the same bytes, or insert where the other begins or ends: then nothing
/// says in which order.
fn meet(left: &ByteEdit, right: &ByteEdit) -> bool {
    let (a, b) = (&left.range, &right.range);
    if a.is_empty() || b.is_empty() {
        a.start <= b.end && b.start <= a.end
    } else {
        a.start < b.end && b.start < a.end
    }
}

/// The bytes with edits that are in order and never meet.
#[must_use]
pub fn apply(bytes: &[u8], edits: &[ByteEdit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in edits {
        out.extend_from_slice(&bytes[at..edit.range.start]);
        out.extend_from_slice(&edit.new);
        at = edit.range.end;
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// Whether a repair may be applied.
#[must_use]
pub fn allowed(fix: &Fix, also_unsafe: bool) -> bool {
    match fix.safety {
        Safety::Safe => true,
        Safety::Unsafe => also_unsafe,
    }
}

#[cfg(test)]
mod tests;
