//! The matrix for people, within the width of their terminal.

use std::io;

use anstyle::{AnsiColor, Style};

use super::{answers, counts, fails_in, headline, matrix, places, releases};
use crate::compat::{Cause, Compat, Mark};
use crate::report::counted;
use crate::report::printable::{inert, width, wrap};
use crate::report::terminal::{Detail, Look};
use crate::rule::display;

/// More rows than these are counted, not listed, unless asked for.
const MOST: usize = 20;
/// More symbols than these of one row are counted.
const MOST_TOGETHER: usize = 3;
/// More places of a symbol than these are counted.
const MOST_PLACES: usize = 2;
/// The columns before the matrix, and between it and what is said beside it.
const MARGIN: usize = 2;
/// The columns that text beside the matrix needs; where there are fewer, it stands below.
const NEEDED: usize = 50;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const PART: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::BrightRed.on_default();
const PIN: Style = AnsiColor::BrightBlue.on_default().bold();

/// Writes the matrix.
///
/// # Errors
///
/// What the output answers.
pub fn write(
    compat: &Compat,
    look: Look,
    detail: Detail,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let majors = matrix::majors(compat);
    let mut page = Page {
        look,
        beside: MARGIN + matrix::width(&majors) + MARGIN,
        out,
    };
    page.wrapped(BOLD, &headline(compat), 0)?;
    writeln!(page.out)?;
    writeln!(page.out, "{:MARGIN$}{}", "", matrix::ruler(&majors))?;
    let row = matrix::row(&majors, compat.supported());
    page.cells(&row, matrix::code_cell)?;
    page.beside(&[(BOLD, format!("runs on {}", releases(compat.supported())))])?;
    if !compat.pinned.is_empty() {
        let marks = matrix::pinned(&majors, compat);
        let fill = page.beside - MARGIN - width(&marks);
        write!(page.out, "{:MARGIN$}", "")?;
        page.paint(PIN, &marks)?;
        write!(page.out, "{:fill$}", "")?;
        let pins = compat.pins.first().map(|pin| inert(pin).into_owned());
        let more = compat.pins.len().saturating_sub(1);
        let more = match more {
            0 => String::new(),
            _ => format!(" and {}", counted(more, "other pin")),
        };
        let text = format!("pinned: {}{more}", pins.unwrap_or_default());
        page.beside(&[(Style::new(), text)])?;
    }
    let causes = compat.causes();
    let groups = matrix::groups(&causes);
    let most = match detail {
        Detail::Verbose => groups.len(),
        Detail::Quiet | Detail::Normal => MOST.min(groups.len()),
    };
    if most > 0 {
        writeln!(page.out)?;
        page.paint(BOLD, "what blocks the others")?;
        writeln!(page.out)?;
    }
    for group in &groups[..most] {
        page.group(compat, &majors, group, detail)?;
    }
    if groups.len() > most {
        let left: usize = groups[most..].iter().map(|group| group.len()).sum();
        let more = counted(left, "more symbol");
        writeln!(page.out, "{:MARGIN$}and {more} (`-v` lists all)", "")?;
    }
    if detail == Detail::Quiet {
        return Ok(());
    }
    writeln!(page.out)?;
    for (key, text) in answers(compat) {
        page.paint(BOLD, &format!("{key:13}"))?;
        write!(page.out, "  ")?;
        page.wrapped(Style::new(), &text, 15)?;
    }
    let seconds = compat.elapsed.as_secs_f64();
    page.wrapped(DIM, &format!("{} in {seconds:.2} s", counts(compat)), 0)
}

struct Page<'o> {
    look: Look,
    /// The column of what stands beside the matrix.
    beside: usize,
    out: &'o mut dyn io::Write,
}

impl Page<'_> {
    /// What fails on the same releases: one row of the matrix for all of it.
    fn group(
        &mut self,
        compat: &Compat,
        majors: &[matrix::Major],
        group: &[&Cause<'_>],
        detail: Detail,
    ) -> io::Result<()> {
        let row = matrix::of_cause(majors, compat, group[0]);
        self.cells(&row, matrix::cause_cell)?;
        let most = match detail {
            Detail::Verbose => group.len(),
            Detail::Quiet | Detail::Normal => MOST_TOGETHER.min(group.len()),
        };
        let mut lines = vec![(
            Style::new(),
            format!("fails in {}", fails_in(compat, group[0])),
        )];
        for cause in &group[..most] {
            let symbol = inert(&display(cause.symbol)).into_owned();
            let places = inert(&places(cause, MOST_PLACES)).into_owned();
            lines.extend([(BOLD, symbol), (DIM, places)]);
        }
        if group.len() > most {
            let more = counted(group.len() - most, "more symbol");
            lines.push((DIM, format!("and {more}")));
        }
        self.beside(&lines)
    }

    fn cells(
        &mut self,
        row: &[Option<Mark>],
        glyph: impl Fn(Option<Mark>) -> char,
    ) -> io::Result<()> {
        write!(self.out, "{:MARGIN$}", "")?;
        for run in row.chunk_by(|a, b| a == b) {
            let text: String = run.iter().map(|&mark| glyph(mark)).collect();
            let style = match (glyph(run[0]), run[0]) {
                ('×', _) => BAD,
                ('~', _) | (_, Some(Mark::Some)) => PART,
                ('█', _) => GOOD,
                _ => DIM,
            };
            self.paint(style, &text)?;
        }
        write!(self.out, "{:MARGIN$}", "")
    }

    /// Lines beside the matrix, of which the cursor is on the first; below it where it is narrow.
    fn beside(&mut self, lines: &[(Style, String)]) -> io::Result<()> {
        let narrow = self.look.width < self.beside + NEEDED;
        let indent = if narrow { MARGIN * 2 } else { self.beside };
        let room = self.look.width.saturating_sub(indent).max(20);
        let mut first = !narrow;
        if narrow {
            writeln!(self.out)?;
        }
        for (style, text) in lines {
            for row in wrap(text, room).iter().flat_map(|row| cut(row, room)) {
                if !first {
                    write!(self.out, "{:indent$}", "")?;
                }
                first = false;
                self.paint(*style, &row)?;
                writeln!(self.out)?;
            }
        }
        Ok(())
    }

    fn wrapped(&mut self, style: Style, text: &str, indent: usize) -> io::Result<()> {
        let room = self.look.width.saturating_sub(indent).max(20);
        for (place, row) in wrap(text, room).iter().enumerate() {
            if place > 0 {
                write!(self.out, "{:indent$}", "")?;
            }
            self.paint(style, row)?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn paint(&mut self, style: Style, text: &str) -> io::Result<()> {
        self.look.paint(style, text, self.out)
    }
}

/// A long name in rows that fit: a path is parted behind slashes, a symbol before dots.
fn cut(text: &str, room: usize) -> Vec<String> {
    let is_path = text.contains('/');
    let mut rows = vec![String::new()];
    let mut rest = text;
    while width(rest) > room {
        let mut ends = rest.char_indices().filter_map(|(at, c)| match c {
            '.' if !is_path => Some(at),
            '/' => Some(at + 1),
            _ => None,
        });
        let Some(at) = ends.rfind(|&at| at > 0 && width(&rest[..at]) <= room) else {
            break;
        };
        let last = rows.last_mut().expect("there is always a last row");
        last.push_str(&rest[..at]);
        rows.push(String::new());
        rest = &rest[at..];
    }
    let last = rows.last_mut().expect("there is always a last row");
    last.push_str(rest);
    rows
}
