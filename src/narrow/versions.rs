//! Tests of versions, computed for one release as Python computes them: texts compare letter by
//! letter, `float("2.10")` is 2.1, and what raises has no value.
//!
//! The rules are those of Python's own types, of `packaging.version.Version`
//! (<https://packaging.pypa.io/en/stable/version.html>) and of `distutils.version.LooseVersion`.

mod libraries;
mod methods;
mod values;

use std::cmp::Ordering;
use std::sync::Arc;

use crate::python::computed::{Comparison, Computed};
use crate::python::uses::VersionOf;

use libraries::{semver, specifiers};
use methods::{arithmetic, builtin, method};
use values::{
    Strict, Value, compared, contained, converted, item, joined, loose, parsed, part_of, slice,
};

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Python raises an exception here.
    Raises,
    /// What Python does here is not known.
    Unknown,
}

/// What is known of a release.
pub(crate) struct Facts<'f> {
    /// The versions that code meets on it.
    pub(crate) version: &'f dyn Fn(VersionOf) -> Option<String>,
    /// Whether it has an API path.
    pub(crate) has: &'f dyn Fn(&str) -> Option<bool>,
}

/// What a test is computed with.
#[derive(Clone, Copy)]
struct Frame<'f> {
    facts: &'f Facts<'f>,
    /// What the comprehensions around the part have taken, outermost first.
    items: &'f [Value],
}

/// Whether a test is true on a release.
pub(crate) fn holds(computed: &Computed, facts: &Facts<'_>) -> Result<bool, Fault> {
    let frame = Frame { facts, items: &[] };
    Ok(value(computed, frame)?.is_true())
}

fn value(computed: &Computed, frame: Frame<'_>) -> Result<Value, Fault> {
    let of = |part: &Computed| value(part, frame);
    let all = |parts: &[Computed]| parts.iter().map(of).collect::<Result<Vec<_>, _>>();
    Ok(match computed {
        Computed::Version(VersionOf::Python) => {
            python_version(&(frame.facts.version)(VersionOf::Python).ok_or(Fault::Unknown)?)?
        }
        Computed::Version(whose) => {
            Value::Text((frame.facts.version)(*whose).ok_or(Fault::Unknown)?)
        }
        Computed::Text(text) => Value::Text(text.clone()),
        Computed::Int(number) => Value::Int(*number),
        Computed::Float(number) => Value::Float(*number),
        Computed::Bool(truth) => Value::Bool(*truth),
        Computed::Nothing => Value::Nothing,
        Computed::Sequence { list, items } => Value::Sequence {
            list: *list,
            items: all(items)?,
        },
        Computed::Dict(items) => {
            let pair = |(key, value): &(Computed, Computed)| Ok((of(key)?, of(value)?));
            Value::Dict(items.iter().map(pair).collect::<Result<_, _>>()?)
        }
        Computed::Has(..) => {
            let path = computed.asked_path().ok_or(Fault::Unknown)?;
            Value::Bool((frame.facts.has)(&path).ok_or(Fault::Unknown)?)
        }
        Computed::Parameter(_) | Computed::Function { .. } | Computed::Installed(_) => {
            return Err(Fault::Unknown);
        }
        Computed::Item(depth) => frame.items.get(*depth).cloned().ok_or(Fault::Unknown)?,
        Computed::Parsed(part) => parsed(of(part)?)?,
        Computed::Loose(part) => match of(part)? {
            Value::Text(text) => Value::Loose(loose(&text)),
            loose @ Value::Loose(_) => loose,
            _ => return Err(Fault::Raises),
        },
        Computed::Strict(part) => match of(part)? {
            Value::Text(text) => Value::Strict(Strict::read(&text)?),
            _ => return Err(Fault::Raises),
        },
        Computed::Semver(part) => semver(of(part)?)?,
        Computed::Pattern(pattern) => Value::Pattern(Arc::clone(pattern)),
        Computed::Specifiers(kind, part) => specifiers(*kind, of(part)?)?,
        Computed::Part(part, name) => part_of(of(part)?, name)?,
        Computed::Index(part, at) => item(of(part)?, *at)?,
        Computed::Lookup(part, at) => looked_up(of(part)?, &of(at)?)?,
        Computed::Unpacked {
            of: part,
            at,
            names,
            star,
        } => unpacked(of(part)?, *at, *names, *star)?,
        Computed::Fits {
            of: part,
            items,
            more,
        } => match of(part)? {
            Value::Sequence { items: own, .. } => {
                Value::Bool(own.len() == *items || *more && own.len() > *items)
            }
            _ => Value::Bool(false),
        },
        Computed::Slice(part, from, to) => slice(of(part)?, *from, *to)?,
        Computed::Split(part, by) => method(of(part)?, "split", vec![Value::Text(by.clone())])?,
        Computed::Join(by, part) => joined(by, of(part)?)?,
        Computed::Affix { text, any, start } => {
            let items = any.iter().cloned().map(Value::Text).collect();
            let name = if *start { "startswith" } else { "endswith" };
            method(
                of(text)?,
                name,
                vec![Value::Sequence { list: false, items }],
            )?
        }
        Computed::Convert(kind, part) => converted(kind, of(part)?)?,
        Computed::Each(kind, part) => {
            let items = of(part)?.iterated()?;
            let items = items.into_iter().map(|item| converted(kind, item));
            Value::Sequence {
                list: true,
                items: items.collect::<Result<_, _>>()?,
            }
        }
        Computed::Comprehension {
            element,
            over,
            depth,
        } => comprehension(element, of(over)?, *depth, frame)?,
        Computed::Builtin(name @ ("any" | "all"), parts)
            if matches!(parts.as_slice(), [Computed::Comprehension { .. }]) =>
        {
            lazily(&parts[0], *name == "any", frame)?
        }
        Computed::Builtin(name, parts) => builtin(name, all(parts)?)?,
        Computed::Method {
            on,
            name,
            arguments,
        } => method(of(on)?, name, all(arguments)?)?,
        Computed::Arithmetic(left, op, right) => arithmetic(of(left)?, *op, of(right)?)?,
        Computed::Compare(left, op, right) => Value::Bool(compared(&of(left)?, *op, &of(right)?)?),
        Computed::In(left, right) => Value::Bool(contained(&of(left)?, of(right)?)?),
        Computed::All(parts) => deciding(parts, false, frame)?,
        Computed::Any(parts) => deciding(parts, true, frame)?,
        Computed::Not(part) => Value::Bool(!of(part)?.is_true()),
        Computed::Choice(three) => {
            let [test, yes, no] = &**three;
            if of(test)?.is_true() {
                of(yes)?
            } else {
                of(no)?
            }
        }
        Computed::Attempt(two) => {
            let [first, second] = &**two;
            match of(first) {
                Err(Fault::Raises) => of(second)?,
                result => result?,
            }
        }
    })
}

/// `sys.version_info` as far as it is asked for: three numbers.
fn python_version(text: &str) -> Result<Value, Fault> {
    let number = |part: &str| part.parse().map(Value::Int).map_err(|_| Fault::Unknown);
    Ok(Value::Sequence {
        list: false,
        items: text.split('.').map(number).collect::<Result<_, _>>()?,
    })
}

/// What `and` and `or` give: the first part that decides, else the last.
fn deciding(parts: &[Computed], decides: bool, frame: Frame<'_>) -> Result<Value, Fault> {
    let mut last = Value::Bool(!decides);
    for part in parts {
        last = value(part, frame)?;
        if last.is_true() == decides {
            break;
        }
    }
    Ok(last)
}

fn comprehension(
    element: &[Computed; 2],
    over: Value,
    depth: usize,
    frame: Frame<'_>,
) -> Result<Value, Fault> {
    let mut items = Vec::new();
    each(element, over, depth, frame, |item| {
        items.push(item);
        true
    })?;
    Ok(Value::Sequence { list: true, items })
}

/// `any(... for ...)` and `all(... for ...)`, which end with the item that decides.
fn lazily(computed: &Computed, decides: bool, frame: Frame<'_>) -> Result<Value, Fault> {
    let Computed::Comprehension {
        element,
        over,
        depth,
    } = computed
    else {
        return Err(Fault::Unknown);
    };
    let mut decided = false;
    each(element, value(over, frame)?, *depth, frame, |item| {
        decided = item.is_true() == decides;
        !decided
    })?;
    Ok(Value::Bool(decided == decides))
}

/// Takes what a comprehension gives, item by item, as long as `take` wants more.
fn each(
    element: &[Computed; 2],
    over: Value,
    depth: usize,
    frame: Frame<'_>,
    mut take: impl FnMut(Value) -> bool,
) -> Result<(), Fault> {
    let [element, condition] = element;
    let mut taken = frame.items.get(..depth).ok_or(Fault::Unknown)?.to_vec();
    for item in over.iterated()? {
        taken.truncate(depth);
        taken.push(item);
        let inner = Frame {
            items: &taken,
            ..frame
        };
        if value(condition, inner)?.is_true() && !take(value(element, inner)?) {
            break;
        }
    }
    Ok(())
}

/// `x[y]`
fn looked_up(from: Value, key: &Value) -> Result<Value, Fault> {
    match (from, key) {
        (Value::Dict(items), key) => {
            // The last of several keys that are the same counts.
            for (own, found) in items.into_iter().rev() {
                if compared(&own, Comparison::Equal, key)? {
                    return Ok(found);
                }
            }
            Err(Fault::Raises)
        }
        (Value::Match(found), key) => found.group(key),
        (from, Value::Int(at)) => item(from, *at),
        (from, Value::Bool(truth)) => item(from, i64::from(*truth)),
        _ => Err(Fault::Raises),
    }
}

/// What one of several names is bound to.
fn unpacked(value: Value, at: usize, names: usize, star: Option<usize>) -> Result<Value, Fault> {
    let mut items = value.iterated()?;
    let Some(star) = star else {
        return if items.len() == names {
            items.into_iter().nth(at).ok_or(Fault::Raises)
        } else {
            Err(Fault::Raises)
        };
    };
    let rest = (items.len() + 1).checked_sub(names).ok_or(Fault::Raises)?;
    match at.cmp(&star) {
        Ordering::Less => Ok(items.swap_remove(at)),
        Ordering::Equal => Ok(Value::Sequence {
            list: true,
            items: items[star..star + rest].to_vec(),
        }),
        Ordering::Greater => Ok(items.swap_remove(at + rest - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::uses::Guard;
    use crate::python::{Project, ProjectExports, read};
    use crate::text::RepoPath;

    /// What a condition gives for a version; nothing where it is not understood.
    fn reached(guard: &Guard, version: &str) -> Option<bool> {
        match guard {
            Guard::Version {
                computed,
                holds: wanted,
            } => {
                let facts = Facts {
                    version: &|_| Some(version.to_owned()),
                    has: &|_| None,
                };
                let said = holds(computed, &facts);
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

    /// A file that makes a test of the table: its last line, after those that it needs.
    fn source(test: &str) -> String {
        let head = "import tensorflow as tf\nV = tf.__version__\n";
        let (before, test) = test.rsplit_once("\\n").unwrap_or(("", test));
        let before = before.replace("\\n", "\n");
        match test.split_once(": case ") {
            Some((subject, case)) => format!(
                "{head}{subject}:\n    case {case}:\n        tf.yes\n    case _:\n        tf.no\n"
            ),
            None => format!("{head}{before}\nif {test}:\n    tf.yes\nelse:\n    tf.no\n"),
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
            let text = source(test);
            let exports = ProjectExports::default();
            let reading = read(&path, &text, &project, &exports, &|_: &str| false);
            let branch = |name: &str, version: &str| {
                let used = reading
                    .uses
                    .uses
                    .iter()
                    .find(|used| *used.path == *name)
                    .unwrap();
                let guards = reading.uses.chain(used.guard);
                guards
                    .map(|guard| reached(guard, version))
                    .try_fold(true, |all, one| Some(all & one?))
            };
            for (version, truth) in versions.iter().zip(truth.chars()) {
                let yes = branch("tensorflow.yes", version);
                let no = branch("tensorflow.no", version);
                let expected = match truth {
                    // Nothing is to be said where Pythons do not agree.
                    '?' => (None, None),
                    truth => (Some(truth == '1'), Some(truth == '0')),
                };
                if (yes, no) != expected {
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
