//! What training does in some releases and not in others, where nothing about names or parameters
//! tells.

use serde::Deserialize;

use super::sets::{Releases, Sets};

/// The releases of each package in which training does something.
#[derive(Debug)]
pub struct Behaviour {
    /// How a rule asks for it.
    pub name: String,
    /// The releases that do it; those of TensorFlow, where its own code does.
    pub releases: Sets,
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
}

/// An entry of the overlay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BehaviourEntry {
    name: String,
    tensorflow: Option<String>,
    keras: Option<String>,
    tf_keras: Option<String>,
}

impl From<BehaviourEntry> for Behaviour {
    fn from(entry: BehaviourEntry) -> Self {
        let releases = Releases {
            tensorflow: entry.tensorflow,
            keras: entry.keras,
            tf_keras: entry.tf_keras,
        };
        Self {
            releases: releases.sets(),
            name: entry.name,
        }
    }
}
