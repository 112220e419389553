//! Which releases there are: the list of every package with the Python that fetches each, and the
//! companions that belong to a release.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use pep440_rs::Version;
use serde::{Deserialize, Serialize};

use crate::cache::{Cache, write_whole};
use crate::pip::Pip;
use crate::releases::Known;

/// The packages whose histories are kept, with the oldest release of each.
pub(crate) const PACKAGES: &[(&str, &str)] = &[
    ("tensorflow", "1.0.0"),
    ("keras", "2.0.0"),
    ("tf_keras", "2.0.0"),
];

/// The packages that give `tensorflow` a part of its surface.
const COMPANIONS: &[(&str, &str)] = &[
    ("tensorflow_estimator", "1.13.0"),
    ("tensorboard", "1.14.0"),
];

/// The CPython 3 minors that pip is asked about. Only `tensorflow` has wheels that are bound to
/// one; a wheel of pure Python fits the newest as well.
pub(crate) fn asked(package: &str) -> std::ops::RangeInclusive<u32> {
    const NEWEST: u32 = 16;
    if package == "tensorflow" {
        5..=NEWEST
    } else {
        NEWEST..=NEWEST
    }
}

/// A release that the index offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    /// The version as the index spells it.
    pub(crate) version: String,
    /// The newest CPython 3 minor for which pip lists it; none where it lists the source alone, or
    /// nothing since the release was withdrawn.
    pub(crate) python: Option<u32>,
}

/// What the index offers, oldest release first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    /// By name of the distribution.
    pub(crate) packages: BTreeMap<String, Vec<Offer>>,
}

impl Index {
    /// Asks the index; without network, what it said the last time. A known release stays one:
    /// pip no longer lists it when it is withdrawn.
    pub(crate) fn refresh(
        cache: &Cache,
        pip: &Pip,
        known: &Known,
        progress: impl Fn(String),
    ) -> Result<Self> {
        match Self::ask(pip, known, &progress) {
            Ok(index) => {
                write_whole(&cache.index(), &serde_json::to_vec_pretty(&index)?)?;
                Ok(index)
            }
            Err(error) => {
                progress(format!("{error:#}; going on with the list in the cache"));
                Self::load(cache)
            }
        }
    }

    /// What the index said the last time.
    pub(crate) fn load(cache: &Cache) -> Result<Self> {
        let text = std::fs::read(cache.index())
            .context("the cache has no list of releases; run `cargo apidb fetch` with a network")?;
        Ok(serde_json::from_slice(&text)?)
    }

    fn ask(pip: &Pip, known: &Known, progress: &impl Fn(String)) -> Result<Self> {
        let mut index = Self::default();
        for &(package, oldest) in PACKAGES.iter().chain(COMPANIONS) {
            progress(format!("listing {package}"));
            let mut pythons: BTreeMap<String, Option<u32>> = BTreeMap::new();
            for version in pip.source_versions(package)? {
                pythons.insert(version, None);
            }
            for minor in asked(package) {
                for version in pip.wheel_versions(package, minor)? {
                    pythons.insert(version, Some(minor));
                }
            }
            if pythons.is_empty() {
                return Err(anyhow!("pip offers no release of {package}"));
            }
            for version in known.versions(package) {
                pythons.entry(version.clone()).or_insert(None);
            }
            index
                .packages
                .insert(package.to_owned(), kept(pythons, oldest));
        }
        Ok(index)
    }

    /// The releases of a package, oldest first.
    pub(crate) fn of(&self, package: &str) -> &[Offer] {
        self.packages.get(package).map_or(&[], Vec::as_slice)
    }

    /// The release of that package and version.
    pub(crate) fn offer(&self, package: &str, version: &str) -> Option<&Offer> {
        self.of(package)
            .iter()
            .find(|offer| offer.version == version)
    }

    /// The newest final release of a minor.
    fn newest_of(&self, package: &str, minor: (u64, u64)) -> Option<String> {
        self.of(package)
            .iter()
            .rev()
            .find(|offer| minor_of(&offer.version) == minor && !is_pre(&offer.version))
            .map(|offer| offer.version.clone())
    }

    /// What a release is evaluated with beside its own files: distribution and version.
    ///
    /// TensorFlow 2.6 to 2.15 takes `tf.keras` from the `keras` wheel of the same minor, 1.13 to
    /// 2.15 the estimators, 1.14 to 2.15 the summary writers of TensorBoard. Keras 2 from 2.4 on
    /// and `tf_keras` stand on TensorFlow of the same minor; Keras 3 and Keras before 2.4 stand
    /// alone.
    pub(crate) fn companions(&self, package: &str, version: &str) -> Vec<(&'static str, String)> {
        let minor = minor_of(version);
        let wanted: &[(&'static str, bool)] = match package {
            "tensorflow" => &[
                ("keras", ((2, 6)..=(2, 15)).contains(&minor)),
                ("tensorflow_estimator", ((1, 13)..=(2, 15)).contains(&minor)),
                ("tensorboard", ((1, 14)..=(2, 15)).contains(&minor)),
            ],
            "keras" => &[("tensorflow", ((2, 4)..(3, 0)).contains(&minor))],
            _ => &[("tensorflow", true)],
        };
        wanted
            .iter()
            .filter(|(_, wanted)| *wanted)
            .filter_map(|&(companion, _)| Some((companion, self.newest_of(companion, minor)?)))
            .collect()
    }
}

/// Final releases from the oldest on, and the newest pre-release where it is the newest of all.
fn kept(pythons: BTreeMap<String, Option<u32>>, oldest: &str) -> Vec<Offer> {
    let oldest = Version::from_str(oldest).expect("a constant of this file");
    let mut parsed: Vec<(Version, Offer)> = pythons
        .into_iter()
        .filter_map(|(version, python)| {
            let parsed = Version::from_str(&version).ok()?;
            (parsed >= oldest && !parsed.is_dev()).then_some((parsed, Offer { version, python }))
        })
        .collect();
    parsed.sort_by(|a, b| a.0.cmp(&b.0));
    let last = parsed.len().saturating_sub(1);
    parsed
        .into_iter()
        .enumerate()
        .filter(|(at, (version, _))| *at == last || !version.any_prerelease())
        .map(|(_, (_, offer))| offer)
        .collect()
}

/// Major and minor number of a version.
pub(crate) fn minor_of(version: &str) -> (u64, u64) {
    let Ok(version) = Version::from_str(version) else {
        return (0, 0);
    };
    let part = |at: usize| version.release().get(at).copied().unwrap_or(0);
    (part(0), part(1))
}

/// Whether a version is a pre-release.
pub(crate) fn is_pre(version: &str) -> bool {
    Version::from_str(version).is_ok_and(|version| version.any_prerelease())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(versions: &[&str]) -> Vec<String> {
        let pythons = versions
            .iter()
            .map(|v| ((*v).to_owned(), Some(8)))
            .collect();
        kept(pythons, "1.0.0")
            .into_iter()
            .map(|offer| offer.version)
            .collect()
    }

    #[test]
    fn releases_are_final_and_sorted_by_pep_440() {
        assert_eq!(
            offers(&[
                "2.10.0",
                "2.9.0",
                "2.9.0rc1",
                "0.12.1",
                "2.9.0.post1",
                "1.0.0"
            ]),
            ["1.0.0", "2.9.0", "2.9.0.post1", "2.10.0"]
        );
    }

    #[test]
    fn a_pre_release_counts_only_as_the_newest_of_all() {
        assert_eq!(
            offers(&["2.21.0", "2.22.0rc0", "2.22.0rc1", "2.23.0.dev1"]),
            ["2.21.0", "2.22.0rc1"]
        );
        assert_eq!(offers(&["2.21.0", "2.21.0rc1"]), ["2.21.0"]);
    }

    fn index() -> Index {
        let list = |versions: &[&str]| {
            versions
                .iter()
                .map(|version| Offer {
                    version: (*version).to_owned(),
                    python: Some(8),
                })
                .collect::<Vec<_>>()
        };
        Index {
            packages: BTreeMap::from([
                (
                    "tensorflow".to_owned(),
                    list(&["1.12.0", "2.4.4", "2.15.1", "2.16.2"]),
                ),
                ("keras".to_owned(), list(&["2.4.3", "2.15.0", "3.0.0"])),
                ("tf_keras".to_owned(), list(&["2.15.1", "2.16.0"])),
                (
                    "tensorflow_estimator".to_owned(),
                    list(&["2.4.0", "2.15.0", "2.15.1"]),
                ),
                (
                    "tensorboard".to_owned(),
                    list(&["2.4.1", "2.15.2", "2.16.2"]),
                ),
            ]),
        }
    }

    #[track_caller]
    fn check(package: &str, version: &str, expect: &[(&str, &str)]) {
        let found = index().companions(package, version);
        let found: Vec<_> = found.iter().map(|(name, v)| (*name, v.as_str())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn companions_are_those_of_the_same_minor() {
        check("tensorflow", "1.12.0", &[]);
        check(
            "tensorflow",
            "2.4.4",
            &[("tensorflow_estimator", "2.4.0"), ("tensorboard", "2.4.1")],
        );
        check(
            "tensorflow",
            "2.15.0",
            &[
                ("keras", "2.15.0"),
                ("tensorflow_estimator", "2.15.1"),
                ("tensorboard", "2.15.2"),
            ],
        );
        check("tensorflow", "2.16.2", &[]);
        check("keras", "2.3.1", &[]);
        check("keras", "2.4.3", &[("tensorflow", "2.4.4")]);
        check("keras", "3.0.0", &[]);
        check("tf_keras", "2.16.0", &[("tensorflow", "2.16.2")]);
    }
}
