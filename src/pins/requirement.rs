//! One requirement, as every format of Python packaging writes it.
//!
//! The grammar is that of [PEP 508](https://peps.python.org/pep-0508/), with what pip takes besides
//! it: addresses and paths of archives, whose file names tell what they hold.
//!
//! Supported: extras, specifiers with or without brackets, `name @ address`, markers, bare addresses
//! and paths, `#egg=`. Not supported: following an address; the version then stays unknown.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use super::distribution::{Distribution, normalize};
use crate::release::specifier;

/// What a requirement asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Any version.
    Any,
    /// What specifiers select.
    Specifiers(VersionSpecifiers),
    /// An address, a checkout or a folder whose version cannot be told; the reason in a few words.
    Elsewhere(String),
}

impl Request {
    /// Whether it names one version.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        match self {
            Self::Specifiers(all) => all.iter().any(|one| specifier::exact(one).is_some()),
            Self::Any | Self::Elsewhere(_) => false,
        }
    }
}

/// A requirement that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The name as written.
    pub name: String,
    /// What it asks for.
    pub request: Request,
    /// The marker as written; `""` for none.
    pub marker: String,
    /// The part of the specifier that today's pip refuses and older ones took.
    pub legacy: Option<String>,
}

/// A requirement that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The name that it seems to speak of.
    pub name: Option<String>,
    /// What is wrong, as the beginning of a sentence.
    pub message: String,
    /// What to do; `""` where there is nothing to say.
    pub advice: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// File names of archives, as pip knows them, wheels first.
const ARCHIVES: &[&str] = &[
    ".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar",
];

const SCHEMES: &[&str] = &[
    "http", "https", "file", "ftp", "git", "hg", "svn", "bzr", "ssh", "s3", "gs",
];

/// Reads one requirement without its options and comments.
///
/// # Errors
/// Says what is wrong, and of which name.
pub fn parse(text: &str) -> Result<Requirement, Broken> {
    let text = text.trim();
    if is_address(text) {
        let (address, marker) = split_marker(text);
        return from_address(address, marker, None);
    }
    let (before, marker) = text.split_once(';').unwrap_or((text, ""));
    let lower = before.trim().to_ascii_lowercase();
    if ARCHIVES.iter().any(|end| lower.ends_with(end)) && !before.contains('@') {
        return from_address(before.trim(), marker, None);
    }
    if before.starts_with(['.', '/', '\\']) {
        return Ok(elsewhere("", "a folder", marker));
    }
    named(text)
}

fn named(text: &str) -> Result<Requirement, Broken> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(text.len());
    let name = text[..end].trim_end_matches(['-', '_', '.']);
    let fault = |message: String, advice: String| Broken {
        name: (!name.is_empty()).then(|| name.to_owned()),
        message,
        advice,
    };
    if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(fault(
            format!("`{}` is not a requirement", short(text)),
            String::new(),
        ));
    }
    let mut rest = text[name.len()..].trim_start();
    if let Some(inside) = rest.strip_prefix('[') {
        let Some((extras, after)) = inside.split_once(']') else {
            return Err(fault(
                format!("`{}` opens a bracket that nothing closes", short(text)),
                String::new(),
            ));
        };
        let valid = |c: char| c.is_ascii_alphanumeric() || "-_., \t".contains(c);
        if !extras.chars().all(valid) {
            return Err(fault(
                format!("`{}` is not a requirement", short(text)),
                String::new(),
            ));
        }
        rest = after.trim_start();
    }
    if let Some(address) = rest.strip_prefix('@') {
        let (address, marker) = split_marker(address.trim());
        return from_address(address, marker, Some(name));
    }
    let (versions, marker) = rest.split_once(';').unwrap_or((rest, ""));
    let versions = versions.trim();
    let versions = versions
        .strip_prefix('(')
        .and_then(|inside| inside.strip_suffix(')'))
        .unwrap_or(versions);
    if let Some(variable) = variable(versions) {
        return Ok(elsewhere(
            name,
            &format!("the variable `{variable}`"),
            marker,
        ));
    }
    let read = specifier::parse(versions).map_err(|error| {
        let hint = if error.part.is_empty() {
            text
        } else {
            &error.part
        };
        fault(
            format!("`{}` is not a version specifier", short(hint)),
            error.advice.clone(),
        )
    })?;
    Ok(Requirement {
        name: name.to_owned(),
        request: if read.specifiers.is_empty() {
            Request::Any
        } else {
            Request::Specifiers(read.specifiers)
        },
        marker: marker.trim().to_owned(),
        legacy: read.legacy,
    })
}

/// The first `${NAME}` or `{{ name }}`: what pip or a template puts in its place is not known here.
fn variable(text: &str) -> Option<&str> {
    let (start, close) = match (text.find("${"), text.find("{{")) {
        (Some(start), _) => (start, "}"),
        (None, Some(start)) => (start, "}}"),
        (None, None) => return None,
    };
    let end = text[start..].find(close)? + close.len();
    Some(&text[start..start + end])
}

fn elsewhere(name: &str, what: &str, marker: &str) -> Requirement {
    Requirement {
        name: name.to_owned(),
        request: Request::Elsewhere(what.to_owned()),
        marker: marker.trim().to_owned(),
        legacy: None,
    }
}

fn is_address(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else {
        return false;
    };
    let scheme = scheme.to_ascii_lowercase();
    scheme.split('+').all(|part| SCHEMES.contains(&part))
}

/// Parts an address from its marker: only a semicolon after a space begins one.
fn split_marker(text: &str) -> (&str, &str) {
    let at = text
        .match_indices(';')
        .map(|(at, _)| at)
        .find(|&at| text[..at].ends_with(char::is_whitespace));
    at.map_or((text, ""), |at| (text[..at].trim_end(), &text[at + 1..]))
}

/// What an address or a path names: the file name of a wheel or a source archive holds a version.
fn from_address(address: &str, marker: &str, name: Option<&str>) -> Result<Requirement, Broken> {
    let (path, fragment) = address.split_once('#').unwrap_or((address, ""));
    let path = path.split('?').next().unwrap_or(path);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let file = unescape(file);
    let egg = fragment
        .split('&')
        .find_map(|part| part.strip_prefix("egg="))
        .map(|egg| egg.split(['[', '=', '<', '>']).next().unwrap_or(egg));
    let told = archive(&file);
    let name = name
        .or(egg)
        .or(told.as_ref().map(|(name, _)| name.as_str()))
        .unwrap_or("");
    match &told {
        Some((inside, version)) if same_build(inside, name) => Ok(Requirement {
            name: name.to_owned(),
            request: Request::Specifiers(VersionSpecifier::equals_version(version.clone()).into()),
            marker: marker.trim().to_owned(),
            legacy: None,
        }),
        _ if address.is_empty() => Err(Broken {
            name: Some(name.to_owned()),
            message: "an address is missing after `@`".to_owned(),
            advice: String::new(),
        }),
        _ => Ok(elsewhere(name, "an address", marker)),
    }
}

/// Whether an archive of one name may stand for the other: `tensorflow @ .../tensorflow_cpu-...`.
fn same_build(inside: &str, name: &str) -> bool {
    let package = |name: &str| Distribution::of(name).map(|d| d.package);
    normalize(inside) == normalize(name)
        || package(inside).is_some_and(|of| package(name) == Some(of))
}

/// Name and version from the file name of a
/// [wheel](https://packaging.python.org/en/latest/specifications/binary-distribution-format/) or a
/// source archive.
fn archive(file: &str) -> Option<(String, Version)> {
    let lower = file.to_ascii_lowercase();
    let end = ARCHIVES.iter().find(|end| lower.ends_with(*end))?;
    let stem = &file[..file.len() - end.len()];
    let (name, version) = if *end == ".whl" {
        let mut parts = stem.splitn(3, '-');
        let pair = (parts.next()?, parts.next()?);
        parts.next()?;
        pair
    } else {
        stem.rsplit_once('-')?
    };
    // Local versions are written with `_` in file names.
    let version = Version::from_str(&version.replace('_', "-")).ok()?;
    Some((name.to_owned(), version))
}

/// Undoes percent encoding.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// The text, cut to what fits a message.
pub(crate) fn short(text: &str) -> String {
    let mut cut: String = text
        .chars()
        .take(60)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let shown = match parse(text) {
            Ok(read) => {
                let what = match read.request {
                    Request::Any => "any".to_owned(),
                    Request::Specifiers(all) => all.to_string(),
                    Request::Elsewhere(what) => what,
                };
                format!("{} | {what} | {}", read.name, read.marker)
            }
            Err(broken) => format!("! {} | {}", broken.name.unwrap_or_default(), broken.message),
        };
        assert_eq!(shown, expect);
    }

    #[test]
    fn the_forms_of_a_named_requirement() {
        check("tensorflow", "tensorflow | any | ");
        check("tensorflow == 2.3.4", "tensorflow | ==2.3.4 | ");
        check("tensorflow[and-cuda, x]>=2.14", "tensorflow | >=2.14 | ");
        check("tensorflow (>=2.0, <3)", "tensorflow | >=2.0, <3 | ");
        check(
            "TensorFlow~=2.4;python_version<'3.9'",
            "TensorFlow | ~=2.4 | python_version<'3.9'",
        );
        check("tensorflow[]==2.4", "tensorflow | ==2.4 | ");
        check("tensorflow==${TF}", "tensorflow | the variable `${TF}` | ");
        check(
            "tensorflow=={{ tf }}",
            "tensorflow | the variable `{{ tf }}` | ",
        );
    }

    #[test]
    fn an_archive_tells_its_version_by_its_name() {
        check(
            "tensorflow @ https://example.org/w/tensorflow-2.4.0-cp37-cp37m-linux_x86_64.whl ; os_name=='posix'",
            "tensorflow | ==2.4.0 | os_name=='posix'",
        );
        check(
            "https://example.org/tensorflow_gpu-1.15.5%2Bnv22.1-cp38-cp38-linux_x86_64.whl#sha256=ab",
            "tensorflow_gpu | ==1.15.5+nv22.1 | ",
        );
        check(
            "./wheels/tensorflow-2.4.0-cp37-none-any.whl",
            "tensorflow | ==2.4.0 | ",
        );
        check("wheels/keras-2.3.1.tar.gz", "keras | ==2.3.1 | ");
        check(
            "tensorflow @ https://example.org/tensorflow_cpu-2.8.0-cp38-cp38-linux_x86_64.whl",
            "tensorflow | ==2.8.0 | ",
        );
        check(
            "tensorflow @ https://example.org/master.zip",
            "tensorflow | an address | ",
        );
        check(
            "git+https://example.org/tf.git@v2.3.0#egg=tensorflow",
            "tensorflow | an address | ",
        );
        check(
            "tensorflow @ file:///numpy-1.0-py3-none-any.whl",
            "tensorflow | an address | ",
        );
        check("..", " | a folder | ");
    }

    #[test]
    fn a_broken_requirement_says_of_what() {
        check(
            "tensorflow=2.3",
            "! tensorflow | `=2.3` is not a version specifier",
        );
        check(
            "tensorflow 2.3",
            "! tensorflow | `2.3` is not a version specifier",
        );
        check(
            "tensorflow[gpu==2.3",
            "! tensorflow | `tensorflow[gpu==2.3` opens a bracket that nothing closes",
        );
        check(
            "tensorflow-==2.3",
            "! tensorflow | `-==2.3` is not a version specifier",
        );
        check("<<<<<<< HEAD", "!  | `<<<<<<< HEAD` is not a requirement");
        check(
            "tensorflow @",
            "! tensorflow | an address is missing after `@`",
        );
        check("", "!  | `` is not a requirement");
    }
}
