//! What one pin permits, as releases.
//!
//! Versions that are no release are judged by the release that they stand for, where there is one:
//! a pre-release or dated nightly by its final release, a build with numbers of its own by the
//! release that it was built from. Where there is none, the choice is unknown, and nothing is said
//! about names.

use pep440_rs::{Version, VersionSpecifiers};

use super::distribution::{Distribution, Numbering};
use super::requirement::Request;
use crate::release::{ReleaseSet, ReleaseTable, specifier};

/// What a pin permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Any release.
    Any,
    /// These; none, where the package index has no such version.
    Releases(ReleaseSet),
    /// It cannot be known.
    Unknown,
}

/// What a request for a distribution permits, and what the user should know about the answer.
#[must_use]
pub fn choose(distribution: &Distribution, request: &Request) -> (Choice, Option<String>) {
    let name = &distribution.name;
    match request {
        Request::Any if distribution.numbering == Numbering::Nightly => {
            let newer = format!(
                "`{name}` without a version is newer than every known release, so names are not judged"
            );
            (Choice::Unknown, Some(newer))
        }
        Request::Any => (Choice::Any, None),
        Request::Elsewhere(what) => {
            let hidden = format!("the version of `{name}` comes from {what} and is not known");
            (Choice::Unknown, Some(hidden))
        }
        Request::Specifiers(all) => match &all[..] {
            [one] if specifier::exact(one).is_some() => exactly(
                distribution,
                specifier::exact(one).expect("it was just tested"),
            ),
            _ => ranges(distribution, all),
        },
    }
}

fn exactly(distribution: &Distribution, version: &Version) -> (Choice, Option<String>) {
    let table = ReleaseTable::of(distribution.package);
    let public = version.clone().without_local();
    if let Some(index) = table.find(&public) {
        return (Choice::Releases(index_set(index)), None);
    }
    let name = &distribution.name;
    let unreleased = public.any_prerelease() || distribution.numbering == Numbering::Nightly;
    let own = distribution.numbering == Numbering::Own;
    if (unreleased || own)
        && let Some(index) = stand_in(table, &public, unreleased)
    {
        let release = table.get(index).row.version;
        let kind = if unreleased {
            "final release"
        } else {
            "release"
        };
        let remark = format!("`{name}=={version}` is judged by the {kind} {release}");
        return (Choice::Releases(index_set(index)), Some(remark));
    }
    match outside(table, std::iter::once(&public)) {
        Some(side) => (
            Choice::Unknown,
            Some(side.remark(&format!("{name}=={version}"))),
        ),
        // A build whose numbers are its own may exist without our knowing.
        None if own => (
            Choice::Unknown,
            Some(format!(
                "`{name}=={version}` follows no known release, so names are not judged"
            )),
        ),
        None => (Choice::Releases(ReleaseSet::EMPTY), None),
    }
}

/// The release by which a version that is none is judged.
fn stand_in(table: &ReleaseTable, version: &Version, unreleased: bool) -> Option<usize> {
    let part = |of: &Version, i: usize| of.release().get(i).copied().unwrap_or(0);
    let base = Version::new((0..3).map(|i| part(version, i)));
    if let Some(index) = table.find(&base) {
        return Some(index);
    }
    let family = table.select(|release| {
        (0..2).all(|i| part(&release.version, i) == part(&base, i)) && !release.row.yanked
    });
    if unreleased {
        // 2.16.0 was never released: 2.16.1 is what its candidates became.
        family
            .iter()
            .find(|&index| table.get(index).version.only_release() >= base)
    } else {
        family
            .iter()
            .filter(|&index| table.get(index).version <= base)
            .last()
    }
}

fn ranges(distribution: &Distribution, all: &VersionSpecifiers) -> (Choice, Option<String>) {
    let table = ReleaseTable::of(distribution.package);
    let text = || {
        format!(
            "{}{}",
            distribution.name,
            all.to_string().replace(", ", ",")
        )
    };
    let newest = table.releases().last().map(|release| &release.version);
    if distribution.numbering == Numbering::Nightly {
        let beyond = newest.map(|version| {
            let next = version.release().first().copied().unwrap_or(0) + 1000;
            specifier::contains_all(all, &Version::new([next, 0, 0]))
        });
        if beyond != Some(false) {
            return (Choice::Unknown, Some(Side::Newer.remark(&text())));
        }
    }
    let matching = table.matching(all);
    let exact = all.iter().any(|one| specifier::exact(one).is_some());
    let set = if exact {
        matching
    } else {
        matching & table.kept()
    };
    if !set.is_empty() {
        return (Choice::Releases(set), None);
    }
    let bounds: Vec<Version> = all
        .iter()
        .flat_map(|one| neighbours(one.version()))
        .filter(|version| specifier::contains_all(all, version))
        .collect();
    match outside(table, &bounds) {
        Some(side) => (Choice::Unknown, Some(side.remark(&text()))),
        None => (Choice::Releases(ReleaseSet::EMPTY), None),
    }
}

/// A version and some around it: enough to tell whether a range reaches outside the history.
fn neighbours(version: &Version) -> Vec<Version> {
    let release = version.release();
    let step = |at: usize, up: bool| {
        let mut parts: Vec<u64> = release.iter().copied().take(at + 1).collect();
        let last = parts.last_mut()?;
        *last = if up {
            last.checked_add(1)?
        } else {
            last.checked_sub(1)?
        };
        if !up {
            parts.extend([999, 0]);
        }
        Some(Version::new(parts))
    };
    let mut all = vec![version.clone().without_local()];
    for at in 0..release.len().min(4) {
        all.extend(step(at, true));
        all.extend(step(at, false));
    }
    all
}

/// On which side of the history a version lies.
#[derive(Clone, Copy)]
enum Side {
    Older,
    Newer,
}

impl Side {
    fn remark(self, pin: &str) -> String {
        let side = match self {
            Self::Older => "older",
            Self::Newer => "newer",
        };
        format!("`{pin}` is {side} than every known release, so names are not judged")
    }
}

/// The side on which some of the versions lie outside the history, if any does.
fn outside<'v>(
    table: &ReleaseTable,
    versions: impl IntoIterator<Item = &'v Version>,
) -> Option<Side> {
    let releases = table.releases();
    let (first, last) = (&releases.first()?.version, &releases.last()?.version);
    versions.into_iter().find_map(|version| {
        if version < first {
            Some(Side::Older)
        } else if version > last {
            Some(Side::Newer)
        } else {
            None
        }
    })
}

fn index_set(index: usize) -> ReleaseSet {
    std::iter::once(index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::requirement;

    /// `requirement` -> releases, `any`, `none` or `unknown`; then the remark, if there is one.
    #[track_caller]
    fn check(text: &str, expect: &str) {
        let read = requirement::parse(text).unwrap();
        let distribution = Distribution::of(&read.name).unwrap();
        let (choice, remark) = choose(&distribution, &read.request);
        let mut shown = match choice {
            Choice::Any => "any".to_owned(),
            Choice::Unknown => "unknown".to_owned(),
            Choice::Releases(set) if set.is_empty() => "none".to_owned(),
            Choice::Releases(set) => ReleaseTable::of(distribution.package).describe(set),
        };
        if let Some(remark) = remark {
            shown = format!("{shown}: {remark}");
        }
        assert_eq!(shown, expect, "for `{text}`");
    }

    #[test]
    fn plain_pins_select_their_releases() {
        check("tensorflow", "any");
        check("tensorflow==2.3.4", "2.3.4");
        check("tensorflow-gpu==2.3", "2.3.0");
        check("tensorflow~=2.9.1", "2.9.1-2.9.3");
        check("tensorflow>=2.3,<2.4,!=2.3.1", "2.3.0, 2.3.2-2.3.4");
        check("tensorflow==2.15.0.post1", "2.15.0.post1");
        check("tensorflow==2.15.0", "2.15.0");
        check("keras<2.0.3", "2.0.0-2.0.2");
        check("tf-keras~=2.20.0", "2.20.1");
        check("tf-keras==2.20.0", "2.20.0");
    }

    #[test]
    fn what_is_no_release_is_judged_by_the_one_it_stands_for() {
        check(
            "tensorflow==2.13.0rc0",
            "2.13.0: `tensorflow==2.13.0rc0` is judged by the final release 2.13.0",
        );
        check(
            "tensorflow==2.0.0-alpha0",
            "2.0.0: `tensorflow==2.0.0a0` is judged by the final release 2.0.0",
        );
        check(
            "tf-nightly==2.16.0.dev20240101",
            "2.16.1: `tf-nightly==2.16.0.dev20240101` is judged by the final release 2.16.1",
        );
        check("nvidia-tensorflow==1.15.5+nv22.1", "1.15.5");
        check(
            "tensorflow-rocm==2.13.0.570",
            "2.13.0: `tensorflow-rocm==2.13.0.570` is judged by the release 2.13.0",
        );
        check(
            "tensorflow-directml==1.15.8",
            "1.15.5: `tensorflow-directml==1.15.8` is judged by the release 1.15.5",
        );
    }

    #[test]
    fn outside_the_history_nothing_is_known() {
        let rest = "than every known release, so names are not judged";
        check(
            "tensorflow==0.12.1",
            &format!("unknown: `tensorflow==0.12.1` is older {rest}"),
        );
        check(
            "tensorflow<1",
            &format!("unknown: `tensorflow<1` is older {rest}"),
        );
        check(
            "keras==1.2.2",
            &format!("unknown: `keras==1.2.2` is older {rest}"),
        );
        check(
            "tensorflow>=99",
            &format!("unknown: `tensorflow>=99` is newer {rest}"),
        );
        check(
            "tensorflow~=98.1",
            &format!("unknown: `tensorflow~=98.1` is newer {rest}"),
        );
        check(
            "tf-nightly>=2.5",
            &format!("unknown: `tf-nightly>=2.5` is newer {rest}"),
        );
        check(
            "tf-nightly-gpu",
            "unknown: `tf-nightly-gpu` without a version is newer than every known release, so names are not judged",
        );
        check(
            "tensorflow @ git+https://example.org/tf",
            "unknown: the version of `tensorflow` comes from an address and is not known",
        );
    }

    #[test]
    fn a_version_that_was_never_released_selects_nothing() {
        check("tensorflow==2.16.0", "none");
        check("tensorflow==2.5.9", "none");
        check("keras==2.5.0", "none");
        check("tensorflow>2.4,<2.3", "none");
        check("tensorflow>2.4.4,<2.5.0rc0", "none");
    }
}
