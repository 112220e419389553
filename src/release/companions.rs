//! Packages beside TensorFlow that work with some of its releases only, without saying so in their
//! metadata: `data/companions.tsv`.

use std::sync::OnceLock;

use pep440_rs::{Version, VersionSpecifiers};

use super::{ReleaseSet, ReleaseTable, specifier};
use crate::names::Package;

/// One version of a companion.
struct Row {
    name: &'static str,
    version: Version,
    limit: Option<Limit>,
}

/// With what something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The releases of TensorFlow.
    pub releases: ReleaseSet,
    /// The same as a specifier.
    pub specifier: &'static str,
    /// Why, in half a sentence.
    pub why: &'static str,
}

fn table() -> &'static [Row] {
    static TABLE: OnceLock<Vec<Row>> = OnceLock::new();
    TABLE.get_or_init(|| {
        include_str!("../../data/companions.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut fields = line.trim_end().split('\t');
                let (name, version) = (fields.next()?, fields.next()?.parse().ok()?);
                let (text, why) = (fields.next()?, fields.next()?);
                let limit = specifier::parse(text).ok().map(|read| Limit {
                    releases: ReleaseTable::of(Package::Tensorflow).matching(&read.specifiers),
                    specifier: text,
                    why,
                });
                Some(Row {
                    name,
                    version,
                    limit,
                })
            })
            .collect()
    })
}

/// Whether a distribution, by its normalised name, is a companion.
#[must_use]
pub fn is_known(name: &str) -> bool {
    table().iter().any(|row| row.name == name)
}

/// With what every version that specifiers select works; `None` where one of them has no limit.
#[must_use]
pub fn limit(name: &str, specifiers: &VersionSpecifiers) -> Option<Limit> {
    let mut all: Option<Limit> = None;
    let rows = table().iter().filter(|row| row.name == name);
    for row in rows.filter(|row| specifier::contains_all(specifiers, &row.version)) {
        let limit = row.limit?;
        all = Some(match all {
            Some(all) => Limit {
                releases: all.releases | limit.releases,
                ..limit
            },
            None => limit,
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[track_caller]
    fn check(specifiers: &str, expect: Option<&str>) {
        let read = VersionSpecifiers::from_str(specifiers).unwrap();
        let found = limit("tf-models-official", &read).map(|limit| limit.specifier);
        assert_eq!(found, expect, "{specifiers}");
    }

    #[test]
    fn a_limit_holds_for_all_that_may_be_installed() {
        check("==2.4.0", Some("<2.9"));
        check("<2.5", Some("<2.9"));
        check("~=2.3.0", Some("<2.9"));
        check(">=2.4,<2.6", None);
        check(">=2.2", None);
        check("==2.8.0", None);
        check("==9.9", None);
    }

    #[test]
    fn every_row_is_read() {
        let text = include_str!("../../data/companions.tsv");
        let rows = text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(table().len(), rows);
        assert!(
            table().windows(2).all(|pair| {
                (pair[0].name, &pair[0].version) < (pair[1].name, &pair[1].version)
            })
        );
        for row in table().iter().filter_map(|row| row.limit) {
            assert!(!row.releases.is_empty() && row.why.len() > 20, "{row:?}");
        }
    }
}
