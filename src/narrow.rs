//! From a use to the releases on which it fails: where its symbol is absent ([`Availability`]),
//! under which releases its line runs (the scope's pins, narrowed by the guards around it), and
//! what is left when both are put together ([`Verdict`]).

use std::collections::HashSet;

use crate::api::{self, format::Kind, overlay};
use crate::names::Package;
use crate::python::uses::{FileUses, Guard, Position, Use};
use crate::release::{ReleaseSet, ReleaseTable};
use crate::scope::{Environment, Pinning, Scope};

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

/// The first `count` parts of a dotted path.
#[must_use]
pub fn leading(path: &str, count: usize) -> &str {
    let mut end = 0;
    for (index, part) in path.split('.').enumerate() {
        if index == count {
            break;
        }
        end += part.len() + usize::from(index > 0);
    }
    &path[..end]
}

/// Looks a path up, part by part. `imported` holds the modules that the project imports by name
/// somewhere: importing one binds it to its parent, so attribute access reaches it too.
#[must_use]
pub fn availability(
    path: &str,
    position: Position,
    imported: &HashSet<String>,
) -> Option<Availability> {
    let package = package_of(path)?;
    let walk = walk(path, package, position, imported, 0);
    let keras = overlay::get()
        .surfaces
        .iter()
        .filter(|surface| below(path, &surface.prefix))
        .max_by_key(|surface| surface.prefix.len())
        .map(|surface| {
            let rest = &path[surface.prefix.len()..];
            let target = format!("{}{rest}", surface.target);
            let depth = |path: &str| path.split('.').count().cast_signed();
            let shift = depth(&surface.target) - depth(&surface.prefix);
            let behind = self::walk(&target, Package::Keras, position, imported, shift);
            KerasPart {
                releases: surface.releases,
                absent: behind.absent,
                path: target,
                known_parts: behind.known_parts,
                never_existed: behind.never_existed,
            }
        });
    Some(Availability {
        package,
        absent: walk.absent,
        keras,
        known_parts: walk.known_parts,
        never_existed: walk.never_existed,
        private: walk.private,
        shallow: walk.shallow,
    })
}

/// Whether a path is a prefix's or lies below it.
fn below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

struct Walk {
    absent: ReleaseSet,
    known_parts: usize,
    never_existed: bool,
    private: bool,
    shallow: ReleaseSet,
}

/// Walks the parts of a path; `shift` says how many parts it has more than the written one, whose
/// parts are what is counted.
fn walk(
    path: &str,
    package: Package,
    position: Position,
    imported: &HashSet<String>,
    shift: isize,
) -> Walk {
    let all = ReleaseTable::of(package).all();
    let mut found = Walk {
        absent: ReleaseSet::EMPTY,
        known_parts: 1,
        never_existed: false,
        private: false,
        shallow: ReleaseSet::EMPTY,
    };
    let parts = path.split('.').count();
    let mut parent_closed = true;
    // The releases in which the parent may have names that the history cannot see.
    let mut open = ReleaseSet::EMPTY;
    for count in 2..=parts {
        let written = count.saturating_add_signed(-shift);
        let prefix = leading(path, count);
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
            || imported.contains(prefix)
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
            let absent = absent_member(path, prefix, all);
            found.absent = found.absent | absent.unwrap_or_default();
            found.known_parts += usize::from(absent.is_some());
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

/// Whether a module has a name for itself, such as `__name__`, `_cache`, and what imports from
/// `__future__` leave behind: such names are not in the history.
fn is_own(name: &str) -> bool {
    name.starts_with('_')
        || matches!(
            name,
            "absolute_import" | "division" | "print_function" | "unicode_literals" | "annotations"
        )
}

/// The releases in which a class lacks the member that a path names next. Only members that some
/// release has are judged: others may come from a metaclass.
fn absent_member(path: &str, class: &str, all: ReleaseSet) -> Option<ReleaseSet> {
    let rest = &path[class.len() + 1..];
    let name = rest.split('.').next().unwrap_or(rest);
    let (present, unknown) = api::member(class, name);
    (!present.is_empty()).then(|| all - present - unknown)
}

/// How a use fares under a scope.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whose releases the sets hold.
    pub package: Package,
    /// The releases under which the line runs.
    pub permitted: ReleaseSet,
    /// Those of them on which it fails in some environment.
    pub failing: ReleaseSet,
    /// It works on some permitted release of some environment.
    pub works_somewhere: bool,
    /// All releases that have the symbol.
    pub present: ReleaseSet,
    /// The environments in which it fails, as indexes into the scope's.
    pub environments: Vec<usize>,
    /// Keras releases that decide, where the failing part is behind Keras.
    pub keras: Option<KerasVerdict>,
    /// How certain the pins are.
    pub pinned: bool,
}

/// The Keras side of a verdict on TensorFlow releases.
#[derive(Clone, Copy, Debug)]
pub struct KerasVerdict {
    /// The Keras releases that the permitted TensorFlow releases bring.
    pub permitted: ReleaseSet,
    /// Those on which the path is missing.
    pub absent: ReleaseSet,
}

/// Judges paths under one scope.
#[derive(Debug)]
pub struct Judge<'s> {
    /// The scope.
    pub scope: &'s Scope,
    /// The modules that the project imports by name.
    pub imported: &'s HashSet<String>,
}

/// What a path does in one environment.
struct Outcome {
    permitted: ReleaseSet,
    failing: ReleaseSet,
    /// Fails whatever Keras comes along.
    never: ReleaseSet,
    keras_permitted: ReleaseSet,
}

impl Judge<'_> {
    /// The releases of a package that an environment permits; none where nothing can be said.
    fn permitted(environment: &Environment, package: Package) -> Option<ReleaseSet> {
        match package {
            Package::Tensorflow => (environment.tensorflow.pinning != Pinning::Unknown)
                .then_some(environment.tensorflow.releases),
            Package::Keras => environment.standalone_keras(),
            Package::TfKeras => (environment.tf_keras.pinning != Pinning::Unknown)
                .then_some(environment.tf_keras.releases),
        }
    }

    fn outcome(&self, environment: &Environment, found: &Availability) -> Option<Outcome> {
        let permitted = Self::permitted(environment, found.package)?;
        let mut failing = permitted & found.absent;
        let mut never = failing;
        let mut keras_permitted = ReleaseSet::EMPTY;
        if found.package == Package::Keras {
            let redirected = overlay::get().keras_redirects;
            failing = failing - (redirected - found.shallow);
            never = never - (redirected - found.shallow);
        }
        if let Some(part) = &found.keras {
            let here = permitted & part.releases;
            failing = failing - here;
            never = never - here;
            for release in here.iter() {
                let behind = environment.keras_behind(release);
                keras_permitted = keras_permitted | behind;
                if behind.is_empty() {
                    continue;
                }
                if !(behind & part.absent).is_empty() {
                    failing.insert(release);
                    if behind.is_subset(part.absent) {
                        never.insert(release);
                    }
                }
            }
        }
        Some(Outcome {
            permitted,
            failing,
            never,
            keras_permitted,
        })
    }

    /// Judges a use; nothing where it works, is guarded, or cannot be judged.
    #[must_use]
    pub fn judge(&self, uses: &FileUses, used: &Use, found: &Availability) -> Option<Verdict> {
        let mut verdict = Verdict {
            package: found.package,
            permitted: ReleaseSet::EMPTY,
            failing: ReleaseSet::EMPTY,
            works_somewhere: false,
            present: present_of(found),
            environments: Vec::new(),
            keras: None,
            pinned: true,
        };
        for (index, environment) in self.scope.environments.iter().enumerate() {
            let Some(outcome) = self.outcome(environment, found) else {
                continue;
            };
            let reached = self.narrow(uses, used, environment, outcome.permitted)?;
            let failing = outcome.failing & reached;
            verdict.permitted = verdict.permitted | reached;
            verdict.failing = verdict.failing | failing;
            verdict.works_somewhere |= !(reached - outcome.never).is_empty();
            if !failing.is_empty() {
                verdict.environments.push(index);
                if let Some(part) = &found.keras
                    && !(failing & part.releases).is_empty()
                {
                    let keras = verdict.keras.get_or_insert(KerasVerdict {
                        permitted: ReleaseSet::EMPTY,
                        absent: ReleaseSet::EMPTY,
                    });
                    keras.permitted = keras.permitted | outcome.keras_permitted;
                    keras.absent = keras.absent | (outcome.keras_permitted & part.absent);
                }
            }
        }
        verdict.pinned = self.is_pinned(found.package);
        Some(verdict)
    }

    /// Whether anything in the scope names the package, or brings it along.
    fn is_pinned(&self, package: Package) -> bool {
        self.scope.environments.iter().any(|environment| {
            let named = |pinning| pinning != Pinning::Absent;
            named(environment.tensorflow.pinning)
                || (package == Package::Keras && named(environment.keras.pinning))
                || (package == Package::TfKeras && named(environment.tf_keras.pinning))
        })
    }

    /// Whether no rule can have anything to say about a path here, whatever guards it.
    #[must_use]
    pub fn is_quiet(&self, path: &str, found: &Availability) -> bool {
        let stub = overlay::get().stubs.iter().any(|stub| {
            let behind = found.keras.as_ref().map_or("", |part| part.path.as_str());
            below(path, &stub.prefix) || below(behind, &stub.prefix)
        });
        if stub || found.private {
            return false;
        }
        let deprecated = api::lookup(leading(path, found.known_parts))
            .is_some_and(|symbol| !symbol.deprecated().is_empty());
        !deprecated
            && self.scope.environments.iter().all(|environment| {
                self.outcome(environment, found)
                    .is_none_or(|outcome| outcome.failing.is_empty())
            })
    }

    /// Whether a path exists and works, by attribute access, on every permitted release.
    #[must_use]
    pub fn works(&self, path: &str) -> bool {
        let parts = path.split('.').count();
        let Some(found) = availability(path, Position::Attribute, self.imported) else {
            return false;
        };
        let behind = found.keras.as_ref().map_or(0, |part| part.known_parts);
        let known = found.known_parts.max(behind);
        let member = |path: &str| {
            let (class, name) = path.rsplit_once('.').unwrap_or((path, ""));
            known + 1 == parts && !api::member(class, name).0.is_empty()
        };
        (known == parts || member(path))
            && self.scope.environments.iter().all(|environment| {
                self.outcome(environment, &found)
                    .is_some_and(|outcome| outcome.failing.is_empty())
            })
    }

    /// The permitted releases on which a path is missing in some environment, whatever guards it.
    #[must_use]
    pub fn failing(&self, found: &Availability) -> ReleaseSet {
        let outcomes = self.scope.environments.iter();
        outcomes
            .filter_map(|environment| self.outcome(environment, found))
            .fold(ReleaseSet::EMPTY, |set, outcome| set | outcome.failing)
    }

    /// Whether a path is missing on one of these releases in some environment.
    #[must_use]
    pub fn fails(&self, found: &Availability, releases: ReleaseSet) -> bool {
        !(self.failing(found) & releases).is_empty()
    }

    /// The part of `permitted` under which the use is reached; nothing where it never fails
    /// because something catches it, or where the conditions are not understood.
    fn narrow(
        &self,
        uses: &FileUses,
        used: &Use,
        environment: &Environment,
        permitted: ReleaseSet,
    ) -> Option<ReleaseSet> {
        let around = Around {
            uses,
            used,
            environment,
            permitted,
        };
        let mut reached = permitted;
        for guard in uses.chain(used.guard) {
            reached = reached & self.under(&around, guard)?;
        }
        Some(reached)
    }

    /// The releases under which a condition holds; nothing where that is not known, or where the
    /// condition catches what the use would raise.
    fn under(&self, around: &Around<'_>, guard: &Guard) -> Option<ReleaseSet> {
        let permitted = around.permitted;
        let attribute = around.used.position == Position::Attribute;
        match guard {
            Guard::Unknown => None,
            Guard::Never => Some(ReleaseSet::EMPTY),
            Guard::CatchesAttributeError => (!attribute).then_some(permitted),
            Guard::CatchesImportError => attribute.then_some(permitted),
            Guard::CatchesTypeError => Some(permitted),
            Guard::Has { path, present } => {
                let has = self.reaches(around, path, Position::Attribute)?;
                Some(if *present { has } else { permitted - has })
            }
            Guard::HasModule { path, present } => {
                let has = self.reaches(around, path, Position::ImportModule)?;
                Some(if *present { has } else { permitted - has })
            }
            Guard::Body { uses, failed } => self.after_body(around, uses, *failed),
            Guard::All(parts) => parts
                .iter()
                .try_fold(permitted, |set, part| Some(set & self.under(around, part)?)),
            Guard::Any(parts) => parts.iter().try_fold(ReleaseSet::EMPTY, |set, part| {
                Some(set | self.under(around, part)?)
            }),
        }
    }

    /// The releases under which the body of a `try` failed, or did not. Where that cannot be told,
    /// what runs after a failure is not judged, and what runs after success is not narrowed.
    fn after_body(&self, around: &Around<'_>, body: &[u32], failed: bool) -> Option<ReleaseSet> {
        let fails = self.body_fails(around, body);
        if failed {
            fails.filter(|_| !body.is_empty())
        } else {
            Some(around.permitted - fails.unwrap_or(ReleaseSet::EMPTY))
        }
    }

    /// The releases on which some use of a `try` body fails; nothing where that cannot be told.
    fn body_fails(&self, around: &Around<'_>, body: &[u32]) -> Option<ReleaseSet> {
        body.iter().try_fold(ReleaseSet::EMPTY, |fails, &index| {
            let other = around.uses.uses.get(index as usize)?;
            let found = availability(&other.path, other.position, self.imported)?;
            if package_of(&around.used.path) != Some(found.package) {
                return None;
            }
            let outcome = self.outcome(around.environment, &found)?;
            // What catches the exception is the `try` itself: only conditions narrow here.
            Some(fails | (outcome.failing & around.permitted))
        })
    }

    /// The releases, on the axis of a use, that have another path.
    fn reaches(&self, around: &Around<'_>, path: &str, position: Position) -> Option<ReleaseSet> {
        let found = availability(path, position, self.imported)?;
        if package_of(&around.used.path) != Some(found.package) {
            return None;
        }
        let outcome = self.outcome(around.environment, &found)?;
        Some(around.permitted - outcome.failing)
    }
}

/// Where a condition stands: the use it guards, and the environment it is asked in.
struct Around<'a> {
    uses: &'a FileUses,
    used: &'a Use,
    environment: &'a Environment,
    permitted: ReleaseSet,
}

/// All releases that have the symbol; behind Keras the newest Keras decides.
fn present_of(found: &Availability) -> ReleaseSet {
    let table = ReleaseTable::of(found.package);
    let mut present = table.all() - found.absent;
    if let Some(part) = &found.keras {
        present = present - part.releases;
        let newest = ReleaseTable::of(Package::Keras).finals().newest();
        if newest.is_some_and(|newest| !part.absent.contains(newest)) {
            present = present | part.releases;
        }
    }
    present
}
