//! The git directory of a submodule. It is below the git directory of the superproject, and the file `.git` in the work
//! tree names it. It can be moved there from a checkout, and back. Nothing is fetched for this.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use git2::Repository;
use git2::build::CheckoutBuilder;

use super::place::ModulePlace;
use crate::fs::{Context, exchange, read, read_text, slashed, write_if_changed};
use crate::git::checkout::{
    CheckoutError, LocalWork, aside, check_out_head, delete, is_marked, open_work_tree, own_commits,
};
use crate::git::config_edit::{ConfigText, Name};
use crate::git::git_file::git_file;
use crate::git::{Checkout, Error};

const CORE: Name<'_> = ("core", None);
const WORK_TREE: &str = "worktree";

/// The places for the git directory of a submodule and for its work tree.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    git: ModulePlace,
    work_tree: ModulePlace,
}

impl Module {
    pub(super) fn new(git: ModulePlace, work_tree: ModulePlace) -> Self {
        Self { git, work_tree }
    }

    /// Call this before you change something: it refuses symbolic links on the way to both.
    pub(crate) fn refuse_links(&self) -> Result<(), Error> {
        self.git.refuse_links()?;
        self.work_tree.refuse_links()
    }

    fn git(&self) -> &Path {
        self.git.path()
    }

    fn work_tree(&self) -> &Path {
        self.work_tree.path()
    }

    /// Whether work tree and git directory name each other.
    pub(crate) fn is_connected(&self) -> bool {
        self.leads_here() && self.configured().is_some_and(|path| Path::new(&path) == self.way_back())
    }

    /// Whether the file `.git` of the work tree names this git directory.
    pub(crate) fn leads_here(&self) -> bool {
        let same = |path: &Path| match (path.canonicalize(), self.git().canonicalize()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        };
        git_file(self.work_tree()).is_some_and(|path| same(&path))
    }

    /// Whether there is a git directory whose work tree is missing, or is not connected because a move was interrupted.
    pub(crate) fn is_dormant(&self) -> bool {
        let own = self.own();
        // A symlink or a file of the user can be in its place.
        let can_be = self.work_tree().symlink_metadata().map_or(true, |found| found.is_dir());
        self.git().join("HEAD").is_file()
            && can_be
            && (own.symlink_metadata().is_err() || git_file(self.work_tree()).is_some_and(|to| !to.exists()))
    }

    /// Makes the work tree of a dormant git directory again, at the commit of its HEAD. If nothing was ever in the git
    /// directory, it is removed.
    pub(crate) fn wake(&self) -> Result<(), Error> {
        if !self.is_dormant() {
            return Ok(());
        }
        self.refuse_links()?;
        if !is_free(self.work_tree()) {
            // The files are already there. They only need the file `.git`.
            return self.connect();
        }
        if self.was_never_used()? {
            return self.remove();
        }
        self.check_out().map_err(|error| error.in_checkout(self.git()))
    }

    /// Whether it is only the rest of a killed clone.
    fn was_never_used(&self) -> Result<bool, Error> {
        if ["index", "packed-refs", "logs"].iter().any(|name| self.git().join(name).exists()) {
            return Ok(false);
        }
        Ok(Repository::open_bare(self.git())?.references()?.next().is_none())
    }

    fn check_out(&self) -> Result<(), Error> {
        // Without a work tree, no git is running here. So a lock file is from a killed run.
        let _absent = fs::remove_file(self.git().join("index.lock"));
        // The files are written into a directory beside and renamed, so a killed run leaves no half work tree. The
        // relative path from there to the git directory is the same. The directory can be the work tree because
        // `core.worktree` is removed first.
        self.configure(None)?;
        let aside = aside(self.work_tree())?;
        self.write_git_file(&aside.path().join(".git"))?;
        let repository = open_work_tree(aside.path())?;
        let head = repository.head().and_then(|head| head.peel_to_tree());
        head.map_err(|error| Error::Damaged { why: error.message().to_owned() })?;
        let mut checkout = CheckoutBuilder::new();
        checkout.force().disable_filters(true);
        check_out_head(&repository, aside.path(), &mut checkout)?;
        let _not_empty = fs::remove_dir(self.work_tree());
        fs::rename(aside.path(), self.work_tree()).at("create", self.work_tree())?;
        // Renamed away: there is nothing left to delete.
        let _moved = aside.keep();
        self.connect()
    }

    /// Moves the git directory of the checkout here. If it is already here, only connects the two.
    pub(crate) fn absorb(&self) -> Result<(), CheckoutError> {
        self.refuse_links()?;
        if let Some(obstacle) = self.obstacle() {
            return Err(obstacle);
        }
        let own = self.own();
        if own.is_dir() {
            if let Some(outer) = self.git.above().find(|above| above.join("HEAD").is_file()) {
                return Err(Error::NestedModule { git: outer.to_owned() }.into());
            }
            let parent = self.git().parent().unwrap_or(Path::new("."));
            fs::create_dir_all(parent).at("create", parent)?;
            // A git directory with the same name has no work tree, and everything in it can be fetched again.
            self.remove()?;
            self.write_git_file(self.git())?;
            change_places(&own, self.git())?;
        }
        Ok(self.connect()?)
    }

    /// The reason why the git directory of the work tree cannot be moved here.
    pub(crate) fn obstacle(&self) -> Option<CheckoutError> {
        let path = || self.work_tree().to_owned();
        let own = self.own();
        if own.is_symlink() {
            return Some(CheckoutError::Elsewhere { path: path(), git: fs::read_link(&own).ok()? });
        }
        match git_file(self.work_tree()) {
            Some(git) if git.exists() && !self.leads_here() => {
                Some(CheckoutError::Elsewhere { path: path(), git })
            }
            None if own.is_dir() && self.git().is_dir() && !self.is_expendable() => {
                Some(CheckoutError::Occupied { path: path(), git: self.git().to_owned() })
            }
            _ => None,
        }
    }

    /// Whether the git directory has no commits of the user.
    fn is_expendable(&self) -> bool {
        self.own_commits().is_ok_and(|work| work.is_none())
    }

    /// Moves the git directory back into the work tree. Then this is an ordinary checkout.
    pub(crate) fn release(&self) -> Result<(), Error> {
        if self.is_dormant() && !is_free(self.work_tree()) {
            // A move was interrupted.
            self.connect()?;
        }
        if !self.leads_here() {
            return Ok(());
        }
        self.refuse_links()?;
        if let Some(link) = self.checkout().link() {
            return Err(Error::LinkOnTheWay { link });
        }
        self.configure(None)?;
        change_places(self.git(), &self.own())?;
        for directory in self.git.above().filter(|above| !above.ends_with(".git/modules")) {
            // Only empty directories are removed.
            if fs::remove_dir(directory).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Makes a moved work tree and its git directory name each other.
    pub(crate) fn connect(&self) -> Result<(), Error> {
        if !self.git().join("HEAD").is_file() {
            return Ok(());
        }
        self.refuse_links()?;
        self.write_git_file(&self.own())?;
        self.configure(Some(&self.way_back()))
    }

    /// Whether oca once checked this submodule out.
    pub(super) fn is_ours(&self) -> bool {
        is_marked(self.git())
    }

    /// The commits that would be lost if the git directory were deleted.
    pub(crate) fn own_commits(&self) -> Result<LocalWork, Error> {
        own_commits(self.git())
    }

    /// Keeps the git directory without a work tree, as `git submodule deinit` does.
    pub(crate) fn abandon(&self) -> Result<(), Error> {
        self.git.refuse_links()?;
        if self.git().is_dir() { self.configure(None) } else { Ok(()) }
    }

    /// Deletes the git directory. It is renamed first, so that a crash leaves no half-deleted one under its name.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        if !self.git().is_dir() {
            return Ok(());
        }
        self.git.refuse_links()?;
        if holds_another(self.git()) {
            return Err(Error::NestedModule { git: self.git().to_owned() });
        }
        delete(self.git())
    }

    /// Deletes the directory of the work tree if it is empty.
    pub(crate) fn remove_empty_work_tree(&self) {
        if self.work_tree.refuse_links().is_ok() {
            let _not_empty = fs::remove_dir(self.work_tree());
        }
    }

    /// The work tree as a checkout.
    pub(crate) fn checkout(&self) -> Checkout {
        Checkout::new(self.work_tree().to_owned())
    }

    fn own(&self) -> PathBuf {
        self.work_tree().join(".git")
    }

    fn way_back(&self) -> PathBuf {
        way(self.git(), self.work_tree())
    }

    fn write_git_file(&self, file: &Path) -> Result<(), Error> {
        let text = format!("gitdir: {}\n", slashed(&way(self.work_tree(), self.git())));
        write_if_changed(file, text.as_bytes())?;
        Ok(())
    }

    fn configured(&self) -> Option<String> {
        let text = read_text(&self.git().join("config")).ok()?;
        ConfigText::parse(&text).ok()?.value(CORE, WORK_TREE).map(str::to_owned)
    }

    /// Sets or removes `core.worktree`. The file is replaced as a whole: libgit2 would leave a lock file if oca is
    /// killed.
    fn configure(&self, work_tree: Option<&Path>) -> Result<(), Error> {
        let wanted = work_tree.map(slashed);
        if self.configured() == wanted {
            return Ok(());
        }
        let file = self.git().join("config");
        let text = read_text(&file).at("read", &file)?;
        let mut text = ConfigText::parse(&text).map_err(|malformed| Error::ModulesMalformed {
            file: file.clone(),
            line: malformed.line,
            why: malformed.why,
        })?;
        text.set(CORE, WORK_TREE, wanted.as_deref());
        write_if_changed(&file, text.text().as_bytes())?;
        Ok(())
    }
}

/// Whether the work tree that a git directory names still uses it.
pub(super) fn is_used(git: &Path) -> bool {
    let configured = || {
        let text = read_text(&git.join("config")).ok()?;
        ConfigText::parse(&text).ok()?.value(CORE, WORK_TREE).map(str::to_owned)
    };
    let used = || git_file(&git.join(configured()?))?.canonicalize().ok();
    used().is_some_and(|used| git.canonicalize().is_ok_and(|git| git == used))
}

/// Whether a path does not exist or is an empty directory.
pub(super) fn is_free(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

/// Whether a git directory contains that of another submodule, whose name begins with this one's name and a `/`.
fn holds_another(git: &Path) -> bool {
    let is_own = |entry: &walkdir::DirEntry| {
        let own = ["objects", "refs", "hooks", "info", "logs", "modules", "worktrees", "lfs"];
        entry.depth() == 1 && own.iter().any(|name| entry.file_name() == *name)
    };
    let entries = walkdir::WalkDir::new(git).min_depth(1).into_iter().filter_entry(|entry| !is_own(entry));
    let mut heads =
        entries.filter_map(Result::ok).filter(|entry| entry.depth() > 1 && entry.file_name() == "HEAD");
    heads.any(|head| head.path().with_file_name("objects").is_dir())
}

/// Exchanges a git directory and a file `.git`. If the system can, this is one step, so that a killed run leaves a
/// repository that git understands. Then the file is removed, unless it is in the work tree.
fn change_places(directory: &Path, file: &Path) -> Result<(), Error> {
    match exchange(directory, file) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::CrossesDevices => Err(error).at("move", directory)?,
        Err(_) => change_places_in_steps(directory, file)?,
    }
    // In the work tree, the file names the git directory. Below the superproject, it has no use.
    if !directory.ends_with(".git") {
        fs::remove_file(directory).at("remove", directory)?;
    }
    Ok(())
}

fn change_places_in_steps(directory: &Path, file: &Path) -> Result<(), Error> {
    let text = read(file).at("read", file)?;
    fs::remove_file(file).at("remove", file)?;
    fs::rename(directory, file).at("move", directory)?;
    Ok(fs::write(directory, text).at("write", directory)?)
}

/// The relative path from one absolute directory to another.
fn way(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let common = std::iter::zip(&from, &to).take_while(|(one, other)| one == other).count();
    let up = from[common..].iter().map(|_| Component::ParentDir);
    up.chain(to[common..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_and_a_file_can_change_places_in_steps() {
        let temp = tempfile::tempdir().expect("a directory");
        let (directory, file) = (temp.path().join("d"), temp.path().join("f"));
        fs::create_dir(&directory).expect("a directory");
        fs::write(directory.join("HEAD"), "x").expect("a file");
        fs::write(&file, "gitdir: x").expect("a file");
        change_places_in_steps(&directory, &file).expect("both may be moved");
        assert_eq!(fs::read_to_string(&directory).ok().as_deref(), Some("gitdir: x"));
        assert!(file.join("HEAD").is_file());
    }

    #[test]
    fn the_relative_path_between_directories_is_the_shortest() {
        for (from, to, expected) in [
            ("/p/oca/web", "/p/.git/modules/oca/web", "../../.git/modules/oca/web"),
            ("/p/.git/modules/oca/web", "/p/oca/web", "../../../../oca/web"),
            ("/p/web", "/p/web/x", "x"),
        ] {
            assert_eq!(slashed(&way(Path::new(from), Path::new(to))), expected);
        }
    }
}
