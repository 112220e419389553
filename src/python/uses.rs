//! What a file does with the API: one [`Use`] for every place that names it.
//!
//! These are facts about the source alone: they know no releases. `narrow` and the rules judge.

mod called;

use std::sync::Arc;

use super::computed::Computed;

use crate::text::Span;

pub(super) use called::Made;
pub use called::{Argument, Arguments, Call, Given, Key};

/// How a use stands in the source; it decides what "present" means and what Python says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// `import a.b.c`, `from a.b.c import *`, `importlib.import_module("a.b.c")`: every part must
    /// be importable as a module.
    ImportModule,
    /// `from a.b import c`: `a.b` importable, `c` an attribute of it or importable under it.
    ImportFrom {
        /// How many leading parts of the path are the module (`a.b` = 2); base 1.
        module_parts: u16,
    },
    /// `a.b.c`, or `getattr(a.b, "c")`.
    Attribute,
    /// A name that only `from a.b import *` can have bound: where it is missing, Python says
    /// `NameError`, and parts after it are attributes.
    Star {
        /// How many leading parts of the path are the module of the star; base 1.
        module_parts: u16,
    },
}

/// An index into [`FileUses::guards`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuardId(pub u32);

/// One condition that dominates code; conditions chain to those around them.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardNode {
    /// The condition around this one.
    pub outer: Option<GuardId>,
    /// The condition itself.
    pub guard: Guard,
}

/// A condition, symbolic: it knows no releases.
#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// An `AttributeError` is caught here.
    CatchesAttributeError,
    /// An `ImportError` (or `ModuleNotFoundError`) is caught here.
    CatchesImportError,
    /// A `TypeError` is caught here: keywords that a release lacks do no harm.
    CatchesTypeError,
    /// A `ValueError` is caught here: so are the keywords that a body refuses with one.
    CatchesValueError,
    /// `hasattr(path, ...)` and kin: the path exists as an attribute, or does not.
    Has {
        /// Canonical dotted path.
        path: String,
        /// Whether it exists in this branch.
        present: bool,
    },
    /// `importlib.util.find_spec(path)`: the path is importable as a module, or is not.
    HasModule {
        /// Canonical dotted path.
        path: String,
        /// Whether it exists in this branch.
        present: bool,
    },
    /// `"x" in inspect.signature(path).parameters` and kin: the function has the parameter, or has
    /// not. No path depends on it alone, so that code behind it is not judged.
    Accepts {
        /// Canonical dotted path of the function.
        path: String,
        /// The parameter.
        parameter: String,
        /// Whether the function has it in this branch.
        present: bool,
    },
    /// The code depends on how the body of a `try` went. Where `failed`, it runs only if one of
    /// these uses fails (each where its own guards let it run); otherwise only if all of them
    /// work. An empty list with `failed` means that the body fails for reasons that no use
    /// explains: stay silent.
    Body {
        /// Indices into [`FileUses::uses`], ascending.
        uses: Arc<[u32]>,
        /// Whether the body failed.
        failed: bool,
    },
    /// A test of versions, true or false.
    Version {
        /// What it computes.
        computed: Arc<Computed>,
        /// Whether it is true here.
        holds: bool,
    },
    /// All of these hold; none at all is a condition that is always true.
    All(Vec<Guard>),
    /// At least one of these holds.
    Any(Vec<Guard>),
    /// The branch is never executed (`TYPE_CHECKING`, code after a `return`).
    Never,
    /// A condition on versions or backends that is not understood: stay silent here.
    Unknown,
}

impl Guard {
    /// The condition that says nothing.
    pub const ALWAYS: Self = Self::All(Vec::new());

    /// Whether the condition says nothing.
    #[must_use]
    pub fn is_always(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    /// Whether it catches an exception instead of choosing when code runs.
    #[must_use]
    pub fn catches(&self) -> bool {
        matches!(
            self,
            Self::CatchesAttributeError
                | Self::CatchesImportError
                | Self::CatchesTypeError
                | Self::CatchesValueError
        )
    }

    /// What is known where a single condition does not hold. Only for conditions that say all of
    /// what was tested: `Any` and `All` may stand for a test that said more.
    #[must_use]
    pub fn opposite(&self) -> Self {
        match self {
            Self::Has { path, present } => Self::Has {
                path: path.clone(),
                present: !present,
            },
            Self::HasModule { path, present } => Self::HasModule {
                path: path.clone(),
                present: !present,
            },
            Self::Accepts {
                path,
                parameter,
                present,
            } => Self::Accepts {
                path: path.clone(),
                parameter: parameter.clone(),
                present: !present,
            },
            Self::Body { uses, failed } => Self::Body {
                uses: uses.clone(),
                failed: !failed,
            },
            Self::Version { computed, holds } => Self::Version {
                computed: Arc::clone(computed),
                holds: !holds,
            },
            Self::All(parts) if parts.is_empty() => Self::ALWAYS,
            Self::Never
            | Self::CatchesAttributeError
            | Self::CatchesImportError
            | Self::CatchesTypeError
            | Self::CatchesValueError => Self::ALWAYS,
            Self::All(_) | Self::Any(_) | Self::Unknown => Self::Unknown,
        }
    }

    /// The conjunction, as short as it can be said.
    #[must_use]
    pub fn all(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Unknown => return Self::Unknown,
                Self::Never => return Self::Never,
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 {
            flat.swap_remove(0)
        } else {
            Self::All(flat)
        }
    }

    /// The disjunction, as short as it can be said. One unknown part makes all of it unknown;
    /// otherwise one part that says nothing makes it say nothing.
    #[must_use]
    pub fn any(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Unknown => return Self::Unknown,
                Self::Never => {}
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.iter().any(Self::is_always) {
            return Self::ALWAYS;
        }
        match flat.len() {
            0 => Self::ALWAYS,
            1 => flat.swap_remove(0),
            _ => Self::Any(flat),
        }
    }
}

/// One place that names an API symbol.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// Canonical dotted path as far as the source spells it, root included
    /// (`tensorflow.keras.mixed_precision.set_global_policy`). May reach past what is a module:
    /// `tensorflow.float32.name`. `compat.v1.compat.v2` is collapsed to `compat.v2`.
    pub path: Arc<str>,
    /// How it stands in the source.
    pub position: Position,
    /// The whole dotted expression, or the name in an import.
    pub span: Span,
    /// Where the last part of the path stands, if it is an attribute of something here.
    pub member: Option<Span>,
    /// The innermost condition around it, those under which its name was bound included.
    pub guard: Option<GuardId>,
    /// The use (index into [`FileUses::uses`]) that bound the name through which this one goes.
    /// Where that one fails, this one is never reached.
    pub via: Option<u32>,
    /// How many leading parts of the path the name through which it goes stands for (0 in an
    /// import). Where these parts already fail, the cause is where the name was bound: in this
    /// file (`via`), or in a module of the project that exports it (no `via`).
    pub alias_parts: u16,
    /// The expression is called.
    pub called: bool,
    /// With what it is called: an index into [`FileUses::calls`].
    pub call: Option<u32>,
    /// What it is called on is not known: it was taken for an instance of the one class that has
    /// a method of this name.
    pub by_name: bool,
}

impl Use {
    /// A place that depends on a package as a whole, under a condition.
    #[must_use]
    pub fn of_package(package: &str, span: Span, guard: Option<GuardId>) -> Self {
        Self {
            path: package.into(),
            position: Position::ImportModule,
            span,
            member: None,
            guard,
            via: None,
            alias_parts: 0,
            called: false,
            call: None,
            by_name: false,
        }
    }
}

/// Code that runs as one piece: the module, or a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// The code around it; nothing for the module itself, which is the first.
    pub outer: Option<u32>,
    /// All of it.
    pub span: Span,
    /// The class whose method it is, where that inherits from a class of the API: that class. Noted in
    /// [watched](FileUses::watched) files alone.
    pub method_of: Option<String>,
}

/// A call of a method with one of the names that rules watch, whatever it is called on.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodCall {
    /// The method.
    pub name: Box<str>,
    /// What it is called on, as written.
    pub receiver: Span,
    /// The class of the API that this is an instance of, where that is known.
    pub object: Option<String>,
    /// An index into [`FileUses::calls`].
    pub call: u32,
    /// The innermost condition around it.
    pub guard: Option<GuardId>,
}

/// An environment variable that code sets.
#[derive(Clone, Debug, PartialEq)]
pub struct SetVariable {
    /// Its name.
    pub name: Box<str>,
    /// The text that it gets, where that is spelled out.
    pub value: Option<Box<str>>,
    /// The assignment or call.
    pub span: Span,
    /// The innermost condition around it.
    pub guard: Option<GuardId>,
    /// In which code it stands: an index into [`FileUses::bodies`].
    pub body: u32,
}

/// Everything that one file does with the API, in source order. One place may yield several uses
/// in a row, where its name is bound to different paths under different guards.
#[derive(Clone, Debug, Default)]
pub struct FileUses {
    /// The uses, by span.
    pub uses: Vec<Use>,
    /// The conditions around them.
    pub guards: Vec<GuardNode>,
    /// The calls that they make, and those of watched methods.
    pub calls: Vec<Call>,
    /// The pieces of code, the module first.
    pub bodies: Vec<Body>,
    /// It names what makes rules look at all of a file together.
    pub watched: bool,
    /// Calls of watched methods in a watched file, in the order of the walk.
    pub methods: Vec<MethodCall>,
    /// The tests of versions that it makes, in source order.
    pub version_tests: Vec<VersionTest>,
    /// Handlers that cannot catch what the body of their `try` raises.
    pub weak_handlers: Vec<WeakHandler>,
    /// Environment variables of TensorFlow's kind that it sets, in the order of the walk.
    pub variables: Vec<SetVariable>,
    /// Only one use of each kind is left; see [`Self::reduce`].
    pub reduced: bool,
}

/// An `except` clause of the wrong exception: all that its `try` does with the API raises another.
#[derive(Clone, Debug, PartialEq)]
pub struct WeakHandler {
    /// The exception as written.
    pub span: Span,
    /// What is caught: an `ImportError`, else an `AttributeError`.
    pub import: bool,
    /// The uses in the body, as indices into [`FileUses::uses`].
    pub uses: Vec<u32>,
}

/// One place that tests a version.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionTest {
    /// The whole test.
    pub span: Span,
    /// What it computes.
    pub computed: Arc<Computed>,
    /// The innermost condition around it.
    pub guard: Option<GuardId>,
}

/// Whose version a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionOf {
    /// `tf.__version__`
    Tensorflow,
    /// `keras.__version__`
    Keras,
    /// `tf_keras.__version__`
    TfKeras,
    /// `tf.keras.__version__`
    KerasOfTensorflow,
    /// `sys.version_info`: numbers, not a text
    Python,
}

impl VersionOf {
    /// Whose version string is at an API path.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        Some(match path {
            "tensorflow.__version__" | "tensorflow.VERSION" | "tensorflow.version.VERSION" => {
                Self::Tensorflow
            }
            "tensorflow.keras.__version__" => Self::KerasOfTensorflow,
            "keras.__version__" => Self::Keras,
            "tf_keras.__version__" => Self::TfKeras,
            _ => {
                let rest = path
                    .strip_prefix("tensorflow.compat.v1.")
                    .or_else(|| path.strip_prefix("tensorflow.compat.v2."))?;
                return Self::of_path(&format!("tensorflow.{rest}"));
            }
        })
    }

    /// Whose version the distribution of a name has.
    #[must_use]
    pub fn of_distribution(name: &str) -> Option<Self> {
        match name {
            "tensorflow" | "tensorflow-gpu" | "tensorflow-cpu" => Some(Self::Tensorflow),
            "keras" => Some(Self::Keras),
            "tf_keras" | "tf-keras" => Some(Self::TfKeras),
            _ => None,
        }
    }
}

impl FileUses {
    /// With what a use is called; nothing where it is not, or where that is not known.
    #[must_use]
    pub fn call(&self, used: &Use) -> Option<&Call> {
        self.given(used).filter(|call| !call.partial)
    }

    /// As [`Self::call`], or with what it will be called among other things.
    #[must_use]
    pub fn given(&self, used: &Use) -> Option<&Call> {
        self.calls.get(used.call? as usize)
    }

    /// The conditions from the innermost outwards.
    pub fn chain(&self, innermost: Option<GuardId>) -> impl Iterator<Item = &Guard> {
        let mut next = innermost;
        std::iter::from_fn(move || {
            let node = &self.guards[next?.0 as usize];
            next = node.outer;
            Some(&node.guard)
        })
        .filter(|guard| !guard.is_always())
    }
}
