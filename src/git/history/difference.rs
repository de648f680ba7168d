//! What a branch has and an older commit does not have: its commits, their trees and their small files, in one request.
//!
//! An upgrade needs all of them: the trees and the manifests for the lock, the commits to see whether the history was
//! rewritten. The request says `have` of the old commit and no depth, so the server takes its whole history for known,
//! although the store has only the trees of that one commit. So nothing of the answer counts before it is known that no
//! tree of the new commit is missing, and the store gets no other commit of the answer.

use std::cell::Cell;
use std::collections::HashSet;

use git2::{ObjectType, Repository};

use super::messages::Messages;
use super::range::Range;
use super::{Limited, parents_in};
use crate::git::ids::{bytes, is_in, oid};
use crate::git::packs::Sources;
use crate::git::store::Store;
use crate::git::transport::Transport;
use crate::git::wire::{Ask, Extras, Failure};
use crate::git::{Error, Meter, Remote};
use crate::repo::CommitId;

/// In bytes. All trees of 32 repositories of OCA have 1.8 MB together, so a longer answer is given up.
const MOST: u64 = 4_000_000;

/// Brings the commit `new` with its trees into the store, as the difference to `old`. Returns whether it did: the server
/// need not send differences, and only a branch that has `old` in its history can be asked this way. The caller holds the
/// lock of the store.
pub(in crate::git) fn bring_difference(
    remote: &Remote<'_>,
    new: CommitId,
    old: CommitId,
    meter: Meter<'_>,
) -> Result<bool, Error> {
    let store = remote.store();
    let Transport::Http { remote: server, .. } = remote.transport() else { return Ok(false) };
    if !server.sends_differences() || !store.has_commit(old)? {
        return Ok(false);
    }
    remote.refuse_offline()?;
    let aside = store.aside()?;
    let scratch = Store::scratch(aside.path())?;
    let left = Cell::new(MOST);
    let open = || Ok(Limited { inner: scratch.pack_sink()?, left: &left, limit: MOST });
    let (wants, haves) = (&[new][..], &[old][..]);
    let ask = Ask { wants, haves, depth: None, negotiate: true, extras: Extras::TreesAndSmallFiles };
    let answer = match server.history(&ask, open, |sink| sink.inner.finish(), meter) {
        Ok(answer) if answer.has_pack => answer,
        // The server does not have `old`, or `new` does not lead to it.
        Ok(_) | Err(Failure::NotOurRef | Failure::Error(Error::TooMuchHistory { .. })) => return Ok(false),
        Err(Failure::PerhapsUnsupported(_)) => {
            server.failed_difference();
            return Ok(false);
        }
        // What is wrong with this answer need not be wrong with everything.
        Err(Failure::Error(
            Error::Protocol { .. } | Error::Unpacking | Error::Endless | Error::Status { .. },
        )) => {
            server.failed_difference();
            return Ok(false);
        }
        Err(Failure::Error(error)) => return Err(error),
    };
    let repository = scratch.repository()?;
    let odb = repository.odb()?;
    let range = Range::walk(wants, |commit| Ok::<_, Error>(parents_in(&odb, commit)))?;
    // The remote is a shallow copy itself.
    if answer.ends.iter().any(|end| range.commits.contains_key(end)) {
        return Ok(false);
    }
    let messages = Messages::of(&odb, &range);
    let Some(mut ids) = new_objects(&repository, store, new)? else { return Ok(false) };
    // The log of the branch compares the root trees of its commits.
    let roots = range.first_parents(new).into_iter().filter_map(|commit| Some(messages.get(&commit)?.tree));
    let known: HashSet<[u8; 20]> = ids.iter().copied().collect();
    let roots: HashSet<[u8; 20]> = roots.map(|root| *root.as_bytes()).collect();
    let roots = store.missing(roots.into_iter().filter(|root| !known.contains(root)))?;
    ids.extend(roots.into_iter().filter(|root| is_in(&odb, oid(root))));
    let mut sink = store.pack_sink()?;
    Sources::open(&scratch.objects_directory(), &odb).write_pack(&ids, &mut sink)?;
    sink.finish()?;
    remote.known().add_range(haves, range, messages);
    Ok(true)
}

/// The objects of a commit that came and that the store does not have: itself, trees and files. `None` if the commit did not
/// come, or one of its trees is neither here nor there.
fn new_objects(came: &Repository, store: &Store, commit: CommitId) -> Result<Option<Vec<[u8; 20]>>, Error> {
    let here = store.repository()?;
    let (came_odb, here_odb) = (came.odb()?, here.odb()?);
    let Ok(root) = came.find_commit(oid(commit.as_bytes())).map(|commit| commit.tree_id()) else {
        return Ok(None);
    };
    let mut ids = vec![*commit.as_bytes()];
    let mut seen = HashSet::from([root]);
    let mut left = vec![root];
    while let Some(id) = left.pop() {
        // The trees of the store are read too: one of them may be damaged, or lack what is below it.
        let own = if is_in(&here_odb, id) { here.find_tree(id).ok() } else { None };
        let is_new = own.is_none();
        let brought = || if is_in(&came_odb, id) { came.find_tree(id).ok() } else { None };
        let Some(tree) = own.or_else(brought) else { return Ok(None) };
        if is_new {
            ids.push(bytes(id));
        }
        for entry in &tree {
            let id = entry.id();
            match entry.kind() {
                Some(ObjectType::Tree) if seen.insert(id) => left.push(id),
                Some(ObjectType::Blob)
                    if seen.insert(id) && is_in(&came_odb, id) && !is_in(&here_odb, id) =>
                {
                    ids.push(bytes(id));
                }
                _ => {}
            }
        }
    }
    Ok(Some(ids))
}
