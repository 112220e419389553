//! Dockerfiles: the image that the last stage is built on, and what `RUN` installs into it.
//!
//! The format is [Docker's](https://docs.docker.com/reference/dockerfile/). Supported: `ARG` and `ENV`
//! as far as they reach (an `ARG` above the first stage must be named again within one, an `ENV` goes on
//! into stages built on its own), stages named by `AS` and built on each other, continuations, comment
//! lines within them, here-documents that a shell runs, `pip install` and its kin, the Python of a
//! `python:` image. What is installed later beats the image. Not supported: other escape characters,
//! `RUN` in its JSON form, files that here-documents write.

mod instructions;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use self::instructions::{Instruction, instructions};
use super::python_version::{self, brings_another};
use super::sheet::{Installed, Sheet, Statement, alternatives};
use super::shell::{self, Lines, Variables, words};
use super::{Choice, Ctx, Found, Pin, Role, StatedPython, image};
use crate::names::Package;
use crate::text::SourceFile;

/// What a stage has so far.
#[derive(Clone, Default)]
struct Stage {
    base: Vec<Pin>,
    python: Option<StatedPython>,
    installed: Vec<(String, Vec<Pin>)>,
    /// Its environment, which stages built on it have too.
    env: Variables,
    /// Its build arguments, which they have not.
    args: Variables,
}

impl Stage {
    /// What `$NAME` stands for: the environment beats arguments.
    fn variables(&self) -> Variables {
        let mut all = self.args.clone();
        all.extend(self.env.clone());
        all
    }
}

/// The pins of a Dockerfile: those of its last stage that has any.
pub(crate) fn read(file: &Arc<SourceFile>, ctx: Ctx<'_>) -> Found {
    let mut sheet = Sheet::new(file);
    // The arguments above the first stage.
    let mut globals = Variables::new();
    let mut stages: BTreeMap<String, Stage> = BTreeMap::new();
    let mut last = Stage::default();
    let mut now: Option<Stage> = None;
    let mut name = String::new();
    let one_python = !brings_another(&file.text);
    for instruction in instructions(&file.text) {
        let word = file.text[instruction.word.clone()].to_ascii_uppercase();
        let text = &file.text[instruction.rest.clone()];
        match (word.as_str(), &mut now) {
            ("FROM", _) => {
                if let Some(stage) = &now {
                    keep(&mut last, stage);
                }
                let (stage, called) = from(&instruction, &globals, &stages, &mut sheet);
                now = Some(stage);
                name = called;
            }
            ("ARG", None) => {
                for (name, value) in pairs(&words(text, &globals)) {
                    globals.insert(name, value);
                }
            }
            ("ARG", Some(stage)) => {
                let words = words(text, &stage.variables());
                for word in words.iter().filter(|word| !word.contains('=')) {
                    if let Some(value) = globals.get(word) {
                        stage.args.insert(word.clone(), value.clone());
                    }
                }
                for (name, value) in pairs(&words) {
                    let at = statement(&file.text, &instruction.rest, &name);
                    sheet.sets_at(&name, &value, at);
                    stage.args.insert(name, value);
                }
            }
            ("ENV", Some(stage)) => {
                for (name, value) in env(&words(text, &stage.variables())) {
                    let at = statement(&file.text, &instruction.rest, &name);
                    sheet.sets_at(&name, &value, at);
                    stage.env.insert(name, value);
                }
            }
            ("RUN", Some(stage)) => {
                let mut installs = run(&instruction, stage, &mut sheet, ctx);
                if one_python {
                    let pins = installs.iter_mut().flat_map(|install| &mut install.pins);
                    pins.for_each(|pin| pin.python.clone_from(&stage.python));
                }
                let installs = installs.into_iter().map(|one| (one.label, one.pins));
                stage.installed.extend(installs);
            }
            _ => {}
        }
        // A stage is known under its name with all that it has so far.
        if let Some(stage) = now.as_ref().filter(|_| !name.is_empty()) {
            stages.insert(name.clone(), stage.clone());
        }
    }
    if let Some(stage) = &now {
        keep(&mut last, stage);
    }
    sheet.found.pins = settle(last);
    sheet.finish()
}

/// The stage that a `FROM` begins, and its name.
fn from(
    instruction: &Instruction,
    globals: &Variables,
    stages: &BTreeMap<String, Stage>,
    sheet: &mut Sheet<'_>,
) -> (Stage, String) {
    let file = Arc::clone(sheet.file);
    let words = words(&file.text[instruction.rest.clone()], globals);
    let image = words.iter().find(|word| !word.starts_with("--"));
    let image = image.cloned().unwrap_or_default();
    let name = match &words[..] {
        [.., by, name] if by.eq_ignore_ascii_case("as") => name.to_ascii_lowercase(),
        _ => String::new(),
    };
    if let Some(stage) = stages.get(&image.to_ascii_lowercase()) {
        let stage = Stage {
            args: Variables::new(),
            ..stage.clone()
        };
        return (stage, name);
    }
    let at = instruction.whole(&file.text);
    let python = python_version::of_image(&image)
        .map(|pythons| sheet.python(pythons, format!("FROM {image}"), at.clone()));
    let stage = Stage {
        base: base(&image, at, sheet),
        python,
        ..Stage::default()
    };
    (stage, name)
}

/// What a `RUN` installs. A here-document that it hands to a shell, or that stands alone, is a script.
fn run(
    instruction: &Instruction,
    stage: &Stage,
    sheet: &mut Sheet<'_>,
    ctx: Ctx<'_>,
) -> Vec<Installed> {
    let file = Arc::clone(sheet.file);
    let mut variables = stage.variables();
    let command = instruction.rest.clone();
    let first = words(&file.text[command.clone()], &variables);
    let first = first.iter().find(|word| !word.starts_with("--"));
    let mut installs = shell::run(sheet, command, Lines::Join, &mut variables, ctx);
    for body in &instruction.documents {
        let text = &file.text[body.clone()];
        let interpreter = match first {
            Some(word) => word,
            None => text
                .lines()
                .next()
                .filter(|line| line.starts_with("#!"))
                .unwrap_or("sh"),
        };
        if shell::is_shell(interpreter) {
            let made = shell::run(sheet, body.clone(), Lines::End, &mut variables, ctx);
            installs.extend(made);
        }
    }
    installs
}

fn keep(last: &mut Stage, now: &Stage) {
    if !now.base.is_empty() || now.installed.iter().any(|(_, pins)| !pins.is_empty()) {
        last.clone_from(now);
    }
}

/// The image gives way to what is installed over it, unless it satisfies that already.
fn settle(stage: Stage) -> Vec<Pin> {
    let installed: Vec<Installed> = stage
        .installed
        .into_iter()
        .filter(|(_, pins)| !pins.is_empty())
        .map(|(label, pins)| Installed { label, pins })
        .collect();
    let pins = alternatives(installed);
    let Some(base) = stage.base.into_iter().next() else {
        return pins;
    };
    let (over, rest): (Vec<Pin>, Vec<Pin>) = pins
        .into_iter()
        .partition(|pin| pin.package() == Package::Tensorflow);
    let satisfied = over.iter().all(|pin| match (pin.choice, base.choice) {
        (Choice::Any, _) => true,
        (Choice::Releases(wanted), Choice::Releases(there)) => !(wanted & there).is_empty(),
        _ => false,
    });
    let mut pins = if satisfied { vec![base] } else { over };
    pins.extend(rest);
    pins
}

/// `NAME=value ...`, or the old `NAME value`.
fn env(words: &[String]) -> Vec<(String, String)> {
    match words {
        [name, value @ ..] if shell::assignment(name).is_none() && !value.is_empty() => {
            vec![(name.clone(), value.join(" "))]
        }
        _ => pairs(words),
    }
}

fn pairs(words: &[String]) -> Vec<(String, String)> {
    words
        .iter()
        .filter_map(|word| shell::assignment(word))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The part of an instruction that sets a variable: from its name to the end of the line or of the
/// word.
fn statement(text: &str, at: &Range<usize>, name: &str) -> Range<usize> {
    let part = &text[at.clone()];
    let start = at.start + part.find(name).unwrap_or(0);
    let rest = &text[start..at.end];
    let after = rest.strip_prefix(name).unwrap_or(rest);
    let ends: &[char] = match after.chars().next() {
        Some('=') => &[' ', '\t', '\n', '\r'],
        _ => &['\n', '\r'],
    };
    let end = rest.find(ends).unwrap_or(rest.len());
    start..start + rest[..end].trim_end().len()
}

/// The pin that an image is.
pub(crate) fn base(image: &str, at: Range<usize>, sheet: &mut Sheet<'_>) -> Vec<Pin> {
    let Some(requirement) = image::requirement(image) else {
        if image::is_of_tensorflow(image) {
            let message = format!("which TensorFlow `{image}` holds is not known");
            sheet.notice(at.start, message, "name the release with `--tensorflow`");
        }
        return Vec::new();
    };
    // Where variables stand in the line, what they make is what readers want to see.
    let line = sheet.file.text[at.clone()].trim();
    let shown = if line.contains('$') {
        format!("FROM {image}")
    } else {
        line.to_owned()
    };
    let statement = Statement {
        requirement: &requirement,
        shown: &shown,
        at,
        group: "",
        role: Role::Requirement,
    };
    sheet.apart(|sheet| {
        if let Some(pin) = sheet.state(&statement) {
            pin.from_index = false;
        }
    })
}
