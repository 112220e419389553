//! Where a finding can be commented on: lines of the diff that read as the lines that were checked.

use crate::github::diff::{HeadLine, Patch};
use crate::github::told::{Change, Remark};

/// The lines that a comment stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The first of them, where there are several.
    pub(super) start: Option<u32>,
    /// The last of them, base 1.
    pub(super) line: u32,
    /// What a button puts in their place: all of them are what a certain repair replaces.
    pub(super) suggestion: Option<Vec<String>>,
}

impl Spot {
    /// On all of the lines.
    fn on(lines: &[HeadLine<'_>], suggestion: Option<Vec<String>>) -> Option<Self> {
        let (first, last) = (lines.first()?, lines.last()?);
        Some(Self {
            start: (lines.len() > 1).then_some(first.number),
            line: last.number,
            suggestion,
        })
    }

    /// How many lines it has.
    pub(super) fn height(&self) -> u32 {
        self.start.map_or(1, |start| self.line - start + 1)
    }
}

/// Where a finding is commented on; `None` where the diff does not show its lines.
pub(super) fn spot(remark: &Remark, patch: &Patch<'_>) -> Option<Spot> {
    let suggested = suggestion(remark).and_then(|change| {
        let before: Vec<&str> = change.before.iter().map(String::as_str).collect();
        let lines = patch.find(change.start, &before)?;
        // Which line ends a suggestion would bring is not written anywhere.
        let plain = lines.iter().all(|line| !line.crlf);
        plain.then(|| Spot::on(lines, Some(change.after.clone())))?
    });
    suggested.or_else(|| {
        let source: Vec<&str> = remark.source.iter().map(String::as_str).collect();
        let whole = patch.find(remark.lines.0, &source);
        let lines = whole.or_else(|| patch.find(remark.lines.0, source.get(..1)?))?;
        Spot::on(lines, None)
    })
}

/// The change that a button may make: the whole of a safe repair, on lines of the finding.
fn suggestion(remark: &Remark) -> Option<&Change> {
    let repair = remark.repair.as_ref().filter(|repair| repair.is_safe)?;
    let [change] = &repair.changes[..] else {
        return None;
    };
    let end = u64::from(change.start) + change.before.len() as u64;
    let meets = change.start <= remark.lines.1 && u64::from(remark.lines.0) < end;
    (meets && change.path == remark.path).then_some(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::review::samples::remark;
    use crate::github::told::Repair;

    const PATCH: &str = "@@ -1,2 +1,4 @@\n import tensorflow as tf\n+f(\n+    a)\n x = 1";

    fn repair(start: u32, before: &[&str], after: &[&str]) -> Repair {
        let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
        Repair {
            title: "use `g`".to_owned(),
            is_safe: true,
            changes: vec![Change {
                path: "src/train.py".to_owned(),
                start,
                before: lines(before),
                after: lines(after),
            }],
        }
    }

    /// First line where there are several, last line, what a button brings.
    type Expected<'e> = (Option<u32>, u32, Option<&'e [&'e str]>);

    #[track_caller]
    fn check(remark: &Remark, patch: &str, expect: Option<Expected<'_>>) {
        let spot = spot(remark, &Patch::parse(patch));
        let found = spot.as_ref().map(|spot| {
            let suggestion = spot.suggestion.as_ref();
            let lines = suggestion.map(|lines| lines.iter().map(String::as_str).collect());
            (spot.start, spot.line, lines)
        });
        let expect = expect.map(|(start, line, lines)| (start, line, lines.map(<[&str]>::to_vec)));
        assert_eq!(found, expect);
    }

    #[test]
    fn a_line_of_the_diff() {
        check(&remark(2, &["f("]), PATCH, Some((None, 2, None)));
        check(
            &remark(2, &["f(", "    a)"]),
            PATCH,
            Some((Some(2), 3, None)),
        );
        check(
            &remark(1, &["import tensorflow as tf"]),
            PATCH,
            Some((None, 1, None)),
        );
    }

    #[test]
    fn lines_that_leave_the_diff_are_told_on_the_first() {
        check(
            &remark(4, &["x = 1", "y = 2"]),
            PATCH,
            Some((None, 4, None)),
        );
    }

    #[test]
    fn what_the_diff_does_not_show_or_shows_otherwise() {
        check(&remark(9, &["y = 2"]), PATCH, None);
        check(&remark(2, &["g("]), PATCH, None);
        check(&remark(2, &[]), PATCH, None);
    }

    #[test]
    fn a_certain_repair_is_suggested_for_the_lines_that_it_replaces() {
        let mut one = remark(2, &["f("]);
        one.repair = Some(repair(2, &["f("], &["g("]));
        check(&one, PATCH, Some((None, 2, Some(&["g("]))));
        one.repair = Some(repair(2, &["f(", "    a)"], &["g()"]));
        check(&one, PATCH, Some((Some(2), 3, Some(&["g()"]))));
    }

    #[test]
    fn a_suggestion_follows_lines_that_the_base_shifted() {
        let mut one = remark(12, &["f("]);
        one.repair = Some(repair(12, &["f("], &["g("]));
        check(&one, PATCH, Some((None, 2, Some(&["g("]))));
    }

    #[test]
    fn nothing_is_suggested_for_other_lines_than_the_checked_ones() {
        let mut one = remark(2, &["f("]);
        one.repair = Some(repair(2, &["f(x"], &["g("]));
        check(&one, PATCH, Some((None, 2, None)));
        // The repair changes lines that the diff does not show.
        one.repair = Some(repair(2, &["f(", "    a)", "x = 1", "y = 2"], &["g("]));
        check(&one, PATCH, Some((None, 2, None)));
        // It changes another place.
        one.repair = Some(repair(4, &["x = 1"], &["x = 2"]));
        check(&one, PATCH, Some((None, 2, None)));
    }

    #[test]
    fn nothing_uncertain_is_suggested() {
        let mut one = remark(2, &["f("]);
        let mut uncertain = repair(2, &["f("], &["g("]);
        uncertain.is_safe = false;
        one.repair = Some(uncertain);
        check(&one, PATCH, Some((None, 2, None)));
        let mut two = repair(2, &["f("], &["g("]);
        two.changes.push(two.changes[0].clone());
        one.repair = Some(two);
        check(&one, PATCH, Some((None, 2, None)));
        let mut elsewhere = repair(2, &["f("], &["g("]);
        elsewhere.changes[0].path = "src/other.py".to_owned();
        one.repair = Some(elsewhere);
        check(&one, PATCH, Some((None, 2, None)));
    }

    #[test]
    fn nothing_is_suggested_for_line_ends_of_windows() {
        let mut one = remark(1, &["f("]);
        one.repair = Some(repair(1, &["f("], &["g("]));
        check(&one, "@@ -0,0 +1 @@\n+f(\r", Some((None, 1, None)));
    }
}
