//! Finding and reading the files of a repository.
//!
//! The walk sees what git sees (`.gitignore` and `.ignore`, with or without `.git`), leaves hidden
//! files and installed packages alone, follows no symbolic link and never leaves the root. Besides
//! the paths asked for it takes the manifests of the folders above them, up to the root: their pins
//! count too. What a file is, its name tells ([`InputKind::of`]); what it means is for `pins` and
//! `python`.

pub mod decode;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::{WalkBuilder, WalkState};

use crate::finding::Notice;
use crate::pins::Files;
pub use crate::pins::InputKind;
use crate::text::{RepoPath, SourceFile};

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
    let found = Found::default();
    filter.walk(&filter.root, &found);
    for path in &filter.wanted {
        if path.is_file() {
            filter.file(path, true, &found);
        } else if !found.entered(path) {
            // Asked for by name, though git or a rule of ours would pass it by.
            filter.walk(path, &found);
        }
    }
    let Found {
        inputs, notices, ..
    } = found;
    let inputs = into_inner(inputs)
        .into_iter()
        .map(|(path, (kind, asked))| Input { path, kind, asked })
        .collect::<Vec<Input>>();
    let mut notices = into_inner(notices);
    if !request.requirements.is_empty() && !inputs.iter().any(|input| input.kind.is_manifest()) {
        let globs = request.requirements.join("`, `");
        notices.push(Notice {
            path: None,
            line: None,
            message: format!("no file matches `{globs}`"),
            advice: "give globs over paths from the root of the repository".to_owned(),
        });
    }
    notices.sort();
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
        if full.starts_with(root) {
            Ok(full)
        } else {
            Err(DiscoverError::Outside {
                path: path.display().to_string(),
                root: root.display().to_string(),
            })
        }
    };
    request.paths.iter().map(resolve).collect()
}

/// Globs over paths from the root; one without `/` stands for that name anywhere, and a folder for
/// all that is in it.
#[derive(Clone, Debug)]
pub struct Globs(GlobSet);

impl Globs {
    /// Reads globs.
    ///
    /// # Errors
    /// Names the one that is none.
    pub fn new(patterns: &[String]) -> Result<Self, DiscoverError> {
        globs(patterns).map(Self)
    }

    /// Whether a file, or a folder above it, is meant.
    #[must_use]
    pub fn match_path(&self, path: &RepoPath) -> bool {
        let path = path.as_str();
        !self.0.is_empty()
            && path
                .match_indices('/')
                .map(|(at, _)| &path[..at])
                .chain([path])
                .any(|part| self.0.is_match(part))
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet, DiscoverError> {
    let fault = |glob: &str, error: &globset::Error| DiscoverError::Glob {
        glob: glob.to_owned(),
        message: error.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let plain = pattern.trim_start_matches("./");
        let anchored = plain.trim_start_matches('/').trim_end_matches('/');
        let anywhere = if plain.trim_end_matches('/').contains('/') {
            anchored.to_owned()
        } else {
            format!("**/{anchored}")
        };
        let glob = GlobBuilder::new(&anywhere)
            .literal_separator(true)
            .build()
            .map_err(|error| fault(pattern, &error))?;
        set.add(glob);
    }
    set.build()
        .map_err(|error| fault(&patterns.join(", "), &error))
}

/// What was found so far, by all threads of the walk.
#[derive(Default)]
struct Found {
    inputs: Mutex<BTreeMap<RepoPath, (InputKind, bool)>>,
    folders: Mutex<Vec<PathBuf>>,
    notices: Mutex<Vec<Notice>>,
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
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
    fn walk(&self, from: &Path, found: &Found) {
        let filter = self.clone();
        let start = from.to_path_buf();
        let walker = WalkBuilder::new(from)
            .hidden(false)
            .parents(false)
            .require_git(false)
            .git_global(false)
            .follow_links(false)
            .filter_entry(move |entry| {
                let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let hidden = entry.file_name().as_encoded_bytes().starts_with(b".")
                    && entry.file_name() != WORKFLOWS_HOME;
                entry.path() == start || !hidden && (!folder || filter.enters(entry.path()))
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
                    Err(error) => lock(&found.notices).push(Notice {
                        path: None,
                        line: None,
                        message: format!("a part of the repository was not looked at: {error}"),
                        advice: String::new(),
                    }),
                }
                WalkState::Continue
            })
        });
    }

    /// Whether the walk goes into a folder: it is wanted, on the way to what is wanted, or may hold
    /// manifests that govern what is wanted.
    fn enters(&self, folder: &Path) -> bool {
        let name = folder.file_name().unwrap_or_default();
        if SKIPPED_FOLDERS.iter().any(|skipped| name == *skipped)
            || ENVIRONMENT_MARKS
                .iter()
                .any(|mark| folder.join(mark).exists())
        {
            return false;
        }
        if self
            .relative(folder)
            .is_none_or(|path| self.exclude.0.is_match(path.as_str()))
        {
            return false;
        }
        !self.requirements.is_empty()
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
            })
    }

    /// Takes a file if it is of use. One that was asked for by name counts as Python if its name says
    /// nothing.
    fn file(&self, path: &Path, asked: bool, found: &Found) {
        let Some(relative) = self.relative(path) else {
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
        let relative = path.strip_prefix(&self.root).ok()?.to_str()?;
        (!relative.is_empty()).then(|| RepoPath::new(relative))
    }
}

/// The files of a repository on disk. Every file is read and decoded once.
#[derive(Debug, Default)]
pub struct Disk {
    root: PathBuf,
    changed: BTreeMap<RepoPath, Vec<u8>>,
    read: Mutex<BTreeMap<RepoPath, Opened>>,
    folders: Mutex<BTreeMap<String, bool>>,
}

type Opened = Result<(Arc<SourceFile>, Vec<Notice>), Notice>;

impl Disk {
    /// The files below a root.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf()),
            changed: BTreeMap::new(),
            read: Mutex::default(),
            folders: Mutex::default(),
        }
    }

    /// The same files as they would be if these had other bytes.
    #[must_use]
    pub fn with(self, changed: BTreeMap<RepoPath, Vec<u8>>) -> Self {
        let mut all = self.changed;
        all.extend(changed);
        Self {
            root: self.root,
            changed: all,
            read: Mutex::default(),
            folders: self.folders,
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
        // A link in the repository may point anywhere.
        if meta.is_symlink() || !self.is_inside(path.folder()) {
            let real = fs::canonicalize(&full).map_err(refuse_error)?;
            if !real.starts_with(&self.root) {
                return Err(refuse("it lies outside the repository".to_owned()));
            }
            meta = fs::metadata(&real).map_err(refuse_error)?;
        }
        if !meta.is_file() {
            return Err(refuse("it is not a file".to_owned()));
        }
        let size = meta.len().min(limit + 1);
        let bytes = fs::File::open(&full)
            .and_then(|file| all_of(&file, size, limit))
            .map_err(refuse_error)?;
        if bytes.len() as u64 > limit {
            let limit = limit >> 20;
            return Err(refuse(format!(
                "it is larger than {limit} MiB and was not looked at"
            )));
        }
        Ok(bytes)
    }

    /// Whether a folder lies in the repository, links followed. Asked once for every folder.
    fn is_inside(&self, folder: &str) -> bool {
        let known = |folders: &BTreeMap<String, bool>| folders.get(folder).copied();
        if let Some(inside) = known(&lock(&self.folders)) {
            return inside;
        }
        let inside =
            fs::canonicalize(self.root.join(folder)).is_ok_and(|real| real.starts_with(&self.root));
        lock(&self.folders).insert(folder.to_owned(), inside);
        inside
    }
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
