//! Workflows of GitHub Actions: what their `run:` steps install.
//!
//! The format is [GitHub's](https://docs.github.com/en/actions/reference/workflow-syntax-for-github-actions).
//! Supported: `env:` on all levels, `matrix` with lists and `include`, each value an environment of its
//! own, `container:` images. Not supported: `exclude`, reusable workflows, composite actions, values
//! that expressions compute.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::dockerfile;
use super::sheet::{Installed, Sheet, alternatives};
use super::shell::{self, Lines, Variables};
use super::yaml::{self, Kind, Node};
use super::{Ctx, Found};
use crate::text::SourceFile;

/// The most combinations of matrix values that are tried for one job.
const MAX_COMBINATIONS: usize = 64;

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
        for (label, values) in combinations(job, &file.text) {
            let mut variables = variables.clone();
            variables.extend(values);
            env(job, &mut variables, &mut sheet);
            let before = installs.len();
            container(job, &variables, &mut sheet, &mut installs);
            for step in job.get("steps").map_or(&[][..], Node::list) {
                let mut variables = variables.clone();
                env(step, &mut variables, &mut sheet);
                if let Some(run) = step.get("run") {
                    let folded = matches!(run.kind, Kind::Scalar(_, true));
                    let lines = if folded { Lines::Join } else { Lines::End };
                    let part = yaml::inside(&file.text, run.at.clone());
                    installs.extend(shell::run(&mut sheet, part, lines, &mut variables, ctx));
                }
            }
            if !label.is_empty() {
                for install in &mut installs[before..] {
                    install.label.clone_from(&label);
                }
            }
        }
    }
    sheet.found.pins = alternatives(installs);
    sheet.finish()
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

/// The combinations of those matrix values that a job uses where it may install, with a label each.
fn combinations(job: &Node, text: &str) -> Vec<(String, Variables)> {
    let Some(matrix) = job.get("strategy").and_then(|s| s.get("matrix")) else {
        return vec![(String::new(), Variables::new())];
    };
    let body = &text[job.at.start..job.at.end.min(text.len())];
    let used: BTreeSet<&str> = body
        .match_indices("matrix.")
        .map(|(at, mark)| {
            let rest = &body[at + mark.len()..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || "-_".contains(c)));
            &rest[..end.unwrap_or(rest.len())]
        })
        .collect();
    let mut all: Vec<Variables> = vec![Variables::new()];
    let wanted = |key: &&str| used.contains(key) && !matches!(*key, "os" | "python-version");
    for (key, values) in matrix.map() {
        let Some(key) = key.text().filter(wanted) else {
            continue;
        };
        let values: Vec<&str> = values.list().iter().filter_map(Node::text).collect();
        if values.is_empty() || all.len() * values.len() > MAX_COMBINATIONS {
            continue;
        }
        all = all
            .iter()
            .flat_map(|so_far| {
                values.iter().map(|value| {
                    let mut next = so_far.clone();
                    next.insert(format!("matrix.{key}"), (*value).to_owned());
                    next
                })
            })
            .collect();
    }
    let mut included = Vec::new();
    for include in matrix
        .get("include")
        .map_or(&[][..], Node::list)
        .iter()
        .take(MAX_COMBINATIONS)
    {
        let pairs = include.map().iter().filter_map(|(key, value)| {
            let key = key.text().filter(wanted)?;
            Some((format!("matrix.{key}"), value.text()?.to_owned()))
        });
        let pairs: Variables = pairs.collect();
        if !pairs.is_empty() {
            included.push(pairs);
        }
    }
    if !included.is_empty() && all.iter().all(Variables::is_empty) {
        all.clear();
    }
    all.extend(included);
    all.dedup();
    all.into_iter()
        .map(|values| {
            let label: Vec<String> = values
                .iter()
                .map(|(key, value)| format!("{}={value}", key.trim_start_matches("matrix.")))
                .collect();
            (label.join(" "), values)
        })
        .collect()
}
