//! Pins of every kind, from the file to the finding.

use crate::support::TestRepo;

const TOO_NEW: &str = "import tensorflow as tf\n\n\
    tf.keras.mixed_precision.set_global_policy(\"mixed_float16\")\n";

/// The level of the one finding under a manifest that pins 2.3, and the file that it quotes.
#[track_caller]
fn check(path: &str, manifest: &str) {
    let repo = TestRepo::new()
        .file(path, manifest)
        .file("src/train.py", TOO_NEW);
    let outcome = repo.tfmp(&["check", "--format", "concise"]);
    assert_eq!(outcome.code, 1, "{path}: {outcome:?}");
    assert!(outcome.stdout.contains("error[TFMP001]"), "{outcome:?}");
    assert!(outcome.stderr.contains(&format!("({path}:")), "{outcome:?}");
}

#[test]
fn every_kind_of_manifest_governs() {
    check(
        "pyproject.toml",
        "[tool.poetry.dependencies]\ntensorflow = \"~2.3\"\n",
    );
    check(
        "setup.py",
        "from setuptools import setup\nV = '2.3.4'\nsetup(install_requires=[f'tensorflow=={V}'])\n",
    );
    check(
        "Dockerfile",
        "ARG TF=2.3.0\nFROM tensorflow/tensorflow:${TF}-gpu\n",
    );
    check("environment.yml", "dependencies:\n  - tensorflow=2.3\n");
    check(
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    steps:\n      - run: pip install tensorflow==2.3.4\n",
    );
    check(
        "scripts/install.sh",
        "python3 -m pip install 'tensorflow<2.4'\n",
    );
}

#[test]
fn the_code_of_setup_py_is_checked_too() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file("setup.py", TOO_NEW);
    assert_eq!(repo.tfmp(&["check"]).code, 1);
    // Where only a folder below is asked for, the file counts for its pins alone.
    let repo = repo.file("src/a.py", "import tensorflow as tf\n");
    assert_eq!(repo.tfmp(&["check", "src"]).code, 0);
}

#[test]
fn verbose_tells_what_decided_and_what_did_not() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file("Dockerfile", "FROM tensorflow/tensorflow:2.2.0\n")
        .file("src/train.py", "import tensorflow as tf\n");
    let outcome = repo.tfmp(&["check", "-v"]);
    assert!(
        outcome.stdout.contains(
            "  ./  tensorflow 2.3.4 (requirements.txt:1)\n    not Dockerfile:1 \
             `FROM tensorflow/tensorflow:2.2.0`: a file whose word weighs more decides\n"
        ),
        "{outcome:?}"
    );
}

#[test]
fn a_version_without_a_wheel_for_the_python_is_told_with_the_line_that_names_it() {
    let repo = TestRepo::new().file(
        "pyproject.toml",
        "[project]\nrequires-python = \">=3.9\"\ndependencies = [\"tensorflow==2.3.4\"]\n",
    );
    let outcome = repo.tfmp(&["check"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let expect = "\
error[TFMP050]: `tensorflow==2.3.4` cannot be installed: its wheels are for Python 3.6-3.8, and
  `requires-python = \">=3.9\"` permits no such
 --> pyproject.toml:3:18
  |
3 | dependencies = [\"tensorflow==2.3.4\"]
  |                  ^^^^^^^^^^^^^^^^^ for Python 3.6-3.8
  |
 ::: pyproject.toml:2:19
  |
2 | requires-python = \">=3.9\"
  |                   ------- pinned here
  |
  = help      for that Python the nearest is 2.5.0
";
    assert!(outcome.stdout.starts_with(expect), "{}", outcome.stdout);
    assert_eq!(outcome.stderr, "");
    // The option stands in place of what the file says.
    assert_eq!(repo.tfmp(&["check", "--python", "3.8"]).code, 0);
}

#[test]
fn a_companion_that_fails_with_the_pinned_release_is_told_from_every_manifest() {
    let check = |path: &str, text: &str, told: bool| {
        let repo = TestRepo::new().file(path, text);
        let outcome = repo.tfmp(&["check", "--fail-on", "warning", "--format", "concise"]);
        assert_eq!(outcome.code, i32::from(told), "{path}: {outcome:?}");
        assert_eq!(
            outcome.stdout.contains("warning[TFMP051]"),
            told,
            "{outcome:?}"
        );
    };
    check(
        "poetry.lock",
        "[[package]]\nname = \"tensorflow\"\nversion = \"2.10.0\"\n\n\
         [[package]]\nname = \"tf-models-official\"\nversion = \"2.3.0\"\n",
        true,
    );
    check(
        "pyproject.toml",
        "[tool.poetry.dependencies]\ntensorflow = \"~2.12\"\ntf-models-official = \"~2.4\"\n",
        true,
    );
    check(
        "setup.cfg",
        "[options]\ninstall_requires =\n  tensorflow>=2.9,<2.12\n  tf_models_official<2.5\n",
        true,
    );
    // Another extra is another installation, and some permitted release works.
    check(
        "setup.cfg",
        "[options.extras_require]\na =\n  tensorflow==2.10.0\nb =\n  tf-models-official==2.4.0\n",
        false,
    );
    check(
        "requirements.txt",
        "tensorflow>=2.8\ntf-models-official==2.4.0\n",
        false,
    );
    check(
        "requirements.txt",
        "tensorflow==2.12.0\ntf-models-official>=2.4\n",
        false,
    );
}

/// The places of TFMP031 in a repository whose requirements pin 2.8.4, as `path:line:column`.
#[track_caller]
fn variables(files: &[(&str, &str)], expect: &[&str]) {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.8.4\n")
        .file("train.py", "import tensorflow as tf\n");
    let repo = files
        .iter()
        .fold(repo, |repo, (path, text)| repo.file(path, text));
    let outcome = repo.tfmp(&["check", "--format", "concise"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let places: Vec<&str> = outcome
        .stdout
        .lines()
        .map(|line| line.split_once(": warning[TFMP031]").unwrap().0)
        .collect();
    assert_eq!(places, expect);
}

#[test]
fn environment_variables_outside_code_are_found_where_they_stand() {
    variables(
        &[(
            "Dockerfile",
            "FROM python:3.8\nENV A=1 TF_ENABLE_AUTO_MIXED_PRECISION=1\nENV TF_ENABLE_AUTO_MIXED_PRECISION_LOSS_SCALING 1\n",
        )],
        &["Dockerfile:2:9", "Dockerfile:3:5"],
    );
    variables(
        &[(
            "run.sh",
            "export TF_ENABLE_AUTO_MIXED_PRECISION=1\nTF_ENABLE_AUTO_MIXED_PRECISION=\"1\" python train.py\n",
        )],
        &["run.sh:1:8", "run.sh:2:1"],
    );
    variables(
        &[(
            ".github/workflows/ci.yml",
            "env:\n  TF_ENABLE_AUTO_MIXED_PRECISION: \"1\"\njobs:\n  a:\n    steps:\n      - run: |\n          export TF_ENABLE_AUTO_MIXED_PRECISION=1\n",
        )],
        &[
            ".github/workflows/ci.yml:2:3",
            ".github/workflows/ci.yml:7:18",
        ],
    );
}

#[test]
fn environment_variables_that_ask_for_nothing_or_are_read_stay_silent() {
    variables(
        &[
            (
                "run.sh",
                "export TF_ENABLE_AUTO_MIXED_PRECISION=0\nexport TF_CPP_MIN_LOG_LEVEL=3\n",
            ),
            (
                "Dockerfile",
                "FROM python:3.8\nENV TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_DENYLIST_ADD=Softmax\n",
            ),
        ],
        &[],
    );
    // NVIDIA's builds read it, whichever file names them.
    variables(
        &[
            ("run.sh", "export TF_ENABLE_AUTO_MIXED_PRECISION=1\n"),
            (
                "docker/Dockerfile",
                "ARG TAG\nFROM nvcr.io/nvidia/tensorflow:${TAG}\n",
            ),
        ],
        &[],
    );
}
