//! Notebooks on their way through the run: read as Python, judged under what they install for
//! themselves, reported where the file spells them.

use std::sync::Arc;

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use super::stated;
use crate::discover::{Disk, MAX_SOURCE};
use crate::finding::{Edit, Finding, Notice};
use crate::pins::notebook::Session;
use crate::pins::{self, InputKind, Pin};
use crate::python::{Notebook, Reading};
use crate::scope::{ScopeOptions, Scopes};
use crate::text::cells::Cells;
use crate::text::{RepoPath, SourceFile, Span};

/// Whether a file is a notebook, by its name.
pub(super) fn is_notebook(path: &RepoPath) -> bool {
    InputKind::of(path) == Some(InputKind::Notebook)
}

/// Whether a file puts `tf_keras` behind `tf.keras` for the whole project. A notebook does so for
/// itself.
pub(super) fn sets_legacy_keras_for_all(reading: &Reading) -> bool {
    reading.legacy_keras && !is_notebook(&reading.path)
}

/// The text of a notebook that was read before.
pub(super) fn source(disk: &Disk, reading: &Reading) -> Option<Arc<SourceFile>> {
    let bytes = disk.bytes(&reading.path, MAX_SOURCE).ok()?;
    let notebook = Notebook::read_again(&reading.path, bytes, reading.whole_cells).ok()??;
    Some(Arc::new(notebook.file))
}

/// Lets the notebooks that install for themselves govern themselves. Gives their pins, and what could
/// not be read or honoured of them.
pub(super) fn govern(
    disk: &Disk,
    scopes: &mut Scopes,
    readings: &[Reading],
    options: &ScopeOptions,
) -> (Vec<Pin>, Vec<Notice>) {
    let sessions: Vec<Option<Session>> = readings
        .par_iter()
        .map(|reading| session(disk, reading))
        .collect();
    let (mut found, mut notices) = (Vec::new(), Vec::new());
    for (reading, session) in readings.iter().zip(sessions) {
        let Some(session) = session else { continue };
        notices.extend(scopes.add_notebook(&reading.path, &session, options));
        if !options.chosen_manifests {
            notices.extend(session.found.notices);
            found.extend(session.found.pins);
        }
    }
    (found, notices)
}

fn session(disk: &Disk, reading: &Reading) -> Option<Session> {
    let says_nothing = reading.commands.is_empty() && !reading.legacy_keras;
    if says_nothing || !is_notebook(&reading.path) {
        return None;
    }
    let file = source(disk, reading)?;
    let ctx = pins::Ctx {
        files: disk,
        python: &|file| stated(file, disk),
    };
    let commands: Vec<_> = reading.commands.iter().map(|span| span.range()).collect();
    let mut session = pins::notebook::read(&file, &commands, ctx);
    session.found.legacy_keras |= reading.legacy_keras;
    Some(session)
}

/// Makes fixes of notebooks edits of their JSON. One that cannot be made there is none.
pub(super) fn edit_on_disk(findings: &mut [Finding]) {
    for finding in findings {
        let file = &finding.location.file;
        let (Some(cells), Some(fix)) = (&file.cells, &mut finding.fix) else {
            continue;
        };
        match on_disk(&file.path, cells, &fix.edits) {
            Some(edits) => fix.edits = edits,
            None => finding.fix = None,
        }
    }
}

/// The edits of a fix in the JSON. Parts of a text that meet are one: together they may be strings of
/// the JSON as a whole.
fn on_disk(path: &RepoPath, cells: &Cells, edits: &[Edit]) -> Option<Vec<Edit>> {
    let (mut own, mut all): (Vec<Edit>, Vec<Edit>) =
        edits.iter().cloned().partition(|edit| edit.path == *path);
    if all.iter().any(|edit| is_notebook(&edit.path)) {
        return None;
    }
    own.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut joined: Vec<(Span, String)> = Vec::new();
    for edit in own {
        match joined.last_mut() {
            Some((span, text)) if span.end == edit.span.start && span.start < span.end => {
                span.end = edit.span.end;
                text.push_str(&edit.text);
            }
            _ => joined.push((edit.span, edit.text)),
        }
    }
    let mut end = 0;
    for (span, text) in joined {
        let (span, text) = cells.edit(span, &text)?;
        // What goes with a line may be what another edit changes.
        if span.start < end {
            return None;
        }
        end = span.end;
        let path = path.clone();
        all.push(Edit { path, span, text });
    }
    Some(all)
}
