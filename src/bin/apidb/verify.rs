//! `verify`: the data against real imports. Every name of the union over all releases, present
//! or absent, is looked up in an environment that has the release installed.
//!
//! Compared: attribute access, kinds, parameters, imports of modules, members of classes. Not
//! compared: deprecations, attributes that only instances have, and `tf.keras` from 2.16 on,
//! which is compared as the installed Keras.
//!
//! And the program reads a file that uses every name and every member that an import has: it should
//! report none of them. It has the data that it was built with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::builds::newest_python;
use crate::cache::{Cache, write_whole};
use crate::index::minor_of;
use crate::releases::Known;

mod compare;
pub(crate) mod data;
pub(crate) mod probe;
mod uses;

#[cfg(test)]
mod tests;

use compare::{Comparison, Difference, Tally};
use data::Histories;
use probe::{Environment, NAMES};

/// The roots that are imported, each in a process of its own, and the package that each is of.
const ROOTS: [(&str, &str); 4] = [
    ("tensorflow", "tensorflow"),
    ("keras", "keras"),
    ("keras._tf_keras.keras", "keras"),
    ("tf_keras", "tf_keras"),
];

/// Where TensorFlow from 2.16 on shows Keras 3, which has a history of its own.
const MOUNTS: [&str; 11] = [
    "tensorflow.keras",
    "tensorflow.losses",
    "tensorflow.metrics",
    "tensorflow.optimizers",
    "tensorflow.initializers",
    "tensorflow.compat.v1.keras",
    "tensorflow.compat.v2.keras",
    "tensorflow.compat.v2.losses",
    "tensorflow.compat.v2.metrics",
    "tensorflow.compat.v2.optimizers",
    "tensorflow.compat.v2.initializers",
];

/// Compares the named TensorFlow releases, or every release that has an environment.
pub(crate) fn verify(
    cache: &Cache,
    data: &Path,
    known: &Known,
    releases: &[String],
    venvs: Option<PathBuf>,
) -> Result<()> {
    let venvs = venvs.unwrap_or_else(|| cache.folder("venvs"));
    let releases: Vec<String> = if releases.is_empty() {
        let has = |version: &&String| venvs.join(version).join("bin").join("python").exists();
        let versions = known.versions("tensorflow").iter();
        versions.filter(has).cloned().collect()
    } else {
        releases.to_vec()
    };
    let mut histories = BTreeMap::new();
    for (_, package) in ROOTS {
        if !histories.contains_key(package) {
            histories.insert(package, Histories::read(data, package, known)?);
        }
    }
    let mut failed = Vec::new();
    let mut out = std::io::stdout();
    writeln!(out, "{}", heading())?;
    for release in &releases {
        let python = newest_python(data, "tensorflow", release);
        let tallies = Environment::of(&venvs, release, python)
            .and_then(|environment| one(cache, known, &histories, release, &environment));
        let tallies = match tallies {
            Ok(tallies) => tallies,
            Err(error) => {
                failed.push(format!("tensorflow {release}: {error:#}"));
                continue;
            }
        };
        let list = cache.folder("verify").join(format!("{release}.txt"));
        write_whole(&list, differences(&tallies).as_bytes())?;
        for (surface, tally) in &tallies {
            writeln!(out, "{}", row(release, surface, tally))?;
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        bail!("not compared:\n{}", failed.join("\n"))
    }
}

/// Asks one environment about every root that it has.
fn one(
    cache: &Cache,
    known: &Known,
    histories: &BTreeMap<&str, Histories>,
    release: &str,
    environment: &Environment,
) -> Result<BTreeMap<String, Tally>> {
    let mut tallies = BTreeMap::new();
    for (root, package) in ROOTS {
        let Some(version) = environment.version(package) else {
            continue;
        };
        let Some(index) = known.versions(package).iter().position(|v| *v == version) else {
            continue;
        };
        let before_keras_3 = minor_of(&version) < (3, 0);
        if root == "keras._tf_keras.keras" && before_keras_3 {
            continue;
        }
        let histories = &histories[package];
        let queries = queries(histories, root, index, &version);
        let facts = cache
            .folder("verify")
            .join(format!("{release}.{root}.facts"));
        let facts = environment.ask(NAMES, root, &queries, &facts)?;
        let wanted: std::collections::BTreeSet<&String> = queries.iter().collect();
        let facts = facts
            .into_iter()
            .filter(|(query, _)| wanted.contains(query));
        let facts = facts.collect();
        let comparison = Comparison {
            histories,
            release: index,
            facts: &facts,
        };
        let mut compared = comparison.run(surface);
        if root != "keras._tf_keras.keras" {
            let tensorflow = format!("tensorflow=={release}");
            let own = format!("{package}=={version}");
            let pins: &[&str] = match package {
                "tensorflow" => &[&tensorflow],
                _ => &[&tensorflow, &own],
            };
            uses::judge(
                &cache.folder("verify"),
                pins,
                &facts,
                surface,
                &mut compared,
            )?;
        }
        for (surface, tally) in compared {
            let name = match package {
                "tensorflow" => surface.to_owned(),
                _ => format!("{surface} {version}"),
            };
            tallies.insert(name, tally);
        }
    }
    Ok(tallies)
}

/// What to ask about a root: attributes first, since an import makes attributes appear.
fn queries(histories: &Histories, root: &str, release: usize, version: &str) -> Vec<String> {
    let inside = |path: &str| {
        let below = |root: &str| {
            path.strip_prefix(root)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        let other = root == "keras" && (below("keras._tf_keras") || path == "keras._tf_keras");
        let mounted = root == "tensorflow"
            && minor_of(version) >= (2, 16)
            && MOUNTS.iter().any(|mount| below(mount));
        below(root) && !other && !mounted
    };
    let symbols = || histories.symbols.iter().filter(|(path, _)| inside(path));
    let mut queries: Vec<String> = Vec::new();
    queries.extend(symbols().map(|(path, _)| format!("A {path}")));
    for (path, row) in symbols().filter(|(_, row)| row.present[release]) {
        if row.kind == "module" {
            queries.push(format!("D {path}"));
        }
        if row.kind == "class" && histories.is_canonical(path, release) {
            queries.push(format!("C {path}"));
        }
    }
    let modules = symbols().filter(|(_, row)| row.kind == "module");
    queries.extend(modules.map(|(path, _)| format!("I {path}")));
    let private = histories.modules.keys().filter(|path| inside(path));
    queries.extend(private.map(|path| format!("P {path}")));
    queries
}

/// The row of the table that a path belongs to.
fn surface(path: &str) -> &'static str {
    let below = |root: &str| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if below("tensorflow.contrib") {
        "contrib"
    } else if below("tensorflow.compat") {
        "compat"
    } else if below("tensorflow") {
        "tensorflow"
    } else if below("keras._tf_keras") {
        "keras as tf.keras"
    } else if below("keras") {
        "keras"
    } else {
        "tf_keras"
    }
}

fn heading() -> String {
    "| release | surface | names | wrongly present | wrongly absent | imports | wrong | kind | signatures | differ | members | wrongly present | wrongly absent | signatures | differ | unlisted | used | reported |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|".to_owned()
}

fn row(release: &str, surface: &str, tally: &Tally) -> String {
    let count = |kind| tally.count(kind);
    let imports = count(Difference::NotImportable) + count(Difference::Importable);
    format!(
        "| {release} | {surface} | {} | {} | {} | {} | {imports} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        tally.checks,
        count(Difference::WronglyPresent),
        count(Difference::WronglyAbsent),
        tally.imports,
        count(Difference::Kind),
        tally.signatures,
        share(count(Difference::Signature), tally.signatures),
        tally.members,
        count(Difference::MemberPresent),
        count(Difference::MemberAbsent),
        tally.member_signatures,
        share(count(Difference::MemberSignature), tally.member_signatures),
        count(Difference::Unlisted),
        tally.asked,
        count(Difference::Reported),
    )
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "0".to_owned();
    }
    #[allow(clippy::cast_precision_loss, reason = "a percentage for people")]
    let percent = 100.0 * part as f64 / whole as f64;
    format!("{part} ({percent:.2} %)")
}

/// Every difference, by kind and surface.
fn differences(tallies: &BTreeMap<String, Tally>) -> String {
    let mut text = String::new();
    for kind in Difference::ALL {
        for (surface, tally) in tallies {
            let Some(found) = tally.differences.get(&kind) else {
                continue;
            };
            writeln!(text, "== {}, {surface}: {}", kind.title(), found.len())
                .expect("writing to a String");
            for line in found {
                writeln!(text, "{line}").expect("writing to a String");
            }
        }
    }
    text
}
