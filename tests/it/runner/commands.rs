//! What GitHub's runner makes of the log of a step and of the files that a step writes for it.

use std::collections::BTreeMap;

/// A command that the runner carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// Such as `error`, in lower case.
    pub(crate) name: String,
    /// Such as `file`, decoded.
    pub(crate) properties: BTreeMap<String, String>,
    /// The message, decoded.
    pub(crate) data: String,
}

const NAMES: &[&str] = &[
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
];

/// The commands in a log. `::name key=value::data` begins a line, blanks aside; the older form
/// `##[name key=value;]data` counts wherever it stands.
pub(crate) fn commands(log: &str) -> Vec<Command> {
    let mut found = Vec::new();
    let mut stopped: Option<String> = None;
    for line in log.lines() {
        let Some(command) = new_form(line).or_else(|| old_form(line)) else {
            continue;
        };
        if let Some(token) = &stopped {
            if command.name.eq_ignore_ascii_case(token) {
                stopped = None;
            }
        } else if command.name == "stop-commands" {
            stopped = Some(command.data.clone());
        } else if NAMES.contains(&command.name.as_str()) {
            found.push(command);
        }
    }
    found
}

fn new_form(line: &str) -> Option<Command> {
    let (head, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    Some(command(head, ',', &decode(data, &["%0D", "%0A", "%25"])))
}

fn old_form(line: &str) -> Option<Command> {
    let (_, behind) = line.split_once("##[")?;
    let (head, data) = behind.split_once(']')?;
    Some(command(head, ';', data))
}

fn command(head: &str, between: char, data: &str) -> Command {
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let pairs = properties.split(between);
    let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    let decoded = |value: &str| decode(value, &["%0D", "%0A", "%3A", "%2C", "%5D", "%3B", "%25"]);
    Command {
        name: name.to_ascii_lowercase(),
        properties: pairs
            .map(|(key, value)| (key.to_owned(), decoded(value)))
            .collect(),
        data: data.to_owned(),
    }
}

/// `%25` comes last, so that an encoded `%0A` stays what it was.
fn decode(text: &str, codes: &[&str]) -> String {
    let mut text = text.to_owned();
    for code in codes {
        let byte = u8::from_str_radix(&code[1..], 16).expect("two digits");
        text = text.replace(code, &char::from(byte).to_string());
    }
    text
}

/// The names and values in a file such as `GITHUB_OUTPUT`.
pub(crate) fn values(text: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (equals, here) = (line.find('='), line.find("<<"));
        match (equals, here) {
            (Some(equals), here) if here.is_none_or(|here| equals < here) => {
                values.insert(line[..equals].to_owned(), line[equals + 1..].to_owned());
            }
            (_, Some(here)) => {
                let (name, delimiter) = (&line[..here], &line[here + 2..]);
                assert!(!name.is_empty() && !delimiter.is_empty(), "format: {line}");
                let mut value = Vec::new();
                loop {
                    let line = lines.next().expect("the delimiter comes");
                    if line == delimiter {
                        break;
                    }
                    value.push(line);
                }
                values.insert(name.to_owned(), value.join("\n"));
            }
            _ => panic!("format: {line}"),
        }
    }
    values
}

#[test]
fn commands_are_seen_where_the_runner_sees_them() {
    let log = "  ::error file=a%2Cb.py,line=3::one%0Atwo %2525\nx ::error::no\nx ##[warning]yes\n\
               ::nothing::\n::stop-commands::T\n::error::no\n::t::\n::notice::last\n";
    let found = commands(log);
    let told: Vec<(&str, &str)> = found.iter().map(|c| (&*c.name, &*c.data)).collect();
    let expected = [
        ("error", "one\ntwo %25"),
        ("warning", "yes"),
        ("notice", "last"),
    ];
    assert_eq!(told, expected);
    assert_eq!(found[0].properties["file"], "a,b.py");
}

#[test]
fn values_of_several_lines_are_read() {
    let found = values("a=1=2\nb<<E\nx\n\ny\nE\nc=<<\n");
    let found: Vec<(&str, &str)> = found.iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(found, [("a", "1=2"), ("b", "x\n\ny"), ("c", "<<")]);
}
