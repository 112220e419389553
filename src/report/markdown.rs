//! Markdown as GitHub shows it.

pub mod escape;
