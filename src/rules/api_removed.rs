#![doc = include_str!("api_removed.md")]

use crate::advice::{self, Turn};
use crate::finding::{Finding, Level};
use crate::names::RuleId;
use crate::rule::{RuleMeta, Subject, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP002"),
    name: "api-removed",
    level: Level::Error,
    summary: "(Some of) the permitted releases no longer have the symbol.",
    page: include_str!("api_removed.md"),
};

/// Fires where failing releases come after ones that had the symbol.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Option<Finding> {
    let name = display(subject.known_path());
    let turn = advice::turning_point(subject);
    let since = match turn {
        Some(Turn::Gone(first)) => format!("gone since {first}"),
        Some(Turn::Appears(_)) | None => "not in these releases".to_owned(),
    };
    let (verb, label) = if subject.is_of_legacy_keras() {
        let verb = "does not exist in `tf_keras`, which `TF_USE_LEGACY_KERAS` puts in the place \
                    of Keras 3 in";
        (verb, "not in `tf_keras`".to_owned())
    } else {
        ("no longer exists in", since)
    };
    let message = format!(
        "`{name}` {verb} {}{}",
        subject.failing_releases(),
        subject.allowed_by()
    );
    let mut finding = subject.finding(&META, subject.level(), message);
    finding.label = label;
    if let Some(new) = advice::replacement(subject) {
        finding
            .help
            .push(format!("on this pin: {}", advice::quoted(&new)));
        finding.instead = Some(advice::instead(subject, &new));
    }
    if let Some(pin) = advice::pin(subject) {
        let or = if finding.help.is_empty() { "" } else { "or " };
        finding.help.push(format!("{or}change the pin: `{pin}`"));
    }
    let mut said = subject.run_time();
    if subject.is_of_legacy_keras() {
        said = said.replace("'tensorflow.keras", "'tf_keras.api._v2.keras");
    }
    finding.run_time = Some(said);
    Some(finding)
}
