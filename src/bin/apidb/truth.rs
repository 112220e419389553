//! `truth`: what the program says of pieces of code, against what happens when they run.
//!
//! `tests/truth/*.md` holds the cases. Each names releases, code as people write it (`before`) and
//! code that is right (`after`). A case holds on a release where the program reports an error or a
//! warning for `before` exactly if it fails there, and where `after` runs and is not reported. Code
//! that goes wrong without an exception asserts what it should have done. A case that is to be
//! repaired (`repair: safe`, `repair: unsafe`) holds where `tfmp fix` makes of `before` what runs and
//! is not reported, wherever that fails.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tfmp::finding::Level;

use crate::builds::newest_python;
use crate::cache::{Cache, write_whole};
use crate::said::Project;
use crate::verify::probe::Environment;

const PROBE: &str = include_str!("truth_probe.py");

/// One case of a page.
#[derive(Debug)]
struct Case {
    page: String,
    title: String,
    releases: Vec<String>,
    /// Requirements besides `tensorflow` itself.
    requirements: String,
    /// A rule that speaks of what may go wrong elsewhere, and is not counted.
    aside: String,
    /// A rule whose notes count, too: what it tells of goes wrong here.
    note: String,
    /// Runs in a process that has imported nothing.
    fresh: bool,
    /// What `tfmp fix` has to repair, and whether this has to be asked for.
    repair: Option<bool>,
    before: String,
    after: Option<String>,
}

/// Which code of a case it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Before,
    After,
    Repaired,
}

/// A case, its piece, and the release.
type Key = (usize, Piece, String);

/// How a piece of code fared on a release.
#[derive(Clone, Debug)]
struct Outcome {
    /// What the program reports, worst first: `TFMP001`.
    reported: Vec<String>,
    /// How it ended: `""` where it ran through.
    end: String,
}

/// Runs all cases, writes the table, and fails where the program is wrong.
pub(crate) fn truth(
    cache: &Cache,
    data: &Path,
    pages: &Path,
    table: &Path,
    releases: &[String],
    venvs: Option<PathBuf>,
) -> Result<()> {
    let venvs = venvs.unwrap_or_else(|| cache.folder("venvs"));
    let cases = read_pages(pages)?;
    let mut asked: Vec<String> = cases
        .iter()
        .flat_map(|case| case.releases.clone())
        .collect();
    asked.sort_by_key(|version| order(version));
    asked.dedup();
    if !releases.is_empty() {
        asked.retain(|version| releases.contains(version));
    }
    let mut outcomes: BTreeMap<Key, Outcome> = BTreeMap::new();
    for release in &asked {
        let python = newest_python(data, "tensorflow", release);
        let environment = Environment::of(&venvs, release, python)?;
        environment.require(release, &required(&cases, release))?;
        let folder = cache.folder("truth");
        for (key, outcome) in on_release(&cases, release, &environment, &folder)? {
            outcomes.insert(key, outcome);
        }
    }
    let (text, wrong) = report(&cases, &asked, &outcomes);
    if releases.is_empty() {
        write_whole(table, text.as_bytes())?;
    } else {
        std::io::stderr().write_all(text.as_bytes())?;
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        bail!("what runs is not what is said:\n{}", wrong.join("\n"))
    }
}

fn order(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

/// Reads the cases of every page: a heading, a line of releases, and blocks of code.
fn read_pages(folder: &Path) -> Result<Vec<Case>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path)?;
        let page = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for section in text.split("\n## ").skip(1) {
            cases.push(case(&page, section).with_context(|| format!("{page}: {section:.60}"))?);
        }
    }
    Ok(cases)
}

fn case(page: &str, section: &str) -> Result<Case> {
    let (title, body) = section.split_once('\n').context("a case has a body")?;
    let field = |name: &str| {
        body.lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
    };
    let block = |name: &str| {
        let start = body.find(&format!("```py {name}\n"))?;
        let code = &body[start..];
        let code = &code[code.find('\n')? + 1..];
        Some(code[..code.find("\n```")? + 1].to_owned())
    };
    let releases = field("releases:").context("a case names releases")?;
    Ok(Case {
        page: page.to_owned(),
        title: title.trim().to_owned(),
        releases: releases.split_whitespace().map(str::to_owned).collect(),
        requirements: field("requirements:")
            .unwrap_or_default()
            .replace(", ", "\n"),
        aside: field("aside:").unwrap_or_default().to_owned(),
        note: field("note:").unwrap_or_default().to_owned(),
        fresh: field("fresh:") == Some("yes"),
        repair: field("repair:").map(|how| how == "unsafe"),
        before: block("before").context("a case has code `before`")?,
        after: block("after"),
    })
}

/// What the cases of a release require besides it.
fn required<'c>(cases: &'c [Case], release: &str) -> Vec<&'c str> {
    let of = |case: &&Case| case.releases.iter().any(|named| named == release);
    let mut lines: Vec<&str> = cases
        .iter()
        .filter(of)
        .flat_map(|case| case.requirements.lines())
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

type Outcomes = Vec<(Key, Outcome)>;

/// Runs every case that names a release.
fn on_release(
    cases: &[Case],
    release: &str,
    environment: &Environment,
    folder: &Path,
) -> Result<Outcomes> {
    std::fs::create_dir_all(folder)?;
    let keras = environment.version("keras");
    let mut pieces: Vec<(usize, Piece, String, bool)> = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        if case.releases.iter().any(|named| named == release) {
            pieces.push((index, Piece::Before, case.before.clone(), case.fresh));
            if let Some(after) = &case.after {
                pieces.push((index, Piece::After, after.clone(), case.fresh));
            }
            if let Some(also_unsafe) = case.repair {
                let project = project(case, release, keras.as_deref(), &case.before, folder)?;
                let repaired = repaired(&project, &case.before, also_unsafe)?;
                pieces.extend(repaired.map(|code| (index, Piece::Repaired, code, case.fresh)));
            }
        }
    }
    let asked: Vec<Value> = pieces
        .iter()
        .enumerate()
        .map(|(id, (_, _, code, fresh))| json!({"id": id, "code": code, "fresh": fresh}))
        .collect();
    let at = |name: &str| folder.join(format!("{release}.{name}"));
    let (script, list, results) = (at("py"), at("cases"), at("results"));
    write_whole(&script, PROBE.as_bytes())?;
    write_whole(&list, serde_json::to_string(&asked)?.as_bytes())?;
    Command::new(environment.python())
        .arg("-I")
        .args([&script, &list, &results])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot run the Python of {release}"))?;
    let ends: BTreeMap<u64, String> = std::fs::read_to_string(&results)?
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|one| Some((one["id"].as_u64()?, one["end"].as_str()?.to_owned())))
        .collect();
    let mut outcomes = Vec::new();
    for (id, (index, piece, code, _)) in pieces.into_iter().enumerate() {
        let end = ends
            .get(&(id as u64))
            .with_context(|| format!("{release}: `{}` gave no result", cases[index].title))?;
        let outcome = Outcome {
            reported: said(
                &project(&cases[index], release, keras.as_deref(), &code, folder)?,
                &cases[index],
            )?,
            end: end.clone(),
        };
        outcomes.push(((index, piece, release.to_owned()), outcome));
    }
    Ok(outcomes)
}

/// A project that has the pins of a release, and a piece of code.
fn project(
    case: &Case,
    release: &str,
    keras: Option<&str>,
    code: &str,
    folder: &Path,
) -> Result<Project> {
    let mut pins = vec![format!("tensorflow=={release}"), case.requirements.clone()];
    let keras_3 = keras.filter(|version| version.starts_with("3."));
    pins.extend(keras_3.map(|version| format!("keras=={version}")));
    let pins: Vec<&str> = pins.iter().map(String::as_str).collect();
    Project::new(folder.join("project"), &pins, code)
}

/// The rules by which the program reports an error or a warning, worst first.
fn said(project: &Project, case: &Case) -> Result<Vec<String>> {
    let report = project.checked()?;
    let mut found: Vec<(Level, String)> = report
        .findings
        .iter()
        .filter(|finding| {
            let counts = finding.level > Level::Note || finding.rule.0 == case.note;
            counts && finding.rule.0 != case.aside
        })
        .map(|finding| (finding.level, finding.rule.0.to_owned()))
        .collect();
    found.sort();
    found.reverse();
    found.dedup();
    Ok(found.into_iter().map(|(_, rule)| rule).collect())
}

/// What `tfmp fix` makes of the code; nothing where it changes nothing.
fn repaired(project: &Project, code: &str, also_unsafe: bool) -> Result<Option<String>> {
    let repaired = tfmp::run::repair::fix(&project.settings()?, also_unsafe)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let changed = |change: tfmp::fix::Change| {
        let after = String::from_utf8(change.after).ok()?;
        (change.path.as_str() == Project::CODE && after != code).then_some(after)
    };
    Ok(repaired.changes.into_iter().find_map(changed))
}

/// The table, and what is wrong in it.
fn report(
    cases: &[Case],
    releases: &[String],
    outcomes: &BTreeMap<Key, Outcome>,
) -> (String, Vec<String>) {
    let mut wrong = Vec::new();
    let mut rows = String::new();
    let (mut pieces, mut runs) = (0, 0);
    for (index, case) in cases.iter().enumerate() {
        for piece in [Piece::Before, Piece::After, Piece::Repaired] {
            let key = |release: &String| (index, piece, release.clone());
            let failed = |release: &String| {
                let before = outcomes.get(&(index, Piece::Before, release.clone()));
                before.is_some_and(|before| !before.end.is_empty())
            };
            let wanted = |release: &String| {
                let repaired = piece == Piece::Repaired && case.repair.is_some();
                outcomes.contains_key(&key(release)) || repaired && failed(release)
            };
            if !releases.iter().any(wanted) {
                continue;
            }
            pieces += 1;
            let name = match piece {
                Piece::Before => "as written",
                Piece::After => "right",
                Piece::Repaired => "repaired",
            };
            let title = &case.title;
            write!(rows, "| {} | {title} | {name} |", case.page).expect("writing to a String");
            for release in releases {
                let Some(outcome) = outcomes.get(&key(release)) else {
                    let lacking = piece == Piece::Repaired && failed(release);
                    rows.push_str(if lacking { " **no repair** |" } else { " |" });
                    if lacking {
                        wrong.push(format!("{release}: {} / {title}: no repair", case.page));
                    }
                    continue;
                };
                runs += 1;
                let failed = !outcome.end.is_empty();
                let reported = !outcome.reported.is_empty();
                if failed != reported || piece != Piece::Before && failed {
                    wrong.push(format!(
                        "{release}: {} / {title} ({name}): reported {:?}, ended {:?}",
                        case.page, outcome.reported, outcome.end
                    ));
                }
                let cell = match (failed, outcome.reported.first()) {
                    (true, Some(rule)) => format!("✗ {rule}"),
                    (true, None) => "✗ **missed**".to_owned(),
                    (false, Some(rule)) => format!("✓ **false {rule}**"),
                    (false, None) => "✓".to_owned(),
                };
                write!(rows, " {cell} |").expect("writing to a String");
            }
            rows.push('\n');
        }
    }
    let mut text = String::from(
        "# What runs, and what is said\n\nWritten by `cargo apidb truth`, which runs the code of `tests/truth` with installed releases and checks it\nwith the same release pinned. ✗: it failed when it was run (for mistakes that raise nothing: what it\ncomputed was wrong), with the rule that reports it. ✓: it ran, and nothing is reported. `repaired` is what\n`tfmp fix` (with `--unsafe`, where it has to be asked for) makes of the code where it failed.\n\n",
    );
    writeln!(
        text,
        "{pieces} pieces of code, {} releases, {runs} runs; {} where the two disagree.\n",
        releases.len(),
        wrong.len()
    )
    .expect("writing to a String");
    write!(text, "| page | case | code |").expect("writing to a String");
    for release in releases {
        write!(text, " {release} |").expect("writing to a String");
    }
    text.push_str("\n|---|---|---|");
    text.push_str(&"---|".repeat(releases.len()));
    text.push('\n');
    text.push_str(&rows);
    (text, wrong)
}
