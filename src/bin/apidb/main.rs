//! `cargo apidb`: makes `data/` out of the wheels of every release.
//!
//! Steps, each resumable from its cache: `extract` evaluates the Python files of every wheel into
//! one surface a release, `merge` writes the histories of `data/api`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};

mod cache;
mod eval;
mod extract;
mod files;
mod merge;
mod releases;
mod surface;

use cache::Cache;
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
    /// Evaluate every release whose surface is not in the cache yet.
    Extract {
        /// Evaluate all of them again.
        #[arg(long)]
        again: bool,
    },
    /// Write the histories.
    Merge,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let folder = args
        .cache
        .or_else(|| std::env::var_os("TFMP_APIDB_CACHE").map(PathBuf::from))
        .unwrap_or_else(|| Path::new("target").join("apidb"));
    let cache = Cache::open(&folder)?;
    let known = Known::read(&args.data)?;
    match args.step {
        Some(Step::Extract { again }) => extract::extract(&cache, &known, again),
        Some(Step::Merge) => merge::merge(&cache, &known, &args.data),
        None => {
            extract::extract(&cache, &known, false)?;
            merge::merge(&cache, &known, &args.data)
        }
    }
}
