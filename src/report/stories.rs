//! What a finding tells besides its place, for people: what was told before, the ways out, and the uses
//! that go with it.

use std::collections::BTreeMap;

use crate::finding::{Finding, Fix, Safety};

/// Releases, ways out, run time.
type Story<'r> = (&'r str, &'r str, &'r [String], Option<&'r str>);

/// Stories told so far, by the finding that told them: later ones point there.
#[derive(Default)]
pub(crate) struct Stories<'r>(BTreeMap<Story<'r>, &'r Finding>);

impl<'r> Stories<'r> {
    /// The finding that told the same story under the same pins, if one did.
    pub(crate) fn earlier(&mut self, finding: &'r Finding) -> Option<&'r Finding> {
        let first = *self.0.entry(story(finding)?).or_insert(finding);
        (!std::ptr::eq(first, finding) && alike(first, finding)).then_some(first)
    }

    /// Whether a story was told.
    pub(crate) fn has_told(&self, finding: &'r Finding) -> bool {
        let first = story(finding).and_then(|story| self.0.get(&story));
        first.is_some_and(|first| alike(first, finding))
    }
}

fn story(finding: &Finding) -> Option<Story<'_>> {
    let tells =
        finding.releases.is_some() || !finding.help.is_empty() || finding.run_time.is_some();
    tells.then_some((
        &finding.message,
        &finding.label,
        &finding.help,
        finding.run_time.as_deref(),
    ))
}

/// Whether two findings with one story have one reason, too.
fn alike(one: &Finding, other: &Finding) -> bool {
    let pins = |finding: &Finding| -> Vec<_> {
        let places = finding.pins.iter().map(|pin| {
            let place = pin.location.as_ref();
            place.map(|place| (place.file.path.clone(), place.span))
        });
        places.collect()
    };
    one.releases == other.releases && pins(one) == pins(other)
}

/// The ways out of a finding, each with the word that leads it: `help`, or `fix` where none of them
/// names what the fix does.
pub(crate) fn ways_out(finding: &Finding) -> Vec<(&'static str, String)> {
    let fixed = finding.fix.as_ref();
    let named = fixed.and_then(|fix| finding.help.iter().position(|help| tells(help, fix)));
    let mut ways: Vec<(&'static str, String)> = Vec::new();
    for (place, help) in finding.help.iter().enumerate() {
        ways.push(match fixed {
            Some(fix) if named == Some(place) => {
                ("help", format!("{help} ({}\u{a0}fix)", safety(fix)))
            }
            _ => ("help", help.clone()),
        });
    }
    if let (Some(fix), None) = (fixed, named) {
        ways.push(("fix", format!("{} ({})", fix.title, safety(fix))));
    }
    ways
}

/// Uses that are not reported again.
pub(crate) fn more_uses(finding: &Finding) -> Option<String> {
    match finding.more_uses {
        0 => None,
        1 => Some("and 1 more use through this name, for the same cause".to_owned()),
        uses => Some(format!(
            "and {uses} more uses through this name, for the same cause"
        )),
    }
}

/// Whether a sentence already names what a fix does.
fn tells(help: &str, fix: &Fix) -> bool {
    let writes = |text: &str| !text.trim().is_empty() && help.contains(text.trim());
    let named = fix
        .title
        .split_once('`')
        .map(|(_, name)| format!("`{name}"));
    named.is_some_and(|name| help.contains(&name))
        || help.contains(&fix.title)
        || fix.edits.iter().any(|edit| writes(&edit.text))
}

const fn safety(fix: &Fix) -> &'static str {
    match fix.safety {
        Safety::Safe => "safe",
        Safety::Unsafe => "unsafe",
    }
}
