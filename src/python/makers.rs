//! Functions of the project that give an instance of the API: `def build(): return Sequential()`. Only
//! such as have one `return`, of a constructor's call or of a name that is bound to one alone.

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::bindings::Part;
use super::scopes::Value;
use super::vocabulary::INSTANCE;
use super::walk::Walk;

/// How many functions may hand an instance on to one another.
const LONGEST_CHAIN: usize = 4;

/// What is known of what a function gives.
#[derive(Clone)]
pub(crate) enum Maker<'a> {
    /// A function of this file: the constructor of what it returns, and the scope that it is defined in.
    Here(&'a Expr, u32),
    /// A function of another file: the path of the instance.
    Elsewhere(String),
}

impl<'a> Walk<'a, '_> {
    /// Notes a function that may give an instance.
    pub(crate) fn note_maker(&mut self, function: &'a StmtFunctionDef, callee: u32) {
        let returns = matches!(function.body.last(), Some(Stmt::Return(_) | Stmt::With(_)));
        if returns
            && !function.is_async
            && function.decorator_list.is_empty()
            && let Some(constructor) = returned(function)
        {
            let maker = Maker::Here(constructor, self.scope);
            self.makers.insert(callee, maker);
        }
    }

    /// A function of another file that gives an instance.
    pub(crate) fn maker_elsewhere(&mut self, path: String) -> Value {
        let callee = self.new_callee();
        self.makers.insert(callee, Maker::Elsewhere(path));
        Value::Function(callee)
    }

    /// What calling a function of the project gives.
    pub(crate) fn made_by_function(&mut self, function: Value) -> Value {
        let Some(path) = self.instance_made_by(function) else {
            return Value::Other;
        };
        self.alias_here(path, None)
    }

    /// The path of the instance that calling a function of the project gives.
    pub(crate) fn instance_made_by(&self, function: Value) -> Option<String> {
        self.made(function, LONGEST_CHAIN)
    }

    fn made(&self, function: Value, chain: usize) -> Option<String> {
        let Value::Function(callee) = function else {
            return None;
        };
        match self.makers.get(&callee)? {
            Maker::Elsewhere(path) => Some(path.clone()),
            Maker::Here(constructor, scope) => {
                self.constructed(constructor, *scope, chain.checked_sub(1)?)
            }
        }
    }

    /// The path of the instance that calling an expression gives, which stands in a function below
    /// this scope and uses no name of the function's own.
    fn constructed(&self, function: &Expr, scope: u32, chain: usize) -> Option<String> {
        let (value, path) = self.path_in(function, scope)?;
        match path {
            Some(path) => {
                let class = self.context.api.instance_of(&path)?;
                Some(format!("{class}.{INSTANCE}"))
            }
            None => self.made(value, chain),
        }
    }

    /// What a dotted name means in a scope, without a use of it: a value, and the path where that is
    /// one of the API, whatever the releases.
    pub(crate) fn path_in(&self, expression: &Expr, scope: u32) -> Option<(Value, Option<String>)> {
        let mut parts: Vec<&str> = Vec::new();
        let mut at = expression;
        let head = loop {
            match at {
                Expr::Attribute(attribute) => {
                    parts.push(attribute.attr.as_str());
                    at = &attribute.value;
                }
                Expr::Name(name) => break name.id.as_str(),
                _ => return None,
            }
        };
        let value = self.peek_in(head, scope);
        match value {
            Value::Api(index) => {
                let alias = &self.aliases[index as usize];
                if alias.guard.is_some() || alias.star.is_some() {
                    return None;
                }
                let mut path = alias.path.to_string();
                for part in parts.iter().rev() {
                    super::bindings::push_part(&mut path, part);
                }
                Some((value, Some(path)))
            }
            Value::Function(_) if parts.is_empty() => Some((value, None)),
            _ => None,
        }
    }

    /// The instance that a parameter's annotation tells of: only of classes of which an instance of a
    /// class below would not do.
    pub(crate) fn annotated_instance(&mut self, annotation: &'a Expr, scope: u32) -> Value {
        let Some((_, Some(path))) = self.path_in(annotation, scope) else {
            return Value::Other;
        };
        if !self.context.api.is_final(&path) {
            return Value::Other;
        }
        self.alias_here(format!("{path}.{INSTANCE}"), None)
    }

    /// `super().__init__` of a class that inherits from the API: the class itself is what is called.
    pub(crate) fn constructor_of_base(
        &mut self,
        object: &'a Expr,
        part: Part<'a>,
    ) -> Option<Value> {
        let Expr::Call(call) = object else {
            return None;
        };
        if part.name != "__init__" {
            return None;
        }
        let class = self.class_of_super(call)?;
        self.api_base(class)
    }

    /// The class in which `super()` or `super(Class, self)` stands, where it is one that inherits from
    /// the API directly.
    pub(crate) fn class_of_super(&self, call: &ruff_python_ast::ExprCall) -> Option<u32> {
        let Expr::Name(name) = &*call.func else {
            return None;
        };
        if name.id.as_str() != "super" || !call.arguments.keywords.is_empty() {
            return None;
        }
        let class = match &*call.arguments.args {
            [] => self.class?,
            [Expr::Name(name), Expr::Name(_)] => match self.peek(name.id.as_str()) {
                Value::Class(class) => class,
                _ => return None,
            },
            _ => return None,
        };
        self.is_builtin("super").then_some(class)
    }
}

/// The constructor that gives what a function returns.
fn returned(function: &StmtFunctionDef) -> Option<&Expr> {
    let mut survey = Survey::default();
    survey.block(&function.body, true);
    let [Some(result)] = *survey.returns else {
        return None;
    };
    if survey.yields {
        return None;
    }
    let mut own: Vec<&str> = survey.bound.iter().map(|(name, _)| *name).collect();
    own.extend(function.parameters.iter().map(|one| one.name().as_str()));
    let constructor = match result {
        Expr::Call(call) => &*call.func,
        Expr::Name(name) => {
            let name = name.id.as_str();
            let mut bound = survey.bound.iter().filter(|(own, _)| *own == name);
            let (Some((_, Some(Expr::Call(call)))), None) = (bound.next(), bound.next()) else {
                return None;
            };
            if function.parameters.includes(name) {
                return None;
            }
            &*call.func
        }
        _ => return None,
    };
    let mut head = constructor;
    while let Expr::Attribute(attribute) = head {
        head = &attribute.value;
    }
    let Expr::Name(head) = head else {
        return None;
    };
    (!own.contains(&head.id.as_str())).then_some(constructor)
}

/// What a function returns and binds, functions in it left out.
#[derive(Default)]
struct Survey<'a> {
    /// The values of its `return`s; nothing for one under a condition.
    returns: Vec<Option<&'a Expr>>,
    /// What it binds, and to what where that is certain.
    bound: Vec<(&'a str, Option<&'a Expr>)>,
    yields: bool,
}

impl<'a> Survey<'a> {
    /// `certain`: the statements run whatever happens.
    fn block(&mut self, body: &'a [Stmt], certain: bool) {
        for statement in body {
            self.statement(statement, certain);
        }
    }

    fn statement(&mut self, statement: &'a Stmt, certain: bool) {
        match statement {
            Stmt::Return(value) => self
                .returns
                .push(value.value.as_deref().filter(|_| certain)),
            Stmt::Assign(assign) => match &*assign.targets {
                [Expr::Name(name)] => self
                    .bound
                    .push((name.id.as_str(), certain.then_some(&*assign.value))),
                targets => targets.iter().for_each(|target| self.target(target)),
            },
            Stmt::AnnAssign(assign) => self.target(&assign.target),
            Stmt::AugAssign(assign) => self.target(&assign.target),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.target(target)),
            Stmt::FunctionDef(function) => self.bound.push((function.name.as_str(), None)),
            Stmt::ClassDef(class) => self.bound.push((class.name.as_str(), None)),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.bound
                        .push((name.split('.').next().unwrap_or(name), None));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.bound.push((name, None));
                }
            }
            Stmt::With(with) => {
                for target in with
                    .items
                    .iter()
                    .filter_map(|item| item.optional_vars.as_ref())
                {
                    self.target(target);
                }
                self.block(&with.body, certain);
            }
            Stmt::If(choice) => {
                self.block(&choice.body, false);
                for clause in &choice.elif_else_clauses {
                    self.block(&clause.body, false);
                }
            }
            Stmt::For(looped) => {
                self.target(&looped.target);
                self.block(&looped.body, false);
                self.block(&looped.orelse, false);
            }
            Stmt::While(looped) => {
                self.block(&looped.body, false);
                self.block(&looped.orelse, false);
            }
            Stmt::Try(attempt) => {
                for part in [&attempt.body, &attempt.orelse, &attempt.finalbody] {
                    self.block(part, false);
                }
                for handler in &attempt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.block(&handler.body, false);
                }
            }
            Stmt::Match(choice) => {
                for case in &choice.cases {
                    super::scopes::captures(&case.pattern, &mut |name| {
                        self.bound.push((name, None))
                    });
                    self.block(&case.body, false);
                }
            }
            // Names of outer scopes may be bound anew by anybody.
            Stmt::Global(names) => self.each(&names.names),
            Stmt::Nonlocal(names) => self.each(&names.names),
            Stmt::Expr(expression) => {
                self.yields |= matches!(*expression.value, Expr::Yield(_) | Expr::YieldFrom(_));
            }
            Stmt::TypeAlias(_)
            | Stmt::Raise(_)
            | Stmt::Assert(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn each(&mut self, names: &'a [ruff_python_ast::Identifier]) {
        for name in names {
            self.bound.push((name.as_str(), None));
            self.bound.push((name.as_str(), None));
        }
    }

    fn target(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.bound.push((name.id.as_str(), None)),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|part| self.target(part)),
            Expr::List(list) => list.elts.iter().for_each(|part| self.target(part)),
            Expr::Starred(starred) => self.target(&starred.value),
            _ => {}
        }
    }
}
