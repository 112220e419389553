//! Every rule page is a test: its `requirements` blocks set the pin, the marks in its `py` blocks
//! are exactly what a scan reports, and a block without marks stays silent for every rule. A
//! `py fixed` block is the block before it, without its marks, after `tfmp fix`; with
//! `py fixed unsafe`, after `tfmp fix --unsafe`.

use std::fmt::Write as _;

use crate::support::TestRepo;

/// A finding as a page marks it, or as a scan reports it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    line: u64,
    level: String,
    rule: String,
    part: String,
}

#[derive(Default)]
pub(crate) struct Block {
    pub(crate) requirements: String,
    pub(crate) code: String,
    at: usize,
    /// The code after its repair, and whether this has to be asked for.
    fixed: Option<(String, bool)>,
}

/// The blocks of a page: every pin alone, and every `py` block with the pin above it.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut requirements = String::new();
    let mut open: Option<(&str, usize, String)> = None;
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.trim(), index + 1, String::new())),
            (Some((language, at, text)), Some(_)) => {
                let code = match *language {
                    "requirements" => {
                        requirements.clone_from(text);
                        Some(String::new())
                    }
                    "py" => Some(std::mem::take(text)),
                    "py fixed" | "py fixed unsafe" => {
                        let last: &mut Block = blocks.last_mut().expect("a block comes before");
                        last.fixed = Some((std::mem::take(text), language.ends_with("unsafe")));
                        None
                    }
                    _ => None,
                };
                blocks.extend(code.map(|code| Block {
                    requirements: requirements.clone(),
                    code,
                    at: *at,
                    fixed: None,
                }));
                open = None;
            }
            (Some((_, _, text)), None) => writeln!(text, "{line}").unwrap(),
            (None, None) => {}
        }
    }
    blocks
}

/// The marks of a block, in the order of a report: code before pins, by the names of their files.
fn all_marks(block: &Block) -> Vec<Mark> {
    let mut all = marks(&block.code);
    all.extend(marks(&block.requirements));
    all
}

/// The marks in a block: `# error: [TFMP002] "part of the message"`.
fn marks(code: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for level in ["error", "warning", "note"] {
            let Some((_, rest)) = line.split_once(&format!("# {level}: [")) else {
                continue;
            };
            let (rule, rest) = rest.split_once(']').unwrap();
            marks.push(Mark {
                line: index as u64 + 1,
                level: level.to_owned(),
                rule: rule.to_owned(),
                part: rest.trim().trim_matches('"').to_owned(),
            });
        }
    }
    marks
}

/// The code of a block as people would have it: without marks.
pub(crate) fn unmarked(code: &str) -> String {
    let lines = code.lines().map(|line| {
        let mark = ["error", "warning", "note"]
            .iter()
            .find_map(|level| line.find(&format!("# {level}: [")));
        mark.map_or(line, |at| line[..at].trim_end())
    });
    lines.fold(String::new(), |all, line| all + line + "\n")
}

/// What `tfmp fix` makes of a block.
fn repaired(block: &Block, also_unsafe: bool) -> String {
    let repo = TestRepo::new()
        .file("requirements.txt", &block.requirements)
        .file("app.py", &unmarked(&block.code));
    let mut args = vec!["fix"];
    args.extend(also_unsafe.then_some("--unsafe"));
    assert_eq!(repo.tfmp(&args).code, 0);
    std::fs::read_to_string(repo.path("app.py")).unwrap()
}

#[test]
fn every_repair_is_true() {
    let mut count = 0;
    for rule in tfmp::rules::ALL {
        for block in blocks(rule.page) {
            let Some((fixed, also_unsafe)) = &block.fixed else {
                continue;
            };
            count += 1;
            let place = format!("{}.md, block at line {}", rule.name, block.at);
            assert_ne!(unmarked(&block.code), *fixed, "{place}: nothing changes");
            assert_eq!(repaired(&block, *also_unsafe), *fixed, "{place}");
        }
    }
    assert!(count >= 7, "only {count} repairs are shown");
}

fn found(block: &Block) -> Vec<(Mark, String)> {
    let repo = TestRepo::new()
        .file("requirements.txt", &block.requirements)
        .file("app.py", &block.code);
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            let mark = Mark {
                line: finding["start"]["line"].as_u64().unwrap(),
                level: text("level"),
                rule: text("rule"),
                part: String::new(),
            };
            (mark, text("message"))
        })
        .collect()
}

#[test]
fn every_page_is_true() {
    let mut wrong = String::new();
    for rule in tfmp::rules::ALL {
        let blocks = blocks(rule.page);
        let fires = |block: &&Block| all_marks(block).iter().any(|m| m.rule == rule.id.0);
        assert!(
            blocks.iter().any(|b| fires(&b)),
            "{}: no example fires",
            rule.name
        );
        assert!(
            blocks.iter().any(|b| !fires(&b)),
            "{}: no example is silent",
            rule.name
        );
        for block in &blocks {
            let expected = all_marks(block);
            let found = found(block);
            let same = expected.len() == found.len()
                && expected.iter().zip(&found).all(|(mark, (seen, message))| {
                    (mark.line, &mark.level, &mark.rule) == (seen.line, &seen.level, &seen.rule)
                        && message.contains(&mark.part)
                });
            if !same {
                writeln!(
                    wrong,
                    "{}.md, block at line {}: expected {expected:#?}, found {found:#?}",
                    rule.name, block.at
                )
                .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
