//! The baseline: the findings that a project has accepted, in a file that people review and merge.
//!
//! An entry is a rule, a path and a symbol, as in [`fingerprint`], and how often that is accepted. It
//! names no line and no release, so that neither a shift of lines nor another wording makes a finding
//! new. Beside that it keeps a hash of each line: which of several equal findings is the new one, and
//! which one has moved to another file, is told by these. They never make a finding new by themselves.
//!
//! Which entries a run could have found again is for the run to say; so is reading and writing.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use super::fingerprint::{self, fnv};
use super::{Places, Report, counted};
use crate::finding::{Finding, Level, Silenced, Silencer};
use crate::text::clipped;

/// Raised when a field goes or changes its meaning.
const VERSION: u64 = 1;
/// What is kept of a message, in characters: it is for the reader alone.
const LONGEST_MESSAGE: usize = 160;

/// Accepted findings, in the order of path, rule and symbol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// What is accepted of one rule on one symbol in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file, with `/` between its parts.
    pub path: String,
    /// The rule's id.
    pub rule: String,
    /// The canonical symbol.
    pub symbol: String,
    /// The worst level of those accepted.
    level: Level,
    /// How many are accepted, at least one.
    count: usize,
    /// A hash of each line; of a file that was written by hand, none or some.
    lines: Vec<String>,
    /// How the first of them read.
    message: String,
}

/// What became of a baseline in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// The file, as it is shown.
    pub name: String,
    /// The file, as a command would name it.
    pub given: String,
    /// What is not found any more, and how many of it.
    pub fixed: Vec<Entry>,
    /// The baseline that was asked for, to be written.
    pub new: Option<Baseline>,
}

/// Why a text is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotABaseline {
    /// It is not JSON of that form.
    #[error("{why}")]
    Unreadable {
        /// What the reader of JSON says: a kind of fault and its place.
        why: String,
    },
    /// It has another version.
    #[error("its format has version {version}, and this program reads version {VERSION}")]
    Version {
        /// The version it states.
        version: u64,
    },
    /// An entry that no run writes.
    #[error("entry {number}: {why}")]
    Entry {
        /// Which, base 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
}

#[derive(Deserialize)]
struct VersionView {
    version: u64,
}

#[derive(Deserialize)]
struct FileView {
    findings: Vec<EntryView>,
}

#[derive(Deserialize, Serialize)]
struct EntryView {
    path: String,
    rule: String,
    symbol: String,
    level: String,
    count: usize,
    #[serde(default)]
    lines: Vec<String>,
    fingerprint: Option<String>,
    #[serde(default)]
    message: String,
}

impl Entry {
    /// How many are accepted, or fixed.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The fingerprint of the first of them, by which reports know it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint::of(&self.rule, &self.path, &self.symbol, 1)
    }

    fn key(&self) -> Key<'_> {
        (&self.path, &self.rule, &self.symbol)
    }

    fn view(&self) -> EntryView {
        EntryView {
            path: self.path.clone(),
            rule: self.rule.clone(),
            symbol: self.symbol.clone(),
            level: self.level.name().to_owned(),
            count: self.count,
            lines: self.lines.clone(),
            fingerprint: Some(self.fingerprint()),
            message: self.message.clone(),
        }
    }
}

/// Path, rule and symbol.
type Key<'k> = (&'k str, &'k str, &'k str);

fn key(finding: &Finding) -> Key<'_> {
    let path = finding.location.file.path.as_str();
    (path, finding.rule.0, &finding.symbol)
}

impl Baseline {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// Where it is not what [`Self::write`] writes.
    pub fn read(text: &str) -> Result<Self, NotABaseline> {
        let unreadable = |error: serde_json::Error| NotABaseline::Unreadable {
            why: error.to_string(),
        };
        let text = text.trim_start_matches('\u{FEFF}');
        let VersionView { version } = serde_json::from_str(text).map_err(unreadable)?;
        if version != VERSION {
            return Err(NotABaseline::Version { version });
        }
        let file: FileView = serde_json::from_str(text).map_err(unreadable)?;
        let mut entries = Vec::with_capacity(file.findings.len());
        for (number, view) in (1..).zip(file.findings) {
            let entry = entry(view).map_err(|why| NotABaseline::Entry { number, why })?;
            entries.push(entry);
        }
        entries.sort_by(|a, b| a.key().cmp(&b.key()));
        if let Some(at) = entries.windows(2).position(|p| p[0].key() == p[1].key()) {
            let (path, rule, symbol) = entries[at].key();
            let why = format!("`{rule}` on `{symbol}` in `{path}` is listed twice");
            return Err(NotABaseline::Unreadable { why });
        }
        Ok(Self { entries })
    }

    /// Writes the file: one line for each entry, so that a change of one is a change of one line.
    ///
    /// # Errors
    ///
    /// What the output answers.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        write!(out, "{{\n  \"version\": {VERSION},\n  \"findings\": [")?;
        for (place, entry) in self.entries.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let line = serde_json::to_string(&entry.view())?;
            write!(out, "{comma}\n    {line}")?;
        }
        let end = if self.entries.is_empty() { "" } else { "\n  " };
        writeln!(out, "{end}]\n}}")
    }

    /// How many findings are accepted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.iter().map(|entry| entry.count).sum()
    }

    /// A baseline that accepts all that a report has. Of this one stays what the run could not have
    /// found (`judged` tells): a run on a part of the repository keeps the rest.
    #[must_use]
    pub fn renewed(&self, report: &Report, judged: &dyn Fn(&Entry) -> bool) -> Self {
        let lines = line_hashes(report);
        let mut entries: BTreeMap<Key<'_>, Entry> = BTreeMap::new();
        for (finding, line) in report.findings.iter().zip(lines) {
            let entry = entries.entry(key(finding)).or_insert_with(|| Entry {
                path: finding.location.file.path.as_str().to_owned(),
                rule: finding.rule.0.to_owned(),
                symbol: finding.symbol.clone(),
                level: finding.level,
                count: 0,
                lines: Vec::new(),
                message: clipped(&finding.message, LONGEST_MESSAGE),
            });
            entry.level = entry.level.max(finding.level);
            entry.count += 1;
            entry.lines.push(line);
        }
        for kept in self.entries.iter().filter(|entry| !judged(entry)) {
            entries.entry(kept.key()).or_insert_with(|| kept.clone());
        }
        Self {
            entries: entries.into_values().collect(),
        }
    }

    /// Silences what is accepted, and tells which entries a run that could have found them (`judged`)
    /// has not found. The findings have to be in their order.
    pub fn compare(&self, report: &mut Report, name: &str, judged: &dyn Fn(&Entry) -> bool) {
        let lines = line_hashes(report);
        let mut open: Vec<Open<'_>> = self.entries.iter().map(Open::new).collect();
        let mut known = vec![false; report.findings.len()];
        let places: Vec<Option<usize>> = report
            .findings
            .iter()
            .map(|finding| self.place(key(finding)))
            .collect();
        // The same line first: of several equal findings the one that came is then the one reported.
        for same_line in [true, false] {
            for (at, finding) in report.findings.iter().enumerate() {
                let entry = places[at].filter(|_| !known[at]).map(|at| &mut open[at]);
                let line = same_line.then_some(lines[at].as_str());
                known[at] |= entry.is_some_and(|entry| entry.take(finding.level, line));
            }
        }
        let mut by_symbol: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (at, one) in open.iter().enumerate() {
            if one.left > 0 && judged(one.entry) {
                let symbol = (one.entry.rule.as_str(), one.entry.symbol.as_str());
                by_symbol.entry(symbol).or_default().push(at);
            }
        }
        for (at, finding) in report.findings.iter().enumerate() {
            let symbol = (finding.rule.0, finding.symbol.as_str());
            let from = by_symbol.get(&symbol).filter(|_| !known[at]);
            known[at] |= from.into_iter().flatten().any(|&from| {
                let elsewhere = Some(from) != places[at];
                elsewhere && open[from].take(finding.level, Some(&lines[at]))
            });
        }
        for (at, finding) in report.findings.iter_mut().enumerate() {
            let entry = places[at].filter(|_| !known[at]).map(|at| &open[at]);
            if let Some(entry) = entry.filter(|one| one.left > 0) {
                let level = entry.entry.level.name();
                let help = format!("it is worse than accepted: {name} has it as {level}");
                finding.help.push(help);
            }
        }
        let fixed = open
            .iter()
            .filter(|one| one.left > 0 && judged(one.entry))
            .map(|one| Entry {
                count: one.left,
                ..one.entry.clone()
            });
        let worse: BTreeSet<Key<'_>> = report
            .findings
            .iter()
            .zip(&known)
            .filter_map(|(finding, known)| (!known).then_some(key(finding)))
            .collect();
        let fixed: Vec<Entry> = fixed.filter(|one| !worse.contains(&one.key())).collect();
        report.baseline = Some(Compared {
            name: name.to_owned(),
            given: name.to_owned(),
            fixed,
            new: None,
        });
        report.silence(&known);
    }

    fn place(&self, key: Key<'_>) -> Option<usize> {
        self.entries
            .binary_search_by(|entry| entry.key().cmp(&key))
            .ok()
    }
}

impl Report {
    /// Takes findings that the baseline has out of those that are reported.
    fn silence(&mut self, known: &[bool]) {
        let mut known = known.iter();
        let mut is_known = |_: &mut Finding| known.next() == Some(&true);
        let silenced = self.findings.extract_if(.., |one| is_known(one));
        let silenced = silenced.map(|finding| Silenced {
            finding,
            by: Silencer::Baseline,
        });
        self.silenced.extend(silenced.collect::<Vec<_>>());
        self.silenced
            .sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
    }
}

/// An entry and what is left of it.
struct Open<'e> {
    entry: &'e Entry,
    left: usize,
    lines: Vec<&'e str>,
}

impl<'e> Open<'e> {
    fn new(entry: &'e Entry) -> Self {
        Self {
            entry,
            left: entry.count,
            lines: entry.lines.iter().map(String::as_str).collect(),
        }
    }

    /// Takes one of what is accepted; where a line is given, only on such a line.
    fn take(&mut self, level: Level, line: Option<&str>) -> bool {
        if self.left == 0 || level > self.entry.level {
            return false;
        }
        let at = match line {
            Some(line) => self.lines.iter().position(|known| *known == line),
            None => Some(0),
        };
        let Some(at) = at else { return false };
        if at < self.lines.len() {
            self.lines.remove(at);
        }
        self.left -= 1;
        true
    }
}

fn entry(view: EntryView) -> Result<Entry, String> {
    let Some(level) = Level::from_name(&view.level) else {
        return Err(format!("`{}` is no level", view.level));
    };
    if view.count == 0 {
        return Err("its count is 0".to_owned());
    }
    let entry = Entry {
        path: view.path,
        rule: view.rule,
        symbol: view.symbol,
        level,
        count: view.count,
        lines: view.lines,
        message: view.message,
    };
    // A path that was edited by hand is no reason to refuse it, if the rest was edited too.
    match view.fingerprint {
        Some(other) if other != entry.fingerprint() => Err(format!(
            "its fingerprint is not that of `{}` on `{}` in `{}`",
            entry.rule, entry.symbol, entry.path
        )),
        _ => Ok(entry),
    }
}

/// A hash of the line of each finding, blanks left out: of a notebook, the line in its cell.
fn line_hashes(report: &Report) -> Vec<String> {
    let places = Places::of(report);
    let hash = |finding: &Finding| {
        let file = &finding.location.file;
        let index = places.quoted(file);
        let line = index.line_text(&file.text, index.line(finding.location.span.start));
        let text: String = line.split_whitespace().collect();
        format!("{:08x}", fnv([text.as_str()]) >> 32)
    };
    report.findings.iter().map(hash).collect()
}

impl Compared {
    /// What is to be said besides the report: that there is less to accept, or what was written.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        let name = &self.name;
        if let Some(new) = &self.new {
            let findings = counted(new.count(), "finding");
            return Some(format!("{name} accepts {findings} from now on"));
        }
        let entries = match self.fixed.len() {
            0 => return None,
            1 => "1 entry of the baseline is fixed".to_owned(),
            many => format!("{} are fixed", counted_entries(many)),
        };
        let given = &self.given;
        let again = format!("write it again with `tfmp check --write-baseline {given}`");
        Some(format!("{entries}; {again}"))
    }
}

fn counted_entries(count: usize) -> String {
    format!("{} entries of the baseline", super::grouped(count))
}

#[cfg(test)]
#[path = "baseline/tests.rs"]
mod tests;
