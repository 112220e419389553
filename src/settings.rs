//! From what was given, on the command line and in the configuration, to what is meant. Options are
//! judged here; patterns of paths by `discover`, which uses them.
//!
//! An option stands in place of the key of its name; `--ignore` and `--exclude`, which only take away,
//! add to theirs.

pub mod baseline;
mod chosen;
mod files;
pub mod inputs;
mod paths;
pub mod runner;

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use self::baseline::{BaselineFile, Found};
use self::chosen::{PerPath, Rules};
use self::files::Chosen;
use self::paths::no_such_path;
use crate::cli::{CheckArgs, CompatArgs, FailOn, FixArgs, Format, ScanArgs};
use crate::config::{Config, Environments, Placed};
use crate::discover::{self, DiscoverError, Globs, MAX_GLOBS, Request, Shard};
use crate::error::Error;
use crate::finding::{Level, PinLine};
use crate::names::{Package, RuleId};
use crate::pins::StatedPython;
use crate::pins::marker::Pythons;
use crate::release::{ReleaseTable, published};
use crate::report::terminal::{Detail, Look};
use crate::rule::RuleMeta;
use crate::scope::{Override, ScopeOptions};
use crate::text::RepoPath;

/// A run, fully decided.
#[derive(Debug)]
pub struct Settings {
    /// What is looked at, and below which root: all paths are relative to that.
    pub request: Request,
    /// What stands in place of pins, and how manifests make environments.
    pub scopes: ScopeOptions,
    rules: Rules,
    configured_baseline: Option<Found>,
    /// All of the repository is checked, or all of the folder of the configuration: what is not found is
    /// not there.
    pub is_whole: bool,
    /// It is checked against other pins than those of the repository, for this run alone.
    pub is_trial: bool,
    /// The release that an upgrade is to.
    previewed: Option<&'static str>,
    /// The file of configuration that counts, as it is shown.
    pub config: Option<String>,
    /// The findings that are accepted.
    pub baseline: Option<BaselineFile>,
    /// From which level on findings fail the run; `None`: from none.
    pub fail_on: Option<Level>,
    /// What standard output carries.
    pub format: Format,
    /// Where SARIF goes, too.
    pub sarif_file: Option<PathBuf>,
    /// Where JSON goes, too.
    pub json_file: Option<PathBuf>,
    /// Where the root lies in the workspace of GitHub Actions, for annotations: `""` where it is that.
    pub workspace_folder: String,
    /// The part of the files that is judged, where others judge the rest.
    pub shard: Option<Shard>,
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
        let mut settings = Self::of_scan(&args.scan, rules)?;
        if let Some(fail_on) = args.fail_on {
            settings.fail_on = level(fail_on);
        }
        settings.baseline = match (&args.write_baseline, &args.baseline) {
            (Some(path), _) => Some(settings.new_baseline(path)?),
            (None, Some(path)) => Some(settings.given_baseline(path)?),
            (None, None) => settings.found_baseline()?,
        };
        Ok(Self {
            format: args.format,
            workspace_folder: match args.format {
                Format::Github => inputs::folder_in_workspace(&settings.request.root),
                _ => String::new(),
            },
            sarif_file: args.sarif_file.clone(),
            json_file: args.json_file.clone(),
            shard: args
                .shard
                .as_deref()
                .map(|text| shard("--shard", text))
                .transpose()?,
            ..settings
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

    /// Decides what the arguments of `tfmp compat` mean.
    ///
    /// # Errors
    ///
    /// As [`Settings::new`].
    pub fn for_compat(args: &CompatArgs, rules: &[RuleMeta]) -> Result<Self, Error> {
        let mut settings = Self::of_scan(&args.scan, rules)?;
        if let Some(text) = &args.preview {
            let chosen = specifiers("--as", text)?;
            let table = ReleaseTable::of(Package::Tensorflow);
            let newest = table.newest_final(table.matching(&chosen)).newest();
            let newest = newest.ok_or_else(|| no_release("--as", text, Package::Tensorflow))?;
            settings.scopes.tensorflow = Some(Override::of_release(newest));
            settings.previewed = Some(table.get(newest).row.version);
        }
        if let Some(stated) = &settings.scopes.python
            && settings.scopes.installable().is_empty()
        {
            return Err(no_files(&stated.line));
        }
        Ok(settings)
    }

    fn of_scan(args: &ScanArgs, rules: &[RuleMeta]) -> Result<Self, Error> {
        let current = current_folder()?;
        let paths = paths(args, &current)?;
        let root = discover::find_root(&paths, &current);
        let chosen = match &args.config {
            Some(given) => Some(files::named(given, &current, &root, rules)?),
            None => files::find(&discover::common_folder(&paths, &current), &root, rules)?,
        };
        let config = chosen.as_ref().map(|chosen| &chosen.config);
        let per_path = chosen.as_ref().map_or(Ok(Vec::new()), per_path)?;
        let request = request(args, chosen.as_ref(), paths, root)?;
        let own_folder = chosen
            .as_ref()
            .map(|chosen| request.root.join(&chosen.folder));
        let is_whole = request.paths.iter().any(|path| {
            let path = path.canonicalize().unwrap_or_else(|_| path.clone());
            let holds = |folder: &PathBuf| folder.starts_with(&path);
            holds(&request.root) || own_folder.as_ref().is_some_and(holds)
        });
        Ok(Self {
            scopes: ScopeOptions {
                tensorflow: package(&args.tensorflow, config, Package::Tensorflow)?,
                keras: package(&args.keras, config, Package::Keras)?,
                python: pythons(args, config)?,
                chosen_manifests: !request.requirements.is_empty(),
                all_environments: config
                    .is_some_and(|config| config.environments == Environments::All),
            },
            request,
            is_whole,
            is_trial: args.tensorflow.is_some()
                || args.keras.is_some()
                || args.python.is_some()
                || !args.requirements.is_empty(),
            rules: Rules::new(args, config, per_path, rules)?,
            configured_baseline: chosen.as_ref().and_then(baseline::configured),
            baseline: None,
            previewed: None,
            config: config.map(|config| config.file.path.to_string()),
            fail_on: config
                .and_then(|config| config.fail_on)
                .unwrap_or(Some(Level::Error)),
            format: Format::Terminal,
            workspace_folder: String::new(),
            sarif_file: None,
            json_file: None,
            shard: None,
            detail: match (args.quiet, args.verbose) {
                (true, _) => Detail::Quiet,
                (false, true) => Detail::Verbose,
                (false, false) => Detail::Normal,
            },
            look: look(),
        })
    }

    /// The release that an upgrade is to, where one is to be previewed.
    #[must_use]
    pub const fn previewed(&self) -> Option<&'static str> {
        self.previewed
    }

    /// Whether this run judges a file.
    #[must_use]
    pub fn judges(&self, path: &RepoPath) -> bool {
        self.shard.is_none_or(|shard| shard.has(path))
    }

    /// What tells these results from others of the same commit.
    #[must_use]
    pub fn category(&self, given: &str) -> String {
        self.shard
            .map_or_else(|| given.to_owned(), |shard| shard.category(given))
    }

    /// Whether a rule is reported in a file.
    #[must_use]
    pub fn wants(&self, rule: RuleId, path: &RepoPath) -> bool {
        self.rules.wants(rule, path)
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

fn shard(option: &'static str, text: &str) -> Result<Shard, Error> {
    text.parse().map_err(|()| Error::Shard {
        option,
        text: text.to_owned(),
    })
}

/// The level from which findings fail a run.
const fn level(fail_on: FailOn) -> Option<Level> {
    match fail_on {
        FailOn::Error => Some(Level::Error),
        FailOn::Warning => Some(Level::Warning),
        FailOn::Note => Some(Level::Note),
        FailOn::Never => None,
    }
}

const NARROWEST: usize = 60;
const WIDEST: usize = 100;

/// The paths to check, absolute.
fn paths(args: &ScanArgs, current: &Path) -> Result<Vec<PathBuf>, Error> {
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
            return Err(no_such_path(path, current));
        }
        paths.push(full);
    }
    Ok(paths)
}

fn request(
    args: &ScanArgs,
    chosen: Option<&Chosen>,
    paths: Vec<PathBuf>,
    root: PathBuf,
) -> Result<Request, Error> {
    let mut exclude = args.exclude.clone();
    let mut requirements = args.requirements.clone();
    if let Some(chosen) = chosen {
        exclude.extend(globs(chosen, &chosen.config.exclude)?);
        if requirements.is_empty() {
            requirements = globs(chosen, &chosen.config.requirements)?;
        }
    }
    Ok(Request {
        root,
        paths,
        exclude,
        requirements,
    })
}

/// Globs of a configuration as globs over paths from the root; one that is none is told with its place.
fn globs(chosen: &Chosen, written: &[Placed<String>]) -> Result<Vec<String>, Error> {
    let one = |glob: &Placed<String>| {
        let whole = chosen.glob(&glob.value);
        // What the user wrote is what he should read.
        match Globs::new(std::slice::from_ref(&glob.value)) {
            Ok(_) => Ok(whole),
            Err(error) => Err(in_config(&chosen.config, glob, error.into())),
        }
    };
    if let Some(beyond) = written.get(MAX_GLOBS) {
        let error = DiscoverError::ManyGlobs.into();
        return Err(in_config(&chosen.config, beyond, error));
    }
    written.iter().map(one).collect()
}

fn per_path(chosen: &Chosen) -> Result<Vec<PerPath>, Error> {
    let one = |table: &crate::config::PerPath| {
        let paths = globs(chosen, &table.paths)?;
        Ok(PerPath {
            paths: Globs::new(&paths)?,
            select: table.select.clone(),
            ignore: table.ignore.clone(),
        })
    };
    let tables = &chosen.config.per_path;
    let globs = tables.iter().map(|table| table.paths.len()).sum::<usize>();
    if globs > MAX_GLOBS {
        return Err(DiscoverError::ManyGlobs.into());
    }
    tables.iter().map(one).collect()
}

fn in_config(config: &Config, value: &Placed<String>, error: Error) -> Error {
    Error::InConfig {
        place: config.place(value.at.start),
        error: Box::new(error),
    }
}

/// What stands in place of the pins of a package.
fn package(
    given: &Option<String>,
    config: Option<&Config>,
    package: Package,
) -> Result<Option<Override>, Error> {
    let (option, key) = match package {
        Package::Tensorflow => ("--tensorflow", "tensorflow"),
        Package::Keras | Package::TfKeras => ("--keras", "keras"),
    };
    if let Some(text) = given {
        return specified(option, package, text).map(Some);
    }
    let configured = config.and_then(|config| {
        let value = match package {
            Package::Tensorflow => config.tensorflow.as_ref(),
            Package::Keras | Package::TfKeras => config.keras.as_ref(),
        };
        Some((config, value?))
    });
    let Some((config, value)) = configured else {
        return Ok(None);
    };
    match specified(key, package, &value.value) {
        Ok(read) => Ok(Some(read.stated_in(config.line(key, value)))),
        Err(error) => Err(in_config(config, value, error)),
    }
}

fn pythons(args: &ScanArgs, config: Option<&Config>) -> Result<Option<StatedPython>, Error> {
    let read = |option, text: &str| {
        Pythons::parse(text).map_err(|_| Error::BadSpecifier {
            option,
            text: text.to_owned(),
        })
    };
    if let Some(text) = &args.python {
        let line = PinLine {
            location: None,
            text: format!("--python {}", text.trim()),
        };
        let pythons = read("--python", text)?;
        return Ok(Some(StatedPython { pythons, line }));
    }
    let configured = config.and_then(|config| Some((config, config.python.as_ref()?)));
    let Some((config, value)) = configured else {
        return Ok(None);
    };
    match read("python", &value.value) {
        Ok(pythons) => Ok(Some(StatedPython {
            pythons,
            line: config.line("python", value),
        })),
        Err(error) => Err(in_config(config, value, error)),
    }
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
        return Err(no_release(option, text, package));
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

fn no_files(python: &PinLine) -> Error {
    let place = python.location.as_ref().map(|place| {
        let line = place.file.line_on_disk(place.span.start);
        format!(" ({}:{line})", place.file.path)
    });
    Error::NoFiles {
        python: python.text.clone(),
        place: place.unwrap_or_default(),
        known: published::pythons(Package::Tensorflow.name()),
    }
}

fn no_release(option: &'static str, text: &str, package: Package) -> Error {
    let releases = ReleaseTable::of(package).releases();
    let version = |release: Option<&crate::release::Release>| {
        release.map_or("", |release| release.row.version)
    };
    Error::NoRelease {
        option,
        text: text.to_owned(),
        package: package.name(),
        oldest: version(releases.first()),
        newest: version(releases.last()),
    }
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
            _ => unreachable!("`check` was given"),
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
        let ids = |args: &[&str]| settings(args).unwrap().rules.everywhere().to_vec();
        assert_eq!(ids(&[]).len(), RULES.len());
        assert_eq!(
            ids(&["--select", "tfmp003,API-too-new"]),
            [RuleId("TFMP001"), RuleId("TFMP003")]
        );
        assert_eq!(
            ids(&["--ignore", "TFMP001", "--ignore", "TFMP003"]),
            [RuleId("TFMP002")]
        );
        // A prefix of an id means all of them.
        assert_eq!(ids(&["--select", "tfmp"]).len(), RULES.len());
        assert_eq!(
            ids(&["--select", "TFMP00", "--ignore", "TFMP002,TFMP00"]),
            []
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
