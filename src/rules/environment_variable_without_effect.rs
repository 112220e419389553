#![doc = include_str!("environment_variable_without_effect.md")]

use std::sync::Arc;

use crate::api::texts::{self, Variable};
use crate::finding::{Change, Finding, Level, Repair};
use crate::names::{Package, RuleId};
use crate::narrow::{Availability, Judge, Raised, below};
use crate::pins;
use crate::python::uses::{FileUses, GuardId, Position, SetVariable, Use};
use crate::release::{ReleaseSet, ReleaseTable};
use crate::rule::{RuleMeta, Subject, display};
use crate::text::{SourceFile, Span};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP031"),
    name: "environment-variable-without-effect",
    level: Level::Warning,
    summary: "An environment variable that (some of) the permitted releases do not read, or that is set too late.",
    page: include_str!("environment_variable_without_effect.md"),
};

/// Where a variable is set.
struct Place<'a> {
    file: &'a Arc<SourceFile>,
    uses: &'a FileUses,
    name: &'a str,
    value: Option<&'a str>,
    span: Span,
    guard: Option<GuardId>,
}

/// Fires where code sets a variable that a permitted release does not read.
#[must_use]
pub fn check(
    file: &Arc<SourceFile>,
    uses: &FileUses,
    variable: &SetVariable,
    vendors: &[&str],
    judge: &Judge<'_>,
) -> Option<Finding> {
    let place = Place {
        file,
        uses,
        name: &variable.name,
        value: variable.value.as_deref(),
        span: variable.span,
        guard: variable.guard,
    };
    let known = known(&place, vendors)?;
    unread(&place, known, judge).or_else(|| {
        let late = known.before.as_deref()?;
        comes_late(uses, variable, late).then(|| too_late(&place, known, judge))?
    })
}

/// Fires where another file sets such a variable.
#[must_use]
pub fn check_stated(
    variable: &pins::Variable,
    vendors: &[&str],
    judge: &Judge<'_>,
) -> Option<Finding> {
    let place = Place {
        file: &variable.location.file,
        uses: &FileUses::default(),
        name: &variable.name,
        value: Some(&variable.value),
        span: variable.location.span,
        guard: None,
    };
    unread(&place, known(&place, vendors)?, judge)
}

/// What is known of a variable that is set to something, where no build of the project reads it in
/// any case.
fn known(place: &Place<'_>, vendors: &[&str]) -> Option<&'static Variable> {
    let known = texts::get().variable(place.name)?;
    let own_build = |vendor: &String| vendors.contains(&vendor.as_str());
    (known.asks(place.value) && !known.vendor.as_ref().is_some_and(own_build)).then_some(known)
}

fn unread(place: &Place<'_>, known: &Variable, judge: &Judge<'_>) -> Option<Finding> {
    let table = ReleaseTable::of(Package::Tensorflow);
    let mut finding = finding(place, table.all() - known.read(), judge, |subject| {
        let unsure = known.harmless && subject.verdict.works_somewhere;
        (!unsure).then(|| {
            format!(
                "`{}` has no effect in {}{}: {}",
                place.name,
                subject.failing_releases(),
                subject.allowed_by(),
                known.because
            )
        })
    })?;
    finding.label = "nothing reads it".to_owned();
    let works = |call: &&String| judge.works(call.split('(').next().unwrap_or(call));
    if let Some(call) = known.instead.iter().find(works) {
        finding
            .help
            .push(format!("on this pin: `{}`", display(call)));
        finding.repair = policy(place, call);
    } else if !known.advice.is_empty() && !known.harmless {
        finding.help.push(known.advice.clone());
    }
    Some(finding)
}

/// A policy in the place of the variable, where the call is spelled out.
fn policy(place: &Place<'_>, call: &str) -> Option<Repair> {
    let (path, arguments) = call.split_once('(')?;
    let put = Change::Put {
        span: place.span,
        text: format!("{{{path}}}({arguments}"),
    };
    let complete = arguments.starts_with('"');
    complete.then(|| Repair::on_request("set a policy", vec![put]))
}

fn too_late(place: &Place<'_>, known: &Variable, judge: &Judge<'_>) -> Option<Finding> {
    let mut finding = finding(place, known.read(), judge, |subject| {
        Some(format!(
            "`{}` is set after TensorFlow was imported, too late for {}",
            place.name,
            subject.failing_releases()
        ))
    })?;
    finding.label = "too late".to_owned();
    finding.help.push(known.advice.clone());
    Some(finding)
}

/// A finding on the permitted releases of a set, with words that may decline it.
fn finding(
    place: &Place<'_>,
    without_effect: ReleaseSet,
    judge: &Judge<'_>,
    message: impl Fn(&Subject<'_>) -> Option<String>,
) -> Option<Finding> {
    let used = Use::of_package(Package::Tensorflow.name(), place.span, place.guard);
    let found = Availability {
        package: Package::Tensorflow,
        absent: without_effect,
        keras: None,
        known_parts: 1,
        never_existed: false,
        legacy: None,
        private: false,
        shallow: ReleaseSet::EMPTY,
    };
    let verdict = judge.judge_raising(Raised::Nothing, place.uses, &used, &found)?;
    if verdict.failing.is_empty() {
        return None;
    }
    let subject = Subject {
        file: place.file,
        uses: place.uses,
        used: &used,
        found: &found,
        verdict: &verdict,
        judge,
    };
    let level = subject.level().min(Level::Warning);
    let mut finding = subject.finding(&META, level, message(&subject)?);
    place.name.clone_into(&mut finding.symbol);
    Some(finding)
}

/// Whether a variable is set, for the first time, where a package was imported before, and its Keras
/// is taken in a way that does not look at the variable again: by an import statement, or earlier.
fn comes_late(uses: &FileUses, variable: &SetVariable, package: &str) -> bool {
    if variable.body != 0 || variable.guard.is_some() {
        return false;
    }
    let set_before = |other: &SetVariable| {
        other.name == variable.name && (other.span < variable.span || other.body != 0)
    };
    if uses.variables.iter().any(set_before) {
        return false;
    }
    let at_top = |used: &&Use| {
        let inside = |body: &Span| body.start <= used.span.start && used.span.end <= body.end;
        used.guard.is_none() && !uses.bodies.iter().skip(1).any(|body| inside(&body.span))
    };
    let before = |used: &&Use| used.span.end <= variable.span.start;
    let keras = format!("{package}.keras");
    let imports = |used: &Use| used.position != Position::Attribute;
    let imported = |used: &Use| imports(used) && below(&used.path, package);
    let mut earlier = uses.uses.iter().filter(at_top).filter(before);
    if !earlier.any(imported) {
        return false;
    }
    let by_statement = |used: &Use| imports(used) && below(&used.path, &keras);
    let taken = |used: &Use| below(&used.path, &keras);
    uses.uses.iter().any(by_statement) || uses.uses.iter().filter(at_top).filter(before).any(taken)
}
