//! What holds for every repair: it ends, the result is Python, what was repaired is not found
//! again, and nothing is found that was not there before. Held for every name that the overlay
//! knows another name of, in the forms in which people write it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::rule_pages::{blocks, unmarked};
use crate::support::TestRepo;

/// Code that uses a name, in several forms.
fn forms(path: &str) -> Vec<String> {
    let (root, inner) = path.split_once('.').unwrap();
    let (parent, name) = path.rsplit_once('.').unwrap();
    let head = if root == "tensorflow" { "tf" } else { root };
    let first = if root == "tensorflow" {
        "import tensorflow as tf\n"
    } else {
        "import keras\n"
    };
    let mut forms = vec![
        format!("{first}x = {head}.{inner}\n"),
        format!("{first}x = {head}.{inner}(a)\n"),
        format!("from {parent} import {name}\n\n{name}(a)\n"),
        format!("from {parent} import {name} as n, __name__ as m\n\nprint(n, m)\n"),
        format!("import {parent} as m\n\nm.{name}(a)\n"),
        format!("import {path} as m\n\nm.a(a)\n"),
        format!("from {parent} import *\n\n{name}(a)\n"),
    ];
    if let Some((grand, parent)) = parent.rsplit_once('.') {
        forms.push(format!(
            "from {grand} import {parent}\n\n{parent}.{name}(a)\n"
        ));
        let inner = inner.rsplit_once('.').unwrap().0;
        forms.push(format!("{first}m = {head}.{inner}\nm.{name}(a)\n"));
        forms.push(format!(
            "import {grand}.{parent}\n\n{grand}.{parent}.{name}(a)\n"
        ));
    }
    forms
}

/// The findings of a repository by what they are about, without their places.
fn findings(repo: &TestRepo) -> BTreeMap<(String, String, String), Value> {
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            (
                (text("path"), text("rule"), text("symbol")),
                finding.clone(),
            )
        })
        .collect()
}

/// Checks every fifth name, from the one at `start` on.
#[track_caller]
fn check(start: usize, pin: &str, args: &[&str]) {
    let names = tfmp::api::overlay::get().replaced();
    let mut repo = TestRepo::new().file("requirements.txt", pin);
    for (place, name) in names.iter().enumerate().skip(start).step_by(5) {
        for (form, code) in forms(name).iter().enumerate() {
            repo = repo.file(&format!("n{place}_{form}.py"), code);
        }
    }
    let repaired = hold(&repo, pin, args);
    assert!(repaired > 20, "{pin}: only {repaired}");
}

/// Repairs a repository, holds the laws against what comes out, and tells how much was repaired.
#[track_caller]
fn hold(repo: &TestRepo, pin: &str, args: &[&str]) -> usize {
    let before = findings(repo);
    let also_unsafe = args.contains(&"--unsafe");
    let is_repaired = |finding: &Value| {
        let safety = finding["fix"]["safety"].as_str();
        safety == Some("safe") || also_unsafe && safety.is_some()
    };
    let repaired: BTreeSet<_> = before
        .iter()
        .filter(|(_, finding)| is_repaired(finding))
        .map(|(key, _)| key.clone())
        .collect();
    let outcome = repo.tfmp(args);
    assert_eq!(outcome.code, 0);
    assert!(
        !outcome.stderr.contains("not changed"),
        "{}",
        outcome.stderr
    );
    let after = findings(repo);
    let mut wrong: Vec<String> = Vec::new();
    for (key, finding) in &after {
        let text = || std::fs::read_to_string(repo.path(&key.0)).unwrap();
        if repaired.contains(key) {
            wrong.push(format!("{key:?} is still found: {}", text()));
        } else if !before.contains_key(key) && finding["level"] != "note" {
            wrong.push(format!("{key:?} is new: {}", text()));
        } else if is_repaired(finding) {
            wrong.push(format!("{key:?} can be repaired once more: {}", text()));
        }
    }
    assert!(
        wrong.is_empty(),
        "{pin}: {}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    repaired.len()
}

#[test]
fn laws_hold_for_safe_repairs() {
    let pins = [
        "tensorflow==1.15.5",
        "tensorflow==2.3.4",
        "tensorflow==2.13.1",
    ];
    for (start, pin) in pins.into_iter().enumerate() {
        check(start, pin, &["fix"]);
    }
}

#[test]
fn laws_hold_for_all_repairs() {
    let pins = [
        "tensorflow>=2.4,<2.9",
        "tensorflow==2.9.3",
        "tensorflow==2.18.1",
    ];
    for (start, pin) in [3, 4, 0].into_iter().zip(pins) {
        check(start, pin, &["fix", "--unsafe"]);
    }
}

/// The code of all pages of rules, under the pins that stand above it; in a form in which no pin can
/// be raised, since that would be another law.
fn pages(args: &[&str]) -> usize {
    let mut by_pin: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let pages = tfmp::rules::ALL.iter().map(|rule| rule.page);
    for block in pages
        .flat_map(blocks)
        .filter(|block| !block.code.is_empty())
    {
        let pins = unmarked(&block.requirements);
        by_pin.entry(pins).or_default().push(unmarked(&block.code));
    }
    let mut repaired = 0;
    for (pins, codes) in &by_pin {
        let lines: Vec<String> = pins.lines().map(|line| format!("{line:?}")).collect();
        let project = format!(
            "[project]\nname = \"a\"\ndependencies = [{}]\n",
            lines.join(", ")
        );
        let mut repo = TestRepo::new().file("pyproject.toml", &project);
        for (place, code) in codes.iter().enumerate() {
            repo = repo.file(&format!("p{place}.py"), code);
        }
        repaired += hold(&repo, pins, args);
    }
    repaired
}

#[test]
fn laws_hold_for_the_pages_of_rules() {
    let (safe, all) = (pages(&["fix"]), pages(&["fix", "--unsafe"]));
    assert!(safe > 20 && all > safe + 10, "only {safe} and {all}");
}
