//! What a test of versions says on one release in one environment: of TensorFlow, of the Keras that
//! stands beside it, and of the Pythons that run it.

use super::versions::{self, Facts, Fault};
use crate::api::overlay;
use crate::names::Package;
use crate::python::computed::Computed;
use crate::python::uses::VersionOf;
use crate::release::{ReleaseSet, ReleaseTable, published};
use crate::scope::Environment;

/// What a test says on a release: neither where it raises, both where Python decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) yes: bool,
    pub(super) no: bool,
}

/// What a test of versions gives on one release, of which `has` tells the names that it asks for; nothing where that is not known. A version of the
/// other package is one of those that may stand beside the release; what they do not agree on is
/// not known. Of the Pythons that run the release any may be there.
pub(super) fn said_on(
    environment: &Environment,
    package: Package,
    release: usize,
    computed: &Computed,
    has: &dyn Fn(&str) -> Option<bool>,
) -> Option<Said> {
    let is_python = |part: &Computed| matches!(part, Computed::Version(VersionOf::Python));
    if !computed.any_part(&is_python) {
        return said_under(environment, package, release, computed, has, None);
    }
    let mut all = Said::default();
    for python in pythons(package, release)? {
        let one = said_under(environment, package, release, computed, has, Some(&python))?;
        all.yes |= one.yes;
        all.no |= one.no;
    }
    Some(all)
}

fn said_under(
    environment: &Environment,
    package: Package,
    release: usize,
    computed: &Computed,
    has: &dyn Fn(&str) -> Option<bool>,
    python: Option<&str>,
) -> Option<Said> {
    let others: ReleaseSet = match package {
        Package::Tensorflow => environment.keras_behind(release),
        Package::Keras | Package::TfKeras => environment.tensorflow.releases,
    };
    let foreign = |part: &Computed| match part {
        Computed::Version(VersionOf::Python) => false,
        Computed::Version(whose) => own_version(*whose) != Some(package),
        _ => false,
    };
    let version =
        |of: Package, index: usize| ReleaseTable::of(of).get(index).row.version.to_owned();
    let run = |other: Option<usize>| {
        let version = |whose| match (package, whose) {
            (_, VersionOf::Python) => python.map(str::to_owned),
            (Package::Tensorflow, VersionOf::Tensorflow)
            | (Package::Keras, VersionOf::Keras)
            | (Package::TfKeras, VersionOf::TfKeras) => Some(version(package, release)),
            // `tf_keras` stands behind `tf.keras`.
            (_, VersionOf::KerasOfTensorflow) if environment.legacy_keras => None,
            (Package::Tensorflow, VersionOf::KerasOfTensorflow | VersionOf::Keras) => {
                other.map(|index| version(Package::Keras, index))
            }
            (Package::Keras, VersionOf::Tensorflow) => {
                other.map(|index| version(Package::Tensorflow, index))
            }
            _ => None,
        };
        versions::holds(
            computed,
            &Facts {
                version: &version,
                has,
            },
        )
    };
    let said = |result| match result {
        Ok(truth) => Some(Said {
            yes: truth,
            no: !truth,
        }),
        Err(Fault::Raises) => Some(Said::default()),
        Err(Fault::Unknown) => None,
    };
    if !computed.any_part(&foreign) {
        return said(run(None));
    }
    let mut all = others.iter().map(|other| said(run(Some(other))));
    let first = all.next()??;
    all.all(|one| one == Some(first)).then_some(first)
}

/// The Pythons that run a release, each with its first and a late patch; nothing where they are not
/// known.
fn pythons(package: Package, release: usize) -> Option<Vec<String>> {
    let row = ReleaseTable::of(package).get(release);
    let name = match package {
        Package::TfKeras => "tf-keras",
        other => other.name(),
    };
    let listed = |name: &str| published::versions(name);
    let own = listed(name)?
        .iter()
        .find(|published| published.version == row.version)?;
    let (first, last) = own.pythons?;
    // A wheel that names no last Python runs with all that are known.
    let newest = listed(Package::Tensorflow.name())?
        .iter()
        .filter_map(|published| published.pythons?.1)
        .max()?;
    let second = overlay::get().runs_on_python_2(package, release);
    let mut minors: Vec<String> = (first..=last.unwrap_or(newest))
        .map(|minor| format!("3.{minor}"))
        .collect();
    if second {
        minors.push("2.7".to_owned());
    }
    Some(
        minors
            .into_iter()
            .flat_map(|minor| [format!("{minor}.0"), format!("{minor}.18")])
            .collect(),
    )
}

/// What a test gives on a release by that release's version alone.
#[must_use]
pub fn on_release(computed: &Computed, package: Package, release: usize) -> Option<bool> {
    let version = ReleaseTable::of(package).get(release).row.version;
    let version = |whose| {
        let own = match whose {
            VersionOf::KerasOfTensorflow => Some(Package::Keras),
            other => own_version(other),
        };
        (own == Some(package)).then(|| version.to_owned())
    };
    let facts = Facts {
        version: &version,
        has: &|_| None,
    };
    versions::holds(computed, &facts).ok()
}

fn own_version(whose: VersionOf) -> Option<Package> {
    match whose {
        VersionOf::Tensorflow => Some(Package::Tensorflow),
        VersionOf::Keras => Some(Package::Keras),
        VersionOf::TfKeras => Some(Package::TfKeras),
        VersionOf::KerasOfTensorflow | VersionOf::Python => None,
    }
}
