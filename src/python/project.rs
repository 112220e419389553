//! The project's own modules: which file a module name means, and where a folder of the project
//! takes the place of TensorFlow or Keras.
//!
//! Names follow Python's import system (<https://docs.python.org/3/reference/import.html>) as far
//! as it can be known without running anything: what `sys.path` holds is guessed from the usual
//! layouts, and where two files could be meant, none is.

use crate::text::RepoPath;

use super::scopes::FastMap;

/// An index into the project's Python files, sorted by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// The roots of the API, in the order of the bits in [`Roots`].
pub(crate) const ROOTS: [&str; 3] = ["tensorflow", "keras", "tf_keras"];

/// A set of roots of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roots(u8);

impl Roots {
    pub(crate) fn insert(&mut self, root: usize) {
        self.0 |= 1 << root;
    }

    pub(crate) const fn contains(self, root: usize) -> bool {
        self.0 & (1 << root) != 0
    }
}

/// The root of a dotted name that belongs to the API.
pub(crate) fn root_of(dotted: &str) -> Option<usize> {
    let first = dotted.split('.').next().unwrap_or(dotted);
    ROOTS.iter().position(|&root| root == first)
}

/// Every Python file of the project, by the module name that its path gives it.
#[derive(Debug, Default)]
pub struct Project {
    paths: Vec<RepoPath>,
    /// `pkg/compat` for `pkg/compat.py`, `pkg` for `pkg/__init__.py`.
    by_stem: FastMap<Box<str>, ModuleId>,
    /// Last part of the stem to modules.
    by_last: FastMap<Box<str>, Vec<ModuleId>>,
}

impl Project {
    /// Takes the paths of all files; what is no `.py` file is no module.
    #[must_use]
    pub fn new<'p>(files: impl IntoIterator<Item = &'p RepoPath>) -> Self {
        let mut paths: Vec<RepoPath> = files
            .into_iter()
            .filter(|path| path.as_str().ends_with(".py"))
            .cloned()
            .collect();
        paths.sort_unstable();
        paths.dedup();
        let mut project = Self::default();
        for (index, path) in paths.iter().enumerate() {
            let Ok(index) = u32::try_from(index) else {
                break;
            };
            let (stem, package) = stem_of(path.as_str());
            if stem.is_empty() {
                continue;
            }
            let id = ModuleId(index);
            // A package hides the module of the same name.
            if !package && project.by_stem.contains_key(stem) {
                continue;
            }
            project.by_stem.insert(stem.into(), id);
            let last = stem.rsplit('/').next().unwrap_or(stem);
            project.by_last.entry(last.into()).or_default().push(id);
        }
        project.paths = paths;
        project
    }

    /// The path of a module.
    #[must_use]
    pub fn path(&self, module: ModuleId) -> &RepoPath {
        &self.paths[module.0 as usize]
    }

    /// The module that a file is.
    #[must_use]
    pub fn module(&self, path: &RepoPath) -> Option<ModuleId> {
        let index = self.paths.binary_search(path).ok()?;
        u32::try_from(index).ok().map(ModuleId)
    }

    pub(crate) fn is_package(&self, module: ModuleId) -> bool {
        self.path(module).file_name() == "__init__.py"
    }

    /// The module that `import dotted` means in a file.
    pub(crate) fn absolute(&self, from: &RepoPath, dotted: &str) -> Option<ModuleId> {
        let last = dotted.rsplit('.').next().unwrap_or(dotted);
        let candidates = self.by_last.get(last)?;
        let suffix = dotted.replace('.', "/");
        // A script finds the modules beside it; a module of a package does not.
        if !self.is_in_package(from)
            && let Some(&id) = self.by_stem.get(join(from.folder(), &suffix).as_str())
        {
            return Some(id);
        }
        for root in ["", "src", "lib", "python"] {
            if let Some(&id) = self.by_stem.get(join(root, &suffix).as_str()) {
                return Some(id);
            }
        }
        let mut fitting = candidates.iter().copied().filter(|&id| {
            let (stem, _) = stem_of(self.path(id).as_str());
            stem.strip_suffix(suffix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        });
        let only = fitting.next()?;
        fitting.next().is_none().then_some(only)
    }

    /// The module that `from ...dotted` means in a file; `level` is the number of dots, base 1.
    pub(crate) fn relative(&self, from: &RepoPath, level: u32, dotted: &str) -> Option<ModuleId> {
        let mut folder = from.folder();
        for _ in 1..level {
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(outer, _)| outer);
        }
        let stem = if dotted.is_empty() {
            folder.to_owned()
        } else {
            join(folder, &dotted.replace('.', "/"))
        };
        self.by_stem.get(stem.as_str()).copied()
    }

    /// What `from ...dotted import` in a file means; `level` is the number of dots.
    pub(crate) fn origin<'p>(
        &'p self,
        from: &'p RepoPath,
        level: u32,
        dotted: &'p str,
    ) -> Origin<'p> {
        let module = match level {
            0 => self.absolute(from, dotted),
            level => self.relative(from, level, dotted),
        };
        Origin {
            project: self,
            from,
            level,
            dotted,
            module,
        }
    }

    /// The package that a module lies in.
    pub(crate) fn package_of(&self, module: ModuleId) -> Option<ModuleId> {
        let (stem, _) = stem_of(self.path(module).as_str());
        let (folder, _) = stem.rsplit_once('/')?;
        let package = self.by_stem.get(folder).copied();
        package.filter(|&id| self.is_package(id))
    }

    /// The module `name` inside a package.
    pub(crate) fn child(&self, package: ModuleId, name: &str) -> Option<ModuleId> {
        if !self.is_package(package) {
            return None;
        }
        let (stem, _) = stem_of(self.path(package).as_str());
        self.by_stem.get(join(stem, name).as_str()).copied()
    }

    /// The roots that mean a folder or module of the project in a file: a copy of Keras in the
    /// repository, a `keras.py` beside a script.
    pub(crate) fn shadowed(&self, from: &RepoPath) -> Roots {
        let mut roots = Roots::default();
        let in_package = self.is_in_package(from);
        let top = self.top_package(from);
        for (index, root) in ROOTS.into_iter().enumerate() {
            let beside = !in_package
                && self
                    .by_stem
                    .contains_key(join(from.folder(), root).as_str());
            let at_root = ["", "src"]
                .into_iter()
                .any(|folder| self.by_stem.contains_key(join(folder, root).as_str()));
            if beside || at_root || top == Some(root) {
                roots.insert(index);
            }
        }
        roots
    }

    fn is_in_package(&self, from: &RepoPath) -> bool {
        let folder = from.folder();
        !folder.is_empty() && self.package_at(folder)
    }

    fn package_at(&self, folder: &str) -> bool {
        self.by_stem
            .get(folder)
            .is_some_and(|&id| self.is_package(id))
    }

    /// The name of the outermost package that a file belongs to.
    fn top_package<'f>(&self, from: &'f RepoPath) -> Option<&'f str> {
        let mut folder = from.folder();
        let mut top = None;
        while !folder.is_empty() && self.package_at(folder) {
            let (outer, name) = folder.rsplit_once('/').unwrap_or(("", folder));
            top = Some(name);
            folder = outer;
        }
        top
    }
}

/// What stands between `from` and `import`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'p> {
    project: &'p Project,
    from: &'p RepoPath,
    level: u32,
    dotted: &'p str,
    /// The module that it is.
    pub(crate) module: Option<ModuleId>,
}

impl Origin<'_> {
    /// The module of the project that a name may stand for.
    pub(crate) fn child(&self, name: &str) -> Option<ModuleId> {
        let (project, dotted) = (self.project, self.dotted);
        match (self.level, self.module) {
            (0, Some(package)) => project.child(package, name),
            (0, None) => project.absolute(self.from, &format!("{dotted}.{name}")),
            (level, _) if dotted.is_empty() => project.relative(self.from, level, name),
            (level, _) => project.relative(self.from, level, &format!("{dotted}.{name}")),
        }
    }
}

/// Path without ending, and whether it is a package.
fn stem_of(path: &str) -> (&str, bool) {
    let stem = path.strip_suffix(".py").unwrap_or(path);
    if stem == "__init__" {
        return ("", true);
    }
    stem.strip_suffix("/__init__")
        .map_or((stem, false), |folder| (folder, true))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(paths: &[&str]) -> Project {
        let paths: Vec<RepoPath> = paths.iter().map(|path| RepoPath::new(path)).collect();
        Project::new(&paths)
    }

    #[track_caller]
    fn check(paths: &[&str], from: &str, dotted: &str, expect: Option<&str>) {
        let project = project(paths);
        let from = RepoPath::new(from);
        let level = dotted.bytes().take_while(|&byte| byte == b'.').count();
        let found = match u32::try_from(level).unwrap() {
            0 => project.absolute(&from, dotted),
            level => project.relative(&from, level, dotted.trim_start_matches('.')),
        };
        assert_eq!(found.map(|id| project.path(id).as_str()), expect);
    }

    #[test]
    fn absolute_names_follow_the_usual_layouts() {
        check(
            &["pkg/__init__.py", "pkg/compat.py"],
            "train.py",
            "pkg.compat",
            Some("pkg/compat.py"),
        );
        check(
            &["src/pkg/compat.py"],
            "train.py",
            "pkg.compat",
            Some("src/pkg/compat.py"),
        );
        check(
            &["a/b/pkg/compat.py"],
            "train.py",
            "pkg.compat",
            Some("a/b/pkg/compat.py"),
        );
        check(
            &["a/utils.py", "b/utils.py"],
            "b/train.py",
            "utils",
            Some("b/utils.py"),
        );
        check(&["a/utils.py", "b/utils.py"], "train.py", "utils", None);
        check(
            &["pkg/__init__.py", "pkg/utils.py", "utils.py"],
            "pkg/x.py",
            "utils",
            Some("utils.py"),
        );
        check(&["xpkg/compat.py"], "train.py", "pkg.compat", None);
    }

    #[test]
    fn relative_names_follow_the_folders() {
        check(
            &["pkg/__init__.py"],
            "pkg/x.py",
            ".",
            Some("pkg/__init__.py"),
        );
        check(
            &["pkg/compat.py"],
            "pkg/x.py",
            ".compat",
            Some("pkg/compat.py"),
        );
        check(
            &["pkg/compat.py"],
            "pkg/sub/x.py",
            "..compat",
            Some("pkg/compat.py"),
        );
        check(
            &["pkg/sub/y.py"],
            "pkg/x.py",
            ".sub.y",
            Some("pkg/sub/y.py"),
        );
        check(&["compat.py"], "x.py", "..compat", None);
    }

    #[test]
    fn a_copy_of_keras_stands_for_itself() {
        let shadows =
            |paths: &[&str], from: &str| project(paths).shadowed(&RepoPath::new(from)).contains(1);
        assert!(shadows(&["keras/__init__.py"], "train.py"));
        assert!(shadows(&["keras.py"], "a/train.py"));
        assert!(shadows(
            &[
                "third_party/keras/__init__.py",
                "third_party/keras/layers/__init__.py"
            ],
            "third_party/keras/layers/core.py"
        ));
        assert!(!shadows(&["third_party/keras/__init__.py"], "train.py"));
        assert!(shadows(
            &["third_party/keras/__init__.py"],
            "third_party/run.py"
        ));
        // `horovod.keras` is no `keras`, and files beside it are imported as `horovod.x`.
        assert!(!shadows(
            &["horovod/__init__.py", "horovod/keras/__init__.py"],
            "horovod/keras/x.py"
        ));
        assert!(!shadows(
            &["horovod/__init__.py", "horovod/keras/__init__.py"],
            "horovod/x.py"
        ));
        // A folder without `__init__.py` gives way to an installed package.
        assert!(!shadows(&["keras/train.py"], "keras/train.py"));
    }
}
