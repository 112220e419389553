//! Whether a call that one parameter list accepts means the same under another.

use crate::python::rewrite::Call;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// By place or by name.
    Plain,
    /// By name alone.
    Keyword,
    /// `*args`
    Rest,
    /// `**kwargs`
    Others,
}

#[derive(Clone, Copy, Debug)]
struct Parameter<'s> {
    name: &'s str,
    kind: Kind,
    optional: bool,
}

/// A parameter list in the notation of `data/README.md`: `(x, name=, *, axis=, **kwargs)`.
struct Parameters<'s>(Vec<Parameter<'s>>);

impl<'s> Parameters<'s> {
    fn parse(text: &'s str) -> Self {
        let inner = text.trim().trim_start_matches('(').trim_end_matches(')');
        let mut kind = Kind::Plain;
        let mut list = Vec::new();
        for part in inner.split(',').map(str::trim) {
            let (name, optional) = match part.split_once('=') {
                Some((name, _)) => (name.trim(), true),
                None => (part, false),
            };
            let (name, own) = match name {
                "" | "/" => continue,
                "*" => {
                    kind = Kind::Keyword;
                    continue;
                }
                _ => match (name.strip_prefix("**"), name.strip_prefix('*')) {
                    (Some(name), _) => (name, Kind::Others),
                    (None, Some(name)) => {
                        kind = Kind::Keyword;
                        (name, Kind::Rest)
                    }
                    (None, None) => (name, kind),
                },
            };
            list.push(Parameter {
                name,
                kind: own,
                optional,
            });
        }
        Self(list)
    }

    fn plain(&self) -> impl Iterator<Item = &Parameter<'s>> {
        self.0.iter().filter(|one| one.kind == Kind::Plain)
    }

    fn named(&self, name: &str) -> bool {
        let mut named = self.0.iter();
        named.any(|one| one.name == name && matches!(one.kind, Kind::Plain | Kind::Keyword))
    }

    fn has(&self, kind: Kind) -> bool {
        self.0.iter().any(|one| one.kind == kind)
    }

    /// Whether Python takes the call.
    fn accepts(&self, call: &Call) -> bool {
        let plain: Vec<_> = self.plain().collect();
        if call.positional > plain.len() && !self.has(Kind::Rest) {
            return false;
        }
        let by_place = &plain[..call.positional.min(plain.len())];
        let known = call.keywords.iter().all(|keyword| {
            let twice = by_place.iter().any(|one| one.name == keyword);
            !twice && (self.named(keyword) || self.has(Kind::Others))
        });
        let given = |one: &Parameter<'_>| {
            one.optional
                || call.keywords.iter().any(|keyword| keyword == one.name)
                || by_place.iter().any(|other| other.name == one.name)
        };
        let mut needed = self.0.iter();
        known && needed.all(|one| matches!(one.kind, Kind::Rest | Kind::Others) || given(one))
    }
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
pub(super) fn fit(old: &[&str], new: &[&str], calls: Option<Calls<'_>>, same: usize) -> Fit {
    if old.is_empty() || new.is_empty() {
        return Fit::Unknown;
    }
    let old: Vec<Parameters<'_>> = old.iter().map(|text| Parameters::parse(text)).collect();
    let mut worst = Fit::Same;
    for new in new.iter().map(|text| Parameters::parse(text)) {
        let fit = match calls.filter(|calls| !calls.before.open) {
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

fn fit_call(old: &[Parameters<'_>], new: &Parameters<'_>, calls: Calls<'_>, same: usize) -> Fit {
    let Calls { before, after } = calls;
    if !new.accepts(after) {
        return Fit::No;
    }
    let mut accepting = old.iter().filter(|old| old.accepts(before)).peekable();
    if accepting.peek().is_none() {
        return Fit::Unknown;
    }
    let call = after;
    // Other keywords may be taken and not understood.
    let understood = call.keywords.iter().all(|keyword| new.named(keyword));
    let places = call.positional.min(before.positional);
    if !accepting.all(|old| same_order(old, new, places, same)) {
        return Fit::No;
    }
    if understood && places <= new.plain().count() {
        Fit::Same
    } else {
        Fit::Unknown
    }
}

/// Whether the first places mean the same. The first `same` of them may have new names, but none
/// that means another.
fn same_order(old: &Parameters<'_>, new: &Parameters<'_>, places: usize, same: usize) -> bool {
    let given_before = |name: &str| old.plain().take(places).any(|one| one.name == name);
    let renamed = |a: &str, b: &str| !new.named(a) && !given_before(b);
    let pairs = old.plain().zip(new.plain()).take(places).enumerate();
    let mut pairs = pairs.map(|(place, (a, b))| (place, a.name, b.name));
    pairs.all(|(place, a, b)| a == b || (place < same && renamed(a, b)))
}

/// Whether every call of `old` means the same under `new`.
fn takes_all(old: &Parameters<'_>, new: &Parameters<'_>) -> bool {
    let open = |list: &Parameters<'_>| list.has(Kind::Rest) || list.has(Kind::Others);
    let places: Vec<_> = old.plain().collect();
    let same_places = new
        .plain()
        .take(places.len())
        .map(|one| one.name)
        .eq(places.iter().map(|one| one.name));
    let mut named = old.0.iter();
    let all_named =
        named.all(|one| matches!(one.kind, Kind::Rest | Kind::Others) || new.named(one.name));
    let mut needed = new.0.iter();
    let no_more = needed.all(|one| {
        let required_before = old.0.iter().any(|o| o.name == one.name && !o.optional);
        one.optional || matches!(one.kind, Kind::Rest | Kind::Others) || required_before
    });
    same_places && all_named && no_more && (!open(old) || open(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(positional: usize, keywords: &[&str]) -> Call {
        Call {
            positional,
            keywords: keywords.iter().map(|&name| name.to_owned()).collect(),
            ..Call::default()
        }
    }

    fn fits(old: &str, new: &str, call: &Call, same: usize) -> Fit {
        let calls = Calls {
            before: call,
            after: call,
        };
        fit(&[old], &[new], Some(calls), same)
    }

    #[track_caller]
    fn check(old: &str, new: &str, positional: usize, keywords: &[&str], expect: Fit) {
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
