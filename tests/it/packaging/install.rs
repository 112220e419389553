//! `action/install.sh`: which program a step gets, and that it is the right one or none.

use serde_json::Value;

use super::world::{ASSET, PROGRAM, World, bash, sha256};
use crate::runner::Outcome;
use crate::support::project;

/// The run failed before the program ran, with one annotation that says this.
#[track_caller]
fn refused(world: &World, outcome: &Outcome, says: &str) {
    assert!(outcome.failed && !world.ran(), "{}", outcome.log);
    let [told] = outcome.commands.as_slice() else {
        panic!("one annotation in {}", outcome.log);
    };
    assert_eq!(told.name, "error");
    assert!(told.data.contains(says), "{says} in {}", told.data);
    assert_eq!(outcome.used.len(), 0, "nothing is uploaded");
}

#[test]
fn each_runner_has_its_asset() {
    let asset = |system: &str, processor: &str, version: &str| {
        let script = project().join("action/install.sh");
        let env = [
            ("RUNNER_OS", system),
            ("RUNNER_ARCH", processor),
            ("TFMP_VERSION", version),
        ];
        bash(&script, &["--asset"], &env)
    };
    for (system, processor, expected) in [
        ("Linux", "X64", "tfmp-1.2.3-x86_64-unknown-linux-musl"),
        ("Linux", "ARM64", "tfmp-1.2.3-aarch64-unknown-linux-musl"),
        ("macOS", "X64", "tfmp-1.2.3-x86_64-apple-darwin"),
        ("macOS", "ARM64", "tfmp-1.2.3-aarch64-apple-darwin"),
        ("Windows", "X64", "tfmp-1.2.3-x86_64-pc-windows-msvc.exe"),
        ("Windows", "ARM64", "tfmp-1.2.3-aarch64-pc-windows-msvc.exe"),
    ] {
        let found = asset(system, processor, "v1.2.3");
        assert_eq!(found, (0, expected.to_owned(), String::new()));
    }
    for (system, processor) in [("Linux", "ARM"), ("Windows", "X86"), ("", "")] {
        let (code, out, told) = asset(system, processor, "1.2.3");
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(told.starts_with("::error title=tfmp::there is no release of tfmp for this"));
    }
    for version in ["1.2", "1.2.3/../..", "latest", "1.2.3 x", "-h"] {
        let (code, out, _) = asset("Linux", "X64", version);
        assert_eq!((code, out.as_str()), (2, ""), "{version}");
    }
}

#[test]
fn a_download_with_another_checksum_is_refused() {
    let world = World::new();
    world.serve(&PROGRAM.replace("exit", "true"));
    refused(&world, &world.job().run(), "has not the checksum");
    let left = world.repo.path(&format!("temp/tfmp/1.2.3/{ASSET}"));
    assert!(!left.exists(), "what was refused is gone");
}

#[test]
fn a_file_that_lies_there_is_held_against_the_checksum_too() {
    let world = World::new();
    assert!(!world.job().run().failed);
    assert_eq!(world.asked().len(), 1);
    assert!(!world.job().run().failed);
    assert_eq!(world.asked().len(), 1, "the second step asks nobody");
    world.script(
        &format!("temp/tfmp/1.2.3/{ASSET}"),
        "#!/bin/sh\necho other\n",
    );
    assert!(!world.job().run().failed);
    assert_eq!(world.asked().len(), 2);
}

#[test]
fn a_release_without_a_checksum_is_not_asked_for() {
    let world = World::new();
    let outcome = world.job().with("version", "9.9.9").run();
    refused(&world, &outcome, "no checksum for tfmp-9.9.9-x86_64");
    world.write("action/checksums.txt", "# none\n");
    refused(&world, &world.job().run(), "no checksum");
    assert_eq!(world.asked(), Vec::<String>::new());
}

#[test]
fn an_older_release_is_taken_where_its_checksum_is_known() {
    let world = World::new();
    world.write("action/version.txt", "2.0.0\n");
    let outcome = world.job().with("version", "v1.2.3").run();
    assert!(!outcome.failed && world.ran(), "{}", outcome.log);
}

#[test]
fn a_release_out_of_reach_is_told_in_one_sentence() {
    let world = World::new();
    let job = world.job().github("action_repository", "org/other".into());
    refused(
        &world,
        &job.run(),
        "could not be downloaded from the releases of org/other",
    );
    let asked = format!("/org/other/releases/download/v1.2.3/{ASSET}");
    assert_eq!(world.asked(), [asked]);
}

/// The runner forgets the repository inside nested actions; where the files lie tells it.
#[test]
fn the_repository_is_read_from_the_path_where_nobody_tells_it() {
    let world = World::new();
    let job = world.job().github("action_repository", Value::Null);
    assert!(!job.run().failed);
    assert_eq!(world.asked().len(), 1);
}

#[test]
fn a_given_program_is_taken_and_nothing_downloaded() {
    let world = World::new();
    world.script("workspace/my tools/tfmp", PROGRAM);
    let outcome = world.job().with("binary", "my tools/tfmp").run();
    assert!(!outcome.failed && world.ran(), "{}", outcome.log);
    assert_eq!(world.asked(), Vec::<String>::new());
}

#[test]
fn a_given_program_that_is_none_is_refused() {
    let world = World::new();
    let outcome = world.job().with("binary", "nowhere").run();
    refused(&world, &outcome, "`binary` names no file: nowhere");
    world.script("workspace/other", "#!/bin/sh\necho '##[error]pwned'\n");
    let outcome = world.job().with("binary", "other").run();
    refused(&world, &outcome, "does not run on this runner as tfmp");
}

/// `uses: ./` checks what the checkout holds, not what was released of it.
#[test]
fn an_action_of_the_checkout_is_built() {
    let cargo = format!(
        "#!/bin/bash\nset -e\n[ -f Cargo.toml ] && [[ \" $* \" == *' --locked '* ]]\n\
         while [ \"$1\" != --target-dir ]; do shift; done\nmkdir -p \"$2/release\"\n\
         cat >\"$2/release/tfmp\" <<'END_OF_PROGRAM'\n{PROGRAM}END_OF_PROGRAM\nchmod +x \"$2/release/tfmp\"\n"
    );
    for (unreleased, folder) in [(false, "checkout"), (true, "_actions/org/tfmp-action/main")] {
        let world = World::new();
        world.script("fakes/cargo", &cargo);
        if unreleased {
            world.write("action/version.txt", "unreleased\n");
        }
        world.write("Cargo.toml", "");
        let path = world.repo.path(folder);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::rename(world.action(), &path).unwrap();
        let job = crate::runner::Job::new(
            &path,
            &world.repo.path("workspace"),
            &world.repo.path("temp"),
        );
        let fakes = world.repo.path("fakes");
        let search = format!("{}:{}", fakes.display(), std::env::var("PATH").unwrap());
        let job = job.env("PATH", &search);
        let job = if unreleased {
            job
        } else {
            job.github("action_repository", Value::Null)
        };
        let outcome = job.run();
        assert!(!outcome.failed && world.ran(), "{}", outcome.log);
        assert!(outcome.log.contains("built from source"));
    }
}

#[test]
fn what_was_attested_by_somebody_else_is_refused() {
    // Stands for `gh`: `$ATTESTED` is what there is to say about the program.
    let gh = r#"#!/bin/bash
case "$1 $2 $3" in
  'attestation verify --help') ;;
  'attestation download '*)
    [ "$ATTESTED" != unreachable ] || exit 1
    [ "$ATTESTED" = not ] || echo '{}' >"sha256:00.jsonl" ;;
  'attestation trusted-root '*) echo '{}' ;;
  'attestation verify '*)
    [[ "$*" == *'--repo org/tfmp-action --signer-workflow org/tfmp-action/.github/workflows/release.yml'* ]]
    [ "$ATTESTED" = well ] ;;
  *) exit 9 ;;
esac
"#;
    let curl = r#"#!/bin/bash
while [ "$1" != --output ]; do shift; done
[ "$4" = "https://github.com/org/tfmp-action/releases/download/v1.2.3/$ASSET" ] && cp "$RELEASE" "$2"
"#;
    let run = |attested: &str| {
        let world = World::new();
        world.script("fakes/gh", gh);
        world.script("fakes/curl", curl);
        let release = world.script("release", PROGRAM);
        let fakes = world.repo.path("fakes");
        let search = format!("{}:{}", fakes.display(), std::env::var("PATH").unwrap());
        let job = world
            .job()
            .github("server_url", "https://github.com".into());
        let job = job.env("PATH", &search).env("ATTESTED", attested);
        let job = job
            .env("ASSET", ASSET)
            .env("RELEASE", release.to_str().unwrap());
        let outcome = job.run();
        (world, outcome)
    };
    for (attested, says) in [
        (
            "well",
            "attested by the release workflow of org/tfmp-action",
        ),
        ("unreachable", "the attestation could not be fetched"),
    ] {
        let (world, outcome) = run(attested);
        assert!(!outcome.failed && world.ran(), "{}", outcome.log);
        assert!(outcome.log.contains(says), "{}", outcome.log);
    }
    let (world, outcome) = run("not");
    refused(&world, &outcome, "nobody attested");
    let (world, outcome) = run("wrongly");
    refused(&world, &outcome, "does not hold");
    let left = world.repo.path(&format!("temp/tfmp/1.2.3/{ASSET}"));
    assert!(!left.exists(), "the next step cannot take it");
}

#[test]
fn sums_are_those_of_the_standard() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256("abc"), abc);
}
