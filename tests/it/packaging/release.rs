//! `.github/build.sh` and `.github/stamp.sh`: a release can be built again anywhere, and the commit that it
//! is tagged at names exactly what it holds.

use super::world::{ASSET, PROGRAM, World, bash, sha256};
use crate::support::project;

const ASSETS: [&str; 6] = [
    ASSET,
    "tfmp-1.2.3-aarch64-unknown-linux-musl",
    "tfmp-1.2.3-x86_64-apple-darwin",
    "tfmp-1.2.3-aarch64-apple-darwin",
    "tfmp-1.2.3-x86_64-pc-windows-msvc.exe",
    "tfmp-1.2.3-aarch64-pc-windows-msvc.exe",
];

/// An action before its first release, with the script beside it, and programs for a release.
fn unreleased() -> World {
    let world = World::new();
    world.write("action/version.txt", "unreleased\n");
    world.write("action/checksums.txt", "# sums\n");
    let script = std::fs::read_to_string(project().join(".github/stamp.sh")).unwrap();
    world.script("_actions/org/tfmp-action/v1/.github/stamp.sh", &script);
    for name in ASSETS {
        world.script(&format!("assets/{name}"), PROGRAM);
    }
    world
}

fn stamp(world: &World, args: &[&str]) -> (i32, String) {
    let assets = world.repo.path("assets");
    let args: Vec<&str> = args
        .iter()
        .copied()
        .chain([assets.to_str().unwrap()])
        .collect();
    let script = world.action().join(".github/stamp.sh");
    let (code, _, told) = bash(&script, &args, &[]);
    (code, told)
}

#[test]
fn a_stamped_action_installs_what_was_stamped() {
    let world = unreleased();
    assert_eq!(stamp(&world, &["1.2.3"]), (0, String::new()));
    assert_eq!(stamp(&world, &["--check", "1.2.3"]), (0, String::new()));
    let sums = std::fs::read_to_string(world.action().join("action/checksums.txt")).unwrap();
    let lines = ASSETS.map(|name| format!("{}  {name}\n", sha256(PROGRAM)));
    assert_eq!(sums, format!("# sums\n{}", lines.concat()));
    let outcome = world.job().run();
    assert!(!outcome.failed && world.ran(), "{}", outcome.log);
}

#[test]
fn a_tag_that_names_other_programs_is_found_out() {
    let world = unreleased();
    let (code, told) = stamp(&world, &["--check", "1.2.3"]);
    assert_eq!(code, 1);
    assert!(told.contains("version.txt does not name 1.2.3"), "{told}");
    assert_eq!(stamp(&world, &["1.2.3"]).0, 0);
    world.script(&format!("assets/{ASSET}"), "other");
    let (code, told) = stamp(&world, &["--check", "1.2.3"]);
    assert_eq!(code, 1);
    assert!(told.contains("checksums.txt lacks the line"), "{told}");
}

#[test]
fn a_release_is_whole_and_made_once() {
    let world = unreleased();
    world.script("assets/notes.md", "x");
    assert_eq!(stamp(&world, &["1.2.3"]).0, 1, "a file too many");
    std::fs::remove_file(world.repo.path("assets/notes.md")).unwrap();
    std::fs::remove_file(world.repo.path("assets/tfmp-1.2.3-x86_64-apple-darwin")).unwrap();
    assert_eq!(stamp(&world, &["1.2.3"]).0, 1, "a file too few");
    let left = std::fs::read_to_string(world.action().join("action/version.txt")).unwrap();
    assert_eq!(left, "unreleased\n", "what failed changed nothing");
    world.script("assets/tfmp-1.2.3-x86_64-apple-darwin", PROGRAM);
    assert_eq!(stamp(&world, &["1.2.3"]).0, 0);
    let (code, told) = stamp(&world, &["1.2.3"]);
    assert_eq!(code, 1);
    assert!(told.contains("knows 1.2.3 already"), "{told}");
}

/// Compilers that only write down what they are asked for.
fn noted(world: &World, cargo_home: &str) -> (i32, String, String) {
    let script = std::fs::read_to_string(project().join(".github/build.sh")).unwrap();
    let script = world.script("a folder/.github/build.sh", &script);
    let note = "#!/bin/sh\n{ printf '%s ' \"$@\"; printf '|%s|%s|%s|' \"$CARGO_ENCODED_RUSTFLAGS\" \
                \"$CFLAGS_x86_64_unknown_linux_musl\" \"$SOURCE_DATE_EPOCH\"; } >\"$NOTE\"\necho noise\n";
    world.script("bin/cargo", note);
    let rustc = "#!/bin/sh\n[ \"$1\" = --print ] && echo /sys || echo 'commit-hash: c0ffee'\n";
    world.script("bin/rustc", rustc);
    world.script("bin/git", "#!/bin/sh\necho 12345\n");
    let bin = world.repo.path("bin");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let note = world.repo.path("note");
    let variables = [
        ("PATH", path.as_str()),
        ("NOTE", note.to_str().unwrap()),
        ("CARGO_HOME", cargo_home),
    ];
    let (code, printed, told) = bash(&script, &["x86_64-unknown-linux-musl"], &variables);
    assert_eq!(told, "noise\n");
    (code, printed, std::fs::read_to_string(note).unwrap())
}

#[test]
fn no_folder_of_the_machine_gets_into_a_release() {
    let world = unreleased();
    let (code, printed, note) = noted(&world, "/home/ann/cargo home");
    assert_eq!(code, 0);
    assert_eq!(printed, "target/x86_64-unknown-linux-musl/release/tfmp\n");
    let root = world.repo.path("a folder");
    let root = root.canonicalize().unwrap();
    let root = root.display();
    let flags = [
        format!("--remap-path-prefix={root}=/tfmp"),
        "--remap-path-prefix=/home/ann/cargo home=/cargo".to_owned(),
        "--remap-path-prefix=/sys/lib/rustlib/src/rust=/rustc/c0ffee".to_owned(),
        "--remap-path-prefix=/sys=/rust".to_owned(),
    ];
    assert_eq!(
        note,
        format!(
            "build --locked --bin tfmp --target x86_64-unknown-linux-musl --profile release |{}|\
             '-ffile-prefix-map={root}=/tfmp' '-ffile-prefix-map=/home/ann/cargo home=/cargo'|12345|",
            flags.join("\u{1f}")
        )
    );
}
