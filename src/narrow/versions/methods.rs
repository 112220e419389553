//! What the methods of texts, lists and dictionaries give, the builtins, and arithmetic.

use std::cmp::Ordering;

use super::Fault;
use super::libraries::{match_method, pattern_method, permits};
use super::values::{Value, compared, contained, joined, order};
use crate::python::computed::{Arithmetic, Comparison, Specifiers};

/// `on.name(arguments)`
pub(super) fn method(on: Value, name: &str, arguments: Vec<Value>) -> Result<Value, Fault> {
    match (on, name, arguments.as_slice()) {
        (Value::Text(text), _, _) => text_method(&text, name, arguments),
        (Value::Dict(items), "get", [key, default @ ..]) => {
            for (own, value) in items.into_iter().rev() {
                if compared(&own, Comparison::Equal, key)? {
                    return Ok(value);
                }
            }
            Ok(default.first().cloned().unwrap_or(Value::Nothing))
        }
        (Value::Sequence { items, .. }, "index", [wanted]) => {
            for (at, item) in items.iter().enumerate() {
                if compared(item, Comparison::Equal, wanted)? {
                    return whole(at);
                }
            }
            Err(Fault::Raises)
        }
        (Value::Sequence { items, .. }, "count", [wanted]) => {
            let mut count = 0;
            for item in &items {
                count += usize::from(compared(item, Comparison::Equal, wanted)?);
            }
            whole(count)
        }
        (Value::Pattern(pattern), name, given) => pattern_method(&pattern, name, given),
        (Value::Match(found), name, given) => match_method(&found, name, given),
        (
            Value::Specifiers(Specifiers::Set | Specifiers::One, own),
            "contains",
            [version, early @ ..],
        ) => {
            let early = early.first().unwrap_or(&Value::Nothing);
            permits(&own, version.clone(), early).map(Value::Bool)
        }
        (
            Value::Parsed(_)
            | Value::Loose(_)
            | Value::Strict(_)
            | Value::Semver(_)
            | Value::Specifiers(..),
            ..,
        ) => Err(Fault::Unknown),
        // No other value has a method of such a name.
        _ => Err(Fault::Raises),
    }
}

fn whole(number: usize) -> Result<Value, Fault> {
    i64::try_from(number)
        .map(Value::Int)
        .map_err(|_| Fault::Unknown)
}

fn text_method(text: &str, name: &str, arguments: Vec<Value>) -> Result<Value, Fault> {
    let place = |at: Option<usize>| at.map(|at| text[..at].chars().count());
    let digits =
        |test: &dyn Fn(char) -> bool| Value::Bool(!text.is_empty() && text.chars().all(test));
    match (name, arguments.as_slice()) {
        ("split" | "rsplit", _) => split(text, name == "rsplit", &arguments),
        ("join", _) => {
            let [items] = <[Value; 1]>::try_from(arguments).map_err(|_| Fault::Raises)?;
            joined(text, items)
        }
        ("startswith" | "endswith", [affix]) => {
            let affixes = match affix {
                Value::Text(_) => vec![affix.clone()],
                Value::Sequence { list: false, items } => items.clone(),
                _ => return Err(Fault::Raises),
            };
            for affix in affixes {
                let Value::Text(affix) = affix else {
                    return Err(Fault::Raises);
                };
                let there = if name == "startswith" {
                    text.starts_with(&affix)
                } else {
                    text.ends_with(&affix)
                };
                if there {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        ("partition" | "rpartition", [Value::Text(by)]) if !by.is_empty() => {
            let (before, middle, after) = if name == "partition" {
                match text.split_once(by.as_str()) {
                    Some((before, after)) => (before, by.as_str(), after),
                    None => (text, "", ""),
                }
            } else {
                match text.rsplit_once(by.as_str()) {
                    Some((before, after)) => (before, by.as_str(), after),
                    None => ("", "", text),
                }
            };
            Ok(Value::Sequence {
                list: false,
                items: [before, middle, after]
                    .map(|part| Value::Text(part.to_owned()))
                    .to_vec(),
            })
        }
        ("strip" | "lstrip" | "rstrip", given) => stripped(text, name, given),
        ("replace", [Value::Text(old), Value::Text(new)]) => {
            Ok(Value::Text(text.replace(old.as_str(), new)))
        }
        ("lower", []) => Ok(Value::Text(text.to_lowercase())),
        ("upper", []) => Ok(Value::Text(text.to_uppercase())),
        ("find", [Value::Text(part)]) => match place(text.find(part.as_str())) {
            Some(at) => whole(at),
            None => Ok(Value::Int(-1)),
        },
        ("index", [Value::Text(part)]) => {
            whole(place(text.find(part.as_str())).ok_or(Fault::Raises)?)
        }
        ("count", [Value::Text(part)]) => whole(text.matches(part.as_str()).count()),
        ("isdigit" | "isnumeric" | "isdecimal", []) => Ok(digits(&|c: char| c.is_ascii_digit())),
        ("isalpha", []) => Ok(digits(&char::is_alphabetic)),
        _ => Err(Fault::Unknown),
    }
}

fn split(text: &str, right: bool, arguments: &[Value]) -> Result<Value, Fault> {
    let (by, most) = match arguments {
        [] => (None, None),
        [Value::Text(by)] => (Some(by), None),
        [Value::Text(by), Value::Int(most)] => (Some(by), usize::try_from(*most).ok()),
        _ => return Err(Fault::Unknown),
    };
    let parts: Vec<&str> = match (by, most) {
        (None, _) => text.split_whitespace().collect(),
        (Some(by), _) if by.is_empty() => return Err(Fault::Raises),
        (Some(by), None) => text.split(by.as_str()).collect(),
        (Some(by), Some(most)) if right => {
            let mut parts: Vec<&str> = text.rsplitn(most + 1, by.as_str()).collect();
            parts.reverse();
            parts
        }
        (Some(by), Some(most)) => text.splitn(most + 1, by.as_str()).collect(),
    };
    let items = parts.into_iter().map(|part| Value::Text(part.to_owned()));
    Ok(Value::Sequence {
        list: true,
        items: items.collect(),
    })
}

fn stripped(text: &str, name: &str, given: &[Value]) -> Result<Value, Fault> {
    let letters = match given {
        [] | [Value::Nothing] => None,
        [Value::Text(letters)] => Some(letters),
        _ => return Err(Fault::Raises),
    };
    let goes = |c: char| match letters {
        Some(letters) => letters.contains(c),
        None => c.is_whitespace(),
    };
    let text = match name {
        "lstrip" => text.trim_start_matches(goes),
        "rstrip" => text.trim_end_matches(goes),
        _ => text.trim_matches(goes),
    };
    Ok(Value::Text(text.to_owned()))
}

/// `name(arguments)` of Python's builtins.
pub(super) fn builtin(name: &str, arguments: Vec<Value>) -> Result<Value, Fault> {
    if let ("max" | "min", [_, _, ..]) = (name, arguments.as_slice()) {
        return extreme(arguments, name);
    }
    let [value] = <[Value; 1]>::try_from(arguments).map_err(|_| Fault::Unknown)?;
    match (name, value) {
        ("bool", value) => Ok(Value::Bool(value.is_true())),
        ("abs", Value::Int(number)) => Ok(Value::Int(number.checked_abs().ok_or(Fault::Unknown)?)),
        ("abs", Value::Float(number)) => Ok(Value::Float(number.abs())),
        ("len", Value::Text(text)) => whole(text.chars().count()),
        (_, value) => {
            let items = value.iterated()?;
            match name {
                "len" => whole(items.len()),
                "any" => Ok(Value::Bool(items.iter().any(Value::is_true))),
                "all" => Ok(Value::Bool(items.iter().all(Value::is_true))),
                "max" | "min" => extreme(items, name),
                "sum" => items.into_iter().try_fold(Value::Int(0), |sum, item| {
                    arithmetic(sum, Arithmetic::Add, item)
                }),
                "set" => distinct(items),
                _ => Err(Fault::Unknown),
            }
        }
    }
}

fn extreme(items: Vec<Value>, name: &str) -> Result<Value, Fault> {
    let mut items = items.into_iter();
    let mut best = items.next().ok_or(Fault::Raises)?;
    for item in items {
        let ordering = order(&item, &best)?.ok_or(Fault::Raises)?;
        let better = if name == "max" {
            Ordering::Greater
        } else {
            Ordering::Less
        };
        if ordering == better {
            best = item;
        }
    }
    Ok(best)
}

fn distinct(items: Vec<Value>) -> Result<Value, Fault> {
    let mut set: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        if !contained(&item, Value::Set(set.clone()))? {
            set.push(item);
        }
    }
    Ok(Value::Set(set))
}

/// `left op right`
pub(super) fn arithmetic(left: Value, op: Arithmetic, right: Value) -> Result<Value, Fault> {
    let int = |value: &Value| match value {
        Value::Int(number) => Some(*number),
        Value::Bool(truth) => Some(i64::from(*truth)),
        _ => None,
    };
    if let (Some(a), Some(b)) = (int(&left), int(&right)) {
        let whole = match op {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => a.checked_mul(b),
            Arithmetic::Divide | Arithmetic::Floor | Arithmetic::Modulo if b == 0 => {
                return Err(Fault::Raises);
            }
            Arithmetic::Divide => {
                let divided = |a: Value, b: Value| Some(a.number()? / b.number()?);
                return divided(left, right).map(Value::Float).ok_or(Fault::Unknown);
            }
            // Python rounds down, and gives the rest the sign of the divisor.
            Arithmetic::Floor => a
                .checked_div(b)
                .map(|quotient| quotient - i64::from(a % b != 0 && (a < 0) != (b < 0))),
            Arithmetic::Modulo => a.checked_rem(b).map(|rest| {
                if rest != 0 && (rest < 0) != (b < 0) {
                    rest + b
                } else {
                    rest
                }
            }),
        };
        return whole.map(Value::Int).ok_or(Fault::Unknown);
    }
    if let (Some(a), Some(b)) = (left.number(), right.number()) {
        return Ok(Value::Float(match op {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide | Arithmetic::Floor | Arithmetic::Modulo if b == 0.0 => {
                return Err(Fault::Raises);
            }
            Arithmetic::Divide => a / b,
            Arithmetic::Floor => (a / b).floor(),
            Arithmetic::Modulo => a - b * (a / b).floor(),
        }));
    }
    match (left, op, right) {
        (Value::Text(a), Arithmetic::Add, Value::Text(b)) => Ok(Value::Text(a + &b)),
        (
            Value::Sequence { list, mut items },
            Arithmetic::Add,
            Value::Sequence {
                list: other,
                items: more,
            },
        ) if list == other => {
            items.extend(more);
            Ok(Value::Sequence { list, items })
        }
        // `"%s" % x`, `[0] * 3`, the difference of sets.
        (Value::Text(_), Arithmetic::Modulo, _)
        | (_, Arithmetic::Multiply, _)
        | (Value::Set(_), ..) => Err(Fault::Unknown),
        _ => Err(Fault::Raises),
    }
}
