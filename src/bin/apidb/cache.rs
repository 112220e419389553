//! Where the generator keeps what it has already worked out. Every file is written beside its
//! place and renamed, so that an interrupted run leaves nothing half done.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The cache folder.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// Takes a folder, which is made where it is missing.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        std::fs::create_dir_all(root)
            .with_context(|| format!("cannot make the cache folder {}", root.display()))?;
        let root = std::path::absolute(root)
            .with_context(|| format!("cannot resolve {}", root.display()))?;
        Ok(Self { root })
    }

    /// The zip that holds the Python files of one distribution.
    pub(crate) fn zip(&self, package: &str, version: &str) -> PathBuf {
        self.root
            .join("files")
            .join(format!("{package}-{version}.zip"))
    }

    /// What the package index offers.
    pub(crate) fn index(&self) -> PathBuf {
        self.root.join("index.json")
    }

    /// The surface of one release.
    pub(crate) fn surface(&self, package: &str, version: &str) -> PathBuf {
        self.root
            .join("surface")
            .join(format!("{package}-{version}.json"))
    }

    /// A folder inside the cache.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

/// Writes a file so that it is seen whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a cache file has a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    std::fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))
}
