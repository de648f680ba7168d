//! `oca lock --check`: every way in which a lock is not what is declared, told from the two files alone.

use crate::env::Env;
use crate::harness::web;
use crate::project::{WEB, repository};

const HINT: &str = "hint: run `oca lock` and commit the result\n";

/// Expects these differences, each on a line of its own, and their number in the error.
#[track_caller]
fn assert_stale(env: &Env, differences: &[&str]) {
    let count = match differences.len() {
        1 => "1 difference".to_owned(),
        count => format!("{count} differences"),
    };
    env.oca(&["lock", "--check"])
        .stdout(&differences.iter().map(|line| format!("{line}\n")).collect::<String>())
        .stderr(&format!("error: `oca.lock.json` is out of date: {count}\n{HINT}"))
        .status(1);
}

#[test]
fn a_fresh_lock_is_silence() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock", "--check", "--format", "json"])
        .stdout("{\n  \"version\": 1,\n  \"fresh\": true,\n  \"gitlinks\": null,\n  \"differences\": [],\n  \"errors\": []\n}\n")
        .success();
}

#[test]
fn it_needs_neither_cache_nor_network_nor_a_writable_project() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.remove_remotes();
    std::fs::remove_dir_all(env.cache()).expect("the cache can be removed");
    std::fs::write(env.cache(), "not a directory").expect("a file in its place");
    let before = env.read("oca.lock.json");
    env.oca(&["lock", "--check"]).env("HOME", "").env("XDG_CACHE_HOME", "").success();
    env.edit("repos.toml", "\"web\"", "\"web\", \"dms\"");
    assert_stale(
        &env,
        &[
            "`dms` is not in the lock, but profile `standard` declares it",
            "profile `standard` has different repositories in the lock, or a different order",
        ],
    );
    assert_eq!(env.read("oca.lock.json"), before);
    assert_eq!(std::fs::read_dir(env.project()).expect("the project").count(), 2, "nothing is written");
}

#[test]
fn a_missing_lock_is_stale() {
    let env = Env::new();
    env.declare(WEB);
    env.oca(&["lock", "--check"])
        .stdout("there is no lock\n")
        .stderr(&format!("error: there is no `oca.lock.json`\n{HINT}"))
        .status(1);
    env.oca(&["lock", "--check", "--format", "json"])
        .stdout("{\n  \"version\": 1,\n  \"fresh\": false,\n  \"gitlinks\": null,\n  \"differences\": [\n    \"there is no lock\"\n  ],\n  \"errors\": []\n}\n")
        .stderr(&format!("error: there is no `oca.lock.json`\n{HINT}"))
        .status(1);
}

#[test]
fn another_branch_or_tag_is_told_once() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.declare(&format!("{WEB}[repos.web]\nbranch = \"18.0-fix\"\n"));
    assert_stale(&env, &["`web` wants branch `18.0-fix`, but the lock has branch `18.0`"]);
    env.declare(&format!("{WEB}[repos.web]\ntag = \"v1\"\n"));
    assert_stale(&env, &["`web` wants tag `v1`, but the lock has branch `18.0`"]);
}

#[test]
fn another_url_is_told_without_its_secret() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.declare(&format!("{WEB}[repos.web]\nurl = \"https://odo:s3cret@example.invalid/web.git\"\n"));
    assert_stale(
        &env,
        &["`web` has url `https://example.invalid/web.git`, but the lock has `../remotes/web.git`"],
    );
}

#[test]
fn another_rev_and_a_commit_that_is_not_the_declared_one_are_told() {
    let env = Env::new();
    let remote = web(&env);
    let [new, old] = [remote.commit_of("18.0"), remote.commit_of("18.0~1")];
    env.locked(&format!("{WEB}[repos.web]\nrev = \"{new}\"\n"));
    env.edit("oca.lock.json", &format!("\"commit\": \"{new}\""), &format!("\"commit\": \"{old}\""));
    let edited = format!("`web` at commit `{new}` was edited: its entry does not match its digest");
    assert_stale(&env, &[&edited, &format!("`web` wants commit `{new}`, but the lock has `{old}`")]);
    env.oca(&["lock", "-q"]).success();
    env.oca(&["lock", "--check"]).success();
    env.edit("repos.toml", &new, &old);
    assert_stale(&env, &[&format!("`web` wants commit `{old}`, but the lock has commit `{new}`")]);
}

#[test]
fn other_addons_directories_are_told() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.declare(&format!("{WEB}[repos.web]\naddons = [\".\", \"extra\"]\n"));
    assert_stale(&env, &["`web` has its modules in `.`, `extra`, but the lock has `.`"]);
}

#[test]
fn what_is_no_longer_declared_is_told() {
    let env = Env::new();
    web(&env);
    repository(&env, "dms", &["dms"]);
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    env.declare(WEB);
    assert_stale(
        &env,
        &[
            "`dms` at branch `18.0` is in the lock, but no profile declares it",
            "profile `standard` has different repositories in the lock, or a different order",
        ],
    );
}

#[test]
fn the_order_of_the_repositories_counts_and_that_of_the_profiles_does_not() {
    let env = Env::new();
    web(&env);
    repository(&env, "dms", &["dms"]);
    env.locked(&format!("{WEB}[profiles.all]\nrepos = [\"web\", \"dms\"]\n"));
    env.declare(&format!("[profiles.all]\nrepos = [\"web\", \"dms\"]\n{WEB}"));
    env.oca(&["lock", "--check"]).success();
    env.declare(&format!("[profiles.all]\nrepos = [\"dms\", \"web\"]\n{WEB}"));
    assert_stale(&env, &["profile `all` has different repositories in the lock, or a different order"]);
}

#[test]
fn profiles_that_come_go_or_change_their_series_are_told() {
    let env = Env::new();
    web(&env);
    env.locked(&format!("{WEB}[profiles.old]\nodoo = \"17.0\"\npath = \"oca-17\"\nrepos = []\n"));
    env.declare(&format!("{WEB}[profiles.new]\nrepos = []\n"));
    assert_stale(
        &env,
        &[
            "profile `new` is not in the lock",
            "profile `old` is in the lock, but `repos.toml` does not declare it",
        ],
    );
    env.declare(&format!("{WEB}[profiles.old]\nodoo = \"16.0\"\npath = \"oca-16\"\nrepos = []\n"));
    assert_stale(&env, &["profile `old` is for Odoo 16.0, but the lock has 17.0"]);
}

#[test]
fn a_file_that_is_spaced_or_sorted_by_hand_is_told() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let lock = env.read("oca.lock.json");
    let layout = "the file is not formatted as oca writes it";
    for text in [lock.trim_end().to_owned(), lock.replace("  ", "\t")] {
        env.write("oca.lock.json", text);
        assert_stale(&env, &[layout]);
    }
    env.oca(&["lock", "--check", "--format", "json"])
        .stdout(&format!(
            "{{\n  \"version\": 1,\n  \"fresh\": false,\n  \"gitlinks\": null,\n  \"differences\": [\n    \"{layout}\"\n  ],\n  \"errors\": []\n}}\n"
        ))
        .stderr(&format!("error: `oca.lock.json` is out of date: 1 difference\n{HINT}"))
        .status(1);
    env.remove_remotes();
    env.lock();
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn every_command_that_reads_the_lock_refuses_a_stale_one_and_leaves_it() {
    let env = Env::new();
    web(&env);
    env.declare(WEB);
    let commands: [&[&str]; 4] = [&["list"], &["addons-path"], &["requirements"], &["outdated"]];
    for command in commands {
        env.oca(command).stderr(&format!("error: there is no `oca.lock.json`\n{HINT}")).status(1);
    }
    env.lock();
    env.declare(&format!("{WEB}[repos.web]\nbranch = \"17.0\"\n"));
    let lock = env.read("oca.lock.json");
    for command in commands {
        env.oca(command)
            .stderr(&format!(
                "error: `oca.lock.json` is out of date: `web` wants branch `17.0`, but the lock has branch `18.0`\n{HINT}"
            ))
            .status(1);
    }
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn flags_that_would_write_exclude_it() {
    let env = Env::new();
    for more in ["--upgrade", "web@0c441c48a4dc2bfe0c23088bc2d3e1211e0c9709"] {
        env.oca(&["lock", "--check", more])
            .stderr_contains("error: the argument '--check' cannot be used with")
            .status(2);
    }
}

#[test]
fn a_lock_with_the_line_ends_of_windows_is_as_good() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let windows = env.read("oca.lock.json").replace('\n', "\r\n");
    env.write("oca.lock.json", &windows);
    env.oca(&["lock", "--check"]).success();
    env.write("oca.lock.json", windows.replace("\r\n", "\r\n\r\n"));
    assert_stale(&env, &["the file is not formatted as oca writes it"]);
}
