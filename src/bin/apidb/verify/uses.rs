//! What the program says of names and members that are there.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use tfmp::finding::Level;
use tfmp::python;
use tfmp::text::RepoPath;

use super::compare::{Difference, Tally};
use super::probe::Facts;
use crate::said::Project;

/// The rules that tell of a missing name or member.
const MISSING: [&str; 5] = ["TFMP001", "TFMP002", "TFMP003", "TFMP007", "TFMP009"];

/// A file holds no more, so that no bound of the program leaves findings out.
const MOST: usize = 1_000;

/// Lets the program judge uses of all that an import has, with these pins, and adds what it reports
/// to the tallies.
pub(super) fn judge(
    folder: &Path,
    pins: &[&str],
    facts: &Facts,
    surface: impl Fn(&str) -> &'static str,
    tallies: &mut BTreeMap<&'static str, Tally>,
) -> Result<()> {
    let uses = uses(facts);
    for used in &uses {
        tallies.entry(surface(used)).or_default().asked += 1;
    }
    let root = uses.first().and_then(|first| first.split('.').next());
    for part in uses.chunks(MOST) {
        let code = format!("import {}\n{}\n", root.unwrap_or_default(), part.join("\n"));
        let report = Project::new(folder.join("project"), pins, &code)?.checked()?;
        ensure!(report.notices.is_empty(), "{:?}", report.notices);
        for finding in report.findings {
            if finding.level == Level::Note || !MISSING.contains(&finding.rule.0) {
                continue;
            }
            let at = finding
                .location
                .file
                .line_on_disk(finding.location.span.start);
            let used = &part[(at as usize).saturating_sub(2)];
            let tally = tallies.entry(surface(used)).or_default();
            let text = format!("{used}: {} {}", finding.rule.0, finding.message);
            // Each is used once; others of the same name would be told of here.
            for _ in 0..=finding.more_uses {
                tally.note(Difference::Reported, text.clone());
            }
        }
    }
    Ok(())
}

/// Names and members that an import has and that Python's grammar lets be written.
fn uses(facts: &Facts) -> Vec<String> {
    let mut uses = Vec::new();
    for (query, fact) in facts.iter().filter(|(_, fact)| fact["ok"] == true) {
        match query.split_once(' ') {
            Some(("A", path)) => uses.push(path.to_owned()),
            Some(("C", path)) => {
                let members = fact["members"].as_object().into_iter().flatten();
                uses.extend(members.map(|(name, _)| format!("{path}.{name}")));
            }
            _ => {}
        }
    }
    let path = RepoPath::new(Project::CODE);
    uses.retain(|one| {
        let is_special = one.split('.').any(|part| part.starts_with("__"));
        one.contains('.') && !is_special && python::parses(&path, one)
    });
    uses
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_there_is_used_and_what_is_reported_is_told() {
        let facts: Facts = [
            ("A tensorflow.Session", json!({"ok": true, "kind": "class"})),
            (
                "A tensorflow.function",
                json!({"ok": true, "kind": "function"}),
            ),
            ("A tensorflow.None", json!({"ok": true, "kind": "object"})),
            ("A tensorflow.gone", json!({"ok": false})),
            (
                "C tensorflow.Module",
                json!({"ok": true, "members": {"name_scope": [], "nonsense": []}}),
            ),
        ]
        .map(|(query, fact)| (query.to_owned(), fact))
        .into();
        let folder = std::env::temp_dir().join(format!("apidb-{}-uses", std::process::id()));
        let mut tallies = BTreeMap::new();
        judge(
            &folder,
            &["tensorflow==2.4.0"],
            &facts,
            |_| "all",
            &mut tallies,
        )
        .unwrap();
        let tally = &tallies["all"];
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(tally.asked, 4);
        let told = &tally.differences[&Difference::Reported];
        let told: Vec<&str> = told
            .iter()
            .filter_map(|one| one.split(':').next())
            .collect();
        assert_eq!(told, ["tensorflow.Session"]);
    }
}
