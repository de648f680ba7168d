//! A checkout has only commits with all their files. What git could not write is written by the next sync.

use std::fs;

use crate::checkouts::{long_upgrade, repository};
use crate::env::Env;
use crate::project::short;
use crate::remote::Remote;
use crate::server::Server;

/// `web` at its first but one commit; `oca outdated` has read the newest one. Returns both.
fn behind(env: &Env, server: &Server, is_submodule: bool) -> (Remote, String, String) {
    let remote = repository(env, "web");
    let old = remote.commit_of("18.0");
    if is_submodule {
        env.declare_submodules(&server.base(), &["web"], "");
        env.init_git();
    } else {
        env.declare_repos(&server.base(), &["web"]);
    }
    env.run(&["lock"]);
    let new = long_upgrade(&remote, 1);
    env.oca(&["outdated", "-q"]).stdout_contains("web").success();
    (remote, old, new)
}

/// Asserts that git has all trees and files of each commit in a checkout.
#[track_caller]
fn assert_complete(env: &Env, folder: &str) {
    let all =
        env.git(folder, &["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"]);
    for commit in all.lines().filter_map(|line| line.strip_prefix("commit ")) {
        env.git(folder, &["rev-list", "--objects", "--max-count=1", commit]);
    }
    env.assert_sound_checkout(folder);
}

/// The store of `web` as it was linked into checkouts once, with commits whose files were never fetched.
fn link_all_packs(env: &Env, git: &str) {
    let store = fs::read_dir(env.cache().join("stores")).expect("the stores").flatten();
    let store = store.map(|entry| entry.path()).find(|path| path.is_dir() && path.join("objects").is_dir());
    let packs = store.expect("a store").join("objects/pack");
    for file in fs::read_dir(packs).expect("the packs").flatten() {
        let to = env.project().join(git).join("objects/pack").join(file.file_name());
        if !to.exists() {
            fs::copy(file.path(), to).expect("a copy");
        }
    }
}

#[test]
fn a_commit_that_was_only_looked_at_is_not_in_a_checkout() {
    for is_submodule in [false, true] {
        let env = Env::new();
        let server = Server::start(&env);
        let (remote, old, new) = behind(&env, &server, is_submodule);
        env.sync();
        assert_eq!(env.head("oca/web"), old);
        assert_complete(&env, "oca/web");
        env.try_git("oca/web", &["checkout", "-q", &new]).expect_err("the commit is not here");
        // An older commit needs no file of the newer ones, and a newer one needs files of the older ones.
        env.run(&["lock", &format!("web@{}", env.older(&remote))]);
        env.sync();
        assert_complete(&env, "oca/web");
        env.run(&["lock", &format!("web@{new}")]);
        env.sync();
        assert_complete(&env, "oca/web");
        assert_eq!(env.head("oca/web"), new);
        env.run(&["lock", &format!("web@{old}")]);
        env.sync();
        env.git("oca/web", &["checkout", "-q", &new]);
        assert_complete(&env, "oca/web");
    }
}

impl Env {
    /// The first commit of the branch.
    fn older(&self, remote: &Remote) -> String {
        let all = self.git(remote.path(), &["rev-list", "--max-parents=0", "18.0"]);
        all.trim().to_owned()
    }
}

/// `oca cache prune` makes one pack of all.
#[test]
fn what_is_needed_of_a_pack_with_other_commits_is_copied() {
    let env = Env::new();
    let server = Server::start(&env);
    let (_, old, new) = behind(&env, &server, false);
    env.sync();
    for number in 2..6 {
        long_upgrade(&Remote::open(&env, "web"), number);
        env.oca(&["outdated", "-q"]).stdout_contains("web").success();
    }
    let said = env.run(&["cache", "prune"]);
    assert!(said.stderr.contains("packs became one"), "{said}");
    fs::remove_dir_all(env.project().join("oca/web")).expect("the checkout");
    env.oca(&["sync", "--offline", "-q"]).success();
    assert_eq!(env.head("oca/web"), old);
    assert_complete(&env, "oca/web");
    let all = env.git("oca/web", &["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]);
    assert_eq!(all.lines().filter(|kind| *kind == "commit").count(), 1, "{new} and others: {all}");
    let left = fs::read_dir(env.project().join("oca/web/.git")).expect("a git directory").flatten();
    assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("oca-tmp-")));
}

/// git says that it cannot read a file, goes on, and exits with 0.
#[test]
fn files_that_git_could_not_write_are_written() {
    for is_submodule in [false, true] {
        let git = if is_submodule { ".git/modules/oca/web" } else { "oca/web/.git" };
        let env = Env::new();
        let server = Server::start(&env);
        let (_, old, new) = behind(&env, &server, is_submodule);
        env.sync();
        link_all_packs(&env, git);
        let _says_so = env.try_git("oca/web", &["checkout", "-q", &new]);
        assert_eq!(env.head("oca/web"), new);
        assert!(!env.exists("oca/web/versions/1.txt"));
        env.oca(&["status"])
            .stdout_contains(&format!("web  other commit  {}, locked at {}", short(&new), short(&old)))
            .status(1);
        env.run(&["lock", &format!("web@{new}")]);
        env.oca(&["status"])
            .stdout_contains("web  missing  ")
            .stdout_contains("missing files that git could not write, such as `versions/1.txt`")
            .status(1);
        env.oca(&["sync"]).stderr_contains("1 refreshed").success();
        assert_complete(&env, "oca/web");
        env.oca(&["sync"]).stderr_contains("1 repository up to date\n").success();
    }
}

#[test]
fn files_that_git_could_not_write_do_not_stop_a_move() {
    let env = Env::new();
    let server = Server::start(&env);
    let (remote, old, new) = behind(&env, &server, false);
    env.sync();
    link_all_packs(&env, "oca/web/.git");
    let _says_so = env.try_git("oca/web", &["checkout", "-q", &new]);
    long_upgrade(&remote, 2);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    // The reflog of HEAD still leads to the commit without its files, so `git fsck` has something to say.
    assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "");
    // What the user deleted is still the user's.
    fs::remove_file(env.project().join("oca/web/README.md")).expect("a file");
    env.run(&["lock", &format!("web@{old}")]);
    env.oca(&["sync"]).stderr_contains("uncommitted changes in `README.md`").status(1);
    assert!(!env.exists("oca/web/README.md"));
}

/// The next sync need not look at the files again.
#[test]
fn a_commit_that_git_checked_out_is_noted() {
    let env = Env::new();
    let server = Server::start(&env);
    let (_, old, new) = behind(&env, &server, true);
    env.sync();
    env.run(&["lock", &format!("web@{new}")]);
    env.sync();
    env.git("oca/web", &["checkout", "-q", &old]);
    env.run(&["lock", &format!("web@{old}")]);
    let marker = || env.read(".git/modules/oca/web/oca-checkout");
    env.oca(&["sync", "--dry-run", "-q"]).success();
    assert!(marker().starts_with(&new));
    env.sync();
    assert!(marker().starts_with(&old));
    env.oca(&["status"]).stdout_contains("clean").success();
}

/// Commits of the remote are nobody's local commits, on whichever side of the border of a shallow history they are.
#[test]
fn old_commits_of_the_remote_do_not_count_as_local_commits() {
    for is_submodule in [false, true] {
        let env = Env::new();
        let server = Server::start(&env);
        let remote = repository(&env, "web");
        for number in 1..5 {
            long_upgrade(&remote, number);
        }
        let depth = "\n[repos.web]\ndepth = 3\n";
        if is_submodule {
            env.declare_submodules(&server.base(), &["web"], depth);
            env.init_git();
        } else {
            env.declare_repos_with(&server.base(), &["web"], depth);
        }
        env.sync();
        let new = env.head("oca/web");
        let status = |state: &str| {
            let code = i32::from(state != "clean");
            env.oca(&["status"]).stdout_contains(&format!("web  {state}")).status(code);
        };
        status("clean");
        env.git("oca/web", &["checkout", "-q", "HEAD~1"]);
        status("other commit");
        env.git("oca/web", &["checkout", "-q", "HEAD~1"]);
        status("other commit");
        env.sync();
        // The branch of the user was at an old commit of the remote, and the remote-tracking branch is cut above it.
        env.git("oca/web", &["branch", "old", "HEAD~1"]);
        env.git("oca/web", &["fetch", "-q", "--depth=1", "origin"]);
        env.git("oca/web", &["checkout", "-q", "--detach", "old"]);
        status("other commit");
        env.sync();
        // A rollback beyond the border, and forth again with git.
        let older = env.older(&remote);
        env.run(&["lock", &format!("web@{older}")]);
        env.sync();
        assert_eq!(env.head("oca/web"), older);
        status("clean");
        env.git("oca/web", &["checkout", "-q", &new]);
        status("other commit");
        env.sync();
        // A commit of the user is one.
        env.git("oca/web", &["commit", "-q", "--allow-empty", "-m", "Mine"]);
        status("local commits");
    }
}
