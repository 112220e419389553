//! What was checked against what, as a table: a row for each folder or notebook whose pins govern, and
//! one below it for each environment where there are several.

use std::cmp::Reverse;

use super::Links;
use super::escape::{code, text};
use crate::finding::Level;
use crate::report::{Report, ScopeLine, ScopePin, counted, grouped};
use crate::text::clipped;

/// More folders than this are counted.
const MOST: usize = 40;
/// More environments of a folder than this are counted.
const MOST_ENVIRONMENTS: usize = 12;
/// More characters of a pin than this are left out: a line may be as long as its author likes.
const LONGEST_PIN: usize = 160;

/// A folder, and how many findings of each level it governs.
struct Row<'r> {
    scope: &'r ScopeLine,
    counts: [usize; 3],
}

/// The table in at most `room` bytes, the folders with the worst findings first.
pub(super) fn environments(report: &Report, links: Links<'_>, room: usize) -> String {
    let rows = rows(report);
    if rows.is_empty() {
        return String::new();
    }
    let mut columns = vec!["checked", "pinned by", "TensorFlow"];
    let with_keras = report.scopes.iter().any(|scope| scope.keras.is_some());
    columns.extend(with_keras.then_some("Keras"));
    let texts = columns.len();
    // A column of noughts says nothing.
    let numbers: Vec<usize> = (0..3)
        .filter(|&level| level == 0 || rows.iter().any(|row| row.counts[level] > 0))
        .collect();
    columns.extend(
        numbers
            .iter()
            .map(|&level| ["errors", "warnings", "notes"][level]),
    );
    let mut table = format!("| {} |\n|", columns.join(" | "));
    for place in 0..columns.len() {
        table.push_str(if place < texts { "---|" } else { "---:|" });
    }
    table.push('\n');
    let line = |mut cells: Vec<String>, counts: Option<[usize; 3]>| {
        cells.resize(texts, String::new());
        cells.extend(
            numbers
                .iter()
                .map(|&level| counts.map_or_else(String::new, |counts| grouped(counts[level]))),
        );
        format!("| {} |\n", cells.join(" | "))
    };
    let mut shown = 0;
    for Row { scope, counts } in rows.iter().take(MOST) {
        let pin = pinned_by(scope.pin.as_ref(), links);
        let mut cells = vec![name(scope), pin, releases(&scope.tensorflow)];
        cells.extend(scope.keras.as_deref().map(text));
        let mut block = line(cells, Some(*counts));
        for one in scope.environments.iter().take(MOST_ENVIRONMENTS) {
            let pin = pinned_by(one.pin.as_ref(), links);
            let name = format!("or {}", code(&one.name));
            let mut cells = vec![name, pin, releases(&one.tensorflow)];
            cells.extend(one.keras.as_deref().map(text));
            block.push_str(&line(cells, None));
        }
        let more = scope.environments.len().saturating_sub(MOST_ENVIRONMENTS);
        if more > 0 {
            let more = counted(more, "more environment");
            block.push_str(&line(vec![format!("or one of {more}")], None));
        }
        if table.len() + block.len() > room {
            break;
        }
        table.push_str(&block);
        shown += 1;
    }
    if rows.len() > shown {
        let more = format!("and {} more", grouped(rows.len() - shown));
        table.push_str(&line(vec![more], None));
    }
    table.push('\n');
    table
}

/// The folders with what each governs, those with the worst findings first.
fn rows(report: &Report) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = report
        .scopes
        .iter()
        .map(|scope| Row {
            scope,
            counts: [0; 3],
        })
        .collect();
    let files = report
        .findings
        .chunk_by(|one, next| one.location.file.path == next.location.file.path);
    for findings in files {
        let governing = report.governing(&findings[0].location.file.path);
        let row = rows
            .iter_mut()
            .find(|row| governing.is_some_and(|governing| std::ptr::eq(governing, row.scope)));
        let Some(row) = row else { continue };
        for finding in findings {
            row.counts[match finding.level {
                Level::Error => 0,
                Level::Warning => 1,
                Level::Note => 2,
            }] += 1;
        }
    }
    rows.sort_by_key(|row| Reverse(row.counts));
    rows
}

/// `./`, `research/`, or a notebook.
pub(super) fn name(scope: &ScopeLine) -> String {
    match scope.folder.as_str() {
        "" => code("./"),
        notebook if scope.is_notebook => code(notebook),
        folder => code(&format!("{folder}/")),
    }
}

/// The line that decides, and what it says.
pub(super) fn pinned_by(pin: Option<&ScopePin>, links: Links<'_>) -> String {
    match pin {
        None => "nothing".to_owned(),
        Some(ScopePin {
            place: Some((path, line)),
            text,
        }) => format!("{} {}", links.place(path, *line), pin_code(text)),
        Some(ScopePin { place: None, text }) => pin_code(text),
    }
}

/// A pin as it is written, as far as it is of use to read.
pub(super) fn pin_code(pin: &str) -> String {
    code(&clipped(pin, LONGEST_PIN))
}

fn releases(described: &str) -> String {
    match described {
        "" => "none".to_owned(),
        described => text(described),
    }
}
