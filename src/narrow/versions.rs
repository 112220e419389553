//! Tests of versions, computed for one release as Python computes them: texts compare letter by
//! letter, `float("2.10")` is 2.1, and what raises has no value.
//!
//! The rules are those of Python's own types, of `packaging.version.Version`
//! (<https://packaging.pypa.io/en/stable/version.html>) and of `distutils.version.LooseVersion`.

use std::cmp::Ordering;
use std::str::FromStr;

use pep440_rs::Version;

use crate::python::computed::{Comparison, Computed};
use crate::python::uses::VersionOf;

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Python raises an exception here.
    Raises,
    /// What Python does here is not known.
    Unknown,
}

/// A value of Python.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Sequence { list: bool, items: Vec<Value> },
    Parsed(Version),
    Loose(Vec<Value>),
}

/// Whether a test is true where versions are what a function tells.
pub(crate) fn holds(
    computed: &Computed,
    version: &dyn Fn(VersionOf) -> Option<String>,
) -> Result<bool, Fault> {
    Ok(value(computed, version)?.is_true())
}

fn value(
    computed: &Computed,
    version: &dyn Fn(VersionOf) -> Option<String>,
) -> Result<Value, Fault> {
    let of = |part: &Computed| value(part, version);
    let truth = |part: &Computed| Ok(value(part, version)?.is_true());
    Ok(match computed {
        Computed::Version(whose) => Value::Text(version(*whose).ok_or(Fault::Unknown)?),
        Computed::Text(text) => Value::Text(text.clone()),
        Computed::Int(number) => Value::Int(*number),
        Computed::Float(number) => Value::Float(*number),
        Computed::Bool(truth) => Value::Bool(*truth),
        Computed::Sequence { list, items } => Value::Sequence {
            list: *list,
            items: items.iter().map(of).collect::<Result<_, _>>()?,
        },
        Computed::Parameter(_) | Computed::Function { .. } => return Err(Fault::Unknown),
        Computed::Parsed(part) => parsed(of(part)?)?,
        Computed::Loose(part) => match of(part)? {
            Value::Text(text) => Value::Loose(loose(&text)),
            loose @ Value::Loose(_) => loose,
            _ => return Err(Fault::Raises),
        },
        Computed::Part(part, name) => part_of(of(part)?, name)?,
        Computed::Index(part, at) => item(of(part)?, *at)?,
        Computed::Slice(part, from, to) => slice(of(part)?, *from, *to)?,
        Computed::Split(part, by) => match of(part)? {
            Value::Text(text) => Value::Sequence {
                list: true,
                items: text
                    .split(by.as_str())
                    .map(|part| Value::Text(part.to_owned()))
                    .collect(),
            },
            _ => return Err(Fault::Raises),
        },
        Computed::Join(by, part) => joined(by, of(part)?)?,
        Computed::Affix { text, any, start } => match of(text)? {
            Value::Text(text) => Value::Bool(any.iter().any(|affix| {
                if *start {
                    text.starts_with(affix.as_str())
                } else {
                    text.ends_with(affix.as_str())
                }
            })),
            _ => return Err(Fault::Raises),
        },
        Computed::Convert(kind, part) => converted(kind, of(part)?)?,
        Computed::Each(kind, part) => {
            let items = of(part)?.items().ok_or(Fault::Raises)?;
            let items = items.into_iter().map(|item| converted(kind, item));
            Value::Sequence {
                list: true,
                items: items.collect::<Result<_, _>>()?,
            }
        }
        Computed::Compare(left, op, right) => Value::Bool(compared(&of(left)?, *op, &of(right)?)?),
        Computed::In(left, right) => Value::Bool(contained(&of(left)?, of(right)?)?),
        Computed::All(parts) => {
            for part in parts {
                if !truth(part)? {
                    return Ok(Value::Bool(false));
                }
            }
            Value::Bool(true)
        }
        Computed::Any(parts) => {
            for part in parts {
                if truth(part)? {
                    return Ok(Value::Bool(true));
                }
            }
            Value::Bool(false)
        }
        Computed::Not(part) => Value::Bool(!truth(part)?),
        Computed::Choice(three) => {
            let [test, yes, no] = &**three;
            if truth(test)? { of(yes)? } else { of(no)? }
        }
    })
}

impl Value {
    fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Bool(truth) => *truth,
            Self::Sequence { items, .. } => !items.is_empty(),
            Self::Parsed(_) | Self::Loose(_) => true,
        }
    }

    fn items(self) -> Option<Vec<Self>> {
        match self {
            Self::Sequence { items, .. } => Some(items),
            Self::Text(text) => Some(text.chars().map(|c| Self::Text(c.to_string())).collect()),
            _ => None,
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "version numbers are small")]
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Bool(truth) => Some(f64::from(u8::from(*truth))),
            _ => None,
        }
    }
}

fn parsed(value: Value) -> Result<Value, Fault> {
    match value {
        Value::Text(text) => Version::from_str(text.trim())
            .map(Value::Parsed)
            .map_err(|_| Fault::Raises),
        parsed @ Value::Parsed(_) => Ok(parsed),
        _ => Err(Fault::Raises),
    }
}

/// What `LooseVersion` makes of a text: runs of digits as numbers, what is between them as text.
fn loose(text: &str) -> Vec<Value> {
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

fn part_of(value: Value, name: &str) -> Result<Value, Fault> {
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
        (Value::Loose(items), "version") => Ok(Value::Sequence { list: true, items }),
        _ => Err(Fault::Unknown),
    }
}

/// An index that may count from the end, as an offset.
fn offset(at: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if at < 0 { at + length } else { at }).ok()
}

fn item(value: Value, at: i64) -> Result<Value, Fault> {
    let items = match value {
        Value::Parsed(_) | Value::Loose(_) => return Err(Fault::Raises),
        other => other.items().ok_or(Fault::Raises)?,
    };
    let at = offset(at, items.len()).ok_or(Fault::Raises)?;
    items.into_iter().nth(at).ok_or(Fault::Raises)
}

fn slice(value: Value, from: Option<i64>, to: Option<i64>) -> Result<Value, Fault> {
    let (list, text) = match &value {
        Value::Sequence { list, .. } => (*list, false),
        Value::Text(_) => (false, true),
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

fn joined(by: &str, value: Value) -> Result<Value, Fault> {
    let items = value.items().ok_or(Fault::Raises)?;
    let texts: Result<Vec<String>, Fault> = items
        .into_iter()
        .map(|item| match item {
            Value::Text(text) => Ok(text),
            _ => Err(Fault::Raises),
        })
        .collect();
    Ok(Value::Text(texts?.join(by)))
}

fn converted(kind: &str, value: Value) -> Result<Value, Fault> {
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
        ("tuple" | "list", other) => Ok(Value::Sequence {
            list: kind == "list",
            items: other.items().ok_or(Fault::Raises)?,
        }),
        ("int", _) => Err(Fault::Raises),
        _ => Err(Fault::Unknown),
    }
}

fn contained(left: &Value, right: Value) -> Result<bool, Fault> {
    if let (Value::Text(part), Value::Text(whole)) = (left, &right) {
        return Ok(whole.contains(part.as_str()));
    }
    match right {
        Value::Sequence { items, .. } => items
            .iter()
            .map(|item| compared(left, Comparison::Equal, item))
            .try_fold(false, |any, one| Ok(any || one?)),
        _ => Err(Fault::Raises),
    }
}

fn compared(left: &Value, op: Comparison, right: &Value) -> Result<bool, Fault> {
    let ordering = order(left, right);
    match (op, ordering) {
        (Comparison::Equal, ordering) => Ok(ordering == Ok(Some(Ordering::Equal))),
        (Comparison::NotEqual, ordering) => Ok(ordering != Ok(Some(Ordering::Equal))),
        (op, ordering) => Ok(op.is_true_of(ordering?.ok_or(Fault::Raises)?)),
    }
}

/// The order of two values: none where they are not equal and have no order.
fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, Fault> {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) => Ok(Some(a.cmp(b))),
        (Value::Parsed(a), Value::Parsed(b)) => Ok(Some(a.cmp(b))),
        (Value::Loose(a), Value::Loose(b)) => items_order(a, b),
        (Value::Loose(a), Value::Text(b)) => items_order(a, &loose(b)),
        (Value::Text(a), Value::Loose(b)) => items_order(&loose(a), b),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::uses::Guard;
    use crate::python::{Dialect, Project, read};
    use crate::text::RepoPath;

    /// What a condition gives for a version; nothing where it is not understood.
    fn reached(guard: &Guard, version: &str) -> Option<bool> {
        match guard {
            Guard::Version {
                computed,
                holds: wanted,
            } => {
                let said = holds(computed, &|_| Some(version.to_owned()));
                match said {
                    Ok(said) => Some(said == *wanted),
                    Err(Fault::Raises) => Some(false),
                    Err(Fault::Unknown) => None,
                }
            }
            Guard::All(parts) => parts
                .iter()
                .try_fold(true, |all, part| Some(all & reached(part, version)?)),
            Guard::Any(parts) => parts
                .iter()
                .try_fold(false, |any, part| Some(any | reached(part, version)?)),
            _ => None,
        }
    }

    #[test]
    fn every_test_of_a_version_gives_what_python_gives() {
        let table = include_str!("../../tests/fixtures/versions/tests.tsv");
        let mut lines = table.lines();
        let header = lines.next().unwrap().split_once('\t').unwrap().1;
        let versions: Vec<&str> = header.split(' ').collect();
        let path = RepoPath::new("a.py");
        let project = Project::new([&path]);
        let mut wrong = Vec::new();
        for line in lines {
            let (test, truth) = line.split_once('\t').unwrap();
            let text = format!(
                "import tensorflow as tf\nV = tf.__version__\nif {test}:\n    tf.yes\nelse:\n    tf.no\n"
            );
            let reading = read(&path, &text, Dialect::Module, &project, None, &|_: &str| {
                false
            });
            let branch = |name: &str, version: &str| {
                let used = reading
                    .uses
                    .uses
                    .iter()
                    .find(|used| used.path == name)
                    .unwrap();
                let guards = reading.uses.chain(used.guard);
                guards
                    .map(|guard| reached(guard, version))
                    .try_fold(true, |all, one| Some(all & one?))
            };
            for (version, truth) in versions.iter().zip(truth.chars()) {
                let yes = branch("tensorflow.yes", version);
                let no = branch("tensorflow.no", version);
                if (yes, no) != (Some(truth == '1'), Some(truth == '0')) {
                    wrong.push(format!(
                        "{test} on {version}: Python {truth}, here {yes:?}/{no:?}"
                    ));
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "{} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}
