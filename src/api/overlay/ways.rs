//! What repairs are made of, beside other names: arguments that say the same in other words, and
//! names that keywords and members have in other releases. What a release takes, the history tells.

use std::collections::HashMap;

use serde::Deserialize;

use super::keywords::below_keras;

/// Several ways to say the same in a call.
#[derive(Debug)]
pub struct Spellings {
    of: Vec<String>,
    /// The names of the first argument, which all ways share.
    pub first: Vec<String>,
    /// What the first argument has to be, as written in Python; anything where there is none.
    pub only_for: Option<String>,
    /// What follows the first argument, best first.
    pub ways: Vec<Vec<Said>>,
    /// What the first argument, an optimizer, may be told instead, so that it needs no wrapper.
    pub inside: Option<Vec<Said>>,
    /// Where classes that a way makes are to be found, best first.
    pub classes: HashMap<String, Vec<String>>,
    /// Attributes that only one of the ways gives the object: code that reads one is for people.
    pub unless: Vec<String>,
    /// It is the same only where a method of this name is called, too.
    pub safe_with: Option<String>,
}

/// An argument of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its name.
    pub name: String,
    /// The place at which it is understood, too; base 0.
    pub place: Option<usize>,
    /// What is given.
    pub value: SaidValue,
}

/// What a way gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaidValue {
    /// This, as written in Python.
    Literal(String),
    /// A number that all ways give under this letter.
    Number(String),
    /// An object of a class of this name.
    Made(String, Vec<Said>),
}

/// One parameter under several names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renamed {
    /// Parts of paths, one of which that of the callable has or ends with; any where there are none.
    #[serde(default)]
    of: Vec<String>,
    /// The names, the one to prefer first.
    pub names: Vec<String>,
    /// How the value under the first name is written with `{}` for that under the others; as it is
    /// where there is none.
    pub first_is: Option<String>,
}

/// A keyword that changes nothing where it is taken, so that it may be left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idle {
    #[serde(default)]
    of: Vec<String>,
    /// Its names.
    pub names: Vec<String>,
    /// The values with which it says nothing, as written in Python; any where there are none.
    #[serde(default)]
    pub values: Vec<String>,
    /// It says something to some releases, where it is about speed or shape alone.
    #[serde(default)]
    pub nearly: bool,
}

/// A method or attribute under another name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// Its name.
    pub name: String,
    /// The name elsewhere; where `text` or `function` is given, one whose presence tells that these
    /// are right.
    pub new: String,
    /// What stands in the place of the member, with `{}` for the object.
    pub text: Option<String>,
    /// The function that takes the object instead, and no more.
    pub function: Option<String>,
    /// What stands behind the call then.
    #[serde(default)]
    pub behind: String,
    /// Keywords that have another name there.
    #[serde(default)]
    pub keywords: HashMap<String, String>,
    /// How many arguments by position mean the same; all where there is none.
    pub places: Option<usize>,
    /// One thing under two names.
    #[serde(default)]
    pub same: bool,
}

/// An entry of the overlay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpellingsEntry {
    of: Vec<String>,
    first: Vec<String>,
    only_for: Option<String>,
    ways: Vec<String>,
    inside: Option<String>,
    #[serde(default)]
    classes: HashMap<String, Vec<String>>,
    #[serde(default)]
    unless: Vec<String>,
    safe_with: Option<String>,
}

impl From<SpellingsEntry> for Spellings {
    fn from(entry: SpellingsEntry) -> Self {
        let ways = entry.ways.iter();
        let read = |way: &String| read(way).expect("a test reads every way of the file");
        Self {
            of: entry.of,
            first: entry.first,
            only_for: entry.only_for,
            ways: ways.map(read).collect(),
            inside: entry.inside.as_ref().map(read),
            classes: entry.classes,
            unless: entry.unless,
            safe_with: entry.safe_with,
        }
    }
}

impl Spellings {
    /// Whether it is about calls of what a path names.
    #[must_use]
    pub fn is_of(&self, path: &str) -> bool {
        let name = below_keras(path).unwrap_or(path);
        self.of.iter().any(|known| known == name)
    }
}

/// Whether a list of parts of paths speaks of one.
fn speaks_of(list: &[String], path: &str) -> bool {
    list.is_empty()
        || list
            .iter()
            .any(|part| path.contains(&format!(".{part}.")) || path.ends_with(&format!(".{part}")))
}

impl Renamed {
    /// Whether it is about a parameter of what a path names.
    #[must_use]
    pub fn is_of(&self, path: &str) -> bool {
        speaks_of(&self.of, path)
    }
}

impl Idle {
    /// Whether it is about a keyword of what a path names.
    #[must_use]
    pub fn is_of(&self, path: &str) -> bool {
        speaks_of(&self.of, path)
    }
}

/// Reads `name@place=value, ...`: a value is written in Python, or is `{letter}` for a number, or
/// makes an object: `Class(name@place=value)`.
fn read(way: &str) -> Option<Vec<Said>> {
    split(way).into_iter().map(said).collect()
}

/// The parts between the commas that stand in no bracket.
fn split(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn said(part: &str) -> Option<Said> {
    let (name, value) = part.split_once('=')?;
    let (name, place) = match name.split_once('@') {
        Some((name, place)) => (name, Some(place.parse().ok()?)),
        None => (name, None),
    };
    let value = if let Some(letter) = value.strip_prefix('{') {
        SaidValue::Number(letter.strip_suffix('}')?.to_owned())
    } else if let Some((class, inner)) = value.split_once('(') {
        SaidValue::Made(class.to_owned(), read(inner.strip_suffix(')')?)?)
    } else {
        SaidValue::Literal(value.to_owned())
    };
    Some(Said {
        name: name.to_owned(),
        place,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_read() {
        assert_eq!(read(""), Some(Vec::new()));
        let way = read("dynamic@1=False, made=Loss(scale@0={n}), last='x'").unwrap();
        let names: Vec<&str> = way.iter().map(|said| said.name.as_str()).collect();
        assert_eq!(names, ["dynamic", "made", "last"]);
        assert_eq!(way[0].place, Some(1));
        assert_eq!(way[0].value, SaidValue::Literal("False".to_owned()));
        assert_eq!(way[2].value, SaidValue::Literal("'x'".to_owned()));
        let SaidValue::Made(class, given) = &way[1].value else {
            panic!("it makes an object");
        };
        assert_eq!(class, "Loss");
        assert_eq!(given[0].value, SaidValue::Number("n".to_owned()));
        assert_eq!(read("what"), None);
    }

    #[test]
    fn every_entry_helps_somewhere() {
        let overlay = crate::api::overlay::get();
        assert!(overlay.spellings.iter().all(|one| one.ways.len() > 1));
        assert!(overlay.renamed.iter().all(|one| one.names.len() > 1));
        let made = |said: &Said| match &said.value {
            SaidValue::Made(class, _) => Some(class.clone()),
            SaidValue::Literal(_) | SaidValue::Number(_) => None,
        };
        for one in &overlay.spellings {
            for class in one.ways.iter().flatten().filter_map(made) {
                let paths = &one.classes[&class];
                let lost = paths.iter().find(|path| crate::api::lookup(path).is_none());
                assert_eq!(lost, None, "no release has it");
            }
        }
    }

    /// Each name of a parameter is one in some release, or one that bodies refuse.
    #[test]
    fn every_name_of_a_parameter_was_one() {
        let lists = include_str!("../../../data/api/signatures.tsv");
        let refused = include_str!("../../../data/api/keywords.tsv");
        let apart = |c: char| !(c.is_alphanumeric() || c == '_');
        let words: std::collections::HashSet<&str> =
            lists.split(apart).chain(refused.split(apart)).collect();
        let overlay = crate::api::overlay::get();
        let renamed = overlay.renamed.iter().flat_map(|one| &one.names);
        let idle = overlay.idle.iter().flat_map(|one| &one.names);
        let lost: Vec<&String> = renamed
            .chain(idle)
            .filter(|name| !words.contains(name.as_str()))
            .collect();
        assert!(lost.is_empty(), "no release knows {lost:?}");
    }

    /// What a member has become is a member of some class.
    #[test]
    fn every_member_has_a_place() {
        let members = include_str!("../../../data/api/tensorflow.members.tsv");
        let keras = include_str!("../../../data/api/keras.members.tsv");
        let is_member = |name: &str| {
            let field = format!("\t{name}\t");
            members.contains(&field) || keras.contains(&field)
        };
        for one in &crate::api::overlay::get().moved {
            assert!(is_member(&one.name) && is_member(&one.new), "{}", one.name);
            let mut functions = one.function.iter();
            assert!(functions.all(|path| crate::api::lookup(path).is_some()));
        }
    }
}
