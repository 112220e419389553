//! Tests of versions as expressions: what `tf.__version__ < "2.4"`, `int(v.split(".")[0]) >= 2` or
//! `is_tf2()` compute, symbolically. `narrow` computes them for every release.
//!
//! Supported: the version strings of TensorFlow and Keras, and that of Python; names, attributes of
//! `self` and names of the project's modules that hold what was computed from them; constants;
//! `packaging`, `distutils` and `pkg_resources`; comparison, arithmetic, slices, indexes, methods of
//! texts, builtins, displays ([`calls`], [`comprehensions`]); regular expressions, specifiers and
//! `semver` ([`libraries`]); functions of a few statements ([`functions`]). Not supported: loops.

mod calls;
mod comprehensions;
mod finders;
mod functions;
mod libraries;

use std::sync::Arc;

use ruff_python_ast::{
    BoolOp, CmpOp, Expr, ExprAttribute, ExprCompare, ExprFString, FStringPart,
    InterpolatedStringElement, Number, StmtAugAssign, UnaryOp,
};

use crate::text::Span;

use super::computed::{Arithmetic, Comparison, Computed};
use super::exports::Export;
use super::project::ModuleId;
use super::scopes::Value;
use super::tested::Test;
use super::uses::{Guard, VersionOf, VersionTest};
use super::walk::Walk;

pub(crate) use libraries::imported_function;

/// Longer texts are no paths.
const LONGEST_PATH: usize = 256;

/// Deeper expressions are no tests that anybody reads.
const MAX_DEPTH: usize = 24;

/// Displays of more items are data.
const MOST_ITEMS: usize = 16;

/// Attributes of a parsed version.
const PARTS: &[&str] = &[
    "major",
    "minor",
    "micro",
    "patch",
    "release",
    "version",
    "specifier",
    "base_version",
    "public",
    "is_prerelease",
    "is_postrelease",
    "is_devrelease",
];

/// Types that make one value of another.
const SCALARS: &[&str] = &["int", "float", "str"];

/// Names that code's own statements bind, innermost last.
#[derive(Clone, Default)]
struct Locals<'a> {
    names: Vec<(&'a str, Computed)>,
    /// How many comprehensions are around.
    comprehensions: usize,
    /// What a function's own imports bind, and the API paths that these are.
    modules: Vec<(&'a str, String)>,
}

impl<'a> Locals<'a> {
    fn get(&self, name: &str) -> Option<&Computed> {
        let mut known = self.names.iter().rev();
        known.find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    fn module(&self, name: &str) -> Option<&str> {
        let mut known = self.modules.iter().rev();
        known
            .find(|(own, _)| *own == name)
            .map(|(_, path)| path.as_str())
    }
}

impl<'a> Walk<'a, '_> {
    /// What an expression computes of versions; nothing where it has nothing to do with them, or
    /// is not understood.
    pub(crate) fn computed(&self, expression: &'a Expr) -> Option<Computed> {
        if !self.speaks && self.tests.is_empty() {
            return None;
        }
        let computed = self.compute(expression, &Locals::default(), 0)?;
        (computed.is_about_versions() && computed.is_small()).then_some(computed)
    }

    /// The test that an expression is, if it is one of versions. Notes where it stands.
    pub(crate) fn version_test(&mut self, expression: &'a Expr, span: Span) -> Option<Test> {
        let computed = self.computed(expression)?;
        Some(self.noted(expression, computed, span))
    }

    /// Notes a test where it is written. What a function without parameters compares stands there,
    /// and not where it is called.
    fn noted(&mut self, expression: &'a Expr, computed: Computed, span: Span) -> Test {
        match expression {
            Expr::Call(call) if call.arguments.is_empty() && self.calls_helper(call) => {
                Test::of_computed(computed)
            }
            _ => self.test_of(computed, span),
        }
    }

    /// The same for a comparison.
    pub(crate) fn comparison_test(&mut self, comparison: &'a ExprCompare) -> Option<Test> {
        if !self.speaks && self.tests.is_empty() {
            return None;
        }
        let computed = self.compute_comparison(comparison, &Locals::default(), 0)?;
        let fits = computed.is_about_versions() && computed.is_small();
        fits.then(|| self.test_of(computed, super::walk::span_of(comparison)))
    }

    pub(crate) fn test_of(&mut self, computed: Computed, span: Span) -> Test {
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
            let test = self.noted(expression, computed, super::walk::span_of(expression));
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

    /// A text, number or tuple of these that a name is bound to: a bound, perhaps, or the name of
    /// a branch.
    pub(crate) fn constant(&mut self, expression: &'a Expr) -> Option<Value> {
        let plain = |part: &Expr| matches!(part, Expr::StringLiteral(_) | Expr::NumberLiteral(_));
        let fits = match expression {
            Expr::Tuple(tuple) => tuple.len() <= MOST_ITEMS && tuple.elts.iter().all(plain),
            other => plain(other),
        };
        // A short text may be a path, which decides for some calls.
        let path =
            expression.is_string_literal_expr() && self.slice(expression).len() <= LONGEST_PATH;
        if !fits || !self.speaks && !path {
            return None;
        }
        let computed = self.compute(expression, &Locals::default(), 0)?;
        Some(self.constant_value(computed))
    }

    fn constant_value(&mut self, computed: Computed) -> Value {
        self.constants.push(computed);
        Value::Constant(super::bindings::count(self.constants.len() - 1))
    }

    /// What a library makes of a text that is written out: a bound, a pattern, specifiers.
    pub(crate) fn made_of_text(&mut self, expression: &'a Expr) -> Option<Value> {
        let Expr::Call(call) = expression else {
            return None;
        };
        let text = call.arguments.args.first()?;
        if !self.speaks || !text.is_string_literal_expr() {
            return None;
        }
        let computed = self.compute(expression, &Locals::default(), 0)?;
        let fits = matches!(
            computed,
            Computed::Pattern(_)
                | Computed::Specifiers(..)
                | Computed::Parsed(_)
                | Computed::Loose(_)
                | Computed::Strict(_)
                | Computed::Semver(_)
        );
        fits.then(|| self.constant_value(computed))
    }

    /// What one of the names gets that an assignment takes a value apart into.
    pub(crate) fn item_of(
        &mut self,
        value: Value,
        at: usize,
        names: usize,
        star: Option<usize>,
    ) -> Option<Value> {
        let Value::Test(test) = value else {
            return None;
        };
        let of = self.tests[test as usize].computed.clone()?;
        Some(self.value_of_computed(Computed::Unpacked {
            of,
            at,
            names,
            star,
        }))
    }

    /// What `x += y` makes of `x`.
    pub(crate) fn sum_of(&self, assign: &'a StmtAugAssign) -> Option<Computed> {
        let left = Arc::new(self.literal(&assign.target)?);
        let right = Arc::new(self.literal(&assign.value)?);
        let sum = Computed::Arithmetic(left, Arithmetic::of(assign.op)?, right);
        sum.is_small().then_some(sum)
    }

    /// What an expression that stands alone computes: the value of a pattern.
    pub(crate) fn literal(&self, expression: &'a Expr) -> Option<Computed> {
        self.compute(expression, &Locals::default(), 0)
    }

    fn compute(&self, expression: &'a Expr, locals: &Locals<'a>, depth: usize) -> Option<Computed> {
        if depth > MAX_DEPTH {
            return None;
        }
        let inner = |expression: &'a Expr| self.compute(expression, locals, depth + 1);
        let all = |parts: &'a [Expr]| -> Option<Vec<Computed>> {
            (parts.len() <= MOST_ITEMS).then_some(())?;
            parts.iter().map(inner).collect()
        };
        Some(match expression {
            Expr::StringLiteral(text) => Computed::Text(text.value.to_str().to_owned()),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(value) => Computed::Int(value.as_i64()?),
                Number::Float(value) => Computed::Float(*value),
                Number::Complex { .. } => return None,
            },
            Expr::BooleanLiteral(literal) => Computed::Bool(literal.value),
            Expr::NoneLiteral(_) => Computed::Nothing,
            Expr::FString(text) => self.compute_fstring(text, locals, depth)?,
            Expr::Tuple(tuple) => Computed::Sequence {
                list: false,
                items: all(&tuple.elts)?,
            },
            Expr::List(list) => Computed::Sequence {
                list: true,
                items: all(&list.elts)?,
            },
            Expr::Set(set) => {
                let items = all(&set.elts)?;
                Computed::Builtin("set", vec![Computed::Sequence { list: true, items }])
            }
            Expr::Dict(dict) if dict.items.len() <= MOST_ITEMS => {
                let pair = |item: &'a ruff_python_ast::DictItem| {
                    Some((inner(item.key.as_ref()?)?, inner(&item.value)?))
                };
                Computed::Dict(dict.items.iter().map(pair).collect::<Option<_>>()?)
            }
            Expr::Name(name) => {
                let name = name.id.as_str();
                match locals.get(name) {
                    Some(value) => value.clone(),
                    None => self.held(self.peek(name))?,
                }
            }
            Expr::Attribute(attribute) => self.compute_attribute(attribute, locals, &inner)?,
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
                    index => match (&*value, whole_number(index)) {
                        (Computed::Dict(_), _) | (_, None) => {
                            Computed::Lookup(value, Arc::new(inner(index)?))
                        }
                        (_, Some(at)) => Computed::Index(value, at),
                    },
                }
            }
            Expr::Call(call) => self.compute_call(call, locals, depth)?,
            Expr::Compare(compare) => self.compute_comparison(compare, locals, depth)?,
            Expr::BinOp(operation) => Computed::Arithmetic(
                Arc::new(inner(&operation.left)?),
                Arithmetic::of(operation.op)?,
                Arc::new(inner(&operation.right)?),
            ),
            Expr::BoolOp(operation) => {
                let parts = operation.values.iter().map(inner).collect::<Option<_>>()?;
                match operation.op {
                    BoolOp::And => Computed::All(parts),
                    BoolOp::Or => Computed::Any(parts),
                }
            }
            Expr::UnaryOp(operation) => match operation.op {
                UnaryOp::Not => Computed::Not(Arc::new(inner(&operation.operand)?)),
                UnaryOp::USub => Computed::Int(whole_number(expression)?),
                UnaryOp::UAdd | UnaryOp::Invert => return None,
            },
            Expr::If(choice) => {
                let (yes, no) = (inner(&choice.body)?, inner(&choice.orelse)?);
                // `tf.__version__ if hasattr(tf, "__version__") else tf.VERSION`
                if yes == no {
                    return Some(yes);
                }
                Computed::Choice(Arc::new([inner(&choice.test)?, yes, no]))
            }
            Expr::Named(named) => inner(&named.value)?,
            Expr::ListComp(comp) => {
                let made =
                    self.compute_comprehension(&comp.elt, &comp.generators, locals, depth)?;
                Computed::Convert("list", Arc::new(made))
            }
            Expr::Generator(comp) => {
                self.compute_comprehension(&comp.elt, &comp.generators, locals, depth)?
            }
            _ => return None,
        })
    }

    fn compute_attribute(
        &self,
        attribute: &'a ExprAttribute,
        locals: &Locals<'a>,
        inner: &dyn Fn(&'a Expr) -> Option<Computed>,
    ) -> Option<Computed> {
        let name = attribute.attr.as_str();
        if let Some(version) = self.version_string(attribute, locals) {
            return Some(Computed::Version(version));
        }
        if let Expr::Name(object) = &*attribute.value {
            let object = object.id.as_str();
            let value = self.peek(object);
            if let Some(computed) = self.of_python(object, name, value) {
                return Some(computed);
            }
            if let Some(held) = self.held(self.class_attribute(value, name)) {
                return Some(held);
            }
        }
        if let Some(computed) = self.of_module(&attribute.value, name) {
            return Some(computed);
        }
        let value = inner(&attribute.value)?;
        if let Computed::Installed(version) = value {
            let version = Computed::Version(version);
            return match name {
                "version" => Some(version),
                "parsed_version" => Some(Computed::Parsed(Arc::new(version))),
                _ => None,
            };
        }
        if value == Computed::Version(VersionOf::Python) {
            let at = ["major", "minor", "micro"].iter().position(|n| *n == name);
            return Some(Computed::Index(Arc::new(value), i64::try_from(at?).ok()?));
        }
        Some(Computed::Part(Arc::new(value), one_of(name, PARTS)?))
    }

    /// `sys.version_info`, `six.PY2`, where the name is no other thing's.
    fn of_python(&self, object: &str, name: &str, value: Value) -> Option<Computed> {
        matches!(value, Value::Other | Value::Unbound).then_some(())?;
        python_fact(object, name)
    }

    /// What a name of a module of the project holds: `compat.IS_TF2`, `pkg.compat.VERSION`.
    fn of_module(&self, module: &Expr, name: &str) -> Option<Computed> {
        let dotted = dotted_name(module)?;
        let first = dotted.split('.').next()?;
        let id = match self.peek(first) {
            Value::Module(module) if first.len() == dotted.len() => ModuleId(module),
            Value::Package(_) => self.package(&dotted)?,
            _ => return None,
        };
        match self.context.exports.lookup(id, name)? {
            Export::Test { computed, .. } => Some((**computed.as_ref()?).clone()),
            Export::Api { .. } | Export::Makes { .. } | Export::From { .. } | Export::Module(_) => {
                None
            }
        }
    }

    /// What a value that a name is bound to computes.
    pub(crate) fn held(&self, value: Value) -> Option<Computed> {
        match value {
            Value::Test(index) => {
                let computed = self.tests[index as usize].computed.as_ref()?;
                Some((**computed).clone())
            }
            Value::Constant(index) => Some(self.constants[index as usize].clone()),
            Value::Api(_) | Value::Alternatives(_) => {
                self.one_version(value, &[]).map(Computed::Version)
            }
            _ => None,
        }
    }

    /// The version string that a dotted expression is.
    fn version_string(&self, attribute: &ExprAttribute, locals: &Locals<'a>) -> Option<VersionOf> {
        let mut parts = vec![attribute.attr.as_str()];
        let mut at = &*attribute.value;
        while let Expr::Attribute(attribute) = at {
            parts.push(attribute.attr.as_str());
            at = &attribute.value;
        }
        let Expr::Name(name) = at else { return None };
        parts.reverse();
        self.version_below(name.id.as_str(), &parts, locals)
    }

    /// The version string below a name.
    fn version_below(&self, name: &str, parts: &[&str], locals: &Locals<'a>) -> Option<VersionOf> {
        match locals.module(name) {
            Some(path) => VersionOf::of_path(&below(path, parts)),
            None if locals.get(name).is_some() => None,
            None => self.one_version(self.peek(name), parts),
        }
    }

    /// The version string that is behind all paths of a value and the parts after it.
    fn one_version(&self, value: Value, parts: &[&str]) -> Option<VersionOf> {
        if !value.is_api() {
            return None;
        }
        let mut found = None;
        for path in self.paths(value, &[]) {
            let version = VersionOf::of_path(&below(&path, parts))?;
            if found.is_some_and(|known| known != version) {
                return None;
            }
            found = Some(version);
        }
        found
    }

    /// `f"{major}.{minor}"`
    fn compute_fstring(
        &self,
        text: &'a ExprFString,
        locals: &Locals<'a>,
        depth: usize,
    ) -> Option<Computed> {
        let mut parts = Vec::new();
        for part in &text.value {
            match part {
                FStringPart::Literal(literal) => parts.push(Computed::Text(literal.to_string())),
                FStringPart::FString(inner) => {
                    for element in &inner.elements {
                        parts.push(match element {
                            InterpolatedStringElement::Literal(literal) => {
                                Computed::Text(literal.value.to_string())
                            }
                            InterpolatedStringElement::Interpolation(part) => {
                                if part.format_spec.is_some() || part.debug_text.is_some() {
                                    return None;
                                }
                                let value = self.compute(&part.expression, locals, depth + 1)?;
                                Computed::Convert("str", Arc::new(value))
                            }
                        });
                    }
                }
            }
        }
        let items = Computed::Sequence {
            list: true,
            items: parts,
        };
        Some(Computed::Join(String::new(), Arc::new(items)))
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
                // What `getattr(tf, "x", None)` found.
                CmpOp::Is if asks_whether_there(&x, &y) => Computed::Not(x),
                CmpOp::IsNot if asks_whether_there(&x, &y) => (*x).clone(),
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
}

/// Whether a name is looked for, and the other side is `None`.
fn asks_whether_there(left: &Computed, right: &Computed) -> bool {
    matches!((left, right), (Computed::Has(..), Computed::Nothing))
}

/// An API path with parts after it.
fn below(path: &str, parts: &[&str]) -> String {
    let mut path = path.to_owned();
    for part in parts {
        super::bindings::push_part(&mut path, part);
    }
    path
}

/// What Python itself, or `six`, tells of the Python that runs.
pub(crate) fn python_fact(module: &str, name: &str) -> Option<Computed> {
    let info = || Arc::new(Computed::Version(VersionOf::Python));
    let major = |number| {
        let major = Computed::Index(info(), 0);
        Computed::Compare(
            Arc::new(major),
            Comparison::Equal,
            Arc::new(Computed::Int(number)),
        )
    };
    match (module, name) {
        ("sys", "version_info") => Some(Computed::Version(VersionOf::Python)),
        ("six", "PY2") => Some(major(2)),
        ("six", "PY3") => Some(major(3)),
        _ => None,
    }
}

/// `a.b.c` of names alone.
fn dotted_name(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str().to_owned()),
        Expr::Attribute(attribute) => {
            let mut dotted = dotted_name(&attribute.value)?;
            dotted.push('.');
            dotted.push_str(attribute.attr.as_str());
            Some(dotted)
        }
        _ => None,
    }
}

/// A name as it stands in a list of known ones.
fn one_of(name: &str, known: &[&'static str]) -> Option<&'static str> {
    known.iter().copied().find(|one| *one == name)
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
