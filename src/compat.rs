//! Which releases some code supports, and what blocks the others: facts, and what follows of them. How
//! they are found is `run/compat`, how they are told `report/compat`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use crate::finding::{Location, Notice};
use crate::names::{Package, RuleId};
use crate::release::{ReleaseSet, ReleaseTable};

/// More findings than these never stand at one place.
const MOST_AT_A_PLACE: usize = 16;

/// What was found out about some code.
#[derive(Debug, Default)]
pub struct Compat {
    /// The TensorFlow releases that were asked about.
    pub asked: ReleaseSet,
    /// The Pythons that left others out, as given.
    pub python: Option<String>,
    /// The releases that the pins permit; none where nothing pins.
    pub pinned: ReleaseSet,
    /// Where the pins stand, in a few words.
    pub pins: Vec<String>,
    /// Everything that fails for certain on some release, in the order of places.
    pub blockers: Vec<Blocker>,
    /// What could not be read or judged, in order.
    pub notices: Vec<Notice>,
    /// How many files were looked at.
    pub files: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// A place in the code that fails on some releases.
#[derive(Clone, Debug)]
pub struct Blocker {
    /// The rule that tells of it.
    pub rule: RuleId,
    /// What fails, as the rule names it.
    pub symbol: String,
    /// Where.
    pub location: Location,
    /// The releases on which a check finds an error there.
    pub broken: ReleaseSet,
    /// Further uses through this name, for the same cause.
    pub more_uses: usize,
}

/// All places that fail for one cause.
#[derive(Debug)]
pub struct Cause<'c> {
    /// What fails.
    pub symbol: &'c str,
    /// The rules that tell of it.
    pub rules: Vec<RuleId>,
    /// The releases on which its places fail.
    pub broken: ReleaseSet,
    /// Its places, in order.
    pub places: Vec<&'c Location>,
    /// How many uses fail.
    pub uses: usize,
}

/// How the releases of one minor version fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// All are supported.
    All,
    /// Some are.
    Some,
    /// None is.
    None,
    /// None was asked about.
    NotAsked,
}

/// A minor version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minor {
    /// Its name, such as `2.4`.
    pub name: String,
    /// Its releases that were asked about.
    pub releases: ReleaseSet,
    /// There is nothing final of it yet.
    pub is_prerelease: bool,
}

/// What can be done about the pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinAdvice {
    /// Every release that it permits is supported.
    Fits,
    /// The nearest requirement that permits supported releases alone.
    Change(String),
    /// No release is supported.
    Nothing,
    /// Nothing pins; the requirement of the widest range.
    Add(String),
}

impl Compat {
    fn table() -> &'static ReleaseTable {
        ReleaseTable::of(Package::Tensorflow)
    }

    /// The releases that were asked about, and on which a check finds no error in the code.
    #[must_use]
    pub fn supported(&self) -> ReleaseSet {
        let broken = self.blockers.iter().map(|one| one.broken);
        self.asked - broken.fold(ReleaseSet::EMPTY, |all, one| all | one)
    }

    /// The longest run of supported releases that follow each other, the newest of several.
    #[must_use]
    pub fn widest(&self) -> Option<(usize, usize)> {
        let table = Self::table();
        let supported = self.supported();
        let length = |(first, last): &(usize, usize)| {
            let run: ReleaseSet = (*first..=*last).collect();
            (run & supported).len()
        };
        table.runs(supported).into_iter().max_by_key(length)
    }

    /// What the pin should be.
    #[must_use]
    pub fn advice(&self) -> PinAdvice {
        let supported = self.supported();
        let Some(widest) = self.widest() else {
            return PinAdvice::Nothing;
        };
        if self.pinned.is_empty() {
            return PinAdvice::Add(requirement(widest));
        }
        if self.pinned.is_subset(supported) {
            return PinAdvice::Fits;
        }
        let (oldest, newest) = (self.pinned.oldest(), self.pinned.newest());
        let (oldest, newest) = (oldest.unwrap_or(0), newest.unwrap_or(0));
        let nearest = Self::table().runs(supported).into_iter().min_by_key(|run| {
            let inside: ReleaseSet = (run.0..=run.1).collect();
            let shared = (inside & self.pinned & supported).len();
            let away = match run {
                (first, _) if *first > newest => first - newest,
                (_, last) if *last < oldest => oldest - last,
                _ => 0,
            };
            // What is permitted already comes first, then what is near, then what is newer.
            (usize::MAX - shared, away, usize::MAX - run.0)
        });
        nearest.map_or(PinAdvice::Nothing, |run| {
            PinAdvice::Change(requirement(run))
        })
    }

    /// The causes: those first that break what is pinned, then those that break the newest releases.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause<'_>> {
        // One place may fail for two rules: before a name comes, and after it goes.
        let mut places: Vec<Cause<'_>> = Vec::new();
        for one in &self.blockers {
            let same = |cause: &Cause<'_>| {
                let place = cause.places[0];
                cause.symbol == one.symbol
                    && place.span == one.location.span
                    && place.file.path == one.location.file.path
            };
            // They stand side by side.
            match places
                .iter_mut()
                .rev()
                .take(MOST_AT_A_PLACE)
                .find(|cause| same(cause))
            {
                Some(cause) => {
                    cause.broken = cause.broken | one.broken;
                    cause.rules.push(one.rule);
                    cause.uses += one.more_uses;
                }
                None => places.push(Cause {
                    symbol: &one.symbol,
                    rules: vec![one.rule],
                    broken: one.broken,
                    places: vec![&one.location],
                    uses: 1 + one.more_uses,
                }),
            }
        }
        let mut found: BTreeMap<(&str, ReleaseSet), Cause<'_>> = BTreeMap::new();
        for place in places {
            match found.entry((place.symbol, place.broken)) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                }
                Entry::Occupied(mut entry) => {
                    let cause = entry.get_mut();
                    cause.places.extend(place.places);
                    cause.uses += place.uses;
                    cause.rules.extend(place.rules);
                }
            }
        }
        let mut causes: Vec<Cause<'_>> = found.into_values().collect();
        for cause in &mut causes {
            cause.rules.sort_unstable();
            cause.rules.dedup();
        }
        causes.sort_by_key(|cause| {
            let pinned = (cause.broken & self.pinned).len();
            let left = (self.asked - cause.broken).len();
            (
                Reverse(pinned),
                Reverse(cause.broken.newest()),
                left,
                cause.symbol,
            )
        });
        causes
    }

    /// Where nothing is supported: the releases on which the fewest uses fail, and how many these are.
    #[must_use]
    pub fn closest(&self) -> Option<(ReleaseSet, usize)> {
        let causes = self.causes();
        let fails = |release: usize| -> usize {
            let broken = causes.iter().filter(|cause| cause.broken.contains(release));
            broken.map(|cause| cause.uses).sum()
        };
        let counts: Vec<(usize, usize)> = self.asked.iter().map(|at| (at, fails(at))).collect();
        let fewest = counts.iter().map(|&(_, uses)| uses).min()?;
        let best = counts.into_iter().filter(|&(_, uses)| uses == fewest);
        Some((best.map(|(at, _)| at).collect(), fewest))
    }

    /// The minor versions, oldest first.
    #[must_use]
    pub fn minors(&self) -> Vec<Minor> {
        let table = Self::table();
        let mut minors: BTreeMap<(u64, u64), Minor> = BTreeMap::new();
        for (index, release) in table.releases().iter().enumerate() {
            let (major, minor) = release.minor();
            let one = minors.entry((major, minor)).or_insert_with(|| Minor {
                name: format!("{major}.{minor}"),
                releases: ReleaseSet::EMPTY,
                is_prerelease: true,
            });
            one.is_prerelease &= release.is_prerelease();
            if self.asked.contains(index) {
                one.releases.insert(index);
            }
        }
        minors.into_values().collect()
    }

    /// How a minor version fares where some releases are good.
    #[must_use]
    pub fn mark(minor: &Minor, good: ReleaseSet) -> Mark {
        match (minor.releases & good).len() {
            _ if minor.releases.is_empty() => Mark::NotAsked,
            0 => Mark::None,
            all if all == minor.releases.len() => Mark::All,
            _ => Mark::Some,
        }
    }
}

/// The requirement that permits a run of releases, given by its ends: `tensorflow>=2.4,<2.9`.
#[must_use]
pub fn requirement((first, last): (usize, usize)) -> String {
    let table = ReleaseTable::of(Package::Tensorflow);
    let spelled = |index: usize| {
        let release = table.get(index);
        let (major, minor) = release.minor();
        let same = table
            .select(|other| other.minor() == (major, minor))
            .oldest();
        if same == Some(index) && !release.is_prerelease() {
            format!("{major}.{minor}")
        } else {
            release.row.version.to_owned()
        }
    };
    let after = (last + 1..table.releases().len()).find(|&at| !table.get(at).is_prerelease());
    let name = Package::Tensorflow;
    let version = |index: usize| table.get(index).row.version;
    match after {
        _ if first == last => format!("{name}=={}", version(first)),
        Some(after) => format!("{name}>={},<{}", spelled(first), spelled(after)),
        None => format!("{name}>={}", spelled(first)),
    }
}

#[cfg(test)]
#[path = "compat/tests.rs"]
mod tests;
