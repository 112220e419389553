//! Files that say what git leaves out, before the walk reads them: `.gitignore` and `.ignore`, and those of
//! the clone itself. The walk reads whatever has such a name to its end, a pipe or a device too.

use std::fs;
use std::path::{Path, PathBuf};

/// The largest such file that is read, in bytes. Each of its lines becomes an automaton.
pub const MAX_RULES: u64 = 128 << 10;

const NAMES: &[&str] = &[".gitignore", ".ignore", ".git/info/exclude"];

/// The file of a folder that must not be read, and why.
pub(super) fn fault(folder: &Path, root: &Path) -> Option<(PathBuf, String)> {
    let fault = |name: &&str| {
        let path = folder.join(name);
        let why = fault_of(&path, root)?;
        Some((path, why))
    };
    // Only a clone has rules of its own.
    let names = NAMES.iter().take(if folder == root { 3 } else { 2 });
    names.filter_map(fault).next()
}

fn fault_of(path: &Path, root: &Path) -> Option<String> {
    let mut meta = fs::symlink_metadata(path).ok()?;
    if meta.is_symlink() {
        let real = fs::canonicalize(path).ok()?;
        if !real.starts_with(root) {
            return Some("it lies outside the repository and was not read".to_owned());
        }
        meta = fs::metadata(&real).ok()?;
    }
    if !meta.is_file() {
        return Some("it is not a file".to_owned());
    }
    let limit = MAX_RULES >> 10;
    (meta.len() > MAX_RULES).then(|| format!("it is larger than {limit} KiB and was not read"))
}
