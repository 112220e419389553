//! Calls that look names up, bind them, or create them: `hasattr`, `getattr` with a default,
//! `setattr`, `importlib.import_module`, `mock.patch` and their kin.

use std::sync::Arc;

use ruff_python_ast::{Expr, ExprCall, ExprStringLiteral};

use super::bindings::Alias;
use super::computed::{Comparison, Computed};
use super::expressions::inside_of;
use super::imports::first_part;
use super::project::root_of;
use super::scopes::Value;
use super::tested::Test;
use super::uses::{Guard, Position, VersionOf};
use super::walk::Walk;

impl<'a> Walk<'a, '_> {
    /// Walks a call of a function that is known to do more than compute; `None` for any other.
    pub(crate) fn special_call(&mut self, call: &'a ExprCall) -> Option<Value> {
        if let Some(class) = self.class_of_super(call) {
            return self.super_object(class);
        }
        match &*call.func {
            Expr::Name(name) => {
                let name = name.id.as_str();
                match name {
                    "partial" => self.partial(call),
                    "hasattr" | "getattr" | "setattr" | "__import__" if self.is_builtin(name) => {
                        self.builtin_call(name, call)
                    }
                    "import_module" | "find_spec" | "importorskip" | "LazyLoader" | "patch" => {
                        self.library_call(name, call)
                    }
                    _ => None,
                }
            }
            Expr::Attribute(attribute) => match attribute.attr.as_str() {
                "partial" => self.partial(call),
                name @ ("import_module" | "find_spec" | "importorskip" | "LazyLoader" | "patch"
                | "object" | "setattr" | "setitem" | "dict" | "update") => {
                    self.library_call(name, call)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn builtin_call(&mut self, name: &str, call: &'a ExprCall) -> Option<Value> {
        let arguments = &*call.arguments.args;
        match (name, arguments) {
            ("hasattr", [object, attribute]) => {
                let value = self.expr(object);
                let test = match attribute {
                    Expr::StringLiteral(name) => self
                        .has(value, name.value.to_str())
                        .unwrap_or_else(|| self.has_on_other(object)),
                    other => {
                        self.expr(other);
                        if value.is_api() {
                            Test::UNKNOWN
                        } else {
                            self.has_on_other(object)
                        }
                    }
                };
                Some(self.test_value(test))
            }
            ("getattr", [object, attribute, default]) => {
                let value = self.expr(object);
                let default = self.expr(default);
                let Expr::StringLiteral(name) = attribute else {
                    self.expr(attribute);
                    return Some(Value::Other);
                };
                if !matches!(default, Value::Nothing | Value::Bool(false)) {
                    return Some(Value::Other);
                }
                let test = self
                    .has(value, name.value.to_str())
                    .unwrap_or_else(|| self.has_on_other(object));
                Some(self.test_value(test))
            }
            ("setattr", [object, attribute, new]) => {
                self.expr(new);
                let value = self.expr(object);
                if let Expr::StringLiteral(name) = attribute {
                    self.note_definition(name.value.to_str());
                    self.create(value, Some(name.value.to_str()));
                } else {
                    self.expr(attribute);
                    self.create(value, None);
                }
                Some(Value::Other)
            }
            ("__import__", [Expr::StringLiteral(name), ..]) => {
                let whole = arguments.len() > 3
                    || call
                        .arguments
                        .keywords
                        .iter()
                        .any(|keyword| keyword.arg.as_ref().is_some_and(|n| n == "fromlist"));
                let value = self.import_by_name(name)?;
                let Value::Api(index) = value else {
                    return Some(value);
                };
                if !whole {
                    let path = &mut self.aliases[index as usize].path;
                    *path = first_part(path).into();
                }
                Some(value)
            }
            _ => None,
        }
    }

    fn library_call(&mut self, name: &str, call: &'a ExprCall) -> Option<Value> {
        let arguments = &*call.arguments.args;
        match (name, arguments) {
            ("import_module", [Expr::StringLiteral(module), ..]) => self.import_by_name(module),
            ("LazyLoader", [_, _, Expr::StringLiteral(module)]) => {
                let path = self.api_path(module)?;
                Some(self.alias_here(path, None))
            }
            ("importorskip", [Expr::StringLiteral(module), rest @ ..]) => {
                let path = self.api_path(module)?;
                let least = rest.first().or_else(|| {
                    let mut keywords = call.arguments.keywords.iter();
                    let least = keywords
                        .find(|keyword| keyword.arg.as_ref().is_some_and(|n| n == "minversion"))?;
                    Some(&least.value)
                });
                // What follows runs only where the module exists.
                if let Some(least) = least {
                    let at_least = at_least(&path, least);
                    self.push_guard(at_least.map_or(Guard::Unknown, |test| test.yes));
                } else if path.contains('.') {
                    self.push_guard(Guard::HasModule {
                        path: path.clone(),
                        present: true,
                    });
                }
                Some(self.alias_here(path, None))
            }
            ("find_spec", [Expr::StringLiteral(module), ..]) => {
                let path = self.api_path(module)?;
                if !path.contains('.') {
                    // Whether the package is installed at all.
                    return Some(Value::Other);
                }
                Some(self.test_value(Test::of(Guard::HasModule {
                    path,
                    present: true,
                })))
            }
            _ => self.creating_call(name, call),
        }
    }

    /// Calls that make a name exist: `mock.patch(..., create=True)` and its kin.
    fn creating_call(&mut self, name: &str, call: &'a ExprCall) -> Option<Value> {
        match (name, &*call.arguments.args) {
            ("patch", [Expr::StringLiteral(target), ..]) if has_true(call, "create") => {
                if let Some(path) = self.api_path(target) {
                    self.created.push(path);
                }
                None
            }
            ("object", [object, Expr::StringLiteral(name), ..]) if has_true(call, "create") => {
                let value = self.expr(object);
                self.create(value, Some(name.value.to_str()));
                self.rest_of(call, 2);
                Some(Value::Other)
            }
            // `monkeypatch.setattr(tf, "x", fake, raising=False)`
            ("setattr", [object, Expr::StringLiteral(name), ..]) if has_false(call, "raising") => {
                let value = self.expr(object);
                self.create(value, Some(name.value.to_str()));
                self.rest_of(call, 2);
                Some(Value::Other)
            }
            ("setattr", [Expr::StringLiteral(target), ..]) if has_false(call, "raising") => {
                if let Some(path) = self.api_path(target) {
                    self.created.push(path);
                }
                None
            }
            ("setitem", [modules, Expr::StringLiteral(key), ..]) if is_sys_modules(modules) => {
                if let Some(path) = self.api_path(key) {
                    self.created.push(path);
                }
                None
            }
            ("dict", [modules, Expr::Dict(entries), ..])
                if is_sys_modules(modules)
                    || matches!(modules, Expr::StringLiteral(name) if name.value == *"sys.modules") =>
            {
                self.created_keys(entries);
                None
            }
            ("update", [Expr::Dict(entries)]) => {
                if let Expr::Attribute(function) = &*call.func
                    && is_sys_modules(&function.value)
                {
                    self.created_keys(entries);
                }
                None
            }
            _ => None,
        }
    }

    fn created_keys(&mut self, entries: &'a ruff_python_ast::ExprDict) {
        for item in &entries.items {
            if let Some(Expr::StringLiteral(key)) = &item.key
                && let Some(path) = self.api_path(key)
            {
                self.created.push(path);
            }
        }
    }

    fn rest_of(&mut self, call: &'a ExprCall, from: usize) {
        for argument in call.arguments.args.iter().skip(from) {
            self.expr(argument);
        }
        for keyword in &call.arguments.keywords {
            self.expr(&keyword.value);
        }
    }

    /// `import_module("a.b")`: a use of its own.
    fn import_by_name(&mut self, module: &'a ExprStringLiteral) -> Option<Value> {
        let name = module.value.to_str();
        if let Some(path) = self.api_path(module) {
            let via = self.import_use(&path, Position::ImportModule, inside_of(module));
            return Some(self.alias_here(path, Some(via)));
        }
        if name.starts_with('.') {
            return Some(Value::Other);
        }
        let id = self.context.project.absolute(self.context.path, name)?;
        self.imports.push((id, self.guard));
        Some(Value::Module(id.0))
    }

    /// An API path that stands in a string.
    fn api_path(&self, text: &ExprStringLiteral) -> Option<String> {
        let text = text.value.to_str();
        let root = root_of(text)?;
        (!self.shadowed.contains(root) && text.split('.').all(super::guards::is_identifier))
            .then(|| super::imports::canonical(text))
    }

    pub(crate) fn alias_here(&mut self, path: String, via: Option<u32>) -> Value {
        let guard = self.guard;
        self.alias_value(Alias {
            path: path.into(),
            via,
            guard,
            star: None,
            by_name: false,
        })
    }

    /// Notes that the project itself creates `value.name`; any name below it where none is given.
    pub(crate) fn create(&mut self, value: Value, name: Option<&str>) {
        for mut path in self.paths(value, &[]) {
            super::bindings::push_part(&mut path, name.unwrap_or("*"));
            self.created.push(path);
        }
    }

    /// `sys.modules["tensorflow.x"] = ...`
    pub(crate) fn assigned_module(&mut self, object: &'a Expr, key: &'a Expr) {
        if let Expr::StringLiteral(key) = key
            && is_sys_modules(object)
            && let Some(path) = self.api_path(key)
        {
            self.created.push(path);
        }
    }

    /// Whether a call may end the function on some releases: `err_if_tf2()`.
    pub(crate) fn may_raise_by_version(&self, expression: &Expr) -> bool {
        let Expr::Call(call) = expression else {
            return false;
        };
        let name = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        let looks_so = [
            "err_if", "raise_if", "require", "ensure", "assert", "check", "skip",
        ]
        .iter()
        .any(|word| name.trim_start_matches('_').starts_with(word))
            && (name.contains("tf") || name.contains("tensorflow") || name.contains("keras"))
            && super::words::speaks_of_versions(name);
        looks_so
            || self
                .syms
                .get(name)
                .is_some_and(|sym| self.raisers.contains(&sym))
    }

    /// Whether a statement's expression never returns.
    pub(crate) fn never_returns(&self, expression: &Expr) -> bool {
        let Expr::Call(call) = expression else {
            return false;
        };
        match &*call.func {
            Expr::Name(name) => {
                let name = name.id.as_str();
                matches!(name, "exit" | "quit") && self.is_builtin(name)
                    || self
                        .syms
                        .get(name)
                        .is_some_and(|sym| self.throwers.contains(&sym))
            }
            Expr::Attribute(attribute) => {
                let base = match &*attribute.value {
                    Expr::Name(name) => name.id.as_str(),
                    _ => "",
                };
                matches!(
                    (base, attribute.attr.as_str()),
                    ("sys", "exit")
                        | ("os", "_exit" | "abort")
                        | ("pytest", "skip" | "fail" | "exit" | "xfail")
                        | ("self", "skipTest" | "fail")
                )
            }
            _ => false,
        }
    }
}

/// `sys.modules`
fn is_sys_modules(expression: &Expr) -> bool {
    matches!(expression, Expr::Attribute(attribute)
        if attribute.attr.as_str() == "modules"
            && matches!(&*attribute.value, Expr::Name(name) if name.id.as_str() == "sys"))
}

/// That a package has a version or a later one, as `importorskip` asks for it.
fn at_least(package: &str, least: &Expr) -> Option<Test> {
    let Expr::StringLiteral(least) = least else {
        return None;
    };
    let own = VersionOf::of_path(&format!("{package}.__version__"))?;
    let parsed = |text| Arc::new(Computed::Parsed(Arc::new(text)));
    Some(Test::of_computed(Computed::Compare(
        parsed(Computed::Version(own)),
        Comparison::GreaterOrEqual,
        parsed(Computed::Text(least.value.to_str().to_owned())),
    )))
}

fn has_true(call: &ExprCall, keyword: &str) -> bool {
    has_bool(call, keyword, true)
}

fn has_false(call: &ExprCall, keyword: &str) -> bool {
    has_bool(call, keyword, false)
}

fn has_bool(call: &ExprCall, keyword: &str, value: bool) -> bool {
    call.arguments.keywords.iter().any(|given| {
        given.arg.as_ref().is_some_and(|name| name == keyword)
            && matches!(&given.value, Expr::BooleanLiteral(literal) if literal.value == value)
    })
}

/// Whether a call catches exceptions in the `with` body below it, and which.
pub(crate) fn suppresses(context: &Expr) -> super::exceptions::Caught {
    let Expr::Call(call) = context else {
        return super::exceptions::Caught::default();
    };
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    };
    if !matches!(
        name,
        "suppress" | "raises" | "assertRaises" | "assertRaisesRegex"
    ) {
        return super::exceptions::Caught::default();
    }
    let exceptions: &[Expr] = match name {
        "suppress" => &call.arguments.args,
        _ => call.arguments.args.get(..1).unwrap_or(&[]),
    };
    exceptions
        .iter()
        .map(|exception| super::exceptions::Caught::of(Some(exception)))
        .fold(
            super::exceptions::Caught::default(),
            super::exceptions::Caught::or,
        )
}
