//! What comments silence, file by file: those of files in which something was found, and those that
//! name us in any other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

use super::{notebooks, source};
use crate::discover::Disk;
use crate::finding::{Finding, Notice};
use crate::names::Package;
use crate::pins::{Files, InputKind, Manifest};
use crate::python::{self, Reading};
use crate::rules;
use crate::scope::Scopes;
use crate::suppress::{self, Comments, Outcome, plain};
use crate::text::{RepoPath, SourceFile, Span};

/// What is known of a run when its findings are there.
pub(super) struct Silence<'r> {
    pub(super) disk: &'r Disk,
    pub(super) scopes: &'r Scopes,
    pub(super) readings: &'r [Reading],
    pub(super) manifests: &'r [Manifest],
    /// Files of code that may have comments of ours.
    pub(super) marked: &'r [RepoPath],
    /// What could not be read: comments beside that may be of use all the same.
    pub(super) notices: &'r [Notice],
    /// Comments that silence nothing are told, too.
    pub(super) tells_unused: bool,
}

impl Silence<'_> {
    /// Takes findings apart by the comments beside them, and finds what is wrong with the comments.
    pub(super) fn apply(&self, findings: Vec<Finding>) -> Outcome {
        let mut files: BTreeMap<RepoPath, Vec<Finding>> = BTreeMap::new();
        for finding in findings {
            let path = finding.location.file.path.clone();
            files.entry(path).or_default().push(finding);
        }
        if self.tells_unused {
            let manifests = self.manifests.iter().map(|manifest| &manifest.path);
            for path in self.marked.iter().chain(manifests) {
                files.entry(path.clone()).or_default();
            }
        }
        let unread: BTreeSet<&RepoPath> = self
            .notices
            .iter()
            .filter_map(|notice| notice.path.as_ref())
            .collect();
        let outcomes: Vec<Outcome> = files
            .into_par_iter()
            .map(|(path, findings)| self.file(&path, findings, &unread))
            .collect();
        let mut all = Outcome::default();
        for one in outcomes {
            all.findings.extend(one.findings);
            all.silenced.extend(one.silenced);
        }
        all
    }

    fn file(
        &self,
        path: &RepoPath,
        findings: Vec<Finding>,
        unread: &BTreeSet<&RepoPath>,
    ) -> Outcome {
        let unchanged = |findings| Outcome {
            findings,
            ..Outcome::default()
        };
        let file = match findings.first() {
            Some(first) => Some(Arc::clone(&first.location.file)),
            None => self.text(path),
        };
        let Some(file) = file else {
            return unchanged(findings);
        };
        let Some(comments) = comments(&file, self.readings) else {
            return unchanged(findings);
        };
        let scope = self.scopes.governing(path);
        let permitted = |package: Package| scope.permitted_somewhere(package);
        let apply = |findings| suppress::apply(&file, &comments, findings, rules::ALL, &permitted);
        let mut outcome = apply(findings);
        if self.tells_unused && !unread.contains(path) {
            let faults = outcome.faults.iter();
            let own = apply(
                faults
                    .map(|fault| rules::check_comment(&file, fault))
                    .collect(),
            );
            outcome.findings.extend(own.findings);
            outcome.silenced.extend(own.silenced);
        }
        outcome
    }

    fn text(&self, path: &RepoPath) -> Option<Arc<SourceFile>> {
        if is_code(path) {
            let read = self.readings.binary_search_by(|one| one.path.cmp(path));
            return match read {
                Ok(at) => source(self.disk, &self.readings[at]),
                Err(_) => source(self.disk, &Reading::nothing(path)),
            };
        }
        self.disk.open(path).ok().map(|(file, _)| file)
    }
}

/// The comments of a file that may silence something.
pub(super) fn comments(file: &SourceFile, readings: &[Reading]) -> Option<Comments> {
    if !may_silence(&file.text) {
        return None;
    }
    if !is_code(&file.path) {
        return Some(plain::comments(&file.text));
    }
    let found = python::comments(file.code())?;
    let mut comments = Comments {
        comments: found.comments,
        statements: found.statements,
    };
    if notebooks::is_notebook(&file.path) {
        add_commands(file, readings, &mut comments);
    }
    Some(comments)
}

/// Commands of a notebook are no Python: their comments are those of a shell.
fn add_commands(file: &SourceFile, readings: &[Reading], comments: &mut Comments) {
    let place = |reading: &Reading| reading.path.cmp(&file.path);
    let Ok(at) = readings.binary_search_by(place) else {
        return;
    };
    for command in &readings[at].commands {
        let text = file.text.get(command.range()).unwrap_or_default();
        let found = plain::comments(text);
        let moved = |span: Span| Span::new(span.start + command.start, span.end + command.start);
        comments
            .comments
            .extend(found.comments.into_iter().map(moved));
        let statements = found.statements.into_iter().map(moved);
        comments.statements.extend(statements);
    }
    comments.comments.sort_unstable();
    comments.statements.sort_unstable();
}

fn is_code(path: &RepoPath) -> bool {
    InputKind::of(path).is_some_and(InputKind::is_code)
}

/// Whether a text may have a comment that silences.
fn may_silence(text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    python::may_silence(text.as_bytes()) || ["noqa", "NOQA", "NoQA"].into_iter().any(has)
}
