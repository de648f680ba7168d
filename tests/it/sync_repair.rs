//! Killed at any instant, the next `oca sync` repairs; and several may run at once.

use std::fs;
use std::path::{Path, PathBuf};

use crate::checkouts::{REMOTES, long_upgrade, repository, upgrade};
use crate::env::Env;
use crate::remote::Remote;
use crate::server::{Fault, Server};

/// `web` checked out at its old pin, as if it had been killed on its way to the new one. The journal names both.
fn killed(env: &Env) -> Remote {
    let web = repository(env, "web");
    upgrade(&web, 1);
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    let new = upgrade(&web, 2);
    env.run(&["lock", "--upgrade"]);
    // The new commit is there, as it is before the journal is written.
    env.git("oca/web", &["fetch", "-q", "--depth", "1", "origin", &new]);
    env.git("oca/web", &["update-ref", "-d", "refs/remotes/origin/18.0"]);
    let old = env.head("oca/web");
    env.write("oca/web/.git/oca-move", format!("{old}\n{new}\n"));
    for lock in ["index", "HEAD", "config"] {
        env.write(format!("oca/web/.git/{lock}.lock"), "half");
    }
    web
}

#[test]
fn a_half_written_move_is_repaired() {
    let env = Env::new();
    let web = killed(&env);
    env.write("oca/web/README.md", "# version 2\n");
    env.write("oca/web/versions/2.txt", "2\n2\n2");
    fs::remove_file(env.project().join("oca/web/versions/1.txt")).expect("a removed file");
    env.oca(&["sync"]).stderr("web: moved 8da9c8df92 -> 0cb4b9f266\n1 repository, 1 changed\n").success();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    assert!(!env.exists("oca/web/.git/oca-move"));
}

#[test]
fn a_move_killed_after_the_index_was_written_is_repaired() {
    let env = Env::new();
    let web = killed(&env);
    for lock in ["index", "HEAD", "config"] {
        remove(&env.project().join(format!("oca/web/.git/{lock}.lock")));
    }
    env.git("oca/web", &["read-tree", "-u", "--reset", &web.commit_of("18.0")]);
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn a_move_killed_after_head_was_written_is_repaired() {
    let env = Env::new();
    let web = killed(&env);
    for lock in ["index", "HEAD", "config"] {
        remove(&env.project().join(format!("oca/web/.git/{lock}.lock")));
    }
    env.git("oca/web", &["checkout", "-q", &web.commit_of("18.0")]);
    env.oca(&["sync", "--dry-run"])
        .stdout_contains("web: would refresh at")
        .stderr("1 repository up to date, 1 would be refreshed\n")
        .success();
    fs::remove_dir_all(env.cache()).expect("the cache");
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

#[test]
fn a_half_written_move_is_repaired_also_without_cache_and_upgrade() {
    let env = Env::new();
    let web = killed(&env);
    env.write("oca/web/README.md", "# vers");
    fs::remove_dir_all(env.cache()).expect("the cache");
    let old = env.head("oca/web");
    env.run(&["lock", &format!("web@{old}")]);
    env.sync();
    env.assert_checkout("oca/web", &old);
    assert_ne!(old, web.commit_of("18.0"));
}

#[test]
fn an_edit_survives_the_repair() {
    let env = Env::new();
    killed(&env);
    env.write("oca/web/README.md", "mine\n");
    env.write("oca/web/versions/2.txt", "2\n2\n");
    env.write("oca/web/notes.txt", "mine\n");
    env.oca(&["sync"])
        .stderr(
            "1 repository, 0 changed\n\
             error: `web` was not changed: uncommitted changes in `README.md` and 1 more\n\
             hint: commit and push your work, or use `--force` to discard it\n",
        )
        .status(1);
    env.assert_file("oca/web/README.md", "mine\n");
    env.assert_file("oca/web/notes.txt", "mine\n");
    assert!(!env.exists("oca/web/versions/2.txt") && env.exists("oca/web/versions/1.txt"));
}

#[test]
fn leftovers_of_killed_runs_are_cleared() {
    let env = Env::new();
    let web = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    env.write("oca/.oca-tmp-abc/.git/HEAD", "half");
    let left = store(&env).join("oca-tmp-abc");
    fs::create_dir(&left).expect("a directory");
    fs::write(left.join("half.pack"), "half").expect("a file");
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    assert!(!env.exists("oca/.oca-tmp-abc"));
    assert!(!left.exists());
}

#[test]
fn a_half_deleted_store_is_made_anew() {
    let env = Env::new();
    let web = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    for part in ["HEAD", "objects", "refs", "config"] {
        env.run(&["lock"]);
        remove(&store(&env).join(part));
        drop(fs::remove_dir_all(env.project().join("oca")));
        let output = env.run(&["sync"]);
        assert!(output.stderr.contains("checked out"), "{part}: {output}");
        env.assert_checkout("oca/web", &web.commit_of("18.0"));
    }
}

/// The one store there is.
fn store(env: &Env) -> std::path::PathBuf {
    let stores = fs::read_dir(env.cache().join("stores")).expect("stores").flatten();
    stores.map(|store| store.path()).find(|store| store.is_dir()).expect("a store")
}

fn remove(path: &Path) {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect("it was there");
}

#[test]
fn two_at_once_do_the_work_once() {
    let env = Env::new();
    let names = ["a", "b", "c", "d"];
    names.iter().for_each(|name| drop(repository(&env, name)));
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &names);
    let runs = [(); 3].map(|()| env.oca(&["sync", "-q"]).spawn());
    runs.into_iter().for_each(crate::run::Running::success);
    names.iter().for_each(|name| env.assert_sound_checkout(format!("oca/{name}")));
    assert_eq!(server.count("ls-refs"), 4);
}

#[test]
fn two_projects_share_a_cache_at_once() {
    let env = Env::new();
    let names = ["a", "b", "c"];
    names.iter().for_each(|name| drop(repository(&env, name)));
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &names);
    let other = env.home().join("other");
    fs::create_dir(&other).expect("a project");
    fs::copy(env.project().join("repos.toml"), other.join("repos.toml")).expect("a copy");
    let one = env.oca(&["sync", "-q"]).spawn();
    env.oca(&["sync", "-q"]).current_dir(&other).success();
    one.success();
    for name in names {
        env.assert_sound_checkout(env.project().join("oca").join(name));
        env.assert_sound_checkout(other.join("oca").join(name));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_exit_130_and_the_next_run_repairs() {
    let env = Env::new();
    let web = repository(&env, "web");
    repository(&env, "server-tools");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web", "server-tools"]);
    env.run(&["lock"]);
    fs::remove_dir_all(env.cache()).expect("the cache");
    server.fault("POST /web.git/git-upload-pack fetch", 1, Fault::StallAfter(60));
    let fetched = server.count("POST /web.git/git-upload-pack fetch");
    let run = env.oca(&["sync"]).stderr_contains("interrupted: run it again\n").spawn();
    server.wait_for("POST /web.git/git-upload-pack fetch", fetched + 1);
    run.interrupt();
    run.status(130);
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    env.assert_sound_checkout("oca/server-tools");
    let left = fs::read_dir(env.project().join("oca")).expect("checkouts").flatten();
    assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().starts_with(".oca")).count(), 0);
}

#[test]
fn a_kill_at_each_place_is_repaired() {
    let env = Env::new();
    let names = ["a", "b", "c"];
    let all = names.map(|name| repository(&env, name));
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &names);
    let upgrade_all = |number| all.iter().for_each(|remote| drop(long_upgrade(remote, number)));
    let check = || {
        for (name, remote) in names.iter().zip(&all) {
            env.assert_checkout(&format!("oca/{name}"), &remote.commit_of("18.0"));
        }
    };
    for place in ["making a store", "taking a pack in", "taking in a file of a pack", "replacing"] {
        env.oca(&["lock"]).stopped_at(place);
    }
    env.run(&["lock"]);
    for place in ["linking packs", "building a checkout"] {
        env.oca(&["sync"]).stopped_at(place);
    }
    env.sync();
    check();
    let moves = [
        "taking a pack in",
        "linking packs",
        "beginning a move",
        "moving a checkout",
        "completing a move",
        "putting",
    ];
    for (number, place) in (1..).zip(moves) {
        upgrade_all(number);
        env.oca(&["lock", "--upgrade"]).stopped_at("replacing");
        env.run(&["lock", "--upgrade"]);
        env.oca(&["sync"]).stopped_at(place);
        env.sync();
        check();
    }
}

/// Breaks all packs of the store, or their indexes. As files of their own: a checkout may share the old ones.
fn damage(env: &Env, extension: &str, break_it: fn(&mut Vec<u8>)) {
    for entry in fs::read_dir(store(env).join("objects/pack")).expect("packs").flatten() {
        if entry.path().extension().is_some_and(|found| found == extension) {
            let mut bytes = fs::read(entry.path()).expect("a pack");
            break_it(&mut bytes);
            remove(&entry.path());
            fs::write(entry.path(), bytes).expect("a pack");
        }
    }
}

/// libgit2 has the damaged pack still open when the new one is there, and both have one name.
#[test]
fn an_export_repairs_a_store_with_a_damaged_file() {
    let env = Env::new();
    let web = repository(&env, "web");
    long_upgrade(&web, 1);
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    env.oca(&["export", "-q", "../whole"]).success();
    fs::remove_dir_all(env.cache()).expect("the cache");
    env.oca(&["export", "-q", "../whole"]).success();
    let objects = ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"];
    let blobs = env.git(store(&env), &objects).lines().filter(|line| line.starts_with("blob")).count();
    let mut damaged = 0;
    for number in 0..blobs {
        let packs = fs::read_dir(store(&env).join("objects/pack")).expect("packs").flatten();
        let paths =
            packs.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "idx"));
        let listed = paths.map(|index| {
            let text = env.git(store(&env), &["verify-pack", "-v", index.to_str().expect("a path")]);
            let ends = text.lines().filter_map(|line| {
                let fields: Vec<&str> = line.split_whitespace().collect();
                let number = |place: usize| fields.get(place)?.parse::<usize>().ok();
                (fields.get(1) == Some(&"blob")).then(|| Some(number(4)? + number(3)? - 1)).flatten()
            });
            (index.with_extension("pack"), ends.collect::<Vec<_>>())
        });
        let Some((pack, ends)) = listed.into_iter().find(|(_, ends)| ends.len() > number) else { continue };
        let mut bytes = fs::read(&pack).expect("a pack");
        // The checksum of its content.
        bytes[ends[number]] ^= 1;
        remove(&pack);
        fs::write(&pack, bytes).expect("a pack");
        let out = format!("../{number}");
        env.oca(&["export", "-q", &out]).success();
        let same = env.command("diff").args(["-r", "../whole", &out]).current_dir(env.project()).status();
        assert!(same.expect("a program").success(), "{number}");
        damaged += 1;
    }
    assert!(damaged > 1);
}

#[test]
fn a_damaged_store_is_made_anew() {
    let cut: fn(&mut Vec<u8>) = |bytes| bytes.truncate(bytes.len() / 2);
    let spoil: fn(&mut Vec<u8>) = |bytes| {
        let end = bytes.len() - 20;
        bytes[12..end].fill(0x55);
    };
    for (extension, break_it) in [("pack", cut), ("pack", spoil), ("idx", cut)] {
        for over_http in [true, false] {
            let env = Env::new();
            let web = repository(&env, "web");
            let server = Server::start(&env);
            env.declare_repos(if over_http { server.base() } else { REMOTES.to_owned() }.as_str(), &["web"]);
            env.run(&["lock"]);
            damage(&env, extension, break_it);
            env.run(&["lock", "--upgrade"]);
            damage(&env, extension, break_it);
            env.sync();
            env.assert_checkout("oca/web", &web.commit_of("18.0"));
            let new = upgrade(&web, 1);
            damage(&env, extension, break_it);
            env.run(&["lock", "--upgrade"]);
            remove(&env.project().join("oca"));
            damage(&env, extension, break_it);
            env.sync();
            env.assert_checkout("oca/web", &new);
            let new = upgrade(&web, 2);
            env.run(&["lock", "--upgrade"]);
            damage(&env, extension, break_it);
            env.sync();
            env.assert_checkout("oca/web", &new);
            let stores = fs::read_dir(env.cache().join("stores")).expect("stores").flatten();
            assert!(
                stores.into_iter().all(|store| !store.file_name().to_string_lossy().starts_with(".bad-"))
            );
        }
    }
}

#[test]
fn offline_a_damaged_store_keeps_what_is_left() {
    let env = Env::new();
    let web = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.sync();
    let old = web.commit_of("18.0");
    upgrade(&web, 1);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    let packs = || paths(&store(&env).join("objects/pack"));
    let before = packs();
    // What came last is cut short; the first pin is in the packs before.
    let newest = before.iter().filter(|path| path.extension().is_some_and(|end| end == "pack"));
    let newest =
        newest.max_by_key(|path| path.metadata().and_then(|metadata| metadata.modified()).expect("it"));
    let newest = newest.expect("a pack");
    let bytes = fs::read(newest).expect("a pack");
    remove(newest);
    fs::write(newest, &bytes[..bytes.len() / 2]).expect("a pack");
    remove(&env.project().join("oca"));
    env.oca(&["sync", "--offline"]).stderr_contains("oca is offline").status(3);
    assert_eq!(packs(), before);
    env.run(&["lock", "--offline", &format!("web@{old}")]);
    env.run(&["sync", "--offline"]);
    env.assert_checkout("oca/web", &old);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

fn paths(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a folder").flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[test]
fn a_damaged_checkout_is_not_blamed_on_the_cache() {
    let env = Env::new();
    let web = repository(&env, "web");
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    for entry in fs::read_dir(env.project().join("oca/web/.git/objects/pack")).expect("packs").flatten() {
        remove(&entry.path());
    }
    upgrade(&web, 1);
    env.run(&["lock", "--upgrade"]);
    let output = env.oca(&["sync"]).output();
    assert_ne!(output.code, Some(0), "{output}");
    assert!(!output.stderr.contains("cache clean"), "{output}");
}
