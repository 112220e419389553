//! Regular expressions of Python, as far as they mean the same to the crate `regex`.
//!
//! The dialect is that of the module [`re`](https://docs.python.org/3/library/re.html). A pattern is
//! read and written anew, so that nothing passes which only looks alike.
//!
//! Supported: letters, `.`, sets, `\d \w \s` and their opposites, `^ $ \A \Z \b`, groups with and
//! without names, `|`, repetition, `re.I`. Flags that mean nothing on one line of ASCII are taken;
//! on other texts no pattern is tried. Not supported: look-around, back references, conditions,
//! atoms, flags of a part, `re.X`, `\B`, letters beyond ASCII; repetition of what may be empty, or
//! of groups in groups, where Pythons differ among themselves.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// Longer patterns are no tests of versions.
const LONGEST: usize = 200;

/// Groups in groups.
const DEEPEST: usize = 10;

/// Repetition beyond this makes big programs of short patterns.
const MOST_TIMES: u32 = 50;

/// What a compiled pattern may take, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// The names of the flags that a pattern may be given, and whether they make it blind to case.
const FLAGS: [(&str, bool); 10] = [
    ("I", true),
    ("IGNORECASE", true),
    ("A", false),
    ("ASCII", false),
    ("M", false),
    ("MULTILINE", false),
    ("S", false),
    ("DOTALL", false),
    ("U", false),
    ("UNICODE", false),
];

/// Whether a flag of `re` makes a pattern blind to case; nothing where it is not supported.
pub(crate) fn ignores_case(flag: &str) -> Option<bool> {
    let mut flags = FLAGS.iter();
    flags.find(|(name, _)| *name == flag).map(|(_, case)| *case)
}

/// Where a match has to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Anywhere: `search`, `findall`, `split`, `sub`.
    None,
    /// At the beginning: `match`.
    Start,
    /// From the beginning to the end: `fullmatch`.
    Both,
}

/// A pattern that means the same in both dialects.
#[derive(Debug)]
pub struct Pattern {
    /// As Python has it.
    text: String,
    ignore_case: bool,
    /// As the crate has it.
    translated: String,
    /// Groups with a name, and their numbers.
    pub names: Vec<(String, usize)>,
    /// How many groups there are.
    pub groups: usize,
    /// It may match nothing at all. Where that goes on from there differs between Pythons.
    pub may_be_empty: bool,
    /// One for each [`Anchor`], made when it is first asked for.
    compiled: [OnceLock<Option<Regex>>; 3],
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.ignore_case) == (&other.text, other.ignore_case)
    }
}

impl Pattern {
    /// Reads a pattern; nothing where it is not certain what it means.
    pub(crate) fn read(text: &str, ignore_case: bool) -> Option<Self> {
        if text.len() > LONGEST || !text.is_ascii() {
            return None;
        }
        let mut reader = Reader {
            rest: text.as_bytes(),
            ignore_case,
            out: String::new(),
            groups: 0,
            names: Vec::new(),
            depth: 0,
        };
        reader.flags()?;
        let shape = reader.alternatives()?;
        if !reader.rest.is_empty() {
            return None;
        }
        Some(Self {
            text: text.to_owned(),
            ignore_case,
            translated: reader.out,
            names: reader.names,
            groups: reader.groups,
            may_be_empty: shape.may_be_empty,
            compiled: Default::default(),
        })
    }

    /// What finds it in texts; nothing where it is too big, or the text is not one line of ASCII.
    pub(crate) fn finder(&self, anchor: Anchor, text: &str) -> Option<&Regex> {
        if !text.is_ascii() || text.contains('\n') {
            return None;
        }
        let pattern = &self.translated;
        let (place, before, after) = match anchor {
            Anchor::None => (0, "(?:", ")"),
            Anchor::Start => (1, r"\A(?:", ")"),
            Anchor::Both => (2, r"\A(?:", r")\z"),
        };
        let compiled = self.compiled[place].get_or_init(|| {
            let written = format!("{before}{pattern}{after}");
            let mut builder = RegexBuilder::new(&written);
            builder.size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT);
            builder.build().ok()
        });
        compiled.as_ref()
    }
}

/// What is known of a part of a pattern.
#[derive(Clone, Copy, Debug, Default)]
struct Shape {
    may_be_empty: bool,
    /// It stands for a place: `^`.
    is_anchor: bool,
    /// It has groups in it that keep what they match.
    keeps: bool,
    /// It is such a group, and has none in it.
    is_plain_group: bool,
    /// A group in it is repeated.
    repeats_group: bool,
}

/// A set of ASCII letters, one bit each.
type Letters = u128;

/// How often something is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Times {
    least: u32,
    most: Option<u32>,
    lazy: bool,
}

struct Reader<'t> {
    rest: &'t [u8],
    ignore_case: bool,
    out: String,
    groups: usize,
    names: Vec<(String, usize)>,
    depth: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn take(&mut self, text: &[u8]) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `(?i)` before everything else.
    fn flags(&mut self) -> Option<()> {
        let Some(inside) = self.rest.strip_prefix(b"(?") else {
            return Some(());
        };
        let letters = inside.iter().take_while(|byte| byte.is_ascii_lowercase());
        let length = letters.count();
        if length == 0 || inside.get(length) != Some(&b')') {
            return Some(());
        }
        for flag in &inside[..length] {
            match flag {
                b'i' => self.ignore_case = true,
                b'a' | b'm' | b's' | b'u' => {}
                _ => return None,
            }
        }
        self.rest = &inside[length + 1..];
        Some(())
    }

    /// `a|b`, up to the end or a closing parenthesis.
    fn alternatives(&mut self) -> Option<Shape> {
        let mut all = self.sequence()?;
        while self.take(b"|") {
            self.out.push('|');
            let one = self.sequence()?;
            all.may_be_empty |= one.may_be_empty;
            all.keeps |= one.keeps;
            all.repeats_group |= one.repeats_group;
        }
        Some(all)
    }

    fn sequence(&mut self) -> Option<Shape> {
        let mut all = Shape {
            may_be_empty: true,
            ..Shape::default()
        };
        while self.rest.first().is_some_and(|next| !b"|)".contains(next)) {
            let one = self.atom()?;
            let one = self.repeated(one)?;
            all.may_be_empty &= one.may_be_empty;
            all.keeps |= one.keeps;
            all.repeats_group |= one.repeats_group;
        }
        Some(all)
    }

    fn atom(&mut self) -> Option<Shape> {
        match self.next()? {
            b'(' => return self.group(),
            b'[' => {
                let letters = self.set()?;
                self.write(letters)?;
            }
            b'.' => self.out.push('.'),
            b'^' => return Some(self.anchor(r"\A")),
            b'$' => return Some(self.anchor(r"\z")),
            b'\\' => match self.next()? {
                b'A' => return Some(self.anchor(r"\A")),
                b'Z' => return Some(self.anchor(r"\z")),
                b'b' => return Some(self.anchor(r"(?-u:\b)")),
                escaped => {
                    let letters = escape(escaped)?;
                    self.write(letters)?;
                }
            },
            b'*' | b'+' | b'?' | b'{' => return None,
            byte => self.write(letter(byte))?,
        }
        Some(Shape::default())
    }

    fn anchor(&mut self, written: &str) -> Shape {
        self.out.push_str(written);
        Shape {
            may_be_empty: true,
            is_anchor: true,
            ..Shape::default()
        }
    }

    fn group(&mut self) -> Option<Shape> {
        self.depth += 1;
        let keeps = !self.take(b"?:");
        if keeps && self.take(b"?P<") {
            let end = self.rest.iter().position(|byte| *byte == b'>')?;
            let name = String::from_utf8(self.rest[..end].to_vec()).ok()?;
            let known = self.names.iter().any(|(known, _)| *known == name);
            if known || !super::guards::is_identifier(&name) {
                return None;
            }
            self.rest = &self.rest[end + 1..];
            self.names.push((name, self.groups + 1));
        }
        // What else begins with a question mark is not supported.
        if self.depth > DEEPEST || self.rest.first() == Some(&b'?') {
            return None;
        }
        self.groups += usize::from(keeps);
        self.out.push_str(if keeps { "(" } else { "(?:" });
        let inside = self.alternatives()?;
        if !self.take(b")") {
            return None;
        }
        self.out.push(')');
        self.depth -= 1;
        Some(Shape {
            keeps: keeps || inside.keeps,
            is_plain_group: keeps && !inside.keeps,
            ..inside
        })
    }

    /// A part with what repeats it.
    fn repeated(&mut self, part: Shape) -> Option<Shape> {
        let Some(times) = self.times()? else {
            return Some(part);
        };
        let often = times.most.is_none_or(|most| most > 1);
        let groups_fit = match (part.keeps, often) {
            (false, _) => true,
            (true, false) => !times.lazy && !part.repeats_group,
            (true, true) => !times.lazy && part.is_plain_group,
        };
        if part.is_anchor || part.may_be_empty || !groups_fit {
            return None;
        }
        let Times { least, most, lazy } = times;
        let most = most.map(|most| most.to_string()).unwrap_or_default();
        self.out.push_str(&format!("{{{least},{most}}}"));
        if lazy {
            self.out.push('?');
        }
        Some(Shape {
            may_be_empty: least == 0,
            repeats_group: part.repeats_group || part.keeps && often,
            is_plain_group: false,
            ..part
        })
    }

    /// `*`, `+`, `?`, `{1,2}`, each with a `?` behind it perhaps: nothing inside where there is
    /// none of them.
    fn times(&mut self) -> Option<Option<Times>> {
        let (least, most) = match self.rest.first() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => {
                let end = self.rest.iter().position(|byte| *byte == b'}')?;
                let inside = std::str::from_utf8(&self.rest[1..end]).ok()?;
                let bounds = bounds(inside)?;
                self.rest = &self.rest[end..];
                bounds
            }
            _ => return Some(None),
        };
        self.rest = &self.rest[1..];
        let lazy = self.take(b"?");
        // `a*+` and `a**`.
        if self.rest.first().is_some_and(|next| b"*+?{".contains(next)) {
            return None;
        }
        Some(Some(Times { least, most, lazy }))
    }

    /// What stands between brackets.
    fn set(&mut self) -> Option<Letters> {
        let not = self.take(b"^");
        let mut all: Letters = 0;
        let mut first = true;
        loop {
            let byte = self.next()?;
            if byte == b']' && !first {
                break;
            }
            first = false;
            let low = match byte {
                b'\\' => escape(self.next()?)?,
                byte => letter(byte),
            };
            let is_range = self.rest.first() == Some(&b'-')
                && self.rest.get(1).is_some_and(|next| *next != b']');
            if !is_range {
                all |= low;
                continue;
            }
            self.rest = &self.rest[1..];
            let high = match self.next()? {
                b'\\' => escape(self.next()?)?,
                byte => letter(byte),
            };
            if low.count_ones() != 1 || high.count_ones() != 1 || low > high {
                return None;
            }
            all |= (high - low) | high;
        }
        if self.ignore_case {
            all = both_cases(all);
        }
        Some(if not { !all } else { all })
    }

    /// Writes a set of letters.
    fn write(&mut self, letters: Letters) -> Option<()> {
        let letters = match self.ignore_case {
            true if letters.count_ones() == 1 => both_cases(letters),
            _ => letters,
        };
        if letters == 0 {
            return None;
        }
        self.out.push('[');
        let mut at = 0_u32;
        while at < Letters::BITS {
            let run = (letters >> at).trailing_ones();
            if run > 0 {
                let last = at + run - 1;
                self.out.push_str(&format!("\\x{at:02X}-\\x{last:02X}"));
            }
            at += run.max(1);
        }
        self.out.push(']');
        Some(())
    }
}

const fn letter(byte: u8) -> Letters {
    1 << byte
}

fn both_cases(letters: Letters) -> Letters {
    const BIG: Letters = ((1 << 26) - 1) << b'A';
    const SMALL: Letters = BIG << 32;
    letters | (letters & BIG) << 32 | (letters & SMALL) >> 32
}

/// What `\x` stands for; nothing for the letters that mean other things than letters.
fn escape(byte: u8) -> Option<Letters> {
    let all = |test: &dyn Fn(u8) -> bool| {
        (0..128)
            .filter(|byte| test(*byte))
            .fold(0, |all, byte| all | letter(byte))
    };
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    // Python counts the separators of files, groups, records and units.
    let space = |byte: u8| matches!(byte, b'\t'..=b'\r' | 0x1C..=0x1F | b' ');
    Some(match byte {
        b'd' => all(&|byte| byte.is_ascii_digit()),
        b'D' => all(&|byte| !byte.is_ascii_digit()),
        b'w' => all(&word),
        b'W' => all(&|byte| !word(byte)),
        b's' => all(&space),
        b'S' => all(&|byte| !space(byte)),
        b't' => letter(b'\t'),
        b'n' => letter(b'\n'),
        b'r' => letter(b'\r'),
        byte if byte.is_ascii_alphanumeric() => return None,
        byte => letter(byte),
    })
}

/// `2`, `1,3`, `1,`, `,3`
fn bounds(text: &str) -> Option<(u32, Option<u32>)> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = digits.then(|| text.parse().ok())??;
        (number <= MOST_TIMES).then_some(number)
    };
    match text.split_once(',') {
        None => number(text).map(|times| (times, Some(times))),
        Some(("", most)) => Some((0, Some(number(most)?))),
        Some((least, "")) => Some((number(least)?, None)),
        Some((least, most)) => {
            let (least, most) = (number(least)?, number(most)?);
            (least <= most).then_some((least, Some(most)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, anchor: Anchor, text: &str, expect: Option<&str>) {
        let pattern = Pattern::read(pattern, false).unwrap();
        let found = pattern.finder(anchor, text).unwrap().find(text);
        assert_eq!(found.map(|found| found.as_str()), expect);
    }

    #[test]
    fn what_is_the_same_in_both_is_found() {
        check(r"\d+\.\d+", Anchor::Start, "2.10.1", Some("2.10"));
        check(r"\.\d+$", Anchor::None, "2.10.1", Some(".1"));
        check(r"^2\.[0-4]\b", Anchor::None, "2.10.1", None);
        check(r"2(\.\d+){2}", Anchor::Both, "2.10.1", Some("2.10.1"));
        check(r"[^.\d-]+", Anchor::None, "2.4.0-rc1", Some("rc"));
        check(r"(?i)RC", Anchor::None, "2.4.0rc1", Some("rc"));
        check("[]^x]", Anchor::None, "a^", Some("^"));
    }

    #[test]
    fn what_may_differ_is_not_read() {
        for pattern in [
            r"2(?=\.)",
            r"(?<!1)2",
            r"(\d)\1",
            r"(?P<a>2)(?P=a)",
            r"(?P<a>2)(?P<a>.)",
            r"(?x) 2",
            r"(?i:a)",
            r"a(?i)",
            r"(?>a)",
            r"a*+",
            r"a**",
            r"*a",
            r"^*",
            r"{2}",
            r"a{x}",
            r"a{3,2}",
            r"a{,}",
            r"a{1,9999}",
            r"(a?)*",
            r"(?:(a)b)*",
            r"(a)*?",
            r"(?:(a)*)?",
            r"\B",
            r"\q",
            r"\x41",
            r"\07",
            r"[z-a]",
            r"[\d-z]",
            "[",
            "(",
            ")",
            "é",
            "((((((((((((a))))))))))))",
            &"a".repeat(300),
        ] {
            assert!(Pattern::read(pattern, false).is_none(), "{pattern}");
        }
    }

    #[test]
    fn only_single_lines_of_ascii_are_tried() {
        let pattern = Pattern::read("2$", false).unwrap();
        assert!(pattern.finder(Anchor::None, "2\n").is_none());
        assert!(pattern.finder(Anchor::None, "é2").is_none());
    }

    #[test]
    fn patterns_that_grow_are_refused_and_not_built() {
        let bomb = "(?:(?:(?:a{50}){50}){50}){50}";
        let pattern = Pattern::read(bomb, false).unwrap();
        assert!(pattern.finder(Anchor::None, "a").is_none());
    }
}
