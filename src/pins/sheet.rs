//! What is gathered while one file is read.

use std::ops::Range;
use std::sync::Arc;

use super::{Choice, Found, Pin, Place, Role, take_as};
use crate::finding::Notice;
use crate::text::{LineIndex, SourceFile, Span};

/// The most problems reported for one file.
const MAX_NOTICES: usize = 20;

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
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(file: &'a Arc<SourceFile>) -> Self {
        Self {
            file,
            lines: LineIndex::new(&file.text),
            found: Found::default(),
            own_index: false,
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
        let offset = |at: usize| u32::try_from(at.min(self.file.text.len())).unwrap_or(u32::MAX);
        let place = Place {
            file: self.file,
            lines: &self.lines,
            span: Span::new(offset(statement.at.start), offset(statement.at.end)),
            role: statement.role,
            group: statement.group,
        };
        let mut notices = Vec::new();
        let pin = take_as(statement.requirement, statement.shown, &place, &mut notices)?;
        if self.found.notices.len() < MAX_NOTICES {
            self.found.notices.extend(notices);
        }
        self.found.pins.push(pin);
        self.found.pins.last_mut()
    }

    /// A notice on the line of a byte.
    pub(crate) fn notice(&mut self, at: usize, message: impl Into<String>) {
        if self.found.notices.len() < MAX_NOTICES {
            let line = self.line(at);
            let notice = Notice::on_file(&self.file.path, Some(line), message);
            self.found.notices.push(notice);
        }
    }

    /// The line (base 1) of a byte.
    pub(crate) fn line(&self, at: usize) -> u32 {
        self.lines.line(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// What was found.
    pub(crate) fn finish(mut self) -> Found {
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

/// Gives the pins of commands that install different versions groups of their own: nobody runs all of
/// them. A command without a version says nothing beside one that has one.
pub(crate) fn alternatives(installs: Vec<Installed>) -> Vec<Pin> {
    let versioned = |pin: &&Pin| pin.choice != Choice::Any;
    let said = |install: &Installed| -> Vec<(String, Choice)> {
        let pins = install.pins.iter().filter(versioned);
        pins.map(|pin| (pin.package().name().to_owned(), pin.choice))
            .collect()
    };
    let mut kinds: Vec<Vec<(String, Choice)>> = Vec::new();
    for install in &installs {
        let said = said(install);
        if !said.is_empty() && !kinds.contains(&said) {
            kinds.push(said);
        }
    }
    let contradict = kinds.iter().enumerate().any(|(index, kind)| {
        kinds[..index].iter().any(|other| {
            kind.iter()
                .any(|(name, choice)| other.iter().any(|(n, c)| n == name && c != choice))
        })
    });
    let mut pins = Vec::new();
    for install in installs {
        let any = !kinds.is_empty() && said(&install).is_empty();
        for mut pin in install.pins {
            if contradict && !any {
                pin.group.clone_from(&install.label);
            } else if any && pin.choice == Choice::Any {
                continue;
            }
            pins.push(pin);
        }
    }
    pins
}
