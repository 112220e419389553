//! What would repair the findings as a whole: the fixes that there are, and the pins that are offered.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Links;
use super::table::{name, pin_code, pinned_by};
use crate::report::{Report, ScopeLine, counted, grouped};

/// More pins than this are too many to choose from.
const MOST: usize = 10;

/// The section; nothing where no way out is known.
pub(super) fn section(report: &Report, links: Links<'_>) -> String {
    let mut ways: Vec<String> = fixes(report).into_iter().collect();
    ways.extend(pins(report, links).into_iter().take(MOST));
    if ways.is_empty() {
        return String::new();
    }
    let mut text = "### What would repair this\n\n".to_owned();
    for way in ways {
        text.push_str(&format!("* {way}\n"));
    }
    text.push('\n');
    text
}

/// How far `tfmp fix` goes.
fn fixes(report: &Report) -> Option<String> {
    let counts = report.counts();
    let all = report.findings.len();
    let of = |count: usize| match (count == all, all) {
        (true, 1) => "the finding".to_owned(),
        (true, _) => format!("all {} findings", grouped(all)),
        (false, _) => format!("{} of {} findings", grouped(count), grouped(all)),
    };
    let unsafe_command = "`tfmp fix --unsafe`";
    match (counts.safe_fixes, counts.unsafe_fixes) {
        (0, 0) => None,
        (safe, 0) => Some(format!("`tfmp fix` repairs {}", of(safe))),
        (0, other) => Some(format!(
            "{unsafe_command} repairs {}; look at the changes before you keep them",
            of(other)
        )),
        (safe, other) => Some(format!(
            "`tfmp fix` repairs {}, and {unsafe_command} {} more; look at those before you keep them",
            of(safe),
            grouped(other)
        )),
    }
}

/// The pin that ends most findings of each folder, the most useful first.
fn pins(report: &Report, links: Links<'_>) -> Vec<String> {
    // By folder: the findings in all, and how many of them each pin would end.
    let mut offers: BTreeMap<&str, (&ScopeLine, usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    for finding in &report.findings {
        let Some(scope) = report.governing(&finding.location.file.path) else {
            continue;
        };
        let entry = offers.entry(&scope.folder);
        let (_, all, pins) = entry.or_insert((scope, 0, BTreeMap::new()));
        *all += 1;
        if let Some(pin) = finding.pin_offered() {
            *pins.entry(pin).or_default() += 1;
        }
    }
    let best = |pins: &BTreeMap<&str, usize>| {
        let best = pins
            .iter()
            .max_by_key(|&(pin, count)| (*count, Reverse(*pin)));
        best.map(|(pin, count)| ((*pin).to_owned(), *count))
    };
    let mut ways: Vec<(usize, String)> = offers
        .values()
        .filter_map(|(scope, all, pins)| {
            let (pin, count) = best(pins)?;
            let name = name(scope);
            let ends = match (count == *all, *all) {
                (true, 1) => format!("ends the finding in {name}"),
                (true, all) => format!("ends all {} in {name}", counted(all, "finding")),
                (false, all) => {
                    let (count, all) = (grouped(count), counted(all, "finding"));
                    format!("ends {count} of {all} in {name}")
                }
            };
            let old = pinned_by(scope.pin.as_ref(), links);
            Some((
                count,
                format!("the pin {} in place of {old} {ends}", pin_code(&pin)),
            ))
        })
        .collect();
    ways.sort_by_key(|(count, _)| Reverse(*count));
    ways.into_iter().map(|(_, way)| way).collect()
}
