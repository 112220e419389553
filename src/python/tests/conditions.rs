//! Guards.

use super::{check, paths};

#[test]
fn try_catches_what_it_names() {
    let code =
        |except: &str| format!("import tensorflow as tf\ntry:\n    tf.a\n{except}\n    pass\n");
    for except in [
        "except AttributeError:",
        "except (KeyError, AttributeError):",
        "except builtins.AttributeError as e:",
    ] {
        check(
            &code(except),
            &[
                "1:8 tensorflow import",
                "3:5 tensorflow.a <-0 [catches attribute]",
            ],
        );
    }
    for except in [
        "except:",
        "except Exception:",
        "except BaseException as e:",
        "except ERRORS:",
    ] {
        check(
            &code(except),
            &[
                "1:8 tensorflow import",
                "3:5 tensorflow.a <-0 [catches value, catches type, catches import, catches attribute]",
            ],
        );
    }
    for except in ["except ImportError:", "except ModuleNotFoundError:"] {
        check(
            &code(except),
            &[
                "1:8 tensorflow import",
                "3:5 tensorflow.a <-0 [catches import]",
            ],
        );
    }
    check(
        &code("except ValueError:"),
        &[
            "1:8 tensorflow import",
            "3:5 tensorflow.a <-0 [catches value]",
        ],
    );
    for except in [
        "except (KeyError, OSError):",
        "except tf.errors.NotFoundError:",
    ] {
        paths(
            &code(except).replace("tf.errors.NotFoundError", "errors.NotFoundError"),
            &["tensorflow", "tensorflow.a"],
        );
        assert!(
            !format!("{:?}", super::read_one(&code(except)).uses.guards).contains("Catches"),
            "{except}"
        );
    }
}

#[test]
fn a_handler_that_raises_again_catches_nothing() {
    check(
        "import tensorflow as tf\ntry:\n    tf.a\nexcept Exception as e:\n    log(e)\n    raise\n",
        &["1:8 tensorflow import", "3:5 tensorflow.a <-0"],
    );
}

#[test]
fn else_and_finally_are_not_guarded_by_the_handler() {
    check(
        "import tensorflow as tf\ntry:\n    tf.a\nexcept AttributeError:\n    tf.b\nelse:\n    tf.c\nfinally:\n    tf.d\ntf.e\n",
        &[
            "1:8 tensorflow import",
            "3:5 tensorflow.a <-0 [catches attribute]",
            "5:5 tensorflow.b <-0 [failed 1]",
            "7:5 tensorflow.c <-0 [worked 1]",
            "9:5 tensorflow.d <-0",
            "10:1 tensorflow.e <-0",
        ],
    );
}

#[test]
fn a_handler_knows_which_uses_can_have_failed() {
    check(
        "try:\n    from tensorflow.a import b\n    from tensorflow.c import d\n    b.e\nexcept ImportError:\n    from tensorflow.f import d\nd.g\n",
        &[
            "2:30 tensorflow.a.b from [catches import]",
            "3:30 tensorflow.c.d from [catches import]",
            "4:5 tensorflow.a.b.e <-0 [catches import]",
            "6:30 tensorflow.f.d from [failed 0+1]",
            "7:1 tensorflow.c.d.g <-1 [worked 0+1]",
            "7:1 tensorflow.f.d.g <-3 [failed 0+1]",
        ],
    );
}

#[test]
fn a_body_without_uses_tells_nothing_about_its_handler() {
    check(
        "import tensorflow as tf\ntry:\n    model.go()\nexcept AttributeError:\n    tf.b\n",
        &["1:8 tensorflow import", "5:5 tensorflow.b <-0 [failed ]"],
    );
    check(
        "import tensorflow as tf\ntry:\n    model.go()\nexcept ValueError:\n    tf.b\n",
        &["1:8 tensorflow import", "5:5 tensorflow.b <-0"],
    );
    check(
        "import tensorflow as tf\ntry:\n    f(x=1)\nexcept TypeError:\n    tf.b\n",
        &["1:8 tensorflow import", "5:5 tensorflow.b <-0 [unknown]"],
    );
}

#[test]
fn names_bound_in_a_try_are_as_certain_as_it() {
    check(
        "try:\n    import tensorflow.contrib as c\nexcept ImportError:\n    c = None\nif c is not None:\n    c.x\nelse:\n    import tensorflow.y\n",
        &[
            "2:12 tensorflow.contrib import [catches import]",
            "5:4 tensorflow.contrib <-0 [worked 0]",
            "6:5 tensorflow.contrib.x <-0 [worked 0]",
            "8:12 tensorflow.y import [failed 0]",
        ],
    );
    check(
        "try:\n    from tensorflow import contrib\n    HAS = True\nexcept ImportError:\n    HAS = False\nif HAS:\n    contrib.a\nif not HAS:\n    import keras.b\n",
        &[
            "2:28 tensorflow.contrib from [catches import]",
            "7:5 tensorflow.contrib.a <-0 [worked 0]",
            "9:12 keras.b import [failed 0]",
        ],
    );
    check(
        "HAS = False\ntry:\n    from tensorflow import contrib\n    HAS = True\nexcept ImportError:\n    pass\nif not HAS:\n    import keras.b\n",
        &[
            "3:28 tensorflow.contrib from [catches import]",
            "8:12 keras.b import [failed 0]",
        ],
    );
}

#[test]
fn an_import_that_must_work_is_certain_after_it() {
    check(
        "try:\n    import tensorflow as tf\nexcept ImportError:\n    raise SystemExit('install it')\ntf.x\n",
        &[
            "2:12 tensorflow import [catches import]",
            "5:1 tensorflow.x <-0 [worked 0]",
        ],
    );
    check(
        "try:\n    import tensorflow as tf\nexcept ImportError:\n    pass\ntf.x\n",
        &[
            "2:12 tensorflow import [catches import]",
            "5:1 tensorflow.x <-0",
        ],
    );
}

#[test]
fn functions_defined_in_a_try_run_outside_of_it() {
    check(
        "import tensorflow as tf\ntry:\n    def f():\n        tf.a\n    g = lambda: tf.b\nexcept AttributeError:\n    pass\n",
        &[
            "1:8 tensorflow import",
            "4:9 tensorflow.a <-0",
            "5:17 tensorflow.b <-0",
        ],
    );
}

#[test]
fn suppress_is_a_try() {
    check(
        "import contextlib\nimport tensorflow as tf\nwith contextlib.suppress(AttributeError):\n    tf.a\ntf.b\n",
        &[
            "2:8 tensorflow import",
            "4:5 tensorflow.a <-0 [catches attribute]",
            "5:1 tensorflow.b <-0",
        ],
    );
    check(
        "import tensorflow as tf\nwith pytest.raises((AttributeError, TypeError)):\n    tf.a\n",
        &[
            "1:8 tensorflow import",
            "3:5 tensorflow.a <-0 [catches type, catches attribute]",
        ],
    );
}

#[test]
fn hasattr_narrows_both_branches() {
    check(
        "import tensorflow as tf\nif hasattr(tf.k, 'x'):\n    tf.a\nelse:\n    tf.b\ntf.c\n",
        &[
            "1:8 tensorflow import",
            "2:12 tensorflow.k <-0",
            "3:5 tensorflow.a <-0 [has tensorflow.k.x]",
            "5:5 tensorflow.b <-0 [lacks tensorflow.k.x]",
            "6:1 tensorflow.c <-0",
        ],
    );
    check(
        "import tensorflow as tf\nif not hasattr(tf, 'x'):\n    tf.a\nelif hasattr(tf, 'y'):\n    tf.b\nelse:\n    tf.c\n",
        &[
            "1:8 tensorflow import",
            "3:5 tensorflow.a <-0 [lacks tensorflow.x]",
            "5:5 tensorflow.b <-0 [all(has tensorflow.x has tensorflow.y)]",
            "7:5 tensorflow.c <-0 [all(has tensorflow.x lacks tensorflow.y)]",
        ],
    );
}

#[test]
fn and_or_narrow_within_the_expression() {
    check(
        "import tensorflow as tf\nhasattr(tf, 'x') and tf.x.y\nhasattr(tf, 'z') or tf.w\n",
        &[
            "1:8 tensorflow import",
            "2:22 tensorflow.x.y <-0 [has tensorflow.x]",
            "3:21 tensorflow.w <-0 [lacks tensorflow.z]",
        ],
    );
    check(
        "import tensorflow as tf\nif hasattr(tf, 'x') and args.y:\n    tf.a\nelse:\n    tf.b\nif hasattr(tf, 'x') or hasattr(tf, 'y'):\n    tf.c\nelse:\n    tf.d\n",
        &[
            "1:8 tensorflow import",
            "3:5 tensorflow.a <-0 [has tensorflow.x]",
            "5:5 tensorflow.b <-0",
            "7:5 tensorflow.c <-0 [any(has tensorflow.x has tensorflow.y)]",
            "9:5 tensorflow.d <-0 [all(lacks tensorflow.x lacks tensorflow.y)]",
        ],
    );
    paths(
        "import tensorflow as tf\nif hasattr(tf, 'x') or tf2.enabled():\n    tf.a\nelse:\n    tf.b\n",
        &["tensorflow"],
    );
}

#[test]
fn early_exits_narrow_the_rest() {
    for exit in [
        "return",
        "raise X",
        "sys.exit(1)",
        "os._exit(1)",
        "pytest.skip('old')",
        "assert False",
        "exit()",
    ] {
        check(
            &format!(
                "import tensorflow as tf\ndef f():\n    if not hasattr(tf, 'x'):\n        {exit}\n    tf.a\n"
            ),
            &[
                "1:8 tensorflow import",
                "5:5 tensorflow.a <-0 [has tensorflow.x]",
            ],
        );
    }
    check(
        "import tensorflow as tf\nfor i in y:\n    if not hasattr(tf, 'x'):\n        continue\n    tf.a\ntf.b\n",
        &[
            "1:8 tensorflow import",
            "5:5 tensorflow.a <-0 [has tensorflow.x]",
            "6:1 tensorflow.b <-0",
        ],
    );
    check(
        "import tensorflow as tf\ndef f():\n    if hasattr(tf, 'x'):\n        if z:\n            return 1\n        return 2\n    tf.a\ndef g():\n    tf.b\n",
        &[
            "1:8 tensorflow import",
            "7:5 tensorflow.a <-0 [lacks tensorflow.x]",
            "9:5 tensorflow.b <-0",
        ],
    );
    check(
        "import tensorflow as tf\ndef f():\n    return 1\n    tf.a\n",
        &["1:8 tensorflow import", "4:5 tensorflow.a <-0 [never]"],
    );
}

#[test]
fn an_early_raise_at_module_level_narrows_the_functions_below() {
    check(
        "import tensorflow as tf\ndef f():\n    tf.a\nif not hasattr(tf, 'x'):\n    raise ImportError\ndef g():\n    tf.b\n",
        &[
            "1:8 tensorflow import",
            "3:5 tensorflow.a <-0",
            "7:5 tensorflow.b <-0 [has tensorflow.x]",
        ],
    );
}

#[test]
fn ternary_while_assert_and_comprehension() {
    check(
        "import tensorflow as tf\nx = tf.a if hasattr(tf, 'a') else tf.b\nx()\n",
        &[
            "1:8 tensorflow import",
            "2:5 tensorflow.a <-0 [has tensorflow.a]",
            "2:35 tensorflow.b <-0 [lacks tensorflow.a]",
            "3:1 tensorflow.a() <-1 [has tensorflow.a]",
            "3:1 tensorflow.b() <-2 [lacks tensorflow.a]",
        ],
    );
    check(
        "import tensorflow as tf\n(tf.a if hasattr(tf, 'a') else tf.b).c('x')\n",
        &[
            "1:8 tensorflow import",
            "2:1 tensorflow.a.c() <-3 [has tensorflow.a]",
            "2:1 tensorflow.b.c() <-4 [lacks tensorflow.a]",
            "2:2 tensorflow.a <-0 [has tensorflow.a]",
            "2:32 tensorflow.b <-0 [lacks tensorflow.a]",
        ],
    );
    check(
        "import tensorflow as tf\nwhile hasattr(tf, 'a'):\n    tf.a\ntf.b\nassert hasattr(tf, 'c'), tf.d\ntf.c\n",
        &[
            "1:8 tensorflow import",
            "3:5 tensorflow.a <-0 [has tensorflow.a]",
            "4:1 tensorflow.b <-0",
            "5:26 tensorflow.d <-0 [lacks tensorflow.c]",
            "6:1 tensorflow.c <-0 [has tensorflow.c]",
        ],
    );
    check(
        "import tensorflow as tf\n[tf.a for x in y if hasattr(tf, 'a')]\n",
        &[
            "1:8 tensorflow import",
            "2:2 tensorflow.a <-0 [has tensorflow.a]",
        ],
    );
}

#[test]
fn other_spellings_of_hasattr() {
    for test in [
        "'x' in dir(tf)",
        "'x' in vars(tf)",
        "'x' in tf.__dict__",
        "getattr(tf, 'x', None)",
        "getattr(tf, 'x', None) is not None",
        "getattr(tf, 'x', False)",
        "callable(getattr(tf, 'x', None))",
        "bool(hasattr(tf, 'x'))",
        "hasattr(tf, 'x') is True",
        "not not hasattr(tf, 'x')",
        "not 'x' not in dir(tf)",
        "(h := hasattr(tf, 'x'))",
    ] {
        check(
            &format!("import tensorflow as tf\nif {test}:\n    tf.a\n"),
            &[
                "1:8 tensorflow import",
                "3:5 tensorflow.a <-0 [has tensorflow.x]",
            ],
        );
    }
    check(
        "import importlib.util\nif importlib.util.find_spec('tensorflow.x') is None:\n    import tensorflow.y\n",
        &["3:12 tensorflow.y import [lacks module tensorflow.x]"],
    );
}

#[test]
fn flags_carry_their_test() {
    check(
        "import tensorflow as tf\nHAS = hasattr(tf, 'x')\ndef f():\n    if HAS:\n        tf.a\n    if not HAS:\n        tf.b\n",
        &[
            "1:8 tensorflow import",
            "5:9 tensorflow.a <-0 [has tensorflow.x]",
            "7:9 tensorflow.b <-0 [lacks tensorflow.x]",
        ],
    );
    check(
        "import tensorflow as tf\nif hasattr(tf, 'x'):\n    OLD = False\nelse:\n    OLD = True\nif OLD:\n    tf.a\n",
        &[
            "1:8 tensorflow import",
            "7:5 tensorflow.a <-0 [lacks tensorflow.x]",
        ],
    );
    check(
        "import tensorflow as tf\nclass A:\n    def __init__(self):\n        self.new = hasattr(tf, 'x')\n    def f(self):\n        if self.new:\n            tf.a\n",
        &[
            "1:8 tensorflow import",
            "7:13 tensorflow.a <-0 [has tensorflow.x]",
        ],
    );
    check(
        "import tensorflow as tf\nfn = getattr(tf, 'x', None)\nif fn is None:\n    tf.a\n",
        &[
            "1:8 tensorflow import",
            "4:5 tensorflow.a <-0 [lacks tensorflow.x]",
        ],
    );
}

#[test]
fn type_checking_never_runs() {
    check(
        "from typing import TYPE_CHECKING\nimport typing as t\nif TYPE_CHECKING:\n    import tensorflow.a\nif t.TYPE_CHECKING:\n    import tensorflow.b\nif not TYPE_CHECKING:\n    import tensorflow.c\n",
        &[
            "4:12 tensorflow.a import [never]",
            "6:12 tensorflow.b import [never]",
            "8:12 tensorflow.c import",
        ],
    );
    check(
        "if TYPE_CHECKING:\n    from keras.api import x as k\nelse:\n    from tensorflow import keras as k\nk.y\nif False:\n    k.z\n",
        &[
            "2:27 keras.api.x from [never]",
            "4:28 tensorflow.keras from",
            "5:1 tensorflow.keras.y <-1",
            "7:5 tensorflow.keras.z <-1 [never]",
        ],
    );
}

#[test]
fn conditions_about_other_things_guard_nothing() {
    for test in [
        "args.train",
        "len(x) > 1",
        "tf.executing_eagerly()",
        "hasattr(args, 'x')",
        "hasattr(self, 'sess')",
        "is_tf_available()",
        "isinstance(x, tf.Tensor)",
        "keras.backend.image_data_format() == 'x'",
        "x is None",
        "mode == 'train'",
    ] {
        let source = format!("import tensorflow as tf\nif {test}:\n    tf.a\nelse:\n    tf.b\n");
        let reading = super::read_one(&source);
        assert!(
            reading.uses.uses.iter().all(|used| used.guard.is_none()),
            "{test}"
        );
    }
}

#[test]
fn a_binding_carries_its_condition_into_functions() {
    check(
        "import tensorflow as tf\nif hasattr(tf, 'x'):\n    mp = tf.x\ndef f():\n    mp.y\n",
        &[
            "1:8 tensorflow import",
            "3:10 tensorflow.x <-0 [has tensorflow.x]",
            "5:5 tensorflow.x.y <-1 [has tensorflow.x]",
        ],
    );
}

#[test]
fn importorskip_is_a_condition() {
    check(
        "import pytest\ntf = pytest.importorskip('tensorflow')\nc = pytest.importorskip('tensorflow.contrib')\nc.x\ntf.y\n",
        &[
            "4:1 tensorflow.contrib.x [has module tensorflow.contrib]",
            "5:1 tensorflow.y [has module tensorflow.contrib]",
        ],
    );
    check(
        "import pytest\ntf = pytest.importorskip('tensorflow', minversion='2')\ntf.y\n",
        &["3:1 tensorflow.y [version]"],
    );
    paths(
        "import pytest\ntf = pytest.importorskip('tensorflow', minversion=LEAST)\ntf.y\n",
        &[],
    );
}

#[test]
fn nested_tries() {
    check(
        "try:\n    from tensorflow.a import x\nexcept ImportError:\n    try:\n        from tensorflow.b import x\n    except ImportError:\n        x = None\nx.y\n",
        &[
            "2:30 tensorflow.a.x from [catches import]",
            "5:34 tensorflow.b.x from [catches import, failed 0]",
            "8:1 tensorflow.a.x.y <-0 [worked 0]",
            "8:1 tensorflow.b.x.y <-1 [all(failed 0 worked 1)]",
        ],
    );
}

#[test]
fn a_helper_that_raises_by_version_makes_the_rest_unknown() {
    paths(
        "import tensorflow as tf\ndef need():\n    if tf.__version__ < '2':\n        raise X\ndef f():\n    need()\n    tf.a\ndef g():\n    err_if_tf2()\n    tf.b\ndef h():\n    check_min_version('4')\n    tf.c\n",
        &["tensorflow", "tensorflow.__version__", "tensorflow.c"],
    );
}

#[test]
fn functions_that_are_only_called_under_a_condition_share_it() {
    check(
        "import tensorflow as tf\ndef old():\n    tf.a\ndef new():\n    tf.b\ndef both():\n    tf.c\ndef free():\n    tf.d\nif hasattr(tf, 'x'):\n    new(), both()\nelse:\n    old(), both()\n",
        &[
            "1:8 tensorflow import",
            "3:5 tensorflow.a <-0 [lacks tensorflow.x]",
            "5:5 tensorflow.b <-0 [has tensorflow.x]",
            "7:5 tensorflow.c <-0 [any(has tensorflow.x lacks tensorflow.x)]",
            "9:5 tensorflow.d <-0",
        ],
    );
    // Through other functions, and called twice.
    check(
        "import tensorflow as tf\ndef inner():\n    inner()\n    tf.a\ndef outer():\n    inner()\nif hasattr(tf, 'x'):\n    outer()\ndef twice():\n    tf.b\ntwice()\nif hasattr(tf, 'x'):\n    twice()\n",
        &[
            "1:8 tensorflow import",
            "4:5 tensorflow.a <-0 [has tensorflow.x]",
            "10:5 tensorflow.b <-0",
        ],
    );
    // Methods and classes.
    check(
        "import tensorflow as tf\nclass A:\n    def old(self):\n        tf.a\n    def run(self):\n        if not hasattr(tf, 'x'):\n            self.old()\n        tf.b\nclass B:\n    def run(self):\n        tf.c\nA()\nif hasattr(tf, 'y'):\n    B().run()\n",
        &[
            "1:8 tensorflow import",
            "4:9 tensorflow.a <-0 [lacks tensorflow.x]",
            "8:9 tensorflow.b <-0",
            "11:9 tensorflow.c <-0 [has tensorflow.y]",
        ],
    );
    // What is caught around the call.
    paths(
        "import tensorflow as tf\ndef new():\n    tf.a\ntry:\n    new()\nexcept AttributeError:\n    pass\n",
        &["tensorflow"],
    );
    // Under a condition that chooses nothing.
    paths(
        "import tensorflow as tf\ndef main():\n    tf.a\nif __name__ == '__main__':\n    main()\n",
        &["tensorflow", "tensorflow.a"],
    );
}

/// What such a test says has nothing to do with the releases of TensorFlow.
#[test]
fn versions_of_unrelated_packages_hide_nothing() {
    let all = &["tensorflow", "tensorflow.a"];
    for test in [
        "assert sklearn.__version__ >= '0.20'",
        "assert sys.version_info >= (3, 5) and sklearn.__version__ >= '0.20'",
        "assert version.parse(matplotlib.__version__) >= version.parse('3.1')",
        "if tuple(map(int, torch.__version__.split('.')[:2])) < (1, 8):\n    raise ValueError",
        "if int(cv2.__version__[0]) < 3:\n    raise ValueError",
        "current = pd.__version__\nif current < '1':\n    raise ValueError",
    ] {
        let head = "import tensorflow as tf\nimport cv2, matplotlib, sklearn, sys, torch\n\
                    import pandas as pd\nfrom packaging import version\n";
        paths(&format!("{head}{test}\ntf.a\n"), all);
    }
}

#[test]
fn versions_of_related_and_unknown_packages_are_unknown_tests() {
    for test in [
        "assert tfa.__version__ >= '0.20'",
        "assert np.__version__ >= '1.20'",
        "assert transformers.__version__ >= '0.20'",
        "assert mine(sklearn.__version__) >= tf_version",
        "assert sklearn.__version__ >= versions['sklearn']",
        "sklearn = tfa\nassert f(sklearn.__version__) >= '0.20'",
    ] {
        let head = "import tensorflow as tf\nimport sklearn, transformers\n\
                    import tensorflow_addons as tfa\nimport numpy as np\n";
        paths(&format!("{head}{test}\ntf.a\n"), &["tensorflow"]);
    }
}
