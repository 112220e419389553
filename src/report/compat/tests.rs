use std::sync::Arc;

use super::preview::Preview;
use super::*;
use crate::compat::Blocker;
use crate::names::RuleId;
use crate::release::specifier;
use crate::report::samples::report;
use crate::report::terminal::{Detail, Look};
use crate::text::{RepoPath, SourceFile, Span};

fn releases_of(text: &str) -> ReleaseSet {
    table().matching(&specifier::parse(text).unwrap().specifiers)
}

fn blocker(path: &str, symbol: &str, broken: &str) -> Blocker {
    let file = SourceFile::new(RepoPath::new(path), "x\ny\n".to_owned());
    Blocker {
        rule: RuleId("TFMP001"),
        symbol: symbol.to_owned(),
        location: Location {
            file: Arc::new(file),
            span: Span::new(2, 3),
        },
        broken: releases_of(broken),
        more_uses: 1,
    }
}

fn sample(blockers: Vec<Blocker>) -> Compat {
    Compat {
        asked: table().finals(),
        pinned: releases_of("==2.3.4"),
        pins: vec!["tensorflow==2.3.4 (requirements.txt:3)".to_owned()],
        blockers,
        files: 2,
        ..Compat::default()
    }
}

fn both_ends() -> Compat {
    sample(vec![
        blocker(
            "src/train.py",
            "tensorflow.keras.mixed_precision.set_global_policy",
            "<2.4",
        ),
        blocker(
            "src/old.py",
            "tensorflow.keras.mixed_precision.experimental.Policy",
            ">=2.9",
        ),
    ])
}

fn on_terminal(compat: &Compat, width: usize, color: bool) -> String {
    let mut out = Vec::new();
    terminal::write(compat, Look { color, width }, Detail::Normal, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn people_get_a_matrix() {
    assert_eq!(
        on_terminal(&both_ends(), 100, false),
        "\
this code runs on 2.4-2.8 of TensorFlow

  1.0  1.5  1.10   2.0  2.5  2.10 2.15 2.20
  ················ ····█████·············   runs on 2.4-2.8
                      ▲                     pinned: tensorflow==2.3.4 (requirements.txt:3)

what blocks the others
  ×××××××××××××××× ××××··················   fails in 1.0-2.3
                                            tf.keras.mixed_precision.set_global_policy
                                            src/train.py:2 and 1 more use
  ················ ·········×××××××××××××   fails in 2.9-2.21
                                            tf.keras.mixed_precision.experimental.Policy
                                            src/old.py:2 and 1 more use

widest range   `tensorflow>=2.4,<2.9` (25 releases)
pin            `tensorflow>=2.4,<2.9` is the nearest that repairs everything; 2.3.4 does not run
4 uses of 2 symbols in 2 files block 75 releases in 0.00 s
"
    );
}

#[test]
fn it_fits_any_width() {
    for width in [60, 80, 100] {
        for line in on_terminal(&both_ends(), width, false).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn colours_change_no_letter() {
    let plain = on_terminal(&both_ends(), 100, false);
    let colored = on_terminal(&both_ends(), 100, true);
    assert!(colored.contains('\u{1b}'));
    let mut bare = String::new();
    let mut parts = colored.split('\u{1b}');
    bare.push_str(parts.next().unwrap());
    for part in parts {
        bare.push_str(part.split_once('m').unwrap().1);
    }
    assert_eq!(bare, plain);
}

#[test]
fn what_runs_everywhere_has_no_blockers() {
    let text = on_terminal(&sample(Vec::new()), 100, false);
    assert!(
        text.starts_with("this code runs on every release of TensorFlow\n"),
        "{text}"
    );
    assert!(text.contains("2.3.4 works as it is"), "{text}");
    assert!(!text.contains("what blocks"), "{text}");
}

#[test]
fn where_nothing_runs_the_fewest_breaks_are_told() {
    let compat = sample(vec![
        blocker("a.py", "tensorflow.a", "<2.4"),
        blocker("a.py", "tensorflow.b", ">=2.4"),
        blocker("a.py", "tensorflow.c", ">=2.9"),
    ]);
    let text = on_terminal(&compat, 100, false);
    assert!(
        text.starts_with("this code runs on no release of TensorFlow\n"),
        "{text}"
    );
    assert!(
        text.contains("fewest breaks  1.0-2.8: 2 uses break there\n"),
        "{text}"
    );
}

#[test]
fn documents_get_minors_that_fare_alike_together() {
    let mut out = Vec::new();
    markdown::write(&both_ends(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.starts_with("## This code runs on 2.4-2.8 of TensorFlow\n"),
        "{text}"
    );
    assert!(
        text.contains("| TensorFlow | 1.0-2.2 | 2.3 | 2.4-2.8 | 2.9-2.21 |"),
        "{text}"
    );
    assert!(text.contains("| this code | ❌ | ❌ | ✅ | ❌ |"), "{text}");
}

#[test]
fn pictures_are_one_file_without_anything_foreign_in_them() {
    let hostile = "a/<script>alert(1)</script>&\"'\u{202e}.py";
    let compat = sample(vec![blocker(hostile, "tensorflow.<b>", "<2.4")]);
    let mut out = Vec::new();
    svg::write(&compat, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.starts_with("<svg xmlns=") && text.ends_with("</svg>\n"));
    for foreign in ["<script", "<b>", "\u{202e}", "href", "url(", "@import"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    assert!(text.contains("&lt;script&gt;"));
    assert!(text.contains("prefers-color-scheme:dark"));
    let tags = |open: &str| text.matches(open).count();
    assert_eq!(tags("<text"), tags("</text>"));
    assert_eq!(tags("<title"), tags("</title>"));
}

#[test]
fn documents_take_foreign_names_as_text() {
    let compat = sample(vec![blocker("a|b`c.py", "tensorflow.x", "<2.4")]);
    let mut out = Vec::new();
    markdown::write(&compat, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let row = text.lines().find(|line| line.contains("tf.x")).unwrap();
    let bars = row.matches('|').count() - row.matches("\\|").count();
    assert_eq!(bars, 5, "{row}");
}

#[test]
fn programs_get_every_fact() {
    let mut out = Vec::new();
    json::write(&both_ends(), &mut out).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["supported"], "2.4.0-2.8.4");
    assert_eq!(value["requirement"], "tensorflow>=2.4,<2.9");
    assert_eq!(value["causes"][0]["places"][0]["line"], 2);
    assert_eq!(value["causes"][0]["uses"], 2);
    assert_eq!(value["minors"][16]["minor"], "2.0");
}

#[test]
fn an_upgrade_is_counted_before_it_is_told() {
    let report = report();
    let preview = Preview {
        release: "2.20.0",
        report: &report,
    };
    let mut out = Vec::new();
    let look = Look {
        color: false,
        width: 80,
    };
    preview.write_terminal(look, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let first = text.lines().next().unwrap();
    assert!(first.contains("on TensorFlow 2.20.0"), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let mut out = Vec::new();
    preview.write_markdown(&mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().starts_with("## "));
}
