//! `oca cache prune`: what is old, damaged or left over goes, many packs become one, and nobody misses anything.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::checkouts::{REMOTES, long_upgrade, repository};
use crate::env::Env;
use crate::remote::Remote;
use crate::server::Server;

const DAY: Duration = Duration::from_hours(24);

/// `web` behind a server, checked out and upgraded twice, so that its store has packs of every kind.
fn upgraded(env: &Env) -> (Remote, Server) {
    let web = repository(env, "web");
    let server = Server::start(env);
    env.declare_repos(&server.base(), &["web"]);
    env.sync();
    for number in 1..=2 {
        long_upgrade(&web, number);
        env.run(&["lock", "--upgrade"]);
        env.sync();
    }
    assert!(packs(env).len() > 4, "{:?}", packs(env));
    (web, server)
}

/// The only store.
pub(crate) fn store(env: &Env) -> PathBuf {
    let stores = fs::read_dir(env.cache().join("stores")).expect("the stores");
    let mut stores = stores.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let store = stores.next().expect("a store");
    assert_eq!(stores.next(), None);
    store
}

fn packs(env: &Env) -> Vec<PathBuf> {
    let files = fs::read_dir(store(env).join("objects/pack")).expect("the packs");
    let files = files.map(|entry| entry.expect("an entry").path());
    files.filter(|file| file.extension().is_some_and(|end| end == "pack")).collect()
}

/// Says that a store was last used so many days ago.
fn age(store: &Path, days: u32) {
    let file = File::options().append(true).open(store.join("oca-url")).expect("the url of the store");
    file.set_modified(SystemTime::now() - DAY * days).expect("a time");
}

/// Makes the checkouts anew from the cache alone.
#[track_caller]
fn checked_out_offline(env: &Env, commit: &str) {
    fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
    env.run(&["sync", "--offline"]);
    env.assert_checkout("oca/web", commit);
}

#[test]
fn many_packs_become_one_and_no_object_is_missed() {
    let env = Env::new();
    let (web, server) = upgraded(&env);
    let count = packs(&env).len();
    let requests = server.requests().len();
    env.oca(&["cache", "prune"])
        .stderr_contains(&format!(
            "http://127.0.0.1:[PORT]/web.git: {count} packs became one\n1 store, 1 changed, "
        ))
        .stderr_contains(" freed\n")
        .success();
    let [pack] = packs(&env).try_into().expect("one pack");
    env.git(store(&env), &["verify-pack", pack.to_str().expect("text")]);
    env.oca(&["cache", "prune"]).stderr("1 store, nothing to do\n").success();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    for commit in ["18.0", "18.0~1", "18.0~2"] {
        let commit = web.commit_of(commit);
        env.run(&["lock", &format!("web@{commit}"), "--offline"]);
        checked_out_offline(&env, &commit);
    }
    assert_eq!(server.requests().len(), requests);
    env.git("oca/web", &["gc", "-q", "--prune=now"]);
    env.git("oca/web", &["fetch", "-q", "--unshallow"]);
    env.assert_sound_checkout("oca/web");
}

#[test]
fn a_whole_history_stays_one_with_its_deltas() {
    let env = Env::new();
    let web = repository(&env, "web");
    let text = |number: u32| {
        let line = |at: u32| format!("{}\n", at * if at == number { 7 } else { 31 });
        (0..2000).map(line).collect::<String>()
    };
    for number in 0..5 {
        web.branch("18.0").file("long.txt", text(number)).commit();
    }
    let server = Server::start(&env);
    env.declare_repos_with(&server.base(), &["web"], "[repos.web]\ndepth = 0\n");
    env.sync();
    env.run(&["cache", "prune"]);
    let [pack] = packs(&env).try_into().expect("one pack");
    let listed = env.git(store(&env), &["verify-pack", "-v", pack.to_str().expect("text")]);
    assert!(listed.contains("chain length = "), "{listed}");
    checked_out_offline(&env, &web.commit_of("18.0"));
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "7\n");
}

#[test]
fn a_store_that_was_not_used_for_long_is_removed_and_fetched_again() {
    let env = Env::new();
    let web = repository(&env, "web");
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    let name = "[TEMP]/remotes/web.git";
    age(&store(&env), 31);
    env.run(&["cache", "prune", "--older-than", "32"]);
    assert_eq!(packs(&env).len(), 1);
    // The branch may not have any more what a lock still pins.
    env.oca(&["cache", "prune"])
        .stderr(&format!("{name}: kept, because a lock of this machine pins it\n1 store, nothing to do\n"))
        .success();
    assert_eq!(packs(&env).len(), 1);
    let lock = env.project().join("oca.lock.json");
    let away = env.project().join("away.json");
    fs::rename(&lock, &away).expect("the lock");
    env.oca(&["cache", "prune", "--dry-run"])
        .stdout(&format!("{name}: would be removed, not used for 31 days\n"))
        .stderr("1 store, 1 would change\n")
        .success();
    assert_eq!(packs(&env).len(), 1);
    // A use is a use, whatever becomes of it.
    fs::rename(&away, &lock).expect("the lock");
    env.run(&["lock", "--upgrade"]);
    env.oca(&["cache", "prune"]).stderr("1 store, nothing to do\n").success();
    age(&store(&env), 31);
    // What a lock pins that cannot be read is not known.
    env.write("oca.lock.json", "no lock");
    env.oca(&["cache", "prune"])
        .stderr_contains("; the cache keeps what this lock may pin\n")
        .stderr_contains(&format!("{name}: kept, because a lock of this machine pins it\n"))
        .success();
    fs::remove_file(&lock).expect("the lock");
    env.oca(&["cache", "prune"])
        .stderr_contains(&format!("{name}: removed, not used for 31 days\n1 store, 1 changed, "))
        .success();
    env.oca(&["cache", "size"]).stdout("0 bytes\n").success();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    env.run(&["lock"]);
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    long_upgrade(&web, 1);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn a_damaged_store_is_removed_with_one_pack_or_several() {
    for prune_first in [true, false] {
        let env = Env::new();
        let (web, _server) = upgraded(&env);
        if prune_first {
            env.run(&["cache", "prune"]);
        }
        let mut packs = packs(&env);
        packs.sort_by_key(|pack| pack.metadata().expect("a pack").len());
        let pack = packs.pop().expect("a pack");
        let mut bytes = fs::read(&pack).expect("the pack");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        // A new file: the checkout has the old one.
        fs::remove_file(&pack).expect("the pack");
        fs::write(&pack, bytes).expect("the pack");
        env.oca(&["cache", "prune"])
            .stderr_contains("http://127.0.0.1:[PORT]/web.git: removed, it is damaged\n1 store, 1 changed, ")
            .success();
        env.assert_checkout("oca/web", &web.commit_of("18.0"));
        fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
        env.sync();
        env.assert_checkout("oca/web", &web.commit_of("18.0"));
    }
}

#[test]
fn what_killed_runs_left_goes() {
    let env = Env::new();
    let (web, _server) = upgraded(&env);
    let stores = env.cache().join("stores");
    for left in [".aside-abc/old/HEAD", "half-0123456789abcdef.git/HEAD"] {
        fs::create_dir_all(stores.join(left).parent().expect("a folder")).expect("a folder");
        fs::write(stores.join(left), "ref: refs/heads/18.0\n").expect("a file");
    }
    let web_store = fs::read_dir(&stores).expect("the stores").map(|entry| entry.expect("an entry").path());
    let web_store = web_store.into_iter().find(|path| path.join("oca-url").exists()).expect("the store");
    let pack_folder = web_store.join("objects/pack");
    fs::write(pack_folder.join("pack-1.pack"), "without an index").expect("a file");
    fs::write(pack_folder.join("pack-2.idx"), "without a pack").expect("a file");
    fs::create_dir(web_store.join("oca-tmp-abc")).expect("a folder");
    env.oca(&["cache", "prune", "--dry-run"])
        .stdout_contains(".aside-abc: would be removed, left by a run that was killed\n")
        .stdout_contains("half-0123456789abcdef.git: would be removed, left by a run that was killed\n")
        .stderr("3 stores, 3 would change\n")
        .success();
    env.oca(&["cache", "prune"])
        .stderr_contains(".aside-abc: removed, left by a run that was killed\n")
        .stderr_contains("half-0123456789abcdef.git: removed, left by a run that was killed\n")
        .stderr_contains("3 stores, 3 changed, ")
        .success();
    assert_eq!(store(&env), web_store);
    assert_eq!(packs(&env).len(), 1);
    assert!(!pack_folder.join("pack-2.idx").exists() && !web_store.join("oca-tmp-abc").exists());
    checked_out_offline(&env, &web.commit_of("18.0"));
}

#[test]
fn killed_before_the_old_packs_were_gone_it_is_done_again() {
    let env = Env::new();
    let (web, _server) = upgraded(&env);
    let folder = store(&env).join("objects/pack");
    let mut old: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(&folder)
        .expect("the packs")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.clone(), fs::read(path).expect("a file")))
        .collect();
    // One after the other, each index before its pack.
    old.sort();
    env.run(&["cache", "prune"]);
    for some in 0..old.len() {
        for (path, bytes) in &old[some..] {
            if !path.exists() {
                fs::write(path, bytes).expect("a file");
            }
        }
        checked_out_offline(&env, &web.commit_of("18.0"));
        env.run(&["cache", "prune"]);
        assert_eq!(packs(&env).len(), 1);
        checked_out_offline(&env, &web.commit_of("18.0"));
    }
}

#[test]
fn a_store_in_which_somebody_is_at_work_is_left_alone() {
    let env = Env::new();
    let (_web, _server) = upgraded(&env);
    let count = packs(&env).len();
    let lock = File::open(store(&env).join("oca.lock")).expect("the lock of the store");
    lock.lock().expect("nobody holds it");
    env.oca(&["cache", "prune"])
        .stderr(
            "http://127.0.0.1:[PORT]/web.git: kept, because another oca is using it\n\
             1 store, nothing to do\n",
        )
        .success();
    assert_eq!(packs(&env).len(), count);
    drop(lock);
    env.run(&["cache", "prune"]);
    assert_eq!(packs(&env).len(), 1);
}

#[test]
fn prune_does_not_disturb_runs_that_fetch_and_check_out() {
    let env = Env::new();
    let (web, _server) = upgraded(&env);
    for number in 3..9 {
        long_upgrade(&web, number);
        env.run(&["lock", "--upgrade"]);
        fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
        // Also one that removes the store under the other's hands.
        let older_than = if number % 2 == 0 { "0" } else { "30" };
        let sync = env.oca(&["sync", "-q"]).spawn();
        let prune = env.oca(&["cache", "prune", "-q", "--older-than", older_than]).spawn();
        sync.success();
        prune.success();
        env.assert_checkout("oca/web", &web.commit_of("18.0"));
    }
    env.git("oca/web", &["fetch", "-q", "--unshallow"]);
    env.assert_sound_checkout("oca/web");
}

#[test]
fn killed_between_the_new_pack_and_the_old_ones_it_leaves_a_store_that_works() {
    let env = Env::new();
    let (web, _server) = upgraded(&env);
    env.oca(&["cache", "prune"]).stopped_at("packing");
    checked_out_offline(&env, &web.commit_of("18.0"));
    env.run(&["cache", "prune"]);
    assert_eq!(packs(&env).len(), 1);
}

#[cfg(unix)]
#[test]
fn what_another_run_uses_is_left_by_clean_and_prune() {
    let env = Env::new();
    let (_web, _server) = upgraded(&env);
    let used = File::open(store(&env)).expect("the store");
    used.lock_shared().expect("nobody takes it");
    env.oca(&["cache", "clean"])
        .stderr("http://127.0.0.1:[PORT]/web.git: kept, because another oca is using it\n")
        .success();
    env.oca(&["cache", "prune", "--older-than", "0"]).stderr_contains("another oca is using it").success();
    assert!(store(&env).exists());
    drop(used);
    env.run(&["cache", "clean"]);
    assert!(!env.cache().join("stores").exists());
}

#[test]
fn the_report_is_there_for_machines_too() {
    let env = Env::new();
    let (_web, _server) = upgraded(&env);
    let count = packs(&env).len();
    let size = env.run(&["cache", "size", "--format", "json"]).stdout;
    let size: serde_json::Value = serde_json::from_str(&size).expect("JSON");
    assert_eq!((&size["version"], &size["stores"][0]["packs"]), (&1.into(), &count.into()));
    assert_eq!(size["stores"][0]["bytes"], size["bytes"]);
    assert!(size["stores"][0]["last_use"].as_u64().is_some_and(|time| time > 1_700_000_000));
    env.oca(&["cache", "size", "-v"])
        .stdout_contains("\n")
        .stderr_contains("http://127.0.0.1:[PORT]/web.git: ")
        .stderr_contains(&format!(", {count} packs\n"))
        .success();
    let dry = env.run(&["cache", "prune", "--format", "json", "--dry-run", "-q"]).stdout;
    let dry: serde_json::Value = serde_json::from_str(&dry).expect("JSON");
    assert_eq!((&dry["stores"][0]["outcome"], &dry["freed"]), (&"packed".into(), &0.into()));
    let pruned = env.run(&["cache", "prune", "--format", "json", "-q"]).stdout;
    let pruned: serde_json::Value = serde_json::from_str(&pruned).expect("JSON");
    let store = &pruned["stores"][0];
    assert_eq!(store["name"], "http://127.0.0.1:[PORT]/web.git");
    assert_eq!(store["message"], format!("{count} packs became one"));
    assert!(store["before"].as_u64() > store["after"].as_u64(), "{store}");
    env.oca(&["cache", "prune", "--cache-dir", "nowhere"]).stderr("0 stores, nothing to do\n").success();
    assert!(!env.exists("nowhere"));
}

#[test]
fn a_secret_in_a_url_is_not_written_down() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::builder(&env).basic("me", "secret").start();
    env.declare_repos(&server.base_as("me:secret@127.0.0.1"), &["web"]);
    env.sync();
    let url = fs::read_to_string(store(&env).join("oca-url")).expect("the url of the store");
    assert!(url.starts_with("http://") && !url.contains("secret"), "{url}");
}
