//! What a run found, and the formats in which it is told: one module each.
//!
//! A [`Report`] holds facts in a fixed order. The emitters turn byte spans into lines and columns
//! through [`Places`]; none of them reads a disk, a clock or the environment.

pub mod annotations;
pub mod baseline;
pub mod compat;
pub mod concise;
mod excerpt;
pub mod explain;
pub mod fingerprint;
pub mod json;
pub mod lines;
pub mod links;
pub mod log;
pub mod markdown;
mod page;
mod printable;
pub mod rules;
pub mod sarif;
mod stories;
pub(crate) mod strip;
pub mod terminal;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use self::baseline::Compared;
use self::lines::Change;
use crate::finding::{Edit, Finding, Level, Location, Notice, Safety, Silenced, Silencer};
use crate::names::RuleId;
use crate::text::cells::Cells;
use crate::text::{LineIndex, Position, RepoPath, SourceFile};

/// The outcome of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong, in the order of [`Finding::sort_key`].
    pub findings: Vec<Finding>,
    /// What is wrong and not reported, in the same order.
    pub silenced: Vec<Silenced>,
    /// What became of the baseline, where there is one.
    pub baseline: Option<Compared>,
    /// What could not be read or judged, in order.
    pub notices: Vec<Notice>,
    /// What the files were checked against, by folder.
    pub scopes: Vec<ScopeLine>,
    /// Which part of the files was judged, such as `2/4`, where others judge the rest.
    pub shard: Option<String>,
    /// How many Python files and notebooks were looked at.
    pub files_checked: usize,
    /// How many lines these have.
    pub lines: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// One folder and what its pins permit, as the summary of a run tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScopeLine {
    /// The folder whose pins govern, `""` for the root; or the notebook that installs for itself.
    pub folder: String,
    /// What governs is a notebook.
    pub is_notebook: bool,
    /// The permitted TensorFlow releases, such as `2.3.4` or `2.0.0-2.22.0`; `""` for none, and
    /// `of unknown version` where the pin does not tell.
    pub tensorflow: String,
    /// The permitted releases of the `keras` distribution where the project pins it.
    pub keras: Option<String>,
    /// The line that decides; `None` where nothing pins.
    pub pin: Option<ScopePin>,
    /// Every environment, where there are several.
    pub environments: Vec<EnvironmentLine>,
    /// The lines that did not decide, each with the reason.
    pub passed_over: Vec<String>,
}

/// One of several environments of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentLine {
    /// The file that stands for it, such as `requirements-gpu.txt`.
    pub name: String,
    /// The permitted TensorFlow releases, as in [`ScopeLine`].
    pub tensorflow: String,
    /// The permitted releases of the `keras` distribution where this environment pins it.
    pub keras: Option<String>,
    /// The line that decides.
    pub pin: Option<ScopePin>,
    /// What is installed, and the line that says so, in a few words.
    pub summary: String,
}

/// The line that decides what a folder is checked against.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScopePin {
    /// File and line, base 1, as it stands on disk; `None` where the pin came with the run.
    pub place: Option<(RepoPath, u32)>,
    /// The pin as written, such as `tensorflow==2.3.4` or `--tensorflow 2.3.4`.
    pub text: String,
}

/// `requirements.txt:3`, or what came with the run.
impl fmt::Display for ScopePin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((path, line)) => write!(f, "{path}:{line}"),
            None => f.write_str(&self.text),
        }
    }
}

impl Report {
    /// Brings findings, notices and scopes into their order and drops what was said twice.
    pub fn sort(&mut self) {
        self.findings
            .sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.silenced
            .sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
        self.number();
        self.notices.sort_unstable();
        self.notices.dedup();
        self.scopes.sort_unstable();
        self.scopes.dedup();
    }

    /// Counts equal findings of a file. Silenced ones count too, so that silencing one leaves the
    /// others their identity.
    fn number(&mut self) {
        let silenced = self.silenced.iter_mut().map(|one| &mut one.finding);
        let mut all: Vec<&mut Finding> = self.findings.iter_mut().chain(silenced).collect();
        all.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        let mut seen: BTreeMap<(RuleId, RepoPath, String), usize> = BTreeMap::new();
        for finding in all {
            let path = finding.location.file.path.clone();
            let key = (finding.rule, path, finding.symbol.clone());
            let occurrence = seen.entry(key).or_insert(0);
            *occurrence += 1;
            finding.occurrence = *occurrence;
        }
    }

    /// How many findings comments silence.
    #[must_use]
    pub fn suppressed(&self) -> usize {
        let by_comment = |one: &&Silenced| one.by != Silencer::Baseline;
        self.silenced.iter().filter(by_comment).count()
    }

    /// How many findings the baseline has.
    #[must_use]
    pub fn known(&self) -> usize {
        self.silenced.len() - self.suppressed()
    }

    /// How many findings there are of each kind.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let of = |level| self.findings.iter().filter(|f| f.level == level).count();
        let fixes = |safety| {
            let fixes = self.findings.iter().filter_map(|f| f.fix.as_ref());
            fixes.filter(|fix| fix.safety == safety).count()
        };
        Counts {
            errors: of(Level::Error),
            warnings: of(Level::Warning),
            notes: of(Level::Note),
            safe_fixes: fixes(Safety::Safe),
            unsafe_fixes: fixes(Safety::Unsafe),
        }
    }

    /// The scope that governs a file, of those that were checked.
    pub(crate) fn governing(&self, path: &RepoPath) -> Option<&ScopeLine> {
        let governs = |scope: &&ScopeLine| match scope.folder.as_str() {
            "" => true,
            notebook if scope.is_notebook => path.as_str() == notebook,
            folder => path
                .as_str()
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/')),
        };
        let scopes = self.scopes.iter().filter(governs);
        scopes.max_by_key(|scope| scope.folder.len())
    }

    /// The level of the worst finding.
    #[must_use]
    pub fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|finding| finding.level).max()
    }
}

/// Numbers of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Findings of level error.
    pub errors: usize,
    /// Findings of level warning.
    pub warnings: usize,
    /// Findings of level note.
    pub notes: usize,
    /// Findings with a fix that needs no asking.
    pub safe_fixes: usize,
    /// Findings with a fix that is applied on request.
    pub unsafe_fixes: usize,
}

/// Lines and columns of everything that a report points at. Each file is searched for line ends
/// once, however many findings it has.
pub(crate) struct Places<'r> {
    indexes: BTreeMap<*const SourceFile, LineIndex>,
    files: BTreeMap<&'r RepoPath, &'r SourceFile>,
}

impl<'r> Places<'r> {
    /// Indexes the files that the findings of a report name.
    pub(crate) fn of(report: &'r Report) -> Self {
        let mut places = Self {
            indexes: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        let silenced = report.silenced.iter().map(|one| &one.finding);
        for finding in report.findings.iter().chain(silenced) {
            let pins = finding.pins.iter().filter_map(|pin| pin.location.as_ref());
            for location in std::iter::once(&finding.location).chain(pins) {
                let file: &SourceFile = &location.file;
                places
                    .indexes
                    .entry(std::ptr::from_ref(file))
                    .or_insert_with(|| LineIndex::new(file.on_disk()));
                places.files.entry(&file.path).or_insert(file);
            }
        }
        places
    }

    fn index(&self, file: &SourceFile) -> &LineIndex {
        self.indexes
            .get(&std::ptr::from_ref(file))
            .expect("the file belongs to the report that was indexed")
    }

    /// The lines of a file's text, as an excerpt quotes it: of a notebook, those of its cells.
    pub(crate) fn quoted<'p>(&'p self, file: &'p SourceFile) -> &'p LineIndex {
        file.cells
            .as_ref()
            .map_or_else(|| self.index(file), Cells::lines)
    }

    /// First position, and the position after the last character, in the file as it stands on disk.
    pub(crate) fn range(&self, location: &Location) -> (Position, Position) {
        let file: &SourceFile = &location.file;
        let index = self.index(file);
        let span = file.span_on_disk(location.span);
        let start = index.position(file.on_disk(), span.start);
        let end = index.position(file.on_disk(), span.end.max(span.start));
        (start, end)
    }

    /// The lines that a location touches, as they stand in the file; `None` where they are long.
    pub(crate) fn lines(&self, location: &Location) -> Option<Vec<String>> {
        let (start, end) = self.range(location);
        let file: &SourceFile = &location.file;
        lines::quoted(file, self.index(file), start.line, end.line)
    }

    /// The edits of a fix as changes of whole lines, by file; `None` where a file is not quoted by
    /// any finding, or a change is long.
    pub(crate) fn changes<'e>(&self, edits: &'e [Edit]) -> Option<Vec<(&'e RepoPath, Change)>> {
        let mut by_path: BTreeMap<&RepoPath, Vec<&Edit>> = BTreeMap::new();
        for edit in edits {
            by_path.entry(&edit.path).or_default().push(edit);
        }
        let mut all = Vec::new();
        for (path, edits) in by_path {
            let file = *self.files.get(path)?;
            let changes = lines::changes(file, self.index(file), &edits)?;
            all.extend(changes.into_iter().map(|change| (path, change)));
        }
        Some(all)
    }

    /// The range of an edit; `None` where it changes a file that no finding points at.
    pub(crate) fn edit_range(&self, edit: &Edit) -> Option<(Position, Position)> {
        let file = *self.files.get(&edit.path)?;
        let index = self.index(file);
        let span = file.file_span_on_disk(edit.span);
        Some((
            index.position(file.on_disk(), span.start),
            index.position(file.on_disk(), span.end),
        ))
    }
}

/// The sentence of a finding where nothing else tells the place in a notebook: `cell 3, line 2: ...`.
pub(crate) fn placed_message(finding: &Finding) -> Cow<'_, str> {
    let location = &finding.location;
    match location.file.cell(location.span.start) {
        Some(cell) => format!("{cell}: {}", finding.message).into(),
        None => finding.message.as_str().into(),
    }
}

/// `2 errors, 1 note · 1 safe fix · 3 suppressed · 12 known findings in tfmp-baseline.json`.
pub(crate) fn counts_line(report: &Report) -> String {
    let counts = report.counts();
    let mut parts = vec![listed(&[
        (counts.errors, "error"),
        (counts.warnings, "warning"),
        (counts.notes, "note"),
    ])];
    if report.findings.is_empty() {
        parts[0] = "no findings".to_owned();
    }
    let (safe, unsafe_) = (counts.safe_fixes, counts.unsafe_fixes);
    match (safe, unsafe_) {
        (0, 0) => {}
        (_, 0) if safe == 1 => parts.push("1 safe fix (`tfmp fix`)".to_owned()),
        (_, 0) => parts.push(format!("{} safe fixes (`tfmp fix`)", grouped(safe))),
        (0, 1) => parts.push("1 unsafe fix (`tfmp fix --unsafe`)".to_owned()),
        (0, _) => parts.push(format!(
            "{} unsafe fixes (`tfmp fix --unsafe`)",
            grouped(unsafe_)
        )),
        _ => parts.push(format!(
            "{} fixes, {} of them safe (`tfmp fix`)",
            grouped(safe + unsafe_),
            grouped(safe)
        )),
    }
    let suppressed = report.suppressed();
    if suppressed > 0 {
        parts.push(format!("{} suppressed", grouped(suppressed)));
    }
    if let Some(baseline) = &report.baseline {
        let known = counted(report.known(), "known finding");
        parts.push(format!("{known} in {}", baseline.name));
    }
    parts.join(" · ")
}

/// `2 errors, 1 note`: what there is none of is left out.
pub(crate) fn listed(parts: &[(usize, &str)]) -> String {
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|&(count, noun)| counted(count, noun)).collect();
    parts.join(", ")
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A number with commas between its groups of three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Reports made by hand, for the tests of the emitters.
#[cfg(test)]
pub(crate) mod samples;
