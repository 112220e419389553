//! What can be read off the actions, workflows and hooks without running them: that GitHub takes them,
//! that nothing foreign gets in, that each job may do only what it must, and that the pages tell of them
//! as they are.

use std::collections::{BTreeMap, BTreeSet};

use boon::{Compiler, Schemas};
use serde_json::Value;

use crate::runner::yaml;
use crate::support::{project, run};

const ACTIONS: &[&str] = &["action.yml", "review/action.yml"];

fn text(path: &str) -> String {
    let text = std::fs::read_to_string(project().join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn workflows() -> Vec<String> {
    let folder = project().join(".github/workflows");
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .map(|name| format!(".github/workflows/{name}"))
        .collect();
    names.sort();
    assert_eq!(names.len(), 5);
    names
}

fn everything() -> Vec<String> {
    let actions = ACTIONS.iter().map(|path| (*path).to_owned());
    actions.chain(workflows()).collect()
}

/// Every step of an action or workflow.
fn steps(value: &Value) -> Vec<&Value> {
    let own = value["runs"]["steps"].as_array();
    let jobs = value["jobs"].as_object().into_iter().flatten();
    let jobs = jobs.filter_map(|(_, job)| job["steps"].as_array());
    own.into_iter().chain(jobs).flatten().collect()
}

#[track_caller]
fn check_schema(schema: &str, value: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", schema).unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(value, index) {
        panic!("{error:#}");
    }
}

fn check_action(value: &Value) {
    check_schema(include_str!("../../fixtures/schemas/action.json"), value);
}

fn check_workflow(value: &Value) {
    check_schema(include_str!("../../fixtures/schemas/workflow.json"), value);
}

#[test]
fn actions_and_workflows_have_the_form_that_github_takes() {
    for path in ACTIONS {
        check_action(&yaml::read(&text(path)));
    }
    for path in workflows() {
        check_workflow(&yaml::read(&text(&path)));
    }
}

#[test]
fn a_wrong_form_is_seen() {
    let without_shell = text("action.yml").replacen("shell: bash", "", 1);
    let unknown = text(".github/workflows/ci.yml").replacen("timeout-minutes", "timeout", 1);
    for (check, text) in [
        (check_action as fn(&Value), without_shell),
        (check_workflow as fn(&Value), unknown),
    ] {
        let value = yaml::read(&text);
        assert!(std::panic::catch_unwind(|| check(&value)).is_err());
    }
}

/// A tag can be moved to other code, a commit cannot. The comment tells people and Dependabot which
/// release it is.
#[test]
fn foreign_actions_are_pinned_to_commits() {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut count = 0;
    for path in everything() {
        for line in text(&path).lines() {
            let line = line.trim_start().trim_start_matches("- ");
            let Some(used) = line.strip_prefix("uses: ") else {
                continue;
            };
            count += 1;
            if used == "./" {
                continue;
            }
            let (action, pin) = used.split_once('@').unwrap();
            let (commit, version) = pin.split_once(" # v").unwrap();
            let hex = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(hex, "{path}: {used}");
            let parts = version
                .split('.')
                .filter(|part| part.parse::<u32>().is_ok());
            assert_eq!(parts.count(), 3, "{path}: {used}");
            let owner: Vec<&str> = action.split('/').collect();
            assert!(["actions", "github"].contains(&owner[0]), "{path}: {used}");
            let before = known.insert(action.to_owned(), pin.to_owned());
            assert!(before.is_none_or(|before| before == pin), "{path}: {used}");
        }
    }
    let all: usize = everything()
        .iter()
        .map(|path| {
            steps(&yaml::read(&text(path)))
                .iter()
                .filter(|s| s["uses"].is_string())
                .count()
        })
        .sum();
    assert_eq!(count, all, "every `uses` was looked at");
}

/// What an expression brings into a script is code; what it brings into the environment is text.
#[test]
fn no_script_holds_an_expression() {
    let mut count = 0;
    for path in everything() {
        let value = yaml::read(&text(&path));
        for step in steps(&value) {
            let Some(script) = step["run"].as_str() else {
                continue;
            };
            count += 1;
            assert!(!script.contains("${{"), "{path}: {script}");
        }
    }
    assert!(count > 15);
}

#[test]
fn jobs_may_do_only_what_they_must() {
    // Each right to write, and what for: a new one is a decision.
    let writers: BTreeSet<&str> = [
        "api-data.propose.contents",
        "api-data.propose.pull-requests",
        "release.move.contents",
        "release.publish.attestations",
        "release.publish.contents",
        "release.publish.id-token",
    ]
    .into();
    let mut found = BTreeSet::new();
    for path in workflows() {
        let workflow = yaml::read(&text(&path));
        let name = workflow["name"].as_str().unwrap();
        assert_eq!(path, format!(".github/workflows/{name}.yml"));
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{path}");
        for (id, job) in workflow["jobs"].as_object().unwrap() {
            assert!(job["timeout-minutes"].as_u64().is_some(), "{path}: {id}");
            for (right, what) in job["permissions"].as_object().unwrap() {
                if what == "write" {
                    found.insert(format!("{name}.{id}.{right}"));
                } else {
                    assert_eq!((right.as_str(), what.as_str()), ("contents", Some("read")));
                }
            }
        }
        for step in steps(&workflow) {
            let used = step["uses"].as_str().unwrap_or_default();
            if used.starts_with("actions/checkout@") {
                assert_eq!(step["with"]["persist-credentials"], false, "{path}");
            }
        }
        let triggers = &workflow["on"];
        assert!(triggers.get("pull_request_target").is_none(), "{path}");
    }
    assert_eq!(
        found.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        writers
    );
}

/// The rows of a table under a heading of README.md, cells trimmed.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = text("README.md");
    let (_, behind) = page
        .split_once(&format!("\n### {heading}\n"))
        .unwrap_or_else(|| panic!("README.md has `### {heading}`"));
    let section = behind.split("\n#").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let row = row.trim_matches('|').split('|');
        row.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

#[test]
fn the_tables_of_the_readme_are_those_of_the_action() {
    let action = yaml::read(&text("action.yml"));
    let row = |(name, input): (&String, &Value)| {
        let default = match input["default"].as_str().unwrap() {
            "" => String::new(),
            "${{ github.token }}" => "the job's".to_owned(),
            default => format!("`{default}`"),
        };
        let told = input["description"].as_str().unwrap();
        vec![format!("`{name}`"), default, told.to_owned()]
    };
    let inputs: BTreeSet<Vec<String>> = action["inputs"]
        .as_object()
        .unwrap()
        .iter()
        .map(row)
        .collect();
    assert_eq!(inputs.len(), 18);
    assert_eq!(table("Inputs").into_iter().collect::<BTreeSet<_>>(), inputs);

    let outputs = action["outputs"].as_object().unwrap();
    let row = |(name, output): (&String, &Value)| {
        let told = output["description"].as_str().unwrap();
        vec![format!("`{name}`"), told.to_owned()]
    };
    let outputs: BTreeSet<Vec<String>> = outputs.iter().map(row).collect();
    assert_eq!(outputs.len(), 7);
    assert_eq!(
        table("Outputs").into_iter().collect::<BTreeSet<_>>(),
        outputs
    );
}

#[test]
fn every_input_is_used() {
    for path in ACTIONS {
        let text = text(path);
        let action = yaml::read(&text);
        for name in action["inputs"].as_object().unwrap().keys() {
            assert!(text.contains(&format!("inputs.{name}")), "{path}: {name}");
        }
    }
}

/// Workflows in the pages are tried by readers, so they have to be right.
#[test]
fn the_workflows_of_the_pages_are_right() {
    let mut count = 0;
    for page in ["README.md", "docs/github.md"] {
        let text = text(page);
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            let value = yaml::read(block);
            if value.get("jobs").is_none() {
                continue;
            }
            count += 1;
            check_workflow(&value);
            assert!(value["permissions"].is_object(), "{page}: {block}");
            for step in steps(&value) {
                check_step_of_a_page(page, step);
            }
        }
    }
    assert!(count >= 4, "{count} workflows");
}

#[track_caller]
fn check_step_of_a_page(page: &str, step: &Value) {
    let used = step["uses"].as_str().unwrap_or_default();
    let ours = match used {
        "org/tfmp-action@v1" => "action.yml",
        "org/tfmp-action/review@v1" => "review/action.yml",
        _ => {
            assert!(!used.contains("tfmp"), "{page}: {used}");
            return;
        }
    };
    let action = yaml::read(&text(ours));
    for name in step["with"]
        .as_object()
        .into_iter()
        .flat_map(|with| with.keys())
    {
        assert!(action["inputs"].get(name).is_some(), "{page}: `{name}`");
    }
}

/// The self-test and the try of a release expect a number, which the example decides.
#[test]
fn the_workflows_expect_what_the_example_has() {
    let args = [
        "check",
        "examples/mixed-precision",
        "--format",
        "json",
        "--fail-on",
        "never",
    ];
    let report: Value = serde_json::from_str(&run(project(), &args).stdout).unwrap();
    let errors = report["summary"]["errors"].as_u64().unwrap();
    assert!(errors > 0);
    for path in ["self-test", "release"] {
        let workflow = yaml::read(&text(&format!(".github/workflows/{path}.yml")));
        let steps = steps(&workflow);
        let expected: Vec<u64> = steps
            .iter()
            .filter_map(|step| step["env"]["EXPECTED"].as_u64())
            .collect();
        assert_eq!(expected, [errors], "{path}");
    }
}

/// The names of the programs of a version, as checksums.txt has to have them.
fn assets(version: &str) -> BTreeSet<String> {
    let ends = [
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
        "x86_64-pc-windows-msvc.exe",
        "aarch64-pc-windows-msvc.exe",
    ];
    ends.map(|end| format!("tfmp-{version}-{end}")).into()
}

/// Holds in every commit, and so in the one that is tagged: the action names either no release, or one
/// with a checksum for every runner.
#[test]
fn the_action_names_all_programs_of_its_version() {
    let version = text("action/version.txt");
    let version = version.strip_suffix('\n').unwrap();
    let sums = text("action/checksums.txt");
    let lines = sums.lines().filter(|line| !line.starts_with('#'));
    let mut named = BTreeSet::new();
    for line in lines {
        let (sum, name) = line.split_once("  ").unwrap();
        assert!(
            sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{line}"
        );
        assert!(named.insert(name.to_owned()), "{name} stands twice");
    }
    let expected = match version {
        "unreleased" => BTreeSet::new(),
        version => assets(version),
    };
    assert!(named.is_superset(&expected), "{version}: {named:?}");
    let odd: Vec<&String> = named
        .iter()
        .filter(|name| !name.starts_with("tfmp-"))
        .collect();
    assert_eq!(odd, Vec::<&String>::new());
}

/// The release builds for exactly the runners that the action knows.
#[test]
fn the_release_builds_every_program() {
    let workflow = yaml::read(&text(".github/workflows/release.yml"));
    let matrix = &workflow["jobs"]["build"]["strategy"]["matrix"]["include"];
    let mut built = BTreeSet::new();
    for build in matrix.as_array().unwrap() {
        let word = |key: &str| build[key].as_str().unwrap();
        let end = if word("os") == "Windows" { ".exe" } else { "" };
        built.insert(format!("tfmp-1.2.3-{}{end}", word("target")));
        #[cfg(unix)]
        {
            let env = [
                ("RUNNER_OS", word("os")),
                ("RUNNER_ARCH", word("arch")),
                ("TFMP_VERSION", "1.2.3"),
            ];
            let script = project().join("action/install.sh");
            let (_, asset, _) = super::world::bash(&script, &["--asset"], &env);
            assert_eq!(asset, format!("tfmp-1.2.3-{}{end}", word("target")));
        }
    }
    assert_eq!(built, assets("1.2.3"));
}

#[test]
fn the_hooks_check_the_whole_repository() {
    let hooks = yaml::read(&text(".pre-commit-hooks.yaml"));
    let hooks = hooks.as_array().unwrap();
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        // Given names would leave out what did not change, which a changed pin breaks.
        assert_eq!(hook["pass_filenames"], false);
        let mut words = hook["entry"].as_str().unwrap().split(' ');
        assert_eq!(words.next(), Some("tfmp"));
        let args: Vec<&str> = words.chain(["examples/mixed-precision"]).collect();
        assert_eq!(run(project(), &args).code, 1, "{args:?}");
    }
}

/// Every target of the fuzzers is run every week.
#[test]
fn all_that_can_be_fuzzed_is_fuzzed() {
    let package: toml::Table = text("fuzz/Cargo.toml").parse().unwrap();
    let targets = package["bin"].as_array().unwrap().iter();
    let targets: Vec<&str> = targets.map(|bin| bin["name"].as_str().unwrap()).collect();
    let watch = yaml::read(&text(".github/workflows/watch.yml"));
    let matrix = watch["jobs"]["fuzz"]["strategy"]["matrix"]["target"].as_array();
    let matrix: Vec<&str> = matrix
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert_eq!(matrix, targets);
    let page = text("docs/fuzzing.md");
    for target in targets {
        assert!(page.contains(&format!("| `{target}` | ")), "{target}");
    }
}
