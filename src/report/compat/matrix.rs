//! The matrix: a row for all of the code and one for each cause, a cell for each minor version.

use crate::compat::{Cause, Compat, Mark, Minor};
use crate::release::ReleaseSet;

/// A block of minors with one major number, as it is drawn: from which column on, and how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Major {
    pub(super) number: String,
    pub(super) minors: Vec<Minor>,
}

/// The minors by their major number.
pub(super) fn majors(compat: &Compat) -> Vec<Major> {
    let mut majors: Vec<Major> = Vec::new();
    for minor in compat.minors() {
        let number = minor.name.split('.').next().unwrap_or_default().to_owned();
        match majors.last_mut() {
            Some(last) if last.number == number => last.minors.push(minor),
            _ => majors.push(Major {
                number,
                minors: vec![minor],
            }),
        }
    }
    majors
}

/// Where the names of minors stand above their cells: every fifth one, as far as they have room.
pub(super) fn ruler(majors: &[Major]) -> String {
    let mut row = String::new();
    let mut column = 0;
    for major in majors {
        for (place, minor) in major.minors.iter().enumerate() {
            let (at, is_last) = (column + place, place + 1 == major.minors.len());
            let free = row.chars().count();
            if place % 5 == 0 && (free == 0 || free < at) && !is_last {
                row.push_str(&" ".repeat(at - free));
                row.push_str(&minor.name);
            }
        }
        column += major.minors.len() + 1;
    }
    row
}

/// The columns of the matrix.
pub(super) fn width(majors: &[Major]) -> usize {
    let cells: usize = majors.iter().map(|major| major.minors.len()).sum();
    cells + majors.len().saturating_sub(1)
}

/// A row: how each minor fares where some releases are good; `None` between two major numbers.
pub(super) fn row(majors: &[Major], good: ReleaseSet) -> Vec<Option<Mark>> {
    let mut row = Vec::new();
    for (place, major) in majors.iter().enumerate() {
        row.extend((place > 0).then_some(None));
        let marks = major.minors.iter().map(|minor| Compat::mark(minor, good));
        row.extend(marks.map(Some));
    }
    row
}

/// The row of a cause.
pub(super) fn of_cause(majors: &[Major], compat: &Compat, cause: &Cause<'_>) -> Vec<Option<Mark>> {
    row(majors, compat.asked - cause.broken)
}

/// Causes that fail on the same releases, in the order of their first ones.
pub(super) fn groups<'g, 'c>(causes: &'g [Cause<'c>]) -> Vec<Vec<&'g Cause<'c>>> {
    let mut groups: Vec<Vec<&Cause<'_>>> = Vec::new();
    for cause in causes {
        let same = |group: &&mut Vec<&Cause<'_>>| group[0].broken == cause.broken;
        match groups.iter_mut().find(same) {
            Some(group) => group.push(cause),
            None => groups.push(vec![cause]),
        }
    }
    groups
}

/// The cell of all of the code.
pub(super) const fn code_cell(mark: Option<Mark>) -> char {
    match mark {
        Some(Mark::All) => '█',
        Some(Mark::Some) => '▒',
        Some(Mark::None) => '·',
        Some(Mark::NotAsked) | None => ' ',
    }
}

/// The cell of a cause: what works is not marked.
pub(super) const fn cause_cell(mark: Option<Mark>) -> char {
    match mark {
        Some(Mark::All) => '·',
        Some(Mark::Some) => '~',
        Some(Mark::None) => '×',
        Some(Mark::NotAsked) | None => ' ',
    }
}

/// The marks below the cells that the pins permit.
pub(super) fn pinned(majors: &[Major], compat: &Compat) -> String {
    let marks = row(majors, compat.pinned);
    let cells = marks.into_iter().map(|mark| match mark {
        Some(Mark::All | Mark::Some) => '▲',
        _ => ' ',
    });
    cells.collect::<String>().trim_end().to_owned()
}
