//! One file, judged for all releases together: as `run/file` judges it for one scope, with sets in the
//! place of verdicts.

use std::sync::Arc;

use super::ground::{Facts, Fails, Ground, Paths};
use crate::api::texts::PolicyKind;
use crate::compat::Blocker;
use crate::discover::Disk;
use crate::finding::{Finding, Level, Location};
use crate::maps::{FastMap, FastSet};
use crate::names::{Package, RuleId};
use crate::narrow::texts::Role;
use crate::narrow::{self, Availability, Judge, Raised, Verdict, roots, texts};
use crate::python::Reading;
use crate::python::uses::{Call, FileUses, Position, Use};
use crate::release::{ReleaseSet, ReleaseTable};
use crate::rule::Subject;
use crate::rule::training::FileSubject;
use crate::rules::{self, version_compared_as_text};
use crate::run::file::{class_behind, is_own, raised_by};
use crate::run::source;
use crate::text::{SourceFile, Span};

/// What is known of the project as a whole.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) imported: &'a FastSet<String>,
    pub(super) created: &'a [String],
    pub(super) ambiguous: &'a FastSet<&'a str>,
    pub(super) version_2: bool,
    pub(super) legacy_named: bool,
}

/// What became of a use, for those that go through the name it binds.
#[derive(Clone, Copy, Default)]
struct Fate {
    failing: ReleaseSet,
    /// The blocker that tells of it.
    told: Option<usize>,
}

/// What one thread remembers from file to file.
#[derive(Default)]
pub(super) struct Memory<'r> {
    /// What rules say of a name that is missing: on which ground, and on which release.
    missing: FastMap<Missing<'r>, Option<(RuleId, String)>>,
}

/// A path in its position, on which ground it is missing, and on which release.
type Missing<'r> = (usize, &'r str, Position, usize);

/// Finds all that fails for certain on some release.
pub(super) fn blockers<'r>(
    disk: &Disk,
    reading: &'r Reading,
    (ground, number): (&Ground, usize),
    paths: &Paths<'_>,
    names: Names<'_>,
    memory: &mut Memory<'r>,
) -> Vec<Blocker> {
    let ground_number = number;
    let conditions = narrow::Memory::default();
    let mut file = File {
        disk,
        reading,
        uses: &reading.uses,
        ground,
        names,
        conditions: &conditions,
        text: None,
        fates: FastMap::default(),
        blockers: Vec::new(),
        places: FastMap::default(),
    };
    for (index, used) in reading.uses.uses.iter().enumerate() {
        let Some(facts) = paths.get(&(number, &*used.path, used.position)) else {
            continue;
        };
        let Some(found) = &facts.found else { continue };
        if is_own(used, names.created, names.ambiguous) {
            continue;
        }
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        file.name(number, used, facts, (found, ground_number), memory);
        if let Some(call) = reading.uses.given(used)
            && !used.by_name
        {
            file.call(number, used, call, (facts, found));
        }
    }
    file.tests();
    file.whole();
    file.blockers
}

/// A file while it is judged.
struct File<'a> {
    disk: &'a Disk,
    reading: &'a Reading,
    uses: &'a FileUses,
    ground: &'a Ground,
    names: Names<'a>,
    /// What is known of its conditions.
    conditions: &'a narrow::Memory,
    /// Its text, read again once a blocker has to quote it.
    text: Option<Option<Arc<SourceFile>>>,
    fates: FastMap<u32, Fate>,
    blockers: Vec<Blocker>,
    /// Which of them stand where.
    places: FastMap<(RuleId, Span), Vec<usize>>,
}

impl<'a> File<'a> {
    fn text(&mut self) -> Option<Arc<SourceFile>> {
        let (disk, reading) = (self.disk, self.reading);
        self.text
            .get_or_insert_with(|| source(disk, reading))
            .clone()
    }

    fn judge(&self, release: usize) -> Judge<'a> {
        let (imported, conditions) = (self.names.imported, self.conditions);
        self.ground.judge(release, imported, conditions)
    }

    fn is_guarded(&self, used: &Use) -> bool {
        self.uses.chain(used.guard).next().is_some()
    }

    /// Where the name is missing.
    fn name<'r>(
        &mut self,
        number: u32,
        used: &'r Use,
        facts: &Facts,
        (found, ground): (&Availability, usize),
        memory: &mut Memory<'r>,
    ) {
        let (mut fails, mut caught) = (facts.fails, ReleaseSet::EMPTY);
        if self.is_guarded(used) {
            fails = Fails::default();
            for release in facts.fails.some.iter() {
                match self.judge(release).judge(self.uses, used, found) {
                    Some(verdict) => fails.add(release, &verdict),
                    None => caught.insert(release),
                }
            }
        }
        let mut fate = Fate {
            failing: fails.some | caught,
            told: None,
        };
        let mut broken = fails.all;
        let via = used.via.and_then(|via| self.fates.get(&via).copied());
        if let Some(via) = via {
            broken = broken - via.failing;
            fate.told = via.told;
            if let Some(told) = via.told
                && !(fails.some & via.failing).is_empty()
            {
                self.blockers[told].more_uses += 1;
            }
        } else if used.via.is_none() && used.alias_parts > 1 && !fails.some.is_empty() {
            // The cause is told where another module of the project binds the name.
            let before = self.handed_on(used);
            broken = broken - before;
            fate.failing = (fails.some - before) | caught;
        }
        if via.is_none() && !broken.is_empty() {
            let class = class_behind(used, self.names.imported);
            let gone = class.map(|class| Fails::of(&class, self.ground, self.names.imported));
            broken = broken - gone.unwrap_or_default().some;
        }
        if facts.stub && used.called {
            broken = broken | self.stubs(used, found, fails.some | caught, via);
        }
        for part in alike(found, broken) {
            let Some(release) = part.newest() else {
                continue;
            };
            // Names repeat, and what is said of them takes long to find.
            let key = (ground, &*used.path, used.position, release);
            let known = memory.missing.get(&key).cloned();
            let said = known.unwrap_or_else(|| self.said(release, used, found));
            if let Some((rule, symbol)) = &said
                && let Some(file) = self.text()
            {
                let span = used.span;
                let location = Location { file, span };
                fate.told = Some(self.keep(*rule, symbol.clone(), location, part));
            }
            memory.missing.insert(key, said);
        }
        self.fates.insert(number, fate);
    }

    /// Which rule makes an error of a name that is missing on a release, and what it calls it.
    fn said(
        &mut self,
        release: usize,
        used: &Use,
        found: &Availability,
    ) -> Option<(RuleId, String)> {
        let verdict = self.judge(release).judge(self.uses, used, found)?;
        let finding = self.finding(release, used, found, &verdict, &rules::check)?;
        Some((finding.rule, finding.symbol))
    }

    /// Where the name that another module of the project hands on is missing there already.
    fn handed_on(&self, used: &Use) -> ReleaseSet {
        let path = narrow::leading(&used.path, usize::from(used.alias_parts));
        let found = narrow::availability(path, Position::Attribute, self.names.imported);
        found.map_or(ReleaseSet::EMPTY, |found| {
            Fails::of(&found, self.ground, self.names.imported).some
        })
    }

    /// Where a name is there, and only raises.
    fn stubs(
        &mut self,
        used: &Use,
        found: &Availability,
        missing: ReleaseSet,
        via: Option<Fate>,
    ) -> ReleaseSet {
        let before = via.map_or(ReleaseSet::EMPTY, |via| via.failing);
        let there = self.ground.asked - missing - before;
        let Some(text) = self.text() else {
            return ReleaseSet::EMPTY;
        };
        there
            .iter()
            .filter(|&release| {
                let judge = self.judge(release);
                let verdict = judge.judge(self.uses, used, found);
                verdict.is_some_and(|verdict| {
                    let subject = Subject {
                        file: &text,
                        uses: self.uses,
                        used,
                        found,
                        verdict: &verdict,
                        judge: &judge,
                    };
                    rules::check(&subject).is_some_and(|finding| finding.level == Level::Error)
                })
            })
            .collect()
    }

    /// Where a call is not taken as it is meant.
    fn call(
        &mut self,
        number: u32,
        used: &Use,
        call: &Call,
        (facts, found): (&Facts, &Availability),
    ) {
        let fate = |number: u32| self.fates.get(&number).map(|fate| fate.failing);
        let via = used.via.and_then(fate).unwrap_or_default();
        let missing = fate(number).unwrap_or_default() | via;
        if let Some(callable) = facts.callable(&used.path, found) {
            for refusal in callable.refusals(call, found) {
                let raised = [raised_by(&refusal)];
                self.refused(used, &raised, &refusal.found, missing, &|subject| {
                    rules::check_argument(subject, call, &refusal)
                });
            }
        }
        if call.partial {
            return;
        }
        let Some(role) = facts.role(&used.path, found) else {
            return;
        };
        for refusal in texts::refusals(role, call, found, self.names.version_2) {
            let raised = refusal.raised();
            self.refused(used, raised, &refusal.found, missing, &|subject| {
                rules::check_text(subject, call, &refusal)
            });
        }
        let sets_policy = matches!(role, Role::Policy(place) if place.kind == PolicyKind::Global);
        if !sets_policy {
            return;
        }
        let named = self.names.legacy_named;
        let asked = self.ground.asked;
        let elsewhere = asked.iter().filter_map(|release| {
            let other = roots::elsewhere(self.uses, used, found, &self.judge(release), named)?;
            Some((release, other))
        });
        let elsewhere: Vec<_> = elsewhere.collect();
        for (release, other) in elsewhere {
            let only = std::iter::once(release).collect();
            self.refused_on(
                only,
                used,
                &[Raised::Nothing],
                &other.found,
                missing,
                &|subject| rules::check_other_keras(subject, &other),
            );
        }
    }

    fn refused(
        &mut self,
        used: &Use,
        raised: &[Raised],
        found: &Availability,
        missing: ReleaseSet,
        rule: &dyn Fn(&Subject<'_>) -> Option<Finding>,
    ) {
        self.refused_on(self.ground.asked, used, raised, found, missing, rule);
    }

    /// Tells of a call on those of some releases on which it fails for certain.
    fn refused_on(
        &mut self,
        releases: ReleaseSet,
        used: &Use,
        raised: &[Raised],
        found: &Availability,
        missing: ReleaseSet,
        rule: &dyn Fn(&Subject<'_>) -> Option<Finding>,
    ) {
        let fails = Fails::of(found, self.ground, self.names.imported);
        let some = (fails.some & releases) - missing;
        let broken = if self.is_guarded(used) {
            some.iter()
                .filter(|&release| {
                    self.reached(release, used, raised, found)
                        .is_some_and(|verdict| !verdict.works_somewhere)
                })
                .collect()
        } else if found.package == Package::Tensorflow {
            some
        } else {
            fails.all & some
        };
        if let Some(release) = broken.newest()
            && let Some(verdict) = self.reached(release, used, raised, found)
        {
            let finding = self.finding(release, used, found, &verdict, rule);
            if let Some(finding) = finding {
                self.keep_finding(finding, broken);
            }
        }
    }

    /// How a call fares on a release; nothing where something catches all that may be raised.
    fn reached(
        &self,
        release: usize,
        used: &Use,
        raised: &[Raised],
        found: &Availability,
    ) -> Option<Verdict> {
        let judge = self.judge(release);
        let mut last = None;
        for &raised in raised {
            last = Some(judge.judge_raising(raised, self.uses, used, found)?);
        }
        let mut verdict = last.filter(|verdict| !verdict.failing.is_empty())?;
        verdict.works_somewhere &= !(verdict.permitted - verdict.failing).is_empty();
        Some(verdict)
    }

    /// What a rule says on a release, where it makes an error of it.
    fn finding(
        &mut self,
        release: usize,
        used: &Use,
        found: &Availability,
        verdict: &Verdict,
        rule: &dyn Fn(&Subject<'_>) -> Option<Finding>,
    ) -> Option<Finding> {
        let text = self.text()?;
        let judge = self.judge(release);
        let subject = Subject {
            file: &text,
            uses: self.uses,
            used,
            found,
            verdict,
            judge: &judge,
        };
        rule(&subject).filter(|finding| finding.level == Level::Error)
    }

    fn keep_finding(&mut self, finding: Finding, broken: ReleaseSet) {
        if finding.level == Level::Error {
            self.keep(finding.rule, finding.symbol, finding.location, broken);
        }
    }

    fn keep(
        &mut self,
        rule: RuleId,
        symbol: String,
        location: Location,
        broken: ReleaseSet,
    ) -> usize {
        let there = self.places.entry((rule, location.span)).or_default();
        let same = |&at: &usize| self.blockers[at].symbol == symbol;
        if let Some(at) = there.iter().copied().find(same) {
            self.blockers[at].broken = self.blockers[at].broken | broken;
            return at;
        }
        there.push(self.blockers.len());
        self.blockers.push(Blocker {
            rule,
            symbol,
            location,
            broken,
            more_uses: 0,
        });
        self.blockers.len() - 1
    }

    /// Tests of versions that are wrong on a release.
    fn tests(&mut self) {
        for test in &self.uses.version_tests {
            let wrong: ReleaseSet = self
                .ground
                .asked
                .iter()
                .filter(|&release| {
                    version_compared_as_text::misfires(self.uses, test, &self.judge(release))
                })
                .collect();
            let Some(release) = wrong.newest() else {
                continue;
            };
            let Some(text) = self.text() else { return };
            let found = rules::check_test(&text, self.uses, test, &self.judge(release));
            if let Some(finding) = found {
                self.keep_finding(finding, wrong);
            }
        }
    }

    /// What only all of the file together tells.
    fn whole(&mut self) {
        if !FileSubject::concerns(self.uses) {
            return;
        }
        let Some(text) = self.text() else { return };
        let mut first: Option<FileSubject<'_>> = None;
        let judges: Vec<(usize, Judge<'_>)> = self
            .ground
            .asked
            .iter()
            .map(|release| (release, self.judge(release)))
            .collect();
        for (release, judge) in &judges {
            let release = *release;
            let subject = match &first {
                Some(first) => first.under(judge),
                None => FileSubject::new(&text, self.uses, judge),
            };
            let found = rules::check_file(&subject);
            first.get_or_insert(subject);
            for finding in found {
                self.keep_finding(finding, std::iter::once(release).collect());
            }
        }
    }
}

/// Releases on which a name is missing, in parts for which one rule speaks: it is not there yet, or no
/// longer. Of Keras more rules have a word.
fn alike(found: &Availability, broken: ReleaseSet) -> Vec<ReleaseSet> {
    if broken.is_empty() {
        return Vec::new();
    }
    if found.package != Package::Tensorflow {
        return broken
            .iter()
            .map(|one| std::iter::once(one).collect())
            .collect();
    }
    let finals = ReleaseTable::of(found.package).finals();
    let first = (narrow::present_of(found) & finals).oldest();
    let (before, after) = broken
        .iter()
        .partition::<Vec<usize>, _>(|&release| first.is_some_and(|first| release < first));
    [before, after]
        .map(|part| part.into_iter().collect())
        .to_vec()
}
