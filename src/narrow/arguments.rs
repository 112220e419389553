//! From a call to the releases that refuse its arguments: its keywords and positions held against
//! the parameter lists of the history, and against what the overlay knows of functions that take
//! any keyword and refuse some of them in their body.

use std::sync::{Arc, OnceLock};

use crate::api::{
    self,
    keywords::Refused,
    overlay::{self, Keyword},
    signature::Signature,
};
use crate::python::uses::{Argument, Call, Given};
use crate::python::vocabulary::{INSTANCE, members_of_instance};
use crate::release::ReleaseSet;

use super::availability::{Availability, KerasPart};

/// What is wrong with an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// No parameter has this name: an index into the call's arguments.
    Unexpected(usize),
    /// More by position than are taken: the index of the first that is too much.
    TooMany(usize),
    /// Given by position already: the index of the keyword.
    Twice(usize),
    /// A parameter without a default is not given.
    Missing(&'static str),
    /// The body refuses this keyword: its index, and what Python says around its name (`{}`).
    InBody(usize, &'static str),
    /// It is a value, which cannot be called.
    Called(&'static Keyword),
    /// The overlay knows what happens to this argument: its index.
    Known(usize, &'static Keyword),
}

/// An argument that some releases do not take as it is meant.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What is wrong.
    pub fault: Fault,
    /// Where: its `absent` releases are those that refuse.
    pub found: Availability,
    /// What the releases that have no such parameter take instead: the parameter lists.
    pub takes: Vec<Arc<Signature>>,
}

/// Parameter lists, each with the releases that have it.
type Shapes = Vec<(Arc<Signature>, ReleaseSet)>;

/// What is known of something that can be called.
#[derive(Debug, Default)]
pub struct Callable {
    path: String,
    own: Shapes,
    keras: Option<(KerasPart, Shapes)>,
    legacy: Option<(KerasPart, Shapes)>,
    /// What the overlay knows of its keywords.
    keywords: Vec<(&'static Keyword, Provider)>,
    /// A call may leave out what `arg_scope` gives.
    scoped: bool,
    /// What every parameter list takes.
    common: Common,
    /// What bodies refuse, once it was asked for.
    refused: [OnceLock<Refused>; 3],
}

/// Whose path an entry of the overlay matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    Own,
    Keras,
    Legacy,
}

/// What all parameter lists of a callable have in common, so that most calls are looked at once.
#[derive(Debug, Default)]
struct Common {
    /// How many arguments each takes by position.
    positional: usize,
    /// Parameters that each takes by name, with the first place that one of them has for it.
    names: Vec<(&'static str, usize)>,
    /// Parameters that some need, with the last place that one of these has for it.
    required: Vec<(&'static str, usize)>,
}

impl Common {
    fn of<'s>(lists: impl Iterator<Item = &'s Signature>) -> Self {
        const NOWHERE: usize = usize::MAX;
        let mut common: Option<Self> = None;
        for list in lists {
            let by_position = list.positional.iter().enumerate();
            let placed = by_position.chain(list.keyword_only.iter().map(|one| (NOWHERE, one)));
            let placed: Vec<_> = placed.collect();
            let named = &placed[list.positional_only..];
            let most = if list.variadic {
                NOWHERE
            } else {
                list.positional.len()
            };
            let common = common.get_or_insert_with(|| Self {
                positional: most,
                names: named
                    .iter()
                    .map(|(place, one)| (one.name, *place))
                    .collect(),
                required: Vec::new(),
            });
            common.positional = common.positional.min(most);
            common.names.retain_mut(|(name, first)| {
                let here = named.iter().find(|(_, one)| one.name == *name);
                here.inspect(|(place, _)| *first = (*first).min(*place))
                    .is_some()
            });
            for (place, one) in placed.iter().filter(|(_, one)| one.required) {
                match common
                    .required
                    .iter_mut()
                    .find(|(name, _)| *name == one.name)
                {
                    Some((_, last)) => *last = (*last).max(*place),
                    None => common.required.push((one.name, *place)),
                }
            }
        }
        common.unwrap_or_default()
    }

    /// Whether no list has anything against a call.
    fn takes(&self, call: &Call, scoped: bool) -> bool {
        let mut by_position = 0;
        // Whatever is needed may be among what is unpacked.
        let mut open = call.partial || scoped;
        for argument in call.arguments.iter() {
            match (argument.keyword.as_deref(), &argument.given) {
                (None, Given::Unpacked | Given::UnpackedKeywords) => open = true,
                (None, _) => by_position += 1,
                (Some(keyword), _) => {
                    let of = |&&(name, _): &&(&str, usize)| name == keyword;
                    let Some((_, first)) = self.names.iter().find(of) else {
                        return false;
                    };
                    if *first < by_position {
                        return false;
                    }
                }
            }
        }
        let given = |&(name, last): &(&str, usize)| {
            last < by_position || call.keywords().any(|keyword| keyword == name)
        };
        by_position <= self.positional && (open || self.required.iter().all(given))
    }
}

impl Callable {
    /// What is known of the path of a use that is called.
    #[must_use]
    pub fn of(path: &str, found: &Availability) -> Option<Self> {
        let mut callable = Self {
            path: path.to_owned(),
            scoped: path.contains(".contrib."),
            own: shapes(path),
            ..Self::default()
        };
        let part = |part: &Option<KerasPart>| {
            let part = part.clone()?;
            let shapes = shapes(&part.path);
            Some((part, shapes))
        };
        callable.keras = part(&found.keras);
        callable.legacy = part(&found.legacy);
        let mut keywords = |path: &str, provider| {
            let names = names_of(path);
            for keyword in &overlay::get().keywords {
                if names.iter().any(|name| keyword.is_of(name)) {
                    callable.keywords.push((keyword, provider));
                }
            }
        };
        keywords(path, Provider::Own);
        if let Some(part) = &found.keras {
            keywords(&part.path, Provider::Keras);
        }
        if let Some(part) = &found.legacy {
            keywords(&part.path, Provider::Legacy);
        }
        let lists = [&callable.keras, &callable.legacy];
        let lists = lists.into_iter().flatten().flat_map(|(_, shapes)| shapes);
        let lists = callable.own.iter().chain(lists);
        callable.common = Common::of(lists.map(|(signature, _)| &**signature));
        let known = !callable.own.is_empty()
            || !callable.keywords.is_empty()
            || callable.keras.as_ref().is_some_and(|(_, s)| !s.is_empty());
        known.then_some(callable)
    }

    /// What some release, permitted or not, has against a call.
    #[must_use]
    pub fn refusals(&self, call: &Call, found: &Availability) -> Vec<Refusal> {
        let mut refusals: Vec<Refusal> = Vec::new();
        if !self.common.takes(call, self.scoped) {
            self.against(&self.own, call, Provider::Own, found, &mut refusals);
            if let Some((_, shapes)) = &self.keras {
                self.against(shapes, call, Provider::Keras, found, &mut refusals);
            }
            if let Some((_, shapes)) = &self.legacy {
                self.against(shapes, call, Provider::Legacy, found, &mut refusals);
            }
        }
        for &(keyword, provider) in &self.keywords {
            if keyword.is_call() {
                let releases = keyword.releases_in(self.path_of(provider));
                if !releases.is_empty() {
                    let fault = Fault::Called(keyword);
                    note(&mut refusals, fault, provider, releases, found, None);
                }
                continue;
            }
            let Some(index) = argument_of(keyword, call) else {
                continue;
            };
            let releases = keyword.releases_in(self.path_of(provider));
            if !releases.is_empty() {
                let fault = Fault::Known(index, keyword);
                note(&mut refusals, fault, provider, releases, found, None);
            }
        }
        refusals
    }

    /// What is called, as the package spells it that provides it.
    fn path_of(&self, provider: Provider) -> &str {
        let part = match provider {
            Provider::Own => None,
            Provider::Keras => self.keras.as_ref(),
            Provider::Legacy => self.legacy.as_ref(),
        };
        part.map_or(self.path.as_str(), |(part, _)| part.path.as_str())
    }

    fn against(
        &self,
        shapes: &Shapes,
        call: &Call,
        provider: Provider,
        found: &Availability,
        refusals: &mut Vec<Refusal>,
    ) {
        self.in_body(shapes, call, provider, found, refusals);
        for (signature, releases) in shapes {
            for fault in faults(signature, call, self.scoped) {
                // What the overlay knows is told in its words.
                let known = match fault {
                    Fault::Unexpected(index) | Fault::TooMany(index) => {
                        self.known(call, index, provider)
                    }
                    Fault::Twice(_)
                    | Fault::Missing(_)
                    | Fault::InBody(..)
                    | Fault::Called(_)
                    | Fault::Known(..) => ReleaseSet::EMPTY,
                };
                let releases = *releases - known;
                if !releases.is_empty() {
                    note(refusals, fault, provider, releases, found, Some(signature));
                }
            }
        }
    }

    /// What `**kwargs` takes and the body refuses.
    fn in_body(
        &self,
        shapes: &Shapes,
        call: &Call,
        provider: Provider,
        found: &Availability,
        refusals: &mut Vec<Refusal>,
    ) {
        if !shapes.iter().any(|(signature, _)| signature.keywords) {
            return;
        }
        for (index, argument) in call.arguments.iter().enumerate() {
            let Some(name) = argument.keyword.as_deref() else {
                continue;
            };
            let open = shapes
                .iter()
                .filter(|(signature, _)| signature.keywords && !signature.names(name))
                .fold(ReleaseSet::EMPTY, |set, (_, releases)| set | *releases);
            if open.is_empty() {
                continue;
            }
            let refused =
                self.refused[provider as usize].get_or_init(|| Refused::by(self.path_of(provider)));
            for &(said, releases) in refused.keyword(name) {
                let releases = (releases & open) - self.known(call, index, provider);
                if !releases.is_empty() {
                    note(
                        refusals,
                        Fault::InBody(index, said),
                        provider,
                        releases,
                        found,
                        None,
                    );
                }
            }
        }
    }

    /// The releases in which the overlay tells what becomes of an argument.
    fn known(&self, call: &Call, index: usize, provider: Provider) -> ReleaseSet {
        let entries = self
            .keywords
            .iter()
            .filter(|(keyword, of)| *of == provider && argument_of(keyword, call) == Some(index));
        entries.fold(ReleaseSet::EMPTY, |set, (keyword, _)| {
            set | keyword.releases_in(self.path_of(provider))
        })
    }
}

fn note(
    refusals: &mut Vec<Refusal>,
    fault: Fault,
    provider: Provider,
    releases: ReleaseSet,
    found: &Availability,
    signature: Option<&Arc<Signature>>,
) {
    let at = refusals
        .iter()
        .position(|known| is_same(&known.fault, &fault))
        .unwrap_or_else(|| {
            refusals.push(Refusal {
                fault,
                found: nowhere(found),
                takes: Vec::new(),
            });
            refusals.len() - 1
        });
    let refusal = &mut refusals[at];
    refusal.takes.extend(signature.cloned());
    let place = match provider {
        Provider::Own => Some(&mut refusal.found.absent),
        Provider::Keras => refusal.found.keras.as_mut().map(|part| &mut part.absent),
        Provider::Legacy => refusal.found.legacy.as_mut().map(|part| &mut part.absent),
    };
    if let Some(absent) = place {
        *absent = *absent | releases;
    }
}

/// Whether two faults are told as one: a body may refuse a keyword in other words from release to
/// release, and a parameter list without `**kwargs` does so, too.
fn is_same(one: &Fault, other: &Fault) -> bool {
    match (one, other) {
        (Fault::InBody(one, said), Fault::InBody(other, says)) => {
            let error = |said: &str| said.split(':').next().map(str::to_owned);
            one == other && error(said) == error(says)
        }
        _ => one == other,
    }
}

/// The same path, refused nowhere.
pub(super) fn nowhere(found: &Availability) -> Availability {
    let mut found = found.clone();
    found.absent = ReleaseSet::EMPTY;
    found.shallow = ReleaseSet::EMPTY;
    for part in [&mut found.keras, &mut found.legacy].into_iter().flatten() {
        part.absent = ReleaseSet::EMPTY;
    }
    found
}

/// What a parameter list has against a call: the first cause of its kind, so that one mistake is
/// told once.
fn faults(signature: &Signature, call: &Call, scoped: bool) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut by_position = 0;
    let mut open_positions = false;
    let mut open_keywords = false;
    for (index, argument) in call.arguments.iter().enumerate() {
        match (&argument.keyword, &argument.given) {
            (None, Given::Unpacked) => open_positions = true,
            (None, Given::UnpackedKeywords) => open_keywords = true,
            (None, _) => {
                by_position += 1;
                if by_position == signature.positional.len() + 1 && !signature.variadic {
                    found.push(Fault::TooMany(index));
                }
            }
            (Some(name), _) if signature.names(name) => {
                let place = signature.positional.iter().position(|p| *p.name == **name);
                if place.is_some_and(|place| place < by_position) {
                    found.push(Fault::Twice(index));
                }
            }
            (Some(_), _) if !signature.keywords => found.push(Fault::Unexpected(index)),
            (Some(_), _) => {}
        }
    }
    if found.is_empty() && !open_positions && !open_keywords && !call.partial {
        let given = |name: &str| {
            call.arguments
                .iter()
                .any(|argument| argument.keyword.as_deref() == Some(name))
        };
        let by_position = signature.positional.iter().skip(by_position);
        let missing = by_position
            .chain(&signature.keyword_only)
            .find(|parameter| parameter.required && !scoped && !given(parameter.name));
        found.extend(missing.map(|parameter| Fault::Missing(parameter.name)));
    }
    found
}

/// The argument of a call that an entry of the overlay is about.
fn argument_of(keyword: &Keyword, call: &Call) -> Option<usize> {
    // What is given later may stand in its place.
    if call.partial && keyword.depends_on_more() {
        return None;
    }
    let by_name = |argument: &Argument| argument.keyword.as_deref() == Some(&*keyword.name);
    let index = call.arguments.iter().position(by_name).or_else(|| {
        let place = keyword.position()?;
        let before = call.arguments.get(..=place)?;
        before
            .iter()
            .all(|argument| {
                argument.keyword.is_none()
                    && !matches!(argument.given, Given::Unpacked | Given::UnpackedKeywords)
            })
            .then_some(place)
    })?;
    let open =
        |argument: &Argument| matches!(argument.given, Given::Unpacked | Given::UnpackedKeywords);
    if let Some(other) = &keyword.without {
        let behind = |(at, argument): (usize, &Argument)| match &argument.keyword {
            Some(name) => **name == **other,
            None => open(argument) || keyword.position().is_some_and(|place| at > place),
        };
        if call.arguments.iter().enumerate().any(behind) {
            return None;
        }
    }
    if let Some(place) = keyword.path {
        let named = |one: &&Argument| one.keyword.as_deref() == Some("filepath");
        let placed = || {
            call.arguments
                .get(place)
                .filter(|one| one.keyword.is_none())
        };
        let path = call.arguments.iter().find(named).or_else(placed)?;
        let mut endings = keyword.unless_path_ends.iter();
        match &path.given {
            Given::Text(path) | Given::Named(path)
                if !endings.any(|ending| path.ends_with(ending.as_str())) => {}
            _ => return None,
        }
    }
    let value = match &call.arguments[index].given {
        Given::Nothing => Some("None".to_owned()),
        Given::Bool(true) => Some("True".to_owned()),
        Given::Bool(false) => Some("False".to_owned()),
        Given::Number(number) => Some(number.to_string()),
        Given::Text(text) => Some(format!("'{text}'")),
        Given::Instance(_) => Some("an instance".to_owned()),
        Given::Named(_)
        | Given::Keys(_)
        | Given::Other
        | Given::Unpacked
        | Given::UnpackedKeywords => None,
    };
    keyword.concerns(value.as_deref()).then_some(index)
}

/// The parameter lists of what a path names, each with its releases.
fn shapes(path: &str) -> Shapes {
    let lists: Vec<(&'static str, ReleaseSet)> = match members_of_instance(path) {
        None => {
            let Some(symbol) = api::lookup(path) else {
                return Vec::new();
            };
            symbol.signatures().collect()
        }
        Some(member) => {
            let end = path.len() - member.len() - INSTANCE.len() - 2;
            api::member_signatures(&path[..end], member)
        }
    };
    lists
        .into_iter()
        .map(|(text, releases)| (Arc::new(Signature::parse(text)), releases))
        .collect()
}

/// The names under which the overlay may know what is called: for a member, by every class that
/// hands it on. A constructor is its class's own, whatever that inherits from.
fn names_of(path: &str) -> Vec<String> {
    let Some(member) = members_of_instance(path) else {
        let other = path.strip_prefix("tensorflow.optimizers.");
        let other = other.map(|name| format!("tensorflow.keras.optimizers.{name}"));
        return std::iter::once(path.to_owned()).chain(other).collect();
    };
    let end = path.len() - member.len() - INSTANCE.len() - 2;
    let (class, member) = (&path[..end], &path[end..]);
    api::ancestors(class)
        .into_iter()
        .map(|class| format!("{class}{member}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    fn plain(given: Given) -> Argument {
        Argument {
            keyword: None,
            name_span: Span::new(0, 0),
            span: Span::new(0, 0),
            given,
        }
    }

    fn call(arguments: &[Option<&str>]) -> Call {
        let argument = |name: &Option<&str>| Argument {
            keyword: name.map(Into::into),
            ..plain(Given::Other)
        };
        Call {
            span: Span::new(0, 0),
            body: 0,
            arguments: arguments.iter().map(argument).collect(),
            partial: false,
        }
    }

    #[test]
    fn what_all_lists_take_is_refused_by_none() {
        const LISTS: [&str; 8] = [
            "(a, b=)",
            "(b, a=)",
            "(a, *, b=)",
            "(a, b=, **kwargs)",
            "(a, /, b=)",
            "(*args, a=)",
            "(a, b, c)",
            "()",
        ];
        const GIVEN: [Option<&str>; 4] = [None, Some("a"), Some("b"), Some("c")];
        let (mut taken, mut refused) = (0, 0);
        for pair in 0..LISTS.len() * LISTS.len() {
            let lists =
                [LISTS[pair % LISTS.len()], LISTS[pair / LISTS.len()]].map(Signature::parse);
            let common = Common::of(lists.iter());
            for code in 0..4_usize.pow(4) {
                let picked = [code % 4, code / 4 % 4, code / 16 % 4, code / 64];
                let mut arguments: Vec<Option<&str>> = Vec::new();
                for &at in &picked[..code % 5 % 4 + usize::from(code % 7 == 0)] {
                    if GIVEN[at].is_none() || !arguments.contains(&GIVEN[at]) {
                        arguments.push(GIVEN[at]);
                    }
                }
                arguments.sort_unstable();
                for open in [None, Some(Given::Unpacked), Some(Given::UnpackedKeywords)] {
                    let mut call = call(&arguments);
                    call.arguments.change(|all| all.extend(open.map(plain)));
                    let mut against = lists.iter().map(|list| faults(list, &call, false));
                    let against = against.any(|faults| !faults.is_empty());
                    if common.takes(&call, false) {
                        assert!(!against, "{lists:?} and {:?}", call.arguments);
                        taken += 1;
                    } else {
                        refused += usize::from(against);
                    }
                }
            }
        }
        assert!(taken > 1_000 && refused > 1_000, "{taken} {refused}");
    }
}
