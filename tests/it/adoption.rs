//! A baseline, from the first run on an old tree to the day when it is empty; and docs/adoption.md, every
//! command of which is run.

use serde_json::Value;

use crate::support::{Outcome, TestRepo, project};

const BASELINE: &str = "tfmp-baseline.json";

/// A tree that has grown for years: what it calls has been gone for long.
fn old_tree() -> TestRepo {
    let mut repo = TestRepo::new().file("requirements.txt", "tensorflow==2.8.4\n");
    for package in 0..12 {
        for module in 0..10 {
            let mut text = "import tensorflow as tf\n\n".to_owned();
            for function in 0..8 {
                text.push_str(&format!(
                    "\ndef step_{function}(x):\n    \
                     y = tf.contrib.layers.conv_{module}(x, {function})\n    \
                     return tf.placeholder(tf.float32, name=\"y\"), tf.contrib.slim.fc(y)\n"
                ));
            }
            repo = repo.file(&format!("pkg_{package}/mod_{module}.py"), &text);
        }
    }
    repo
}

#[track_caller]
fn run(repo: &TestRepo, args: &[&str], code: i32) -> Outcome {
    let outcome = repo.tfmp(args);
    assert_eq!(outcome.code, code, "{outcome:?}");
    outcome
}

#[track_caller]
fn accept(repo: &TestRepo) -> Outcome {
    run(repo, &["check", "--write-baseline", BASELINE], 0)
}

/// What a check under the baseline reports.
#[track_caller]
fn check(repo: &TestRepo, expect: &[&str]) -> Outcome {
    let args = ["check", "--baseline", BASELINE, "--format", "concise"];
    let outcome = run(repo, &args, i32::from(!expect.is_empty()));
    let found: Vec<&str> = outcome
        .stdout
        .lines()
        .map(|line| line.split(" error[").next().unwrap())
        .collect();
    assert_eq!(found, expect, "{outcome:?}");
    outcome
}

fn edit(repo: &TestRepo, path: &str, change: impl Fn(&str) -> String) {
    let path = repo.path(path);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, change(&text)).unwrap();
}

#[test]
fn an_old_tree_is_adopted() {
    let repo = old_tree();
    let found = run(&repo, &["check", "--format", "concise"], 1);
    let count = found.stdout.lines().count();
    assert!(count > 2_000, "{count}");
    let outcome = accept(&repo);
    assert!(
        outcome.stdout.ends_with(&format!(
            "no findings · {},{:03} known findings in {BASELINE}\n",
            count / 1000,
            count % 1000
        )),
        "{}",
        outcome.stdout
    );
    check(&repo, &[]);

    // Lines move, are indented, and their variables get other names.
    edit(&repo, "pkg_3/mod_4.py", |text| {
        format!(
            "\"\"\"New.\"\"\"\nimport os\n\n{}",
            text.replace("y = tf", "hidden = tf")
        )
    });
    edit(&repo, "pkg_3/mod_5.py", |text| {
        let indented = text.replace('\n', "\n    ");
        format!("def all():\n    {}\n", indented.trim_end())
    });
    // A file goes elsewhere.
    std::fs::create_dir(repo.path("moved")).unwrap();
    std::fs::rename(repo.path("pkg_3/mod_6.py"), repo.path("moved/six.py")).unwrap();
    let outcome = check(&repo, &[]);
    assert!(!outcome.stderr.contains("fixed"), "{}", outcome.stderr);

    // A mistake that is new, and one more of a kind that is known.
    edit(&repo, "pkg_0/mod_0.py", |text| {
        format!("{text}\nz = tf.app.flags\n")
    });
    edit(&repo, "pkg_0/mod_1.py", |text| {
        text.replace(
            "import tensorflow as tf\n",
            "import tensorflow as tf\nz = tf.placeholder\n",
        )
    });
    check(&repo, &["pkg_0/mod_0.py:36:5:", "pkg_0/mod_1.py:2:5:"]);
}

#[test]
fn what_is_repaired_is_told_and_fails_nothing() {
    let repo = old_tree();
    accept(&repo);
    std::fs::remove_file(repo.path("pkg_1/mod_1.py")).unwrap();
    let outcome = check(&repo, &[]);
    let remark = format!(
        "notice: 3 entries of the baseline are fixed; write it again with `tfmp check --write-baseline {BASELINE}`\n"
    );
    assert!(outcome.stderr.contains(&remark), "{}", outcome.stderr);
    let args = ["check", "--baseline", BASELINE, "--format", "json"];
    let report: Value = serde_json::from_str(&run(&repo, &args, 0).stdout).unwrap();
    assert_eq!(report["baseline"]["path"], BASELINE);
    let fixed = report["baseline"]["fixed"].as_array().unwrap();
    assert_eq!(fixed.len(), 3, "{fixed:#?}");
    assert_eq!(fixed[0]["path"], "pkg_1/mod_1.py");
    assert_eq!(fixed[0]["count"], 8);
    // Neither a part of the code nor other releases tell of it.
    for more in [
        &["pkg_2"][..],
        &["--tensorflow", "1.15"],
        &["--select", "TFMP001"],
    ] {
        let args = [&["check", "--baseline", BASELINE][..], more].concat();
        let outcome = run(&repo, &args, 0);
        assert!(!outcome.stderr.contains("fixed"), "{}", outcome.stderr);
    }
    let before = std::fs::read_to_string(repo.path(BASELINE)).unwrap();
    accept(&repo);
    let after = std::fs::read_to_string(repo.path(BASELINE)).unwrap();
    let lines: Vec<&str> = before.lines().filter(|one| !after.contains(one)).collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(!check(&repo, &[]).stderr.contains("fixed"));
}

#[test]
fn a_part_that_is_accepted_anew_keeps_the_rest() {
    let repo = old_tree();
    accept(&repo);
    let before = std::fs::read_to_string(repo.path(BASELINE)).unwrap();
    edit(&repo, "pkg_2/mod_2.py", |text| {
        format!("{text}\nz = tf.app.flags\n")
    });
    run(&repo, &["check", "pkg_2", "--write-baseline", BASELINE], 0);
    let after = std::fs::read_to_string(repo.path(BASELINE)).unwrap();
    assert_eq!(after.lines().count(), before.lines().count() + 1);
    check(&repo, &[]);
    run(
        &repo,
        &["check", "--select", "TFMP001", "--write-baseline", BASELINE],
        0,
    );
    check(&repo, &[]);
}

#[test]
fn another_pin_makes_nothing_new_that_was_as_bad() {
    let text =
        "import tensorflow as tf\ntf.contrib.slim\ntf.keras.mixed_precision.experimental.Policy\n";
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.9.3\n")
        .file("a.py", text);
    accept(&repo);
    let repo = repo.file("requirements.txt", "tensorflow>=2.10,<2.12\n");
    check(&repo, &[]);
    // Less bad is known too: it works on some of these.
    let repo = repo.file("requirements.txt", "tensorflow>=2.8,<2.12\n");
    check(&repo, &[]);
    accept(&repo);
    // Accepted as something that works on some releases, and none of them is left.
    let repo = repo.file("requirements.txt", "tensorflow==2.12.0\n");
    let outcome = check(&repo, &["a.py:3:1:"]);
    assert!(!outcome.stderr.contains("fixed"), "{}", outcome.stderr);
    let outcome = run(&repo, &["check", "--baseline", BASELINE], 1);
    let help = format!("it is worse than accepted: {BASELINE} has it as warning");
    assert!(outcome.stdout.contains(&help), "{}", outcome.stdout);
}

#[test]
fn notebooks_and_pins_are_accepted_too() {
    let cell = "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\n\"import tensorflow as tf\\n\",\n\"tf.contrib.slim\\n\"\n]}], \"nbformat\": 4}";
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow-gpu==2.13.0\n")
        .file("a.ipynb", cell);
    accept(&repo);
    check(&repo, &[]);
    let more = cell.replace(
        "\"tf.contrib",
        "\"tf.contrib.slim\\n\",\n\"# moved\\n\",\n\"  tf.contrib",
    );
    let repo = repo.file("a.ipynb", &more.replace("\"  tf", "\"if x:\\n\",\n\"  tf"));
    check(&repo, &["a.ipynb:6:4:"]);
}

#[test]
fn sarif_has_what_is_known() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.8.4\n")
        .file("a.py", "import tensorflow as tf\ntf.contrib.slim\n");
    let sarif = |repo: &TestRepo, more: &[&str], code: i32| -> Vec<Value> {
        let args = [&["check", "--format", "sarif"][..], more].concat();
        let log: Value = serde_json::from_str(&run(repo, &args, code).stdout).unwrap();
        log["runs"][0]["results"].as_array().unwrap().clone()
    };
    let before = sarif(&repo, &[], 1);
    assert!(before[0].get("suppressions").is_none(), "{before:#?}");
    accept(&repo);
    edit(&repo, "a.py", |text| {
        format!("{text}tf.contrib.rnn\ntf.contrib.slim\n")
    });
    let after = sarif(&repo, &["--baseline", BASELINE], 1);
    let told: Vec<(u64, &str, bool)> = after
        .iter()
        .map(|one| {
            let region = &one["locations"][0]["physicalLocation"]["region"];
            let external = one["suppressions"][0]["kind"] == "external";
            let state = one["baselineState"].as_str().unwrap();
            (region["startLine"].as_u64().unwrap(), state, external)
        })
        .collect();
    assert_eq!(
        told,
        [(3, "new", false), (4, "new", false), (2, "unchanged", true)]
    );
    // Alerts keep their identity.
    let own = |result: &Value| result["partialFingerprints"]["tfmp/v1"].clone();
    assert_eq!(own(&after[2]), own(&before[0]));
    assert_ne!(own(&after[1]), own(&after[2]));
    // Entries are known by the same.
    let file = std::fs::read_to_string(repo.path(BASELINE)).unwrap();
    assert!(file.contains(own(&before[0]).as_str().unwrap()), "{file}");
}

#[test]
fn the_configuration_names_one_too() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.8.4\n")
        .file("ml/tfmp.toml", "baseline = \"known/accepted.json\"\n")
        .file("ml/known/README", "")
        .file("ml/a.py", "import tensorflow as tf\ntf.contrib.slim\n");
    let outcome = repo.tfmp_in("ml", &["check"]);
    assert_eq!(outcome.code, 2);
    assert_eq!(
        outcome.stderr,
        "error: ml/tfmp.toml:1:12: `known/accepted.json` is no baseline (there is no such file); \
         write it with `tfmp check --write-baseline known/accepted.json`\n"
    );
    let write = repo.tfmp_in("ml", &["check", "--write-baseline", "known/accepted.json"]);
    assert_eq!(write.code, 0, "{write:?}");
    let text = std::fs::read_to_string(repo.path("ml/known/accepted.json")).unwrap();
    assert!(text.contains("{\"path\":\"ml/a.py\","), "{text}");
    let outcome = repo.tfmp_in("ml", &["check"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(
        outcome
            .stdout
            .contains("1 known finding in ml/known/accepted.json")
    );
    std::fs::write(repo.path("ml/a.py"), "").unwrap();
    let outcome = repo.tfmp_in("ml", &["check"]);
    let again = "write it again with `tfmp check --write-baseline known/accepted.json`\n";
    assert!(outcome.stderr.contains(again), "{outcome:?}");
    // What is accepted can be repaired all the same.
    let repo = repo
        .file("requirements.txt", "tensorflow==2.9.3\n")
        .file("ml/a.py", "import tensorflow as tf\ntf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")\n");
    repo.tfmp_in("ml", &["check", "--write-baseline", "known/accepted.json"]);
    assert_eq!(repo.tfmp_in("ml", &["fix", "--diff"]).code, 1);
}

#[test]
fn a_file_that_is_no_baseline_is_not_overwritten() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.8.4\n")
        .file("a.py", "import tensorflow as tf\ntf.contrib.slim\n");
    for option in ["--baseline", "--write-baseline"] {
        let outcome = run(&repo, &["check", option, "a.py"], 2);
        assert!(
            outcome.stderr.starts_with(
                "error: `a.py` is no baseline (expected value at line 1 column 1); mend it, \
                 or take it away and write it with `tfmp check --write-baseline a.py`\n"
            ),
            "{outcome:?}"
        );
    }
    let outcome = run(&repo, &["check", "--baseline", "no.json"], 2);
    assert!(
        outcome
            .stderr
            .starts_with("error: `no.json` is no baseline (there is no such file);"),
        "{outcome:?}"
    );
}

/// The blocks of a language on a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let parts = page.split(&begin).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_commands_of_the_page_are_those_that_there_are() {
    let page = std::fs::read_to_string(project().join("docs/adoption.md")).unwrap();
    let readme = std::fs::read_to_string(project().join("README.md")).unwrap();
    let (_, part) = readme
        .split_once("## Adopt it in an old repository")
        .unwrap();
    let part = part.split("\n## ").next().unwrap();
    let mut ran = 0;
    for block in blocks(&page, "sh").iter().chain(&blocks(part, "sh")) {
        let repo = old_tree().file("src/train.py", "import tensorflow as tf\ntf.contrib.slim\n");
        accept(&repo);
        for line in block.lines() {
            let command = line.split('#').next().unwrap().trim();
            let Some(args) = command.strip_prefix("tfmp ") else {
                assert!(command.starts_with("git ") || command.is_empty(), "{line}");
                continue;
            };
            let args: Vec<&str> = args.split_whitespace().collect();
            run(&repo, &args, 0);
            ran += 1;
        }
    }
    assert!(ran >= 4, "{ran} commands were run");
    for text in blocks(&page, "py") {
        let repo = TestRepo::new()
            .file("requirements.txt", "tensorflow==2.8.4\n")
            .file("a.py", &format!("import tensorflow as tf\n{text}"));
        let outcome = run(
            &repo,
            &["check", "--fail-on", "note", "--format", "concise"],
            0,
        );
        assert_eq!(outcome.stdout, "");
        assert!(repo.json()["summary"]["suppressed"].as_u64().unwrap() > 2);
    }
}

#[cfg(unix)]
#[test]
fn a_device_in_the_place_of_a_baseline_was_read_for_ever() {
    let repo = TestRepo::new().file("app.py", "import tensorflow as tf\n");
    let outcome = run(&repo, &["check", "--baseline", "/dev/zero"], 2);
    assert!(
        outcome.stderr.contains("it is not a regular file"),
        "{outcome:?}"
    );
}

#[test]
fn a_folder_in_the_place_of_a_baseline_is_named_as_given() {
    let repo = TestRepo::new().file("ml/a.py", "x = 1\n");
    for option in ["--baseline", "--write-baseline"] {
        for (given, example) in [
            (".", "./tfmp-baseline.json"),
            ("ml", "ml/tfmp-baseline.json"),
        ] {
            let outcome = run(&repo, &["check", option, given], 2);
            assert_eq!(
                outcome.stderr,
                format!(
                    "error: `{given}` is a folder, and a baseline is a file; name a file, such as \
                     `{example}`\n"
                )
            );
        }
    }
}
