//! Real imports: environments with a release installed, and the probe that asks them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::cache::write_whole;
use crate::index::minor_of;

/// Tells which names there are.
pub(crate) const NAMES: &str = include_str!("../verify_probe.py");

/// A query that answers nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(300);

/// Facts by query.
pub(crate) type Facts = BTreeMap<String, Value>;

/// An environment with one TensorFlow release in it.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    folder: PathBuf,
    /// Where packages stand that are imported before those of the environment.
    beside: Option<PathBuf>,
}

impl Environment {
    /// The environment of a release below `folder`, made there where it is missing.
    pub(crate) fn of(folder: &Path, version: &str, python: Option<u32>) -> Result<Self> {
        let folder = folder.join(version);
        let environment = Self {
            folder,
            beside: None,
        };
        if !environment.python().exists() {
            environment.make(version, python)?;
        }
        Ok(environment)
    }

    /// The same environment with other packages before its own.
    pub(crate) fn with(&self, beside: &Path) -> Self {
        Self {
            folder: self.folder.clone(),
            beside: Some(beside.to_owned()),
        }
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("bin").join("python")
    }

    /// Installs what is missing of these requirements, in a version that works with the release.
    pub(crate) fn require(&self, version: &str, requirements: &[&str]) -> Result<()> {
        let missing: Vec<&str> = requirements
            .iter()
            .filter(|line| self.version(&distribution(line)).is_none())
            .copied()
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        // The release is named again, since pip would rather move it than take an older companion.
        run(pip(&self.python())
            .arg(format!("tensorflow=={version}"))
            .args(pins(minor_of(version)))
            .args(missing))
    }

    fn make(&self, version: &str, python: Option<u32>) -> Result<()> {
        let minor = python.context("the list of releases names no Python for it")?;
        let base = interpreter(minor)
            .with_context(|| format!("there is no Python 3.{minor} to install it with"))?;
        let beside = self.folder.with_file_name(format!("{version}.part"));
        drop(std::fs::remove_dir_all(&beside));
        run(Command::new(base).args(["-m", "venv"]).arg(&beside))?;
        let python = beside.join("bin").join("python");
        // The pip that comes with an old Python knows no wheels of today's kind and would compile.
        run(pip(&python).args(["--upgrade", "pip"]))?;
        run(pip(&python)
            .arg(format!("tensorflow=={version}"))
            .args(pins(minor_of(version))))?;
        std::fs::rename(&beside, &self.folder)?;
        Ok(())
    }

    /// The installed version of a distribution.
    pub(crate) fn version(&self, distribution: &str) -> Option<String> {
        let lib = std::fs::read_dir(self.folder.join("lib")).ok()?;
        let sites = lib
            .filter_map(Result::ok)
            .map(|entry| entry.path().join("site-packages"));
        sites
            .filter_map(|site| std::fs::read_dir(site).ok())
            .flatten()
            .filter_map(Result::ok)
            .find_map(|entry| {
                let name = entry.file_name().to_string_lossy().to_lowercase();
                let (name, version) = name.strip_suffix(".dist-info")?.split_once('-')?;
                (name == distribution).then(|| version.to_owned())
            })
    }

    /// The facts of every query: those of the file, and what the probe answers for the rest.
    pub(crate) fn ask(
        &self,
        probe: &str,
        root: &str,
        queries: &[String],
        facts: &Path,
    ) -> Result<Facts> {
        let mut known = load(facts)?;
        let script = facts.with_extension("py");
        let list = facts.with_extension("queries");
        write_whole(&script, probe.as_bytes())?;
        let root_query = format!("R {root}");
        loop {
            let todo: Vec<&String> = queries.iter().filter(|q| !known.contains_key(*q)).collect();
            let Some(&first) = todo.first() else {
                return Ok(known);
            };
            let mut text = String::new();
            for query in &todo {
                text.push_str(query);
                text.push('\n');
            }
            write_whole(&list, text.as_bytes())?;
            let before = known.len();
            self.run_probe(&script, root, &list, facts)?;
            known = load(facts)?;
            if let Some(fact) = known.get(&root_query)
                && fact["ok"] == false
            {
                return Ok(known);
            }
            // What the process died of counts as absent, and the next one goes on behind it.
            let died = todo.into_iter().find(|query| !known.contains_key(*query));
            if let Some(query) = died {
                if !known.contains_key(&root_query) && known.len() == before {
                    bail!("importing {root} kills the process before `{first}`");
                }
                let fact = serde_json::json!({"q": query, "ok": false, "why": "killed"});
                let mut file = std::fs::OpenOptions::new().append(true).open(facts)?;
                // A line that was cut short must not swallow this one.
                writeln!(file, "\n{fact}")?;
                known.insert(query.clone(), fact);
            }
        }
    }

    fn run_probe(&self, script: &Path, root: &str, list: &Path, facts: &Path) -> Result<()> {
        let mut child = Command::new(self.python())
            .arg("-I")
            .arg(script)
            .arg(root)
            .arg(list)
            .arg(facts)
            .args(&self.beside)
            .current_dir(facts.parent().context("a facts file has a folder")?)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", self.python().display()))?;
        let size = || std::fs::metadata(facts).map_or(0, |data| data.len());
        let (mut last, mut since) = (size(), Instant::now());
        while child.try_wait()?.is_none() {
            std::thread::sleep(Duration::from_millis(100));
            if size() != last {
                (last, since) = (size(), Instant::now());
            } else if since.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                break;
            }
        }
        Ok(())
    }
}

/// Reads a file of facts; a last line that was cut short is left out.
fn load(path: &Path) -> Result<Facts> {
    if !path.exists() {
        return Ok(Facts::new());
    }
    let text = std::fs::read_to_string(path)?;
    Ok(text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|fact| Some((fact["q"].as_str()?.to_owned(), fact)))
        .collect())
}

/// `pip install` into the environment of a Python.
fn pip(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--no-compile"]);
    command
}

/// The name of a requirement's distribution, as the folder of its metadata spells it.
fn distribution(requirement: &str) -> String {
    let ends = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.');
    let name = requirement.split(ends).next().unwrap_or_default();
    name.to_ascii_lowercase().replace(['-', '.'], "_")
}

/// What pip must be told besides, since old releases took any newer version of what broke them.
fn pins(minor: (u64, u64)) -> &'static [&'static str] {
    if minor <= (2, 0) {
        &["protobuf<3.21", "numpy<1.19", "h5py<3"]
    } else if minor <= (2, 10) {
        &["protobuf<3.21", "numpy<1.24"]
    } else if minor == (2, 11) {
        &["numpy<1.24"]
    } else {
        &[]
    }
}

/// A Python of that minor: on the search path, or among the versions that pyenv has.
fn interpreter(minor: u32) -> Option<PathBuf> {
    let name = format!("python3.{minor}");
    let plain = Command::new(&name)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if plain.is_ok_and(|status| status.success()) {
        return Some(PathBuf::from(name));
    }
    let root = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")))?;
    let versions: BTreeSet<PathBuf> = std::fs::read_dir(root.join("versions"))
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect();
    versions
        .into_iter()
        .rev()
        .map(|version| version.join("bin").join(&name))
        .find(|python| python.exists())
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!(
            "{:?} failed: {}",
            command.get_program(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}
