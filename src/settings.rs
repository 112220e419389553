//! From what was given on the command line to what is meant. Options are judged here; patterns of
//! paths by `discover`, which uses them.

use std::io;
use std::path::PathBuf;

use crate::cli::{CheckArgs, FailOn, Format};
use crate::discover;
use crate::error::Error;
use crate::finding::Level;
use crate::names::{Package, RuleId};
use crate::pins::marker::Pythons;
use crate::report::terminal::{Detail, Look};
use crate::rule::RuleMeta;
use crate::scope::{Override, ScopeOptions};
use crate::text::RepoPath;

/// A run, fully decided.
#[derive(Debug)]
pub struct Settings {
    /// The folder to which all paths are relative: the root of the repository, absolute and free
    /// of symbolic links.
    pub root: PathBuf,
    /// The files and folders to check, below the root; `""` is the root itself. Pins govern from
    /// above them, too.
    pub paths: Vec<RepoPath>,
    /// Patterns of the files that pins are read from; none: wherever they are found.
    pub requirements: Vec<String>,
    /// Patterns of files and folders that are left out.
    pub exclude: Vec<String>,
    /// What stands in place of pins, and how manifests make environments.
    pub scopes: ScopeOptions,
    /// The rules that are reported, by id.
    pub rules: Vec<RuleId>,
    /// From which level on findings fail the run; `None`: from none.
    pub fail_on: Option<Level>,
    /// What standard output carries.
    pub format: Format,
    /// Where SARIF goes, too.
    pub sarif_file: Option<PathBuf>,
    /// Where JSON goes, too.
    pub json_file: Option<PathBuf>,
    /// How much is said besides the findings.
    pub detail: Detail,
    /// How standard output looks.
    pub look: Look,
}

impl Settings {
    /// Decides what the arguments mean.
    ///
    /// # Errors
    ///
    /// Where they mean nothing: a path that does not exist, an unknown rule, a specifier without
    /// releases.
    pub fn new(args: &CheckArgs, rules: &[RuleMeta]) -> Result<Self, Error> {
        let (root, paths) = places(&args.paths)?;
        if let (Some(sarif), Some(json)) = (&args.sarif_file, &args.json_file)
            && sarif == json
        {
            return Err(Error::SameFile { path: json.clone() });
        }
        let python = args.python.as_deref().map(|text| {
            Pythons::parse(text).map_err(|_| Error::BadPython {
                text: text.to_owned(),
            })
        });
        Ok(Self {
            root,
            paths,
            requirements: args.requirements.clone(),
            exclude: args.exclude.clone(),
            scopes: ScopeOptions {
                tensorflow: specified(
                    "--tensorflow",
                    Package::Tensorflow,
                    args.tensorflow.as_ref(),
                )?,
                keras: specified("--keras", Package::Keras, args.keras.as_ref())?,
                python: python.transpose()?,
                chosen_manifests: !args.requirements.is_empty(),
                behind_locks: false,
            },
            rules: chosen(args, rules)?,
            fail_on: match args.fail_on {
                FailOn::Error => Some(Level::Error),
                FailOn::Warning => Some(Level::Warning),
                FailOn::Note => Some(Level::Note),
                FailOn::Never => None,
            },
            format: args.format,
            sarif_file: args.sarif_file.clone(),
            json_file: args.json_file.clone(),
            detail: match (args.quiet, args.verbose) {
                (true, _) => Detail::Quiet,
                (false, true) => Detail::Verbose,
                (false, false) => Detail::Normal,
            },
            look: look(),
        })
    }

    /// Whether a rule is reported.
    #[must_use]
    pub fn wants(&self, rule: RuleId) -> bool {
        self.rules.contains(&rule)
    }
}

/// The look of standard output: colours where they are shown and wanted (`NO_COLOR`, `TERM`,
/// `CLICOLOR` are honoured), as wide as the terminal, within what reads well.
#[must_use]
pub fn look() -> Look {
    let stdout = io::stdout();
    let color = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let width =
        terminal_size::terminal_size_of(&stdout).map_or(WIDEST, |(width, _)| usize::from(width.0));
    Look {
        color,
        width: width.clamp(NARROWEST, WIDEST),
    }
}

const NARROWEST: usize = 60;
const WIDEST: usize = 100;

/// The root, and the paths below it.
fn places(given: &[PathBuf]) -> Result<(PathBuf, Vec<RepoPath>), Error> {
    let current = current_folder()?;
    let here = [PathBuf::from(".")];
    let given = if given.is_empty() { &here[..] } else { given };
    let mut resolved = Vec::with_capacity(given.len());
    for path in given {
        let found = current.join(path).canonicalize();
        resolved.push(found.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NoSuchPath { path: path.clone() },
            _ => Error::Unreadable {
                path: path.clone(),
                source,
            },
        })?);
    }
    let root = discover::find_root(&resolved, &current);
    let mut paths: Vec<RepoPath> = resolved
        .iter()
        .map(|path| {
            let below = path.strip_prefix(&root).unwrap_or(path);
            let parts = below.components().map(|part| part.as_os_str());
            let parts: Vec<_> = parts.map(|part| part.to_string_lossy()).collect();
            RepoPath::new(&parts.join("/"))
        })
        .collect();
    paths.sort();
    paths.dedup();
    Ok((root, paths))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge: relative paths of the command line start there"
)]
fn current_folder() -> Result<PathBuf, Error> {
    std::env::current_dir()
        .and_then(|folder| folder.canonicalize())
        .map_err(|source| Error::CurrentFolder { source })
}

/// A version or range in place of every pin of a package.
fn specified(
    option: &'static str,
    package: Package,
    given: Option<&String>,
) -> Result<Option<Override>, Error> {
    let read = given.map(|text| Override::parse(package, text)).transpose();
    read.map_err(|reason| Error::BadReleases {
        option,
        reason,
        package,
    })
}

/// The rules that `--select` and `--ignore` leave.
fn chosen(args: &CheckArgs, rules: &[RuleMeta]) -> Result<Vec<RuleId>, Error> {
    let find = |option, names: &[String]| -> Result<Vec<RuleId>, Error> {
        names.iter().map(|name| rule(option, name, rules)).collect()
    };
    let mut chosen = if args.select.is_empty() {
        rules.iter().map(|rule| rule.id).collect()
    } else {
        find("--select", &args.select)?
    };
    let ignored = find("--ignore", &args.ignore)?;
    chosen.retain(|id| !ignored.contains(id));
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

fn rule(option: &'static str, text: &str, rules: &[RuleMeta]) -> Result<RuleId, Error> {
    let name = text.trim();
    let same = |rule: &&RuleMeta| {
        rule.id.0.eq_ignore_ascii_case(name) || rule.name.eq_ignore_ascii_case(name)
    };
    if let Some(rule) = rules.iter().find(same) {
        return Ok(rule.id);
    }
    let nearest = rules
        .iter()
        .rev()
        .flat_map(|rule| [rule.id.0, rule.name])
        .map(|known| (shared_start(known, name), known))
        .filter(|(shared, known)| *shared * 2 > known.len())
        .max_by_key(|(shared, known)| (*shared, std::cmp::Reverse(known.len())));
    Err(Error::UnknownRule {
        option,
        text: text.to_owned(),
        nearest: nearest.map(|(_, known)| known),
    })
}

/// How many leading characters two names share, whatever their case.
fn shared_start(a: &str, b: &str) -> usize {
    let pairs = a.bytes().zip(b.bytes());
    pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::release::ReleaseTable;
    use crate::report::samples::RULES;

    fn settings(args: &[&str]) -> Result<Settings, Error> {
        let line = ["tfmp", "check"].into_iter().chain(args.iter().copied());
        match Cli::try_parse_from(line).unwrap().command {
            Command::Check(args) => Settings::new(&args, RULES),
            Command::Rules(_) => unreachable!("`check` was given"),
        }
    }

    #[track_caller]
    fn check_error(args: &[&str], message: &str, advice: &str) {
        let error = settings(args).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.advice().as_str()),
            (message, advice)
        );
    }

    #[track_caller]
    fn check_releases(text: &str, expect: &str) {
        let settings = settings(&["--tensorflow", text]).unwrap();
        let (scopes, _) = crate::scope::Scopes::new(&[], &settings.scopes);
        let scope = scopes.governing(&RepoPath::new("a.py"));
        let tensorflow = &scope.environments[0].tensorflow;
        let table = ReleaseTable::of(Package::Tensorflow);
        assert_eq!(table.describe(tensorflow.releases), expect);
        assert_eq!(tensorflow.pins[0].text, format!("--tensorflow {text}"));
    }

    #[test]
    fn versions_are_meant_as_people_say_them() {
        check_releases("2.3.4", "2.3.4");
        check_releases("2.3", "2.3.0-2.3.4");
        check_releases("==2.3", "2.3.0");
        check_releases("==2.3.*", "2.3.0-2.3.4");
        check_releases(">=2.4,<2.5", "2.4.0-2.4.4");
    }

    #[test]
    fn versions_that_are_none() {
        let newest = ReleaseTable::of(Package::Tensorflow).releases().last();
        let advice = format!(
            "the history of tensorflow goes from 1.0.0 to {}, and a range is written \
             `>=2.4,<2.9`",
            newest.unwrap().row.version
        );
        check_error(
            &["--tensorflow", "==2.3.9"],
            "`--tensorflow` selects nothing: there is no release of TensorFlow in `==2.3.9`",
            &advice,
        );
        check_error(
            &["--tensorflow", "latest"],
            "`--tensorflow` selects nothing: `latest` is not a version specifier",
            &advice,
        );
        check_error(
            &["--python", "snake"],
            "`--python snake` is no version and no range of versions",
            "write it as for pip, such as `3.8` or `>=3.8,<3.12`",
        );
    }

    #[test]
    fn rules_go_by_id_or_name() {
        let ids = |args: &[&str]| settings(args).unwrap().rules;
        assert_eq!(ids(&[]).len(), RULES.len());
        assert_eq!(
            ids(&["--select", "tfmp003,API-too-new"]),
            [RuleId("TFMP001"), RuleId("TFMP003")]
        );
        assert_eq!(
            ids(&["--ignore", "TFMP001", "--ignore", "TFMP003"]),
            [RuleId("TFMP002")]
        );
    }

    #[test]
    fn an_unknown_rule_is_answered_with_the_nearest() {
        check_error(
            &["--select", "api-too-old"],
            "`--select api-too-old` names no rule",
            "did you mean `api-too-new`? `tfmp rules` lists them all",
        );
        check_error(
            &["--ignore", "E501"],
            "`--ignore E501` names no rule",
            "`tfmp rules` lists them all",
        );
    }

    #[test]
    fn reports_need_files_of_their_own() {
        check_error(
            &["--sarif-file", "out", "--json-file", "out"],
            "`out` is named for two reports",
            "give each report a file of its own",
        );
    }

    #[test]
    fn a_path_that_is_not_there() {
        check_error(
            &["no/such/path"],
            "there is no `no/such/path`",
            "name a file or a folder that exists",
        );
    }
}
