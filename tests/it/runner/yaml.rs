//! YAML as JSON values, by the core schema of YAML 1.2: what GitHub reads in workflows and actions.
//!
//! Supported: mappings, sequences, scalars of every style. Not supported, and a failure: aliases, tags,
//! a second document, a key that stands twice.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// The value of a document.
#[track_caller]
pub(crate) fn read(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.expect("it is YAML").0);
    let mut value = None;
    while let Some(event) = events.next() {
        match event {
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Nothing => {}
            Event::DocumentStart(_) => {
                assert!(value.is_none(), "one document");
                let first = events.next().expect("a document has content");
                value = Some(node(first, &mut events));
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    value.expect("there is a document")
}

fn node<'a>(event: Event<'a>, events: &mut dyn Iterator<Item = Event<'a>>) -> Value {
    match event {
        Event::Scalar(text, style, _, None) => scalar(&text, style),
        Event::SequenceStart(_, None) => {
            let mut items = Vec::new();
            loop {
                match events.next().expect("a sequence ends") {
                    Event::SequenceEnd => return Value::Array(items),
                    item => items.push(node(item, events)),
                }
            }
        }
        Event::MappingStart(_, None) => {
            let mut map = Map::new();
            loop {
                let key = match events.next().expect("a mapping ends") {
                    Event::MappingEnd => return Value::Object(map),
                    Event::Scalar(text, ..) => text.into_owned(),
                    other => panic!("{other:?} is no key"),
                };
                let value = events.next().expect("a key has a value");
                let value = node(value, events);
                assert!(!map.contains_key(&key), "`{key}` stands twice");
                map.insert(key, value);
            }
        }
        other => panic!("not supported: {other:?}"),
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::from(true),
        "false" => Value::from(false),
        _ => text.parse::<i64>().map_or(Value::from(text), Value::from),
    }
}

#[test]
fn values_are_those_of_yaml_1_2() {
    let text = "on: {push: [a, 'true', true]}\nn: 12\nv: 1.2.3\nempty:\nrun: |\n  a\n  b\n";
    let expected = serde_json::json!({
        "on": { "push": ["a", "true", true] }, "n": 12, "v": "1.2.3", "empty": null, "run": "a\nb\n",
    });
    assert_eq!(read(text), expected);
}
