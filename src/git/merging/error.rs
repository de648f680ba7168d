//! Why something cannot be merged.

use crate::git;
use crate::patch;
use crate::repo::{CommitId, MergeRef, RepoPath, UnreadableTree, first_names};

/// An error of a merge. The caller adds which merge it is. A conflict is not an error: see
/// [`Conflict`](super::Conflict).
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the remote has no {}", in_words(merge))]
    MissingRef { merge: MergeRef },
    #[error("the remote has both a branch and a tag `{name}`, and they are different commits")]
    Ambiguous { name: String },
    #[error("it has no commit in common with the pin `{pin}`")]
    Unrelated { pin: CommitId },
    /// The history was merged in both directions.
    #[error("it has several merge bases with the pin: {}", first_names(&commits.iter().map(CommitId::short).collect::<Vec<_>>()))]
    SeveralBases { commits: Vec<CommitId> },
    #[error("the request does not change the module directory `{module}`")]
    Untouched { module: RepoPath },
    /// The step cannot be merged onto a new base.
    #[error("a step of the old lock is missing")]
    Forgotten,
    /// Checked after each merge. It is a fault of oca.
    #[error("the patch of the merge does not give the merged tree")]
    OtherTree,
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Patch(#[from] patch::Error),
    #[error(transparent)]
    Tree(#[from] UnreadableTree),
}

impl From<git2::Error> for Error {
    fn from(error: git2::Error) -> Self {
        Self::Git(error.into())
    }
}

impl Error {
    /// The text of the hint: what to type next. `None` if there is nothing to say.
    pub(crate) fn hint(&self, of: git::HintContext<'_>) -> Option<String> {
        Some(match self {
            Self::MissingRef { .. } => "check the number or the name, and the url".to_owned(),
            Self::Ambiguous { name } => {
                format!("write `refs/heads/{name}` for the branch, or `refs/tags/{name}` for the tag")
            }
            Self::Unrelated { .. } => "check that it belongs to this repository and series".to_owned(),
            Self::SeveralBases { .. } => "rebase the request onto its branch".to_owned(),
            Self::Untouched { .. } => "remove it from `modules` of the merge".to_owned(),
            Self::Git(error) => return error.hint(of),
            Self::Forgotten => "restore `oca.lock.d` from git".to_owned(),
            Self::Patch(_) => {
                let name = of.name.unwrap_or("NAME");
                format!(
                    "make the patch again on the locked commit: commit the change in its checkout, and run `oca patch {name}`"
                )
            }
            Self::OtherTree | Self::Tree(_) => return None,
        })
    }
}

fn in_words(merge: &MergeRef) -> String {
    match merge {
        MergeRef::Request(number) => format!("pull or merge request `#{number}`"),
        MergeRef::Name(name) => format!("branch or tag `{name}`"),
        MergeRef::Full(name) => format!("ref `{name}`"),
        MergeRef::Commit(commit) => format!("commit `{commit}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::samples::{commit, every_variant};

    #[test]
    fn every_error_says_what_is_wrong_and_what_to_type() {
        let path = || RepoPath::parse(b"web_x").expect("a path");
        let merge = |word| MergeRef::named(word).expect("a merge");
        let errors = every_variant!(Error:
            MissingRef { merge: MergeRef::Request(2950) },
            Ambiguous { name: "fix".to_owned() },
            Unrelated { pin: commit(0xaa) },
            SeveralBases { commits: vec![commit(0xaa), commit(0xbb)] },
            Untouched { module: path() },
            Forgotten {},
            OtherTree {},
            Git(git::Error::Offline),
            Patch(patch::Error::Missing { path: path() }),
            Tree(UnreadableTree::impossible("web_x/.git", "git uses that name"));
            Error::MissingRef { merge: merge("fix") },
            Error::MissingRef { merge: merge("refs/x/y") },
            Error::MissingRef { merge: merge(&"1".repeat(40)) }
        );
        let text = |error: &Error| {
            let hint = error.hint(git::HintContext::default()).map(|hint| format!("\nhint: {hint}"));
            format!("{error}{}", hint.unwrap_or_default())
        };
        insta::assert_snapshot!(errors.iter().map(text).collect::<Vec<_>>().join("\n"), @r"
        the remote has no pull or merge request `#2950`
        hint: check the number or the name, and the url
        the remote has both a branch and a tag `fix`, and they are different commits
        hint: write `refs/heads/fix` for the branch, or `refs/tags/fix` for the tag
        it has no commit in common with the pin `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
        hint: check that it belongs to this repository and series
        it has several merge bases with the pin: `aaaaaaaaaa`, `bbbbbbbbbb`
        hint: rebase the request onto its branch
        the request does not change the module directory `web_x`
        hint: remove it from `modules` of the merge
        a step of the old lock is missing
        hint: restore `oca.lock.d` from git
        the patch of the merge does not give the merged tree
        the remote cannot be asked because oca is offline
        hint: run the command without `--offline` and without `OCA_OFFLINE`
        `web_x` does not exist in the tree
        hint: make the patch again on the locked commit: commit the change in its checkout, and run `oca patch NAME`
        `web_x/.git` cannot be checked out: git uses that name
        the remote has no branch or tag `fix`
        hint: check the number or the name, and the url
        the remote has no ref `refs/x/y`
        hint: check the number or the name, and the url
        the remote has no commit `1111111111111111111111111111111111111111`
        hint: check the number or the name, and the url
        ");
    }
}
