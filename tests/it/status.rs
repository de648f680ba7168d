//! `oca status`: each state, for people and machines.

use std::fs;

use crate::checkouts::{REMOTES, repository, upgrade};
use crate::env::Env;

#[test]
fn clean_checkouts_are_exit_0() {
    let env = Env::new();
    ["web", "server-tools"].iter().for_each(|name| drop(repository(&env, name)));
    env.declare_repos(REMOTES, &["web", "server-tools"]);
    env.sync();
    fs::remove_dir_all(env.cache()).expect("the cache");
    fs::remove_dir_all(env.remotes()).expect("the remotes");
    env.oca(&["status"])
        .stdout("web           clean  6df21dd409\nserver-tools  clean  94633f2ee5\n")
        .success();
}

#[test]
fn every_state_has_its_word() {
    let env = Env::new();
    let names = ["clean", "dirty", "local", "missing", "not-git", "behind", "skipped"];
    let all = names.map(|name| repository(&env, name));
    repository(&env, "undeclared");
    env.declare_repos(REMOTES, &[&names[..], &["undeclared"]].concat());
    env.sync();
    env.declare_repos(REMOTES, &names);
    upgrade(&all[5], 1);
    env.run(&["lock", "--upgrade"]);
    env.write("repos.local.toml", "skip = [\"skipped\"]\n");
    env.write("oca/dirty/mine.txt", "");
    env.git("oca/local", &["commit", "-q", "--allow-empty", "-m", "mine"]);
    fs::remove_dir_all(env.project().join("oca/missing")).expect("a checkout");
    fs::remove_dir_all(env.project().join("oca/not-git/.git")).expect("a git directory");
    let output = env.oca(&["status"]).output();
    assert_eq!((output.code, output.stderr.as_str()), (Some(1), ""));
    insta::assert_snapshot!(output.stdout, @"
    clean       clean          de083b7d21
    dirty       dirty          9955101a47                        uncommitted changes in `mine.txt`
    local       local commits  4e2e586d46, locked at 890d450947  local commits up to `4e2e586d46`
    missing     missing        locked at d0700fbcc5
    not-git     not git        locked at 4470590359
    behind      other commit   cf0513d2fe, locked at 340c140735
    skipped     skipped        locked at 65be41df69
    undeclared  undeclared     e112704f3a
    ");
    // `oca sync` moves from the commit that is checked out to the locked one.
    let planned = env.oca(&["sync", "--dry-run"]).output();
    assert!(planned.stdout.contains("behind: would move cf0513d2fe -> 340c140735\n"), "{planned}");
    let json = env.oca(&["status", "--format", "json"]).output();
    assert_eq!((json.code, json.stderr.as_str()), (Some(1), ""));
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["version"], 1);
    let states: Vec<&str> = json["repos"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|repo| repo["state"].as_str().expect("a word"))
        .collect();
    assert_eq!(
        states,
        ["clean", "dirty", "local-commits", "missing", "not-git", "other-commit", "skipped", "undeclared"]
    );
    assert_eq!(json["repos"][5]["locked"], all[5].commit_of("18.0"));
    assert_eq!(json["repos"][5]["actual"], all[5].commit_of("18.0~1"));
    assert_eq!(json["repos"][3]["actual"], serde_json::Value::Null);
}

#[test]
fn a_missing_or_stale_lock_is_refused() {
    let env = Env::new();
    ["web", "server-tools"].iter().for_each(|name| drop(repository(&env, name)));
    env.declare_repos(REMOTES, &["web"]);
    let hint = "hint: run `oca lock` and commit the result\n";
    env.oca(&["status"]).stderr(&format!("error: there is no `oca.lock.json`\n{hint}")).status(1);
    env.sync();
    env.declare_repos(REMOTES, &["server-tools"]);
    env.oca(&["status"]).stderr_contains("is out of date: `server-tools` is not in the lock").status(1);
    assert!(!env.exists("oca/server-tools"));
}

#[test]
fn each_profile_has_its_own_report() {
    let env = Env::new();
    ["web", "server-tools"].iter().for_each(|name| drop(repository(&env, name)));
    env.declare_repos_with(
        REMOTES,
        &["web"],
        "[profiles.more]\nextends = [\"standard\"]\nrepos = [\"server-tools\"]\n",
    );
    env.sync();
    env.oca(&["status"]).stdout("web  clean  6df21dd409\n").success();
    let all = "web           clean    6df21dd409\nserver-tools  missing  locked at 94633f2ee5\n";
    env.oca(&["status", "-p", "more"]).stdout(all).status(1);
    env.oca(&["status", "--all-profiles"]).stdout(all).status(1);
}
