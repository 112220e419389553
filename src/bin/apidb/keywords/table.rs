//! What was told of keywords, by release, and the table that is made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result, anyhow, bail};
use tfmp::api::format::{parse_intervals, write_intervals};
use tfmp::api::signature::Signature;
use tfmp::release::ReleaseSet;

use super::{ROOTS, signatures};
use crate::index::minor_of;
use crate::releases::Known;
use crate::verify::probe::Facts;

/// What the probe says of a callable that refuses nothing.
const TAKES_ANYTHING: &str = "it takes anything";

/// A package and a callable.
type Key = (&'static str, String);

/// What was told.
#[derive(Default)]
pub(super) struct Table {
    /// By callable and keyword.
    told: BTreeMap<Key, BTreeMap<String, Told>>,
    /// The releases that answered, by their index.
    answered: BTreeMap<Key, BTreeSet<usize>>,
    lines: Lines,
}

/// Callable, package, releases and the words of Python, with the keywords.
type Lines = BTreeMap<[String; 4], BTreeSet<String>>;

/// What releases do with a keyword of a callable, by their index.
#[derive(Clone, Debug, Default)]
struct Told {
    /// They refuse it, in these words.
    refused: BTreeMap<usize, String>,
    /// They take it, or have it among their parameters.
    accepted: BTreeSet<usize>,
}

impl Table {
    /// Takes the answers of one release in; how many told anything.
    pub(super) fn note(
        &mut self,
        package: &'static str,
        index: usize,
        queries: &BTreeMap<String, &String>,
        facts: &Facts,
    ) -> usize {
        let mut told = 0;
        for (query, name) in queries {
            let Some(fact) = facts.get(query) else {
                continue;
            };
            let key = (package, (*name).clone());
            if fact["why"] == TAKES_ANYTHING {
                self.answered.entry(key.clone()).or_default().insert(index);
                let words = self.told.entry(key).or_default();
                let asked = query.rsplit(' ').next().unwrap_or_default();
                for word in asked.split(',') {
                    let told = words.entry(word.to_owned()).or_default();
                    told.accepted.insert(index);
                }
                continue;
            }
            if fact["ok"] != true {
                continue;
            }
            told += 1;
            self.answered.entry(key.clone()).or_default().insert(index);
            let words = self.told.entry(key).or_default();
            for word in fact["accepted"].as_array().into_iter().flatten() {
                let word = word.as_str().unwrap_or_default();
                words
                    .entry(word.to_owned())
                    .or_default()
                    .accepted
                    .insert(index);
            }
            for (word, said) in fact["refused"].as_object().into_iter().flatten() {
                let said = said.as_str().unwrap_or_default().to_owned();
                words
                    .entry(word.clone())
                    .or_default()
                    .refused
                    .insert(index, said);
            }
        }
        told
    }

    /// Takes the lines of an older table in: of callables that were not asked now as they are, of others
    /// for the releases that no answer stands for, which is one with their minor version and parameter
    /// list. A release that they do not claim may have been found to take a keyword then, which they do
    /// not tell: nothing is claimed of it, and nothing across it.
    pub(super) fn keep(&mut self, old: &str, known: &Known) -> Result<()> {
        let mut claimed: BTreeMap<Key, BTreeMap<String, BTreeMap<usize, String>>> = BTreeMap::new();
        for line in old.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, package, releases, said, words] = fields[..] else {
                bail!("no line of the table: {line}");
            };
            let package = ROOTS.iter().find(|root| root.2 == package);
            let package = package.with_context(|| format!("no package: {line}"))?.2;
            let key = (package, name.to_owned());
            let words = words.split(',').map(str::to_owned);
            if !self.answered.contains_key(&key) {
                let line = [name, package, releases, said].map(str::to_owned);
                self.lines.entry(line).or_default().extend(words);
                continue;
            }
            let there = parse_intervals(releases, known.versions(package));
            let there = there.map_err(|error| anyhow!("{error}: {line}"))?;
            let callable = claimed.entry(key).or_default();
            for word in words {
                let at = (0..there.len()).filter(|&at| there[at]);
                let claims = callable.entry(word).or_default();
                claims.extend(at.map(|at| (at, said.to_owned())));
            }
        }
        for (key, answered) in &self.answered {
            let versions = known.versions(key.0);
            let lists = lists_of(key);
            let group = |at: usize| (minor_of(&versions[at]), list_at(&lists, at));
            let groups: Vec<_> = answered.iter().map(|&at| group(at)).collect();
            let open: Vec<usize> = (0..versions.len())
                .filter(|&at| !groups.contains(&group(at)))
                .collect();
            let mut old = claimed.remove(key).unwrap_or_default();
            let words = self.told.entry(key.clone()).or_default();
            for word in old.keys() {
                words.entry(word.clone()).or_default();
            }
            for (word, told) in words {
                let claims = old.remove(word).unwrap_or_default();
                let unclaimed = open.iter().filter(|at| !claims.contains_key(at));
                told.accepted.extend(unclaimed);
                let kept = claims.into_iter().filter(|(at, _)| open.contains(at));
                told.refused.extend(kept);
            }
        }
        Ok(())
    }

    pub(super) fn text(mut self, known: &Known) -> String {
        let mut lines = self.lines;
        for (key, words) in &mut self.told {
            let (package, name) = key;
            let versions = known.versions(package);
            let lists = lists_of(key);
            for (word, told) in words {
                for (text, releases) in &lists {
                    if Signature::parse(text).names(word) {
                        told.accepted.extend(releases.iter());
                    }
                }
                let list_of = |index: usize| list_at(&lists, index);
                for (said, there) in told.spans(versions, &list_of) {
                    let releases = write_intervals(&there, versions);
                    let key = [name.clone(), (*package).to_owned(), releases, said];
                    lines.entry(key).or_default().insert(word.clone());
                }
            }
        }
        let mut text = String::from("# callable\tpackage\tpresent\tmessage\tkeywords\n");
        for ([name, package, releases, said], words) in lines {
            let words: Vec<String> = words.into_iter().collect();
            writeln!(
                text,
                "{name}\t{package}\t{releases}\t{said}\t{}",
                words.join(",")
            )
            .expect("writing to a String");
        }
        text
    }
}

/// The parameter lists of a callable where its package has it.
fn lists_of((package, name): &Key) -> Lists {
    let root = ROOTS.iter().find(|root| root.2 == *package);
    signatures(root.map_or("", |root| root.1), name)
}

/// Parameter lists with the releases that have them.
type Lists = Vec<(&'static str, ReleaseSet)>;

fn list_at(lists: &Lists, index: usize) -> Option<&'static str> {
    let list = lists.iter().find(|(_, releases)| releases.contains(index));
    list.map(|(text, _)| *text)
}

impl Told {
    /// The releases that refuse the keyword, by the words in which they do. A release is among them
    /// where it was asked and refused; where it lies between two that refused, and none between
    /// these was found to take it; and where it shares the minor version and the parameter list with
    /// the nearest one that refused.
    fn spans<'l>(
        &self,
        versions: &[String],
        list_of: &dyn Fn(usize) -> Option<&'l str>,
    ) -> BTreeMap<String, Vec<bool>> {
        let mut spans: BTreeMap<String, Vec<bool>> = BTreeMap::new();
        let mut add = |said: &str, index: usize| {
            let there = spans.entry(said.to_owned());
            there.or_insert_with(|| vec![false; versions.len()])[index] = true;
        };
        for (index, version) in versions.iter().enumerate() {
            if self.accepted.contains(&index) {
                continue;
            }
            let before = self.refused.range(..=index).next_back();
            let after = self.refused.range(index..).next();
            let alike = |other: usize| {
                minor_of(&versions[other]) == minor_of(version) && list_of(other) == list_of(index)
            };
            let taken = |from: usize, to: usize| self.accepted.range(from..to).next().is_some();
            let said = match (before, after) {
                (Some((&from, said)), Some((&to, _))) if !taken(from, to) => Some(said),
                (Some((&near, said)), _) if alike(near) && !taken(near, index) => Some(said),
                (_, Some((&near, said))) if alike(near) && !taken(index, near) => Some(said),
                _ => None,
            };
            if let Some(said) = said {
                add(said, index);
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: [&str; 7] = [
        "1.0.0", "1.0.1", "1.1.0", "1.2.0", "1.3.0", "1.3.1", "1.4.0",
    ];

    #[track_caller]
    fn check(refused: &[usize], accepted: &[usize], expected: &str) {
        let versions = VERSIONS.map(str::to_owned);
        let told = Told {
            refused: refused.iter().map(|&at| (at, "no".to_owned())).collect(),
            accepted: accepted.iter().copied().collect(),
        };
        let list_of = |at: usize| Some(if at == 5 { "(b)" } else { "(a)" });
        let spans = told.spans(&versions, &list_of);
        let text = spans
            .get("no")
            .map_or_else(String::new, |there| write_intervals(there, &versions));
        assert_eq!(text, expected);
    }

    /// The lines after answers of some releases, `(version, fact)`, and with an older table.
    #[track_caller]
    fn lines(answers: &[(&str, serde_json::Value)], old: &str, expected: &str) {
        let known = Known::read(std::path::Path::new("data")).expect("the list of releases");
        let name = "losses.none".to_owned();
        let query = format!("K tensorflow.keras.{name} both,new,old");
        let mut table = Table::default();
        for (version, fact) in answers {
            let mut versions = known.versions("tensorflow").iter();
            let index = versions.position(|known| known == version);
            let index = index.expect("a release");
            let queries = BTreeMap::from([(query.clone(), &name)]);
            let facts = Facts::from([(query.clone(), fact.clone())]);
            table.note("tensorflow", index, &queries, &facts);
        }
        table.keep(old, &known).expect("an older table");
        let text = table.text(&known);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn lines_of_callables_and_releases_that_were_not_asked_are_kept() {
        let fact = serde_json::json!({
            "ok": true, "refused": {"both": "no {}", "new": "no {}"}, "accepted": ["old"],
        });
        lines(
            &[("2.12.1", fact)],
            "# a comment\nlosses.none\ttensorflow\t2.10.0-2.11.1\tno {}\tboth,old\n\
             losses.other\ttensorflow\t2.0.0\tno {}\tmode",
            "losses.none\ttensorflow\t2.10.0-2.11.1\tno {}\told\n\
             losses.none\ttensorflow\t2.10.0-2.12.1\tno {}\tboth\n\
             losses.none\ttensorflow\t2.12.0-2.12.1\tno {}\tnew\n\
             losses.other\ttensorflow\t2.0.0\tno {}\tmode",
        );
    }

    #[test]
    fn what_an_older_table_leaves_out_is_not_filled_in() {
        let fact = serde_json::json!({"ok": true, "refused": {"old": "no {}"}, "accepted": []});
        lines(
            &[("2.13.1", fact.clone())],
            "losses.none\ttensorflow\t2.10.0-2.10.1,2.12.0-2.12.1\tno {}\told",
            "losses.none\ttensorflow\t2.10.0-2.10.1,2.12.0-2.13.1\tno {}\told",
        );
        lines(
            &[("2.15.1", fact)],
            "losses.none\ttensorflow\t2.10.0-2.12.1\tno {}\told",
            "losses.none\ttensorflow\t2.10.0-2.12.1,2.15.0-2.15.1\tno {}\told",
        );
    }

    #[test]
    fn an_older_claim_gives_way_to_what_the_release_says_now() {
        let fact = serde_json::json!({"ok": true, "refused": {}, "accepted": ["old"]});
        lines(
            &[("2.12.1", fact)],
            "losses.none\ttensorflow\t2.12.0-2.13.1\tno {}\told",
            "losses.none\ttensorflow\t2.13.0-2.13.1\tno {}\told",
        );
    }

    #[test]
    fn a_release_that_takes_anything_parts_those_that_refuse() {
        let no = serde_json::json!({"ok": true, "refused": {"old": "no {}"}, "accepted": []});
        let any = serde_json::json!({"ok": false, "why": TAKES_ANYTHING});
        lines(
            &[("2.10.1", no.clone()), ("2.11.1", any), ("2.12.1", no)],
            "",
            "losses.none\ttensorflow\t2.10.0-2.10.1,2.12.0-2.12.1\tno {}\told",
        );
    }

    #[test]
    fn a_release_that_was_asked_stands_for_its_minor_alone() {
        check(&[0], &[], "1.0.0-1.0.1");
        check(&[2], &[], "1.1.0");
        check(&[4], &[], "1.3.0");
    }

    #[test]
    fn two_that_refuse_are_joined_where_nothing_between_takes() {
        check(&[1, 3], &[], "1.0.0-1.2.0");
        check(&[1, 3], &[2], "1.0.0-1.0.1,1.2.0");
        check(&[4, 6], &[], "1.3.0-");
    }

    #[test]
    fn what_one_release_takes_is_never_claimed_of_it() {
        check(&[0, 3], &[1], "1.0.0,1.2.0");
        check(&[], &[0], "");
    }
}
