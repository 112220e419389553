//! The answer as a part of a document.

use std::io;

use super::{answers, counts, fails_in, headline, matrix, place};
use crate::compat::{Compat, Mark};
use crate::report::markdown::escape::{code, sentence};
use crate::report::{counted, grouped};
use crate::rule::display;

/// More causes than these are counted.
const MOST: usize = 100;
/// More places of a cause than these are counted.
const MOST_PLACES: usize = 5;
/// More columns than these are told in words instead.
const MOST_COLUMNS: usize = 14;

/// Writes the answer.
///
/// # Errors
///
/// What the output answers.
pub fn write(compat: &Compat, out: &mut dyn io::Write) -> io::Result<()> {
    let text = headline(compat);
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    writeln!(out, "## {}{}", first.unwrap_or_default(), letters.as_str())?;
    writeln!(out)?;
    for (key, text) in answers(compat) {
        writeln!(out, "* **{key}**: {}", sentence(&text))?;
    }
    for pin in &compat.pins {
        writeln!(out, "* **pinned**: {}", code(pin))?;
    }
    writeln!(out)?;
    summary(compat, out)?;
    let causes = compat.causes();
    if !causes.is_empty() {
        writeln!(out, "| what blocks | fails in | uses | where |")?;
        writeln!(out, "|---|---|---:|---|")?;
    }
    for cause in causes.iter().take(MOST) {
        let fails = fails_in(compat, cause);
        let mut places: Vec<String> = Vec::new();
        for one in &cause.places {
            let place = code(&place(one));
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let more = places.len().saturating_sub(MOST_PLACES);
        places.truncate(MOST_PLACES);
        let more = match more {
            0 => String::new(),
            _ => format!(" and {} more", grouped(more)),
        };
        writeln!(
            out,
            "| {} | {fails} | {} | {}{more} |",
            code(&display(cause.symbol)),
            grouped(cause.uses),
            places.join(", "),
        )?;
    }
    if causes.len() > MOST {
        writeln!(out)?;
        writeln!(out, "And {}.", counted(causes.len() - MOST, "more symbol"))?;
    }
    if !causes.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "{}.", sentence(&counts(compat)))
}

/// Minors in a row, those that fare alike in one cell.
fn summary(compat: &Compat, out: &mut dyn io::Write) -> io::Result<()> {
    let supported = compat.supported();
    let minors: Vec<_> = matrix::majors(compat)
        .into_iter()
        .flat_map(|major| major.minors)
        .filter(|minor| !minor.releases.is_empty())
        .collect();
    let runs: Vec<_> = minors
        .chunk_by(|a, b| {
            let fate = |minor| (Compat::mark(minor, supported), is_pinned(compat, minor));
            fate(a) == fate(b)
        })
        .collect();
    if runs.is_empty() || runs.len() > MOST_COLUMNS {
        return Ok(());
    }
    let cell = |text: &dyn Fn(&[crate::compat::Minor]) -> String| {
        let cells: Vec<String> = runs.iter().map(|run| text(run)).collect();
        cells.join(" | ")
    };
    let names = cell(&|run| match run {
        [first, .., last] => format!("{}-{}", first.name, last.name),
        [only] => only.name.clone(),
        [] => String::new(),
    });
    writeln!(out, "| TensorFlow | {names} |")?;
    writeln!(out, "|---|{}", ":---:|".repeat(runs.len()))?;
    let marks = cell(&|run| {
        let mark = match Compat::mark(&run[0], supported) {
            Mark::All => "✅",
            Mark::Some => "🟡",
            Mark::None | Mark::NotAsked => "❌",
        };
        mark.to_owned()
    });
    writeln!(out, "| this code | {marks} |")?;
    if !compat.pinned.is_empty() {
        let pinned = cell(&|run| match is_pinned(compat, &run[0]) {
            true => "📌".to_owned(),
            false => String::new(),
        });
        writeln!(out, "| pinned | {pinned} |")?;
    }
    writeln!(out)
}

fn is_pinned(compat: &Compat, minor: &crate::compat::Minor) -> bool {
    !(minor.releases & compat.pinned).is_empty()
}
