//! Manifests and lock files in TOML, and the lock file of Pipenv, which is JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp_fuzz::{manifest, text};

fuzz_target!(|bytes: &[u8]| {
    if let Some(text) = text(bytes) {
        for path in ["pyproject.toml", "Pipfile", "poetry.lock", "Pipfile.lock"] {
            manifest(path, &text);
        }
    }
});
