//! A static evaluator of Python's module level: what `import tensorflow` of a release offers,
//! read from the wheel's files and never run.
//!
//! Modules are evaluated on demand in the order of their imports, with partial namespaces for
//! cycles, as Python does. Supported: imports of every kind, star imports with `__all__`,
//! `__path__`, `sys.modules`, `setattr`, `del`, lazy loaders, `remove_undocumented`, conditions
//! that can be decided (both branches otherwise), classes with their bases, signatures.
//! Not supported: loops over computed values, calls with side effects on namespaces other than
//! those named above, extension modules (any name can be imported from one).

mod calls;
mod defs;
mod exec;
mod expr;
mod importer;
mod walk;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::surface::{Member, Surface};

/// A virtual `site-packages`: the files of a release and its companions.
pub(crate) trait Files {
    /// The text of a file, by its path below `site-packages`.
    fn read(&self, path: &str) -> Option<String>;
    /// Whether there is such a file.
    fn exists(&self, path: &str) -> bool;
    /// All files, sorted.
    fn paths(&self) -> Vec<String>;
}

/// What the evaluator knows of a value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Something that was not looked into.
    Object,
    /// A module of another distribution, or an extension module: any name can be had from it.
    Foreign(Rc<str>),
    /// A module, by index.
    Module(usize),
    /// A module that is imported when it is first used.
    Lazy(Rc<str>),
    /// Keras 3 in place of `tf.keras`: a module that another package's history describes.
    External,
    /// A function, by index.
    Function(usize),
    /// A class, by index.
    Class(usize),
    /// A string.
    Str(Rc<str>),
    /// A list, tuple or set.
    List(Rc<RefCell<Vec<Value>>>),
    /// A truth value.
    Bool(bool),
    /// A number.
    Int(i64),
    /// `None`.
    None,
}

/// A function as `def` made it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Function {
    pub(crate) signature: Option<String>,
    pub(crate) deprecated: Option<String>,
    /// Names of version 1 that are deprecated though the function is not.
    pub(crate) deprecated_names: Vec<String>,
    /// The place of the parameter that it wraps: what it gives is called as that is.
    pub(crate) wraps: Option<usize>,
}

/// A class as `class` made it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    pub(crate) id: String,
    pub(crate) bases: Vec<usize>,
    pub(crate) open: bool,
    /// Instances may have any attribute (`__getattr__`).
    pub(crate) dynamic: bool,
    /// The module that its `__getattr__` imports: an instance stands for that module.
    pub(crate) loads: Option<String>,
    pub(crate) members: BTreeMap<String, Member>,
    /// Constructor parameters that do not come from `__init__` (named tuples, metaclasses).
    pub(crate) constructor: Option<String>,
    pub(crate) deprecated: Option<String>,
    pub(crate) deprecated_names: Vec<String>,
}

/// A module and how far its evaluation got.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) names: BTreeMap<String, Value>,
    /// The folders that `__path__` holds; empty for a plain module.
    pub(crate) path: Vec<String>,
    pub(crate) docstring: String,
    /// Generated API, or emptied by `remove_undocumented`: what is bound is public.
    pub(crate) sealed: bool,
    /// Has a `__getattr__` of its own.
    pub(crate) dynamic: bool,
}

/// Everything that was evaluated for one release.
pub(crate) struct Evaluator<'f> {
    files: &'f dyn Files,
    /// Folders that exist, with their direct children that can be imported.
    folders: HashMap<String, HashSet<String>>,
    pub(crate) modules: Vec<Module>,
    by_name: HashMap<String, Value>,
    pub(crate) functions: Vec<Function>,
    pub(crate) classes: Vec<Class>,
    /// Release as (major, minor), for what depends on the running version.
    release: (u64, u64),
    package: String,
    /// `tensorflow` stands for `tensorflow_core` (1.15 to 2.1).
    core: bool,
    /// What `tensorflow` then forwards of it by import: nothing else directly below it can be
    /// imported, though attributes reach it. Empty where no list is found.
    forwarded: HashSet<String>,
    depth: usize,
    pub(crate) problems: Vec<String>,
}

/// What an import offers, in the form that is stored.
pub(crate) fn surface(package: &str, version: &str, files: &dyn Files) -> (Surface, Vec<String>) {
    let mut evaluator = Evaluator::new(package, version, files);
    let surface = walk::surface(&mut evaluator);
    (surface, evaluator.problems)
}

impl<'f> Evaluator<'f> {
    fn new(package: &str, version: &str, files: &'f dyn Files) -> Self {
        let mut folders: HashMap<String, HashSet<String>> = HashMap::new();
        for path in files.paths() {
            let Some(stem) = importable_stem(&path) else {
                continue;
            };
            let mut at = stem;
            while let Some((folder, name)) = at.rsplit_once('/') {
                let known = folders.entry(folder.to_owned()).or_default();
                if name != "__init__" && !known.insert(name.to_owned()) {
                    break;
                }
                at = folder;
            }
            if !at.contains('/') {
                folders
                    .entry(String::new())
                    .or_default()
                    .insert(at.to_owned());
            }
        }
        let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
        let release = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let root = files.read("tensorflow/__init__.py").unwrap_or_default();
        let core = files
            .read("tensorflow_core/__init__.py")
            .unwrap_or_default();
        Self {
            files,
            forwarded: forwarded(&root, &core),
            core: package == "tensorflow" && files.exists("tensorflow_core/__init__.py"),
            folders,
            modules: Vec::new(),
            by_name: HashMap::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            release,
            package: package.to_owned(),
            depth: 0,
            problems: Vec::new(),
        }
    }
}

/// The modules that the root of 2.0 and 2.1 registers under its own name: `"tensorflow.python"`, each
/// a text in a list. That of 1.15 has the list, too, and with it the search path of the core: this has
/// put a wrapper in its own place, which lists whatever is set on it in `__all__`, and so does `__path__`
/// reach whoever imports `*`.
fn forwarded(root: &str, core: &str) -> HashSet<String> {
    if core.contains(".TFModuleWrapper(") && core.contains("_current_module.__path__ =") {
        return HashSet::new();
    }
    let quoted = root.split('"').skip(1).step_by(2);
    let below = quoted.filter_map(|text| text.strip_prefix("tensorflow."));
    below
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .map(str::to_owned)
        .collect()
}

/// `a/b` for `a/b.py` and for extension modules such as `a/b.cpython-38-x86_64-linux-gnu.so`.
fn importable_stem(path: &str) -> Option<&str> {
    if let Some(stem) = path.strip_suffix(".py") {
        return Some(stem);
    }
    let stem = path.strip_suffix(".so")?;
    let folder = stem.rfind('/').map_or(0, |at| at + 1);
    let name = &stem[folder..];
    let name = name.split('.').next().unwrap_or(name);
    Some(&stem[..folder + name.len()])
}

#[cfg(test)]
mod tests;
