//! Why something cannot be merged.

use crate::git;
use crate::patch;
use crate::repo::{CommitId, MergeRef, RepoPath, UnreadableTree, quoted_list};

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
    #[error("it has several merge bases with the pin: {}", quoted_list(&commits.iter().map(CommitId::short).collect::<Vec<_>>()))]
    SeveralBases { commits: Vec<CommitId> },
    /// The remote is a shallow copy itself.
    #[error("the remote does not have the history of commit `{commit}`")]
    Shallow { commit: CommitId },
    #[error("the request does not change the module directory `{module}`")]
    Untouched { module: RepoPath },
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
            Self::Shallow { .. } => "make the remote complete with `git fetch --unshallow`".to_owned(),
            Self::Untouched { .. } => "remove it from `modules` of the merge".to_owned(),
            Self::Git(error) => return error.hint(of),
            Self::OtherTree | Self::Patch(_) | Self::Tree(_) => return None,
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
