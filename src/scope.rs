//! Which pins govern which files: scopes and their environments.
//!
//! A file is governed by the nearest folder above it whose files pin TensorFlow or Keras. What
//! that folder's files permit is a list of environments: alternative ways in which the project is
//! installed. How pins become environments, and whose word counts where files of several kinds pin, is told
//! in `scope/build.rs`; how pins of one environment combine, in `scope/permit.rs`.

mod build;
mod files;
mod notebook;
mod permit;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use pep508_rs::MarkerTree;

use crate::finding::{Notice, PinLine};
use crate::names::Package;
use crate::pins::marker::bare;
use crate::pins::notebook::Session;
use crate::pins::requirement::Request;
use crate::pins::{Choice, Companion, Distribution, Manifest, Pin, StatedPython, choice};
use crate::release::published::Wheels;
use crate::release::{ReleaseSet, ReleaseTable, specifier};
use crate::text::RepoPath;

/// What a folder's files permit.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The folder whose pins govern, `""` for the root; or the notebook that installs for itself.
    pub folder: String,
    /// What governs is a notebook, not a folder.
    pub is_notebook: bool,
    /// Alternative sets of installed packages; never empty.
    pub environments: Vec<Environment>,
    /// Lines that were read and did not decide, each with the reason; in the order of their places.
    pub passed_over: Vec<PassedOver>,
}

/// A pin that did not decide.
#[derive(Clone, Debug)]
pub struct PassedOver {
    /// The line.
    pub pin: PinLine,
    /// Why, in a few words: `tells of one machine only`.
    pub why: &'static str,
}

/// One way in which the project is installed.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The file that stands for it, such as `requirements-gpu.txt`, with the marker under which
    /// it holds where there are several (`requirements.txt; python_version < "3.8"`); `""` where
    /// nothing pins.
    pub name: String,
    /// TensorFlow.
    pub tensorflow: Permitted,
    /// The `keras` distribution, as pinned by the project.
    pub keras: Permitted,
    /// The `tf_keras` distribution.
    pub tf_keras: Permitted,
    /// `TF_USE_LEGACY_KERAS` is set where the project is installed: from TensorFlow 2.15 on
    /// `tf.keras` is `tf_keras`.
    pub legacy_keras: bool,
    /// What is installed beside TensorFlow and works with some releases only.
    pub companions: Vec<Companion>,
    /// Where nothing pins Keras 3, every release that may be there counts, not only the newest.
    pub any_keras: bool,
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
    /// The set; for [`Pinning::Absent`] and [`Pinning::Unversioned`] the newest final release, for
    /// [`Pinning::Unknown`] none. Empty with [`Pinning::Versioned`] where no release satisfies
    /// the pins, alone or together.
    pub releases: ReleaseSet,
    /// The lines that decided; those that name versions first.
    pub pins: Vec<PinLine>,
    /// Every line permits some release, and together they permit none.
    pub disagree: bool,
}

/// What the user asked for besides the pins of the repository.
#[derive(Clone, Debug, Default)]
pub struct ScopeOptions {
    /// `--tensorflow`.
    pub tensorflow: Option<Override>,
    /// `--keras`.
    pub keras: Option<Override>,
    /// The Pythons that are asked about; without it those that the files state, else every one.
    pub python: Option<StatedPython>,
    /// The manifests were named by `--requirements`: they govern the whole repository, not only
    /// their own folders.
    pub chosen_manifests: bool,
    /// Keep the manifest behind a lock as an environment of its own, and every Keras 3 that may
    /// stand behind `tf.keras`, not only the newest (`environments = "all"`).
    pub all_environments: bool,
}

impl ScopeOptions {
    /// Whether a line holds on some system and Python that is asked about.
    #[must_use]
    pub fn concern(&self, pin: &Pin) -> bool {
        !pin.marker.is_disjoint(&build::whole(self))
    }

    /// The releases of TensorFlow that are published for a Python that is asked about; all where none
    /// is.
    #[must_use]
    pub fn installable(&self) -> ReleaseSet {
        permit::installable(self)
    }

    /// The Pythons for which a pin cannot be installed, since what it asks for has no wheel for any of
    /// them. Only an option, the pin itself or a line of its own file names such: what another file says
    /// may be about something else.
    #[must_use]
    pub fn python_without_wheel(&self, pin: &Pin) -> Option<WithoutWheel> {
        permit::python_without_wheel(pin, self)
    }
}

/// Pythons for which something has no wheel.
#[derive(Clone, Debug)]
pub struct WithoutWheel {
    /// What names them.
    pub line: PinLine,
    pythons: MarkerTree,
}

impl WithoutWheel {
    /// Whether one of them has one of some wheels.
    #[must_use]
    pub fn has(&self, wheels: &Wheels) -> bool {
        permit::has_wheel(wheels, &self.pythons)
    }
}

/// A specifier from the command line or the configuration, in place of every pin of a package.
#[derive(Clone, Debug)]
pub struct Override {
    line: PinLine,
    choice: Choice,
    /// What has to be said about it, such as the final release by which a pre-release is judged.
    pub remark: Option<String>,
}

impl Override {
    /// Reads the value of `--tensorflow` or `--keras`: `2.3.4`, `2.3` (every `2.3.*`), or
    /// specifiers such as `>=2.0,<2.4`.
    ///
    /// # Errors
    /// One sentence on what is wrong with the value.
    pub fn parse(package: Package, text: &str) -> Result<Self, String> {
        let text = text.trim();
        let read = specifier::parse(&bare(text).unwrap_or_else(|| text.to_owned()));
        let read = read.map_err(|error| error.to_string())?;
        if read.specifiers.is_empty() {
            return Err(format!("a version of {} is missing", package.title()));
        }
        let distribution =
            Distribution::of(package.name()).expect("a package is distributed under its own name");
        let request = Request::Specifiers(read.specifiers);
        let (choice, remark) = choice::choose(&distribution, &request);
        if choice == Choice::Releases(ReleaseSet::EMPTY) {
            return Err(format!(
                "there is no release of {} in `{text}`",
                package.title()
            ));
        }
        Ok(Self {
            line: PinLine {
                location: None,
                text: format!("--{} {text}", package.name()),
            },
            choice,
            remark,
        })
    }

    /// The same, as another line states it.
    #[must_use]
    pub fn stated_in(mut self, line: PinLine) -> Self {
        self.line = line;
        self
    }

    /// One release of TensorFlow, given by its index, as `--tensorflow` would name it.
    #[must_use]
    pub fn of_release(tensorflow: usize) -> Self {
        let release = ReleaseTable::of(Package::Tensorflow).get(tensorflow);
        Self {
            line: PinLine {
                location: None,
                text: format!("--tensorflow {}", release.row.version),
            },
            choice: Choice::Releases(std::iter::once(tensorflow).collect()),
            remark: None,
        }
    }

    fn permitted(&self) -> Permitted {
        let (pinning, releases) = match self.choice {
            Choice::Releases(set) => (Pinning::Versioned, set),
            Choice::Any | Choice::Unknown => (Pinning::Unknown, ReleaseSet::EMPTY),
        };
        Permitted {
            pinning,
            releases,
            pins: vec![self.line.clone()],
            disagree: false,
        }
    }
}

/// The scopes of a repository.
#[derive(Clone, Debug)]
pub struct Scopes {
    by_folder: BTreeMap<String, Scope>,
    /// Notebooks that install for themselves.
    by_notebook: BTreeMap<RepoPath, Scope>,
    /// What governs files that no folder's pins do.
    rest: Scope,
}

impl Scopes {
    /// Sorts pins into scopes. The notices are about pins that could not be honoured.
    #[must_use]
    pub fn new(manifests: &[Manifest], options: &ScopeOptions) -> (Self, Vec<Notice>) {
        build::scopes(manifests, options)
    }

    /// The scope of a file.
    #[must_use]
    pub fn governing(&self, path: &RepoPath) -> &Scope {
        if let Some(scope) = self.by_notebook.get(path) {
            return scope;
        }
        let mut folder = path.folder();
        loop {
            if let Some(scope) = self.by_folder.get(folder) {
                return scope;
            }
            match folder.rsplit_once('/') {
                Some((parent, _)) => folder = parent,
                None if folder.is_empty() => return &self.rest,
                None => folder = "",
            }
        }
    }

    /// Lets what a notebook installs and sets govern that notebook, in the place of what the
    /// repository pins. The notices are about pins that could not be honoured.
    pub fn add_notebook(
        &mut self,
        path: &RepoPath,
        session: &Session,
        options: &ScopeOptions,
    ) -> Vec<Notice> {
        let (scope, notices) = notebook::scope(path, session, self.governing(path), options);
        if let Some(scope) = scope {
            self.by_notebook.insert(path.clone(), scope);
        }
        notices
    }

    /// Puts `tf_keras` in the place of `tf.keras` everywhere: code of the project does so.
    pub fn use_legacy_keras(&mut self) {
        let scopes = self.by_folder.values_mut();
        let scopes = scopes.chain(self.by_notebook.values_mut());
        for scope in scopes.chain([&mut self.rest]) {
            for environment in &mut scope.environments {
                environment.legacy_keras = true;
            }
        }
    }

    /// The scopes of folders that pin, in the order of their paths; then those of notebooks.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.by_folder.values().chain(self.by_notebook.values())
    }
}

impl Scope {
    /// The releases of a package that some environment permits.
    #[must_use]
    pub fn permitted_somewhere(&self, package: Package) -> ReleaseSet {
        let environments = self.environments.iter();
        environments.fold(ReleaseSet::EMPTY, |all, one| {
            all | one.permitted(package).releases
        })
    }

    /// The scope in a few words for people: `tensorflow 2.3.4 (requirements.txt:3)`.
    #[must_use]
    pub fn summary(&self) -> String {
        let parts: Vec<String> = self.environments.iter().map(Environment::summary).collect();
        parts.join("; ")
    }
}

impl Environment {
    /// The environment in a few words: what is installed, and the line that says so.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut parts = vec![self.tensorflow.summary(Package::Tensorflow)];
        for (package, permitted) in [
            (Package::Keras, &self.keras),
            (Package::TfKeras, &self.tf_keras),
        ] {
            if permitted.pinning != Pinning::Absent {
                parts.push(permitted.summary(package));
            }
        }
        parts.join(", ")
    }

    /// The environment with one release of TensorFlow in the place of its own. A Keras that this one
    /// does not go with is left aside: the one that it brings along is there.
    #[must_use]
    pub fn with_release(&self, tensorflow: usize) -> Self {
        let mut one = self.clone();
        one.tensorflow = Override::of_release(tensorflow).permitted();
        let accepted = brought_by(tensorflow).map(|brought| brought.allowed);
        if one.keras.pinning == Pinning::Versioned
            && accepted.is_some_and(|accepted| (accepted & one.keras.releases).is_empty())
        {
            one.keras = Permitted {
                releases: ReleaseTable::of(Package::Keras)
                    .newest_final(accepted.unwrap_or_default()),
                ..Permitted::default()
            };
        }
        one
    }

    /// The permitted releases of a package, as pinned.
    #[must_use]
    pub fn permitted(&self, package: Package) -> &Permitted {
        match package {
            Package::Tensorflow => &self.tensorflow,
            Package::Keras => &self.keras,
            Package::TfKeras => &self.tf_keras,
        }
    }

    /// The releases of Keras that may stand behind `tf.keras` of a TensorFlow release, given by
    /// its index. Up to 2.5 Keras is part of TensorFlow and the set is empty. From 2.6 on it is
    /// empty where the pins of the two disagree or that of Keras is unknown: there is nothing to
    /// judge then.
    #[must_use]
    pub fn keras_behind(&self, tensorflow: usize) -> ReleaseSet {
        let Some(brought) = brought_by(tensorflow) else {
            return ReleaseSet::EMPTY;
        };
        match self.keras.pinning {
            Pinning::Unknown => ReleaseSet::EMPTY,
            Pinning::Versioned => self.keras.releases & brought.allowed,
            Pinning::Absent | Pinning::Unversioned if brought.one_minor => brought.allowed,
            Pinning::Absent | Pinning::Unversioned => {
                // The newest that the Python of this environment runs, if the wheel allows it.
                let mut newest = self.keras.releases & brought.allowed;
                if newest.is_empty() {
                    newest = ReleaseTable::of(Package::Keras).newest_final(brought.allowed);
                }
                if self.any_keras {
                    let last = newest.newest().map_or(0, |last| last + 1);
                    brought.allowed & ReleaseSet::first(last)
                } else {
                    newest
                }
            }
        }
    }

    /// The releases of `tf_keras` that may stand behind `tf.keras` of a TensorFlow release where
    /// `TF_USE_LEGACY_KERAS` is set; each is made for the TensorFlow of its own minor version.
    #[must_use]
    pub fn tf_keras_behind(&self, tensorflow: usize) -> ReleaseSet {
        let minor = ReleaseTable::of(Package::Tensorflow)
            .get(tensorflow)
            .minor();
        let table = ReleaseTable::of(Package::TfKeras);
        let same = table.select(|release| release.minor() == minor);
        match self.tf_keras.pinning {
            Pinning::Unknown => ReleaseSet::EMPTY,
            Pinning::Versioned => self.tf_keras.releases & same,
            Pinning::Absent | Pinning::Unversioned => table.newest_final(same),
        }
    }

    /// The releases of the `keras` distribution that `import keras` may meet: those pinned, else
    /// those that the permitted releases of TensorFlow bring along. `None` where that cannot be
    /// told: TensorFlow before 2.6 brings none.
    #[must_use]
    pub fn standalone_keras(&self) -> Option<ReleaseSet> {
        let brought: Vec<Option<Brought>> =
            self.tensorflow.releases.iter().map(brought_by).collect();
        let tensorflow_known = matches!(
            self.tensorflow.pinning,
            Pinning::Unversioned | Pinning::Versioned
        );
        let set = match self.keras.pinning {
            Pinning::Unknown => return None,
            Pinning::Versioned => {
                let pinned = self.keras.releases;
                let together = brought
                    .iter()
                    .map(|brought| brought.as_ref().map_or(pinned, |b| pinned & b.allowed))
                    .fold(ReleaseSet::EMPTY, |all, set| all | set);
                if tensorflow_known && !together.is_empty() {
                    together
                } else {
                    pinned
                }
            }
            Pinning::Absent | Pinning::Unversioned => match self.tensorflow.pinning {
                Pinning::Unknown => return None,
                Pinning::Absent => self.keras.releases,
                Pinning::Unversioned | Pinning::Versioned => self
                    .tensorflow
                    .releases
                    .iter()
                    .map(|index| self.keras_behind(index))
                    .fold(ReleaseSet::EMPTY, |all, set| all | set),
            },
        };
        (!set.is_empty()).then_some(set)
    }
}

impl Permitted {
    fn summary(&self, package: Package) -> String {
        let name = package.name();
        let releases = ReleaseTable::of(package).describe(self.releases);
        let what = match self.pinning {
            Pinning::Absent => return format!("{name} {releases} (nothing pins it)"),
            Pinning::Unversioned => format!("{name} {releases}, the newest"),
            Pinning::Versioned if self.releases.is_empty() => format!("no release of {name}"),
            Pinning::Versioned => format!("{name} {releases}"),
            Pinning::Unknown => format!("{name} of unknown version"),
        };
        let place = self.pins.first().map(|pin| match &pin.location {
            Some(location) => {
                let line = location.file.line_on_disk(location.span.start);
                format!(" ({}:{line})", location.file.path)
            }
            None => format!(" ({})", pin.text),
        });
        what + &place.unwrap_or_default()
    }
}

/// The Keras that comes with a TensorFlow release as a distribution of its own.
#[derive(Clone, Copy)]
struct Brought {
    allowed: ReleaseSet,
    /// It is of the one minor version that this TensorFlow is made for.
    one_minor: bool,
}

/// The releases of the `keras` distribution that a TensorFlow release, given by its index, takes
/// beside it: all where it has nothing to do with them.
#[must_use]
pub fn accepted_keras(tensorflow: usize) -> ReleaseSet {
    let table = ReleaseTable::of(Package::Keras);
    let required = ReleaseTable::of(Package::Tensorflow)
        .get(tensorflow)
        .row
        .keras;
    match specifier::parse(required) {
        Ok(read) => table.matching(&read.specifiers),
        Err(_) => table.all(),
    }
}

/// `None` where Keras is part of TensorFlow.
fn brought_by(tensorflow: usize) -> Option<Brought> {
    static ALL: OnceLock<Vec<Option<Brought>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let count = ReleaseTable::of(Package::Tensorflow).releases().len();
        (0..count).map(bring).collect()
    });
    all.get(tensorflow).copied().flatten()
}

fn bring(tensorflow: usize) -> Option<Brought> {
    let release = ReleaseTable::of(Package::Tensorflow).get(tensorflow);
    let table = ReleaseTable::of(Package::Keras);
    if release.minor() < (2, 6) {
        return None;
    }
    if release.minor() < (2, 16) {
        return Some(Brought {
            allowed: table.select(|keras| keras.minor() == release.minor()),
            one_minor: true,
        });
    }
    let third = table.select(|keras| keras.identity.major >= 3) & table.finals() & table.kept();
    let wanted = specifier::parse(release.row.keras)
        .map(|read| table.matching(&read.specifiers))
        .unwrap_or_default();
    let allowed = third & wanted;
    Some(Brought {
        // Where the data names no requirement (`-`), every Keras 3 may be there.
        allowed: if allowed.is_empty() { third } else { allowed },
        one_minor: false,
    })
}

#[cfg(test)]
#[path = "scope/tests.rs"]
mod tests;
