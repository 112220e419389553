//! `data/distributions.tsv`: every version of every distribution that installs TensorFlow or Keras,
//! with the Pythons that have a wheel of it on some system.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

use anyhow::{Result, bail};
use indicatif::ProgressBar;
use pep440_rs::Version;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::cache::write_whole;
use crate::pip::Pip;

/// The distributions whose versions are listed. Left out are nightly builds, which are too many,
/// and those that other indexes carry.
const NAMES: &[&str] = &[
    "intel-tensorflow",
    "intel-tensorflow-avx512",
    "keras",
    "tensorflow",
    "tensorflow-aarch64",
    "tensorflow-cpu",
    "tensorflow-cpu-aws",
    "tensorflow-directml",
    "tensorflow-gpu",
    "tensorflow-intel",
    "tensorflow-macos",
    "tensorflow-rocm",
    "tf-gpu",
    "tf-keras",
    "tf-nightly-gpu",
];

/// The CPython 3 minors that are asked about. A wheel that the newest takes is taken for one of
/// all later Pythons.
const MINORS: std::ops::RangeInclusive<u32> = 3..=16;

/// What is published of one version.
#[derive(Default)]
struct Build {
    minors: BTreeSet<u32>,
    source: bool,
}

/// Asks pip for every list and writes the file.
pub(crate) fn write(pip: &Pip, data: &Path, jobs: usize) -> Result<()> {
    let questions: Vec<(&str, Option<u32>)> = NAMES
        .iter()
        .flat_map(|&name| {
            MINORS
                .map(Some)
                .chain([None])
                .map(move |minor| (name, minor))
        })
        .collect();
    let bar = ProgressBar::new(questions.len() as u64);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.max(1))
        .build()?;
    let answers: Result<Vec<_>> = pool.install(|| {
        questions
            .into_par_iter()
            .map(|(name, minor)| {
                let versions = match minor {
                    Some(minor) => pip.versions_anywhere(name, minor)?,
                    None => pip.source_versions(name)?,
                };
                bar.inc(1);
                Ok((name, minor, versions))
            })
            .collect()
    });
    bar.finish_and_clear();
    let mut rows: BTreeMap<&str, BTreeMap<Version, Build>> = BTreeMap::new();
    for (name, minor, versions) in answers? {
        let known = rows.entry(name).or_default();
        for version in versions {
            if let Ok(version) = Version::from_str(&version) {
                let build = known.entry(version).or_default();
                build.minors.extend(minor);
                build.source |= minor.is_none();
            }
        }
    }
    for (name, versions) in &mut rows {
        for (version, build) in versions {
            let doubtful = build.source && MINORS.eq(build.minors.iter().copied());
            if doubtful && !pip.has_wheel(name, &version.to_string(), *MINORS.end())? {
                build.minors.clear();
            }
        }
    }
    let mut text = String::from("# distribution\tversion\tpythons\n");
    for (name, versions) in rows {
        if versions.is_empty() {
            bail!("pip lists no version of {name}");
        }
        for (version, build) in versions {
            text.push_str(&format!("{name}\t{version}\t{}\n", pythons(&build.minors)));
        }
    }
    write_whole(&data.join("distributions.tsv"), text.as_bytes())
}

/// `3.6-3.9`, `3.5-` where the newest is among them, `-` for a source without any wheel.
fn pythons(minors: &BTreeSet<u32>) -> String {
    let (Some(first), Some(last)) = (minors.first(), minors.last()) else {
        return "-".to_owned();
    };
    if last == MINORS.end() {
        format!("3.{first}-")
    } else {
        format!("3.{first}-3.{last}")
    }
}

/// The newest CPython 3 minor with a wheel of a version, by the file that [`write`] wrote.
pub(crate) fn newest_python(data: &Path, distribution: &str, version: &str) -> Option<u32> {
    let text = std::fs::read_to_string(data.join("distributions.tsv")).ok()?;
    let row = text.lines().find_map(|line| {
        let mut fields = line.split('\t');
        let same = fields.next() == Some(distribution) && fields.next() == Some(version);
        same.then(|| fields.next()).flatten()
    })?;
    let (_, newest) = row.split_once("-3.")?;
    newest.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_are_a_range() {
        let of = |minors: &[u32]| pythons(&minors.iter().copied().collect());
        assert_eq!(of(&[6, 7, 8]), "3.6-3.8");
        assert_eq!(of(&[7]), "3.7-3.7");
        assert_eq!(of(&[5, 16]), "3.5-");
        assert_eq!(of(&[]), "-");
    }
}
