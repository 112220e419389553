//! The pipeline, top to bottom: find files, read pins, read Python, judge, report.

mod baseline;
mod cache;
pub mod compat;
mod file;
mod judge;
mod methods;
mod notebooks;
pub mod progress;
mod read;
pub mod repair;
mod scopes;
mod silence;
mod silent;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use crate::api::{self, texts};
use crate::discover::{self, Disk, Input, MAX_SOURCE};
use crate::error::Error;
use crate::finding::{Finding, Notice};
use crate::maps::FastSet;
use crate::names::Package;
use crate::narrow::{self, Judge, Memory};
use crate::pins::{self, Manifest, Pin};
use crate::python::uses::Position;
use crate::python::{self, Project, Reading};
use crate::release::ReleaseSet;
use crate::report::Report;
use crate::rules::{self, tensorflow_not_pinned};
use crate::scope::{Pinning, ScopeOptions, Scopes};
use crate::settings::Settings;
use crate::text::{RepoPath, SourceFile};

use cache::Caches;
use read::{Code, Reader};
use silence::Silence;

/// Checks what the settings name.
///
/// # Errors
/// Where the tool cannot do its job; never because of what stands in the user's files.
pub fn check(settings: &Settings) -> Result<Report, Error> {
    check_on(settings, &Disk::new(&settings.request.root))
}

/// Checks what the settings name, as it stands on a disk.
fn check_on(settings: &Settings, disk: &Disk) -> Result<Report, Error> {
    let started = Instant::now();
    let mut caches = Caches::new();
    let gathered = gather(settings, disk, &settings.scopes, Some(&caches))?;
    caches.forget_scopes();
    let Gathered {
        manifests,
        scopes,
        code,
        ..
    } = &gathered;
    let mut report = Report {
        notices: gathered.notices.clone(),
        shard: settings.shard.map(|shard| shard.to_string()),
        files_checked: gathered.files,
        lines: code.lines,
        ..Report::default()
    };
    let vendors = gathered.vendors();
    let judged = judge::judge(settings, disk, scopes, code, &vendors, &caches);
    report.findings = judged.findings;
    report.findings.extend(judge_pins(
        manifests,
        &gathered.notebook_pins,
        scopes,
        settings,
    ));
    report
        .findings
        .extend(judge_variables(manifests, scopes, &vendors));
    report.notices.extend(judged.notices);
    report.notices.extend(disk.changed_meanwhile());
    let silence = Silence {
        disk,
        scopes,
        readings: &code.readings,
        manifests,
        marked: &code.marked,
        notices: &report.notices,
        tells_unused: settings.is_whole && !settings.is_trial,
    };
    let outcome = silence.apply(std::mem::take(&mut report.findings));
    (report.findings, report.silenced) = (outcome.findings, outcome.silenced);
    notebooks::edit_on_disk(&mut report.findings);
    let wants = |finding: &Finding| {
        let path = &finding.location.file.path;
        settings.wants(finding.rule, path) && settings.judges(path)
    };
    report.findings.retain(wants);
    report.silenced.retain(|one| wants(&one.finding));
    if let Some(shard) = settings.shard {
        let own =
            |path: &Option<RepoPath>| path.as_ref().map_or(shard.is_first(), |p| shard.has(p));
        report.notices.retain(|notice| own(&notice.path));
    }
    report.scopes = scopes::lines(scopes, &code.readings);
    report.sort();
    baseline::apply(settings, disk, &gathered.inputs, &mut report);
    report.elapsed = started.elapsed();
    Ok(report)
}

/// All that was read before anything is judged.
struct Gathered {
    inputs: Vec<Input>,
    manifests: Vec<Manifest>,
    scopes: Scopes,
    code: Code,
    /// What notebooks install for themselves.
    notebook_pins: Vec<Pin>,
    /// How many files were asked for.
    files: usize,
    notices: Vec<Notice>,
}

impl Gathered {
    /// Those whose own builds the project installs somewhere.
    fn vendors(&self) -> Vec<&'static str> {
        let mut vendors: Vec<&str> = self.manifests.iter().filter_map(|m| m.vendor).collect();
        vendors.sort_unstable();
        vendors.dedup();
        vendors
    }
}

/// Finds files and reads pins and code; pins make scopes under the options given. With caches, files in
/// which nothing can be found are [reduced](silent::reduce).
fn gather(
    settings: &Settings,
    disk: &Disk,
    options: &ScopeOptions,
    caches: Option<&Caches>,
) -> Result<Gathered, Error> {
    rayon::spawn(api::prepare);
    let (inputs, mut notices) = discover::discover(&settings.request)?;
    let files = inputs.iter().map(|input| (&input.path, input.kind));
    let ctx = pins::Ctx {
        files: disk,
        python: &|file| stated(file, disk),
    };
    let (manifests, more) = pins::read_all(files, ctx);
    notices.extend(more);
    let (mut scopes, more) = Scopes::new(&manifests, options);
    notices.extend(more);

    let paths: Vec<&RepoPath> = inputs
        .iter()
        .filter(|input| input.kind.is_code() && input.asked)
        .map(|input| &input.path)
        .collect();
    let reader = Reader {
        disk,
        project: Project::new(paths.iter().copied()),
        reducing: caches.map(|caches| (&scopes, caches)),
        shard: settings.shard,
    };
    let mut code = reader.read(&paths);
    code.marked.retain(|path| settings.judges(path));
    notices.append(&mut code.notices);
    let (notebook_pins, more) = notebooks::govern(disk, &mut scopes, &code.readings, options);
    notices.extend(more);
    if code
        .readings
        .iter()
        .any(notebooks::sets_legacy_keras_for_all)
    {
        scopes.use_legacy_keras();
        code.scopes_changed = true;
    }
    Ok(Gathered {
        files: paths.iter().filter(|path| settings.judges(path)).count(),
        inputs,
        manifests,
        scopes,
        code,
        notebook_pins,
        notices,
    })
}

/// What a Python manifest states. Nothing that is in it stops the run.
pub(crate) fn stated(file: &SourceFile, files: &(dyn pins::Files + Sync)) -> Vec<pins::Stated> {
    let module = |path: &RepoPath| files.open(path).ok().map(|(module, _)| module);
    let read = AssertUnwindSafe(|| python::declared::declared(&file.path, &file.text, &module));
    catch_unwind(read)
        .unwrap_or_default()
        .into_iter()
        .map(|one| pins::Stated {
            text: one.text,
            kind: match one.kind {
                python::declared::Kind::Requirement => pins::StatedKind::Requirement,
                python::declared::Kind::File => pins::StatedKind::File,
                python::declared::Kind::Python => pins::StatedKind::Python,
            },
            group: one.group,
            at: one.at,
        })
        .collect()
}

/// The notice on a file that met a fault of our own.
fn not_judged(path: &RepoPath) -> Notice {
    let message = "the file was not checked: judging it met a fault of tfmp";
    Notice::on_file(path, None, message).advise("please report it")
}

/// What is wrong with the pins themselves, each line told once however many files include it.
fn judge_pins(
    manifests: &[Manifest],
    notebooks: &[Pin],
    scopes: &Scopes,
    settings: &Settings,
) -> Vec<Finding> {
    let pins = manifests
        .iter()
        .flat_map(|manifest| &manifest.pins)
        .chain(notebooks)
        .filter(|pin| settings.scopes.concern(pin));
    let mut findings: Vec<Finding> = rules::check_pins(pins, &settings.scopes)
        .chain(scopes.iter().flat_map(rules::check_scope))
        .collect();
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    findings.dedup_by(|a, b| a.sort_key() == b.sort_key());
    findings
}

/// What is wrong with environment variables that files other than code set.
fn judge_variables(manifests: &[Manifest], scopes: &Scopes, vendors: &[&str]) -> Vec<Finding> {
    let (imported, together) = (FastSet::default(), || [ReleaseSet::EMPTY; 3]);
    let mut findings = Vec::new();
    for manifest in manifests {
        let judge = Judge {
            scope: scopes.governing(&manifest.path),
            imported: &imported,
            together: &together,
            memory: &Memory::default(),
        };
        let variables = manifest.variables.iter();
        findings
            .extend(variables.filter_map(|one| rules::check_stated_variable(one, vendors, &judge)));
    }
    findings
}

/// Whether a file switches the behaviour of 2.x on in 1.x.
fn switches_to_version_2(reading: &Reading) -> bool {
    let first = &texts::get().version_1;
    let is = |names: &[String], name: &str| names.iter().any(|known| known == name);
    let name = |path: &str| {
        let parent = |name: &String| path.strip_suffix(name.as_str());
        let mut parents = first.switches.iter().filter_map(parent);
        parents.any(|parent| parent.is_empty() || parent.ends_with('.'))
    };
    reading.uses.uses.iter().any(|used| name(&used.path))
        || reading
            .uses
            .variables
            .iter()
            .any(|set| is(&first.variables, &set.name))
}

/// Every module that some file imports by name, its parents included.
fn imported_modules(readings: &[Reading]) -> FastSet<String> {
    let mut modules = FastSet::default();
    for used in readings.iter().flat_map(|reading| &reading.uses.uses) {
        let count = match used.position {
            Position::ImportModule => used.path.split('.').count(),
            Position::ImportFrom { module_parts } => {
                let submodule =
                    api::lookup(&used.path).is_some_and(|symbol| !symbol.importable().is_empty());
                usize::from(module_parts) + usize::from(submodule)
            }
            Position::Star { module_parts } => usize::from(module_parts),
            Position::Attribute => continue,
        };
        for count in 2..=count {
            let module = narrow::leading(&used.path, count);
            if !modules.contains(module) {
                modules.insert(module.to_owned());
            }
        }
    }
    modules
}

/// Every API path that the project creates itself, outside of its tests.
fn created_paths(readings: &[Reading]) -> Vec<String> {
    let paths: BTreeSet<&str> = readings
        .iter()
        .flat_map(|reading| reading.created_for_others())
        .collect();
    paths.into_iter().map(str::to_owned).collect()
}

/// The text of a file that was read before.
fn source(disk: &Disk, reading: &Reading) -> Option<Arc<SourceFile>> {
    let path = &reading.path;
    if notebooks::is_notebook(path) {
        return notebooks::source(disk, reading);
    }
    let bytes = disk.bytes(path, MAX_SOURCE).ok()?;
    let text = python::decode::decode(path, bytes).text;
    Some(Arc::new(SourceFile::new(path.clone(), text)))
}

/// The one note of a project that pins nothing.
fn not_pinned(disk: &Disk, scopes: &Scopes, readings: &[Reading]) -> Option<Finding> {
    let (reading, first) = readings.iter().find_map(|reading| {
        let scope = scopes.governing(&reading.path);
        let unpinned = scope.environments.iter().all(|environment| {
            Package::ALL
                .iter()
                .all(|&package| environment.permitted(package).pinning == Pinning::Absent)
        });
        let first = reading.uses.uses.first().filter(|_| unpinned)?;
        Some((reading, first))
    })?;
    let file = source(disk, reading)?;
    Some(tensorflow_not_pinned::finding(&file, first))
}
