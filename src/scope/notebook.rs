//! The scope of a notebook that installs for itself: what it installs counts in the place of what the
//! repository pins, package by package, in that notebook alone.

use super::build::{environments, override_pins, whole};
use super::{Environment, Pinning, Scope, ScopeOptions};
use crate::finding::Notice;
use crate::names::Package;
use crate::pins::notebook::Session;
use crate::pins::{InputKind, Manifest};
use crate::release::ReleaseTable;
use crate::text::RepoPath;

/// The scope that a notebook makes for itself below the one that would govern it otherwise; `None`
/// where it says nothing of its own.
pub(super) fn scope(
    path: &RepoPath,
    session: &Session,
    above: &Scope,
    options: &ScopeOptions,
) -> (Option<Scope>, Vec<Notice>) {
    let mut notices = Vec::new();
    // Manifests that the user chose are the only ones.
    let chosen = options.chosen_manifests;
    let mut manifest = Manifest {
        path: path.clone(),
        kind: InputKind::Notebook,
        pins: if chosen {
            Vec::new()
        } else {
            session.found.pins.clone()
        },
        companions: if chosen {
            Vec::new()
        } else {
            session.found.companions.clone()
        },
        legacy_keras: session.found.legacy_keras,
        variables: Vec::new(),
        vendor: None,
    };
    let mut above = above.clone();
    let installs = |manifest: &Manifest| {
        let mut pins = manifest.pins.iter();
        pins.any(|pin| pin.package() == Package::Tensorflow)
    };
    let mut narrowed = false;
    if let Some(two) = &session.two
        && !chosen
        && !installs(&manifest)
    {
        let kept = of_two(&above.environments);
        if kept.is_empty() {
            manifest.pins.push(two.clone());
        } else {
            narrowed = !same(&kept, &above.environments);
            above.environments = kept;
        }
    }
    if manifest.pins.is_empty() && !manifest.legacy_keras && !narrowed {
        return (None, notices);
    }
    let mut made = if manifest.pins.is_empty() {
        above.environments.clone()
    } else {
        environments(
            &[&manifest],
            Some(&above),
            &whole(options),
            options,
            &mut notices,
        )
    };
    if made.is_empty() {
        return (None, notices);
    }
    let legacy = above.environments.iter().any(|one| one.legacy_keras);
    for environment in &mut made {
        environment.legacy_keras |= manifest.legacy_keras || legacy;
    }
    override_pins(&mut made, options);
    let scope = Scope {
        folder: path.to_string(),
        is_notebook: true,
        environments: made,
        passed_over: Vec::new(),
    };
    (Some(scope), notices)
}

fn same(left: &[Environment], right: &[Environment]) -> bool {
    let releases = |environment: &Environment| environment.tensorflow.releases;
    left.iter().map(releases).eq(right.iter().map(releases))
}

/// What `%tensorflow_version 2.x` leaves of some environments. None is left where none names a version
/// of TensorFlow, or none that is of the second major one.
fn of_two(environments: &[Environment]) -> Vec<Environment> {
    let twos = ReleaseTable::of(Package::Tensorflow).select(|release| release.minor().0 == 2);
    let mut kept = environments.to_vec();
    kept.retain_mut(|environment| {
        let tensorflow = &mut environment.tensorflow;
        match tensorflow.pinning {
            Pinning::Absent => false,
            Pinning::Unversioned | Pinning::Unknown => true,
            Pinning::Versioned => {
                tensorflow.releases = tensorflow.releases & twos;
                !tensorflow.releases.is_empty()
            }
        }
    });
    kept
}
