#![doc = include_str!("keras_mismatch.md")]

use crate::advice;
use crate::finding::{Finding, Level};
use crate::names::{Package, RuleId};
use crate::release::ReleaseTable;
use crate::rule::{RuleMeta, Subject, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP009"),
    name: "keras-mismatch",
    level: Level::Error,
    summary: "The right name through the wrong Keras: `tf.keras` has it, the `keras` package has not.",
    page: include_str!("keras_mismatch.md"),
};

/// Fires on a name of the `keras` package, before Keras 3, that the `tf.keras` of the same
/// environment has on every permitted release.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Option<Finding> {
    if subject.verdict.package != Package::Keras {
        return None;
    }
    let table = ReleaseTable::of(Package::Keras);
    let failing = subject.verdict.failing;
    let split = table.select(|release| ((2, 5)..(3, 0)).contains(&release.minor()));
    if !failing.is_subset(split) {
        return None;
    }
    let name = subject.used.path.strip_prefix("keras.")?;
    let twin = format!("tensorflow.keras.{name}");
    if !subject.judge.works(&twin) {
        return None;
    }
    let message = format!(
        "`{}` is not in the `keras` package of {}{}; TensorFlow's own Keras has it",
        display(&subject.used.path),
        subject.failing_releases(),
        subject.allowed_by(),
    );
    let mut finding = subject.finding(&META, subject.level(), message);
    finding.label = "the other Keras".to_owned();
    // Another name of the same package changes less.
    let new = advice::replacement(subject)
        .filter(|new| new.starts_with("keras."))
        .unwrap_or(twin);
    finding
        .help
        .push(format!("on this pin: {}", advice::quoted(&new)));
    finding.instead = Some(advice::instead(subject, &new));
    finding.run_time = Some(subject.run_time());
    Some(finding)
}
