#![doc = include_str!("loss_not_scaled.md")]

use crate::finding::{Finding, Level};
use crate::names::RuleId;
use crate::narrow::Raised;
use crate::python::uses::{Call, Given, MethodCall, Use};
use crate::rule::RuleMeta;
use crate::rule::training::scaling::{self, Loop};
use crate::rule::training::{FileSubject, Place, argument, is_model, is_scaler};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP020"),
    name: "loss-not-scaled",
    level: Level::Error,
    summary: "A training loop whose optimizer unscales gradients of a loss that was never scaled.",
    page: include_str!("loss_not_scaled.md"),
};

/// Fires on loops of a file that apply gradients of an unscaled loss by an optimizer that unscales.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Vec<Finding> {
    let applied = file.methods("apply_gradients").chain(file.methods("apply"));
    let mut all: Vec<(Loop<'_>, String, Option<&Use>)> = applied
        .filter_map(|(method, call)| {
            if !file.has_tape(call.body) || file.scales_loss(call.body) {
                return None;
            }
            let (path, with) = scaled(file, method, call)?;
            Some(((method, call), path, with))
        })
        .collect();
    all.sort_by_key(|((_, call), ..)| call.span.start);
    all.iter()
        .filter_map(|(one, path, with)| {
            let (method, call) = one;
            let with: Vec<&Use> = with.iter().copied().collect();
            let place = Place {
                path,
                span: call.span,
                guard: method.guard,
                with: &with,
            };
            // One repair for all that the same code does.
            let beside = |((other, at), path, _): &&(Loop<'_>, String, Option<&Use>)| {
                let same = *path == *place.path && other.guard == method.guard;
                at.body == call.body && same
            };
            let loops: Vec<Loop<'_>> = all.iter().filter(beside).map(|(one, ..)| *one).collect();
            found(file, method, &loops, place)
        })
        .collect()
}

/// The class whose package decides, where the optimizer is known to scale, and what made it so.
fn scaled<'a>(
    file: &FileSubject<'a>,
    method: &MethodCall,
    call: &Call,
) -> Option<(String, Option<&'a Use>)> {
    if let Some(class) = &method.object {
        return is_scaler(class).then(|| (class.clone(), None));
    }
    // `compile` wraps the optimizer under `mixed_float16`.
    let receiver = file.text(method.receiver);
    let owner = receiver.strip_suffix(".optimizer")?;
    let policy = file.mixed_float16()?;
    let unwrapped = |(_, call): (&MethodCall, &Call)| {
        let named = |name: &str| argument(call, usize::MAX, name);
        named("auto_scale_loss").is_some_and(|one| one.given != Given::Bool(true))
    };
    let given = file.course().is_none_or(|course| course.binds(receiver));
    if given || file.methods("compile").any(unwrapped) {
        return None;
    }
    if owner == "self" {
        let class = model_around(file, call.body)?;
        return Some((class, Some(policy.used)));
    }
    let (compiled, _) = file
        .methods("compile")
        .find(|(compiled, _)| file.text(compiled.receiver) == owner && compiled.object.is_some())?;
    Some((compiled.object.clone()?, Some(policy.used)))
}

/// The class of Keras that a method, or the method around a function, belongs to.
fn model_around(file: &FileSubject<'_>, body: u32) -> Option<String> {
    let mut next = Some(body);
    while let Some(at) = next {
        let body = &file.uses.bodies[at as usize];
        if let Some(class) = &body.method_of {
            return is_model(class).then(|| class.clone());
        }
        next = body.outer;
    }
    None
}

fn found(
    file: &FileSubject<'_>,
    method: &MethodCall,
    loops: &[Loop<'_>],
    place: Place<'_>,
) -> Option<Finding> {
    let receiver = file.text(method.receiver);
    file.finding("gradients-always-unscaled", Raised::Nothing, place, |subject| {
        let message = format!(
            "`{}` divides the gradients by the loss scale, and the loss was not multiplied by it: updates are too small by the scale (32768 at first) in {}{}",
            method.name,
            subject.failing_releases(),
            subject.allowed_by()
        );
        let mut finding = subject.finding(&META, subject.level(), message);
        finding.symbol = format!("{}.{}", place.path, method.name);
        finding.label = "unscales a loss that was not scaled".to_owned();
        finding.help.push(format!(
            "scale the loss inside the tape: `loss = {receiver}.scale_loss(loss)`"
        ));
        finding.repair = scaling::scaled(file, place.path, loops);
        finding
    })
}
