//! One of several runs that divide the files of a repository: which files it judges. It reads all of them,
//! since one file may change what another means.

use std::fmt;
use std::str::FromStr;

use crate::text::RepoPath;

/// A matrix of GitHub has no more jobs.
pub const MAX_SHARDS: u16 = 256;

/// The number of a run, and how many there are: `2/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u16,
    of: u16,
}

impl Shard {
    /// Whether the run judges a file. The path alone decides, on every system and in every version, so
    /// that each file belongs to one run.
    #[must_use]
    pub fn has(self, path: &RepoPath) -> bool {
        hash(path.as_str()) % u64::from(self.of) == u64::from(self.number - 1)
    }

    /// Whether it is the run that tells what is about no file.
    #[must_use]
    pub const fn is_first(self) -> bool {
        self.number == 1
    }

    /// The category of its results: those of several runs would replace each other under one.
    #[must_use]
    pub fn category(self, category: &str) -> String {
        format!("{category}-{}-of-{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, of) = text.trim().split_once('/').ok_or(())?;
        let digits = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<u16>().map_err(|_| ()),
            false => Err(()),
        };
        let (number, of) = (digits(number)?, digits(of)?);
        let exists = (1..=MAX_SHARDS).contains(&of) && (1..=of).contains(&number);
        exists.then_some(Self { number, of }).ok_or(())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// [FNV-1a](https://datatracker.ietf.org/doc/html/draft-eastlake-fnv), mixed once more: paths that differ
/// in their last letter would go round the runs in step otherwise.
fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbered_from_one() {
        for text in ["1/1", "2/4", "256/256", " 3/3 "] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text.trim());
        }
        for text in [
            "0/4", "5/4", "1/0", "1/257", "1", "", "/", "-1/2", "+1/2", "1/2/3", "a/b",
        ] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert!(format!("1/{}", "9".repeat(5_000)).parse::<Shard>().is_err());
    }

    #[test]
    fn each_file_belongs_to_one_part_and_parts_are_alike() {
        for of in [1, 2, 3, 4, 7, 16] {
            let mut sizes = vec![0; usize::from(of)];
            for number in 0..10_000 {
                let path = RepoPath::new(&format!("src/pkg{}/module_{number}.py", number % 7));
                let owners = (1..=of).filter(|&number| Shard { number, of }.has(&path));
                let owners: Vec<u16> = owners.collect();
                assert_eq!(owners.len(), 1, "{path}");
                sizes[usize::from(owners[0] - 1)] += 1;
            }
            let fair = 10_000 / usize::from(of);
            let even = |&size: &usize| size > fair * 4 / 5 && size < fair * 6 / 5;
            assert!(sizes.iter().all(even), "{sizes:?}");
        }
    }

    /// Results of two runs are put together only where both divide alike.
    #[test]
    fn the_division_never_changes() {
        let owner = |path: &str| {
            let path = RepoPath::new(path);
            (1..=4)
                .find(|&number| Shard { number, of: 4 }.has(&path))
                .unwrap()
        };
        assert_eq!(["a.py", "src/train.py", "é.ipynb"].map(owner), [2, 4, 2]);
    }
}
