//! The record in the git directory of a checkout of Odoo itself. Such a checkout is not among those of the modules, so a
//! later run could not know that oca made it if its `path` changes.

use super::marker::put;
use super::{Checkout, Error};
use crate::fs::read_if_there;

pub(super) const FILE_NAME: &str = "oca-core";

impl Checkout {
    /// Records the project: the name of its `repos.toml`, and the path of the checkout below it, with `/`. Only a complete
    /// checkout of oca gets the record.
    pub(crate) fn record_core(&self, config: &str, below: &str) -> Result<(), Error> {
        if !self.is_ours() {
            return Ok(());
        }
        put(&self.git_directory().join(FILE_NAME), &text(config, below))
    }

    /// Whether it is a complete checkout of oca with this record. A copy, and a checkout that was moved, have another path.
    pub(crate) fn is_core_of(&self, config: &str, below: &str) -> bool {
        let record = || read_if_there(&self.git_directory().join(FILE_NAME)).ok()?;
        self.is_ours() && record().is_some_and(|record| record == text(config, below).as_bytes())
    }
}

fn text(config: &str, below: &str) -> String {
    format!("{config}\n{below}\n")
}
