//! The release strip: the minors of a package in a row, those that have a name as blocks, those
//! that lack it as dots, and below them what is permitted.
//!
//! ```text
//! 1.0 ······· 2.3▏2.4 ██████████ 2.22
//!               ▲ permitted
//! ```

use crate::finding::Releases;
use crate::release::ReleaseTable;
use crate::report::printable::width;

/// What the marks below the strip mean.
const WORD: &str = "permitted";

/// What a piece of the strip is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The name of a minor, or a border.
    Label,
    /// Minors whose every release has it.
    Present,
    /// Minors of which some releases have it.
    Partial,
    /// Minors without it.
    Absent,
}

/// A strip, ready to print.
#[derive(Debug, Default)]
pub(crate) struct Strip {
    /// The row of minors.
    pub(crate) pieces: Vec<(String, Kind)>,
    /// The row below it that marks what is permitted.
    pub(crate) marks: String,
}

struct Minor {
    name: String,
    kind: Kind,
    permitted: bool,
}

/// Draws the strip within a number of columns.
pub(crate) fn draw(releases: &Releases, room: usize) -> Strip {
    let minors = minors(releases);
    let runs: Vec<&[Minor]> = minors.chunk_by(|a, b| a.kind == b.kind).collect();
    let mut sizes: Vec<usize> = runs.iter().map(|run| run.len()).collect();
    // Too long a history gives way where it says least: in its longest run.
    while columns(&runs, &sizes) > room {
        let Some(longest) = sizes.iter_mut().filter(|size| **size > 3).max() else {
            break;
        };
        *longest -= 1;
    }
    let mut strip = Strip::default();
    let mut permitted_columns: Vec<(usize, bool)> = Vec::new();
    let mut column = 0;
    for (run, size) in runs.iter().zip(sizes) {
        if column > 0 {
            strip.pieces.push(("▏".to_owned(), Kind::Label));
            column += 1;
        }
        let (first, last) = labels(run);
        column += width(&first);
        strip.pieces.push((first, Kind::Label));
        let (glyph, kind) = match run[0].kind {
            Kind::Present => ('█', Kind::Present),
            Kind::Partial => ('▒', Kind::Partial),
            Kind::Absent | Kind::Label => ('·', Kind::Absent),
        };
        for cell in 0..size {
            let minors = &run[cell * run.len() / size..(cell + 1) * run.len() / size];
            permitted_columns.push((column, minors.iter().any(|minor| minor.permitted)));
            column += 1;
        }
        strip
            .pieces
            .push((std::iter::repeat_n(glyph, size).collect(), kind));
        column += width(&last);
        strip.pieces.push((last, Kind::Label));
    }
    strip.marks = marks(&permitted_columns, room);
    strip
}

fn minors(releases: &Releases) -> Vec<Minor> {
    let table = ReleaseTable::of(releases.package);
    let mut indexes: Vec<usize> = (0..table.releases().len()).collect();
    indexes.sort_by_key(|&index| table.get(index).minor());
    let groups = indexes.chunk_by(|&a, &b| table.get(a).minor() == table.get(b).minor());
    groups
        .map(|group| {
            let (major, minor) = table.get(group[0]).minor();
            // Release candidates speak only for a minor that has nothing else.
            let finals: Vec<usize> = group
                .iter()
                .copied()
                .filter(|&index| !table.get(index).is_prerelease())
                .collect();
            let judged = if finals.is_empty() { group } else { &finals };
            let have = judged
                .iter()
                .filter(|&&index| releases.present.contains(index))
                .count();
            Minor {
                name: format!("{major}.{minor}"),
                kind: match have {
                    0 => Kind::Absent,
                    all if all == judged.len() => Kind::Present,
                    _ => Kind::Partial,
                },
                permitted: group
                    .iter()
                    .any(|&index| releases.permitted.contains(index)),
            }
        })
        .collect()
}

/// What stands before and after the cells of a run: the name of its first and last minor.
fn labels(run: &[Minor]) -> (String, String) {
    match run {
        [only] => (format!("{} ", only.name), String::new()),
        [first, .., last] => (format!("{} ", first.name), format!(" {}", last.name)),
        [] => (String::new(), String::new()),
    }
}

fn columns(runs: &[&[Minor]], sizes: &[usize]) -> usize {
    let text: usize = runs
        .iter()
        .map(|run| {
            let (first, last) = labels(run);
            width(&first) + width(&last)
        })
        .sum();
    text + sizes.iter().sum::<usize>() + runs.len().saturating_sub(1)
}

/// `▲` under a single permitted cell, `└──┘` under neighbours, whatever labels stand between them.
fn marks(cells: &[(usize, bool)], room: usize) -> String {
    let mut row = String::new();
    let mut at = 0;
    for group in cells.chunk_by(|a, b| a.1 == b.1).filter(|group| group[0].1) {
        let (from, to) = (group[0].0, group[group.len() - 1].0);
        row.extend(std::iter::repeat_n(' ', from - at));
        if from == to {
            row.push('▲');
        } else {
            row.push('└');
            row.extend(std::iter::repeat_n('─', to - from - 1));
            row.push('┘');
        }
        at = to + 1;
    }
    let blank = row.len() - row.trim_start().len();
    if row.is_empty() {
        return row;
    }
    if width(&row) + WORD.len() < room {
        row.push(' ');
        row.push_str(WORD);
    } else if blank > WORD.len() {
        row.replace_range(blank - WORD.len() - 1..blank - 1, WORD);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Package;
    use crate::report::samples::releases;

    #[track_caller]
    fn check(permitted: &str, present: &str, room: usize, expect: [&str; 2]) {
        let releases = releases(Package::Tensorflow, permitted, present);
        let strip = draw(&releases, room);
        let row: String = strip.pieces.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!([row.as_str(), strip.marks.as_str()], expect);
    }

    #[test]
    fn a_name_that_appears_after_the_pin() {
        check(
            "==2.3.4",
            ">=2.4",
            90,
            [
                "1.0 ···················· 2.3▏2.4 ███████████████████ 2.22",
                "                       ▲ permitted",
            ],
        );
    }

    #[test]
    fn a_range_over_a_border_keeps_one_bracket() {
        check(
            ">=2.0,<2.9",
            ">=2.4",
            90,
            [
                "1.0 ···················· 2.3▏2.4 ███████████████████ 2.22",
                "                    └────────────────┘ permitted",
            ],
        );
    }

    #[test]
    fn a_lifetime_with_both_ends() {
        check(
            "==2.10.1",
            ">=1.14,<2.9",
            90,
            [
                "1.0 ·············· 1.13▏1.14 ███████████ 2.8▏2.9 ·············· 2.22",
                "                                                  ▲ permitted",
            ],
        );
    }

    #[test]
    fn a_minor_that_has_it_in_part() {
        check(
            "==2.6.0",
            ">=2.6.3",
            90,
            [
                "1.0 ······················ 2.5▏2.6 ▒▏2.7 ████████████████ 2.22",
                "                                   ▲ permitted",
            ],
        );
    }

    #[test]
    fn a_mark_at_the_right_edge_has_its_word_on_the_left() {
        check(
            "==2.21.0",
            "<2.4",
            60,
            [
                "1.0 ████████████████████ 2.3▏2.4 ··················· 2.22",
                "                                        permitted ▲",
            ],
        );
    }

    #[test]
    fn what_has_no_room_is_drawn_shorter() {
        check(
            "==2.3.4",
            ">=2.4",
            40,
            [
                "1.0 ··········· 2.3▏2.4 ███████████ 2.22",
                "              ▲ permitted",
            ],
        );
    }
}
