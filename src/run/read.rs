//! Reading all files that have to do with the API, those included that get it from others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::discover::{Disk, MAX_SOURCE, Shard};
use crate::finding::Notice;
use crate::maps::FastSet;
use crate::narrow::History;
use crate::python::{self, Dialect, Imports, Project, ProjectExports, Reading};
use crate::scope::Scopes;
use crate::text::RepoPath;

use super::cache::Caches;
use super::repair::{self, Taken};
use super::{methods, notebooks, progress, silent};

/// How often files are looked through for imports of modules that hand on the API: through as many files
/// that name it nowhere it may travel.
const ROUNDS: usize = 8;

/// What was read of all Python files.
pub(super) struct Code {
    pub(super) readings: Vec<Reading>,
    /// Methods, by their number, that files bind which have nothing to do with the API and were not read.
    pub(super) bound: FastSet<u16>,
    pub(super) notices: Vec<Notice>,
    pub(super) lines: usize,
    pub(super) taken: Taken,
    /// Files that may have comments that silence by name.
    pub(super) marked: Vec<RepoPath>,
    pub(super) project: Project,
    /// The scopes are not those under which files were reduced.
    pub(super) scopes_changed: bool,
}

/// What a first look at a file gave.
struct Glanced {
    glance: Glance,
    /// It may have comments that silence by name.
    marked: bool,
}

/// What is looked up in a file that is not read.
struct Other {
    imports: Imports,
    /// Methods that it binds.
    bound: Vec<u16>,
}

/// What one file gave, and its lines.
enum Glance {
    /// It has to do with the API.
    Read(Box<Reading>, usize),
    /// It names neither TensorFlow nor Keras.
    Other(Other, usize),
    /// It could not be read.
    Failed(Notice),
}

/// Reads files one by one.
pub(super) struct Reader<'r> {
    pub(super) disk: &'r Disk,
    pub(super) project: Project,
    /// Files in which nothing can be found are [reduced](silent::reduce).
    pub(super) reducing: Option<(&'r Scopes, &'r Caches)>,
    /// The lines of other files are counted by others.
    pub(super) shard: Option<Shard>,
}

impl Reader<'_> {
    /// Reads one file if it names the API itself.
    fn glance_at(&self, path: &RepoPath) -> Glanced {
        let (disk, project) = (self.disk, &self.project);
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
                Ok(reading) => Glance::Read(Box::new(self.reduced(reading)), lines),
                Err(notice) => Glance::Failed(notice),
            }
        } else {
            let other = Other {
                imports: Imports::of(&bytes, path, project),
                bound: methods::bound_in(&bytes),
            };
            Glance::Other(other, lines)
        };
        Glanced { glance, marked }
    }

    fn reduced(&self, mut reading: Reading) -> Reading {
        if let Some((scopes, caches)) = self.reducing {
            caches.with(|cache| silent::reduce(&mut reading, scopes, cache));
        }
        reading
    }

    /// Reads all files that have to do with the API, those included that get it from others.
    pub(super) fn read(self, paths: &[&RepoPath]) -> Code {
        let (disk, project) = (self.disk, &self.project);
        let mut code = Code {
            readings: Vec::new(),
            bound: FastSet::default(),
            notices: Vec::new(),
            lines: 0,
            taken: Taken::new(),
            marked: Vec::new(),
            project: Project::default(),
            scopes_changed: false,
        };
        progress::begin(paths.len());
        let glances: Vec<Glanced> = paths
            .par_iter()
            .map(|path| {
                let glance = self.glance_at(path);
                progress::step();
                glance
            })
            .collect();
        let own = |path: &RepoPath, lines| match self.shard {
            Some(shard) if !shard.has(path) => 0,
            _ => lines,
        };
        let mut others: Vec<(&RepoPath, Other)> = Vec::new();
        for (path, glanced) in paths.iter().zip(glances) {
            if glanced.marked {
                code.marked.push((*path).clone());
            }
            match glanced.glance {
                Glance::Read(reading, lines) => {
                    code.lines += own(path, lines);
                    code.readings.push(*reading);
                }
                Glance::Other(other, lines) => {
                    code.lines += own(path, lines);
                    others.push((path, other));
                }
                Glance::Failed(notice) => code.notices.push(notice),
            }
        }
        let mut exports = ProjectExports::default();
        for reading in &code.readings {
            exports.add(project, reading);
        }
        exports.finish(project);
        for _ in 0..ROUNDS {
            let concerned: Vec<&RepoPath> = others
                .extract_if(.., |(_, other)| {
                    exports.may_concern(project, &other.imports)
                })
                .map(|(path, _)| path)
                .collect();
            if concerned.is_empty() {
                break;
            }
            let found: Vec<Reading> = concerned
                .par_iter()
                .filter_map(|path| read_one(disk, path, project, None).ok())
                .map(|reading| self.reduced(reading))
                .collect();
            for reading in &found {
                exports.add(project, reading);
            }
            exports.finish(project);
            code.readings.extend(found);
        }
        let bound = others.into_iter().flat_map(|(_, other)| other.bound);
        code.bound = bound.collect();
        for reading in &code.readings {
            code.taken.extend(repair::taken(project, reading));
        }
        code.readings = code
            .readings
            .into_par_iter()
            .map(|reading| {
                if !exports.concern(project, &reading) {
                    return reading;
                }
                read_one(disk, &reading.path, project, Some(&exports)).unwrap_or(reading)
            })
            .collect();
        code.readings.sort_by(|a, b| a.path.cmp(&b.path));
        let notices = code.readings.iter_mut().filter_map(|r| r.notice.take());
        code.notices.extend(notices);
        code.project = self.project;
        code
    }
}

/// Reads a file once more, as it was read first.
pub(super) fn again(disk: &Disk, path: &RepoPath, project: &Project) -> Option<Reading> {
    read_one(disk, path, project, None).ok()
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

/// Larger files are read one at a time, in bytes: what a parser makes of one takes sixty times as much.
const LARGE: usize = 4 << 20;

/// Whose turn it is to read a large file.
static TURN: Mutex<()> = Mutex::new(());

/// Reads the text of a file; nothing that is in it stops the run.
fn read_bytes(
    path: &RepoPath,
    bytes: Vec<u8>,
    project: &Project,
    exports: Option<&ProjectExports>,
) -> Result<Reading, Notice> {
    let is_large = bytes.len() > LARGE;
    let _turn = is_large.then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner));
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
