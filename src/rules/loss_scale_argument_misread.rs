#![doc = include_str!("loss_scale_argument_misread.md")]

use crate::finding::{Change, Finding, Level, Repair};
use crate::names::RuleId;
use crate::narrow::Raised;
use crate::python::uses::{Argument, Call, Given};
use crate::rule::training::{FileSubject, Place, argument, is_scaler};
use crate::rule::{RuleMeta, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP024"),
    name: "loss-scale-argument-misread",
    level: Level::Error,
    summary: "An argument of `LossScaleOptimizer` that Keras 3 takes for the initial scale, or a second wrapping.",
    page: include_str!("loss_scale_argument_misread.md"),
};

/// Fires on optimizers whose second argument was meant for another release, or wrapped twice.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Vec<Finding> {
    file.calls()
        .filter(|(used, _)| is_scaler(&used.path))
        .filter_map(|(used, call)| {
            let inner = argument(call, 0, "inner_optimizer");
            let twice = inner.filter(|one| {
                matches!(&one.given, Given::Instance(class) if is_scaler(class))
            });
            let (span, what, help, change) = if let Some(inner) = twice {
                let what = "wraps an optimizer that scales the loss already: updates are too small by the scale (32768 at first)";
                (inner.span, what, "wrap the optimizer once", once(file, call, inner))
            } else {
                let second = argument(call, 1, "initial_scale")?;
                let what = match &second.given {
                    Given::Text(_) => "takes this text for its initial scale and raises when the scale is used",
                    Given::Bool(true) => "takes `True` for an initial scale of 1: gradients are not protected",
                    Given::Bool(false) => "takes `False` for an initial scale of 0: weights become NaN",
                    _ => return None,
                };
                let drop = Change::Drop {
                    call: call.span,
                    argument: second.span,
                };
                let help = "leave the argument out: the scale is dynamic without it";
                (second.span, what, help, Some(drop))
            };
            let place = Place {
                path: &used.path,
                span,
                guard: used.guard,
                with: &[],
            };
            file.finding("second-argument-is-initial-scale", Raised::Nothing, place, |subject| {
                let message = format!(
                    "`{}` {what} in {}{}",
                    display(&used.path),
                    subject.failing_releases(),
                    subject.allowed_by()
                );
                let mut finding = subject.finding(&META, subject.level(), message);
                finding.label = "not what it was meant for".to_owned();
                finding.help.push(help.to_owned());
                finding.repair = change.map(|change| Repair::safe(help, vec![change]));
                finding
            })
        })
        .collect()
}

/// One of two wrappers goes: the outer one, or the inner one where that says nothing of its own.
fn once(file: &FileSubject<'_>, outer: &Call, inner: &Argument) -> Option<Change> {
    let keep = |outer, inner: &Argument| {
        let plain = inner.keyword.is_none();
        plain.then_some(Change::Keep {
            outer,
            inner: inner.span,
        })
    };
    if outer.arguments.len() == 1 {
        return keep(outer.span, inner);
    }
    let (_, call) = file.calls().find(|(_, call)| call.span == inner.span)?;
    match &call.arguments[..] {
        [only] => keep(call.span, only),
        _ => None,
    }
}
