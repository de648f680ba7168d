//! `oca resolve`: a merge that conflicts becomes an ordinary git merge in the checkout, and its resolution a step.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};
use crate::project::short;
use crate::remote::Remote;

/// `web` with two requests that conflict, and nothing locked yet.
fn conflicting(env: &Env) -> Remote {
    let remote = requested(env);
    declare(env, "merges = [\"#1\", \"#3\", \"#2\"]");
    env.oca(&["lock"])
        .stderr_contains("error: `web#3` conflicts with the earlier `web#1`")
        .stderr_contains("hint: run `oca resolve web`, or")
        .status(1);
    remote
}

/// Writes the file of the conflict, and stages it.
fn stage(env: &Env, text: &str) {
    env.write("oca/web/web_x/x.txt", text);
    env.git("oca/web", &["add", "web_x/x.txt"]);
}

fn resolved() -> String {
    lines(&[(3, "three and III"), (28, "28!")])
}

#[test]
fn a_conflict_is_an_ordinary_merge_in_the_checkout() {
    let env = Env::new();
    let remote = conflicting(&env);
    assert!(!env.exists("oca.lock.json"));
    env.oca(&["resolve", "web"])
        .stderr(
            "web: `web#3` conflicts with the earlier `web#1`; it is open in `[TEMP]/project/oca/web`\n\
             \u{20} `web_x/x.txt`: both changed the same lines\n",
        )
        .success();
    let git = |args: &[&str]| env.git("oca/web", args);
    assert_eq!(git(&["status", "--porcelain"]), "UU web_x/x.txt\n");
    assert_eq!(git(&["log", "-1", "--format=%s"]), "[FIX] web_x: three\n");
    assert_eq!(git(&["log", "-1", "--format=%s %an", "MERGE_HEAD"]), "[FIX] web_x: III Odo Test\n");
    assert_eq!(
        git(&["rev-parse", "MERGE_HEAD^{tree}"]),
        format!("{}\n", remote.tree_of("refs/pull/3/head", ""))
    );
    assert_eq!(
        env.read("oca/web/web_x/x.txt"),
        lines(&[(3, "<<<<<<< HEAD\nthree\n=======\nIII\n>>>>>>> web#3"), (28, "28!")])
    );
    assert_eq!(git(&["ls-files", "-u"]).lines().count(), 3);
    assert_eq!(git(&["show", ":1:web_x/x.txt"]), lines(&[]));
    assert_eq!(git(&["show", ":3:web_x/x.txt"]), lines(&[(3, "III")]));
    git(&["fsck", "--no-dangling"]);
    env.oca(&["resolve", "web", "--continue"])
        .stderr(
            "error: `web` still has conflicts in `web_x/x.txt`\n\
             hint: resolve them, `git add` them, and run `oca resolve web --continue`\n",
        )
        .status(1);
    env.git("oca/web", &["add", "web_x/x.txt"]);
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("error: `web` still has markers of conflicts in `web_x/x.txt`")
        .status(1);
    stage(&env, &resolved());
    env.write("oca/web/web_x/x.txt", "more");
    env.write("oca/web/notes.txt", "mine");
    env.write("oca/web/web_x/x.txt.orig", "git mergetool makes it");
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("error: `web` has changes that are not staged, in `notes.txt`, `web_x/x.txt`")
        .status(1);
    std::fs::remove_file(env.project().join("oca/web/notes.txt")).expect("a file");
    stage(&env, &resolved());
    env.oca(&["resolve", "web", "--continue"]).stderr_contains("web: moved to ").success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "made");
    assert_eq!(locked(&env, "\"#3\"", "step"), "resolved");
    assert_eq!(locked(&env, "\"#2\"", "step"), "made");
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three and III"), (20, "twenty"), (28, "28!")]));
    assert_eq!(git(&["rev-parse", "HEAD"]).trim(), locked(&env, "\"#2\"", "result"));
    assert!(env.read("oca.lock.d/web/02-3.patch").contains("Subject: [FIX] web_x: III\n"));
    env.assert_sound_checkout("oca/web");
    assert!(!env.exists("oca/web/.git/oca-resolve"));
    for command in [&["lock", "--check"][..], &["verify", "-q"], &["sync", "-q"]] {
        env.oca(command).success();
    }
    env.oca(&["status"]).stdout_contains("clean").success();
    env.oca(&["lock"]).stderr("1 repository with 2 modules, nothing changed\n").success();
}

#[test]
fn a_commit_of_the_user_is_a_resolution_too() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &resolved());
    env.git("oca/web", &["commit", "-q", "--no-edit"]);
    let message = env.git("oca/web", &["log", "-1", "--format=%B %P"]);
    assert!(message.starts_with("Merge web#3: [FIX] web_x: III\n"), "{message}");
    env.git("oca/web", &["fsck", "--no-dangling"]);
    env.git("oca/web", &["commit", "-q", "--allow-empty", "-m", "another one"]);
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert_eq!(locked(&env, "\"#3\"", "step"), "resolved");
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three and III"), (20, "twenty"), (28, "28!")]));
    env.assert_sound_checkout("oca/web");
}

#[test]
fn a_merge_tool_resolves_it() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    let tool = "mergetool.x.cmd=cat \"$LOCAL\" \"$BASE\" \"$REMOTE\" >\"$MERGED\"";
    let trusted = "mergetool.x.trustExitCode=true";
    env.git("oca/web", &["-c", tool, "-c", trusted, "mergetool", "-y", "--tool=x"]);
    assert_eq!(
        env.git("oca/web", &["status", "--porcelain"]),
        "M  web_x/x.txt\n?? web_x/x.txt.orig\n",
        "git keeps the file with the markers"
    );
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert_eq!(locked(&env, "\"#3\"", "step"), "resolved");
    assert!(env.read("oca/web/web_x/x.txt").contains("III\n"));
    env.assert_sound_checkout("oca/web");
}

#[test]
fn git_may_abort_the_merge_and_it_can_be_opened_again() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    env.oca(&["resolve", "web"])
        .stderr(
            "error: `web#3` is open already\n\
             hint: run `oca resolve web --continue`, or `oca resolve web --abort` to give up\n",
        )
        .status(1);
    env.git("oca/web", &["merge", "--abort"]);
    assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "");
    env.oca(&["resolve", "web", "--continue"])
        .stderr(
            "error: `web#3` is not open any more, and nothing was committed\n\
             hint: run `oca resolve web` to open it again, or `oca resolve web --abort` to give up\n",
        )
        .status(1);
    env.oca(&["resolve", "-q", "web"]).success();
    assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "UU web_x/x.txt\n");
    // There was no checkout before.
    env.write("oca/web/mine.txt", "");
    env.oca(&["resolve", "web", "--abort"])
        .stderr_contains("error: `web` has changes that are not of the merge, in `mine.txt`")
        .status(1);
    std::fs::remove_file(env.project().join("oca/web/mine.txt")).expect("a file");
    env.oca(&["resolve", "web", "--abort"]).stderr("web: the checkout is as it was\n").success();
    assert!(!env.exists("oca/web"));
    env.oca(&["resolve", "web", "--abort"])
        .stderr("error: nothing of `web` is open\nhint: run `oca resolve web` to open what conflicts\n")
        .status(1);
}

#[test]
fn a_failed_upgrade_is_resolved_towards_the_new_base_and_an_abort_goes_back() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\"#1\", \"#2\"]");
    env.oca(&["sync", "-q"]).success();
    let (old, lock) = (env.git("oca/web", &["rev-parse", "HEAD"]), env.read("oca.lock.json"));
    let new = remote
        .branch("18.0")
        .file("web_x/x.txt", lines(&[(3, "drei"), (28, "28!")]))
        .module("web_y", &[])
        .commit();
    env.oca(&["lock", "--upgrade"]).stderr_contains("error: `web#1` conflicts with its branch").status(1);
    assert_eq!(env.read("oca.lock.json"), lock);
    env.oca(&["resolve", "-q", "web"]).success();
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]).trim(), new);
    // Nothing destroys it.
    env.oca(&["sync"])
        .stderr(
            "1 repository, 0 changed\n\
             error: `web` was not changed: `oca resolve` has something to resolve in `[TEMP]/project/oca/web`\n\
             hint: run `oca resolve web --continue`, or `oca resolve web --abort` to give up\n",
        )
        .status(1);
    env.oca(&["status"]).stdout_contains(&format!("web  resolving  {}, locked at ", short(&new))).status(1);
    env.oca(&["lock", "-q"]).success();
    assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "UU web_x/x.txt\n");
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]), old);
    env.assert_sound_checkout("oca/web");
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["resolve", "-q", "web"]).success();
    env.git("oca/web", &["checkout", "--theirs", "web_x/x.txt"]);
    stage(&env, &lines(&[(3, "drei und three"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert_eq!(env.locked_commit("web"), new);
    assert_eq!(locked(&env, "\"#1\"", "step"), "resolved");
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "drei und three"), (20, "twenty"), (28, "28!")]));
    env.assert_sound_checkout("oca/web");
    // The next upgrade asks nobody again.
    remote.branch("18.0").file("web_y/new", "").commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "resolved");
    env.oca(&["sync", "-q"]).success();
    assert!(env.exists("oca/web/web_y/new"));
    // Also if the request moves on.
    remote.pull(1).file("web_x/x.txt", lines(&[(3, "three"), (12, "twelve")])).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "resolved");
    assert_eq!(locked(&env, "\"#1\"", "commit"), remote.commit_of("refs/pull/1/head"));
    env.oca(&["sync", "-q"]).success();
    env.assert_file(
        "oca/web/web_x/x.txt",
        &lines(&[(3, "drei und three"), (12, "twelve"), (20, "twenty"), (28, "28!")]),
    );
    // Only a new conflict is asked about.
    remote.pull(1).file("web_x/x.txt", lines(&[(3, "THREE"), (12, "twelve")])).commit();
    env.oca(&["lock", "--upgrade"]).stderr_contains("`web#1` conflicts with its branch").status(1);
}

#[test]
fn several_conflicts_are_resolved_one_after_the_other() {
    let env = Env::new();
    let remote = requested(&env);
    let base = env.git(remote.path(), &["rev-parse", "refs/pull/1/head~1"]);
    remote
        .pull(4)
        .from(base.trim())
        .file("web_x/x.txt", lines(&[(3, "four")]))
        .module("web_four", &[])
        .message("[ADD] four\n")
        .commit();
    declare(&env, "merges = [\"#1\", \"#3\", \"#4\"]");
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &resolved());
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("web: `web#4` conflicts with the earlier `web#1`; it is open in")
        .success();
    assert_eq!(
        env.git("oca/web", &["status", "--porcelain"]),
        "A  web_four/__init__.py\nA  web_four/__manifest__.py\nUU web_x/x.txt\n"
    );
    assert_eq!(env.git("oca/web", &["log", "-2", "--format=%s"]), "[FIX] web_x: III\n[FIX] web_x: three\n");
    stage(&env, &lines(&[(3, "three and III and four"), (28, "28!")]));
    env.oca(&["resolve", "web", "--continue"]).stderr_contains("web: moved to ").success();
    assert_eq!(locked(&env, "\"#3\"", "step"), "resolved");
    assert_eq!(locked(&env, "\"#4\"", "step"), "resolved");
    env.assert_sound_checkout("oca/web");
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three and III and four"), (28, "28!")]));
    assert!(env.exists("oca/web/web_four/__manifest__.py"));
    // Another machine gets the same.
    let head = env.git("oca/web", &["rev-parse", "HEAD"]);
    std::fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
    std::fs::remove_dir_all(env.cache()).expect("the cache");
    env.oca(&["sync", "-q", "--locked"]).success();
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]), head);
}

#[test]
fn a_resolution_without_a_change_is_no_step() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    env.git("oca/web", &["checkout", "--ours", "web_x/x.txt"]);
    env.git("oca/web", &["add", "web_x/x.txt"]);
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert_eq!(locked(&env, "\"#3\"", "step"), "empty");
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock", "--check", "--upstream"])
        .stdout("the step of `web#3` is not the automatic merge: it was resolved\n")
        .stderr_contains("--accept 'web#3'`")
        .status(1);
    env.oca(&["lock", "--check", "--upstream", "--accept", "web#3"]).success();
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let env = Env::new();
    let remote = conflicting(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &resolved());
    declare(&env, "merges = [\"#1\", \"#3\"]");
    env.oca(&["resolve", "web", "--continue"])
        .stderr(
            "error: `repos.toml` or the lock has changed for `web` since `oca resolve web`\n\
             hint: run `oca resolve web --abort`, then `oca resolve web`\n",
        )
        .status(1);
    declare(&env, "merges = [\"#1\", \"#3\", \"#2\"]");
    env.git("oca/web", &["checkout", "-q", "-f", "--detach", &remote_tip(&env)]);
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("error: the checkout of `web` is not where `web#3` was opened")
        .status(1);
    env.write("oca/web/.git/oca-resolve", "{}");
    for flag in ["--continue", "--abort"] {
        env.oca(&["resolve", "web", flag])
            .stderr(
                "error: `[TEMP]/project/oca/web/.git/oca-resolve` is not a file that oca wrote\n\
                 hint: keep a copy of what you resolved, delete the file, then run `oca sync --force`\n",
            )
            .status(2);
    }
    drop(remote);
}

/// The base in the checkout, which every merge of it can be reset to.
fn remote_tip(env: &Env) -> String {
    env.git("oca/web", &["rev-parse", "HEAD~1"]).trim().to_owned()
}

#[test]
fn local_work_is_not_touched() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["sync", "-q"]).success();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(3, "drei"), (28, "28!")])).commit();
    env.write("oca/web/web_x/x.txt", "mine");
    env.oca(&["resolve", "web"])
        .stderr(
            "error: `web` was not changed: uncommitted changes in `web_x/x.txt`\n\
             hint: commit and push your work\n",
        )
        .status(1);
    env.assert_file("oca/web/web_x/x.txt", "mine");
    assert!(!env.exists("oca/web/.git/oca-resolve"));
    env.git("oca/web", &["checkout", "-q", "--", "."]);
    env.git("oca/web", &["switch", "-q", "-c", "mine"]);
    env.oca(&["resolve", "-q", "web"]).success();
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert_eq!(env.git("oca/web", &["branch", "--show-current"]), "mine\n");
    env.oca(&["resolve", "-q", "web"]).success();
    env.oca(&["sync", "-q", "--force"]).success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["resolve", "web", "--continue"]).stderr_contains("nothing of `web` is open").status(1);
}

#[test]
fn nothing_to_resolve_is_said() {
    let env = Env::new();
    requested(&env);
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["lock", "-q"]).success();
    env.oca(&["resolve", "web"]).stderr("web: nothing conflicts\n").success();
    assert!(!env.exists("oca/web"));
    env.oca(&["resolve", "web#9"]).stderr_contains("error: there is no merge `web#9`").status(2);
    env.oca(&["resolve", "dms"]).stderr_contains("error: no profile has a repository `dms`").status(2);
}

#[test]
fn a_killed_run_loses_no_resolution() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "web"]).stopped_at("opening a merge");
    env.oca(&["resolve", "-q", "web"]).success();
    assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "UU web_x/x.txt\n");
    stage(&env, &resolved());
    env.oca(&["resolve", "web", "--continue"]).stopped_at("moving a checkout");
    assert!(env.exists("oca.lock.json"));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three and III"), (20, "twenty"), (28, "28!")]));
    env.assert_sound_checkout("oca/web");
}

/// Two requests whose conflicts have no lines.
#[test]
fn conflicts_without_lines_are_shown_as_git_does() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    let base = remote
        .branch("18.0")
        .module("web_x", &[])
        .file("web_x/gone.txt", "gone\n")
        .file("web_x/changed.txt", "changed\n")
        .file("web_x/b.png", b"\0old")
        .symlink("web_x/link", "gone.txt")
        .commit();
    remote
        .pull(1)
        .from(&base)
        .file("web_x/gone.txt", "changed here\n")
        .remove("web_x/changed.txt")
        .file("web_x/b.png", b"\0theirs")
        .file("web_x/d", "a file\n")
        .file("web_x/clean.txt", "clean\n")
        .symlink("web_x/link", "changed.txt")
        .commit();
    remote
        .branch("18.0")
        .remove("web_x/gone.txt")
        .file("web_x/changed.txt", "changed there\n")
        .file("web_x/b.png", b"\0ours")
        .file("web_x/d/e", "a directory\n")
        .symlink("web_x/link", "b.png")
        .commit();
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["lock"]).stderr_contains("`web#1` conflicts with its branch").status(1);
    env.oca(&["resolve", "-q", "web"]).success();
    insta::assert_snapshot!(env.git("oca/web", &["status", "--porcelain"]), @r"
    UU web_x/b.png
    UD web_x/changed.txt
    A  web_x/clean.txt
    DU web_x/gone.txt
    UU web_x/link
    UA web_x_d~web-1
    ");
    env.assert_file("oca/web/web_x/gone.txt", "changed here\n");
    env.assert_file("oca/web/web_x_d~web-1", "a file\n");
    env.git("oca/web", &["fsck", "--no-dangling"]);
    env.git("oca/web", &["merge", "--abort"]);
    assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "");
    env.oca(&["resolve", "-q", "web"]).success();
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert!(!env.project().join("oca/web/web_x_d~web-1").exists());
    env.oca(&["resolve", "-q", "web"]).success();
    env.git("oca/web", &["rm", "-q", "web_x/gone.txt", "web_x_d~web-1"]);
    env.git("oca/web", &["add", "web_x/changed.txt", "web_x/b.png", "web_x/link"]);
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    env.assert_sound_checkout("oca/web");
    env.assert_file("oca/web/web_x/changed.txt", "changed there\n");
    env.assert_file("oca/web/web_x/clean.txt", "clean\n");
}

const OUTDATED: &str = "error: `repos.toml` or the lock has changed for `web` since `oca resolve web`\n\
                        hint: run `oca resolve web --abort`, then `oca resolve web`\n";

/// The first merge is dropped after `git merge --abort`, so what was made for it is nothing for the next one.
#[test]
fn merges_that_are_made_are_not_used_for_other_merges() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    env.git("oca/web", &["merge", "--abort"]);
    declare(&env, "merges = [\"#3\", \"#2\"]");
    env.oca(&["resolve", "web"]).stderr(OUTDATED).status(1);
    assert!(!env.exists("oca.lock.json"));
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    env.oca(&["lock", "-q"]).success();
    assert_eq!(locked(&env, "\"#3\"", "step"), "made");
    assert!(env.read("oca.lock.d/web/01-3.patch").contains("+III\n"));
}

#[test]
fn merges_that_are_older_than_the_lock_are_refused() {
    let env = Env::new();
    let remote = conflicting(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &resolved());
    env.oca(&["resolve", "web", "--continue"]).stopped_at("moving a checkout");
    let new = remote.branch("18.0").file("web_x/new", "").commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    assert_eq!(env.locked_commit("web"), new);
    let lock = env.read("oca.lock.json");
    for args in [&["resolve", "web", "--continue"][..], &["resolve", "web"]] {
        env.oca(args).stderr(OUTDATED).status(1);
    }
    assert_eq!(env.read("oca.lock.json"), lock);
}

#[test]
fn a_resolution_is_kept_until_it_is_locked() {
    let env = Env::new();
    let remote = requested(&env);
    let patch =
        |old: &str| format!("--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -9,3 +9,3 @@\n 9\n-{old}\n+ten\n 11\n");
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["sync", "-q"]).success();
    let lock = env.read("oca.lock.json");
    let new =
        remote.branch("18.0").file("web_x/x.txt", lines(&[(3, "drei"), (10, "zehn"), (28, "28!")])).commit();
    env.oca(&["resolve", "-q", "web"]).success();
    let text = lines(&[(3, "drei und three"), (10, "zehn"), (28, "28!")]);
    stage(&env, &text);
    // The lock has no step of it that could be merged.
    env.write("patches/ten.patch", patch("10"));
    declare(&env, "merges = [\"#1\"]\npatches = [\"patches/ten.patch\"]");
    for _ in 0..2 {
        env.oca(&["resolve", "web", "--continue"]).stderr_contains("ten.patch").status(1);
        assert_eq!(env.read("oca.lock.json"), lock);
        env.assert_file("oca/web/web_x/x.txt", &text);
    }
    env.write("patches/ten.patch", patch("zehn"));
    // What is new in the checkout is not discarded.
    env.write("oca/web/notes.txt", "mine");
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("`web` was not changed: uncommitted changes in `notes.txt`")
        .status(1);
    env.assert_file("oca/web/notes.txt", "mine");
    std::fs::remove_file(env.project().join("oca/web/notes.txt")).expect("a file");
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert_eq!(env.locked_commit("web"), new);
    assert_eq!(locked(&env, "\"#1\"", "step"), "resolved");
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "drei und three"), (10, "ten"), (28, "28!")]));
    env.assert_sound_checkout("oca/web");
}

#[test]
fn work_after_a_killed_run_is_not_discarded() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "web"]).stopped_at("a merge is open");
    env.write("oca/web/web_x/x.txt", resolved());
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("error: `web` still has conflicts in `web_x/x.txt`")
        .status(1);
    env.assert_file("oca/web/web_x/x.txt", &resolved());
    stage(&env, &resolved());
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert_eq!(locked(&env, "\"#3\"", "step"), "resolved");
}

#[test]
fn an_abort_deletes_no_commits_of_the_user() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    env.git("oca/web", &["merge", "--abort"]);
    env.git("oca/web", &["switch", "-q", "-c", "mine"]);
    env.git("oca/web", &["commit", "-q", "--allow-empty", "-m", "Mine"]);
    env.git("oca/web", &["checkout", "-q", "--detach", "HEAD~1"]);
    env.oca(&["resolve", "web", "--abort"])
        .stderr(
            "error: `web` has work that is not of the merge: local commits in `mine`\n\
             hint: push it, or delete it, and run `oca resolve web --abort`\n",
        )
        .status(1);
    env.git("oca/web", &["checkout", "-q", "--detach", "mine"]);
    env.git("oca/web", &["branch", "-q", "-D", "mine"]);
    env.oca(&["resolve", "web", "--abort"])
        .stderr_contains("error: `web` has work that is not of the merge: local commits up to")
        .status(1);
    env.git("oca/web", &["reset", "-q", "--hard", "HEAD~1"]);
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert!(!env.exists("oca/web"));
}

#[test]
fn the_state_of_a_newer_oca_is_not_called_damaged() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    env.write("oca/web/.git/oca-resolve", "{\"version\": 4, \"new\": true}");
    env.oca(&["resolve", "web", "--continue"])
        .stderr(
            "error: `[TEMP]/project/oca/web/.git/oca-resolve` has version 4; this oca reads version 3\n\
             hint: update oca\n",
        )
        .status(2);
}

/// Two forks have a branch of the same name.
#[test]
fn the_branches_of_two_forks_are_told_apart() {
    let env = Env::new();
    let remote = requested(&env);
    let base = env.git(remote.path(), &["rev-parse", "refs/pull/1/head~1"]);
    for (fork, text) in [("one", "three"), ("two", "III")] {
        let fork = Remote::new(&env, fork);
        env.git(fork.path(), &["fetch", "-q", remote.path().to_str().expect("a path"), "18.0"]);
        fork.branch("18.0-fix").from(base.trim()).file("web_x/x.txt", lines(&[(3, text)])).commit();
    }
    let (one, two) = ("../remotes/one.git 18.0-fix", "../remotes/two.git 18.0-fix");
    declare(&env, &format!("merges = [\"{one}\", \"{two}\"]"));
    env.oca(&["lock"])
        .stderr_contains("error: `web#../remotes/two.git 18.0-fix` conflicts with the earlier `web#../remotes/one.git 18.0-fix`")
        .status(1);
    env.oca(&["resolve", "web"])
        .stderr_contains("web: `web#../remotes/two.git 18.0-fix` conflicts with the earlier `web#../remotes/one.git 18.0-fix`")
        .success();
    stage(&env, &resolved());
    env.oca(&["resolve", "web", "--continue"]).stderr_contains("web: locked at").success();
    assert_eq!(locked(&env, two, "step"), "resolved");
    env.oca(&["lock", "--check", "--upstream"])
        .stdout("the step of `web#../remotes/two.git 18.0-fix` is not the automatic merge: it was resolved\n")
        .stderr_contains("--accept 'web#../remotes/two.git 18.0-fix'`")
        .status(1);
    env.oca(&["lock", "--check", "--upstream", "--accept", &format!("web#{two}")]).success();
}

#[test]
fn a_commit_without_the_request_is_no_resolution() {
    let env = Env::new();
    conflicting(&env);
    env.oca(&["resolve", "web", "-q"]).success();
    env.git("oca/web", &["merge", "--abort"]);
    env.write("oca/web/web_x/other.txt", "");
    env.git("oca/web", &["add", "-A"]);
    env.git("oca/web", &["commit", "-q", "-m", "something else"]);
    env.oca(&["resolve", "web", "--continue"]).stderr_contains("`web#3` ").status(1);
    assert!(!env.exists("oca.lock.json"));
    assert!(env.exists("oca/web/web_x/other.txt"));
}

/// Resolves the conflict of request 1 with a branch that changed the same line.
fn resolved_once(env: &Env) -> Remote {
    let remote = requested(env);
    declare(env, "merges = [\"#1\"]");
    env.oca(&["sync", "-q"]).success();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(3, "drei"), (28, "28!")])).commit();
    env.oca(&["resolve", "-q", "web"]).success();
    stage(env, &lines(&[(3, "drei und three"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    remote
}

fn conflict(ours: &str, theirs: &str) -> String {
    format!("<<<<<<< HEAD\n{ours}\n=======\n{theirs}\n>>>>>>> web#1")
}

#[test]
fn a_second_conflict_of_a_merge_shows_its_first_resolution() {
    let env = Env::new();
    let remote = resolved_once(&env);
    remote.branch("18.0").file("web_x/x.txt", lines(&[(3, "trois"), (28, "28!")])).commit();
    env.oca(&["resolve", "-q", "web"]).success();
    let shown = lines(&[(3, &conflict("trois", "drei und three")), (28, "28!")]);
    env.assert_file("oca/web/web_x/x.txt", &shown);
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    // With what the request changed since then.
    remote.pull(1).file("web_x/x.txt", lines(&[(3, "three"), (12, "twelve")])).commit();
    env.oca(&["resolve", "-q", "web"]).success();
    let shown = lines(&[(3, &conflict("trois", "drei und three")), (12, "twelve"), (28, "28!")]);
    env.assert_file("oca/web/web_x/x.txt", &shown);
    stage(&env, &lines(&[(3, "trois et three"), (12, "twelve"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "resolved");
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_request_that_changes_resolved_lines_conflicts_with_the_resolution() {
    let env = Env::new();
    let remote = resolved_once(&env);
    remote.pull(1).file("web_x/x.txt", lines(&[(3, "THREE"), (12, "twelve")])).commit();
    env.oca(&["resolve", "-q", "web"]).success();
    let shown = lines(&[(3, &conflict("drei und three", "THREE")), (12, "twelve"), (28, "28!")]);
    env.assert_file("oca/web/web_x/x.txt", &shown);
    stage(&env, &lines(&[(3, "drei und THREE"), (12, "twelve"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    env.assert_sound_checkout("oca/web");
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

#[test]
fn an_abort_keeps_what_is_finished_and_a_second_one_gives_it_up() {
    let env = Env::new();
    let remote = requested(&env);
    let base = env.git(remote.path(), &["rev-parse", "refs/pull/1/head~1"]);
    remote.pull(4).from(base.trim()).file("web_x/x.txt", lines(&[(3, "four")])).commit();
    declare(&env, "merges = [\"#1\", \"#3\", \"#4\"]");
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &resolved());
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    let opened = env.read("oca/web/web_x/x.txt");
    for _ in 0..2 {
        env.write("oca/web/web_x/x.txt", "half");
        env.oca(&["resolve", "web", "--abort"])
            .stderr("web: `web#4` is given up; your resolution of `web#3` is kept\n")
            .success();
        assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "");
        env.assert_file("oca/web/web_x/x.txt", &resolved());
        env.oca(&["status"]).stdout_contains("resolving").stderr_contains("is out of date").status(1);
        env.oca(&["resolve", "-q", "web"]).success();
        env.assert_file("oca/web/web_x/x.txt", &opened);
    }
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    env.oca(&["resolve", "web", "--continue"]).stderr_contains("`web#4` conflicts with").success();
    stage(&env, &lines(&[(3, "all"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert_eq!(["\"#3\"", "\"#4\""].map(|merge| locked(&env, merge, "step")), ["resolved", "resolved"]);
    env.assert_sound_checkout("oca/web");
}

#[test]
fn two_aborts_put_back_the_checkout() {
    let env = Env::new();
    let remote = requested(&env);
    let base = env.git(remote.path(), &["rev-parse", "refs/pull/1/head~1"]);
    remote.pull(4).from(base.trim()).file("web_x/x.txt", lines(&[(3, "four")])).commit();
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["sync", "-q"]).success();
    let before = [env.head("oca/web"), env.read("oca/web/web_x/x.txt")];
    declare(&env, "merges = [\"#1\", \"#3\", \"#4\"]");
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &resolved());
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    env.oca(&["resolve", "web", "--abort"]).stderr("web: the checkout is as it was\n").success();
    assert_eq!([env.head("oca/web"), env.read("oca/web/web_x/x.txt")], before);
    assert!(!env.exists("oca/web/.git/oca-resolve"));
    env.assert_sound_checkout("oca/web");
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}
