//! The configuration of a project: `tfmp.toml`, `.tfmp.toml`, or `[tool.tfmp]` in
//! `pyproject.toml`. docs/configuration.md tells every key.
//!
//! Whatever is not understood here is an error with its place: a key that is misspelt and ignored
//! would leave a project unchecked without a word. Which file counts, and what the command line
//! says besides, is decided in `settings`.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::finding::{Level, Location, PinLine};
use crate::names::{RuleId, nearest};
use crate::rule::{RuleMeta, find_rules};
pub use crate::rule::{find_rule, rule_advice};
use crate::text::{LineIndex, SourceFile, Span};

/// The names of files that hold nothing else, the one that counts before the other first.
pub const FILE_NAMES: [&str; 2] = ["tfmp.toml", ".tfmp.toml"];

/// The file that has a table for every tool.
pub const SHARED_FILE: &str = "pyproject.toml";

/// The keys, in the order of the documentation.
const KEYS: &[&str] = &[
    "select",
    "ignore",
    "exclude",
    "requirements",
    "tensorflow",
    "keras",
    "python",
    "fail-on",
    "environments",
    "baseline",
    PER_FILE_IGNORES,
    PER_PATH,
];
/// As ruff has it: a glob, and the rules that are not reported there.
const PER_FILE_IGNORES: &str = "per-file-ignores";
const PER_PATH: &str = "per-path";
const PER_PATH_KEYS: &[&str] = &["paths", "select", "ignore"];

const LEVELS: &[(&str, Option<Level>)] = &[
    ("error", Some(Level::Error)),
    ("warning", Some(Level::Warning)),
    ("note", Some(Level::Note)),
    ("never", None),
];

const ENVIRONMENTS: &[(&str, Environments)] = &[
    ("installed", Environments::Installed),
    ("all", Environments::All),
];

/// Why a configuration cannot be used; each time the user's to mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// File, line and column.
    pub place: String,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub advice: String,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the file.
    pub at: Range<usize>,
}

/// Which environments are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Environments {
    /// What an installation takes today.
    #[default]
    Installed,
    /// Also what the manifest behind a lock permits, and Keras 3 releases that are not the newest.
    All,
}

/// Rules for some of the files.
#[derive(Clone, Debug)]
pub struct PerPath {
    /// The globs, as written.
    pub paths: Vec<Placed<String>>,
    /// The rules that are reported there; `None` for those of the whole project.
    pub select: Option<Vec<RuleId>>,
    /// The rules that are not.
    pub ignore: Vec<RuleId>,
}

/// What a file of configuration says.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file.
    pub file: Arc<SourceFile>,
    /// `select`.
    pub select: Option<Vec<RuleId>>,
    /// `ignore`.
    pub ignore: Vec<RuleId>,
    /// `exclude`.
    pub exclude: Vec<Placed<String>>,
    /// `requirements`.
    pub requirements: Vec<Placed<String>>,
    /// `tensorflow`.
    pub tensorflow: Option<Placed<String>>,
    /// `keras`.
    pub keras: Option<Placed<String>>,
    /// `python`.
    pub python: Option<Placed<String>>,
    /// `fail-on`: from which level on; `Some(None)` for none.
    pub fail_on: Option<Option<Level>>,
    /// `environments`.
    pub environments: Environments,
    /// `baseline`.
    pub baseline: Option<Placed<String>>,
    /// `per-file-ignores` in the order of the file, then `per-path` in theirs.
    pub per_path: Vec<PerPath>,
}

impl Config {
    /// File, line and column of a byte.
    #[must_use]
    pub fn place(&self, at: usize) -> String {
        place(&self.file, at)
    }

    /// A key and its value as findings quote a pin.
    #[must_use]
    pub fn line(&self, key: &str, value: &Placed<String>) -> PinLine {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        PinLine {
            location: Some(Location {
                file: Arc::clone(&self.file),
                span: Span::new(offset(value.at.start), offset(value.at.end)),
            }),
            text: format!("{key} = \"{}\"", value.value),
        }
    }
}

/// Reads a file that holds nothing but the configuration.
///
/// # Errors
/// Where the file is no TOML, or says what is not understood.
pub fn read(file: &Arc<SourceFile>, rules: &[RuleMeta]) -> Result<Config, ConfigError> {
    let (root, errors) = DeTable::parse_recoverable(&file.text);
    if let Some(error) = errors.first() {
        return Err(no_toml(file, error));
    }
    Reader { file, rules }.config(root.get_ref())
}

/// Reads `[tool.tfmp]` of a `pyproject.toml`; `None` where it has no such table. What is broken
/// elsewhere in the file is not our business.
///
/// # Errors
/// Where the table is broken, or says what is not understood.
pub fn read_shared(
    file: &Arc<SourceFile>,
    rules: &[RuleMeta],
) -> Result<Option<Config>, ConfigError> {
    let (root, errors) = DeTable::parse_recoverable(&file.text);
    let reader = Reader { file, rules };
    let own = errors.iter().find(|error| {
        let at = error.span().map_or(0, |span| span.start);
        is_own_part(&file.text, at)
    });
    if let Some(error) = own {
        return Err(no_toml(file, error));
    }
    let Some(table) = root.get_ref().get("tool") else {
        return Ok(None);
    };
    let Some(table) = table.get_ref().as_table().and_then(|all| all.get("tfmp")) else {
        return Ok(None);
    };
    reader
        .table("tool.tfmp", table)
        .and_then(|table| reader.config(table))
        .map(Some)
}

/// Whether the table header above a byte is `[tool.tfmp]` or below it.
fn is_own_part(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or(text);
    let rest = text.get(at..).unwrap_or_default();
    let line_end = before.len() + rest.find('\n').unwrap_or(rest.len());
    let headers = text[..line_end].lines().rev().map(str::trim_start);
    headers
        .filter_map(|line| line.strip_prefix('['))
        .map(|line| line.trim_start_matches('[').trim_start())
        .find(|line| !line.is_empty())
        .is_some_and(|line| {
            let name: String = line
                .split(']')
                .next()
                .unwrap_or(line)
                .split_whitespace()
                .collect();
            name == "tool.tfmp" || name.starts_with("tool.tfmp.")
        })
}

fn place(file: &SourceFile, at: usize) -> String {
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    let position = LineIndex::new(&file.text).position(&file.text, at);
    format!("{}:{}:{}", file.path, position.line, position.column)
}

fn no_toml(file: &SourceFile, error: &toml::de::Error) -> ConfigError {
    let why = error.message().lines().next().unwrap_or_default();
    ConfigError {
        place: place(file, error.span().map_or(0, |span| span.start)),
        message: format!("this is not TOML ({why})"),
        advice: "mend the line".to_owned(),
    }
}

struct Reader<'r> {
    file: &'r Arc<SourceFile>,
    rules: &'r [RuleMeta],
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn config(&self, table: &DeTable<'_>) -> Result<Config, ConfigError> {
        let mut config = Config {
            file: Arc::clone(self.file),
            select: None,
            ignore: Vec::new(),
            exclude: Vec::new(),
            requirements: Vec::new(),
            tensorflow: None,
            keras: None,
            python: None,
            fail_on: None,
            environments: Environments::default(),
            baseline: None,
            per_path: Vec::new(),
        };
        let mut per_path = Vec::new();
        for (key, at, value) in in_order(table) {
            match key {
                "select" => config.select = Some(self.rule_list(key, value)?),
                "ignore" => config.ignore = self.rule_list(key, value)?,
                "exclude" => config.exclude = self.strings(key, value)?,
                "requirements" => config.requirements = self.strings(key, value)?,
                "tensorflow" => config.tensorflow = Some(self.string(key, value)?),
                "keras" => config.keras = Some(self.string(key, value)?),
                "python" => config.python = Some(self.string(key, value)?),
                "fail-on" => config.fail_on = Some(self.one_of(key, LEVELS, value)?),
                "environments" => config.environments = self.one_of(key, ENVIRONMENTS, value)?,
                "baseline" => config.baseline = Some(self.string(key, value)?),
                PER_FILE_IGNORES => config.per_path = self.per_file_ignores(value)?,
                PER_PATH => per_path = self.per_path(value)?,
                _ => return Err(self.unknown_key(key, at, KEYS)),
            }
        }
        config.per_path.extend(per_path);
        Ok(config)
    }

    fn per_file_ignores(&self, value: &Value<'_>) -> Result<Vec<PerPath>, ConfigError> {
        let entries = in_order(self.table(PER_FILE_IGNORES, value)?);
        let one = |(glob, at, value): (&str, Range<usize>, &Value<'_>)| {
            Ok(PerPath {
                paths: vec![Placed {
                    value: glob.to_owned(),
                    at,
                }],
                select: None,
                ignore: self.rule_list(glob, value)?,
            })
        };
        entries.into_iter().map(one).collect()
    }

    fn per_path(&self, value: &Value<'_>) -> Result<Vec<PerPath>, ConfigError> {
        let DeValue::Array(tables) = value.get_ref() else {
            return Err(self.wrong_type(PER_PATH, "tables", "`[[per-path]]` begins one", value));
        };
        tables.iter().map(|table| self.one_path(table)).collect()
    }

    fn one_path(&self, value: &Value<'_>) -> Result<PerPath, ConfigError> {
        let mut one = PerPath {
            paths: Vec::new(),
            select: None,
            ignore: Vec::new(),
        };
        for (key, at, value) in in_order(self.table(PER_PATH, value)?) {
            match key {
                "paths" => one.paths = self.strings(key, value)?,
                "select" => one.select = Some(self.rule_list(key, value)?),
                "ignore" => one.ignore = self.rule_list(key, value)?,
                _ => return Err(self.unknown_key(key, at, PER_PATH_KEYS)),
            }
        }
        if one.paths.is_empty() {
            let message = "`per-path` names no paths".to_owned();
            let advice = "add `paths = [\"tests\"]`, globs as in `.gitignore`".to_owned();
            return Err(self.fault(value.span().start, message, advice));
        }
        Ok(one)
    }

    fn table<'t, 'i>(
        &self,
        key: &str,
        value: &'t Value<'i>,
    ) -> Result<&'t DeTable<'i>, ConfigError> {
        let wrong = || self.wrong_type(key, "a table", "write its keys below a header", value);
        value.get_ref().as_table().ok_or_else(wrong)
    }

    fn string(&self, key: &str, value: &Value<'_>) -> Result<Placed<String>, ConfigError> {
        let DeValue::String(text) = value.get_ref() else {
            let source = self.file.text.get(value.span()).unwrap_or_default();
            let advice = format!("write `{key} = \"{source}\"`");
            return Err(self.wrong_type(key, "a string", &advice, value));
        };
        Ok(Placed {
            value: text.to_string(),
            at: value.span(),
        })
    }

    fn strings(&self, key: &str, value: &Value<'_>) -> Result<Vec<Placed<String>>, ConfigError> {
        let DeValue::Array(items) = value.get_ref() else {
            let source = self.file.text.get(value.span()).unwrap_or_default();
            let advice = format!("write `{key} = [{source}]`");
            return Err(self.wrong_type(key, "a list of strings", &advice, value));
        };
        items.iter().map(|item| self.string_of(key, item)).collect()
    }

    /// One string of a list.
    fn string_of(&self, key: &str, value: &Value<'_>) -> Result<Placed<String>, ConfigError> {
        let DeValue::String(text) = value.get_ref() else {
            let advice = "put it between quotes";
            return Err(self.wrong_type(key, "strings", advice, value));
        };
        Ok(Placed {
            value: text.to_string(),
            at: value.span(),
        })
    }

    fn rule_list(&self, key: &str, value: &Value<'_>) -> Result<Vec<RuleId>, ConfigError> {
        let names = self.strings(key, value)?;
        let found: Result<Vec<_>, _> = names.iter().map(|name| self.rules(key, name)).collect();
        Ok(found?.concat())
    }

    fn rules(&self, key: &str, name: &Placed<String>) -> Result<Vec<RuleId>, ConfigError> {
        find_rules(self.rules, &name.value).map_err(|nearest| {
            let message = format!("`{}` in `{key}` names no rule", name.value);
            self.fault(name.at.start, message, rule_advice(nearest))
        })
    }

    fn one_of<T: Copy>(
        &self,
        key: &str,
        known: &[(&'static str, T)],
        value: &Value<'_>,
    ) -> Result<T, ConfigError> {
        let text = self.string(key, value)?;
        if let Some((_, found)) = known.iter().find(|(name, _)| *name == text.value) {
            return Ok(*found);
        }
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let message = format!("`{key}` cannot be \"{}\"", text.value);
        let list = format!("it is one of \"{}\"", names.join("\", \""));
        let advice = match nearest(&text.value, names) {
            Some(name) => format!("did you mean \"{name}\"? {list}"),
            None => list,
        };
        Err(self.fault(text.at.start, message, advice))
    }

    fn unknown_key(&self, key: &str, at: Range<usize>, known: &[&'static str]) -> ConfigError {
        let message = format!("there is no key `{key}`");
        let advice = if key == "tool" {
            "here the keys stand at the top, without `[tool.tfmp]`".to_owned()
        } else {
            let list = format!("the keys are `{}`", known.join("`, `"));
            match nearest(key, known.iter().copied()) {
                Some(name) => format!("did you mean `{name}`? {list}"),
                None => list,
            }
        };
        self.fault(at.start, message, advice)
    }

    fn wrong_type(&self, key: &str, wanted: &str, advice: &str, value: &Value<'_>) -> ConfigError {
        let given = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a truth value",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("`{key}` takes {wanted}, not {given}");
        self.fault(value.span().start, message, advice.to_owned())
    }

    fn fault(&self, at: usize, message: String, advice: String) -> ConfigError {
        ConfigError {
            place: place(self.file, at),
            message,
            advice,
        }
    }
}

/// The entries of a table as they stand in the file, so that the first fault is the one told.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t str, Range<usize>, &'t Value<'i>)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
        .collect();
    entries.sort_by_key(|(_, at, _)| at.start);
    entries
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
