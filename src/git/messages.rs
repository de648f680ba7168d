//! What commits say: their authors, titles and times, and which commits they revert.

use std::collections::HashMap;

use git2::Odb;

use super::ids::oid;
use super::range::Range;
use crate::repo::CommitId;

/// The author and the title of a commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Signature {
    author: String,
    title: String,
}

impl Signature {
    /// Reads the text of a commit.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (header, message) = text.split_once("\n\n")?;
        let author = header.lines().find_map(|line| line.strip_prefix("author "))?;
        let author = author.rsplit_once('>')?.0.to_owned();
        Some(Self { author, title: message.trim_start().lines().next()?.trim().to_owned() })
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }
}

/// What one commit says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Message {
    pub(super) signature: Signature,
    /// The committer date, in seconds since 1970.
    pub(super) time: i64,
    /// The commits that it reverts, as `git revert` writes it.
    pub(super) reverts: Vec<CommitId>,
}

impl Message {
    fn read(text: &str) -> Option<Self> {
        let committer = text.lines().find(|line| line.starts_with("committer "))?;
        let time = committer.rsplit(' ').nth(1)?.parse().ok()?;
        let reverted = |line: &str| {
            let (_, rest) = line.split_once("This reverts commit ")?;
            CommitId::parse(rest.get(..40)?).ok()
        };
        let reverts = text.lines().filter_map(reverted).collect();
        Some(Self { signature: Signature::read(text)?, time, reverts })
    }
}

/// What commits say.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages(HashMap<CommitId, Message>);

impl Messages {
    /// Reads the commits of a range.
    pub(super) fn of(odb: &Odb<'_>, range: &Range) -> Self {
        let read = |commit: &CommitId| {
            let object = odb.read(oid(commit.as_bytes())).ok()?;
            Some((*commit, Message::read(&String::from_utf8_lossy(object.data()))?))
        };
        Self(range.commits.keys().filter_map(read).collect())
    }

    /// What a commit says, if that is known.
    pub(super) fn get(&self, commit: &CommitId) -> Option<&Message> {
        self.0.get(commit)
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}
