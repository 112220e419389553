//! From what was given on the command line to what is meant. Options are judged here; patterns of
//! paths by `discover`, which uses them.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use crate::cli::{CheckArgs, FailOn, FixArgs, Format, ScanArgs};
use crate::discover::{self, Request};
use crate::error::Error;
use crate::finding::Level;
use crate::names::{Package, RuleId};
use crate::pins::marker::Pythons;
use crate::release::ReleaseTable;
use crate::report::terminal::{Detail, Look};
use crate::rule::RuleMeta;
use crate::scope::{Override, ScopeOptions};

/// A run, fully decided.
#[derive(Debug)]
pub struct Settings {
    /// What is looked at, and below which root: all paths are relative to that.
    pub request: Request,
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
        if let (Some(sarif), Some(json)) = (&args.sarif_file, &args.json_file)
            && sarif == json
        {
            return Err(Error::SameFile { path: json.clone() });
        }
        Ok(Self {
            fail_on: match args.fail_on {
                FailOn::Error => Some(Level::Error),
                FailOn::Warning => Some(Level::Warning),
                FailOn::Note => Some(Level::Note),
                FailOn::Never => None,
            },
            format: args.format,
            sarif_file: args.sarif_file.clone(),
            json_file: args.json_file.clone(),
            ..Self::of_scan(&args.scan, rules)?
        })
    }

    /// Decides what the arguments of `tfmp fix` mean.
    ///
    /// # Errors
    ///
    /// As [`Settings::new`].
    pub fn for_fix(args: &FixArgs, rules: &[RuleMeta]) -> Result<Self, Error> {
        Self::of_scan(&args.scan, rules)
    }

    fn of_scan(args: &ScanArgs, rules: &[RuleMeta]) -> Result<Self, Error> {
        let specified = |option, package, given: &Option<String>| {
            let given = given.as_deref();
            given
                .map(|text| specified(option, package, text))
                .transpose()
        };
        let python = args.python.as_deref().map(|text| {
            Pythons::parse(text).map_err(|_| Error::BadSpecifier {
                option: "--python",
                text: text.to_owned(),
            })
        });
        Ok(Self {
            request: request(args)?,
            scopes: ScopeOptions {
                tensorflow: specified("--tensorflow", Package::Tensorflow, &args.tensorflow)?,
                keras: specified("--keras", Package::Keras, &args.keras)?,
                python: python.transpose()?,
                chosen_manifests: !args.requirements.is_empty(),
                behind_locks: false,
            },
            rules: chosen(args, rules)?,
            fail_on: None,
            format: Format::Terminal,
            sarif_file: None,
            json_file: None,
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

fn request(args: &ScanArgs) -> Result<Request, Error> {
    let current = current_folder()?;
    let here = [PathBuf::new()];
    let given = if args.paths.is_empty() {
        &here[..]
    } else {
        &args.paths[..]
    };
    let mut paths = Vec::with_capacity(given.len());
    for path in given {
        let full = current.join(path);
        if !full.exists() {
            return Err(Error::NoSuchPath { path: path.clone() });
        }
        paths.push(full);
    }
    Ok(Request {
        root: discover::find_root(&paths, &current),
        paths,
        exclude: args.exclude.clone(),
        requirements: args.requirements.clone(),
    })
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
fn specified(option: &'static str, package: Package, text: &str) -> Result<Override, Error> {
    let specifiers = specifiers(option, text)?;
    let table = ReleaseTable::of(package);
    let unreleased = specifiers.iter().any(|s| s.version().any_prerelease());
    if table.matching(&specifiers).is_empty() && !unreleased {
        let version = |release: Option<&crate::release::Release>| {
            release.map_or("", |release| release.row.version)
        };
        return Err(Error::NoRelease {
            option,
            text: text.to_owned(),
            package: package.name(),
            oldest: version(table.releases().first()),
            newest: version(table.releases().last()),
        });
    }
    let bare = text.trim();
    let star = bare.starts_with(|c: char| c.is_ascii_digit()) && bare.ends_with(".*");
    let spelled = if star {
        format!("=={bare}")
    } else {
        bare.to_owned()
    };
    let wrong = |_| Error::BadSpecifier {
        option,
        text: text.to_owned(),
    };
    Override::parse(package, &spelled).map_err(wrong)
}

/// Specifiers as pip reads them, or a bare version: `2.3` is every 2.3 release, `2.3.4` that one.
fn specifiers(option: &'static str, text: &str) -> Result<VersionSpecifiers, Error> {
    let text = text.trim();
    let spelled = if text.starts_with(|c: char| c.is_ascii_digit()) {
        match Version::from_str(text) {
            Ok(version) if version.release().len() < 3 && !version.any_prerelease() => {
                format!("=={text}.*")
            }
            _ => format!("=={text}"),
        }
    } else {
        text.to_owned()
    };
    let bad = || Error::BadSpecifier {
        option,
        text: text.to_owned(),
    };
    let specifiers = VersionSpecifiers::from_str(&spelled).map_err(|_| bad())?;
    if specifiers.is_empty() {
        return Err(bad());
    }
    Ok(specifiers)
}

/// The rules that `--select` and `--ignore` leave.
fn chosen(args: &ScanArgs, rules: &[RuleMeta]) -> Result<Vec<RuleId>, Error> {
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
    use crate::report::samples::RULES;

    fn settings(args: &[&str]) -> Result<Settings, Error> {
        let line = ["tfmp", "check"].into_iter().chain(args.iter().copied());
        match Cli::try_parse_from(line).unwrap().command {
            Command::Check(args) => Settings::new(&args, RULES),
            Command::Fix(_) | Command::Rules(_) => unreachable!("`check` was given"),
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
        let scope = scopes.governing(&crate::text::RepoPath::new("a.py"));
        let tensorflow = &scope.environments[0].tensorflow;
        let table = ReleaseTable::of(Package::Tensorflow);
        assert_eq!(table.describe(tensorflow.releases), expect);
        assert!(tensorflow.pins[0].text.ends_with(text));
    }

    #[test]
    fn versions_are_meant_as_people_say_them() {
        check_releases("2.3.4", "2.3.4");
        check_releases("2.3", "2.3.0-2.3.4");
        check_releases("==2.3", "2.3.0");
        check_releases("2.3.*", "2.3.0-2.3.4");
        check_releases(">=2.4,<2.5", "2.4.0-2.4.4");
    }

    #[test]
    fn versions_that_are_none() {
        check_error(
            &["--tensorflow", "latest"],
            "`--tensorflow latest` is no version and no range of versions",
            "write it as for pip, such as `2.3.4` or `>=2.4,<2.9`",
        );
        check_error(
            &["--python", ""],
            "`--python ` is no version and no range of versions",
            "write it as for pip, such as `2.3.4` or `>=2.4,<2.9`",
        );
        let newest = ReleaseTable::of(Package::Tensorflow).releases().last();
        check_error(
            &["--tensorflow", "99"],
            "no known release of tensorflow matches `--tensorflow 99`",
            &format!(
                "the history goes from 1.0.0 to {}",
                newest.unwrap().row.version
            ),
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
