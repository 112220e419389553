//! Paths of the API that were looked up already, on every thread: files name the same ones again and
//! again.

use std::sync::{Arc, Mutex, PoisonError};

use crate::maps::FastMap;
use crate::narrow::arguments::Callable;
use crate::narrow::texts::Role;
use crate::narrow::{self, Availability, Judge};
use crate::python::uses::{Position, Use};
use crate::scope::Scope;

/// What is known of a path under a scope.
pub(super) struct Known {
    /// The address of the scope.
    scope: usize,
    position: Position,
    pub(super) found: Option<Availability>,
    /// No rule can have anything to say about it there.
    pub(super) quiet: bool,
    /// What is known of calls of it, once one was met.
    pub(super) called: Option<Arc<Called>>,
}

/// What is known of calls of a path, whatever the scope.
pub(super) struct Called {
    /// What its parameters are.
    pub(super) callable: Option<Callable>,
    /// What it takes a text for.
    pub(super) role: Option<Role>,
}

/// Paths that were looked up already.
#[derive(Default)]
pub(super) struct Cache {
    /// By path, an index into `known`.
    paths: FastMap<Arc<str>, usize>,
    /// What is known of each, under each scope and in each position.
    known: Vec<Vec<Known>>,
    called: FastMap<Arc<str>, Arc<Called>>,
}

impl Cache {
    /// What is known of the path of a use, and of calls of it where it is called.
    pub(super) fn known(&mut self, judge: &Judge<'_>, used: &Use) -> &Known {
        let path = match self.paths.get(&used.path) {
            Some(&path) => path,
            None => {
                self.known.push(Vec::new());
                self.paths
                    .insert(Arc::clone(&used.path), self.known.len() - 1);
                self.known.len() - 1
            }
        };
        let scope = std::ptr::from_ref::<Scope>(judge.scope).addr();
        let same = |known: &Known| known.scope == scope && known.position == used.position;
        let list = &mut self.known[path];
        let at = list.iter().position(same).unwrap_or_else(|| {
            let found = narrow::availability(&used.path, used.position, judge.imported);
            let quiet = found
                .as_ref()
                .is_none_or(|found| judge.is_quiet(&used.path, found));
            list.push(Known {
                scope,
                position: used.position,
                found,
                quiet,
                called: None,
            });
            list.len() - 1
        });
        let known = &mut list[at];
        if used.call.is_some()
            && known.called.is_none()
            && let Some(found) = &known.found
        {
            let called = self.called.entry(Arc::clone(&used.path));
            let called = called.or_insert_with(|| {
                Arc::new(Called {
                    callable: Callable::of(&used.path, found),
                    role: Role::of(&used.path, found),
                })
            });
            known.called = Some(Arc::clone(called));
        }
        known
    }

    /// Forgets what holds for the scopes and imports so far alone.
    fn forget_scopes(&mut self) {
        self.paths.clear();
        self.known.clear();
    }
}

/// One cache for each thread.
pub(super) struct Caches(Vec<Mutex<Cache>>);

impl Caches {
    pub(super) fn new() -> Self {
        let threads = 0..=rayon::current_num_threads();
        Self(threads.map(|_| Mutex::default()).collect())
    }

    /// Does something with the cache of this thread, which must not wait for other work there.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Cache) -> T) -> T {
        let outside = self.0.len() - 1;
        let at = rayon::current_thread_index().unwrap_or(outside);
        let mut cache = self.0[at.min(outside)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut cache)
    }

    /// Forgets what holds for the scopes and imports so far alone.
    pub(super) fn forget_scopes(&mut self) {
        for cache in &mut self.0 {
            cache
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .forget_scopes();
        }
    }
}
