#![doc = include_str!("private_api.md")]

use crate::advice;
use crate::api::overlay;
use crate::finding::{Finding, Level, Safety};
use crate::names::RuleId;
use crate::rule::{RuleMeta, Subject, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP008"),
    name: "private-api",
    level: Level::Note,
    summary: "A private module of TensorFlow or Keras, which any release may move or drop.",
    page: include_str!("private_api.md"),
};

/// Fires on paths through modules that are no part of the public API.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Option<Finding> {
    if !subject.found.private {
        return member(subject);
    }
    let path = subject.known_path();
    let (level, message) = if subject.verdict.failing.is_empty() {
        let message = format!("`{path}` is private and may go with any release");
        (Level::Note, message)
    } else {
        let message = format!(
            "the private module `{path}` does not exist in {}{}",
            subject.failing_releases(),
            subject.allowed_by(),
        );
        (subject.level(), message)
    };
    let mut finding = subject.finding(&META, level, message);
    finding.label = "not part of the public API".to_owned();
    if let Some(public) = public_twin(subject) {
        finding
            .help
            .push(format!("public name: {}", advice::quoted(&public)));
        let mut instead = advice::instead(subject, &public);
        if finding.level != Level::Error {
            // Where the private copy works, the public one has another state.
            instead.safety = Safety::Unsafe;
        }
        finding.instead = Some(instead);
    }
    if finding.level == Level::Note && subject.verdict.failing.is_empty() {
        finding.pins = Vec::new();
        finding.releases = None;
    } else {
        finding.run_time = Some(subject.run_time());
    }
    Some(finding)
}

/// A private member that works here and that later releases lack, where its public name works on the
/// whole pin.
fn member(subject: &Subject<'_>) -> Option<Finding> {
    let path = &subject.used.path;
    let known = overlay::get().private_member(path)?;
    let (class, name) = path.split_once(".().")?;
    if !subject.verdict.failing.is_empty() || !subject.verdict.pinned {
        return None;
    }
    let repair = advice::members::repair(subject, class, name)?;
    let message = format!(
        "`{}` is private and may go with any release",
        display(&path.replace(".().", "."))
    );
    let mut finding = subject.finding(&META, Level::Note, message);
    finding.label = "not part of the public API".to_owned();
    finding.help.push(known.advice.clone());
    finding.repair = Some(repair);
    finding.pins = Vec::new();
    finding.releases = None;
    Some(finding)
}

/// The public name of the same thing, where it works on the whole pin.
fn public_twin(subject: &Subject<'_>) -> Option<String> {
    let public = advice::public_name(&subject.used.path)?;
    subject
        .judge
        .works(&public)
        .then_some(public)
        .or_else(|| advice::replacement(subject))
}
