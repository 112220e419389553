//! What uses are judged on: the environments of a scope, once for each release of TensorFlow, and where
//! the paths of the code fail on them.

use std::fmt;
use std::sync::{OnceLock, PoisonError, RwLock};

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

use crate::api::overlay;
use crate::maps::{FastMap, FastSet};
use crate::names::Package;
use crate::narrow::arguments::Callable;
use crate::narrow::texts::Role;
use crate::narrow::{Availability, Judge, KerasPart, Memory, Verdict, availability, below};
use crate::python::Reading;
use crate::python::uses::{FileUses, Position, Use};
use crate::release::ReleaseSet;
use crate::scope::{Environment, Pinning, Scope, Scopes};
use crate::text::Span;

/// What tells the environments of two scopes apart once TensorFlow is given.
type Key = Vec<([(Pinning, ReleaseSet); 2], bool, bool)>;

/// The environments of a scope, once for each release that is asked about.
pub(super) struct Ground {
    pub(super) asked: ReleaseSet,
    /// By the index of the release; of those that are not asked about, nothing.
    scopes: Vec<Scope>,
    key: Key,
    /// Where sets that were met already fail: many paths have the same.
    known: RwLock<FastMap<Sets, Fails>>,
}

impl fmt::Debug for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ground")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

fn key(scope: &Scope) -> Key {
    let one = |environment: &Environment| {
        let permitted = [&environment.keras, &environment.tf_keras]
            .map(|permitted| (permitted.pinning, permitted.releases));
        (permitted, environment.legacy_keras, environment.any_keras)
    };
    let mut key: Key = Vec::new();
    for one in scope.environments.iter().map(one) {
        if !key.contains(&one) {
            key.push(one);
        }
    }
    key
}

/// All of an availability that decides where something fails that nothing guards.
type Sets = (Package, [ReleaseSet; 6]);

fn sets(found: &Availability) -> Sets {
    let of = |part: &Option<KerasPart>| {
        let part = part.as_ref();
        part.map_or([ReleaseSet::EMPTY; 2], |part| [part.releases, part.absent])
    };
    let ([releases, keras], [legacy, tf_keras]) = (of(&found.keras), of(&found.legacy));
    let all = [
        found.absent,
        found.shallow,
        releases,
        keras,
        legacy,
        tf_keras,
    ];
    (found.package, all)
}

/// A judge's answer where nobody needs a pin to offer.
pub(super) fn no_pins() -> [ReleaseSet; 3] {
    [ReleaseSet::EMPTY; 3]
}

impl Ground {
    fn of(scope: &Scope, asked: ReleaseSet) -> Self {
        let last = asked.newest().map_or(0, |last| last + 1);
        let on = |release: usize| {
            if !asked.contains(release) {
                return Scope::default();
            }
            let mut environments: Vec<Environment> = Vec::new();
            let mut keys: Key = Vec::new();
            for environment in &scope.environments {
                let one = Scope {
                    environments: vec![environment.with_release(release)],
                    ..Scope::default()
                };
                let key = key(&one);
                if !key.iter().all(|one| keys.contains(one)) {
                    keys.extend(key);
                    environments.extend(one.environments);
                }
            }
            Scope {
                folder: scope.folder.clone(),
                is_notebook: scope.is_notebook,
                environments,
                passed_over: Vec::new(),
            }
        };
        Self {
            asked,
            scopes: (0..last).map(on).collect(),
            key: key(scope),
            known: RwLock::default(),
        }
    }

    /// What is permitted of a package on a release of TensorFlow.
    pub(super) fn permitted(&self, release: usize, package: Package) -> ReleaseSet {
        self.scopes[release].permitted_somewhere(package)
    }

    /// The judge of a release.
    pub(super) fn judge<'g>(
        &'g self,
        release: usize,
        imported: &'g FastSet<String>,
        memory: &'g Memory,
    ) -> Judge<'g> {
        Judge {
            scope: &self.scopes[release],
            imported,
            together: &no_pins,
            memory,
        }
    }
}

/// The grounds of all scopes: folders that differ in TensorFlow alone share one.
#[derive(Debug, Default)]
pub(super) struct Grounds<'s> {
    all: Vec<Ground>,
    by_folder: FastMap<&'s str, usize>,
}

impl<'s> Grounds<'s> {
    /// The grounds on which some files stand.
    pub(super) fn of(scopes: &'s Scopes, readings: &[Reading], asked: ReleaseSet) -> Self {
        let mut grounds = Self::default();
        for reading in readings {
            let scope = scopes.governing(&reading.path);
            if grounds.by_folder.contains_key(scope.folder.as_str()) {
                continue;
            }
            let key = key(scope);
            let known = grounds.all.iter().position(|ground| ground.key == key);
            let at = known.unwrap_or_else(|| {
                grounds.all.push(Ground::of(scope, asked));
                grounds.all.len() - 1
            });
            grounds.by_folder.insert(&scope.folder, at);
        }
        grounds
    }

    /// The number of the ground under a scope.
    pub(super) fn number(&self, scope: &Scope) -> usize {
        self.by_folder
            .get(scope.folder.as_str())
            .copied()
            .unwrap_or(0)
    }

    pub(super) fn get(&self, number: usize) -> &Ground {
        &self.all[number]
    }
}

/// The releases of TensorFlow on which something fails that nothing guards.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fails {
    /// In some environment, beside some Keras that may be there.
    pub(super) some: ReleaseSet,
    /// Whatever is beside it.
    pub(super) all: ReleaseSet,
}

impl Fails {
    /// Where something of an availability fails.
    pub(super) fn of(found: &Availability, ground: &Ground, imported: &FastSet<String>) -> Self {
        let key = sets(found);
        // A panic elsewhere leaves what is known as true as it was.
        let known = ground.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(&fails) = known.get(&key) {
            return fails;
        }
        drop(known);
        let fails = Self::on(found, ground, imported);
        let mut known = ground.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, fails);
        fails
    }

    fn on(found: &Availability, ground: &Ground, imported: &FastSet<String>) -> Self {
        let mut fails = Self::default();
        let mut open = ground.asked;
        if found.package == Package::Tensorflow {
            // What TensorFlow has itself, no environment changes.
            let behind = found
                .keras
                .as_ref()
                .map_or(ReleaseSet::EMPTY, |part| part.releases);
            fails.some = (ground.asked & found.absent) - behind;
            fails.all = fails.some;
            open = open & behind;
        }
        let (uses, used) = (FileUses::default(), anywhere(found.package));
        let memory = Memory::default();
        for release in open.iter() {
            let judge = ground.judge(release, imported, &memory);
            if let Some(verdict) = judge.judge(&uses, &used, found) {
                fails.add(release, &verdict);
            }
        }
        fails
    }

    pub(super) fn add(&mut self, release: usize, verdict: &Verdict) {
        if verdict.permitted.is_empty() || verdict.failing.is_empty() {
            return;
        }
        self.some.insert(release);
        if !verdict.works_somewhere && verdict.pinned {
            self.all.insert(release);
        }
    }
}

/// A use of a package that nothing guards.
fn anywhere(package: Package) -> Use {
    Use::of_package(package.name(), Span::new(0, 0), None)
}

/// What is known of a path on a ground.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) found: Option<Availability>,
    pub(super) fails: Fails,
    /// It may resolve and raise when it is called.
    pub(super) stub: bool,
    callable: OnceLock<Option<Callable>>,
    role: OnceLock<Option<Role>>,
}

impl Facts {
    /// What its parameters are.
    pub(super) fn callable(&self, path: &str, found: &Availability) -> Option<&Callable> {
        let known = self.callable.get_or_init(|| Callable::of(path, found));
        known.as_ref()
    }

    /// What it takes a text for.
    pub(super) fn role(&self, path: &str, found: &Availability) -> Option<Role> {
        *self.role.get_or_init(|| Role::of(path, found))
    }

    fn of(path: &str, position: Position, ground: &Ground, imported: &FastSet<String>) -> Self {
        let found = availability(path, position, imported);
        let fails = found
            .as_ref()
            .map(|found| Fails::of(found, ground, imported));
        let behind = found.as_ref().and_then(|found| found.keras.as_ref());
        let behind = behind.map_or("", |part| part.path.as_str());
        let stubs = &overlay::get().stubs;
        Self {
            fails: fails.unwrap_or_default(),
            stub: stubs
                .iter()
                .any(|stub| below(path, &stub.prefix) || below(behind, &stub.prefix)),
            found,
            callable: OnceLock::new(),
            role: OnceLock::new(),
        }
    }
}

/// What is known of all paths that some files use.
pub(super) type Paths<'r> = FastMap<(usize, &'r str, Position), Facts>;

/// Looks up what some files use, each path once.
pub(super) fn paths<'r>(
    readings: &'r [Reading],
    scopes: &Scopes,
    grounds: &Grounds<'_>,
    imported: &FastSet<String>,
) -> Paths<'r> {
    let mut keys: FastSet<(usize, &str, Position)> = FastSet::default();
    for reading in readings {
        let number = grounds.number(scopes.governing(&reading.path));
        let uses = reading.uses.uses.iter();
        keys.extend(uses.map(|used| (number, &*used.path, used.position)));
    }
    keys.into_par_iter()
        .map(|key| {
            let (number, path, position) = key;
            (
                key,
                Facts::of(path, position, grounds.get(number), imported),
            )
        })
        .collect::<Vec<_>>()
        .into_iter()
        .collect()
}
