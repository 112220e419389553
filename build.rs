//! Packs `data/` into what the binary carries. No network, no clock: the same text gives the same
//! bytes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    releases(&root.join("data/releases.tsv"), &out.join("releases.rs"));
}

fn releases(from: &Path, to: &Path) {
    let text = std::fs::read_to_string(from).expect("data/releases.tsv is part of the project");
    let mut code = String::new();
    for (package, name) in [
        ("tensorflow", "TENSORFLOW"),
        ("keras", "KERAS"),
        ("tf_keras", "TF_KERAS"),
    ] {
        writeln!(code, "const {name}: &[ReleaseRow] = &[").expect("writing to a String");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [owner, version, date, python, yanked, keras] = fields[..] else {
                panic!("data/releases.tsv: six fields are needed in `{line}`");
            };
            if owner == package {
                writeln!(
                    code,
                    "    ReleaseRow {{ version: {version:?}, date: {date:?}, python: {python:?}, yanked: {}, keras: {keras:?} }},",
                    yanked == "yes",
                )
                .expect("writing to a String");
            }
        }
        code.push_str("];\n");
    }
    std::fs::write(to, code).expect("OUT_DIR can be written");
}
