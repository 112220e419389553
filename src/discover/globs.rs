//! Globs of the command line and of a configuration: what they mean, and how much of them is taken. Those
//! of `.gitignore` belong to the walk.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::DiscoverError;
use crate::text::{RepoPath, clipped};

/// The longest glob of `--exclude`, `--requirements` and the configuration, in bytes.
pub const MAX_GLOB: usize = 4096;
/// The most globs of one configuration.
pub const MAX_GLOBS: usize = 2000;
/// How deep alternatives stand in each other in such a glob.
pub const MAX_ALTERNATIVES: usize = 16;

/// Globs over paths from the root; one without `/` stands for that name anywhere, and a folder for
/// all that is in it.
#[derive(Clone, Debug)]
pub struct Globs(GlobSet);

impl Globs {
    /// Reads globs.
    ///
    /// # Errors
    /// Names the one that is none.
    pub fn new(patterns: &[String]) -> Result<Self, DiscoverError> {
        globs(patterns).map(Self)
    }

    /// Whether a path itself is meant.
    pub(super) fn is_match(&self, path: &RepoPath) -> bool {
        self.0.is_match(path.as_str())
    }

    /// Whether a file, or a folder above it, is meant.
    #[must_use]
    pub fn match_path(&self, path: &RepoPath) -> bool {
        let path = path.as_str();
        !self.0.is_empty()
            && path
                .match_indices('/')
                .map(|(at, _)| &path[..at])
                .chain([path])
                .any(|part| self.0.is_match(part))
    }
}

pub(super) fn globs(patterns: &[String]) -> Result<GlobSet, DiscoverError> {
    let fault = |glob: &str, error: &globset::Error| DiscoverError::Glob {
        glob: glob.to_owned(),
        message: error.kind().to_string(),
    };
    if patterns.len() > MAX_GLOBS {
        return Err(DiscoverError::ManyGlobs);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        if let Some(message) = too_much(pattern) {
            return Err(DiscoverError::Glob {
                glob: clipped(pattern, 40),
                message,
            });
        }
        let plain = pattern.trim_start_matches("./");
        let anchored = plain.trim_start_matches('/').trim_end_matches('/');
        let anywhere = if plain.trim_end_matches('/').contains('/') {
            anchored.to_owned()
        } else {
            format!("**/{anchored}")
        };
        let glob = GlobBuilder::new(&anywhere)
            .literal_separator(true)
            .build()
            .map_err(|error| fault(pattern, &error))?;
        set.add(glob);
    }
    set.build()
        .map_err(|error| fault(&patterns.join(", "), &error))
}

/// Why a glob is more than anybody writes, and more than its reader takes.
fn too_much(glob: &str) -> Option<String> {
    if glob.len() > MAX_GLOB {
        return Some(format!("it is longer than {MAX_GLOB} bytes"));
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in glob.bytes() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    (deepest > MAX_ALTERNATIVES)
        .then(|| format!("more than {MAX_ALTERNATIVES} alternatives stand in each other"))
}
