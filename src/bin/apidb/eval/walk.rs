//! From the evaluated root to the surface: every public name, every class behind one, every module
//! file that can be imported.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Evaluator, Value};
use crate::surface::{Class, Surface, Symbol};

/// Dunder names that say how a module is built and not what it offers.
const MODULE_DUNDERS: &[&str] = &["__all__", "__path__", "__getattr__", "__dir__"];

/// Packages of the root that hold the implementation.
const PRIVATE: &[&str] = &["python", "core", "compiler", "tools", "src", "_api", "api"];

/// Whether a path names an implementation package: known as a module, never walked into from the
/// public tree. Below the root only the `python` folders of contrib are such.
fn is_private(path: &str) -> bool {
    match path.rsplit_once('.') {
        Some((parent, name)) => {
            name == "python" || !parent.contains('.') && PRIVATE.contains(&name)
        }
        None => false,
    }
}

/// Names that generated modules bind for their own use, loop variables of the root among them.
const SCAFFOLDING: &[&str] = &[
    "absolute_import",
    "division",
    "print_function",
    "plugin_dir",
    "s",
];

/// What the forwarding root of 2.0 and 2.1 deletes again, besides private packages.
const NOT_FORWARDED: &[&str] = &["examples"];

/// Evaluates the package and collects what it offers.
pub(super) fn surface(evaluator: &mut Evaluator<'_>) -> Surface {
    let package = evaluator.package.clone();
    let mut walk = Walk {
        surface: Surface::default(),
        classes: BTreeSet::new(),
    };
    let root = match evaluator.import(&package) {
        Ok(root) => root,
        Err(raised) => {
            evaluator.problems.push(format!("{package}: {raised:?}"));
            return walk.surface;
        }
    };
    walk.symbol(evaluator, &package, &root);
    walk.module(evaluator, &package, &root, &mut Vec::new());
    if package == "keras" {
        walk.keras_for_tensorflow(evaluator);
    }
    walk.files(evaluator, &package);
    if shows_implementation(evaluator) {
        walk.imported_modules(evaluator);
    }
    walk.collect_classes(evaluator);
    walk.surface
}

struct Walk {
    surface: Surface,
    classes: BTreeSet<usize>,
}

impl Walk {
    /// Notes one name.
    fn symbol(&mut self, evaluator: &mut Evaluator<'_>, path: &str, value: &Value) {
        let v1_name = path
            .strip_prefix("tensorflow.compat.v1.")
            .or_else(|| path.strip_prefix("tensorflow."))
            .filter(|_| evaluator.release < (2, 0) || path.contains(".compat.v1."))
            .unwrap_or("");
        let endpoint = |names: &[String]| {
            names
                .iter()
                .any(|name| name == v1_name)
                .then(|| "This name is deprecated.".to_owned())
        };
        let mut symbol = Symbol {
            kind: "object".to_owned(),
            attribute: true,
            importable: false,
            open: false,
            class: None,
            signature: None,
            deprecated: None,
        };
        match value {
            Value::Module(_) | Value::Lazy(_) | Value::External => {
                symbol.kind = "module".to_owned();
                symbol.importable = evaluator.can_import(path);
                symbol.open = is_open(evaluator, value);
            }
            Value::Function(index) => {
                let function = &evaluator.functions[*index];
                symbol.kind = "function".to_owned();
                symbol.signature.clone_from(&function.signature);
                symbol.deprecated = function
                    .deprecated
                    .clone()
                    .or_else(|| endpoint(&function.deprecated_names));
            }
            Value::Class(index) => {
                let class = &evaluator.classes[*index];
                symbol.kind = "class".to_owned();
                symbol.class = Some(class.id.clone());
                symbol.deprecated = class
                    .deprecated
                    .clone()
                    .or_else(|| endpoint(&class.deprecated_names));
                symbol.signature = evaluator.constructor(*index);
                self.classes.insert(*index);
            }
            Value::Object
            | Value::Foreign(_)
            | Value::Str(_)
            | Value::List(_)
            | Value::Bool(_)
            | Value::Int(_)
            | Value::None => {}
        }
        self.surface.symbols.insert(path.to_owned(), symbol);
    }

    /// Walks into a module.
    fn module(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        path: &str,
        value: &Value,
        above: &mut Vec<usize>,
    ) {
        let value = match value {
            Value::Lazy(target) => match evaluator.import(target) {
                Ok(value) => value,
                Err(raised) => {
                    evaluator.problems.push(format!("{path}: {raised:?}"));
                    return;
                }
            },
            other => other.clone(),
        };
        let Value::Module(index) = value else { return };
        if above.contains(&index) || above.len() > 12 {
            return;
        }
        above.push(index);
        let dunders = listed_dunders(evaluator, index);
        let helpers = shows_implementation(evaluator);
        // A helper of one release may be another distribution's object, or made by a call, in the
        // next: it is there all the same.
        let is_helper = |name: &str, value: &Value| {
            helpers && !name.starts_with("__") && !matches!(value, Value::Module(_))
        };
        let names: Vec<(String, Value)> = evaluator.modules[index]
            .names
            .iter()
            .filter(|(name, value)| {
                !name.starts_with('_') || dunders.contains(*name) || is_helper(name, value)
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let sealed = evaluator.modules[index].sealed;
        let own_name = evaluator.modules[index].name.clone();
        for (name, child) in names {
            let child_path = format!("{path}.{name}");
            // The implementation packages of TensorFlow, known by their files alone: whether
            // attribute access reaches them depends on what else was imported.
            if path == "tensorflow" && matches!(child, Value::Module(_)) && is_private(&child_path)
            {
                continue;
            }
            let forwarded = !(evaluator.core && evaluator.release >= (2, 0) && above.len() == 1);
            if sealed && SCAFFOLDING.contains(&name.as_str())
                || !forwarded && NOT_FORWARDED.contains(&name.as_str())
            {
                continue;
            }
            if let Value::Foreign(module) = &child {
                // What `from __future__ import division` leaves behind is nobody's to use.
                if &**module == "__future__" {
                    continue;
                }
                if sealed || helpers || !name.starts_with('_') {
                    self.symbol(evaluator, &child_path, &Value::Object);
                }
                continue;
            }
            let enters = enters(evaluator, &child_path, &child, sealed, &own_name);
            match &child {
                // A foreign name for a module of the package: an attribute, not a place to look in.
                Value::Module(_) if !enters && !is_private(&child_path) => {
                    self.symbol(evaluator, &child_path, &Value::Object);
                }
                _ => self.symbol(evaluator, &child_path, &child),
            }
            if enters {
                self.module(evaluator, &child_path, &child, above);
            }
        }
        above.pop();
    }

    /// The surface that TensorFlow shows as `tf.keras`, under the name `keras._tf_keras.keras`.
    fn keras_for_tensorflow(&mut self, evaluator: &mut Evaluator<'_>) {
        const NAME: &str = "keras._tf_keras.keras";
        for stored in [NAME, "keras.api._tf_keras.keras"] {
            if let Ok(value @ Value::Module(_)) = evaluator.import(stored) {
                self.symbol(evaluator, "keras._tf_keras", &value);
                self.symbol(evaluator, NAME, &value);
                self.module(evaluator, NAME, &value, &mut Vec::new());
                return;
            }
        }
    }

    /// Every module file below the package.
    fn files(&mut self, evaluator: &mut Evaluator<'_>, package: &str) {
        let stored = evaluator.stored(package).into_owned();
        let mut roots: Vec<(String, String)> = vec![(stored, package.to_owned())];
        if let Ok(Value::Module(index)) = evaluator.import(package) {
            for folder in evaluator.modules[index].path.clone() {
                roots.push((folder, package.to_owned()));
            }
        }
        let paths = evaluator.files.paths();
        for (folder, name) in roots {
            let prefix = format!("{folder}/");
            for path in &paths {
                let Some(rest) = path.strip_prefix(&prefix) else {
                    continue;
                };
                let Some(stem) = super::importable_stem(rest) else {
                    continue;
                };
                let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
                let plain = stem
                    .split('/')
                    .all(|part| part.chars().all(|c| c.is_alphanumeric() || c == '_'));
                let module = format!("{name}.{}", stem.replace('/', "."));
                if stem != "__init__" && plain && evaluator.is_forwarded(&module) {
                    self.surface.modules.insert(module);
                }
            }
        }
    }

    /// The modules that no attribute access reaches, as far as an import by name does, and what is
    /// in them; not those of tests, and not the lists that are there for TensorFlow alone.
    fn imported_modules(&mut self, evaluator: &mut Evaluator<'_>) {
        for path in self.surface.modules.clone() {
            let aside = |part: &str| part == "api" || part.contains("test") || part == "benchmarks";
            if self.surface.symbols.contains_key(&path) || path.split('.').any(aside) {
                continue;
            }
            // What fails here fails for users too, or for want of another distribution.
            let Ok(value @ Value::Module(_)) = evaluator.import(&path) else {
                continue;
            };
            self.symbol(evaluator, &path, &value);
            if let Some(symbol) = self.surface.symbols.get_mut(&path) {
                symbol.attribute = false;
            }
            self.module(evaluator, &path, &value, &mut Vec::new());
        }
    }

    fn collect_classes(&mut self, evaluator: &Evaluator<'_>) {
        let mut left: Vec<usize> = self.classes.iter().copied().collect();
        let mut done: HashSet<usize> = HashSet::new();
        let mut classes: BTreeMap<String, Class> = BTreeMap::new();
        while let Some(index) = left.pop() {
            if !done.insert(index) {
                continue;
            }
            let class = &evaluator.classes[index];
            let order = evaluator.mro(index);
            left.extend(&order);
            let members = class
                .members
                .iter()
                .filter(|(name, _)| !name.starts_with('_') || *name == "__call__")
                .map(|(name, member)| (name.clone(), member.clone()))
                .collect();
            classes.insert(
                class.id.clone(),
                Class {
                    mro: order[1..]
                        .iter()
                        .map(|&base| evaluator.classes[base].id.clone())
                        .collect(),
                    open: class.open,
                    dynamic: class.dynamic,
                    members,
                },
            );
        }
        self.surface.classes = classes;
    }
}

/// Whether plain `import keras` shows the packages of the implementation, helpers and all: up to
/// 2.12 there was no other place for them.
fn shows_implementation(evaluator: &Evaluator<'_>) -> bool {
    evaluator.package == "keras" && evaluator.release < (2, 13)
}

/// The dunder names that a module lists or binds as its own.
fn listed_dunders(evaluator: &Evaluator<'_>, module: usize) -> HashSet<String> {
    let mut names: HashSet<String> = HashSet::new();
    let module = &evaluator.modules[module];
    for list in ["_names_with_underscore", "_exported_dunders", "__all__"] {
        if let Some(Value::List(items)) = module.names.get(list) {
            names.extend(items.borrow().iter().filter_map(|item| match item {
                Value::Str(text) => Some(text.to_string()),
                _ => None,
            }));
        }
    }
    let bound = module.names.keys().filter(|name| {
        name.starts_with("__") && name.ends_with("__") && !MODULE_DUNDERS.contains(&name.as_str())
    });
    names.extend(bound.cloned());
    names
}

/// Whether a module may have names that the evaluation could not see.
fn is_open(evaluator: &mut Evaluator<'_>, value: &Value) -> bool {
    let target = match value {
        Value::Lazy(target) => evaluator.import(target).ok(),
        other => Some(other.clone()),
    };
    match target {
        Some(Value::Module(index)) => evaluator.modules[index].dynamic,
        Some(Value::External) => false,
        _ => true,
    }
}

/// Whether the walk goes on into a child.
fn enters(
    evaluator: &Evaluator<'_>,
    path: &str,
    child: &Value,
    sealed: bool,
    parent: &str,
) -> bool {
    if is_private(path) || is_nested_compat(path) {
        return false;
    }
    match child {
        Value::Lazy(_) => true,
        Value::Module(index) => {
            let module = &evaluator.modules[*index].name;
            let inside = module
                .strip_prefix(parent)
                .is_some_and(|rest| rest.starts_with('.'));
            sealed || inside
        }
        _ => false,
    }
}

/// `tensorflow.compat.v1.compat.v2` and its kin offer nothing new.
fn is_nested_compat(path: &str) -> bool {
    path.matches(".compat.v").count() > 1
}
