//! `setup.py` and `noxfile.py`, as far as they tell pins.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp_fuzz::{manifest, text};

fuzz_target!(|bytes: &[u8]| {
    if let Some(text) = text(bytes) {
        for path in ["setup.py", "noxfile.py"] {
            manifest(path, &text);
        }
    }
});
