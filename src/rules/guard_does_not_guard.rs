#![doc = include_str!("guard_does_not_guard.md")]

use std::sync::Arc;

use crate::finding::{Finding, Level, Location};
use crate::names::RuleId;
use crate::narrow::{self, Judge};
use crate::python::uses::{FileUses, WeakHandler};
use crate::rule::{RuleMeta, display};
use crate::text::SourceFile;

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP041"),
    name: "guard-does-not-guard",
    level: Level::Warning,
    summary: "An `except` clause that cannot catch what a missing name raises in its `try`.",
    page: include_str!("guard_does_not_guard.md"),
};

/// Fires on a handler of the wrong exception around a use that fails on a permitted release.
#[must_use]
pub fn check(
    file: &Arc<SourceFile>,
    uses: &FileUses,
    handler: &WeakHandler,
    judge: &Judge<'_>,
) -> Option<Finding> {
    let used = handler.uses.iter().find_map(|&index| {
        let used = uses.uses.get(index as usize)?;
        let found = narrow::availability(&used.path, used.position, judge.imported)?;
        let verdict = judge.judge(uses, used, &found)?;
        (!verdict.failing.is_empty()).then_some((used, verdict.package))
    });
    let (used, package) = used?;
    let (caught, raised) = if handler.import {
        ("ImportError", "AttributeError")
    } else {
        ("AttributeError", "ImportError")
    };
    let location = Location {
        file: Arc::clone(file),
        span: handler.span,
    };
    let message = format!(
        "`{}` raises an `{raised}` where it is missing, which `except {caught}` does not catch",
        display(&used.path)
    );
    let level = if judge.is_pinned(package) {
        Level::Warning
    } else {
        Level::Note
    };
    let mut finding = Finding::new(META.id, level, location, &*used.path, message);
    finding.label = "guards nothing".to_owned();
    finding.help.push(format!("catch `{raised}`"));
    finding.pins = judge.pins(package);
    Some(finding)
}
