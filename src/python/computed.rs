//! What a test of versions computes, as an expression without releases. `versions.rs` makes them of
//! Python, `narrow` computes them for every release.

use std::cmp::Ordering;
use std::sync::Arc;

use ruff_python_ast::{CmpOp, Operator};

use super::patterns::Pattern;
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
    /// `None`
    Nothing,
    /// `{a: b}`
    Dict(Vec<(Self, Self)>),
    /// A tuple or list.
    Sequence {
        /// A list; Python compares none with a tuple.
        list: bool,
        /// Its items.
        items: Vec<Self>,
    },
    /// The parameter of a function, by index.
    Parameter(usize),
    /// What the `for` of a comprehension takes, by how many comprehensions are around that one.
    Item(usize),
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
    /// `StrictVersion(x)`.
    Strict(Arc<Self>),
    /// `semver.VersionInfo.parse(x)`.
    Semver(Arc<Self>),
    /// `pkg_resources.get_distribution(...)` of a package.
    Installed(VersionOf),
    /// `re.compile(...)`
    Pattern(Arc<Pattern>),
    /// What versions a text permits.
    Specifiers(Specifiers, Arc<Self>),
    /// Whether what a text names, dot by dot, is to be found below an API path.
    Has(String, Arc<Self>),
    /// `x.major` and its kin.
    Part(Arc<Self>, &'static str),
    /// `x[i]`
    Index(Arc<Self>, i64),
    /// `x[y]`, for a `y` that is not written out.
    Lookup(Arc<Self>, Arc<Self>),
    /// `a, *b, c = x`: one of the names.
    Unpacked {
        /// What is taken apart.
        of: Arc<Self>,
        /// Which name, by place.
        at: usize,
        /// How many names there are.
        names: usize,
        /// The place of the one with a star.
        star: Option<usize>,
    },
    /// Whether it is a tuple or list of so many items, as a pattern of `match` wants it.
    Fits {
        /// What is matched.
        of: Arc<Self>,
        /// How many items.
        items: usize,
        /// There may be more.
        more: bool,
    },
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
    /// `[element for item in over if condition]`
    Comprehension {
        /// What becomes of an item, and the condition.
        element: Arc<[Self; 2]>,
        /// The items.
        over: Arc<Self>,
        /// How many comprehensions are around it.
        depth: usize,
    },
    /// `len(x)`, `any(x)` and their kin.
    Builtin(&'static str, Vec<Self>),
    /// `x.strip()` and its kin.
    Method {
        /// The object.
        on: Arc<Self>,
        /// Which method.
        name: &'static str,
        /// What it is given.
        arguments: Vec<Self>,
    },
    /// `x + y` and its kin.
    Arithmetic(Arc<Self>, Arithmetic, Arc<Self>),
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
    /// The first, or the second where Python raises in the first.
    Attempt(Arc<[Self; 2]>),
}

/// What holds specifiers of versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Specifiers {
    /// `packaging.specifiers.SpecifierSet("...")`
    Set,
    /// `packaging.specifiers.Specifier("...")`: just one.
    One,
    /// `packaging.requirements.Requirement("...")`, which only has a set.
    Requirement,
    /// `pkg_resources.Requirement.parse("...")`, which is asked itself.
    Parsed,
}

/// An operator of numbers; `+` takes texts and lists too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`
    Floor,
    /// `%`
    Modulo,
}

impl Arithmetic {
    pub(crate) const fn of(op: Operator) -> Option<Self> {
        Some(match op {
            Operator::Add => Self::Add,
            Operator::Sub => Self::Subtract,
            Operator::Mult => Self::Multiply,
            Operator::Div => Self::Divide,
            Operator::FloorDiv => Self::Floor,
            Operator::Mod => Self::Modulo,
            Operator::MatMult
            | Operator::Pow
            | Operator::LShift
            | Operator::RShift
            | Operator::BitOr
            | Operator::BitXor
            | Operator::BitAnd => return None,
        })
    }
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
    /// The text that it is, where it is one that code spells out.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The parts that a value is computed of.
    #[must_use]
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Version(_)
            | Self::Text(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Bool(_)
            | Self::Nothing
            | Self::Parameter(_)
            | Self::Item(_)
            | Self::Installed(_)
            | Self::Pattern(_)
            | Self::Function { .. } => Vec::new(),
            Self::Sequence { items, .. }
            | Self::All(items)
            | Self::Any(items)
            | Self::Builtin(_, items) => items.iter().collect(),
            Self::Dict(items) => items.iter().flat_map(|(key, value)| [key, value]).collect(),
            Self::Parsed(x)
            | Self::Loose(x)
            | Self::Strict(x)
            | Self::Semver(x)
            | Self::Specifiers(_, x)
            | Self::Has(_, x)
            | Self::Part(x, _)
            | Self::Index(x, _)
            | Self::Unpacked { of: x, .. }
            | Self::Fits { of: x, .. }
            | Self::Slice(x, ..)
            | Self::Split(x, _)
            | Self::Join(_, x)
            | Self::Affix { text: x, .. }
            | Self::Convert(_, x)
            | Self::Each(_, x)
            | Self::Not(x) => vec![x],
            Self::Compare(x, _, y)
            | Self::In(x, y)
            | Self::Lookup(x, y)
            | Self::Arithmetic(x, _, y) => vec![x, y],
            Self::Method { on, arguments, .. } => std::iter::once(&**on).chain(arguments).collect(),
            Self::Comprehension { element, over, .. } => {
                element.iter().chain(std::iter::once(&**over)).collect()
            }
            Self::Choice(three) => three.iter().collect(),
            Self::Attempt(two) => two.iter().collect(),
        }
    }

    /// Whether a test holds for some part.
    #[must_use]
    pub fn any_part(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        test(self) || self.parts().into_iter().any(|part| part.any_part(test))
    }

    /// The API path that it asks for, if it is [`Self::Has`] of a name that is written out.
    #[must_use]
    pub fn asked_path(&self) -> Option<String> {
        let Self::Has(root, name) = self else {
            return None;
        };
        let Self::Text(name) = &**name else {
            return None;
        };
        let mut path = root.clone();
        for part in name.split('.') {
            super::guards::is_identifier(part).then_some(())?;
            super::bindings::push_part(&mut path, part);
        }
        Some(path)
    }

    /// Whether it is a truth value.
    #[must_use]
    pub fn is_truth(&self) -> bool {
        match self {
            Self::Compare(..)
            | Self::In(..)
            | Self::Affix { .. }
            | Self::All(_)
            | Self::Any(_)
            | Self::Not(_)
            | Self::Bool(_)
            | Self::Has(..)
            | Self::Fits { .. }
            | Self::Builtin("any" | "all" | "bool", _) => true,
            Self::Choice(three) => {
                let [_, yes, no] = &**three;
                let stands_for_one = |x: &Self| x.is_truth() || matches!(x, Self::Int(_));
                stands_for_one(yes) && stands_for_one(no)
            }
            Self::Attempt(two) => two.iter().all(Self::is_truth),
            _ => false,
        }
    }

    /// Whether it depends on a version.
    #[must_use]
    pub fn is_about_versions(&self) -> bool {
        self.any_part(&|part| matches!(part, Self::Version(_) | Self::Has(..) | Self::Installed(_)))
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
            Self::Dict(items) => {
                let pair = |(key, value): &(Self, Self)| {
                    Some((key.with(arguments)?, value.with(arguments)?))
                };
                Self::Dict(items.iter().map(pair).collect::<Option<_>>()?)
            }
            Self::All(items) => Self::All(all(items)?),
            Self::Any(items) => Self::Any(all(items)?),
            Self::Builtin(name, items) => Self::Builtin(name, all(items)?),
            Self::Parsed(x) => Self::Parsed(sub(x)?),
            Self::Loose(x) => Self::Loose(sub(x)?),
            Self::Strict(x) => Self::Strict(sub(x)?),
            Self::Semver(x) => Self::Semver(sub(x)?),
            Self::Specifiers(of, x) => Self::Specifiers(*of, sub(x)?),
            Self::Has(root, x) => Self::Has(root.clone(), sub(x)?),
            Self::Part(x, name) => Self::Part(sub(x)?, name),
            Self::Index(x, at) => Self::Index(sub(x)?, *at),
            Self::Lookup(x, y) => Self::Lookup(sub(x)?, sub(y)?),
            Self::Unpacked {
                of,
                at,
                names,
                star,
            } => Self::Unpacked {
                of: sub(of)?,
                at: *at,
                names: *names,
                star: *star,
            },
            Self::Fits { of, items, more } => Self::Fits {
                of: sub(of)?,
                items: *items,
                more: *more,
            },
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
            Self::Comprehension {
                element,
                over,
                depth,
            } => {
                // An item of a comprehension around the call would be taken for one of this.
                let is_item = |part: &Self| matches!(part, Self::Item(_));
                if arguments.iter().any(|given| given.any_part(&is_item)) {
                    return None;
                }
                let [item, condition] = &**element;
                Self::Comprehension {
                    element: Arc::new([item.with(arguments)?, condition.with(arguments)?]),
                    over: sub(over)?,
                    depth: *depth,
                }
            }
            Self::Method {
                on,
                name,
                arguments: given,
            } => Self::Method {
                on: sub(on)?,
                name,
                arguments: all(given)?,
            },
            Self::Arithmetic(x, op, y) => Self::Arithmetic(sub(x)?, *op, sub(y)?),
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
            Self::Attempt(two) => {
                let [first, second] = &**two;
                Self::Attempt(Arc::new([first.with(arguments)?, second.with(arguments)?]))
            }
            Self::Version(_)
            | Self::Text(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Bool(_)
            | Self::Nothing
            | Self::Item(_)
            | Self::Installed(_)
            | Self::Pattern(_)
            | Self::Function { .. } => self.clone(),
        })
    }
}
