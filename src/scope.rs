//! Which pins govern which files: scopes and their environments.

use crate::finding::PinLine;
use crate::release::ReleaseSet;

/// What a folder's files permit.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The folder whose pins govern; `""` for the root.
    pub folder: String,
    /// Alternative sets of installed packages; never empty.
    pub environments: Vec<Environment>,
}

/// One way in which the project is installed.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The file that stands for it, such as `requirements-gpu.txt`; `""` where nothing pins.
    pub name: String,
    /// TensorFlow.
    pub tensorflow: Permitted,
    /// The `keras` distribution, as pinned by the project.
    pub keras: Permitted,
    /// The `tf_keras` distribution.
    pub tf_keras: Permitted,
}

/// How certain a permitted set is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pinning {
    /// Nothing names the package.
    #[default]
    Absent,
    /// It is named without a version: the newest final release is meant.
    Unversioned,
    /// A specifier chooses the releases.
    Versioned,
    /// It is named, and what is chosen cannot be known (a URL, a version outside the history).
    Unknown,
}

/// The permitted releases of one package.
#[derive(Clone, Debug, Default)]
pub struct Permitted {
    /// How the set came to be.
    pub pinning: Pinning,
    /// The set; for [`Pinning::Absent`] and [`Pinning::Unversioned`] the newest final release.
    pub releases: ReleaseSet,
    /// The lines that decided.
    pub pins: Vec<PinLine>,
}

impl Environment {
    /// The Keras releases behind `tf.keras` for a TensorFlow release; empty where bundled.
    #[must_use]
    pub fn keras_behind(&self, tensorflow: usize) -> ReleaseSet {
        let _ = tensorflow;
        self.keras.releases
    }

    /// The Keras releases that `import keras` finds, where that can be known.
    #[must_use]
    pub fn standalone_keras(&self) -> Option<ReleaseSet> {
        Some(self.keras.releases)
    }
}
