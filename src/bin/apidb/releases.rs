//! `data/releases.tsv`: the releases that the history covers.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::cache::{Cache, write_whole};
use crate::index::Index;
use crate::wheels;

/// The packages in the order of the file.
pub(crate) const PACKAGES: [&str; 3] = ["tensorflow", "keras", "tf_keras"];

/// The known releases of every package, oldest first.
#[derive(Default)]
pub(crate) struct Known(BTreeMap<String, Vec<String>>);

impl Known {
    /// Reads the file.
    pub(crate) fn read(data: &Path) -> Result<Self> {
        let path = data.join("releases.tsv");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let mut packages: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            if let (Some(package), Some(version)) = (fields.next(), fields.next()) {
                let versions = packages.entry(package.to_owned()).or_default();
                versions.push(version.to_owned());
            }
        }
        Ok(Self(packages))
    }

    /// The versions of a package, oldest first.
    pub(crate) fn versions(&self, package: &str) -> &[String] {
        self.0.get(package).map_or(&[], Vec::as_slice)
    }

    /// Every (package, version).
    pub(crate) fn releases(&self) -> impl Iterator<Item = (&str, &str)> {
        PACKAGES.into_iter().flat_map(|package| {
            self.versions(package)
                .iter()
                .map(move |version| (package, version.as_str()))
        })
    }
}

/// Writes the file: the releases of the index, with what their wheels say of themselves. The day
/// of a release that the file already has is kept, since pip does not tell it; a new release takes
/// the day on which its wheel was built.
pub(crate) fn write(cache: &Cache, index: &Index, data: &Path) -> Result<()> {
    let path = data.join("releases.tsv");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let mut text = String::from("# package\tversion\tdate\tpython\tyanked\tkeras requirement\n");
    for package in PACKAGES {
        for offer in index.of(package) {
            let facts = wheels::facts(&cache.zip(package, &offer.version))?;
            text.push_str(&row(package, &offer.version, &facts, &old));
        }
    }
    write_whole(&path, text.as_bytes())
}

fn row(package: &str, version: &str, facts: &wheels::Facts, old: &str) -> String {
    let dash = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
    let old: Vec<&str> = old
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .find(|fields| fields.len() == 6 && fields[0] == package && fields[1] == version)
        .unwrap_or_default();
    let date = match old.get(2) {
        Some(&date) if date != "-" => date.to_owned(),
        _ => dash(&facts.record.built),
    };
    // pip leaves withdrawn releases out of its lists, so that a known one need not be in them.
    let yanked = facts.record.yanked || old.get(4) == Some(&"yes");
    let python = dash(&field(&facts.metadata, "Requires-Python").unwrap_or_default());
    let keras = dash(&keras_requirement(&facts.metadata).unwrap_or_default());
    let yanked = if yanked { "yes" } else { "no" };
    format!("{package}\t{version}\t{date}\t{python}\t{yanked}\t{keras}\n")
}

/// The value of a field of `METADATA`, which ends at the first empty line
/// (<https://packaging.python.org/en/latest/specifications/core-metadata/>).
fn field(metadata: &str, name: &str) -> Option<String> {
    fields(metadata, name).next()
}

fn fields(metadata: &str, name: &str) -> impl Iterator<Item = String> {
    metadata
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(move |line| line.split_once(':').filter(|(key, _)| *key == name))
        .map(|(_, value)| value.chars().filter(|c| !c.is_whitespace()).collect())
}

/// The specifier of the `keras` distribution that a wheel requires without any extra.
fn keras_requirement(metadata: &str) -> Option<String> {
    fields(metadata, "Requires-Dist").find_map(|requirement| {
        let (requirement, marker) = match requirement.split_once(';') {
            Some((requirement, marker)) => (requirement, marker),
            None => (requirement.as_str(), ""),
        };
        let rest = requirement.strip_prefix("keras")?;
        let named = !rest.starts_with(|c: char| c.is_alphanumeric() || "-_.[".contains(c));
        let specifier = rest.trim_start_matches('(').trim_end_matches(')');
        (named && !marker.contains("extra")).then(|| specifier.to_owned())
    })
}

/// Major and minor number of a version.
pub(crate) fn minor_of(version: &str) -> (u64, u64) {
    let mut numbers = version.split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    });
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_keras(line: &str, expect: Option<&str>) {
        let metadata = format!("Name: tensorflow\n{line}\n\nRequires-Dist: keras ==9\n");
        assert_eq!(keras_requirement(&metadata).as_deref(), expect);
    }

    #[test]
    fn the_requirement_of_keras_is_read_in_every_notation() {
        check_keras("Requires-Dist: keras >=3.0.0", Some(">=3.0.0"));
        check_keras("Requires-Dist: keras>=3.10.0", Some(">=3.10.0"));
        check_keras(
            "Requires-Dist: keras (<2.9,>=2.8.0rc0)",
            Some("<2.9,>=2.8.0rc0"),
        );
        check_keras("Requires-Dist: keras (~=2.6)", Some("~=2.6"));
        check_keras("Requires-Dist: keras-nightly>=3.12.0.dev", None);
        check_keras("Requires-Dist: keras-preprocessing (>=1.1.1)", None);
        check_keras("Requires-Dist: keras>=2; extra == 'keras'", None);
        check_keras("Summary: keras >=3", None);
    }

    fn facts(built: &str) -> wheels::Facts {
        wheels::Facts {
            record: wheels::Record {
                built: built.to_owned(),
                ..wheels::Record::default()
            },
            metadata: "Requires-Python: >=3.9\nRequires-Dist: keras>=3.5.0\n".to_owned(),
        }
    }

    #[test]
    fn a_known_day_is_kept_and_a_new_release_takes_that_of_its_wheel() {
        let old = "tensorflow\t2.18.0\t2024-10-25\t-\tyes\t-\n";
        assert_eq!(
            row("tensorflow", "2.18.0", &facts("2024-10-24"), old),
            "tensorflow\t2.18.0\t2024-10-25\t>=3.9\tyes\t>=3.5.0\n"
        );
        assert_eq!(
            row("tensorflow", "2.18.1", &facts("2025-03-10"), old),
            "tensorflow\t2.18.1\t2025-03-10\t>=3.9\tno\t>=3.5.0\n"
        );
        assert_eq!(
            row("keras", "2.18.0", &wheels::Facts::default(), old),
            "keras\t2.18.0\t-\t-\tno\t-\n"
        );
    }
}
