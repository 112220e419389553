//! The packed form of the API history: six sections behind a table of their lengths. `build.rs`
//! includes this file by path and writes what the library reads; nothing is parsed at start-up,
//! and a lookup allocates nothing.
//!
//! The numbers of records, runs and members are written in as few bytes as they need (LEB128), and a
//! place in these sections is that of a byte.

/// The bits of a release set, lowest release first.
pub type Words = [u64; 4];

/// The sections, in order: fst of paths, records, patterns, runs, members, strings.
pub const SECTIONS: usize = 6;

/// Numbers in a packed [`Record`].
pub const RECORD_FIELDS: usize = 8;

/// What is stored of one symbol; every number but `kind` is a place in another section.
#[derive(Clone, Copy, Debug, Default)]
pub struct Record {
    /// `Kind` as a number.
    pub kind: u32,
    /// Pattern of the releases in which attribute access reaches it.
    pub present: u32,
    /// Pattern of the releases in which it can be imported as a module.
    pub importable: u32,
    /// Runs of parameter lists.
    pub signatures: u32,
    /// Runs of symbols whose members a class has too; `?` = more than can be known.
    pub bases: u32,
    /// Members of a class.
    pub members: u32,
    /// Pattern of the releases in which it is deprecated.
    pub deprecated: u32,
    /// Text of the deprecation.
    pub instructions: u32,
}

impl Record {
    /// The numbers in packed order.
    pub const fn fields(&self) -> [u32; RECORD_FIELDS] {
        [
            self.kind,
            self.present,
            self.importable,
            self.signatures,
            self.bases,
            self.members,
            self.deprecated,
            self.instructions,
        ]
    }

    /// The record of packed numbers.
    pub const fn from_fields(f: [u32; RECORD_FIELDS]) -> Self {
        Self {
            kind: f[0],
            present: f[1],
            importable: f[2],
            signatures: f[3],
            bases: f[4],
            members: f[5],
            deprecated: f[6],
            instructions: f[7],
        }
    }
}

/// Joins sections behind a table of their lengths.
pub fn join(sections: [Vec<u8>; SECTIONS]) -> Vec<u8> {
    let mut blob = Vec::new();
    for section in &sections {
        let length = u32::try_from(section.len()).expect("the history is below 4 GiB");
        blob.extend(length.to_le_bytes());
    }
    for section in sections {
        blob.extend(section);
    }
    blob
}

/// Takes the sections apart again.
pub const fn split(blob: &[u8]) -> [&[u8]; SECTIONS] {
    let mut sections: [&[u8]; SECTIONS] = [&[]; SECTIONS];
    let mut rest = blob.split_at(SECTIONS * 4).1;
    let mut index = 0;
    while index < SECTIONS {
        let (section, after) = rest.split_at(length(blob, index));
        sections[index] = section;
        rest = after;
        index += 1;
    }
    sections
}

const fn length(blob: &[u8], index: usize) -> usize {
    let at = index * 4;
    u32::from_le_bytes([blob[at], blob[at + 1], blob[at + 2], blob[at + 3]]) as usize
}

/// Writes a number in as few bytes as it needs, the lowest bits first; all but the last have the
/// highest bit.
pub fn push(section: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        section.push(number as u8 | 0x80);
        number >>= 7;
    }
    section.push(number as u8);
}

/// Reads the numbers of a section from a place on, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'s> {
    section: &'s [u8],
    at: usize,
}

impl<'s> Numbers<'s> {
    /// From a place on.
    pub const fn from(section: &'s [u8], at: u32) -> Self {
        Self {
            section,
            at: at as usize,
        }
    }

    /// The next number.
    pub const fn read(&mut self) -> u32 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.section[self.at];
            self.at += 1;
            number |= ((byte & 0x7f) as u32) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }
}
