//! Which file of configuration counts, and what its paths are relative to.
//!
//! The nearest folder at or above what is checked, up to the root of the repository, that has one:
//! `tfmp.toml`, else `.tfmp.toml`, else a `pyproject.toml` with `[tool.tfmp]`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::paths::no_such_path;
use super::runner;
use crate::config::{self, Config, ConfigError};
use crate::discover::{MAX_MANIFEST, decode, is_of_the_clone};
use crate::error::Error;
use crate::rule::RuleMeta;
use crate::text::{RepoPath, SourceFile};

/// A configuration, and the folder from which its globs count: `""` for the root.
pub(super) struct Chosen {
    pub(super) config: Config,
    pub(super) folder: String,
}

impl Chosen {
    /// A glob of the file as one over paths from the root.
    pub(super) fn glob(&self, written: &str) -> String {
        if self.folder.is_empty() {
            return written.to_owned();
        }
        let folder = globset::escape(&self.folder);
        let plain = written.trim_start_matches("./");
        if plain.trim_end_matches('/').contains('/') {
            format!("{folder}/{}", plain.trim_start_matches('/'))
        } else {
            format!("{folder}/**/{plain}")
        }
    }
}

/// The file that counts where none is named: `from` is the folder that holds all that is checked.
pub(super) fn find(from: &Path, root: &Path, rules: &[RuleMeta]) -> Result<Option<Chosen>, Error> {
    for folder in from
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
    {
        for name in config::FILE_NAMES.iter().chain([&config::SHARED_FILE]) {
            let path = folder.join(name);
            if !path.is_file() {
                continue;
            }
            let shared = *name == config::SHARED_FILE;
            let file = match open_below(&path, root) {
                Ok(file) => file,
                // A manifest that cannot be read gets a notice where pins are read.
                Err(_) if shared => continue,
                Err(error) => return Err(error),
            };
            let config = if shared {
                config::read_shared(&file, rules)?
            } else {
                Some(config::read(&file, rules)?)
            };
            if let Some(config) = config {
                let folder = config.file.path.folder().to_owned();
                return Ok(Some(Chosen { config, folder }));
            }
        }
    }
    Ok(None)
}

/// The file that `--config` names. Its globs count from the root, wherever it lies.
pub(super) fn named(
    given: &Path,
    current: &Path,
    root: &Path,
    rules: &[RuleMeta],
) -> Result<Chosen, Error> {
    let path = current.join(given);
    if !path.exists() {
        return Err(no_such_path(given, current));
    }
    let file = open(&path, root)?;
    let config = if file.path.file_name() == config::SHARED_FILE {
        config::read_shared(&file, rules)?.ok_or_else(|| ConfigError {
            place: file.path.to_string(),
            message: "there is no `[tool.tfmp]` in this file".to_owned(),
            advice: "add the table, or name another file".to_owned(),
        })?
    } else {
        config::read(&file, rules)?
    };
    Ok(Chosen {
        config,
        folder: String::new(),
    })
}

/// Reads a file that was found. What it says is quoted where it is wrong, so that a link must not lead to
/// files of somebody else.
fn open_below(path: &Path, root: &Path) -> Result<Arc<SourceFile>, Error> {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let inside = full.strip_prefix(root);
    if inside.is_ok_and(|inside| !is_of_the_clone(inside)) {
        return open(path, root);
    }
    Err(Error::ConfigFile {
        path: path.strip_prefix(root).unwrap_or(path).to_owned(),
        why: "it lies outside the repository".to_owned(),
    })
}

/// Reads a file, under its path from the root where it lies below that.
fn open(path: &Path, root: &Path) -> Result<Arc<SourceFile>, Error> {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let shown: PathBuf = full.strip_prefix(root).map_or(full.clone(), Path::to_owned);
    let refuse = |why: String| Error::ConfigFile {
        path: shown.clone(),
        why,
    };
    let bytes = runner::read(path, MAX_MANIFEST).map_err(|error| refuse(error.to_string()))?;
    let (text, _) = decode::decode(bytes).map_err(|why| refuse(why.to_owned()))?;
    let path = RepoPath::new(&shown.to_string_lossy());
    Ok(Arc::new(SourceFile::new(path, text)))
}
