#![doc = include_str!("float16_floatx.md")]

use crate::advice;
use crate::api::texts::Floatx;
use crate::finding::{Change, Finding, Level, Repair};
use crate::names::RuleId;
use crate::narrow::texts::{TextFault, TextRefusal};
use crate::python::uses::{Call, Use};
use crate::rule::{RuleMeta, Subject, display};
use crate::text::Span;

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP026"),
    name: "float16-floatx",
    level: Level::Warning,
    summary: "`set_floatx(\"float16\")` taken for mixed precision, or a float type that the permitted releases refuse.",
    page: include_str!("float16_floatx.md"),
};

/// Fires where the float type of Keras becomes `float16`, or a text that it cannot be.
#[must_use]
pub fn check(subject: &Subject<'_>, call: &Call, refusal: &TextRefusal) -> Option<Finding> {
    let mut finding = match &refusal.fault {
        TextFault::FloatxNarrow { floatx } => narrow(subject, floatx),
        TextFault::FloatxRefused { name, floatx } => refused(subject, name, floatx),
        TextFault::Policy { .. } | TextFault::Sixteen { .. } | TextFault::Option { .. } => {
            return None;
        }
    };
    let argument = call.arguments[refusal.argument].span;
    finding.location.span = argument;
    finding.repair = repair(subject, call, argument, &refusal.fault);
    Some(finding)
}

/// The policy that does what was wanted; with it goes the `epsilon` that 16 bits needed.
fn repair(subject: &Subject<'_>, call: &Call, argument: Span, fault: &TextFault) -> Option<Repair> {
    let (floatx, policy) = match fault {
        TextFault::FloatxNarrow { floatx } => (floatx, &floatx.policy),
        TextFault::FloatxRefused { name, floatx } => (floatx, name),
        TextFault::Policy { .. } | TextFault::Sixteen { .. } | TextFault::Option { .. } => {
            return None;
        }
    };
    if !floatx.policies.contains(policy) {
        return None;
    }
    let setter = setter(subject, floatx)?;
    let mut changes = vec![
        Change::Put {
            span: subject.used.span,
            text: format!("{{{setter}}}"),
        },
        Change::Text {
            argument,
            text: policy.clone(),
        },
    ];
    if call.arguments.iter().any(|one| one.keyword.is_some()) {
        return None;
    }
    let uses = subject.uses;
    let epsilon = |used: &&Use| used.path.ends_with(".set_epsilon");
    let beside = uses.uses.iter().filter(epsilon);
    let beside = beside.filter_map(|used| uses.call(used));
    let beside = beside.filter(|other| other.body == call.body);
    changes.extend(beside.map(|other| Change::Remove { at: other.span }));
    let title = format!("set the policy `{policy}`");
    Some(Repair::on_request(title, changes))
}

fn narrow(subject: &Subject<'_>, floatx: &Floatx) -> Finding {
    let message = format!(
        "`{}(\"{}\")` is no mixed precision: variables lose digits too, and no loss is scaled",
        display(&subject.used.path),
        floatx.narrow
    );
    let level = subject.level().min(Level::Warning);
    let mut finding = subject.finding(&META, level, message);
    finding.label = "everything in 16 bits".to_owned();
    finding
        .help
        .extend(instead(subject, floatx, &floatx.policy));
    finding
}

fn refused(subject: &Subject<'_>, name: &str, floatx: &Floatx) -> Finding {
    let message = format!(
        "`\"{name}\"` is no float type in {}{}",
        subject.failing_releases(),
        subject.allowed_by()
    );
    let mut finding = subject.finding(&META, subject.level(), message);
    finding.label = "refused".to_owned();
    if floatx.policies.iter().any(|policy| policy == name) {
        finding.help.extend(instead(subject, floatx, name));
    } else if let Some(pin) = advice::pin(subject) {
        finding.help.push(format!("change the pin: `{pin}`"));
    }
    finding.run_time = Some(format!("ValueError: Unknown `floatx` value: {name}"));
    finding
}

/// The call that sets a policy on the whole pin.
fn instead(subject: &Subject<'_>, floatx: &Floatx, policy: &str) -> Option<String> {
    let setter = setter(subject, floatx)?;
    Some(format!("on this pin: `{}(\"{policy}\")`", display(&setter)))
}

/// The function that sets a policy on the whole pin.
fn setter(subject: &Subject<'_>, floatx: &Floatx) -> Option<String> {
    let path = &subject.used.path;
    let root = ["backend.", "config."]
        .iter()
        .find_map(|module| path.find(module).map(|at| &path[..at]))?;
    let mut setters = floatx.instead.iter();
    setters
        .by_ref()
        .map(|setter| format!("{root}{setter}"))
        .find(|setter| subject.judge.works(setter))
}
