//! Maps for names and paths: a quick hash, with a seed of its own in every run, so that nobody can
//! write a repository whose names all collide. Never iterated where the order would show.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

/// A map with a quick hash.
pub type FastMap<K, V> = HashMap<K, V, RandomState>;

/// A set with a quick hash.
pub type FastSet<K> = HashSet<K, RandomState>;
