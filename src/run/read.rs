//! Reading all files that have to do with the API, those included that get it from others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::discover::{Disk, MAX_SOURCE, Shard};
use crate::finding::Notice;
use crate::maps::FastSet;
use crate::narrow::History;
use crate::python::{self, Imports, Project, ProjectExports, Reading, Turns};
use crate::scope::Scopes;
use crate::text::RepoPath;

use super::cache::Caches;
use super::repair::{self, Taken};
use super::{methods, notebooks, progress, silent};

/// How often files that were passed over in their turn are looked through once more: they import each
/// other.
const MOST_ROUNDS: usize = 8;

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
    /// What its modules hand on.
    pub(super) exports: ProjectExports,
    /// The scopes are not those under which files were reduced.
    pub(super) scopes_changed: bool,
}

/// What a first look at a file gave.
struct Glanced<'p> {
    glance: Glance<'p>,
    lines: usize,
    /// It may have comments that silence by name.
    marked: bool,
}

/// A file that may get the API from modules of the project.
struct Waiting<'p> {
    path: &'p RepoPath,
    imports: Imports,
    /// It names the API itself.
    names_api: bool,
    /// Methods that it binds, should it not be read.
    bound: Vec<u16>,
}

/// What one file gave.
enum Glance<'p> {
    /// It has to do with the API, and with no module of the project.
    Read(Box<Reading>),
    /// It has to wait until others are read, or names neither TensorFlow nor Keras.
    Waits(Waiting<'p>),
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
    /// Reads one file if it names the API, and no other has to be read before.
    fn glance_at<'p>(&self, path: &'p RepoPath) -> Glanced<'p> {
        let (disk, project) = (self.disk, &self.project);
        let bytes = match disk.bytes(path, MAX_SOURCE) {
            Ok(bytes) => bytes,
            Err(notice) => {
                return Glanced {
                    glance: Glance::Failed(notice),
                    lines: 0,
                    marked: false,
                };
            }
        };
        let lines = memchr::memchr_iter(b'\n', &bytes).count();
        let marked = python::may_silence(&bytes);
        let names_api = python::mentions(&bytes);
        let imports = Imports::of(&bytes, path, project);
        let glance = if names_api && imports.is_empty() {
            match read_bytes(path, bytes, project, &ProjectExports::default()) {
                Ok(reading) => Glance::Read(Box::new(self.reduced(reading))),
                Err(notice) => Glance::Failed(notice),
            }
        } else {
            let bound = match names_api {
                true => Vec::new(),
                false => methods::bound_in(&bytes),
            };
            Glance::Waits(Waiting {
                path,
                imports,
                names_api,
                bound,
            })
        };
        Glanced {
            glance,
            lines,
            marked,
        }
    }

    /// Reads one file with what is known of others.
    fn read_with(&self, path: &RepoPath, exports: &ProjectExports) -> Result<Reading, Notice> {
        read_one(self.disk, path, &self.project, exports).map(|reading| self.reduced(reading))
    }

    fn reduced(&self, mut reading: Reading) -> Reading {
        if let Some((scopes, caches)) = self.reducing {
            caches.with(|cache| silent::reduce(&mut reading, scopes, cache));
        }
        reading
    }

    /// Reads all files that have to do with the API, those included that get it from others.
    pub(super) fn read(self, paths: &[&RepoPath]) -> Code {
        let mut code = Code {
            readings: Vec::new(),
            bound: FastSet::default(),
            notices: Vec::new(),
            lines: 0,
            taken: Taken::new(),
            marked: Vec::new(),
            project: Project::default(),
            exports: ProjectExports::default(),
            scopes_changed: false,
        };
        progress::begin(paths.len());
        let glances: Vec<Glanced<'_>> = paths
            .par_iter()
            .map(|path| {
                let glance = self.glance_at(path);
                progress::step();
                glance
            })
            .collect();
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        for (path, glanced) in paths.iter().zip(glances) {
            if self.shard.is_none_or(|shard| shard.has(path)) {
                code.lines += glanced.lines;
            }
            if glanced.marked {
                code.marked.push((*path).clone());
            }
            match glanced.glance {
                Glance::Read(reading) => code.readings.push(*reading),
                Glance::Waits(file) if file.imports.is_empty() => code.bound.extend(file.bound),
                Glance::Waits(file) => waiting.push(file),
                Glance::Failed(notice) => code.notices.push(notice),
            }
        }
        code.exports.add(&self.project, &mut code.readings);
        self.read_in_turns(waiting, &mut code);
        let (project, exports) = (&self.project, &code.exports);
        code.readings = code
            .readings
            .into_par_iter()
            .map(|reading| {
                if !exports.concern(project, &reading) {
                    return reading;
                }
                self.read_with(&reading.path, exports).unwrap_or(reading)
            })
            .collect();
        for reading in &code.readings {
            code.taken.extend(repair::taken(project, reading));
        }
        code.readings.sort_by(|a, b| a.path.cmp(&b.path));
        let notices = code.readings.iter_mut().filter_map(|r| r.notice.take());
        code.notices.extend(notices);
        code.project = self.project;
        code
    }

    /// Reads files that import from modules of the project, each after those. One that names the API
    /// nowhere is read if it gets it from them.
    fn read_in_turns(&self, mut waiting: Vec<Waiting<'_>>, code: &mut Code) {
        let project = &self.project;
        let listed: Vec<(&RepoPath, &Imports)> = waiting
            .iter()
            .map(|file| (file.path, &file.imports))
            .collect();
        let mut passed_over: Vec<usize> = Vec::new();
        for turn in Turns::new(project, &listed) {
            let (turn, others): (Vec<usize>, Vec<usize>) = turn.into_iter().partition(|&at| {
                let file = &waiting[at];
                file.names_api || code.exports.may_concern(project, &file.imports)
            });
            passed_over.extend(others);
            self.read_together(&waiting, &turn, code);
        }
        code.exports.settle(project);
        for _ in 0..MOST_ROUNDS {
            let concerns =
                |at: &mut usize| code.exports.may_concern(project, &waiting[*at].imports);
            let found: Vec<usize> = passed_over.extract_if(.., concerns).collect();
            if found.is_empty() {
                break;
            }
            self.read_together(&waiting, &found, code);
        }
        for at in passed_over {
            code.bound.extend(waiting[at].bound.drain(..));
        }
    }

    /// Reads some of the files that waited, with what is known so far, and adds what they hand on.
    fn read_together(&self, waiting: &[Waiting<'_>], some: &[usize], code: &mut Code) {
        let exports = &code.exports;
        let read: Vec<Result<Reading, Notice>> = some
            .par_iter()
            .map(|&at| self.read_with(waiting[at].path, exports))
            .collect();
        let first = code.readings.len();
        for (&at, result) in some.iter().zip(read) {
            match result {
                Ok(reading) => code.readings.push(reading),
                Err(notice) if waiting[at].names_api => code.notices.push(notice),
                Err(_) => {}
            }
        }
        code.exports.add(&self.project, &mut code.readings[first..]);
    }
}

/// Reads a file once more, with all that is known now.
pub(super) fn again(disk: &Disk, path: &RepoPath, code: &Code) -> Option<Reading> {
    read_one(disk, path, &code.project, &code.exports).ok()
}

/// Reads one file, whatever it names.
fn read_one(
    disk: &Disk,
    path: &RepoPath,
    project: &Project,
    exports: &ProjectExports,
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
    exports: &ProjectExports,
) -> Result<Reading, Notice> {
    let is_large = bytes.len() > LARGE;
    let _turn = is_large.then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner));
    let read = AssertUnwindSafe(|| {
        if notebooks::is_notebook(path) {
            return python::read_notebook(path, bytes, project, exports, &History);
        }
        let decoded = python::decode::decode(path, bytes);
        let mut reading = python::read(path, &decoded.text, project, exports, &History);
        reading.notice = reading.notice.or(decoded.notice);
        Ok(reading)
    });
    catch_unwind(read).unwrap_or_else(|_| {
        let message = "the file was not checked: reading it met a fault of tfmp";
        Err(Notice::on_file(path, None, message).advise("please report it"))
    })
}
