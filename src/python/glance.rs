//! What the bytes of a file tell before anything is parsed: whether it names the API, silences a rule
//! or binds a name. With [what it imports](super::imported), most files of a repository are done with
//! after this.

use std::sync::LazyLock;

use memchr::memmem;

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

#[cfg(test)]
mod tests {
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
}
