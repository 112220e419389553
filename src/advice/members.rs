//! Methods and attributes that the permitted releases have under another name.

use crate::api::overlay;
use crate::finding::{Change, Repair};
use crate::python::uses::Call;
use crate::rule::training::{FileSubject, scaling};
use crate::rule::{Subject, display};
use crate::text::Span;

use super::ways::takes;

/// A repair of a use of a member that a permitted release lacks.
#[must_use]
pub fn repair(subject: &Subject<'_>, class: &str, member: &str) -> Option<Repair> {
    let used = subject.used;
    let at = used.member?;
    if subject.file.code().get(at.range()) != Some(member) {
        return None;
    }
    let file = FileSubject::new(subject.file, subject.uses, subject.judge);
    if let Some(repair) = scaling::respelled(&file, class, member, at) {
        return Some(repair);
    }
    let overlay = overlay::get();
    let public = overlay.private_member(&used.path);
    if let Some(new) = public.and_then(|known| known.public.clone())
        && subject.judge.surely_has(class, &new)
    {
        let title = format!("use `{new}`");
        let put = Change::Put {
            span: at,
            text: new,
        };
        return Some(Repair::safe(title, vec![put]));
    }
    let mut known = overlay.moved.iter();
    known.find_map(|one| (one.name == member).then(|| moved(subject, class, one, at))?)
}

fn moved(subject: &Subject<'_>, class: &str, known: &overlay::Moved, at: Span) -> Option<Repair> {
    let used = subject.used;
    let works = |name: &str| subject.judge.surely_has(class, name);
    if let Some(text) = &known.text {
        let receiver = Span::new(used.span.start, at.start.checked_sub(1)?);
        let receiver = subject.file.code().get(receiver.range())?;
        let name = |c: char| c.is_alphanumeric() || "_.".contains(c);
        let plain = receiver.chars().all(name) && !used.called;
        let text = text.replace("{}", receiver);
        let title = format!("use `{text}`");
        let span = used.span;
        return (plain && works(&known.new))
            .then(|| Repair::safe(title, vec![Change::Put { span, text }]).safe_if(known.same));
    }
    if let Some(function) = &known.function {
        return called_with_object(subject, known, function, at);
    }
    let path = format!("{class}.().{}", known.new);
    if !works(&known.new) {
        return None;
    }
    let mut changes = vec![Change::Put {
        span: at,
        text: known.new.clone(),
    }];
    let mut certain = known.same && !used.by_name;
    if !known.behind.is_empty() && !used.called {
        return None;
    }
    if used.called {
        let call = subject.uses.call(used)?;
        let (call, more, dropped) = adapted(known, &path, call)?;
        changes.extend(more);
        if !known.behind.is_empty() {
            let end = subject.uses.call(used)?.span.end;
            changes.push(Change::Put {
                span: Span::new(end, end),
                text: known.behind.clone(),
            });
        }
        certain &= !dropped;
        if !takes(subject.judge, subject.uses, used, &path, &call) {
            return None;
        }
    }
    Some(Repair::safe(format!("use `{}`", known.new), changes).safe_if(certain))
}

/// `object.method()` as `function(object)`.
fn called_with_object(
    subject: &Subject<'_>,
    known: &overlay::Moved,
    function: &str,
    at: Span,
) -> Option<Repair> {
    let used = subject.used;
    let call = subject.uses.call(used)?;
    if !call.arguments.is_empty() || !subject.judge.works(function) {
        return None;
    }
    let start = Span::new(used.span.start, used.span.start);
    let changes = vec![
        Change::Put {
            span: start,
            text: format!("{{{function}}}("),
        },
        Change::Put {
            span: Span::new(at.start.checked_sub(1)?, call.span.end),
            text: ")".to_owned(),
        },
    ];
    let title = format!("use `{}`", display(function));
    Some(Repair::safe(title, changes).safe_if(known.same && !used.by_name))
}

/// A call with the names that its arguments have under the new name, what changes for it, and whether
/// something went that is not about nothing. What the new name may refuse goes.
fn adapted(known: &overlay::Moved, path: &str, call: &Call) -> Option<(Call, Vec<Change>, bool)> {
    if call.is_open() || known.places.is_some_and(|most| call.positional() > most) {
        return None;
    }
    let mut new = call.clone();
    let (mut changes, mut dropped) = (Vec::new(), false);
    let idle = |name: &str| {
        let mut all = overlay::get().idle.iter();
        all.any(|idle| idle.is_of(path) && idle.names.iter().any(|known| known == name))
    };
    let mut arguments = new.arguments.to_vec();
    arguments.retain(|one| {
        let goes = one.keyword.as_deref().is_some_and(idle);
        if goes {
            dropped = true;
            changes.push(Change::Drop {
                call: call.span,
                argument: one.span,
            });
        }
        !goes
    });
    for argument in &mut arguments {
        let Some(name) = argument.keyword.as_deref() else {
            continue;
        };
        if !argument.is_plain() {
            return None;
        }
        if let Some(other) = known.keywords.get(name) {
            changes.push(Change::Put {
                span: argument.name_span,
                text: other.clone(),
            });
            argument.keyword = Some(other.as_str().into());
        }
    }
    new.arguments = arguments.into_iter().collect();
    Some((new, changes, dropped))
}
