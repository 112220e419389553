//! `data/` read back: what it says about one release.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use tfmp::api::format::{parse_intervals, parse_runs};

use crate::releases::Known;

type Runs = Vec<(String, Vec<bool>)>;

/// The histories of one package.
#[derive(Default)]
pub(crate) struct Histories {
    pub(crate) symbols: BTreeMap<String, Row>,
    members: HashMap<String, Vec<MemberRow>>,
    /// Private modules and when they can be imported.
    pub(crate) modules: BTreeMap<String, Vec<bool>>,
    signatures: HashMap<String, String>,
}

/// A symbol's history.
pub(crate) struct Row {
    pub(crate) kind: String,
    pub(crate) present: Vec<bool>,
    pub(crate) importable: Vec<bool>,
    signatures: Runs,
    bases: Runs,
}

struct MemberRow {
    name: String,
    kind: String,
    present: Vec<bool>,
    signatures: Runs,
}

/// A member as a class of one release has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) kind: String,
    /// Known for the members that the class itself holds.
    pub(crate) signature: Option<String>,
}

/// All members of a class in one release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Members {
    /// There may be more than are listed.
    pub(crate) open: bool,
    pub(crate) named: BTreeMap<String, Member>,
}

impl Histories {
    /// Reads the files of a package.
    pub(crate) fn read(data: &Path, package: &str, known: &Known) -> Result<Self> {
        let folder = data.join("api");
        Self::parse(package, known.versions(package), &|name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path)
                .with_context(|| format!("{} is missing: run `cargo apidb merge`", path.display()))
        })
    }

    /// Reads the files of a package from their texts, by name.
    pub(crate) fn parse(
        package: &str,
        versions: &[String],
        text: &impl Fn(&str) -> Result<String>,
    ) -> Result<Self> {
        let mut histories = Self::default();
        for fields in rows(&text("signatures.tsv")?) {
            if let [id, parameters] = fields[..] {
                histories
                    .signatures
                    .insert(id.to_owned(), parameters.to_owned());
            }
        }
        let stems: &[&str] = match package {
            "tensorflow" => &["tensorflow", "tensorflow.compat", "tensorflow.contrib"],
            "keras" => &["keras", "keras.tensorflow"],
            _ => &[package],
        };
        for stem in stems {
            histories
                .add(stem, text, versions)
                .map_err(|error| anyhow!("{stem}: {error}"))?;
        }
        histories.reach();
        Ok(histories)
    }

    /// Leaves of every presence what attribute access reaches: the data says what a module holds
    /// also where only an import by name reaches the module.
    fn reach(&mut self) {
        let paths: Vec<String> = self.symbols.keys().cloned().collect();
        for path in paths {
            let Some((parent, _)) = path.rsplit_once('.') else {
                continue;
            };
            let Some(above) = self.symbols.get(parent).map(|row| row.present.clone()) else {
                continue;
            };
            if let Some(row) = self.symbols.get_mut(&path) {
                for (there, above) in row.present.iter_mut().zip(above) {
                    *there &= above;
                }
            }
        }
    }

    fn add(
        &mut self,
        stem: &str,
        text: &impl Fn(&str) -> Result<String>,
        versions: &[String],
    ) -> Result<(), String> {
        // A package may have no class with members, or no private module.
        let optional = |name: String| text(&name).unwrap_or_default();
        for fields in rows(&text(&format!("{stem}.tsv")).map_err(|e| e.to_string())?) {
            let [path, kind, present, importable, signatures, bases, _] = fields[..] else {
                return Err(format!("seven fields are needed: {fields:?}"));
            };
            let present = parse_intervals(present, versions)?;
            let importable = match importable {
                "=" => present.clone(),
                text => parse_intervals(text, versions)?,
            };
            let row = Row {
                kind: kind.to_owned(),
                present,
                importable,
                signatures: parse_runs(signatures, versions)?,
                bases: parse_runs(bases, versions)?,
            };
            self.symbols.insert(path.to_owned(), row);
        }
        for fields in rows(&optional(format!("{stem}.members.tsv"))) {
            let [class, name, kind, present, signatures] = fields[..] else {
                return Err(format!("five fields are needed: {fields:?}"));
            };
            self.members
                .entry(class.to_owned())
                .or_default()
                .push(MemberRow {
                    name: name.to_owned(),
                    kind: kind.to_owned(),
                    present: parse_intervals(present, versions)?,
                    signatures: parse_runs(signatures, versions)?,
                });
        }
        for fields in rows(&optional(format!("{stem}.modules.tsv"))) {
            if let [module, importable] = fields[..] {
                let importable = parse_intervals(importable, versions)?;
                self.modules.insert(module.to_owned(), importable);
            }
        }
        Ok(())
    }

    /// The parameters of a symbol in the release at that index.
    pub(crate) fn signature(&self, path: &str, release: usize) -> Option<&str> {
        self.value(&self.symbols.get(path)?.signatures, release)
    }

    fn value(&self, runs: &Runs, release: usize) -> Option<&str> {
        let (id, _) = runs.iter().find(|(_, there)| there[release])?;
        self.signatures.get(id).map(String::as_str)
    }

    /// The members of a class in the release at that index: its own, and those of every base.
    pub(crate) fn members(&self, class: &str, release: usize) -> Members {
        let mut members = Members::default();
        self.collect(class, release, &mut BTreeSet::new(), &mut members);
        members
    }

    fn collect(
        &self,
        class: &str,
        release: usize,
        seen: &mut BTreeSet<String>,
        into: &mut Members,
    ) {
        if class == "?" {
            into.open = true;
            return;
        }
        if !seen.insert(class.to_owned()) {
            return;
        }
        let first = seen.len() == 1;
        for row in self.members.get(class).into_iter().flatten() {
            if !row.present[release] {
                continue;
            }
            into.named
                .entry(row.name.clone())
                .or_insert_with(|| Member {
                    kind: row.kind.clone(),
                    signature: first
                        .then(|| self.value(&row.signatures, release))
                        .flatten()
                        .map(str::to_owned),
                });
        }
        let bases = self.symbols.get(class).map_or(&[][..], |row| &row.bases);
        for (base, there) in bases {
            if there[release] {
                self.collect(base, release, seen, into);
            }
        }
    }

    /// Whether the class keeps its members itself in that release.
    pub(crate) fn is_canonical(&self, class: &str, release: usize) -> bool {
        let own = self
            .members
            .get(class)
            .is_some_and(|rows| rows.iter().any(|row| row.present[release]));
        let bases = self.symbols.get(class).map_or(0, |row| {
            row.bases.iter().filter(|(_, there)| there[release]).count()
        });
        own || bases != 1
    }
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}
