//! Where the symbol of a path is absent, whatever is pinned: the path looked up part by part in the
//! history, and behind TensorFlow from 2.16 on in that of Keras.

use crate::api::{
    self,
    format::Kind,
    overlay::{self, Surface},
};
use crate::maps::FastSet;
use crate::names::Package;
use crate::python::uses::Position;
use crate::python::vocabulary::members_of_instance;
use crate::release::{ReleaseSet, ReleaseTable};

/// Where the symbol of a use is absent, whatever is pinned.
#[derive(Clone, Debug)]
pub struct Availability {
    /// Whose releases [`absent`](Self::absent) holds.
    pub package: Package,
    /// Releases on which some part of the path is missing.
    pub absent: ReleaseSet,
    /// The part of the path behind which Keras decides, for the TensorFlow releases of the set:
    /// the Keras releases on which it is missing there.
    pub keras: Option<KerasPart>,
    /// How many leading parts of the path the history knows.
    pub known_parts: usize,
    /// The last known part is a module whose whole content is known, and another part follows.
    pub never_existed: bool,
    /// The same where `TF_USE_LEGACY_KERAS` is set: `tf_keras` decides.
    pub legacy: Option<KerasPart>,
    /// The path leads into a private module.
    pub private: bool,
    /// The part of [`absent`](Self::absent) that the package's own files decide: modules, and
    /// names of its root.
    pub shallow: ReleaseSet,
}

/// What a path means where another package provides it.
#[derive(Clone, Debug)]
pub struct KerasPart {
    /// The TensorFlow releases for which this holds.
    pub releases: ReleaseSet,
    /// The Keras releases on which some part is missing.
    pub absent: ReleaseSet,
    /// The path in the Keras package.
    pub path: String,
    /// How many leading parts of the written path the history of Keras knows.
    pub known_parts: usize,
    /// As [`Availability::never_existed`].
    pub never_existed: bool,
}

/// The package that a path's root belongs to.
#[must_use]
pub fn package_of(path: &str) -> Option<Package> {
    Package::from_name(path.split('.').next().unwrap_or(path))
}

/// Where each part of a dotted path ends.
fn ends(path: &str) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'.', path.as_bytes()).chain([path.len()])
}

/// The first `count` parts of a dotted path.
#[must_use]
pub fn leading(path: &str, count: usize) -> &str {
    if count == 0 {
        return "";
    }
    ends(path).nth(count - 1).map_or(path, |end| &path[..end])
}

/// Looks a path up, part by part. `imported` holds the modules that the project imports by name
/// somewhere: importing one binds it to its parent, so attribute access reaches it too.
#[must_use]
pub fn availability(
    path: &str,
    position: Position,
    imported: &FastSet<String>,
) -> Option<Availability> {
    let package = package_of(path)?;
    let is_imported = |parts: usize| imported.contains(leading(path, parts));
    let mut walk = walk(path, package, position, &is_imported, 0);
    let surface = overlay::get()
        .surfaces
        .iter()
        .filter(|surface| below(path, &surface.prefix))
        .max_by_key(|surface| surface.prefix.len());
    let behind = |surface: &Surface, target: &str, package: Package| {
        let rest = &path[surface.prefix.len()..];
        let depth = |path: &str| path.split('.').count().cast_signed();
        let shift = depth(target) - depth(&surface.prefix);
        let path = format!("{target}{rest}");
        let behind = self::walk(&path, package, position, &is_imported, shift);
        let unheard = behind.unheard;
        let part = KerasPart {
            releases: surface.releases,
            absent: behind.absent,
            path,
            known_parts: behind.known_parts,
            never_existed: behind.never_existed,
        };
        (part, unheard)
    };
    let mut keras = surface.map(|surface| behind(surface, &surface.target, Package::Keras));
    let mut legacy = surface.and_then(|surface| {
        let target = surface.legacy.as_deref()?;
        Some(behind(surface, target, Package::TfKeras))
    });
    // A member that one of the packages has is missing in the others; one that none has may be
    // anything.
    let heard = |unheard: Option<ReleaseSet>, known: usize| unheard.is_none() && known > 1;
    let parts = path.split('.').count();
    let any = heard(walk.unheard, walk.known_parts) && walk.known_parts == parts
        || [&keras, &legacy]
            .into_iter()
            .flatten()
            .any(|(part, unheard)| heard(*unheard, part.known_parts) && part.known_parts == parts);
    if any && members_of_instance(path).is_some() {
        walk.absent = walk.absent | walk.unheard.unwrap_or_default();
        for (part, unheard) in [&mut keras, &mut legacy].into_iter().flatten() {
            part.absent = part.absent | unheard.unwrap_or_default();
        }
    }
    let (keras, legacy) = (keras.map(|(part, _)| part), legacy.map(|(part, _)| part));
    Some(Availability {
        package,
        absent: walk.absent,
        keras,
        legacy,
        known_parts: walk.known_parts,
        never_existed: walk.never_existed,
        private: walk.private,
        shallow: walk.shallow,
    })
}

/// Whether a path is a prefix's or lies below it.
#[must_use]
pub fn below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

struct Walk {
    absent: ReleaseSet,
    known_parts: usize,
    never_existed: bool,
    private: bool,
    shallow: ReleaseSet,
    /// No release of the class has the member of an instance: those in which all of its members
    /// are known.
    unheard: Option<ReleaseSet>,
}

/// Walks the parts of a path; `shift` says how many parts it has more than the written one, whose
/// parts are what is counted. `is_imported` tells whether the project imports the first parts of that
/// one by name.
fn walk(
    path: &str,
    package: Package,
    position: Position,
    is_imported: &dyn Fn(usize) -> bool,
    shift: isize,
) -> Walk {
    let all = ReleaseTable::of(package).all();
    let mut found = Walk {
        absent: ReleaseSet::EMPTY,
        known_parts: 1,
        never_existed: false,
        private: false,
        shallow: ReleaseSet::EMPTY,
        unheard: None,
    };
    let parts = ends(path).count();
    let mut parent_closed = true;
    // The releases in which the parent may have names that the history cannot see.
    let mut open = ReleaseSet::EMPTY;
    for (end, count) in ends(path).zip(1_usize..).skip(1) {
        let written = count.saturating_add_signed(-shift);
        let prefix = &path[..end];
        let Some(symbol) = api::lookup(prefix) else {
            let closed = parent_closed && !is_own(prefix.rsplit('.').next().unwrap_or(prefix));
            found.never_existed = closed;
            if closed {
                found.absent = found.absent | (all - open);
                if count == 2 {
                    found.shallow = all - open;
                }
            }
            break;
        };
        found.known_parts = written;
        let private = symbol.present().is_empty();
        found.private |= private;
        let as_module = match position {
            Position::ImportModule => true,
            Position::ImportFrom { module_parts } | Position::Star { module_parts } => {
                written <= usize::from(module_parts)
            }
            Position::Attribute => false,
        };
        let there = if as_module {
            symbol.importable()
        } else if private
            || matches!(
                position,
                Position::ImportFrom { .. } | Position::Star { .. }
            )
            || is_imported(written)
        {
            symbol.present() | symbol.importable()
        } else {
            symbol.present()
        };
        // Which module files a package has is known, whatever else is in it.
        let unseen = if as_module {
            ReleaseSet::EMPTY
        } else {
            open - there
        };
        let there = there | unseen;
        found.absent = found.absent | (all - there);
        if count == 2 || as_module {
            found.shallow = found.shallow | (all - there);
        }
        if symbol.kind() == Kind::Class && count < parts {
            let member = absent_member(path, prefix, all);
            found.absent = found.absent | member.lacking;
            if member.heard {
                found.absent = found.absent | member.absent;
            } else {
                found.unheard = Some(member.absent);
            }
            if member.heard || !member.lacking.is_empty() {
                found.known_parts += member.parts;
            }
        }
        if symbol.kind() != Kind::Module {
            break;
        }
        parent_closed = !private;
        open = symbol
            .bases()
            .filter(|(base, _)| *base == "?")
            .fold(unseen, |open, (_, releases)| open | releases);
    }
    found
}

/// Whether a module has a name for itself, such as `__name__`, `_BACKEND`, and what imports from
/// `__future__` leave behind: such names are not in the history.
fn is_own(name: &str) -> bool {
    name.starts_with('_')
        || matches!(
            name,
            "absolute_import" | "division" | "print_function" | "unicode_literals" | "annotations"
        )
}

/// A member that a path names behind a class.
struct Member {
    /// Some release of the class has it. Only such members are judged: others may come from a
    /// metaclass.
    heard: bool,
    /// The releases in which the class, or an instance of it, is known to lack it.
    absent: ReleaseSet,
    /// The releases in which the overlay knows that it is lacking, whatever the history can see.
    lacking: ReleaseSet,
    /// How many parts of the path name it.
    parts: usize,
}

fn absent_member(path: &str, class: &str, all: ReleaseSet) -> Member {
    let rest = &path[class.len() + 1..];
    let known = api::class::class(class);
    let (name, parts, open) = match rest.strip_prefix("().") {
        Some(rest) => (rest, 2, known.open),
        None => (rest, 1, ReleaseSet::EMPTY),
    };
    let name = name.split('.').next().unwrap_or(name);
    let present = known.member(name);
    let unknown = known.unknown - present;
    // A method that tells whose it is is no member that a base might have.
    let overlay = overlay::get();
    let told_by_name = overlay.method(name).is_some() || overlay.never_has(class, name);
    let unknown = match parts {
        2 => unknown | (overlay.instance_may_have(class, name) - present),
        _ => unknown,
    };
    let (unknown, open) = if told_by_name {
        (ReleaseSet::EMPTY, ReleaseSet::EMPTY)
    } else {
        (unknown, open)
    };
    let lacking = match parts {
        2 => {
            let lacks = overlay.lacks(class, name);
            lacks.fold(ReleaseSet::EMPTY, |set, (_, releases)| set | releases) - present
        }
        _ => ReleaseSet::EMPTY,
    };
    // Where it is no class with members that are known, nothing is said of them.
    let told = known.told;
    Member {
        heard: !present.is_empty(),
        absent: (all & told) - present - unknown - open,
        lacking: lacking & all,
        parts,
    }
}
