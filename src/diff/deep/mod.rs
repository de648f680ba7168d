//! What a change of modules means for the modules that use them.
//!
//! The facts of the changed modules before and now, and those of their users, are the input. Only what follows from
//! them is told as a fact; a use is only possible if a module that may still have the thing was not read.

mod api;
mod findings;
mod magic;
mod migrations;
mod world;

use std::collections::BTreeSet;

pub(crate) use api::{ApiChanges, FieldChange};
pub(crate) use findings::{Act, Change, Finding, Findings, Place, Subject, find};
pub(crate) use migrations::scripts_to_run;
pub(crate) use world::{Member, World};

use crate::source::Unread;

/// What a step of the lock means, as far as the sources tell it.
#[derive(Debug, Default)]
pub(crate) struct Deep {
    /// The modules whose sources differ, by name.
    pub(crate) modules: Vec<DeepModule>,
    pub(crate) findings: Findings,
    /// The files that could not be read.
    pub(crate) unread: Vec<UnreadFile>,
    /// Whether Odoo itself was read too.
    pub(crate) knows_odoo: bool,
}

/// A changed module.
#[derive(Debug)]
pub(crate) struct DeepModule {
    pub(crate) name: String,
    /// The new version; `None` for a module of Odoo itself.
    pub(crate) version: Option<String>,
    pub(crate) changes: ApiChanges,
    /// The paths of the migration scripts that will run, in their order.
    pub(crate) scripts: Vec<String>,
}

/// A source file that could not be read, so nothing is known of it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct UnreadFile {
    pub(crate) module: String,
    /// Below the module.
    pub(crate) path: String,
    /// Counted from 1; 0 is the whole file.
    pub(crate) line: u32,
    pub(crate) why: String,
    /// Whether it is the file of the old lock.
    pub(crate) is_old: bool,
}

impl UnreadFile {
    pub(crate) fn of(module: &str, files: &[(String, Unread)], is_old: bool) -> BTreeSet<Self> {
        let file = |(path, Unread { line, why }): &(String, Unread)| Self {
            module: module.to_owned(),
            path: path.clone(),
            line: *line,
            why: why.clone(),
            is_old,
        };
        files.iter().map(file).collect()
    }
}

#[cfg(test)]
mod tests;
