//! `oca sync`: first checkouts, nothing to do, what a checkout is.

use std::fs;

use crate::checkouts::{REMOTES, repository, upgrade};
use crate::env::Env;
use crate::server::Server;

#[test]
fn a_first_sync_locks_and_checks_out() {
    let env = Env::new();
    let commit = repository(&env, "web").commit_of("18.0");
    repository(&env, "server-tools");
    env.declare_repos(REMOTES, &["web", "server-tools"]);
    env.oca(&["sync"])
        .stderr(
            "server-tools: locked at 94633f2ee5\nweb: locked at 6df21dd409\nweb: checked out at 6df21dd409\n\
             server-tools: checked out at 94633f2ee5\n2 repositories, 2 changed\n",
        )
        .success();
    env.assert_checkout("oca/web", &commit);
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "1\n");
    assert_eq!(
        env.git("oca/web", &["remote", "get-url", "origin"]).trim(),
        env.root().join("remotes/web.git").to_str().expect("text")
    );
    env.git("oca/web", &["fetch", "-q", "--unshallow"]);
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "2\n");
    env.assert_checkout("oca/web", &commit);
}

#[test]
fn a_checkout_needs_neither_cache_nor_alternates() {
    let env = Env::new();
    let remote = repository(&env, "web");
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    fs::remove_dir_all(env.cache()).expect("the cache");
    assert!(!env.exists("oca/web/.git/objects/info/alternates"));
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    upgrade(&remote, 1);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
}

#[test]
fn nothing_to_do_asks_no_server_and_needs_no_remote() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.sync();
    let asked = server.requests().len();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    assert_eq!(server.requests().len(), asked);
    drop(server);
    fs::remove_dir_all(env.remotes()).expect("the remotes");
    env.oca(&["sync", "--locked"]).stderr("1 repository up to date\n").success();
    env.oca(&["sync", "--offline", "-q"]).success();
}

#[test]
fn a_fresh_checkout_from_a_warm_cache_asks_no_server() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.sync();
    let asked = server.requests().len();
    for flag in ["--locked", "--offline"] {
        fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
        env.run(&["sync", flag]);
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    }
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn a_cold_sync_costs_three_requests_and_a_locked_one_two() {
    let env = Env::new();
    let remote = repository(&env, "web");
    remote.branch("18.0").file("static/big.bin", vec![7; 100_000]).commit();
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    assert_eq!((server.count("ls-refs"), server.count("upload-pack fetch")), (1, 2));
    assert!(server.requests().iter().any(|seen| seen.asks("filter blob:none")));
    env.sync();
    assert_eq!((server.count("ls-refs"), server.count("upload-pack fetch")), (1, 3));
    fs::remove_dir_all(env.cache()).expect("the cache");
    fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
    env.run(&["sync", "--locked"]);
    assert_eq!((server.count("ls-refs"), server.requests().len()), (1, 5));
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
}

#[test]
fn locked_refuses_a_missing_or_stale_lock() {
    let env = Env::new();
    repository(&env, "web");
    repository(&env, "server-tools");
    env.declare_repos(REMOTES, &["web"]);
    env.oca(&["sync", "--locked"])
        .stderr("error: there is no `oca.lock.json`\nhint: run `oca lock` and commit the result\n")
        .status(1);
    env.sync();
    let lock = env.read("oca.lock.json");
    env.declare_repos(REMOTES, &["web", "server-tools"]);
    env.oca(&["sync", "--locked"])
        .stderr(
            "error: `oca.lock.json` is out of date, and `--locked` was given: `server-tools` is not in the \
             lock, but profile `standard` declares it, and 1 more difference\n\
             hint: run `oca lock` and commit the result\n",
        )
        .status(1);
    assert_eq!(env.read("oca.lock.json"), lock);
    assert!(!env.exists("oca/server-tools"));
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let env = Env::new();
    let remote = repository(&env, "web");
    repository(&env, "server-tools");
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    let old = env.head("oca/web");
    upgrade(&remote, 1);
    env.declare_repos(REMOTES, &["web", "server-tools"]);
    env.run(&["lock", "--upgrade"]);
    let output = env.run(&["sync", "--dry-run"]);
    assert_eq!(
        output.stdout,
        "web: would move 6df21dd409 -> 8da9c8df92\nserver-tools: would check out at 94633f2ee5\n"
    );
    assert_eq!(output.stderr, "2 repositories, 2 would change\n");
    assert_eq!(env.head("oca/web"), old);
    assert!(!env.exists("oca/server-tools"));
}

#[test]
fn offline_works_from_the_cache_alone() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.oca(&["sync", "--offline"])
        .stderr(
            "error: cannot fetch `web` from `http://127.0.0.1:[PORT]/web.git`\n\
             caused by: the remote cannot be asked because oca is offline\n\
             hint: run the command without `--offline` and without `OCA_OFFLINE`\n",
        )
        .status(3);
    env.run(&["lock"]);
    env.oca(&["sync"]).env("OCA_OFFLINE", "1").stderr_contains("is offline").status(3);
    assert!(!env.exists("oca/web"));
    assert_eq!(server.count("ls-refs"), 1);
}

#[test]
fn the_surrounding_repository_never_swallows_a_checkout() {
    let env = Env::new();
    repository(&env, "web");
    env.declare_repos(REMOTES, &["web"]);
    env.git("", &["init", "-q"]);
    env.sync();
    env.assert_file("oca/.gitignore", "*\n");
    env.git("", &["add", "-A"]);
    assert_eq!(env.git("", &["ls-files"]), "oca.lock.json\nrepos.toml\n");
    env.write("oca/.gitignore", "/web/\n");
    fs::remove_dir_all(env.project().join("oca/web")).expect("the checkout");
    env.sync();
    env.assert_file("oca/.gitignore", "/web/\n");
}

#[test]
fn json_has_the_outcome_of_each_repository() {
    let env = Env::new();
    repository(&env, "web");
    env.declare_repos(REMOTES, &["web"]);
    env.run(&["lock"]);
    insta::assert_snapshot!(env.run(&["sync", "-q", "--format", "json"]).stdout, @r#"
    {
      "version": 1,
      "repos": [
        {
          "name": "web",
          "outcome": "created",
          "commit": "6df21dd409aead8b65b5aacc04365e6feac0ee37",
          "message": "checked out at 6df21dd409"
        }
      ]
    }
    "#);
}
