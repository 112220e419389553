//! Bytes of a Python file to text, as PEP 263 (<https://peps.python.org/pep-0263/>) has it.
//!
//! Supported: UTF-8 with or without mark, Latin-1 and its kin, UTF-16 with a mark. Other declared
//! encodings are read as far as ASCII goes: outside strings and comments Python code is ASCII.
//! Not supported: the characters of those other encodings; each becomes U+FFFD.

use crate::finding::Notice;
use crate::text::RepoPath;

/// The text of a file.
#[derive(Debug)]
pub struct Decoded {
    /// The text; a byte order mark stays, so that offsets are those of the file.
    pub text: String,
    /// Byte offsets in the text are those of the file: edits can be written back.
    pub same_offsets: bool,
    /// What could not be read.
    pub notice: Option<Notice>,
}

/// Decodes a Python file. Never fails: what cannot be read becomes U+FFFD.
#[must_use]
pub fn decode(path: &RepoPath, bytes: Vec<u8>) -> Decoded {
    if let Some(text) = utf16(&bytes) {
        return Decoded {
            text,
            same_offsets: false,
            notice: Some(Notice::on_file(
                path,
                Some(1),
                "the file is UTF-16, which Python refuses",
            )),
        };
    }
    match String::from_utf8(bytes) {
        Ok(text) => Decoded {
            text,
            same_offsets: true,
            notice: None,
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            other(path, &error.into_bytes(), at)
        }
    }
}

fn other(path: &RepoPath, bytes: &[u8], first_bad: usize) -> Decoded {
    let line = u32::try_from(memchr::memchr_iter(b'\n', &bytes[..first_bad]).count() + 1).ok();
    let (text, notice) = match cookie(bytes).map(|name| (kind(&name), name)) {
        Some((Encoding::Latin, _)) => (bytes.iter().map(|&byte| char::from(byte)).collect(), None),
        Some((Encoding::SingleByte, _)) => (ascii_of(bytes, false), None),
        Some((Encoding::DoubleByte, _)) => (ascii_of(bytes, true), None),
        Some((Encoding::Utf8 | Encoding::Unknown, name)) => (
            String::from_utf8_lossy(bytes).into_owned(),
            Some(Notice::on_file(
                path,
                line,
                format!("the bytes here are not in the declared encoding `{name}`"),
            )),
        ),
        None => (
            String::from_utf8_lossy(bytes).into_owned(),
            Some(Notice::on_file(
                path,
                line,
                "the bytes here are not UTF-8 and no encoding is declared, which Python 3 refuses",
            )),
        ),
    };
    Decoded {
        text,
        same_offsets: false,
        notice,
    }
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Latin,
    SingleByte,
    DoubleByte,
    Unknown,
}

fn kind(name: &str) -> Encoding {
    let name = name.to_ascii_lowercase().replace('_', "-");
    if name == "utf8" || name.starts_with("utf-8") {
        return Encoding::Utf8;
    }
    if [
        "latin-1",
        "latin1",
        "l1",
        "iso-8859-1",
        "iso8859-1",
        "cp1252",
        "windows-1252",
    ]
    .contains(&name.as_str())
        || name.starts_with("iso-8859-15")
    {
        return Encoding::Latin;
    }
    if [
        "gb",
        "big5",
        "euc",
        "shift-jis",
        "sjis",
        "cp93",
        "cp94",
        "cp95",
        "hz",
        "johab",
        "ms93",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
    {
        return Encoding::DoubleByte;
    }
    if [
        "iso", "cp", "windows", "koi8", "mac", "latin", "ascii", "us-ascii", "tis",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
    {
        return Encoding::SingleByte;
    }
    Encoding::Unknown
}

/// Keeps ASCII. In double-byte encodings the second byte may look like `\` or a letter.
fn ascii_of(bytes: &[u8], double: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        if byte.is_ascii() {
            text.push(char::from(byte));
            continue;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        if double && rest.as_slice().first().is_some_and(|&next| next >= 0x40) {
            rest.next();
        }
    }
    text
}

/// The encoding that one of the first two lines declares.
fn cookie(bytes: &[u8]) -> Option<String> {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    for _ in 0..2 {
        let line = String::from_utf8_lossy(lines.next()?);
        let line = line.trim_start_matches(['\u{feff}', ' ', '\t', '\x0c']);
        if let Some(name) = line.strip_prefix('#').and_then(cookie_in) {
            return Some(name.to_owned());
        }
        if !line.trim().is_empty() && !line.starts_with('#') {
            return None;
        }
    }
    None
}

fn cookie_in(comment: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(at) = comment[from..].find("coding") {
        from += at + "coding".len();
        let Some(rest) = comment[from..].strip_prefix([':', '=']) else {
            continue;
        };
        let rest = rest.trim_start_matches([' ', '\t']);
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(rest.len());
        if end > 0 {
            return Some(&rest[..end]);
        }
    }
    None
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (little, rest) = match bytes {
        [0xff, 0xfe, rest @ ..] => (true, rest),
        [0xfe, 0xff, rest @ ..] => (false, rest),
        _ => return None,
    };
    let units = rest.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        }
    });
    Some(
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], text: &str, notice: Option<&str>) {
        let decoded = decode(&RepoPath::new("a.py"), bytes.to_vec());
        assert_eq!(decoded.text, text);
        assert_eq!(
            decoded
                .notice
                .as_ref()
                .map(|notice| notice.message.as_str()),
            notice
        );
    }

    #[test]
    fn utf8_is_taken_as_it_is() {
        check("é = 1\n".as_bytes(), "é = 1\n", None);
        check("\u{feff}x = 1\n".as_bytes(), "\u{feff}x = 1\n", None);
    }

    #[test]
    fn a_cookie_in_the_first_two_lines_counts() {
        check(
            b"# -*- coding: latin-1 -*-\n# \xe9\n",
            "# -*- coding: latin-1 -*-\n# é\n",
            None,
        );
        check(
            b"#!/bin/sh\n# vim: set fileencoding=iso-8859-1 :\n'\xe9'",
            "#!/bin/sh\n# vim: set fileencoding=iso-8859-1 :\n'é'",
            None,
        );
        check(
            b"# coding=cp1251\n'\xe9'",
            "# coding=cp1251\n'\u{fffd}'",
            None,
        );
    }

    #[test]
    fn a_double_byte_character_never_ends_a_string() {
        check(
            b"# coding: shift_jis\n'\x83\x5c'\n",
            "# coding: shift_jis\n'\u{fffd}'\n",
            None,
        );
    }

    #[test]
    fn bytes_without_a_declaration_are_a_notice() {
        check(
            b"x = 1\n# \xe9\n",
            "x = 1\n# \u{fffd}\n",
            Some(
                "the bytes here are not UTF-8 and no encoding is declared, which Python 3 refuses",
            ),
        );
        check(
            b"import os\nx = 1\n# coding: latin-1 \xe9\n",
            "import os\nx = 1\n# coding: latin-1 \u{fffd}\n",
            Some(
                "the bytes here are not UTF-8 and no encoding is declared, which Python 3 refuses",
            ),
        );
    }

    #[test]
    fn utf16_is_read_and_said() {
        check(
            b"\xff\xfex\0=\x001\0",
            "x=1",
            Some("the file is UTF-16, which Python refuses"),
        );
    }
}
