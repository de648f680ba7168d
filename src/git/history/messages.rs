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
        Some(Self {
            author,
            title: message.trim_start().lines().next().unwrap_or_default().trim().to_owned(),
        })
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
    /// The title of this request, where the forge writes it into the merge.
    pub(in crate::git) request_title: Option<String>,
}

impl Message {
    pub(super) fn read(text: &str) -> Option<Self> {
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
        let request_title = request.and_then(|_| request_title(&signature.title, text)).map(str::to_owned);
        Some(Self { signature, time, reverts, tree, request, request_title })
    }
}

/// The number of the request that a commit merges: `Merge PR #12 into 18.0` of OCA's bot, `Merge pull request #12 from` and
/// `Title (#12)` of GitHub, `Merge pull request 'Title' (#12) from` of Gitea and Forgejo, `Merged in x (pull request #12)`
/// of Bitbucket, `See merge request group/project!12` of GitLab.
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
    if title.starts_with(OF_GITEA) {
        return title.rsplit_once("(#").and_then(|(_, rest)| first_number(rest));
    }
    if let Some((_, end)) = title.rsplit_once("(#").or_else(|| title.rsplit_once("(pull request #"))
        && let Some(number) = end.strip_suffix(')')
        && let Ok(number) = number.parse()
    {
        return Some(number);
    }
    let of_gitlab = |line: &str| line.strip_prefix(OF_GITLAB)?.rsplit_once('!')?.1.trim().parse().ok();
    text.lines().rev().find_map(of_gitlab)
}

/// How the merges of Gitea and Forgejo begin.
const OF_GITEA: &str = "Merge pull request '";

/// How the last line of a merge of GitLab begins.
const OF_GITLAB: &str = "See merge request ";

/// The title of the request in its merge: GitHub and GitLab write it below their own title, Gitea and Forgejo into it.
fn request_title<'t>(title: &'t str, text: &'t str) -> Option<&'t str> {
    if let Some(rest) = title.strip_prefix(OF_GITEA) {
        return rest.rsplit_once("' (#").map(|(title, _)| title.trim());
    }
    let is_of_gitlab = title.starts_with("Merge branch ") && text.contains(OF_GITLAB);
    if !title.starts_with("Merge pull request #") && !is_of_gitlab {
        return None;
    }
    let (_, message) = text.split_once("\n\n")?;
    let below = message.trim_start().lines().skip(1).map(str::trim).find(|line| !line.is_empty());
    below.filter(|line| !line.starts_with(OF_GITLAB))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a commit with this message.
    fn read(message: &str) -> Message {
        let who = "Odo Test <odo@example.com> 1729814400 +0000";
        let tree = "1".repeat(40);
        let text = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\n{message}");
        Message::read(&text).expect("a commit")
    }

    #[test]
    fn the_request_is_read_as_each_forge_writes_it() {
        let all = [
            "Merge PR #2964 into 16.0\n\nSigned-off-by pedrobaeza",
            "Merge pull request #12 from acme/18.0-fix\n\n[FIX] web_x: the menu",
            "Merge pull request #12 from acme/18.0-fix",
            "[FIX] web_x: the menu (#12)\n\n* one\n* two",
            "Merge pull request '[FIX] web_x: the menu' (#12) from fix into 18.0",
            "Merged in fix (pull request #12)\n\n[FIX] web_x: the menu",
            "Merge branch 'fix' into '18.0'\n\n[FIX] web_x: the menu\n\nSee merge request acme/odoo/web!12",
            "Merge branch 'fix' into '18.0'\n\nSee merge request acme/odoo/web!12\n",
            "Merge branch '18.0' into fix\n\nNot a title",
            "[FIX] web_x: as in (#12) of another one",
            "[FIX] web_x: (#x)",
            "Merge PR #99999999999999999999999 into 16.0",
            "Merge PR #",
        ]
        .map(|message| {
            let Message { request, request_title, .. } = read(message);
            let first = message.lines().next().unwrap_or_default();
            let request = request.map_or("-".to_owned(), |number| number.to_string());
            format!("{first} -> {request} {}\n", request_title.as_deref().unwrap_or("-"))
        });
        insta::assert_snapshot!(all.concat(), @"
        Merge PR #2964 into 16.0 -> 2964 -
        Merge pull request #12 from acme/18.0-fix -> 12 [FIX] web_x: the menu
        Merge pull request #12 from acme/18.0-fix -> 12 -
        [FIX] web_x: the menu (#12) -> 12 -
        Merge pull request '[FIX] web_x: the menu' (#12) from fix into 18.0 -> 12 [FIX] web_x: the menu
        Merged in fix (pull request #12) -> 12 -
        Merge branch 'fix' into '18.0' -> 12 [FIX] web_x: the menu
        Merge branch 'fix' into '18.0' -> 12 -
        Merge branch '18.0' into fix -> - -
        [FIX] web_x: as in (#12) of another one -> - -
        [FIX] web_x: (#x) -> - -
        Merge PR #99999999999999999999999 into 16.0 -> - -
        Merge PR # -> - -
        ");
    }
}
