//! Arguments in other words: what a call may say instead so that every permitted release takes it
//! as it was meant. Nothing is offered that the parameter lists, and what is known of bodies, refuse.

use std::collections::BTreeMap;

use crate::api::overlay::{self, Said, SaidValue, Spellings};
use crate::finding::{Change, Repair, Safety};
use crate::narrow::arguments::{Callable, Fault, Refusal};
use crate::narrow::{Judge, Raised, availability};
use crate::python::uses::{Argument, Call, FileUses, Given, Position, Use};
use crate::rule::Subject;
use crate::rule::training::{is_plain_optimizer, is_scaler};
use crate::text::{SourceFile, Span};

/// A call in other words.
pub(super) struct Way {
    /// The call as it will be.
    pub(super) call: Call,
    /// What stands behind its first argument then.
    pub(super) text: String,
    /// It means the same.
    pub(super) certain: bool,
}

/// An argument of which nothing but its name is known.
pub(super) fn plain_argument(keyword: Option<&str>) -> Argument {
    Argument {
        keyword: keyword.map(Into::into),
        name_span: Span::default(),
        span: Span::default(),
        given: Given::Other,
    }
}

/// Where the value of an argument stands.
#[must_use]
pub fn value_span(file: &SourceFile, argument: &Argument) -> Span {
    let text = file.code().get(argument.span.range()).unwrap_or("");
    let value = argument.keyword.as_ref().and_then(|name| {
        let rest = text.strip_prefix(&**name)?;
        Some(rest.trim_start().strip_prefix('=')?.trim_start())
    });
    let length = u32::try_from(value.unwrap_or(text).len()).unwrap_or(0);
    Span::new(argument.span.end - length, argument.span.end)
}

/// A value as Python writes it, where it is spelled out.
fn written(given: &Given) -> Option<String> {
    match given {
        Given::Nothing => Some("None".to_owned()),
        Given::Bool(true) => Some("True".to_owned()),
        Given::Bool(false) => Some("False".to_owned()),
        Given::Number(number) => Some(number.to_string()),
        Given::Text(text) => Some(format!("'{text}'")),
        Given::Instance(_)
        | Given::Keys(_)
        | Given::Named(_)
        | Given::Other
        | Given::Unpacked
        | Given::UnpackedKeywords => None,
    }
}

/// The other ways in which a call says what it says, best first.
pub(super) fn others(
    file: &SourceFile,
    uses: &FileUses,
    judge: &Judge<'_>,
    path: &str,
    call: &Call,
) -> Vec<Way> {
    let mut found = Vec::new();
    let groups = overlay::get().spellings.iter();
    for group in groups.filter(|group| group.is_of(path)) {
        let Some((first, rest)) = split(group, call) else {
            continue;
        };
        let Some((fits, numbers)) = said_by(file, uses, group, rest) else {
            continue;
        };
        let read = |name: &String| file.text.contains(&format!(".{name}"));
        let method = |name: &String| uses.methods.iter().any(|one| *one.name == **name);
        let certain = !group.unless.iter().any(read) && group.safe_with.as_ref().is_none_or(method);
        for (place, way) in group.ways.iter().enumerate() {
            let text = spell(judge, group, way, &numbers).filter(|_| place != fits);
            let Some(text) = text else { continue };
            let mut arguments = vec![Argument {
                keyword: None,
                ..first.clone()
            }];
            arguments.extend(way.iter().map(|said| Argument {
                given: given(said),
                ..plain_argument(Some(&said.name))
            }));
            let arguments = arguments.into_iter().collect();
            let call = Call { arguments, ..*call };
            found.push(Way {
                call,
                text,
                certain,
            });
        }
    }
    found
}

/// The first argument of a call that a group is about, and the others.
fn split<'c>(group: &Spellings, call: &'c Call) -> Option<(&'c Argument, &'c [Argument])> {
    let (first, rest) = call.arguments.split_first()?;
    let named = first.keyword.as_deref();
    let is_first = named.is_none_or(|name| group.first.iter().any(|known| known == name));
    let right = match &group.only_for {
        Some(value) => written(&first.given).as_ref() == Some(value),
        None => true,
    };
    (is_first && first.is_plain() && right && !call.is_open()).then_some((first, rest))
}

/// What a way gives, as a call of it will be read.
fn given(said: &Said) -> Given {
    match &said.value {
        SaidValue::Literal(text) => match text.as_str() {
            "True" => Given::Bool(true),
            "False" => Given::Bool(false),
            "None" => Given::Nothing,
            text => match text
                .strip_prefix('\'')
                .and_then(|text| text.strip_suffix('\''))
            {
                Some(inner) => Given::Text(inner.into()),
                None => Given::Other,
            },
        },
        SaidValue::Number(_) => Given::Number(1.0),
        SaidValue::Made(..) => Given::Other,
    }
}

/// The way of a group that says what arguments say, and what these give for its letters.
fn said_by(
    file: &SourceFile,
    uses: &FileUses,
    group: &Spellings,
    rest: &[Argument],
) -> Option<(usize, BTreeMap<String, String>)> {
    group.ways.iter().enumerate().find_map(|(at, way)| {
        let mut numbers = BTreeMap::new();
        matches(file, uses, way, rest, 1, &mut numbers).then_some((at, numbers))
    })
}

/// Whether arguments say exactly what a way says; `numbers` gets what they give for its letters.
fn matches(
    file: &SourceFile,
    uses: &FileUses,
    way: &[Said],
    arguments: &[Argument],
    first: usize,
    numbers: &mut BTreeMap<String, String>,
) -> bool {
    let text = |argument: &Argument| {
        let span = value_span(file, argument);
        file.code().get(span.range()).unwrap_or("").to_owned()
    };
    arguments.len() == way.len()
        && way.iter().all(|said| {
            let is = |(place, one): &(usize, &Argument)| match &one.keyword {
                Some(name) => **name == *said.name && one.is_plain(),
                None => said.place == Some(place + first),
            };
            let Some((_, argument)) = arguments.iter().enumerate().find(is) else {
                return false;
            };
            match &said.value {
                SaidValue::Literal(literal) => written(&argument.given).as_ref() == Some(literal),
                SaidValue::Number(letter) => {
                    let text = text(argument);
                    let computed = text.starts_with(|c: char| c.is_ascii_digit())
                        && text
                            .chars()
                            .all(|c| c.is_ascii_digit() || " .*+_".contains(c));
                    numbers.insert(letter.clone(), text);
                    computed || matches!(argument.given, Given::Number(_))
                }
                SaidValue::Made(class, given) => {
                    let Given::Instance(path) = &argument.given else {
                        return false;
                    };
                    let span = value_span(file, argument);
                    let made = uses.calls.iter().find(|call| call.span == span);
                    path.rsplit('.').next() == Some(class)
                        && made.is_some_and(|made| {
                            matches(file, uses, given, &made.arguments, 0, numbers)
                        })
                }
            }
        })
}

/// The arguments of a way, written out; nothing where a class that it makes is nowhere.
fn spell(
    judge: &Judge<'_>,
    group: &Spellings,
    way: &[Said],
    numbers: &BTreeMap<String, String>,
) -> Option<String> {
    let parts: Option<Vec<String>> = way
        .iter()
        .map(|said| {
            let value = match &said.value {
                SaidValue::Literal(text) => text.replace('\'', "\""),
                SaidValue::Number(letter) => numbers.get(letter)?.clone(),
                SaidValue::Made(class, given) => {
                    let mut paths = group.classes.get(class)?.iter();
                    let path = paths.find(|path| judge.works(path))?;
                    format!("{{{path}}}({})", spell(judge, group, given, numbers)?)
                }
            };
            Some(format!("{}={value}", said.name))
        })
        .collect();
    Some(parts?.join(", "))
}

/// Whether every permitted release has a path and takes a call of it as it is meant.
#[must_use]
pub fn takes(judge: &Judge<'_>, uses: &FileUses, used: &Use, path: &str, call: &Call) -> bool {
    let Some(found) = availability(path, Position::Attribute, judge.imported) else {
        return false;
    };
    if !judge.works(path) || super::is_stub(judge, path) {
        return false;
    }
    let Some(callable) = Callable::of(path, &found) else {
        return false;
    };
    let taken = |refusal: &Refusal| {
        judge
            .judge_raising(Raised::Nothing, uses, used, &refusal.found)
            .is_some_and(|verdict| verdict.failing.is_empty())
    };
    callable.refusals(call, &found).iter().all(taken)
}

/// A repair of an argument that a permitted release does not take.
#[must_use]
pub fn repair(subject: &Subject<'_>, call: &Call, refusal: &Refusal) -> Option<Repair> {
    let (file, uses, judge) = (subject.file, subject.uses, subject.judge);
    let path = &*subject.used.path;
    let takes = |call: &Call| takes(judge, uses, subject.used, path, call);
    let in_words = others(file, uses, judge, path, call)
        .into_iter()
        .find(|way| takes(&way.call));
    if let Some(way) = in_words {
        let title = "say it in the words of the pin";
        let tail = Change::Tail {
            call: call.span,
            text: way.text,
        };
        return Some(Repair::safe(title, vec![tail]).safe_if(way.certain));
    }
    if let Some(repair) = super::policies::unscaled(subject, call, refusal) {
        return Some(repair);
    }
    let (index, ignored) = match &refusal.fault {
        Fault::Unexpected(index) | Fault::InBody(index, _) => (*index, false),
        Fault::Known(index, keyword) => (*index, keyword.effect != overlay::Effect::Refused),
        Fault::TooMany(_) | Fault::Twice(_) | Fault::Missing(_) | Fault::Called(_) => return None,
    };
    let argument = call.arguments.get(index).filter(|one| one.is_plain())?;
    let name = argument.keyword.as_deref()?;
    let with = |change: &dyn Fn(&mut Vec<Argument>)| {
        let mut new = call.clone();
        new.arguments.change(change);
        takes(&new)
    };
    let without = with(&|all| drop(all.remove(index)));
    let to_drop = || Change::Drop {
        call: call.span,
        argument: argument.span,
    };
    let renamed = |new: &str| {
        with(&|all| all[index].keyword = Some(new.into()))
            .then(|| rename(file, argument, new, None))
    };
    if let Some((new, _)) = other_name(path, name) {
        let changes = renames(file, path, call, &[index], &takes).or_else(|| {
            renames(
                file,
                path,
                call,
                &(0..call.arguments.len()).collect::<Vec<_>>(),
                &takes,
            )
        })?;
        // What was ignored has an effect then.
        return Some(Repair::safe(format!("use `{new}`"), changes).safe_if(!ignored));
    }
    let idle = overlay::get().idle.iter().find(|idle| {
        let value = written(&argument.given);
        let says_nothing =
            idle.values.is_empty() || value.is_some_and(|value| idle.values.contains(&value));
        says_nothing && idle.names.iter().any(|known| known == name) && idle.is_of(path)
    });
    if let Some(idle) = idle.filter(|_| without) {
        let repair = Repair::safe(format!("leave `{name}` out"), vec![to_drop()]);
        return Some(repair.safe_if(!idle.nearly));
    }
    if let Some(repair) = inside(subject, call) {
        return Some(repair);
    }
    if let Some((inner, _)) = inner_optimizer(uses, path, call).filter(|_| without) {
        let text = file.code().get(argument.span.range())?.to_owned();
        let add = Change::Add {
            call: inner.span,
            text,
        };
        let title = format!("give `{name}` to the optimizer inside");
        return Some(Repair::safe(title, vec![to_drop(), add]).safe_if(!ignored));
    }
    if name == "decay" && without && is_plain_optimizer(path) {
        return schedule(subject, call, argument);
    }
    let mut near = refusal.takes.iter().flat_map(|list| {
        let all = list.positional.iter().chain(&list.keyword_only);
        all.map(|parameter| parameter.name)
    });
    let given = |new: &&str| call.keywords().any(|keyword| keyword == *new);
    let meant = crate::names::nearest(name, near.by_ref().filter(|new| !given(new)))?;
    renamed(meant).map(|changes| Repair::on_request(format!("use `{meant}`"), changes))
}

/// The changes that give arguments of a call, as far as they have one, their other names; nothing
/// where the result is not taken.
fn renames(
    file: &SourceFile,
    path: &str,
    call: &Call,
    places: &[usize],
    takes: &dyn Fn(&Call) -> bool,
) -> Option<Vec<Change>> {
    let mut new = call.clone();
    let mut changes = Vec::new();
    for &place in places {
        let argument = &call.arguments[place];
        let known = argument.keyword.as_deref();
        let Some((name, template)) = known.and_then(|name| other_name(path, name)) else {
            continue;
        };
        if !argument.is_plain() {
            return None;
        }
        new.arguments
            .change(|all| all[place].keyword = Some(name.into()));
        changes.extend(rename(file, argument, name, template));
    }
    takes(&new).then_some(changes)
}

/// The other name of a parameter, where it has one, and how its value is written then.
fn other_name(path: &str, name: &str) -> Option<(&'static str, Option<&'static str>)> {
    let mut known = overlay::get().renamed.iter();
    known.find_map(|one| {
        let at = one.names.iter().position(|known| known == name)?;
        if !one.is_of(path) {
            return None;
        }
        let first = one.first_is.as_deref();
        match (at, first) {
            (0, Some(_)) => None,
            (0, None) => Some((one.names[1].as_str(), None)),
            (_, first) => Some((one.names[0].as_str(), first)),
        }
    })
}

fn rename(
    file: &SourceFile,
    argument: &Argument,
    new: &str,
    template: Option<&str>,
) -> Vec<Change> {
    let mut changes = vec![Change::Put {
        span: argument.name_span,
        text: new.to_owned(),
    }];
    if let Some(template) = template {
        let value = file.code().get(value_span(file, argument).range());
        let value = value.unwrap_or("");
        let simple = value
            .chars()
            .all(|c| c.is_alphanumeric() || "_.".contains(c));
        let value = if simple {
            value.to_owned()
        } else {
            format!("({value})")
        };
        changes.push(Change::Value {
            argument: argument.span,
            text: template.replace("{}", &value),
        });
    }
    changes
}

/// The call that makes the optimizer inside the call that wraps it.
fn inner_optimizer<'u>(uses: &'u FileUses, path: &str, call: &Call) -> Option<(&'u Call, &'u Use)> {
    let first = call.arguments.first().filter(|one| one.keyword.is_none())?;
    let Given::Instance(class) = &first.given else {
        return None;
    };
    let inner = || {
        let mut all = uses
            .uses
            .iter()
            .filter_map(|used| Some((uses.call(used)?, used)));
        all.find(|(inner, _)| inner.span == first.span)
    };
    (is_scaler(path) && is_plain_optimizer(class)).then(inner)?
}

/// What the wrapper was told, told to the optimizer inside, which stays alone.
fn inside(subject: &Subject<'_>, call: &Call) -> Option<Repair> {
    let (file, uses, judge) = (subject.file, subject.uses, subject.judge);
    let path = &*subject.used.path;
    let (inner, used) = inner_optimizer(uses, path, call)?;
    let mut groups = overlay::get().spellings.iter();
    groups.find_map(|group| {
        let way = group.inside.as_ref().filter(|_| group.is_of(path))?;
        let (first, rest) = split(group, call)?;
        let (_, numbers) = said_by(file, uses, group, rest)?;
        let text = spell(judge, group, way, &numbers)?;
        let mut alone = inner.clone();
        let told = way.iter().map(|said| plain_argument(Some(&said.name)));
        alone.arguments.change(|all| all.extend(told));
        let changes = vec![
            Change::Keep {
                outer: call.span,
                inner: first.span,
            },
            Change::Add {
                call: inner.span,
                text,
            },
        ];
        let title = "let the optimizer scale by itself";
        takes(judge, uses, used, &used.path, &alone).then(|| Repair::on_request(title, changes))
    })
}

/// The old `decay` as the schedule that computes the same.
fn schedule(subject: &Subject<'_>, call: &Call, argument: &Argument) -> Option<Repair> {
    let path = &subject.used.path;
    let root = &path[..path.rfind("optimizers.")?];
    let class = format!("{root}optimizers.schedules.InverseTimeDecay");
    let rate = call.arguments.iter().find(|one| {
        matches!(one.keyword.as_deref(), Some("learning_rate" | "lr"))
            || one.keyword.is_none() && one.span == call.arguments[0].span
    })?;
    let number = |one: &Argument| matches!(one.given, Given::Number(_));
    if !number(rate) || !number(argument) || !subject.judge.works(&class) {
        return None;
    }
    let text = |one: &Argument| {
        let span = value_span(subject.file, one);
        subject.file.code().get(span.range()).unwrap_or("")
    };
    let (start, decay) = (text(rate), text(argument));
    let changes = vec![
        Change::Value {
            argument: rate.span,
            text: format!("{{{class}}}({start}, decay_steps=1, decay_rate={decay})"),
        },
        Change::Drop {
            call: call.span,
            argument: argument.span,
        },
    ];
    Some(Repair {
        title: "let the learning rate decay by a schedule".to_owned(),
        safety: Safety::Unsafe,
        changes,
    })
}
