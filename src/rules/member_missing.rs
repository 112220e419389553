#![doc = include_str!("member_missing.md")]

use crate::advice::{self, Turn};
use crate::api::overlay::{self, Keyword, Lack};
use crate::finding::{Change, Confidence, Finding, Level, Repair};
use crate::names::RuleId;
use crate::python::vocabulary::members_of_instance;
use crate::release::ReleaseSet;
use crate::rule::{RuleMeta, Subject, display};
use crate::text::Span;

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP007"),
    name: "member-missing",
    level: Level::Error,
    summary: "An object of the API has no such method or attribute in (some of) the permitted releases.",
    page: include_str!("member_missing.md"),
};

/// Fires where an instance of a known class lacks a member that the class has in other releases.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Option<Finding> {
    let path = &subject.used.path;
    let member = members_of_instance(path)?;
    let class = path[..path.len() - member.len()].trim_end_matches(".().");
    let message = format!(
        "`{}` has no member `{member}` in {}{}",
        display(class),
        subject.failing_releases(),
        subject.allowed_by()
    );
    let mut finding = subject.finding(&META, subject.level(), message);
    finding.symbol = format!("{class}.{member}");
    finding.label = match advice::turning_point(subject) {
        Some(Turn::Appears(first)) => format!("appears in {first}"),
        Some(Turn::Gone(first)) => format!("gone since {first}"),
        None => "not in these releases".to_owned(),
    };
    if subject.used.by_name {
        finding.confidence = Confidence::Medium;
    }
    if let Some(known) = overlay::get().method(member) {
        finding.help.push(known.advice.clone());
    } else if let Some((known, _)) = lacking(subject, class, member) {
        finding.help.push(known.advice.clone());
    }
    if let Some(pin) = advice::pin(subject) {
        let or = if finding.help.is_empty() { "" } else { "or " };
        finding.help.push(format!("{or}change the pin: `{pin}`"));
    }
    finding.repair = advice::members::repair(subject, class, member);
    let short = class.rsplit('.').next().unwrap_or(class);
    finding.run_time = Some(format!(
        "AttributeError: '{short}' object has no attribute '{member}'"
    ));
    Some(finding)
}

/// What the overlay knows of a member that instances lack, as the package has it that decides.
fn lacking(
    subject: &Subject<'_>,
    class: &str,
    member: &str,
) -> Option<(&'static Lack, ReleaseSet)> {
    let behind = subject.found.keras.as_ref().map(|part| &part.path);
    let behind = behind
        .and_then(|path| path.split_once(".()."))
        .map(|(class, _)| class);
    let overlay = overlay::get();
    let own = overlay.lacks(class, member);
    let other = overlay.lacks(behind.unwrap_or(class), member);
    if subject.verdict.keras.is_some() {
        other.chain(own).next()
    } else {
        own.chain(other).next()
    }
}

/// Fires where something is called that was a method once and is a value now.
pub(super) fn check_called(subject: &Subject<'_>, keyword: &Keyword) -> Finding {
    let path = &subject.used.path;
    let message = format!(
        "`{}` is no method in {}{}",
        display(&path.replace(".().", ".")),
        subject.failing_releases(),
        subject.allowed_by()
    );
    let mut finding = subject.finding(&META, subject.level(), message);
    finding.symbol = format!("{}()", path.replace(".().", "."));
    finding.label = "a value, which cannot be called".to_owned();
    finding.help.push(keyword.advice.clone());
    // Releases that want the call are not permitted.
    let call = subject.uses.call(subject.used);
    if let Some(call) = call.filter(|call| call.arguments.is_empty())
        && finding.level == Level::Error
    {
        let span = Span::new(subject.used.span.end, call.span.end);
        let text = String::new();
        finding.repair = Some(Repair::safe(
            "drop the call",
            vec![Change::Put { span, text }],
        ));
    }
    finding.run_time = Some(keyword.says.clone());
    finding
}
