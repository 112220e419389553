//! Configuration: every example of docs/configuration.md is run, and which file counts.

use crate::support::{Outcome, TestRepo, project};

/// A fenced block of the page.
struct Block<'p> {
    /// `toml`, `py`, `text` or `console`.
    language: &'p str,
    /// The file that it is; `""` for a console.
    path: &'p str,
    text: String,
}

/// What a reader does from heading to heading: writes files, runs commands.
fn sections(page: &str) -> Vec<(&str, Vec<Block<'_>>)> {
    let mut sections = vec![("", Vec::new())];
    let mut open: Option<Block<'_>> = None;
    for line in page.lines() {
        if let Some(block) = &mut open {
            if line == "```" {
                let block = open.take().unwrap();
                sections.last_mut().unwrap().1.push(block);
            } else {
                block.text.push_str(line);
                block.text.push('\n');
            }
        } else if let Some(info) = line.strip_prefix("```") {
            let (language, path) = info.split_once(' ').unwrap_or((info, ""));
            open = Some(Block {
                language,
                path,
                text: String::new(),
            });
        } else if let Some(title) = line.strip_prefix("## ") {
            sections.push((title, Vec::new()));
        }
    }
    sections
}

fn shown(outcome: &Outcome) -> String {
    let mut shown = format!("{}{}", outcome.stdout, outcome.stderr);
    if outcome.code != 0 {
        shown.push_str(&format!("exit code {}\n", outcome.code));
    }
    shown
}

#[test]
fn every_example_of_the_page_is_true() {
    let page = std::fs::read_to_string(project().join("docs/configuration.md")).unwrap();
    let sections = sections(&page);
    let project: Vec<&Block<'_>> = sections
        .iter()
        .filter(|(title, _)| *title == "A first file")
        .flat_map(|(_, blocks)| blocks)
        .filter(|block| matches!(block.language, "text" | "py"))
        .collect();
    assert_eq!(project.len(), 3, "the project of the page");
    let mut run = 0;
    for (title, blocks) in &sections {
        let mut repo = TestRepo::new();
        for block in &project {
            repo = repo.file(block.path, &block.text);
        }
        for block in blocks {
            if block.language != "console" {
                repo = repo.file(block.path, &block.text);
                continue;
            }
            let mut expect = String::new();
            let mut told = String::new();
            for line in block.text.lines() {
                expect.push_str(line);
                expect.push('\n');
                if let Some(command) = line.strip_prefix("$ tfmp ") {
                    let args: Vec<&str> = command.split(' ').collect();
                    told.push_str(&format!("{line}\n{}", shown(&repo.tfmp(&args))));
                    run += 1;
                }
            }
            assert_eq!(told, expect, "in `{title}`");
        }
    }
    assert!(run > 8, "{run} commands were run");
}

#[test]
fn the_page_tells_every_key() {
    let page = std::fs::read_to_string(project().join("docs/configuration.md")).unwrap();
    let repo = TestRepo::new().file("tfmp.toml", "no-such-key = 1\n");
    let outcome = repo.tfmp(&["check"]);
    assert_eq!(outcome.code, 2);
    let (_, keys) = outcome.stderr.split_once("the keys are ").unwrap();
    let keys: Vec<&str> = keys.trim().split(", ").collect();
    assert!(keys.len() > 8, "{keys:?}");
    for key in keys {
        assert!(page.contains(&format!("\n| {key} |")), "{key}");
    }
}

const USES: &str = "import tensorflow as tf\n\ntf.contrib.slim\n";

/// A repository in which the use fails unless some configuration ignores it.
fn repo() -> TestRepo {
    TestRepo::new()
        .file("requirements.txt", "tensorflow==2.8.4\n")
        .file("ml/src/a.py", USES)
}

#[track_caller]
fn check(repo: &TestRepo, folder: &str, args: &[&str], code: i32) -> Outcome {
    let outcome = repo.tfmp_in(folder, args);
    assert_eq!(outcome.code, code, "{outcome:?}");
    outcome
}

#[test]
fn the_nearest_file_counts() {
    let repo = repo()
        .file("tfmp.toml", "fail-on = \"never\"\n")
        .file("ml/pyproject.toml", "[tool.black]\nline-length = 80\n");
    // Above what is checked, up to the root; a `pyproject.toml` without our table does not count.
    check(&repo, "", &["check"], 0);
    check(&repo, "", &["check", "ml/src/a.py"], 0);
    check(&repo, "ml", &["check"], 0);
    let repo = repo.file("ml/.tfmp.toml", "select = [\"TFMP002\"]\n");
    check(&repo, "ml", &["check"], 1);
    check(&repo, "", &["check", "ml/src"], 1);
    // Only from where the check begins: the file below does not count for the whole.
    check(&repo, "", &["check"], 0);
    let outcome = check(&repo, "ml", &["check", "-v"], 1);
    assert!(
        outcome.stderr.contains("configuration: ml/.tfmp.toml\n"),
        "{outcome:?}"
    );
}

#[test]
fn in_one_folder_our_own_file_counts_first() {
    let repo = repo()
        .file("pyproject.toml", "[tool.tfmp]\nfail-on = \"never\"\n")
        .file(".tfmp.toml", "fail-on = \"error\"\n");
    check(&repo, "", &["check"], 1);
    let repo = repo.file("tfmp.toml", "fail-on = \"never\"\n");
    check(&repo, "", &["check"], 0);
}

#[test]
fn a_file_that_is_named_counts_alone() {
    let repo = repo()
        .file("tfmp.toml", "this is no toml")
        .file("ci/strict.toml", "exclude = [\"ml\"]\n")
        .file("ci/pyproject.toml", "[tool.other]\n");
    check(&repo, "", &["check"], 2);
    // Its globs count from the root.
    check(&repo, "", &["check", "--config", "ci/strict.toml"], 0);
    let outcome = check(&repo, "", &["check", "--config", "ci/pyproject.toml"], 2);
    assert!(
        outcome.stderr.contains("there is no `[tool.tfmp]`"),
        "{outcome:?}"
    );
    let outcome = check(&repo, "", &["check", "--config", "no.toml"], 2);
    assert!(
        outcome.stderr.contains("there is no `no.toml`"),
        "{outcome:?}"
    );
}

#[test]
fn globs_count_from_the_folder_of_the_file() {
    let repo = repo().file("ml/tfmp.toml", "exclude = [\"src/*.py\"]\n");
    check(&repo, "ml", &["check"], 0);
    let repo = repo.file("ml/tfmp.toml", "exclude = [\"/ml/src/a.py\"]\n");
    check(&repo, "ml", &["check"], 1);
    let repo = repo.file("ml/tfmp.toml", "exclude = [\"a.py\"]\n");
    check(&repo, "ml", &["check"], 0);
}

#[test]
fn a_value_that_means_nothing_is_told_with_its_place() {
    let tell = |text: &str, expect: &str| {
        let repo = repo().file("tfmp.toml", text);
        let outcome = check(&repo, "", &["check"], 2);
        assert!(outcome.stderr.starts_with(expect), "{outcome:?}");
    };
    tell(
        "tensorflow = \"latest\"\n",
        "error: tfmp.toml:1:14: `tensorflow latest` is no version and no range of versions; write",
    );
    tell(
        "fail-on = \"note\"\nkeras = \"77\"\n",
        "error: tfmp.toml:2:9: no known release of keras matches `keras 77`; the history",
    );
    tell(
        "python = \"x\"\n",
        "error: tfmp.toml:1:10: `python x` is no version",
    );
    tell(
        "exclude = [\"a[\"]\n",
        "error: tfmp.toml:1:12: `a[` is not a glob: ",
    );
    tell(
        "[per-file-ignores]\n\"{\" = []\n",
        "error: tfmp.toml:2:1: `{` is not a glob: ",
    );
    tell(
        "[[per-path]]\npaths = [\"{\"]\n",
        "error: tfmp.toml:2:10: `{` is not a glob: ",
    );
}

#[test]
fn a_pin_of_the_configuration_is_quoted_where_it_stands() {
    let repo = repo().file("tfmp.toml", "tensorflow = \"2.9\"\n");
    let outcome = check(&repo, "", &["check", "-v"], 1);
    assert!(
        outcome.stdout.contains(
            "::: tfmp.toml:1:14\n  |\n1 | tensorflow = \"2.9\"\n  |              ----- pinned here"
        ),
        "{outcome:?}"
    );
    // The command line beats it.
    let outcome = check(&repo, "", &["check", "--tensorflow", "1.15"], 0);
    assert!(
        outcome.stdout.contains("(--tensorflow 1.15)"),
        "{outcome:?}"
    );
}

#[test]
fn a_broken_pyproject_is_a_notice() {
    let repo = repo().file("pyproject.toml", "[project]\nname = = \"tensorflow\"\n");
    let outcome = check(&repo, "", &["check"], 1);
    assert!(
        outcome.stderr.contains("notice: pyproject.toml:2"),
        "{outcome:?}"
    );
}

#[test]
fn all_environments_have_the_older_keras_too() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.16.1\n")
        .file(
            "a.py",
            "import tensorflow as tf\n\ntf.keras.wrappers.SKLearnClassifier\n",
        );
    check(&repo, "", &["check", "--fail-on", "note"], 0);
    let all = "environments = \"all\"\nfail-on = \"note\"\n";
    let repo = repo.file("tfmp.toml", all);
    let outcome = check(&repo, "", &["check"], 1);
    assert!(outcome.stdout.contains("warning[TFMP"), "{outcome:?}");
    // A pin of Keras leaves no other.
    let repo = repo.file("requirements.txt", "tensorflow==2.16.1\nkeras==3.9.0\n");
    check(&repo, "", &["check"], 0);
}
