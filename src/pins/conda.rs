//! conda's environments and recipes, and its way to name packages.
//!
//! The formats: [environment files](https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html),
//! [`meta.yaml`](https://docs.conda.io/projects/conda-build/en/stable/resources/define-metadata.html) and
//! [package specifications](https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html).
//!
//! Supported: `=2.3` (that version and all below it), `==`, ranges, build strings, channels
//! (`conda-forge::tensorflow`), `python=3.9`, lists under `pip:`, `tensorflow-gpu`, selectors (`# [linux]`, read as
//! holding), `|`, lines of Jinja (left out), `requirements.run` of all outputs. Not supported: values
//! that Jinja computes; the version is then not known.

use std::ops::Range;
use std::sync::Arc;

use super::marker::Pythons;
use super::sheet::{Sheet, Statement};
use super::yaml::{self, Node};
use super::{Distribution, Found, Role};
use crate::text::SourceFile;

/// The packages of conda that are TensorFlow: builds by other names, with the same versions.
const BUILDS: &[&str] = &["tensorflow-base", "tensorflow-mkl", "tensorflow-eigen"];

/// The pins of an environment. Files that are none, whatever their name, have none.
pub(crate) fn read(file: &Arc<SourceFile>) -> Found {
    let mut sheet = Sheet::new(file);
    let Some(root) = yaml::read(&without_jinja(&file.text), &mut sheet) else {
        return sheet.finish();
    };
    for (name, value) in root.get("variables").map_or(&[][..], Node::map) {
        if let (Some(name), Some(value)) = (name.text(), value.text()) {
            sheet.sets(name, value);
        }
    }
    let list = root.get("dependencies").map_or(&[][..], Node::list);
    dependencies(list, &mut sheet);
    sheet.finish()
}

/// The pins of a recipe: what its packages need when they run.
pub(crate) fn read_recipe(file: &Arc<SourceFile>) -> Found {
    let mut sheet = Sheet::new(file);
    let Some(root) = yaml::read(&without_jinja(&file.text), &mut sheet) else {
        return sheet.finish();
    };
    let outputs = root.get("outputs").map_or(&[][..], Node::list);
    for package in outputs.iter().chain([&root]) {
        let needs = package
            .get("requirements")
            .and_then(|needs| needs.get("run"));
        dependencies(needs.map_or(&[][..], Node::list), &mut sheet);
    }
    sheet.finish()
}

/// The text with what Jinja would take away or fill in made plain, byte for byte.
fn without_jinja(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("{%") || line.trim_start().starts_with("{#") {
            out.push('#');
            out.push_str(&line[1..]);
            continue;
        }
        let mut rest = line;
        while let Some(start) = rest.find("{{") {
            let end = rest[start..]
                .find("}}")
                .map_or(rest.trim_end().len(), |end| start + end + 2);
            out.push_str(&rest[..start]);
            out.extend(
                rest[start..end]
                    .chars()
                    .map(|c| if c.is_ascii() { '$' } else { c }),
            );
            rest = &rest[end..];
        }
        out.push_str(rest);
    }
    out
}

fn dependencies(list: &[Node], sheet: &mut Sheet<'_>) {
    for item in list {
        if item.text().is_some() {
            // As it was before Jinja was made plain.
            let file = Arc::clone(sheet.file);
            let at = yaml::inside(&file.text, item.at.clone());
            let text = &file.text[at.clone()];
            if let Some(pythons) = python(text) {
                sheet.runs_on(pythons, text.to_owned(), at.clone());
            }
            spec(text, at, "", sheet);
        }
        for pip in item.get("pip").map_or(&[][..], Node::list) {
            if let Some(text) = pip.text() {
                let at = yaml::inside(&sheet.file.text, pip.at.clone());
                sheet.own_index |= text.starts_with("--") || text.starts_with("-f");
                sheet.plain(text, at, "");
            }
        }
    }
}

/// The Pythons that a specification installs: `python=3.9`.
fn python(text: &str) -> Option<Pythons> {
    let rest = text.rsplit("::").next()?.trim().strip_prefix("python")?;
    let plain = rest.starts_with(['=', '<', '>', '!', '~', ' ']) && !rest.contains(['$', '{', '|']);
    Pythons::parse(plain.then(|| versions(rest.trim()))?.as_str()).ok()
}

/// Takes one package specification.
pub(crate) fn spec(text: &str, at: Range<usize>, group: &str, sheet: &mut Sheet<'_>) {
    let shown = text.trim();
    let text = shown.rsplit("::").next().unwrap_or(shown);
    let text = text.split('[').next().unwrap_or(text).trim();
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let name = if BUILDS.contains(&name) {
        "tensorflow"
    } else {
        name
    };
    if Distribution::of(name).is_none() {
        return;
    }
    let rest = rest.trim();
    let requirements: Vec<String> = if rest.contains("{{") || rest.contains('$') {
        vec![format!("{name}=={}", rest.trim_start_matches(['=', ' ']))]
    } else {
        let parts = rest.split('|').map(versions);
        parts.map(|part| format!("{name}{part}")).collect()
    };
    let statement = Statement {
        requirement: "",
        shown,
        at,
        group,
        role: Role::Requirement,
    };
    if let Some(pin) = sheet.state_any(&requirements, &statement) {
        pin.from_index = false;
    }
}

/// Specifiers of PEP 440 for the rest of a specification.
fn versions(rest: &str) -> String {
    // A single `=` may be followed by a build string; so may a space.
    let (version, fuzzy) = match rest.strip_prefix('=').filter(|rest| !rest.starts_with('=')) {
        Some(version) => (version.split('=').next().unwrap_or(version), true),
        None => (rest, false),
    };
    let words = version.split_whitespace();
    let mut all: Vec<String> = Vec::new();
    let mut operator = String::new();
    for word in words {
        if word.chars().all(|c| "<>=!~".contains(c)) {
            operator = word.to_owned();
            continue;
        }
        // `tensorflow 2.3.0 gpu_py38`: the last word names a build.
        if !all.is_empty()
            && operator.is_empty()
            && !word.starts_with(['<', '>', '=', '!', '~', ','])
        {
            break;
        }
        for one in word.split(',').filter(|one| !one.is_empty()) {
            let one = format!("{}{one}", std::mem::take(&mut operator));
            all.push(comparison(&one, fuzzy));
        }
    }
    all.retain(|one| !one.is_empty());
    all.join(",")
}

fn comparison(text: &str, fuzzy: bool) -> String {
    if text == "*" {
        return String::new();
    }
    if let Some(version) = text.strip_prefix("==") {
        return format!("=={}", version.split('=').next().unwrap_or(version));
    }
    if let Some(version) = text.strip_prefix('=') {
        return comparison(version, true);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return text.to_owned();
    }
    let (version, build) = text
        .split_once('=')
        .map_or((text, None), |(v, b)| (v, Some(b)));
    if let Some(start) = version
        .strip_suffix(".*")
        .or_else(|| version.strip_suffix('*'))
    {
        return format!("=={}.*", start.trim_end_matches('.'));
    }
    // `=2.3` is every 2.3.x; `=2.3.1` is that release alone, and so is `2.3=build`.
    let whole = version.split('.').count() > 2;
    if fuzzy && !whole && build.is_none() {
        format!("=={version}.*")
    } else {
        format!("=={version}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rest: &str, expect: &str) {
        assert_eq!(versions(rest), expect, "{rest}");
    }

    #[test]
    fn versions_are_those_of_pep_440() {
        check("=2.3", "==2.3.*");
        check("=2.3.1", "==2.3.1");
        check("==2.3.1", "==2.3.1");
        check("=2.3.0=gpu_py38h1", "==2.3.0");
        check("=2.3=gpu_py*", "==2.3.*");
        check(">=2.3,<2.5", ">=2.3,<2.5");
        check(">= 2.3", ">=2.3");
        check("2.3.*", "==2.3.*");
        check("2.3.0 gpu_py38", "==2.3.0");
        check("==2.3.1=mkl_py38", "==2.3.1");
        check("", "");
    }

    #[test]
    fn the_python_of_an_environment_is_told() {
        let same = |text: &str, expect: &str| {
            assert_eq!(python(text), Pythons::parse(expect).ok(), "{text}");
        };
        same("python=3.9", "3.9");
        same("conda-forge::python>=3.8,<3.11", ">=3.8,<3.11");
        same("python 3.9.*", "3.9");
        for text in [
            "python",
            "python-dateutil=2.8",
            "pythonnet",
            "python={{ python }}",
        ] {
            assert_eq!(python(text), None, "{text}");
        }
    }

    #[test]
    fn jinja_is_made_plain_byte_for_byte() {
        let text = "{% set v = '1' %}\nversion: {{ v }}\n- tensorflow {{ é }}\n";
        let plain = without_jinja(text);
        assert_eq!(plain.len(), text.len());
        assert!(yaml::parse(&plain).is_ok() || plain.starts_with('#'));
    }
}
