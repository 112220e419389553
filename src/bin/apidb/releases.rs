//! `data/releases.tsv`: the releases that the history covers.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

/// The packages in the order of the file.
pub(crate) const PACKAGES: [&str; 3] = ["tensorflow", "keras", "tf_keras"];

/// The known releases of every package, oldest first.
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

/// Major and minor number of a version.
pub(crate) fn minor_of(version: &str) -> (u64, u64) {
    let mut numbers = version.split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    });
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
