//! What a test of versions computes, as an expression without releases. `versions.rs` makes them of
//! Python, `narrow` computes them for every release.

use std::cmp::Ordering;
use std::sync::Arc;

use ruff_python_ast::CmpOp;

use super::uses::VersionOf;

/// Bigger expressions are no tests that anybody reads.
const MAX_SIZE: usize = 200;

/// What a version test computes.
#[derive(Clone, Debug, PartialEq)]
pub enum Computed {
    /// A version string.
    Version(VersionOf),
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A tuple or list.
    Sequence {
        /// A list; Python compares none with a tuple.
        list: bool,
        /// Its items.
        items: Vec<Self>,
    },
    /// The parameter of a function, by index.
    Parameter(usize),
    /// A function: its parameters, with what the call leaves out.
    Function {
        /// Names and defaults.
        parameters: Vec<(String, Option<Self>)>,
        /// What it returns.
        body: Arc<Self>,
    },
    /// `packaging.version.parse(x)`.
    Parsed(Arc<Self>),
    /// `LooseVersion(x)`.
    Loose(Arc<Self>),
    /// `x.major` and its kin.
    Part(Arc<Self>, &'static str),
    /// `x[i]`
    Index(Arc<Self>, i64),
    /// `x[a:b]`
    Slice(Arc<Self>, Option<i64>, Option<i64>),
    /// `x.split(separator)`
    Split(Arc<Self>, String),
    /// `separator.join(x)`
    Join(String, Arc<Self>),
    /// `x.startswith(...)` or `x.endswith(...)`.
    Affix {
        /// The text.
        text: Arc<Self>,
        /// Any of these.
        any: Vec<String>,
        /// At its beginning, else at its end.
        start: bool,
    },
    /// `int(x)`, `float(x)`, `str(x)`, `tuple(x)`, `list(x)`.
    Convert(&'static str, Arc<Self>),
    /// The same for every item.
    Each(&'static str, Arc<Self>),
    /// A comparison of two values.
    Compare(Arc<Self>, Comparison, Arc<Self>),
    /// `x in (...)`
    In(Arc<Self>, Arc<Self>),
    /// All of these are true.
    All(Vec<Self>),
    /// Any of these is true.
    Any(Vec<Self>),
    /// The opposite.
    Not(Arc<Self>),
    /// `a if test else b`
    Choice(Arc<[Self; 3]>),
}

/// An operator of comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Comparison {
    pub(crate) const fn of(op: CmpOp) -> Option<Self> {
        Some(match op {
            CmpOp::Lt => Self::Less,
            CmpOp::LtE => Self::LessOrEqual,
            CmpOp::Gt => Self::Greater,
            CmpOp::GtE => Self::GreaterOrEqual,
            CmpOp::Eq => Self::Equal,
            CmpOp::NotEq => Self::NotEqual,
            CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => return None,
        })
    }

    /// As Python writes it.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }

    /// Whether it is true of two values that compare so.
    #[must_use]
    pub const fn is_true_of(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
        }
    }

    /// Whether it puts values in an order.
    #[must_use]
    pub const fn orders(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

impl Computed {
    /// The parts that a value is computed of.
    #[must_use]
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Version(_)
            | Self::Text(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Bool(_)
            | Self::Parameter(_)
            | Self::Function { .. } => Vec::new(),
            Self::Sequence { items, .. } | Self::All(items) | Self::Any(items) => {
                items.iter().collect()
            }
            Self::Parsed(x)
            | Self::Loose(x)
            | Self::Part(x, _)
            | Self::Index(x, _)
            | Self::Slice(x, ..)
            | Self::Split(x, _)
            | Self::Join(_, x)
            | Self::Affix { text: x, .. }
            | Self::Convert(_, x)
            | Self::Each(_, x)
            | Self::Not(x) => vec![x],
            Self::Compare(x, _, y) | Self::In(x, y) => vec![x, y],
            Self::Choice(three) => three.iter().collect(),
        }
    }

    /// Whether a test holds for some part.
    #[must_use]
    pub fn any_part(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        test(self) || self.parts().into_iter().any(|part| part.any_part(test))
    }

    /// Whether it is a truth value.
    #[must_use]
    pub const fn is_truth(&self) -> bool {
        matches!(
            self,
            Self::Compare(..)
                | Self::In(..)
                | Self::Affix { .. }
                | Self::All(_)
                | Self::Any(_)
                | Self::Not(_)
                | Self::Bool(_)
        )
    }

    /// Whether it depends on a version.
    #[must_use]
    pub fn is_about_versions(&self) -> bool {
        self.any_part(&|part| matches!(part, Self::Version(_)))
    }

    /// Whether it is of a size that people write. Bigger ones are dropped, so that code which adds
    /// to a value again and again cannot make one that no memory or stack holds.
    pub(crate) fn is_small(&self) -> bool {
        self.size() <= MAX_SIZE
    }

    fn size(&self) -> usize {
        1 + self.parts().into_iter().map(Self::size).sum::<usize>()
    }

    /// The value with arguments in the place of parameters.
    pub(crate) fn with(&self, arguments: &[Self]) -> Option<Self> {
        let sub = |x: &Arc<Self>| x.with(arguments).map(Arc::new);
        let all = |items: &[Self]| -> Option<Vec<Self>> {
            items.iter().map(|item| item.with(arguments)).collect()
        };
        Some(match self {
            Self::Parameter(index) => arguments.get(*index)?.clone(),
            Self::Sequence { list, items } => Self::Sequence {
                list: *list,
                items: all(items)?,
            },
            Self::All(items) => Self::All(all(items)?),
            Self::Any(items) => Self::Any(all(items)?),
            Self::Parsed(x) => Self::Parsed(sub(x)?),
            Self::Loose(x) => Self::Loose(sub(x)?),
            Self::Part(x, name) => Self::Part(sub(x)?, name),
            Self::Index(x, at) => Self::Index(sub(x)?, *at),
            Self::Slice(x, from, to) => Self::Slice(sub(x)?, *from, *to),
            Self::Split(x, by) => Self::Split(sub(x)?, by.clone()),
            Self::Join(by, x) => Self::Join(by.clone(), sub(x)?),
            Self::Affix { text, any, start } => Self::Affix {
                text: sub(text)?,
                any: any.clone(),
                start: *start,
            },
            Self::Convert(kind, x) => Self::Convert(kind, sub(x)?),
            Self::Each(kind, x) => Self::Each(kind, sub(x)?),
            Self::Not(x) => Self::Not(sub(x)?),
            Self::Compare(x, op, y) => Self::Compare(sub(x)?, *op, sub(y)?),
            Self::In(x, y) => Self::In(sub(x)?, sub(y)?),
            Self::Choice(three) => {
                let [test, yes, no] = &**three;
                Self::Choice(Arc::new([
                    test.with(arguments)?,
                    yes.with(arguments)?,
                    no.with(arguments)?,
                ]))
            }
            Self::Version(_)
            | Self::Text(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Bool(_)
            | Self::Function { .. } => self.clone(),
        })
    }
}
