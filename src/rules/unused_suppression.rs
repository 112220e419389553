#![doc = include_str!("unused_suppression.md")]

use std::sync::Arc;

use crate::finding::{Finding, Fix, Level, Location, Safety};
use crate::rule::{RuleMeta, rule_advice};
use crate::suppress::directive::Odd;
use crate::suppress::{Fault, OWN, What};
use crate::text::SourceFile;

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: OWN,
    name: "unused-suppression",
    level: Level::Note,
    summary: "A comment that silences findings silences nothing.",
    page: include_str!("unused_suppression.md"),
};

/// What is wrong with a comment.
#[must_use]
pub fn finding(file: &Arc<SourceFile>, fault: &Fault) -> Finding {
    let location = Location {
        file: Arc::clone(file),
        span: fault.span,
    };
    let (symbol, message, help, title) = words(&fault.what);
    let mut finding = Finding::new(META.id, META.level, location, symbol, message);
    finding.help.extend(help);
    finding.fix = fault.edit.clone().map(|edit| Fix {
        title: title.to_owned(),
        safety: Safety::Safe,
        edits: vec![edit],
    });
    finding
}

/// Symbol, message, way out, and what the fix does.
fn words(what: &What) -> (String, String, Option<String>, &'static str) {
    match what {
        What::Unused(names) if names.is_empty() => (
            "ignore".to_owned(),
            "this comment silences nothing".to_owned(),
            None,
            "take the comment out",
        ),
        What::Unused(names) => {
            let list = names.join("`, `");
            let verb = if names.len() == 1 {
                "silences"
            } else {
                "silence"
            };
            let message = format!("`{list}` {verb} nothing here");
            (names.join(","), message, None, "take it out")
        }
        What::Unknown(name, nearest) => (
            name.clone(),
            format!("`{}` names no rule, and silences nothing", code(name)),
            Some(rule_advice(*nearest)),
            "take it out",
        ),
        What::Odd(odd) => {
            let (symbol, message, help) = odd_words(odd);
            (symbol, message, Some(help), "")
        }
    }
}

fn odd_words(odd: &Odd) -> (String, String, String) {
    match odd {
        Odd::Word(word, meant) => (
            word.clone(),
            format!("`tfmp: {word}` silences nothing"),
            format!("did you mean `tfmp: {meant}`?"),
        ),
        Odd::NoEnd => (
            "ignore".to_owned(),
            "the list of rules has no `]`, so that this comment silences nothing".to_owned(),
            "write it as `# tfmp: ignore[TFMP002]`".to_owned(),
        ),
        Odd::NoBrackets(name) => (
            name.clone(),
            format!("`{name}` has no brackets, so that this comment silences nothing"),
            format!("write `# tfmp: ignore[{name}]`"),
        ),
        Odd::BehindCode => (
            "ignore-file".to_owned(),
            "`tfmp: ignore-file` behind code silences nothing".to_owned(),
            "give it a line of its own, or write `# tfmp: ignore`".to_owned(),
        ),
        Odd::Until(text) => (
            "until".to_owned(),
            format!(
                "`until={}` is no version, so that this comment never ends",
                code(text)
            ),
            "write it as `until=2.9`".to_owned(),
        ),
    }
}

/// Text of the user's between backticks.
fn code(text: &str) -> String {
    text.replace('`', "'")
}
