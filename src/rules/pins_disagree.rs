#![doc = include_str!("pins_disagree.md")]

use crate::finding::{Finding, Level};
use crate::names::{Package, RuleId};
use crate::release::{ReleaseSet, ReleaseTable};
use crate::rule::{RuleMeta, describe};
use crate::scope::{Environment, Permitted, Pinning, accepted_keras};

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP051"),
    name: "pins-disagree",
    level: Level::Error,
    summary: "Pins that cannot be installed together.",
    page: include_str!("pins_disagree.md"),
};

/// Fires where lines of one environment leave no release, or where no permitted TensorFlow takes
/// any permitted Keras.
#[must_use]
pub fn check(environment: &Environment) -> Option<Finding> {
    Package::ALL
        .into_iter()
        .find_map(|package| contradiction(package, environment.permitted(package)))
        .or_else(|| keras(environment))
        .or_else(|| companion(environment))
}

/// Several lines for one package that no release satisfies together, each of which some would.
fn contradiction(package: Package, permitted: &Permitted) -> Option<Finding> {
    if !permitted.disagree {
        return None;
    }
    let [first, .., last] = &permitted.pins[..] else {
        return None;
    };
    let location = last.location.clone()?;
    let message = format!(
        "`{}` and `{}` leave no release of {}",
        first.statement(),
        last.statement(),
        package.title()
    );
    let mut finding = Finding::new(META.id, Level::Error, location, package.name(), message);
    finding.label = format!("excludes `{}`", first.statement());
    finding.pins = vec![first.clone()];
    Some(finding)
}

/// A Keras that no permitted TensorFlow takes.
fn keras(environment: &Environment) -> Option<Finding> {
    let (tensorflow, keras) = (&environment.tensorflow, &environment.keras);
    if tensorflow.pinning != Pinning::Versioned || keras.pinning != Pinning::Versioned {
        return None;
    }
    if tensorflow.releases.is_empty() || keras.releases.is_empty() {
        return None;
    }
    let accepted = tensorflow
        .releases
        .iter()
        .map(accepted_keras)
        .fold(ReleaseSet::EMPTY, |all, one| all | one);
    if !(accepted & keras.releases).is_empty() {
        return None;
    }
    let pin = keras.pins.first()?;
    let other = tensorflow.pins.first()?;
    let location = pin.location.clone()?;
    let wants = wanted(tensorflow.releases);
    let message = format!(
        "`{}` and `{}` cannot be installed together: TensorFlow {} requires Keras {wants}",
        other.statement(),
        pin.statement(),
        describe(ReleaseTable::of(Package::Tensorflow), tensorflow.releases),
    );
    let mut finding = Finding::new(META.id, Level::Error, location, "keras", message);
    finding.label = "not with that TensorFlow".to_owned();
    finding.pins = vec![other.clone()];
    finding.help.push(format!(
        "leave `keras` out and let pip choose, or pin Keras {wants}"
    ));
    let newest = tensorflow.releases.newest()?;
    if ReleaseTable::of(Package::Tensorflow).get(newest).minor() >= (2, 16) {
        finding.help.push(
            "to stay with Keras 2, require `tf_keras` of the same minor and set `TF_USE_LEGACY_KERAS=1`"
                .to_owned(),
        );
    }
    Some(finding)
}

/// A package that fails with every permitted TensorFlow, although pip installs both. What of it does not
/// touch the missing names runs, hence a warning.
fn companion(environment: &Environment) -> Option<Finding> {
    let tensorflow = &environment.tensorflow;
    if tensorflow.pinning != Pinning::Versioned || tensorflow.releases.is_empty() {
        return None;
    }
    let one = environment
        .companions
        .iter()
        .find(|one| (one.limit.releases & tensorflow.releases).is_empty())?;
    let other = tensorflow.pins.first()?;
    let location = one.line.location.clone()?;
    let message = format!(
        "`{}` does not work with TensorFlow {}: {}",
        one.line.statement(),
        describe(ReleaseTable::of(Package::Tensorflow), tensorflow.releases),
        one.limit.why
    );
    let mut finding = Finding::new(META.id, Level::Warning, location, &one.name, message);
    finding.label = format!("works with TensorFlow {}", one.limit.specifier);
    finding.pins = vec![other.clone()];
    finding.help.push(format!(
        "take a newer `{}`, or pin `tensorflow{}`",
        one.name, one.limit.specifier
    ));
    Some(finding)
}

/// What the newest of some TensorFlow releases requires of Keras, as its wheel writes it.
fn wanted(releases: ReleaseSet) -> String {
    let newest = releases
        .newest()
        .map(|index| ReleaseTable::of(Package::Tensorflow).get(index).row.keras);
    format!("`{}`", newest.unwrap_or_default())
}
