//! What an entry of the lock says of itself, so that an entry that was not written as a whole is seen offline.

use serde::Deserialize;
use sha2::Sha256;

use super::schema::LockedRepo;

/// A digest as it stands in the lock, right or wrong; an entry of an earlier oca has none.
///
/// The right one is the sha256 of the entry's text as oca lays it out, from its `{` to its `}`, with `\n` line ends and
/// without the line of the digest. So it covers everything that is written of an entry, what is asked and what is
/// resolved, and nothing else: neither the place of the entry in the file nor the file's own spacing and line ends.
///
/// It tells edits by hand, by a bot or by a merge. It is no signature: a forger can compute it, and is found by reading
/// the facts anew from the commit.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(transparent)]
pub(crate) struct Digest(Option<String>);

impl Digest {
    /// As it is written, where there is one.
    pub(super) fn as_written(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The digest that an entry should have.
    fn of(repo: &LockedRepo) -> Self {
        let text = super::render::entry(repo, &Self::default());
        let bytes: &[u8] = &<Sha256 as sha2::Digest>::digest(text.as_bytes());
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(Some(format!("sha256:{digits}")))
    }
}

/// Whether an entry is as it was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Seal {
    Whole,
    /// It was changed since, or its digest was.
    Broken,
    /// It has no digest.
    Missing,
}

impl LockedRepo {
    /// The same entry with its right digest: for whoever has read its facts from its commit.
    #[must_use]
    pub(crate) fn sealed(self) -> Self {
        Self { digest: Digest::of(&self), ..self }
    }

    /// The same entry, to be read anew.
    #[must_use]
    pub(super) fn unsealed(self) -> Self {
        Self { digest: Digest::default(), ..self }
    }

    pub(crate) fn seal(&self) -> Seal {
        match self.digest.as_written() {
            None => Seal::Missing,
            Some(_) if self.digest == Digest::of(self) => Seal::Whole,
            Some(_) => Seal::Broken,
        }
    }

    /// Whether the entry is as it was written; one that is not has to be read anew.
    pub(crate) fn is_whole(&self) -> bool {
        self.seal() == Seal::Whole
    }
}
