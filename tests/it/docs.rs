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
