//! The contents of symlinks: Python opens the files to which they lead.

use std::collections::HashMap;

use super::{Files, Hashed, InGit, Listed, ModuleFiles, in_git};
use crate::diff::{Found, Leads, Places, Unhashable};
use crate::git::GitTree;
use crate::repo::{BlobId, Objects, RepoPath, UnreadableTree, check_tree, walk_tree};

/// The files to which symlinks may lead, before the targets of the symlinks are known.
pub(super) struct Unread {
    /// `None` is a directory, or a submodule, which is an empty one.
    all: Vec<(RepoPath, Option<InGit>)>,
    /// The symlinks among them.
    pub(super) links: Vec<BlobId>,
    /// Whether they are all files of the repository. If not, each module is for itself, as in an export.
    is_repository: bool,
}

impl Unread {
    /// `None` if no file that counts is a symlink.
    pub(super) fn of(
        tree: &GitTree<'_>,
        modules: &[Listed],
        files: ModuleFiles<'_>,
    ) -> Result<Option<Self>, UnreadableTree> {
        let mut counting = modules.iter().filter_map(|listed| listed.counting.as_ref().ok()).flatten();
        if !counting.any(|(_, file)| file.is_link) {
            return Ok(None);
        }
        let is_repository = matches!(files, ModuleFiles::Whole);
        let mut all: Vec<(RepoPath, Option<InGit>)> = Vec::new();
        if is_repository {
            check_tree(tree, tree.id())?;
            walk_tree(tree, tree.id(), &mut |path, entry| all.push((path, in_git(entry))))?;
        } else {
            let files = modules.iter().flat_map(|listed| listed.all.iter().cloned());
            all.extend(files.map(|(path, file)| (path, Some(file))));
        }
        let links = all.iter().filter_map(|(_, file)| file.filter(|file| file.is_link));
        let links = links.map(|link| link.id).collect();
        Ok(Some(Self { all, links, is_repository }))
    }

    /// Reads the targets, which must be there.
    pub(super) fn read(self, objects: &dyn Objects) -> Result<Links, UnreadableTree> {
        let mut links = Links::default();
        for id in self.links {
            links.targets.insert(id, objects.blob(id)?);
        }
        if self.is_repository {
            let place = |(path, file): (RepoPath, Option<InGit>)| {
                (path.as_bytes().to_owned(), file.map_or(Found::Directory, |file| links.found(file)))
            };
            links.repository = Some(self.all.into_iter().map(place).collect());
        }
        Ok(links)
    }
}

/// The symlinks among the modules of a repository, with their targets.
#[derive(Default)]
pub(super) struct Links {
    targets: HashMap<BlobId, Vec<u8>>,
    /// Everything in the repository. `None` if each module is for itself.
    repository: Option<Places<BlobId>>,
}

impl Links {
    fn found(&self, file: InGit) -> Found<BlobId> {
        match self.targets.get(&file.id).filter(|_| file.is_link) {
            Some(target) => Found::Link(target.clone()),
            None => Found::File(file.id),
        }
    }

    /// The blobs from which the checksum of a module is computed. `module` is its path in the repository.
    pub(super) fn hashed(&self, module: &str, listed: Listed) -> Hashed {
        let files = listed.counting?;
        if !files.iter().any(|(_, file)| file.is_link) {
            return Ok(files.into_iter().map(|(path, file)| (path, file.id)).collect());
        }
        let own: Places<BlobId>;
        let (places, above) = if let Some(repository) = &self.repository {
            (repository, format!("{module}/"))
        } else {
            own = self.own(&listed.all);
            (&own, String::new())
        };
        let mut hashed = Vec::new();
        for (path, file) in files {
            if !file.is_link {
                hashed.push((path, file.id));
                continue;
            }
            match places.follow(&[above.as_bytes(), path.as_bytes()].concat()) {
                Leads::File(id) => hashed.push((path, id)),
                // `os.walk` does not enter it.
                Leads::Directory => {}
                Leads::Nowhere => return Err(Unhashable::DeadLink { path }),
                Leads::Outside => return Err(Unhashable::Outside { path }),
            }
        }
        Ok(hashed)
    }

    /// The files of one module alone.
    fn own(&self, files: &Files) -> Places<BlobId> {
        files.iter().map(|(path, file)| (path.as_bytes().to_owned(), self.found(*file))).collect()
    }
}
