//! What was found out about the conditions of one file. A chain of conditions is shared by all that
//! stands in it, and one test of versions by all branches behind it: each is computed once for each
//! environment, however much code there is. So is what only a look at all uses tells.

use std::cell::RefCell;
use std::sync::Arc;

use crate::maps::FastMap;
use crate::names::Package;
use crate::python::computed::Computed;
use crate::python::uses::GuardId;
use crate::release::ReleaseSet;
use crate::scope::Environment;

use super::Raised;

/// What conditions of one file give, as far as somebody asked. Not for several files.
#[derive(Debug, Default)]
pub struct Memory {
    reached: RefCell<FastMap<(GuardId, Asked), Option<ReleaseSet>>>,
    tests: RefCell<FastMap<(usize, Ground), Outcome>>,
    layers: RefCell<FastMap<&'static str, Option<&'static str>>>,
}

/// The releases on which a test may be true, and those on which it may be false.
type Outcome = Option<(ReleaseSet, ReleaseSet)>;

/// Where a condition is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ground {
    /// The address of the environment, which outlives the file.
    environment: usize,
    package: Option<Package>,
    permitted: ReleaseSet,
}

impl Ground {
    pub(super) fn new(
        environment: &Environment,
        package: Option<Package>,
        permitted: ReleaseSet,
    ) -> Self {
        Self {
            environment: std::ptr::from_ref(environment).addr(),
            package,
            permitted,
        }
    }
}

/// What is asked of a condition, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) ground: Ground,
    pub(super) raised: Raised,
    /// Of an attribute, else of an import.
    pub(super) attribute: bool,
}

impl Memory {
    /// What is reached in a condition and all around it.
    pub(super) fn reached(&self, guard: GuardId, asked: Asked) -> Option<Option<ReleaseSet>> {
        self.reached.borrow().get(&(guard, asked)).copied()
    }

    pub(super) fn keep_reached(&self, guard: GuardId, asked: Asked, reached: Option<ReleaseSet>) {
        self.reached.borrow_mut().insert((guard, asked), reached);
    }

    /// What a test gives, which `find` finds out the first time.
    pub(super) fn test(
        &self,
        test: &Arc<Computed>,
        ground: Ground,
        find: impl FnOnce() -> Outcome,
    ) -> Outcome {
        let key = (Arc::as_ptr(test).addr(), ground);
        if let Some(&known) = self.tests.borrow().get(&key) {
            return known;
        }
        let found = find();
        self.tests.borrow_mut().insert(key, found);
        found
    }

    /// From which Keras the layers come where policies are set in another, which `find` finds out the
    /// first time.
    pub(super) fn layers(
        &self,
        own: &'static str,
        find: impl FnOnce() -> Option<&'static str>,
    ) -> Option<&'static str> {
        *self.layers.borrow_mut().entry(own).or_insert_with(find)
    }
}
