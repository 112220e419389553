//! `tfmp review --report` in other workflows: whose pull request is meant, and reports that somebody
//! else wrote.

use serde_json::{Value, json};

use super::{BROKEN, CLEAN, PINS, scene};
use crate::github::{Scene, files, repo};

/// The event of a run that follows the one of a pull request.
fn followed(scene: &mut Scene) -> &mut Value {
    let head = scene.github.head();
    let event = scene.event("workflow_run");
    *event = json!({"workflow_run": {
        "event": "pull_request",
        "head_sha": head,
        "head_branch": "fix",
        "head_repository": {"full_name": "ann/project", "owner": {"login": "ann"}},
        "pull_requests": [],
    }});
    &mut event["workflow_run"]
}

#[track_caller]
fn check_missing(scene: &Scene, why: &str) {
    let outcome = scene.review(&[]);
    assert_eq!(outcome.code, 0);
    assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    assert_eq!(scene.github.writes(), [""; 0]);
}

#[test]
fn the_pull_request_of_a_fork_is_found_by_its_head() {
    let mut scene = scene();
    followed(&mut scene);
    assert_eq!(scene.writes(), ["POST reviews"]);
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn the_pull_request_of_a_branch_is_told_by_the_event() {
    let mut scene = scene();
    let head = scene.github.head();
    followed(&mut scene)["pull_requests"] = json!([{"number": 7, "head": {"sha": head}}]);
    assert_eq!(scene.writes(), ["POST reviews"]);
    let asked = scene.github.log();
    assert!(!asked.iter().any(|one| one.path.ends_with("/pulls")));
}

#[test]
fn a_head_that_has_moved_on_is_not_reviewed() {
    let mut scene = scene();
    followed(&mut scene)["head_sha"] = json!("4b64000000000000000000000000000000000099");
    check_missing(
        &scene,
        "no open pull request, or more than one, has the commit that was checked",
    );
    let mut scene = self::scene();
    scene.event("pull_request")["pull_request"]["head"]["sha"] =
        json!("4b64000000000000000000000000000000000099");
    check_missing(
        &scene,
        "pull request 7 has a newer commit than the one that was checked; the run of that commit reviews it",
    );
}

#[test]
fn a_closed_pull_request_is_not_reviewed() {
    let scene = scene();
    scene.github.state().is_open = false;
    check_missing(&scene, "no review was posted: pull request 7 is closed");
}

#[test]
fn events_without_a_pull_request() {
    let mut scene = scene();
    scene.event("push");
    check_missing(
        &scene,
        "no review was posted: the event `push` has no pull request",
    );
    assert!(scene.github.log().is_empty());
}

#[test]
fn outside_of_github_there_is_nothing_to_review() {
    let scene = scene().env("GITHUB_EVENT_NAME", "");
    check_missing(
        &scene,
        "no review was posted: this is no run of GitHub Actions",
    );
}

#[test]
fn what_is_no_report_ends_the_run() {
    let scene = scene();
    let outcome = scene.review_with("hello", &[]);
    assert_eq!(outcome.code, 2);
    assert_eq!(
        outcome.stderr,
        "error: `report.json` is no report to review (it is not what `--json-file` writes (expected value at \
         line 1 column 1)); name a file that `tfmp check --json-file` or `tfmp action` wrote\n"
    );
    assert!(scene.github.log().is_empty());
    let outcome = scene.review(&["--max-comments", "many"]);
    assert_eq!(outcome.code, 2);
}

/// A real report of the head.
fn report(scene_files: &[(&str, &str)]) -> Value {
    repo(&files(scene_files)).json()
}

#[test]
fn a_report_cannot_suggest_what_the_head_does_not_have() {
    let scene = scene();
    let mut report = report(&[PINS, ("src/train.py", BROKEN)]);
    let change = &mut report["findings"][0]["fix"]["lines"][0];
    change["before"] = json!(["something else"]);
    change["after"] = json!(["import os; os.system('x')"]);
    scene.review_with(&report.to_string(), &[]);
    assert_eq!(scene.github.places(), ["src/train.py:3"]);
    assert!(!scene.github.comments()[0].contains("os.system"));
}

#[test]
fn a_report_cannot_leave_the_repository() {
    let scene = scene();
    let mut report = report(&[PINS, ("src/train.py", BROKEN)]);
    report["findings"][0]["path"] = json!("../../user");
    let outcome = scene.review_with(&report.to_string(), &[]);
    assert_eq!(outcome.code, 0);
    let body = scene.github.reviews().remove(0);
    assert!(
        body.contains("1 more finding of the report cannot be told here."),
        "{body}"
    );
    assert!(!body.contains("user"), "{body}");
}

/// Texts that would do something in Markdown, in HTML, on GitHub, or to a reader's eyes.
const HOSTILE: &str = "@everyone #1 [x](https://evil.example) <img src=x onerror=y> `a` ``` |\n\n\
                       <!-- tfmp:v1 fp=0 rule=x of=y text=z -->\n::error::x\u{202e}\u{200b}";

#[test]
fn hostile_texts_in_a_report_are_inert() {
    let scene = scene();
    let mut report = report(&[PINS, ("src/train.py", BROKEN)]);
    report["scopes"][0]["folder"] = json!(HOSTILE);
    report["scopes"][0]["pin"] = json!(HOSTILE);
    let mut listed = report["findings"][0].clone();
    listed["fingerprint"] = json!("0000000000000001");
    listed["path"] = json!("src/a @b|`c`.py");
    for finding in [&mut report["findings"][0], &mut listed] {
        for field in ["message", "label", "symbol", "run_time"] {
            finding[field] = json!(HOSTILE);
        }
        finding["help"] = json!([HOSTILE]);
        finding["fix"]["title"] = json!(HOSTILE);
        finding["pins"][0]["text"] = json!(HOSTILE);
    }
    report["findings"].as_array_mut().unwrap().push(listed);
    scene.review_with(&report.to_string(), &[]);
    let texts = [
        scene.github.comments().remove(0),
        scene.github.reviews().remove(0),
    ];
    for text in texts {
        // Outside of code, which is shown as it is.
        let html = render(&text);
        let shown = without_code(&html);
        for active in [
            "<img",
            "<a href=\"https://evil",
            "@everyone",
            "#1 ",
            "\u{202e}",
        ] {
            assert!(!shown.contains(active), "{active}: {shown}");
        }
        assert!(!html.contains("\u{202e}"));
        assert_eq!(text.matches("<!-- tfmp:v1 fp=0").count(), 0, "{text}");
        assert_eq!(text.matches("\n<!-- tfmp:v1").count(), 1, "{text}");
    }
    // And the marker is still found.
    scene.github.forget();
    scene.review_with(&report.to_string(), &[]);
    assert_eq!(scene.github.writes(), [""; 0]);
}

#[test]
fn texts_without_end_are_still_taken_by_github() {
    let scene = scene();
    let mut report = report(&[PINS, ("src/train.py", BROKEN)]);
    // Each of these is a formula, unless it is escaped with many more letters.
    let long = "$".repeat(10_000);
    let scope = report["scopes"][0].clone();
    report["scopes"] = (0..100)
        .map(|_| {
            let mut scope = scope.clone();
            scope["folder"] = json!(long);
            scope["tensorflow"] = json!(long);
            scope
        })
        .collect();
    let one = report["findings"][0].clone();
    report["findings"] = (0..50)
        .map(|n| {
            let mut one = one.clone();
            one["fingerprint"] = json!(format!("{n:016x}"));
            for field in ["message", "label", "symbol", "run_time"] {
                one[field] = json!(long);
            }
            one["help"] = json!([long, long, long, long, long, long]);
            one["fix"]["title"] = json!(long);
            one
        })
        .collect();
    // The contract refuses what is longer than GitHub takes.
    let outcome = scene.review_with(&report.to_string(), &[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert_eq!(scene.github.places().len(), 25);
    assert_eq!(scene.github.reviews().len(), 1);
}

#[test]
fn code_with_fences_stays_in_its_block() {
    let call = "tf.keras.mixed_precision.set_global_policy(\"```\")\n";
    let scene = Scene::new(
        &[PINS],
        &[("a.py", &format!("import tensorflow as tf\n{call}"))],
    );
    scene.writes();
    let comment = scene.github.comments().remove(0);
    assert!(comment.contains("````suggestion\n"), "{comment}");
}

fn render(markdown: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.render.r#unsafe = true;
    comrak::markdown_to_html(markdown, &options)
}

fn without_code(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<code") {
        out.push_str(before);
        rest = after.split_once("</code>").map_or("", |(_, behind)| behind);
    }
    out.push_str(rest);
    out
}

/// The parts of a head that several runs have judged.
fn parts(scene_files: &[(&str, &str)], of: u16) -> Vec<String> {
    let repo = repo(&files(scene_files));
    let part = |number: u16| {
        let shard = format!("{number}/{of}");
        let args = [
            "check",
            "--format",
            "json",
            "--fail-on",
            "never",
            "--shard",
            &shard,
        ];
        repo.tfmp(&args).stdout
    };
    (1..=of).map(part).collect()
}

#[test]
fn parts_of_a_run_make_one_review() {
    let scene = || {
        let clean = [
            PINS,
            ("src/a.py", CLEAN),
            ("src/b.py", CLEAN),
            ("src/c.py", CLEAN),
        ];
        let broken = [
            ("src/a.py", BROKEN),
            ("src/b.py", BROKEN),
            ("src/c.py", BROKEN),
        ];
        Scene::new(&clean, &broken)
    };
    let head = [
        PINS,
        ("src/a.py", BROKEN),
        ("src/b.py", BROKEN),
        ("src/c.py", BROKEN),
    ];
    let one = scene();
    assert_eq!(one.review(&[]).code, 0);
    let sent = |scene: &Scene| scene.github.log().pop().unwrap().body;
    let several = scene();
    let mut reports = parts(&head, 5);
    // The order in which they come tells nothing.
    reports.rotate_left(2);
    let names: Vec<String> = (0..5).map(|number| format!("{number}.json")).collect();
    let given: Vec<(&str, &str)> = names
        .iter()
        .zip(&reports)
        .map(|(name, report)| (name.as_str(), report.as_str()))
        .collect();
    let outcome = several.review_with_all(&given, &[]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(several.github.writes(), ["POST reviews"]);
    assert_eq!(sent(&several)["comments"], sent(&one)["comments"]);
    assert_eq!(sent(&several)["body"], sent(&one)["body"]);
    // A second run of the same has nothing to add.
    several.github.forget();
    several.review_with_all(&given, &[]);
    assert_eq!(several.github.writes(), [""; 0]);
}

#[test]
fn one_part_that_is_no_report_ends_the_review() {
    let scene = scene();
    let good = report(&[PINS, ("src/train.py", BROKEN)]).to_string();
    let outcome = scene.review_with_all(&[("a.json", &good), ("b.json", "hello")], &[]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("`b.json` is no report to review"),
        "{}",
        outcome.stderr
    );
    assert!(scene.github.log().is_empty());
}
