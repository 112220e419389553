//! Typed view of `data/overlay.toml`: the hand-written knowledge beside the generated history.

mod behaviours;
mod keywords;

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::OnceLock;

use pep440_rs::VersionSpecifiers;
use serde::Deserialize;

use crate::names::Package;
use crate::release::{ReleaseSet, ReleaseTable};

pub use behaviours::Behaviour;
pub use keywords::{Effect, Keyword};

/// No method that tells whose it is has a shorter name.
const SHORTEST_METHOD: usize = 12;

/// Everything in the overlay.
#[derive(Debug)]
pub struct Overlay {
    /// Paths of TensorFlow that Keras provides in some releases.
    pub surfaces: Vec<Surface>,
    /// Keras releases that only forward to the TensorFlow beside them.
    pub keras_redirects: ReleaseSet,
    /// Names that exist and raise when they are called.
    pub stubs: Vec<Stub>,
    /// What happens to keywords that a body refuses or ignores.
    pub keywords: Vec<Keyword>,
    /// What training does in some releases, by name.
    pub behaviours: Vec<Behaviour>,
    /// Methods that tell whose they are.
    pub methods: Vec<Method>,
    /// Methods that rules want to know of, whatever they are called on.
    pub watched: Vec<String>,
    returns: HashMap<String, String>,
    replacements: HashMap<String, Vec<String>>,
}

/// A method whose name no other library has.
#[derive(Debug)]
pub struct Method {
    /// Its name.
    pub name: String,
    /// The class that it belongs to.
    pub class: String,
    /// What to do instead, where it is gone.
    pub advice: String,
    /// Paths that give other classes with such a method: where a project uses what is below them,
    /// the name tells nothing.
    pub unless: Vec<String>,
}

/// A path of TensorFlow that is a path of Keras in some releases.
#[derive(Debug)]
pub struct Surface {
    /// The path as TensorFlow spells it.
    pub prefix: String,
    /// The path in the Keras package.
    pub target: String,
    /// The path in `tf_keras`, which takes its place where `TF_USE_LEGACY_KERAS` is set.
    pub legacy: Option<String>,
    /// The TensorFlow releases for which this holds.
    pub releases: ReleaseSet,
}

/// Names that resolve and raise when they are called.
#[derive(Debug)]
pub struct Stub {
    /// The module whose content is meant.
    pub prefix: String,
    /// The releases of the prefix's package.
    pub releases: ReleaseSet,
    /// One sentence.
    pub message: String,
    /// The exception.
    pub error: String,
    /// What to do instead.
    pub advice: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    watched: Vec<String>,
    surface: Vec<SurfaceEntry>,
    redirect: Vec<RedirectEntry>,
    stub: Vec<StubEntry>,
    replace: Vec<ReplaceEntry>,
    keyword: Vec<keywords::KeywordEntry>,
    behaviour: Vec<behaviours::BehaviourEntry>,
    method: Vec<MethodEntry>,
    returns: Vec<ReturnsEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodEntry {
    name: String,
    class: String,
    advice: String,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnsEntry {
    function: String,
    class: String,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SurfaceEntry {
    prefix: String,
    target: String,
    legacy: Option<String>,
    releases: String,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectEntry {
    package: String,
    releases: String,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StubEntry {
    prefix: String,
    releases: String,
    message: String,
    error: String,
    advice: String,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplaceEntry {
    old: String,
    new: String,
    #[serde(rename = "source")]
    _source: String,
}

/// The releases of a package that a specifier of the overlay means, pre-releases included.
pub(super) fn releases(package: Package, specifier: &str) -> ReleaseSet {
    let specifiers =
        VersionSpecifiers::from_str(specifier).expect("a test reads every specifier of the file");
    ReleaseTable::of(package).select(|release| specifiers.contains(&release.version))
}

/// The overlay, read once.
#[must_use]
pub fn get() -> &'static Overlay {
    static OVERLAY: OnceLock<Overlay> = OnceLock::new();
    OVERLAY.get_or_init(|| {
        let file: File = toml::from_str(include_str!("../../data/overlay.toml"))
            .expect("a test reads the file that is compiled in");
        let mut replacements: HashMap<String, Vec<String>> = HashMap::new();
        for entry in file.replace {
            replacements.entry(entry.old).or_default().push(entry.new);
        }
        let package_of = |path: &str| {
            let root = path.split('.').next().unwrap_or(path);
            Package::from_name(root).expect("a test reads every path of the file")
        };
        Overlay {
            surfaces: file
                .surface
                .into_iter()
                .map(|entry| Surface {
                    releases: releases(package_of(&entry.prefix), &entry.releases),
                    prefix: entry.prefix,
                    target: entry.target,
                    legacy: entry.legacy,
                })
                .collect(),
            keras_redirects: file
                .redirect
                .iter()
                .filter(|entry| entry.package == Package::Keras.name())
                .fold(ReleaseSet::EMPTY, |set, entry| {
                    set | releases(Package::Keras, &entry.releases)
                }),
            stubs: file
                .stub
                .into_iter()
                .map(|entry| Stub {
                    releases: releases(package_of(&entry.prefix), &entry.releases),
                    prefix: entry.prefix,
                    message: entry.message,
                    error: entry.error,
                    advice: entry.advice,
                })
                .collect(),
            keywords: file.keyword.into_iter().map(Into::into).collect(),
            behaviours: file.behaviour.into_iter().map(Into::into).collect(),
            methods: file
                .method
                .into_iter()
                .map(|entry| Method {
                    name: entry.name,
                    class: entry.class,
                    advice: entry.advice,
                    unless: entry.unless,
                })
                .collect(),
            watched: file.watched,
            returns: file
                .returns
                .into_iter()
                .map(|entry| (entry.function, entry.class))
                .collect(),
            replacements,
        }
    })
}

impl Overlay {
    /// Other names for the same thing, best first.
    #[must_use]
    pub fn replacements(&self, path: &str) -> &[String] {
        self.replacements.get(path).map_or(&[], Vec::as_slice)
    }

    /// The class of what a function gives.
    #[must_use]
    pub fn returned(&self, function: &str) -> Option<&str> {
        self.returns.get(function).map(String::as_str)
    }

    /// The releases in which training does something.
    #[must_use]
    pub fn behaviour(&self, name: &str) -> Option<&Behaviour> {
        self.behaviours.iter().find(|known| known.name == name)
    }

    /// The class that alone has a method of this name.
    #[must_use]
    pub fn owner_of(&self, method: &str) -> Option<&str> {
        self.method(method).map(|known| known.class.as_str())
    }

    /// What is known of a method that tells whose it is.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&Method> {
        // Most names of attributes are short.
        if name.len() < SHORTEST_METHOD {
            return None;
        }
        self.methods.iter().find(|known| known.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;

    #[test]
    fn no_replacement_leads_nowhere() {
        let lost: Vec<&str> = get()
            .replacements
            .values()
            .flatten()
            .map(String::as_str)
            .filter(|new| {
                // A member of a class is known by its class.
                let parent = new.rsplit_once('.').map_or("", |(parent, _)| parent);
                api::lookup(new).is_none()
                    && api::member(parent, &new[parent.len() + 1..]).0.is_empty()
            })
            .collect();
        assert!(lost.is_empty(), "no release has {lost:?}");
    }

    #[test]
    fn every_entry_can_be_read() {
        assert!(!get().surfaces.is_empty());
        assert!(get().surfaces.iter().all(|s| !s.releases.is_empty()));
        assert!(get().stubs.iter().all(|s| !s.releases.is_empty()));
        assert!(!get().keras_redirects.is_empty());
    }
}
