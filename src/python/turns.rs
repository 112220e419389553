//! In which order files are read: each after those that it imports from, so that what these hand on is
//! known by then. Where files import each other, those come first that wait for the fewest.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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
    /// How many each of the others waits for, the fewest on top. Numbers that hold no longer stay here.
    others: BinaryHeap<Reverse<(usize, usize)>>,
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
        let mut turns = Self {
            ready: Vec::new(),
            others: BinaryHeap::new(),
            files: waiting,
        };
        for at in 0..files.len() {
            turns.wait(at);
        }
        turns
    }

    /// Puts a file where it belongs by the number of those that it waits for.
    fn wait(&mut self, at: usize) {
        match self.files[at].before {
            Some(0) => self.ready.push(at),
            Some(before) => self.others.push(Reverse((before, at))),
            None => {}
        }
    }

    /// Those that wait for the fewest, none of which can be read before.
    fn fewest(&mut self) -> Vec<usize> {
        let mut found = Vec::new();
        let mut fewest = None;
        while let Some(&Reverse((before, at))) = self.others.peek()
            && fewest.is_none_or(|fewest| fewest == before)
        {
            self.others.pop();
            if self.files[at].before == Some(before) {
                fewest = Some(before);
                found.push(at);
            }
        }
        found
    }
}

/// Those that can be read next, side by side, as places in the list: those before are taken to have been
/// read by now.
impl Iterator for Turns {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let mut turn = std::mem::take(&mut self.ready);
        if turn.is_empty() {
            turn = self.fewest();
        }
        for &at in &turn {
            self.files[at].before = None;
        }
        for &at in &turn {
            for other in std::mem::take(&mut self.files[at].after) {
                if let Some(before) = &mut self.files[other].before {
                    *before -= 1;
                    self.wait(other);
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

    /// Looking through all files for each pair would not end.
    #[test]
    fn pairs_that_import_each_other_and_the_next_pair_have_a_turn_each() {
        let pairs = 20_000;
        let next = |at: usize| (at + 1).min(pairs - 1);
        let name = |side: char, at: usize| format!("{side}{at:05}.py");
        let paths: Vec<RepoPath> = ['a', 'b']
            .into_iter()
            .flat_map(|side| (0..pairs).map(move |at| RepoPath::new(&name(side, at))))
            .collect();
        let project = Project::new(&paths);
        let imports: Vec<Imports> = (0..2 * pairs)
            .map(|at| {
                let (side, at) = (if at < pairs { 'b' } else { 'a' }, at % pairs);
                let text = format!("import {side}{at:05}, a{:05}", next(at));
                Imports::of(text.as_bytes(), &paths[at], &project)
            })
            .collect();
        let listed: Vec<(&RepoPath, &Imports)> = paths.iter().zip(&imports).collect();
        let turns: Vec<Vec<usize>> = Turns::new(&project, &listed).collect();
        assert_eq!(turns.iter().map(Vec::len).sum::<usize>(), 2 * pairs);
        assert!(turns.len() >= pairs, "{}", turns.len());
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
