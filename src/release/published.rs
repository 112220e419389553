//! What the package index has of each distribution, by `data/distributions.tsv`: which versions, and
//! for which Pythons. A distribution that is not listed is one of which nothing is certain.

use std::fmt;
use std::sync::OnceLock;

use pep440_rs::{Version, VersionSpecifiers};

use super::specifier;
use crate::carried::{self, packed};

/// One version of a distribution.
#[derive(Clone, Debug)]
pub struct Published {
    /// The version.
    pub version: Version,
    /// Oldest and newest CPython 3 minor with a wheel, the newest `None` where there is no end;
    /// `None` for a source without any wheel.
    pub pythons: Option<(u64, Option<u64>)>,
}

/// What pip finds of what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It installs a version, or may: nothing certain speaks against it.
    Something,
    /// The index has no such version, and will have none: newer ones are there.
    Nothing,
    /// What pip takes is a source that cannot be built.
    Placeholder(Version),
}

/// The versions of a distribution by its normalised name, oldest first; `None` where they are not
/// known.
#[must_use]
pub fn versions(name: &str) -> Option<&'static [Published]> {
    static TABLES: OnceLock<Vec<(String, Vec<Published>)>> = OnceLock::new();
    let tables = TABLES.get_or_init(read);
    let at = tables
        .binary_search_by(|(known, _)| known.as_str().cmp(name))
        .ok()?;
    Some(&tables[at].1)
}

/// The oldest and the newest CPython 3 minor that some version of a distribution has a wheel for; the
/// oldest twice where none has a newest.
#[must_use]
pub fn pythons(name: &str) -> (u64, u64) {
    let all = versions(name).into_iter().flatten();
    let ranges = all.filter_map(|one| one.pythons);
    ranges.fold((u64::MAX, 0), |(oldest, newest), (first, last)| {
        (oldest.min(first), newest.max(last.unwrap_or(first)))
    })
}

/// Reads the table, which is sorted by name.
fn read() -> Vec<(String, Vec<Published>)> {
    let mut tables: Vec<(String, Vec<Published>)> = Vec::new();
    let text = carried::text(packed!("distributions.tsv"));
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, version, pythons] = fields[..] else {
            unreachable!("build.rs refuses `{line}`");
        };
        if tables.last().is_none_or(|(open, _)| open != name) {
            tables.push((name.to_owned(), Vec::new()));
        }
        if let Some((_, versions)) = tables.last_mut() {
            versions.push(row(version, pythons));
        }
    }
    tables
}

fn row(version: &str, pythons: &str) -> Published {
    let minor = |text: &str| text.strip_prefix("3.")?.parse().ok();
    Published {
        version: version
            .parse()
            .expect("a test reads every version of the file"),
        pythons: pythons
            .split_once('-')
            .and_then(|(first, last)| Some((minor(first)?, minor(last)))),
    }
}

/// The Pythons for which there are wheels: ranges of CPython 3 minors, sorted and apart; the last
/// may have no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wheels(Vec<(u64, Option<u64>)>);

impl Wheels {
    fn of<'p>(published: impl IntoIterator<Item = &'p Published>) -> Option<Self> {
        let mut all: Vec<(u64, Option<u64>)> = Vec::new();
        for one in published {
            // A source may build anywhere.
            all.push(one.pythons?);
        }
        all.sort_unstable();
        let mut ranges: Vec<(u64, Option<u64>)> = Vec::new();
        for (first, last) in all {
            match ranges.last_mut() {
                Some((_, end)) if end.is_none_or(|end| first <= end + 1) => {
                    *end = end.zip(last).map(|(end, last)| end.max(last));
                }
                _ => ranges.push((first, last)),
            }
        }
        (!ranges.is_empty()).then_some(Self(ranges))
    }

    /// Oldest and newest minor of each range.
    #[must_use]
    pub fn ranges(&self) -> &[(u64, Option<u64>)] {
        &self.0
    }
}

impl fmt::Display for Wheels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            match last {
                Some(last) if last == first => write!(f, "{comma}3.{first}")?,
                Some(last) => write!(f, "{comma}3.{first}-3.{last}")?,
                None => write!(f, "{comma}3.{first} and newer")?,
            }
        }
        Ok(())
    }
}

impl Published {
    /// The Pythons with a wheel of it; `None` for a source.
    #[must_use]
    pub fn wheels(&self) -> Option<Wheels> {
        Wheels::of([self])
    }
}

/// The Pythons for which something that specifiers select has a wheel, pre-releases included. `None`
/// where that is not certain: a source may build, or what they select may be published yet.
#[must_use]
pub fn wheels(name: &str, specifiers: &VersionSpecifiers) -> Option<Wheels> {
    let all = versions(name)?;
    if specifiers.iter().any(|one| one.version().is_local()) || reaches_beyond(all, specifiers) {
        return None;
    }
    Wheels::of(
        all.iter()
            .filter(|published| specifier::contains_all(specifiers, &published.version)),
    )
}

/// What pip finds of a distribution under specifiers, none of them for any version.
#[must_use]
pub fn find(name: &str, specifiers: Option<&VersionSpecifiers>) -> Offer {
    let Some(all) = versions(name) else {
        return Offer::Something;
    };
    let any = VersionSpecifiers::empty();
    let wanted = specifiers.unwrap_or(&any);
    // A build with a local version comes from somewhere else.
    if wanted.iter().any(|one| one.version().is_local()) {
        return Offer::Something;
    }
    // Where no wheel is plain Python, a source does not build without its compiler and its tools.
    let plain = all
        .iter()
        .any(|published| matches!(published.pythons, Some((_, None))));
    let is_placeholder = |published: &Published| published.pythons.is_none() && !plain;
    let chosen = specifier::select(all.iter().map(|published| &published.version), wanted);
    match chosen.into_iter().next_back().map(|index| &all[index]) {
        Some(newest) if is_placeholder(newest) => Offer::Placeholder(newest.version.clone()),
        Some(_) => Offer::Something,
        None if all.last().is_some_and(is_placeholder) => Offer::Nothing,
        None if reaches_beyond(all, wanted) => Offer::Something,
        None => Offer::Nothing,
    }
}

/// Whether specifiers may select a version newer than all that are known.
fn reaches_beyond(all: &[Published], specifiers: &VersionSpecifiers) -> bool {
    let Some(newest) = all.last().map(|published| &published.version) else {
        return true;
    };
    let part = |at: usize| newest.release().get(at).copied().unwrap_or(0);
    let next = [
        Version::new([part(0) + 1000]),
        Version::new([part(0) + 1, 0, 0]),
        Version::new([part(0), part(1) + 1, 0]),
        Version::new([part(0), part(1), part(2) + 1]),
        Version::new([part(0), part(1), part(2)]),
    ];
    let named = specifiers.iter().map(pep440_rs::VersionSpecifier::version);
    next.iter()
        .chain(named)
        .any(|version| version > newest && specifier::contains_all(specifiers, version))
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[track_caller]
    fn check(name: &str, specifiers: &str, expect: &str) {
        let read =
            (!specifiers.is_empty()).then(|| VersionSpecifiers::from_str(specifiers).unwrap());
        let found = match find(name, read.as_ref()) {
            Offer::Something => "something".to_owned(),
            Offer::Nothing => "nothing".to_owned(),
            Offer::Placeholder(version) => version.to_string(),
        };
        assert_eq!(found, expect, "{name}{specifiers}");
    }

    #[test]
    fn what_was_never_published_is_not_found() {
        check("tensorflow", "==2.3.4", "something");
        check("tensorflow", "==2.3.9", "nothing");
        check("tensorflow", "==2.16.0", "nothing");
        check("tensorflow", ">2.3.4,<2.4", "nothing");
        check("keras", "==2.5.0", "nothing");
        check("tensorflow-macos", "==2.3.0", "nothing");
    }

    #[test]
    fn what_may_have_come_since_is_not_judged() {
        check("tensorflow", "==2.99.0", "something");
        check("tensorflow", ">=3", "something");
        check("tensorflow", "~=2.22.0", "something");
        check("nvidia-tensorflow", "==1.15.5", "something");
    }

    #[track_caller]
    fn check_wheels(name: &str, specifiers: &str, expect: &str) {
        let read = VersionSpecifiers::from_str(specifiers).unwrap();
        let shown = wheels(name, &read).map_or("unknown".to_owned(), |all| all.to_string());
        assert_eq!(shown, expect, "{name}{specifiers}");
    }

    #[test]
    fn wheels_are_told_where_they_are_certain() {
        check_wheels("tensorflow", "==2.3.4", "3.6-3.8");
        check_wheels("tensorflow", ">=2.2,<2.6", "3.5-3.9");
        check_wheels("keras", "==2.8.0", "3.3 and newer");
        check_wheels("tensorflow", ">=2.3", "unknown");
        check_wheels("tensorflow", "==2.3.4+cpu", "unknown");
        check_wheels("tensorflow-gpu", "==2.12.0", "unknown");
        check_wheels("tensorflow", "==2.3.9", "unknown");
        check_wheels("nvidia-tensorflow", "==1.15.5", "unknown");
    }

    #[test]
    fn the_end_of_a_distribution_is_known() {
        check("tensorflow-gpu", "", "2.12.0");
        check("tensorflow-gpu", ">=2.4", "2.12.0");
        check("tensorflow-gpu", "==2.12.0", "2.12.0");
        check("tensorflow-gpu", "<2.12", "something");
        check("tensorflow-gpu", "==2.13.0", "nothing");
        check("tensorflow-gpu", ">=2.13", "nothing");
    }
}
