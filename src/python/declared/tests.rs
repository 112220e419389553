//! Tests of what Python manifests state.

use super::*;
use crate::text::SourceFile;

#[track_caller]
fn check(text: &str, expect: &[&str]) {
    check_among(&[], text, expect);
}

/// Checks `lib/setup.py` among other files of its folder.
#[track_caller]
fn check_among(others: &[(&str, &str)], text: &str, expect: &[&str]) {
    let open = |path: &RepoPath| {
        let name = path.as_str().strip_prefix("lib/")?;
        let (_, text) = others.iter().find(|(other, _)| *other == name)?;
        let text = (*text).to_owned();
        Some(std::sync::Arc::new(SourceFile::new(path.clone(), text)))
    };
    let shown: Vec<String> = declared(&RepoPath::new("lib/setup.py"), text, &open)
        .into_iter()
        .map(|one| {
            let text = match one.kind {
                Kind::Requirement => one.text,
                Kind::File => format!("-r {}", one.text),
                Kind::Python => format!("python {}", one.text),
            };
            match one.group.as_str() {
                "" => text,
                group => format!("{text} [{group}]"),
            }
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
fn functions_that_return_requirements() {
    check(
        "def reqs():\n    return ['tensorflow>=2', 'b']\nsetup(install_requires=reqs())",
        &["tensorflow>=2", "b"],
    );
    check(
        "def tf(gpu=False):\n    if gpu:\n        return ['tensorflow-gpu']\n    return ['tensorflow']\n\
         setup(install_requires=tf() + ['b'])",
        &["tensorflow-gpu", "tensorflow", "b"],
    );
    check(
        "def pinned(name, version='2.3'):\n    return name + '==' + version\n\
         setup(install_requires=[pinned('tensorflow'), pinned('keras', version='2.4.3')])",
        &["tensorflow==2.3", "keras==2.4.3"],
    );
    // Functions that never end are left.
    check(
        "def a():\n    return b() + a()\ndef b():\n    return a() + b() + ['tensorflow']\n\
         setup(install_requires=['x'] + a())",
        &["x", "tensorflow"],
    );
}

#[test]
fn a_file_that_would_take_forever_is_left() {
    let names: Vec<String> = (0..60).map(|n| format!("'a{n}'")).collect();
    let many = names.join(", ");
    let loops: String = (0..12)
        .map(|n| format!("{}for x{n} in A:\n", "    ".repeat(n)))
        .collect();
    let text = format!(
        "A = [{many}]\n{loops}{}if A:\n{}B = [y for y in A for z in A]\nsetup(install_requires=['x'])",
        "    ".repeat(12),
        "    ".repeat(13)
    );
    let found = declared(&RepoPath::new("setup.py"), &text, &|_| None);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn functions_that_read_files() {
    let read = "import os\nfrom pathlib import Path\nhere = os.path.dirname(__file__)\n";
    let file = |code: &str, expect: &[&str]| check(&format!("{read}{code}"), expect);
    file(
        "def read(name):\n    with open(os.path.join(here, 'requirements', name)) as f:\n\
         \u{20}       return [l.strip() for l in f if l.strip() and not l.startswith('#')]\n\
         setup(install_requires=read('base.txt'), extras_require={'gpu': read('gpu.txt')})",
        &["-r requirements/base.txt", "-r requirements/gpu.txt [gpu]"],
    );
    file(
        "def reqs():\n    all = []\n    for line in open(f'{here}/requirements.txt').readlines():\n\
         \u{20}       line = line.split('#')[0]\n        if line:\n            all.append(line)\n    return all\n\
         setup(install_requires=reqs(), tests_require=open('requirements-dev.txt').read().split('\\n'))",
        &["-r requirements.txt"],
    );
    file(
        "setup(install_requires=(Path(__file__).parent / 'requirements.txt').read_text().splitlines())",
        &["-r requirements.txt"],
    );
    file(
        "setup(install_requires=[str(r.req) for r in parse_requirements('requirements.txt', session='x')])",
        &["-r requirements.txt"],
    );
    file(
        "setup(install_requires=list(map(str, parse_requirements(open('requirements.txt')))))",
        &["-r requirements.txt"],
    );
    file(
        "with (Path(here) / 'deps.in').open() as f:\n    r = f.read().split('\\n')\nsetup(install_requires=r + ['keras'])",
        &["-r deps.in", "keras"],
    );
}

#[test]
fn lines_picked_by_name_are_not_known() {
    check(
        "r = [l for l in open('requirements.txt') if not l.startswith('tensorflow')]\n\
         setup(install_requires=r + ['x'])",
        &["x"],
    );
    check(
        "r = ['x']\nfor l in open('requirements.txt'):\n    if 'tensorflow' not in l:\n        r.append(l)\n\
         setup(install_requires=r)",
        &["x"],
    );
    check(
        "r = [l.replace('tensorflow', 'tensorflow-gpu') for l in open('requirements.txt')]\n\
         setup(install_requires=r + ['x'])",
        &["x"],
    );
}

#[test]
fn comprehensions_and_dicts() {
    check(
        "V = '2.3'\nsetup(install_requires=[f'{n}=={V}' for n in ('tensorflow', 'keras')])",
        &["tensorflow==2.3", "keras==2.3"],
    );
    check(
        "P = {'tensorflow': '>=2.3', 'b': '>1'}\nsetup(install_requires=[n + v for n, v in P.items()][:1])",
        &["tensorflow>=2.3", "b>1"],
    );
    check(
        "P = {'tensorflow': '>=2.3', 'b': '>1'}\nr = []\nfor n in ['tensorflow', 'b', 'c']:\n    r.append(n + P[n])\n\
         setup(install_requires=r)",
        &["tensorflow>=2.3", "b>1", "c${value}"],
    );
    check(
        "E = {'tf': ['tensorflow>=2'], 'k': ['keras']}\nE['all'] = sum(E.values(), [])\nsetup(extras_require=E)",
        &[
            "tensorflow>=2 [tf]",
            "keras [k]",
            "tensorflow>=2 [all]",
            "keras [all]",
        ],
    );
    check(
        "E = {k: v.split('\\n') for k, v in {'tf': 'tensorflow >= 2\\nb'}.items()}\nsetup(extras_require=E)",
        &["tensorflow >= 2 [tf]", "b [tf]"],
    );
    check(
        "C = dict(install_requires=['tensorflow'], extras_require={'k': ['keras']}, python_requires='>=3.8')\nsetup(**C)",
        &["tensorflow", "keras [k]", "python >=3.8"],
    );
}

#[test]
fn the_pythons_of_a_project() {
    check(
        "setup(python_requires='>=3.6, <3.9', install_requires=['tensorflow'])",
        &["python >=3.6, <3.9", "tensorflow"],
    );
}

#[test]
fn sessions_of_nox() {
    check(
        "@nox.parametrize('tf', ['2.3', '2.4'])\ndef tests(session, tf):\n    session.install(f'tensorflow=={tf}')\n",
        &["tensorflow==2.3 [tests]", "tensorflow==2.4 [tests]"],
    );
}

#[test]
fn texts_of_other_modules() {
    let setup = "setup(extras_require={'tf': ['tensorflow>={},<{}'.format(MIN, MAX)]})\n";
    let known = ["tensorflow>=2.13.0,<2.16.0 [tf]"];
    let version = "MIN = '2.13.0'\nMAX = '2.16.0'\n";
    let beside = [("pkg/version.py", version), ("pkg/__init__.py", "")];
    let check = |head: &str| check_among(&beside, &format!("{head}\n{setup}"), &known);
    check("from pkg.version import MIN, MAX");
    check("from pkg.version import *");
    check("from pkg import version as v\nMIN, MAX = v.MIN, v.MAX");
    check("import pkg.version\nMIN = pkg.version.MIN\nMAX = pkg.version.MAX");
    check("exec(open('pkg/version.py').read())");
    check(
        "import os\nexec(compile(open(os.path.join('pkg', 'version.py'), 'rb').read(), 'v', 'exec'))",
    );
    check("import runpy\nv = runpy.run_path('pkg/version.py')\nMIN = v['MIN']\nMAX = v['MAX']");
    check(
        "from pathlib import Path\ntext = Path('pkg/version.py').read_text()\nns = {}\nexec(text, ns)\n\
         MIN = ns['MIN']\nMAX = ns['MAX']",
    );
    check(
        "import os\ndef read():\n    ns = {}\n    here = os.path.dirname(__file__)\n\
         \u{20}   with open(os.path.join(here, 'pkg', 'version.py')) as file:\n        exec(file.read(), ns)\n\
         \u{20}   return 'name', ns\nname, ns = read()\nMIN = ns['MIN']\nMAX = ns['MAX']",
    );
    // One hands on what another holds, and a circle of them ends.
    check_among(
        &[
            (
                "src/pkg/__init__.py",
                "from .version import MIN, MAX\nfrom . import version\n",
            ),
            (
                "src/pkg/version.py",
                &format!("from pkg import *\n{version}"),
            ),
        ],
        &format!("from pkg import MIN, MAX\n{setup}"),
        &known,
    );
    // What is not there is not known, and nothing outside of the folder is read.
    for head in [
        "from gone import MIN, MAX",
        "exec(open('../lib/pkg/version.py').read())",
    ] {
        let unknown = ["tensorflow>=${MIN},<${MAX} [tf]"];
        check_among(&beside, &format!("{head}\n{setup}"), &unknown);
    }
}
