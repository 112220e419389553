//! Python's scopes: which names a scope binds, and what a name may stand for.
//!
//! A function binds every name that it assigns anywhere, so its names are collected before it is
//! walked. Module and class bodies need no collection: there, a name that is not bound yet is
//! looked up further out.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprLambda, Parameters, Pattern, Stmt};

/// A name, interned per file.
pub(crate) type Sym = u32;

/// What a name stands for, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing yet, or nothing any more.
    Unbound,
    /// `None`.
    Nothing,
    /// `True` or `False`.
    Bool(bool),
    /// Something that is not the API.
    Other,
    /// An API path: index of an alias.
    Api(u32),
    /// Different API paths under different guards: index of a list of aliases.
    Alternatives(u32),
    /// The API paths of uses just recorded; an alias once it is bound to a name.
    Used { first: u32, count: u16 },
    /// The outcome of a test, or something that derives from a version: index of a test.
    Test(u32),
    /// A text or number, or a tuple of these: index of a constant.
    Constant(u32),
    /// A dictionary or list of functions: index of a table.
    Table(u32),
    /// A class of this file, or an instance of it called `self`.
    Class(u32),
    /// A function of this file: index of a callee.
    Function(u32),
    /// A module of the project.
    Module(u32),
    /// What `import a.b.c` binds where `a` belongs to the project.
    Package(Sym),
    /// A name from a module of the project whose exports are not known yet: index of an import.
    Imported(u32),
}

impl Value {
    /// Whether it stands for the API.
    pub(crate) const fn is_api(self) -> bool {
        matches!(
            self,
            Self::Api(_) | Self::Alternatives(_) | Self::Used { .. }
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Function,
    /// Comprehensions: a walrus in them binds further out.
    Comprehension,
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) kind: ScopeKind,
    pub(crate) parent: u32,
    /// The names, parallel to `values`; empty in a module, where a name is its own slot.
    pub(crate) names: Names,
    pub(crate) values: Vec<Value>,
    pub(crate) globals: Vec<Sym>,
    pub(crate) nonlocals: Vec<Sym>,
}

impl Scope {
    pub(crate) fn new(kind: ScopeKind, parent: u32) -> Self {
        Self {
            kind,
            parent,
            names: Names::default(),
            values: Vec::new(),
            globals: Vec::new(),
            nonlocals: Vec::new(),
        }
    }

    pub(crate) fn slot(&self, sym: Sym) -> Option<u32> {
        if self.kind == ScopeKind::Module {
            return ((sym as usize) < self.values.len()).then_some(sym);
        }
        self.names.place(sym)
    }

    pub(crate) fn slot_or_new(&mut self, sym: Sym) -> u32 {
        if let Some(slot) = self.slot(sym) {
            return slot;
        }
        if self.kind == ScopeKind::Module {
            self.values.resize(sym as usize + 1, Value::Unbound);
            return sym;
        }
        self.values.push(Value::Unbound);
        self.names.add(sym)
    }
}

/// From this many names on, a list is searched more slowly than a map.
const MANY_NAMES: usize = 32;

/// Names in the order in which they were met, each once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    list: Vec<Sym>,
    /// Their places, where there are many.
    places: Option<Box<FastMap<Sym, u32>>>,
}

impl Names {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The place of a name.
    pub(crate) fn place(&self, sym: Sym) -> Option<u32> {
        match &self.places {
            Some(places) => places.get(&sym).copied(),
            None => self.list.iter().position(|&name| name == sym).map(place),
        }
    }

    /// The place of a name, which it gets where it has none.
    pub(crate) fn add(&mut self, sym: Sym) -> u32 {
        if let Some(place) = self.place(sym) {
            return place;
        }
        self.list.push(sym);
        let last = place(self.list.len() - 1);
        if let Some(places) = &mut self.places {
            places.insert(sym, last);
        } else if self.list.len() > MANY_NAMES {
            let places = self.list.iter().zip(0..).map(|(&sym, at)| (sym, at));
            self.places = Some(Box::new(places.collect()));
        }
        last
    }

    /// Drops those of some lists.
    fn without(self, lists: [&[Sym]; 2]) -> Self {
        if lists.iter().all(|list| list.is_empty()) {
            return self;
        }
        let dropped: FastSet<Sym> = lists.into_iter().flatten().copied().collect();
        let mut left = Self::default();
        for sym in self.list.into_iter().filter(|sym| !dropped.contains(sym)) {
            left.add(sym);
        }
        left
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).expect("a scope has fewer names than a file has bytes")
}

pub(crate) use crate::maps::{FastMap, FastSet};

/// The names of a file that something binds.
#[derive(Default)]
pub(crate) struct Interner<'a> {
    syms: FastMap<&'a str, Sym>,
    names: Vec<&'a str>,
}

impl<'a> Interner<'a> {
    pub(crate) fn with_capacity(names: usize) -> Self {
        Self {
            syms: FastMap::with_capacity_and_hasher(names, Default::default()),
            names: Vec::with_capacity(names),
        }
    }

    pub(crate) fn intern(&mut self, name: &'a str) -> Sym {
        let next = Sym::try_from(self.names.len()).expect("fewer names than bytes");
        let sym = *self.syms.entry(name).or_insert(next);
        if sym == next {
            self.names.push(name);
        }
        sym
    }

    pub(crate) fn get(&self, name: &str) -> Option<Sym> {
        self.syms.get(name).copied()
    }

    pub(crate) fn name(&self, sym: Sym) -> &'a str {
        self.names[sym as usize]
    }
}

/// What the body of a function binds.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    pub(crate) names: Names,
    pub(crate) globals: Vec<Sym>,
    pub(crate) nonlocals: Vec<Sym>,
    /// Attributes assigned on the first parameter (`self.x = ...`), once per assignment.
    pub(crate) attributes: Vec<Sym>,
}

/// Collects what a body binds, functions and classes inside it excepted.
pub(crate) struct Collector<'c, 'a> {
    syms: &'c mut Interner<'a>,
    /// The file has `:=` somewhere: expressions must be looked through.
    walrus: bool,
    /// The name of the first parameter.
    me: Option<&'a str>,
    bound: Bound,
}

impl<'c, 'a> Collector<'c, 'a> {
    pub(crate) fn new(syms: &'c mut Interner<'a>, walrus: bool, me: Option<&'a str>) -> Self {
        Self {
            syms,
            walrus,
            me,
            bound: Bound::default(),
        }
    }

    pub(crate) fn function(mut self, parameters: &'a Parameters, body: &'a [Stmt]) -> Bound {
        self.parameters(parameters);
        self.block(body);
        self.finish()
    }

    pub(crate) fn lambda(mut self, lambda: &'a ExprLambda) -> Bound {
        if let Some(parameters) = &lambda.parameters {
            self.parameters(parameters);
        }
        self.look_for_walrus(&lambda.body);
        self.finish()
    }

    fn finish(self) -> Bound {
        let mut bound = self.bound;
        bound.names = bound.names.without([&bound.globals, &bound.nonlocals]);
        bound
    }

    fn parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            self.bind(parameter.name().as_str());
        }
    }

    fn bind(&mut self, name: &'a str) {
        let sym = self.syms.intern(name);
        self.bound.names.add(sym);
    }

    fn block(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        if self.walrus {
            self.walrus_of(statement);
        }
        match statement {
            Stmt::FunctionDef(function) => self.bind(function.name.as_str()),
            Stmt::ClassDef(class) => self.bind(class.name.as_str()),
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.target(target);
                }
            }
            Stmt::AugAssign(assign) => self.target(&assign.target),
            Stmt::AnnAssign(assign) => self.target(&assign.target),
            Stmt::TypeAlias(alias) => self.target(&alias.name),
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.target(target);
                }
            }
            Stmt::For(looped) => {
                self.target(&looped.target);
                self.block(&looped.body);
                self.block(&looped.orelse);
            }
            Stmt::While(looped) => {
                self.block(&looped.body);
                self.block(&looped.orelse);
            }
            Stmt::If(choice) => {
                self.block(&choice.body);
                for clause in &choice.elif_else_clauses {
                    self.block(&clause.body);
                }
            }
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(target) = &item.optional_vars {
                        self.target(target);
                    }
                }
                self.block(&with.body);
            }
            Stmt::Match(choice) => {
                for case in &choice.cases {
                    self.pattern(&case.pattern);
                    self.block(&case.body);
                }
            }
            Stmt::Try(attempt) => {
                self.block(&attempt.body);
                for handler in &attempt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    if let Some(name) = &handler.name {
                        self.bind(name.as_str());
                    }
                    self.block(&handler.body);
                }
                self.block(&attempt.orelse);
                self.block(&attempt.finalbody);
            }
            other => self.declaration(other),
        }
    }

    /// Imports and `global`.
    fn declaration(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.bind(if alias.asname.is_some() {
                        name
                    } else {
                        name.split('.').next().unwrap_or(name)
                    });
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.bind(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                }
            }
            Stmt::Global(names) => {
                for name in &names.names {
                    let sym = self.syms.intern(name.as_str());
                    self.bound.globals.push(sym);
                }
            }
            Stmt::Nonlocal(names) => {
                for name in &names.names {
                    let sym = self.syms.intern(name.as_str());
                    self.bound.nonlocals.push(sym);
                }
            }
            _ => {}
        }
    }

    fn target(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str()),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|part| self.target(part)),
            Expr::List(list) => list.elts.iter().for_each(|part| self.target(part)),
            Expr::Starred(starred) => self.target(&starred.value),
            Expr::Attribute(attribute) => {
                if let (Expr::Name(base), Some(me)) = (&*attribute.value, self.me)
                    && base.id.as_str() == me
                {
                    let sym = self.syms.intern(attribute.attr.as_str());
                    self.bound.attributes.push(sym);
                }
            }
            _ => {}
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
        captures(pattern, &mut |name| self.bind(name));
    }

    /// Looks through the expressions that stand in the statement itself.
    fn walrus_of(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::If(choice) => {
                self.look_for_walrus(&choice.test);
                for clause in &choice.elif_else_clauses {
                    if let Some(test) = &clause.test {
                        self.look_for_walrus(test);
                    }
                }
            }
            Stmt::While(looped) => self.look_for_walrus(&looped.test),
            Stmt::For(looped) => self.look_for_walrus(&looped.iter),
            Stmt::With(with) => {
                for item in &with.items {
                    self.look_for_walrus(&item.context_expr);
                }
            }
            Stmt::Match(choice) => {
                self.look_for_walrus(&choice.subject);
                for case in &choice.cases {
                    if let Some(guard) = &case.guard {
                        self.look_for_walrus(guard);
                    }
                }
            }
            Stmt::Assign(assign) => self.look_for_walrus(&assign.value),
            Stmt::AugAssign(assign) => self.look_for_walrus(&assign.value),
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.look_for_walrus(value);
                }
            }
            Stmt::Return(value) => {
                if let Some(value) = &value.value {
                    self.look_for_walrus(value);
                }
            }
            Stmt::Assert(assert) => self.look_for_walrus(&assert.test),
            Stmt::Expr(expression) => self.look_for_walrus(&expression.value),
            Stmt::FunctionDef(_)
            | Stmt::ClassDef(_)
            | Stmt::Delete(_)
            | Stmt::TypeAlias(_)
            | Stmt::Raise(_)
            | Stmt::Try(_)
            | Stmt::Import(_)
            | Stmt::ImportFrom(_)
            | Stmt::Global(_)
            | Stmt::Nonlocal(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn look_for_walrus(&mut self, expression: &'a Expr) {
        struct Walrus<'w, 'c, 'a>(&'w mut Collector<'c, 'a>);
        impl<'a> Visitor<'a> for Walrus<'_, '_, 'a> {
            fn visit_expr(&mut self, expression: &'a Expr) {
                if let Expr::Named(named) = expression
                    && let Expr::Name(name) = &*named.target
                {
                    self.0.bind(name.id.as_str());
                }
                if !matches!(expression, Expr::Lambda(_)) {
                    walk_expr(self, expression);
                }
            }
        }
        if self.walrus {
            Walrus(self).visit_expr(expression);
        }
    }
}

/// Calls `bind` for every name that a pattern captures.
pub(crate) fn captures<'a>(pattern: &'a Pattern, bind: &mut dyn FnMut(&'a str)) {
    match pattern {
        Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        Pattern::MatchSequence(sequence) => {
            for part in &sequence.patterns {
                captures(part, bind);
            }
        }
        Pattern::MatchMapping(mapping) => {
            for part in &mapping.patterns {
                captures(part, bind);
            }
            if let Some(rest) = &mapping.rest {
                bind(rest.as_str());
            }
        }
        Pattern::MatchClass(class) => {
            for part in &class.arguments.patterns {
                captures(part, bind);
            }
            for part in &class.arguments.keywords {
                captures(&part.pattern, bind);
            }
        }
        Pattern::MatchStar(star) => {
            if let Some(name) = &star.name {
                bind(name.as_str());
            }
        }
        Pattern::MatchAs(capture) => {
            if let Some(inner) = &capture.pattern {
                captures(inner, bind);
            }
            if let Some(name) = &capture.name {
                bind(name.as_str());
            }
        }
        Pattern::MatchOr(or) => {
            for part in &or.patterns {
                captures(part, bind);
            }
        }
    }
}
