//! Instances and arguments that travel: through functions, files, dicts and `functools.partial`, and up
//! to the class that one inherits from.

use super::calls::{Classes, check, read_one};
use crate::python::uses::Given;
use crate::python::{Project, ProjectExports, read};
use crate::text::RepoPath;

#[test]
fn a_function_gives_the_instance_that_it_makes() {
    check(
        "import tensorflow as tf\ndef f():\n    return tf.A(1)\nf().go\n",
        &["tensorflow.A", "tensorflow.A.().go"],
    );
    check(
        "import tensorflow as tf\ndef f():\n    with g():\n        a = tf.A()\n        a.b()\n    return a\nx = f()\nx.go\n",
        &["tensorflow.A", "tensorflow.A.().b", "tensorflow.A.().go"],
    );
    // By way of another function.
    check(
        "import tensorflow as tf\ndef f():\n    return tf.A()\ndef g():\n    return f()\ng().go\n",
        &["tensorflow.A", "tensorflow.A.().go"],
    );
}

#[test]
fn a_function_that_may_give_something_else_gives_nothing() {
    for body in [
        "    if x:\n        return 1\n    return tf.A()",
        "    if x:\n        return tf.A()",
        "    a = tf.A()\n    if x:\n        a = wrap(a)\n    return a",
        "    if x:\n        a = tf.A()\n    return a",
        "    a = tf.A()\n    for a in x:\n        pass\n    return a",
        "    a = tf.A()\n    global a\n    return a",
        "    tf = x\n    return tf.A()",
        "    yield 1\n    return tf.A()",
    ] {
        let text = format!("import tensorflow as tf\ndef f(x):\n{body}\nf(0).go\n");
        let reading = read_one(&text);
        let told = reading
            .uses
            .uses
            .iter()
            .any(|used| used.path.ends_with(".go"));
        assert!(!told, "in:\n{text}");
    }
    check(
        "import tensorflow as tf\n@wrapped\ndef f():\n    return tf.A()\nf().go\n",
        &["tensorflow.A"],
    );
}

#[test]
fn a_function_of_another_file_gives_its_instance() {
    let files = [
        (
            "make.py",
            "import tensorflow as tf\ndef build():\n    return tf.A()\n",
        ),
        ("train.py", "from make import build\nx = build()\nx.go\n"),
    ];
    let paths: Vec<RepoPath> = files.iter().map(|(path, _)| RepoPath::new(path)).collect();
    let project = Project::new(&paths);
    let mut exports = ProjectExports::default();
    let read_with = |at: usize, exports: &ProjectExports| {
        let text = files[at].1;
        read(&paths[at], text, &project, exports, &Classes)
    };
    exports.add(&project, [&mut read_with(0, &ProjectExports::default())]);
    let reading = read_with(1, &exports);
    assert_eq!(&*reading.uses.uses[0].path, "tensorflow.A.().go");
}

#[test]
fn an_annotation_tells_of_classes_that_nobody_inherits_from() {
    check(
        "import tensorflow as tf\ndef f(x: tf.Final, y: tf.A, z: int, *a: tf.Final):\n    x.go\n    y.go\n    a.go\n",
        &[
            "tensorflow.Final",
            "tensorflow.A",
            "tensorflow.Final",
            "tensorflow.Final.().go",
        ],
    );
}

/// The keywords of all calls that are known, as `path(keywords)`, those of later calls too.
#[track_caller]
fn calls(text: &str, expect: &[&str]) {
    let text = format!("import tensorflow as tf\n{text}\n");
    let uses = read_one(&text).uses;
    let found: Vec<String> = uses
        .uses
        .iter()
        .filter_map(|used| Some((used, uses.given(used)?)))
        .map(|(used, call)| {
            let names = call.arguments.iter();
            let names: Vec<&str> = names
                .map(|one| one.keyword.as_deref().unwrap_or("*"))
                .collect();
            let later = if call.partial { " later" } else { "" };
            format!("{}({}){later}", used.path, names.join(" "))
        })
        .collect();
    assert_eq!(found, expect, "in:\n{text}");
}

#[test]
fn a_dict_that_nothing_changes_is_spelled_out_where_it_is_unpacked() {
    calls("kw = {'a': 1, 'b': 2}\ntf.f(**kw)", &["tensorflow.f(a b)"]);
    calls(
        "kw = dict(a=1)\ndef g():\n    tf.f(1, **kw)",
        &["tensorflow.f(* a)"],
    );
    for changed in [
        "kw = {'a': 1}\nkw['b'] = 2\ntf.f(**kw)",
        "kw = {'a': 1}\nkw.pop('a')\ntf.f(**kw)",
        "kw = {'a': 1}\nchange(kw)\ntf.f(**kw)",
        "kw = {'a': 1}\nkw = {'c': 1}\ntf.f(**kw)",
        "kw = {'a': 1}\ndef g(**kw):\n    tf.f(**kw)",
        "kw = {'a': 1, x: 2}\ntf.f(**kw)",
        "kw = {**x}\ntf.f(**kw)",
    ] {
        calls(changed, &["tensorflow.f(*)"]);
    }
}

#[test]
fn a_name_stands_for_the_text_that_it_is_bound_to() {
    let given = |code: &str| {
        let text = format!("import tensorflow as tf\n{code}\n");
        let uses = read_one(&text).uses;
        let used = uses.uses.iter().find(|used| used.called).unwrap();
        uses.call(used).unwrap().arguments[0].given.clone()
    };
    for bound in [
        "a = 'out'\ntf.f(a)",
        "a = x\na = 'out'\ntf.f(a)",
        "a = 'out'\ng(a='x')\ntf.f(a)",
        "a = 'out'\ndef g():\n    tf.f(a)",
        // In the first pass, which is enough to fail.
        "a = 'out'\nwhile z:\n    tf.f(a)\n    a = x()",
    ] {
        assert_eq!(given(bound), Given::Named("out".into()), "in:\n{bound}");
    }
    for bound in [
        "a = 'out'\na += '.keras'\ntf.f(a)",
        "a = 'out'\nfor a in x:\n    pass\ntf.f(a)",
        "a = 'out'\nif x:\n    a = y\ntf.f(a)",
        "a = 'out'\nb, a = 1, 2\ntf.f(a)",
        "a = 'out'\nwith f() as a:\n    pass\ntf.f(a)",
        "a = 'out'\ndef g():\n    tf.f(a)\na = x",
        "a = 'out'\ndef g():\n    global a\n    a = x()\ndef h():\n    tf.f(a)",
        "def g():\n    a = 'out'\ntf.f(a)",
    ] {
        assert_eq!(given(bound), Given::Other, "in:\n{bound}");
    }
}

#[test]
fn what_partial_keeps_is_given_later() {
    let code = "import functools\np = functools.partial(tf.f, 1, a=2)\np(3)";
    calls(code, &["tensorflow.f(* a) later"]);
    calls(
        "from functools import partial\npartial(tf.f, a=2)",
        &["tensorflow.f(a) later"],
    );
    calls("def partial(f, a):\n    pass\npartial(tf.f, a=2)", &[]);
    calls("from functools import partial\npartial(tf.f, *x)", &[]);
}

#[test]
fn a_class_calls_the_one_that_it_inherits_from() {
    calls(
        "class B(tf.A):\n    def __init__(self):\n        super().__init__(x=1)\n    def go(self):\n        super(B, self).go(y=2)",
        &["tensorflow.A(x)", "tensorflow.A.().go(y)"],
    );
    // Another class may stand between.
    for between in [
        "class B(tf.A, C):\n    def go(self):\n        super().go(y=2)",
        "class B(tf.A):\n    pass\nclass D(B):\n    def go(self):\n        super().go(y=2)",
        "class BMixin(tf.A):\n    def go(self):\n        super().go(y=2)",
        "class B(tf.A):\n    def go(self):\n        def inner():\n            super().go(y=2)",
    ] {
        calls(between, &[]);
    }
}
