//! Commands that answer questions, and what is said where they cannot.

use serde_json::Value;

use crate::support::{Outcome, TestRepo};

fn repo() -> TestRepo {
    TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file(
            "src/train.py",
            "import tensorflow as tf\ntf.keras.mixed_precision.set_global_policy('mixed_float16')\n",
        )
}

#[track_caller]
fn check_refused(args: &[&str], says: &str) {
    let outcome = repo().tfmp(args);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains(says), "{outcome:?}");
    assert_eq!(outcome.stdout, "");
}

fn value(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn compat_names_the_nearest_pin() {
    let found = value(&repo().tfmp(&["compat", "--format", "json"]));
    assert_eq!(found["advice"], "change");
    assert_eq!(found["requirement"], "tensorflow>=2.4");
    assert_eq!(found["causes"][0]["places"][0]["path"], "src/train.py");
}

#[test]
fn compat_asks_about_releases_for_a_python_alone() {
    let found = value(&repo().tfmp(&["compat", "--format", "json", "--python", "3.12"]));
    assert!(
        found["asked"].as_str().unwrap().starts_with("2.16.1-"),
        "{found}"
    );
    assert_eq!(found["asked"], found["supported"]);
    let none = repo().tfmp(&["compat", "--python", "3.99"]);
    assert_eq!(none.code, 2, "{none:?}");
    let sentence =
        "error: no release of TensorFlow has files for `--python 3.99`; name a Python from 3.";
    assert!(none.stderr.starts_with(sentence), "{none:?}");
    let configured = repo().file("tfmp.toml", "\npython = \"5\"\n");
    let none = configured.tfmp(&["compat", "--as", "2.20"]);
    assert_eq!(none.code, 2, "{none:?}");
    let place = "has files for `python = \"5\"` (tfmp.toml:2); name";
    assert!(none.stderr.contains(place), "{none:?}");
}

#[test]
fn compat_of_nothing_is_an_answer() {
    let outcome = TestRepo::new().tfmp(&["compat"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(
        outcome
            .stdout
            .starts_with("this code runs on every release"),
        "{outcome:?}"
    );
}

#[test]
fn a_preview_finds_what_a_check_finds() {
    let repo = repo().file("old.py", "import tensorflow as tf\ntf.Session()\n");
    let preview = value(&repo.tfmp(&["compat", "--as", "2.20", "--format", "json"]));
    let check = repo.tfmp(&[
        "check",
        "--tensorflow",
        "==2.20.0",
        "--format",
        "json",
        "--fail-on",
        "never",
    ]);
    let places = |report: &Value| -> Vec<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .map(|one| format!("{} {} {}", one["path"], one["start"], one["rule"]))
            .collect()
    };
    assert_eq!(places(&preview), places(&value(&check)));
    assert!(!places(&preview).is_empty());
    let text = repo.tfmp(&["compat", "--as", "2.20"]).stdout;
    assert!(
        text.starts_with("1 use breaks on TensorFlow 2.20.0, and it has no safe fix\n"),
        "{text}"
    );
}

#[test]
fn what_compat_cannot_do_is_said() {
    check_refused(
        &["compat", "--as", "99"],
        "no known release of tensorflow matches `--as 99`",
    );
    check_refused(
        &["compat", "--as", "2.20", "--format", "svg"],
        "`--as` draws no picture",
    );
    check_refused(&["compat", "srk"], "there is no `srk`; did you mean `src`?");
}

#[test]
fn paths_that_lead_nowhere_are_answered_with_the_nearest() {
    check_refused(&["check", "src/trian.py"], "did you mean `src/train.py`?");
    check_refused(&["check", "src\\train.py"], "did you mean `src/train.py`?");
    check_refused(
        &["check", "src/train.py/x"],
        "`src/train.py` is a file, not a folder; name `src/train.py` itself",
    );
    check_refused(&["check", "zzz"], "name a file or a folder that exists");
}

#[test]
fn symbols_are_explained_in_every_form() {
    let repo = TestRepo::new();
    let text = repo.tfmp(&["explain", "tf.Session"]).stdout;
    assert!(text.starts_with("tf.Session (class)\n"), "{text}");
    assert!(text.contains("`tf.compat.v1.Session`"), "{text}");
    let page = repo
        .tfmp(&["explain", "tf.Session", "--format", "markdown"])
        .stdout;
    assert!(
        page.contains("| `tensorflow.Session` | TensorFlow | 1.0-1.15 |"),
        "{page}"
    );
    let facts = value(&repo.tfmp(&["explain", "tf.Session", "--members", "--format", "json"]));
    assert_eq!(facts["homes"][0]["present"], "1.0.0-1.15.5");
    let members = facts["members"].as_array().unwrap();
    assert!(members.iter().any(|one| one["name"] == "run"), "{facts}");
}

#[test]
fn rules_are_explained_by_id_and_name() {
    let repo = TestRepo::new();
    let by_id = repo.tfmp(&["explain", "TFMP006"]);
    assert_eq!(by_id.code, 0, "{by_id:?}");
    assert!(
        by_id
            .stdout
            .starts_with("TFMP006 argument-not-accepted (error)\n"),
        "{by_id:?}"
    );
    let by_name = repo.tfmp(&["explain", "argument-not-accepted"]);
    assert_eq!(by_name.stdout, by_id.stdout);
}

#[test]
fn what_is_unknown_is_answered_with_the_nearest() {
    check_refused(
        &["explain", "tf.keras.layers.Dens"],
        "did you mean `tf.keras.layers.Dense`?",
    );
    check_refused(&["explain", "api-remved"], "did you mean `api-removed`?");
    check_refused(&["explain", "numpy.float33"], "write it as Python does");
}

#[test]
fn shells_and_manuals_know_every_command() {
    let repo = TestRepo::new();
    let commands = [
        "check", "fix", "compat", "explain", "rules", "review", "action",
    ];
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = repo.tfmp(&["completions", shell]).stdout;
        assert!(commands.iter().all(|name| script.contains(name)), "{shell}");
    }
    let page = repo.tfmp(&["man"]).stdout;
    assert!(page.contains(".TH tfmp 1"), "{page}");
    for name in commands {
        let heading = format!(".SH TFMP {}\n", name.to_uppercase());
        assert!(page.contains(&heading), "{name}");
    }
}

#[test]
fn the_version_tells_how_far_the_history_goes() {
    let text = TestRepo::new().tfmp(&["--version"]).stdout;
    assert!(
        text.starts_with(concat!("tfmp ", env!("CARGO_PKG_VERSION"), "\n")),
        "{text}"
    );
    assert!(
        text.contains("knows releases up to tensorflow 2."),
        "{text}"
    );
}
