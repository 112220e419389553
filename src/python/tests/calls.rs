//! Calls: their arguments, the instances that they make, and the members of these.

use crate::python::uses::Given;
use crate::python::vocabulary::ApiNames;
use crate::python::{Project, ProjectExports, Reading, read};
use crate::text::RepoPath;

/// Every capital name is a class; `only_here` belongs to `tensorflow.keras.Owner`, and to a class
/// of `library`.
pub(super) struct Classes;

impl ApiNames for Classes {
    fn is_public(&self, _: &str) -> bool {
        false
    }

    fn instance_of(&self, path: &str) -> Option<String> {
        let name = path.rsplit('.').next()?;
        name.starts_with(|c: char| c.is_ascii_uppercase())
            .then(|| path.to_owned())
    }

    fn owner_of(&self, method: &str) -> Option<&'static str> {
        (method == "only_here").then_some("tensorflow.keras.Owner")
    }

    fn methods_elsewhere(&self, package: &str) -> Vec<&'static str> {
        let only = ["only_here"].into_iter();
        only.filter(|_| package == "library").collect()
    }

    fn is_watched_in(&self, text: &str) -> bool {
        text.contains("tensorflow")
    }

    fn is_final(&self, class: &str) -> bool {
        class.ends_with("Final")
    }

    fn is_watched(&self, method: &str) -> bool {
        method == "apply"
    }
}

pub(super) fn read_one(text: &str) -> Reading {
    let path = RepoPath::new("app.py");
    let project = Project::new([&path]);
    let exports = ProjectExports::default();
    read(&path, text, &project, &exports, &Classes)
}

/// The paths of all uses but imports, in order.
#[track_caller]
pub(super) fn check(text: &str, expect: &[&str]) {
    let reading = read_one(text);
    let paths: Vec<&str> = reading
        .uses
        .uses
        .iter()
        .map(|used| &*used.path)
        .filter(|path| path.contains('.'))
        .collect();
    assert_eq!(paths, expect, "in:\n{text}");
}

#[test]
fn an_instance_is_followed_to_its_members() {
    check(
        "import tensorflow as tf\nx = tf.A()\nx.go()\ny = x\ny.at\nf(x)\n",
        &["tensorflow.A", "tensorflow.A.().go", "tensorflow.A.().at"],
    );
    check(
        "import tensorflow as tf\ntf.A().go()\nwith tf.B() as b:\n    b.go\n",
        &[
            "tensorflow.A",
            "tensorflow.A.().go",
            "tensorflow.B",
            "tensorflow.B.().go",
        ],
    );
    check(
        "import tensorflow as tf\nx = tf.function(f)\nx.go()\n",
        &["tensorflow.function"],
    );
}

#[test]
fn what_a_member_is_is_not_known() {
    check(
        "import tensorflow as tf\nx = tf.A()\nx.one.two()\nz = x.one\nz.two\n",
        &["tensorflow.A", "tensorflow.A.().one", "tensorflow.A.().one"],
    );
}

#[test]
fn a_name_that_is_bound_again_is_no_instance_any_more() {
    check(
        "import tensorflow as tf\nx = tf.A()\nif c:\n    x = tf.B()\nx.go()\n",
        &["tensorflow.A", "tensorflow.B"],
    );
    check(
        "import tensorflow as tf\nx = tf.A()\nx = wrap(x)\nx.go()\n",
        &["tensorflow.A"],
    );
}

#[test]
fn attributes_of_self_carry_instances_where_all_assignments_agree() {
    let code = "import tensorflow as tf\nclass T:\n    def __init__(self):\n        self.opt = tf.A()\n    def go(self):\n        self.opt.go()\n";
    check(code, &["tensorflow.A", "tensorflow.A.().go"]);
    let again = format!("{code}    def set(self, opt):\n        self.opt = opt\n");
    check(&again, &["tensorflow.A"]);
}

#[test]
fn a_class_that_inherits_from_the_api_has_its_members() {
    let code = "import tensorflow as tf\nclass M(tf.Model):\n    def own(self):\n        self.given()\n        self.own()\n        self.made = 1\n        self.made\n";
    check(code, &["tensorflow.Model", "tensorflow.Model.().given"]);
    check(
        "import tensorflow as tf\nclass M(Mixin, tf.Model):\n    def own(self):\n        self.given()\n",
        &["tensorflow.Model"],
    );
    check(
        "import tensorflow as tf\nclass M(tf.Model):\n    def own(self):\n        setattr(self, name, 1)\n        self.given()\n",
        &["tensorflow.Model"],
    );
    check(
        "import tensorflow as tf\nclass A(tf.Model):\n    pass\nclass B(A):\n    def own(self):\n        self.given()\n",
        &["tensorflow.Model", "tensorflow.Model.().given"],
    );
}

#[test]
fn a_method_may_tell_whose_it_is() {
    check(
        "import tensorflow as tf\ndef f(x):\n    x.only_here()\n    x.other()\n",
        &["tensorflow.keras.Owner.().only_here"],
    );
    check("def f(x):\n    x.only_here()\n", &[]);
    let reading = read_one("import keras\ndef only_here():\n    pass\n");
    assert_eq!(reading.defines, ["only_here"]);
    for text in [
        "class A:\n    only_here = f\n",
        "A.only_here = f\n",
        "setattr(A, 'only_here', f)\n",
        "import library.part\n",
        "from library import A\n",
    ] {
        assert_eq!(read_one(text).defines, ["only_here"], "{text}");
    }
    for text in [
        "f(only_here=1)\n",
        "only_here = f\n",
        "from .library import A\n",
    ] {
        assert!(read_one(text).defines.is_empty(), "{text}");
    }
    check(
        "import keras\nf(x.only_here())\n",
        &["keras.Owner.().only_here"],
    );
}

#[track_caller]
fn arguments(call: &str, expect: &[(&str, Given)]) {
    let text = format!("import tensorflow as tf\n{call}\n");
    let reading = read_one(&text);
    let uses = &reading.uses;
    let used = uses.uses.iter().find(|used| used.called).unwrap();
    let found: Vec<(&str, Given)> = uses
        .call(used)
        .unwrap()
        .arguments
        .iter()
        .map(|one| (one.keyword.as_deref().unwrap_or(""), one.given.clone()))
        .collect();
    assert_eq!(found, expect, "in {call}");
}

#[test]
fn arguments_are_what_the_source_spells_out() {
    arguments(
        "tf.f(1, 'two', three=None, four=True, **{'five': 5.5})",
        &[
            ("", Given::Number(1.0)),
            ("", Given::Text("two".into())),
            ("three", Given::Nothing),
            ("four", Given::Bool(true)),
            ("five", Given::Number(5.5)),
        ],
    );
    arguments(
        "tf.f(*a, x=y, **b)",
        &[
            ("", Given::Unpacked),
            ("x", Given::Other),
            ("", Given::UnpackedKeywords),
        ],
    );
    arguments(
        "tf.F(tf.keras.Adam())",
        &[("", Given::Instance("tensorflow.keras.Adam".into()))],
    );
}

#[test]
fn watched_methods_are_noted_with_what_they_are_called_on() {
    let code = "import tensorflow as tf\nopt = tf.A()\ndef step(x):\n    opt.apply(1)\n    x.y.apply()\n    x.other()\n";
    let uses = read_one(code).uses;
    let methods: Vec<(&str, Option<&str>, u32)> = uses
        .methods
        .iter()
        .map(|method| {
            (
                &code[method.receiver.range()],
                method.object.as_deref(),
                uses.calls[method.call as usize].body,
            )
        })
        .collect();
    assert_eq!(
        methods,
        [("opt", Some("tensorflow.A"), 1), ("x.y", None, 1)]
    );
}

/// The environment variables that a source sets, each with its value where that is spelled out.
#[track_caller]
fn variables(input: &str, expect: &[(&str, Option<&str>)]) {
    let reading = read_one(input);
    let found: Vec<(&str, Option<&str>)> = reading
        .uses
        .variables
        .iter()
        .map(|set| (&*set.name, set.value.as_deref()))
        .collect();
    assert_eq!(found, expect, "in:\n{input}");
}

#[test]
fn environment_variables_that_are_set_are_noted() {
    variables(
        "import os\nos.environ['TF_A'] = '1'\nos.environ['TF_B'] = x = str(2)\nos.environ['HOME'] = '/'\n",
        &[("TF_A", Some("1")), ("TF_B", None)],
    );
    variables(
        "import os\nos.environ.setdefault('TF_A', '1')\nos.putenv('TF_B', '2')\n\
         os.environ.update({'TF_C': '3', 'X': '4'}, TF_D='5')\n",
        &[
            ("TF_A", Some("1")),
            ("TF_B", Some("2")),
            ("TF_C", Some("3")),
            ("TF_D", Some("5")),
        ],
    );
    variables(
        "from os import environ\ndef f():\n    environ['TF_A'] = '1'\n",
        &[("TF_A", Some("1"))],
    );
    // Read, compared, or of something else.
    variables(
        "import os\nos.environ.get('TF_A')\nconfig['TF_A'] = '1'\nenv.update({'TF_A': '1'})\n",
        &[],
    );
}
