//! Guards as repositories write them, seen from outside: under each of two pins, the branch for
//! the other releases is silent, and what does not run in the own branch is still found.
//!
//! In the sources, `# 1` marks a line that fails under TensorFlow 1.15.5, `# 2` one that fails under
//! 2.8.4; no other line may be reported, comparisons of versions as text aside.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::support::TestRepo;

const OLD: &str = "tf.Session()";
const NEW: &str = "tf.keras.mixed_precision.set_global_policy(x)";
const HEAD: &str = "import tensorflow as tf\nfrom packaging.version import Version\n";

/// A file in which a test is true from 2.0 on.
fn chosen(before: &str, test: &str) -> String {
    format!("{HEAD}{before}if {test}:\n    {NEW}\n    {OLD} # 2\nelse:\n    {OLD}\n    {NEW} # 1\n")
}

/// Checks files, given with their paths, in one repository for each pin.
#[track_caller]
fn check(files: &[(String, String)]) {
    for (pin, mark) in [("1.15.5", "# 1"), ("2.8.4", "# 2")] {
        let mut repo = TestRepo::new().file("requirements.txt", &format!("tensorflow=={pin}\n"));
        let mut expected = BTreeSet::new();
        for (path, text) in files {
            repo = repo.file(path, text);
            for (index, line) in text.lines().enumerate() {
                if line.ends_with(mark) {
                    expected.insert((path.clone(), index as u64 + 1));
                }
            }
        }
        let report = repo.json();
        let found: BTreeSet<(String, u64)> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["rule"] != "TFMP040")
            .map(|finding| {
                (
                    finding["path"].as_str().unwrap().to_owned(),
                    finding["start"]["line"].as_u64().unwrap(),
                )
            })
            .collect();
        let mut wrong = String::new();
        for (path, line) in expected.symmetric_difference(&found) {
            let text = &files.iter().find(|(own, _)| own == path).unwrap().1;
            let what = match found.contains(&(path.clone(), *line)) {
                true => "reported",
                false => "not reported",
            };
            writeln!(wrong, "line {line} {what} under {pin} in:\n{text}").unwrap();
        }
        assert!(wrong.is_empty(), "{wrong}");
    }
}

/// Checks tests that are true from 2.0 on, each after the lines that it needs.
#[track_caller]
fn check_tests(tests: &[(&str, &str)]) {
    let files: Vec<(String, String)> = tests
        .iter()
        .enumerate()
        .map(|(index, (before, test))| (format!("case_{index}.py"), chosen(before, test)))
        .collect();
    check(&files);
}

/// Checks one file, each time on its own.
#[track_caller]
fn check_file(code: &str) {
    let code = code.replace("OLD", OLD).replace("NEW", NEW);
    check(&[("app.py".to_owned(), format!("{HEAD}{code}"))]);
}

#[test]
fn expressions_on_the_version() {
    check_tests(&[
        (
            "",
            "any([tf.__version__.startswith('2.'), tf.__version__.startswith('3.')])",
        ),
        (
            "",
            "any(tf.__version__.startswith(p) for p in ('2.', '3.'))",
        ),
        (
            "",
            "all([Version(tf.__version__) >= Version('2'), Version(tf.__version__) < Version('3')])",
        ),
        ("", "(v := Version(tf.__version__)) >= Version('2')"),
        ("", "(v := tf.__version__.split('.'))[0] == '2'"),
        (
            "if (v := Version(tf.__version__)):\n    pass\n",
            "v.major == 2",
        ),
        (
            "a = tf.__version__.split('.')\nN = int(a[0]) * 100 + int(a[1])\n",
            "N >= 200",
        ),
        ("v = int(tf.__version__[0])\nv += 1\n", "v >= 3"),
        ("", "int(tf.__version__.split('.', 1)[0]) >= 2"),
        ("", "tf.__version__.split('.', maxsplit=1)[0] == '2'"),
        (
            "major, rest = tf.__version__.split('.', 1)\n",
            "int(major) >= 2",
        ),
        ("", "float(tf.__version__.rsplit('.', 1)[0]) >= 2"),
        ("", "tf.__version__.partition('.')[0] == '2'"),
        ("", "tf.__version__.strip().startswith('2')"),
        ("", "len(tf.__version__) > 2 and tf.__version__[0] == '2'"),
        ("", "f'{tf.__version__}'.startswith('2')"),
        ("", "tf.__version__[0] in {'2', '3'}"),
        ("", "{'1': False, '2': True}[tf.__version__[0]]"),
        ("", "{'1': False}.get(tf.__version__[0], True)"),
        ("", "StrictVersion(tf.__version__) >= '2.0.0'"),
        ("", "StrictVersion(tf.__version__) >= StrictVersion('2.0')"),
        (
            "major, *rest = tf.__version__.split('.')\n",
            "int(major) >= 2",
        ),
        (
            "major, minor, *_ = map(int, tf.__version__.split('.'))\n",
            "(major, minor) >= (2, 0)",
        ),
        (
            "*rest, patch = tf.__version__.split('.')\n",
            "rest[0] == '2'",
        ),
        ("MIN = '2.0.0'\n", "Version(tf.__version__) >= Version(MIN)"),
        ("MIN = (2, 0)\n", "Version(tf.__version__).release >= MIN"),
        ("", "getattr(tf, '__version__').startswith('2')"),
        ("", "getattr(tf, '__version__', '1').startswith('2')"),
        (
            "v = tf.__version__ if hasattr(tf, '__version__') else tf.VERSION\n",
            "v.startswith('2')",
        ),
        (
            "try:\n    v = tf.version.VERSION\nexcept AttributeError:\n    v = tf.VERSION\n",
            "v[0] == '2'",
        ),
        (
            "import importlib.metadata\n",
            "importlib.metadata.version('tensorflow') >= '2'",
        ),
        (
            "from importlib.metadata import version\n",
            "int(version('tensorflow').split('.')[0]) >= 2",
        ),
        (
            "import pkg_resources\n",
            "pkg_resources.get_distribution('tensorflow').version >= '2'",
        ),
        (
            "import pkg_resources\n",
            "pkg_resources.get_distribution('tensorflow').parsed_version.major == 2",
        ),
        (
            "numbers = [int(p) for p in tf.__version__.split('.') if p.isdigit()]\n",
            "numbers[0] == 2",
        ),
    ]);
}

#[test]
fn flags_and_helpers() {
    check_tests(&[
        (
            "mode = 'new' if int(tf.__version__[0]) >= 2 else 'old'\n",
            "mode == 'new'",
        ),
        (
            "if tf.__version__[0] == '2':\n    mode = 'new'\nelse:\n    mode = 'old'\n",
            "mode == 'new'",
        ),
        (
            "if tf.__version__[0] == '2':\n    TF = 2\nelse:\n    TF = 1\n",
            "TF == 2",
        ),
        (
            "TF = 1\nif tf.__version__[0] == '2':\n    TF = 2\n",
            "TF >= 2",
        ),
        ("is2 = lambda: tf.__version__.startswith('2')\n", "is2()"),
        (
            "ge = lambda v: Version(tf.__version__) >= Version(v)\n",
            "ge('2')",
        ),
        (
            "def at_least(v):\n    return Version(tf.__version__) >= Version(v)\n",
            "at_least('2.0.0')",
        ),
        (
            "def at_least(v=None):\n    own = Version(tf.__version__)\n    return own >= Version(v or '2.0')\n",
            "at_least()",
        ),
        (
            "def major():\n    try:\n        return int(tf.__version__.split('.')[0])\n    except Exception:\n        return 0\n",
            "major() >= 2",
        ),
        (
            "def kind():\n    if tf.__version__[0] == '1':\n        return 'old'\n    elif tf.__version__[0] == '2':\n        return 'new'\n    else:\n        return 'newer'\n",
            "kind() == 'new'",
        ),
        (
            "def major():\n    n = 0\n    if tf.__version__[0] == '2':\n        n += 2\n    return n\n",
            "major() == 2",
        ),
        (
            "def is2():\n    import tensorflow as t\n    return t.__version__.startswith('2')\n",
            "is2()",
        ),
        (
            "class C:\n    NEW = tf.__version__.startswith('2')\n",
            "C.NEW",
        ),
        (
            "class C:\n    @staticmethod\n    def new():\n        return tf.__version__.startswith('2')\n",
            "C.new()",
        ),
    ]);
    check_file(
        "class A:\n    def __init__(self):\n        self._v = [int(i) for i in tf.__version__.split('.')[:2]]\n    def f(self):\n        if self._v[0] < 2:\n            OLD\n            NEW # 1\n        else:\n            NEW\n            OLD # 2\n",
    );
}

#[test]
fn regular_expressions_on_the_version() {
    check_tests(&[
        ("import re\n", r"re.match(r'^2\.', tf.__version__)"),
        (
            "import re\n",
            r"re.search(r'^1\.', tf.version.VERSION) is None",
        ),
        (
            "from re import fullmatch as fits\n",
            r"fits(r'[2-9](\.\d+)+', tf.__version__)",
        ),
        (
            "import re as regular\nFORM = regular.compile(r'(\\d+)\\.(\\d+)', regular.I)\nm = FORM.match(tf.__version__)\n",
            "m and int(m.group(1)) >= 2",
        ),
        (
            "import re\nmajor, minor = map(int, re.match(r'(\\d+)\\.(\\d+)', tf.__version__).groups())\n",
            "(major, minor) >= (2, 0)",
        ),
        (
            "import re\nmajor, minor = [int(x) for x in re.findall(r'\\d+', tf.__version__)[:2]]\n",
            "major >= 2",
        ),
        (
            "import re\nv = re.sub(r'(rc|post).*', '', tf.__version__)\n",
            "tuple(map(int, re.split(r'\\.', v))) >= (2,)",
        ),
        (
            "import re\ndef major():\n    m = re.match(r'(?P<major>\\d+)', tf.__version__)\n    if m is None:\n        return 0\n    return int(m['major'])\n",
            "major() > 1",
        ),
    ]);
    // Patterns that may mean something else to each Python, or nothing here, silence both branches.
    for test in [
        r"re.match(r'2(?=\.)', tf.__version__)",
        r"re.match(r'2(?#two)\.', tf.__version__)",
        "re.match(PATTERN, tf.__version__)",
        "re.match('2', tf.__version__, re.X)",
        "re.match('2', tf.__version__, FLAGS)",
    ] {
        check_file(&format!(
            "import re\nif {test}:\n    NEW\n    OLD\nelse:\n    OLD\n    NEW\nm = {test}\nif m:\n    NEW\n    OLD\n"
        ));
    }
    // `re` may be something else.
    check_file(
        "from a import b as re\ndef f(re):\n    if re.match('2', tf.__version__):\n        OLD\n        NEW\n",
    );
}

#[test]
fn specifiers_that_contain_the_version() {
    check_tests(&[
        (
            "from packaging.specifiers import SpecifierSet\n",
            "Version(tf.__version__) in SpecifierSet('>=2.0,<3')",
        ),
        (
            "from packaging.specifiers import SpecifierSet as Span\nSPAN = Span('~=2.0')\n",
            "SPAN.contains(tf.__version__, prereleases=True)",
        ),
        (
            "from packaging.specifiers import Specifier\n",
            "tf.__version__ not in Specifier('==1.*')",
        ),
        (
            "import pkg_resources\nNEEDED = pkg_resources.Requirement.parse('tensorflow>=2')\n",
            "tf.__version__ in NEEDED",
        ),
        (
            "from packaging.requirements import Requirement\n",
            "Version(tf.__version__) in Requirement('tensorflow>=2').specifier",
        ),
        ("import semver\n", "semver.match(tf.__version__, '>=2.0.0')"),
        (
            "import semver\n",
            "semver.compare(tf.__version__, '2.0.0') >= 0",
        ),
        (
            "from semver import VersionInfo\nLEAST = VersionInfo.parse('2.0.0')\n",
            "VersionInfo.parse(tf.__version__) >= LEAST",
        ),
        (
            "LEAST = Version('2.0')\n",
            "Version(tf.__version__) >= LEAST",
        ),
    ]);
    for test in [
        "Version(tf.__version__) in SpecifierSet('>=2.0', prereleases=True)",
        "Version(tf.__version__) in SpecifierSet('=>2.0')",
        "Version(tf.__version__) in SpecifierSet(span)",
        "tf.__version__ in Requirement('tensorflow')",
    ] {
        check_file(&format!(
            "from packaging.specifiers import SpecifierSet\nfrom packaging.requirements import Requirement\nif {test}:\n    NEW\n    OLD\nelse:\n    OLD\n    NEW\n"
        ));
    }
}

#[test]
fn installed_distributions_under_other_names() {
    check_tests(&[
        (
            "from importlib.metadata import version as installed\n",
            "Version(installed('tensorflow')) >= Version('2')",
        ),
        (
            "import pkg_resources\npackage = pkg_resources.get_distribution('tensorflow')\n",
            "Version(package.version) >= Version('2')",
        ),
        (
            "from importlib import metadata\npackage = metadata.distribution('tensorflow')\n",
            "package.version.startswith('2')",
        ),
    ]);
}

#[test]
fn helpers_that_ask_for_names() {
    check_tests(&[
        (
            "def is2():\n    return not hasattr(tf, 'Session') and tf.__version__[0] == '2'\n",
            "is2()",
        ),
        (
            "def is2():\n    if hasattr(tf, 'Session'):\n        return False\n    return True\n",
            "is2()",
        ),
        (
            "def is2():\n    found = getattr(tf, 'Session', None)\n    return found is None\n",
            "is2()",
        ),
        (
            "N = 1 if hasattr(tf, 'Session') else int(tf.__version__[0])\n",
            "N == 2",
        ),
    ]);
    let code = "import tensorflow as tf\ndef keras_3():\n    version = getattr(tf.keras, 'version', None)\n    return version and version().startswith('3.')\nif keras_3():\n    tf.keras.no_such_name\nelse:\n    tf.keras.no_such_name\n";
    for (pin, line) in [("2.10.1", 8), ("2.18.1", 6)] {
        let repo = TestRepo::new()
            .file("requirements.txt", &format!("tensorflow=={pin}\n"))
            .file("app.py", code);
        let report = repo.json();
        let found = report["findings"].as_array().unwrap();
        let lines: Vec<u64> = found
            .iter()
            .map(|finding| finding["start"]["line"].as_u64().unwrap())
            .collect();
        assert_eq!(lines, [line], "{pin}: {report:#}");
    }
}

#[test]
fn marks_that_skip_tests() {
    let skip = "pytest.mark.skipif(Version(tf.__version__) >= Version('2'), reason='')";
    let head = "import pytest\n";
    check_file(&format!(
        "{head}class A:\n    pytestmark = {skip}\n    def test_a(self):\n        OLD\n        NEW # 1\ndef test_b():\n    OLD # 2\n"
    ));
    check_file(&format!(
        "{head}class A:\n    pytestmark = [{skip}]\n    def test_a(self):\n        OLD\n        NEW\n"
    ));
    check_file(&format!(
        "{head}pytestmark = {skip}\ndef test_a():\n    OLD\n    NEW # 1\n"
    ));
    check_file(&format!(
        "{head}old = {skip}\n@old\ndef test_a():\n    OLD\n    NEW # 1\n"
    ));
    // Which of two marks it is depends on something else.
    check_file(&format!(
        "{head}if x():\n    old = {skip}\nelse:\n    old = pytest.mark.skipif(tf.__version__[0] == '1')\n@old\ndef test_a():\n    OLD\n    NEW\n"
    ));
    check_file(
        "import pytest\npytest.importorskip('tensorflow', minversion='2.0')\nNEW\nOLD # 2\n",
    );
}

#[test]
fn helpers_of_other_files() {
    let helper = "import tensorflow as tf\nfrom packaging import version\nNEW = version.parse(tf.__version__).major >= 2\nTEXT = tf.__version__\ndef numbers():\n    return tuple(int(x) for x in tf.__version__.split('.')[:2])\ndef as_list():\n    return [int(x) for x in tf.__version__.split('.')[:2]]\ndef number():\n    return float('.'.join(tf.__version__.split('.')[:2]))\ndef parsed():\n    return version.parse(tf.__version__)\ndef at_least(v):\n    return version.parse(tf.__version__) >= version.parse(v)\ndef supports(name):\n    found = tf\n    for part in name.split('.'):\n        if not hasattr(found, part):\n            return False\n        found = getattr(found, part)\n    return True\n";
    let tests = [
        ("from compat import numbers\n", "numbers() >= (2, 0)"),
        ("import compat\n", "compat.number() >= 2.0"),
        ("import pkg.compat as c\n", "c.as_list() >= [2, 0]"),
        ("import pkg.compat\n", "pkg.compat.as_list()[0] == 2"),
        (
            "from pkg import compat\n",
            "compat.parsed() >= Version('2')",
        ),
        ("from compat import at_least\n", "at_least('2.0')"),
        ("from compat import NEW\n", "NEW"),
        ("from compat import TEXT\n", "Version(TEXT) >= Version('2')"),
        (
            "from compat import supports\n",
            "supports('keras.mixed_precision.set_global_policy')",
        ),
        ("import compat\n", "not compat.supports('Session')"),
    ];
    let mut files = vec![
        ("compat.py".to_owned(), helper.to_owned()),
        ("pkg/compat.py".to_owned(), helper.to_owned()),
        ("pkg/__init__.py".to_owned(), String::new()),
    ];
    for (index, (before, test)) in tests.iter().enumerate() {
        files.push((format!("case_{index}.py"), chosen(before, test)));
    }
    check(&files);
}

#[test]
fn helpers_that_look_dotted_names_up() {
    check_tests(&[
        (
            "def has(name):\n    try:\n        functools.reduce(getattr, name.split('.'), tf)\n        return True\n    except AttributeError:\n        return False\n",
            "not has('Session')",
        ),
        (
            "def has(name):\n    try:\n        operator.attrgetter(name)(tf)\n    except AttributeError:\n        return False\n    return True\n",
            "not has('Session')",
        ),
        (
            "def has(name):\n    found = tf.keras\n    for part in name.split('.'):\n        found = getattr(found, part, None)\n        if found is None:\n            return False\n    return True\n",
            "has('mixed_precision.set_global_policy')",
        ),
    ]);
    // One that is not understood silences both branches.
    check_file(
        "def has(name):\n    found = tf\n    for part in name.split('.')[1:]:\n        if not hasattr(found, part):\n            return False\n        found = getattr(found, part)\n    return True\nif has('tf.Session'):\n    OLD\nelse:\n    NEW\n",
    );
}

#[test]
fn matches_on_the_version() {
    for (subject, old, new) in [
        ("int(tf.__version__.split('.')[0])", "1", "_"),
        ("int(tf.__version__.split('.')[0])", "0 | 1", "2 | 3"),
        ("int(tf.__version__.split('.')[0])", "n if n < 2", "_"),
        ("tf.version.VERSION.split('.')", "['1', *_]", "['2', *_]"),
        ("tf.__version__[0]", "'1'", "'2'"),
        (
            "tuple(int(x) for x in tf.__version__.split('.')[:2])",
            "(1, _)",
            "(2, minor)",
        ),
        ("tf.__version__.startswith('1.')", "True", "False"),
        (
            "Version(tf.__version__).major",
            "2 as two if two > 2 or two < 2",
            "2",
        ),
    ] {
        let old_branch = if old.starts_with('2') {
            String::new()
        } else {
            format!("        {OLD}\n        {NEW} # 1\n")
        };
        let code = format!(
            "{HEAD}match {subject}:\n    case {old}:\n{old_branch}        pass\n    case {new}:\n        {NEW}\n        {OLD} # 2\n"
        );
        check(&[("app.py".to_owned(), code)]);
    }
}

#[test]
fn flags_that_an_import_sets() {
    for flag in [
        "try:\n    from tensorflow.contrib import slim\n    is_tf2 = False\nexcept:\n    is_tf2 = True\n",
        "try:\n    from tensorflow.contrib import slim\nexcept ImportError:\n    is_tf2 = True\nelse:\n    is_tf2 = False\n",
        "is_tf2 = True\ntry:\n    import tensorflow.contrib.slim as slim\n    is_tf2 = False\nexcept ImportError:\n    pass\n",
        "try:\n    tf.contrib\n    is_tf2 = False\nexcept AttributeError:\n    is_tf2 = True\n",
        "try:\n    from tensorflow.contrib import slim\nexcept ImportError:\n    slim = None\nis_tf2 = slim is None\n",
    ] {
        check(&[("app.py".to_owned(), chosen(flag, "is_tf2"))]);
        let before = "from compat import is_tf2\n";
        check(&[
            ("compat.py".to_owned(), format!("{HEAD}{flag}")),
            ("app.py".to_owned(), chosen(before, "is_tf2")),
        ]);
    }
}

#[test]
fn what_goes_through_a_module_that_only_an_import_reaches_is_judged_as_imported() {
    // `tensorflow/hub` does so: `tf.keras.saving` of Keras 3 is there once it was imported.
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.18.1\n")
        .file(
            "app.py",
            "try:\n    from tensorflow.keras.saving.saved_model import layer_serialization as x\n    x.y\nexcept ImportError:\n    pass\n",
        )
        .file(
            "other.py",
            "import tensorflow as tf\nimport tensorflow.keras.saving\n\ntf.keras.saving.load_model\ntf.keras.layers.nonsense\n",
        );
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["rule"], "TFMP004");
    assert_eq!(findings[0]["symbol"], "tensorflow.keras.layers.nonsense");
}

#[test]
fn a_flag_of_tensorflow_guards_uses_of_keras() {
    let code = "import keras\ntry:\n    from tensorflow.contrib import slim\n    is_tf2 = False\nexcept ImportError:\n    is_tf2 = True\nif not is_tf2:\n    keras.utils.no_such_name\nelse:\n    keras.utils.no_such_name\n";
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.1.0\nkeras==2.3.1\n")
        .file("app.py", code);
    let report = repo.json();
    let lines: Vec<u64> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["start"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [10], "{report:#}");
}

#[test]
fn tables_run_what_a_key_picks() {
    // What waits in a function or `lambda` runs only where it is picked.
    check_file("s = {True: lambda: NEW, False: lambda: OLD}[tf.__version__[0] == '2']()\n");
    check_file(
        "s = {\n    True: lambda: OLD, # 2\n    False: lambda: NEW, # 1\n}[tf.__version__[0] == '2']()\n",
    );
    check_file("D = {\n    '1': lambda: OLD,\n    '2': lambda: NEW,\n}\nD[tf.__version__[0]]()\n");
    check_file("s = (lambda: OLD, lambda: NEW)[tf.__version__[0] == '2']()\n");
    check_file("s = {True: lambda: NEW}.get(tf.__version__[0] == '2', print)()\n");
    check_file(
        "def old():\n    OLD\ndef new():\n    NEW\nD = {'1': old, '2': new}\ndef run():\n    return D[tf.__version__[0]]()\n",
    );
    check_file(
        "class Old:\n    def f(self):\n        OLD\nclass New:\n    def f(self):\n        NEW\nKind = (Old, New)[tf.__version__[0] == '2']\n",
    );
    // All values of a display are evaluated, and a table that goes elsewhere may run any of them.
    check_file(
        "s = {\n    True: tf.compat.v1.Session,\n    False: tf.Session, # 2\n}[tf.__version__[0] == '2']\n",
    );
    check_file(
        "def old():\n    OLD # 2\ndef new():\n    NEW # 1\nD = {'1': old, '2': new}\nprint(D)\nD[tf.__version__[0]]()\n",
    );
    check_file(
        "def old():\n    OLD # 2\ndef new():\n    NEW # 1\nD = {'a': old, 'b': new}\ndef run(mode):\n    D[mode]()\n",
    );
}

#[test]
fn the_python_that_runs() {
    // No release from 2.2 on runs on Python 2, and 1.15 does not run on 3.8.
    check_file(
        "import sys\nimport six\nfrom six import PY3\nif sys.version_info[0] == 2:\n    OLD\n    NEW # 1\nelse:\n    OLD # 2\nif sys.version_info < (3,):\n    OLD\nif six.PY2:\n    OLD\nif PY3:\n    OLD # 2\n    NEW # 1\nif sys.version_info.major >= 3 and sys.version_info >= (3, 8):\n    OLD # 2\n    NEW\n",
    );
}

#[test]
fn parameters_that_a_function_may_have() {
    check_file(
        "import inspect\nf = tf.keras.layers.serialize\nif 'x' in inspect.getfullargspec(f).args:\n    OLD\nif 'x' in inspect.signature(f).parameters:\n    OLD\nelse:\n    NEW\nknown = inspect.signature(f).parameters\nif 'x' in known:\n    OLD\ndef has(f, name):\n    return name in inspect.signature(f).parameters\nif has(f, 'x'):\n    OLD\n",
    );
}

#[test]
fn a_decorator_that_reads_signatures_guards_nothing() {
    check_file(
        "import inspect\ndef shown(function):\n    def inner(*args):\n        print(inspect.signature(function), args)\n        return function(*args)\n    return inner\n@shown\ndef run():\n    OLD # 2\n    NEW # 1\n",
    );
}
