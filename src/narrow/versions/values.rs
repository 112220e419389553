//! Values of Python that tests of versions compute with, and how they compare.

use std::cmp::Ordering;
use std::str::FromStr;
use std::sync::Arc;

use pep440_rs::{Version, VersionSpecifiers};

use super::Fault;
use super::libraries::{self, Match};
use crate::python::computed::{Comparison, Specifiers};
use crate::python::patterns::Pattern;

/// A value of Python.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Nothing,
    Sequence {
        list: bool,
        items: Vec<Value>,
    },
    Set(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Parsed(Version),
    Loose(Vec<Value>),
    Strict(Strict),
    /// Three numbers.
    Semver([i64; 3]),
    Pattern(Arc<Pattern>),
    Match(Box<Match>),
    Specifiers(Specifiers, VersionSpecifiers),
}

/// `StrictVersion`: three numbers, and `a` or `b` with a number for what came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Strict {
    numbers: [i64; 3],
    early: Option<(char, i64)>,
}

impl Strict {
    /// Two or three numbers, then perhaps a letter and a number; Python refuses anything else.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let letter = text.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (numbers, early) = text.split_at(letter.unwrap_or(text.len()));
        let whole = |text: &str| text.parse::<i64>().map_err(|_| Fault::Raises);
        let read: Vec<i64> = numbers.split('.').map(whole).collect::<Result<_, _>>()?;
        let numbers = match *read.as_slice() {
            [major, minor] => [major, minor, 0],
            [major, minor, patch] => [major, minor, patch],
            _ => return Err(Fault::Raises),
        };
        let early = match early.chars().next() {
            None => None,
            Some(letter @ ('a' | 'b')) => Some((letter, whole(&early[1..])?)),
            Some(_) => return Err(Fault::Raises),
        };
        Ok(Self { numbers, early })
    }

    fn order(self, other: Self) -> Ordering {
        // What has no letter is later than what has one.
        let rank = |strict: Self| (strict.early.is_none(), strict.early);
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| rank(self).cmp(&rank(other)))
    }
}

impl Value {
    /// Whether Python takes it for true.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Bool(truth) => *truth,
            Self::Nothing => false,
            Self::Sequence { items, .. } | Self::Set(items) => !items.is_empty(),
            Self::Dict(items) => !items.is_empty(),
            Self::Parsed(_)
            | Self::Loose(_)
            | Self::Strict(_)
            | Self::Semver(_)
            | Self::Pattern(_)
            | Self::Match(_) => true,
            Self::Specifiers(of, own) => *of != Specifiers::Set || !own.is_empty(),
        }
    }

    /// What a loop over it takes, one by one.
    pub(super) fn items(self) -> Option<Vec<Self>> {
        match self {
            Self::Sequence { items, .. } | Self::Set(items) => Some(items),
            Self::Dict(items) => Some(items.into_iter().map(|(key, _)| key).collect()),
            Self::Text(text) => Some(text.chars().map(|c| Self::Text(c.to_string())).collect()),
            _ => None,
        }
    }

    /// The same; Python raises where it cannot be looped over.
    pub(super) fn iterated(self) -> Result<Vec<Self>, Fault> {
        match self {
            Self::Semver(_) | Self::Specifiers(..) => Err(Fault::Unknown),
            other => other.items().ok_or(Fault::Raises),
        }
    }

    /// Its number.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "version numbers are small")]
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Bool(truth) => Some(f64::from(u8::from(*truth))),
            _ => None,
        }
    }
}

pub(super) fn parsed(value: Value) -> Result<Value, Fault> {
    match value {
        Value::Text(text) => Version::from_str(text.trim())
            .map(Value::Parsed)
            .map_err(|_| Fault::Raises),
        parsed @ Value::Parsed(_) => Ok(parsed),
        _ => Err(Fault::Raises),
    }
}

/// What `LooseVersion` makes of a text: runs of digits as numbers, what is between them as text.
pub(super) fn loose(text: &str) -> Vec<Value> {
    let mut parts: Vec<String> = Vec::new();
    let kind = |c: char| match c {
        '0'..='9' => 0,
        'a'..='z' => 1,
        '.' => 2,
        _ => 3,
    };
    let mut last = 2;
    for c in text.chars() {
        let now = kind(c);
        match parts.last_mut() {
            Some(part) if now == last && now != 2 => part.push(c),
            _ => parts.push(c.to_string()),
        }
        last = now;
    }
    parts
        .into_iter()
        .filter(|part| part != ".")
        .map(|part| part.parse().map_or(Value::Text(part), Value::Int))
        .collect()
}

pub(super) fn part_of(value: Value, name: &str) -> Result<Value, Fault> {
    let whole = |number: Option<&u64>| {
        let number = number.copied().unwrap_or(0);
        i64::try_from(number).map_err(|_| Fault::Unknown)
    };
    match (value, name) {
        (Value::Parsed(version), "major") => whole(version.release().first()).map(Value::Int),
        (Value::Parsed(version), "minor") => whole(version.release().get(1)).map(Value::Int),
        (Value::Parsed(version), "micro") => whole(version.release().get(2)).map(Value::Int),
        (Value::Parsed(version), "release") => {
            let items = version.release().iter();
            let items: Result<_, _> = items
                .map(|number| whole(Some(number)).map(Value::Int))
                .collect();
            Ok(Value::Sequence {
                list: false,
                items: items?,
            })
        }
        (Value::Parsed(version), "base_version") => {
            Ok(Value::Text(version.only_release().to_string()))
        }
        (Value::Parsed(version), "public") => Ok(Value::Text(version.without_local().to_string())),
        (Value::Parsed(version), "is_prerelease") => Ok(Value::Bool(version.any_prerelease())),
        (Value::Parsed(version), "is_postrelease") => Ok(Value::Bool(version.is_post())),
        (Value::Parsed(version), "is_devrelease") => Ok(Value::Bool(version.is_dev())),
        (Value::Semver([major, ..]), "major") => Ok(Value::Int(major)),
        (Value::Semver([_, minor, _]), "minor") => Ok(Value::Int(minor)),
        (Value::Semver([.., patch]), "patch") => Ok(Value::Int(patch)),
        (Value::Specifiers(Specifiers::Requirement | Specifiers::Parsed, own), "specifier") => {
            Ok(Value::Specifiers(Specifiers::Set, own))
        }
        (Value::Loose(items), "version") => Ok(Value::Sequence { list: true, items }),
        (Value::Strict(strict), "version") => Ok(Value::Sequence {
            list: false,
            items: strict.numbers.map(Value::Int).to_vec(),
        }),
        _ => Err(Fault::Unknown),
    }
}

/// An index that may count from the end, as an offset.
fn offset(at: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if at < 0 { at + length } else { at }).ok()
}

pub(super) fn item(value: Value, at: i64) -> Result<Value, Fault> {
    let items = match value {
        Value::Match(found) => return found.group(&Value::Int(at)),
        Value::Set(_) | Value::Dict(_) => return Err(Fault::Raises),
        other => other.iterated()?,
    };
    let at = offset(at, items.len()).ok_or(Fault::Raises)?;
    items.into_iter().nth(at).ok_or(Fault::Raises)
}

pub(super) fn slice(value: Value, from: Option<i64>, to: Option<i64>) -> Result<Value, Fault> {
    let (list, text) = match &value {
        Value::Sequence { list, .. } => (*list, false),
        Value::Text(_) => (false, true),
        Value::Semver(_) => return Err(Fault::Unknown),
        _ => return Err(Fault::Raises),
    };
    let items = value.items().ok_or(Fault::Raises)?;
    let bound = |at: i64| offset(at, items.len()).unwrap_or(0).min(items.len());
    let from = from.map_or(0, bound);
    let to = to.map_or(items.len(), bound).max(from);
    let items: Vec<Value> = items[from..to].to_vec();
    if text {
        return joined("", Value::Sequence { list, items });
    }
    Ok(Value::Sequence { list, items })
}

pub(super) fn joined(by: &str, value: Value) -> Result<Value, Fault> {
    let items = value.iterated()?;
    let texts: Result<Vec<String>, Fault> = items
        .into_iter()
        .map(|item| match item {
            Value::Text(text) => Ok(text),
            _ => Err(Fault::Raises),
        })
        .collect();
    Ok(Value::Text(texts?.join(by)))
}

pub(super) fn converted(kind: &str, value: Value) -> Result<Value, Fault> {
    match (kind, value) {
        ("int", Value::Text(text)) => text
            .trim()
            .parse()
            .map(Value::Int)
            .map_err(|_| Fault::Raises),
        ("int", Value::Bool(truth)) => Ok(Value::Int(i64::from(truth))),
        ("int", number @ Value::Int(_)) | ("float", number @ Value::Float(_)) => Ok(number),
        #[expect(clippy::cast_possible_truncation, reason = "Python truncates too")]
        ("int", Value::Float(number)) => Ok(Value::Int(number as i64)),
        ("float", Value::Text(text)) => text
            .trim()
            .parse()
            .map(Value::Float)
            .map_err(|_| Fault::Raises),
        ("float", other) => other.number().map(Value::Float).ok_or(Fault::Raises),
        ("str", text @ Value::Text(_)) => Ok(text),
        ("str", Value::Int(number)) => Ok(Value::Text(number.to_string())),
        ("str", Value::Parsed(version)) => Ok(Value::Text(version.to_string())),
        ("str", Value::Bool(truth)) => {
            Ok(Value::Text(if truth { "True" } else { "False" }.to_owned()))
        }
        ("str", Value::Nothing) => Ok(Value::Text("None".to_owned())),
        // Others are written with an exponent.
        ("str", Value::Float(number)) if number == 0.0 || (1e-4..1e15).contains(&number.abs()) => {
            Ok(Value::Text(format!("{number:?}")))
        }
        ("tuple" | "list", other) => Ok(Value::Sequence {
            list: kind == "list",
            items: other.iterated()?,
        }),
        ("int", _) => Err(Fault::Raises),
        _ => Err(Fault::Unknown),
    }
}

pub(super) fn contained(left: &Value, right: Value) -> Result<bool, Fault> {
    if let (Value::Text(part), Value::Text(whole)) = (left, &right) {
        return Ok(whole.contains(part.as_str()));
    }
    match right {
        Value::Specifiers(of, own) => libraries::contains(of, &own, left),
        Value::Semver(_) => Err(Fault::Unknown),
        Value::Sequence { .. } | Value::Set(_) | Value::Dict(_) => right
            .items()
            .unwrap_or_default()
            .iter()
            .map(|item| compared(left, Comparison::Equal, item))
            .try_fold(false, |any, one| Ok(any || one?)),
        _ => Err(Fault::Raises),
    }
}

pub(super) fn compared(left: &Value, op: Comparison, right: &Value) -> Result<bool, Fault> {
    if let (Value::Nothing, _) | (_, Value::Nothing) = (left, right) {
        let same = left == right;
        return match op {
            Comparison::Equal => Ok(same),
            Comparison::NotEqual => Ok(!same),
            _ => Err(Fault::Raises),
        };
    }
    let ordering = order(left, right);
    // `StrictVersion` reads a text even to tell whether it is the same.
    if let (Value::Strict(_), Value::Text(_)) | (Value::Text(_), Value::Strict(_)) = (left, right)
        && ordering.is_err()
    {
        return Err(Fault::Raises);
    }
    if ordering == Err(Fault::Unknown) {
        return Err(Fault::Unknown);
    }
    match (op, ordering) {
        (Comparison::Equal, ordering) => Ok(ordering == Ok(Some(Ordering::Equal))),
        (Comparison::NotEqual, ordering) => Ok(ordering != Ok(Some(Ordering::Equal))),
        (op, ordering) => Ok(op.is_true_of(ordering?.ok_or(Fault::Raises)?)),
    }
}

/// The order of two values: none where they are not equal and have no order.
pub(super) fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, Fault> {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) => Ok(Some(a.cmp(b))),
        (Value::Parsed(a), Value::Parsed(b)) => Ok(Some(a.cmp(b))),
        (Value::Loose(a), Value::Loose(b)) => items_order(a, b),
        (Value::Loose(a), Value::Text(b)) => items_order(a, &loose(b)),
        (Value::Text(a), Value::Loose(b)) => items_order(&loose(a), b),
        (Value::Strict(a), Value::Strict(b)) => Ok(Some(a.order(*b))),
        (Value::Strict(a), Value::Text(b)) => Ok(Some(a.order(Strict::read(b)?))),
        (Value::Text(a), Value::Strict(b)) => Ok(Some(Strict::read(a)?.order(*b))),
        (Value::Semver(a), Value::Semver(b)) => Ok(Some(a.cmp(b))),
        // `semver` compares texts and tuples too, in ways that its releases do not agree on.
        (Value::Semver(_) | Value::Specifiers(..) | Value::Match(_) | Value::Pattern(_), _)
        | (_, Value::Semver(_) | Value::Specifiers(..) | Value::Match(_) | Value::Pattern(_))
        | (Value::Dict(_) | Value::Set(_), Value::Dict(_) | Value::Set(_)) => Err(Fault::Unknown),
        (
            Value::Sequence { list, items },
            Value::Sequence {
                list: other,
                items: others,
            },
        ) => {
            if list == other {
                items_order(items, others)
            } else {
                Err(Fault::Raises)
            }
        }
        _ => match (left.number(), right.number()) {
            (Some(a), Some(b)) => Ok(a.partial_cmp(&b)),
            _ => Err(Fault::Raises),
        },
    }
}

/// The first items that differ decide; else the length.
fn items_order(left: &[Value], right: &[Value]) -> Result<Option<Ordering>, Fault> {
    for (a, b) in left.iter().zip(right) {
        if !compared(a, Comparison::Equal, b)? {
            return order(a, b);
        }
    }
    Ok(Some(left.len().cmp(&right.len())))
}
