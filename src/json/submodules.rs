//! Submodules against the lock.

use serde::Serialize;

use crate::report::SubmoduleDifference;

/// `oca submodules`: how `.gitmodules` and the index differ from the lock. Without `--check`, the differences are those
/// that were found before the repair.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SubmodulesReport<'a> {
    pub(crate) fresh: bool,
    pub(crate) differences: Vec<SubmoduleFault<'a>>,
    /// What is not a difference, in words.
    pub(crate) notes: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SubmoduleFault<'a> {
    pub(crate) kind: SubmoduleFaultKind,
    /// The path in `.gitmodules` or the index; `null` if the difference is about the whole `.gitmodules`.
    pub(crate) path: Option<&'a str>,
    /// The difference in words.
    pub(crate) message: String,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SubmoduleFaultKind {
    /// It is declared, but not a submodule.
    Missing,
    /// A gitlink without an entry in `.gitmodules`.
    Phantom,
    /// It is declared and has an entry, but no gitlink.
    NoGitlink,
    /// An entry that is not declared and has no gitlink.
    Stale,
    /// Another entry for the same path.
    Duplicate,
    Commit,
    Url,
    Branch,
    /// It is at another path than declared.
    Path,
    /// A second submodule of the same repository.
    Second,
    /// A submodule among the checkouts that no profile declares.
    Undeclared,
    /// The surrounding repository has files of its own there.
    Tracked,
    /// The index has another `.gitmodules` than the work tree.
    Unstaged,
}

impl<'a> SubmodulesReport<'a> {
    pub(crate) fn of(differences: &'a [SubmoduleDifference], notes: &'a [String]) -> Self {
        let fresh = differences.is_empty();
        Self { fresh, differences: differences.iter().map(SubmoduleFault::of).collect(), notes }
    }
}

impl<'a> SubmoduleFault<'a> {
    fn of(difference: &'a SubmoduleDifference) -> Self {
        use SubmoduleDifference as Is;
        use SubmoduleFaultKind as Kind;
        let (kind, path) = match difference {
            Is::Missing { path } => (Kind::Missing, Some(path)),
            Is::Phantom { path, .. } => (Kind::Phantom, Some(path)),
            Is::NoGitlink { path } => (Kind::NoGitlink, Some(path)),
            Is::Stale { path, .. } => (Kind::Stale, Some(path)),
            Is::Duplicate { path, .. } => (Kind::Duplicate, Some(path)),
            Is::Commit { path, .. } => (Kind::Commit, Some(path)),
            Is::Url { path, .. } => (Kind::Url, Some(path)),
            Is::Branch { path, .. } => (Kind::Branch, Some(path)),
            Is::Path { found, .. } => (Kind::Path, Some(found)),
            Is::Second { path, .. } => (Kind::Second, Some(path)),
            Is::Undeclared { path } => (Kind::Undeclared, Some(path)),
            Is::Tracked { path, .. } => (Kind::Tracked, Some(path)),
            Is::Unstaged => (Kind::Unstaged, None),
        };
        Self { kind, path: path.map(String::as_str), message: difference.to_string() }
    }
}
