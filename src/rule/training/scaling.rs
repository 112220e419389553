//! Repairs of loops that scale their loss: the calls of Keras 2 and those of Keras 3, and loops that
//! forgot them.

use crate::api::overlay;
use crate::finding::{Change, Repair};
use crate::python::uses::{Call, GuardId, MethodCall};
use crate::text::Span;

use super::{FileSubject, is_plain_optimizer};

/// The names of the calls: scaling and unscaling in Keras 2, scaling in Keras 3.
const SCALED: &str = "get_scaled_loss";
const UNSCALED: &str = "get_unscaled_gradients";
const PLAIN: &str = "scale_loss";

/// How optimizers scale the loss on a pin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// One call scales, another one unscales.
    Pair,
    /// One call scales, and applying gradients unscales them.
    Plain,
}

/// The class of optimizers that scale the loss, of the Keras that a path belongs to, and what else
/// it is given; the first that works on every permitted release.
fn scaler(file: &FileSubject<'_>, path: &str) -> Option<(String, &'static str)> {
    let root = match overlay::below_keras(path) {
        Some(name) => path.strip_suffix(name)?,
        // `tf.optimizers` is a part of `tf.keras`.
        None => "tensorflow.keras.",
    };
    let ways = [
        ("mixed_precision.LossScaleOptimizer", ""),
        (
            "mixed_precision.experimental.LossScaleOptimizer",
            ", \"dynamic\"",
        ),
    ];
    let mut all = ways
        .map(|(name, more)| (format!("{root}{name}"), more))
        .into_iter();
    all.find(|(class, _)| file.judge.works(class))
}

/// How a class scales on every permitted release.
fn how(file: &FileSubject<'_>, class: &str) -> Option<How> {
    let has = |name: &str| file.judge.surely_has(class, name);
    match (has(PLAIN), has(SCALED) && has(UNSCALED)) {
        (true, _) => Some(How::Plain),
        (_, true) => Some(How::Pair),
        _ => None,
    }
}

impl<'a> FileSubject<'a> {
    fn methods_in(&self, body: u32, name: &'a str) -> Vec<(&'a MethodCall, &'a Call)> {
        let all = self.methods(name);
        all.filter(|(_, call)| call.body == body).collect()
    }

    fn only_in(&self, body: u32, name: &'a str) -> Option<(&'a MethodCall, &'a Call)> {
        let found = self.methods_in(body, name);
        (found.len() == 1).then(|| found[0])
    }

    /// Where the name of a method stands.
    fn name_of(&self, method: &MethodCall, call: &Call) -> Option<Span> {
        let after = self.text(Span::new(method.receiver.end, call.span.end));
        let at = u32::try_from(after.find(&*method.name)?).ok()?;
        let start = method.receiver.end + at;
        let length = u32::try_from(method.name.len()).ok()?;
        Some(Span::new(start, start + length))
    }

    /// Whether one body applies gradients by what a method is called on.
    fn applies(&self, body: u32, receiver: &str) -> bool {
        ["apply_gradients", "apply"]
            .into_iter()
            .flat_map(|name| self.methods_in(body, name))
            .any(|(method, _)| self.text(method.receiver) == receiver)
    }

    fn rename(&self, method: &MethodCall, call: &Call, new: &str) -> Option<Change> {
        Some(Change::Put {
            span: self.name_of(method, call)?,
            text: new.to_owned(),
        })
    }
}

/// The one argument of a call, where it has no name.
fn only_argument(call: &Call) -> Option<Span> {
    match &call.arguments[..] {
        [only] if only.keyword.is_none() && !call.is_open() => Some(only.span),
        _ => None,
    }
}

/// The calls of one body that scale and unscale, as the pin has them. `member` is the one that it
/// lacks, `class` whose it is, `at` a place in the call.
#[must_use]
pub fn respelled(file: &FileSubject<'_>, class: &str, member: &str, at: Span) -> Option<Repair> {
    let holds = |call: &Call| call.span.start <= at.start && at.end <= call.span.end;
    let [scaled, unscaled, plain] = [SCALED, UNSCALED, PLAIN];
    let names = [scaled, unscaled, plain];
    let name = names.into_iter().find(|name| *name == member)?;
    let (method, call) = file.methods(name).find(|(_, call)| holds(call))?;
    let (body, guard) = (call.body, method.guard);
    match how(file, class)? {
        How::Plain if name != plain => without_unscaling(file, body, guard),
        How::Pair if name == plain => with_unscaling(file, body, guard),
        How::Plain | How::Pair => None,
    }
}

fn without_unscaling(file: &FileSubject<'_>, body: u32, guard: Option<GuardId>) -> Option<Repair> {
    let (scaled, unscaled) = (
        file.methods_in(body, SCALED),
        file.methods_in(body, UNSCALED),
    );
    let mut changes = Vec::new();
    for (method, call) in &scaled {
        changes.push(file.rename(method, call, PLAIN)?);
    }
    for (_, call) in &unscaled {
        let inner = only_argument(call)?;
        changes.push(Change::Keep {
            outer: call.span,
            inner,
        });
    }
    // Everything that belongs together is here, and runs together.
    let receivers = |list: &[(&MethodCall, &Call)]| -> Vec<&str> {
        let mut names: Vec<&str> = list
            .iter()
            .map(|(one, _)| file.text(one.receiver))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let together = receivers(&scaled) == receivers(&unscaled)
        && receivers(&scaled).iter().all(|one| file.applies(body, one))
        && scaled
            .iter()
            .chain(&unscaled)
            .all(|(one, _)| one.guard == guard);
    let title = "scale as Keras 3 does";
    Some(Repair::safe(title, changes).safe_if(together))
}

fn with_unscaling(file: &FileSubject<'_>, body: u32, guard: Option<GuardId>) -> Option<Repair> {
    let (method, call) = file.only_in(body, PLAIN)?;
    let (gradient, computed) = file.only_in(body, "gradient")?;
    let receiver = file.text(method.receiver);
    let changes = vec![
        file.rename(method, call, SCALED)?,
        Change::Wrap {
            span: computed.span,
            before: format!("{receiver}.{UNSCALED}("),
            after: ")".to_owned(),
        },
    ];
    let together = file.applies(body, receiver) && method.guard == guard && gradient.guard == guard;
    Some(Repair::safe("scale as Keras 2 does", changes).safe_if(together))
}

/// The loss of the one loop of a body, scaled inside its tape: what a loop lacks whose optimizer, of
/// the Keras that `path` belongs to, unscales. `receiver` is the optimizer as written.
#[must_use]
pub fn scaled(file: &FileSubject<'_>, path: &str, receiver: &str, body: u32) -> Option<Repair> {
    let (class, _) = scaler(file, path)?;
    let changes = scaling(file, &class, receiver, body)?;
    Some(Repair::on_request(
        "scale the loss inside the tape",
        changes,
    ))
}

fn scaling(file: &FileSubject<'_>, class: &str, receiver: &str, body: u32) -> Option<Vec<Change>> {
    let (_, computed) = file.only_in(body, "gradient")?;
    let applied =
        file.methods_in(body, "apply_gradients").len() + file.methods_in(body, "apply").len();
    if applied != 1 {
        return None;
    }
    let scale = |by: &str| Change::Scale {
        gradient: computed.span,
        by: format!("{receiver}.{by}"),
    };
    Some(match how(file, class)? {
        How::Plain => vec![scale(PLAIN)],
        How::Pair => vec![
            scale(SCALED),
            Change::Wrap {
                span: computed.span,
                before: format!("{receiver}.{UNSCALED}("),
                after: ")".to_owned(),
            },
        ],
    })
}

/// The optimizer of a loop wrapped where it is made, and the calls that scale: `class` is the class
/// of the optimizer.
#[must_use]
pub fn wrapped(file: &FileSubject<'_>, class: &str, receiver: &str, body: u32) -> Option<Repair> {
    let mut made = file.calls().filter(|(used, call)| {
        is_plain_optimizer(&used.path) && file.assigned(call.span) == Some(receiver)
    });
    let (_, made) = made.next().filter(|_| made.next().is_none())?;
    let (class, more) = scaler(file, class)?;
    let mut changes = vec![Change::Wrap {
        span: made.span,
        before: format!("{{{class}}}("),
        after: format!("{more})"),
    }];
    changes.extend(scaling(file, &class, receiver, body)?);
    Some(Repair::on_request(
        "wrap the optimizer and scale the loss",
        changes,
    ))
}

/// The calls that scale and unscale, without effect: what they are given is what stays.
#[must_use]
pub fn unscaled(file: &FileSubject<'_>) -> Option<Vec<Change>> {
    let calls = [SCALED, UNSCALED, PLAIN]
        .into_iter()
        .flat_map(|name| file.methods(name));
    calls
        .map(|(_, call)| {
            let inner = only_argument(call)?;
            Some(Change::Keep {
                outer: call.span,
                inner,
            })
        })
        .collect()
}
