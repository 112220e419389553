//! Releases of all packages at once, as the hand-written files give them.

use serde::Deserialize;

use super::releases;
use crate::names::Package;
use crate::release::ReleaseSet;

/// The releases of each package, as specifiers; none where one is missing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Releases {
    pub(crate) tensorflow: Option<String>,
    pub(crate) keras: Option<String>,
    pub(crate) tf_keras: Option<String>,
}

/// The releases of each package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sets {
    /// TensorFlow, whose own Keras counts as a part of it.
    pub tensorflow: ReleaseSet,
    /// The `keras` package.
    pub keras: ReleaseSet,
    /// The `tf_keras` package.
    pub tf_keras: ReleaseSet,
}

impl Releases {
    /// The releases that are meant.
    pub(crate) fn sets(&self) -> Sets {
        let set = |package, text: &Option<String>| {
            text.as_ref()
                .map_or(ReleaseSet::EMPTY, |text| releases(package, text))
        };
        Sets {
            tensorflow: set(Package::Tensorflow, &self.tensorflow),
            keras: set(Package::Keras, &self.keras),
            tf_keras: set(Package::TfKeras, &self.tf_keras),
        }
    }
}

impl Sets {
    /// Those of one package.
    #[must_use]
    pub fn of(&self, package: Package) -> ReleaseSet {
        match package {
            Package::Tensorflow => self.tensorflow,
            Package::Keras => self.keras,
            Package::TfKeras => self.tf_keras,
        }
    }
}
