//! What commits say: their authors, titles and times, and which commits they revert.

use std::collections::HashMap;

use git2::Odb;

use super::range::Range;
use crate::git::ids::oid;
use crate::repo::{CommitId, TreeId};

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

    /// The name of the author.
    pub(in crate::git) fn author(&self) -> &str {
        self.author.rsplit_once('<').map_or(self.author.as_str(), |(name, _)| name).trim()
    }

    pub(in crate::git) fn title(&self) -> &str {
        &self.title
    }
}

/// What one commit says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::git) struct Message {
    pub(in crate::git) signature: Signature,
    /// The committer date, in seconds since 1970.
    pub(in crate::git) time: i64,
    /// The commits that it reverts, as `git revert` writes it.
    pub(in crate::git) reverts: Vec<CommitId>,
    /// The root tree.
    pub(in crate::git) tree: TreeId,
    /// The number of the request that it merges, as OCA's bot and the forges write it.
    pub(in crate::git) request: Option<u64>,
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
        let tree = text.lines().next()?.strip_prefix("tree ")?;
        let (tree, signature) = (TreeId::parse(tree).ok()?, Signature::read(text)?);
        let request = request_of(&signature.title, text);
        Some(Self { signature, time, reverts, tree, request })
    }
}

/// The number of the request that a commit merges: `Merge PR #12 into 18.0` of OCA's bot, `Merge pull request #12 from`
/// and `Title (#12)` of GitHub and Gitea, `See merge request group/project!12` of GitLab.
fn request_of(title: &str, text: &str) -> Option<u64> {
    let first_number = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse().ok()
    };
    for start in ["Merge PR #", "Merge pull request #"] {
        if let Some(rest) = title.strip_prefix(start) {
            return first_number(rest);
        }
    }
    if let Some((_, end)) = title.rsplit_once("(#")
        && let Some(number) = end.strip_suffix(')')
        && let Ok(number) = number.parse()
    {
        return Some(number);
    }
    let of_gitlab =
        |line: &str| line.strip_prefix("See merge request ")?.rsplit_once('!')?.1.trim().parse().ok();
    text.lines().rev().find_map(of_gitlab)
}

/// What commits say.
#[derive(Clone, Debug, Default)]
pub(in crate::git) struct Messages(HashMap<CommitId, Message>);

impl Messages {
    /// Reads the commits of a range.
    pub(in crate::git) fn of(odb: &Odb<'_>, range: &Range) -> Self {
        let read = |commit: &CommitId| {
            let object = odb.read(oid(commit.as_bytes())).ok()?;
            Some((*commit, Message::read(&String::from_utf8_lossy(object.data()))?))
        };
        Self(range.commits.keys().filter_map(read).collect())
    }

    /// What a commit says, if that is known.
    pub(in crate::git) fn get(&self, commit: &CommitId) -> Option<&Message> {
        self.0.get(commit)
    }

    /// Those of the commits of a range.
    pub(in crate::git) fn of_range(&self, range: &Range) -> Self {
        let of = |commit: &CommitId| Some((*commit, self.0.get(commit)?.clone()));
        Self(range.commits.keys().filter_map(of).collect())
    }

    pub(in crate::git) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}
