//! From manifests to scopes: which files make environments, and of which folders.
//!
//! * Files in a folder and in its `requirements/` govern that folder.
//! * A file that another one includes is no environment of its own, unless it is the
//!   `requirements.txt` that everybody installs.
//! * A compiled `x.txt` stands for the `x.in` beside it.
//! * Constraints narrow; siblings are alternatives; what a sibling lacks it has from
//!   `requirements.txt`, from its siblings, or from the folder above.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::MarkerTree;

use super::permit::{cells, holds, permit};
use super::{Environment, Permitted, Pinning, Scope, ScopeOptions, Scopes};
use crate::finding::Notice;
use crate::names::Package;
use crate::pins::{InputKind, Manifest, Pin, Role, marker};
use crate::text::{LineIndex, RepoPath};

/// The most environments that one folder may have; more come only from combinations.
const MAX_ENVIRONMENTS: usize = 64;

pub(super) fn scopes(manifests: &[Manifest], options: &ScopeOptions) -> (Scopes, Vec<Notice>) {
    let mut notices = Vec::new();
    let whole = whole(options);
    let mut folders: BTreeMap<&str, Vec<&Manifest>> = BTreeMap::new();
    for manifest in manifests
        .iter()
        .filter(|manifest| !manifest.pins.is_empty())
    {
        folders
            .entry(governed(&manifest.path))
            .or_default()
            .push(manifest);
    }
    let mut by_folder: BTreeMap<String, Scope> = BTreeMap::new();
    // A folder sorts before what is below it, so what is inherited is already there.
    for (folder, files) in folders {
        let above = nearest(&by_folder, folder);
        let environments = environments(&files, above, &whole, options, &mut notices);
        // Markers that never hold leave nothing: such a folder does not pin.
        if !environments.is_empty() {
            let folder = folder.to_owned();
            by_folder.insert(
                folder.clone(),
                Scope {
                    folder,
                    environments,
                },
            );
        }
    }
    let nothing = Environment {
        name: String::new(),
        ..environment(String::new(), &[], &whole).0
    };
    let mut rest = Scope {
        folder: String::new(),
        environments: vec![nothing],
    };
    if options.chosen_manifests && !by_folder.is_empty() {
        rest.environments = by_folder
            .values()
            .flat_map(|scope| scope.environments.iter().cloned())
            .collect();
    }
    for scope in by_folder.values_mut().chain([&mut rest]) {
        for environment in &mut scope.environments {
            if let Some(given) = &options.tensorflow {
                environment.tensorflow = given.permitted();
            }
            if let Some(given) = &options.keras {
                environment.keras = given.permitted();
            }
        }
        merge(&mut scope.environments);
    }
    notices.sort();
    notices.dedup();
    (Scopes { by_folder, rest }, notices)
}

/// Every system and Python that is asked about.
pub(super) fn whole(options: &ScopeOptions) -> MarkerTree {
    let world = marker::world();
    let Some(pythons) = &options.python else {
        return world;
    };
    let narrowed = marker::both(&world, pythons.marker());
    if narrowed.is_false() { world } else { narrowed }
}

/// The folder that a manifest governs: `requirements/` belongs to the folder around it.
fn governed(path: &RepoPath) -> &str {
    let folder = path.folder();
    match folder.rsplit_once('/') {
        Some((parent, "requirements")) => parent,
        None if folder == "requirements" => "",
        _ => folder,
    }
}

/// The nearest scope above a folder.
fn nearest<'s>(by_folder: &'s BTreeMap<String, Scope>, folder: &str) -> Option<&'s Scope> {
    let mut folder = folder;
    while !folder.is_empty() {
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        if let Some(scope) = by_folder.get(folder) {
            return Some(scope);
        }
    }
    None
}

/// What is to become environments: a name and the lines that hold in them.
struct Draft<'p> {
    name: String,
    /// It is the file that everybody installs.
    main: bool,
    pins: Vec<&'p Pin>,
}

fn environments(
    files: &[&Manifest],
    above: Option<&Scope>,
    whole: &MarkerTree,
    options: &ScopeOptions,
    notices: &mut Vec<Notice>,
) -> Vec<Environment> {
    let mut mains = Vec::new();
    let mut others = Vec::new();
    for draft in drafts(files, options) {
        let made = constrained(&draft, files, whole, notices);
        if draft.main {
            mains.extend(made);
        } else {
            others.extend(made);
        }
    }
    let mut all = Vec::new();
    for (index, environment) in mains.iter().chain(&others).enumerate() {
        let beside: Vec<&Environment> = if index < mains.len() {
            others.iter().collect()
        } else if mains.iter().any(has_tensorflow) {
            mains.iter().collect()
        } else {
            others.iter().collect()
        };
        inherit(environment, &beside, &mains, above, &mut all);
        if all.len() >= MAX_ENVIRONMENTS {
            break;
        }
    }
    merge(&mut all);
    all
}

/// The files that stand for environments, in the order of their paths.
fn drafts<'p>(files: &[&'p Manifest], options: &ScopeOptions) -> Vec<Draft<'p>> {
    let mut drafts = Vec::new();
    for manifest in files {
        let constraints_alone = manifest.kind == InputKind::Constraints
            && files.iter().all(|file| file.kind == InputKind::Constraints);
        if manifest.kind != InputKind::Requirements && !constraints_alone
            || is_part_of_another(manifest, files)
        {
            continue;
        }
        let lock = lock_of(manifest, files).filter(|_| !options.behind_locks);
        let pins: Vec<&Pin> = manifest
            .pins
            .iter()
            .filter(|pin| !lock.is_some_and(|lock| locks(lock, pin.package())))
            .collect();
        let groups: BTreeSet<&str> = pins.iter().map(|pin| pin.group.as_str()).collect();
        for group in groups {
            let name = if group.is_empty() {
                manifest.path.to_string()
            } else {
                format!("{} [{group}]", manifest.path)
            };
            drafts.push(Draft {
                name,
                main: is_main(&manifest.path) && group.is_empty(),
                pins: pins
                    .iter()
                    .copied()
                    .filter(|pin| pin.group.is_empty() || pin.group == group)
                    .collect(),
            });
        }
    }
    drafts
}

fn is_main(path: &RepoPath) -> bool {
    path.file_name().eq_ignore_ascii_case("requirements.txt")
}

/// Whether a file only matters as part of one that includes it, by `-r` or by `-c`.
fn is_part_of_another(manifest: &Manifest, files: &[&Manifest]) -> bool {
    let includes = |outer: &Manifest, inner: &Manifest| {
        outer.path != inner.path
            && outer
                .pins
                .iter()
                .any(|pin| pin.location.file.path == inner.path)
    };
    !is_main(&manifest.path)
        && files
            .iter()
            .any(|outer| includes(outer, manifest) && !includes(manifest, outer))
}

/// The compiled file beside a `.in` file.
fn lock_of<'m>(manifest: &Manifest, files: &[&'m Manifest]) -> Option<&'m Manifest> {
    let stem = manifest.path.as_str().strip_suffix(".in")?;
    let compiled = format!("{stem}.txt");
    files
        .iter()
        .copied()
        .find(|file| file.path.as_str() == compiled)
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

/// The environments of a draft under the constraints that lie beside it. Several files of
/// constraints are alternatives. Constraints that nothing refers to and that leave nothing are
/// not for this file.
fn constrained(
    draft: &Draft<'_>,
    files: &[&Manifest],
    whole: &MarkerTree,
    notices: &mut Vec<Notice>,
) -> Vec<Environment> {
    let own = draft.pins.iter().any(|pin| pin.role == Role::Constraint);
    let beside: Vec<&Manifest> = files
        .iter()
        .copied()
        .filter(|file| file.kind == InputKind::Constraints)
        .collect();
    if own || beside.is_empty() {
        return variants(draft, whole, notices);
    }
    let mut said = Vec::new();
    let bare = variants(draft, whole, &mut said);
    let mut all = Vec::new();
    for constraints in &beside {
        let narrowed = Draft {
            name: if beside.len() > 1 {
                format!("{} with {}", draft.name, constraints.path)
            } else {
                draft.name.clone()
            },
            main: draft.main,
            pins: draft
                .pins
                .iter()
                .copied()
                .chain(&constraints.pins)
                .collect(),
        };
        let made = variants(&narrowed, whole, notices);
        if made.iter().any(is_contradiction) && !bare.iter().any(is_contradiction) {
            let message = format!(
                "`{}` leaves no release for `{}` and was not applied to it",
                constraints.path, draft.name
            );
            notices.push(Notice::on_file(&constraints.path, None, message));
        } else {
            all.extend(made);
        }
    }
    if all.is_empty() {
        notices.extend(said);
        return bare;
    }
    all
}

fn is_contradiction(environment: &Environment) -> bool {
    Package::ALL.into_iter().any(|package| {
        let permitted = environment.permitted(package);
        permitted.pinning == Pinning::Versioned && permitted.releases.is_empty()
    })
}

/// The environments of a draft, one for each cell of its markers. Cells in which TensorFlow is not
/// installed say nothing where there are others, nor do cells whose Python no release runs on.
fn variants(draft: &Draft<'_>, whole: &MarkerTree, notices: &mut Vec<Notice>) -> Vec<Environment> {
    let cells = cells(&draft.pins, whole);
    let mut made: Vec<(Environment, bool)> = Vec::new();
    for cell in &cells {
        let pins: Vec<&Pin> = draft
            .pins
            .iter()
            .copied()
            .filter(|pin| holds(pin, cell))
            .collect();
        if pins.is_empty() {
            continue;
        }
        let conditions: BTreeSet<&str> = pins
            .iter()
            .filter(|pin| !pin.marker.is_true())
            .filter_map(|pin| pin.text.split_once(';'))
            .map(|(_, marker)| marker.trim())
            .collect();
        let mut name = draft.name.clone();
        for (index, condition) in conditions.into_iter().enumerate() {
            name.push_str(if index == 0 { "; " } else { " and " });
            name.push_str(condition);
        }
        made.push(environment(name, &pins, cell));
    }
    if made
        .iter()
        .any(|(environment, _)| has_tensorflow(environment))
    {
        made.retain(|(environment, _)| has_tensorflow(environment));
    }
    if made.iter().all(|&(_, no_python)| no_python) {
        notices.extend(
            made.iter()
                .filter_map(|(environment, _)| no_python(environment)),
        );
    } else {
        made.retain(|&(_, no_python)| !no_python);
    }
    let mut made: Vec<Environment> = made.into_iter().map(|(made, _)| made).collect();
    merge(&mut made);
    if let [only] = &mut made[..] {
        only.name.clone_from(&draft.name);
    }
    made
}

/// One installation, and whether no Python runs what it pins.
fn environment(name: String, pins: &[&Pin], cell: &MarkerTree) -> (Environment, bool) {
    let [tensorflow, keras, tf_keras] = Package::ALL.map(|package| permit(package, pins, cell));
    let no_python = tensorflow.no_python || keras.no_python || tf_keras.no_python;
    let environment = Environment {
        name,
        tensorflow: tensorflow.permitted,
        keras: keras.permitted,
        tf_keras: tf_keras.permitted,
    };
    (environment, no_python)
}

fn no_python(environment: &Environment) -> Option<Notice> {
    let pins = Package::ALL.map(|package| environment.permitted(package).pins.first());
    let pin = pins.into_iter().flatten().next()?;
    let at = pin.location.as_ref()?;
    let line = LineIndex::new(&at.file.text).line(at.span.start);
    let message = format!(
        "no release that `{}` permits is published for the Python that is asked for; Python was left out of account",
        pin.text
    );
    Some(Notice::on_file(&at.file.path, Some(line), message))
}

fn has_tensorflow(environment: &Environment) -> bool {
    environment.tensorflow.pinning != Pinning::Absent
}

/// Adds an environment with what it lacks: TensorFlow from the files beside it or from the folder
/// above, once for each way in which they have it; Keras from `requirements.txt`, where both mean the
/// same TensorFlow.
fn inherit(
    environment: &Environment,
    beside: &[&Environment],
    mains: &[Environment],
    above: Option<&Scope>,
    all: &mut Vec<Environment>,
) {
    if has_tensorflow(environment) {
        let same = |main: &&Environment| {
            main.tensorflow.pinning == environment.tensorflow.pinning
                && !(main.tensorflow.releases & environment.tensorflow.releases).is_empty()
        };
        let mut complete = environment.clone();
        if let Some(main) = mains.iter().find(same) {
            lend(&main.keras, &mut complete.keras);
            lend(&main.tf_keras, &mut complete.tf_keras);
        }
        all.push(complete);
        return;
    }
    let mut lenders: Vec<&Environment> = beside
        .iter()
        .copied()
        .filter(|e| has_tensorflow(e))
        .collect();
    if lenders.is_empty() {
        lenders = above
            .into_iter()
            .flat_map(|scope| &scope.environments)
            .filter(|environment| has_tensorflow(environment))
            .collect();
    }
    if lenders.is_empty() {
        all.push(environment.clone());
    }
    for lender in lenders {
        let mut complete = environment.clone();
        complete.tensorflow = lender.tensorflow.clone();
        lend(&lender.keras, &mut complete.keras);
        lend(&lender.tf_keras, &mut complete.tf_keras);
        all.push(complete);
    }
}

fn lend(from: &Permitted, to: &mut Permitted) {
    if to.pinning == Pinning::Absent && from.pinning != Pinning::Absent {
        to.clone_from(from);
    }
}

/// Keeps the first of environments that permit the same.
fn merge(environments: &mut Vec<Environment>) {
    let same = |left: &Environment, right: &Environment| {
        Package::ALL.into_iter().all(|package| {
            let (left, right) = (left.permitted(package), right.permitted(package));
            left.pinning == right.pinning && left.releases == right.releases
        })
    };
    let mut kept: Vec<Environment> = Vec::with_capacity(environments.len());
    for environment in environments.drain(..) {
        if !kept.iter().any(|other| same(other, &environment)) {
            kept.push(environment);
        }
    }
    *environments = kept;
}
