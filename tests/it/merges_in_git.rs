//! Two branches of a project that both changed what is merged into one repository, merged by git: line by line, and with
//! the merge driver.

use crate::env::Env;
use crate::lock_merge::use_driver;
use crate::merges::{declare, lines, locked, requested};
use crate::project::short;
use crate::remote::Remote;

/// With the merge driver or without it.
const BOTH_WAYS: [bool; 2] = [false, true];

/// A project with `web`, locked on `main` and in git.
fn project(driver: bool, rest: &str) -> (Env, Remote) {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, rest);
    env.oca(&["lock", "-q"]).success();
    env.git(".", &["init", "-q", "-b", "main"]);
    if driver {
        use_driver(&env);
    }
    env.commit_all("Lock");
    (env, remote)
}

/// Commits what one function does on `feature`, then what the other one does on `main`, and merges `feature`. The result of
/// `repos.toml` is `merged`.
fn merge(env: &Env, theirs: impl Fn(), ours: impl Fn(), merged: &str) {
    merge_by(env, "merge", theirs, ours, merged);
}

/// The same with another command of git.
fn merge_by(env: &Env, command: &str, theirs: impl Fn(), ours: impl Fn(), merged: &str) {
    env.git(".", &["checkout", "-q", "-b", "feature"]);
    theirs();
    env.commit_all("Theirs");
    env.git(".", &["checkout", "-q", "main"]);
    ours();
    env.commit_all("Ours");
    env.try_git(".", &[command, "feature"]).expect_err("a conflict");
    declare(env, merged);
    env.git(".", &["add", "repos.toml"]);
}

/// Resolves the open conflict of `web`.
fn resolve(env: &Env, text: &str) {
    env.write("oca/web/web_x/x.txt", text);
    env.git("oca/web", &["add", "web_x/x.txt"]);
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
}

/// Commits the merge. A clone of it is complete.
#[track_caller]
fn commit_for_everybody(env: &Env) {
    let status = env.git(".", &["status", "--porcelain"]);
    let is_staged = |line: &str| matches!(line.as_bytes(), [b'A' | b'M' | b'D' | b'R', b' ', ..]);
    assert!(status.lines().all(is_staged), "{status}");
    env.git(".", &["commit", "-q", "-m", "Merge"]);
    assert_eq!(env.git(".", &["status", "--porcelain"]), "");
    env.oca(&["lock", "--check"]).success();
    env.git(".", &["clone", "-q", ".", "../clone"]);
    env.oca(&["-C", "../clone", "lock", "--check"]).success();
}

const PATCH: &str = "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -9,3 +9,3 @@\n 9\n-10\n+ten\n 11\n";
const PATCHED: &str = "patches = [\"p.patch\"]";

#[test]
fn an_upgrade_is_not_lost_if_the_other_side_adds_a_patch() {
    for driver in BOTH_WAYS {
        let (env, remote) = project(driver, "");
        let theirs = || {
            remote.branch("18.0").file("new", "").commit();
            env.oca(&["upgrade", "-q"]).success();
        };
        let ours = || {
            env.write("p.patch", PATCH);
            declare(&env, PATCHED);
            env.oca(&["lock", "-q"]).success();
        };
        merge(&env, theirs, ours, PATCHED);
        env.oca(&["list"]).stderr_contains("contains git's conflict markers").status(2);
        env.oca(&["lock"])
            .stderr_contains("`oca.lock.json` is merged and staged: go on with git\n")
            .success();
        assert_eq!(env.locked_commit("web"), remote.commit_of("18.0"), "{driver}");
        env.oca(&["sync", "-q"]).success();
        env.assert_file("oca/web/web_x/x.txt", &lines(&[(10, "ten"), (28, "28!")]));
        commit_for_everybody(&env);
    }
}

/// Merges a side that upgraded everything into one that added a request.
fn merge_upgrade_and_request(env: &Env, remote: &Remote) {
    let theirs = || {
        remote.branch("18.0").file("new", "").commit();
        remote.pull(2).file("web_x/two.txt", "").commit();
        env.oca(&["upgrade", "-q"]).success();
    };
    let both = "merges = [\"#2\", \"#1\"]";
    let ours = || {
        declare(env, both);
        env.oca(&["lock", "-q"]).success();
    };
    merge(env, theirs, ours, both);
}

#[test]
fn an_upgrade_of_everything_is_not_lost_if_the_other_side_adds_a_request() {
    for driver in BOTH_WAYS {
        let (env, remote) = project(driver, "merges = [\"#2\"]");
        merge_upgrade_and_request(&env, &remote);
        let first = remote.commit_of("refs/pull/1/head");
        remote.pull(1).file("web_x/nobody_reviewed.txt", "").commit();
        env.oca(&["lock", "-q"]).success();
        assert_eq!(env.locked_commit("web"), remote.commit_of("18.0"), "{driver}");
        assert_eq!(locked(&env, "\"#2\"", "commit"), remote.commit_of("refs/pull/2/head"), "{driver}");
        assert_eq!(locked(&env, "\"#1\"", "commit"), first, "{driver}");
        commit_for_everybody(&env);
    }
}

/// Each side adds a request. Later, the one of their side moves, or somebody deletes it.
#[test]
fn a_locked_request_stays_at_the_commit_of_its_side() {
    for (driver, is_gone) in [(false, false), (true, false), (false, true), (true, true)] {
        let (env, remote) = project(driver, "");
        let add = |merges: &str| {
            declare(&env, merges);
            env.oca(&["lock", "-q"]).success();
        };
        merge(&env, || add("merges = [\"#1\"]"), || add("merges = [\"#2\"]"), "merges = [\"#1\", \"#2\"]");
        let first = remote.commit_of("refs/pull/1/head");
        if is_gone {
            env.git(remote.path(), &["update-ref", "-d", "refs/pull/1/head"]);
        } else {
            remote.pull(1).file("web_x/nobody_reviewed.txt", "").commit();
        }
        env.oca(&["lock"]).stderr_contains("is merged and staged").success();
        assert_eq!(locked(&env, "\"#1\"", "commit"), first, "{driver} {is_gone}");
        // The files of the steps are those of the merged lock.
        assert!(env.exists("oca.lock.d/web/01-1.patch") && env.exists("oca.lock.d/web/02-2.patch"));
        commit_for_everybody(&env);
    }
}

/// The step of our side gets another number, so that its old file has to go.
#[test]
fn a_step_that_is_not_needed_any_more_is_staged_as_deleted() {
    let (env, _remote) = project(false, "merges = [\"#2\"]");
    let ours = || {
        declare(&env, "merges = [\"#1\", \"#2\"]");
        env.oca(&["lock", "-q"]).success();
    };
    let theirs = || {
        env.write("p.patch", PATCH);
        declare(&env, &format!("merges = [\"#2\"]\n{PATCHED}"));
        env.oca(&["lock", "-q"]).success();
    };
    merge(&env, theirs, ours, &format!("merges = [\"#1\", \"#2\"]\n{PATCHED}"));
    env.oca(&["lock", "-q"]).success();
    assert_eq!(
        env.git(".", &["ls-files", "oca.lock.d"]),
        "oca.lock.d/.gitattributes\noca.lock.d/web/01-1.patch\noca.lock.d/web/02-2.patch\noca.lock.d/web/03-p.patch\n"
    );
    commit_for_everybody(&env);
}

#[test]
fn two_resolutions_of_a_request_are_a_choice() {
    for (driver, flag, expected) in [
        (false, "--ours", "main"),
        (true, "--ours", "main"),
        (false, "--theirs", "feature"),
        (true, "--theirs", "feature"),
    ] {
        let (env, remote) = project(driver, "");
        let two = "merges = [\"#1\", \"#3\"]";
        let resolved = |words: &str| {
            declare(&env, two);
            env.oca(&["resolve", "-q", "web"]).success();
            resolve(&env, &lines(&[(3, words), (28, "28!")]));
        };
        merge(
            &env,
            || resolved("feature"),
            || {
                env.oca(&["sync", "-q"]).success();
                resolved("main");
            },
            two,
        );
        let head = remote.commit_of("refs/pull/3/head");
        env.oca(&["lock"])
            .stderr(&format!(
                "error: `oca.lock.json` has conflicting pins for 1 repository\n  \
                 `web#3` at `{}`: the two sides resolved it in different ways\n\
                 hint: run `oca lock --ours web` or `oca lock --theirs web`\n",
                short(&head)
            ))
            .status(1);
        let word = if flag == "--ours" { "our" } else { "their" };
        env.oca(&["lock", flag]).stderr_contains(&format!("web#3: uses {word} resolution\n")).success();
        env.oca(&["sync", "-q"]).success();
        env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, expected), (28, "28!")]));
        assert_eq!(locked(&env, "\"#3\"", "step"), "resolved");
        commit_for_everybody(&env);
    }
}

/// Our side adds a request, their side upgrades. Nobody resolves again what both have.
#[test]
fn a_resolution_that_both_sides_have_is_not_lost() {
    for (driver, command) in [(false, "merge"), (true, "merge"), (false, "rebase"), (false, "cherry-pick")] {
        let (env, remote) = project(driver, "");
        declare(&env, "merges = [\"#1\", \"#3\"]");
        env.oca(&["resolve", "-q", "web"]).success();
        resolve(&env, &lines(&[(3, "both"), (28, "28!")]));
        env.commit_all("Resolved");
        let theirs = || {
            remote.branch("18.0").file("new", "").commit();
            env.oca(&["upgrade", "-q"]).success();
        };
        let all = "merges = [\"#1\", \"#3\", \"#2\"]";
        let ours = || {
            declare(&env, all);
            env.oca(&["lock", "-q"]).success();
        };
        merge_by(&env, command, theirs, ours, all);
        env.oca(&["lock"]).stderr_contains("is merged and staged").success();
        assert_eq!(env.locked_commit("web"), remote.commit_of("18.0"), "{driver} {command}");
        assert_eq!(locked(&env, "\"#3\"", "step"), "resolved");
        env.oca(&["sync", "-q"]).success();
        env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "both"), (20, "twenty"), (28, "28!")]));
        assert!(env.exists("oca/web/new"));
        commit_for_everybody(&env);
    }
}

/// Each side moves one request, and the two new commits conflict.
#[test]
fn a_conflict_of_what_the_two_sides_give_is_resolved_as_any_other() {
    for driver in BOTH_WAYS {
        let two = "merges = [\"#1\", \"#2\"]";
        let (env, remote) = project(driver, two);
        let theirs = || {
            remote.pull(1).file("web_x/x.txt", lines(&[(3, "three"), (12, "one")])).commit();
            env.oca(&["upgrade", "-q", "web#1"]).success();
        };
        let ours = || {
            remote.pull(2).file("web_x/x.txt", lines(&[(20, "twenty"), (12, "two")])).commit();
            env.oca(&["upgrade", "-q", "web#2"]).success();
        };
        merge(&env, theirs, ours, two);
        env.oca(&["lock"])
            .stderr_contains("error: `web#2` conflicts with the earlier `web#1`")
            .stderr_contains("hint: run `oca resolve web`, or")
            .status(1);
        // Until then, the lock is refused.
        env.oca(&["list"]).stderr_contains("has no digest").status(1);
        if driver {
            // A side can still be chosen: it takes nothing of the other one.
            env.oca(&["lock", "--ours", "web"]).stderr_contains("is merged and staged").success();
            assert_eq!(locked(&env, "\"#1\"", "commit"), remote.commit_of("refs/pull/1/head~1"));
            commit_for_everybody(&env);
            continue;
        }
        env.oca(&["resolve", "-q", "web"]).success();
        env.write("oca/web/web_x/x.txt", lines(&[(3, "three"), (12, "both"), (20, "twenty"), (28, "28!")]));
        env.git("oca/web", &["add", "web_x/x.txt"]);
        env.oca(&["resolve", "web", "--continue"])
            .stderr_contains("`oca.lock.json` is merged and staged: go on with git\n")
            .success();
        assert_eq!(locked(&env, "\"#1\"", "commit"), remote.commit_of("refs/pull/1/head"));
        assert_eq!(locked(&env, "\"#2\"", "step"), "resolved");
        commit_for_everybody(&env);
    }
}

/// Somebody deletes the markers, keeps the lines of both sides, and stages or commits that.
#[test]
fn a_lock_that_was_committed_without_its_markers_is_merged_from_the_parents() {
    for is_committed in [false, true] {
        let (env, remote) = project(false, "merges = [\"#2\"]");
        merge_upgrade_and_request(&env, &remote);
        let lock = env.read("oca.lock.json");
        let is_marker =
            |line: &&str| ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
        let without = lock.lines().filter(|line| !is_marker(line)).map(|line| format!("{line}\n"));
        // A comma is missing, as it often is between the lines of two sides.
        env.write("oca.lock.json", without.collect::<String>().replacen("\",\n", "\"\n", 1));
        env.git(".", &["add", "-A"]);
        if is_committed {
            env.git(".", &["commit", "-q", "-m", "Merge"]);
        }
        env.oca(&["list"])
            .stderr_contains("`oca.lock.json` is not merged, and what is in it is not a lock: ")
            .stderr_contains("hint: run `oca lock`; it merges both sides\n")
            .status(2);
        let first = remote.commit_of("refs/pull/1/head");
        remote.pull(1).file("web_x/nobody_reviewed.txt", "").commit();
        env.oca(&["lock"]).stderr_contains("is merged and staged").success();
        assert_eq!(env.locked_commit("web"), remote.commit_of("18.0"), "{is_committed}");
        assert_eq!(locked(&env, "\"#2\"", "commit"), remote.commit_of("refs/pull/2/head"));
        assert_eq!(locked(&env, "\"#1\"", "commit"), first);
        commit_for_everybody(&env);
    }
}
