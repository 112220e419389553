//! How manifests stand to folders and to each other: what a file governs, what locks what, and why
//! a line did not decide.

use std::collections::BTreeSet;

use super::{Environment, PassedOver};
use crate::names::Package;
use crate::pins::{Choice, InputKind, Manifest, Weight};
use crate::text::{RepoPath, Span};

/// Folders whose files speak for the folder around them.
const SHELVES: &[&str] = &[
    ".github",
    "docker",
    "dockerfiles",
    "dockerfile",
    "containers",
    "scripts",
    "script",
    "ci",
    "tools",
    "build",
    "install",
    "setup",
    "kokoro",
    "conda",
    "conda.recipe",
    "conda-recipe",
    "recipe",
    "envs",
    "environments",
];

/// The folder that a manifest governs: `requirements/` belongs to the folder around it, and so do
/// the [`SHELVES`] of lighter words and of conda.
pub(super) fn governed(manifest: &Manifest) -> &str {
    let folder = manifest.path.folder();
    let conda = matches!(
        manifest.kind,
        InputKind::CondaEnvironment | InputKind::CondaRecipe
    );
    if conda || manifest.kind.weight() != Weight::Declared {
        let mut start = 0;
        for part in folder.split('/') {
            if SHELVES.contains(&part.to_ascii_lowercase().as_str()) {
                return folder[..start].trim_end_matches('/');
            }
            start += part.len() + 1;
        }
        return folder;
    }
    match folder.rsplit_once('/') {
        Some((parent, "requirements")) => parent,
        None if folder == "requirements" => "",
        _ => folder,
    }
}

pub(super) fn is_main(path: &RepoPath) -> bool {
    path.file_name().eq_ignore_ascii_case("requirements.txt")
}

/// Whether a file is a lock of another, told by their kinds and names.
fn locks_manifest(lock: &Manifest, manifest: &Manifest) -> bool {
    use InputKind::{Pipfile, PipfileLock, Pyproject, Requirements, SetupCfg, SetupPy, TomlLock};
    let same_folder = || lock.path.folder() == manifest.path.folder();
    match (lock.kind, manifest.kind) {
        (Requirements, Requirements) => {
            let stem = manifest.path.as_str().strip_suffix(".in");
            let compiled = lock.path.as_str().strip_suffix(".txt");
            stem.is_some() && stem == compiled
        }
        (Requirements, Pyproject | SetupCfg | SetupPy) => is_main(&lock.path) && same_folder(),
        (TomlLock, Pyproject | SetupCfg | SetupPy) | (PipfileLock, Pipfile) => same_folder(),
        _ => false,
    }
}

/// Whether a file pins every line of a package exactly.
fn locks(lock: &Manifest, package: Package) -> bool {
    let mut pins = lock
        .pins
        .iter()
        .filter(|pin| pin.package() == package)
        .peekable();
    pins.peek().is_some() && pins.all(|pin| pin.exact)
}

/// Whether a lock among some files stands for what a manifest says of a package.
pub(super) fn is_locked(manifest: &Manifest, package: Package, files: &[&Manifest]) -> bool {
    files
        .iter()
        .any(|lock| locks_manifest(lock, manifest) && locks(lock, package))
}

/// The lines of a folder that none of its environments quotes.
pub(super) fn passed_over(files: &[&Manifest], environments: &[Environment]) -> Vec<PassedOver> {
    let quoted: BTreeSet<(&RepoPath, Span)> = environments
        .iter()
        .flat_map(|environment| Package::ALL.map(|package| environment.permitted(package)))
        .flat_map(|permitted| &permitted.pins)
        .filter_map(|pin| pin.location.as_ref())
        .map(|at| (&at.file.path, at.span))
        .collect();
    // The weight of the heaviest file that decides.
    let decided = files
        .iter()
        .filter(|manifest| {
            manifest
                .pins
                .iter()
                .any(|pin| quoted.contains(&(&pin.location.file.path, pin.location.span)))
        })
        .map(|manifest| manifest.kind.weight())
        .min();
    let mut all: Vec<PassedOver> = Vec::new();
    let mut told = BTreeSet::new();
    for manifest in files {
        for pin in &manifest.pins {
            let at = (&pin.location.file.path, pin.location.span);
            if quoted.contains(&at) || !told.insert(at) {
                continue;
            }
            let why = match manifest.kind.weight() {
                Weight::Declared if is_locked(manifest, pin.package(), files) => {
                    "a lock stands for it"
                }
                weight if decided.is_some_and(|decided| decided < weight) => {
                    "a file whose word weighs more decides"
                }
                _ if environments.is_empty()
                    || matches!(pin.choice, Choice::Any | Choice::Unknown) =>
                {
                    "it names no version that is known"
                }
                _ => "it permits what another line does, or never holds",
            };
            all.push(PassedOver {
                pin: pin.line(),
                why,
            });
        }
    }
    all
}
