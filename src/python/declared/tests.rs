//! Tests of what Python manifests state.

use super::*;

#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let shown: Vec<String> = declared(&RepoPath::new("setup.py"), text)
        .into_iter()
        .map(|one| match (one.is_file, one.group.as_str()) {
            (true, _) => format!("-r {}", one.text),
            (_, "") => one.text,
            (_, group) => format!("{} [{group}]", one.text),
        })
        .collect();
    assert_eq!(shown, expect);
}

#[test]
fn lists_variables_and_strings_put_together() {
    check(
        "setup(install_requires=['a', 'tensorflow==2.3'])",
        &["a", "tensorflow==2.3"],
    );
    check(
        "V = '2.3'\nreq = [f'tensorflow=={V}']\nreq += ['b']\nreq.append('c')\nsetup(install_requires=req)",
        &["tensorflow==2.3", "b", "c"],
    );
    check(
        "V = '2.3'\nsetup(install_requires=['tensorflow>=' + V, 'k=={}'.format(V), 'm==%s' % V])",
        &["tensorflow>=2.3", "k==2.3", "m==2.3"],
    );
    check(
        "A = ['a']\nB = ['b>1']\nC = ['c']\nD = A + B + C\nsetup(install_requires=D)",
        &["a", "b>1", "c"],
    );
    check(
        "setup(install_requires=['tensorflow==' + v()])",
        &["tensorflow==${value}"],
    );
}

#[test]
fn branches_and_ternaries_are_alternatives() {
    check(
        "n = 'tensorflow-gpu' if gpu else 'tensorflow'\nsetup(install_requires=[f'{n}>=2'])",
        &["tensorflow-gpu>=2", "tensorflow>=2"],
    );
    check(
        "if a:\n    r = ['tensorflow']\nelse:\n    r = ['keras']\nsetup(install_requires=r)",
        &["tensorflow", "keras"],
    );
}

#[test]
fn extras_and_files() {
    check(
        "extras = {'tf': ['tensorflow>=2']}\nsetup(extras_require=extras)",
        &["tensorflow>=2 [tf]"],
    );
    check(
        "with open('requirements.txt') as f:\n    r = f.read().splitlines()\nsetup(install_requires=r)",
        &["-r requirements.txt"],
    );
}

#[test]
fn sessions_of_nox() {
    check(
        "@nox.parametrize('tf', ['2.3', '2.4'])\ndef tests(session, tf):\n    session.install(f'tensorflow=={tf}')\n",
        &["tensorflow==2.3 [tests]", "tensorflow==2.4 [tests]"],
    );
}
