//! tfmp: will this Python run on the TensorFlow and Keras that the repository asks for?
//!
//! Modules in reading order; ARCHITECTURE.md tells which may use which.

pub mod cli;
pub mod settings;
pub mod error;
pub mod run;
pub mod discover;
pub mod pins;
pub mod scope;
pub mod python;
pub mod api;
pub mod narrow;
pub mod rule;
pub mod advice;
pub mod rules;
pub mod finding;
pub mod report;
pub mod output;
pub mod release;
pub mod names;
pub mod text;
