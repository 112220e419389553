#![doc = include_str!("loss_scaling_without_float16.md")]

use crate::finding::{Change, Finding, Level, Repair};
use crate::names::RuleId;
use crate::narrow::Raised;
use crate::python::uses::Call;
use crate::rule::RuleMeta;
use crate::rule::training::{FileSubject, Place, is_scaler, scaling};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP030"),
    name: "loss-scaling-without-float16",
    level: Level::Note,
    summary: "Loss scaling in a file whose only policies compute in bfloat16 or float32.",
    page: include_str!("loss_scaling_without_float16.md"),
};

/// Fires on optimizers that scale the loss where no policy needs it.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Vec<Finding> {
    let policies = file.policies();
    let needless =
        |name: Option<&str>| matches!(name, Some("mixed_bfloat16" | "bfloat16" | "float32"));
    let Some(first) = policies.first() else {
        return Vec::new();
    };
    if !policies.iter().all(|set| needless(set.literal)) {
        return Vec::new();
    }
    let policy = first.literal.unwrap_or_default();
    file.calls()
        .filter(|(used, _)| is_scaler(&used.path))
        .filter_map(|(used, call)| {
            let place = Place {
                path: &used.path,
                span: used.span,
                guard: used.guard,
                with: &[first.used],
            };
            file.finding(
                "bfloat16-needs-no-scaling",
                Raised::Nothing,
                place,
                |subject| {
                    let message =
                        format!("loss scaling is for `float16`, and the policy is `{policy}`");
                    let mut finding = subject.finding(&META, Level::Note, message);
                    finding.label = "not needed".to_owned();
                    finding
                        .help
                        .push("use the optimizer without `LossScaleOptimizer`".to_owned());
                    finding.repair = unwrapped(file, call);
                    finding
                },
            )
        })
        .collect()
}

/// The optimizer alone, where it is the only one of the file, with the calls that scale.
fn unwrapped(file: &FileSubject<'_>, call: &Call) -> Option<Repair> {
    let inner = call.arguments.first().filter(|one| one.keyword.is_none())?;
    let many = file
        .calls()
        .filter(|(used, _)| is_scaler(&used.path))
        .count();
    let mut changes = vec![Change::Keep {
        outer: call.span,
        inner: inner.span,
    }];
    changes.extend(scaling::unscaled(file)?);
    (many == 1).then(|| Repair::on_request("do not scale the loss", changes))
}
