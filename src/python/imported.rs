//! What a file takes from the project's own modules, as its import statements spell it: found in its
//! bytes, before anything is parsed.
//!
//! The statements are those of Python's grammar (<https://docs.python.org/3/reference/simple_stmts.html>),
//! inside the strings of a notebook's JSON as well. What looks like one in a string or behind other
//! words counts too, where it cannot be told apart without parsing: the file is read for nothing then.

use memchr::memmem;

use super::project::{ModuleId, Project};
use crate::text::RepoPath;

/// What a file takes from modules of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imports(Box<[(ModuleId, Taken)]>);

/// What is taken from a module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Taken {
    /// The module itself, with all that it holds.
    Module,
    /// The same of a package that the module lies in.
    Package,
    /// `*`, or names that cannot be told.
    All,
    /// One name of it.
    Name(Box<str>),
}

impl Imports {
    /// Finds what a file takes.
    #[must_use]
    pub fn of(bytes: &[u8], path: &RepoPath, project: &Project) -> Self {
        let mut found = Found {
            path,
            project,
            taken: Vec::new(),
        };
        // No statement begins before the one before it has ended.
        let mut done = bytes.len() - without_mark(bytes).len();
        for at in memmem::find_iter(bytes, IMPORT) {
            if at < done {
                continue;
            }
            let (before, after) = (&bytes[done..at], &bytes[at + IMPORT.len()..]);
            if after.first().is_some_and(is_part) {
                let is_dunder = before.ends_with(b"__");
                let end: &[u8] = if is_dunder { b"__" } else { b"_module" };
                if let Some(call) = after.strip_prefix(end) {
                    found.by_name(call);
                }
                continue;
            }
            let mut rest = Rest {
                bytes: after,
                open: false,
            };
            match head(before) {
                Some(Head::Import) => found.modules(&mut rest),
                Some(Head::From(module)) => found.names(&module, &mut rest),
                None => {}
            }
            done = bytes.len() - rest.bytes.len();
        }
        found.taken.sort_unstable();
        found.taken.dedup();
        Self(found.taken.into())
    }

    /// Whether it takes nothing from modules of the project.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The modules that tell what the names are. Of `from package import name`, where a module is called
    /// so, this is that module: the package most often imports it, too.
    pub(crate) fn awaited(&self, project: &Project) -> impl Iterator<Item = ModuleId> {
        let tells = |(module, taken): &(ModuleId, &Taken)| match taken {
            Taken::Module | Taken::All => true,
            Taken::Package => false,
            Taken::Name(name) => project.child(*module, name).is_none(),
        };
        self.iter().filter(tells).map(|(module, _)| module)
    }

    /// Each module, and what is taken from it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ModuleId, &Taken)> {
        self.0.iter().map(|(module, taken)| (*module, taken))
    }
}

const IMPORT: &[u8] = b"import";
const FROM: &[u8] = b"from";

/// The bytes behind the mark that tells of UTF-8.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Whether a byte may be part of an identifier.
fn is_part(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80
}

/// Whether a word may begin behind these bytes.
fn begins_word(before: &[u8]) -> bool {
    before.last().is_none_or(|last| !is_part(last)) || is_json_blank(before)
}

/// Whether bytes end with a line end or a tab as JSON spells it.
fn is_json_blank(before: &[u8]) -> bool {
    before.ends_with(b"\\n") || before.ends_with(b"\\t")
}

/// What stands before the word `import`.
#[derive(Debug, PartialEq, Eq)]
enum Head {
    /// Nothing of the same statement.
    Import,
    /// `from` and a module, as it is spelled, without blanks.
    From(String),
}

/// Reads what stands before the word `import`, from behind.
fn head(before: &[u8]) -> Option<Head> {
    if !begins_word(before) {
        return None;
    }
    let start = trim_end(before);
    match start.last() {
        None | Some(b'\n' | b'\r' | b';' | b':' | b'"' | b'\'') => return Some(Head::Import),
        Some(_) if is_json_blank(start) => return Some(Head::Import),
        Some(_) => {}
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut rest = start;
    // `a.b.` from behind: names stand between dots alone.
    let mut may_be_name = true;
    loop {
        let name = rest.len() - rest.iter().rev().take_while(|byte| is_part(byte)).count();
        let name = &rest[name..];
        if !parts.is_empty()
            && name.ends_with(FROM)
            && begins_word(&rest[..rest.len() - FROM.len()])
        {
            break;
        }
        if !name.is_empty() && may_be_name {
            parts.push(name);
            rest = trim_end(&rest[..rest.len() - name.len()]);
            may_be_name = false;
        } else if rest.last() == Some(&b'.') {
            parts.push(b".");
            rest = trim_end(&rest[..rest.len() - 1]);
            may_be_name = true;
        } else {
            return None;
        }
    }
    parts.reverse();
    String::from_utf8(parts.concat()).ok().map(Head::From)
}

/// Bytes without the blanks at their end, and without line ends that a backslash takes away.
fn trim_end(mut bytes: &[u8]) -> &[u8] {
    loop {
        bytes = match bytes {
            [rest @ .., b' ' | b'\t' | b'\x0c']
            | [rest @ .., b'\\', b'\n' | b'\r']
            | [rest @ .., b'\\', b'\r', b'\n'] => rest,
            _ => return bytes,
        };
    }
}

/// What stands behind the word `import`, read from the front.
struct Rest<'b> {
    bytes: &'b [u8],
    /// A parenthesis is open, in which lines do not end.
    open: bool,
}

impl<'b> Rest<'b> {
    fn blanks(&mut self) {
        loop {
            self.bytes = match self.bytes {
                [b' ' | b'\t' | b'\x0c', rest @ ..]
                | [b'\\', b'\r', b'\n', rest @ ..]
                | [b'\\', b'\n' | b'\r', rest @ ..] => rest,
                [b'\n' | b'\r', rest @ ..] if self.open => rest,
                [b'#', rest @ ..] if self.open => {
                    let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                    &rest[end..]
                }
                _ => return,
            };
        }
    }

    fn word(&mut self) -> Option<&'b str> {
        self.blanks();
        let length = self.bytes.iter().take_while(|byte| is_part(byte)).count();
        let (word, rest) = self.bytes.split_at(length);
        let word = std::str::from_utf8(word).ok().filter(|w| !w.is_empty())?;
        self.bytes = rest;
        Some(word)
    }

    fn byte(&mut self, wanted: u8) -> bool {
        self.blanks();
        match self.bytes.split_first() {
            Some((&first, rest)) if first == wanted => {
                self.bytes = rest;
                true
            }
            _ => false,
        }
    }

    /// `as name`, if it is there.
    fn renamed(&mut self) -> bool {
        let mut ahead = Rest { ..*self };
        if ahead.word() != Some("as") || ahead.word().is_none() {
            return false;
        }
        self.bytes = ahead.bytes;
        true
    }
}

/// What was found so far.
struct Found<'p> {
    path: &'p RepoPath,
    project: &'p Project,
    taken: Vec<(ModuleId, Taken)>,
}

impl Found<'_> {
    /// `import a.b, c as d`.
    fn modules(&mut self, rest: &mut Rest<'_>) {
        loop {
            let Some(first) = rest.word() else { return };
            let mut dotted = first.to_owned();
            while rest.byte(b'.') {
                let Some(part) = rest.word() else { break };
                dotted.push('.');
                dotted.push_str(part);
            }
            let renamed = rest.renamed();
            self.module(&dotted, !renamed);
            if !rest.byte(b',') {
                return;
            }
        }
    }

    /// A module, and where its first name is bound, those that it lies in.
    fn module(&mut self, dotted: &str, outer: bool) {
        let Some(module) = self.project.absolute(self.path, dotted) else {
            return;
        };
        self.taken.push((module, Taken::Module));
        let ends = dotted.match_indices('.').map(|(at, _)| at);
        for end in ends.filter(|_| outer) {
            let package = self.project.absolute(self.path, &dotted[..end]);
            self.taken.extend(package.map(|id| (id, Taken::Package)));
        }
    }

    /// `import_module("a.b")`: what stands behind the name of the function.
    fn by_name(&mut self, after: &[u8]) {
        let mut rest = Rest {
            bytes: after,
            open: true,
        };
        if !rest.byte(b'(') {
            return;
        }
        // In JSON, a backslash stands before the quote.
        let quoted = rest.byte(b'"') || rest.byte(b'\'') || rest.byte(b'\\') && rest.byte(b'"');
        let is_name = |byte: &&u8| is_part(byte) || **byte == b'.';
        let length = rest.bytes.iter().take_while(is_name).count();
        if let Ok(dotted) = std::str::from_utf8(&rest.bytes[..length])
            && quoted
        {
            self.module(dotted, false);
        }
    }

    /// `from module import a, b as c`, the names of it.
    fn names(&mut self, module: &str, rest: &mut Rest<'_>) {
        let bare = module.trim_start_matches('.');
        let level = u32::try_from(module.len() - bare.len()).unwrap_or(u32::MAX);
        let from = self.project.origin(self.path, level, bare);
        rest.open = rest.byte(b'(');
        loop {
            if rest.byte(b'*') {
                self.all(from.module);
                return;
            }
            let Some(name) = rest.word() else {
                // The next line, or the next string of a notebook.
                if rest.open && !rest.byte(b')') {
                    self.all(from.module);
                }
                return;
            };
            rest.renamed();
            if let Some(id) = from.module {
                self.taken.push((id, Taken::Name(name.into())));
            }
            let child = from.child(name);
            self.taken.extend(child.map(|id| (id, Taken::Module)));
            // In JSON, the string may end before the parenthesis does.
            let goes_on = rest.byte(b',') || rest.open && rest.bytes.first() == Some(&b'\\');
            if !goes_on {
                return;
            }
        }
    }

    fn all(&mut self, module: Option<ModuleId>) {
        self.taken.extend(module.map(|id| (id, Taken::All)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 6] = [
        "a/__init__.py",
        "a/b.py",
        "a/c/__init__.py",
        "a/c/d.py",
        "e.py",
        "réseau.py",
    ];

    /// Shows what a file in the package `a` takes.
    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let files = FILES.map(RepoPath::new);
        let project = Project::new(&files);
        let imports = Imports::of(text.as_bytes(), &RepoPath::new("a/x.py"), &project);
        let mut shown: Vec<String> = imports
            .iter()
            .map(|(module, taken)| {
                let path = project.path(module);
                match taken {
                    Taken::Module | Taken::Package => path.to_string(),
                    Taken::All => format!("{path} *"),
                    Taken::Name(name) => format!("{path} {name}"),
                }
            })
            .collect();
        shown.sort_unstable();
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn modules_are_taken_whole() {
        check("import e\n", &["e.py"]);
        check("import e as f, os, a.b as b", &["a/b.py", "e.py"]);
        check(
            "x = 1\n  import a . c.d # e",
            &["a/__init__.py", "a/c/__init__.py", "a/c/d.py"],
        );
        check("import a.c.d as x", &["a/c/d.py"]);
        check("import a.nothing", &[]);
        check("try: import e\nexcept: pass", &["e.py"]);
        check("pass; import e", &["e.py"]);
        check("import \\\r\n  e", &["e.py"]);
        check("\u{feff}import e", &["e.py"]);
        check("import réseau", &["réseau.py"]);
        check("import os\nimport e", &["e.py"]);
    }

    #[test]
    fn names_are_taken_from_modules() {
        check("from e import f, g as h\nx", &["e.py f", "e.py g"]);
        check(
            "from e import (f, # import e, z\n  g,\n)\nx",
            &["e.py f", "e.py g"],
        );
        check("from a import b", &["a/__init__.py b", "a/b.py"]);
        check("from . import b", &["a/__init__.py b", "a/b.py"]);
        check("from.b import*", &["a/b.py *"]);
        check("from . c . d import x;import e", &["a/c/d.py x", "e.py"]);
        check("from ..e import x", &["e.py x"]);
        check("from ...e import x", &[]);
        check("from \\\n e \\\n import \\\n x, y", &["e.py x", "e.py y"]);
        check("from e import x, import_y", &["e.py import_y", "e.py x"]);
        check("from a.import_c import x", &[]);
        check("from os import path", &[]);
        check("from e import (x", &["e.py x"]);
    }

    #[test]
    fn modules_are_taken_by_a_text() {
        check("m = importlib.import_module('a.b')", &["a/b.py"]);
        check("m = import_module(\n  \"a.b\")", &["a/b.py"]);
        check("m = __import__('e')", &["e.py"]);
        check("m = import_module(name)", &[]);
        check("reimport_things('e')", &[]);
    }

    #[test]
    fn statements_stand_in_notebooks() {
        check(
            r#""source": ["import e\n", "from a.b import x\n"]"#,
            &["a/b.py x", "e.py"],
        );
        check(
            r#""source": "import os\nimport e\n\tfrom a.b import x, y\nz""#,
            &["a/b.py x", "a/b.py y", "e.py"],
        );
        check(
            r#"["from a.b import (x,\n", "  y)"]"#,
            &["a/b.py *", "a/b.py x"],
        );
        check(r#"["from a.b import (\n", "  y)"]"#, &["a/b.py *"]);
        check(r#""import_module(\"a.b\")""#, &["a/b.py"]);
    }

    #[test]
    fn other_words_are_no_statements() {
        check("# it is important\nreimport = 1\nx.imports", &[]);
        check("e = 1 # do import e", &[]);
        check("important.e", &[]);
        check("yield from e.x", &[]);
        check("import", &[]);
        check("from import e", &[]);
        check("from e import", &[]);
        check("from a b import e", &[]);
    }

    #[test]
    fn hostile_lines_take_no_more_than_a_pass() {
        for part in [
            "import ",
            "from e import (#",
            ".import",
            "from e import e ",
            "import e,",
            "\\\n",
            "from . ",
        ] {
            let text = part.repeat(200_000);
            let project = Project::new(&FILES.map(RepoPath::new));
            let imports = Imports::of(text.as_bytes(), &RepoPath::new("a/x.py"), &project);
            assert!(imports.0.len() < 3, "{part}");
        }
    }
}
