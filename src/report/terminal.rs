//! Findings for people: source and pin line side by side, the releases drawn as a strip, the ways
//! out, and a summary. Everything is readable without colour and fits the width asked for.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;

use anstyle::{AnsiColor, Style};

use crate::finding::{Finding, Level, Location, PinLine};
use crate::report::excerpt::{self, Row};
use crate::report::printable::{inert, width, wrap};
use crate::report::stories::{Stories, more_uses, ways_out};
use crate::report::strip::{self, Kind};
use crate::report::{Places, Report, ScopeLine, counted, counts_line};
use crate::text::SourceFile;

/// How the terminal looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are shown.
    pub color: bool,
    /// Columns to use.
    pub width: usize,
}

impl Look {
    /// Writes a text in a style, where colours are shown. Blanks have none.
    pub(crate) fn paint(self, style: Style, text: &str, out: &mut dyn io::Write) -> io::Result<()> {
        if self.color && !text.trim().is_empty() {
            write!(out, "{style}{text}{style:#}")
        } else {
            write!(out, "{text}")
        }
    }
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
    let mut page = Page::new(&places, look, out);
    for finding in &report.findings {
        page.finding(finding)?;
    }
    if detail == Detail::Quiet {
        return Ok(());
    }
    page.summary(report, detail)
}

/// Gives the findings of each file in turn, with what a page shows of them.
///
/// # Errors
///
/// What `each` answers.
pub(crate) fn each_file(
    report: &Report,
    look: Look,
    each: &mut dyn FnMut(&[Finding], &str) -> io::Result<()>,
) -> io::Result<()> {
    let places = Places::of(report);
    let shown = RefCell::new(Vec::new());
    let mut out = Shared(&shown);
    let mut page = Page::new(&places, look, &mut out);
    let files = report
        .findings
        .chunk_by(|a, b| a.location.file.path == b.location.file.path);
    for findings in files {
        for finding in findings {
            page.finding(finding)?;
        }
        each(findings, &String::from_utf8_lossy(&shown.take()))?;
    }
    Ok(())
}

/// Writes what was checked, and the counts.
///
/// # Errors
///
/// What the output answers.
pub(crate) fn write_summary(
    report: &Report,
    look: Look,
    detail: Detail,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    Page::new(&Places::of(report), look, out).summary(report, detail)
}

/// Writes every folder with its pin.
///
/// # Errors
///
/// What the output answers.
pub(crate) fn write_folders(
    report: &Report,
    look: Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    Page::new(&Places::of(report), look, out).folders(&report.scopes, Detail::Verbose)
}

/// A page of which parts are taken while it is written.
struct Shared<'s>(&'s RefCell<Vec<u8>>);

impl io::Write for Shared<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    if report.files_checked == 0 && report.shard.is_none() {
        return format!("found no Python file or notebook to check in {seconds} s");
    }
    let part = report.shard.as_ref();
    let part = part.map_or_else(String::new, |part| format!(" (part {part})"));
    format!("checked {files}{part}{against} in {seconds} s")
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
        Some(pin) => text.push_str(&format!(" ({})", inert(&pin.to_string()))),
        None => text.push_str(" (nothing pins it)"),
    }
    text
}

/// What is being written, and what it has already said.
struct Page<'r, 'o> {
    out: &'o mut dyn io::Write,
    look: Look,
    places: &'r Places<'r>,
    /// Pin lines quoted so far: later findings name them in one line.
    quoted: BTreeSet<(*const SourceFile, u32)>,
    told: Stories<'r>,
    /// Columns of the line numbers of the finding at hand.
    gutter: usize,
}

impl<'r, 'o> Page<'r, 'o> {
    fn new(places: &'r Places<'r>, look: Look, out: &'o mut dyn io::Write) -> Self {
        Self {
            out,
            look,
            places,
            quoted: BTreeSet::new(),
            told: Stories::default(),
            gutter: 0,
        }
    }

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
        let earlier = self.told.earlier(finding);
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
        if let Some(more) = more_uses(finding) {
            self.note("also", &more)?;
        }
        writeln!(self.out)
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
        for row in excerpt::of(self.places, location, room, mark, label) {
            match row {
                Row::Source { number, bar, text } => {
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
                None => self.note("pin", &format!("{} (given to this run)", code(&pin.text)))?,
                Some(place) if quoted.is_some_and(|quoted| !std::ptr::eq(quoted, pin)) => {
                    let line = self.places.range(place).0.line;
                    let path = place.file.path.as_str();
                    self.note("pin", &format!("and {} in {path}:{line}", code(&pin.text)))?;
                }
                Some(_) => {}
            }
        }
        for (key, text) in ways_out(finding) {
            self.note(key, &text)?;
        }
        match &finding.run_time {
            Some(run_time) => self.note("run time", run_time),
            None => Ok(()),
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
                    let (name, summary) = (inert(&one.name), inert(&one.summary));
                    writeln!(self.out, "    or {name}: {summary}")?;
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
        self.look.paint(style, text, self.out)
    }
}

/// ` (cell 3, line 2)` for a place in a notebook.
fn in_cell(location: &Location) -> String {
    let cell = location.file.cell(location.span.start);
    cell.map_or_else(String::new, |cell| format!(" ({cell})"))
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

#[cfg(test)]
mod tests;
