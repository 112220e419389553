//! The package index, asked through pip: whatever index, mirror, certificate or proxy pip is
//! configured with serves the generator too, and no address stands in this project.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// The platform tags under which linux x86_64 wheels were ever published.
const PLATFORMS: &[&str] = &[
    "manylinux1_x86_64",
    "manylinux2010_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux_2_24_x86_64",
    "manylinux_2_27_x86_64",
    "manylinux_2_28_x86_64",
    "manylinux_2_31_x86_64",
    "manylinux_2_34_x86_64",
    "manylinux_2_35_x86_64",
    "manylinux_2_39_x86_64",
    "linux_x86_64",
];

/// Other systems for which wheels are published; pip takes a macOS tag for all older ones too.
const ELSEWHERE: &[&str] = &[
    "manylinux2014_aarch64",
    "manylinux_2_17_aarch64",
    "manylinux_2_28_aarch64",
    "linux_aarch64",
    "win_amd64",
    "macosx_15_0_arm64",
    "macosx_15_0_x86_64",
];

/// How pip is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pip {
    /// A folder of distributions that stands in for the index.
    pub(crate) folder: Option<PathBuf>,
}

/// A file that pip brought.
#[derive(Debug)]
pub(crate) struct Download {
    /// The wheel.
    pub(crate) path: PathBuf,
    /// Its authors withdrew the release.
    pub(crate) yanked: bool,
}

impl Pip {
    /// The versions of a package that pip lists for CPython `3.minor`, newest first, pre-releases
    /// included. Some releases of pip list those with only a source distribution as well.
    pub(crate) fn wheel_versions(&self, package: &str, minor: u32) -> Result<Vec<String>> {
        self.listed(package, minor, &[])
    }

    /// The versions of a package that have a wheel for CPython `3.minor` on some system.
    pub(crate) fn versions_anywhere(&self, package: &str, minor: u32) -> Result<Vec<String>> {
        self.listed(package, minor, ELSEWHERE)
    }

    fn listed(&self, package: &str, minor: u32, more_platforms: &[&str]) -> Result<Vec<String>> {
        let mut command = self.command(&["index", "versions", "--pre", package]);
        wheel_options(&mut command, minor);
        for platform in more_platforms {
            command.arg(format!("--platform={platform}"));
        }
        let output = command.output().context("cannot run python3 -m pip")?;
        versions_of(package, &output)
    }

    /// Whether a version has a wheel for CPython `3.minor`: some releases of pip list versions that
    /// have only a source for every Python.
    pub(crate) fn has_wheel(&self, package: &str, version: &str, minor: u32) -> Result<bool> {
        let mut command = self.command(&["install", "--dry-run", "--no-deps", "--quiet"]);
        command.args(["--target", "unused"]);
        wheel_options(&mut command, minor);
        command.arg(format!("{package}=={version}"));
        let output = command.output().context("cannot run python3 -m pip")?;
        if output.status.success() {
            return Ok(true);
        }
        if offers_nothing(&output) {
            return Ok(false);
        }
        bail!(
            "pip cannot tell whether {package} {version} has a wheel: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }

    /// The versions of a package that have a source distribution.
    pub(crate) fn source_versions(&self, package: &str) -> Result<Vec<String>> {
        let output = self
            .command(&["index", "versions", "--pre", "--no-binary=:all:", package])
            .output()
            .context("cannot run python3 -m pip")?;
        versions_of(package, &output)
    }

    /// Downloads the wheel of one release, alone, for CPython `3.minor`; none if it has no wheel.
    pub(crate) fn download_wheel(
        &self,
        package: &str,
        version: &str,
        minor: u32,
        folder: &Path,
    ) -> Result<Option<Download>> {
        let mut command = self.command(&[
            "download",
            "--no-deps",
            "--no-cache-dir",
            "--progress-bar=off",
        ]);
        command.arg("--dest").arg(folder);
        wheel_options(&mut command, minor);
        command.arg(format!("{package}=={version}"));
        let output = command.output().context("cannot run python3 -m pip")?;
        if !output.status.success() && offers_nothing(&output) {
            return Ok(None);
        }
        brought(&output, package, version, folder).map(Some)
    }

    /// Builds the wheel of a release that has only a source distribution.
    pub(crate) fn build_wheel(
        &self,
        package: &str,
        version: &str,
        folder: &Path,
    ) -> Result<Download> {
        let mut command =
            self.command(&["wheel", "--no-deps", "--no-cache-dir", "--progress-bar=off"]);
        command
            .arg(format!("--no-binary={package}"))
            .arg("--wheel-dir")
            .arg(folder)
            .arg(format!("{package}=={version}"));
        let output = command.output().context("cannot run python3 -m pip")?;
        brought(&output, package, version, folder)
    }

    fn command(&self, subcommand: &[&str]) -> Command {
        let mut command = Command::new("python3");
        command.args(["-m", "pip", "--disable-pip-version-check", "--no-input"]);
        command.args(subcommand);
        if let Some(folder) = &self.folder {
            command.arg("--no-index").arg("--find-links").arg(folder);
        }
        command
    }
}

fn wheel_options(command: &mut Command, minor: u32) {
    command
        .arg("--only-binary=:all:")
        .arg(format!("--python-version=3.{minor}"))
        .arg("--implementation=cp")
        .arg(format!("--abi=cp3{minor}"))
        .arg(format!("--abi=cp3{minor}m"))
        .args(["--abi=abi3", "--abi=none"]);
    for platform in PLATFORMS {
        command.arg(format!("--platform={platform}"));
    }
}

/// Reads `Available versions: 1.1, 1.0`.
fn versions_of(package: &str, output: &Output) -> Result<Vec<String>> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        if offers_nothing(output) {
            return Ok(Vec::new());
        }
        bail!(
            "pip cannot list the versions of {package}: {}",
            stderr.trim()
        );
    }
    let line = stdout
        .lines()
        .find_map(|line| line.strip_prefix("Available versions:"))
        .with_context(|| format!("pip lists no versions of {package}: {stdout}"))?;
    Ok(line
        .split(',')
        .map(|version| version.trim().to_owned())
        .collect())
}

/// Whether pip reached the index and found nothing that fits. It says the same of a package that
/// does not exist; of a broken network it says more.
fn offers_nothing(output: &Output) -> bool {
    let stderr = String::from_utf8_lossy(&output.stderr);
    stderr.contains("No matching distribution found") && !stderr.contains("Retrying")
}

fn brought(output: &Output, package: &str, version: &str, folder: &Path) -> Result<Download> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("pip cannot bring {package} {version}: {}", stderr.trim());
    }
    let wheel = std::fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "whl"))
        .with_context(|| format!("pip brought no wheel of {package} {version}"))?;
    Ok(Download {
        path: wheel,
        yanked: stderr.contains("is a yanked version"),
    })
}
