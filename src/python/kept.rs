//! Keywords that a dict keeps under a name until a call takes them: `options = {"units": 1}` and
//! `Dense(**options)`. Only a dict that nothing in the file can change is followed, which is told from
//! the file's text: its name stands there in one assignment and behind `**` alone. So does a text that
//! a name stands for: only one that is bound once.

use ruff_python_ast::{Expr, ExprCall};

use super::scopes::{ScopeKind, Sym};
use super::uses::Argument;
use super::walk::{Walk, span_of};

/// A dict and the name that it has in a scope.
pub(crate) struct Kept {
    scope: u32,
    name: Sym,
    arguments: Vec<Argument>,
}

impl<'a> Walk<'a, '_> {
    /// Walks a dict that is kept under a name nobody changes it by; false for anything else, which
    /// then was not walked.
    pub(crate) fn keeps(&mut self, targets: &'a [Expr], value: &'a Expr) -> bool {
        let [Expr::Name(name)] = targets else {
            return false;
        };
        let name = name.id.as_str();
        let literal = match value {
            Expr::Dict(entries) => {
                !entries.items.is_empty()
                    && entries
                        .items
                        .iter()
                        .all(|item| matches!(item.key, Some(Expr::StringLiteral(_))))
            }
            Expr::Call(call) => self.is_dict_of_keywords(call),
            _ => false,
        };
        if !literal || !self.is_only_unpacked(name) || self.tells_of_versions(value) {
            return false;
        }
        let mut arguments = Vec::new();
        match value {
            Expr::Dict(entries) => self.spelled_out(entries, &mut arguments),
            Expr::Call(call) => {
                for keyword in &call.arguments.keywords {
                    let given = self.given(&keyword.value);
                    let Some(name) = &keyword.arg else { continue };
                    arguments.push(Argument {
                        keyword: Some(name.as_str().into()),
                        name_span: span_of(name),
                        span: span_of(keyword),
                        given,
                    });
                }
            }
            _ => {}
        }
        let kept = Kept {
            scope: self.scope,
            name: self.syms.intern(name),
            arguments,
        };
        self.kept.push(kept);
        true
    }

    /// Notes a text that is given a name, where the file binds that name once.
    pub(crate) fn keep_text(&mut self, targets: &'a [Expr], value: &'a Expr) {
        if let ([Expr::Name(name)], Expr::StringLiteral(text)) = (targets, value)
            && self.is_bound_once(name.id.as_str())
        {
            let sym = self.syms.intern(name.id.as_str());
            self.kept_texts.push((self.scope, sym, text.value.to_str()));
        }
    }

    /// The text that a name stands for, where it stands for no other.
    pub(crate) fn kept_text(&self, name: &str) -> Option<&'a str> {
        let sym = self.syms.get(name)?;
        let scope = self.scope_of(sym);
        let mut found = self.kept_texts.iter();
        let (_, _, text) = found.find(|kept| (kept.0, kept.1) == (scope, sym))?;
        Some(text)
    }

    /// What `**name` gives, where a dict is kept under the name.
    pub(crate) fn unpacked(&self, name: &str) -> Option<&[Argument]> {
        let sym = self.syms.get(name)?;
        let scope = self.scope_of(sym);
        let mut found = self.kept.iter();
        let kept = found.find(|kept| kept.scope == scope && kept.name == sym)?;
        Some(&kept.arguments)
    }

    /// `dict(units=1)`
    fn is_dict_of_keywords(&self, call: &ExprCall) -> bool {
        let named = |function: &Expr| matches!(function, Expr::Name(name) if name.id == "dict");
        let keywords = &call.arguments.keywords;
        named(&call.func)
            && self.is_builtin("dict")
            && call.arguments.args.is_empty()
            && !keywords.is_empty()
            && keywords.iter().all(|keyword| keyword.arg.is_some())
    }

    /// The scope whose name this is here.
    fn scope_of(&self, sym: Sym) -> u32 {
        let mut at = self.scope;
        while at != 0 {
            let scope = &self.scopes[at as usize];
            if scope.globals.contains(&sym) {
                return 0;
            }
            let own = scope.kind != ScopeKind::Class || at == self.scope;
            if own && scope.slot(sym).is_some() {
                return at;
            }
            at = scope.parent;
        }
        at
    }

    /// Whether the text gives a name a value in one plain assignment, and in no other way.
    fn is_bound_once(&self, name: &'a str) -> bool {
        let mut assigned = 0;
        for (before, after) in self.words(name) {
            let line = before.rsplit('\n').next().unwrap_or("").trim();
            let after = after.trim_start();
            let word = line.rsplit(' ').next().unwrap_or("");
            let binds = [
                "as", "for", "global", "nonlocal", "import", "def", "class", "del",
            ];
            let other = binds.contains(&word)
                || after.starts_with("in ")
                || line.is_empty() && after.starts_with(',')
                || (1..=2).any(|at| after.get(at..).is_some_and(|rest| rest.starts_with('=')));
            if after.starts_with('=') && !after.starts_with("==") {
                if !line.is_empty() {
                    return false;
                }
                assigned += 1;
            } else if other {
                return false;
            }
        }
        assigned == 1
    }

    /// The text before and after each place where a name stands.
    fn words(&self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let text = self.text;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        text.match_indices(name)
            .map(move |(at, _)| (&text[..at], &text[at + name.len()..]))
            .filter(move |(before, after)| {
                !before.ends_with(is_word) && !after.starts_with(is_word)
            })
    }

    /// Whether a name stands in the text in one assignment, and behind `**` alone otherwise.
    fn is_only_unpacked(&self, name: &'a str) -> bool {
        let (mut assigned, mut unpacked) = (0, 0);
        for (before, after) in self.words(name) {
            let (before, after) = (before.trim_end_matches(' '), after.trim_start());
            if before.ends_with("**") {
                unpacked += 1;
            } else if (before.is_empty() || before.ends_with(['\n', ';', ':', '\t']))
                && after.starts_with('=')
                && !after.starts_with("==")
            {
                assigned += 1;
            } else {
                return false;
            }
        }
        assigned == 1 && unpacked > 0
    }
}
