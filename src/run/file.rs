//! One file, judged under its scope: every use of the API, what it is called with, its tests of
//! versions, and its handlers.

use std::sync::Arc;

use crate::api::texts::PolicyKind;
use crate::discover::Disk;
use crate::finding::{Finding, Level};
use crate::maps::{FastMap, FastSet};
use crate::names::RuleId;
use crate::narrow::arguments::{Fault, Refusal};
use crate::narrow::roots::{self, Elsewhere};
use crate::narrow::texts::{self, Role, TextRefusal};
use crate::narrow::{self, Availability, Judge, Raised, Verdict};
use crate::python::uses::{Call, FileUses, GuardId, Position, Use};
use crate::python::vocabulary::members_of_instance;
use crate::python::{self, Reading};
use crate::release::ReleaseSet;
use crate::rule::Subject;
use crate::rule::training::FileSubject;
use crate::rules;
use crate::text::{SourceFile, Span};

use super::cache::Cache;
use super::repair::{self, Taken};

/// The most findings of one file that are listed; one more where it is the first error among them.
/// Nobody reads more of them, and each is kept until the run ends.
pub(super) const MOST_FINDINGS: usize = 5_000;

/// Names that the project itself provides.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    /// Paths of the API that it creates.
    pub(super) created: &'a [String],
    /// Methods whose names do not tell whose they are here.
    pub(super) ambiguous: &'a FastSet<&'static str>,
    /// Names that other files take.
    pub(super) taken: &'a Taken,
    /// It switches the behaviour of 2.x on somewhere.
    pub(super) version_2: bool,
    /// It names `TF_USE_LEGACY_KERAS` somewhere in its code.
    pub(super) legacy_named: bool,
    /// Those whose own builds it installs somewhere.
    pub(super) vendors: &'a [&'a str],
}

/// What became of a use, for those that go through the name it binds.
#[derive(Clone, Copy, Default)]
struct Fate {
    failing: ReleaseSet,
    /// The finding that tells of it.
    told: Option<usize>,
}

/// What judging a file gave.
#[derive(Default)]
pub(super) struct Told {
    pub(super) findings: Vec<Finding>,
    /// Uses that fail on some permitted release and are not listed.
    pub(super) left_out: usize,
}

/// Judges all that a file does with the API, and lists some number of findings.
pub(super) fn judge(
    disk: &Disk,
    judge: &Judge<'_>,
    reading: &Reading,
    names: Names<'_>,
    most: usize,
    cache: &mut Cache,
) -> Told {
    let mut file = File {
        disk,
        judge,
        reading,
        uses: &reading.uses,
        text: None,
        fates: FastMap::default(),
        findings: Vec::new(),
        places: Places::default(),
        told: Vec::new(),
        passed_over: PassedOver::default(),
    };
    file.guards();
    file.variables(names.vendors);
    for (index, used) in reading.uses.uses.iter().enumerate() {
        let known = cache.known(judge, used);
        if known.quiet && used.call.is_none() {
            continue;
        }
        let Some(found) = &known.found else { continue };
        if is_own(used, names.created, names.ambiguous) {
            continue;
        }
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        if file.findings.len() >= most && !file.may_be_the_first_error(used) {
            file.pass_over(known.quiet, used, found);
            continue;
        }
        if !known.quiet {
            file.name(number, used, found);
        }
        if let Some(call) = reading.uses.given(used)
            && !used.by_name
        {
            let Some(called) = &known.called else {
                continue;
            };
            if let Some(callable) = &called.callable {
                for refusal in callable.refusals(call, found) {
                    file.argument(number, used, call, &refusal);
                }
            }
            if call.partial {
                continue;
            }
            let role = called.role;
            if let Some(role) = role {
                for refusal in texts::refusals(role, call, found, names.version_2) {
                    file.words(number, used, call, &refusal);
                }
            }
            if let Some(Role::Policy(place)) = role
                && place.kind == PolicyKind::Global
            {
                let uses = &reading.uses;
                let other = roots::elsewhere(uses, used, found, judge, names.legacy_named);
                if let Some(other) = other {
                    file.other_keras(number, used, &other);
                }
            }
        }
    }
    file.whole();
    if let Some(Some(text)) = &file.text {
        repair::mend(
            text,
            reading,
            judge,
            names.taken,
            &mut file.findings,
            &file.told,
        );
    }
    Told {
        left_out: file.passed_over.failing,
        findings: file.findings,
    }
}

/// Where findings stand: the last of each rule at each place.
#[derive(Default)]
struct Places {
    at: FastMap<(RuleId, Span), usize>,
    /// How many findings were looked at.
    seen: usize,
}

impl Places {
    /// The finding of a rule at a place, among those that are there by now.
    fn find(&mut self, findings: &[Finding], rule: RuleId, span: Span) -> Option<usize> {
        for (at, finding) in findings.iter().enumerate().skip(self.seen) {
            self.at.insert((finding.rule, finding.location.span), at);
        }
        self.seen = findings.len();
        self.at.get(&(rule, span)).copied()
    }
}

/// What a file that is full of findings has more of.
#[derive(Default)]
struct PassedOver {
    /// Uses that fail on some permitted release.
    failing: usize,
    /// What was looked at all the same, for an error that decides the outcome of the run.
    tried: FastSet<(Arc<str>, Position, Option<GuardId>)>,
    /// An error was found: there is nothing worse.
    has_error: bool,
}

/// A file while it is judged.
struct File<'a> {
    disk: &'a Disk,
    judge: &'a Judge<'a>,
    reading: &'a Reading,
    uses: &'a FileUses,
    /// Its text, read again once a finding has to quote it.
    text: Option<Option<Arc<SourceFile>>>,
    fates: FastMap<u32, Fate>,
    findings: Vec<Finding>,
    places: Places,
    /// Which use each finding on a name is about.
    told: Vec<(usize, u32)>,
    passed_over: PassedOver,
}

impl File<'_> {
    fn text(&mut self) -> Option<Arc<SourceFile>> {
        let (disk, reading) = (self.disk, self.reading);
        self.text
            .get_or_insert_with(|| super::source(disk, reading))
            .clone()
    }

    /// Whether a use of a file that is full may be an error where all findings so far are less.
    fn may_be_the_first_error(&mut self, used: &Use) -> bool {
        let is_error = |finding: &Finding| finding.level == Level::Error;
        let over = &mut self.passed_over;
        if over.tried.is_empty() && !over.has_error {
            over.has_error = self.findings.iter().any(is_error);
        }
        over.has_error |= self.findings.last().is_some_and(is_error);
        let place = || (Arc::clone(&used.path), used.position, used.guard);
        !over.has_error && over.tried.insert(place())
    }

    /// Counts a use that is not looked at any further.
    fn pass_over(&mut self, quiet: bool, used: &Use, found: &Availability) {
        let fails = |verdict: Verdict| !verdict.failing.is_empty();
        let verdict = (!quiet).then(|| self.judge.judge(self.uses, used, found));
        if verdict.flatten().is_some_and(fails) {
            self.passed_over.failing += 1;
        }
    }

    /// Tests of versions, and handlers.
    fn guards(&mut self) {
        let uses = self.uses;
        if uses.version_tests.is_empty() && uses.weak_handlers.is_empty() {
            return;
        }
        let Some(text) = self.text() else { return };
        for test in &uses.version_tests {
            let found = rules::check_test(&text, uses, test, self.judge);
            self.findings.extend(found);
        }
        for handler in &uses.weak_handlers {
            let found = rules::check_handler(&text, uses, handler, self.judge);
            self.findings.extend(found);
        }
    }

    /// What only all of the file together tells.
    fn whole(&mut self) {
        if !FileSubject::concerns(self.uses) {
            return;
        }
        let Some(text) = self.text() else { return };
        let subject = FileSubject::new(&text, self.uses, self.judge);
        self.findings.extend(rules::check_file(&subject));
    }

    /// Environment variables that are set.
    fn variables(&mut self, vendors: &[&str]) {
        for variable in &self.uses.variables {
            let Some(text) = self.text() else { return };
            let found = rules::check_variable(&text, self.uses, variable, vendors, self.judge);
            self.findings.extend(found);
        }
    }

    /// Whether the name is there.
    fn name(&mut self, number: u32, used: &Use, found: &Availability) {
        let via = used.via.and_then(|via| self.fates.get(&via).copied());
        let Some(mut verdict) = self.judge.judge(self.uses, used, found) else {
            // Caught or not understood: where it fails, what goes through its name is not reached.
            let failing = self.judge.failing(found);
            let told = None;
            self.fates.insert(number, Fate { failing, told });
            return;
        };
        let mut fate = Fate {
            failing: verdict.failing,
            told: None,
        };
        if let Some(via) = via {
            let left = verdict.failing - via.failing;
            let same_cause = left.is_empty() && (!via.failing.is_empty() || via.told.is_some());
            if same_cause {
                if let Some(told) = via.told {
                    self.findings[told].more_uses += 1;
                }
                fate.told = via.told;
                self.fates.insert(number, fate);
                return;
            }
            verdict.failing = left;
        } else {
            let handed_on = used.via.is_none() && used.alias_parts > 1;
            if handed_on && self.fails_already(used, verdict.failing) {
                return;
            }
            // A class that is gone is told where it is named.
            let class = class_behind(used, self.judge.imported);
            let gone = class.map(|class| self.judge.failing(&class));
            let left = verdict.failing - gone.unwrap_or_default();
            if left.is_empty() && !verdict.failing.is_empty() {
                self.fates.insert(number, fate);
                return;
            }
            verdict.failing = left;
        }
        let Some(text) = self.text() else { return };
        let subject = self.subject(&text, used, found, &verdict);
        if let Some(finding) = rules::check(&subject) {
            let span = finding.location.span;
            let told = self.places.find(&self.findings, finding.rule, span);
            fate.told = told.or(Some(self.findings.len()));
            if told.is_none() {
                self.told.push((self.findings.len(), number));
                self.findings.push(finding);
            }
        }
        self.fates.insert(number, fate);
    }

    /// Whether an argument is taken, where the name itself is there.
    fn argument(&mut self, number: u32, used: &Use, call: &Call, refusal: &Refusal) {
        let raised = raised_by(refusal);
        let Some(verdict) = self.reached(number, used, &[raised], &refusal.found) else {
            return;
        };
        let Some(text) = self.text() else { return };
        let subject = self.subject(&text, used, &refusal.found, &verdict);
        let Some(finding) = rules::check_argument(&subject, call, refusal) else {
            return;
        };
        // What becomes of one argument in other releases is no finding of its own.
        let span = finding.location.span;
        match self.places.find(&self.findings, finding.rule, span) {
            Some(earlier) => {
                let earlier = &mut self.findings[earlier];
                earlier.level = earlier.level.max(finding.level);
                earlier.help.push(format!("besides: {}", finding.message));
            }
            None => self.findings.push(finding),
        }
    }

    /// Whether a text is taken as it is meant, where the name itself is there.
    fn words(&mut self, number: u32, used: &Use, call: &Call, refusal: &TextRefusal) {
        let verdict = self.reached(number, used, refusal.raised(), &refusal.found);
        let Some(verdict) = verdict else { return };
        let Some(text) = self.text() else { return };
        let subject = self.subject(&text, used, &refusal.found, &verdict);
        let finding = rules::check_text(&subject, call, refusal);
        self.findings.extend(finding);
    }

    /// Whether a policy is set in the Keras that the layers of the file come from.
    fn other_keras(&mut self, number: u32, used: &Use, other: &Elsewhere) {
        let verdict = self.reached(number, used, &[Raised::Nothing], &other.found);
        let Some(verdict) = verdict else { return };
        let Some(text) = self.text() else { return };
        let subject = self.subject(&text, used, &other.found, &verdict);
        self.findings
            .extend(rules::check_other_keras(&subject, other));
    }

    fn subject<'s>(
        &'s self,
        file: &'s Arc<SourceFile>,
        used: &'s Use,
        found: &'s Availability,
        verdict: &'s Verdict,
    ) -> Subject<'s> {
        Subject {
            file,
            uses: self.uses,
            used,
            found,
            verdict,
            judge: self.judge,
        }
    }

    /// How a call fares where its name is there; nothing where no release has anything against it,
    /// or something catches all that may be raised.
    fn reached(
        &self,
        number: u32,
        used: &Use,
        raised: &[Raised],
        found: &Availability,
    ) -> Option<Verdict> {
        let judge = |raised| self.judge.judge_raising(raised, self.uses, used, found);
        let mut verdict = None;
        for &raised in raised {
            verdict = Some(judge(raised)?);
        }
        let mut verdict = verdict?;
        // Where the name is missing, or was never bound, the call is not reached.
        let fate_of = |number: &u32| self.fates.get(number).map(|fate| fate.failing);
        let missing = fate_of(&number).unwrap_or_default()
            | used.via.and_then(|via| fate_of(&via)).unwrap_or_default();
        verdict.failing = verdict.failing - missing;
        verdict.works_somewhere &= !(verdict.permitted - verdict.failing - missing).is_empty();
        (!verdict.failing.is_empty()).then_some(verdict)
    }

    /// Whether the name that another module of the project hands on is missing there already: then
    /// the cause is told where it is bound.
    fn fails_already(&self, used: &Use, failing: ReleaseSet) -> bool {
        let handed_on = narrow::leading(&used.path, usize::from(used.alias_parts));
        narrow::availability(handed_on, Position::Attribute, self.judge.imported)
            .is_some_and(|found| !failing.is_empty() && self.judge.fails(&found, failing))
    }
}

/// Whether a use may be of something that the project provides itself.
pub(super) fn is_own(used: &Use, created: &[String], ambiguous: &FastSet<&str>) -> bool {
    let is_ambiguous = || {
        let name = used.path.rsplit('.').next();
        name.is_some_and(|name| ambiguous.contains(name))
    };
    (used.by_name && is_ambiguous()) || python::is_created(created, &used.path)
}

/// The class of the object that a use takes a member of.
pub(super) fn class_behind(used: &Use, imported: &FastSet<String>) -> Option<Availability> {
    let member = members_of_instance(&used.path).filter(|_| !used.by_name)?;
    let class = used.path[..used.path.len() - member.len()].strip_suffix(".().")?;
    narrow::availability(class, Position::Attribute, imported)
}

/// What a release that refuses an argument raises.
pub(super) fn raised_by(refusal: &Refusal) -> Raised {
    match &refusal.fault {
        Fault::Known(_, keyword) => keyword.raised().map_or(Raised::Nothing, |error| {
            if error == "TypeError" {
                Raised::Type
            } else {
                Raised::Value
            }
        }),
        Fault::InBody(_, said) if said.starts_with("ValueError") => Raised::Value,
        Fault::Unexpected(_)
        | Fault::TooMany(_)
        | Fault::Twice(_)
        | Fault::Missing(_)
        | Fault::Called(_)
        | Fault::InBody(..) => Raised::Type,
    }
}
