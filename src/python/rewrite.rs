//! Rewriting: what has to change in a file so that a use names something else, in the way in which
//! it is spelled there. The history is asked through [`Answers`]; here are form and scopes alone.
//!
//! Supported: dotted expressions, aliases, both kinds of import, names that star imports bring, and
//! everything that goes through a name whose meaning changes with it. Not supported, so that there
//! is no rewrite: `getattr`, `import_module`, and names that mean one thing or another.

mod changes;
mod facts;
mod imports;

use crate::finding::Safety;
use crate::text::{RepoPath, Span};

use super::bindings::count;
use super::uses::{Call, FileUses, Position, Use};

use facts::Facts;

/// What a rewrite asks about names.
pub trait Answers {
    /// The name that a finding at this use wants instead.
    fn wish(&self, used: u32) -> Option<String>;
    /// Names that may stand in place of what a use names, best first.
    fn choices(&self, used: u32) -> Vec<String>;
    /// What it takes that a use names this path, in this position and called like this; nothing
    /// where it would fail.
    fn judge(
        &self,
        used: u32,
        path: &str,
        position: Position,
        call: Option<&Call>,
    ) -> Option<Allowed>;
    /// Whether other files of the project take a name of this one.
    fn is_taken(&self, name: &str) -> bool;
}

/// That a use may name something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// How safe it is.
    pub safety: Safety,
    /// What has to change in the call.
    pub changes: Vec<CallChange>,
}

/// A change of a call's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallChange {
    /// These come behind the first argument, and all others go. As in [`crate::finding::Change`],
    /// `{path}` stands for a name of the API.
    Tail(String),
    /// An argument comes behind the last one that has no name. `{tf}` in it stands for the name by
    /// which the source calls TensorFlow.
    Append(String),
}

/// Edits that belong together, in order, and how safe they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// What goes and what comes instead.
    pub edits: Vec<(Span, String)>,
    /// How safe all of it is.
    pub safety: Safety,
}

/// A file that is to be rewritten.
pub struct Rewriter<'f> {
    text: &'f str,
    uses: &'f FileUses,
    facts: Facts,
    answers: &'f dyn Answers,
    /// Uses that go through the name that another binds: that one, then theirs, in order.
    via: Vec<(u32, u32)>,
}

/// What is collected for one rewrite.
struct Plan {
    edits: Vec<(Span, String)>,
    safety: Safety,
    /// What goes here comes elsewhere, comments included.
    moved: Vec<Span>,
    /// Statements that go.
    removed: Vec<Span>,
}

impl Plan {
    fn new(safety: Safety) -> Self {
        Self {
            edits: Vec::new(),
            safety,
            moved: Vec::new(),
            removed: Vec::new(),
        }
    }

    fn copy(&self) -> Self {
        Self {
            edits: self.edits.clone(),
            safety: self.safety,
            moved: self.moved.clone(),
            removed: self.removed.clone(),
        }
    }

    fn edit(&mut self, span: Span, text: impl Into<String>) {
        let edit = (span, text.into());
        if !self.edits.contains(&edit) {
            self.edits.push(edit);
        }
    }

    /// Puts a statement behind those that were put at a place before, unless one of them binds the
    /// same name.
    fn add_behind(&mut self, at: u32, text: String) -> Option<()> {
        let here = Span::new(at, at);
        let Some((_, before)) = self.edits.iter_mut().find(|(span, _)| *span == here) else {
            self.edit(here, text);
            return Some(());
        };
        let name = |text: &str| text.split_once('=').map(|(name, _)| name.trim().to_owned());
        let own = name(&text);
        if before.lines().any(|line| name(line) == own) {
            return None;
        }
        before.push_str(&text);
        Some(())
    }

    fn weigh(&mut self, safety: Safety) {
        if safety == Safety::Unsafe {
            self.safety = Safety::Unsafe;
        }
    }
}

/// How a name is written behind another head: the head, and the parts after it.
struct Reached {
    head: String,
    rest: Vec<String>,
    /// An import that has to be added for it.
    import: Option<(Span, String)>,
}

impl<'f> Rewriter<'f> {
    /// Reads the form of a file; nothing where it cannot be read.
    #[must_use]
    pub fn new(
        path: &RepoPath,
        text: &'f str,
        uses: &'f FileUses,
        answers: &'f dyn Answers,
    ) -> Option<Self> {
        let through = |(index, other): (usize, &Use)| Some((other.via?, count(index)));
        let mut via: Vec<(u32, u32)> = uses.uses.iter().enumerate().filter_map(through).collect();
        via.sort_unstable();
        Some(Self {
            text,
            uses,
            facts: Facts::of(path, text)?,
            answers,
            via,
        })
    }

    /// The edits after which a use, and all that goes through the name it binds, works as `to`.
    #[must_use]
    pub fn rename(&self, used: u32, to: &str) -> Option<Rewrite> {
        let mut plan = Plan::new(Safety::Safe);
        match self.used(used)?.position {
            Position::Attribute | Position::Star { .. } => {
                let to = self.attribute(&mut plan, used, None, to)?;
                self.dependents(&mut plan, used, &to)?;
            }
            Position::ImportFrom { .. } => self.import_from(&mut plan, used, to)?,
            Position::ImportModule => self.import_module(&mut plan, used, to)?,
        }
        self.finish(plan)
    }

    /// The edits after which nothing goes through an import any more, because everything that did is
    /// named where it is now.
    #[must_use]
    pub fn leave(&self, used: u32) -> Option<Rewrite> {
        let mut plan = Plan::new(Safety::Safe);
        let own = self.used(used)?;
        if !matches!(own.position, Position::ImportFrom { .. }) {
            return None;
        }
        self.leave_import(&mut plan, used)?;
        self.finish(plan)
    }

    /// How a use is called, where it is.
    #[must_use]
    pub fn call(&self, used: u32) -> Option<&Call> {
        self.uses.call(self.used(used)?)
    }

    fn used(&self, used: u32) -> Option<&'f Use> {
        self.uses.uses.get(used as usize)
    }

    fn slice(&self, span: Span) -> &'f str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Puts the edits in order; nothing where they meet or would take a comment away.
    fn finish(&self, mut plan: Plan) -> Option<Rewrite> {
        plan.edits.sort_unstable();
        let apart = |pair: &[(Span, String)]| {
            let (left, right) = (pair[0].0, pair[1].0);
            let inserts = left.start == left.end || right.start == right.end;
            left.end < right.start || (left.end == right.start && !inserts)
        };
        let moved = &plan.moved;
        let calm =
            |(span, _): &(Span, String)| moved.contains(span) || !self.slice(*span).contains('#');
        (!plan.edits.is_empty() && plan.edits.windows(2).all(apart) && plan.edits.iter().all(calm))
            .then_some(Rewrite {
                edits: plan.edits,
                safety: plan.safety,
            })
    }

    /// Whether another use stands at the same place: the name means one thing or another.
    fn is_ambiguous(&self, used: u32) -> bool {
        let here = |at: Option<u32>| at.and_then(|at| self.used(at)).map(|used| used.span);
        let own = here(Some(used));
        here(used.checked_sub(1)) == own || here(used.checked_add(1)) == own
    }

    /// Makes a dotted expression name `to`, where its head stands for `head` from now on. Gives the
    /// path that it really names then.
    fn attribute(
        &self,
        plan: &mut Plan,
        used: u32,
        head: Option<&str>,
        to: &str,
    ) -> Option<String> {
        let own = self.used(used)?;
        if self.is_ambiguous(used) {
            return None;
        }
        let dotted = self.facts.dotted.get(&own.span)?;
        let old_head = leading(&own.path, usize::from(own.alias_parts));
        let star = matches!(own.position, Position::Star { .. });
        let mut spans = dotted.parts.clone();
        if star {
            spans.insert(0, dotted.head);
        }
        let written: Vec<&str> = spans.iter().map(|&span| self.slice(span)).collect();
        let spelled = std::iter::once(old_head).chain(written.iter().copied());
        if spelled.collect::<Vec<_>>().join(".") != *own.path {
            return None;
        }
        let head = head.unwrap_or(old_head);
        let call = self.call(used);
        let judge = |path: &str, position| self.answers.judge(used, path, position, call);
        let inside = self.below_head(head, to, &|path| judge(path, own.position).is_some());
        if let Some((to, rest)) = inside {
            // Which modules a star brings depends on the release; what it brought, it still brings.
            if star
                && rest.len() > 1
                && rest.first().map(String::as_str) != written.first().copied()
            {
                return None;
            }
            self.allow(plan, used, &judge(&to, own.position)?)?;
            let before = (!star).then_some(dotted.head.end);
            return replace_parts(plan, &spans, &written, &rest, before).then_some(to);
        }
        let reached = self.reach(to, own.span.start)?;
        self.allow(plan, used, &judge(to, Position::Attribute)?)?;
        if let Some((span, text)) = reached.import {
            plan.edit(span, text);
        }
        if !star {
            spans.insert(0, dotted.head);
        }
        let written: Vec<&str> = spans.iter().map(|&span| self.slice(span)).collect();
        let mut parts = vec![reached.head];
        parts.extend(reached.rest);
        replace_parts(plan, &spans, &written, &parts, None).then(|| to.to_owned())
    }

    /// Takes over what a new name needs.
    fn allow(&self, plan: &mut Plan, used: u32, allowed: &Allowed) -> Option<()> {
        plan.weigh(allowed.safety);
        for change in &allowed.changes {
            let call = self.call(used)?;
            match change {
                CallChange::Tail(text) => {
                    let text = self.spelled(plan, text, call.span.start)?;
                    self.tail(plan, call.span, &text)?;
                }
                CallChange::Append(text) => {
                    let text = self.with_root(used, text)?;
                    let last = call.arguments.iter().rfind(|one| one.keyword.is_none())?;
                    let end = last.span.end;
                    plan.edit(Span::new(end, end), format!(", {text}"));
                }
            }
        }
        Some(())
    }

    /// A text in which `{tf}` is the name of TensorFlow in the source.
    fn with_root(&self, used: u32, text: &str) -> Option<String> {
        if !text.contains("{tf}") {
            return Some(text.to_owned());
        }
        let own = self.used(used)?;
        let head = leading(&own.path, usize::from(own.alias_parts));
        let dotted = self.facts.dotted.get(&own.span)?;
        let named = own.position == Position::Attribute;
        (named && matches!(head, "tensorflow" | "tensorflow.compat.v1"))
            .then(|| text.replace("{tf}", self.slice(dotted.head)))
    }

    /// A path as the head's path and parts after it. Behind `tensorflow.compat.v1` the same name
    /// there counts too, where it works.
    fn below_head(
        &self,
        head: &str,
        to: &str,
        works: &dyn Fn(&str) -> bool,
    ) -> Option<(String, Vec<String>)> {
        let parts = |path: &str| {
            let rest = path.strip_prefix(head)?;
            match rest.strip_prefix('.') {
                Some(rest) => Some(rest.split('.').map(str::to_owned).collect()),
                None => rest.is_empty().then(Vec::new),
            }
        };
        if let Some(rest) = parts(to) {
            return Some((to.to_owned(), rest));
        }
        if !matches!(head, "tensorflow.compat.v1" | "tensorflow.compat.v2") {
            return None;
        }
        let inner = to.strip_prefix("tensorflow.")?;
        let twin = format!("{head}.{inner}");
        let rest = parts(&twin).filter(|_| !inner.starts_with("compat.") && works(&twin))?;
        Some((twin, rest))
    }

    /// A name of the module's own imports through which a path can be reached, the nearest one; or
    /// `tf`, imported for it.
    fn reach(&self, to: &str, before: u32) -> Option<Reached> {
        let mut best: Option<(usize, Reached)> = None;
        let mut first_import = None;
        for import in &self.facts.imports {
            if !import.at_top || import.span.end > before {
                continue;
            }
            for item in &import.items {
                let Some((index, via)) = self.use_at(item.name) else {
                    continue;
                };
                first_import = first_import.or(Some(import.span));
                let plain = matches!(via.position, Position::ImportModule) && item.alias.is_none();
                let path = if plain {
                    leading(&via.path, 1)
                } else {
                    &via.path
                };
                let name = match (&item.alias, plain) {
                    (Some(alias), _) => alias.as_str(),
                    (None, true) => path,
                    (None, false) => self.slice(item.name),
                };
                let Some(rest) = to
                    .strip_prefix(path)
                    .and_then(|rest| rest.strip_prefix('.'))
                else {
                    continue;
                };
                if !self.facts.is_bound_once(name)
                    || self.answers.wish(index).is_some()
                    || best
                        .as_ref()
                        .is_some_and(|(length, _)| *length >= path.len())
                {
                    continue;
                }
                let reached = Reached {
                    head: name.to_owned(),
                    rest: rest.split('.').map(str::to_owned).collect(),
                    import: None,
                };
                best = Some((path.len(), reached));
            }
        }
        if let Some((_, reached)) = best {
            return Some(reached);
        }
        let rest = to.strip_prefix("tensorflow.")?;
        let start = first_import?.start;
        let at_line_start = start == 0 || self.text.as_bytes()[start as usize - 1] == b'\n';
        if !self.facts.is_free("tf") || !at_line_start {
            return None;
        }
        let line = format!("import tensorflow as tf{}", self.line_end());
        Some(Reached {
            head: "tf".to_owned(),
            rest: rest.split('.').map(str::to_owned).collect(),
            import: Some((Span::new(start, start), line)),
        })
    }

    fn line_end(&self) -> &'static str {
        if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }

    /// The only use at a span.
    fn use_at(&self, span: Span) -> Option<(u32, &'f Use)> {
        let uses = &self.uses.uses;
        let first = uses.partition_point(|used| used.span < span);
        let found = uses.get(first).filter(|used| used.span == span)?;
        let index = count(first);
        (!self.is_ambiguous(index)).then_some((index, found))
    }

    /// Makes everything work that goes through the name that a use binds, now that this names `to`.
    fn dependents(&self, plan: &mut Plan, used: u32, to: &str) -> Option<()> {
        let bound = &self.used(used)?.path;
        for (index, other) in self.through(used) {
            let rest = other.path.strip_prefix(&**bound)?;
            if !(rest.is_empty() || rest.starts_with('.')) {
                return None;
            }
            let new = self.stay_or_choose(plan, index, to, rest)?;
            self.dependents(plan, index, &new)?;
        }
        Some(())
    }

    /// The uses that go through the name that a use binds, in their order.
    fn through(&self, used: u32) -> impl Iterator<Item = (u32, &Use)> {
        let first = self.via.partition_point(|&(via, _)| via < used);
        let all = self.via[first..].iter();
        all.take_while(move |(via, _)| *via == used)
            .map(|&(_, index)| (index, &self.uses.uses[index as usize]))
    }

    /// A use behind a head that stands for `head` now: as it is written, or as something else.
    fn stay_or_choose(&self, plan: &mut Plan, used: u32, head: &str, rest: &str) -> Option<String> {
        let stay = format!("{head}{rest}");
        let call = self.call(used);
        let position = self.used(used)?.position;
        if let Some(allowed) = self.answers.judge(used, &stay, position, call) {
            let edited = !allowed.changes.is_empty() && self.is_ambiguous(used);
            self.allow(plan, used, &allowed).filter(|()| !edited)?;
            return Some(stay);
        }
        self.choose(plan, used, Some(head))
    }

    /// Makes a use name the first thing that can be written instead, behind `head` or elsewhere.
    fn choose(&self, plan: &mut Plan, used: u32, head: Option<&str>) -> Option<String> {
        self.answers.choices(used).into_iter().find_map(|choice| {
            let mut attempt = plan.copy();
            let new = self.attribute(&mut attempt, used, head, &choice)?;
            *plan = attempt;
            Some(new)
        })
    }
}

/// Edits the parts of a dotted expression that differ. `before` is the end of what stands before
/// the first part. Whether there is a way to write it.
fn replace_parts(
    plan: &mut Plan,
    spans: &[Span],
    old: &[&str],
    new: &[String],
    before: Option<u32>,
) -> bool {
    let pairs = || old.iter().zip(new);
    let same_start = pairs().take_while(|(old, new)| *old == new).count();
    let most = old.len().min(new.len()) - same_start;
    let same_end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(old, new)| *old == new)
        .count();
    let gone = &spans[same_start..old.len() - same_end];
    let come = new[same_start..new.len() - same_end].join(".");
    match (gone, come.is_empty()) {
        ([], true) => {}
        ([], false) => match (spans.get(same_start), spans.last()) {
            (Some(next), _) => plan.edit(Span::new(next.start, next.start), format!("{come}.")),
            (None, Some(last)) => plan.edit(Span::new(last.end, last.end), format!(".{come}")),
            // A bare name that gets parts.
            (None, None) => match before {
                Some(end) => plan.edit(Span::new(end, end), format!(".{come}")),
                None => return false,
            },
        },
        ([first, .., last], false) => plan.edit(Span::new(first.start, last.end), come),
        ([only], false) => plan.edit(*only, come),
        ([_, ..], true) => {
            let end = gone[gone.len() - 1].end;
            let start = match same_start.checked_sub(1) {
                Some(place) => Some(spans[place].end),
                None => before,
            };
            match (start, spans.get(old.len() - same_end)) {
                (Some(start), _) => plan.edit(Span::new(start, end), ""),
                // The head itself goes: what follows begins the name.
                (None, Some(next)) => plan.edit(Span::new(gone[0].start, next.start), ""),
                (None, None) => return false,
            }
        }
    }
    true
}

/// The first `count` parts of a dotted path.
fn leading(path: &str, count: usize) -> &str {
    let mut dots = path.match_indices('.').map(|(at, _)| at);
    match count.checked_sub(1) {
        Some(skip) => dots.nth(skip).map_or(path, |end| &path[..end]),
        None => "",
    }
}
