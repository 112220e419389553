//! How tfmp reaches a workflow: the action and its steps, the program that it installs, and the
//! workflows of this repository.

#[cfg(unix)]
mod action;
#[cfg(unix)]
mod install;
mod manifests;
#[cfg(unix)]
mod release;
#[cfg(unix)]
mod world;
