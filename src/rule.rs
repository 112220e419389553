//! What every rule has in common: its name card, the subject that it looks at, and the words with
//! which findings are made of it.

pub mod training;

use std::sync::Arc;

use crate::advice;
use crate::api::{self, format::Kind};
use crate::finding::{Finding, Level, Location, PinLine, Releases};
use crate::names::{Package, RuleId, nearest};
use crate::narrow::{Availability, Judge, Verdict, leading};
use crate::python::uses::{FileUses, Position, Use};
use crate::release::{ReleaseSet, ReleaseTable};
use crate::text::SourceFile;

/// The name card of a rule. Everything that is listed anywhere (SARIF rules, `tfmp rules`, docs)
/// derives from it and from the rule's page.
#[derive(Clone, Copy, Debug)]
pub struct RuleMeta {
    /// Stable id, such as `TFMP001`.
    pub id: RuleId,
    /// Kebab-case name, such as `api-too-new`.
    pub name: &'static str,
    /// The level where nothing softens it.
    pub level: Level,
    /// One sentence: what fires it.
    pub summary: &'static str,
    /// The rule's page (`src/rules/<name>.md`): documentation, SARIF help, and an executed test.
    pub page: &'static str,
}

/// One use, and everything that a rule may ask about it.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The file.
    pub file: &'a Arc<SourceFile>,
    /// The file's uses, this one among them.
    pub uses: &'a FileUses,
    /// The use.
    pub used: &'a Use,
    /// Where its symbol is absent.
    pub found: &'a Availability,
    /// How it fares under the pins.
    pub verdict: &'a Verdict,
    /// Judges other paths under the same pins.
    pub judge: &'a Judge<'a>,
}

impl Subject<'_> {
    /// How many leading parts of the path some release knows.
    #[must_use]
    pub fn known_parts(&self) -> usize {
        let behind = self.found.keras.as_ref().map_or(0, |part| part.known_parts);
        self.found.known_parts.max(behind)
    }

    /// The releases on which it fails have it, but `TF_USE_LEGACY_KERAS` has `tf_keras` answer there.
    #[must_use]
    pub fn is_of_legacy_keras(&self) -> bool {
        let environments = &self.judge.scope.environments;
        let legacy = |&index: &usize| environments[index].legacy_keras;
        self.found.legacy.is_some()
            && !self.verdict.environments.is_empty()
            && self.verdict.environments.iter().all(legacy)
            && self.verdict.failing.is_subset(self.verdict.present)
    }

    /// No release of any package has ever had the part that follows the known ones.
    #[must_use]
    pub fn never_existed(&self) -> bool {
        self.found.never_existed
            && self
                .found
                .keras
                .as_ref()
                .is_none_or(|part| part.never_existed)
    }

    /// The path as far as some release knows it.
    #[must_use]
    pub fn known_path(&self) -> &str {
        leading(&self.used.path, self.known_parts())
    }

    /// The level by what is left of the permitted releases.
    #[must_use]
    pub fn level(&self) -> Level {
        if !self.verdict.pinned {
            Level::Note
        } else if self.verdict.works_somewhere {
            Level::Warning
        } else {
            Level::Error
        }
    }

    /// The table of the package concerned.
    #[must_use]
    pub fn table(&self) -> &'static ReleaseTable {
        ReleaseTable::of(self.verdict.package)
    }

    /// `TensorFlow 2.3.4`, or `TensorFlow 2.16-2.18 with Keras 3.15.1` where Keras decides on all
    /// of them.
    #[must_use]
    pub fn failing_releases(&self) -> String {
        let mut text = format!(
            "{} {}",
            self.verdict.package.title(),
            describe(self.table(), self.verdict.failing)
        );
        if let Some(keras) = self.verdict.keras
            && !keras.absent.is_empty()
            && self
                .found
                .keras
                .as_ref()
                .is_some_and(|part| self.verdict.failing.is_subset(part.releases))
        {
            let table = ReleaseTable::of(Package::Keras);
            text.push_str(" with Keras ");
            text.push_str(&describe(table, keras.absent));
        }
        text
    }

    /// ` allowed by ...` for a warning: which pin permits the failing releases.
    #[must_use]
    pub fn allowed_by(&self) -> String {
        let pins = self.pins();
        match pins.first() {
            Some(pin) if self.level() == Level::Warning => {
                format!(", which `{}` allows", pin.text)
            }
            _ => String::new(),
        }
    }

    /// The lines that pin the package in the environments that fail, or what brings it along.
    #[must_use]
    pub fn pins(&self) -> Vec<PinLine> {
        self.pins_of(self.verdict.environments.iter().copied())
    }

    /// The lines that pin the package in any environment.
    #[must_use]
    pub fn all_pins(&self) -> Vec<PinLine> {
        self.pins_of(0..self.judge.scope.environments.len())
    }

    fn pins_of(&self, environments: impl Iterator<Item = usize>) -> Vec<PinLine> {
        let mut pins: Vec<PinLine> = Vec::new();
        for index in environments {
            let environment = &self.judge.scope.environments[index];
            let own = match self.verdict.package {
                Package::Tensorflow => &environment.tensorflow,
                Package::Keras => &environment.keras,
                Package::TfKeras => &environment.tf_keras,
            };
            let lines = if own.pins.is_empty() {
                &environment.tensorflow.pins
            } else {
                &own.pins
            };
            for pin in lines {
                if !pins.iter().any(|other| other.is(pin)) {
                    pins.push(pin.clone());
                }
            }
        }
        pins
    }

    /// Begins the finding of a rule about the releases on which the use fails.
    #[must_use]
    pub fn finding(&self, rule: &RuleMeta, level: Level, message: String) -> Finding {
        let location = Location {
            file: Arc::clone(self.file),
            span: self.used.span,
        };
        let mut finding = Finding::new(rule.id, level, location, self.known_path(), message);
        finding.pins = self.pins();
        finding.releases = Some(Releases {
            package: self.verdict.package,
            permitted: self.verdict.permitted,
            failing: self.verdict.failing,
            present: self.verdict.present,
        });
        finding
    }

    /// What Python says when the line runs: the first part that is missing on a failing release.
    #[must_use]
    pub fn run_time(&self) -> String {
        let count = advice::first_missing(self);
        let path = &self.used.path;
        let missing = leading(path, count);
        let parent = leading(path, count - 1);
        let name = &missing[parent.len() + 1..];
        match self.used.position {
            Position::ImportModule => format!("ModuleNotFoundError: No module named '{missing}'"),
            Position::ImportFrom { module_parts } | Position::Star { module_parts }
                if count <= usize::from(module_parts) =>
            {
                format!("ModuleNotFoundError: No module named '{missing}'")
            }
            Position::ImportFrom { .. } => {
                format!("ImportError: cannot import name '{name}' from '{parent}'")
            }
            Position::Star { .. } => format!("NameError: name '{name}' is not defined"),
            Position::Attribute if is_class(parent) => {
                let class = parent.rsplit('.').next().unwrap_or(parent);
                format!("AttributeError: type object '{class}' has no attribute '{name}'")
            }
            Position::Attribute => {
                format!("AttributeError: module '{parent}' has no attribute '{name}'")
            }
        }
    }
}

fn is_class(path: &str) -> bool {
    api::lookup(path).is_some_and(|symbol| symbol.kind() == Kind::Class)
}

/// A canonical path as people write it: `tf.nn.relu` for `tensorflow.nn.relu`.
#[must_use]
pub fn display(path: &str) -> String {
    match path.strip_prefix("tensorflow") {
        Some("") => "tensorflow".to_owned(),
        Some(rest) if rest.starts_with('.') => format!("tf{rest}"),
        _ => path.to_owned(),
    }
}

/// A set of releases in few words: whole minor releases by their minor (`2.0-2.3`), others in full.
#[must_use]
pub fn describe(table: &ReleaseTable, set: ReleaseSet) -> String {
    let whole = |index: usize| {
        let minor = table.get(index).minor();
        let same = table.select(|release| release.minor() == minor && !release.is_prerelease());
        same.is_subset(set)
    };
    let version = |index: usize| {
        let (major, minor) = table.get(index).minor();
        format!("{major}.{minor}")
    };
    let parts: Vec<String> = table
        .runs(set)
        .into_iter()
        .map(|(first, last)| {
            if first == last {
                return table.get(first).row.version.to_owned();
            }
            let short = |index: usize| {
                if whole(index) || (first != last && table.get(index).is_prerelease()) {
                    version(index)
                } else {
                    table.get(index).row.version.to_owned()
                }
            };
            let (from, to) = (short(first), short(last));
            if from == to {
                from
            } else {
                format!("{from}-{to}")
            }
        })
        .collect();
    parts.join(", ")
}

/// The rule of that id or name, in any case.
///
/// # Errors
/// The id or name that is nearest, where there is no such rule.
pub fn find_rule(rules: &[RuleMeta], text: &str) -> Result<RuleId, Option<&'static str>> {
    let name = text.trim();
    let same = |rule: &&RuleMeta| {
        rule.id.0.eq_ignore_ascii_case(name) || rule.name.eq_ignore_ascii_case(name)
    };
    if let Some(rule) = rules.iter().find(same) {
        return Ok(rule.id);
    }
    Err(nearest(
        name,
        rules.iter().flat_map(|rule| [rule.name, rule.id.0]),
    ))
}

/// The rules of that id or name, or whose ids begin like that (`TFMP02`, `TFMP`), in any case.
///
/// # Errors
/// The id or name that is nearest, where there is no such rule.
pub fn find_rules(rules: &[RuleMeta], text: &str) -> Result<Vec<RuleId>, Option<&'static str>> {
    find_rule(rules, text)
        .map(|rule| vec![rule])
        .or_else(|nearest| {
            let begin = text.trim().to_ascii_uppercase();
            let begins =
                |rule: &&RuleMeta| begin.starts_with("TFMP") && rule.id.0.starts_with(&begin);
            let found: Vec<RuleId> = rules.iter().filter(begins).map(|rule| rule.id).collect();
            if found.is_empty() {
                Err(nearest)
            } else {
                Ok(found)
            }
        })
}

/// What to do about a rule that there is not.
#[must_use]
pub fn rule_advice(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "`tfmp rules` lists them all".to_owned(),
        |name| format!("did you mean `{name}`? `tfmp rules` lists them all"),
    )
}
