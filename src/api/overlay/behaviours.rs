//! What training does in some releases and not in others, where nothing about names or parameters
//! tells.

use serde::Deserialize;

use crate::names::Package;
use crate::release::ReleaseSet;

/// The releases of each package in which training does something.
#[derive(Debug)]
pub struct Behaviour {
    /// How a rule asks for it.
    pub name: String,
    /// The TensorFlow releases whose own code does it.
    pub tensorflow: ReleaseSet,
    /// The Keras releases.
    pub keras: ReleaseSet,
    /// The `tf_keras` releases.
    pub tf_keras: ReleaseSet,
}

/// An entry of the overlay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BehaviourEntry {
    name: String,
    tensorflow: Option<String>,
    keras: Option<String>,
    tf_keras: Option<String>,
    #[serde(rename = "source")]
    _source: String,
}

impl From<BehaviourEntry> for Behaviour {
    fn from(entry: BehaviourEntry) -> Self {
        let set = |package: Package, text: &Option<String>| {
            text.as_ref()
                .map_or(ReleaseSet::EMPTY, |text| super::releases(package, text))
        };
        Self {
            tensorflow: set(Package::Tensorflow, &entry.tensorflow),
            keras: set(Package::Keras, &entry.keras),
            tf_keras: set(Package::TfKeras, &entry.tf_keras),
            name: entry.name,
        }
    }
}
