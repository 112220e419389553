//! What the program carries and `build.rs` packed with LZ4: it is smaller by more than a megabyte for it,
//! and all of it is unpacked in two milliseconds, once something is asked for.

/// A block that `build.rs` made, by the name of what is in it.
macro_rules! packed {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".lz4"))
    };
}
pub(crate) use packed;

/// The bytes of which `build.rs` made a block.
pub(crate) fn bytes(block: &[u8]) -> Vec<u8> {
    lz4_flex::decompress_size_prepended(block).expect("build.rs wrote it")
}

/// The same of a text.
pub(crate) fn text(block: &[u8]) -> String {
    String::from_utf8(bytes(block)).expect("build.rs wrote text")
}
