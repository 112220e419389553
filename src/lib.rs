//! tfmp: will this Python run on the TensorFlow and Keras that the repository asks for?
//!
//! Modules in reading order; ARCHITECTURE.md tells which may use which.

pub mod api;
pub mod discover;
pub mod finding;
pub mod names;
pub mod pins;
pub mod python;
pub mod release;
pub mod rule;
pub mod scope;
pub mod text;
