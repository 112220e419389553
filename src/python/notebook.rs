//! Notebooks: the code cells of an `.ipynb` file as one Python text, with the way back to the file.
//!
//! Format: [nbformat](https://nbformat.readthedocs.io/en/latest/format_description.html). Supported:
//! version 4 (`cells`, `source`) and 3 (`worksheets`, `input`), sources that are a string or a list of
//! strings, kernels and cells of other languages (left out), cell magics, line magics, shell lines and
//! help as IPython has them, cells that cannot be parsed (the others count all the same).
//! Not supported: code in line magics (`%time x = f()`), `%run`, `%load`.
//!
//! Names flow from cell to cell, so the cells are joined in their order. What is no Python is blanked
//! out for the parser, byte by byte, so that the offsets of both texts are the same.

pub(super) mod commands;

use std::ops::Range;

use ruff_python_ast::{ModModule, Stmt};
use ruff_text_size::Ranged;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::parse;
use crate::finding::Notice;
use crate::text::cells::Joiner;
use crate::text::{RepoPath, SourceFile, Span};
use commands::take_out;

/// A notebook whose code is Python.
#[derive(Debug)]
pub struct Notebook {
    /// The file: the text is that of its code cells, whatever their language, and
    /// [`SourceFile::code`] what is Python of it.
    pub file: SourceFile,
    /// Lines that are commands, and whole cells of shell commands.
    pub commands: Vec<Span>,
    /// What could not be read.
    pub notice: Option<Notice>,
}

/// Cell magics whose cells are Python that runs in the notebook's own session.
const PYTHON_MAGICS: &[&str] = &[
    "time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "debug", "skip", "ipytest",
    "scalene", "heat",
];

/// Cell magics whose cells are shell commands.
const SHELL_MAGICS: &[&str] = &["bash", "sh", "shell", "system", "sx", "!"];

/// What Databricks writes at the top of a cell that is not Python.
const DATABRICKS_LANGUAGES: &[&str] = &[
    "md",
    "md-sandbox",
    "sql",
    "scala",
    "r",
    "sh",
    "fs",
    "python",
];

/// Kernels that are told by their name where the notebook names no language.
const OTHER_KERNELS: &[&str] = &[
    "ir",
    "julia",
    "swift",
    "scala",
    "javascript",
    "tslab",
    "deno",
    "bash",
    "matlab",
    "octave",
    "ruby",
    "xcpp",
    "rust",
    "gophernotes",
    "kotlin",
    ".net",
    "java",
    "clojure",
    "haskell",
    "sas",
];

#[derive(Deserialize)]
struct Root<'j> {
    #[serde(borrow)]
    cells: Option<Vec<CellView<'j>>>,
    #[serde(borrow)]
    worksheets: Option<Vec<Worksheet<'j>>>,
    #[serde(borrow)]
    metadata: Option<&'j RawValue>,
}

#[derive(Deserialize)]
struct Worksheet<'j> {
    #[serde(borrow)]
    cells: Option<Vec<CellView<'j>>>,
}

/// A cell. Values are taken as they are: one that has another type than the format says is no reason
/// not to read the others.
#[derive(Deserialize)]
struct CellView<'j> {
    #[serde(borrow)]
    cell_type: Option<&'j RawValue>,
    #[serde(borrow)]
    source: Option<&'j RawValue>,
    #[serde(borrow)]
    input: Option<&'j RawValue>,
    #[serde(borrow)]
    language: Option<&'j RawValue>,
    #[serde(borrow)]
    metadata: Option<&'j RawValue>,
}

/// What the metadata of a notebook or of a cell tell of languages.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Languages {
    kernelspec: Value,
    language_info: Value,
    /// Visual Studio Code, for cells.
    vscode: Value,
    #[serde(rename = "application/vnd.databricks.v1+notebook")]
    databricks: Value,
}

impl Languages {
    fn of(raw: Option<&RawValue>) -> Self {
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// Whether the kernel runs Python; where nothing is said, it does.
    fn is_python(&self) -> bool {
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_ascii_lowercase);
        let language = text(&self.language_info, "name")
            .or_else(|| text(&self.kernelspec, "language"))
            .filter(|language| !language.is_empty());
        match language {
            Some(language) => language.contains("python"),
            None => {
                let name = text(&self.kernelspec, "name").unwrap_or_default();
                let word = name.split(['-', '_', ' ']).next().unwrap_or_default();
                let word = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                !OTHER_KERNELS.contains(&word) && !name.starts_with(".net")
            }
        }
    }
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Python,
    Shell,
    Other,
}

/// A code cell, as a part of the joined text.
struct JoinedCell {
    content: Content,
    at: Range<usize>,
}

/// The joined cells of a notebook.
struct Joined {
    file: SourceFile,
    cells: Vec<JoinedCell>,
}

/// What is Python of the cells, and what is not.
struct Read {
    /// As long as the text.
    code: String,
    commands: Vec<Span>,
    faults: Vec<Fault>,
}

impl Notebook {
    /// Reads the bytes of an `.ipynb` file. `None` where its code is no Python.
    ///
    /// # Errors
    /// A notice where the bytes are no notebook.
    pub fn read(path: &RepoPath, bytes: Vec<u8>) -> Result<Option<Self>, Notice> {
        let joined = join(path, bytes)?;
        Ok(joined.map(|joined| joined.prepare(alone)))
    }

    /// Reads the bytes once more of one whose cells are known to be [whole](super::Reading::whole_cells)
    /// or not, to be kept for reports: [without its outputs](crate::text::cells::Cells::forget_outputs).
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_again(
        path: &RepoPath,
        bytes: Vec<u8>,
        whole_cells: bool,
    ) -> Result<Option<Self>, Notice> {
        let joined = join(path, bytes)?;
        Ok(joined.map(|joined| {
            let mut notebook = match whole_cells {
                true => joined.prepare(as_it_is),
                false => joined.prepare(alone),
            };
            if let Some(cells) = &mut notebook.file.cells {
                cells.forget_outputs();
            }
            notebook
        }))
    }

    /// Reads the bytes of an `.ipynb` file and does something with the syntax tree of its code. Where all
    /// cells are whole, which the tree tells, one parse is enough; the outcome says whether they were.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn read_with<T: Send>(
        path: &RepoPath,
        bytes: Vec<u8>,
        work: impl Fn(&str, &ModModule) -> T + Sync,
    ) -> Result<Option<(Self, Option<T>, bool)>, Notice> {
        let Some(joined) = join(path, bytes)? else {
            return Ok(None);
        };
        let cells: Vec<Range<usize>> = joined.cells.iter().map(|cell| cell.at.clone()).collect();
        let quick = joined.read(as_it_is);
        let worked = parse::with_parsed(&quick.code, |parsed| {
            let whole = parsed.errors().is_empty() && are_whole(&cells, &parsed.syntax().body);
            whole.then(|| work(&quick.code, parsed.syntax()))
        });
        if let Some(Some(value)) = worked {
            return Ok(Some((joined.with(quick), Some(value), true)));
        }
        let notebook = joined.prepare(alone);
        let code = notebook.file.code();
        let value = parse::with_parsed(code, |parsed| work(code, parsed.syntax()));
        Ok(Some((notebook, value, false)))
    }
}

/// Whether each statement at the top level stands in one cell. What would be open at the end of a cell,
/// or goes on with what the one before began, takes a statement beyond the end of it.
fn are_whole(cells: &[Range<usize>], statements: &[Stmt]) -> bool {
    let mut cells = cells.iter();
    let mut cell = cells.next();
    statements.iter().all(|statement| {
        let (start, end) = (statement.start().to_usize(), statement.end().to_usize());
        while cell.is_some_and(|cell| cell.end <= start) {
            cell = cells.next();
        }
        cell.is_some_and(|cell| cell.start <= start && end <= cell.end)
    })
}

/// The joined cells of a notebook; `None` where its code is no Python.
fn join(path: &RepoPath, bytes: Vec<u8>) -> Result<Option<Joined>, Notice> {
    let json = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..good]).count();
        let line = u32::try_from(line).ok();
        Notice::on_file(path, line, "the notebook is not UTF-8 and was not read")
            .advise("save it again from Jupyter, which writes UTF-8")
    })?;
    let root = parse_json(path, &json)?;
    let languages = Languages::of(root.metadata);
    if !languages.is_python() {
        return Ok(None);
    }
    let sources = sources_of(root, &json);
    let databricks = !languages.databricks.is_null();
    let mut joiner = Joiner::new(json);
    let mut cells = Vec::with_capacity(sources.len());
    for source in sources {
        let start = joiner.text().len();
        joiner.begin(source.number);
        for literal in source.literals {
            take(&mut joiner, literal);
        }
        joiner.dedent();
        joiner.end();
        let at = start..joiner.text().len();
        let content = if source.is_python {
            content(&joiner.text()[at.clone()], databricks)
        } else {
            Content::Other
        };
        cells.push(JoinedCell { content, at });
    }
    let (text, map) = joiner.finish();
    let file = SourceFile {
        path: path.clone(),
        text,
        cells: Some(map),
    };
    Ok(Some(Joined { file, cells }))
}

fn parse_json<'j>(path: &RepoPath, json: &'j str) -> Result<Root<'j>, Notice> {
    let bare = json.trim_start_matches('\u{FEFF}');
    let root: Root<'j> = serde_json::from_str(bare).map_err(|error| {
        let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
        if error.is_data() {
            return no_notebook(path, line);
        }
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or(&text);
        Notice::on_file(
            path,
            line,
            format!("the notebook is broken JSON and was not read: {what}"),
        )
        .advise("take out what a merge left there, or save it again from Jupyter")
    })?;
    if root.cells.is_none() && root.worksheets.is_none() {
        return Err(no_notebook(path, None));
    }
    Ok(root)
}

fn no_notebook(path: &RepoPath, line: Option<u32>) -> Notice {
    Notice::on_file(
        path,
        line,
        "the file is JSON but no notebook of format 3 or 4, and was not read",
    )
    .advise("open it in Jupyter, which brings older formats up to date")
}

/// The source of a code cell: the string literals of the JSON, by what stands between their quotes.
struct Source {
    number: u32,
    is_python: bool,
    literals: Vec<Range<usize>>,
}

fn sources_of(root: Root<'_>, json: &str) -> Vec<Source> {
    let sheets = root.worksheets.unwrap_or_default();
    let old = sheets
        .into_iter()
        .flat_map(|sheet| sheet.cells.unwrap_or_default());
    let cells = root.cells.unwrap_or_default().into_iter().chain(old);
    (1..)
        .zip(cells)
        .filter(|(_, cell)| is(cell.cell_type, "code"))
        .map(|(number, cell)| Source {
            number,
            is_python: is_python(&cell),
            literals: literals(cell.source.or(cell.input), json),
        })
        .collect()
}

/// Whether a value is a certain word.
fn is(value: Option<&RawValue>, word: &str) -> bool {
    value.is_some_and(|value| value.get().trim_matches('"') == word)
}

fn is_python(cell: &CellView<'_>) -> bool {
    let own = Languages::of(cell.metadata).vscode;
    match own.get("languageId").and_then(Value::as_str) {
        Some(language) => language.eq_ignore_ascii_case("python"),
        None => cell
            .language
            .is_none_or(|language| language.get().to_ascii_lowercase().contains("python")),
    }
}

fn literals(source: Option<&RawValue>, json: &str) -> Vec<Range<usize>> {
    let Some(source) = source else {
        return Vec::new();
    };
    let lines: Vec<&RawValue> = if source.get().starts_with('[') {
        serde_json::from_str(source.get()).unwrap_or_default()
    } else {
        vec![source]
    };
    lines
        .into_iter()
        .filter(|line| line.get().starts_with('"') && line.get().len() >= 2)
        .map(|line| {
            // A raw value is a part of the text that it was read from.
            let start = line.get().as_ptr() as usize - json.as_ptr() as usize;
            start + 1..start + line.get().len() - 1
        })
        .collect()
}

/// Takes the characters of a string literal, escapes resolved
/// ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259#section-7)).
fn take(joiner: &mut Joiner, literal: Range<usize>) {
    let mut at = literal.start;
    while at < literal.end {
        let rest = &joiner.json().as_bytes()[at..literal.end];
        let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        if plain > 0 {
            joiner.plain(at..at + plain);
            at += plain;
            continue;
        }
        let (c, length) = escape(rest);
        joiner.escape(c, at..at + length);
        at += length;
    }
}

/// The character of an escape, and the number of its bytes. Half of a surrogate pair is U+FFFD.
fn escape(bytes: &[u8]) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let c = match bytes.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{C}',
        Some(b'u') => {
            let first = unit(0).unwrap_or(0xFFFD);
            if let (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) = (first, unit(6)) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return (char::from_u32(code).unwrap_or('\u{FFFD}'), 12);
            }
            return (char::from_u32(first).unwrap_or('\u{FFFD}'), 6);
        }
        Some(&other) => char::from(other),
        None => '\u{FFFD}',
    };
    (c, 2)
}

/// What a cell holds, told by its first line of code.
fn content(cell: &str, databricks: bool) -> Content {
    let first = cell
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default();
    let word = |text: &'_ str| -> String {
        let end = text.find(|c: char| c.is_whitespace() || c == '(');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    if let Some(magic) = first.strip_prefix("%%") {
        let name = word(magic);
        let script = || {
            let mut words = magic.split_whitespace().skip(1);
            words.any(|word| matches!(word.rsplit('/').next(), Some("bash" | "sh")))
        };
        return if PYTHON_MAGICS.contains(&name.as_str()) {
            Content::Python
        } else if SHELL_MAGICS.contains(&name.as_str()) || name == "script" && script() {
            Content::Shell
        } else {
            Content::Other
        };
    }
    match first.strip_prefix('%').map(word) {
        Some(name) if databricks && DATABRICKS_LANGUAGES.contains(&name.as_str()) => {
            match name.as_str() {
                "sh" => Content::Shell,
                // Code may follow on the same line; the rest of the cell is Python all the same.
                "python" => Content::Python,
                _ => Content::Other,
            }
        }
        _ => Content::Python,
    }
}

impl Joined {
    /// Blanks out what is no Python, finds the commands, and tells what cannot be parsed.
    fn prepare(self, cell: impl Fn(&str) -> Cell) -> Notebook {
        let read = self.read(cell);
        self.with(read)
    }

    /// Reads the cells, each by a function.
    fn read(&self, cell: impl Fn(&str) -> Cell) -> Read {
        let mut all = Read {
            code: String::with_capacity(self.file.text.len()),
            commands: Vec::new(),
            faults: Vec::new(),
        };
        for JoinedCell { content, at } in &self.cells {
            let text = &self.file.text[at.clone()];
            if *content != Content::Python {
                if *content == Content::Shell {
                    all.commands.push(span(at));
                }
                all.code.push_str(&blanked(text));
                continue;
            }
            let moved = |part: Range<usize>| span(&(part.start + at.start..part.end + at.start));
            let read = cell(text);
            all.commands.extend(read.commands.into_iter().map(moved));
            if let Some(mut fault) = read.fault {
                fault.at += at.start;
                all.faults.push(fault);
            }
            all.code.push_str(&read.code);
        }
        all
    }

    fn with(mut self, read: Read) -> Notebook {
        let notice = faults_notice(&self.file, &read.faults);
        if let Some(cells) = &mut self.file.cells {
            cells.set_code(read.code);
        }
        Notebook {
            file: self.file,
            commands: read.commands,
            notice,
        }
    }
}

/// What IPython takes for commands without a mark where it is no Python: `pip install x`, `ls`.
const AUTOMAGIC: &[&str] = &[
    "pip",
    "conda",
    "mamba",
    "cat",
    "cd",
    "cp",
    "ls",
    "ll",
    "man",
    "mkdir",
    "mv",
    "pwd",
    "rm",
    "rmdir",
    "matplotlib",
    "load_ext",
    "pylab",
    "run",
];

/// The most commands without a mark in one cell.
const MOST_AUTOMAGIC: usize = 20;

/// A cell that was read.
struct Cell {
    /// Its Python: nothing, where the cell is not whole.
    code: String,
    commands: Vec<Range<usize>>,
    fault: Option<Fault>,
}

/// The first thing of a cell that cannot be parsed.
struct Fault {
    at: usize,
    what: String,
    /// What follows the cell is read as if the cell were whole: nothing stays open in it.
    contained: bool,
}

/// Takes a cell for whole Python.
fn as_it_is(cell: &str) -> Cell {
    let (code, commands) = take_out(cell);
    Cell {
        code,
        commands,
        fault: None,
    }
}

/// Parses a cell without the others.
fn alone(cell: &str) -> Cell {
    /// A statement that no cell has.
    const NEXT: &str = "the_next_cell_begins_here\n";
    let (code, mut commands) = take_out(cell);
    let mut text = code + NEXT;
    let mut tries = 0;
    let fault = loop {
        let Some(read) = parse::outline(&text) else {
            break Some(Fault {
                at: 0,
                what: parse::TOO_DEEP.to_owned(),
                contained: false,
            });
        };
        let at = read.fault.as_ref().map_or(0, |(at, _)| *at as usize);
        let at = at.min(cell.len().saturating_sub(1));
        if read.fault.is_some()
            && tries < MOST_AUTOMAGIC
            && let Some(line) = automagic(&text[..cell.len()], at)
        {
            text.replace_range(line.clone(), &blanked(&text[line.clone()]));
            commands.push(line);
            tries += 1;
            continue;
        }
        let contained = read.last_statement.map(|last| last as usize) == Some(cell.len());
        break match read.fault {
            Some((_, what)) => Some(Fault {
                at,
                what,
                contained,
            }),
            None if contained => None,
            None => Some(Fault {
                at,
                what: "cannot be parsed: something stays open in it".to_owned(),
                contained,
            }),
        };
    };
    text.truncate(cell.len());
    if fault.as_ref().is_some_and(|fault| !fault.contained) {
        text = blanked(&text);
    }
    commands.sort_unstable_by_key(|command| command.start);
    Cell {
        code: text,
        commands,
        fault,
    }
}

/// The line around a byte, where it is a command without a mark.
fn automagic(cell: &str, at: usize) -> Option<Range<usize>> {
    let start = cell.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let end = cell[start..]
        .find('\n')
        .map_or(cell.len(), |end| start + end);
    let word = cell[start..end].split_whitespace().next()?;
    (cell[start..].starts_with(word) && AUTOMAGIC.contains(&word)).then_some(start..end)
}

/// One notice for all cells that cannot be parsed.
fn faults_notice(file: &SourceFile, faults: &[Fault]) -> Option<Notice> {
    let first = faults.first()?;
    let at = u32::try_from(first.at).ok()?;
    let place = file.cell(at)?;
    let more = match faults.len() - 1 {
        0 => String::new(),
        1 => ", and 1 more cell".to_owned(),
        count => format!(", and {count} more cells"),
    };
    let advice = if first.contained {
        "the rest of the notebook was checked as far as it could be parsed"
    } else {
        "the cell was left out, and the rest of the notebook was checked"
    };
    let line = Some(file.line_on_disk(at));
    let message = format!("{place}: {}{more}", first.what);
    Some(Notice::on_file(&file.path, line, message).advise(advice))
}

fn span(range: &Range<usize>) -> Span {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(byte(range.start), byte(range.end))
}

/// Spaces in the place of a text; lines stay.
fn blanked(text: &str) -> String {
    let blank = |byte| match byte {
        b'\n' | b'\r' => char::from(byte),
        _ => ' ',
    };
    text.bytes().map(blank).collect()
}

#[cfg(test)]
#[path = "notebook/tests.rs"]
mod tests;
