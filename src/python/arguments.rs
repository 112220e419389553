//! Calls of the API: which arguments they give, as far as the source spells them out.

use std::ops::Range;
use std::sync::Arc;

use ruff_python_ast::{Expr, ExprCall, ExprDict, Identifier, Keyword, Number};

use smallvec::SmallVec;

use super::bindings::{Alias, count};
use super::scopes::Value;
use super::uses::{Argument, Given, Key, Made, MethodCall};
use super::vocabulary::{INSTANCE, is_instance};
use super::walk::{Walk, span_of};

impl<'a> Walk<'a, '_> {
    /// Walks the arguments of a call and notes them with the uses that are called, and with the
    /// method, where it is a watched one.
    pub(crate) fn called_with(&mut self, function: Value, call: &'a ExprCall) -> Value {
        let uses = self.called_uses(function);
        let method = match &*call.func {
            Expr::Attribute(method) if self.watched => {
                let name = method.attr.as_str();
                self.context.api.is_watched(name).then_some(method)
            }
            _ => None,
        };
        if uses.is_empty() && method.is_none() {
            self.arguments(call);
            return Value::Other;
        }
        let given = self.arguments_of(call, 0);
        self.calls.push(Made {
            span: span_of(call),
            body: self.body,
            given,
            partial: false,
        });
        let index = count(self.calls.len() - 1);
        for used in &mut self.uses[uses.start as usize..uses.end as usize] {
            used.call = Some(index);
        }
        if let Some(method) = method {
            let object = self.uses.get(uses.start as usize).and_then(|used| {
                let (class, _) = used.path.split_once(".().")?;
                (uses.len() == 1 && !used.by_name).then(|| class.to_owned())
            });
            self.methods.push(MethodCall {
                name: method.attr.as_str().into(),
                receiver: span_of(&*method.value),
                object,
                call: index,
                guard: self.guard,
            });
        }
        self.made_by(uses)
    }

    /// `functools.partial(tf.keras.layers.Dense, units=1)`: what is called later, with these
    /// arguments and others.
    pub(crate) fn partial(&mut self, call: &'a ExprCall) -> Option<Value> {
        let (function, rest) = call.arguments.args.split_first()?;
        let library = match &*call.func {
            Expr::Name(name) => self.functools && self.peek(name.id.as_str()) == Value::Other,
            Expr::Attribute(attribute) => {
                matches!(&*attribute.value, Expr::Name(name) if name.id == "functools")
            }
            _ => false,
        };
        if !library || rest.iter().any(Expr::is_starred_expr) {
            return None;
        }
        let value = self.expr(function);
        let given = self.arguments_of(call, 1);
        if let Value::Used { first, count: many } = value {
            self.calls.push(Made {
                span: span_of(call),
                body: self.body,
                given,
                partial: true,
            });
            let index = count(self.calls.len() - 1);
            for used in &mut self.uses[first as usize..(first + u32::from(many)) as usize] {
                used.call = Some(index);
            }
        }
        Some(Value::Other)
    }

    /// The uses that a call calls.
    fn called_uses(&self, function: Value) -> Range<u32> {
        let Value::Used { first, count: many } = function else {
            return 0..0;
        };
        let last = first + u32::from(many);
        let called = self.uses[first as usize..last as usize]
            .iter()
            .all(|used| used.called);
        if called { first..last } else { 0..0 }
    }

    /// The arguments from one by position on, as a range of those of the file.
    fn arguments_of(&mut self, call: &'a ExprCall, from: usize) -> Range<u32> {
        let mark = self.giving.len();
        for argument in call.arguments.args.iter().skip(from) {
            let given = match argument {
                Expr::Starred(starred) => {
                    self.expr(&starred.value);
                    Given::Unpacked
                }
                other => self.given(other),
            };
            self.giving.push(Argument {
                keyword: None,
                name_span: span_of(argument),
                span: span_of(argument),
                given,
            });
        }
        for keyword in &call.arguments.keywords {
            match (&keyword.arg, &keyword.value) {
                (Some(name), _) => {
                    let argument = self.by_name(keyword, name);
                    self.giving.push(argument);
                }
                (None, Expr::Dict(entries)) => self.spelled_out(entries),
                (None, value) => {
                    if let Expr::Name(name) = value
                        && let Some(kept) = self.unpacked(name.id.as_str())
                    {
                        let kept = kept.to_vec();
                        self.giving.extend(kept);
                        continue;
                    }
                    self.expr(value);
                    self.giving.push(Argument {
                        keyword: None,
                        name_span: span_of(keyword),
                        span: span_of(keyword),
                        given: Given::UnpackedKeywords,
                    });
                }
            }
        }
        let start = count(self.given.len());
        self.given.extend(self.giving.drain(mark..));
        start..count(self.given.len())
    }

    /// `**{"axis": 1}`
    pub(crate) fn spelled_out(&mut self, entries: &'a ExprDict) {
        for item in &entries.items {
            let keyword = match &item.key {
                Some(Expr::StringLiteral(name)) => Some(name),
                Some(other) => {
                    self.expr(other);
                    None
                }
                None => None,
            };
            let given = self.given(&item.value);
            let (name_span, keyword) = match keyword {
                Some(name) => (
                    super::expressions::inside_of(name),
                    Some(self.interned(name.value.to_str())),
                ),
                None => (span_of(&item.value), None),
            };
            self.giving.push(Argument {
                given: if keyword.is_some() {
                    given
                } else {
                    Given::UnpackedKeywords
                },
                keyword,
                name_span,
                span: span_of(&item.value),
            });
        }
    }

    /// An argument that is given by name.
    pub(crate) fn by_name(&mut self, keyword: &'a Keyword, name: &Identifier) -> Argument {
        Argument {
            given: self.given(&keyword.value),
            keyword: Some(self.interned(name.as_str())),
            name_span: span_of(name),
            span: span_of(keyword),
        }
    }

    /// The text that a value is known to be.
    fn text_of(&self, value: Value) -> Option<&str> {
        match value {
            Value::Constant(index) => self.constants[index as usize].as_text(),
            _ => None,
        }
    }

    /// What stands in an argument.
    pub(crate) fn given(&mut self, expression: &'a Expr) -> Given {
        let value = self.expr(expression);
        match expression {
            Expr::NoneLiteral(_) => Given::Nothing,
            Expr::BooleanLiteral(literal) => Given::Bool(literal.value),
            Expr::StringLiteral(text) => Given::Text(self.interned(text.value.to_str())),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(value) => value
                    .as_i64()
                    .map_or(Given::Other, |value| Given::Number(value as f64)),
                Number::Float(value) => Given::Number(*value),
                Number::Complex { .. } => Given::Other,
            },
            Expr::Dict(entries) => Given::Keys(keys(entries).into()),
            _ if let Some(text) = self.text_of(value) => {
                let text = text.to_owned();
                Given::Named(self.interned(&text))
            }
            _ => match self.instance_path(value) {
                Some(class) => Given::Instance(self.interned(&class)),
                None => Given::Other,
            },
        }
    }

    /// The class of a value that is one instance, whatever the conditions.
    pub(crate) fn instance_path(&self, value: Value) -> Option<String> {
        let Value::Api(index) = value else {
            return None;
        };
        let path = &self.aliases[index as usize].path;
        is_instance(path).then(|| path[..path.len() - INSTANCE.len() - 1].to_owned())
    }

    /// What calling some uses gives: an instance of each class, if all are classes.
    fn made_by(&mut self, uses: Range<u32>) -> Value {
        if uses.is_empty() {
            return Value::Other;
        }
        let mut aliases: SmallVec<[Alias; 1]> = SmallVec::new();
        for index in uses {
            let Some(path) = self.instance_made_by_use(index) else {
                return Value::Other;
            };
            aliases.push(Alias {
                path,
                via: Some(index),
                guard: self.uses[index as usize].guard,
                star: None,
                by_name: false,
            });
        }
        self.alternatives_of(aliases)
    }

    /// The path of the instance that calling a use gives.
    fn instance_made_by_use(&mut self, index: u32) -> Option<Arc<str>> {
        let path = &self.uses[index as usize].path;
        if let Some(known) = self.instances.get(path) {
            return known.clone();
        }
        let class = self.context.api.instance_of(path);
        let instance: Option<Arc<str>> = class.map(|class| format!("{class}.{INSTANCE}").into());
        self.instances.insert(Arc::clone(path), instance.clone());
        instance
    }
}

/// The keys of a dict that are texts.
fn keys(entries: &ExprDict) -> Vec<Key> {
    let texts = entries.items.iter().filter_map(|item| match &item.key {
        Some(Expr::StringLiteral(text)) => Some(Key {
            name: text.value.to_str().into(),
            span: super::expressions::inside_of(text),
        }),
        _ => None,
    });
    texts.collect()
}
