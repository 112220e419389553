use std::sync::Arc;

use super::*;
use crate::finding::Location;
use crate::names::RuleId;
use crate::text::{RepoPath, SourceFile, Span};

/// A file with a finding on each line that names a symbol: `symbol` or `symbol!` for an error.
fn findings(path: &str, text: &str) -> Vec<Finding> {
    let file = Arc::new(SourceFile::new(RepoPath::new(path), text.to_owned()));
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let start = u32::try_from(at).unwrap();
        at += line.len();
        let Some(name) = line.split_whitespace().find(|word| word.starts_with("tf.")) else {
            continue;
        };
        let level = if name.ends_with('!') {
            Level::Error
        } else {
            Level::Warning
        };
        let location = Location {
            file: Arc::clone(&file),
            span: Span::new(start, start + 1),
        };
        let symbol = name.trim_end_matches('!');
        let message = format!("`{symbol}` is gone from line {start}");
        found.push(Finding::new(
            RuleId("TFMP002"),
            level,
            location,
            symbol,
            message,
        ));
    }
    found
}

fn report(files: &[(&str, &str)]) -> Report {
    let mut report = Report::default();
    for (path, text) in files {
        report.findings.extend(findings(path, text));
    }
    report.sort();
    report
}

fn accepted(files: &[(&str, &str)]) -> Baseline {
    Baseline::default().renewed(&report(files), &|_| true)
}

/// The lines that are new, and how many entries are fixed.
#[track_caller]
fn check(before: &[(&str, &str)], after: &[(&str, &str)], new: &[&str], fixed: usize) {
    let mut report = report(after);
    accepted(before).compare(&mut report, "b.json", &|_| true);
    let places = Places::of(&report);
    let found: Vec<String> = report
        .findings
        .iter()
        .map(|one| {
            let line = places.range(&one.location).0.line;
            format!("{}:{line}", one.location.file.path)
        })
        .collect();
    assert_eq!(found, new);
    assert_eq!(report.baseline.unwrap().fixed.len(), fixed);
}

#[test]
fn what_is_accepted_is_known_wherever_it_moves() {
    let before = [("a.py", "x = tf.a\ny = tf.b\n")];
    check(&before, &before, &[], 0);
    check(
        &before,
        &[("a.py", "\n\ny = tf.b\nif z:\n    x = tf.a\n")],
        &[],
        0,
    );
    // Another name on the line.
    check(&before, &[("a.py", "renamed = tf.a\ny = tf.b\n")], &[], 0);
}

#[test]
fn a_second_use_is_new_and_it_is_the_one_that_came() {
    let before = [("a.py", "x = tf.a\n")];
    check(
        &before,
        &[("a.py", "new = tf.a\nx = tf.a\n")],
        &["a.py:1"],
        0,
    );
    check(
        &before,
        &[("a.py", "x = tf.a\nnew = tf.a\n")],
        &["a.py:2"],
        0,
    );
    check(&before, &[("a.py", "x = tf.a\nx = tf.a\n")], &["a.py:2"], 0);
    check(&before, &[("a.py", "x = tf.a\ny = tf.b\n")], &["a.py:2"], 0);
}

#[test]
fn what_gets_worse_is_new() {
    let before = [("a.py", "x = tf.a\n")];
    let worse = [("a.py", "x = tf.a!\n")];
    check(&before, &worse, &["a.py:1"], 0);
    check(&worse, &before, &[], 0);
    let mut report = report(&worse);
    accepted(&before).compare(&mut report, "b.json", &|_| true);
    let help = "it is worse than accepted: b.json has it as warning";
    assert_eq!(report.findings[0].help, [help]);
}

#[test]
fn code_that_moves_to_another_file_is_known() {
    let before = [("a.py", "x = tf.a\ny = tf.a\n")];
    check(&before, &[("b/c.py", "x = tf.a\ny = tf.a\n")], &[], 0);
    check(
        &before,
        &[("a.py", "x = tf.a\n"), ("b.py", "  y = tf.a\n")],
        &[],
        0,
    );
    // Another line is another use.
    check(
        &before,
        &[("a.py", "x = tf.a\n"), ("b.py", "z = tf.a\n")],
        &["b.py:1"],
        1,
    );
    check(
        &before,
        &[("a.py", before[0].1), ("b.py", "y = tf.a\n")],
        &["b.py:1"],
        0,
    );
}

#[test]
fn what_is_fixed_is_told_where_it_could_be_found() {
    let before = [("a.py", "x = tf.a\ny = tf.a\nz = tf.b\n")];
    check(&before, &[("a.py", "x = tf.a\n")], &[], 2);
    check(&before, &[], &[], 2);
    let mut report = report(&[]);
    accepted(&before).compare(&mut report, "b.json", &|entry| entry.symbol == "tf.b");
    let compared = report.baseline.unwrap();
    assert_eq!(compared.fixed.len(), 1);
    let remark = "1 entry of the baseline is fixed; write it again with `tfmp check --write-baseline b.json`";
    assert_eq!(compared.remark().as_deref(), Some(remark));
}

#[test]
fn a_new_baseline_keeps_what_was_not_looked_at() {
    let old = accepted(&[("a.py", "x = tf.a\n"), ("b.py", "x = tf.a\ny = tf.b\n")]);
    let new = old.renewed(&report(&[("a.py", "x = tf.c\n")]), &|entry| {
        entry.path == "a.py"
    });
    let paths: Vec<_> = new.entries.iter().map(Entry::key).collect();
    assert_eq!(
        paths,
        [
            ("a.py", "TFMP002", "tf.c"),
            ("b.py", "TFMP002", "tf.a"),
            ("b.py", "TFMP002", "tf.b"),
        ]
    );
}

fn written(baseline: &Baseline) -> String {
    let mut out = Vec::new();
    baseline.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_line_for_each_entry() {
    let baseline = accepted(&[
        ("b.py", "x = tf.a\n  x  =  tf.a\n"),
        ("a.py", "x = tf.a!\n"),
    ]);
    let text = written(&baseline);
    assert_eq!(
        text,
        "{\n  \"version\": 1,\n  \"findings\": [\n    \
         {\"path\":\"a.py\",\"rule\":\"TFMP002\",\"symbol\":\"tf.a\",\"level\":\"error\",\
         \"count\":1,\"lines\":[\"cb8607cd\"],\"fingerprint\":\"3e4c576ad9a3efb4\",\
         \"message\":\"`tf.a` is gone from line 0\"},\n    \
         {\"path\":\"b.py\",\"rule\":\"TFMP002\",\"symbol\":\"tf.a\",\"level\":\"warning\",\
         \"count\":2,\"lines\":[\"080c332b\",\"080c332b\"],\"fingerprint\":\"19eb851718e6b6ef\",\
         \"message\":\"`tf.a` is gone from line 0\"}\n  ]\n}\n"
    );
    assert_eq!(Baseline::read(&text), Ok(baseline));
    assert_eq!(
        written(&Baseline::default()),
        "{\n  \"version\": 1,\n  \"findings\": []\n}\n"
    );
}

#[test]
fn line_ends_of_windows_change_nothing() {
    let text = written(&accepted(&[("a.py", "x = tf.a\n")]));
    let read = Baseline::read(&text.replace('\n', "\r\n")).unwrap();
    assert_eq!(read, accepted(&[("a.py", "x = tf.a\r\n")]));
}

#[track_caller]
fn check_refused(text: &str, why: &str) {
    assert_eq!(Baseline::read(text).unwrap_err().to_string(), why);
}

#[test]
fn what_is_no_baseline() {
    check_refused("import a\n", "expected value at line 1 column 1");
    check_refused("{}", "missing field `version` at line 1 column 2");
    check_refused(
        "{\"version\": 2}",
        "its format has version 2, and this program reads version 1",
    );
    let entry = |path: &str, rest: &str| {
        format!("{{\"path\":\"{path}\",\"rule\":\"TFMP002\",\"symbol\":\"tf.a\",{rest}}}")
    };
    let file =
        |entries: &[String]| format!("{{\"version\":1,\"findings\":[{}]}}", entries.join(","));
    let good = entry("a.py", "\"level\":\"error\",\"count\":1");
    assert!(Baseline::read(&file(std::slice::from_ref(&good))).is_ok());
    check_refused(
        &file(&[
            good.clone(),
            entry("b.py", "\"level\":\"fatal\",\"count\":1"),
        ]),
        "entry 2: `fatal` is no level",
    );
    check_refused(
        &file(&[entry("a.py", "\"level\":\"note\",\"count\":0")]),
        "entry 1: its count is 0",
    );
    check_refused(
        &file(&[good.clone(), good]),
        "`TFMP002` on `tf.a` in `a.py` is listed twice",
    );
    check_refused(
        &file(&[entry(
            "a.py",
            "\"level\":\"note\",\"count\":1,\"fingerprint\":\"0\"",
        )]),
        "entry 1: its fingerprint is not that of `TFMP002` on `tf.a` in `a.py`",
    );
}
