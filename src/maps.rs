//! Maps for names and paths: a quick hash, with a seed of its own in every run, so that nobody can
//! write a repository whose names all collide. Never iterated where the order would show.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use foldhash::fast::{FixedState, RandomState};

/// A map with a quick hash.
pub type FastMap<K, V> = HashMap<K, V, RandomState>;

/// A set with a quick hash.
pub type FastSet<K> = HashSet<K, RandomState>;

/// The hash of some bytes, the same in every run: for quick refusals, where a collision costs a second
/// look and nothing else.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> u64 {
    FixedState::default().hash_one(bytes)
}
