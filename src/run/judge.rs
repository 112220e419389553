//! Judging all files, each under its scope, until there are more findings than anybody reads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use super::cache::Caches;
use super::file::{self, MOST_FINDINGS, Names, Told};
use super::read::{self, Code};
use super::{
    created_paths, imported_modules, methods, not_judged, not_pinned, silent, switches_to_version_2,
};
use crate::discover::Disk;
use crate::finding::{Finding, Notice};
use crate::maps::FastMap;
use crate::narrow::{self, Judge, Memory};
use crate::python::Reading;
use crate::release::ReleaseSet;
use crate::scope::Scopes;
use crate::settings::Settings;
use crate::text::RepoPath;

/// What judging gave.
pub(super) struct Judged {
    pub(super) findings: Vec<Finding>,
    pub(super) notices: Vec<Notice>,
}

/// The code that one scope governs.
#[derive(Default)]
struct Governed<'r> {
    readings: Vec<&'r Reading>,
    /// What [`Judge::together`] tells, asked for at most once.
    together: OnceLock<[ReleaseSet; 3]>,
}

/// Judges all files.
pub(super) fn judge(
    settings: &Settings,
    disk: &Disk,
    scopes: &Scopes,
    code: &Code,
    vendors: &[&str],
    caches: &Caches,
) -> Judged {
    let (readings, taken) = (&code.readings, &code.taken);
    let imported = imported_modules(readings);
    let created = created_paths(readings);
    let ambiguous = methods::ambiguous(code);
    let legacy_named = readings.iter().any(|reading| reading.legacy_keras);
    let version_2 = readings.iter().any(switches_to_version_2);
    let mut governed: FastMap<&str, Governed<'_>> = FastMap::default();
    for reading in readings {
        let scope = scopes.governing(&reading.path);
        let governed = governed.entry(&scope.folder).or_default();
        governed.readings.push(reading);
    }
    let judge_one = |reading: &Reading, most: usize| {
        let scope = scopes.governing(&reading.path);
        let together = || {
            let governed = &governed[scope.folder.as_str()];
            *governed.together.get_or_init(|| {
                let uses = governed.readings.iter().flat_map(|reading| {
                    let uses = &reading.uses;
                    uses.uses.iter().map(move |used| (uses, used))
                });
                narrow::together(uses, &imported)
            })
        };
        let judge = Judge {
            scope,
            imported: &imported,
            together: &together,
            memory: &Memory::default(),
        };
        let names = Names {
            created: &created,
            ambiguous: &ambiguous,
            taken,
            version_2,
            legacy_named,
            vendors,
        };
        caches.with(|cache| {
            if !reading.uses.reduced {
                return file::judge(disk, &judge, reading, names, most, cache);
            }
            if !code.scopes_changed && silent::is_still_silent(reading, &judge, cache) {
                return Told::default();
            }
            let again = read::again(disk, &reading.path, code);
            let again = again.as_ref().unwrap_or(reading);
            file::judge(disk, &judge, again, names, most, cache)
        })
    };
    let mut judged = Judged {
        findings: Vec::new(),
        notices: Vec::new(),
    };
    // Uses of files that were judged when there were enough findings.
    let (mut left_out, mut files) = (0, 0);
    for part in parts(readings) {
        let is_full = judged.findings.len() >= MOST_LISTED;
        let most = if is_full { 1 } else { MOST_FINDINGS };
        let results: Vec<Result<(&Reading, Told), Notice>> = part
            .par_iter()
            .filter(|reading| settings.judges(&reading.path))
            .map(|reading| {
                let work = AssertUnwindSafe(|| judge_one(reading, most));
                let told = catch_unwind(work).map_err(|_| not_judged(&reading.path))?;
                Ok((reading, told))
            })
            .collect();
        for result in results {
            match result {
                Ok((reading, told)) => {
                    judged.findings.extend(told.findings);
                    match told.left_out {
                        0 => {}
                        more if is_full => (left_out, files) = (left_out + more, files + 1),
                        more => judged.notices.push(full_file(&reading.path, more)),
                    }
                }
                Err(notice) => judged.notices.push(notice),
            }
        }
    }
    if left_out > 0 {
        judged.notices.push(full_run(left_out, files));
    }
    judged.findings.extend(not_pinned(disk, scopes, readings));
    judged
}

/// How many findings are listed before no more than the first of each file is, and the first error: no
/// place shows as many, and each is kept until the run ends.
const MOST_LISTED: usize = 100_000;

/// Files are judged side by side in parts; after each part, the findings are counted. One part has at most
/// this many uses, or one file.
const USES_TOGETHER: usize = 20_000;

/// Files in their order, in parts that are judged one after the other.
fn parts(readings: &[Reading]) -> Vec<&[Reading]> {
    let (mut parts, mut start, mut uses) = (Vec::new(), 0, 0);
    for (at, reading) in readings.iter().enumerate() {
        let own = reading.uses.uses.len().min(MOST_FINDINGS);
        if uses + own > USES_TOGETHER {
            parts.push(&readings[start..at]);
            (start, uses) = (at, 0);
        }
        uses += own;
    }
    parts.push(&readings[start..]);
    parts
}

/// The notice on a file with more findings than are listed.
fn full_file(path: &RepoPath, more: usize) -> Notice {
    let count = match more {
        1 => "1 more use fails".to_owned(),
        _ => format!("{more} more uses fail"),
    };
    let message = format!(
        "there are {MOST_FINDINGS} findings in this file, and {count} on a permitted release: these are not \
         listed"
    );
    Notice::on_file(path, None, message)
}

/// The notice on a run with more findings than are listed.
fn full_run(more: usize, files: usize) -> Notice {
    let message = format!(
        "there are more than {MOST_LISTED} findings, and {more} more uses in {files} files fail on a permitted \
         release: these are not listed"
    );
    Notice {
        path: None,
        line: None,
        message,
        advice: "check fewer folders in one run, or use `--shard`".to_owned(),
    }
}
