//! The command line: what goes where, and with which exit code.

use serde_json::Value;

use crate::support::{TestRepo, project, redact, run};

const TOO_NEW: &str = "\
import tensorflow as tf

tf.keras.mixed_precision.set_global_policy(\"mixed_float16\")
";

const TOO_NEW_LINE: &str = "src/train.py:3:1: error[TFMP001] \
    `tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4\n";

/// One error under a pin.
fn broken() -> TestRepo {
    TestRepo::new()
        .file("requirements.txt", "numpy\ntensorflow==2.3.4\n")
        .file("src/train.py", TOO_NEW)
}

#[test]
fn findings_make_the_exit_code() {
    let repo = broken();
    let check = |fail_on: &str| repo.tfmp(&["check", "--fail-on", fail_on]).code;
    assert_eq!(repo.tfmp(&["check"]).code, 1);
    assert_eq!(
        ["error", "warning", "note", "never"].map(check),
        [1, 1, 1, 0]
    );
}

#[test]
fn what_is_below_the_level_passes() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow>=2.0\n")
        .file("src/train.py", TOO_NEW);
    let check = |fail_on: &str| repo.tfmp(&["check", "--fail-on", fail_on]).code;
    assert_eq!(["error", "warning", "note"].map(check), [0, 1, 1]);
}

#[test]
fn code_that_runs_is_left_in_peace() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.4.4\n")
        .file("src/train.py", TOO_NEW);
    let outcome = repo.tfmp(&["check"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.stdout,
        "checked 1 file against tensorflow 2.4.4 (requirements.txt:1) in [time]\nno findings\n"
    );
    assert_eq!(outcome.stderr, "");
}

#[test]
fn a_pipe_gets_no_colours() {
    let outcome = broken().tfmp(&["check"]);
    assert!(outcome.stdout.contains("error[TFMP001]"), "{outcome:?}");
    assert!(!outcome.stdout.contains('\u{1b}'), "{outcome:?}");
}

#[test]
fn concise_is_one_line_and_nothing_else() {
    let outcome = broken().tfmp(&["check", "--format", "concise"]);
    assert_eq!(outcome.stdout, TOO_NEW_LINE);
    assert_eq!(
        outcome.stderr,
        "checked 1 file against tensorflow 2.3.4 (requirements.txt:2) in [time]\n"
    );
}

#[test]
fn quiet_says_the_findings_alone() {
    let repo = broken().file("requirements-dev.txt", "pytest ===== 3\n");
    let outcome = repo.tfmp(&["check", "--quiet", "--format", "concise"]);
    assert_eq!(
        (outcome.stdout.as_str(), outcome.stderr.as_str()),
        (TOO_NEW_LINE, "")
    );
}

#[test]
fn a_broken_requirement_line_is_a_notice_and_no_failure() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow=2.3\ntensorflow==2.4.4\n")
        .file("src/train.py", TOO_NEW);
    let outcome = repo.tfmp(&["check"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(
        outcome.stderr.starts_with("notice: requirements.txt:1: "),
        "{outcome:?}"
    );
    assert!(!outcome.stdout.contains("notice"), "{outcome:?}");
}

#[test]
fn a_python_file_that_cannot_be_parsed_is_a_notice() {
    let repo = broken().file("src/broken.py", "import tensorflow as tf\ndef f(:\n");
    let outcome = repo.tfmp(&["check", "--format", "concise"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, TOO_NEW_LINE));
    assert!(
        outcome.stderr.contains("notice: src/broken.py"),
        "{outcome:?}"
    );
}

#[test]
fn every_format_comes_from_one_run() {
    let repo = broken();
    let outcome = repo.tfmp(&[
        "check",
        "--format",
        "concise",
        "--json-file",
        "out.json",
        "--sarif-file",
        "out.sarif",
    ]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, TOO_NEW_LINE));
    let read = |name: &str| std::fs::read_to_string(repo.path(name)).unwrap();
    assert_eq!(
        read("out.json"),
        repo.tfmp(&["check", "--format", "json"]).stdout
    );
    assert_eq!(
        read("out.sarif"),
        repo.tfmp(&["check", "--format", "sarif"]).stdout
    );
    let mut names: Vec<String> = std::fs::read_dir(repo.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [".git", "out.json", "out.sarif", "requirements.txt", "src"],
        "nothing is left behind"
    );
}

#[test]
fn a_report_replaces_the_one_before() {
    let repo = broken().file("out.json", "x".repeat(100_000).as_str());
    repo.tfmp(&["check", "--json-file", "out.json"]);
    let text = std::fs::read_to_string(repo.path("out.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["findings"][0]["rule"], "TFMP001");
}

#[test]
fn pins_are_found_above_the_path_that_is_checked() {
    let repo = broken();
    for (folder, path) in [
        ("", "src"),
        ("", "src/train.py"),
        ("src", "."),
        ("src", "train.py"),
    ] {
        let outcome = repo.tfmp_in(folder, &["check", path, "--format", "concise"]);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (1, TOO_NEW_LINE),
            "{path}"
        );
    }
}

#[test]
fn the_command_line_can_stand_for_the_pins() {
    let repo = broken();
    assert_eq!(repo.tfmp(&["check", "--tensorflow", "2.4.4"]).code, 0);
    let outcome = repo.tfmp(&["check", "--tensorflow", "2.2"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .stdout
            .contains("= pin       `--tensorflow 2.2` (given to this run)"),
        "{outcome:?}"
    );
    let repo = repo.file("other/pins.txt", "tensorflow==2.4.4\n");
    assert_eq!(
        repo.tfmp(&["check", "--requirements", "other/pins.txt"])
            .code,
        0
    );
}

#[test]
fn rules_and_files_can_be_left_out() {
    let repo = broken();
    assert_eq!(repo.tfmp(&["check", "--ignore", "api-too-new"]).code, 0);
    assert_eq!(repo.tfmp(&["check", "--select", "TFMP002"]).code, 0);
    assert_eq!(repo.tfmp(&["check", "--select", "TFMP002,TFMP001"]).code, 1);
    assert_eq!(repo.tfmp(&["check", "--exclude", "src"]).code, 0);
    assert_eq!(repo.tfmp(&["check", "--exclude", "tests"]).code, 1);
}

#[track_caller]
fn check_fatal(args: &[&str], stderr: &str) {
    let outcome = broken().tfmp(args);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert_eq!(outcome.stderr, format!("{stderr}\n"));
}

#[test]
fn what_cannot_be_done_is_said_in_one_sentence() {
    check_fatal(
        &["check", "sorce"],
        "error: there is no `sorce`; name a file or a folder that exists",
    );
    check_fatal(
        &["check", "--exclude", "a[b"],
        "error: `a[b` is not a glob: unclosed character class; missing ']'; write it as in \
         `.gitignore`, such as `tests/**`",
    );
    check_fatal(
        &["check", "--select", "TFMP9"],
        "error: `--select TFMP9` names no rule; did you mean `TFMP009`? `tfmp rules` lists them all",
    );
    check_fatal(
        &["check", "--keras", "nightly"],
        "error: `--keras nightly` is no version and no range of versions; write it as for pip, \
         such as `2.3.4` or `>=2.4,<2.9`",
    );
}

#[test]
fn a_report_that_cannot_be_written_is_fatal() {
    let outcome = broken().tfmp(&["check", "--json-file", "no/such/folder/out.json"]);
    assert_eq!(outcome.code, 2);
    // What was found is shown all the same.
    assert!(outcome.stdout.starts_with("error[TFMP001]"), "{outcome:?}");
    assert!(
        outcome
            .stderr
            .starts_with("error: `no/such/folder/out.json` cannot be written ("),
        "{outcome:?}"
    );
}

#[test]
fn an_option_that_does_not_exist_is_exit_code_2() {
    let outcome = broken().tfmp(&["check", "--fail-onn", "never"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert!(outcome.stderr.contains("--fail-on"), "{outcome:?}");
}

#[test]
fn help_shows_examples() {
    let outcome = TestRepo::new().tfmp(&["check", "--help"]);
    assert_eq!(outcome.code, 0);
    assert!(
        outcome.stdout.contains("tfmp check --sarif-file"),
        "{outcome:?}"
    );
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let mut repo = broken();
    for file in 0..40 {
        repo = repo.file(&format!("pkg{}/m{file}.py", file % 7), TOO_NEW);
    }
    for format in ["json", "sarif", "concise"] {
        let first = repo.tfmp(&["check", "--format", format]).stdout;
        assert!(first.len() > 4_000, "{format} has every finding");
        assert_eq!(first, repo.tfmp(&["check", "--format", format]).stdout);
    }
}

#[cfg(unix)]
#[test]
fn hostile_names_and_lines_stay_inert() {
    let evil = "\u{1b}]0;x\u{7}\u{202e}";
    let source = format!("{TOO_NEW}# {evil}\nx = '{evil}', tf.contrib.layers\n");
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file(&format!("a\n::error::{evil}.py"), &source);
    let outcome = repo.tfmp(&["check"]);
    assert_eq!(outcome.code, 1);
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("::")), "{text}");
    }
}

#[test]
fn an_empty_repository_has_nothing_to_say() {
    let outcome = TestRepo::new().tfmp(&["check"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout.ends_with("no findings\n"), "{outcome:?}");
}

/// What the README's first command shows.
#[test]
fn the_example_has_its_findings() {
    let args = [
        "check",
        "examples/mixed-precision",
        "--format",
        "json",
        "--fail-on",
        "never",
    ];
    let outcome = run(project(), &args);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let findings: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let path = finding["path"].as_str().unwrap();
            format!(
                "{}:{} {} {}",
                path.strip_prefix("examples/mixed-precision/").unwrap(),
                finding["start"]["line"],
                finding["rule"].as_str().unwrap(),
                finding["symbol"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        findings,
        [
            "src/train.py:9 TFMP001 tensorflow.keras.mixed_precision.set_global_policy",
            "src/train.py:22 TFMP001 tensorflow.keras.mixed_precision.LossScaleOptimizer",
            "src/train_v1.py:8 TFMP002 tensorflow.compat.v1.keras.mixed_precision.experimental.set_policy",
            "src/train_v1.py:12 TFMP002 tensorflow.contrib.layers.flatten",
        ]
    );
}

/// The picture in the README is cut from what its first command prints.
#[test]
fn the_readme_shows_real_output() {
    let readme = std::fs::read_to_string(project().join("README.md")).unwrap();
    let start = readme.find("```text\n").expect("the README has a picture") + 8;
    let end = start + readme[start..].find("```").unwrap();
    let args = ["check", "examples/mixed-precision", "--fail-on", "never"];
    let outcome = run(project(), &args);
    for piece in redact(&readme[start..end]).split("\n\n") {
        assert!(
            outcome.stdout.contains(piece.trim()),
            "not printed any more:\n{piece}\nbut:\n{}",
            outcome.stdout
        );
    }
}

#[test]
fn rules_are_listed_in_every_form() {
    let repo = TestRepo::new();
    let outcome = repo.tfmp(&["rules"]);
    assert_eq!(outcome.code, 0);
    let listed: Vec<&str> = outcome
        .stdout
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| &line[..7])
        .collect();
    let ids: Vec<&str> = tfmp::rules::ALL.iter().map(|rule| rule.id.0).collect();
    assert_eq!(listed, ids);
    let json: Value =
        serde_json::from_str(&repo.tfmp(&["rules", "--format", "json"]).stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), ids.len());
    let table = repo.tfmp(&["rules", "--format", "markdown"]).stdout;
    assert_eq!(table.lines().count(), ids.len() + 2);
}
