//! The names that every layer shares: packages, canonical symbol paths, rule ids.

use std::fmt;

/// A package whose API history is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Package {
    /// `tensorflow` and the builds of it that go by other names (`tensorflow-cpu`, ...).
    Tensorflow,
    /// `keras`.
    Keras,
    /// `tf_keras`, Keras 2 after Keras 3 took its name.
    TfKeras,
}

impl Package {
    /// Every package, in the order of `data/releases.tsv`.
    pub const ALL: [Self; 3] = [Self::Tensorflow, Self::Keras, Self::TfKeras];

    /// The name of the distribution, as `data/` spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tensorflow => "tensorflow",
            Self::Keras => "keras",
            Self::TfKeras => "tf_keras",
        }
    }

    /// The name as people write it in a sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Tensorflow => "TensorFlow",
            Self::Keras => "Keras",
            Self::TfKeras => "tf_keras",
        }
    }

    /// The package of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|package| package.name() == name)
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The one of some names that was probably meant by a text that is none of them: a third of its
/// letters may be wrong, or its end missing.
#[must_use]
pub fn nearest<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let text = text.to_ascii_lowercase();
    names
        .into_iter()
        .map(|name| {
            let known = name.to_ascii_lowercase();
            let cut = text.len() >= 3 && known.starts_with(&text);
            let distance = strsim::osa_distance(&known, &text);
            (if cut { 0 } else { distance }, name)
        })
        .filter(|(distance, name)| distance * 3 <= name.len().max(text.len()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The id of a rule, such as `TFMP001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub &'static str);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
