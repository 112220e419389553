//! Names of Unicode characters for a parser whose user does not ask which they are.

/// The character of a name. Every name has one, and all have the same: a name that Python does not know
/// is not told either.
#[must_use]
pub fn character(_name: &str) -> Option<char> {
    Some(char::REPLACEMENT_CHARACTER)
}
