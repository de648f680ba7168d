//! Errors of commands that name a merge or a patch.

use std::path::PathBuf;

use super::Error;
use crate::repo::{RepoName, counted, first_names, quoted_list, typed};

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
    NoPatch { file: PathBuf },
    #[error("the checkout of `{repo}` has no commits of yours")]
    NoCommits { repo: RepoName, path: PathBuf },
    #[error("`{repo}` has changes that are not committed, in {}", first_names(files))]
    NotCommitted { repo: RepoName, files: Vec<String> },
    #[error("the commits in the checkout of `{repo}` are not on top of the locked commit")]
    NotOnTop { repo: RepoName },
    #[error("the name of the patch leads out of the project: `{word}`")]
    PatchOutside { word: String },
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
    #[error("no merge of `{repo}` is open")]
    NoResolve { repo: RepoName },
    #[error("the merge of `{what}` is open already")]
    ResolveOpen { repo: RepoName, what: String },
    /// The person typed `git merge --abort`, or oca was killed.
    #[error("the merge of `{what}` is not open any more, and nothing was committed")]
    ResolveClosed { repo: RepoName, what: String },
    #[error("the checkout of `{repo}` is not where the merge of `{what}` was opened")]
    ResolveElsewhere { repo: RepoName, what: String },
    #[error("`repos.toml` or the lock has changed for `{repo}` since its merge was opened")]
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
    /// The directory did not exist before, so all of it would be deleted.
    #[error("`{repo}` has files that are not of the merge: {}", first_names(files))]
    Strangers { repo: RepoName, files: Vec<String> },
    /// So all of it would be deleted, too.
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
    NotAdded {
        file: PathBuf,
        /// The entry as it is written in the file, and the header of its table.
        entry: String,
        header: String,
        repo: RepoName,
        /// Whether the repository is not declared, either.
        is_new: bool,
        cause: Box<Error>,
    },
    #[error("profile `{profile}` has `{word}` from `[{header}]`")]
    Shared { word: String, profile: String, header: String },
    #[error(
        "a `.gitmodules` needs commits that a server has, but those of {} are merged by oca",
        first_names(names)
    )]
    OnNoServer { names: Vec<String> },
}

impl MergeError {
    /// 1: the answer is no; 2: usage or configuration.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::NotAdded { cause, .. } => cause.exit_code(),
            Self::Unknown { .. }
            | Self::NoPatch { .. }
            | Self::Invalid { .. }
            | Self::Several { .. }
            | Self::OfModule { .. }
            | Self::Shared { .. }
            | Self::OnNoServer { .. }
            | Self::NoClone { .. }
            | Self::Skipped { .. }
            | Self::BadState { .. }
            | Self::NewerState { .. }
            | Self::PatchOutside { .. } => 2,
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
            | Self::NoResolve { .. }
            | Self::ResolveOpen { .. }
            | Self::ResolveClosed { .. }
            | Self::ResolveElsewhere { .. }
            | Self::ResolveOutdated { .. }
            | Self::Unmerged { .. }
            | Self::Marked { .. }
            | Self::NotStaged { .. }
            | Self::Strangers { .. }
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
                format!(
                    "ask who changed them, then make them again with `oca lock --upgrade {}`",
                    steps.iter().map(|step| typed(step)).collect::<Vec<_>>().join(" ")
                )
            }
            Self::Astray => {
                "take the new commits with `oca lock --upgrade`, or run the command without `--strict`"
                    .to_owned()
            }
            Self::Unpushed { .. } => "run `oca sync --push`".to_owned(),
            Self::NoPatch { .. } => {
                "restore the file, or remove it from `patches` in `repos.toml`".to_owned()
            }
            Self::NoCommits { path, .. } => format!("commit your changes in `{}`", path.display()),
            Self::NotCommitted { repo, .. } => {
                format!("commit them, or move them away, and run `oca patch {repo}` again")
            }
            Self::NotOnTop { repo } => {
                format!("run `oca sync {repo} --dry-run`, and put your commits on top of the locked one")
            }
            Self::PatchOutside { .. } => "use a name such as `patches/web-title.patch`".to_owned(),
            Self::OtherResult { .. } => "write the patch with `git format-patch` instead".to_owned(),
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
            Self::NoResolve { repo } => format!("run `oca resolve {repo}` to open one"),
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
            Self::Unmerged { repo, .. } => {
                format!("resolve them, `git add` them, and run `oca resolve {repo} --continue`")
            }
            Self::Marked { repo, .. } => {
                format!("remove the markers, `git add` the files, and run `oca resolve {repo} --continue`")
            }
            Self::NotStaged { repo, .. } => {
                format!("`git add` them, or discard them, and run `oca resolve {repo} --continue`")
            }
            Self::Strangers { repo, .. } => {
                format!("move them away, and run `oca resolve {repo} --abort`")
            }
            Self::OwnCommits { repo, .. } => {
                format!("push it, or delete it, and run `oca resolve {repo} --abort`")
            }
            Self::Invalid { repo, .. } => {
                format!("write it as `{repo}#2950`, `{repo}#BRANCH` or `'{repo}#URL BRANCH'`")
            }
            Self::Several { known, .. } => format!("name one of {}", quoted_list(known)),
            Self::OfModule { .. } => {
                "leave out `--module`, then write `modules` into the entry of `merges` in `repos.toml`"
                    .to_owned()
            }
            Self::NotAdded { entry, header, repo, is_new, .. } => {
                let first = if *is_new { format!("run `oca add {repo}`, ") } else { String::new() };
                format!("{first}write {entry} into `merges` of `[{header}]`, then run `oca resolve {repo}`")
            }
            Self::Shared { .. } => "leave out `--profile` to remove it for all profiles".to_owned(),
            Self::OnNoServer { .. } => {
                "use `oca export --repos-yaml`, or set `push-url` and push them with `oca sync --push`"
                    .to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::samples::{every_variant, name};

    fn samples() -> Vec<MergeError> {
        let web = || name("web");
        let what = || "web#2950".to_owned();
        let files = || vec!["web_x/a.py".to_owned()];
        every_variant!(MergeError:
            Unknown { word: "web#1".to_owned(), known: vec!["web#2950".to_owned()] },
            Unproven { steps: vec!["web#2950".to_owned()] },
            Forged { steps: vec!["web#2950".to_owned()] },
            Astray {},
            Unpushed { repos: vec![name("web"), name("dms")] },
            NoPatch { file: "patches/x.patch".into() },
            NoCommits { repo: web(), path: "oca/web".into() },
            NotCommitted { repo: web(), files: files() },
            NotOnTop { repo: web() },
            PatchOutside { word: "../x".to_owned() },
            OtherResult { repo: web() },
            NotInWork { repo: web() },
            NoBranch { repo: web() },
            BranchExists { repo: web(), branch: "18.0-fix".to_owned() },
            NoClone { repo: web() },
            Skipped { repo: web() },
            NoResolve { repo: web() },
            ResolveOpen { repo: web(), what: what() },
            ResolveClosed { repo: web(), what: what() },
            ResolveElsewhere { repo: web(), what: what() },
            ResolveOutdated { repo: web() },
            BadState { file: "oca/web/.git/oca-resolve".into() },
            NewerState { file: "oca/web/.git/oca-resolve".into(), version: 2, known: 1 },
            Unmerged { repo: web(), files: files() },
            Marked { repo: web(), files: files() },
            NotStaged { repo: web(), files: files() },
            Strangers { repo: web(), files: files() },
            OwnCommits { repo: web(), work: "local commits in `mine`".to_owned() },
            Invalid { word: "a b c".to_owned(), repo: "web".to_owned(), why: "it is too long".to_owned() },
            Several { word: "web#fix".to_owned(), known: vec!["web#a fix".to_owned(), "web#b fix".to_owned()] },
            OfModule { word: "web#2950".to_owned() },
            NotAdded {
                file: "repos.toml".into(),
                entry: "`\"#2950\"`".to_owned(),
                header: "repos.web".to_owned(),
                repo: name("web"),
                is_new: true,
                cause: Box::new(Error::Silent)
            },
            Shared { word: "web#1".to_owned(), profile: "lean".to_owned(), header: "repos.web".to_owned() },
            OnNoServer { names: vec!["web".to_owned(), "dms".to_owned()] };
            MergeError::Unknown { word: "web#1".to_owned(), known: Vec::new() },
            MergeError::Unproven { steps: vec!["web#2950".to_owned(), "patches/x.patch".to_owned()] }
        )
    }

    #[test]
    fn every_error_says_what_to_type() {
        let errors = samples();
        let shown: Vec<String> =
            errors.iter().map(|error| format!("{error}\n  hint: {}", error.hint())).collect();
        insta::assert_snapshot!(shown.join("\n"), @r##"
        there is no merge `web#1`
          hint: the merges are `web#2950`
        1 step is not proven by its merge
          hint: look at the steps, then accept them with `oca lock --check --upstream --accept 'web#2950'`
        1 step is not what its merge gives
          hint: ask who changed them, then make them again with `oca lock --upgrade 'web#2950'`
        some branches do not contain the commits of the lock any more
          hint: take the new commits with `oca lock --upgrade`, or run the command without `--strict`
        the merges of `web`, `dms` are not pushed yet, so nothing is staged
          hint: run `oca sync --push`
        there is no patch `patches/x.patch`, which `repos.toml` declares
          hint: restore the file, or remove it from `patches` in `repos.toml`
        the checkout of `web` has no commits of yours
          hint: commit your changes in `oca/web`
        `web` has changes that are not committed, in `web_x/a.py`
          hint: commit them, or move them away, and run `oca patch web` again
        the commits in the checkout of `web` are not on top of the locked commit
          hint: run `oca sync web --dry-run`, and put your commits on top of the locked one
        the name of the patch leads out of the project: `../x`
          hint: use a name such as `patches/web-title.patch`
        the patch does not give the content of the checkout of `web`
          hint: write the patch with `git format-patch` instead
        the checkout of `web` is not in work
          hint: run `oca sync web` to check out the locked commit
        the checkout of `web` is on no branch
          hint: name a request or a branch: `oca work web#2950`, `oca work web --branch 18.0-fix`
        the checkout of `web` has a branch `18.0-fix` already, at another commit
          hint: run `git switch 18.0-fix` in the checkout, then `oca work web`
        in submodule mode, the checkout of `web` belongs to the surrounding repository
          hint: run the command in a project with `mode = "clone"`, and commit the lock
        `repos.local.toml` lists `web` in `skip`
          hint: remove it from `skip`
        no merge of `web` is open
          hint: run `oca resolve web` to open one
        the merge of `web#2950` is open already
          hint: run `oca resolve web --continue`, or `oca resolve web --abort` to give up
        the merge of `web#2950` is not open any more, and nothing was committed
          hint: run `oca resolve web` to open it again, or `oca resolve web --abort` to give up
        the checkout of `web` is not where the merge of `web#2950` was opened
          hint: run `oca resolve web --abort`, then `oca resolve web`
        `repos.toml` or the lock has changed for `web` since its merge was opened
          hint: run `oca resolve web --abort`, then `oca resolve web`
        `oca/web/.git/oca-resolve` is not a file that oca wrote
          hint: keep a copy of what you resolved, delete the file, then run `oca sync --force`
        `oca/web/.git/oca-resolve` has version 2; this oca reads version 1
          hint: update oca
        `web` still has conflicts in `web_x/a.py`
          hint: resolve them, `git add` them, and run `oca resolve web --continue`
        `web` still has markers of conflicts in `web_x/a.py`
          hint: remove the markers, `git add` the files, and run `oca resolve web --continue`
        `web` has changes that are not staged, in `web_x/a.py`
          hint: `git add` them, or discard them, and run `oca resolve web --continue`
        `web` has files that are not of the merge: `web_x/a.py`
          hint: move them away, and run `oca resolve web --abort`
        `web` has work that is not of the merge: local commits in `mine`
          hint: push it, or delete it, and run `oca resolve web --abort`
        `a b c` names nothing to merge into `web`: it is too long
          hint: write it as `web#2950`, `web#BRANCH` or `'web#URL BRANCH'`
        `web#fix` names several merges
          hint: name one of `web#a fix`, `web#b fix`
        `--module` selects modules of a repository, not of the merge `web#2950`
          hint: leave out `--module`, then write `modules` into the entry of `merges` in `repos.toml`
        `repos.toml` is not changed, because a merge conflicts
          hint: run `oca add web`, write `"#2950"` into `merges` of `[repos.web]`, then run `oca resolve web`
        profile `lean` has `web#1` from `[repos.web]`
          hint: leave out `--profile` to remove it for all profiles
        a `.gitmodules` needs commits that a server has, but those of `web`, `dms` are merged by oca
          hint: use `oca export --repos-yaml`, or set `push-url` and push them with `oca sync --push`
        there is no merge `web#1`
          hint: declare it in `merges` of the repository in `repos.toml`
        2 steps are not proven by their merges
          hint: look at the steps, then accept them with `oca lock --check --upstream --accept 'web#2950' --accept patches/x.patch`
        "##);
    }
}
