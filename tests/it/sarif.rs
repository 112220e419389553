//! SARIF as code scanning takes it: the schema of OASIS, and what neither the schema nor the
//! usual validators catch.

use std::collections::BTreeSet;
use std::sync::Arc;

use boon::{Compiler, Schemas};
use serde_json::Value;
use tfmp::finding::{Edit, Finding, Fix, Level, Location, Notice, PinLine, Releases, Safety};
use tfmp::names::{Package, RuleId};
use tfmp::release::ReleaseTable;
use tfmp::report::fingerprint::LineHashes;
use tfmp::report::{Report, sarif};
use tfmp::rules::ALL;
use tfmp::text::{RepoPath, SourceFile, Span};

use crate::support::{TestRepo, project, run};

const CODE: &str = "import tensorflow as tf\n\ntf.keras.mixed_precision.set_global_policy('x')\n";
const PINS: &str = "numpy\ntensorflow==2.3.4\n";

fn file(path: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile::new(RepoPath::new(path), text.to_owned()))
}

fn place(file: &Arc<SourceFile>, text: &str) -> Location {
    let start = file.text.find(text).unwrap();
    let byte = |at: usize| u32::try_from(at).unwrap();
    Location {
        file: Arc::clone(file),
        span: Span::new(byte(start), byte(start + text.len())),
    }
}

/// An error with a pin and a fix, in files of these names.
fn finding(path: &str, pins: &str) -> Finding {
    let (code, pins) = (file(path, CODE), file(pins, PINS));
    let mut finding = Finding::new(
        ALL[0].id,
        Level::Error,
        place(&code, "tf.keras.mixed_precision.set_global_policy"),
        "tensorflow.keras.mixed_precision.set_global_policy",
        "`tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4",
    );
    finding.label = "appears in 2.4.0".to_owned();
    let table = ReleaseTable::of(Package::Tensorflow);
    let present = table.select(|release| release.minor() >= (2, 4));
    let permitted = table.select(|release| release.row.version == "2.3.4");
    finding.releases = Some(Releases {
        package: Package::Tensorflow,
        permitted,
        failing: permitted - present,
        present,
    });
    finding.pins = vec![PinLine {
        location: Some(place(&pins, "tensorflow==2.3.4")),
        text: "tensorflow==2.3.4".to_owned(),
    }];
    finding.help = vec!["raise the pin: `tensorflow>=2.4`".to_owned()];
    finding.run_time = Some("AttributeError: no attribute 'set_global_policy'".to_owned());
    finding.more_uses = 2;
    finding.fix = Some(Fix {
        title: "use `experimental.set_policy`".to_owned(),
        safety: Safety::Safe,
        edits: vec![Edit {
            path: code.path.clone(),
            span: finding.location.span,
            text: "tf.keras.mixed_precision.experimental.set_policy".to_owned(),
        }],
    });
    finding
}

fn report(findings: Vec<Finding>) -> Report {
    let mut report = Report {
        findings,
        ..Report::default()
    };
    report.sort();
    report
}

fn emit(report: &Report) -> Value {
    let mut out = Vec::new();
    sarif::write(report, ALL, "tfmp", &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// Everything that holds for every file that we emit.
#[track_caller]
fn check(log: &Value) {
    check_schema(log);
    let run = &log["runs"][0];
    check_rules(&run["tool"]["driver"]["rules"]);
    for result in run["results"].as_array().unwrap() {
        check_result(result, &run["tool"]["driver"]["rules"]);
    }
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert!(
        run["automationDetails"]["id"]
            .as_str()
            .unwrap()
            .ends_with('/')
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    // Nothing of ours is a security finding, and any value makes it one.
    assert!(!log.to_string().contains("security-severity"));
}

#[track_caller]
fn check_schema(log: &Value) {
    let schema: Value =
        serde_json::from_str(include_str!("../fixtures/sarif-schema-2.1.0.json")).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    compiler.add_resource("sarif.json", schema).unwrap();
    let index = compiler.compile("sarif.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(log, index) {
        panic!("{error:#}");
    }
}

#[track_caller]
fn check_rules(rules: &Value) {
    for rule in rules.as_array().unwrap() {
        for text in ["shortDescription", "fullDescription"] {
            let text = rule[text]["text"].as_str().unwrap();
            assert!((1..=1024).contains(&text.chars().count()), "{text}");
            assert!(text.ends_with(['.', '!', '?']), "{text}");
        }
        assert_ne!(rule["help"]["text"], "");
        assert_ne!(rule["help"]["markdown"], "");
        assert!(rule["helpUri"].as_str().unwrap().starts_with("https://"));
        let properties = &rule["properties"];
        assert!(properties["tags"].as_array().unwrap().len() <= 10);
        let one_of = |key: &str, values: &[&str]| {
            assert!(
                values.contains(&properties[key].as_str().unwrap()),
                "{rule}"
            );
        };
        one_of("precision", &["very-high", "high", "medium", "low"]);
        one_of("problem.severity", &["error", "warning", "recommendation"]);
    }
}

#[track_caller]
fn check_result(result: &Value, rules: &Value) {
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(result["ruleId"], rules[index]["id"]);
    let level = result["level"].as_str().unwrap();
    assert!(["error", "warning", "note"].contains(&level), "{level}");
    let text = result["message"]["text"].as_str().unwrap();
    assert!(text.ends_with(['.', '!', '?']), "{text}");
    let fingerprints = &result["partialFingerprints"];
    let github = fingerprints["primaryLocationLineHash"].as_str().unwrap();
    assert!(github.contains(':'), "{github}");
    assert_eq!(fingerprints["tfmp/v1"].as_str().unwrap().len(), 16);
    assert_eq!(result["locations"].as_array().unwrap().len(), 1);
    let none = Vec::new();
    let related = result["relatedLocations"].as_array().unwrap_or(&none);
    for (place, location) in related.iter().enumerate() {
        assert_eq!(location["id"], place + 1);
        assert!(text.contains(&format!("]({})", place + 1)), "{text}");
    }
    for location in result["locations"]
        .as_array()
        .unwrap()
        .iter()
        .chain(related)
    {
        let physical = &location["physicalLocation"];
        check_uri(physical["artifactLocation"]["uri"].as_str().unwrap());
        let region = &physical["region"];
        let number = |key: &str| region[key].as_u64().unwrap();
        let start = (number("startLine"), number("startColumn"));
        let end = (number("endLine"), number("endColumn"));
        assert!(start.0 >= 1 && start.1 >= 1 && end > start, "{region}");
    }
    for key in ["symbol", "confidence"] {
        assert!(result["properties"][key].is_string(), "{result}");
    }
}

#[track_caller]
fn check_uri(uri: &str) {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
    assert!(uri.chars().all(fits), "{uri}");
    assert!(!uri.starts_with('/') && !uri.is_empty(), "{uri}");
    assert!(
        uri.split('/').all(|part| !["", ".", ".."].contains(&part)),
        "{uri}"
    );
}

#[test]
fn a_real_run_holds() {
    let repo = TestRepo::new()
        .file("requirements.txt", PINS)
        .file("requirements-dev.txt", "pytest ===== 3\n")
        .file("src/train.py", CODE);
    let outcome = repo.tfmp(&["check", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&outcome.stdout).unwrap();
    check(&log);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "TFMP001");
    assert_eq!(
        result["partialFingerprints"]["primaryLocationLineHash"],
        LineHashes::of(CODE).line(3).unwrap()
    );
    let notified = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array();
    assert_eq!(notified.unwrap().len(), 1);
}

#[test]
fn the_example_holds() {
    let args = ["check", "examples/mixed-precision", "--format", "sarif"];
    let log: Value = serde_json::from_str(&run(project(), &args).stdout).unwrap();
    check(&log);
    assert!(log["runs"][0]["results"].as_array().unwrap().len() >= 3);
}

#[test]
fn an_empty_report_holds() {
    let log = emit(&Report::default());
    check(&log);
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
    assert_eq!(log["runs"][0]["automationDetails"]["id"], "tfmp/");
}

#[test]
fn a_finding_says_everything() {
    let log = emit(&report(vec![finding("src/train.py", "requirements.txt")]));
    check(&log);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(
        result["message"]["text"],
        "`tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4. \
         Appears in 2.4.0. Pinned in [requirements.txt:2](1): `tensorflow==2.3.4`. \
         Raise the pin: `tensorflow>=2.4`. \
         2 more uses through this name fail for the same cause. \
         At run time: AttributeError: no attribute 'set_global_policy'."
    );
    let properties = &result["properties"];
    assert_eq!(properties["permitted"], "2.3.4");
    assert_eq!(properties["failing"], "2.3.4");
    assert!(
        properties["working"]
            .as_str()
            .unwrap()
            .starts_with("2.4.0-2.2")
    );
    let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(
        replacement["insertedContent"]["text"],
        "tf.keras.mixed_precision.experimental.set_policy"
    );
    assert_eq!(replacement["deletedRegion"]["endColumn"], 43);
}

#[test]
fn names_of_every_kind_are_encoded() {
    let names = [
        "a b/c.py",
        "größe/模型.py",
        "a%20b.py",
        "c:/x.py",
        "#?&.py",
        "[x](1).py",
        "back\\slash.py",
        "new\nline.py",
    ];
    let findings = names.map(|name| finding(name, &format!("{name}.txt")));
    let log = emit(&report(findings.to_vec()));
    check(&log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let uris: BTreeSet<&str> = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .map(|uri| uri.as_str().unwrap())
        .collect();
    for uri in [
        "a%20b/c.py",
        "a%2520b.py",
        "c%3A/x.py",
        "%23%3F%26.py",
        "new%0Aline.py",
    ] {
        assert!(uris.contains(uri), "{uri} in {uris:?}");
    }
}

#[test]
fn foreign_text_makes_no_links() {
    let mut evil = finding("a.py", "requirements.txt");
    evil.message = "see [here](https://example.com) \u{1b}[0m\u{202e}".to_owned();
    evil.pins[0].text = "tensorflow==2.3.4  # [x](2)".to_owned();
    let log = emit(&report(vec![evil]));
    check(&log);
    for form in ["text", "markdown"] {
        let text = &log["runs"][0]["results"][0]["message"][form];
        let text = text.as_str().unwrap();
        assert_eq!(text.matches("](").count(), 1, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
}

/// Code scanning takes no file above 10 MB, compressed.
#[cfg(unix)]
#[track_caller]
fn check_size(log: &Value) {
    let repo = TestRepo::new().file("log.sarif", &log.to_string());
    let mut gzip = std::process::Command::new("gzip");
    let packed = gzip.arg("-c").arg(repo.path("log.sarif")).output();
    let size = packed.unwrap().stdout.len();
    assert!((100_000..10_000_000).contains(&size), "{size} bytes");
}

#[test]
fn the_worst_five_thousand_are_kept() {
    let mut findings = Vec::new();
    for number in 0..5_050 {
        let mut one = finding(&format!("m{number:04}.py"), "requirements.txt");
        one.level = if number < 100 {
            Level::Note
        } else {
            Level::Error
        };
        findings.push(one);
    }
    let log = emit(&report(findings));
    #[cfg(unix)]
    check_size(&log);
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 5_000);
    let notes = results.iter().filter(|result| result["level"] == "note");
    assert_eq!(notes.count(), 50);
    let notified = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(
        notified["message"]["text"],
        "50 findings are left out; these are the 5,000 worst."
    );
}

#[test]
fn notices_become_notifications() {
    let mut odd = report(Vec::new());
    odd.notices = vec![
        Notice::on_file(
            &RepoPath::new("my reqs.txt"),
            Some(3),
            "`x=1` is no requirement",
        )
        .advise("write `x==1`"),
    ];
    let log = emit(&odd);
    check(&log);
    let notified = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(
        notified["message"]["text"],
        "`x=1` is no requirement. Write `x==1`."
    );
    let place = &notified["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20reqs.txt");
    assert_eq!(place["region"]["startLine"], 3);
}

#[test]
fn every_rule_has_its_card() {
    let log = emit(&Report::default());
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    let ids: Vec<RuleId> = ALL.iter().map(|rule| rule.id).collect();
    assert_eq!(rules.len(), ids.len());
    for (card, id) in rules.iter().zip(ids) {
        assert_eq!(card["id"], id.0);
    }
}
