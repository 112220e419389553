//! Paths of the command line that lead nowhere, and what may be meant.

use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::names::nearest;

/// Why there is nothing at a path, relative to a folder.
pub(super) fn no_such_path(path: &Path, current: &Path) -> Error {
    // Where `\` parts no folders, somebody wrote a path of another system.
    let slashed = path.to_string_lossy().replace('\\', "/");
    if slashed != path.to_string_lossy() && current.join(&slashed).exists() {
        return Error::NoSuchPath {
            path: path.to_owned(),
            meant: Some(slashed),
        };
    }
    let mut there = PathBuf::new();
    let mut parts = path.components();
    for part in parts.by_ref() {
        let next = there.join(part);
        let full = current.join(&next);
        if full.exists() {
            there = next;
            continue;
        }
        let parent = current.join(&there);
        if parent.is_file() {
            return Error::NotAFolder {
                path: path.to_owned(),
                file: there,
            };
        }
        let meant = match part {
            Component::Normal(name) => sibling(&parent, &name.to_string_lossy()),
            _ => None,
        };
        let rest = parts.as_path();
        let meant = meant.map(|name| match rest.as_os_str().is_empty() {
            true => there.join(name),
            false => there.join(name).join(rest),
        });
        let meant = meant.filter(|meant| current.join(meant).exists());
        return Error::NoSuchPath {
            path: path.to_owned(),
            meant: meant.map(|meant| shown(&meant)),
        };
    }
    Error::NoSuchPath {
        path: path.to_owned(),
        meant: None,
    }
}

/// What lies in a folder under a name that is near.
fn sibling(folder: &Path, name: &str) -> Option<String> {
    let entries = folder.read_dir().ok()?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort_unstable();
    nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// A path as every report has it.
fn shown(path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    parts.join("/")
}
