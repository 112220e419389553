//! What the project's modules hand on: names at module level that stand for the API, or for the
//! outcome of a version test, and the imports that pass them from module to module.

use std::sync::Arc;

use super::Reading;
use super::bindings::count;
use super::computed::Computed;
use super::imported::{Imports, Taken};
use super::project::{ModuleId, Project};
use super::scopes::{FastMap, Sym, Value};
use super::uses::Guard;
use super::walk::Walk;
use crate::maps::FastSet;

/// How many imports a name may travel through.
const LONGEST_CHAIN: usize = 8;

/// Stands for all names of a module, as in `from module import *`.
pub const EVERYTHING: &str = "*";

/// What a name of a module stands for, for those who import it.
#[derive(Clone, Debug, PartialEq)]
pub enum Export {
    /// An API path.
    Api {
        /// Canonical dotted path.
        path: String,
        /// The conditions under which it was bound.
        guards: Vec<Guard>,
    },
    /// A function that gives an instance of the API.
    Makes {
        /// The path of the instance.
        instance: String,
    },
    /// The outcome of a test.
    Test {
        /// What is known where it is true.
        yes: Guard,
        /// What is known where it is false.
        no: Guard,
        /// What was computed of versions.
        computed: Option<Arc<Computed>>,
    },
    /// A name of another module of the project.
    From {
        /// That module.
        module: ModuleId,
        /// The name there.
        name: String,
    },
    /// A module of the project.
    Module(ModuleId),
}

/// The names that one module offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModuleExports {
    /// Names and what they stand for, by name.
    pub names: Vec<(String, Export)>,
    /// Modules of the project from which `*` is imported.
    pub stars: Vec<ModuleId>,
    /// What the stars bring is not certain: one is imported under a condition, or another one brings
    /// names from elsewhere.
    pub either: bool,
    /// `__all__`, where it is a plain list.
    pub all: Option<Vec<String>>,
}

/// What all modules of the project hand on.
#[derive(Debug, Default)]
pub struct ProjectExports {
    modules: FastMap<u32, ModuleExports>,
    /// Modules from which an API path can be had, at last, by any chain, and packages that they lie in.
    leading: FastSet<u32>,
    /// Modules that some file imports, and whether some does so under no condition.
    imported: FastMap<u32, bool>,
    /// All files are there that may hand something on.
    settled: bool,
}

impl ProjectExports {
    /// Adds what some files offer, which is taken out of the readings.
    pub fn add<'r>(
        &mut self,
        project: &Project,
        readings: impl IntoIterator<Item = &'r mut Reading>,
    ) {
        let mut fresh = Vec::new();
        for reading in readings {
            let Some(id) = project.module(&reading.path) else {
                continue;
            };
            for module in &reading.imports {
                let free = reading.chosen_imports.binary_search(module).is_err() && *module != id;
                *self.imported.entry(module.0).or_default() |= free;
            }
            let exports = std::mem::take(&mut reading.exports);
            if exports != ModuleExports::default() {
                self.modules.insert(id.0, exports);
                fresh.push(id);
            }
        }
        self.find_leading(project, fresh);
    }

    /// Takes all files to be there that may hand something on: from now on, [`Self::may_concern`] and
    /// [`Self::concern`] answer for the whole project.
    pub fn settle(&mut self, project: &Project) {
        let mut modules: Vec<ModuleId> = self.modules.keys().map(|&id| ModuleId(id)).collect();
        modules.sort_unstable();
        self.find_leading(project, modules);
        self.settled = true;
    }

    /// Works out which of some modules lead to the API.
    fn find_leading(&mut self, project: &Project, mut modules: Vec<ModuleId>) {
        for _ in 0..LONGEST_CHAIN {
            let before = modules.len();
            let leads =
                |id: &mut ModuleId| self.leading.contains(&id.0) || self.offers(project, *id);
            let found: Vec<ModuleId> = modules.extract_if(.., leads).collect();
            for module in found {
                let mut at = Some(module);
                while let Some(id) = at
                    && self.leading.insert(id.0)
                {
                    at = project.package_of(id);
                }
            }
            if modules.is_empty() || modules.len() == before {
                break;
            }
        }
    }

    /// Whether a module hands on the API, or something that leads to it.
    fn offers(&self, project: &Project, id: ModuleId) -> bool {
        let Some(module) = self.modules.get(&id.0) else {
            return false;
        };
        module.stars.iter().any(|&star| self.leads(star))
            || module.names.iter().any(|(_, export)| match export {
                Export::From { module, name } => match self.lookup(*module, name) {
                    Some(found) => self.is_way(found),
                    None => project
                        .child(*module, name)
                        .is_some_and(|id| self.leads(id)),
                },
                other => self.is_way(other),
            })
    }

    /// Whether something that a module hands on is the API or leads to it.
    fn is_way(&self, export: &Export) -> bool {
        match export {
            Export::Api { .. } | Export::Makes { .. } => true,
            Export::Module(module) => self.leads(*module),
            Export::Test { .. } | Export::From { .. } => false,
        }
    }

    /// Whether a module leads to the API.
    pub(crate) fn leads(&self, module: ModuleId) -> bool {
        self.leading.contains(&module.0)
    }

    /// Whether a file that was not read, because it names neither TensorFlow nor Keras, may get the API
    /// from a module that was. Errs on the side of yes.
    #[must_use]
    pub fn may_concern(&self, project: &Project, imports: &Imports) -> bool {
        imports.iter().any(|(module, taken)| {
            // Whether all import it on some releases only is asked of this one, too.
            self.is_chosen_by_release(module)
                || match taken {
                    Taken::Module | Taken::Package | Taken::All => self.leads(module),
                    Taken::Name(name) => match self.lookup(module, name) {
                        Some(Export::Module(module)) => self.leads(*module),
                        Some(_) => true,
                        None => project.child(module, name).is_some_and(|id| self.leads(id)),
                    },
                }
        })
    }

    /// Whether a file that was read missed something that a module hands on which was read after it, or
    /// is itself imported on some releases only: then it is to be read again, with these exports.
    #[must_use]
    pub fn concern(&self, project: &Project, reading: &Reading) -> bool {
        let uses = !reading.uses.uses.is_empty();
        let missed = |(module, name): &(ModuleId, String)| match self.lookup(*module, name) {
            _ if name == EVERYTHING => self.leads(*module),
            Some(Export::Api { .. } | Export::Makes { .. }) => true,
            Some(&Export::Module(found)) => {
                self.leads(found) && project.child(*module, name) != Some(found)
            }
            // A test matters only where there is something that it guards.
            Some(Export::Test { .. } | Export::From { .. }) => uses,
            None => false,
        };
        reading.missed.iter().any(missed)
            || uses
                && project
                    .module(&reading.path)
                    .is_some_and(|id| self.is_chosen_by_release(id))
    }

    /// Whether a module is imported only under conditions that choose releases, as far as all files are
    /// there.
    pub(crate) fn is_chosen_by_release(&self, module: ModuleId) -> bool {
        self.settled && self.imported.get(&module.0) == Some(&false)
    }

    /// What a name of a module stands for, through all modules that pass it on.
    pub(crate) fn lookup(&self, module: ModuleId, name: &str) -> Option<&Export> {
        self.follow(module, name, LONGEST_CHAIN)
    }

    fn follow(&self, module: ModuleId, name: &str, chain: usize) -> Option<&Export> {
        let chain = chain.checked_sub(1)?;
        let exports = self.modules.get(&module.0)?;
        let own = exports
            .names
            .binary_search_by(|(known, _)| known.as_str().cmp(name));
        if let Ok(index) = own {
            return match &exports.names[index].1 {
                Export::From { module, name } => self.follow(*module, name, chain),
                other => Some(other),
            };
        }
        if exports.either {
            return None;
        }
        let mut found = exports
            .stars
            .iter()
            .filter(|&&star| self.star_gives(star, name))
            .filter_map(|&star| self.follow(star, name, chain));
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }

    fn star_gives(&self, module: ModuleId, name: &str) -> bool {
        self.modules.get(&module.0).is_some_and(|exports| {
            exports
                .all
                .as_ref()
                .map_or(!name.starts_with('_'), |all| all.iter().any(|n| n == name))
        })
    }

    /// What a name stands for that `from module import *` may have bound.
    pub(crate) fn star(&self, module: ModuleId, name: &str) -> Option<&Export> {
        if !self.star_gives(module, name) {
            return None;
        }
        self.lookup(module, name)
    }
}

/// Slots by name, for the exports of a module.
pub(crate) fn module_names<'w>(walk: &'w Walk<'_, '_>) -> impl Iterator<Item = (&'w str, Value)> {
    walk.scopes[0]
        .values
        .iter()
        .enumerate()
        .map(|(sym, &value)| {
            let sym: Sym = count(sym);
            (walk.syms.name(sym), value)
        })
}
