#![doc = include_str!("policy_name_invalid.md")]

use crate::advice;
use crate::api::texts::{self, PolicyKind};
use crate::finding::{Change, Finding, Level, Repair};
use crate::names::{Package, RuleId};
use crate::narrow::texts::{TextFault, TextRefusal};
use crate::python::uses::{Argument, Call};
use crate::release::ReleaseSet;
use crate::rule::{RuleMeta, Subject, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP023"),
    name: "policy-name-invalid",
    level: Level::Error,
    summary: "A name of a dtype policy that (some of) the permitted releases refuse, or that makes everything 16 bits wide.",
    page: include_str!("policy_name_invalid.md"),
};

/// Fires where a permitted release knows no policy of a name, and where the policy of everything is
/// a dtype of 16 bits.
#[must_use]
pub fn check(subject: &Subject<'_>, call: &Call, refusal: &TextRefusal) -> Option<Finding> {
    let (finding, name) = match &refusal.fault {
        TextFault::Policy {
            kind,
            name,
            version_1,
        } => (refused(subject, *kind, name, *version_1), name),
        TextFault::Sixteen { name } => (sixteen(subject, name), name),
        TextFault::FloatxRefused { .. }
        | TextFault::FloatxNarrow { .. }
        | TextFault::Option { .. } => return None,
    };
    let mut finding = finding;
    let argument = &call.arguments[refusal.argument];
    finding.repair = repair(subject, refusal, argument);
    finding.location.span = argument.span;
    finding.symbol = format!("{}({name})", subject.used.path);
    Some(finding)
}

/// The name that was meant, or the object that stands for the name.
fn repair(subject: &Subject<'_>, refusal: &TextRefusal, argument: &Argument) -> Option<Repair> {
    let argument = argument.span;
    let text = |text: &str| Change::Text {
        argument,
        text: text.to_owned(),
    };
    match &refusal.fault {
        TextFault::Policy { kind, name, .. } => {
            if let Some(class) = object(subject, *kind, name) {
                let title = format!("give the layer a `{}`", display(&class));
                let text = format!("{{{class}}}(\"{name}\")");
                return Some(Repair::safe(title, vec![Change::Value { argument, text }]));
            }
            let meant = meant(subject, *kind, name)?;
            let repair = Repair::safe(format!("use `\"{meant}\"`"), vec![text(meant)]);
            // Where the old name works, the new one may do something else.
            Some(repair.safe_if(!subject.verdict.works_somewhere))
        }
        TextFault::Sixteen { name } => {
            let meant = texts::get().sixteen.meant(name)?;
            Some(Repair::on_request(
                format!("use `\"{meant}\"`"),
                vec![text(meant)],
            ))
        }
        TextFault::FloatxRefused { .. }
        | TextFault::FloatxNarrow { .. }
        | TextFault::Option { .. } => None,
    }
}

fn refused(subject: &Subject<'_>, kind: PolicyKind, name: &str, version_1: bool) -> Finding {
    let releases = subject.failing_releases();
    let allowed = subject.allowed_by();
    let shown = shown(name);
    let first = &texts::get().version_1;
    let only_first = version_1
        && subject.verdict.package == Package::Tensorflow
        && subject.verdict.failing.is_subset(first.releases());
    let message = if only_first {
        format!(
            "`{}` takes {shown} only with 2.x behaviour in {releases}{allowed}",
            callee(subject)
        )
    } else if kind == PolicyKind::Layer && is_policy(subject, name) {
        format!("a layer takes no policy by its name in {releases}{allowed}")
    } else {
        format!("{shown} names no dtype policy in {releases}{allowed}")
    };
    let mut finding = subject.finding(&META, subject.level(), message);
    finding.label = if only_first {
        "refused in 1.x mode".to_owned()
    } else {
        "refused".to_owned()
    };
    if only_first {
        finding.help.push(first.advice.clone());
    } else if let Some(object) = object(subject, kind, name) {
        let object = display(&object);
        finding
            .help
            .push(format!("on this pin: `{object}(\"{name}\")`"));
    } else if let Some(meant) = meant(subject, kind, name) {
        finding.help.push(format!("on this pin: `\"{meant}\"`"));
    }
    if finding.help.is_empty() || !finding.help[0].starts_with("on this pin") {
        let or = if finding.help.is_empty() { "" } else { "or " };
        if let Some(pin) = advice::pin(subject) {
            finding.help.push(format!("{or}change the pin: `{pin}`"));
        }
    }
    finding.run_time = Some(match kind {
        PolicyKind::Layer => format!("TypeError or ValueError: {shown} is no dtype"),
        PolicyKind::Global if only_first => {
            "ValueError: The global policy can only be set to a non-infer policy in TensorFlow 2"
                .to_owned()
        }
        PolicyKind::Global | PolicyKind::Object => {
            format!("ValueError: cannot convert {shown} to a dtype policy")
        }
    });
    finding
}

fn sixteen(subject: &Subject<'_>, name: &str) -> Finding {
    let message = format!(
        "the policy `{name}` makes variables 16 bits wide too, and no loss is scaled for it"
    );
    let level = subject.level().min(Level::Warning);
    let mut finding = subject.finding(&META, level, message);
    finding.label = "not mixed precision".to_owned();
    if let Some(meant) = texts::get().sixteen.meant(name) {
        finding
            .help
            .push(format!("for mixed precision: `\"{meant}\"`"));
    }
    finding
}

/// A name as Python writes it.
fn shown(name: &str) -> String {
    if name == "None" {
        "`None`".to_owned()
    } else {
        format!("`\"{name}\"`")
    }
}

fn callee(subject: &Subject<'_>) -> String {
    display(&subject.used.path)
}

/// Whether TensorFlow has a policy of this name on some release that fails, so that only its place is
/// wrong.
fn is_policy(subject: &Subject<'_>, name: &str) -> bool {
    let object = texts::get().policy(name, PolicyKind::Object);
    subject.verdict.package == Package::Tensorflow
        && subject.verdict.keras.is_none()
        && object.is_some_and(|sets| !(sets.tensorflow & subject.verdict.failing).is_empty())
}

/// The name that was meant, where every release on which this one fails takes it.
fn meant(subject: &Subject<'_>, kind: PolicyKind, name: &str) -> Option<&'static str> {
    let meant = texts::get().policy_meant(name)?;
    let Some(taken) = texts::get().policy(meant, kind) else {
        // A plain dtype, which all releases take.
        return Some(meant);
    };
    let failing = subject.verdict.failing;
    let behind = |absent: ReleaseSet| absent.is_subset(taken.keras);
    let takes = match subject.verdict.package {
        Package::Tensorflow => match subject.verdict.keras {
            Some(keras) => behind(keras.permitted),
            None => failing.is_subset(taken.tensorflow),
        },
        Package::Keras => failing.is_subset(taken.keras),
        Package::TfKeras => failing.is_subset(taken.tf_keras),
    };
    takes.then_some(meant)
}

/// The class of the policy object that stands for a name, where a layer takes only that.
fn object(subject: &Subject<'_>, kind: PolicyKind, name: &str) -> Option<String> {
    if kind != PolicyKind::Layer || !is_policy(subject, name) {
        return None;
    }
    let end = subject.used.path.find(".layers.")?;
    let root = &subject.used.path[..end];
    let classes = &texts::get().layer_object.callables;
    classes
        .iter()
        .map(|class| format!("{root}.{class}"))
        .find(|class| subject.judge.works(class))
}
