//! Functions and classes: parameters, decorators, members, method resolution order.

use ruff_python_ast::{Decorator, Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef};

use super::exec::expr_name;
use super::{Class, Evaluator, Function, Value};
use crate::surface::Member;

/// A member that is a property or an instance attribute.
pub(crate) fn attribute() -> Member {
    Member {
        kind: "attribute".to_owned(),
        signature: None,
        deprecated: None,
    }
}

/// A member that is a value of the module.
pub(crate) fn class_member(value: &Value) -> Member {
    let is_function = matches!(value, Value::Function(_) | Value::Class(_));
    Member {
        kind: if is_function { "function" } else { "attribute" }.to_owned(),
        ..attribute()
    }
}

/// Parameters in the notation of the data files, without the first `skip` of them.
pub(crate) fn signature(parameters: &Parameters, skip: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut left = skip;
    let mut positional = 0;
    for parameter in &parameters.posonlyargs {
        if left > 0 {
            left -= 1;
            continue;
        }
        parts.push(one(parameter));
        positional += 1;
    }
    if positional > 0 {
        parts.push("/".to_owned());
    }
    for parameter in &parameters.args {
        if left > 0 {
            left -= 1;
            continue;
        }
        parts.push(one(parameter));
    }
    if let Some(rest) = &parameters.vararg {
        parts.push(format!("*{}", rest.name));
    } else if !parameters.kwonlyargs.is_empty() {
        parts.push("*".to_owned());
    }
    parts.extend(parameters.kwonlyargs.iter().map(one));
    if let Some(rest) = &parameters.kwarg {
        parts.push(format!("**{}", rest.name));
    }
    format!("({})", parts.join(", "))
}

fn one(parameter: &ruff_python_ast::ParameterWithDefault) -> String {
    let name = parameter.parameter.name.as_str();
    if parameter.default.is_some() {
        format!("{name}=")
    } else {
        name.to_owned()
    }
}

/// What the decorators of a definition say.
#[derive(Default)]
struct Decorated {
    deprecated: Option<String>,
    deprecated_names: Vec<String>,
    property: bool,
    is_static: bool,
    is_class: bool,
    dataclass: bool,
}

impl Evaluator<'_> {
    fn decorated(&mut self, module: usize, decorators: &[Decorator]) -> Decorated {
        let mut found = Decorated::default();
        for decorator in decorators {
            let name = expr_name(&decorator.expression);
            let last = name.rsplit('.').next().unwrap_or("");
            let call = decorator.expression.as_call_expr();
            match last {
                "property" | "cached_property" | "abstractproperty" | "setter" | "getter"
                | "deleter" | "classproperty" | "lazy_property" | "memoized_property" => {
                    found.property = true;
                }
                "staticmethod" | "abstractstaticmethod" => found.is_static = true,
                "classmethod" | "abstractclassmethod" => found.is_class = true,
                "dataclass" => found.dataclass = true,
                "deprecated" => {
                    let text = call.and_then(|call| {
                        let argument = call
                            .arguments
                            .find_keyword("instructions")
                            .map(|keyword| &keyword.value)
                            .or_else(|| call.arguments.args.get(1))?;
                        match self.expression(module, argument) {
                            Value::Str(text) => Some(text.to_string()),
                            _ => None,
                        }
                    });
                    found.deprecated = Some(text.unwrap_or_default());
                }
                "deprecated_endpoints" => {
                    if let Some(call) = call {
                        for argument in &call.arguments.args {
                            if let Value::Str(name) = self.expression(module, argument) {
                                found.deprecated_names.push(name.to_string());
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    pub(crate) fn define_function(&mut self, module: usize, node: &StmtFunctionDef) -> Value {
        let decorated = self.decorated(module, &node.decorator_list);
        let raw_op = node
            .decorator_list
            .iter()
            .any(|decorator| expr_name(&decorator.expression).ends_with("to_raw_op"));
        let mut text = signature(&node.parameters, 0);
        if raw_op && text != "()" {
            text = format!("(*, {}", &text[1..]);
        }
        self.function(Function {
            signature: Some(text),
            deprecated: decorated.deprecated,
            deprecated_names: decorated.deprecated_names,
            wraps: wrapped(node),
        })
    }

    pub(crate) fn define_class(
        &mut self,
        module: usize,
        node: &StmtClassDef,
        outer: &str,
    ) -> Value {
        let decorated = self.decorated(module, &node.decorator_list);
        let qualified = format!("{outer}{}", node.name);
        let mut class = Class {
            id: format!("{}:{qualified}", self.modules[module].name),
            deprecated: decorated.deprecated,
            deprecated_names: decorated.deprecated_names,
            ..Class::default()
        };
        let mut fields: Vec<String> = Vec::new();
        let mut named_tuple = false;
        for base in node.arguments.iter().flat_map(|arguments| &arguments.args) {
            let name = expr_name(base);
            let last = name.rsplit('.').next().unwrap_or("");
            match self.expression(module, base) {
                Value::Class(index) => class.bases.push(index),
                _ if last == "object"
                    || last == "ABC"
                    || last == "Generic"
                    || last == "Protocol" => {}
                _ if last == "NamedTuple" => named_tuple = true,
                _ if is_exception(last) => {
                    for name in ["args", "with_traceback", "add_note"] {
                        class.members.insert(name.to_owned(), attribute());
                    }
                }
                other => match of_collections(&other, &name) {
                    Some(names) => {
                        for name in names {
                            class.members.insert((*name).to_owned(), attribute());
                        }
                    }
                    None => class.open = true,
                },
            }
        }
        if let Some(keyword) = node
            .arguments
            .as_ref()
            .and_then(|a| a.find_keyword("metaclass"))
            && !expr_name(&keyword.value).ends_with("ABCMeta")
        {
            if let Value::Class(meta) = self.expression(module, &keyword.value) {
                class.constructor = self.meta_call(meta);
            } else {
                class.open = true;
            }
        }
        self.class_body(module, &node.body, &qualified, &mut class, &mut fields);
        if decorated.dataclass || named_tuple {
            class
                .constructor
                .get_or_insert(format!("({})", fields.join(", ")));
        }
        self.classes.push(class);
        Value::Class(self.classes.len() - 1)
    }

    /// The parameters of a metaclass's own `__call__`.
    fn meta_call(&self, meta: usize) -> Option<String> {
        self.mro(meta)
            .into_iter()
            .find_map(|index| self.classes[index].members.get("__call__"))
            .and_then(|member| member.signature.clone())
    }

    fn class_body(
        &mut self,
        module: usize,
        body: &[Stmt],
        qualified: &str,
        class: &mut Class,
        fields: &mut Vec<String>,
    ) {
        for statement in body {
            match statement {
                Stmt::FunctionDef(node) => self.class_function(module, node, class),
                Stmt::ClassDef(node) => {
                    self.define_class(module, node, &format!("{qualified}."));
                    class.members.insert(
                        node.name.to_string(),
                        Member {
                            kind: "class".to_owned(),
                            ..attribute()
                        },
                    );
                }
                Stmt::Assign(node) => {
                    for target in &node.targets {
                        self.class_assign(module, target, &node.value, class);
                    }
                }
                Stmt::AnnAssign(node) => {
                    if let Expr::Name(name) = &*node.target {
                        let default = if node.value.is_some() { "=" } else { "" };
                        fields.push(format!("{}{default}", name.id));
                        class.members.insert(name.id.to_string(), attribute());
                    }
                }
                Stmt::If(node) => {
                    self.class_body(module, &node.body, qualified, class, fields);
                    for clause in &node.elif_else_clauses {
                        self.class_body(module, &clause.body, qualified, class, fields);
                    }
                }
                Stmt::Try(node) => {
                    self.class_body(module, &node.body, qualified, class, fields);
                }
                Stmt::For(_) | Stmt::With(_) | Stmt::While(_) => class.open = true,
                _ => {}
            }
        }
    }

    fn class_assign(&mut self, module: usize, target: &Expr, value: &Expr, class: &mut Class) {
        let names: Vec<&Expr> = match target {
            Expr::Tuple(node) => node.elts.iter().collect(),
            other => vec![other],
        };
        for name in names {
            let Expr::Name(name) = name else { continue };
            // `old_name = new_name` within a class keeps what it names.
            let member = value
                .as_name_expr()
                .and_then(|other| class.members.get(other.id.as_str()).cloned())
                .unwrap_or_else(|| class_member(&self.expression(module, value)));
            class.members.insert(name.id.to_string(), member);
        }
    }

    fn class_function(&mut self, module: usize, node: &StmtFunctionDef, class: &mut Class) {
        let decorated = self.decorated(module, &node.decorator_list);
        let name = node.name.as_str();
        if name == "__getattr__" || name == "__getattribute__" {
            class.dynamic = true;
            class.loads = imported_by(&node.body);
        }
        let skip = usize::from(!decorated.is_static || name == "__new__");
        let member = if decorated.property {
            Member {
                deprecated: decorated.deprecated,
                ..attribute()
            }
        } else {
            Member {
                kind: "function".to_owned(),
                signature: Some(signature(&node.parameters, skip)),
                deprecated: decorated.deprecated,
            }
        };
        class.members.insert(name.to_owned(), member);
        if !decorated.is_static
            && !decorated.is_class
            && let Some(own) = node.parameters.iter().next()
        {
            let own = own.name().to_string();
            assigned_attributes(&node.body, &own, class);
        }
    }

    /// The method resolution order by C3, the class first; depth first where that has no answer.
    pub(crate) fn mro(&self, class: usize) -> Vec<usize> {
        fn linear(evaluator: &Evaluator<'_>, class: usize, depth: usize) -> Vec<usize> {
            let bases = &evaluator.classes[class].bases;
            if depth > 60 {
                return vec![class];
            }
            let mut lists: Vec<Vec<usize>> = bases
                .iter()
                .map(|&base| linear(evaluator, base, depth + 1))
                .collect();
            lists.push(bases.clone());
            let mut order = vec![class];
            loop {
                lists.retain(|list| !list.is_empty());
                let Some(fallback) = lists.first().map(|list| list[0]) else {
                    return order;
                };
                let good = lists
                    .iter()
                    .map(|list| list[0])
                    .find(|head| !lists.iter().any(|list| list[1..].contains(head)));
                let next = good.unwrap_or(fallback);
                order.push(next);
                for list in &mut lists {
                    list.retain(|&other| other != next);
                }
            }
        }
        linear(self, class, 0)
    }

    /// The parameters with which a class is called.
    pub(crate) fn constructor(&self, class: usize) -> Option<String> {
        let order = self.mro(class);
        for &index in &order {
            let here = &self.classes[index];
            if let Some(constructor) = &here.constructor {
                return Some(constructor.clone());
            }
            if let Some(init) = here.members.get("__init__") {
                return init.signature.clone();
            }
            if let Some(new) = here.members.get("__new__")
                && new
                    .signature
                    .as_deref()
                    .is_some_and(|text| text != "(*args, **kwargs)")
            {
                return new.signature.clone();
            }
            if here.open {
                return None;
            }
        }
        Some("()".to_owned())
    }
}

fn is_exception(name: &str) -> bool {
    name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning")
}

/// The public members that a class of `collections.abc` gives to those below it; nothing where a base is
/// no such class.
fn of_collections(base: &Value, written: &str) -> Option<&'static [&'static str]> {
    let (module, class) = match base {
        Value::Foreign(path) => path.rsplit_once('.')?,
        _ => written.rsplit_once('.')?,
    };
    // TensorFlow has the module under a name of its own, for the sake of Python 2. Up to Python 3.9 its
    // classes were those of `collections`, too.
    if !matches!(
        module,
        "collections" | "collections.abc" | "collections_abc" | "_collections_abc"
    ) {
        return None;
    }
    Some(match class {
        "Callable" | "Collection" | "Container" | "Hashable" | "Iterable" | "Iterator"
        | "Reversible" | "Sized" => &[],
        "Sequence" => &["count", "index"],
        "MutableSequence" => &[
            "append", "clear", "count", "extend", "index", "insert", "pop", "remove", "reverse",
        ],
        "Mapping" => &["get", "items", "keys", "values"],
        "MutableMapping" => &[
            "clear",
            "get",
            "items",
            "keys",
            "pop",
            "popitem",
            "setdefault",
            "update",
            "values",
        ],
        "Set" => &["isdisjoint"],
        "MutableSet" => &["add", "clear", "discard", "isdisjoint", "pop", "remove"],
        _ => return None,
    })
}

/// Notes every `self.x = ...` in a method's body.
fn assigned_attributes(body: &[Stmt], own: &str, class: &mut Class) {
    fn note(target: &Expr, own: &str, class: &mut Class) {
        match target {
            Expr::Attribute(node) => {
                if let Expr::Name(name) = &*node.value
                    && name.id.as_str() == own
                {
                    class
                        .members
                        .entry(node.attr.to_string())
                        .or_insert_with(attribute);
                }
            }
            Expr::Tuple(node) => {
                for part in &node.elts {
                    note(part, own, class);
                }
            }
            _ => {}
        }
    }
    for statement in body {
        match statement {
            Stmt::Assign(node) => {
                for target in &node.targets {
                    note(target, own, class);
                }
            }
            Stmt::AnnAssign(node) => note(&node.target, own, class),
            Stmt::AugAssign(node) => note(&node.target, own, class),
            Stmt::If(node) => {
                assigned_attributes(&node.body, own, class);
                for clause in &node.elif_else_clauses {
                    assigned_attributes(&clause.body, own, class);
                }
            }
            Stmt::For(node) => {
                note(&node.target, own, class);
                assigned_attributes(&node.body, own, class);
                assigned_attributes(&node.orelse, own, class);
            }
            Stmt::While(node) => assigned_attributes(&node.body, own, class),
            Stmt::With(node) => {
                for item in &node.items {
                    if let Some(target) = &item.optional_vars {
                        note(target, own, class);
                    }
                }
                assigned_attributes(&node.body, own, class);
            }
            Stmt::Try(node) => {
                assigned_attributes(&node.body, own, class);
                for handler in &node.handlers {
                    if let Some(handler) = handler.as_except_handler() {
                        assigned_attributes(&handler.body, own, class);
                    }
                }
                assigned_attributes(&node.orelse, own, class);
                assigned_attributes(&node.finalbody, own, class);
            }
            _ => {}
        }
    }
}

/// The place of the parameter that a function gives back as `make_decorator` wrapped it, which keeps
/// its parameter list unless it is told another.
fn wrapped(node: &StmtFunctionDef) -> Option<usize> {
    let Some(Stmt::Return(last)) = node.body.last() else {
        return None;
    };
    let mut given = last.value.as_deref()?;
    if let Expr::Name(name) = given {
        given = node.body.iter().rev().find_map(|statement| {
            let assign = statement.as_assign_stmt()?;
            let is_name = |target: &Expr| target.as_name_expr().is_some_and(|t| t.id == name.id);
            assign.targets.iter().any(is_name).then_some(&*assign.value)
        })?;
    }
    let call = given.as_call_expr()?;
    let keeps = call.arguments.args.len() <= 4
        && call.arguments.find_keyword("decorator_argspec").is_none();
    if !expr_name(&call.func).ends_with("make_decorator") || !keeps {
        return None;
    }
    let target = call.arguments.args.first()?.as_name_expr()?;
    let mut parameters = node.parameters.iter();
    parameters.position(|parameter| parameter.name().as_str() == target.id.as_str())
}

/// The module that a body imports by `name = importlib.import_module("module")`.
fn imported_by(body: &[Stmt]) -> Option<String> {
    body.iter().find_map(|statement| {
        let Stmt::Assign(assign) = statement else {
            return None;
        };
        let call = assign.value.as_call_expr()?;
        if !expr_name(&call.func).ends_with("import_module") {
            return None;
        }
        let name = call.arguments.args.first()?.as_string_literal_expr()?;
        Some(name.value.to_str().to_owned())
    })
}
