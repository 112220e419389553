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
pub(crate) fn safe(pin: &str, before: &str, after: &str) {
    code(pin, &["fix"], before, after);
}

/// Code under a pin, repaired on request.
#[track_caller]
pub(crate) fn on_request(pin: &str, before: &str, after: &str) {
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

#[test]
fn modules_move_with_everything_below_them() {
    safe(
        "tensorflow==2.13.1",
        "from keras.utils import np_utils\ny = np_utils.to_categorical(y)\n",
        "from keras import utils\ny = utils.to_categorical(y)\n",
    );
    safe(
        "tensorflow==2.13.1",
        "import keras.utils.np_utils\ny = keras.utils.np_utils.to_categorical(y)\n",
        "import keras.utils\ny = keras.utils.to_categorical(y)\n",
    );
    safe(
        "tensorflow==2.13.1",
        "from keras.utils.np_utils import to_categorical\ny = to_categorical(y)\n",
        "from keras.utils import to_categorical\ny = to_categorical(y)\n",
    );
}

#[test]
fn another_name_of_the_file_leads_there() {
    on_request(
        "tensorflow==2.3.4",
        "import tensorflow as tf\nfrom tensorflow import train\n\nopt = train.AdamOptimizer(0.1)\n",
        "import tensorflow as tf\nfrom tensorflow import train\n\nopt = tf.compat.v1.train.AdamOptimizer(0.1)\n",
    );
    // `tf` means something else in the file.
    code(
        "tensorflow==2.3.4",
        &["fix", "--unsafe"],
        "from tensorflow import train\ndef f(tf):\n    return train.AdamOptimizer(tf)\n",
        "from tensorflow import train\ndef f(tf):\n    return train.AdamOptimizer(tf)\n",
    );
    on_request(
        "tensorflow==2.3.4",
        "\"\"\"Doc.\"\"\"\nfrom tensorflow import train\n\nopt = train.AdamOptimizer(0.1)\n",
        "\"\"\"Doc.\"\"\"\nimport tensorflow as tf\nfrom tensorflow import train\n\nopt = tf.compat.v1.train.AdamOptimizer(0.1)\n",
    );
}

#[test]
fn behaviour_that_may_change_is_asked_for() {
    on_request(
        "tensorflow==2.3.4",
        "import tensorflow as tf\nwith tf.Session() as session:\n    pass\n",
        "import tensorflow as tf\nwith tf.compat.v1.Session() as session:\n    pass\n",
    );
    on_request(
        "tensorflow==2.13.1",
        "import tensorflow as tf\ntf.set_random_seed(1)\n",
        "import tensorflow as tf\ntf.random.set_seed(1)\n",
    );
}

#[test]
fn what_is_behind_an_object_stays() {
    safe(
        "tensorflow==2.3.4",
        "import tensorflow as tf\nprint(tf.flags.FLAGS.batch_size)\ntf.logging.info('x')\ntf.app.run()\n",
        "import tensorflow as tf\nprint(tf.compat.v1.flags.FLAGS.batch_size)\ntf.compat.v1.logging.info('x')\ntf.compat.v1.app.run()\n",
    );
}

/// Nothing is changed, whatever is asked for.
#[track_caller]
fn unchanged(pin: &str, text: &str) {
    code(pin, &["fix", "--unsafe"], text, text);
}

#[test]
fn arguments_that_the_new_name_refuses() {
    unchanged(
        "tensorflow==2.9.3",
        "import tensorflow as tf\np = tf.keras.mixed_precision.experimental.Policy('x', loss_scale=2)\n",
    );
}

#[test]
fn forms_that_cannot_be_rewritten() {
    unchanged(
        "tensorflow==2.9.3",
        "import tensorflow as tf\ngetattr(tf.keras.mixed_precision.experimental, 'set_policy')('x')\n",
    );
    // A comment would be lost.
    unchanged(
        "tensorflow==2.9.3",
        "import tensorflow as tf\n(tf.keras.mixed_precision.experimental  # old\n    .set_policy('x'))\n",
    );
    // No name works on the whole range.
    unchanged(
        "tensorflow>=2.2,<2.12",
        "import tensorflow as tf\ntf.keras.mixed_precision.experimental.set_policy('x')\n",
    );
}

#[test]
fn a_name_with_two_meanings_is_left_alone() {
    unchanged(
        "tensorflow==2.3.4",
        "import sys\nif len(sys.argv):\n    import tensorflow.compat.v1 as tf\nelse:\n    import tensorflow as tf\ntf.Session()\n",
    );
    unchanged(
        "tensorflow==2.3.4",
        "import sys\nif len(sys.argv):\n    import tensorflow.compat.v1 as tf\nelse:\n    import tensorflow as tf\ntf.nn.dropout(x, keep_prob=0.5)\n",
    );
}

#[test]
fn files_of_the_project_keep_the_names_that_they_take() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file(
            "compat.py",
            "from tensorflow.keras.mixed_precision import set_global_policy\n",
        )
        .file(
            "app.py",
            "from compat import set_global_policy\nset_global_policy(x)\n",
        );
    assert_eq!(repo.tfmp(&["fix"]).code, 0);
    assert_eq!(
        String::from_utf8(read(&repo, "compat.py")).unwrap(),
        "from tensorflow.keras.mixed_precision.experimental import set_policy as set_global_policy\n"
    );
    assert_eq!(repo.json()["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn code_of_other_encodings_keeps_its_bytes() {
    check_python(
        b"# -*- coding: latin-1 -*-\r\nimport tensorflow as tf  # \xE9\r\ntf.keras.mixed_precision.set_global_policy('\xE9')",
        b"# -*- coding: latin-1 -*-\r\nimport tensorflow as tf  # \xE9\r\ntf.keras.mixed_precision.experimental.set_policy('\xE9')",
    );
    check_python(
        b"\xEF\xBB\xBFimport tensorflow as tf\ntf.keras.mixed_precision.set_global_policy('\xC3\xA9')\n",
        b"\xEF\xBB\xBFimport tensorflow as tf\ntf.keras.mixed_precision.experimental.set_policy('\xC3\xA9')\n",
    );
}

/// As [`check`], for code under an old pin.
#[track_caller]
fn check_python(before: &[u8], after: &[u8]) {
    let repo = TestRepo::new().file("requirements.txt", "tensorflow==2.3.4\n");
    std::fs::write(repo.path("app.py"), before).unwrap();
    let patch = crate::support::command(&repo.path(""))
        .args(["fix", "--diff"])
        .output()
        .unwrap();
    assert_eq!(patch.status.code(), Some(1));
    assert_eq!(repo.tfmp(&["fix"]).code, 0);
    assert_eq!(read(&repo, "app.py"), after);
    std::fs::write(repo.path("app.py"), before).unwrap();
    git_apply(&repo, &patch.stdout);
    assert_eq!(read(&repo, "app.py"), after);
}

#[test]
fn code_in_an_encoding_that_cannot_be_written_is_named() {
    let repo = TestRepo::new().file("requirements.txt", "tensorflow==2.3.4\n");
    let code = b"# coding: gbk\nimport tensorflow as tf  # \xB0\xA1\ntf.keras.mixed_precision.set_global_policy('x')\n";
    std::fs::write(repo.path("app.py"), code).unwrap();
    let outcome = repo.tfmp(&["fix"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.stderr,
        "notice: app.py: the file is not changed: edits cannot be written in its encoding; save it as UTF-8\nnothing to fix\n"
    );
    assert_eq!(read(&repo, "app.py"), code);
}

#[test]
fn a_pin_is_raised_where_no_older_name_helps() {
    let fixed = |pins: &str, args: &[&str]| {
        let repo = TestRepo::new().file("requirements.txt", pins).file(
            "app.py",
            "import tensorflow as tf\ntf.keras.applications.EfficientNetB0()\nmp = tf.keras.mixed_precision\nmp.set_global_policy('x')\n",
        );
        assert_eq!(repo.tfmp(args).code, 0);
        String::from_utf8(read(&repo, "requirements.txt")).unwrap()
    };
    let old = "numpy\ntensorflow==2.2.0  # old\n";
    assert_eq!(fixed(old, &["fix"]), old);
    // The code is repaired first, and has a name up to 2.8 then.
    assert_eq!(
        fixed(old, &["fix", "--unsafe"]),
        "numpy\ntensorflow>=2.3,<2.9  # old\n"
    );
    // Such a file is made of another.
    let compiled = "# This file is autogenerated by pip-compile\ntensorflow==2.2.0\n";
    assert_eq!(fixed(compiled, &["fix", "--unsafe"]), compiled);
}

#[test]
fn an_argument_goes_with_its_comma_alone() {
    safe(
        "tensorflow==2.9.3",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision.experimental\nopt = mp.LossScaleOptimizer(\n    opt, loss_scale=\"dynamic\",  # as ever\n)\n",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision\nopt = mp.LossScaleOptimizer(\n    opt,  # as ever\n)\n",
    );
    // A comment that stands between the two stays.
    safe(
        "tensorflow==2.9.3",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision.experimental\nopt = mp.LossScaleOptimizer(\n    opt,  # wrapped\n    'dynamic')\n",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision\nopt = mp.LossScaleOptimizer(\n    opt,  # wrapped\n    )\n",
    );
    safe(
        "tensorflow==2.9.3",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision.experimental\nopt = mp.LossScaleOptimizer(\n    opt,  # wrapped\n    'dynamic',\n)\n",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision\nopt = mp.LossScaleOptimizer(\n    opt,  # wrapped\n)\n",
    );
    safe(
        "tensorflow==2.9.3",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision.experimental\nopt = mp.LossScaleOptimizer(\n    opt,  # wrapped\n    128,  # fixed\n)\n",
        "import tensorflow as tf\nmp = tf.keras.mixed_precision\nopt = mp.LossScaleOptimizer(\n    opt,  # wrapped\n    dynamic=False, initial_scale=128,  # fixed\n)\n",
    );
}

#[test]
fn loss_scaling_is_spelled_for_the_pin() {
    safe(
        "tensorflow==2.9.3",
        "import tensorflow as tf\nopt = tf.keras.mixed_precision.experimental.LossScaleOptimizer(opt, 'dynamic')\n",
        "import tensorflow as tf\nopt = tf.keras.mixed_precision.LossScaleOptimizer(opt)\n",
    );
    safe(
        "tensorflow==2.3.4",
        "import tensorflow as tf\nopt = tf.keras.mixed_precision.LossScaleOptimizer(opt)\n",
        "import tensorflow as tf\nopt = tf.keras.mixed_precision.experimental.LossScaleOptimizer(opt, loss_scale=\"dynamic\")\n",
    );
    // A scale that only running the code tells may be anything.
    unchanged(
        "tensorflow==2.9.3",
        "import tensorflow as tf\nopt = tf.keras.mixed_precision.experimental.LossScaleOptimizer(opt, scale)\n",
    );
}

#[test]
fn casts_name_their_type() {
    safe(
        "tensorflow==2.3.4",
        "import tensorflow as tf\nx = tf.to_float(tf.to_int32(x), name='x')  # both\n",
        "import tensorflow as tf\nx = tf.cast(tf.cast(x, tf.int32), tf.float32, name='x')  # both\n",
    );
}

#[test]
fn messages_of_protocol_buffers_are_one_thing() {
    safe(
        "tensorflow==2.3.4",
        "import tensorflow as tf\nconfig = tf.ConfigProto(allow_soft_placement=True)\n",
        "import tensorflow as tf\nconfig = tf.compat.v1.ConfigProto(allow_soft_placement=True)\n",
    );
}

#[test]
fn nothing_private_is_offered() {
    unchanged(
        "tensorflow==2.9.0",
        "from tensorflow.python.keras.mixed_precision.experimental import policy\n",
    );
}

#[test]
fn code_behind_a_text_comparison_waits_for_it() {
    let code_of = |args: &[&str]| {
        let repo = TestRepo::new().file("requirements.txt", "tensorflow==2.10.1\n").file(
            "app.py",
            "import tensorflow as tf\nif tf.__version__ < '2.4.0':\n    tf.keras.mixed_precision.experimental.set_policy('x')\n",
        );
        assert_eq!(repo.tfmp(args).code, 0);
        String::from_utf8(read(&repo, "app.py")).unwrap()
    };
    let old = "    tf.keras.mixed_precision.experimental.set_policy('x')\n";
    assert!(code_of(&["fix", "--unsafe"]).ends_with(old));
    assert!(code_of(&["fix", "--unsafe", "--ignore", "TFMP040"]).ends_with(old));
}

#[test]
fn without_a_pin_everything_is_asked_for() {
    let repo = TestRepo::new().file(
        "app.py",
        "import tensorflow as tf\ntf.keras.mixed_precision.experimental.set_policy('x')\n",
    );
    let said = repo.tfmp(&["fix", "--diff"]).stderr;
    assert_eq!(said, "nothing to fix; 1 more with --unsafe\n");
}

#[test]
fn a_quoted_annotation_keeps_its_name() {
    safe(
        "tensorflow==2.3.4",
        "from tensorflow.keras.mixed_precision import global_policy\nfrom tensorflow.gfile import Open\n\ndef f(x: 'list[Open]'):\n    Open(x)\n    global_policy()\n",
        "from tensorflow.keras.mixed_precision.experimental import global_policy\nfrom tensorflow.io.gfile import GFile as Open\n\ndef f(x: 'list[Open]'):\n    Open(x)\n    global_policy()\n",
    );
}

#[test]
fn an_import_goes_when_everything_behind_it_is_elsewhere() {
    on_request(
        "tensorflow==2.12.1",
        "import tensorflow as tf\nfrom tensorflow.contrib import rnn\n\ncell = rnn.MultiRNNCell([rnn.BasicLSTMCell(3)])\n",
        "import tensorflow as tf\n\ncell = tf.compat.v1.nn.rnn_cell.MultiRNNCell([tf.compat.v1.nn.rnn_cell.BasicLSTMCell(3)])\n",
    );
    // One thing has no new place.
    unchanged(
        "tensorflow==2.12.1",
        "import tensorflow as tf\nfrom tensorflow.contrib import rnn\n\ncell = rnn.BasicLSTMCell(3)\nother = rnn.NASCell(3)\n",
    );
}

#[test]
fn a_fixed_scale_is_spelled_for_the_pin_in_both_directions() {
    let code =
        |call: &str| format!("import tensorflow as tf\nopt = tf.keras.mixed_precision.{call}\n");
    let both = |old_pin: &str, old: &str, new_pin: &str, new: &str| {
        safe(new_pin, &code(old), &code(new));
        safe(old_pin, &code(new), &code(old));
    };
    both(
        "tensorflow==2.3.4",
        "experimental.LossScaleOptimizer(inner, loss_scale=128)",
        "tensorflow==2.12.1",
        "LossScaleOptimizer(inner, dynamic=False, initial_scale=128)",
    );
    both(
        "tensorflow==2.3.4",
        "experimental.LossScaleOptimizer(inner, loss_scale=tf.mixed_precision.experimental.DynamicLossScale(initial_loss_scale=64, increment_period=9))",
        "tensorflow==2.10.1",
        "LossScaleOptimizer(inner, initial_scale=64, dynamic_growth_steps=9)",
    );
}

#[test]
fn half_of_a_loop_is_asked_for() {
    let class =
        "import tensorflow as tf\nopt = tf.keras.mixed_precision.LossScaleOptimizer(inner)\n";
    on_request(
        "tensorflow==2.18.1",
        &format!("{class}def scale(loss):\n    return opt.get_scaled_loss(loss)\n"),
        &format!("{class}def scale(loss):\n    return opt.scale_loss(loss)\n"),
    );
    // A name that the file has already.
    unchanged(
        "tensorflow==2.18.1",
        &format!(
            "{class}scaled_loss = 1\ndef step():\n    with tf.GradientTape() as tape:\n        loss = f()\n    grads = tape.gradient(loss, v)\n    opt.apply_gradients(zip(grads, v))\n"
        ),
    );
}

#[test]
fn keywords_that_only_some_releases_refuse_stay_where_no_name_fits_all() {
    // `keepdims` is its name from 1.5 on.
    unchanged(
        "tensorflow>=1.4",
        "import tensorflow as tf\nx = tf.reduce_sum(y, keep_dims=True)\n",
    );
    safe(
        "tensorflow>=1.13",
        "import tensorflow as tf\nx = tf.reduce_sum(y, keep_dims=True)\n",
        "import tensorflow as tf\nx = tf.reduce_sum(y, keepdims=True)\n",
    );
}

#[test]
fn arguments_behind_a_text_comparison_wait_for_it() {
    let repo = TestRepo::new().file("requirements.txt", "tensorflow==2.12.1\n").file(
        "app.py",
        "import tensorflow as tf\nif tf.__version__ < '2.4.0':\n    x = tf.reduce_sum(y, keep_dims=True)\n",
    );
    assert_eq!(
        repo.tfmp(&["fix", "--unsafe", "--ignore", "TFMP040"]).code,
        0
    );
    let text = String::from_utf8(read(&repo, "app.py")).unwrap();
    assert!(text.ends_with("keep_dims=True)\n"), "{text}");
}
