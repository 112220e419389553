//! What a user sees: the real binary on small repositories, the files it writes, and the rules
//! that the source tree itself keeps.

#![allow(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, which is what it is for"
)]

mod action;
mod adoption;
mod answers;
mod cli;
mod compat;
mod config;
mod dependencies;
mod docs;
mod faults;
mod fix;
mod fix_laws;
mod fix_loops;
mod fix_real;
mod github;
mod guards;
mod hostile;
mod methods;
mod mixed_precision;
mod notebooks;
mod offline;
mod packaging;
mod pins;
mod review;
mod rule_pages;
mod runner;
mod sarif;
mod secrets;
mod several_files;
mod shard;
mod size;
mod story;
mod support;
mod suppressions;
mod tidy;
