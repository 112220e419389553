//! GitHub's runner, as far as our actions need one, without GitHub. Actions are run where there is a
//! bash to run them; everywhere their files are read.

#[cfg(unix)]
pub(crate) mod commands;
#[cfg(unix)]
pub(crate) mod expression;
#[cfg(unix)]
mod job;
pub(crate) mod yaml;

#[cfg(unix)]
pub(crate) use job::{Job, Outcome};
