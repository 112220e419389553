//! `cargo apidb`: makes `data/` out of the wheels of every release.
//!
//! Steps: `fetch` keeps the Python files of every wheel and writes `data/releases.tsv`, `builds` writes
//! `data/distributions.tsv`, `extract` evaluates the files into one surface a release, `merge` writes
//! the histories of `data/api`, `keywords` asks installed releases for `data/api/keywords.tsv`, `verify`
//! compares the histories with real imports, and `truth` compares what
//! the program says with what happens. Without a step all but the last three are taken. All but `builds`, which asks for every list anew, are resumable from the cache.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};

mod builds;
mod cache;
mod eval;
mod extract;
mod files;
mod index;
mod keywords;
mod merge;
mod pip;
mod releases;
mod said;
mod surface;
mod truth;
mod verify;
mod wheels;

use cache::Cache;
use pip::Pip;
use releases::Known;

/// Makes `data/` from the wheels of every release.
#[derive(Parser)]
#[command(name = "apidb")]
struct Args {
    /// Where downloads, surfaces and probes are kept; else `TFMP_APIDB_CACHE`, else target/apidb.
    #[arg(long, global = true)]
    cache: Option<PathBuf>,
    /// The folder that is written.
    #[arg(long, global = true, default_value = "data")]
    data: PathBuf,
    #[command(subcommand)]
    step: Option<Step>,
}

#[derive(Subcommand)]
enum Step {
    /// Download wheels with pip, keep their Python files, and write the table of releases.
    Fetch {
        /// Only these, and what they are evaluated with: `tensorflow==2.3.4`.
        #[arg(value_name = "PACKAGE==VERSION")]
        releases: Vec<String>,
        /// A folder of wheels that stands in for the package index.
        #[arg(long, value_name = "FOLDER")]
        wheels: Option<PathBuf>,
        /// How many downloads run at a time.
        #[arg(long, default_value_t = 2)]
        jobs: usize,
    },
    /// List the versions of every distribution that installs TensorFlow or Keras.
    Builds {
        /// How many lists are asked for at a time.
        #[arg(long, default_value_t = 4)]
        jobs: usize,
    },
    /// Evaluate every release whose surface is not in the cache yet.
    Extract {
        /// Evaluate all of them again.
        #[arg(long)]
        again: bool,
    },
    /// Write the histories.
    Merge,
    /// Find out by calls which keywords functions with `**kwargs` refuse.
    Keywords {
        /// A folder of environments named by release, those that `verify` takes; every one is asked.
        #[arg(long)]
        venvs: Option<PathBuf>,
        /// A folder of Keras releases named by version, each made by `pip install --no-deps --target`.
        #[arg(long, value_name = "FOLDER")]
        beside: Option<PathBuf>,
        /// Only these releases of TensorFlow and of the folder beside; the table keeps what it says of others.
        #[arg(long = "release", value_name = "VERSION")]
        releases: Vec<String>,
        /// Only callables whose name begins so, such as `losses.`; the table keeps what it says of others.
        #[arg(long = "callable", value_name = "NAME")]
        callables: Vec<String>,
    },
    /// Compare the histories with real imports.
    Verify {
        /// These TensorFlow releases; else every release that has an environment.
        #[arg(long = "release", value_name = "VERSION")]
        releases: Vec<String>,
        /// A folder of environments named by release; missing ones are made there.
        #[arg(long)]
        venvs: Option<PathBuf>,
    },
    /// Run the code of tests/truth with installed releases, and compare with what is reported.
    Truth {
        /// Only on these TensorFlow releases; then the table is not written.
        #[arg(long = "release", value_name = "VERSION")]
        releases: Vec<String>,
        /// A folder of environments named by release; missing ones are made there.
        #[arg(long)]
        venvs: Option<PathBuf>,
    },
}

fn main() -> Result<()> {
    let args = Args::parse();
    let folder = args
        .cache
        .or_else(|| std::env::var_os("TFMP_APIDB_CACHE").map(PathBuf::from))
        .unwrap_or_else(|| Path::new("target").join("apidb"));
    let cache = Cache::open(&folder)?;
    let known = || Known::read(&args.data);
    match args.step {
        Some(Step::Fetch {
            releases,
            wheels,
            jobs,
        }) => {
            let pip = Pip { folder: wheels };
            let index = wheels::fetch(&cache, &pip, &known()?, &releases, jobs)?;
            if releases.is_empty() {
                releases::write(&cache, &index, &args.data)?;
            }
            Ok(())
        }
        Some(Step::Builds { jobs }) => builds::write(&Pip::default(), &args.data, jobs),
        Some(Step::Extract { again }) => extract::extract(&cache, &known()?, again),
        Some(Step::Merge) => merge::merge(&cache, &known()?, &args.data),
        Some(Step::Keywords {
            venvs,
            beside,
            releases,
            callables,
        }) => {
            let venvs = venvs.unwrap_or_else(|| cache.folder("venvs"));
            let choice = keywords::Choice {
                releases,
                callables,
            };
            let (data, beside) = (&args.data, beside.as_deref());
            keywords::keywords(&cache, data, &known()?, &venvs, beside, &choice)
        }
        Some(Step::Verify { releases, venvs }) => {
            verify::verify(&cache, &args.data, &known()?, &releases, venvs)
        }
        Some(Step::Truth { releases, venvs }) => truth::truth(
            &cache,
            &args.data,
            Path::new("tests/truth"),
            Path::new("docs/truth.md"),
            &releases,
            venvs,
        ),
        None => {
            let index = wheels::fetch(&cache, &Pip::default(), &known()?, &[], 2)?;
            releases::write(&cache, &index, &args.data)?;
            builds::write(&Pip::default(), &args.data, 4)?;
            let known = known()?;
            extract::extract(&cache, &known, false)?;
            merge::merge(&cache, &known, &args.data)
        }
    }
}
