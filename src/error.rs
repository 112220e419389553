//! Fatal errors: why the tool could not do its job, and what to do about it. They end a run with
//! exit code 2.
//!
//! A broken file of the user's is never one of these; it is a [`crate::finding::Notice`].

use std::io;
use std::path::PathBuf;

use crate::config::{ConfigError, rule_advice};
use crate::discover::{DiscoverError, MAX_SHARDS};

/// Why a run ended before it had a result. Each is the user's to mend.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path on the command line leads nowhere.
    #[error("there is no `{}`", path.display())]
    NoSuchPath {
        /// As given.
        path: PathBuf,
        /// What is there under a name that is near.
        meant: Option<String>,
    },
    /// A path on the command line that goes on behind a file.
    #[error("there is no `{}`: `{}` is a file, not a folder", path.display(), file.display())]
    NotAFolder {
        /// As given.
        path: PathBuf,
        /// The part of it that is there.
        file: PathBuf,
    },
    /// Files that cannot be looked for as asked.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// A configuration that is not understood.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A value of the configuration that means nothing.
    #[error("{place}: {error}")]
    InConfig {
        /// File, line and column.
        place: String,
        /// What is wrong with the value.
        error: Box<Error>,
    },
    /// A value of an input of the action that means nothing.
    #[error("input `{input}`: {error}")]
    InInput {
        /// The input, as the workflow names it.
        input: &'static str,
        /// What is wrong with the value.
        error: Box<Error>,
    },
    /// A value that is none of those that there are.
    #[error("`{text}` is not {expected}")]
    NotOneOf {
        /// As given.
        text: String,
        /// What may stand there, such as `` `true` or `false` ``.
        expected: &'static str,
    },
    /// A file of configuration that cannot be read.
    #[error("`{}` cannot be read ({why})", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// A version specifier that is none.
    #[error("`{option} {text}` is no version and no range of versions")]
    BadSpecifier {
        /// The option, such as `--tensorflow`, or the key.
        option: &'static str,
        /// As given.
        text: String,
    },
    /// A version specifier that selects nothing.
    #[error("no known release of {package} matches `{option} {text}`")]
    NoRelease {
        /// The option, such as `--tensorflow`, or the key.
        option: &'static str,
        /// As given.
        text: String,
        /// The package's name.
        package: &'static str,
        /// The oldest known release.
        oldest: &'static str,
        /// The newest known release.
        newest: &'static str,
    },
    /// A part of the files that is none.
    #[error("`{option} {text}` names no part of the files")]
    Shard {
        /// The option.
        option: &'static str,
        /// As given.
        text: String,
    },
    /// A rule that does not exist.
    #[error("`{option} {text}` names no rule")]
    UnknownRule {
        /// `--select` or `--ignore`.
        option: &'static str,
        /// As given.
        text: String,
        /// The rule whose name is nearest, where one is near.
        nearest: Option<&'static str>,
    },
    /// Something to be explained that is no symbol and no rule.
    #[error("no release has a symbol `{text}`, and no rule is called so")]
    UnknownSymbol {
        /// As given.
        text: String,
        /// What may be meant, best first.
        near: Vec<String>,
    },
    /// A picture of what is told in lines.
    #[error("`--as` draws no picture")]
    NoPicture,
    /// One file for two reports.
    #[error("`{}` is named for two reports", path.display())]
    SameFile {
        /// As given.
        path: PathBuf,
    },
    /// A file that cannot be taken as a baseline.
    #[error("`{name}` is no baseline ({})", why.as_deref().unwrap_or("there is no such file"))]
    Baseline {
        /// The file, as a command would name it.
        name: String,
        /// What the system or the reader says; nothing where there is no such file.
        why: Option<String>,
    },
    /// A folder in the place of a baseline.
    #[error("`{name}` is a folder, and a baseline is a file")]
    BaselineFolder {
        /// The folder, as a command would name it.
        name: String,
    },
    /// Pythons for which no release has files.
    #[error("no release of TensorFlow has files for `{python}`{place}")]
    NoFiles {
        /// As given, with its option or key.
        python: String,
        /// Where that stands, in parentheses; empty where it was given on the command line.
        place: String,
        /// The oldest and the newest Python that a release has files for, as minor versions of 3.
        known: (u64, u64),
    },
    /// A report file that cannot be written.
    #[error("`{}` cannot be written ({source})", path.display())]
    Write {
        /// As given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that is no report of a run.
    #[error("`{}` is no report to review ({why})", path.display())]
    Report {
        /// As given.
        path: PathBuf,
        /// What the system or the reader says.
        why: String,
    },
    /// A source file that cannot be replaced by its repaired form.
    #[error("`{}` cannot be changed ({source})", path.display())]
    Change {
        /// Its path from the root.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Standard output that cannot be written.
    #[error("the report cannot be printed ({source})")]
    Print {
        /// What the system says.
        source: io::Error,
    },
    /// A working directory that is gone or closed.
    #[error("the current folder cannot be read ({source})")]
    CurrentFolder {
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// What the user can do.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::NoSuchPath { meant, .. } => match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "name a file or a folder that exists".to_owned(),
            },
            Self::NotAFolder { file, .. } => format!("name `{}` itself", file.display()),
            Self::Discover(DiscoverError::Path { .. }) => {
                "check that it exists and may be read".to_owned()
            }
            Self::Discover(DiscoverError::Outside { .. }) => {
                "check it in a run of its own".to_owned()
            }
            Self::Discover(DiscoverError::Name { .. }) => "rename it".to_owned(),
            Self::Discover(DiscoverError::ManyGlobs) => {
                "name the folders that hold these files".to_owned()
            }
            Self::Discover(DiscoverError::Glob { .. }) => {
                "write it as in `.gitignore`, such as `tests/**`".to_owned()
            }
            Self::Config(error) => error.advice.clone(),
            Self::InConfig { error, .. } | Self::InInput { error, .. } => error.advice(),
            Self::NotOneOf { expected, .. } => format!("write {expected}"),
            Self::ConfigFile { .. } => "name a file that may be read".to_owned(),
            Self::BadSpecifier { .. } => {
                "write it as for pip, such as `2.3.4` or `>=2.4,<2.9`".to_owned()
            }
            Self::NoRelease { oldest, newest, .. } => {
                format!("the history goes from {oldest} to {newest}")
            }
            Self::Shard { .. } => {
                format!(
                    "write its number and how many there are, such as `2/4`, at most {MAX_SHARDS}"
                )
            }
            Self::UnknownRule { nearest, .. } => rule_advice(*nearest),
            Self::UnknownSymbol { near, .. } => match &near[..] {
                [] => "write it as Python does, such as `tf.keras.Model`".to_owned(),
                names => {
                    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                    format!("did you mean {}?", names.join(" or "))
                }
            },
            Self::NoPicture => "take `--format markdown`, or leave `--as` out".to_owned(),
            Self::SameFile { .. } => "give each report a file of its own".to_owned(),
            Self::Write { .. } => "name a file in a folder that exists and is yours".to_owned(),
            Self::Baseline { name, why } => {
                let first = match why {
                    Some(_) => "mend it, or take it away and ",
                    None => "",
                };
                format!("{first}write it with `tfmp check --write-baseline {name}`")
            }
            Self::BaselineFolder { name } => {
                let folder = name.trim_end_matches('/');
                format!("name a file, such as `{folder}/tfmp-baseline.json`")
            }
            Self::NoFiles { known, .. } => {
                let (oldest, newest) = known;
                format!("name a Python from 3.{oldest} to 3.{newest}")
            }
            Self::Report { .. } => {
                "name a file that `tfmp check --json-file` or `tfmp action` wrote".to_owned()
            }
            Self::Change { .. } => {
                "check that it may be written, or apply the patch of `tfmp fix --diff`".to_owned()
            }
            Self::Print { .. } => {
                "write it to a file with `--json-file` or `--sarif-file`".to_owned()
            }
            Self::CurrentFolder { .. } => "start from a folder that exists".to_owned(),
        }
    }
}
