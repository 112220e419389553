//! `fetch`: every wheel is downloaded once, and a zip of its Python files is kept instead.
//!
//! The kept zip holds the `.py` files by their path below site-packages, the wheel's `METADATA`,
//! every extension module as an empty file, since it can be imported, and [`RECORD`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::cache::{Cache, write_whole};
use crate::index::{Index, Offer, PACKAGES, asked};
use crate::pip::Pip;
use crate::releases::Known;

/// The member of a kept zip that says what the wheel was.
const RECORD: &str = ".apidb.json";

/// The end of the path of a wheel's metadata.
const METADATA: &str = ".dist-info/METADATA";

/// What a kept zip knows about its wheel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The name of the wheel file.
    pub(crate) wheel: String,
    /// Withdrawn by its authors.
    pub(crate) yanked: bool,
    /// The newest day that a member carries, `YYYY-MM-DD`: when the wheel was built.
    pub(crate) built: String,
}

/// What `data/releases.tsv` takes from a kept zip.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// What was noted when the wheel was fetched.
    pub(crate) record: Record,
    /// The lines of the wheel's `METADATA`, if it had one.
    pub(crate) metadata: String,
}

/// Reads what a kept zip knows of its wheel.
pub(crate) fn facts(zip: &Path) -> Result<Facts> {
    let mut zip = ZipArchive::new(
        File::open(zip).with_context(|| format!("{} cannot be read", zip.display()))?,
    )?;
    let mut facts = Facts::default();
    for at in 0..zip.len() {
        let mut member = zip.by_index(at)?;
        let name = member.name()?.into_owned();
        if name == RECORD {
            facts.record = serde_json::from_reader(member)?;
        } else if name.ends_with(METADATA) && facts.metadata.is_empty() {
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes)?;
            facts.metadata = String::from_utf8_lossy(&bytes).into_owned();
        }
    }
    Ok(facts)
}

/// Fetches the named releases with their companions, or every release.
pub(crate) fn fetch(
    cache: &Cache,
    pip: &Pip,
    known: &Known,
    releases: &[String],
    jobs: usize,
) -> Result<Index> {
    let bar = ProgressBar::no_length().with_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}").expect("a fixed template"),
    );
    let index = Index::refresh(cache, pip, known, |message| bar.set_message(message))?;
    fetch_listed(cache, pip, &index, releases, jobs, &bar)?;
    Ok(index)
}

/// Fetches what is wanted of a list.
fn fetch_listed(
    cache: &Cache,
    pip: &Pip,
    index: &Index,
    releases: &[String],
    jobs: usize,
    bar: &ProgressBar,
) -> Result<()> {
    let wanted = wanted(index, releases)?;
    bar.set_length(wanted.len() as u64);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.max(1))
        .build()?;
    // One at a time from the front of the list: rayon would begin in its middle as well, and
    // whoever waits for the first release would wait for many.
    let queue = std::sync::Mutex::new(wanted.into_iter());
    let failed: Vec<String> = pool.install(|| {
        (0..jobs.max(1))
            .into_par_iter()
            .flat_map_iter(|_| {
                let mut failed = Vec::new();
                while let Some((package, offer)) =
                    queue.lock().map_or(None, |mut queue| queue.next())
                {
                    bar.set_message(format!("{package} {}", offer.version));
                    if let Err(error) = fetch_one(cache, pip, &package, &offer) {
                        bar.println(format!("{error:#}"));
                        failed.push(format!("{package} {}", offer.version));
                    }
                    bar.inc(1);
                }
                failed
            })
            .collect()
    });
    bar.finish_and_clear();
    if failed.is_empty() {
        Ok(())
    } else {
        bail!("not fetched: {}", failed.join(", "))
    }
}

/// The distributions to fetch, in order, each once: a release first, then its companions.
fn wanted(index: &Index, releases: &[String]) -> Result<Vec<(String, Offer)>> {
    let mut named: Vec<(String, String)> = Vec::new();
    for release in releases {
        let (package, version) = release
            .split_once("==")
            .ok_or_else(|| anyhow!("`{release}` is not PACKAGE==VERSION"))?;
        named.push((package.to_owned(), version.to_owned()));
    }
    if releases.is_empty() {
        for (package, _) in PACKAGES {
            for offer in index.of(package).iter().rev() {
                named.push(((*package).to_owned(), offer.version.clone()));
            }
        }
    }
    let mut wanted = Vec::new();
    let mut seen = BTreeSet::new();
    for (package, version) in named {
        let companions = index.companions(&package, &version);
        let companions = companions.into_iter().map(|(p, v)| (p.to_owned(), v));
        for (package, version) in std::iter::once((package.clone(), version)).chain(companions) {
            let offer = index
                .offer(&package, &version)
                .ok_or_else(|| anyhow!("the index has no {package} {version}"))?;
            if seen.insert((package.clone(), version)) {
                wanted.push((package, offer.clone()));
            }
        }
    }
    Ok(wanted)
}

/// Fetches one distribution unless the cache has it.
fn fetch_one(cache: &Cache, pip: &Pip, package: &str, offer: &Offer) -> Result<()> {
    let version = &offer.version;
    let zip = cache.zip(package, version);
    if zip.exists() {
        return Ok(());
    }
    let folder = cache
        .folder("download")
        .join(format!("{package}-{version}"));
    std::fs::create_dir_all(&folder)?;
    let result = (|| {
        let minors = match offer.python {
            Some(minor) => minor..=minor,
            None => asked(package),
        };
        let mut wheel = None;
        for minor in minors.rev() {
            wheel = pip.download_wheel(package, version, minor, &folder)?;
            if wheel.is_some() {
                break;
            }
        }
        let download = match wheel {
            Some(wheel) => wheel,
            None => pip.build_wheel(package, version, &folder)?,
        };
        let name = download
            .path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let kept = repack(File::open(&download.path)?, &name, download.yanked)
            .with_context(|| format!("cannot read {name}"))?;
        write_whole(&zip, &kept)
    })();
    // What is left of a download is worthless, and wheels are large.
    drop(std::fs::remove_dir_all(&folder));
    result.with_context(|| format!("{package} {version}"))
}

/// The zip to keep of a wheel.
fn repack(wheel: impl Read + std::io::Seek, name: &str, yanked: bool) -> Result<Vec<u8>> {
    let mut wheel = ZipArchive::new(wheel)?;
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut built = String::new();
    for at in 0..wheel.len() {
        let member = wheel.by_index_raw(at)?;
        if member.is_dir() {
            continue;
        }
        if let Some(day) = member.last_modified() {
            let day = format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day());
            built = built.max(day);
        }
        places.insert(site_path(&member.name()?).to_owned(), at);
    }
    let mut kept = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (path, &at) in &places {
        let ending = Path::new(path).extension().and_then(|end| end.to_str());
        if ending == Some("py") || path.ends_with(METADATA) {
            kept.raw_copy_file_rename(wheel.by_index_raw(at)?, path)?;
        } else if ending == Some("so") {
            kept.start_file(path, options)?;
        }
    }
    let record = Record {
        wheel: name.to_owned(),
        yanked,
        // The zero of the zip format: the build left the times out.
        built: if built.starts_with("1980") {
            String::new()
        } else {
            built
        },
    };
    kept.start_file(RECORD, options)?;
    kept.write_all(&serde_json::to_vec(&record)?)?;
    Ok(kept.finish()?.into_inner())
}

/// The place of a wheel's member below site-packages. Wheels up to TensorFlow 1.14 keep
/// everything in `<name>-<version>.data/purelib/`
/// (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).
fn site_path(member: &str) -> &str {
    if let Some((folder, rest)) = member.split_once('/')
        && folder.ends_with(".data")
        && let Some((scheme, path)) = rest.split_once('/')
        && matches!(scheme, "purelib" | "platlib")
    {
        return path;
    }
    member
}

#[cfg(test)]
mod tests;
