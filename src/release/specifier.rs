//! Version specifiers as pip reads them.
//!
//! The text is that of [PEP 440](https://peps.python.org/pep-0440/#version-specifiers); what a
//! specifier selects follows pip's own library `packaging` to the letter, because what pip installs
//! is what the code meets. `pep440_rs` gives versions, their order and the types; its own
//! `contains` compares only as many parts of a release number as both sides have, and is not used.
//!
//! Supported: every operator, `.*`, epochs, local versions, pre-, post- and dev-releases, spaces,
//! stray commas, numbers too long for 64 bits. Recovered: `>=2.*` and `<2.*`, which pip took until
//! 24.0. Not supported: `===` with something that is no version (no release has such a name).

use std::str::FromStr;

use pep440_rs::{Operator, Version, VersionPattern, VersionSpecifier, VersionSpecifiers};

/// Why a specifier cannot be read: the user's fault, for a notice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{part}` is not a version specifier")]
pub struct SpecifierError {
    /// The part between two commas that is wrong.
    pub part: String,
    /// What to do about it; `""` where there is nothing to say.
    pub advice: String,
}

/// Specifiers that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What they say; empty where the text was blank.
    pub specifiers: VersionSpecifiers,
    /// The part that today's pip refuses, where it was read as older ones did.
    pub legacy: Option<String>,
}

/// Reads specifiers between commas, such as `>=2.0, <2.4`.
///
/// # Errors
/// Names the first part that is no specifier.
pub fn parse(text: &str) -> Result<Parsed, SpecifierError> {
    let mut legacy = None;
    let mut all = Vec::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let end = part
            .find(|c: char| !"=!<>~".contains(c))
            .unwrap_or(part.len());
        let (operator, version) = (&part[..end], part[end..].trim());
        let version = shorten(version);
        let fault = || SpecifierError {
            part: part.to_owned(),
            advice: advise(operator, &version),
        };
        let Ok(kind) = Operator::from_str(operator) else {
            return Err(fault());
        };
        let wildcard = version.strip_suffix(".*");
        let version = match (kind, wildcard) {
            (Operator::GreaterThanEqual | Operator::LessThan, Some(prefix)) => {
                legacy = Some(part.to_owned());
                prefix
            }
            _ => &version,
        };
        // `pep440_rs` trims and takes a few spellings that pip refuses.
        let plain = version
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".*+!-_".contains(c));
        let pattern = VersionPattern::from_str(version).map_err(|_| fault())?;
        let specifier = VersionSpecifier::from_pattern(kind, pattern).map_err(|_| fault())?;
        let star = matches!(
            specifier.operator(),
            Operator::EqualStar | Operator::NotEqualStar
        );
        let open = specifier.version();
        if !plain || star && (open.any_prerelease() || open.is_post() || open.is_local()) {
            return Err(fault());
        }
        all.push(specifier);
    }
    Ok(Parsed {
        specifiers: all.into_iter().collect(),
        legacy,
    })
}

/// Cuts runs of digits that no release has and 64 bits do not hold.
fn shorten(version: &str) -> String {
    let mut out = String::with_capacity(version.len());
    let mut digits = 0;
    for c in version.chars() {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        if digits <= 18 {
            out.push(c);
        }
    }
    out
}

fn advise(operator: &str, version: &str) -> String {
    let number = version.trim_end_matches(".*").trim_end_matches('*');
    if operator == "=" && Version::from_str(version).is_ok() {
        format!("write `=={version}`")
    } else if operator == "=>" || operator == "=<" {
        let turned: String = operator.chars().rev().collect();
        format!("write `{turned}{version}`")
    } else if operator.is_empty() && Version::from_str(number).is_ok() {
        format!("write `=={version}`")
    } else {
        String::new()
    }
}

/// Which of some versions specifiers select, as indexes in their order: the rule of
/// `packaging.specifiers.SpecifierSet.filter`, by which pre-releases count only where a specifier
/// names one or where no final version is selected.
#[must_use]
pub fn select<'v>(
    versions: impl IntoIterator<Item = &'v Version>,
    specifiers: &VersionSpecifiers,
) -> Vec<usize> {
    let mut matching: Vec<(usize, bool)> = versions
        .into_iter()
        .enumerate()
        .filter(|(_, version)| contains_all(specifiers, version))
        .map(|(index, version)| (index, version.any_prerelease()))
        .collect();
    let named = specifiers.iter().any(names_prerelease);
    if !named && matching.iter().any(|&(_, pre)| !pre) {
        matching.retain(|&(_, pre)| !pre);
    }
    matching.into_iter().map(|(index, _)| index).collect()
}

/// Whether a version satisfies every specifier, pre-release or not.
#[must_use]
pub fn contains_all(specifiers: &VersionSpecifiers, version: &Version) -> bool {
    specifiers
        .iter()
        .all(|specifier| contains(specifier, version))
}

/// The version, where a specifier names exactly one (`==2.4.0`, `===2.4.0`).
#[must_use]
pub fn exact(specifier: &VersionSpecifier) -> Option<&Version> {
    (*specifier.operator() == Operator::Equal || is_identity(specifier))
        .then(|| specifier.version())
}

fn is_identity(specifier: &VersionSpecifier) -> bool {
    // The variant is deprecated by name, so it is told by how it prints.
    specifier.operator().to_string() == "==="
}

fn names_prerelease(specifier: &VersionSpecifier) -> bool {
    let wild = matches!(
        specifier.operator(),
        Operator::NotEqual | Operator::NotEqualStar | Operator::EqualStar
    );
    !wild && specifier.version().any_prerelease()
}

fn contains(specifier: &VersionSpecifier, version: &Version) -> bool {
    let wanted = specifier.version();
    let public = version.clone().without_local();
    match specifier.operator() {
        Operator::Equal => equal(wanted, version, &public),
        Operator::NotEqual => !equal(wanted, version, &public),
        Operator::EqualStar => has_prefix(version, wanted, wanted.release().len()),
        Operator::NotEqualStar => !has_prefix(version, wanted, wanted.release().len()),
        Operator::TildeEqual => {
            public >= *wanted && has_prefix(version, wanted, wanted.release().len() - 1)
        }
        Operator::GreaterThanEqual => public >= *wanted,
        Operator::LessThanEqual => public <= *wanted,
        // `<2.4` leaves out the pre-releases of 2.4 itself.
        Operator::LessThan if wanted.any_prerelease() => *version < *wanted,
        Operator::LessThan => *version < wanted.clone().with_dev(Some(0)),
        // `>2.4` leaves out 2.4.post1 and 2.4+cpu.
        Operator::GreaterThan => match (wanted.dev(), wanted.post()) {
            (Some(dev), _) => *version >= wanted.clone().with_dev(Some(dev + 1)),
            (None, Some(post)) => {
                *version >= wanted.clone().with_post(Some(post + 1)).with_dev(Some(0))
            }
            (None, None) => *version > *wanted && trunk(version) != trunk(wanted),
        },
        _ => version
            .to_string()
            .eq_ignore_ascii_case(&wanted.to_string()),
    }
}

fn equal(wanted: &Version, version: &Version, public: &Version) -> bool {
    if wanted.is_local() {
        version == wanted
    } else {
        public == wanted
    }
}

/// Whether the first `parts` numbers of the releases agree; missing numbers are zeros.
fn has_prefix(version: &Version, wanted: &Version, parts: usize) -> bool {
    let at = |of: &Version, i: usize| of.release().get(i).copied().unwrap_or(0);
    version.epoch() == wanted.epoch() && (0..parts).all(|i| at(version, i) == at(wanted, i))
}

/// The version without post-release and local part; what is under development towards a
/// post-release belongs to it.
fn trunk(version: &Version) -> Version {
    let dev = version.dev().filter(|_| version.post().is_none());
    version
        .clone()
        .without_local()
        .with_post(None)
        .with_dev(dev)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `packaging` itself selects, see `specifiers.py` beside the fixture.
    const ORACLE: &str = include_str!("../../tests/fixtures/pins/specifiers.tsv");

    #[test]
    fn thousands_of_specifiers_select_what_pip_selects() {
        let mut versions = Vec::new();
        let (mut checked, mut refused) = (0, 0);
        for line in ORACLE.lines().filter(|line| !line.starts_with('#')) {
            let (text, expected) = line.split_once('\t').expect("two fields");
            if text == "versions" {
                versions = expected
                    .split(' ')
                    .map(|v| Version::from_str(v).unwrap())
                    .collect();
                continue;
            }
            let parsed = parse(text);
            if expected == "refused" {
                refused += 1;
                assert!(
                    parsed.as_ref().is_ok_and(|p| p.legacy.is_some()) || parsed.is_err(),
                    "pip refuses `{text}`, read as {parsed:?}"
                );
                continue;
            }
            checked += 1;
            let parsed = parsed.unwrap_or_else(|error| panic!("pip reads `{text}`: {error}"));
            let selected = select(&versions, &parsed.specifiers);
            assert_eq!(runs(&selected), expected, "for `{text}`");
        }
        assert!(checked > 3000 && refused > 50, "{checked}, {refused}");
    }

    fn runs(indexes: &[usize]) -> String {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for &index in indexes {
            match runs.last_mut() {
                Some(run) if run.1 + 1 == index => run.1 = index,
                _ => runs.push((index, index)),
            }
        }
        let parts: Vec<String> = runs
            .iter()
            .map(|&(a, b)| {
                if a == b {
                    a.to_string()
                } else {
                    format!("{a}-{b}")
                }
            })
            .collect();
        parts.join(",")
    }

    #[track_caller]
    fn check_fault(text: &str, part: &str, advice: &str) {
        let error = parse(text).unwrap_err();
        assert_eq!((error.part.as_str(), error.advice.as_str()), (part, advice));
    }

    #[test]
    fn a_wrong_part_is_named_with_the_right_spelling() {
        check_fault("=2.3", "=2.3", "write `==2.3`");
        check_fault(">=2.0, =>2.1", "=>2.1", "write `>=2.1`");
        check_fault("2.3.4", "2.3.4", "write `==2.3.4`");
        check_fault("~=2", "~=2", "");
        check_fault(">=2.0<3", ">=2.0<3", "");
    }

    #[test]
    fn what_older_pips_took_is_read_and_named() {
        let parsed = parse(">=2.*,<3").unwrap();
        assert_eq!(parsed.legacy.as_deref(), Some(">=2.*"));
        assert_eq!(parsed.specifiers.to_string(), ">=2, <3");
    }

    #[test]
    fn numbers_beyond_64_bits_are_just_large() {
        let parsed = parse("==99999999999999999999999999.1").unwrap();
        assert_eq!(parsed.specifiers.to_string(), "==999999999999999999.1");
    }
}
