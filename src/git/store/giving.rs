//! Gives objects of a store to a checkout.
//!
//! The store also has commits of which only the trees were read. In a checkout, such a commit would be a trap: git
//! checks it out, and only says that it cannot read some files. So no pack with another commit than the wanted ones is
//! linked. What is needed of these packs is copied into a new pack.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use git2::{Oid, Repository};

use super::{ASIDE_PREFIX, Missing, Store, note_files};
use crate::fs::{Context, remove_directory};
use crate::git::Error;
use crate::git::ids::{bytes, oid};
use crate::git::packs::{Pack, PackSink, Sources, indexes, is_whole_pack, link};
use crate::repo::CommitId;

impl Store {
    /// Gives these commits with all their files to the repository of a checkout, and no other commit. Packs are linked, or
    /// copied if the file system has no hard links. Do not call this while you hold the lock.
    pub(in crate::git) fn give(&self, commits: &HashSet<Oid>, repository: &Repository) -> Result<(), Error> {
        // The lock prevents that another process merges the packs while they are linked.
        let _lock = self.lock()?;
        let packs = repository.path().join("objects").join("pack");
        let mut is_all = true;
        for index in indexes(&self.packs_directory())? {
            // If oca is offline, a store can still have a truncated pack.
            if !is_whole_pack(&index).unwrap_or(false) {
                continue;
            }
            let is_linked = index.file_name().is_some_and(|name| packs.join(name).exists());
            if is_linked || has_no_other(&index, commits).unwrap_or(false) {
                link(&index.with_extension("pack"), &packs)?;
                link(&index, &packs)?;
            } else {
                is_all = false;
            }
        }
        if is_all { Ok(()) } else { self.copy_lacking(commits, repository, &packs) }
    }

    /// Copies what the repository lacks of these commits.
    fn copy_lacking(
        &self,
        commits: &HashSet<Oid>,
        repository: &Repository,
        packs: &Path,
    ) -> Result<(), Error> {
        let (own, there) = (self.repository()?, repository.odb()?);
        let mut lacking = Missing::new(&there)?;
        for &commit in commits {
            lacking.note(commit);
            note_files(&own, CommitId::from_bytes(bytes(commit)), &mut lacking)?;
        }
        if lacking.ids.is_empty() {
            return Ok(());
        }
        let git = repository.path();
        remove_asides(git)?;
        let aside = tempfile::Builder::new().prefix(ASIDE_PREFIX).tempdir_in(git).at("write in", git)?;
        let mut sink = PackSink::new(aside, packs.to_owned())?;
        let odb = own.odb()?;
        let written = Sources::open(&self.objects_directory(), &odb).write_pack(&lacking.ids, &mut sink);
        // No server took part.
        written.and_then(|()| sink.finish()).map_err(|error| match error {
            Error::Protocol { why } => Error::Damaged { why },
            other => other,
        })
    }
}

/// Whether each commit in a pack is one of these.
fn has_no_other(index: &Path, commits: &HashSet<Oid>) -> io::Result<bool> {
    Ok(Pack::open(index)?.commits()?.iter().all(|commit| commits.contains(&oid(commit))))
}

/// Removes what a killed run left in a git directory.
fn remove_asides(git: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(git).at("read", git)? {
        let entry = entry.at("read", git)?;
        if entry.file_name().to_string_lossy().starts_with(ASIDE_PREFIX) {
            remove_directory(&entry.path())?;
        }
    }
    Ok(())
}
