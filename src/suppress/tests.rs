use std::str::FromStr;

use pep440_rs::VersionSpecifiers;

use super::*;
use crate::finding::{Level, Location};
use crate::report::samples::RULES;
use crate::text::RepoPath;

/// A file in which every `BAD` is a finding, and its comments.
fn read(path: &str, text: &str) -> (Arc<SourceFile>, Comments, Vec<Finding>) {
    let file = Arc::new(SourceFile::new(RepoPath::new(path), text.to_owned()));
    let comments = if path.ends_with(".py") {
        let found = crate::python::comments(text).unwrap();
        Comments {
            comments: found.comments,
            statements: found.statements,
        }
    } else {
        plain::comments(text)
    };
    let findings = text.match_indices("BAD").map(|(at, _)| {
        let location = Location {
            file: Arc::clone(&file),
            span: Span::new(byte(at), byte(at + 3)),
        };
        Finding::new(RuleId("TFMP002"), Level::Error, location, "a.b", "gone")
    });
    let findings = findings.collect();
    (file, comments, findings)
}

/// Under a pin of TensorFlow 2.8.
fn outcome(path: &str, text: &str) -> Outcome {
    let (file, comments, findings) = read(path, text);
    let pin = VersionSpecifiers::from_str("==2.8.*").unwrap();
    let permitted = |package| ReleaseTable::of(package).matching(&pin);
    apply(&file, &comments, findings, RULES, &permitted)
}

/// The lines of findings that are left.
#[track_caller]
fn check_in(path: &str, text: &str, left: &[u32]) {
    let outcome = outcome(path, text);
    let lines = LineIndex::new(text);
    let found: Vec<u32> = outcome
        .findings
        .iter()
        .map(|one| lines.line(one.location.span.start))
        .collect();
    assert_eq!(found, left, "{text}");
    let all = text.matches("BAD").count();
    assert_eq!(outcome.silenced.len(), all - left.len());
}

#[track_caller]
fn check(text: &str, left: &[u32]) {
    check_in("a.py", text, left);
}

/// What is wrong with the comments, and the text when the first of it is mended.
#[track_caller]
fn check_faults(text: &str, faults: &[What], mended: Option<&str>) {
    let outcome = outcome("a.py", text);
    let found: Vec<What> = outcome.faults.iter().map(|one| one.what.clone()).collect();
    assert_eq!(found, faults, "{text}");
    let first = outcome.faults.first().and_then(|one| one.edit.as_ref());
    let edited = first.map(|edit| {
        let mut text = text.to_owned();
        text.replace_range(edit.span.range(), &edit.text);
        text
    });
    assert_eq!(edited.as_deref(), mended);
}

fn unused(names: &[&str]) -> What {
    What::Unused(names.iter().map(|&name| name.to_owned()).collect())
}

#[test]
fn a_comment_is_about_its_line() {
    check("BAD  # tfmp: ignore[TFMP002]\nBAD\n", &[2]);
    check(
        "BAD  # tfmp: ignore\nBAD  # noqa\nBAD # noqa: TFMP002\n",
        &[],
    );
    check("BAD  # tfmp: ignore[TFMP001]\nBAD  # noqa: E501\n", &[1, 2]);
    check("x = '# tfmp: ignore'; BAD\n", &[1]);
}

#[test]
fn both_ends_of_a_statement_count() {
    check("f(\n  1,\n  BAD,\n)  # tfmp: ignore\n", &[]);
    check("from a import (  # noqa\n  b,\n  BAD,\n)\n", &[]);
    check("f(\n  BAD,  # tfmp: ignore\n  BAD,\n)\n", &[3]);
    check("x = BAD + '''\n\n'''  # noqa: TFMP002\n", &[]);
    check("x = BAD + \\\n  1  # tfmp: ignore\n", &[]);
}

#[test]
fn the_head_of_a_block_is_not_the_block() {
    check("if BAD:  # tfmp: ignore\n    BAD\nBAD\n", &[2, 3]);
}

#[test]
fn a_line_of_its_own_is_about_the_statement_below() {
    check(
        "# tfmp: ignore[TFMP002] old\n\n# and more\nf(\n  BAD,\n)\nBAD\n",
        &[7],
    );
    check("f(\n  # tfmp: ignore\n  # more\n  BAD,\n  BAD)\n", &[5]);
    check("if x:\n    pass\n    # tfmp: ignore\nBAD\n", &[]);
    // Other tools have no such thing.
    check("# noqa: TFMP002\nBAD\n", &[2]);
}

#[test]
fn a_file_is_silenced_as_a_whole() {
    check(
        "BAD\n# tfmp: ignore-file[api-removed] generated\nBAD\n",
        &[],
    );
    check("# tfmp: ignore-file[TFMP001]\nBAD\n", &[2]);
    check_faults(
        "BAD  # tfmp: ignore-file\n",
        &[What::Odd(Odd::BehindCode)],
        None,
    );
}

#[test]
fn pins_are_silenced_where_they_stand() {
    check_in(
        "requirements.txt",
        "BAD  # tfmp: ignore[TFMP002]\nBAD\n",
        &[2],
    );
    check_in(
        "Dockerfile",
        "# tfmp: ignore\nRUN a && \\\n    pip BAD\nRUN BAD\n",
        &[4],
    );
    check_in(
        "pyproject.toml",
        "d = [\n  'x # tfmp: ignore', BAD\n  BAD # tfmp: ignore\n]\n",
        &[2],
    );
    check_in("tox.ini", "; tfmp: ignore-file\nBAD\n", &[]);
}

#[test]
fn an_end_is_reached_when_nothing_older_is_permitted() {
    check("BAD  # tfmp: ignore[TFMP002] until=2.9\n", &[]);
    check("BAD  # tfmp: ignore[TFMP002] until=2.8.1\n", &[]);
    check("BAD  # tfmp: ignore[TFMP002] old, until=2.8\n", &[1]);
    let outcome = outcome("a.py", "BAD  # tfmp: ignore until=2.8\n");
    assert_eq!(
        outcome.findings[0].help,
        [
            "the comment that silenced this has ended: no TensorFlow before 2.8 is permitted any more"
        ]
    );
    // It has done its work: the finding tells of it.
    assert_eq!(outcome.faults, []);
    // Another comment may still hold.
    check("# tfmp: ignore-file\nBAD  # tfmp: ignore until=2.8\n", &[]);
}

#[test]
fn the_reason_is_kept() {
    let outcome = outcome(
        "a.py",
        "BAD  # tfmp: ignore[TFMP002] the old cluster, until=2.9\n",
    );
    let reason = "the old cluster".to_owned();
    assert_eq!(outcome.silenced[0].by, Silencer::Comment { reason });
}

#[test]
fn what_silences_nothing_is_told_and_goes() {
    check_faults(
        "x = 1  # tfmp: ignore[TFMP002]\ny\n",
        &[unused(&["TFMP002"])],
        Some("x = 1\ny\n"),
    );
    check_faults(
        "if x:\n    # tfmp: ignore\n    y\n",
        &[unused(&[])],
        Some("if x:\n    y\n"),
    );
    check_faults(
        "x  # tfmp: ignore  # type: ignore\n",
        &[unused(&[])],
        Some("x  # type: ignore\n"),
    );
    check_faults(
        "x  # type: ignore  # noqa: TFMP001\n",
        &[unused(&["TFMP001"])],
        Some("x  # type: ignore\n"),
    );
    check_faults(
        "x  # tfmp: ignore  \t\r\n# tfmp: ignore[TFMP002]\r\ny\r\n",
        &[unused(&[]), unused(&["TFMP002"])],
        Some("x\r\n# tfmp: ignore[TFMP002]\r\ny\r\n"),
    );
    check_faults("# tfmp: ignore[TFMP002]", &[unused(&["TFMP002"])], Some(""));
    check_faults(
        "x  # a  # noqa: TFMP001  # b\n",
        &[unused(&["TFMP001"])],
        Some("x  # a  # b\n"),
    );
    check_faults("x  # noqa\n", &[], None);
    check_faults("BAD  # tfmp: ignore\n", &[], None);
}

#[test]
fn what_is_of_use_stays_in_the_list() {
    check_faults(
        "BAD  # tfmp: ignore[TFMP001, api-removed] old\n",
        &[unused(&["TFMP001"])],
        Some("BAD  # tfmp: ignore[api-removed] old\n"),
    );
    check_faults(
        "x  # noqa: E501, TFMP001,W291\n",
        &[unused(&["TFMP001"])],
        Some("x  # noqa: E501, W291\n"),
    );
    check_faults(
        "BAD  # tfmp: ignore[TFMP002, TFMP009]\n",
        &[What::Unknown("TFMP009".to_owned(), Some("TFMP001"))],
        Some("BAD  # tfmp: ignore[TFMP002]\n"),
    );
}

#[test]
fn what_means_nothing_silences_nothing() {
    check("BAD  # tfmp: ignore TFMP002\n", &[1]);
    check("BAD  # tfmp: ignore[TFMP002\n", &[1]);
    check_faults(
        "BAD  # tfmp: ingore[TFMP002]\n",
        &[What::Odd(Odd::Word("ingore".to_owned(), "ignore"))],
        None,
    );
    // What has no end that is understood goes on.
    check("BAD  # tfmp: ignore[TFMP002] until=soon\n", &[]);
    check_faults(
        "BAD  # tfmp: ignore[TFMP002] until=soon\n",
        &[What::Odd(Odd::Until("soon".to_owned()))],
        None,
    );
}
