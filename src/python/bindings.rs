//! What names are bound to while a file is walked: looking up, binding, and recording a use.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::text::Span;

use super::exports::Export;
use super::project::ModuleId;
use super::scopes::{ScopeKind, Sym, Value};
use super::tested::Test;
use super::uses::{Guard, GuardId, GuardNode};
use super::walk::Walk;

/// The most conditions around one place that are followed: what is looked up in them is looked up
/// from the innermost to the outermost.
const MOST_CONDITIONS: u8 = 128;

/// An API path that a name stands for.
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    pub(crate) path: Arc<str>,
    /// The use that bound it.
    pub(crate) via: Option<u32>,
    /// The condition under which it was bound.
    pub(crate) guard: Option<GuardId>,
    /// It is no binding but a name that a star import may supply: parts of the star's module.
    pub(crate) star: Option<u16>,
    /// It was taken for an instance because of a method that is called on it.
    pub(crate) by_name: bool,
}

/// A part of a dotted expression as the source spells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) span: Span,
}

/// The parts of a dotted expression: hardly ever more than these.
pub(crate) type Parts<'a> = SmallVec<[Part<'a>; 6]>;

/// Where a name was found.
enum Found {
    Value(Value),
    /// No scope binds it.
    Nowhere,
}

/// An old value, to be restored where a branch ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) scope: u32,
    pub(crate) slot: u32,
    pub(crate) old: Value,
}

pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).expect("there is less of anything than bytes in a file")
}

/// Appends parts to a path, `compat.v1.compat.v2` collapsed to `compat.v2`.
pub(crate) fn push_part(path: &mut String, part: &str) {
    path.push('.');
    path.push_str(part);
    const ROOT: &str = "tensorflow.";
    if (part == "v1" || part == "v2") && path.len() > ROOT.len() + "compat.vN".len() {
        let Some(rest) = path.strip_prefix(ROOT) else {
            return;
        };
        if rest.starts_with("compat.v")
            && rest.len() == "compat.vN.compat.vM".len()
            && rest["compat.vN".len()..].starts_with(".compat.v")
        {
            path.replace_range(ROOT.len()..ROOT.len() + "compat.vN.".len(), "");
        }
    }
}

impl<'a> Walk<'a, '_> {
    /// What a name stands for here.
    pub(crate) fn name(&mut self, name: &'a str) -> Value {
        match self.find(name) {
            Found::Value(value) => value,
            Found::Nowhere => self.star_value(name),
        }
    }

    /// Whether a name means the builtin: nothing in the file binds it.
    pub(crate) fn is_builtin(&self, name: &str) -> bool {
        matches!(self.find(name), Found::Nowhere)
    }

    /// What a name stands for, star imports left out.
    pub(crate) fn peek(&self, name: &str) -> Value {
        match self.find(name) {
            Found::Value(value) => value,
            Found::Nowhere => Value::Unbound,
        }
    }

    /// As [`Self::peek`], in another scope.
    pub(crate) fn peek_in(&self, name: &str, scope: u32) -> Value {
        match self.find_in(name, scope) {
            Found::Value(value) => value,
            Found::Nowhere => Value::Unbound,
        }
    }

    fn find(&self, name: &str) -> Found {
        self.find_in(name, self.scope)
    }

    fn find_in(&self, name: &str, scope: u32) -> Found {
        let Some(sym) = self.syms.get(name) else {
            return Found::Nowhere;
        };
        let mut at = scope;
        let mut direct = true;
        loop {
            let scope = &self.scopes[at as usize];
            match scope.kind {
                ScopeKind::Module => {
                    return match scope.values.get(sym as usize) {
                        None | Some(Value::Unbound) => Found::Nowhere,
                        Some(&value) => Found::Value(value),
                    };
                }
                ScopeKind::Class => {
                    if direct
                        && let Some(slot) = scope.slot(sym)
                        && scope.values[slot as usize] != Value::Unbound
                    {
                        return Found::Value(scope.values[slot as usize]);
                    }
                }
                ScopeKind::Function | ScopeKind::Comprehension => {
                    if scope.globals.contains(&sym) {
                        at = 0;
                        continue;
                    }
                    if let Some(slot) = scope.slot(sym) {
                        return Found::Value(scope.values[slot as usize]);
                    }
                }
            }
            at = scope.parent;
            direct = false;
        }
    }

    /// Binds a name in the current scope.
    pub(crate) fn bind(&mut self, name: &'a str, value: Value) {
        let sym = self.syms.intern(name);
        let value = self.settle(value);
        let scope = &self.scopes[self.scope as usize];
        if scope.globals.contains(&sym) {
            self.bind_from_inside(0, sym, value);
            return;
        }
        if scope.nonlocals.contains(&sym) {
            let mut at = scope.parent;
            while at != 0 {
                let outer = &self.scopes[at as usize];
                if outer.kind == ScopeKind::Function && outer.slot(sym).is_some() {
                    self.bind_from_inside(at, sym, value);
                    return;
                }
                at = outer.parent;
            }
            return;
        }
        let slot = self.scopes[self.scope as usize].slot_or_new(sym);
        self.write(self.scope, slot, value);
    }

    /// Binds what a walrus binds: never in the comprehension around it.
    pub(crate) fn bind_walrus(&mut self, name: &'a str, value: Value) {
        let here = self.scope;
        while self.scopes[self.scope as usize].kind == ScopeKind::Comprehension {
            self.scope = self.scopes[self.scope as usize].parent;
        }
        self.bind(name, value);
        self.scope = here;
    }

    /// A function that assigns a name of an outer scope does so at a time that is not known: the
    /// name keeps a meaning only if it has no other.
    fn bind_from_inside(&mut self, scope: u32, sym: Sym, value: Value) {
        let slot = self.scopes[scope as usize].slot_or_new(sym);
        let old = self.scopes[scope as usize].values[slot as usize];
        let new = match (old, value) {
            (Value::Unbound | Value::Nothing, value) => value,
            (old, Value::Nothing | Value::Unbound) => old,
            (old, value) if self.same(old, value) => old,
            (Value::Test(_), _) | (_, Value::Test(_)) => self.test_value(Test::UNKNOWN),
            _ => Value::Other,
        };
        self.scopes[scope as usize].values[slot as usize] = new;
    }

    /// Settles what the names of the module mean to the functions that are walked after it. A function
    /// that a cell of a notebook defines may have run before a later cell bound its names anew: names
    /// that meant something else of the API before mean nothing to it.
    pub(crate) fn settle_names(&mut self) {
        let is_notebook = self.context.path.as_str().ends_with(".ipynb");
        for Change { scope, slot, old } in std::mem::take(&mut self.trail) {
            if scope != 0 || !is_notebook {
                continue;
            }
            let last = self.scopes[0].values[slot as usize];
            let both = matches!((old, last), (Value::Api(_), Value::Api(_)));
            if both && !self.same(old, last) {
                self.scopes[0].values[slot as usize] = Value::Other;
            }
        }
    }

    /// Sets a slot, to be undone where the branch ends.
    pub(crate) fn write(&mut self, scope: u32, slot: u32, value: Value) {
        let place = &mut self.scopes[scope as usize].values[slot as usize];
        let old = std::mem::replace(place, value);
        self.trail.push(Change { scope, slot, old });
    }

    /// Whether two values stand for the same thing.
    pub(crate) fn same(&self, left: Value, right: Value) -> bool {
        match (left, right) {
            (Value::Api(left), Value::Api(right)) => {
                self.aliases[left as usize].path == self.aliases[right as usize].path
            }
            (Value::Constant(left), Value::Constant(right)) => {
                self.constants[left as usize] == self.constants[right as usize]
            }
            (Value::Test(left), Value::Test(right)) => {
                self.tests[left as usize] == self.tests[right as usize]
            }
            _ => left == right,
        }
    }

    /// Turns uses just recorded into an alias that outlives them.
    pub(crate) fn settle(&mut self, value: Value) -> Value {
        let aliases: SmallVec<[Alias; 1]> = match value {
            Value::Used { first, count } => (first..first + u32::from(count))
                .map(|index| {
                    let used = &self.uses[index as usize];
                    Alias {
                        path: Arc::clone(&used.path),
                        via: Some(index),
                        guard: used.guard,
                        star: None,
                        by_name: false,
                    }
                })
                .collect(),
            Value::Api(index) => {
                let alias = &self.aliases[index as usize];
                if alias.star.is_none() && alias.guard == self.guard {
                    return value;
                }
                let mut alias = alias.clone();
                if let Some(guard) = alias.guard {
                    alias.guard = self.combine(self.guard, guard);
                } else {
                    alias.guard = self.guard;
                }
                SmallVec::from_buf([alias])
            }
            other => return other,
        };
        self.alternatives_of(aliases)
    }

    pub(crate) fn alias_value(&mut self, alias: Alias) -> Value {
        self.aliases.push(alias);
        Value::Api(count(self.aliases.len() - 1))
    }

    pub(crate) fn alternatives_of(&mut self, aliases: impl IntoIterator<Item = Alias>) -> Value {
        let first = self.aliases.len();
        self.aliases.extend(aliases);
        let indices: Range<u32> = count(first)..count(self.aliases.len());
        if indices.len() == 1 {
            return Value::Api(indices.start);
        }
        let indices = indices.collect();
        self.alternatives.push(indices);
        Value::Alternatives(count(self.alternatives.len() - 1))
    }

    pub(crate) fn test_value(&mut self, test: Test) -> Value {
        if test.is_irrelevant() {
            return Value::Other;
        }
        if test == Test::UNKNOWN {
            if self.tests.is_empty() {
                self.tests.push(Test::UNKNOWN);
            }
            if self.tests[0] == Test::UNKNOWN {
                return Value::Test(0);
            }
        }
        self.tests.push(test);
        Value::Test(count(self.tests.len() - 1))
    }

    /// The aliases that a value stands for.
    pub(crate) fn aliases_of(&self, value: Value) -> Vec<u32> {
        match value {
            Value::Api(index) => vec![index],
            Value::Alternatives(index) => self.alternatives[index as usize].clone(),
            _ => Vec::new(),
        }
    }

    /// The paths that a value and the parts after it stand for.
    pub(crate) fn paths(&self, value: Value, parts: &[Part<'a>]) -> Vec<String> {
        let mut paths: Vec<String> = match value {
            Value::Used { first, count } => (first..first + u32::from(count))
                .map(|index| self.uses[index as usize].path.to_string())
                .collect(),
            other => self
                .aliases_of(other)
                .into_iter()
                .map(|index| self.aliases[index as usize].path.to_string())
                .collect(),
        };
        for path in &mut paths {
            for part in parts {
                push_part(path, part.name);
            }
        }
        paths
    }

    /// Puts a condition on top of the current ones.
    pub(crate) fn push_guard(&mut self, guard: Guard) {
        if !guard.is_always() {
            self.guard = Some(self.node(self.guard, guard));
        }
    }

    /// A condition within others. In more of them than code has that people write, it is one that is
    /// not understood, and so is all that stands in it.
    pub(crate) fn node(&mut self, outer: Option<GuardId>, guard: Guard) -> GuardId {
        let around = outer.map_or(0, |id| self.depths[id.0 as usize]);
        let guard = match (outer, around.cmp(&MOST_CONDITIONS)) {
            (Some(outer), Ordering::Greater) => return outer,
            (_, Ordering::Equal) => Guard::Unknown,
            _ => guard,
        };
        self.guards.push(GuardNode { outer, guard });
        self.depths.push(around + 1);
        GuardId(count(self.guards.len() - 1))
    }

    pub(crate) fn is_around(&self, guard: GuardId, inner: Option<GuardId>) -> bool {
        let mut at = inner;
        while let Some(id) = at {
            if id == guard {
                return true;
            }
            // Nodes are made after those around them.
            if id < guard {
                return false;
            }
            at = self.guards[id.0 as usize].outer;
        }
        false
    }

    /// The conditions here and those under which a name was bound, as one chain. Exceptions caught
    /// where it was bound are not caught here.
    pub(crate) fn combine(&mut self, here: Option<GuardId>, bound: GuardId) -> Option<GuardId> {
        if self.is_around(bound, here) {
            return here;
        }
        let key = (here.map_or(u32::MAX, |id| id.0), bound.0);
        if let Some(&known) = self.combined.get(&key) {
            return known;
        }
        let mut result = here;
        for guard in self.conditions(Some(bound), here) {
            if !self.holds(&guard, here) {
                result = Some(self.node(result, guard));
            }
        }
        self.combined.insert(key, result);
        result
    }

    /// Whether a condition is one of the current ones.
    fn holds(&self, guard: &Guard, here: Option<GuardId>) -> bool {
        let mut at = here;
        while let Some(id) = at {
            let node = &self.guards[id.0 as usize];
            if node.guard == *guard {
                return true;
            }
            at = node.outer;
        }
        false
    }

    /// The conditions from `outer` (exclusive) to `inner`, outermost first, without those that
    /// catch exceptions.
    pub(crate) fn conditions(&self, inner: Option<GuardId>, outer: Option<GuardId>) -> Vec<Guard> {
        let mut conditions = Vec::new();
        let mut at = inner;
        while let Some(id) = at {
            if self.is_around(id, outer) {
                break;
            }
            let node = &self.guards[id.0 as usize];
            if !node.guard.catches() && !node.guard.is_always() {
                conditions.push(node.guard.clone());
            }
            at = node.outer;
        }
        conditions.reverse();
        conditions
    }

    /// The conditions here without those that catch exceptions: what holds for a body that runs
    /// later.
    pub(crate) fn without_catches(&mut self) -> Option<GuardId> {
        let mut at = self.guard;
        let mut catching = false;
        while let Some(id) = at {
            catching |= self.guards[id.0 as usize].guard.catches();
            at = self.guards[id.0 as usize].outer;
        }
        if !catching {
            return self.guard;
        }
        let mut result = None;
        for guard in self.conditions(self.guard, None) {
            result = Some(self.node(result, guard));
        }
        result
    }

    /// What a name of a module of the project stands for.
    pub(crate) fn project_name(&mut self, module: ModuleId, name: &str) -> Value {
        let index = self.imported.len();
        self.imported.push((module, name.to_owned()));
        if let Some(export) = self.context.exports.lookup(module, name) {
            let export = export.clone();
            return self.exported(export);
        }
        self.missed.push((module, name.to_owned()));
        let child = self.context.project.child(module, name);
        child.map_or(Value::Imported(count(index)), |id| Value::Module(id.0))
    }

    pub(crate) fn exported(&mut self, export: Export) -> Value {
        match export {
            Export::Api { path, guards } => {
                let mut guard = self.guard;
                for condition in guards {
                    guard = Some(self.node(guard, condition));
                }
                self.alias_value(Alias {
                    path: path.into(),
                    via: None,
                    guard,
                    star: None,
                    by_name: false,
                })
            }
            Export::Makes { instance } => self.maker_elsewhere(instance),
            Export::Test { yes, no, computed } => self.test_value(Test { yes, no, computed }),
            Export::Module(module) => Value::Module(module.0),
            Export::From { .. } => Value::Other,
        }
    }
}
