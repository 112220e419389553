//! Reviews of pull requests, by the real binary against a GitHub that keeps what it is sent: the course
//! of a pull request from its first run on.

mod failures;
mod places;
mod reports;

use serde_json::json;

use crate::github::Scene;

pub(crate) const PINS: (&str, &str) = ("requirements.txt", "numpy\ntensorflow==2.3.4\n");
pub(crate) const CLEAN: &str = "import tensorflow as tf\n\nprint(tf.__version__)\n";
pub(crate) const BROKEN: &str = "\
import tensorflow as tf

tf.keras.mixed_precision.set_global_policy(\"mixed_float16\")
print(tf.__version__)
";

/// A pull request that brings one call that the pin does not have.
pub(crate) fn scene() -> Scene {
    Scene::new(
        &[PINS, ("src/train.py", CLEAN)],
        &[("src/train.py", BROKEN)],
    )
}

#[test]
fn the_first_run_comments_on_the_line() {
    let scene = scene();
    let outcome = scene.review(&[]);
    assert_eq!(
        (
            outcome.code,
            outcome.stderr.as_str(),
            outcome.stdout.as_str()
        ),
        (
            0,
            "",
            "pull request 7: 1 new comment (https://github.example/org/project/pull/7#102)\n"
        )
    );
    assert_eq!(scene.github.writes(), ["POST reviews"]);
    let sent = scene.github.log().pop().unwrap().body;
    assert_eq!(
        [
            &sent["event"],
            &sent["commit_id"],
            &sent["comments"][0]["side"]
        ],
        ["COMMENT", &scene.github.head(), "RIGHT"]
    );
    assert_eq!(sent["comments"][0].get("start_line"), None);
    assert_eq!(scene.github.places(), ["src/train.py:3"]);
    let pin = format!(
        "org/project/blob/{}/requirements.txt#L2",
        scene.github.head()
    );
    let expect = [
        &format!(
            "**`tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4** · \
             [`TFMP001`](https://github.com/org/tfmp-action/blob/v{}/src/rules/api_too_new.md)",
            env!("CARGO_PKG_VERSION")
        ),
        "",
        &format!(
            "Appears in 2.4.0; [`requirements.txt:2`](https://github.example/{pin}) pins \
             `tensorflow==2.3.4`. When this line runs: `AttributeError: module \
             'tensorflow.keras.mixed_precision' has no attribute 'set_global_policy'`."
        ),
        "",
        "```suggestion",
        "tf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")",
        "```",
        "",
        "Or raise the pin: `tensorflow>=2.4`.",
        "",
        "<details><summary>Releases</summary>",
        "",
        "```text",
        "1.0 ···················· 2.3▏2.4 ███████████████████ 2.22",
        "                       ▲ permitted",
        "```",
        "",
        "</details>",
        "",
    ];
    let comment = scene.github.comments().remove(0);
    let (text, marker) = comment.rsplit_once("<!-- ").unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), expect);
    assert!(
        marker.starts_with("tfmp:v1 fp=7c683f0264752036 rule=TFMP001 of=ace28b5de3ee4b77 by="),
        "{marker}"
    );
    let body = scene.github.reviews().remove(0);
    assert!(
        body.starts_with(
            "### tfmp: 1 error\n\nChecked against TensorFlow 2.3.4 (`requirements.txt:2`).\n\n<!-- tfmp:v1"
        ),
        "{body}"
    );
}

#[test]
fn the_second_run_posts_nothing() {
    let scene = scene();
    assert_eq!(scene.writes(), ["POST reviews"]);
    assert_eq!(scene.writes(), [""; 0]);
    let outcome = scene.review(&[]);
    assert_eq!(outcome.stdout, "pull request 7: 1 comment as before\n");
}

#[test]
fn a_pull_request_without_findings_gets_no_review() {
    let scene = Scene::new(&[PINS], &[("src/train.py", CLEAN)]);
    assert_eq!(scene.writes(), [""; 0]);
    assert_eq!(scene.review(&[]).stdout, "pull request 7: nothing to say\n");
}

#[test]
fn lines_that_shift_post_nothing() {
    let mut scene = scene();
    scene.writes();
    scene.push(&[("src/train.py", &format!("# one\n# two\n# three\n{BROKEN}"))]);
    assert_eq!(scene.writes(), [""; 0]);
    assert_eq!(scene.github.places(), ["src/train.py:6"]);
}

#[test]
fn a_comment_goes_with_its_finding() {
    let mut scene = scene();
    scene.writes();
    scene.push(&[("src/train.py", &format!("# repaired\n{CLEAN}"))]);
    assert_eq!(scene.writes(), ["PUT reviews/102", "DELETE comments/101"]);
    let body = scene.github.reviews().remove(0);
    assert!(
        body.starts_with("### tfmp: nothing left to report\n"),
        "{body}"
    );
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_comment_that_was_answered_stays() {
    let mut scene = scene();
    scene.writes();
    scene.github.answer(0);
    scene.push(&[("src/train.py", &format!("# repaired\n{CLEAN}"))]);
    assert_eq!(scene.writes(), ["PUT reviews/102"]);
    assert_eq!(scene.github.comments().len(), 2);
}

#[test]
fn a_finding_that_comes_back_is_told_again() {
    let mut scene = scene();
    scene.writes();
    scene.push(&[("src/train.py", &format!("# repaired\n{CLEAN}"))]);
    scene.writes();
    scene.push(&[("src/train.py", BROKEN)]);
    assert_eq!(scene.writes(), ["POST reviews", "PUT reviews/102"]);
    assert_eq!(scene.github.places(), ["src/train.py:3"]);
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_line_that_is_written_anew_and_still_fails_gets_its_comment_anew() {
    let mut scene = scene();
    scene.writes();
    scene.push(&[(
        "src/train.py",
        &BROKEN.replace("\"mixed_float16\"", "POLICY"),
    )]);
    assert_eq!(scene.github.places(), ["src/train.py:null"]);
    assert_eq!(scene.writes(), ["POST reviews", "DELETE comments/101"]);
    assert_eq!(scene.github.places(), ["src/train.py:3"]);
    let brief = scene.github.reviews().remove(1);
    assert_eq!(brief, "tfmp: 1 new finding on lines of this pull request.");
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn an_outdated_comment_that_was_answered_stays_alone() {
    let mut scene = scene();
    scene.writes();
    scene.github.answer(0);
    scene.push(&[(
        "src/train.py",
        &BROKEN.replace("\"mixed_float16\"", "POLICY"),
    )]);
    // The conversation is there; the body tells where the line is now.
    assert_eq!(scene.writes(), ["PUT reviews/102", "PATCH comments/101"]);
    assert!(scene.github.reviews()[0].contains("src/train.py:3"));
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_force_push_with_the_same_lines_posts_nothing() {
    let mut scene = scene();
    scene.writes();
    // Another history: a new file, the old lines in another place.
    scene.push(&[
        ("src/new.py", "x = 1\n"),
        ("src/train.py", &format!("{BROKEN}# end\n")),
    ]);
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn of_equal_findings_the_one_that_is_left_keeps_its_comment() {
    let call = "tf.keras.mixed_precision.set_global_policy(P)\n";
    let two = format!("import tensorflow as tf\nP = 1\n{call}\n\n{call}");
    let mut scene = Scene::new(&[PINS], &[("a.py", &two)]);
    scene.writes();
    assert_eq!(scene.github.places(), ["a.py:3", "a.py:6"]);
    scene.push(&[("a.py", &two.replacen(call, "print(P)\n", 1))]);
    // The second one counts as the first now. Its comment is still that on its line.
    let writes = scene.writes();
    assert!(
        writes.contains(&"DELETE comments/101".to_owned()),
        "{writes:?}"
    );
    assert!(
        !writes.iter().any(|write| write.starts_with("POST")),
        "{writes:?}"
    );
    assert_eq!(scene.github.places(), ["a.py:6"]);
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_comment_whose_words_change_is_rewritten_in_place() {
    let mut scene = scene();
    scene.writes();
    scene.push(&[("requirements.txt", "numpy\ntensorflow==2.2.3\n")]);
    let writes = scene.writes();
    assert_eq!(
        writes
            .iter()
            .filter(|write| write.starts_with("POST"))
            .count(),
        0,
        "{writes:?}"
    );
    assert!(
        writes.contains(&"PATCH comments/101".to_owned()),
        "{writes:?}"
    );
    assert!(scene.github.comments()[0].contains("TensorFlow 2.2.3"));
}

#[test]
fn runs_of_two_categories_let_each_other_alone() {
    let mut scene = scene().env("TFMP_CATEGORY", "tf-2.3");
    assert_eq!(scene.writes(), ["POST reviews"]);
    let body = scene.github.reviews().remove(0);
    assert!(body.starts_with("### tfmp (tf-2.3): 1 error\n"), "{body}");
    scene = scene.env("TFMP_CATEGORY", "tf-2.2");
    assert_eq!(scene.writes(), ["POST reviews"]);
    assert_eq!(scene.writes(), [""; 0]);
    scene.push(&[("src/train.py", &format!("# repaired\n{CLEAN}"))]);
    assert_eq!(scene.writes(), ["PUT reviews/104", "DELETE comments/103"]);
    scene = scene.env("TFMP_CATEGORY", "tf-2.3");
    assert_eq!(scene.writes(), ["PUT reviews/102", "DELETE comments/101"]);
}

#[test]
fn comments_of_others_are_let_alone_whatever_they_say() {
    let scene = scene();
    scene.writes();
    {
        let mut state = scene.github.state();
        let stranger = json!({"login": "mallory", "type": "User", "id": 9});
        // A forged marker that hides the finding, and one that asks for deletion.
        state.comments[0]["user"] = stranger.clone();
        let mut other = state.comments[0].clone();
        other["id"] = json!(55);
        let body = other["body"]
            .as_str()
            .unwrap()
            .replace("fp=7c68", "fp=0000");
        other["body"] = json!(body);
        state.comments.push(other);
        state.reviews[0]["user"] = stranger;
    }
    assert_eq!(scene.writes(), ["POST reviews"]);
    assert_eq!(scene.github.comments().len(), 3);
}

#[test]
fn a_token_of_a_person_knows_its_own_comments() {
    let scene = scene().env("GITHUB_TOKEN", "ghp_0123456789");
    scene.github.state().me = json!({"login": "ann", "type": "User", "id": 1});
    assert_eq!(scene.writes(), ["POST reviews"]);
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn an_enterprise_server_has_its_api_below_a_path() {
    let scene = scene().below("/api/v3");
    assert_eq!(scene.writes(), ["POST reviews"]);
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_pin_that_is_raised_gets_one_comment_with_all_that_breaks() {
    let old = "\
import tensorflow as tf

tf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")
tf.keras.mixed_precision.experimental.Policy(\"float32\")
tf.contrib.layers.fully_connected(1, 10)
";
    let base = [PINS, ("src/train.py", old), ("src/eval.py", old)];
    let scene = Scene::new(&base, &[("requirements.txt", "numpy\ntensorflow==2.9.3\n")]);
    assert_eq!(scene.writes(), ["POST reviews"]);
    assert_eq!(scene.github.places(), ["requirements.txt:2"]);
    let comment = scene.github.comments().remove(0);
    let lines: Vec<&str> = comment.lines().collect();
    assert_eq!(
        lines[0],
        "**Raising TensorFlow to 2.9.3 breaks 4 lines in 2 files** (4 with a safe fix: `tfmp fix`)"
    );
    assert_eq!(lines[2], "It was `tensorflow==2.3.4`.");
    assert_eq!(lines[4..6], ["| where | what | instead |", "|---|---|---|"]);
    for row in [
        "src/eval.py:3",
        "src/eval.py:4",
        "src/train.py:3",
        "src/train.py:4",
    ] {
        assert!(comment.contains(&format!("[`{row}`](")), "{row}: {comment}");
    }
    // Two names, each with the two lines that use it.
    let rows = lines.iter().filter(|line| line.starts_with("| ["));
    assert_eq!(rows.count(), 2);
    // What failed before the pull request does not come from it.
    assert!(!comment.contains("fully_connected"), "{comment}");
    let body = scene.github.reviews().remove(0);
    assert!(
        body.contains("fully_connected") && !body.contains("set_policy"),
        "{body}"
    );
    assert_eq!(scene.writes(), [""; 0]);
}
