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

/// A file that pip brought.
#[derive(Debug)]
pub(crate) struct Download {
    /// The wheel.
    pub(crate) path: PathBuf,
    /// Its authors withdrew the release.
    pub(crate) yanked: bool,
}

/// The versions of a package for which pip sees a wheel that CPython `3.minor` can use, newest
/// first, pre-releases included. Empty where it sees none.
pub(crate) fn wheel_versions(package: &str, minor: u32) -> Result<Vec<String>> {
    let mut command = pip();
    command.args(["index", "versions", "--pre", package]);
    wheel_options(&mut command, minor);
    let output = command.output().context("cannot run python3 -m pip")?;
    versions_of(package, &output)
}

/// The versions of a package that have a source distribution.
pub(crate) fn source_versions(package: &str) -> Result<Vec<String>> {
    let output = pip()
        .args(["index", "versions", "--pre", "--no-binary=:all:", package])
        .output()
        .context("cannot run python3 -m pip")?;
    versions_of(package, &output)
}

/// Downloads the wheel of one release, alone, for CPython `3.minor`.
pub(crate) fn download_wheel(
    package: &str,
    version: &str,
    minor: u32,
    folder: &Path,
) -> Result<Download> {
    let mut command = pip();
    command
        .args([
            "download",
            "--no-deps",
            "--no-cache-dir",
            "--progress-bar=off",
        ])
        .arg("--dest")
        .arg(folder);
    wheel_options(&mut command, minor);
    command.arg(format!("{package}=={version}"));
    brought(command, package, version, folder)
}

/// Builds the wheel of a release that has only a source distribution.
pub(crate) fn build_wheel(package: &str, version: &str, folder: &Path) -> Result<Download> {
    let mut command = pip();
    command
        .args(["wheel", "--no-deps", "--no-cache-dir", "--progress-bar=off"])
        .arg(format!("--no-binary={package}"))
        .arg("--wheel-dir")
        .arg(folder)
        .arg(format!("{package}=={version}"));
    brought(command, package, version, folder)
}

fn pip() -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "--disable-pip-version-check", "--no-input"]);
    command
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
        // pip says the same for "no such package" and "nothing that fits"; a broken network says
        // something else as well.
        if stderr.contains("No matching distribution found") && !stderr.contains("Retrying") {
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

fn brought(mut command: Command, package: &str, version: &str, folder: &Path) -> Result<Download> {
    let output = command.output().context("cannot run python3 -m pip")?;
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
