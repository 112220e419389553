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
    /// Modules from which an API path can be had, at last, by any chain; sorted.
    offering: Vec<ModuleId>,
    /// Modules that some file imports, and whether some does so under no condition.
    imported: FastMap<u32, bool>,
    /// Modules through which one of those can be reached that offer an API path, these among them.
    leading: FastSet<u32>,
}

impl ProjectExports {
    /// Adds what a file offers. Call [`Self::finish`] after the last one.
    pub fn add(&mut self, project: &Project, reading: &Reading) {
        let Some(id) = project.module(&reading.path) else {
            return;
        };
        for module in &reading.imports {
            let free = reading.chosen_imports.binary_search(module).is_err() && *module != id;
            *self.imported.entry(module.0).or_default() |= free;
        }
        if reading.exports != ModuleExports::default() {
            self.modules.insert(id.0, reading.exports.clone());
        }
    }

    /// Works out which modules offer something. May be called again after more files were added.
    pub fn finish(&mut self, project: &Project) {
        let mut modules: Vec<ModuleId> = self.modules.keys().map(|&id| ModuleId(id)).collect();
        modules.sort_unstable();
        let offers = |&id: &ModuleId| self.offers(id, LONGEST_CHAIN);
        let offering: Vec<ModuleId> = modules.iter().copied().filter(offers).collect();
        self.leading = self.reaching(project, &offering);
        self.offering = offering;
    }

    /// Modules through which others can be reached: packages that they lie in, and what imports them or
    /// one of these.
    fn reaching(&self, project: &Project, offering: &[ModuleId]) -> FastSet<u32> {
        let mut leading = FastSet::default();
        let mut reached = offering.to_vec();
        for _ in 0..LONGEST_CHAIN {
            for module in reached.drain(..) {
                let mut at = Some(module);
                while let Some(id) = at
                    && leading.insert(id.0)
                {
                    at = project.package_of(id);
                }
            }
            let leads = |(_, export): &(String, Export)| match export {
                Export::Module(module) => leading.contains(&module.0),
                Export::From { module, name } => match self.lookup(*module, name) {
                    Some(Export::Module(module)) => leading.contains(&module.0),
                    Some(_) => false,
                    None => project
                        .child(*module, name)
                        .is_some_and(|child| leading.contains(&child.0)),
                },
                Export::Api { .. } | Export::Makes { .. } | Export::Test { .. } => false,
            };
            let more = self
                .modules
                .iter()
                .filter(|(id, exports)| !leading.contains(*id) && exports.names.iter().any(leads));
            reached.extend(more.map(|(&id, _)| ModuleId(id)));
            if reached.is_empty() {
                break;
            }
        }
        leading
    }

    /// Whether a module hands on the API.
    fn offers(&self, id: ModuleId, chain: usize) -> bool {
        let Some(module) = self.modules.get(&id.0) else {
            return false;
        };
        let is_api = |export: &Export| matches!(export, Export::Api { .. } | Export::Makes { .. });
        module.names.iter().any(|(_, export)| match export {
            Export::From { module, name } => self.follow(*module, name, chain).is_some_and(is_api),
            other => is_api(other),
        }) || chain > 0
            && module
                .stars
                .iter()
                .any(|&star| self.offers(star, chain - 1))
    }

    /// Whether a file that was not read, because it names neither TensorFlow nor Keras, may get the API
    /// from a module that was. Errs on the side of yes.
    #[must_use]
    pub fn may_concern(&self, project: &Project, imports: &Imports) -> bool {
        let leads = |module: ModuleId| self.leading.contains(&module.0);
        imports.iter().any(|(module, taken)| {
            // Whether all import it on some releases only is asked of this one, too.
            self.is_chosen_by_release(module)
                || match taken {
                    Taken::Module | Taken::All => leads(module),
                    Taken::Name(name) => match self.lookup(module, name) {
                        Some(Export::Module(module)) => leads(*module),
                        Some(_) => true,
                        None => project.child(module, name).is_some_and(leads),
                    },
                }
        })
    }

    /// Whether a file that was read takes something from a module that hands it on, or is itself
    /// imported on some releases only: then it is to be read again, with these exports.
    #[must_use]
    pub fn concern(&self, project: &Project, reading: &Reading) -> bool {
        let uses = !reading.uses.uses.is_empty();
        let takes = |(module, name): &(ModuleId, String)| match self.lookup(*module, name) {
            Some(Export::Api { .. } | Export::Makes { .. } | Export::Module(_)) => true,
            // A test matters only where there is something that it guards.
            Some(Export::Test { .. } | Export::From { .. }) => uses,
            None => project
                .child(*module, name)
                .is_some_and(|child| self.offering.binary_search(&child).is_ok()),
        };
        reading.taken.iter().any(takes)
            || reading
                .exports
                .stars
                .iter()
                .any(|star| self.modules.contains_key(&star.0))
            || uses
                && project
                    .module(&reading.path)
                    .is_some_and(|id| self.is_chosen_by_release(id))
    }

    /// Whether a module is imported only under conditions that choose releases.
    pub(crate) fn is_chosen_by_release(&self, module: ModuleId) -> bool {
        self.imported.get(&module.0) == Some(&false)
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
