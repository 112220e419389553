//! What of the baseline a run could have found again, and what becomes of its findings.

use std::collections::BTreeSet;

use crate::discover::{Disk, Input};
use crate::report::Report;
use crate::report::baseline::Entry;
use crate::rules;
use crate::settings::Settings;
use crate::text::RepoPath;

/// Takes out of a report, which has to be in its order, what the baseline has; or makes the baseline
/// that was asked for, which has all of it.
pub(super) fn apply(settings: &Settings, disk: &Disk, inputs: &[Input], report: &mut Report) {
    let Some(baseline) = &settings.baseline else {
        return;
    };
    let looked_at: BTreeSet<&str> = inputs
        .iter()
        .filter(|input| input.asked || input.kind.is_manifest())
        .map(|input| input.path.as_str())
        .collect();
    let unread: BTreeSet<String> = report
        .notices
        .iter()
        .filter_map(|notice| notice.path.as_ref())
        .map(|path| path.as_str().to_owned())
        .collect();
    let judged = |entry: &Entry| {
        let path = RepoPath::new(&entry.path);
        let rule = rules::ALL.iter().find(|rule| rule.id.0 == entry.rule);
        let wanted = rule.is_none_or(|rule| settings.wants(rule.id, &path));
        let read = looked_at.contains(path.as_str()) && !unread.contains(path.as_str());
        wanted && settings.judges(&path) && (read || !disk.exists(&path))
    };
    // A part of the code, or other releases, may not show what is there.
    let tells = settings.is_whole && !settings.is_trial;
    if baseline.is_new {
        let new = baseline.accepted.renewed(report, &judged);
        new.compare(report, &baseline.name, &|_| false);
        if let Some(compared) = &mut report.baseline {
            compared.new = Some(new);
        }
    } else {
        let judged = |entry: &Entry| tells && judged(entry);
        let accepted = &baseline.accepted;
        accepted.compare(report, &baseline.name, &judged);
    }
    if let Some(compared) = &mut report.baseline {
        compared.given.clone_from(&baseline.given);
    }
}
