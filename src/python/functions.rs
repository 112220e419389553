//! Definitions, whose bodies are walked later.

use ruff_python_ast::{
    Decorator, Expr, ExprLambda, Parameters, Stmt, StmtClassDef, StmtFunctionDef, TypeParams,
};
use ruff_text_size::Ranged;

use super::bindings::count;
use super::classes::AttributeState;
use super::scopes::{Bound, Collector, Scope, ScopeKind, Value};
use super::tested::Test;
use super::uses::{Body, Guard, GuardId};
use super::walk::{Walk, span_of};
use super::words::{asks_for_parameters, speaks_of_versions};

/// Longer functions are no helpers that tell a version.
const LONGEST_HELPER: usize = 2_500;

/// Longer functions that only name a flag do more than tell of it.
const LONGEST_WITH_FLAG: usize = 600;

/// Code that runs after the code around it.
pub(crate) struct Later<'a> {
    pub(crate) code: LaterCode<'a>,
    /// The scope around it.
    pub(crate) scope: u32,
    /// The conditions around its definition.
    pub(crate) guard: Option<GuardId>,
    /// The class whose method it is.
    pub(crate) class: Option<u32>,
    pub(crate) bound: Bound,
    /// The piece of code around it.
    pub(crate) body: u32,
}

#[derive(Clone, Copy)]
pub(crate) enum LaterCode<'a> {
    /// With the index of its callee.
    Function(&'a StmtFunctionDef, u32),
    /// With the index of its callee, where it is known from where it is called.
    Lambda(&'a ExprLambda, Option<u32>),
}

impl<'a> Walk<'a, '_> {
    pub(crate) fn define(&mut self, function: &'a StmtFunctionDef) {
        let condition = self.decorators(&function.decorator_list);
        self.note_definition(function.name.as_str());
        self.defaults(&function.parameters);
        self.type_params(function.type_params.as_deref());
        for parameter in &*function.parameters {
            if let Some(annotation) = parameter.annotation() {
                self.annotation(annotation);
            }
        }
        if let Some(returns) = &function.returns {
            self.annotation(returns);
        }
        if let Some(Stmt::Raise(_)) = function.body.last()
            && function.body.iter().all(is_part_of_raising)
        {
            let sym = self.syms.intern(function.name.as_str());
            self.throwers.push(sym);
        }
        let callee = self.new_callee();
        self.note_maker(function, callee);
        let value = if self.is_version_helper(function) {
            match self.helper_of(function) {
                Some(helper) => self.value_of_computed(helper),
                None => self.test_value(Test::UNKNOWN),
            }
        } else if self.looks_up(function)
            && let Some(helper) = self.helper_of(function)
        {
            self.value_of_computed(helper)
        } else {
            Value::Function(callee)
        };
        self.bind(function.name.as_str(), value);

        let here = self.guard;
        self.push_guard(condition);
        let guard = self.guard;
        self.guard = here;
        let scope = &self.scopes[self.scope as usize];
        let is_static = function.decorator_list.iter().any(
            |decorator| matches!(&decorator.expression, Expr::Name(name) if name.id == "staticmethod"),
        );
        let class = (scope.kind == ScopeKind::Class && !is_static)
            .then(|| self.class_of_scope(self.scope))
            .flatten();
        self.later(LaterCode::Function(function, callee), guard, class);
    }

    fn class_of_scope(&self, scope: u32) -> Option<u32> {
        let at = self
            .classes
            .iter()
            .rposition(|class| class.scope == scope)?;
        Some(count(at))
    }

    /// Puts code aside that runs later. Functions that bind names of outer scopes, and those
    /// that set up an instance, come before the others.
    pub(crate) fn later(
        &mut self,
        code: LaterCode<'a>,
        guard: Option<GuardId>,
        class: Option<u32>,
    ) {
        let here = std::mem::replace(&mut self.guard, guard);
        let mut guard = self.without_catches();
        self.guard = here;
        if let Some(class) = class {
            guard = self.reached_by(self.classes[class as usize].callee, guard);
        }
        if let LaterCode::Function(_, callee) | LaterCode::Lambda(_, Some(callee)) = code {
            guard = self.reached_by(callee, guard);
        }
        let (bound, first) = match code {
            LaterCode::Function(function, _) => {
                let me = class
                    .is_some()
                    .then(|| first_parameter(&function.parameters))
                    .flatten();
                let collector = Collector::new(&mut self.syms, self.walrus, me);
                let bound = collector.function(&function.parameters, &function.body);
                let sets_up = matches!(
                    function.name.as_str(),
                    "__init__" | "__new__" | "setUp" | "setUpClass" | "setup_method"
                );
                let first = sets_up || !bound.globals.is_empty() || !bound.nonlocals.is_empty();
                (bound, first)
            }
            LaterCode::Lambda(lambda, _) => {
                let collector = Collector::new(&mut self.syms, self.walrus, None);
                (collector.lambda(lambda), false)
            }
        };
        if let Some(class) = class {
            let attributes = &mut self.classes[class as usize].attributes;
            for &name in &bound.attributes {
                let state = attributes.entry(name).or_insert(AttributeState {
                    value: Value::Unbound,
                    seen: 0,
                    total: 0,
                });
                state.total += 1;
            }
        }
        let later = Later {
            code,
            scope: self.scope,
            guard,
            class,
            bound,
            body: self.body,
        };
        if first {
            self.soon.push_back(later);
        } else {
            self.later.push_back(later);
        }
    }

    pub(crate) fn run_later(&mut self, later: Later<'a>) {
        self.begin_body(&later);
        let mut scope = Scope::new(ScopeKind::Function, later.scope);
        scope.values = vec![Value::Unbound; later.bound.names.len()];
        scope.names = later.bound.names;
        scope.globals = later.bound.globals;
        scope.nonlocals = later.bound.nonlocals;
        self.scopes.push(scope);
        self.scope = count(self.scopes.len() - 1);
        self.guard = later.guard;
        self.trail.clear();
        let parameters = match later.code {
            LaterCode::Function(function, _) => Some(&*function.parameters),
            LaterCode::Lambda(lambda, _) => lambda.parameters.as_deref(),
        };
        for parameter in parameters.into_iter().flatten() {
            let value = match parameter.annotation().filter(|_| !parameter.is_variadic()) {
                Some(annotation) => self.annotated_instance(annotation, later.scope),
                None => Value::Other,
            };
            self.bind(parameter.name().as_str(), value);
        }
        self.class = later.class;
        if let (Some(class), Some(me)) = (later.class, parameters.and_then(first_parameter)) {
            self.bind(me, Value::Class(class));
        }
        match later.code {
            LaterCode::Function(function, _) => {
                self.block(&function.body);
            }
            LaterCode::Lambda(lambda, _) => {
                self.expr(&lambda.body);
            }
        }
    }

    /// Notes the piece of code that is walked from here on.
    fn begin_body(&mut self, later: &Later<'a>) {
        let span = match later.code {
            LaterCode::Function(function, _) => span_of(function),
            LaterCode::Lambda(lambda, _) => span_of(lambda),
        };
        let class = later.class.filter(|_| self.watched);
        let method_of = class.and_then(|class| {
            let object = self.base_object(class)?;
            self.instance_path(object)
        });
        self.bodies.push(Body {
            outer: Some(later.body),
            span,
            method_of,
        });
        self.body = count(self.bodies.len() - 1);
    }

    pub(crate) fn type_params(&mut self, parameters: Option<&'a TypeParams>) {
        // Bounds and defaults are evaluated when somebody asks for them.
        for parameter in parameters.into_iter().flat_map(|list| &list.type_params) {
            use ruff_python_ast::TypeParam;
            let (bound, default) = match parameter {
                TypeParam::TypeVar(variable) => (&variable.bound, &variable.default),
                TypeParam::TypeVarTuple(variable) => (&None, &variable.default),
                TypeParam::ParamSpec(variable) => (&None, &variable.default),
            };
            for part in [bound, default].into_iter().flatten() {
                self.never(part);
            }
        }
    }

    /// Walks decorators; the result is the condition under which the body runs.
    pub(crate) fn decorators(&mut self, decorators: &'a [Decorator]) -> Guard {
        let mut conditions = Vec::new();
        for decorator in decorators {
            let name = match &decorator.expression {
                Expr::Call(call) => last_name(&call.func),
                other => last_name(other),
            };
            // `@unittest.skip("reason")`: what is below never runs.
            if name == "skip" {
                self.expr(&decorator.expression);
                conditions.push(Guard::Never);
                continue;
            }
            if let Some(runs) = self.skip_mark(&decorator.expression) {
                conditions.push(runs);
                continue;
            }
            let value = self.expr(&decorator.expression);
            if let Value::Test(test) = value
                && self.skip_marks.contains(&test)
            {
                conditions.push(self.tests[test as usize].yes.clone());
                continue;
            }
            if matches!(value, Value::Test(_))
                || chooses_release(self.slice(&decorator.expression), name)
            {
                conditions.push(Guard::Unknown);
            }
        }
        Guard::all(conditions)
    }

    /// Walks `unittest.skipIf(test, ...)` and its kin; nothing where it is something else. The result
    /// is the condition under which what has that mark runs.
    pub(crate) fn skip_mark(&mut self, mark: &'a Expr) -> Option<Guard> {
        let Expr::Call(call) = mark else {
            return None;
        };
        let name = last_name(&call.func);
        let (condition, rest) = call.arguments.args.split_first()?;
        if !matches!(name, "skipIf" | "skipUnless" | "skipif") {
            return None;
        }
        self.expr(&call.func);
        let test = self.test(condition);
        for rest in rest {
            self.expr(rest);
        }
        for keyword in &call.arguments.keywords {
            self.expr(&keyword.value);
        }
        Some(if name == "skipUnless" {
            test.yes
        } else {
            test.no
        })
    }

    /// An annotation: evaluated where the definition is, unless the file says otherwise.
    pub(crate) fn annotation(&mut self, annotation: &'a Expr) {
        if self.lazy_annotations {
            self.never(annotation);
        } else {
            self.expr(annotation);
        }
    }

    /// Whether a function tells something about versions to those who call it.
    fn is_version_helper(&mut self, function: &'a StmtFunctionDef) -> bool {
        let text = self.text.get(function.range().to_std_range()).unwrap_or("");
        if !self.speaks || text.len() > LONGEST_HELPER {
            return false;
        }
        let returns = text.contains("return");
        let raises = text.contains("raise ") || text.contains("assert ");
        if !returns && !raises {
            return false;
        }
        let short = text.len() <= LONGEST_WITH_FLAG;
        let speaks = speaks_of_versions(text) || short && self.spells_a_test(text);
        if speaks && raises {
            let sym = self.syms.intern(function.name.as_str());
            self.raisers.push(sym);
        }
        let lists =
            self.asks && short && asks_for_parameters(text) && text.matches("def ").count() == 1;
        speaks || lists || self.finds_names(text) || self.puts_to_api(text, "hasattr(")
    }

    /// Whether a short function gets something from the API by a name: many do so for other ends
    /// than to tell whether it is there.
    fn looks_up(&self, function: &StmtFunctionDef) -> bool {
        let text = self.text.get(function.range().to_std_range()).unwrap_or("");
        self.speaks && text.len() <= LONGEST_WITH_FLAG && self.puts_to_api(text, "getattr(")
    }

    /// Whether a call stands in a text that is given something of the API first.
    fn puts_to_api(&self, text: &str, call: &str) -> bool {
        memchr::memmem::find_iter(text.as_bytes(), call).any(|at| {
            let object = text[at + call.len()..].trim_start();
            let end = object
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(object.len());
            self.peek(&object[..end]).is_api()
        })
    }

    /// Whether a text takes a dotted name apart and looks it up below something of the API.
    fn finds_names(&self, text: &str) -> bool {
        let has = |word: &str| text.contains(word);
        let looks_up = has("attrgetter(") || (has("getattr") || has("hasattr(")) && has("split(");
        looks_up
            && text
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .any(|word| self.peek(word).is_api())
    }

    /// Whether an expression speaks of versions, or names what derives from one.
    pub(crate) fn tells_of_versions(&self, expression: &Expr) -> bool {
        let text = self.slice(expression);
        self.speaks && (speaks_of_versions(text) || self.spells_a_test(text))
    }

    /// Whether a text has a word in it that names what derives from a test or version.
    fn spells_a_test(&self, text: &str) -> bool {
        !self.tests.is_empty()
            && text
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .any(|word| matches!(self.peek(word), Value::Test(_)))
    }

    /// Whether a class sets up its tests with a test of versions that may skip them all.
    pub(crate) fn skips_by_version(&self, class: &StmtClassDef) -> bool {
        self.speaks
            && class.body.iter().any(|statement| {
                let Stmt::FunctionDef(function) = statement else {
                    return false;
                };
                let sets_up = matches!(
                    function.name.as_str(),
                    "setUp" | "setUpClass" | "setup_method" | "setup_class"
                );
                let text = function.range().to_std_range();
                let text = self.text.get(text).unwrap_or("");
                sets_up
                    && (text.contains("skip") || text.contains("Skip"))
                    && (speaks_of_versions(text) || self.spells_a_test(text))
            })
    }
}

/// A statement of a function that does nothing but raise.
fn is_part_of_raising(statement: &Stmt) -> bool {
    matches!(
        statement,
        Stmt::Raise(_) | Stmt::Expr(_) | Stmt::Assign(_) | Stmt::Import(_) | Stmt::ImportFrom(_)
    )
}

fn first_parameter(parameters: &Parameters) -> Option<&str> {
    parameters
        .posonlyargs
        .first()
        .or_else(|| parameters.args.first())
        .map(|parameter| parameter.parameter.name.as_str())
}

/// The last name of a dotted expression.
pub(crate) fn last_name(expression: &Expr) -> &str {
    match expression {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    }
}

/// Whether a decorator runs a test on some releases only.
fn chooses_release(text: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("v1_only")
        || name.contains("v2_only")
        || name.contains("run_v1")
        || name.contains("run_v2")
        || name.contains("run_deprecated")
        || name.contains("run_in_graph")
        || name.contains("require")
        || (name.contains("skip") || name.contains("xfail") || name.contains("only"))
            && speaks_of_versions(text)
        || name.contains("version")
        || name.contains("tf1")
        || name.contains("tf2")
}
