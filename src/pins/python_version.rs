//! Which Pythons a project runs on, where a file says so: `requires-python` and its like beside the
//! pins, `.python-version` and `runtime.txt` in their folder, the image that they are installed into.
//!
//! Supported: `3.9`, `3.9.7`, `python-3.9.7`, several lines, `python:3.9-slim`. Not supported: other
//! implementations (`pypy3.9`), names of environments, `3`, `3.x`; nothing is known then.

use super::marker::Pythons;
use super::{Ctx, InputKind, Manifest};
use crate::finding::{Location, PinLine};
use crate::text::{RepoPath, Span};

/// The Pythons on which a project runs, and the line that says so.
#[derive(Clone, Debug)]
pub struct StatedPython {
    /// Which.
    pub pythons: Pythons,
    /// Where it stands: an option, or a line of some file.
    pub line: PinLine,
}

/// The files of a folder that name the Python of what is installed there: pyenv's and uv's
/// ([pyenv](https://github.com/pyenv/pyenv#understanding-python-version-selection)), and
/// [Heroku's](https://devcenter.heroku.com/articles/python-runtimes).
const FILES: [&str; 2] = [".python-version", "runtime.txt"];

/// Gives the pins of requirements the Python of their folder, where a file there names it and they
/// name none themselves.
pub(super) fn of_folder(manifest: &mut Manifest, ctx: Ctx<'_>) {
    let plain = matches!(
        manifest.kind,
        InputKind::Requirements | InputKind::Constraints | InputKind::Pipfile
    );
    if !plain || manifest.pins.is_empty() {
        return;
    }
    let folder = manifest.path.folder();
    let folder = match folder.rsplit_once('/') {
        Some((parent, "requirements")) => parent,
        None if folder == "requirements" => "",
        _ => folder,
    };
    let stated = FILES.iter().find_map(|name| {
        let path = match folder {
            "" => RepoPath::new(name),
            folder => RepoPath::new(&format!("{folder}/{name}")),
        };
        let (file, _) = ctx.files.open(&path).ok()?;
        let lines = file.text.lines().map(|line| line.split('#').next());
        let versions: Vec<&str> = lines
            .flatten()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let pythons = of_versions(&versions)?;
        let end = u32::try_from(file.text.trim_end().len()).unwrap_or(0);
        let line = PinLine {
            text: PinLine::quoted(&format!("{path}: {}", versions.join(", "))),
            location: Some(Location {
                file,
                span: Span::new(0, end),
            }),
        };
        Some(StatedPython { pythons, line })
    });
    let Some(stated) = stated else { return };
    for pin in &mut manifest.pins {
        pin.python.get_or_insert_with(|| stated.clone());
    }
}

/// The Pythons of some versions, any of which may be the one; `None` where one of them is none that is
/// known.
pub(super) fn of_versions(versions: &[&str]) -> Option<Pythons> {
    let all: Option<Vec<Pythons>> = versions.iter().map(|version| exactly(version)).collect();
    all?.into_iter().reduce(|all, one| all.or(&one))
}

/// The Python of an official image: `python:3.9-slim`, under a mirror too.
pub(super) fn of_image(reference: &str) -> Option<Pythons> {
    let reference = reference.split('@').next().unwrap_or(reference);
    let slash = reference.rfind('/').map_or(0, |at| at + 1);
    let tag = reference[slash..].strip_prefix("python:")?;
    // `image.example/team/python:3.9` may be anything, and usually is that.
    exactly(tag.split('-').next()?)
}

/// Words of tools that bring a Python of their own.
const OTHERS: &[&str] = &[
    "conda",
    "miniconda",
    "miniforge",
    "anaconda",
    "mamba",
    "micromamba",
    "pyenv",
    "virtualenv",
    "uv",
    "deadsnakes",
    "python2",
    "pip2",
];

/// Whether commands may use another Python than the one that is set up: they name a version, or a tool
/// that has its own.
pub(super) fn brings_another(text: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '.'))
        .any(|word| {
            OTHERS.contains(&word) || word.starts_with("python3.") || word.starts_with("pip3.")
        })
}

/// `3.9`, `3.9.7`, `python-3.9.7`.
fn exactly(version: &str) -> Option<Pythons> {
    let version = version.strip_prefix("python-").unwrap_or(version);
    let numbers: Vec<&str> = version.split('.').collect();
    let plain = numbers
        .iter()
        .all(|part| !part.is_empty() && part.len() < 4 && part.bytes().all(|b| b.is_ascii_digit()));
    if !plain || !matches!(numbers.len(), 2 | 3) {
        return None;
    }
    Pythons::parse(version).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(versions: &[&str], expect: Option<&str>) {
        let expect = expect.map(|text| {
            text.split('|')
                .map(|text| Pythons::parse(text).unwrap())
                .reduce(|all, one| all.or(&one))
                .unwrap()
        });
        assert_eq!(of_versions(versions), expect, "{versions:?}");
    }

    #[test]
    fn versions_are_exact_or_unknown() {
        check(&["3.9"], Some("3.9"));
        check(&["python-3.9.7"], Some("3.9.7"));
        check(&["3.8.1", "3.9"], Some("3.8.1|3.9"));
        check(&["3.8", "tools"], None);
        check(&["3"], None);
        check(&["3.x"], None);
        check(&["pypy3.9-7.3"], None);
        check(&[">=3.8"], None);
        check(&[], None);
    }

    #[test]
    fn tools_with_a_python_of_their_own_are_seen() {
        for text in [
            "python3.7 -m pip install tensorflow",
            "RUN conda create -n x",
            "conda-incubator/setup-miniconda@v3",
            "uv pip install tensorflow",
            "pip3.6 install a",
        ] {
            assert!(brings_another(text), "{text}");
        }
        for text in [
            "pip3 install tensorflow==2.3",
            "python3 -m venv x",
            "FROM python:3.9-slim",
        ] {
            assert!(!brings_another(text), "{text}");
        }
    }

    #[test]
    fn images_of_python_are_told_by_their_tags() {
        assert_eq!(of_image("python:3.9-slim"), Pythons::parse("3.9").ok());
        assert_eq!(
            of_image("docker.io/library/python:3.9.7@sha256:aa"),
            Pythons::parse("3.9.7").ok()
        );
        for image in [
            "python",
            "python:3",
            "python:slim",
            "python:${V}",
            "node:3.9",
        ] {
            assert_eq!(of_image(image), None, "{image}");
        }
    }
}
