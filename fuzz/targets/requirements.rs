//! Requirements and constraints, which may include themselves.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp_fuzz::{manifest, text};

fuzz_target!(|bytes: &[u8]| {
    if let Some(text) = text(bytes) {
        for path in ["requirements-a.txt", "constraints-a.txt"] {
            manifest(path, &text);
        }
    }
});
