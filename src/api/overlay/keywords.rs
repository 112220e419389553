//! Keywords that a function takes by `**kwargs` and refuses, ignores or warns of in its body: no
//! parameter list tells.

use serde::Deserialize;

use super::sets::{Releases, Sets};
use crate::names::Package;
use crate::release::ReleaseSet;

/// What becomes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The call raises.
    Refused,
    /// It has no effect, and nothing tells so but perhaps the log.
    Ignored,
    /// It works, and Python warns.
    Warned,
}

/// What is known of a keyword.
#[derive(Debug, PartialEq)]
pub struct Keyword {
    /// What is called, below the root of Keras, or from the root of TensorFlow on; `.*` at the end
    /// stands for everything directly below, `.()` for an instance.
    callables: Vec<String>,
    /// The keyword; `()` where what is called is a value that cannot be called.
    pub name: String,
    /// Its place, where it may be given by position; base 0.
    position: Option<usize>,
    /// The releases that this is true of; those of TensorFlow, where its own code is.
    releases: Sets,
    /// What becomes of it.
    pub effect: Effect,
    /// The values, as written in Python, with which this is so; all where there are none. `a text`
    /// and `a number` stand for every value of the kind.
    values: Vec<String>,
    /// Values that change nothing.
    neutral: Vec<String>,
    /// The parameter behind this one; where it is given too, all is well.
    pub without: Option<String>,
    /// The place of a path, base 0, whose ending decides; by name it is `filepath`.
    pub path: Option<usize>,
    /// Endings of that path with which all is well.
    pub unless_path_ends: Vec<String>,
    /// What Python says, or the log.
    pub says: String,
    /// The parameter that has taken its place with the same meaning.
    pub instead: Option<String>,
    /// What to do.
    pub advice: String,
}

/// An entry of the overlay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeywordEntry {
    callables: Vec<String>,
    name: String,
    position: Option<usize>,
    tensorflow: Option<String>,
    keras: Option<String>,
    tf_keras: Option<String>,
    effect: Effect,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    neutral: Vec<String>,
    without: Option<String>,
    path: Option<usize>,
    #[serde(default)]
    unless_path_ends: Vec<String>,
    says: String,
    instead: Option<String>,
    #[serde(default)]
    advice: String,
}

impl From<KeywordEntry> for Keyword {
    fn from(entry: KeywordEntry) -> Self {
        let releases = Releases {
            tensorflow: entry.tensorflow,
            keras: entry.keras,
            tf_keras: entry.tf_keras,
        };
        Self {
            releases: releases.sets(),
            callables: entry.callables,
            name: entry.name,
            position: entry.position,
            effect: entry.effect,
            values: entry.values,
            neutral: entry.neutral,
            without: entry.without,
            path: entry.path,
            unless_path_ends: entry.unless_path_ends,
            says: entry.says,
            instead: entry.instead,
            advice: entry.advice,
        }
    }
}

/// The roots below which Keras has its names.
const ROOTS: [&str; 6] = [
    "tensorflow.keras.",
    "tensorflow.compat.v1.keras.",
    "tensorflow.compat.v2.keras.",
    "keras._tf_keras.keras.",
    "tf_keras.",
    "keras.",
];

/// A path below the root of Keras: `mixed_precision.Policy` of `tensorflow.keras.mixed_precision.Policy`.
#[must_use]
pub fn below_keras(path: &str) -> Option<&str> {
    ROOTS.iter().find_map(|root| path.strip_prefix(root))
}

impl Keyword {
    /// Whether what becomes of it depends on its value, or on other arguments.
    #[must_use]
    pub fn depends_on_more(&self) -> bool {
        !self.values.is_empty() || self.without.is_some() || self.path.is_some()
    }

    /// Whether it is about what a path names: `tensorflow.keras.Model.().compile`.
    #[must_use]
    pub fn is_of(&self, path: &str) -> bool {
        let below_keras = below_keras(path);
        self.callables.iter().any(|callable| {
            [Some(path), below_keras].into_iter().flatten().any(|path| {
                match callable.strip_suffix("*") {
                    Some(folder) => path
                        .strip_prefix(folder)
                        .is_some_and(|name| !name.contains('.')),
                    None => path == callable,
                }
            })
        })
    }

    /// The releases of the package that a path belongs to in which this is so.
    #[must_use]
    pub fn releases_in(&self, path: &str) -> ReleaseSet {
        let package = Package::from_name(path.split('.').next().unwrap_or(path));
        package.map_or(ReleaseSet::EMPTY, |package| self.releases.of(package))
    }

    /// Whether a value, given as Python writes it, is one that this is true of; nothing stands for
    /// a value that is not spelled out.
    #[must_use]
    pub fn concerns(&self, value: Option<&str>) -> bool {
        match value {
            None => self.values.is_empty() && self.neutral.is_empty(),
            Some(value) => {
                let is = |known: &String| match known.as_str() {
                    "a text" => value.starts_with('\''),
                    "a number" => value.parse::<f64>().is_ok(),
                    known => known == value,
                };
                (self.values.is_empty() || self.values.iter().any(is))
                    && !self.neutral.iter().any(|known| known == value)
            }
        }
    }

    /// Whether this is not about an argument: what it names is a value, and calling it fails.
    #[must_use]
    pub fn is_call(&self) -> bool {
        self.name == "()"
    }

    /// The exception that it raises.
    #[must_use]
    pub fn raised(&self) -> Option<&str> {
        (self.effect == Effect::Refused).then(|| self.says.split(':').next().unwrap_or(""))
    }

    /// The place by which it may be given, too; base 0.
    #[must_use]
    pub const fn position(&self) -> Option<usize> {
        self.position
    }
}
