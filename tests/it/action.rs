//! `tfmp action`: what a step of a workflow leaves behind, and that nothing in a repository can make
//! the runner do anything.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Outcome, TestRepo, redact};

const TOO_NEW: &str = "\
import tensorflow as tf

tf.keras.mixed_precision.set_global_policy(\"mixed_float16\")
";

/// One error under a pin.
fn broken() -> TestRepo {
    TestRepo::new()
        .file("requirements.txt", "numpy\ntensorflow==2.3.4\n")
        .file("src/train.py", TOO_NEW)
}

/// A step in the workspace of a repository.
struct Step<'r> {
    repo: &'r TestRepo,
    variables: BTreeMap<String, String>,
}

impl<'r> Step<'r> {
    fn new(repo: &'r TestRepo) -> Self {
        std::fs::create_dir_all(repo.path(".git/temp")).unwrap();
        let at = |name: &str| repo.path(&format!(".git/temp/{name}"));
        let paths = [
            ("GITHUB_WORKSPACE", repo.path("")),
            ("RUNNER_TEMP", at("")),
            ("GITHUB_STEP_SUMMARY", at("summary.md")),
            ("GITHUB_OUTPUT", at("output")),
        ];
        let paths = paths.map(|(name, path)| (name, path.to_str().unwrap().to_owned()));
        let texts = [
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "org/project"),
            ("GITHUB_SHA", "4b64d1c8"),
            ("NO_COLOR", "1"),
        ];
        let texts = texts.map(|(name, text)| (name, text.to_owned()));
        let all = paths.into_iter().chain(texts);
        Self {
            repo,
            variables: all.map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }

    fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.insert(variable.to_owned(), value.to_owned());
        self
    }

    #[track_caller]
    fn run(&self) -> Outcome {
        let mut command = crate::support::command(&self.repo.path(""));
        let output = command
            .arg("action")
            .envs(&self.variables)
            .output()
            .unwrap();
        let text = |bytes| redact(&String::from_utf8(bytes).unwrap());
        Outcome {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    fn left(&self, name: &str) -> String {
        std::fs::read_to_string(self.repo.path(&format!(".git/temp/{name}"))).unwrap_or_default()
    }

    /// The outputs, as the runner reads them.
    #[track_caller]
    fn outputs(&self) -> BTreeMap<String, String> {
        let text = self.left("output");
        let mut lines = text.lines();
        let mut outputs = BTreeMap::new();
        while let Some(line) = lines.next() {
            let (name, value) = match line.split_once("<<") {
                Some((name, end)) => {
                    let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                    (name, value.join("\n"))
                }
                None => {
                    let (name, value) = line.split_once('=').unwrap();
                    (name, value.to_owned())
                }
            };
            outputs.insert(name.to_owned(), value);
        }
        outputs
    }
}

/// The lines of a log that the runner takes for commands: `::name ...::` after blanks, and the old
/// `##[name]` anywhere.
fn commands(log: &str) -> Vec<&str> {
    let new = |line: &str| {
        let head = line.trim_start().strip_prefix("::")?;
        let (head, _) = head.split_once("::")?;
        head.starts_with(|c: char| c.is_ascii_lowercase())
            .then_some(())
    };
    let found = log
        .lines()
        .filter(|line| new(line).is_some() || line.contains("##["));
    found.collect()
}

/// The parts of a matrix keep their results apart, and leave the review to one job behind them.
#[test]
fn a_part_of_the_files_leaves_its_own() {
    let repo = broken();
    let mut found = 0;
    for shard in ["1/2", "2/2"] {
        let step = Step::new(&repo).with("TFMP_SHARD", shard);
        let step = step.with("GITHUB_EVENT_NAME", "pull_request");
        let _ = std::fs::remove_file(repo.path(".git/temp/output"));
        let outcome = step.run();
        assert!(!outcome.stdout.contains("review"), "{}", outcome.stdout);
        let outputs = step.outputs();
        found += outputs["findings"].parse::<usize>().unwrap();
        let read = |output: &str| -> Value {
            let text = std::fs::read_to_string(&outputs[output]).unwrap();
            serde_json::from_str(&text).unwrap()
        };
        assert_eq!(read("report-file")["shard"], shard);
        let id = format!("tfmp-{}/", shard.replace('/', "-of-"));
        assert_eq!(read("sarif-file")["runs"][0]["automationDetails"]["id"], id);
    }
    assert_eq!(found, 1);
    let outcome = Step::new(&repo).with("TFMP_SHARD", "3/2").run();
    let told = "input `shard`: `shard 3/2` names no part";
    assert!(
        outcome.code == 2 && outcome.stdout.contains(told),
        "{outcome:?}"
    );
}

#[test]
fn one_run_leaves_everything() {
    let repo = broken();
    let step = Step::new(&repo);
    let outcome = step.run();
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (1, ""),
        "{outcome:?}"
    );
    assert_eq!(
        commands(&outcome.stdout),
        [
            "::group::what is checked against what",
            "::endgroup::",
            "::error file=src/train.py,line=3,endLine=3,col=1,endColumn=43,title=TFMP001 \
             api-too-new::`tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow \
             2.3.4%0Aappears in 2.4.0%0Aon this pin: \
             `tf.keras.mixed_precision.experimental.set_policy` (safe fix)%0Aor raise the pin: \
             `tensorflow>=2.4`%0Aat run time: \
             AttributeError: module 'tensorflow.keras.mixed_precision' has no attribute \
             'set_global_policy'",
        ]
    );
    let sarif: Value = serde_json::from_str(&step.left("tfmp.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    assert_eq!(sarif["runs"][0]["automationDetails"]["id"], "tfmp/");
    let report: Value = serde_json::from_str(&step.left("tfmp.json")).unwrap();
    assert_eq!(report["summary"]["errors"], 1);
    let outputs = step.outputs();
    let of = |name: &str| outputs[name].as_str();
    assert_eq!(
        ["findings", "errors", "warnings", "notes", "tensorflow"].map(of),
        ["1", "1", "0", "0", "2.3.4"]
    );
    assert!(of("sarif-file").ends_with("tfmp.sarif"), "{outputs:?}");
    assert!(of("report-file").ends_with("tfmp.json"), "{outputs:?}");
}

#[test]
fn inputs_are_what_options_are() {
    let repo = broken().file("other/train.py", TOO_NEW);
    let count = |variable: &str, value: &str| {
        let step = Step::new(&repo).with(variable, value);
        let outcome = step.run();
        let outputs = step.outputs();
        std::fs::remove_file(repo.path(".git/temp/output")).unwrap();
        (outcome.code, outputs["errors"].clone())
    };
    assert_eq!(count("TFMP_PATH", " \n"), (1, "2".to_owned()));
    assert_eq!(count("TFMP_PATH", "src"), (1, "1".to_owned()));
    assert_eq!(count("TFMP_PATH", "src\n other \n"), (1, "2".to_owned()));
    assert_eq!(
        count("TFMP_TENSORFLOW_VERSION", ">=2.4,<2.9"),
        (0, "0".to_owned())
    );
    assert_eq!(count("TFMP_REQUIREMENTS", "none.txt"), (0, "0".to_owned()));
    assert_eq!(count("TFMP_FAIL_ON", "Never"), (0, "2".to_owned()));
}

#[test]
fn a_wrong_input_is_told_by_its_name() {
    #[track_caller]
    fn check(variable: &str, value: &str, expect: &str) {
        let repo = broken();
        let outcome = Step::new(&repo).with(variable, value).run();
        assert_eq!(outcome.code, 2);
        assert_eq!(outcome.stdout, format!("::error title=tfmp::{expect}\n"));
    }
    check(
        "TFMP_FAIL_ON",
        "eror",
        "input `fail-on`: `eror` is not `error`, `warning`, `note` or `never`; \
         write `error`, `warning`, `note` or `never`",
    );
    check(
        "TFMP_SUMMARY",
        "yes",
        "input `summary`: `yes` is not `true` or `false`; write `true` or `false`",
    );
    check(
        "TFMP_PATH",
        "src\nsrv",
        "input `path`: there is no `srv`; did you mean `src`?",
    );
    check(
        "TFMP_TENSORFLOW_VERSION",
        "late\nst",
        "input `tensorflow-version`: `tensorflow late␊st` is no version and no range of versions; \
         write it as for pip, such as `2.3.4` or `>=2.4,<2.9`",
    );
    check(
        "TFMP_MAX_COMMENTS",
        "-1",
        "input `max-comments`: `-1` is not a number from 0 to 100; write a number from 0 to 100",
    );
    check(
        "TFMP_BASELINE",
        "tfmp-baseline.json",
        "input `baseline`: `tfmp-baseline.json` is no baseline (there is no such file); write it with \
         `tfmp check --write-baseline tfmp-baseline.json`",
    );
    check(
        "TFMP_REQUIREMENTS",
        "a[",
        "input `requirements`: `a[` is not a glob: unclosed character class; missing ']'; write it as in `.gitignore`, such as `tests/**`",
    );
}

#[test]
fn what_cannot_be_written_keeps_nothing_else_back() {
    let repo = broken();
    let step = Step::new(&repo)
        .with("TFMP_SARIF_FILE", "src/train.py/x.sarif")
        .with("GITHUB_STEP_SUMMARY", "/nowhere/summary.md");
    let outcome = step.run();
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stdout.contains("::error file=src/train.py,"),
        "{outcome:?}"
    );
    let last = outcome.stdout.lines().last().unwrap();
    assert!(
        last.starts_with("::error title=tfmp::`src/train.py/x.sarif` cannot be written ("),
        "{last}"
    );
    let outputs = step.outputs();
    assert_eq!([&outputs["errors"], &outputs["sarif-file"]], ["1", ""]);
    assert!(outputs["report-file"].ends_with("tfmp.json"));
}

#[test]
fn outputs_that_cannot_be_written_are_a_notice() {
    let repo = broken();
    let step = Step::new(&repo).with("GITHUB_OUTPUT", "/nowhere/output");
    let outcome = step.with("TFMP_FAIL_ON", "never").run();
    assert_eq!(outcome.code, 0);
    assert!(
        outcome
            .stdout
            .contains("\n::notice title=tfmp::the outputs of this step are missing ("),
        "{outcome:?}"
    );
}

#[test]
fn files_of_two_categories_are_kept_apart() {
    let repo = broken();
    let step = Step::new(&repo).with("TFMP_CATEGORY", "back end/");
    step.run();
    let sarif: Value = serde_json::from_str(&step.left("tfmp-back-end.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["automationDetails"]["id"], "back end/");
}

#[test]
fn annotations_name_files_from_the_workspace() {
    let repo = TestRepo::new()
        .file("clone/.git/HEAD", "")
        .file("clone/requirements.txt", "tensorflow==2.3.4\n")
        .file("clone/train.py", TOO_NEW);
    let outcome = Step::new(&repo).with("TFMP_PATH", "clone").run();
    assert!(
        outcome
            .stdout
            .contains("\n::error file=clone/train.py,line=3,"),
        "{outcome:?}"
    );
}

#[test]
fn annotations_can_be_left_out() {
    let repo = broken();
    let outcome = Step::new(&repo).with("TFMP_ANNOTATIONS", "false").run();
    assert_eq!(outcome.code, 1);
    assert_eq!(commands(&outcome.stdout).len(), 2, "{outcome:?}");
}

#[test]
fn the_summary_links_lines_at_the_commit() {
    let repo = broken();
    let step = Step::new(&repo);
    std::fs::write(repo.path(".git/temp/summary.md"), "before\n").unwrap();
    step.run();
    let summary = step.left("summary.md");
    let at = "https://github.example/org/project/blob/4b64d1c8";
    assert!(
        summary.starts_with("before\n## ❌ 1 line cannot run on what this repository pins\n"),
        "{summary}"
    );
    let row = format!(
        "| `./` | [`requirements.txt:2`]({at}/requirements.txt#L2) `tensorflow==2.3.4` | 2.3.4 | 1 |"
    );
    assert!(summary.contains(&row), "{summary}");
    assert!(
        summary.contains(&format!("· [line 3]({at}/src/train.py#L3) ·")),
        "{summary}"
    );
    let ends = "#L2) `tensorflow==2.3.4` ends the finding in `./`\n";
    assert!(
        summary.contains("* the pin `tensorflow>=2.4` in place of "),
        "{summary}"
    );
    assert!(summary.contains(ends), "{summary}");
}

#[test]
fn a_clone_of_another_repository_is_not_linked() {
    let other = "[remote \"origin\"]\n\turl = https://github.example/org/other\n";
    let same = "[remote \"origin\"]\n\turl = https://github.example/org/project.git\n";
    for (config, links) in [(other, false), (same, true)] {
        let repo = TestRepo::new()
            .file("clone/.git/config", config)
            .file("clone/requirements.txt", "tensorflow==2.3.4\n")
            .file("clone/train.py", TOO_NEW);
        let step = Step::new(&repo).with("TFMP_PATH", "clone");
        step.run();
        let summary = step.left("summary.md");
        assert_eq!(
            summary.contains("/org/project/blob/4b64d1c8/train.py#L3"),
            links,
            "{summary}"
        );
    }
}

#[test]
fn a_summary_that_cannot_be_written_is_a_notice() {
    let repo = broken();
    let step = Step::new(&repo).with("GITHUB_STEP_SUMMARY", "/nowhere/summary.md");
    let outcome = step.with("TFMP_FAIL_ON", "never").run();
    assert_eq!(outcome.code, 0);
    assert!(
        outcome
            .stdout
            .contains("\n::notice title=tfmp::the summary of the job is missing ("),
        "{outcome:?}"
    );
}

#[test]
fn a_summary_that_is_not_wanted_is_not_written() {
    let repo = broken();
    let step = Step::new(&repo).with("TFMP_SUMMARY", "false");
    step.run();
    assert!(!repo.path(".git/temp/summary.md").exists());
}

#[test]
fn more_findings_than_fit_are_counted_in_the_summary() {
    let names = [
        "set_global_policy",
        "global_policy",
        "Policy",
        "LossScaleOptimizer",
    ];
    let lines = names.map(|name| format!("tf.keras.mixed_precision.{name}\n"));
    let code = format!("import tensorflow as tf\n{}", lines.concat());
    let mut repo = TestRepo::new().file("requirements.txt", "tensorflow==2.3.4\n");
    for number in 0..1_500 {
        repo = repo.file(&format!("src/{number:04}.py"), &code);
    }
    let step = Step::new(&repo);
    let outcome = step.run();
    assert_eq!(outcome.code, 1);
    let summary = step.left("summary.md");
    assert!(
        (890 * 1024..=900 * 1024).contains(&summary.len()),
        "{}",
        summary.len()
    );
    assert!(
        summary.contains(" more findings** are in the log and in the SARIF file.\n"),
        "{}",
        &summary[summary.len() - 2_000..]
    );
    // The log has them all.
    let errors: usize = step.outputs()["errors"].parse().unwrap();
    assert_eq!(outcome.stdout.matches("\nerror[").count(), errors);
    assert_eq!(outcome.stdout.matches("\n::error file=").count(), 10);
}

/// A run for a pull request whose GitHub cannot be reached.
fn for_pull_request<'r>(repo: &'r TestRepo, server: &str) -> Step<'r> {
    let step = Step::new(repo);
    let event = r#"{"pull_request": {"number": 1, "state": "open", "user": {"login": "octocat"},
        "head": {"sha": "4b64d1c84b64d1c84b64d1c84b64d1c84b64d1c8",
                 "repo": {"full_name": "org/project"}}}}"#;
    std::fs::write(repo.path(".git/temp/event.json"), event).unwrap();
    let path = repo.path(".git/temp/event.json");
    step.with("GITHUB_EVENT_NAME", "pull_request")
        .with("GITHUB_EVENT_PATH", path.to_str().unwrap())
        .with("GITHUB_API_URL", server)
        .with("TFMP_TOKEN", "s3cr3t-t0ken")
        .with("TFMP_TIMEOUT", "2")
}

#[test]
fn a_review_that_cannot_be_posted_loses_nothing() {
    let repo = broken();
    let step = for_pull_request(&repo, "http://127.0.0.1:9").with("TFMP_FAIL_ON", "never");
    let outcome = step.run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let notice = outcome.stdout.lines().last().unwrap();
    assert!(notice.starts_with("::notice title=tfmp::"), "{outcome:?}");
    assert!(
        outcome
            .stdout
            .contains("\n::error file=src/train.py,line=3")
    );
    assert_eq!(step.outputs()["errors"], "1");
    let summary = step.left("summary.md");
    assert!(summary.starts_with("## ❌ 1 line"), "{summary}");
    assert!(summary.contains("\n> [!NOTE]\n> "), "{summary}");
    for told in [&outcome.stdout, &outcome.stderr, &summary] {
        assert!(!told.contains("s3cr3t"), "{told}");
    }
}

#[test]
fn a_review_is_for_pull_requests_that_want_one() {
    let repo = broken();
    let push = for_pull_request(&repo, "http://127.0.0.1:9").with("GITHUB_EVENT_NAME", "push");
    let unwanted = for_pull_request(&repo, "http://127.0.0.1:9").with("TFMP_REVIEW", "false");
    for step in [push, unwanted] {
        assert!(!step.run().stdout.contains("::notice"));
    }
    let clone = TestRepo::new()
        .file("clone/.git/config", "")
        .file("clone/a.py", TOO_NEW);
    let step = for_pull_request(&clone, "http://127.0.0.1:9").with("TFMP_PATH", "clone");
    let outcome = step.run();
    let notice = "\n::notice title=tfmp::the review is missing: what was checked is no clone of \
                   the repository of the pull request\n";
    assert!(outcome.stdout.contains(notice), "{outcome:?}");
}

/// What a repository says that wants the runner, or the reader, to do something.
const EVIL: &[&str] = &[
    "::error::owned",
    "##[error]owned",
    "%0A::set-output name=errors::0",
    "@octocat",
    "#12",
    "<img src=x onerror=alert(1)>",
    "[click](https:evil)",
    "**bold** | cell | ```",
    "\u{202e}desrever",
    "</details><!--",
];

/// A run over a repository that is hostile wherever it can be, and one over its tame twin.
#[track_caller]
fn check_hostile(repo: impl Fn(&str) -> TestRepo) {
    let tame = repo("a tame text");
    let tame_step = Step::new(&tame);
    let tame_log = tame_step.run().stdout;
    let kinds = |log: &str| -> Vec<String> {
        let name = |line: &&str| {
            line.trim_start()[2..]
                .split([' ', ':'])
                .next()
                .unwrap()
                .to_owned()
        };
        commands(log).iter().map(name).collect()
    };
    assert!(kinds(&tame_log).contains(&"error".to_owned()), "{tame_log}");
    for evil in EVIL {
        let hostile = repo(evil);
        let step = Step::new(&hostile);
        let outcome = step.run();
        assert_eq!(
            kinds(&outcome.stdout),
            kinds(&tame_log),
            "{evil}: {outcome:?}"
        );
        // A command of the new form is read as none of the old, and names a file as it is named.
        let log: Vec<&str> = outcome
            .stdout
            .lines()
            .filter(|l| !l.starts_with("::"))
            .collect();
        let log = log.join("\n");
        assert!(!log.contains("##["), "{evil}: {log}");
        let errors = |step: &Step<'_>| step.outputs()["errors"].clone();
        assert_eq!(errors(&step), errors(&tame_step), "{evil}");
        let summary = step.left("summary.md");
        for told in [&log, &summary] {
            assert!(!told.contains('\u{202e}'), "{evil}: {told}");
        }
        let html = rendered(&summary);
        let prose = without_code(&html);
        for alive in ["@octocat", "#12", "<img", "<em", "owned"] {
            assert!(!prose.contains(alive), "{evil}: {prose}");
        }
        let tame_html = rendered(&tame_step.left("summary.md"));
        for element in [
            "<strong>",
            "<td>",
            "</details>",
            "href=\"https://github.example/",
        ] {
            let count = |html: &str| html.matches(element).count();
            assert_eq!(count(&html) > 0, count(&tame_html) > 0, "{evil}: {summary}");
        }
        for link in html.split("href=\"").skip(1) {
            let own = [
                "https://github.example/org/",
                "https://github.com/org/tfmp-action/",
            ];
            assert!(
                own.iter().any(|own| link.starts_with(own)),
                "{evil}: {link}"
            );
        }
    }
}

/// A page as GitHub renders it.
fn rendered(page: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.render.r#unsafe = true;
    comrak::markdown_to_html(page, &options)
}

/// What of a rendered page GitHub looks through for mentions and references: all but code and the
/// addresses of links.
fn without_code(html: &str) -> String {
    let mut prose = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<code") {
        prose.push_str(before);
        rest = after.split_once("</code>").expect("code ends").1;
    }
    prose.push_str(rest);
    let mut parts = prose.split("href=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        all + part.split_once('"').expect("an address ends").1
    })
}

#[cfg(unix)]
#[test]
fn hostile_file_names_are_inert() {
    check_hostile(|evil| {
        let name = evil.replace('/', "_");
        TestRepo::new()
            .file("requirements.txt", "tensorflow==2.3.4\n")
            .file(&format!("src/{name}\n{name}.py"), TOO_NEW)
    });
}

#[test]
fn hostile_source_lines_are_inert() {
    check_hostile(|evil| {
        let code = format!(
            "import tensorflow as tf\n'{evil}'; tf.keras.mixed_precision.Policy; '{evil}'\n"
        );
        TestRepo::new()
            .file("requirements.txt", "tensorflow==2.3.4\n")
            .file("src/train.py", &code)
    });
}

#[test]
fn hostile_requirement_lines_are_inert() {
    check_hostile(|evil| {
        let pins = format!("{evil} numpy\ntensorflow==2.3.4  # {evil}\n{evil}\nno requirement\n");
        TestRepo::new()
            .file("requirements.txt", &pins.replace("#12", "12 # 12"))
            .file("src/train.py", TOO_NEW)
    });
}

#[test]
fn hostile_symbols_are_inert() {
    check_hostile(|evil| {
        let code = format!(
            "import tensorflow as tf\n\
             getattr(tf.keras.mixed_precision, \"set_global_policy\")\n\
             getattr(tf.nn, \"{evil}\")\ntf.nn.relu(**{{\"{evil}\": 1}})\n\
             tf.keras.mixed_precision.set_global_policy(\"{evil}\")\n"
        );
        TestRepo::new()
            .file("requirements.txt", "tensorflow==2.3.4\n")
            .file("src/train.py", &code)
    });
}

#[test]
fn hostile_comments_are_inert() {
    check_hostile(|evil| {
        let name = evil.replace([' ', ',', ']'], "_");
        let code = format!(
            "{TOO_NEW}\n\
             tf.nn.relu  # tfmp: ignore[{name}] {evil}\n\
             tf.nn.relu  # tfmp: ignore[TFMP002] until={name} {evil}\n"
        );
        TestRepo::new()
            .file("requirements.txt", "tensorflow==2.3.4\n")
            .file("src/train.py", &code)
    });
}

#[test]
fn a_baseline_leaves_what_is_new() {
    let repo = broken();
    repo.tfmp(&["check", "--write-baseline", "known.json"]);
    let step = Step::new(&repo).with("TFMP_BASELINE", "known.json");
    let outcome = step.run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(
        commands(&outcome.stdout),
        ["::group::what is checked against what", "::endgroup::"]
    );
    assert_eq!(step.outputs()["findings"], "0");
    let summary = step.left("summary.md");
    assert!(
        summary.starts_with(
            "## ✅ Nothing new fails on what this repository pins\n\n\
             no findings · 1 known finding in known.json · 1 file checked\n"
        ),
        "{summary}"
    );
    // The line goes to another file, and is what it was; then another one comes.
    let write = |path: &str, text: &str| std::fs::write(repo.path(path), text).unwrap();
    write("src/train.py", "");
    write("src/new.py", TOO_NEW);
    assert_eq!(step.run().code, 0);
    write("src/new.py", &format!("{TOO_NEW}tf.contrib.slim\n"));
    let outcome = step.run();
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.stdout.contains("::error file=src/new.py,line=4,"),
        "{outcome:?}"
    );
}

#[test]
fn hostile_values_set_no_outputs() {
    let repo = broken();
    let evil = ".git/temp/a\nerrors=0\nghadelimiter_\n%0Ab.sarif";
    let step = Step::new(&repo).with("TFMP_SARIF_FILE", evil);
    step.run();
    let outputs = step.outputs();
    assert_eq!([&outputs["errors"], &outputs["sarif-file"]], ["1", evil]);
    assert_eq!(outputs.len(), 7);
}
