//! Releases and sets of them. A pin permits a set, a symbol exists in a set, a guard narrows to a
//! set: every question of the tool is set algebra on [`ReleaseSet`].
//!
//! The table comes from `data/releases.tsv` through `build.rs`. Versions and specifiers are those
//! of [PEP 440](https://peps.python.org/pep-0440/), read by `pep440_rs`.

pub mod companions;
pub mod published;
pub mod specifier;

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use pep440_rs::{Version, VersionSpecifiers};

use crate::names::Package;

include!(concat!(env!("OUT_DIR"), "/releases.rs"));

/// One release as `data/releases.tsv` has it.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseRow {
    /// The version as the package index spells it.
    pub version: &'static str,
    /// Day of the first upload, `YYYY-MM-DD`.
    pub date: &'static str,
    /// The specifier of Python versions, or `-` where none was published.
    pub python: &'static str,
    /// Withdrawn by its authors.
    pub yanked: bool,
    /// The specifier of the `keras` distribution that its wheel requires, or `-`.
    pub keras: &'static str,
}

/// The most releases that a set can hold for one package.
pub const CAPACITY: usize = 256;

/// A set of releases of one package: bit `i` stands for `ReleaseTable::of(package).get(i)`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ReleaseSet([u64; CAPACITY / 64]);

impl ReleaseSet {
    /// No release.
    pub const EMPTY: Self = Self([0; CAPACITY / 64]);

    /// The set whose words are given, lowest release first.
    #[must_use]
    pub const fn from_words(words: [u64; CAPACITY / 64]) -> Self {
        Self(words)
    }

    /// The releases `0..count`.
    #[must_use]
    pub fn first(count: usize) -> Self {
        Self(std::array::from_fn(|word| {
            match count.saturating_sub(64 * word) {
                0 => 0,
                few @ 1..64 => (1 << few) - 1,
                _ => u64::MAX,
            }
        }))
    }

    /// Adds the release at an index below [`CAPACITY`].
    pub fn insert(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    /// Whether the release at that index is in the set.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        index < CAPACITY && self.0[index / 64] >> (index % 64) & 1 == 1
    }

    /// Whether no release is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// How many releases are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether every release of this set is in the other.
    #[must_use]
    pub fn is_subset(&self, other: Self) -> bool {
        (*self - other).is_empty()
    }

    /// The indexes in the set, oldest release first.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(word, bits)| {
            let mut left = bits;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    word * 64 + bit
                })
            })
        })
    }

    /// The oldest release of the set.
    #[must_use]
    pub fn oldest(self) -> Option<usize> {
        self.iter().next()
    }

    /// The newest release of the set.
    #[must_use]
    pub fn newest(self) -> Option<usize> {
        self.iter().last()
    }
}

impl std::ops::BitAnd for ReleaseSet {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }
}

impl std::ops::BitOr for ReleaseSet {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }
}

impl std::ops::Sub for ReleaseSet {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & !other.0[i]))
    }
}

impl FromIterator<usize> for ReleaseSet {
    fn from_iter<I: IntoIterator<Item = usize>>(indexes: I) -> Self {
        let mut set = Self::EMPTY;
        for index in indexes {
            set.insert(index);
        }
        set
    }
}

impl fmt::Debug for ReleaseSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// One known release.
#[derive(Debug)]
pub struct Release {
    /// Its row in the data.
    pub row: ReleaseRow,
    /// Its version by PEP 440.
    pub version: Version,
    /// Its identity; a post-release number becomes build metadata (`2.15.0+post1`).
    pub identity: semver::Version,
}

impl Release {
    /// Whether it is a release candidate, alpha or beta.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.version.any_prerelease()
    }

    /// Major and minor number.
    #[must_use]
    pub fn minor(&self) -> (u64, u64) {
        (self.identity.major, self.identity.minor)
    }
}

/// The releases of one package, oldest first.
#[derive(Debug)]
pub struct ReleaseTable {
    package: Package,
    releases: Vec<Release>,
    finals: ReleaseSet,
}

impl ReleaseTable {
    /// The table of a package.
    #[must_use]
    pub fn of(package: Package) -> &'static Self {
        static TABLES: OnceLock<[ReleaseTable; 3]> = OnceLock::new();
        let tables = TABLES.get_or_init(|| {
            [
                ReleaseTable::read(Package::Tensorflow, TENSORFLOW),
                ReleaseTable::read(Package::Keras, KERAS),
                ReleaseTable::read(Package::TfKeras, TF_KERAS),
            ]
        });
        &tables[package as usize]
    }

    fn read(package: Package, rows: &'static [ReleaseRow]) -> Self {
        let releases: Vec<Release> = rows
            .iter()
            .map(|&row| {
                let version = Version::from_str(row.version)
                    .expect("build.rs refuses a version that is not PEP 440");
                let part = |i: usize| version.release().get(i).copied().unwrap_or(0);
                let mut identity = semver::Version::new(part(0), part(1), part(2));
                if let Some(pre) = version.pre() {
                    identity.pre = semver::Prerelease::new(&pre.to_string()).unwrap_or_default();
                }
                if let Some(post) = version.post() {
                    identity.build =
                        semver::BuildMetadata::new(&format!("post{post}")).unwrap_or_default();
                }
                Release {
                    row,
                    version,
                    identity,
                }
            })
            .collect();
        let is_final = |&at: &usize| !releases[at].is_prerelease();
        Self {
            package,
            finals: (0..releases.len()).filter(is_final).collect(),
            releases,
        }
    }

    /// Whose releases these are.
    #[must_use]
    pub fn package(&self) -> Package {
        self.package
    }

    /// All releases, oldest first.
    #[must_use]
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// The release at an index of a [`ReleaseSet`].
    #[must_use]
    pub fn get(&self, index: usize) -> &Release {
        &self.releases[index]
    }

    /// Every known release.
    #[must_use]
    pub fn all(&self) -> ReleaseSet {
        ReleaseSet::first(self.releases.len())
    }

    /// Every final release.
    #[must_use]
    pub fn finals(&self) -> ReleaseSet {
        self.finals
    }

    /// The releases for which a test holds.
    #[must_use]
    pub fn select(&self, test: impl Fn(&Release) -> bool) -> ReleaseSet {
        self.releases
            .iter()
            .enumerate()
            .filter_map(|(index, release)| test(release).then_some(index))
            .collect()
    }

    /// The release of exactly that version, by PEP 440 equality (`2.4` is `2.4.0`).
    #[must_use]
    pub fn find(&self, version: &Version) -> Option<usize> {
        self.releases.iter().position(|r| r.version == *version)
    }

    /// The releases that specifiers select, by the rules of pip: a pre-release only where a
    /// specifier names one, or where nothing else is left. Withdrawn releases are among them.
    #[must_use]
    pub fn matching(&self, specifiers: &VersionSpecifiers) -> ReleaseSet {
        let versions = self.releases.iter().map(|release| &release.version);
        specifier::select(versions, specifiers)
            .into_iter()
            .collect()
    }

    /// The releases that their authors did not withdraw.
    #[must_use]
    pub fn kept(&self) -> ReleaseSet {
        self.select(|release| !release.row.yanked)
    }

    /// The newest final release of a set; of the set itself where it holds no final one.
    #[must_use]
    pub fn newest_final(&self, set: ReleaseSet) -> ReleaseSet {
        let best = (set & self.finals() & self.kept())
            .newest()
            .or_else(|| set.newest());
        best.into_iter().collect()
    }

    /// The set as people write it: `2.4.0-2.8.4, 2.10.0`. Runs are of releases that follow each
    /// other in the table, finals only unless the set holds a pre-release itself.
    #[must_use]
    pub fn describe(&self, set: ReleaseSet) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (from, to) in self.runs(set) {
            let (a, b) = (self.get(from), self.get(to));
            parts.push(if from == to {
                a.row.version.to_owned()
            } else {
                format!("{}-{}", a.row.version, b.row.version)
            });
        }
        parts.join(", ")
    }

    /// The set that a text of [`Self::describe`] means. What is no known release is passed over.
    #[must_use]
    pub fn described(&self, text: &str) -> ReleaseSet {
        let index = |version: &str| self.releases.iter().position(|r| r.row.version == version);
        let mut set = ReleaseSet::EMPTY;
        for part in text.split(", ") {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (Some(from), Some(to)) = (index(from), index(to)) else {
                continue;
            };
            let ends = |index| index == from || index == to;
            for index in from..=to {
                if ends(index) || !self.get(index).is_prerelease() {
                    set.insert(index);
                }
            }
        }
        set
    }

    /// The runs of neighbours in a set, as pairs of first and last index. A pre-release that is
    /// not in the set does not part a run.
    #[must_use]
    pub fn runs(&self, set: ReleaseSet) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut open = false;
        for index in 0..self.releases.len() {
            if set.contains(index) {
                match runs.last_mut() {
                    Some(run) if open => run.1 = index,
                    _ => runs.push((index, index)),
                }
                open = true;
            } else if !self.get(index).is_prerelease() {
                open = false;
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets without pattern, the same in every run (xorshift, <https://www.jstatsoft.org/v08/i14/>).
    fn sets() -> impl Iterator<Item = ReleaseSet> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        std::iter::repeat_with(move || {
            ReleaseSet::from_words(std::array::from_fn(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state & state.rotate_left(9)
            }))
        })
    }

    #[test]
    fn sets_keep_the_laws_of_set_algebra() {
        let all = ReleaseSet::first(CAPACITY);
        let mut sets = sets();
        for _ in 0..500 {
            let (a, b, c) = (
                sets.next().unwrap(),
                sets.next().unwrap(),
                sets.next().unwrap(),
            );
            assert_eq!(a & b, b & a);
            assert_eq!(a | b, b | a);
            assert_eq!(a & (b | c), (a & b) | (a & c));
            assert_eq!(a | (b & c), (a | b) & (a | c));
            assert_eq!(all - (a | b), (all - a) & (all - b));
            assert_eq!(a - b, a & (all - b));
            assert_eq!((a - b) | (a & b), a);
            assert_eq!((a | b).len() + (a & b).len(), a.len() + b.len());
            assert!((a & b).is_subset(a) && a.is_subset(a | b));
            assert_eq!(a.iter().collect::<ReleaseSet>(), a);
            assert_eq!(a.oldest(), (0..CAPACITY).find(|&index| a.contains(index)));
            assert_eq!(
                a.newest(),
                (0..CAPACITY).rev().find(|&index| a.contains(index))
            );
        }
    }

    #[test]
    fn a_described_set_is_read_back() {
        for package in Package::ALL {
            let table = ReleaseTable::of(package);
            for set in sets().take(300) {
                let finals = set & table.finals();
                assert_eq!(table.described(&table.describe(finals)), finals);
            }
            assert_eq!(
                table.described("0.0.1, x-y, ,-"),
                ReleaseSet::EMPTY,
                "what is unknown is passed over"
            );
        }
    }
}
