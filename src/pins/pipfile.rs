//! `Pipfile` and `Pipfile.lock`.
//!
//! The formats are [Pipenv's](https://pipenv.pypa.io/en/latest/pipfile.html). Supported: `packages`,
//! `dev-packages` and named categories, tables with `version`, `markers`, `index`; in the lock file
//! the sections `default`, `develop` and named ones. Not supported: `git`, `path` and `file`, whose
//! versions are not known.

use std::sync::Arc;

use super::sheet::{Sheet, Statement};
use super::toml_tree;
use super::{Distribution, Found, Role, poetry};
use crate::text::SourceFile;

const SETTINGS: &[&str] = &["source", "requires", "pipenv", "scripts", "_meta"];

/// The pins of a `Pipfile`.
pub(crate) fn read(file: &Arc<SourceFile>) -> Found {
    let mut sheet = Sheet::new(file);
    let root = toml_tree::parse(&file.text, &mut sheet);
    for (section, packages) in &root {
        let section: &str = section.get_ref();
        let Some(packages) = packages.get_ref().as_table() else {
            continue;
        };
        if SETTINGS.contains(&section) {
            continue;
        }
        for (name, value) in packages {
            poetry::entry(
                name.get_ref(),
                name.span(),
                value,
                group(section),
                &mut sheet,
            );
        }
    }
    // Pipenv names even the default index, in words that anybody may give another.
    sheet.own_index = toml_tree::array(&root, &["source"]).count() > 0;
    sheet.finish()
}

fn group(section: &str) -> &str {
    match section {
        "packages" | "default" => "",
        "dev-packages" | "develop" => "dev",
        other => other,
    }
}

/// The pins of a `Pipfile.lock`. JSON values carry no places, so those of names are searched for.
pub(crate) fn read_lock(file: &Arc<SourceFile>) -> Found {
    let mut sheet = Sheet::new(file);
    let root: serde_json::Value = match serde_json::from_str(&file.text) {
        Ok(root) => root,
        Err(error) => {
            let line = error.line().max(1);
            let at = file
                .text
                .match_indices('\n')
                .nth(line.saturating_sub(2))
                .map_or(0, |(at, _)| at + usize::from(line > 1));
            sheet.notice(
                at,
                "this is not JSON, so the file was not read",
                "write it anew with `pipenv lock`",
            );
            return sheet.finish();
        }
    };
    for (section, packages) in root.as_object().into_iter().flatten() {
        if SETTINGS.contains(&section.as_str()) {
            continue;
        }
        let from = file.text.find(&format!("\"{section}\"")).unwrap_or(0);
        for (name, value) in packages.as_object().into_iter().flatten() {
            if Distribution::of(name).is_none() {
                continue;
            }
            let text = |key: &str| value.get(key).and_then(|value| value.as_str());
            let marker = text("markers").map_or(String::new(), |marker| format!("; {marker}"));
            let version = text("version").unwrap_or(" @ address ");
            let requirement = format!("{name}{version}{marker}");
            let shown = format!("{name}{version}");
            let quoted = format!("\"{name}\"");
            let at = file.text[from..].find(&quoted).map_or(from, |at| from + at);
            let pin = sheet.state(&Statement {
                requirement: &requirement,
                shown: &shown,
                at: at..at + quoted.len(),
                group: group(section),
                role: Role::Requirement,
            });
            if let Some(pin) = pin
                && text("index").is_some()
            {
                pin.from_index = false;
            }
        }
    }
    sheet.finish()
}
