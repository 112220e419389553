//! Finding and reading the files of a repository.
//!
//! The walk sees what git sees (`.gitignore` and `.ignore`, with or without `.git`), leaves hidden
//! files and installed packages alone, follows no symbolic link and never leaves the root. Besides
//! the paths asked for it takes the manifests of the folders above them, up to the root: their pins
//! count too. What a file is, its name tells ([`InputKind::of`]); what it means is for `pins` and
//! `python`.

pub mod decode;
mod globs;
mod ignored;
mod shard;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use globset::GlobSet;
use ignore::{WalkBuilder, WalkState};

use crate::finding::Notice;
use crate::pins::Files;
pub use crate::pins::InputKind;
use crate::text::{RepoPath, SourceFile};
use globs::globs;
pub use globs::{Globs, MAX_ALTERNATIVES, MAX_GLOB, MAX_GLOBS};
pub use ignored::MAX_RULES;
pub use shard::{MAX_SHARDS, Shard};

/// The largest manifest that is read, in bytes. Lock files of large projects have 2 MiB.
pub const MAX_MANIFEST: u64 = 16 << 20;

/// The largest Python file or notebook that is read, in bytes. Notebooks hold their pictures.
pub const MAX_SOURCE: u64 = 64 << 20;

/// Folders of installed or generated code, by name.
const SKIPPED_FOLDERS: &[&str] = &[
    "node_modules",
    "bower_components",
    "site-packages",
    "dist-packages",
    "__pypackages__",
    "__pycache__",
    "venv",
];

/// The one hidden folder with manifests: workflows.
const WORKFLOWS_HOME: &str = ".github";

/// What marks a folder as an installed environment, whatever its name.
const ENVIRONMENT_MARKS: &[&str] = &["pyvenv.cfg", "conda-meta"];

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The root: an absolute path. Nothing outside is looked at.
    pub root: PathBuf,
    /// Files and folders to look at, absolute or relative to the root; all of the root if empty.
    pub paths: Vec<PathBuf>,
    /// `--exclude`: globs over paths from the root; one without `/` stands for that name anywhere.
    pub exclude: Vec<String>,
    /// `--requirements`: globs over paths from the root. If there are any, these files and no
    /// others are manifests.
    pub requirements: Vec<String>,
}

/// One file to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Its path from the root.
    pub path: RepoPath,
    /// What it is.
    pub kind: InputKind,
    /// It lies below a path that was asked for: its code is checked too.
    pub asked: bool,
}

/// Why nothing can be looked for. The user's fault, each of them.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A path that does not exist or cannot be entered.
    #[error("`{path}` cannot be read: {source}")]
    Path {
        /// As it was given.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A path that does not lie in the root.
    #[error("`{path}` lies outside the repository `{root}`")]
    Outside {
        /// As it was given.
        path: String,
        /// The root.
        root: String,
    },
    /// A path that was asked for and cannot be written as text.
    #[error("the name of `{path}` is not UTF-8, so it cannot be told what is found there")]
    Name {
        /// With its bytes that are no UTF-8 as `\xFF`.
        path: String,
    },
    /// More globs than anybody writes.
    #[error("there are more than {MAX_GLOBS} globs")]
    ManyGlobs,
    /// A glob that cannot be understood.
    #[error("`{glob}` is not a glob: {message}")]
    Glob {
        /// As it was given.
        glob: String,
        /// What is wrong with it.
        message: String,
    },
}

/// The folder that holds all of some absolute paths; the current one where there are none.
#[must_use]
pub fn common_folder(paths: &[PathBuf], current: &Path) -> PathBuf {
    let folder_of = |path: &PathBuf| {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        if path.is_dir() {
            path
        } else {
            path.parent().map(Path::to_path_buf).unwrap_or(path)
        }
    };
    let common = paths.iter().map(folder_of).reduce(|left, right| {
        left.ancestors()
            .find(|folder| right.starts_with(folder))
            .map(Path::to_path_buf)
            .unwrap_or_default()
    });
    common.unwrap_or_else(|| fs::canonicalize(current).unwrap_or_else(|_| current.to_path_buf()))
}

/// The root for some absolute paths: the nearest folder with `.git` at or above all of them, else
/// the current folder if it holds them, else the folder that does.
#[must_use]
pub fn find_root(paths: &[PathBuf], current: &Path) -> PathBuf {
    let current = fs::canonicalize(current).unwrap_or_else(|_| current.to_path_buf());
    let common = common_folder(paths, &current);
    let repository = common
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    match repository {
        Some(folder) => folder.to_path_buf(),
        None if common.starts_with(&current) => current,
        None => common,
    }
}

/// Finds the inputs, sorted by path. The notices are about folders that could not be entered and
/// globs that met nothing.
///
/// # Errors
/// For paths that do not exist or lie outside the root, and for globs that are none.
pub fn discover(request: &Request) -> Result<(Vec<Input>, Vec<Notice>), DiscoverError> {
    let root = canonical(&request.root)?;
    let filter = Filter {
        exclude: Globs::new(&request.exclude)?,
        requirements: globs(&request.requirements)?,
        wanted: wanted(request, &root)?,
        root,
    };
    let found = Arc::new(Found::default());
    filter.walk(&filter.root, &found);
    for path in &filter.wanted {
        if path.is_file() {
            filter.file(path, true, &found);
        } else if !path.is_dir() {
            found.notice(
                filter.relative(path),
                "it is not a file and was not looked at",
            );
        } else if !found.entered(path) {
            // Asked for by name, though git or a rule of ours would pass it by.
            filter.walk(path, &found);
        }
    }
    let inputs = std::mem::take(&mut *lock(&found.inputs))
        .into_iter()
        .map(|(path, (kind, asked))| Input { path, kind, asked })
        .collect::<Vec<Input>>();
    let mut notices = std::mem::take(&mut *lock(&found.notices));
    if !request.requirements.is_empty() && !inputs.iter().any(|input| input.kind.is_manifest()) {
        let globs = request.requirements.join("`, `");
        notices.push(Notice {
            path: None,
            line: None,
            message: format!("no file matches `{globs}`"),
            advice: "give globs over paths from the root of the repository".to_owned(),
        });
    }
    notices.sort_unstable();
    notices.dedup();
    Ok((inputs, notices))
}

fn canonical(path: &Path) -> Result<PathBuf, DiscoverError> {
    fs::canonicalize(path).map_err(|source| DiscoverError::Path {
        path: path.display().to_string(),
        source,
    })
}

fn wanted(request: &Request, root: &Path) -> Result<Vec<PathBuf>, DiscoverError> {
    if request.paths.is_empty() {
        return Ok(vec![root.to_path_buf()]);
    }
    let resolve = |path: &PathBuf| {
        let full = canonical(&root.join(path)).map_err(|error| match error {
            DiscoverError::Path { source, .. } => DiscoverError::Path {
                path: path.display().to_string(),
                source,
            },
            other => other,
        })?;
        match full.strip_prefix(root) {
            Ok(inside) if inside.to_str().is_some() => Ok(full),
            Ok(inside) => Err(DiscoverError::Name {
                path: spelled(inside.as_os_str()),
            }),
            Err(_) => Err(DiscoverError::Outside {
                path: path.display().to_string(),
                root: root.display().to_string(),
            }),
        }
    };
    request.paths.iter().map(resolve).collect()
}

/// What was found so far, by all threads of the walk.
#[derive(Default)]
struct Found {
    inputs: Mutex<BTreeMap<RepoPath, (InputKind, bool)>>,
    folders: Mutex<Vec<PathBuf>>,
    /// Folders whose own rules cannot be read: they are walked without.
    unruly: Mutex<Vec<PathBuf>>,
    notices: Mutex<Vec<Notice>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Found {
    fn entered(&self, folder: &Path) -> bool {
        lock(&self.folders).iter().any(|entered| entered == folder)
    }

    fn notice(&self, path: Option<RepoPath>, message: impl Into<String>) {
        lock(&self.notices).push(Notice {
            path,
            line: None,
            message: message.into(),
            advice: String::new(),
        });
    }

    /// The notice on a file or folder whose name no report can hold.
    fn cannot_be_named(&self, path: &Path) {
        let name = spelled(path.as_os_str());
        lock(&self.notices).push(Notice {
            path: None,
            line: None,
            message: format!("`{name}` was not looked at: its name is not UTF-8"),
            advice: "rename it".to_owned(),
        });
    }
}

/// A path as text, bytes that are no UTF-8 as `\xFF`.
fn spelled(path: &OsStr) -> String {
    let mut text = String::new();
    for chunk in path.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

/// What of the repository is looked at.
#[derive(Clone)]
struct Filter {
    root: PathBuf,
    exclude: Globs,
    requirements: GlobSet,
    wanted: Vec<PathBuf>,
}

impl Filter {
    /// Walks a folder. Where its own rules of what to leave out cannot be read, or those of a folder in
    /// it, all of that folder is looked at.
    fn walk(&self, from: &Path, found: &Arc<Found>) {
        let mut above = from.ancestors().take_while(|a| a.starts_with(&self.root));
        let faulty = above.any(|folder| self.has_faulty_rules(folder, found));
        self.walk_once(from, !faulty, found);
        let unruly = std::mem::take(&mut *lock(&found.unruly));
        for folder in unruly {
            self.walk_once(&folder, false, found);
        }
    }

    /// Whether a folder has rules that cannot be read, which is told.
    fn has_faulty_rules(&self, folder: &Path, found: &Found) -> bool {
        let Some((file, why)) = ignored::fault(folder, &self.root) else {
            return false;
        };
        let message = format!("{why}, so nothing in its folder was left out");
        found.notice(self.relative(&file), message);
        true
    }

    fn walk_once(&self, from: &Path, with_rules: bool, found: &Arc<Found>) {
        let (filter, seen) = (self.clone(), Arc::clone(found));
        let start = from.to_path_buf();
        let walker = WalkBuilder::new(from)
            .hidden(false)
            .parents(false)
            .require_git(false)
            .git_global(false)
            .ignore(with_rules)
            .git_ignore(with_rules)
            .git_exclude(with_rules)
            .follow_links(false)
            .filter_entry(move |entry| {
                let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let hidden = entry.file_name().as_encoded_bytes().starts_with(b".")
                    && entry.file_name() != WORKFLOWS_HOME;
                if entry.path() == start || hidden || !folder {
                    return entry.path() == start || !hidden;
                }
                if !filter.enters(entry.path(), &seen) {
                    return false;
                }
                let unruly = with_rules && filter.has_faulty_rules(entry.path(), &seen);
                if unruly {
                    lock(&seen.unruly).push(entry.path().to_path_buf());
                }
                !unruly
            })
            .build_parallel();
        walker.run(|| {
            Box::new(|entry| {
                match entry {
                    Ok(entry) => match entry.file_type() {
                        Some(kind) if kind.is_file() => self.file(entry.path(), false, found),
                        Some(kind)
                            if kind.is_dir() && self.wanted.iter().any(|w| w == entry.path()) =>
                        {
                            lock(&found.folders).push(entry.into_path());
                        }
                        _ => {}
                    },
                    Err(error) => self.not_entered(&error, found),
                }
                WalkState::Continue
            })
        });
    }

    /// The notice on a part of the repository that the system does not show.
    fn not_entered(&self, error: &ignore::Error, found: &Found) {
        let (path, why) = match place(error) {
            Some((path, ignore::Error::Io(error))) => (self.relative(path), explain(error)),
            _ => (None, error.to_string()),
        };
        let message = match path {
            Some(_) => format!("{why}, so what is in it was not looked at"),
            None => format!("a part of the repository was not looked at: {why}"),
        };
        found.notice(path, message);
    }

    /// Whether the walk goes into a folder: it is wanted, on the way to what is wanted, or may hold
    /// manifests that govern what is wanted.
    fn enters(&self, folder: &Path, found: &Found) -> bool {
        let name = folder.file_name().unwrap_or_default();
        if SKIPPED_FOLDERS.iter().any(|skipped| name == *skipped)
            || ENVIRONMENT_MARKS
                .iter()
                .any(|mark| folder.join(mark).exists())
        {
            return false;
        }
        let relative = self.relative(folder);
        let excluded = |path: &RepoPath| self.exclude.is_match(path);
        if relative.as_ref().is_some_and(excluded) {
            return false;
        }
        let enters = !self.requirements.is_empty()
            || self.wanted.iter().any(|wanted| {
                folder.starts_with(wanted)
                    || wanted.starts_with(folder)
                    || ["requirements", WORKFLOWS_HOME, "workflows"]
                        .iter()
                        .any(|shelf| name == *shelf)
                        && folder
                            .ancestors()
                            .skip(1)
                            .find(|parent| !parent.ends_with(WORKFLOWS_HOME))
                            .is_some_and(|parent| wanted.starts_with(parent))
            });
        if enters && relative.is_none() {
            found.cannot_be_named(self.inside(folder));
            return false;
        }
        enters
    }

    /// Takes a file if it is of use. One that was asked for by name counts as Python if its name says
    /// nothing.
    fn file(&self, path: &Path, asked: bool, found: &Found) {
        let Some(relative) = self.relative(path) else {
            // Whatever its bytes are, its end tells whether it would have been of use.
            let lossy = RepoPath::new(&self.inside(path).to_string_lossy());
            if asked || InputKind::of(&lossy).is_some() {
                found.cannot_be_named(self.inside(path));
            }
            return;
        };
        if self.exclude.match_path(&relative) {
            return;
        }
        let named = InputKind::of(&relative);
        let kind = if !self.requirements.is_empty() && self.requirements.is_match(relative.as_str())
        {
            Some(
                named
                    .filter(|kind| kind.is_manifest())
                    .unwrap_or(InputKind::Requirements),
            )
        } else {
            match named {
                Some(kind) if kind.is_manifest() => {
                    Some(kind).filter(|_| self.requirements.is_empty())
                }
                None if asked => Some(InputKind::Python),
                kind => kind.filter(|_| self.wanted.iter().any(|wanted| path.starts_with(wanted))),
            }
        };
        if let Some(kind) = kind {
            let wanted = asked || self.wanted.iter().any(|wanted| path.starts_with(wanted));
            lock(&found.inputs).insert(relative, (kind, wanted));
        }
    }

    /// The path from the root; `None` for the root itself and for what cannot be written as text.
    fn relative(&self, path: &Path) -> Option<RepoPath> {
        let relative = self.inside(path).to_str()?;
        (!relative.is_empty()).then(|| RepoPath::new(relative))
    }

    /// The path from the root, whatever its bytes.
    fn inside<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

/// The files of a repository on disk. Every file is read and decoded once.
#[derive(Debug, Default)]
pub struct Disk {
    root: PathBuf,
    changed: BTreeMap<RepoPath, Vec<u8>>,
    read: Mutex<BTreeMap<RepoPath, Opened>>,
    folders: Mutex<BTreeMap<String, bool>>,
    /// How files were when they were read first: what is known of one goes by its bytes.
    stamps: Mutex<HashMap<RepoPath, Stamp>>,
    unsteady: Mutex<BTreeSet<RepoPath>>,
}

/// What tells that a file is another than before: its length and when it was written.
type Stamp = (u64, Option<SystemTime>);

type Opened = Result<(Arc<SourceFile>, Vec<Notice>), Notice>;

impl Disk {
    /// The files below a root.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf()),
            ..Self::default()
        }
    }

    /// The same files as they would be if these had other bytes.
    #[must_use]
    pub fn with(self, changed: BTreeMap<RepoPath, Vec<u8>>) -> Self {
        let mut all = self.changed;
        all.extend(changed);
        Self {
            changed: all,
            read: Mutex::default(),
            ..self
        }
    }

    /// Reads a file without keeping it.
    ///
    /// # Errors
    /// A notice on why it was not looked at.
    pub fn read(&self, path: &RepoPath, limit: u64) -> Opened {
        let refuse = |why: String| Notice::on_file(path, None, why);
        let bytes = self.bytes(path, limit)?;
        let (text, remark) = decode::decode(bytes).map_err(|why| refuse(why.to_owned()))?;
        let notices = remark
            .map(|remark| refuse(remark.to_owned()))
            .into_iter()
            .collect();
        Ok((Arc::new(SourceFile::new(path.clone(), text)), notices))
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn exists(&self, path: &RepoPath) -> bool {
        self.changed.contains_key(path) || self.root.join(path.as_str()).exists()
    }

    /// The bytes of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// A notice on why it was not looked at.
    pub fn bytes(&self, path: &RepoPath, limit: u64) -> Result<Vec<u8>, Notice> {
        let refuse = |why: String| Notice::on_file(path, None, why);
        let refuse_error = |error: std::io::Error| refuse(explain(&error));
        if let Some(bytes) = self.changed.get(path) {
            return Ok(bytes.clone());
        }
        let full = self.root.join(path.as_str());
        let mut meta = fs::symlink_metadata(&full).map_err(refuse_error)?;
        let mut real_path = None;
        // A link in the repository may point anywhere.
        if meta.is_symlink() || !self.is_inside(path.folder()) {
            let real = fs::canonicalize(&full).map_err(refuse_error)?;
            if !real.starts_with(&self.root) {
                return Err(refuse("it lies outside the repository".to_owned()));
            }
            meta = fs::metadata(&real).map_err(refuse_error)?;
            real_path = Some(real);
        }
        let real = real_path
            .as_ref()
            .and_then(|real| real.strip_prefix(&self.root).ok());
        if is_of_the_clone(real.unwrap_or(Path::new(path.as_str()))) {
            return Err(refuse(
                "it belongs to git and not to the repository".to_owned(),
            ));
        }
        if !meta.is_file() {
            return Err(refuse("it is not a file".to_owned()));
        }
        let file = open_at_once(&full).map_err(refuse_error)?;
        let meta = file.metadata().map_err(refuse_error)?;
        // It may have been replaced since.
        if !meta.is_file() {
            return Err(refuse("it is not a file".to_owned()));
        }
        if !self.is_steady(path, (meta.len(), meta.modified().ok())) {
            return Err(unsteady(path));
        }
        let bytes = all_of(&file, meta.len().min(limit + 1), limit).map_err(refuse_error)?;
        if bytes.len() as u64 > limit {
            let limit = limit >> 20;
            return Err(refuse(format!(
                "it is larger than {limit} MiB and was not looked at"
            )));
        }
        Ok(bytes)
    }

    /// The notices on files that were changed while they were looked at.
    #[must_use]
    pub fn changed_meanwhile(&self) -> Vec<Notice> {
        lock(&self.unsteady).iter().map(unsteady).collect()
    }

    /// Whether a file is as it was when it was read first.
    fn is_steady(&self, path: &RepoPath, stamp: Stamp) -> bool {
        let first = *lock(&self.stamps).entry(path.clone()).or_insert(stamp);
        if first != stamp {
            lock(&self.unsteady).insert(path.clone());
        }
        first == stamp
    }

    /// Whether a folder lies in the repository and not in `.git`, links followed. Asked once for every folder.
    fn is_inside(&self, folder: &str) -> bool {
        let known = |folders: &BTreeMap<String, bool>| folders.get(folder).copied();
        if let Some(inside) = known(&lock(&self.folders)) {
            return inside;
        }
        let real = fs::canonicalize(self.root.join(folder));
        let inside = real.is_ok_and(|real| {
            let inside = real.strip_prefix(&self.root);
            inside.is_ok_and(|inside| !is_of_the_clone(inside))
        });
        lock(&self.folders).insert(folder.to_owned(), inside);
        inside
    }
}

fn unsteady(path: &RepoPath) -> Notice {
    let message = "it was changed while it was checked, so what is found in it may be missing";
    Notice::on_file(path, None, message).advise("check it again")
}

/// Whether a path from the root leads into `.git`. Links and `-r` may lead there, and the configuration of
/// a clone on a runner holds its token, which must not be quoted anywhere.
pub(crate) fn is_of_the_clone(path: &Path) -> bool {
    path.iter().any(|part| part.eq_ignore_ascii_case(".git"))
}

/// The path that an error of the walk is about, and the error itself.
fn place(error: &ignore::Error) -> Option<(&Path, &ignore::Error)> {
    match error {
        ignore::Error::WithPath { path, err } => Some((path, err)),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            place(err)
        }
        ignore::Error::Partial(_)
        | ignore::Error::Loop { .. }
        | ignore::Error::Io(_)
        | ignore::Error::Glob { .. }
        | ignore::Error::UnrecognizedFileType(_)
        | ignore::Error::InvalidDefinition => None,
    }
}

/// Opens a file to be read. Should a pipe have taken its place, nobody waits for who writes into it.
fn open_at_once(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK.bits();
        options.custom_flags(flags.cast_signed());
    }
    options.open(path)
}

/// The bytes of a file of a known size, taken at once; of one that tells no size, up to one byte more than
/// the limit.
fn all_of(mut file: &fs::File, size: u64, limit: u64) -> std::io::Result<Vec<u8>> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size == 0 {
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let mut bytes = vec![0; size];
    let mut there = 0;
    while there < size {
        match file.read(&mut bytes[there..]) {
            // It is shorter by now.
            Ok(0) => break,
            Ok(more) => there += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(there);
    Ok(bytes)
}

/// What the system says, without the name of the path.
fn explain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}

impl Files for Disk {
    fn open(&self, path: &RepoPath) -> Opened {
        if let Some(known) = lock(&self.read).get(path) {
            return known.clone();
        }
        let opened = self.read(path, MAX_MANIFEST);
        lock(&self.read).insert(path.clone(), opened.clone());
        opened
    }
}

#[cfg(test)]
#[path = "discover/tests.rs"]
mod tests;
