//! The words that tell that a piece of code is about versions, backends or Python itself.

use std::sync::LazyLock;

use crate::text::words::Words;

/// Whether a text has a word, anywhere.
pub(crate) fn has(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// Parts of words, one of which a file has to have somewhere before any of its code is looked through
/// for tests of versions.
const SPEAKING: [&str; 13] = [
    "ersion",
    "ERSION",
    "hasattr",
    "getattr",
    "attrgetter",
    "argspec(",
    "signature(",
    "tf2",
    "TF2",
    "tf1",
    "TF1",
    "PY2",
    "PY3",
];

/// What sets attributes by names that are computed, or answers for any name.
const ATTRIBUTES: [&str; 3] = ["setattr", "__getattr", "__dict__"];

/// What the words of a file tell before any of its code is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Some of its code may be about versions.
    pub(crate) versions: bool,
    /// It may set attributes by names that are computed, or answer for any name.
    pub(crate) attributes: bool,
    /// It imports something of `functools` by its name.
    pub(crate) functools: bool,
}

impl Told {
    /// Looks for all words in one pass.
    pub(crate) fn by(text: &str) -> Self {
        const FUNCTOOLS: &str = "from functools import";
        static WORDS: LazyLock<Words> =
            LazyLock::new(|| Words::new(ATTRIBUTES.into_iter().chain([FUNCTOOLS]).chain(SPEAKING)));
        let mut told = Self::default();
        WORDS.each_in(text, |at| {
            told.attributes |= at < ATTRIBUTES.len();
            told.functools |= at == ATTRIBUTES.len();
            // `getattr` stands in `__getattr`.
            let getattr = ATTRIBUTES.get(at).is_some_and(|&word| word == "__getattr");
            told.versions |= at > ATTRIBUTES.len() || getattr;
            !(told.versions && told.attributes && told.functools)
        });
        told
    }
}

/// Whether bytes begin with a word, case aside; the word is in lower case.
fn begins(bytes: &[u8], word: &[u8]) -> bool {
    bytes
        .get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether `version` begins here, and not the end of `conversion`, `inversion` and the like.
fn begins_version(bytes: &[u8], at: usize) -> bool {
    begins(&bytes[at..], b"version")
        && !at.checked_sub(2).is_some_and(|start| {
            let before = &bytes[start..at];
            [b"on", b"in", b"di", b"ub"]
                .iter()
                .any(|letters| before.eq_ignore_ascii_case(&letters[..]))
        })
}

/// Whether bytes end with a word, case aside; the word is in lower case.
fn ends(bytes: &[u8], word: &[u8]) -> bool {
    bytes
        .len()
        .checked_sub(word.len())
        .is_some_and(|start| bytes[start..].eq_ignore_ascii_case(word))
}

/// Whether a digit belongs to a name such as `IS_TF2`, `keras_3`, `six.PY2`, `run_v1`.
fn numbers_a_release(bytes: &[u8], at: usize) -> bool {
    const BEFORE: [&[u8]; 10] = [
        b"tf",
        b"tf_",
        b"tfv",
        b"tf_v",
        b"keras",
        b"keras_",
        b"py",
        b"is_v",
        b"tensorflow",
        b"tensorflow_",
    ];
    let before = &bytes[..at];
    // What these words end with.
    let last = before.last().map(u8::to_ascii_lowercase);
    if !last.is_some_and(|last| b"f_vsyw".contains(&last)) {
        return false;
    }
    BEFORE.iter().any(|word| ends(before, word))
        || ends(before, b"v") && begins(&bytes[at + 1..], b"_behavior")
}

/// Whether a text sets attributes by names that are computed, or answers for any name.
pub(crate) fn speaks_of_attributes(text: &str) -> bool {
    ATTRIBUTES.iter().any(|word| has(text, word))
}

/// What asks which parameters a function has.
const PARAMETER_CALLS: [&str; 3] = ["getfullargspec(", "getargspec(", "signature("];

/// Whether a text asks which parameters a function has.
pub(crate) fn asks_for_parameters(text: &str) -> bool {
    PARAMETER_CALLS.iter().any(|call| has(text, call))
}

/// Whether a text names a version, a backend, or a flag that looks like one. One pass over the
/// bytes: every condition and every short function of a file comes through here.
pub(crate) fn speaks_of_versions(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut flags = false;
    let mut next = 0;
    while let Some(further) = bytes[next..].iter().position(|&byte| may_begin(byte)) {
        let at = next + further;
        next = at + 1;
        let rest = &bytes[at..];
        // The second letter of each word that is looked for.
        let second = rest.get(1).map_or(0, u8::to_ascii_lowercase);
        let word_begins = match rest[0].to_ascii_lowercase() {
            b'v' | b'l' => second == b'e',
            b'm' => second == b'a' || second == b'i',
            b's' => second == b'u',
            b'b' | b'h' | b'_' => second == b'a',
            _ => true,
        };
        if !word_begins {
            continue;
        }
        let speaks = match &rest[0] {
            b'v' | b'V' => begins_version(bytes, at),
            b'1'..=b'3' => numbers_a_release(bytes, at),
            b'm' | b'M' => begins(rest, b"major") || begins(rest, b"minor"),
            b'l' | b'L' if begins(rest, b"legacy") => {
                let before = &bytes[..at];
                begins(rest, b"legacy_keras")
                    || ends(before, b"use_")
                    || ends(before, b"is_")
                    || ends(before, b"in_")
            }
            b's' | b'S' if begins(rest, b"supports") => {
                ends(&bytes[..at], b"_") || begins(rest, b"supports_")
            }
            // `K.backend() == "tensorflow"`, but not `keras.backend.image_data_format()`.
            b'b' | b'B' => begins(rest, b"backend") && rest.get("backend".len()) != Some(&b'.'),
            b'H' => {
                flags |= rest.starts_with(b"HAS_") || rest.starts_with(b"HAVE_");
                false
            }
            b'_' => {
                flags |= rest.starts_with(b"_AVAILABLE");
                false
            }
            _ => false,
        };
        if speaks {
            return true;
        }
    }
    flags
        && text
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .any(is_flag_word)
}

/// Whether one of the words begins with a byte, or it may number a release.
const fn may_begin(byte: u8) -> bool {
    const BEGINS: [bool; 256] = {
        let mut begins = [false; 256];
        let all = b"vV123mMlLsSbBH_";
        let mut at = 0;
        while at < all.len() {
            begins[all[at] as usize] = true;
            at += 1;
        }
        begins
    };
    BEGINS[byte as usize]
}

/// Whether a value that is assigned is a version, or was computed from one.
pub(crate) fn computes_with_versions(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'v' | b'V' => begins_version(bytes, at),
        b't' => bytes[at..].starts_with(b"tf2.enabled"),
        b'i' | b'I' => begins(&bytes[at..], b"is_tf1") || begins(&bytes[at..], b"is_tf2"),
        b'h' => bytes[at..].starts_with(b"hasattr("),
        _ => false,
    })
}

/// `HAS_MIXED_PRECISION`, `_XLA_AVAILABLE`; not `HAS_TF`, which tells only that it is installed.
fn is_flag_word(word: &str) -> bool {
    let bare = word.trim_start_matches('_');
    let what = bare
        .strip_prefix("HAS_")
        .or_else(|| bare.strip_prefix("HAVE_"))
        .or_else(|| bare.strip_suffix("_AVAILABLE"));
    what.is_some_and(|what| {
        !matches!(
            what,
            "TF" | "TENSORFLOW" | "KERAS" | "TORCH" | "PYTORCH" | "JAX"
        ) && word == word.to_ascii_uppercase()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_tell_of_versions() {
        for text in [
            "tf.__version__ < '2'",
            "IS_TF2",
            "get_tf_version() < 2.4",
            "K.backend() == 'theano'",
            "sys.version_info[0] == 2",
            "six.PY2",
            "TF_MAJOR >= 2",
            "HAS_MIXED_PRECISION",
            "is_tf2()",
            "tf2.enabled()",
            "os.environ.get('TF_USE_LEGACY_KERAS')",
            "tfVersion",
        ] {
            assert!(speaks_of_versions(text), "{text}");
        }
    }

    #[test]
    fn what_the_words_of_a_file_tell() {
        let check = |text: &str, versions, attributes, functools| {
            let expect = Told {
                versions,
                attributes,
                functools,
            };
            assert_eq!(Told::by(text), expect, "{text}");
        };
        check("x = 1", false, false, false);
        check("tf.__version__", true, false, false);
        check("setattr(a, b, c)", false, true, false);
        check("vars(a).__dict__", false, true, false);
        check("def __getattr__(self, name):", true, true, false);
        check("from functools import partial", false, false, true);
        check(
            "from functools import partial\nsetattr\nTF2",
            true,
            true,
            true,
        );
        for word in SPEAKING {
            check(word, true, false, false);
        }
    }

    #[test]
    fn words_that_ask_for_parameters() {
        assert!(asks_for_parameters(
            "'x' in inspect.signature(f).parameters"
        ));
        assert!(asks_for_parameters("'x' in getfullargspec(f)[0]"));
        assert!(!asks_for_parameters("model.signatures"));
    }

    #[test]
    fn words_that_do_not() {
        for text in [
            "args.train",
            "keras.backend.image_data_format() == 'channels_first'",
            "tf.executing_eagerly()",
            "HAS_TF",
            "is_conversion",
            "has_labels",
            "len(x) > 1",
        ] {
            assert!(!speaks_of_versions(text), "{text}");
        }
    }
}
