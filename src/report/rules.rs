//! The list of rules, as `tfmp rules` prints it.

use std::io;

use anstyle::Style;
use serde::Serialize;

use crate::report::page;
use crate::report::printable::{inert, wrap};
use crate::report::terminal::Look;
use crate::rule::RuleMeta;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The columns that a summary needs beside what leads it; where there are fewer, it stands below.
const NEEDED: usize = 40;
/// How far it stands in there.
const INDENT: usize = 9;

/// Lists the rules for people, within a number of columns.
///
/// # Errors
///
/// What the output answers.
pub fn write_terminal(rules: &[RuleMeta], width: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let widest = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for rule in rules {
        let (id, name, level) = (rule.id, rule.name, rule.level.name());
        let head = format!("{id}  {name:widest$}  {level:7}  ");
        let is_narrow = width < head.len() + NEEDED;
        let indent = if is_narrow { INDENT } else { head.len() };
        if is_narrow {
            writeln!(out, "{}", head.trim_end())?;
        }
        let rows = wrap(rule.summary, width.saturating_sub(indent).max(20));
        for (place, row) in rows.iter().enumerate() {
            let lead = if place == 0 && !is_narrow {
                head.as_str()
            } else {
                ""
            };
            writeln!(out, "{lead:indent$}{row}")?;
        }
    }
    Ok(())
}

/// Lists the rules as a Markdown table.
///
/// # Errors
///
/// What the output answers.
pub fn write_markdown(rules: &[RuleMeta], out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "| id | name | level | fires when |")?;
    writeln!(out, "|---|---|---|---|")?;
    for rule in rules {
        let (level, summary) = (rule.level.name(), rule.summary.replace('|', "\\|"));
        writeln!(out, "| {} | {} | {level} | {summary} |", rule.id, rule.name)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct RuleView {
    id: &'static str,
    name: &'static str,
    level: &'static str,
    summary: &'static str,
    page: &'static str,
}

/// Lists the rules, with their pages, as a JSON array.
///
/// # Errors
///
/// What the output answers.
pub fn write_json(rules: &[RuleMeta], out: &mut dyn io::Write) -> io::Result<()> {
    let views: Vec<RuleView> = rules
        .iter()
        .map(|rule| RuleView {
            id: rule.id.0,
            name: rule.name,
            level: rule.level.name(),
            summary: rule.summary,
            page: page::body(rule.page),
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &views)?;
    writeln!(out)
}

/// Writes the page of a rule for people.
///
/// # Errors
///
/// What the output answers.
pub fn write_page(rule: &RuleMeta, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = |style: Style, text: &str| match look.color {
        true => format!("{style}{text}{style:#}"),
        false => text.to_owned(),
    };
    let title = format!("{} {}", rule.id, rule.name);
    writeln!(out, "{} ({})", paint(BOLD, &title), rule.level.name())?;
    let mut code = false;
    let mut paragraph = String::new();
    let body = page::body(rule.page).lines();
    // The title of the page says the same.
    for line in body.skip_while(|line| line.starts_with("# ")).chain([""]) {
        let fence = line.starts_with("```");
        let part = |mark| line.starts_with(mark);
        let alone = fence || code || line.trim().is_empty() || part("#") || part("|");
        if (alone || part("* ") || part("- ")) && !paragraph.is_empty() {
            let hang = if paragraph.starts_with(['*', '-']) {
                2
            } else {
                0
            };
            let rows = wrap(&paragraph, look.width.saturating_sub(hang).max(20));
            for (place, row) in rows.iter().enumerate() {
                let hang = if place == 0 { 0 } else { hang };
                writeln!(out, "{:hang$}{row}", "")?;
            }
            paragraph.clear();
        }
        if fence {
            code = !code;
            let language = line.trim_start_matches('`');
            if code && !language.is_empty() {
                writeln!(out, "  {}", paint(DIM, &format!("# {}", caption(language))))?;
            }
        } else if code {
            writeln!(out, "  {}", inert(line))?;
        } else if part("#") {
            writeln!(out, "{}", paint(BOLD, line.trim_start_matches(['#', ' '])))?;
        } else if alone {
            writeln!(out, "{}", inert(line))?;
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    Ok(())
}

/// What a block of a page is.
fn caption(language: &str) -> &str {
    match language.trim() {
        "requirements" => "requirements.txt",
        "py" => "the code",
        "py fixed" => "after `tfmp fix`",
        "py fixed unsafe" => "after `tfmp fix --unsafe`",
        other => other,
    }
}

/// Writes the page of a rule for a document.
///
/// # Errors
///
/// What the output answers.
pub fn write_page_markdown(rule: &RuleMeta, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{}", page::body(rule.page))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::RULES;

    #[test]
    fn people_get_columns_that_fit() {
        let mut out = Vec::new();
        write_terminal(&RULES[..1], 75, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "TFMP001  api-too-new  error    the symbol appears only after the permitted\n\
             \x20                              releases\n",
        );
    }

    #[test]
    fn narrow_terminals_get_the_summary_below() {
        let mut out = Vec::new();
        write_terminal(&RULES[..1], 50, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "TFMP001  api-too-new  error\n\
             \x20        the symbol appears only after the\n\
             \x20        permitted releases\n",
        );
    }

    #[test]
    fn programs_get_every_field() {
        let mut out = Vec::new();
        write_json(RULES, &mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value[2]["id"], "TFMP003");
        assert_eq!(value[2]["level"], "note");
        assert!(value[0]["page"].as_str().unwrap().starts_with("## What"));
    }

    #[test]
    fn documents_get_a_table() {
        let mut out = Vec::new();
        write_markdown(&RULES[1..2], &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().ends_with(
            "| TFMP002 | api-removed | error | the permitted releases no longer have the symbol |\n"
        ));
    }
}
