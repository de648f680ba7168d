//! `oca diff --deep`: what the difference means for the modules that use what changed.

use super::own::directories;
use super::side::{ReadLock, Source};
use crate::addons::discover;
use crate::addons::folder::Folder;
use crate::diff::deep::Deep;
use crate::diff::{LockDiff, Step};
use crate::error::Error;
use crate::git::{GitTree, Superproject};
use crate::ops::Contents;
use crate::ops::deep::{OwnModule, deep, read_folder};
use crate::repo::{AddonsDirectory, FileTree, Series, UnreadableTree};
use crate::report::Failure;
use crate::session::Session;

/// What each difference means, and the repositories that could not be read.
pub(super) fn deeps(
    read: &Step<ReadLock>,
    diffs: &[LockDiff<'_>],
    session: &Session<'_>,
) -> Result<(Vec<Deep>, Vec<Failure>), Error> {
    let locks = Step { from: &read.from.lock, to: &read.to.lock };
    let contents = Step { from: &read.from, to: &read.to };
    let contents = contents.map(|read| Contents::new(session, &read.lock).with_texts(read.texts.clone()));
    let (mut deeps, mut all_failures) = (Vec::new(), Vec::new());
    for diff in diffs {
        let own = own_modules(&read.to, diff, session)?;
        let (deep, failures) = deep(session, &contents, &locks, diff, own)?;
        deeps.push(deep);
        all_failures.extend(failures);
    }
    Ok((deeps, all_failures))
}

/// The user's own modules of the new side: of its revision, or else of the work tree.
fn own_modules(read: &ReadLock, diff: &LockDiff<'_>, session: &Session<'_>) -> Result<Vec<OwnModule>, Error> {
    let superproject = match &read.source {
        Source::Revision(revision) => {
            Superproject::around(session.root())?.map(|superproject| (superproject, revision))
        }
        Source::Elsewhere | Source::Working => None,
    };
    let mut modules = Vec::new();
    for path in directories(diff, session)? {
        let at_revision = match &superproject {
            Some((superproject, revision)) => match superproject.directory_below(&path)? {
                Some(below) => superproject.tree_at(revision)?.map(|tree: GitTree<'_>| (tree, below)),
                None => None,
            },
            None => None,
        };
        let found = match &at_revision {
            Some((tree, below)) => read_modules(tree, below, diff.series.to),
            None => read_modules(&Folder::new(&path), "", diff.series.to),
        };
        modules.extend(found.map_err(|error| Error::UnreadableFolder { error })?);
    }
    Ok(modules)
}

fn read_modules(tree: &dyn FileTree, below: &str, series: Series) -> Result<Vec<OwnModule>, UnreadableTree> {
    let top = if below.is_empty() { "." } else { below };
    let Ok(top) = AddonsDirectory::parse(top) else { return Ok(Vec::new()) };
    let survey = discover::read(tree, discover::find(tree, &[top], series)?)?;
    let module = |module: discover::DiscoveredModule| {
        let files = read_folder(tree, &module.directory.join(&module.name))?;
        Ok(OwnModule { name: module.name.to_string(), depends: module.manifest.depends, files })
    };
    survey.modules.into_iter().map(module).collect()
}
