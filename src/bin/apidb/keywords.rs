//! `keywords`: which keywords a callable with `**kwargs` refuses in its body, found out by calls in
//! environments that have a release installed, and written as `data/api/keywords.tsv`.
//!
//! The probe tells of each keyword that it is refused, accepted, or neither. What it cannot tell is
//! left out; how the releases between those that were asked are filled in is told in `table`.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use tfmp::api::{self, signature::Signature};

use crate::cache::{Cache, write_whole};
use crate::index::minor_of;
use crate::releases::Known;
use crate::verify::probe::Environment;

use table::Table;

const PROBE: &str = include_str!("keywords_probe.py");

/// A root that is imported, where Keras is below it, and the package that decides.
type Root = (&'static str, &'static str, &'static str);

const ROOTS: [Root; 3] = [
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
const FOLDERS: [&str; 11] = [
    "applications",
    "callbacks",
    "experimental",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "optimizers",
    "preprocessing",
    "regularizers",
];

/// And beside these.
const ALONE: [&str; 2] = ["Input", "utils.image_dataset_from_directory"];

/// Keywords that some layer, optimizer or method has or had, by the folder.
const LEGACY: [(&str, &str); 10] = [
    (
        "applications",
        "alpha backend classes data_format depth_multiplier dropout include_preprocessing \
         include_top input_shape input_tensor layers models name pooling rescale utils weights",
    ),
    (
        "Input",
        "batch_input_shape batch_shape batch_size dtype input_shape name ragged shape sparse \
         tensor type_spec",
    ),
    ("experimental", "activation dtype input_shape name units"),
    ("metrics", "dtype from_logits name num_classes threshold"),
    (
        "preprocessing",
        "char_level color_mode crop_to_aspect_ratio filters image_size nb_words num_words \
         oov_token target_size",
    ),
    ("regularizers", "l l1 l2 name"),
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

/// What is asked; all that there is where nothing is chosen.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// Releases, of TensorFlow or of a folder beside: others keep their lines.
    pub(crate) releases: Vec<String>,
    /// Beginnings of names of callables: others keep their lines.
    pub(crate) callables: Vec<String>,
}

impl Choice {
    fn is_all(&self) -> bool {
        self.releases.is_empty() && self.callables.is_empty()
    }

    fn has(list: &[String], is: impl Fn(&String) -> bool) -> bool {
        list.is_empty() || list.iter().any(is)
    }
}

/// Asks every environment, and writes the table.
pub(crate) fn keywords(
    cache: &Cache,
    data: &Path,
    known: &Known,
    venvs: &Path,
    beside: Option<&Path>,
    choice: &Choice,
) -> Result<()> {
    // Probes run in a folder of their own.
    let venvs = &std::path::absolute(venvs)?;
    let beside = beside.map(std::path::absolute).transpose()?;
    let mut callables = callables();
    callables.retain(|name, _| Choice::has(&choice.callables, |one| name.starts_with(one)));
    let mut table = Table::default();
    let (mut newest, mut newest_of_1) = (None, None);
    for release in known.versions("tensorflow") {
        if !venvs.join(release).exists() {
            continue;
        }
        let environment = Environment::of(venvs, release, None)?;
        for root in ROOTS {
            let package = root.2;
            let version = match package {
                "tensorflow" => Some(release.clone()),
                _ if !Choice::has(&choice.releases, |one| one == release) => None,
                _ => environment.version(package),
            };
            let asked = |version: &String| match package {
                "tensorflow" => {
                    minor_of(release) < (2, 16)
                        && Choice::has(&choice.releases, |one| one == release)
                }
                "keras" => is_asked_by_itself(version),
                _ => true,
            };
            let Some(version) = version.filter(asked) else {
                continue;
            };
            ask(
                &mut table,
                cache,
                known,
                &environment,
                root,
                &version,
                &callables,
            )?;
        }
        if minor_of(release) < (2, 0) {
            newest_of_1 = Some(environment.clone());
        }
        newest = Some(environment);
    }
    let folders = beside.map(std::fs::read_dir).transpose()?;
    for folder in folders.into_iter().flatten() {
        let folder = folder?.path();
        let version = folder.file_name().and_then(|name| name.to_str());
        let version = version.context("folders are named by version")?;
        if !Choice::has(&choice.releases, |one| one == version) {
            continue;
        }
        // Old Keras knows TensorFlow 1 alone.
        let of_1 = minor_of(version) < (2, 4);
        let environment = if of_1 { &newest_of_1 } else { &newest };
        let environment = environment.as_ref().context("there is no environment")?;
        let environment = environment.with(&folder);
        ask(
            &mut table,
            cache,
            known,
            &environment,
            ROOTS[1],
            version,
            &callables,
        )?;
    }
    let path = data.join("api").join("keywords.tsv");
    if !choice.is_all() {
        let old = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        table.keep(&old, known)?;
    }
    write_whole(&path, table.text(known).as_bytes())
}

/// Whether a release of `keras` has names of its own: 2.4 and 2.5 have none, and those of 2.9 to 2.15
/// are what `tf.keras` has.
fn is_asked_by_itself(version: &str) -> bool {
    let minor = minor_of(version);
    minor < (2, 4) || ((2, 6)..(2, 9)).contains(&minor) || minor >= (3, 0)
}

/// The name of a callable below the root of Keras, and the keywords that are tried on it.
fn callables() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for root in ["tensorflow.keras", "keras._tf_keras.keras"] {
        for folder in FOLDERS {
            collect(root, &format!("{root}.{folder}"), &mut found);
        }
    }
    for name in ALONE {
        found.insert(name.to_owned(), BTreeSet::new());
    }
    for class in MODELS {
        for method in METHODS {
            found.insert(format!("{class}.().{method}"), BTreeSet::new());
        }
    }
    for (name, words) in &mut found {
        let folder = name.split('.').next().unwrap_or(name);
        let legacy = LEGACY.iter().find(|(of, _)| *of == folder);
        let legacy = match legacy {
            Some((_, words)) => words,
            None if name.contains(".().") => LEGACY_OF_METHODS,
            None => "",
        };
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
    for name in api::children(path).iter() {
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

/// Asks one environment of one package, all callables that take any keyword there.
fn ask(
    table: &mut Table,
    cache: &Cache,
    known: &Known,
    environment: &Environment,
    (root, below, package): Root,
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
    let told = table.note(package, index, &queries, &facts);
    if package == "tensorflow" && minor_of(version) >= (2, 9) {
        let same = |keras: &String| minor_of(keras) == minor_of(version);
        if let Some(keras) = known.versions("keras").iter().rposition(same) {
            table.note("keras", keras, &queries, &facts);
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

#[cfg(test)]
mod tests {
    use super::*;

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
class applications(object):
    @staticmethod
    def Net(weights=None, classes=1000, **kwargs):
        if kwargs:
            raise ValueError('Unknown argument(s): %s' % (kwargs,))
        if weights == 'imagenet' and classes != 1000:
            raise ValueError('there are 1000 classes')
        raise KeyError('it would fetch weights')
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
        let queries = ["Closed", "Open", "Choosy", "Hidden", "applications.Net"];
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
        let said = "ValueError: Unknown argument(s): {'{}'";
        let net = ["lr", "mode", "name", "units"].map(|word| format!("\"{word}\":\"{said}\""));
        let net = format!("{{{}}}", net.join(","));
        let closed = Some(closed.to_owned());
        let expected = [closed, None, Some(choosy.to_owned()), None, Some(net)];
        assert_eq!(told, expected);
        drop(std::fs::remove_dir_all(&folder));
    }
}
