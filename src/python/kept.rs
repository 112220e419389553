//! Keywords that a dict keeps under a name until a call takes them: `options = {"units": 1}` and
//! `Dense(**options)`. Only a dict that nothing in the file can change is followed, which is told from
//! the file's text: its name stands there in one assignment and behind `**` alone.

use ruff_python_ast::{Expr, ExprCall};

use super::scopes::{FastMap, FastSet, ScopeKind, Sym};
use super::uses::Argument;
use super::walk::Walk;

/// Larger dicts are not followed: every call that takes one has all of its keywords.
const MOST_KEYWORDS: usize = 64;

/// What dicts give that are kept, by the scope and the name.
pub(crate) type Kept = FastMap<(u32, Sym), Vec<Argument>>;

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
                (1..=MOST_KEYWORDS).contains(&entries.items.len())
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
        let mark = self.giving.len();
        match value {
            Expr::Dict(entries) => self.spelled_out(entries),
            Expr::Call(call) => {
                for keyword in &call.arguments.keywords {
                    let Some(name) = &keyword.arg else { continue };
                    let argument = self.by_name(keyword, name);
                    self.giving.push(argument);
                }
            }
            _ => {}
        }
        let name = self.syms.intern(name);
        let arguments = self.giving.split_off(mark);
        self.kept.insert((self.scope, name), arguments);
        true
    }

    /// What `**name` gives, where a dict is kept under the name.
    pub(crate) fn unpacked(&self, name: &str) -> Option<&[Argument]> {
        let sym = self.syms.get(name)?;
        self.kept.get(&(self.scope_of(sym), sym)).map(Vec::as_slice)
    }

    /// `dict(units=1)`
    fn is_dict_of_keywords(&self, call: &ExprCall) -> bool {
        let named = |function: &Expr| matches!(function, Expr::Name(name) if name.id == "dict");
        let keywords = &call.arguments.keywords;
        named(&call.func)
            && self.is_builtin("dict")
            && call.arguments.args.is_empty()
            && (1..=MOST_KEYWORDS).contains(&keywords.len())
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

    /// Whether a name stands in the text in one assignment, and behind `**` alone otherwise.
    fn is_only_unpacked(&mut self, name: &str) -> bool {
        let text = self.text;
        let unpacked = self.unpacked.get_or_insert_with(|| Unpacked::of(text));
        unpacked.names.contains(name)
            && unpacked
                .alone
                .get_or_insert_with(|| alone(text, &unpacked.names))
                .contains(name)
    }
}

/// The names that stand behind `**` in a text.
pub(crate) struct Unpacked<'a> {
    names: FastSet<&'a str>,
    /// Those that stand in one assignment, and nowhere else; once that was asked for, since it takes
    /// a look at every word.
    alone: Option<FastSet<&'a str>>,
}

impl<'a> Unpacked<'a> {
    fn of(text: &'a str) -> Self {
        let marks = memchr::memmem::find_iter(text.as_bytes(), b"**");
        Self {
            names: marks
                .filter_map(|at| words(text.get(at..)?).next())
                .map(|(name, _, _)| name)
                .collect(),
            alone: None,
        }
    }
}

fn alone<'a>(text: &'a str, names: &FastSet<&str>) -> FastSet<&'a str> {
    let mut found: FastMap<&str, usize> = FastMap::default();
    for (name, before, after) in words(text) {
        if !names.contains(name) {
            continue;
        }
        let (before, after) = (before.trim_end_matches(' '), after.trim_start());
        if before.ends_with("**") {
            continue;
        }
        let begins = before.is_empty() || before.ends_with(['\n', ';', ':', '\t']);
        let plain = begins && after.starts_with('=') && !after.starts_with("==");
        *found.entry(name).or_default() += if plain { 1 } else { 2 };
    }
    found.retain(|_, times| *times == 1);
    found.into_keys().collect()
}

/// The words of a text, each with what stands before and after it.
fn words(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let bytes = text.as_bytes();
    let mut end = 0;
    std::iter::from_fn(move || {
        let start = end + bytes[end..].iter().position(is_word)?;
        let length = bytes[start..].iter().position(|byte| !is_word(byte));
        end = length.map_or(bytes.len(), |length| start + length);
        Some((&text[start..end], &text[..start], &text[end..]))
    })
}
