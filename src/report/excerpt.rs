//! The quoted source of a location, with what is meant marked below it.
//!
//! Supported: tabs, wide and combining characters, lines of any length (a window around the span),
//! spans over several lines, text that is hostile to terminals (see `printable`).

use std::ops::Range;

use crate::finding::Location;
use crate::report::Places;
use crate::report::printable::{Cell, cells, wrap};
use crate::text::LineIndex;

/// Of a span over more lines than this, only the first and the last are quoted.
const MOST_LINES: u32 = 4;
/// A label gets a row of its own rather than be squeezed into fewer columns.
const NARROWEST_LABEL: usize = 24;
/// Stands where a long line was cut.
const CUT: &str = "…";

/// One row of an excerpt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// A line of the file.
    Source {
        /// Its number, base 1.
        number: u32,
        /// The side bar of a span over several lines, or `""`.
        bar: &'static str,
        /// What is shown of it.
        text: String,
    },
    /// What stands below a line.
    Mark {
        /// Blank columns before it.
        indent: usize,
        /// The marks, or `""` where only a label goes on.
        marks: String,
        /// Words after the marks.
        label: String,
    },
    /// Lines that are not shown.
    Gap,
}

/// Quotes a location within `room` columns. Lines of a notebook are counted in their cell.
pub(crate) fn of(
    places: &Places<'_>,
    location: &Location,
    room: usize,
    mark: char,
    label: &str,
) -> Vec<Row> {
    let index = places.quoted(&location.file);
    let mut rows = rows(location, index, room, mark, label);
    if let Some(cell) = location.file.cell(location.span.start) {
        let before = index.line(location.span.start).saturating_sub(cell.line);
        for row in &mut rows {
            if let Row::Source { number, .. } = row {
                *number = number.saturating_sub(before);
            }
        }
    }
    rows
}

fn rows(location: &Location, index: &LineIndex, room: usize, mark: char, label: &str) -> Vec<Row> {
    let source = &location.file.text;
    let first = index.position(source, location.span.start).line;
    let mut last = index.position(source, location.span.end).line;
    // A span that ends with the end of a line says nothing about the line after.
    if last > first && index.position(source, location.span.end).column == 1 {
        last -= 1;
    }
    if first == last {
        single(location, index, first, room, mark, label)
    } else {
        several(location, index, first..last, room, mark, label)
    }
}

fn single(
    location: &Location,
    index: &LineIndex,
    number: u32,
    room: usize,
    mark: char,
    label: &str,
) -> Vec<Row> {
    let (line, span) = line_and_span(location, index, number);
    let shown = window(line, span, room);
    let width = (shown.marked.end - shown.marked.start).max(1);
    let mut rows = vec![Row::Source {
        number,
        bar: "",
        text: shown.text,
    }];
    rows.extend(marked(shown.marked.start, mark, width, room, label));
    rows
}

fn several(
    location: &Location,
    index: &LineIndex,
    lines: Range<u32>,
    room: usize,
    mark: char,
    label: &str,
) -> Vec<Row> {
    let room = room.saturating_sub(2);
    let mut rows = Vec::new();
    let (line, span) = line_and_span(location, index, lines.start);
    let begins_line = line[..span.start].trim().is_empty();
    let shown = window(line, span, room);
    rows.push(Row::Source {
        number: lines.start,
        bar: if begins_line { "/ " } else { "  " },
        text: shown.text,
    });
    if !begins_line {
        rows.push(Row::Mark {
            indent: 1,
            marks: format!("{}{mark}", "_".repeat(shown.marked.start + 1)),
            label: String::new(),
        });
    }
    if lines.end - lines.start >= MOST_LINES {
        rows.push(Row::Gap);
    } else {
        for number in lines.start + 1..lines.end {
            let (line, _) = line_and_span(location, index, number);
            rows.push(Row::Source {
                number,
                bar: "| ",
                text: window(line, 0..0, room).text,
            });
        }
    }
    let (line, span) = line_and_span(location, index, lines.end);
    let shown = window(line, span.end..span.end, room);
    rows.push(Row::Source {
        number: lines.end,
        bar: "| ",
        text: shown.text,
    });
    let marks = format!("|{}{mark}", "_".repeat(shown.marked.start.max(1)));
    let width = marks.chars().count();
    let mut below = marked(0, mark, width, room + 2, label);
    if let Some(Row::Mark { marks: row, .. }) = below.first_mut() {
        *row = marks;
    }
    rows.extend(below);
    rows
}

/// The marks and their label: beside them where it fits, in rows of its own where it does not.
fn marked(indent: usize, mark: char, width: usize, room: usize, label: &str) -> Vec<Row> {
    let marks: String = std::iter::repeat_n(mark, width).collect();
    let beside = room.saturating_sub(indent + width + 1);
    let row = |indent, marks, label| Row::Mark {
        indent,
        marks,
        label,
    };
    let whole = wrap(label, usize::MAX).remove(0);
    if crate::report::printable::width(&whole) <= beside {
        return vec![row(indent, marks, whole)];
    }
    if beside >= NARROWEST_LABEL {
        let mut labels = wrap(label, beside).into_iter();
        let first = labels.next().unwrap_or_default();
        let mut rows = vec![row(indent, marks, first)];
        rows.extend(labels.map(|label| row(indent + width + 1, String::new(), label)));
        return rows;
    }
    let indent_label = if room.saturating_sub(indent) >= NARROWEST_LABEL {
        indent
    } else {
        0
    };
    let labels = wrap(label, room.saturating_sub(indent_label));
    let mut rows = vec![row(indent, marks, String::new())];
    rows.extend(
        labels
            .into_iter()
            .map(|label| row(indent_label, String::new(), label)),
    );
    rows
}

/// A line without its end, and the part of the span that lies in it, as bytes of the line.
fn line_and_span<'l>(
    location: &'l Location,
    index: &LineIndex,
    number: u32,
) -> (&'l str, Range<usize>) {
    let source = &location.file.text;
    let line = index.line_text(source, number);
    let begin = line.as_ptr() as usize - source.as_ptr() as usize;
    let clamp = |byte: u32| {
        let mut at = (byte as usize).saturating_sub(begin).min(line.len());
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = clamp(location.span.start);
    (line, start..clamp(location.span.end).max(start))
}

struct Shown {
    text: String,
    /// The columns of the span in `text`, end exclusive; empty for an empty span.
    marked: Range<usize>,
}

/// As much of a line as fits, the span in view. Only the neighbourhood of the span is looked at:
/// lines of generated code run to megabytes.
fn window(line: &str, span: Range<usize>, room: usize) -> Shown {
    let before = line[..span.start]
        .char_indices()
        .rev()
        .take(room)
        .last()
        .map_or(span.start, |(byte, _)| byte);
    let after = line[span.start..]
        .char_indices()
        .nth(2 * room)
        .map_or(line.len(), |(byte, _)| span.start + byte);
    let mut cells = cells(&line[before..after]);
    for cell in &mut cells {
        cell.byte += before;
    }
    let columns = |cells: &[Cell]| cells.iter().map(|cell| cell.width).sum::<usize>();
    let start = cells.partition_point(|cell| cell.byte < span.start);
    let end = cells
        .partition_point(|cell| cell.byte < span.end)
        .max(start);
    let (mut from, mut to) = (0, cells.len());
    let mut total = columns(&cells);
    let is_cut = |from: usize, to: usize| {
        (
            before > 0 || from > 0,
            after < line.len() || to < cells.len(),
        )
    };
    let cost = |total: usize, from: usize, to: usize| {
        let (left, right) = is_cut(from, to);
        total + usize::from(left) + usize::from(right)
    };
    // What goes first is what stands farther from the span; the span's own end goes last.
    while cost(total, from, to) > room && from < to {
        let (left, right) = (start - from, to.saturating_sub(end));
        if left > 0 && left >= right {
            total -= cells[from].width;
            from += 1;
        } else {
            to -= 1;
            total -= cells[to].width;
        }
    }
    let (left, right) = is_cut(from, to);
    let mut text = String::new();
    if left {
        text.push_str(CUT);
    }
    text.extend(cells[from..to].iter().map(|cell| cell.text.as_str()));
    if right {
        text.push_str(CUT);
    }
    let column = |cell: usize| usize::from(left) + columns(&cells[from..cell.clamp(from, to)]);
    Shown {
        text,
        marked: column(start)..column(end),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::report::samples::location;

    /// `«` and `»` enclose the span; the rows come back as they would be read.
    #[track_caller]
    fn check(marked_source: &str, room: usize, label: &str, expect: &str) {
        let location = location("a.py", marked_source);
        let index = LineIndex::new(&location.file.text);
        let mut out = String::new();
        for row in rows(&location, &index, room, '^', label) {
            let line = match row {
                Row::Source { number, bar, text } => format!("{number} {bar}{text}"),
                Row::Mark {
                    indent,
                    marks,
                    label,
                } => {
                    let gap = if marks.is_empty() { "" } else { " " };
                    format!("  {}{marks}{gap}{label}", " ".repeat(indent))
                }
                Row::Gap => "...".to_owned(),
            };
            writeln!(out, "{}", line.trim_end()).unwrap();
        }
        assert_eq!(out.trim_end(), expect.trim_matches('\n'));
    }

    #[test]
    fn a_name_in_a_line() {
        check(
            "x = «tf.a»()\ny",
            40,
            "gone",
            "1 x = tf.a()\n      ^^^^ gone",
        );
    }

    #[test]
    fn tabs_and_wide_letters_keep_marks_in_place() {
        check("\t模 = «tf.a»", 40, "", "1     模 = tf.a\n           ^^^^");
    }

    #[test]
    fn combining_marks_take_no_column() {
        check("e\u{301} = «tf»", 40, "", "1 e\u{301} = tf\n      ^^");
    }

    #[test]
    fn hostile_text_is_inert_and_marks_still_fit() {
        check("\u{1b}[2J«tf»", 40, "", "1 ␛[2Jtf\n      ^^");
    }

    #[test]
    fn an_empty_span_has_one_mark() {
        check("tf«»", 40, "here", "1 tf\n    ^ here");
    }

    #[test]
    fn a_long_line_is_a_window_around_the_span() {
        let line = format!("{}«tf.a»{}", "a".repeat(100), "b".repeat(100_000));
        check(&line, 20, "", "1 …aaaaaaatf.abbbbbbb…\n          ^^^^");
        let line = format!("«tf.a»{}", "b".repeat(50));
        check(&line, 12, "", "1 tf.abbbbbbb…\n  ^^^^");
    }

    #[test]
    fn a_span_longer_than_the_window_shows_its_start() {
        let line = format!("x = «{}»", "t".repeat(60));
        check(&line, 12, "", "1 …tttttttttt…\n   ^^^^^^^^^^");
    }

    #[test]
    fn a_label_without_room_goes_below() {
        check(
            "abcdefghijklmnop«qrst»",
            34,
            "appears in 2.4.0 and stays",
            "1 abcdefghijklmnopqrst\n                  ^^^^\n  appears in 2.4.0 and stays",
        );
    }

    #[test]
    fn several_lines_get_a_bar() {
        check(
            "«tf.a(\n  1,\n)»\n",
            40,
            "gone",
            "1 / tf.a(\n2 |   1,\n3 | )\n  |_^ gone",
        );
        check(
            "x = «tf.a(\n  1)»\n",
            40,
            "gone",
            "1   x = tf.a(\n   _____^\n2 |   1)\n  |____^ gone",
        );
    }

    #[test]
    fn many_lines_are_cut() {
        check("«a\nb\nc\nd\ne\nf»", 40, "", "1 / a\n...\n6 | f\n  |_^");
    }

    #[test]
    fn the_end_of_a_line_is_not_the_next_line() {
        check(
            "«tensorflow==2.3\r\n»keras",
            40,
            "",
            "1 tensorflow==2.3\n  ^^^^^^^^^^^^^^^",
        );
    }
}
