//! `tox.ini`: what [tox](https://tox.wiki/en/latest/config.html) installs for its environments.
//!
//! Supported: `deps` of `[testenv]` and `[testenv:name]`, factor conditions (`tf23: tensorflow==2.3.*`),
//! `-r` and `-c`, `setenv`. Not supported: substitutions such as `{env:TF}`; the version is then not
//! known. Every factor is an environment of its own.

use std::sync::Arc;

use super::sheet::Sheet;
use super::{Ctx, Found, Role, ini, install};
use crate::text::SourceFile;

/// The pins of a `tox.ini`.
pub(crate) fn read(file: &Arc<SourceFile>, ctx: Ctx<'_>) -> Found {
    let mut sheet = Sheet::new(file);
    for line in ini::lines(&file.text) {
        let Some(name) = line.section.strip_prefix("testenv") else {
            continue;
        };
        let name = name.trim_start_matches(':');
        let (factor, text) = condition(line.text);
        if matches!(line.key, "setenv" | "set_env") {
            if let Some((name, value)) = text.split_once('=') {
                sheet.sets(name.trim(), value);
            }
            continue;
        }
        if line.key != "deps" {
            continue;
        }
        let group = if factor.is_empty() { name } else { factor };
        if let Some(target) = text.strip_prefix("-r").or_else(|| text.strip_prefix("-c")) {
            let role = if text.starts_with("-c") {
                Role::Constraint
            } else {
                Role::Requirement
            };
            install::include(target.trim(), role, &mut sheet, ctx);
            continue;
        }
        let start = line.at.end - text.len();
        let text = text.replace("{env:", "${env:");
        sheet.plain(&text, start..line.at.end, group);
    }
    sheet.finish()
}

/// Parts a factor condition from what it is for: `tf23,tf24: tensorflow` and `!cpu: x`.
fn condition(line: &str) -> (&str, &str) {
    let is_factor = |c: char| c.is_ascii_alphanumeric() || "-_.,!{}".contains(c);
    match line.split_once(": ").or_else(|| line.split_once(':')) {
        Some((factor, rest)) if factor.chars().all(is_factor) && !rest.starts_with("//") => {
            (factor.trim(), rest.trim())
        }
        _ => ("", line),
    }
}
