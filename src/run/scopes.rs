//! What the files were checked against, as every report tells it.

use std::collections::BTreeSet;

use crate::finding::PinLine;
use crate::names::Package;
use crate::python::Reading;
use crate::release::{ReleaseSet, ReleaseTable};
use crate::report::{EnvironmentLine, ScopeLine, ScopePin};
use crate::rule::describe;
use crate::scope::{Environment, Pinning, Scope, Scopes};
use crate::text::RepoPath;

/// One line for each folder, or notebook, that governs something that was read.
pub(super) fn lines(scopes: &Scopes, readings: &[Reading]) -> Vec<ScopeLine> {
    let used: BTreeSet<&str> = readings
        .iter()
        .map(|reading| scopes.governing(&reading.path).folder.as_str())
        .collect();
    let mut lines: Vec<ScopeLine> = scopes
        .iter()
        .filter(|scope| used.contains(scope.folder.as_str()))
        .map(line)
        .collect();
    if lines.is_empty() {
        lines.push(line(scopes.governing(&RepoPath::new(""))));
    }
    lines
}

fn line(scope: &Scope) -> ScopeLine {
    let all = &scope.environments[..];
    ScopeLine {
        folder: scope.folder.clone(),
        is_notebook: scope.is_notebook,
        tensorflow: tensorflow(all),
        keras: keras(all),
        pin: pin(all),
        environments: match all {
            [_] | [] => Vec::new(),
            many => many.iter().map(environment).collect(),
        },
        passed_over: scope
            .passed_over
            .iter()
            .map(|one| {
                let place = scope_pin(&one.pin);
                format!("{place} `{}`: {}", one.pin.text, one.why)
            })
            .collect(),
    }
}

fn environment(one: &Environment) -> EnvironmentLine {
    let alone = std::slice::from_ref(one);
    EnvironmentLine {
        name: one.name.clone(),
        tensorflow: tensorflow(alone),
        keras: keras(alone),
        pin: pin(alone),
        summary: one.summary(),
    }
}

fn tensorflow(environments: &[Environment]) -> String {
    let table = ReleaseTable::of(Package::Tensorflow);
    let releases = union(environments, Package::Tensorflow);
    let unknown = |one: &Environment| one.tensorflow.pinning == Pinning::Unknown;
    if releases.is_empty() && environments.iter().any(unknown) {
        return "of unknown version".to_owned();
    }
    describe(table, releases)
}

/// Pins that nothing satisfies are a finding of their own.
fn keras(environments: &[Environment]) -> Option<String> {
    let pinned = environments.iter().any(|environment| {
        environment.keras.pinning == Pinning::Versioned && !environment.keras.releases.is_empty()
    });
    let table = ReleaseTable::of(Package::Keras);
    pinned.then(|| describe(table, union(environments, Package::Keras)))
}

fn union(environments: &[Environment], package: Package) -> ReleaseSet {
    let sets = environments.iter().map(|one| one.permitted(package));
    sets.fold(ReleaseSet::EMPTY, |all, set| all | set.releases)
}

/// The line that decides: that of TensorFlow before that of Keras.
fn pin(environments: &[Environment]) -> Option<ScopePin> {
    let tensorflow = environments.iter().map(|one| &one.tensorflow);
    let keras = environments.iter().map(|one| &one.keras);
    let mut all = tensorflow.chain(keras);
    all.find_map(|permitted| permitted.pins.first().map(scope_pin))
}

fn scope_pin(pin: &PinLine) -> ScopePin {
    let place = pin.location.as_ref().map(|at| {
        let line = at.file.line_on_disk(at.span.start);
        (at.file.path.clone(), line)
    });
    ScopePin {
        place,
        text: pin.text.clone(),
    }
}
