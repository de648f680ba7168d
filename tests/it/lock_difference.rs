//! What `oca lock --upgrade` asks a server for when a branch moved: the difference to the pin, in one request.

use std::fs;

use crate::cache_prune::store;
use crate::env::Env;
use crate::project::{WEB, repository};
use crate::remote::Remote;
use crate::server::{ALWAYS, Builder, Fault, Seen, Server};

/// A repository with many modules, locked from this server. What the lock took over the wire.
fn locked(env: &Env, server: Builder) -> (Remote, Server, u64) {
    let names: Vec<String> = (0..150).map(|number| format!("web_{number}")).collect();
    let web = repository(env, "web", &names.iter().map(String::as_str).collect::<Vec<_>>());
    let readme = |name: &String| (format!("{name}/README.rst"), format!("{name}\n").repeat(1000));
    let draft = web.branch("18.0");
    names.iter().map(readme).fold(draft, |draft, (path, text)| draft.file(&path, text)).commit();
    let server = server.start();
    env.locked(&format!("{WEB}[repos.web]\nurl = \"{}\"\n", server.url("web")));
    let bytes = server.bytes_out();
    (web, server, bytes)
}

/// Two commits: one changes a module, the other one adds one. The id of the first one.
fn moved(web: &Remote) -> String {
    let version = [("version", "\"18.0.1.1.0\"")];
    let first = web.branch("18.0").module("web_7", &version).file("web_7/a.py", "a").commit();
    web.branch("18.0").module("more", &[]).commit();
    first
}

/// Moves the pin, and compares the lock with one that an empty cache gives. Returns the requests for objects, and what came
/// over the wire.
#[track_caller]
fn upgraded(env: &Env, server: &Server) -> (Vec<Seen>, u64) {
    let (before, bytes) = (server.requests().len(), server.bytes_out());
    env.oca(&["lock", "--upgrade", "-q"]).success();
    let bytes = server.bytes_out() - bytes;
    let mut asked = server.requests().split_off(before);
    assert_eq!(asked.remove(0).command(), Some("ls-refs"));
    assert!(asked.iter().all(|seen| seen.command() == Some("fetch")));
    let lock = env.read("oca.lock.json");
    fs::rename(env.cache(), env.root().join("kept")).expect("the cache");
    fs::remove_file(env.project().join("oca.lock.json")).expect("the lock");
    env.lock();
    assert_eq!(env.read("oca.lock.json"), lock);
    fs::remove_dir_all(env.cache()).expect("the other cache");
    fs::rename(env.root().join("kept"), env.cache()).expect("the cache");
    (asked, bytes)
}

fn is_difference(seen: &Seen) -> bool {
    seen.asks("have ") && seen.asks("filter blob:limit=4k")
}

#[test]
fn a_moved_branch_takes_two_requests_and_the_second_brings_the_difference() {
    let env = Env::new();
    let (web, server, whole) = locked(&env, Server::builder(&env));
    let old = env.locked_commit("web");
    let between = moved(&web);
    let (asked, bytes) = upgraded(&env, &server);
    assert!(bytes < whole / 4, "{bytes} of {whole} bytes");
    let lines = [format!("have {old}"), format!("want {}", web.commit_of("18.0"))];
    assert!(asked.len() == 1 && lines.iter().all(|line| asked[0].asks(line)), "{asked:?}");
    assert!(is_difference(&asked[0]) && !asked[0].asks("deepen") && !asked[0].asks("0009done"));
    // The commits between the two are not in the store: it need not have all their trees.
    let has = |commit: &str| env.try_git(store(&env), &["cat-file", "-e", commit]).is_ok();
    assert_eq!([&old, &web.commit_of("18.0"), &between].map(|commit| has(commit)), [true, true, false]);
    env.oca(&["sync", "-q"]).success();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn a_manifest_that_is_too_long_for_the_difference_is_asked_for() {
    let env = Env::new();
    let (web, server, _) = locked(&env, Server::builder(&env));
    let summary = format!("{:?}", "long ".repeat(1000));
    web.branch("18.0")
        .module("web_7", &[("summary", &summary)])
        .module("web_8", &[("name", "\"8\"")])
        .commit();
    let (asked, _) = upgraded(&env, &server);
    assert_eq!(asked.iter().map(is_difference).collect::<Vec<_>>(), [true, false]);
    let ids = |seen: &Seen| String::from_utf8_lossy(&seen.body).matches("want ").count();
    assert_eq!(ids(&asked[1]), 1);
}

#[test]
fn without_the_old_commit_everything_is_asked_for() {
    let env = Env::new();
    let (web, server, _) = locked(&env, Server::builder(&env));
    moved(&web);
    fs::remove_dir_all(env.cache()).expect("the cache");
    let (asked, _) = upgraded(&env, &server);
    assert!(!asked.iter().any(is_difference) && asked[0].asks("deepen 1") && !asked[0].asks("have "));
}

#[test]
fn a_store_that_lost_a_tree_gets_everything_again() {
    let env = Env::new();
    let (web, server, _) = locked(&env, Server::builder(&env));
    moved(&web);
    let packs = store(&env).join("objects/pack");
    let old: Vec<_> =
        fs::read_dir(&packs).expect("packs").map(|entry| entry.expect("a file").path()).collect();
    env.shell(&format!(
        "cd {} && git cat-file --batch-all-objects --batch-check='%(objectname)' | grep -v {} | \
         git pack-objects -q objects/pack/pack > packed",
        store(&env).display(),
        web.tree_of("18.0", "web_9")
    ));
    old.iter().for_each(|file| fs::remove_file(file).expect("an old pack"));
    let (asked, _) = upgraded(&env, &server);
    assert_eq!(asked.iter().filter(|seen| is_difference(seen)).count(), 1);
    assert!(asked[1].asks("deepen 1") && !asked[1].asks("have "));
    assert!(store(&env).join("packed").exists(), "the store is the same");
    env.oca(&["sync", "-q"]).success();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn a_tree_that_comes_back_from_an_older_commit_is_not_missed() {
    for with_bitmap in [false, true] {
        let env = Env::new();
        let (web, server, _) = locked(&env, Server::builder(&env));
        web.branch("18.0").remove("web_5").commit();
        // On another machine, so that this store never had the module.
        fs::remove_dir_all(env.cache()).expect("the cache");
        env.oca(&["lock", "--upgrade", "-q"]).success();
        web.branch("18.0").module("web_5", &[]).file("web_5/README.rst", "web_5\n".repeat(1000)).commit();
        if with_bitmap {
            env.git(web.path(), &["repack", "-q", "-a", "-d", "-b"]);
        }
        let (asked, _) = upgraded(&env, &server);
        assert!(is_difference(&asked[0]));
        // A server with bitmaps leaves out what the history of the old commit has.
        assert_eq!(asked.iter().any(|seen| seen.asks("deepen 1")), with_bitmap);
    }
}

#[test]
fn a_server_that_refuses_differences_is_asked_twice() {
    let env = Env::new();
    let (web, server, _) = locked(&env, Server::builder(&env).without_size_filter());
    let others = ["dms", "hr"].map(|name| repository(&env, name, &[name]));
    let url = |name: &str| format!("[repos.{name}]\nurl = \"{}\"\n", server.url(name));
    let urls = ["web", "dms", "hr"].map(url).concat();
    env.locked(&format!("[profiles.standard]\nrepos = [\"web\", \"dms\", \"hr\"]\n{urls}"));
    moved(&web);
    others.iter().for_each(|remote| drop(remote.branch("18.0").module("more", &[]).commit()));
    let before = server.requests().len();
    env.oca(&["lock", "--upgrade", "-q", "--jobs", "1"]).success();
    let asked = server.requests().split_off(before);
    assert_eq!(asked.iter().filter(|seen| is_difference(seen)).count(), 2);
    let lock = env.read("oca.lock.json");
    assert_eq!(lock.matches("\"name\": \"more\"").count(), 3);
}

#[test]
fn a_difference_that_cannot_be_unpacked_is_fetched_in_full() {
    let env = Env::new();
    let (web, server, _) = locked(&env, Server::builder(&env));
    moved(&web);
    // As often as a request is tried.
    server.fault("/web.git/git-upload-pack fetch", 4, Fault::CorruptPack);
    let (asked, _) = upgraded(&env, &server);
    assert_eq!(asked.iter().filter(|seen| is_difference(seen)).count(), 4);
    assert!(asked.iter().any(|seen| seen.asks("deepen 1")));
}

#[test]
fn a_server_without_filters_sends_the_moved_branch_in_full() {
    let env = Env::new();
    let (web, server, _) = locked(&env, Server::builder(&env).without_filter());
    moved(&web);
    env.oca(&["lock", "--upgrade", "-q"]).success();
    assert_eq!(env.locked_commit("web"), web.commit_of("18.0"));
    assert!(env.read("oca.lock.json").contains("\"more\""));
    drop(server);
}

#[test]
fn no_repository_waits_until_the_slowest_server_has_named_its_branch() {
    for command in [&["outdated"][..], &["lock", "--upgrade"]] {
        let env = Env::new();
        let (web, server, _) = locked(&env, Server::builder(&env));
        repository(&env, "dms", &["dms"]);
        let url = |name: &str| format!("[repos.{name}]\nurl = \"{}\"\n", server.url(name));
        let repos = format!("{}{}", url("web"), url("dms"));
        env.locked(&format!("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n{repos}"));
        moved(&web);
        server.fault("/dms.git/git-upload-pack ls-refs", ALWAYS, Fault::Hang);
        let fetched = server.count("/web.git/git-upload-pack fetch");
        let running = env.oca(command).spawn();
        server.wait_for("/web.git/git-upload-pack fetch", fetched + 1);
        running.kill();
    }
}
