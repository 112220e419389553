//! The course of small files: `A` is the first place, `B` the second one.

use super::Course;
use crate::text::{RepoPath, Span};

fn course(text: &str) -> Course {
    Course::of(&RepoPath::new("app.py"), text).unwrap()
}

#[track_caller]
fn place(text: &str, name: &str) -> Span {
    let at = u32::try_from(text.find(name).unwrap()).unwrap();
    Span::new(at, at + u32::try_from(name.len()).unwrap())
}

/// Whether `A()` may run before `B()` in one run.
#[track_caller]
fn follows(text: &str, expected: bool) {
    let (first, second) = (place(text, "A()"), place(text, "B()"));
    assert_eq!(course(text).in_sequence(first, second), expected, "{text}");
}

#[test]
fn branches_exclude_each_other_and_what_follows_them_does_not() {
    follows("A()\nB()\n", true);
    follows("if x:\n    A()\nB()\n", true);
    follows("if x:\n    A()\nelse:\n    B()\n", false);
    follows("if x:\n    A()\nelif y:\n    B()\n", false);
    follows(
        "match x:\n    case 1:\n        A()\n    case 2:\n        B()\n",
        false,
    );
    follows("try:\n    A()\nexcept E:\n    B()\n", false);
    follows("try:\n    A()\nexcept E:\n    pass\nelse:\n    B()\n", true);
    follows(
        "try:\n    pass\nexcept E:\n    A()\nfinally:\n    B()\n",
        true,
    );
    follows("for x in y:\n    A()\nelse:\n    B()\n", true);
    follows(
        "async def f():\n    async with x:\n        A()\n    B()\n",
        true,
    );
}

#[test]
fn what_leaves_is_seen_wherever_it_stands() {
    follows("def f():\n    return A()\n    B()\n", false);
    follows("def f():\n    A(); return\n    B()\n", false);
    follows("def f():\n    A()\n    if x: return\n    B()\n", true);
    follows(
        "def f():\n    if x:\n        A()\n        return 1\n    B()\n",
        false,
    );
    follows(
        "A()\nif x:\n    raise E\nelse:\n    sys.exit(1)\nB()\n",
        false,
    );
    follows("with x:\n    A()\n    raise E\nB()\n", false);
}

#[test]
fn words_in_texts_comments_and_inner_functions_leave_nothing() {
    follows("A()\n'''\nreturn\nelse\n'''\nB()\n", true);
    follows("A()\n# else: return\nB()\n", true);
    follows("A()\ndef f():\n    return 1\nB()\n", true);
    follows("A()\nreturned = elsewhere = 1\nB()\n", true);
    follows("def f():\n    A()\ndef g():\n    B()\n", false);
    follows("@wraps(A())\ndef f(x=B()):\n    return 1\n", true);
}

#[test]
fn a_value_has_the_name_that_it_alone_is_given() {
    let named = |text: &str| {
        let course = course(text);
        course.assigned(place(text, "A()")).map(str::to_owned)
    };
    assert_eq!(named("m = A()\n").as_deref(), Some("m"));
    assert_eq!(
        named("self.m: T = \\\n    A()\n").as_deref(),
        Some("self.m")
    );
    assert_eq!(named("m = (  # why\n    A()\n)\n").as_deref(), Some("m"));
    assert_eq!(named("m = A().x\n"), None);
    assert_eq!(named("m = A() if x else y\n"), None);
    assert_eq!(named("train(\n    m=A(),\n)\n"), None);
    assert_eq!(named("m = n = A()\n"), None);
    let text = "y = A()(x)\n";
    let course = course(text);
    assert_eq!(course.assigned_result(place(text, "A()")), Some("y"));
    assert_eq!(course.assigned(place(text, "A()")), None);
}

#[test]
fn names_get_values_in_statements_of_their_own_scope() {
    let bound = |text: &str| {
        let (first, second) = (place(text, "A()"), place(text, "B()"));
        course(text).binds_between(first, second, "m")
    };
    assert!(bound("m = A(); m = 1; B()\n"));
    assert!(bound("m = A()\nfor (m, n) in x: pass\nB()\n"));
    assert!(bound("m = A()\nwith x as m: pass\nB()\n"));
    assert!(bound("m = A()\nif (m := f()): pass\nB()\n"));
    assert!(bound("m = A()\ndef f():\n    global m\n    m = 1\nB()\n"));
    assert!(!bound("m = A()\n# m = 1\nB()\n"));
    assert!(!bound("m = A()\nx = '''\nm = 1\n'''\nB()\n"));
    assert!(!bound("m = A()\nif m == 1: pass\nB()\n"));
    assert!(!bound("m = A()\nf(\n    m=1,\n)\nB()\n"));
    assert!(!bound("m = A()\ndef f():\n    m = 1\nB()\n"));
    assert!(!bound("m = A()\nx = [m for m in y]\nB()\n"));
    assert!(!bound("m = A()\nm.x = 1\nB()\n"));
}

#[test]
fn a_with_opens_its_own_body() {
    let text = "with A() as s, other:\n    B()\n    x = 1\nC()\n";
    let body = course(text).body_under(place(text, "A()")).unwrap();
    assert_eq!(&text[body.range()], "B()\n    x = 1");
    let text = "s = A()\nwith s:\n    B()\n";
    assert_eq!(course(text).body_under(place(text, "A()")), None);
}

/// Whether `g` surely has the value `A()` where `B()` stands.
#[track_caller]
fn keeps(text: &str, expected: bool) {
    let (first, second) = (place(text, "A()"), place(text, "B()"));
    assert_eq!(
        course(text).holds_until(first, second, "g"),
        expected,
        "{text}"
    );
}

#[test]
fn a_name_has_its_value_until_something_else_gives_it_another() {
    keeps("g = A()\nB()\n", true);
    keeps("g = A()\nif x:\n    B()\n", true);
    keeps("with t:\n    with u:\n        g = A()\nB()\n", true);
    keeps("g = A()\ng = clip(g)\nB()\n", false);
    keeps("g = A()\nfor g in h:\n    pass\nB()\n", false);
    keeps("if x:\n    g = A()\nelse:\n    g = C()\nB()\n", false);
    keeps("if x:\n    g = C()\nelse:\n    g = A()\nB()\n", false);
    keeps("for x in y:\n    g = A()\nB()\n", false);
    keeps("B()\ng = A()\n", false);
}

#[test]
fn a_zip_begins_with_what_it_is_given_first() {
    for text in ["zip(A(), b)", "list(zip(A(), b))", "A()"] {
        let first = course(text).first_of(place(text, text));
        assert_eq!(first, place(text, "A()"), "{text}");
    }
}
