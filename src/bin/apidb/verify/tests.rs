//! The comparison itself, on facts made by hand, and the probe on a package of its own.

use anyhow::Context as _;

use super::*;
use serde_json::json;

fn histories() -> Histories {
    let files = [
        ("signatures.tsv", "1\t(x, y=)\n2\t(x)\n"),
        (
            "tf_keras.tsv",
            "tf_keras.Layer\tclass\t1.0-\t-\t1@1.0-\t-\t-\n\
             tf_keras.Dense\tclass\t1.0-\t-\t-\ttf_keras.Layer@1.0-\t-\n\
             tf_keras.old\tfunction\t1.0\t-\t2@1.0\t-\t-\n\
             tf_keras.new\tfunction\t2.0-\t-\t2@2.0-\t-\t-\n\
             tf_keras.sub\tmodule\t1.0-\t=\t-\t-\t-\n",
        ),
        (
            "tf_keras.members.tsv",
            "tf_keras.Layer\tcall\tfunction\t1.0-\t2@1.0-\n\
             tf_keras.Layer\tbuilt\tattribute\t1.0-\t-\n\
             tf_keras.Dense\tunits\tattribute\t1.0\t-\n",
        ),
        ("tf_keras.modules.tsv", "tf_keras.src\t2.0-\n"),
    ];
    let versions = ["1.0".to_owned(), "2.0".to_owned()];
    Histories::parse("tf_keras", &versions, &|name| {
        let found = files.iter().find(|(file, _)| *file == name);
        Ok(found.context("no such file")?.1.to_owned())
    })
    .unwrap()
}

/// The differences that one fact makes in release 2.0.
#[track_caller]
fn check(query: &str, fact: serde_json::Value, expect: &[(Difference, &str)]) {
    let histories = histories();
    let comparison = Comparison {
        histories: &histories,
        release: 1,
        facts: &BTreeMap::from([(query.to_owned(), fact)]),
    };
    let tallies = comparison.run(|_| "all");
    let found: Vec<(Difference, String)> = tallies["all"]
        .differences
        .iter()
        .flat_map(|(kind, texts)| texts.iter().map(|text| (*kind, text.clone())))
        .collect();
    let found: Vec<(Difference, &str)> = found.iter().map(|(k, t)| (*k, t.as_str())).collect();
    assert_eq!(found, expect);
}

#[test]
fn presence_is_compared_both_ways() {
    let absent = || json!({"ok": false});
    let function = || json!({"ok": true, "kind": "function", "sig": ["(x)"]});
    check("A tf_keras.new", function(), &[]);
    check("A tf_keras.old", absent(), &[]);
    check(
        "A tf_keras.new",
        absent(),
        &[(Difference::WronglyPresent, "tf_keras.new")],
    );
    check(
        "A tf_keras.old",
        function(),
        &[(Difference::WronglyAbsent, "tf_keras.old (function)")],
    );
}

#[test]
fn parameters_agree_with_any_of_the_true_signatures() {
    let class = |sig| json!({"ok": true, "kind": "class", "sig": sig});
    check(
        "A tf_keras.Layer",
        class(["(*args, **kwargs)", "(x, y=)"]),
        &[],
    );
    check(
        "A tf_keras.Layer",
        class(["(*args, **kwargs)", "(x)"]),
        &[(
            Difference::Signature,
            "tf_keras.Layer: data (x, y=), import (*args, **kwargs) or (x)",
        )],
    );
}

#[test]
fn modules_are_compared_by_import_and_by_file() {
    check("I tf_keras.sub", json!({"ok": true}), &[]);
    check(
        "I tf_keras.sub",
        json!({"ok": false, "why": "ModuleNotFoundError"}),
        &[(
            Difference::NotImportable,
            "tf_keras.sub: ModuleNotFoundError",
        )],
    );
    let jax = json!({"ok": false, "why": "ModuleNotFoundError", "missing": "jax.numpy"});
    check("P tf_keras.src", jax, &[]);
    check("P tf_keras.src", json!({"ok": true}), &[]);
    check("D tf_keras.sub", json!({"ok": true, "names": []}), &[]);
    check(
        "D tf_keras.sub",
        json!({"ok": true, "names": ["thing"]}),
        &[(Difference::Unlisted, "tf_keras.sub.thing")],
    );
}

#[test]
fn members_of_bases_count_and_instance_attributes_may_be_unseen() {
    let members = |members| json!({"ok": true, "members": members});
    check(
        "C tf_keras.Dense",
        members(json!({"call": ["function", "(x)"]})),
        &[],
    );
    check(
        "C tf_keras.Dense",
        members(json!({"units": ["attribute", null]})),
        &[
            (Difference::MemberPresent, "tf_keras.Dense.call (function)"),
            (Difference::MemberAbsent, "tf_keras.Dense.units (attribute)"),
        ],
    );
    check(
        "C tf_keras.Layer",
        members(json!({"call": ["function", "(x, y)"]})),
        &[(
            Difference::MemberSignature,
            "tf_keras.Layer.call: data (x), import (x, y)",
        )],
    );
}

/// A package whose parts raise, print, and kill the process.
const PACKAGE: &str = "
import os, sys
print('noise')
def f(x, y=1, *, z=None, **kw): pass
class C(object):
    def __init__(self, a, b=2): pass
    def method(self, q): pass
    @staticmethod
    def make(n=1): pass
    @property
    def prop(self): raise ValueError
class Killer(type(sys)):
    def __getattr__(self, name):
        if name == 'dies': os._exit(3)
        if name == 'raises': raise RuntimeError(name)
        raise AttributeError(name)
k = Killer('k')
";

#[test]
fn the_probe_goes_on_behind_what_raises_or_kills() {
    let folder = std::env::temp_dir().join(format!("apidb-{}-probe", std::process::id()));
    drop(std::fs::remove_dir_all(&folder));
    let environment = folder.join("1.0");
    let made = std::process::Command::new("python3")
        .args(["-m", "venv", "--without-pip"])
        .arg(&environment)
        .status();
    assert!(made.is_ok_and(|status| status.success()));
    let lib = std::fs::read_dir(environment.join("lib")).unwrap();
    let site = lib
        .map(|e| e.unwrap().path())
        .next()
        .unwrap()
        .join("site-packages");
    std::fs::create_dir_all(site.join("pack")).unwrap();
    std::fs::write(site.join("pack/__init__.py"), PACKAGE).unwrap();
    std::fs::write(site.join("pack/file.py"), "raise ImportError\n").unwrap();
    std::fs::create_dir_all(site.join("Pack-1.2.dist-info")).unwrap();

    let environment = Environment::of(&folder, "1.0", None).unwrap();
    assert_eq!(environment.version("pack").as_deref(), Some("1.2"));
    // There is no pip here: what is installed needs none, and what is missing does.
    environment.require("1.0", &["Pack >= 1"]).unwrap();
    assert!(environment.require("1.0", &["pack", "other~=2.0"]).is_err());
    let queries: Vec<String> = [
        "A pack.f",
        "A pack.k.dies",
        "A pack.k.raises",
        "A pack.C",
        "A pack.none",
        "C pack.C",
        "I pack.file",
        "P pack.file",
        "P pack.none",
    ]
    .map(str::to_owned)
    .to_vec();
    let list = folder.join("facts").join("pack.facts");
    std::fs::create_dir_all(folder.join("facts")).unwrap();
    let facts = environment.ask(NAMES, "pack", &queries, &list).unwrap();
    let ok = |query: &str| facts[query]["ok"] == true;
    assert_eq!(facts["A pack.f"]["sig"], json!(["(x, y=, *, z=, **kw)"]));
    assert_eq!(facts["A pack.C"]["sig"], json!(["(a, b=)"]));
    assert!(!ok("A pack.k.dies") && facts["A pack.k.dies"]["why"] == "killed");
    assert!(!ok("A pack.k.raises") && !ok("A pack.none"));
    assert_eq!(
        facts["C pack.C"]["members"],
        json!({
            "make": ["function", "(n=)"],
            "method": ["function", "(q)"],
            "prop": ["attribute", null],
        })
    );
    assert!(!ok("I pack.file") && ok("P pack.file") && !ok("P pack.none"));

    // Everything is known: nothing is run again.
    std::fs::remove_dir_all(folder.join("1.0")).unwrap();
    assert_eq!(
        environment.ask(NAMES, "pack", &queries, &list).unwrap(),
        facts
    );
}
