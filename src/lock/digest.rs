//! The digest of an entry or a profile of the lock. With it, oca detects what was edited without a network.

use sha2::Sha256;

use super::schema::{Digest, Facts, LockedMerge, LockedProfile, LockedRepo, Pin, Seal};
use crate::repo::{CommitId, Reference, TreeId, hexadecimal};

impl Digest {
    /// The correct digest of an entry.
    fn of(repo: &LockedRepo) -> Self {
        Self::of_text(&super::render::entry(repo, &Self::default()))
    }

    /// The correct digest of a profile.
    fn of_profile(name: &str, profile: &LockedProfile) -> Self {
        Self::of_text(&super::render::profile_alone(name, profile))
    }

    fn of_text(text: &str) -> Self {
        let digits = hexadecimal(&<Sha256 as sha2::Digest>::digest(text.as_bytes()));
        Self::Written(format!("sha256:{digits}"))
    }
}

impl Digest {
    fn seal(&self, correct: impl FnOnce() -> Self) -> Seal {
        match self {
            Self::Absent => Seal::Missing,
            Self::PinOnly => Seal::PinOnly,
            Self::Unreadable(why) => Seal::Unreadable(why.clone()),
            Self::Written(_) if *self == correct() => Seal::Whole,
            Self::Written(_) => Seal::Broken,
        }
    }
}

impl LockedProfile {
    /// The profile with its correct digest, under this name. Use it only if all of it was computed from `repos.toml`.
    #[must_use]
    pub(crate) fn sealed(self, name: &str) -> Self {
        Self { digest: Digest::of_profile(name, &self), ..self }
    }

    pub(crate) fn seal(&self, name: &str) -> Seal {
        self.digest.seal(|| Digest::of_profile(name, self))
    }

    /// Whether the digest is correct. If it is not, the profile must be computed again.
    pub(crate) fn is_whole(&self, name: &str) -> bool {
        self.seal(name) == Seal::Whole
    }
}

impl LockedMerge {
    /// A merge of which only the commit is known.
    pub(crate) fn pin_only(commit: CommitId) -> Self {
        Self { reference: Reference::Rev(commit), commit, step: None, is_absorbed: false }
    }
}

impl LockedRepo {
    /// An entry of which only the commit is known.
    pub(crate) fn pin_only(pin: Pin, commit: CommitId) -> Self {
        let tree = TreeId::from_bytes([0; 20]);
        Self {
            pin,
            core: None,
            addons: Vec::new(),
            commit,
            tree,
            merges: Vec::new(),
            patches: Vec::new(),
            facts: Facts::default(),
            digest: Digest::PinOnly,
        }
    }

    /// Whether nothing was read from the commit yet.
    pub(crate) fn is_pin_only(&self) -> bool {
        self.digest == Digest::PinOnly
    }

    /// Whether only its pin and its commit could be read from the lock.
    pub(crate) fn is_unreadable(&self) -> bool {
        matches!(self.digest, Digest::Unreadable(_))
    }

    /// The entry with its correct digest. Use it only if the facts were read from the commit.
    #[must_use]
    pub(crate) fn sealed(self) -> Self {
        Self { digest: Digest::of(&self), ..self }
    }

    /// The entry without a digest, so that it is read again.
    #[must_use]
    pub(crate) fn unsealed(self) -> Self {
        Self { digest: Digest::default(), ..self }
    }

    pub(crate) fn seal(&self) -> Seal {
        self.digest.seal(|| Digest::of(self))
    }

    /// Whether the digest is correct. If it is not, the entry must be read again.
    pub(crate) fn is_whole(&self) -> bool {
        self.seal() == Seal::Whole
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::StepTexts;
    use super::super::schema::{
        Facts, Lock, LockedMerge, LockedModule, LockedPatch, LockedStep, Pin, StepWay, UnreadableManifest,
    };
    use super::*;
    use crate::patch::Fingerprint;
    use crate::repo::{
        AddonsDirectory, AutoInstall, CommitId, Manifest, MergeSource, ModuleName, Pending, PendingMerge,
        Reference, RemoteUrl, RepoName, TreeId,
    };

    fn words() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(".{0,6}", 0..3)
    }

    prop_compose! {
        fn some_module()(
            name in "[a-d]{1,2}", tree in any::<[u8; 20]>(), version in prop::option::of(".{0,6}"), depends in words(),
            license in prop::option::of(".{0,6}"), status in prop::option::of(".{0,6}"), python in words(),
            bin in words(), auto in prop::option::of(words()), model_access in any::<bool>(),
        ) -> LockedModule {
            let auto_install = auto.map_or(AutoInstall::Never, AutoInstall::When);
            let manifest = Manifest {
                version, depends, license, development_status: status, auto_install, python, bin, deb: Vec::new(),
                model_access,
            };
            let name = ModuleName::parse(&name).expect("a name");
            LockedModule { name, directory: AddonsDirectory::root(), tree: TreeId::from_bytes(tree), manifest }
        }
    }

    impl LockedRepo {
        fn with_tree_of_last_step(self) -> Self {
            let tree = self.steps().last().map_or(self.tree, |step| step.tree);
            Self { tree, ..self }
        }
    }

    prop_compose! {
        fn some_step()(
            way in prop::sample::select(&StepWay::ALL[..]), tree in any::<[u8; 20]>(), commit in any::<[u8; 20]>(),
            exact in any::<[u8; 32]>(), loose in any::<[u8; 32]>(), is_there in any::<bool>(),
        ) -> Option<LockedStep> {
            let (tree, commit) = (TreeId::from_bytes(tree), CommitId::from_bytes(commit));
            is_there.then_some(LockedStep { way, tree, commit, fingerprint: Fingerprint { exact, loose } })
        }
    }

    prop_compose! {
        fn some_merge()(
            source in prop::sample::select(&["#7", "fix", "https://example.com/fork 18.0-fix", "refs/x/y"][..]),
            some in any::<bool>(), pick in any::<bool>(), is_absorbed in any::<bool>(), commit in any::<[u8; 20]>(), is_commit in any::<bool>(),
            step in some_step(),
        ) -> (PendingMerge, LockedMerge) {
            let source = MergeSource::parse(source).expect("a merge");
            let commit = CommitId::from_bytes(commit);
            let reference = if is_commit { Reference::Rev(commit) } else { Reference::Full("refs/heads/x".to_owned()) };
            let modules = some.then(|| vec![ModuleName::parse("web_x").expect("a name")]);
            (PendingMerge { source, modules, pick }, LockedMerge { reference, commit, is_absorbed: is_absorbed && step.is_none(), step })
        }
    }

    prop_compose! {
        fn some_entry()(
            mut modules in prop::collection::vec(some_module(), 0..3), requirements in words(), commit in any::<[u8; 20]>(),
            why in ".{0,6}", branch in "[a-z]{1,4}", mut merges in prop::collection::vec(some_merge(), 0..3),
            patches in prop::collection::vec(("[a-z./]{1,9}", any::<[u8; 32]>(), some_step()), 0..2),
        ) -> LockedRepo {
            // A lock with two merges of one source is refused.
            let mut known = HashSet::new();
            merges.retain(|(merge, _)| known.insert(merge.source.clone()));
            let (merge, merges): (Vec<PendingMerge>, Vec<LockedMerge>) = merges.into_iter().unzip();
            let locked = |(path, content, step)| (path, LockedPatch { content, step });
            let (paths, patches): (Vec<String>, Vec<LockedPatch>) = patches.into_iter().map(locked).unzip();
            let pending = Pending { merges: merge, patches: paths };
            // A lock with two modules of one name is refused, too.
            modules.sort_by(|a, b| a.name.cmp(&b.name));
            modules.dedup_by(|a, b| a.name == b.name);
            let unreadable = vec![UnreadableManifest { path: "x".to_owned(), line: 1, why }];
            LockedRepo {
                pin: Pin {
                    name: RepoName::parse("web").expect("a name"),
                    url: RemoteUrl::parse("https://example.com/web").expect("a url"),
                    reference: Reference::branch(&branch).expect("a branch"),
                    pending,
                },
                core: None,
                addons: vec![AddonsDirectory::root()],
                commit: CommitId::from_bytes(commit),
                tree: TreeId::from_bytes(commit),
                merges,
                patches,
                facts: Facts { modules, unreadable, requirements },
                digest: Digest::default(),
            }
            .with_tree_of_last_step()
            .sealed()
        }
    }

    proptest! {
        #[test]
        fn entries_with_other_values_have_other_digests(one in some_entry(), other in some_entry()) {
            prop_assert!(one.is_whole());
            let is_same = one == other;
            prop_assert_eq!(one.digest == other.digest, is_same);
            let mixed = LockedRepo { digest: other.digest.clone(), ..one };
            prop_assert_eq!(mixed.is_whole(), is_same);
        }

        #[test]
        fn an_entry_keeps_its_digest_through_the_file_and_windows(entry in some_entry()) {
            let lock = Lock { repos: vec![entry], ..Lock::default() };
            let text = lock.render();
            for text in [text.replace('\n', "\r\n"), text] {
                let again = Lock::parse(text.as_bytes(), Path::new("x")).expect("a lock");
                prop_assert_eq!(&again, &lock);
                prop_assert!(again.edited().next().is_none());
            }
        }

        #[test]
        fn any_change_of_a_field_changes_the_digest(entry in some_entry(), field in 0..20_usize) {
            let mut edited = entry.clone();
            let text = || "other".to_owned();
            let directory = || AddonsDirectory::parse("other").expect("a directory");
            let module = edited.facts.modules.first_mut();
            let step = edited.merges.iter_mut().find_map(|merge| merge.step.as_mut());
            match (field, module) {
                (15, _) if let Some(step) = step => step.commit = CommitId::from_bytes([7; 20]),
                (16, _) if let Some(step) = step => step.fingerprint.loose = [7; 32],
                (17, _) if let Some(merge) = edited.merges.first_mut() => merge.commit = CommitId::from_bytes([7; 20]),
                (18, _) if let Some(merge) = edited.pin.pending.merges.first_mut() => merge.pick ^= true,
                (19, _) if let Some(patch) = edited.patches.first_mut() => patch.content = [7; 32],
                (0, _) => edited.pin.name = RepoName::parse("dms").expect("a name"),
                (1, _) => edited.pin.url = RemoteUrl::parse("../web").expect("a url"),
                (2, _) => edited.pin.reference = Reference::tag("v1").expect("a tag"),
                (3, _) => edited.addons.push(directory()),
                (4, _) => edited.commit = CommitId::from_bytes([7; 20]),
                (5, _) => edited.tree = TreeId::from_bytes([7; 20]),
                (6, _) => edited.facts.unreadable[0].line = 2,
                (7, _) => edited.facts.requirements.push(text()),
                (8, Some(module)) => module.name = ModuleName::parse("other").expect("a name"),
                (9, Some(module)) => module.directory = directory(),
                (10, Some(module)) => module.tree = TreeId::from_bytes([7; 20]),
                (11, Some(module)) => module.manifest.auto_install = AutoInstall::WhenDependsAre,
                (12, Some(module)) => module.manifest.deb.push(text()),
                (13, Some(module)) => module.manifest.python.push(text()),
                _ => edited.facts.unreadable[0].path = text(),
            }
            prop_assert_eq!(edited.seal(), Seal::Broken);
        }
    }

    #[test]
    fn pins_without_facts_are_written_and_read() {
        let entry = |reference| {
            let name = RepoName::parse("web").expect("a name");
            let url = RemoteUrl::parse("../web").expect("a url");
            let pending = Pending {
                merges: vec![PendingMerge { source: MergeSource::request(7), modules: None, pick: false }],
                patches: Vec::new(),
            };
            let merges = vec![LockedMerge::pin_only(CommitId::from_bytes([2; 20]))];
            let pin = Pin { name, reference, url, pending };
            LockedRepo { merges, ..LockedRepo::pin_only(pin, CommitId::from_bytes([1; 20])) }
        };
        let references =
            [Reference::branch("18.0"), Reference::tag("v1")].map(|reference| reference.expect("it"));
        let lock = Lock { repos: references.map(entry).into(), ..Lock::default() };
        let text = lock.render();
        let again = Lock::parse(text.as_bytes(), Path::new("x")).expect("a lock");
        assert_eq!(again, lock);
        assert!(again.edited().all(|repo| repo.seal() == Seal::PinOnly));
        // One more field, and it is an entry that cannot be read.
        let more = text.replace("\"tag\": \"v1\",", "\"tag\": \"v1\", \"tree\": null,");
        let again = Lock::parse(more.as_bytes(), Path::new("x")).expect("a lock");
        assert!(matches!(again.repos[1].seal(), Seal::Unreadable(_)));
        let error =
            lock.save(Path::new("nowhere/x"), &StepTexts::default()).expect_err("no digest").to_string();
        assert!(error.ends_with("the entry of `web` has no correct digest"), "{error}");
    }

    #[test]
    fn a_lock_that_could_not_be_read_again_is_not_written() {
        let lock = Lock {
            repos: vec![LockedRepo {
                pin: Pin {
                    name: RepoName::parse("web").expect("a name"),
                    url: RemoteUrl::parse("../web").expect("a url"),
                    reference: Reference::branch("18.0").expect("a branch"),
                    pending: Pending::default(),
                },
                core: None,
                addons: Vec::new(),
                commit: CommitId::from_bytes([1; 20]),
                tree: TreeId::from_bytes([1; 20]),
                merges: Vec::new(),
                patches: Vec::new(),
                facts: Facts::default(),
                digest: Digest::default(),
            }],
            ..Lock::default()
        };
        let error =
            lock.save(Path::new("nowhere/x"), &StepTexts::default()).expect_err("no digest").to_string();
        assert_eq!(
            error,
            "`nowhere/x` was not written, because oca could not read it again: the entry of `web` has no correct digest"
        );
    }
}
