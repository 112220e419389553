//! The crates that this project is made of: their licences, sources and versions are those that
//! deny.toml permits, and docs/dependencies.md tells of each why it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use semver::{Version, VersionReq};
use serde_json::Value;

use crate::support::project;

fn text(path: &str) -> String {
    let text = std::fs::read_to_string(project().join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn toml(path: &str) -> toml::Table {
    text(path).parse().unwrap()
}

fn texts(list: &toml::Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one.as_str().unwrap()).collect()
}

/// What cargo tells of the crates that this platform takes. Those were all downloaded to build this.
fn metadata() -> Value {
    let output = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        let output = command.args(args).current_dir(project()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        String::from_utf8(output.stdout).unwrap()
    };
    let version = output(&["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let told = output(&[
        "metadata",
        "--format-version=1",
        "--offline",
        "--locked",
        "--all-features",
        "--filter-platform",
        host.unwrap(),
    ]);
    serde_json::from_str(&told).unwrap()
}

/// The crates that are used, with what cargo tells of each.
fn used(metadata: &Value) -> Vec<&Value> {
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap().iter();
    let used: BTreeSet<&str> = nodes.map(|node| node["id"].as_str().unwrap()).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let packages = packages.filter(|package| used.contains(package["id"].as_str().unwrap()));
    let packages: Vec<&Value> = packages.collect();
    assert!(packages.len() > 200, "{}", packages.len());
    packages
}

/// Evaluates an [SPDX expression](https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/): the
/// licences of the list that it needs, or `None` where they do not do.
fn needed<'a>(expression: &str, allowed: &[&'a str]) -> Option<BTreeSet<&'a str>> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    // The old way to write `OR`.
    let spaced = spaced.replace('/', " OR ").replace(" WITH ", "+WITH+");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let found = any(&words, &mut at, allowed);
    assert_eq!(at, words.len(), "`{expression}` was read to its end");
    found
}

fn any<'a>(words: &[&str], at: &mut usize, allowed: &[&'a str]) -> Option<BTreeSet<&'a str>> {
    let mut found = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        let other = all(words, at, allowed);
        found = found.or(other);
    }
    found
}

fn all<'a>(words: &[&str], at: &mut usize, allowed: &[&'a str]) -> Option<BTreeSet<&'a str>> {
    let mut found = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        let other = one(words, at, allowed);
        found = found.zip(other).map(|(mut left, right)| {
            left.extend(right);
            left
        });
    }
    found
}

fn one<'a>(words: &[&str], at: &mut usize, allowed: &[&'a str]) -> Option<BTreeSet<&'a str>> {
    let word = words[*at];
    *at += 1;
    if word == "(" {
        let found = any(words, at, allowed);
        assert_eq!(words[*at], ")");
        *at += 1;
        return found;
    }
    let name = word.replace("+WITH+", " WITH ");
    let found = allowed.iter().find(|known| **known == name);
    found.map(|known| BTreeSet::from([*known]))
}

#[test]
fn expressions_of_licences_are_read() {
    #[track_caller]
    fn check(expression: &str, expect: Option<&[&str]>) {
        let found = needed(
            expression,
            &["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"],
        );
        assert_eq!(found, expect.map(|names| names.iter().copied().collect()));
    }
    check("MIT", Some(&["MIT"]));
    check("GPL-3.0-only", None);
    check("GPL-3.0-only OR MIT", Some(&["MIT"]));
    check("Unlicense/MIT", Some(&["MIT"]));
    check("MIT AND GPL-3.0-only", None);
    check("(GPL-3.0-only OR Zlib) AND MIT", Some(&["MIT", "Zlib"]));
    check("GPL-3.0-only OR MIT AND Zlib", Some(&["MIT", "Zlib"]));
    check(
        "Apache-2.0 WITH LLVM-exception",
        Some(&["Apache-2.0 WITH LLVM-exception"]),
    );
    check("Apache-2.0", None);
}

#[test]
fn licences_are_those_that_are_allowed() {
    let deny = toml("deny.toml");
    let licenses = deny["licenses"].as_table().unwrap();
    let allowed = texts(&licenses["allow"]);
    let exceptions = licenses["exceptions"].as_array().unwrap();
    let (mut wrong, mut taken) = (Vec::new(), BTreeSet::new());
    let metadata = metadata();
    for package in used(&metadata) {
        let name = package["name"].as_str().unwrap();
        let exception = exceptions
            .iter()
            .find(|one| one["crate"].as_str() == Some(name));
        let mut allowed = allowed.clone();
        allowed.extend(exception.into_iter().flat_map(|one| texts(&one["allow"])));
        let license = package["license"].as_str();
        match license.and_then(|expression| needed(expression, &allowed)) {
            Some(needed) => taken.extend(needed.into_iter().map(str::to_owned)),
            None => wrong.push(format!("{name}: {license:?}")),
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let idle = allowed.iter().filter(|name| !taken.contains(**name));
    assert_eq!(
        idle.collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "nobody needs these"
    );
}

/// The crates of a lock file: name, version, source.
fn locked(path: &str) -> Vec<(String, Version, Option<String>)> {
    let lock = toml(path);
    let packages = lock["package"].as_array().unwrap().iter();
    let field = |package: &toml::Value, name: &str| {
        let value = package.get(name)?.as_str()?;
        Some(value.to_owned())
    };
    packages
        .map(|package| {
            let version = field(package, "version").unwrap().parse().unwrap();
            (
                field(package, "name").unwrap(),
                version,
                field(package, "source"),
            )
        })
        .collect()
}

/// Whether a crate of our own takes the place of another.
fn stands_in(name: &str) -> bool {
    let patch = &toml("Cargo.toml")["patch"]["crates-io"];
    let patched = patch.get(name).and_then(|one| one["path"].as_str());
    patched.is_some_and(|path| project().join(path).join("Cargo.toml").exists())
}

#[test]
fn crates_come_from_where_they_may() {
    let deny = toml("deny.toml");
    let sources = deny["sources"].as_table().unwrap();
    assert!(!sources.contains_key("allow-registry") && !sources.contains_key("allow-git"));
    let mut registries = BTreeSet::new();
    for path in ["Cargo.lock", "fuzz/Cargo.lock"] {
        for (name, _, source) in locked(path) {
            let Some(source) = source else {
                let is_own = name.starts_with("tfmp-") || stands_in(&name);
                assert!(is_own, "{path}: {name} has no source");
                continue;
            };
            assert!(
                source.starts_with("registry+"),
                "{path}: {name} is from {source}"
            );
            registries.insert(source);
        }
    }
    assert_eq!(registries.len(), 1, "{registries:?}");
}

#[test]
fn no_crate_is_there_twice_without_a_reason() {
    let deny = toml("deny.toml");
    let bans = deny["bans"].as_table().unwrap();
    let mut skips: Vec<(&str, VersionReq, bool)> = Vec::new();
    for skip in bans["skip"].as_array().unwrap() {
        let (name, versions) = skip["crate"].as_str().unwrap().split_once('@').unwrap();
        assert!(!skip["reason"].as_str().unwrap().is_empty());
        skips.push((name, versions.parse().unwrap(), false));
    }
    let banned = texts(&bans["deny"]);
    let mut versions: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for (name, version, _) in locked("Cargo.lock") {
        assert!(!banned.contains(&name.as_str()), "{name} is banned");
        let skip = skips
            .iter_mut()
            .find(|(known, wanted, _)| *known == name && wanted.matches(&version));
        match skip {
            Some((_, _, is_used)) => *is_used = true,
            None => versions.entry(name).or_default().push(version),
        }
    }
    let twice: Vec<_> = versions.iter().filter(|(_, all)| all.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let idle: Vec<_> = skips.iter().filter(|(_, _, is_used)| !is_used).collect();
    assert!(idle.is_empty(), "these are not there any more: {idle:?}");
}

/// The rows of a table of docs/dependencies.md: the cells of each, without the head.
fn rows<'t>(page: &'t str, heading: &str) -> Vec<Vec<&'t str>> {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// The direct dependencies of one kind, each with whether its default features are on.
fn direct(metadata: &Value, kind: Option<&str>) -> BTreeMap<String, bool> {
    let packages = metadata["packages"].as_array().unwrap();
    let own = packages
        .iter()
        .find(|package| package["name"] == "tfmp-action")
        .unwrap();
    let dependencies = own["dependencies"].as_array().unwrap().iter();
    dependencies
        .filter(|one| one["kind"].as_str() == kind)
        .map(|one| {
            let (name, wanted) = (one["name"].as_str().unwrap(), one["req"].as_str().unwrap());
            assert!(!wanted.contains('*'), "{name} {wanted}");
            // Features that are on by default, where there are some.
            let wanted: VersionReq = wanted.parse().unwrap();
            let package = packages.iter().find(|package| {
                let version: Version = package["version"].as_str().unwrap().parse().unwrap();
                package["name"] == name && wanted.matches(&version)
            });
            let by_default = package.is_some_and(|package| {
                let features = package["features"]["default"].as_array();
                features.is_some_and(|features| !features.is_empty())
            });
            (
                name.to_owned(),
                by_default && one["uses_default_features"] == true,
            )
        })
        .collect()
}

/// The page names each direct dependency once, with a reason, and says where it is taken with all that
/// its authors switch on.
#[test]
fn the_page_tells_why_each_crate_is_there() {
    let page = text("docs/dependencies.md");
    let metadata = metadata();
    for (heading, kind) in [
        ("In the program", None),
        ("In its build", Some("build")),
        ("In its tests", Some("dev")),
    ] {
        let expected = direct(&metadata, kind);
        let mut told = BTreeMap::new();
        for row in rows(&page, heading) {
            let [name, why] = row[..] else {
                panic!("{heading}: {row:?} has not two cells");
            };
            let name = name.trim_matches('`').to_owned();
            assert!(why.len() > 20, "{name}: {why}");
            let by_default = why.contains("(with its default features");
            assert!(
                told.insert(name, by_default).is_none(),
                "{row:?} stands there twice"
            );
        }
        assert_eq!(told, expected, "{heading}");
    }
}
