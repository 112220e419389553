//! Small repositories in temporary folders, and the real binary run in them without the
//! environment of whoever runs the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A repository that is gone when the test ends.
pub(crate) struct TestRepo {
    root: PathBuf,
}

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output, times made equal.
    pub(crate) stdout: String,
    /// Standard error, times made equal.
    pub(crate) stderr: String,
}

impl TestRepo {
    /// An empty repository.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tfmp-test-{}-{count}", std::process::id());
        let root = std::env::temp_dir().join(name);
        std::fs::create_dir_all(root.join(".git")).unwrap();
        Self { root }
    }

    /// The same repository with a file more.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// A path in the repository.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Runs the binary at the root.
    #[track_caller]
    pub(crate) fn tfmp(&self, args: &[&str]) -> Outcome {
        self.tfmp_in("", args)
    }

    /// The JSON report of a check of the whole repository, whatever it finds.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let outcome = self.tfmp(&["check", "--format", "json", "--fail-on", "never"]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        serde_json::from_str(&outcome.stdout).unwrap()
    }

    /// Runs the binary in a folder.
    #[track_caller]
    pub(crate) fn tfmp_in(&self, folder: &str, args: &[&str]) -> Outcome {
        run(&self.root.join(folder), args)
    }
}

impl Drop for TestRepo {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// The binary, ready to run in a folder, with no environment but what a system needs.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tfmp"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    for needed in ["PATH", "SYSTEMROOT", "TEMP", "TMPDIR"] {
        if let Some(value) = std::env::var_os(needed) {
            command.env(needed, value);
        }
    }
    command
}

/// Runs the binary in a folder.
#[track_caller]
pub(crate) fn run(folder: &Path, args: &[&str]) -> Outcome {
    let mut command = command(folder);
    command.args(args);
    finish(command)
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn finish(mut command: Command) -> Outcome {
    let output = command.output().unwrap();
    let text = |bytes| redact(&String::from_utf8(bytes).expect("output is UTF-8"));
    Outcome {
        code: output.status.code().expect("the binary ends by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// The root of this project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `in 0.04 s` becomes `in [time]`.
pub(crate) fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(" in ") {
        let (before, after) = rest.split_at(at + 4);
        out.push_str(before);
        let digits = after.find(|c: char| !c.is_ascii_digit() && c != '.');
        rest = match digits {
            Some(end) if end > 0 && after[end..].starts_with(" s\n") => {
                out.push_str("[time]");
                &after[end + 2..]
            }
            _ => after,
        };
    }
    out.push_str(rest);
    out
}
