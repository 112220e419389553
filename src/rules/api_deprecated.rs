#![doc = include_str!("api_deprecated.md")]

use crate::advice;
use crate::api;
use crate::finding::{Finding, Level};
use crate::names::{Package, RuleId};
use crate::narrow::package_of;
use crate::release::ReleaseTable;
use crate::rule::{RuleMeta, Subject, describe, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP003"),
    name: "api-deprecated",
    level: Level::Note,
    summary: "It works, and is deprecated; the replacement already works on the whole pin.",
    page: include_str!("api_deprecated.md"),
};

/// Fires where a permitted release deprecates the symbol, or a later one has dropped it, and the
/// replacement can be had today.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Option<Finding> {
    let path = subject.known_path();
    let symbol = api::lookup(path)?;
    let table = ReleaseTable::of(package_of(path)?);
    if package_of(path) != Some(Package::Tensorflow) && subject.verdict.package != Package::Keras {
        return None;
    }
    let deprecated = api::deprecated(path);
    let here = deprecated & subject.verdict.permitted;
    if here.is_empty() || !subject.verdict.pinned {
        return None;
    }
    let new = advice::lasting_replacement(subject)?;
    let since = table.get(deprecated.oldest()?).row.version;
    let gone = (table.finals() - symbol.present())
        .iter()
        .find(|&index| here.newest().is_some_and(|newest| index > newest));
    let later = gone.map_or(String::new(), |index| {
        format!(" and gone in {}", table.get(index).row.version)
    });
    let message = format!(
        "`{}` is deprecated since {} {since}{later}",
        display(path),
        table.package().title(),
    );
    let mut finding = subject.finding(&META, Level::Note, message);
    finding.label = format!("deprecated in {}", describe(table, here));
    finding.help.push(format!(
        "works on this pin already: {}",
        advice::quoted(&new)
    ));
    finding.instead = Some(advice::instead(subject, &new));
    Some(finding)
}
