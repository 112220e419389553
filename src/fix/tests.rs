use std::sync::Arc;

use super::*;
use crate::finding::{Level, Location};
use crate::names::RuleId;
use crate::text::SourceFile;

/// A finding whose repair replaces the nth mark `«...»` by each text.
fn finding(text: &str, edits: &[(u32, u32, &str)]) -> Finding {
    let file = Arc::new(SourceFile::new(RepoPath::new("a.py"), text.to_owned()));
    let location = Location {
        file,
        span: Span::new(0, 0),
    };
    let mut finding = Finding::new(RuleId("TFMP001"), Level::Error, location, "tf.x", "gone");
    finding.fix = Some(Fix {
        title: "use another".to_owned(),
        safety: Safety::Safe,
        edits: edits
            .iter()
            .map(|&(start, end, new)| Edit {
                path: RepoPath::new("a.py"),
                span: Span::new(start, end),
                text: new.to_owned(),
            })
            .collect(),
    });
    finding
}

/// Repairs `bytes`, which decode to `text`, with findings of these edits.
#[track_caller]
fn check(bytes: &[u8], text: &str, findings: &[&[(u32, u32, &str)]], expect: &[u8], fixed: usize) {
    let mut round = Round::default();
    for edits in findings {
        let finding = finding(text, edits);
        let fix = finding.fix.as_ref().unwrap();
        round.take(&finding, fix, |_| Some(bytes)).unwrap();
    }
    assert_eq!(round.fixed(), fixed);
    let (_, edits) = round.into_edits().next().unwrap();
    assert_eq!(apply(bytes, &edits), expect);
}

#[test]
fn what_meets_waits() {
    let first: &[(u32, u32, &str)] = &[(0, 2, "x")];
    check(b"abcd", "abcd", &[first, &[(1, 3, "y")]], b"xcd", 1);
    check(b"abcd", "abcd", &[first, &[(2, 3, "y")]], b"xyd", 2);
    // An insertion at the border might come before or after.
    check(b"abcd", "abcd", &[first, &[(2, 2, "y")]], b"xcd", 1);
    // One part that meets holds all of it back.
    check(
        b"abcd",
        "abcd",
        &[first, &[(3, 4, "z"), (1, 2, "y")]],
        b"xcd",
        1,
    );
}

#[test]
fn the_same_edit_is_made_once() {
    let shared: (u32, u32, &str) = (0, 1, "x");
    check(
        b"abcd",
        "abcd",
        &[&[shared, (2, 3, "y")], &[shared, (3, 4, "z")]],
        b"xbyz",
        2,
    );
}

#[test]
fn bytes_around_an_edit_stay() {
    check(
        b"\xEF\xBB\xBFab",
        "ab",
        &[&[(1, 2, "c")]],
        b"\xEF\xBB\xBFac",
        1,
    );
    check(
        "\u{FEFF}é ab\r\n".as_bytes(),
        "\u{FEFF}é ab\r\n",
        &[&[(6, 7, "c")]],
        "\u{FEFF}é cb\r\n".as_bytes(),
        1,
    );
    check(b"\xE9 ab", "é ab", &[&[(3, 4, "c")]], b"\xE9 cb", 1);
    check(b"\x80 ab", "\u{FFFD} ab", &[&[(4, 5, "c")]], b"\x80 cb", 1);
}

#[test]
fn what_cannot_be_encoded_is_refused() {
    let refused = |bytes: &'static [u8], text: &str, new: &str| {
        let finding = finding(text, &[(0, 1, new)]);
        let fix = finding.fix.as_ref().unwrap();
        let mut round = Round::default();
        let taken = round.take(&finding, fix, |_| Some(bytes));
        assert!(round.is_empty());
        taken.unwrap_err().message
    };
    let why = "the file is not changed: edits cannot be written in its encoding";
    assert_eq!(refused(b"a\0b\0", "ab", "c"), why);
    assert_eq!(refused(b"a\xE9", "aé", "ö"), why);
    assert_eq!(refused(b"a\xE9\x81", "a\u{FFFD}", "b"), why);
}
