//! Which file of accepted findings counts, and what is in it: the option, else the input of the action,
//! else the key of the configuration.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::Chosen;
use super::{Settings, current_folder, runner};
use crate::error::Error;
use crate::report::baseline::Baseline;

/// A file of accepted findings.
#[derive(Debug)]
pub struct BaselineFile {
    /// Where it is.
    pub path: PathBuf,
    /// As reports show it: from the root where it lies below that, with `/` between its parts.
    pub name: String,
    /// As a command would name it, from the current folder.
    pub given: String,
    /// What it accepts.
    pub accepted: Baseline,
    /// All that is found is accepted, and it is written anew.
    pub is_new: bool,
}

/// The file that a configuration names.
#[derive(Debug)]
pub(super) struct Found {
    /// From the root.
    path: PathBuf,
    /// Where the configuration says so.
    place: String,
}

/// What a configuration says; its paths count from its folder.
pub(super) fn configured(chosen: &Chosen) -> Option<Found> {
    let value = chosen.config.baseline.as_ref()?;
    Some(Found {
        path: Path::new(&chosen.folder).join(&value.value),
        place: chosen.config.place(value.at.start),
    })
}

impl Settings {
    /// The baseline that was named, which has to be there.
    pub(super) fn given_baseline(&self, given: &Path) -> Result<BaselineFile, Error> {
        let mut file = self.new_baseline(given)?;
        if !file.path.exists() {
            return Err(missing(&file.given));
        }
        file.is_new = false;
        Ok(file)
    }

    /// The baseline that is to be written. What is there is kept where this run cannot tell; a file
    /// that is something else is not overwritten.
    pub(super) fn new_baseline(&self, given: &Path) -> Result<BaselineFile, Error> {
        let current = current_folder()?;
        let path = current.join(given);
        let below = path.strip_prefix(&current).ok();
        let below = below.filter(|below| !below.as_os_str().is_empty());
        let given = below.unwrap_or(given).to_string_lossy().into_owned();
        Ok(BaselineFile {
            name: self.shown(&path),
            accepted: read(&path, &given)?,
            path,
            given,
            is_new: true,
        })
    }

    /// The baseline that the configuration names.
    pub(super) fn found_baseline(&self) -> Result<Option<BaselineFile>, Error> {
        let Some(found) = &self.configured_baseline else {
            return Ok(None);
        };
        let read = self.given_baseline(&self.request.root.join(&found.path));
        read.map(Some).map_err(|error| Error::InConfig {
            place: found.place.clone(),
            error: Box::new(error),
        })
    }

    fn shown(&self, path: &Path) -> String {
        let folder = path.parent().unwrap_or(path);
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let full = folder.join(path.file_name().unwrap_or_default());
        let root = &self.request.root;
        let shown = full.strip_prefix(root).unwrap_or(&full);
        let parts: Vec<_> = shown.iter().map(|part| part.to_string_lossy()).collect();
        match shown.is_absolute() {
            true => shown.to_string_lossy().into_owned(),
            false => parts.join("/"),
        }
    }
}

fn missing(name: &str) -> Error {
    Error::Baseline {
        name: name.to_owned(),
        why: None,
    }
}

/// Larger baselines are not read, in bytes: half a million entries stay below.
const LARGEST: u64 = 256 << 20;

/// Reads a file. One that is not there accepts nothing.
fn read(path: &Path, name: &str) -> Result<Baseline, Error> {
    let refuse = |why: String| Error::Baseline {
        name: name.to_owned(),
        why: Some(why),
    };
    if path.is_dir() {
        let name = name.to_owned();
        return Err(Error::BaselineFolder { name });
    }
    match read_text(path) {
        Ok(text) => {
            let read = Baseline::read(&text);
            read.map_err(|error| refuse(error.to_string()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Baseline::default()),
        Err(error) => Err(refuse(error.to_string())),
    }
}

/// The text of a regular file that is not larger than any baseline: a pipe would be waited for.
fn read_text(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let bytes = runner::read(path, LARGEST)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}
