//! Bytes of a file into text, as Python and pip decode them.
//!
//! Supported: UTF-8, UTF-16 with a byte order mark, and Latin-1 where a line at the top says so
//! (`# -*- coding: latin-1 -*-`, [PEP 263](https://peps.python.org/pep-0263/)). In every other
//! encoding the names of packages and of Python are ASCII too: bytes that are no UTF-8 are replaced,
//! and a remark says so.

/// Turns the bytes of a file into text without byte order mark, with a remark where characters were
/// replaced.
///
/// # Errors
/// Says in a few words why these bytes are no text.
pub fn decode(bytes: Vec<u8>) -> Result<(String, Option<&'static str>), &'static str> {
    match bytes[..] {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => {
            return Err("it is encoded in UTF-32 and was not looked at");
        }
        [0xFF, 0xFE, ref rest @ ..] => return Ok(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, ref rest @ ..] => return Ok(utf16(rest, u16::from_be_bytes)),
        _ => {}
    }
    if memchr::memchr(0, &bytes).is_some() {
        return Err("it holds NUL bytes, so it is no text and was not looked at");
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{FEFF}') {
            Some(rest) => (rest.to_owned(), None),
            None => (text, None),
        }),
        Err(error) if is_latin1(error.as_bytes()) => Ok((
            error
                .as_bytes()
                .iter()
                .map(|&byte| char::from(byte))
                .collect(),
            None,
        )),
        Err(error) => Ok((
            String::from_utf8_lossy(error.as_bytes()).into_owned(),
            Some("it is not encoded in UTF-8; what could not be decoded was replaced"),
        )),
    }
}

fn utf16(bytes: &[u8], join: fn([u8; 2]) -> u16) -> (String, Option<&'static str>) {
    let units = bytes.chunks_exact(2).map(|pair| join([pair[0], pair[1]]));
    let mut broken = bytes.len() % 2 == 1;
    let text = char::decode_utf16(units)
        .map(|unit| {
            unit.unwrap_or_else(|_| {
                broken = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    let remark = broken.then_some("it is broken UTF-16; what could not be decoded was replaced");
    (text, remark)
}

/// Whether one of the first two lines is a comment that names Latin-1.
fn is_latin1(bytes: &[u8]) -> bool {
    bytes.split(|&byte| byte == b'\n').take(2).any(|line| {
        let line = line.get(..line.len().min(200)).unwrap_or_default();
        let text = String::from_utf8_lossy(line).to_ascii_lowercase();
        let Some((_, after)) = text
            .trim_start()
            .strip_prefix('#')
            .and_then(|comment| comment.split_once("coding"))
        else {
            return false;
        };
        let name: String = after
            .trim_start_matches([':', '=', ' ', '\t'])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .map(|c| if c == '_' { '-' } else { c })
            .collect();
        matches!(
            name.as_str(),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "cp1252" | "windows-1252"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], text: &str, remark: bool) {
        let (decoded, said) = decode(bytes.to_vec()).unwrap();
        assert_eq!((decoded.as_str(), said.is_some()), (text, remark));
    }

    #[test]
    fn byte_order_marks_tell_the_encoding() {
        check(b"\xEF\xBB\xBFkeras", "keras", false);
        check(b"\xFF\xFEk\0e\0", "ke", false);
        check(b"\xFE\xFF\0k\0e", "ke", false);
        check(b"\xFF\xFEk\0e", "k", true);
        check(b"\xFF\xFE\x00\xD8", "\u{FFFD}", true);
        check(b"", "", false);
    }

    #[test]
    fn other_encodings_keep_what_is_ascii() {
        check(
            b"# coding: latin-1\nx = '\xE9'",
            "# coding: latin-1\nx = '\u{E9}'",
            false,
        );
        check(
            b"# caf\xE9\nkeras==2.3.1",
            "# caf\u{FFFD}\nkeras==2.3.1",
            true,
        );
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(decode(b"ker\0as".to_vec()).is_err());
        assert!(decode(b"\xFF\xFE\0\0k\0\0\0".to_vec()).is_err());
    }
}
