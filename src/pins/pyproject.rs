//! `pyproject.toml`, whoever reads it.
//!
//! Supported: `project.dependencies` and `optional-dependencies`
//! ([PEP 621](https://peps.python.org/pep-0621/)), `dependency-groups` with `include-group`
//! ([PEP 735](https://peps.python.org/pep-0735/)), poetry with its groups and extras, pdm's
//! `dev-dependencies`, hatch's environments, uv's `dev-dependencies`, `constraint-dependencies`,
//! `override-dependencies` and `sources`, flit's old metadata, `requires-python` and poetry's
//! `python`. Not supported: `||` in poetry's `python`, dynamic dependencies of
//! build back ends.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::marker::Pythons;
use super::sheet::{Sheet, Statement};
use super::toml_tree::{self, Table, array, strings, table};
use super::{Found, Role, poetry};
use crate::text::SourceFile;

/// How deep groups may include each other.
const MAX_DEPTH: usize = 16;

/// The pins of a `pyproject.toml`.
pub(crate) fn read(file: &Arc<SourceFile>) -> Found {
    let mut sheet = Sheet::new(file);
    let root = toml_tree::parse(&file.text, &mut sheet);
    list(&root, &["project", "dependencies"], "", &mut sheet);
    lists(&root, &["project", "optional-dependencies"], &mut sheet);
    groups(&root, &mut sheet);
    poetry_tables(&root, &mut sheet);
    list(
        &root,
        &["tool", "flit", "metadata", "requires"],
        "",
        &mut sheet,
    );
    lists(
        &root,
        &["tool", "flit", "metadata", "requires-extra"],
        &mut sheet,
    );
    lists(&root, &["tool", "pdm", "dev-dependencies"], &mut sheet);
    list(
        &root,
        &["tool", "uv", "dev-dependencies"],
        "dev",
        &mut sheet,
    );
    hatch(&root, &mut sheet);
    for (key, role) in [
        ("constraint-dependencies", Role::Constraint),
        ("override-dependencies", Role::Constraint),
    ] {
        for item in array(&root, &["tool", "uv", key]) {
            for (text, at) in strings(item) {
                sheet.state(&Statement {
                    requirement: text,
                    shown: text,
                    at,
                    group: "",
                    role,
                });
            }
        }
    }
    runs_on(&root, &mut sheet);
    let uv_index = table(&root, &["tool", "uv"]).is_some_and(|uv| {
        [
            "index",
            "index-url",
            "extra-index-url",
            "find-links",
            "sources",
            "no-index",
        ]
        .iter()
        .any(|key| uv.contains_key(*key))
    });
    let sources = [
        &["tool", "poetry", "source"][..],
        &["tool", "pdm", "source"][..],
    ];
    sheet.own_index = uv_index
        || sources
            .iter()
            .any(|path| toml_tree::get(&root, path).is_some());
    sheet.finish()
}

/// The Pythons that the project runs on.
fn runs_on(root: &Table<'_>, sheet: &mut Sheet<'_>) {
    let stated = [
        &["project", "requires-python"][..],
        &["tool", "poetry", "dependencies", "python"],
    ];
    for path in stated {
        let Some(value) = toml_tree::get(root, path) else {
            continue;
        };
        let Some(text) = value.get_ref().as_str() else {
            continue;
        };
        if let Ok(pythons) = Pythons::parse(&poetry::specifier(text)) {
            let key = path.last().copied().unwrap_or_default();
            sheet.runs_on(pythons, format!("{key} = \"{text}\""), value.span());
        }
        return;
    }
}

/// An array of requirements.
fn list(root: &Table<'_>, path: &[&str], group: &str, sheet: &mut Sheet<'_>) {
    for item in array(root, path) {
        for (text, at) in strings(item) {
            sheet.plain(text, at, group);
        }
    }
}

/// A table of arrays of requirements, each a group.
fn lists(root: &Table<'_>, path: &[&str], sheet: &mut Sheet<'_>) {
    for (name, value) in table(root, path).into_iter().flatten() {
        for (text, at) in strings(value) {
            sheet.plain(text, at, name.get_ref());
        }
    }
}

fn groups(root: &Table<'_>, sheet: &mut Sheet<'_>) {
    for name in table(root, &["dependency-groups"])
        .into_iter()
        .flat_map(|groups| groups.keys())
    {
        let mut seen = BTreeSet::new();
        group(root, name.get_ref(), name.get_ref(), &mut seen, sheet);
    }
}

/// One group as part of another, or of itself.
fn group(
    root: &Table<'_>,
    name: &str,
    part_of: &str,
    seen: &mut BTreeSet<String>,
    sheet: &mut Sheet<'_>,
) {
    if seen.len() >= MAX_DEPTH || !seen.insert(name.to_owned()) {
        return;
    }
    for item in array(root, &["dependency-groups", name]) {
        if let Some((text, at)) = toml_tree::string(item) {
            sheet.plain(text, at, part_of);
        } else if let Some(other) = item
            .get_ref()
            .as_table()
            .and_then(|table| toml_tree::text(table, "include-group"))
        {
            group(root, other, part_of, seen, sheet);
        }
    }
}

fn poetry_tables(root: &Table<'_>, sheet: &mut Sheet<'_>) {
    let mut tables: Vec<(String, &Table<'_>)> = Vec::new();
    let mut add = |group: &str, path: &[&str]| {
        tables.extend(table(root, path).map(|table| (group.to_owned(), table)));
    };
    add("", &["tool", "poetry", "dependencies"]);
    add("dev", &["tool", "poetry", "dev-dependencies"]);
    for name in table(root, &["tool", "poetry", "group"])
        .into_iter()
        .flat_map(|groups| groups.keys())
    {
        let name = name.get_ref();
        add(name, &["tool", "poetry", "group", name, "dependencies"]);
    }
    for (group, table) in tables {
        for (name, value) in table {
            // What is optional belongs to the extra that names it.
            let optional = value
                .get_ref()
                .as_table()
                .and_then(|table| table.get("optional"))
                .and_then(|value| value.get_ref().as_bool())
                .unwrap_or(false);
            let extra = if optional && group.is_empty() {
                extra_of(root, name.get_ref())
            } else {
                None
            };
            let group = extra.as_deref().unwrap_or(&group);
            poetry::entry(name.get_ref(), name.span(), value, group, sheet);
        }
    }
}

/// The first of poetry's extras that names a dependency.
fn extra_of(root: &Table<'_>, name: &str) -> Option<String> {
    table(root, &["tool", "poetry", "extras"])?
        .iter()
        .find(|(_, value)| strings(value).iter().any(|(text, _)| *text == name))
        .map(|(extra, _)| extra.get_ref().to_string())
}

fn hatch(root: &Table<'_>, sheet: &mut Sheet<'_>) {
    let path = ["tool", "hatch", "envs"];
    for name in table(root, &path).into_iter().flat_map(|envs| envs.keys()) {
        let name: &str = name.get_ref();
        for key in ["dependencies", "extra-dependencies"] {
            list(root, &["tool", "hatch", "envs", name, key], name, sheet);
        }
    }
}
