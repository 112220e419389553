//! The steps of the action as a runner runs them: what the program gets, what a workflow gets back,
//! and what code scanning is given.

use serde_json::{Value, json};

use super::world::{World, bash, fork};
use crate::runner::expression::{Contexts, fill};
use crate::runner::{Outcome, yaml};
use crate::support::project;

fn action() -> Value {
    yaml::read(&std::fs::read_to_string(project().join("action.yml")).unwrap())
}

#[test]
fn the_released_program_runs_and_its_outputs_are_those_of_the_action() {
    let world = World::new();
    let outcome = world.job().run();
    assert!(!outcome.failed, "{}", outcome.log);
    assert_eq!(
        std::fs::read_to_string(world.repo.path("temp/arguments")).unwrap(),
        "action\0"
    );
    let outputs = json!(outcome.outputs);
    let expected = json!({
        "findings": "8", "errors": "6", "warnings": "8", "notes": "5", "tensorflow": "2.3.4",
        "sarif-file": "out/tfmp.sarif", "report-file": "out/tfmp.json",
    });
    assert_eq!(outputs, expected);
    assert_eq!(outcome.used["upload"]["sarif_file"], "out/tfmp.sarif");
    assert_eq!(outcome.used["upload"]["category"], "tfmp");
    assert_eq!(outcome.commands, []);
}

/// The action with the program of this state, on the example that README.md shows.
#[test]
fn the_example_is_reported_from_end_to_end() {
    let world = World::new();
    let workspace = world.repo.path("workspace");
    std::fs::create_dir_all(workspace.join(".git")).unwrap();
    for path in [
        "requirements.txt",
        "src/train.py",
        "src/train_v1.py",
        "src/compat.py",
    ] {
        let to = workspace.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let from = project().join("examples/mixed-precision").join(path);
        std::fs::copy(from, to).unwrap();
    }
    let job = world.job().with("binary", env!("CARGO_BIN_EXE_tfmp"));
    let outcome = job.with("review", "false").run();
    assert!(outcome.failed, "there are errors");
    assert_eq!(outcome.outputs["errors"], "4");
    assert_eq!(outcome.outputs["tensorflow"], "2.3.4");
    let sarif = &outcome.used["upload"]["sarif_file"];
    assert_eq!(*sarif, outcome.outputs["sarif-file"]);
    let sarif: Value = serde_json::from_str(&std::fs::read_to_string(sarif).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 4);
    assert_eq!(sarif["runs"][0]["automationDetails"]["id"], "tfmp/");
    let annotated: Vec<(&str, &str)> = outcome
        .commands
        .iter()
        .filter(|command| command.name == "error")
        .map(|command| (&*command.properties["file"], &*command.properties["line"]))
        .collect();
    let expected = [
        ("src/train.py", "9"),
        ("src/train.py", "22"),
        ("src/train_v1.py", "8"),
        ("src/train_v1.py", "12"),
    ];
    assert_eq!(annotated, expected);
    assert!(outcome.summary.contains("TFMP001"), "{}", outcome.summary);
    assert!(self_test(&world, &outcome), "the workflow takes it");
    let mut fewer = outcome;
    fewer.outputs.insert("errors".to_owned(), "3".to_owned());
    assert!(!self_test(&world, &fewer), "and would not take less");
}

/// Whether the workflow that tries the action on GitHub is content with an outcome.
#[track_caller]
fn self_test(world: &World, outcome: &Outcome) -> bool {
    let path = project().join(".github/workflows/self-test.yml");
    let workflow = yaml::read(&std::fs::read_to_string(path).unwrap());
    let steps = workflow["jobs"]["example"]["steps"].as_array().unwrap();
    let last = steps.last().unwrap();
    let mut values = json!({ "steps": { "example": { "outcome": "success" } } });
    values["steps"]["example"]["outputs"] = json!(outcome.outputs);
    if outcome.failed {
        values["steps"]["example"]["outcome"] = "failure".into();
    }
    let contexts = Contexts {
        values: &values,
        success: true,
    };
    let variables = last["env"].as_object().unwrap().iter();
    let variables: Vec<(&str, String)> = variables
        .map(|(name, value)| match value.as_str() {
            Some(text) => (name.as_str(), fill(text, &contexts)),
            None => (name.as_str(), value.to_string()),
        })
        .collect();
    let variables: Vec<_> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let script = format!("set -eo pipefail\n{}", last["run"].as_str().unwrap());
    let script = world.script("temp/self-test.sh", &script);
    bash(&script, &[], &variables).0 == 0
}

#[test]
fn every_input_reaches_the_program() {
    let world = World::new();
    let mut job = world.job();
    let action = action();
    let inputs = action["inputs"].as_object().unwrap();
    let ours: Vec<&String> = inputs
        .keys()
        .filter(|name| !["binary", "version"].contains(&name.as_str()))
        .collect();
    assert_eq!(ours.len(), 16);
    for name in &ours {
        job = job.with(name, &format!("value of {name}"));
    }
    assert!(!job.run().failed);
    let environment = world.environment();
    for name in ours {
        let variable = format!("TFMP_{}", name.replace('-', "_").to_uppercase());
        assert_eq!(environment[&variable], format!("value of {name}"));
    }
}

/// The second step must not have what only the first needs, and the token is for both to be named.
#[test]
fn the_token_is_where_it_is_needed() {
    let world = World::new();
    assert!(!world.job().with("token", "mine").run().failed);
    let environment = world.environment();
    assert_eq!(environment["TFMP_TOKEN"], "mine");
    assert!(!environment.contains_key("GH_TOKEN"));
    let tokens = environment.values().filter(|value| value.contains("t0ken"));
    assert_eq!(tokens.count(), 0, "the job's own token");
}

/// Breaks out of every quoting, makes commands of the runner, and wants the token.
const HOSTILE: &str = "$(touch pwned)`touch pwned`'; touch pwned; \"; touch pwned\n\
                       ::error::pwned\n##[error]pwned\nEOF\nname=pwned ${{ github.token }} \\ %0A";

/// Runs the action with hostile inputs, which do nothing.
#[track_caller]
fn inert(world: &World, names: &[&String]) -> Outcome {
    let job = names
        .iter()
        .fold(world.job(), |job, name| job.with(name, HOSTILE));
    let outcome = job.run();
    let workspace = world.repo.path("workspace");
    assert_eq!(workspace.read_dir().unwrap().count(), 0);
    let mut told = outcome.commands.iter().map(|command| &command.data);
    assert!(!told.any(|data| data.starts_with("pwned") || data.contains('\n')));
    assert!(!outcome.log.contains("t0ken"), "{}", outcome.log);
    assert!(!outcome.outputs.contains_key("name"));
    outcome
}

#[test]
fn hostile_inputs_are_text() {
    let action = action();
    let inputs = action["inputs"].as_object().unwrap();
    let installs = |name: &&String| ["binary", "version"].contains(&name.as_str());
    let (refused, passed): (Vec<&String>, Vec<&String>) = inputs.keys().partition(installs);
    let world = World::new();
    let outcome = inert(&world, &passed);
    assert!(!outcome.failed && world.ran(), "{}", outcome.log);
    assert_eq!(outcome.commands, []);
    let environment = world.environment();
    let hostile = environment.values().filter(|value| *value == HOSTILE);
    assert_eq!(hostile.count(), passed.len());
    assert_eq!(outcome.used["upload"]["category"], HOSTILE);
    for name in refused {
        let world = World::new();
        let outcome = inert(&world, &[name]);
        assert!(outcome.failed && !world.ran(), "{name}");
        assert_eq!(outcome.commands.len(), 1, "{name}");
    }
}

#[test]
fn findings_fail_the_job_and_are_uploaded() {
    let world = World::new();
    let outcome = world.job().env("END", "1").run();
    assert!(outcome.failed);
    assert_eq!(outcome.steps["upload"], "success");
    assert_eq!(outcome.outputs["errors"], "6");
}

#[test]
fn nothing_is_uploaded_where_nothing_was_written_or_wanted() {
    let world = World::new();
    let outcome = world.job().env("NOTHING", "1").run();
    assert_eq!(outcome.steps["upload"], "skipped");
    let outcome = world.job().with("upload-sarif", "false").run();
    assert_eq!(outcome.steps["upload"], "skipped");
}

#[test]
fn a_refused_upload_is_told_and_fails_only_who_insists() {
    let pull_request = |login: &str| {
        json!({ "pull_request": {
            "head": { "repo": { "full_name": "octocat/hello" } }, "user": { "login": login },
        } })
    };
    // A fork that was deleted has no repository.
    let gone = json!({ "pull_request": { "head": { "repo": null }, "user": { "login": "x" } } });
    for (wanted, event, fails) in [
        ("auto", json!({}), false),
        ("true", json!({}), true),
        ("true", pull_request("someone"), true),
        ("true", pull_request("dependabot[bot]"), false),
        ("true", fork(), false),
        ("true", gone, false),
    ] {
        let world = World::new();
        let name = if event == json!({}) {
            "push"
        } else {
            "pull_request"
        };
        let job = world.job().github("event", event.clone());
        let job = job.github("event_name", name.into());
        let outcome = job.with("upload-sarif", wanted).refused("upload").run();
        assert_eq!(outcome.failed, fails, "{wanted} {event}");
        let told = &outcome.commands[0];
        assert_eq!((told.name.as_str(), outcome.commands.len()), ("notice", 1));
        assert!(told.data.contains("security-events: write"));
    }
}

#[test]
fn the_review_posts_the_report_of_the_artifact() {
    let world = World::new();
    let report = world.repo.path("temp/tfmp/report");
    std::fs::create_dir_all(&report).unwrap();
    let event = || json!({ "workflow_run": { "id": "77" } });
    let job = || world.job_of("review").github("event", event());

    let outcome = job().run();
    assert!(
        !outcome.failed && !world.ran(),
        "an artifact without a report"
    );
    assert_eq!(outcome.commands[0].name, "notice");

    // What a link leads to is not the artifact's.
    std::os::unix::fs::symlink("/etc/passwd", report.join("a.json")).unwrap();
    assert!(!job().run().failed && !world.ran());
    std::fs::write(report.join("::error::x.json"), "{}").unwrap();
    let outcome = job().run();
    assert!(!outcome.failed, "{}", outcome.log);
    assert_eq!(outcome.commands, []);
    let given = &outcome.used["report"];
    assert_eq!(
        (&*given["pattern"], &*given["run-id"]),
        ("tfmp-report", "77")
    );
    assert_eq!(given["merge-multiple"], "true");
    assert_eq!(given["path"], report.to_str().unwrap());
    let arguments = std::fs::read_to_string(world.repo.path("temp/arguments")).unwrap();
    let report = report.join("::error::x.json");
    assert_eq!(
        arguments,
        format!("review\0--report\0{}\0", report.display())
    );
    assert_eq!(world.environment()["TFMP_TOKEN"], "t0ken");
}

#[test]
fn the_reports_of_a_matrix_make_one_review() {
    let world = World::new();
    let report = world.repo.path("temp/tfmp/report");
    std::fs::create_dir_all(&report).unwrap();
    for number in 1..=3 {
        std::fs::write(report.join(format!("tfmp-{number}-of-3.json")), "{}").unwrap();
    }
    // The last job of the workflow itself: there is no run that it follows.
    let job = world.job_of("review").github("run_id", "78".into());
    let outcome = job.with("artifact", "tfmp-report-*").run();
    assert!(!outcome.failed, "{}", outcome.log);
    let given = &outcome.used["report"];
    assert_eq!(
        (&*given["pattern"], &*given["run-id"]),
        ("tfmp-report-*", "78")
    );
    let arguments = std::fs::read_to_string(world.repo.path("temp/arguments")).unwrap();
    let expect: String = (1..=3)
        .map(|number| format!("--report\0{}/tfmp-{number}-of-3.json\0", report.display()))
        .collect();
    assert_eq!(arguments, format!("review\0{expect}"));
    for number in 4..=300 {
        std::fs::write(report.join(format!("{number}.json")), "{}").unwrap();
    }
    let outcome = world.job_of("review").run();
    assert!(outcome.failed);
    assert_eq!(outcome.commands[0].name, "error");
}

#[test]
fn a_run_without_a_report_is_no_failure_of_the_review() {
    let world = World::new();
    let event = json!({ "workflow_run": { "id": "77" } });
    let job = world.job_of("review").github("event", event);
    let outcome = job.refused("report").run();
    assert!(!outcome.failed && !world.ran());
    assert_eq!(outcome.commands[0].name, "notice");
}
