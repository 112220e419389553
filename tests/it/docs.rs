//! The documents say what is: pages of rules are those of the rules, and what they show of the program is
//! what it prints.

use std::collections::BTreeSet;

use crate::support::{project, redact, run};

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

#[test]
fn the_picture_is_what_is_drawn() {
    let args = [
        "compat",
        "--format",
        "svg",
        "examples/mixed-precision/src/compat.py",
        "examples/mixed-precision/src/train.py",
    ];
    let outcome = run(project(), &args);
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
