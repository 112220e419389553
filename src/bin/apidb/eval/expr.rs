//! Expressions, as far as what a module binds can depend on them.

use std::cell::RefCell;
use std::rc::Rc;

use ruff_python_ast::{BoolOp, CmpOp, Expr, Number, Operator, UnaryOp};

use super::exec::expr_name;
use super::{Evaluator, Value};

/// A list of values.
pub(crate) fn list(items: Vec<Value>) -> Value {
    Value::List(Rc::new(RefCell::new(items)))
}

/// A list of strings.
pub(crate) fn strings(items: impl IntoIterator<Item = String>) -> Value {
    list(
        items
            .into_iter()
            .map(|text| Value::Str(text.into()))
            .collect(),
    )
}

/// `a + b` for lists and strings.
pub(crate) fn add(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            let mut items = a.borrow().clone();
            items.extend(b.borrow().iter().cloned());
            list(items)
        }
        // A part that cannot be known must not hide the part that can.
        (Value::List(a), Value::Object | Value::Foreign(_)) => Value::List(Rc::clone(a)),
        (Value::Object | Value::Foreign(_), Value::List(b)) => Value::List(Rc::clone(b)),
        (Value::Str(a), Value::Str(b)) => Value::Str(format!("{a}{b}").into()),
        (Value::Int(a), Value::Int(b)) => Value::Int(a.saturating_add(*b)),
        _ => Value::Object,
    }
}

impl Evaluator<'_> {
    pub(crate) fn expression(&mut self, module: usize, expr: &Expr) -> Value {
        match expr {
            Expr::StringLiteral(node) => Value::Str(node.value.to_str().into()),
            Expr::BooleanLiteral(node) => Value::Bool(node.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::NumberLiteral(node) => match &node.value {
                Number::Int(int) => int.as_i64().map_or(Value::Object, Value::Int),
                Number::Float(_) | Number::Complex { .. } => Value::Object,
            },
            Expr::Name(node) => self.name(module, node.id.as_str()),
            Expr::Attribute(node) => {
                if node.attr.as_str() == "version_info" && expr_name(&node.value).ends_with("sys") {
                    return list([3, 8, 0].map(Value::Int).to_vec());
                }
                let base = self.expression(module, &node.value);
                self.attribute(&base, node.attr.as_str())
                    .unwrap_or(Value::Object)
            }
            Expr::List(node) => self.items(module, &node.elts),
            Expr::Tuple(node) => self.items(module, &node.elts),
            Expr::Set(node) => self.items(module, &node.elts),
            Expr::BinOp(node) => {
                let left = self.expression(module, &node.left);
                let right = self.expression(module, &node.right);
                match (node.op, &left, &right) {
                    (Operator::Add, ..) => add(&left, &right),
                    (Operator::Sub, Value::List(a), Value::List(b)) => {
                        let b = b.borrow();
                        let gone = |item: &Value| b.iter().any(|other| same(item, other));
                        list(
                            a.borrow()
                                .iter()
                                .filter(|item| !gone(item))
                                .cloned()
                                .collect(),
                        )
                    }
                    (Operator::Mod, Value::Str(text), Value::Str(with)) => {
                        Value::Str(text.replacen("%s", with, 1).into())
                    }
                    _ => Value::Object,
                }
            }
            Expr::Subscript(node) => self.subscript(module, &node.value, &node.slice),
            Expr::If(node) => match self.truth(module, &node.test) {
                Some(true) => self.expression(module, &node.body),
                Some(false) => self.expression(module, &node.orelse),
                None => {
                    let body = self.expression(module, &node.body);
                    match body {
                        Value::None | Value::Object => self.expression(module, &node.orelse),
                        other => other,
                    }
                }
            },
            Expr::Call(node) => self.call(module, node),
            Expr::UnaryOp(node) if node.op != UnaryOp::Not => {
                match (node.op, self.expression(module, &node.operand)) {
                    (UnaryOp::USub, Value::Int(number)) => Value::Int(-number),
                    _ => Value::Object,
                }
            }
            Expr::BoolOp(_) | Expr::UnaryOp(_) | Expr::Compare(_) => {
                self.truth(module, expr).map_or(Value::Object, Value::Bool)
            }
            Expr::ListComp(node) => self.comprehension(module, &node.elt, &node.generators),
            Expr::SetComp(node) => self.comprehension(module, &node.elt, &node.generators),
            Expr::Generator(node) => self.comprehension(module, &node.elt, &node.generators),
            Expr::Lambda(node) => {
                let signature = node
                    .parameters
                    .as_deref()
                    .map_or("()".to_owned(), |parameters| {
                        super::defs::signature(parameters, 0)
                    });
                self.function(super::Function {
                    signature: Some(signature),
                    ..super::Function::default()
                })
            }
            _ => Value::Object,
        }
    }

    fn items(&mut self, module: usize, elements: &[Expr]) -> Value {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            if let Expr::Starred(starred) = element {
                if let Value::List(more) = self.expression(module, &starred.value) {
                    items.extend(more.borrow().iter().cloned());
                }
            } else {
                items.push(self.expression(module, element));
            }
        }
        list(items)
    }

    fn name(&mut self, module: usize, name: &str) -> Value {
        if let Some(found) = self.modules[module].names.get(name) {
            return found.clone();
        }
        let own = Value::Module(module);
        match name {
            "__name__" | "__file__" | "__doc__" | "__path__" => {
                self.attribute(&own, name).unwrap_or(Value::Object)
            }
            _ => Value::Object,
        }
    }

    fn subscript(&mut self, module: usize, value: &Expr, slice: &Expr) -> Value {
        let base = expr_name(value);
        let key = self.expression(module, slice);
        if base.ends_with("sys.modules") {
            if let Value::Str(name) = key {
                return self.import(&name).unwrap_or(Value::Object);
            }
            return Value::Object;
        }
        if base == "globals()" || base == "locals()" {
            if let Value::Str(name) = key {
                return self.name(module, &name);
            }
            return Value::Object;
        }
        match (self.expression(module, value), key) {
            (Value::List(items), Value::Int(index)) => {
                let items = items.borrow();
                let index = if index < 0 {
                    i64::try_from(items.len()).unwrap_or(0) + index
                } else {
                    index
                };
                usize::try_from(index)
                    .ok()
                    .and_then(|index| items.get(index).cloned())
                    .unwrap_or(Value::Object)
            }
            _ => Value::Object,
        }
    }

    fn comprehension(
        &mut self,
        module: usize,
        element: &Expr,
        generators: &[ruff_python_ast::Comprehension],
    ) -> Value {
        let [generator] = generators else {
            return Value::Object;
        };
        let Value::List(items) = self.expression(module, &generator.iter) else {
            return Value::Object;
        };
        let Expr::Name(target) = &generator.target else {
            return Value::Object;
        };
        let name = target.id.to_string();
        let before = self.modules[module].names.get(&name).cloned();
        let mut results = Vec::new();
        let items = items.borrow().clone();
        for item in items {
            self.bind(module, &name, item);
            let kept = generator
                .ifs
                .iter()
                .all(|test| self.truth(module, test) != Some(false));
            if kept {
                results.push(self.expression(module, element));
            }
        }
        match before {
            Some(value) => self.bind(module, &name, value),
            None => {
                self.modules[module].names.remove(&name);
            }
        }
        list(results)
    }

    /// Whether a condition holds; nothing where that cannot be known.
    pub(crate) fn truth(&mut self, module: usize, expr: &Expr) -> Option<bool> {
        let dotted = expr_name(expr);
        match dotted.rsplit('.').next().unwrap_or("") {
            "TYPE_CHECKING" | "PY2" | "_PREFER_OSS_KERAS" => return Some(false),
            "PY3" => return Some(true),
            _ => {}
        }
        match expr {
            Expr::BooleanLiteral(node) => Some(node.value),
            Expr::NoneLiteral(_) => Some(false),
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                self.truth(module, &node.operand).map(|truth| !truth)
            }
            Expr::BoolOp(node) => {
                let stop = node.op == BoolOp::Or;
                let mut unknown = false;
                for value in &node.values {
                    match self.truth(module, value) {
                        Some(truth) if truth == stop => return Some(stop),
                        Some(_) => {}
                        None => unknown = true,
                    }
                }
                (!unknown).then_some(!stop)
            }
            Expr::Compare(node) => {
                let ([op], [right]) = (&*node.ops, &*node.comparators) else {
                    return None;
                };
                let left = self.expression(module, &node.left);
                let right = self.expression(module, right);
                compare(&left, *op, &right)
            }
            _ => match self.expression(module, expr) {
                Value::Bool(truth) => Some(truth),
                Value::None => Some(false),
                Value::Str(text) => Some(!text.is_empty()),
                Value::List(items) => Some(!items.borrow().is_empty()),
                Value::Int(number) => Some(number != 0),
                Value::Module(_) | Value::Function(_) | Value::Class(_) => Some(true),
                Value::Object | Value::Foreign(_) | Value::Lazy(_) | Value::External => None,
            },
        }
    }
}

fn same(a: &Value, b: &Value) -> bool {
    compare(a, CmpOp::Eq, b) == Some(true)
}

fn compare(left: &Value, op: CmpOp, right: &Value) -> Option<bool> {
    use std::cmp::Ordering;
    if let (CmpOp::In | CmpOp::NotIn, Value::List(items)) = (op, right) {
        if matches!(left, Value::Object | Value::Foreign(_)) {
            return None;
        }
        let found = items.borrow().iter().any(|item| same(left, item));
        return Some(found == (op == CmpOp::In));
    }
    if let (CmpOp::Is | CmpOp::IsNot, Value::None) = (op, right) {
        return match left {
            Value::None => Some(op == CmpOp::Is),
            Value::Object | Value::Foreign(_) => None,
            _ => Some(op == CmpOp::IsNot),
        };
    }
    let order: Ordering = match (left, right) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::None, Value::None) => Ordering::Equal,
        (Value::List(a), Value::List(b)) => {
            let numbers = |list: &[Value]| -> Option<Vec<i64>> {
                list.iter()
                    .map(|item| match item {
                        Value::Int(number) => Some(*number),
                        _ => None,
                    })
                    .collect()
            };
            numbers(&a.borrow())?.cmp(&numbers(&b.borrow())?)
        }
        _ => return None,
    };
    match op {
        CmpOp::Eq | CmpOp::Is => Some(order == Ordering::Equal),
        CmpOp::NotEq | CmpOp::IsNot => Some(order != Ordering::Equal),
        CmpOp::Lt => Some(order == Ordering::Less),
        CmpOp::LtE => Some(order != Ordering::Greater),
        CmpOp::Gt => Some(order == Ordering::Greater),
        CmpOp::GtE => Some(order != Ordering::Less),
        CmpOp::In | CmpOp::NotIn => None,
    }
}
