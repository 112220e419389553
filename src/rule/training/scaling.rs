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

    /// The call that computes the gradients which another one applies: the only one of its code, or that
    /// which the other is given, as it stands or by a name that has no other value there.
    fn computes(&self, applied: &Call) -> Option<Span> {
        let body = applied.body;
        let computed = self.methods_in(body, "gradient");
        let applies = ["apply_gradients", "apply"].map(|name| self.methods_in(body, name).len());
        if let [(_, only)] = computed[..]
            && applies.iter().sum::<usize>() == 1
        {
            return Some(only.span);
        }
        let course = self.course()?;
        let given = applied.arguments.first()?;
        let given = course.first_of(given.keyword.is_none().then_some(given.span)?);
        let name = self.text(given);
        let is_given = |call: Span| {
            call == given
                || course.assigned(call) == Some(name)
                    && course.holds_until(call, applied.span, name)
        };
        let mut all = computed.into_iter().map(|(_, call)| call.span);
        all.find(|call| is_given(*call))
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

/// A place that applies gradients: the method, and its call.
pub type Loop<'a> = (&'a MethodCall, &'a Call);

/// The losses of loops of one body, scaled inside their tapes: what loops lack whose optimizers, of the
/// Keras that `path` belongs to, unscale.
#[must_use]
pub fn scaled(file: &FileSubject<'_>, path: &str, loops: &[Loop<'_>]) -> Option<Repair> {
    let (class, _) = scaler(file, path)?;
    let changes = scaling(file, &class, loops)?;
    Some(Repair::on_request(
        "scale the loss inside the tape",
        changes,
    ))
}

fn scaling(file: &FileSubject<'_>, class: &str, loops: &[Loop<'_>]) -> Option<Vec<Change>> {
    let how = how(file, class)?;
    let (mut changes, mut computed) = (Vec::new(), Vec::new());
    for (method, call) in loops {
        let gradient = file.computes(call)?;
        // What two optimizers apply cannot be scaled for both.
        if computed.contains(&gradient) {
            return None;
        }
        computed.push(gradient);
        let receiver = file.text(method.receiver);
        let scale = |by: &str| Change::Scale {
            gradient,
            by: format!("{receiver}.{by}"),
        };
        match how {
            How::Plain => changes.push(scale(PLAIN)),
            How::Pair => changes.extend([
                scale(SCALED),
                Change::Wrap {
                    span: gradient,
                    before: format!("{receiver}.{UNSCALED}("),
                    after: ")".to_owned(),
                },
            ]),
        }
    }
    Some(changes)
}

/// The loops that change with one of them: those of the same code, and those of the same optimizers.
#[must_use]
pub fn together<'a>(file: &FileSubject<'a>, all: &[Loop<'a>], one: Loop<'a>) -> Vec<Loop<'a>> {
    let meet = |left: &Loop<'a>, right: &Loop<'a>| {
        let receiver = |one: &Loop<'a>| file.text(one.0.receiver);
        left.1.body == right.1.body || receiver(left) == receiver(right)
    };
    let mut group = vec![one];
    loop {
        let joins = |other: &&Loop<'a>| {
            let inside = group.iter().any(|known| known.1.span == other.1.span);
            !inside && group.iter().any(|known| meet(known, other))
        };
        let Some(next) = all.iter().find(joins) else {
            // The order of the file, so that each of them gets the same repair.
            group.sort_by_key(|one| one.1.span.start);
            return group;
        };
        group.push(*next);
    }
}

/// The optimizers of loops wrapped where they are made, and the calls that scale: `classes` are those of
/// the optimizers.
#[must_use]
pub fn wrapped(file: &FileSubject<'_>, classes: &[&str], loops: &[Loop<'_>]) -> Option<Repair> {
    let (class, more) = scaler(file, classes.first()?)?;
    let same = |other: &&str| scaler(file, other).is_some_and(|(other, _)| other == class);
    let guard = loops.first()?.0.guard;
    if !classes.iter().all(same) || loops.iter().any(|(method, _)| method.guard != guard) {
        return None;
    }
    let mut receivers: Vec<&str> = loops
        .iter()
        .map(|(method, _)| file.text(method.receiver))
        .collect();
    receivers.sort_unstable();
    receivers.dedup();
    let mut changes = Vec::new();
    for receiver in receivers {
        // A loop that does not change would unscale what it never scaled.
        let others = ["apply_gradients", "apply"]
            .into_iter()
            .flat_map(|name| file.methods(name))
            .filter(|(method, _)| file.text(method.receiver) == receiver);
        let known = |call: &Call| loops.iter().any(|(_, one)| one.span == call.span);
        if others.into_iter().any(|(_, call)| !known(call)) {
            return None;
        }
        let mut made = file.calls().filter(|(used, call)| {
            is_plain_optimizer(&used.path) && file.assigned(call.span) == Some(receiver)
        });
        let (_, made) = made.next().filter(|_| made.next().is_none())?;
        changes.push(Change::Wrap {
            span: made.span,
            before: format!("{{{class}}}("),
            after: format!("{more})"),
        });
    }
    changes.extend(scaling(file, &class, loops)?);
    let title = match loops {
        [_] => "wrap the optimizer and scale the loss",
        _ => "wrap the optimizers and scale the losses",
    };
    Some(Repair::on_request(title, changes))
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
