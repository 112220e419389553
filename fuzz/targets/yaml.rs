//! Conda environments and recipes, and workflows.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp_fuzz::{manifest, text};

fuzz_target!(|bytes: &[u8]| {
    if let Some(text) = text(bytes) {
        for path in [
            "environment.yml",
            "recipe/meta.yaml",
            ".github/workflows/a.yml",
        ] {
            manifest(path, &text);
        }
    }
});
