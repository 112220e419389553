#![doc = include_str!("api_stub.md")]

use crate::advice;
use crate::api::overlay;
use crate::finding::{Finding, Level};
use crate::names::RuleId;
use crate::narrow::package_of;
use crate::release::ReleaseTable;
use crate::rule::{RuleMeta, Subject, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP005"),
    name: "api-stub",
    level: Level::Error,
    summary: "The name resolves, and raises when it is called.",
    page: include_str!("api_stub.md"),
};

/// Fires on calls of names that the overlay lists as stubs.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Option<Finding> {
    if !subject.used.called {
        return None;
    }
    let path = &subject.used.path;
    let (stub, on_keras) = overlay::get().stubs.iter().find_map(|stub| {
        let under = |path: &str| {
            path.strip_prefix(stub.prefix.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        };
        if under(path) {
            return Some((stub, false));
        }
        let behind = subject.found.keras.as_ref()?;
        under(&behind.path).then_some((stub, true))
    })?;
    let environments = &subject.judge.scope.environments;
    if on_keras && environments.iter().any(|one| one.legacy_keras) {
        return None;
    }
    let package = if on_keras {
        subject.verdict.package
    } else {
        package_of(&stub.prefix)?
    };
    let failing = if on_keras {
        let part = subject.found.keras.as_ref()?;
        subject.verdict.permitted & part.releases
    } else {
        subject.verdict.permitted & stub.releases
    };
    if failing.is_empty() {
        return None;
    }
    let level = if !subject.verdict.pinned {
        Level::Note
    } else if failing == subject.verdict.permitted {
        Level::Error
    } else {
        Level::Warning
    };
    let releases = crate::rule::describe(ReleaseTable::of(package), failing);
    let message = format!(
        "`{}` raises when it is called in {} {releases}",
        display(path),
        package.title(),
    );
    let mut finding = subject.finding(&META, level, message);
    finding.label = "a stub that only raises".to_owned();
    if let Some(facts) = &mut finding.releases {
        facts.failing = failing;
        facts.present = facts.present - failing;
    }
    if finding.pins.is_empty() {
        finding.pins = subject.all_pins();
    }
    finding.help.push(stub.advice.clone());
    finding.instead = advice::replacement(subject).map(|new| advice::instead(subject, &new));
    finding.run_time = Some(format!("{}: {}", stub.error, stub.message));
    Some(finding)
}
