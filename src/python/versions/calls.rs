//! Calls in tests of versions: version libraries, conversions, methods of texts, builtins, and
//! functions of the project that tell of versions.

use std::sync::Arc;

use ruff_python_ast::{Expr, ExprAttribute, ExprCall};

use super::libraries::pattern_method;
use super::{Locals, SCALARS, one_of};
use crate::python::bindings::push_part;
use crate::python::computed::Computed;
use crate::python::scopes::Value;
use crate::python::uses::VersionOf;
use crate::python::walk::Walk;

/// Methods that change nothing, of texts, lists, dictionaries, patterns, matches and specifiers.
const METHODS: &[&str] = &[
    "split",
    "rsplit",
    "partition",
    "rpartition",
    "strip",
    "lstrip",
    "rstrip",
    "replace",
    "lower",
    "upper",
    "find",
    "index",
    "count",
    "isdigit",
    "isnumeric",
    "isdecimal",
    "isalpha",
    "startswith",
    "endswith",
    "join",
    "get",
    "match",
    "search",
    "fullmatch",
    "findall",
    "sub",
    "group",
    "groups",
    "groupdict",
    "start",
    "end",
    "span",
    "contains",
];

const BUILTINS: &[&str] = &[
    "any", "all", "len", "max", "min", "sum", "abs", "bool", "set",
];

impl<'a> Walk<'a, '_> {
    pub(super) fn compute_call(
        &self,
        call: &'a ExprCall,
        locals: &Locals<'a>,
        depth: usize,
    ) -> Option<Computed> {
        let inner = |expression: &'a Expr| self.compute(expression, locals, depth + 1);
        let arguments = &*call.arguments.args;
        if arguments.iter().any(Expr::is_starred_expr) {
            return None;
        }
        if let Some(known) = self.call_of_library(call, locals, &inner) {
            return known;
        }
        if let Expr::Attribute(method) = &*call.func {
            if let Some(version) = self.version_of_keras(method, call, locals) {
                return Some(Computed::Version(version));
            }
            if let Some(value) = self.compute_method(method, call, &inner) {
                return Some(value);
            }
        }
        let name = match &*call.func {
            Expr::Name(name) => self.imported_name(name.id.as_str())?,
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return None,
        };
        if let Expr::Name(name) = &*call.func
            && let Some(found @ Computed::Has(..)) = locals.get(name.id.as_str())
        {
            // `version = getattr(keras, "version", None)`, and later `version()`
            let path = found.asked_path()?;
            let package = path.strip_suffix(".version")?;
            let own = VersionOf::of_path(&format!("{package}.__version__"))?;
            return (own != VersionOf::Tensorflow && call.arguments.is_empty())
                .then_some(Computed::Version(own));
        }
        if let Some(helper) = self.helper(call, name) {
            return self.apply(&helper, call, &inner);
        }
        if !call.arguments.keywords.is_empty() {
            return None;
        }
        match (name, arguments) {
            ("parse" | "Version" | "parse_version", [argument]) => {
                Some(Computed::Parsed(Arc::new(inner(argument)?)))
            }
            ("LooseVersion", [argument]) => Some(Computed::Loose(Arc::new(inner(argument)?))),
            ("StrictVersion", [argument]) => Some(Computed::Strict(Arc::new(inner(argument)?))),
            ("version", [Expr::StringLiteral(package)]) => {
                VersionOf::of_distribution(package.value.to_str()).map(Computed::Version)
            }
            // There is no release without it.
            ("getattr", [object, Expr::StringLiteral(attribute), ..])
                if attribute.value.to_str() == "__version__" =>
            {
                self.version_of(object, locals).map(Computed::Version)
            }
            // What `getattr` finds is true, and `None` is not.
            ("hasattr", [object, Expr::StringLiteral(attribute)])
            | ("getattr", [object, Expr::StringLiteral(attribute), Expr::NoneLiteral(_)])
                if self.is_builtin(name) =>
            {
                let root = self.path_of(object, locals)?;
                let attribute = Computed::Text(attribute.value.to_str().to_owned());
                Some(Computed::Has(root, Arc::new(attribute)))
            }
            ("map", [Expr::Name(function), argument]) => {
                let kind = one_of(function.id.as_str(), SCALARS)?;
                Some(Computed::Each(kind, Arc::new(inner(argument)?)))
            }
            (_, given) => {
                if let Some(kind) = one_of(name, BUILTINS) {
                    if !self.is_builtin(name) || given.is_empty() {
                        return None;
                    }
                    let given = given.iter().map(inner).collect::<Option<_>>()?;
                    return Some(Computed::Builtin(kind, given));
                }
                let [argument] = given else { return None };
                let kind = one_of(name, SCALARS).or_else(|| one_of(name, &["tuple", "list"]))?;
                Some(Computed::Convert(kind, Arc::new(inner(argument)?)))
            }
        }
    }

    fn compute_method(
        &self,
        method: &'a ExprAttribute,
        call: &'a ExprCall,
        inner: &dyn Fn(&'a Expr) -> Option<Computed>,
    ) -> Option<Computed> {
        let name = one_of(method.attr.as_str(), METHODS)?;
        let on = Arc::new(inner(&method.value)?);
        if let Computed::Pattern(pattern) = &*on {
            return pattern_method(Arc::clone(pattern), name, &call.arguments, inner);
        }
        let mut arguments: Vec<Computed> = call
            .arguments
            .args
            .iter()
            .map(inner)
            .collect::<Option<_>>()?;
        for keyword in &call.arguments.keywords {
            // `split(".", maxsplit=1)`, `contains(version, prereleases=True)`
            let known = matches!(
                (name, keyword.arg.as_ref()?.as_str()),
                ("split" | "rsplit", "maxsplit") | ("contains", "prereleases")
            ) && arguments.len() == 1;
            arguments.push(known.then(|| inner(&keyword.value)).flatten()?);
        }
        Some(match (name, arguments.as_slice()) {
            ("split", [Computed::Text(by)]) => Computed::Split(on, by.clone()),
            ("startswith" | "endswith", [affix]) => match texts(affix) {
                Some(any) => Computed::Affix {
                    text: on,
                    any,
                    start: name == "startswith",
                },
                None => Computed::Method {
                    on,
                    name,
                    arguments,
                },
            },
            ("join", [items]) => match &*on {
                Computed::Text(by) => Computed::Join(by.clone(), Arc::new(items.clone())),
                _ => return None,
            },
            _ => Computed::Method {
                on,
                name,
                arguments,
            },
        })
    }

    /// `keras.version()`, which Keras 3 has.
    fn version_of_keras(
        &self,
        method: &ExprAttribute,
        call: &ExprCall,
        locals: &Locals<'a>,
    ) -> Option<VersionOf> {
        if method.attr.as_str() != "version" || !call.arguments.is_empty() {
            return None;
        }
        self.version_of(&method.value, locals)
            .filter(|version| *version != VersionOf::Tensorflow)
    }

    /// The version of a package or of `tf.keras`, by what stands for it.
    fn version_of(&self, package: &Expr, locals: &Locals<'a>) -> Option<VersionOf> {
        let (name, parts) = match package {
            Expr::Name(name) => (name.id.as_str(), vec!["__version__"]),
            Expr::Attribute(attribute) => match &*attribute.value {
                Expr::Name(name) => (
                    name.id.as_str(),
                    vec![attribute.attr.as_str(), "__version__"],
                ),
                _ => return None,
            },
            _ => return None,
        };
        self.version_below(name, &parts, locals)
    }

    /// The one API path that a dotted expression is.
    pub(super) fn path_of(&self, expression: &Expr, locals: &Locals<'a>) -> Option<String> {
        match expression {
            Expr::Name(name) => {
                let name = name.id.as_str();
                if let Some(path) = locals.module(name) {
                    return Some(path.to_owned());
                }
                let value = self.peek(name);
                if !value.is_api() || locals.get(name).is_some() {
                    return None;
                }
                let mut paths = self.paths(value, &[]);
                paths.pop().filter(|_| paths.is_empty())
            }
            Expr::Attribute(attribute) => {
                let mut path = self.path_of(&attribute.value, locals)?;
                push_part(&mut path, attribute.attr.as_str());
                Some(path)
            }
            _ => None,
        }
    }

    /// What a name was called where it was imported from; nothing for a class or function of the
    /// file that tells nothing of versions.
    pub(super) fn imported_name(&self, name: &'a str) -> Option<&'a str> {
        match self.peek(name) {
            Value::Function(_) | Value::Class(_) => None,
            _ => Some(self.renamed(name).unwrap_or(name)),
        }
    }

    /// What an import of a version library calls what it binds to a name.
    pub(super) fn renamed(&self, name: &str) -> Option<&'a str> {
        let sym = self.syms.get(name)?;
        let mut known = self.renamed.iter().rev();
        known.find(|(known, _)| *known == sym).map(|known| known.1)
    }

    /// Whether a call is one of a function of the project that tells of versions.
    pub(super) fn calls_helper(&self, call: &'a ExprCall) -> bool {
        let name = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        self.helper(call, name).is_some()
    }

    fn helper(&self, call: &'a ExprCall, name: &str) -> Option<Computed> {
        let held = match &*call.func {
            Expr::Name(written) => self.held(self.peek(written.id.as_str())),
            Expr::Attribute(attribute) => {
                let of_class = match &*attribute.value {
                    Expr::Name(object) => {
                        self.held(self.class_attribute(self.peek(object.id.as_str()), name))
                    }
                    _ => None,
                };
                of_class.or_else(|| self.of_module(&attribute.value, name))
            }
            _ => None,
        };
        held.filter(|held| matches!(held, Computed::Function { .. }))
    }

    /// What a function of the project computes for the arguments of a call.
    fn apply(
        &self,
        helper: &Computed,
        call: &'a ExprCall,
        inner: &dyn Fn(&'a Expr) -> Option<Computed>,
    ) -> Option<Computed> {
        let Computed::Function { parameters, body } = helper else {
            return None;
        };
        let mut given: Vec<Option<Computed>> = vec![None; parameters.len()];
        for (place, argument) in given.iter_mut().zip(&*call.arguments.args) {
            *place = Some(inner(argument)?);
        }
        if call.arguments.args.len() > parameters.len() {
            return None;
        }
        for keyword in &call.arguments.keywords {
            let name = keyword.arg.as_ref()?.as_str();
            let at = parameters.iter().position(|(known, _)| known == name)?;
            given[at] = Some(inner(&keyword.value)?);
        }
        let arguments: Vec<Computed> = given
            .into_iter()
            .zip(parameters)
            .map(|(given, (_, default))| given.or_else(|| default.clone()))
            .collect::<Option<_>>()?;
        body.with(&arguments).filter(Computed::is_small)
    }
}

/// A text, or a tuple of texts.
fn texts(value: &Computed) -> Option<Vec<String>> {
    match value {
        Computed::Text(text) => Some(vec![text.clone()]),
        Computed::Sequence { list: false, items } => items
            .iter()
            .map(|item| match item {
                Computed::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}
