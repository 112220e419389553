//! The pipeline, top to bottom: find files, read pins, read Python, judge, report.

mod baseline;
pub mod compat;
mod file;
mod methods;
mod notebooks;
pub mod progress;
pub mod repair;
mod scopes;
mod silence;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rayon::prelude::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::api::{self, texts};
use crate::discover::{self, Disk, Input, MAX_SOURCE};
use crate::error::Error;
use crate::finding::{Finding, Notice};
use crate::maps::{FastMap, FastSet};
use crate::names::Package;
use crate::narrow::{self, History, Judge, Memory};
use crate::pins::{self, Manifest, Pin};
use crate::python::uses::Position;
use crate::python::{self, Dialect, ImportWords, Project, ProjectExports, Reading};
use crate::release::ReleaseSet;
use crate::report::Report;
use crate::rules::{self, tensorflow_not_pinned};
use crate::scope::{Pinning, ScopeOptions, Scopes};
use crate::settings::Settings;
use crate::text::{RepoPath, SourceFile};

use file::{Cache, Names};
use repair::Taken;
use silence::Silence;

/// How often files are looked through for imports of modules that hand on the API.
const ROUNDS: usize = 3;

/// Checks what the settings name.
///
/// # Errors
/// Where the tool cannot do its job; never because of what stands in the user's files.
pub fn check(settings: &Settings) -> Result<Report, Error> {
    let (report, gathered) = check_on(settings, &Disk::new(&settings.request.root))?;
    // The process ends with its report: giving back a million small pieces first takes longer.
    std::mem::forget(gathered);
    Ok(report)
}

/// Checks what the settings name, as it stands on a disk; with all that was read for it.
fn check_on(settings: &Settings, disk: &Disk) -> Result<(Report, Gathered), Error> {
    let started = Instant::now();
    let gathered = gather(settings, disk, &settings.scopes)?;
    let Gathered {
        manifests,
        scopes,
        code,
        ..
    } = &gathered;
    let mut report = Report {
        notices: gathered.notices.clone(),
        files_checked: gathered.files,
        lines: code.lines,
        ..Report::default()
    };
    let vendors = gathered.vendors();
    let judged = judge(disk, scopes, code, &vendors);
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
    let wants = |finding: &Finding| settings.wants(finding.rule, &finding.location.file.path);
    report.findings.retain(wants);
    report.silenced.retain(|one| wants(&one.finding));
    report.scopes = scopes::lines(scopes, &code.readings);
    report.sort();
    baseline::apply(settings, disk, &gathered.inputs, &mut report);
    report.elapsed = started.elapsed();
    Ok((report, gathered))
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

/// Finds files and reads pins and code; pins make scopes under the options given.
fn gather(settings: &Settings, disk: &Disk, options: &ScopeOptions) -> Result<Gathered, Error> {
    let (inputs, mut notices) = discover::discover(&settings.request)?;
    let files = inputs.iter().map(|input| (&input.path, input.kind));
    let ctx = pins::Ctx {
        files: disk,
        python: &stated,
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
    let mut code = read_code(disk, &paths);
    notices.append(&mut code.notices);
    let (notebook_pins, more) = notebooks::govern(disk, &mut scopes, &code.readings, options);
    notices.extend(more);
    if code
        .readings
        .iter()
        .any(notebooks::sets_legacy_keras_for_all)
    {
        scopes.use_legacy_keras();
    }
    Ok(Gathered {
        files: paths.len(),
        inputs,
        manifests,
        scopes,
        code,
        notebook_pins,
        notices,
    })
}

/// What a Python manifest states. Nothing that is in it stops the run.
pub(crate) fn stated(file: &SourceFile) -> Vec<pins::Stated> {
    let read = AssertUnwindSafe(|| python::declared::declared(&file.path, &file.text));
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

/// What was read of all Python files.
struct Code {
    readings: Vec<Reading>,
    /// Files that have nothing to do with the API, and were not read.
    others: Vec<RepoPath>,
    notices: Vec<Notice>,
    lines: usize,
    taken: Taken,
    /// Files that may have comments that silence by name.
    marked: Vec<RepoPath>,
}

/// What a first look at a file gave.
struct Glanced {
    glance: Glance,
    /// It may have comments that silence by name.
    marked: bool,
}

/// What one file gave.
enum Glance {
    /// It has to do with the API.
    Read(Box<Reading>, usize),
    /// It names neither TensorFlow nor Keras; what it imports, and its lines.
    Other(ImportWords, usize),
    /// It could not be read.
    Failed(Notice),
}

/// Reads one file if it names the API itself.
fn glance_at(disk: &Disk, path: &RepoPath, project: &Project) -> Glanced {
    let bytes = match disk.bytes(path, MAX_SOURCE) {
        Ok(bytes) => bytes,
        Err(notice) => {
            return Glanced {
                glance: Glance::Failed(notice),
                marked: false,
            };
        }
    };
    let lines = memchr::memchr_iter(b'\n', &bytes).count();
    let marked = python::may_silence(&bytes);
    let glance = if python::mentions(&bytes) {
        match read_bytes(path, bytes, project, None) {
            Ok(reading) => Glance::Read(Box::new(reading), lines),
            Err(notice) => Glance::Failed(notice),
        }
    } else {
        Glance::Other(ImportWords::of(&bytes), lines)
    };
    Glanced { glance, marked }
}

/// Reads one file, whatever it names.
fn read_one(
    disk: &Disk,
    path: &RepoPath,
    project: &Project,
    exports: Option<&ProjectExports>,
) -> Result<Reading, Notice> {
    let bytes = disk.bytes(path, MAX_SOURCE)?;
    read_bytes(path, bytes, project, exports)
}

/// Reads the text of a file; nothing that is in it stops the run.
fn read_bytes(
    path: &RepoPath,
    bytes: Vec<u8>,
    project: &Project,
    exports: Option<&ProjectExports>,
) -> Result<Reading, Notice> {
    let read = AssertUnwindSafe(|| {
        if notebooks::is_notebook(path) {
            return notebooks::read(path, bytes, project, exports);
        }
        let decoded = python::decode::decode(path, bytes);
        let dialect = Dialect::Module;
        let mut reading = python::read(path, &decoded.text, dialect, project, exports, &History);
        reading.notice = reading.notice.or(decoded.notice);
        Ok(reading)
    });
    catch_unwind(read).unwrap_or_else(|_| {
        let message = "the file was not checked: reading it met a fault of tfmp";
        Err(Notice::on_file(path, None, message).advise("please report it"))
    })
}

/// Reads all files that have to do with the API, those included that get it from others.
fn read_code(disk: &Disk, paths: &[&RepoPath]) -> Code {
    let project = Project::new(paths.iter().copied());
    let mut code = Code {
        readings: Vec::new(),
        others: Vec::new(),
        notices: Vec::new(),
        lines: 0,
        taken: Taken::new(),
        marked: Vec::new(),
    };
    progress::begin(paths.len());
    let glances: Vec<Glanced> = paths
        .par_iter()
        .map(|path| {
            let glance = glance_at(disk, path, &project);
            progress::step();
            glance
        })
        .collect();
    let mut others: Vec<(&RepoPath, ImportWords)> = Vec::new();
    for (path, glanced) in paths.iter().zip(glances) {
        if glanced.marked {
            code.marked.push((*path).clone());
        }
        match glanced.glance {
            Glance::Read(reading, lines) => {
                code.lines += lines;
                code.readings.push(*reading);
            }
            Glance::Other(words, lines) => {
                code.lines += lines;
                others.push((path, words));
            }
            Glance::Failed(notice) => code.notices.push(notice),
        }
    }
    let mut exports = ProjectExports::default();
    for reading in &code.readings {
        exports.add(&project, reading);
    }
    exports.finish(&project);
    for _ in 0..ROUNDS {
        let concerned: Vec<&RepoPath> = others
            .extract_if(.., |(_, words)| exports.may_concern(words))
            .map(|(path, _)| path)
            .collect();
        if concerned.is_empty() {
            break;
        }
        let found: Vec<Reading> = concerned
            .par_iter()
            .filter_map(|path| read_one(disk, path, &project, None).ok())
            .collect();
        for reading in &found {
            exports.add(&project, reading);
        }
        exports.finish(&project);
        code.readings.extend(found);
    }
    code.others = others.into_iter().map(|(path, _)| path.clone()).collect();
    for reading in &code.readings {
        code.taken.extend(repair::taken(&project, reading));
    }
    code.readings = code
        .readings
        .into_par_iter()
        .map(|reading| {
            if !exports.concern(&project, &reading) {
                return reading;
            }
            read_one(disk, &reading.path, &project, Some(&exports)).unwrap_or(reading)
        })
        .collect();
    code.readings.sort_by(|a, b| a.path.cmp(&b.path));
    let notices = code.readings.iter_mut().filter_map(|r| r.notice.take());
    code.notices.extend(notices);
    code
}

/// What judging gave.
struct Judged {
    findings: Vec<Finding>,
    notices: Vec<Notice>,
}

/// The code that one scope governs.
#[derive(Default)]
struct Governed<'r> {
    readings: Vec<&'r Reading>,
    /// What [`Judge::together`] tells, asked for at most once.
    together: OnceLock<[ReleaseSet; 3]>,
}

fn judge(disk: &Disk, scopes: &Scopes, code: &Code, vendors: &[&str]) -> Judged {
    let (readings, taken) = (&code.readings, &code.taken);
    let imported = imported_modules(readings);
    let created = created_paths(readings);
    let ambiguous = methods::ambiguous(disk, code);
    let legacy_named = readings.iter().any(|reading| reading.legacy_keras);
    let version_2 = readings.iter().any(switches_to_version_2);
    let mut governed: FastMap<&str, Governed<'_>> = FastMap::default();
    for reading in readings {
        let scope = scopes.governing(&reading.path);
        let governed = governed.entry(&scope.folder).or_default();
        governed.readings.push(reading);
    }
    let results: Vec<Result<(Vec<Finding>, Option<Notice>), Notice>> = readings
        .par_iter()
        .map_init(Cache::default, |cache, reading| {
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
            let work = AssertUnwindSafe(|| {
                let names = Names {
                    created: &created,
                    ambiguous: &ambiguous,
                    taken,
                    version_2,
                    legacy_named,
                    vendors,
                };
                file::judge(disk, &judge, reading, names, cache)
            });
            catch_unwind(work).map_err(|_| not_judged(&reading.path))
        })
        .collect();
    let mut judged = Judged {
        findings: Vec::new(),
        notices: Vec::new(),
    };
    for result in results {
        match result {
            Ok((findings, notice)) => {
                judged.findings.extend(findings);
                judged.notices.extend(notice);
            }
            Err(notice) => judged.notices.push(notice),
        }
    }
    judged.findings.extend(not_pinned(disk, scopes, readings));
    judged
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
fn source(disk: &Disk, path: &RepoPath) -> Option<Arc<SourceFile>> {
    if notebooks::is_notebook(path) {
        return notebooks::source(disk, path);
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
    let file = source(disk, &reading.path)?;
    Some(tensorflow_not_pinned::finding(&file, first))
}
