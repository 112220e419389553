#![doc = include_str!("graph_rewrite_misuse.md")]

use crate::advice::ways;
use crate::finding::{Change, Finding, Level, Repair};
use crate::names::RuleId;
use crate::narrow::Raised;
use crate::python::uses::{Argument, Call, Given};
use crate::rule::training::{FileSubject, Place, argument, is_plain_optimizer, is_rewrite};
use crate::rule::{RuleMeta, display};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP025"),
    name: "graph-rewrite-misuse",
    level: Level::Error,
    summary: "The graph rewrite for mixed precision with a Keras optimizer that it refuses, or beside a Keras policy.",
    page: include_str!("graph_rewrite_misuse.md"),
};

/// Fires on what the graph rewrite refuses.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Vec<Finding> {
    file.calls()
        .filter(|(used, _)| is_rewrite(&used.path))
        .filter_map(|(used, call)| {
            let given = argument(call, 0, "opt").or_else(|| argument(call, 0, "optimizer"))?;
            let Given::Instance(class) = &given.given else {
                return None;
            };
            if !is_plain_optimizer(class) {
                return None;
            }
            let place = Place {
                path: &used.path,
                span: given.span,
                guard: used.guard,
                with: &[],
            };
            file.finding("rewrite-refuses-keras-optimizers", Raised::Value, place, |subject| {
                let message = format!(
                    "the graph rewrite refuses `{}` in {}{}",
                    display(class),
                    subject.failing_releases(),
                    subject.allowed_by()
                );
                let mut finding = subject.finding(&META, subject.level(), message);
                finding.label = "no optimizer of graphs".to_owned();
                finding.repair = legacy(file, call, given, class);
                let policy = "tensorflow.keras.mixed_precision.set_global_policy";
                if subject.judge.works(policy) {
                    finding.help.push(
                        "set a policy instead: `tf.keras.mixed_precision.set_global_policy('mixed_float16')`"
                            .to_owned(),
                    );
                }
                finding.run_time = Some(
                    "ValueError: \"opt\" must be an instance of a tf.train.Optimizer or a tf.keras.optimizers.Optimizer"
                        .to_owned(),
                );
                finding
            })
        })
        .chain(beside_policy(file))
        .collect()
}

/// The rewrite and a policy in one run: whichever comes second raises.
fn beside_policy(file: &FileSubject<'_>) -> Option<Finding> {
    let set = file.mixed_float16()?;
    let (rewrite, rewritten) = file.calls().find(|(used, _)| is_rewrite(&used.path))?;
    let (first, second) = if rewritten.span < set.call.span {
        (rewritten.span, set.call.span)
    } else {
        (set.call.span, rewritten.span)
    };
    if rewritten.body != set.call.body || !file.in_sequence(first, second) {
        return None;
    }
    let place = Place {
        path: &set.used.path,
        span: second,
        guard: set.used.guard,
        with: &[rewrite],
    };
    file.finding("rewrite-excludes-policy", Raised::Value, place, |subject| {
        let message = format!(
            "the graph rewrite and a mixed precision policy exclude each other in {}{}",
            subject.failing_releases(),
            subject.allowed_by()
        );
        let mut finding = subject.finding(&META, subject.level(), message);
        finding.label = "the second of two that exclude each other".to_owned();
        finding
            .help
            .push("keep the policy and drop the graph rewrite".to_owned());
        finding.repair = without_rewrite(rewritten);
        finding
    })
}

/// The optimizer of the same name that the rewrite takes, where it is made for it.
fn legacy(file: &FileSubject<'_>, call: &Call, given: &Argument, class: &str) -> Option<Repair> {
    let name = file.value(given);
    let for_it = |made: &Call| {
        made.span == given.span
            || made.body == call.body
                && made.span.end < call.span.start
                && file.assigned(made.span) == Some(name)
    };
    let mut made = file
        .calls()
        .filter(|(used, made)| *used.path == *class && for_it(made));
    let (used, call) = made.next().filter(|_| made.next().is_none())?;
    let (module, name) = class.rsplit_once('.')?;
    let path = format!("{module}.legacy.{name}");
    let title = format!("use `{}`", display(&path));
    let change = Change::Put {
        span: used.span,
        text: format!("{{{path}}}"),
    };
    ways::takes(file.judge, file.uses, used, &path, call)
        .then(|| Repair::on_request(title, vec![change]))
}

/// What was to be rewritten, as it is.
fn without_rewrite(call: &Call) -> Option<Repair> {
    let inner = call.arguments.first().filter(|one| one.keyword.is_none())?;
    let change = Change::Keep {
        outer: call.span,
        inner: inner.span,
    };
    Some(Repair::on_request("keep the policy alone", vec![change]))
}
