//! The names under which TensorFlow and Keras are distributed.

use crate::names::Package;

/// How the versions of a distribution relate to the releases of its package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Numbering {
    /// The versions are the releases.
    Same,
    /// Builds by others or for one platform: the release, often with further numbers behind it.
    Own,
    /// Dated builds of what is to become the next release.
    Nightly,
}

/// A distribution that installs TensorFlow or Keras.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Distribution {
    /// Its name, normalised by [PEP 503](https://peps.python.org/pep-0503/#normalized-names).
    pub name: String,
    /// What it installs.
    pub package: Package,
    /// How it counts.
    pub numbering: Numbering,
}

/// Normalised name, package, numbering. A name with `*` at its end stands for all that begin so.
const NAMES: &[(&str, Package, Numbering)] = &[
    ("tensorflow", Package::Tensorflow, Numbering::Same),
    ("tensorflow-cpu", Package::Tensorflow, Numbering::Same),
    ("tensorflow-gpu", Package::Tensorflow, Numbering::Same),
    ("tensorflow-macos", Package::Tensorflow, Numbering::Own),
    ("tensorflow-intel", Package::Tensorflow, Numbering::Own),
    ("tensorflow-aarch64", Package::Tensorflow, Numbering::Own),
    ("tensorflow-cpu-aws", Package::Tensorflow, Numbering::Own),
    ("tensorflow-rocm", Package::Tensorflow, Numbering::Own),
    ("tensorflow-directml", Package::Tensorflow, Numbering::Own),
    ("intel-tensorflow", Package::Tensorflow, Numbering::Own),
    (
        "intel-tensorflow-avx512",
        Package::Tensorflow,
        Numbering::Own,
    ),
    ("nvidia-tensorflow", Package::Tensorflow, Numbering::Own),
    ("tf-gpu", Package::Tensorflow, Numbering::Own),
    ("tf-nightly*", Package::Tensorflow, Numbering::Nightly),
    ("keras", Package::Keras, Numbering::Same),
    ("keras-nightly", Package::Keras, Numbering::Nightly),
    ("tf-keras", Package::TfKeras, Numbering::Same),
    ("tf-keras-nightly", Package::TfKeras, Numbering::Nightly),
];

/// Names that look like the project's own and are not: others publish under them.
const STRANGERS: &[&str] = &["tf-gpu"];

impl Distribution {
    /// Whether others than the authors of TensorFlow publish under a name that looks like theirs.
    #[must_use]
    pub fn is_strange(&self) -> bool {
        STRANGERS.contains(&self.name.as_str())
    }

    /// The distribution of that name, in any spelling; `None` where it is none of them.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let name = normalize(name);
        NAMES
            .iter()
            .find(|(known, ..)| match known.strip_suffix('*') {
                Some(start) => name
                    .strip_prefix(start)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
                None => *known == name,
            })
            .map(|&(_, package, numbering)| Self {
                name: name.clone(),
                package,
                numbering,
            })
    }
}

/// A distribution name in the form in which names are compared: lower case, `-` for every run of
/// `-`, `_` and `.`.
#[must_use]
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut dash = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            dash = true;
        } else {
            if std::mem::take(&mut dash) {
                out.push('-');
            }
            out.push(c.to_ascii_lowercase());
        }
    }
    if dash {
        out.push('-');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expect: Option<Package>) {
        assert_eq!(Distribution::of(name).map(|d| d.package), expect, "{name}");
    }

    #[test]
    fn every_spelling_of_a_name_is_one_name() {
        check("TensorFlow", Some(Package::Tensorflow));
        check("tensorflow_gpu", Some(Package::Tensorflow));
        check("Tensorflow.CPU", Some(Package::Tensorflow));
        check("tf_keras", Some(Package::TfKeras));
        check("tf-nightly-gpu-2.0-preview", Some(Package::Tensorflow));
        check("KERAS", Some(Package::Keras));
    }

    #[test]
    fn neighbours_are_not_taken_for_it() {
        for name in [
            "tensorflow-addons",
            "tensorflow-estimator",
            "tensorflow-directml-plugin",
            "tf-nightlyish",
            "keras-tuner",
            "tf-models-official",
            "",
        ] {
            check(name, None);
        }
    }
}
