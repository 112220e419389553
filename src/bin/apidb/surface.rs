//! What one release offers, as the evaluator found it: the form in which `extract` hands its
//! result to `merge` and `verify`, one JSON file a release in the cache.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The whole surface of one release of one package, companions included.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Surface {
    /// Every public name by full dotted path, root included (`tensorflow.nn.relu`).
    pub(crate) symbols: BTreeMap<String, Symbol>,
    /// Every class that a symbol names, and every base of one, by definition id
    /// (`tensorflow.python.keras.layers.core:Dense`).
    pub(crate) classes: BTreeMap<String, Class>,
    /// Every module file that can be imported, private ones included (`tensorflow.python.ops.nn`).
    pub(crate) modules: BTreeSet<String>,
}

/// A public name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Symbol {
    /// `module`, `function`, `class` or `object` (the words of `tfmp::api::format::Kind`).
    pub(crate) kind: String,
    /// Attribute access reaches it after the root was imported.
    pub(crate) attribute: bool,
    /// `import <path>` works (modules only).
    pub(crate) importable: bool,
    /// For a module: it may have names that cannot be seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) open: bool,
    /// For a class: the id of its definition in [`Surface::classes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<String>,
    /// Parameters, `(x, name=)`, of a function or a constructor (without `self`); none if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signature: Option<String>,
    /// The instructions of its deprecation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deprecated: Option<String>,
}

/// A class definition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Class {
    /// The method resolution order after the class itself, `object` left out.
    pub(crate) mro: Vec<String>,
    /// A base or a metaclass could add members that cannot be seen.
    pub(crate) open: bool,
    /// Instances may have any attribute (`__getattr__`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) dynamic: bool,
    /// Members that its own body, or its own methods through `self`, define.
    pub(crate) members: BTreeMap<String, Member>,
}

/// A member of a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    /// `function`, `attribute` (property, instance attribute), `class` or `object`.
    pub(crate) kind: String,
    /// Parameters without `self`/`cls`; none if unknown or not callable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signature: Option<String>,
    /// The instructions of its deprecation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deprecated: Option<String>,
}
