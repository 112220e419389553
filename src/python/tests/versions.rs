//! Tests of versions, understood or not.

use super::{check, paths, read_one};
use crate::python::uses::Guard;

#[test]
fn tests_on_versions_and_backends_choose_releases_in_both_branches() {
    for test in [
        "tf.__version__ < '2.4'",
        "LooseVersion(tf.__version__) < LooseVersion('2.0.0')",
        "version.parse(tf.version.VERSION) >= version.parse('2.4')",
        "tf.__version__.startswith('1')",
        "tf.VERSION[0] == '1'",
        "int(tf.__version__.split('.')[0]) >= 2",
        "IS_TF2",
        "is_tf2()",
        "utils.is_tf2()",
        "not tf2.enabled()",
        "get_tf_version() < 2.4",
        "TF_MAJOR == 1",
        "K.backend() == 'tensorflow'",
        "get_backend() == 'amd'",
        "sys.version_info[0] == 2",
        "six.PY2",
        "keras.__version__ > '2'",
        "HAS_NEW_API",
        "v >= 2",
        "v.major == 1",
        "major == 1 and minor > 12",
        "int(vers[0]) == 1",
        "FLAG",
        "self_made()",
        "hasattr(optimizer, 'get_scaled_loss')",
        "supports_fused()",
    ] {
        let source = format!(
            "import tensorflow as tf\nfrom x import parse\nv = parse(tf.__version__)\nvers = tf.__version__.split('.')\nmajor, minor = int(vers[0]), int(vers[1])\nFLAG = v.major >= 2 and minor >= 4\ndef self_made():\n    return tf.__version__ > '2'\nif {test}:\n    tf.new\nelse:\n    tf.old\ntf.always\n"
        );
        let reading = read_one(&source);
        for used in &reading.uses.uses {
            let chosen = reading.uses.chain(used.guard).any(chooses_releases);
            match &*used.path {
                "tensorflow.new" | "tensorflow.old" => assert!(chosen, "{test}: {}", used.path),
                "tensorflow.always" => assert!(!chosen, "{test}"),
                _ => {}
            }
        }
    }
}

/// Whether a condition is one of versions, understood or not.
fn chooses_releases(guard: &Guard) -> bool {
    match guard {
        Guard::Unknown | Guard::Version { .. } => true,
        Guard::All(parts) | Guard::Any(parts) => parts.iter().any(chooses_releases),
        _ => false,
    }
}

#[test]
fn tests_of_versions_are_understood() {
    for test in [
        "tf.__version__ < '2.4'",
        "LooseVersion(tf.__version__) < LooseVersion('2.0.0')",
        "version.parse(tf.version.VERSION) >= version.parse('2.4')",
        "tf.__version__.startswith(('1.', '0.'))",
        "tf.VERSION[0] == '1'",
        "int(tf.__version__.split('.')[0]) >= 2",
        "[int(i) for i in tf.__version__.split('.')[:2]] < [2, 4]",
        "tuple(map(int, tf.__version__.split('.')[:2])) >= (2, 4)",
        "float('.'.join(tf.__version__.split('.')[:2])) < 2.4",
        "tf.__version__ in ('2.3.0', '2.3.1')",
        "(2, 0) <= v.release < (2, 4)",
        "v >= parse('2')",
        "v.major == 1",
        "major == 1 and minor > 12",
        "int(vers[0]) == 1",
        "FLAG",
        "not FLAG",
        "self_made()",
        "at_least('2.4')",
        "at_least(minimum='2.4')",
        "importlib.metadata.version('tensorflow') > '2'",
        "True if v.major > 1 else False",
        "pv(tf.__version__) >= pv('2.4')",
        "pkg_resources.get_distribution('tensorflow').version < '2'",
    ] {
        let source = format!(
            "import tensorflow as tf\nfrom packaging.version import parse, parse as pv\nv = parse(tf.__version__)\nvers = tf.__version__.split('.')\nmajor, minor = int(vers[0]), int(vers[1])\nFLAG = v.major >= 2 and minor >= 4\ndef self_made():\n    \"\"\"New.\"\"\"\n    return tf.__version__ > '2'\ndef at_least(minimum):\n    return parse(tf.__version__) >= parse(minimum)\nif {test}:\n    tf.new\nelse:\n    tf.old\n"
        );
        let reading = read_one(&source);
        for used in &reading.uses.uses {
            if matches!(&*used.path, "tensorflow.new" | "tensorflow.old") {
                let guards: Vec<&Guard> = reading.uses.chain(used.guard).collect();
                assert!(!guards.is_empty(), "{test}");
                assert!(
                    !guards.iter().any(|guard| **guard == Guard::Unknown),
                    "{test}"
                );
            }
        }
    }
}

#[test]
fn early_exit_on_a_version_narrows_the_rest() {
    check(
        "import tensorflow as tf\ndef f():\n    if tf.__version__ < '2':\n        return tf.old()\n    tf.new()\ntf.x\n",
        &[
            "1:8 tensorflow import",
            "3:8 tensorflow.__version__ <-0",
            "4:16 tensorflow.old() <-0 [version]",
            "5:5 tensorflow.new() <-0 [no version]",
            "6:1 tensorflow.x <-0",
        ],
    );
    check(
        "import tensorflow as tf\nassert tf.__version__ >= '2'\ntf.x\n",
        &[
            "1:8 tensorflow import",
            "2:8 tensorflow.__version__ <-0",
            "3:1 tensorflow.x <-0 [version]",
        ],
    );
}

#[test]
fn decorators_that_choose_releases_guard_the_body() {
    check(
        "import tensorflow as tf\n@unittest.skipIf(not hasattr(tf, 'x'), 'old')\ndef f():\n    tf.a\n",
        &[
            "1:8 tensorflow import",
            "4:5 tensorflow.a <-0 [has tensorflow.x]",
        ],
    );
    check(
        "import tensorflow as tf\n@unittest.skipUnless(hasattr(tf, 'x'), 'old')\nclass A:\n    def f(self):\n        tf.a\n",
        &[
            "1:8 tensorflow import",
            "5:9 tensorflow.a <-0 [has tensorflow.x]",
        ],
    );
    for decorator in [
        "pytest.mark.skipif(tf.__version__ < '2', reason='')",
        "test_util.run_v1_only",
        "require_tf2",
        "unittest.skipIf(IS_TF2, '')",
    ] {
        let source = format!("import tensorflow as tf\n@{decorator}\ndef f():\n    tf.a\n");
        let reading = read_one(&source);
        let used = reading.uses.uses.last().unwrap();
        assert_eq!(&*used.path, "tensorflow.a");
        assert!(
            reading.uses.chain(used.guard).any(chooses_releases),
            "{decorator}"
        );
    }
    check(
        "import tensorflow as tf\n@tf.function\ndef f():\n    tf.a\n",
        &[
            "1:8 tensorflow import",
            "2:2 tensorflow.function <-0",
            "4:5 tensorflow.a <-0",
        ],
    );
    check(
        "import tensorflow as tf\npytestmark = pytest.mark.skipif(tf.__version__ < '2')\ndef test():\n    tf.a\n",
        &[
            "1:8 tensorflow import",
            "2:33 tensorflow.__version__ <-0",
            "4:5 tensorflow.a <-0 [no version]",
        ],
    );
    paths(
        "import tensorflow as tf\npytestmark = [pytest.mark.skipif(tf.__version__ < '2')]\ndef test():\n    tf.a\n",
        &["tensorflow", "tensorflow.__version__"],
    );
}

#[test]
fn match_on_a_version_narrows_each_case() {
    check(
        "import tensorflow as tf\nmatch tf.__version__[0]:\n    case '1':\n        tf.a\n    case _:\n        tf.b\nmatch x:\n    case 1:\n        tf.c\n",
        &[
            "1:8 tensorflow import",
            "2:7 tensorflow.__version__ <-0",
            "4:9 tensorflow.a <-0 [version]",
            "6:9 tensorflow.b <-0 [no version]",
            "9:9 tensorflow.c <-0",
        ],
    );
    // A pattern that is not understood.
    paths(
        "import tensorflow as tf\nmatch tf.__version__:\n    case str(x):\n        tf.a\n    case _:\n        tf.b\n",
        &["tensorflow", "tensorflow.__version__"],
    );
}

#[test]
fn parameters_of_a_function_are_a_condition() {
    for list in [
        "inspect.signature(tf.f).parameters",
        "inspect.signature(tf.f).parameters.keys()",
        "inspect.getfullargspec(tf.f).args",
        "getargspec(tf.f).args",
    ] {
        let text = format!(
            "import tensorflow as tf\nif 'x' in {list}:\n    tf.a\nelif 'y' not in {list}:\n    tf.b\n"
        );
        let reading = read_one(&text);
        let uses = &reading.uses;
        let guards = |path: &str| -> Vec<String> {
            let used = uses.uses.iter().find(|used| *used.path == *path).unwrap();
            uses.chain(used.guard).map(super::say).collect()
        };
        assert_eq!(guards("tensorflow.a"), ["tensorflow.f accepts x"], "{list}");
        assert_eq!(
            guards("tensorflow.b"),
            ["all(tensorflow.f refuses x tensorflow.f refuses y)"],
            "{list}"
        );
    }
}

#[test]
fn what_a_guard_keeps_from_running_is_not_judged() {
    let head = "import tensorflow as tf\nfrom packaging.version import parse\nNEW = parse(tf.__version__) >= parse('2.4')\n";
    for code in [
        "def need():\n    if not NEW:\n        raise ImportError\ndef f():\n    need()\n    tf.new\n",
        "def need():\n    assert NEW\nneed()\ntf.new\n",
        "class A:\n    def setUp(self):\n        if not NEW:\n            self.skipTest('old')\n    def test(self):\n        tf.new\n",
        "@unittest.skip('broken')\ndef test():\n    tf.new\n",
        "class A:\n    @property\n    def new(self):\n        return NEW\n    def f(self):\n        if self.new:\n            tf.new\n",
    ] {
        let text = format!("{head}{code}");
        let reading = read_one(&text);
        let uses = reading.uses.uses.iter();
        for used in uses.filter(|used| *used.path == *"tensorflow.new") {
            let mut guards = reading.uses.chain(used.guard);
            assert!(
                guards.any(|guard| matches!(guard, Guard::Unknown | Guard::Never)),
                "{code}"
            );
        }
    }
    check(
        "import tensorflow as tf\ndef fail():\n    raise ImportError('old')\nif not hasattr(tf, 'x'):\n    fail()\ntf.x\n",
        &[
            "1:8 tensorflow import",
            "6:1 tensorflow.x <-0 [has tensorflow.x]",
        ],
    );
}

#[test]
fn values_that_grow_line_by_line_are_dropped() {
    for line in [
        "x = x and x",
        "x = not x",
        "x, y = x",
        "x = (x, x)",
        "x = x[0]",
        "x = [x]",
        "x = x if x else x",
        "def f(a): return (a, a)\nx = f(x)",
    ] {
        let text = format!(
            "import tensorflow as tf\nx = tf.__version__ < '2'\n{}if x:\n    tf.a\n",
            format!("{line}\n").repeat(20_000)
        );
        let reading = read_one(&text);
        assert!(reading.notice.is_none(), "{line}");
    }
}
