//! What a lock holds, as the rest of the tool sees it.

use std::collections::BTreeMap;

use crate::repo::{
    AddonsDirectory, CommitId, Manifest, ModuleName, Packaging, Reference, RemoteUrl, RepoName, Series,
    TreeId,
};

/// One lock for all profiles.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Lock {
    /// Sorted by pin; no pin stands twice.
    pub(crate) repos: Vec<LockedRepo>,
    pub(crate) profiles: BTreeMap<String, LockedProfile>,
}

impl Lock {
    /// The repository locked for a pin.
    pub(crate) fn repo(&self, pin: &Pin) -> Option<&LockedRepo> {
        let place = self.repos.binary_search_by(|repo| repo.pin.cmp(pin)).ok()?;
        Some(&self.repos[place])
    }

    /// The entries of which this holds are to be read anew.
    pub(crate) fn distrust(&mut self, is_false: impl Fn(&LockedRepo) -> bool) {
        for repo in self.repos.iter_mut().filter(|repo| is_false(repo)) {
            repo.digest = Digest::Absent;
        }
    }

    /// The entries that are not as they were written.
    pub(crate) fn edited(&self) -> impl Iterator<Item = &LockedRepo> {
        self.repos.iter().filter(|repo| !repo.is_whole())
    }
}

/// What a repository is asked for: the same pin in two profiles is one entry of the lock.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Pin {
    pub(crate) name: RepoName,
    pub(crate) reference: Reference,
    /// As written in `repos.toml`: `${VAR}` unexpanded, without userinfo.
    pub(crate) url: RemoteUrl,
}

/// One repository at one commit, with the facts that the offline commands need.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedRepo {
    pub(crate) pin: Pin,
    /// The directories that hold the modules, in path order.
    pub(crate) addons: Vec<AddonsDirectory>,
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
    pub(crate) facts: Facts,
    /// As it stands in the file. [`LockedRepo::sealed`] makes the right one.
    pub(crate) digest: Digest,
}

/// A digest as it stands in the lock, right or wrong.
///
/// The right one is the sha256 of the entry's text as oca lays it out, from its `{` to its `}`, with `\n` line ends and
/// without the line of the digest. So it covers everything that is written of an entry, what is asked and what is
/// resolved, and nothing else: neither the place of the entry in the file nor the file's own spacing and line ends.
///
/// It tells edits by hand, by a bot or by a merge. It is no signature: a forger can compute it, and is found by reading
/// the facts anew from the commit.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Digest {
    /// An entry of an earlier oca has none.
    #[default]
    Absent,
    Written(String),
    /// The entry could not be read as a whole, for this reason: only its pin and its commit are known.
    Unreadable(String),
}

impl Digest {
    /// As it is written, where there is one.
    pub(super) fn as_written(&self) -> Option<&str> {
        match self {
            Self::Written(digest) => Some(digest),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }
}

/// Whether an entry is as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Seal {
    Whole,
    /// It was changed since, or its digest was.
    Broken,
    /// It has no digest.
    Missing,
    /// Not all of it could be read: why.
    Unreadable(String),
}

/// The path of a repository's own requirements.
pub(crate) const REQUIREMENTS: &str = "requirements.txt";

/// What the files of a commit say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Facts {
    /// Every installable module, by addons directory, then by name.
    pub(crate) modules: Vec<LockedModule>,
    /// Modules whose manifest could not be read; and [`REQUIREMENTS`], where it could not.
    pub(crate) unreadable: Vec<UnreadableManifest>,
    /// The lines of the repository's own `requirements.txt`, as they stand.
    pub(crate) requirements: Vec<String>,
}

impl Facts {
    /// The modules whose manifest could not be read.
    pub(crate) fn unreadable_manifests(&self) -> impl Iterator<Item = &UnreadableManifest> {
        self.unreadable.iter().filter(|file| file.path != REQUIREMENTS)
    }

    /// Why the file of requirements was not read, where it was not.
    pub(crate) fn unread_requirements(&self) -> Option<&str> {
        self.unreadable.iter().find(|file| file.path == REQUIREMENTS).map(|file| file.why.as_str())
    }
}

/// An installable module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedModule {
    pub(crate) name: ModuleName,
    /// The addons directory that it stands in, `.` for the repository itself.
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

/// A manifest that is no literal, or a file of requirements that is none; the rest of the repository is locked all the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UnreadableManifest {
    /// The manifest's path below the repository.
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// A profile: its series, its repositories in path order, and what is selected of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedProfile {
    pub(crate) odoo: Series,
    pub(crate) repos: Vec<Pin>,
    /// The directories that hold the modules, of repositories in which the profile does not look into all that the
    /// entry has.
    pub(crate) addons: BTreeMap<Pin, Vec<AddonsDirectory>>,
    /// How it is exported.
    pub(crate) packaging: Packaging,
    /// The names of the selected modules, sorted; `None` where nothing selects, and so all are.
    pub(crate) modules: Option<Vec<String>>,
    /// Where something selects: what the user's own modules depend on, by their directory as `repos.toml` writes it.
    ///
    /// They are roots of the selection, and so it can be computed anew where these directories are not.
    pub(crate) local_depends: BTreeMap<String, Vec<String>>,
}
