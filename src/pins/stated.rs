//! Python files that are manifests: `setup.py` and `noxfile.py`.
//!
//! What they state is read by whoever can read Python and handed in through [`Statements`]; the
//! statements become pins here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::sheet::{Installed, Sheet, Statement, alternatives};
use super::{Ctx, Found, InputKind, Role, install};
use crate::text::SourceFile;

/// One thing that a Python manifest states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// A requirement, or the path of a file of requirements.
    pub text: String,
    /// It is the path of a file of requirements.
    pub is_file: bool,
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
    for stated in (ctx.python)(file) {
        if stated.is_file {
            install::include(&stated.text, Role::Requirement, &mut sheet, ctx);
            continue;
        }
        let source = file.text.get(stated.at.clone()).unwrap_or_default();
        let literal = source.trim_matches(['"', '\'']) == stated.text;
        let shown = if literal || source.contains('\n') {
            stated.text.clone()
        } else {
            source.to_owned()
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
