//! The git directory of a submodule: below that of its superproject, with a file `.git` in the work tree that leads
//! to it. It is moved there from a checkout and back, and nothing is fetched for either.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use git2::Repository;
use git2::build::CheckoutBuilder;

use super::place::Place;
use crate::fs::{Context, exchange, open_to_others, read, read_text, write_if_changed};
use crate::git::checkout::{
    ASIDE_PREFIX, CheckoutError, LocalWork, check_out_head, is_marked, open_work_tree, own_commits,
};
use crate::git::config_edit::{ConfigText, Name};
use crate::git::git_file::git_file;
use crate::git::{Checkout, Error};

const CORE: Name<'_> = ("core", None);
const WORK_TREE: &str = "worktree";

/// Where the git directory of a submodule is to be, and its work tree.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    git: Place,
    work_tree: Place,
}

impl Module {
    pub(super) fn new(git: Place, work_tree: Place) -> Self {
        Self { git, work_tree }
    }

    /// Call this before you change something: both are where they seem to be.
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

    /// Whether the two lead to each other.
    pub(crate) fn is_connected(&self) -> bool {
        self.leads_here() && self.configured().is_some_and(|path| Path::new(&path) == self.way_back())
    }

    /// Whether the work tree leads to the git directory.
    pub(crate) fn leads_here(&self) -> bool {
        let same = |path: &Path| match (path.canonicalize(), self.git().canonicalize()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        };
        git_file(self.work_tree()).is_some_and(|path| same(&path))
    }

    /// Whether there is a git directory that waits for a work tree: none is there, or a move was cut short.
    pub(crate) fn is_dormant(&self) -> bool {
        let own = self.own();
        self.git().join("HEAD").is_file()
            && !self.work_tree().is_symlink()
            && (own.symlink_metadata().is_err() || git_file(self.work_tree()).is_some_and(|to| !to.exists()))
    }

    /// Gives a dormant git directory its work tree, at the commit that it was at. One in which nothing ever was goes.
    pub(crate) fn wake(&self) -> Result<(), Error> {
        if !self.is_dormant() {
            return Ok(());
        }
        self.refuse_links()?;
        if !is_free(self.work_tree()) {
            // Files are there already: they are only told where their git directory is.
            return self.connect();
        }
        if self.was_never_used()? {
            return self.remove();
        }
        self.check_out().map_err(|error| error.in_checkout(self.git()))
    }

    /// Whether a clone that was killed is all that it is.
    fn was_never_used(&self) -> Result<bool, Error> {
        if ["index", "packed-refs", "logs"].iter().any(|name| self.git().join(name).exists()) {
            return Ok(false);
        }
        Ok(Repository::open_bare(self.git())?.references()?.next().is_none())
    }

    fn check_out(&self) -> Result<(), Error> {
        // Without a work tree nobody is at work here: a lock is that of a run that was killed.
        let _absent = fs::remove_file(self.git().join("index.lock"));
        // The files are written beside, so that a run that is killed leaves no half of them. What is beside has the
        // same way to the git directory, and stands in for the work tree where none is configured.
        self.configure(None)?;
        let parent = self.work_tree().parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).at("create", parent)?;
        let aside =
            tempfile::Builder::new().prefix(ASIDE_PREFIX).tempdir_in(parent).at("write in", parent)?;
        open_to_others(aside.path())?;
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

    /// Moves the git directory of a checkout here. Where it is here already, the two are connected.
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
            // What is there by the same name waits for a work tree, and holds nothing that cannot be fetched again.
            self.remove()?;
            self.write_git_file(self.git())?;
            change_places(&own, self.git())?;
        }
        Ok(self.connect()?)
    }

    /// What keeps the git directory of the work tree from being here.
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

    /// Whether nothing of the user's is in the git directory.
    fn is_expendable(&self) -> bool {
        self.own_commits().is_ok_and(|work| work.is_none())
    }

    /// Moves the git directory back into the work tree, which is an ordinary checkout then.
    pub(crate) fn release(&self) -> Result<(), Error> {
        if self.is_dormant() && !is_free(self.work_tree()) {
            // A move was cut short.
            self.connect()?;
        }
        if !self.leads_here() {
            return Ok(());
        }
        self.refuse_links()?;
        self.configure(None)?;
        change_places(self.git(), &self.own())?;
        for directory in self.git.above().filter(|above| !above.ends_with(".git/modules")) {
            // As far as nothing else is in them.
            if fs::remove_dir(directory).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Lets a work tree that was moved, and its git directory, lead to each other.
    pub(crate) fn connect(&self) -> Result<(), Error> {
        if !self.git().join("HEAD").is_file() {
            return Ok(());
        }
        self.refuse_links()?;
        self.write_git_file(&self.own())?;
        self.configure(Some(&self.way_back()))
    }

    /// Whether oca once checked out what is in the git directory.
    pub(super) fn is_ours(&self) -> bool {
        is_marked(self.git())
    }

    /// The commits that would be gone with the git directory, whatever its work tree is.
    pub(crate) fn own_commits(&self) -> Result<LocalWork, Error> {
        own_commits(self.git())
    }

    /// Leaves the git directory without a work tree, as `git submodule deinit` does.
    pub(crate) fn abandon(&self) -> Result<(), Error> {
        self.git.refuse_links()?;
        if self.git().is_dir() { self.configure(None) } else { Ok(()) }
    }

    /// Deletes the git directory: renamed first, so that a crash leaves no half of it under its name.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        if !self.git().is_dir() {
            return Ok(());
        }
        self.git.refuse_links()?;
        if holds_another(self.git()) {
            return Err(Error::NestedModule { git: self.git().to_owned() });
        }
        let parent = self.git().parent().unwrap_or(Path::new("."));
        let aside =
            tempfile::Builder::new().prefix(ASIDE_PREFIX).tempdir_in(parent).at("write in", parent)?;
        fs::rename(self.git(), aside.path().join("gone")).at("remove", self.git())?;
        Ok(aside.close().at("remove", self.git())?)
    }

    /// Deletes the work tree where nothing is in it.
    pub(crate) fn remove_empty_work_tree(&self) {
        if self.work_tree.refuse_links().is_ok() {
            let _not_empty = fs::remove_dir(self.work_tree());
        }
    }

    /// The checkout that the work tree is.
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

    /// Written as a whole: libgit2's way would leave a lock behind where it is killed.
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

/// Whether nothing is at a path, or an empty directory.
pub(super) fn is_free(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

/// Whether the git directory of another submodule is in this one, by a name that goes on behind its own.
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

/// Puts a git directory where a file `.git` is, and the other way round. In one step where the system can, so that
/// whoever is killed leaves a repository that git understands; the file is left over, and goes where it is no use.
fn change_places(directory: &Path, file: &Path) -> Result<(), Error> {
    match exchange(directory, file) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::CrossesDevices => Err(error).at("move", directory)?,
        Err(_) => change_places_in_steps(directory, file)?,
    }
    // In the work tree it is what leads to the git directory; below the superproject it is nothing.
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

/// How to come from one absolute directory to another.
fn way(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let common = std::iter::zip(&from, &to).take_while(|(one, other)| one == other).count();
    let up = from[common..].iter().map(|_| Component::ParentDir);
    up.chain(to[common..].iter().copied()).collect()
}

/// A path as git writes it on every platform.
fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_and_a_file_change_places_also_in_steps() {
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
    fn the_way_from_one_directory_to_another_is_the_shortest() {
        for (from, to, expected) in [
            ("/p/oca/web", "/p/.git/modules/oca/web", "../../.git/modules/oca/web"),
            ("/p/.git/modules/oca/web", "/p/oca/web", "../../../../oca/web"),
            ("/p/web", "/p/web/x", "x"),
        ] {
            assert_eq!(slashed(&way(Path::new(from), Path::new(to))), expected);
        }
    }
}
