//! Typed view of `data/overlay.toml`: the hand-written knowledge beside the generated history.

mod behaviours;
mod instances;
mod keywords;
mod sets;
mod ways;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Mutex, OnceLock, PoisonError};

use pep440_rs::VersionSpecifiers;
use serde::Deserialize;

use crate::carried::{self, packed};
use crate::maps::FastMap;
use crate::names::Package;
use crate::release::{ReleaseSet, ReleaseTable};

pub use behaviours::{Behaviour, MixedPrecision};
pub use instances::Lack;
pub use keywords::below_keras;
pub use keywords::{Effect, Keyword};
pub(super) use sets::Releases;
pub use sets::Sets;
pub use ways::{Idle, Moved, Renamed, Said, SaidValue, Spellings};

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
    /// Names that matter to mixed precision.
    pub mixed_precision: MixedPrecision,
    /// Methods that tell whose they are.
    pub methods: Vec<Method>,
    /// Words of files that rules look at as a whole.
    pub watched_in: Vec<String>,
    /// Methods that they want to know of there, whatever these are called on.
    pub watched: Vec<String>,
    /// Arguments that say the same in other words.
    pub spellings: Vec<Spellings>,
    /// Parameters under other names.
    pub renamed: Vec<Renamed>,
    /// Keywords that may be left out.
    pub idle: Vec<Idle>,
    /// Methods and attributes under other names.
    pub moved: Vec<Moved>,
    /// Classes below the root of Keras from which nobody inherits.
    pub finals: Vec<String>,
    instances: Vec<instances::Instances>,
    lacks: Vec<Lack>,
    advice: Vec<AdviceEntry>,
    returns: FastMap<String, String>,
    deprecated: FastMap<String, ReleaseSet>,
    /// The releases of each package, in the order of [`Package::ALL`], that run on Python 2 too.
    python_2: [ReleaseSet; 3],
    replacements: FastMap<String, Vec<String>>,
    entries: BTreeMap<(String, String), Sameness>,
}

/// What is known of two names, one of which may stand for the other.
#[derive(Clone, Debug)]
pub struct Sameness {
    /// They stand for the same thing: as long as the arguments fit, nothing else changes.
    pub same: bool,
    /// Attributes that only one of them has: where code reads these, more has to change.
    pub unless: Vec<String>,
    /// How many places of a call mean the same in both, whatever they are called; all where none.
    pub places: Option<usize>,
    /// What a call of the new one has to say in its last place.
    pub append: Option<String>,
}

/// A method whose name tells whose it is.
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
    /// Other packages whose classes have such a method: where a project imports one of them, the
    /// name tells nothing.
    pub libraries: Vec<String>,
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
    watched_in: Vec<String>,
    watched: Vec<String>,
    finals: Vec<String>,
    surface: Vec<SurfaceEntry>,
    redirect: Vec<RedirectEntry>,
    stub: Vec<StubEntry>,
    python_2: Vec<RedirectEntry>,
    replace: Vec<ReplaceEntry>,
    keyword: Vec<keywords::KeywordEntry>,
    behaviour: Vec<behaviours::BehaviourEntry>,
    mixed_precision: MixedPrecision,
    method: Vec<MethodEntry>,
    returns: Vec<ReturnsEntry>,
    deprecated: Vec<DeprecatedEntry>,
    instances: Vec<instances::InstancesEntry>,
    lacks: Vec<instances::LackEntry>,
    advice: Vec<AdviceEntry>,
    spellings: Vec<ways::SpellingsEntry>,
    renamed: Vec<Renamed>,
    idle: Vec<Idle>,
    moved: Vec<Moved>,
}

/// What to do instead of giving a keyword that a body refuses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdviceEntry {
    keywords: Vec<String>,
    /// Parts of the path of the callable, one of which it has; any path where there are none.
    #[serde(default)]
    of: Vec<String>,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodEntry {
    name: String,
    class: String,
    advice: String,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    libraries: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeprecatedEntry {
    names: Vec<String>,
    releases: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnsEntry {
    function: String,
    class: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SurfaceEntry {
    prefix: String,
    target: String,
    legacy: Option<String>,
    releases: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectEntry {
    package: String,
    releases: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StubEntry {
    prefix: String,
    releases: String,
    message: String,
    error: String,
    advice: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplaceEntry {
    old: String,
    new: String,
    #[serde(default)]
    same: bool,
    #[serde(default)]
    unless: Vec<String>,
    places: Option<usize>,
    append: Option<String>,
}

/// The releases of a package that a specifier of the overlay means, pre-releases included.
pub(super) fn releases(package: Package, specifier: &str) -> ReleaseSet {
    // The same few specifiers stand in many entries.
    static KNOWN: Mutex<BTreeMap<(Package, String), ReleaseSet>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = known.entry((package, specifier.to_owned()));
    *entry.or_insert_with(|| {
        let specifiers = VersionSpecifiers::from_str(specifier)
            .expect("a test reads every specifier of the file");
        ReleaseTable::of(package).select(|release| specifiers.contains(&release.version))
    })
}

/// The overlay, read once.
#[must_use]
pub fn get() -> &'static Overlay {
    static OVERLAY: OnceLock<Overlay> = OnceLock::new();
    OVERLAY.get_or_init(|| {
        let text = carried::bytes(packed!("overlay.json"));
        let file: File =
            serde_json::from_slice(&text).expect("a test reads the file that is compiled in");
        let mut replacements: FastMap<String, Vec<String>> = FastMap::default();
        let mut entries = BTreeMap::new();
        for entry in file.replace {
            let sameness = Sameness {
                same: entry.same,
                unless: entry.unless,
                places: entry.places,
                append: entry.append,
            };
            entries.insert((entry.old.clone(), entry.new.clone()), sameness);
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
            mixed_precision: file.mixed_precision,
            behaviours: file.behaviour.into_iter().map(Into::into).collect(),
            methods: file
                .method
                .into_iter()
                .map(|entry| Method {
                    name: entry.name,
                    class: entry.class,
                    advice: entry.advice,
                    unless: entry.unless,
                    libraries: entry.libraries,
                })
                .collect(),
            watched_in: file.watched_in,
            watched: file.watched,
            finals: file.finals,
            spellings: file.spellings.into_iter().map(Into::into).collect(),
            renamed: file.renamed,
            idle: file.idle,
            moved: file.moved,
            returns: file
                .returns
                .into_iter()
                .map(|entry| (entry.function, entry.class))
                .collect(),
            deprecated: file
                .deprecated
                .into_iter()
                .flat_map(|entry| {
                    let text = entry.releases;
                    entry.names.into_iter().map(move |name| {
                        let set = releases(package_of(&name), &text);
                        (name, set)
                    })
                })
                .collect(),
            python_2: Package::ALL.map(|package| {
                file.python_2
                    .iter()
                    .filter(|entry| entry.package == package.name())
                    .fold(ReleaseSet::EMPTY, |set, entry| {
                        set | releases(package, &entry.releases)
                    })
            }),
            instances: file.instances.into_iter().map(Into::into).collect(),
            lacks: file.lacks.into_iter().map(Into::into).collect(),
            advice: file.advice,
            replacements,
            entries,
        }
    })
}

impl Overlay {
    /// Whether a release of a package runs on Python 2.7.
    #[must_use]
    pub fn runs_on_python_2(&self, package: Package, release: usize) -> bool {
        self.python_2[package as usize].contains(release)
    }

    /// Other names for the same thing, best first.
    #[must_use]
    pub fn replacements(&self, path: &str) -> &[String] {
        self.replacements.get(path).map_or(&[], Vec::as_slice)
    }

    /// What to do instead of giving a keyword to a callable that refuses it.
    #[must_use]
    pub fn advice_on(&self, keyword: &str, path: &str) -> Option<&str> {
        let is = |entry: &&AdviceEntry| {
            entry.keywords.iter().any(|known| known == keyword)
                && (entry.of.is_empty() || entry.of.iter().any(|part| path.contains(part.as_str())))
        };
        self.advice.iter().find(is).map(|entry| entry.text.as_str())
    }

    /// The class of what a function gives.
    #[must_use]
    pub fn returned(&self, function: &str) -> Option<&str> {
        self.returns.get(function).map(String::as_str)
    }

    /// The releases whose documentation calls a name deprecated, where the code of the release does
    /// not mark it.
    #[must_use]
    pub fn deprecated(&self, path: &str) -> ReleaseSet {
        self.deprecated
            .get(path)
            .copied()
            .unwrap_or(ReleaseSet::EMPTY)
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

    /// Every name that has other names, sorted.
    #[must_use]
    pub fn replaced(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.replacements.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// What is known of two names.
    #[must_use]
    pub fn sameness(&self, old: &str, new: &str) -> Option<&Sameness> {
        self.entries.get(&(old.to_owned(), new.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;

    #[test]
    fn what_is_called_deprecated_is_there_and_goes_away() {
        let lasting: BTreeMap<&String, &ReleaseSet> = get()
            .deprecated
            .iter()
            .filter(|&(name, &set)| {
                let present = present(name);
                let last = present.newest().is_some_and(|newest| set.contains(newest));
                set.is_empty() || !(set - present).is_empty() || !last
            })
            .collect();
        assert!(lasting.is_empty(), "{lasting:?}");
    }

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

    /// Releases that have a name: a symbol, or a member of a class. Behind Keras, those of the
    /// package that the overlay's surfaces name.
    fn present(path: &str) -> ReleaseSet {
        let (parent, name) = path.rsplit_once('.').unwrap();
        api::lookup(path).map_or_else(
            || api::member(parent, name).0,
            |symbol| symbol.present() | symbol.importable(),
        )
    }

    #[test]
    fn every_replacement_helps_somewhere() {
        let behind = |path: &str| {
            let surface = |surface: &Surface| {
                let rest = path.strip_prefix(surface.prefix.as_str())?;
                Some(format!("{}{rest}", surface.target))
            };
            get().surfaces.iter().find_map(surface)
        };
        let helps = |old: &str, new: &str| {
            !(present(new) - (present(old) - api::deprecated(old))).is_empty()
        };
        let mut idle: Vec<String> = Vec::new();
        for (old, new) in get().entries.keys() {
            let other_root = old.split('.').next() != new.split('.').next();
            let on_keras = behind(old).zip(behind(new));
            let stub = get().stubs.iter().any(|stub| {
                on_keras
                    .as_ref()
                    .is_some_and(|(old, _)| old.starts_with(&stub.prefix))
            });
            if !other_root
                && !stub
                && !helps(old, new)
                && !on_keras.is_some_and(|(old, new)| helps(&old, &new))
            {
                idle.push(format!("{old} -> {new}"));
            }
        }
        assert!(idle.is_empty(), "never of use: {idle:#?}");
    }

    #[test]
    fn every_entry_can_be_read() {
        assert!(!get().surfaces.is_empty());
        assert!(get().surfaces.iter().all(|s| !s.releases.is_empty()));
        assert!(get().stubs.iter().all(|s| !s.releases.is_empty()));
        assert!(!get().keras_redirects.is_empty());
        let known = |set: &ReleaseSet| !set.is_empty();
        let all_known = |sets: Sets| Package::ALL.iter().all(|&package| known(&sets.of(package)));
        assert!(get().instances.iter().all(|one| all_known(one.releases)));
        let meant = |sets: Sets| Package::ALL.iter().any(|&package| known(&sets.of(package)));
        assert!(get().lacks.iter().all(|one| meant(one.releases)));
        assert!(!get().python_2[Package::Tensorflow as usize].is_empty());
    }
}
