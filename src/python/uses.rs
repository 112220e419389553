//! What a file does with the API: one [`Use`] for every place that names it.

use crate::text::Span;

/// How a use stands in the source; it decides what "present" means and what Python says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// `import a.b.c`: every part must be importable as a module.
    ImportModule,
    /// `from a.b import c`: `a.b` importable, `c` an attribute of it or importable under it.
    ImportFrom {
        /// How many leading parts of the path are the module (`a.b` = 2); base 1.
        module_parts: u16,
    },
    /// `a.b.c`, or `getattr(a.b, "c")`.
    Attribute,
}

/// An index into [`FileUses::guards`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// `hasattr(path, ...)` and kin: the path exists, or does not.
    Has {
        /// Canonical dotted path.
        path: String,
        /// Whether it exists in this branch.
        present: bool,
    },
    /// The branch is never executed (`TYPE_CHECKING`).
    Never,
    /// A condition on versions or backends that is not understood: stay silent here.
    Unknown,
}

/// One place that names an API symbol.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// Canonical dotted path as far as the source spells it, root included
    /// (`tensorflow.keras.mixed_precision.set_global_policy`). May reach past what is a module:
    /// `tensorflow.float32.name`.
    pub path: String,
    /// How it stands in the source.
    pub position: Position,
    /// The whole dotted expression, or the name in an import.
    pub span: Span,
    /// For each of the last parts of the path that the source spells out here: where. Parts that
    /// come from an alias have none, so the list may be shorter than the path.
    pub part_spans: Vec<Span>,
    /// The innermost condition around it.
    pub guard: Option<GuardId>,
    /// The use (index into [`FileUses::uses`]) that bound the name through which this one goes.
    pub via: Option<u32>,
    /// The expression is called.
    pub called: bool,
}

/// Everything that one file does with the API, in source order.
#[derive(Debug, Default)]
pub struct FileUses {
    /// The uses.
    pub uses: Vec<Use>,
    /// The conditions around them.
    pub guards: Vec<GuardNode>,
}
