//! Which Pythons a project runs on, and what that leaves of its pins.

use super::*;

#[test]
fn releases_without_a_wheel_for_the_python_are_not_permitted() {
    let repository = "--- requirements.txt\ntensorflow>=2.11,<2.14\n";
    check_with(
        repository,
        &asked("", "", "3.7"),
        "a.py",
        &["requirements.txt: tensorflow 2.11.0 (requirements.txt:1)"],
    );
    let (scopes, notices) = build(
        "--- requirements.txt\ntensorflow==2.13.1\n",
        &asked("", "", "3.7"),
    );
    assert_eq!(
        shown(scopes.governing(&RepoPath::new("a.py"))),
        ["requirements.txt: tensorflow 2.13.1 (requirements.txt:1)"]
    );
    // A finding tells of it.
    assert_eq!(notices, [""; 0]);
    check_with(
        "--- requirements.txt\ntensorflow\n",
        &asked("", "", "3.8"),
        "a.py",
        &["requirements.txt: tensorflow 2.13.1, the newest (requirements.txt:1)"],
    );
}

#[test]
fn the_python_of_a_folder_keeps_releases_out() {
    check(
        "--- .python-version\n3.11.4\n--- requirements.txt\ntensorflow>=2.0,<2.14\n",
        "a.py",
        &["requirements.txt: tensorflow 2.12.0-2.13.1 (requirements.txt:1)"],
    );
    check(
        "--- runtime.txt\npython-3.7.9\n--- requirements/base.txt\ntensorflow\n",
        "a.py",
        &["requirements/base.txt: tensorflow 2.11.0, the newest (requirements/base.txt:1)"],
    );
    // The option stands in place of what files say.
    check_with(
        "--- .python-version\n3.7\n--- requirements.txt\ntensorflow\n",
        &asked("", "", "3.8"),
        "a.py",
        &["requirements.txt: tensorflow 2.13.1, the newest (requirements.txt:1)"],
    );
    // Another file may be wrong about it: nothing is left out where it would leave nothing.
    let (scopes, notices) = build(
        "--- .python-version\n3.11\n--- requirements.txt\ntensorflow==2.3.4\n",
        &ScopeOptions::default(),
    );
    assert_eq!(
        shown(scopes.governing(&RepoPath::new("a.py"))),
        ["requirements.txt: tensorflow 2.3.4 (requirements.txt:1)"]
    );
    assert_eq!(
        notices,
        [
            "no release that `tensorflow==2.3.4` permits is published for the Python of the project; Python was left out of account"
        ]
    );
}

/// Whether a pin is told to have no wheel, and by which line.
#[track_caller]
fn check_wheel(repository: &str, python: &str, expect: Option<&str>) {
    let (path, text) = repository.split_once('\n').unwrap();
    let path = RepoPath::new(path);
    let kind = InputKind::of(&path).unwrap();
    let text = text.to_owned();
    let file = Arc::new(SourceFile::new(path, text));
    let memory = Memory(BTreeMap::new());
    let ctx = Ctx {
        files: &memory,
        python: &|_| Vec::new(),
    };
    let found = crate::pins::read(kind, &file, ctx);
    let options = asked("", "", python);
    let told: Vec<String> = found
        .pins
        .iter()
        .filter_map(|pin| options.python_without_wheel(pin))
        .map(|without| without.line.text)
        .collect();
    assert_eq!(
        told,
        expect.into_iter().collect::<Vec<&str>>(),
        "{repository}"
    );
}

#[test]
fn no_wheel_is_certain_only_where_one_file_says_both() {
    let project = |python: &str, pin: &str| {
        format!(
            "pyproject.toml\n[project]\nrequires-python = '{python}'\ndependencies = ['{pin}']\n"
        )
    };
    let told = |python: &str, pin: &str, expect| check_wheel(&project(python, pin), "", expect);
    told(
        ">=3.9",
        "tensorflow==2.3.4",
        Some("requires-python = \">=3.9\""),
    );
    told(
        ">=3.9",
        "tensorflow>=2.2,<2.5",
        Some("requires-python = \">=3.9\""),
    );
    told(
        "==3.8.*",
        "tensorflow==2.14.0",
        Some("requires-python = \"==3.8.*\""),
    );
    // Some Python has one.
    told(">=3.8", "tensorflow==2.3.4", None);
    told(">=3.8", "tensorflow==2.15.1", None);
    // Newer wheels may come, sources may build, Python 2 is not known.
    told(">=3.14", "tensorflow>=2.3", None);
    told(">=3.9", "keras==2.3.1", None);
    told("<3", "tensorflow==2.0.0", None);
    told(">=2.7", "tensorflow==2.13.0", None);
    // A line that never holds installs nothing.
    told(">=3.9", "tensorflow==2.3.4; python_version < \"3.9\"", None);
    told(
        ">=3.9",
        "tensorflow @ https://example.org/tensorflow.whl",
        None,
    );
    check_wheel(
        "requirements.txt\ntensorflow==2.3.4; python_version >= '3.9'\n",
        "",
        Some("python_version >= '3.9'"),
    );
    check_wheel(
        "requirements.txt\ntensorflow==2.3.4\n",
        "3.9",
        Some("--python 3.9"),
    );
    check_wheel("requirements.txt\ntensorflow==2.3.4\n", ">=3.8", None);
    check_wheel(&project(">=3.9", "tensorflow==2.3.4"), "3.8", None);
}

#[test]
fn the_python_that_a_file_installs_into_counts() {
    check_wheel(
        "environment.yml\ndependencies:\n  - python=3.10\n  - pip:\n    - tensorflow==2.3.4\n",
        "",
        Some("python=3.10"),
    );
    // A channel of conda has builds of its own.
    check_wheel(
        "environment.yml\ndependencies:\n  - python=3.10\n  - tensorflow==2.3.4\n",
        "",
        None,
    );
    check_wheel(
        "setup.cfg\n[options]\npython_requires = >=3.9\ninstall_requires =\n  tensorflow==2.3.4\n",
        "",
        Some("python_requires = >=3.9"),
    );
    check_wheel(
        "Dockerfile\nFROM python:3.9-slim\nRUN pip install tensorflow==2.3.4\n",
        "",
        Some("FROM python:3.9-slim"),
    );
    check_wheel(
        "Dockerfile\nFROM python:3.9\nRUN python3.7 -m pip install tensorflow==2.3.4\n",
        "",
        None,
    );
    let workflow = |pythons: &str| {
        format!(
            ".github/workflows/a.yml\njobs:\n  a:\n    strategy:\n      matrix:\n        py: {pythons}\n    steps:\n\
             \u{20}     - uses: actions/setup-python@v5\n        with: {{python-version: '${{{{ matrix.py }}}}'}}\n\
             \u{20}     - run: pip install tensorflow==2.3.4\n"
        )
    };
    check_wheel(
        &workflow("['3.9', '3.10']"),
        "",
        Some("python-version: 3.10, 3.9"),
    );
    check_wheel(&workflow("['3.8', '3.10']"), "", None);
    check_wheel(&workflow("['3.9', 'pypy3.8']"), "", None);
    check_wheel(
        "requirements.txt\n--extra-index-url https://index.example/simple\ntensorflow==2.3.4\n",
        "3.9",
        None,
    );
}
