//! Recording uses: what a dotted expression stands for, written down where it stands.

use std::sync::Arc;

use crate::text::Span;

use super::bindings::{Alias, Part, count, push_part};
use super::imports::first_part;
use super::scopes::Value;
use super::uses::{Position, Use};
use super::vocabulary::{INSTANCE, is_instance, members_of_instance};
use super::walk::Walk;

impl<'a> Walk<'a, '_> {
    /// Records a use of the API: what `value` stands for, and the parts after it.
    pub(crate) fn emit(
        &mut self,
        value: Value,
        parts: &[Part<'a>],
        span: Span,
        called: bool,
    ) -> Value {
        if parts.is_empty() && matches!(value, Value::Used { .. }) {
            return value;
        }
        let value = self.settle_used(value);
        let first = count(self.uses.len());
        let mut opaque = false;
        let single = [match value {
            Value::Api(index) => index,
            _ => 0,
        }];
        let many;
        let indices: &[u32] = if let Value::Alternatives(index) = value {
            many = self.alternatives[index as usize].clone();
            &many
        } else {
            &single
        };
        for &index in indices {
            let alias = &self.aliases[index as usize];
            if parts.is_empty() && (!alias.path.contains('.') || is_instance(&alias.path)) {
                // The bare root, or an object: `foo(tf)`, `foo(optimizer)`.
                continue;
            }
            let (via, guard, star, by_name) = (alias.via, alias.guard, alias.star, alias.by_name);
            let length: usize = parts.iter().map(|part| part.name.len() + 1).sum();
            let mut path = std::mem::take(&mut self.path);
            path.clear();
            path.reserve(alias.path.len() + length);
            path.push_str(&alias.path);
            let alias_parts = path.bytes().filter(|&byte| byte == b'.').count() + 1;
            for part in parts {
                push_part(&mut path, part.name);
            }
            if let Some(members) = members_of_instance(&path)
                && members.contains('.')
            {
                opaque = true;
                self.path = path;
                self.emit_beyond(index, parts, span, called);
                continue;
            }
            let head = star.map(|_| Span::new(span.start, self.head_end));
            let member = parts.last().map(|part| part.span).or(head);
            let guard = match guard {
                Some(guard) => self.combine(self.guard, guard),
                None => self.guard,
            };
            let interned = self.interned(&path);
            self.path = path;
            self.uses.push(Use {
                path: interned,
                position: star.map_or(Position::Attribute, |module_parts| Position::Star {
                    module_parts,
                }),
                span,
                member,
                guard,
                via,
                alias_parts: star.unwrap_or(u16::try_from(alias_parts).unwrap_or(u16::MAX)),
                called,
                call: None,
                by_name,
            });
        }
        if opaque {
            return Value::Other;
        }
        let made = self.uses.len() - first as usize;
        if made == 0 {
            return value;
        }
        Value::Used {
            first,
            count: u16::try_from(made).unwrap_or(u16::MAX),
        }
    }

    /// A path as all uses of it in the file share it.
    pub(crate) fn interned(&mut self, path: &str) -> Arc<str> {
        if let Some(known) = self.paths.get(path) {
            return Arc::clone(known);
        }
        let path: Arc<str> = path.into();
        self.paths.insert(Arc::clone(&path));
        path
    }

    /// Records a use that goes on behind a member of an instance: what a member is is not known, so
    /// only the member itself counts, and a method that tells whose it is.
    fn emit_beyond(&mut self, alias: u32, parts: &[Part<'a>], span: Span, called: bool) {
        if let Some((last, _)) = parts.split_last()
            && let Some(owner) = self.method_owner(last.name)
        {
            self.emit(owner, &[*last], span, called);
        }
        let is_object = is_instance(&self.aliases[alias as usize].path);
        if let Some(first) = parts.first().filter(|_| is_object) {
            let span = Span::new(span.start, first.span.end);
            self.emit(Value::Api(alias), &[*first], span, false);
        }
    }

    /// An instance of the class that alone has a method of this name.
    pub(crate) fn method_owner(&mut self, method: &str) -> Option<Value> {
        let class = self.context.api.owner_of(method)?;
        let path = format!("{class}.{INSTANCE}");
        let guard = self.guard;
        Some(self.alias_value(Alias {
            path: path.into(),
            via: None,
            guard,
            star: None,
            by_name: true,
        }))
    }

    /// Notes that the file gives a name to something of its own, where methods of that name tell
    /// whose they are elsewhere.
    pub(crate) fn note_definition(&mut self, name: &str) {
        if self.context.api.owner_of(name).is_some() {
            self.defines.push(name.to_owned());
        }
    }

    /// Notes a package that it imports, whose classes may have such methods too.
    pub(crate) fn note_library(&mut self, dotted: &str) {
        let methods = self.context.api.methods_elsewhere(first_part(dotted));
        self.defines.extend(methods.into_iter().map(str::to_owned));
    }

    /// As [`Self::settle`], for uses only.
    fn settle_used(&mut self, value: Value) -> Value {
        if matches!(value, Value::Used { .. }) {
            self.settle(value)
        } else {
            value
        }
    }
}
