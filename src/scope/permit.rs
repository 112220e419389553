//! What the pins of one environment permit together.
//!
//! Markers part an environment into cells: sets of systems and Pythons on which the same lines
//! hold. Every cell is an installation of its own.

use std::str::FromStr;

use pep508_rs::MarkerTree;

use super::build::whole;
use super::{Permitted, Pinning, ScopeOptions, WithoutWheel};
use crate::finding::PinLine;
use crate::names::Package;
use crate::pins::distribution::Numbering;
use crate::pins::{Choice, Pin, Role, marker};
use crate::release::published::{self, Published, Wheels};
use crate::release::{ReleaseSet, ReleaseTable, specifier};

/// More cells than any project tests; a file that would make more is read as if the markers beyond
/// them always held.
const MAX_CELLS: usize = 64;

/// Parts a set of environments by the markers of some pins. Cells are disjoint and satisfiable.
pub(super) fn cells(pins: &[&Pin], whole: &MarkerTree) -> Vec<MarkerTree> {
    let mut cells = vec![whole.clone()];
    let mut seen: Vec<&MarkerTree> = Vec::new();
    for pin in pins {
        if pin.marker.is_true() || seen.contains(&&pin.marker) {
            continue;
        }
        seen.push(&pin.marker);
        if cells.len() * 2 > MAX_CELLS {
            break;
        }
        let without = pin.marker.negate();
        cells = cells
            .iter()
            .flat_map(|cell| {
                [
                    marker::both(cell, &pin.marker),
                    marker::both(cell, &without),
                ]
            })
            .filter(|cell| !cell.is_false())
            .collect();
    }
    cells
}

/// Whether a pin's marker can hold in a cell.
pub(super) fn holds(pin: &Pin, cell: &MarkerTree) -> bool {
    !pin.marker.is_disjoint(cell)
}

/// What pins that hold together permit of one package.
pub(super) struct Verdict {
    pub(super) permitted: Permitted,
    /// No permitted release runs on the Pythons of the cell; the set was left as it was.
    pub(super) no_python: bool,
}

/// Combines pins: lines of one distribution intersect; distributions beside each other
/// (`tensorflow` and `tensorflow-gpu`) may each be the one that is met. A constraint narrows what
/// a requirement of its distribution installs, and stands for itself where none installs it.
pub(super) fn permit(package: Package, pins: &[&Pin], cell: &MarkerTree) -> Verdict {
    let of_role = |role: Role| {
        pins.iter()
            .copied()
            .filter(move |pin| pin.package() == package && pin.role == role)
    };
    let mut installed: Vec<&Pin> = of_role(Role::Requirement).collect();
    let mut narrowing: Vec<&Pin> = of_role(Role::Constraint).collect();
    if installed.is_empty() {
        std::mem::swap(&mut installed, &mut narrowing);
    }
    narrowing.retain(|narrow| {
        installed
            .iter()
            .any(|pin| pin.distribution == narrow.distribution)
    });
    let mut choices: Vec<(&str, Choice)> = Vec::new();
    for pin in installed.iter().chain(&narrowing) {
        let name = pin.distribution.name.as_str();
        match choices.iter_mut().find(|(other, _)| *other == name) {
            Some((_, choice)) => *choice = both(*choice, pin.choice),
            None => choices.push((name, pin.choice)),
        }
    }
    let choice = choices.iter().map(|&(_, choice)| choice).reduce(either);
    let mut deciding: Vec<&Pin> = installed;
    deciding.extend(narrowing);
    deciding.sort_by_key(|pin| pin.choice == Choice::Any);
    verdict(package, choice, &deciding, cell)
}

fn verdict(package: Package, choice: Option<Choice>, pins: &[&Pin], cell: &MarkerTree) -> Verdict {
    let table = ReleaseTable::of(package);
    let mut no_python = false;
    let (pinning, releases) = match choice {
        Some(Choice::Unknown) => (Pinning::Unknown, ReleaseSet::EMPTY),
        Some(Choice::Releases(set)) => {
            let runs = running(table, set, cell, published(pins));
            no_python = runs.is_empty() && !set.is_empty();
            (Pinning::Versioned, if no_python { set } else { runs })
        }
        Some(Choice::Any) => (Pinning::Unversioned, newest(table, cell, published(pins))),
        None => (Pinning::Absent, newest(table, cell, None)),
    };
    let mut lines: Vec<PinLine> = Vec::new();
    for pin in pins {
        let line = pin.line();
        if !lines.iter().any(|other| other.is(&line)) {
            lines.push(line);
        }
    }
    Verdict {
        permitted: Permitted {
            pinning,
            releases,
            pins: lines,
            disagree: releases.is_empty()
                && !pins.is_empty()
                && pins.iter().all(|pin| match pin.choice {
                    Choice::Any => true,
                    Choice::Releases(set) => !set.is_empty(),
                    Choice::Unknown => false,
                }),
        },
        no_python,
    }
}

fn newest(table: &ReleaseTable, cell: &MarkerTree, wheels: Option<&[Published]>) -> ReleaseSet {
    let usable = table.finals() & table.kept();
    let runs = running(table, usable, cell, wheels);
    table.newest_final(if runs.is_empty() { usable } else { runs })
}

/// Both lines hold.
fn both(left: Choice, right: Choice) -> Choice {
    match (left, right) {
        (Choice::Unknown, _) | (_, Choice::Unknown) => Choice::Unknown,
        (Choice::Any, other) | (other, Choice::Any) => other,
        (Choice::Releases(a), Choice::Releases(b)) => Choice::Releases(a & b),
    }
}

/// One of two builds is met. A build without version says nothing beside one that has one.
fn either(left: Choice, right: Choice) -> Choice {
    match (left, right) {
        (Choice::Unknown, _) | (_, Choice::Unknown) => Choice::Unknown,
        (Choice::Any, other) | (other, Choice::Any) => other,
        (Choice::Releases(a), Choice::Releases(b)) => Choice::Releases(a | b),
    }
}

/// The one distribution that pins install from the index with versions that are the releases: its
/// wheels tell which of them runs where.
fn published(pins: &[&Pin]) -> Option<&'static [Published]> {
    let (first, rest) = pins.split_first()?;
    let of_index = |pin: &&Pin| pin.from_index && pin.distribution == first.distribution;
    let known = first.distribution.numbering == Numbering::Same;
    (known && of_index(first) && rest.iter().all(of_index))
        .then(|| published::versions(&first.distribution.name))?
}

/// The releases of a set that are published for some Python of a cell, by what they say themselves and
/// by their wheels, where these are known.
fn running(
    table: &ReleaseTable,
    set: ReleaseSet,
    cell: &MarkerTree,
    wheels: Option<&[Published]>,
) -> ReleaseSet {
    // The data tells nothing of Python 2.
    let second = MarkerTree::from_str("python_full_version < '3'");
    let wheels = wheels.filter(|_| second.is_ok_and(|second| second.is_disjoint(cell)));
    let mut known: Vec<(&str, Option<Wheels>, bool)> = Vec::new();
    set.iter()
        .filter(|&index| {
            let release = table.get(index);
            let python = release.row.python;
            let wheels = wheels
                .and_then(|all| all.iter().find(|one| one.version == release.version))
                .and_then(Published::wheels);
            let same = |(text, other, _): &&(&str, Option<Wheels>, bool)| {
                *text == python && *other == wheels
            };
            if let Some(&(_, _, runs)) = known.iter().find(same) {
                return runs;
            }
            let runs = pythons(python).is_none_or(|pythons| !pythons.is_disjoint(cell))
                && wheels.as_ref().is_none_or(|wheels| has_wheel(wheels, cell));
            known.push((python, wheels, runs));
            runs
        })
        .collect()
}

/// See [`ScopeOptions::installable`].
pub(super) fn installable(options: &ScopeOptions) -> ReleaseSet {
    let table = ReleaseTable::of(Package::Tensorflow);
    let Some(stated) = &options.python else {
        return table.all();
    };
    let cell = marker::both(&whole(options), stated.pythons.marker());
    running(table, table.all(), &cell, published::versions("tensorflow"))
}

/// See [`ScopeOptions::python_without_wheel`].
pub(super) fn python_without_wheel(pin: &Pin, options: &ScopeOptions) -> Option<WithoutWheel> {
    let wheels = pin.wheels.as_ref().filter(|_| pin.from_index)?;
    let own = pin.python.as_ref().filter(|python| {
        let place = python.line.location.as_ref();
        place.is_some_and(|place| place.file.path == pin.location.file.path)
    });
    let stated = options.python.as_ref().or(own);
    let mut pythons = marker::both(&whole(options), &pin.marker);
    let line = match stated {
        Some(stated) => {
            pythons = marker::both(&pythons, stated.pythons.marker());
            stated.line.clone()
        }
        None => PinLine {
            location: Some(pin.location.clone()),
            text: PinLine::quoted(pin.text.split_once(';')?.1.trim()),
        },
    };
    // Of Python 2 the data knows nothing; a line that never holds installs nothing.
    let second = MarkerTree::from_str("python_full_version < '3'").ok()?;
    if pythons.is_false() || !pythons.is_disjoint(&second) {
        return None;
    }
    (!has_wheel(wheels, &pythons)).then_some(WithoutWheel { line, pythons })
}

/// Whether some Python of a set of environments has one of some wheels.
pub(super) fn has_wheel(wheels: &Wheels, pythons: &MarkerTree) -> bool {
    wheels.ranges().iter().any(|(first, last)| {
        let from = format!("python_full_version >= '3.{first}'");
        let text = match last {
            Some(last) => format!("{from} and python_full_version < '3.{}'", last + 1),
            None => from,
        };
        MarkerTree::from_str(&text).is_ok_and(|range| !range.is_disjoint(pythons))
    })
}

/// The marker of a `Requires-Python`; `None` where none was published.
fn pythons(text: &str) -> Option<MarkerTree> {
    let read = specifier::parse(text).ok()?;
    let mut tree = MarkerTree::TRUE;
    for specifier in read.specifiers.iter() {
        let text = specifier.to_string();
        let number = text.find(|c: char| c.is_ascii_digit())?;
        let (operator, version) = text.split_at(number);
        tree.and(
            MarkerTree::from_str(&format!("python_full_version {operator} '{version}'")).ok()?,
        );
    }
    Some(tree)
}
