//! What the program says of a project that is made for it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Parser as _;
use tfmp::cli::{Cli, Command};
use tfmp::report::Report;
use tfmp::rules;
use tfmp::settings::Settings;

/// A folder with one file of code and its pins, as `NAME==VERSION`.
pub(crate) struct Project {
    folder: PathBuf,
}

impl Project {
    /// The file of code.
    pub(crate) const CODE: &str = "app.py";

    /// Lays out `folder` anew.
    pub(crate) fn new(folder: PathBuf, pins: &[&str], code: &str) -> Result<Self> {
        drop(std::fs::remove_dir_all(&folder));
        // A repository of its own, wherever the cache is.
        std::fs::create_dir_all(folder.join(".git"))?;
        let mut lines = String::new();
        for pin in pins {
            writeln!(lines, "{pin}")?;
        }
        std::fs::write(folder.join("requirements.txt"), lines)?;
        std::fs::write(folder.join(Self::CODE), code)?;
        Ok(Self { folder })
    }

    /// As `tfmp check` has them without any option.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let folder: &Path = &self.folder;
        let asked = ["tfmp".as_ref(), "check".as_ref(), folder.as_os_str()];
        let Command::Check(args) = Cli::try_parse_from(asked)?.command else {
            bail!("`check` is a command");
        };
        Settings::new(&args, rules::ALL).map_err(|error| anyhow!("{error}"))
    }

    /// What `tfmp check` reports.
    pub(crate) fn checked(&self) -> Result<Report> {
        tfmp::run::check(&self.settings()?).map_err(|error| anyhow!("{error}"))
    }
}
