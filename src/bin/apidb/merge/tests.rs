//! Merging loses nothing: what the files say of a release is what its surface was.

use std::collections::BTreeSet;

use super::*;
use crate::surface::{Member, Symbol};
use crate::verify::data::Histories;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // Knuth's MMIX generator; the high bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn member(dice: &mut Dice) -> Member {
    Member {
        kind: "function".to_owned(),
        signature: (dice.roll(2) == 0).then(|| format!("(x{})", dice.roll(3))),
        deprecated: None,
    }
}

/// A surface of classes that inherit from each other, some public under several names.
fn surface(dice: &mut Dice) -> Surface {
    let mut surface = Surface::default();
    let count = 8;
    for at in 0..count {
        let bases: BTreeSet<u64> = (0..dice.roll(3)).map(|_| dice.roll(at + 1)).collect();
        let mut mro: BTreeSet<u64> = BTreeSet::new();
        for base in bases.into_iter().filter(|base| *base < at) {
            mro.insert(base);
            let inherited = &surface.classes[&format!("p:C{base}")].mro;
            mro.extend(inherited.iter().map(|id| id[3..].parse::<u64>().unwrap()));
        }
        let class = Class {
            mro: mro.iter().rev().map(|base| format!("p:C{base}")).collect(),
            open: dice.roll(8) == 0,
            dynamic: dice.roll(8) == 0,
            members: (0..dice.roll(4))
                .map(|_| (format!("m{}", dice.roll(6)), member(dice)))
                .collect(),
        };
        surface.classes.insert(format!("p:C{at}"), class);
        for name in [
            format!("tf_keras.C{at}"),
            format!("tf_keras.a.Other{at}"),
            format!("tf_keras.compat.v1.C{at}"),
        ] {
            if dice.roll(3) == 0 {
                let symbol = Symbol {
                    kind: "class".to_owned(),
                    attribute: dice.roll(9) > 0,
                    open: false,
                    importable: false,
                    class: Some(format!("p:C{at}")),
                    signature: (dice.roll(2) == 0).then(|| format!("(y{})", dice.roll(3))),
                    deprecated: (dice.roll(5) == 0).then(|| "use\tanother".to_owned()),
                };
                surface.symbols.insert(name, symbol);
            }
        }
    }
    surface.symbols.insert(
        "tf_keras.a".to_owned(),
        Symbol {
            kind: "module".to_owned(),
            attribute: true,
            open: false,
            importable: dice.roll(2) == 0,
            class: None,
            signature: None,
            deprecated: None,
        },
    );
    surface
}

fn read_back(versions: &[String], surfaces: &[Surface]) -> Histories {
    let mut history = History::new(versions.len());
    for (index, surface) in surfaces.iter().enumerate() {
        history.add(index, surface);
    }
    let mut signatures = Signatures::default();
    history.collect_signatures(&mut signatures);
    signatures.number();
    let mut files = history.files("tf_keras", versions, &signatures);
    files.insert("signatures.tsv".to_owned(), signatures.text());
    Histories::parse("tf_keras", versions, &|name| {
        files.get(name).cloned().context("no such file")
    })
    .unwrap()
}

#[track_caller]
fn check(versions: &[String], surfaces: &[Surface]) {
    let histories = read_back(versions, surfaces);
    let all: BTreeSet<&String> = surfaces.iter().flat_map(|s| s.symbols.keys()).collect();
    assert_eq!(histories.symbols.keys().collect::<BTreeSet<_>>(), all);
    for (index, surface) in surfaces.iter().enumerate() {
        for path in &all {
            let row = &histories.symbols[*path];
            let symbol = surface.symbols.get(*path);
            assert_eq!(
                row.present[index],
                symbol.is_some_and(|s| s.attribute),
                "{path}"
            );
            assert_eq!(
                row.importable[index],
                symbol.is_some_and(|s| s.importable),
                "{path}"
            );
            let signature = symbol.and_then(|s| s.signature.as_deref());
            assert_eq!(histories.signature(path, index), signature, "{path}");
            let members = histories.members(path, index);
            let Some(id) = symbol.and_then(|s| s.class.as_ref()) else {
                assert!(members.named.is_empty() && !members.open, "{path}");
                continue;
            };
            let class = &surface.classes[id];
            let line = std::iter::once(id).chain(&class.mro);
            let line: Vec<&Class> = line.map(|id| &surface.classes[id]).collect();
            let names: BTreeSet<&String> = line.iter().flat_map(|c| c.members.keys()).collect();
            assert_eq!(
                members.named.keys().collect::<BTreeSet<_>>(),
                names,
                "{path}"
            );
            assert_eq!(members.open, line.iter().any(|c| c.open), "{path}");
        }
    }
}

fn versions(count: usize) -> Vec<String> {
    (0..count).map(|minor| format!("2.{minor}.0")).collect()
}

#[test]
fn what_is_merged_reads_back_as_it_was() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let surfaces: Vec<Surface> = (0..5).map(|_| surface(&mut dice)).collect();
        check(&versions(5), &surfaces);
    }
}

#[test]
fn a_class_lists_only_what_no_public_base_has() {
    let class = |mro: &[&str], members: &[&str]| Class {
        mro: mro.iter().map(|id| (*id).to_owned()).collect(),
        open: false,
        dynamic: false,
        members: members
            .iter()
            .map(|name| ((*name).to_owned(), member(&mut Dice(1))))
            .collect(),
    };
    let public = |id: &str| Symbol {
        open: false,
        kind: "class".to_owned(),
        attribute: true,
        importable: false,
        class: Some(id.to_owned()),
        signature: None,
        deprecated: None,
    };
    let surface = Surface {
        symbols: BTreeMap::from([
            ("tf_keras.Layer".to_owned(), public("p:Layer")),
            ("tf_keras.Dense".to_owned(), public("p:Dense")),
            ("tf_keras.layers.Dense".to_owned(), public("p:Dense")),
        ]),
        classes: BTreeMap::from([
            ("p:Layer".to_owned(), class(&["p:Module"], &["call"])),
            ("p:Module".to_owned(), class(&[], &["name_scope"])),
            (
                "p:Private".to_owned(),
                class(&["p:Layer", "p:Module"], &["helper"]),
            ),
            (
                "p:Dense".to_owned(),
                class(&["p:Private", "p:Layer", "p:Module"], &["units"]),
            ),
        ]),
        modules: BTreeSet::new(),
    };
    let mut history = History::new(1);
    history.add(0, &surface);
    let files = history.files("tf_keras", &versions(1), &Signatures::default_of(&history));
    let listed: Vec<String> = files["tf_keras.members.tsv"]
        .lines()
        .skip(1)
        .map(|line| line.split('\t').take(2).collect::<Vec<_>>().join("."))
        .collect();
    assert_eq!(
        listed,
        [
            "tf_keras.Dense.helper",
            "tf_keras.Dense.units",
            "tf_keras.Layer.call",
            "tf_keras.Layer.name_scope",
        ]
    );
    assert!(files["tf_keras.tsv"].contains("\ttf_keras.Layer@2.0.0-\t"));
    assert!(files["tf_keras.tsv"].contains("\ttf_keras.Dense@2.0.0-\t"));
}

impl Signatures {
    fn default_of(history: &History) -> Self {
        let mut signatures = Self::default();
        history.collect_signatures(&mut signatures);
        signatures.number();
        signatures
    }
}
