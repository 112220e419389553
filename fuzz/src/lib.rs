//! What the targets share: a repository in memory, and what holds for everything that is read of one.

use std::sync::Arc;

use tfmp::discover::decode::decode;
use tfmp::finding::Notice;
use tfmp::pins::{self, Ctx, Files, Found, InputKind, Stated, StatedKind};
use tfmp::python;
use tfmp::text::{RepoPath, SourceFile};

/// Text of a file, as manifests and configurations are decoded; nothing where they are refused.
pub fn text(bytes: &[u8]) -> Option<String> {
    decode(bytes.to_vec()).ok().map(|(text, _)| text)
}

/// A file of a repository.
pub fn file(path: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile::new(RepoPath::new(path), text.to_owned()))
}

/// A repository in which a manifest, and every file whose name has an `a`, holds the same text, so that
/// files include themselves and each other; others are not there.
pub struct Same<'t> {
    /// The manifest.
    pub path: &'t str,
    pub text: &'t str,
}

impl Files for Same<'_> {
    fn open(&self, path: &RepoPath) -> Result<(Arc<SourceFile>, Vec<Notice>), Notice> {
        if path.as_str() != self.path && !path.as_str().contains('a') {
            return Err(Notice::on_file(path, None, "there is no such file"));
        }
        Ok((file(path.as_str(), self.text), Vec::new()))
    }
}

/// What a Python manifest states; the modules that it imports come from the same files.
pub fn stated(file: &SourceFile, files: &(dyn Files + Sync)) -> Vec<Stated> {
    let module = |path: &RepoPath| files.open(path).ok().map(|(module, _)| module);
    let read = python::declared::declared(&file.path, &file.text, &module);
    read.into_iter()
        .map(|one| {
            assert!(file.text.get(one.at.clone()).is_some(), "{one:?}");
            Stated {
                text: one.text,
                kind: match one.kind {
                    python::declared::Kind::Requirement => StatedKind::Requirement,
                    python::declared::Kind::File => StatedKind::File,
                    python::declared::Kind::Python => StatedKind::Python,
                },
                group: one.group,
                at: one.at,
            }
        })
        .collect()
}

/// Reads a text as the manifest that a path is.
pub fn manifest(path: &str, text: &str) {
    let file = file(path, text);
    let kind = InputKind::of(&file.path).expect("targets name manifests");
    let read = || {
        let files = Same { path, text };
        let ctx = Ctx {
            files: &files,
            python: &|file| stated(file, &files),
        };
        pins::read_all([(&file.path, kind)], ctx)
    };
    let (manifests, notices) = read();
    for manifest in &manifests {
        for pin in &manifest.pins {
            let at = &pin.location;
            assert!(at.file.text.get(at.span.range()).is_some(), "{pin:?}");
            assert!(!pin.text.contains('\n'), "{pin:?}");
        }
        for set in &manifest.variables {
            let at = &set.location;
            assert!(at.file.text.get(at.span.range()).is_some(), "{set:?}");
        }
    }
    for notice in &notices {
        assert!(!notice.message.is_empty() && !notice.message.contains("fault of tfmp"));
    }
    let again = read();
    let pins = |all: &[pins::Manifest]| -> Vec<String> {
        let pins = all.iter().flat_map(|manifest| &manifest.pins);
        pins.map(|pin| format!("{} {:?} {}", pin.text, pin.choice, pin.group))
            .collect()
    };
    assert_eq!(notices, again.1, "the same file gives the same notices");
    assert_eq!(pins(&manifests), pins(&again.0), "and the same pins");
}

/// Holds what was found in a file's text against it.
pub fn inside(found: &Found) {
    for pin in &found.pins {
        let at = &pin.location;
        assert!(at.file.text.get(at.span.range()).is_some(), "{pin:?}");
    }
}
