#![doc = include_str!("policy_set_too_late.md")]

use crate::api::overlay;
use crate::finding::{Change, Finding, Level, Repair};
use crate::names::RuleId;
use crate::narrow::Raised;
use crate::rule::RuleMeta;
use crate::rule::training::{FileSubject, Place, PolicySet, argument, is_model, text_of};
use crate::text::Span;

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP027"),
    name: "policy-set-too-late",
    level: Level::Warning,
    summary: "A mixed precision policy that is set after the model that is trained was built.",
    page: include_str!("policy_set_too_late.md"),
};

/// Fires on policies that come after a model in the same code, which is trained after them.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Vec<Finding> {
    let policies = file.policies();
    let Some(first) = policies.first() else {
        return Vec::new();
    };
    // A second policy may undo or repeat the first: only the first is judged.
    let mixed = first.literal.is_some_and(|name| name.starts_with("mixed_"));
    if !mixed {
        return Vec::new();
    }
    late(file, first).into_iter().collect()
}

fn late(file: &FileSubject<'_>, set: &PolicySet<'_>) -> Option<Finding> {
    let (built, name) = file.calls().find_map(|(used, call)| {
        let before = call.body == set.call.body && call.span.end <= set.call.span.start;
        if !is_model(&used.path) || !before || !file.in_sequence(call.span, set.call.span) {
            return None;
        }
        let name = file.assigned(call.span)?;
        let rebuilt = Span::new(file.end(), file.end());
        let again = file.assigns_between(call.span, rebuilt, name);
        (!again && file.is_trained(name, set.call.span, Some(set.call.body)))
            .then_some((used, name))
    })?;
    let place = Place {
        path: &set.used.path,
        span: set.call.span,
        guard: set.used.guard,
        with: &[built],
    };
    file.finding(
        "layers-keep-their-policy",
        Raised::Nothing,
        place,
        |subject| {
            let message = format!(
                "the policy is set after `{name}` was built: its layers stay `float32` in {}",
                subject.failing_releases()
            );
            let mut finding = subject.finding(&META, subject.level().min(Level::Warning), message);
            finding.label = format!("too late for `{name}`");
            finding
                .help
                .push(format!("set the policy before `{name}` is built"));
            finding.repair = earlier(file, set);
            finding
        },
    )
}

/// The policy before the first thing of Keras in the same code, where nothing that it needs comes
/// later.
fn earlier(file: &FileSubject<'_>, set: &PolicySet<'_>) -> Option<Repair> {
    text_of(argument(set.call, 0, "policy"))?;
    let builds = |path: &str| {
        is_model(path)
            || overlay::below_keras(path).is_some_and(|name| {
                let first = name.split('.').next().unwrap_or(name);
                matches!(first, "Input" | "layers" | "applications")
            })
    };
    let mut built = file.calls().filter(|(used, call)| {
        call.body == set.call.body && call.span.end <= set.call.span.start && builds(&used.path)
    });
    let (_, first) = built.next()?;
    let bound = file.uses.uses.get(set.used.via? as usize)?;
    let change = Change::Move {
        at: set.call.span,
        before: first.span,
    };
    (bound.span.end < first.span.start)
        .then(|| Repair::on_request("set the policy first", vec![change]))
}
