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
    // The old call is there, and takes no such policy without 2.x behaviour.
    ("1.15.5", Some("TFMP001"), Some("TFMP023")),
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

/// Compares the version as text, and calls the new API on the other side.
const NEW_SIDE: &str = r#"import tensorflow as tf

if tf.__version__ < "2.4.0":
    print("needs 2.4")
else:
    tf.keras.mixed_precision.set_global_policy(tf.keras.mixed_precision.Policy("mixed_float16"))
"#;

/// The same, with the call of `compat.v1` on the old side.
const BOTH_SIDES: &str = r#"import tensorflow as tf

if tf.__version__ < "2.4.0":
    tf.compat.v1.keras.mixed_precision.experimental.set_policy("mixed_float16")
else:
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
"#;

/// `line level rule` of everything that is found.
#[track_caller]
fn check_lines(requirement: &str, code: &str, expected: &[&str]) {
    let repo = TestRepo::new()
        .file("requirements.txt", &format!("{requirement}\n"))
        .file("app.py", code);
    let report = repo.json();
    let found: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            format!(
                "{} {} {}",
                finding["start"]["line"],
                finding["level"].as_str().unwrap(),
                finding["rule"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(found, expected, "{requirement}");
}

#[test]
fn a_text_comparison_narrows_by_what_it_really_does() {
    for pin in ["1.14.0", "1.15.5", "2.2.3", "2.3.4", "2.4.4", "2.8.4"] {
        check_lines(
            &format!("tensorflow=={pin}"),
            NEW_SIDE,
            &["3 warning TFMP040"],
        );
    }
    for pin in ["2.2.3", "2.4.4", "2.8.4"] {
        check_lines(
            &format!("tensorflow=={pin}"),
            BOTH_SIDES,
            &["3 warning TFMP040"],
        );
    }
    for pin in ["1.14.0", "1.15.5"] {
        check_lines(
            &format!("tensorflow=={pin}"),
            BOTH_SIDES,
            &["3 warning TFMP040", "4 error TFMP023"],
        );
    }
    check_lines(
        "tensorflow==2.3.4",
        BOTH_SIDES,
        &["3 warning TFMP040", "4 error TFMP002"],
    );
    for pin in ["2.10.1", "2.15.1", "2.18.1"] {
        let pin = format!("tensorflow=={pin}");
        check_lines(&pin, NEW_SIDE, &["3 error TFMP040"]);
        check_lines(&pin, BOTH_SIDES, &["3 error TFMP040", "4 error TFMP002"]);
    }
    check_lines("tensorflow>=2.4", NEW_SIDE, &["3 error TFMP040"]);
    check_lines(
        "tensorflow>=2.4",
        BOTH_SIDES,
        &["3 error TFMP040", "4 warning TFMP002"],
    );
}

#[test]
fn a_text_comparison_names_the_releases_that_it_sorts_wrongly() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow>=2.4\n")
        .file("app.py", NEW_SIDE);
    let finding = &repo.json()["findings"][0];
    assert_eq!(finding["label"], "sorts 2.10-2.21 wrongly");
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.contains("`\"2.10.0\" < \"2.4.0\"` is true"),
        "{message}"
    );
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

#[test]
fn a_pin_is_offered_only_where_it_breaks_nothing_else() {
    let help = |other: &str| {
        let repo = TestRepo::new()
            .file("requirements.txt", "tensorflow==2.3.4\n")
            .file("app.py", NEW)
            .file("other.py", &format!("import tensorflow as tf\n\n{other}\n"));
        repo.json()["findings"][0]["help"].to_string()
    };
    let nothing = help("print(tf.reduce_sum([1]))");
    assert!(
        nothing.contains("raise the pin: `tensorflow>=2.4`"),
        "{nothing}"
    );
    let until = help("tf.keras.mixed_precision.experimental.set_policy(None)");
    assert!(
        until.contains("raise the pin: `tensorflow>=2.4,<2.9`"),
        "{until}"
    );
    let guarded = help("if hasattr(tf, 'contrib'):\n    tf.contrib.slim");
    assert!(
        guarded.contains("raise the pin: `tensorflow>=2.4`"),
        "{guarded}"
    );
    let never = help("tf.contrib.slim");
    assert!(!never.contains("raise the pin"), "{never}");
}
