//! Comments that silence, in Python and in everything else.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp::python;
use tfmp::rules::ALL;
use tfmp::suppress::{self, Comments, directive, plain};
use tfmp::text::Span;
use tfmp_fuzz::file;

fuzz_target!(|text: &str| {
    let held = |found: &Comments| {
        for span in found.comments.iter().chain(&found.statements) {
            let part = text
                .get(span.range())
                .expect("a comment is a part of its file");
            for one in directive::read(part, span.start, ALL) {
                assert!(text.get(one.span.range()).is_some(), "{one:?}");
                assert!(text.get(one.list.range()).is_some(), "{one:?}");
            }
        }
        let file = file("a.py", text);
        let all = |_| tfmp::release::ReleaseSet::EMPTY;
        let outcome = suppress::apply(&file, found, Vec::new(), ALL, &all);
        for fault in outcome.faults {
            assert!(text.get(fault.span.range()).is_some(), "{fault:?}");
            if let Some(edit) = fault.edit {
                assert!(text.get(edit.span.range()).is_some(), "{edit:?}");
            }
        }
        for id in ALL.iter().map(|rule| rule.id) {
            let at = Span::new(0, 0);
            let _ = suppress::Silencers::of(&file, found, ALL).at(id, at);
        }
    };
    held(&plain::comments(text));
    if let Some(comments) = python::comments(text) {
        let to = |span: tfmp::text::Span| span;
        held(&Comments {
            comments: comments.comments.into_iter().map(to).collect(),
            statements: comments.statements.into_iter().map(to).collect(),
        });
    }
});
