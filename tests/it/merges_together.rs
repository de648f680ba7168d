//! Two branches of a project that both changed the merges.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};
use crate::project::short;
use crate::remote::Remote;

/// Commits what is there.
fn commit(env: &Env) {
    env.git(".", &["add", "repos.toml", "oca.lock.json", "oca.lock.d"]);
    env.git(".", &["commit", "-q", "-m", "lock"]);
}

#[test]
fn both_sides_keep_their_commits_and_the_steps_are_made_anew() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\n  \"#2\",\n]");
    env.oca(&["lock", "-q"]).success();
    let base = env.locked_commit("web");
    env.git(".", &["init", "-q", "-b", "main"]);
    commit(&env);
    env.git(".", &["checkout", "-q", "-b", "feature"]);
    declare(&env, "merges = [\n  \"#2\",\n  \"#1\",\n]");
    env.oca(&["lock", "-q"]).success();
    let first = locked(&env, "\"#1\"", "commit");
    commit(&env);
    env.git(".", &["checkout", "-q", "main"]);
    let second = remote.pull(2).file("web_x/two.txt", "").commit();
    env.oca(&["lock", "-q", "--upgrade", "web#2"]).success();
    commit(&env);
    env.try_git(".", &["merge", "-q", "feature"]).expect_err("a conflict");
    env.git(".", &["checkout", "-q", "feature", "--", "repos.toml"]);
    // What moved meanwhile is no reason to move a merge.
    remote.pull(1).file("web_x/one.txt", "").commit();
    remote.branch("18.0").file("new", "").commit();
    env.oca(&["lock", "-q"]).success();
    assert_eq!(env.locked_commit("web"), base);
    assert_eq!(locked(&env, "\"#1\"", "commit"), first);
    assert_eq!(locked(&env, "\"#2\"", "commit"), second);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
    assert!(env.exists("oca/web/web_x/two.txt") && !env.exists("oca/web/web_x/one.txt"));
}

/// `main` and `feature` of a project with `web#2`, which git cannot merge: its driver is missing. Each side is changed by a
/// function.
fn unmerged(env: &Env, remote: &Remote, ours: impl Fn(&Remote), theirs: impl Fn(&Remote)) {
    declare(env, "merges = [\n  \"#2\",\n]");
    env.oca(&["lock", "-q"]).success();
    env.branch_with_failing_driver("oca-is-not-here merge-lock %O %A %B");
    theirs(remote);
    env.commit_all("Theirs");
    env.git(".", &["checkout", "-q", "main"]);
    ours(remote);
    env.commit_all("Ours");
    env.try_git(".", &["merge", "-q", "feature"]).expect_err("a conflict");
}

#[test]
fn a_request_that_only_their_side_moved_is_not_lost() {
    let env = Env::new();
    let remote = requested(&env);
    let ours = |remote: &Remote| {
        remote.branch("18.0").file("new", "").commit();
        env.oca(&["lock", "-q", "--upgrade", "web"]).success();
    };
    let theirs = |remote: &Remote| {
        remote.pull(2).file("web_x/two.txt", "").commit();
        env.oca(&["lock", "-q", "--upgrade", "web#2"]).success();
    };
    unmerged(&env, &remote, ours, theirs);
    env.oca(&["lock"]).stderr_contains("`oca.lock.json` is merged and staged: go on with git\n").success();
    assert_eq!(env.locked_commit("web"), remote.commit_of("18.0"));
    assert_eq!(locked(&env, "\"#2\"", "commit"), remote.commit_of("refs/pull/2/head"));
    env.oca(&["sync", "-q"]).success();
    assert!(env.exists("oca/web/web_x/two.txt") && env.exists("oca/web/new"));
}

#[test]
fn a_request_that_both_sides_moved_is_the_newer_one_or_a_choice() {
    let env = Env::new();
    let remote = requested(&env);
    let theirs = |remote: &Remote| {
        remote.pull(2).file("web_x/two.txt", "").commit();
        env.oca(&["lock", "-q", "--upgrade", "web#2"]).success();
    };
    let ours = |remote: &Remote| {
        remote.pull(2).file("web_x/three.txt", "").commit();
        env.oca(&["lock", "-q", "--upgrade", "web#2"]).success();
    };
    unmerged(&env, &remote, ours, theirs);
    let head = remote.commit_of("refs/pull/2/head");
    env.oca(&["lock"])
        .stderr_contains(&format!("web#2: uses our commit {}, which contains the other one\n", short(&head)))
        .success();
    assert_eq!(locked(&env, "\"#2\"", "commit"), head);
    // A commit that was rewritten contains the other one no more.
    env.git(".", &["reset", "-q", "--hard"]);
    let rewritten = remote.pull(2).from(&remote.commit_of("18.0~1")).file("web_x/four.txt", "").commit();
    env.oca(&["lock", "-q", "--upgrade", "web#2"]).success();
    env.commit_all("Ours again");
    env.try_git(".", &["merge", "-q", "feature"]).expect_err("a conflict");
    env.oca(&["lock"])
        .stderr_contains(&format!("  `web#2`: ours `{}`", short(&rewritten)))
        .stderr_contains("hint: run `oca lock --ours web` or `oca lock --theirs web`\n")
        .status(1);
    env.oca(&["lock", "--ours", "web"]).stderr_contains("web#2: uses our commit").success();
    assert_eq!(locked(&env, "\"#2\"", "commit"), rewritten);
}
