//! The rules. Each file holds one: its facts, when it fires, and its words; its page stands beside
//! it. [`ALL`] is the only list, [`check`] the only order.

pub mod api_deprecated;
pub mod api_removed;
pub mod api_stub;
pub mod api_too_new;
pub mod api_unknown;
pub mod argument_not_accepted;
pub mod clipping_in_wrapped_optimizer;
pub mod environment_variable_without_effect;
pub mod float16_floatx;
pub mod graph_rewrite_misuse;
pub mod guard_does_not_guard;
pub mod keras_mismatch;
pub mod loss_not_scaled;
pub mod loss_scale_argument_misread;
pub mod loss_scaling_without_float16;
pub mod member_missing;
pub mod optimizer_not_wrapped;
pub mod output_not_float32;
pub mod package_not_installable;
pub mod pins_disagree;
pub mod policy_name_invalid;
pub mod policy_set_too_late;
pub mod private_api;
pub mod strategy_unsupported;
pub mod tensorflow_not_pinned;
pub mod unknown_optimizer_option;
pub mod unused_suppression;
pub mod version_compared_as_text;

use std::sync::Arc;

use crate::finding::Finding;
use crate::narrow::Judge;
use crate::narrow::arguments::{self, Refusal};
use crate::narrow::roots::Elsewhere;
use crate::narrow::texts::TextRefusal;
use crate::pins::{Pin, Variable};
use crate::python::uses::{Call, FileUses, SetVariable, VersionTest, WeakHandler};
use crate::rule::training::FileSubject;
use crate::rule::{RuleMeta, Subject};
use crate::scope::{Scope, ScopeOptions};
use crate::suppress::Fault;
use crate::text::SourceFile;

/// Every rule, by id.
pub const ALL: &[RuleMeta] = &[
    api_too_new::META,
    api_removed::META,
    api_deprecated::META,
    api_unknown::META,
    api_stub::META,
    argument_not_accepted::META,
    member_missing::META,
    private_api::META,
    keras_mismatch::META,
    loss_not_scaled::META,
    optimizer_not_wrapped::META,
    output_not_float32::META,
    policy_name_invalid::META,
    loss_scale_argument_misread::META,
    graph_rewrite_misuse::META,
    float16_floatx::META,
    policy_set_too_late::META,
    strategy_unsupported::META,
    clipping_in_wrapped_optimizer::META,
    loss_scaling_without_float16::META,
    environment_variable_without_effect::META,
    unknown_optimizer_option::META,
    version_compared_as_text::META,
    guard_does_not_guard::META,
    package_not_installable::META,
    pins_disagree::META,
    tensorflow_not_pinned::META,
    unused_suppression::META,
];

/// What the rules say of one use: one cause is one finding, so the first that fires is the only.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Option<Finding> {
    if subject.verdict.permitted.is_empty() {
        return None;
    }
    if subject.verdict.failing.is_empty() {
        return api_stub::check(subject)
            .or_else(|| private_api::check(subject))
            .or_else(|| api_deprecated::check(subject));
    }
    member_missing::check(subject)
        .or_else(|| private_api::check(subject))
        .or_else(|| keras_mismatch::check(subject))
        .or_else(|| api_unknown::check(subject))
        .or_else(|| api_too_new::check(subject))
        .or_else(|| api_removed::check(subject))
}

/// What the rules say of one argument that some permitted release does not take.
#[must_use]
pub fn check_argument(subject: &Subject<'_>, call: &Call, refusal: &Refusal) -> Option<Finding> {
    if subject.verdict.permitted.is_empty() {
        return None;
    }
    match &refusal.fault {
        arguments::Fault::Called(keyword) => Some(member_missing::check_called(subject, keyword)),
        _ => argument_not_accepted::check(subject, call, refusal),
    }
}

/// What the rules say of one text that some permitted release does not take as it is meant.
#[must_use]
pub fn check_text(subject: &Subject<'_>, call: &Call, refusal: &TextRefusal) -> Option<Finding> {
    if subject.verdict.permitted.is_empty() {
        return None;
    }
    policy_name_invalid::check(subject, call, refusal)
        .or_else(|| float16_floatx::check(subject, call, refusal))
        .or_else(|| unknown_optimizer_option::check(subject, refusal))
}

/// What the rules say of a policy that is set in another Keras than the layers come from.
#[must_use]
pub fn check_other_keras(subject: &Subject<'_>, other: &Elsewhere) -> Option<Finding> {
    if subject.verdict.permitted.is_empty() {
        return None;
    }
    Some(keras_mismatch::other_keras(subject, other))
}

/// What the rules say of one environment variable that code sets. `vendors` are those whose own
/// builds the project installs somewhere.
#[must_use]
pub fn check_variable(
    file: &Arc<SourceFile>,
    uses: &FileUses,
    variable: &SetVariable,
    vendors: &[&str],
    judge: &Judge<'_>,
) -> Option<Finding> {
    environment_variable_without_effect::check(file, uses, variable, vendors, judge)
}

/// What the rules say of one environment variable that another file sets: a Dockerfile, a workflow,
/// a script.
#[must_use]
pub fn check_stated_variable(
    variable: &Variable,
    vendors: &[&str],
    judge: &Judge<'_>,
) -> Option<Finding> {
    environment_variable_without_effect::check_stated(variable, vendors, judge)
}

/// What the rules say of one test of versions.
#[must_use]
pub fn check_test(
    file: &Arc<SourceFile>,
    uses: &FileUses,
    test: &VersionTest,
    judge: &Judge<'_>,
) -> Option<Finding> {
    version_compared_as_text::check(file, uses, test, judge)
}

/// What the rules say of how a whole file trains in mixed precision.
#[must_use]
pub fn check_file(file: &FileSubject<'_>) -> Vec<Finding> {
    let mut found = loss_not_scaled::check(file);
    found.extend(optimizer_not_wrapped::check(file));
    found.extend(loss_scale_argument_misread::check(file));
    found.extend(graph_rewrite_misuse::check(file));
    found.extend(strategy_unsupported::check(file));
    found.extend(clipping_in_wrapped_optimizer::check(file));
    found.extend(output_not_float32::check(file));
    found.extend(policy_set_too_late::check(file));
    found.extend(loss_scaling_without_float16::check(file));
    found
}

/// What the rules say of one handler that may catch nothing.
#[must_use]
pub fn check_handler(
    file: &Arc<SourceFile>,
    uses: &FileUses,
    handler: &WeakHandler,
    judge: &Judge<'_>,
) -> Option<Finding> {
    guard_does_not_guard::check(file, uses, handler, judge)
}

/// What the rules say of the pins of one manifest.
pub fn check_pins<'p>(
    pins: impl IntoIterator<Item = &'p Pin>,
    options: &ScopeOptions,
) -> impl Iterator<Item = Finding> {
    pins.into_iter()
        .filter_map(|pin| package_not_installable::check(pin, options))
}

/// What the rules say of a comment that silences findings.
#[must_use]
pub fn check_comment(file: &Arc<SourceFile>, fault: &Fault) -> Finding {
    unused_suppression::finding(file, fault)
}

/// What the rules say of the environments of one scope.
pub fn check_scope(scope: &Scope) -> impl Iterator<Item = Finding> {
    scope.environments.iter().filter_map(pins_disagree::check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_sorted() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
    }

    #[test]
    fn every_page_names_its_rule() {
        for rule in ALL {
            assert!(
                rule.page.contains(rule.id.0),
                "{} has another's page",
                rule.id
            );
        }
    }
}
