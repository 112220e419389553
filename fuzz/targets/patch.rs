//! Patches: those that GitHub gives, and those that are printed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp::fix::{Change, patch};
use tfmp::github::diff::Patch;
use tfmp::text::RepoPath;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let read = Patch::parse(&text);
    for line in &read.head {
        let first = read
            .line(line.number)
            .expect("a line is found by its number");
        assert_eq!(first.number, line.number);
        assert!(!line.text.contains('\n'));
        let found = read.find(line.number, &[line.text]);
        assert!(found.is_none_or(|lines| lines[0].text == line.text));
    }
    let _ = (read.find(1, &[]), read.find(u32::MAX, &["", ""]));
    let middle = bytes.len() / 2;
    let change = Change {
        path: RepoPath::new("a b/\u{e9}\".py"),
        before: bytes[..middle].to_vec(),
        after: bytes[middle..].to_vec(),
    };
    let mut out = Vec::new();
    patch::write(&change, &mut out).expect("memory takes everything");
    if change.before == change.after {
        return;
    }
    // What is printed can be read, line by line, unless lines end with what is no end to the other.
    let own = String::from_utf8_lossy(&out);
    let Some(hunks) = own.find("\n@@ ") else {
        panic!("a change without hunks: {own}");
    };
    let read = Patch::parse(&own[hunks + 1..]);
    assert!(!read.head.is_empty() || !read.removed.is_empty(), "{own}");
});
