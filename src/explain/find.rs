//! From what somebody types to a symbol of the history: shorthands, names without their root, and the
//! names that a typo may have meant.

use crate::api;
use crate::names::nearest;
use crate::narrow::leading;

/// What a text names.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// One symbol, by its canonical path.
    Symbol(String),
    /// None; the names that may be meant, best first.
    Nothing(Vec<String>),
}

/// More names than these are not offered.
const MOST: usize = 3;

/// The path that people mean by a text: `tf.nn.relu`, `K.set_session`, `tf.keras.Model().fit()`.
#[must_use]
pub fn spelled_out(text: &str) -> String {
    let text = text.trim().trim_matches('`');
    // A call is asked about by its name.
    let text = match text.strip_suffix(')').and_then(|rest| rest.rfind('(')) {
        Some(at) => &text[..at],
        None => text,
    };
    let text = text.replace("()", "").replace("import ", "");
    let (root, rest) = match text.split_once('.') {
        Some((root, rest)) => (root, format!(".{rest}")),
        None => (text.as_str(), String::new()),
    };
    match root {
        "tf" => format!("tensorflow{rest}"),
        "K" => format!("tensorflow.keras.backend{rest}"),
        "tfv1" | "tf1" => format!("tensorflow.compat.v1{rest}"),
        _ => text,
    }
}

/// Finds the symbol that a text names.
#[must_use]
pub fn find(text: &str) -> Found {
    let path = spelled_out(text);
    if super::life(&path, false).is_some() {
        return Found::Symbol(path);
    }
    let mut names = by_end(&path);
    // What several packages have under one name, is asked about where TensorFlow has it.
    let mut own = names.iter().filter(|name| name.starts_with("tensorflow."));
    match (&names[..], own.next(), own.next()) {
        ([only], ..) | (_, Some(only), None) => return Found::Symbol(only.clone()),
        _ => {}
    }
    if names.is_empty() {
        names = corrected(&path);
    }
    names.truncate(MOST);
    Found::Nothing(names)
}

/// The symbols whose path ends so, shortest first: for names that were given without their root.
fn by_end(path: &str) -> Vec<String> {
    if path.is_empty() || crate::names::Package::from_name(leading(path, 1)).is_some() {
        return Vec::new();
    }
    let mut found = api::ending(path);
    found.retain(|name| !name.contains(".compat.") && !name.contains("._") && !is_private(name));
    found.sort_by_key(|name| (name.len(), name.clone()));
    found
}

fn is_private(path: &str) -> bool {
    path.starts_with("tensorflow.python.") || path.contains(".src.")
}

/// The path with its first unknown part in the place of the nearest known one, and so on.
fn corrected(path: &str) -> Vec<String> {
    let mut parts = path.split('.');
    let Some(root) = parts.next() else {
        return Vec::new();
    };
    let roots = ["tensorflow", "keras", "tf_keras"];
    let Some(root) = roots
        .iter()
        .find(|known| **known == root)
        .copied()
        .or_else(|| nearest(root, roots))
    else {
        return Vec::new();
    };
    let mut good = root.to_owned();
    for part in parts {
        let next = format!("{good}.{part}");
        if api::lookup(&next).is_some() {
            good = next;
            continue;
        }
        let names = below(&good);
        match nearest(part, names.iter().map(String::as_str)) {
            Some(name) => good = format!("{good}.{name}"),
            None => return by_end(part),
        }
    }
    let known = good != path && super::life(&good, false).is_some();
    if known {
        return vec![good];
    }
    by_end(path.rsplit('.').next().unwrap_or(path))
}

/// The names below a module, or the members of a class.
fn below(path: &str) -> Vec<String> {
    let mut names = api::children(path).to_vec();
    let class = api::class::class(path);
    names.extend(class.names().map(str::to_owned));
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(spelled_out(text), expect);
    }

    #[test]
    fn shorthands_are_spelled_out() {
        check("tf.nn.relu", "tensorflow.nn.relu");
        check("tf", "tensorflow");
        check("K.set_session", "tensorflow.keras.backend.set_session");
        check("keras.Model", "keras.Model");
        check("`tf.Session()`", "tensorflow.Session");
        check("tf.keras.Model().fit(x, y)", "tensorflow.keras.Model.fit");
    }

    #[track_caller]
    fn check_found(text: &str, expect: &str) {
        match find(text) {
            Found::Symbol(path) => assert_eq!(path, expect, "{text}"),
            Found::Nothing(names) => {
                assert_eq!(names.first().map(String::as_str), Some(expect), "{text}");
            }
        }
    }

    #[test]
    fn names_without_a_root_are_found_by_their_end() {
        check_found(
            "enable_eager_execution",
            "tensorflow.enable_eager_execution",
        );
        check_found(
            "set_global_policy",
            "tensorflow.keras.mixed_precision.set_global_policy",
        );
    }

    #[test]
    fn typos_are_answered_with_the_nearest_name() {
        check_found(
            "tf.contib.layers.flatten",
            "tensorflow.contrib.layers.flatten",
        );
        check_found("tf.keras.layers.Dens", "tensorflow.keras.layers.Dense");
        check_found("tensorfow.nn.relu", "tensorflow.nn.relu");
        check_found("tf.keras.Model.fitt", "tensorflow.keras.Model.fit");
    }

    #[test]
    fn what_nobody_knows_is_nothing() {
        assert_eq!(find("numpy.float32x"), Found::Nothing(Vec::new()));
        assert_eq!(find(""), Found::Nothing(Vec::new()));
    }
}
