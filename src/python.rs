//! Python source to uses of the TensorFlow and Keras API. Only `python::*` names `ruff_*`.

pub mod uses;
