//! Methods that tell by their name alone whose they are, and projects in which they do not.

use crate::support::TestRepo;

/// The findings on a call of `fit_generator`, with another file beside it.
fn told(import: &str, beside: &str) -> usize {
    let code = format!(
        "{import}\nimport tensorflow as tf\ndef train(model, data):\n    model.fit_generator(data)\n"
    );
    let report = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.18.1\n")
        .file("train.py", &code)
        .file("base.py", beside)
        .json();
    report["findings"].as_array().unwrap().len()
}

#[test]
fn a_method_of_the_project_is_not_that_of_keras() {
    assert_eq!(
        told("import os", "def fit(x):\n    return x.fit_generator(1)\n"),
        1
    );
    // None of these names the API, so that they are not read.
    assert_eq!(
        told(
            "import os",
            "class Base:\n    def fit_generator(self, data):\n        pass\n"
        ),
        0
    );
    assert_eq!(
        told("import os", "class Base:\n    fit_generator = fit\n"),
        0
    );
    assert_eq!(
        told("import os", "setattr(Base, 'fit_generator', fit)\n"),
        0
    );
}

#[test]
fn a_method_of_another_library_is_not_that_of_keras() {
    assert_eq!(told("from deepchem.models import TensorGraph", ""), 0);
    assert_eq!(told("import art.estimators", ""), 0);
    assert_eq!(told("import numpy", ""), 1);
}

/// The rules of the findings on a file, each with its line, and all that they say.
fn said(pin: &str, code: &str) -> (Vec<String>, String) {
    let report = TestRepo::new()
        .file("requirements.txt", pin)
        .file("app.py", code)
        .json();
    let findings = report["findings"].as_array().unwrap();
    let told = |one: &serde_json::Value| {
        let line = &one["start"]["line"];
        format!("{} {line}", one["rule"].as_str().unwrap())
    };
    (findings.iter().map(told).collect(), report.to_string())
}

#[test]
fn a_class_that_is_gone_is_told_where_it_is_named_and_not_of_its_members() {
    let code = "import tensorflow as tf\n\n\ndef content(graph):\n    return session.run(graph)\n\n\n\
                session = tf.InteractiveSession()\ncontent(1)\n";
    assert_eq!(said("tensorflow==2.3.4\n", code).0, ["TFMP002 8"]);
    assert_eq!(said("tensorflow==1.15.5\n", code).0, Vec::<String>::new());
}

#[test]
fn a_member_is_told_of_the_releases_that_have_its_class() {
    let code = "import tensorflow as tf\n\n\ndef run(x):\n    return model.get_signature_runner(x)\n\n\n\
                model = tf.lite.Interpreter('a')\nrun(1)\n";
    let (told, text) = said("tensorflow>=1.12,<2.6\n", code);
    assert_eq!(told, ["TFMP007 5", "TFMP001 8"]);
    let message = "has no member `get_signature_runner` in TensorFlow 1.13-2.4";
    assert!(text.contains(message), "{text}");
}
