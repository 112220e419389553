//! One install command: the words of `pip install ...`, `conda install ...` and their kin.
//!
//! Supported: pip by every name (`pip3`, `python -m pip`, `uv pip`, a path), `conda`, `mamba`,
//! `micromamba`, `poetry add`, `pipenv install`, `uv add`; a leading `sudo`, `!` or `%`; `-r`, `-c`,
//! index options. Not supported: editable installs and folders, which install the project itself.

use super::conda;
use super::requirements_txt;
use super::sheet::{Sheet, Statement};
use super::shell::Word;
use super::{Ctx, Pin, Role};

/// Options of pip and conda whose value is a word of its own and names no package.
const TAKES_VALUE: &[&str] = &[
    "-t",
    "--target",
    "--prefix",
    "--timeout",
    "--retries",
    "--trusted-host",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--cache-dir",
    "--proxy",
    "--progress-bar",
    "--src",
    "--root",
    "--log",
    "-b",
    "--build",
    "--global-option",
    "--install-option",
    "-n",
    "--name",
    "-p",
    "--python",
    "--group",
    "--extra",
    "--no-binary",
    "--only-binary",
    "-G",
    "-e",
    "--editable",
    "--default-timeout",
    "--file",
    "--hash",
    "--upgrade-strategy",
    "--source",
];

/// Options that name another place to install from.
const OWN_INDEX: &[&str] = &[
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--no-index",
    "--index",
    "--default-index",
    "--source",
    "--pypi-mirror",
];

/// What stands before a command and is none itself.
const BEFORE: &[&str] = &[
    "sudo", "-E", "-H", "env", "exec", "time", "then", "do", "else", "if", "!", "{", "command",
    "nice", "!!", "@", "-", "elif", "RUN",
];

/// The words of a command without what goes before it.
pub(crate) fn bare(words: &[Word]) -> &[Word] {
    let mut words = words;
    while let [first, rest @ ..] = words
        && (BEFORE.contains(&first.text.as_str()) || first.text.starts_with("--mount="))
    {
        words = rest;
    }
    words
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Pip,
    Conda,
}

/// A command that installs.
pub(crate) struct Install<'w> {
    tool: Tool,
    arguments: &'w [Word],
}

impl<'w> Install<'w> {
    /// The install command that words are, if they are one.
    pub(crate) fn of(words: &'w [Word]) -> Option<Self> {
        let mut words = words;
        while let [first, rest @ ..] = words
            && super::shell::assignment(&first.text).is_some()
        {
            words = rest;
        }
        let (first, rest) = bare(words).split_first()?;
        let name = first.text.trim_start_matches(['!', '%', '@']);
        let name = name.rsplit('/').next().unwrap_or(name);
        let second = rest.first().map_or("", |word| word.text.as_str());
        let versioned = |name: &str, base: &str| {
            name.strip_prefix(base)
                .is_some_and(|v| v.chars().all(|c| c.is_ascii_digit() || c == '.'))
        };
        let (tool, rest) = if versioned(name, "pip") {
            (Tool::Pip, rest)
        } else if (versioned(name, "python") || is_python_variable(name)) && second == "-m" {
            let module = rest.get(1)?;
            if !matches!(module.text.as_str(), "pip" | "uv") {
                return None;
            }
            (Tool::Pip, &rest[2..])
        } else {
            match (name, second) {
                ("uv", "pip") => (Tool::Pip, &rest[1..]),
                ("uv" | "poetry" | "pipenv", "add" | "install") => (Tool::Pip, rest),
                ("conda" | "mamba" | "micromamba", "install" | "create") => (Tool::Conda, rest),
                _ => return None,
            }
        };
        let skip = rest
            .iter()
            .position(|word| matches!(word.text.as_str(), "install" | "add" | "create"))?;
        if rest[..skip].iter().any(|word| !word.text.starts_with('-')) {
            return None;
        }
        Some(Self {
            tool,
            arguments: &rest[skip + 1..],
        })
    }

    /// Its pins; `sheet` gets the notices.
    pub(crate) fn pins(&self, sheet: &mut Sheet<'_>, ctx: Ctx<'_>) -> Vec<Pin> {
        let mut own_index = false;
        let mut pins = sheet.apart(|sheet| own_index = self.take(sheet, ctx));
        if own_index {
            for pin in &mut pins {
                pin.from_index = false;
            }
        }
        pins
    }

    /// Takes what is installed; tells whether it comes from elsewhere than the default index.
    fn take(&self, sheet: &mut Sheet<'_>, ctx: Ctx<'_>) -> bool {
        let mut own_index = false;
        let mut words = self.arguments.iter();
        while let Some(word) = words.next() {
            let text = word.text.as_str();
            let option = text.split('=').next().unwrap_or(text);
            let attached = option.len() < text.len();
            if !text.starts_with('-') {
                match self.tool {
                    Tool::Pip => self.requirement(word, sheet),
                    Tool::Conda => conda::spec(text, word.at.clone(), "", sheet),
                }
            } else if matches!(option, "-r" | "--requirement" | "-c" | "--constraint")
                && self.tool == Tool::Pip
            {
                let role = if option.starts_with("-c") || option.starts_with("--c") {
                    Role::Constraint
                } else {
                    Role::Requirement
                };
                let target = if attached {
                    Some(&text[option.len() + 1..])
                } else {
                    words.next().map(|word| word.text.as_str())
                };
                if let Some(target) = target {
                    include(target, role, sheet, ctx);
                }
            } else if OWN_INDEX.contains(&option) || option == "-c" || option == "--channel" {
                own_index |= self.tool == Tool::Pip;
                if !attached && option != "--no-index" {
                    words.next();
                }
            } else if TAKES_VALUE.contains(&option) && !attached {
                words.next();
            }
        }
        own_index
    }

    fn requirement(&self, word: &Word, sheet: &mut Sheet<'_>) {
        let shown = format!("pip install {}", word.text);
        sheet.state(&Statement {
            requirement: &word.text,
            shown: &shown,
            at: word.at.clone(),
            group: "",
            role: Role::Requirement,
        });
    }
}

/// Whether a variable holds the Python that runs: one of a script, or `{sys.executable}` of a notebook.
fn is_python_variable(name: &str) -> bool {
    ["${PYTHON", "{sys.executable", "${sys}.executable"]
        .iter()
        .any(|variable| name.starts_with(variable))
}

/// A requirements file named in a command: beside the script, else from the root, where commands
/// usually run. One that is not there is made by something else.
pub(crate) fn include(target: &str, role: Role, sheet: &mut Sheet<'_>, ctx: Ctx<'_>) {
    if target.contains("://") || target.contains('$') {
        return;
    }
    let folder = sheet.file.path.folder().to_owned();
    let opened = [folder.as_str(), ""].into_iter().find_map(|folder| {
        let path = requirements_txt::inside(folder, target)?;
        ctx.files.open(&path).ok()
    });
    if let Some((file, _)) = opened {
        let found = requirements_txt::read(&file, role, ctx);
        sheet.found.pins.extend(found.pins);
        sheet.found.companions.extend(found.companions);
    }
}
