//! What can go wrong with one repository.

use super::super::*;
use super::shown;
use crate::git::{CheckoutError, Error as GitError, LocalWork, merging};
use crate::lock::{Error as LockError, StepFault};
use crate::repo::samples::{commit, every_variant, name};
use crate::repo::{Reference, RepoPath, Series, TreeId};
use crate::report::{ConflictWith, MergeConflict, MissingDirectory, NotOdoo, OtherTree, Step, Trouble};

fn failed(trouble: Trouble) -> Error {
    let url = "https://github.com/OCA/web.git".to_owned();
    Error::Repos { failures: vec![Failure::new(name("web"), url, trouble)] }
}

fn conflict(with: ConflictWith) -> MergeConflict {
    let path = RepoPath::parse(b"web_x/a.py").expect("a path");
    let conflict = merging::Conflict {
        path,
        kind: merging::ConflictKind::Content,
        ancestor: None,
        ours: None,
        theirs: None,
    };
    MergeConflict { repo: name("web"), what: "web#2950".to_owned(), with, conflicts: vec![conflict] }
}

fn not_odoo() -> [NotOdoo; 3] {
    let (commit, path) = (commit(0xaa), "odoo/release.py");
    let [found, wanted] = ["19.0", "18.0"].map(|word| Series::parse(word).expect("a series"));
    [
        NotOdoo::Server { commit, server: "odoo-bin" },
        NotOdoo::Release { commit, path, line: None },
        NotOdoo::Series { commit, path, found, wanted },
    ]
}

#[expect(clippy::too_many_lines, reason = "one list of all failures")]
#[test]
fn every_failure_of_a_repository_names_it() {
    let missing = |directory: &str| MissingDirectory {
        directory: directory.to_owned(),
        commit: commit(0xaa),
        core: None,
        known: vec!["addons".to_owned(), "docs".to_owned()],
    };
    let tree = |byte| TreeId::from_bytes([byte; 20]);
    let other = OtherTree { commit: commit(0xaa), module: None, locked: tree(0xbb), found: Some(tree(0xcc)) };
    let of_module = |found| OtherTree { module: Some("web_x".to_owned()), found, ..other.clone() };
    let [moved, gone] = [Some(tree(0xcc)), None].map(of_module);
    let [without_server, unknown_release, other_series] = not_odoo();
    let troubles = every_variant!(Trouble:
        TooYoung { reference: Reference::Branch("18.0".to_owned()), cooldown: "7 days".parse().expect("a time") },
        Kept(CheckoutError::LocalWork(LocalWork { changed: vec!["web_x/a.py".to_owned()], ..LocalWork::default() })),
        Remote(GitError::Offline),
        NoAddons(missing("modules")),
        NotOdoo(without_server),
        OtherTree(other),
        Merge { what: "web#2950".to_owned(), error: Box::new(merging::Error::Unrelated { pin: commit(0xaa) }) },
        Conflict(conflict(ConflictWith::Earlier { what: Some("web#2901".to_owned()) })),
        NewerStart {
            what: "web#2950".to_owned(),
            start: commit(0xaa),
            pin: commit(0xbb),
            reference: Reference::Branch("18.0".to_owned()),
        },
        OtherSeries {
            what: "web#2950".to_owned(),
            found: Series::parse("17.0").expect("a series"),
            wanted: Series::parse("18.0").expect("a series"),
        },
        Push {
            base: commit(0xaa),
            reference: Reference::Branch("18.0".to_owned()),
            error: Box::new(GitError::Remote { message: "shallow update not allowed".to_owned() }),
        },
        Steps(LockError::Step { file: "oca.lock.d/web/01-2950.patch".into(), fault: StepFault::Missing }),
        Export(export::Error::LinkTooLong { path: "web_x/link".to_owned() }),
        Checkout { step: Step::Inspect, error: GitError::Git { why: "invalid index".to_owned() } };
        Trouble::Conflict(conflict(ConflictWith::Base)),
        Trouble::NoAddons(missing("adons")),
        Trouble::NotOdoo(unknown_release),
        Trouble::NotOdoo(other_series),
        Trouble::OtherTree(moved),
        Trouble::OtherTree(gone),
        Trouble::Checkout { step: Step::CheckOut, error: GitError::CacheGone },
        Trouble::Checkout { step: Step::Remove, error: GitError::IndexLocked { lock: ".git/index.lock".into() } }
    );
    insta::assert_snapshot!(shown(troubles.into_iter().map(failed).collect()), @r#"
    1 `web`: all commits of branch `18.0` are younger than 7 days
      hint: write `cooldown = "0 days"` for `web` in `repos.toml`
    1 `web` was not changed: uncommitted changes in `web_x/a.py`
      hint: commit and push your work, or use `--force` to discard it
    3 cannot fetch `web` from `https://github.com/OCA/web.git`
      caused by: the remote cannot be asked because oca is offline
      hint: run the command without `--offline` and without `OCA_OFFLINE`
    2 `web` has no directory `modules` at commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
      hint: correct `addons` of `[repos.web]` in `repos.toml`
    2 `web` is not Odoo: commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` has no `odoo-bin`
      hint: correct `url`, `branch`, `tag`, `rev`, `merges` or `patches` in `[core]`
    1 the lock is wrong about `web`: commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` has tree `cccccccccccccccccccccccccccccccccccccccc`, but the lock has `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`
      hint: run `oca lock web@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`; it reads the entry again
    1 cannot merge `web#2950`
      caused by: it has no commit in common with the pin `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
      hint: check that it belongs to this repository and series
    1 `web#2950` conflicts with the earlier `web#2901`
      caused by: `web_x/a.py`: both changed the same lines
      hint: run `oca resolve web`, or change the order of `merges`
    1 `web#2950` starts from commit aaaaaaaaaa of branch `18.0`, which is newer than the pin bbbbbbbbbb
      hint: run `oca lock --upgrade web` to move the pin, or write the merge with `pick = true` to take only its own changes
    1 `web#2950` conflicts: it has modules for 17.0, not for 18.0
      hint: use the request for 18.0
    3 cannot push `web` to `https://github.com/OCA/web.git`
      caused by: the server says: "shallow update not allowed"
      hint: if the server refuses a shallow update, push the base first: fetch branch `18.0` to commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` in a full clone, and push it there
    1 `oca.lock.d/web/01-2950.patch` is missing
      hint: restore it with `git checkout -- oca.lock.d`; if it was never committed, run `git add oca.lock.d` in the clone that has it, and commit it; in the build of an image, add `!oca.lock.d` to `.dockerignore`; `oca lock` makes it again
    1 cannot export `web`
      caused by: the target of the symlink `web_x/link` is too long
      hint: set `modules` without this module, or correct it in a fork and set `url` to the fork
    3 cannot read the checkout of `web`
      caused by: invalid index
    1 `web#2950` conflicts with its branch
      caused by: `web_x/a.py`: both changed the same lines
      hint: run `oca resolve web`
    2 `web` has no directory `adons` at commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
      hint: did you mean `addons`?
    2 `web` does not say of which series it is, in `odoo/release.py` of commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`: it has no line `version_info = (18, 0, …)`
      hint: correct `url`, `branch`, `tag`, `rev`, `merges` or `patches` in `[core]`
    2 `web` is Odoo 19.0, not 18.0, as `odoo/release.py` of commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` says
      hint: correct `branch` in `[core]`, or write `odoo = "19.0"`
    1 the lock is wrong about `web`: module `web_x` has tree `cccccccccccccccccccccccccccccccccccccccc` in commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`, but the lock has `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`
      hint: run `oca lock web@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`; it reads the entry again
    1 the lock is wrong about `web`: commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` has no module `web_x`, but the lock has it
      hint: run `oca lock web@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`; it reads the entry again
    3 cannot check out `web`
      caused by: the cache was deleted while oca was using it
      hint: run the command again
    3 cannot remove `web`
      caused by: `.git/index.lock` exists: git is running in this repository, or was killed
      hint: wait until the other git ends; if no git is running, delete the file
    "#);
}

#[test]
fn every_kept_checkout_says_how_to_go_on() {
    let path = || "oca/web".into();
    let work = LocalWork {
        changed: vec!["a.py".to_owned(), "b.py".to_owned()],
        commit: Some(commit(0xaa)),
        unwritten: ["c.py".to_owned()].into(),
        branch: None,
        references: vec!["18.0".to_owned(), "stash".to_owned()],
        under_way: true,
    };
    let kept = every_variant!(CheckoutError:
        LocalWork(work),
        LocalCommits(LocalWork { commit: Some(commit(0xaa)), ..LocalWork::default() }),
        NotGit { path: path() },
        Unborn { path: path() },
        Link { path: path() },
        Resolving { path: path() },
        InWork { path: path(), branch: "18.0-fix".to_owned() },
        ForeignOrigin { path: path(), url: "https://me:pw@github.com/me/web.git".to_owned() },
        Occupied { path: path(), git: ".git/modules/oca/web".into() },
        Elsewhere { path: path(), git: "/srv/web/.git/worktrees/web".into() },
        Tracked { path: "oca/web".to_owned(), file: "oca/web/README.md".to_owned() },
        Git(GitError::CacheGone);
        CheckoutError::LocalWork(LocalWork { branch: Some("18.0-fix".to_owned()), ..LocalWork::default() })
    );
    let kept = kept.into_iter().map(|error| failed(Trouble::Kept(error))).collect();
    insta::assert_snapshot!(shown::<Error>(kept), @r"
    1 `web` was not changed: uncommitted changes in `a.py` and 1 more and missing files that git could not write, such as `c.py` and local commits up to `aaaaaaaaaa` and local commits in `18.0`, `stash` and an unfinished merge or rebase
      hint: commit and push your work, or use `--force` to discard it
    1 `web` was not changed: local commits up to `aaaaaaaaaa`
      hint: run `oca patch web` to keep them as a patch, push them, or use `--force` to discard them
    1 `web` was not changed: `oca/web` is not a git repository, and not empty
      hint: move it away, or use `--force` to replace it
    1 `web` was not changed: `oca/web` is a git repository without a commit
      hint: move it away, or use `--force` to replace it
    1 `web` was not changed: `oca/web` is a symlink
      hint: remove the link, or list the repository in `skip` of `repos.local.toml`
    1 `web` was not changed: `oca resolve` has something to resolve in `oca/web`
      hint: run `oca resolve web --continue`, or `oca resolve web --abort` to give up
    1 `web` was not changed: `oca/web` is in work on branch `18.0-fix`
      hint: run `oca work web --done` first
    1 `web` was not changed: `oca/web` is a clone of `https://***@github.com/me/web.git`
      hint: move it away, or use `--force` to replace it
    1 `web` was not changed: `oca/web` contains a git directory, but this submodule also has commits of yours in `.git/modules/oca/web`
      hint: push your commits in `oca/web`, then move that directory away
    1 `web` was not changed: the git directory of `oca/web` is `/srv/web/.git/worktrees/web`
      hint: move `oca/web` away
    1 `web` was not changed: the surrounding repository tracks `oca/web/README.md` there
      hint: run `git rm -r --cached oca/web`, then move the directory away
    1 `web` was not changed: the cache was deleted while oca was using it
      hint: run the command again
    1 `web` was not changed: commits on branch `18.0-fix`
      hint: run `oca work web` to leave it there, or use `--force` to leave the branch
    ");
}
