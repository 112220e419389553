//! What a whole file tells of training in mixed precision: the policies that it sets, the
//! optimizers that scale the loss, and the loops that compute gradients themselves.

pub mod scaling;

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::api::overlay;
use crate::finding::Finding;
use crate::narrow::{Availability, Judge, Raised, availability};
use crate::python::course::Course;
use crate::python::uses::{Argument, Call, FileUses, Given, GuardId, MethodCall, Position, Use};
use crate::release::ReleaseSet;
use crate::text::{SourceFile, Span};

use super::Subject;

/// A file, for rules that look at all of it.
#[derive(Debug)]
pub struct FileSubject<'a> {
    /// The file.
    pub file: &'a Arc<SourceFile>,
    /// What it does with the API.
    pub uses: &'a FileUses,
    /// Judges under the pins of its scope.
    pub judge: &'a Judge<'a>,
    /// The course of its code, for the rules that ask for it.
    course: Rc<OnceCell<Option<Course>>>,
}

/// A place that shows a fault.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The path whose package decides.
    pub path: &'a str,
    /// What is marked.
    pub span: Span,
    /// The condition around it.
    pub guard: Option<GuardId>,
    /// Other uses that have to be reached, and to work, for the fault to show.
    pub with: &'a [&'a Use],
}

/// A call that sets the global policy.
#[derive(Clone, Copy, Debug)]
pub struct PolicySet<'a> {
    /// The use that is called.
    pub used: &'a Use,
    /// The call.
    pub call: &'a Call,
    /// The name of the policy, where it is spelled out.
    pub literal: Option<&'a str>,
}

/// Whether a path is one of some names below the root of Keras.
fn is_one(path: &str, names: &[String]) -> bool {
    overlay::below_keras(path).is_some_and(|name| names.iter().any(|known| known == name))
}

/// Whether a path is the class of optimizers that scale the loss.
#[must_use]
pub fn is_scaler(path: &str) -> bool {
    is_one(path, &overlay::get().mixed_precision.scalers)
}

/// Whether a path is a class of models, which `compile` gives an optimizer.
#[must_use]
pub fn is_model(path: &str) -> bool {
    is_one(path, &overlay::get().mixed_precision.models)
}

/// Whether a path is a class of Keras's current optimizers, one that scales the loss left out.
#[must_use]
pub fn is_plain_optimizer(path: &str) -> bool {
    let name = overlay::below_keras(path).or_else(|| path.strip_prefix("tensorflow."));
    name.and_then(|name| name.strip_prefix("optimizers."))
        .is_some_and(|class| !class.contains('.') && class != "LossScaleOptimizer")
        && !path.starts_with("tensorflow.compat.v1.")
}

fn is_setter(path: &str) -> bool {
    is_one(path, &overlay::get().mixed_precision.setters)
}

fn is_policy(path: &str) -> bool {
    is_one(path, &overlay::get().mixed_precision.policies)
}

/// Whether a path switches the graph rewrite on.
#[must_use]
pub fn is_rewrite(path: &str) -> bool {
    path.starts_with("tensorflow.") && path.ends_with(".enable_mixed_precision_graph_rewrite")
}

/// The argument that a parameter takes by position (base 0) or by name.
#[must_use]
pub fn argument<'c>(call: &'c Call, place: usize, name: &str) -> Option<&'c Argument> {
    let unpacked = |given: &Given| matches!(given, Given::Unpacked | Given::UnpackedKeywords);
    if call.arguments.iter().any(|one| unpacked(&one.given)) {
        return None;
    }
    let by_name = |one: &&Argument| one.keyword.as_deref() == Some(name);
    call.arguments.iter().find(by_name).or_else(|| {
        let one = call.arguments.get(place)?;
        one.keyword.is_none().then_some(one)
    })
}

impl<'a> FileSubject<'a> {
    /// A file under the pins of its scope.
    #[must_use]
    pub fn new(file: &'a Arc<SourceFile>, uses: &'a FileUses, judge: &'a Judge<'a>) -> Self {
        Self {
            file,
            uses,
            judge,
            course: Rc::default(),
        }
    }

    /// The same file under other pins.
    #[must_use]
    pub fn under<'b>(&self, judge: &'b Judge<'b>) -> FileSubject<'b>
    where
        'a: 'b,
    {
        FileSubject {
            file: self.file,
            uses: self.uses,
            judge,
            course: Rc::clone(&self.course),
        }
    }

    /// Its statements and what they bind; nothing where it cannot be read.
    #[must_use]
    pub fn course(&self) -> Option<&Course> {
        let read = || Course::of(&self.file.path, self.file.code());
        self.course.get_or_init(read).as_ref()
    }

    /// Whether a file has anything to do with mixed precision at all.
    #[must_use]
    pub fn concerns(uses: &FileUses) -> bool {
        uses.watched && !uses.calls.is_empty()
    }

    /// The text of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &'a str {
        self.file.text.get(span.range()).unwrap_or("")
    }

    /// The uses that are called, each with its call.
    pub fn calls(&self) -> impl Iterator<Item = (&'a Use, &'a Call)> {
        let uses = self.uses;
        uses.uses
            .iter()
            .filter_map(|used| Some((used, uses.call(used)?)))
    }

    /// One past the last byte of the file.
    #[must_use]
    pub fn end(&self) -> u32 {
        u32::try_from(self.file.text.len()).unwrap_or(u32::MAX)
    }

    /// The calls of a method of some name, each with its arguments.
    pub fn methods(&self, name: &'a str) -> impl Iterator<Item = (&'a MethodCall, &'a Call)> {
        let uses = self.uses;
        uses.methods
            .iter()
            .filter(move |method| &*method.name == name)
            .filter_map(|method| Some((method, uses.calls.get(method.call as usize)?)))
    }

    /// The global policies that the file sets.
    #[must_use]
    pub fn policies(&self) -> Vec<PolicySet<'a>> {
        // Where all policies that are made have one name, an object is of that name.
        let mut names: Vec<Option<&str>> = self
            .calls()
            .filter(|(used, _)| is_policy(&used.path))
            .map(|(_, call)| text_of(argument(call, 0, "name")))
            .collect();
        names.dedup();
        let only = match *names {
            [name] => name,
            _ => None,
        };
        self.calls()
            .filter(|(used, _)| is_setter(&used.path))
            .map(|(used, call)| {
                let given = argument(call, 0, "policy");
                let literal = match given.map(|one| &one.given) {
                    Some(Given::Text(name)) => Some(&**name),
                    Some(Given::Instance(class)) if is_policy(class) => only,
                    _ => None,
                };
                PolicySet {
                    used,
                    call,
                    literal,
                }
            })
            .collect()
    }

    /// The first place that sets `mixed_float16`, in a file that sets no policy which is not
    /// spelled out, and goes back to none that has nothing of 16 bits.
    #[must_use]
    pub fn mixed_float16(&self) -> Option<PolicySet<'a>> {
        let all = self.policies();
        let clear = |set: &PolicySet<'_>| {
            set.literal
                .is_some_and(|name| matches!(name, "mixed_float16" | "mixed_bfloat16"))
        };
        if !all.iter().all(clear) {
            return None;
        }
        all.into_iter()
            .find(|set| set.literal == Some("mixed_float16"))
    }

    /// Whether code around a body, in it, or in a helper without a loop of its own scales a loss.
    #[must_use]
    pub fn scales_loss(&self, body: u32) -> bool {
        let own_loop = |other: u32| {
            ["apply_gradients", "apply"]
                .into_iter()
                .flat_map(|name| self.methods(name))
                .any(|(_, call)| call.body == other)
        };
        ["scale_loss", "get_scaled_loss", "get_unscaled_gradients"]
            .into_iter()
            .flat_map(|name| self.methods(name))
            .any(|(_, call)| {
                call.body == body
                    || self.within(call.body, body)
                    || self.within(body, call.body)
                    || !own_loop(call.body)
            })
            || self
                .text(self.uses.bodies[body as usize].span)
                .contains("loss_scale")
    }

    /// Whether a piece of code lies in another.
    #[must_use]
    pub fn within(&self, inner: u32, outer: u32) -> bool {
        let mut next = self.uses.bodies[inner as usize].outer;
        // The module is around everything and says nothing.
        while let Some(at) = next.filter(|&at| at != 0) {
            if at == outer {
                return true;
            }
            next = self.uses.bodies[at as usize].outer;
        }
        false
    }

    /// Whether a body computes gradients with a tape.
    #[must_use]
    pub fn has_tape(&self, body: u32) -> bool {
        let tape = |used: &Use| used.path.ends_with(".GradientTape");
        let made = self
            .calls()
            .any(|(used, call)| call.body == body && tape(used));
        made && self.methods("gradient").any(|(_, call)| call.body == body)
    }

    /// Whether two places may both be reached in one run, the first before the second.
    #[must_use]
    pub fn in_sequence(&self, first: Span, second: Span) -> bool {
        self.course()
            .is_some_and(|course| course.in_sequence(first, second))
    }

    /// The name, or the attribute of a name, that alone is given a value.
    #[must_use]
    pub fn assigned(&self, value: Span) -> Option<&str> {
        self.course()?.assigned(value)
    }

    /// Whether a name gets another value between two places.
    #[must_use]
    pub fn assigns_between(&self, first: Span, second: Span, name: &str) -> bool {
        self.course()
            .is_none_or(|course| course.binds_between(first, second, name))
    }

    /// The value of an argument as written.
    #[must_use]
    pub fn value(&self, argument: &Argument) -> &'a str {
        let text = self.text(argument.span);
        let value = match &argument.keyword {
            Some(name) => text
                .strip_prefix(&**name)
                .and_then(|rest| rest.trim_start().strip_prefix('=')),
            None => None,
        };
        value.unwrap_or(text).trim()
    }

    /// Whether a model of this name is compiled or trained after a place, in the same code where
    /// one is given.
    #[must_use]
    pub fn is_trained(&self, name: &str, after: Span, body: Option<u32>) -> bool {
        let calls = self.methods("compile").chain(self.methods("fit"));
        calls.into_iter().any(|(method, call)| {
            call.span.start >= after.end
                && body.is_none_or(|body| call.body == body)
                && self.text(method.receiver) == name
        })
    }

    /// Makes a finding of a place where some permitted releases do what the overlay tells.
    pub fn finding(
        &self,
        behaviour: &str,
        raised: Raised,
        place: Place<'_>,
        make: impl FnOnce(&Subject<'_>) -> Finding,
    ) -> Option<Finding> {
        let known = overlay::get().behaviour(behaviour)?;
        let there = availability(place.path, Position::Attribute, self.judge.imported)?;
        let found = faulty(&there, known);
        let used = Use {
            path: place.path.into(),
            position: Position::Attribute,
            span: place.span,
            member: None,
            guard: place.guard,
            via: None,
            alias_parts: 0,
            called: true,
            call: None,
            by_name: false,
        };
        let mut verdict = self.judge.judge_raising(raised, self.uses, &used, &found)?;
        // Where a name is missing, or its line is not reached, there is nothing to be seen.
        let mut elsewhere = self.judge.failing(&there);
        for other in place.with {
            let there = availability(&other.path, other.position, self.judge.imported)?;
            let reached = self.judge.reached(self.uses, other.guard, found.package)?;
            if there.package == found.package {
                elsewhere = elsewhere | self.judge.failing(&there);
            }
            verdict.failing = verdict.failing & reached;
        }
        verdict.failing = verdict.failing - elsewhere;
        let works = verdict.permitted - verdict.failing - elsewhere;
        verdict.works_somewhere &= !works.is_empty();
        if verdict.failing.is_empty() {
            return None;
        }
        Some(make(&Subject {
            file: self.file,
            uses: self.uses,
            used: &used,
            found: &found,
            verdict: &verdict,
            judge: self.judge,
        }))
    }
}

/// The text that an argument is.
#[must_use]
pub fn text_of(argument: Option<&Argument>) -> Option<&str> {
    match argument.map(|one| &one.given) {
        Some(Given::Text(text)) => Some(text),
        _ => None,
    }
}

/// The same path, with the releases that show a behaviour in the place of those that lack it.
fn faulty(there: &Availability, known: &overlay::Behaviour) -> Availability {
    let mut found = there.clone();
    found.absent = known.releases.of(found.package);
    found.shallow = ReleaseSet::EMPTY;
    if let Some(part) = &mut found.keras {
        part.absent = known.releases.keras;
    }
    if let Some(part) = &mut found.legacy {
        part.absent = known.releases.tf_keras;
    }
    found
}
