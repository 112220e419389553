//! Tiny sources and the uses that are expected of them, a line each: `line:column path [guards]`,
//! guards from the innermost outwards, and marks: `()` called, `import`, `from`, `star`, `<-n` by
//! way of use n. Columns are base 1.

mod basics;
mod calls;
mod carried;
mod conditions;
mod names;
mod reexports;
mod versions;

use crate::text::{LineIndex, RepoPath};

use super::uses::{FileUses, Guard, Position};
use super::{Project, ProjectExports, Reading, read};

/// Names that a star import can supply in these tests.
fn star(path: &str) -> bool {
    matches!(
        path,
        "tensorflow.Session"
            | "tensorflow.keras.layers.Dense"
            | "keras.layers.Dense"
            | "tensorflow.abs"
    )
}

fn read_one(text: &str) -> Reading {
    let path = RepoPath::new("train.py");
    let project = Project::new([&path]);
    let exports = ProjectExports::default();
    read(&path, text, &project, &exports, &star)
}

#[track_caller]
fn check(input: &str, expect: &[&str]) {
    let reading = read_one(input);
    assert_eq!(shown(input, &reading.uses), expect, "in:\n{input}");
}

/// Only the paths of uses that are not silenced by an unknown or impossible condition.
#[track_caller]
fn paths(input: &str, expect: &[&str]) {
    let reading = read_one(input);
    let found: Vec<&str> = reading
        .uses
        .uses
        .iter()
        .filter(|used| {
            !reading
                .uses
                .chain(used.guard)
                .any(|guard| matches!(guard, Guard::Unknown | Guard::Never))
        })
        .map(|used| &*used.path)
        .collect();
    assert_eq!(found, expect, "in:\n{input}");
}

fn shown(text: &str, uses: &FileUses) -> Vec<String> {
    let index = LineIndex::new(text);
    uses.uses
        .iter()
        .map(|used| {
            let at = index.position(text, used.span.start);
            let mut line = format!("{}:{} {}", at.line, at.column, used.path);
            if used.called {
                line.push_str("()");
            }
            match used.position {
                Position::ImportModule => line.push_str(" import"),
                Position::ImportFrom { .. } => line.push_str(" from"),
                Position::Star { .. } => line.push_str(" star"),
                Position::Attribute => {}
            }
            if let Some(via) = used.via {
                line.push_str(&format!(" <-{via}"));
            }
            let guards: Vec<String> = uses.chain(used.guard).map(say).collect();
            if !guards.is_empty() {
                line.push_str(&format!(" [{}]", guards.join(", ")));
            }
            line
        })
        .collect()
}

fn say(guard: &Guard) -> String {
    let list = |parts: &[Guard]| parts.iter().map(say).collect::<Vec<_>>().join(" ");
    match guard {
        Guard::Version { holds, .. } => if *holds { "version" } else { "no version" }.to_owned(),
        Guard::CatchesAttributeError => "catches attribute".to_owned(),
        Guard::CatchesImportError => "catches import".to_owned(),
        Guard::CatchesTypeError => "catches type".to_owned(),
        Guard::CatchesValueError => "catches value".to_owned(),
        Guard::Has { path, present } => {
            format!("{} {path}", if *present { "has" } else { "lacks" })
        }
        Guard::HasModule { path, present } => {
            format!("{} module {path}", if *present { "has" } else { "lacks" })
        }
        Guard::Accepts {
            path,
            parameter,
            present,
        } => {
            let verb = if *present { "accepts" } else { "refuses" };
            format!("{path} {verb} {parameter}")
        }
        Guard::Body { uses, failed } => {
            let uses: Vec<String> = uses.iter().map(ToString::to_string).collect();
            format!(
                "{} {}",
                if *failed { "failed" } else { "worked" },
                uses.join("+")
            )
        }
        Guard::All(parts) => format!("all({})", list(parts)),
        Guard::Any(parts) => format!("any({})", list(parts)),
        Guard::Never => "never".to_owned(),
        Guard::Unknown => "unknown".to_owned(),
    }
}
