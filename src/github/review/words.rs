//! What a review says: a comment on a finding, one on a changed pin, and the body. All text that is
//! not ours passes `report::markdown::escape` here.

use std::collections::BTreeMap;

use crate::finding::{Level, Releases};
use crate::github::review::pin::{self, ChangedPin, Way};
use crate::github::told::{Governed, Remark, Repair};
use crate::release::ReleaseTable;
use crate::report::links::{Repository, rule_page};
use crate::report::markdown::escape::{code, fence, link, sentence, text};
use crate::report::{counted, strip};
use crate::rule::describe;

/// Bodies and comments are shorter than this, in bytes: GitHub takes 65,536 characters.
pub(super) const LONGEST: usize = 60_000;
/// The category where none is given, which nobody has to read.
const OWN: &str = "tfmp";
/// The width of a release strip, in columns.
const STRIP: usize = 72;
/// Places in one row of a table.
const MOST_PLACES: usize = 10;
/// Rows that are seen without unfolding.
const OPEN_ROWS: usize = 20;

/// The comment on a finding. `suggestion` are the lines that a button puts in place of those that the
/// comment stands on.
pub(super) fn comment(
    remark: &Remark,
    suggestion: Option<&[String]>,
    repository: &Repository,
) -> String {
    let headline = format!(
        "**{}** · {}\n\n",
        sentence(&remark.message),
        link(&code(remark.rule.id.0), &rule_page(remark.rule))
    );
    let mut out = headline.clone();
    out.push_str(&explained(remark, repository));
    if let Some(lines) = suggestion {
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        out.push_str(&fence("suggestion", &lines));
        out.push('\n');
    }
    for way in ways(remark, suggestion.is_some()) {
        out.push_str(&format!("{way}\n\n"));
    }
    out.push_str(&strip(remark));
    // No run of ours tells so much: it is a report that somebody else wrote.
    let whole = if out.len() > LONGEST { &headline } else { &out };
    whole.trim_end().to_owned()
}

/// What is behind the headline, in one paragraph.
fn explained(remark: &Remark, repository: &Repository) -> String {
    let mut parts = Vec::new();
    let label = capital(&sentence(&remark.label));
    let pin = remark.pins.first().map(|pin| {
        let statement = code(&pin.text);
        match &pin.place {
            Some((path, line, ..)) => {
                let place = place(path, *line, *line, repository);
                format!("{place} pins {statement}")
            }
            None => format!("{statement} was asked for"),
        }
    });
    match (label.as_str(), pin) {
        ("", None) => {}
        ("", Some(pin)) => parts.push(format!("{pin}.")),
        (label, None) => parts.push(format!("{label}.")),
        (label, Some(pin)) => parts.push(format!("{label}; {pin}.")),
    }
    if let Some(error) = &remark.run_time {
        parts.push(format!("When this line runs: {}.", code(error)));
    }
    if remark.more_uses > 0 {
        let uses = counted(remark.more_uses, "more use");
        let fail = if remark.more_uses == 1 {
            "fails"
        } else {
            "fail"
        };
        parts.push(format!("{uses} of this name {fail} with it."));
    }
    if parts.is_empty() {
        return String::new();
    }
    format!("{}\n\n", parts.join(" "))
}

/// Ways out besides the suggestion, a line each.
fn ways(remark: &Remark, suggested: bool) -> Vec<String> {
    let mut ways: Vec<String> = Vec::new();
    if let Some(repair) = remark.repair.as_ref().filter(|_| !suggested) {
        let command = if repair.is_safe {
            "`tfmp fix` makes the change"
        } else {
            "`tfmp fix --unsafe` makes the change; look at what it does"
        };
        let title = capital(&sentence(&repair.title));
        ways.push(format!("{title}: {command}."));
    }
    // The repair says where it leads already.
    let told = remark.repair.as_ref().map(named);
    let help = remark.help.iter().filter(|help| {
        let told = told.as_deref().filter(|name| !name.is_empty());
        !told.is_some_and(|name| help.contains(name) && help.starts_with("on this pin: "))
    });
    ways.extend(help.map(|help| format!("{}.", capital(&sentence(help)))));
    ways
}

/// The code in the title of a repair.
fn named(repair: &Repair) -> String {
    let inside = repair.title.split('`').nth(1);
    inside.unwrap_or_default().to_owned()
}

/// The releases as a strip, folded.
fn strip(remark: &Remark) -> String {
    let Some(span) = &remark.releases else {
        return String::new();
    };
    let strip = strip::draw(
        &Releases {
            package: span.package,
            permitted: span.permitted,
            failing: span.permitted - span.working,
            present: span.working,
        },
        STRIP,
    );
    let row: String = strip.pieces.iter().map(|(piece, _)| &**piece).collect();
    let drawn = fence("text", &format!("{row}\n{}", strip.marks));
    format!("<details><summary>Releases</summary>\n\n{drawn}\n</details>\n")
}

/// The comment on the line of a pin that changes.
pub(super) fn pin_comment(
    changed: &ChangedPin,
    findings: &[Remark],
    repository: &Repository,
) -> String {
    let broken = &changed.broken;
    let safe = broken.iter().filter(|&&index| {
        let repair = findings[index].repair.as_ref();
        repair.is_some_and(|repair| repair.is_safe)
    });
    let fixes = match safe.count() {
        0 => String::new(),
        count => format!(" ({} with a safe fix: `tfmp fix`)", count),
    };
    let lines = counted(broken.len(), "line");
    let files = counted(pin::files(findings, broken), "file");
    let mut out = format!(
        "**{} breaks {lines} in {files}**{fixes}\n\n",
        headline(changed, findings)
    );
    if let Some(old) = &changed.old {
        out.push_str(&format!("It was {}.\n\n", code(old)));
    }
    let remarks: Vec<&Remark> = broken.iter().map(|&index| &findings[index]).collect();
    out.push_str(&table(&remarks, repository, room(&out)));
    out.trim_end().to_owned()
}

/// `Raising TensorFlow to 2.9.3`.
fn headline(changed: &ChangedPin, findings: &[Remark]) -> String {
    let statement = code(&changed.text);
    let Some(way) = changed.way else {
        return statement;
    };
    let verb = match way {
        Way::Up => "Raising",
        Way::Down => "Lowering",
    };
    // Guards narrow what single findings are about; together they are about what the pin permits.
    let spans = changed.broken.iter().filter_map(|&i| findings[i].releases);
    let permitted = spans.map(|span| span.permitted).reduce(|a, b| a | b);
    let title = changed.package.title();
    match permitted.map(|set| describe(ReleaseTable::of(changed.package), set)) {
        Some(releases) if !releases.is_empty() => format!("{verb} {title} to {releases}"),
        _ => format!("{verb} {title} to {statement}"),
    }
}

/// What the body of a review is made of.
pub(super) struct Body<'r> {
    /// All findings of the run, in order.
    pub(super) findings: &'r [Remark],
    /// Those that are told here, worst first, as indexes.
    pub(super) listed: &'r [usize],
    /// How many are told in comments on lines.
    pub(super) commented: usize,
    /// What was checked against what.
    pub(super) scopes: &'r [Governed],
    /// Findings of the report that cannot be told.
    pub(super) left_out: usize,
    /// What kept comments from their lines; `""` where nothing did.
    pub(super) hindrance: &'r str,
    /// What tells this analysis from others.
    pub(super) category: &'r str,
}

/// The body of a review, without its marker.
pub(super) fn body(body: &Body<'_>, repository: &Repository) -> String {
    let name = match body.category {
        OWN => OWN.to_owned(),
        other => format!("{OWN} ({})", text(other)),
    };
    let mut out = format!("### {name}: {}\n\n", totals(body.findings));
    out.push_str(&checked_against(body.scopes));
    if !body.hindrance.is_empty() {
        out.push_str(&format!("{}\n\n", body.hindrance));
    }
    if !body.listed.is_empty() {
        let where_else = if body.commented == 0 {
            ""
        } else {
            "Besides the comments on lines of this pull request:\n\n"
        };
        out.push_str(where_else);
        let remarks: Vec<&Remark> = body.listed.iter().map(|&i| &body.findings[i]).collect();
        out.push_str(&table(&remarks, repository, room(&out)));
    }
    if body.left_out > 0 {
        let findings = counted(body.left_out, "more finding");
        out.push_str(&format!("{findings} of the report cannot be told here.\n"));
    }
    out.trim_end().to_owned()
}

/// What is left for a table, its closing words and the marker kept.
fn room(before: &str) -> usize {
    LONGEST.saturating_sub(before.len() + 400)
}

/// The body of a review that only brings more comments.
pub(super) fn more(count: usize) -> String {
    format!(
        "tfmp: {} on lines of this pull request.",
        counted(count, "new finding")
    )
}

/// `3 errors, 1 warning`.
fn totals(findings: &[Remark]) -> String {
    let parts: Vec<String> = [Level::Error, Level::Warning, Level::Note]
        .into_iter()
        .filter_map(|level| {
            let count = findings.iter().filter(|found| found.level == level).count();
            (count > 0).then(|| counted(count, level.name()))
        })
        .collect();
    if parts.is_empty() {
        "nothing left to report".to_owned()
    } else {
        parts.join(", ")
    }
}

fn checked_against(scopes: &[Governed]) -> String {
    let lines: Vec<String> = scopes
        .iter()
        .map(|scope| {
            let folder = match scope.folder.as_str() {
                "" => String::new(),
                folder => format!("{}: ", code(folder)),
            };
            let pin = match &scope.pin {
                Some(pin) => format!(" ({})", code(pin)),
                None => " (nothing pins it)".to_owned(),
            };
            let releases = text(&format!("TensorFlow {}", scope.tensorflow));
            format!("{folder}{releases}{pin}")
        })
        .collect();
    match &lines[..] {
        [] => String::new(),
        [only] => format!("Checked against {only}.\n\n"),
        many => {
            let mut rows = String::new();
            for line in many {
                if rows.len() + line.len() > LONGEST / 4 {
                    break;
                }
                rows.push_str(&format!("* {line}\n"));
            }
            format!("Checked against\n\n{rows}\n")
        }
    }
}

/// A row for findings that tell the same, as long as there is room, the later rows folded.
fn table(remarks: &[&Remark], repository: &Repository, room: usize) -> String {
    const HEAD: &str = "| where | what | instead |\n|---|---|---|\n";
    const FOLD: &str = "\n<details><summary>and more</summary>\n\n";
    const UNFOLD: &str = "\n</details>\n";
    let rows = rows(remarks, repository);
    let mut out = HEAD.to_owned();
    let mut folded = false;
    let mut told = 0;
    for (number, row) in rows.iter().enumerate() {
        if number == OPEN_ROWS && rows.len() > OPEN_ROWS + 5 {
            out.push_str(FOLD);
            out.push_str(HEAD);
            folded = true;
        }
        let line = format!("| {} | {} |\n", row.places.join("<br>"), row.story);
        if out.len() + line.len() + UNFOLD.len() > room {
            break;
        }
        out.push_str(&line);
        told += row.places.len();
    }
    if folded {
        out.push_str(UNFOLD);
    }
    if told < remarks.len() {
        let rest = counted(remarks.len() - told, "more finding");
        out.push_str(&format!("\n{rest}: see the summary of the run.\n"));
    }
    out
}

/// Findings that tell the same: what they tell, and where.
struct Row {
    story: String,
    places: Vec<String>,
}

/// The rows in the order of their first findings.
fn rows(remarks: &[&Remark], repository: &Repository) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for remark in remarks {
        let mut place = place(&remark.path, remark.lines.0, remark.lines.1, repository);
        if let Some((number, line)) = remark.cell {
            place.push_str(&format!(" (cell {number}, line {line})"));
        }
        let what = sentence(&shortened(&remark.message));
        let (sign, rule) = (sign(remark.level), remark.rule.id);
        let story = format!("{sign} {what} `{rule}` | {}", instead(remark));
        let at = open.get(&story).copied();
        match at.filter(|&at| rows[at].places.len() < MOST_PLACES) {
            Some(at) => rows[at].places.push(place),
            None => {
                open.insert(story.clone(), rows.len());
                rows.push(Row {
                    story,
                    places: vec![place],
                });
            }
        }
    }
    rows
}

/// The best way out, in few words.
fn instead(remark: &Remark) -> String {
    if let Some(repair) = &remark.repair {
        let safety = if repair.is_safe { "safe" } else { "unsafe" };
        let title = repair.title.strip_prefix("use ").unwrap_or(&repair.title);
        return format!("{} ({safety} fix)", sentence(&shortened(title)));
    }
    let help = remark.help.first();
    help.map(|help| sentence(help)).unwrap_or_default()
}

/// The sentence with long names by their last two parts: a table has little room, and the line that it
/// links to has the whole name.
fn shortened(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate().map(|(number, part)| {
        let is_path = part
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
        let mut dots = part.rmatch_indices('.').map(|(at, _)| at);
        match dots.nth(1) {
            Some(at) if number % 2 == 1 && is_path && part.matches('.').count() > 2 => {
                &part[at + 1..]
            }
            _ => part,
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

/// A sign that is read before the words are.
fn sign(level: Level) -> &'static str {
    match level {
        Level::Error => "❌",
        Level::Warning => "⚠️",
        Level::Note => "ℹ️",
    }
}

/// A place in the repository as a link.
fn place(path: &str, first: u32, last: u32, repository: &Repository) -> String {
    let label = code(&format!("{path}:{first}"));
    link(&label, &repository.lines(path, first, last))
}

/// The sentence with a capital, where it begins with a letter of ours.
fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) if first.is_ascii_lowercase() => {
            format!("{}{}", first.to_ascii_uppercase(), chars.as_str())
        }
        _ => sentence.to_owned(),
    }
}
