//! Tests of which file's word counts where files of several kinds pin.

use super::*;

#[test]
fn a_lock_stands_for_its_manifest() {
    let locked = "--- pyproject.toml\n[project]\ndependencies = ['tensorflow>=2.2']\n\
        --- poetry.lock\n[[package]]\nname = 'tensorflow'\nversion = '2.3.4'\n";
    let expect = ["poetry.lock: tensorflow 2.3.4 (poetry.lock:3)"];
    check(locked, "a.py", &expect);
    let options = ScopeOptions {
        all_environments: true,
        ..ScopeOptions::default()
    };
    let (scopes, _) = build(locked, &options);
    let scope = scopes.governing(&RepoPath::new("a.py"));
    assert_eq!(scope.environments.len(), 2);
    check(
        "--- setup.cfg\n[options]\ninstall_requires =\n    tensorflow>=2.0\n--- requirements.txt\ntensorflow==2.3.4\n",
        "a.py",
        &["requirements.txt: tensorflow 2.3.4 (requirements.txt:1)"],
    );
    check(
        "--- Pipfile\n[packages]\ntensorflow = '*'\n\
         --- Pipfile.lock\n{\"default\": {\"tensorflow\": {\"version\": \"==2.3.4\"}}}\n",
        "a.py",
        &["Pipfile.lock: tensorflow 2.3.4 (Pipfile.lock:1)"],
    );
}

#[test]
fn a_lighter_word_never_argues_with_a_pin() {
    let image = "--- Dockerfile\nFROM tensorflow/tensorflow:1.15.2\n";
    check(
        &format!("--- requirements.txt\ntensorflow==2.3.4\n{image}"),
        "a.py",
        &["requirements.txt: tensorflow 2.3.4 (requirements.txt:1)"],
    );
    check(
        "--- requirements.txt\ntensorflow==2.3.4\n--- sub/Dockerfile\nFROM tensorflow/tensorflow:1.15.2\n",
        "sub/a.py",
        &["requirements.txt: tensorflow 2.3.4 (requirements.txt:1)"],
    );
    // Nor is one heard that names no version.
    let latest = "--- Dockerfile\nFROM tensorflow/tensorflow:latest\n";
    check(
        latest,
        "a.py",
        &[&format!(
            ": tensorflow {} (nothing pins it)",
            newest(Package::Tensorflow)
        )],
    );
}

#[test]
fn a_lighter_word_gives_a_version_to_a_name_alone() {
    check(
        "--- requirements.txt\ntensorflow\n--- docker/Dockerfile\nFROM tensorflow/tensorflow:1.15.2\n",
        "a.py",
        &["docker/Dockerfile: tensorflow 1.15.2 (docker/Dockerfile:1)"],
    );
    check(
        "--- requirements.txt\nkeras==2.2.4\n--- Dockerfile\nFROM tensorflow/tensorflow:1.15.2\n",
        "a.py",
        &["Dockerfile: tensorflow 1.15.2 (Dockerfile:1), keras 2.2.4 (requirements.txt:1)"],
    );
}

#[test]
fn tests_come_before_images_and_images_before_scripts() {
    let workflow = "--- .github/workflows/ci.yml\njobs:\n  a:\n    strategy:\n      matrix:\n        tf: [2.3, '2.4']\n\
        \x20   steps:\n      - run: pip install tensorflow==${{ matrix.tf }}.*\n";
    let image = "--- Dockerfile\nFROM tensorflow/tensorflow:2.2.0\n";
    let script = "--- scripts/a.sh\npip install tensorflow==2.1.0\n";
    check(
        &format!("{workflow}{image}{script}"),
        "a.py",
        &[
            ".github/workflows/ci.yml [tf=2.3]: tensorflow 2.3.0-2.3.4 (.github/workflows/ci.yml:7)",
            ".github/workflows/ci.yml [tf=2.4]: tensorflow 2.4.0-2.4.4 (.github/workflows/ci.yml:7)",
        ],
    );
    check(
        &format!("{image}{script}"),
        "a.py",
        &["Dockerfile: tensorflow 2.2.0 (Dockerfile:1)"],
    );
    check(
        script,
        "a.py",
        &["scripts/a.sh: tensorflow 2.1.0 (scripts/a.sh:1)"],
    );
}

#[test]
fn extras_and_groups_are_alternatives() {
    check(
        "--- pyproject.toml\n[project.optional-dependencies]\nold = ['tensorflow<2']\nnew = ['tensorflow==2.3.4']\n",
        "a.py",
        &[
            "pyproject.toml [new]: tensorflow 2.3.4 (pyproject.toml:3)",
            "pyproject.toml [old]: tensorflow 1.0.0-1.15.5 (pyproject.toml:2)",
        ],
    );
    check(
        "--- tox.ini\n[testenv]\ndeps =\n    tf23: tensorflow==2.3.*\n    tf24: tensorflow==2.4.*\n",
        "a.py",
        &[
            "tox.ini [tf23]: tensorflow 2.3.0-2.3.4 (tox.ini:3)",
            "tox.ini [tf24]: tensorflow 2.4.0-2.4.4 (tox.ini:4)",
        ],
    );
}

#[test]
fn the_switch_to_keras_2_is_seen() {
    let (scopes, _) = build(
        "--- requirements.txt\ntensorflow==2.16.1\n--- Dockerfile\nFROM python:3.11\nENV TF_USE_LEGACY_KERAS=1\n",
        &ScopeOptions::default(),
    );
    let scope = scopes.governing(&RepoPath::new("a.py"));
    assert!(scope.environments[0].legacy_keras);
    let (scopes, _) = build(
        "--- requirements.txt\ntensorflow==2.16.1\n",
        &ScopeOptions::default(),
    );
    let scope = scopes.governing(&RepoPath::new("a.py"));
    assert!(!scope.environments[0].legacy_keras);
}

#[test]
fn what_did_not_decide_is_told_with_the_reason() {
    let (scopes, _) = build(
        "--- requirements.txt\ntensorflow==2.3.4\n--- Dockerfile\nFROM tensorflow/tensorflow:2.2.0\n\
         --- setup.cfg\n[options]\ninstall_requires = tensorflow>=2\n",
        &ScopeOptions::default(),
    );
    let told: Vec<String> = scopes
        .governing(&RepoPath::new("a.py"))
        .passed_over
        .iter()
        .map(|one| format!("{}: {}", one.pin.text, one.why))
        .collect();
    assert_eq!(
        told,
        [
            "FROM tensorflow/tensorflow:2.2.0: a file whose word weighs more decides",
            "tensorflow>=2: a lock stands for it",
        ]
    );
}

#[test]
fn the_pythons_of_a_project_keep_releases_out() {
    check(
        "--- pyproject.toml\n[project]\nrequires-python = '<3.8'\ndependencies = ['tensorflow>=2.11,<2.14']\n",
        "a.py",
        &["pyproject.toml: tensorflow 2.11.0-2.11.1 (pyproject.toml:3)"],
    );
    check(
        "--- setup.cfg\n[options]\npython_requires = >=3.6, <3.8\ninstall_requires = tensorflow>=2.11,<2.14\n",
        "a.py",
        &["setup.cfg: tensorflow 2.11.0 (setup.cfg:3)"],
    );
}

#[test]
fn branches_of_a_script_are_alternatives() {
    check(
        "--- a.sh\npip install keras==2.4.3\nif x; then pip install tensorflow==2.3.0; else pip install tensorflow==2.4.0; fi\n",
        "a.py",
        &[
            "a.sh [line 2]: tensorflow 2.3.0 (a.sh:2), keras 2.4.3 (a.sh:1)",
            "a.sh [line 2, 2]: tensorflow 2.4.0 (a.sh:2), keras 2.4.3 (a.sh:1)",
        ],
    );
}
