//! Baselines: what is read is written so that it is read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp::report::baseline::Baseline;

fuzz_target!(|text: &str| {
    let Ok(baseline) = Baseline::read(text) else {
        return;
    };
    let write = |baseline: &Baseline| {
        let mut out = Vec::new();
        baseline.write(&mut out).expect("memory takes everything");
        String::from_utf8(out).expect("JSON is UTF-8")
    };
    let once = write(&baseline);
    let again = Baseline::read(&once).expect("what is written can be read");
    assert_eq!(baseline.count(), again.count());
    assert_eq!(once, write(&again));
});
