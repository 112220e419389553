//! What an upgrade breaks: the report of a check against the release that was asked for, in few lines.

use std::io;

use anstyle::{AnsiColor, Style};

use crate::finding::{Finding, Level, Safety};
use crate::report::markdown::escape::{code, sentence};
use crate::report::printable::{inert, wrap};
use crate::report::terminal::Look;
use crate::report::{Places, Report, counted, placed_message};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What is told of an upgrade.
#[derive(Debug)]
pub struct Preview<'p> {
    /// The release, such as `2.20.0`.
    pub release: &'p str,
    /// The check against it.
    pub report: &'p Report,
}

impl Preview<'_> {
    /// `12 uses break on TensorFlow 2.20.0, 9 of them have safe fixes`.
    fn headline(&self) -> String {
        let breaks = self.of(Level::Error);
        let uses: usize = breaks.iter().map(|one| 1 + one.more_uses).sum();
        let fixed = breaks.iter().filter(|one| is_safe(one));
        let fixed: usize = fixed.map(|one| 1 + one.more_uses).sum();
        let release = self.release;
        let tail = match (uses, fixed) {
            (0, _) => return format!("nothing breaks on TensorFlow {release}"),
            (1, 0) => "and it has no safe fix".to_owned(),
            (_, 0) => "none of them has a safe fix".to_owned(),
            (all, some) if all == some => match all {
                1 => "and it has a safe fix".to_owned(),
                _ => "all of them have safe fixes".to_owned(),
            },
            (_, 1) => "1 of them has a safe fix".to_owned(),
            (_, some) => format!("{some} of them have safe fixes"),
        };
        let verb = if uses == 1 { "breaks" } else { "break" };
        let uses = counted(uses, "use");
        format!("{uses} {verb} on TensorFlow {release}, {tail}")
    }

    fn of(&self, level: Level) -> Vec<&Finding> {
        let findings = self.report.findings.iter();
        findings.filter(|one| one.level == level).collect()
    }

    /// What else is there to be seen.
    fn rest(&self) -> Option<String> {
        let counts = self.report.counts();
        let parts = [(counts.warnings, "warning"), (counts.notes, "note")];
        let rest = crate::report::listed(&parts);
        let how = format!("`tfmp check --tensorflow {}`", self.release);
        (!rest.is_empty()).then(|| format!("besides: {rest} ({how} tells all)"))
    }

    fn fix_hint(&self) -> Option<String> {
        let fixed = self.of(Level::Error).into_iter().any(is_safe);
        let release = self.release;
        fixed.then(|| format!("`tfmp fix --diff --tensorflow {release}` shows the fixes"))
    }

    /// Writes it for people.
    ///
    /// # Errors
    ///
    /// What the output answers.
    pub fn write_terminal(&self, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page { look, out };
        let tone = match self.of(Level::Error).is_empty() {
            true => AnsiColor::Green.on_default().bold(),
            false => AnsiColor::BrightRed.on_default().bold(),
        };
        page.rows(tone, &self.headline(), 0)?;
        let places = Places::of(self.report);
        let mut path = None;
        for finding in self.of(Level::Error) {
            let here = &finding.location.file.path;
            if path != Some(here) {
                writeln!(page.out)?;
                page.rows(BOLD, here.as_str(), 0)?;
                path = Some(here);
            }
            let line = places.range(&finding.location).0.line;
            let text = format!("{line:>5}  {}", placed_message(finding));
            page.rows(Style::new(), &text, 7)?;
            for help in finding.help.iter().take(1) {
                page.rows(DIM, &format!("{:7}{help}{}", "", fix_word(finding)), 7)?;
            }
            if finding.help.is_empty() && is_safe(finding) {
                let title = finding.fix.as_ref().map_or("", |fix| fix.title.as_str());
                page.rows(DIM, &format!("{:7}{title} (safe fix)", ""), 7)?;
            }
        }
        let (hint, rest) = (self.fix_hint(), self.rest());
        if hint.is_some() || rest.is_some() {
            writeln!(page.out)?;
        }
        for line in hint.into_iter().chain(rest) {
            page.rows(DIM, &line, 0)?;
        }
        Ok(())
    }

    /// Writes it for a document.
    ///
    /// # Errors
    ///
    /// What the output answers.
    pub fn write_markdown(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut headline = self.headline();
        headline[..1].make_ascii_uppercase();
        writeln!(out, "## {headline}\n")?;
        let breaks = self.of(Level::Error);
        let places = Places::of(self.report);
        if !breaks.is_empty() {
            writeln!(out, "| where | what | instead |\n|---|---|---|")?;
        }
        for finding in &breaks {
            let path = &finding.location.file.path;
            let line = places.range(&finding.location).0.line;
            let what = sentence(&placed_message(finding)).replace('|', "\\|");
            let instead = finding.help.first().map_or(String::new(), |help| {
                format!("{}{}", sentence(help), fix_word(finding)).replace('|', "\\|")
            });
            let place = code(&format!("{path}:{line}"));
            writeln!(out, "| {place} | {what} | {instead} |")?;
        }
        if !breaks.is_empty() {
            writeln!(out)?;
        }
        for line in self.fix_hint().into_iter().chain(self.rest()) {
            writeln!(out, "{}\n", sentence(&line))?;
        }
        Ok(())
    }
}

fn is_safe(finding: &Finding) -> bool {
    let fix = finding.fix.as_ref();
    fix.is_some_and(|fix| fix.safety == Safety::Safe)
}

fn fix_word(finding: &Finding) -> &'static str {
    if is_safe(finding) { " (safe fix)" } else { "" }
}

struct Page<'o> {
    look: Look,
    out: &'o mut dyn io::Write,
}

impl Page<'_> {
    /// A sentence in rows; those behind the first stand `indent` columns in, as the first does where it
    /// begins with blanks.
    fn rows(&mut self, style: Style, text: &str, indent: usize) -> io::Result<()> {
        let said = text.trim_start();
        let lead = text.len() - said.len();
        let room = self.look.width.saturating_sub(indent.max(lead)).max(20);
        for (place, row) in wrap(&inert(said), room).iter().enumerate() {
            let blank = if place == 0 { lead } else { indent };
            write!(self.out, "{:blank$}", "")?;
            if self.look.color {
                writeln!(self.out, "{style}{row}{style:#}")?;
            } else {
                writeln!(self.out, "{row}")?;
            }
        }
        Ok(())
    }
}
