#![doc = include_str!("optimizer_not_wrapped.md")]

use crate::finding::{Finding, Level};
use crate::names::RuleId;
use crate::narrow::Raised;
use crate::python::uses::{MethodCall, Use};
use crate::rule::RuleMeta;
use crate::rule::training::scaling::{self, Loop};
use crate::rule::training::{FileSubject, Place, is_plain_optimizer, is_scaler};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP021"),
    name: "optimizer-not-wrapped",
    level: Level::Warning,
    summary: "A training loop under `mixed_float16` whose optimizer does not scale the loss.",
    page: include_str!("optimizer_not_wrapped.md"),
};

/// Fires on loops that apply float16 gradients by an optimizer that is known to be a plain one.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Vec<Finding> {
    let Some(policy) = file.mixed_float16() else {
        return Vec::new();
    };
    let scales = file.uses.uses.iter().any(|used| is_scaler(&used.path))
        || file.file.text.contains("loss_scale")
        || file.methods("compile").next().is_some();
    if scales {
        return Vec::new();
    }
    let applied = file.methods("apply_gradients").chain(file.methods("apply"));
    let all: Vec<Loop<'_>> = applied
        .filter(|(method, call)| {
            class_of(method).is_some() && file.has_tape(call.body) && !file.scales_loss(call.body)
        })
        .collect();
    all.iter()
        .filter_map(|one| found(file, policy.used, one, &all))
        .collect()
}

/// The class of a plain optimizer that applies gradients.
fn class_of(method: &MethodCall) -> Option<&str> {
    let class = method.object.as_deref();
    class.filter(|class| is_plain_optimizer(class))
}

fn found<'a>(
    file: &FileSubject<'a>,
    policy: &Use,
    (method, call): &Loop<'a>,
    all: &[Loop<'a>],
) -> Option<Finding> {
    let class = class_of(method)?;
    let place = Place {
        path: class,
        span: call.span,
        guard: method.guard,
        with: &[policy],
    };
    let receiver = file.text(method.receiver);
    file.finding("small-gradients-vanish", Raised::Nothing, place, |subject| {
        let message = format!(
            "`{receiver}` does not scale the loss under `mixed_float16`: small gradients become zero in {}",
            subject.failing_releases()
        );
        let mut finding = subject.finding(&META, subject.level().min(Level::Warning), message);
        finding.symbol = format!("{class}.{}", method.name);
        finding.label = "float16 gradients without loss scaling".to_owned();
        finding.help.push(if subject.judge.works("tensorflow.keras.mixed_precision.LossScaleOptimizer") {
            format!("wrap it: `{receiver} = tf.keras.mixed_precision.LossScaleOptimizer({receiver})`, and scale the loss")
        } else {
            format!("wrap it: `{receiver} = tf.keras.mixed_precision.experimental.LossScaleOptimizer({receiver}, 'dynamic')`, and scale the loss")
        });
        let loops = scaling::together(file, all, (method, call));
        let classes: Vec<&str> = loops.iter().filter_map(|(method, _)| class_of(method)).collect();
        finding.repair = scaling::wrapped(file, &classes, &loops);
        finding
    })
}
