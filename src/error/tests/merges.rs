//! Merges and patches.

use crate::error::{Error, MergeError, PatchBase};
use crate::repo::samples::{commit, every_variant, name};

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
        NoPatch { file: "patches/x.patch".into(), repo: web(), path: "patches/x.patch".to_owned() },
        NoPatches { paths: vec!["patches/x.patch".to_owned(), "y z.patch".to_owned()] },
        NoCommits { repo: web(), path: "oca/web".into() },
        NotCommitted { repo: web(), files: files() },
        NotOnTop { repo: web(), path: "oca/web".into(), locked: commit(0xaa), base: PatchBase::Placed(commit(0xbb)) },
        PatchOutside { word: "../x".to_owned() },
        PatchLink { link: "patches/x.patch".into() },
        UnfitPatch {
            repo: web(),
            profile: "next".to_owned(),
            why: Some("line 3: hunk 1 of `web_x/a.py` does not apply".to_owned()),
            cure: "run `oca patch web` again".to_owned()
        },
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
        NeedlessPatch { repo: web(), path: "patches/x.patch".to_owned() },
        SharedPatch { repo: web(), path: "patches/x.patch".to_owned(), profile: "next".to_owned(), header: "profiles.next.override.web".to_owned(), why: "cannot apply `patches/x.patch` to `web`".to_owned() },
        ChangedPatch { repo: web(), path: "patches/x.patch".to_owned() },
        Strangers { repo: web(), files: files() },
        Ignored { repo: web(), files: files() },
        OwnCommits { repo: web(), work: "local commits in `mine`".to_owned() },
        Invalid { word: "a b c".to_owned(), repo: "web".to_owned(), why: "it is too long".to_owned() },
        Several { word: "web#fix".to_owned(), known: vec!["web#a fix".to_owned(), "web#b fix".to_owned()] },
        OfModule { word: "web#2950".to_owned() },
        NotRewritten {
            file: "repos.toml".into(),
            by_hand: "run `oca add web`, write `\"#2950\"` into `merges` of `[repos.web]`".to_owned(),
            repo: name("web"),
            in_submodules: false,
            cause: Box::new(Error::Silent)
        },
        OtherProfile { word: "web#patches/x.patch".to_owned(), profile: "lean".to_owned() },
        Shared { word: "web#1".to_owned(), profile: "lean".to_owned(), header: "repos.web".to_owned() },
        OnNoServer { names: vec!["web".to_owned(), "dms".to_owned()] };
        MergeError::Unknown { word: "web#1".to_owned(), known: Vec::new() },
        MergeError::NotOnTop { repo: web(), path: "oca/web".into(), locked: commit(0xaa), base: PatchBase::Unknown },
        MergeError::NotOnTop { repo: web(), path: "oca/web".into(), locked: commit(0xaa), base: PatchBase::Amended },
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
      hint: restore the file; if it was never committed, run `git add patches/x.patch` in the clone that has it, and commit it; in the build of an image, add `!patches/x.patch` to `.dockerignore`; if nobody needs it, run `oca remove 'web#patches/x.patch'`
    2 patches of `repos.toml` are not there: `patches/x.patch`, `y z.patch`
      hint: restore the files; if they were never committed, run `git add patches/x.patch 'y z.patch'` in the clone that has them, and commit them; in the build of an image, add `!patches/x.patch` and the others to `.dockerignore`
    the checkout of `web` has no commits of yours
      hint: commit your changes in `oca/web`
    `web` has changes that are not committed, in `web_x/a.py`
      hint: commit them, or move them away, and run `oca patch web` again
    the commits in the checkout of `web` are not on top of the locked commit
      hint: run `git -C oca/web rebase --onto aaaaaaaaaa bbbbbbbbbb`, then `oca patch web`; the checkout has the locked commit now
    the name of the patch leads out of the project: `../x`
      hint: use a name such as `patches/web-title.patch`
    `patches/x.patch` is a symlink
      hint: put the patch itself there instead of the link
    the patch does not fit `web` in profile `next`: line 3: hunk 1 of `web_x/a.py` does not apply
      hint: run `oca patch web` again
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
    nothing of `web` is open
      hint: run `oca resolve web` to open what conflicts
    `web#2950` is open already
      hint: run `oca resolve web --continue`, or `oca resolve web --abort` to give up
    `web#2950` is not open any more, and nothing was committed
      hint: run `oca resolve web` to open it again, or `oca resolve web --abort` to give up
    the checkout of `web` is not where `web#2950` was opened
      hint: run `oca resolve web --abort`, then `oca resolve web`
    `repos.toml` or the lock has changed for `web` since `oca resolve web`
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
    `patches/x.patch` changes nothing in `web` any more
      hint: run `oca resolve web --abort`, then `oca remove 'web#patches/x.patch'`
    `patches/x.patch`, as you resolved it for `web`, does not fit profile `next`: cannot apply `patches/x.patch` to `web`
      hint: copy the file, name the copy in `patches` of `[profiles.next.override.web]`, and run `oca resolve web --continue`
    `patches/x.patch` was changed since it was opened
      hint: undo that change, and run `oca resolve web --continue`; or run `oca resolve web --abort`, then `oca resolve web`
    `web` has changes that are not of the merge, in `web_x/a.py`
      hint: copy them to another place, undo them, and run `oca resolve web --abort`
    `web` has files that git ignores: `web_x/a.py`; they would be deleted with the checkout
      hint: move them to another place, or delete them, and run `oca resolve web --abort`
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
    profile `lean` does not have `web#patches/x.patch`
      hint: leave out `--profile` to remove it for all profiles
    profile `lean` has `web#1` from `[repos.web]`
      hint: leave out `--profile` to remove it for all profiles
    a `.gitmodules` needs commits that a server has, but those of `web`, `dms` are merged by oca
      hint: use `oca export --repos-yaml`, or set `push-url` and push them with `oca sync --push`
    there is no merge `web#1`
      hint: declare it in `merges` of the repository in `repos.toml`
    the commits in the checkout of `web` are not on top of the locked commit
      hint: run `git -C oca/web branch mine HEAD`, `git -C oca/web checkout --detach aaaaaaaaaa`, then `git -C oca/web cherry-pick COMMIT` for each of your commits in `git -C oca/web log mine`, then `oca patch web`; the checkout has the locked commit now
    the commits in the checkout of `web` are not on top of the locked commit
      hint: your commit replaces the locked one: run `git -C oca/web reset --soft aaaaaaaaaa` and `git -C oca/web commit` to keep what you changed as a commit of its own, then `oca patch web`; the checkout has the locked commit now
    2 steps are not proven by their merges
      hint: look at the steps, then accept them with `oca lock --check --upstream --accept 'web#2950' --accept patches/x.patch`
    "##);
}
