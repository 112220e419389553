//! The report for programs. The format is versioned and described in `docs/json.md`; its view
//! structs are its own, so that the types of the core may change without it.

use std::io;

use serde::Serialize;

use crate::finding::{Confidence, Edit, Finding, Fix, Location, Notice, PinLine, Releases, Safety};
use crate::release::ReleaseTable;
use crate::report::baseline::Compared;
use crate::report::fingerprint;
use crate::report::lines::Change;
use crate::report::{Places, Report, ScopeLine};
use crate::rule::RuleMeta;
use crate::text::{Position, RepoPath};

/// Raised when a field goes or changes its meaning; new fields do not raise it.
const VERSION: u32 = 1;

/// Writes the report. `rules` gives the names behind the ids.
///
/// # Errors
///
/// What the output answers.
pub fn write(report: &Report, rules: &[RuleMeta], out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::of(report);
    let counts = report.counts();
    let view = ReportView {
        version: VERSION,
        tool: ToolView {
            name: "tfmp",
            version: env!("CARGO_PKG_VERSION"),
        },
        shard: report.shard.as_deref(),
        summary: SummaryView {
            files: report.files_checked,
            lines: report.lines,
            errors: counts.errors,
            warnings: counts.warnings,
            notes: counts.notes,
            suppressed: report.suppressed(),
            known: report.known(),
        },
        scopes: report.scopes.iter().map(scope).collect(),
        findings: report
            .findings
            .iter()
            .map(|found| finding(found, rules, &places))
            .collect(),
        baseline: report.baseline.as_ref().map(baseline),
        notices: report.notices.iter().map(notice).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &view)?;
    writeln!(out)
}

#[derive(Serialize)]
struct ReportView<'r> {
    version: u32,
    tool: ToolView,
    shard: Option<&'r str>,
    summary: SummaryView,
    scopes: Vec<ScopeView<'r>>,
    findings: Vec<FindingView<'r>>,
    baseline: Option<BaselineView<'r>>,
    notices: Vec<NoticeView<'r>>,
}

#[derive(Serialize)]
struct ToolView {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct SummaryView {
    files: usize,
    lines: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    suppressed: usize,
    known: usize,
}

#[derive(Serialize)]
struct ScopeView<'r> {
    folder: &'r str,
    tensorflow: &'r str,
    keras: Option<&'r str>,
    pin: Option<String>,
}

#[derive(Serialize)]
struct FindingView<'r> {
    rule: &'static str,
    name: &'static str,
    level: &'static str,
    confidence: &'static str,
    path: &'r str,
    start: PositionView,
    end: PositionView,
    cell: Option<CellView>,
    source: Option<Vec<String>>,
    symbol: &'r str,
    message: &'r str,
    label: &'r str,
    releases: Option<ReleasesView>,
    pins: Vec<PinView<'r>>,
    help: &'r [String],
    run_time: Option<&'r str>,
    fix: Option<FixView<'r>>,
    more_uses: usize,
    fingerprint: String,
}

#[derive(Serialize)]
struct PositionView {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct CellView {
    number: u32,
    line: u32,
}

#[derive(Serialize)]
struct ReleasesView {
    package: &'static str,
    permitted: String,
    failing: String,
    working: String,
}

#[derive(Serialize)]
struct PinView<'r> {
    text: &'r str,
    #[serde(flatten)]
    place: Option<PlaceView<'r>>,
}

#[derive(Serialize)]
struct PlaceView<'r> {
    path: &'r str,
    start: PositionView,
    end: PositionView,
    cell: Option<CellView>,
}

#[derive(Serialize)]
struct FixView<'r> {
    title: &'r str,
    safety: &'static str,
    edits: Vec<EditView<'r>>,
    lines: Option<Vec<ChangeView<'r>>>,
}

#[derive(Serialize)]
struct ChangeView<'r> {
    path: &'r str,
    start: u32,
    before: Vec<String>,
    after: Vec<String>,
}

#[derive(Serialize)]
struct EditView<'r> {
    path: &'r str,
    start_byte: u32,
    end_byte: u32,
    start: Option<PositionView>,
    end: Option<PositionView>,
    text: &'r str,
}

#[derive(Serialize)]
struct BaselineView<'r> {
    path: &'r str,
    fixed: Vec<FixedView<'r>>,
}

#[derive(Serialize)]
struct FixedView<'r> {
    rule: &'r str,
    path: &'r str,
    symbol: &'r str,
    count: usize,
    fingerprint: String,
}

#[derive(Serialize)]
struct NoticeView<'r> {
    path: Option<&'r str>,
    line: Option<u32>,
    message: &'r str,
    advice: &'r str,
}

fn scope(scope: &ScopeLine) -> ScopeView<'_> {
    ScopeView {
        folder: &scope.folder,
        tensorflow: &scope.tensorflow,
        keras: scope.keras.as_deref(),
        pin: scope.pin.as_ref().map(ToString::to_string),
    }
}

fn finding<'r>(finding: &'r Finding, rules: &[RuleMeta], places: &Places<'_>) -> FindingView<'r> {
    let place = place(&finding.location, places);
    let rule = rules.iter().find(|rule| rule.id == finding.rule);
    FindingView {
        rule: finding.rule.0,
        name: rule.map_or("", |rule| rule.name),
        level: finding.level.name(),
        confidence: match finding.confidence {
            Confidence::High => "high",
            Confidence::Medium => "medium",
        },
        path: place.path,
        start: place.start,
        end: place.end,
        cell: place.cell,
        source: places.lines(&finding.location),
        symbol: &finding.symbol,
        message: &finding.message,
        label: &finding.label,
        releases: finding.releases.as_ref().map(releases),
        pins: finding.pins.iter().map(|line| pin(line, places)).collect(),
        help: &finding.help,
        run_time: finding.run_time.as_deref(),
        fix: finding.fix.as_ref().map(|repair| fix(repair, places)),
        more_uses: finding.more_uses,
        fingerprint: fingerprint::own(finding),
    }
}

fn position(position: Position) -> PositionView {
    PositionView {
        line: position.line,
        column: position.column,
    }
}

fn place<'r>(location: &'r Location, places: &Places<'_>) -> PlaceView<'r> {
    let (start, end) = places.range(location);
    PlaceView {
        path: location.file.path.as_str(),
        start: position(start),
        end: position(end),
        cell: location
            .file
            .cell(location.span.start)
            .map(|cell| CellView {
                number: cell.number,
                line: cell.line,
            }),
    }
}

fn releases(releases: &Releases) -> ReleasesView {
    let table = ReleaseTable::of(releases.package);
    ReleasesView {
        package: releases.package.name(),
        permitted: table.describe(releases.permitted),
        failing: table.describe(releases.failing),
        working: table.describe(releases.present),
    }
}

fn pin<'r>(pin: &'r PinLine, places: &Places<'_>) -> PinView<'r> {
    PinView {
        text: &pin.text,
        place: pin.location.as_ref().map(|found| place(found, places)),
    }
}

fn fix<'r>(fix: &'r Fix, places: &Places<'_>) -> FixView<'r> {
    FixView {
        title: &fix.title,
        safety: match fix.safety {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        },
        edits: fix
            .edits
            .iter()
            .map(|change| edit(change, places))
            .collect(),
        lines: places.changes(&fix.edits).map(|changes| {
            let view = |(path, change): (&'r RepoPath, Change)| ChangeView {
                path: path.as_str(),
                start: change.start,
                before: change.before,
                after: change.after,
            };
            changes.into_iter().map(view).collect()
        }),
    }
}

fn edit<'r>(edit: &'r Edit, places: &Places<'_>) -> EditView<'r> {
    let (start, end) = places.edit_range(edit).unzip();
    EditView {
        path: edit.path.as_str(),
        start_byte: edit.span.start,
        end_byte: edit.span.end,
        start: start.map(position),
        end: end.map(position),
        text: &edit.text,
    }
}

fn baseline(baseline: &Compared) -> BaselineView<'_> {
    let fixed = baseline.fixed.iter().map(|entry| FixedView {
        rule: &entry.rule,
        path: &entry.path,
        symbol: &entry.symbol,
        count: entry.count(),
        fingerprint: entry.fingerprint(),
    });
    BaselineView {
        path: &baseline.name,
        fixed: fixed.collect(),
    }
}

fn notice(notice: &Notice) -> NoticeView<'_> {
    NoticeView {
        path: notice.path.as_ref().map(|path| path.as_str()),
        line: notice.line,
        message: &notice.message,
        advice: &notice.advice,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::baseline::Baseline;
    use crate::report::samples::{self, RULES};

    fn render(report: &Report) -> Value {
        let mut out = Vec::new();
        write(report, RULES, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_finding_with_everything() {
        let value = render(&samples::report());
        assert_eq!(
            value["findings"][0],
            json!({
                "rule": "TFMP001",
                "name": "api-too-new",
                "level": "error",
                "confidence": "high",
                "path": "src/train.py",
                "start": {"line": 3, "column": 1},
                "end": {"line": 3, "column": 43},
                "cell": null,
                "source": ["tf.keras.mixed_precision.set_global_policy(\"mixed_float16\")"],
                "symbol": "tensorflow.keras.mixed_precision.set_global_policy",
                "message": "`tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4",
                "label": "appears in 2.4.0",
                "releases": {
                    "package": "tensorflow",
                    "permitted": "2.3.4",
                    "failing": "2.3.4",
                    "working": "2.4.0-2.22.0rc0",
                },
                "pins": [{
                    "text": "tensorflow==2.3.4",
                    "path": "requirements.txt",
                    "start": {"line": 3, "column": 1},
                    "end": {"line": 3, "column": 18},
                    "cell": null,
                }],
                "help": [
                    "on this pin: `tf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")`",
                    "or raise the pin to `tensorflow>=2.4`",
                ],
                "run_time": "AttributeError: module 'tensorflow.keras.mixed_precision' has no attribute 'set_global_policy'",
                "fix": {
                    "title": "use `experimental.set_policy`",
                    "safety": "safe",
                    "edits": [{
                        "path": "src/train.py",
                        "start_byte": 25,
                        "end_byte": 67,
                        "start": {"line": 3, "column": 1},
                        "end": {"line": 3, "column": 43},
                        "text": "tf.keras.mixed_precision.experimental.set_policy",
                    }],
                    "lines": [{
                        "path": "src/train.py",
                        "start": 3,
                        "before": ["tf.keras.mixed_precision.set_global_policy(\"mixed_float16\")"],
                        "after": [
                            "tf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")",
                        ],
                    }],
                },
                "more_uses": 3,
                "fingerprint": "7c683f0264752036",
            })
        );
    }

    #[test]
    fn what_stands_around_the_findings() {
        let mut report = samples::report();
        report.findings.clear();
        assert_eq!(
            render(&report),
            json!({
                "version": 1,
                "tool": {"name": "tfmp", "version": env!("CARGO_PKG_VERSION")},
                "shard": null,
                "summary": {
                    "files": 214, "lines": 31204,
                    "errors": 0, "warnings": 0, "notes": 0, "suppressed": 3, "known": 0,
                },
                "scopes": [{
                    "folder": "", "tensorflow": "2.3.4", "keras": null,
                    "pin": "requirements.txt:3",
                }],
                "findings": [],
                "baseline": null,
                "notices": [{
                    "path": "requirements-dev.txt", "line": 7,
                    "message": "`tensorflow=2.3` is no requirement, and was not looked at",
                    "advice": "write `tensorflow==2.3`",
                }],
            })
        );
    }

    #[test]
    fn an_edit_of_a_file_without_findings_has_bytes_alone() {
        let mut report = samples::report();
        let fix = report.findings[0].fix.as_mut().unwrap();
        fix.edits[0].path = crate::text::RepoPath::new("elsewhere.py");
        let edit = &render(&report)["findings"][0]["fix"]["edits"][0];
        assert_eq!(
            (&edit["start"], &edit["start_byte"]),
            (&Value::Null, &json!(25))
        );
    }

    /// Every field is described in `docs/json.md`.
    #[test]
    fn the_description_names_every_field() {
        fn keys(value: &Value, into: &mut Vec<String>) {
            match value {
                Value::Object(map) => {
                    for (key, value) in map {
                        into.push(key.clone());
                        keys(value, into);
                    }
                }
                Value::Array(items) => items.iter().for_each(|item| keys(item, into)),
                _ => {}
            }
        }
        let mut report = samples::report();
        let text = r#"{"version": 1, "findings": [
            {"path": "a.py", "rule": "TFMP001", "symbol": "b", "level": "note", "count": 2}]}"#;
        let baseline = Baseline::read(text).unwrap();
        baseline.compare(&mut report, "baseline.json", &|_| true);
        let value = render(&report);
        let fixed = json!([{
            "rule": "TFMP001", "path": "a.py", "symbol": "b", "count": 2,
            "fingerprint": fingerprint::of("TFMP001", "a.py", "b", 1),
        }]);
        let expect = json!({"path": "baseline.json", "fixed": fixed});
        assert_eq!(value["baseline"], expect);
        let mut names = Vec::new();
        keys(&value, &mut names);
        let page = include_str!("../../docs/json.md");
        names.retain(|name| !page.contains(&format!("`{name}`")));
        assert_eq!(names, Vec::<String>::new(), "not in docs/json.md");
    }
}
