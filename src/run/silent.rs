//! Files in which nothing can be found: of most of what was read, only what others may ask for has to
//! stay until all is judged. What one file imports may change what another means, so that whoever was
//! silent when it was read is asked again when all are there.

use crate::api::texts::PolicyKind;
use crate::narrow::texts::{self, Role};
use crate::narrow::{Availability, Judge, Memory};
use crate::python::Reading;
use crate::python::uses::Call;
use crate::release::ReleaseSet;
use crate::rule::training::FileSubject;
use crate::scope::Scopes;

use super::cache::{Cache, Called, Known};
use super::notebooks::is_notebook;

/// Leaves of a file in which nothing can be found what others may ask for.
pub(super) fn reduce(reading: &mut Reading, scopes: &Scopes, cache: &mut Cache) {
    // Notebooks may be governed by what they install for themselves.
    if is_notebook(&reading.path) {
        return;
    }
    let imported = Default::default();
    let judge = Judge {
        scope: scopes.governing(&reading.path),
        imported: &imported,
        together: &|| [ReleaseSet::EMPTY; 3],
        memory: &Memory::default(),
    };
    if is_silent(reading, &judge, cache) {
        reading.uses.reduce();
    }
}

/// Whether no rule can have anything to say about a file: its names are there, its calls are taken as
/// they are, and nothing else in it is looked at.
fn is_silent(reading: &Reading, judge: &Judge<'_>, cache: &mut Cache) -> bool {
    let uses = &reading.uses;
    uses.version_tests.is_empty()
        && uses.weak_handlers.is_empty()
        && uses.variables.is_empty()
        && !FileSubject::concerns(uses)
        && uses.uses.iter().all(|used| {
            let known = cache.known(judge, used);
            let call = uses.given(used).filter(|_| !used.by_name);
            known.quiet && call.is_none_or(|call| is_taken(known, call, judge))
        })
}

/// Whether no permitted release has anything against a call.
fn is_taken(known: &Known, call: &Call, judge: &Judge<'_>) -> bool {
    let (Some(found), Some(called)) = (&known.found, &known.called) else {
        return true;
    };
    let Called { callable, role } = &**called;
    let fails = |found: &Availability| !judge.failing(found).is_empty();
    let refused = callable.as_ref().is_some_and(|callable| {
        let refusals = callable.refusals(call, found);
        refusals.iter().any(|refusal| fails(&refusal.found))
    });
    let misread = |role: Role| match role {
        Role::Policy(place) if place.kind == PolicyKind::Global => true,
        _ if !role.is_given(call) => false,
        _ => [false, true].into_iter().any(|version_2| {
            let refusals = texts::refusals(role, call, found, version_2);
            refusals.iter().any(|refusal| fails(&refusal.found))
        }),
    };
    !refused && (call.partial || !role.is_some_and(misread))
}

/// Whether a file that was reduced is as silent now that all others are known. Its calls are gone: where
/// its scope is another now, it has to be read again.
pub(super) fn is_still_silent(reading: &Reading, judge: &Judge<'_>, cache: &mut Cache) -> bool {
    let mut uses = reading.uses.uses.iter();
    uses.all(|used| cache.known(judge, used).quiet)
}
