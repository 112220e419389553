//! What `setup.py` and `noxfile.py` install, read statically: requirement strings with their places.
//!
//! Supported: strings, f-strings, `+`, `%` and `.format` of known values, lists, tuples, dicts,
//! variables assigned before, `+=`, `.append`, `.extend`, ternaries and branches (all of them count),
//! `install_requires`, `extras_require`, `session.install`, names of requirements files. Not
//! supported: what functions return, comprehensions; a value that comes from there is `${name}`, which
//! is not known.

use std::collections::BTreeMap;
use std::ops::Range;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Operator, Stmt};
use ruff_text_size::Ranged;

use super::parse::{self, Dialect};
use crate::text::RepoPath;

/// The most strings that one value may stand for.
const MAX_VALUES: usize = 512;
/// The longest string that is put together.
const MAX_TEXT: usize = 4096;
/// How deep expressions are followed.
const MAX_DEPTH: usize = 40;

/// One thing that the file states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// A requirement, or the path of a file of requirements.
    pub text: String,
    /// It is the path of a file.
    pub is_file: bool,
    /// The extra or session; `""` for none.
    pub group: String,
    /// Where it stands, in bytes.
    pub at: Range<usize>,
}

/// Reads a file. What cannot be parsed is told when its code is checked.
#[must_use]
pub fn declared(path: &RepoPath, text: &str) -> Vec<Declared> {
    let (found, _) = parse::with_tree(path, text, Dialect::Module, |module| {
        let mut reader = Reader::default();
        reader.block(&module.body, "");
        if !reader.setup_seen {
            // `setup(**config)` and its like: what is named as setuptools names it.
            for name in [
                "install_requires",
                "INSTALL_REQUIRES",
                "REQUIRED_PACKAGES",
                "requirements",
            ] {
                if let Some(values) = reader.variables.get(name).cloned() {
                    reader.state(&values, "");
                    break;
                }
            }
        }
        let mut names = FileNames::default();
        names.visit_body(&module.body);
        reader.found.append(&mut names.found);
        reader.found
    });
    let mut found = found.unwrap_or_default();
    let mut seen = std::collections::HashSet::new();
    found.retain(|one| seen.insert((one.text.clone(), one.group.clone(), one.at.start)));
    found
}

/// A string that a value may hold, the key it stands under, and its place.
#[derive(Clone, Debug)]
struct Item {
    text: String,
    key: String,
    at: Range<usize>,
}

impl Item {
    /// A string under no key.
    fn plain(text: String, at: &Range<usize>) -> Self {
        Self {
            text,
            key: String::new(),
            at: at.clone(),
        }
    }
}

#[derive(Default)]
struct Reader {
    variables: BTreeMap<String, Vec<Item>>,
    found: Vec<Declared>,
    setup_seen: bool,
}

impl Reader {
    fn block(&mut self, body: &[Stmt], session: &str) {
        for statement in body {
            self.statement(statement, session);
        }
    }

    fn statement(&mut self, statement: &Stmt, session: &str) {
        match statement {
            Stmt::Assign(assign) => {
                self.calls(&assign.value, session);
                let items = self.items(&assign.value, 0);
                for target in &assign.targets {
                    self.assign(target, items.clone());
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let items = self.items(value, 0);
                    self.assign(&assign.target, items);
                }
            }
            Stmt::AugAssign(assign) => {
                let items = self.items(&assign.value, 0);
                if let Some(name) = name_of(&assign.target) {
                    self.add(name, items);
                }
            }
            Stmt::Expr(expression) => self.calls(&expression.value, session),
            Stmt::If(branch) => {
                // Every branch may run: a name has the values of all of them.
                let before = self.variables.clone();
                self.block(&branch.body, session);
                let mut all = std::mem::replace(&mut self.variables, before.clone());
                for clause in &branch.elif_else_clauses {
                    self.block(&clause.body, session);
                    let one = std::mem::replace(&mut self.variables, before.clone());
                    join(&mut all, one);
                }
                if branch
                    .elif_else_clauses
                    .iter()
                    .all(|clause| clause.test.is_some())
                {
                    join(&mut all, before);
                }
                self.variables = all;
            }
            Stmt::Try(attempt) => {
                self.block(&attempt.body, session);
                for handler in &attempt.handlers {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    let before = self.variables.clone();
                    self.block(&handler.body, session);
                    join(&mut self.variables, before);
                }
                self.block(&attempt.orelse, session);
                self.block(&attempt.finalbody, session);
            }
            Stmt::With(with) => self.block(&with.body, session),
            Stmt::For(each) => {
                if let Some(name) = name_of(&each.target) {
                    let items = self.items(&each.iter, 0);
                    self.variables.insert(name.to_owned(), items);
                }
                self.block(&each.body, session);
            }
            Stmt::FunctionDef(function) => {
                let kept = self.variables.clone();
                self.parametrized(function);
                self.block(&function.body, &function.name);
                self.variables = kept;
            }
            _ => {}
        }
    }

    /// `@nox.parametrize("tf", ["2.3", "2.4"])`.
    fn parametrized(&mut self, function: &ast::StmtFunctionDef) {
        for decorator in &function.decorator_list {
            if let Expr::Call(call) = &decorator.expression
                && let [Expr::StringLiteral(name), values, ..] = &*call.arguments.args
            {
                let items = self.items(values, 0);
                self.variables.insert(name.value.to_str().to_owned(), items);
            }
        }
    }

    fn assign(&mut self, target: &Expr, items: Vec<Item>) {
        if let Some(name) = name_of(target) {
            self.variables.insert(name.to_owned(), items);
        } else if let Expr::Subscript(subscript) = target
            && let Some(name) = name_of(&subscript.value)
            && let Expr::StringLiteral(key) = &*subscript.slice
        {
            let key = key.value.to_str();
            let items = items.into_iter().map(|item| Item {
                key: key.to_owned(),
                ..item
            });
            let items = items.collect();
            self.add(name, items);
        }
    }

    fn add(&mut self, name: &str, items: Vec<Item>) {
        let all = self.variables.entry(name.to_owned()).or_default();
        all.extend(items);
        all.truncate(MAX_VALUES);
    }

    /// Calls that state something, or change a list.
    fn calls(&mut self, expression: &Expr, session: &str) {
        let Expr::Call(call) = expression else { return };
        let method = match &*call.func {
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            Expr::Name(name) => name.id.as_str(),
            _ => return,
        };
        match method {
            "setup" => {
                self.setup_seen = true;
                for keyword in &call.arguments.keywords {
                    let name = keyword.arg.as_ref().map_or("", |name| name.as_str());
                    match name {
                        "install_requires" | "requires" => {
                            let items = self.items(&keyword.value, 0);
                            self.state(&items, "");
                        }
                        "extras_require" => {
                            let items = self.items(&keyword.value, 0);
                            for item in &items {
                                // `{":python_version < '3'": [...]}` is no extra but a marker.
                                let (key, marker) =
                                    item.key.split_once(':').unwrap_or((&item.key, ""));
                                let mut item = item.clone();
                                if !marker.is_empty() {
                                    item.text = format!("{}; {marker}", item.text);
                                }
                                let key = key.to_owned();
                                self.state(&[item], &key);
                            }
                        }
                        "" => {
                            let items = self.items(&keyword.value, 0);
                            let mine = |key: &str| {
                                let of = items.iter().filter(|item| item.key == key).cloned();
                                of.collect::<Vec<Item>>()
                            };
                            self.state(&mine("install_requires"), "");
                        }
                        _ => {}
                    }
                }
            }
            "install" | "conda_install" if !session.is_empty() => {
                let items: Vec<Item> = call
                    .arguments
                    .args
                    .iter()
                    .flat_map(|argument| self.items(argument, 0))
                    .collect();
                self.state(&items, session);
            }
            "append" | "extend" | "insert" | "update" => {
                if let Expr::Attribute(attribute) = &*call.func
                    && let Some(name) = name_of(&attribute.value)
                    && let Some(argument) = call.arguments.args.last()
                {
                    let items = self.items(argument, 0);
                    self.add(name, items);
                }
            }
            _ => {}
        }
    }

    fn state(&mut self, items: &[Item], group: &str) {
        self.found.extend(items.iter().map(|item| Declared {
            text: item.text.clone(),
            is_file: false,
            group: group.to_owned(),
            at: item.at.clone(),
        }));
    }

    /// The strings that an expression may hold.
    fn items(&self, expression: &Expr, depth: usize) -> Vec<Item> {
        if depth > MAX_DEPTH {
            return Vec::new();
        }
        let depth = depth + 1;
        let at = expression.range().to_std_range();
        let item = |text: String| Item::plain(text, &at);
        let mut items = match expression {
            Expr::StringLiteral(string) => vec![item(string.value.to_str().to_owned())],
            Expr::FString(string) => {
                let texts = self.f_string(string, depth);
                texts.into_iter().map(item).collect()
            }
            Expr::Name(name) => self
                .variables
                .get(name.id.as_str())
                .cloned()
                .unwrap_or_default(),
            Expr::List(list) => list
                .elts
                .iter()
                .flat_map(|e| self.items(e, depth))
                .collect(),
            Expr::Tuple(tuple) => tuple
                .elts
                .iter()
                .flat_map(|e| self.items(e, depth))
                .collect(),
            Expr::Set(set) => set.elts.iter().flat_map(|e| self.items(e, depth)).collect(),
            Expr::Starred(starred) => self.items(&starred.value, depth),
            Expr::If(ternary) => {
                let mut items = self.items(&ternary.body, depth);
                items.extend(self.items(&ternary.orelse, depth));
                items
            }
            Expr::Dict(dict) => self.dict(dict, depth),
            Expr::Subscript(subscript) => {
                let items = self.items(&subscript.value, depth);
                match &*subscript.slice {
                    Expr::StringLiteral(key) => {
                        let key = key.value.to_str();
                        items.into_iter().filter(|item| item.key == key).collect()
                    }
                    _ => items,
                }
            }
            Expr::BinOp(operation) => self.operation(operation, &at, depth),
            Expr::Call(call) => self.call(call, &at, depth),
            _ => Vec::new(),
        };
        items.truncate(MAX_VALUES);
        items
    }

    fn dict(&self, dict: &ast::ExprDict, depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        for entry in &dict.items {
            let values = self.items(&entry.value, depth);
            let key = entry.key.as_ref().map(|key| self.text(key, depth));
            items.extend(values.into_iter().map(|item| match &key {
                Some(key) => Item {
                    key: key.clone(),
                    ..item
                },
                None => item,
            }));
        }
        items
    }

    fn operation(&self, operation: &ast::ExprBinOp, at: &Range<usize>, depth: usize) -> Vec<Item> {
        match operation.op {
            Operator::Add if is_list(&operation.left) || is_list(&operation.right) => {
                let mut items = self.items(&operation.left, depth);
                items.extend(self.items(&operation.right, depth));
                items
            }
            Operator::Add => {
                let left = self.items(&operation.left, depth);
                let right = self.items(&operation.right, depth);
                if !is_text(&operation.left) && !is_text(&operation.right) {
                    return left.into_iter().chain(right).collect();
                }
                let left = if left.is_empty() {
                    vec![self.text(&operation.left, depth)]
                } else {
                    texts(left)
                };
                let right = if right.is_empty() {
                    vec![self.text(&operation.right, depth)]
                } else {
                    texts(right)
                };
                combine(&left, &right, at)
            }
            Operator::Mod => {
                let format = self.text(&operation.left, depth);
                let arguments: Vec<&Expr> = match &*operation.right {
                    Expr::Tuple(tuple) => tuple.elts.iter().collect(),
                    one => vec![one],
                };
                let mut text = String::new();
                let mut arguments = arguments.into_iter();
                for (index, part) in format.split("%s").enumerate() {
                    if index > 0 {
                        let value = arguments.next().map(|value| self.text(value, depth));
                        text.push_str(&value.unwrap_or_default());
                    }
                    text.push_str(part);
                }
                vec![Item::plain(text, at)]
            }
            _ => Vec::new(),
        }
    }

    fn call(&self, call: &ast::ExprCall, at: &Range<usize>, depth: usize) -> Vec<Item> {
        let method = match &*call.func {
            Expr::Attribute(attribute) => attribute,
            Expr::Name(name)
                if matches!(
                    name.id.as_str(),
                    "list" | "set" | "tuple" | "sorted" | "dict"
                ) =>
            {
                let mut items: Vec<Item> = call
                    .arguments
                    .args
                    .iter()
                    .flat_map(|a| self.items(a, depth))
                    .collect();
                for keyword in &call.arguments.keywords {
                    let key = keyword.arg.as_ref().map_or("", |name| name.as_str());
                    let values = self.items(&keyword.value, depth).into_iter();
                    items.extend(values.map(|item| Item {
                        key: key.to_owned(),
                        ..item
                    }));
                }
                return items;
            }
            _ => return Vec::new(),
        };
        match method.attr.as_str() {
            "format" => {
                let mut text = self.text(&method.value, depth);
                for (index, argument) in call.arguments.args.iter().enumerate() {
                    let value = self.text(argument, depth);
                    let numbered = format!("{{{index}}}");
                    text = if text.contains(&numbered) {
                        text.replace(&numbered, &value)
                    } else {
                        text.replacen("{}", &value, 1)
                    };
                }
                for keyword in &call.arguments.keywords {
                    if let Some(name) = &keyword.arg {
                        let value = self.text(&keyword.value, depth);
                        text = text.replace(&format!("{{{name}}}"), &value);
                    }
                }
                vec![Item::plain(text, at)]
            }
            "split" | "splitlines" => {
                let items = self.items(&method.value, depth);
                let parts = items.iter().flat_map(|item| {
                    let words = item.text.split_whitespace();
                    words.map(|text| Item::plain(text.to_owned(), &item.at))
                });
                parts.collect()
            }
            "strip" | "copy" | "values" => self.items(&method.value, depth),
            _ => Vec::new(),
        }
    }

    fn f_string(&self, string: &ast::ExprFString, depth: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        for part in string.value.iter() {
            match part {
                ast::FStringPart::Literal(literal) => push(&mut all, &[literal.value.to_string()]),
                ast::FStringPart::FString(inner) => {
                    for element in &inner.elements {
                        match element {
                            ast::InterpolatedStringElement::Literal(literal) => {
                                push(&mut all, &[literal.value.to_string()]);
                            }
                            ast::InterpolatedStringElement::Interpolation(hole) => {
                                let values = texts(self.items(&hole.expression, depth));
                                if values.is_empty() {
                                    push(&mut all, &[self.text(&hole.expression, depth)]);
                                } else {
                                    push(&mut all, &values);
                                }
                            }
                        }
                    }
                }
            }
        }
        all
    }

    /// The one string that an expression is, or `${name}`.
    fn text(&self, expression: &Expr, depth: usize) -> String {
        match (&self.items(expression, depth)[..], expression) {
            ([only], _) => only.text.clone(),
            (_, Expr::NumberLiteral(number)) => match &number.value {
                ast::Number::Int(int) => int.to_string(),
                ast::Number::Float(float) => float.to_string(),
                ast::Number::Complex { .. } => String::new(),
            },
            (_, Expr::Name(name)) => format!("${{{}}}", name.id),
            _ => "${value}".to_owned(),
        }
    }
}

fn name_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        _ => None,
    }
}

fn is_list(expression: &Expr) -> bool {
    matches!(
        expression,
        Expr::List(_) | Expr::Tuple(_) | Expr::ListComp(_)
    )
}

fn texts(items: Vec<Item>) -> Vec<String> {
    items.into_iter().map(|item| item.text).collect()
}

/// Every value of one behind every value of the other.
fn combine(left: &[String], right: &[String], at: &Range<usize>) -> Vec<Item> {
    let mut all = left.to_vec();
    push(&mut all, right);
    all.into_iter().map(|text| Item::plain(text, at)).collect()
}

/// Whether an expression is a text for certain: one that is spelled out is in it.
fn is_text(expression: &Expr) -> bool {
    match expression {
        Expr::StringLiteral(_) | Expr::FString(_) => true,
        Expr::BinOp(operation) => match operation.op {
            Operator::Add => is_text(&operation.left) || is_text(&operation.right),
            Operator::Mod => is_text(&operation.left),
            _ => false,
        },
        _ => false,
    }
}

fn push(all: &mut Vec<String>, values: &[String]) {
    let many = all.len() * values.len() > MAX_VALUES;
    let values = if many { &values[..1] } else { values };
    *all = all
        .iter()
        .flat_map(|start| values.iter().map(move |end| format!("{start}{end}")))
        .collect();
    for text in all {
        if text.len() > MAX_TEXT {
            text.clear();
        }
    }
}

fn join(all: &mut BTreeMap<String, Vec<Item>>, other: BTreeMap<String, Vec<Item>>) {
    for (name, items) in other {
        let known = all.entry(name).or_default();
        for item in items {
            let same = |one: &Item| one.at == item.at && one.text == item.text;
            if known.len() < MAX_VALUES && !known.iter().any(same) {
                known.push(item);
            }
        }
    }
}

/// The strings that are spelled like the name of a requirements file.
#[derive(Default)]
struct FileNames {
    found: Vec<Declared>,
}

impl<'a> Visitor<'a> for FileNames {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::StringLiteral(string) = expression {
            let name = string.value.to_str();
            let base = name.rsplit('/').next().unwrap_or(name);
            if base.ends_with(".txt") && base.contains("requirement") && !name.contains(['*', '{'])
            {
                self.found.push(Declared {
                    text: name.to_owned(),
                    is_file: true,
                    group: String::new(),
                    at: string.range().to_std_range(),
                });
            }
        }
        visitor::walk_expr(self, expression);
    }
}

#[cfg(test)]
#[path = "declared/tests.rs"]
mod tests;
