//! Versions of packages that have nothing to do with TensorFlow: whatever a test of one says, it says of
//! no release. Notebooks begin with `assert sklearn.__version__ >= "0.20"`, and all that follows counts.

use ruff_python_ast::Expr;

use super::functions::last_name;
use super::scopes::Value;
use super::walk::Walk;

/// Packages that neither need TensorFlow nor are needed by it or by what is built on it, by the names
/// under which they are imported.
const STRANGERS: [&str; 34] = [
    "IPython",
    "PIL",
    "bokeh",
    "bs4",
    "catboost",
    "cv2",
    "dask",
    "django",
    "flask",
    "gensim",
    "gym",
    "ipywidgets",
    "joblib",
    "jupyter",
    "lightgbm",
    "matplotlib",
    "mpl",
    "networkx",
    "nltk",
    "notebook",
    "numba",
    "pandas",
    "pd",
    "plotly",
    "pyarrow",
    "pytest",
    "seaborn",
    "skimage",
    "sklearn",
    "sns",
    "sqlalchemy",
    "sympy",
    "torch",
    "xgboost",
];

/// Attributes of a package that are its version.
const VERSIONS: [&str; 4] = ["__version__", "VERSION", "version", "version_info"];

/// Functions and classes that make another form of a version.
const FORMS: [&str; 11] = [
    "LooseVersion",
    "StrictVersion",
    "Version",
    "float",
    "int",
    "len",
    "list",
    "map",
    "parse",
    "parse_version",
    "tuple",
];

/// What an expression is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    /// Constants alone.
    Constants,
    /// The version of a stranger, and constants.
    Stranger,
    /// Something else, too.
    Else,
}

impl Made {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Else, _) | (_, Self::Else) => Self::Else,
            (Self::Stranger, _) | (_, Self::Stranger) => Self::Stranger,
            (Self::Constants, Self::Constants) => Self::Constants,
        }
    }
}

impl<'a> Walk<'a, '_> {
    /// Whether expressions are made of the version of a package that has nothing to do with
    /// TensorFlow, and of nothing else.
    pub(crate) fn is_of_stranger(&self, parts: impl Iterator<Item = &'a Expr>) -> bool {
        let made = parts.map(|part| self.made_of(part));
        made.fold(Made::Constants, Made::and) == Made::Stranger
    }

    fn all_made(&self, parts: &mut dyn Iterator<Item = &'a Expr>) -> Made {
        parts
            .map(|part| self.made_of(part))
            .fold(Made::Constants, Made::and)
    }

    fn made_of(&self, expression: &'a Expr) -> Made {
        let of_stranger = |made: Made| match made {
            Made::Stranger => Made::Stranger,
            Made::Constants | Made::Else => Made::Else,
        };
        match expression {
            Expr::StringLiteral(_) | Expr::NumberLiteral(_) => Made::Constants,
            Expr::Name(name) if matches!(name.id.as_str(), "int" | "str") => Made::Constants,
            Expr::Attribute(attribute) => {
                let is_version = VERSIONS.contains(&attribute.attr.as_str());
                match is_version && self.is_stranger(&attribute.value) {
                    true => Made::Stranger,
                    false => of_stranger(self.made_of(&attribute.value)),
                }
            }
            Expr::Subscript(subscript) => {
                let at = match &*subscript.slice {
                    Expr::Slice(slice) => {
                        let ends = [&slice.lower, &slice.upper, &slice.step];
                        self.all_made(&mut ends.into_iter().flatten().map(|end| &**end))
                    }
                    one => self.made_of(one),
                };
                of_stranger(self.made_of(&subscript.value)).and(at)
            }
            Expr::Call(call) if call.arguments.keywords.is_empty() => {
                let given = self.all_made(&mut call.arguments.args.iter());
                match &*call.func {
                    name if FORMS.contains(&last_name(name)) => given,
                    Expr::Attribute(method) => of_stranger(self.made_of(&method.value)).and(given),
                    _ => Made::Else,
                }
            }
            Expr::Compare(compare) => self
                .made_of(&compare.left)
                .and(self.all_made(&mut compare.comparators.iter())),
            Expr::Tuple(tuple) => self.all_made(&mut tuple.elts.iter()),
            Expr::List(list) => self.all_made(&mut list.elts.iter()),
            _ => Made::Else,
        }
    }

    /// Whether an expression is such a package, or a module in it.
    fn is_stranger(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Name(name) => {
                STRANGERS.contains(&name.id.as_str())
                    && matches!(self.peek(name.id.as_str()), Value::Other | Value::Unbound)
            }
            Expr::Attribute(attribute) => self.is_stranger(&attribute.value),
            _ => false,
        }
    }
}
