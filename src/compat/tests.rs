use std::sync::Arc;

use super::*;
use crate::release::specifier;
use crate::text::{RepoPath, SourceFile, Span};

fn releases(text: &str) -> ReleaseSet {
    let read = specifier::parse(text).unwrap();
    ReleaseTable::of(Package::Tensorflow).matching(&read.specifiers)
}

fn blocker(symbol: &str, broken: &str) -> Blocker {
    let file = SourceFile::new(RepoPath::new("a.py"), "x\n".to_owned());
    Blocker {
        rule: RuleId("TFMP001"),
        symbol: symbol.to_owned(),
        location: Location {
            file: Arc::new(file),
            span: Span::new(0, 1),
        },
        broken: releases(broken),
        more_uses: 0,
    }
}

fn compat(pinned: &str, broken: &[&str]) -> Compat {
    Compat {
        asked: ReleaseTable::of(Package::Tensorflow).finals(),
        pinned: if pinned.is_empty() {
            ReleaseSet::EMPTY
        } else {
            releases(pinned)
        },
        blockers: broken
            .iter()
            .map(|one| blocker("tensorflow.x", one))
            .collect(),
        ..Compat::default()
    }
}

#[track_caller]
fn check(pinned: &str, broken: &[&str], expect: PinAdvice) {
    assert_eq!(compat(pinned, broken).advice(), expect);
}

fn change(text: &str) -> PinAdvice {
    PinAdvice::Change(text.to_owned())
}

#[test]
fn a_pin_that_fits_stays() {
    check("==2.3.4", &["<2.3"], PinAdvice::Fits);
    check("==2.3.4", &[], PinAdvice::Fits);
}

#[test]
fn the_nearest_range_is_offered() {
    check(
        "==2.3.4",
        &["<2.4", ">=2.9"],
        change("tensorflow>=2.4,<2.9"),
    );
    check(
        "==2.10.1",
        &["<2.4", ">=2.9"],
        change("tensorflow>=2.4,<2.9"),
    );
    check("==2.3.4", &["<2.4"], change("tensorflow>=2.4"));
    check("==2.3.4", &[">=2.2,<2.4"], change("tensorflow>=2.4"));
}

#[test]
fn what_is_permitted_already_is_kept() {
    check(">=2.0,<2.6", &["<2.2"], change("tensorflow>=2.2"));
    check(">=2.0,<2.9", &[">=2.3,<2.4"], change("tensorflow>=2.4"));
}

#[test]
fn one_release_is_named() {
    check("==2.3.4", &["<2.4", ">2.4.0"], change("tensorflow==2.4.0"));
}

#[test]
fn without_a_pin_the_widest_range_is_offered() {
    check(
        "",
        &["<2.4", ">=2.9,<2.18"],
        PinAdvice::Add("tensorflow>=2.4,<2.9".to_owned()),
    );
}

#[test]
fn nothing_works_anywhere() {
    check("==2.3.4", &["<2.4", ">=2.4"], PinAdvice::Nothing);
}

#[test]
fn minors_are_marked_by_all_of_their_releases() {
    let compat = compat("", &["<2.4.1"]);
    let marks: Vec<(String, Mark)> = compat
        .minors()
        .into_iter()
        .filter(|minor| ["2.3", "2.4", "2.5"].contains(&minor.name.as_str()))
        .map(|minor| {
            let mark = Compat::mark(&minor, compat.supported());
            (minor.name, mark)
        })
        .collect();
    let expect = [("2.3", Mark::None), ("2.4", Mark::Some), ("2.5", Mark::All)];
    assert_eq!(marks, expect.map(|(name, mark)| (name.to_owned(), mark)));
}

#[test]
fn places_of_one_cause_are_one() {
    let mut compat = compat("", &[]);
    compat.blockers = vec![
        blocker("tensorflow.a", "<2.4"),
        blocker("tensorflow.b", "<2.4"),
        blocker("tensorflow.a", "<2.4"),
    ];
    compat.blockers[0].more_uses = 2;
    for (at, one) in (0..).zip(&mut compat.blockers) {
        one.location.span = Span::new(at, at + 1);
    }
    let causes = compat.causes();
    let told: Vec<(&str, usize)> = causes.iter().map(|one| (one.symbol, one.uses)).collect();
    assert_eq!(told, [("tensorflow.a", 4), ("tensorflow.b", 1)]);
}

#[test]
fn a_place_that_fails_before_and_after_is_one() {
    let mut compat = compat("", &["<2.4", ">=2.9"]);
    compat.blockers[1].rule = RuleId("TFMP002");
    let causes = compat.causes();
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].broken, releases("<2.4") | releases(">=2.9"));
    assert_eq!((causes[0].rules.len(), causes[0].uses), (2, 1));
}

#[test]
fn where_nothing_runs_the_fewest_breaks_count() {
    let mut compat = compat("", &["<2.4", ">=2.4", ">=2.9"]);
    for (at, one) in (0..).zip(&mut compat.blockers) {
        one.symbol = format!("tensorflow.x{at}");
    }
    let finals = ReleaseTable::of(Package::Tensorflow).finals();
    assert_eq!(compat.closest(), Some((finals & releases("<2.9"), 1)));
}
