//! tfmp: will this Python run on the TensorFlow and Keras that the repository asks for?
//!
//! Modules in reading order; ARCHITECTURE.md tells which may use which.

pub mod advice;
pub mod api;
mod carried;
pub mod cli;
pub mod compat;
pub mod config;
pub mod discover;
pub mod error;
pub mod explain;
pub mod finding;
pub mod fix;
pub mod github;
pub mod maps;
pub mod names;
pub mod narrow;
pub mod output;
pub mod pins;
pub mod python;
pub mod release;
pub mod report;
pub mod rule;
pub mod rules;
pub mod run;
pub mod scope;
pub mod settings;
pub mod suppress;
pub mod text;
