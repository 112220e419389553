//! Which releases some code supports: every use is looked at once, for all releases of TensorFlow
//! together. Release R is supported where a check with `--tensorflow ==R` finds no error in the code; a
//! test holds the two against each other.
//!
//! Where nothing guards a use, sets say on which releases it fails. Where something does, and where a
//! rule looks at a whole file, each release is asked for itself, as a check would.

mod file;
mod ground;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use super::{
    Gathered, created_paths, gather, imported_modules, methods, not_judged, silence,
    switches_to_version_2,
};
use crate::compat::{Blocker, Compat};
use crate::discover::Disk;
use crate::error::Error;
use crate::finding::Notice;
use crate::names::{Package, RuleId};
use crate::python::Reading;
use crate::release::{ReleaseSet, ReleaseTable};
use crate::rules;
use crate::scope::Pinning;
use crate::settings::Settings;
use crate::suppress::{self, Silencers};
use crate::text::{RepoPath, Span};

use file::{Memory, Names};
use ground::{Ground, Grounds};

/// Finds out which releases the code supports that the settings name.
///
/// # Errors
/// Where the tool cannot do its job; never because of what stands in the user's files.
pub fn compat(settings: &Settings) -> Result<Compat, Error> {
    let started = Instant::now();
    let disk = Disk::new(&settings.request.root);
    let gathered = gather(settings, &disk, &settings.scopes, None)?;
    let asked = ReleaseTable::of(Package::Tensorflow).all() & settings.scopes.installable();
    let (mut blockers, notices) = blockers(&disk, &gathered, asked);
    blockers.retain(|one| settings.wants(one.rule, &one.location.file.path));
    blockers.sort_by(|a, b| key(a).cmp(&key(b)));
    let (pinned, pins) = pinned(&gathered);
    let mut found = Compat {
        asked,
        python: settings
            .scopes
            .python
            .as_ref()
            .map(|one| one.line.text.clone()),
        pinned,
        pins,
        blockers,
        notices: gathered.notices,
        files: gathered.files,
        elapsed: started.elapsed(),
    };
    found.notices.extend(notices);
    found.notices.sort_unstable();
    found.notices.dedup();
    Ok(found)
}

fn key(one: &Blocker) -> (&RepoPath, Span, RuleId, &str) {
    let place = &one.location;
    (&place.file.path, place.span, one.rule, &one.symbol)
}

/// What blocks some releases, in every file.
fn blockers(disk: &Disk, gathered: &Gathered, asked: ReleaseSet) -> (Vec<Blocker>, Vec<Notice>) {
    let (readings, scopes) = (&gathered.code.readings, &gathered.scopes);
    let imported = imported_modules(readings);
    let created = created_paths(readings);
    let ambiguous = methods::ambiguous(&gathered.code);
    let names = Names {
        imported: &imported,
        created: &created,
        ambiguous: &ambiguous,
        version_2: readings.iter().any(switches_to_version_2),
        legacy_named: readings.iter().any(|reading| reading.legacy_keras),
    };
    let grounds = Grounds::of(scopes, readings, asked);
    let paths = ground::paths(readings, scopes, &grounds, &imported);
    let judged: Vec<Result<Vec<Blocker>, Notice>> = readings
        .par_iter()
        .map_init(Memory::default, |memory, reading| {
            let number = grounds.number(scopes.governing(&reading.path));
            let on = (grounds.get(number), number);
            let work = AssertUnwindSafe(|| {
                let found = file::blockers(disk, reading, on, &paths, names, memory);
                spared(found, readings, on.0)
            });
            catch_unwind(work).map_err(|_| not_judged(&reading.path))
        })
        .collect();
    let (mut blockers, mut notices) = (Vec::new(), Vec::new());
    for one in judged {
        match one {
            Ok(found) => blockers.extend(found),
            Err(notice) => notices.push(notice),
        }
    }
    (blockers, notices)
}

/// What comments leave of the blockers of a file: those that count are no blockers on any release, or on
/// those before the version that they name.
fn spared(mut found: Vec<Blocker>, readings: &[Reading], ground: &Ground) -> Vec<Blocker> {
    let file = found.first().map(|one| Arc::clone(&one.location.file));
    let Some(file) = file else { return found };
    let Some(comments) = silence::comments(&file, readings) else {
        return found;
    };
    let mut all = Silencers::of(&file, &comments, rules::ALL);
    for one in &mut found {
        let silencers = all.at(one.rule, one.location.span);
        if silencers.is_empty() {
            continue;
        }
        let root = one.symbol.split('.').next().unwrap_or_default();
        let package = Package::from_name(root).unwrap_or(Package::Tensorflow);
        let counts = |release: usize| {
            let permitted = ground.permitted(release, package);
            let mut silencers = silencers.iter();
            silencers.any(|before| match before {
                Some(before) => !suppress::has_ended(before, package, permitted),
                None => true,
            })
        };
        let silent: ReleaseSet = one.broken.iter().filter(|&at| counts(at)).collect();
        one.broken = one.broken - silent;
    }
    found.retain(|one| !one.broken.is_empty());
    found
}

/// The releases that the pins permit, and what they are, folder by folder; nothing where nothing pins.
fn pinned(gathered: &Gathered) -> (ReleaseSet, Vec<String>) {
    let (mut releases, mut lines) = (ReleaseSet::EMPTY, Vec::new());
    for reading in &gathered.code.readings {
        let scope = gathered.scopes.governing(&reading.path);
        let pins = scope
            .environments
            .iter()
            .map(|environment| &environment.tensorflow)
            .filter(|permitted| permitted.pinning != Pinning::Absent);
        for permitted in pins {
            releases = releases | permitted.releases;
            for pin in &permitted.pins {
                let line = match &pin.location {
                    Some(place) => {
                        let line = place.file.line_on_disk(place.span.start);
                        format!("{} ({}:{line})", pin.text, place.file.path)
                    }
                    None => pin.text.clone(),
                };
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
    }
    (releases, lines)
}
