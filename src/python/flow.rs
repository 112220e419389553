//! Branches: each is walked from the same start, and after them a name means what all of them
//! agree on, or what each of them bound under its own condition.

use std::sync::Arc;

use super::bindings::{Alias, Change};
use super::computed::Computed;
use super::scopes::Value;
use super::tested::Test;
use super::uses::{Guard, GuardId};
use super::walk::Walk;

/// How control leaves a piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// At its end.
    Falls,
    /// By `break` or `continue`.
    LeavesLoop,
    /// By `return`, `raise`, `sys.exit()`.
    Leaves,
}

/// The most meanings of one name that are kept.
const MOST_ALTERNATIVES: usize = 4;

/// One way through a piece of code, after it was walked.
#[derive(Debug)]
pub(crate) struct Branch {
    /// What it bound, by scope and slot.
    pub(crate) changes: Vec<(u32, u32, Value)>,
    /// The condition under which it is taken.
    pub(crate) condition: Guard,
    /// The conditions at its end.
    pub(crate) end: Option<GuardId>,
    pub(crate) exit: Exit,
}

/// What a name means at the end of one branch.
struct Entry {
    value: Value,
    condition: Guard,
    /// The branch itself bound it.
    changed: bool,
}

impl Walk<'_, '_> {
    /// Where a branch begins; for [`Self::close`].
    pub(crate) fn open(&self) -> usize {
        self.trail.len()
    }

    /// Ends a branch: what it bound is taken back and handed out.
    pub(crate) fn close(&mut self, mark: usize) -> Vec<(u32, u32, Value)> {
        let mut changes: Vec<(u32, u32, Value)> = self.trail[mark..]
            .iter()
            .map(|change| {
                let value = self.scopes[change.scope as usize].values[change.slot as usize];
                (change.scope, change.slot, value)
            })
            .collect();
        changes.sort_unstable_by_key(|&(scope, slot, _)| (scope, slot));
        changes.dedup_by_key(|&mut (scope, slot, _)| (scope, slot));
        while self.trail.len() > mark {
            if let Some(Change { scope, slot, old }) = self.trail.pop() {
                self.scopes[scope as usize].values[slot as usize] = old;
            }
        }
        changes
    }

    /// Joins branches that began under `outer`; the conditions that hold after them are set.
    pub(crate) fn merge(&mut self, outer: Option<GuardId>, branches: Vec<Branch>) -> Exit {
        self.guard = outer;
        let (mut live, mut dead) = (Vec::new(), Vec::new());
        for branch in branches {
            if branch.condition == Guard::Never {
                continue;
            }
            if branch.exit == Exit::Falls {
                live.push(branch);
            } else {
                dead.push(branch);
            }
        }
        let any_dead = !dead.is_empty();
        let mut exit = Exit::Leaves;
        for branch in dead {
            if branch.exit == Exit::LeavesLoop {
                exit = Exit::LeavesLoop;
                if let Some(exits) = self.loops.last_mut() {
                    exits.push(branch);
                }
            }
        }
        if live.is_empty() {
            return if any_dead { exit } else { Exit::Falls };
        }
        self.join(outer, &live);
        if any_dead {
            if let [only] = live.as_slice() {
                self.guard = only.end;
            } else {
                let conditions = live.into_iter().map(|branch| branch.condition).collect();
                self.push_guard(Guard::any(conditions));
            }
        }
        Exit::Falls
    }

    fn join(&mut self, outer: Option<GuardId>, live: &[Branch]) {
        let mut slots: Vec<(u32, u32)> = live
            .iter()
            .flat_map(|branch| &branch.changes)
            .map(|&(scope, slot, _)| (scope, slot))
            .collect();
        slots.sort_unstable();
        slots.dedup();
        for (scope, slot) in slots {
            let before = self.scopes[scope as usize].values[slot as usize];
            let entries = live
                .iter()
                .map(|branch| {
                    let change = branch
                        .changes
                        .binary_search_by_key(&(scope, slot), |&(s, n, _)| (s, n));
                    Entry {
                        value: change.map_or(before, |at| branch.changes[at].2),
                        condition: branch.condition.clone(),
                        changed: change.is_ok(),
                    }
                })
                .collect();
            let value = self.joined(outer, entries);
            self.write(scope, slot, value);
        }
    }

    /// What a conditional expression stands for.
    pub(crate) fn joined_values(
        &mut self,
        outer: Option<GuardId>,
        values: [(Value, Guard); 2],
    ) -> Value {
        let entries = values
            .into_iter()
            .filter(|(_, condition)| *condition != Guard::Never)
            .map(|(value, condition)| Entry {
                value,
                condition,
                changed: true,
            })
            .collect();
        self.joined(outer, entries)
    }

    fn joined(&mut self, outer: Option<GuardId>, mut entries: Vec<Entry>) -> Value {
        let Some(first) = entries.first().map(|entry| entry.value) else {
            return Value::Other;
        };
        if entries.iter().all(|entry| self.same(first, entry.value)) {
            return match first {
                Value::Api(index) if entries.len() > 1 => {
                    let mut alias = self.aliases[index as usize].clone();
                    alias.guard = outer;
                    self.alias_value(alias)
                }
                // Two branches may bind the same kind of thing to different ends.
                Value::Other
                    if entries.len() > 1
                        && entries.iter().all(|entry| entry.changed)
                        && entries.iter().any(|entry| !entry.condition.is_always()) =>
                {
                    self.test_value(Test::UNKNOWN)
                }
                other => other,
            };
        }
        // Where the name is unbound or `None`, nothing can be used through it.
        let nothing = entries.iter().any(|entry| entry.value == Value::Nothing);
        entries.retain(|entry| !matches!(entry.value, Value::Unbound | Value::Nothing));
        if entries.is_empty() {
            return if nothing {
                Value::Nothing
            } else {
                Value::Unbound
            };
        }
        if entries.iter().any(|entry| entry.value.is_api()) {
            return self.joined_api(outer, &entries);
        }
        self.joined_flag(entries, nothing)
    }

    /// A name that is the API in some branch.
    fn joined_api(&mut self, outer: Option<GuardId>, entries: &[Entry]) -> Value {
        let mut found: Vec<(Alias, Vec<Guard>)> = Vec::new();
        let others = entries.iter().any(|entry| !entry.value.is_api());
        for entry in entries {
            for index in self.aliases_of(entry.value) {
                let alias = self.aliases[index as usize].clone();
                let mut conditions = self.conditions(alias.guard, outer);
                if !entry.changed || !conditions.contains(&entry.condition) {
                    conditions.insert(0, entry.condition.clone());
                }
                let condition = Guard::all(conditions);
                match found.iter_mut().find(|(known, _)| known.path == alias.path) {
                    Some((_, known)) => known.push(condition),
                    None => found.push((alias, vec![condition])),
                }
            }
        }
        let certain_alone = found.len() == 1 && !others;
        if found.len() > MOST_ALTERNATIVES {
            return Value::Other;
        }
        let mut aliases = Vec::with_capacity(found.len());
        for (mut alias, conditions) in found {
            let condition = Guard::any(conditions);
            if condition.is_always() {
                if !certain_alone {
                    return Value::Other;
                }
                alias.guard = outer;
            } else {
                alias.guard = Some(self.node(outer, condition));
            }
            aliases.push(alias);
        }
        self.alternatives_of(aliases)
    }

    /// A name that is nowhere the API: a flag, perhaps.
    fn joined_flag(&mut self, entries: Vec<Entry>, nothing: bool) -> Value {
        if let [only] = entries.as_slice()
            && Self::is_named(only.value)
        {
            return only.value;
        }
        let relevant = entries.iter().any(|entry| !entry.condition.is_always());
        let tests = entries
            .iter()
            .any(|entry| matches!(entry.value, Value::Test(_)));
        if relevant
            && !nothing
            && let Some(chosen) = self.chosen(&entries)
        {
            return self.value_of_computed(chosen);
        }
        let flags = !nothing
            && entries
                .iter()
                .all(|entry| matches!(entry.value, Value::Bool(_)));
        if flags && relevant && entries.iter().all(|entry| !entry.condition.is_always()) {
            let (mut yes, mut no) = (Vec::new(), Vec::new());
            for entry in entries {
                if entry.value == Value::Bool(true) {
                    yes.push(entry.condition);
                } else {
                    no.push(entry.condition);
                }
            }
            return self.test_value(Test {
                yes: Guard::any(yes),
                no: Guard::any(no),
                computed: None,
            });
        }
        if tests || relevant && !entries.iter().all(|entry| Self::is_named(entry.value)) {
            return self.test_value(Test::UNKNOWN);
        }
        Value::Other
    }

    /// What a name is worth that every branch binds to something known, where all conditions are
    /// tests of versions.
    fn chosen(&self, entries: &[Entry]) -> Option<Computed> {
        let (last, others) = entries.split_last()?;
        let worth = |entry: &Entry| match entry.value {
            Value::Bool(truth) => Some(Computed::Bool(truth)),
            other => self.held(other),
        };
        condition_of(&last.condition)?;
        let mut chosen = worth(last)?;
        for entry in others.iter().rev() {
            let condition = condition_of(&entry.condition)?;
            chosen = Computed::Choice(Arc::new([condition, worth(entry)?, chosen]));
        }
        chosen.is_small().then_some(chosen)
    }

    /// A definition or a module, which no code tests for truth.
    const fn is_named(value: Value) -> bool {
        matches!(
            value,
            Value::Class(_)
                | Value::Function(_)
                | Value::Module(_)
                | Value::Package(_)
                | Value::Imported(_)
        )
    }
}

/// A condition as what it computes, where it is one of versions alone.
fn condition_of(guard: &Guard) -> Option<Computed> {
    let all = |parts: &[Guard]| parts.iter().map(condition_of).collect::<Option<Vec<_>>>();
    match guard {
        Guard::Version { computed, holds } if *holds => Some((**computed).clone()),
        Guard::Version { computed, .. } => Some(Computed::Not(Arc::clone(computed))),
        Guard::All(parts) if !parts.is_empty() => all(parts).map(Computed::All),
        Guard::Any(parts) => all(parts).map(Computed::Any),
        _ => None,
    }
}
