//! Environment variables that code sets: `os.environ["NAME"] = value` and its kin. Only names of
//! TensorFlow's kind are noted; which of them say something is known elsewhere.
//!
//! Supported: assignment, `setdefault`, `update` with a dict or keywords, `putenv`, each with `os` or
//! the names imported from it. Not supported: `environ |= ...`, dicts handed to other processes.

use ruff_python_ast::{Expr, ExprCall};

use crate::text::Span;

use super::uses::SetVariable;
use super::walk::{Walk, span_of};

/// The start of names that may concern the API.
const STARTS: [&str; 3] = ["TF_", "TF2_", "_PREFER_"];

impl<'a> Walk<'a, '_> {
    /// `os.environ["NAME"] = value`
    pub(crate) fn assigned_variables(&mut self, targets: &[Expr], value: &Expr) {
        for target in targets {
            if let Expr::Subscript(subscript) = target
                && is_environ(&subscript.value)
                && let Expr::StringLiteral(name) = &*subscript.slice
            {
                let at = Span::new(span_of(target).start, span_of(value).end);
                self.note_variable(name.value.to_str(), value, at);
            }
        }
    }

    /// Takes note of the variables that a call sets.
    pub(crate) fn variables_set_by(&mut self, call: &'a ExprCall) {
        let (name, of) = match &*call.func {
            Expr::Attribute(function) => (function.attr.as_str(), Some(&*function.value)),
            Expr::Name(function) => (function.id.as_str(), None),
            _ => return,
        };
        let arguments = &*call.arguments.args;
        let environ = of.is_some_and(is_environ);
        match (name, arguments) {
            ("setdefault", [Expr::StringLiteral(name), value]) if environ => {
                self.note_variable(name.value.to_str(), value, span_of(call));
            }
            ("putenv", [Expr::StringLiteral(name), value]) if of.is_none_or(is_os) => {
                self.note_variable(name.value.to_str(), value, span_of(call));
            }
            ("update", arguments) if environ => {
                for argument in arguments {
                    let Expr::Dict(entries) = argument else {
                        continue;
                    };
                    for item in &entries.items {
                        if let Some(Expr::StringLiteral(name)) = &item.key {
                            let at = Span::new(span_of(name).start, span_of(&item.value).end);
                            self.note_variable(name.value.to_str(), &item.value, at);
                        }
                    }
                }
                for keyword in &call.arguments.keywords {
                    if let Some(name) = &keyword.arg {
                        self.note_variable(name.as_str(), &keyword.value, span_of(keyword));
                    }
                }
            }
            _ => {}
        }
    }

    fn note_variable(&mut self, name: &str, value: &Expr, span: Span) {
        // Some code is walked twice.
        let known = self.variables.iter().any(|known| known.span == span);
        if known || !STARTS.iter().any(|start| name.starts_with(start)) {
            return;
        }
        let value = match value {
            Expr::StringLiteral(text) => Some(text.value.to_str().into()),
            _ => None,
        };
        self.variables.push(SetVariable {
            name: name.into(),
            value,
            span,
            guard: self.guard,
            body: self.body,
        });
    }
}

/// `os.environ`, or `environ` imported from there.
fn is_environ(expression: &Expr) -> bool {
    match expression {
        Expr::Attribute(attribute) => {
            attribute.attr.as_str() == "environ" && is_os(&attribute.value)
        }
        Expr::Name(name) => name.id.as_str() == "environ",
        _ => false,
    }
}

fn is_os(expression: &Expr) -> bool {
    matches!(expression, Expr::Name(name) if name.id.as_str() == "os")
}
