//! Expressions: what they stand for, and the uses in them.

use ruff_python_ast::{
    Comprehension, Expr, ExprCall, ExprIf, ExprStringLiteral, FStringPart,
    InterpolatedStringElement, InterpolatedStringElements, Parameters,
};
use ruff_text_size::Ranged;

use crate::text::Span;

use super::bindings::{Part, Parts};
use super::project::ModuleId;
use super::scopes::{Scope, ScopeKind, Value};
use super::tested::Test;
use super::uses::Guard;
use super::walk::{LaterCode, Walk, span_of};

impl<'a> Walk<'a, '_> {
    /// The source of an expression.
    pub(crate) fn slice(&self, expression: &Expr) -> &'a str {
        let range = expression.range();
        self.text
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or("")
    }

    /// Walks an expression.
    pub(crate) fn expr(&mut self, expression: &'a Expr) -> Value {
        match expression {
            Expr::Name(_) | Expr::Attribute(_) => return self.chain(expression, false),
            Expr::Call(call) => return self.call(call),
            Expr::BoolOp(_) | Expr::Compare(_) | Expr::UnaryOp(_) => {
                return self.operation(expression);
            }
            Expr::If(choice) => return self.ternary(choice),
            Expr::Named(named) => {
                let value = self.value_of(&named.value);
                let value = self.settle(value);
                if let Expr::Name(name) = &*named.target {
                    self.bind_walrus(name.id.as_str(), value);
                }
                return value;
            }
            Expr::BooleanLiteral(literal) => return Value::Bool(literal.value),
            Expr::NoneLiteral(_) => return Value::Nothing,
            Expr::Subscript(subscript) => {
                if let Some(value) = self.picked(&subscript.value, &subscript.slice) {
                    return value;
                }
                let value = self.expr(&subscript.value);
                self.expr(&subscript.slice);
                if matches!(value, Value::Test(_)) {
                    return value;
                }
            }
            Expr::BinOp(operation) => {
                self.expr(&operation.left);
                self.expr(&operation.right);
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                }
                self.later(LaterCode::Lambda(lambda, None), self.guard, None);
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::Generator(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::DictComp(comp) => match &comp.key {
                Some(key) => self.comprehension(&comp.generators, &[key, &comp.value]),
                None => self.comprehension(&comp.generators, &[&comp.value]),
            },
            other => self.parts_of(other),
        }
        Value::Other
    }

    /// Walks what a display, string or wrapper holds.
    fn parts_of(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Dict(dict) => {
                for item in &dict.items {
                    if let Some(key) = &item.key {
                        self.expr(key);
                    }
                    self.expr(&item.value);
                }
            }
            Expr::Set(set) => self.each(&set.elts),
            Expr::List(list) => self.each(&list.elts),
            Expr::Tuple(tuple) => self.each(&tuple.elts),
            Expr::Await(inner) => {
                self.expr(&inner.value);
            }
            Expr::Yield(inner) => {
                if let Some(value) = &inner.value {
                    self.expr(value);
                }
            }
            Expr::YieldFrom(inner) => {
                self.expr(&inner.value);
            }
            Expr::Starred(inner) => {
                self.expr(&inner.value);
            }
            Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step]
                    .into_iter()
                    .flatten()
                {
                    self.expr(part);
                }
            }
            Expr::FString(string) => {
                for part in &string.value {
                    if let FStringPart::FString(part) = part {
                        self.interpolated(&part.elements);
                    }
                }
            }
            Expr::TString(string) => {
                for part in &string.value {
                    self.interpolated(&part.elements);
                }
            }
            _ => {}
        }
    }

    fn each(&mut self, parts: &'a [Expr]) {
        for part in parts {
            self.expr(part);
        }
    }

    fn interpolated(&mut self, elements: &'a InterpolatedStringElements) {
        for element in elements {
            if let InterpolatedStringElement::Interpolation(element) = element {
                self.expr(&element.expression);
                if let Some(format) = &element.format_spec {
                    self.interpolated(&format.elements);
                }
            }
        }
    }

    fn operation(&mut self, expression: &'a Expr) -> Value {
        if let Expr::UnaryOp(operation) = expression
            && operation.op != ruff_python_ast::UnaryOp::Not
        {
            self.expr(&operation.operand);
            return Value::Other;
        }
        let test = self.test(expression);
        self.test_value(test)
    }

    fn ternary(&mut self, choice: &'a ExprIf) -> Value {
        let test = self.test(&choice.test);
        let outer = self.guard;
        self.push_guard(test.yes.clone());
        let yes = self.expr(&choice.body);
        let yes = self.settle(yes);
        self.guard = outer;
        self.push_guard(test.no.clone());
        let no = self.expr(&choice.orelse);
        let no = self.settle(no);
        self.guard = outer;
        self.either(outer, [(yes, test.yes), (no, test.no)])
    }

    /// Default values and nothing else of parameters.
    pub(crate) fn defaults(&mut self, parameters: &'a Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.expr(default);
            }
        }
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], results: &[&'a Expr]) {
        let (here, outer) = (self.scope, self.guard);
        for (index, generator) in generators.iter().enumerate() {
            self.expr(&generator.iter);
            if index == 0 {
                // Only the first iterable is evaluated outside.
                self.scopes.push(Scope::new(ScopeKind::Comprehension, here));
                self.scope = super::bindings::count(self.scopes.len() - 1);
                for generator in generators {
                    self.declare(&generator.target);
                }
            }
            self.assign(&generator.target, Value::Other);
            for condition in &generator.ifs {
                let test = self.test(condition);
                self.push_guard(test.yes);
            }
        }
        for result in results {
            self.expr(result);
        }
        self.scope = here;
        self.guard = outer;
    }

    /// Makes the names of a target local before they are bound.
    fn declare(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => {
                let sym = self.syms.intern(name.id.as_str());
                self.scopes[self.scope as usize].slot_or_new(sym);
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|part| self.declare(part)),
            Expr::List(list) => list.elts.iter().for_each(|part| self.declare(part)),
            Expr::Starred(starred) => self.declare(&starred.value),
            _ => {}
        }
    }

    /// A dotted expression as a whole: one use.
    fn chain(&mut self, expression: &'a Expr, called: bool) -> Value {
        let mut parts = Parts::new();
        let value = self.dotted(expression, &mut parts);
        if value.is_api() {
            return self.emit(value, &parts, span_of(expression), called);
        }
        self.refer(value);
        value
    }

    /// The value at the head of a dotted expression, and the parts after it. What the expression
    /// stands for where that is not the API; then there are no parts.
    pub(crate) fn dotted(&mut self, expression: &'a Expr, parts: &mut Parts<'a>) -> Value {
        match expression {
            Expr::Name(name) => {
                self.head_end = name.range.end().to_u32();
                let value = self.name(name.id.as_str());
                self.refer(value);
                value
            }
            Expr::Attribute(attribute) => {
                let part = Part {
                    name: attribute.attr.as_str(),
                    span: span_of(&attribute.attr),
                };
                if let Some(class) = self.constructor_of_base(&attribute.value, part) {
                    return class;
                }
                let value = self.dotted(&attribute.value, parts);
                if value.is_api() {
                    parts.push(part);
                    return value;
                }
                self.attribute(value, part, parts)
            }
            Expr::Call(call) => {
                if let Some((object, part)) = self.constant_getattr(call) {
                    let value = self.dotted(object, parts);
                    if value.is_api() {
                        parts.push(part);
                        return value;
                    }
                    return self.attribute(value, part, parts);
                }
                self.call(call)
            }
            other => self.expr(other),
        }
    }

    /// `value.part` where the value is not the API.
    fn attribute(&mut self, value: Value, part: Part<'a>, parts: &mut Parts<'a>) -> Value {
        match value {
            Value::Class(class) => {
                if let Some(known) = self.attribute_of(class, part.name) {
                    return known;
                }
                let Some(base) = self.base_object(class) else {
                    return self.method_of_unknown(part, parts);
                };
                parts.push(part);
                base
            }
            Value::Module(module) => self.project_name(ModuleId(module), part.name),
            Value::Package(first) => {
                let mut dotted = self.syms.name(first).to_owned();
                for before in &*parts {
                    dotted.push('.');
                    dotted.push_str(before.name);
                }
                let here = self.package(&dotted);
                dotted.push('.');
                dotted.push_str(part.name);
                if self.has_package(&dotted) {
                    parts.push(part);
                    return value;
                }
                parts.clear();
                here.map_or(Value::Other, |module| self.project_name(module, part.name))
            }
            // `version.major` of something that derives from a version.
            Value::Test(_) => value,
            Value::Unbound | Value::Nothing | Value::Other => self.method_of_unknown(part, parts),
            Value::Bool(_)
            | Value::Api(_)
            | Value::Alternatives(_)
            | Value::Used { .. }
            | Value::Constant(_)
            | Value::Table(_)
            | Value::Function(_)
            | Value::Imported(_) => Value::Other,
        }
    }

    /// `value.part` where nothing is known of the value: some methods tell whose they are.
    fn method_of_unknown(&mut self, part: Part<'a>, parts: &mut Parts<'a>) -> Value {
        let Some(owner) = self.method_owner(part.name) else {
            return Value::Other;
        };
        parts.push(part);
        owner
    }

    /// `getattr(object, "name")` without a default.
    fn constant_getattr(&self, call: &'a ExprCall) -> Option<(&'a Expr, Part<'a>)> {
        let (Expr::Name(function), [object, Expr::StringLiteral(name)]) =
            (&*call.func, &*call.arguments.args)
        else {
            return None;
        };
        if function.id.as_str() != "getattr"
            || !call.arguments.keywords.is_empty()
            || !self.is_builtin("getattr")
            || !super::guards::is_identifier(name.value.to_str())
        {
            return None;
        }
        Some((
            object,
            Part {
                name: name.value.to_str(),
                span: inside_of(name),
            },
        ))
    }

    pub(crate) fn call(&mut self, call: &'a ExprCall) -> Value {
        self.variables_set_by(call);
        if self.constant_getattr(call).is_some() {
            let mut parts = Parts::new();
            if let Some((object, part)) = self.constant_getattr(call) {
                let value = self.dotted(object, &mut parts);
                if value.is_api() {
                    parts.push(part);
                    return self.emit(value, &parts, span_of(call), false);
                }
                return self.attribute(value, part, &mut parts);
            }
        }
        if let Some(value) = self.picked_by_get(call) {
            return value;
        }
        if let Some(value) = self.special_call(call) {
            return value;
        }
        let function = match &*call.func {
            function @ (Expr::Name(_) | Expr::Attribute(_)) => self.chain(function, true),
            Expr::Call(inner) if self.constant_getattr(inner).is_some() => {
                self.chain(&call.func, true)
            }
            other => self.expr(other),
        };
        if matches!(function, Value::Test(_)) {
            self.arguments(call);
            return function;
        }
        if matches!(function, Value::Function(_)) && !call.func.is_attribute_expr() {
            self.arguments(call);
            return self.made_by_function(function);
        }
        self.called_with(function, call)
    }

    pub(crate) fn arguments(&mut self, call: &'a ExprCall) {
        for argument in &*call.arguments.args {
            self.expr(argument);
        }
        for keyword in &call.arguments.keywords {
            self.expr(&keyword.value);
        }
    }

    /// Joins what a conditional expression may stand for.
    fn either(
        &mut self,
        outer: Option<super::uses::GuardId>,
        values: [(Value, Guard); 2],
    ) -> Value {
        if values.iter().any(|(value, _)| value.is_api()) {
            return self.joined_values(outer, values);
        }
        match values {
            [(Value::Bool(true), yes), (Value::Bool(false), no)]
            | [(Value::Bool(false), no), (Value::Bool(true), yes)] => self.test_value(Test {
                yes,
                no,
                computed: None,
            }),
            [(Value::Nothing, _), (Value::Nothing, _)] => Value::Nothing,
            [(_, yes), (_, no)] if yes.is_always() && no.is_always() => Value::Other,
            _ => self.test_value(Test::UNKNOWN),
        }
    }
}

/// The text between the quotes of a string, or all of it where it is made of several.
pub(crate) fn inside_of(string: &ExprStringLiteral) -> Span {
    let range = string.range;
    let Some(single) = string.as_single_part_string() else {
        return Span::new(range.start().to_u32(), range.end().to_u32());
    };
    use ruff_python_ast::StringFlags;
    let start = (single.range.start() + single.flags.opener_len()).to_u32();
    let end = (single.range.end() - single.flags.closer_len()).to_u32();
    Span::new(start, end.max(start))
}
