//! Pins: the lines by which a repository asks for TensorFlow and Keras.
//!
//! Every format has its own file under `pins/`; [`read`] is the door to all of them. A pin says
//! which releases its own line permits. What several pins permit together, and for which files,
//! is `scope`'s.

pub mod choice;
pub mod distribution;
pub mod marker;
pub mod requirement;
pub mod requirements_txt;

use std::sync::Arc;

use pep508_rs::MarkerTree;

pub use choice::Choice;
pub use distribution::Distribution;
use requirement::Request;

use crate::finding::{Location, Notice, PinLine};
use crate::names::Package;
use crate::release::published::{self, Found};
use crate::text::{LineIndex, RepoPath, SourceFile, Span};

/// What a file is to the tool, told by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputKind {
    /// A pip requirements file.
    Requirements,
    /// A pip constraints file.
    Constraints,
    /// Python source.
    Python,
    /// A Jupyter notebook.
    Notebook,
}

impl InputKind {
    /// The kind of a file, or `None` where the tool has no business with it.
    #[must_use]
    pub fn of(path: &RepoPath) -> Option<Self> {
        let name = path.file_name();
        let (stem, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "py" | "pyw" => Some(Self::Python),
            "ipynb" => Some(Self::Notebook),
            "txt" | "in" => {
                let stem = stem.to_ascii_lowercase();
                let shelf = path.folder().rsplit('/').next() == Some("requirements");
                if stem.contains("constraint") {
                    Some(Self::Constraints)
                } else if shelf || stem.contains("requirement") {
                    Some(Self::Requirements)
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    /// Whether such files hold pins.
    #[must_use]
    pub const fn is_manifest(self) -> bool {
        matches!(self, Self::Requirements | Self::Constraints)
    }
}

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
    pub found: Found,
    /// When it holds; true where it always does. Never asks for extras.
    pub marker: MarkerTree,
    /// Whether it installs or narrows.
    pub role: Role,
    /// The extra, dependency group or matrix value it belongs to; `""` for none.
    pub group: String,
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
            text: self.text.clone(),
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
}

/// The pins of one file, with what could not be read. Kinds that hold no pins give none.
#[must_use]
pub fn read(kind: InputKind, file: &Arc<SourceFile>, ctx: Ctx<'_>) -> (Vec<Pin>, Vec<Notice>) {
    match kind {
        InputKind::Requirements => requirements_txt::read(file, Role::Requirement, ctx),
        InputKind::Constraints => requirements_txt::read(file, Role::Constraint, ctx),
        InputKind::Python | InputKind::Notebook => (Vec::new(), Vec::new()),
    }
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
                let (pins, problems) = read(kind, &file, ctx);
                notices.extend(remarks);
                notices.extend(problems);
                manifests.push(Manifest {
                    path: path.clone(),
                    kind,
                    pins,
                });
            }
            Err(notice) => notices.push(notice),
        }
    }
    notices.sort();
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
    let text = text.trim();
    let read = match requirement::parse(text) {
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
        found: found(&distribution, &read.request),
    };
    Some(pin(distribution, asked, marker, text, place))
}

/// What a statement asks for, whatever it is called.
struct Asked {
    choice: Choice,
    exact: bool,
    found: Found,
}

impl Asked {
    const UNKNOWN: Self = Self {
        choice: Choice::Unknown,
        exact: false,
        found: Found::Something,
    };
}

fn found(distribution: &Distribution, request: &Request) -> Found {
    match request {
        Request::Any => published::find(&distribution.name, None),
        Request::Specifiers(all) => published::find(&distribution.name, Some(all)),
        Request::Elsewhere(_) => Found::Something,
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
        found: asked.found,
        marker,
        role: place.role,
        group: place.group.to_owned(),
        location: Location {
            file: Arc::clone(place.file),
            span: place.span,
        },
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, kind: Option<InputKind>) {
        assert_eq!(InputKind::of(&RepoPath::new(path)), kind, "{path}");
    }

    #[test]
    fn files_are_told_by_their_names() {
        check("requirements.txt", Some(InputKind::Requirements));
        check("ml/Requirements-GPU.txt", Some(InputKind::Requirements));
        check("test_requirements.txt", Some(InputKind::Requirements));
        check("requirements_amd.in", Some(InputKind::Requirements));
        check("requirements/base.in", Some(InputKind::Requirements));
        check("a/requirements/dev.txt", Some(InputKind::Requirements));
        check(
            "requirements/constraints-2.4.txt",
            Some(InputKind::Constraints),
        );
        check("constraints.txt", Some(InputKind::Constraints));
        check("app.py", Some(InputKind::Python));
        check("demo.ipynb", Some(InputKind::Notebook));
        check("MANIFEST.in", None);
        check("config.h.in", None);
        check("notes.txt", None);
        check("requirements/README.md", None);
        check("CMakeLists.txt", None);
    }
}
