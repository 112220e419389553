//! One finding on the page, or several that tell the same: the sentence and where, the line with the
//! releases below it, the ways out, and what else there is to know, folded.

use super::Links;
use super::escape::{code, fence, link, sentence};
use super::table::pin_code;
use crate::finding::{Finding, Level, Location, PinLine};
use crate::report::excerpt::{self, Row};
use crate::report::links::rule_page;
use crate::report::printable::inert;
use crate::report::stories::{Stories, more_uses, ways_out};
use crate::report::{Places, grouped, strip};
use crate::rule::RuleMeta;

/// Columns of a block of code that most screens show without scrolling.
const WIDTH: usize = 92;
/// More lines with the same finding than this are counted.
const MOST_LINES: usize = 20;

/// The findings that were told so far, and what is needed for more.
pub(super) struct Entries<'r> {
    rules: &'r [RuleMeta],
    places: &'r Places<'r>,
    pub(super) links: Links<'r>,
    told: Stories<'r>,
}

impl<'r> Entries<'r> {
    pub(super) fn new(rules: &'r [RuleMeta], places: &'r Places<'r>, links: Links<'r>) -> Self {
        Self {
            rules,
            places,
            links,
            told: Stories::default(),
        }
    }

    /// How many of the findings that follow in a file tell the same as the first.
    pub(super) fn alike(&self, first: &Finding, rest: &[&Finding]) -> usize {
        let mut stories = Stories::default();
        stories.earlier(first);
        let others = rest[1..].iter();
        1 + others
            .take_while(|other| other.level == first.level && stories.has_told(other))
            .count()
    }

    /// Tells findings of one file that tell the same.
    pub(super) fn entry(&mut self, findings: &[&'r Finding]) -> String {
        let first = findings[0];
        let sign = match first.level {
            Level::Error => "❌",
            Level::Warning => "⚠️",
            Level::Note => "ℹ️",
        };
        let mut text = format!(
            "{sign} **{}** · {} · {}\n\n",
            sentence(&first.message),
            self.lines(findings),
            self.rule(first)
        );
        let earlier = self.told.earlier(first);
        let mut block = self.excerpt(&first.location, &first.label);
        if earlier.is_none() {
            block.push_str(&strip_of(first));
        }
        text.push_str(&fence("text", &block));
        text.push('\n');
        if let Some(earlier) = earlier {
            let location = &earlier.location;
            let line = self.places.range(location).0.line;
            let place = self.links.place(&location.file.path, line);
            text.push_str(&format!("The rest is as for {place} above.\n\n"));
            return text;
        }
        let ways = ways_out(first).into_iter().map(|(_, way)| way);
        let ways: Vec<String> = ways.chain(more_uses(first)).collect();
        for way in &ways {
            // A no-break space is for those who wrap.
            text.push_str(&format!("* {}\n", sentence(&way.replace('\u{a0}', " "))));
        }
        if !ways.is_empty() {
            text.push('\n');
        }
        text.push_str(&self.fold(first));
        text
    }

    /// `line 9`, `lines 9, 14`, each a link.
    fn lines(&self, findings: &[&Finding]) -> String {
        let place = |finding: &Finding| {
            let location = &finding.location;
            let (start, end) = self.places.range(location);
            let label = match location.file.cell(location.span.start) {
                Some(cell) => cell.to_string(),
                None => start.line.to_string(),
            };
            let path = &location.file.path;
            let label = match (findings.len(), label.starts_with("cell")) {
                (1, false) => format!("line {label}"),
                _ => label,
            };
            self.links.lines(&label, path, start.line, end.line)
        };
        let mut places: Vec<String> = Vec::new();
        for finding in findings {
            let place = place(finding);
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
        let left_out = places.len().saturating_sub(MOST_LINES);
        places.truncate(MOST_LINES);
        let is_notebook = findings[0].location.file.cells.is_some();
        let lead = if places.len() > 1 && !is_notebook {
            "lines "
        } else {
            ""
        };
        let more = match left_out {
            0 => String::new(),
            more => format!(" and {} more", grouped(more)),
        };
        format!("{lead}{}{more}", places.join(", "))
    }

    fn rule(&self, finding: &Finding) -> String {
        let id = code(finding.rule.0);
        let rule = self.rules.iter().find(|rule| rule.id == finding.rule);
        rule.map_or_else(|| id.clone(), |rule| link(&id, &rule_page(rule)))
    }

    /// The line, what is meant marked below it.
    fn excerpt(&self, location: &Location, label: &str) -> String {
        let rows = excerpt::of(self.places, location, WIDTH, '^', label);
        let number = |row: &Row| match row {
            Row::Source { number, .. } => number.to_string().len(),
            Row::Mark { .. } | Row::Gap => 0,
        };
        let gutter = rows.iter().map(number).max().unwrap_or(1);
        let mut text = String::new();
        for row in rows {
            let line = match row {
                Row::Source { number, bar, text } => format!("{number:>gutter$} | {bar}{text}"),
                Row::Mark {
                    indent,
                    marks,
                    label,
                } => format!("{:gutter$} | {:indent$}{marks} {label}", "", ""),
                Row::Gap => "...".to_owned(),
            };
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// What Python says and which lines pin, where a click shows it.
    fn fold(&self, finding: &Finding) -> String {
        let mut pins: Vec<String> = finding.pins.iter().map(|pin| self.pin(pin)).collect();
        pins.dedup();
        let said = finding.run_time.as_ref();
        let title = match (said, pins.len()) {
            (None, 0) => return String::new(),
            (Some(_), 0) => "What Python says",
            (Some(_), 1) => "What Python says, and the pin",
            (Some(_), _) => "What Python says, and the pins",
            (None, 1) => "The pin",
            (None, _) => "The pins",
        };
        let said = said.map_or_else(String::new, |said| fence("text", &inert(said)) + "\n");
        let pins: String = pins.iter().map(|pin| format!("* {pin}\n")).collect();
        let gap = if pins.is_empty() { "" } else { "\n" };
        format!("<details><summary>{title}</summary>\n\n{said}{pins}{gap}</details>\n\n")
    }

    fn pin(&self, pin: &PinLine) -> String {
        match &pin.location {
            Some(place) => {
                let line = self.places.range(place).0.line;
                let place = self.links.place(&place.file.path, line);
                format!("{place} {}", pin_code(&pin.text))
            }
            None => pin_code(&pin.text),
        }
    }
}

/// The releases, below a blank line.
fn strip_of(finding: &Finding) -> String {
    let Some(releases) = &finding.releases else {
        return String::new();
    };
    let strip = strip::draw(releases, WIDTH);
    let row: String = strip.pieces.iter().map(|(text, _)| text.as_str()).collect();
    let mut text = format!("\n{row}\n");
    if !strip.marks.is_empty() {
        text.push_str(&strip.marks);
        text.push('\n');
    }
    text
}
