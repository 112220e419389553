//! What `setup.py` and `noxfile.py` install, read statically: requirement strings with their places.
//!
//! Supported: strings, f-strings, `+`, `%` and `.format` of known values, lists, tuples, dicts,
//! comprehensions, variables assigned before, `+=`, `.append`, `.extend`, ternaries and branches (all
//! of them count), functions of the file that return such, files of requirements that are opened and
//! read line by line, texts that the variables of other modules of the project hold, `install_requires`,
//! `extras_require`, `python_requires`, `session.install`. A value that comes from elsewhere is `${name}`,
//! which is not known.
//! Lines of a file that are picked or changed by the names that matter count for nothing.

mod modules;
mod values;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use self::modules::{Modules, Open};
use self::values::{names_package, of_key, under};
use super::parse;
use crate::text::RepoPath;

/// The most strings that one value may stand for.
const MAX_VALUES: usize = 512;
/// The longest string that is put together.
const MAX_TEXT: usize = 4096;
/// How deep expressions are followed.
const MAX_DEPTH: usize = 40;
/// The most rounds of a loop that are read one by one.
const MAX_ROUNDS: usize = 64;
/// How deep functions call each other.
const MAX_CALLS: usize = 8;
/// The most expressions that are looked at and values that are copied: loops in loops and functions that
/// call each other make many of few.
const MAX_STEPS: usize = 1_000_000;

/// What a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A requirement.
    Requirement,
    /// The path of a file of requirements.
    File,
    /// The Pythons on which the project runs.
    Python,
}

/// One thing that the file states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// A requirement, the path of a file of requirements, or specifiers of Pythons.
    pub text: String,
    /// Which of these.
    pub kind: Kind,
    /// The extra or session; `""` for none.
    pub group: String,
    /// Where it stands, in bytes.
    pub at: Range<usize>,
}

/// Reads a file; `open` gives the project's modules. What cannot be parsed is told when its code is
/// checked.
#[must_use]
pub fn declared(path: &RepoPath, text: &str, open: Open<'_>) -> Vec<Declared> {
    let (found, _) = parse::with_tree(path, text, |module| {
        let mut functions = Functions::default();
        functions.visit_body(&module.body);
        let mut reader = Reader {
            functions: Rc::new(functions.0),
            modules: Some(Modules::new(path, open)),
            ..Reader::default()
        };
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
        // Where it is not seen what is installed, a file that is named as such is.
        if !reader
            .found
            .iter()
            .any(|one| one.group.is_empty() && one.kind != Kind::Python)
        {
            let mut names = FileNames::default();
            names.visit_body(&module.body);
            reader.found.append(&mut names.found);
        }
        reader.found
    });
    let mut found = found.unwrap_or_default();
    let mut seen = std::collections::HashSet::new();
    found.retain(|one| seen.insert((one.text.clone(), one.kind, one.group.clone(), one.at.start)));
    found
}

/// A string that a value may hold, the keys it stands under, and its place.
#[derive(Clone, Debug)]
struct Item {
    text: String,
    /// It is the path of a file whose lines are meant.
    is_file: bool,
    /// It is an element of a list, not a string by itself.
    in_list: bool,
    /// The outermost first.
    keys: Vec<String>,
    at: Range<usize>,
}

impl Item {
    /// A string under no key.
    fn plain(text: String, at: &Range<usize>) -> Self {
        Self {
            text,
            is_file: false,
            in_list: false,
            keys: Vec::new(),
            at: at.clone(),
        }
    }
}

/// Every function of the file by its name; the first of a name counts.
#[derive(Default)]
struct Functions<'a>(BTreeMap<&'a str, &'a ast::StmtFunctionDef>);

impl<'a> Visitor<'a> for Functions<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::FunctionDef(function) = statement {
            self.0.entry(function.name.as_str()).or_insert(function);
        }
        if !matches!(statement, Stmt::ClassDef(_)) {
            visitor::walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

#[derive(Default)]
struct Reader<'a> {
    variables: BTreeMap<String, Vec<Item>>,
    functions: Rc<BTreeMap<&'a str, &'a ast::StmtFunctionDef>>,
    modules: Option<Modules<'a>>,
    /// The Python files that variables are opened on, or hold the text of.
    sources: BTreeMap<&'a str, String>,
    found: Vec<Declared>,
    setup_seen: bool,
    /// What the function that is being read returns.
    returned: Vec<Item>,
    /// How many functions are open.
    calls: usize,
    steps: Rc<Cell<usize>>,
}

impl<'a> Reader<'a> {
    /// A reader that knows what this one does and states nothing.
    fn fork(&self) -> Self {
        self.copies();
        Self {
            variables: self.variables.clone(),
            functions: Rc::clone(&self.functions),
            modules: self.modules.clone(),
            sources: self.sources.clone(),
            calls: self.calls,
            steps: Rc::clone(&self.steps),
            ..Self::default()
        }
    }

    fn may_go_on(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        self.steps.get() <= MAX_STEPS
    }

    /// Counts what a copy of all variables costs.
    fn copies(&self) {
        let count: usize = self.variables.values().map(Vec::len).sum();
        self.steps.set(self.steps.get() + count);
    }

    /// What a call of a function of the file returns.
    fn returned(
        &self,
        function: &'a ast::StmtFunctionDef,
        call: &'a ast::ExprCall,
        depth: usize,
    ) -> Vec<Item> {
        let mut inner = self.fork();
        inner.calls += 1;
        if inner.calls > MAX_CALLS {
            return Vec::new();
        }
        let parameters = &function.parameters;
        for (index, parameter) in parameters.iter_non_variadic_params().enumerate() {
            let name = parameter.parameter.name.as_str();
            let keyword = call.arguments.find_keyword(name).map(|one| &one.value);
            let given = call.arguments.args.get(index).or(keyword);
            let items = match (given, parameter.default.as_deref()) {
                (Some(value), _) | (None, Some(value)) => self.items(value, depth),
                (None, None) => Vec::new(),
            };
            inner.variables.insert(name.to_owned(), items);
        }
        if let Some(all) = &parameters.vararg {
            let count = parameters.posonlyargs.len() + parameters.args.len();
            let rest = call.arguments.args.iter().skip(count);
            let items = rest.flat_map(|value| self.items(value, depth)).collect();
            inner.variables.insert(all.name.to_string(), items);
        }
        inner.block(&function.body, "");
        inner.returned
    }

    fn block(&mut self, body: &'a [Stmt], session: &str) {
        for statement in body {
            self.statement(statement, session);
        }
    }

    fn statement(&mut self, statement: &'a Stmt, session: &str) {
        if !self.may_go_on() {
            return;
        }
        match statement {
            Stmt::Assign(assign) => {
                self.calls(&assign.value, session);
                let items = self.items(&assign.value, 0);
                for target in &assign.targets {
                    self.assign_each(target, &assign.value, &items);
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
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Expr(expression) => self.calls(&expression.value, session),
            Stmt::Return(result) => {
                if let Some(value) = &result.value {
                    let items = self.items(value, 0);
                    self.returned.extend(items);
                    self.returned.truncate(MAX_VALUES);
                }
            }
            Stmt::If(branch) => self.branches(branch, session),
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
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(target) = &item.optional_vars {
                        let items = self.items(&item.context_expr, 0);
                        self.assign(target, items);
                        self.remember_source(target, &item.context_expr);
                    }
                }
                self.block(&with.body, session);
            }
            Stmt::For(each) => {
                let items = self.items(&each.iter, 0);
                // Round by round: what belongs together stays together.
                for items in if items.len() > MAX_ROUNDS || items.is_empty() {
                    vec![items]
                } else {
                    items.into_iter().map(|item| vec![item]).collect()
                } {
                    if !self.may_go_on() {
                        break;
                    }
                    self.bind(&each.target, items);
                    self.block(&each.body, session);
                }
            }
            Stmt::FunctionDef(function) if self.calls == 0 => {
                let kept = self.variables.clone();
                let returned = std::mem::take(&mut self.returned);
                self.parametrized(function);
                self.block(&function.body, &function.name);
                self.variables = kept;
                self.returned = returned;
            }
            _ => {}
        }
    }

    /// Every branch may run: a name has the values of all of them.
    fn branches(&mut self, branch: &'a ast::StmtIf, session: &str) {
        let before = self.variables.clone();
        self.copies();
        self.block(&branch.body, session);
        let mut all = std::mem::replace(&mut self.variables, before.clone());
        for clause in &branch.elif_else_clauses {
            self.block(&clause.body, session);
            let one = std::mem::replace(&mut self.variables, before.clone());
            join(&mut all, one);
        }
        let tests = branch.elif_else_clauses.iter().map(|one| one.test.as_ref());
        let picks = tests
            .clone()
            .flatten()
            .chain([&*branch.test])
            .any(names_package);
        if tests.clone().all(|test| test.is_some()) {
            join(&mut all, before.clone());
        }
        if picks {
            // `if not line.startswith("tensorflow")`: which lines are meant is not known.
            for (name, items) in &mut all {
                let known = before.get(name);
                items.retain(|item| {
                    let same = |one: &Item| one.is_file && one.text == item.text;
                    !item.is_file || known.is_some_and(|known| known.iter().any(same))
                });
            }
        }
        self.variables = all;
    }

    /// Gives the target of a loop what it is in a round. Of pairs, the first is the key.
    fn bind(&mut self, target: &Expr, items: Vec<Item>) {
        match target {
            Expr::Tuple(tuple) => {
                if let [key, value] = &tuple.elts[..] {
                    let keys = items
                        .iter()
                        .filter_map(|item| Some(Item::plain(item.keys.first()?.clone(), &item.at)));
                    let keys: Vec<Item> = keys.collect();
                    self.assign(key, keys);
                    let values = items.into_iter().map(|mut item| {
                        if !item.keys.is_empty() {
                            item.keys.remove(0);
                        }
                        item
                    });
                    let values = values.collect();
                    self.assign(value, values);
                }
            }
            target => {
                let mut items = items;
                for item in &mut items {
                    // A value of a dict may be a list itself.
                    item.in_list &= !item.keys.is_empty();
                }
                self.assign(target, items);
            }
        }
    }

    /// `@nox.parametrize("tf", ["2.3", "2.4"])`.
    fn parametrized(&mut self, function: &'a ast::StmtFunctionDef) {
        for decorator in &function.decorator_list {
            if let Expr::Call(call) = &decorator.expression
                && let [Expr::StringLiteral(name), values, ..] = &*call.arguments.args
            {
                let items = self.items(values, 0);
                self.variables.insert(name.value.to_str().to_owned(), items);
            }
        }
    }

    /// `a = value`, `a, b = values`.
    fn assign_each(&mut self, target: &'a Expr, value: &'a Expr, items: &[Item]) {
        let Expr::Tuple(targets) = target else {
            self.remember_source(target, value);
            return self.assign(target, items.to_vec());
        };
        match value {
            Expr::Tuple(values) if values.len() == targets.len() => {
                for (target, value) in targets.iter().zip(values) {
                    let items = self.items(value, 0);
                    self.assign(target, items);
                }
            }
            // Which value is whose is not known, but that of a key can only be asked of a dict.
            _ => {
                let keyed = items.iter().filter(|item| !item.keys.is_empty());
                let keyed: Vec<Item> = keyed.cloned().collect();
                for target in targets {
                    self.assign(target, keyed.clone());
                }
            }
        }
    }

    fn remember_source(&mut self, target: &'a Expr, value: &'a Expr) {
        if let Some(name) = name_of(target)
            && let Some(source) = self.source(value, 0)
        {
            self.sources.insert(name, source);
        }
    }

    fn assign(&mut self, target: &Expr, items: Vec<Item>) {
        if let Some(name) = name_of(target) {
            self.variables.insert(name.to_owned(), items);
        } else if let Expr::Subscript(subscript) = target
            && let Some(name) = name_of(&subscript.value)
            && let Expr::StringLiteral(key) = &*subscript.slice
        {
            let items = under(key.value.to_str(), items);
            self.add(name, items);
        }
    }

    fn add(&mut self, name: &str, items: Vec<Item>) {
        let all = self.variables.entry(name.to_owned()).or_default();
        all.extend(items);
        all.truncate(MAX_VALUES);
    }

    /// Calls that state something, or change a list.
    fn calls(&mut self, expression: &'a Expr, session: &str) {
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
                    let items = self.items(&keyword.value, 0);
                    match &keyword.arg {
                        Some(name) => self.keyword(name, &items),
                        None => {
                            for name in ["install_requires", "extras_require", "python_requires"] {
                                self.keyword(name, &of_key(items.clone(), name));
                            }
                        }
                    }
                }
            }
            "install" | "conda_install" if !session.is_empty() => {
                let mut file = false;
                for argument in &call.arguments.args {
                    for mut item in self.items(argument, 0) {
                        item.is_file |= file;
                        file = matches!(item.text.as_str(), "-r" | "--requirement");
                        self.state(&[item], session);
                    }
                }
            }
            "exec" => self.exec(call),
            "append" | "extend" | "insert" | "update" => {
                if let Expr::Attribute(attribute) = &*call.func
                    && let Some(name) = name_of(&attribute.value)
                    && let Some(argument) = call.arguments.args.last()
                {
                    let items = values::listed(self.items(argument, 0));
                    self.add(name, items);
                }
            }
            _ => {}
        }
    }

    /// One keyword of `setup()`.
    fn keyword(&mut self, name: &str, items: &[Item]) {
        match name {
            "install_requires" | "requires" => self.state(items, ""),
            "extras_require" => {
                for item in items {
                    // `{":python_version < '3'": [...]}` is no extra but a marker.
                    let key = item.keys.first().map_or("", String::as_str);
                    let (key, marker) = key.split_once(':').unwrap_or((key, ""));
                    let mut item = item.clone();
                    if !marker.is_empty() && !item.is_file {
                        item.text = format!("{}; {marker}", item.text);
                    }
                    let key = key.to_owned();
                    self.state(&[item], &key);
                }
            }
            "python_requires" => {
                self.found.extend(items.iter().map(|item| Declared {
                    text: item.text.clone(),
                    kind: Kind::Python,
                    group: String::new(),
                    at: item.at.clone(),
                }));
            }
            _ => {}
        }
    }

    fn state(&mut self, items: &[Item], group: &str) {
        self.found.extend(items.iter().map(|item| Declared {
            text: item.text.clone(),
            kind: if item.is_file {
                Kind::File
            } else {
                Kind::Requirement
            },
            group: group.to_owned(),
            at: item.at.clone(),
        }));
    }
}

fn name_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        _ => None,
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
                    kind: Kind::File,
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
