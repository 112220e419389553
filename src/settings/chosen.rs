//! Which rules are reported in which file: those of the configuration, then those of the command line.

use crate::cli::ScanArgs;
use crate::config::Config;
use crate::discover::Globs;
use crate::error::Error;
use crate::names::RuleId;
use crate::rule::{self, RuleMeta};
use crate::text::RepoPath;

/// The rules of a run.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// In files of which nothing is said apart.
    everywhere: Vec<RuleId>,
    per_path: Vec<PerPath>,
    /// `--select`, where it was given: no table widens that.
    select: Option<Vec<RuleId>>,
    /// `--ignore`.
    ignore: Vec<RuleId>,
}

#[derive(Debug)]
pub(super) struct PerPath {
    pub(super) paths: Globs,
    pub(super) select: Option<Vec<RuleId>>,
    pub(super) ignore: Vec<RuleId>,
}

impl Rules {
    /// What configuration and command line leave of all rules.
    pub(super) fn new(
        args: &ScanArgs,
        config: Option<&Config>,
        per_path: Vec<PerPath>,
        all: &[RuleMeta],
    ) -> Result<Self, Error> {
        let find = |option, names: &[String]| -> Result<Vec<RuleId>, Error> {
            let found: Result<Vec<_>, _> =
                names.iter().map(|name| named(option, name, all)).collect();
            Ok(found?.concat())
        };
        let select = find("--select", &args.select)?;
        let select = (!select.is_empty()).then_some(select);
        let configured = config.and_then(|config| config.select.clone());
        // What the command line asks for by name, no file leaves out.
        let left_out = config.filter(|_| select.is_none());
        let mut everywhere = select
            .clone()
            .or(configured)
            .unwrap_or_else(|| all.iter().map(|rule| rule.id).collect());
        let ignore = find("--ignore", &args.ignore)?;
        everywhere.retain(|id| {
            !left_out.is_some_and(|config| config.ignore.contains(id)) && !ignore.contains(id)
        });
        everywhere.sort_unstable();
        everywhere.dedup();
        Ok(Self {
            everywhere,
            per_path,
            select,
            ignore,
        })
    }

    /// Whether a rule is reported in a file. Of several tables that match, later ones have the word.
    pub(super) fn wants(&self, rule: RuleId, path: &RepoPath) -> bool {
        let mut wanted = self.everywhere.contains(&rule);
        for table in self
            .per_path
            .iter()
            .filter(|table| table.paths.match_path(path))
        {
            if let Some(select) = &table.select {
                wanted = select.contains(&rule);
            }
            wanted &= !table.ignore.contains(&rule);
        }
        let asked = self.select.as_ref().is_none_or(|all| all.contains(&rule));
        wanted && asked && !self.ignore.contains(&rule)
    }

    /// The rules of files of which nothing is said apart.
    #[cfg(test)]
    pub(super) fn everywhere(&self) -> &[RuleId] {
        &self.everywhere
    }
}

fn named(option: &'static str, text: &str, rules: &[RuleMeta]) -> Result<Vec<RuleId>, Error> {
    rule::find_rules(rules, text).map_err(|nearest| Error::UnknownRule {
        option,
        text: text.to_owned(),
        nearest,
    })
}
