//! What calls of the API are called with.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use crate::python::bindings::count;
use crate::text::Span;

/// A call of something of the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// All of it, callee and parentheses included.
    pub span: Span,
    /// In which code it stands: an index into [`FileUses::bodies`].
    pub body: u32,
    /// Its arguments, those by position first.
    pub arguments: Arguments,
    /// It is called later, with more than these: `functools.partial`.
    pub partial: bool,
}

impl Call {
    /// How many arguments have no name.
    #[must_use]
    pub fn positional(&self) -> usize {
        let named = |one: &Argument| one.keyword.is_some();
        let plain = self.arguments.iter().take_while(|one| !named(one));
        plain.count()
    }

    /// The names of the others.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.arguments
            .iter()
            .filter_map(|one| one.keyword.as_deref())
    }

    /// Whether `*args` or `**kwargs` is passed on: there may be more.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let open = |given: &Given| matches!(given, Given::Unpacked | Given::UnpackedKeywords);
        self.arguments.iter().any(|one| open(&one.given))
    }
}

impl Argument {
    /// An argument by name that is spelled in the call itself, or one by position: not one of a dict
    /// that is unpacked.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.span.start <= self.name_span.start && self.name_span.end <= self.span.end
    }
}

/// A call while its file is read.
#[derive(Debug)]
pub(in crate::python) struct Made {
    pub(in crate::python) span: Span,
    pub(in crate::python) body: u32,
    /// Where its arguments lie among those of the file.
    pub(in crate::python) given: Range<u32>,
    pub(in crate::python) partial: bool,
}

impl Made {
    /// The call, once the arguments of all calls are there.
    pub(in crate::python) fn with(self, all: &Arc<[Argument]>) -> Call {
        Call {
            span: self.span,
            body: self.body,
            arguments: Arguments {
                all: Arc::clone(all),
                first: self.given.start,
                end: self.given.end,
            },
            partial: self.partial,
        }
    }
}

/// The arguments of a call. Those of all calls of a file lie together: there are many, and nearly all
/// are looked at once.
#[derive(Clone)]
pub struct Arguments {
    all: Arc<[Argument]>,
    first: u32,
    end: u32,
}

impl Arguments {
    /// The same arguments after a change.
    pub fn change(&mut self, change: impl FnOnce(&mut Vec<Argument>)) {
        let mut own = self.to_vec();
        change(&mut own);
        *self = own.into_iter().collect();
    }
}

impl Deref for Arguments {
    type Target = [Argument];

    fn deref(&self) -> &[Argument] {
        &self.all[self.first as usize..self.end as usize]
    }
}

impl FromIterator<Argument> for Arguments {
    fn from_iter<T: IntoIterator<Item = Argument>>(arguments: T) -> Self {
        let all: Arc<[Argument]> = arguments.into_iter().collect();
        let end = count(all.len());
        Self { all, first: 0, end }
    }
}

impl PartialEq for Arguments {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name; nothing for one by position.
    pub keyword: Option<Arc<str>>,
    /// Where the name stands, or the value of an argument by position.
    pub name_span: Span,
    /// Name and value.
    pub span: Span,
    /// What is given.
    pub given: Given,
}

/// What is given as an argument, as far as the source spells it out.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// `None`
    Nothing,
    /// `True`, `False`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(Arc<str>),
    /// A name that stands for a text, wherever that is spelled out.
    Named(Arc<str>),
    /// An instance of a class of the API.
    Instance(Arc<str>),
    /// A dict that is spelled out: those of its keys that are texts, in their order.
    Keys(Box<[Key]>),
    /// Anything else.
    Other,
    /// `*values`: any number of arguments by position.
    Unpacked,
    /// `**values`: any keywords.
    UnpackedKeywords,
}

/// A text that is a key of a dict.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The text.
    pub name: Box<str>,
    /// Where it stands, quotes left out.
    pub span: Span,
}
