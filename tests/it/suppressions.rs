//! Comments that silence, from the file to the report: in code, notebooks and manifests, what each format
//! tells of them, and when one that silences nothing is told.

use serde_json::{Value, json};

use crate::notebooks::notebook;
use crate::support::{Outcome, TestRepo};

const PIN: &str = "tensorflow==2.8.4\n";

#[track_caller]
fn check(repo: &TestRepo, args: &[&str], expect: &str) -> Outcome {
    let all = [
        "check",
        "--format",
        "concise",
        "--quiet",
        "--fail-on",
        "note",
    ];
    let outcome = repo.tfmp(&[&all[..], args].concat());
    let found: Vec<&str> = outcome
        .stdout
        .lines()
        .map(|line| line.split_once("] ").map_or(line, |(place, _)| place))
        .collect();
    assert_eq!(found.join("\n"), expect, "{outcome:?}");
    assert_eq!(outcome.code, i32::from(!expect.is_empty()), "{outcome:?}");
    outcome
}

fn code(text: &str) -> TestRepo {
    TestRepo::new()
        .file("requirements.txt", PIN)
        .file("a.py", &format!("import tensorflow as tf\n{text}"))
}

#[test]
fn every_place_of_a_comment() {
    let repo = code(
        "tf.contrib.slim  # tfmp: ignore[TFMP002] old\n\
         tf.contrib.layers  # noqa: E501, TFMP002\n\
         # tfmp: ignore[api-removed]\n\
         tf.contrib.rnn\n\
         print(\n    tf.contrib.losses,\n    tf.contrib.metrics,\n)  # noqa\n\
         '# tfmp: ignore'; tf.contrib.seq2seq\n",
    );
    check(&repo, &[], "a.py:10:19: error[TFMP002");
    let repo = repo.file(
        "b.py",
        "# tfmp: ignore-file\nimport tensorflow as tf\ntf.contrib.slim\n",
    );
    check(&repo, &[], "a.py:10:19: error[TFMP002");
}

#[test]
fn an_import_and_all_behind_it() {
    let repo = code(
        "from tensorflow.contrib import (  # tfmp: ignore\n    slim,\n)\nslim.conv2d\nslim.fc\n",
    );
    check(&repo, &[], "");
}

#[test]
fn pins_are_silenced_too() {
    let repo = TestRepo::new()
        .file("a/requirements.txt", "tensorflow-gpu==2.13.0  # tfmp: ignore[TFMP050] mirror\n")
        .file(
            "b/Dockerfile",
            "FROM python:3.9\n# tfmp: ignore[TFMP050] our own wheel\nRUN pip install -q \\\n    tensorflow-gpu==2.13.0\n",
        )
        .file(
            "c/pyproject.toml",
            "[project]\nname = \"c\"\ndependencies = [\n  \"tensorflow-gpu==2.13.0\",  # tfmp: ignore\n]\n",
        )
        .file("d/requirements.txt", "tensorflow-gpu==2.13.0\n");
    check(&repo, &[], "d/requirements.txt:1:1: error[TFMP050");
    let repo = repo.file(
        "d/requirements.txt",
        "tensorflow==2.13.0  # tfmp: ignore[TFMP050]\n",
    );
    check(&repo, &[], "d/requirements.txt:1:21: note[TFMP090");
}

#[test]
fn cells_of_a_notebook() {
    let cells = [
        "!pip install tensorflow-gpu==2.13.0  # tfmp: ignore[TFMP050] a mirror has it\nimport tensorflow as tf",
        "%matplotlib inline\ntf.contrib.slim  # tfmp: ignore[TFMP002]\ntf.contrib.layers",
    ];
    let repo = TestRepo::new().file("a.ipynb", &notebook(&cells));
    check(&repo, &[], "a.ipynb:17:10: error[TFMP002");
    let whole = [&["# tfmp: ignore-file[api-removed]\n"], &cells[..]].concat();
    let repo = repo.file("a.ipynb", &notebook(&whole));
    // The comment for the file is enough, but that of the line does the same.
    check(&repo, &[], "");
}

#[test]
fn an_unused_comment_of_a_notebook_is_taken_out_of_its_json() {
    let before = notebook(&[
        "import tensorflow as tf\ntf.io.gfile  # tfmp: ignore[TFMP002] \"old\"",
        "# tfmp: ignore\ntf.nn.relu\n",
    ]);
    let repo = TestRepo::new()
        .file("requirements.txt", PIN)
        .file("a.ipynb", &before);
    check(
        &repo,
        &[],
        "a.ipynb:8:23: note[TFMP090\na.ipynb:15:10: note[TFMP090",
    );
    assert_eq!(repo.tfmp(&["fix"]).code, 0);
    let after = std::fs::read_to_string(repo.path("a.ipynb")).unwrap();
    let expect = before
        .replace("  # tfmp: ignore[TFMP002] \\\"old\\\"", "")
        .replace("# tfmp: ignore\\n", "\\n");
    assert_eq!(after, expect);
    check(&repo, &[], "");
}

#[test]
fn what_comes_of_it_in_every_format() {
    let repo = code(
        "tf.contrib.slim  # tfmp: ignore[TFMP002] the old cluster, until=2.9\n\
         tf.contrib.layers  # tfmp: ignore[TFMP002] the older cluster, until=2.8\n",
    );
    let outcome = check(&repo, &[], "a.py:3:1: error[TFMP002");
    assert!(!outcome.stdout.contains("ended"), "{outcome:?}");
    let outcome = repo.tfmp(&["check"]);
    assert!(
        outcome.stdout.contains(
            "= help      the comment that silenced this has ended: no TensorFlow before 2.8 is permitted any"
        ),
        "{outcome:?}"
    );
    assert!(
        outcome.stdout.ends_with("1 error · 1 suppressed\n"),
        "{outcome:?}"
    );
    let report = repo.json();
    assert_eq!(report["summary"]["suppressed"], 1);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    let sarif = repo.tfmp(&["check", "--format", "sarif"]).stdout;
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let said: Vec<&Value> = results.iter().map(|one| &one["suppressions"]).collect();
    let accepted = json!([{
        "kind": "inSource", "status": "accepted", "justification": "the old cluster",
    }]);
    assert_eq!(said, [&json!([]), &accepted]);
    assert!(results[0].get("baselineState").is_none(), "{sarif:#}");
}

/// What a comment is for may lie in what this run does not see.
#[test]
fn a_part_of_the_code_does_not_tell_what_is_unused() {
    let repo = code("tf.nn.relu  # tfmp: ignore[TFMP002]\n")
        .file("src/b.py", "x = 1  # noqa: TFMP001\n")
        .file("src/requirements.txt", "numpy  # tfmp: ignore[TFMP050]\n");
    let all = "a.py:2:13: note[TFMP090\n\
               src/b.py:1:8: note[TFMP090\n\
               src/requirements.txt:1:8: note[TFMP090";
    check(&repo, &[], all);
    check(&repo, &["src"], "");
    check(&repo, &["a.py"], "");
    check(&repo, &["--tensorflow", "2.9"], "");
    check(&repo, &["--ignore", "TFMP090"], "");
    // Rules that are not asked for are found all the same, so that nothing looks unused.
    let repo = repo.file(
        "a.py",
        "import tensorflow as tf\ntf.contrib  # tfmp: ignore[TFMP002]\n",
    );
    check(
        &repo,
        &["--select", "TFMP001,TFMP09", "--exclude", "src"],
        "",
    );
    let folder = repo.file("src/tfmp.toml", "fail-on = \"note\"\n");
    let outcome = folder.tfmp_in("src", &["check", "--quiet"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
}

#[test]
fn a_file_that_cannot_be_read_has_no_unused_comments() {
    let repo = code("tf.nn.relu  # tfmp: ignore[TFMP002]\ndef (:\n");
    check(&repo, &[], "");
}

#[test]
fn a_repair_leaves_alone_what_is_silenced() {
    let text =
        "tf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")  # tfmp: ignore\n";
    let repo = code(text).file("requirements.txt", "tensorflow==2.9.3\n");
    check(&repo, &[], "");
    let outcome = repo.tfmp(&["fix", "--diff"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
}
