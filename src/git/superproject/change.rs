//! Changes a superproject. A journal is there during a change. If oca is killed, the journal says that the lock files
//! which libgit2 leaves behind are oca's.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{ConfigLevel, IndexEntry, IndexTime};

use super::{GITLINK, GitModules, SubmoduleName, SubmodulePath, Superproject, gitlinks, gitmodules, objects};
use crate::fs::{Context, read_if_there, sweep, write_if_changed};
use crate::git::Error;
use crate::git::ids::oid;
use crate::repo::CommitId;

/// The journal: this file exists while oca writes `.gitmodules`, the configuration and the index.
pub(super) const JOURNAL: &str = "oca-staging";

/// The changes to make in a superproject.
#[derive(Debug, Default)]
pub(crate) struct SuperprojectChange {
    /// The gitlinks to stage, by their paths.
    pub(crate) stage: BTreeMap<SubmodulePath, CommitId>,
    /// The paths of gitlinks to remove from the index.
    pub(crate) unstage: Vec<String>,
    /// Submodules to set active in git's configuration.
    pub(crate) active: Vec<Active>,
    /// Names of submodules to remove from git's configuration.
    pub(crate) forget: Vec<SubmoduleName>,
}

/// A submodule that has a work tree.
#[derive(Debug)]
pub(crate) struct Active {
    /// The name of its entry in `.gitmodules`.
    pub(crate) name: SubmoduleName,
    /// An absolute url.
    pub(crate) url: String,
    /// Whether the url differs from the one before. If not, the user's own url in git's configuration stays.
    pub(crate) has_new_url: bool,
}

impl Superproject {
    /// Refuses a superproject whose index is locked, because a change would fail halfway. The caller holds the
    /// project's lock. So the lock files of a killed oca can be removed.
    pub(crate) fn refuse_locked(&self) -> Result<(), Error> {
        self.remove_own_locks();
        let lock = self.repository.path().join("index.lock");
        if lock.exists() { Err(Error::IndexLocked { lock }) } else { Ok(()) }
    }

    /// Writes `.gitmodules`, git's configuration and the index, if they differ. Returns whether the index differed.
    pub(crate) fn apply(&self, modules: &GitModules, change: &SuperprojectChange) -> Result<bool, Error> {
        let mut index = self.repository.index()?;
        let staged = gitlinks(&index);
        let stage: Vec<_> =
            change.stage.iter().filter(|(path, commit)| staged.get(&***path) != Some(commit)).collect();
        let has_staged = self.has_staged(modules)?;
        let is_staged = !has_staged || !stage.is_empty() || !change.unstage.is_empty();
        let settings = self.settings(change)?;
        let journal = self.repository.path().join(JOURNAL);
        let file = self.file();
        let has_text = read_if_there(&file)?.unwrap_or_default() == modules.text().as_bytes();
        if is_staged || !settings.is_empty() || !has_text {
            // libgit2's lock files stay if oca is killed. The journal says that they are oca's.
            write_if_changed(&journal, b"")?;
            let is_empty = modules.text().trim().is_empty();
            if !is_empty {
                write_if_changed(&file, modules.text().as_bytes())?;
            } else if file.exists() {
                std::fs::remove_file(&file).at("remove", &file)?;
            }
            crate::fs::stop("writing .gitmodules");
            let mut config = self.repository.config()?.open_level(ConfigLevel::Local)?;
            for (key, value) in settings {
                match value {
                    Some(value) => config.set_str(&key, &value)?,
                    None => config.remove_multivar(&key, ".*")?,
                }
            }
            let name = Path::new(gitmodules::FILE_NAME);
            match (has_staged, is_empty) {
                (true, _) => {}
                (false, true) => index.remove_path(name)?,
                (false, false) => objects::stage(&self.repository, &mut index, name)?,
            }
            for path in &change.unstage {
                index.remove_path(Path::new(path))?;
            }
            for (path, commit) in stage {
                // If the two sides of a merge conflict, the lock decides.
                for side in 1..=3 {
                    let _no_conflict = index.remove(Path::new(&**path), side);
                }
                index.add(&gitlink(path, *commit))?;
            }
            crate::fs::stop("staging submodules");
            if is_staged {
                index.write()?;
            }
            crate::fs::stop("completing submodules");
        }
        self.end_journal()?;
        Ok(is_staged)
    }

    /// Removes the journal, and lock files that a killed oca left.
    pub(crate) fn end_journal(&self) -> Result<(), Error> {
        self.remove_own_locks();
        let journal = self.repository.path().join(JOURNAL);
        if journal.exists() {
            std::fs::remove_file(&journal).at("remove", &journal)?;
        }
        Ok(())
    }

    fn remove_own_locks(&self) {
        let git = self.repository.path();
        if git.join(JOURNAL).exists() {
            for lock in ["index.lock", "config.lock"] {
                let _absent = std::fs::remove_file(git.join(lock));
            }
            sweep(&objects::directory(&self.repository));
        }
    }

    /// The keys to set in git's configuration. A key without a value is to be removed.
    fn settings(&self, change: &SuperprojectChange) -> Result<Vec<(String, Option<String>)>, Error> {
        let config = self.repository.config()?.open_level(ConfigLevel::Local)?;
        let mut settings = Vec::new();
        for Active { name, url, has_new_url } in &change.active {
            let (url_key, active_key) = (format!("submodule.{name}.url"), format!("submodule.{name}.active"));
            let found = config.get_string(&url_key).ok();
            if found.is_none() || (*has_new_url && found.as_ref() != Some(url)) {
                settings.push((url_key, Some(url.clone())));
            }
            if config.get_bool(&active_key).ok() != Some(true) {
                settings.push((active_key, Some("true".to_owned())));
            }
        }
        for name in &change.forget {
            let prefix = format!("submodule.{name}.");
            config.entries(None)?.for_each(|entry| {
                let key = entry.name().ok().filter(|key| key.starts_with(&prefix));
                settings.extend(key.map(|key| (key.to_owned(), None)));
            })?;
        }
        Ok(settings)
    }
}

fn gitlink(path: &str, commit: CommitId) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: GITLINK,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: oid(commit.as_bytes()),
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}
