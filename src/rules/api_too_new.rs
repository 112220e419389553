#![doc = include_str!("api_too_new.md")]

use crate::advice::{self, Turn};
use crate::finding::{Finding, Level};
use crate::names::RuleId;
use crate::rule::{RuleMeta, Subject, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP001"),
    name: "api-too-new",
    level: Level::Error,
    summary: "The symbol appears only after (some of) the permitted releases.",
    page: include_str!("api_too_new.md"),
};

/// Fires where the failing releases come before the symbol.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Option<Finding> {
    let Some(Turn::Appears(first)) = advice::turning_point(subject) else {
        return None;
    };
    let name = display(subject.known_path());
    let message = format!(
        "`{name}` does not exist in {}{}",
        subject.failing_releases(),
        subject.allowed_by()
    );
    let mut finding = subject.finding(&META, subject.level(), message);
    finding.label = format!("appears in {first}");
    if let Some(new) = advice::replacement(subject) {
        finding
            .help
            .push(format!("on this pin: {}", advice::quoted(&new)));
        finding.instead = Some(advice::instead(subject, &new));
    }
    if let Some(pin) = advice::pin(subject) {
        finding.help.push(format!("or raise the pin: `{pin}`"));
        finding.fix = advice::raised_pin::raise(subject, &pin);
    }
    finding.run_time = Some(subject.run_time());
    Some(finding)
}
