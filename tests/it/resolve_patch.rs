//! `oca resolve`: a patch that does not fit the new base is opened as a merge, and its file is written anew.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};
use crate::remote::Remote;

const MAIL: &str = "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: Ann <ann@example.com>\n\
                    Date: Wed, 1 May 2024 12:00:00 +0000\nSubject: [PATCH] [FIX] web_x: ten\n\nBecause.\n---\n web_x/x.txt | 2 \
                    +-\n\n";

/// A patch that replaces line 10.
fn diff(text: &str) -> String {
    format!("--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -9,3 +9,3 @@\n 9\n-10\n+{text}\n 11\n")
}

/// `web` with request 1 and two patches, and a branch that changed line 10 since then.
fn behind(env: &Env) -> Remote {
    let remote = requested(env);
    env.write("patches/one.patch", "--- /dev/null\n+++ b/web_x/one.txt\n@@ -0,0 +1 @@\n+one\n");
    env.write("patches/ten.patch", format!("{MAIL}{}", diff("ten")));
    declare(env, "merges = [\"#1\"]\npatches = [\"patches/one.patch\", \"patches/ten.patch\"]");
    env.oca(&["sync", "-q"]).success();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(10, "zehn"), (28, "28!")])).commit();
    env.oca(&["lock", "--upgrade"])
        .stderr_contains(
            "error: `patches/ten.patch` conflicts with its branch or with an earlier merge\n\
             caused by: `web_x/x.txt`: both changed the same lines\n\
             hint: run `oca resolve web`\n",
        )
        .status(1);
    remote
}

fn stage(env: &Env, text: &str) {
    env.write("oca/web/web_x/x.txt", text);
    env.git("oca/web", &["add", "web_x/x.txt"]);
}

#[test]
fn a_patch_that_conflicts_after_an_upgrade_is_written_anew() {
    let env = Env::new();
    let remote = behind(&env);
    let old = env.read("oca.lock.json");
    env.oca(&["resolve", "web"])
        .stderr(
            "web: `patches/ten.patch` conflicts with its branch or with an earlier merge; it is open in \
             `[TEMP]/project/oca/web`\n\
             \u{20} `web_x/x.txt`: both changed the same lines\n",
        )
        .success();
    env.assert_file("oca/web/web_x/one.txt", "one\n");
    env.assert_file(
        "oca/web/web_x/x.txt",
        &lines(&[
            (3, "three"),
            (10, "<<<<<<< HEAD\nzehn\n=======\nten\n>>>>>>> patches/ten.patch"),
            (28, "28!"),
        ]),
    );
    env.oca(&["status"])
        .stdout_contains("`patches/ten.patch`: run `oca resolve web --continue` or `oca resolve web --abort`")
        .status(1);
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("error: `web` still has conflicts in `web_x/x.txt`\n")
        .status(1);
    let solved = lines(&[(3, "three"), (10, "zehn, ten"), (28, "28!")]);
    stage(&env, &solved);
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("web: wrote `patches/ten.patch` anew\n")
        .stderr_contains("web: moved to ")
        .success();
    let text = env.read("patches/ten.patch");
    assert!(text.starts_with(MAIL.split(" web_x/x.txt |").next().expect("a header")), "{text}");
    assert!(text.contains("\n-zehn\n+zehn, ten\n"), "{text}");
    assert_eq!(locked(&env, "patches/ten.patch", "step"), "made");
    assert_ne!(env.read("oca.lock.json"), old);
    env.assert_file("oca/web/web_x/x.txt", &solved);
    assert!(!env.exists("oca/web/.git/oca-resolve"));
    env.oca(&["lock", "--check", "--upstream"]).success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    // git applies the new file to the new base.
    env.git("oca/web", &["checkout", "-q", &locked(&env, "patches/one.patch", "result")]);
    env.git("oca/web", &["am", "-q", "--keep-non-patch", "../../patches/ten.patch"]);
    assert_eq!(
        env.git("oca/web", &["log", "-1", "--format=%an %s%n%b"]),
        "Ann [FIX] web_x: ten\nBecause.\n\n"
    );
    drop(remote);
}

/// `web` with a patch that is locked on 18.0, and a declared branch `next` that has another line 10.
fn on_another_branch(env: &Env, patch: &str) -> Remote {
    let remote = requested(env);
    env.write("patches/ten.patch", patch);
    declare(env, "patches = [\"patches/ten.patch\"]");
    env.oca(&["sync", "-q"]).success();
    let base = remote.commit_of("18.0");
    remote.branch("next").from(&base).file("web_x/x.txt", lines(&[(10, "zehn"), (28, "28!")])).commit();
    declare(env, "branch = \"next\"\npatches = [\"patches/ten.patch\"]");
    remote
}

/// The locked commit of the old branch is the merge base. If the cache does not have it any more, the server is asked.
#[test]
fn a_patch_that_conflicts_with_another_branch_is_opened_on_its_old_base() {
    for has_cache in [true, false] {
        let env = Env::new();
        let _remote = on_another_branch(&env, &diff("ten"));
        let old = env.read("oca.lock.json");
        if !has_cache {
            std::fs::remove_dir_all(env.cache()).expect("a cache");
        }
        env.oca(&["lock"])
            .stderr_contains(
                "error: `patches/ten.patch` conflicts with its branch\n\
                 caused by: `web_x/x.txt`: both changed the same lines\n\
                 hint: run `oca resolve web`\n",
            )
            .status(1);
        assert_eq!(env.read("oca.lock.json"), old);
        env.oca(&["resolve", "-q", "web"]).success();
        env.assert_file(
            "oca/web/web_x/x.txt",
            &lines(&[(10, "<<<<<<< HEAD\nzehn\n=======\nten\n>>>>>>> patches/ten.patch"), (28, "28!")]),
        );
        let solved = lines(&[(10, "zehn, ten"), (28, "28!")]);
        stage(&env, &solved);
        env.oca(&["resolve", "-q", "web", "--continue"]).success();
        assert!(env.read("patches/ten.patch").contains("\n-zehn\n+zehn, ten\n"));
        assert_eq!(locked(&env, "patches/ten.patch", "step"), "made");
        env.assert_file("oca/web/web_x/x.txt", &solved);
        env.oca(&["lock", "--check", "--upstream"]).success();
    }
}

/// The lines beside the change differ, but not the changed one.
#[test]
fn a_patch_that_merges_into_another_branch_is_locked_there() {
    let env = Env::new();
    let patch =
        "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -10,6 +10,6 @@\n 10\n 11\n 12\n-13\n+dreizehn\n 14\n 15\n";
    let _remote = on_another_branch(&env, patch);
    env.oca(&["sync", "-q"]).success();
    assert_eq!(locked(&env, "patches/ten.patch", "step"), "replayed");
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(10, "zehn"), (13, "dreizehn"), (28, "28!")]));
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn an_abort_leaves_the_patch_as_it_was() {
    let env = Env::new();
    behind(&env);
    let before = [env.read("patches/ten.patch"), env.read("oca.lock.json"), env.head("oca/web")];
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(10, "mine")]));
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert_eq!([env.read("patches/ten.patch"), env.read("oca.lock.json"), env.head("oca/web")], before);
    env.oca(&["status"]).stdout_contains("clean").success();
}

/// Its edit would be lost, or the resolution would be one of another patch.
#[test]
fn a_patch_that_was_edited_meanwhile_is_not_written_anew() {
    let env = Env::new();
    behind(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(3, "three"), (10, "zehn, ten"), (28, "28!")]));
    let old = env.read("patches/ten.patch");
    let edited = old.replace("Because.", "My reason.");
    env.write("patches/ten.patch", &edited);
    env.oca(&["resolve", "web", "--continue"])
        .stderr(
            "error: `patches/ten.patch` was changed since it was opened\n\
             hint: undo that change, and run `oca resolve web --continue`; or run `oca resolve web --abort`, then `oca resolve \
             web`\n",
        )
        .status(1);
    env.assert_file("patches/ten.patch", &edited);
    env.write("patches/ten.patch", &old);
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("web: wrote `patches/ten.patch` anew\n")
        .success();
}

/// With its file, or without.
#[test]
fn a_patch_that_is_not_declared_any_more_is_not_written_anew() {
    let env = Env::new();
    behind(&env);
    let (old, lock) = (env.read("patches/ten.patch"), env.read("oca.lock.json"));
    for has_file in [true, false] {
        declare(&env, "merges = [\"#1\"]\npatches = [\"patches/one.patch\", \"patches/ten.patch\"]");
        env.oca(&["resolve", "-q", "web"]).success();
        stage(&env, &lines(&[(3, "three"), (10, "zehn, ten"), (28, "28!")]));
        declare(&env, "merges = [\"#1\"]\npatches = [\"patches/one.patch\"]");
        if !has_file {
            std::fs::remove_file(env.project().join("patches/ten.patch")).expect("a patch");
        }
        env.oca(&["resolve", "web", "--continue"])
            .stderr(
                "error: `repos.toml` or the lock has changed for `web` since `oca resolve web`\n\
                 hint: run `oca resolve web --abort`, then `oca resolve web`\n",
            )
            .status(1);
        assert_eq!(env.read("oca.lock.json"), lock);
        env.oca(&["resolve", "-q", "web", "--abort"]).success();
        if has_file {
            env.assert_file("patches/ten.patch", &old);
        } else {
            assert!(!env.exists("patches/ten.patch"));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_patch_behind_a_symlink_is_not_opened() {
    let env = Env::new();
    behind(&env);
    let (inside, outside) = (env.project().join("patches/ten.patch"), env.root().join("shared.patch"));
    let old = env.read("patches/ten.patch");
    std::fs::rename(&inside, &outside).expect("a patch");
    std::os::unix::fs::symlink(&outside, &inside).expect("a link");
    env.oca(&["resolve", "web"])
        .stderr(
            "error: `[TEMP]/project/patches/ten.patch` is a symlink\n\
             hint: put the patch itself there instead of the link\n",
        )
        .status(2);
    assert!(!env.exists("oca/web/.git/oca-resolve"));
    // The same at the end: somebody can put the link there meanwhile.
    std::fs::remove_file(&inside).expect("a link");
    env.write("patches/ten.patch", &old);
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(3, "three"), (10, "zehn, ten"), (28, "28!")]));
    std::fs::remove_file(&inside).expect("a patch");
    std::os::unix::fs::symlink(&outside, &inside).expect("a link");
    env.oca(&["resolve", "web", "--continue"]).stderr_contains("patches/ten.patch` is a symlink\n").status(2);
    assert_eq!(std::fs::read_to_string(&outside).expect("a patch"), old);
}

/// Lines of a message can look like the beginning of a patch. The notes of the author stay, the summary of git goes.
#[test]
fn what_stands_above_the_first_change_stays() {
    let env = Env::new();
    let remote = requested(&env);
    let head = MAIL
        .replace("[PATCH]", "[PATCH v2 1/2]")
        .replace("Because.", "diff of both:\n--- before\nIndex: 3\n---\nMore.")
        .replace("---\n web_x", "---\nA note.\n\n web_x");
    let second = MAIL.replace("[PATCH]", "[PATCH v2 2/2]").replace("ten", "twelve");
    let twelve = "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -11,3 +11,3 @@\n 11\n-12\n+twelve\n 13\n";
    env.write("patches/ten.patch", format!("{head}{}-- \n2.47\n\n{second}{twelve}", diff("ten")));
    declare(&env, "patches = [\"patches/ten.patch\"]");
    env.oca(&["sync", "-q"]).success();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(10, "zehn"), (28, "28!")])).commit();
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(10, "zehn, ten"), (12, "twelve"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    let text = env.read("patches/ten.patch");
    let kept = head.replace("[PATCH v2 1/2]", "[PATCH v2]").replace(" web_x/x.txt | 2 +-\n", "");
    assert!(text.starts_with(&format!("{kept}diff --git ")), "{text}");
    assert!(text.contains("+zehn, ten\n") && text.contains("+twelve\n"), "{text}");
    assert!(!text.contains("2/2"), "{text}");
}

#[test]
fn several_patches_are_resolved_one_after_the_other() {
    let env = Env::new();
    let remote = requested(&env);
    env.write("patches/ten.patch", diff("ten"));
    env.write("patches/eleven.patch", diff("ten").replace("-10", "-ten").replace("+ten", "+eleven"));
    declare(&env, "patches = [\"patches/ten.patch\", \"patches/eleven.patch\"]");
    env.oca(&["sync", "-q"]).success();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(10, "zehn"), (28, "28!")])).commit();
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(10, "zehn, ten"), (28, "28!")]));
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains(
            "web: `patches/eleven.patch` conflicts with its branch or with an earlier merge; it is open in",
        )
        .success();
    env.assert_file("patches/ten.patch", &diff("ten"));
    stage(&env, &lines(&[(10, "zehn, eleven"), (28, "28!")]));
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("web: wrote `patches/ten.patch` anew\nweb: wrote `patches/eleven.patch` anew\n")
        .success();
    assert!(env.read("patches/eleven.patch").starts_with("diff --git "));
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(10, "zehn, eleven"), (28, "28!")]));
    env.oca(&["lock", "--check"]).success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

#[test]
fn a_patch_that_nobody_needs_any_more_is_named() {
    let env = Env::new();
    behind(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(3, "three"), (10, "zehn"), (28, "28!")]));
    env.oca(&["resolve", "web", "--continue"])
        .stderr(
            "error: `patches/ten.patch` changes nothing in `web` any more\n\
             hint: run `oca resolve web --abort`, then `oca remove 'web#patches/ten.patch'`\n",
        )
        .status(1);
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    env.oca(&["remove", "-q", "web#patches/ten.patch"]).success();
    env.oca(&["upgrade", "-q"]).success();
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (10, "zehn"), (28, "28!")]));
}

/// The lock never had it, so nothing can be merged. The commands of the hint work.
#[test]
fn a_new_patch_that_does_not_fit_is_made_again() {
    let env = Env::new();
    requested(&env);
    env.write("patches/ten.patch", diff("ten").replace("-10", "-zehn"));
    declare(&env, "merges = [\"#1\"]\npatches = [\"patches/ten.patch\"]");
    env.oca(&["sync"])
        .stderr_contains(
            "error: cannot apply `patches/ten.patch` to `web`\n\
             caused by: line 3: hunk 1 of `web_x/x.txt` does not apply\n\
             hint: correct the file; or run `oca remove 'web#patches/ten.patch'` and `oca sync web`, commit the change in the \
             checkout, and run `oca patch web`\n",
        )
        .status(1);
    env.oca(&["resolve", "web"])
        .stderr_contains("error: cannot apply `patches/ten.patch` to `web`\n")
        .stderr_contains("hint: correct the file; or run")
        .status(1);
    env.oca(&["remove", "-q", "web#patches/ten.patch"]).success();
    env.oca(&["sync", "-q", "web"]).success();
    stage(&env, &lines(&[(3, "three"), (10, "ten"), (28, "28!")]));
    env.git("oca/web", &["commit", "-q", "-m", "Ten"]);
    env.oca(&["patch", "web"]).stderr_contains("1 commit written to `patches/web-ten.patch`").success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

#[test]
fn a_declared_patch_that_is_not_there_fails_the_check() {
    let env = Env::new();
    requested(&env);
    env.write("patches/ten.patch", diff("ten"));
    declare(&env, "patches = [\"patches/ten.patch\"]");
    env.oca(&["lock", "-q"]).success();
    std::fs::remove_file(env.project().join("patches/ten.patch")).expect("a patch");
    for command in [&["lock", "--check"][..], &["lock"], &["upgrade"], &["upgrade", "--drop-merged"]] {
        env.oca(command)
            .stderr(
                "error: there is no patch `[TEMP]/project/patches/ten.patch`, which `repos.toml` declares\n\
                 hint: restore the file; if it was never committed, run `git add patches/ten.patch` in the clone that has \
                 it, and commit it; in the build of an image, add `!patches/ten.patch` to `.dockerignore`; if nobody needs \
                 it, run `oca remove 'web#patches/ten.patch'`\n",
            )
            .status(2);
    }
    declare(&env, "patches = [\"patches/one.patch\", \"patches/ten.patch\"]");
    env.oca(&["lock", "--check"])
        .stderr(
            "error: 2 patches of `repos.toml` are not there: `patches/one.patch`, `patches/ten.patch`\n\
             hint: restore the files; if they were never committed, run `git add patches/one.patch patches/ten.patch` in the \
             clone that has them, and commit them; in the build of an image, add `!patches/one.patch` and the others to \
             `.dockerignore`\n",
        )
        .status(2);
    declare(&env, "patches = [\"patches/ten.patch\"]");
    let said = env.oca(&["remove", "web#patches/ten.patch"]).output().stderr;
    assert!(!said.contains("is kept"), "{said}");
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_new_merge_that_a_patch_conflicts_with_is_not_added() {
    let env = Env::new();
    requested(&env);
    env.write(
        "patches/three.patch",
        "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -2,3 +2,3 @@\n 2\n-3\n+drei\n 4\n",
    );
    declare(&env, "patches = [\"patches/three.patch\"]");
    env.oca(&["sync", "-q"]).success();
    let before = [env.read("repos.toml"), env.read("oca.lock.json")];
    env.oca(&["add", "web#1"])
        .stderr_contains("error: `patches/three.patch` conflicts with its branch or with an earlier merge\n")
        .stderr_contains("hint: write `\"#1\"` into `merges` of `[repos.web]`, then run `oca resolve web`\n")
        .status(1);
    assert_eq!([env.read("repos.toml"), env.read("oca.lock.json")], before);
    declare(&env, "merges = [\"#1\"]\npatches = [\"patches/three.patch\"]");
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(3, "three, drei"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert!(env.read("patches/three.patch").contains("\n-three\n+three, drei\n"));
    env.oca(&["lock", "--check"]).success();
}

/// A killed run loses neither the resolution nor the file.
#[test]
fn a_killed_run_completes_the_patch() {
    let env = Env::new();
    behind(&env);
    env.oca(&["resolve", "-q", "web"]).success();
    let solved = lines(&[(3, "three"), (10, "zehn, ten"), (28, "28!")]);
    stage(&env, &solved);
    env.oca(&["resolve", "web", "--continue"]).stopped_at("patches written anew");
    assert!(env.read("patches/ten.patch").contains("zehn, ten"));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    env.assert_file("oca/web/web_x/x.txt", &solved);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

/// Whether the lock has the result decides whether the file stays.
#[test]
fn an_abort_puts_back_the_patches_that_the_lock_does_not_have() {
    let env = Env::new();
    behind(&env);
    let state = || [env.read("patches/ten.patch"), env.read("oca.lock.json"), env.head("oca/web")];
    let before = state();
    let resolve = || {
        env.oca(&["resolve", "-q", "web"]).success();
        stage(&env, &lines(&[(3, "three"), (10, "zehn, ten"), (28, "28!")]));
    };
    resolve();
    env.oca(&["resolve", "web", "--continue"]).stopped_at("patches written anew");
    assert_ne!(env.read("patches/ten.patch"), before[0]);
    env.oca(&["resolve", "web", "--abort"])
        .stderr("web: put back `patches/ten.patch`\nweb: the checkout is as it was\n")
        .success();
    assert_eq!(state(), before);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    resolve();
    // The lock has it, and the checkout does not.
    env.oca(&["resolve", "web", "--continue"]).stopped_at("steps not settled");
    env.oca(&["resolve", "web", "--abort"])
        .stderr_contains("web: the checkout is as it was\nweb: the lock has what you resolved\n")
        .success();
    assert!(env.read("patches/ten.patch").contains("zehn, ten"));
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (10, "zehn, ten"), (28, "28!")]));
    env.oca(&["lock", "--check"]).success();
}

const THREE: &str = "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -2,3 +2,3 @@\n 2\n-3\n+drei\n 4\n";

/// Declares `web` in two profiles. `next` also merges request 2.
fn declare_twice(env: &Env, merges: &str, next: &str) {
    env.declare(&format!(
        "default-profile = \"standard\"\n[profiles.standard]\nrepos = [\"web\"]\n[profiles.next]\nrepos = [\"web\"]\n\
         path = \"next\"\n[repos.web]\n{merges}patches = [\"patches/three.patch\"]\n[profiles.next.override.web]\n{next}\n"
    ));
}

#[test]
fn a_patch_of_two_profiles_is_written_anew_for_both() {
    let env = Env::new();
    requested(&env);
    env.write("patches/three.patch", THREE);
    declare_twice(&env, "", "merges = [\"#2\"]");
    env.oca(&["lock", "-q"]).success();
    declare_twice(&env, "merges = [\"#1\"]\n", "merges = [\"#1\", \"#2\"]");
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(3, "three, drei"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert!(env.read("patches/three.patch").contains("\n-three\n+three, drei\n"));
    env.oca(&["lock", "--check"]).success();
    for profile in ["standard", "next"] {
        env.oca(&["sync", "-q", "--profile", profile]).success();
    }
    env.assert_file("next/web/web_x/x.txt", &lines(&[(3, "three, drei"), (20, "twenty"), (28, "28!")]));
}

#[test]
fn a_patch_that_does_not_fit_another_profile_any_more_is_not_written() {
    let env = Env::new();
    requested(&env);
    env.write("patches/three.patch", THREE);
    declare_twice(&env, "", "merges = [\"#2\"]");
    env.oca(&["lock", "-q"]).success();
    declare_twice(&env, "merges = [\"#1\"]\n", "merges = [\"#2\"]");
    let before = [env.read("patches/three.patch"), env.read("oca.lock.json")];
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(3, "three, drei"), (28, "28!")]));
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains(
            "error: `patches/three.patch`, as you resolved it for `web`, does not fit profile `next`: ",
        )
        .stderr_contains(
            "hint: copy the file, name the copy in `patches` of `[profiles.next.override.web]`, and run `oca resolve web \
             --continue`\n",
        )
        .status(1);
    assert_eq!([env.read("patches/three.patch"), env.read("oca.lock.json")], before);
    // What the hint says.
    env.write("patches/next.patch", THREE);
    declare_twice(&env, "merges = [\"#1\"]\n", "merges = [\"#2\"]\npatches = [\"patches/next.patch\"]");
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    env.assert_file("patches/next.patch", THREE);
    env.oca(&["lock", "--check"]).success();
}

#[cfg(unix)]
#[test]
fn a_new_mode_of_a_patch_is_in_the_conflict_and_in_the_result() {
    use std::os::unix::fs::PermissionsExt;

    let env = Env::new();
    let remote = requested(&env);
    let modes = "diff --git a/web_x/x.txt b/web_x/x.txt\nold mode 100644\nnew mode 100755\n";
    env.write("patches/ten.patch", format!("{modes}{}", diff("ten")));
    declare(&env, "patches = [\"patches/ten.patch\"]");
    env.oca(&["sync", "-q"]).success();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(10, "zehn"), (28, "28!")])).commit();
    env.oca(&["resolve", "-q", "web"]).success();
    let file = env.project().join("oca/web/web_x/x.txt");
    let is_executable = || std::fs::metadata(&file).expect("a file").permissions().mode() & 0o111 != 0;
    assert!(is_executable());
    stage(&env, &lines(&[(10, "zehn, ten"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert!(is_executable());
    assert!(env.read("patches/ten.patch").contains("old mode 100644\nnew mode 100755\n"));
    env.assert_sound_checkout("oca/web");
}

/// Its file does not fit any more. Without the old lock, nothing could be merged.
#[test]
fn a_patch_that_merges_by_itself_is_written_anew_too() {
    let env = Env::new();
    let remote = requested(&env);
    let near = "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -10,8 +10,8 @@\n ten\n 11\n 12\n 13\n-14\n+fourteen\n 15\n 16\n \
                17\n";
    env.write("patches/ten.patch", diff("ten"));
    env.write("patches/near.patch", near);
    declare(&env, "patches = [\"patches/ten.patch\", \"patches/near.patch\"]");
    env.oca(&["sync", "-q"]).success();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(10, "zehn"), (28, "28!")])).commit();
    env.oca(&["resolve", "-q", "web"]).success();
    let old = env.read("patches/near.patch");
    stage(&env, &lines(&[(10, "zehn, ten"), (28, "28!")]));
    env.oca(&["resolve", "web", "--continue"])
        .stderr_contains("web: wrote `patches/ten.patch` anew\nweb: wrote `patches/near.patch` anew\n")
        .success();
    assert_ne!(env.read("patches/near.patch"), old);
    let lock = env.read("oca.lock.json");
    assert_eq!(locked(&env, "patches/near.patch", "step"), "made");
    std::fs::remove_file(env.project().join("oca.lock.json")).expect("a lock");
    std::fs::remove_dir_all(env.project().join("oca.lock.d")).expect("steps");
    env.oca(&["lock", "-q"]).success();
    env.assert_file("oca.lock.json", &lock);
}

/// The hint is a change that leads on.
#[test]
fn the_first_of_two_patches_is_removed_by_hand_if_the_second_needs_it() {
    let env = Env::new();
    requested(&env);
    env.write("patches/ten.patch", diff("ten"));
    env.write("patches/eleven.patch", diff("ten").replace("-10", "-ten").replace("+ten", "+eleven"));
    declare(&env, "patches = [\"patches/ten.patch\", \"patches/eleven.patch\"]");
    env.oca(&["sync", "-q"]).success();
    let before = [env.read("repos.toml"), env.read("oca.lock.json")];
    env.oca(&["remove", "web#patches/ten.patch"])
        .stderr_contains("error: `patches/eleven.patch` conflicts with its branch\n")
        .stderr_contains(
            "error: `repos.toml` is not changed, because a merge conflicts\n\
             hint: remove `patches/ten.patch` from `patches` of `[repos.web]` yourself, then run `oca resolve web`\n",
        )
        .status(1);
    assert_eq!([env.read("repos.toml"), env.read("oca.lock.json")], before);
    declare(&env, "patches = [\"patches/eleven.patch\"]");
    env.oca(&["resolve", "-q", "web"]).success();
    stage(&env, &lines(&[(10, "eleven"), (28, "28!")]));
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    assert!(env.read("patches/eleven.patch").contains("\n-10\n+eleven\n"));
    env.oca(&["lock", "--check"]).success();
}
