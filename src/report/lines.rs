//! A repair as whole lines: what a reviewer sees, and what a suggestion on GitHub replaces.

use crate::finding::Edit;
use crate::text::{LineIndex, SourceFile, Span};

/// Longer pieces are nobody's to read, and nobody's to compare.
const MOST_CHARACTERS: usize = 4_000;

/// Lines of one file that give way to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The first of them, base 1.
    pub start: u32,
    /// How they read now, without line ends. Never empty.
    pub before: Vec<String>,
    /// How they read afterwards.
    pub after: Vec<String>,
}

/// The lines `first` to `last` (base 1) as they stand in the file, without line ends; `None` where
/// they are too long to quote.
#[must_use]
pub fn quoted(file: &SourceFile, index: &LineIndex, first: u32, last: u32) -> Option<Vec<String>> {
    let text = file.on_disk();
    let lines: Vec<&str> = (first..=last)
        .map(|line| index.line_text(text, line))
        .collect();
    let characters: usize = lines.iter().map(|line| line.len()).sum();
    (characters <= MOST_CHARACTERS).then(|| lines.into_iter().map(str::to_owned).collect())
}

/// The first and the last line that some edits touch, and these.
type Group<'e> = (u32, u32, Vec<(Span, &'e str)>);

/// The edits of one file as changes of whole lines, in order; neighbouring lines are one change.
/// `None` where a change is too long to quote.
#[must_use]
pub fn changes(file: &SourceFile, index: &LineIndex, edits: &[&Edit]) -> Option<Vec<Change>> {
    let mut edits: Vec<(Span, &str)> = edits
        .iter()
        .map(|edit| (file.file_span_on_disk(edit.span), edit.text.as_str()))
        .collect();
    edits.sort_by_key(|(span, _)| *span);
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (span, text) in edits {
        let (first, last) = (index.line(span.start), index.line(span.end.max(span.start)));
        match groups.last_mut() {
            Some((_, end, group)) if first <= *end + 1 => {
                *end = last.max(*end);
                group.push((span, text));
            }
            _ => groups.push((first, last, vec![(span, text)])),
        }
    }
    groups
        .into_iter()
        .map(|(first, last, group)| change(file, index, first, last, &group))
        .collect()
}

fn change(
    file: &SourceFile,
    index: &LineIndex,
    first: u32,
    last: u32,
    edits: &[(Span, &str)],
) -> Option<Change> {
    let text = file.on_disk();
    let from = index.start(first)?;
    let to = from_end(text, index, last)?;
    let mut new = String::new();
    let mut at = from;
    for (span, put) in edits {
        let range = span.range();
        new.push_str(text.get(at..range.start)?);
        new.push_str(put);
        at = range.end;
    }
    // A whole line that goes takes its line end along, and the edit ends where the next one begins.
    new.push_str(text.get(at..to.max(at))?);
    let mut before = quoted(file, index, first, last)?;
    let mut after: Vec<String> = if new.is_empty() && before.iter().all(String::is_empty) {
        Vec::new()
    } else {
        let ends = new.replace("\r\n", "\n").replace('\r', "\n");
        ends.split('\n').map(str::to_owned).collect()
    };
    let mut start = first;
    while before.len() > 1 && before.last() == after.last() {
        before.pop();
        after.pop();
    }
    while before.len() > 1 && before.first() == after.first() {
        before.remove(0);
        after.remove(0);
        start += 1;
    }
    let characters: usize = after.iter().map(String::len).sum();
    (characters <= MOST_CHARACTERS && before != after).then_some(Change {
        start,
        before,
        after,
    })
}

/// The byte behind the last character of a line.
fn from_end(text: &str, index: &LineIndex, line: u32) -> Option<usize> {
    Some(index.start(line)? + index.line_text(text, line).len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RepoPath;

    /// `text` has `«old|new»` for every edit.
    #[track_caller]
    fn check(marked: &str, expect: &[(u32, &[&str], &[&str])]) {
        let path = RepoPath::new("a.py");
        let (mut text, mut edits) = (String::new(), Vec::new());
        let mut rest = marked;
        while let Some((before, after)) = rest.split_once('«') {
            let (edit, behind) = after.split_once('»').unwrap();
            let (old, new) = edit.split_once('|').unwrap();
            text.push_str(before);
            let start = u32::try_from(text.len()).unwrap();
            text.push_str(old);
            edits.push(Edit {
                path: path.clone(),
                span: Span::new(start, u32::try_from(text.len()).unwrap()),
                text: new.to_owned(),
            });
            rest = behind;
        }
        text.push_str(rest);
        let index = LineIndex::new(&text);
        let file = SourceFile::new(path, text);
        let edits: Vec<&Edit> = edits.iter().collect();
        let found = changes(&file, &index, &edits).unwrap();
        let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
        let expect: Vec<Change> = expect
            .iter()
            .map(|(start, before, after)| Change {
                start: *start,
                before: lines(before),
                after: lines(after),
            })
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn edits_on_one_line_are_one_change() {
        check(
            "x\nfrom «a|b» import «c|d»\ny",
            &[(2, &["from a import c"], &["from b import d"])],
        );
    }

    #[test]
    fn edits_far_apart_are_changes_of_their_own() {
        check(
            "«a|b»\n\n«c|d»\n",
            &[(1, &["a"], &["b"]), (3, &["c"], &["d"])],
        );
    }

    #[test]
    fn neighbouring_lines_are_one_change() {
        check("«a|b»\r\n«c|d»\r\n", &[(1, &["a", "c"], &["b", "d"])]);
    }

    #[test]
    fn a_line_that_goes_leaves_nothing() {
        check("a\n«b\n|»c\n", &[(2, &["b"], &[])]);
        check("«a\n|»", &[(1, &["a"], &[])]);
    }

    #[test]
    fn a_line_that_comes_keeps_its_neighbour() {
        check("a\n«|new\n»b\n", &[(2, &["b"], &["new", "b"])]);
    }

    #[test]
    fn a_call_over_lines() {
        check(
            "f(\n  «lr|learning_rate»=1,\n  x=2)\n",
            &[(2, &["  lr=1,"], &["  learning_rate=1,"])],
        );
    }
}
