//! The types of the lock that other rooms use.

use std::collections::BTreeMap;

use crate::repo::{
    AddonsDirectory, CommitId, Manifest, ModuleName, Packaging, Reference, RemoteUrl, RepoName, Series,
    TreeId,
};

/// One lock for all profiles.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Lock {
    /// Sorted by pin. No pin occurs twice.
    pub(crate) repos: Vec<LockedRepo>,
    pub(crate) profiles: BTreeMap<String, LockedProfile>,
}

impl Lock {
    /// The entry of a pin.
    pub(crate) fn repo(&self, pin: &Pin) -> Option<&LockedRepo> {
        let place = self.repos.binary_search_by(|repo| repo.pin.cmp(pin)).ok()?;
        Some(&self.repos[place])
    }

    /// Marks the entries for which `is_false` returns true, so that they are read again.
    pub(crate) fn distrust(&mut self, is_false: impl Fn(&LockedRepo) -> bool) {
        for repo in self.repos.iter_mut().filter(|repo| is_false(repo)) {
            repo.digest = Digest::Absent;
        }
    }

    /// The entries whose digest is missing or wrong.
    pub(crate) fn edited(&self) -> impl Iterator<Item = &LockedRepo> {
        self.repos.iter().filter(|repo| !repo.is_whole())
    }

    /// The profiles whose digest is missing or wrong.
    pub(crate) fn edited_profiles(&self) -> impl Iterator<Item = (&String, Seal)> {
        let seals = self.profiles.iter().map(|(name, profile)| (name, profile.seal(name)));
        seals.filter(|(_, seal)| *seal != Seal::Whole)
    }
}

/// A repository as declared. The same pin in two profiles is one entry of the lock.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Pin {
    pub(crate) name: RepoName,
    pub(crate) reference: Reference,
    /// As written in `repos.toml`: `${VAR}` is not expanded, and userinfo is removed.
    pub(crate) url: RemoteUrl,
}

/// One repository at one commit, with the facts that the offline commands need.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedRepo {
    pub(crate) pin: Pin,
    /// The addons directories, in path order.
    pub(crate) addons: Vec<AddonsDirectory>,
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
    pub(crate) facts: Facts,
    /// As in the file. [`LockedRepo::sealed`] makes the correct one.
    pub(crate) digest: Digest,
}

/// A digest as in the lock, correct or not.
///
/// The correct digest is the SHA-256 of the text of the entry as oca writes it, from `{` to `}`, with `\n` line ends
/// and without the line of the digest. So it covers every field of the entry. It does not depend on the position of the
/// entry in the file, or on the spacing and the line ends of the file. The digest of a profile is the same for the text
/// of the profile, from its name on; each repository is written with its url, so that it does not depend on the entries.
///
/// It detects edits by a person, a bot or a merge. It is not a signature: an attacker can compute it. Reading the facts
/// again from the commit (`--upstream`) detects a forged entry.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Digest {
    /// The entry or the profile has no digest.
    #[default]
    Absent,
    Written(String),
    /// The entry has only its pin and its commit: nothing was read from the commit yet.
    PinOnly,
    /// The entry could not be read, for this reason. Only its pin and its commit are known.
    Unreadable(String),
}

impl Digest {
    /// The digest as written, if there is one.
    pub(super) fn as_written(&self) -> Option<&str> {
        match self {
            Self::Written(digest) => Some(digest),
            Self::Absent | Self::PinOnly | Self::Unreadable(_) => None,
        }
    }
}

/// Whether an entry or a profile matches its digest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Seal {
    Whole,
    /// It or its digest was edited.
    Broken,
    /// It has no digest.
    Missing,
    /// It has only its pin and its commit.
    PinOnly,
    /// It could not be read, for this reason.
    Unreadable(String),
}

/// The path of the requirements of a repository.
pub(crate) const REQUIREMENTS: &str = "requirements.txt";

/// The facts that oca reads from the files of a commit.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Facts {
    /// Every installable module, by addons directory, then by name.
    pub(crate) modules: Vec<LockedModule>,
    /// Manifests that could not be read. Also [`REQUIREMENTS`], if it could not be read.
    pub(crate) unreadable: Vec<UnreadableManifest>,
    /// The lines of the `requirements.txt` of the repository, unchanged.
    pub(crate) requirements: Vec<String>,
}

impl Facts {
    /// The manifests that could not be read.
    pub(crate) fn unreadable_manifests(&self) -> impl Iterator<Item = &UnreadableManifest> {
        self.unreadable.iter().filter(|file| file.path != REQUIREMENTS)
    }

    /// Why `requirements.txt` was not read. `None` if it was read or does not exist.
    pub(crate) fn unread_requirements(&self) -> Option<&str> {
        self.unreadable.iter().find(|file| file.path == REQUIREMENTS).map(|file| file.why.as_str())
    }
}

/// An installable module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedModule {
    pub(crate) name: ModuleName,
    /// The addons directory that contains it; `.` is the repository itself.
    pub(crate) directory: AddonsDirectory,
    pub(crate) tree: TreeId,
    pub(crate) manifest: Manifest,
}

impl LockedModule {
    /// The path of the module's directory below its repository.
    pub(crate) fn path(&self) -> String {
        self.directory.join(&self.name)
    }
}

/// A manifest or a `requirements.txt` that could not be read. The rest of the repository is locked anyway.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UnreadableManifest {
    /// The path below the repository.
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// A profile: its series, its repositories in path order, and its selected modules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedProfile {
    pub(crate) odoo: Series,
    pub(crate) repos: Vec<Pin>,
    /// The addons directories of those repositories of which the profile does not use all directories of the entry.
    pub(crate) addons: BTreeMap<Pin, Vec<AddonsDirectory>>,
    /// How the profile is exported.
    pub(crate) packaging: Packaging,
    /// The names of the selected modules, sorted. `None` if the profile selects no modules, so all count.
    pub(crate) modules: Option<Vec<String>>,
    /// If the profile selects modules: what the user's own modules depend on, by their directory as written in
    /// `repos.toml`.
    ///
    /// These names are also selected. So the selection can be checked on a machine without these directories.
    pub(crate) local_depends: BTreeMap<String, Vec<String>>,
    /// As in the file. [`LockedProfile::sealed`] makes the correct one.
    pub(crate) digest: Digest,
}
