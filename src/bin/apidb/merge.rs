//! From one surface a release to the histories of `data/api`: each fact once, with the releases in
//! which it holds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use tfmp::api::format::{write_intervals, write_runs};

use crate::cache::{Cache, write_whole};
use crate::releases::{Known, PACKAGES};
use crate::surface::{Class, Surface};

/// Merges the surfaces of the cache into the files of `data/api`.
pub(crate) fn merge(cache: &Cache, known: &Known, data: &Path) -> Result<()> {
    let folder = data.join("api");
    let mut signatures = Signatures::default();
    let mut histories = Vec::new();
    let bar = ProgressBar::new(known.releases().count() as u64);
    for package in PACKAGES {
        let versions = known.versions(package);
        let mut history = History::new(versions.len());
        for (index, version) in versions.iter().enumerate() {
            let path = cache.surface(package, version);
            let bytes = std::fs::read(&path).with_context(|| {
                format!("{} is missing: run `cargo apidb extract`", path.display())
            })?;
            let surface: Surface = serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is no surface", path.display()))?;
            history.add(index, &surface);
            bar.inc(1);
        }
        history.collect_signatures(&mut signatures);
        histories.push((package, versions, history));
    }
    bar.finish();
    signatures.number();
    for (package, versions, history) in &histories {
        for (name, text) in history.files(package, versions, &signatures) {
            write_whole(&folder.join(name), text.as_bytes())?;
        }
    }
    write_whole(&folder.join("signatures.tsv"), signatures.text().as_bytes())
}

/// Parameter lists, numbered in their sorted order.
#[derive(Default)]
struct Signatures(BTreeMap<String, usize>);

impl Signatures {
    fn number(&mut self) {
        for (number, (_, id)) in self.0.iter_mut().enumerate() {
            *id = number + 1;
        }
    }

    fn text(&self) -> String {
        let mut text = String::from("# id\tparameters\n");
        for (signature, id) in &self.0 {
            writeln!(text, "{id}\t{signature}").expect("writing to a String");
        }
        text
    }
}

/// A value for each release in which there is one.
type Runs = BTreeMap<String, Vec<bool>>;

/// What is known of one symbol or member over all releases.
#[derive(Default)]
struct Facts {
    kind: String,
    present: Vec<bool>,
    /// What it is in each release; for a symbol, of which `kind` is made.
    kinds: Vec<String>,
    /// Its content was looked into.
    seen: Vec<bool>,
    importable: Vec<bool>,
    deprecated: Vec<bool>,
    instructions: String,
    signatures: Runs,
    bases: Runs,
}

/// The kind of a symbol: that which has most in it, of those that it ever was; else the newest.
fn kind_of(kinds: &[String]) -> &str {
    let ever = |wanted: &&str| kinds.iter().any(|kind| kind == wanted);
    ["module", "class"]
        .into_iter()
        .find(ever)
        .unwrap_or_else(|| {
            let known = kinds.iter().rev().find(|kind| !kind.is_empty());
            known.map_or("object", String::as_str)
        })
}

/// Everything of one package.
pub(crate) struct History {
    releases: usize,
    symbols: BTreeMap<String, Facts>,
    members: BTreeMap<(String, String), Facts>,
    modules: BTreeMap<String, Vec<bool>>,
}

fn mark(runs: &mut Runs, value: &str, index: usize, releases: usize) {
    if !runs.contains_key(value) {
        runs.insert(value.to_owned(), vec![false; releases]);
    }
    if let Some(present) = runs.get_mut(value) {
        present[index] = true;
    }
}

impl History {
    fn new(releases: usize) -> Self {
        Self {
            releases,
            symbols: BTreeMap::new(),
            members: BTreeMap::new(),
            modules: BTreeMap::new(),
        }
    }

    fn facts(&self) -> Facts {
        let none = vec![false; self.releases];
        Facts {
            present: none.clone(),
            seen: none.clone(),
            importable: none.clone(),
            kinds: vec![String::new(); self.releases],
            deprecated: none,
            ..Facts::default()
        }
    }

    /// Adds what one release offers.
    fn add(&mut self, index: usize, surface: &Surface) {
        let canonical = canonical_names(surface);
        for (path, symbol) in &surface.symbols {
            let empty = self.facts();
            let facts = self.symbols.entry(path.clone()).or_insert(empty);
            facts.kinds[index].clone_from(&symbol.kind);
            facts.present[index] = symbol.attribute;
            facts.seen[index] = true;
            facts.importable[index] = symbol.importable;
            if let Some(text) = &symbol.deprecated {
                facts.deprecated[index] = true;
                facts.instructions = one_line(text);
            }
            if let Some(signature) = &symbol.signature {
                mark(&mut facts.signatures, signature, index, self.releases);
            }
            if symbol.open {
                mark(&mut facts.bases, "?", index, self.releases);
            }
            let Some(id) = &symbol.class else { continue };
            let Some(class) = surface.classes.get(id) else {
                continue;
            };
            let name = canonical.get(id.as_str()).copied().unwrap_or(path);
            if name == path {
                self.class(index, path, class, surface, &canonical);
            } else {
                mark(&mut facts.bases, name, index, self.releases);
            }
        }
        for module in &surface.modules {
            let last = module.rsplit('.').next().unwrap_or(module);
            if last.ends_with("_test") || last == "conftest" {
                continue;
            }
            let there = self
                .modules
                .entry(module.clone())
                .or_insert_with(|| vec![false; self.releases]);
            there[index] = true;
        }
    }

    /// Adds the members of a class that cannot be had through another public class.
    fn class(
        &mut self,
        index: usize,
        path: &str,
        class: &Class,
        surface: &Surface,
        canonical: &HashMap<&str, &str>,
    ) {
        let mut bases: Vec<String> = Vec::new();
        let mut covered: HashSet<&str> = HashSet::new();
        let (mut open, mut dynamic) = (class.open, class.dynamic);
        let mut own: BTreeMap<&str, &crate::surface::Member> = BTreeMap::new();
        for (name, member) in &class.members {
            own.insert(name, member);
        }
        for id in &class.mro {
            if covered.contains(id.as_str()) {
                continue;
            }
            let Some(base) = surface.classes.get(id) else {
                continue;
            };
            if let Some(name) = canonical.get(id.as_str()) {
                bases.push((*name).to_owned());
                covered.extend(base.mro.iter().map(String::as_str));
            } else {
                open |= base.open;
                dynamic |= base.dynamic;
                for (name, member) in &base.members {
                    own.entry(name).or_insert(member);
                }
            }
        }
        if open {
            bases.push("?".to_owned());
        }
        if dynamic {
            bases.push("~".to_owned());
        }
        let releases = self.releases;
        if let Some(facts) = self.symbols.get_mut(path) {
            for base in &bases {
                mark(&mut facts.bases, base, index, releases);
            }
        }
        for (name, member) in own {
            let empty = self.facts();
            let key = (path.to_owned(), name.to_owned());
            let facts = self.members.entry(key).or_insert(empty);
            facts.kind.clone_from(&member.kind);
            facts.present[index] = true;
            if let Some(signature) = &member.signature {
                mark(&mut facts.signatures, signature, index, releases);
            }
        }
    }

    fn collect_signatures(&self, signatures: &mut Signatures) {
        for facts in self.symbols.values().chain(self.members.values()) {
            for signature in facts.signatures.keys() {
                signatures.0.entry(signature.clone()).or_insert(0);
            }
        }
    }

    /// The files of the package: name and text.
    fn files(
        &self,
        package: &str,
        versions: &[String],
        signatures: &Signatures,
    ) -> BTreeMap<String, String> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let mut line = |stem: &str, ending: &str, header: &str, text: String| {
            let file = files
                .entry(format!("{stem}{ending}.tsv"))
                .or_insert_with(|| format!("# {header}\n"));
            file.push_str(&text);
            file.push('\n');
        };
        let ids = |runs: &Runs| {
            let named: Vec<(String, Vec<bool>)> = runs
                .iter()
                .map(|(signature, present)| (signatures.0[signature].to_string(), present.clone()))
                .collect();
            write_runs(&in_time(named), versions)
        };
        let bases = |runs: &Runs| {
            let named = runs
                .iter()
                .map(|(base, there)| (base.clone(), there.clone()));
            write_runs(&in_time(named.collect()), versions)
        };
        for (path, facts) in &self.symbols {
            let stem = stem(package, path);
            let mut importable = facts.importable.clone();
            for (flag, there) in importable
                .iter_mut()
                .zip(self.modules.get(path).into_iter().flatten())
            {
                *flag |= *there;
            }
            let kind = kind_of(&facts.kinds);
            let mut bases_of = facts.bases.clone();
            for (index, &by_import) in importable.iter().enumerate() {
                // A module that only an import reaches and that was not looked into may hold
                // anything, and so may what is something else in other releases.
                let unseen = by_import && !facts.seen[index];
                let other = facts.seen[index] && facts.kinds[index] != kind;
                if unseen || other && (kind == "module" || kind == "class") {
                    mark(&mut bases_of, "?", index, self.releases);
                }
            }
            let importable = if importable == facts.present {
                "=".to_owned()
            } else {
                write_intervals(&importable, versions)
            };
            let text = format!(
                "{path}\t{kind}\t{}\t{importable}\t{}\t{}\t{}",
                write_intervals(&facts.present, versions),
                ids(&facts.signatures),
                bases(&bases_of),
                write_intervals(&facts.deprecated, versions),
            );
            let header = "symbol\tkind\tpresent\timportable\tsignatures\tbases\tdeprecated";
            line(stem, "", header, text);
            if !facts.instructions.is_empty() {
                let when = write_intervals(&facts.deprecated, versions);
                let text = format!("{path}\t{when}\t{}", facts.instructions);
                line(stem, ".deprecated", "symbol\treleases\tinstructions", text);
            }
        }
        for ((class, member), facts) in &self.members {
            let text = format!(
                "{class}\t{member}\t{}\t{}\t{}",
                facts.kind,
                write_intervals(&facts.present, versions),
                ids(&facts.signatures),
            );
            let header = "class\tmember\tkind\tpresent\tsignatures";
            line(stem(package, class), ".members", header, text);
        }
        for (module, there) in &self.modules {
            if !self.symbols.contains_key(module) {
                let text = format!("{module}\t{}", write_intervals(there, versions));
                line(package, ".modules", "module\timportable", text);
            }
        }
        files
    }
}

/// Runs in the order of their first release, so that a row reads as a history.
fn in_time(mut runs: Vec<(String, Vec<bool>)>) -> Vec<(String, Vec<bool>)> {
    runs.sort_by_key(|(value, there)| (there.iter().position(|&t| t), value.clone()));
    runs
}

/// The file that a symbol belongs to.
fn stem<'n>(package: &'n str, path: &str) -> &'n str {
    let below = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if below("tensorflow.contrib") {
        "tensorflow.contrib"
    } else if below("tensorflow.compat") {
        "tensorflow.compat"
    } else if below("keras._tf_keras") {
        "keras.tensorflow"
    } else {
        package
    }
}

/// The one public name under which a class keeps its members: the shortest outside `compat`.
fn canonical_names(surface: &Surface) -> HashMap<&str, &str> {
    let rank = |path: &str| {
        let side = path.contains(".compat.") || path.contains("._tf_keras.");
        (
            side,
            path.contains(".contrib."),
            path.len(),
            path.to_owned(),
        )
    };
    let mut names: HashMap<&str, &str> = HashMap::new();
    for (path, symbol) in &surface.symbols {
        if let Some(id) = &symbol.class {
            let name = names.entry(id).or_insert(path);
            if rank(path) < rank(name) {
                *name = path;
            }
        }
    }
    names
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
