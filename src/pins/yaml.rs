//! YAML as a tree with places.
//!
//! Not supported: aliases (they stand for nothing here), tags, more than the first document. What is
//! nested too deeply or cannot be parsed gives an error with its place.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::sheet::Sheet;

/// Deeper than anybody nests.
const MAX_DEPTH: usize = 64;

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
    let offsets: Vec<usize> = if text.is_ascii() {
        Vec::new()
    } else {
        text.char_indices().map(|(at, _)| at).collect()
    };
    let byte = |index: usize| {
        if text.is_ascii() {
            index.min(text.len())
        } else {
            offsets.get(index).copied().unwrap_or(text.len())
        }
    };
    // Open lists and maps; a map holds keys and values in turn.
    let mut open: Vec<(bool, usize, Vec<Node>)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Fault {
            at: byte(error.marker().index()),
        })?;
        let (start, end) = (byte(span.start.index()), byte(span.end.index()));
        let node = match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() >= MAX_DEPTH {
                    return Err(Fault { at: start });
                }
                open.push((matches!(event, Event::MappingStart(..)), start, Vec::new()));
                continue;
            }
            Event::Scalar(value, style, ..) => Node {
                kind: Kind::Scalar(value.into_owned(), style == ScalarStyle::Folded),
                at: start..end.max(start),
            },
            Event::Alias(_) => Node {
                kind: Kind::List(Vec::new()),
                at: start..end.max(start),
            },
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((is_map, start, items)) = open.pop() else {
                    continue;
                };
                let kind = if is_map {
                    let mut items = items.into_iter();
                    let mut pairs = Vec::new();
                    while let (Some(key), Some(value)) = (items.next(), items.next()) {
                        pairs.push((key, value));
                    }
                    Kind::Map(pairs)
                } else {
                    Kind::List(items)
                };
                Node {
                    kind,
                    at: start..end.max(start),
                }
            }
            Event::DocumentEnd => return Ok(None),
            _ => continue,
        };
        match open.last_mut() {
            Some((_, _, items)) => items.push(node),
            None => return Ok(Some(node)),
        }
    }
    Ok(None)
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
