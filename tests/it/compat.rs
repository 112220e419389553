//! `tfmp compat` is held against checks of every release, one by one: the same places fail on the same
//! releases.

use std::collections::{BTreeMap, BTreeSet};
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

/// Every rule page as a project, each block a folder of its own. Pins of Keras are left out: one that a
/// release does not go with is kept by a check, and left aside by `compat`.
#[test]
fn compat_on_rule_pages_equals_checks_of_each_release() {
    for (turn, rule) in rules::ALL.iter().enumerate() {
        // Each page meets others of them: all of them together take a minute.
        let releases: Vec<usize> = ends().into_iter().skip(turn % 5).step_by(5).collect();
        let mut repo = TestRepo::new();
        for (at, block) in blocks(rule.page).into_iter().enumerate() {
            let pins = unmarked(&block.requirements);
            let pins = pins.lines().filter(|line| !line.starts_with("keras"));
            let pins: String = pins.map(|line| format!("{line}\n")).collect();
            repo = repo
                .file(&format!("b{at}/requirements.txt"), &pins)
                .file(&format!("b{at}/app.py"), &unmarked(&block.code));
        }
        check(&repo.path(""), &[], &releases);
    }
}

/// Lines that fail on some releases, and what may stand around them.
const LINES: [&str; 14] = [
    "tf.Session()",
    "tf.keras.mixed_precision.set_global_policy('mixed_float16')",
    "tf.contrib.layers.flatten(x)",
    "tf.keras.optimizers.Adam(lr=0.1, decay=0.5)",
    "tf.keras.optimizers.legacy.Adam(0.1)",
    "keras.ops.add(1, 2)",
    "keras.backend.set_floatx('float16')",
    "K.set_session(None)",
    "mp.experimental.Policy('mixed_float16', loss_scale='dynamic')",
    "tf.random.set_seed(1)",
    "tf.keras.layers.Dense(3, dtype='mixed_float16')",
    "tf.train.Optimizer(True, 'x').apply_gradients([])",
    "tf.no_such_name()",
    "tf.keras.utils.multi_gpu_model(x)",
];
const AROUND: [&str; 12] = [
    "LINE",
    "if tf.__version__ >= '2.4':\n    LINE",
    "if tf.__version__ < '2.10':\n    LINE\nelse:\n    LINE",
    "if int(tf.__version__.split('.')[0]) >= 2:\n    LINE\nelse:\n    LINE",
    "try:\n    LINE\nexcept AttributeError:\n    LINE",
    "try:\n    LINE\nexcept (TypeError, ValueError):\n    pass",
    "if hasattr(tf, 'contrib'):\n    LINE\nelse:\n    LINE",
    "if hasattr(tf.keras, 'mixed_precision') and sys.version_info >= (3, 8):\n    LINE",
    "def f(x):\n    if keras.__version__.startswith('2.'):\n        return\n    LINE",
    "assert parse(tf.__version__) >= parse('2.3.1')\nLINE",
    "try:\n    import tensorflow.compat.v1 as tf\nexcept ImportError:\n    import tensorflow as tf\nLINE",
    "with strategy.scope():\n    LINE",
];

/// Files put together of [`LINES`] and [`AROUND`], others in each run of the numbers.
fn generated(seed: u64) -> TestRepo {
    let mut state = seed;
    let mut pick = |count: usize| {
        // <https://www.jstatsoft.org/v08/i14/>
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % count as u64).unwrap()
    };
    let mut repo = TestRepo::new();
    for file in 0..8 {
        let mut code =
            "import sys\nimport keras\nimport tensorflow as tf\nfrom tensorflow.keras import \
                        backend as K, mixed_precision as mp\nfrom packaging.version import parse\n"
                .to_owned();
        for _ in 0..6 {
            let around = AROUND[pick(AROUND.len())];
            let mut parts = around.split("LINE");
            code.push_str(parts.next().unwrap());
            for part in parts {
                code.push_str(LINES[pick(LINES.len())]);
                code.push_str(part);
            }
            code.push('\n');
        }
        repo = repo.file(&format!("p{}/f{file}.py", file % 3), &code);
    }
    let pins = [
        "tensorflow==2.3.4\n",
        "tensorflow>=2.0\ntf_keras\n",
        "tensorflow\n",
    ];
    repo.file("p0/requirements.txt", pins[pick(3)])
        .file("p1/requirements.txt", pins[pick(3)])
        .file(
            "p1/Dockerfile",
            "FROM python:3.10\nENV TF_USE_LEGACY_KERAS=1\n",
        )
}

#[test]
fn compat_on_generated_projects_equals_checks_of_each_release() {
    let seeds = [
        0x9E37_79B9_7F4A_7C15,
        0xD1B5_4A32_D192_ED03,
        0x2545_F491_4F6C_DD1D,
    ];
    for (turn, seed) in seeds.into_iter().enumerate() {
        let releases: Vec<usize> = ends().into_iter().skip(turn).step_by(3).collect();
        check(&generated(seed).path(""), &[], &releases);
    }
}

/// Uses that break on a release, by file, rule and symbol.
struct Breaks {
    /// Those with a safe fix.
    safe: BTreeMap<[String; 3], u64>,
    others: BTreeMap<[String; 3], u64>,
    /// Files in which a test of versions is repaired, which changes what else is reached there.
    tests: BTreeSet<String>,
}

fn breaks(repo: &TestRepo, release: &str) -> Breaks {
    let pin = format!("=={release}");
    let args = [
        "check",
        "--tensorflow",
        &pin,
        "--format",
        "json",
        "--fail-on",
        "never",
    ];
    let report: serde_json::Value = serde_json::from_str(&repo.tfmp(&args).stdout).unwrap();
    let mut breaks = Breaks {
        safe: BTreeMap::new(),
        others: BTreeMap::new(),
        tests: BTreeSet::new(),
    };
    for one in report["findings"].as_array().unwrap() {
        let has_fix = one["fix"]["safety"] == "safe";
        if has_fix && one["rule"] == "TFMP040" {
            let path = one["path"].as_str().unwrap().to_owned();
            breaks.tests.insert(path);
        }
        if one["level"] == "error" {
            let key = ["path", "rule", "symbol"].map(|key| one[key].as_str().unwrap().to_owned());
            let uses = 1 + one["more_uses"].as_u64().unwrap();
            let kind = match has_fix {
                true => &mut breaks.safe,
                false => &mut breaks.others,
            };
            *kind.entry(key).or_default() += uses;
        }
    }
    breaks
}

/// Holds what a preview says of fixes against what `fix` does with that pin; how many fixes were made,
/// and how many uses without one were found again.
#[track_caller]
fn check_preview(repo: &TestRepo, release: &str) -> (u64, u64) {
    let Breaks {
        safe,
        mut others,
        tests,
    } = breaks(repo, release);
    let sum = |uses: &BTreeMap<_, u64>| uses.values().sum::<u64>();
    let (all, fixed) = (sum(&safe) + sum(&others), sum(&safe));
    let told = repo.tfmp(&["compat", "--as", release]).stdout;
    let told = told.lines().next().unwrap();
    let begins = match all {
        0 => "nothing breaks".to_owned(),
        1 => "1 use breaks on ".to_owned(),
        all => format!("{all} uses break on "),
    };
    let ends = match fixed {
        _ if all == 0 => format!("on TensorFlow {release}"),
        0 if all == 1 => ", and it has no safe fix".to_owned(),
        0 => ", none of them has a safe fix".to_owned(),
        1 if all == 1 => ", and it has a safe fix".to_owned(),
        fixed if fixed == all => ", all of them have safe fixes".to_owned(),
        1 => ", 1 of them has a safe fix".to_owned(),
        fixed => format!(", {fixed} of them have safe fixes"),
    };
    assert!(told.starts_with(&begins) && told.ends_with(&ends), "{told}");
    let pin = format!("=={release}");
    assert_eq!(repo.tfmp(&["fix", "--tensorflow", &pin]).code, 0);
    let mut left = breaks(repo, release);
    assert_eq!(left.safe, BTreeMap::new(), "on {release}: {told}");
    left.others.retain(|[path, ..], _| !tests.contains(path));
    others.retain(|[path, ..], _| !tests.contains(path));
    assert_eq!(left.others, others, "on {release}: {told}");
    (fixed, sum(&others))
}

#[test]
fn fixes_of_a_preview_are_those_that_are_made() {
    let (mut fixed, mut found_again) = (0, 0);
    for (turn, release) in ["1.15.5", "2.3.4", "2.8.4", "2.15.1", "2.20.0"]
        .iter()
        .enumerate()
    {
        let mut repo = TestRepo::new().file("requirements.txt", "tensorflow==2.3.4\n");
        for name in ["train.py", "train_v1.py", "compat.py"] {
            let path = project().join("examples/mixed-precision/src").join(name);
            repo = repo.file(name, &std::fs::read_to_string(path).unwrap());
        }
        let other = generated(0x9E37_79B9_7F4A_7C15 + turn as u64);
        for repo in [repo, other] {
            let counts = check_preview(&repo, release);
            (fixed, found_again) = (fixed + counts.0, found_again + counts.1);
        }
    }
    assert!(
        fixed > 10 && found_again > 20,
        "only {fixed} fixes were made, and {found_again} uses found again"
    );
}

#[test]
fn compat_with_a_pinned_keras_equals_checks_where_that_goes() {
    let table = ReleaseTable::of(Package::Tensorflow);
    let code = "import keras\nimport tensorflow as tf\nkeras.ops.add(1, 2)\n\
                keras.backend.set_session(None)\ntf.keras.ops.add(1, 2)\n\
                tf.keras.backend.set_session(None)\nkeras.quantizers.QuantizationConfig\n";
    for (pin, first, last) in [
        ("keras==2.4.3", (1, 13), (2, 5)),
        ("keras>=3.0,<3.5", (2, 16), (2, 17)),
        ("keras~=2.9.0", (2, 9), (2, 9)),
    ] {
        let repo = TestRepo::new()
            .file("requirements.txt", &format!("tensorflow==2.3.4\n{pin}\n"))
            .file("app.py", code);
        let releases = table.select(|one| (first..=last).contains(&one.minor()));
        let releases: Vec<usize> = releases.iter().collect();
        check(&repo.path(""), &[], &releases);
    }
}

#[test]
fn a_pinned_keras_that_a_release_does_not_go_with_is_left_aside() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\nkeras==2.4.3\n")
        .file(
            "app.py",
            "import tensorflow as tf\ntf.keras.backend.get_session()\n",
        );
    let outcome = repo.tfmp(&["compat", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let fails = value["causes"][0]["fails"].as_str().unwrap();
    assert!(
        fails.ends_with("2.22.0rc0"),
        "Keras 3 of the newest has no sessions: {fails}"
    );
}

#[test]
fn members_of_a_class_that_is_gone_are_no_causes_of_their_own() {
    let code = "import tensorflow as tf\n\n\ndef run(x):\n    sess.run(x)\n    return model.get_signature_runner(x)\n\n\n\
                sess = tf.Session()\nmodel = tf.lite.Interpreter('a')\nrun(1)\n";
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file("app.py", code);
    check(&repo.path(""), &[], &ends());
    let outcome = repo.tfmp(&["compat", "--format", "json"]);
    assert!(
        !outcome.stdout.contains("Session.run"),
        "{}",
        outcome.stdout
    );
}
