//! Python source to uses of the TensorFlow and Keras API. Only `python::*` names `ruff_*`.

pub mod decode;
mod parse;
pub mod uses;

pub use parse::Dialect;
