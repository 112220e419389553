//! Packs `data/` into what the binary carries: the release tables as Rust constants, the API
//! history as one blob; this and most other tables are packed with LZ4. No network, no clock: the same
//! text gives the same bytes.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[path = "src/api/format.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the generator uses the writing half"
)]
mod format;
#[path = "src/api/pack.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the library uses the reading half"
)]
mod pack;

use format::Kind;
use pack::{Record, Words};

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    for watched in ["data", "build.rs", "src/api/format.rs", "src/api/pack.rs"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let releases = Releases::read(&root.join("data/releases.tsv"));
    std::fs::write(out.join("releases.rs"), releases.code()).expect("OUT_DIR can be written");
    let listed = distributions(&root.join("data/distributions.tsv"));
    write_packed(&out.join("distributions.tsv.lz4"), listed.as_bytes());
    for name in ["overlay", "texts"] {
        let knowledge = quick_to_read(&root.join(format!("data/{name}.toml")));
        write_packed(&out.join(format!("{name}.json.lz4")), knowledge.as_bytes());
    }
    let refused = Refused::read(&root.join("data/api/keywords.tsv"));
    for (name, text) in [
        ("keywords", &refused.lines),
        ("keywords.said", &refused.said),
        ("keywords.words", &refused.words),
    ] {
        let text = text.join("\n");
        write_packed(&out.join(format!("{name}.tsv.lz4")), text.as_bytes());
    }
    let blob = Packer::new(releases).pack(&root.join("data/api"));
    write_packed(&out.join("api.bin.lz4"), &blob);
}

/// Writes what `src/carried.rs` reads.
fn write_packed(path: &Path, bytes: &[u8]) {
    let tightest = lz4::block::CompressionMode::HIGHCOMPRESSION(12);
    let packed = lz4::block::compress(bytes, Some(tightest), true).expect("LZ4 takes any bytes");
    std::fs::write(path, packed).expect("OUT_DIR can be written");
}

/// What in the files of hand-written knowledge is no fact about a release: advice in words of our own.
const WITHOUT_SOURCE: &[&str] = &["advice"];

/// A file of hand-written knowledge as JSON, without the sources of its facts: it is read whenever the
/// program starts, and JSON is read in a fraction of the time.
fn quick_to_read(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("data/ is part of the project");
    let mut table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => panic!("{}: {error}", path.display()),
    };
    for (name, value) in &mut table {
        let entries = match value {
            toml::Value::Array(entries) => entries.iter_mut().collect(),
            one => vec![one],
        };
        for entry in entries.into_iter().filter_map(toml::Value::as_table_mut) {
            let source = entry.remove("source");
            assert!(
                source.is_some() || WITHOUT_SOURCE.contains(&name.as_str()),
                "{}: an entry of `{name}` has no `source`: {entry:?}",
                path.display()
            );
        }
    }
    serde_json::to_string(&table).expect("a table of TOML is one of JSON")
}

/// `data/api/keywords.tsv`, each message and each list of keywords once: a line gives the places of its
/// own in these lists.
#[derive(Default)]
struct Refused {
    lines: Vec<String>,
    said: Vec<String>,
    words: Vec<String>,
}

impl Refused {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("data/ is part of the project");
        let place = |list: &mut Vec<String>, text: &str| {
            let known = list.iter().position(|known| known == text);
            known.unwrap_or_else(|| {
                list.push(text.to_owned());
                list.len() - 1
            })
        };
        let mut refused = Self::default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, package, releases, said, words] = fields[..] else {
                panic!("five fields are needed: {line}");
            };
            let said = place(&mut refused.said, said);
            let words = place(&mut refused.words, words);
            let line = format!("{name}\t{package}\t{releases}\t{said}\t{words}");
            refused.lines.push(line);
        }
        refused
    }
}

/// `data/releases.tsv`, by package.
struct Releases(BTreeMap<String, Vec<Vec<String>>>);

impl Releases {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("data/releases.tsv is part of the project");
        let mut packages: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
            assert!(
                fields.len() == 6,
                "data/releases.tsv: six fields are needed in `{line}`"
            );
            packages.entry(fields[0].clone()).or_default().push(fields);
        }
        Self(packages)
    }

    fn versions(&self, package: &str) -> Vec<String> {
        self.0[package].iter().map(|row| row[1].clone()).collect()
    }

    fn code(&self) -> String {
        let mut code = String::new();
        for (package, name) in [
            ("tensorflow", "TENSORFLOW"),
            ("keras", "KERAS"),
            ("tf_keras", "TF_KERAS"),
        ] {
            writeln!(code, "const {name}: &[ReleaseRow] = &[").expect("writing to a String");
            for row in &self.0[package] {
                let (version, date, python) = (&row[1], &row[2], &row[3]);
                let (yanked, keras) = (row[4] == "yes", &row[5]);
                writeln!(
                    code,
                    "    ReleaseRow {{ version: {version:?}, date: {date:?}, python: {python:?}, \
                     yanked: {yanked}, keras: {keras:?} }},",
                )
                .expect("writing to a String");
            }
            code.push_str("];\n");
        }
        code
    }
}

/// The lines of `data/distributions.tsv`: three fields in each, sorted by the first.
fn distributions(path: &Path) -> String {
    let text =
        std::fs::read_to_string(path).expect("data/distributions.tsv is part of the project");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    for line in &lines {
        assert!(
            line.split('\t').count() == 3,
            "data/distributions.tsv: three fields are needed in `{line}`"
        );
    }
    assert!(
        lines.is_sorted_by_key(|line| line.split('\t').next()),
        "data/distributions.tsv is not sorted by its names"
    );
    lines.join("\n")
}

/// Collects the tables of the blob; equal values are stored once.
struct Packer {
    releases: Releases,
    patterns: Vec<Words>,
    pattern_ids: HashMap<Words, u32>,
    strings: Vec<u8>,
    string_ids: HashMap<String, u32>,
    /// Runs of (string, pattern), each list preceded by its length.
    runs: Vec<u8>,
    run_ids: HashMap<Vec<u32>, u32>,
    /// Members of classes: (name, kind, pattern, runs), each list preceded by its length.
    members: Vec<u8>,
    records: BTreeMap<String, Record>,
}

impl Packer {
    fn new(releases: Releases) -> Self {
        let mut packer = Self {
            releases,
            patterns: Vec::new(),
            pattern_ids: HashMap::new(),
            strings: Vec::new(),
            string_ids: HashMap::new(),
            runs: vec![0],
            run_ids: HashMap::new(),
            members: vec![0],
            records: BTreeMap::new(),
        };
        packer.pattern(&[]);
        packer.string("");
        packer
    }

    fn pack(mut self, folder: &Path) -> Vec<u8> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .expect("data/api is part of the project")
            .map(|entry| entry.expect("data/api can be listed").path())
            .collect();
        files.sort();
        let name = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.expect("names in data/api are UTF-8").to_owned()
        };
        let mut signatures = HashMap::new();
        for path in &files {
            if name(path).ends_with("signatures.tsv") {
                each_line(path, |fields| {
                    signatures.insert(fields[0].to_owned(), fields[1].to_owned());
                });
            }
        }
        // Symbols first: a module file that is also a public symbol adds nothing.
        for path in &files {
            let name = name(path);
            let stem = name.strip_suffix(".tsv").unwrap_or(&name);
            if stem.contains('.') && !is_symbols(stem) || matches!(stem, "signatures" | "keywords")
            {
                continue;
            }
            let versions = self.versions_of(stem);
            each_line(path, |fields| self.symbol(fields, &versions, &signatures));
        }
        for path in &files {
            let name = name(path);
            let stem = name.strip_suffix(".tsv").unwrap_or(&name);
            let versions = self.versions_of(stem);
            if stem.ends_with(".modules") {
                each_line(path, |fields| self.module(fields, &versions));
            } else if stem.ends_with(".deprecated") {
                each_line(path, |fields| self.deprecation(fields));
            } else if stem.ends_with(".members") {
                self.class_members(path, &versions, &signatures);
            }
        }
        self.finish()
    }

    fn versions_of(&self, stem: &str) -> Vec<String> {
        let package = stem.split('.').next().unwrap_or(stem);
        if self.releases.0.contains_key(package) {
            self.releases.versions(package)
        } else {
            Vec::new()
        }
    }

    fn symbol(
        &mut self,
        fields: &[&str],
        versions: &[String],
        signatures: &HashMap<String, String>,
    ) {
        let [path, kind, present, importable, sigs, bases, deprecated] = *fields else {
            panic!("data/api: seven fields are needed in {fields:?}");
        };
        let kind = Kind::from_name(kind).unwrap_or_else(|| panic!("unknown kind in {fields:?}"));
        let present = self.intervals(present, versions);
        let importable = match importable {
            "=" => present,
            other => self.intervals(other, versions),
        };
        let signatures = self.runs_of(sigs, versions, |id| signatures[id].clone());
        let bases = self.runs_of(bases, versions, str::to_owned);
        let deprecated = self.intervals(deprecated, versions);
        self.records.insert(
            path.to_owned(),
            Record {
                kind: kind as u32,
                present,
                importable,
                signatures,
                bases,
                members: 0,
                deprecated,
                instructions: 0,
            },
        );
    }

    fn module(&mut self, fields: &[&str], versions: &[String]) {
        let [path, importable] = *fields else {
            panic!("data/api: two fields are needed in {fields:?}");
        };
        let importable = self.intervals(importable, versions);
        self.records.entry(path.to_owned()).or_insert(Record {
            kind: Kind::Module as u32,
            importable,
            ..Record::default()
        });
    }

    fn deprecation(&mut self, fields: &[&str]) {
        let text = self.string(fields[2]);
        if let Some(record) = self.records.get_mut(fields[0]) {
            record.instructions = text;
        }
    }

    fn class_members(
        &mut self,
        path: &Path,
        versions: &[String],
        signatures: &HashMap<String, String>,
    ) {
        let mut classes: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        each_line(path, |fields| {
            let [class, member, kind, present, sigs] = *fields else {
                panic!("data/api: five fields are needed in {fields:?}");
            };
            let kind =
                Kind::from_name(kind).unwrap_or_else(|| panic!("unknown kind in {fields:?}"));
            let name = self.string(member);
            let present = self.intervals(present, versions);
            let runs = self.runs_of(sigs, versions, |id| signatures[id].clone());
            let list = classes.entry(class.to_owned()).or_default();
            list.extend([name, kind as u32, present, runs]);
        });
        let mut member_ids: HashMap<Vec<u32>, u32> = HashMap::new();
        for (class, list) in classes {
            let next = u32::try_from(self.members.len()).expect("the table is small");
            let at = *member_ids.entry(list.clone()).or_insert(next);
            if at == next {
                let count = u32::try_from(list.len() / 4).expect("the table is small");
                pack::push(&mut self.members, count);
                for number in list {
                    pack::push(&mut self.members, number);
                }
            }
            if let Some(record) = self.records.get_mut(&class) {
                record.members = at;
            }
        }
    }

    fn intervals(&mut self, text: &str, versions: &[String]) -> u32 {
        let present = format::parse_intervals(text, versions)
            .unwrap_or_else(|problem| panic!("data/api: {problem}"));
        self.pattern(&present)
    }

    fn pattern(&mut self, present: &[bool]) -> u32 {
        let mut words = Words::default();
        for (index, _) in present.iter().enumerate().filter(|(_, there)| **there) {
            words[index / 64] |= 1 << (index % 64);
        }
        let next = u32::try_from(self.patterns.len()).expect("the table is small");
        *self.pattern_ids.entry(words).or_insert_with(|| {
            self.patterns.push(words);
            next
        })
    }

    fn runs_of(&mut self, text: &str, versions: &[String], value: impl Fn(&str) -> String) -> u32 {
        let runs = format::parse_runs(text, versions)
            .unwrap_or_else(|problem| panic!("data/api: {problem}"));
        if runs.is_empty() {
            return 0;
        }
        let mut list = vec![u32::try_from(runs.len()).expect("the table is small")];
        for (id, present) in runs {
            let text = self.string(&value(&id));
            let pattern = self.pattern(&present);
            list.extend([text, pattern]);
        }
        if let Some(&at) = self.run_ids.get(&list) {
            return at;
        }
        let at = u32::try_from(self.runs.len()).expect("the table is small");
        for &number in &list {
            pack::push(&mut self.runs, number);
        }
        self.run_ids.insert(list, at);
        at
    }

    fn string(&mut self, text: &str) -> u32 {
        if let Some(&at) = self.string_ids.get(text) {
            return at;
        }
        let at = u32::try_from(self.strings.len()).expect("the table is small");
        let length = u16::try_from(text.len()).expect("texts are below 64 KiB");
        self.strings.extend(length.to_le_bytes());
        self.strings.extend(text.as_bytes());
        self.string_ids.insert(text.to_owned(), at);
        at
    }

    fn finish(self) -> Vec<u8> {
        let mut map = fst::MapBuilder::memory();
        let mut records: Vec<u8> = Vec::new();
        let mut record_ids = HashMap::new();
        for (path, record) in &self.records {
            let fields = record.fields();
            let next = records.len() as u64;
            let at = *record_ids.entry(fields).or_insert(next);
            if at == next {
                for field in fields {
                    pack::push(&mut records, field);
                }
            }
            map.insert(path, at)
                .expect("a BTreeMap gives its keys sorted and once");
        }
        let patterns: Vec<u8> = self
            .patterns
            .iter()
            .flatten()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        pack::join([
            map.into_inner().expect("memory does not fail"),
            records,
            patterns,
            self.runs,
            self.members,
            self.strings,
        ])
    }
}

/// Whether a file's stem is that of a table of symbols.
fn is_symbols(stem: &str) -> bool {
    !["members", "modules", "deprecated"].contains(&stem.rsplit('.').next().unwrap_or(stem))
}

fn each_line(path: &Path, mut line_of: impl FnMut(&[&str])) {
    let text = std::fs::read_to_string(path).expect("files of data/api can be read");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        line_of(&fields);
    }
}
