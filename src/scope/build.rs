//! From manifests to scopes: which files make environments, and of which folders.
//!
//! * Files in a folder and in its `requirements/` govern that folder; workflows govern the folder around
//!   `.github`; what lies in `docker/`, `scripts/`, `conda/` and their like the folder around those.
//! * A file that another one includes is no environment of its own, unless it is the
//!   `requirements.txt` that everybody installs.
//! * A lock (`poetry.lock`, `uv.lock`, `pdm.lock`, `Pipfile.lock`, a compiled `x.txt`) stands for the
//!   manifest that it locks.
//! * Constraints narrow; siblings, extras and groups are alternatives; what a sibling lacks it has from
//!   `requirements.txt`, from its siblings, or from the folder above.
//! * Words have weights ([`Weight`]): what the project declares, then what it is tested with
//!   (workflows, tox, nox), then images, then scripts. A lighter word is heard only where it names
//!   versions of TensorFlow and no heavier one does, here or above: it never argues with a pin.
//!   It does give a version to `tensorflow` alone.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::MarkerTree;

use super::files::{governed, is_locked, is_main, passed_over};
use super::permit::{cells, holds, permit};
use super::{Environment, Permitted, Pinning, Scope, ScopeOptions, Scopes};
use crate::finding::Notice;
use crate::names::Package;
use crate::pins::{Companion, InputKind, Manifest, Pin, Role, Weight, marker};

/// The most environments that one folder may have; more come only from combinations.
const MAX_ENVIRONMENTS: usize = 64;

pub(super) fn scopes(manifests: &[Manifest], options: &ScopeOptions) -> (Scopes, Vec<Notice>) {
    let mut notices = Vec::new();
    let whole = whole(options);
    let manifests: Vec<Manifest> = manifests
        .iter()
        .map(|manifest| on_its_python(manifest, options))
        .collect();
    let mut folders: BTreeMap<&str, Vec<&Manifest>> = BTreeMap::new();
    for manifest in manifests
        .iter()
        .filter(|manifest| !manifest.pins.is_empty() || manifest.legacy_keras)
    {
        folders
            .entry(governed(manifest))
            .or_default()
            .push(manifest);
    }
    let legacy_root = folders
        .get("")
        .is_some_and(|files| files.iter().any(|file| file.legacy_keras));
    let mut by_folder: BTreeMap<String, Scope> = BTreeMap::new();
    // Folders in which a heavy word names versions.
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    // A folder sorts before what is below it, so what is inherited is already there.
    for (folder, files) in folders {
        let above = nearest(&by_folder, folder);
        let under = above.is_some_and(|scope| settled.contains(scope.folder.as_str()));
        let heavy: Vec<&Manifest> = of_weight(&files, Weight::Declared);
        let mut environments = environments(&heavy, above, &whole, options, &mut notices);
        if environments.iter().any(is_versioned) || under {
            settled.insert(folder);
        } else {
            let light = lightly(&files, &whole, options);
            environments = complete(environments, light);
        }
        let legacy_keras = files.iter().any(|file| file.legacy_keras)
            || above.is_some_and(|scope| scope.environments.iter().any(|one| one.legacy_keras));
        for environment in &mut environments {
            environment.legacy_keras = legacy_keras;
        }
        // Markers that never hold leave nothing: such a folder does not pin.
        if !environments.is_empty() {
            let passed_over = passed_over(&files, &environments);
            let folder = folder.to_owned();
            by_folder.insert(
                folder.clone(),
                Scope {
                    folder,
                    is_notebook: false,
                    environments,
                    passed_over,
                },
            );
        }
    }
    let nothing = Environment {
        name: String::new(),
        legacy_keras: legacy_root,
        ..environment(String::new(), &[], &whole).0
    };
    let mut rest = Scope {
        environments: vec![nothing],
        ..Scope::default()
    };
    if options.chosen_manifests && !by_folder.is_empty() {
        rest.environments = by_folder
            .values()
            .flat_map(|scope| scope.environments.iter().cloned())
            .collect();
    }
    for scope in by_folder.values_mut().chain([&mut rest]) {
        override_pins(&mut scope.environments, options);
    }
    notices.sort_unstable();
    notices.dedup();
    let scopes = Scopes {
        by_folder,
        by_notebook: BTreeMap::new(),
        rest,
    };
    (scopes, notices)
}

/// Puts what was asked for in the place of what is pinned.
pub(super) fn override_pins(environments: &mut Vec<Environment>, options: &ScopeOptions) {
    for environment in &mut *environments {
        environment.any_keras = options.all_environments;
        if let Some(given) = &options.tensorflow {
            environment.tensorflow = given.permitted();
        }
        if let Some(given) = &options.keras {
            environment.keras = given.permitted();
        }
    }
    merge(environments);
}

/// A manifest whose pins hold on the Pythons that it names, unless others are asked about. A line that
/// holds on none of them keeps its marker.
fn on_its_python(manifest: &Manifest, options: &ScopeOptions) -> Manifest {
    let mut manifest = manifest.clone();
    if options.python.is_none() {
        for pin in &mut manifest.pins {
            let Some(python) = &pin.python else { continue };
            let narrowed = marker::both(&pin.marker, python.pythons.marker());
            if !narrowed.is_false() {
                pin.marker = narrowed;
            }
        }
    }
    manifest
}

/// Every system and Python that is asked about.
pub(super) fn whole(options: &ScopeOptions) -> MarkerTree {
    let world = marker::world();
    let Some(pythons) = &options.python else {
        return world;
    };
    let narrowed = marker::both(&world, pythons.pythons.marker());
    if narrowed.is_false() { world } else { narrowed }
}

fn of_weight<'m>(files: &[&'m Manifest], weight: Weight) -> Vec<&'m Manifest> {
    let mut files = files.to_vec();
    files.retain(|file| file.kind.weight() == weight);
    files
}

fn is_versioned(environment: &Environment) -> bool {
    matches!(
        environment.tensorflow.pinning,
        Pinning::Versioned | Pinning::Unknown
    )
}

/// The environments of the heaviest lighter word that names versions of TensorFlow.
fn lightly(files: &[&Manifest], whole: &MarkerTree, options: &ScopeOptions) -> Vec<Environment> {
    [Weight::Tested, Weight::Image, Weight::Script]
        .into_iter()
        .map(|weight| {
            let files = of_weight(files, weight);
            // What cannot be honoured of a light word is not worth a notice.
            let mut made = environments(&files, None, whole, options, &mut Vec::new());
            made.retain(|environment| {
                environment.tensorflow.pinning == Pinning::Versioned
                    && !environment.tensorflow.releases.is_empty()
            });
            made
        })
        .find(|made| !made.is_empty())
        .unwrap_or_default()
}

/// Gives environments without a version of TensorFlow those of a lighter word.
fn complete(heavy: Vec<Environment>, light: Vec<Environment>) -> Vec<Environment> {
    if heavy.is_empty() || light.is_empty() {
        return if heavy.is_empty() { light } else { heavy };
    }
    let mut all = Vec::new();
    for light in &light {
        for heavy in &heavy {
            let mut one = heavy.clone();
            one.name.clone_from(&light.name);
            one.tensorflow = light.tensorflow.clone();
            lend(&light.keras, &mut one.keras);
            lend(&light.tf_keras, &mut one.tf_keras);
            all.push(one);
        }
    }
    all.truncate(MAX_ENVIRONMENTS);
    merge(&mut all);
    all
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
    companions: Vec<&'p Companion>,
    /// A finding tells that no Python runs what it pins.
    told: bool,
}

pub(super) fn environments(
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
        if manifest.kind == InputKind::Constraints && !constraints_alone
            || is_part_of_another(manifest, files)
        {
            continue;
        }
        let locked = |package| !options.all_environments && is_locked(manifest, package, files);
        let pins: Vec<&Pin> = manifest
            .pins
            .iter()
            .filter(|pin| !locked(pin.package()))
            .collect();
        let mut groups: BTreeSet<&str> = pins.iter().map(|pin| pin.group.as_str()).collect();
        // One of the branches is taken: what stands outside of them is no installation by itself.
        if groups.iter().any(|group| group.starts_with("line ")) {
            groups.remove("");
        }
        for group in groups {
            let pins: Vec<&Pin> = pins
                .iter()
                .copied()
                .filter(|pin| pin.group.is_empty() || pin.group == group)
                .collect();
            let name = if group.is_empty() {
                manifest.path.to_string()
            } else {
                format!("{} [{group}]", manifest.path)
            };
            drafts.push(Draft {
                name,
                main: is_main(&manifest.path) && group.is_empty(),
                told: pins
                    .iter()
                    .any(|pin| options.python_without_wheel(pin).is_some()),
                pins,
                companions: manifest
                    .companions
                    .iter()
                    .filter(|one| one.group.is_empty() || one.group == group)
                    .collect(),
            });
        }
    }
    drafts
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
            told: draft.told,
            companions: draft.companions.clone(),
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
        let (mut one, no_python) = environment(name, &pins, cell);
        one.companions = draft
            .companions
            .iter()
            .filter(|companion| !companion.marker.is_disjoint(cell))
            .map(|companion| (*companion).clone())
            .collect();
        made.push((one, no_python));
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
                .filter(|_| !draft.told)
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
        legacy_keras: false,
        any_keras: false,
        companions: Vec::new(),
    };
    (environment, no_python)
}

fn no_python(environment: &Environment) -> Option<Notice> {
    let pins = Package::ALL.map(|package| environment.permitted(package).pins.first());
    let pin = pins.into_iter().flatten().next()?;
    let at = pin.location.as_ref()?;
    let line = at.file.line_on_disk(at.span.start);
    let message = format!(
        "no release that `{}` permits is published for the Python of the project; Python was left out of account",
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
    let beside = |one: &Environment| -> Vec<String> {
        let all = one.companions.iter();
        all.map(|companion| companion.line.text.clone()).collect()
    };
    let same = |left: &Environment, right: &Environment| {
        beside(left) == beside(right)
            && Package::ALL.into_iter().all(|package| {
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
