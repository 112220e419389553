//! The life of a symbol: where it stands in which releases, with which parameters, what its authors say
//! of it, and what stands for it where it is missing. Facts of the history alone: nothing is pinned here.

mod find;

use crate::advice;
use crate::api::{self, format::Kind, overlay, signature::Signature};
use crate::maps::FastSet;
use crate::names::Package;
use crate::narrow::{Availability, availability, package_of, present_of};
use crate::python::uses::Position;
use crate::release::{ReleaseSet, ReleaseTable};

pub use find::{Found, find, spelled_out};

/// All that is known of a symbol.
#[derive(Debug)]
pub struct Life {
    /// The canonical path.
    pub path: String,
    /// What it is: `function`, `class`, `method`.
    pub kind: &'static str,
    /// Where it lives: under the path that was asked for first, then in the other Kerases.
    pub homes: Vec<Home>,
    /// What its authors say to use instead; `""` where they say nothing.
    pub instructions: &'static str,
    /// What it raises where it is only a stub.
    pub stub: Option<Stub>,
    /// Other names for the same thing.
    pub aliases: Vec<Alias>,
    /// What stands for it in releases after its end.
    pub forward: Vec<Alias>,
    /// What stood for it in releases before its beginning.
    pub backward: Vec<Alias>,
    /// The members of a class, or the names in a module.
    pub members: Vec<Member>,
}

/// A path under which a symbol lives.
#[derive(Debug)]
pub struct Home {
    /// The path.
    pub path: String,
    /// Whose releases the sets hold.
    pub package: Package,
    /// The releases that have it.
    pub present: ReleaseSet,
    /// Those that call it deprecated.
    pub deprecated: ReleaseSet,
    /// It is private.
    pub private: bool,
    /// Its parameters, oldest first.
    pub shapes: Vec<Shape>,
    /// The releases of Keras 3 that have it, where Keras decides in the newest of TensorFlow.
    pub keras: Option<ReleaseSet>,
}

/// Parameters in some releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Whose releases these are.
    pub package: Package,
    /// The releases.
    pub releases: ReleaseSet,
    /// As Python writes them.
    pub text: &'static str,
    /// Those that the shape before it did not have.
    pub added: Vec<&'static str>,
    /// Those that it had.
    pub dropped: Vec<&'static str>,
}

/// A symbol that only raises.
#[derive(Debug)]
pub struct Stub {
    /// Whose releases these are.
    pub package: Package,
    /// Where this is so.
    pub releases: ReleaseSet,
    /// What Python says.
    pub says: String,
    /// What to do instead.
    pub advice: &'static str,
}

/// Another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Its path.
    pub path: String,
    /// Whose releases the set holds.
    pub package: Package,
    /// The releases that have it.
    pub present: ReleaseSet,
}

/// A member of a class, or a name in a module.
#[derive(Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// The releases that have it.
    pub present: ReleaseSet,
}

/// What is known of a canonical path; `None` where the history has no such symbol.
#[must_use]
pub fn life(path: &str, with_members: bool) -> Option<Life> {
    let own = home(path)?;
    let present = own.present;
    let package = own.package;
    let mut homes = vec![own];
    homes.extend(other_kerases(path).iter().filter_map(|path| home(path)));
    let symbol = api::lookup(path);
    let (aliases, others) = alternatives(path, package);
    let table = ReleaseTable::of(package);
    let missing = table.finals() - present;
    let (first, last) = (present.oldest().unwrap_or(0), present.newest().unwrap_or(0));
    let after: ReleaseSet = missing.iter().filter(|&index| index > last).collect();
    let before: ReleaseSet = missing.iter().filter(|&index| index < first).collect();
    let standing = |where_: ReleaseSet| -> Vec<Alias> {
        let works = |one: &&Alias| one.package != package || !(one.present & where_).is_empty();
        let all = aliases.iter().chain(&others);
        let mut found: Vec<Alias> = Vec::new();
        for one in all.filter(works).filter(|_| !where_.is_empty()) {
            if !found.contains(one) {
                found.push(one.clone());
            }
        }
        found
    };
    Some(Life {
        kind: kind(path),
        instructions: symbol.map_or("", api::Symbol::instructions),
        stub: stub(path, homes[0].present),
        forward: standing(after),
        backward: standing(before),
        aliases: aliases.clone(),
        members: if with_members {
            members(path)
        } else {
            Vec::new()
        },
        homes,
        path: path.to_owned(),
    })
}

/// The class of a member, and its name, where a path names one.
fn member_of(path: &str) -> Option<(&str, &str)> {
    if api::lookup(path).is_some() {
        return None;
    }
    let (class, name) = path.rsplit_once('.')?;
    let class = class.strip_suffix(".()").unwrap_or(class);
    let is_class = api::lookup(class).is_some_and(|symbol| symbol.kind() == Kind::Class);
    is_class.then_some((class, name))
}

fn kind(path: &str) -> &'static str {
    match (api::lookup(path), member_of(path)) {
        (Some(symbol), _) => symbol.kind().name(),
        (None, Some((class, name))) if api::member_signatures(class, name).is_empty() => {
            "attribute"
        }
        (None, _) => "method",
    }
}

fn look(path: &str) -> Option<Availability> {
    let asked = match member_of(path) {
        Some((class, name)) => format!("{class}.().{name}"),
        None => path.to_owned(),
    };
    // Every module counts as imported: what can be reached at all is of interest here.
    let mut imported: FastSet<String> = FastSet::default();
    for (at, _) in asked.match_indices('.') {
        imported.insert(asked[..at].to_owned());
    }
    imported.insert(asked.clone());
    let found = availability(&asked, Position::Attribute, &imported)?;
    let parts = path.split('.').count();
    let behind = found.keras.as_ref().map_or(0, |part| part.known_parts);
    let known = api::lookup(path).is_some()
        || member_of(path).is_some_and(|(class, name)| !api::member(class, name).0.is_empty())
        || behind >= parts;
    known.then_some(found)
}

fn home(path: &str) -> Option<Home> {
    let found = look(path)?;
    let package = found.package;
    let mut shapes = shapes(path, package);
    let table = ReleaseTable::of(package);
    let mut keras = None;
    if let Some(part) = &found.keras {
        let inside = table.finals() - part.releases;
        for shape in &mut shapes {
            shape.releases = shape.releases & inside;
        }
        shapes.retain(|shape| !shape.releases.is_empty());
        let third = ReleaseTable::of(Package::Keras).select(|release| release.minor() >= (3, 0));
        let behind: Vec<Shape> = self::shapes(&part.path, Package::Keras)
            .into_iter()
            .map(|shape| Shape {
                releases: shape.releases & third,
                ..shape
            })
            .filter(|shape| !shape.releases.is_empty())
            .collect();
        shapes.extend(behind);
        keras = Some(third - part.absent);
    }
    compare(&mut shapes);
    Some(Home {
        path: path.to_owned(),
        package,
        present: present_of(&found) & table.all(),
        deprecated: api::deprecated(path),
        private: found.private,
        shapes,
        keras,
    })
}

fn shapes(path: &str, package: Package) -> Vec<Shape> {
    let runs: Vec<(&'static str, ReleaseSet)> = match (api::lookup(path), member_of(path)) {
        (Some(symbol), _) => symbol.signatures().collect(),
        (None, Some((class, name))) => api::member_signatures(class, name),
        (None, None) => Vec::new(),
    };
    let mut shapes: Vec<Shape> = Vec::new();
    for (text, releases) in runs {
        match shapes.iter_mut().find(|shape| shape.text == text) {
            Some(shape) => shape.releases = shape.releases | releases,
            None => shapes.push(Shape {
                package,
                releases,
                text,
                added: Vec::new(),
                dropped: Vec::new(),
            }),
        }
    }
    shapes.sort_by_key(|shape| shape.releases.oldest());
    shapes
}

/// Tells of each shape what became of the parameters of the one before it.
fn compare(shapes: &mut [Shape]) {
    let names = |text: &'static str| -> Vec<&'static str> {
        let read = Signature::parse(text);
        let all = read.positional.iter().chain(&read.keyword_only);
        all.map(|parameter| parameter.name).collect()
    };
    for at in 1..shapes.len() {
        let (old, new) = (names(shapes[at - 1].text), names(shapes[at].text));
        shapes[at].added = new
            .iter()
            .copied()
            .filter(|name| !old.contains(name))
            .collect();
        shapes[at].dropped = old.into_iter().filter(|name| !new.contains(name)).collect();
    }
}

/// The same name in the other packages that are a Keras.
fn other_kerases(path: &str) -> Vec<String> {
    const ROOTS: [&str; 3] = ["tensorflow.keras.", "keras.", "tf_keras."];
    let Some(rest) = ROOTS.iter().find_map(|root| path.strip_prefix(root)) else {
        return Vec::new();
    };
    let all = ROOTS.iter().map(|root| format!("{root}{rest}"));
    all.filter(|other| other != path).collect()
}

/// Other names: those that stand for the same thing, and those that only may take its place.
fn alternatives(path: &str, package: Package) -> (Vec<Alias>, Vec<Alias>) {
    let overlay = overlay::get();
    let mut names = advice::candidates(path);
    let older = overlay.replaced().into_iter();
    names.extend(
        older
            .filter(|old| overlay.replacements(old).iter().any(|new| new == path))
            .map(str::to_owned),
    );
    let homes = other_kerases(path);
    let (mut same, mut others) = (Vec::new(), Vec::new());
    let mut seen: Vec<String> = vec![path.to_owned()];
    for name in names {
        if seen.contains(&name) || homes.contains(&name) {
            continue;
        }
        seen.push(name.clone());
        let Some(found) = look(&name).filter(|found| !found.private) else {
            continue;
        };
        let alias = Alias {
            package: found.package,
            present: present_of(&found) & ReleaseTable::of(found.package).all(),
            path: name,
        };
        if alias.present.is_empty() {
            continue;
        }
        let known = overlay
            .sameness(path, &alias.path)
            .or_else(|| overlay.sameness(&alias.path, path));
        if alias.package == package && known.is_some_and(|known| known.same) {
            same.push(alias);
        } else {
            others.push(alias);
        }
    }
    (same, others)
}

fn stub(path: &str, present: ReleaseSet) -> Option<Stub> {
    let found = look(path)?;
    let behind = found.keras.as_ref().map(|part| part.path.as_str());
    overlay::get().stubs.iter().find_map(|stub| {
        let under = |path: &str| {
            path.strip_prefix(stub.prefix.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        };
        let own = under(path);
        if !own && !behind.is_some_and(under) {
            return None;
        }
        let package = package_of(&stub.prefix)?;
        Some(Stub {
            releases: if own {
                stub.releases & present
            } else {
                stub.releases
            },
            package,
            says: format!("{}: {}", stub.error, stub.message),
            advice: &stub.advice,
        })
    })
}

fn members(path: &str) -> Vec<Member> {
    let Some(symbol) = api::lookup(path) else {
        return Vec::new();
    };
    let mut found: Vec<Member> = if symbol.kind() == Kind::Class {
        let known = api::class::class(path);
        known
            .names()
            .filter(|name| !name.starts_with('_'))
            .map(|name| Member {
                name: name.to_owned(),
                present: known.member(name),
            })
            .collect()
    } else {
        api::children(path)
            .to_vec()
            .into_iter()
            .filter_map(|name| {
                let present = present_of(&look(&format!("{path}.{name}"))?);
                let table = ReleaseTable::of(package_of(path)?);
                let present = present & table.all();
                (!present.is_empty()).then_some(Member { name, present })
            })
            .collect()
    };
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

#[cfg(test)]
mod tests;
