//! `setup.cfg` and `tox.ini`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp_fuzz::{manifest, text};

fuzz_target!(|bytes: &[u8]| {
    if let Some(text) = text(bytes) {
        for path in ["setup.cfg", "tox.ini"] {
            manifest(path, &text);
        }
    }
});
