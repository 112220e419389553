//! Import statements: the uses they are, and the names they bind.

use ruff_python_ast::{Alias as ImportAlias, StmtImport, StmtImportFrom};

use crate::text::Span;

use super::bindings::{Alias, count};
use super::computed::Computed;
use super::exports::EVERYTHING;
use super::project::{ModuleId, root_of};
use super::scopes::{ScopeKind, Value};
use super::tested::Test;
use super::uses::{GuardId, Position, Use, VersionOf};
use super::walk::{Walk, span_of};

/// `from x import *`.
#[derive(Debug)]
pub(crate) enum Star {
    /// From the API.
    Api {
        path: String,
        via: u32,
        guard: Option<GuardId>,
    },
    /// From a module of the project.
    Project(ModuleId),
    /// From anywhere else: it may bind anything.
    Unknown,
}

/// A dotted path with `compat.v1.compat.v2` collapsed.
pub(crate) fn canonical(dotted: &str) -> String {
    let mut parts = dotted.split('.');
    let mut path = String::with_capacity(dotted.len());
    path.push_str(parts.next().unwrap_or(dotted));
    for part in parts {
        super::bindings::push_part(&mut path, part);
    }
    path
}

impl<'a> Walk<'a, '_> {
    /// Records that a module, or something of one, is imported.
    pub(crate) fn import_use(&mut self, path: &str, position: Position, span: Span) -> u32 {
        let path = self.interned(path);
        self.uses.push(Use {
            path,
            position,
            span,
            member: None,
            guard: self.guard,
            via: None,
            alias_parts: 0,
            called: false,
            call: None,
            by_name: false,
        });
        count(self.uses.len() - 1)
    }

    /// The root of an API name, unless the project has something of that name itself.
    pub(crate) fn api_root(&self, dotted: &str) -> bool {
        root_of(dotted).is_some_and(|root| !self.shadowed.contains(root))
    }

    pub(crate) fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let dotted = alias.name.as_str();
            if self.api_root(dotted) {
                let span = span_of(&alias.name);
                let path = canonical(dotted);
                let via = self.import_use(&path, Position::ImportModule, span);
                if let Some(name) = &alias.asname {
                    let value = self.alias_here(path, Some(via));
                    self.bind(name.as_str(), value);
                } else {
                    let root = first_part(dotted);
                    let value = self.alias_here(root.to_owned(), Some(via));
                    self.bind(root, value);
                }
                continue;
            }
            self.import_other(alias, dotted);
        }
    }

    fn import_other(&mut self, alias: &'a ImportAlias, dotted: &'a str) {
        let project = self.context.project;
        let module = project.absolute(self.context.path, dotted);
        match module {
            Some(id) => self.imports.push((id, self.guard)),
            None => self.note_library(dotted),
        }
        if module.is_none() && matches!(dotted, "re" | "semver") {
            let bound = alias.asname.as_ref().map_or(dotted, |name| name.as_str());
            let sym = self.syms.intern(bound);
            self.renamed.push((sym, dotted));
        }
        if let Some(name) = &alias.asname {
            let value = module.map_or(Value::Other, |id| Value::Module(id.0));
            self.bind(name.as_str(), value);
            return;
        }
        let first = first_part(dotted);
        if module.is_none() {
            self.bind(first, Value::Other);
            return;
        }
        let mut end = 0;
        while end < dotted.len() {
            end = dotted[end + 1..]
                .find('.')
                .map_or(dotted.len(), |at| end + 1 + at);
            if let Some(id) = project.absolute(self.context.path, &dotted[..end]) {
                self.packages.push((dotted[..end].to_owned(), id));
            }
        }
        let sym = self.syms.intern(first);
        self.bind(first, Value::Package(sym));
    }

    /// The module that a dotted name stands for that `import` bound.
    pub(crate) fn package(&self, dotted: &str) -> Option<ModuleId> {
        self.packages
            .iter()
            .find(|(known, _)| known == dotted)
            .map(|&(_, id)| id)
    }

    /// Whether a dotted name is an imported module or leads to one.
    pub(crate) fn has_package(&self, dotted: &str) -> bool {
        self.packages.iter().any(|(known, _)| {
            known
                .strip_prefix(dotted)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    pub(crate) fn import_from(&mut self, import: &'a StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |name| name.as_str());
        if import.level == 0 && module == "__future__" {
            self.lazy_annotations |= import
                .names
                .iter()
                .any(|n| n.name.as_str() == "annotations");
            return;
        }
        if import.level == 0 && self.api_root(module) {
            self.import_from_api(import, module);
        } else {
            self.import_from_project(import, module);
        }
    }

    fn import_from_api(&mut self, import: &'a StmtImportFrom, module: &'a str) {
        let Some(name) = &import.module else {
            return;
        };
        let span = span_of(name);
        let path = canonical(module);
        let module_parts = u16::try_from(path.split('.').count()).unwrap_or(u16::MAX);
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                let via = self.import_use(&path, Position::ImportModule, span);
                self.stars.push(Star::Api {
                    path: path.clone(),
                    via,
                    guard: self.guard,
                });
                continue;
            }
            if name.is_empty() {
                // What is left of a broken statement.
                continue;
            }
            let mut full = path.clone();
            super::bindings::push_part(&mut full, name);
            let span = span_of(&alias.name);
            let position = Position::ImportFrom { module_parts };
            let via = self.import_use(&full, position, span);
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            let value = if let Some(version) = VersionOf::of_path(&full) {
                self.value_of_computed(Computed::Version(version))
            } else if matches!(name, "__version__" | "VERSION" | "version") {
                self.test_value(Test::UNKNOWN)
            } else {
                self.alias_here(full, Some(via))
            };
            self.bind(bound, value);
        }
    }

    fn import_from_project(&mut self, import: &'a StmtImportFrom, module: &'a str) {
        let (project, here) = (self.context.project, self.context.path);
        let origin = project.origin(here, import.level, module);
        let target = origin.module;
        match target {
            Some(id) => self.imports.push((id, self.guard)),
            None if import.level == 0 => self.note_library(module),
            None => {}
        }
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                if let Some(id) = target {
                    self.imported.push((id, EVERYTHING.to_owned()));
                    if !self.context.exports.leads(id) {
                        self.missed.push((id, EVERYTHING.to_owned()));
                    }
                }
                self.stars.push(target.map_or(Star::Unknown, Star::Project));
                continue;
            }
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            let known = super::versions::imported_function(module, name);
            if known.is_some() || bound != name && tells_of_versions(module) {
                let sym = self.syms.intern(bound);
                self.renamed.push((sym, known.unwrap_or(name)));
            }
            let child = origin.child(name);
            if let Some(id) = child {
                self.imports.push((id, self.guard));
            }
            let mut value = target.map_or(Value::Other, |id| self.project_name(id, name));
            if value == Value::Other || matches!((value, child), (Value::Imported(_), Some(_))) {
                value = child.map_or(Value::Other, |id| Value::Module(id.0));
            }
            if value == Value::Other
                && import.level == 0
                && let Some(computed) = super::versions::python_fact(module, name)
            {
                value = self.value_of_computed(computed);
            }
            if value == Value::Other && matches!(name, "__version__" | "VERSION") {
                value = self.test_value(Test::UNKNOWN);
            }
            self.bind(bound, value);
        }
    }

    /// What a name stands for that no scope binds: perhaps a star import brought it.
    pub(crate) fn star_value(&mut self, name: &'a str) -> Value {
        if self.stars.is_empty() || is_python_builtin(name) {
            return Value::Unbound;
        }
        let mut found = None;
        for index in 0..self.stars.len() {
            match &self.stars[index] {
                Star::Unknown => return Value::Unbound,
                Star::Project(module) => {
                    let Some(export) = self.context.exports.star(*module, name) else {
                        // It may bind the name to something that is not the API.
                        if self.stars.len() > 1 {
                            return Value::Unbound;
                        }
                        continue;
                    };
                    if found.is_some() {
                        return Value::Unbound;
                    }
                    let export = export.clone();
                    found = Some(self.exported(export));
                }
                Star::Api { path, via, guard } => {
                    let mut full = path.clone();
                    super::bindings::push_part(&mut full, name);
                    if !self.context.api.is_public(&full) {
                        continue;
                    }
                    if found.is_some() {
                        return Value::Unbound;
                    }
                    let module_parts = u16::try_from(path.split('.').count()).unwrap_or(u16::MAX);
                    let alias = Alias {
                        path: full.into(),
                        via: Some(*via),
                        guard: *guard,
                        star: Some(module_parts),
                        by_name: false,
                    };
                    found = Some(self.alias_value(alias));
                }
            }
        }
        found.unwrap_or(Value::Unbound)
    }

    /// Whether the current scope is the module's own.
    pub(crate) fn at_module_level(&self) -> bool {
        self.scopes[self.scope as usize].kind == ScopeKind::Module
    }
}

/// Whether a module has functions or classes that tell of versions.
fn tells_of_versions(module: &str) -> bool {
    [
        "version",
        "specifiers",
        "requirements",
        "metadata",
        "pkg_resources",
    ]
    .iter()
    .any(|word| module.contains(word))
}

pub(crate) fn first_part(dotted: &str) -> &str {
    dotted.split('.').next().unwrap_or(dotted)
}

/// The functions and types of Python's builtins, sorted.
#[rustfmt::skip]
const BUILTINS: [&str; 77] = [
    "abs", "aiter", "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray",
    "bytes", "callable", "chr", "classmethod", "compile", "complex", "copyright", "credits",
    "delattr", "dict", "dir", "divmod", "enumerate", "eval", "exec", "exit", "filter", "float",
    "format", "frozenset", "getattr", "globals", "hasattr", "hash", "help", "hex", "id", "input",
    "int", "isinstance", "issubclass", "iter", "len", "license", "list", "locals", "map", "max",
    "memoryview", "min", "next", "object", "oct", "open", "ord", "pow", "print", "property",
    "quit", "range", "repr", "reversed", "round", "set", "setattr", "slice", "sorted",
    "staticmethod", "str", "sum", "super", "tuple", "type", "unicode", "vars", "xrange", "zip",
];

/// The names that Python itself binds everywhere, as far as an API has names like them.
fn is_python_builtin(name: &str) -> bool {
    BUILTINS.binary_search(&name).is_ok()
        || name.starts_with("__")
        || name.ends_with("Error")
        || name.ends_with("Warning")
        || matches!(
            name,
            "Exception" | "BaseException" | "Ellipsis" | "NotImplemented"
        )
}

#[cfg(test)]
mod tests {
    #[test]
    fn builtins_are_sorted_for_the_search() {
        assert!(super::BUILTINS.is_sorted());
        assert!(super::is_python_builtin("any"));
    }
}
