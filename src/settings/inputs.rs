//! From what a step of a workflow was given, and what the runner tells of itself, to what is meant.
//!
//! Inputs come as `TFMP_*`, one variable each, empty where the workflow gives none. What is wrong with
//! one is told by the name that the workflow uses.

use std::path::{Path, PathBuf};

use super::paths::no_such_path;
use super::runner::runner;
use super::{Settings, current_folder, level, shard, specified};
use crate::cli::{FailOn, ScanArgs};
use crate::discover::{Globs, Shard};
use crate::error::Error;
use crate::finding::PinLine;
use crate::github::Runner;
use crate::names::Package;
use crate::report::links::Repository;
use crate::report::terminal::Look;
use crate::rule::RuleMeta;

/// What tells this tool's analysis from others where no category is given.
pub const CATEGORY: &str = "tfmp";

/// A run as a step of a workflow, fully decided.
#[derive(Debug)]
pub struct ActionSettings {
    /// What is checked, against what, and from which level on the step fails.
    pub scan: Settings,
    /// Where SARIF goes.
    pub sarif_file: PathBuf,
    /// Where the JSON report goes.
    pub report_file: PathBuf,
    /// What tells this analysis from others of the same commit.
    pub category: String,
    /// Whether lines are annotated.
    pub annotations: bool,
    /// Where the summary of the job goes, where it is wanted and there is a place.
    pub summary_file: Option<PathBuf>,
    /// Where outputs of the step go.
    pub output_file: Option<PathBuf>,
    /// Whether the pull request is reviewed.
    pub review: Review,
    /// Where lines of the checked files are shown.
    pub repository: Option<Repository>,
}

/// What is to become of the pull request that a run belongs to.
#[derive(Debug)]
pub enum Review {
    /// There is none, or no review is wanted.
    None,
    /// There is one, and it cannot be reviewed.
    Missing(&'static str),
    /// It is reviewed.
    Post(Box<Runner>),
}

impl Review {
    fn new(wanted: bool, most_comments: usize, is_its_clone: bool) -> Result<Self, Error> {
        let runner = runner(most_comments)?;
        Ok(
            if !wanted || !runner.event_name.starts_with("pull_request") {
                Self::None
            } else if is_its_clone {
                Self::Post(Box::new(runner))
            } else {
                Self::Missing("what was checked is no clone of the repository of the pull request")
            },
        )
    }
}

/// The most comments of a review where nothing is said.
const MOST_COMMENTS: usize = 25;
/// GitHub takes no more in one review.
const MOST_COMMENTS_EVER: usize = 100;
/// As wide as the log of a job shows without wrapping on most screens.
const LOG_WIDTH: usize = 100;

/// One variable of the environment, if it is set.
type Variables<'e> = &'e dyn Fn(&str) -> Option<String>;

impl ActionSettings {
    /// Reads the environment of this process.
    ///
    /// # Errors
    ///
    /// Where an input means nothing.
    pub fn from_environment(rules: &[RuleMeta]) -> Result<Self, Error> {
        Self::new(&variable, rules)
    }

    fn new(variables: Variables<'_>, rules: &[RuleMeta]) -> Result<Self, Error> {
        let inputs = Inputs { variables };
        let current = current_folder()?;
        inputs.one_of(
            "upload-sarif",
            &["auto", "true", "false"],
            "`auto`, `true` or `false`",
        )?;
        let mut scan = Settings::of_scan(&inputs.scan_args(&current)?, rules)?;
        scan.scopes.tensorflow = match inputs.package("tensorflow-version", Package::Tensorflow)? {
            Some(given) => Some(given),
            None => scan.scopes.tensorflow,
        };
        scan.scopes.keras = match inputs.package("keras-version", Package::Keras)? {
            Some(given) => Some(given),
            None => scan.scopes.keras,
        };
        scan.is_trial |= ["tensorflow-version", "keras-version"]
            .iter()
            .any(|input| inputs.given(input).is_some());
        if let Some(fail_on) = inputs.fail_on()? {
            scan.fail_on = level(fail_on);
        }
        scan.baseline = match inputs.given("baseline") {
            Some(path) => {
                let read = scan.given_baseline(Path::new(&path));
                Some(read.map_err(|error| in_input("baseline", error))?)
            }
            None => scan.found_baseline()?,
        };
        scan.workspace_folder = inputs.folder_in_workspace(&scan.request.root);
        scan.look = Look {
            // The log shows colours, though it is no terminal.
            color: inputs.named("NO_COLOR").is_none(),
            width: LOG_WIDTH,
        };
        scan.shard = inputs.shard()?;
        let category = scan.category(&inputs.category()?);
        let folder = inputs
            .named("RUNNER_TEMP")
            .map_or_else(std::env::temp_dir, PathBuf::from);
        let name = file_name(&category);
        let given = inputs.given("sarif-file").map(PathBuf::from);
        let sarif_file = given.unwrap_or_else(|| folder.join(format!("{name}.sarif")));
        let report_file = folder.join(format!("{name}.json"));
        if sarif_file == report_file {
            return Err(in_input("sarif-file", Error::SameFile { path: sarif_file }));
        }
        let repository = inputs.repository(&scan.request.root);
        Ok(Self {
            sarif_file,
            report_file,
            annotations: inputs.switch("annotations")?,
            summary_file: inputs
                .switch("summary")?
                .then(|| inputs.named("GITHUB_STEP_SUMMARY"))
                .flatten()
                .map(PathBuf::from),
            output_file: inputs.named("GITHUB_OUTPUT").map(PathBuf::from),
            review: Review::new(
                // One run posts for all: several would not know of each other's comments.
                inputs.switch("review")? && scan.shard.is_none(),
                inputs.max_comments()?,
                repository.is_some(),
            )?,
            repository,
            category,
            scan,
        })
    }
}

/// Where a folder lies in the workspace of the runner: `""` where it is that, or lies elsewhere.
pub(super) fn folder_in_workspace(root: &Path) -> String {
    let inputs = Inputs {
        variables: &variable,
    };
    inputs.folder_in_workspace(root)
}

/// The most comments of a review, as a workflow gives it.
///
/// # Errors
///
/// Where it gives no such number.
pub(super) fn max_comments() -> Result<usize, Error> {
    let inputs = Inputs {
        variables: &variable,
    };
    inputs.max_comments()
}

/// What tells an analysis from others, as a workflow gives it.
///
/// # Errors
///
/// Where it is no line of text.
pub(super) fn category() -> Result<String, Error> {
    let inputs = Inputs {
        variables: &variable,
    };
    inputs.category()
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The inputs of the action, and what the runner says.
struct Inputs<'e> {
    variables: Variables<'e>,
}

impl Inputs<'_> {
    /// A variable that says something.
    fn named(&self, variable: &str) -> Option<String> {
        (self.variables)(variable).filter(|value| !value.trim().is_empty())
    }

    /// What the workflow gives as an input.
    fn given(&self, input: &str) -> Option<String> {
        let variable = format!("TFMP_{}", input.to_ascii_uppercase().replace('-', "_"));
        self.named(&variable).map(|value| value.trim().to_owned())
    }

    /// The lines of an input that takes several values.
    fn lines(&self, input: &str) -> Vec<String> {
        let text = self.given(input).unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }

    /// One of some words, in whatever case.
    fn one_of(
        &self,
        input: &'static str,
        words: &[&'static str],
        expected: &'static str,
    ) -> Result<Option<&'static str>, Error> {
        let Some(text) = self.given(input) else {
            return Ok(None);
        };
        let found = words.iter().find(|word| word.eq_ignore_ascii_case(&text));
        match found {
            Some(word) => Ok(Some(word)),
            None => Err(in_input(input, Error::NotOneOf { text, expected })),
        }
    }

    /// A switch that is on where nothing is said.
    fn switch(&self, input: &'static str) -> Result<bool, Error> {
        let word = self.one_of(input, &["true", "false"], "`true` or `false`")?;
        Ok(word != Some("false"))
    }

    fn fail_on(&self) -> Result<Option<FailOn>, Error> {
        let words = ["error", "warning", "note", "never"];
        let expected = "`error`, `warning`, `note` or `never`";
        Ok(self
            .one_of("fail-on", &words, expected)?
            .map(|word| match word {
                "warning" => FailOn::Warning,
                "note" => FailOn::Note,
                "never" => FailOn::Never,
                _ => FailOn::Error,
            }))
    }

    fn scan_args(&self, current: &Path) -> Result<ScanArgs, Error> {
        let requirements = self.lines("requirements");
        Globs::new(&requirements).map_err(|error| in_input("requirements", error.into()))?;
        let there = |input, path: &str| {
            let path = PathBuf::from(path);
            if current.join(&path).exists() {
                Ok(path)
            } else {
                Err(in_input(input, no_such_path(&path, current)))
            }
        };
        let paths = self.lines("path");
        let paths: Result<Vec<PathBuf>, Error> =
            paths.iter().map(|path| there("path", path)).collect();
        let config = self.given("config");
        Ok(ScanArgs {
            paths: paths?,
            requirements,
            config: config.map(|path| there("config", &path)).transpose()?,
            ..ScanArgs::default()
        })
    }

    /// What stands in place of the pins of a package.
    fn package(
        &self,
        input: &'static str,
        package: Package,
    ) -> Result<Option<crate::scope::Override>, Error> {
        let Some(text) = self.given(input) else {
            return Ok(None);
        };
        let read = specified(package.name(), package, &text);
        let line = PinLine {
            location: None,
            text: format!("{input}: {text}"),
        };
        match read {
            Ok(read) => Ok(Some(read.stated_in(line))),
            Err(error) => Err(in_input(input, error)),
        }
    }

    fn category(&self) -> Result<String, Error> {
        let text = self.given("category").unwrap_or_default();
        let category = text.trim_end_matches('/');
        if category.chars().any(char::is_control) {
            let expected = "one line of text";
            let text = category.to_owned();
            return Err(in_input("category", Error::NotOneOf { text, expected }));
        }
        Ok(match category {
            "" => CATEGORY.to_owned(),
            category => category.to_owned(),
        })
    }

    fn shard(&self) -> Result<Option<Shard>, Error> {
        let read = |text: String| {
            let read = shard("shard", &text);
            read.map_err(|error| in_input("shard", error))
        };
        self.given("shard").map(read).transpose()
    }

    fn max_comments(&self) -> Result<usize, Error> {
        let Some(text) = self.given("max-comments") else {
            return Ok(MOST_COMMENTS);
        };
        match text.parse() {
            Ok(number) if number <= MOST_COMMENTS_EVER => Ok(number),
            _ => {
                let expected = "a number from 0 to 100";
                Err(in_input("max-comments", Error::NotOneOf { text, expected }))
            }
        }
    }

    /// The workspace, as the system spells it.
    fn workspace(&self) -> Option<PathBuf> {
        PathBuf::from(self.named("GITHUB_WORKSPACE")?)
            .canonicalize()
            .ok()
    }

    fn folder_in_workspace(&self, root: &Path) -> String {
        let inside = self.workspace().and_then(|workspace| {
            let root = root.canonicalize().ok()?;
            Some(root.strip_prefix(workspace).ok()?.to_owned())
        });
        let parts = inside.unwrap_or_default();
        let parts: Vec<_> = parts.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    }

    /// Where the lines of what is checked out are shown. A checkout in a folder of the workspace may
    /// be that of another repository: nothing is linked then, rather than something wrong.
    fn repository(&self, root: &Path) -> Option<Repository> {
        let repository = Repository {
            server: self.named("GITHUB_SERVER_URL")?,
            name: self.named("GITHUB_REPOSITORY")?,
            commit: self.named("GITHUB_SHA")?,
        };
        let root = root.canonicalize().ok()?;
        let cloned = |config: String| {
            let mut urls = config.lines().filter_map(|line| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == "url").then(|| value.trim().trim_end_matches(".git").to_owned())
            });
            urls.any(|url| {
                let server = url.strip_suffix(&repository.name);
                server.is_some_and(|server| server.ends_with(['/', ':']))
            })
        };
        let is_it = self.workspace().is_some_and(|workspace| workspace == root)
            || std::fs::read_to_string(root.join(".git/config")).is_ok_and(cloned);
        is_it.then_some(repository)
    }
}

fn in_input(input: &'static str, error: Error) -> Error {
    Error::InInput {
        input,
        error: Box::new(error),
    }
}

/// The files of a category: two steps of one job keep theirs apart.
fn file_name(category: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    match category {
        CATEGORY => CATEGORY.to_owned(),
        other => format!(
            "{CATEGORY}-{}",
            other.chars().map(plain).collect::<String>()
        ),
    }
}
