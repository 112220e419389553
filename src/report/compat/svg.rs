//! The matrix as a picture: one file that needs nothing beside it, light or dark as the page is. All
//! foreign text is escaped; there is no script, no link and no font in it.

use std::fmt::Write as _;
use std::io;

use super::{answers, counts, fails_in, headline, matrix, places};
use crate::compat::{Compat, Mark, Minor};
use crate::report::counted;
use crate::report::printable::{inert, width};
use crate::rule::display;

/// More causes than these are counted.
const MOST: usize = 40;
const MOST_PLACES: usize = 1;
/// The most letters of a line beside the matrix, of one in fixed width, and of one over all of it.
const LONGEST: [usize; 3] = [76, 64, 120];

/// Sizes, in units of the picture.
const MARGIN: usize = 24;
const CELL: usize = 15;
const GAP: usize = 8;
const ROW: usize = 34;
const TEXT: usize = 470;

const STYLE: &str = "\
text{font:13px ui-sans-serif,system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}
.code{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.title{font-size:17px;font-weight:600}
.dim{fill:#59636e;font-size:11px}
.tick{fill:#59636e;font-size:10px}
.page{fill:#fff;stroke:#d1d9e0}
.yes{fill:#2da44e}.part{fill:#d4a72c}.no{fill:#e4e8ec}.fails{fill:#cf222e}.works{fill:#eef1f4}
.pin{fill:#0969da}
@media (prefers-color-scheme:dark){
text{fill:#f0f6fc}.dim,.tick{fill:#9198a1}
.page{fill:#0d1117;stroke:#3d444d}
.yes{fill:#3fb950}.part{fill:#d29922}.no{fill:#262c36}.fails{fill:#f85149}.works{fill:#1a212a}
.pin{fill:#58a6ff}}";

/// Writes the picture.
///
/// # Errors
///
/// What the output answers.
pub fn write(compat: &Compat, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(picture(compat).as_bytes())
}

fn picture(compat: &Compat) -> String {
    let majors = matrix::majors(compat);
    let causes = compat.causes();
    let shown = &causes[..MOST.min(causes.len())];
    let left = MARGIN;
    let beside = left + columns(&majors) + 20;
    let wide = beside + TEXT + MARGIN;
    let mut body = String::new();
    let mut y = MARGIN + 18;
    text(&mut body, left, y, "title", &headline(compat));
    y += 34;
    ticks(&mut body, &majors, left, y);
    y += 8;
    let row = matrix::row(&majors, compat.supported());
    cells(&mut body, &majors, &row, (left, y), 22, |mark| match mark {
        Mark::All => Some("yes"),
        Mark::Some => Some("part"),
        Mark::None => Some("no"),
        Mark::NotAsked => None,
    });
    text(&mut body, beside, y + 15, "", "this code");
    y += 22;
    if !compat.pinned.is_empty() {
        pins(&mut body, &majors, compat, (left, y));
        let pin = compat.pins.first().map_or("", String::as_str);
        text(&mut body, beside, y + 13, "dim", &format!("pinned: {pin}"));
        y += 18;
    }
    y += 16;
    for cause in shown {
        let row = matrix::of_cause(&majors, compat, cause);
        cells(&mut body, &majors, &row, (left, y), 22, |mark| match mark {
            Mark::All => Some("works"),
            Mark::Some => Some("part"),
            Mark::None => Some("fails"),
            Mark::NotAsked => None,
        });
        text(&mut body, beside, y + 9, "code", &display(cause.symbol));
        let told = format!(
            "fails in {} · {}",
            fails_in(compat, cause),
            places(cause, MOST_PLACES)
        );
        text(&mut body, beside, y + 23, "dim", &told);
        y += ROW;
    }
    if causes.len() > shown.len() {
        let more = counted(causes.len() - shown.len(), "more symbol");
        text(&mut body, beside, y + 12, "dim", &format!("and {more}"));
        y += 22;
    }
    y += 14;
    for (key, said) in answers(compat) {
        let said = said.replace('`', "");
        text(&mut body, left, y, "", &format!("{key}: {said}"));
        y += 20;
    }
    text(&mut body, left, y, "dim", &counts(compat));
    y += MARGIN;
    let title = escaped(&headline(compat));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {y}\" width=\"{wide}\" \
         height=\"{y}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<rect class=\"page\" x=\".5\" y=\".5\" width=\"{}\" \
         height=\"{}\" rx=\"8\"/>\n{body}</svg>\n",
        wide - 1,
        y - 1,
    )
}

/// How wide the cells are together.
fn columns(majors: &[matrix::Major]) -> usize {
    let minors: usize = majors.iter().map(|major| major.minors.len()).sum();
    minors * CELL + majors.len().saturating_sub(1) * GAP
}

/// Where each cell of a row begins.
fn starts(majors: &[matrix::Major], left: usize) -> impl Iterator<Item = (usize, &Minor)> {
    let places = majors
        .iter()
        .enumerate()
        .flat_map(|(gaps, major)| major.minors.iter().map(move |minor| (gaps, minor)));
    places
        .enumerate()
        .map(move |(cell, (gaps, minor))| (left + cell * CELL + gaps * GAP, minor))
}

/// The names of minors above their cells: every fifth one.
fn ticks(body: &mut String, majors: &[matrix::Major], left: usize, y: usize) {
    let last = |minor: &Minor| {
        majors
            .iter()
            .any(|major| major.minors.last() == Some(minor))
    };
    for (x, minor) in starts(majors, left).filter(|(_, minor)| !last(minor)) {
        let number = minor
            .name
            .rsplit('.')
            .next()
            .and_then(|n| n.parse::<u64>().ok());
        if number.is_some_and(|number| number.is_multiple_of(5)) {
            text(body, x, y, "tick", &minor.name);
        }
    }
}

fn cells(
    body: &mut String,
    majors: &[matrix::Major],
    row: &[Option<Mark>],
    (left, y): (usize, usize),
    high: usize,
    class: impl Fn(Mark) -> Option<&'static str>,
) {
    let marks = row.iter().flatten();
    for ((x, minor), &mark) in starts(majors, left).zip(marks) {
        let Some(class) = class(mark) else { continue };
        let name = escaped(&minor.name);
        let _ = writeln!(
            body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{high}\" rx=\"3\">\
             <title>{name}</title></rect>",
            CELL - 2,
        );
    }
}

fn pins(body: &mut String, majors: &[matrix::Major], compat: &Compat, (left, y): (usize, usize)) {
    for (x, minor) in starts(majors, left) {
        if !(minor.releases & compat.pinned).is_empty() {
            let (middle, right, top, foot) = (x + (CELL - 2) / 2, x + CELL - 2, y + 4, y + 12);
            let _ = writeln!(
                body,
                "<path class=\"pin\" d=\"M{middle} {top}L{right} {foot}H{x}z\"/>"
            );
        }
    }
}

fn text(body: &mut String, x: usize, y: usize, class: &str, said: &str) {
    let most = match class {
        "dim" => LONGEST[0],
        "code" => LONGEST[1],
        _ => LONGEST[2],
    };
    let said = escaped(&cut(&inert(said), most));
    let class = if class.is_empty() {
        String::new()
    } else {
        format!(" class=\"{class}\"")
    };
    let _ = writeln!(body, "<text{class} x=\"{x}\" y=\"{y}\">{said}</text>");
}

/// A line of text that has room.
fn cut(said: &str, most: usize) -> String {
    if width(said) <= most {
        return said.to_owned();
    }
    let kept: String = said.chars().take(most - 1).collect();
    format!("{kept}…")
}

fn escaped(foreign: &str) -> String {
    let mut out = String::with_capacity(foreign.len());
    for c in foreign.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
