//! Machines that fail in the middle of a run: full disks, closed pipes, a kill, files that change under its
//! hands, other runs at the same time. No report is half written, no file of the user's is lost, and no
//! finding either: what one place does not take stands in the others.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{TestRepo, command};

const PIN: &str = "tensorflow==2.3.4\n";
const BROKEN: &str =
    "import tensorflow as tf\ntf.keras.mixed_precision.set_global_policy('mixed_float16')\n";

fn plain() -> TestRepo {
    TestRepo::new()
        .file("requirements.txt", PIN)
        .file("a.py", BROKEN)
}

/// The names in a folder, `.git` left out.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != ".git")
        .collect();
    names.sort();
    names
}

fn is_sarif(path: &Path) -> bool {
    let read = std::fs::read(path).unwrap();
    let sarif: Value = serde_json::from_slice(&read).unwrap();
    sarif["runs"][0]["results"].as_array().unwrap().len() == 1
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn stdio(path: &str) -> Stdio {
        std::fs::OpenOptions::new()
            .write(true)
            .open(path)
            .unwrap()
            .into()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_under_one_report_takes_nothing_from_the_others() {
        let repo = plain();
        let args = [
            "check",
            "--format",
            "concise",
            "--sarif-file",
            "/dev/full",
            "--json-file",
            "a.json",
        ];
        let outcome = repo.tfmp(&args);
        assert_eq!(outcome.code, 2);
        assert!(
            outcome.stdout.starts_with("a.py:2:1: error[TFMP001]"),
            "{}",
            outcome.stdout
        );
        assert!(
            outcome
                .stderr
                .contains("error: `/dev/full` cannot be written (No space left on device"),
            "{}",
            outcome.stderr
        );
        let report: Value =
            serde_json::from_slice(&std::fs::read(repo.path("a.json")).unwrap()).unwrap();
        assert_eq!(report["findings"].as_array().unwrap().len(), 1);
        assert_eq!(
            names(&repo.path("")),
            ["a.json", "a.py", "requirements.txt"]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_under_standard_output_leaves_the_files() {
        let repo = plain();
        for format in ["terminal", "concise", "json", "sarif", "github", "markdown"] {
            let mut check = command(&repo.path(""));
            check.args(["check", "--format", format, "--sarif-file", "a.sarif"]);
            let output = check.stdout(stdio("/dev/full")).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{format}: {stderr}");
            assert!(
                stderr.contains("the report cannot be printed (No space left"),
                "{stderr}"
            );
            assert!(is_sarif(&repo.path("a.sarif")));
            std::fs::remove_file(repo.path("a.sarif")).unwrap();
        }
        // Nobody is left to hear what standard error cannot take.
        let mut check = command(&repo.path(""));
        check.args(["check", "-v"]).stderr(stdio("/dev/full"));
        assert_eq!(check.output().unwrap().status.code(), Some(1));
    }

    /// A limit on the size of files is a full disk that everybody has. What lies there stays as it was.
    #[test]
    fn a_disk_that_fills_up_leaves_the_old_report_whole() {
        let repo = plain()
            .file("a.sarif", "old")
            .file("tfmp-baseline.json", "{\"version\": 1, \"findings\": []}");
        let limited = |arguments: &str| {
            let mut shell = Command::new("bash");
            // Blocks of 1024 bytes; the signal would end the program otherwise.
            let script = format!("trap '' XFSZ; ulimit -f 1; exec \"$0\" {arguments}");
            shell.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_tfmp"));
            shell.current_dir(repo.path("")).stdin(Stdio::null());
            shell.output().unwrap()
        };
        let output = limited("check --sarif-file a.sarif");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains("error: `a.sarif` cannot be written (File too large"),
            "{stderr}"
        );
        assert!(!output.stdout.is_empty());
        assert_eq!(
            std::fs::read_to_string(repo.path("a.sarif")).unwrap(),
            "old"
        );
        // A source file that grows beyond it is not cut either.
        let long = format!("{BROKEN}{}", "# a comment\n".repeat(200));
        std::fs::write(repo.path("a.py"), &long).unwrap();
        let output = limited("fix");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains("error: `a.py` cannot be changed (File too large"),
            "{stderr}"
        );
        assert_eq!(std::fs::read_to_string(repo.path("a.py")).unwrap(), long);
        let there = ["a.py", "a.sarif", "requirements.txt", "tfmp-baseline.json"];
        assert_eq!(names(&repo.path("")), there);
    }

    #[test]
    fn outputs_that_may_not_be_written_are_told() {
        let repo = plain().file("old.sarif", "old").file("folder/x", "");
        let close = |path: &str, mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(repo.path(path), mode).unwrap();
        };
        close("old.sarif", 0o444);
        for (file, why) in [
            ("old.sarif", "permission denied"),
            ("folder", "Is a directory"),
            ("no/such/folder.sarif", "No such file or directory"),
            ("a.py/x.sarif", "Not a directory"),
        ] {
            let args = [
                "check",
                "--format",
                "concise",
                "--sarif-file",
                file,
                "--json-file",
                "a.json",
            ];
            let outcome = repo.tfmp(&args);
            assert_eq!(outcome.code, 2, "{file}");
            let said = format!("error: `{file}` cannot be written ({why}");
            assert!(outcome.stderr.contains(&said), "{}", outcome.stderr);
            assert!(
                !outcome.stdout.is_empty() && repo.path("a.json").exists(),
                "{file}"
            );
        }
        assert_eq!(
            std::fs::read_to_string(repo.path("old.sarif")).unwrap(),
            "old"
        );
    }

    #[test]
    fn rights_and_links_of_a_report_stay() {
        let repo = plain().file("real/old.sarif", "old");
        let path = repo.path("real/old.sarif");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real/old.sarif", repo.path("link.sarif")).unwrap();
        assert_eq!(repo.tfmp(&["check", "--sarif-file", "link.sarif"]).code, 1);
        assert!(is_sarif(&path));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert!(repo.path("link.sarif").is_symlink());
    }

    /// What a killed run has left must not stop the next one, and a link under the name of a temporary file
    /// must not be written through.
    #[test]
    fn what_lies_where_a_report_is_written_is_not_followed() {
        let repo = plain().file("victim", "precious");
        let folder = repo.path("");
        let mut shell = Command::new("bash");
        // The program takes the number of the shell: the names that it will try are known.
        let script = "for n in 0 1 2; do ln -s victim \".a.sarif.$$-$n.tmp\"; done; exec \"$0\" check -q --sarif-file a.sarif";
        shell.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_tfmp"));
        let output = shell
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            std::fs::read_to_string(repo.path("victim")).unwrap(),
            "precious"
        );
        assert!(is_sarif(&repo.path("a.sarif")));
    }

    #[test]
    fn a_reader_that_stops_reading_is_no_error() {
        let mut source = "import tensorflow as tf\n".to_owned();
        source.push_str(&"tf.Session()\n".repeat(2_000));
        let repo = TestRepo::new()
            .file("requirements.txt", PIN)
            .file("a.py", &source);
        for format in ["terminal", "concise", "json", "sarif", "github", "markdown"] {
            let mut check = command(&repo.path(""));
            check.args(["check", "--format", format, "--sarif-file", "a.sarif"]);
            let mut child = check
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            drop(child.stdout.take());
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{format}: {stderr}");
            assert!(
                !stderr.contains("panicked") && !stderr.contains("error:"),
                "{stderr}"
            );
            assert!(repo.path("a.sarif").exists());
        }
        // Standard streams that were closed from the start.
        let mut shell = Command::new("bash");
        shell
            .arg("-c")
            .arg("exec \"$0\" check --sarif-file b.sarif >&- 2>&- <&-")
            .arg(env!("CARGO_BIN_EXE_tfmp"));
        let status = shell.current_dir(repo.path("")).status().unwrap();
        assert_eq!(status.code(), Some(1));
        assert!(repo.path("b.sarif").exists());
    }

    /// A pipe as report file takes the bytes as they come: what is written to it cannot be renamed.
    #[test]
    fn a_run_that_is_killed_leaves_no_half_report() {
        let repo = plain().file("old.sarif", "old");
        let pipe = repo.path("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let mut check = command(&repo.path(""));
        // It waits for a reader of the pipe, in the middle of its reports: SARIF is there, JSON is not.
        check.args(["check", "--sarif-file", "old.sarif", "--json-file", "pipe"]);
        let mut child = check
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let whole = |path: PathBuf| {
            let text = std::fs::read_to_string(path).unwrap();
            text == "old" || serde_json::from_str::<Value>(&text).is_ok()
        };
        let mut tries = 0;
        while std::fs::read_to_string(repo.path("old.sarif")).unwrap() == "old" && tries < 5_000 {
            std::thread::sleep(Duration::from_millis(2));
            tries += 1;
            assert!(whole(repo.path("old.sarif")));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_sarif(&repo.path("old.sarif")));
        // Killed anywhere, whatever is there is whole.
        for step in 0..12 {
            std::fs::write(repo.path("old.sarif"), "old").unwrap();
            let mut check = command(&repo.path(""));
            check.args([
                "check",
                "--sarif-file",
                "old.sarif",
                "--json-file",
                "a.json",
            ]);
            let mut child = check
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(step * 8));
            let _ = child.kill();
            child.wait().unwrap();
            assert!(whole(repo.path("old.sarif")));
            assert!(!repo.path("a.json").exists() || whole(repo.path("a.json")));
        }
        std::fs::remove_file(pipe).unwrap();
        assert_eq!(repo.tfmp(&["check", "--sarif-file", "old.sarif"]).code, 1);
        assert!(is_sarif(&repo.path("old.sarif")));
    }

    #[test]
    fn runs_at_the_same_time_do_not_meet() {
        let repo = plain();
        let children: Vec<_> = (0..6)
            .map(|_| {
                let mut check = command(&repo.path(""));
                check.args(["check", "--sarif-file", "a.sarif", "--json-file", "a.json"]);
                check.args(["--write-baseline", "b.json"]);
                check
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(0), "{stderr}");
        }
        let there = ["a.json", "a.py", "a.sarif", "b.json", "requirements.txt"];
        assert_eq!(names(&repo.path("")), there);
        for name in ["a.json", "a.sarif", "b.json"] {
            let text = std::fs::read_to_string(repo.path(name)).unwrap();
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{name}");
        }
    }

    /// One that is repaired, one that may not be, and one more: the second takes nothing from the others.
    #[test]
    fn a_file_that_cannot_be_changed_takes_nothing_from_the_others() {
        let repo = plain().file("b.py", BROKEN).file("c.py", BROKEN);
        let mode = std::fs::Permissions::from_mode(0o444);
        std::fs::set_permissions(repo.path("b.py"), mode).unwrap();
        let outcome = repo.tfmp(&["fix"]);
        assert_eq!(outcome.code, 2);
        assert_eq!(
            outcome.stderr,
            "changed 2 of 3 files\nerror: `b.py` cannot be changed (permission denied); check that it may be \
             written, or apply the patch of `tfmp fix --diff`\n"
        );
        let text = |path: &str| std::fs::read_to_string(repo.path(path)).unwrap();
        assert_eq!(text("b.py"), BROKEN);
        assert!(text("a.py") != BROKEN && text("a.py") == text("c.py"));
        assert_eq!(
            names(&repo.path("")),
            ["a.py", "b.py", "c.py", "requirements.txt"]
        );
    }
}

#[test]
fn a_file_that_changes_before_it_is_repaired_is_not_overwritten() {
    use tfmp::cli::{FixArgs, ScanArgs};
    use tfmp::settings::Settings;

    let repo = plain().file("b.py", BROKEN);
    let args = FixArgs {
        diff: false,
        also_unsafe: false,
        scan: ScanArgs {
            paths: vec![repo.path("")],
            quiet: true,
            ..ScanArgs::default()
        },
    };
    let settings = Settings::for_fix(&args, tfmp::rules::ALL).unwrap();
    let repaired = tfmp::run::repair::fix(&settings, false).unwrap();
    assert_eq!(repaired.changes.len(), 2);
    // Somebody saves the file after it was read.
    let saved = format!("{BROKEN}# more\n");
    std::fs::write(repo.path("a.py"), &saved).unwrap();
    let error = tfmp::output::deliver_fixes(&repaired, false, &settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`a.py` cannot be changed (it was changed in the meantime)"
    );
    assert_eq!(std::fs::read_to_string(repo.path("a.py")).unwrap(), saved);
    assert_ne!(std::fs::read_to_string(repo.path("b.py")).unwrap(), BROKEN);
}

/// What is known of a file goes by the bytes that were read first.
#[test]
fn a_file_that_changes_while_it_is_checked_is_told() {
    use tfmp::discover::Disk;
    use tfmp::text::RepoPath;

    let repo = plain();
    let disk = Disk::new(&repo.path(""));
    let (a, b) = (RepoPath::new("a.py"), RepoPath::new("requirements.txt"));
    assert!(disk.bytes(&a, 1 << 20).is_ok());
    assert!(disk.bytes(&a, 1 << 20).is_ok() && disk.bytes(&b, 1 << 20).is_ok());
    assert_eq!(disk.changed_meanwhile(), []);
    std::fs::write(repo.path("a.py"), "import tensorflow\n").unwrap();
    let told = "a.py: it was changed while it was checked, so what is found in it may be missing; check it again";
    assert_eq!(disk.bytes(&a, 1 << 20).unwrap_err().to_string(), told);
    assert!(disk.bytes(&b, 1 << 20).is_ok());
    let all: Vec<String> = disk
        .changed_meanwhile()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(all, [told]);
}

/// A file that is written all the time, by somebody else: each run ends, says what it saw, and tells no
/// place that is not there.
#[test]
fn a_file_that_changes_all_the_time_breaks_no_run() {
    let repo = plain();
    let path = repo.path("b.py");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut lines = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                lines = (lines + 7) % 40;
                let head = "# é\n".repeat(lines);
                std::fs::write(&path, format!("{head}{BROKEN}")).unwrap();
            }
        });
        for _ in 0..6 {
            let outcome = repo.tfmp(&["check", "--format", "json"]);
            assert!(matches!(outcome.code, 1), "{}", outcome.stderr);
            assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
            let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
            for finding in report["findings"].as_array().unwrap() {
                let source = finding["source"][0].as_str().unwrap();
                assert!(source.contains("set_global_policy"), "{finding:#}");
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// Nothing is decided by the time of day or by the dates of files.
#[test]
fn clocks_may_jump() {
    use std::time::SystemTime;

    let repo = plain();
    let before = repo.json();
    for date in [
        SystemTime::UNIX_EPOCH,
        SystemTime::now() + Duration::from_secs(1 << 32),
    ] {
        for path in ["a.py", "requirements.txt"] {
            let file = std::fs::File::options()
                .append(true)
                .open(repo.path(path))
                .unwrap();
            file.set_modified(date).unwrap();
        }
        assert_eq!(repo.json(), before);
    }
    assert_eq!(repo.tfmp(&["fix"]).code, 0);
}
