//! Which lines get a comment, and what becomes of findings that have no line in the diff.

use serde_json::json;

use super::{BROKEN, CLEAN, PINS, scene};
use crate::github::{Scene, files};

/// A file with so many broken calls, each on a line of its own.
fn many(count: usize) -> String {
    let mut text = "import tensorflow as tf\n".to_owned();
    for n in 0..count {
        text.push_str(&format!(
            "tf.keras.mixed_precision.set_global_policy({n})\n"
        ));
    }
    text
}

#[test]
fn more_findings_than_comments_are_told_in_the_body() {
    let scene = Scene::new(&[PINS], &[("a.py", &many(30))]);
    let outcome = scene.review(&[]);
    assert!(
        outcome
            .stdout
            .starts_with("pull request 7: 25 new comments, 5 findings in the body"),
        "{}",
        outcome.stdout
    );
    let body = scene.github.reviews().remove(0);
    for line in 27..=31 {
        assert!(body.contains(&format!("[`a.py:{line}`]")), "{line}: {body}");
    }
    assert!(!body.contains("[`a.py:26`]"), "{body}");
    // The rest does not creep in with later runs.
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn the_most_comments_can_be_chosen() {
    let scene = Scene::new(&[PINS], &[("a.py", &many(4))]).env("TFMP_MAX_COMMENTS", "1");
    scene.review(&[]);
    assert_eq!(scene.github.places().len(), 1);
    let scene = Scene::new(&[PINS], &[("a.py", &many(4))]);
    scene.review(&["--max-comments", "0"]);
    assert_eq!(scene.github.places().len(), 0);
    assert_eq!(scene.github.reviews()[0].matches("[`a.py:").count(), 4);
}

#[test]
fn a_body_ends_with_a_row_before_github_would_refuse_it() {
    let long = format!("{}/a.py", "folder-with-a-long-name/".repeat(8));
    let scene = Scene::new(&[PINS, (&long, &many(400))], &[("b.py", CLEAN)]);
    scene.writes();
    let body = scene.github.reviews().remove(0);
    assert!(body.len() < 60_000, "{}", body.len());
    let told = body.matches("[`folder").count();
    assert!(told > 20, "{told}");
    assert!(
        body.contains(&format!("{} more findings: see the summary", 400 - told)),
        "{body}"
    );
}

#[test]
fn findings_outside_of_the_diff_are_told_in_the_body() {
    let scene = Scene::new(
        &[PINS, ("src/train.py", BROKEN)],
        &[("README.md", "# Hello\n")],
    );
    assert_eq!(scene.writes(), ["POST reviews"]);
    assert_eq!(scene.github.places(), [""; 0]);
    let head = scene.github.head();
    let row = format!(
        "| [`src/train.py:3`](https://github.example/org/project/blob/{head}/src/train.py#L3) | ❌ \
         `mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4 `TFMP001` | \
         `experimental.set_policy` (safe fix) |"
    );
    let body = scene.github.reviews().remove(0);
    assert!(body.lines().any(|line| line == row), "{body}");
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_file_that_was_renamed_is_commented_under_its_new_name() {
    let scene = Scene::new(
        &[PINS, ("old.py", CLEAN)],
        &[("old.py", ""), ("new.py", BROKEN)],
    );
    scene.github.state().renamed = vec![("old.py".to_owned(), "new.py".to_owned())];
    scene.writes();
    assert_eq!(scene.github.places(), ["new.py:3"]);
}

#[test]
fn a_file_that_is_gone_takes_its_comments_along() {
    let mut scene = scene();
    scene.writes();
    scene.push(&[("src/train.py", "")]);
    assert_eq!(scene.writes(), ["PUT reviews/102", "DELETE comments/101"]);
}

#[test]
fn a_file_without_patch_is_told_in_the_body() {
    let scene = scene();
    scene.github.state().without_patch = vec!["src/train.py".to_owned()];
    assert_eq!(scene.writes(), ["POST reviews"]);
    assert_eq!(scene.github.places(), [""; 0]);
    let body = scene.github.reviews().remove(0);
    assert!(
        body.contains("GitHub shows no diff of some of these files"),
        "{body}"
    );
    assert!(body.contains("[`src/train.py:3`]"), "{body}");
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn three_thousand_files_are_read_page_by_page() {
    let scene = scene();
    let patch = "@@ -1 +1 @@\n-a\n+b";
    let file = |n| json!({"filename": format!("f{n}.txt"), "status": "modified", "sha": null, "patch": patch});
    scene.github.state().other_files = (1..3_000).map(file).collect();
    assert_eq!(scene.writes(), ["POST reviews"]);
    let pages = scene.github.log();
    let pages = pages
        .iter()
        .filter(|one| one.path.ends_with("/files"))
        .count();
    // GitHub lists no more, so nobody knows whether the thirtieth page was the last.
    assert_eq!(pages, 30);
    assert_eq!(scene.github.places(), ["src/train.py:3"]);
}

#[test]
fn lines_of_a_merge_commit_are_found_on_the_head() {
    let scene = scene();
    // The base has got three lines more above, since.
    let merged = format!("# a\n# b\n# c\n{BROKEN}");
    let outcome = scene.review_of(&files(&[PINS, ("src/train.py", &merged)]), &[]);
    assert_eq!(outcome.stderr, "");
    assert_eq!(scene.github.places(), ["src/train.py:3"]);
    assert!(scene.github.comments()[0].contains("```suggestion"));
}

#[test]
fn a_line_that_reads_otherwise_on_the_head_is_told_in_the_body() {
    let scene = scene();
    let merged = BROKEN.replace("\"mixed_float16\"", "NAME");
    scene.review_of(&files(&[PINS, ("src/train.py", &merged)]), &[]);
    assert_eq!(scene.github.places(), [""; 0]);
    assert!(scene.github.reviews()[0].contains("[`src/train.py:3`]"));
}

#[test]
fn a_name_over_several_lines_is_commented_on_all_of_them() {
    let code = "import tensorflow as tf\n(tf.contrib\n    .layers\n    .fully_connected)(1)\n";
    let scene = Scene::new(&[PINS], &[("a.py", code)]);
    scene.writes();
    assert_eq!(scene.github.places(), ["a.py:2-4"]);
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_button_stands_on_the_lines_that_it_replaces() {
    let code = "import tensorflow as tf\n(tf.keras.mixed_precision\n    .set_global_policy)(1)\n";
    let scene = Scene::new(&[PINS], &[("a.py", code)]);
    scene.writes();
    assert_eq!(scene.github.places(), ["a.py:3"]);
    let comment = scene.github.comments().remove(0);
    let button = "```suggestion\n    .experimental.set_policy)(1)\n```\n";
    assert!(comment.contains(button), "{comment}");
}

#[test]
fn line_ends_of_windows_get_no_button() {
    let windows = BROKEN.replace('\n', "\r\n");
    let scene = Scene::new(&[PINS], &[("a.py", &windows)]);
    scene.writes();
    assert_eq!(scene.github.places(), ["a.py:3"]);
    let comment = scene.github.comments().remove(0);
    assert!(!comment.contains("```suggestion"), "{comment}");
    assert!(
        comment.contains("`tfmp fix` makes the change."),
        "{comment}"
    );
}

#[test]
fn a_repair_in_two_places_gets_no_button() {
    let code = "from tensorflow.keras.mixed_precision import set_global_policy\n\n\nset_global_policy(1)\n";
    let scene = Scene::new(&[PINS], &[("a.py", code)]);
    scene.writes();
    assert_eq!(scene.github.places(), ["a.py:1"]);
    assert!(!scene.github.comments()[0].contains("```suggestion"));
}
