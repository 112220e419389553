//! From the name that works instead to the edits that write it: the history answers what
//! [`crate::python::rewrite`] asks.

use std::collections::HashMap;
use std::sync::Arc;

use crate::advice::arguments::{Calls, Fit, fit};
use crate::advice::ways;
use crate::api::{self, format::Kind, overlay};
use crate::finding::{Edit, Finding, Fix, Instead, Level, Safety};
use crate::names::Package;
use crate::narrow::texts::{self, Role, TextRefusal};
use crate::narrow::{self, Availability, Judge, leading};
use crate::python::rewrite::{Allowed, Answers, CallChange, Rewrite, Rewriter};
use crate::python::uses::{Call, FileUses, Position, Use};
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
    let asked = |finding: &Finding| finding.repair.is_some();
    if wishes.is_empty() && !told.iter().any(left) && !findings.iter().any(asked) {
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
    let fix = |rewrite: Rewrite, title| {
        let edits = rewrite.edits.into_iter().map(|(span, text)| Edit {
            path: file.path.clone(),
            span,
            text,
        });
        Fix {
            title,
            safety: if pinned {
                rewrite.safety
            } else {
                Safety::Unsafe
            },
            edits: edits.collect(),
        }
    };
    for &(finding, used) in told {
        let (rewrite, title) = match history.wishes.get(&used) {
            Some(wish) => {
                let title = format!("use `{}`", display(&wish.path));
                (rewriter.rename(used, &wish.path), title)
            }
            None if findings[finding].repair.is_some() => continue,
            None if findings[finding].level == Level::Error => {
                let title = "name everything where it is now".to_owned();
                (rewriter.leave(used), title)
            }
            None => continue,
        };
        let Some(rewrite) = rewrite else { continue };
        findings[finding].fix = Some(fix(rewrite, title));
    }
    for finding in findings.iter_mut().filter(|finding| finding.fix.is_none()) {
        let Some(repair) = finding.repair.take() else {
            continue;
        };
        finding.fix = rewriter
            .carry_out(&repair)
            .map(|rewrite| fix(rewrite, repair.title));
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

/// A call as it may be written under another name, what changes for it, and how safe that is.
type Form = (Option<Call>, Vec<CallChange>, Safety);

impl History<'_> {
    /// The forms in which a call may stand under another name, as it is before those that say the same
    /// in other words.
    fn forms(
        &self,
        old: &str,
        call: &Call,
        known: Option<&overlay::Sameness>,
        safety: Safety,
    ) -> Vec<Form> {
        let mut forms = vec![(call.clone(), Vec::new(), safety)];
        let Patient {
            file, uses, judge, ..
        } = self.patient;
        let places = known.and_then(|known| known.places);
        if let Some(text) = known.and_then(|known| known.append.as_ref()) {
            if places != Some(call.positional()) || call.is_open() {
                return Vec::new();
            }
            let mut after = call.clone();
            let place = call.positional();
            after
                .arguments
                .change(|all| all.insert(place, ways::plain_argument(None)));
            forms = vec![(after, vec![CallChange::Append(text.clone())], safety)];
        }
        for way in ways::others(file, uses, judge, old, call) {
            let safety = if way.certain { safety } else { Safety::Unsafe };
            forms.push((way.call, vec![CallChange::Tail(way.text)], safety));
        }
        let appended = usize::from(known.is_some_and(|known| known.append.is_some()));
        let most = places.map_or(usize::MAX, |places| places + appended);
        let forms = forms.into_iter();
        forms
            .filter(|(after, ..)| call.is_open() || after.positional() <= most)
            .map(|(after, changes, safety)| (Some(after), changes, safety))
            .collect()
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
        if let Some(class) = same_member(old, path)
            && judge.works_at(uses, used, class, position)
        {
            let changes = Vec::new();
            let safety = safety(judge, &self.patient.file.text, old, path);
            return Some(Allowed { safety, changes });
        }
        if !judge.works_at(uses, used, path, position)
            || is_another_kind(old, path)
            || wants_more(old, path)
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
        let forms = match call {
            Some(call) => self.forms(old, call, known, safety),
            None => vec![(None, Vec::new(), safety)],
        };
        let mut unsure = None;
        for (after, changes, safety) in forms {
            if let (Some(before), Some(after)) = (call, &after)
                && refuses_texts(judge, path, position, after)
                && takes_texts(judge, old, position, before)
            {
                continue;
            }
            let calls = call.zip(after.as_ref());
            let calls = calls.map(|(before, after)| Calls { before, after });
            match fit(&olds, &news, calls, same) {
                Fit::Same => return allowed(safety, changes),
                // Lists that take any keyword: the overlay knows these words, and no body refuses them.
                Fit::Unknown
                    if matches!(changes[..], [CallChange::Tail(_)])
                        && after
                            .as_ref()
                            .is_some_and(|after| ways::takes(judge, uses, used, path, after)) =>
                {
                    return allowed(safety, changes);
                }
                Fit::Unknown => {
                    unsure.get_or_insert(changes);
                }
                Fit::No => {}
            }
        }
        // What a deprecation names may mean other things by the same arguments.
        let vouched = known.is_some() || is_moved(old, path) || api::lookup(old).is_none();
        unsure
            .filter(|_| vouched)
            .and_then(|changes| allowed(Safety::Unsafe, changes))
    }

    fn is_taken(&self, name: &str) -> bool {
        (self.patient.is_taken)(name)
    }
}

/// Whether a permitted release has a name, and refuses a text that a call of it is given.
fn refuses_texts(judge: &Judge<'_>, path: &str, position: Position, call: &Call) -> bool {
    let Some((found, refusals)) = refusals(judge, path, position, call) else {
        return false;
    };
    let missing = judge.failing(&found);
    refusals
        .iter()
        .any(|refusal| !(judge.failing(&refusal.found) - missing).is_empty())
}

/// Whether some release, permitted or not, has a name, and takes the texts that a call of it is given:
/// a text that is wrong everywhere stays wrong under another name.
fn takes_texts(judge: &Judge<'_>, path: &str, position: Position, call: &Call) -> bool {
    let Some((found, refusals)) = refusals(judge, path, position, call) else {
        return true;
    };
    let refused = refusals
        .iter()
        .fold(found.absent, |all, refusal| all | refusal.found.absent);
    !ReleaseTable::of(found.package).all().is_subset(refused)
}

/// Where a name is, and what the releases that have it say to the texts that a call of it is given.
fn refusals(
    judge: &Judge<'_>,
    path: &str,
    position: Position,
    call: &Call,
) -> Option<(Availability, Vec<TextRefusal>)> {
    let found = narrow::availability(path, position, judge.imported)?;
    let role = Role::of(path, &found)?;
    // Who switches 2.x behaviour on elsewhere is not known here; then more is refused.
    let refusals = texts::refusals(role, call, &found, false);
    Some((found, refusals))
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

/// The class whose instances have a member of the same meaning, where a path names a member of an
/// instance and the overlay says that both classes are one thing. Those of protocol buffers are in no
/// history.
fn same_member<'p>(old: &str, new: &'p str) -> Option<&'p str> {
    let ((before, _), (class, _)) = (old.split_once(".().")?, new.split_once(".().")?);
    let same = old != new && sameness(old, new).is_some_and(|known| known.same);
    (same && before != class).then_some(class)
}

/// Whether a name is called in another way than the old one, whatever its arguments: a method wants
/// an object before it, and what a class makes is called again. Texts of deprecations name such; where
/// it fits, the overlay says so.
pub(super) fn is_another_kind(old: &str, new: &str) -> bool {
    let kind = |path: &str| api::lookup(path).map(|symbol| symbol.kind());
    let in_class = |path: &str| {
        let parent = path.rsplit_once('.').and_then(|(parent, _)| kind(parent));
        parent == Some(Kind::Class)
    };
    let makes = kind(old) == Some(Kind::Function) && kind(new) == Some(Kind::Class);
    (makes || in_class(new) && !in_class(old)) && sameness(old, new).is_none()
}

/// Whether the deprecation of the old name tells to call the new one with arguments that say more, such
/// as `tf.image.resize(...method=ResizeMethod.BICUBIC...)`: by its name alone it does something else.
fn wants_more(old: &str, new: &str) -> bool {
    let Some(symbol) = api::lookup(old) else {
        return false;
    };
    let words = symbol
        .instructions()
        .split(|c: char| c.is_whitespace() || c == '`');
    let mut called = words
        .filter_map(|word| word.split_once('('))
        .filter(|(_, arguments)| !arguments.starts_with(')'))
        .filter_map(|(name, _)| name.strip_prefix("tf."));
    called.any(|name| is_moved(&format!("tensorflow.{name}"), new)) && sameness(old, new).is_none()
}

/// Whether two names differ only in where they stand: `compat.v1`, `experimental`, the root of Keras.
fn is_moved(old: &str, new: &str) -> bool {
    let bare = |path: &str| -> Vec<String> {
        const PLACES: [&str; 6] = [
            "tensorflow",
            "compat",
            "v1",
            "v2",
            "experimental",
            "tf_keras",
        ];
        let parts = path.split('.').filter(|part| !PLACES.contains(part));
        parts
            .filter(|part| *part != "keras")
            .map(str::to_owned)
            .collect()
    };
    bare(old) == bare(new)
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
