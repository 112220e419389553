#![doc = include_str!("clipping_in_wrapped_optimizer.md")]

use crate::advice::{self, raised_pin::raise};
use crate::finding::{Finding, Level};
use crate::names::RuleId;
use crate::narrow::Raised;
use crate::python::uses::{Argument, Call};
use crate::rule::RuleMeta;
use crate::rule::training::{FileSubject, Place, is_plain_optimizer, is_scaler};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP029"),
    name: "clipping-in-wrapped-optimizer",
    level: Level::Error,
    summary: "`clipnorm` or `clipvalue` of an optimizer that scales the loss, where the release refuses it.",
    page: include_str!("clipping_in_wrapped_optimizer.md"),
};

/// Fires on optimizers that clip and are made inside the call that wraps or compiles them.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Vec<Finding> {
    file.calls()
        .filter(|(used, _)| is_plain_optimizer(&used.path))
        .filter_map(|(used, call)| {
            let argument = clipping(call)?;
            let name = file.assigned(call.span);
            // Made inside the call, or before it under a name that is given there.
            let holds = |outer: &Call| {
                let inside = outer.span.start < call.span.start && call.span.end < outer.span.end;
                let given = |name: &str| outer.arguments.iter().any(|one| file.value(one) == name);
                inside
                    || outer.body == call.body
                        && call.span.end < outer.span.start
                        && name.is_some_and(|name| {
                            given(name) && !file.assigns_between(call.span, outer.span, name)
                        })
            };
            let wrapper = file
                .calls()
                .find(|(wrapper, outer)| is_scaler(&wrapper.path) && holds(outer));
            let with = match wrapper {
                Some((wrapper, _)) => wrapper,
                None => {
                    // `compile` wraps under the policy that the file sets.
                    file.methods("compile").find(|(method, outer)| {
                        method.object.is_some() && holds(outer)
                    })?;
                    file.mixed_float16()?.used
                }
            };
            let name = argument.keyword.as_deref().unwrap_or_default();
            let place = Place {
                path: &used.path,
                span: argument.name_span,
                guard: used.guard,
                with: &[with],
            };
            file.finding("scaler-refuses-clipping", Raised::Value, place, |subject| {
                let message = format!(
                    "an optimizer that scales the loss refuses `{name}` in {}{}",
                    subject.failing_releases(),
                    subject.allowed_by()
                );
                let mut finding = subject.finding(&META, subject.level(), message);
                finding.symbol = format!("{}({name})", used.path);
                finding.label = "refused when it is wrapped".to_owned();
                finding.help.push("clip the unscaled gradients in a loop of your own, or raise the pin to `tensorflow>=2.4`".to_owned());
                finding.fix = advice::pin(subject).and_then(|pin| raise(subject, &pin));
                finding.run_time = Some(format!(
                    "ValueError: LossScaleOptimizer does not support wrapping optimizers with a {name}"
                ));
                finding
            })
        })
        .collect()
}

fn clipping(call: &Call) -> Option<&Argument> {
    call.arguments
        .iter()
        .find(|one| matches!(one.keyword.as_deref(), Some("clipnorm" | "clipvalue")))
}
