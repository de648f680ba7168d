//! Which modules a database must update after a move of the pins.

use std::collections::BTreeSet;

use super::compared::{Compared, by_repository};
use super::content::Contents;
use super::remotes::Remotes;
use super::target::confirm_trees;
use crate::diff::{Difference, Home, Loaded, Step, names_file};
use crate::error::Error;
use crate::git::{Git, GitTree, Meter, Snapshot};
use crate::lock::LockedRepo;
use crate::repo::{
    AtPath, BlobId, MANIFESTS, ModuleName, Objects, RemoteUrl, RepoPath, TreeEntry, TreeId, at_path,
};
use crate::report::{Done, Failure, Trouble};
use crate::session::Session;

/// The modules whose files Odoo must read again.
#[derive(Debug, Default)]
pub(crate) struct ToUpdate<'l> {
    pub(crate) modules: BTreeSet<&'l ModuleName>,
    /// Repositories of which one of the two commits could not be read. Each of their modules with other files counts.
    pub(crate) unread: Vec<Failure>,
}

/// Finds the modules to update among `homes`, which both locks have. Trees that are not in the cache are fetched.
pub(crate) fn to_update<'l>(
    session: &Session<'_>,
    contents: &Step<Contents<'l>>,
    homes: Vec<Step<Home<'l>>>,
    loaded: &Loaded,
) -> Result<ToUpdate<'l>, Error> {
    let compared = by_repository(session, homes)?;
    let remotes = Remotes::of(session)?.without_lines();
    let answers = remotes.each(
        &compared,
        |compared, watch| {
            let meter = |bytes| watch.received(bytes);
            let snapshot = |contents: &Contents<'_>, url, repo| {
                let snapshot = snapshot(remotes.git, contents, url, repo, &meter)?;
                snapshot.tree_id().map_err(Trouble::Remote)?;
                Ok::<_, Trouble>(snapshot.unmetered())
            };
            let Compared { repos, urls, .. } = compared;
            let from = snapshot(&contents.from, &urls.from, repos.from)?;
            Ok(Step { from, to: snapshot(&contents.to, &urls.to, repos.to)? })
        },
        |compared, snapshots, _| Ok((Done::UpToDate, compared.to_update(&snapshots, loaded)?)),
    )?;
    let (found, failures) = answers.sorted_with_jobs();
    let mut update = ToUpdate::default();
    update.modules.extend(found.into_iter().flat_map(|(_, modules)| modules));
    // The lock has no trees of Odoo's own modules, so nothing is known of them.
    let (of_core, others): (Vec<_>, Vec<_>) =
        failures.into_iter().partition(|(compared, _)| compared.repos.to.core.is_some());
    if !of_core.is_empty() {
        return Err(Error::Repos { failures: of_core.into_iter().map(|(_, failure)| failure).collect() });
    }
    for (compared, failure) in others {
        update.modules.extend(compared.modules.iter().map(|both| &both.to.module.name));
        update.unread.push(failure);
    }
    Ok(update)
}

fn snapshot<'g, 'm>(
    git: &'g Git,
    contents: &Contents<'_>,
    url: &RemoteUrl,
    locked: &LockedRepo,
    meter: Meter<'m>,
) -> Result<Snapshot<'g, 'm>, Trouble> {
    contents.of(git.remote(url).map_err(Trouble::Remote)?, locked, meter)
}

impl<'l> Compared<'l> {
    fn to_update(
        &self,
        snapshots: &Step<Snapshot<'_, 'static>>,
        loaded: &Loaded,
    ) -> Result<Vec<&'l ModuleName>, Trouble> {
        let from = snapshots.from.tree().map_err(Trouble::Remote)?;
        let trees = Step { from, to: snapshots.to.tree().map_err(Trouble::Remote)? };
        confirm_trees(self.repos.from, &trees.from)?;
        confirm_trees(self.repos.to, &trees.to)?;
        let (mut modules, mut open) = (Vec::new(), Vec::new());
        for both in &self.modules {
            let (Some(from), Some(to)) =
                (directory(&both.from, &trees.from)?, directory(&both.to, &trees.to)?)
            else {
                modules.push(&both.to.module.name);
                continue;
            };
            let sides =
                Step { from: (&trees.from as &dyn Objects, from), to: (&trees.to as &dyn Objects, to) };
            if from == to {
                continue;
            }
            match loaded.difference(sides)? {
                Difference::Read => modules.push(&both.to.module.name),
                Difference::IfNamed(paths) if paths.is_empty() => {}
                Difference::IfNamed(paths) => {
                    let manifest = manifest(&trees.to, to)?;
                    let name = &both.to.module.name;
                    open.extend(manifest.map(|manifest| Open { name, manifest, paths }));
                }
            }
        }
        modules.extend(naming(open, &snapshots.to)?);
        Ok(modules)
    }
}

/// A module of which only files differ that Odoo reads if the manifest names them.
struct Open<'l> {
    name: &'l ModuleName,
    /// Of the new module.
    manifest: BlobId,
    paths: Vec<RepoPath>,
}

/// The modules whose manifests name one of these files. The manifests that are not in the cache are fetched together.
fn naming<'l>(open: Vec<Open<'l>>, snapshot: &Snapshot<'_, '_>) -> Result<Vec<&'l ModuleName>, Trouble> {
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let manifests: Vec<BlobId> = open.iter().map(|open| open.manifest).collect();
    snapshot.blobs(&manifests).map_err(Trouble::Remote)?;
    // The tree is opened again: an open object database does not see newer packs.
    let tree = snapshot.tree().map_err(Trouble::Remote)?;
    let mut naming = Vec::new();
    for Open { name, manifest, paths } in open {
        let text = tree.blob(manifest)?;
        if paths.iter().any(|path| names_file(&text, path.as_bytes())) {
            naming.push(name);
        }
    }
    Ok(naming)
}

/// The manifest of a module with this tree. `None` if there is none.
fn manifest(tree: &GitTree<'_>, module: TreeId) -> Result<Option<BlobId>, Trouble> {
    let entries = tree.tree(module)?;
    let named = |name: &str| entries.iter().find(|entry| entry.name.as_bytes() == name.as_bytes());
    Ok(MANIFESTS.into_iter().find_map(named).map(TreeEntry::blob))
}

/// The tree of a module. `None` if a symlink leads to it.
fn directory(home: &Home<'_>, tree: &GitTree<'_>) -> Result<Option<TreeId>, Trouble> {
    if home.repo.core.is_none() {
        return Ok(Some(home.module.tree));
    }
    Ok(match at_path(tree, tree.id(), &home.module.path())? {
        AtPath::Directory(tree) => Some(tree),
        AtPath::Link | AtPath::Nothing => None,
    })
}
