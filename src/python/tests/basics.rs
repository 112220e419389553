//! Imports, positions, spans.

use super::{check, paths, read_one};
use crate::python::uses::Position;

#[test]
fn every_import_style_binds_and_is_a_use() {
    check(
        "import tensorflow\ntensorflow.Session()\n",
        &["1:8 tensorflow import", "2:1 tensorflow.Session() <-0"],
    );
    check(
        "import tensorflow as tf\ntf.Session()\n",
        &["1:8 tensorflow import", "2:1 tensorflow.Session() <-0"],
    );
    check(
        "import tensorflow.keras.layers\ntensorflow.keras.layers.Dense(1)\n",
        &[
            "1:8 tensorflow.keras.layers import",
            "2:1 tensorflow.keras.layers.Dense() <-0",
        ],
    );
    check(
        "import tensorflow.keras.layers as L\nL.Dense(1)\n",
        &[
            "1:8 tensorflow.keras.layers import",
            "2:1 tensorflow.keras.layers.Dense() <-0",
        ],
    );
    check(
        "from tensorflow import keras\nkeras.Model\n",
        &[
            "1:24 tensorflow.keras from",
            "2:1 tensorflow.keras.Model <-0",
        ],
    );
    check(
        "from tensorflow.keras.layers import (\n    Dense,\n    LSTM as Rnn,\n)\nDense(1)\nRnn\n",
        &[
            "2:5 tensorflow.keras.layers.Dense from",
            "3:5 tensorflow.keras.layers.LSTM from",
            "5:1 tensorflow.keras.layers.Dense() <-0",
            "6:1 tensorflow.keras.layers.LSTM <-1",
        ],
    );
    check(
        "import os, keras, tf_keras as k\nkeras.x, k.y\n",
        &[
            "1:12 keras import",
            "1:19 tf_keras import",
            "2:1 keras.x <-0",
            "2:10 tf_keras.y <-1",
        ],
    );
}

#[test]
fn imports_by_name_are_imports() {
    check(
        "import importlib\nk = importlib.import_module(\"tensorflow.keras\")\nk.x\n",
        &["2:30 tensorflow.keras import", "3:1 tensorflow.keras.x <-0"],
    );
    check(
        "from importlib import import_module\nimport_module('keras').x\n",
        &["2:1 keras.x <-1", "2:16 keras import"],
    );
    check(
        "tf = __import__('tensorflow.keras')\ntf.x\n",
        &["1:18 tensorflow.keras import", "2:1 tensorflow.x <-0"],
    );
    paths(
        "import importlib\nm = importlib.import_module(name)\nm.x\n",
        &[],
    );
    check(
        "from tensorflow.python.util.lazy_loader import LazyLoader\ntf = LazyLoader('tf', globals(), 'tensorflow.compat.v1')\ntf.x\n",
        &[
            "1:48 tensorflow.python.util.lazy_loader.LazyLoader from",
            "3:1 tensorflow.compat.v1.x",
        ],
    );
}

#[test]
fn compat_modules_collapse() {
    check(
        "import tensorflow.compat.v1 as tf\ntf.compat.v1.Session()\ntf.compat.v2.x\ntf.Session\n",
        &[
            "1:8 tensorflow.compat.v1 import",
            "2:1 tensorflow.compat.v1.Session() <-0",
            "3:1 tensorflow.compat.v2.x <-0",
            "4:1 tensorflow.compat.v1.Session <-0",
        ],
    );
    check(
        "import tensorflow as tf\ntf.compat.v1.compat.v1.compat.v2.x\ntf.compat.v2.x\n",
        &[
            "1:8 tensorflow import",
            "2:1 tensorflow.compat.v2.x <-0",
            "3:1 tensorflow.compat.v2.x <-0",
        ],
    );
    check(
        "from tensorflow.compat.v1.compat.v1 import Session\n",
        &["1:44 tensorflow.compat.v1.Session from"],
    );
}

#[test]
fn uses_stand_everywhere() {
    let body = [
        "class A(tf.a): pass",
        "def f(x=tf.a): pass",
        "def f(*, x=tf.a): pass",
        "@tf.a\ndef f(): pass",
        "@tf.a(1)\nclass A: pass",
        "def f(x: tf.a): pass",
        "def f() -> tf.a: pass",
        "x: tf.a = 1",
        "{1: tf.a}",
        "{tf.a: 1}",
        "{**tf.a}",
        "[tf.a]",
        "(tf.a,)",
        "lambda: tf.a",
        "lambda x=tf.a: x",
        "[tf.a for x in y]",
        "[x for x in tf.a]",
        "[x for x in y if tf.a]",
        "{x: tf.a for x in y}",
        "with tf.a: pass",
        "with tf.a as x, y: pass",
        "tf.a",
        "f'{tf.a}'",
        "f'{x:{tf.a}}'",
        "f'a' 'b' f'{tf.a!r}'",
        "if __name__ == '__main__':\n    tf.a",
        "match x:\n    case tf.a: pass",
        "match x:\n    case tf.a(): pass",
        "match tf.a:\n    case 1: pass",
        "for x in tf.a: pass",
        "while tf.a: pass",
        "assert tf.a",
        "assert x, tf.a",
        "raise tf.a",
        "async def f():\n    await tf.a",
        "def f():\n    yield tf.a",
        "def f():\n    return tf.a",
        "x[tf.a]",
        "x[tf.a:1]",
        "tf.a[0]",
        "x = y = tf.a",
        "x += tf.a",
        "f(*tf.a)",
        "f(**tf.a)",
        "f(x=tf.a)",
        "not tf.a",
        "-tf.a",
        "x if tf.a else y",
        "tf \\\n  .a",
        "(tf\n  .a)",
        "print(tf.a, file=x)",
        "tf.a.__doc__",
        "class A:\n    def f(self):\n        return tf.a",
        "class A:\n    x = tf.a",
        "def f():\n    def g():\n        tf.a",
        "(y := tf.a)",
        "del x[tf.a]",
        "try:\n    pass\nfinally:\n    tf.a",
        "try:\n    pass\nexcept tf.a:\n    pass",
    ];
    for line in body {
        let source = format!("import tensorflow as tf\n{line}\n");
        let reading = read_one(&source);
        let found: Vec<&str> = reading.uses.uses[1..]
            .iter()
            .map(|used| &*used.path)
            .collect();
        let expect = if line.contains("__doc__") {
            "tensorflow.a.__doc__"
        } else {
            "tensorflow.a"
        };
        assert_eq!(found, [expect], "{line}");
    }
}

#[test]
fn type_parameters_and_aliases_are_read_but_not_run() {
    check(
        "import tensorflow as tf\ndef f[T: tf.a](x): pass\ntype X = tf.b\n",
        &[
            "1:8 tensorflow import",
            "2:10 tensorflow.a <-0 [never]",
            "3:10 tensorflow.b <-0 [never]",
        ],
    );
}

#[test]
fn annotations_that_python_does_not_evaluate_never_fail() {
    check(
        "from __future__ import annotations\nimport tensorflow as tf\ndef f(x: tf.a): pass\n",
        &["2:8 tensorflow import", "3:10 tensorflow.a <-0 [never]"],
    );
    check(
        "import tensorflow as tf\ndef f():\n    x: tf.a = 1\n",
        &["1:8 tensorflow import", "3:8 tensorflow.a <-0 [never]"],
    );
}

#[test]
fn strings_comments_and_docstrings_never_count() {
    paths(
        "import tensorflow as tf\n\"tf.a\"\n# tf.b\ndef f(x: 'tf.c'):\n    '''tf.d'''\n",
        &["tensorflow"],
    );
}

#[test]
fn several_on_a_line_come_in_order() {
    check(
        "import tensorflow as tf\ntf.a(tf.b(tf.c), tf.d); tf.e\n",
        &[
            "1:8 tensorflow import",
            "2:1 tensorflow.a() <-0",
            "2:6 tensorflow.b() <-0",
            "2:11 tensorflow.c <-0",
            "2:18 tensorflow.d <-0",
            "2:25 tensorflow.e <-0",
        ],
    );
}

#[test]
fn the_longest_path_is_one_use_and_ends_at_a_call() {
    check(
        "import tensorflow as tf\ntf.keras.layers.Dense(1).foo.bar\ntf.a[0].b\n",
        &[
            "1:8 tensorflow import",
            "2:1 tensorflow.keras.layers.Dense() <-0",
            "3:1 tensorflow.a <-0",
        ],
    );
}

#[track_caller]
fn member(input: &str, index: usize, expect: Option<&str>) {
    let reading = read_one(input);
    let found = reading.uses.uses[index].member;
    assert_eq!(found.map(|span| &input[span.range()]), expect);
}

#[test]
fn a_member_is_where_the_source_spells_it() {
    member("import tensorflow as tf\ntf.keras.x\n", 1, Some("x"));
    member("import tensorflow as tf\ntf . keras . x\n", 1, Some("x"));
    member(
        "import tensorflow as tf\nmp = tf.keras\nmp.a.b\n",
        2,
        Some("b"),
    );
    member("from tensorflow.keras import x\nx()\n", 0, None);
    member("from tensorflow.keras import x\nx()\n", 1, None);
    member(
        "import tensorflow as tf\ngetattr(tf.keras, 'x')\n",
        1,
        Some("x"),
    );
    member("from tensorflow import *\nSession()\n", 1, Some("Session"));
}

#[test]
fn positions_tell_what_must_be_importable() {
    let reading = read_one("from tensorflow.keras import mixed_precision\n");
    assert_eq!(
        reading.uses.uses[0].position,
        Position::ImportFrom { module_parts: 2 }
    );
    assert_eq!(reading.uses.uses[0].alias_parts, 0);
    let reading = read_one("import tensorflow.keras as k\nk.a.b\n");
    assert_eq!(reading.uses.uses[0].position, Position::ImportModule);
    assert_eq!(reading.uses.uses[1].alias_parts, 2);
}

#[test]
fn python2_files_are_read_as_far_as_they_go() {
    paths(
        "import tensorflow as tf\nprint tf.a\nprint 'x', tf.b\nexec 'y'\ntf.c()\n",
        &["tensorflow", "tensorflow.a", "tensorflow.b", "tensorflow.c"],
    );
}

#[test]
fn broken_files_still_give_uses() {
    paths(
        "import tensorflow as tf\nif x\n    tf.a\n) tf.b\nx = = 1\n",
        &["tensorflow", "tensorflow.a", "tensorflow.b"],
    );
}

#[test]
fn a_mark_at_the_start_is_no_part_of_the_code() {
    check("\u{feff}import tensorflow\n", &["1:9 tensorflow import"]);
}

#[test]
fn deep_code_is_walked_without_running_out_of_stack() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("f(", ")"),
        ("not ", ""),
        ("1 + ", ""),
        ("lambda: ", ""),
        ("tf.b if tf.c else ", ""),
        ("{1: ", "}"),
        ("[x for x in ", "]"),
    ] {
        let code = format!(
            "import tensorflow as tf\nz = {}tf.a{}\n",
            open.repeat(900),
            close.repeat(900)
        );
        let reading = read_one(&code);
        assert!(reading.notice.is_none(), "{open}");
        assert!(
            reading
                .uses
                .uses
                .iter()
                .any(|used| *used.path == *"tensorflow.a"),
            "{open}"
        );
    }
    let mut code = String::from("import tensorflow as tf\n");
    for depth in 0..90 {
        code.push_str(&format!("{}if x:\n", " ".repeat(depth)));
    }
    code.push_str(&format!("{}tf.a\n", " ".repeat(90)));
    paths(&code, &["tensorflow", "tensorflow.a"]);
    let dots = format!("import tensorflow as tf\ntf{}\n", ".a".repeat(3_000));
    assert_eq!(
        read_one(&dots).uses.uses[1].path.matches('.').count(),
        3_000
    );
}

#[test]
fn long_code_is_read_in_time() {
    let mut code = String::from("import tensorflow as tf\nif x:\n");
    for index in 0..20_000 {
        code.push_str(&format!("    a{index} = tf.b\n"));
    }
    assert_eq!(read_one(&code).uses.uses.len(), 20_001);
}

#[test]
fn of_a_reduced_file_one_use_of_each_kind_is_left() {
    let code = "import tensorflow as tf\nif tf.__version__ > '2.4':\n    tf.a(1)\ntf.a(2)\ntf.a(3)\ntf.b\n";
    let mut uses = read_one(code).uses;
    uses.reduce();
    let left: Vec<(&str, bool)> = uses
        .uses
        .iter()
        .map(|used| (&*used.path, uses.chain(used.guard).next().is_some()))
        .collect();
    let expected = [
        ("tensorflow", false),
        ("tensorflow.__version__", false),
        ("tensorflow.a", true),
        ("tensorflow.a", false),
        ("tensorflow.b", false),
    ];
    assert_eq!(left, expected);
    assert!(uses.uses.iter().all(|used| uses.given(used).is_none()));
    assert!(uses.calls.is_empty() && uses.version_tests.is_empty());
}
