//! Dictionaries and lists of functions, from which a key picks one: `{True: new, False: old}[IS_TF2]`,
//! `BUILDERS[tf.__version__[0]]()`.
//!
//! All values of a display are evaluated where it stands, whatever is picked later. Only what waits
//! in a `lambda` or function is run by the choice alone, so the key becomes the condition under
//! which that code is reached. A table that is used in any other way may run all of it.

use std::sync::Arc;

use ruff_python_ast::{Expr, ExprCall};

use super::computed::{Comparison, Computed};
use super::functions::LaterCode;
use super::scopes::Value;
use super::uses::Guard;
use super::walk::Walk;

/// Something that a table holds and that runs later: its key where that is written out, and who
/// it is.
#[derive(Clone, Debug)]
pub(crate) struct TableEntry {
    key: Option<Computed>,
    callee: u32,
}

impl<'a> Walk<'a, '_> {
    /// Walks a display that holds functions; nothing for any other expression.
    pub(crate) fn table(&mut self, display: &'a Expr) -> Option<Value> {
        let items: Vec<(Option<&'a Expr>, &'a Expr)> = match display {
            Expr::Dict(dict) => dict
                .items
                .iter()
                .map(|item| (item.key.as_ref(), &item.value))
                .collect(),
            Expr::List(list) => list.elts.iter().map(|item| (None, item)).collect(),
            Expr::Tuple(tuple) => tuple.elts.iter().map(|item| (None, item)).collect(),
            _ => return None,
        };
        if !items.iter().any(|(_, item)| self.waits(item)) {
            return None;
        }
        let mut entries = Vec::new();
        for (place, (key, item)) in items.into_iter().enumerate() {
            let key = match key {
                Some(key) => {
                    self.expr(key);
                    self.literal(key)
                }
                None if display.is_dict_expr() => None,
                None => i64::try_from(place).ok().map(Computed::Int),
            };
            if let Some(callee) = self.entry(item) {
                entries.push(TableEntry { key, callee });
            }
        }
        self.tables.push(entries);
        Some(Value::Table(super::bindings::count(self.tables.len() - 1)))
    }

    /// Whether an item is evaluated to something that runs only when it is called.
    fn waits(&self, item: &Expr) -> bool {
        match item {
            Expr::Lambda(_) => true,
            Expr::Name(name) => matches!(
                self.peek(name.id.as_str()),
                Value::Function(_) | Value::Class(_)
            ),
            _ => false,
        }
    }

    /// Walks an item of a table; who it is that waits in it.
    fn entry(&mut self, item: &'a Expr) -> Option<u32> {
        match item {
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                }
                let callee = self.new_callee();
                self.later(LaterCode::Lambda(lambda, Some(callee)), self.guard, None);
                Some(callee)
            }
            // Under a condition the table may become one of several: what is put into it there is
            // reached under that condition.
            Expr::Name(name) if self.guard.is_none() => {
                let value = self.peek(name.id.as_str());
                let callee = self.callee_of(value);
                if callee.is_none() {
                    self.expr(item);
                }
                callee
            }
            other => {
                self.expr(other);
                None
            }
        }
    }

    /// The table that an expression stands for, where that is certain.
    fn table_of(&mut self, expression: &'a Expr) -> Option<u32> {
        let value = match expression {
            Expr::Name(name) => self.peek(name.id.as_str()),
            display => self.table(display)?,
        };
        match value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// `table[key]`; nothing where there is no table.
    pub(crate) fn picked(&mut self, table: &'a Expr, key: &'a Expr) -> Option<Value> {
        let table = self.table_of(table)?;
        self.pick(table, key);
        Some(Value::Other)
    }

    /// `table.get(key, default)`; nothing where there is no table.
    pub(crate) fn picked_by_get(&mut self, call: &'a ExprCall) -> Option<Value> {
        let Expr::Attribute(method) = &*call.func else {
            return None;
        };
        let ("get", [key, rest @ ..]) = (method.attr.as_str(), &*call.arguments.args) else {
            return None;
        };
        let table = self.table_of(&method.value)?;
        self.pick(table, key);
        for default in rest {
            self.expr(default);
        }
        Some(Value::Other)
    }

    /// Refers to each entry under the condition that the key picks it.
    fn pick(&mut self, table: u32, key: &'a Expr) {
        let value = self.expr(key);
        let computed = self.computed(key);
        let written = computed.is_none().then(|| self.literal(key)).flatten();
        for entry in self.tables[table as usize].clone() {
            let outer = self.guard;
            match (&entry.key, &computed, &written) {
                (Some(own), _, Some(wanted)) => {
                    if own != wanted {
                        continue;
                    }
                }
                (Some(own), Some(computed), _) => self.push_guard(Guard::Version {
                    computed: Arc::new(Computed::Compare(
                        Arc::new(computed.clone()),
                        Comparison::Equal,
                        Arc::new(own.clone()),
                    )),
                    holds: true,
                }),
                (own, ..) => {
                    if let Value::Test(test) = value {
                        let test = &self.tests[test as usize];
                        let guard = match own {
                            Some(Computed::Bool(true) | Computed::Int(1)) => test.yes.clone(),
                            Some(Computed::Bool(false) | Computed::Int(0)) => test.no.clone(),
                            _ => Guard::Unknown,
                        };
                        self.push_guard(guard);
                    }
                }
            }
            self.refer_to(entry.callee);
            self.guard = outer;
        }
    }

    /// A table that is used in a way that is not followed: any entry may run.
    pub(crate) fn refer_to_all(&mut self, table: u32) {
        for entry in self.tables[table as usize].clone() {
            self.refer_to(entry.callee);
        }
    }
}
