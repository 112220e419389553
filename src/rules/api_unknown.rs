#![doc = include_str!("api_unknown.md")]

use crate::advice;
use crate::finding::{Finding, Level};
use crate::names::RuleId;
use crate::narrow::leading;
use crate::rule::{RuleMeta, Subject, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP004"),
    name: "api-unknown",
    level: Level::Error,
    summary: "No release ever had the symbol: a typo, or a half-migrated name.",
    page: include_str!("api_unknown.md"),
};

/// Fires where a module whose whole content is known never had the name.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Option<Finding> {
    if !subject.never_existed() {
        return None;
    }
    let count = subject.known_parts() + 1;
    let wrong = leading(&subject.used.path, count);
    let parent = leading(wrong, count - 1);
    let message = format!(
        "no release of {} has `{}`",
        subject.verdict.package.title(),
        display(wrong)
    );
    let mut finding = subject.finding(&META, subject.level(), message);
    finding.symbol = wrong.to_owned();
    finding.label = format!("`{}` never had this", display(parent));
    if let Some(name) = advice::meant(subject) {
        finding.label = format!("did you mean {}?", advice::quoted(&name));
        finding.instead = Some(advice::instead(subject, &name));
    }
    finding.run_time = Some(subject.run_time());
    Some(finding)
}
