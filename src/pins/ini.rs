//! INI files as Python's `configparser` reads them: sections, keys, values that go on in indented
//! lines. `setup.cfg` and `tox.ini` are such.
//!
//! Supported: `=` and `:`, comments in lines of their own and after white space. Not supported:
//! interpolation.

use std::ops::Range;

/// One line of a value.
pub(crate) struct Line<'t> {
    pub(crate) section: &'t str,
    pub(crate) key: &'t str,
    pub(crate) text: &'t str,
    pub(crate) at: Range<usize>,
}

/// The lines of all values, in order; blank ones and comments left out.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut all = Vec::new();
    let (mut section, mut key) = ("", "");
    let mut next = 0;
    for raw in text.split_inclusive('\n') {
        let start = next;
        next += raw.len();
        let line = raw.trim_end();
        let content = line.trim_start();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let indent = line.len() - content.len();
        let mut value = start + indent;
        if indent == 0 {
            if let Some(name) = content.strip_prefix('[') {
                section = name.split(']').next().unwrap_or(name).trim();
                key = "";
                continue;
            }
            let Some(end) = content.find(['=', ':']) else {
                key = "";
                continue;
            };
            key = content[..end].trim();
            value = start + end + 1;
        }
        let rest = &text[value..start + line.len()];
        let rest = match rest.find(" #").or_else(|| rest.find("\t#")) {
            Some(comment) => &rest[..comment],
            None => rest,
        };
        let begin = value + rest.len() - rest.trim_start().len();
        let rest = rest.trim();
        if !rest.is_empty() && !key.is_empty() {
            all.push(Line {
                section,
                key,
                text: rest,
                at: begin..begin + rest.len(),
            });
        }
    }
    all
}
