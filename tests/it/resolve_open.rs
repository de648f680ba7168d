//! While `oca resolve` has something open that the lock does not have, all commands say how it goes on.

use crate::env::Env;
use crate::merges::{declare, lines, requested, requested_at};
use crate::project::short;

const KEPT: &str = "error: `web` was not changed: `oca resolve` has something to resolve in `[TEMP]/project/oca/web`\n\
                    hint: run `oca resolve web --continue`, or `oca resolve web --abort` to give up\n";

/// `web` with two requests that conflict. The second is open.
fn open(env: &Env) {
    requested(env);
    declare(env, "merges = [\"#1\"]");
    env.oca(&["sync", "-q"]).success();
    declare(env, "merges = [\"#1\", \"#3\"]");
    env.oca(&["resolve", "-q", "web"]).success();
}

#[test]
fn a_new_merge_that_is_open_is_named_by_status_and_sync() {
    let env = Env::new();
    open(&env);
    env.oca(&["status"])
        .stdout_contains("web  resolving  ")
        .stdout_contains("  `web#3`: run `oca resolve web --continue` or `oca resolve web --abort`\n")
        .stderr("warning: `oca.lock.json` is out of date; first finish what `oca resolve` opened\n")
        .status(1);
    env.oca(&["status", "--format", "json"])
        .stdout_contains("\"state\": \"resolving\"")
        .stderr_contains("is out of date")
        .status(1);
    for command in [&["sync"][..], &["sync", "web"], &["sync", "--locked"], &["sync", "--force", "--dry-run"]]
    {
        env.oca(command).stderr(KEPT).status(1);
    }
    env.write("oca/web/web_x/x.txt", lines(&[(3, "three and III"), (28, "28!")]));
    env.git("oca/web", &["add", "web_x/x.txt"]);
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    env.oca(&["status"]).stdout_contains("clean").success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

#[test]
fn a_forced_sync_discards_what_is_open() {
    let env = Env::new();
    open(&env);
    env.write("oca/web/web_x/x.txt", "mine");
    env.oca(&["sync", "--force"])
        .stderr(
            "web: what was open is discarded\n\
             error: `web#3` conflicts with the earlier `web#1`\n\
             caused by: `web_x/x.txt`: both changed the same lines\n\
             hint: run `oca resolve web`, or change the order of `merges`\n",
        )
        .status(1);
    assert!(!env.exists("oca/web/.git/oca-resolve"));
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (28, "28!")]));
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["status"]).stdout_contains("clean").success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

/// Without an old lock, the checkout was made for the merge.
#[test]
fn a_forced_sync_removes_a_checkout_that_was_made_for_a_merge() {
    let env = Env::new();
    requested(&env);
    declare(&env, "merges = [\"#1\", \"#3\"]");
    env.oca(&["resolve", "-q", "web"]).success();
    env.oca(&["status"]).stdout_contains("web  resolving").stderr_contains("is out of date").status(1);
    env.oca(&["sync"]).stderr(KEPT).status(1);
    env.oca(&["sync", "--force"]).stderr_contains("error: `web#3` conflicts with the earlier").status(1);
    assert!(!env.exists("oca/web"));
    env.oca(&["status"]).stderr_contains("there is no `oca.lock.json`").status(1);
}

/// Either all of them are discarded, or none is.
#[test]
fn a_forced_sync_that_is_refused_discards_nothing() {
    let env = Env::new();
    for name in ["web", "dms"] {
        requested_at(&env, name);
    }
    let tables = "[repos.web]\nmerges = [\"#1\", \"#3\"]\n[repos.dms]\nmerges = [\"#1\", \"#3\"]\n";
    env.declare(&format!("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n{tables}"));
    env.oca(&["resolve", "-q", "web"]).success();
    env.oca(&["resolve", "-q", "dms"]).success();
    env.oca(&["sync", "--force", "web"]).stderr(&KEPT.replace("web", "dms")).status(1);
    env.oca(&["sync", "--force", "--locked"]).stderr_contains("there is no `oca.lock.json`").status(1);
    // A commit of the user would be gone with the checkout.
    let tree = env.git("oca/dms", &["commit-tree", "-m", "Mine", "-p", "HEAD", "HEAD^{tree}"]);
    env.git("oca/dms", &["branch", "mine", tree.trim()]);
    env.oca(&["sync", "--force"])
        .stderr_contains("error: `dms` has work that is not of the merge: local commits in `mine`\n")
        .stderr_contains("hint: push it, or delete it, and run `oca resolve dms --abort`\n")
        .status(1);
    for name in ["web", "dms"] {
        assert!(env.exists(format!("oca/{name}/.git/oca-resolve")), "{name}");
    }
    env.git("oca/dms", &["branch", "-D", "mine"]);
    env.oca(&["sync", "--force"])
        .stderr_contains("dms: what was open is discarded\n")
        .stderr_contains("web: what was open is discarded\n")
        .status(1);
    assert!(!env.exists("oca/web") && !env.exists("oca/dms"));
}

#[test]
fn a_forced_sync_names_the_commit_that_it_leaves() {
    let env = Env::new();
    open(&env);
    env.write("oca/web/web_x/x.txt", "mine");
    env.git("oca/web", &["commit", "-q", "-a", "-m", "Mine"]);
    let own = env.head("oca/web");
    env.oca(&["sync", "--force"])
        .stderr_contains("web: what was open is discarded\n")
        .stderr_contains(&format!("web: your commit {} is still in `git reflog`\n", short(&own)))
        .status(1);
}

#[test]
fn a_lock_that_conflicts_names_the_resolution_that_is_open() {
    let env = Env::new();
    open(&env);
    env.oca(&["lock"])
        .stderr_contains("error: `web#3` conflicts with the earlier `web#1`\n")
        .stderr_contains("hint: run `oca resolve web --continue`, or `oca resolve web --abort` to give up\n")
        .status(1);
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    env.oca(&["lock"]).stderr_contains("hint: run `oca resolve web`, or change the order").status(1);
}
