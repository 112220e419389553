//! The story that the project started from: three snippets that people copy, and the same calls
//! without a guard, under the pins that matter.

use crate::support::TestRepo;

const GUARDED: &str = r#"import tensorflow as tf

try:
    policy = tf.keras.mixed_precision.Policy("mixed_float16")
    tf.keras.mixed_precision.set_global_policy(policy)
except AttributeError as error:
    print("too old:", error)
"#;

const NEW: &str = r#"import tensorflow as tf

tf.keras.mixed_precision.set_global_policy("mixed_float16")
"#;

const OLD: &str = r#"import tensorflow as tf

tf.compat.v1.keras.mixed_precision.experimental.set_policy("mixed_float16")
"#;

/// Every pin of the story, with what the new call and the old call give there.
const PINS: &[(&str, Option<&str>, Option<&str>)] = &[
    ("1.15.5", Some("TFMP001"), None),
    ("2.2.3", Some("TFMP001"), None),
    ("2.3.4", Some("TFMP001"), Some("TFMP002")),
    ("2.4.4", None, Some("TFMP002")),
    ("2.8.4", None, Some("TFMP002")),
    ("2.10.1", None, Some("TFMP002")),
    ("2.15.1", None, Some("TFMP002")),
    ("2.18.1", None, Some("TFMP002")),
];

#[track_caller]
fn findings(pin: &str, code: &str) -> Vec<serde_json::Value> {
    let repo = TestRepo::new()
        .file("requirements.txt", &format!("tensorflow=={pin}\n"))
        .file("app.py", code);
    repo.json()["findings"].as_array().unwrap().clone()
}

#[track_caller]
fn check(pin: &str, code: &str, expected: Option<&str>) {
    let found = findings(pin, code);
    let rules: Vec<&str> = found.iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert_eq!(
        rules,
        expected.into_iter().collect::<Vec<_>>(),
        "{pin}: {found:#?}"
    );
    for finding in &found {
        assert_eq!(finding["level"], "error");
        assert_eq!(finding["start"]["line"], 3);
        let message = finding["message"].as_str().unwrap();
        assert!(message.contains(pin), "{message}");
    }
}

#[test]
fn a_caught_attribute_error_is_silent_on_every_pin() {
    for (pin, ..) in PINS {
        check(pin, GUARDED, None);
    }
}

#[test]
fn the_new_call_fails_before_2_4() {
    for (pin, new, _) in PINS {
        check(pin, NEW, *new);
    }
}

#[test]
fn the_compat_call_fails_from_2_3_on() {
    for (pin, _, old) in PINS {
        check(pin, OLD, *old);
    }
}

#[test]
fn a_text_comparison_of_versions_is_not_judged_yet() {
    for (pin, ..) in PINS {
        let code = "import tensorflow as tf\n\nif tf.__version__ < \"2.4.0\":\n    \
                    tf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")\nelse:\n    \
                    tf.keras.mixed_precision.set_global_policy(\"mixed_float16\")\n";
        check(pin, code, None);
    }
}

#[test]
fn each_pin_gets_the_spelling_that_works_there() {
    let cases = [
        (
            "2.3.4",
            NEW,
            "`tf.keras.mixed_precision.experimental.set_policy`",
        ),
        (
            "2.3.4",
            OLD,
            "`tf.keras.mixed_precision.experimental.set_policy`",
        ),
        (
            "2.10.1",
            OLD,
            "`tf.keras.mixed_precision.set_global_policy`",
        ),
        (
            "2.18.1",
            OLD,
            "`tf.keras.mixed_precision.set_global_policy`",
        ),
    ];
    for (pin, code, name) in cases {
        let found = findings(pin, code);
        let help = found[0]["help"].to_string();
        assert!(help.contains(name), "{pin}: {help}");
    }
}

#[test]
fn a_range_names_the_part_that_fails() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow>=2.0\n")
        .file("app.py", NEW);
    let report = repo.json();
    let finding = &report["findings"][0];
    assert_eq!(finding["level"], "warning");
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.contains("2.0-2.3, which `tensorflow>=2.0` allows"),
        "{message}"
    );
}

#[test]
fn what_goes_through_a_caught_import_is_not_reached_where_it_fails() {
    let code = "try:\n    from tensorflow.contrib import slim\n    slim.conv2d(1)\nexcept ImportError:\n    slim = None\n";
    check("2.3.4", code, None);
}
