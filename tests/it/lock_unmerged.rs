//! A lock that git did not merge and in which it left no conflict markers, because the merge driver failed. Only the
//! index has the other side.

use crate::env::Env;
use crate::project::{repository, short};
use crate::remote::Remote;

const UNMERGED: &str = "error: `oca.lock.json` is not merged: git left only our side in it\n\
                        hint: run `oca lock`; it merges both sides\n";

/// `main` moved `web` and `feature` moved `dms`; `feature` is to be merged with a driver that git does not find.
fn merged_without_driver(env: &Env) -> [Remote; 2] {
    let remotes = ["web", "dms"].map(|name| repository(env, name, &[&format!("{name}_x")]));
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    env.branch_with_failing_driver("oca-is-not-here merge-lock %O %A %B");
    move_pin(env, &remotes[1], "dms", "dms_theirs");
    env.git(".", &["checkout", "-q", "main"]);
    move_pin(env, &remotes[0], "web", "web_ours");
    remotes
}

fn move_pin(env: &Env, remote: &Remote, name: &str, module: &str) {
    remote.branch("18.0").module(module, &[]).commit();
    env.oca(&["lock", "-q", "--upgrade", name]).success();
    env.commit_all(&format!("Upgrade {name}"));
}

/// The state of the lock in git.
fn state(env: &Env) -> String {
    env.git(".", &["status", "--porcelain", "oca.lock.json"])
}

#[test]
fn the_pins_of_the_other_side_are_not_lost() {
    let env = Env::new();
    let [web, dms] = merged_without_driver(&env);
    for command in [&["merge", "feature"][..], &["rebase", "feature"], &["cherry-pick", "feature"]] {
        env.git(".", &["reset", "-q", "--hard"]);
        env.try_git(".", command).expect_err("a conflict");
        assert_eq!(state(&env), "UU oca.lock.json\n", "{command:?}");
        assert!(!env.read("oca.lock.json").contains("<<<<<<<"));
        for oca in [&["list"][..], &["sync"], &["lock", "--check"], &["add", "crm"], &["outdated"]] {
            env.oca(oca).stderr(UNMERGED).status(2);
        }
        env.oca(&["lock"])
            .stderr("`oca.lock.json` is merged and staged: go on with git\n2 repositories with 4 modules, merged\n")
            .success();
        assert_eq!(state(&env), "M  oca.lock.json\n", "{command:?}");
        let pins = ["web", "dms"].map(|name| env.locked_commit(name));
        assert_eq!(pins, [&web, &dms].map(|remote| remote.commit_of("18.0")), "{command:?}");
        env.oca(&["lock", "--check"]).success();
        env.oca(&["lock", "--ours"]).stderr_contains("the lock has no conflicts").success();
        env.git(".", &[command[0], "--abort"]);
    }
}

/// Somebody deleted the markers and kept the lines of both sides.
#[test]
fn a_lock_that_is_no_lock_any_more_is_merged_from_the_index() {
    let env = Env::new();
    let [web, dms] = merged_without_driver(&env);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    let ours = env.read("oca.lock.json");
    env.write("oca.lock.json", ours.replacen("\",\n", "\"\n", 1));
    for oca in [&["list"][..], &["sync"], &["lock", "--check"]] {
        env.oca(oca)
            .stderr_contains("`oca.lock.json` is not merged, and what is in it is not a lock: ")
            .stderr_contains("hint: run `oca lock`; it merges both sides\n")
            .status(2);
    }
    env.oca(&["lock"]).stderr_contains("is merged and staged").success();
    let pins = ["web", "dms"].map(|name| env.locked_commit(name));
    assert_eq!(pins, [&web, &dms].map(|remote| remote.commit_of("18.0")));
}

#[test]
fn a_dry_run_stages_nothing() {
    let env = Env::new();
    merged_without_driver(&env);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    let ours = env.read("oca.lock.json");
    env.oca(&["lock", "--dry-run"]).stderr_contains("dry run: the lock is not changed").success();
    env.assert_file("oca.lock.json", &ours);
    assert_eq!(state(&env), "UU oca.lock.json\n");
}

#[test]
fn where_both_moved_a_pin_the_newer_one_or_a_choice_counts() {
    let env = Env::new();
    let [web, _] = merged_without_driver(&env);
    let ours = env.locked_commit("web");
    env.git(".", &["checkout", "-q", "feature"]);
    let theirs = web.branch("18.0-theirs").from(&web.commit_of("18.0~1")).module("web_theirs", &[]).commit();
    env.oca(&["lock", "-q", &format!("web@{theirs}")]).success();
    env.commit_all("Move web elsewhere");
    env.git(".", &["checkout", "-q", "main"]);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    env.oca(&["lock"])
        .stderr_contains(&format!("`web` at branch `18.0`: ours `{}`", short(&ours)))
        .stderr_contains("hint: run `oca lock --ours web` or `oca lock --theirs web`\n")
        .status(1);
    assert_eq!(state(&env), "UU oca.lock.json\n");
    env.oca(&["lock", "-q", "--ours"]).success();
    assert_eq!(env.locked_commit("web"), ours);
    // Our commit of `web`, and what only they moved.
    assert!(env.read("oca.lock.json").contains("dms_theirs"));
    env.oca(&["lock", "--check"]).success();
}

/// If our side is chosen for everything, the file is what git left. So only the index can say that it is merged.
#[test]
fn our_side_can_be_the_result() {
    let env = Env::new();
    let [web, _] = merged_without_driver(&env);
    let base = env.git(".", &["show", "main~1:oca.lock.json"]);
    env.git(".", &["checkout", "-q", "-B", "feature", "main~1"]);
    env.assert_file("oca.lock.json", &base);
    let theirs = web.branch("18.0-theirs").from(&web.commit_of("18.0~1")).module("web_theirs", &[]).commit();
    env.oca(&["lock", "-q", &format!("web@{theirs}")]).success();
    env.commit_all("Move web elsewhere");
    env.git(".", &["checkout", "-q", "main"]);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    let ours = env.read("oca.lock.json");
    env.oca(&["list"]).stderr(UNMERGED).status(2);
    env.oca(&["lock", "--ours"]).stderr_contains("is merged and staged").success();
    env.assert_file("oca.lock.json", &ours);
    env.oca(&["list", "-q"]).stdout_contains("web_ours").success();
    env.git(".", &["commit", "-q", "--no-edit"]);
    env.oca(&["lock", "--check"]).success();
}

/// A text that is not our side is what somebody made of both.
#[test]
fn what_somebody_resolved_is_believed() {
    let env = Env::new();
    merged_without_driver(&env);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    env.git(".", &["checkout", "--theirs", "oca.lock.json"]);
    env.oca(&["list", "-q"]).stdout_contains("dms_theirs").success();
    env.oca(&["lock"]).stderr("2 repositories with 3 modules, nothing changed\n").success();
}

#[test]
fn a_lock_of_their_side_that_cannot_be_read_is_refused() {
    let env = Env::new();
    merged_without_driver(&env);
    env.git(".", &["checkout", "-q", "feature"]);
    env.edit("oca.lock.json", "\"version\": 1", "\"version\": 2");
    env.commit_all("A newer oca");
    env.git(".", &["checkout", "-q", "main"]);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    let ours = env.read("oca.lock.json");
    env.oca(&["list"]).stderr(UNMERGED).status(2);
    env.oca(&["lock"]).stderr_contains("has format version 2; this oca reads version 1").status(2);
    env.assert_file("oca.lock.json", &ours);
}

/// Git merged line by line. The index tells which side moved a pin: the other side's commit may be the newer one.
#[test]
fn a_pin_that_only_one_side_moved_back_is_not_moved_forward_again() {
    let env = Env::new();
    let remotes = ["dms", "web"].map(|name| repository(&env, name, &[&format!("{name}_x")]));
    let old = remotes[1].commit_of("18.0");
    remotes[1].branch("18.0").module("web_bad", &[]).commit();
    env.locked("[profiles.standard]\nrepos = [\"dms\", \"web\"]\n");
    env.branch_with_failing_driver("false");
    env.oca(&["lock", "-q", &format!("web@{old}")]).success();
    env.commit_all("Back to the good commit");
    env.git(".", &["checkout", "-q", "main"]);
    env.edit("repos.toml", "\"web\"]", "\"web\"]\nmodules = [\"web_x\", \"dms_x\"]");
    move_pin(&env, &remotes[0], "dms", "dms_y");
    env.try_git(".", &["merge", "-q", "feature"]).expect_err("a conflict");
    // One conflict that covers the whole file, as some tools write it.
    let [ours, theirs] =
        ["main", "feature"].map(|side| env.git(".", &["show", &format!("{side}:oca.lock.json")]));
    env.write("oca.lock.json", format!("<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"));
    env.oca(&["lock", "-q"]).success();
    assert_eq!(env.locked_commit("web"), old);
    assert!(env.read("oca.lock.json").contains("dms_y"));
}

#[test]
fn servers_that_do_not_answer_are_told() {
    let env = Env::new();
    let [web, _] = merged_without_driver(&env);
    env.git(".", &["checkout", "-q", "feature"]);
    web.branch("18.0").module("web_newer", &[]).commit();
    env.oca(&["lock", "-q", "--upgrade", "web"]).success();
    env.commit_all("Upgrade web further");
    env.git(".", &["checkout", "-q", "main"]);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    let remotes = env.remotes();
    let away = env.root().join("away");
    std::fs::rename(&remotes, &away).expect("the servers are away");
    env.oca(&["lock"])
        .stderr_contains("warning: cannot find out which commit of `web` is newer: ")
        .stderr_contains("hint: try again later, or run `oca lock --ours web` or `oca lock --theirs web`\n")
        .status(1);
    std::fs::rename(&away, &remotes).expect("the servers are back");
    env.oca(&["lock"]).stderr_contains("which contains the other one").success();
    assert_eq!(env.locked_commit("web"), web.commit_of("18.0"));
}
