//! Python source to uses of the TensorFlow and Keras API. Only `python::*` names `ruff_*`.
//!
//! The way of a file: [`mentions`] tells from its bytes whether it has to be read at all, [`Imports`]
//! what it takes from other modules of the project. [`decode::decode`] makes text of the bytes, [`read`]
//! gives its uses and what it hands on ([`ProjectExports`]). Nothing keeps a syntax tree, so a project of
//! any size can be read file by file:
//!
//! 1. [`Project::new`] with the paths of all files.
//! 2. [`read`] at once what [`mentions`] the API and has no [`Imports`]; [`ProjectExports::add`].
//! 3. All others that have some, in their [`Turns`]: [`read`] those that [`mentions`] the API or whose
//!    imports [`ProjectExports::may_concern`], with the exports so far, and add them.
//! 4. [`ProjectExports::settle`]. What was passed over in a turn and is concerned now is read then.
//! 5. [`read`] again, with all exports, every file that they [`ProjectExports::concern`]: hardly any, as
//!    what it imports from was read before it, unless files import each other.

mod arguments;
mod assignments;
mod bindings;
mod calls;
mod classes;
mod comments;
pub mod computed;
pub mod course;
pub mod declared;
pub mod decode;
mod environment;
mod exceptions;
mod exported_test;
mod exports;
mod expressions;
mod flow;
mod functions;
mod glance;
mod guards;
mod imported;
mod imports;
mod kept;
mod makers;
mod matches;
pub mod notebook;
mod order;
mod parse;
pub mod patterns;
mod project;
mod reached;
mod record;
pub mod rewrite;
mod scopes;
mod strangers;
mod tables;
mod tested;
mod turns;
pub mod uses;
mod versions;
pub mod vocabulary;
mod walk;
mod words;

use std::sync::Arc;

use ruff_python_ast::ModModule;

use crate::finding::Notice;
use crate::text::{RepoPath, Span};

pub use comments::{Comments, comments};
pub use exports::{EVERYTHING, Export, ModuleExports, ProjectExports};
pub use glance::{binds, may_silence, mentions};
pub use imported::Imports;
pub use notebook::Notebook;
pub use project::{ModuleId, Project};
pub use turns::Turns;

use exports::module_names;
use scopes::Value;
use tested::Test;
use uses::{Argument, FileUses, Guard};
use vocabulary::ApiNames;
use walk::{Context, Walk};

/// What one file does with the API, and what it hands on.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The file.
    pub path: RepoPath,
    /// Its uses.
    pub uses: FileUses,
    /// Names at its top level that other files may import.
    pub exports: ModuleExports,
    /// Modules of the project that it imports from, sorted.
    pub imports: Vec<ModuleId>,
    /// Those of them that it imports only under conditions that choose releases, sorted.
    pub chosen_imports: Vec<ModuleId>,
    /// Names of modules of the project that it takes, sorted; [`EVERYTHING`] stands for all of one.
    pub taken: Vec<(ModuleId, String)>,
    /// Those of them that the exports it was read with do not have, sorted.
    pub missed: Vec<(ModuleId, String)>,
    /// API paths that it creates itself (`tf.x = ...`), sorted: uses of them, and of what is below
    /// them, were left out here. A path that ends in `.*` stands for any name there. See
    /// [`Self::created_for_others`].
    pub created: Vec<String>,
    /// Methods under names that tell whose they are which something else here may have: it defines
    /// them, or imports a package that does; sorted.
    pub defines: Vec<String>,
    /// It names `TF_USE_LEGACY_KERAS`, which puts `tf_keras` in the place of `tf.keras`.
    pub legacy_keras: bool,
    /// Commands of a notebook, as spans of its text; see [`notebook`].
    pub commands: Vec<Span>,
    /// It is a notebook all of whose cells can be parsed, each for itself.
    pub whole_cells: bool,
    /// What could not be read.
    pub notice: Option<Notice>,
}

impl Reading {
    /// That of a file in which nothing was found, or that was not read.
    #[must_use]
    pub fn nothing(path: &RepoPath) -> Self {
        Self {
            path: path.clone(),
            uses: FileUses::default(),
            exports: ModuleExports::default(),
            imports: Vec::new(),
            chosen_imports: Vec::new(),
            taken: Vec::new(),
            missed: Vec::new(),
            created: Vec::new(),
            defines: Vec::new(),
            legacy_keras: false,
            commands: Vec::new(),
            whole_cells: false,
            notice: None,
        }
    }

    /// The paths that exist in the project's other files too. What tests, documentation and notebooks
    /// create stays in them, and so does a stand-in for a whole package.
    pub fn created_for_others(&self) -> impl Iterator<Item = &str> {
        let path = self.path.as_str();
        let stays = is_test_or_documentation(path) || path.ends_with(".ipynb");
        self.created
            .iter()
            .map(String::as_str)
            .filter(move |path| !stays && path.contains('.'))
    }
}

fn is_test_or_documentation(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    folders
        .split('/')
        .any(|folder| matches!(folder, "tests" | "test" | "testing" | "docs" | "doc"))
        || matches!(name, "conftest.py" | "conf.py")
        || name.starts_with("test_")
        || name.ends_with("_test.py")
}

/// Reads a file.
///
/// `exports` is what the project's modules hand on, as far as that is known already; `api` answers what
/// has to be known of the API's names.
#[must_use]
pub fn read(
    path: &RepoPath,
    text: &str,
    project: &Project,
    exports: &ProjectExports,
    api: &dyn ApiNames,
) -> Reading {
    let context = Context {
        path,
        project,
        exports,
        api,
    };
    let (reading, notice) = parse::with_tree(path, text, |module| walked(text, context, module));
    let mut reading = reading.unwrap_or_else(|| Reading::nothing(path));
    reading.notice = notice;
    reading
}

/// Reads the bytes of a notebook, as [`read`] does a text. One whose code is no Python has no uses.
///
/// # Errors
/// A notice where the bytes are no notebook.
pub fn read_notebook(
    path: &RepoPath,
    bytes: Vec<u8>,
    project: &Project,
    exports: &ProjectExports,
    api: &(dyn ApiNames + Sync),
) -> Result<Reading, Notice> {
    let work = |text: &str, module: &ModModule| {
        let context = Context {
            path,
            project,
            exports,
            api,
        };
        walked(text, context, module)
    };
    let Some((notebook, reading, whole_cells)) = Notebook::read_with(path, bytes, work)? else {
        return Ok(Reading::nothing(path));
    };
    let mut reading = reading.unwrap_or_else(|| Reading::nothing(path));
    reading.notice = notebook.notice;
    reading.commands = notebook.commands;
    reading.whole_cells = whole_cells;
    Ok(reading)
}

/// Walks over the syntax tree of a text.
fn walked(text: &str, context: Context<'_>, module: &ModModule) -> Reading {
    let mut walk = Walk::new(text, context);
    walk.run(module);
    let mut reading = finish(walk);
    reading.legacy_keras = memchr::memmem::find(text.as_bytes(), b"TF_USE_LEGACY_KERAS").is_some();
    reading
}

/// Whether a text is Python without any error.
#[must_use]
pub fn parses(path: &RepoPath, text: &str) -> bool {
    let (read, notice) = parse::with_tree(path, text, |_| ());
    read.is_some() && notice.is_none()
}

/// Whether a path is one that the project creates, or lies below one.
#[must_use]
pub fn is_created(created: &[String], path: &str) -> bool {
    created.iter().any(|own| match own.strip_suffix('*') {
        Some(folder) => path.starts_with(folder),
        None => path
            .strip_prefix(own.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
    })
}

fn finish(mut walk: Walk<'_, '_>) -> Reading {
    let exports = exports_of(&walk);
    let path = walk.context.path.clone();
    let (imports, chosen_imports) = walk.imported_modules();
    walk.created.sort_unstable();
    walk.created.dedup();
    let created = walk.created;
    let mut defines = walk.defines;
    defines.sort_unstable();
    defines.dedup();
    let mut taken = walk.imported;
    taken.sort_unstable();
    taken.dedup();
    let mut missed = walk.missed;
    missed.sort_unstable();
    missed.dedup();
    let given: Arc<[Argument]> = walk.given.into();
    let mut uses = FileUses {
        uses: walk.uses,
        guards: walk.guards,
        calls: walk
            .calls
            .into_iter()
            .map(|made| made.with(&given))
            .collect(),
        bodies: walk.bodies,
        watched: walk.watched,
        methods: walk.methods,
        version_tests: walk.version_tests,
        weak_handlers: walk.weak_handlers,
        variables: walk.variables,
        reduced: false,
    };
    let owner = owner_root(&uses.uses);
    uses.put_in_order(|used| {
        used.by_name && owner.is_none() || !created.is_empty() && is_created(&created, &used.path)
    });
    if let Some(root) = owner {
        for used in uses.uses.iter_mut().filter(|used| used.by_name) {
            if let Some(rest) = used.path.strip_prefix("tensorflow.keras.") {
                used.path = format!("{root}.{rest}").into();
            }
        }
    }
    Reading {
        uses,
        exports,
        imports,
        chosen_imports,
        taken,
        missed,
        created,
        defines,
        ..Reading::nothing(&path)
    }
}

/// The Keras whose methods a file calls by names that tell whose they are: the one that it imports.
/// Nothing in a file that has nothing to do with the API, or with several.
fn owner_root(uses: &[uses::Use]) -> Option<&'static str> {
    let names = |root: &str| {
        uses.iter().any(|used| {
            !used.by_name
                && used
                    .path
                    .strip_prefix(root)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let legacy = names("tf_keras");
    let alone = names("keras");
    match (names("tensorflow.keras"), alone, legacy) {
        (false, true, false) => Some("keras"),
        (false, false, true) => Some("tf_keras"),
        (true, false, false) => Some("tensorflow.keras"),
        (false, false, false) if names("tensorflow") => Some("tensorflow.keras"),
        _ => None,
    }
}

/// What the names at module level stand for at the end.
fn exports_of(walk: &Walk<'_, '_>) -> ModuleExports {
    let mut names: Vec<(String, Export)> = module_names(walk)
        .filter_map(|(name, value)| Some((name.to_owned(), export_of(walk, value)?)))
        .collect();
    names.sort_by(|(left, _), (right, _)| left.cmp(right));
    let stars = walk.stars.iter().filter_map(|star| match star {
        imports::Star::Project(module) => Some(*module),
        imports::Star::Api { .. } | imports::Star::Unknown => None,
    });
    let stars: Vec<_> = stars.collect();
    let mut guarded = walk.imports.iter().filter(|(_, guard)| guard.is_some());
    ModuleExports {
        names,
        either: stars.len() < walk.stars.len() || guarded.any(|(id, _)| stars.contains(id)),
        stars,
        all: walk.all.clone(),
    }
}

fn export_of(walk: &Walk<'_, '_>, value: Value) -> Option<Export> {
    match value {
        Value::Api(index) => {
            let alias = &walk.aliases[index as usize];
            let guards = walk
                .conditions(alias.guard, None)
                .into_iter()
                .filter_map(|guard| guard_elsewhere(guard, alias.via))
                .collect();
            Some(Export::Api {
                path: alias.path.to_string(),
                guards,
            })
        }
        Value::Test(index) => {
            let Test { yes, no, computed } = walk.tests[index as usize].clone();
            Some(Export::Test {
                yes: exported_test::elsewhere(walk, yes),
                no: exported_test::elsewhere(walk, no),
                computed,
            })
        }
        Value::Imported(index) => {
            let (module, name) = walk.imported[index as usize].clone();
            Some(Export::From { module, name })
        }
        Value::Module(module) => Some(Export::Module(ModuleId(module))),
        Value::Function(_) => {
            let instance = walk.instance_made_by(value)?;
            Some(Export::Makes { instance })
        }
        Value::Unbound
        | Value::Nothing
        | Value::Bool(_)
        | Value::Other
        | Value::Alternatives(_)
        | Value::Used { .. }
        | Value::Class(_)
        | Value::Constant(_)
        | Value::Table(_)
        | Value::Package(_) => None,
    }
}

/// A condition as it can be said in another file, where the uses of this one have no numbers.
/// Nothing where it says no more than that the name's own import worked.
fn guard_elsewhere(guard: Guard, via: Option<u32>) -> Option<Guard> {
    match guard {
        Guard::Body { uses, failed } => match (via, &*uses, failed) {
            (Some(via), [only], false) if *only == via => None,
            _ => Some(Guard::Unknown),
        },
        Guard::All(parts) => Some(Guard::all(
            parts
                .into_iter()
                .filter_map(|part| guard_elsewhere(part, via))
                .collect(),
        )),
        Guard::Any(parts) => Some(Guard::any(
            parts
                .into_iter()
                .map(|part| guard_elsewhere(part, via).unwrap_or(Guard::ALWAYS))
                .collect(),
        )),
        Guard::CatchesAttributeError
        | Guard::CatchesImportError
        | Guard::CatchesTypeError
        | Guard::CatchesValueError => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests;
