//! From cached wheels to one surface a release.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail};
use indicatif::ProgressBar;

use crate::cache::{Cache, write_whole};
use crate::eval;
use crate::files::Archive;
use crate::releases::{Known, minor_of};

/// Evaluation recurses as deep as imports nest.
const STACK: usize = 1 << 30;

/// Evaluates every release whose surface is not in the cache yet.
pub(crate) fn extract(cache: &Cache, known: &Known, again: bool) -> Result<()> {
    let todo: Vec<(String, String)> = known
        .releases()
        .filter(|(package, version)| again || !cache.surface(package, version).exists())
        .map(|(package, version)| (package.to_owned(), version.to_owned()))
        .collect();
    let bar = ProgressBar::new(todo.len() as u64);
    let next = AtomicUsize::new(0);
    let failed: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| -> Result<()> {
        for _ in 0..workers {
            std::thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, || {
                    while let Some((package, version)) =
                        todo.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        if let Err(error) = one(cache, package, version) {
                            let mut failed = failed.lock().expect("no worker panics");
                            failed.push(format!("{package} {version}: {error:#}"));
                        }
                        bar.inc(1);
                    }
                })
                .context("no thread could be started")?;
        }
        Ok(())
    })?;
    bar.finish();
    let failed = failed.into_inner().expect("no worker panics");
    if !failed.is_empty() {
        bail!(
            "{} releases could not be evaluated:\n{}",
            failed.len(),
            failed.join("\n")
        );
    }
    Ok(())
}

fn one(cache: &Cache, package: &str, version: &str) -> Result<()> {
    let own = cache.zip(package, version);
    if !own.exists() {
        bail!("{} is missing: run `cargo apidb fetch`", own.display());
    }
    let mut wheels = vec![own];
    wheels.extend(companions(cache, package, version)?);
    let archive = Archive::open(&wheels)?;
    let (surface, problems) = eval::surface(package, version, &archive);
    if surface.symbols.is_empty() {
        bail!("nothing was found: {}", problems.join("; "));
    }
    write_whole(
        &cache.surface(package, version),
        &serde_json::to_vec(&surface)?,
    )
}

/// The cached wheels that a release is evaluated with: those of its own minor release.
fn companions(cache: &Cache, package: &str, version: &str) -> Result<Vec<PathBuf>> {
    let minor = minor_of(version);
    let names: &[&str] = match package {
        "tensorflow" if minor < (1, 13) => &["tensorboard"],
        "tensorflow" if minor < (2, 6) => &["tensorflow_estimator", "tensorboard"],
        "tensorflow" if minor < (2, 16) => &["keras", "tensorflow_estimator", "tensorboard"],
        // The implementation takes names from TensorFlow.
        "keras" if ((2, 4)..(3, 0)).contains(&minor) => &["tensorflow"],
        "tf_keras" => &["tensorflow"],
        _ => &[],
    };
    let mut found = Vec::new();
    for name in names {
        found.extend(newest(cache, name, minor)?);
    }
    Ok(found)
}

/// The newest cached wheel of a distribution's minor release.
fn newest(cache: &Cache, name: &str, minor: (u64, u64)) -> Result<Option<PathBuf>> {
    let folder = cache.folder("files");
    let prefix = format!("{name}-");
    let mut best: Option<(Vec<u64>, PathBuf)> = None;
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let is_zip = path.extension().is_some_and(|extension| extension == "zip");
        let Some(version) = stem.and_then(|stem| stem.strip_prefix(&prefix)) else {
            continue;
        };
        if !is_zip || minor_of(version) != minor || version.contains("rc") {
            continue;
        }
        let key: Vec<u64> = version.split('.').map(|n| n.parse().unwrap_or(0)).collect();
        if best.as_ref().is_none_or(|(other, _)| key > *other) {
            best = Some((key, path));
        }
    }
    Ok(best.map(|(_, path)| path))
}
