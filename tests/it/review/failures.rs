//! What goes wrong between here and GitHub: nothing is lost, nothing is said twice, the exit code does
//! not change, and a sentence says why the review is missing.

use std::time::{Duration, Instant};

use super::scene;
use crate::github::{Fault, Proxy, Scene};

/// Reviews, and expects this sentence and these writes.
#[track_caller]
fn check(scene: &Scene, notice: &str, writes: &[&str]) {
    let outcome = scene.review(&[]);
    assert_eq!(outcome.code, 0, "findings alone make the exit code");
    assert!(outcome.stderr.contains(notice), "{}", outcome.stderr);
    assert_eq!(scene.github.writes(), writes);
}

#[track_caller]
fn check_fault(fault: Fault, notice: &str, writes: &[&str]) {
    let scene = scene();
    scene.github.fail(fault);
    check(&scene, notice, writes);
}

const FORBIDDEN: &str = "Resource not accessible by integration";

#[test]
fn the_token_of_a_fork_may_only_read() {
    let scene = scene().forked();
    scene
        .github
        .fail(Fault::new("POST", "/reviews", 403).saying(FORBIDDEN));
    check(
        &scene,
        "notice: the review is not whole: GitHub took no review (403: Resource not accessible by \
         integration); runs of pull requests from forks and of Dependabot may only read; post the review \
         from a `workflow_run` with `tfmp review --report FILE`\n",
        &["POST reviews"],
    );
}

#[test]
fn a_job_without_the_right_to_write() {
    for status in [403, 404] {
        check_fault(
            Fault::new("POST", "/reviews", status).saying(FORBIDDEN),
            "; give the job `permissions: pull-requests: write`\n",
            &["POST reviews"],
        );
    }
}

#[test]
fn a_job_without_the_right_to_read() {
    check_fault(
        Fault::new("GET", "/pulls/7", 404).saying("Not Found"),
        "the pull request cannot be read (404: Not Found); give the job `permissions:",
        &[],
    );
}

#[test]
fn a_token_that_is_not_valid() {
    check_fault(
        Fault::new("GET", "/pulls/7", 401).saying("Bad credentials"),
        "(401: Bad credentials); the token is not valid here",
        &[],
    );
}

#[test]
fn lines_that_github_refuses_are_told_in_the_body() {
    let scene = scene();
    let said = "Pull request review thread line must be part of the diff";
    let body = format!("{{\"message\": \"Unprocessable Entity\", \"errors\": [\"{said}\"]}}");
    scene
        .github
        .fail(Fault::new("POST", "/reviews", 422).body(&body).times(1));
    check(
        &scene,
        "comments on lines of the pull request are missing: GitHub refused them (Unprocessable Entity: \
         Pull request review thread line must be part of the diff); the body of the review tells them\n",
        &["POST reviews", "POST reviews"],
    );
    let body = scene.github.reviews().remove(0);
    assert!(body.contains("GitHub took no comments on lines"), "{body}");
    assert!(body.contains("[`src/train.py:3`]"), "{body}");
    // As long as it refuses, the body is not posted again.
    scene.github.forget();
    scene
        .github
        .fail(Fault::new("POST", "/reviews", 422).times(1));
    check(&scene, "GitHub refused them", &["POST reviews"]);
    assert_eq!(scene.github.reviews().len(), 1);
    // And once it does not, all is as it should be.
    assert_eq!(scene.writes(), ["POST reviews", "PUT reviews/101"]);
    assert!(!scene.github.reviews()[0].contains("[`src/train.py:3`]"));
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_review_that_is_refused_twice_is_not_tried_a_third_time() {
    check_fault(
        Fault::new("POST", "/reviews", 422),
        "GitHub took no review (422: no)",
        &["POST reviews", "POST reviews"],
    );
}

#[test]
fn a_limit_is_waited_for() {
    for status in [429, 403] {
        let scene = scene();
        let fault = Fault::new("POST", "/reviews", status).header("retry-after", "1");
        scene.github.fail(fault.times(1));
        let start = Instant::now();
        check(&scene, "", &["POST reviews", "POST reviews"]);
        assert!(start.elapsed() >= Duration::from_secs(1));
        assert_eq!(scene.github.places(), ["src/train.py:3"]);
    }
}

#[test]
fn a_limit_that_lasts_too_long_is_not_waited_for() {
    let start = Instant::now();
    check_fault(
        Fault::new("POST", "/reviews", 429).header("retry-after", "3600"),
        "GitHub took no review (it asks to wait 3600 s); run the job again later",
        &["POST reviews"],
    );
    check_fault(
        Fault::new("POST", "/reviews", 403).saying("You have exceeded a secondary rate limit."),
        "GitHub took no review (it asks to wait 60 s)",
        &["POST reviews"],
    );
    // More seconds than any clock counts.
    let most = u64::MAX.to_string();
    check_fault(
        Fault::new("POST", "/reviews", 429).header("retry-after", &most),
        &format!("GitHub took no review (it asks to wait {most} s)"),
        &["POST reviews"],
    );
    check_fault(
        Fault::new("POST", "/reviews", 403)
            .header("x-ratelimit-remaining", "0")
            .header("x-ratelimit-reset", &most),
        "GitHub took no review (it asks to wait ",
        &["POST reviews"],
    );
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_limit_without_end_is_not_waited_for_forever() {
    check_fault(
        Fault::new("POST", "/reviews", 429).header("retry-after", "0"),
        "GitHub took no review (it asks to wait 0 s)",
        &["POST reviews", "POST reviews", "POST reviews"],
    );
}

#[test]
fn a_write_is_never_repeated_after_a_fault_of_the_server() {
    for status in [500, 502, 503] {
        check_fault(
            Fault::new("POST", "/reviews", status).body("<html>oops</html>"),
            &format!("GitHub took no review ({status}, a fault of the server)"),
            &["POST reviews"],
        );
    }
}

#[test]
fn a_review_whose_answer_was_lost_is_not_posted_again() {
    let scene = scene();
    scene
        .github
        .fail(Fault::new("POST", "/reviews", 502).done().times(1));
    check(&scene, "502", &["POST reviews"]);
    assert_eq!(scene.writes(), [""; 0]);
    assert_eq!(scene.github.places(), ["src/train.py:3"]);
}

#[test]
fn reads_are_repeated_after_faults_of_the_server() {
    let scene = scene();
    for path in ["/pulls/7", "/files", "/comments", "/reviews"] {
        scene.github.fail(Fault::new("GET", path, 502).times(1));
    }
    check(&scene, "", &["POST reviews"]);
    assert_eq!(scene.github.places(), ["src/train.py:3"]);
}

#[test]
fn without_the_comments_that_are_there_nothing_is_posted() {
    for path in ["/comments", "/reviews"] {
        check_fault(
            Fault::new("GET", path, 500),
            "cannot be listed (500, a fault of the server)",
            &[],
        );
    }
}

#[test]
fn without_the_files_all_is_told_in_the_body() {
    for status in [406, 422, 500] {
        let scene = scene();
        scene.github.fail(Fault::new("GET", "/files", status));
        check(&scene, "", &["POST reviews"]);
        let body = scene.github.reviews().remove(0);
        assert!(body.contains("GitHub did not tell all files"), "{body}");
        assert!(body.contains("[`src/train.py:3`]"), "{body}");
    }
}

#[test]
fn comments_outlive_a_run_that_sees_no_files() {
    let scene = scene();
    scene.writes();
    scene.github.forget();
    scene.github.fail(Fault::new("GET", "/files", 422));
    let outcome = scene.review(&[]);
    assert_eq!(outcome.stderr, "");
    let writes = scene.github.writes();
    assert!(
        writes.iter().all(|write| write.starts_with("PUT")),
        "{writes:?}"
    );
    assert!(scene.github.comments()[0].contains("```suggestion"));
}

#[test]
fn a_read_that_takes_too_long_is_repeated_and_a_write_is_not() {
    let late = Duration::from_millis(2_500);
    let scene = scene();
    scene
        .github
        .fail(Fault::new("GET", "/pulls/7", 200).late(late).times(1));
    check(&scene, "", &["POST reviews"]);
    check_fault(
        Fault::new("POST", "/reviews", 200).late(late),
        "GitHub took no review (no answer in time); run the job again later; comments that are there \
         already are not posted again",
        &["POST reviews"],
    );
}

#[test]
fn a_server_that_never_answers_does_not_hold_a_job_forever() {
    let start = Instant::now();
    let scene = scene().env("TFMP_TIMEOUT", "1");
    scene
        .github
        .fail(Fault::new("GET", "/pulls/7", 200).late(Duration::from_secs(30)));
    check(
        &scene,
        "the pull request cannot be read (no answer in time)",
        &[],
    );
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[test]
fn answers_that_cannot_be_read() {
    for body in ["", "[1", "{\"id\": 1}", "<html>", "[{}]"] {
        check_fault(
            Fault::new("GET", "/comments", 200).body(body),
            "its comments cannot be listed (an answer that cannot be read",
            &[],
        );
    }
}

#[test]
fn a_redirect_on_the_same_host_is_followed() {
    let scene = scene();
    let there = format!("{}/repos/org/project/pulls/7", scene.github.address());
    let fault = Fault::new("GET", "/pulls/7", 301).header("location", &there);
    scene.github.fail(fault.times(1));
    check(&scene, "", &["POST reviews"]);
}

#[test]
fn a_redirect_never_takes_the_token_elsewhere() {
    let elsewhere = scene();
    for location in [
        format!("{}/repos/org/project/pulls/7", elsewhere.github.address()),
        "//127.0.0.1:1/x".to_owned(),
        "https://evil.example/".to_owned(),
    ] {
        for (method, path) in [("GET", "/pulls/7"), ("POST", "/reviews")] {
            let scene = scene();
            scene
                .github
                .fail(Fault::new(method, path, 307).header("location", &location));
            let outcome = scene.review(&[]);
            assert_eq!(outcome.code, 0);
            assert!(
                outcome.stderr.contains("it points to another host"),
                "{}",
                outcome.stderr
            );
        }
    }
    assert!(elsewhere.github.log().is_empty());
}

#[test]
fn redirects_in_a_circle_end() {
    check_fault(
        Fault::new("GET", "/pulls/7", 301).header("location", "/repos/org/project/pulls/7"),
        "it points to another host",
        &[],
    );
}

#[test]
fn a_server_that_is_not_there() {
    let scene = scene().env("GITHUB_API_URL", "http://127.0.0.1:1");
    let outcome = scene.review(&[]);
    assert_eq!(outcome.code, 0);
    assert!(
        outcome
            .stderr
            .contains("the pull request cannot be read (not reached: "),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_token_is_not_sent_in_the_clear() {
    let scene = scene().env("GITHUB_API_URL", "http://github.example");
    let outcome = scene.review(&[]);
    assert!(
        outcome
            .stderr
            .contains("the address of the API is not one of `https`"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_run_without_a_token() {
    let scene = scene().env("GITHUB_TOKEN", " ");
    check(
        &scene,
        "no review was posted: there is no token; pass `github.token`",
        &[],
    );
    assert!(scene.github.log().is_empty());
}

#[test]
fn a_deletion_that_fails_leaves_the_rest_whole() {
    let mut scene = scene();
    scene.writes();
    scene.push(&[("src/train.py", &format!("# repaired\n{}", super::CLEAN))]);
    scene.github.fail(
        Fault::new("DELETE", "/comments/101", 403)
            .saying(FORBIDDEN)
            .times(1),
    );
    scene.github.forget();
    check(
        &scene,
        "a comment of an earlier run is still there (403",
        &["PUT reviews/102", "DELETE comments/101"],
    );
    assert_eq!(scene.writes(), ["DELETE comments/101"]);
}

#[test]
fn a_comment_that_somebody_deleted_meanwhile_is_no_trouble() {
    let mut scene = scene();
    scene.writes();
    scene.push(&[("src/train.py", &format!("# repaired\n{}", super::CLEAN))]);
    scene
        .github
        .fail(Fault::new("DELETE", "/comments/101", 404).times(1));
    scene.github.forget();
    check(&scene, "", &["PUT reviews/102", "DELETE comments/101"]);
}

#[test]
fn in_a_workflow_what_is_missing_is_an_annotation() {
    let scene = scene().env("GITHUB_ACTIONS", "true");
    let said = "100% no\n::error::gotcha ##[error]x";
    scene
        .github
        .fail(Fault::new("POST", "/reviews", 403).saying(said));
    let outcome = scene.review(&[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert_eq!(
        outcome.stdout,
        "::notice title=tfmp::the review is not whole: GitHub took no review (403: 100%25 no ::error::gotcha \
         ##[error]x); give the job `permissions: pull-requests: write`\n"
    );
}

#[test]
fn a_proxy_of_the_environment_is_asked_to_connect() {
    let proxy = Proxy::new(true);
    // The GitHub of the tests is one of `http`.
    let scene = scene().env("http_proxy", &proxy.url("ann:pass%20word"));
    check(&scene, "", &["POST reviews"]);
    let asked = proxy.asked();
    let host = scene.github.address().replace("http://", "");
    assert!(!asked.is_empty());
    for head in asked {
        assert!(
            head.starts_with(&format!("CONNECT {host} HTTP/1.1\r\n")),
            "{head}"
        );
        let known = head.to_lowercase().contains("proxy-authorization: basic ");
        assert!(known && !head.contains("ghs_"), "{head}");
    }
}

#[test]
fn a_host_that_the_environment_takes_out_is_asked_without_a_proxy() {
    let proxy = Proxy::new(true);
    let scene = scene()
        .env("ALL_PROXY", &proxy.url(""))
        .env("NO_PROXY", "localhost,127.0.0.0/8");
    check(&scene, "", &["POST reviews"]);
    assert_eq!(proxy.asked(), Vec::<String>::new());
}

#[test]
fn a_proxy_that_refuses_is_named_without_its_password() {
    let proxy = Proxy::new(false);
    let scene = scene().env("HTTP_PROXY", &proxy.url("ann:secret"));
    let outcome = scene.review(&[]);
    assert_eq!(outcome.code, 0);
    assert!(
        outcome.stderr.contains("proxy authorization required"),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains("secret"), "{}", outcome.stderr);
    assert_eq!(scene.github.writes(), Vec::<String>::new());
}

#[test]
fn a_proxy_that_cannot_be_used_is_no_reason_to_go_without() {
    let scene = scene().env("all_proxy", "socks5://127.0.0.1:9");
    check(
        &scene,
        "the proxy that the environment names is not one of `http`",
        &[],
    );
}
