//! The rules for files that OCA's bots write: where both sides changed such a file, there is no conflict.
//!
//! Text in, text out. Knows no git, no file and no terminal. The line merge itself is not here: a file gets here only if
//! both sides changed it, and a line merge found a conflict.
//!
//! In all functions, `ancestor` is what both sides started from, `ours` is the base of the merge with the steps so far,
//! and `theirs` is the request. If nothing here can decide, the conflict is a real one.

mod manifest;
mod po;
mod requirements;
mod rule;

pub(crate) use manifest::manifest;
pub(crate) use po::po;
pub(crate) use requirements::requirements;
pub(crate) use rule::{Rule, rule};
