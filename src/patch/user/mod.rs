//! The patches of the user: what `git diff`, `git format-patch` and `diff -u` write, in the forms that people keep.
//!
//! They have no exact place, so a hunk may move, as with `git apply`; no line may differ. [`UserPatch::onto`] turns them
//! into the files of a step.

mod binary;
mod locate;
mod mail;
mod onto;
mod read;
#[cfg(all(test, unix))]
mod tests;
mod write;

use super::lines::Placed;
use super::model::FileMode;
use crate::repo::RepoPath;

pub(crate) use mail::About;
pub(crate) use read::parse_user;
pub(crate) use write::{MailedCommit, mails, refreshed, rewritten, title_of};

/// A patch of the user: one difference, or several mails that follow each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserPatch {
    mails: Vec<Mail>,
}

#[derive(Clone, Debug, Default)]
struct Mail {
    about: Option<About>,
    files: Vec<UserFile>,
}

/// The change of one file. Both paths are the same, except in a copy or when a file moves.
#[derive(Clone, Debug)]
struct UserFile {
    /// The number of its first line.
    line: usize,
    old: Option<RepoPath>,
    new: Option<RepoPath>,
    /// The old path stays.
    is_copy: bool,
    old_mode: Option<FileMode>,
    new_mode: Option<FileMode>,
    /// The id of the old content, or its beginning.
    old_id: Option<String>,
    content: UserContent,
}

#[derive(Clone, Debug)]
enum UserContent {
    Same,
    Hunks(Vec<Placed>),
    Literal(Vec<u8>),
    /// How git makes the new content from the old one.
    Delta(Vec<u8>),
}

impl UserPatch {
    /// What the first mail says about itself. `None` if the patch has no mails.
    pub(crate) fn about(&self) -> Option<&About> {
        self.mails.first()?.about.as_ref()
    }

    /// The number of the line with which its first file begins, counted from 1.
    fn first_line(&self) -> usize {
        self.mails.iter().flat_map(|mail| &mail.files).map(|file| file.line).min().unwrap_or(1)
    }
}
