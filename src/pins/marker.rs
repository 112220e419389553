//! Environment markers (`; python_version < "3.8"`) and the Pythons that are asked about.
//!
//! [PEP 508](https://peps.python.org/pep-0508/#environment-markers) markers are kept as the
//! decision diagrams of `pep508_rs`, so that "can this hold" and "can these two hold together" are
//! exact questions, with no list of platforms to walk.

use std::str::FromStr;
use std::sync::OnceLock;

use pep440_rs::Operator;
use pep508_rs::MarkerTree;

use crate::release::specifier;

/// Beyond these no marker is parsed: `pep508_rs` recurses, its diagrams may grow with the number of
/// tests to the power of two, and nobody writes such by hand.
const MAX_LENGTH: usize = 2048;
const MAX_DEPTH: usize = 16;
const MAX_TESTS: usize = 24;

/// What goes together on the systems for which TensorFlow is built, and the oldest Python.
const WORLD: &str = "python_full_version >= '2.7' and (\
    (sys_platform == 'linux' and platform_system == 'Linux' and os_name == 'posix') or \
    (sys_platform == 'linux2' and platform_system == 'Linux' and os_name == 'posix' and python_version < '3.3') or \
    (sys_platform == 'darwin' and platform_system == 'Darwin' and os_name == 'posix') or \
    (sys_platform == 'win32' and platform_system == 'Windows' and os_name == 'nt'))";

/// Reads a marker; blank text is always true. Tests of `extra` are false, as they are for pip.
///
/// # Errors
/// One sentence for a notice.
pub fn parse(text: &str) -> Result<MarkerTree, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(MarkerTree::TRUE);
    }
    let shown: String = text.chars().take(80).collect();
    let depth = text.bytes().filter(|&b| b == b'(').count();
    let tests = text.matches(" and ").count() + text.matches(" or ").count();
    if text.len() > MAX_LENGTH || depth > MAX_DEPTH || tests > MAX_TESTS {
        return Err(format!("the marker `{shown}` is too long to be read"));
    }
    let unknown =
        || format!("`{shown}` is not an environment marker, so what the line permits is not known");
    // `pep508_rs` takes the place of a character for that of a byte where a marker is wrong, and panics;
    // what markers compare is ASCII everywhere.
    if !text.is_ascii() {
        return Err(unknown());
    }
    MarkerTree::from_str(&plain(text)).map_err(|_| unknown())
}

/// The names that `setuptools` gave to variables before PEP 508: `pep508_rs` takes them for others.
const OLD_NAMES: &[(&str, &str)] = &[
    ("os.name", "os_name"),
    ("sys.platform", "sys_platform"),
    ("platform.version", "platform_version"),
    ("platform.machine", "platform_machine"),
    (
        "platform.python_implementation",
        "platform_python_implementation",
    ),
    ("python_implementation", "platform_python_implementation"),
];

/// Gives variables their present names, and puts what it means for pip, which knows no extra at
/// the top, in place of every test of `extra`.
fn plain(text: &str) -> String {
    let tokens = tokens(text);
    let token = |at: usize| tokens.get(at).map_or("", |range| &text[range.clone()]);
    let quoted = |token: &str| token.starts_with(['"', '\'']);
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while at < tokens.len() {
        let (left, operator, right) = (token(at), token(at + 1), token(at + 2));
        let extra = left == "extra" && quoted(right) || quoted(left) && right == "extra";
        let (put, count) = match operator {
            "==" if extra => ("python_version < '0'", 3),
            "!=" if extra => ("python_version >= '0'", 3),
            _ => match OLD_NAMES.iter().find(|(old, _)| *old == left) {
                Some((_, new)) => (*new, 1),
                None => (left, 1),
            },
        };
        out.push_str(&text[copied..tokens[at].start]);
        out.push_str(put);
        at += count;
        copied = tokens[at - 1].end;
    }
    out.push_str(&text[copied..]);
    out
}

/// Quoted strings, words, and runs of signs.
fn tokens(text: &str) -> Vec<std::ops::Range<usize>> {
    let kind = |c: char| match c {
        '"' | '\'' => 0,
        '(' | ')' => 1,
        c if c.is_whitespace() => 2,
        c if c.is_alphanumeric() || c == '_' || c == '.' => 3,
        _ => 4,
    };
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at + first.len_utf8()..];
        let length = match kind(first) {
            0 => rest.find(first).map_or(rest.len(), |end| end + 1),
            1 => 0,
            same => rest.find(|c| kind(c) != same).unwrap_or(rest.len()),
        };
        let end = at + first.len_utf8() + length;
        if kind(first) != 2 {
            tokens.push(at..end);
        }
        at = end;
    }
    tokens
}

/// Every environment in which TensorFlow can be installed.
#[must_use]
pub fn world() -> MarkerTree {
    static TREE: OnceLock<MarkerTree> = OnceLock::new();
    TREE.get_or_init(|| MarkerTree::from_str(WORLD).expect("the constant is a marker"))
        .clone()
}

/// The environments of both.
#[must_use]
pub fn both(left: &MarkerTree, right: &MarkerTree) -> MarkerTree {
    let mut tree = left.clone();
    tree.and(right.clone());
    tree
}

/// The Pythons that a project runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pythons(MarkerTree);

impl Pythons {
    /// Reads `3.9` (that minor version), `3.9.7`, or specifiers such as `>=3.8,<3.12`.
    ///
    /// # Errors
    /// One sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let read =
            bare(text).map_or_else(|| specifier::parse(text), |spec| specifier::parse(&spec));
        let read = read.map_err(|error| error.to_string())?;
        if read.specifiers.is_empty() {
            return Err("a Python version is missing".to_owned());
        }
        let mut tree = MarkerTree::TRUE;
        for specifier in read.specifiers.iter() {
            let (operator, star) = match specifier.operator() {
                Operator::EqualStar => ("==".to_owned(), ".*"),
                Operator::NotEqualStar => ("!=".to_owned(), ".*"),
                other => (other.to_string(), ""),
            };
            let text = format!(
                "python_full_version {operator} '{}{star}'",
                specifier.version()
            );
            tree.and(
                MarkerTree::from_str(&text)
                    .map_err(|_| format!("`{specifier}` is not a Python version"))?,
            );
        }
        Ok(Self(tree))
    }

    /// These and others.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut tree = self.0.clone();
        tree.or(other.0.clone());
        Self(tree)
    }

    /// The environments with such a Python.
    #[must_use]
    pub fn marker(&self) -> &MarkerTree {
        &self.0
    }
}

/// The specifier that a bare version stands for: `2.3.4` is that release, `2.3` every `2.3.*`.
/// `None` where the text is no bare version.
#[must_use]
pub fn bare(text: &str) -> Option<String> {
    let version = pep440_rs::Version::from_str(text).ok()?;
    let whole = version.release().len() > 2
        || version.any_prerelease()
        || version.is_post()
        || version.is_local();
    Some(if whole {
        format!("=={version}")
    } else {
        format!("=={version}.*")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(marker: &str, pythons: &str, can_hold: bool) {
        let marker = parse(marker).unwrap();
        let pythons = Pythons::parse(pythons).unwrap();
        let tree = both(&both(&world(), &marker), pythons.marker());
        assert_eq!(!tree.is_false(), can_hold, "{tree:?}");
    }

    #[test]
    fn a_marker_holds_where_some_python_satisfies_it() {
        check("python_version < '3.8'", "3.9", false);
        check("python_version < '3.10'", "3.9", true);
        check(
            "python_version >= '3.8' and python_version < '3.10'",
            ">=3.9,<3.12",
            true,
        );
        check("python_version == '3.7'", ">=3.8", false);
        check("python_version in '3.6 3.7'", "3.7.4", true);
        check(
            "sys_platform == 'darwin' and platform_machine == 'arm64'",
            "3.9",
            true,
        );
        check(
            "sys_platform == 'darwin' and platform_system == 'Linux'",
            "3.9",
            false,
        );
        check("os.name == 'nt' and sys_platform != 'win32'", "3.9", false);
        check("extra == 'gpu'", "3.9", false);
        check("'gpu' == extra or (extra!='x')", "3.9", true);
        check("extra == 'gpu' or sys_platform == 'linux'", "3.9", true);
        check("python_version < '2.6'", ">=2", false);
    }

    #[test]
    fn nonsense_is_a_sentence() {
        assert!(parse("python_version <").is_err());
        assert!(parse("pyhton_version < '3'").is_err());
        // A wrong one with characters of several bytes.
        assert!(parse("python_version >= \"a >= \"\u{fffd}\u{fffd}\u{fffd}\u{fffd}i").is_err());
        assert!(parse(&"(".repeat(1_000_000)).is_err());
        assert!(Pythons::parse("three").is_err());
        assert!(Pythons::parse("").is_err());
    }
}
