//! How far a run is, for whoever waits for it.

use std::sync::atomic::{AtomicUsize, Ordering};

static FILES: AtomicUsize = AtomicUsize::new(0);
static READ: AtomicUsize = AtomicUsize::new(0);

/// So many files will be read.
pub(super) fn begin(files: usize) {
    READ.store(0, Ordering::Relaxed);
    FILES.store(files, Ordering::Relaxed);
}

/// One more was read.
pub(super) fn step() {
    READ.fetch_add(1, Ordering::Relaxed);
}

/// How many files were read, of how many; both nought before any was found.
#[must_use]
pub fn state() -> (usize, usize) {
    (READ.load(Ordering::Relaxed), FILES.load(Ordering::Relaxed))
}
