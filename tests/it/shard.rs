//! `--shard`: several runs that divide the files find together what one run of all finds, file by file, in
//! every format that is put together again.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::TestRepo;

/// Files that mean what they mean because of others: flags, re-exports, another Keras, pins of several
/// folders, comments, notebooks, notices, and a finding on a pin.
fn project() -> TestRepo {
    let mut repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file("serving/requirements.txt", "tensorflow>=2.0\n")
        .file("old/requirements.txt", "tensorflow==2.3.99\n")
        .file("broken/requirements.txt", "tensorflow==2.3.4\nkeras=2\n")
        .file(
            "src/flags.py",
            "import tensorflow as tf\nfrom packaging.version import Version\n\
             IS_NEW = Version(tf.__version__) >= Version('2.4')\n",
        )
        .file("src/compat.py", "import tensorflow.compat.v1 as tf\n")
        .file("src/again.py", "import tensorflow as tf\nlayers = tf.layers\n")
        .file("src/creates.py", "import tensorflow as tf\ntf.contrib = object()\n")
        .file(
            "n.ipynb",
            r#"{"nbformat": 4, "cells": [{"cell_type": "code", "source": "import tensorflow as tf\ntf.Session()"}]}"#,
        )
        .file("src/syntax.py", "import tensorflow as tf\nx = = 1\ntf.Session()\n");
    for number in 0..24 {
        let folder = ["src", "serving", "old"][number % 3];
        repo = repo.file(
            &format!("{folder}/m{number}.py"),
            "from src.flags import IS_NEW\nfrom src.compat import tf as old\n\
             from src.again import layers\nimport tensorflow as tf\n\
             if IS_NEW:\n    tf.keras.mixed_precision.set_global_policy('float16')\n\
             else:\n    tf.keras.mixed_precision.set_global_policy('float16')\n\
             old.Session()\nlayers.dense(1)\ntf.contrib.layers\n\
             tf.Session()  # tfmp: ignore[TFMP002] known\n\
             tf.constant(1)  # tfmp: ignore[TFMP002] not needed\n\
             tf.placeholder(1)\ntf.placeholder(2)\n",
        );
    }
    repo
}

#[track_caller]
fn json(repo: &TestRepo, more: &[&str]) -> Value {
    let mut args = vec!["check", "--format", "json", "--fail-on", "never"];
    args.extend(more);
    let outcome = repo.tfmp(&args);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn list(report: &Value, key: &str) -> Vec<Value> {
    report[key].as_array().unwrap().clone()
}

/// Findings in the order of a report: by path first.
fn in_order(mut findings: Vec<Value>) -> Vec<Value> {
    findings.sort_by_key(|one| one["path"].as_str().unwrap_or_default().to_owned());
    findings
}

#[test]
fn parts_together_are_the_whole() {
    let repo = project();
    let whole = json(&repo, &[]);
    assert!(list(&whole, "findings").len() > 60, "{}", whole["summary"]);
    assert!(list(&whole, "notices").len() > 1);
    assert_eq!(whole["shard"], Value::Null);
    for of in [1, 2, 3, 4, 7, 40] {
        let (mut findings, mut notices) = (Vec::new(), Vec::new());
        let mut sums = [0; 3];
        let mut paths = BTreeSet::new();
        for number in 1..=of {
            let shard = format!("{number}/{of}");
            let part = json(&repo, &["--shard", &shard]);
            assert_eq!(part["shard"], shard);
            assert_eq!(part["scopes"], whole["scopes"]);
            for (sum, key) in sums.iter_mut().zip(["files", "lines", "suppressed"]) {
                *sum += part["summary"][key].as_u64().unwrap();
            }
            let own: BTreeSet<String> = list(&part, "findings")
                .iter()
                .map(|finding| finding["path"].as_str().unwrap().to_owned())
                .collect();
            assert!(paths.is_disjoint(&own), "{shard}");
            paths.extend(own);
            findings.extend(list(&part, "findings"));
            notices.extend(list(&part, "notices"));
        }
        assert_eq!(in_order(findings), list(&whole, "findings"), "of {of}");
        assert_eq!(
            in_order(notices),
            in_order(list(&whole, "notices")),
            "of {of}"
        );
        for (sum, key) in sums.iter().zip(["files", "lines", "suppressed"]) {
            assert_eq!(whole["summary"][key], *sum, "{key} of {of}");
        }
    }
}

#[test]
fn a_baseline_counts_for_the_part_that_is_judged() {
    let repo = project();
    let write = ["check", "--write-baseline", "known.json", "-q"];
    assert_eq!(repo.tfmp(&write).code, 0);
    // One is repaired: one part tells so.
    let repo = repo.file("old/m2.py", "import tensorflow as tf\n");
    let mut fixed = Vec::new();
    for number in 1..=3 {
        let part = json(
            &repo,
            &[
                "--baseline",
                "known.json",
                "--shard",
                &format!("{number}/3"),
            ],
        );
        assert_eq!(list(&part, "findings"), [Value::Null; 0]);
        fixed.extend(list(&part["baseline"], "fixed"));
    }
    assert!(
        !fixed.is_empty() && fixed.iter().all(|one| one["path"] == "old/m2.py"),
        "{fixed:?}"
    );
    let outcome = repo.tfmp(&["check", "--shard", "1/2", "--write-baseline", "new.json"]);
    assert_eq!(outcome.code, 2, "a baseline is written by one run of all");
}

/// GitHub refuses two runs of one category in one file, and of two files the last replaces the first.
#[test]
fn sarif_of_parts_can_be_put_together() {
    let repo = project();
    let sarif = |more: &[&str]| -> Value {
        let mut args = vec!["check", "--format", "sarif", "--fail-on", "never"];
        args.extend(more);
        serde_json::from_str(&repo.tfmp(&args).stdout).unwrap()
    };
    let results = |sarif: &Value| in_order_of_uri(list(&sarif["runs"][0], "results"));
    let whole = sarif(&[]);
    assert_eq!(whole["runs"][0]["automationDetails"]["id"], "tfmp/");
    let parts = ["1/3", "2/3", "3/3"].map(|shard| sarif(&["--shard", shard]));
    let ids: BTreeSet<&str> = parts
        .iter()
        .map(|part| part["runs"][0]["automationDetails"]["id"].as_str().unwrap())
        .collect();
    let expect = ["tfmp-1-of-3/", "tfmp-2-of-3/", "tfmp-3-of-3/"];
    assert_eq!(ids.into_iter().collect::<Vec<&str>>(), expect);
    let mut all: Vec<Value> = parts.iter().flat_map(results).collect();
    all = in_order_of_uri(all);
    assert_eq!(all, results(&whole));
}

fn in_order_of_uri(mut results: Vec<Value>) -> Vec<Value> {
    let uri = "/locations/0/physicalLocation/artifactLocation/uri";
    results.sort_by_key(|one| one.pointer(uri).unwrap().to_string());
    results
}

#[test]
fn parts_that_are_none() {
    let repo = TestRepo::new().file("a.py", "");
    for text in ["0/2", "3/2", "2", "a/b", "1/257", "1/0", ""] {
        let outcome = repo.tfmp(&["check", "--shard", text]);
        assert_eq!(outcome.code, 2);
        assert_eq!(
            outcome.stderr,
            format!(
                "error: `--shard {text}` names no part of the files; write its number and how many there are, \
                 such as `2/4`, at most 256\n"
            )
        );
    }
    let outcome = repo.tfmp(&["check", "--shard", "2/2", "--format", "concise"]);
    assert!(
        outcome.stderr.contains(" (part 2/2) against "),
        "{}",
        outcome.stderr
    );
}
