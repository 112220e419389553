//! Outcomes of tests as other files see them: there, the uses of this file have no numbers, so what
//! depends on how the body of a `try` went is said by the names that it uses.

use super::uses::{Guard, Position, Use};
use super::walk::Walk;

/// A condition as it can be said in another file.
pub(crate) fn elsewhere(walk: &Walk<'_, '_>, guard: Guard) -> Guard {
    let all = |parts: Vec<Guard>| {
        parts
            .into_iter()
            .map(|part| elsewhere(walk, part))
            .collect()
    };
    match guard {
        Guard::Body { uses, failed } => body(walk, &uses, failed).unwrap_or(Guard::Unknown),
        Guard::All(parts) => Guard::all(all(parts)),
        Guard::Any(parts) => Guard::any(all(parts)),
        other if other.catches() => Guard::Unknown,
        other => other,
    }
}

/// That a body failed, or that it did not; nothing where its uses are reached under conditions of
/// their own.
fn body(walk: &Walk<'_, '_>, uses: &[u32], failed: bool) -> Option<Guard> {
    if uses.is_empty() {
        return None;
    }
    let parts: Vec<Guard> = uses
        .iter()
        .map(|&index| {
            let used = &walk.uses[index as usize];
            let free = walk.conditions(used.guard, None).is_empty();
            free.then(|| outcome(used, failed)).flatten()
        })
        .collect::<Option<_>>()?;
    Some(if failed {
        Guard::any(parts)
    } else {
        Guard::all(parts)
    })
}

/// That one use fails, or that it works.
fn outcome(used: &Use, fails: bool) -> Option<Guard> {
    let attribute = Guard::Has {
        path: used.path.to_string(),
        present: !fails,
    };
    let module = Guard::HasModule {
        path: used.path.to_string(),
        present: !fails,
    };
    match used.position {
        Position::ImportModule => Some(module),
        Position::Attribute => Some(attribute),
        // `from a import b` takes an attribute or a module.
        Position::ImportFrom { .. } if fails => Some(Guard::all(vec![attribute, module])),
        Position::ImportFrom { .. } => Some(Guard::any(vec![attribute, module])),
        Position::Star { .. } => None,
    }
}
