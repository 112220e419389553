//! The report for code scanning: [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html),
//! within the [limits of GitHub](https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
//!
//! One run, all rules, relative percent-encoded paths, columns in code points. Sentences end with
//! a full stop here, because viewers show the first one as title.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, Location, Message,
    MultiformatMessageString, Notification, PhysicalLocation, PropertyBag, Region, Replacement,
    ReportingConfiguration, ReportingDescriptor, ReportingDescriptorReference, Result, ResultLevel,
    Run, RunAutomationDetails, Sarif, Suppression, Tool, ToolComponent,
};

use crate::finding::{self, Confidence, Edit, Finding, Level, Notice, Silencer};
use crate::release::ReleaseTable;
use crate::report::fingerprint::{self, LineHashes};
use crate::report::links::{encoded, rule_page};
use crate::report::page;
use crate::report::printable::inert;
use crate::report::{Places, Report, grouped};
use crate::rule::RuleMeta;
use crate::text::{Position, RepoPath, SourceFile};

/// GitHub shows no more results of a run.
const MOST_RESULTS: usize = 5_000;
/// More notices than this are counted: nobody reads them, and a file that is too large is not taken.
const MOST_NOTIFICATIONS: usize = 1_000;
/// GitHub keeps no more related locations of a result.
const MOST_RELATED: usize = 100;
/// GitHub takes no longer description of a rule.
const LONGEST_DESCRIPTION: usize = 1_000;
/// The root of the repository, to which all paths are relative.
const ROOT: &str = "%SRCROOT%";
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes the report. `category` keeps several runs on one commit apart; the tool's name stands
/// for it where the user gives none.
///
/// # Errors
///
/// What the output answers.
pub fn write(
    report: &Report,
    rules: &[RuleMeta],
    category: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let sarif = Sarif::builder()
        .schema(SCHEMA)
        .version(json!("2.1.0"))
        .runs(vec![run(report, rules, category)])
        .build();
    serde_json::to_writer_pretty(&mut *out, &sarif)?;
    writeln!(out)
}

fn run(report: &Report, rules: &[RuleMeta], category: &str) -> Run {
    let places = Places::of(report);
    let mut hashes = Hashes::default();
    let active = report.findings.iter().map(|found| (found, None));
    let silenced = report.silenced.iter();
    let silenced = silenced.map(|one| (&one.finding, Some(&one.by)));
    let all: Vec<(&Finding, Option<&Silencer>)> = active.chain(silenced).collect();
    let kept = worst(&all);
    let mut results = Vec::with_capacity(kept.len());
    for &place in &kept {
        let (found, by) = all[place];
        let fingerprints = [
            ("primaryLocationLineHash", hashes.of(found, &places)),
            ("tfmp/v1", Some(fingerprint::own(found))),
        ];
        let fingerprints: BTreeMap<String, String> = fingerprints
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect();
        let mut told = result(found, rules, &places, fingerprints);
        silence(&mut told, by, report);
        results.push(told);
    }
    let left_out = all.len() - results.len();
    let driver = ToolComponent::builder()
        .name("tfmp")
        .full_name(format!("tfmp {VERSION}"))
        .semantic_version(VERSION)
        .information_uri(REPOSITORY)
        .rules(rules.iter().map(descriptor).collect::<Vec<_>>())
        .notifications(vec![notification_descriptor()])
        .build();
    let root = ArtifactLocation::builder()
        .description(text("The root of the repository."))
        .build();
    Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .automation_details(
            RunAutomationDetails::builder()
                .id(format!("{}/", category.trim_end_matches('/')))
                .build(),
        )
        .column_kind(json!("unicodeCodePoints"))
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
        .invocations(vec![invocation(report, left_out)])
        .results(results)
        .build()
}

/// The places of the findings that are told, in order: all, or the worst of too many, silenced ones
/// last.
fn worst(findings: &[(&Finding, Option<&Silencer>)]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..findings.len()).collect();
    places.sort_by_key(|&place| {
        let (finding, by) = findings[place];
        (by.is_some(), Reverse(finding.level), place)
    });
    places.truncate(MOST_RESULTS);
    places.sort_unstable();
    places
}

/// Says that a result is silenced, or that it is not. SARIF wants both said of every result of a run or
/// of none (3.27.23 and 3.27.24).
fn silence(result: &mut Result, by: Option<&Silencer>, report: &Report) {
    if !report.silenced.is_empty() {
        let suppression = by.map(|by| match by {
            Silencer::Comment { reason } => {
                let mut said = Suppression::builder()
                    .kind(json!("inSource"))
                    .status(json!("accepted"))
                    .build();
                said.justification = (!reason.is_empty()).then(|| inert(reason).into_owned());
                said
            }
            Silencer::Baseline => Suppression::builder()
                .kind(json!("external"))
                .status(json!("accepted"))
                .justification("The baseline has it.")
                .build(),
        });
        result.suppressions = Some(suppression.into_iter().collect());
    }
    if report.baseline.is_some() {
        let state = match by {
            Some(Silencer::Baseline) => "unchanged",
            // The baseline knows nothing of it.
            Some(Silencer::Comment { .. }) | None => "new",
        };
        result.baseline_state = Some(json!(state));
    }
}

/// GitHub's line hashes, computed once for each file.
#[derive(Default)]
struct Hashes(BTreeMap<*const SourceFile, LineHashes>);

impl Hashes {
    fn of(&mut self, finding: &Finding, places: &Places<'_>) -> Option<String> {
        let file: &SourceFile = &finding.location.file;
        let (start, _) = places.range(&finding.location);
        self.0
            .entry(std::ptr::from_ref(file))
            .or_insert_with(|| LineHashes::of(file.on_disk()))
            .line(start.line)
    }
}

fn descriptor(rule: &RuleMeta) -> ReportingDescriptor {
    let summary = page::sentence(&capital(rule.summary), LONGEST_DESCRIPTION);
    let full = page::section(rule.page, "What it does").map_or_else(
        || summary.clone(),
        |text| page::sentence(&text, LONGEST_DESCRIPTION),
    );
    let body = page::body(rule.page);
    let help = if body.is_empty() { &summary } else { body };
    let severity = match rule.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "recommendation",
    };
    let properties = PropertyBag::builder()
        .tags(vec!["tensorflow".to_owned(), "compatibility".to_owned()])
        .additional_properties(BTreeMap::from([
            // What cannot be decided is not reported.
            ("precision".to_owned(), json!("very-high")),
            ("problem.severity".to_owned(), json!(severity)),
        ]))
        .build();
    ReportingDescriptor::builder()
        .id(rule.id.0)
        .name(pascal(rule.name))
        .short_description(plain(&summary))
        .full_description(plain(&full))
        .help(
            MultiformatMessageString::builder()
                .text(help)
                .markdown(help)
                .build(),
        )
        .help_uri(rule_page(rule))
        .default_configuration(
            ReportingConfiguration::builder()
                .level(json!(rule.level.name()))
                .build(),
        )
        .properties(properties)
        .build()
}

/// SARIF wants a rule's name as one Pascal-case identifier.
fn pascal(name: &str) -> String {
    name.split('-').map(capital).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

fn plain(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn text(text: impl Into<String>) -> Message {
    Message::builder().text(text).build()
}

fn result(
    finding: &Finding,
    rules: &[RuleMeta],
    places: &Places<'_>,
    fingerprints: BTreeMap<String, String>,
) -> Result {
    let related = related(finding, places);
    let (text, markdown) = message(finding, places);
    let mut result = Result::builder()
        .rule_id(finding.rule.0)
        .level(match finding.level {
            Level::Error => ResultLevel::Error,
            Level::Warning => ResultLevel::Warning,
            Level::Note => ResultLevel::Note,
        })
        .message(Message::builder().text(text).markdown(markdown).build())
        .locations(vec![located(&finding.location, places)])
        .partial_fingerprints(fingerprints)
        .properties(properties(finding))
        .build();
    result.rule_index = rules
        .iter()
        .position(|rule| rule.id == finding.rule)
        .and_then(|index| i64::try_from(index).ok());
    result.related_locations = (!related.is_empty()).then_some(related);
    result.fixes = finding.fix.as_ref().map(|repair| vec![fix(repair, places)]);
    result
}

/// The sentences of a finding: plain, and as Markdown.
///
/// Text of the repository cannot make links: `](` is parted.
fn message(finding: &Finding, places: &Places<'_>) -> (String, String) {
    let calm = |text: &str| inert(text).replace("](", "] (");
    let mut sentences = vec![page::sentence(&calm(&finding.message), usize::MAX)];
    if let Some(cell) = finding.location.file.cell(finding.location.span.start) {
        sentences.push(page::sentence(&capital(&cell.to_string()), usize::MAX));
    }
    if !finding.label.is_empty() {
        sentences.push(page::sentence(&capital(&calm(&finding.label)), usize::MAX));
    }
    let mut id = 0;
    for pin in &finding.pins {
        let pinned = calm(&pin.text);
        let pinned = pinned.trim();
        sentences.push(match &pin.location {
            Some(place) if id < MOST_RELATED => {
                id += 1;
                let line = places.range(place).0.line;
                let path = inert(place.file.path.as_str()).replace(['[', ']'], "");
                format!("Pinned in [{path}:{line}]({id}): `{pinned}`.")
            }
            Some(_) => continue,
            None => format!("Given to this run: `{pinned}`."),
        });
    }
    for help in &finding.help {
        sentences.push(page::sentence(&capital(&calm(help)), usize::MAX));
    }
    if finding.more_uses > 0 {
        let uses = grouped(finding.more_uses);
        let (noun, verb) = match finding.more_uses {
            1 => ("use", "fails"),
            _ => ("uses", "fail"),
        };
        sentences.push(format!(
            "{uses} more {noun} through this name {verb} for the same cause."
        ));
    }
    let mut markdown = sentences.join(" ");
    if let Some(run_time) = &finding.run_time {
        let run_time = calm(run_time);
        sentences.push(page::sentence(
            &format!("At run time: {run_time}"),
            usize::MAX,
        ));
        markdown.push_str(&format!("\n\n`{}`", run_time.replace('`', "'")));
    }
    (sentences.join(" "), markdown)
}

fn properties(finding: &Finding) -> PropertyBag {
    let mut bag = BTreeMap::from([
        ("symbol".to_owned(), json!(finding.symbol)),
        (
            "confidence".to_owned(),
            json!(match finding.confidence {
                Confidence::High => "high",
                Confidence::Medium => "medium",
            }),
        ),
    ]);
    if let Some(releases) = &finding.releases {
        let table = ReleaseTable::of(releases.package);
        let mut put = |key: &str, value: Value| bag.insert(key.to_owned(), value);
        put("package", json!(releases.package.name()));
        put("permitted", json!(table.describe(releases.permitted)));
        put("failing", json!(table.describe(releases.failing)));
        put("working", json!(table.describe(releases.present)));
    }
    PropertyBag::builder().additional_properties(bag).build()
}

fn related(finding: &Finding, places: &Places<'_>) -> Vec<Location> {
    let pins = finding.pins.iter().filter_map(|pin| {
        let place = pin.location.as_ref()?;
        Some((place, pin.text.trim()))
    });
    (1..)
        .zip(pins.take(MOST_RELATED))
        .map(|(id, (place, pinned))| {
            let mut location = located(place, places);
            location.id = Some(id);
            location.message = Some(text(format!("`{}` is pinned here.", inert(pinned))));
            location
        })
        .collect()
}

fn located(location: &finding::Location, places: &Places<'_>) -> Location {
    let (start, end) = places.range(location);
    Location::builder()
        .physical_location(
            PhysicalLocation::builder()
                .artifact_location(artifact(&location.file.path))
                .region(region(start, end))
                .build(),
        )
        .build()
}

fn region(start: Position, end: Position) -> Region {
    Region::builder()
        .start_line(start.line)
        .start_column(start.column)
        .end_line(end.line)
        .end_column(end.column)
        .build()
}

fn artifact(path: &RepoPath) -> ArtifactLocation {
    ArtifactLocation::builder()
        .uri(encoded(path.as_str()))
        .uri_base_id(ROOT)
        .build()
}

fn fix(fix: &finding::Fix, places: &Places<'_>) -> Fix {
    let mut files: BTreeMap<&RepoPath, Vec<Replacement>> = BTreeMap::new();
    for edit in &fix.edits {
        let replacement = Replacement::builder()
            .deleted_region(deleted(edit, places))
            .inserted_content(ArtifactContent::builder().text(edit.text.as_str()).build())
            .build();
        files.entry(&edit.path).or_default().push(replacement);
    }
    let changes: Vec<ArtifactChange> = files
        .into_iter()
        .map(|(path, replacements)| {
            ArtifactChange::builder()
                .artifact_location(artifact(path))
                .replacements(replacements)
                .build()
        })
        .collect();
    let safety = match fix.safety {
        finding::Safety::Safe => "safe",
        finding::Safety::Unsafe => "unsafe",
    };
    Fix::builder()
        .description(text(page::sentence(
            &format!("{} ({safety} fix)", capital(&inert(&fix.title))),
            usize::MAX,
        )))
        .artifact_changes(changes)
        .build()
}

fn deleted(edit: &Edit, places: &Places<'_>) -> Region {
    match places.edit_range(edit) {
        Some((start, end)) => region(start, end),
        None => Region::builder()
            .byte_offset(edit.span.start)
            .byte_length(edit.span.end - edit.span.start)
            .build(),
    }
}

/// The one kind of notification there is: something was not looked at.
const NOTICE: &str = "notice";

fn notification_descriptor() -> ReportingDescriptor {
    let about = "A file or a line could not be read or judged; everything else was checked.";
    ReportingDescriptor::builder()
        .id(NOTICE)
        .name("NotLookedAt")
        .short_description(plain("Something could not be read or judged."))
        .full_description(plain(about))
        .help(plain(about))
        .build()
}

fn invocation(report: &Report, left_out: usize) -> Invocation {
    let notices = report.notices.iter().take(MOST_NOTIFICATIONS);
    let mut notifications: Vec<Notification> = notices.map(notification).collect();
    let untold = report.notices.len() - notifications.len();
    if untold > 0 {
        let untold = grouped(untold);
        notifications.push(notify(
            format!("{untold} more notices are left out; the JSON report has all."),
            Vec::new(),
        ));
    }
    if left_out > 0 {
        let (left_out, kept) = (grouped(left_out), grouped(MOST_RESULTS));
        notifications.push(notify(
            format!("{left_out} findings are left out; these are the {kept} worst."),
            Vec::new(),
        ));
    }
    Invocation::builder()
        .execution_successful(true)
        .tool_execution_notifications(notifications)
        .build()
}

fn notification(notice: &Notice) -> Notification {
    let calm = |text: &str| inert(text).replace("](", "] (");
    let mut message = page::sentence(&capital(&calm(&notice.message)), usize::MAX);
    if !notice.advice.is_empty() {
        message.push(' ');
        message.push_str(&page::sentence(&capital(&calm(&notice.advice)), usize::MAX));
    }
    let locations = notice.path.as_ref().map(|path| {
        let mut place = PhysicalLocation::builder()
            .artifact_location(artifact(path))
            .build();
        place.region = notice
            .line
            .map(|line| Region::builder().start_line(line).build());
        Location::builder().physical_location(place).build()
    });
    notify(message, locations.into_iter().collect())
}

fn notify(message: String, locations: Vec<Location>) -> Notification {
    let mut notification = Notification::builder()
        .level(json!("note"))
        .message(text(message))
        .descriptor(
            ReportingDescriptorReference::builder()
                .id(NOTICE)
                .index(0_i64)
                .build(),
        )
        .build();
    notification.locations = (!locations.is_empty()).then_some(locations);
    notification
}
