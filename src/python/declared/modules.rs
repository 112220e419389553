//! What a manifest takes from other files of the project: the texts of a module's variables.
//!
//! `from pkg.version import MIN`, `import pkg.version as v`, `runpy.run_path("pkg/version.py")`,
//! `exec(open("pkg/version.py").read(), v)`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use super::values::{join_path, under};
use super::{Item, MAX_DEPTH, Reader, name_of};
use crate::python::parse;
use crate::text::{RepoPath, SourceFile};

/// How a file of the project is opened.
pub(crate) type Open<'o> = &'o (dyn Fn(&RepoPath) -> Option<Arc<SourceFile>> + Sync);

/// The most files that one manifest takes texts from.
const MAX_MODULES: usize = 16;

/// The files of the project, as a manifest or a module that it imports sees them.
#[derive(Clone)]
pub(super) struct Modules<'o> {
    open: Open<'o>,
    /// The folder of the manifest, `""` for the root.
    root: &'o str,
    /// The folder of the file that is being read.
    own: String,
    /// How many more files may be read.
    left: Rc<Cell<usize>>,
}

type Variables = BTreeMap<String, Vec<Item>>;

impl<'o> Modules<'o> {
    pub(super) fn new(manifest: &'o RepoPath, open: Open<'o>) -> Self {
        Self {
            open,
            root: manifest.folder(),
            own: manifest.folder().to_owned(),
            left: Rc::new(Cell::new(MAX_MODULES)),
        }
    }

    /// The texts that a file gives its variables, as if they stood where the file is named.
    fn texts(&self, path: &str, at: &Range<usize>) -> Option<Variables> {
        let outside = path.split('/').any(|part| part == "..");
        let left = self.left.get();
        if outside || left == 0 {
            return None;
        }
        let file = (self.open)(&RepoPath::new(path))?;
        self.left.set(left - 1);
        let (open, root) = (self.open, self.root);
        // The count goes to the thread that parses and comes back.
        let left = self.left.get();
        let (read, _) = parse::with_tree(&file.path, &file.text, |module| {
            let modules = Modules {
                open,
                root,
                own: file.path.folder().to_owned(),
                left: Rc::new(Cell::new(left)),
            };
            let left = Rc::clone(&modules.left);
            let mut reader = Reader {
                modules: Some(modules),
                ..Reader::default()
            };
            reader.block(&module.body, "");
            (reader.variables, left.get())
        });
        let (mut variables, left) = read?;
        self.left.set(left);
        for items in variables.values_mut() {
            items.retain(|item| !item.is_file);
            for item in items.iter_mut() {
                item.at = at.clone();
            }
        }
        Some(variables)
    }

    /// Those of a module: beside the manifest or below its `src`, or that many folders up from the file
    /// that is being read.
    fn module(&self, dotted: &str, level: u32, at: &Range<usize>) -> Option<Variables> {
        let path = dotted.replace('.', "/");
        let folders = match level {
            0 => vec![self.root.to_owned(), below(self.root, "src")],
            level => {
                let mut folder = self.own.as_str();
                for _ in 1..level {
                    folder = folder.rsplit_once('/').map_or("", |(up, _)| up);
                }
                vec![folder.to_owned()]
            }
        };
        folders.iter().find_map(|folder| {
            let module = below(folder, &path);
            let file = self.texts(&format!("{module}.py"), at);
            file.or_else(|| self.texts(&below(&module, "__init__.py"), at))
        })
    }
}

fn below(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}

impl<'a> Reader<'a> {
    /// `from pkg.version import MIN, MAX as M`.
    pub(super) fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let Some(modules) = self.modules.clone() else {
            return;
        };
        let dotted = import.module.as_ref().map_or("", |name| name.as_str());
        let at = import.range().to_std_range();
        let Some(mut texts) = modules.module(dotted, import.level, &at) else {
            return;
        };
        for alias in &import.names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            if let Some(items) = texts.remove(alias.name.as_str()) {
                self.variables.insert(name.to_string(), items);
            } else if alias.name.as_str() == "*" {
                self.variables.append(&mut texts);
            } else {
                // The name may be that of a module.
                let dotted = format!("{dotted}.{}", alias.name);
                let module = modules.module(dotted.trim_matches('.'), import.level, &at);
                if let Some(module) = module {
                    self.variables.insert(name.to_string(), keyed(module));
                }
            }
        }
    }

    /// `import pkg.version as v`; without a name of its own it is asked for as `pkg.version`.
    pub(super) fn import(&mut self, import: &'a ast::StmtImport) {
        let Some(modules) = self.modules.clone() else {
            return;
        };
        for alias in &import.names {
            let at = alias.range().to_std_range();
            if let Some(module) = modules.module(alias.name.as_str(), 0, &at) {
                let name = alias.asname.as_ref().unwrap_or(&alias.name);
                self.variables.insert(name.to_string(), keyed(module));
            }
        }
    }

    /// What a module's attribute holds: `v.MIN`, `pkg.version.MIN`.
    pub(super) fn of_module(&self, attribute: &'a ast::ExprAttribute) -> Option<Vec<Item>> {
        let module = dotted(&attribute.value)?;
        let items = self.variables.get(&module)?.clone();
        let items = super::values::of_key(items, attribute.attr.as_str());
        (!items.is_empty()).then_some(items)
    }

    /// `runpy.run_path("pkg/version.py")`.
    pub(super) fn run_path(&self, path: &'a Expr, depth: usize) -> Vec<Item> {
        let file = join_path([self.text(path, depth)]);
        let texts = file.and_then(|file| self.file(&file, &path.range().to_std_range()));
        texts.map(keyed).unwrap_or_default()
    }

    /// `exec(source, namespace)`: what the file gives its variables is the namespace's, or the manifest's own.
    pub(super) fn exec(&mut self, call: &'a ast::ExprCall) {
        let [source, rest @ ..] = &*call.arguments.args else {
            return;
        };
        let Some(texts) = self
            .source(source, 0)
            .and_then(|file| self.file(&file, &call.range().to_std_range()))
        else {
            return;
        };
        let namespaces: Vec<&str> = rest.iter().filter_map(name_of).collect();
        if namespaces.is_empty() {
            self.variables.extend(texts);
            return;
        }
        for namespace in namespaces {
            self.add(namespace, keyed(texts.clone()));
        }
    }

    /// The path of the Python file that is opened or whose text is read.
    pub(super) fn source(&self, expression: &'a Expr, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH || !self.may_go_on() {
            return None;
        }
        let python = |path: &'a Expr| {
            let path = join_path([self.text(path, depth)])?;
            path.ends_with(".py").then_some(path)
        };
        let call = match expression {
            Expr::Call(call) => call,
            Expr::Name(name) => return self.sources.get(name.id.as_str()).cloned(),
            _ => return None,
        };
        let first = call.arguments.args.first();
        match &*call.func {
            Expr::Name(name) if matches!(name.id.as_str(), "open" | "compile" | "str") => {
                let first = first?;
                self.source(first, depth + 1).or_else(|| python(first))
            }
            Expr::Attribute(method) => match method.attr.as_str() {
                // `io.open(path)`, `Path(path).open()`.
                "open" | "read_text" | "read_bytes" => {
                    let given = first.and_then(python);
                    given.or_else(|| python(&method.value))
                }
                "read" | "decode" | "strip" => self.source(&method.value, depth + 1),
                _ => None,
            },
            _ => None,
        }
    }

    /// The texts of a file that is named from the folder of the manifest.
    fn file(&self, path: &str, at: &Range<usize>) -> Option<Variables> {
        let modules = self.modules.as_ref()?;
        modules.texts(&below(modules.root, path), at)
    }
}

/// The variables of a module as what stands under their names.
fn keyed(variables: Variables) -> Vec<Item> {
    let all = variables.into_iter();
    all.flat_map(|(name, items)| under(&name, items)).collect()
}

/// `pkg.version`.
fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr))
        }
        _ => None,
    }
}
