//! A report as a review reads it: JSON of `docs/json.md`, perhaps from a run of somebody else's code.
//!
//! Such a report may say anything. What is read here has bounded length and number, names rules that
//! exist and places inside the repository; whether the text at these places is that of the pull request
//! is decided in [`super::review`], and what is written anywhere is escaped there.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::finding::Level;
use crate::names::Package;
use crate::release::{ReleaseSet, ReleaseTable};
use crate::rule::RuleMeta;
use crate::text::clipped;

/// No report of a run is longer, in bytes.
pub const LONGEST: u64 = 64 << 20;
/// More findings than this are counted, not told.
const MOST_FINDINGS: usize = 5_000;
/// More folders than this are not told.
const MOST_SCOPES: usize = 20;
/// The longest sentence, in characters.
const SENTENCE: usize = 1_000;
/// The longest name of a folder and what is said of it, in characters.
const WORDS: usize = 300;
/// The longest path, in bytes.
const PATH: usize = 1_000;
/// The most lines of code that are compared or suggested.
const MOST_LINES: usize = 60;
/// The longest code that is compared or suggested, in bytes.
const CODE: usize = 5_000;

/// Why bytes are no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAReport {
    /// They are not what `--json-file` writes.
    #[error("it is not what `--json-file` writes ({why})")]
    Unreadable {
        /// What the reader of JSON says: a kind of fault and its place.
        why: String,
    },
    /// They have another version.
    #[error("its format has version {version}, and this program reads version 1")]
    Version {
        /// The version it states.
        version: u64,
    },
}

/// What a report tells.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Its findings, in its order.
    pub findings: Vec<Remark>,
    /// What was checked against what.
    pub scopes: Vec<Governed>,
    /// Findings that were left out: too many, or not as a run tells them.
    pub left_out: usize,
}

/// A folder and what it was checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Governed {
    /// The folder, `""` for the root.
    pub folder: String,
    /// The permitted releases of TensorFlow.
    pub tensorflow: String,
    /// The line that decides.
    pub pin: Option<String>,
}

/// A finding as a review tells it.
#[derive(Clone, Debug)]
pub struct Remark {
    /// The rule's card.
    pub rule: &'static RuleMeta,
    /// How bad it is.
    pub level: Level,
    /// The file, with `/` between its parts.
    pub path: String,
    /// First and last line, base 1.
    pub lines: (u32, u32),
    /// How these lines read.
    pub source: Vec<String>,
    /// Number of the cell and line in it, in a notebook.
    pub cell: Option<(u32, u32)>,
    /// The canonical symbol.
    pub symbol: String,
    /// One sentence, code in backticks.
    pub message: String,
    /// A few words, such as `appears in 2.4.0`.
    pub label: String,
    /// The releases concerned.
    pub releases: Option<Span>,
    /// The lines that pin.
    pub pins: Vec<Pin>,
    /// Ways out.
    pub help: Vec<String>,
    /// What Python says.
    pub run_time: Option<String>,
    /// A repair.
    pub repair: Option<Repair>,
    /// Uses that fail for the same cause.
    pub more_uses: usize,
    /// Sixteen hexadecimal digits that name no line.
    pub fingerprint: String,
}

/// Releases of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Whose.
    pub package: Package,
    /// What pins and guards allow.
    pub permitted: ReleaseSet,
    /// All on which it works.
    pub working: ReleaseSet,
}

/// A line that pins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pin {
    /// Where: path, line, first and last column (base 1, in characters, end exclusive).
    pub place: Option<(String, u32, u32, u32)>,
    /// The statement.
    pub text: String,
}

/// A repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// What it does.
    pub title: String,
    /// It changes nothing but what is broken.
    pub is_safe: bool,
    /// The lines that it changes, by file; empty where they are not told.
    pub changes: Vec<Change>,
}

/// Lines of a file that give way to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: String,
    /// The first of them, base 1.
    pub start: u32,
    /// How they read.
    pub before: Vec<String>,
    /// What comes instead.
    pub after: Vec<String>,
}

#[derive(Deserialize)]
struct ReportJson {
    version: u64,
    #[serde(default)]
    scopes: Vec<ScopeJson>,
    findings: Vec<FindingJson>,
}

#[derive(Deserialize)]
struct ScopeJson {
    folder: String,
    tensorflow: String,
    pin: Option<String>,
}

#[derive(Deserialize)]
struct FindingJson {
    rule: String,
    level: String,
    path: String,
    start: PositionJson,
    end: PositionJson,
    cell: Option<CellJson>,
    #[serde(default)]
    source: Option<Vec<String>>,
    symbol: String,
    message: String,
    label: String,
    releases: Option<ReleasesJson>,
    pins: Vec<PinJson>,
    help: Vec<String>,
    run_time: Option<String>,
    fix: Option<FixJson>,
    more_uses: usize,
    fingerprint: String,
}

#[derive(Clone, Copy, Deserialize)]
struct PositionJson {
    line: u32,
    column: u32,
}

#[derive(Deserialize)]
struct CellJson {
    number: u32,
    line: u32,
}

#[derive(Deserialize)]
struct ReleasesJson {
    package: String,
    permitted: String,
    working: String,
}

#[derive(Deserialize)]
struct PinJson {
    text: String,
    path: Option<String>,
    start: Option<PositionJson>,
    end: Option<PositionJson>,
}

#[derive(Deserialize)]
struct FixJson {
    title: String,
    safety: String,
    #[serde(default)]
    lines: Option<Vec<ChangeJson>>,
}

#[derive(Deserialize)]
struct ChangeJson {
    path: String,
    start: u32,
    before: Vec<String>,
    after: Vec<String>,
}

impl Told {
    /// Reads a report. `rules` are all that there are.
    ///
    /// # Errors
    /// Where the bytes are none. A finding that no run would tell is left out, and counted.
    pub fn read(bytes: &[u8], rules: &'static [RuleMeta]) -> Result<Self, NotAReport> {
        let report: ReportJson =
            serde_json::from_slice(bytes).map_err(|error| NotAReport::Unreadable {
                why: clipped(&error.to_string(), 200),
            })?;
        if report.version != 1 {
            return Err(NotAReport::Version {
                version: report.version,
            });
        }
        let mut told = Self::default();
        let mut seen = BTreeSet::new();
        let all = report.findings.len();
        for finding in report.findings.into_iter().take(MOST_FINDINGS) {
            let remark = remark(finding, rules);
            let new = remark.filter(|remark| seen.insert(remark.fingerprint.clone()));
            told.findings.extend(new);
        }
        told.left_out = all - told.findings.len();
        let scopes = report.scopes.into_iter().take(MOST_SCOPES);
        told.scopes = scopes
            .map(|scope| Governed {
                folder: clipped(&scope.folder, WORDS),
                tensorflow: clipped(&scope.tensorflow, WORDS),
                pin: scope.pin.map(|pin| clipped(&pin, WORDS)),
            })
            .collect();
        Ok(told)
    }

    /// Adds what another report tells, of a run that judged other files. What both tell is told once.
    pub fn add(&mut self, other: Self) {
        self.left_out += other.left_out;
        let known: BTreeSet<String> = self
            .findings
            .iter()
            .map(|remark| remark.fingerprint.clone())
            .collect();
        for remark in other.findings {
            if known.contains(&remark.fingerprint) {
                self.left_out += 1;
            } else {
                self.findings.push(remark);
            }
        }
        // As one run of all would tell them.
        self.findings.sort_by(|a, b| a.path.cmp(&b.path));
        self.left_out += self.findings.len().saturating_sub(MOST_FINDINGS);
        self.findings.truncate(MOST_FINDINGS);
        for scope in other.scopes {
            if !self.scopes.contains(&scope) && self.scopes.len() < MOST_SCOPES {
                self.scopes.push(scope);
            }
        }
    }
}

/// A finding as a run tells it; `None` where it is none.
fn remark(json: FindingJson, rules: &'static [RuleMeta]) -> Option<Remark> {
    let rule = rules.iter().find(|rule| rule.id.0 == json.rule)?;
    let level = Level::from_name(&json.level)?;
    let digits = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let named = json.fingerprint.len() == 16 && json.fingerprint.bytes().all(digits);
    let placed = json.start.line > 0 && json.start.line <= json.end.line && is_inside(&json.path);
    if !named || !placed {
        return None;
    }
    let lines = (json.start.line, json.end.line);
    // A report that does not quote as many lines as it names has nothing to compare.
    let source = json.source.filter(|source| {
        is_short(source) && u32::try_from(source.len()) == Ok(lines.1 - lines.0 + 1)
    });
    Some(Remark {
        rule,
        level,
        path: json.path,
        lines,
        source: source.unwrap_or_default(),
        cell: json.cell.map(|cell| (cell.number, cell.line)),
        symbol: clipped(&json.symbol, SENTENCE),
        message: clipped(&json.message, SENTENCE),
        label: clipped(&json.label, SENTENCE),
        releases: json.releases.and_then(releases),
        pins: json.pins.into_iter().take(10).map(pin).collect(),
        help: json
            .help
            .iter()
            .take(5)
            .map(|h| clipped(h, SENTENCE))
            .collect(),
        run_time: json.run_time.map(|text| clipped(&text, SENTENCE)),
        repair: json.fix.map(repair),
        more_uses: json.more_uses,
        fingerprint: json.fingerprint,
    })
}

fn releases(json: ReleasesJson) -> Option<Span> {
    let package = Package::from_name(&json.package)?;
    let table = ReleaseTable::of(package);
    Some(Span {
        package,
        permitted: table.described(&json.permitted),
        working: table.described(&json.working),
    })
}

fn pin(json: PinJson) -> Pin {
    let place = match (json.path, json.start, json.end) {
        (Some(path), Some(start), Some(end))
            if is_inside(&path)
                && start.line == end.line
                && start.line > 0
                && 0 < start.column
                && start.column < end.column =>
        {
            Some((path, start.line, start.column, end.column))
        }
        _ => None,
    };
    Pin {
        place,
        text: clipped(&json.text, SENTENCE),
    }
}

fn repair(json: FixJson) -> Repair {
    let changes = json.lines.unwrap_or_default().into_iter().map(|change| {
        let fits = is_inside(&change.path)
            && change.start > 0
            && !change.before.is_empty()
            && is_short(&change.before)
            && is_short(&change.after);
        fits.then_some(Change {
            path: change.path,
            start: change.start,
            before: change.before,
            after: change.after,
        })
    });
    Repair {
        title: clipped(&json.title, SENTENCE),
        is_safe: json.safety == "safe",
        // A repair of which a part is missing is none.
        changes: changes.collect::<Option<_>>().unwrap_or_default(),
    }
}

/// Whether a path stays in the repository.
fn is_inside(path: &str) -> bool {
    let part = |part: &str| !matches!(part, "" | "." | "..");
    path.len() <= PATH && path.split('/').all(part) && !path.contains(['\0', '\\'])
}

/// Whether lines are few, short, and single ones.
fn is_short(lines: &[String]) -> bool {
    let bytes: usize = lines.iter().map(String::len).sum();
    let single = |line: &String| !line.contains(['\n', '\r']);
    lines.len() <= MOST_LINES && bytes <= CODE && lines.iter().all(single)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::samples::{self, RULES};

    fn report() -> Value {
        let mut out = Vec::new();
        crate::report::json::write(&samples::report(), RULES, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[track_caller]
    fn read(report: &Value) -> Told {
        Told::read(report.to_string().as_bytes(), RULES).unwrap()
    }

    /// What is left of the first sample after its field was given a value.
    #[track_caller]
    fn check_dropped(pointer: &str, value: Value) {
        let mut report = report();
        *report.pointer_mut(pointer).unwrap() = value;
        let told = read(&report);
        assert_eq!((told.findings.len(), told.left_out), (1, 1), "{pointer}");
    }

    #[test]
    fn what_a_run_writes_is_read_whole() {
        let told = read(&report());
        assert_eq!((told.findings.len(), told.left_out), (2, 0));
        let remark = &told.findings[0];
        assert_eq!(remark.lines, (3, 3));
        assert_eq!(
            remark.source,
            ["tf.keras.mixed_precision.set_global_policy(\"mixed_float16\")"]
        );
        let tensorflow = ReleaseTable::of(Package::Tensorflow);
        let releases = remark.releases.unwrap();
        assert_eq!(tensorflow.describe(releases.permitted), "2.3.4");
        assert_eq!(
            remark.pins[0].place,
            Some(("requirements.txt".to_owned(), 3, 1, 18))
        );
        let repair = remark.repair.as_ref().unwrap();
        assert_eq!(
            repair.changes[0].after,
            ["tf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")"]
        );
        assert_eq!(told.scopes[0].pin.as_deref(), Some("requirements.txt:3"));
    }

    #[test]
    fn findings_that_no_run_tells_are_left_out() {
        for path in ["../a.py", "/etc/passwd", "a//b.py", "a/./b.py", "", "a\\b"] {
            check_dropped("/findings/0/path", json!(path));
        }
        check_dropped("/findings/0/path", json!("a".repeat(2_000)));
        check_dropped("/findings/0/rule", json!("TFMP999"));
        check_dropped("/findings/0/level", json!("fatal"));
        check_dropped("/findings/0/start/line", json!(0));
        check_dropped("/findings/0/start/line", json!(9));
        check_dropped("/findings/0/fingerprint", json!("--> <script>"));
        let twin = report()["findings"][1]["fingerprint"].clone();
        check_dropped("/findings/0/fingerprint", twin);
    }

    #[test]
    fn texts_have_an_end() {
        let mut report = report();
        report["findings"][0]["message"] = json!("x".repeat(1 << 20));
        let told = read(&report);
        assert_eq!(told.findings[0].message.chars().count(), SENTENCE + 1);
    }

    #[test]
    fn code_that_is_not_as_lines_are_is_not_suggested() {
        for lines in [json!(["a\nb"]), json!(["a\r"]), json!(vec!["a"; 61])] {
            let mut report = report();
            report["findings"][0]["fix"]["lines"][0]["after"] = lines;
            let told = read(&report);
            assert!(told.findings[0].repair.as_ref().unwrap().changes.is_empty());
        }
    }

    #[test]
    fn a_source_of_too_few_lines_is_nothing_to_compare() {
        let mut report = report();
        report["findings"][0]["source"] = json!([]);
        assert!(read(&report).findings[0].source.is_empty());
    }

    #[test]
    fn more_findings_than_anybody_reads_are_counted() {
        let mut report = report();
        let one = report["findings"][0].clone();
        let many = (0..6_000).map(|n| {
            let mut one = one.clone();
            one["fingerprint"] = json!(format!("{n:016x}"));
            one
        });
        report["findings"] = many.collect();
        let told = read(&report);
        assert_eq!((told.findings.len(), told.left_out), (5_000, 1_000));
    }

    /// Parts of one run, or whatever somebody calls so.
    #[test]
    fn reports_are_put_together() {
        let part = |numbers: std::ops::Range<usize>, path: &str| {
            let mut report = report();
            let one = report["findings"][0].clone();
            let many = numbers.map(|number| {
                let mut one = one.clone();
                one["fingerprint"] = json!(format!("{number:016x}"));
                one["path"] = json!(path);
                one
            });
            report["findings"] = many.collect();
            read(&report)
        };
        let mut told = Told::default();
        told.add(part(0..10, "b.py"));
        told.add(part(10..15, "a.py"));
        // What two of them tell is told once.
        told.add(part(12..20, "c.py"));
        let paths: Vec<&str> = told.findings.iter().map(|one| one.path.as_str()).collect();
        let expect = [["a.py"; 5].as_slice(), &["b.py"; 10], &["c.py"; 5]].concat();
        assert_eq!((paths, told.left_out), (expect, 3));
        assert_eq!(told.scopes, read(&report()).scopes);
        for start in [1_000, 4_000, 7_000] {
            told.add(part(start..start + 3_000, "d.py"));
        }
        assert_eq!(told.findings.len(), 5_000);
        assert_eq!(told.left_out, 3 + 20 + 9_000 - 5_000);
    }

    #[track_caller]
    fn check_error(bytes: &[u8], message: &str) {
        let error = Told::read(bytes, RULES).unwrap_err();
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn what_is_no_report() {
        check_error(
            b"{\"version\": 2, \"findings\": []}",
            "its format has version 2, and this program reads version 1",
        );
        check_error(
            b"hello",
            "it is not what `--json-file` writes (expected value at line 1 column 1)",
        );
        let deep = "[".repeat(1_000_000);
        assert!(Told::read(deep.as_bytes(), RULES).is_err());
    }

    #[test]
    fn reports_of_versions_without_lines_are_read() {
        let mut report = report();
        let finding = report["findings"][0].as_object_mut().unwrap();
        finding.remove("source");
        finding["fix"].as_object_mut().unwrap().remove("lines");
        let told = read(&report);
        assert!(told.findings[0].source.is_empty());
    }
}
