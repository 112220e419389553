//! Which releases some code supports, told: a matrix of minor versions and of what blocks them, for
//! terminals, documents, programs, and as a picture; and the preview of an upgrade.

pub mod json;
pub mod markdown;
mod matrix;
pub mod preview;
pub mod svg;
pub mod terminal;

use crate::compat::{Cause, Compat, PinAdvice, requirement};
use crate::finding::Location;
use crate::names::Package;
use crate::release::{ReleaseSet, ReleaseTable};
use crate::report::{counted, grouped};
use crate::rule::describe;

fn table() -> &'static ReleaseTable {
    ReleaseTable::of(Package::Tensorflow)
}

/// A set of releases in few words; `no release` where it is empty.
fn releases(set: ReleaseSet) -> String {
    if set.is_empty() {
        "no release".to_owned()
    } else {
        describe(table(), set)
    }
}

/// The one sentence that answers the question.
fn headline(compat: &Compat) -> String {
    let supported = compat.supported();
    let of = match &compat.python {
        Some(python) => format!(
            "TensorFlow, of {} with files for {}",
            releases(compat.asked),
            python.trim_start_matches("--")
        ),
        None => "TensorFlow".to_owned(),
    };
    if supported.is_empty() {
        return format!("this code runs on no release of {of}");
    }
    if supported == compat.asked {
        return format!("this code runs on every release of {of}");
    }
    format!("this code runs on {} of {of}", releases(supported))
}

/// What is to be known of ranges and pins: each with the word that leads it.
fn answers(compat: &Compat) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some((first, last)) = compat.widest() {
        let run: ReleaseSet = (first..=last).collect();
        let count = (run & compat.supported()).len();
        rows.push((
            "widest range",
            format!(
                "`{}` ({})",
                requirement((first, last)),
                counted(count, "release")
            ),
        ));
    }
    let pinned = releases(compat.pinned);
    if let (None, Some((best, uses))) = (compat.widest(), compat.closest()) {
        let verb = if uses == 1 { "breaks" } else { "break" };
        rows.push((
            "fewest breaks",
            format!("{}: {} {verb} there", releases(best), counted(uses, "use")),
        ));
    }
    match compat.advice() {
        PinAdvice::Fits => rows.push(("pin", format!("{pinned} works as it is"))),
        PinAdvice::Change(to) => rows.push((
            "pin",
            format!("`{to}` is the nearest that repairs everything; {pinned} does not run"),
        )),
        PinAdvice::Add(to) => rows.push(("pin", format!("nothing pins TensorFlow; `{to}` would"))),
        PinAdvice::Nothing => rows.push(("pin", "no pin repairs everything".to_owned())),
    }
    rows
}

/// How much was looked at, and found.
fn counts(compat: &Compat) -> String {
    let causes = compat.causes();
    let uses: usize = causes.iter().map(|cause| cause.uses).sum();
    let files = counted(compat.files, "file");
    if causes.is_empty() {
        return format!("nothing in {files} blocks a release");
    }
    format!(
        "{} of {} in {files} block {}",
        counted(uses, "use"),
        counted(causes.len(), "symbol"),
        counted((compat.asked - compat.supported()).len(), "release"),
    )
}

/// `src/train.py:9`, with the cell where it is a notebook.
fn place(location: &Location) -> String {
    let line = location.file.line_on_disk(location.span.start);
    let path = &location.file.path;
    match location.file.cell(location.span.start) {
        Some(cell) => format!("{path}:{line} ({cell})"),
        None => format!("{path}:{line}"),
    }
}

/// The first places of a cause, and how many more uses there are.
fn places(cause: &Cause<'_>, most: usize) -> String {
    let mut shown: Vec<String> = Vec::new();
    for place in cause.places.iter().map(|one| place(one)) {
        if shown.len() < most && !shown.contains(&place) {
            shown.push(place);
        }
    }
    let mut text = shown.join(", ");
    match cause.uses.saturating_sub(shown.len()) {
        0 => {}
        1 => text.push_str(" and 1 more use"),
        more => text.push_str(&format!(" and {} more uses", grouped(more))),
    }
    text
}

/// The releases on which a cause fails, of those that were asked about. On others it may be that what it
/// goes through fails already: that it works there is not said.
fn fails_in(compat: &Compat, cause: &Cause<'_>) -> String {
    if compat.asked.is_subset(cause.broken) {
        return "all".to_owned();
    }
    releases(cause.broken & compat.asked)
}

#[cfg(test)]
mod tests;
