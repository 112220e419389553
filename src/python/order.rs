//! The uses of a file in the order of its source, and no more kept of it than somebody asks for: what is
//! read of all files stays until the last is judged.

use std::sync::Arc;

use crate::text::Span;

use super::bindings::count;
use super::scopes::{FastMap, FastSet};
use super::uses::{FileUses, Guard, GuardId, GuardNode, Use};

impl FileUses {
    /// Sorts the uses by span and drops some, all references adjusted.
    pub(super) fn put_in_order(&mut self, drop: impl Fn(&Use) -> bool) {
        let total = self.uses.len();
        let kept = self.uses.iter().zip(0..).filter(|(used, _)| !drop(used));
        let mut order: Vec<(Span, u32)> = kept.map(|(used, index)| (used.span, index)).collect();
        order.sort_unstable();
        let mut place: Vec<Option<u32>> = vec![None; total];
        for (new, &(_, old)) in order.iter().enumerate() {
            place[old as usize] = Some(count(new));
        }
        let mut old: Vec<Option<Use>> = std::mem::take(&mut self.uses)
            .into_iter()
            .map(Some)
            .collect();
        let ordered = order.iter().map(|&(_, index)| old[index as usize].take());
        self.uses = ordered.flatten().collect();
        for used in &mut self.uses {
            used.via = used.via.and_then(|via| place[via as usize]);
        }
        for handler in &mut self.weak_handlers {
            handler.uses = handler
                .uses
                .iter()
                .filter_map(|&index| place[index as usize])
                .collect();
        }
        self.drop_guards();
        let mut lists = FastMap::default();
        for node in &mut self.guards {
            renumber(&mut node.guard, &place, &mut lists);
        }
    }

    /// Keeps what others may ask of a file in which nothing was found: for each path and position one
    /// use, and one behind a condition, of which no more is known then.
    pub fn reduce(&mut self) {
        let mut seen = FastSet::default();
        let mut uses = std::mem::take(&mut self.uses);
        uses.retain(|used| {
            let path = Arc::as_ptr(&used.path).addr();
            seen.insert((path, used.position, used.guard.is_some(), used.by_name))
        });
        for used in &mut uses {
            used.guard = used.guard.map(|_| GuardId(0));
            used.via = None;
            used.call = None;
        }
        uses.shrink_to_fit();
        let guarded = uses.iter().any(|used| used.guard.is_some());
        let unknown = GuardNode {
            outer: None,
            guard: Guard::Unknown,
        };
        *self = Self {
            uses,
            guards: guarded.then_some(unknown).into_iter().collect(),
            reduced: true,
            ..Self::default()
        };
    }

    /// Keeps the conditions that something stands under, all references adjusted.
    fn drop_guards(&mut self) {
        let held = self.uses.iter_mut().map(|used| &mut used.guard);
        let held = held
            .chain(self.version_tests.iter_mut().map(|one| &mut one.guard))
            .chain(self.variables.iter_mut().map(|one| &mut one.guard))
            .chain(self.methods.iter_mut().map(|one| &mut one.guard));
        let held: Vec<&mut Option<GuardId>> = held.filter(|guard| guard.is_some()).collect();
        let mut needed = vec![false; self.guards.len()];
        for guard in &held {
            let mut at = **guard;
            while let Some(id) = at
                && !std::mem::replace(&mut needed[id.0 as usize], true)
            {
                at = self.guards[id.0 as usize].outer;
            }
        }
        // Places for conditions that stayed empty go, too.
        let mut place: Vec<Option<GuardId>> = Vec::with_capacity(self.guards.len());
        let mut kept = Vec::new();
        for (node, needed) in std::mem::take(&mut self.guards).into_iter().zip(needed) {
            // Nodes are made after those around them.
            let outer = node.outer.and_then(|id| place[id.0 as usize]);
            if needed && !node.guard.is_always() {
                place.push(Some(GuardId(count(kept.len()))));
                kept.push(GuardNode { outer, ..node });
            } else {
                place.push(outer);
            }
        }
        kept.shrink_to_fit();
        self.guards = kept;
        for guard in held {
            *guard = guard.and_then(|id| place[id.0 as usize]);
        }
    }
}

/// Lists of uses by the address of their old form: guards share them, before and after.
type Lists = FastMap<usize, (Arc<[u32]>, Arc<[u32]>)>;

fn renumber(guard: &mut Guard, place: &[Option<u32>], lists: &mut Lists) {
    match guard {
        Guard::Body { uses, .. } => {
            let address = uses.as_ptr() as usize;
            let (_, new) = lists.entry(address).or_insert_with(|| {
                let mut new: Vec<u32> = uses
                    .iter()
                    .filter_map(|&index| place[index as usize])
                    .collect();
                new.sort_unstable();
                // The old list lives on, so that no other takes its address.
                (Arc::clone(uses), new.into())
            });
            *uses = Arc::clone(new);
        }
        Guard::All(parts) | Guard::Any(parts) => {
            for part in parts {
                renumber(part, place, lists);
            }
        }
        Guard::CatchesAttributeError
        | Guard::CatchesImportError
        | Guard::CatchesTypeError
        | Guard::CatchesValueError
        | Guard::Has { .. }
        | Guard::HasModule { .. }
        | Guard::Accepts { .. }
        | Guard::Version { .. }
        | Guard::Never
        | Guard::Unknown => {}
    }
}
