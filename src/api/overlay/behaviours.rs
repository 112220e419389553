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

/// Names that matter to training in mixed precision; those of Keras are below its root.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixedPrecision {
    /// Functions that set the global policy.
    pub setters: Vec<String>,
    /// Classes of policies.
    pub policies: Vec<String>,
    /// Classes of optimizers that scale the loss.
    pub scalers: Vec<String>,
    /// Classes of models.
    pub models: Vec<String>,
    /// Layers that models end with.
    pub outputs: Vec<String>,
    /// Strategies under which no layer of `mixed_float16` can be made, by the last part of a name.
    pub refusing: Vec<String>,
    /// Distributions of TensorFlow that use no GPU.
    pub cpu_only: Vec<String>,
    #[serde(rename = "source")]
    _source: String,
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
