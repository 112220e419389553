//! Functions that tell of versions, as what they compute: assignments to names, `if`, `try`,
//! `return`, and nothing else. Also functions that look a dotted name up (`tf_supports("keras.x")`).

use std::cell::Cell;
use std::sync::Arc;

use ruff_python_ast::{
    Expr, ExprLambda, Parameters, Stmt, StmtFunctionDef, StmtIf, StmtImport, StmtTry,
};

use super::{Locals, MAX_DEPTH};
use crate::python::computed::{Arithmetic, Computed};
use crate::python::exceptions::Caught;
use crate::python::imports::canonical;
use crate::python::walk::Walk;

/// More statements, those after a branch counted once for each way to them, are not followed.
const MOST_STATEMENTS: usize = 300;

/// What is left to run after a branch: statements, and what is left after those.
struct Rest<'r, 'a> {
    body: &'a [Stmt],
    next: Option<&'r Rest<'r, 'a>>,
}

/// Names and defaults of parameters.
type Given = Vec<(String, Option<Computed>)>;

impl<'a> Walk<'a, '_> {
    /// What a function computes that does nothing else.
    pub(crate) fn helper_of(&self, function: &'a StmtFunctionDef) -> Option<Computed> {
        if function.is_async {
            return None;
        }
        let (names, locals) = self.parameters_of(&function.parameters)?;
        let budget = Cell::new(MOST_STATEMENTS);
        let body = self
            .returned(&function.body, None, locals, &budget)
            .or_else(|| self.finder_of(function))?;
        function_of(names, body)
    }

    /// The same for `lambda`.
    pub(crate) fn helper_of_lambda(&self, lambda: &'a ExprLambda) -> Option<Computed> {
        let (names, locals) = match &lambda.parameters {
            Some(parameters) => self.parameters_of(parameters)?,
            None => (Vec::new(), Locals::default()),
        };
        function_of(names, self.compute(&lambda.body, &locals, 0)?)
    }

    fn parameters_of(&self, parameters: &'a Parameters) -> Option<(Given, Locals<'a>)> {
        if parameters.vararg.is_some() || parameters.kwarg.is_some() {
            return None;
        }
        let (mut names, mut locals) = (Vec::new(), Locals::default());
        for parameter in parameters.iter_non_variadic_params() {
            let name = parameter.parameter.name.as_str();
            let default = match &parameter.default {
                Some(default) => Some(self.compute(default, &Locals::default(), 0)?),
                None => None,
            };
            locals.names.push((name, Computed::Parameter(names.len())));
            names.push((name.to_owned(), default));
        }
        Some((names, locals))
    }

    fn returned(
        &self,
        body: &'a [Stmt],
        rest: Option<&Rest<'_, 'a>>,
        mut locals: Locals<'a>,
        budget: &Cell<usize>,
    ) -> Option<Computed> {
        for (index, statement) in body.iter().enumerate() {
            budget.set(budget.get().checked_sub(1)?);
            let after = Rest {
                body: &body[index + 1..],
                next: rest,
            };
            match statement {
                Stmt::Expr(text) if text.value.is_string_literal_expr() => {}
                Stmt::Import(import) => self.import_into(&mut locals, import),
                Stmt::ImportFrom(_) | Stmt::Pass(_) => {}
                Stmt::Assign(assign) => {
                    let [target] = &assign.targets[..] else {
                        return None;
                    };
                    let value = self.compute(&assign.value, &locals, 0)?;
                    bind(&mut locals, target, value)?;
                }
                Stmt::AugAssign(assign) => {
                    let left = self.compute(&assign.target, &locals, 0)?;
                    let right = self.compute(&assign.value, &locals, 0)?;
                    let op = Arithmetic::of(assign.op)?;
                    let value = Computed::Arithmetic(Arc::new(left), op, Arc::new(right));
                    bind(&mut locals, &assign.target, value)?;
                }
                Stmt::AnnAssign(assign) => {
                    let value = self.compute(assign.value.as_deref()?, &locals, 0)?;
                    bind(&mut locals, &assign.target, value)?;
                }
                Stmt::Return(value) => {
                    return match value.value.as_deref() {
                        Some(value) => self.compute(value, &locals, 0),
                        None => Some(Computed::Nothing),
                    };
                }
                Stmt::If(choice) => return self.returned_if(choice, &after, &locals, budget),
                Stmt::Try(attempt) => return self.returned_try(attempt, &after, &locals, budget),
                _ => return None,
            }
        }
        match rest {
            Some(rest) => self.returned(rest.body, rest.next, locals, budget),
            None => Some(Computed::Nothing),
        }
    }

    /// What an import of the API in a function binds.
    fn import_into(&self, locals: &mut Locals<'a>, import: &'a StmtImport) {
        for alias in &import.names {
            let dotted = alias.name.as_str();
            let first = dotted.split('.').next().unwrap_or(dotted);
            let (name, path) = match &alias.asname {
                Some(name) => (name.as_str(), dotted),
                None => (first, first),
            };
            if self.api_root(dotted) {
                locals.modules.push((name, canonical(path)));
            }
        }
    }

    fn returned_if(
        &self,
        choice: &'a StmtIf,
        after: &Rest<'_, 'a>,
        locals: &Locals<'a>,
        budget: &Cell<usize>,
    ) -> Option<Computed> {
        let way = |body: &'a [Stmt]| self.returned(body, Some(after), locals.clone(), budget);
        let mut tests = vec![(&*choice.test, way(&choice.body)?)];
        let mut otherwise = None;
        for clause in &choice.elif_else_clauses {
            match &clause.test {
                Some(test) => tests.push((test, way(&clause.body)?)),
                None => otherwise = Some(way(&clause.body)?),
            }
        }
        let mut value = match otherwise {
            Some(value) => value,
            None => way(&[])?,
        };
        if tests.len() > MAX_DEPTH {
            return None;
        }
        for (test, yes) in tests.into_iter().rev() {
            let test = self.compute(test, locals, 0)?;
            value = Computed::Choice(Arc::new([test, yes, value]));
            value.is_small().then_some(())?;
        }
        Some(value)
    }

    /// A `try` whose body returns a value, or raises something that is caught whatever it is.
    fn returned_try(
        &self,
        attempt: &'a StmtTry,
        after: &Rest<'_, 'a>,
        locals: &Locals<'a>,
        budget: &Cell<usize>,
    ) -> Option<Computed> {
        let [ruff_python_ast::ExceptHandler::ExceptHandler(handler)] = &attempt.handlers[..] else {
            return None;
        };
        let returns = matches!(attempt.body.last(), Some(Stmt::Return(_)));
        let catches_all = Caught::of(handler.type_.as_deref()) == Caught::ALL;
        if !returns
            || !catches_all
            || !attempt.orelse.is_empty()
            || !attempt.finalbody.is_empty()
            || handler.name.is_some()
        {
            return None;
        }
        let first = self.returned(&attempt.body, None, locals.clone(), budget)?;
        let second = self.returned(&handler.body, Some(after), locals.clone(), budget)?;
        Some(Computed::Attempt(Arc::new([first, second])))
    }
}

fn function_of(parameters: Given, body: Computed) -> Option<Computed> {
    (body.is_about_versions() && body.is_small()).then(|| Computed::Function {
        parameters,
        body: Arc::new(body),
    })
}

/// Binds what an assignment in a function binds.
fn bind<'a>(locals: &mut Locals<'a>, target: &'a Expr, value: Computed) -> Option<()> {
    value.is_small().then_some(())?;
    let targets = match target {
        Expr::Name(name) => {
            locals.names.push((name.id.as_str(), value));
            return Some(());
        }
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::List(list) => &list.elts,
        _ => return None,
    };
    let of = Arc::new(value);
    let star = targets.iter().position(Expr::is_starred_expr);
    for (at, target) in targets.iter().enumerate() {
        let target = match target {
            Expr::Starred(starred) => &*starred.value,
            other => other,
        };
        let Expr::Name(name) = target else {
            return None;
        };
        let item = Computed::Unpacked {
            of: Arc::clone(&of),
            at,
            names: targets.len(),
            star,
        };
        locals.names.push((name.id.as_str(), item));
    }
    Some(())
}
