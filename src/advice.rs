//! Ways out of a finding: names that work on every permitted release, pins under which the line
//! runs, and the names that a typo may have meant. Nothing is offered that the history does not
//! confirm.

mod arguments;
pub mod members;
mod policies;
pub mod raised_pin;
pub mod repair;
pub mod version_test;
pub mod ways;

use crate::api::{self, format::Kind, overlay};
use crate::finding::Instead;
use crate::names::Package;
use crate::narrow::{self, Judge, leading};
use crate::python::uses::{FileUses, Position, Use};
use crate::release::ReleaseTable;
use crate::rule::{Subject, display};

/// How many leading parts of the path a failing release has, plus the first that it has not.
#[must_use]
pub fn first_missing(subject: &Subject<'_>) -> usize {
    let path = &subject.used.path;
    let parts = path.split('.').count();
    let position = subject.used.position;
    (2..=parts)
        .find(|&count| {
            let prefix = leading(path, count);
            let as_written = match position {
                Position::ImportFrom { module_parts } if count <= usize::from(module_parts) => {
                    Position::ImportModule
                }
                other => other,
            };
            narrow::availability(prefix, as_written, subject.judge.imported)
                .is_some_and(|found| subject.judge.fails(&found, subject.verdict.failing))
        })
        .unwrap_or_else(|| parts.min(subject.known_parts() + 1).max(2))
}

/// A name that works on every permitted release, best first; `None` where none is known.
#[must_use]
pub fn replacement(subject: &Subject<'_>) -> Option<String> {
    replacements(subject).next()
}

/// A name that works on every permitted release and is deprecated in none of them: under another
/// name, a deprecated function is no better.
#[must_use]
pub fn lasting_replacement(subject: &Subject<'_>) -> Option<String> {
    let deprecated = |path: &str| !(api::deprecated(path) & subject.verdict.permitted).is_empty();
    replacements(subject).find(|name| !deprecated(name))
}

fn replacements(subject: &Subject<'_>) -> impl Iterator<Item = String> {
    working(subject.judge, subject.uses, subject.used)
}

/// The names that work wherever a use is reached, best first.
fn working(judge: &Judge<'_>, uses: &FileUses, used: &Use) -> impl Iterator<Item = String> {
    let (path, tail) = known_and_tail(judge, used);
    candidates(path)
        .into_iter()
        .filter(move |candidate| {
            candidate != path
                && (is_module(path) || !is_module(candidate))
                && !is_private(judge, candidate)
                && !(used.called && is_stub(judge, candidate))
                && judge.works_at(uses, used, candidate, Position::Attribute)
        })
        .map(move |candidate| format!("{candidate}{tail}"))
}

/// What the API has of a path, and what is asked of the object there: `tf.flags.FLAGS` and
/// `.batch_size`. What is behind modules and classes is the API's too.
fn known_and_tail<'u>(judge: &Judge<'_>, used: &'u Use) -> (&'u str, &'u str) {
    let path = &*used.path;
    let known = narrow::availability(path, used.position, judge.imported)
        .map_or(path, |found| leading(path, found.known_parts));
    let object = api::lookup(known)
        .is_some_and(|symbol| !matches!(symbol.kind(), Kind::Module | Kind::Class));
    path.split_at(if object { known.len() } else { path.len() })
}

/// Whether a name leads into a private module: nothing to be offered.
fn is_private(judge: &Judge<'_>, path: &str) -> bool {
    narrow::availability(path, Position::Attribute, judge.imported)
        .is_some_and(|found| found.private)
}

/// Whether a name only raises when it is called, on some permitted release.
fn is_stub(judge: &Judge<'_>, path: &str) -> bool {
    let Some(found) = narrow::availability(path, Position::Attribute, judge.imported) else {
        return false;
    };
    let under = |path: &str, prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    let environments = || judge.scope.environments.iter();
    overlay::get().stubs.iter().any(|stub| {
        let own = under(path, &stub.prefix)
            && environments().any(|environment| {
                let permitted = environment.permitted(found.package).releases;
                !(permitted & stub.releases).is_empty()
            });
        let behind = found.keras.as_ref().is_some_and(|part| {
            under(&part.path, &stub.prefix)
                && environments().any(|environment| {
                    let permitted = environment.permitted(found.package).releases;
                    let mut here = (permitted & part.releases).iter();
                    here.any(|release| {
                        !(environment.keras_behind(release) & stub.releases).is_empty()
                    })
                })
        });
        own || behind
    })
}

/// The name that a finding offers, with how safe it is to take.
#[must_use]
pub fn instead(subject: &Subject<'_>, new: &str) -> Instead {
    let (old, tail) = known_and_tail(subject.judge, subject.used);
    Instead {
        path: new.to_owned(),
        safety: repair::safety(
            subject.judge,
            &subject.file.text,
            old,
            new.strip_suffix(tail).unwrap_or(new),
        ),
    }
}

/// The public name of something private, whatever is pinned.
#[must_use]
pub fn public_name(path: &str) -> Option<String> {
    path.strip_prefix("tensorflow.python.keras.")
        .map(|rest| format!("tensorflow.keras.{rest}"))
        .or_else(|| {
            path.strip_prefix("keras.src.")
                .map(|rest| format!("keras.{rest}"))
        })
}

/// Names that may stand for a path, best first, whatever is pinned.
#[must_use]
pub fn candidates(path: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let parts = path.split('.').count();
    for count in (2..=parts).rev() {
        let prefix = leading(path, count);
        let rest = &path[prefix.len()..];
        let known = overlay::get().replacements(prefix);
        names.extend(known.iter().map(|new| format!("{new}{rest}")));
        if let Some(twin) = prefix
            .strip_prefix("keras.")
            .map(|p| format!("tensorflow.keras.{p}"))
        {
            names.extend(
                overlay::get()
                    .replacements(&twin)
                    .iter()
                    .filter_map(|new| new.strip_prefix("tensorflow."))
                    .filter(|new| new.starts_with("keras."))
                    .map(|new| format!("{new}{rest}")),
            );
        }
        if let Some(inner) = prefix.strip_prefix("tensorflow.keras.") {
            names.extend(
                overlay::get()
                    .replacements(&format!("keras.{inner}"))
                    .iter()
                    .filter(|new| new.starts_with("keras."))
                    .map(|new| format!("tensorflow.{new}{rest}")),
            );
        }
    }
    if let Some(symbol) = api::lookup(path) {
        names.extend(quoted_names(symbol.instructions()));
    }
    if let Some(inner) = path.strip_prefix("tensorflow.") {
        if !inner.starts_with("compat.") {
            names.push(format!("tensorflow.compat.v1.{inner}"));
        } else if let Some(plain) = inner
            .strip_prefix("compat.v1.")
            .or_else(|| inner.strip_prefix("compat.v2."))
        {
            names.push(format!("tensorflow.{plain}"));
        }
    }
    if path.contains(".experimental.") {
        names.push(path.replacen(".experimental.", ".", 1));
    }
    if path.starts_with("keras.") {
        names.push(format!("tensorflow.{path}"));
    }
    // A name that is called in the same way is nearer.
    names.sort_by_key(|name| repair::is_another_kind(path, name));
    names
}

/// The names that a deprecation's text tells to use: what follows "use".
fn quoted_names(instructions: &str) -> Vec<String> {
    let Some(at) = instructions.to_ascii_lowercase().find("use ") else {
        return Vec::new();
    };
    instructions[at..]
        .split(|c: char| c.is_whitespace() || "`(),;'\"".contains(c))
        .map(|word| word.trim_end_matches('.'))
        .filter_map(|word| word.strip_prefix("tf."))
        .map(|name| format!("tensorflow.{name}"))
        .collect()
}

/// The pin under which the line runs on every release, as far as the history goes, and all else of
/// the scope with it.
#[must_use]
pub fn pin(subject: &Subject<'_>) -> Option<String> {
    let table = subject.table();
    let package = subject.verdict.package;
    // A pin that repairs this line and breaks another is none to offer.
    let together = (subject.judge.together)()[package as usize];
    let present = subject.verdict.present & table.finals() & together;
    let runs = table.runs(present);
    let newest_failing = subject.verdict.failing.newest()?;
    let minor = |index: usize| {
        let release = table.get(index);
        let (major, minor) = release.minor();
        let first = table.select(|r| r.minor() == (major, minor)).oldest();
        if first == Some(index) {
            format!("{major}.{minor}")
        } else {
            release.row.version.to_owned()
        }
    };
    if let Some(&(first, last)) = runs.iter().find(|(first, _)| *first > newest_failing) {
        let after = (last + 1..table.releases().len()).find(|&i| !table.get(i).is_prerelease());
        return Some(match after {
            Some(gone) => format!("{package}>={},<{}", minor(first), minor(gone)),
            None => format!("{package}>={}", minor(first)),
        });
    }
    let &(first, last) = runs.last()?;
    let gone = (last + 1..table.releases().len()).find(|&i| !table.get(i).is_prerelease())?;
    let older = subject.verdict.permitted.oldest()? < first;
    Some(if older {
        format!("{package}>={},<{}", minor(first), minor(gone))
    } else {
        format!("{package}<{}", minor(gone))
    })
}

/// The name that a name which never existed may have meant: the nearest sibling, or the same name
/// elsewhere, that works on every permitted release before one that exists at all.
#[must_use]
pub fn meant(subject: &Subject<'_>) -> Option<String> {
    if let Some(name) = replacement(subject) {
        return Some(name);
    }
    let count = subject.known_parts() + 1;
    let path = &subject.used.path;
    let (parent, wrong) = leading(path, count).rsplit_once('.')?;
    let behind = subject.found.keras.as_ref().map_or("", |part| {
        part.path.rsplit_once('.').map_or("", |(parent, _)| parent)
    });
    let siblings = [api::children(parent), api::children(behind)];
    let wrong = Spelled::of(wrong);
    let near = siblings.iter().flat_map(|names| names.iter());
    near.filter_map(|name| {
        let distance = wrong.distance(name)?;
        let candidate = format!("{parent}.{name}");
        Some((!subject.judge.works(&candidate), distance, candidate))
    })
    .min()
    .map(|(_, _, name)| name)
}

/// A name that may be misspelled. Most names are nowhere near, which is found without a look at their
/// order of letters: a file may have thousands of unknown names, and a module thousands of members.
struct Spelled {
    lower: String,
    /// One bit for each letter and digit that it has.
    letters: u64,
}

impl Spelled {
    /// More wrong letters make another name.
    const MOST_WRONG: usize = 3;

    fn of(name: &str) -> Self {
        Self {
            lower: name.to_ascii_lowercase(),
            letters: letters(name),
        }
    }

    /// How many letters are wrong, where it may be this name that was meant.
    fn distance(&self, name: &str) -> Option<usize> {
        let (short, long) = {
            let (own, other) = (self.lower.len(), name.len());
            (own.min(other), own.max(other))
        };
        let most = Self::MOST_WRONG.min(long / 3);
        // A wrong letter takes one away and brings another.
        let others = (self.letters ^ letters(name)).count_ones() as usize;
        if long - short > most * MOST_BYTES || others > 2 * most {
            return None;
        }
        let distance = strsim::levenshtein(&self.lower, &name.to_ascii_lowercase());
        (distance <= most).then_some(distance)
    }
}

/// The most bytes of one letter.
const MOST_BYTES: usize = 4;

/// One bit for each letter and digit of a name, whatever its case; one for all else.
fn letters(name: &str) -> u64 {
    name.bytes().fold(0, |letters, byte| {
        let bit = match byte.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => letter - b'a',
            digit @ b'0'..=b'9' => 26 + digit - b'0',
            b'_' => 36,
            _ => 37,
        };
        letters | 1 << bit
    })
}

/// The release in which a symbol's present run begins or ends next to the failing ones.
#[must_use]
pub fn turning_point(subject: &Subject<'_>) -> Option<Turn> {
    let table = subject.table();
    let present = subject.verdict.present & table.finals();
    let failing = subject.verdict.failing;
    let oldest = failing.oldest()?;
    let newest = failing.newest()?;
    let before = present.iter().filter(|&index| index < oldest).last();
    let after = present.iter().find(|&index| index > newest);
    match (before, after) {
        (None, Some(first)) => Some(Turn::Appears(table.get(first).row.version)),
        (Some(last), _) => {
            let gone = (last + 1..=newest).find(|&i| !table.get(i).is_prerelease())?;
            Some(Turn::Gone(table.get(gone).row.version))
        }
        (None, None) => None,
    }
}

/// When a symbol came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// First release that has it.
    Appears(&'static str),
    /// First release that no longer has it.
    Gone(&'static str),
}

/// A replacement in a sentence: `` `tf.random.set_seed` ``.
#[must_use]
pub fn quoted(path: &str) -> String {
    format!("`{}`", display(path))
}

/// Whether a path names a module, which stands for nothing that is called.
fn is_module(path: &str) -> bool {
    api::lookup(path).is_some_and(|symbol| symbol.kind() == Kind::Module)
}

/// The newest final release of the table, for messages about unpinned projects.
#[must_use]
pub fn newest(package: Package) -> &'static str {
    let table = ReleaseTable::of(package);
    table
        .finals()
        .newest()
        .map_or("", |index| table.get(index).row.version)
}

#[cfg(test)]
mod tests {
    use super::Spelled;

    #[track_caller]
    fn check(wrong: &str, name: &str, distance: Option<usize>) {
        assert_eq!(Spelled::of(wrong).distance(name), distance);
    }

    #[test]
    fn a_name_is_near_where_few_letters_are_wrong() {
        check("set_global_polcy", "set_global_policy", Some(1));
        check("Sequental", "Sequential", Some(1));
        check("sequential", "Sequential", Some(0));
        check("dense", "Dance", None);
        check("zeros_like", "ones_like", None);
        check("é", "e", None);
        check("größe_x", "grosse_x", Some(3));
        check("abcdefghi", "ihgfedcba", None);
    }

    /// The quick refusals refuse nothing that is near.
    #[test]
    fn what_is_refused_at_once_is_far_away() {
        let names = crate::api::children("tensorflow.keras.layers");
        assert!(names.len() > 100);
        for wrong in names.iter().take(40) {
            let spelled = Spelled::of(wrong);
            for name in names.iter() {
                let most = 3.min(wrong.len().max(name.len()) / 3);
                let real =
                    strsim::levenshtein(&wrong.to_ascii_lowercase(), &name.to_ascii_lowercase());
                let near = (real <= most).then_some(real);
                assert_eq!(spelled.distance(name), near, "{wrong} and {name}");
            }
        }
    }
}
