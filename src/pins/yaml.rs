//! YAML as a tree with places.
//!
//! Aliases stand for what their anchor marks, at its place; `<<` merges
//! ([YAML 1.1](https://yaml.org/type/merge.html)). A text whose aliases make too much of it is read
//! without those. Not supported: tags, more than the first document. What is nested too deeply or cannot
//! be parsed gives an error with its place.

use std::collections::BTreeMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::sheet::Sheet;

/// Deeper than anybody nests.
const MAX_DEPTH: usize = 64;

/// The most nodes that aliases may add: ten lines of aliases of aliases make billions.
const MAX_COPIED: usize = 50_000;

/// A value and the bytes on which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Of a block scalar: its lines.
    pub(crate) at: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The text, and whether line ends in it are spaces.
    Scalar(String, bool),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// Why a text is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
}

impl Node {
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, _) => Some(text),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    pub(crate) fn list(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Scalar(..) | Kind::Map(_) => &[],
        }
    }

    pub(crate) fn map(&self) -> &[(Node, Node)] {
        match &self.kind {
            Kind::Map(pairs) => pairs,
            Kind::Scalar(..) | Kind::List(_) => &[],
        }
    }

    /// How many nodes there are in it, and how deep they go.
    fn extent(&self) -> (usize, usize) {
        let children: Vec<&Node> = match &self.kind {
            Kind::Scalar(..) => Vec::new(),
            Kind::List(items) => items.iter().collect(),
            Kind::Map(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
        };
        children.iter().fold((1, 1), |(count, depth), child| {
            let (more, below) = child.extent();
            (count + more, depth.max(below + 1))
        })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let found = self.map().iter().find(|(k, _)| k.text() == Some(key));
        found.map(|(_, value)| value)
    }
}

/// The first document of a text. What cannot be parsed is a notice.
pub(crate) fn read(text: &str, sheet: &mut Sheet<'_>) -> Option<Node> {
    parse(text).unwrap_or_else(|fault| {
        let message = "this is not YAML, so the file was not read";
        sheet.notice(fault.at, message, "mend the line");
        None
    })
}

/// Parses the first document of a text.
///
/// # Errors
/// Tells where it is no YAML, with what came before.
pub(crate) fn parse(text: &str) -> Result<Option<Node>, Fault> {
    // The parser counts characters.
    let ascii = text.is_ascii();
    let offsets: Vec<usize> = if ascii {
        Vec::new()
    } else {
        text.char_indices().map(|(at, _)| at).collect()
    };
    let byte = |index: usize| {
        if ascii {
            index.min(text.len())
        } else {
            offsets.get(index).copied().unwrap_or(text.len())
        }
    };
    // Open lists and maps with their anchors; a map holds keys and values in turn.
    let mut open: Vec<(bool, usize, usize, Vec<Node>)> = Vec::new();
    let mut anchors = Anchors::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Fault {
            at: byte(error.marker().index()),
        })?;
        let (start, end) = (byte(span.start.index()), byte(span.end.index()));
        let at = start..end.max(start);
        let (anchor, node) = match event {
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if open.len() >= MAX_DEPTH {
                    return Err(Fault { at: start });
                }
                let is_map = matches!(event, Event::MappingStart(..));
                open.push((is_map, anchor, start, Vec::new()));
                continue;
            }
            Event::Scalar(value, style, anchor, _) => {
                let kind = Kind::Scalar(value.into_owned(), style == ScalarStyle::Folded);
                (anchor, Node { kind, at })
            }
            Event::Alias(anchor) => (0, anchors.copy(anchor, open.len(), at)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((is_map, anchor, start, items)) = open.pop() else {
                    continue;
                };
                let kind = if is_map {
                    Kind::Map(merged(items))
                } else {
                    Kind::List(items)
                };
                let at = start..end.max(start);
                (anchor, Node { kind, at })
            }
            Event::DocumentEnd => return Ok(None),
            _ => continue,
        };
        anchors.keep(anchor, &node);
        match open.last_mut() {
            Some((.., items)) => items.push(node),
            None => return Ok(Some(node)),
        }
    }
    Ok(None)
}

/// What anchors mark.
#[derive(Default)]
struct Anchors {
    /// Each with its nodes and its depth.
    marked: BTreeMap<usize, (Node, usize, usize)>,
    copied: usize,
}

impl Anchors {
    /// Takes note of a node; the anchor 0 is none.
    fn keep(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            let (count, depth) = node.extent();
            self.marked.insert(anchor, (node.clone(), count, depth));
        }
    }

    /// What an alias stands for: nothing where it would be too much.
    fn copy(&mut self, anchor: usize, level: usize, at: Range<usize>) -> Node {
        if let Some((node, count, depth)) = self.marked.get(&anchor)
            && self.copied + count <= MAX_COPIED
            && level + depth <= MAX_DEPTH
        {
            self.copied += count;
            return node.clone();
        }
        let kind = Kind::List(Vec::new());
        Node { kind, at }
    }
}

/// The pairs of a map. What it merges counts after its own.
fn merged(items: Vec<Node>) -> Vec<(Node, Node)> {
    let mut items = items.into_iter();
    let mut pairs: Vec<(Node, Node)> = Vec::new();
    let mut others: Vec<Node> = Vec::new();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        match value.kind {
            Kind::List(all) if key.text() == Some("<<") => others.extend(all),
            Kind::Map(_) if key.text() == Some("<<") => others.push(value),
            _ => pairs.push((key, value)),
        }
    }
    for other in others {
        let Kind::Map(more) = other.kind else {
            continue;
        };
        for (key, value) in more {
            if !pairs.iter().any(|(known, _)| known.text() == key.text()) {
                pairs.push((key, value));
            }
        }
    }
    pairs
}

/// The place of a scalar in the text that was parsed, without quotes.
pub(crate) fn inside(text: &str, at: Range<usize>) -> Range<usize> {
    let part = &text[at.clone()];
    let trimmed = part.trim_end();
    let at = at.start..at.start + trimmed.len();
    let quoted = trimmed.len() >= 2
        && ['"', '\'']
            .iter()
            .any(|quote| trimmed.starts_with(*quote) && trimmed.ends_with(*quote));
    if quoted { at.start + 1..at.end - 1 } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node) -> String {
        match &node.kind {
            Kind::Scalar(text, _) => text.clone(),
            Kind::List(items) => {
                let items: Vec<String> = items.iter().map(shown).collect();
                format!("[{}]", items.join(" "))
            }
            Kind::Map(pairs) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(key, value)| format!("{}: {}", shown(key), shown(value)))
                    .collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let node = parse(text).unwrap().unwrap();
        assert_eq!(shown(&node), expect);
    }

    #[test]
    fn aliases_stand_for_what_their_anchor_marks() {
        check(
            "a: &x [1, 2]\nb: *x\nc: &y z\nd: *y\n",
            "{a: [1 2], b: [1 2], c: z, d: z}",
        );
        let node = parse("a: &x tensorflow\nb: *x\n").unwrap().unwrap();
        let text = "a: &x tensorflow\nb: *x\n";
        assert!(text[node.get("b").unwrap().at.clone()].contains("tensorflow"));
    }

    #[test]
    fn merges_give_way_to_own_keys() {
        check(
            "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n",
            "{a: {k: 1, l: 2}, b: {k: 3, l: 2}}",
        );
        check(
            "- &x {k: 1}\n- &y {k: 2, l: 2}\n- <<: [*x, *y]\n",
            "[{k: 1} {k: 2, l: 2} {k: 1, l: 2}]",
        );
    }

    #[test]
    fn aliases_of_aliases_do_not_explode() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..200 {
            let list = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{list}]\n"));
        }
        let node = parse(&text).unwrap().unwrap();
        assert!(node.extent().0 < 2 * MAX_COPIED, "{:?}", node.extent());
        let mut deep = "a0: &a0 [x]\n".to_owned();
        for level in 1..5_000 {
            deep.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert!(parse(&deep).unwrap().unwrap().extent().1 <= MAX_DEPTH + 1);
    }
}
