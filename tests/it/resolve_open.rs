//! While `oca resolve` has something open that the lock does not have, all commands say how it goes on.

use crate::env::Env;
use crate::merges::{declare, lines, requested};

const KEPT: &str = "error: `web` was not changed: `oca resolve` has a merge open in `[TEMP]/project/oca/web`\n\
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
