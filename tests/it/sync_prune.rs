//! `oca sync --prune`: removes what oca made and nobody declares, and nothing else.

use std::fs;

use crate::checkouts::{REMOTES, repository};
use crate::env::Env;

/// `web` and `old` checked out, then only `web` declared.
fn undeclared(env: &Env) {
    ["web", "old"].iter().for_each(|name| drop(repository(env, name)));
    env.declare_repos(REMOTES, &["web", "old"]);
    env.sync();
    env.declare_repos(REMOTES, &["web"]);
    env.run(&["lock"]);
}

#[test]
fn an_undeclared_checkout_is_removed_when_asked() {
    let env = Env::new();
    undeclared(&env);
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["sync", "--prune", "--dry-run"])
        .stdout("old: would remove\n")
        .stderr_contains("2 repositories, 1 would change\n")
        .success();
    assert!(env.exists("oca/old"));
    env.oca(&["sync", "--prune"]).stderr("old: removed\n2 repositories, 1 changed\n").success();
    assert!(!env.exists("oca/old"));
    env.assert_sound_checkout("oca/web");
    env.oca(&["sync", "--prune"]).stderr("1 repository up to date\n").success();
}

#[test]
fn what_oca_did_not_make_is_kept() {
    let env = Env::new();
    undeclared(&env);
    env.git("", &["clone", "-q", "../remotes/old.git", "oca/mine"]);
    env.write("oca/notes/todo.txt", "");
    env.write("oca/file", "");
    env.run(&["sync", "--prune", "--force"]);
    assert!(!env.exists("oca/old"));
    assert!(env.exists("oca/mine/.git") && env.exists("oca/notes/todo.txt") && env.exists("oca/file"));
}

#[test]
fn what_another_profile_declares_is_kept() {
    let env = Env::new();
    ["web", "old"].iter().for_each(|name| drop(repository(&env, name)));
    env.declare_repos_with(
        REMOTES,
        &["web"],
        "[profiles.more]\nextends = [\"standard\"]\nrepos = [\"old\"]\n",
    );
    env.run(&["sync", "--all-profiles"]);
    env.oca(&["sync", "--prune"]).stderr("1 repository up to date\n").success();
    assert!(env.exists("oca/old"));
}

#[test]
fn work_in_an_undeclared_checkout_is_kept() {
    let env = Env::new();
    undeclared(&env);
    env.write("oca/old/mine.txt", "");
    env.oca(&["sync", "--prune"])
        .stderr(
            "2 repositories, 0 changed\nerror: `old` was not changed: uncommitted changes in `mine.txt`\n\
             hint: commit and push your work, or use `--force` to discard it\n",
        )
        .status(1);
    assert!(env.exists("oca/old/mine.txt"));
    env.run(&["sync", "--prune", "--force"]);
    assert!(!env.exists("oca/old"));
}

#[test]
fn branches_and_stashes_in_an_undeclared_checkout_are_kept() {
    let env = Env::new();
    undeclared(&env);
    env.write("oca/old/README.md", "mine\n");
    env.git("oca/old", &["stash", "-q"]);
    let left_alone = "error: `old` was not changed: local commits in `stash`\n";
    env.oca(&["sync", "--prune"]).stderr_contains(left_alone).status(1);
    env.git("oca/old", &["stash", "drop", "-q"]);
    env.git("oca/old", &["switch", "-q", "-c", "mine"]);
    env.git("oca/old", &["commit", "-q", "--allow-empty", "-m", "mine"]);
    env.git("oca/old", &["switch", "-q", "-d", "HEAD~1"]);
    let left_alone = "error: `old` was not changed: local commits in `mine`\n";
    env.oca(&["sync", "--prune"]).stderr_contains(left_alone).status(1);
    env.git("oca/old", &["branch", "-q", "-D", "mine"]);
    env.run(&["sync", "--prune"]);
    assert!(!env.exists("oca/old"));
}

#[test]
fn a_broken_undeclared_checkout_stops_nothing_else() {
    let env = Env::new();
    undeclared(&env);
    fs::write(env.project().join("oca/old/.git/config"), "[core\n").expect("a broken file");
    fs::remove_dir_all(env.project().join("oca/web")).expect("the checkout");
    env.oca(&["sync", "--prune"])
        .stderr_contains("error: cannot read the checkout of `old`\ncaused by: ")
        .status(3);
    env.assert_sound_checkout("oca/web");
    assert!(env.exists("oca/old"));
}
