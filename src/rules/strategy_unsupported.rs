#![doc = include_str!("strategy_unsupported.md")]

use crate::api::overlay;
use crate::finding::{Change, Finding, Level, Repair};
use crate::names::RuleId;
use crate::narrow::Raised;
use crate::rule::RuleMeta;
use crate::rule::training::{FileSubject, Place, PolicySet, argument, text_of};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP028"),
    name: "strategy-unsupported",
    level: Level::Error,
    summary: "`mixed_float16` under a distribution strategy that refuses it.",
    page: include_str!("strategy_unsupported.md"),
};

/// Fires on `mixed_float16` that is set inside the scope of such a strategy, or before it in the
/// same code, in a file that knows no other strategy and no other policy.
#[must_use]
pub fn check(file: &FileSubject<'_>) -> Option<Finding> {
    let name = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let refusing = |name: &String| overlay::get().mixed_precision.refusing.contains(name);
    let (set, all) = (file.mixed_float16()?, file.policies());
    if all.iter().any(|one| one.literal != Some("mixed_float16")) {
        return None;
    }
    let others = file.uses.uses.iter().any(|used| {
        let last = name(&used.path);
        let chosen = last.ends_with("Strategy") && !refusing(&last);
        used.path.starts_with("tensorflow.") && (chosen || last == "get_strategy")
    });
    if others {
        return None;
    }
    let (scope, call) = file.methods("scope").next()?;
    let class = scope.object.as_deref()?;
    let strategy = name(class);
    if !refusing(&strategy) || call.body != set.call.body {
        return None;
    }
    // Only what the scope holds makes layers under it.
    let block = file.course()?.body_under(call.span)?;
    let inside = block.start <= set.call.span.start && set.call.span.end <= block.end;
    let layers = file.calls().any(|(used, made)| {
        let path = &*used.path;
        let layer = path.contains(".layers.") || path.ends_with(".Sequential");
        layer && block.start <= made.span.start && made.span.end <= block.end
    });
    let before = layers && file.in_sequence(set.call.span, call.span);
    if !inside && !before {
        return None;
    }
    let place = Place {
        path: &set.used.path,
        span: set.call.span,
        guard: set.used.guard,
        with: &[],
    };
    file.finding("policy-refuses-strategy", Raised::Nothing, place, |subject| {
        let message = format!(
            "layers of `mixed_float16` cannot be made under `{strategy}` in {}{}",
            subject.failing_releases(),
            subject.allowed_by()
        );
        let mut finding = subject.finding(&META, subject.level(), message);
        finding.label = format!("refused under `{strategy}`");
        if strategy == "TPUStrategy" {
            finding.repair = for_tpus(&set);
        }
        finding.help.push(if strategy == "TPUStrategy" {
            "on TPUs use `'mixed_bfloat16'`, without loss scaling".to_owned()
        } else {
            "use `tf.distribute.MirroredStrategy` or `MultiWorkerMirroredStrategy`".to_owned()
        });
        finding.run_time = Some(format!(
            "ValueError: Mixed precision is not supported with the tf.distribute.Strategy: {strategy}"
        ));
        finding
    })
}

/// What TPUs compute in, where the name of the policy stands in the call.
fn for_tpus(set: &PolicySet<'_>) -> Option<Repair> {
    let argument = argument(set.call, 0, "policy").filter(|one| text_of(Some(one)).is_some())?;
    let text = Change::Text {
        argument: argument.span,
        text: "mixed_bfloat16".to_owned(),
    };
    Some(Repair::safe("use `\"mixed_bfloat16\"` on TPUs", vec![text]))
}
