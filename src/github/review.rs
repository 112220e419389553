//! The plan of a review: what is posted, changed and deleted on a pull request, from the findings of
//! a run, the patches of the pull request, and what earlier runs left there. Pure: `client` gathers
//! the one and does the other.
//!
//! A comment is that of a finding, known by the marker that it ends with (`marker`): rule, path, symbol
//! and occurrence, never a line. One that still holds stays, one whose finding is gone is deleted unless
//! somebody answered it, and one that GitHub calls outdated gives way to a new one on the finding's line.
//!
//! One review of ours carries the body with everything that no line can show. Later runs rewrite it,
//! which tells nobody anything, and post a further review only for comments that are new.

mod marker;
mod pin;
mod place;
#[cfg(test)]
pub(crate) mod samples;
mod words;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use self::marker::{Marker, hash};
use self::pin::ChangedPin;
use self::place::Spot;
use self::words::Body;
use crate::github::diff::Patch;
use crate::github::told::{Remark, Told};
use crate::report::links::Repository;

/// A file that a pull request changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path at the head.
    pub path: String,
    /// Its hunks; GitHub gives none of binary files, and none of large ones.
    pub patch: Option<String>,
}

/// A comment on lines of the pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// The file.
    pub path: String,
    /// The lines it stands on at the head, first and last; `None` where GitHub does not say.
    pub lines: Option<(u32, u32)>,
    /// Its lines have changed since.
    pub is_outdated: bool,
    /// Its text.
    pub body: String,
    /// The account that writes our comments wrote it.
    pub is_ours: bool,
    /// The comment that it answers.
    pub answers: Option<u64>,
}

/// A review that was posted before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Its number.
    pub id: u64,
    /// Its body.
    pub body: String,
    /// The account that writes our reviews wrote it.
    pub is_ours: bool,
}

/// What a review is planned from.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'g> {
    /// The report.
    pub told: &'g Told,
    /// The files that the pull request changes.
    pub files: &'g [ChangedFile],
    /// These are all of them.
    pub all_files: bool,
    /// The comments on its lines.
    pub comments: &'g [Comment],
    /// Its reviews.
    pub reviews: &'g [Earlier],
    /// The repository, at the head of the pull request.
    pub repository: &'g Repository,
    /// The most comments that stand on lines.
    pub most: usize,
    /// What tells this analysis from others of the same pull request.
    pub category: &'g str,
}

/// A comment to post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewComment {
    /// The file.
    pub path: String,
    /// The first line, where there are several.
    pub start: Option<u32>,
    /// The last line, base 1.
    pub line: u32,
    /// Its text.
    pub body: String,
}

/// What happens to the body that tells the state of the pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A review with that body is posted.
    Post(String),
    /// The body of that review is replaced.
    Replace(u64, String),
    /// It says already what there is to say, or there is nothing.
    Leave,
}

/// What a run does on a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Comments that go into one new review.
    pub new: Vec<NewComment>,
    /// The body with what no line can show.
    pub body: Standing,
    /// The body of a review that only brings `new`.
    pub brief: String,
    /// The body where GitHub refuses `new`.
    pub without_lines: Standing,
    /// Comments that get another text.
    pub change: Vec<(u64, String)>,
    /// Comments that go.
    pub delete: Vec<u64>,
    /// Comments that go once `new` is there.
    pub replaced: Vec<u64>,
    /// Comments that hold as they are.
    pub kept: usize,
    /// Findings that the body tells.
    pub listed: usize,
}

impl Plan {
    /// Whether everything is on the pull request already.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.new.is_empty()
            && self.body == Standing::Leave
            && self.change.is_empty()
            && self.delete.is_empty()
    }
}

/// What one comment is about.
enum Subject<'g> {
    Finding(usize),
    Pin(&'g ChangedPin),
}

/// A comment that could stand on the pull request.
struct Entry<'g> {
    subject: Subject<'g>,
    path: &'g str,
    spot: Option<Spot>,
    fingerprint: String,
    of: String,
    rule: &'g str,
}

/// Plans the review.
#[must_use]
pub fn plan(ground: &Ground<'_>) -> Plan {
    let findings = &ground.told.findings;
    let patches = patches(ground);
    let pins = pin::changed(findings, |path| patches.get(path));
    let entries = entries(findings, &pins, &patches);
    let paired = pair(&entries, ground);
    let sorted = sort(ground, &entries, &paired);

    let of_pins: BTreeSet<usize> = entries
        .iter()
        .enumerate()
        .filter(|(index, _)| sorted.shown.contains(index))
        .filter_map(|(_, entry)| match entry.subject {
            Subject::Pin(pin) => Some(pin.broken.iter().copied()),
            Subject::Finding(_) => None,
        })
        .flatten()
        .collect();
    let mut listed: Vec<usize> = entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| match entry.subject {
            Subject::Finding(finding) if !sorted.shown.contains(&index) => Some(finding),
            Subject::Finding(_) | Subject::Pin(_) => None,
        })
        .filter(|finding| !of_pins.contains(finding))
        .collect();
    listed.sort_by_key(|&index| Reverse(findings[index].level));
    let bodies = Bodies { ground };
    let all: Vec<usize> = {
        let mut all: Vec<usize> = (0..findings.len()).collect();
        all.sort_by_key(|&index| Reverse(findings[index].level));
        all
    };
    Plan {
        body: bodies.standing(&listed, sorted.shown.len(), &hindrance(ground, &entries)),
        brief: words::more(sorted.new.len()),
        without_lines: bodies.standing(&all, 0, REFUSED),
        new: sorted.new,
        change: sorted.change,
        delete: gone(ground, &paired),
        replaced: sorted.replaced,
        kept: sorted.kept,
        listed: listed.len(),
    }
}

/// What the body says where GitHub takes no comment on lines.
const REFUSED: &str = "GitHub took no comments on lines of this pull request, so all is told here.";

/// The patches of files that findings or their pins name.
fn patches<'g>(ground: &Ground<'g>) -> BTreeMap<&'g str, Patch<'g>> {
    let findings = &ground.told.findings;
    let pins = findings.iter().flat_map(|finding| &finding.pins);
    let pinned = pins.filter_map(|pin| pin.place.as_ref().map(|place| place.0.as_str()));
    let named: BTreeSet<&str> = findings
        .iter()
        .map(|finding| finding.path.as_str())
        .chain(pinned)
        .collect();
    ground
        .files
        .iter()
        .filter(|file| named.contains(file.path.as_str()))
        .filter_map(|file| Some((file.path.as_str(), Patch::parse(file.patch.as_deref()?))))
        .collect()
}

/// Everything that could be a comment: changed pins first, then findings, worst first.
fn entries<'g>(
    findings: &'g [Remark],
    pins: &'g [ChangedPin],
    patches: &BTreeMap<&'g str, Patch<'g>>,
) -> Vec<Entry<'g>> {
    let mut entries: Vec<Entry<'g>> = pins
        .iter()
        .map(|pin| {
            let name = hash(["pin", &pin.path, pin.package.name()]);
            Entry {
                path: &pin.path,
                spot: Some(Spot {
                    start: None,
                    line: pin.line,
                    suggestion: None,
                }),
                fingerprint: name.clone(),
                of: name,
                rule: "pin",
                subject: Subject::Pin(pin),
            }
        })
        .collect();
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|&index| Reverse(findings[index].level));
    entries.extend(order.into_iter().map(|index| {
        let finding = &findings[index];
        let patch = patches.get(finding.path.as_str());
        Entry {
            path: &finding.path,
            spot: patch.and_then(|patch| place::spot(finding, patch)),
            fingerprint: finding.fingerprint.clone(),
            of: hash([finding.rule.id.0, &finding.path, &finding.symbol]),
            rule: finding.rule.id.0,
            subject: Subject::Finding(index),
        }
    }));
    entries
}

/// Comments of ours, and whose they are.
struct Paired<'g> {
    /// For each entry its comment.
    comments: Vec<Option<(&'g Comment, Marker)>>,
    /// Comments that are nobody's any more.
    left: Vec<&'g Comment>,
}

/// Whether a comment is that of an entry.
type Test<'t> = dyn Fn(&Entry<'_>, &Comment, &Marker) -> bool + 't;

/// Finds the comment of each entry: one on its very line first, since of equal findings the first may
/// be gone and the others count anew; then by fingerprint.
fn pair<'g>(entries: &[Entry<'_>], ground: &Ground<'g>) -> Paired<'g> {
    let by = hash([ground.category]);
    let mut ours: Vec<Option<(&Comment, Marker)>> = ground
        .comments
        .iter()
        .filter(|comment| comment.is_ours && comment.answers.is_none())
        .filter_map(|comment| Some((comment, Marker::read(&comment.body)?)))
        .filter(|(_, marker)| marker.by == by)
        .map(Some)
        .collect();
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, comment) in ours.iter().enumerate() {
        if let Some((_, marker)) = comment {
            groups.entry(marker.of.clone()).or_default().push(at);
        }
    }
    let mut found: Vec<Option<(&Comment, Marker)>> = entries.iter().map(|_| None).collect();
    let on_line = |entry: &Entry<'_>, comment: &Comment, _: &Marker| {
        let last = entry.spot.as_ref().map(|spot| spot.line);
        let there = comment.lines.map(|(_, last)| last);
        !comment.is_outdated && comment.path == entry.path && last.is_some() && last == there
    };
    let by_name =
        |entry: &Entry<'_>, _: &Comment, marker: &Marker| marker.fingerprint == entry.fingerprint;
    let tests: [&Test<'_>; 2] = [&on_line, &by_name];
    for test in tests {
        for (entry, found) in entries.iter().zip(&mut found) {
            if found.is_some() {
                continue;
            }
            let group = groups.get(&entry.of).map_or(&[][..], Vec::as_slice);
            let fits = |at: &&usize| {
                let comment = ours[**at].as_ref();
                comment.is_some_and(|(comment, marker)| test(entry, comment, marker))
            };
            if let Some(&at) = group.iter().find(fits) {
                *found = ours[at].take();
            }
        }
    }
    Paired {
        comments: found,
        left: ours
            .into_iter()
            .flatten()
            .map(|(comment, _)| comment)
            .collect(),
    }
}

/// What becomes of entries and of their comments.
#[derive(Default)]
struct Sorted {
    new: Vec<NewComment>,
    change: Vec<(u64, String)>,
    replaced: Vec<u64>,
    kept: usize,
    /// The entries that a line tells afterwards.
    shown: BTreeSet<usize>,
}

fn sort(ground: &Ground<'_>, entries: &[Entry<'_>], paired: &Paired<'_>) -> Sorted {
    let mut sorted = Sorted::default();
    let mut waiting = Vec::new();
    for (index, (entry, comment)) in entries.iter().zip(&paired.comments).enumerate() {
        let Some((comment, marker)) = comment else {
            waiting.extend(entry.spot.is_some().then_some(index));
            continue;
        };
        if comment.is_outdated && entry.spot.is_some() && !is_answered(comment, ground.comments) {
            waiting.push(index);
            continue;
        }
        // A button replaces the lines that its comment stands on, so it has to stand on all of them.
        let height = comment
            .lines
            .map(|(first, last)| last.saturating_sub(first) + 1);
        let fits = |spot: &&Spot| height.is_none_or(|height| height == spot.height());
        let spot = entry.spot.as_ref().filter(fits);
        let (body, text) = written(entry, spot, ground);
        if text == marker.text || !ground.all_files && spot.is_none() {
            sorted.kept += 1;
        } else {
            sorted.change.push((comment.id, body));
        }
        if !comment.is_outdated {
            sorted.shown.insert(index);
        }
    }
    let room = ground.most.saturating_sub(sorted.shown.len());
    for index in waiting.into_iter().take(room) {
        let entry = &entries[index];
        let Some(spot) = &entry.spot else { continue };
        sorted.new.push(NewComment {
            path: entry.path.to_owned(),
            start: spot.start,
            line: spot.line,
            body: written(entry, Some(spot), ground).0,
        });
        sorted.shown.insert(index);
        if let Some((old, _)) = &paired.comments[index] {
            sorted.replaced.push(old.id);
        }
    }
    sorted
}

/// The text of a comment with its marker, and the name of the text.
fn written(entry: &Entry<'_>, spot: Option<&Spot>, ground: &Ground<'_>) -> (String, String) {
    let findings = &ground.told.findings;
    let say = |repository: &Repository| match entry.subject {
        Subject::Pin(pin) => words::pin_comment(pin, findings, repository),
        Subject::Finding(index) => {
            let suggestion = spot.and_then(|spot| spot.suggestion.as_deref());
            words::comment(&findings[index], suggestion, repository)
        }
    };
    // Links name the commit: with each push they would make another text of the same words.
    let text = hash([say(&without_commit(ground.repository)).as_str()]);
    let marker = Marker {
        fingerprint: entry.fingerprint.clone(),
        rule: entry.rule.to_owned(),
        of: entry.of.clone(),
        by: hash([ground.category]),
        text: text.clone(),
    };
    (format!("{}\n\n{marker}", say(ground.repository)), text)
}

fn without_commit(repository: &Repository) -> Repository {
    Repository {
        commit: String::new(),
        ..repository.clone()
    }
}

fn is_answered(comment: &Comment, comments: &[Comment]) -> bool {
    comments
        .iter()
        .any(|other| other.answers == Some(comment.id))
}

/// Comments that go: their finding is gone, and nobody answered them.
fn gone(ground: &Ground<'_>, paired: &Paired<'_>) -> Vec<u64> {
    // What a report cannot tell may still be there.
    if ground.told.left_out > 0 {
        return Vec::new();
    }
    let answered = |comment: &&&Comment| !is_answered(comment, ground.comments);
    paired
        .left
        .iter()
        .filter(answered)
        .map(|comment| comment.id)
        .collect()
}

/// Why findings of changed files have no comment on their line; `""` where none does.
fn hindrance(ground: &Ground<'_>, entries: &[Entry<'_>]) -> String {
    if !ground.all_files {
        return "GitHub did not tell all files of this pull request, so some have no comments on \
                their lines."
            .to_owned();
    }
    let bare: BTreeSet<&str> = ground
        .files
        .iter()
        .filter(|file| file.patch.is_none())
        .map(|file| file.path.as_str())
        .collect();
    let hit = entries.iter().any(|entry| bare.contains(entry.path));
    if hit {
        "GitHub shows no diff of some of these files, so they have no comments on their lines."
            .to_owned()
    } else {
        String::new()
    }
}

/// Makes bodies, and decides what happens to the one that is there.
struct Bodies<'g> {
    ground: &'g Ground<'g>,
}

impl Bodies<'_> {
    fn standing(&self, listed: &[usize], commented: usize, hindrance: &str) -> Standing {
        let told = &self.ground.told;
        let say = |repository: &Repository| {
            let body = Body {
                findings: &told.findings,
                listed,
                commented,
                scopes: &told.scopes,
                left_out: told.left_out,
                hindrance,
                category: self.ground.category,
            };
            words::body(&body, repository)
        };
        let text = hash([say(&without_commit(self.ground.repository)).as_str()]);
        let marker = Marker {
            fingerprint: BODY.to_owned(),
            rule: BODY.to_owned(),
            of: BODY.to_owned(),
            by: hash([self.ground.category]),
            text: text.clone(),
        };
        let body = || format!("{}\n\n{marker}", say(self.ground.repository));
        let ours = self.ground.reviews.iter().filter(|review| review.is_ours);
        let mut standing = ours.filter_map(|review| {
            let found = Marker::read(&review.body)?;
            (found.rule == BODY && found.by == marker.by).then_some((review.id, found))
        });
        match standing.next_back() {
            Some((_, marker)) if marker.text == text => Standing::Leave,
            Some((id, _)) => Standing::Replace(id, body()),
            None if told.findings.is_empty() && told.left_out == 0 => Standing::Leave,
            None => Standing::Post(body()),
        }
    }
}

/// The word in the marker of a body.
const BODY: &str = "body";

#[cfg(test)]
mod tests;
