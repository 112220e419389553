//! Assignments: what a target is bound to.

use ruff_python_ast::{Expr, StmtAnnAssign, StmtAugAssign};

use super::classes::AttributeState;
use super::functions::last_name;
use super::scopes::{ScopeKind, Value};
use super::tested::Test;
use super::uses::Guard;
use super::walk::Walk;

impl<'a> Walk<'a, '_> {
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
        let in_function = self.scopes[self.scope as usize].kind == ScopeKind::Function;
        let pytestmark =
            !in_function && matches!(targets, [Expr::Name(name)] if name.id == "pytestmark");
        let value = match self.keeps(targets, value) {
            true => Value::Other,
            false => self.value_of(value),
        };
        let value = self.settle(value);
        for target in targets {
            self.assign(target, value);
        }
        if pytestmark && let Value::Test(test) = value {
            // It skips all tests of the module or class.
            self.push_guard(if self.skip_marks.contains(&test) {
                self.tests[test as usize].yes.clone()
            } else {
                Guard::Unknown
            });
        }
    }

    /// The value that is assigned; what derives from a version is a test of it.
    pub(crate) fn value_of(&mut self, value: &'a Expr) -> Value {
        if let Some(constant) = self.constant(value) {
            return constant;
        }
        if let Some(table) = self.table(value) {
            return table;
        }
        if let Some(runs) = self.skip_mark(value) {
            let mark = Test {
                yes: runs,
                no: Guard::Unknown,
                computed: None,
            };
            let value = self.test_value(mark);
            if let Value::Test(test) = value {
                self.skip_marks.push(test);
            }
            return value;
        }
        let known = self.expr(value);
        if let Expr::Lambda(lambda) = value
            && self.tells_of_versions(value)
        {
            return match self.helper_of_lambda(lambda) {
                Some(helper) => self.value_of_computed(helper),
                None => self.test_value(Test::UNKNOWN),
            };
        }
        let understood = |test: u32| self.tests[test as usize].yes != Guard::Unknown;
        if let Value::Other | Value::Used { .. } | Value::Test(_) = known
            && !matches!(known, Value::Test(test) if understood(test))
            && let Some(computed) = self.computed_value(value)
        {
            return computed;
        }
        if known == Value::Other
            && let Some(made) = self.made_of_text(value)
        {
            return made;
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
        self.refer(value);
        let value = if matches!(before, Value::Test(_)) || matches!(value, Value::Test(_)) {
            match self.sum_of(assign) {
                Some(computed) => self.value_of_computed(computed),
                None => self.test_value(Test::UNKNOWN),
            }
        } else {
            Value::Other
        };
        if let Expr::Name(name) = &*assign.target {
            self.bind(name.id.as_str(), value);
        }
    }

    /// Binds a target.
    pub(crate) fn assign(&mut self, target: &'a Expr, value: Value) {
        if !target.is_name_expr() && matches!(value, Value::Table(_)) {
            self.refer(value);
        }
        match target {
            Expr::Name(name) => {
                if self.scopes[self.scope as usize].kind == ScopeKind::Class {
                    self.note_definition(name.id.as_str());
                }
                self.bind(name.id.as_str(), value);
            }
            Expr::Tuple(_) | Expr::List(_) => {
                let part = if matches!(value, Value::Test(_)) {
                    self.test_value(Test::UNKNOWN)
                } else {
                    Value::Other
                };
                let targets = elements(target).unwrap_or_default();
                let star = targets.iter().position(Expr::is_starred_expr);
                for (index, target) in targets.iter().enumerate() {
                    let item = self.item_of(value, index, targets.len(), star);
                    self.assign(target, item.unwrap_or(part));
                }
            }
            Expr::Starred(starred) => self.assign(&starred.value, value),
            Expr::Attribute(attribute) => {
                let object = self.expr(&attribute.value);
                let name = attribute.attr.as_str();
                self.note_definition(name);
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
            .get(&sym)
            .map_or(Value::Unbound, |state| state.value);
        let new = match old {
            Value::Unbound | Value::Nothing => value,
            old if self.same(old, value) || matches!(value, Value::Nothing) => old,
            Value::Test(_) => self.test_value(Test::UNKNOWN),
            _ if matches!(value, Value::Test(_)) => self.test_value(Test::UNKNOWN),
            _ => Value::Other,
        };
        let attributes = &mut self.classes[class as usize].attributes;
        let state = attributes.entry(sym).or_insert(AttributeState {
            value: new,
            seen: 0,
            total: 1,
        });
        state.value = new;
        state.seen += 1;
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

/// The parts of a tuple or list.
fn elements(expression: &Expr) -> Option<&[Expr]> {
    match expression {
        Expr::Tuple(tuple) => Some(&tuple.elts),
        Expr::List(list) => Some(&list.elts),
        _ => None,
    }
}
