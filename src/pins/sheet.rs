//! What is gathered while one file is read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::marker::Pythons;
use super::{Choice, Found, Pin, Place, Role, StatedPython, Variable, companion, take_as};
use crate::finding::{Location, Notice, PinLine};
use crate::names::Package;
use crate::text::{LineIndex, SourceFile, Span};

/// The most problems reported for one file.
const MAX_NOTICES: usize = 20;

/// The most pins of one file: nobody writes more.
const MAX_PINS: usize = 500;

/// The variable that puts Keras 2 behind `tf.keras`.
const LEGACY_KERAS: &str = "TF_USE_LEGACY_KERAS";

/// The most alternatives under one label.
const MAX_SAME_LABELS: usize = 16;

/// One statement: what it means in the requirement grammar, and how the file writes it.
pub(crate) struct Statement<'t> {
    pub(crate) requirement: &'t str,
    pub(crate) shown: &'t str,
    pub(crate) at: Range<usize>,
    pub(crate) group: &'t str,
    pub(crate) role: Role,
}

/// The pins and notices of a file being read.
pub(crate) struct Sheet<'a> {
    pub(crate) file: &'a Arc<SourceFile>,
    lines: LineIndex,
    pub(crate) found: Found,
    /// Some of it installs from elsewhere than the default index.
    pub(crate) own_index: bool,
    /// The Pythons that the project runs on, where the file says so.
    python: Option<StatedPython>,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(file: &'a Arc<SourceFile>) -> Self {
        Self {
            file,
            lines: LineIndex::new(&file.text),
            found: Found::default(),
            own_index: false,
            python: None,
        }
    }

    /// Takes a requirement of the main group that stands in the file as it is meant.
    pub(crate) fn plain(&mut self, requirement: &str, at: Range<usize>, group: &str) {
        self.state(&Statement {
            requirement,
            shown: requirement.trim(),
            at,
            group,
            role: Role::Requirement,
        });
    }

    /// Takes a statement: a pin where it names TensorFlow or Keras. What else cannot be read is
    /// nobody's concern here.
    pub(crate) fn state(&mut self, statement: &Statement<'_>) -> Option<&mut Pin> {
        if self.found.pins.len() >= MAX_PINS {
            return None;
        }
        let offset = |at: usize| u32::try_from(at.min(self.file.text.len())).unwrap_or(u32::MAX);
        let place = Place {
            file: self.file,
            lines: &self.lines,
            span: Span::new(offset(statement.at.start), offset(statement.at.end)),
            role: statement.role,
            group: statement.group,
        };
        let mut notices = Vec::new();
        let Some(pin) = take_as(statement.requirement, statement.shown, &place, &mut notices)
        else {
            let companion = companion::take(statement.requirement, statement.shown, &place);
            self.found.companions.extend(companion);
            return None;
        };
        if self.found.notices.len() < MAX_NOTICES {
            self.found.notices.extend(notices);
        }
        self.found.pins.push(pin);
        self.found.pins.last_mut()
    }

    /// Takes a statement that permits what any of some requirements does: `^2.4 || 2.3.1`.
    pub(crate) fn state_any(
        &mut self,
        requirements: &[String],
        statement: &Statement<'_>,
    ) -> Option<&mut Pin> {
        let mut union: Option<Pin> = None;
        for requirement in requirements {
            let one = Statement {
                requirement,
                at: statement.at.clone(),
                ..*statement
            };
            self.state(&one)?;
            let pin = self.found.pins.pop()?;
            union = Some(match union {
                None => pin,
                Some(mut all) => {
                    all.choice = match (all.choice, pin.choice) {
                        (Choice::Releases(a), Choice::Releases(b)) => Choice::Releases(a | b),
                        (Choice::Any, _) | (_, Choice::Any) => Choice::Any,
                        (Choice::Unknown, _) | (_, Choice::Unknown) => Choice::Unknown,
                    };
                    all.exact = false;
                    all.wheels = None;
                    all
                }
            });
        }
        self.found.pins.extend(union);
        self.found.pins.last_mut()
    }

    /// A statement of the Pythons on which what is pinned runs.
    pub(crate) fn python(&self, pythons: Pythons, shown: String, at: Range<usize>) -> StatedPython {
        let offset = |at: usize| u32::try_from(at.min(self.file.text.len())).unwrap_or(u32::MAX);
        StatedPython {
            pythons,
            line: PinLine {
                location: Some(Location {
                    file: Arc::clone(self.file),
                    span: Span::new(offset(at.start), offset(at.end)),
                }),
                text: PinLine::quoted(&shown),
            },
        }
    }

    /// Takes note of the Pythons on which all that the file pins runs.
    pub(crate) fn runs_on(&mut self, pythons: Pythons, shown: String, at: Range<usize>) {
        self.python = Some(self.python(pythons, shown, at));
    }

    /// The pins that some work takes, kept apart from those that the file has so far.
    pub(crate) fn apart(&mut self, work: impl FnOnce(&mut Self)) -> Vec<Pin> {
        let kept = std::mem::take(&mut self.found.pins);
        work(self);
        std::mem::replace(&mut self.found.pins, kept)
    }

    /// Takes note of an environment variable that the file sets: `TF_USE_LEGACY_KERAS` puts Keras 2
    /// behind `tf.keras`.
    pub(crate) fn sets(&mut self, variable: &str, value: &str) {
        self.found.legacy_keras |=
            variable == LEGACY_KERAS && matches!(value.trim(), "1" | "true" | "True" | "TRUE");
    }

    /// Takes note of an environment variable of TensorFlow's kind, and of where it is set.
    pub(crate) fn sets_at(&mut self, variable: &str, value: &str, at: Range<usize>) {
        self.sets(variable, value);
        let wanted = variable.starts_with("TF_") || variable.starts_with("_PREFER_");
        if !wanted || self.found.variables.len() >= MAX_PINS {
            return;
        }
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let location = Location {
            file: Arc::clone(self.file),
            span: Span::new(offset(at.start), offset(at.end)),
        };
        // A matrix reads the same lines several times.
        let known = |known: &Variable| known.location.span == location.span;
        if !self.found.variables.iter().any(known) {
            self.found.variables.push(Variable {
                name: variable.to_owned(),
                value: value.to_owned(),
                location,
            });
        }
    }

    /// A notice on the line of a byte, with what to do about it.
    pub(crate) fn notice(&mut self, at: usize, message: impl Into<String>, advice: &str) {
        if self.found.notices.len() < MAX_NOTICES {
            let line = self.line(at);
            let notice = Notice::on_file(&self.file.path, Some(line), message);
            self.found.notices.push(notice.advise(advice));
        }
    }

    /// The line (base 1) of a byte.
    pub(crate) fn line(&self, at: usize) -> u32 {
        self.lines.line(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// What was found.
    pub(crate) fn finish(mut self) -> Found {
        if let Some(python) = &self.python {
            for pin in &mut self.found.pins {
                pin.python.get_or_insert_with(|| python.clone());
            }
        }
        if self.own_index {
            for pin in &mut self.found.pins {
                pin.from_index = false;
            }
        }
        self.found
    }
}

/// One install command and the pins it gave.
pub(crate) struct Installed {
    /// What sets it apart from the others, such as `line 12` or `tf=2.3`.
    pub(crate) label: String,
    pub(crate) pins: Vec<Pin>,
}

/// Gives the pins of commands that install different versions of a package groups of their own: nobody
/// runs all of them. A command without a version says nothing beside one that has one; beside one whose
/// version is not known, such as a nightly, it is the other alternative.
pub(crate) fn alternatives(installs: Vec<Installed>) -> Vec<Pin> {
    let mut known: BTreeMap<Package, Vec<Choice>> = BTreeMap::new();
    for pin in installs.iter().flat_map(|install| &install.pins) {
        let choices = known.entry(pin.package()).or_default();
        if !choices.contains(&pin.choice) {
            choices.push(pin.choice);
        }
    }
    for choices in known.values_mut() {
        if choices
            .iter()
            .any(|choice| matches!(choice, Choice::Releases(_)))
        {
            choices.retain(|choice| *choice != Choice::Any);
        }
    }
    let says_nothing = |pin: &Pin| {
        let choices = known.get(&pin.package());
        pin.choice == Choice::Any && choices.is_some_and(|all| !all.contains(&Choice::Any))
    };
    let count = |package: Package| known.get(&package).map_or(0, Vec::len);
    let mut pins: Vec<Pin> = Vec::new();
    for install in installs.into_iter().take(MAX_PINS) {
        // Two commands may stand on one line: what cannot be installed together is not.
        let disjoint = |pin: &Pin, other: &Pin| match (pin.choice, other.choice) {
            (Choice::Releases(a), Choice::Releases(b)) => {
                pin.package() == other.package() && (a & b).is_empty()
            }
            _ => false,
        };
        let clashes = |label: &str| {
            let mut there = pins.iter().filter(|pin| pin.group == label);
            there.any(|pin| install.pins.iter().any(|other| disjoint(pin, other)))
        };
        let label = (1..)
            .map(|number| match number {
                1 => install.label.clone(),
                _ => format!("{}, {number}", install.label),
            })
            .take(MAX_SAME_LABELS)
            .find(|label| !clashes(label));
        let Some(label) = label else { continue };
        for mut pin in install.pins {
            if says_nothing(&pin) {
                continue;
            }
            if count(pin.package()) > 1 {
                pin.group.clone_from(&label);
            }
            pins.push(pin);
        }
    }
    pins
}
