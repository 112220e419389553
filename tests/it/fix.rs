//! `tfmp fix`: what is written, what is printed, and that git takes the patch.

use std::process::{Command, Stdio};

use crate::support::TestRepo;

/// The bytes of a file of the repository.
#[track_caller]
fn read(repo: &TestRepo, path: &str) -> Vec<u8> {
    std::fs::read(repo.path(path)).unwrap()
}

/// Runs `git apply` on a patch in a repository.
#[track_caller]
fn git_apply(repo: &TestRepo, patch: &[u8]) {
    use std::io::Write as _;
    // The patch, not a repository around the temporary folder, decides.
    std::fs::remove_dir_all(repo.path(".git")).unwrap();
    let mut git = Command::new("git")
        .args(["apply", "--whitespace=nowarn", "-"])
        .current_dir(repo.path(""))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin.take().unwrap().write_all(patch).unwrap();
    let output = git.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git says {said}");
}

/// Fixing, and applying the patch, give the same bytes; a second run finds nothing to do.
#[track_caller]
fn check(path: &str, before: &[u8], after: &[u8]) {
    let repo = || {
        let repo = TestRepo::new();
        let file = repo.path(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, before).unwrap();
        repo
    };
    let fixed = repo();
    let outcome = fixed.tfmp(&["fix"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
    assert_eq!(
        String::from_utf8_lossy(&read(&fixed, path)),
        String::from_utf8_lossy(after)
    );
    assert_eq!(read(&fixed, path), after);
    let again = fixed.tfmp(&["fix", "--diff"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""));

    let patched = repo();
    let output = crate::support::command(&patched.path(""))
        .args(["fix", "--diff"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(read(&patched, path), before, "a patch changes nothing");
    git_apply(&patched, &output.stdout);
    assert_eq!(read(&patched, path), after);
}

#[test]
fn a_pin_is_repaired() {
    check(
        "requirements.txt",
        b"numpy\ntensorflow-gpu==2.13.0  # GPU\n",
        b"numpy\ntensorflow==2.13.0  # GPU\n",
    );
}

#[test]
fn folders_with_spaces_and_files_without_a_last_line_end() {
    check(
        "my code/requirements.txt",
        b"numpy\r\ntensorflow-gpu==2.13.0",
        b"numpy\r\ntensorflow==2.13.0",
    );
    check(
        "größe/requirements.txt",
        b"\xEF\xBB\xBFtensorflow-gpu==2.13.0\r\n",
        b"\xEF\xBB\xBFtensorflow==2.13.0\r\n",
    );
}

#[test]
fn the_summary_tells_what_was_done() {
    let repo = TestRepo::new().file("requirements.txt", "tensorflow-gpu==2.13.0\n");
    let said = |args: &[&str]| repo.tfmp(args).stderr;
    assert_eq!(said(&["fix", "--diff"]), "would fix 1 finding in 1 file\n");
    assert_eq!(said(&["fix", "-q", "--diff"]), "");
    assert_eq!(
        said(&["fix", "-v"]),
        "changed: requirements.txt\nfixed 1 finding in 1 file\n"
    );
    assert_eq!(said(&["fix"]), "nothing to fix\n");
}

#[cfg(unix)]
#[test]
fn rights_stay_and_closed_files_are_not_opened() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = TestRepo::new().file("requirements.txt", "tensorflow-gpu==2.13.0\n");
    let path = repo.path("requirements.txt");
    let rights =
        |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    rights(0o444);
    let outcome = repo.tfmp(&["fix"]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("cannot be changed"),
        "{}",
        outcome.stderr
    );
    rights(0o751);
    assert_eq!(repo.tfmp(&["fix"]).code, 0);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o751);
    let left: Vec<_> = std::fs::read_dir(repo.path("")).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing is left beside the file");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_repository_is_not_followed() {
    let outside = TestRepo::new().file("pins.txt", "tensorflow-gpu==2.13.0\n");
    let repo = TestRepo::new().file("requirements.txt", "-r linked.txt\n");
    std::os::unix::fs::symlink(outside.path("pins.txt"), repo.path("linked.txt")).unwrap();
    assert_eq!(repo.tfmp(&["fix"]).code, 0);
    assert_eq!(read(&outside, "pins.txt"), b"tensorflow-gpu==2.13.0\n");
}
