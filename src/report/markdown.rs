//! A report as a page of Markdown: the summary of a job on GitHub, or a page of its own.
//!
//! A headline, what was checked against what, the findings by file with the worst first, what would
//! repair them, and what could not be looked at. All foreign text passes [`escape`].

mod entry;
pub mod escape;
#[cfg(test)]
pub(crate) mod rendered;
mod repairs;
mod table;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io;

use self::entry::Entries;
use self::escape::{code, html_code, sentence};
use crate::finding::{Finding, Level, Notice};
use crate::report::links::Repository;
use crate::report::{Places, Report, counted, counts_line, grouped, listed};
use crate::rule::RuleMeta;
use crate::text::RepoPath;

/// GitHub drops a summary of 1 MiB as a whole, and other steps may add to it.
pub const LARGEST: usize = 900 * 1024;
/// Findings beyond these are folded: the page should be seen as one.
const MOST_OPEN: usize = 20;
/// The table of folders and the notices have one of so many equal parts of the page each, at most.
const SHARES: usize = 4;
/// What is kept for saying what was left out.
const CLOSING: usize = 512;

/// How a page is made.
#[derive(Clone, Copy, Debug)]
pub struct Options<'o> {
    /// Where lines are shown: with it they are links.
    pub repository: Option<&'o Repository>,
    /// The most bytes of the page.
    pub largest: usize,
    /// Where the findings are that have no room, such as `in the SARIF file`.
    pub rest: &'o str,
}

/// Writes the page.
///
/// # Errors
///
/// What the output answers.
pub fn write(
    report: &Report,
    rules: &[RuleMeta],
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    out.write_all(page(report, rules, options).as_bytes())
}

/// The page as text.
#[must_use]
pub fn page(report: &Report, rules: &[RuleMeta], options: &Options<'_>) -> String {
    let places = Places::of(report);
    let links = Links(options.repository);
    let mut page = format!("## {}\n\n{}\n\n", headline(report), counts(report));
    let share = options.largest / SHARES;
    page.push_str(&table::environments(report, links, share));
    let mut tail = repairs::section(report, links);
    tail.push_str(&notices(&report.notices, links, share));
    let room = options
        .largest
        .saturating_sub(page.len() + tail.len() + CLOSING);
    let mut body = Body {
        entries: Entries::new(rules, &places, links),
        text: String::new(),
        told: 0,
        room,
        worst: report.worst(),
    };
    for findings in files(report) {
        if !body.file(&findings) {
            break;
        }
    }
    let left_out = report.findings.len() - body.told;
    page.push_str(&body.text);
    if left_out > 0 {
        let more = counted(left_out, "more finding");
        page.push_str(&format!("**{more}** {}.\n\n", options.rest));
    }
    page.push_str(&tail);
    page
}

/// What is to be known first.
fn headline(report: &Report) -> String {
    let lines = |level| {
        let found = report.findings.iter().filter(|f| f.level == level);
        let places = found.map(|f| {
            let location = &f.location;
            (
                &location.file.path,
                location.file.line_on_disk(location.span.start),
            )
        });
        counted(places.collect::<BTreeSet<_>>().len(), "line")
    };
    match report.worst() {
        Some(Level::Error) => format!(
            "❌ {} cannot run on what this repository pins",
            lines(Level::Error)
        ),
        Some(Level::Warning) => format!(
            "⚠️ {} may fail or do the wrong thing on what this repository pins",
            lines(Level::Warning)
        ),
        Some(Level::Note) => "✅ Nothing fails on what is asked for".to_owned(),
        None if report.files_checked == 0 => "⚠️ There is no Python file to check".to_owned(),
        None if report.known() > 0 => {
            "✅ Nothing new fails on what this repository pins".to_owned()
        }
        None => "✅ Nothing found that fails on what this repository pins".to_owned(),
    }
}

fn counts(report: &Report) -> String {
    let files = counted(report.files_checked, "file");
    format!("{} · {files} checked", sentence(&counts_line(report)))
}

/// The findings by file, the files with the worst first, and so within each.
fn files(report: &Report) -> Vec<Vec<&Finding>> {
    let of = |findings: &[&Finding], level| findings.iter().filter(|f| f.level == level).count();
    let mut files: Vec<Vec<&Finding>> = report
        .findings
        .chunk_by(|a, b| a.location.file.path == b.location.file.path)
        .map(|findings| findings.iter().collect())
        .collect();
    files.sort_by_key(|findings| {
        Reverse([Level::Error, Level::Warning, Level::Note].map(|level| of(findings, level)))
    });
    for findings in &mut files {
        findings.sort_by_key(|finding| Reverse(finding.level));
    }
    files
}

/// The findings, as far as there is room.
struct Body<'r> {
    entries: Entries<'r>,
    text: String,
    /// How many findings are told.
    told: usize,
    room: usize,
    /// The level of the worst finding of all.
    worst: Option<Level>,
}

impl<'r> Body<'r> {
    /// Tells the findings of a file. `false` where some had no room.
    fn file(&mut self, findings: &[&'r Finding]) -> bool {
        let path = &findings[0].location.file.path;
        let of = |level| findings.iter().filter(|f| f.level == level).count();
        let counts = listed(&[
            (of(Level::Error), "error"),
            (of(Level::Warning), "warning"),
            (of(Level::Note), "note"),
        ]);
        let only_notes = findings[0].level == Level::Note && self.worst > Some(Level::Note);
        let folded = only_notes || self.told >= MOST_OPEN;
        let (head, foot) = if folded {
            let name = html_code(path.as_str());
            (
                format!("<details><summary>{name} · {counts}</summary>\n\n"),
                "</details>\n\n",
            )
        } else {
            let name = self.entries.links.file(path);
            (format!("### {name} · {counts}\n\n"), "")
        };
        let mut entries = String::new();
        let mut rest = findings;
        while let Some(first) = rest.first() {
            let (told, after) = rest.split_at(self.entries.alike(first, rest));
            let entry = self.entries.entry(told);
            let used = self.text.len() + head.len() + entries.len() + foot.len();
            if used + entry.len() > self.room {
                break;
            }
            entries.push_str(&entry);
            self.told += told.len();
            rest = after;
        }
        if !entries.is_empty() {
            self.text.push_str(&head);
            self.text.push_str(&entries);
            self.text.push_str(foot);
        }
        rest.is_empty()
    }
}

/// Places as links, where it is known where they lead.
#[derive(Clone, Copy)]
struct Links<'o>(Option<&'o Repository>);

impl Links<'_> {
    /// A file by its path.
    fn file(self, path: &RepoPath) -> String {
        let label = code(path.as_str());
        match self.0 {
            Some(repository) => escape::link(&label, &repository.file(path.as_str())),
            None => label,
        }
    }

    /// A line of a file, under a label that is Markdown.
    fn lines(self, label: &str, path: &RepoPath, first: u32, last: u32) -> String {
        match self.0 {
            Some(repository) => escape::link(label, &repository.lines(path.as_str(), first, last)),
            None => label.to_owned(),
        }
    }

    /// `requirements.txt:3`.
    fn place(self, path: &RepoPath, line: u32) -> String {
        self.lines(&code(&format!("{path}:{line}")), path, line, line)
    }
}

/// More than these are counted: they are in the log, too.
const MOST_NOTICES: usize = 50;

fn notices(notices: &[Notice], links: Links<'_>, room: usize) -> String {
    if notices.is_empty() {
        return String::new();
    }
    let count = counted(notices.len(), "notice");
    let mut text = format!("<details><summary>{count}: what could not be looked at</summary>\n\n");
    let mut shown = 0;
    for notice in notices.iter().take(MOST_NOTICES) {
        let line = format!("* {}\n", told(notice, links));
        if text.len() + line.len() > room {
            break;
        }
        text.push_str(&line);
        shown += 1;
    }
    if notices.len() > shown {
        let more = grouped(notices.len() - shown);
        text.push_str(&format!("* and {more} more\n"));
    }
    text.push_str("\n</details>\n");
    text
}

fn told(notice: &Notice, links: Links<'_>) -> String {
    let place = match (&notice.path, notice.line) {
        (Some(path), Some(line)) => format!("{}: ", links.place(path, line)),
        (Some(path), None) => format!("{}: ", links.file(path)),
        (None, _) => String::new(),
    };
    let advice = match notice.advice.as_str() {
        "" => String::new(),
        advice => format!("; {}", sentence(advice)),
    };
    format!("{place}{}{advice}", sentence(&notice.message))
}

/// A box for a page that is there already: something about the run that its page could not know.
#[must_use]
pub fn note(notice: &Notice) -> String {
    format!("\n> [!NOTE]\n> {}\n", told(notice, Links(None)))
}

#[cfg(test)]
mod tests;
