//! Rewriting of import statements, and of the names that they bind.

use crate::finding::Safety;
use crate::text::Span;

use super::facts::{Import, Item};
use super::{Plan, Rewriter, leading};
use crate::python::uses::Position;

/// An imported name in its new form.
struct NewItem {
    name: String,
    /// What stands behind `as`; nothing where nothing does.
    alias: Option<String>,
}

impl NewItem {
    fn text(&self) -> String {
        match &self.alias {
            Some(alias) => format!("{} as {alias}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Rewriter<'_> {
    /// `from module import name`.
    pub(super) fn import_from(&self, plan: &mut Plan, used: u32, to: &str) -> Option<()> {
        let own = self.used(used)?;
        let (import, at) = self.facts.import_of(own.span)?;
        let module_span = import.module?;
        let Position::ImportFrom { module_parts } = own.position else {
            return None;
        };
        let old_module = leading(&own.path, usize::from(module_parts));
        let (module, _) = to.rsplit_once('.')?;
        if module == old_module {
            let item = self.item(plan, used, &import.items[at], to)?;
            self.put(plan, &import.items[at], &item);
            return Some(());
        }
        let wishes: Option<Vec<(u32, String)>> = import
            .items
            .iter()
            .map(|item| {
                let (index, _) = self.use_at(item.name)?;
                let wish = if index == used {
                    to.to_owned()
                } else {
                    self.answers.wish(index)?
                };
                let same = wish.rsplit_once('.').is_some_and(|(own, _)| own == module);
                same.then_some((index, wish))
            })
            .collect();
        let Some(wishes) = wishes else {
            return self.part(plan, import, at, used, to);
        };
        plan.edit(module_span, module);
        for (item, (index, wish)) in import.items.iter().zip(&wishes) {
            let new = self.item(plan, *index, item, wish)?;
            self.put(plan, item, &new);
        }
        Some(())
    }

    /// Writes an item where the old one stands.
    fn put(&self, plan: &mut Plan, item: &Item, new: &NewItem) {
        if new.alias == item.alias {
            if self.slice(item.name) != new.name {
                plan.edit(item.name, new.name.as_str());
            }
        } else {
            plan.edit(item.span, new.text());
        }
    }

    /// The new form of an imported name, with everything that goes through it.
    fn item(&self, plan: &mut Plan, used: u32, item: &Item, to: &str) -> Option<NewItem> {
        let (module, new) = to.rsplit_once('.')?;
        let module_parts = u16::try_from(module.split('.').count()).ok()?;
        let position = Position::ImportFrom { module_parts };
        plan.weigh(self.answers.judge(used, to, position, None)?.safety);
        let old = self.slice(item.name);
        let bound = item.alias.as_deref().unwrap_or(old);
        self.notice_unseen(plan, used, bound);
        self.dependents(plan, used, to)?;
        let alias = match &item.alias {
            Some(alias) => Some(alias.clone()).filter(|alias| alias != new),
            None if old == new => None,
            None if self.may_rename(old, new) => {
                for &span in &self.facts.name(old)?.read {
                    plan.edit(span, new);
                }
                None
            }
            None => Some(old.to_owned()),
        };
        Some(NewItem {
            name: new.to_owned(),
            alias,
        })
    }

    /// Whether every place that speaks of a name is known, and a new name is free.
    fn may_rename(&self, old: &str, new: &str) -> bool {
        self.facts.is_bound_once(old)
            && self.facts.is_free(new)
            && !self.facts.is_in_a_string(old)
            && !self.answers.is_taken(old)
    }

    /// Where a name is read in places that are no uses through its import, what these do with its
    /// new meaning is not known.
    fn notice_unseen(&self, plan: &mut Plan, used: u32, bound: &str) {
        if !self.sees_all(used, bound) {
            plan.weigh(Safety::Unsafe);
        }
    }

    /// Whether a name is read only in uses through its import.
    fn sees_all(&self, used: u32, bound: &str) -> bool {
        let Some(name) = self.facts.name(bound) else {
            return true;
        };
        let uses = &self.uses.uses;
        let seen = |head: &Span| {
            let first = uses.partition_point(|other| other.span.start < head.start);
            uses[first..]
                .iter()
                .take_while(|other| other.span.start == head.start)
                .any(|other| other.via == Some(used))
        };
        name.read.iter().all(seen)
    }

    /// Names everything that goes through an imported module where it is now, and drops the import.
    pub(super) fn leave_import(&self, plan: &mut Plan, used: u32) -> Option<()> {
        let own = self.used(used)?;
        let (import, at) = self.facts.import_of(own.span)?;
        let item = &import.items[at];
        let bound = item.alias.as_deref().unwrap_or(self.slice(item.name));
        let alone = self.facts.is_bound_once(bound)
            && !self.facts.is_in_a_string(bound)
            && !self.answers.is_taken(bound)
            && self.sees_all(used, bound);
        if !import.at_top || !alone {
            return None;
        }
        let mut moved = 0;
        for (index, _) in self.through(used) {
            let new = self.choose(plan, index, None)?;
            self.dependents(plan, index, &new)?;
            moved += 1;
        }
        if moved == 0 {
            return None;
        }
        if import.items.len() > 1 {
            return self.remove(plan, import, at);
        }
        let start = import.span.start as usize;
        let after = &self.text[import.span.end as usize..];
        let line = after.find('\n').map_or(after.len(), |end| end + 1);
        let starts_line = start == 0 || self.text.as_bytes()[start - 1] == b'\n';
        let end = import.span.end + super::count(line);
        (starts_line && after[..line].trim().is_empty())
            .then(|| plan.edit(Span::new(import.span.start, end), ""))
    }

    /// Takes one name out of a statement that imports others too, and imports it by one of its own.
    fn part(&self, plan: &mut Plan, import: &Import, at: usize, used: u32, to: &str) -> Option<()> {
        let (module, _) = to.rsplit_once('.')?;
        let item = &import.items[at];
        let new = self.item(plan, used, item, to)?;
        let statement = format!("from {module} import {}", new.text());
        let start = import.span.start;
        let before = &self.text[..start as usize];
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        let indent = &before[line..];
        let text = if indent.trim_matches([' ', '\t', '\u{FEFF}']).is_empty() {
            let indent = indent.trim_start_matches('\u{FEFF}');
            format!("{statement}{}{indent}", self.line_end())
        } else {
            format!("{statement}; ")
        };
        plan.edit(Span::new(start, start), text);
        self.remove(plan, import, at)
    }

    /// Takes one name out of a statement that imports others too.
    fn remove(&self, plan: &mut Plan, import: &Import, at: usize) -> Option<()> {
        let item = &import.items[at];
        let gap = match (import.items.get(at + 1), at.checked_sub(1)) {
            (Some(next), _) => Span::new(item.span.start, next.span.start),
            (None, Some(last)) => Span::new(import.items[last].span.end, item.span.end),
            (None, None) => return None,
        };
        if self.slice(gap).contains('#') {
            // The comments stay, and with them the lines.
            let after = self.text.get(item.span.end as usize..)?;
            let comma = u32::from(after.starts_with(','));
            plan.edit(Span::new(item.span.start, item.span.end + comma), "");
            return (comma == 1 || at + 1 == import.items.len()).then_some(());
        }
        plan.edit(gap, "");
        Some(())
    }

    /// `import module`, with or without `as`.
    pub(super) fn import_module(&self, plan: &mut Plan, used: u32, to: &str) -> Option<()> {
        let own = self.used(used)?;
        let (import, at) = self.facts.import_of(own.span)?;
        if import.module.is_some() {
            return None;
        }
        let item = &import.items[at];
        plan.weigh(
            self.answers
                .judge(used, to, Position::ImportModule, None)?
                .safety,
        );
        plan.edit(item.name, to);
        if let Some(alias) = &item.alias {
            self.notice_unseen(plan, used, alias);
            return self.dependents(plan, used, to);
        }
        let root = leading(&own.path, 1);
        if leading(to, 1) != root {
            return None;
        }
        for (index, other) in self.through(used) {
            let rest = other.path.strip_prefix(&*own.path);
            let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('.')) else {
                continue;
            };
            let stay = format!("{to}{rest}");
            let choices = std::iter::once(stay).chain(self.answers.choices(index));
            let mut done = false;
            for choice in choices {
                let mut attempt = plan.copy();
                if let Some(new) = self.attribute(&mut attempt, index, None, &choice) {
                    *plan = attempt;
                    self.dependents(plan, index, &new)?;
                    done = true;
                    break;
                }
            }
            if !done {
                return None;
            }
        }
        Some(())
    }
}
