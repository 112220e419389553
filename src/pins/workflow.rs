//! Workflows of GitHub Actions: what their `run:` steps install.
//!
//! The format is [GitHub's](https://docs.github.com/en/actions/reference/workflow-syntax-for-github-actions).
//! Supported: `env:` on all levels, `matrix`, each way to install an environment of its own,
//! `container:` images, the Python of `actions/setup-python`. Not supported: reusable workflows,
//! composite actions, values that expressions compute.

use std::sync::Arc;

use super::dockerfile;
use super::matrix::{Way, ways};
use super::sheet::{Installed, Sheet, alternatives};
use super::shell::{self, Lines, Variables};
use super::yaml::{self, Kind, Node};
use super::{Ctx, Found, StatedPython, python_version};
use crate::text::SourceFile;

/// The pins of a workflow.
pub(crate) fn read(file: &Arc<SourceFile>, ctx: Ctx<'_>) -> Found {
    let mut sheet = Sheet::new(file);
    let Some(root) = yaml::read(&file.text, &mut sheet) else {
        return sheet.finish();
    };
    let mut variables = Variables::new();
    env(&root, &mut variables, &mut sheet);
    let mut installs = Vec::new();
    for (_, job) in root.get("jobs").map_or(&[][..], Node::map) {
        for way in ways(job, &installing(job)) {
            let before = installs.len();
            run(job, &way, &variables, &mut sheet, &mut installs, ctx);
            if !way.label.is_empty() {
                for install in &mut installs[before..] {
                    install.label.clone_from(&way.label);
                }
            }
        }
    }
    sheet.found.pins = alternatives(installs);
    sheet.finish()
}

/// The parts of a job that may install.
fn installing(job: &Node) -> Vec<&Node> {
    let steps = job.get("steps").map_or(&[][..], Node::list);
    let of_steps = steps
        .iter()
        .flat_map(|step| [step.get("run"), step.get("env")]);
    [job.get("env"), job.get("container")]
        .into_iter()
        .chain(of_steps)
        .flatten()
        .collect()
}

/// Takes what a job installs in one way.
fn run(
    job: &Node,
    way: &Way,
    variables: &Variables,
    sheet: &mut Sheet<'_>,
    installs: &mut Vec<Installed>,
    ctx: Ctx<'_>,
) {
    let mut variables = variables.clone();
    variables.extend(way.values.clone());
    env(job, &mut variables, sheet);
    container(job, &variables, sheet, installs);
    let mut python = None;
    for step in job.get("steps").map_or(&[][..], Node::list) {
        if is_setup(step) {
            python = setup(job, step, way, sheet);
        }
        let Some(run) = step.get("run") else { continue };
        let mut variables = variables.clone();
        env(step, &mut variables, sheet);
        let folded = matches!(run.kind, Kind::Scalar(_, true));
        let lines = if folded { Lines::Join } else { Lines::End };
        let part = yaml::inside(&sheet.file.text, run.at.clone());
        let mut made = shell::run(sheet, part, lines, &mut variables, ctx);
        for pin in made.iter_mut().flat_map(|install| &mut install.pins) {
            pin.python.clone_from(&python);
            if may_fail(job) || may_fail(step) {
                pin.from_index = false;
            }
        }
        installs.extend(made);
    }
}

/// Whether a job or a step is allowed to fail.
fn may_fail(part: &Node) -> bool {
    part.get("continue-on-error")
        .is_some_and(|value| value.text() != Some("false"))
}

fn is_setup(step: &Node) -> bool {
    let action = step.get("uses").and_then(Node::text);
    action.is_some_and(|action| action.starts_with("actions/setup-python@"))
}

/// The Pythons that a step sets up in the combinations of a way, where nothing else in the job may set
/// up another.
fn setup(job: &Node, step: &Node, way: &Way, sheet: &Sheet<'_>) -> Option<StatedPython> {
    let steps = job.get("steps").map_or(&[][..], Node::list);
    let alone = steps.iter().filter(|step| is_setup(step)).count() == 1;
    let quiet = steps.iter().all(|step| {
        let words = [step.get("uses"), step.get("run")].into_iter().flatten();
        let mut words = words.filter_map(Node::text);
        is_setup(step) || words.all(|text| !python_version::brings_another(text))
    });
    if !alone || !quiet || step.get("if").is_some() {
        return None;
    }
    let value = step.get("with")?.get("python-version")?;
    let text = value.text()?;
    let versions: Vec<String> = way
        .combinations
        .iter()
        .map(|values| shell::words(text, values).concat())
        .collect();
    let mut versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    versions.sort_unstable();
    versions.dedup();
    let pythons = python_version::of_versions(&versions)?;
    let shown = format!("python-version: {}", versions.join(", "));
    let at = yaml::inside(&sheet.file.text, value.at.clone());
    Some(sheet.python(pythons, shown, at))
}

fn env(of: &Node, variables: &mut Variables, sheet: &mut Sheet<'_>) {
    for (name, node) in of.get("env").map_or(&[][..], Node::map) {
        let start = name.at.start;
        if let (Some(name), Some(value)) = (name.text(), node.text()) {
            let end = yaml::inside(&sheet.file.text, node.at.clone()).end;
            let value = shell::words(value, variables).join(" ");
            sheet.sets_at(name, &value, start..end);
            variables.insert(name.to_owned(), value);
        }
    }
}

fn container(
    job: &Node,
    variables: &Variables,
    sheet: &mut Sheet<'_>,
    installs: &mut Vec<Installed>,
) {
    let Some(container) = job.get("container") else {
        return;
    };
    let Some(image) = container
        .get("image")
        .or(Some(container))
        .filter(|n| n.text().is_some())
    else {
        return;
    };
    let reference = shell::words(image.text().unwrap_or_default(), variables).concat();
    let at = yaml::inside(&sheet.file.text, image.at.clone());
    let pins = dockerfile::base(&reference, at, sheet);
    if !pins.is_empty() {
        installs.push(Installed {
            label: "container".to_owned(),
            pins,
        });
    }
}
