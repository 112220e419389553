//! Files that are silent for themselves, and what others make of them: most of what is read of such a
//! file is gone when the last one is read.

use crate::support::TestRepo;

/// The findings of a project, each as `file rule`.
fn told(requirements: &str, files: &[(&str, &str)]) -> Vec<String> {
    let mut repo = TestRepo::new().file("requirements.txt", requirements);
    for (path, code) in files {
        repo = repo.file(path, code);
    }
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|one| {
            let path = one["location"]["path"].as_str().or(one["path"].as_str());
            format!("{} {}", path.unwrap(), one["rule"].as_str().unwrap())
        })
        .collect()
}

const OPS: &str = "import tensorflow as tf\nx = tf.keras.ops.add(1, 2)\n";
const SWITCH: &str = "import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'\n";

#[test]
fn a_file_is_judged_under_the_keras_that_a_later_one_chooses() {
    let pins = "tensorflow==2.16.2\ntf_keras==2.16.0\n";
    assert_eq!(told(pins, &[("a.py", OPS)]), [""; 0]);
    for switch in [SWITCH, &format!("{SWITCH}import tensorflow\n")] {
        let both = told(pins, &[("a.py", OPS), ("z.py", switch)]);
        assert_eq!(both, ["a.py TFMP002"]);
    }
}

#[test]
fn a_keyword_of_a_silent_file_fails_under_the_keras_that_a_later_one_chooses() {
    let pins = "tensorflow==2.16.2\ntf_keras==2.16.0\n";
    let call = "import tensorflow as tf\nx = tf.keras.layers.Dense(1, lora_rank=2)\n";
    assert_eq!(told(pins, &[("a.py", call)]), [""; 0]);
    let both = told(pins, &[("a.py", call), ("z.py", SWITCH)]);
    assert_eq!(both, ["a.py TFMP006"]);
}

#[test]
fn what_legacy_keras_lacks_is_told_as_such() {
    let code = format!("{SWITCH}{OPS}y = tf.compat.v1.keras.ops.add(1, 2)\n");
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.18.1\ntf_keras==2.18.0\n")
        .file("a.py", &code);
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{report}");
    let finding = &findings[0];
    assert_eq!(
        finding["message"],
        "`tf.keras.ops.add` does not exist in `tf_keras`, which `TF_USE_LEGACY_KERAS` puts in the place of \
         Keras 3 in TensorFlow 2.18.1"
    );
    assert_eq!(
        finding["run_time"],
        "AttributeError: module 'tf_keras.api._v2.keras' has no attribute 'ops'"
    );
    // What `tf.compat.v1.keras` has then is not known: nothing is offered that may lack it, too.
    assert_eq!(
        finding["help"].as_array().map_or(0, Vec::len),
        0,
        "{report}"
    );
    assert!(finding["fix"].is_null(), "{report}");
}
