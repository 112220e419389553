#![doc = include_str!("argument_not_accepted.md")]

use crate::advice;
use crate::api::overlay::{self, Effect, Keyword};
use crate::api::signature::Signature;
use crate::finding::{Finding, Level, PinLine};
use crate::names::RuleId;
use crate::narrow::arguments::{Fault, Refusal};
use crate::pins;
use crate::python::uses::{Argument, Call};
use crate::rule::{RuleMeta, Subject, display};
use crate::text::Span;

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP006"),
    name: "argument-not-accepted",
    level: Level::Error,
    summary: "An argument that (some of) the permitted releases refuse, or ignore without a word.",
    page: include_str!("argument_not_accepted.md"),
};

/// Longer parameter lists are not quoted.
const LONGEST_LIST: usize = 60;

/// Fires where a permitted release has no such parameter, or is known to do nothing with it.
#[must_use]
pub fn check(subject: &Subject<'_>, call: &Call, refusal: &Refusal) -> Option<Finding> {
    // NVIDIA's builds of 1.15 have arguments of their own there.
    let nvidia = |pin: &PinLine| pins::vendor(&pin.text).is_some();
    if subject.used.path.contains(".contrib.") && subject.pins().iter().any(nvidia) {
        return None;
    }
    let mut finding = told(subject, call, refusal)?;
    finding.repair = advice::ways::repair(subject, call, refusal);
    Some(finding)
}

fn told(subject: &Subject<'_>, call: &Call, refusal: &Refusal) -> Option<Finding> {
    match &refusal.fault {
        Fault::Unexpected(index) => Some(unexpected(subject, &call.arguments[*index], refusal)),
        Fault::InBody(index, said) => Some(in_body(subject, &call.arguments[*index], said)),
        Fault::TooMany(index) => Some(too_many(subject, &call.arguments[*index], refusal)),
        Fault::Twice(index) => Some(twice(subject, &call.arguments[*index])),
        Fault::Missing(name) => Some(missing(subject, name)),
        // `member-missing` tells of it.
        Fault::Called(_) => None,
        Fault::Known(index, keyword) => known(subject, &call.arguments[*index], keyword),
    }
}

/// What is called, as people write it.
fn callee(subject: &Subject<'_>) -> String {
    display(&subject.used.path.replace(".()", ""))
}

/// The name that Python's message has.
fn short<'a>(subject: &Subject<'a>) -> &'a str {
    let path = &subject.used.path;
    path.rsplit('.').next().unwrap_or(path)
}

fn finding(
    subject: &Subject<'_>,
    level: Level,
    span: Span,
    argument: &str,
    message: String,
) -> Finding {
    let mut finding = subject.finding(&META, level, message);
    finding.location.span = span;
    finding.symbol = format!("{}({argument})", subject.used.path.replace(".()", ""));
    if let Some(pin) = advice::pin(subject) {
        finding.help.push(format!("change the pin: `{pin}`"));
    }
    finding
}

fn unexpected(subject: &Subject<'_>, argument: &Argument, refusal: &Refusal) -> Finding {
    let name = argument.keyword.as_deref().unwrap_or("");
    let message = format!(
        "`{}` takes no argument `{name}` in {}{}",
        callee(subject),
        subject.failing_releases(),
        subject.allowed_by()
    );
    let mut finding = finding(subject, subject.level(), argument.name_span, name, message);
    finding.label = "no such parameter".to_owned();
    if let Some(list) = refusal.takes.last().map(|signature| spelled(signature))
        && list.len() <= LONGEST_LIST
    {
        finding.help.insert(0, format!("it takes `{list}` there"));
    }
    finding.run_time = Some(format!(
        "TypeError: {}() got an unexpected keyword argument '{name}'",
        short(subject)
    ));
    finding
}

fn in_body(subject: &Subject<'_>, argument: &Argument, said: &str) -> Finding {
    let name = argument.keyword.as_deref().unwrap_or("");
    let message = format!(
        "`{}` refuses `{name}` in {}{}",
        callee(subject),
        subject.failing_releases(),
        subject.allowed_by()
    );
    let mut finding = finding(subject, subject.level(), argument.name_span, name, message);
    finding.label = "refused".to_owned();
    if let Some(known) = overlay::get().advice_on(name, &subject.used.path) {
        finding.help.insert(0, known.to_owned());
    }
    finding.run_time = Some(said_of(said, name));
    finding
}

/// What Python says of a keyword. The table has it as far as it does not depend on the call.
fn said_of(said: &str, name: &str) -> String {
    let text = said.replacen("{}", name, 1);
    let count = |brackets: [char; 3]| text.matches(brackets).count();
    let open = count(['(', '[', '{']) > count([')', ']', '}']);
    if open || text.ends_with([',', ':']) || text.ends_with(" please") {
        format!("{text} ...")
    } else {
        text
    }
}

fn too_many(subject: &Subject<'_>, argument: &Argument, refusal: &Refusal) -> Finding {
    let most = refusal.takes.iter().map(|one| one.positional.len()).max();
    let most = most.unwrap_or(0);
    let message = format!(
        "`{}` takes no more than {most} argument{} by position in {}{}",
        callee(subject),
        if most == 1 { "" } else { "s" },
        subject.failing_releases(),
        subject.allowed_by()
    );
    let symbol = format!("{}", most + 1);
    let mut finding = finding(subject, subject.level(), argument.span, &symbol, message);
    finding.label = "one too many".to_owned();
    if let Some(list) = refusal.takes.last().map(|signature| spelled(signature))
        && list.len() <= LONGEST_LIST
    {
        finding.help.insert(0, format!("it takes `{list}` there"));
    }
    finding.run_time = Some(format!(
        "TypeError: {}() takes {most} positional arguments but more were given",
        short(subject)
    ));
    finding
}

fn twice(subject: &Subject<'_>, argument: &Argument) -> Finding {
    let name = argument.keyword.as_deref().unwrap_or("");
    let message = format!(
        "`{}` is given `{name}` by position already in {}{}",
        callee(subject),
        subject.failing_releases(),
        subject.allowed_by()
    );
    let mut finding = finding(subject, subject.level(), argument.name_span, name, message);
    finding.label = "given twice".to_owned();
    finding.run_time = Some(format!(
        "TypeError: {}() got multiple values for argument '{name}'",
        short(subject)
    ));
    finding
}

fn missing(subject: &Subject<'_>, name: &str) -> Finding {
    let message = format!(
        "`{}` needs the argument `{name}` in {}{}",
        callee(subject),
        subject.failing_releases(),
        subject.allowed_by()
    );
    let span = subject.used.span;
    let mut finding = finding(subject, subject.level(), span, name, message);
    finding.label = format!("`{name}` is not given");
    finding.run_time = Some(format!(
        "TypeError: {}() missing 1 required positional argument: '{name}'",
        short(subject)
    ));
    finding
}

/// What the overlay tells of an argument.
fn known(subject: &Subject<'_>, argument: &Argument, keyword: &Keyword) -> Option<Finding> {
    let name = &keyword.name;
    let releases = subject.failing_releases();
    let callee = callee(subject);
    let (level, message, label) = match keyword.effect {
        Effect::Refused => (
            subject.level(),
            format!(
                "`{callee}` refuses `{name}` in {releases}{}",
                subject.allowed_by()
            ),
            "refused",
        ),
        Effect::Ignored => (
            subject.level().min(Level::Warning),
            format!("`{callee}` ignores `{name}` in {releases}"),
            "without effect",
        ),
        Effect::Warned => (
            Level::Note,
            format!("`{callee}` warns of `{name}` in {releases}"),
            "deprecated",
        ),
    };
    let mut finding = finding(subject, level, argument.name_span, name, message);
    finding.label = label.to_owned();
    let mut help = Vec::new();
    if let Some(instead) = &keyword.instead {
        help.push(format!("on this pin: `{instead}`"));
    }
    if !keyword.advice.is_empty() {
        help.push(keyword.advice.clone());
    }
    if keyword.effect != Effect::Refused {
        finding.help.clear();
    }
    finding.help.splice(0..0, help);
    if keyword.effect == Effect::Refused {
        finding.run_time = Some(keyword.says.clone());
    }
    Some(finding)
}

/// A parameter list in a few words.
fn spelled(signature: &Signature) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (index, parameter) in signature.positional.iter().enumerate() {
        parts.push(parameter.name.to_owned());
        if signature.positional_only == index + 1 {
            parts.push("/".to_owned());
        }
    }
    if signature.variadic {
        parts.push("*args".to_owned());
    } else if !signature.keyword_only.is_empty() {
        parts.push("*".to_owned());
    }
    parts.extend(signature.keyword_only.iter().map(|p| p.name.to_owned()));
    if signature.keywords {
        parts.push("**kwargs".to_owned());
    }
    format!("({})", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_shown_as_cut() {
        #[track_caller]
        fn check(said: &str, expect: &str) {
            assert_eq!(said_of(said, "lr"), expect);
        }
        check(
            "ValueError: Argument(s) not recognized: {'{}'",
            "ValueError: Argument(s) not recognized: {'lr' ...",
        );
        check(
            "TypeError: Unexpected keyword argument passed to optimizer: {}",
            "TypeError: Unexpected keyword argument passed to optimizer: lr",
        );
        check(
            "ValueError: {} is deprecated in the new Keras optimizer, please",
            "ValueError: lr is deprecated in the new Keras optimizer, please ...",
        );
    }
}
