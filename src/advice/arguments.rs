//! Whether a call that one parameter list accepts means the same under another.

use crate::api::signature::{Parameter, Signature};
use crate::python::uses::Call;

/// How a call fits a new parameter list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Every argument arrives where it did.
    Same,
    /// This cannot be told.
    Unknown,
    /// The call fails, or an argument arrives elsewhere.
    No,
}

/// Whether a parameter list takes a call.
fn accepts(list: &Signature, call: &Call) -> bool {
    let places = call.positional();
    if places > list.positional.len() && !list.variadic {
        return false;
    }
    let by_place = &list.positional[..places.min(list.positional.len())];
    let given_by_place = |name: &str| by_place.iter().any(|one| one.name == name);
    let known = call
        .keywords()
        .all(|keyword| !given_by_place(keyword) && (list.names(keyword) || list.keywords));
    let given = |one: &Parameter| {
        !one.required
            || call.keywords().any(|keyword| keyword == one.name)
            || given_by_place(one.name)
    };
    known && all(list).all(given)
}

/// All parameters that have a name of their own.
fn all(list: &Signature) -> impl Iterator<Item = &Parameter> {
    list.positional.iter().chain(&list.keyword_only)
}

/// What is known of a call.
#[derive(Clone, Copy)]
pub(super) struct Calls<'c> {
    /// As it stands there.
    pub(super) before: &'c Call,
    /// As it will stand there.
    pub(super) after: &'c Call,
}

/// How a call fits `new`, which `old` accepted. No call: whatever `old` accepts has to. `same` says
/// in how many places a parameter may have another name.
pub(super) fn fit(
    old: &[&'static str],
    new: &[&'static str],
    calls: Option<Calls<'_>>,
    same: usize,
) -> Fit {
    if old.is_empty() || new.is_empty() {
        return Fit::Unknown;
    }
    let old: Vec<Signature> = old.iter().map(|text| Signature::parse(text)).collect();
    let mut worst = Fit::Same;
    for new in new.iter().map(|text| Signature::parse(text)) {
        let fit = match calls.filter(|calls| !calls.before.is_open()) {
            Some(calls) => fit_call(&old, &new, calls, same),
            None if old.iter().all(|old| takes_all(old, &new)) => Fit::Same,
            None => Fit::Unknown,
        };
        worst = match (worst, fit) {
            (Fit::No, _) | (_, Fit::No) => Fit::No,
            (Fit::Unknown, _) | (_, Fit::Unknown) => Fit::Unknown,
            (Fit::Same, Fit::Same) => Fit::Same,
        };
    }
    worst
}

fn fit_call(old: &[Signature], new: &Signature, calls: Calls<'_>, same: usize) -> Fit {
    let Calls { before, after } = calls;
    if !accepts(new, after) {
        return Fit::No;
    }
    let mut accepting = old.iter().filter(|old| accepts(old, before)).peekable();
    if accepting.peek().is_none() {
        return Fit::Unknown;
    }
    let call = after;
    // Other keywords may be taken and not understood.
    let understood = call.keywords().all(|keyword| new.names(keyword));
    let places = call.positional().min(before.positional());
    if !accepting.all(|old| same_order(old, new, places, same)) {
        return Fit::No;
    }
    if understood && places <= new.positional.len() {
        Fit::Same
    } else {
        Fit::Unknown
    }
}

/// Whether the first places mean the same. The first `same` of them may have new names, but none
/// that means another.
fn same_order(old: &Signature, new: &Signature, places: usize, same: usize) -> bool {
    let given_before = |name: &str| {
        old.positional
            .iter()
            .take(places)
            .any(|one| one.name == name)
    };
    let renamed = |a: &str, b: &str| !new.names(a) && !given_before(b);
    let pairs = old.positional.iter().zip(&new.positional);
    let pairs = pairs.take(places).enumerate();
    let mut pairs = pairs.map(|(place, (a, b))| (place, a.name, b.name));
    pairs.all(|(place, a, b)| a == b || (place < same && renamed(a, b)))
}

/// Whether every call of `old` means the same under `new`.
fn takes_all(old: &Signature, new: &Signature) -> bool {
    let open = |list: &Signature| list.variadic || list.keywords;
    let places = old.positional.len();
    let names = |list: &Signature| -> Vec<&str> {
        let first = list.positional.iter().take(places);
        first.map(|one| one.name).collect()
    };
    let required_before = |name: &str| all(old).any(|one| one.name == name && one.required);
    names(new) == names(old)
        && all(old).all(|one| new.names(one.name))
        && all(new).all(|one| !one.required || required_before(one.name))
        && (!open(old) || open(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::uses::{Argument, Given};
    use crate::text::Span;

    fn call(positional: usize, keywords: &[&str]) -> Call {
        let nowhere = Span::new(0, 0);
        let argument = |keyword| Argument {
            keyword,
            name_span: nowhere,
            span: nowhere,
            given: Given::Other,
        };
        let places = (0..positional).map(|_| argument(None));
        let named = keywords.iter().map(|&name| argument(Some(name.into())));
        Call {
            span: nowhere,
            body: 0,
            partial: false,
            arguments: places.chain(named).collect(),
        }
    }

    fn fits(old: &'static str, new: &'static str, call: &Call, same: usize) -> Fit {
        let calls = Calls {
            before: call,
            after: call,
        };
        fit(&[old], &[new], Some(calls), same)
    }

    #[track_caller]
    fn check(
        old: &'static str,
        new: &'static str,
        positional: usize,
        keywords: &[&str],
        expect: Fit,
    ) {
        let call = call(positional, keywords);
        assert_eq!(fits(old, new, &call, usize::MAX), expect);
    }

    #[test]
    fn arguments_arrive_where_they_did() {
        check("(x, name=)", "(x, name=)", 1, &["name"], Fit::Same);
        check("(filename)", "(path)", 1, &[], Fit::Same);
        check("(filename)", "(path)", 0, &["filename"], Fit::No);
        check("(policy)", "(policy)", 1, &[], Fit::Same);
        check("(x, **kwargs)", "(x, **kwargs)", 1, &["a"], Fit::Unknown);
    }

    #[test]
    fn what_is_required_has_to_be_given() {
        check("(x, name=)", "(x, dtype, name=)", 1, &[], Fit::No);
        check("(opt)", "(opt, loss_scale)", 1, &[], Fit::No);
        check("(opt, loss_scale)", "(opt, loss_scale)", 2, &[], Fit::Same);
        check("(name, loss_scale=)", "(name)", 1, &["loss_scale"], Fit::No);
    }

    #[test]
    fn places_that_mean_another_are_refused() {
        check("(a, b)", "(b, a)", 2, &[], Fit::No);
        check("(a, b)", "(a, c, b)", 2, &[], Fit::No);
        check("(a, b)", "(a, b, c=)", 2, &[], Fit::Same);
    }

    #[test]
    fn other_things_have_other_parameters() {
        let fits = |same| fits("(o, scale)", "(p, dynamic=)", &call(2, &[]), same);
        assert_eq!([fits(2), fits(1), fits(0)], [Fit::Same, Fit::No, Fit::No]);
    }

    #[test]
    fn a_call_may_change_with_the_name() {
        let calls = |before, after| Calls { before, after };
        let (one, two) = (call(1, &[]), call(2, &[]));
        let fits = |old, new, calls| fit(&[old], &[new], Some(calls), 1);
        assert_eq!(fits("(o, scale)", "(p)", calls(&two, &one)), Fit::Same);
        assert_eq!(
            fits("(x, name=)", "(x, type)", calls(&one, &two)),
            Fit::Same
        );
        assert_eq!(fits("(x, name=)", "(x, type)", calls(&one, &one)), Fit::No);
    }

    #[test]
    fn without_a_call_everything_has_to_fit() {
        let all = |old, new| fit(&[old], &[new], None, 0);
        assert_eq!(all("(x, name=)", "(x, name=)"), Fit::Same);
        assert_eq!(all("(x, name=)", "(x, name=, more=)"), Fit::Same);
        assert_eq!(all("(x, name=)", "(x)"), Fit::Unknown);
        assert_eq!(all("(x, *, a=)", "(x, a=)"), Fit::Same);
        assert_eq!(all("(x)", "(x, y)"), Fit::Unknown);
        assert_eq!(fit(&[], &["(x)"], None, 0), Fit::Unknown);
    }
}
