//! What a user sees: the real binary on small repositories, the files it writes, and the rules
//! that the source tree itself keeps.

mod cli;
mod sarif;
mod support;
mod tidy;
