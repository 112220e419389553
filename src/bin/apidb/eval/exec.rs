//! Statements at module level.

use std::collections::BTreeMap;

use ruff_python_ast::{Expr, Stmt, StmtIf, StmtImportFrom, StmtTry};

use super::defs::class_member;
use super::importer::Raised;
use super::{Class, Evaluator, Value};

impl Evaluator<'_> {
    /// Runs one statement of a module.
    pub(crate) fn execute(&mut self, module: usize, statement: &Stmt) -> Result<(), Raised> {
        match statement {
            Stmt::Import(node) => {
                for alias in &node.names {
                    let full = alias.name.as_str();
                    let value = self.import(full)?;
                    match &alias.asname {
                        Some(name) => self.bind(module, name.as_str(), value),
                        None => {
                            let root = full.split('.').next().unwrap_or(full);
                            let value = self.import(root)?;
                            self.bind(module, root, value);
                        }
                    }
                }
            }
            Stmt::ImportFrom(node) => self.import_from(module, node)?,
            Stmt::FunctionDef(node) => {
                let value = self.define_function(module, node);
                self.bind(module, node.name.as_str(), value);
                if node.name.as_str() == "__getattr__" {
                    self.modules[module].dynamic = true;
                }
            }
            Stmt::ClassDef(node) => {
                let value = self.define_class(module, node, "");
                self.bind(module, node.name.as_str(), value);
            }
            Stmt::Assign(node) => {
                let value = self.expression(module, &node.value);
                for target in &node.targets {
                    self.assign(module, target, &node.value, value.clone());
                }
            }
            Stmt::AnnAssign(node) => {
                if let Some(value) = &node.value {
                    let result = self.expression(module, value);
                    self.assign(module, &node.target, value, result);
                }
            }
            Stmt::AugAssign(node) => {
                let old = self.expression(module, &node.target);
                let more = self.expression(module, &node.value);
                let value = super::expr::add(&old, &more);
                self.assign(module, &node.target, &node.value, value);
            }
            Stmt::Delete(node) => {
                for target in &node.targets {
                    self.delete(module, target);
                }
            }
            Stmt::Expr(node) => {
                self.expression(module, &node.value);
            }
            Stmt::If(node) => self.branch(module, node)?,
            Stmt::Try(node) => self.attempt(module, node)?,
            Stmt::For(node) => self.repeat(module, node)?,
            Stmt::With(node) => {
                for item in &node.items {
                    if let Some(target) = &item.optional_vars {
                        self.assign(module, target, &item.context_expr, Value::Object);
                    }
                }
                self.block(module, &node.body)?;
            }
            Stmt::While(node) => self.block(module, &node.body)?,
            Stmt::Raise(node) => {
                let text = node.exc.as_deref().map(expr_name).unwrap_or_default();
                return Err(match text.as_str() {
                    "ImportError" | "ModuleNotFoundError" => Raised::Import(text),
                    _ => Raised::Other,
                });
            }
            Stmt::Return(_)
            | Stmt::Assert(_)
            | Stmt::Match(_)
            | Stmt::Global(_)
            | Stmt::Nonlocal(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::TypeAlias(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
        Ok(())
    }

    /// Runs statements until one raises.
    pub(crate) fn block(&mut self, module: usize, body: &[Stmt]) -> Result<(), Raised> {
        for statement in body {
            self.execute(module, statement)?;
        }
        Ok(())
    }

    pub(crate) fn bind(&mut self, module: usize, name: &str, value: Value) {
        self.modules[module].names.insert(name.to_owned(), value);
    }

    /// The full name of the module that a `from` statement means.
    fn source_module(&self, module: usize, node: &StmtImportFrom) -> String {
        let named = node.module.as_ref().map_or("", |name| name.as_str());
        if node.level == 0 {
            return named.to_owned();
        }
        let own = &self.modules[module];
        let mut base = own.name.as_str();
        let drop = node.level as usize - usize::from(!own.path.is_empty());
        for _ in 0..drop {
            base = base.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
        if named.is_empty() {
            base.to_owned()
        } else {
            format!("{base}.{named}")
        }
    }

    fn import_from(&mut self, module: usize, node: &StmtImportFrom) -> Result<(), Raised> {
        let source = self.source_module(module, node);
        if source == "__future__" {
            for alias in &node.names {
                self.bind(
                    module,
                    alias.name.as_str(),
                    Value::Foreign("__future__".into()),
                );
            }
            return Ok(());
        }
        let value = self.import(&source)?;
        for alias in &node.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.import_star(module, &value);
                continue;
            }
            let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
            match self.import_name(&value, name) {
                Ok(found) => self.bind(module, bound, found),
                Err(raised) => {
                    let closed = matches!(&value, Value::Module(index)
                        if self.modules[*index].sealed && !self.modules[*index].dynamic);
                    if closed {
                        return Err(raised);
                    }
                    // Made by code that was not run: the wheel works, so the name is there.
                    self.bind(module, bound, Value::Object);
                }
            }
        }
        Ok(())
    }

    fn import_star(&mut self, module: usize, value: &Value) {
        let Value::Module(from) = value else {
            self.modules[module].dynamic = true;
            return;
        };
        let listed = match self.modules[*from].names.get("__all__") {
            Some(Value::List(names)) => Some(
                names
                    .borrow()
                    .iter()
                    .filter_map(|name| match name {
                        Value::Str(text) => Some(text.to_string()),
                        _ => None,
                    })
                    .collect::<Vec<String>>(),
            ),
            _ => None,
        };
        let names = listed.unwrap_or_else(|| {
            let names = &self.modules[*from].names;
            let plain = names.keys().filter(|name| !name.starts_with('_'));
            // Up to 1.7 `__all__` is computed of them and of every plain name.
            let dunders = match names.get("_exported_dunders") {
                Some(Value::List(listed)) => listed.borrow().clone(),
                _ => Vec::new(),
            };
            let dunders = dunders.into_iter().filter_map(|name| match name {
                Value::Str(text) if names.contains_key(&*text) => Some(text.to_string()),
                _ => None,
            });
            plain.cloned().chain(dunders).collect()
        });
        for name in names {
            if let Ok(found) = self.import_name(value, &name) {
                self.bind(module, &name, found);
            }
        }
    }

    fn assign(&mut self, module: usize, target: &Expr, source: &Expr, value: Value) {
        match target {
            Expr::Name(name) => {
                if name.id.as_str() == "__path__" {
                    self.set_path(module, &value);
                }
                self.bind(module, name.id.as_str(), value);
            }
            Expr::Attribute(node) => match self.expression(module, &node.value) {
                Value::Module(owner) if node.attr.as_str() == "__path__" => {
                    self.set_path(owner, &value);
                }
                Value::Module(owner) => self.bind(owner, node.attr.as_str(), value),
                Value::Class(owner) => {
                    let member = class_member(&value);
                    let members = &mut self.classes[owner].members;
                    members.entry(node.attr.to_string()).or_insert(member);
                }
                _ => {}
            },
            Expr::Subscript(node) => {
                let base = expr_name(&node.value);
                if base.ends_with("sys.modules")
                    && let Value::Str(name) = self.expression(module, &node.slice)
                {
                    let name = self.stored(&name).into_owned();
                    if !matches!(value, Value::Object) {
                        self.by_name.insert(name, value);
                    }
                } else if (base == "globals()" || base == "locals()")
                    && let Value::Str(name) = self.expression(module, &node.slice)
                {
                    self.bind(module, &name, value);
                }
            }
            Expr::Tuple(node) => self.unpack(module, &node.elts, source, &value),
            Expr::List(node) => self.unpack(module, &node.elts, source, &value),
            _ => {}
        }
    }

    fn unpack(&mut self, module: usize, targets: &[Expr], source: &Expr, value: &Value) {
        let parts = match value {
            Value::List(items) => items.borrow().clone(),
            _ => Vec::new(),
        };
        for (index, target) in targets.iter().enumerate() {
            let part = parts.get(index).cloned().unwrap_or(Value::Object);
            self.assign(module, target, source, part);
        }
    }

    /// Sets a package's search path from a list of folders.
    fn set_path(&mut self, module: usize, value: &Value) {
        if let Value::List(folders) = value {
            let folders = folders.borrow();
            self.modules[module].path = folders
                .iter()
                .filter_map(|folder| match folder {
                    Value::Str(text) => Some(text.to_string()),
                    _ => None,
                })
                .collect();
        }
    }

    fn delete(&mut self, module: usize, target: &Expr) {
        match target {
            Expr::Name(name) => {
                self.modules[module].names.remove(name.id.as_str());
            }
            Expr::Attribute(node) => {
                if let Value::Module(owner) = self.expression(module, &node.value) {
                    self.modules[owner].names.remove(node.attr.as_str());
                }
            }
            Expr::Tuple(node) => {
                for part in &node.elts {
                    self.delete(module, part);
                }
            }
            _ => {}
        }
    }

    fn branch(&mut self, module: usize, node: &StmtIf) -> Result<(), Raised> {
        let mut undecided = false;
        let mut arms: Vec<(Option<&Expr>, &[Stmt])> = vec![(Some(&node.test), &node.body)];
        for clause in &node.elif_else_clauses {
            arms.push((clause.test.as_ref(), &clause.body));
        }
        let mut bound: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (test, body) in arms {
            match test.map_or(Some(true), |test| self.truth(module, test)) {
                Some(false) => {}
                Some(true) if !undecided => return self.block(module, body),
                known => {
                    undecided = true;
                    // An arm that may not run at all cannot stop the module.
                    let _ = self.arm(module, body, &mut bound);
                    if known.is_some() {
                        break;
                    }
                }
            }
        }
        for (name, classes) in bound {
            if classes.len() > 1 {
                let either = self.either(module, &name, classes);
                self.bind(module, &name, either);
            }
        }
        Ok(())
    }

    /// Runs an arm that may or may not run, and notes which classes it binds to which names.
    fn arm(
        &mut self,
        module: usize,
        body: &[Stmt],
        bound: &mut BTreeMap<String, Vec<usize>>,
    ) -> Result<(), Raised> {
        let class = |value: &Value| match value {
            Value::Class(index) => Some(*index),
            _ => None,
        };
        let before: BTreeMap<String, usize> = self.modules[module]
            .names
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), class(value)?)))
            .collect();
        let result = self.block(module, body);
        for (name, value) in &self.modules[module].names {
            let Some(index) = class(value) else { continue };
            if before.get(name) == Some(&index) {
                continue;
            }
            let all = bound.entry(name.clone()).or_default();
            if !all.contains(&index) {
                all.push(index);
            }
        }
        result
    }

    /// A class that may be any of some: it has the members of them all. Those that have others, which are
    /// not known, give what is known of them alone: one that is known as a whole says what is missing.
    fn either(&mut self, module: usize, name: &str, classes: Vec<usize>) -> Value {
        let is_open = |class: &usize| {
            let mut order = self.mro(*class).into_iter();
            order.any(|index| self.classes[index].open || self.classes[index].dynamic)
        };
        let (open, known): (Vec<usize>, Vec<usize>) = classes.iter().partition(|one| is_open(one));
        let mut members = BTreeMap::new();
        if !known.is_empty() {
            for index in open.into_iter().flat_map(|class| self.mro(class)) {
                for (name, member) in &self.classes[index].members {
                    members
                        .entry(name.clone())
                        .or_insert_with(|| member.clone());
                }
            }
        }
        self.classes.push(Class {
            id: format!("{}:{name}", self.modules[module].name),
            bases: if known.is_empty() { classes } else { known },
            members,
            ..Class::default()
        });
        Value::Class(self.classes.len() - 1)
    }

    fn attempt(&mut self, module: usize, node: &StmtTry) -> Result<(), Raised> {
        let result = self.block(module, &node.body);
        let result = match result {
            Ok(()) => self.block(module, &node.orelse),
            Err(raised) => {
                let handler = node.handlers.iter().find_map(|handler| {
                    let handler = handler.as_except_handler()?;
                    let caught = handler.type_.as_deref().map(expr_name);
                    let caught = caught.unwrap_or_default();
                    let takes = caught.is_empty()
                        || caught.contains("Exception")
                        || (matches!(raised, Raised::Import(_))
                            && (caught.contains("ImportError")
                                || caught.contains("ModuleNotFoundError")))
                        || raised == Raised::Other;
                    takes.then_some(handler)
                });
                match handler {
                    Some(handler) => self.block(module, &handler.body),
                    None => Err(raised),
                }
            }
        };
        self.block(module, &node.finalbody)?;
        result
    }

    fn repeat(&mut self, module: usize, node: &ruff_python_ast::StmtFor) -> Result<(), Raised> {
        let items = match self.expression(module, &node.iter) {
            Value::List(items) => items.borrow().clone(),
            _ => return Ok(()),
        };
        for item in items.into_iter().take(20_000) {
            self.assign(module, &node.target, &node.iter, item);
            let _ = self.block(module, &node.body);
        }
        Ok(())
    }
}

/// The dotted name of an expression, `()` for a call, `""` for anything else; a tuple of names is
/// joined by commas.
pub(crate) fn expr_name(expr: &Expr) -> String {
    match expr {
        Expr::Name(name) => name.id.to_string(),
        Expr::Attribute(node) => format!("{}.{}", expr_name(&node.value), node.attr),
        Expr::Call(node) => {
            let name = expr_name(&node.func);
            if name == "globals" || name == "locals" {
                format!("{name}()")
            } else {
                name
            }
        }
        Expr::Tuple(node) => node
            .elts
            .iter()
            .map(expr_name)
            .collect::<Vec<_>>()
            .join(","),
        _ => String::new(),
    }
}
