//! What is in the directory of a checkout, judged by HEAD and the marker.

use std::fs;
use std::path::{Path, PathBuf};

use git2::Repository;

use super::{Checkout, JOURNAL, Placed, head_commit, marker, modes, record, work};
use crate::fs::{Context, read_if_there};
use crate::git::git_file::git_file;
use crate::git::{Error, pipes};
use crate::repo::CommitId;

/// The files and directories in a git directory that oca writes.
const WRITTEN: [&str; 20] = [
    marker::FILE_NAME,
    record::FILE_NAME,
    JOURNAL,
    modes::VIEW,
    marker::STATE,
    work::WORK,
    marker::MERGE_HEAD,
    marker::MERGE_MODE,
    marker::MERGE_MESSAGE,
    "HEAD",
    "config",
    "index",
    "info",
    "logs",
    "logs/HEAD",
    "objects",
    "objects/pack",
    "packed-refs",
    "refs",
    "shallow",
];

/// What is in a directory, according to HEAD and the marker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Head {
    /// Nothing, or an empty directory.
    Absent,
    /// Only a git directory without references and without an index: a clone was killed.
    HalfClone,
    /// Something that is not the top of a git repository.
    NotGit,
    /// A symbolic link: the directory itself, its `.git`, or a file of the git directory that oca writes. oca does not
    /// touch the target of the link.
    Link(PathBuf),
    /// A git directory with this commit at HEAD, and neither an index nor a file: git was stopped before it checked
    /// anything out.
    Unfilled(CommitId),
    /// A complete checkout of oca: HEAD is the commit of the marker.
    Complete(Placed),
    /// A repository that oca did not make, or that is at another commit than oca left it. `None` if HEAD has no commit.
    Other(Option<CommitId>),
}

impl Head {
    /// The commit at HEAD.
    pub(crate) fn commit(&self) -> Option<CommitId> {
        match self {
            Self::Complete(placed) => Some(placed.commit),
            Self::Unfilled(commit) => Some(*commit),
            Self::Other(commit) => *commit,
            Self::Absent | Self::HalfClone | Self::NotGit | Self::Link(_) => None,
        }
    }
}

impl Checkout {
    /// What is here. If the marker matches HEAD, no repository is opened.
    pub(crate) fn head(&self) -> Result<Head, Error> {
        if let Some(link) = self.link() {
            return Ok(Head::Link(link));
        }
        let git = self.git_directory();
        let Some(head) = read_if_there(&git.join("HEAD")).ok().flatten() else { return self.without_git() };
        let head = String::from_utf8_lossy(&head);
        if let Some(placed) = self.marker()?
            && CommitId::parse(head.trim()).is_ok_and(|commit| commit == placed.commit)
            && !git.join(JOURNAL).exists()
        {
            return Ok(Head::Complete(placed));
        }
        Ok(match head_of(&self.path)? {
            None if self.is_half_clone() => Head::HalfClone,
            Some(commit) if !git.join("index").exists() && self.has_no_file() => Head::Unfilled(commit),
            commit => Head::Other(commit),
        })
    }

    /// The first symbolic link through which oca would write.
    pub(in crate::git) fn link(&self) -> Option<PathBuf> {
        let own = self.path.join(".git");
        if let Some(link) = [&self.path, &own].into_iter().find(|path| path.is_symlink()) {
            return Some(link.clone());
        }
        let git = self.git_directory();
        WRITTEN.iter().map(|name| git.join(name)).find(|path| path.is_symlink())
    }

    /// Whether there is only a git directory, without references and without an index.
    fn is_half_clone(&self) -> bool {
        let git = self.path.join(".git");
        let references = walkdir::WalkDir::new(git.join("refs")).into_iter().filter_map(Result::ok);
        let is_empty = !["index", "packed-refs", "logs"].iter().any(|name| git.join(name).exists())
            && !references.into_iter().any(|entry| !entry.file_type().is_dir());
        self.has_no_file() && git.is_dir() && !git.is_symlink() && is_empty
    }

    /// Whether nothing is beside `.git`.
    fn has_no_file(&self) -> bool {
        let mut entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.all(|entry| entry.file_name() == ".git")
    }

    fn without_git(&self) -> Result<Head, Error> {
        match fs::read_dir(&self.path) {
            Ok(mut entries) => Ok(match entries.next() {
                None => Head::Absent,
                Some(_) if self.is_half_clone() => Head::HalfClone,
                Some(_) => Head::NotGit,
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Head::Absent),
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(Head::NotGit),
            Err(error) => Ok(Err(error).at("read", &self.path)?),
        }
    }

    /// The directory with HEAD, the marker and the journal. For a submodule, it is the target of the file `.git`.
    pub(super) fn git_directory(&self) -> PathBuf {
        // oca does not manage linked work trees, nor work trees of other repositories. Their objects are elsewhere.
        let is_ours = |git: &PathBuf| !git.join("commondir").exists() && is_of_submodule(&self.path, git);
        let of_submodule = git_file(&self.path).filter(is_ours);
        of_submodule.unwrap_or_else(|| self.path.join(".git"))
    }
}

/// Whether a git directory is in the `modules` directory of a repository around the work tree.
fn is_of_submodule(work_tree: &Path, git: &Path) -> bool {
    let (Ok(work_tree), Ok(git)) = (work_tree.canonicalize(), git.canonicalize()) else { return false };
    work_tree.ancestors().skip(1).any(|above| {
        let own = git_file(above).unwrap_or_else(|| above.join(".git"));
        own.join("modules").canonicalize().is_ok_and(|modules| git != modules && git.starts_with(modules))
    })
}

/// The commit at HEAD. `None` if there is no repository or no commit. It is an error if the repository cannot be read.
fn head_of(work_tree: &Path) -> Result<Option<CommitId>, Error> {
    pipes::refuse(work_tree)?;
    match Repository::open(work_tree) {
        Ok(repository) => Ok(head_commit(&repository)),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(Error::from(error).in_checkout(work_tree)),
    }
}
