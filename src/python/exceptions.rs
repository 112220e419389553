//! What an `except` clause catches of the exceptions that a missing symbol or a refused argument
//! raises.

use ruff_python_ast::{ExceptHandler, Expr, Stmt};

use super::uses::Guard;

/// Which of the exceptions that a missing symbol or a refused argument raises are caught.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caught {
    pub(crate) attribute: bool,
    pub(crate) import: bool,
    pub(crate) kind: bool,
    pub(crate) value: bool,
}

impl Caught {
    pub(crate) const ALL: Self = Self {
        attribute: true,
        import: true,
        kind: true,
        value: true,
    };

    pub(crate) fn any(self) -> bool {
        self != Self::default()
    }

    /// Whether code may depend on what is caught by the release: a `ValueError` tells nothing.
    pub(crate) fn chooses(self) -> bool {
        self.attribute || self.import || self.kind
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            attribute: self.attribute || other.attribute,
            import: self.import || other.import,
            kind: self.kind || other.kind,
            value: self.value || other.value,
        }
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self {
            attribute: self.attribute && !other.attribute,
            import: self.import && !other.import,
            kind: self.kind && !other.kind,
            value: self.value && !other.value,
        }
    }

    /// What an `except` clause of this type catches.
    pub(crate) fn of(exception: Option<&Expr>) -> Self {
        match exception {
            None => Self::ALL,
            Some(Expr::Tuple(tuple)) => tuple
                .elts
                .iter()
                .map(|part| Self::of(Some(part)))
                .fold(Self::default(), Self::or),
            Some(Expr::Name(name)) => Self::named(name.id.as_str()),
            // `tf.errors.NotFoundError`, `six.moves.builtins.ImportError`.
            Some(Expr::Attribute(attribute)) => match attribute.attr.as_str() {
                name @ ("AttributeError"
                | "ImportError"
                | "ModuleNotFoundError"
                | "Exception"
                | "TypeError"
                | "ValueError") => Self::named(name),
                _ => Self::default(),
            },
            Some(_) => Self::ALL,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "AttributeError" => Self {
                attribute: true,
                ..Self::default()
            },
            "ImportError" | "ModuleNotFoundError" => Self {
                import: true,
                ..Self::default()
            },
            "TypeError" => Self {
                kind: true,
                ..Self::default()
            },
            "ValueError" => Self {
                value: true,
                ..Self::default()
            },
            "Exception" | "BaseException" | "StandardError" => Self::ALL,
            // Classes by their usual form; anything else may be a tuple of exceptions.
            name if name.ends_with("Error")
                || name.ends_with("Exception")
                || name.ends_with("Warning")
                || matches!(
                    name,
                    "KeyboardInterrupt"
                        | "SystemExit"
                        | "StopIteration"
                        | "GeneratorExit"
                        | "StopAsyncIteration"
                        | "Empty"
                        | "Full"
                        | "SkipTest"
                        | "Timeout"
                ) =>
            {
                Self::default()
            }
            _ => Self::ALL,
        }
    }

    /// The conditions in the code whose exceptions are caught.
    pub(crate) fn guards(self) -> impl Iterator<Item = Guard> {
        [
            (self.attribute, Guard::CatchesAttributeError),
            (self.import, Guard::CatchesImportError),
            (self.kind, Guard::CatchesTypeError),
            (self.value, Guard::CatchesValueError),
        ]
        .into_iter()
        .filter_map(|(caught, guard)| caught.then_some(guard))
    }
}

/// Whether a handler raises again what it caught: then it guards nothing.
pub(crate) fn raises_again(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    match handler.body.last() {
        Some(Stmt::Raise(raise)) => match (raise.exc.as_deref(), &handler.name) {
            (None, _) => true,
            (Some(Expr::Name(name)), Some(caught)) => name.id.as_str() == caught.as_str(),
            _ => false,
        },
        _ => false,
    }
}
