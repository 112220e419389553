//! Comments that silence findings: which findings each of them is about, when it ends, and which of
//! them silence nothing.
//!
//! A comment counts for the lines of its statement's ends and for the line on which it stands; on a
//! line of its own, for the statement below. Where comments stand in a text is told by who reads it:
//! `python` knows Python, [`plain`] all else. docs/adoption.md tells it all to the user.

pub mod directive;
pub mod plain;

use std::sync::Arc;

use pep440_rs::Version;

use self::directive::{Directive, Kind, Name, Odd};
use crate::finding::{Edit, Finding, Silenced, Silencer};
use crate::names::{Package, RuleId};
use crate::release::{ReleaseSet, ReleaseTable};
use crate::rule::RuleMeta;
use crate::text::{LineIndex, SourceFile, Span};

/// The rule that finds what is wrong with these comments: only a comment that names it silences it.
pub const OWN: RuleId = RuleId("TFMP090");

/// Comments and statements of a file, each in the order of its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// From the `#` to the end of the line.
    pub comments: Vec<Span>,
    /// What a comment may be about: statements or lines, continued ones as one.
    pub statements: Vec<Span>,
}

/// What the comments of a file leave of its findings.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Those that are left.
    pub findings: Vec<Finding>,
    /// Those that are silenced.
    pub silenced: Vec<Silenced>,
    /// What is wrong with the comments themselves.
    pub faults: Vec<Fault>,
}

/// Something that is wrong with a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The comment, or the part of it.
    pub span: Span,
    /// What it is.
    pub what: What,
    /// The edit that mends it; nothing where only the user knows what was meant.
    pub edit: Option<Edit>,
}

/// What is wrong with a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It silences nothing; the names of rules of which that is true, none where it names none.
    Unused(Vec<String>),
    /// It names a rule that there is not; and the one whose name is nearest.
    Unknown(String, Option<&'static str>),
    /// It is written in a way that means nothing.
    Odd(Odd),
}

/// What is permitted of a package where a file stands.
pub type Permitted<'p> = &'p dyn Fn(Package) -> ReleaseSet;

/// Takes the findings of one file apart.
#[must_use]
pub fn apply(
    file: &Arc<SourceFile>,
    comments: &Comments,
    findings: Vec<Finding>,
    rules: &[RuleMeta],
    permitted: Permitted<'_>,
) -> Outcome {
    let lines = LineIndex::new(&file.text);
    let mut suppressions = suppressions(file, comments, rules, &lines);
    let mut outcome = Outcome::default();
    if suppressions.is_empty() {
        outcome.findings = findings;
        return outcome;
    }
    for mut finding in findings {
        let place = Place::of(finding.location.span, comments, &lines);
        match silencer(&mut suppressions, &finding, &place, permitted) {
            Told::Silent(reason) => outcome.silenced.push(Silenced {
                finding,
                by: Silencer::Comment { reason },
            }),
            Told::Ended(help) => {
                finding.help.push(help);
                outcome.findings.push(finding);
            }
            Told::Nothing => outcome.findings.push(finding),
        }
    }
    for one in &suppressions {
        outcome.faults.extend(one.faults(file, &lines));
    }
    outcome
}

/// What the comments of a file silence, place by place.
pub struct Silencers<'f> {
    suppressions: Vec<Suppression>,
    comments: &'f Comments,
    lines: LineIndex,
}

impl<'f> Silencers<'f> {
    /// Reads the comments.
    #[must_use]
    pub fn of(file: &SourceFile, comments: &'f Comments, rules: &[RuleMeta]) -> Self {
        let lines = LineIndex::new(&file.text);
        Self {
            suppressions: suppressions(file, comments, rules, &lines),
            comments,
            lines,
        }
    }

    /// Those that silence a rule at a place, by the version before which each counts; nothing for one
    /// that counts whatever is permitted.
    pub fn at(&mut self, rule: RuleId, span: Span) -> Vec<Option<&Version>> {
        let place = Place::of(span, self.comments, &self.lines);
        self.suppressions
            .iter_mut()
            .filter_map(|one| (one.covers(&place) && one.names(rule)).then_some(&one.directive))
            .map(|directive| Some(&directive.until.as_ref()?.version))
            .collect()
    }
}

fn suppressions(
    file: &SourceFile,
    comments: &Comments,
    rules: &[RuleMeta],
    lines: &LineIndex,
) -> Vec<Suppression> {
    comments
        .comments
        .iter()
        .flat_map(|&comment| {
            let text = file.text.get(comment.range()).unwrap_or_default();
            let directives = directive::read(text, comment.start, rules);
            directives.into_iter().map(move |one| (comment, one))
        })
        .map(|(comment, directive)| {
            Suppression::new(directive, comment, comments, &file.text, lines)
        })
        .collect()
}

/// Whether a comment that counts before a version has had its time, where some releases are permitted.
#[must_use]
pub fn has_ended(before: &Version, package: Package, permitted: ReleaseSet) -> bool {
    let older = ReleaseTable::of(package).select(|release| release.version < *before);
    !permitted.is_empty() && (permitted & older).is_empty()
}

/// What is said of a finding.
enum Told {
    Silent(String),
    /// A comment would, and its time is over.
    Ended(String),
    Nothing,
}

fn silencer(
    suppressions: &mut [Suppression],
    finding: &Finding,
    place: &Place,
    permitted: Permitted<'_>,
) -> Told {
    let mut told = Told::Nothing;
    for one in suppressions.iter_mut() {
        if !one.covers(place) || !one.names(finding.rule) {
            continue;
        }
        match one.ended(finding, permitted) {
            Some(help) if !matches!(told, Told::Silent(_)) => told = Told::Ended(help),
            Some(_) => {}
            None if matches!(told, Told::Silent(_)) => {}
            None => told = Told::Silent(one.directive.reason.clone()),
        }
    }
    told
}

/// The lines of a finding, base 1.
struct Place {
    start: u32,
    first: u32,
    last: u32,
    /// First and last line of its statement.
    statement: (u32, u32),
}

impl Place {
    fn of(span: Span, comments: &Comments, lines: &LineIndex) -> Self {
        let first = lines.line(span.start);
        let last = lines.line(span.end.max(span.start + 1) - 1);
        let around = statement_at(&comments.statements, span.start);
        let statement = around.map_or((first, first), |one| ends(one, lines));
        Self {
            start: span.start,
            first,
            // What goes on over several statements is told where it begins.
            last: last.min(statement.1.max(first)),
            statement,
        }
    }
}

fn ends(span: Span, lines: &LineIndex) -> (u32, u32) {
    let last = span.end.max(span.start + 1) - 1;
    (lines.line(span.start), lines.line(last))
}

/// The statement that holds a byte.
fn statement_at(statements: &[Span], at: u32) -> Option<Span> {
    let index = statements.partition_point(|one| one.start <= at);
    let one = *statements.get(index.checked_sub(1)?)?;
    (at < one.end).then_some(one)
}

/// What a comment is about.
enum Cover {
    /// The line on which it stands, base 1.
    Line(u32),
    /// What begins in that span: the statement below it.
    Below(Span),
    /// The whole file.
    File,
    /// Nothing.
    Nothing,
}

/// A comment that silences, and what it has silenced so far.
struct Suppression {
    directive: Directive,
    comment: Span,
    alone: bool,
    cover: Cover,
    /// Which of its names were of use; the first, where it has none.
    used: Vec<bool>,
}

impl Suppression {
    fn new(
        mut directive: Directive,
        comment: Span,
        comments: &Comments,
        text: &str,
        lines: &LineIndex,
    ) -> Self {
        let line = lines.line(comment.start);
        let alone = is_alone(comment, text, lines);
        if directive.kind == Kind::File && !alone {
            directive.odd = Some(Odd::BehindCode);
        }
        let cover = match (directive.kind, alone) {
            (Kind::File, true) => Cover::File,
            (Kind::File, false) => Cover::Nothing,
            (Kind::Line, true) => below(comment, comments, text, lines),
            (Kind::Line, false) | (Kind::Noqa, _) => Cover::Line(line),
        };
        let names = directive.names.as_ref().map_or(1, Vec::len);
        Self {
            directive,
            comment,
            alone,
            cover,
            used: vec![false; names],
        }
    }

    fn covers(&self, place: &Place) -> bool {
        match self.cover {
            Cover::File => true,
            Cover::Nothing => false,
            Cover::Below(span) => span.range().contains(&(place.start as usize)),
            Cover::Line(line) => {
                (place.first..=place.last).contains(&line)
                    || [place.statement.0, place.statement.1].contains(&line)
            }
        }
    }

    /// Whether it is about a rule; which of its names say so is kept.
    fn names(&mut self, rule: RuleId) -> bool {
        if self.directive.odd.as_ref().is_some_and(Odd::is_void) {
            return false;
        }
        let Some(names) = &self.directive.names else {
            self.used[0] |= rule != OWN;
            return rule != OWN;
        };
        let mut any = false;
        for (name, used) in names.iter().zip(&mut self.used) {
            let is = name.rules().contains(&rule);
            *used |= is;
            any |= is;
        }
        any
    }

    /// What is said of a finding where the time of the comment is over.
    fn ended(&self, finding: &Finding, permitted: Permitted<'_>) -> Option<String> {
        let until = self.directive.until.as_ref()?;
        let releases = finding.releases.as_ref();
        let package = releases.map_or(Package::Tensorflow, |releases| releases.package);
        if !has_ended(&until.version, package, permitted(package)) {
            return None;
        }
        let (package, version) = (package.title(), &until.text);
        Some(format!(
            "the comment that silenced this has ended: no {package} before {version} is permitted any more"
        ))
    }

    fn faults(&self, file: &SourceFile, lines: &LineIndex) -> Vec<Fault> {
        let directive = &self.directive;
        let mut faults = Vec::new();
        if let Some(odd) = &directive.odd {
            faults.push(Fault {
                span: directive.span,
                what: What::Odd(odd.clone()),
                edit: None,
            });
            if odd.is_void() {
                return faults;
            }
        }
        let edit = |(span, text)| Edit {
            path: file.path.clone(),
            span,
            text,
        };
        let Some(names) = &directive.names else {
            if !self.used[0] && directive.kind != Kind::Noqa {
                faults.push(Fault {
                    span: directive.span,
                    what: What::Unused(Vec::new()),
                    edit: Some(edit(self.removal(file, lines))),
                });
            }
            return faults;
        };
        let mend = |gone: &dyn Fn(usize) -> bool| {
            let all = (0..names.len()).all(gone);
            if all && !directive.has_others {
                return edit(self.removal(file, lines));
            }
            edit(self.shorter(names, gone, file))
        };
        let is_unused = |at: usize| {
            let rules = names[at].rules();
            !rules.is_empty() && !self.used[at] && rules != [OWN]
        };
        let unused: Vec<usize> = (0..names.len()).filter(|&at| is_unused(at)).collect();
        if !unused.is_empty() {
            let named = unused.iter().map(|&at| names[at].text.clone());
            faults.push(Fault {
                span: directive.span,
                what: What::Unused(named.collect()),
                edit: Some(mend(&|at| unused.contains(&at))),
            });
        }
        for (at, name) in names.iter().enumerate() {
            if let Err(nearest) = name.meant {
                faults.push(Fault {
                    span: name.span,
                    what: What::Unknown(name.text.clone(), nearest),
                    edit: Some(mend(&|gone| gone == at)),
                });
            }
        }
        faults
    }

    /// The edit that takes the whole of it out, with the comment and its line where nothing else is
    /// there.
    fn removal(&self, file: &SourceFile, lines: &LineIndex) -> (Span, String) {
        let (span, comment) = (self.directive.span, self.comment);
        let text = &file.text;
        let before = |at: u32| {
            let kept = text.get(..at as usize).unwrap_or_default();
            byte(kept.trim_end_matches([' ', '\t']).len())
        };
        let is_first = span.start == comment.start;
        let is_last = self.directive.next == comment.end;
        let end = if is_last {
            comment.end
        } else {
            self.directive.next
        };
        if !is_first {
            // Other comments come before on the same line, and perhaps after.
            let end = if is_last { end } else { span.end };
            return (Span::new(before(span.start), end), String::new());
        }
        if !is_last {
            return (Span::new(span.start, end), String::new());
        }
        if !self.alone {
            return (Span::new(before(span.start), end), String::new());
        }
        let line = lines.line(span.start);
        let start = lines.start(line).map_or(span.start, byte);
        // The last line of a cell has no end that is its own: the line stays there, and is empty.
        let next = match &file.cells {
            Some(_) => None,
            None => lines.start(line + 1).map(byte),
        };
        (Span::new(start, next.unwrap_or(end)), String::new())
    }

    /// The edit that leaves some of the names.
    fn shorter(
        &self,
        names: &[Name],
        gone: &dyn Fn(usize) -> bool,
        file: &SourceFile,
    ) -> (Span, String) {
        let list = self.directive.list;
        let text = file.text.get(list.range()).unwrap_or_default();
        let parts = text.split([',', ' ', '\t']).filter(|part| !part.is_empty());
        let stays = |part: &&str| {
            let named = names.iter().position(|name| name.text == *part);
            !named.is_some_and(gone)
        };
        let kept: Vec<&str> = parts.filter(stays).collect();
        (list, kept.join(", "))
    }
}

/// What a comment on a line of its own is about: the rest of the statement that it interrupts, as far
/// as the next line goes, else the statement below.
fn below(comment: Span, comments: &Comments, text: &str, lines: &LineIndex) -> Cover {
    let line = lines.line(comment.start);
    if statement_at(&comments.statements, comment.start).is_some() {
        let mut next = line + 1;
        // Comments may follow each other.
        let mut others = comments.comments.iter();
        while others.any(|&one| lines.line(one.start) == next && is_alone(one, text, lines)) {
            next += 1;
        }
        let start = |line| lines.start(line).map_or(u32::MAX, byte);
        return Cover::Below(Span::new(start(next), start(next + 1)));
    }
    let index = comments
        .statements
        .partition_point(|one| one.start < comment.end);
    match comments.statements.get(index) {
        Some(&next) => Cover::Below(next),
        None => Cover::Nothing,
    }
}

/// Whether a comment has a line of its own.
fn is_alone(comment: Span, text: &str, lines: &LineIndex) -> bool {
    let start = lines.start(lines.line(comment.start)).unwrap_or_default();
    let before = text.get(start..comment.start as usize);
    before.is_some_and(|before| before.trim().is_empty())
}

fn byte(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "suppress/tests.rs"]
mod tests;
