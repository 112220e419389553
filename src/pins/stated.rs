//! Python files that are manifests: `setup.py` and `noxfile.py`.
//!
//! What they state is read by whoever can read Python and handed in through [`Statements`]; the
//! statements become pins here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::marker::Pythons;
use super::sheet::{Installed, Sheet, Statement, alternatives};
use super::{Ctx, Found, InputKind, Role, install};
use crate::text::SourceFile;

/// What a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatedKind {
    /// A requirement.
    Requirement,
    /// The path of a file of requirements.
    File,
    /// The Pythons on which the project runs.
    Python,
}

/// One thing that a Python manifest states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// A requirement, the path of a file of requirements, or specifiers of Pythons.
    pub text: String,
    /// Which of these.
    pub kind: StatedKind,
    /// The extra or the session that it belongs to; `""` for none.
    pub group: String,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
}

/// What a Python manifest states.
pub type Statements<'a> = &'a dyn Fn(&SourceFile) -> Vec<Stated>;

/// The pins of a Python manifest.
pub(crate) fn read(file: &Arc<SourceFile>, ctx: Ctx<'_>) -> Found {
    let mut sheet = Sheet::new(file);
    let setup = InputKind::of(&file.path) == Some(InputKind::SetupPy);
    // Of each extra or session; lines that cannot hold together stand in branches.
    let mut installs: BTreeMap<String, Vec<Installed>> = BTreeMap::new();
    let all = (ctx.python)(file);
    runs_on(&all, &mut sheet);
    for stated in all {
        match stated.kind {
            StatedKind::Requirement => {}
            StatedKind::File => {
                let mut pins = sheet.apart(|sheet| {
                    install::include(&stated.text, Role::Requirement, sheet, ctx);
                });
                for pin in &mut pins {
                    pin.group.clone_from(&stated.group);
                }
                sheet.found.pins.extend(pins);
                continue;
            }
            StatedKind::Python => continue,
        }
        // What is put together is what readers want to see; where it cannot be, how it is.
        let source = file.text.get(stated.at.clone()).unwrap_or_default();
        let shown = if stated.text.contains("${") && !source.contains('\n') {
            source.to_owned()
        } else {
            stated.text.clone()
        };
        let statement = Statement {
            requirement: &stated.text,
            shown: &shown,
            at: stated.at,
            group: &stated.group,
            role: Role::Requirement,
        };
        let pins = sheet.apart(|sheet| {
            sheet.state(&statement);
        });
        let Some(pin) = pins.first() else { continue };
        if setup && !pin.marker.is_true() {
            sheet.found.pins.extend(pins);
            continue;
        }
        let line = sheet.line(pin.location.span.start as usize);
        let label = match stated.group.as_str() {
            "" => format!("line {line}"),
            group if setup => format!("{group}, line {line}"),
            group => group.to_owned(),
        };
        // Sessions of nox are alternatives to each other, extras are not.
        let of = if setup { stated.group } else { String::new() };
        installs
            .entry(of)
            .or_default()
            .push(Installed { label, pins });
    }
    for of_one in installs.into_values() {
        sheet.found.pins.extend(alternatives(of_one));
    }
    sheet.finish()
}

/// Takes note of the Pythons of the project, where they are stated once and known.
fn runs_on(all: &[Stated], sheet: &mut Sheet<'_>) {
    let mut pythons = all.iter().filter(|one| one.kind == StatedKind::Python);
    if let (Some(one), None) = (pythons.next(), pythons.next())
        && let Ok(pythons) = Pythons::parse(&one.text)
    {
        let shown = format!("python_requires=\"{}\"", one.text);
        sheet.runs_on(pythons, shown, one.at.clone());
    }
}
