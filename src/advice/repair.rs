//! From the name that works instead to the edits that write it: the history answers what
//! [`crate::python::rewrite`] asks.

use std::collections::HashMap;
use std::sync::Arc;

use crate::advice::arguments::{Calls, Fit, fit};
use crate::api::{self, format::Kind, overlay};
use crate::finding::{Edit, Finding, Fix, Instead, Level, Safety};
use crate::names::Package;
use crate::narrow::{self, Judge, leading};
use crate::python::rewrite::{Allowed, Answers, Argument, Call, CallChange, Rewriter};
use crate::python::uses::{FileUses, Position, Use};
use crate::release::ReleaseTable;
use crate::rule::display;
use crate::text::SourceFile;

/// A file whose findings are to be repaired.
#[derive(Clone, Copy)]
pub struct Patient<'p> {
    /// The file.
    pub file: &'p Arc<SourceFile>,
    /// Its uses.
    pub uses: &'p FileUses,
    /// Its scope.
    pub judge: &'p Judge<'p>,
    /// Whether other files of the project take a name of this one.
    pub is_taken: &'p dyn Fn(&str) -> bool,
}

/// Gives findings the edits that write the names that work instead. `told` says which use each
/// finding is about.
pub fn repair(patient: Patient<'_>, findings: &mut [Finding], told: &[(usize, u32)]) {
    let wishes: HashMap<u32, Instead> = told
        .iter()
        .filter_map(|&(finding, used)| Some((used, findings.get(finding)?.instead.clone()?)))
        .collect();
    let left = |&(finding, _): &(usize, u32)| {
        let finding = &findings[finding];
        finding.instead.is_none() && finding.level == Level::Error
    };
    if wishes.is_empty() && !told.iter().any(left) {
        return;
    }
    let history = History { patient, wishes };
    let (file, uses) = (patient.file, patient.uses);
    let Some(rewriter) = Rewriter::new(&file.path, file.code(), uses, &history) else {
        return;
    };
    // Where nothing is pinned, a name that works today may be missing where the code runs.
    let pinned = Package::ALL
        .into_iter()
        .any(|package| patient.judge.is_pinned(package));
    for &(finding, used) in told {
        let (rewrite, title) = match history.wishes.get(&used) {
            Some(wish) => {
                let title = format!("use `{}`", display(&wish.path));
                (rewriter.rename(used, &wish.path), title)
            }
            None if findings[finding].level == Level::Error => {
                let title = "name everything where it is now".to_owned();
                (rewriter.leave(used), title)
            }
            None => continue,
        };
        let Some(rewrite) = rewrite else { continue };
        let edits = rewrite.edits.into_iter().map(|(span, text)| Edit {
            path: file.path.clone(),
            span,
            text,
        });
        findings[finding].fix = Some(Fix {
            title,
            safety: if pinned {
                rewrite.safety
            } else {
                Safety::Unsafe
            },
            edits: edits.collect(),
        });
    }
}

struct History<'p> {
    patient: Patient<'p>,
    wishes: HashMap<u32, Instead>,
}

impl History<'_> {
    fn used(&self, used: u32) -> Option<&Use> {
        self.patient.uses.uses.get(used as usize)
    }
}

impl Answers for History<'_> {
    fn wish(&self, used: u32) -> Option<String> {
        self.wishes.get(&used).map(|wish| wish.path.clone())
    }

    fn choices(&self, used: u32) -> Vec<String> {
        let Some(used) = self.used(used) else {
            return Vec::new();
        };
        let Patient { judge, uses, .. } = self.patient;
        super::working(judge, uses, used).collect()
    }

    fn judge(
        &self,
        index: u32,
        path: &str,
        position: Position,
        call: Option<&Call>,
    ) -> Option<Allowed> {
        let used = self.used(index)?;
        let Patient { judge, uses, .. } = self.patient;
        let (old, tail) = super::known_and_tail(judge, used);
        let path = path.strip_suffix(tail).unwrap_or(path);
        if !judge.works_at(uses, used, path, position)
            || (super::is_module(path) && !super::is_module(old))
            || (used.called && super::is_stub(judge, path))
        {
            return None;
        }
        let allowed = |safety, changes| Some(Allowed { safety, changes });
        if path == old {
            return allowed(Safety::Safe, Vec::new());
        }
        let safety = match self.wishes.get(&index) {
            Some(wish) if wish.path.strip_suffix(tail) == Some(path) => wish.safety,
            _ => safety(judge, &self.patient.file.text, old, path),
        };
        let imported = matches!(
            position,
            Position::ImportFrom { .. } | Position::ImportModule
        );
        let callable = |path: &str| {
            api::lookup(path)
                .is_some_and(|symbol| matches!(symbol.kind(), Kind::Function | Kind::Class))
        };
        if imported || !tail.is_empty() || !(callable(old) || callable(path)) {
            return allowed(safety, Vec::new());
        }
        let (olds, news) = (signatures(judge, old), signatures_here(judge, path));
        let known = sameness(old, path);
        if olds.is_empty() && news.is_empty() && known.is_some_and(|known| known.same) {
            // Made of an extension or a protocol buffer: one thing takes what it takes.
            return allowed(safety, Vec::new());
        }
        let same = known.map_or(0, |known| match known.places {
            _ if !known.same => 0,
            places => places.unwrap_or(usize::MAX),
        });
        let adapted = match call {
            Some(call) => Some(adapt(call, known)?),
            None => None,
        };
        let calls = call.zip(adapted.as_ref());
        let calls = calls.map(|(before, (after, _))| Calls { before, after });
        let fit = fit(&olds, &news, calls, same);
        let changes = adapted.map_or_else(Vec::new, |(_, changes)| changes);
        match fit {
            Fit::Same => allowed(safety, changes),
            Fit::Unknown => allowed(Safety::Unsafe, changes),
            Fit::No => None,
        }
    }

    fn is_taken(&self, name: &str) -> bool {
        (self.patient.is_taken)(name)
    }
}

/// Whether one name may take the place of another without asking: the overlay says so, or the one
/// is the public name of the other, or both are names in what is one package. `text` is the file.
pub(super) fn safety(judge: &Judge<'_>, text: &str, old: &str, new: &str) -> Safety {
    let public = super::public_name(old).is_some_and(|public| public == new);
    let twin = new.strip_prefix("tensorflow.") == Some(old) && is_one_keras(judge);
    let known = sameness(old, new);
    let same = known.is_some_and(|known| {
        let read = |name: &String| text.contains(&format!(".{name}"));
        known.same && !known.unless.iter().any(read)
    });
    if public || twin || same {
        Safety::Safe
    } else {
        Safety::Unsafe
    }
}

/// What the overlay says of the longest part in which two names differ.
fn sameness(old: &str, new: &str) -> Option<&'static overlay::Sameness> {
    let overlay = overlay::get();
    // `keras.x` and `tensorflow.keras.x` are one entry.
    let twin = |path: &str| match path.strip_prefix("tensorflow.") {
        Some(inner) if inner.starts_with("keras.") => Some(inner.to_owned()),
        None if path.starts_with("keras.") => Some(format!("tensorflow.{path}")),
        _ => None,
    };
    (2..=old.split('.').count()).rev().find_map(|count| {
        let prefix = leading(old, count);
        let target = new.strip_suffix(&old[prefix.len()..])?;
        overlay.sameness(prefix, target).or_else(|| {
            let (prefix, target) = (twin(prefix)?, twin(target)?);
            overlay.sameness(&prefix, &target)
        })
    })
}

/// A call as the new name takes it, and what has to change for it; nothing where it says what the
/// new name cannot be told so.
fn adapt(call: &Call, known: Option<&overlay::Sameness>) -> Option<(Call, Vec<CallChange>)> {
    let mut new = call.clone();
    let mut changes = Vec::new();
    let Some(known) = known.filter(|_| !call.open) else {
        return Some((new, changes));
    };
    for rule in &known.drop {
        let is_it = |(place, one): (usize, &Argument)| match &one.name {
            Some(name) => *name == rule.name,
            None => place == rule.place,
        };
        let mut arguments = call.arguments.iter().enumerate();
        let Some((place, found)) = arguments.find(|&(place, one)| is_it((place, one))) else {
            continue;
        };
        // What comes after it would move into its place.
        let last = found.name.is_some() || rule.place + 1 == call.positional;
        if found.string.as_deref() != Some(rule.value.as_str()) || !last {
            return None;
        }
        match &found.name {
            Some(name) => new.keywords.retain(|other| other != name),
            None => new.positional -= 1,
        }
        changes.push(CallChange::Drop(place));
    }
    if known.places.is_some_and(|places| new.positional > places) {
        return None;
    }
    if let Some(text) = &known.append {
        if known.places != Some(call.positional) {
            return None;
        }
        new.positional += 1;
        changes.push(CallChange::Append(text.clone()));
    }
    Some((new, changes))
}

/// Whether `tf.keras` is made of the `keras` package on every permitted release.
fn is_one_keras(judge: &Judge<'_>) -> bool {
    let table = ReleaseTable::of(Package::Tensorflow);
    let one = table.select(|release| ((2, 6)..(2, 16)).contains(&release.minor()));
    judge
        .scope
        .environments
        .iter()
        .all(|environment| environment.tensorflow.releases.is_subset(one))
}

/// All parameter lists that a name has ever had, behind Keras too.
fn signatures(judge: &Judge<'_>, path: &str) -> Vec<&'static str> {
    let found = narrow::availability(path, Position::Attribute, judge.imported);
    let behind = found.and_then(|found| found.keras).map(|part| part.path);
    let paths = std::iter::once(path.to_owned()).chain(behind);
    paths
        .filter_map(|path| api::lookup(&path))
        .flat_map(|symbol| {
            symbol
                .signatures()
                .map(|(text, _)| text)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The parameter lists that a name has on permitted releases.
fn signatures_here(judge: &Judge<'_>, path: &str) -> Vec<&'static str> {
    let mut texts = Vec::new();
    let Some(found) = narrow::availability(path, Position::Attribute, judge.imported) else {
        return texts;
    };
    let mut add = |path: &str, releases| {
        let Some(symbol) = api::lookup(path) else {
            return;
        };
        for (text, own) in symbol.signatures() {
            if !(own & releases).is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
    };
    for environment in &judge.scope.environments {
        let permitted = environment.permitted(found.package).releases;
        match &found.keras {
            Some(part) => {
                add(path, permitted - part.releases);
                for release in (permitted & part.releases).iter() {
                    add(&part.path, environment.keras_behind(release));
                }
            }
            None => add(path, permitted),
        }
    }
    texts
}
