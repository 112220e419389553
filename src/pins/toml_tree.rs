//! TOML with the places of its values, and a notice for what is none.

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

/// The strings of a value that is a string or an array of them, with their places without quotes.
pub(crate) fn strings<'t>(value: &'t Placed<'_>) -> Vec<(&'t str, Range<usize>)> {
    let one = |value: &'t Placed<'_>| {
        let text = value.get_ref().as_str()?;
        Some((text, inner(value.span(), text)))
    };
    match value.get_ref() {
        Value::Array(array) => array.iter().filter_map(one).collect(),
        _ => one(value).into_iter().collect(),
    }
}

/// The place of a string without its quotes, where it is written without escapes.
pub(crate) fn inner(span: Range<usize>, text: &str) -> Range<usize> {
    let quotes = span.len().saturating_sub(text.len());
    if quotes == 2 || quotes == 6 {
        span.start + quotes / 2..span.end - quotes / 2
    } else {
        span
    }
}

/// The string under a key of a table.
pub(crate) fn text<'t>(table: &'t Table<'_>, key: &str) -> Option<&'t str> {
    table.get(key)?.get_ref().as_str()
}
