//! Tests of versions as expressions: what `tf.__version__ < "2.4"`, `int(v.split(".")[0]) >= 2` or
//! `is_tf2()` compute, symbolically. `narrow` computes them for every release.
//!
//! Supported: the version strings of TensorFlow and Keras; names and attributes of `self` that hold
//! what was computed from them; `packaging`, `distutils` and `pkg_resources`; comparison of texts,
//! slices, indexes, `split`, `startswith`, `join`, `int`, `float`, `tuple`, `map`, comprehensions;
//! functions of a few statements. Not supported: loops, other methods, arithmetic.

use std::sync::Arc;

use ruff_python_ast::{
    BoolOp, CmpOp, Comprehension, Expr, ExprCall, ExprCompare, Number, Stmt, StmtFunctionDef,
    UnaryOp,
};

use crate::text::Span;

use super::bindings::Test;
use super::computed::{Comparison, Computed};
use super::scopes::Value;
use super::uses::{Guard, VersionOf, VersionTest};
use super::walk::Walk;

/// Deeper expressions are no tests that anybody reads.
const MAX_DEPTH: usize = 24;

/// Attributes of a parsed version.
const PARTS: &[&str] = &[
    "major",
    "minor",
    "micro",
    "release",
    "version",
    "base_version",
];

/// Types that make one value of another.
const SCALARS: &[&str] = &["int", "float", "str"];

/// Names that a function's own statements bind, innermost last.
type Locals<'a> = Vec<(&'a str, Computed)>;

impl<'a> Walk<'a, '_> {
    /// What an expression computes of versions; nothing where it has nothing to do with them, or
    /// is not understood.
    pub(crate) fn computed(&self, expression: &'a Expr) -> Option<Computed> {
        if !self.speaks {
            return None;
        }
        let computed = self.compute(expression, &Vec::new(), 0)?;
        (computed.is_about_versions() && computed.is_small()).then_some(computed)
    }

    /// The test that an expression is, if it is one of versions. Notes where it stands.
    pub(crate) fn version_test(&mut self, expression: &'a Expr, span: Span) -> Option<Test> {
        let computed = self.computed(expression)?;
        Some(self.test_of(computed, span))
    }

    /// The same for a comparison.
    pub(crate) fn comparison_test(&mut self, comparison: &'a ExprCompare) -> Option<Test> {
        if !self.speaks {
            return None;
        }
        let computed = self.compute_comparison(comparison, &Vec::new(), 0)?;
        let fits = computed.is_about_versions() && computed.is_small();
        fits.then(|| self.test_of(computed, super::walk::span_of(comparison)))
    }

    fn test_of(&mut self, computed: Computed, span: Span) -> Test {
        let test = Test::of_computed(computed);
        if let Some(computed) = &test.computed
            && !self.version_tests.iter().any(|test| test.span == span)
        {
            self.version_tests.push(VersionTest {
                span,
                computed: Arc::clone(computed),
                guard: self.guard,
            });
        }
        test
    }

    /// A value that was computed of versions, as a name keeps it.
    pub(crate) fn computed_value(&mut self, expression: &'a Expr) -> Option<Value> {
        let computed = self.computed(expression)?;
        if computed.is_truth() {
            let test = self.test_of(computed, super::walk::span_of(expression));
            return Some(self.test_value(test));
        }
        Some(self.value_of_computed(computed))
    }

    pub(crate) fn value_of_computed(&mut self, computed: Computed) -> Value {
        let truth = computed.is_truth();
        let mut test = Test::of_computed(computed);
        if !truth {
            (test.yes, test.no) = (Guard::Unknown, Guard::Unknown);
        }
        self.test_value(test)
    }

    /// The item of a value that an assignment takes apart.
    pub(crate) fn item_of(&mut self, value: Value, index: usize) -> Option<Value> {
        let Value::Test(test) = value else {
            return None;
        };
        let computed = self.tests[test as usize].computed.clone()?;
        let item = Computed::Index(computed, i64::try_from(index).ok()?);
        Some(self.value_of_computed(item))
    }

    fn compute(&self, expression: &'a Expr, locals: &Locals<'a>, depth: usize) -> Option<Computed> {
        if depth > MAX_DEPTH {
            return None;
        }
        let inner = |expression: &'a Expr| self.compute(expression, locals, depth + 1);
        Some(match expression {
            Expr::StringLiteral(text) => Computed::Text(text.value.to_str().to_owned()),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(value) => Computed::Int(value.as_i64()?),
                Number::Float(value) => Computed::Float(*value),
                Number::Complex { .. } => return None,
            },
            Expr::BooleanLiteral(literal) => Computed::Bool(literal.value),
            Expr::Tuple(tuple) => Computed::Sequence {
                list: false,
                items: tuple.elts.iter().map(inner).collect::<Option<_>>()?,
            },
            Expr::List(list) => Computed::Sequence {
                list: true,
                items: list.elts.iter().map(inner).collect::<Option<_>>()?,
            },
            Expr::Name(name) => {
                let name = name.id.as_str();
                match locals.iter().rev().find(|(known, _)| *known == name) {
                    Some((_, value)) => value.clone(),
                    None => self.held(self.peek(name))?,
                }
            }
            Expr::Attribute(attribute) => {
                let name = attribute.attr.as_str();
                if let Some(version) = self
                    .version_string(expression)
                    .or_else(|| installed_version(attribute))
                {
                    return Some(Computed::Version(version));
                }
                if let Expr::Name(object) = &*attribute.value
                    && let Some(held) =
                        self.held(self.class_attribute(self.peek(object.id.as_str()), name))
                {
                    return Some(held);
                }
                let part = one_of(name, PARTS)?;
                Computed::Part(Arc::new(inner(&attribute.value)?), part)
            }
            Expr::Subscript(subscript) => {
                let value = Arc::new(inner(&subscript.value)?);
                match &*subscript.slice {
                    Expr::Slice(slice) if slice.step.is_none() => {
                        let bound = |bound: &'a Option<Box<Expr>>| match bound {
                            None => Some(None),
                            Some(bound) => whole_number(bound).map(Some),
                        };
                        Computed::Slice(value, bound(&slice.lower)?, bound(&slice.upper)?)
                    }
                    index => Computed::Index(value, whole_number(index)?),
                }
            }
            Expr::Call(call) => self.compute_call(call, locals, depth)?,
            Expr::Compare(compare) => self.compute_comparison(compare, locals, depth)?,
            Expr::BoolOp(operation) => {
                let parts = operation.values.iter().map(inner).collect::<Option<_>>()?;
                match operation.op {
                    BoolOp::And => Computed::All(parts),
                    BoolOp::Or => Computed::Any(parts),
                }
            }
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                Computed::Not(Arc::new(inner(&operation.operand)?))
            }
            Expr::If(choice) => Computed::Choice(Arc::new([
                inner(&choice.test)?,
                inner(&choice.body)?,
                inner(&choice.orelse)?,
            ])),
            Expr::ListComp(comp) => each_of(&comp.elt, &comp.generators, inner)?,
            Expr::Generator(comp) => each_of(&comp.elt, &comp.generators, inner)?,
            _ => return None,
        })
    }

    fn held(&self, value: Value) -> Option<Computed> {
        let Value::Test(index) = value else {
            return None;
        };
        let computed = self.tests[index as usize].computed.as_ref()?;
        Some((**computed).clone())
    }

    /// The version string that a dotted expression is.
    fn version_string(&self, expression: &'a Expr) -> Option<VersionOf> {
        let mut parts = Vec::new();
        let mut at = expression;
        while let Expr::Attribute(attribute) = at {
            parts.push(attribute.attr.as_str());
            at = &attribute.value;
        }
        let Expr::Name(name) = at else { return None };
        let value = self.peek(name.id.as_str());
        if !value.is_api() {
            return None;
        }
        let mut paths = self.paths(value, &[]);
        if paths.len() != 1 {
            return None;
        }
        let mut path = paths.swap_remove(0);
        for part in parts.into_iter().rev() {
            super::bindings::push_part(&mut path, part);
        }
        VersionOf::of_path(&path)
    }

    fn compute_call(
        &self,
        call: &'a ExprCall,
        locals: &Locals<'a>,
        depth: usize,
    ) -> Option<Computed> {
        let inner = |expression: &'a Expr| self.compute(expression, locals, depth + 1);
        let arguments = &*call.arguments.args;
        if let Expr::Attribute(method) = &*call.func
            && let Some(value) = self.compute_method(method, call, &inner)
        {
            return Some(value);
        }
        let name = match &*call.func {
            Expr::Name(name) => self.imported_name(name.id.as_str())?,
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return None,
        };
        if let Some(helper) = self.helper(call, name) {
            return self.apply(&helper, call, &inner);
        }
        if !call.arguments.keywords.is_empty() {
            return None;
        }
        match (name, arguments) {
            ("parse" | "Version" | "parse_version" | "StrictVersion", [argument]) => {
                Some(Computed::Parsed(Arc::new(inner(argument)?)))
            }
            ("LooseVersion", [argument]) => Some(Computed::Loose(Arc::new(inner(argument)?))),
            ("version", [Expr::StringLiteral(package)]) => {
                VersionOf::of_distribution(package.value.to_str()).map(Computed::Version)
            }
            ("bool", [argument]) => inner(argument),
            ("map", [Expr::Name(function), argument]) => {
                let kind = one_of(function.id.as_str(), SCALARS)?;
                Some(Computed::Each(kind, Arc::new(inner(argument)?)))
            }
            (_, [argument]) => {
                let kind = one_of(name, SCALARS).or_else(|| one_of(name, &["tuple", "list"]))?;
                Some(Computed::Convert(kind, Arc::new(inner(argument)?)))
            }
            _ => None,
        }
    }

    fn compute_method(
        &self,
        method: &'a ruff_python_ast::ExprAttribute,
        call: &'a ExprCall,
        inner: &dyn Fn(&'a Expr) -> Option<Computed>,
    ) -> Option<Computed> {
        let arguments = &*call.arguments.args;
        match (method.attr.as_str(), arguments) {
            ("split", [Expr::StringLiteral(by)]) => {
                let text = Arc::new(inner(&method.value)?);
                Some(Computed::Split(text, by.value.to_str().to_owned()))
            }
            ("startswith" | "endswith", [affix]) => {
                let text = Arc::new(inner(&method.value)?);
                let texts = match affix {
                    Expr::Tuple(tuple) => tuple.elts.iter().map(text_of).collect::<Option<_>>()?,
                    other => vec![text_of(other)?],
                };
                Some(Computed::Affix {
                    text,
                    any: texts,
                    start: method.attr.as_str() == "startswith",
                })
            }
            ("join", [items]) => {
                let by = text_of(&method.value)?;
                Some(Computed::Join(by, Arc::new(inner(items)?)))
            }
            _ => None,
        }
    }

    /// What a name was called where it was imported from; nothing for a class or function of the
    /// file that tells nothing of versions.
    fn imported_name(&self, name: &'a str) -> Option<&'a str> {
        let renamed = self.syms.get(name).and_then(|sym| {
            let known = self.renamed.iter().rev().find(|(known, _)| *known == sym)?;
            Some(known.1)
        });
        match self.peek(name) {
            Value::Function(_) | Value::Class(_) => None,
            _ => Some(renamed.unwrap_or(name)),
        }
    }

    fn helper(&self, call: &'a ExprCall, name: &str) -> Option<Computed> {
        let value = match &*call.func {
            Expr::Name(_) => self.peek(name),
            Expr::Attribute(attribute) => match &*attribute.value {
                Expr::Name(object) => self.class_attribute(self.peek(object.id.as_str()), name),
                _ => return None,
            },
            _ => return None,
        };
        self.held(value)
            .filter(|held| matches!(held, Computed::Function { .. }))
    }

    /// What a function of the file computes for the arguments of a call.
    fn apply(
        &self,
        helper: &Computed,
        call: &'a ExprCall,
        inner: &dyn Fn(&'a Expr) -> Option<Computed>,
    ) -> Option<Computed> {
        let Computed::Function { parameters, body } = helper else {
            return None;
        };
        let mut given: Vec<Option<Computed>> = vec![None; parameters.len()];
        for (place, argument) in given.iter_mut().zip(&*call.arguments.args) {
            *place = Some(inner(argument)?);
        }
        if call.arguments.args.len() > parameters.len() {
            return None;
        }
        for keyword in &call.arguments.keywords {
            let name = keyword.arg.as_ref()?.as_str();
            let at = parameters.iter().position(|(known, _)| known == name)?;
            given[at] = Some(inner(&keyword.value)?);
        }
        let arguments: Vec<Computed> = given
            .into_iter()
            .zip(parameters)
            .map(|(given, (_, default))| given.or_else(|| default.clone()))
            .collect::<Option<_>>()?;
        body.with(&arguments).filter(|value| value.is_small())
    }

    fn compute_comparison(
        &self,
        compare: &'a ExprCompare,
        locals: &Locals<'a>,
        depth: usize,
    ) -> Option<Computed> {
        let inner = |expression: &'a Expr| self.compute(expression, locals, depth + 1);
        let mut left = Arc::new(inner(&compare.left)?);
        let mut all = Vec::new();
        for (op, right) in compare.ops.iter().zip(&*compare.comparators) {
            let right = Arc::new(inner(right)?);
            let (x, y) = (Arc::clone(&left), Arc::clone(&right));
            all.push(match op {
                CmpOp::In => Computed::In(x, y),
                CmpOp::NotIn => Computed::Not(Arc::new(Computed::In(x, y))),
                CmpOp::Is => Computed::Compare(x, Comparison::Equal, y),
                CmpOp::IsNot => Computed::Compare(x, Comparison::NotEqual, y),
                other => Computed::Compare(x, Comparison::of(*other)?, y),
            });
            left = right;
        }
        Some(if all.len() == 1 {
            all.swap_remove(0)
        } else {
            Computed::All(all)
        })
    }

    /// What a function computes that does nothing else: assignments to names, `if`, `return`.
    pub(crate) fn helper_of(&self, function: &'a StmtFunctionDef) -> Option<Computed> {
        let parameters = &function.parameters;
        if parameters.vararg.is_some() || parameters.kwarg.is_some() || function.is_async {
            return None;
        }
        let mut names = Vec::new();
        let mut locals: Locals<'a> = Vec::new();
        for parameter in parameters.iter_non_variadic_params() {
            let name = parameter.parameter.name.as_str();
            let default = match &parameter.default {
                Some(default) => Some(self.compute(default, &Vec::new(), 0)?),
                None => None,
            };
            locals.push((name, Computed::Parameter(names.len())));
            names.push((name.to_owned(), default));
        }
        let body = self.returned(&function.body, locals, 0)?;
        if !body.is_about_versions() || !body.is_small() {
            return None;
        }
        Some(Computed::Function {
            parameters: names,
            body: Arc::new(body),
        })
    }

    fn returned(&self, body: &'a [Stmt], mut locals: Locals<'a>, depth: usize) -> Option<Computed> {
        if depth > MAX_DEPTH {
            return None;
        }
        for (index, statement) in body.iter().enumerate() {
            match statement {
                Stmt::Expr(text) if text.value.is_string_literal_expr() => {}
                Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::Pass(_) => {}
                Stmt::Assign(assign) => {
                    let [Expr::Name(name)] = &assign.targets[..] else {
                        return None;
                    };
                    let value = self.compute(&assign.value, &locals, 0)?;
                    if !value.is_small() {
                        return None;
                    }
                    locals.push((name.id.as_str(), value));
                }
                Stmt::Return(value) => {
                    return self.compute(value.value.as_deref()?, &locals, 0);
                }
                Stmt::If(choice) => {
                    let rest = &body[index + 1..];
                    let otherwise = match &choice.elif_else_clauses[..] {
                        [] => rest,
                        [only] if only.test.is_none() && rest.is_empty() => &only.body,
                        _ => return None,
                    };
                    return Some(Computed::Choice(Arc::new([
                        self.compute(&choice.test, &locals, 0)?,
                        self.returned(&choice.body, locals.clone(), depth + 1)?,
                        self.returned(otherwise, locals, depth + 1)?,
                    ])));
                }
                _ => return None,
            }
        }
        None
    }
}

/// `pkg_resources.get_distribution("tensorflow").version`
fn installed_version(attribute: &ruff_python_ast::ExprAttribute) -> Option<VersionOf> {
    let Expr::Call(call) = &*attribute.value else {
        return None;
    };
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    match (attribute.attr.as_str(), name, &*call.arguments.args) {
        ("version", "get_distribution" | "distribution", [Expr::StringLiteral(package)]) => {
            VersionOf::of_distribution(package.value.to_str())
        }
        _ => None,
    }
}

fn each_of<'a>(
    item: &'a Expr,
    generators: &'a [Comprehension],
    inner: impl Fn(&'a Expr) -> Option<Computed>,
) -> Option<Computed> {
    let [generator] = generators else { return None };
    let (Expr::Name(target), true) = (&generator.target, generator.ifs.is_empty()) else {
        return None;
    };
    let items = Arc::new(inner(&generator.iter)?);
    match item {
        Expr::Name(name) if name.id == target.id => Some(Computed::Convert("list", items)),
        Expr::Call(call) => {
            let (Expr::Name(function), [Expr::Name(argument)]) =
                (&*call.func, &*call.arguments.args)
            else {
                return None;
            };
            let kind = one_of(function.id.as_str(), SCALARS)?;
            (argument.id == target.id).then_some(Computed::Each(kind, items))
        }
        _ => None,
    }
}

/// A name as it stands in a list of known ones.
fn one_of(name: &str, known: &[&'static str]) -> Option<&'static str> {
    known.iter().copied().find(|one| *one == name)
}

fn text_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
        _ => None,
    }
}

fn whole_number(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(value) => value.as_i64(),
            _ => None,
        },
        Expr::UnaryOp(operation) if operation.op == UnaryOp::USub => {
            whole_number(&operation.operand).map(|value| -value)
        }
        _ => None,
    }
}
