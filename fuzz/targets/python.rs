//! Python: from bytes to uses, with what other files of the project hand on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp::narrow::History;
use tfmp::python::{self, Imports, Project, ProjectExports};
use tfmp::text::RepoPath;

fuzz_target!(|bytes: &[u8]| {
    let _ = (python::mentions(bytes), python::may_silence(bytes));
    // A package that imports from itself.
    let path = RepoPath::new("a/__init__.py");
    let decoded = python::decode::decode(&path, bytes.to_vec());
    let text = &decoded.text;
    if decoded.same_offsets {
        assert_eq!(text.as_bytes(), bytes);
    }
    let project = Project::new([&path, &RepoPath::new("a/b.py")]);
    let _ = Imports::of(bytes, &path, &project);
    let read = |exports: &ProjectExports| {
        let reading = python::read(&path, text, &project, exports, &History);
        for used in &reading.uses.uses {
            assert!(text.get(used.span.range()).is_some(), "{used:?}");
            if let Some(call) = reading.uses.call(used) {
                assert!(text.get(call.span.range()).is_some(), "{call:?}");
            }
        }
        reading
    };
    let mut first = read(&ProjectExports::default());
    let mut exports = ProjectExports::default();
    exports.add(&project, [&mut first]);
    exports.settle(&project);
    let second = read(&exports);
    let third = read(&exports);
    assert_eq!(format!("{:?}", second.uses), format!("{:?}", third.uses));
});
