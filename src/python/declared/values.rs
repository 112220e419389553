//! What expressions of a Python manifest may hold: strings, with the key they stand under, and files
//! whose lines are meant.

use std::ops::Range;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Operator};
use ruff_text_size::Ranged;

use super::{Item, MAX_DEPTH, MAX_TEXT, MAX_VALUES, Reader, name_of};

impl<'a> Reader<'a> {
    /// What an expression may hold.
    pub(super) fn items(&self, expression: &'a Expr, depth: usize) -> Vec<Item> {
        if depth > MAX_DEPTH || !self.may_go_on() {
            return Vec::new();
        }
        let depth = depth + 1;
        let at = expression.range().to_std_range();
        let item = |text: String| Item::plain(text, &at);
        let all = |list: &'a [Expr]| -> Vec<Item> {
            list.iter().flat_map(|e| self.items(e, depth)).collect()
        };
        let mut items = match expression {
            Expr::StringLiteral(string) => vec![item(string.value.to_str().to_owned())],
            Expr::FString(string) => {
                let texts = self.f_string(string, depth);
                texts.into_iter().map(item).collect()
            }
            Expr::Name(name) => self
                .variables
                .get(name.id.as_str())
                .cloned()
                .unwrap_or_default(),
            Expr::List(list) => listed(all(&list.elts)),
            Expr::Tuple(tuple) => listed(all(&tuple.elts)),
            Expr::Set(set) => listed(all(&set.elts)),
            Expr::BoolOp(any) => all(&any.values),
            Expr::Starred(starred) => self.items(&starred.value, depth),
            Expr::Named(named) => self.items(&named.value, depth),
            Expr::If(ternary) => {
                let mut items = self.items(&ternary.body, depth);
                items.extend(self.items(&ternary.orelse, depth));
                items
            }
            Expr::Dict(dict) => self.dict(dict, depth),
            Expr::ListComp(list) => self.comprehension(&list.elt, &list.generators, depth),
            Expr::SetComp(set) => self.comprehension(&set.elt, &set.generators, depth),
            Expr::Generator(all) => self.comprehension(&all.elt, &all.generators, depth),
            Expr::DictComp(dict) => {
                let mut items = Vec::new();
                self.each_round(&dict.generators, depth, &mut |inner| {
                    let key = dict.key.as_ref().map(|key| inner.text(key, depth));
                    let values = inner.items(&dict.value, depth);
                    items.extend(under(key.as_deref().unwrap_or_default(), values));
                });
                items
            }
            Expr::Subscript(subscript) => self.subscript(subscript, depth),
            // `version.MIN`, or `requirement.req` of a file that was parsed.
            Expr::Attribute(attribute) => self.of_module(attribute).unwrap_or_else(|| {
                let mut items = self.items(&attribute.value, depth);
                items.retain(|item| item.is_file);
                items
            }),
            Expr::BinOp(operation) => self.operation(operation, &at, depth),
            Expr::Call(call) => self.call(call, &at, depth),
            _ => Vec::new(),
        };
        items.truncate(MAX_VALUES);
        items
    }

    fn dict(&self, dict: &'a ast::ExprDict, depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        for entry in &dict.items {
            let values = self.items(&entry.value, depth);
            match &entry.key {
                Some(key) => items.extend(under(&self.text(key, depth), values)),
                None => items.extend(values),
            }
        }
        items
    }

    /// `all["key"]`, `all[name]`, `all[1:]`.
    fn subscript(&self, subscript: &'a ast::ExprSubscript, depth: usize) -> Vec<Item> {
        let items = self.items(&subscript.value, depth);
        if items.iter().all(|item| item.keys.is_empty()) {
            return items;
        }
        let key = self.text(&subscript.slice, depth);
        of_key(items, &key)
    }

    /// Does something in every round of a comprehension, unless a condition picks by the names that
    /// matter: what is left then is not known.
    fn each_round(
        &self,
        generators: &'a [ast::Comprehension],
        depth: usize,
        work: &mut dyn FnMut(&Reader<'a>),
    ) {
        let Some((first, rest)) = generators.split_first() else {
            return work(self);
        };
        if first.ifs.iter().any(names_package) {
            return;
        }
        let mut inner = self.fork();
        for item in self.items(&first.iter, depth) {
            if !self.may_go_on() {
                return;
            }
            inner.bind(&first.target, vec![item]);
            inner.each_round(rest, depth, work);
        }
    }

    fn comprehension(
        &self,
        element: &'a Expr,
        generators: &'a [ast::Comprehension],
        depth: usize,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        self.each_round(generators, depth, &mut |inner| {
            items.extend(inner.items(element, depth));
        });
        listed(items)
    }

    fn operation(
        &self,
        operation: &'a ast::ExprBinOp,
        at: &Range<usize>,
        depth: usize,
    ) -> Vec<Item> {
        let (left, right) = (&*operation.left, &*operation.right);
        match operation.op {
            Operator::Add => {
                let (a, b) = (self.items(left, depth), self.items(right, depth));
                let known = [is_list(left), is_list(right)].contains(&true)
                    || a.iter().chain(&b).any(|item| item.in_list || item.is_file);
                let nothing = a.is_empty() && b.is_empty() && !is_text(left) && !is_text(right);
                if known || nothing {
                    return a.into_iter().chain(b).collect();
                }
                let or_name = |items: Vec<Item>, of: &'a Expr| {
                    if items.is_empty() {
                        vec![self.text(of, depth)]
                    } else {
                        texts(items)
                    }
                };
                combine(&or_name(a, left), &or_name(b, right), at)
            }
            // `Path(__file__).parent / "requirements.txt"`.
            Operator::Div => {
                let path = join_path([self.text(left, depth), self.text(right, depth)]);
                path.map(|path| Item::plain(path, at)).into_iter().collect()
            }
            Operator::Mod => {
                let format = self.text(left, depth);
                let arguments: Vec<&'a Expr> = match right {
                    Expr::Tuple(tuple) => tuple.elts.iter().collect(),
                    one => vec![one],
                };
                let mut text = String::new();
                let mut arguments = arguments.into_iter();
                for (index, part) in format.split("%s").enumerate() {
                    if index > 0 {
                        let value = arguments.next().map(|value| self.text(value, depth));
                        text.push_str(&value.unwrap_or_default());
                    }
                    text.push_str(part);
                }
                vec![Item::plain(text, at)]
            }
            _ => Vec::new(),
        }
    }

    fn call(&self, call: &'a ast::ExprCall, at: &Range<usize>, depth: usize) -> Vec<Item> {
        let arguments = &call.arguments.args;
        let first = || {
            let first = arguments.first();
            first.map_or(Vec::new(), |first| self.items(first, depth))
        };
        let name = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return Vec::new(),
        };
        if let Expr::Name(_) = &*call.func
            && let Some(function) = self.functions.get(name)
        {
            return self.returned(function, call, depth);
        }
        match name {
            "list" | "set" | "tuple" | "sorted" | "dict" | "reversed" | "chain" | "sum" => {
                let mut items: Vec<Item> = arguments
                    .iter()
                    .flat_map(|argument| self.items(argument, depth))
                    .collect();
                for keyword in &call.arguments.keywords {
                    let key = keyword.arg.as_ref().map_or("", |name| name.as_str());
                    let values = self.items(&keyword.value, depth);
                    items.extend(if name == "dict" && !key.is_empty() {
                        under(key, values)
                    } else if key.is_empty() {
                        values
                    } else {
                        Vec::new()
                    });
                }
                items
            }
            "str" | "from_iterable" | "abspath" | "realpath" | "Path" | "PurePath" => first(),
            "map" | "filter" => match &arguments[..] {
                [by, of] if !names_package(by) => self.items(of, depth),
                _ => Vec::new(),
            },
            "open" if matches!(&*call.func, Expr::Name(_)) || !arguments.is_empty() => {
                let is_path = |item: &Item| is_requirements_file(&item.text);
                let items = first();
                if items.iter().any(is_path) {
                    as_files(items)
                } else {
                    self.receiver(call, depth).map_or(Vec::new(), as_files)
                }
            }
            "parse_requirements" => {
                let files = as_files(first());
                if files.is_empty() { first() } else { files }
            }
            "join" if is_path_join(&call.func) => {
                let parts = arguments.iter().map(|part| self.text(part, depth));
                let path = join_path(parts);
                path.map(|path| Item::plain(path, at)).into_iter().collect()
            }
            "open" | "read_text" | "read_bytes" => {
                self.receiver(call, depth).map_or(Vec::new(), as_files)
            }
            "format" => self.format(call, at, depth),
            "run_path" => match arguments.first() {
                Some(path) => self.run_path(path, depth),
                None => Vec::new(),
            },
            _ => self.method(name, call, depth),
        }
    }

    /// What the thing holds whose method is called.
    fn receiver(&self, call: &'a ast::ExprCall, depth: usize) -> Option<Vec<Item>> {
        match &*call.func {
            Expr::Attribute(attribute) => Some(self.items(&attribute.value, depth)),
            _ => None,
        }
    }

    fn method(&self, name: &str, call: &'a ast::ExprCall, depth: usize) -> Vec<Item> {
        let Some(mut items) = self.receiver(call, depth) else {
            return Vec::new();
        };
        match name {
            "split" | "splitlines" => {
                let by = call.arguments.args.first();
                let by = by
                    .map(|by| self.text(by, depth))
                    .filter(|_| name == "split");
                items
                    .into_iter()
                    .flat_map(|item| split(item, name, by.as_deref()))
                    .collect()
            }
            "strip" | "rstrip" | "lstrip" | "copy" | "values" | "items" | "decode" | "lower"
            | "resolve" => items,
            "get" | "pop" => match call.arguments.args.first() {
                Some(Expr::StringLiteral(key)) => of_key(items, key.value.to_str()),
                _ => Vec::new(),
            },
            "read" | "readlines" => {
                items.retain(|item| item.is_file);
                items
            }
            // What else is done to the lines of a file may change or choose them.
            "replace" if !call.arguments.args.iter().any(names_package) => {
                items.retain(|item| item.is_file);
                items
            }
            _ => Vec::new(),
        }
    }

    fn format(&self, call: &'a ast::ExprCall, at: &Range<usize>, depth: usize) -> Vec<Item> {
        let Expr::Attribute(method) = &*call.func else {
            return Vec::new();
        };
        let mut text = self.text(&method.value, depth);
        for (index, argument) in call.arguments.args.iter().enumerate() {
            let value = self.text(argument, depth);
            let numbered = format!("{{{index}}}");
            text = if text.contains(&numbered) {
                text.replace(&numbered, &value)
            } else {
                text.replacen("{}", &value, 1)
            };
        }
        for keyword in &call.arguments.keywords {
            if let Some(name) = &keyword.arg {
                let value = self.text(&keyword.value, depth);
                text = text.replace(&format!("{{{name}}}"), &value);
            }
        }
        vec![Item::plain(text, at)]
    }

    fn f_string(&self, string: &'a ast::ExprFString, depth: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        for part in string.value.iter() {
            match part {
                ast::FStringPart::Literal(literal) => push(&mut all, &[literal.value.to_string()]),
                ast::FStringPart::FString(inner) => {
                    for element in &inner.elements {
                        match element {
                            ast::InterpolatedStringElement::Literal(literal) => {
                                push(&mut all, &[literal.value.to_string()]);
                            }
                            ast::InterpolatedStringElement::Interpolation(hole) => {
                                let values = texts(self.items(&hole.expression, depth));
                                if values.is_empty() {
                                    push(&mut all, &[self.text(&hole.expression, depth)]);
                                } else {
                                    push(&mut all, &values);
                                }
                            }
                        }
                    }
                }
            }
        }
        all
    }

    /// The one string that an expression is, or `${name}`.
    pub(super) fn text(&self, expression: &'a Expr, depth: usize) -> String {
        match (&self.items(expression, depth)[..], expression) {
            ([only], _) if !only.is_file => only.text.clone(),
            (_, Expr::NumberLiteral(number)) => match &number.value {
                ast::Number::Int(int) => int.to_string(),
                ast::Number::Float(float) => float.to_string(),
                ast::Number::Complex { .. } => String::new(),
            },
            (_, Expr::Name(name)) => format!("${{{}}}", name.id),
            _ => "${value}".to_owned(),
        }
    }
}

/// The parts of a string; the lines of a file are its own.
fn split(item: Item, method: &str, by: Option<&str>) -> Vec<Item> {
    if item.is_file {
        return vec![item];
    }
    let parts: Vec<&str> = match by {
        Some(by) if !by.is_empty() => item.text.split(by).collect(),
        _ if method == "splitlines" => item.text.lines().collect(),
        _ => item.text.split_whitespace().collect(),
    };
    let parts = parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty());
    listed(
        parts
            .map(|part| Item::plain(part.to_owned(), &item.at))
            .collect(),
    )
}

/// Items under a key.
pub(super) fn under(key: &str, items: Vec<Item>) -> Vec<Item> {
    let mut items = items;
    for item in &mut items {
        item.keys.insert(0, key.to_owned());
    }
    items
}

/// The items under a key, without it.
pub(super) fn of_key(items: Vec<Item>, key: &str) -> Vec<Item> {
    items
        .into_iter()
        .filter(|item| item.keys.first().is_some_and(|first| first == key))
        .map(|mut item| {
            item.keys.remove(0);
            item
        })
        .collect()
}

/// Paths of requirements files as what stands in them.
fn as_files(items: Vec<Item>) -> Vec<Item> {
    items
        .into_iter()
        .filter_map(|item| {
            if item.is_file {
                return Some(item);
            }
            let text = join_path([item.text])?;
            is_requirements_file(&text).then_some(Item {
                text,
                is_file: true,
                ..item
            })
        })
        .collect()
}

fn is_requirements_file(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let listed = [".txt", ".in", ".pip"]
        .iter()
        .any(|end| name.ends_with(end));
    listed && (name.contains("req") || folder.contains("req") || name.contains("dep"))
}

/// Parts of a path in a row. What is not known in front, the folder of the file as a rule, is left out;
/// a part that is not known elsewhere makes the whole unknown.
pub(super) fn join_path(parts: impl IntoIterator<Item = String>) -> Option<String> {
    let mut path = String::new();
    for part in parts {
        let part = match part.strip_prefix("${") {
            Some(rest) if path.is_empty() => {
                let (_, rest) = rest.split_once('}')?;
                rest.trim_start_matches('/').to_owned()
            }
            _ => part,
        };
        if part.contains("${") {
            return None;
        }
        if !path.is_empty() && !part.is_empty() {
            path.push('/');
        }
        path.push_str(part.trim_start_matches("./").trim_end_matches('/'));
    }
    (!path.is_empty() && path.len() <= MAX_TEXT).then_some(path)
}

/// `os.path.join`, `path.join`; not `"\n".join`.
fn is_path_join(function: &Expr) -> bool {
    let Expr::Attribute(join) = function else {
        return false;
    };
    match &*join.value {
        Expr::Attribute(path) => path.attr.as_str() == "path",
        value => name_of(value).is_some_and(|name| matches!(name, "path" | "osp")),
    }
}

/// Whether a string in an expression names TensorFlow or Keras: it chooses by that, or changes it.
pub(super) fn names_package(expression: &Expr) -> bool {
    struct Seen(bool);
    impl<'e> Visitor<'e> for Seen {
        fn visit_expr(&mut self, expression: &'e Expr) {
            if let Expr::StringLiteral(string) = expression {
                let text = string.value.to_str();
                self.0 |= text.contains("tensorflow") || text.contains("keras") || text == "tf";
            }
            visitor::walk_expr(self, expression);
        }
    }
    let mut seen = Seen(false);
    seen.visit_expr(expression);
    seen.0
}

/// Items as elements of a list.
pub(super) fn listed(items: Vec<Item>) -> Vec<Item> {
    let mut items = items;
    for item in &mut items {
        item.in_list = true;
    }
    items
}

fn is_list(expression: &Expr) -> bool {
    matches!(
        expression,
        Expr::List(_) | Expr::Tuple(_) | Expr::ListComp(_)
    )
}

fn texts(items: Vec<Item>) -> Vec<String> {
    items
        .into_iter()
        .filter(|item| !item.is_file)
        .map(|item| item.text)
        .collect()
}

/// Every value of one behind every value of the other.
fn combine(left: &[String], right: &[String], at: &Range<usize>) -> Vec<Item> {
    let mut all = left.to_vec();
    push(&mut all, right);
    all.into_iter().map(|text| Item::plain(text, at)).collect()
}

/// Whether an expression is a text for certain: one that is spelled out is in it.
fn is_text(expression: &Expr) -> bool {
    match expression {
        Expr::StringLiteral(_) | Expr::FString(_) => true,
        Expr::BinOp(operation) => match operation.op {
            Operator::Add => is_text(&operation.left) || is_text(&operation.right),
            Operator::Mod => is_text(&operation.left),
            _ => false,
        },
        _ => false,
    }
}

fn push(all: &mut Vec<String>, values: &[String]) {
    let many = all.len() * values.len() > MAX_VALUES;
    let values = if many { &values[..1] } else { values };
    *all = all
        .iter()
        .flat_map(|start| values.iter().map(move |end| format!("{start}{end}")))
        .collect();
    for text in all {
        if text.len() > MAX_TEXT {
            text.clear();
        }
    }
}
