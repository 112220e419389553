//! Here-documents (`<<EOF`), which scripts and Dockerfiles write alike.

use std::ops::Range;

/// The here-documents that a line announces: the name that ends each, and whether tabs may stand
/// before it (`<<-`).
pub(crate) fn announced(line: &str) -> Vec<(&str, bool)> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(found) = line[at..].find("<<") {
        let from = at + found + 2;
        let rest = &line[from..];
        let tabs = rest.starts_with('-');
        let rest = rest.trim_start_matches('-').trim_start_matches([' ', '\t']);
        let quoted = rest.starts_with(['"', '\'']);
        let rest = rest.trim_start_matches(['"', '\'']);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let name = &rest[..end.unwrap_or(rest.len())];
        // `<<<` is a string.
        let here = line[from..].starts_with('<');
        if !here && !name.is_empty() && (quoted || !name.starts_with(|c: char| c.is_ascii_digit()))
        {
            all.push((name, tabs));
        }
        at = from + usize::from(here);
    }
    all
}

/// The lines up to the one that is a name.
pub(crate) fn body(text: &str, from: usize, name: &str, tabs: bool) -> Option<Range<usize>> {
    let mut at = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let bare = if tabs {
            bare.trim_start_matches('\t')
        } else {
            bare
        };
        if bare == name {
            return Some(from..at);
        }
        at += line.len();
    }
    None
}
