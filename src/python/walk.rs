//! The one walk over a file: statements in order, then the bodies of functions, which see the
//! final bindings of the module.

use std::collections::VecDeque;
use std::sync::Arc;

use ruff_python_ast::{
    ExceptHandler, Expr, ModModule, Stmt, StmtFor, StmtIf, StmtTry, StmtWhile, StmtWith,
};
use ruff_text_size::Ranged;

use crate::text::{RepoPath, Span};

use super::bindings::{Alias, Change, count};
use super::classes::ClassInfo;
use super::computed::Computed;
use super::exceptions::{Caught, raises_again};
use super::exports::ProjectExports;
use super::flow::{Branch, Exit};
use super::imports::Star;
use super::kept::{Kept, Unpacked};
use super::makers::Maker;
use super::project::{ModuleId, Project, Roots};
use super::reached::Callee;
use super::scopes::{FastMap, FastSet, Interner, Scope, ScopeKind, Sym, Value};
use super::tables::TableEntry;
use super::tested::Test;
use super::uses::{
    Argument, Body, Guard, GuardId, GuardNode, Made, MethodCall, SetVariable, Use, VersionTest,
    WeakHandler,
};
use super::vocabulary::ApiNames;
use super::words::{Told, asks_for_parameters, has};

pub(crate) use super::functions::{Later, LaterCode};

/// What a file is read with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    pub(crate) path: &'c RepoPath,
    pub(crate) project: &'c Project,
    pub(crate) exports: &'c ProjectExports,
    pub(crate) api: &'c dyn ApiNames,
}

/// The state of the walk.
pub(crate) struct Walk<'a, 'c> {
    pub(crate) text: &'a str,
    pub(crate) context: Context<'c>,
    pub(crate) shadowed: Roots,
    /// The file has `:=` somewhere.
    pub(crate) walrus: bool,
    /// Some class of it may set attributes by names that are computed.
    pub(crate) speaks_of_attributes: bool,
    /// It imports something of `functools` by its name.
    pub(crate) functools: bool,
    /// The file has words of versions somewhere.
    pub(crate) speaks: bool,
    /// The file asks somewhere which parameters a function has.
    pub(crate) asks: bool,
    /// Rules may look at all of the file together.
    pub(crate) watched: bool,
    pub(crate) lazy_annotations: bool,

    pub(crate) syms: Interner<'a>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) scope: u32,
    pub(crate) trail: Vec<Change>,
    pub(crate) loops: Vec<Vec<Branch>>,
    pub(crate) classes: Vec<ClassInfo>,
    pub(crate) callees: Vec<Callee>,
    /// What functions give, by their callee.
    pub(crate) makers: FastMap<u32, Maker<'a>>,
    /// Dicts that are kept until a call takes them.
    pub(crate) kept: Kept,
    /// The names under which dicts can be kept, once one was asked for.
    pub(crate) unpacked: Option<Unpacked<'a>>,
    /// The class whose method is walked.
    pub(crate) class: Option<u32>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) alternatives: Vec<Vec<u32>>,
    pub(crate) tests: Vec<Test>,
    pub(crate) constants: Vec<Computed>,
    pub(crate) tables: Vec<Vec<TableEntry>>,
    pub(crate) packages: Vec<(String, ModuleId)>,
    /// Names of modules of the project that are taken.
    pub(crate) imported: Vec<(ModuleId, String)>,
    /// Those of them that nothing is known of.
    pub(crate) missed: Vec<(ModuleId, String)>,
    pub(crate) stars: Vec<Star>,
    pub(crate) all: Option<Vec<String>>,
    /// Names that imports give to functions of version libraries, and what these are called there.
    pub(crate) renamed: Vec<(Sym, &'a str)>,
    /// Tests that names hold as marks, which skip what they stand before (`skipif`).
    pub(crate) skip_marks: Vec<u32>,
    /// Functions that do nothing but raise.
    pub(crate) throwers: Vec<Sym>,
    /// Functions that speak of versions and raise.
    pub(crate) raisers: Vec<Sym>,

    pub(crate) guard: Option<GuardId>,
    pub(crate) guards: Vec<GuardNode>,
    /// How many conditions each of them stands in, itself included.
    pub(crate) depths: Vec<u8>,
    pub(crate) combined: FastMap<(u32, u32), Option<GuardId>>,
    /// The end of the name at the head of the dotted expression that is walked.
    pub(crate) head_end: u32,

    pub(crate) soon: VecDeque<Later<'a>>,
    pub(crate) later: VecDeque<Later<'a>>,

    pub(crate) uses: Vec<Use>,
    /// The paths of uses.
    pub(crate) paths: FastSet<Arc<str>>,
    /// What calling a path gives: the path of an instance.
    pub(crate) instances: FastMap<Arc<str>, Option<Arc<str>>>,
    /// Room to put a path together.
    pub(crate) path: String,
    pub(crate) calls: Vec<Made>,
    /// The arguments of all calls.
    pub(crate) given: Vec<Argument>,
    /// Those of calls that are being read.
    pub(crate) giving: Vec<Argument>,
    pub(crate) bodies: Vec<Body>,
    /// The piece of code that is walked: an index into `bodies`.
    pub(crate) body: u32,
    pub(crate) methods: Vec<MethodCall>,
    pub(crate) version_tests: Vec<VersionTest>,
    pub(crate) weak_handlers: Vec<WeakHandler>,
    pub(crate) variables: Vec<SetVariable>,
    pub(crate) created: Vec<String>,
    /// Functions with the name of a method that tells whose it is.
    pub(crate) defines: Vec<String>,
    /// Modules of the project that are imported, each with the conditions there.
    pub(crate) imports: Vec<(ModuleId, Option<GuardId>)>,
}

/// The most tests in one chain of `elif` that choose releases and are followed. Behind more of them
/// nothing is judged: each branch has to know of all tests before it.
const MOST_TESTS: usize = 64;

/// A guess: how many bytes of code there are to a use of the API.
const BYTES_A_USE: usize = 128;

pub(crate) fn span_of(node: &impl Ranged) -> Span {
    let range = node.range();
    Span::new(range.start().to_u32(), range.end().to_u32())
}

impl<'a, 'c> Walk<'a, 'c> {
    pub(crate) fn new(text: &'a str, context: Context<'c>) -> Self {
        let told = Told::by(text);
        Self {
            text,
            shadowed: context.project.shadowed(context.path),
            context,
            walrus: has(text, ":="),
            speaks_of_attributes: told.attributes,
            functools: told.functools,
            speaks: told.versions,
            asks: told.versions && asks_for_parameters(text),
            watched: context.api.is_watched_in(text),
            lazy_annotations: false,
            syms: Interner::with_capacity(text.len() / BYTES_A_USE),
            scopes: vec![Scope::new(ScopeKind::Module, 0)],
            scope: 0,
            trail: Vec::new(),
            loops: Vec::new(),
            classes: Vec::new(),
            callees: Vec::new(),
            makers: FastMap::default(),
            kept: Kept::default(),
            unpacked: None,
            class: None,
            aliases: Vec::with_capacity(text.len() / BYTES_A_USE),
            alternatives: Vec::new(),
            tests: Vec::new(),
            constants: Vec::new(),
            tables: Vec::new(),
            packages: Vec::new(),
            imported: Vec::new(),
            missed: Vec::new(),
            stars: Vec::new(),
            all: None,
            renamed: Vec::new(),
            skip_marks: Vec::new(),
            throwers: Vec::new(),
            raisers: Vec::new(),
            guard: None,
            guards: Vec::with_capacity(text.len() / BYTES_A_USE),
            depths: Vec::new(),
            combined: FastMap::default(),
            head_end: 0,
            soon: VecDeque::new(),
            later: VecDeque::new(),
            uses: Vec::with_capacity(text.len() / BYTES_A_USE),
            paths: FastSet::with_capacity_and_hasher(64, Default::default()),
            instances: FastMap::default(),
            path: String::new(),
            calls: Vec::with_capacity(text.len() / BYTES_A_USE),
            given: Vec::with_capacity(text.len() / BYTES_A_USE),
            giving: Vec::new(),
            bodies: vec![Body {
                outer: None,
                span: Span::new(0, count(text.len())),
                method_of: None,
            }],
            body: 0,
            methods: Vec::new(),
            version_tests: Vec::new(),
            weak_handlers: Vec::new(),
            variables: Vec::new(),
            created: Vec::new(),
            defines: Vec::new(),
            imports: Vec::new(),
        }
    }

    pub(crate) fn run(&mut self, module: &'a ModModule) {
        let context = self.context;
        if let Some(id) = context.project.module(context.path)
            && context.exports.is_chosen_by_release(id)
        {
            self.push_guard(Guard::Unknown);
        }
        self.block(&module.body);
        self.guard = None;
        self.settle_names();
        while let Some(later) = self.soon.pop_front().or_else(|| self.later.pop_front()) {
            self.run_later(later);
        }
        self.resolve_callees();
    }

    /// Walks statements in order.
    pub(crate) fn block(&mut self, body: &'a [Stmt]) -> Exit {
        let mut exit = Exit::Falls;
        for statement in body {
            let leaves = self.statement(statement);
            if exit == Exit::Falls && leaves != Exit::Falls {
                exit = leaves;
                // What follows is never reached.
                self.push_guard(Guard::Never);
            }
        }
        exit
    }

    fn statement(&mut self, statement: &'a Stmt) -> Exit {
        match statement {
            Stmt::FunctionDef(function) => self.define(function),
            Stmt::ClassDef(class) => self.define_class(class),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => self.assignment(&assign.targets, &assign.value),
            Stmt::AugAssign(assign) => self.augmented(assign),
            Stmt::AnnAssign(assign) => self.annotated(assign),
            Stmt::TypeAlias(alias) => {
                // The value is evaluated when somebody asks for it.
                self.never(&alias.value);
                self.assign(&alias.name, Value::Other);
            }
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.delete(target)),
            Stmt::If(choice) => return self.if_statement(choice),
            Stmt::For(looped) => return self.for_statement(looped),
            Stmt::While(looped) => return self.while_statement(looped),
            Stmt::With(with) => return self.with_statement(with),
            Stmt::Try(attempt) => return self.try_statement(attempt),
            Stmt::Match(choice) => return self.match_statement(choice),
            Stmt::Return(value) => {
                if let Some(value) = &value.value {
                    self.expr(value);
                }
                return Exit::Leaves;
            }
            Stmt::Raise(raise) => {
                for part in [&raise.exc, &raise.cause].into_iter().flatten() {
                    self.expr(part);
                }
                return Exit::Leaves;
            }
            Stmt::Break(_) | Stmt::Continue(_) => return Exit::LeavesLoop,
            Stmt::Assert(assert) => {
                let test = self.test(&assert.test);
                let outer = self.guard;
                self.push_guard(test.no);
                if let Some(message) = &assert.msg {
                    self.expr(message);
                }
                self.guard = outer;
                let never = test.yes == Guard::Never;
                self.push_guard(test.yes);
                if never {
                    return Exit::Leaves;
                }
            }
            Stmt::Expr(expression) => {
                self.expr(&expression.value);
                if self.never_returns(&expression.value) {
                    return Exit::Leaves;
                }
                if self.may_raise_by_version(&expression.value) {
                    self.push_guard(Guard::Unknown);
                }
            }
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        Exit::Falls
    }

    /// Walks an expression that is never evaluated when the line is reached.
    pub(crate) fn never(&mut self, expression: &'a Expr) {
        let outer = self.guard;
        self.push_guard(Guard::Never);
        self.expr(expression);
        self.guard = outer;
    }

    /// Walks a branch under a condition and takes back what it bound.
    pub(crate) fn branch(
        &mut self,
        outer: Option<GuardId>,
        condition: Guard,
        body: &'a [Stmt],
    ) -> Branch {
        let mark = self.open();
        self.guard = outer;
        self.push_guard(condition.clone());
        let exit = self.block(body);
        Branch {
            end: self.guard,
            changes: self.close(mark),
            condition,
            exit,
        }
    }

    fn if_statement(&mut self, choice: &'a StmtIf) -> Exit {
        let outer = self.guard;
        let test = self.test(&choice.test);
        // What is known where all tests so far failed.
        let mut failed = Vec::new();
        note_failed(&mut failed, test.no);
        let mut branches = vec![self.branch(outer, test.yes, &choice.body)];
        let mut has_else = false;
        for clause in &choice.elif_else_clauses {
            let before = Guard::all(failed.clone());
            let condition = match &clause.test {
                Some(test) => {
                    self.guard = outer;
                    self.push_guard(before.clone());
                    let test = self.test(test);
                    note_failed(&mut failed, test.no);
                    Guard::all(vec![before, test.yes])
                }
                None => {
                    has_else = true;
                    before
                }
            };
            branches.push(self.branch(outer, condition, &clause.body));
        }
        if !has_else {
            branches.push(self.branch(outer, Guard::all(failed), &[]));
        }
        self.merge(outer, branches)
    }

    fn for_statement(&mut self, looped: &'a StmtFor) -> Exit {
        self.expr(&looped.iter);
        let outer = self.guard;
        let mark = self.open();
        self.loops.push(Vec::new());
        self.assign(&looped.target, Value::Other);
        let exit = self.block(&looped.body);
        self.end_of_loop(outer, mark, exit, &looped.orelse)
    }

    fn while_statement(&mut self, looped: &'a StmtWhile) -> Exit {
        let outer = self.guard;
        let test = self.test(&looped.test);
        let mark = self.open();
        self.loops.push(Vec::new());
        self.push_guard(test.yes);
        let exit = self.block(&looped.body);
        self.end_of_loop(outer, mark, exit, &looped.orelse)
    }

    fn end_of_loop(
        &mut self,
        outer: Option<GuardId>,
        mark: usize,
        exit: Exit,
        orelse: &'a [Stmt],
    ) -> Exit {
        let changes = self.close(mark);
        let way = |changes, exit| Branch {
            changes,
            condition: Guard::ALWAYS,
            end: outer,
            exit,
        };
        let mut branches = vec![way(Vec::new(), Exit::Falls)];
        if exit != Exit::Leaves {
            branches.push(way(changes, Exit::Falls));
        }
        for mut early in self.loops.pop().unwrap_or_default() {
            early.exit = Exit::Falls;
            branches.push(early);
        }
        self.merge(outer, branches);
        self.guard = outer;
        self.block(orelse);
        self.guard = outer;
        Exit::Falls
    }

    fn with_statement(&mut self, with: &'a StmtWith) -> Exit {
        let mut caught = Caught::default();
        for item in &with.items {
            let value = self.expr(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                // What `__enter__` gives: of classes of the API, nearly always the instance.
                let made = self.instance_path(value).is_some();
                self.assign(target, if made { value } else { Value::Other });
            }
            caught = caught.or(super::calls::suppresses(&item.context_expr));
        }
        if !caught.chooses() {
            let outer = self.guard;
            for guard in caught.guards() {
                self.push_guard(guard);
            }
            let exit = self.block(&with.body);
            if caught.any() {
                self.guard = outer;
            }
            return exit;
        }
        let (outer, first) = (self.guard, self.uses.len());
        let mark = self.open();
        for guard in caught.guards() {
            self.push_guard(guard);
        }
        let inside = self.guard;
        let exit = self.block(&with.body);
        let changes = self.close(mark);
        let uses = self.failing_uses(first..self.uses.len(), caught, inside);
        let worked = worked(&uses);
        let end = self.end_of(outer, &worked);
        let failed = Guard::Body {
            uses: uses.into(),
            failed: true,
        };
        let end_failed = Some(self.node(outer, failed.clone()));
        self.merge(
            outer,
            vec![
                Branch {
                    changes,
                    condition: worked,
                    end,
                    exit,
                },
                Branch {
                    changes: Vec::new(),
                    condition: failed,
                    end: end_failed,
                    exit: Exit::Falls,
                },
            ],
        )
    }

    fn end_of(&mut self, outer: Option<GuardId>, condition: &Guard) -> Option<GuardId> {
        if condition.is_always() {
            outer
        } else {
            Some(self.node(outer, condition.clone()))
        }
    }

    fn try_statement(&mut self, attempt: &'a StmtTry) -> Exit {
        let (outer, first) = (self.guard, self.uses.len());
        // What each handler is the first to catch, and which of that is swallowed.
        let (mut taken, mut swallowed) = (Caught::default(), Caught::default());
        let mut catches = Vec::with_capacity(attempt.handlers.len());
        for handler in &attempt.handlers {
            let ExceptHandler::ExceptHandler(inner) = handler;
            let own = Caught::of(inner.type_.as_deref()).without(taken);
            taken = taken.or(own);
            if !raises_again(handler) {
                swallowed = swallowed.or(own);
            }
            catches.push(own);
        }
        let mark = self.open();
        for guard in swallowed.guards() {
            self.push_guard(guard);
        }
        let inside = self.guard;
        let mut exit = self.block(&attempt.body);
        let uses = first..self.uses.len();
        self.note_weak_handlers(attempt, &catches, uses.clone(), inside);
        let worked = worked(&self.failing_uses(uses.clone(), taken, inside));
        let after_body = self.end_of(outer, &worked);
        let mut end = after_body;
        if !attempt.orelse.is_empty() {
            self.guard = after_body;
            let leaves = self.block(&attempt.orelse);
            if exit == Exit::Falls {
                exit = leaves;
                end = self.guard;
            }
        }
        let body = TryBody {
            uses,
            inside,
            changes: self.close(mark),
        };
        let mut branches = Vec::with_capacity(attempt.handlers.len() + 1);
        for (handler, caught) in attempt.handlers.iter().zip(catches) {
            branches.push(self.handler(outer, handler, caught, &body));
        }
        let body = Branch {
            changes: body.changes,
            condition: worked,
            end,
            exit,
        };
        branches.insert(0, body);
        let exit = self.merge(outer, branches);
        match self.block(&attempt.finalbody) {
            Exit::Falls => exit,
            leaves => leaves,
        }
    }

    fn handler(
        &mut self,
        outer: Option<GuardId>,
        handler: &'a ExceptHandler,
        caught: Caught,
        body: &TryBody,
    ) -> Branch {
        let ExceptHandler::ExceptHandler(handler) = handler;
        self.guard = outer;
        if let Some(exception) = &handler.type_ {
            self.expr(exception);
        }
        let condition = if caught.attribute || caught.import {
            Guard::Body {
                uses: self
                    .failing_uses(body.uses.clone(), caught, body.inside)
                    .into(),
                failed: true,
            }
        } else if caught.kind {
            Guard::Unknown
        } else {
            Guard::ALWAYS
        };
        let mark = self.open();
        self.push_guard(condition.clone());
        // The body may have got far enough to bind its names.
        for &(scope, slot, value) in &body.changes {
            let before = self.scopes[scope as usize].values[slot as usize];
            if value.is_api() && matches!(before, Value::Unbound | Value::Nothing) {
                self.write(scope, slot, value);
            }
        }
        if let Some(name) = &handler.name {
            self.bind(name.as_str(), Value::Other);
        }
        let exit = self.block(&handler.body);
        if let Some(name) = &handler.name {
            let end = self.guard;
            self.bind(name.as_str(), Value::Unbound);
            self.guard = end;
        }
        Branch {
            end: self.guard,
            changes: self.close(mark),
            condition,
            exit,
        }
    }
}

/// The body of a `try`, walked.
struct TryBody {
    uses: std::ops::Range<usize>,
    /// The conditions in it.
    inside: Option<GuardId>,
    changes: Vec<(u32, u32, Value)>,
}

/// Adds what is known where one more test of a chain failed.
fn note_failed(failed: &mut Vec<Guard>, no: Guard) {
    if failed.len() > MOST_TESTS {
        *failed = vec![Guard::Unknown];
    } else if !no.is_always() {
        failed.push(no);
    }
}

/// The condition after a body whose failures are caught: all of its uses worked.
fn worked(uses: &[u32]) -> Guard {
    if uses.is_empty() {
        Guard::ALWAYS
    } else {
        Guard::Body {
            uses: uses.into(),
            failed: false,
        }
    }
}
