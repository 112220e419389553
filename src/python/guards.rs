//! Conditions: what a test says about the API.
//!
//! Understood: tests of versions (`versions.rs`), `hasattr`, `getattr` with a default, `"x" in
//! dir(tf)`, `find_spec`, flags that hold these, `not`/`and`/`or`, comparison with `None`,
//! `TYPE_CHECKING`. Everything that speaks of a version or a backend in another way is
//! [`Guard::Unknown`].

use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::{
    BoolOp, CmpOp, ExceptHandler, Expr, ExprBoolOp, ExprCall, ExprCompare, Stmt, StmtTry, UnaryOp,
};
use ruff_text_size::Ranged;

use super::computed::Computed;
use super::exceptions::Caught;
use super::scopes::Value;
use super::tested::Test;
use super::uses::{Guard, GuardId, Position, WeakHandler};
use super::walk::Walk;
use super::words::{asks_for_parameters, computes_with_versions, speaks_of_versions};

/// Objects whose attributes have nothing to do with releases.
const PLAIN_OBJECTS: [&str; 13] = [
    "self", "cls", "args", "arg", "config", "cfg", "conf", "flags", "FLAGS", "params", "opts",
    "options", "hparams",
];

impl<'a> Walk<'a, '_> {
    /// Walks a test and tells what it says.
    pub(crate) fn test(&mut self, test: &'a Expr) -> Test {
        match test {
            Expr::BoolOp(operation) => self.bool_test(operation),
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                self.test(&operation.operand).not()
            }
            Expr::Compare(comparison) => self.compare_test(comparison),
            Expr::BooleanLiteral(literal) => constant_test(literal.value),
            Expr::NumberLiteral(_) => match self.slice(test) {
                "0" => constant_test(false),
                "1" => constant_test(true),
                _ => Test::IRRELEVANT,
            },
            Expr::Call(call) => {
                if let Some(inner) = self.transparent_call(call) {
                    return self.test(inner);
                }
                let value = self.expr(test);
                match self.version_test(test, super::walk::span_of(test)) {
                    Some(test) => test,
                    None => self.truth(value, test),
                }
            }
            Expr::Name(_) => {
                let value = self.expr(test);
                self.truth(value, test)
            }
            _ => {
                let value = self.expr(test);
                let known = matches!(value, Value::Test(index)
                    if self.tests[index as usize].yes != Guard::Unknown);
                if !known && let Some(test) = self.version_test(test, super::walk::span_of(test)) {
                    return test;
                }
                self.truth(value, test)
            }
        }
    }

    /// The argument of `bool(x)` or `callable(x)`.
    fn transparent_call(&self, call: &'a ExprCall) -> Option<&'a Expr> {
        let Expr::Name(name) = &*call.func else {
            return None;
        };
        let [argument] = &*call.arguments.args else {
            return None;
        };
        (matches!(name.id.as_str(), "bool" | "callable")
            && call.arguments.keywords.is_empty()
            && !matches!(argument, Expr::Starred(_))
            && self.is_builtin(name.id.as_str()))
        .then_some(argument)
    }

    fn bool_test(&mut self, operation: &'a ExprBoolOp) -> Test {
        let outer = self.guard;
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        let mut computed = Some(Vec::new());
        for value in &operation.values {
            let test = self.test(value);
            match (&mut computed, &test.computed) {
                (Some(all), Some(one)) => all.push((**one).clone()),
                _ => computed = None,
            }
            match operation.op {
                BoolOp::And => self.push_guard(test.yes.clone()),
                BoolOp::Or => self.push_guard(test.no.clone()),
            }
            yes.push(test.yes);
            no.push(test.no);
        }
        self.guard = outer;
        // As one test it raises where Python does: a part that raises ends all of it.
        if let Some(all) = computed {
            return Test::of_computed(match operation.op {
                BoolOp::And => Computed::All(all),
                BoolOp::Or => Computed::Any(all),
            });
        }
        let (yes, no) = match operation.op {
            BoolOp::And => (Guard::all(yes), Guard::any(no)),
            BoolOp::Or => (Guard::any(yes), Guard::all(no)),
        };
        Test {
            yes,
            no,
            computed: None,
        }
    }

    fn compare_test(&mut self, comparison: &'a ExprCompare) -> Test {
        if let ([op], [right]) = (&*comparison.ops, &*comparison.comparators) {
            let equal = match op {
                CmpOp::Is | CmpOp::Eq => Some(true),
                CmpOp::IsNot | CmpOp::NotEq => Some(false),
                _ => None,
            };
            // `x is not None`, `flag is True`.
            let says_yes = match right {
                Expr::NoneLiteral(_) => Some(false),
                Expr::BooleanLiteral(literal) => Some(literal.value),
                _ => None,
            };
            if let (Some(equal), Some(says_yes)) = (equal, says_yes) {
                let test = self.test(&comparison.left);
                return if equal == says_yes { test } else { test.not() };
            }
            if matches!(op, CmpOp::In | CmpOp::NotIn)
                && let Expr::StringLiteral(name) = &*comparison.left
                && let Some(test) = self.listing_test(name.value.to_str(), right)
            {
                return if *op == CmpOp::In { test } else { test.not() };
            }
        }
        self.expr(&comparison.left);
        for part in &comparison.comparators {
            self.expr(part);
        }
        if let Some(test) = self.comparison_test(comparison) {
            return test;
        }
        self.leaf(
            comparison.range().start().to_usize()..comparison.range().end().to_usize(),
            std::iter::once(&*comparison.left).chain(&comparison.comparators),
        )
    }

    /// `"x" in dir(tf)`, `"x" in vars(tf)`, `"x" in tf.__dict__`, and `"x"` in the parameters of a
    /// function.
    fn listing_test(&mut self, name: &str, listing: &'a Expr) -> Option<Test> {
        if let Some(function) = signature_of(listing) {
            let value = self.expr(function);
            let mut paths = self.paths(value, &[]);
            return Some(match (paths.pop(), paths.is_empty()) {
                (Some(path), true) => Test::of(Guard::Accepts {
                    path,
                    parameter: name.to_owned(),
                    present: true,
                }),
                _ => Test::UNKNOWN,
            });
        }
        let object = match listing {
            Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
                (Expr::Name(function), [object])
                    if matches!(function.id.as_str(), "dir" | "vars")
                        && self.is_builtin(function.id.as_str()) =>
                {
                    object
                }
                _ => return None,
            },
            Expr::Attribute(attribute) if attribute.attr.as_str() == "__dict__" => &attribute.value,
            _ => return None,
        };
        let value = self.expr(object);
        Some(self.has(value, name).unwrap_or(Test::IRRELEVANT))
    }

    /// What `hasattr(value, name)` says; nothing where the value is not the API.
    pub(crate) fn has(&self, value: Value, name: &str) -> Option<Test> {
        if !value.is_api() {
            return None;
        }
        let mut paths = self.paths(value, &[]);
        if paths.len() != 1 || !is_identifier(name) {
            return Some(Test::UNKNOWN);
        }
        let mut path = paths.swap_remove(0);
        super::bindings::push_part(&mut path, name);
        Some(Test::of(Guard::Has {
            path,
            present: true,
        }))
    }

    /// What a feature test on an object that is not the API says.
    pub(crate) fn has_on_other(&self, object: &Expr) -> Test {
        let mut base = object;
        while let Expr::Attribute(attribute) = base {
            base = &attribute.value;
        }
        match base {
            Expr::Name(name) if PLAIN_OBJECTS.contains(&name.id.as_str()) => Test::IRRELEVANT,
            _ => Test::UNKNOWN,
        }
    }

    /// What the truth of a value says.
    fn truth(&self, value: Value, expression: &'a Expr) -> Test {
        match value {
            Value::Test(index) => return self.truth_of_test(index),
            Value::Api(index) => {
                let bound = self.aliases[index as usize].guard;
                return self.bound_test(bound);
            }
            Value::Used { first, count: 1 } => {
                let used = &self.uses[first as usize];
                if used.member.is_none()
                    && let Some(test) = used.guard.map(|guard| self.bound_test(Some(guard)))
                    && !test.is_irrelevant()
                {
                    return test;
                }
            }
            _ => {}
        }
        if let Expr::Name(name) = expression {
            if name.id.as_str() == "TYPE_CHECKING" {
                return Test::of(Guard::Never);
            }
        } else if let Expr::Attribute(attribute) = expression
            && attribute.attr.as_str() == "TYPE_CHECKING"
        {
            return Test::of(Guard::Never);
        }
        let range = expression.range();
        self.leaf(
            range.start().to_usize()..range.end().to_usize(),
            std::iter::once(expression),
        )
    }

    /// What it says that a value is true which was computed of versions.
    fn truth_of_test(&self, index: u32) -> Test {
        let test = &self.tests[index as usize];
        match &test.computed {
            // An iterator is true whatever it gives, and a function may be a property.
            Some(computed)
                if test.yes == Guard::Unknown
                    && !matches!(
                        &**computed,
                        Computed::Each(..)
                            | Computed::Comprehension { .. }
                            | Computed::Function { .. }
                    ) =>
            {
                Test::of_computed((**computed).clone())
            }
            _ => test.clone(),
        }
    }

    /// That a name is bound and not `None` tells under which conditions it was bound.
    fn bound_test(&self, bound: Option<GuardId>) -> Test {
        let mut conditions = self.conditions(bound, self.guard);
        match conditions.len() {
            0 => Test::IRRELEVANT,
            1 => Test::of(conditions.swap_remove(0)),
            _ => {
                let no = conditions.iter().map(Guard::opposite).collect();
                Test {
                    yes: Guard::all(conditions),
                    no: Guard::any(no),
                    computed: None,
                }
            }
        }
    }

    /// A test that is not understood: unknown where it has to do with versions.
    fn leaf(
        &self,
        range: std::ops::Range<usize>,
        mut parts: impl Iterator<Item = &'a Expr> + Clone,
    ) -> Test {
        let text = self.text.get(range).unwrap_or("");
        if speaks_of_versions(text) && !self.is_of_stranger(parts.clone())
            || self.asks && asks_for_parameters(text)
            || parts.any(|part| self.names_a_test(part))
        {
            Test::UNKNOWN
        } else {
            Test::IRRELEVANT
        }
    }

    /// Whether an expression names something that derives from a test or version.
    fn names_a_test(&self, expression: &'a Expr) -> bool {
        if self.tests.is_empty() {
            return false;
        }
        any_over_expr(expression, |part| match part {
            Expr::Name(name) => matches!(self.peek(name.id.as_str()), Value::Test(_)),
            Expr::Attribute(attribute) => match &*attribute.value {
                Expr::Name(name) => {
                    let value = self.peek(name.id.as_str());
                    matches!(
                        self.class_attribute(value, attribute.attr.as_str()),
                        Value::Test(_)
                    )
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// Whether a value that is assigned derives from a version or a test.
    pub(crate) fn derives_from_version(&self, value: &'a Expr) -> bool {
        if matches!(
            value,
            Expr::Lambda(_)
                | Expr::StringLiteral(_)
                | Expr::NumberLiteral(_)
                | Expr::NoneLiteral(_)
                | Expr::BooleanLiteral(_)
        ) {
            return false;
        }
        let text = self.slice(value);
        let speaks =
            self.speaks && (computes_with_versions(text) || self.asks && asks_for_parameters(text));
        speaks && !self.is_of_stranger(std::iter::once(value)) || self.names_a_test(value)
    }

    /// Those of some uses whose failure raises what is caught, unless it is caught before.
    pub(crate) fn failing_uses(
        &self,
        uses: std::ops::Range<usize>,
        caught: Caught,
        around: Option<GuardId>,
    ) -> Vec<u32> {
        uses.filter(|&index| {
            let used = &self.uses[index];
            let raised = match used.position {
                Position::ImportModule | Position::ImportFrom { .. } => caught.import,
                Position::Attribute | Position::Star { .. } => caught.attribute,
            };
            raised && !self.caught_inside(used.guard, around, used.position)
        })
        .map(super::bindings::count)
        .collect()
    }

    /// Notes a handler of imports around a body that imports nothing, and one of attributes around
    /// a body that does nothing but import: neither catches what a missing name raises there.
    pub(crate) fn note_weak_handlers(
        &mut self,
        attempt: &'a StmtTry,
        catches: &[Caught],
        uses: std::ops::Range<usize>,
        inside: Option<GuardId>,
    ) {
        let caught = catches.iter().copied().fold(Caught::default(), Caught::or);
        if caught.attribute == caught.import || attempt.body.is_empty() {
            return;
        }
        let imports = |statement: &Stmt| matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_));
        let fits = if caught.import {
            !attempt.body.iter().any(imports)
        } else {
            attempt.body.iter().all(imports)
        };
        let wrong = Caught {
            attribute: !caught.attribute,
            import: !caught.import,
            kind: false,
            value: false,
        };
        let uses = self.failing_uses(uses, wrong, inside);
        let handler = attempt
            .handlers
            .iter()
            .zip(catches)
            .find_map(|(handler, own)| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                let exception = handler.type_.as_deref()?;
                (own.import || own.attribute).then(|| super::walk::span_of(exception))
            });
        if let Some(span) = handler.filter(|_| fits && !uses.is_empty()) {
            self.weak_handlers.push(WeakHandler {
                span,
                import: caught.import,
                uses,
            });
        }
    }

    fn caught_inside(
        &self,
        inner: Option<GuardId>,
        around: Option<GuardId>,
        position: Position,
    ) -> bool {
        let mut at = inner;
        while let Some(id) = at {
            if Some(id) == around {
                return false;
            }
            let node = &self.guards[id.0 as usize];
            let catches = match position {
                Position::ImportModule | Position::ImportFrom { .. } => {
                    node.guard == Guard::CatchesImportError
                }
                Position::Attribute | Position::Star { .. } => {
                    node.guard == Guard::CatchesAttributeError
                }
            };
            if catches {
                return true;
            }
            at = node.outer;
        }
        false
    }
}

/// The function whose parameters an expression lists: `inspect.signature(f).parameters`,
/// `inspect.getfullargspec(f).args`.
fn signature_of(listing: &Expr) -> Option<&Expr> {
    let listing = match listing {
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(keys) if keys.attr.as_str() == "keys" => &keys.value,
            _ => return None,
        },
        other => other,
    };
    let Expr::Attribute(list) = listing else {
        return None;
    };
    let Expr::Call(call) = &*list.value else {
        return None;
    };
    let asked = super::functions::last_name(&call.func);
    let fits = match list.attr.as_str() {
        "parameters" => asked == "signature",
        "args" | "kwonlyargs" => matches!(asked, "getfullargspec" | "getargspec"),
        _ => false,
    };
    call.arguments.args.first().filter(|_| fits)
}

fn constant_test(value: bool) -> Test {
    let test = Test::of(Guard::Never);
    if value { test.not() } else { test }
}

/// Whether a text can be an attribute's name.
pub(crate) fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
