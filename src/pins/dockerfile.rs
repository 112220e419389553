//! Dockerfiles: the image that the last stage is built on, and what `RUN` installs into it.
//!
//! The format is [Docker's](https://docs.docker.com/reference/dockerfile/). Supported: `ARG` and `ENV`
//! with defaults, stages named by `AS` and built on each other, continuations, comment lines within
//! them, `pip install` and its kin. What is installed later beats the image. Not supported: other
//! escape characters, here-documents, and `RUN` in its JSON form.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::sheet::{Installed, Sheet, Statement, alternatives};
use super::shell::{self, Lines, Variables, words};
use super::{Choice, Ctx, Found, Pin, Role, image};
use crate::names::Package;
use crate::text::SourceFile;

/// What a stage has installed so far.
#[derive(Clone, Default)]
struct Stage {
    base: Vec<Pin>,
    installed: Vec<(String, Vec<Pin>)>,
}

/// The pins of a Dockerfile: those of its last stage that has any.
pub(crate) fn read(file: &Arc<SourceFile>, ctx: Ctx<'_>) -> Found {
    let mut sheet = Sheet::new(file);
    let mut variables = Variables::new();
    let mut stages: BTreeMap<String, Stage> = BTreeMap::new();
    let mut last = Stage::default();
    let mut now = Stage::default();
    let mut name = String::new();
    for instruction in instructions(&file.text) {
        let word = file.text[instruction.word.clone()].to_ascii_uppercase();
        let rest = instruction.rest.clone();
        match word.as_str() {
            "FROM" => {
                keep(&mut last, &now);
                let words = words(&file.text[rest.clone()], &variables);
                let image = words.iter().find(|word| !word.starts_with("--"));
                let image = image.cloned().unwrap_or_default();
                now = match stages.get(&image.to_ascii_lowercase()) {
                    Some(stage) => stage.clone(),
                    None => Stage {
                        base: base(&image, instruction.whole(&file.text), &mut sheet),
                        installed: Vec::new(),
                    },
                };
                name = match &words[..] {
                    [.., by, name] if by.eq_ignore_ascii_case("as") => name.to_ascii_lowercase(),
                    _ => String::new(),
                };
            }
            "ARG" | "ENV" => {
                let words = words(&file.text[rest.clone()], &variables);
                assign(&words, rest, &mut variables, &mut sheet);
            }
            "RUN" => {
                let installs = shell::run(&mut sheet, rest, Lines::Join, &mut variables, ctx);
                let installs = installs.into_iter().map(|one| (one.label, one.pins));
                now.installed.extend(installs);
            }
            _ => {}
        }
        // A stage is known under its name with all that it has so far.
        if !name.is_empty() {
            stages.insert(name.clone(), now.clone());
        }
    }
    keep(&mut last, &now);
    sheet.found.pins = settle(last);
    sheet.finish()
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

/// `NAME=value ...`, `NAME value` and `ARG NAME`.
fn assign(words: &[String], at: Range<usize>, variables: &mut Variables, sheet: &mut Sheet<'_>) {
    let pairs: Vec<(String, String)> = match words {
        [name, value @ ..] if shell::assignment(name).is_none() && !value.is_empty() => {
            vec![(name.clone(), value.join(" "))]
        }
        _ => words
            .iter()
            .filter_map(|word| shell::assignment(word))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    };
    for (name, value) in pairs {
        sheet.sets_at(&name, &value, statement(&sheet.file.text, &at, &name));
        variables.insert(name, value);
    }
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

struct Instruction {
    word: Range<usize>,
    rest: Range<usize>,
}

impl Instruction {
    /// From its word to the end of its first line.
    fn whole(&self, text: &str) -> Range<usize> {
        let part = &text[self.word.start..self.rest.end];
        let end = part.find(['\n', '\r']).unwrap_or(part.len());
        self.word.start..self.word.start + part[..end].trim_end().len()
    }
}

/// The instructions: lines joined where they end with `\`.
fn instructions(text: &str) -> Vec<Instruction> {
    let mut all = Vec::new();
    let mut open: Option<Instruction> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with('#') || trimmed.is_empty() {
            continue;
        }
        let continued = trimmed.ends_with('\\');
        let mut instruction = open.take().unwrap_or_else(|| {
            let indent = line.len() - line.trim_start().len();
            let length = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
            let word = start + indent..start + indent + length;
            Instruction {
                rest: word.end..word.end,
                word,
            }
        });
        instruction.rest.end = at.max(instruction.rest.start);
        if continued {
            open = Some(instruction);
        } else {
            all.push(instruction);
        }
    }
    all.extend(open);
    all
}
