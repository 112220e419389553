//! The course of a file: its statements in their blocks, which of them leave, and where names get
//! values. Rules that look at whole loops ask for it, and few files have any: it is read anew for
//! these, so that the walk over all others keeps nothing of it.
//!
//! Not supported, so that there is no answer: calls that never return but those that end Python.

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal};
use ruff_python_ast::{AnyNodeRef, ExceptHandler, Expr, ExprContext, Stmt};

use crate::text::{RepoPath, Span};

use super::parse;
use super::walk::span_of;

/// The statements of a file in their order, and what they bind.
#[derive(Debug, Default)]
pub struct Course {
    /// A compound statement before those inside it.
    statements: Vec<Statement>,
    blocks: Vec<Block>,
    /// Names, and attributes of names, that get a value.
    bound: Vec<Bound>,
    /// Names that a scope shares with those around it.
    shared: Vec<(Span, String)>,
    /// Values that one name alone is given, each with that name.
    given: Vec<(Span, String)>,
    /// The same of what a value makes when it is called.
    made: Vec<(Span, String)>,
    /// What a `with` opens, each with its body.
    opened: Vec<(Span, Span)>,
    /// Calls that are given a list, each with the last of it.
    lists: Vec<(Span, Span)>,
    /// Calls of `zip` and of what makes a list, each with the first that it is given.
    zipped: Vec<(Span, Span)>,
}

#[derive(Debug)]
struct Statement {
    span: Span,
    block: usize,
    /// Nothing behind it in its block is reached.
    leaves: bool,
}

#[derive(Debug)]
struct Block {
    /// The statement that it belongs to.
    around: Option<usize>,
    role: Role,
}

/// What a block is to its statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The body of a loop, of `try`, or the module.
    Body,
    /// The body of a `with`: it runs whenever its statement does.
    With,
    /// The body of a function or class.
    Inner,
    /// One of several of which one runs: a branch, a case, a handler.
    Either,
    /// What follows the body where nothing was raised or broken off: `else`.
    Else,
    /// `finally`.
    Finally,
}

#[derive(Debug)]
struct Bound {
    name: String,
    at: Span,
    /// The function, class or comprehension that it is local to.
    scope: Span,
}

impl Course {
    /// Reads the course of a text; nothing where it cannot be read.
    #[must_use]
    pub fn of(path: &RepoPath, text: &str) -> Option<Self> {
        let (course, _) = parse::with_tree(path, text, |module| {
            let mut reader = Reader {
                course: Self::default(),
                scopes: vec![Span::default()],
            };
            reader.block(&module.body, None, Role::Body);
            for statement in &module.body {
                reader.visit_stmt(statement);
            }
            reader.course
        });
        course
    }

    /// Whether two places may both be reached in one run, the first before the second: they stand in
    /// no two branches, and nothing between them leaves.
    #[must_use]
    pub fn in_sequence(&self, first: Span, second: Span) -> bool {
        let (before, after) = (self.chain(first), self.chain(second));
        let common = before.iter().zip(&after).take_while(|(a, b)| a == b);
        let place = common.count();
        let (rest, next) = (&before[place..], &after[place..]);
        let block = |at: usize| self.statements[at].block;
        let inner = |at: &usize| self.blocks[block(*at)].role == Role::Inner;
        let until = match (rest.first(), next.first()) {
            // In one statement, or the one in the head of the other's.
            (None, _) => return !next.iter().any(inner),
            (Some(_), None) => return false,
            (Some(&a), Some(&b)) if block(a) == block(b) => Some(b),
            (Some(&a), Some(&b)) => {
                let roles = (self.blocks[block(a)].role, self.blocks[block(b)].role);
                let follows = matches!(
                    roles,
                    (Role::Body, Role::Else)
                        | (Role::Body | Role::Either | Role::Else, Role::Finally)
                );
                if !follows {
                    return false;
                }
                None
            }
        };
        let stays = |(depth, &at): (usize, &usize)| {
            let end = until.filter(|_| depth == 0).unwrap_or(usize::MAX);
            let behind = self.statements.iter().enumerate().skip(at);
            let mut behind = behind.take_while(|(other, _)| *other < end);
            !behind.any(|(_, other)| other.block == block(at) && other.leaves)
        };
        let apart = rest.iter().skip(1).chain(next.iter().skip(1)).any(inner);
        !apart && rest.iter().enumerate().all(stays)
    }

    /// The body of the `with` that opens a value.
    #[must_use]
    pub fn body_under(&self, opened: Span) -> Option<Span> {
        let mut all = self.opened.iter();
        Some(all.find(|(value, _)| *value == opened)?.1)
    }

    /// The name, or the attribute of a name, that is given a value and nothing else.
    #[must_use]
    pub fn assigned(&self, value: Span) -> Option<&str> {
        let mut all = self.given.iter();
        Some(&all.find(|(given, _)| *given == value)?.1)
    }

    /// The name that is given what a value makes when it is called: `y` of `y = Layer()(x)`.
    #[must_use]
    pub fn assigned_result(&self, called: Span) -> Option<&str> {
        let mut all = self.made.iter();
        Some(&all.find(|(value, _)| *value == called)?.1)
    }

    /// Whether a name of the scope around the first place gets a value between two places.
    #[must_use]
    pub fn binds_between(&self, first: Span, second: Span, name: &str) -> bool {
        let scope = self.scope_of(first);
        self.bound
            .iter()
            .filter(|one| first.end <= one.at.start && one.at.end <= second.start)
            .any(|one| one.name == name && self.is_seen(one, scope))
    }

    /// What of a value a loop meets first: `a` of `zip(a, b)` and of `list(zip(a, b))`.
    #[must_use]
    pub fn first_of(&self, value: Span) -> Span {
        let mut first = value;
        while let Some((_, inner)) = self.zipped.iter().find(|(call, _)| *call == first) {
            first = *inner;
        }
        first
    }

    /// Whether a name that is given a value at one place surely has it at another one: what gives it
    /// runs whenever the other is reached, and nothing gives it another value between them.
    #[must_use]
    pub fn holds_until(&self, first: Span, second: Span, name: &str) -> bool {
        let (before, after) = (self.chain(first), self.chain(second));
        let common = before.iter().zip(&after).take_while(|(a, b)| a == b);
        let place = common.count();
        let (Some(&own), Some(&other)) = (before.get(place), after.get(place)) else {
            return false;
        };
        let block = |at: usize| self.statements[at].block;
        let always = |&at: &usize| self.blocks[block(at)].role == Role::With;
        block(own) == block(other)
            && first.end <= second.start
            && before[place + 1..].iter().all(always)
            && !self.binds_between(first, second, name)
    }

    /// Whether an attribute gets a value anywhere.
    #[must_use]
    pub fn binds(&self, attribute: &str) -> bool {
        self.bound.iter().any(|one| one.name == attribute)
    }

    /// Whether something is the last of the list that a call is given.
    #[must_use]
    pub fn ends_list(&self, call: Span, last: Span) -> bool {
        self.lists.contains(&(call, last))
    }

    fn is_seen(&self, one: &Bound, scope: Span) -> bool {
        one.scope == scope
            || one.name.contains('.')
            || self.shared.contains(&(one.scope, one.name.clone()))
    }

    /// The statements around a place, the outermost first.
    fn chain(&self, place: Span) -> Vec<usize> {
        let all = self.statements.iter().enumerate();
        all.filter(|(_, one)| holds(one.span, place))
            .map(|(at, _)| at)
            .collect()
    }

    /// The function or class around a place.
    fn scope_of(&self, place: Span) -> Span {
        let mut chain = self.chain(place);
        while let Some(at) = chain.pop() {
            let block = &self.blocks[self.statements[at].block];
            if let Some(around) = block.around.filter(|_| block.role == Role::Inner) {
                return self.statements[around].span;
            }
        }
        Span::default()
    }
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

struct Reader {
    course: Course,
    /// The scopes around, innermost last.
    scopes: Vec<Span>,
}

impl Reader {
    /// Notes the statements of a block; whether it leaves before its end.
    fn block(&mut self, body: &[Stmt], around: Option<usize>, role: Role) -> bool {
        let block = self.course.blocks.len();
        self.course.blocks.push(Block { around, role });
        let mut leaves = false;
        for statement in body {
            let at = self.course.statements.len();
            self.course.statements.push(Statement {
                span: span_of(statement),
                block,
                leaves: false,
            });
            let own = self.statement(statement, at);
            self.course.statements[at].leaves = own;
            leaves |= own;
        }
        leaves
    }

    /// Notes what is inside a statement; whether nothing behind it is reached.
    fn statement(&mut self, statement: &Stmt, at: usize) -> bool {
        let around = Some(at);
        match statement {
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_) => true,
            Stmt::Expr(expression) => ends_python(&expression.value),
            Stmt::FunctionDef(function) => {
                self.block(&function.body, around, Role::Inner);
                false
            }
            Stmt::ClassDef(class) => {
                self.block(&class.body, around, Role::Inner);
                false
            }
            Stmt::For(each) => {
                self.block(&each.body, around, Role::Body);
                self.block(&each.orelse, around, Role::Else);
                false
            }
            Stmt::While(each) => {
                self.block(&each.body, around, Role::Body);
                self.block(&each.orelse, around, Role::Else);
                false
            }
            Stmt::With(with) => {
                if let (Some(first), Some(last)) = (with.body.first(), with.body.last()) {
                    let body = Span::new(span_of(first).start, span_of(last).end);
                    let values = with.items.iter().map(|item| span_of(&item.context_expr));
                    self.course.opened.extend(values.map(|value| (value, body)));
                }
                self.block(&with.body, around, Role::With)
            }
            Stmt::If(branches) => {
                let mut all = self.block(&branches.body, around, Role::Either);
                for clause in &branches.elif_else_clauses {
                    all &= self.block(&clause.body, around, Role::Either);
                }
                let last = branches.elif_else_clauses.last();
                all && last.is_some_and(|clause| clause.test.is_none())
            }
            Stmt::Match(choice) => {
                for case in &choice.cases {
                    self.block(&case.body, around, Role::Either);
                }
                false
            }
            Stmt::Try(tried) => {
                let body = self.block(&tried.body, around, Role::Body);
                let mut handled = true;
                for ExceptHandler::ExceptHandler(handler) in &tried.handlers {
                    handled &= self.block(&handler.body, around, Role::Either);
                }
                let other = self.block(&tried.orelse, around, Role::Else);
                let last = self.block(&tried.finalbody, around, Role::Finally);
                last || handled && (body || other)
            }
            _ => false,
        }
    }

    fn bind(&mut self, name: &str, at: Span) {
        let scope = self.scopes.last().copied().unwrap_or_default();
        let name = name.to_owned();
        self.course.bound.push(Bound { name, at, scope });
    }

    fn give(&mut self, target: &Expr, value: &Expr) {
        let Some(name) = dotted(target) else { return };
        if let Expr::Call(call) = value {
            self.course.made.push((span_of(&*call.func), name.clone()));
        }
        self.course.given.push((span_of(value), name));
    }
}

/// A call after which Python ends.
fn ends_python(expression: &Expr) -> bool {
    let Expr::Call(call) = expression else {
        return false;
    };
    let name = dotted(&call.func);
    matches!(
        name.as_deref(),
        Some("exit" | "quit" | "sys.exit" | "os._exit")
    )
}

/// A name, or an attribute of one, as it is spelled without spaces.
fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            let owner = dotted(&attribute.value)?;
            Some(format!("{owner}.{}", attribute.attr.as_str()))
        }
        _ => None,
    }
}

/// What opens a scope of its own.
fn scope_of(node: AnyNodeRef<'_>) -> Option<Span> {
    match node {
        AnyNodeRef::StmtFunctionDef(node) => Some(span_of(node)),
        AnyNodeRef::StmtClassDef(node) => Some(span_of(node)),
        AnyNodeRef::ExprLambda(node) => Some(span_of(node)),
        AnyNodeRef::ExprListComp(node) => Some(span_of(node)),
        AnyNodeRef::ExprSetComp(node) => Some(span_of(node)),
        AnyNodeRef::ExprDictComp(node) => Some(span_of(node)),
        AnyNodeRef::ExprGenerator(node) => Some(span_of(node)),
        _ => None,
    }
}

impl<'a> SourceOrderVisitor<'a> for Reader {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        match node {
            AnyNodeRef::StmtFunctionDef(function) => {
                self.bind(function.name.as_str(), span_of(&function.name));
            }
            AnyNodeRef::StmtClassDef(class) => {
                self.bind(class.name.as_str(), span_of(&class.name));
            }
            AnyNodeRef::Alias(alias) => {
                let name = alias.asname.as_ref().unwrap_or(&alias.name);
                let first = name.as_str().split('.').next().unwrap_or_default();
                self.bind(first, span_of(name));
            }
            AnyNodeRef::ExceptHandlerExceptHandler(handler) => {
                if let Some(name) = &handler.name {
                    self.bind(name.as_str(), span_of(name));
                }
            }
            AnyNodeRef::PatternMatchAs(pattern) => {
                if let Some(name) = &pattern.name {
                    self.bind(name.as_str(), span_of(name));
                }
            }
            AnyNodeRef::StmtGlobal(global) => {
                let scope = self.scopes.last().copied().unwrap_or_default();
                let names = global.names.iter().map(|name| (scope, name.to_string()));
                self.course.shared.extend(names);
            }
            AnyNodeRef::StmtNonlocal(nonlocal) => {
                let scope = self.scopes.last().copied().unwrap_or_default();
                let names = nonlocal.names.iter().map(|name| (scope, name.to_string()));
                self.course.shared.extend(names);
            }
            AnyNodeRef::ExprName(name) if !matches!(name.ctx, ExprContext::Load) => {
                self.bind(name.id.as_str(), span_of(name));
            }
            AnyNodeRef::ExprAttribute(attribute) if !matches!(attribute.ctx, ExprContext::Load) => {
                if let Some(owner) = dotted(&attribute.value) {
                    let name = format!("{owner}.{}", attribute.attr.as_str());
                    self.bind(&name, span_of(attribute));
                }
            }
            AnyNodeRef::StmtAssign(assign) => {
                if let [target] = &assign.targets[..] {
                    self.give(target, &assign.value);
                }
            }
            AnyNodeRef::StmtAnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.give(&assign.target, value);
                }
            }
            AnyNodeRef::ExprCall(call) => {
                let keywords = call.arguments.keywords.iter().map(|one| &one.value);
                for value in call.arguments.args.iter().chain(keywords) {
                    let last = match value {
                        Expr::List(list) => list.elts.last(),
                        Expr::Tuple(list) => list.elts.last(),
                        _ => None,
                    };
                    let lists = &mut self.course.lists;
                    lists.extend(last.map(|last| (span_of(call), span_of(last))));
                }
                let name = call.func.as_name_expr().map(|name| name.id.as_str());
                let zips = matches!(name, Some("zip" | "list" | "tuple"));
                if let Some(first) = call.arguments.args.first().filter(|_| zips) {
                    self.course.zipped.push((span_of(call), span_of(first)));
                }
            }
            _ => {}
        }
        self.scopes.extend(scope_of(node));
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, node: AnyNodeRef<'a>) {
        if scope_of(node).is_some() {
            self.scopes.pop();
        }
    }
}

#[cfg(test)]
mod tests;
