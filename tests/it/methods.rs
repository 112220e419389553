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
