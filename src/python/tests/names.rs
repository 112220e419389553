//! Aliases, scopes, shadowing, names that the project creates.

use super::{check, paths, read_one};

#[test]
fn assignments_bind_aliases() {
    check(
        "import tensorflow as tf\nmp = tf.keras.mixed_precision\nmp.set_policy('x')\n",
        &[
            "1:8 tensorflow import",
            "2:6 tensorflow.keras.mixed_precision <-0",
            "3:1 tensorflow.keras.mixed_precision.set_policy() <-1",
        ],
    );
    paths(
        "import tensorflow as tf\na, b = tf.x, tf.y\na.p\nb.q\n",
        &[
            "tensorflow",
            "tensorflow.x",
            "tensorflow.y",
            "tensorflow.x.p",
            "tensorflow.y.q",
        ],
    );
    paths(
        "import tensorflow as tf\na = b = tf.x\na.p\nb.q\n",
        &[
            "tensorflow",
            "tensorflow.x",
            "tensorflow.x.p",
            "tensorflow.x.q",
        ],
    );
    paths(
        "import tensorflow as tf\na: object = tf.x\na.p\n",
        &["tensorflow", "tensorflow.x", "tensorflow.x.p"],
    );
    paths(
        "import keras\nK = keras.backend\ndef f():\n    K.q\n",
        &["keras", "keras.backend", "keras.backend.q"],
    );
    paths(
        "import tensorflow as tf\nif (k := tf.x):\n    k.p\n",
        &["tensorflow", "tensorflow.x", "tensorflow.x.p"],
    );
    paths(
        "import tensorflow as tf\ndef f(y):\n    while z := tf.x:\n        z.p\n",
        &["tensorflow", "tensorflow.x", "tensorflow.x.p"],
    );
}

#[test]
fn attributes_of_self_and_class_are_aliases() {
    paths(
        "class A:\n    def __init__(self):\n        import tensorflow as tf\n        self.tf = tf\n    def f(self):\n        self.tf.x\n",
        &["tensorflow", "tensorflow.x"],
    );
    paths(
        "import tensorflow as tf\nclass A:\n    lib = tf.keras\n    def f(self):\n        self.lib.x\nA.lib.y\n",
        &[
            "tensorflow",
            "tensorflow.keras",
            "tensorflow.keras.x",
            "tensorflow.keras.y",
        ],
    );
    paths(
        "import tensorflow as tf\nclass A:\n    @classmethod\n    def g(cls):\n        cls.lib = tf.a\n    def f(self):\n        self.lib.x\n",
        &["tensorflow", "tensorflow.a", "tensorflow.a.x"],
    );
    // Two meanings: none.
    paths(
        "import tensorflow as tf\nclass A:\n    def __init__(self):\n        self.m = tf.a\n    def g(self):\n        self.m = 1\n    def f(self):\n        self.m.x\n",
        &["tensorflow", "tensorflow.a"],
    );
    // An attribute of the same name on something else.
    paths(
        "import tensorflow as tf\nx.tf.y\nself.tf.z\n",
        &["tensorflow"],
    );
}

#[test]
fn parameters_and_locals_shadow() {
    for code in [
        "def f(tf):\n    tf.x",
        "def f(*, tf=1):\n    tf.x",
        "def f(*tf):\n    tf.x",
        "def f(**tf):\n    tf.x",
        "lambda tf: tf.x",
        "[tf.x for tf in y]",
        "def f():\n    for tf in y:\n        tf.x",
        "def f():\n    with y as tf:\n        tf.x",
        "def f():\n    try:\n        pass\n    except E as tf:\n        tf.x",
        "def f(y):\n    match y:\n        case [tf, *_]:\n            tf.x",
        "def f():\n    tf = y\n    tf.x",
        "def f():\n    tf.x\n    tf = y",
        "def f():\n    (tf := y)\n    tf.x",
        "def f():\n    import torch as tf\n    tf.x",
        "def f():\n    def tf(): pass\n    tf.x",
        "def f():\n    class tf: pass\n    tf.x",
        "def f():\n    del tf\n    tf.x",
        "def f(tf):\n    def g():\n        tf.x",
        "tf = 1\ntf.x",
        "import torch as tf\ntf.x",
        "for tf in y:\n    tf.x",
        "del tf\ntf.x",
        "def tf(): pass\ntf.x",
        "for a, tf in y:\n    tf.x",
    ] {
        paths(
            &format!("import tensorflow as tf\n{code}\n"),
            &["tensorflow"],
        );
    }
}

#[test]
fn defaults_annotations_and_decorators_see_the_outer_scope() {
    paths(
        "import tensorflow as tf\ndef f(tf=tf.a, *, x: tf.b = 1) -> tf.c:\n    tf.x\n",
        &["tensorflow", "tensorflow.a", "tensorflow.b", "tensorflow.c"],
    );
    paths(
        "import tensorflow as tf\n[tf.y for tf in tf.x]\n",
        &["tensorflow", "tensorflow.x"],
    );
}

#[test]
fn a_class_body_is_not_visible_in_its_methods() {
    paths(
        "import tensorflow as tf\nclass A:\n    tf = 1\n    tf.x\n    def f(self):\n        tf.y\n",
        &["tensorflow", "tensorflow.y"],
    );
}

#[test]
fn modules_see_the_binding_of_the_line_functions_the_last_one() {
    paths(
        "def f():\n    tf.x\nimport tensorflow as tf\n",
        &["tensorflow.x", "tensorflow"],
    );
    paths("tf.x\nimport tensorflow as tf\n", &["tensorflow"]);
    paths(
        "import tensorflow as tf\ntf.x\ntf = 1\ndef f():\n    tf.y\n",
        &["tensorflow", "tensorflow.x"],
    );
    paths(
        "import tensorflow as tf\ntf.x\ntf = tf.compat.v1\ntf.y\ndef f():\n    tf.z\n",
        &[
            "tensorflow",
            "tensorflow.x",
            "tensorflow.compat.v1",
            "tensorflow.compat.v1.y",
            "tensorflow.compat.v1.z",
        ],
    );
}

#[test]
fn global_and_nonlocal_bind_further_out() {
    paths(
        "tf = None\ndef use():\n    tf.x\ndef load():\n    global tf\n    import tensorflow as tf\n",
        &["tensorflow.x", "tensorflow"],
    );
    paths(
        "import tensorflow as tf\ndef use():\n    tf.x\ndef load():\n    global tf\n    tf = 1\n",
        &["tensorflow"],
    );
    paths(
        "def f():\n    k = None\n    def g():\n        nonlocal k\n        import keras as k\n    def h():\n        k.x\n",
        &["keras", "keras.x"],
    );
}

#[test]
fn branches_that_disagree_are_silent_unless_their_conditions_tell() {
    paths(
        "if a:\n    import tensorflow as tf\nelse:\n    import tensorflow.compat.v1 as tf\ntf.x\n",
        &["tensorflow", "tensorflow.compat.v1"],
    );
    paths(
        "if a:\n    import tensorflow as tf\nelse:\n    import tensorflow as tf\ntf.x\n",
        &["tensorflow", "tensorflow", "tensorflow.x"],
    );
    paths(
        "if a:\n    import tensorflow as tf\nelse:\n    tf = None\ntf.x\n",
        &["tensorflow", "tensorflow.x"],
    );
    paths(
        "import tensorflow as tf\nif a:\n    tf = mock()\ntf.x\n",
        &["tensorflow"],
    );
    paths(
        "import tensorflow as tf\nfor a in b:\n    if a:\n        tf = a\n        break\ntf.x\n",
        &["tensorflow"],
    );
    check(
        "import tensorflow as tf\nif hasattr(tf, 'contrib'):\n    lib = tf.a\nelse:\n    lib = tf.b\nlib.c\n",
        &[
            "1:8 tensorflow import",
            "3:11 tensorflow.a <-0 [has tensorflow.contrib]",
            "5:11 tensorflow.b <-0 [lacks tensorflow.contrib]",
            "6:1 tensorflow.a.c <-1 [has tensorflow.contrib]",
            "6:1 tensorflow.b.c <-2 [lacks tensorflow.contrib]",
        ],
    );
}

#[test]
fn a_name_bound_by_version_is_judged_on_the_releases_of_each_branch() {
    check(
        "import tensorflow as tf\nif tf.__version__ < '2':\n    tf1 = tf\nelse:\n    tf1 = tf.compat.v1\ntf1.x\n",
        &[
            "1:8 tensorflow import",
            "2:4 tensorflow.__version__ <-0",
            "5:11 tensorflow.compat.v1 <-0 [no version]",
            "6:1 tensorflow.x <-0 [version]",
            "6:1 tensorflow.compat.v1.x <-2 [no version]",
        ],
    );
    paths(
        "import tensorflow as tf\nif tf2.enabled():\n    tf1 = tf\nelse:\n    tf1 = tf.compat.v1\ntf1.x\n",
        &["tensorflow"],
    );
}

#[test]
fn star_imports_supply_names_that_nothing_else_binds() {
    check(
        "from tensorflow import *\nSession()\nx = unknown\nlen(x)\nabs(1)\n",
        &["1:6 tensorflow import", "2:1 tensorflow.Session() star <-0"],
    );
    check(
        "from tensorflow.keras.layers import *\nfrom tensorflow import *\nDense(1).y\n",
        &[
            "1:6 tensorflow.keras.layers import",
            "2:6 tensorflow import",
            "3:1 tensorflow.keras.layers.Dense() star <-0",
        ],
    );
    // Two could supply it.
    paths(
        "from tensorflow.keras.layers import *\nfrom keras.layers import *\nDense(1)\n",
        &["tensorflow.keras.layers", "keras.layers"],
    );
    // Another star may have brought it.
    paths(
        "from tensorflow import *\nfrom other import *\nSession()\n",
        &["tensorflow"],
    );
    paths(
        "from tensorflow import *\nSession = 1\nSession()\n",
        &["tensorflow"],
    );
    paths(
        "from tensorflow import *\ndef f(Session):\n    Session()\n",
        &["tensorflow"],
    );
}

#[test]
fn getattr_with_a_constant_is_an_attribute() {
    check(
        "import tensorflow as tf\ngetattr(tf.keras, 'x')(1)\ngetattr(tf, 'a').b\n",
        &[
            "1:8 tensorflow import",
            "2:1 tensorflow.keras.x() <-0",
            "3:1 tensorflow.a.b <-0",
        ],
    );
    paths(
        "import tensorflow as tf\ngetattr(tf.keras, 'x', None)\ngetattr(tf.keras, name)\nf = getattr(tf, 'y', None)\nf.z\n",
        &["tensorflow", "tensorflow.keras", "tensorflow.keras"],
    );
    paths(
        "import tensorflow as tf\ndef getattr(a, b): pass\ngetattr(tf.keras, 'x')\n",
        &["tensorflow", "tensorflow.keras"],
    );
}

#[test]
fn what_the_project_creates_exists() {
    for code in [
        "tf.x = 1",
        "setattr(tf, 'x', 1)",
        "if not hasattr(tf, 'x'):\n    tf.x = 1",
        "import sys\nsys.modules['tensorflow.x'] = y",
        "mock.patch('tensorflow.x', create=True)",
        "mock.patch.object(tf, 'x', create=True)",
        "monkeypatch.setattr(tf, 'x', 1, raising=False)",
        "sys.modules.update({'tensorflow.x': 1})",
        "mock.patch.dict('sys.modules', {'tensorflow.x': 1})",
        "tf.a, tf.x = 1, 2",
        "for tf.x in y: pass",
    ] {
        paths(
            &format!("import tensorflow as tf\n{code}\ntf.x\ntf.x.y\ntf.z\n"),
            &["tensorflow", "tensorflow.z"],
        );
    }
    let reading =
        read_one("import tensorflow as tf\ntf.keras.x = 1\nsetattr(tf.a, name, 2)\ntf.a.q\n");
    assert_eq!(reading.created, ["tensorflow.a.*", "tensorflow.keras.x"]);
    let paths: Vec<&str> = reading.uses.uses.iter().map(|used| &*used.path).collect();
    assert_eq!(paths, ["tensorflow", "tensorflow.keras", "tensorflow.a"]);
}

#[test]
fn writing_and_deleting_are_no_reads() {
    paths(
        "import tensorflow as tf\ntf.a.b = 1\n",
        &["tensorflow", "tensorflow.a"],
    );
    paths(
        "import tensorflow as tf\ndel tf.a.b\n",
        &["tensorflow", "tensorflow.a"],
    );
    paths(
        "import tensorflow as tf\nmock.patch('tensorflow.x')\ntf.x\n",
        &["tensorflow", "tensorflow.x"],
    );
    paths(
        "import tensorflow as tf\ntf.a += 1\n",
        &["tensorflow", "tensorflow.a"],
    );
}

#[test]
fn bound_once_used_often_is_one_cause() {
    check(
        "from tensorflow.keras.mixed_precision import set_policy as sp\ndef f():\n    sp(1)\nx = sp\nx(2)\n",
        &[
            "1:46 tensorflow.keras.mixed_precision.set_policy from",
            "3:5 tensorflow.keras.mixed_precision.set_policy() <-0",
            "4:5 tensorflow.keras.mixed_precision.set_policy <-0",
            "5:1 tensorflow.keras.mixed_precision.set_policy() <-2",
        ],
    );
}

#[test]
fn what_tests_create_stays_in_them() {
    let created = |path: &str| {
        let path = crate::text::RepoPath::new(path);
        let project = crate::python::Project::new([&path]);
        let text = "import tensorflow as tf\ntf.x = 1\nsys.modules['keras'] = y\n";
        let reading = crate::python::read(
            &path,
            text,
            &project,
            &crate::python::ProjectExports::default(),
            &|_: &str| false,
        );
        reading
            .created_for_others()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(created("pkg/shim.py"), ["tensorflow.x"]);
    assert!(created("tests/shim.py").is_empty());
    assert!(created("docs/conf.py").is_empty());
    assert!(created("pkg/shim_test.py").is_empty());
}
