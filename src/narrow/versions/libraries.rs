//! What regular expressions, specifiers and `semver` give.
//!
//! The rules are those of Python's [`re`](https://docs.python.org/3/library/re.html) from 3.7 on, of
//! `packaging.specifiers` and of [`semver`](https://python-semver.readthedocs.io/).

use std::sync::Arc;

use pep440_rs::VersionSpecifiers;
use regex::Captures;

use super::Fault;
use super::values::{Value, parsed};
use crate::python::computed::Specifiers;
use crate::python::patterns::{Anchor, Pattern};
use crate::release::specifier;

/// A match of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Match {
    pattern: Arc<Pattern>,
    text: String,
    /// Where the whole and each group lie, in letters, which are bytes here.
    places: Vec<Option<(usize, usize)>>,
}

/// `pattern.name(arguments)`
pub(super) fn pattern_method(
    pattern: &Arc<Pattern>,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let count = |most: &[Value]| match most {
        [] => Ok(usize::MAX),
        // None at all means all of them.
        [Value::Int(0)] => Ok(usize::MAX),
        [Value::Int(most)] => usize::try_from(*most).map_err(|_| Fault::Unknown),
        _ => Err(Fault::Unknown),
    };
    let list = |items| Value::Sequence { list: true, items };
    match (name, arguments) {
        ("match", [Value::Text(text)]) => first(pattern, Anchor::Start, text),
        ("search", [Value::Text(text)]) => first(pattern, Anchor::None, text),
        ("fullmatch", [Value::Text(text)]) => first(pattern, Anchor::Both, text),
        ("findall", [Value::Text(text)]) => {
            let found = all(pattern, text)?;
            Ok(list(found.iter().map(|one| listed(pattern, one)).collect()))
        }
        ("split", [Value::Text(text), most @ ..]) => {
            let (mut items, mut end) = (Vec::new(), 0);
            for one in all(pattern, text)?.iter().take(count(most)?) {
                let whole = one.get_match();
                items.push(Value::Text(text[end..whole.start()].to_owned()));
                items.extend((1..one.len()).map(|group| group_of(one, group)));
                end = whole.end();
            }
            items.push(Value::Text(text[end..].to_owned()));
            Ok(list(items))
        }
        ("sub", [Value::Text(by), Value::Text(text), most @ ..]) => {
            let (mut out, mut end) = (String::new(), 0);
            for one in all(pattern, text)?.iter().take(count(most)?) {
                let whole = one.get_match();
                out.push_str(&text[end..whole.start()]);
                put_in(&mut out, by, one)?;
                end = whole.end();
            }
            out.push_str(&text[end..]);
            Ok(Value::Text(out))
        }
        // Python refuses `None` and numbers.
        ("match" | "search" | "fullmatch" | "findall", [_]) => Err(Fault::Raises),
        _ => Err(Fault::Unknown),
    }
}

fn first(pattern: &Arc<Pattern>, anchor: Anchor, text: &str) -> Result<Value, Fault> {
    let finder = pattern.finder(anchor, text).ok_or(Fault::Unknown)?;
    let Some(found) = finder.captures(text) else {
        return Ok(Value::Nothing);
    };
    let places = found
        .iter()
        .map(|group| group.map(|at| (at.start(), at.end())));
    Ok(Value::Match(Box::new(Match {
        pattern: Arc::clone(pattern),
        text: text.to_owned(),
        places: places.collect(),
    })))
}

/// All matches; patterns that may match nothing never come here.
fn all<'t>(pattern: &Pattern, text: &'t str) -> Result<Vec<Captures<'t>>, Fault> {
    let finder = pattern.finder(Anchor::None, text).ok_or(Fault::Unknown)?;
    Ok(finder.captures_iter(text).collect())
}

fn group_of(found: &Captures<'_>, group: usize) -> Value {
    match found.get(group) {
        Some(part) => Value::Text(part.as_str().to_owned()),
        None => Value::Nothing,
    }
}

/// What `findall` tells of one match: all of it, or its group, or a tuple of its groups.
fn listed(pattern: &Pattern, found: &Captures<'_>) -> Value {
    let group = |at| match group_of(found, at) {
        Value::Nothing => Value::Text(String::new()),
        text => text,
    };
    match pattern.groups {
        0 => group(0),
        1 => group(1),
        groups => Value::Sequence {
            list: false,
            items: (1..=groups).map(group).collect(),
        },
    }
}

/// Puts what takes the place of a match: `\1` is a group of it.
fn put_in(out: &mut String, by: &str, found: &Captures<'_>) -> Result<(), Fault> {
    let mut letters = by.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        let group = letters.next().and_then(|digit| digit.to_digit(10));
        let more = letters.peek().is_some_and(char::is_ascii_digit);
        let group = group.filter(|group| *group > 0 && !more);
        // Before Python 3.5 a group that matched nothing raised.
        let part = group.and_then(|group| found.get(group as usize));
        out.push_str(part.ok_or(Fault::Unknown)?.as_str());
    }
    Ok(())
}

/// `found.name(arguments)`
pub(super) fn match_method(found: &Match, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let tuple = |items| Value::Sequence { list: false, items };
    match (name, arguments) {
        ("group", []) => found.text_of(0, &Value::Nothing),
        ("group", [one]) => found.group(one),
        ("group", several) => {
            let groups = several.iter().map(|one| found.group(one));
            Ok(tuple(groups.collect::<Result<_, _>>()?))
        }
        ("groups", [] | [_]) => {
            let without = arguments.first().unwrap_or(&Value::Nothing);
            let groups = 1..found.places.len();
            let groups = groups.map(|group| found.text_of(group, without));
            Ok(tuple(groups.collect::<Result<_, _>>()?))
        }
        ("groupdict", []) => {
            let names = found.pattern.names.iter();
            let named = names.map(|(name, group)| {
                let part = found.text_of(*group, &Value::Nothing)?;
                Ok((Value::Text(name.clone()), part))
            });
            Ok(Value::Dict(named.collect::<Result<_, _>>()?))
        }
        ("start" | "end" | "span", [] | [_]) => {
            let group = arguments.first().map_or(Ok(0), |one| found.number(one))?;
            let (start, end) = match found.places[group] {
                Some((start, end)) => (whole(start)?, whole(end)?),
                None => (-1, -1),
            };
            Ok(match name {
                "start" => Value::Int(start),
                "end" => Value::Int(end),
                _ => tuple(vec![Value::Int(start), Value::Int(end)]),
            })
        }
        _ => Err(Fault::Unknown),
    }
}

fn whole(number: usize) -> Result<i64, Fault> {
    i64::try_from(number).map_err(|_| Fault::Unknown)
}

impl Match {
    /// `found[group]`
    pub(super) fn group(&self, group: &Value) -> Result<Value, Fault> {
        self.text_of(self.number(group)?, &Value::Nothing)
    }

    fn number(&self, group: &Value) -> Result<usize, Fault> {
        let number = match group {
            Value::Int(number) => usize::try_from(*number).ok(),
            Value::Bool(truth) => Some(usize::from(*truth)),
            Value::Text(name) => {
                let mut names = self.pattern.names.iter();
                names.find(|(own, _)| own == name).map(|(_, group)| *group)
            }
            _ => None,
        };
        number
            .filter(|number| *number < self.places.len())
            .ok_or(Fault::Raises)
    }

    fn text_of(&self, group: usize, without: &Value) -> Result<Value, Fault> {
        Ok(match self.places[group] {
            Some((start, end)) => Value::Text(self.text[start..end].to_owned()),
            None => without.clone(),
        })
    }
}

/// What a text permits, as `SpecifierSet` and its kin read it. What today's `packaging` refuses,
/// older ones read in ways of their own.
pub(super) fn specifiers(of: Specifiers, text: Value) -> Result<Value, Fault> {
    let Value::Text(text) = text else {
        return Err(Fault::Unknown);
    };
    let text = match of {
        Specifiers::Set | Specifiers::One => text.as_str(),
        Specifiers::Requirement | Specifiers::Parsed => {
            let name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            text.trim_start_matches(name)
        }
    };
    let read = specifier::parse(text).map_err(|_| Fault::Unknown)?;
    let one = of != Specifiers::One || read.specifiers.len() == 1;
    if read.legacy.is_some() || !one || text.contains("===") {
        return Err(Fault::Unknown);
    }
    Ok(Value::Specifiers(of, read.specifiers))
}

/// `specifiers.contains(version, early)`. Where nobody says whether releases before the final one
/// count, releases of `packaging` do not agree.
pub(super) fn permits(
    specifiers: &VersionSpecifiers,
    version: Value,
    early: &Value,
) -> Result<bool, Fault> {
    // Texts that are no versions are refused by newer ones only.
    let Ok(Value::Parsed(version)) = parsed(version) else {
        return Err(Fault::Unknown);
    };
    let inside = specifier::contains_all(specifiers, &version);
    if !inside || !version.any_prerelease() {
        return Ok(inside);
    }
    match early {
        Value::Bool(early) => Ok(*early),
        _ => Err(Fault::Unknown),
    }
}

/// What `semver` reads: three numbers, here without what may follow them.
pub(super) fn semver(value: Value) -> Result<Value, Fault> {
    let Value::Text(text) = value else {
        return Err(Fault::Unknown);
    };
    let core = text.split(['-', '+']).next().unwrap_or(&text);
    let number = |part: &str| {
        let plain = part.bytes().all(|byte| byte.is_ascii_digit());
        let short = part == "0" || !part.starts_with('0');
        (plain && short).then(|| part.parse::<i64>().ok()).flatten()
    };
    let numbers: Option<Vec<i64>> = core.split('.').map(number).collect();
    let numbers = numbers.ok_or(Fault::Raises)?;
    let three = <[i64; 3]>::try_from(numbers).map_err(|_| Fault::Raises)?;
    if core.len() != text.len() {
        return Err(Fault::Unknown);
    }
    Ok(Value::Semver(three))
}

/// `version in specifiers`; a requirement of `pkg_resources` takes releases of all kinds.
pub(super) fn contains(
    of: Specifiers,
    specifiers: &VersionSpecifiers,
    version: &Value,
) -> Result<bool, Fault> {
    match of {
        Specifiers::Set | Specifiers::One => permits(specifiers, version.clone(), &Value::Nothing),
        Specifiers::Parsed => permits(specifiers, version.clone(), &Value::Bool(true)),
        Specifiers::Requirement => Err(Fault::Unknown),
    }
}
