//! In which order files are read: each after those that it imports from, so that what these hand on is
//! known by then. Where files import each other, those come first that wait for the fewest.

use crate::maps::FastMap;
use crate::text::RepoPath;

use super::imported::Imports;
use super::project::Project;

/// The order of some files.
#[derive(Debug)]
pub struct Turns {
    files: Vec<Waiting>,
    /// Those whose turn is next.
    ready: Vec<usize>,
}

/// A file that was not read yet.
#[derive(Debug)]
struct Waiting {
    /// How many others have to be read before it; nothing once it had its turn.
    before: Option<usize>,
    /// Those that wait for it.
    after: Vec<usize>,
}

impl Turns {
    /// Takes the files, each with what it imports. Modules that are not among them are waited for by
    /// nobody.
    #[must_use]
    pub fn new<'f>(project: &Project, files: &[(&'f RepoPath, &'f Imports)]) -> Self {
        let modules = files.iter().enumerate();
        let modules: FastMap<_, usize> = modules
            .filter_map(|(at, (path, _))| Some((project.module(path)?, at)))
            .collect();
        let mut waiting: Vec<Waiting> = Vec::with_capacity(files.len());
        waiting.resize_with(files.len(), || Waiting {
            before: Some(0),
            after: Vec::new(),
        });
        for (at, (_, imports)) in files.iter().enumerate() {
            let mut others: Vec<usize> = imports
                .awaited(project)
                .filter_map(|module| modules.get(&module).copied())
                .filter(|&other| other != at)
                .collect();
            others.sort_unstable();
            others.dedup();
            waiting[at].before = Some(others.len());
            for other in others {
                waiting[other].after.push(at);
            }
        }
        let ready = (0..files.len()).filter(|&at| waiting[at].before == Some(0));
        Self {
            ready: ready.collect(),
            files: waiting,
        }
    }
}

/// Those that can be read next, side by side, as places in the list: those before are taken to have been
/// read by now.
impl Iterator for Turns {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let mut turn = std::mem::take(&mut self.ready);
        if turn.is_empty() {
            let fewest = self.files.iter().filter_map(|file| file.before).min();
            let all = 0..self.files.len();
            let first = all.filter(|&at| fewest.is_some() && self.files[at].before == fewest);
            turn = first.collect();
        }
        for &at in &turn {
            self.files[at].before = None;
        }
        for &at in &turn {
            for other in std::mem::take(&mut self.files[at].after) {
                let Some(before) = &mut self.files[other].before else {
                    continue;
                };
                *before -= 1;
                if *before == 0 {
                    self.ready.push(other);
                }
            }
        }
        (!turn.is_empty()).then_some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the turns of files that import others.
    #[track_caller]
    fn check(files: &[(&str, &str)], expect: &[&[&str]]) {
        let paths: Vec<RepoPath> = files.iter().map(|(path, _)| RepoPath::new(path)).collect();
        let project = Project::new(&paths);
        let imports: Vec<Imports> = files
            .iter()
            .zip(&paths)
            .map(|((_, text), path)| Imports::of(text.as_bytes(), path, &project))
            .collect();
        let listed: Vec<(&RepoPath, &Imports)> = paths.iter().zip(&imports).collect();
        let turns = Turns::new(&project, &listed).map(|turn| {
            let mut names: Vec<&str> = turn.into_iter().map(|at| files[at].0).collect();
            names.sort_unstable();
            names
        });
        assert_eq!(turns.collect::<Vec<_>>(), expect);
    }

    #[test]
    fn what_is_imported_comes_first() {
        check(&[], &[]);
        check(
            &[
                ("c.py", "import b"),
                ("b.py", "from a import x"),
                ("a.py", "import os"),
                ("d.ipynb", "\"import a\""),
            ],
            &[&["a.py"], &["b.py", "d.ipynb"], &["c.py"]],
        );
    }

    #[test]
    fn a_module_of_a_package_is_not_waited_for_by_the_package_that_imports_it() {
        check(
            &[
                ("pkg/__init__.py", "from pkg.a import x\nfrom pkg import b"),
                ("pkg/a.py", "from pkg import b"),
                ("pkg/b.py", "import pkg.c"),
                ("pkg/c.py", ""),
                ("run.py", "from pkg import x"),
            ],
            &[
                &["pkg/c.py"],
                &["pkg/b.py"],
                &["pkg/a.py"],
                &["pkg/__init__.py"],
                &["run.py"],
            ],
        );
    }

    #[test]
    fn files_that_import_each_other_have_their_turn_too() {
        check(
            &[
                ("a.py", "import b"),
                ("b.py", "import a"),
                ("c.py", "import a"),
                ("d.py", "import d"),
            ],
            &[&["d.py"], &["a.py", "b.py", "c.py"]],
        );
        check(
            &[
                ("a.py", "from b import x\nfrom c import x"),
                ("b.py", "import a"),
                ("c.py", ""),
                ("d.py", "import a"),
            ],
            &[&["c.py"], &["a.py", "b.py", "d.py"]],
        );
        check(
            &[
                ("a.py", "import b, d"),
                ("b.py", "import a"),
                ("d.py", "import a, b"),
            ],
            &[&["b.py"], &["a.py", "d.py"]],
        );
    }
}
