//! What happened to the merges and patches of a repository.

use std::fmt;

use crate::git::merging::Conflict;
use crate::repo::{RepoName, Series, day, first_names, typed};

/// Something to say about a merge or a patch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MergeNote {
    /// The merge as it is typed, such as `web#2950`, or the path of the patch.
    pub(crate) what: String,
    pub(crate) kind: MergeNoteKind,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum MergeNoteKind {
    /// The base contains its commit, or OCA's bot merged it; at this time in seconds since 1970, if it is known.
    Absorbed { on: Option<i64> },
    /// A later commit of the branch has it. `on` is as for `Absorbed`.
    Landed { on: Option<i64> },
    /// The base has all of its changes, but not its commit.
    Contained,
    /// It changes nothing after the merges before it.
    Empty,
    /// The patch changes nothing.
    EmptyPatch,
    /// The remote has no such ref any more.
    Gone,
    /// The remote has no such commit any more.
    CommitGone,
    /// Its new commit does not contain the old one.
    Rewritten,
    /// Its branch does not contain the commit of the lock any more.
    Astray,
    /// The base has it, and a later commit of the branch reverts it.
    Reverted,
    /// Its manifests have a version of another series.
    OtherSeries { found: Series, wanted: Series },
    /// It conflicts only in these files, which OCA's bots write.
    Ruled(Vec<String>),
}

impl MergeNote {
    /// Whether the user should know that something is not as declared.
    pub(crate) fn is_warning(&self) -> bool {
        matches!(
            self.kind,
            MergeNoteKind::Gone
                | MergeNoteKind::CommitGone
                | MergeNoteKind::Astray
                | MergeNoteKind::Reverted
                | MergeNoteKind::OtherSeries { .. }
        )
    }
}

/// Says that a request was merged, perhaps with the day.
fn upstream(on: Option<i64>) -> String {
    on.map_or_else(|| "merged upstream".to_owned(), |time| format!("merged upstream on {}", day(time)))
}

impl fmt::Display for MergeNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, kind } = self;
        // As it is typed. A url and its ref are one word only with quotes.
        let word = if what.contains(' ') { typed(what) } else { what.clone() };
        match kind {
            MergeNoteKind::Absorbed { on } => {
                write!(f, "{what}: {}; drop it with `oca remove {word}`", upstream(*on))
            }
            MergeNoteKind::Landed { on } => {
                let repo = what.split_once('#').map_or(&**what, |(repo, _)| repo);
                write!(
                    f,
                    "{what}: {}, after the locked commit; `oca lock --upgrade {repo} --drop-merged` takes it from there",
                    upstream(*on)
                )
            }
            MergeNoteKind::Reverted => {
                write!(
                    f,
                    "`{what}` was merged upstream and then reverted, so its changes are not in the base; if you need them, make a new request or a patch"
                )
            }
            MergeNoteKind::OtherSeries { found, wanted } => {
                write!(f, "`{what}` has modules for {found}, not for {wanted}")
            }
            MergeNoteKind::Contained => {
                write!(f, "{what}: the base has all of its changes; drop it with `oca remove {word}`")
            }
            MergeNoteKind::Empty => write!(f, "{what}: it changes nothing after the merges before it"),
            MergeNoteKind::EmptyPatch => {
                write!(f, "{what}: the patch changes nothing any more; remove it from `patches`")
            }
            MergeNoteKind::Ruled(paths) => {
                write!(
                    f,
                    "{what}: conflicts only in {}; oca decided them, because OCA's bots write such files",
                    first_names(paths)
                )
            }
            MergeNoteKind::Astray => {
                write!(f, "the branch of `{what}` does not contain the commit of the lock any more")
            }
            MergeNoteKind::Rewritten => write!(f, "{what}: its branch was rewritten"),
            MergeNoteKind::Gone => {
                write!(f, "`{what}` does not exist any more on its remote; the lock keeps its commit")
            }
            MergeNoteKind::CommitGone => {
                write!(
                    f,
                    "the commit of `{what}` does not exist any more on its remote; the lock keeps its changes"
                )
            }
        }
    }
}

/// A step of the lock that is not as it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum StepDifference {
    /// Its file, in words.
    File(String),
    /// The branch of a merge does not contain its commit any more, in words.
    Astray(String),
    /// It was not made automatically; `way` is its word in the lock.
    ByHand { what: String, way: &'static str },
    /// It is not what the merge gives.
    Untrue { what: String },
    /// The merge cannot be made any more, because its commit is gone.
    Unproven { what: String },
}

impl fmt::Display for StepDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(words) | Self::Astray(words) => f.write_str(words),
            Self::ByHand { what, way } => {
                write!(f, "the step of `{what}` is not the automatic merge: it was {way}")
            }
            Self::Untrue { what } => write!(f, "the step of `{what}` is not what its merge gives"),
            Self::Unproven { what } => {
                write!(f, "the commit of `{what}` is gone, so its step cannot be compared with the merge")
            }
        }
    }
}

/// Conflicts that only a person can resolve.
#[derive(Clone, Debug)]
pub(crate) struct MergeConflict {
    pub(crate) repo: RepoName,
    /// As in [`MergeNote::what`].
    pub(crate) what: String,
    pub(crate) with: ConflictWith,
    pub(crate) conflicts: Vec<Conflict>,
}

/// What a merge conflicts with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ConflictWith {
    /// The base alone.
    Base,
    /// A merge before it: the first, as it is typed, with which it does not merge any more. `None` if this is not
    /// known: it can be the base, too.
    Earlier { what: Option<String> },
}

impl fmt::Display for MergeConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, with, .. } = self;
        match with {
            ConflictWith::Base => write!(f, "`{what}` conflicts with its branch"),
            ConflictWith::Earlier { what: Some(earlier) } => {
                write!(f, "`{what}` conflicts with the earlier `{earlier}`")
            }
            ConflictWith::Earlier { what: None } => {
                write!(f, "`{what}` conflicts with its branch or with an earlier merge")
            }
        }
    }
}
