//! Files that no person writes: machines do, and those who mean harm. They end in time, and where a
//! limit is met the code behind it is silent, or a notice says what is left out.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::support::TestRepo;

/// Long enough for a slow machine without optimisation, far too short for work that grows with the
/// square of a file.
const SOON: Duration = Duration::from_secs(60);

/// The report on a file under TensorFlow 2.3.4.
#[track_caller]
fn report(source: &str) -> serde_json::Value {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file("a.py", source);
    let started = Instant::now();
    let report = repo.json();
    let elapsed = started.elapsed();
    assert!(elapsed < SOON, "{elapsed:?}");
    report
}

/// The lines of a file with findings of one rule.
#[track_caller]
fn lines(source: &str, rule: &str) -> Vec<u64> {
    let report = report(source);
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| finding["start"]["line"].as_u64().unwrap())
        .collect()
}

const HEAD: &str = "import tensorflow as tf\nfrom packaging.version import Version\n\
                    V = Version(tf.__version__)\n";

/// One branch that runs among the first, and one far behind.
#[test]
fn a_chain_of_4000_elif_took_minutes() {
    let mut source = format!("{HEAD}if V < Version(\"1.0\"):\n    pass\n");
    for number in 0..4_000 {
        let (test, body) = match number {
            20 => ("<", "tf.Session()"),
            _ => (">", "pass"),
        };
        writeln!(source, "elif V {test} Version(\"3.{number}\"):\n    {body}").unwrap();
    }
    source.push_str("else:\n    tf.Session()\n");
    assert_eq!(lines(&source, "TFMP002"), [47]);
}

#[test]
fn a_function_with_4000_early_exits_took_a_minute() {
    let mut source = format!("{HEAD}def f():\n");
    for number in 0..4_000 {
        if number == 20 {
            source.push_str("    tf.Session()\n");
        }
        writeln!(
            source,
            "    if V > Version(\"3.{number}\"):\n        return 1"
        )
        .unwrap();
    }
    // Behind more conditions than people write nothing is known.
    source.push_str("    tf.Session()\n");
    assert_eq!(lines(&source, "TFMP002"), [45]);
}

#[test]
fn a_helper_with_10000_calls_under_conditions_is_judged() {
    let mut source = format!("{HEAD}def helper():\n    tf.Session()\n");
    for number in 0..10_000 {
        writeln!(source, "if V > Version(\"3.{number}\"):\n    helper()").unwrap();
    }
    source.push_str("helper()\n");
    assert_eq!(lines(&source, "TFMP002"), [5]);
}

#[test]
fn a_function_with_40000_names_took_long() {
    let mut source = format!("{HEAD}def f():\n");
    for number in 0..40_000 {
        writeln!(source, "    a{number} = 1").unwrap();
    }
    source.push_str("    a39999 = tf\n    a39999.Session()\n");
    assert_eq!(lines(&source, "TFMP002"), [40_006]);
}

#[test]
fn each_of_4000_unknown_names_took_milliseconds() {
    let mut source = HEAD.to_owned();
    for number in 0..4_000 {
        writeln!(source, "tf.no_such_name_{number}()").unwrap();
    }
    source.push_str("tf.constnt(1)\n");
    let report = report(&source);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 4_001);
    let last = findings.last().unwrap().to_string();
    assert!(last.contains("tf.constant"), "{last}");
}

#[test]
fn findings_of_one_file_had_no_end() {
    let mut source = HEAD.to_owned();
    for _ in 0..10_000 {
        source.push_str("tf.Session()\n");
    }
    let report = report(&source);
    assert_eq!(report["findings"].as_array().unwrap().len(), 5_000);
    let said = "there are 5000 findings in this file, and 5000 more uses fail on a permitted release: \
                these are not listed";
    let notices = report["notices"].as_array().unwrap();
    assert!(
        notices
            .iter()
            .any(|notice| notice["message"] == said && notice["path"] == "a.py"),
        "{notices:?}"
    );
}

/// What decides the outcome of a run is not lost behind what does not.
#[test]
fn an_error_behind_5000_warnings_is_found() {
    let mut source = HEAD.to_owned();
    for _ in 0..5_100 {
        source.push_str("tf.test.is_gpu_available()\n");
    }
    source.push_str("tf.Session()\n");
    assert_eq!(lines(&source, "TFMP002"), [5_104]);
}
