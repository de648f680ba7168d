//! What `oca sync` and `oca status` say of each checkout: one that fails hides none of the others.

use crate::env::Env;
use crate::project::{repository, short};

const TWO: &str = "[profiles.standard]\nrepos = [\"dms\", \"web\"]\n";

/// Two repositories, checked out; the second has moved on since, and so has the lock.
fn moved(env: &Env) -> (String, String) {
    repository(env, "dms", &["dms"]);
    let web = repository(env, "web", &["web_x"]);
    env.locked(TWO);
    env.oca(&["sync", "-q"]).success();
    let from = web.commit_of("18.0");
    let to = web.branch("18.0").module("web_y", &[]).commit();
    env.oca(&["lock", "--upgrade", "-q"]).success();
    (short(&from).to_owned(), short(&to).to_owned())
}

/// Makes a file of oca's own unreadable, as a broken disk does.
fn break_marker(env: &Env, checkout: &str) {
    let marker = env.project().join(checkout).join(".git/oca-checkout");
    std::fs::remove_file(&marker).expect("the marker");
    std::fs::create_dir(&marker).expect("a directory in its place");
}

#[test]
fn a_checkout_that_cannot_be_read_keeps_no_other_from_being_done() {
    let env = Env::new();
    let (from, to) = moved(&env);
    break_marker(&env, "oca/dms");
    env.oca(&["status"])
        .stdout_contains("dms  unreadable")
        .stdout_contains(&format!("web  other commit  {from}, locked at {to}"))
        .stderr_contains("error: cannot read the checkout of `dms`\ncaused by: cannot read `[TEMP]/project/oca/dms/.git/oca-checkout`: ")
        .status(2);
    env.oca(&["sync", "--dry-run"])
        .stdout(&format!("web: would move {from} -> {to}\n"))
        .stderr_contains("error: cannot read the checkout of `dms`\n")
        .status(2);
    env.oca(&["sync"])
        .stderr_contains(&format!("web: moved {from} -> {to}\n"))
        .stderr_contains("error: cannot read the checkout of `dms`\n")
        .status(2);
    env.assert_sound_checkout("oca/web");
}

#[test]
fn git_that_fails_in_a_checkout_is_a_failure_and_not_somebodys_work() {
    let env = Env::new();
    moved(&env);
    env.write("oca/web/.git/index.lock", "");
    let json = env.oca(&["sync", "--format", "json"]).output();
    assert!(json.stdout.contains("\"outcome\": \"failed\""), "{json}");
    assert!(json.stderr.contains("error: cannot check out `web`\ncaused by: "), "{json}");
    assert_eq!(json.code, Some(3));
    env.write("oca/web/.git/index", "garbage");
    env.oca(&["sync"]).stderr_contains("error: cannot read the checkout of `web`\ncaused by: ").status(3);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_says_it_once() {
    let env = Env::new();
    let (from, to) = moved(&env);
    env.declare("[profiles.standard]\nrepos = [\"web\"]\n");
    env.lock();
    let dry = ["sync", "--dry-run", "--prune"];
    env.oca(&dry)
        .stdout(&format!("web: would move {from} -> {to}\ndms: would remove\n"))
        .stderr("2 repositories, 2 would change\n")
        .success();
    let json = env.oca(&[&dry[..], &["--format", "json"]].concat()).output();
    assert!(json.stdout.contains("\"outcome\": \"removed\""), "{json}");
    assert!(json.stdout.contains("\"message\": \"would remove\""), "{json}");
    assert!(env.exists("oca/dms"));
    std::fs::remove_dir_all(env.project().join("oca/web")).expect("the checkout");
    env.oca(&["sync", "--dry-run"])
        .stdout(&format!("web: would check out at {to}\n"))
        .stderr("1 repository, 1 would change\n")
        .success();
    env.oca(&["sync", "--prune"])
        .stderr(&format!("web: checked out at {to}\ndms: removed\n2 repositories, 2 changed\n"))
        .success();
    assert!(!env.exists("oca/dms"));
}

#[test]
fn a_name_that_nobody_declares_in_two_places_counts_twice() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    web.branch("19.0").module("web_x", &[]).commit();
    let next = |repos| format!("[profiles.next]\nodoo = \"19.0\"\npath = \"oca-19\"\nrepos = [{repos}]\n");
    env.locked(&format!("[profiles.standard]\nrepos = [\"web\"]\n{}", next("\"web\"")));
    env.oca(&["sync", "--all-profiles", "-q"]).success();
    env.declare(&format!("[profiles.standard]\nrepos = []\n{}", next("")));
    env.lock();
    let status = env.oca(&["status", "--all-profiles"]).output();
    assert_eq!((status.code, status.stdout.matches("web  undeclared").count()), (Some(1), 2), "{status}");
    env.oca(&["sync", "--all-profiles", "--prune"])
        .stderr("web: removed\nweb: removed\n2 repositories, 2 changed\n")
        .success();
    assert!(!env.exists("oca/web") && !env.exists("oca-19/web"));
}

#[test]
fn a_checkout_that_cannot_be_pruned_keeps_no_other_from_it() {
    let env = Env::new();
    moved(&env);
    env.declare("[profiles.standard]\nrepos = []\n");
    env.lock();
    env.write("oca/dms/.git/index", "garbage");
    env.oca(&["sync", "--prune"])
        .stderr_contains("web: removed\n")
        .stderr_contains("error: cannot read the checkout of `dms`\ncaused by: ")
        .status(3);
    assert!(env.exists("oca/dms") && !env.exists("oca/web"));
}

#[test]
fn checkouts_that_were_built_for_a_lock_that_fails_are_gone() {
    let env = Env::new();
    repository(&env, "dms", &["dms"]);
    repository(&env, "web", &["web_x"]);
    env.declare(&format!("{TWO}modules = [\"web_missing\"]\n"));
    env.oca(&["sync"]).stderr_contains("`web_missing`").status(2);
    assert!(!env.exists("oca.lock.json") && !env.exists("oca"));
    env.declare(TWO);
    env.oca(&["sync", "-q"]).success();
    env.assert_sound_checkout("oca/dms");
    env.assert_sound_checkout("oca/web");
}
