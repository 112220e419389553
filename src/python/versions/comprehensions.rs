//! Comprehensions in tests of versions: `[int(part) for part in version.split(".")]`.

use std::sync::Arc;

use ruff_python_ast::{Comprehension, Expr};

use super::{Locals, SCALARS, one_of};
use crate::python::computed::Computed;
use crate::python::walk::Walk;

impl<'a> Walk<'a, '_> {
    /// What a comprehension of one loop gives: one value for each item of a display, else
    /// something that is computed for each.
    pub(super) fn compute_comprehension(
        &self,
        element: &'a Expr,
        generators: &'a [Comprehension],
        locals: &Locals<'a>,
        depth: usize,
    ) -> Option<Computed> {
        let [generator] = generators else { return None };
        let Expr::Name(target) = &generator.target else {
            return None;
        };
        let target = target.id.as_str();
        let over = self.compute(&generator.iter, locals, depth + 1)?;
        if generator.ifs.is_empty() {
            if let Some(kind) = conversion_of(element, target) {
                return Some(Computed::Each(kind, Arc::new(over)));
            }
            if matches!(element, Expr::Name(name) if name.id.as_str() == target) {
                return Some(over);
            }
        }
        let mut locals = locals.clone();
        let place = locals.comprehensions;
        locals.comprehensions += 1;
        locals.names.push((target, Computed::Item(place)));
        let conditions = generator.ifs.iter();
        let conditions: Vec<Computed> = conditions
            .map(|condition| self.compute(condition, &locals, depth + 1))
            .collect::<Option<_>>()?;
        let element = self.compute(element, &locals, depth + 1)?;
        Some(Computed::Comprehension {
            element: Arc::new([element, Computed::All(conditions)]),
            over: Arc::new(over),
            depth: place,
        })
    }
}

/// The type that `int(x)` makes of a name.
fn conversion_of(expression: &Expr, name: &str) -> Option<&'static str> {
    let Expr::Call(call) = expression else {
        return None;
    };
    let (Expr::Name(function), [Expr::Name(argument)]) = (&*call.func, &*call.arguments.args)
    else {
        return None;
    };
    let kind = one_of(function.id.as_str(), SCALARS)?;
    (argument.id.as_str() == name && call.arguments.keywords.is_empty()).then_some(kind)
}
