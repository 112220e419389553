//! Pull requests that change a pin: what breaks by it, told on the line that pins.

use std::collections::{BTreeMap, BTreeSet};

use crate::github::diff::Patch;
use crate::github::told::{Pin, Remark};
use crate::names::Package;
use crate::release::specifier;
use crate::release::{ReleaseSet, ReleaseTable};

/// A line of the diff that pins otherwise than before, and what that breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChangedPin {
    /// The file.
    pub(super) path: String,
    /// Its line at the head, base 1.
    pub(super) line: u32,
    /// The statement.
    pub(super) text: String,
    /// The statement that stood there, where one did.
    pub(super) old: Option<String>,
    /// Which way the pin goes, where that can be told.
    pub(super) way: Option<Way>,
    /// The package whose API breaks.
    pub(super) package: Package,
    /// The findings that it brings, as indexes into those of the report.
    pub(super) broken: Vec<usize>,
}

/// Which way a pin goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To newer releases.
    Up,
    /// To older ones.
    Down,
}

/// The pins that a pull request changes, in the order of the findings that they break. A finding is
/// that of one pin alone.
pub(super) fn changed<'p>(
    findings: &[Remark],
    patch: impl Fn(&str) -> Option<&'p Patch<'p>>,
) -> Vec<ChangedPin> {
    let mut pins: Vec<ChangedPin> = Vec::new();
    let mut known: BTreeMap<&Pin, Option<(usize, Option<ReleaseSet>)>> = BTreeMap::new();
    for (index, remark) in findings.iter().enumerate() {
        let Some(releases) = &remark.releases else {
            continue;
        };
        for pin in &remark.pins {
            let found = known.entry(pin).or_insert_with(|| {
                let (changed, old) = change(pin, releases.package, &patch)?;
                let at = pins.iter().position(|pin| {
                    (&pin.path, pin.line, pin.package)
                        == (&changed.path, changed.line, changed.package)
                });
                let at = at.unwrap_or_else(|| {
                    pins.push(changed);
                    pins.len() - 1
                });
                Some((at, old))
            });
            let Some((at, old)) = *found else { continue };
            // What failed before fails without the change, too.
            let is_new = old.is_none_or(|old| old.is_subset(releases.working));
            if is_new {
                pins[at].broken.push(index);
            }
            break;
        }
    }
    pins.retain(|pin| !pin.broken.is_empty());
    pins
}

/// The change of a pin, and what was permitted before, where both can be told.
fn change<'p>(
    pin: &Pin,
    package: Package,
    patch: impl Fn(&str) -> Option<&'p Patch<'p>>,
) -> Option<(ChangedPin, Option<ReleaseSet>)> {
    let (path, number, from, to) = pin.place.as_ref()?;
    let patch = patch(path)?;
    let spelled = |text: &str| -> Option<(usize, usize)> {
        let byte = |column: u32| {
            let column = usize::try_from(column).ok()?.checked_sub(1)?;
            let mut places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            places.nth(column)
        };
        Some((byte(*from)?, byte(*to)?))
    };
    let fits = |text: &str| {
        spelled(text).is_some_and(|(from, to)| {
            let there = &text[from..to];
            pin.text == there || pin.text.contains(there.trim_matches(['"', '\'']))
        })
    };
    let expected = patch.line(*number).filter(|line| fits(line.text));
    let line = expected.or_else(|| {
        let mut added = patch
            .head
            .iter()
            .filter(|line| line.added && fits(line.text));
        let only = added.next()?;
        added.next().is_none().then_some(only)
    })?;
    if !line.added {
        return None;
    }
    let (from, to) = spelled(line.text)?;
    let (before, after) = (&line.text[..from], &line.text[to..]);
    let removed = patch.removed.iter().filter(|gone| gone.hunk == line.hunk);
    let name = name(&line.text[from..to]);
    let old = removed
        .filter_map(|gone| {
            let rest = gone.text.strip_prefix(before)?;
            let cut = |end: usize| rest[..end].trim_end();
            let whole = rest.strip_suffix(after).map(str::trim_end);
            let end = rest.find(['"', '\'', ';', '#', '\\']).unwrap_or(rest.len());
            Some(whole.unwrap_or_else(|| cut(end)))
        })
        .find(|old| self::name(old) == name && !old.is_empty());
    // A pin of one package may govern findings of another, whose versions are none of its own.
    let own = belongs(&self::name(&pin.text), package);
    let releases = |text: &str| own.then(|| permitted(text, package)).flatten();
    let (old_set, new_set) = (old.and_then(releases), releases(&line.text[from..to]));
    let changed = ChangedPin {
        path: path.clone(),
        line: line.number,
        text: pin.text.clone(),
        old: old.map(|old| bare(old).to_owned()),
        way: old_set.zip(new_set).and_then(|(old, new)| way(old, new)),
        package,
        broken: Vec::new(),
    };
    Some((changed, old_set))
}

/// The name of the distribution at the start of a statement, as the index compares names; `""` where
/// the statement is a version alone.
fn name(statement: &str) -> String {
    if statement.starts_with(|c: char| c.is_ascii_digit()) {
        return String::new();
    }
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = statement.find(|c| !part(c)).unwrap_or(statement.len());
    statement[..end]
        .to_ascii_lowercase()
        .replace(['_', '.'], "-")
}

/// The releases that a statement as pip writes it permits: `name[extras]specifiers`, or a version
/// alone. `None` where it is written otherwise.
fn permitted(statement: &str, package: Package) -> Option<ReleaseSet> {
    let statement = statement.split(';').next().unwrap_or(statement).trim();
    let statement = bare(statement);
    let written = match name(statement).len() {
        0 => format!("=={statement}"),
        length => {
            let rest = statement[length..].trim_start();
            match rest.strip_prefix('[') {
                Some(extras) => extras.split_once(']')?.1.to_owned(),
                None => rest.to_owned(),
            }
        }
    };
    let specifiers = specifier::parse(&written).ok()?.specifiers;
    if specifiers.is_empty() {
        return None;
    }
    let set = ReleaseTable::of(package).matching(&specifiers);
    (!set.is_empty()).then_some(set)
}

/// Whether a distribution of that name has the versions of a package.
fn belongs(name: &str, package: Package) -> bool {
    match package {
        Package::Tensorflow => name.contains("tensorflow"),
        Package::Keras => name == "keras",
        Package::TfKeras => name == "tf-keras",
    }
}

/// A value of TOML without its quotes.
fn bare(statement: &str) -> &str {
    let inside = statement
        .strip_prefix('"')
        .and_then(|s| s.strip_suffix('"'));
    inside.unwrap_or(statement)
}

fn way(old: ReleaseSet, new: ReleaseSet) -> Option<Way> {
    let up = new.oldest() >= old.oldest() && new.newest() >= old.newest();
    let down = new.oldest() <= old.oldest() && new.newest() <= old.newest();
    match (up, down) {
        (true, false) => Some(Way::Up),
        (false, true) => Some(Way::Down),
        _ => None,
    }
}

/// How many files some findings are in.
pub(super) fn files(findings: &[Remark], indexes: &[usize]) -> usize {
    let paths: BTreeSet<&str> = indexes.iter().map(|&i| findings[i].path.as_str()).collect();
    paths.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::review::samples::{pinned, remark};

    /// The change of a pin as `way: old -> new`, and whether the finding comes from it.
    #[track_caller]
    fn check(
        line: u32,
        statement: &str,
        column: u32,
        patch: &str,
        working: &str,
        expect: Option<&str>,
    ) {
        let patch = Patch::parse(patch);
        let finding = pinned(remark(2, &["f("]), line, column, statement, working);
        let found = changed(&[finding], |path| {
            (path == "requirements.txt").then_some(&patch)
        });
        let found = found.first().map(|pin| {
            let old = pin.old.as_deref().unwrap_or("nothing");
            format!("{:?}: {old} -> {}", pin.way, pin.text)
        });
        assert_eq!(found.as_deref(), expect);
    }

    #[test]
    fn a_pin_that_is_raised() {
        check(
            2,
            "tensorflow==2.9.3",
            1,
            "@@ -1,2 +1,2 @@\n numpy\n-tensorflow==2.3.4\n+tensorflow==2.9.3",
            ">=2.0,<2.9",
            Some("Some(Up): tensorflow==2.3.4 -> tensorflow==2.9.3"),
        );
    }

    #[test]
    fn what_failed_before_does_not_come_from_the_pin() {
        let patch = "@@ -1 +1 @@\n-tensorflow==2.3.4\n+tensorflow==2.9.3";
        check(1, "tensorflow==2.9.3", 1, patch, "<2.0", None);
    }

    #[test]
    fn a_line_that_only_gets_a_comment_breaks_nothing() {
        let patch = "@@ -1 +1 @@\n-tensorflow==2.3.4\n+tensorflow==2.3.4  # why";
        check(1, "tensorflow==2.3.4", 1, patch, "<2.0", None);
    }

    #[test]
    fn a_line_that_does_not_change_breaks_nothing() {
        let patch = "@@ -1,2 +1,2 @@\n-numpy\n+numpy<2\n tensorflow==2.3.4";
        check(2, "tensorflow==2.3.4", 1, patch, "<2.0", None);
    }

    #[test]
    fn a_pin_that_is_new() {
        check(
            1,
            "tensorflow==2.9.3",
            1,
            "@@ -0,0 +1 @@\n+tensorflow==2.9.3",
            "<2.0",
            Some("None: nothing -> tensorflow==2.9.3"),
        );
    }

    #[test]
    fn a_range_in_quotes_that_is_lowered() {
        check(
            1,
            "tensorflow[and-cuda]>=2.2,<2.4",
            4,
            "@@ -1 +1 @@\n-  \"tensorflow[and-cuda]>=2.9,<2.12\",\n+  \"tensorflow[and-cuda]>=2.2,<2.4\",",
            ">=2.4",
            Some("Some(Down): tensorflow[and-cuda]>=2.9,<2.12 -> tensorflow[and-cuda]>=2.2,<2.4"),
        );
    }

    #[test]
    fn a_pin_that_the_base_shifted() {
        check(
            7,
            "tensorflow==2.9.3",
            1,
            "@@ -1 +1 @@\n-tensorflow==2.3.4\n+tensorflow==2.9.3",
            ">=2.0,<2.9",
            Some("Some(Up): tensorflow==2.3.4 -> tensorflow==2.9.3"),
        );
    }

    #[test]
    fn another_distribution_on_the_line_before() {
        check(
            1,
            "tensorflow==2.9.3",
            1,
            "@@ -1 +1 @@\n-tensorflow-gpu==2.3.4\n+tensorflow==2.9.3",
            "<2.0",
            Some("None: nothing -> tensorflow==2.9.3"),
        );
    }

    #[test]
    fn a_version_in_a_lock() {
        check(
            1,
            "tensorflow==2.9.3",
            11,
            "@@ -1 +1 @@\n-version = \"2.3.4\"\n+version = \"2.9.3\"",
            ">=2.0,<2.9",
            Some("Some(Up): 2.3.4 -> tensorflow==2.9.3"),
        );
    }

    #[test]
    fn a_pin_of_keras_says_nothing_about_releases_of_tensorflow() {
        check(
            1,
            "keras==2.9.0",
            1,
            "@@ -1 +1 @@\n-keras==2.3.1\n+keras==2.9.0",
            ">=2.4,<2.9",
            Some("None: keras==2.3.1 -> keras==2.9.0"),
        );
    }

    #[test]
    fn a_spelling_of_another_tool_says_nothing_about_before() {
        check(
            1,
            "tensorflow = \"^2.9\"",
            1,
            "@@ -1 +1 @@\n-tensorflow = \"^2.3\"\n+tensorflow = \"^2.9\"",
            "<2.0",
            Some("None: tensorflow = \"^2.3\" -> tensorflow = \"^2.9\""),
        );
    }
}
