#![doc = include_str!("loss_scaling_without_float16.md")]

use crate::api::overlay;
use crate::finding::{Change, Finding, Level, PinLine, Repair};
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
    summary: "Loss scaling where no policy computes in float16, or float16 where there is no GPU.",
    page: include_str!("loss_scaling_without_float16.md"),
};

/// Fires on optimizers that scale the loss where no policy needs it, and on policies of float16 where
/// only builds without a GPU are installed.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Vec<Finding> {
    let mut findings = needless_scaling(file);
    findings.extend(without_gpu(file));
    findings
}

/// The words of code that asks for a GPU before it sets a policy.
const ASKS_FOR_GPU: [&str; 4] = [
    "list_physical_devices",
    "list_logical_devices",
    "is_gpu_available",
    "cuda",
];

fn without_gpu(file: &FileSubject<'_>) -> Vec<Finding> {
    let asks = ASKS_FOR_GPU
        .iter()
        .any(|word| file.file.text.contains(word));
    if asks || !is_without_gpu(file) {
        return Vec::new();
    }
    let policies = file.policies().into_iter();
    policies
        .filter(|set| set.literal == Some("mixed_float16"))
        .filter_map(|set| {
            let place = Place {
                path: &set.used.path,
                span: set.call.span,
                guard: set.used.guard,
                with: &[set.used],
            };
            file.finding(
                "float16-is-slow-without-a-gpu",
                Raised::Nothing,
                place,
                |subject| {
                    let pin = subject
                        .all_pins()
                        .first()
                        .map(|pin| pin.statement().to_owned());
                    let message = format!(
                        "`mixed_float16` is for GPUs, and `{}` uses none",
                        pin.unwrap_or_default()
                    );
                    let mut finding = subject.finding(&META, Level::Note, message);
                    finding.label = "slower than `float32` there".to_owned();
                    finding
                        .help
                        .push("`mixed_bfloat16` is for recent CPUs and for TPUs".to_owned());
                    finding
                },
            )
        })
        .collect()
}

/// Whether every environment installs a build of TensorFlow that uses no GPU.
fn is_without_gpu(file: &FileSubject<'_>) -> bool {
    let environments = &file.judge.scope.environments;
    let builds = &overlay::get().mixed_precision.cpu_only;
    let is_one = |pin: &PinLine| {
        let text = pin.text.trim_start_matches(['"', '\'', ' ']);
        let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let end = text.find(|c| !in_name(c)).unwrap_or(text.len());
        let name = text[..end].to_ascii_lowercase().replace('_', "-");
        builds.contains(&name)
    };
    !environments.is_empty()
        && environments.iter().all(|environment| {
            let pins = &environment.tensorflow.pins;
            !pins.is_empty() && pins.iter().all(is_one)
        })
}

fn needless_scaling(file: &FileSubject<'_>) -> Vec<Finding> {
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
