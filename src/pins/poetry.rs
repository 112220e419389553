//! Poetry's way to write versions, which `Pipfile` shares in part.
//!
//! The grammar is [Poetry's](https://python-poetry.org/docs/dependency-specification/). Supported:
//! `^`, `~`, `*`, bare versions, comparisons with or without commas, `||`, tables with `version`,
//! `markers`, `python`, `source`, lists of tables. Not supported: `git`, `path` and `url`, whose
//! versions are not known.

use std::ops::Range;

use super::requirement::short;
use super::sheet::{Sheet, Statement};
use super::toml_tree::{Placed, Value, text};
use super::{Distribution, Role, companion};

/// Takes one entry of a table of dependencies.
pub(crate) fn entry(
    name: &str,
    key: Range<usize>,
    value: &Placed<'_>,
    group: &str,
    sheet: &mut Sheet<'_>,
) {
    if Distribution::of(name).is_none() && !companion::is_known(name) {
        return;
    }
    if let Value::Array(array) = value.get_ref() {
        for value in array {
            one(name, key.clone(), value, group, sheet, value.span());
        }
        return;
    }
    let at = key.start.min(value.span().start)..value.span().end;
    one(name, key, value, group, sheet, at);
}

fn one(
    name: &str,
    key: Range<usize>,
    value: &Placed<'_>,
    group: &str,
    sheet: &mut Sheet<'_>,
    at: Range<usize>,
) {
    // `[tool.poetry.dependencies.tensorflow]` spans lines; its key is what can be quoted.
    let source = &sheet.file.text[at.clone()];
    let (shown, at) = if source.contains('\n') || source.len() > 200 {
        (sheet.file.text[key.clone()].to_owned(), key)
    } else {
        (source.to_owned(), at)
    };
    let (version, marker, elsewhere, own) = match value.get_ref() {
        Value::String(version) => (version.as_ref(), String::new(), false, false),
        Value::Table(table) => {
            let marker = text(table, "markers").unwrap_or("").to_owned();
            let python = text(table, "python").and_then(python_marker);
            let marker = match (marker.is_empty(), python) {
                (true, python) => python.unwrap_or_default(),
                (false, None) => marker,
                (false, Some(python)) => format!("({marker}) and ({python})"),
            };
            let elsewhere = ["git", "path", "url", "file"]
                .iter()
                .any(|key| table.contains_key(*key));
            let own = table.contains_key("source") || table.contains_key("index");
            (
                text(table, "version").unwrap_or("*"),
                marker,
                elsewhere,
                own,
            )
        }
        _ => return,
    };
    let marker = if marker.is_empty() {
        String::new()
    } else {
        format!("; {marker}")
    };
    let requirements: Vec<String> = if elsewhere {
        vec![format!("{name} @ address {marker}")]
    } else {
        let parts = version.split("||").map(specifier);
        parts.map(|part| format!("{name}{part}{marker}")).collect()
    };
    if requirements.len() > 1 && Distribution::of(name).is_none() {
        return;
    }
    let pin = sheet.state_any(
        &requirements,
        &Statement {
            requirement: "",
            shown: &shown,
            at,
            group,
            role: Role::Requirement,
        },
    );
    if let Some(pin) = pin
        && (own || elsewhere)
    {
        pin.from_index = false;
    }
}

/// The marker of a `python` constraint; `None` where it says nothing.
fn python_marker(text: &str) -> Option<String> {
    let any: Vec<String> = text
        .split("||")
        .map(|part| {
            let all: Vec<String> = specifier(part)
                .split(',')
                .filter(|one| !one.is_empty())
                .map(|one| {
                    let number = one.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
                    let (operator, version) = one.split_at(number);
                    format!("python_full_version {operator} '{version}'")
                })
                .collect();
            all.join(" and ")
        })
        .filter(|part| !part.is_empty())
        .collect();
    (!any.is_empty()).then(|| any.join(" or "))
}

/// Specifiers of [PEP 440](https://peps.python.org/pep-0440/) for a constraint without `||`.
pub(crate) fn specifier(text: &str) -> String {
    let spaced = text.trim().replace(',', " ");
    let mut out: Vec<String> = Vec::new();
    let mut operator = String::new();
    for word in spaced.split_whitespace() {
        // `>= 2.0` is one comparison.
        if word.chars().all(|c| "<>=!~^".contains(c)) {
            operator = word.to_owned();
            continue;
        }
        out.push(comparison(&format!("{operator}{word}")));
        operator.clear();
    }
    out.retain(|one| !one.is_empty());
    out.join(",")
}

fn comparison(text: &str) -> String {
    if text == "*" {
        return String::new();
    }
    if let Some(version) = text.strip_prefix('^') {
        return upto(version, |parts| {
            let zeros = parts.iter().take_while(|&&part| part == 0).count();
            zeros.min(parts.len().saturating_sub(1))
        });
    }
    if let Some(version) = text.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        return upto(version, |parts| usize::from(parts.len() > 1));
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("=={text}");
    }
    text.to_owned()
}

/// From a version up to, not including, the one whose part at an index is one more.
fn upto(version: &str, part: impl Fn(&[u64]) -> usize) -> String {
    let parts: Option<Vec<u64>> = version
        .split('.')
        .map(|part| {
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part[..end].parse().ok()
        })
        .collect();
    let Some(mut parts) = parts.filter(|parts| !parts.is_empty()) else {
        return format!("=={}", short(version));
    };
    let index = part(&parts);
    parts.truncate(index + 1);
    parts[index] = parts[index].saturating_add(1);
    let end: Vec<String> = parts.iter().map(u64::to_string).collect();
    format!(">={version},<{}", end.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(specifier(text), expect);
    }

    #[test]
    fn constraints_become_specifiers() {
        check("^2.3", ">=2.3,<3");
        check("^0.2.3", ">=0.2.3,<0.3");
        check("^2.3.0rc1", ">=2.3.0rc1,<3");
        check("~2.3.1", ">=2.3.1,<2.4");
        check("~2", ">=2,<3");
        check("~=2.3", "~=2.3");
        check("2.3.4", "==2.3.4");
        check("2.3.*", "==2.3.*");
        check("*", "");
        check(">=2.3,<2.5", ">=2.3,<2.5");
        check(">= 2.3 < 2.5", ">=2.3,<2.5");
        check("==2.3", "==2.3");
    }

    #[test]
    fn pythons_become_markers() {
        assert_eq!(
            python_marker(">=3.7,<3.9").as_deref(),
            Some("python_full_version >= '3.7' and python_full_version < '3.9'")
        );
        assert_eq!(python_marker("*"), None);
    }
}
