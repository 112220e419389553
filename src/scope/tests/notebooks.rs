//! Tests of notebooks that install for themselves.

use super::*;
use crate::pins::notebook;

const PINNED: &str = "--- requirements.txt\ntensorflow==2.3.4\nkeras==2.4.3\n";

/// What governs `nb/a.ipynb` with some command lines, below what a repository pins.
fn governs(
    repository: &str,
    commands: &str,
    legacy_keras: bool,
    options: &ScopeOptions,
) -> (Scopes, Vec<Notice>) {
    let (mut scopes, _) = build(repository, options);
    let path = RepoPath::new("nb/a.ipynb");
    let file = Arc::new(SourceFile::new(path.clone(), commands.to_owned()));
    let mut at = 0;
    let parts = commands.split_inclusive('\n').map(|line| {
        at += line.len();
        at - line.len()..at
    });
    let parts: Vec<_> = parts.collect();
    let ctx = Ctx {
        files: &Memory(BTreeMap::new()),
        python: &|_| Vec::new(),
    };
    let mut session = notebook::read(&file, &parts, ctx);
    session.found.legacy_keras |= legacy_keras;
    let notices = scopes.add_notebook(&path, &session, options);
    (scopes, notices)
}

#[track_caller]
fn check(repository: &str, commands: &str, expect: &[&str]) {
    let (scopes, notices) = governs(repository, commands, false, &ScopeOptions::default());
    let scope = scopes.governing(&RepoPath::new("nb/a.ipynb"));
    assert_eq!(shown(scope), expect);
    assert_eq!(notices, []);
    // Nothing else is governed by it.
    let (plain, _) = build(repository, &ScopeOptions::default());
    for other in ["nb/b.ipynb", "nb/a.py", "a.ipynb"] {
        let path = RepoPath::new(other);
        assert_eq!(
            shown(scopes.governing(&path)),
            shown(plain.governing(&path))
        );
    }
}

#[test]
fn what_a_notebook_installs_beats_the_repository() {
    check(
        PINNED,
        "!pip install tensorflow==2.9.3\n",
        &["nb/a.ipynb: tensorflow 2.9.3 (nb/a.ipynb:1)"],
    );
    check(
        PINNED,
        "!pip install -U tensorflow\n",
        &[&format!(
            "nb/a.ipynb: tensorflow {}, the newest (nb/a.ipynb:1)",
            newest(Package::Tensorflow)
        )],
    );
    check(
        "",
        "!pip install tensorflow==2.9.3\n",
        &["nb/a.ipynb: tensorflow 2.9.3 (nb/a.ipynb:1)"],
    );
}

#[test]
fn what_a_notebook_does_not_install_it_has_from_the_repository() {
    check(
        PINNED,
        "!pip install keras==2.2.4\n",
        &["nb/a.ipynb: tensorflow 2.3.4 (requirements.txt:1), keras 2.2.4 (nb/a.ipynb:1)"],
    );
    check(
        PINNED,
        "!pip install numpy\n",
        &[
            "requirements.txt: tensorflow 2.3.4 (requirements.txt:1), keras 2.4.3 (requirements.txt:2)",
        ],
    );
}

#[test]
fn versions_installed_one_after_the_other_are_alternatives() {
    check(
        PINNED,
        "!pip install tensorflow==2.4.4\n!pip install tensorflow==2.9.3\n",
        &[
            "nb/a.ipynb [line 1]: tensorflow 2.4.4 (nb/a.ipynb:1)",
            "nb/a.ipynb [line 2]: tensorflow 2.9.3 (nb/a.ipynb:2)",
        ],
    );
}

#[test]
fn a_version_that_is_not_known_is_not_judged() {
    check(
        PINNED,
        "!pip install tensorflow==$VERSION\n",
        &["nb/a.ipynb: tensorflow of unknown version (nb/a.ipynb:1)"],
    );
}

#[test]
fn colab_asks_for_a_major_version_alone() {
    let two = "%tensorflow_version 2.x\n";
    check(
        PINNED,
        "%tensorflow_version 1.x\n",
        &["nb/a.ipynb: tensorflow 1.15.2 (nb/a.ipynb:1)"],
    );
    // The repository's word is the better one where it means the same.
    check(
        PINNED,
        two,
        &[
            "requirements.txt: tensorflow 2.3.4 (requirements.txt:1), keras 2.4.3 (requirements.txt:2)",
        ],
    );
    check(
        "--- requirements.txt\ntensorflow>=1.14,<2.2\n",
        two,
        &["requirements.txt: tensorflow 2.0.0-2.1.4 (requirements.txt:1)"],
    );
    let newest = format!(
        "nb/a.ipynb: tensorflow {}, the newest (nb/a.ipynb:1)",
        newest(Package::Tensorflow)
    );
    check(
        "--- requirements.txt\ntensorflow==1.15.0\n",
        two,
        &[&newest],
    );
    check("", two, &[&newest]);
    // An install says more.
    check(
        PINNED,
        "%tensorflow_version 2.x\n!pip install tensorflow==2.5.0\n",
        &["nb/a.ipynb: tensorflow 2.5.0 (nb/a.ipynb:2)"],
    );
}

#[test]
fn the_command_line_beats_a_notebook_too() {
    let options = asked("2.5.0", "", "");
    let (scopes, _) = governs(PINNED, "!pip install tensorflow==2.9.3\n", false, &options);
    let scope = scopes.governing(&RepoPath::new("nb/a.ipynb"));
    assert_eq!(
        shown(scope),
        ["nb/a.ipynb: tensorflow 2.5.0 (--tensorflow 2.5.0)"]
    );
}

#[test]
fn chosen_manifests_are_the_only_ones() {
    let options = ScopeOptions {
        chosen_manifests: true,
        ..ScopeOptions::default()
    };
    let (scopes, _) = governs(PINNED, "!pip install tensorflow==2.9.3\n", false, &options);
    let scope = scopes.governing(&RepoPath::new("nb/a.ipynb"));
    assert_eq!(scope.folder, "");
}

#[test]
fn a_notebook_switches_to_keras_2_for_itself() {
    let (scopes, _) = governs(PINNED, "", true, &ScopeOptions::default());
    let legacy = |path: &str| {
        let scope = scopes.governing(&RepoPath::new(path));
        scope.environments.iter().all(|one| one.legacy_keras)
    };
    assert!(legacy("nb/a.ipynb"));
    assert!(!legacy("nb/a.py"));
}
