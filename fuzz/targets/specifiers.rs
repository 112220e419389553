//! One requirement, its marker, and what specifiers select.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp::pins::distribution::normalize;
use tfmp::pins::marker::{self, Pythons};
use tfmp::pins::requirement;

fuzz_target!(|text: &str| {
    let _ = normalize(text);
    if let Err(why) = requirement::parse(text) {
        assert!(!why.to_string().is_empty());
    }
    let _ = marker::bare(text);
    if let (Ok(one), Ok(two)) = (marker::parse(text), Pythons::parse(text)) {
        let _ = marker::both(&one, two.marker());
        let _ = marker::both(&one, &marker::world());
    }
    if let Some((left, right)) = text.split_once('\n')
        && let (Ok(left), Ok(right)) = (Pythons::parse(left), Pythons::parse(right))
    {
        let _ = left.or(&right);
    }
});
