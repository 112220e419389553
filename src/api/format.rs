//! The text format of `data/`, read by `build.rs` and written by the generator. Only the standard
//! library is used, since `build.rs` includes this file by path.
//!
//! Every file is UTF-8 with LF line ends, tab-separated, sorted, one record a line; lines that
//! begin with `#` are comments. `-` stands for an empty field.
//!
//! * `releases.tsv`: package, version, date, python, yanked (`yes`/`no`), keras requirement;
//!   grouped by package, oldest release first. The position in the group is the release's index.
//! * `api/<name>.tsv`: symbol, kind, present, importable, signatures, bases, deprecated.
//!   Bases of a class are symbols whose members it has too; `?` among them says that a class has
//!   members, or a module names, that cannot be known.
//! * `api/<name>.members.tsv`: class symbol, member, kind, present, signatures.
//! * `api/<name>.sig.tsv`: signature id, parameters.
//! * `api/<name>.deprecated.tsv`: symbol, releases, instructions.
//!
//! **Intervals** are `2.0.0-2.8.4,2.10.0-`: first and last release that have it, both included; an
//! open end means "and every later release of the table". A single release stands alone.
//!
//! **Runs** give a value for intervals: `12@1.0.0-1.15.5;40@2.0.0-`.
//!
//! **Parameters** are Python's own notation with `=` for "has a default": `(x, name=, *, axis=,
//! **kwargs)`; `/` ends positional-only ones.

/// What a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A module or package.
    Module,
    /// A function, or anything else that was made by `def`.
    Function,
    /// A class.
    Class,
    /// Any other value: constants, instances, aliases of foreign objects.
    Object,
    /// A property or instance attribute of a class.
    Attribute,
}

impl Kind {
    /// Every kind, in the order of their numbers in the packed form.
    pub const ALL: [Self; 5] = [
        Self::Module,
        Self::Function,
        Self::Class,
        Self::Object,
        Self::Attribute,
    ];

    /// The word in the data files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Function => "function",
            Self::Class => "class",
            Self::Object => "object",
            Self::Attribute => "attribute",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Reads intervals over a list of versions (oldest first) into `present[i]`.
pub fn parse_intervals(text: &str, versions: &[String]) -> Result<Vec<bool>, String> {
    let mut present = vec![false; versions.len()];
    if text == "-" {
        return Ok(present);
    }
    let index = |version: &str| {
        versions
            .iter()
            .position(|known| known == version)
            .ok_or_else(|| format!("unknown release `{version}` in `{text}`"))
    };
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            None => (index(part)?, index(part)?),
            Some((first, "")) => (index(first)?, versions.len() - 1),
            Some((first, last)) => (index(first)?, index(last)?),
        };
        if first > last {
            return Err(format!("interval `{part}` runs backwards"));
        }
        present[first..=last].fill(true);
    }
    Ok(present)
}

/// Writes `present[i]` as intervals.
pub fn write_intervals(present: &[bool], versions: &[String]) -> String {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < present.len() {
        if !present[at] {
            at += 1;
            continue;
        }
        let first = at;
        while at + 1 < present.len() && present[at + 1] {
            at += 1;
        }
        parts.push(if at + 1 == present.len() {
            format!("{}-", versions[first])
        } else if at == first {
            versions[first].clone()
        } else {
            format!("{}-{}", versions[first], versions[at])
        });
        at += 1;
    }
    if parts.is_empty() {
        "-".to_owned()
    } else {
        parts.join(",")
    }
}

/// Reads runs into pairs of value and `present[i]`.
pub fn parse_runs(text: &str, versions: &[String]) -> Result<Vec<(String, Vec<bool>)>, String> {
    if text == "-" {
        return Ok(Vec::new());
    }
    text.split(';')
        .map(|run| {
            let (value, intervals) = run
                .rsplit_once('@')
                .ok_or_else(|| format!("run `{run}` has no `@`"))?;
            Ok((value.to_owned(), parse_intervals(intervals, versions)?))
        })
        .collect()
}

/// Writes pairs of value and `present[i]` as runs.
pub fn write_runs(runs: &[(String, Vec<bool>)], versions: &[String]) -> String {
    if runs.is_empty() {
        return "-".to_owned();
    }
    runs.iter()
        .map(|(value, present)| format!("{value}@{}", write_intervals(present, versions)))
        .collect::<Vec<_>>()
        .join(";")
}
