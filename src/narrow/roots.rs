//! Which Keras a policy is set in, and from which the layers of the same file come: `keras`, `tf.keras`
//! and `tf_keras` each keep their own policy where they are not one package.

use crate::api::texts::{self, PolicyKind};
use crate::names::Package;
use crate::python::uses::{FileUses, Position, Use};
use crate::release::{ReleaseSet, ReleaseTable};

use super::Judge;
use super::arguments::nowhere;
use super::availability::{Availability, below};

/// The ways to Keras.
const ROOTS: [&str; 5] = [
    "tensorflow.keras",
    "tensorflow.compat.v1.keras",
    "tensorflow.compat.v2.keras",
    "keras",
    "tf_keras",
];

/// What layers and models are, below a root.
const BUILT: [&str; 5] = ["layers", "models", "applications", "Model", "Sequential"];

/// A policy that is set where no layer of the file looks.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// The Keras that the layers come from.
    pub layers: &'static str,
    /// Where this is so: the `absent` releases.
    pub found: Availability,
}

/// The Keras that a path belongs to, those inside TensorFlow taken for one, and the rest of the path.
fn root_of(path: &str) -> Option<(&'static str, &str)> {
    let root = ROOTS.iter().find(|root| below(path, root))?;
    let rest = path[root.len()..].trim_start_matches('.');
    let name = if root.starts_with("tensorflow") {
        ROOTS[0]
    } else {
        root
    };
    Some((name, rest))
}

/// Whether the policy that a call sets, one for all layers, is one that no layer of the file looks at. `named` says that code
/// of the project names `TF_USE_LEGACY_KERAS`, so that only what this file sets is certain.
#[must_use]
pub fn elsewhere(
    uses: &FileUses,
    used: &Use,
    found: &Availability,
    judge: &Judge<'_>,
    named: bool,
) -> Option<Elsewhere> {
    let (own, _) = root_of(&used.path)?;
    let layers = judge.memory.layers(own, || layers_of(uses, own))?;
    let all = ReleaseSet::from_words([u64::MAX; 4]);
    let mut wrong = nowhere(found);
    let legacy = legacy(uses, judge, named);
    match (own, layers) {
        ("tensorflow.keras", "keras") => {
            if legacy == Some(true)
                && let Some(part) = &mut wrong.legacy
            {
                part.absent = all;
            }
            wrong.absent = before_the_wheel(judge);
        }
        ("tensorflow.keras", _) if legacy == Some(false) => {
            if let Some(part) = &mut wrong.keras {
                part.absent = all;
            }
            let table = ReleaseTable::of(Package::Tensorflow);
            wrong.absent = table.select(|release| ((2, 14)..(2, 16)).contains(&release.minor()));
        }
        ("keras", "tensorflow.keras") if legacy == Some(true) => {
            let table = ReleaseTable::of(Package::Keras);
            wrong.absent = table.select(|release| release.identity.major >= 3);
        }
        ("tf_keras", "tensorflow.keras") if legacy == Some(false) => wrong.absent = all,
        ("keras", "tf_keras") | ("tf_keras", "keras") => wrong.absent = all,
        _ => return None,
    }
    Some(Elsewhere {
        layers,
        found: wrong,
    })
}

/// The one other Keras that all layers and models of a file come from; nothing where some come from
/// `own`, where policies are set in several, or where nothing is built.
fn layers_of(uses: &FileUses, own: &str) -> Option<&'static str> {
    let mut layers = None;
    for used in uses.uses.iter().filter(|used| !used.by_name) {
        let Some((root, rest)) = root_of(&used.path) else {
            continue;
        };
        let first = rest.split('.').next().unwrap_or(rest);
        if BUILT.contains(&first) {
            let other = root != own && layers.is_none_or(|known| known == root);
            if !other {
                return None;
            }
            // An import alone builds nothing.
            if used.position == Position::Attribute {
                layers = Some(root);
            }
        } else if root != own
            && texts::get()
                .policy_place(&used.path, &[])
                .is_some_and(|place| place.kind == PolicyKind::Global)
        {
            return None;
        }
    }
    layers
}

/// Whether `tf.keras` is `tf_keras` wherever the file runs; nothing where that is not certain.
fn legacy(uses: &FileUses, judge: &Judge<'_>, named: bool) -> Option<bool> {
    if named {
        let sets = uses.variables.iter().any(|variable| {
            let known = texts::get().variable(&variable.name);
            variable.body == 0
                && variable.guard.is_none()
                && known.is_some_and(|known| {
                    known.before.is_some() && known.asks(variable.value.as_deref())
                })
        });
        return sets.then_some(true);
    }
    let mut all = judge.scope.environments.iter().map(|one| one.legacy_keras);
    let first = all.next()?;
    all.all(|one| one == first).then_some(first)
}

/// The TensorFlow releases with a Keras of their own, where a `keras` of its own stands beside them in
/// every environment.
fn before_the_wheel(judge: &Judge<'_>) -> ReleaseSet {
    let keras = ReleaseTable::of(Package::Keras).select(|release| release.minor() < (2, 4));
    let beside = |pinned: ReleaseSet| !pinned.is_empty() && pinned.is_subset(keras);
    let mut environments = judge.scope.environments.iter();
    if environments.all(|one| beside(one.keras.releases)) {
        ReleaseTable::of(Package::Tensorflow).select(|release| release.minor() < (2, 6))
    } else {
        ReleaseSet::EMPTY
    }
}
