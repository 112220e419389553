//! Calls of libraries in tests of versions: regular expressions (`re`), specifiers (`packaging`,
//! `pkg_resources`), `semver`, and what tells of an installed distribution.

use std::sync::Arc;

use ruff_python_ast::{Arguments, Expr, ExprCall, Operator};

use super::{Locals, one_of};
use crate::python::computed::{Comparison, Computed, Specifiers};
use crate::python::functions::last_name;
use crate::python::patterns::{Pattern, ignores_case};
use crate::python::scopes::Value;
use crate::python::uses::VersionOf;
use crate::python::walk::Walk;

/// What these libraries have that is understood, by what is written last.
const LAST_NAMES: &[&str] = &[
    "match",
    "search",
    "fullmatch",
    "findall",
    "split",
    "sub",
    "compile",
    "compare",
    "parse",
    "parse_version_info",
    "SpecifierSet",
    "Specifier",
    "Requirement",
    "get_distribution",
    "distribution",
];

/// Names that mean something only with the module that they come from.
const IMPORTED: &[&str] = &[
    "re.match",
    "re.search",
    "re.fullmatch",
    "re.findall",
    "re.split",
    "re.sub",
    "re.compile",
    "re.I",
    "re.IGNORECASE",
    "semver.compare",
    "semver.match",
    "semver.parse_version_info",
    "semver.Version",
    "semver.VersionInfo",
];

/// What a pattern does with a text.
const PATTERN_METHODS: &[&str] = &["match", "search", "fullmatch", "findall", "split", "sub"];

/// How such a name is to be called that was imported from its module.
pub(crate) fn imported_function(module: &str, name: &str) -> Option<&'static str> {
    let mut known = IMPORTED.iter();
    known
        .find(|known| known.split_once('.') == Some((module, name)))
        .copied()
}

impl<'a> Walk<'a, '_> {
    /// What a call of one of the libraries computes: nothing where it is no such call, nothing
    /// inside where it is one that is not understood.
    pub(super) fn call_of_library(
        &self,
        call: &'a ExprCall,
        locals: &Locals<'a>,
        inner: &dyn Fn(&'a Expr) -> Option<Computed>,
    ) -> Option<Option<Computed>> {
        if !matches!(&*call.func, Expr::Name(_) | Expr::Attribute(_)) {
            return None;
        }
        let written = match &*call.func {
            Expr::Name(name) => self.imported_name(name.id.as_str())?,
            other => last_name(other),
        };
        let last = written.rsplit('.').next().unwrap_or(written);
        one_of(last, LAST_NAMES)?;
        let spelled = self.spelled(&call.func, locals)?;
        let specifiers = |of| Some(specifiers_of(of, call, inner));
        if let Some(function) = spelled.strip_prefix("re.") {
            return Some(self.pattern_call(function, call, locals, inner));
        }
        if let Some(function) = spelled.strip_prefix("semver.") {
            return Some(semver_call(function, call, inner));
        }
        let mut parts = spelled.rsplit('.');
        match (parts.next()?, parts.next()) {
            ("SpecifierSet", _) => specifiers(Specifiers::Set),
            ("Specifier", _) => specifiers(Specifiers::One),
            ("Requirement", _) => specifiers(Specifiers::Requirement),
            ("parse", Some("Requirement")) => specifiers(Specifiers::Parsed),
            ("parse", Some("VersionInfo")) => Some(semver_call("VersionInfo.parse", call, inner)),
            ("get_distribution" | "distribution", _) => {
                let [Expr::StringLiteral(package)] = &*call.arguments.args else {
                    return Some(None);
                };
                let whose = VersionOf::of_distribution(package.value.to_str());
                Some(whose.map(Computed::Installed))
            }
            _ => None,
        }
    }

    /// A dotted name that no code of the project binds, under the name of its module.
    fn spelled(&self, expression: &'a Expr, locals: &Locals<'a>) -> Option<String> {
        match expression {
            Expr::Name(name) => {
                let name = name.id.as_str();
                let foreign = matches!(self.peek(name), Value::Other | Value::Unbound);
                if !foreign || locals.get(name).is_some() {
                    return None;
                }
                let bound = self.peek(name) != Value::Unbound;
                if matches!(name, "re" | "semver") && bound && self.renamed(name).is_none() {
                    return None;
                }
                self.imported_name(name).map(str::to_owned)
            }
            Expr::Attribute(attribute) => {
                let mut spelled = self.spelled(&attribute.value, locals)?;
                spelled.push('.');
                spelled.push_str(attribute.attr.as_str());
                Some(spelled)
            }
            _ => None,
        }
    }

    /// `re.match(pattern, text)`, `re.compile(pattern)`
    fn pattern_call(
        &self,
        function: &str,
        call: &'a ExprCall,
        locals: &Locals<'a>,
        inner: &dyn Fn(&'a Expr) -> Option<Computed>,
    ) -> Option<Computed> {
        let (first, rest) = call.arguments.args.split_first()?;
        // Where flags stand among the arguments by position.
        let place = match function {
            "compile" => 0,
            "match" | "search" | "fullmatch" | "findall" => 1,
            "split" => 2,
            "sub" => 3,
            _ => return None,
        };
        let flags = keyword_of(&call.arguments, "flags").or_else(|| rest.get(place));
        let rest = &rest[..rest.len().min(place)];
        let ignore_case = match flags {
            Some(flags) => self.flags(flags, locals)?,
            None => false,
        };
        // The text comes first: other texts than versions are no reason to read a pattern.
        let given = given(rest, &call.arguments, &["flags"], inner)?;
        let pattern = match inner(first)? {
            Computed::Text(text) => Arc::new(Pattern::read(&text, ignore_case)?),
            Computed::Pattern(pattern) if flags.is_none() => pattern,
            _ => return None,
        };
        if function == "compile" {
            return Some(Computed::Pattern(pattern));
        }
        put_to(pattern, function, given)
    }

    /// Whether flags of a pattern make it blind to case.
    fn flags(&self, flags: &'a Expr, locals: &Locals<'a>) -> Option<bool> {
        match flags {
            Expr::BinOp(both) if both.op == Operator::BitOr => {
                Some(self.flags(&both.left, locals)? | self.flags(&both.right, locals)?)
            }
            other => ignores_case(self.spelled(other, locals)?.strip_prefix("re.")?),
        }
    }
}

/// `pattern.match(text)` and its kin.
pub(super) fn pattern_method<'a>(
    pattern: Arc<Pattern>,
    name: &str,
    arguments: &'a Arguments,
    inner: &dyn Fn(&'a Expr) -> Option<Computed>,
) -> Option<Computed> {
    put_to(
        pattern,
        name,
        given(&arguments.args, arguments, &[], inner)?,
    )
}

fn put_to(pattern: Arc<Pattern>, name: &str, arguments: Vec<Computed>) -> Option<Computed> {
    let name = one_of(name, PATTERN_METHODS)?;
    let fits = match name {
        "findall" => arguments.len() == 1 && !pattern.may_be_empty,
        "split" => matches!(arguments.len(), 1 | 2) && !pattern.may_be_empty,
        "sub" => matches!(arguments.len(), 2 | 3) && !pattern.may_be_empty,
        _ => arguments.len() == 1,
    };
    fits.then(|| Computed::Method {
        on: Arc::new(Computed::Pattern(pattern)),
        name,
        arguments,
    })
}

/// The arguments by position, with the one behind them that may be given by name.
fn given<'a>(
    positional: &'a [Expr],
    arguments: &'a Arguments,
    but: &[&str],
    inner: &dyn Fn(&'a Expr) -> Option<Computed>,
) -> Option<Vec<Computed>> {
    let mut given: Vec<Computed> = positional.iter().map(inner).collect::<Option<_>>()?;
    for keyword in &arguments.keywords {
        let name = keyword.arg.as_ref()?.as_str();
        if but.contains(&name) {
            continue;
        }
        let place = match name {
            "maxsplit" => 1,
            "count" => 2,
            _ => return None,
        };
        (given.len() == place).then_some(())?;
        given.push(inner(&keyword.value)?);
    }
    Some(given)
}

fn keyword_of<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a Expr> {
    let mut keywords = arguments.keywords.iter();
    let found = keywords.find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg == name))?;
    Some(&found.value)
}

/// `SpecifierSet(">=2.4")`
fn specifiers_of<'a>(
    of: Specifiers,
    call: &'a ExprCall,
    inner: &dyn Fn(&'a Expr) -> Option<Computed>,
) -> Option<Computed> {
    let [text] = only_positional(call)? else {
        return None;
    };
    Some(Computed::Specifiers(of, Arc::new(inner(text)?)))
}

/// `semver.compare(a, b)`, `semver.match(version, ">=2.0.0")`, `semver.VersionInfo.parse(version)`
fn semver_call<'a>(
    function: &str,
    call: &'a ExprCall,
    inner: &dyn Fn(&'a Expr) -> Option<Computed>,
) -> Option<Computed> {
    let version = |text: Computed| Arc::new(Computed::Semver(Arc::new(text)));
    match (function, only_positional(call)?) {
        ("VersionInfo.parse" | "Version.parse" | "parse_version_info", [text]) => {
            Some(Computed::Semver(Arc::new(inner(text)?)))
        }
        ("compare", [left, right]) => {
            let (left, right) = (version(inner(left)?), version(inner(right)?));
            let compared = |op| Computed::Compare(Arc::clone(&left), op, Arc::clone(&right));
            let later = Computed::Choice(Arc::new([
                compared(Comparison::Equal),
                Computed::Int(0),
                Computed::Int(1),
            ]));
            let less = compared(Comparison::Less);
            Some(Computed::Choice(Arc::new([less, Computed::Int(-1), later])))
        }
        ("match", [text, condition]) => {
            let Computed::Text(condition) = inner(condition)? else {
                return None;
            };
            let end = condition.find(|c: char| !"<>=!".contains(c))?;
            let op = match &condition[..end] {
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterOrEqual,
                "==" => Comparison::Equal,
                "!=" => Comparison::NotEqual,
                _ => return None,
            };
            let bound = version(Computed::Text(condition[end..].to_owned()));
            Some(Computed::Compare(version(inner(text)?), op, bound))
        }
        _ => None,
    }
}

fn only_positional(call: &ExprCall) -> Option<&[Expr]> {
    call.arguments
        .keywords
        .is_empty()
        .then_some(&*call.arguments.args)
}
