//! Functions that look a dotted name up below a part of the API, part by part, and tell whether it
//! is there: `tf_supports("keras.mixed_precision.LossScaleOptimizer")`.
//!
//! Supported: a loop of `hasattr` and `getattr` over `name.split(".")`, with or without a `try`
//! around it; `functools.reduce(getattr, name.split("."), tf)` and `operator.attrgetter(name)(tf)`
//! in a `try`. They answer `False` where a part is missing, and `True` at their end.

use std::sync::Arc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, ExceptHandler, Expr, ExprCall, Stmt, StmtFunctionDef, UnaryOp};

use super::Locals;
use crate::python::computed::Computed;
use crate::python::walk::Walk;

impl<'a> Walk<'a, '_> {
    /// What a function asks of its first parameter, if it is such a one.
    pub(super) fn finder_of(&self, function: &'a StmtFunctionDef) -> Option<Computed> {
        let parameter = function.parameters.iter_non_variadic_params().next()?;
        let mut found = Finder {
            parameter: parameter.parameter.name.as_str(),
            walks: false,
            looks_up: false,
            answers_no: false,
            plain: true,
            roots: Vec::new(),
            walk: self,
        };
        for statement in &function.body {
            found.visit_stmt(statement);
        }
        let [root] = found.roots.as_slice() else {
            return None;
        };
        let fits = found.walks
            && found.looks_up
            && found.answers_no
            && found.plain
            && ends_with_yes(&function.body);
        fits.then(|| Computed::Has(root.clone(), Arc::new(Computed::Parameter(0))))
    }
}

/// Whether the last thing that a body does is to answer `True`.
fn ends_with_yes(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Return(value)) => is_bool(value.value.as_deref(), true),
        Some(Stmt::Try(attempt)) if attempt.orelse.is_empty() => ends_with_yes(&attempt.body),
        Some(Stmt::Try(attempt)) => ends_with_yes(&attempt.orelse),
        _ => false,
    }
}

fn says_no(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Return(value) if is_bool(value.value.as_deref(), false))
}

fn is_bool(value: Option<&Expr>, wanted: bool) -> bool {
    matches!(value, Some(Expr::BooleanLiteral(literal)) if literal.value == wanted)
}

/// What stands in such a function.
struct Finder<'w, 'a, 'c> {
    walk: &'w Walk<'a, 'c>,
    parameter: &'a str,
    /// It takes the name apart, or hands it to `attrgetter`.
    walks: bool,
    looks_up: bool,
    answers_no: bool,
    /// It does nothing else.
    plain: bool,
    /// The parts of the API that it names.
    roots: Vec<String>,
}

impl<'a> Visitor<'a> for Finder<'_, 'a, '_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Expr(text) if text.value.is_string_literal_expr() => return,
            Stmt::Return(value) => {
                let no = is_bool(value.value.as_deref(), false);
                self.answers_no |= no;
                self.plain &= no || is_bool(value.value.as_deref(), true);
            }
            Stmt::If(choice) => {
                self.plain &= asks_for_a_part(&choice.test)
                    && choice.elif_else_clauses.is_empty()
                    && choice.body.iter().all(says_no);
            }
            Stmt::Try(attempt) => {
                self.plain &= attempt.finalbody.is_empty();
                for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    self.plain &= handler.body.iter().all(says_no);
                }
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    if self.walk.api_root(alias.name.as_str()) {
                        // What a function imports itself is no name that can be looked up yet.
                        self.plain = false;
                    }
                }
            }
            Stmt::For(looped) => self.plain &= looped.orelse.is_empty(),
            Stmt::Assign(_) | Stmt::Expr(_) => {}
            _ => self.plain = false,
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(call) => self.call(call),
            Expr::Subscript(_) | Expr::BinOp(_) | Expr::Lambda(_) | Expr::If(_) => {
                self.plain = false;
            }
            Expr::Name(_) | Expr::Attribute(_) => {
                if let Some(root) = self.walk.path_of(expression, &Locals::default()) {
                    if !self.roots.contains(&root) {
                        self.roots.push(root);
                    }
                    return;
                }
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}

impl<'a> Finder<'_, 'a, '_> {
    fn call(&mut self, call: &'a ExprCall) {
        let is_parameter =
            |part: &Expr| matches!(part, Expr::Name(name) if name.id.as_str() == self.parameter);
        match (&*call.func, &*call.arguments.args) {
            (Expr::Attribute(method), [Expr::StringLiteral(dot)])
                if method.attr.as_str() == "split"
                    && is_parameter(&method.value)
                    && dot.value.to_str() == "." =>
            {
                self.walks = true;
            }
            (Expr::Attribute(function), [name])
                if function.attr.as_str() == "attrgetter" && is_parameter(name) =>
            {
                self.walks = true;
                self.looks_up = true;
            }
            (Expr::Name(name), _) => match name.id.as_str() {
                "hasattr" | "getattr" => self.looks_up = true,
                "reduce" => self.looks_up |= takes_getattr(call),
                _ => self.plain = false,
            },
            (Expr::Attribute(function), _) if function.attr.as_str() == "reduce" => {
                self.looks_up |= takes_getattr(call);
            }
            // `attrgetter(name)(tf)`
            (Expr::Call(_), [_]) => {}
            _ => self.plain = false,
        }
    }
}

fn takes_getattr(call: &ExprCall) -> bool {
    matches!(&*call.arguments.args, [Expr::Name(name), _, _] if name.id.as_str() == "getattr")
}

/// `not hasattr(x, part)`, `x is None`
fn asks_for_a_part(test: &Expr) -> bool {
    match test {
        Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
            matches!(&*operation.operand, Expr::Call(call)
                if matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "hasattr"))
        }
        Expr::Compare(comparison) => {
            matches!(
                (&*comparison.ops, &*comparison.comparators),
                ([CmpOp::Is], [Expr::NoneLiteral(_)])
            )
        }
        _ => false,
    }
}
