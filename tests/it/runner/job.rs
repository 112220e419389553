//! A composite action run as GitHub's runner runs it, without GitHub: inputs and their defaults,
//! conditions, environment, the files through which steps answer, and what the runner reads in the log.
//!
//! Steps that run a script are run. Steps that use another action are noted with what they were given,
//! and end as the test says. No automatic `INPUT_*`: a composite action gets none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use super::commands::{self, values};
use super::expression::{Contexts, condition, fill};
use super::yaml;

/// A job with one step, which uses the action.
pub(crate) struct Job {
    action: PathBuf,
    workspace: PathBuf,
    temp: PathBuf,
    github: Value,
    inputs: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    refused: Vec<String>,
}

/// How the job went.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Whether a step failed whose failure counts.
    pub(crate) failed: bool,
    /// What all scripts printed, standard output and error one after the other.
    pub(crate) log: String,
    /// The commands that the runner found in it.
    pub(crate) commands: Vec<commands::Command>,
    /// What the steps wrote as summaries.
    pub(crate) summary: String,
    /// The outputs of the action.
    pub(crate) outputs: BTreeMap<String, String>,
    /// What other actions were given (`with`), by the id of the step.
    pub(crate) used: BTreeMap<String, BTreeMap<String, String>>,
    /// `success`, `failure` or `skipped`, by the id of the step.
    pub(crate) steps: BTreeMap<String, String>,
}

impl Job {
    /// A push to `octocat/hello` on a 64-bit Linux runner, for the action in a folder.
    pub(crate) fn new(action: &Path, workspace: &Path, temp: &Path) -> Self {
        std::fs::create_dir_all(temp).unwrap();
        Self {
            action: action.to_owned(),
            workspace: workspace.to_owned(),
            temp: temp.to_owned(),
            github: json!({
                "action_path": action, "action_ref": "v1", "action_repository": "org/tfmp-action",
                "api_url": "http://127.0.0.1:9", "event": {}, "event_name": "push",
                "graphql_url": "http://127.0.0.1:9/graphql", "ref": "refs/heads/main",
                "repository": "octocat/hello", "run_id": "1",
                "server_url": "http://127.0.0.1:9", "sha": "0".repeat(40), "token": "t0ken",
                "workspace": workspace,
            }),
            inputs: BTreeMap::new(),
            env: BTreeMap::new(),
            refused: Vec::new(),
        }
    }

    /// Gives an input.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.inputs.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets a member of the context `github`, and the variable that follows it.
    pub(crate) fn github(mut self, name: &str, value: Value) -> Self {
        self.github[name] = value;
        self
    }

    /// Sets a variable for all steps.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Lets a step that uses another action fail.
    pub(crate) fn refused(mut self, id: &str) -> Self {
        self.refused.push(id.to_owned());
        self
    }

    /// Runs the steps.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        let text = std::fs::read_to_string(self.action.join("action.yml")).unwrap();
        let meta = yaml::read(&text);
        assert_eq!(meta["runs"]["using"], "composite");
        let inputs = self.inputs(&meta);
        let mut outcome = Outcome {
            failed: false,
            log: String::new(),
            commands: Vec::new(),
            summary: String::new(),
            outputs: BTreeMap::new(),
            used: BTreeMap::new(),
            steps: BTreeMap::new(),
        };
        let mut contexts = json!({
            "github": self.github, "inputs": inputs, "steps": {}, "env": self.env,
            "runner": { "os": "Linux", "arch": "X64", "temp": self.temp },
        });
        for (number, step) in meta["runs"]["steps"].as_array().unwrap().iter().enumerate() {
            let id = step["id"].as_str();
            let id = id.map_or_else(|| format!("step{number}"), str::to_owned);
            let (ended, outputs) = self.step(step, &id, &contexts, &mut outcome);
            contexts["steps"][&id] = json!({ "outputs": outputs, "outcome": ended });
            outcome.steps.insert(id, ended.to_owned());
        }
        let seen = Contexts {
            values: &contexts,
            success: !outcome.failed,
        };
        for (name, output) in meta["outputs"].as_object().into_iter().flatten() {
            let value = fill(output["value"].as_str().unwrap(), &seen);
            outcome.outputs.insert(name.clone(), value);
        }
        outcome.commands = commands::commands(&outcome.log);
        outcome
    }

    #[track_caller]
    fn inputs(&self, meta: &Value) -> Map<String, Value> {
        let declared = meta["inputs"].as_object().unwrap();
        for name in self.inputs.keys() {
            assert!(declared.contains_key(name), "there is no input `{name}`");
        }
        let values = json!({ "github": self.github });
        let seen = Contexts {
            values: &values,
            success: true,
        };
        let value = |(name, input): (&String, &Value)| {
            let given = self.inputs.get(name).cloned();
            let default = || fill(input["default"].as_str().unwrap_or_default(), &seen);
            (name.clone(), Value::from(given.unwrap_or_else(default)))
        };
        declared.iter().map(value).collect()
    }

    /// How a step ended, and its outputs.
    fn step(
        &self,
        step: &Value,
        id: &str,
        contexts: &Value,
        outcome: &mut Outcome,
    ) -> (&'static str, BTreeMap<String, String>) {
        let seen = Contexts {
            values: contexts,
            success: !outcome.failed,
        };
        if !condition(step["if"].as_str().unwrap_or("success()"), &seen) {
            return ("skipped", BTreeMap::new());
        }
        let filled = |key: &str| -> BTreeMap<String, String> {
            let pairs = step[key].as_object().into_iter().flatten();
            pairs
                .map(|(name, value)| (name.clone(), fill(value.as_str().unwrap(), &seen)))
                .collect()
        };
        let goes_on = match &step["continue-on-error"] {
            Value::Bool(value) => *value,
            Value::String(text) => fill(text, &seen) == "true",
            _ => false,
        };
        let (succeeded, outputs) = if step["uses"].is_string() {
            outcome.used.insert(id.to_owned(), filled("with"));
            (
                !self.refused.iter().any(|refused| refused == id),
                BTreeMap::new(),
            )
        } else {
            assert_eq!(step["shell"], "bash");
            let script = fill(step["run"].as_str().unwrap(), &seen);
            self.script(&script, id, &filled("env"), outcome)
        };
        outcome.failed |= !succeeded && !goes_on;
        (if succeeded { "success" } else { "failure" }, outputs)
    }

    fn script(
        &self,
        script: &str,
        id: &str,
        env: &BTreeMap<String, String>,
        outcome: &mut Outcome,
    ) -> (bool, BTreeMap<String, String>) {
        let path = |name: &str| self.temp.join(format!("_{id}_{name}"));
        for file in ["output", "env", "path", "step_summary", "event_path"] {
            std::fs::write(path(file), "").unwrap();
        }
        std::fs::write(path("event_path"), self.github["event"].to_string()).unwrap();
        std::fs::write(path("script"), script).unwrap();
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]);
        command.arg(path("script")).current_dir(&self.workspace);
        command.env_clear().stdin(Stdio::null());
        for needed in ["PATH", "HOME", "TMPDIR"] {
            if let Some(value) = std::env::var_os(needed) {
                command.env(needed, value);
            }
        }
        // The context has the token and the event, the environment has neither; and inside of `run`
        // the action does not know its repository (actions/runner#2473).
        for (name, value) in self.github.as_object().unwrap() {
            let hidden = ["token", "event", "action_ref", "action_repository"];
            if !hidden.contains(&name.as_str()) {
                let name = format!("GITHUB_{}", name.to_uppercase());
                command.env(name, value.as_str().unwrap());
            }
        }
        command.env("GITHUB_ACTIONS", "true").env("CI", "true");
        command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        command.env("RUNNER_TEMP", &self.temp);
        command.envs(&self.env);
        for file in ["output", "env", "path", "step_summary", "event_path"] {
            command.env(format!("GITHUB_{}", file.to_uppercase()), path(file));
        }
        let output = command.envs(env).output().unwrap();
        for stream in [&output.stdout, &output.stderr] {
            outcome.log.push_str(&String::from_utf8_lossy(stream));
        }
        let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
        outcome.summary.push_str(&read("step_summary"));
        assert_eq!(
            read("env") + &read("path"),
            "",
            "steps change no other step"
        );
        (output.status.success(), values(&read("output")))
    }
}
