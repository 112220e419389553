#![doc = include_str!("output_not_float32.md")]

use crate::api::overlay;
use crate::finding::{Change, Finding, Level, Repair};
use crate::names::RuleId;
use crate::narrow::Raised;
use crate::python::course::Course;
use crate::python::uses::{Call, Given, Use};
use crate::rule::training::{FileSubject, Place, PolicySet, argument, is_model, text_of};
use crate::rule::{RuleMeta, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP022"),
    name: "output-not-float32",
    level: Level::Note,
    summary: "The last layer of a model under a mixed precision policy gives 16 bits.",
    page: include_str!("output_not_float32.md"),
};

/// Fires on layers that are certain to be the last of a model which is trained.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Vec<Finding> {
    let policies = file.policies();
    let mixed =
        |set: &PolicySet<'_>| matches!(set.literal, Some("mixed_float16" | "mixed_bfloat16"));
    let Some(set) = policies.first() else {
        return Vec::new();
    };
    if !policies.iter().all(mixed) {
        return Vec::new();
    }
    let kind = set.literal.unwrap_or_default().trim_start_matches("mixed_");
    file.calls()
        .filter(|(used, call)| is_output(used, call))
        .filter(|(_, call)| {
            // What stands above a policy of the module may have run before it.
            let same = call.body == set.call.body || set.call.body == 0;
            let late = same && call.span.start < set.call.span.start;
            !late && (ends_sequence(file, call) || ends_graph(file, call) || is_added_last(file, call))
        })
        .filter_map(|(used, call)| {
            let place = Place {
                path: &used.path,
                span: used.span,
                guard: used.guard,
                with: &[set.used],
            };
            file.finding("layers-give-compute-type", Raised::Nothing, place, |subject| {
                let message = format!(
                    "`{}` is the last layer, and gives `{kind}` under the policy `mixed_{kind}`",
                    display(&used.path)
                );
                let mut finding = subject.finding(&META, Level::Note, message);
                finding.label = "gives 16 bits".to_owned();
                finding.help.push(
                    "let the last layer compute in full: `dtype='float32'`, or an `Activation` of its own with it"
                        .to_owned(),
                );
                let add = Change::Add {
                    call: call.span,
                    text: "dtype=\"float32\"".to_owned(),
                };
                let title = "let the layer compute in float32";
                finding.repair = Some(Repair::on_request(title, vec![add]));
                finding
            })
        })
        .collect()
}

/// Whether a layer is of those that models end with, and follows the policy.
fn is_output(used: &Use, call: &Call) -> bool {
    let outputs = &overlay::get().mixed_precision.outputs;
    let layer = overlay::below_keras(&used.path).and_then(|name| name.strip_prefix("layers."));
    layer.is_some_and(|name| outputs.iter().any(|known| known == name))
        && call.arguments.iter().all(|one| {
            one.keyword.as_deref() != Some("dtype") && one.given != Given::UnpackedKeywords
        })
}

/// `softmax` and `sigmoid` end models.
fn is_probability(call: &Call) -> bool {
    let named =
        argument(call, usize::MAX, "activation").or_else(|| argument(call, 0, "activation"));
    matches!(text_of(named), Some("softmax" | "sigmoid"))
}

/// The last of the list of a `Sequential` that is trained.
fn ends_sequence(file: &FileSubject<'_>, layer: &Call) -> bool {
    file.calls().any(|(used, model)| {
        let ends = |course: &Course| course.ends_list(model.span, layer.span);
        used.path.ends_with("Sequential")
            && is_model(&used.path)
            && file.course().is_some_and(ends)
            && file
                .assigned(model.span)
                .is_some_and(|name| file.is_trained(name, model.span, None))
    })
}

/// What a `Model` of inputs and outputs has for its only output.
fn ends_graph<'f>(file: &'f FileSubject<'_>, layer: &Call) -> bool {
    let result = |course: &'f Course| course.assigned_result(layer.span);
    let Some(name) = file.course().and_then(result) else {
        return false;
    };
    file.calls().any(|(used, model)| {
        let Some(outputs) = argument(model, 1, "outputs") else {
            return false;
        };
        let whole = || {
            is_probability(layer)
                || file
                    .assigned(model.span)
                    .is_some_and(|name| file.is_trained(name, model.span, None))
        };
        used.path.ends_with("Model")
            && is_model(&used.path)
            && model.body == layer.body
            && layer.span.end < model.span.start
            && file.value(outputs).trim_matches(['[', ']']) == name
            && !file.assigns_between(layer.span, model.span, name)
            && whole()
    })
}

/// What `add` puts at the end of a model that is trained.
fn is_added_last(file: &FileSubject<'_>, layer: &Call) -> bool {
    let added =
        |(used, call): &(&Use, &Call)| used.path.ends_with(".().add") && call.body == layer.body;
    let Some((used, call)) = file
        .calls()
        .filter(added)
        .find(|(_, call)| call.arguments.iter().any(|one| one.span == layer.span))
    else {
        return false;
    };
    let last = !file.calls().filter(added).any(|(other, later)| {
        later.span.start > call.span.start && file.text(other.span) == file.text(used.span)
    });
    let name = file
        .text(used.span)
        .strip_suffix(".add")
        .unwrap_or_default();
    last && file.is_trained(name, call.span, None)
}
