//! The cached Python files of a release and of the packages that its surface needs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::eval::Files;

/// Several cached wheels seen as one `site-packages`.
pub(crate) struct Archive {
    wheels: Vec<RefCell<zip::ZipArchive<File>>>,
    /// Path to (wheel, member); earlier wheels win.
    members: BTreeMap<String, (usize, usize)>,
}

impl Archive {
    /// Opens cached wheels; the first is the release itself.
    pub(crate) fn open(wheels: &[impl AsRef<Path>]) -> Result<Self> {
        let mut archive = Self {
            wheels: Vec::new(),
            members: BTreeMap::new(),
        };
        for path in wheels {
            let path = path.as_ref();
            let file =
                File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
            let zip = zip::ZipArchive::new(file)
                .with_context(|| format!("{} is no zip file", path.display()))?;
            let wheel = archive.wheels.len();
            for index in 0..zip.len() {
                if let Some(Ok(name)) = zip.name_for_index(index) {
                    let entry = archive.members.entry(name.into_owned());
                    entry.or_insert((wheel, index));
                }
            }
            archive.wheels.push(RefCell::new(zip));
        }
        Ok(archive)
    }
}

impl Files for Archive {
    fn read(&self, path: &str) -> Option<String> {
        let &(wheel, member) = self.members.get(path)?;
        let mut zip = self.wheels[wheel].borrow_mut();
        let mut bytes = Vec::new();
        zip.by_index(member).ok()?.read_to_end(&mut bytes).ok()?;
        Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    fn exists(&self, path: &str) -> bool {
        self.members.contains_key(path)
    }

    fn paths(&self) -> Vec<String> {
        self.members.keys().cloned().collect()
    }
}
