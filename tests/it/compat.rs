//! `tfmp compat` is held against checks of every release, one by one: the same places fail on the same
//! releases.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Parser;
use tfmp::cli::{Cli, Command};
use tfmp::finding::Level;
use tfmp::names::Package;
use tfmp::release::{ReleaseSet, ReleaseTable};
use tfmp::rules;
use tfmp::run;
use tfmp::settings::Settings;

use crate::rule_pages::{blocks, unmarked};
use crate::support::{TestRepo, project};

/// A place that fails: file, first byte, rule.
type Place = (String, u32, &'static str);

fn settings(args: &[&str], root: &Path) -> Settings {
    let root = root.to_str().unwrap();
    let line = ["tfmp"].iter().chain(args).copied().chain([root]);
    match Cli::try_parse_from(line).unwrap().command {
        Command::Check(args) => Settings::new(&args, rules::ALL).unwrap(),
        Command::Compat(args) => Settings::for_compat(&args, rules::ALL).unwrap(),
        _ => unreachable!("only these two are asked for"),
    }
}

/// The first and the last release of every minor version.
fn ends() -> Vec<usize> {
    let table = ReleaseTable::of(Package::Tensorflow);
    let all: Vec<usize> = table.all().iter().collect();
    let minors = all.chunk_by(|&a, &b| table.get(a).minor() == table.get(b).minor());
    let mut ends: Vec<usize> = minors
        .flat_map(|minor| [minor[0], minor[minor.len() - 1]])
        .collect();
    ends.dedup();
    ends
}

/// What checks of some releases find, release by release.
fn by_checks(root: &Path, options: &[&str], releases: &[usize]) -> BTreeMap<Place, ReleaseSet> {
    let table = ReleaseTable::of(Package::Tensorflow);
    let mut found: BTreeMap<Place, ReleaseSet> = BTreeMap::new();
    for &release in releases {
        let spec = format!("=={}", table.get(release).row.version);
        let mut args = vec!["check", "--tensorflow", &spec];
        args.extend(options);
        let report = run::check(&settings(&args, root)).unwrap();
        let errors = report.findings.iter().filter(|finding| {
            let path = finding.location.file.path.as_str();
            finding.level == Level::Error && (path.ends_with(".py") || path.ends_with(".ipynb"))
        });
        for error in errors {
            let place = &error.location;
            let path = place.file.path.as_str().to_owned();
            let key = (path, place.span.start, error.rule.0);
            found.entry(key).or_default().insert(release);
        }
    }
    found
}

fn by_compat(root: &Path, options: &[&str], releases: &[usize]) -> BTreeMap<Place, ReleaseSet> {
    let mut args = vec!["compat"];
    args.extend(options);
    let asked: ReleaseSet = releases.iter().copied().collect();
    let mut found: BTreeMap<Place, ReleaseSet> = BTreeMap::new();
    for one in run::compat::compat(&settings(&args, root))
        .unwrap()
        .blockers
    {
        let path = one.location.file.path.as_str().to_owned();
        let set = found
            .entry((path, one.location.span.start, one.rule.0))
            .or_default();
        *set = *set | (one.broken & asked);
    }
    found.retain(|_, set| !set.is_empty());
    found
}

#[track_caller]
fn check(root: &Path, options: &[&str], releases: &[usize]) {
    let table = ReleaseTable::of(Package::Tensorflow);
    let shown = |found: BTreeMap<Place, ReleaseSet>| -> Vec<String> {
        let lines = found
            .into_iter()
            .map(|((path, at, rule), set)| format!("{path}@{at} {rule}: {}", table.describe(set)));
        lines.collect()
    };
    let checks = shown(by_checks(root, options, releases));
    let compat = shown(by_compat(root, options, releases));
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        let new = these.iter().filter(|line| !those.contains(line));
        new.cloned().collect()
    };
    let (by_checks, by_compat) = (only(&checks, &compat), only(&compat, &checks));
    assert_eq!(
        by_checks, by_compat,
        "checks on the left, compat on the right"
    );
}

#[test]
fn compat_on_the_example_equals_checks_of_every_release() {
    let all: Vec<usize> = ReleaseTable::of(Package::Tensorflow).all().iter().collect();
    let root = project().join("examples/mixed-precision");
    let found = by_compat(&root, &[], &all);
    assert!(found.len() > 5, "the example has blockers: {found:?}");
    check(&root, &[], &all);
}

/// Every rule page as a project, each block a folder of its own.
#[test]
fn compat_on_rule_pages_equals_checks_of_each_release() {
    let releases = ends();
    for rule in rules::ALL {
        let mut repo = TestRepo::new();
        for (at, block) in blocks(rule.page).into_iter().enumerate() {
            repo = repo
                .file(
                    &format!("b{at}/requirements.txt"),
                    &unmarked(&block.requirements),
                )
                .file(&format!("b{at}/app.py"), &unmarked(&block.code));
        }
        check(&repo.path(""), &[], &releases);
    }
}
