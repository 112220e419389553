//! The documents say what is: pages of rules are those of the rules, and what they show of the program is
//! what it prints.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use serde_json::Value;
use tfmp::cli::Cli;

use crate::support::{TestRepo, project, redact, run};

fn read(path: &str) -> String {
    std::fs::read_to_string(project().join(path)).unwrap()
}

#[test]
fn pages_of_rules_are_those_of_the_rules() {
    let advice = "`.ci/docs` writes them anew";
    let mut expected = BTreeSet::from(["README.md".to_owned()]);
    for rule in tfmp::rules::ALL {
        let mut page = Vec::new();
        tfmp::report::rules::write_page_markdown(rule, &mut page).unwrap();
        let path = format!("docs/rules/{}.md", rule.name);
        assert_eq!(read(&path), String::from_utf8(page).unwrap(), "{advice}");
        expected.insert(format!("{}.md", rule.name));
    }
    let entries = std::fs::read_dir(project().join("docs/rules")).unwrap();
    let there: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(there, expected, "{advice}");
    let list = read("docs/rules/README.md");
    for rule in tfmp::rules::ALL {
        let name = rule.name;
        let row = format!(
            "| {} | [{name}]({name}.md) | {} | ",
            rule.id,
            rule.level.name()
        );
        assert!(list.contains(&row), "{row}: {advice}");
    }
}

/// The blocks of a document that show a command and what it prints.
fn shown(text: &str) -> Vec<(String, String)> {
    let blocks = text.split("```console\n$ tfmp ").skip(1);
    blocks
        .map(|block| {
            let (command, rest) = block.split_once('\n').unwrap();
            let printed = rest.split("```").next().unwrap();
            (command.to_owned(), printed.to_owned())
        })
        .collect()
}

#[test]
fn documents_show_what_is_printed() {
    let mut count = 0;
    for path in ["README.md", "docs/compat.md", "docs/explain.md"] {
        for (command, printed) in shown(&read(path)) {
            let args: Vec<&str> = command.split(' ').collect();
            let outcome = run(project(), &args);
            assert_eq!(outcome.code, 0, "{outcome:?}");
            assert_eq!(outcome.stdout, redact(&printed), "{path}: tfmp {command}");
            count += 1;
        }
    }
    assert!(count >= 6, "only {count} commands are shown");
}

/// The README begins with a finding of the example, and how it is asked for.
#[test]
fn the_first_finding_is_what_is_printed() {
    let page = read("README.md");
    let block = |language: &str| {
        let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
        rest.split("```").next().unwrap().to_owned()
    };
    let asked = block("sh");
    let asked = asked
        .lines()
        .find_map(|line| line.split_once(" -- "))
        .unwrap();
    let args: Vec<&str> = asked.1.split(' ').collect();
    let outcome = run(project(), &args);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let shown = block("text");
    assert!(shown.starts_with("error[TFMP001]"), "{shown}");
    assert!(outcome.stdout.contains(&shown), "{}", outcome.stdout);
}

/// The words of a command line. Quotes hold blanks together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A copy of the example, with the files that pages speak of.
fn example() -> TestRepo {
    let mut repo = TestRepo::new();
    for name in [
        "requirements.txt",
        "src/train.py",
        "src/train_v1.py",
        "src/compat.py",
    ] {
        repo = repo.file(name, &read(&format!("examples/mixed-precision/{name}")));
    }
    let accepted = repo.tfmp(&[
        "check",
        "--write-baseline",
        "known.json",
        "--json-file",
        "tfmp.json",
    ]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    repo.file("train.py", "import tensorflow as tf\n")
}

/// Runs a command as it is written; it has to be one that there is.
#[track_caller]
fn understood(repo: &TestRepo, command: &str) {
    let args = words(command);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = repo.tfmp(&args);
    assert!(outcome.code < 2, "tfmp {command}: {outcome:?}");
}

#[test]
fn commands_of_pages_are_understood() {
    let mut count = 0;
    for path in [
        "README.md",
        "docs/adoption.md",
        "docs/github.md",
        "docs/reports.md",
    ] {
        let repo = example();
        let page = read(path);
        let blocks = page.split("```sh\n").skip(1);
        let lines = blocks.flat_map(|block| block.split("```").next().unwrap().lines());
        for line in lines.filter_map(|line| line.strip_prefix("tfmp ")) {
            understood(&repo, line.split(" #").next().unwrap());
            count += 1;
        }
    }
    assert!(count >= 18, "only {count} commands are shown");
}

#[test]
fn commands_of_the_help_are_understood() {
    let mut count = 0;
    let commands = Cli::command();
    let names = commands.get_subcommands().map(clap::Command::get_name);
    let helps = names.map(|name| vec![name, "--help"]);
    for args in helps.chain([vec!["--help"]]) {
        let repo = example();
        if args[0] == "review" {
            // It posts what these leave.
            understood(&repo, "check --shard 1/2 --json-file 1.json");
            understood(&repo, "check --shard 2/2 --json-file 2.json");
        }
        let help = repo.tfmp(&args).stdout;
        for line in help.lines().filter(|line| line.starts_with("  tfmp ")) {
            // What is said of a command stands two columns behind it, or more.
            let command = line["  tfmp ".len()..].split("  ").next().unwrap();
            understood(&repo, command.split(" > ").next().unwrap());
            count += 1;
        }
    }
    assert!(count >= 25, "only {count} commands are shown");
}

/// The names of all fields below a value.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                found.insert(name.clone());
                fields(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Each field of an answer is told in a part of docs/json.md.
#[track_caller]
fn tells_all(args: &[&str], heading: &str, least: usize) {
    let notebook = r#"{"cells": [{"cell_type": "code", "source": ["import tensorflow as tf\n", "tf.Session()"]}]}"#;
    let repo = example().file("a.ipynb", notebook).file("b.py", "x = (\n");
    let outcome = repo.tfmp(args);
    let value: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let mut found = BTreeSet::new();
    fields(&value, &mut found);
    assert!(found.len() >= least, "{found:?}");
    let page = read("docs/json.md");
    let (_, part) = page.split_once(heading).unwrap();
    let part = part.split("\n## ").next().unwrap();
    let untold: Vec<&String> = found
        .iter()
        .filter(|name| !part.contains(&format!("`{name}`")))
        .collect();
    assert!(untold.is_empty(), "{untold:?} of {args:?}");
}

#[test]
fn fields_of_the_json_are_told() {
    tells_all(&["check", "--format", "json"], "# The JSON report\n", 40);
    tells_all(&["compat", "--format", "json"], "\n## `tfmp compat`\n", 22);
    tells_all(&["rules", "--format", "json"], "\n## `tfmp rules`\n", 5);
    let explain = ["explain", "tf.Session", "--members", "--format", "json"];
    tells_all(&explain, "\n## `tfmp explain`\n", 15);
}

#[test]
fn the_cause_that_is_shown_is_one() {
    let outcome = run(project(), &compat_of_the_page("json"));
    let value: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let page = read("docs/json.md");
    let (_, shown) = page.split_once("```json\n").unwrap();
    let shown: Value = serde_json::from_str(shown.split("```").next().unwrap()).unwrap();
    assert_eq!(value["causes"][0], shown);
}

/// What docs/compat.md shows first, in some form.
const fn compat_of_the_page(form: &str) -> [&str; 5] {
    [
        "compat",
        "--format",
        form,
        "examples/mixed-precision/src/compat.py",
        "examples/mixed-precision/src/train.py",
    ]
}

#[test]
fn the_picture_is_what_is_drawn() {
    let outcome = run(project(), &compat_of_the_page("svg"));
    assert_eq!(outcome.stdout, read("docs/images/compat.svg"));
}

/// What the limits of a room that takes what others wrote are called.
const LIMITS: [&str; 5] = ["MAX", "MOST", "LONGEST", "LARGEST", "DEEPEST"];
const ROOMS: [&str; 7] = [
    "discover", "pins", "scope", "python", "run", "settings", "output",
];

/// A number as a document writes it: `16 MiB`, `5,000`.
fn number(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
    let unit = match unit {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return None,
    };
    Some(digits.replace(',', "").parse::<u64>().ok()? * unit)
}

/// A number as Rust writes it: `16 << 20`, `900 * 1024`, `5_000`.
fn computed(text: &str) -> Option<u64> {
    if let Some((left, right)) = text.split_once("<<") {
        return Some(computed(left)? << computed(right)?);
    }
    if let Some((left, right)) = text.split_once('*') {
        return Some(computed(left)? * computed(right)?);
    }
    text.trim().replace('_', "").parse().ok()
}

/// The limits that a source file states.
fn limits(text: &str) -> Vec<(String, u64)> {
    let lines = text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("const ")?;
        let (name, rest) = rest.split_once(": ")?;
        let (_, value) = rest.split_once(" = ")?;
        Some((name.to_owned(), computed(value.strip_suffix(';')?)?))
    });
    lines.collect()
}

#[test]
fn limits_are_those_of_the_program() {
    let mut told = BTreeSet::new();
    for row in read("docs/limits.md").lines() {
        let Some(cells) = row.strip_prefix("| ") else {
            continue;
        };
        let cells: Vec<&str> = cells.split(" | ").collect();
        let [_, limit, place, _] = cells[..] else {
            panic!("{row}");
        };
        if limit == "limit" {
            continue;
        }
        let mut names = place.split('`').skip(1).step_by(2);
        let (path, name) = (names.next().unwrap(), names.next().unwrap());
        let stated = limits(&read(path));
        let stated = stated.iter().find(|(stated, _)| stated == name);
        assert_eq!(stated.map(|(_, value)| *value), number(limit), "{row}");
        assert!(
            told.insert((path.to_owned(), name.to_owned())),
            "{row} stands twice"
        );
    }
    let mut open = vec![project().join("src")];
    let mut count = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path
                .strip_prefix(project())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            let is_here = |room: &str| {
                let rest = name
                    .strip_prefix("src/")
                    .and_then(|rest| rest.strip_prefix(room));
                rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            };
            if !name.ends_with(".rs")
                || name.ends_with("tests.rs")
                || !ROOMS.iter().any(|room| is_here(room))
            {
                continue;
            }
            for (limit, _) in limits(&read(&name)) {
                let is_limit = LIMITS.iter().any(|start| {
                    let rest = limit.strip_prefix(start);
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
                });
                let is_told = told.contains(&(name.clone(), limit.clone()));
                assert!(
                    !is_limit || is_told,
                    "{name} `{limit}` is not in docs/limits.md"
                );
                count += usize::from(is_limit);
            }
        }
    }
    assert!(count > 40, "only {count} limits were found");
}
