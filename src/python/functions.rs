//! Definitions, whose bodies are walked later, and assignments.

use ruff_python_ast::{
    Decorator, Expr, ExprLambda, Parameters, Stmt, StmtAnnAssign, StmtAugAssign, StmtClassDef,
    StmtFunctionDef, TypeParams,
};
use ruff_text_size::Ranged;

use super::bindings::{Test, count};
use super::classes::AttributeState;
use super::scopes::{Bound, Collector, Scope, ScopeKind, Value};
use super::uses::{Body, Guard, GuardId};
use super::walk::{Walk, span_of};
use super::words::speaks_of_versions;

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
    Lambda(&'a ExprLambda),
}

impl<'a> Walk<'a, '_> {
    pub(crate) fn define(&mut self, function: &'a StmtFunctionDef) {
        let condition = self.decorators(&function.decorator_list);
        if self.context.api.owner_of(function.name.as_str()).is_some() {
            self.defines.push(function.name.as_str().to_owned());
        }
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
        let value = if self.is_version_helper(function) {
            match self.helper_of(function) {
                Some(helper) => self.value_of_computed(helper),
                None => self.test_value(Test::UNKNOWN),
            }
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
        if let LaterCode::Function(_, callee) = code {
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
            LaterCode::Lambda(lambda) => {
                let collector = Collector::new(&mut self.syms, self.walrus, None);
                (collector.lambda(lambda), false)
            }
        };
        if let Some(class) = class {
            let attributes = &mut self.classes[class as usize].attributes;
            for &name in &bound.attributes {
                match attributes.iter_mut().find(|state| state.name == name) {
                    Some(state) => state.total += 1,
                    None => attributes.push(AttributeState {
                        name,
                        value: Value::Unbound,
                        seen: 0,
                        total: 1,
                    }),
                }
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
            LaterCode::Lambda(lambda) => lambda.parameters.as_deref(),
        };
        for parameter in parameters.into_iter().flatten() {
            self.bind(parameter.name().as_str(), Value::Other);
        }
        if let (Some(class), Some(me)) = (later.class, parameters.and_then(first_parameter)) {
            self.bind(me, Value::Class(class));
        }
        match later.code {
            LaterCode::Function(function, _) => {
                self.block(&function.body);
            }
            LaterCode::Lambda(lambda) => {
                self.expr(&lambda.body);
            }
        }
    }

    /// Notes the piece of code that is walked from here on.
    fn begin_body(&mut self, later: &Later<'a>) {
        let (name, span) = match later.code {
            LaterCode::Function(function, _) => (function.name.as_str(), span_of(function)),
            LaterCode::Lambda(lambda) => ("", span_of(lambda)),
        };
        let method_of = later.class.and_then(|class| {
            let object = self.base_object(class)?;
            self.instance_path(object)
        });
        self.bodies.push(Body {
            outer: Some(later.body),
            name: name.into(),
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
            if let Expr::Call(call) = &decorator.expression
                && matches!(name, "skipIf" | "skipUnless" | "skipif")
                && let Some(condition) = call.arguments.args.first()
            {
                self.expr(&call.func);
                let test = self.test(condition);
                for rest in &call.arguments.args[1..] {
                    self.expr(rest);
                }
                for keyword in &call.arguments.keywords {
                    self.expr(&keyword.value);
                }
                conditions.push(if name == "skipUnless" {
                    test.yes
                } else {
                    test.no
                });
                continue;
            }
            let value = self.expr(&decorator.expression);
            if matches!(value, Value::Test(_))
                || chooses_release(self.slice(&decorator.expression), name)
            {
                conditions.push(Guard::Unknown);
            }
        }
        Guard::all(conditions)
    }

    /// An annotation: evaluated where the definition is, unless the file says otherwise.
    fn annotation(&mut self, annotation: &'a Expr) {
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
        speaks || {
            text.match_indices("hasattr(").any(|(at, word)| {
                let object = text[at + word.len()..].trim_start();
                let end = object
                    .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .unwrap_or(object.len());
                self.peek(&object[..end]).is_api()
            })
        }
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

    pub(crate) fn assignment(&mut self, targets: &'a [Expr], value: &'a Expr) {
        self.assigned_variables(targets, value);
        // `a, b = tf.x, tf.y`
        if let ([target], Some(values)) = (targets, elements(value))
            && let Some(names) = elements(target)
            && names.len() == values.len()
            && !names.iter().chain(values).any(Expr::is_starred_expr)
        {
            let values: Vec<Value> = values
                .iter()
                .map(|value| {
                    let value = self.value_of(value);
                    self.settle(value)
                })
                .collect();
            for (name, value) in names.iter().zip(values) {
                self.assign(name, value);
            }
            return;
        }
        if self.at_module_level()
            && let [Expr::Name(name)] = targets
            && name.id == "__all__"
        {
            self.set_all(value);
        }
        let pytestmark = self.at_module_level()
            && matches!(targets, [Expr::Name(name)] if name.id == "pytestmark");
        let value = self.value_of(value);
        let value = self.settle(value);
        for target in targets {
            self.assign(target, value);
        }
        if pytestmark && matches!(value, Value::Test(_)) {
            // It skips all tests of the module.
            self.push_guard(Guard::Unknown);
        }
    }

    /// The value that is assigned; what derives from a version is a test of it.
    fn value_of(&mut self, value: &'a Expr) -> Value {
        let known = self.expr(value);
        let understood = |test: u32| self.tests[test as usize].yes != Guard::Unknown;
        if let Value::Other | Value::Used { .. } | Value::Test(_) = known
            && !matches!(known, Value::Test(test) if understood(test))
            && let Some(computed) = self.computed_value(value)
        {
            return computed;
        }
        if known == Value::Other && self.derives_from_version(value) {
            return self.test_value(Test::UNKNOWN);
        }
        // `v = tf.__version__`
        if let Value::Used { .. } = known
            && matches!(
                last_name(value),
                "__version__" | "VERSION" | "__git_version__" | "GIT_VERSION" | "version"
            )
        {
            return self.test_value(Test::UNKNOWN);
        }
        known
    }

    pub(crate) fn annotated(&mut self, assign: &'a StmtAnnAssign) {
        let in_function = self.scopes[self.scope as usize].kind == ScopeKind::Function;
        let value = assign.value.as_ref().map(|value| {
            let value = self.value_of(value);
            self.settle(value)
        });
        if in_function && assign.simple {
            self.never(&assign.annotation);
        } else {
            self.annotation(&assign.annotation);
        }
        if let Some(value) = value {
            self.assign(&assign.target, value);
        }
    }

    pub(crate) fn augmented(&mut self, assign: &'a StmtAugAssign) {
        // `tf.x += 1` reads `tf.x`.
        let before = self.expr(&assign.target);
        let value = self.value_of(&assign.value);
        let value = if matches!(before, Value::Test(_)) || matches!(value, Value::Test(_)) {
            self.test_value(Test::UNKNOWN)
        } else {
            Value::Other
        };
        if let Expr::Name(name) = &*assign.target {
            self.bind(name.id.as_str(), value);
        }
    }

    /// Binds a target.
    pub(crate) fn assign(&mut self, target: &'a Expr, value: Value) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), value),
            Expr::Tuple(_) | Expr::List(_) => {
                let part = if matches!(value, Value::Test(_)) {
                    self.test_value(Test::UNKNOWN)
                } else {
                    Value::Other
                };
                let targets = elements(target).unwrap_or_default();
                let plain = !targets.iter().any(Expr::is_starred_expr);
                for (index, target) in targets.iter().enumerate() {
                    let item = plain.then(|| self.item_of(value, index)).flatten();
                    self.assign(target, item.unwrap_or(part));
                }
            }
            Expr::Starred(starred) => self.assign(&starred.value, Value::Other),
            Expr::Attribute(attribute) => {
                let object = self.expr(&attribute.value);
                let name = attribute.attr.as_str();
                if object.is_api() {
                    self.create(object, Some(name));
                } else if let Value::Class(class) = object {
                    self.assign_attribute(class, name, value);
                }
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
                self.assigned_module(&subscript.value, &subscript.slice);
            }
            other => {
                self.expr(other);
            }
        }
    }

    fn assign_attribute(&mut self, class: u32, name: &'a str, value: Value) {
        let sym = self.syms.intern(name);
        let attributes = &self.classes[class as usize].attributes;
        let old = attributes
            .iter()
            .find(|state| state.name == sym)
            .map_or((Value::Unbound, 0), |state| (state.value, state.total));
        let new = match old.0 {
            Value::Unbound | Value::Nothing => value,
            old if self.same(old, value) || matches!(value, Value::Nothing) => old,
            Value::Test(_) => self.test_value(Test::UNKNOWN),
            _ if matches!(value, Value::Test(_)) => self.test_value(Test::UNKNOWN),
            _ => Value::Other,
        };
        let attributes = &mut self.classes[class as usize].attributes;
        match attributes.iter_mut().find(|state| state.name == sym) {
            Some(state) => {
                state.value = new;
                state.seen += 1;
            }
            None => attributes.push(AttributeState {
                name: sym,
                value: new,
                seen: 1,
                total: 1,
            }),
        }
    }

    pub(crate) fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), Value::Unbound),
            Expr::Tuple(_) | Expr::List(_) => {
                for target in elements(target).unwrap_or_default() {
                    self.delete(target);
                }
            }
            Expr::Attribute(attribute) => {
                self.expr(&attribute.value);
            }
            other => {
                self.expr(other);
            }
        }
    }

    fn set_all(&mut self, value: &'a Expr) {
        let names = elements(value).and_then(|parts| {
            parts
                .iter()
                .map(|part| match part {
                    Expr::StringLiteral(name) => Some(name.value.to_str().to_owned()),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>()
        });
        self.all = Some(names.unwrap_or_default());
    }
}

/// A statement of a function that does nothing but raise.
fn is_part_of_raising(statement: &Stmt) -> bool {
    matches!(
        statement,
        Stmt::Raise(_) | Stmt::Expr(_) | Stmt::Assign(_) | Stmt::Import(_) | Stmt::ImportFrom(_)
    )
}

/// The parts of a tuple or list.
fn elements(expression: &Expr) -> Option<&[Expr]> {
    match expression {
        Expr::Tuple(tuple) => Some(&tuple.elts),
        Expr::List(list) => Some(&list.elts),
        _ => None,
    }
}

fn first_parameter(parameters: &Parameters) -> Option<&str> {
    parameters
        .posonlyargs
        .first()
        .or_else(|| parameters.args.first())
        .map(|parameter| parameter.parameter.name.as_str())
}

/// The last name of a dotted expression.
fn last_name(expression: &Expr) -> &str {
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
