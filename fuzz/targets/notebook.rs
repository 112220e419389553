//! Notebooks: JSON to joined cells, and back to places and edits in the JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

use tfmp::narrow::History;
use tfmp::pins::{self, Ctx};
use tfmp::python::{self, Notebook, Project, ProjectExports};
use tfmp::report::fingerprint::LineHashes;
use tfmp::text::{RepoPath, Span};
use tfmp_fuzz::{Same, inside, stated};

fuzz_target!(|bytes: &[u8]| {
    let path = RepoPath::new("a.ipynb");
    let Ok(Some(notebook)) = Notebook::read(&path, bytes.to_vec()) else {
        return;
    };
    let file = Arc::new(notebook.file);
    let cells = file.cells.as_ref().expect("a notebook has cells");
    let project = Project::new([&path]);
    let exports = ProjectExports::default();
    let reading = python::read_notebook(&path, bytes.to_vec(), &project, &exports, &History)
        .expect("it was read before");
    // Whether all cells are whole is not told wrongly.
    let again = Notebook::read_again(&path, bytes.to_vec(), reading.whole_cells);
    let again = again.ok().flatten().expect("it was read before");
    assert_eq!(again.file.code(), file.code());
    let left = again.file.cells.as_ref().expect("a notebook has cells");
    assert!(left.are_of(bytes));
    let hashes = [cells, left].map(|cells| LineHashes::of(cells.json()));
    assert_eq!(reading.commands, notebook.commands);
    assert_eq!(reading.notice, notebook.notice);
    for used in &reading.uses.uses {
        assert!(file.text.get(used.span.range()).is_some(), "{used:?}");
        let span = file.span_on_disk(used.span);
        assert!(cells.json().get(span.range()).is_some(), "{used:?}");
        // What is forgotten of a notebook changes no place.
        let line = file.line_on_disk(used.span.start);
        assert_eq!(again.file.line_on_disk(used.span.start), line);
        let [whole, short] = &hashes;
        assert_eq!(whole.line(line), short.line(line), "{used:?}");
        let _ = file.cell(used.span.start);
        let edit = cells.edit(used.span, "a\n\"b\\\u{e9}");
        assert_eq!(left.edit(used.span, "a\n\"b\\\u{e9}"), edit);
        if let Some((span, new)) = edit {
            let mut json = cells.json().to_owned();
            json.replace_range(span.range(), &new);
            let read = serde_json::from_str::<serde_json::Value>(&json);
            let before = serde_json::from_str::<serde_json::Value>(cells.json());
            assert!(read.is_ok() || before.is_err(), "{json}");
        }
    }
    let commands: Vec<_> = reading
        .commands
        .iter()
        .map(|span: &Span| span.range())
        .collect();
    let files = Same {
        path: file.path.as_str(),
        text: &file.text,
    };
    let ctx = Ctx {
        files: &files,
        python: &|file| stated(file, &files),
    };
    let session = pins::notebook::read(&file, &commands, ctx);
    inside(&session.found);
});
