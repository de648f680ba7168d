//! The types of the lock that other rooms use.

use std::collections::BTreeMap;

use crate::patch::Fingerprint;
use crate::repo::{
    AddonsDirectory, CommitId, CorePart, Manifest, ModuleName, Packaging, Pending, Reference, RemoteUrl,
    RepoName, Series, TreeId,
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

    /// The entry of a pin, or the one with the same base that has most of its merges: so a new merge does not move the
    /// base or the other merges.
    pub(crate) fn base_of(&self, pin: &Pin) -> Option<&LockedRepo> {
        let common = |repo: &&LockedRepo| {
            let sources = repo.pin.pending.merges.iter().map(|merge| &merge.source);
            sources.filter(|source| pin.pending.merges.iter().any(|merge| merge.source == **source)).count()
        };
        let same_base = || self.repos.iter().filter(|repo| repo.pin.has_base_of(pin));
        self.repo(pin).or_else(|| same_base().rev().max_by_key(common))
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
    /// What is merged and patched into it. Its urls are written as `url`.
    pub(crate) pending: Pending,
}

impl Pin {
    /// Whether both follow the same reference of the same remote. What is merged into it may differ.
    pub(crate) fn has_base_of(&self, other: &Self) -> bool {
        (&self.name, &self.reference, &self.url) == (&other.name, &other.reference, &other.url)
    }
}

/// One repository at one commit, with what is merged into it, and the facts that the offline commands need.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedRepo {
    pub(crate) pin: Pin,
    /// What it is of Odoo itself. `None` if it has modules only.
    pub(crate) core: Option<CorePart>,
    /// The addons directories, in path order.
    pub(crate) addons: Vec<AddonsDirectory>,
    /// The commit of the reference: the base of everything that is merged into it.
    pub(crate) commit: CommitId,
    /// The tree of all content: of the last step, or of the commit if there are no steps.
    pub(crate) tree: TreeId,
    /// One for each merge of the pin, in its order.
    pub(crate) merges: Vec<LockedMerge>,
    /// One for each patch of the pin, in its order.
    pub(crate) patches: Vec<LockedPatch>,
    pub(crate) facts: Facts,
    /// As in the file. [`LockedRepo::sealed`] makes the correct one.
    pub(crate) digest: Digest,
}

impl LockedRepo {
    /// The steps from the base to the result, in their order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &LockedStep> {
        let of_merges = self.merges.iter().filter_map(|merge| merge.step.as_ref());
        of_merges.chain(self.patches.iter().filter_map(|patch| patch.step.as_ref()))
    }

    /// The root tree of the base. `None` if it is not known, because there are steps.
    pub(crate) fn root(&self) -> Option<TreeId> {
        self.steps().next().is_none().then_some(self.tree)
    }

    /// The commit that a checkout has: the one of the last step, or the base if there are no steps.
    pub(crate) fn head(&self) -> CommitId {
        self.steps().last().map_or(self.commit, |step| step.commit)
    }
}

/// A merge at the commit to which it was resolved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedMerge {
    /// The ref that led to the commit, by its full name; the commit itself if it was named by its id.
    pub(crate) reference: Reference,
    pub(crate) commit: CommitId,
    /// What it changes. `None` if it changes nothing.
    pub(crate) step: Option<LockedStep>,
    /// Whether the base has it. If not, and there is no step, the merges before it have all of its changes.
    pub(crate) is_absorbed: bool,
}

/// A patch of the user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedPatch {
    /// The SHA-256 of the file, with `\n` line ends.
    pub(crate) content: [u8; 32],
    /// What it changes. `None` if the result of the merges has all of it.
    pub(crate) step: Option<LockedStep>,
}

/// A step from the base to the result: a patch in a file beside the lock, and what it gives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockedStep {
    pub(crate) way: StepWay,
    /// The tree with this step.
    pub(crate) tree: TreeId,
    /// The commit that a checkout gets for this step.
    pub(crate) commit: CommitId,
    /// Of the file of the patch.
    pub(crate) fingerprint: Fingerprint,
}

/// How a step was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StepWay {
    /// Merged or applied automatically.
    Made,
    /// The step of an earlier lock was merged onto the new base, because the change itself conflicts or is gone.
    Replayed,
    /// A person resolved its conflicts.
    Resolved,
}

impl StepWay {
    pub(super) const ALL: [Self; 3] = [Self::Made, Self::Replayed, Self::Resolved];

    /// The way with this word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }

    /// Its word in the lock.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Replayed => "replayed",
            Self::Resolved => "resolved",
        }
    }
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
    /// [`LockedModule::NO_TREE`] in a repository of Odoo itself.
    pub(crate) tree: TreeId,
    pub(crate) manifest: Manifest,
}

impl LockedModule {
    /// The lock has no trees of Odoo's own modules, so that a move of Odoo is a small difference.
    pub(crate) const NO_TREE: TreeId = TreeId::from_bytes([0; 20]);

    /// The module as the lock has it in a repository of Odoo itself: without what changes in every move of Odoo.
    #[must_use]
    pub(crate) fn of_core(self) -> Self {
        let manifest = Manifest {
            version: None,
            license: None,
            development_status: None,
            model_access: false,
            ..self.manifest
        };
        Self { tree: Self::NO_TREE, manifest, ..self }
    }

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
