//! Asks for what many merges read, in few requests.
//!
//! The rest of this room asks for what is still missing, so nothing here has to succeed: if a request fails, the merge
//! that needs the answer asks again and says what is wrong.

use std::collections::BTreeSet;

use super::step::{Side, needed};
use super::three_way::{Trees, merge_trees};
use super::{Error, Relation, relation};
use crate::git::Snapshot;
use crate::git::bench::Bench;
use crate::git::history::RemoteHistory;
use crate::patch::between;
use crate::repo::{BlobId, CommitId, ModuleName, Reference};

/// A merge onto a base. Its head is on the remote of the base.
pub(crate) struct Expected<'a> {
    pub(crate) head: CommitId,
    pub(crate) reference: Reference,
    /// Whether OCA's bot may have merged it.
    pub(crate) is_request: bool,
    /// Only these modules. `None`: everything.
    pub(crate) modules: Option<&'a [ModuleName]>,
}

/// Brings what these merges onto `base` read, as far as the remote sends it. `tip` is the head of the branch of the
/// base, if it is known.
pub(crate) fn gather(base: &Snapshot<'_, '_>, tip: Option<CommitId>, merges: &[Expected<'_>]) {
    if !merges.is_empty() && base.remote().transport().has_version_2() {
        let _asked_again_later = bring(base, tip, merges);
    }
}

fn bring(base: &Snapshot<'_, '_>, tip: Option<CommitId>, merges: &[Expected<'_>]) -> Result<(), Error> {
    let pin = base.commit();
    let references = merges.iter().map(|merge| merge.reference.clone());
    let references = [base.reference().clone()].into_iter().chain(references).collect();
    let history = RemoteHistory::new(base.remote(), references, base.meter());
    let wants: BTreeSet<CommitId> =
        merges.iter().map(|merge| merge.head).chain(tip).filter(|commit| *commit != pin).collect();
    if !history.bring(&wants.into_iter().collect::<Vec<_>>(), &[pin])? {
        return Ok(());
    }
    let mut starts = Vec::new();
    for merge in merges {
        let head = base.remote().clone().at(merge.head, &merge.reference, base.meter());
        match relation(base, tip, &head)? {
            Relation::Absorbed => {}
            Relation::From(ancestor) | Relation::Newer { start: ancestor, .. } => {
                starts.push((merge, head, base.beside(ancestor)));
            }
        }
    }
    let commits = starts.iter().flat_map(|(_, head, ancestor)| [head.commit(), ancestor.commit()]);
    let commits: BTreeSet<CommitId> = commits.chain([pin]).collect();
    base.bring_together(&commits.into_iter().collect::<Vec<_>>())?;
    bring_landings(base, &history, &starts)?;
    bring_contents(base, &starts)
}

/// A merge, its head, and the commit from which it starts.
type Start<'s, 'e, 'g, 'm> = (&'s Expected<'e>, Snapshot<'g, 'm>, Snapshot<'g, 'm>);

/// The commits of the branch since the oldest start: among them are the merges of all these requests.
fn bring_landings(
    base: &Snapshot<'_, '_>,
    history: &RemoteHistory<'_, '_>,
    starts: &[Start<'_, '_, '_, '_>],
) -> Result<(), Error> {
    let mut ends = Vec::new();
    for (merge, _, ancestor) in starts {
        if merge.is_request && ancestor.commit() != base.commit() {
            ends.push((ancestor.time()?, ancestor.commit()));
        }
    }
    if let Some((_, oldest)) = ends.into_iter().min() {
        history.bring(&[base.commit()], &[oldest])?;
    }
    Ok(())
}

/// The contents that the merges read and write, if each is merged onto the base alone.
fn bring_contents(base: &Snapshot<'_, '_>, starts: &[Start<'_, '_, '_, '_>]) -> Result<(), Error> {
    let mut bench = Bench::default();
    bench.add_store(base.remote().store())?;
    let ours = base.tree_id()?;
    let mut blobs: BTreeSet<BlobId> = BTreeSet::new();
    for (merge, head, ancestor) in starts {
        let ancestor = ancestor.tree_id()?;
        let mut theirs = between(&bench, ancestor, head.tree_id()?)?;
        if let Some(modules) = merge.modules {
            let is_module = |part: &[u8]| modules.iter().any(|module| module.as_str().as_bytes() == part);
            theirs.retain(|change| change.path.parts().any(is_module));
        }
        let merged = merge_trees(&bench, Trees { ancestor, ours }, &theirs)?;
        for side in [Side::Ancestor, Side::Ours, Side::Theirs] {
            blobs.extend(needed(&merged.changes, &merged.both, side));
        }
    }
    base.bring_blobs(&blobs.into_iter().collect::<Vec<_>>())?;
    Ok(())
}
