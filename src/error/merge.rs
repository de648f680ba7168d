//! Errors of commands that name a merge or a patch.

use std::path::{Path, PathBuf};

use super::Error;
use crate::repo::{CommitId, RepoName, counted, first_names, quoted_list, typed};
use crate::report::Failure;

#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    #[error("there is no merge `{word}`")]
    Unknown {
        word: String,
        /// The merges of the repository.
        known: Vec<String>,
    },
    /// `lock --check --upstream` made the merges anew.
    #[error("{} not proven by {}", counted(steps.len(), "step is", "steps are"), if steps.len() == 1 { "its merge" } else { "their merges" })]
    Unproven { steps: Vec<String> },
    /// A step says that it was made automatically.
    #[error("{} not what {}", counted(steps.len(), "step is", "steps are"), if steps.len() == 1 { "its merge gives" } else { "their merges give" })]
    Forged { steps: Vec<String> },
    /// With `--strict`.
    #[error("some branches do not contain the commits of the lock any more")]
    Astray,
    /// The checkouts are made, and nothing is staged.
    #[error("the merges of {} are not pushed yet, so nothing is staged", quoted_list(&repos.iter().map(ToString::to_string).collect::<Vec<_>>()))]
    Unpushed { repos: Vec<RepoName> },
    #[error("there is no patch `{}`, which `repos.toml` declares", file.display())]
    NoPatch {
        file: PathBuf,
        repo: RepoName,
        /// As declared.
        path: String,
    },
    /// At least two.
    #[error("{} patches of `repos.toml` are not there: {}", paths.len(), quoted_list(paths))]
    NoPatches { paths: Vec<String> },
    #[error("the checkout of `{repo}` has no commits of yours")]
    NoCommits { repo: RepoName, path: PathBuf },
    #[error("`{repo}` has changes that are not committed, in {}", first_names(files))]
    NotCommitted { repo: RepoName, files: Vec<String> },
    #[error("the commits in the checkout of `{repo}` are not on top of the locked commit")]
    NotOnTop {
        repo: RepoName,
        path: PathBuf,
        /// The locked commit. The checkout has it.
        locked: CommitId,
        base: PatchBase,
    },
    #[error("the name of the patch leads out of the project: `{word}`")]
    PatchOutside { word: String },
    /// oca writes through none.
    #[error("`{}` is a symlink", link.display())]
    PatchLink { link: PathBuf },
    /// The patch that `oca patch` made. It is not written.
    #[error("the patch does not fit `{repo}` in profile `{profile}`{}", why.as_ref().map_or_else(String::new, |why| format!(": {why}")))]
    UnfitPatch {
        repo: RepoName,
        /// Another one than that of the commits.
        profile: String,
        why: Option<String>,
        /// What to do to have the patch in the profile of the commits only.
        cure: String,
    },
    /// The lock does not have the tree of HEAD.
    #[error("the patch does not give the content of the checkout of `{repo}`")]
    OtherResult { repo: RepoName },
    #[error("the checkout of `{repo}` is not in work")]
    NotInWork { repo: RepoName },
    #[error("the checkout of `{repo}` is on no branch")]
    NoBranch { repo: RepoName },
    #[error("the checkout of `{repo}` has a branch `{branch}` already, at another commit")]
    BranchExists { repo: RepoName, branch: String },
    #[error("in submodule mode, the checkout of `{repo}` belongs to the surrounding repository")]
    NoClone { repo: RepoName },
    #[error("`repos.local.toml` lists `{repo}` in `skip`")]
    Skipped { repo: RepoName },
    #[error("nothing of `{repo}` is open")]
    NoResolve { repo: RepoName },
    #[error("`{what}` is open already")]
    ResolveOpen { repo: RepoName, what: String },
    /// The person typed `git merge --abort`, or oca was killed.
    #[error("`{what}` is not open any more, and nothing was committed")]
    ResolveClosed { repo: RepoName, what: String },
    #[error("the checkout of `{repo}` is not where `{what}` was opened")]
    ResolveElsewhere { repo: RepoName, what: String },
    #[error("`repos.toml` or the lock has changed for `{repo}` since `oca resolve {repo}`")]
    ResolveOutdated { repo: RepoName },
    #[error("`{}` is not a file that oca wrote", file.display())]
    BadState { file: PathBuf },
    #[error("`{}` has version {version}; this oca reads version {known}", file.display())]
    NewerState { file: PathBuf, version: u32, known: u32 },
    #[error("`{repo}` still has conflicts in {}", first_names(files))]
    Unmerged { repo: RepoName, files: Vec<String> },
    #[error("`{repo}` still has markers of conflicts in {}", first_names(files))]
    Marked { repo: RepoName, files: Vec<String> },
    #[error("`{repo}` has changes that are not staged, in {}", first_names(files))]
    NotStaged { repo: RepoName, files: Vec<String> },
    /// A person resolved its conflict with what is there without it.
    #[error("`{path}` changes nothing in `{repo}` any more")]
    NeedlessPatch { repo: RepoName, path: String },
    /// The file of a patch, while its conflict was open.
    #[error("`{path}` was changed since it was opened")]
    ChangedPatch { repo: RepoName, path: String },
    /// Another entry uses the patch, too, so that it would not fit there any more.
    #[error("`{path}`, as you resolved it for `{repo}`, does not fit profile `{profile}`{}{why}", if why.is_empty() { "" } else { ": " })]
    SharedPatch {
        repo: RepoName,
        path: String,
        profile: String,
        /// Of the table of the repository in the profile.
        header: String,
        /// May be empty.
        why: String,
    },
    /// They would be lost.
    #[error("`{repo}` has changes that are not of the merge, in {}", first_names(files))]
    Strangers { repo: RepoName, files: Vec<String> },
    /// The directory did not exist before, so all of it would be deleted.
    #[error(
        "`{repo}` has files that git ignores: {}; they would be deleted with the checkout",
        first_names(files)
    )]
    Ignored { repo: RepoName, files: Vec<String> },
    /// The same.
    #[error("`{repo}` has work that is not of the merge: {work}")]
    OwnCommits { repo: RepoName, work: String },
    #[error("`{word}` names nothing to merge into `{repo}`: {why}")]
    Invalid { word: String, repo: String, why: String },
    #[error("`{word}` names several merges")]
    Several { word: String, known: Vec<String> },
    #[error("`--module` selects modules of a repository, not of the merge `{word}`")]
    OfModule { word: String },
    /// A merge conflicts, so nothing was written.
    #[error("`{}` is not changed, because a merge conflicts", file.display())]
    NotRewritten {
        file: PathBuf,
        /// How the user makes the change, in words.
        by_hand: String,
        repo: RepoName,
        /// Whether the project has submodules, so that `oca resolve` does not work there.
        in_submodules: bool,
        cause: Box<Error>,
    },
    #[error("profile `{profile}` has `{word}` from `[{header}]`")]
    Shared { word: String, profile: String, header: String },
    #[error("profile `{profile}` does not have `{word}`")]
    OtherProfile { word: String, profile: String },
    #[error(
        "a `.gitmodules` needs commits that a server has, but those of {} are merged by oca",
        first_names(names)
    )]
    OnNoServer { names: Vec<String> },
}

/// What is under the commits of the user, which are not on top of the locked one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PatchBase {
    /// A commit that oca checked out.
    Placed(CommitId),
    /// That of the locked commit: the user amended it.
    Amended,
    Unknown,
}

impl MergeError {
    /// 1: the answer is no; 2: usage or configuration.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::NotRewritten { cause, .. } => cause.exit_code(),
            Self::Unknown { .. }
            | Self::NoPatch { .. }
            | Self::NoPatches { .. }
            | Self::Invalid { .. }
            | Self::Several { .. }
            | Self::OfModule { .. }
            | Self::OtherProfile { .. }
            | Self::Shared { .. }
            | Self::OnNoServer { .. }
            | Self::NoClone { .. }
            | Self::Skipped { .. }
            | Self::BadState { .. }
            | Self::NewerState { .. }
            | Self::PatchOutside { .. }
            | Self::PatchLink { .. } => 2,
            Self::Unproven { .. }
            | Self::Forged { .. }
            | Self::Astray
            | Self::Unpushed { .. }
            | Self::NoCommits { .. }
            | Self::NotCommitted { .. }
            | Self::NotInWork { .. }
            | Self::NoBranch { .. }
            | Self::BranchExists { .. }
            | Self::NotOnTop { .. }
            | Self::OtherResult { .. }
            | Self::UnfitPatch { .. }
            | Self::NoResolve { .. }
            | Self::ResolveOpen { .. }
            | Self::ResolveClosed { .. }
            | Self::ResolveElsewhere { .. }
            | Self::ResolveOutdated { .. }
            | Self::Unmerged { .. }
            | Self::Marked { .. }
            | Self::NotStaged { .. }
            | Self::NeedlessPatch { .. }
            | Self::ChangedPatch { .. }
            | Self::SharedPatch { .. }
            | Self::Strangers { .. }
            | Self::Ignored { .. }
            | Self::OwnCommits { .. } => 1,
        }
    }

    /// What to type next.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Unknown { known, .. } if known.is_empty() => {
                "declare it in `merges` of the repository in `repos.toml`".to_owned()
            }
            Self::Unknown { known, .. } => format!("the merges are {}", quoted_list(known)),
            Self::Unproven { steps } => {
                let accept: String = steps.iter().map(|step| format!(" --accept {}", typed(step))).collect();
                format!("look at the steps, then accept them with `oca lock --check --upstream{accept}`")
            }
            Self::Forged { steps } => {
                let steps: String = steps.iter().map(|step| format!(" {}", typed(step))).collect();
                format!("ask who changed them, then make them again with `oca lock --upgrade{steps}`")
            }
            Self::Astray => {
                "take the new commits with `oca lock --upgrade`, or run the command without `--strict`"
                    .to_owned()
            }
            Self::Unpushed { .. } => "run `oca sync --push`".to_owned(),
            Self::NoPatch { repo, path, .. } => after_missing(repo, path),
            Self::NoPatches { paths } => after_all_missing(paths),
            Self::NoCommits { path, .. } => format!("commit your changes in `{}`", path.display()),
            Self::NotCommitted { repo, .. } => {
                format!("commit them, or move them away, and run `oca patch {repo}` again")
            }
            Self::NotOnTop { repo, path, locked, base } => {
                format!(
                    "{}, then `oca patch {repo}`; the checkout has the locked commit now",
                    on_top(path, locked, base)
                )
            }
            Self::PatchOutside { .. } => "use a name such as `patches/web-title.patch`".to_owned(),
            Self::PatchLink { .. } => "put the patch itself there instead of the link".to_owned(),
            Self::OtherResult { .. } => "write the patch with `git format-patch` instead".to_owned(),
            Self::UnfitPatch { cure, .. } => cure.clone(),
            Self::NotInWork { repo } => format!("run `oca sync {repo}` to check out the locked commit"),
            Self::NoBranch { repo } => {
                format!(
                    "name a request or a branch: `oca work {repo}#2950`, `oca work {repo} --branch 18.0-fix`"
                )
            }
            Self::BranchExists { repo, branch } => {
                format!("run `git switch {branch}` in the checkout, then `oca work {repo}`")
            }
            Self::NoClone { .. } => {
                "run the command in a project with `mode = \"clone\"`, and commit the lock".to_owned()
            }
            Self::Skipped { .. } => "remove it from `skip`".to_owned(),
            Self::NoResolve { repo } => format!("run `oca resolve {repo}` to open what conflicts"),
            Self::ResolveOpen { repo, .. } => {
                format!("run `oca resolve {repo} --continue`, or `oca resolve {repo} --abort` to give up")
            }
            Self::ResolveClosed { repo, .. } => {
                format!(
                    "run `oca resolve {repo}` to open it again, or `oca resolve {repo} --abort` to give up"
                )
            }
            Self::ResolveElsewhere { repo, .. } | Self::ResolveOutdated { repo } => {
                format!("run `oca resolve {repo} --abort`, then `oca resolve {repo}`")
            }
            Self::BadState { .. } => {
                "keep a copy of what you resolved, delete the file, then run `oca sync --force`".to_owned()
            }
            Self::NewerState { .. } => "update oca".to_owned(),
            Self::Unmerged { repo, .. } => and_continue("resolve them, `git add` them", repo),
            Self::Marked { repo, .. } => and_continue("remove the markers, `git add` the files", repo),
            Self::NotStaged { repo, .. } => and_continue("`git add` them, or discard them", repo),
            Self::NeedlessPatch { repo, path } => format!(
                "run `oca resolve {repo} --abort`, then `oca remove {}`",
                typed(&format!("{repo}#{path}"))
            ),
            Self::ChangedPatch { repo, .. } => format!(
                "undo that change, and run `oca resolve {repo} --continue`; or run `oca resolve {repo} --abort`, then `oca resolve {repo}`"
            ),
            Self::SharedPatch { repo, header, .. } => {
                and_continue(&format!("copy the file, name the copy in `patches` of `[{header}]`"), repo)
            }
            Self::Strangers { repo, .. } => and_abort("copy them to another place, undo them", repo),
            Self::Ignored { repo, .. } => and_abort("move them to another place, or delete them", repo),
            Self::OwnCommits { repo, .. } => and_abort("push it, or delete it", repo),
            Self::Invalid { repo, .. } => {
                format!("write it as `{repo}#2950`, `{repo}#BRANCH` or `'{repo}#URL BRANCH'`")
            }
            Self::Several { known, .. } => format!("name one of {}", quoted_list(known)),
            Self::OfModule { .. } => {
                "leave out `--module`, then write `modules` into the entry of `merges` in `repos.toml`"
                    .to_owned()
            }
            Self::NotRewritten { by_hand, repo, in_submodules, cause, .. } => {
                after_not_rewritten(by_hand, repo, *in_submodules, cause)
            }
            Self::OtherProfile { .. } | Self::Shared { .. } => {
                "leave out `--profile` to remove it for all profiles".to_owned()
            }
            Self::OnNoServer { .. } => {
                "use `oca export --repos-yaml`, or set `push-url` and push them with `oca sync --push`"
                    .to_owned()
            }
        }
    }
}

/// The hint after a change that a conflict prevents. `by_hand` says how the user makes it.
fn after_not_rewritten(by_hand: &str, repo: &RepoName, in_submodules: bool, cause: &Error) -> String {
    let place = if in_submodules { " in a project with `mode = \"clone\"`" } else { "" };
    let failed = match cause {
        Error::Repos { failures } => failures.iter().find(|failure| failure.name == *repo),
        _ => None,
    };
    let oca = failed.map_or_else(|| "oca".to_owned(), Failure::oca);
    format!("{by_hand}, then run `{oca} resolve {repo}`{place}")
}

/// The hint after a patch that is not there.
fn after_missing(repo: &RepoName, path: &str) -> String {
    format!(
        "restore the file; if it was never committed, run `git add {0}` in the clone that has it, and commit it; in the build of an image, add `!{path}` to `.dockerignore`; if nobody needs it, run `oca remove {1}`",
        typed(path),
        typed(&format!("{repo}#{path}"))
    )
}

/// The same for several patches.
fn after_all_missing(paths: &[String]) -> String {
    format!(
        "restore the files; if they were never committed, run `git add {}` in the clone that has them, and commit them; in the build of an image, add `!{}` and the others to `.dockerignore`",
        paths.iter().map(|path| typed(path)).collect::<Vec<_>>().join(" "),
        paths.first().map(String::as_str).unwrap_or_default()
    )
}

fn and_continue(first: &str, repo: &RepoName) -> String {
    format!("{first}, and run `oca resolve {repo} --continue`")
}

fn and_abort(first: &str, repo: &RepoName) -> String {
    format!("{first}, and run `oca resolve {repo} --abort`")
}

/// How to put commits on top of a locked commit.
fn on_top(checkout: &Path, locked: &CommitId, base: &PatchBase) -> String {
    let git = format!("git -C {}", typed(&checkout.display().to_string()));
    let locked = locked.short();
    match base {
        PatchBase::Placed(since) => format!("run `{git} rebase --onto {locked} {}`", since.short()),
        PatchBase::Amended => format!(
            "your commit replaces the locked one: run `{git} reset --soft {locked}` and `{git} commit` to keep what you changed as a commit of its own"
        ),
        // Without a branch, only the reflog would lead to them.
        PatchBase::Unknown => format!(
            "run `{git} branch mine HEAD`, `{git} checkout --detach {locked}`, then `{git} cherry-pick COMMIT` for each of your commits in `{git} log mine`"
        ),
    }
}
