//! The command line as given. What it means is decided in `settings`.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::names::Package;
use crate::release::ReleaseTable;

const EXAMPLES: &str = "\
Examples:
  tfmp check                 will this code run on what the repository asks for?
  tfmp fix --diff            what can be repaired, as a patch
  tfmp compat                which releases does this code support?
  tfmp explain tf.Session    what became of a symbol?

`tfmp COMMAND --help` has more of each.";

/// The version, and how far the history of the API goes.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let newest = |package| {
        let table = ReleaseTable::of(package);
        let row = table.releases().last().map(|release| release.row);
        row.map_or_else(String::new, |row| format!("{package} {}", row.version))
    };
    format!(
        "{}\nknows releases up to {}",
        env!("CARGO_PKG_VERSION"),
        Package::ALL.map(newest).join(", ")
    )
});

/// The program's command line.
#[derive(Debug, Parser)]
#[command(
    name = "tfmp",
    version,
    about = "Checks Python code against what the pinned TensorFlow and Keras releases really contain",
    long_version = LONG_VERSION.as_str(),
    after_help = EXAMPLES,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check Python files against the releases that the repository asks for
    Check(Box<CheckArgs>),
    /// Repair what has a certain repair, or print it as a patch
    Fix(Box<FixArgs>),
    /// Tell which releases the code supports, and what blocks the others
    Compat(Box<CompatArgs>),
    /// Tell the history of a symbol, or show the page of a rule
    Explain(ExplainArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Review a pull request with the report of an earlier run, in a workflow on GitHub
    Review(ReviewArgs),
    /// Check as a step of a workflow in GitHub Actions, which tells the inputs in `TFMP_*`
    Action,
    /// Print completions of the command line for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  tfmp check                                 everything below this folder
  tfmp check src train.py                    some of it; pins are found above
  tfmp check --tensorflow '>=2.4,<2.9'       against these, whatever is pinned
  tfmp check --select TFMP001,api-removed    two rules alone
  tfmp check --format concise                one line for each finding
  tfmp check --sarif-file tfmp.sarif         for code scanning, in the same run
  tfmp check --write-baseline known.json     accept what is there; from then on
  tfmp check --baseline known.json           report what is new
  tfmp check --shard 2/4 --json-file 2.json  one of four runs that divide files

Exit code: 0 nothing at or above --fail-on; 1 findings; 2 the check could not be made.";

/// `tfmp check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,

    /// Write SARIF 2.1.0 to this file, too
    #[arg(long, value_name = "FILE")]
    pub sarif_file: Option<PathBuf>,

    /// Write the JSON report to this file, too
    #[arg(long, value_name = "FILE")]
    pub json_file: Option<PathBuf>,

    /// The level from which findings make the exit code 1 [default: error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,

    /// Report only what this file does not accept
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Accept all that is found, and write it to this file
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    pub write_baseline: Option<PathBuf>,

    /// Judge one part of the files, such as 2/4, and leave the others to other runs
    #[arg(long, value_name = "NUMBER/COUNT", conflicts_with = "write_baseline")]
    pub shard: Option<String>,

    /// What is checked, against what.
    #[command(flatten)]
    pub scan: ScanArgs,
}

const FIX_EXAMPLES: &str = "\
Examples:
  tfmp fix                       repair everything below the current folder
  tfmp fix --diff                print a patch for `git apply`, change nothing
  tfmp fix --unsafe --diff src   what else could be done there

Exit code: 0; with --diff 1 where there is a patch; 2 the check could not be made.";

/// `tfmp fix`.
#[derive(Debug, Args)]
#[command(after_help = FIX_EXAMPLES)]
pub struct FixArgs {
    /// Print the changes as a patch instead of making them
    #[arg(long)]
    pub diff: bool,

    /// Also make changes after which the code may behave otherwise
    #[arg(long = "unsafe")]
    pub also_unsafe: bool,

    /// What is checked, against what.
    #[command(flatten)]
    pub scan: ScanArgs,
}

/// What `check` and `fix` have in common.
#[derive(Debug, Default, Args)]
pub struct ScanArgs {
    /// Files and folders to check [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Read pins from the files that match, and from no others (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub requirements: Vec<String>,

    /// Check against these TensorFlow releases, whatever is pinned
    #[arg(long, value_name = "SPEC")]
    pub tensorflow: Option<String>,

    /// Check against these Keras releases, whatever is pinned
    #[arg(long, value_name = "SPEC")]
    pub keras: Option<String>,

    /// The Python versions that the project runs on
    #[arg(long, value_name = "SPEC")]
    pub python: Option<String>,

    /// Report these rules alone, by id, prefix or name (may be repeated)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,

    /// Leave these rules out, by id, prefix or name (may be repeated)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,

    /// Leave out files and folders that match (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// Take the configuration from this file [default: the nearest `tfmp.toml`, or `pyproject.toml`
    /// with `[tool.tfmp]`]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Print the results alone: no notices, no summary
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Tell every folder's pin and every notice
    #[arg(short, long)]
    pub verbose: bool,
}

const COMPAT_EXAMPLES: &str = "\
Examples:
  tfmp compat                              every release, and what blocks it
  tfmp compat --as 2.20                    what an upgrade breaks, and its fixes
  tfmp compat --python 3.12                releases with files for that Python
  tfmp compat --format svg > compat.svg    a picture, for a page or a README

Exit code: 0, whatever is found; 2 the code could not be looked at.";

/// `tfmp compat`.
#[derive(Debug, Args)]
#[command(after_help = COMPAT_EXAMPLES)]
pub struct CompatArgs {
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = CompatFormat::Terminal)]
    pub format: CompatFormat,

    /// Tell what breaks on the newest of these TensorFlow releases instead
    #[arg(long = "as", value_name = "SPEC", conflicts_with = "tensorflow")]
    pub preview: Option<String>,

    /// What is looked at, against what.
    #[command(flatten)]
    pub scan: ScanArgs,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  tfmp explain tf.contrib.layers.flatten   where it was, what came instead
  tfmp explain K.set_session               `tf`, `keras` and `K` are known
  tfmp explain keras.optimizers.Adam       parameters in every release
  tfmp explain --members tf.keras.Model    the members of a class, too
  tfmp explain TFMP006                     the page of a rule, by id or name

Exit code: 0; 2 there is no such symbol and no such rule.";

/// `tfmp explain`.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct ExplainArgs {
    /// A symbol of TensorFlow or Keras, or a rule
    #[arg(value_name = "SYMBOL|RULE")]
    pub what: String,

    /// List the members of a class or module, each with its releases
    #[arg(long)]
    pub members: bool,

    /// How to print it
    #[arg(long, value_enum, default_value_t = TextFormat::Terminal)]
    pub format: TextFormat,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  tfmp completions bash > ~/.local/share/bash-completion/completions/tfmp
  tfmp completions zsh > ~/.zfunc/_tfmp                  with ~/.zfunc in fpath
  tfmp completions fish > ~/.config/fish/completions/tfmp.fish";

/// `tfmp completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

const REVIEW_EXAMPLES: &str = "\
Examples:
  tfmp review --report tfmp.json               what `check --json-file` found
  tfmp review --report 1.json --report 2.json  one review of several `--shard`

In a workflow on `workflow_run` or `pull_request` of GitHub Actions, with a token that may write \
(`pull-requests: write`) in TFMP_TOKEN or GITHUB_TOKEN. The report may come from a run of a fork.

Exit code: 0, whether or not GitHub takes the review; 2 there is no such report.";

/// `tfmp review`.
#[derive(Debug, Args)]
#[command(after_help = REVIEW_EXAMPLES)]
pub struct ReviewArgs {
    /// The JSON report of an earlier run (may be repeated: those of several parts)
    #[arg(long, value_name = "FILE", required = true)]
    pub report: Vec<PathBuf>,

    /// The most comments on lines; what is left over is told in the body [default: 25]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(..=100))]
    pub max_comments: Option<u8>,
}

const RULES_EXAMPLES: &str = "\
Examples:
  tfmp rules                           all of them, in columns
  tfmp rules --format json             with their pages
  tfmp explain argument-not-accepted   the page of one";

/// `tfmp rules`.
#[derive(Debug, Args)]
#[command(after_help = RULES_EXAMPLES)]
pub struct RulesArgs {
    /// How to print them
    #[arg(long, value_enum, default_value_t = TextFormat::Terminal)]
    pub format: TextFormat,
}

/// What standard output carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Source, pin line and releases, for people
    Terminal,
    /// One line for each finding
    Concise,
    /// The versioned report of docs/json.md
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions, the worst ten of each level
    Github,
    /// A page for people, such as the summary of a job
    Markdown,
}

/// From which level on findings fail a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Only what fails on every permitted release
    Error,
    /// Also what fails on some of them
    Warning,
    /// Anything
    Note,
    /// Nothing
    Never,
}

/// How answers are printed that are no reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// For people
    Terminal,
    /// With every fact
    Json,
    /// For a document
    Markdown,
}

/// How the releases are shown that some code supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompatFormat {
    /// A matrix, for people
    Terminal,
    /// The same for a document
    Markdown,
    /// Every fact (docs/json.md)
    Json,
    /// A picture that needs nothing beside it
    Svg,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_fits_the_page() {
        let mut command = Cli::command();
        let examples = EXAMPLES.lines().filter(|line| line.starts_with("  "));
        assert!(examples.clone().count() > 3);
        for line in examples {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for command in command.get_subcommands_mut() {
            for line in command.render_long_help().to_string().lines() {
                // Examples stand in lines of their own, which a terminal of 80 columns has room for.
                let most = if line.starts_with("  tfmp ") { 80 } else { 100 };
                assert!(line.chars().count() <= most, "{line}");
            }
        }
    }
}
