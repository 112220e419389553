//! `keywords`: which keywords a callable with `**kwargs` refuses in its body, found out by calls in
//! environments that have a release installed, and written as `data/api/keywords.tsv`.
//!
//! The probe tells of each keyword that it is refused, accepted, or neither. What it cannot tell is
//! left out; how the releases between those that were asked are filled in is told at [`Told::spans`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use tfmp::api::{self, format::write_intervals, signature::Signature};

use crate::cache::{Cache, write_whole};
use crate::index::minor_of;
use crate::releases::Known;
use crate::verify::probe::{Environment, Facts};

const PROBE: &str = include_str!("keywords_probe.py");

/// The roots that are imported, where Keras is below each, and the package that decides.
const ROOTS: [(&str, &str, &str); 3] = [
    ("tensorflow", "tensorflow.keras", "tensorflow"),
    ("keras", "keras", "keras"),
    ("tf_keras", "tf_keras", "tf_keras"),
];

/// Every place where some release has Keras.
const SURFACES: [&str; 4] = [
    "tensorflow.keras",
    "keras._tf_keras.keras",
    "keras",
    "tf_keras",
];

/// Methods that are asked, of these classes. What those that read and write files take depends on the
/// format, which the path decides.
const MODELS: [&str; 2] = ["Model", "Sequential"];
const METHODS: [&str; 5] = ["compile", "evaluate", "fit", "predict", "summary"];

/// Where callables are asked: what people build models with.
const FOLDERS: [&str; 4] = ["layers", "optimizers", "callbacks", "mixed_precision"];

/// Keywords that some layer, optimizer or method has or had, by the folder.
const LEGACY: [(&str, &str); 4] = [
    (
        "layers",
        "W_constraint W_regularizer activity_regularizer atrous_rate b_constraint b_regularizer \
         batch_input_shape batch_shape batch_size bias border_mode consume_less data_format \
         dim_ordering dropout_U dropout_W dtype dynamic epsilon filter_length implementation init \
         inner_activation inner_init input_dim input_dtype input_length input_shape length lr mode \
         name nb_col nb_filter nb_row output_dim p pool_length sigma stride subsample \
         subsample_length time_major trainable unit_forget_bias weights",
    ),
    (
        "optimizers",
        "clipnorm clipvalue decay ema_momentum epsilon global_clipnorm initial_scale jit_compile \
         learning_rate loss_scale loss_scale_factor lr momentum name schedule_decay use_ema \
         use_locking weight_decay",
    ),
    (
        "callbacks",
        "batch_size epsilon lr min_lr mode monitor nb_epoch period save_freq",
    ),
    (
        "mixed_precision",
        "clipnorm clipvalue decay dynamic initial_scale learning_rate loss_scale lr name opt",
    ),
];
const LEGACY_OF_METHODS: &str = "auto_scale_loss batch_size dynamic jit_compile max_q_size \
    max_queue_size nb_epoch nb_val_samples nb_worker options pickle_safe reset_metrics run_eagerly \
    sample_weight_mode samples_per_epoch save_format save_traces steps_per_execution \
    target_tensors use_multiprocessing validation_data weight_decay workers";

/// Asks every environment, and writes the table.
pub(crate) fn keywords(
    cache: &Cache,
    data: &Path,
    known: &Known,
    venvs: &Path,
    beside: Option<&Path>,
) -> Result<()> {
    // Probes run in a folder of their own.
    let venvs = &std::path::absolute(venvs)?;
    let beside = beside.map(std::path::absolute).transpose()?;
    let callables = callables();
    let mut table = Table::default();
    let mut newest = None;
    for release in known.versions("tensorflow") {
        if !venvs.join(release).exists() {
            continue;
        }
        let environment = Environment::of(venvs, release, None)?;
        for (root, below, package) in ROOTS {
            let version = match package {
                "tensorflow" => Some(release.clone()),
                _ => environment.version(package),
            };
            // From 2.16 on `tf.keras` is what `keras` is, and from 2.9 to 2.15 the other way round.
            let asked = match package {
                "tensorflow" => minor_of(release) < (2, 16),
                "keras" => version.as_deref().is_some_and(|v| minor_of(v) >= (3, 0)),
                _ => true,
            };
            let Some(version) = version.filter(|_| asked) else {
                continue;
            };
            table.ask(
                cache,
                known,
                &environment,
                (root, below, package),
                &version,
                &callables,
            )?;
        }
        newest = Some(environment);
    }
    let folders = beside.map(std::fs::read_dir).transpose()?;
    for folder in folders.into_iter().flatten() {
        let folder = folder?.path();
        let environment = newest.as_ref().context("there is no environment")?;
        let version = folder.file_name().and_then(|name| name.to_str());
        let version = version.context("folders are named by version")?;
        let environment = environment.with(&folder);
        table.ask(cache, known, &environment, ROOTS[1], version, &callables)?;
    }
    let text = table.text(known);
    write_whole(&data.join("api").join("keywords.tsv"), text.as_bytes())
}

/// The name of a callable below the root of Keras, and the keywords that are tried on it.
fn callables() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for root in ["tensorflow.keras", "keras._tf_keras.keras"] {
        for folder in FOLDERS {
            collect(root, &format!("{root}.{folder}"), &mut found);
        }
    }
    for class in MODELS {
        for method in METHODS {
            found.insert(format!("{class}.().{method}"), BTreeSet::new());
        }
    }
    for (name, words) in &mut found {
        let folder = name.split('.').next().unwrap_or(name);
        let legacy = LEGACY.iter().find(|(of, _)| *of == folder);
        let legacy = legacy.map_or(LEGACY_OF_METHODS, |(_, words)| words);
        words.extend(legacy.split_whitespace().map(str::to_owned));
        for surface in SURFACES {
            for (text, _) in signatures(surface, name) {
                let signature = Signature::parse(text);
                let named = signature.positional.iter().chain(&signature.keyword_only);
                words.extend(named.map(|parameter| parameter.name.to_owned()));
            }
        }
        words.retain(|word| !word.starts_with('_'));
    }
    found
}

/// What can be called below a path, without what only old TensorFlow 1 has.
fn collect(root: &str, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for name in api::children(path) {
        let inner = format!("{path}.{name}");
        let Some(symbol) = api::lookup(&inner) else {
            continue;
        };
        if symbol.signatures().any(|(text, _)| text.contains("**")) {
            found.insert(inner[root.len() + 1..].to_owned(), BTreeSet::new());
        }
        if symbol.kind() == api::format::Kind::Module {
            collect(root, &inner, found);
        }
    }
}

/// The parameter lists of a callable below a place where Keras is.
fn signatures(surface: &str, name: &str) -> Vec<(&'static str, tfmp::release::ReleaseSet)> {
    match name.split_once(".().") {
        Some((class, method)) => api::member_signatures(&format!("{surface}.{class}"), method),
        None => api::lookup(&format!("{surface}.{name}"))
            .map_or_else(Vec::new, |symbol| symbol.signatures().collect()),
    }
}

/// What was told, by package, callable and keyword.
#[derive(Default)]
struct Table(BTreeMap<(&'static str, String), BTreeMap<String, Told>>);

/// What releases do with a keyword of a callable, by their index.
#[derive(Clone, Debug, Default)]
struct Told {
    /// They refuse it, in these words.
    refused: BTreeMap<usize, String>,
    /// They take it, or have it among their parameters.
    accepted: BTreeSet<usize>,
}

impl Table {
    fn ask(
        &mut self,
        cache: &Cache,
        known: &Known,
        environment: &Environment,
        (root, below, package): (&str, &str, &'static str),
        version: &str,
        callables: &BTreeMap<String, BTreeSet<String>>,
    ) -> Result<()> {
        let Some(index) = known.versions(package).iter().position(|v| v == version) else {
            return Ok(());
        };
        let mut queries = BTreeMap::new();
        for (name, words) in callables {
            let lists = signatures(below, name);
            let list = lists.iter().find(|(_, releases)| releases.contains(index));
            if list.is_some_and(|(text, _)| text.contains("**")) {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let query = format!("K {below}.{name} {}", words.join(","));
                queries.insert(query, name);
            }
        }
        let facts = cache
            .folder("keywords")
            .join(format!("{package}-{version}.facts"));
        let list: Vec<String> = queries.keys().cloned().collect();
        let facts = environment.ask(PROBE, root, &list, &facts)?;
        let told = self.note(package, index, &queries, &facts);
        if package == "tensorflow" && minor_of(version) >= (2, 9) {
            let same = |keras: &String| minor_of(keras) == minor_of(version);
            if let Some(keras) = known.versions("keras").iter().rposition(same) {
                self.note("keras", keras, &queries, &facts);
            }
        }
        let mut out = std::io::stdout();
        writeln!(
            out,
            "{package} {version}: {told} of {} callables told",
            list.len()
        )?;
        Ok(())
    }

    /// Takes the answers of one release in; how many told anything.
    fn note(
        &mut self,
        package: &'static str,
        index: usize,
        queries: &BTreeMap<String, &String>,
        facts: &Facts,
    ) -> usize {
        let mut told = 0;
        for (query, name) in queries {
            let Some(fact) = facts.get(query).filter(|fact| fact["ok"] == true) else {
                continue;
            };
            told += 1;
            let words = self.0.entry((package, (*name).clone())).or_default();
            for word in fact["accepted"].as_array().into_iter().flatten() {
                let word = word.as_str().unwrap_or_default();
                words
                    .entry(word.to_owned())
                    .or_default()
                    .accepted
                    .insert(index);
            }
            for (word, said) in fact["refused"].as_object().into_iter().flatten() {
                let said = said.as_str().unwrap_or_default().to_owned();
                words
                    .entry(word.clone())
                    .or_default()
                    .refused
                    .insert(index, said);
            }
        }
        told
    }

    fn text(mut self, known: &Known) -> String {
        // (callable, package, releases, words of Python) -> keywords
        let mut lines: BTreeMap<[String; 4], BTreeSet<String>> = BTreeMap::new();
        for ((package, name), words) in &mut self.0 {
            let versions = known.versions(package);
            let below = ROOTS.iter().find(|root| root.2 == *package);
            let lists = signatures(below.map_or("", |root| root.1), name);
            for (word, told) in words {
                for (text, releases) in &lists {
                    if Signature::parse(text).names(word) {
                        told.accepted.extend(releases.iter());
                    }
                }
                let list_of = |index: usize| {
                    let list = lists
                        .iter()
                        .find(|(_, releases)| releases.contains(index))?;
                    Some(list.0)
                };
                for (said, there) in told.spans(versions, &list_of) {
                    let releases = write_intervals(&there, versions);
                    let key = [name.clone(), (*package).to_owned(), releases, said];
                    lines.entry(key).or_default().insert(word.clone());
                }
            }
        }
        let mut text = String::from("# callable\tpackage\tpresent\tmessage\tkeywords\n");
        for ([name, package, releases, said], words) in lines {
            let words: Vec<String> = words.into_iter().collect();
            writeln!(
                text,
                "{name}\t{package}\t{releases}\t{said}\t{}",
                words.join(",")
            )
            .expect("writing to a String");
        }
        text
    }
}

impl Told {
    /// The releases that refuse the keyword, by the words in which they do. A release is among them
    /// where it was asked and refused; where it lies between two that refused, and none between
    /// these was found to take it; and where it shares the minor version and the parameter list with
    /// the nearest one that refused.
    fn spans<'l>(
        &self,
        versions: &[String],
        list_of: &dyn Fn(usize) -> Option<&'l str>,
    ) -> BTreeMap<String, Vec<bool>> {
        let mut spans: BTreeMap<String, Vec<bool>> = BTreeMap::new();
        let mut add = |said: &str, index: usize| {
            let there = spans.entry(said.to_owned());
            there.or_insert_with(|| vec![false; versions.len()])[index] = true;
        };
        for (index, version) in versions.iter().enumerate() {
            if self.accepted.contains(&index) {
                continue;
            }
            let before = self.refused.range(..=index).next_back();
            let after = self.refused.range(index..).next();
            let alike = |other: usize| {
                minor_of(&versions[other]) == minor_of(version) && list_of(other) == list_of(index)
            };
            let taken = |from: usize, to: usize| self.accepted.range(from..to).next().is_some();
            let said = match (before, after) {
                (Some((&from, said)), Some((&to, _))) if !taken(from, to) => Some(said),
                (Some((&near, said)), _) if alike(near) && !taken(near, index) => Some(said),
                (_, Some((&near, said))) if alike(near) && !taken(index, near) => Some(said),
                _ => None,
            };
            if let Some(said) = said {
                add(said, index);
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: [&str; 7] = [
        "1.0.0", "1.0.1", "1.1.0", "1.2.0", "1.3.0", "1.3.1", "1.4.0",
    ];

    #[track_caller]
    fn check(refused: &[usize], accepted: &[usize], expected: &str) {
        let versions = VERSIONS.map(str::to_owned);
        let told = Told {
            refused: refused.iter().map(|&at| (at, "no".to_owned())).collect(),
            accepted: accepted.iter().copied().collect(),
        };
        let list_of = |at: usize| Some(if at == 5 { "(b)" } else { "(a)" });
        let spans = told.spans(&versions, &list_of);
        let text = spans
            .get("no")
            .map_or_else(String::new, |there| write_intervals(there, &versions));
        assert_eq!(text, expected);
    }

    #[test]
    fn a_release_that_was_asked_stands_for_its_minor_alone() {
        check(&[0], &[], "1.0.0-1.0.1");
        check(&[2], &[], "1.1.0");
        check(&[4], &[], "1.3.0");
    }

    #[test]
    fn two_that_refuse_are_joined_where_nothing_between_takes() {
        check(&[1, 3], &[], "1.0.0-1.2.0");
        check(&[1, 3], &[2], "1.0.0-1.0.1,1.2.0");
        check(&[4, 6], &[], "1.3.0-");
    }

    #[test]
    fn what_one_release_takes_is_never_claimed_of_it() {
        check(&[0, 3], &[1], "1.0.0,1.2.0");
        check(&[], &[0], "");
    }

    /// What takes one more keyword, what takes all, what tells of values, and what cannot be made.
    const PACKAGE: &str = "
class Closed(object):
    def __init__(self, units, **kwargs):
        kwargs.pop('name', None)
        if kwargs:
            raise TypeError('Keyword argument not understood: ' + repr(kwargs))
class Open(object):
    def __init__(self, **kwargs): pass
class Choosy(object):
    def __init__(self, **kwargs):
        if 'mode' in kwargs:
            raise ValueError('mode must be one of auto, min, max')
        if kwargs:
            raise TypeError('got an unexpected keyword argument ' + repr(kwargs))
class Hidden(object):
    def __init__(self, secret, **kwargs): pass
";

    #[test]
    fn the_probe_tells_refused_from_accepted_and_from_what_it_cannot_tell() {
        let folder = std::env::temp_dir().join(format!("apidb-{}-keywords", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        let beside = folder.join("beside");
        std::fs::create_dir_all(beside.join("pack")).expect("a temporary folder can be made");
        std::fs::write(beside.join("pack/__init__.py"), PACKAGE).expect("it can be written");
        let made = std::process::Command::new("python3")
            .args(["-m", "venv", "--without-pip"])
            .arg(folder.join("1.0"))
            .status();
        assert!(made.is_ok_and(|status| status.success()));
        let environment = Environment::of(&folder, "1.0", None).expect("it was just made");
        let queries = ["Closed", "Open", "Choosy", "Hidden"];
        let queries = queries.map(|class| format!("K pack.{class} lr,mode,name,units"));
        let facts = environment
            .with(&beside)
            .ask(PROBE, "pack", &queries, &folder.join("pack.facts"))
            .expect("the probe runs");
        let told = queries.map(|query| {
            let fact = &facts[&query];
            (fact["ok"] == true).then(|| fact["refused"].to_string())
        });
        let closed = r#"{"lr":"TypeError: Keyword argument not understood: {'{}'","mode":"TypeError: Keyword argument not understood: {'{}'"}"#;
        let choosy = r#"{"lr":"TypeError: got an unexpected keyword argument {'{}'","name":"TypeError: got an unexpected keyword argument {'{}'","units":"TypeError: got an unexpected keyword argument {'{}'"}"#;
        let expected = [Some(closed.to_owned()), None, Some(choosy.to_owned()), None];
        assert_eq!(told, expected);
        drop(std::fs::remove_dir_all(&folder));
    }
}
