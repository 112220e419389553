//! `truth`: what the program says of pieces of code, against what happens when they run.
//!
//! `tests/truth/*.md` holds the cases. Each names releases, code as people write it (`before`) and
//! code that is right (`after`). A case holds on a release where the program reports an error or a
//! warning for `before` exactly if it fails there, and where `after` runs and is not reported. Code
//! that goes wrong without an exception asserts what it should have done.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Parser as _;
use serde_json::{Value, json};
use tfmp::cli::{Cli, Command as Asked};
use tfmp::finding::Level;
use tfmp::rules;
use tfmp::settings::Settings;

use crate::builds::newest_python;
use crate::cache::{Cache, write_whole};
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
    /// Runs in a process that has imported nothing.
    fresh: bool,
    before: String,
    after: Option<String>,
}

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
    let mut outcomes: BTreeMap<(usize, bool, String), Outcome> = BTreeMap::new();
    for release in &asked {
        let python = newest_python(data, "tensorflow", release);
        let environment = Environment::of(&venvs, release, python)?;
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
        fresh: field("fresh:") == Some("yes"),
        before: block("before").context("a case has code `before`")?,
        after: block("after"),
    })
}

type Outcomes = Vec<((usize, bool, String), Outcome)>;

/// Runs every case that names a release.
fn on_release(
    cases: &[Case],
    release: &str,
    environment: &Environment,
    folder: &Path,
) -> Result<Outcomes> {
    let mut pieces: Vec<(usize, bool, &str, bool)> = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        if case.releases.iter().any(|named| named == release) {
            pieces.push((index, false, &case.before, case.fresh));
            if let Some(after) = &case.after {
                pieces.push((index, true, after, case.fresh));
            }
        }
    }
    let asked: Vec<Value> = pieces
        .iter()
        .enumerate()
        .map(|(id, (_, _, code, fresh))| json!({"id": id, "code": code, "fresh": fresh}))
        .collect();
    std::fs::create_dir_all(folder)?;
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
    let keras = environment.version("keras");
    let mut outcomes = Vec::new();
    for (id, (index, after, code, _)) in pieces.into_iter().enumerate() {
        let end = ends
            .get(&(id as u64))
            .with_context(|| format!("{release}: `{}` gave no result", cases[index].title))?;
        let outcome = Outcome {
            reported: said(&cases[index], release, keras.as_deref(), code, folder)?,
            end: end.clone(),
        };
        outcomes.push(((index, after, release.to_owned()), outcome));
    }
    Ok(outcomes)
}

/// The rules by which the program reports an error or a warning, worst first.
fn said(
    case: &Case,
    release: &str,
    keras: Option<&str>,
    code: &str,
    folder: &Path,
) -> Result<Vec<String>> {
    let project = folder.join("project");
    drop(std::fs::remove_dir_all(&project));
    std::fs::create_dir_all(&project)?;
    let mut pins = format!("tensorflow=={release}\n{}\n", case.requirements);
    let keras_3 = keras.filter(|version| version.starts_with("3."));
    if let Some(version) = keras_3 {
        writeln!(pins, "keras=={version}").context("a text takes a line")?;
    }
    std::fs::write(project.join("requirements.txt"), pins)?;
    std::fs::write(project.join("app.py"), code)?;
    let cli = Cli::try_parse_from(["tfmp".as_ref(), "check".as_ref(), project.as_os_str()])?;
    let Asked::Check(args) = cli.command else {
        bail!("`check` is a command");
    };
    let settings = Settings::new(&args, rules::ALL).map_err(|error| anyhow::anyhow!("{error}"))?;
    let report = tfmp::run::check(&settings).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut found: Vec<(Level, String)> = report
        .findings
        .iter()
        .filter(|finding| finding.level > Level::Note && finding.rule.0 != case.aside)
        .map(|finding| (finding.level, finding.rule.0.to_owned()))
        .collect();
    found.sort();
    found.reverse();
    found.dedup();
    Ok(found.into_iter().map(|(_, rule)| rule).collect())
}

/// The table, and what is wrong in it.
fn report(
    cases: &[Case],
    releases: &[String],
    outcomes: &BTreeMap<(usize, bool, String), Outcome>,
) -> (String, Vec<String>) {
    let mut wrong = Vec::new();
    let mut rows = String::new();
    let (mut pieces, mut runs) = (0, 0);
    for (index, case) in cases.iter().enumerate() {
        for after in [false, true] {
            let key = |release: &String| (index, after, release.clone());
            if !releases
                .iter()
                .any(|release| outcomes.contains_key(&key(release)))
            {
                continue;
            }
            pieces += 1;
            let name = if after { "right" } else { "as written" };
            let title = &case.title;
            write!(rows, "| {} | {title} | {name} |", case.page).expect("writing to a String");
            for release in releases {
                let Some(outcome) = outcomes.get(&key(release)) else {
                    rows.push_str(" |");
                    continue;
                };
                runs += 1;
                let failed = !outcome.end.is_empty();
                let reported = !outcome.reported.is_empty();
                if failed != reported || after && failed {
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
        "# What runs, and what is said\n\nWritten by `cargo apidb truth`, which runs the code of `tests/truth` with installed releases and checks it\nwith the same release pinned. ✗: it failed when it was run (for mistakes that raise nothing: what it\ncomputed was wrong), with the rule that reports it. ✓: it ran, and nothing is reported.\n\n",
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
