//! Calls that bind, find or transform what a module offers; every other call gives an object.

use std::collections::HashSet;

use ruff_python_ast::{Expr, ExprCall};

use super::exec::expr_name;
use super::expr::{list, strings};
use super::{Class, Evaluator, Function, Value};

/// Transformations of a function that change how it is called.
const KEYWORD_ONLY: &[&str] = &["_to_raw_op", "to_raw_op"];

impl Evaluator<'_> {
    pub(crate) fn call(&mut self, module: usize, node: &ExprCall) -> Value {
        let name = expr_name(&node.func);
        let last = name.rsplit('.').next().unwrap_or("").to_owned();
        let arguments = &node.arguments;
        if name.ends_with("path.join") {
            let parts = arguments.args.iter();
            let parts: Vec<Value> = parts.map(|part| self.expression(module, part)).collect();
            return join_paths(&parts);
        }
        if let Expr::Attribute(method) = &*node.func
            && let Some(value) = self.method(module, method, &last, node)
        {
            return value;
        }
        let args: Vec<Value> = arguments
            .args
            .iter()
            .map(|argument| self.expression(module, argument))
            .collect();
        if let (Expr::Name(_), []) = (&*node.func, &args[..])
            && let Value::Class(index) = self.expression(module, &node.func)
            && let Some(target) = &self.classes[index].loads
        {
            return Value::Lazy(target.as_str().into());
        }
        if let Some(wrapped) = self.wrapped(module, node, &args) {
            return wrapped;
        }
        match (last.as_str(), args.as_slice()) {
            ("LazyLoader" | "_LazyLoader" | "_LazyLoader_", [_, _, Value::Str(target), ..]) => {
                Value::Lazy(std::rc::Rc::clone(target))
            }
            ("KerasLazyLoader" | "_KerasLazyLoader", _) => self.keras_loader(module, node),
            ("setattr", [Value::Module(owner), Value::Str(name), value, ..]) => {
                let (owner, name, value) = (*owner, name.to_string(), value.clone());
                self.bind(owner, &name, value);
                Value::None
            }
            ("setattr", [Value::Class(owner), Value::Str(name), value, ..]) => {
                let kind = match value {
                    Value::Function(_) => "function",
                    _ => "object",
                };
                let member = crate::surface::Member {
                    kind: kind.to_owned(),
                    ..super::defs::attribute()
                };
                let members = &mut self.classes[*owner].members;
                members.entry(name.to_string()).or_insert(member);
                Value::None
            }
            ("delattr", [Value::Module(owner), Value::Str(name)]) => {
                self.modules[*owner].names.remove(&**name);
                Value::None
            }
            ("getattr", [base, Value::Str(name), rest @ ..]) => {
                let found = self.attribute(&base.clone(), name);
                found.unwrap_or_else(|| rest.first().cloned().unwrap_or(Value::Object))
            }
            ("hasattr", [base @ Value::Module(_), Value::Str(name)]) => {
                Value::Bool(self.attribute(&base.clone(), name).is_some())
            }
            ("import_module" | "__import__", [Value::Str(name), ..]) => {
                self.import(name).unwrap_or(Value::Object)
            }
            ("dir", []) => self.names_of(module),
            ("dir", [Value::Module(other)]) => self.names_of(*other),
            ("globals" | "locals" | "vars", []) => self.names_of(module),
            ("list" | "tuple" | "set" | "frozenset" | "sorted" | "OrderedDict", [first, ..]) => {
                match first {
                    Value::List(items) => list(items.borrow().clone()),
                    _ => Value::Object,
                }
            }
            ("list" | "tuple" | "set", []) => list(Vec::new()),
            ("package_hook", _) => self.package_hook(module, node),
            ("remove_undocumented", _) => self.remove_undocumented(module, node, &args),
            ("make_all", [Value::Str(name), rest @ ..]) => {
                let docs = match rest.first() {
                    Some(Value::List(modules)) => modules.borrow().clone(),
                    _ => self.import(name).into_iter().collect(),
                };
                let documented = self.documented(&docs);
                strings(documented)
            }
            ("namedtuple" | "NamedTuple", [Value::Str(title), fields, ..]) => {
                let (title, fields) = (title.to_string(), fields.clone());
                self.named_tuple(module, &title, &fields)
            }
            ("type" | "with_metaclass" | "Enum", [_, _, ..])
            | ("GeneratedProtocolMessageType", _) => self.open_class(module),
            // Wrappers that warn, and otherwise are the module that they wrap.
            ("TFModuleWrapper" | "DeprecationWrapper", [wrapped @ Value::Module(_), ..]) => {
                wrapped.clone()
            }
            ("dirname", [Value::Str(path)]) => Value::Str(dirname(path).into()),
            ("get_parent_dir", [Value::Module(index)]) => {
                Value::Str(dirname(dirname(&self.modules[*index].file)).into())
            }
            ("get_parent_dir_for_name", [Value::Str(name)]) => {
                let parent = name.rsplit_once('.').map_or("", |(parent, _)| parent);
                Value::Str(parent.replace('.', "/").into())
            }
            ("deprecated_alias", [Value::Str(_), Value::Str(new), target, ..]) => {
                let (new, target) = (new.to_string(), target.clone());
                self.deprecated_alias(&new, &target)
            }
            (transformer, [Value::Function(index)]) if KEYWORD_ONLY.contains(&transformer) => {
                let function = self.functions[*index].clone();
                let signature = function.signature.as_deref().map(keyword_only);
                self.function(Function {
                    signature,
                    ..function
                })
            }
            ("partial", _) => self.function(Function::default()),
            // A decorator applied by hand gives back what it was applied to.
            (_, [value @ (Value::Function(_) | Value::Class(_))])
                if matches!(&*node.func, Expr::Call(_))
                    || last.contains("export")
                    || last.contains("deprecat")
                    || last == "wraps"
                    || last == "add_dispatch_support" =>
            {
                value.clone()
            }
            _ => Value::Object,
        }
    }

    /// The function that another one wraps and gives back: `abs = wrapper(abs)`.
    fn wrapped(&mut self, module: usize, node: &ExprCall, args: &[Value]) -> Option<Value> {
        if !args.iter().any(|value| matches!(value, Value::Function(_))) {
            return None;
        }
        let Value::Function(wrapper) = self.expression(module, &node.func) else {
            return None;
        };
        let value = args.get(self.functions[wrapper].wraps?)?;
        matches!(value, Value::Function(_)).then(|| value.clone())
    }

    /// Calls on lists, strings, `os.environ` and `__path__`.
    fn method(
        &mut self,
        module: usize,
        method: &ruff_python_ast::ExprAttribute,
        last: &str,
        node: &ExprCall,
    ) -> Option<Value> {
        let owner = expr_name(&method.value);
        if owner.ends_with("environ") && last == "get" || owner.is_empty() && last == "getenv" {
            let default = node.arguments.args.get(1);
            return Some(default.map_or(Value::None, |value| self.expression(module, value)));
        }
        if owner == "globals()" && last == "update" {
            self.classes_of_imports(module);
            // Registries have other names for some of them.
            self.modules[module].dynamic = true;
            return Some(Value::None);
        }
        let path_of = match &*method.value {
            Expr::Name(name) if name.id.as_str() == "__path__" => Some(module),
            Expr::Attribute(inner) if inner.attr.as_str() == "__path__" => {
                match self.expression(module, &inner.value) {
                    Value::Module(index) => Some(index),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(index) = path_of {
            let argument = node.arguments.args.last()?;
            if let Value::Str(folder) = self.expression(module, argument) {
                let path = &mut self.modules[index].path;
                if last == "insert" {
                    path.insert(0, folder.to_string());
                } else {
                    path.push(folder.to_string());
                }
            }
            return Some(Value::None);
        }
        if !matches!(
            last,
            "append"
                | "extend"
                | "update"
                | "add"
                | "remove"
                | "startswith"
                | "endswith"
                | "split"
                | "keys"
                | "copy"
                | "join"
                | "replace"
        ) {
            return None;
        }
        let base = self.expression(module, &method.value);
        let first = node.arguments.args.first();
        let first = first.map(|argument| self.expression(module, argument));
        match (base, last, first) {
            (Value::List(items), "append" | "add", Some(value)) => {
                items.borrow_mut().push(value);
                Some(Value::None)
            }
            (Value::List(items), "extend" | "update", Some(Value::List(more))) => {
                let more = more.borrow().clone();
                items.borrow_mut().extend(more);
                Some(Value::None)
            }
            (Value::List(items), "remove", Some(Value::Str(text))) => {
                let is_text = |item: &Value| matches!(item, Value::Str(other) if *other == text);
                let at = items.borrow().iter().position(is_text);
                if let Some(at) = at {
                    items.borrow_mut().remove(at);
                }
                Some(Value::None)
            }
            (Value::List(items), "keys" | "copy", None) => Some(list(items.borrow().clone())),
            (Value::Str(text), "startswith", Some(Value::Str(with))) => {
                Some(Value::Bool(text.starts_with(&*with)))
            }
            (Value::Str(text), "endswith", Some(Value::Str(with))) => {
                Some(Value::Bool(text.ends_with(&*with)))
            }
            (Value::Str(text), "split", Some(Value::Str(at))) if !at.is_empty() => {
                Some(strings(text.split(&*at).map(str::to_owned)))
            }
            (Value::Foreign(_) | Value::Module(_), ..) => None,
            _ => Some(Value::Object),
        }
    }

    /// `globals().update(ALL_OBJECTS)`, as Keras 2 fills its registries: the classes of the
    /// modules that this one imports, by their own names and in snake case.
    fn classes_of_imports(&mut self, module: usize) {
        let imported: Vec<usize> = self.modules[module]
            .names
            .values()
            .filter_map(|value| match value {
                Value::Module(index) => Some(*index),
                _ => None,
            })
            .collect();
        for index in imported {
            let prefix = format!("{}:", self.modules[index].name);
            for (name, value) in self.modules[index].names.clone() {
                let Value::Class(class) = value else { continue };
                if !name.starts_with('_') && self.classes[class].id.starts_with(&prefix) {
                    let names = &mut self.modules[module].names;
                    names
                        .entry(snake_case(&name))
                        .or_insert(Value::Class(class));
                    names.entry(name).or_insert(Value::Class(class));
                }
            }
        }
    }

    fn names_of(&self, module: usize) -> Value {
        strings(self.modules[module].names.keys().cloned())
    }

    /// The module behind `_KerasLazyLoader(globals(), submodule=..., mode=...)`.
    fn keras_loader(&mut self, module: usize, node: &ExprCall) -> Value {
        if self.release >= (2, 16) {
            return Value::External;
        }
        let mut text = |name: &str| {
            let keyword = node.arguments.find_keyword(name)?;
            match self.expression(module, &keyword.value) {
                Value::Str(text) => Some(text.to_string()),
                _ => None,
            }
        };
        let mode = text("mode").unwrap_or_default();
        let api = if mode == "v1" { "_v1" } else { "_v2" };
        let mut target = format!("keras.api.{api}.keras");
        if let Some(submodule) = text("submodule") {
            target.push('.');
            target.push_str(&submodule);
        }
        Value::Lazy(target.into())
    }

    /// `component_api_helper.package_hook(parent_package_str=, child_package_str=)`: binds a package
    /// of another distribution below this one, and searches it for modules.
    fn package_hook(&mut self, module: usize, node: &ExprCall) -> Value {
        let mut text = |name: &str, index: usize| {
            let keyword = node.arguments.find_keyword(name);
            let argument = keyword.map(|keyword| &keyword.value);
            let argument = argument.or_else(|| node.arguments.args.get(index))?;
            match self.expression(module, argument) {
                Value::Str(text) => Some(text.to_string()),
                _ => None,
            }
        };
        let (Some(parent), Some(child)) =
            (text("parent_package_str", 0), text("child_package_str", 1))
        else {
            return Value::None;
        };
        let (Ok(Value::Module(parent)), Ok(found)) = (self.import(&parent), self.import(&child))
        else {
            return Value::None;
        };
        if let Value::Module(index) = found {
            let folder = dirname(dirname(&self.modules[index].file)).to_owned();
            self.modules[parent].path.push(folder);
        }
        let name = child.rsplit('.').next().unwrap_or(&child).to_owned();
        self.bind(parent, &name, found);
        Value::None
    }

    /// Deletes every name that is neither allowed nor documented by an `@@name` line.
    fn remove_undocumented(&mut self, module: usize, node: &ExprCall, args: &[Value]) -> Value {
        let argument = |name: &str, index: usize| {
            let keyword = node.arguments.find_keyword(name);
            keyword
                .map(|keyword| &keyword.value)
                .or_else(|| node.arguments.args.get(index))
        };
        let allowed =
            argument("allowed_exception_list", 1).map(|expr| self.expression(module, expr));
        let docs = argument("doc_string_modules", 2).map(|expr| self.expression(module, expr));
        let target = match args.first() {
            Some(Value::Str(name)) => match self.import(&name.clone()) {
                Ok(Value::Module(index)) => index,
                _ => module,
            },
            _ => module,
        };
        let mut kept: HashSet<String> = HashSet::new();
        if let Some(Value::List(names)) = allowed {
            kept.extend(names.borrow().iter().filter_map(|name| match name {
                Value::Str(text) => Some(text.to_string()),
                _ => None,
            }));
        }
        let docs = match docs {
            Some(Value::List(modules)) => modules.borrow().clone(),
            _ => vec![Value::Module(target)],
        };
        kept.extend(self.documented(&docs));
        let owner = &mut self.modules[target];
        owner.sealed = true;
        owner.dynamic = false;
        owner
            .names
            .retain(|name, _| kept.contains(name) || name.starts_with("__"));
        Value::None
    }

    /// The names of `@@name` lines in the docstrings of modules.
    fn documented(&mut self, modules: &[Value]) -> Vec<String> {
        let mut names = Vec::new();
        for module in modules {
            let text = match module {
                Value::Module(index) => self.modules[*index].docstring.clone(),
                Value::Lazy(_) => match self.attribute(module, "__doc__") {
                    Some(Value::Str(text)) => text.to_string(),
                    _ => continue,
                },
                _ => continue,
            };
            for line in text.lines() {
                if let Some(name) = line.trim().strip_prefix("@@") {
                    let name = name.split_whitespace().next().unwrap_or("");
                    names.push(name.rsplit('.').next().unwrap_or(name).to_owned());
                }
            }
        }
        names
    }

    fn deprecated_alias(&mut self, new: &str, target: &Value) -> Value {
        let text = format!("Use {new} instead.");
        match target {
            Value::Function(index) => {
                let function = Function {
                    deprecated: Some(text),
                    ..self.functions[*index].clone()
                };
                self.function(function)
            }
            Value::Class(index) => {
                let base = &self.classes[*index];
                let class = Class {
                    id: format!("{}#alias", base.id),
                    bases: vec![*index],
                    deprecated: Some(text),
                    ..Class::default()
                };
                self.classes.push(class);
                Value::Class(self.classes.len() - 1)
            }
            other => other.clone(),
        }
    }

    pub(crate) fn function(&mut self, function: Function) -> Value {
        self.functions.push(function);
        Value::Function(self.functions.len() - 1)
    }

    fn open_class(&mut self, module: usize) -> Value {
        let id = format!(
            "{}:<made at run time {}>",
            self.modules[module].name,
            self.classes.len()
        );
        self.classes.push(Class {
            id,
            open: true,
            ..Class::default()
        });
        Value::Class(self.classes.len() - 1)
    }

    pub(crate) fn named_tuple(&mut self, module: usize, title: &str, fields: &Value) -> Value {
        let names: Option<Vec<String>> = match fields {
            Value::List(items) => items
                .borrow()
                .iter()
                .map(|item| match item {
                    Value::Str(text) => Some(text.to_string()),
                    Value::List(pair) => match pair.borrow().first() {
                        Some(Value::Str(text)) => Some(text.to_string()),
                        _ => None,
                    },
                    _ => None,
                })
                .collect(),
            Value::Str(text) => Some(
                text.split([',', ' ', '\n'])
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
            ),
            _ => None,
        };
        // A class below a tuple of its own name must not take the tuple's place.
        let id = format!("{}:{title}#tuple", self.modules[module].name);
        let mut class = Class {
            id,
            open: names.is_none(),
            ..Class::default()
        };
        if let Some(names) = names {
            for name in &names {
                class.members.insert(name.clone(), super::defs::attribute());
            }
            for name in ["_asdict", "_fields", "_make", "_replace", "count", "index"] {
                class
                    .members
                    .insert(name.to_owned(), super::defs::attribute());
            }
            class.constructor = Some(format!("({})", names.join(", ")));
        }
        self.classes.push(class);
        Value::Class(self.classes.len() - 1)
    }
}

fn dirname(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `os.path.join` of known parts.
fn join_paths(parts: &[Value]) -> Value {
    let texts: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            Value::Str(text) => Some(text.trim_end_matches('/')),
            _ => None,
        })
        .collect();
    texts.map_or(Value::Object, |texts| Value::Str(texts.join("/").into()))
}

/// `(x, name=)` as `(*, x, name=)`.
fn keyword_only(signature: &str) -> String {
    if signature == "()" || signature.starts_with("(*") {
        return signature.to_owned();
    }
    format!("(*, {}", &signature[1..])
}

/// `GlorotNormal` as `glorot_normal`.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    let mut after_lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && after_lower {
            text.push('_');
        }
        after_lower = letter.is_lowercase() || letter.is_ascii_digit();
        text.extend(letter.to_lowercase());
    }
    text
}
