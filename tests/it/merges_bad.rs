//! Steps that are missing or were changed, and merges that cannot be made.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};
use crate::remote::Remote;

fn merged(env: &Env) -> Remote {
    let remote = requested(env);
    declare(env, "merges = [\"#1\", \"#2\"]");
    env.oca(&["lock", "-q"]).success();
    remote
}

const FIRST: &str = "oca.lock.d/web/01-1.patch";

#[test]
fn a_step_that_was_changed_is_refused_and_made_again() {
    let env = Env::new();
    merged(&env);
    let step = env.read(FIRST);
    let spaced = step.replace("\n 1\n", "\n 1  \n");
    for (changed, said) in [
        (Some(step.replace("+three", "+evil")), "`oca.lock.d/web/01-1.patch` was edited"),
        (Some(step.replace('\n', "\r\n")), "was changed by a pre-commit hook or by `core.autocrlf`"),
        (Some(spaced), "was changed by a pre-commit hook"),
        (None, "`oca.lock.d/web/01-1.patch` is missing"),
    ] {
        match &changed {
            Some(text) => env.write(FIRST, text),
            None => std::fs::remove_file(env.project().join(FIRST)).expect("a step"),
        }
        env.oca(&["lock", "--check"])
            .stdout_contains(said)
            .stderr_contains("error: `oca.lock.d` does not match the lock: 1 difference\n")
            .status(1);
        env.oca(&["sync"]).stderr_contains(said).status(1);
        assert!(!env.exists("oca/web"));
        env.oca(&["export", "out"]).stderr_contains(said).status(1);
        env.oca(&["lock", "-q"]).success();
        assert_eq!(env.read(FIRST), step);
    }
    env.write("oca.lock.d/web/07-x.patch", "");
    env.oca(&["lock", "--check"])
        .stdout_contains("belongs to no step of the lock")
        .stderr_contains("hint: run `oca lock`; it removes the file\n")
        .status(1);
    env.oca(&["lock", "-q"]).success();
    assert!(!env.exists("oca.lock.d/web/07-x.patch"));
}

#[cfg(unix)]
#[test]
fn a_directory_of_steps_that_is_a_symlink_is_not_written_through() {
    let env = Env::new();
    requested(&env);
    declare(&env, "merges = [\"#1\"]");
    std::fs::create_dir(env.project().join("oca.lock.d")).expect("a directory");
    env.write("mine", "precious\n");
    let attributes = env.project().join("oca.lock.d/.gitattributes");
    std::os::unix::fs::symlink("../mine", &attributes).expect("a symlink");
    env.oca(&["lock"]).stderr_contains("`oca.lock.d/.gitattributes` is a symlink").status(1);
    env.assert_file("mine", "precious\n");
    std::fs::remove_file(attributes).expect("a symlink");
    std::os::unix::fs::symlink(env.root(), env.project().join("oca.lock.d/web")).expect("a symlink");
    env.oca(&["lock"]).stderr_contains("`oca.lock.d/web` is a symlink").status(1);
    assert!(!env.root().join("01-1.patch").exists() && !env.exists("oca.lock.json"));
}

#[test]
fn a_killed_run_leaves_the_old_lock_or_the_new_one() {
    let env = Env::new();
    let remote = merged(&env);
    let old = env.read("oca.lock.json");
    remote.branch("18.0").file("web_x/x.txt", lines(&[(1, "one"), (28, "28!")])).commit();
    env.oca(&["lock", "-q", "--upgrade"]).stopped_at("steps staged");
    assert_eq!(env.read("oca.lock.json"), old);
    env.oca(&["sync", "-q", "--locked"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
    env.oca(&["lock", "-q", "--upgrade"]).stopped_at("steps not settled");
    assert_ne!(env.read("oca.lock.json"), old);
    env.oca(&["sync", "-q", "--locked"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(1, "one"), (3, "three"), (20, "twenty"), (28, "28!")]));
    env.oca(&["lock", "-q"]).success();
    assert!(!env.exists("oca.lock.d/.next"));
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn merges_that_make_no_sense_have_a_clear_answer() {
    let env = Env::new();
    let remote = requested(&env);
    let base = remote.commit_of("18.0");
    remote.pull(5).from(&base).commit();
    env.git(remote.path(), &["update-ref", "refs/pull/6/head", &base]);
    let other = Remote::new(&env, "other");
    other.branch("x").file("x", "").commit();
    for (merge, said) in [
        ("\"#99\"", "the remote has no pull or merge request `#99`"),
        ("\"gone\"", "the remote has no branch or tag `gone`"),
        ("\"../remotes/other.git x\"", "it has no commit in common with the pin"),
        ("\"../remotes/none.git x\"", "cannot merge `web#../remotes/none.git x`"),
    ] {
        declare(&env, &format!("merges = [{merge}]"));
        let code = if merge.contains("none") { 3 } else { 1 };
        env.oca(&["lock"]).stderr_contains(said).status(code);
        assert!(!env.exists("oca.lock.json"));
    }
    declare(&env, "merges = [\"#5\", \"#6\"]");
    env.oca(&["lock"])
        .stderr_contains("web#5: the base has all of its changes; drop it with `oca remove web#5`\n")
        .stderr_contains("web#6: merged upstream; drop it with `oca remove web#6`\n")
        .success();
    assert_eq!(locked(&env, "\"#6\"", "step"), "absorbed");
    assert!(!env.exists("oca.lock.d"));
    declare(&env, "merges = [\"#1\", \"#1\"]");
    env.oca(&["lock"]).stderr_contains("duplicate `#1` for `merges`").status(2);
}

#[test]
fn a_request_for_another_series_is_named() {
    let env = Env::new();
    let remote = requested(&env);
    let base = remote.commit_of("18.0");
    let fields = [("version", "'17.0.1.0.0'")];
    remote.pull(5).from(&base).module("web_other", &fields).commit();
    remote.pull(6).from(&base).module("web_other", &fields).file("web_x/x.txt", lines(&[(28, "?")])).commit();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(28, "!")])).commit();
    declare(&env, "merges = [\"#5\"]");
    env.oca(&["lock"]).stderr_contains("warning: `web#5` has modules for 17.0, not for 18.0\n").success();
    assert_eq!(locked(&env, "\"#5\"", "step"), "made");
    declare(&env, "merges = [\"#6\"]");
    env.oca(&["lock"])
        .stderr_contains(
            "error: `web#6` conflicts: it has modules for 17.0, not for 18.0\nhint: use the request for 18.0\n",
        )
        .status(1);
}

#[test]
fn a_lock_with_a_false_step_is_refused() {
    let env = Env::new();
    merged(&env);
    let tree = locked(&env, "\"#1\"", "tree");
    env.edit("oca.lock.json", &tree, &"1".repeat(40));
    env.oca(&["sync", "--locked"]).stderr_contains("its entry does not match its digest").status(1);
    env.oca(&["lock", "-q"]).success();
    assert_eq!(locked(&env, "\"#1\"", "tree"), tree);
}

/// In CI, `oca lock` would not bring them into the commit.
#[test]
fn steps_that_were_not_committed_are_to_be_added_to_git() {
    let env = Env::new();
    merged(&env);
    std::fs::remove_dir_all(env.project().join("oca.lock.d")).expect("steps");
    env.oca(&["lock", "--check"])
        .stdout("`oca.lock.d/web/01-1.patch` is missing\n`oca.lock.d/web/02-2.patch` is missing\n")
        .stderr_contains(
            "error: `oca.lock.d` does not match the lock: 2 differences\nhint: restore it with `git checkout",
        )
        .stderr_contains("run `git add oca.lock.d` in the clone that has it, and commit it")
        .status(1);
}

#[test]
fn a_file_in_the_place_of_the_steps_is_named() {
    let env = Env::new();
    requested(&env);
    declare(&env, "merges = [\"#1\"]");
    env.write("oca.lock.d", "mine\n");
    env.oca(&["lock"])
        .stderr_contains("oca.lock.d` is not a directory\nhint: move the file away, then run `oca lock`\n")
        .status(1);
    env.assert_file("oca.lock.d", "mine\n");
    std::fs::remove_file(env.project().join("oca.lock.d")).expect("a file");
    env.oca(&["lock", "-q"]).success();
}
