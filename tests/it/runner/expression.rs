//! [Expressions](https://docs.github.com/en/actions/reference/workflows-and-actions/expressions) as
//! GitHub's runner evaluates them, as far as our actions use them.
//!
//! Supported: texts, numbers, `true`, `false`, `null`, contexts with dots, `!`, `==`, `!=`, `&&`, `||`,
//! parentheses, the functions about the state of the job, `contains` and `startsWith`. Anything else is
//! a failure of the test, never a guess.

use serde_json::Value;

/// What an expression can see.
pub(crate) struct Contexts<'a> {
    /// `github`, `inputs`, `steps` and so on, by name.
    pub(crate) values: &'a Value,
    /// Whether no step has failed so far.
    pub(crate) success: bool,
}

/// A text with its `${{ }}` replaced.
#[track_caller]
pub(crate) fn fill(text: &str, contexts: &Contexts) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (inner, behind) = after.split_once("}}").expect("an expression ends");
        out.push_str(before);
        out.push_str(&as_text(&evaluate(inner, contexts)));
        rest = behind;
    }
    out + rest
}

/// Whether the condition of a step holds. Without a function about the state, it asks for success.
#[track_caller]
pub(crate) fn condition(text: &str, contexts: &Contexts) -> bool {
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix("${{");
    let inner = inner.and_then(|inner| inner.strip_suffix("}}"));
    let inner = inner.unwrap_or(trimmed);
    let asks = ["always()", "success()", "failure()", "cancelled()"];
    let asks = asks.iter().any(|function| inner.contains(function));
    (asks || contexts.success) && truth(&evaluate(inner, contexts))
}

/// The value of an expression.
#[track_caller]
pub(crate) fn evaluate(text: &str, contexts: &Contexts) -> Value {
    let mut parser = Reader {
        tokens: tokens(text),
        at: 0,
        contexts,
    };
    let value = parser.either();
    let left = &parser.tokens[parser.at..];
    assert!(left.is_empty(), "{left:?} is left of {text}");
    value
}

/// Whether a value counts as true.
pub(crate) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) => "Array".to_owned(),
        Value::Object(_) => "Object".to_owned(),
    }
}

/// Texts are compared without case; values of different kinds as numbers.
fn equal(left: &Value, right: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Null => 0.0,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Number(number) => number.as_f64().expect("numbers are small"),
        Value::String(text) if text.is_empty() => 0.0,
        Value::String(text) => text.parse().unwrap_or(f64::NAN),
        Value::Array(_) | Value::Object(_) => f64::NAN,
    };
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.eq_ignore_ascii_case(right),
        #[allow(
            clippy::float_cmp,
            reason = "the runner compares exactly, and NaN is nothing's equal"
        )]
        _ => number(left) == number(right),
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Text(String),
    Word(String),
    Sign(&'static str),
}

#[track_caller]
fn tokens(text: &str) -> Vec<Token> {
    const SIGNS: [&str; 8] = ["==", "!=", "&&", "||", "!", "(", ")", ","];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if let Some(mut quoted) = rest.strip_prefix('\'') {
            let mut value = String::new();
            loop {
                let (part, after) = quoted.split_once('\'').expect("a text ends");
                value.push_str(part);
                let Some(more) = after.strip_prefix('\'') else {
                    rest = after;
                    break;
                };
                value.push('\'');
                quoted = more;
            }
            tokens.push(Token::Text(value));
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c));
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            assert!(!word.is_empty(), "not supported: {rest}");
            tokens.push(Token::Word(word.to_owned()));
            rest = after;
        }
        rest = rest.trim_start();
    }
    tokens
}

struct Reader<'a> {
    tokens: Vec<Token>,
    at: usize,
    contexts: &'a Contexts<'a>,
}

impl Reader<'_> {
    fn take(&mut self, sign: &'static str) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    /// Both operators give one of their operands, not a truth.
    fn either(&mut self) -> Value {
        let mut left = self.both();
        while self.take("||") {
            let right = self.both();
            left = if truth(&left) { left } else { right };
        }
        left
    }

    fn both(&mut self) -> Value {
        let mut left = self.same();
        while self.take("&&") {
            let right = self.same();
            left = if truth(&left) { right } else { left };
        }
        left
    }

    fn same(&mut self) -> Value {
        let left = self.one();
        if self.take("==") {
            return equal(&left, &self.one()).into();
        }
        if self.take("!=") {
            return (!equal(&left, &self.one())).into();
        }
        left
    }

    fn one(&mut self) -> Value {
        if self.take("!") {
            return (!truth(&self.one())).into();
        }
        if self.take("(") {
            let value = self.either();
            assert!(self.take(")"), "a parenthesis is closed");
            return value;
        }
        self.at += 1;
        match &self.tokens[self.at - 1] {
            Token::Text(text) => Value::from(text.as_str()),
            Token::Word(word) => {
                let word = word.clone();
                if self.take("(") {
                    return self.call(&word);
                }
                self.name(&word)
            }
            Token::Sign(sign) => panic!("`{sign}` is no value"),
        }
    }

    fn call(&mut self, function: &str) -> Value {
        let mut given = Vec::new();
        while !self.take(")") {
            given.push(self.either());
            let _ = self.take(",");
        }
        let pair = || (as_text(&given[0]), as_text(&given[1]));
        match (function, given.len()) {
            ("always", 0) => true.into(),
            ("success", 0) => self.contexts.success.into(),
            ("failure", 0) => (!self.contexts.success).into(),
            ("cancelled", 0) => false.into(),
            ("contains", 2) => pair().0.contains(&pair().1).into(),
            ("startsWith", 2) => pair().0.starts_with(&pair().1).into(),
            _ => panic!("not supported: {function} of {}", given.len()),
        }
    }

    /// What a context lacks is null; a context that is not there is a mistake.
    fn name(&self, word: &str) -> Value {
        match word {
            "true" => return true.into(),
            "false" => return false.into(),
            "null" => return Value::Null,
            _ => {}
        }
        if let Ok(number) = word.parse::<i64>() {
            return number.into();
        }
        let mut parts = word.split('.');
        let context = parts.next().expect("splitting gives a first part");
        let value = self.contexts.values.get(context);
        let mut value = value.unwrap_or_else(|| panic!("there is no context `{context}`"));
        for part in parts {
            value = value.get(part).unwrap_or(&Value::Null);
        }
        value.clone()
    }
}

#[test]
fn values_are_those_of_the_runner() {
    let values = serde_json::json!({ "github": { "a": "X", "none": null, "n": 0 } });
    let contexts = Contexts {
        values: &values,
        success: false,
    };
    for (text, expected) in [
        ("github.a == 'x'", Value::from(true)),
        ("github.b", Value::Null),
        ("github.none != 'x'", true.into()),
        ("github.b == ''", true.into()),
        ("!cancelled() && github.a", "X".into()),
        ("github.n || 'it''s'", "it's".into()),
        ("(false || true) && !(github.n)", true.into()),
        (
            "contains(github.a, 'X') && startsWith('ab', 'b')",
            false.into(),
        ),
    ] {
        assert_eq!(evaluate(text, &contexts), expected, "{text}");
    }
    assert_eq!(
        fill("<${{ github.a }}|${{ failure() }}>", &contexts),
        "<X|true>"
    );
    assert!(!condition("github.a", &contexts), "a step failed before");
    assert!(condition("${{ always() && github.a }}", &contexts));
}
