//! Classes of the file: what their attributes stand for, and what they take from the API.

use ruff_python_ast::StmtClassDef;
use ruff_text_size::Ranged;

use super::bindings::{Alias, count};
use super::scopes::{FastMap, Scope, ScopeKind, Sym, Value};
use super::uses::Guard;
use super::vocabulary::INSTANCE;
use super::walk::Walk;
use super::words::speaks_of_attributes;

/// Longer chains of classes are not followed.
const MOST_ANCESTORS: usize = 16;

/// A class of the file.
pub(crate) struct ClassInfo {
    /// Its scope, with what its body binds.
    pub(crate) scope: u32,
    /// Who uses it.
    pub(crate) callee: u32,
    /// Attributes that its methods assign.
    pub(crate) attributes: FastMap<Sym, AttributeState>,
    /// What it inherits.
    base: Base,
    /// Its name says that other classes stand beside it.
    mixed_in: bool,
}

/// What a class inherits, as far as it matters.
#[derive(Clone, Copy, Debug)]
enum Base {
    /// Nothing but what every object has.
    Nothing,
    /// A class of the file.
    Class(u32),
    /// A class of the API: an alias of it.
    Api(u32),
    /// It cannot be known what it has.
    Unknown,
}

/// An attribute that methods assign: certain once all assignments were seen and agree.
#[derive(Clone, Copy)]
pub(crate) struct AttributeState {
    pub(crate) value: Value,
    pub(crate) seen: u32,
    pub(crate) total: u32,
}

impl<'a> Walk<'a, '_> {
    pub(crate) fn define_class(&mut self, class: &'a StmtClassDef) {
        let condition = self.decorators(&class.decorator_list);
        self.type_params(class.type_params.as_deref());
        let base = self.base_of(class);
        let (here, outer) = (self.scope, self.guard);
        self.scopes.push(Scope::new(ScopeKind::Class, here));
        self.scope = count(self.scopes.len() - 1);
        let callee = self.new_callee();
        self.classes.push(ClassInfo {
            scope: self.scope,
            callee,
            attributes: FastMap::default(),
            base,
            mixed_in: class.name.as_str().to_ascii_lowercase().contains("mixin"),
        });
        let index = count(self.classes.len() - 1);
        self.push_guard(condition);
        if self.skips_by_version(class) {
            self.push_guard(Guard::Unknown);
        }
        self.block(&class.body);
        self.guard = outer;
        self.scope = here;
        self.bind(class.name.as_str(), Value::Class(index));
    }

    /// Walks the bases of a class. One that makes attributes by name may have any.
    fn base_of(&mut self, class: &'a StmtClassDef) -> Base {
        let Some(arguments) = &class.arguments else {
            return Base::Nothing;
        };
        let mut bases: Vec<Base> = Vec::new();
        for base in &*arguments.args {
            let value = self.expr(base);
            bases.push(match self.settle(value) {
                Value::Class(index) => Base::Class(index),
                Value::Api(alias) => Base::Api(alias),
                _ if matches!(self.slice(base), "object" | "abc.ABC" | "ABC") => continue,
                _ => Base::Unknown,
            });
        }
        for keyword in &arguments.keywords {
            self.expr(&keyword.value);
        }
        match *bases {
            [] => Base::Nothing,
            [Base::Api(_)] if self.makes_attributes(class) => Base::Unknown,
            [only] => only,
            _ => Base::Unknown,
        }
    }

    /// Whether a class sets attributes by names that are computed, or answers for any name.
    fn makes_attributes(&self, class: &StmtClassDef) -> bool {
        let text = self.text.get(class.range().to_std_range()).unwrap_or("");
        self.speaks_of_attributes && speaks_of_attributes(text)
    }

    /// What `self.name` or `Class.name` stands for: what all assignments agree on. Nothing where
    /// neither the class nor those of the file that it inherits from have the name.
    pub(crate) fn attribute_of(&self, class: u32, name: &str) -> Option<Value> {
        let sym = self.syms.get(name)?;
        let mut at = class;
        for _ in 0..MOST_ANCESTORS {
            let class = &self.classes[at as usize];
            if let Some(state) = class.attributes.get(&sym) {
                return Some(if state.seen >= state.total {
                    state.value
                } else {
                    Value::Other
                });
            }
            let scope = &self.scopes[class.scope as usize];
            if let Some(slot) = scope.slot(sym) {
                return Some(scope.values[slot as usize]);
            }
            match class.base {
                Base::Class(next) => at = next,
                Base::Nothing | Base::Api(_) | Base::Unknown => break,
            }
        }
        None
    }

    /// As [`Self::attribute_of`], for values that may be classes of the file.
    pub(crate) fn class_attribute(&self, value: Value, name: &str) -> Value {
        let Value::Class(class) = value else {
            return Value::Other;
        };
        self.attribute_of(class, name).unwrap_or(Value::Other)
    }

    /// The class of the API that a class of the file names as its base. Not where what it inherits may
    /// come between: a class that is made to be mixed in tells so by its name.
    pub(crate) fn api_base(&self, class: u32) -> Option<Value> {
        let class = &self.classes[class as usize];
        match class.base {
            Base::Api(alias) if !class.mixed_in => Some(Value::Api(alias)),
            _ => None,
        }
    }

    /// What `super()` is in a class of the file: an instance of the class of the API above it.
    pub(crate) fn super_object(&mut self, class: u32) -> Option<Value> {
        self.api_base(class)?;
        self.base_object(class)
    }

    /// The instance of the API's class that a class of the file is, if it inherits from one.
    pub(crate) fn base_object(&mut self, class: u32) -> Option<Value> {
        let mut at = class;
        for _ in 0..MOST_ANCESTORS {
            match self.classes[at as usize].base {
                Base::Class(next) => at = next,
                Base::Api(alias) => {
                    let alias = self.aliases[alias as usize].clone();
                    let path = self.context.api.instance_of(&alias.path)?;
                    return Some(self.alias_value(Alias {
                        path: format!("{path}.{INSTANCE}").into(),
                        ..alias
                    }));
                }
                Base::Nothing | Base::Unknown => break,
            }
        }
        None
    }
}
