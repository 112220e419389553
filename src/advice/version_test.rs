//! Tests of versions that mean what they say: numbers compared as a tuple, prefixes with their dot.

use crate::finding::{Edit, Fix, Safety};
use crate::text::{SourceFile, Span};

/// Rewrites a test that compares a version as text or as a decimal number, or tests its first
/// letters, where the rewrite says what was meant on every release. `span` is the whole test.
///
/// Supported: `v < "2.4.0"`, `v >= "2.4"`, `v[:3] == "2.4"`, `float(v[:3]) < 2.4`,
/// `v.startswith("2.1")`, where `v` is a name. Not supported: literals on the left, and comparisons
/// that need the third number, which pre-releases do not have as a whole number.
#[must_use]
pub fn numbers(file: &SourceFile, span: Span) -> Option<Fix> {
    let source = file.text.get(span.range())?;
    let (title, text) = match prefix(source) {
        Some(text) => ("test the prefix with its dot", text),
        None => ("compare whole numbers", comparison(source)?),
    };
    Some(Fix {
        title: title.to_owned(),
        safety: Safety::Safe,
        edits: vec![Edit {
            path: file.path.clone(),
            span,
            text,
        }],
    })
}

/// `v.startswith("2.1")` as `v.startswith("2.1.")`.
fn prefix(source: &str) -> Option<String> {
    let (name, argument) = source.split_once(".startswith(")?;
    let argument = argument.strip_suffix(')')?;
    let (literal, quote) = quoted(argument)?;
    let numbers = numbers_of(literal)?;
    (is_name(name) && numbers.len() == 2)
        .then(|| format!("{name}.startswith({quote}{literal}.{quote})"))
}

fn comparison(source: &str) -> Option<String> {
    let at = source.find(['<', '>', '=', '!'])?;
    let (left, rest) = source.split_at(at);
    let op = ["<=", ">=", "==", "!=", "<", ">"]
        .into_iter()
        .find(|op| rest.starts_with(op))?;
    let (left, right) = (left.trim_end(), rest[op.len()..].trim_start());
    let sliced = |text: &'_ str| {
        let name = text.strip_suffix("[:3]")?;
        is_name(name).then(|| name.to_owned())
    };
    let as_number = || {
        let inner = left.strip_prefix("float(")?.strip_suffix(')')?;
        Some((sliced(inner)?, numbers_of(right)?, '"'))
    };
    let as_slice = || {
        let (literal, quote) = quoted(right)?;
        Some((sliced(left)?, numbers_of(literal)?, quote))
    };
    let as_text = || {
        let (literal, quote) = quoted(right)?;
        let mut numbers = numbers_of(literal)?;
        // The first of its minor release: two numbers tell what comes before it.
        let first = numbers.len() == 2 || numbers.len() == 3 && numbers.pop() == Some("0");
        (is_name(left) && first && matches!(op, "<" | ">="))
            .then(|| (left.to_owned(), numbers, quote))
    };
    let (name, numbers, quote) = as_number().or_else(as_slice).or_else(as_text)?;
    let [major, minor] = numbers[..] else {
        return None;
    };
    Some(format!(
        "tuple(map(int, {name}.split({quote}.{quote})[:2])) {op} ({major}, {minor})"
    ))
}

/// The inside of a plain string and its quote.
fn quoted(text: &str) -> Option<(&str, char)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains([quote, '\\'])).then_some((inner, quote))
}

/// The numbers of `2.4.0`, as they are written.
fn numbers_of(text: &str) -> Option<Vec<&str>> {
    let number = |part: &&str| {
        let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        plain && (part.len() == 1 || !part.starts_with('0'))
    };
    let parts: Vec<&str> = text.split('.').collect();
    parts.iter().all(number).then_some(parts)
}

fn is_name(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RepoPath;

    #[track_caller]
    fn check(source: &str, expect: Option<&str>) {
        let file = SourceFile::new(RepoPath::new("a.py"), source.to_owned());
        let end = u32::try_from(source.len()).unwrap();
        let fix = numbers(&file, Span::new(0, end));
        assert_eq!(fix.map(|fix| fix.edits[0].text.clone()).as_deref(), expect);
    }

    #[test]
    fn text_becomes_numbers() {
        let tuple = |rest: &str| format!("tuple(map(int, tf.__version__.split(\".\")[:2])) {rest}");
        check("tf.__version__ < \"2.4.0\"", Some(&tuple("< (2, 4)")));
        check("tf.__version__>=\"2.10\"", Some(&tuple(">= (2, 10)")));
        check("tf.__version__[:3] == \"2.1\"", Some(&tuple("== (2, 1)")));
        check(
            "float(tf.__version__[:3]) <= 2.4",
            Some(&tuple("<= (2, 4)")),
        );
        check(
            "v < '2.4'",
            Some("tuple(map(int, v.split('.')[:2])) < (2, 4)"),
        );
        check(
            "tf.__version__.startswith('2.1')",
            Some("tf.__version__.startswith('2.1.')"),
        );
    }

    #[test]
    fn what_needs_more_than_two_numbers_stays() {
        for source in [
            "tf.__version__ < \"2.4.1\"",
            "tf.__version__ > \"2.4.0\"",
            "tf.__version__ <= \"2.4\"",
            "tf.__version__ < \"2.4.0rc0\"",
            "\"2.4.0\" > tf.__version__",
            "tf.__version__[:4] < \"2.4\"",
            "f(tf).__version__ < \"2.4\"",
            "tf.__version__ < \"2.4\" < x",
            "tf.__version__ < \"2\"",
            "tf.__version__.startswith((\"2.1\", \"2.2\"))",
        ] {
            check(source, None);
        }
    }
}
