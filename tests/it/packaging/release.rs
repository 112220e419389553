//! `.github/stamp.sh`: the commit that a release is tagged at names exactly what the release holds.

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
