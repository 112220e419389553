//! The API history: what every release contains.
pub mod format;
