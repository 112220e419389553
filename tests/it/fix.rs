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

/// Code under a pin, repaired as far as that is safe.
#[track_caller]
fn safe(pin: &str, before: &str, after: &str) {
    code(pin, &["fix"], before, after);
}

/// Code under a pin, repaired on request.
#[track_caller]
fn on_request(pin: &str, before: &str, after: &str) {
    code(pin, &["fix"], before, before);
    code(pin, &["fix", "--unsafe"], before, after);
}

#[track_caller]
fn code(pin: &str, args: &[&str], before: &str, after: &str) {
    let repo = TestRepo::new()
        .file("requirements.txt", pin)
        .file("app.py", before);
    let outcome = repo.tfmp(args);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let text = String::from_utf8(read(&repo, "app.py")).unwrap();
    assert_eq!(text, after, "{}", outcome.stderr);
}

#[test]
fn names_change_in_both_directions() {
    safe(
        "tensorflow==2.3.4",
        "import tensorflow as tf\ntf.keras.mixed_precision.set_global_policy('mixed_float16')\n",
        "import tensorflow as tf\ntf.keras.mixed_precision.experimental.set_policy('mixed_float16')\n",
    );
    safe(
        "tensorflow==2.9.3",
        "import tensorflow as tf\ntf.keras.mixed_precision.experimental.set_policy('mixed_float16')\n",
        "import tensorflow as tf\ntf.keras.mixed_precision.set_global_policy('mixed_float16')\n",
    );
    safe(
        "tensorflow==2.3.4",
        "import tensorflow as tf\ntf.compat.v1.keras.mixed_precision.experimental.set_policy('x')\n",
        "import tensorflow as tf\ntf.keras.mixed_precision.experimental.set_policy('x')\n",
    );
}

#[test]
fn an_alias_keeps_its_name_and_gets_another_meaning() {
    safe(
        "tensorflow==2.9.3",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision.experimental\nmp.set_policy(mp.Policy('x'))\n",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision\nmp.set_global_policy(mp.Policy('x'))\n",
    );
    safe(
        "tensorflow==2.9.3",
        "from tensorflow.keras.mixed_precision import experimental as mixed_precision\n\nmixed_precision.set_policy('x')\n",
        "from tensorflow.keras import mixed_precision\n\nmixed_precision.set_global_policy('x')\n",
    );
    safe(
        "tensorflow==2.9.3",
        "from tensorflow.keras.mixed_precision import experimental as mp\n\nmp.set_policy('x')\n",
        "from tensorflow.keras import mixed_precision as mp\n\nmp.set_global_policy('x')\n",
    );
    safe(
        "tensorflow==2.9.3",
        "import tensorflow.keras.mixed_precision.experimental as mp\n\nmp.set_policy('x')\n",
        "import tensorflow.keras.mixed_precision as mp\n\nmp.set_global_policy('x')\n",
    );
}

#[test]
fn an_imported_name_is_renamed_wherever_it_is_read() {
    safe(
        "tensorflow==2.3.4",
        "from tensorflow.keras.mixed_precision import set_global_policy\n\nset_global_policy('x')  # here\ndef f():\n    set_global_policy(\n        'y')\n",
        "from tensorflow.keras.mixed_precision.experimental import set_policy\n\nset_policy('x')  # here\ndef f():\n    set_policy(\n        'y')\n",
    );
    // The new name is taken, or somebody else may look for the old one.
    safe(
        "tensorflow==2.3.4",
        "from tensorflow.keras.mixed_precision import set_global_policy\nset_policy = 1\nset_global_policy('x')\n",
        "from tensorflow.keras.mixed_precision.experimental import set_policy as set_global_policy\nset_policy = 1\nset_global_policy('x')\n",
    );
    safe(
        "tensorflow==2.3.4",
        "from tensorflow.keras.mixed_precision import set_global_policy\n__all__ = ['set_global_policy']\n",
        "from tensorflow.keras.mixed_precision.experimental import set_policy as set_global_policy\n__all__ = ['set_global_policy']\n",
    );
}

#[test]
fn one_of_several_imported_names_moves_away() {
    safe(
        "tensorflow==2.3.4",
        "if True:\n    from tensorflow.keras.mixed_precision import (\n        experimental,  # the old one\n        global_policy,  # the new one\n    )\n    print(global_policy())\n",
        "if True:\n    from tensorflow.keras.mixed_precision.experimental import global_policy\n    from tensorflow.keras.mixed_precision import (\n        experimental,  # the old one\n          # the new one\n    )\n    print(global_policy())\n",
    );
    safe(
        "tensorflow==2.3.4",
        "from tensorflow.keras.mixed_precision import Policy, set_global_policy\nset_global_policy(Policy('x'))\n",
        "from tensorflow.keras.mixed_precision.experimental import Policy, set_policy\nset_policy(Policy('x'))\n",
    );
    safe(
        "tensorflow==2.3.4",
        "x = 1; from tensorflow.keras.mixed_precision import experimental, global_policy\nglobal_policy()\n",
        "x = 1; from tensorflow.keras.mixed_precision.experimental import global_policy; from tensorflow.keras.mixed_precision import experimental\nglobal_policy()\n",
    );
}
