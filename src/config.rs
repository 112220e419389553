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
use crate::rule::RuleMeta;
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
    PER_PATH,
];
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
    /// `per-path`, in their order.
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
            per_path: Vec::new(),
        };
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
                PER_PATH => config.per_path = self.per_path(value)?,
                _ => return Err(self.unknown_key(key, at, KEYS)),
            }
        }
        Ok(config)
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
        names.iter().map(|name| self.rule(key, name)).collect()
    }

    fn rule(&self, key: &str, name: &Placed<String>) -> Result<RuleId, ConfigError> {
        find_rule(self.rules, &name.value).map_err(|nearest| {
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

/// The rule of that id or name, in any case.
///
/// # Errors
/// The id or name that is nearest, where there is no such rule.
pub fn find_rule(rules: &[RuleMeta], text: &str) -> Result<RuleId, Option<&'static str>> {
    let name = text.trim();
    let same = |rule: &&RuleMeta| {
        rule.id.0.eq_ignore_ascii_case(name) || rule.name.eq_ignore_ascii_case(name)
    };
    if let Some(rule) = rules.iter().find(same) {
        return Ok(rule.id);
    }
    Err(nearest(
        name,
        rules.iter().flat_map(|rule| [rule.name, rule.id.0]),
    ))
}

/// What to do about a rule that there is not.
#[must_use]
pub fn rule_advice(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "`tfmp rules` lists them all".to_owned(),
        |name| format!("did you mean `{name}`? `tfmp rules` lists them all"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::RULES;
    use crate::text::RepoPath;

    fn file(path: &str, text: &str) -> Arc<SourceFile> {
        Arc::new(SourceFile::new(RepoPath::new(path), text.to_owned()))
    }

    #[track_caller]
    fn check_error(text: &str, message: &str, advice: &str) {
        let error = read(&file("tfmp.toml", text), RULES).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.advice.as_str()),
            (message, advice)
        );
    }

    #[track_caller]
    fn check_shared(text: &str, expect: Result<Option<&[&str]>, &str>) {
        let read = read_shared(&file("pyproject.toml", text), RULES);
        let excluded = read.map(|config| {
            config.map(|c| c.exclude.into_iter().map(|e| e.value).collect::<Vec<_>>())
        });
        let excluded = excluded.map_err(|error| error.place);
        let expect = expect.map(|o| o.map(|all| all.iter().map(|s| (*s).to_owned()).collect()));
        assert_eq!(excluded, expect.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn every_key_is_read() {
        let text = "select = ['api-too-new', \"tfmp003\"]\nignore = ['TFMP002']\n\
            exclude = ['a']\nrequirements = ['r.txt']\ntensorflow = '2.3'\nkeras = '3'\n\
            python = '>=3.8'\nfail-on = 'never'\nenvironments = 'all'\n\
            [[per-path]]\npaths = ['tests']\nignore = ['TFMP003']\n";
        let config = read(&file("tfmp.toml", text), RULES).unwrap();
        assert_eq!(
            config.select,
            Some(vec![RuleId("TFMP001"), RuleId("TFMP003")])
        );
        assert_eq!(config.ignore, [RuleId("TFMP002")]);
        assert_eq!(config.fail_on, Some(None));
        assert_eq!(config.environments, Environments::All);
        assert_eq!(config.per_path[0].ignore, [RuleId("TFMP003")]);
        let tensorflow = config.tensorflow.clone().unwrap();
        assert_eq!(
            config.line("tensorflow", &tensorflow).text,
            "tensorflow = \"2.3\""
        );
        assert_eq!(config.place(tensorflow.at.start), "tfmp.toml:5:14");
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest() {
        let keys = format!("the keys are `{}`", KEYS.join("`, `"));
        check_error(
            "exclude = []\nfail_on = 'note'\n",
            "tfmp.toml:2:1: there is no key `fail_on`",
            &format!("did you mean `fail-on`? {keys}"),
        );
        check_error("x = 1", "tfmp.toml:1:1: there is no key `x`", &keys);
        check_error(
            "[[per-path]]\npath = ['tests']\n",
            "tfmp.toml:2:1: there is no key `path`",
            "did you mean `paths`? the keys are `paths`, `select`, `ignore`",
        );
        check_error(
            "[tool.tfmp]\nselect = []\n",
            "tfmp.toml:1:2: there is no key `tool`",
            "here the keys stand at the top, without `[tool.tfmp]`",
        );
    }

    #[test]
    fn wrong_types_are_told_with_the_right_way_to_write_them() {
        check_error(
            "exclude = 'tests'\n",
            "tfmp.toml:1:11: `exclude` takes a list of strings, not a string",
            "write `exclude = ['tests']`",
        );
        check_error(
            "python = 3.9\n",
            "tfmp.toml:1:10: `python` takes a string, not a number",
            "write `python = \"3.9\"`",
        );
        check_error(
            "ignore = [\n  1,\n]\n",
            "tfmp.toml:2:3: `ignore` takes strings, not a number",
            "put it between quotes",
        );
        check_error(
            "[per-path]\npaths = ['a']\n",
            "tfmp.toml:1:1: `per-path` takes tables, not a table",
            "`[[per-path]]` begins one",
        );
        check_error(
            "[[per-path]]\nignore = ['TFMP001']\n",
            "tfmp.toml:1:1: `per-path` names no paths",
            "add `paths = [\"tests\"]`, globs as in `.gitignore`",
        );
    }

    #[test]
    fn values_that_mean_nothing() {
        check_error(
            "fail-on = 'warn'\n",
            "tfmp.toml:1:11: `fail-on` cannot be \"warn\"",
            "did you mean \"warning\"? it is one of \"error\", \"warning\", \"note\", \"never\"",
        );
        check_error(
            "select = ['api-too-old']\n",
            "tfmp.toml:1:11: `api-too-old` in `select` names no rule",
            "did you mean `api-too-new`? `tfmp rules` lists them all",
        );
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_with_its_place() {
        let error = read(&file(".tfmp.toml", "a = 1\nexclude = [\n"), RULES).unwrap_err();
        assert!(error.place.starts_with(".tfmp.toml:"), "{error}");
        assert!(error.message.starts_with("this is not TOML ("), "{error}");
    }

    #[test]
    fn what_is_broken_beside_our_table_is_not_our_business() {
        let ours = "[tool.tfmp]\nexclude = ['a']\n";
        check_shared(&format!("[project]\nname = 'x'\n{ours}"), Ok(Some(&["a"])));
        check_shared("[project]\nname = 'x'\n", Ok(None));
        check_shared(
            &format!("{ours}[project]\nname = = 'x'\n"),
            Ok(Some(&["a"])),
        );
        check_shared("[project]\nname = = 'x'\n", Ok(None));
        check_shared(
            "[project]\nname = 'x'\n[tool.tfmp]\nexclude = = ['a']\n",
            Err("pyproject.toml:4:11"),
        );
        check_shared("[tool]\ntfmp = 1\n", Err("pyproject.toml:2:8"));
    }
}
