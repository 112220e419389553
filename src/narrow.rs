//! From a use to the releases on which it fails: where its symbol is absent ([`Availability`]),
//! under which releases its line runs (the scope's pins, narrowed by the guards around it), and
//! what is left when both are put together ([`Verdict`]).

pub mod arguments;
mod availability;
mod memory;
pub mod roots;
mod said;
pub mod texts;
mod versions;
mod vocabulary;

use std::fmt;

use crate::api::{self, overlay};
use crate::finding::PinLine;
use crate::maps::FastSet;
use crate::names::Package;
use crate::python::computed::Computed;
use crate::python::uses::{FileUses, Guard, GuardId, Position, Use};
use crate::release::{ReleaseSet, ReleaseTable};
use crate::scope::{Environment, Pinning, Scope};
use crate::text::Span;

pub use availability::{Availability, KerasPart, availability, below, leading, package_of};
pub use memory::Memory;
use memory::{Asked, Ground};
pub use said::on_release;
use said::said_on;
pub use vocabulary::History;

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

/// What Python raises where a use fails, which decides whether a handler catches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Raised {
    /// An `AttributeError` or `ImportError`, by the position of the use.
    Name,
    /// A `TypeError`.
    Type,
    /// A `ValueError`.
    Value,
    /// Something else, or nothing at all.
    Nothing,
}

/// The Keras side of a verdict on TensorFlow releases.
#[derive(Clone, Copy, Debug)]
pub struct KerasVerdict {
    /// The Keras releases that the permitted TensorFlow releases bring.
    pub permitted: ReleaseSet,
    /// Those on which the path is missing.
    pub absent: ReleaseSet,
}

/// Judges paths of one file under one scope.
pub struct Judge<'s> {
    /// The scope.
    pub scope: &'s Scope,
    /// The modules that the project imports by name.
    pub imported: &'s FastSet<String>,
    /// The releases of each package on which all uses of the scope that nothing guards work
    /// together; asked for only where a finding wants to know.
    pub together: &'s (dyn Fn() -> [ReleaseSet; 3] + Sync),
    /// What is known of the conditions of the file.
    pub memory: &'s Memory,
}

impl fmt::Debug for Judge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Judge");
        shown.field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// The releases of each package, in the order of [`Package::ALL`], on which some uses work
/// together. Uses behind a condition do not count, nor does what works nowhere.
#[must_use]
pub fn together<'u>(
    uses: impl Iterator<Item = (&'u FileUses, &'u Use)>,
    imported: &FastSet<String>,
) -> [ReleaseSet; 3] {
    let mut sets = Package::ALL.map(|package| ReleaseTable::of(package).all());
    let mut seen: FastSet<(&str, Position)> = FastSet::default();
    for (file, used) in uses {
        if file.chain(used.guard).next().is_some() || !seen.insert((&used.path, used.position)) {
            continue;
        }
        let Some(found) = availability(&used.path, used.position, imported) else {
            continue;
        };
        let present = present_of(&found);
        if !present.is_empty() {
            let set = &mut sets[found.package as usize];
            *set = *set & present;
        }
    }
    sets
}

/// What a path does in one environment.
struct Outcome {
    permitted: ReleaseSet,
    failing: ReleaseSet,
    /// Fails whatever Keras comes along.
    never: ReleaseSet,
    keras_permitted: ReleaseSet,
}

/// Whether on some of these releases a path means what `tf_keras` has there, of which nothing is known.
fn is_hidden(environment: &Environment, found: &Availability, releases: ReleaseSet) -> bool {
    environment.legacy_keras
        && found.legacy.is_none()
        && found
            .keras
            .as_ref()
            .is_some_and(|part| !(part.releases & releases).is_empty())
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
            if environment.legacy_keras {
                let legacy = self.legacy_outcome(environment, found, here);
                failing = failing | legacy;
                never = never | legacy;
            }
            for release in here.iter().filter(|_| !environment.legacy_keras) {
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

    /// The releases of some on which no `tf_keras` that may stand beside them has a path. What is
    /// not its own surface is not judged.
    fn legacy_outcome(
        &self,
        environment: &Environment,
        found: &Availability,
        releases: ReleaseSet,
    ) -> ReleaseSet {
        let Some(part) = &found.legacy else {
            return ReleaseSet::EMPTY;
        };
        let fails = |&release: &usize| {
            let behind = environment.tf_keras_behind(release);
            !behind.is_empty() && behind.is_subset(part.absent)
        };
        releases.iter().filter(fails).collect()
    }

    /// Judges a use; nothing where it works, is guarded, or cannot be judged.
    #[must_use]
    pub fn judge(&self, uses: &FileUses, used: &Use, found: &Availability) -> Option<Verdict> {
        self.judge_raising(Raised::Name, uses, used, found)
    }

    /// As [`Self::judge`], for a fault of a use that raises something of its own.
    #[must_use]
    pub fn judge_raising(
        &self,
        raised: Raised,
        uses: &FileUses,
        used: &Use,
        found: &Availability,
    ) -> Option<Verdict> {
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
            let reached = self.narrow(raised, uses, used, environment, outcome.permitted)?;
            let failing = outcome.failing & reached;
            verdict.permitted = verdict.permitted | reached;
            verdict.failing = verdict.failing | failing;
            // Where the line is not reached, nothing fails.
            let fails = outcome.never & reached;
            verdict.works_somewhere |= !(outcome.permitted - fails).is_empty();
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

    /// The permitted releases of a package under which code behind a condition runs, in any
    /// environment; nothing where that is not known.
    #[must_use]
    pub fn reached(
        &self,
        uses: &FileUses,
        guard: Option<GuardId>,
        package: Package,
    ) -> Option<ReleaseSet> {
        // What is reached does not depend on what stands there.
        let used = Use::of_package(package.name(), Span::new(0, 0), guard);
        let mut reached = ReleaseSet::EMPTY;
        for environment in &self.scope.environments {
            if let Some(permitted) = Self::permitted(environment, package) {
                reached =
                    reached | self.narrow(Raised::Nothing, uses, &used, environment, permitted)?;
            }
        }
        Some(reached)
    }

    /// The Keras releases that stand behind `tf.keras` where code behind a condition runs, in any
    /// environment; nothing where that is not known.
    #[must_use]
    pub fn keras_reached(&self, uses: &FileUses, guard: Option<GuardId>) -> Option<ReleaseSet> {
        let reached = self.reached(uses, guard, Package::Tensorflow)?;
        let mut behind = ReleaseSet::EMPTY;
        for environment in &self.scope.environments {
            if environment.legacy_keras {
                return None;
            }
            for release in (reached & environment.tensorflow.releases).iter() {
                behind = behind | environment.keras_behind(release);
            }
        }
        Some(behind)
    }

    /// The lines that pin a package, those of TensorFlow where it brings the package along.
    #[must_use]
    pub fn pins(&self, package: Package) -> Vec<PinLine> {
        let mut pins: Vec<PinLine> = Vec::new();
        for environment in &self.scope.environments {
            let own = &environment.permitted(package).pins;
            let lines = if own.is_empty() {
                &environment.tensorflow.pins
            } else {
                own
            };
            for pin in lines {
                if !pins.iter().any(|other| other.is(pin)) {
                    pins.push(pin.clone());
                }
            }
        }
        pins
    }

    /// Whether anything in the scope names the package, or brings it along.
    #[must_use]
    pub fn is_pinned(&self, package: Package) -> bool {
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
        if stub || found.private || overlay::get().private_member(path).is_some() {
            return false;
        }
        api::deprecated(leading(path, found.known_parts)).is_empty()
            && self.scope.environments.iter().all(|environment| {
                self.outcome(environment, found)
                    .is_none_or(|outcome| outcome.failing.is_empty())
            })
    }

    /// Whether a path exists and works, by attribute access, on every permitted release.
    #[must_use]
    pub fn works(&self, path: &str) -> bool {
        let Some(found) = availability(path, Position::Attribute, self.imported) else {
            return false;
        };
        is_known(path, &found)
            && self.scope.environments.iter().all(|environment| {
                self.outcome(environment, &found).is_some_and(|outcome| {
                    outcome.failing.is_empty() && !is_hidden(environment, &found, outcome.permitted)
                })
            })
    }

    /// Whether a class is known to have a member on every permitted release: where [`Self::works`] does
    /// not know, this does not, either.
    #[must_use]
    pub fn surely_has(&self, class: &str, member: &str) -> bool {
        let path = format!("{class}.().{member}");
        let Some(mut found) = availability(&path, Position::Attribute, self.imported) else {
            return false;
        };
        let all = ReleaseSet::from_words([u64::MAX; 4]);
        let lacking = |path: &str| {
            let class = path.split(".().").next().unwrap_or(path);
            all - api::member(class, member).0
        };
        found.absent = lacking(&path);
        for part in [&mut found.keras, &mut found.legacy].into_iter().flatten() {
            part.absent = lacking(&part.path);
        }
        self.works(&path) && self.failing(&found).is_empty()
    }

    /// Whether a path could stand, in this position, in place of what a use names: it works on every
    /// release on which the use is reached. Uncertain is no.
    #[must_use]
    pub fn works_at(&self, uses: &FileUses, used: &Use, path: &str, position: Position) -> bool {
        let Some(found) = availability(path, position, self.imported) else {
            return false;
        };
        if !is_known(path, &found) {
            return false;
        }
        let same_axis = package_of(&used.path) == Some(found.package);
        self.scope.environments.iter().all(|environment| {
            let Some(outcome) = self.outcome(environment, &found) else {
                return false;
            };
            let reached = if same_axis {
                self.narrow(Raised::Name, uses, used, environment, outcome.permitted)
            } else {
                Some(outcome.permitted)
            };
            reached.is_some_and(|reached| {
                (outcome.failing & reached).is_empty() && !is_hidden(environment, &found, reached)
            })
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
        raised: Raised,
        uses: &FileUses,
        used: &Use,
        environment: &Environment,
        permitted: ReleaseSet,
    ) -> Option<ReleaseSet> {
        let around = Around {
            raised,
            uses,
            used,
            environment,
            permitted,
        };
        let asked = Asked {
            ground: around.ground(),
            raised,
            attribute: used.position == Position::Attribute,
        };
        // From the outermost condition inwards, as far as it is not known what is reached there.
        let (mut reached, mut open) = (Some(permitted), Vec::new());
        let mut at = used.guard;
        while let Some(id) = at {
            if let Some(known) = self.memory.reached(id, asked) {
                reached = known;
                break;
            }
            let node = uses.guards.get(id.0 as usize)?;
            open.push((id, &node.guard));
            at = node.outer;
        }
        for (id, guard) in open.into_iter().rev() {
            reached = match reached {
                Some(set) => self.under(&around, guard).map(|more| set & more),
                None => None,
            };
            self.memory.keep_reached(id, asked, reached);
        }
        reached
    }

    /// The releases under which a condition holds; nothing where that is not known, or where the
    /// condition catches what the use would raise.
    fn under(&self, around: &Around<'_>, guard: &Guard) -> Option<ReleaseSet> {
        let permitted = around.permitted;
        let attribute = around.used.position == Position::Attribute;
        let name = around.raised == Raised::Name;
        match guard {
            Guard::Unknown | Guard::Accepts { .. } => None,
            Guard::Never => Some(ReleaseSet::EMPTY),
            Guard::CatchesAttributeError => (!(name && attribute)).then_some(permitted),
            Guard::CatchesImportError => (!name || attribute).then_some(permitted),
            Guard::CatchesValueError => (around.raised != Raised::Value).then_some(permitted),
            Guard::CatchesTypeError => (around.raised != Raised::Type).then_some(permitted),
            Guard::Has { path, present } => {
                let has = self.reaches(around, path, Position::Attribute)?;
                Some(if *present { has } else { permitted - has })
            }
            Guard::HasModule { path, present } => {
                let has = self.reaches(around, path, Position::ImportModule)?;
                Some(if *present { has } else { permitted - has })
            }
            Guard::Version { computed, holds } => self
                .memory
                .test(computed, around.ground(), || {
                    self.where_test(around, computed)
                })
                .map(|(yes, no)| if *holds { yes } else { no }),
            Guard::Body { uses, failed } => self.after_body(around, uses, *failed),
            Guard::All(parts) => parts
                .iter()
                .try_fold(permitted, |set, part| Some(set & self.under(around, part)?)),
            Guard::Any(parts) => parts.iter().try_fold(ReleaseSet::EMPTY, |set, part| {
                Some(set | self.under(around, part)?)
            }),
        }
    }

    /// The releases of some on which a test of versions may be true, and those on which it may be
    /// false: both where Python decides. On the rest it raises. Nothing where that is not known.
    fn where_test(
        &self,
        around: &Around<'_>,
        computed: &Computed,
    ) -> Option<(ReleaseSet, ReleaseSet)> {
        let package = package_of(&around.used.path)?;
        let mut names = Vec::new();
        self.where_names(around, computed, &mut names)?;
        let (mut yes, mut no) = (ReleaseSet::EMPTY, ReleaseSet::EMPTY);
        for release in around.permitted.iter() {
            let has = |path: &str| {
                let (_, releases) = names.iter().find(|(name, _)| name == path)?;
                Some(releases.contains(release))
            };
            let said = said_on(around.environment, package, release, computed, &has)?;
            if said.yes {
                yes.insert(release);
            }
            if said.no {
                no.insert(release);
            }
        }
        Some((yes, no))
    }

    /// The names that a test asks for, and the releases that have them.
    fn where_names(
        &self,
        around: &Around<'_>,
        computed: &Computed,
        names: &mut Vec<(String, ReleaseSet)>,
    ) -> Option<()> {
        if let Computed::Has(..) = computed {
            let path = computed.asked_path()?;
            let has = self.reaches(around, &path, Position::Attribute)?;
            names.push((path, has));
        }
        computed
            .parts()
            .into_iter()
            .try_for_each(|part| self.where_names(around, part, names))
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
            let outcome = self.outcome(around.environment, &found)?;
            if package_of(&around.used.path) != Some(found.package) {
                // On the releases of another package it is certain only where all agree.
                let everywhere = outcome.permitted.is_subset(outcome.never);
                return match everywhere && !outcome.permitted.is_empty() {
                    true => Some(around.permitted),
                    false => outcome.failing.is_empty().then_some(fails),
                };
            }
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

/// Whether some release has all of a path: a symbol, or a member of a class.
fn is_known(path: &str, found: &Availability) -> bool {
    let parts = path.split('.').count();
    let behind = found.keras.as_ref().map_or(0, |part| part.known_parts);
    let known = found.known_parts.max(behind);
    let (class, name) = path.rsplit_once('.').unwrap_or((path, ""));
    known == parts || (known + 1 == parts && !api::member(class, name).0.is_empty())
}

/// Where a condition stands: the use it guards, and the environment it is asked in.
struct Around<'a> {
    raised: Raised,
    uses: &'a FileUses,
    used: &'a Use,
    environment: &'a Environment,
    permitted: ReleaseSet,
}

impl Around<'_> {
    fn ground(&self) -> Ground {
        let package = package_of(&self.used.path);
        Ground::new(self.environment, package, self.permitted)
    }
}

/// All releases that have the symbol; behind Keras the newest Keras decides.
#[must_use]
pub fn present_of(found: &Availability) -> ReleaseSet {
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
