//! The API history: which release contains which symbol, as generated from the wheels.
//!
//! A symbol is looked up by its canonical dotted path (`tensorflow.nn.relu`). Three facts are kept
//! apart: that attribute access reaches it, that it can be imported as a module, and what it is.

pub mod class;
pub mod format;
pub mod keywords;
pub mod overlay;
#[allow(dead_code, unreachable_pub, reason = "build.rs uses the writing half")]
mod pack;
pub mod signature;
pub mod texts;

use std::cell::RefCell;
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

use fst::{IntoStreamer, Streamer};

use crate::carried::{self, packed};
use crate::maps::FastMap;
use crate::release::ReleaseSet;
use format::Kind;
use pack::{Numbers, Record};

static TABLES: LazyLock<[&[u8]; pack::SECTIONS]> = LazyLock::new(|| {
    let history = carried::bytes(packed!("api.bin"));
    pack::split(history.leak())
});

const RECORDS: usize = 1;
const PATTERNS: usize = 2;
const RUNS: usize = 3;
const MEMBERS: usize = 4;
const STRINGS: usize = 5;

/// Unpacks the history, so that nobody has to wait for it later.
pub fn prepare() {
    LazyLock::force(&TABLES);
}

fn paths() -> &'static fst::Map<&'static [u8]> {
    static MAP: OnceLock<fst::Map<&'static [u8]>> = OnceLock::new();
    MAP.get_or_init(|| fst::Map::new(TABLES[0]).expect("build.rs wrote it"))
}

fn pattern(id: u32) -> ReleaseSet {
    let mut words = pack::Words::default();
    for (index, word) in words.iter_mut().enumerate() {
        let at = (id as usize * 4 + index) * 8;
        let bytes = TABLES[PATTERNS][at..at + 8].try_into();
        *word = u64::from_le_bytes(bytes.expect("eight bytes were taken"));
    }
    ReleaseSet::from_words(words)
}

fn string(at: u32) -> &'static str {
    let table = TABLES[STRINGS];
    let at = at as usize;
    let length = u16::from_le_bytes([table[at], table[at + 1]]) as usize;
    std::str::from_utf8(&table[at + 2..at + 2 + length]).expect("build.rs wrote text")
}

fn runs(at: u32) -> impl Iterator<Item = (&'static str, ReleaseSet)> {
    let mut numbers = Numbers::from(TABLES[RUNS], at);
    let count = numbers.read();
    (0..count).map(move |_| (string(numbers.read()), pattern(numbers.read())))
}

/// A symbol of the history. Release sets are those of the package that the path's root names.
#[derive(Clone, Copy, Debug)]
pub struct Symbol(Record);

impl Symbol {
    /// What it is in the newest release that has it.
    #[must_use]
    pub fn kind(self) -> Kind {
        Kind::ALL[self.0.kind as usize]
    }

    /// The releases in which attribute access reaches it after the root was imported.
    #[must_use]
    pub fn present(self) -> ReleaseSet {
        pattern(self.0.present)
    }

    /// The releases in which `import <path>` works.
    #[must_use]
    pub fn importable(self) -> ReleaseSet {
        pattern(self.0.importable)
    }

    /// The releases whose code marks it as deprecated.
    #[must_use]
    fn deprecated(self) -> ReleaseSet {
        pattern(self.0.deprecated)
    }

    /// What its authors say to use instead; `""` where they say nothing.
    #[must_use]
    pub fn instructions(self) -> &'static str {
        string(self.0.instructions)
    }

    /// Parameter lists of a function or constructor, each with the releases that have it.
    pub fn signatures(self) -> impl Iterator<Item = (&'static str, ReleaseSet)> {
        runs(self.0.signatures)
    }

    /// Symbols whose members a class has too, each with the releases in which this is so; `?`
    /// stands for bases that cannot be known.
    pub fn bases(self) -> impl Iterator<Item = (&'static str, ReleaseSet)> {
        runs(self.0.bases)
    }

    /// The members that a class has of its own: those of its [`bases`](Self::bases) come on top.
    pub fn own_members(self) -> impl Iterator<Item = Member> {
        let mut numbers = Numbers::from(TABLES[MEMBERS], self.0.members);
        let count = numbers.read();
        (0..count).map(move |_| Member {
            name: string(numbers.read()),
            kind: Kind::ALL[numbers.read() as usize],
            present: pattern(numbers.read()),
            signatures: numbers.read(),
        })
    }
}

/// A member of a class.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it is in the newest release that has it.
    pub kind: Kind,
    /// The releases in which the class has it.
    pub present: ReleaseSet,
    signatures: u32,
}

impl Member {
    /// Parameter lists without `self`, each with the releases that have it.
    pub fn signatures(self) -> impl Iterator<Item = (&'static str, ReleaseSet)> {
        runs(self.signatures)
    }
}

/// Longer chains of bases are not followed.
const DEEPEST: usize = 64;

/// So many paths are remembered in a thread; then it starts anew.
const MOST_REMEMBERED: usize = 1 << 16;

/// Where the record of a path stands. Code asks for few paths, and for these again and again: a walk
/// through the table costs fifty times what a map does.
fn place_of(path: &str) -> Option<u64> {
    thread_local! {
        static KNOWN: RefCell<FastMap<Box<str>, Option<u64>>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(&place) = known.get(path) {
            return place;
        }
        if known.len() == MOST_REMEMBERED {
            known.clear();
        }
        let place = paths().get(path);
        known.insert(path.into(), place);
        place
    })
}

/// The symbol of a canonical path, if any release has it.
#[must_use]
pub fn lookup(path: &str) -> Option<Symbol> {
    let at = u32::try_from(place_of(path)?).ok()?;
    let mut numbers = Numbers::from(TABLES[RECORDS], at);
    let fields = std::array::from_fn(|_| numbers.read());
    Some(Symbol(Record::from_fields(fields)))
}

/// The releases in which a symbol is deprecated: by a mark in their code, or in their documentation
/// alone, as the overlay has it.
#[must_use]
pub fn deprecated(path: &str) -> ReleaseSet {
    let marked = lookup(path).map_or(ReleaseSet::EMPTY, Symbol::deprecated);
    marked | overlay::get().deprecated(path)
}

/// The releases in which a class has a member, its bases included; the second set holds the
/// releases in which this cannot be known.
#[must_use]
pub fn member(class: &str, name: &str) -> (ReleaseSet, ReleaseSet) {
    let class = self::class::class(class);
    let present = class.member(name);
    (present, class.unknown - present)
}

/// The parameter lists of a method, `self` left out, each with the releases that have it: those of
/// the class itself, else of the nearest base that has the method.
#[must_use]
pub fn member_signatures(class: &str, name: &str) -> Vec<(&'static str, ReleaseSet)> {
    fn collect(
        class: &str,
        name: &str,
        releases: ReleaseSet,
        found: &mut Vec<(&'static str, ReleaseSet)>,
        depth: usize,
    ) -> ReleaseSet {
        let Some(symbol) = lookup(class).filter(|_| depth < DEEPEST && !releases.is_empty()) else {
            return ReleaseSet::EMPTY;
        };
        let mut seen = ReleaseSet::EMPTY;
        if let Some(member) = symbol.own_members().find(|member| member.name == name) {
            seen = member.present & releases;
            let runs = member.signatures().map(|(text, set)| (text, set & seen));
            found.extend(runs.filter(|(_, set)| !set.is_empty()));
        }
        for (base, set) in symbol.bases() {
            // A base that cannot be seen may have it, too.
            seen = if base == "?" {
                seen | set
            } else {
                seen | collect(base, name, (releases & set) - seen, found, depth + 1)
            };
        }
        seen
    }
    let mut found = Vec::new();
    let all = ReleaseSet::from_words([u64::MAX; 4]);
    collect(class, name, all, &mut found, 0);
    found
}

/// A class and everything that it inherits from in some release, nearest first.
#[must_use]
pub fn ancestors(class: &str) -> Vec<&str> {
    let mut found: Vec<&str> = vec![class];
    let mut at = 0;
    while let Some(next) = found.get(at).copied() {
        at += 1;
        for (base, _) in lookup(next).into_iter().flat_map(Symbol::bases) {
            if !matches!(base, "?" | "~") && !found.contains(&base) {
                found.push(base);
            }
        }
    }
    found
}

/// The names directly below a module path, over all releases, sorted. A look at all that lies below it,
/// so that each module is looked at once.
#[must_use]
pub fn children(parent: &str) -> Arc<[String]> {
    type Known = FastMap<Box<str>, Arc<[String]>>;
    static KNOWN: OnceLock<RwLock<Known>> = OnceLock::new();
    let known = KNOWN.get_or_init(RwLock::default);
    // A panic elsewhere leaves what is known as true as it was.
    let read = known.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(names) = read.get(parent) {
        return Arc::clone(names);
    }
    drop(read);
    let names: Arc<[String]> = names_below(parent).into();
    // A user's code may name any number of modules that there are not.
    if !names.is_empty() {
        let mut write = known.write().unwrap_or_else(PoisonError::into_inner);
        write.insert(parent.into(), Arc::clone(&names));
    }
    names
}

fn names_below(parent: &str) -> Vec<String> {
    let start = format!("{parent}.");
    // `/` follows `.` in ASCII, so this is the first key past everything below the parent.
    let end = format!("{parent}/");
    let mut stream = paths()
        .range()
        .ge(start.as_bytes())
        .lt(end.as_bytes())
        .into_stream();
    let mut names: Vec<String> = Vec::new();
    while let Some((key, _)) = stream.next() {
        let Ok(key) = std::str::from_utf8(key) else {
            continue;
        };
        let rest = &key[start.len()..];
        if !rest.contains('.') {
            names.push(rest.to_owned());
        }
    }
    names
}

/// Every path that ends with some parts, sorted: a walk over all of them.
#[must_use]
pub fn ending(parts: &str) -> Vec<String> {
    let end = format!(".{parts}");
    let mut stream = paths().stream();
    let mut found = Vec::new();
    while let Some((key, _)) = stream.next() {
        if key.ends_with(end.as_bytes()) {
            found.extend(std::str::from_utf8(key).ok().map(str::to_owned));
        }
    }
    found
}
