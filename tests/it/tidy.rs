//! The rules that the source tree itself keeps: which room may open which door, what may stand
//! nowhere, and what must stand everywhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::project;

/// The doors: each room of `src/` and the rooms that it may use. ARCHITECTURE.md tells why.
const DOORS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("maps", &[]),
    ("carried", &[]),
    ("names", &["text"]),
    ("release", &["carried", "names"]),
    ("finding", &["text", "names", "release"]),
    ("fix", &["text", "names", "finding"]),
    ("suppress", &["text", "names", "release", "finding", "rule"]),
    ("api", &["carried", "text", "maps", "names", "release"]),
    ("pins", &["text", "names", "release", "finding"]),
    ("python", &["text", "maps", "names", "finding"]),
    ("discover", &["text", "finding", "pins"]),
    ("scope", &["text", "names", "release", "finding", "pins"]),
    (
        "narrow",
        &[
            "text", "maps", "names", "release", "finding", "api", "python", "scope",
        ],
    ),
    ("advice", RULE_DOORS),
    ("rule", RULE_DOORS),
    ("rules", RULE_DOORS),
    (
        "report",
        &[
            "text", "names", "release", "finding", "rule", "compat", "explain",
        ],
    ),
    (
        "github",
        &["text", "names", "release", "finding", "rule", "report"],
    ),
    ("compat", &["text", "names", "release", "finding"]),
    (
        "explain",
        &[
            "text", "maps", "names", "release", "api", "python", "narrow", "advice",
        ],
    ),
    ("cli", &["names", "release"]),
    ("config", &["text", "names", "finding", "rule"]),
    ("error", &["names", "release", "discover", "config"]),
    (
        "settings",
        &[
            "text", "names", "release", "finding", "pins", "discover", "scope", "rule", "report",
            "cli", "config", "error", "github",
        ],
    ),
    (
        "output",
        &[
            "finding", "fix", "rule", "report", "github", "cli", "error", "settings", "compat",
            "explain",
        ],
    ),
    (
        "run",
        &[
            "text", "maps", "names", "release", "finding", "api", "pins", "python", "discover",
            "scope", "narrow", "advice", "rule", "rules", "report", "error", "settings", "fix",
            "suppress", "compat",
        ],
    ),
];

/// A rule, what it looks at, and the words it uses belong together.
const RULE_DOORS: &[&str] = &[
    "text", "names", "release", "finding", "suppress", "api", "pins", "python", "scope", "narrow",
    "advice", "rule",
];

fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![project().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    open.push(path);
                }
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn rust_files() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for folder in ["src", "tests"] {
        for path in files(folder) {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                sources.push((relative(&path), text));
            }
        }
    }
    assert!(sources.len() > 20, "the tree was found");
    sources
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(project()).unwrap();
    path.to_string_lossy().replace('\\', "/")
}

/// The rooms whose name follows `crate::`, tests left out.
fn opened(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let mut rooms = BTreeSet::new();
    for line in code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        for after in line.split("crate::").skip(1) {
            let list = after.strip_prefix('{').map_or(after, |list| {
                list.split('}')
                    .next()
                    .expect("splitting gives a first part")
            });
            let many = if after.starts_with('{') {
                usize::MAX
            } else {
                1
            };
            for name in list.split(',').take(many) {
                let name = name.trim();
                let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
                rooms.insert(name[..end.unwrap_or(name.len())].to_owned());
            }
        }
    }
    rooms
}

#[test]
fn rooms_open_only_their_own_doors() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files() {
        let Some(inside) = path.strip_prefix("src/") else {
            continue;
        };
        if inside.ends_with("tests.rs") {
            continue;
        }
        let room = inside.split(['/', '.']).next().unwrap();
        // Tests may open any door.
        if ["lib", "main", "bin"].contains(&room) || path.ends_with("tests.rs") {
            continue;
        }
        let Some((_, doors)) = DOORS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{path}: `{room}` has no line in DOORS"));
            continue;
        };
        for opened in opened(&text) {
            if opened != room && !doors.contains(&opened.as_str()) {
                wrong.push(format!("{path}: `{room}` may not use `{opened}`"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn doors_are_seen() {
    let text = "use crate::a::b;\nuse crate::{c, d::e};\n// crate::no\nfn f() { crate::f::g() }\n\
                #[cfg(test)]\nmod tests { use crate::t; }";
    let rooms: Vec<String> = opened(text).into_iter().collect();
    assert_eq!(rooms, ["a", "c", "d", "f"]);
}

#[test]
fn a_rule_never_uses_its_sibling() {
    for (path, text) in rust_files() {
        if path.starts_with("src/rules/") {
            assert!(!text.contains("crate::rules::"), "{path}");
        }
    }
}

#[test]
fn foreign_crates_stay_in_their_rooms() {
    let homes: [(&str, &[&str]); 6] = [
        ("ruff_", &["src/python"]),
        ("serde_sarif", &["src/report/sarif.rs"]),
        ("octocrab", &["src/github/client"]),
        ("hyper_", &["src/github/client"]),
        ("tokio", &["src/github/client"]),
        ("clap", &["src/cli.rs", "src/main.rs", "src/settings.rs"]),
    ];
    let names = |line: &str, name: &str| {
        let code = line.split("//").next().unwrap_or_default();
        code.contains(&format!("use {name}")) || code.contains(&format!(" {name}::"))
    };
    let mut wrong = Vec::new();
    for (path, text) in rust_files() {
        for (name, homes) in homes {
            let at_home = homes.iter().any(|home| path.starts_with(home));
            let outside = path.starts_with("src/bin/") || path.starts_with("tests/");
            if !at_home && !outside && text.lines().any(|line| names(line, name)) {
                wrong.push(format!("{path} uses {name}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn files_say_what_they_own_and_stay_short() {
    for (path, text) in rust_files() {
        let lines = text.lines().count();
        assert!(
            lines <= 700,
            "{path} has {lines} lines: does it want a wall?"
        );
        // A file of tests belongs to the file that it tests.
        let opens = ["//!", "#![doc"].iter().any(|open| text.starts_with(open));
        assert!(
            opens || path.ends_with("tests.rs"),
            "{path} does not open by saying what it owns"
        );
    }
}

#[test]
fn nothing_names_a_registry_host_or_a_machine() {
    // Written in halves, so that this file does not find itself.
    let hosts = [
        ["py", "pi.org"],
        ["files.python", "hosted"],
        ["index.crates", ".io"],
        ["static.crates", ".io"],
        ["registry.npm", "js"],
        ["deb.deb", "ian.org"],
        ["/wo", "rk/"],
        ["/ro", "ot/"],
    ];
    let mut wrong = Vec::new();
    for path in files("") {
        let name = relative(&path);
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if name == "Cargo.lock" || name == ".git" {
            continue;
        }
        for host in hosts.map(|halves| halves.concat()) {
            if text.contains(&host) {
                wrong.push(format!("{name} names {host}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn rules_pages_and_list_are_the_same() {
    let mut ids = BTreeSet::new();
    for rule in tfmp::rules::ALL {
        assert!(ids.insert(rule.id), "{} is given twice", rule.id);
    }
    let listed: BTreeSet<String> = tfmp::rules::ALL
        .iter()
        .map(|rule| rule.name.replace('-', "_"))
        .collect();
    for extension in ["rs", "md"] {
        let there: BTreeSet<String> = files("src/rules")
            .iter()
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(there, listed, "src/rules/*.{extension}");
    }
}

#[test]
fn the_change_log_knows_the_version() {
    let log = std::fs::read_to_string(project().join("CHANGELOG.md")).unwrap();
    assert!(log.contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}
