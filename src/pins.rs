//! Pins: the lines by which a repository asks for TensorFlow and Keras.
//!
//! Every format has its own file under `pins/`; [`read`] is the door to all of them. A pin says
//! which releases its own line permits. What several pins permit together, and for which files,
//! is `scope`'s.

pub mod choice;
mod companion;
mod conda;
pub mod distribution;
mod dockerfile;
mod document;
mod image;
mod ini;
mod install;
mod kind;
mod lock_toml;
pub mod marker;
mod matrix;
pub mod notebook;
mod pipfile;
mod poetry;
mod pyproject;
mod python_version;
pub mod requirement;
pub mod requirements_txt;
mod setup_cfg;
mod sheet;
mod shell;
mod stated;
mod toml_tree;
mod tox;
mod workflow;
mod yaml;

use std::sync::Arc;

use pep508_rs::MarkerTree;

pub use choice::Choice;
pub use companion::Companion;
pub use distribution::Distribution;
pub use image::vendor;
pub use kind::{InputKind, Weight};
pub use python_version::StatedPython;
pub use stated::{Stated, StatedKind, Statements};

use requirement::Request;

use crate::finding::{Location, Notice, PinLine};
use crate::names::Package;
use crate::release::published::{self, Offer, Wheels};
use crate::text::{LineIndex, RepoPath, SourceFile, Span};

/// What a pin does to an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It installs.
    Requirement,
    /// It only narrows what something else installs.
    Constraint,
}

/// One line that names TensorFlow or Keras.
#[derive(Clone, Debug)]
pub struct Pin {
    /// The distribution it names, such as `tensorflow-gpu`.
    pub distribution: Distribution,
    /// What it permits.
    pub choice: Choice,
    /// Whether it names one version exactly, as a lock does.
    pub exact: bool,
    /// What pip finds of it in the package index.
    pub offer: Offer,
    /// The Pythons for which what it asks for has wheels; `None` where that is not certain.
    pub wheels: Option<Wheels>,
    /// The Pythons on which the project runs, where its file or its folder says so.
    pub python: Option<StatedPython>,
    /// When it holds; true where it always does. Never asks for extras.
    pub marker: MarkerTree,
    /// Whether it installs or narrows.
    pub role: Role,
    /// The extra, dependency group or matrix value it belongs to; `""` for none.
    pub group: String,
    /// Whether it is certain that it installs from the default package index: not from an index, a
    /// folder or an address of the project's own, nor as a part of an image or a conda channel.
    pub from_index: bool,
    /// The statement: from the name to the end of the marker, options and comments left out.
    pub location: Location,
    /// The statement as written, on one line.
    pub text: String,
}

impl Pin {
    /// The package whose releases it chooses.
    #[must_use]
    pub fn package(&self) -> Package {
        self.distribution.package
    }

    /// The pin as findings quote it.
    #[must_use]
    pub fn line(&self) -> PinLine {
        PinLine {
            location: Some(self.location.clone()),
            text: PinLine::quoted(&self.text),
        }
    }
}

/// A file that pins were read from.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The file.
    pub path: RepoPath,
    /// Its kind.
    pub kind: InputKind,
    /// Its pins and those of the files that it includes, in the order of reading.
    pub pins: Vec<Pin>,
    /// What it installs beside TensorFlow that works with some releases only.
    pub companions: Vec<Companion>,
    /// It sets `TF_USE_LEGACY_KERAS`, so that `tf.keras` is `tf_keras`.
    pub legacy_keras: bool,
    /// The environment variables of TensorFlow's kind that it sets.
    pub variables: Vec<Variable>,
    /// Whose own builds of TensorFlow it names: `nvidia`.
    pub vendor: Option<&'static str>,
}

/// An environment variable that a file sets where the project runs.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, variables in place.
    pub value: String,
    /// The statement.
    pub location: Location,
}

/// Access to the files of the repository, for formats in which one file names another.
pub trait Files {
    /// The text of a file, and what had to be said about its encoding.
    ///
    /// # Errors
    /// A notice on why it cannot be read.
    fn open(&self, path: &RepoPath) -> Result<(Arc<SourceFile>, Vec<Notice>), Notice>;
}

/// What a format may look at besides its own file.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// The repository.
    pub files: &'a dyn Files,
    /// What Python files that are manifests state.
    pub python: Statements<'a>,
}

/// What was read of one file.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Its pins.
    pub pins: Vec<Pin>,
    /// What it installs beside TensorFlow that works with some releases only.
    pub companions: Vec<Companion>,
    /// What could not be read.
    pub notices: Vec<Notice>,
    /// It sets `TF_USE_LEGACY_KERAS`.
    pub legacy_keras: bool,
    /// The environment variables of TensorFlow's kind that it sets.
    pub variables: Vec<Variable>,
}

/// The pins of one file, with what could not be read. Kinds that hold no pins give none.
#[must_use]
pub fn read(kind: InputKind, file: &Arc<SourceFile>, ctx: Ctx<'_>) -> Found {
    if kind.is_searched_first() && !mentions(&file.text) {
        return Found::default();
    }
    match kind {
        InputKind::Requirements => requirements_txt::read(file, Role::Requirement, ctx),
        InputKind::Constraints => requirements_txt::read(file, Role::Constraint, ctx),
        InputKind::Pyproject => pyproject::read(file),
        InputKind::SetupCfg => setup_cfg::read(file, ctx),
        InputKind::SetupPy | InputKind::Nox => stated::read(file, ctx),
        InputKind::Pipfile => pipfile::read(file),
        InputKind::PipfileLock => pipfile::read_lock(file),
        InputKind::TomlLock => lock_toml::read(file),
        InputKind::CondaEnvironment => conda::read(file),
        InputKind::CondaRecipe => conda::read_recipe(file),
        InputKind::Tox => tox::read(file, ctx),
        InputKind::Workflow => workflow::read(file, ctx),
        InputKind::Dockerfile => dockerfile::read(file, ctx),
        InputKind::Shell => shell::read(file, ctx),
        InputKind::Python | InputKind::Notebook => Found::default(),
    }
}

/// Whether a text may pin: every name of [`Distribution`], image and variable holds one of these. A
/// file that only includes others is told by the word `requirement`.
fn mentions(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr3_iter(b'e', b'E', b'-', bytes).any(|at| {
        let starts = |from: usize, word: &str| {
            bytes
                .get(from..from + word.len())
                .is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        };
        match bytes[at] {
            b'-' => at >= 2 && (starts(at - 2, "tf-nightly") || starts(at - 2, "tf-gpu")),
            // `TF_ENABLE_AUTO_MIXED_PRECISION`, `TF_AUTO_MIXED_PRECISION_...`
            b'E' if at >= 4 && starts(at - 4, "_MIXED_PRE") => true,
            _ => {
                at >= 1
                    && (starts(at - 1, "tensorflow")
                        || starts(at - 1, "keras")
                        || starts(at - 1, "requirement"))
            }
        }
    })
}

/// Reads every manifest among some inputs. The notices are sorted, each given once: a file that
/// is included and found by itself is read twice.
#[must_use]
pub fn read_all<'i>(
    inputs: impl IntoIterator<Item = (&'i RepoPath, InputKind)>,
    ctx: Ctx<'_>,
) -> (Vec<Manifest>, Vec<Notice>) {
    let mut manifests = Vec::new();
    let mut notices = Vec::new();
    for (path, kind) in inputs.into_iter().filter(|(_, kind)| kind.is_manifest()) {
        match ctx.files.open(path) {
            Ok((file, remarks)) => {
                let found = read(kind, &file, ctx);
                // Nobody wants to hear of the letters of a file that has nothing to say.
                if !kind.is_searched_first() || !found.pins.is_empty() {
                    notices.extend(remarks);
                }
                notices.extend(found.notices);
                let mut manifest = Manifest {
                    path: path.clone(),
                    kind,
                    pins: found.pins,
                    companions: found.companions,
                    legacy_keras: found.legacy_keras,
                    variables: found.variables,
                    vendor: vendor(&file.text),
                };
                python_version::of_folder(&mut manifest, ctx);
                manifests.push(manifest);
            }
            Err(notice) => notices.push(notice),
        }
    }
    notices.sort_unstable();
    notices.dedup();
    (manifests, notices)
}

/// What a format knows about a statement before it is understood.
pub(crate) struct Place<'a> {
    pub(crate) file: &'a Arc<SourceFile>,
    pub(crate) lines: &'a LineIndex,
    pub(crate) span: Span,
    pub(crate) role: Role,
    pub(crate) group: &'a str,
}

impl Place<'_> {
    /// A notice on the line of the statement.
    pub(crate) fn notice(&self, message: impl Into<String>) -> Notice {
        Notice::on_file(
            &self.file.path,
            Some(self.lines.line(self.span.start)),
            message,
        )
    }
}

/// Takes one statement of the requirement grammar, such as `tensorflow[and-cuda]>=2.4; os_name ==
/// "posix"`. Gives a pin where it names TensorFlow or Keras, broken or not: a line that names
/// them and cannot be read means that what gets installed is not known.
pub(crate) fn take(text: &str, place: &Place<'_>, notices: &mut Vec<Notice>) -> Option<Pin> {
    take_as(text, text.trim(), place, notices)
}

/// The same, for formats whose own words (`shown`) are others: `tensorflow = "^2.3"`.
pub(crate) fn take_as(
    text: &str,
    shown: &str,
    place: &Place<'_>,
    notices: &mut Vec<Notice>,
) -> Option<Pin> {
    let (text, parsed) = (shown, text.trim());
    let read = match requirement::parse(parsed) {
        Ok(read) => read,
        Err(broken) => {
            let distribution = broken.name.as_deref().and_then(Distribution::of);
            let effect = if distribution.is_some() {
                "so what it permits is not known"
            } else {
                "so this line was not counted"
            };
            let mut notice = place.notice(format!("{broken}, {effect}"));
            notice.advice.clone_from(&broken.advice);
            notices.push(notice);
            let distribution = distribution?;
            return Some(pin(
                distribution,
                Asked::UNKNOWN,
                MarkerTree::TRUE,
                text,
                place,
            ));
        }
    };
    let distribution = Distribution::of(&read.name)?;
    let (choice, remark) = choice::choose(&distribution, &read.request);
    if let Some(legacy) = &read.legacy {
        notices.push(
            place
                .notice(format!("`{legacy}` is refused by pip 24.1 and newer"))
                .advise("leave out the `.*`"),
        );
    }
    if let Some(remark) = remark {
        notices.push(place.notice(remark));
    }
    let marker = match marker::parse(&read.marker) {
        Ok(marker) => marker,
        Err(message) => {
            notices.push(place.notice(message));
            return Some(pin(
                distribution,
                Asked::UNKNOWN,
                MarkerTree::TRUE,
                text,
                place,
            ));
        }
    };
    let asked = Asked {
        choice,
        exact: read.request.is_exact(),
        offer: offer(&distribution, &read.request),
        wheels: wheels(&distribution, &read.request),
    };
    let address = parsed.contains('/') || matches!(read.request, Request::Elsewhere(_));
    let mut pin = pin(distribution, asked, marker, text, place);
    pin.from_index = !address;
    Some(pin)
}

/// What a statement asks for, whatever it is called.
struct Asked {
    choice: Choice,
    exact: bool,
    offer: Offer,
    wheels: Option<Wheels>,
}

impl Asked {
    const UNKNOWN: Self = Self {
        choice: Choice::Unknown,
        exact: false,
        offer: Offer::Something,
        wheels: None,
    };
}

fn offer(distribution: &Distribution, request: &Request) -> Offer {
    match request {
        Request::Any => published::find(&distribution.name, None),
        Request::Specifiers(all) => published::find(&distribution.name, Some(all)),
        Request::Elsewhere(_) => Offer::Something,
    }
}

fn wheels(distribution: &Distribution, request: &Request) -> Option<Wheels> {
    match request {
        Request::Specifiers(all) => published::wheels(&distribution.name, all),
        Request::Any | Request::Elsewhere(_) => None,
    }
}

fn pin(
    distribution: Distribution,
    asked: Asked,
    marker: MarkerTree,
    text: &str,
    place: &Place<'_>,
) -> Pin {
    Pin {
        distribution,
        choice: asked.choice,
        exact: asked.exact,
        offer: asked.offer,
        wheels: asked.wheels,
        python: None,
        marker,
        role: place.role,
        group: place.group.to_owned(),
        from_index: true,
        location: Location {
            file: Arc::clone(place.file),
            span: place.span,
        },
        text: on_one_line(text),
    }
}

/// A statement on one line: what is never closed may go on below.
fn on_one_line(text: &str) -> String {
    if !text.contains(['\n', '\r']) {
        return text.to_owned();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Files for Nothing {
        fn open(&self, path: &RepoPath) -> Result<(Arc<SourceFile>, Vec<Notice>), Notice> {
            Err(Notice::on_file(path, None, "there is no such file"))
        }
    }

    /// Whatever a file holds, reading it ends, and gives pins and notices.
    #[track_caller]
    fn check(path: &str, text: &str) {
        let path = RepoPath::new(path);
        let kind = InputKind::of(&path).expect("it is a manifest");
        let text = text.to_owned();
        let file = Arc::new(SourceFile::new(path, text));
        let ctx = Ctx {
            files: &Nothing,
            python: &|_| Vec::new(),
        };
        let found = read(kind, &file, ctx);
        for pin in &found.pins {
            assert!(file.text.get(pin.location.span.range()).is_some());
            assert!(!pin.text.contains(['\n', '\r']), "{:?}", pin.text);
        }
    }

    #[test]
    fn a_variable_that_is_never_closed_gave_a_statement_of_several_lines() {
        check(
            "a.sh",
            "pip install \"tensorflow==${r more.txt\npip install keras\n",
        );
        check(
            "Dockerfile",
            "RUN pip install \"tensorflow==${r \\\n more.txt\n",
        );
    }

    #[test]
    fn nothing_in_a_file_stops_the_run() {
        let kinds = [
            "pyproject.toml",
            "setup.cfg",
            "Pipfile",
            "Pipfile.lock",
            "poetry.lock",
            "environment.yml",
            "meta.yaml",
            "tox.ini",
            ".github/workflows/a.yml",
            "Dockerfile",
            "a.sh",
            "requirements.txt",
        ];
        let deep = |open: &str| format!("tensorflow: {}", open.repeat(20_000));
        let texts = [
            String::new(),
            "tensorflow".to_owned(),
            deep("["),
            deep("{"),
            deep("(("),
            deep("- "),
            "FROM tensorflow/tensorflow:\u{e9} AS\r\nRUN pip install \\\r\n tensorflow==${".to_owned(),
            "RUN pip install 'tensorflow\nFROM a AS a\nFROM a AS a\n".to_owned(),
            "dependencies:\n - \"tensorflow=\u{e9}\"\n - tensorflow {{ \u{e9}\n - pip: [tensorflow]\n".to_owned(),
            "[testenv]\ndeps = -r \n \u{e9}: tensorflow\n".to_owned(),
            "pip install tensorflow==${{ x".to_owned(),
            "A=$A$A\n".repeat(200) + "pip install tensorflow==$A",
        ];
        for kind in kinds {
            for text in &texts {
                check(kind, text);
            }
        }
    }

    #[test]
    fn files_without_the_names_are_not_parsed() {
        assert!(mentions("pip install TensorFlow"));
        assert!(mentions("tf-nightly"));
        assert!(mentions("import Keras"));
        assert!(mentions("-r requirements.txt"));
        assert!(!mentions("numpy==1.0 pytest -e . tf"));
    }
}
