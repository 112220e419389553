//! What was checked against what, as a table: a row for each folder or notebook whose pins govern, and
//! one below it for each environment where there are several.

use std::cmp::Reverse;

use super::Links;
use super::escape::{code, text};
use crate::finding::Level;
use crate::report::{Report, ScopeLine, ScopePin, grouped};

/// More folders than this are counted.
const MOST: usize = 40;

/// A folder, and how many findings of each level it governs.
struct Row<'r> {
    scope: &'r ScopeLine,
    counts: [usize; 3],
}

/// The table, the folders with the worst findings first.
pub(super) fn environments(report: &Report, links: Links<'_>) -> String {
    let mut rows: Vec<Row<'_>> = report
        .scopes
        .iter()
        .map(|scope| Row {
            scope,
            counts: [Level::Error, Level::Warning, Level::Note].map(|level| {
                let governed = report.findings.iter().filter(|finding| {
                    let scope_of = report.governing(&finding.location.file.path);
                    scope_of.is_some_and(|governing| std::ptr::eq(governing, scope))
                });
                governed.filter(|finding| finding.level == level).count()
            }),
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    rows.sort_by_key(|row| Reverse(row.counts));
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
    let mut line = |mut cells: Vec<String>, counts: Option<[usize; 3]>| {
        cells.resize(texts, String::new());
        cells.extend(
            numbers
                .iter()
                .map(|&level| counts.map_or_else(String::new, |counts| grouped(counts[level]))),
        );
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    };
    for Row { scope, counts } in rows.iter().take(MOST) {
        let pin = pinned_by(scope.pin.as_ref(), links);
        let mut cells = vec![name(scope), pin, releases(&scope.tensorflow)];
        cells.extend(scope.keras.as_deref().map(text));
        line(cells, Some(*counts));
        for one in &scope.environments {
            let pin = pinned_by(one.pin.as_ref(), links);
            let name = format!("or {}", code(&one.name));
            let mut cells = vec![name, pin, releases(&one.tensorflow)];
            cells.extend(one.keras.as_deref().map(text));
            line(cells, None);
        }
    }
    if rows.len() > MOST {
        line(
            vec![format!("and {} more", grouped(rows.len() - MOST))],
            None,
        );
    }
    table.push('\n');
    table
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
        }) => format!("{} {}", links.place(path, *line), code(text)),
        Some(ScopePin { place: None, text }) => code(text),
    }
}

fn releases(described: &str) -> String {
    match described {
        "" => "none".to_owned(),
        described => text(described),
    }
}
