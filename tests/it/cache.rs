//! `oca cache`: where it is, what it holds, and that it can go at any time.

use std::fs;

use crate::checkouts::{REMOTES, repository};
use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;
use crate::server::Server;

#[test]
fn it_is_where_the_flag_the_variable_or_the_platform_says() {
    let env = Env::new();
    let dir = || env.oca(&["cache", "dir"]);
    dir().stdout("[TEMP]/cache\n").success();
    dir().arg("--cache-dir").arg("mine").stdout("[TEMP]/project/mine\n").success();
    let platform = dir().env("OCA_CACHE_DIR", "").output();
    assert_eq!(platform.code, Some(0));
    if cfg!(target_os = "linux") {
        assert_eq!(platform.stdout, "[TEMP]/home/.cache/oca\n");
    }
}

#[test]
fn it_needs_no_project() {
    let env = Env::new();
    env.oca(&["cache", "size"]).stdout("0 bytes\n").success();
    env.oca(&["cache", "clean"]).success();
    env.oca(&["cache", "size", "--cache-dir", "nowhere"]).stdout("0 bytes\n").success();
    env.oca(&["cache", "clean", "--cache-dir", "nowhere"]).success();
    assert!(!env.exists("nowhere"));
}

#[test]
fn cleaning_deletes_the_stores_and_no_other_files() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    fs::write(env.cache().join("mine.txt"), "").expect("a file");
    let size = env.oca(&["cache", "size"]).output().stdout;
    assert!(size.ends_with(" kB\n"), "{size}");
    env.oca(&["cache", "clean"]).success();
    env.oca(&["cache", "size"]).stdout("0 bytes\n").success();
    assert!(env.cache().join("mine.txt").exists());
}

#[test]
fn neither_checkouts_nor_the_lock_depend_on_it() {
    let env = Env::new();
    let remote = web(&env);
    env.locked(WEB);
    env.oca(&["sync", "-q"]).success();
    let lock = env.read("oca.lock.json");
    env.oca(&["cache", "clean"]).success();
    env.assert_sound_checkout("oca/web");
    env.oca(&["sync", "--locked", "-q"]).success();
    remote.branch("18.0").module("web_y", &[]).commit();
    env.lock();
    env.assert_file("oca.lock.json", &lock);
    env.oca(&["lock", "--upgrade", "-q"]).success();
    assert!(env.read("oca.lock.json").contains("web_y"));
}

#[cfg(unix)]
#[test]
fn cleaning_takes_nothing_from_a_run_that_is_under_way() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    let clean = || drop(env.run(&["cache", "clean"]));
    for place in ["taking a pack in", "linking packs", "building a checkout"] {
        drop(fs::remove_dir_all(env.project().join("oca")));
        clean();
        let sync = env.oca(&["sync", "-q"]).held_at(place, clean);
        sync.success();
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    }
    clean();
    env.oca(&["export", "-q", "../out"]).held_at("taking a pack in", clean).success();
    env.oca(&["export", "-q", "../out"]).held_at("writing an export", clean).success();
}

#[cfg(target_os = "linux")]
#[test]
fn a_cache_that_cannot_be_written_serves_as_well() {
    let env = Env::new();
    let remote = repository(&env, "web");
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
    let ran = crate::export_dest::in_namespace(
        &env,
        "mount --bind $ROOT/cache $ROOT/cache && mount -o remount,bind,ro $ROOT/cache
         ! touch $ROOT/cache/file 2>/dev/null
         $OCA sync -q
         $OCA export -q $ROOT/out",
    );
    if ran {
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    }
}

#[test]
fn a_file_in_place_of_the_cache_is_reported() {
    let env = Env::new();
    web(&env);
    env.declare(WEB);
    env.write("file", "");
    env.oca(&["lock", "--cache-dir", "file"])
        .stderr_contains("error: cannot create `[TEMP]/project/file`\ncaused by: ")
        .stderr_contains("hint: choose another directory with `--cache-dir` or `OCA_CACHE_DIR`\n")
        .status(2);
}
