//! `data/api/keywords.tsv`: the keywords that a callable with `**kwargs` refuses in its body, as
//! calls have told. It is looked up only where a call gives a keyword that no parameter list names,
//! so the text itself is searched.

use std::sync::LazyLock;

use crate::carried::{self, packed};
use crate::maps::FastMap;
use crate::names::Package;
use crate::release::{ReleaseSet, ReleaseTable};

use super::format::parse_intervals;

/// The lines, sorted, with places in the two lists below in the stead of what stands there: `build.rs`
/// writes all three.
static TABLE: LazyLock<String> = LazyLock::new(|| carried::text(packed!("keywords.tsv")));
static SAID: LazyLock<String> = LazyLock::new(|| carried::text(packed!("keywords.said.tsv")));
static WORDS: LazyLock<String> = LazyLock::new(|| carried::text(packed!("keywords.words.tsv")));

/// The line at a place in a list.
fn at(list: &'static str, place: &str) -> Option<&'static str> {
    list.lines().nth(place.parse().ok()?)
}

/// The roots below which Keras has its names, and what each stands for there.
const ROOTS: [(&str, &str); 9] = [
    ("tensorflow.keras.", ""),
    ("tensorflow.optimizers.", "optimizers."),
    ("tensorflow.losses.", "losses."),
    ("tensorflow.metrics.", "metrics."),
    ("tensorflow.initializers.", "initializers."),
    ("tensorflow.compat.v2.keras.", ""),
    ("keras._tf_keras.keras.", ""),
    ("keras.", ""),
    ("tf_keras.", ""),
];

/// Keywords that are refused, in the words that Python says before and after the keyword (`{}`),
/// each with the releases of the package that the path's root names.
#[derive(Debug, Default)]
pub struct Refused(FastMap<&'static str, Vec<(&'static str, ReleaseSet)>>);

impl Refused {
    /// What is known of the callable at a path, `.().` before a method of an instance.
    #[must_use]
    pub fn by(path: &str) -> Self {
        let mut refused = Self::default();
        let below = |&(root, stands_for): &(&str, &str)| {
            let rest = path.strip_prefix(root)?;
            Some(format!("{stands_for}{rest}"))
        };
        let (Some(name), Some(package)) = (
            ROOTS.iter().find_map(below),
            Package::from_name(path.split('.').next().unwrap_or(path)),
        ) else {
            return refused;
        };
        let mut versions: Vec<String> = Vec::new();
        for line in lines_of(&name) {
            let fields: Vec<&'static str> = line.split('\t').collect();
            let [_, of, releases, said, words] = fields[..] else {
                continue;
            };
            let (Some(said), Some(words)) = (at(&SAID, said), at(&WORDS, words)) else {
                continue;
            };
            if of != package.name() {
                continue;
            }
            if versions.is_empty() {
                let table = ReleaseTable::of(package);
                let all = table.all();
                versions.extend(all.iter().map(|at| table.get(at).row.version.to_owned()));
            }
            let there = parse_intervals(releases, &versions).unwrap_or_default();
            let there: ReleaseSet = (0..there.len()).filter(|&at| there[at]).collect();
            for word in words.split(',') {
                refused.0.entry(word).or_default().push((said, there));
            }
        }
        refused
    }

    /// What is said of a keyword.
    pub fn keyword(&self, name: &str) -> &[(&'static str, ReleaseSet)] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The lines of a callable; the table is sorted by its bytes.
fn lines_of(name: &str) -> impl Iterator<Item = &'static str> {
    let key = format!("{name}\t");
    let (mut low, mut high) = (0, TABLE.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let start = TABLE.as_bytes()[..middle]
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = TABLE.as_bytes()[middle..]
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(TABLE.len(), |at| middle + at + 1);
        if TABLE[start..end] < *key {
            low = end;
        } else {
            high = start;
        }
    }
    TABLE[low..]
        .lines()
        .take_while(move |line| line.starts_with(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_line_can_be_read() {
        let lines: Vec<&str> = TABLE.lines().collect();
        let stated: Vec<&str> = include_str!("../../data/api/keywords.tsv")
            .lines()
            .skip(1)
            .collect();
        assert!(lines.len() > 500, "there are {} lines", lines.len());
        assert_eq!(lines.len(), stated.len());
        assert!(lines.is_sorted_by_key(|line| line.split('\t').next()));
        for (line, stated) in lines.into_iter().zip(stated) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, package, releases, said, words] = fields[..] else {
                panic!("five fields are needed: {line}");
            };
            let (said, words) = (at(&SAID, said).expect(line), at(&WORDS, words).expect(line));
            let whole = [name, package, releases, said, words].join("\t");
            assert_eq!(whole, stated);
            let table = ReleaseTable::of(Package::from_name(package).expect(package));
            let versions = table
                .all()
                .iter()
                .map(|at| table.get(at).row.version.to_owned());
            parse_intervals(releases, &versions.collect::<Vec<_>>()).expect(line);
            assert!(
                said.starts_with("TypeError: ") || said.starts_with("ValueError: "),
                "{line}"
            );
            assert!(said.contains("{}") && !words.is_empty(), "{line}");
        }
    }

    #[test]
    fn every_callable_is_found_by_its_lines() {
        for line in TABLE.lines() {
            let name = line.split('\t').next().expect("a line has a first field");
            assert!(lines_of(name).any(|other| other == line), "{line}");
        }
        assert_eq!(lines_of("layers").count(), 0);
        assert_eq!(lines_of("zzz").count(), 0);
    }

    #[track_caller]
    fn check(path: &str, keyword: &str, version: &str, expected: bool) {
        let package = Package::from_name(path.split('.').next().expect("a path")).expect("a root");
        let version = version.parse().expect("a version");
        let index = ReleaseTable::of(package).find(&version).expect("a release");
        let refused = Refused::by(path);
        let told = refused
            .keyword(keyword)
            .iter()
            .any(|(_, set)| set.contains(index));
        assert_eq!(told, expected, "{path}({keyword}) in {version}");
    }

    #[test]
    fn bodies_tell_what_no_parameter_list_does() {
        check(
            "tensorflow.keras.layers.Dense",
            "input_length",
            "2.10.1",
            true,
        );
        check(
            "tensorflow.keras.layers.LSTM",
            "input_length",
            "2.10.1",
            false,
        );
        check("keras.layers.LSTM", "input_length", "3.3.3", true);
        check("keras.layers.Embedding", "input_length", "3.0.5", true);
        check("keras.layers.Embedding", "input_length", "3.12.0", false);
        check("tensorflow.optimizers.Adam", "decay", "2.12.1", true);
        check("tensorflow.keras.optimizers.Adam", "decay", "2.10.1", false);
        check("keras._tf_keras.keras.optimizers.Adam", "lr", "3.8.0", true);
        check("keras.optimizers.Adam", "decay", "3.8.0", false);
        check(
            "tensorflow.keras.Model.().compile",
            "jit_compile",
            "2.7.4",
            true,
        );
        check(
            "tensorflow.keras.Model.().compile",
            "jit_compile",
            "2.8.4",
            false,
        );
    }
}
