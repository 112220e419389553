//! Repairing: the edits of one file's findings; and check, apply what goes together, check again,
//! until nothing is left to repair.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::advice::repair::{Patient, repair};
use crate::discover::{Disk, InputKind, MAX_SOURCE};
use crate::error::Error;
use crate::finding::{Finding, Fix, Notice, Safety};
use crate::fix::{self, Change, Repaired, Round};
use crate::narrow::Judge;
use crate::python::uses::{FileUses, Use};
use crate::python::{self, Project, Reading};
use crate::report::Report;
use crate::rules::version_compared_as_text::misleads;
use crate::settings::Settings;
use crate::text::{RepoPath, SourceFile, Span};

use super::notebooks::is_notebook;

/// Repairs make others possible, but not without end.
const MOST_ROUNDS: usize = 10;

/// Names that files of the project take from others: the file that has one, and the name; `*` for
/// all of them.
pub(super) type Taken = HashSet<(RepoPath, String)>;

/// The names that a file takes from others.
pub(super) fn taken(project: &Project, reading: &Reading) -> Taken {
    let names = reading.taken.iter();
    names
        .map(|(module, name)| (project.path(*module).clone(), name.clone()))
        .collect()
}

/// Gives the findings of a file the edits that repair them. `told` says which use each is about.
pub(super) fn mend(
    file: &Arc<SourceFile>,
    reading: &Reading,
    judge: &Judge<'_>,
    taken: &Taken,
    findings: &mut [Finding],
    told: &[(usize, u32)],
) {
    let uses = &reading.uses;
    // What a wrong test chose may be right for the releases that it was meant for.
    let told: Vec<(usize, u32)> = told
        .iter()
        .copied()
        .filter(|&(_, used)| !misleads(uses, uses.uses[used as usize].guard))
        .collect();
    let ground = Ground::of(uses);
    for finding in findings.iter_mut().filter(|one| one.repair.is_some()) {
        let place = finding.location.span;
        let here = |span: Span| span.start < place.end && place.start < span.end;
        let around = ground.touched(uses, place);
        let mut methods = uses.methods.iter().filter(|method| here(method.receiver));
        // A name that means one thing or another: what is right for the one may be wrong for the other.
        let either = around.windows(2).any(|pair| pair[0].span == pair[1].span);
        if either
            || around.iter().any(|used| misleads(uses, used.guard))
            || methods.any(|method| misleads(uses, method.guard))
        {
            finding.repair = None;
        }
    }
    let patient = Patient {
        file,
        uses,
        judge,
        is_taken: &|name| {
            // What a package shows is for everybody.
            let has = |name: &str| taken.contains(&(reading.path.clone(), name.to_owned()));
            reading.path.file_name() == "__init__.py" || has(name) || has("*")
        },
    };
    repair(patient, findings, &told);
}

/// The places of uses and of the calls that they make.
struct Ground {
    /// Each with its use, in order, and the furthest end up to here.
    spans: Vec<(Span, usize, u32)>,
}

impl Ground {
    fn of(uses: &FileUses) -> Self {
        let call = |used: &Use| uses.call(used).map(|call| call.span);
        let spans = uses.uses.iter().enumerate().flat_map(|(at, used)| {
            let both = [Some(used.span), call(used)];
            both.into_iter().flatten().map(move |span| (span, at, 0))
        });
        let mut spans: Vec<(Span, usize, u32)> = spans.collect();
        spans.sort_unstable();
        let mut furthest = 0;
        for (span, _, end) in &mut spans {
            furthest = span.end.max(furthest);
            *end = furthest;
        }
        Self { spans }
    }

    /// The uses that a place touches, in their order.
    fn touched<'u>(&self, uses: &'u FileUses, place: Span) -> Vec<&'u Use> {
        let after = self
            .spans
            .partition_point(|(span, ..)| span.start < place.end);
        let before = self.spans[..after].iter().rev();
        let mut found: Vec<usize> = before
            .take_while(|(.., furthest)| place.start < *furthest)
            .filter(|(span, ..)| place.start < span.end)
            .map(|&(_, at, _)| at)
            .collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| &uses.uses[at]).collect()
    }
}

/// Repairs what the settings name, and gives the bytes of the files that change. Nothing is
/// written.
///
/// # Errors
/// As [`super::check`].
pub fn fix(settings: &Settings, also_unsafe: bool) -> Result<Repaired, Error> {
    let mut work = Work {
        disk: Disk::new(&settings.request.root),
        files: BTreeMap::new(),
        refused: BTreeSet::new(),
        notices: Vec::new(),
        fixed: 0,
    };
    let mut report = super::check_on(settings, &work.disk)?;
    for _ in 0..MOST_ROUNDS {
        if !work.round(&report, also_unsafe) {
            break;
        }
        report = super::check_on(settings, &work.disk)?;
    }
    let left = |finding: &&Finding| {
        let fix = finding.fix.as_ref();
        fix.is_some_and(|fix| fix.safety == Safety::Unsafe && !also_unsafe)
    };
    let left_unsafe = report.findings.iter().filter(left).count();
    work.notices.extend(report.notices);
    work.notices.sort_unstable();
    work.notices.dedup();
    let changed = |change: &Change| change.before != change.after;
    Ok(Repaired {
        changes: work.files.into_values().filter(changed).collect(),
        fixed: work.fixed,
        left_unsafe,
        notices: work.notices,
    })
}

/// The files as they are so far.
struct Work {
    disk: Disk,
    files: BTreeMap<RepoPath, Change>,
    /// Files that cannot be changed.
    refused: BTreeSet<RepoPath>,
    notices: Vec<Notice>,
    fixed: usize,
}

impl Work {
    /// Applies what goes together; whether anything was.
    fn round(&mut self, report: &Report, also_unsafe: bool) -> bool {
        let fixes = || {
            let findings = report.findings.iter();
            findings.filter_map(|finding| Some((finding, finding.fix.as_ref()?)))
        };
        let mut wanted: Vec<(&Finding, &Fix)> = fixes()
            .filter(|(_, fix)| fix::allowed(fix, also_unsafe))
            .collect();
        // A pin is changed for the sake of code only where no code can be changed any more.
        let own = |(finding, fix): &(&Finding, &Fix)| {
            let path = &finding.location.file.path;
            fix.edits.iter().all(|edit| edit.path == *path)
        };
        if wanted.iter().any(own) {
            wanted.retain(own);
        }
        for edit in wanted.iter().flat_map(|(_, fix)| &fix.edits) {
            self.open(&edit.path);
        }
        // A file that does not take its edits leaves the others to be tried without it.
        loop {
            let round = self.choose(&wanted);
            if round.is_empty() {
                return false;
            }
            let fixed = round.fixed();
            let mut after = BTreeMap::new();
            let mut broken = None;
            for (path, edits) in round.into_edits() {
                let before = &self.files[&path].after;
                let bytes = fix::apply(before, &edits);
                if !still_parses(&path, before, &bytes) {
                    broken = Some(path);
                    break;
                }
                after.insert(path, bytes);
            }
            let Some(path) = broken else {
                self.fixed += fixed;
                self.keep(after);
                return true;
            };
            let why = "the file is not changed: the result would not be Python any more";
            self.notices
                .push(Notice::on_file(&path, None, why).advise("please report it"));
            self.refused.insert(path);
        }
    }

    /// The repairs that go together.
    fn choose(&mut self, wanted: &[(&Finding, &Fix)]) -> Round {
        let mut round = Round::default();
        for (finding, fix) in wanted {
            if fix
                .edits
                .iter()
                .any(|edit| self.refused.contains(&edit.path))
            {
                continue;
            }
            let files = &self.files;
            let bytes = |path: &RepoPath| files.get(path).map(|file| file.after.as_slice());
            if let Err(notice) = round.take(finding, fix, bytes) {
                self.refused.extend(notice.path.clone());
                self.notices.push(notice);
            }
        }
        round
    }

    fn open(&mut self, path: &RepoPath) {
        if self.files.contains_key(path) || self.refused.contains(path) {
            return;
        }
        match self.disk.bytes(path, MAX_SOURCE) {
            Ok(bytes) => {
                let change = Change {
                    path: path.clone(),
                    before: bytes.clone(),
                    after: bytes,
                };
                self.files.insert(path.clone(), change);
            }
            Err(notice) => {
                self.refused.insert(path.clone());
                self.notices.push(notice);
            }
        }
    }

    fn keep(&mut self, after: BTreeMap<RepoPath, Vec<u8>>) {
        for (path, bytes) in &after {
            if let Some(change) = self.files.get_mut(path) {
                change.after.clone_from(bytes);
            }
        }
        self.disk = std::mem::take(&mut self.disk).with(after);
    }
}

/// Whether the result parses, where the source did.
fn still_parses(path: &RepoPath, before: &[u8], after: &[u8]) -> bool {
    let parses = |bytes: &[u8]| {
        if is_notebook(path) {
            let notebook = python::Notebook::read(path, bytes.to_vec());
            return notebook.is_ok_and(|notebook| {
                notebook.is_none_or(|one| python::parses(path, one.file.code()))
            });
        }
        let text = python::decode::decode(path, bytes.to_vec()).text;
        python::parses(path, &text)
    };
    InputKind::of(path).is_some_and(|kind| !kind.is_code()) || parses(after) || !parses(before)
}
