//! Changes that a rule asks for, as edits: arguments, wrappers, statements. Whether the result means
//! the same is for the rule to say; here is how it is written, and that comments and form stay.

use crate::finding::{Change, Repair, Safety};
use crate::text::Span;

use super::facts::{Form, Statement};
use super::{Plan, Rewrite, Rewriter};

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

impl Rewriter<'_> {
    /// The edits of a repair; nothing where one of its changes cannot be made here.
    #[must_use]
    pub fn carry_out(&self, repair: &Repair) -> Option<Rewrite> {
        let mut plan = Plan::new(Safety::Safe);
        plan.weigh(repair.safety);
        for change in &repair.changes {
            self.change(&mut plan, change)?;
        }
        self.finish(plan)
    }

    fn change(&self, plan: &mut Plan, change: &Change) -> Option<()> {
        match change {
            Change::Put { span, text } => {
                let text = self.spelled(plan, text, span.start)?;
                plan.edit(*span, text);
            }
            Change::Wrap {
                span,
                before,
                after,
            } => {
                let before = self.spelled(plan, before, span.start)?;
                plan.edit(Span::new(span.start, span.start), before);
                plan.edit(Span::new(span.end, span.end), after.as_str());
            }
            Change::Keep { outer, inner } => self.keep(plan, *outer, *inner)?,
            Change::Drop { call, argument } => self.drop_argument(plan, *call, *argument)?,
            Change::Tail { call, text } => {
                let text = self.spelled(plan, text, call.start)?;
                self.tail(plan, *call, &text)?;
            }
            Change::Add { call, text } => self.add(plan, *call, text)?,
            Change::Value { argument, text } => {
                let value = *self.facts.values.get(argument)?;
                let text = self.spelled(plan, text, value.start)?;
                plan.edit(value, text);
            }
            Change::Text { argument, text } => {
                let value = self.facts.values.get(argument)?;
                let inside = *self.facts.texts.get(value)?;
                let plain = inside != *value && !self.slice(inside).contains(['\\', '\n']);
                plain.then(|| plan.edit(inside, text.as_str()))?;
            }
            Change::Remove { at } => {
                // An expression that is all of its statement.
                (self.statement_of(*at)?.span == *at).then_some(())?;
                self.remove_statement(plan, *at)?;
            }
            Change::Move { at, before } => self.move_statement(plan, *at, *before)?,
            Change::Scale { gradient, by } => self.scale(plan, *gradient, by)?,
        }
        Some(())
    }

    /// A text with the names of the API spelled as the file spells them before a place.
    pub(super) fn spelled(&self, plan: &mut Plan, text: &str, before: u32) -> Option<String> {
        let mut spelled = String::new();
        let mut rest = text;
        while let Some((plain, after)) = rest.split_once('{') {
            let (path, after) = after.split_once('}')?;
            let reached = self.reach(path, before)?;
            if let Some((span, text)) = reached.import {
                plan.edit(span, text);
            }
            spelled.push_str(plain);
            spelled.push_str(&reached.head);
            for part in reached.rest {
                spelled.push('.');
                spelled.push_str(&part);
            }
            rest = after;
        }
        spelled.push_str(rest);
        Some(spelled)
    }

    fn form(&self, call: Span) -> Option<&Form> {
        self.facts.calls.get(&call)
    }

    /// A part of an expression stays. Where this gives a name to itself, the statement goes.
    fn keep(&self, plan: &mut Plan, outer: Span, inner: Span) -> Option<()> {
        if !holds(outer, inner) {
            return None;
        }
        let own = self.statement_of(outer)?;
        if let Some((target, value)) = own.assigned
            && value == outer
            && self.slice(target) == self.slice(inner)
            && self.whole_lines(own.span).is_some()
        {
            return self.remove_statement(plan, outer);
        }
        plan.edit(Span::new(outer.start, inner.start), "");
        plan.edit(Span::new(inner.end, outer.end), "");
        Some(())
    }

    /// Takes an argument away, with the comma that parts it from the others.
    fn drop_argument(&self, plan: &mut Plan, call: Span, argument: Span) -> Option<()> {
        let all = &self.form(call)?.arguments;
        let place = all.iter().position(|(span, _)| *span == argument)?;
        let before = place.checked_sub(1).map(|place| all[place].0);
        let (gap, span) = match (before, all.get(place + 1)) {
            (Some(before), _) => (
                Span::new(before.end, argument.start),
                Span::new(before.end, argument.end),
            ),
            (None, Some((after, _))) => (
                Span::new(argument.end, after.start),
                Span::new(argument.start, after.start),
            ),
            (None, None) => {
                let after = self.slice(Span::new(argument.end, call.end)).trim_start();
                let open = self.slice(Span::new(self.form(call)?.function.end, argument.start));
                // `f(x)`, and not `f(x,)` or `f((x))`.
                let alone = after == ")" && open.trim() == "(";
                return alone.then(|| plan.edit(argument, ""));
            }
        };
        // A bracket around an argument is no part of it.
        if self.slice(gap).trim() == "," {
            plan.edit(span, "");
            return Some(());
        }
        self.cut(plan, before?, argument, "")
    }

    /// Puts a text in the place of what stands behind an argument, its comma, and a comment, which stays.
    fn cut(&self, plan: &mut Plan, before: Span, gone: Span, text: &str) -> Option<()> {
        let gap = self.slice(Span::new(before.end, gone.start));
        let (comma, rest) = gap.split_once(',')?;
        let lines = rest.trim_end_matches([' ', '\t']);
        let comments = lines.lines().all(|line| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#')
        });
        if !comma.trim().is_empty() || !comments || !lines.ends_with('\n') {
            return None;
        }
        if !text.is_empty() {
            plan.edit(gone, text);
            return Some(());
        }
        let after = self.text.get(gone.end as usize..)?;
        let comma = usize::from(after.starts_with(','));
        let end = gone.end + super::count(comma);
        // Its line goes where it has one.
        let own = after[comma..]
            .trim_start_matches([' ', '\t'])
            .starts_with(['\n', '\r']);
        let line = rest.len() - lines.len();
        let newline = if lines.ends_with("\r\n") { 2 } else { 1 };
        let back = if own { line + newline } else { 0 };
        plan.edit(Span::new(gone.start - super::count(back), end), "");
        Some(())
    }

    /// Puts other arguments behind the first.
    pub(super) fn tail(&self, plan: &mut Plan, call: Span, text: &str) -> Option<()> {
        let all = &self.form(call)?.arguments;
        let ((first, value), last) = (*all.first()?, all.last()?.0);
        let gap = |(left, right): (&(Span, Span), &(Span, Span))| {
            self.slice(Span::new(left.0.end, right.0.start)).trim() == ","
        };
        if !all.iter().skip(1).zip(all.iter().skip(2)).all(gap) {
            return None;
        }
        // By position it needs no name.
        if first != value {
            plan.edit(Span::new(first.start, value.start), "");
        }
        if let Some((second, _)) = all.get(1)
            && self.slice(Span::new(first.end, second.start)).trim() != ","
        {
            return self.cut(plan, first, Span::new(second.start, last.end), text);
        }
        let text = match text {
            "" => String::new(),
            text => format!(", {text}"),
        };
        if first.end != last.end || !text.is_empty() {
            plan.edit(Span::new(first.end, last.end), text);
        }
        Some(())
    }

    /// Puts an argument behind all others.
    fn add(&self, plan: &mut Plan, call: Span, text: &str) -> Option<()> {
        let form = self.form(call)?;
        let Some((last, _)) = form.arguments.last() else {
            let inside = self.slice(Span::new(form.function.end, call.end));
            let open = form.function.end + 1;
            // `f()`, and no comment in it.
            let empty = inside.starts_with('(') && inside[1..].trim() == ")";
            return empty.then(|| plan.edit(Span::new(open, open), text));
        };
        // Behind a bracket that is no part of the argument, and before a comma at the end.
        let after = self.slice(Span::new(last.end, call.end));
        let code = after.find('#').map_or(after, |at| &after[..at]);
        let brackets = code.matches(')').count();
        let closed = if code.len() < after.len() {
            brackets
        } else {
            brackets.checked_sub(1)?
        };
        let end = match closed {
            0 => 0,
            many => after.match_indices(')').nth(many - 1)?.0 + 1,
        };
        let end = last.end + super::count(end);
        let text = self.spelled(plan, text, call.start)?;
        plan.edit(Span::new(end, end), format!(", {text}"));
        Some(())
    }

    /// The innermost statement around a place.
    fn statement_of(&self, at: Span) -> Option<Statement> {
        let around = self.facts.statements.iter();
        around
            .filter(|one| holds(one.span, at))
            .min_by_key(|one| one.span.end - one.span.start)
            .copied()
    }

    /// The statement of a block around a place.
    fn in_block(&self, block: usize, at: Span) -> Option<Statement> {
        let all = self.facts.statements.iter();
        all.filter(|one| one.block == block)
            .find(|one| holds(one.span, at))
            .copied()
    }

    /// Where the lines of a statement begin and end that shares them with nothing but a comment.
    fn whole_lines(&self, statement: Span) -> Option<Span> {
        let (before, after) = (
            &self.text[..statement.start as usize],
            &self.text[statement.end as usize..],
        );
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let length = after.find('\n').map_or(after.len(), |at| at + 1);
        let rest = after[..length].trim();
        let own = before[start..]
            .trim_start_matches('\u{FEFF}')
            .trim()
            .is_empty()
            && (rest.is_empty() || rest.starts_with('#'))
            && length > 0;
        own.then(|| Span::new(super::count(start), statement.end + super::count(length)))
    }

    fn remove_statement(&self, plan: &mut Plan, at: Span) -> Option<()> {
        let own = self.statement_of(at)?;
        let all = self.facts.statements.iter();
        let mut others = all.filter(|one| one.block == own.block && one.span != own.span);
        let alone = others.all(|one| plan.removed.contains(&one.span));
        let inner = self.facts.statements.iter();
        let simple = !inner
            .clone()
            .any(|one| one.span != own.span && holds(own.span, one.span));
        if !simple {
            return None;
        }
        if alone && own.block != 1 {
            plan.edit(own.span, "pass");
        } else {
            plan.edit(self.whole_lines(own.span)?, "");
            plan.removed.push(own.span);
        }
        Some(())
    }

    fn move_statement(&self, plan: &mut Plan, at: Span, before: Span) -> Option<()> {
        let own = self.statement_of(at)?;
        let other = self.in_block(own.block, before)?;
        let (lines, target) = (self.whole_lines(own.span)?, self.whole_lines(other.span)?);
        if target.start >= lines.start {
            return None;
        }
        let mut text = self.slice(lines).to_owned();
        if !text.ends_with('\n') {
            text.push_str(self.line_end());
        }
        plan.moved.push(lines);
        plan.edit(lines, "");
        plan.edit(Span::new(target.start, target.start), text);
        Some(())
    }

    /// Keeps a scaled loss inside the tape, and computes gradients of that.
    fn scale(&self, plan: &mut Plan, gradient: Span, by: &str) -> Option<()> {
        let form = self.form(gradient)?;
        let tape = self.slice(form.function).strip_suffix(".gradient")?;
        let &(loss, value) = form.arguments.first()?;
        let name = self.slice(value);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let scaled = format!("scaled_{name}");
        if loss != value || !is_name || !self.facts.is_free(&scaled) {
            return None;
        }
        let opened = self
            .facts
            .opened
            .iter()
            .filter(|one| self.slice(one.name) == tape && one.span.start < gradient.start);
        let block = opened.max_by_key(|one| one.span.start)?.block;
        // A gradient that is asked for inside the tape is so in a statement of its own.
        let inside: Vec<Statement> = self
            .facts
            .statements
            .iter()
            .filter(|one| one.block == block && one.span.end <= gradient.start)
            .copied()
            .collect();
        let sets = |one: &Statement| {
            one.assigned
                .is_some_and(|(target, _)| self.slice(target) == name)
        };
        let last = inside.iter().any(sets).then(|| inside.last()).flatten()?;
        let statement = format!("{scaled} = {by}({name})");
        let start = self.text[..last.span.start as usize]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let indent = &self.text[start..last.span.start as usize];
        let after = &self.text[last.span.end as usize..];
        let line = after.find(['\n', '\r']).unwrap_or(after.len());
        let rest = after[..line].trim();
        let (end, text) = if indent.trim().is_empty() && (rest.is_empty() || rest.starts_with('#'))
        {
            let end = last.span.end + super::count(line);
            (end, format!("{}{indent}{statement}", self.line_end()))
        } else {
            (last.span.end, format!("; {statement}"))
        };
        plan.add_behind(end, text)?;
        plan.edit(value, scaled);
        Some(())
    }
}
