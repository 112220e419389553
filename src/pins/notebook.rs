//! What a notebook installs for itself: its `!pip install ...` and `%pip install ...` lines, its cells
//! of shell commands, and Colab's `%tensorflow_version`.
//!
//! Supported: every command line that `shell` and `install` read; `{sys.executable} -m pip`.
//! Not supported: versions that Python variables hold (`!pip install tensorflow=={version}`); they are
//! not known.

use std::ops::Range;
use std::sync::Arc;

use super::sheet::{Installed, Sheet, Statement, alternatives};
use super::shell::{self, Lines, Variables};
use super::{Ctx, Found, Pin, Role};
use crate::finding::Notice;
use crate::text::{LineIndex, SourceFile};

/// The last TensorFlow that Colab had for `%tensorflow_version 1.x`, which it took away in August 2022:
/// <https://research.google.com/colaboratory/tensorflow_version.html>.
const COLAB_ONE: &str = "tensorflow==1.15.2";

/// What the commands of a notebook pin.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// What they install. Commands that install different versions are alternatives.
    pub found: Found,
    /// `%tensorflow_version 2.x`: whatever TensorFlow 2 is there. It names a version only where
    /// nothing else does.
    pub two: Option<Pin>,
}

/// Reads the commands of a notebook, given as parts of its text.
#[must_use]
pub fn read(file: &Arc<SourceFile>, commands: &[Range<usize>], ctx: Ctx<'_>) -> Session {
    let mut sheet = Sheet::new(file);
    let mut two = None;
    let mut installs = Vec::new();
    for command in commands {
        let Some(text) = file.text.get(command.clone()) else {
            continue;
        };
        if let Some(version) = colab_version(text) {
            let at = command.start..command.start + text.trim_end().len();
            match version {
                '1' => installs.extend(colab_one(&mut sheet, text, at)),
                _ => two = two.or_else(|| colab_two(&mut sheet, text, at)),
            }
            continue;
        }
        let mut variables = Variables::new();
        let part = command.clone();
        let mut made = shell::run(&mut sheet, part, Lines::End, &mut variables, ctx);
        for install in &mut made {
            install.label = label(file, install, command.start);
        }
        installs.extend(made);
    }
    sheet.found.pins = alternatives(installs);
    let mut found = sheet.finish();
    on_disk(file, &mut found.notices);
    Session { found, two }
}

/// `cell 3, line 1`: what sets one command apart from another.
fn label(file: &SourceFile, install: &Installed, start: usize) -> String {
    let own = install
        .pins
        .iter()
        .map(|pin| &pin.location)
        .find(|location| location.file.path == file.path)
        .map_or_else(|| u32::try_from(start).unwrap_or(0), |at| at.span.start);
    file.cell(own)
        .map_or_else(|| install.label.clone(), |place| place.to_string())
}

/// The first digit of what `%tensorflow_version` asks for.
fn colab_version(command: &str) -> Option<char> {
    let rest = command.strip_prefix("%tensorflow_version")?;
    let digit = rest.trim_start().chars().next()?;
    matches!(digit, '1' | '2').then_some(digit)
}

fn colab_one(sheet: &mut Sheet<'_>, text: &str, at: Range<usize>) -> Option<Installed> {
    let mut pins = colab(sheet, COLAB_ONE, text, at);
    for pin in &mut pins {
        // It came with the machine.
        pin.from_index = false;
    }
    let label = sheet.file.cell(pins.first()?.location.span.start)?;
    let label = label.to_string();
    Some(Installed { label, pins })
}

fn colab_two(sheet: &mut Sheet<'_>, text: &str, at: Range<usize>) -> Option<Pin> {
    let pins = colab(sheet, "tensorflow", text, at);
    pins.into_iter().next().map(|mut pin| {
        pin.from_index = false;
        pin
    })
}

fn colab(sheet: &mut Sheet<'_>, requirement: &str, text: &str, at: Range<usize>) -> Vec<Pin> {
    let shown = text.split('#').next().unwrap_or(text).trim();
    sheet.apart(|sheet| {
        sheet.state(&Statement {
            requirement,
            shown,
            at,
            group: "",
            role: Role::Requirement,
        });
    })
}

/// Gives notices the lines of the file in the place of those of the joined cells.
fn on_disk(file: &SourceFile, notices: &mut [Notice]) {
    let lines = LineIndex::new(&file.text);
    for notice in notices {
        let Some(line) = notice.line else { continue };
        let text = lines.line_text(&file.text, line);
        let start = text.as_ptr() as usize - file.text.as_ptr() as usize;
        let start = u32::try_from(start).unwrap_or(0);
        if let Some(place) = file.cell(start) {
            notice.message = format!("{place}: {}", notice.message);
            notice.line = Some(file.line_on_disk(start));
        }
    }
}

#[cfg(test)]
mod tests {}
