//! `repos.local.toml`: settings of one machine. They never reach the lock.

use super::document::At;
use super::expand::Template;
use super::reader::Table;
use super::values;
use crate::repo::RepoName;

/// The name of the file. It is in the directory of `repos.toml`.
pub(super) const FILE_NAME: &str = "repos.local.toml";

#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    pub(super) before: Option<Vec<Template>>,
    pub(super) after: Option<Vec<Template>>,
    pub(super) depth: Option<u32>,
    pub(super) skip: Vec<RepoName>,
}

/// The settings of the file, and the entries of `skip` with their lines, so that the caller can check the names.
pub(super) fn read(mut top: Table<'_, '_>) -> (Machine, Vec<At<RepoName>>) {
    let mut machine = Machine { depth: top.number("depth"), ..Machine::default() };
    if let Some(mut inner) = top.table("addons-path") {
        machine.before = inner.list("before", values::entry);
        machine.after = inner.list("after", values::entry);
        inner.finish();
    }
    let skipped = top.list_with_lines("skip", RepoName::parse).unwrap_or_default();
    top.finish();
    machine.skip = skipped.iter().map(|skip| skip.value.clone()).collect();
    (machine, skipped)
}
