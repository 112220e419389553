//! The matrix of a job of GitHub Actions: the combinations of values in which it runs, by
//! [GitHub's rules](https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations).
//!
//! Supported: lists of values and of maps (`matrix.config.tf`), `exclude`, `include`. Not supported:
//! values that expressions compute; they stay variables.

use std::collections::{BTreeMap, BTreeSet};

use super::shell::Variables;
use super::yaml::{Kind, Node};

/// The most combinations of one job; GitHub refuses more than 256.
const MAX_COMBINATIONS: usize = 1024;
/// The most ways to install that are told apart for one job.
const MAX_WAYS: usize = 64;

/// Values that say nothing about what is installed.
const IRRELEVANT: &[&str] = &["matrix.os", "matrix.python-version"];

/// One way in which a job installs.
pub(super) struct Way {
    /// The values that set it apart, such as `tf=2.3`; `""` where there is one way.
    pub(super) label: String,
    /// These values.
    pub(super) values: Variables,
    /// All combinations that install so.
    pub(super) combinations: Vec<Variables>,
}

/// The ways in which a job installs, told apart by the values that some of its parts use.
pub(super) fn ways(job: &Node, parts: &[&Node]) -> Vec<Way> {
    let matrix = job.get("strategy").and_then(|s| s.get("matrix"));
    let mut used = BTreeSet::new();
    for part in parts {
        names(part, &mut used);
    }
    let combinations = matrix.map_or(Vec::new(), |matrix| combinations(matrix, &used));
    if combinations.is_empty() {
        return vec![Way {
            label: String::new(),
            values: Variables::new(),
            combinations: vec![Variables::new()],
        }];
    }
    let mut ways: Vec<Way> = Vec::new();
    for combination in combinations {
        let values: Variables = combination
            .iter()
            .filter(|(key, _)| used.contains(key.as_str()))
            .filter(|(key, _)| !IRRELEVANT.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if let Some(way) = ways.iter_mut().find(|way| way.values == values) {
            way.combinations.push(combination);
        } else if ways.len() < MAX_WAYS {
            let label: Vec<String> = values
                .iter()
                .map(|(key, value)| format!("{}={value}", key.trim_start_matches("matrix.")))
                .collect();
            ways.push(Way {
                label: label.join(" "),
                values,
                combinations: vec![combination],
            });
        }
    }
    ways
}

/// The names `matrix.x` and `matrix.x.y` that texts use.
fn names<'n>(node: &'n Node, used: &mut BTreeSet<&'n str>) {
    match &node.kind {
        Kind::Scalar(text, _) => {
            for (at, _) in text.match_indices("matrix.") {
                let rest = &text[at..];
                let end = rest.find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)));
                used.insert(rest[..end.unwrap_or(rest.len())].trim_end_matches('.'));
            }
        }
        Kind::List(items) => items.iter().for_each(|item| names(item, used)),
        Kind::Map(pairs) => pairs.iter().for_each(|(_, value)| names(value, used)),
    }
}

fn combinations(matrix: &Node, used: &BTreeSet<&str>) -> Vec<Variables> {
    let mut axes: Vec<(String, Vec<Variables>)> = Vec::new();
    for (key, values) in matrix.map() {
        let Some(key) = key
            .text()
            .filter(|key| !matches!(*key, "include" | "exclude"))
        else {
            continue;
        };
        let name = format!("matrix.{key}");
        let values: Vec<Variables> = values
            .list()
            .iter()
            .map(|value| leaves(&name, value))
            .collect();
        if !values.is_empty() {
            axes.push((name, values));
        }
    }
    // Those that matter first, should there be too many.
    let matters = |name: &str| {
        used.iter().any(|used| {
            used.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    axes.sort_by_key(|(name, _)| !matters(name));
    let mut all = vec![Variables::new()];
    let mut original = BTreeSet::new();
    for (name, values) in &axes {
        if all.len() * values.len() > MAX_COMBINATIONS {
            continue;
        }
        original.insert(name.as_str());
        all = all
            .iter()
            .flat_map(|so_far| {
                values.iter().map(|more| {
                    let mut next = so_far.clone();
                    next.extend(more.clone());
                    next
                })
            })
            .collect();
    }
    let maps = |key: &str| -> Vec<Variables> {
        let list = matrix.get(key).map_or(&[][..], Node::list);
        let list = list.iter().take(MAX_COMBINATIONS);
        list.map(|map| leaves("matrix", map)).collect()
    };
    for exclude in maps("exclude") {
        let meant = |one: &Variables| {
            exclude
                .iter()
                .all(|(key, value)| one.get(key) == Some(value))
        };
        all.retain(|one| exclude.is_empty() || !meant(one));
    }
    if original.is_empty() {
        all.clear();
    }
    include(&maps("include"), &original, all)
}

/// Adds what `include` has: to every combination whose own values it leaves as they are, or else as
/// a combination of its own.
fn include(
    includes: &[Variables],
    original: &BTreeSet<&str>,
    all: Vec<Variables>,
) -> Vec<Variables> {
    let own = |key: &str| {
        let parts = key.split('.').take(2).map(str::len).sum::<usize>() + 1;
        original.contains(&key[..parts.min(key.len())])
    };
    let before = all.clone();
    let mut all = all;
    let mut more = Vec::new();
    for include in includes.iter().filter(|include| !include.is_empty()) {
        let mut added = false;
        for (one, before) in all.iter_mut().zip(&before) {
            let keeps =
                |(key, value): (&String, &String)| !own(key) || before.get(key) == Some(value);
            if include.iter().all(keeps) {
                one.extend(include.clone());
                added = true;
            }
        }
        if !added {
            more.push(include.clone());
        }
    }
    all.extend(more);
    all
}

/// The values of a node by their names: `matrix.config.tf`.
fn leaves(name: &str, node: &Node) -> Variables {
    let mut all = BTreeMap::new();
    let mut open = vec![(name.to_owned(), node)];
    while let Some((name, node)) = open.pop() {
        match &node.kind {
            Kind::Scalar(text, _) => {
                all.insert(name, text.clone());
            }
            Kind::Map(pairs) => {
                for (key, value) in pairs {
                    if let Some(key) = key.text() {
                        open.push((format!("{name}.{key}"), value));
                    }
                }
            }
            Kind::List(_) => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::yaml;

    /// The labels of the ways to install, with how many combinations each has.
    #[track_caller]
    fn check(matrix: &str, run: &str, expect: &[(&str, usize)]) {
        let text = format!("strategy:\n  matrix: {matrix}\nrun: {run}\n");
        let job = yaml::parse(&text).unwrap().unwrap();
        let ways = ways(&job, &[job.get("run").unwrap()]);
        let shown: Vec<(&str, usize)> = ways
            .iter()
            .map(|way| (way.label.as_str(), way.combinations.len()))
            .collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn only_values_that_are_used_tell_ways_apart() {
        check(
            "{os: [a, b], tf: ['2.3', '2.4'], x: [1, 2, 3]}",
            "pip install ${{ matrix.tf }}",
            &[("tf=2.3", 6), ("tf=2.4", 6)],
        );
        check("{os: [a, b]}", "pip install x", &[("", 2)]);
        check("${{ fromJson(x) }}", "${{ matrix.tf }}", &[("", 1)]);
    }

    #[test]
    fn excluded_combinations_do_not_run() {
        check(
            "{py: ['3.7', '3.11'], tf: ['2.3', '2.12'], exclude: [{py: '3.11', tf: '2.3'}]}",
            "${{ matrix.tf }}",
            &[("tf=2.3", 1), ("tf=2.12", 2)],
        );
        check(
            "{py: ['3.7'], tf: ['2.3', '2.12'], exclude: [{tf: '2.12'}]}",
            "${{ matrix.tf }}",
            &[("tf=2.3", 1)],
        );
    }

    #[test]
    fn included_values_extend_or_add() {
        // Of GitHub's own example.
        check(
            "{fruit: [apple, pear], include: [{color: green}, {color: pink, fruit: apple}, {fruit: banana}]}",
            "${{ matrix.fruit }} ${{ matrix.color }}",
            &[
                ("color=pink fruit=apple", 1),
                ("color=green fruit=pear", 1),
                ("fruit=banana", 1),
            ],
        );
        check(
            "{include: [{tf: '2.3'}, {tf: '2.4'}]}",
            "${{ matrix.tf }}",
            &[("tf=2.3", 1), ("tf=2.4", 1)],
        );
    }

    #[test]
    fn values_may_be_maps() {
        check(
            "{config: [{tf: '2.3', py: '3.7'}, {tf: '2.4', py: '3.8'}]}",
            "pip install tensorflow==${{ matrix.config.tf }}",
            &[("config.tf=2.3", 1), ("config.tf=2.4", 1)],
        );
    }

    #[test]
    fn a_matrix_that_nobody_runs_is_cut() {
        let many: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let many = many.join(", ");
        check(
            &format!("{{a: [{many}], b: [{many}], tf: ['2.3', '2.4']}}"),
            "${{ matrix.tf }}",
            &[("tf=2.3", 40), ("tf=2.4", 40)],
        );
    }
}
