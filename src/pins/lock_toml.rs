//! Lock files in TOML: `poetry.lock`, `uv.lock`, `pdm.lock`, and `pylock.toml`
//! ([PEP 751](https://peps.python.org/pep-0751/)).
//!
//! All of them list packages with `name` and `version`. Supported: several versions of one package,
//! parted by `marker`, `markers` or uv's `resolution-markers`; old `poetry.lock` files too. Not
//! supported: which extra or group a package was locked for; every locked version counts. Versions
//! without markers beside each other are alternatives.

use std::sync::Arc;

use super::sheet::{Installed, Sheet, Statement, alternatives};
use super::toml_tree::{self, Value, array, strings, text};
use super::{Distribution, Found, Role, companion};
use crate::text::SourceFile;

/// The pins of a lock file.
pub(crate) fn read(file: &Arc<SourceFile>) -> Found {
    let mut sheet = Sheet::new(file);
    let root = toml_tree::parse(&file.text, &mut sheet);
    let mut installs = Vec::new();
    for package in array(&root, &["package"]).chain(array(&root, &["packages"])) {
        let Some(table) = package.get_ref().as_table() else {
            continue;
        };
        let (Some(name), Some(version)) = (text(table, "name"), table.get("version")) else {
            continue;
        };
        let Some(number) = version.get_ref().as_str() else {
            continue;
        };
        if Distribution::of(name).is_none() && !companion::is_known(name) {
            continue;
        }
        let markers = ["marker", "markers", "resolution-markers"]
            .iter()
            .find_map(|key| table.get(*key))
            .map(|value| match value.get_ref() {
                Value::Array(_) => strings(value)
                    .iter()
                    .map(|(text, _)| format!("({text})"))
                    .collect::<Vec<_>>()
                    .join(" or "),
                _ => value.get_ref().as_str().unwrap_or("").to_owned(),
            })
            .filter(|marker| !marker.is_empty());
        let marked = markers.is_some();
        let marker = markers.map_or(String::new(), |marker| format!("; {marker}"));
        let requirement = format!("{name}=={number}{marker}");
        let shown = format!("{name}=={number}");
        let at = version.span();
        let line = sheet.line(at.start);
        let statement = Statement {
            requirement: &requirement,
            shown: &shown,
            at,
            group: "",
            role: Role::Requirement,
        };
        let pins = sheet.apart(|sheet| {
            if let Some(pin) = sheet.state(&statement) {
                pin.from_index = !has_source(table);
            }
        });
        if marked {
            sheet.found.pins.extend(pins);
        } else {
            installs.push(Installed {
                label: format!("line {line}"),
                pins,
            });
        }
    }
    let rest = alternatives(installs);
    sheet.found.pins.extend(rest);
    sheet.finish()
}

/// Whether a package comes from elsewhere than the default index, as far as the file tells.
fn has_source(table: &toml_tree::Table<'_>) -> bool {
    match table.get("source").map(|value| value.get_ref()) {
        None => table.contains_key("vcs") || table.contains_key("directory"),
        // uv names the default index too, by its address; others name a source only if it is
        // another. What was locked from anywhere is there.
        Some(_) => true,
    }
}
