//! TOML with the places of its values, and a notice for what is none.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
pub(crate) use toml::de::{DeTable as Table, DeValue as Value};

use super::sheet::Sheet;

/// A value with its place.
pub(crate) type Placed<'i> = Spanned<Value<'i>>;

/// Parses a file. What cannot be parsed is a notice; the rest is there.
pub(crate) fn parse<'i>(text: &'i str, sheet: &mut Sheet<'_>) -> Table<'i> {
    let (table, errors) = Table::parse_recoverable(text);
    if let Some(error) = errors.first() {
        let at = error.span().map_or(0, |span| span.start);
        let message = format!(
            "this is not TOML ({}), so not all pins of the file may be known",
            error.message().lines().next().unwrap_or_default()
        );
        sheet.notice(at, message, "mend the line");
    }
    table.into_inner()
}

/// The value at a path of keys.
pub(crate) fn get<'t, 'i>(table: &'t Table<'i>, path: &[&str]) -> Option<&'t Placed<'i>> {
    let (last, folders) = path.split_last()?;
    let mut table = table;
    for key in folders {
        table = table.get(*key)?.get_ref().as_table()?;
    }
    table.get(*last)
}

/// The table at a path of keys.
pub(crate) fn table<'t, 'i>(table: &'t Table<'i>, path: &[&str]) -> Option<&'t Table<'i>> {
    get(table, path)?.get_ref().as_table()
}

/// The items of the array at a path of keys.
pub(crate) fn array<'t, 'i>(
    table: &'t Table<'i>,
    path: &[&str],
) -> impl Iterator<Item = &'t Placed<'i>> {
    get(table, path)
        .and_then(|value| value.get_ref().as_array())
        .into_iter()
        .flat_map(|array| array.iter())
}

/// The strings of a value that is a string or an array of them, each with its place.
pub(crate) fn strings<'t>(value: &'t Placed<'_>) -> Vec<(&'t str, Range<usize>)> {
    match value.get_ref() {
        Value::Array(array) => array.iter().filter_map(string).collect(),
        _ => string(value).into_iter().collect(),
    }
}

/// A string with its place: without its quotes, where it is written without escapes.
pub(crate) fn string<'t>(value: &'t Placed<'_>) -> Option<(&'t str, Range<usize>)> {
    let Value::String(text) = value.get_ref() else {
        return None;
    };
    let span = value.span();
    let quotes = span.len().saturating_sub(text.len());
    // What has escapes is no part of the file.
    let is_part = matches!(text, Cow::Borrowed(_)) && matches!(quotes, 2 | 6);
    let place = if is_part {
        span.start + quotes / 2..span.end - quotes / 2
    } else {
        span
    };
    Some((text, place))
}

/// The string under a key of a table.
pub(crate) fn text<'t>(table: &'t Table<'_>, key: &str) -> Option<&'t str> {
    table.get(key)?.get_ref().as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(string: &str, text: &str, at: &str) {
        let file = format!("a = {string}");
        let (table, _) = Table::parse_recoverable(&file);
        let table = table.into_inner();
        let found = strings(get(&table, &["a"]).unwrap());
        let [(found, place)] = &found[..] else {
            panic!("one string is there: {found:?}");
        };
        assert_eq!((*found, &file[place.clone()]), (text, at));
    }

    #[test]
    fn places_of_strings_are_those_of_the_file() {
        check(r#""tf==2.3""#, "tf==2.3", "tf==2.3");
        check("'tf'", "tf", "tf");
        check(r#"["""tf"""]"#, "tf", "tf");
        check("'''tf'''", "tf", "tf");
        check("'''\ntf'''", "tf", "'''\ntf'''");
        check(r#""t\u0066""#, "tf", r#""t\u0066""#);
        // Shorter by as much as two more pairs of quotes.
        check(r#""\u00e9 tf 中""#, "é tf 中", r#""\u00e9 tf 中""#);
    }
}
