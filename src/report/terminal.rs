//! Findings for people: source and pin line side by side, the releases drawn as a strip, the ways
//! out, and a summary. Everything is readable without colour and fits the width asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use anstyle::{AnsiColor, Style};

use crate::finding::{Finding, Fix, Level, Location, PinLine, Safety};
use crate::report::excerpt::{self, Row};
use crate::report::printable::{inert, width, wrap};
use crate::report::strip::{self, Kind};
use crate::report::{Places, Report, ScopeLine, counted, grouped};
use crate::text::SourceFile;

/// How the terminal looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are shown.
    pub color: bool,
    /// Columns to use.
    pub width: usize,
}

/// How much is said besides the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The findings alone.
    Quiet,
    /// Findings and a summary.
    #[default]
    Normal,
    /// Every folder with its pin, too.
    Verbose,
}

/// More folders than this are counted, not listed.
const MOST_FOLDERS: usize = 6;

const BOLD: Style = Style::new().bold();
const BLUE: Style = AnsiColor::BrightBlue.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().dimmed();

const fn style_of(level: Level) -> Style {
    match level {
        Level::Error => AnsiColor::BrightRed.on_default().bold(),
        Level::Warning => AnsiColor::BrightYellow.on_default().bold(),
        Level::Note => AnsiColor::BrightCyan.on_default().bold(),
    }
}

/// Writes findings and summary.
///
/// # Errors
///
/// What the output answers.
pub fn write(
    report: &Report,
    look: Look,
    detail: Detail,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let places = Places::of(report);
    let mut page = Page {
        out,
        look,
        places: &places,
        quoted: BTreeSet::new(),
        told: BTreeMap::new(),
        gutter: 0,
    };
    for finding in &report.findings {
        page.finding(finding)?;
    }
    if detail == Detail::Quiet {
        return Ok(());
    }
    page.summary(report, detail)
}

/// One line on what was checked: for standard error, where another format has standard output.
#[must_use]
pub fn summary_line(report: &Report) -> String {
    let files = counted(report.files_checked, "file");
    let seconds = match report.elapsed.as_secs_f64() {
        short if short < 0.01 => format!("{short:.3}"),
        long => format!("{long:.2}"),
    };
    let against = match &report.scopes[..] {
        [] => String::new(),
        [only] => format!(" against {}", against(only)),
        many => {
            let of_notebooks = many.iter().filter(|scope| scope.is_notebook).count();
            let of_folders = many.len() - of_notebooks;
            let folders = counted(of_folders, "folder");
            let notebooks = counted(of_notebooks, "notebook");
            match (of_folders, of_notebooks) {
                (_, 0) => format!(" in {folders}"),
                (0, _) => format!(" in {notebooks}"),
                _ => format!(" in {folders} and {notebooks}"),
            }
        }
    };
    format!("checked {files}{against} in {seconds} s")
}

/// Any text as one line that a terminal may be given.
#[must_use]
pub fn one_line(text: &str) -> String {
    inert(text).into_owned()
}

/// `tensorflow 2.3.4 (requirements.txt:3)`.
fn against(scope: &ScopeLine) -> String {
    let mut text = match &*scope.tensorflow {
        "" => "no release of tensorflow".to_owned(),
        releases => format!("tensorflow {}", inert(releases)),
    };
    if let Some(keras) = &scope.keras {
        text.push_str(", keras ");
        text.push_str(&inert(keras));
    }
    match &scope.pin {
        Some(pin) => text.push_str(&format!(" ({})", inert(pin))),
        None => text.push_str(" (nothing pins it)"),
    }
    text
}

/// `2 errors, 1 note · 1 safe fix · 3 suppressed`.
fn counts_line(report: &Report) -> String {
    let counts = report.counts();
    let list = |parts: &[(usize, &str)]| {
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|&(count, noun)| counted(count, noun)).collect();
        parts.join(", ")
    };
    let mut parts = vec![list(&[
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
    if report.suppressed > 0 {
        parts.push(format!("{} suppressed", grouped(report.suppressed)));
    }
    parts.join(" · ")
}

/// What a finding tells besides its place: releases, ways out, run time.
type Story<'r> = (&'r str, &'r str, &'r [String], Option<&'r str>);

/// What is being written, and what it has already said.
struct Page<'r, 'o> {
    out: &'o mut dyn io::Write,
    look: Look,
    places: &'r Places<'r>,
    /// Pin lines quoted so far: later findings name them in one line.
    quoted: BTreeSet<(*const SourceFile, u32)>,
    /// Stories told so far, by the finding that told them: later ones point there.
    told: BTreeMap<Story<'r>, &'r Finding>,
    /// Columns of the line numbers of the finding at hand.
    gutter: usize,
}

impl<'r> Page<'r, '_> {
    fn finding(&mut self, finding: &'r Finding) -> io::Result<()> {
        let tone = style_of(finding.level);
        let head = format!("{}[{}]", finding.level.name(), finding.rule);
        let room = self.look.width.saturating_sub(2).max(20);
        // The first row is shorter by the head; `wrap` gets it as one unbreakable word.
        let whole = format!("{head}: {}", finding.message);
        for (place, row) in wrap(&whole, room).iter().enumerate() {
            if let (0, Some(rest)) = (place, row.strip_prefix(&head)) {
                self.paint(tone, &head)?;
                self.paint(BOLD, rest)?;
            } else {
                write!(self.out, "  ")?;
                self.paint(BOLD, row)?;
            }
            writeln!(self.out)?;
        }
        let earlier = self.earlier(finding);
        let pin = match earlier {
            Some(_) => None,
            None => finding
                .pins
                .iter()
                .find(|pin| !self.is_quoted_by(finding, pin)),
        };
        let pin_place = pin.and_then(|pin| pin.location.as_ref());
        let (start, _) = self.places.range(&finding.location);
        let last = |place: &Location| match place.file.cell(place.span.end) {
            Some(cell) => cell.line,
            None => self.places.range(place).1.line,
        };
        let widest = last(&finding.location).max(pin_place.map_or(0, last));
        self.gutter = widest.to_string().len();

        let path = inert(finding.location.file.path.as_str()).into_owned();
        write!(self.out, "{:1$}", "", self.gutter)?;
        self.paint(BLUE, "--> ")?;
        let cell = in_cell(&finding.location);
        writeln!(self.out, "{path}:{}:{}{cell}", start.line, start.column)?;
        self.excerpt(&finding.location, '^', &finding.label, tone)?;
        if let Some(pin) = pin {
            self.pin(pin)?;
        }
        self.gutter_line()?;
        if let Some(earlier) = earlier {
            let (start, _) = self.places.range(&earlier.location);
            let path = &earlier.location.file.path;
            let cell = in_cell(&earlier.location);
            let place = format!("{path}:{}:{}{cell} above", start.line, start.column);
            self.note("see", &place)?;
        } else {
            self.releases(finding, tone)?;
            self.ways_out(finding, pin)?;
        }
        self.more_uses(finding)?;
        writeln!(self.out)
    }

    /// The finding that told the same story under the same pins, if one did.
    fn earlier(&mut self, finding: &'r Finding) -> Option<&'r Finding> {
        let story: Story<'r> = (
            &finding.message,
            &finding.label,
            &finding.help,
            finding.run_time.as_deref(),
        );
        if finding.releases.is_none() && finding.help.is_empty() && finding.run_time.is_none() {
            return None;
        }
        let first = *self.told.entry(story).or_insert(finding);
        let pins = |finding: &Finding| -> Vec<_> {
            let places = finding.pins.iter().map(|pin| {
                let place = pin.location.as_ref();
                place.map(|place| (place.file.path.clone(), place.span))
            });
            places.collect()
        };
        let same = !std::ptr::eq(first, finding)
            && first.releases == finding.releases
            && pins(first) == pins(finding);
        same.then_some(first)
    }

    /// Whether the pin's own line is what the finding marks.
    fn is_quoted_by(&self, finding: &Finding, pin: &PinLine) -> bool {
        pin.location.as_ref().is_some_and(|place| {
            place.file.path == finding.location.file.path
                && self.line(place) == self.line(&finding.location)
        })
    }

    /// The line of a place in the text that excerpts quote.
    fn line(&self, location: &Location) -> u32 {
        self.places.quoted(&location.file).line(location.span.start)
    }

    fn excerpt(
        &mut self,
        location: &Location,
        mark: char,
        label: &str,
        tone: Style,
    ) -> io::Result<()> {
        self.gutter_line()?;
        let room = self.look.width.saturating_sub(self.gutter + 3).max(20);
        let index = self.places.quoted(&location.file);
        // Lines of a notebook are counted in each cell.
        let cell = location.file.cell(location.span.start);
        let before = cell.map_or(0, |cell| self.line(location).saturating_sub(cell.line));
        for row in excerpt::rows(location, index, room, mark, label) {
            match row {
                Row::Source { number, bar, text } => {
                    let number = number.saturating_sub(before);
                    self.paint(BLUE, &format!("{number:>0$} | ", self.gutter))?;
                    self.paint(tone, bar)?;
                    writeln!(self.out, "{text}")?;
                }
                Row::Mark {
                    indent,
                    marks,
                    label,
                } => {
                    self.paint(BLUE, &format!("{:1$} | ", "", self.gutter))?;
                    let gap = if marks.is_empty() || label.is_empty() {
                        ""
                    } else {
                        " "
                    };
                    write!(self.out, "{:indent$}", "")?;
                    self.paint(tone, &format!("{marks}{gap}{label}"))?;
                    writeln!(self.out)?;
                }
                Row::Gap => {
                    self.paint(BLUE, "...")?;
                    writeln!(self.out)?;
                }
            }
        }
        Ok(())
    }

    fn pin(&mut self, pin: &PinLine) -> io::Result<()> {
        let Some(place) = &pin.location else {
            return Ok(());
        };
        let (start, _) = self.places.range(place);
        self.gutter_line()?;
        write!(self.out, "{:1$}", "", self.gutter)?;
        self.paint(BLUE, "::: ")?;
        let path = inert(place.file.path.as_str()).into_owned();
        let cell = in_cell(place);
        write!(self.out, "{path}:{}:{}{cell}", start.line, start.column)?;
        let file: &SourceFile = &place.file;
        if self
            .quoted
            .insert((std::ptr::from_ref(file), self.line(place)))
        {
            writeln!(self.out)?;
            self.excerpt(place, '-', "pinned here", BLUE)
        } else {
            let used = self.gutter + 4 + width(&path) + cell.len() + 16;
            let room = self.look.width.saturating_sub(used).max(20);
            let text = wrap(&pin.text, room);
            let cut = if text.len() > 1 { "…" } else { "" };
            writeln!(self.out, "  {}{cut}", text[0])
        }
    }

    fn releases(&mut self, finding: &Finding, tone: Style) -> io::Result<()> {
        let Some(releases) = &finding.releases else {
            return Ok(());
        };
        let strip = strip::draw(releases, self.room_for_notes());
        self.note_head("releases")?;
        for (text, kind) in &strip.pieces {
            let style = match kind {
                Kind::Label => Style::new(),
                Kind::Present => GREEN,
                Kind::Partial => YELLOW,
                Kind::Absent => DIM,
            };
            self.paint(style, text)?;
        }
        writeln!(self.out)?;
        if !strip.marks.is_empty() {
            write!(self.out, "{:1$}", "", self.note_indent())?;
            let lead = strip.marks.trim_start();
            write!(self.out, "{:1$}", "", width(&strip.marks) - width(lead))?;
            self.paint(tone, lead)?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn ways_out(&mut self, finding: &Finding, quoted: Option<&PinLine>) -> io::Result<()> {
        for pin in &finding.pins {
            match &pin.location {
                // The message may have named it already.
                None if finding.message.contains(&pin.text) => {}
                None => self.note("pin", &format!("{} (command line)", code(&pin.text)))?,
                Some(place) if quoted.is_some_and(|quoted| !std::ptr::eq(quoted, pin)) => {
                    let line = self.places.range(place).0.line;
                    let path = place.file.path.as_str();
                    self.note("pin", &format!("and {} in {path}:{line}", code(&pin.text)))?;
                }
                Some(_) => {}
            }
        }
        let fixed = finding.fix.as_ref();
        let named = fixed.and_then(|fix| finding.help.iter().position(|help| tells(help, fix)));
        for (place, help) in finding.help.iter().enumerate() {
            match fixed {
                Some(fix) if named == Some(place) => {
                    self.note("help", &format!("{help} ({}\u{a0}fix)", safety(fix)))?;
                }
                _ => self.note("help", help)?,
            }
        }
        if let (Some(fix), None) = (fixed, named) {
            self.note("fix", &format!("{} ({})", fix.title, safety(fix)))?;
        }
        match &finding.run_time {
            Some(run_time) => self.note("run time", run_time),
            None => Ok(()),
        }
    }

    fn more_uses(&mut self, finding: &Finding) -> io::Result<()> {
        match finding.more_uses {
            0 => Ok(()),
            1 => self.note(
                "also",
                "and 1 more use through this name, for the same cause",
            ),
            uses => self.note(
                "also",
                &format!("and {uses} more uses through this name, for the same cause"),
            ),
        }
    }

    fn summary(&mut self, report: &Report, detail: Detail) -> io::Result<()> {
        let listed = report.scopes.len() > 1 || detail == Detail::Verbose;
        let rows = wrap(&summary_line(report), self.look.width - 2);
        for (place, row) in rows.iter().enumerate() {
            let lead = if place == 0 { "" } else { "  " };
            writeln!(self.out, "{lead}{row}")?;
        }
        if listed {
            self.folders(&report.scopes, detail)?;
        }
        let tone = report.worst().map_or(GREEN.bold(), style_of);
        self.paint(tone, &counts_line(report))?;
        writeln!(self.out)
    }

    fn folders(&mut self, scopes: &[ScopeLine], detail: Detail) -> io::Result<()> {
        let most = match detail {
            Detail::Verbose => scopes.len(),
            Detail::Quiet | Detail::Normal => MOST_FOLDERS,
        };
        let name = |scope: &ScopeLine| match scope.folder.as_str() {
            "" => "./".to_owned(),
            notebook if scope.is_notebook => inert(notebook).into_owned(),
            folder => format!("{}/", inert(folder)),
        };
        let shown = &scopes[..most.min(scopes.len())];
        let widest = shown.iter().map(|scope| width(&name(scope))).max();
        let widest = widest.unwrap_or(0).min(self.look.width / 2);
        for scope in shown {
            let name = name(scope);
            let fill = widest.saturating_sub(width(&name));
            writeln!(self.out, "  {name}{:fill$}  {}", "", against(scope))?;
            if detail == Detail::Verbose {
                for one in &scope.environments {
                    writeln!(self.out, "    or {}", inert(one))?;
                }
                for line in &scope.passed_over {
                    writeln!(self.out, "    not {}", inert(line))?;
                }
            }
        }
        if scopes.len() > most {
            let more = counted(scopes.len() - most, "more folder");
            writeln!(self.out, "  and {more} (`-v` lists all)")?;
        }
        Ok(())
    }

    fn note(&mut self, key: &str, text: &str) -> io::Result<()> {
        let rows = wrap(text, self.room_for_notes());
        for (place, row) in rows.iter().enumerate() {
            if place == 0 {
                self.note_head(key)?;
            } else {
                write!(self.out, "{:1$}", "", self.note_indent())?;
            }
            writeln!(self.out, "{row}")?;
        }
        Ok(())
    }

    fn note_head(&mut self, key: &str) -> io::Result<()> {
        self.paint(BLUE, &format!("{:1$} = ", "", self.gutter))?;
        self.paint(BOLD, &format!("{key:8}"))?;
        write!(self.out, "  ")
    }

    fn note_indent(&self) -> usize {
        self.gutter + 3 + 8 + 2
    }

    fn room_for_notes(&self) -> usize {
        self.look.width.saturating_sub(self.note_indent()).max(20)
    }

    fn gutter_line(&mut self) -> io::Result<()> {
        self.paint(BLUE, &format!("{:1$} |", "", self.gutter))?;
        writeln!(self.out)
    }

    fn paint(&mut self, style: Style, text: &str) -> io::Result<()> {
        if self.look.color && !text.trim().is_empty() {
            write!(self.out, "{style}{text}{style:#}")
        } else {
            write!(self.out, "{text}")
        }
    }
}

/// ` (cell 3, line 2)` for a place in a notebook.
fn in_cell(location: &Location) -> String {
    let cell = location.file.cell(location.span.start);
    cell.map_or_else(String::new, |cell| format!(" ({cell})"))
}

/// Whether a sentence already names what a fix does.
fn tells(help: &str, fix: &Fix) -> bool {
    let writes = |text: &str| !text.trim().is_empty() && help.contains(text.trim());
    let named = fix
        .title
        .split_once('`')
        .map(|(_, name)| format!("`{name}"));
    named.is_some_and(|name| help.contains(&name))
        || help.contains(&fix.title)
        || fix.edits.iter().any(|edit| writes(&edit.text))
}

const fn safety(fix: &Fix) -> &'static str {
    match fix.safety {
        Safety::Safe => "safe",
        Safety::Unsafe => "unsafe",
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

#[cfg(test)]
mod tests;
