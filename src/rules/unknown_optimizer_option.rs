#![doc = include_str!("unknown_optimizer_option.md")]

use crate::advice;
use crate::finding::{Change, Finding, Level, Repair};
use crate::names::{self, Package, RuleId};
use crate::narrow::texts::{TextFault, TextRefusal};
use crate::rule::{RuleMeta, Subject, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP032"),
    name: "unknown-optimizer-option",
    level: Level::Warning,
    summary: "A key of `set_experimental_options` that (some of) the permitted releases ignore without a word.",
    page: include_str!("unknown_optimizer_option.md"),
};

/// Fires on a key of the dict of options that a permitted release does not read.
#[must_use]
pub fn check(subject: &Subject<'_>, refusal: &TextRefusal) -> Option<Finding> {
    let TextFault::Option { key, options } = &refusal.fault else {
        return None;
    };
    let message = format!(
        "`{}` ignores the key `{}` in {}{}",
        display(&subject.used.path),
        key.name,
        subject.failing_releases(),
        subject.allowed_by()
    );
    let level = subject.level().min(Level::Warning);
    let mut finding = subject.finding(&META, level, message);
    finding.location.span = key.span;
    finding.symbol = format!("{}({})", subject.used.path, key.name);
    finding.label = "without effect".to_owned();
    let read = |name: &str| {
        subject.verdict.package == Package::Tensorflow
            && subject.verdict.permitted.is_subset(options.read(name))
    };
    let nearest = || names::nearest(&key.name, options.all());
    let meant = options.meant(&key.name).or_else(nearest);
    if let Some(name) = meant.filter(|name| *name != &*key.name && read(name)) {
        finding.help.push(format!("on this pin: `\"{name}\"`"));
        let put = Change::Put {
            span: key.span,
            text: name.to_owned(),
        };
        finding.repair = Some(Repair::on_request(format!("use `\"{name}\"`"), vec![put]));
    } else if let Some(pin) = advice::pin(subject) {
        finding.help.push(format!("change the pin: `{pin}`"));
    }
    Some(finding)
}
