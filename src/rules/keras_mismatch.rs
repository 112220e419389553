#![doc = include_str!("keras_mismatch.md")]

use crate::advice;
use crate::finding::{Finding, Level};
use crate::names::{Package, RuleId};
use crate::narrow::roots::Elsewhere;
use crate::release::ReleaseTable;
use crate::rule::{RuleMeta, Subject, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP009"),
    name: "keras-mismatch",
    level: Level::Error,
    summary: "The wrong Keras: a name that only `tf.keras` has, or a policy that the layers do not look at.",
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

/// Fires on a policy that is set in one Keras while all layers of the file come from another one,
/// which keeps a policy of its own on a permitted release.
#[must_use]
pub fn other_keras(subject: &Subject<'_>, other: &Elsewhere) -> Finding {
    let message = format!(
        "this policy does not reach the layers, which come from `{}`, another package in {}{}",
        display(other.layers),
        subject.failing_releases(),
        subject.allowed_by(),
    );
    let mut finding = subject.finding(&META, subject.level(), message);
    finding.label = "the policy of another Keras".to_owned();
    let same = ["mixed_precision", "config"]
        .iter()
        .find_map(|module| subject.used.path.find(module))
        .map(|at| format!("{}.{}", other.layers, &subject.used.path[at..]));
    let older = format!("{}.mixed_precision.set_global_policy", other.layers);
    let works = |path: &String| subject.judge.works(path);
    if let Some(setter) = same.into_iter().chain([older]).find(works) {
        finding
            .help
            .push(format!("on this pin: {}", advice::quoted(&setter)));
    }
    finding
}
