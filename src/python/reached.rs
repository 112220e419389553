//! Code that is only reached under a condition: functions and classes that the file itself uses
//! under guards alone (`if IS_TF2: new() else: old()`), and modules that are imported so.
//!
//! A function that nothing in its file refers to may be called from anywhere, under no condition.
//! One that is referred to under conditions alone is taken to have no other callers: where that is
//! wrong, a finding is missed.

use smallvec::SmallVec;

use super::bindings::count;
use super::project::ModuleId;
use super::scopes::{FastMap, Value};
use super::uses::{Guard, GuardId};
use super::walk::Walk;

/// Longer conditions are not worth spelling out.
const LONGEST_CONDITION: usize = 24;

/// A function or class, and where the file refers to it.
#[derive(Debug, Default)]
pub(crate) struct Callee {
    /// The conditions of its body that stand for those of its callers.
    nodes: SmallVec<[GuardId; 2]>,
    /// The conditions at each place that refers to it.
    sites: SmallVec<[Option<GuardId>; 2]>,
}

/// How far the condition of a callee is worked out.
enum Progress {
    Begun,
    Done(Guard),
}

impl Walk<'_, '_> {
    pub(crate) fn new_callee(&mut self) -> u32 {
        self.callees.push(Callee::default());
        count(self.callees.len() - 1)
    }

    /// Notes that a function or class is referred to here.
    pub(crate) fn refer(&mut self, value: Value) {
        if let Value::Table(table) = value {
            self.refer_to_all(table);
        } else if let Some(callee) = self.callee_of(value) {
            self.refer_to(callee);
        }
    }

    /// Who a value is, if it is a function or class.
    pub(crate) fn callee_of(&self, value: Value) -> Option<u32> {
        match value {
            Value::Function(callee) => Some(callee),
            Value::Class(class) => Some(self.classes[class as usize].callee),
            _ => None,
        }
    }

    pub(crate) fn refer_to(&mut self, callee: u32) {
        let sites = &mut self.callees[callee as usize].sites;
        if sites.last() != Some(&self.guard) {
            sites.push(self.guard);
        }
    }

    /// The conditions of a body, with a place left for those of its callers.
    pub(crate) fn reached_by(&mut self, callee: u32, outer: Option<GuardId>) -> Option<GuardId> {
        let node = self.node(outer, Guard::ALWAYS);
        // Within too many conditions there is no place left.
        if self.guards[node.0 as usize].guard.is_always() {
            self.callees[callee as usize].nodes.push(node);
        }
        Some(node)
    }

    /// Fills in the conditions of callers, now that all of them are known.
    pub(crate) fn resolve_callees(&mut self) {
        // Whoever is referred to nowhere, or freely, is reached always.
        let free = |callee: &Callee| callee.sites.is_empty() || callee.sites.contains(&None);
        if self.callees.iter().all(free) {
            return;
        }
        let mut places: FastMap<u32, u32> = FastMap::default();
        for (index, callee) in self.callees.iter().enumerate() {
            for node in &callee.nodes {
                places.insert(node.0, count(index));
            }
        }
        let mut known: FastMap<u32, Progress> = FastMap::default();
        for index in 0..self.callees.len() {
            if free(&self.callees[index]) {
                continue;
            }
            let condition = self.condition_of(count(index), &places, &mut known, 0);
            if condition.is_always() {
                continue;
            }
            for at in 0..self.callees[index].nodes.len() {
                let node = self.callees[index].nodes[at];
                self.guards[node.0 as usize].guard = condition.clone();
            }
        }
    }

    fn condition_of(
        &self,
        callee: u32,
        places: &FastMap<u32, u32>,
        known: &mut FastMap<u32, Progress>,
        depth: usize,
    ) -> Guard {
        let sites = &self.callees[callee as usize].sites;
        if sites.is_empty() || sites.contains(&None) {
            return Guard::ALWAYS;
        }
        match known.get(&callee) {
            Some(Progress::Done(guard)) => return guard.clone(),
            Some(Progress::Begun) => return Guard::ALWAYS,
            None => {}
        }
        if depth > 100 {
            return Guard::ALWAYS;
        }
        known.insert(callee, Progress::Begun);
        let mut ways = Vec::new();
        for &site in sites {
            let mut conditions = Vec::new();
            let (mut at, mut own) = (site, false);
            while let Some(id) = at {
                let node = &self.guards[id.0 as usize];
                match places.get(&id.0) {
                    Some(&place) if place == callee => own = true,
                    Some(&place) => {
                        conditions.push(self.condition_of(place, places, known, depth + 1));
                    }
                    // What is caught around a call is caught in the function too.
                    None if node.guard.catches() => conditions.push(Guard::Unknown),
                    None => conditions.push(node.guard.clone()),
                }
                at = node.outer;
            }
            if own {
                continue;
            }
            let way = Guard::all(conditions);
            if way.is_always() {
                ways.clear();
                break;
            }
            // One that is too long already may still turn out to be none at all.
            if ways.len() <= LONGEST_CONDITION && !ways.contains(&way) {
                ways.push(way);
            }
        }
        let mut condition = Guard::any(ways);
        if size(&condition) > LONGEST_CONDITION {
            condition = Guard::Unknown;
        }
        known.insert(callee, Progress::Done(condition.clone()));
        condition
    }

    /// The modules that the file imports, and those of them that it imports only under conditions
    /// that choose releases; sorted. An import that never runs is none.
    pub(crate) fn imported_modules(&self) -> (Vec<ModuleId>, Vec<ModuleId>) {
        let (mut all, mut free) = (Vec::new(), Vec::new());
        for &(module, guard) in &self.imports {
            all.push(module);
            let mut chosen = false;
            let mut at = guard;
            while let Some(id) = at {
                let node = &self.guards[id.0 as usize];
                chosen |= !node.guard.catches() && !node.guard.is_always();
                at = node.outer;
            }
            if !chosen {
                free.push(module);
            }
        }
        all.sort_unstable();
        all.dedup();
        let chosen = all
            .iter()
            .copied()
            .filter(|module| !free.contains(module))
            .collect();
        (all, chosen)
    }
}

fn size(guard: &Guard) -> usize {
    match guard {
        Guard::All(parts) | Guard::Any(parts) => parts.iter().map(size).sum::<usize>() + 1,
        _ => 1,
    }
}
