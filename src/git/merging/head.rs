//! Finds the commit that a merge names on its remote.

use super::Error;
use crate::git::Remote;
use crate::repo::{CommitId, MergeRef, Reference};

/// The commit to merge, and the ref that led to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Head {
    pub(crate) commit: CommitId,
    pub(crate) reference: Reference,
}

impl Remote<'_> {
    /// The commit that a merge names now. For a commit, this is the commit itself, and no request is sent. Otherwise at
    /// most one request asks for all refs that it can be.
    pub(crate) fn resolve_merge(&self, merge: &MergeRef) -> Result<Head, Error> {
        if let MergeRef::Commit(commit) = merge {
            return Ok(Head { commit: *commit, reference: Reference::Rev(*commit) });
        }
        let names = merge.full_names();
        let found = self.resolve_all(&names)?;
        let mut found = names.into_iter().zip(found).filter_map(|(name, commit)| Some((name, commit?)));
        let missing = || Error::MissingRef { merge: merge.clone() };
        let (name, commit) = found.next().ok_or_else(missing)?;
        if let MergeRef::Name(name) = merge
            && found.any(|(_, other)| other != commit)
        {
            return Err(Error::Ambiguous { name: name.clone() });
        }
        Ok(Head { commit, reference: Reference::Full(name) })
    }
}
