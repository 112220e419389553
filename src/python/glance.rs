//! What the bytes of a file tell before anything is parsed: whether it names the API, and which
//! modules its import statements may name. Most files of a repository are done with after this.

use std::sync::LazyLock;

use memchr::memmem;

use crate::maps::hash_of;
use crate::text::words::Words;

/// Whether a file names TensorFlow or Keras, or the variable that chooses among Kerases: others are
/// never parsed, unless they import from one that hands on the API.
#[must_use]
pub fn mentions(bytes: &[u8]) -> bool {
    static WORDS: LazyLock<Words> =
        LazyLock::new(|| Words::new(["tensorflow", "keras", "LEGACY_KERAS"]));
    WORDS.any_in(bytes)
}

/// Whether a file may have a comment that silences one of our rules by name: comments of others are
/// looked for only where something is found.
#[must_use]
pub fn may_silence(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"tfmp:").is_some() || memmem::find(bytes, b"TFMP").is_some()
}

/// Whether a file that is not parsed gives a name to something of its own: `def name`,
/// `object.name =`, `setattr(object, "name", ...)`. Errs on the side of yes.
#[must_use]
pub fn binds(bytes: &[u8], name: &str) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    memmem::find_iter(bytes, name.as_bytes()).any(|at| {
        let (before, after) = (&bytes[..at], &bytes[at + name.len()..]);
        if before.last().is_some_and(is_part) || after.first().is_some_and(is_part) {
            return false;
        }
        let line = memchr::memrchr(b'\n', before).map_or(before, |end| &before[end + 1..]);
        let (start, rest) = (line.trim_ascii_end(), after.trim_ascii_start());
        let assigned = rest.starts_with(b"=") && !rest.starts_with(b"==");
        // A keyword of a call stands behind a parenthesis or a comma.
        start == b"def"
            || start.ends_with(b" def")
            || assigned && (start.is_empty() || start.ends_with(b"."))
            || memmem::find(line, b"setattr").is_some()
    })
}

/// The identifiers on the lines of a file that import something, as hashes; sorted. Errs on the
/// side of too many: the word `import` in a string counts as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportWords(Box<[u64]>);

impl ImportWords {
    /// Finds the words of a file. A name that other than ASCII characters spell is a word of its
    /// own bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut words = Vec::new();
        let mut done = 0;
        for at in memmem::find_iter(bytes, b"import") {
            if at < done {
                continue;
            }
            let start = start_of_statement(bytes, at).max(done);
            done = end_of_statement(bytes, at);
            let statement = &bytes[start..done];
            words.extend(identifiers(statement).map(hash_of));
            if memmem::find(statement, b"from .").is_some() {
                words.push(hash_of(HERE));
            }
        }
        words.sort_unstable();
        words.dedup();
        Self(words.into())
    }

    /// Whether one of some words is among them; both are sorted.
    pub(crate) fn have_any(&self, wanted: &[u64]) -> bool {
        self.0.iter().any(|word| wanted.binary_search(word).is_ok())
    }
}

/// Stands for `from .`, which names no module.
pub(crate) const HERE: &[u8] = b".";

fn start_of_statement(bytes: &[u8], at: usize) -> usize {
    let mut start = at;
    loop {
        start = memchr::memrchr(b'\n', &bytes[..start]).map_or(0, |end| end + 1);
        // A line that ends with a backslash goes on.
        let before = bytes[..start].trim_ascii_end();
        let same_line = !bytes[before.len()..start.saturating_sub(1)].contains(&b'\n');
        if start == 0 || before.last() != Some(&b'\\') || !same_line {
            return start;
        }
        start = before.len();
    }
}

fn end_of_statement(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    loop {
        let line = end;
        end = memchr::memchr(b'\n', &bytes[end..]).map_or(bytes.len(), |length| end + length + 1);
        let text = bytes[line..end].trim_ascii_end();
        if end == bytes.len() {
            return end;
        }
        if memchr::memchr(b'(', text).is_some() && !text.contains(&b')') {
            // A list of names in parentheses.
            let rest = memchr::memchr(b')', &bytes[end..]);
            return rest.map_or(bytes.len(), |length| end + length);
        }
        if text.last() != Some(&b'\\') {
            return end;
        }
    }
}

fn identifiers(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80))
        .filter(|word| !word.is_empty() && *word != b"import" && *word != b"from")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let mut expect: Vec<u64> = expect.iter().map(|word| hash_of(word.as_bytes())).collect();
        expect.sort_unstable();
        assert_eq!(*ImportWords::of(text.as_bytes()).0, *expect, "{text}");
    }

    #[test]
    fn names_that_a_file_binds_are_found() {
        let binds = |text: &str| super::binds(text.as_bytes(), "go");
        assert!(binds("class A:\n    def go(self): pass"));
        assert!(binds("async def go(): pass"));
        assert!(binds("A.go = f"));
        assert!(binds("class A:\n  go = f"));
        assert!(binds("setattr(A, 'go', f)"));
        assert!(!binds("x.go(1)\nx.go == 2\nf(go=1)\nf(x,\n  ago=1)\n"));
        assert!(!binds("def going(): pass\ndef ago(): pass"));
    }

    #[test]
    fn words_of_import_statements_are_found() {
        check("import a.b as c\n", &["a", "b", "as", "c"]);
        check("x = 1\n    from a import b", &["a", "b"]);
        check("from a import (b,\n  c)\nd = 1\n", &["a", "b", "c"]);
        check("from a \\\n  import b, \\\r\n c\nd\n", &["a", "b", "c"]);
        check("from . import a\n", &["a", "."]);
        check("from ..a import b\n", &["a", "b", "."]);
        check("try: import a\nexcept: b\n", &["try", "a"]);
        check(
            "importlib.import_module('a.b')\n",
            &["importlib", "import_module", "a", "b"],
        );
        check("plain = 1\n", &[]);
        check("import", &[]);
        check("from a import (b", &["a", "b"]);
        check("\n\\\n\n\\\nimport é", &["é"]);
    }
}
