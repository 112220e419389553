#![allow(clippy::all)]
fn main() {}
