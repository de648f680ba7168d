//! `oca lock --check --upstream` makes the merges anew: who says that a step is the merge?

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};
use crate::remote::Remote;

fn merged(env: &Env) -> Remote {
    let remote = requested(env);
    env.write(
        "patches/ten.patch",
        "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -9,3 +9,3 @@\n 9\n-10\n+ten\n 11\n",
    );
    declare(env, "merges = [\"#1\", \"#2\"]\npatches = [\"patches/ten.patch\"]");
    env.oca(&["lock", "-q"]).success();
    remote
}

const CHECK: [&str; 3] = ["lock", "--check", "--upstream"];

#[test]
fn steps_that_are_the_merges_are_proven() {
    let env = Env::new();
    let remote = merged(&env);
    env.oca(&CHECK).success();
    // What was merged upstream is no difference.
    remote.branch("18.0").file("new", "").commit();
    env.oca(&CHECK).success();
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    env.oca(&CHECK).success();
}

#[test]
fn a_rewritten_branch_is_a_warning_and_with_strict_an_error() {
    let env = Env::new();
    let remote = merged(&env);
    let old = locked(&env, "\"#1\"", "commit");
    let base = env.git(remote.path(), &["rev-parse", "refs/pull/1/head^"]);
    remote.pull(1).from(base.trim()).file("web_x/x.txt", lines(&[(4, "four")])).commit();
    let said = "the branch of `web#1` does not contain the commit of the lock any more";
    env.oca(&CHECK).stderr(&format!("warning: {said}\n")).success();
    env.oca(&CHECK)
        .arg("--strict")
        .stdout(&format!("{said}\n"))
        .stderr_contains("some branches do not contain the commits of the lock any more")
        .status(1);
    env.oca(&["lock", "--upgrade", "web#1"])
        .stderr_contains("web#1: its branch was rewritten\n")
        .stderr_contains(&format!("web#1: {} -> ", crate::project::short(&old)))
        .stderr_contains(", 1 file by ")
        .success();
    env.oca(&CHECK).success();
}

/// Replaces the step of the first request by another one, with all digests right: as an attacker would.
fn forge(env: &Env, remote: &Remote) {
    let evil = env.git(remote.path(), &["rev-parse", "refs/pull/1/head^"]);
    let honest = remote.commit_of("refs/pull/1/head");
    remote.pull(1).from(evil.trim()).file("web_x/x.txt", lines(&[(3, "evil")])).commit();
    env.oca(&["lock", "-q", "--upgrade", "web#1"]).success();
    let forged = locked(env, "\"#1\"", "commit");
    env.git(remote.path(), &["update-ref", "refs/pull/1/head", &honest]);
    env.edit("oca.lock.json", &forged, &honest);
}

#[test]
fn a_forged_step_is_found_by_its_tree() {
    let env = Env::new();
    let remote = merged(&env);
    forge(&env, &remote);
    env.oca(&CHECK)
        .stdout_contains("the step of `web#1` is not what its merge gives\n")
        .stderr_contains("is out of date")
        .status(1);
    // A forger has the digests right, too. A step that claims to be made automatically cannot be accepted.
    env.oca(&["lock", "--check", "--upstream", "--accept", "web#7"])
        .stderr_contains("there is no merge `web#7`")
        .status(2);
}

#[test]
fn a_commit_that_is_gone_cannot_be_proven_unless_it_is_accepted() {
    let env = Env::new();
    let remote = merged(&env);
    env.git(remote.path(), &["update-ref", "-d", "refs/pull/1/head"]);
    env.git(remote.path(), &["gc", "-q", "--prune=now"]);
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    env.oca(&CHECK)
        .stdout("the commit of `web#1` is gone, so its step cannot be compared with the merge\n")
        .stderr_contains(
            "hint: look at the steps, then accept them with `oca lock --check --upstream --accept 'web#1'`",
        )
        .status(1);
    env.oca(&CHECK)
        .arg("--accept")
        .arg("web#1")
        .stderr("warning: the branch of `web#1` does not contain the commit of the lock any more\n")
        .success();
}
