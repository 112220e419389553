//! What the data says against what an import does: pure, one release at a time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::data::Histories;
use super::probe::Facts;

/// The kinds of difference, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Difference {
    /// The data has a name that attribute access does not reach.
    WronglyPresent,
    /// Attribute access reaches a name that the data lacks in that release.
    WronglyAbsent,
    /// The data says that an import works, and it does not.
    NotImportable,
    /// An import works, and the data says that it does not.
    Importable,
    /// The kinds differ.
    Kind,
    /// The parameters differ.
    Signature,
    /// The data has a method that the class lacks.
    MemberPresent,
    /// The class has a member that the data lacks.
    MemberAbsent,
    /// The parameters of a method differ.
    MemberSignature,
    /// A public name of a known module that no release of the data has.
    Unlisted,
    /// A name or a member that an import has, and of which the program reports that it is missing.
    Reported,
}

impl Difference {
    /// Every kind, in the order of the table.
    pub(crate) const ALL: [Self; 11] = [
        Self::WronglyPresent,
        Self::WronglyAbsent,
        Self::NotImportable,
        Self::Importable,
        Self::Kind,
        Self::Signature,
        Self::MemberPresent,
        Self::MemberAbsent,
        Self::MemberSignature,
        Self::Unlisted,
        Self::Reported,
    ];

    /// The heading of its group in a list of differences.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::WronglyPresent => "wrongly present",
            Self::WronglyAbsent => "wrongly absent",
            Self::NotImportable => "wrongly importable",
            Self::Importable => "wrongly not importable",
            Self::Kind => "kind",
            Self::Signature => "signature",
            Self::MemberPresent => "member wrongly present",
            Self::MemberAbsent => "member wrongly absent",
            Self::MemberSignature => "member signature",
            Self::Unlisted => "unlisted",
            Self::Reported => "reported",
        }
    }
}

/// What was compared and what differed, on one surface of one release.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Names compared for presence.
    pub(crate) checks: usize,
    /// Modules compared for import.
    pub(crate) imports: usize,
    /// Parameter lists known on both sides.
    pub(crate) signatures: usize,
    /// Members compared.
    pub(crate) members: usize,
    /// Parameter lists of members known on both sides.
    pub(crate) member_signatures: usize,
    /// Names and members that an import has, of which the program was asked.
    pub(crate) asked: usize,
    /// Every difference with its details.
    pub(crate) differences: BTreeMap<Difference, Vec<String>>,
}

impl Tally {
    /// How many differences of a kind there are.
    pub(crate) fn count(&self, kind: Difference) -> usize {
        self.differences.get(&kind).map_or(0, Vec::len)
    }

    pub(super) fn note(&mut self, kind: Difference, text: String) {
        self.differences.entry(kind).or_default().push(text);
    }
}

/// One package of one release under comparison.
pub(crate) struct Comparison<'a> {
    pub(crate) histories: &'a Histories,
    /// The index of the release.
    pub(crate) release: usize,
    pub(crate) facts: &'a Facts,
}

impl Comparison<'_> {
    /// Compares every query that the facts answer; `surface` names the table's row of a path.
    pub(crate) fn run(
        &self,
        surface: impl Fn(&str) -> &'static str,
    ) -> BTreeMap<&'static str, Tally> {
        let mut tallies: BTreeMap<&'static str, Tally> = BTreeMap::new();
        for (query, fact) in self.facts {
            let Some((verb, path)) = query.split_once(' ') else {
                continue;
            };
            let tally = tallies.entry(surface(path)).or_default();
            match verb {
                "A" => self.attribute(path, fact, tally),
                "D" => self.names(path, fact, tally),
                "C" => self.class(path, fact, tally),
                "I" => {
                    let row = self.histories.symbols.get(path);
                    let said = row.is_some_and(|row| row.importable[self.release]);
                    import(path, said, fact, tally);
                }
                "P" => {
                    let said = self.histories.modules.get(path);
                    import(
                        path,
                        said.is_some_and(|there| there[self.release]),
                        fact,
                        tally,
                    );
                }
                _ => {}
            }
        }
        tallies
    }

    fn attribute(&self, path: &str, fact: &Value, tally: &mut Tally) {
        let Some(row) = self.histories.symbols.get(path) else {
            return;
        };
        tally.checks += 1;
        let real = fact["ok"] == true;
        match (row.present[self.release], real) {
            (true, false) => tally.note(Difference::WronglyPresent, path.to_owned()),
            (false, true) => {
                let kind = fact["kind"].as_str().unwrap_or_default();
                tally.note(Difference::WronglyAbsent, format!("{path} ({kind})"));
            }
            (false, false) => {}
            (true, true) => self.details(path, &row.kind, fact, tally),
        }
    }

    fn details(&self, path: &str, kind: &str, fact: &Value, tally: &mut Tally) {
        let real = fact["kind"].as_str().unwrap_or_default();
        if real != kind {
            tally.note(
                Difference::Kind,
                format!("{path}: data {kind}, import {real}"),
            );
        }
        let real: Vec<String> = fact["sig"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|signature| callable_parameters(path, signature))
            .collect();
        let Some(said) = self.histories.signature(path, self.release) else {
            return;
        };
        if real.is_empty() {
            return;
        }
        tally.signatures += 1;
        if !real.iter().any(|real| real == said) {
            let text = format!("{path}: data {said}, import {}", real.join(" or "));
            tally.note(Difference::Signature, text);
        }
    }

    fn names(&self, path: &str, fact: &Value, tally: &mut Tally) {
        for name in fact["names"].as_array().into_iter().flatten() {
            let full = format!("{path}.{}", name.as_str().unwrap_or_default());
            // `compat.v1.compat.v2.x` is kept once, as `compat.v2.x`.
            let nested = full.matches(".compat.").count() > 1;
            if !nested && !self.histories.symbols.contains_key(&full) {
                tally.note(Difference::Unlisted, full);
            }
        }
    }

    fn class(&self, path: &str, fact: &Value, tally: &mut Tally) {
        let Some(real) = fact["members"].as_object() else {
            return;
        };
        let said = self.histories.members(path, self.release);
        for (name, real) in real {
            tally.members += 1;
            let Some(member) = said.named.get(name) else {
                if !said.open {
                    let kind = real[0].as_str().unwrap_or_default();
                    tally.note(Difference::MemberAbsent, format!("{path}.{name} ({kind})"));
                }
                continue;
            };
            if let (Some(said), Some(real)) = (&member.signature, real[1].as_str()) {
                tally.member_signatures += 1;
                if said != real {
                    let text = format!("{path}.{name}: data {said}, import {real}");
                    tally.note(Difference::MemberSignature, text);
                }
            }
        }
        for (name, member) in &said.named {
            // Attributes of instances cannot be seen on the class.
            if member.kind != "attribute" && !name.starts_with('_') && !real.contains_key(name) {
                tally.members += 1;
                let text = format!("{path}.{name} ({})", member.kind);
                tally.note(Difference::MemberPresent, text);
            }
        }
    }
}

fn import(path: &str, said: bool, fact: &Value, tally: &mut Tally) {
    // What the environment lacks tells nothing of the release: `keras.src.backend.jax` needs JAX.
    let root = |path: &str| path.split('.').next().unwrap_or_default().to_owned();
    if fact["missing"]
        .as_str()
        .is_some_and(|name| root(name) != root(path))
    {
        return;
    }
    tally.imports += 1;
    match (said, fact["ok"] == true) {
        (true, false) => {
            let why = fact["why"].as_str().unwrap_or("not found");
            tally.note(Difference::NotImportable, format!("{path}: {why}"));
        }
        (false, true) => tally.note(Difference::Importable, path.to_owned()),
        _ => {}
    }
}

/// The parameters that a call really accepts, where `inspect.signature` tells something else:
/// `tf.raw_ops` wraps every function so that it takes keywords only, and keeps its old signature.
fn callable_parameters(path: &str, signature: &str) -> String {
    let raw = path.contains(".raw_ops.");
    match signature.strip_prefix('(') {
        Some(rest) if raw && rest != ")" && !rest.starts_with('*') => format!("(*, {rest}"),
        _ => signature.to_owned(),
    }
}
