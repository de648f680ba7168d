//! What servers do wrong: repeated where it may pass, named where it will not, and never half a store.

use std::fs;
use std::time::{Duration, Instant};

use crate::checkouts::{repository, upgrade};
use crate::env::Env;
use crate::remote::Remote;
use crate::server::{ALWAYS, Fault, Server};

const LS_REFS: &str = "upload-pack ls-refs";
const FETCH: &str = "upload-pack fetch";

/// `web` behind a server, declared.
fn served(env: &Env) -> (Remote, Server) {
    let remote = repository(env, "web");
    let server = Server::start(env);
    env.declare_repos(&server.base(), &["web"]);
    (remote, server)
}

/// The error for `web`, between its first line and the end.
fn failure(rest: &str) -> String {
    format!("error: cannot fetch `web` from `http://127.0.0.1:[PORT]/web.git`\ncaused by: {rest}")
}

#[test]
fn temporary_failures_are_retried() {
    for (fault, times, at_least) in [
        (Fault::Status(503), 2, 800),
        (Fault::RetryAfter(429, 1), 1, 1000),
        (Fault::CloseAfter(100), 1, 0),
        (Fault::CorruptPack, 1, 0),
    ] {
        let env = Env::new();
        let (remote, server) = served(&env);
        server.fault(FETCH, times, fault.clone());
        let start = Instant::now();
        let output = env.run(&["sync"]);
        assert!(start.elapsed() >= Duration::from_millis(at_least), "{fault:?}");
        assert!(!output.stderr.contains("warning"), "{fault:?}: {output}");
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    }
}

#[test]
fn permanent_failures_are_reported_at_once() {
    for (on, fault, expected) in [
        (
            LS_REFS,
            Fault::Status(404),
            "not found: http://127.0.0.1:[PORT]/web.git\n\
             hint: check the url; `git ls-remote http://127.0.0.1:[PORT]/web.git` should list its branches\n",
        ),
        (
            LS_REFS,
            Fault::Status(403),
            "the server denies access (status 403)\nhint: check the permissions of your token\n",
        ),
        (
            LS_REFS,
            Fault::Html,
            "the server does not speak git: the content type of its answer is `text/html`\n\
             hint: check the url, and whether the network asks you to sign in first\n",
        ),
        (
            FETCH,
            Fault::Html,
            "the server does not speak git: the content type of its answer is `text/html`\n\
             hint: check the url, and whether the network asks you to sign in first\n",
        ),
        (
            FETCH,
            Fault::Endless,
            "the server sent too much data\n\
             hint: check that `git ls-remote http://127.0.0.1:[PORT]/web.git` works, then try again\n",
        ),
    ] {
        let env = Env::new();
        let (_, server) = served(&env);
        server.fault(on, ALWAYS, fault);
        env.oca(&["lock"]).stderr(&failure(expected)).status(3);
        // In between, the server is asked what it supports.
        let is_unclear = !expected.starts_with("the server sent too much data");
        assert_eq!(server.count(on), if is_unclear { 2 } else { 1 });
        assert_eq!(server.count("GET "), usize::from(is_unclear));
        assert!(!env.exists("oca.lock.json"));
    }
}

#[test]
fn failures_that_repeat_are_reported_and_the_store_stays_usable() {
    let env = Env::new();
    let (remote, server) = served(&env);
    repository(&env, "tools");
    env.declare_repos(&server.base(), &["web", "tools"]);
    env.run(&["lock"]);
    server.fault("web.git/git-upload-pack fetch", 4, Fault::CorruptPack);
    env.oca(&["sync"])
        .stderr_contains("tools: checked out at ")
        .stderr_contains(&failure("the server violates the git protocol: "))
        .stderr_contains("\nhint: ")
        .status(3);
    env.assert_sound_checkout("oca/tools");
    assert!(!env.exists("oca/web"));
    env.sync();
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
}

#[test]
fn a_repository_that_hangs_is_named_and_the_rest_done() {
    let within = "the server is too slow: too little data within 1 second";
    for (fault, why) in [(Fault::Hang, within), (Fault::StallAfter(60), "no data for 1 second")] {
        let env = Env::new();
        let (remote, server) = served(&env);
        repository(&env, "tools");
        env.declare_repos(&server.base(), &["web", "tools"]);
        env.run(&["lock"]);
        env.configure_git("[http]\n\tlowSpeedTime = 1\n");
        server.fault("web.git/git-upload-pack fetch", 1, fault);
        env.oca(&["sync"])
            .stderr(&format!(
                "tools: checked out at 9ef4e33450\n2 repositories, 1 changed\n{}",
                failure(&format!("{why}\nhint: check the network and the proxy, then try again\n"))
            ))
            .status(3);
        env.sync();
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    }
}

#[test]
fn redirects_to_https_are_followed_and_from_there_to_plain_http_refused() {
    for status in [301, 302, 307, 308] {
        let env = Env::new();
        let (remote, server) = served(&env);
        let secure = Server::builder(&env).tls().start();
        server.redirect("/web.git/", status, &format!("{}/web.git/", secure.base()));
        env.oca(&["sync", "-q"]).env("SSL_CERT_FILE", secure.authority()).success();
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
        assert_eq!(server.requests().len(), 1, "a run learns it once");
        assert_eq!(secure.count("POST"), 2);
        assert_eq!(env.git("oca/web", &["remote", "get-url", "origin"]).trim(), server.url("web"));
    }
    let env = Env::new();
    repository(&env, "web");
    let server = Server::builder(&env).tls().start();
    env.declare_repos(&server.base(), &["web"]);
    let other = Server::start(&env);
    server.redirect("/", 301, &format!("{}/", other.base()));
    env.oca(&["lock"])
        .env("SSL_CERT_FILE", server.authority())
        .stderr(
            "error: cannot fetch `web` from `https://127.0.0.1:[PORT]/web.git`\n\
             caused by: refused to follow a redirect from `https://127.0.0.1:[PORT]/web.git/git-upload-pack` to \
             `http://127.0.0.1:[PORT]/web.git/git-upload-pack`\n\
             hint: if the repository moved there, write the new url in `repos.toml`\n",
        )
        .status(3);
    assert_eq!(other.requests().len(), 0);
}

#[test]
fn a_renamed_repository_is_found_on_its_own_server() {
    let env = Env::new();
    let (_, server) = served(&env);
    server.redirect("/old.git/", 301, "/web.git/");
    env.declare_repos(&server.base(), &["old"]);
    env.sync();
    env.assert_sound_checkout("oca/old");
    server.redirect("/loop.git/", 301, "/loop.git/");
    env.declare_repos(&server.base(), &["loop"]);
    env.oca(&["lock"]).stderr_contains("refused to follow a redirect").status(3);
}

#[test]
fn a_missing_branch_or_repository_is_named() {
    let env = Env::new();
    let (_, server) = served(&env);
    repository(&env, "tools");
    for base in [server.base(), "../remotes".to_owned()] {
        let more = "[repos.web]\nbranch = \"18.0-gone\"\n[repos.tools]\ntag = \"v1\"\n";
        env.declare_repos_with(&base, &["web", "tools", "nowhere"], more);
        let output = env.oca(&["sync"]).output();
        assert_eq!(output.code, Some(3));
        for (name, cause, hint) in [
            ("nowhere", "not found: ", "check the url; `git ls-remote "),
            ("tools", "the remote has no tag `v1`", "list the branches and tags with `git ls-remote "),
            (
                "web",
                "the remote has no branch `18.0-gone`",
                "list the branches and tags with `git ls-remote ",
            ),
        ] {
            let mut lines =
                output.stderr.lines().skip_while(|line| !line.contains(&format!("`{name}` from")));
            assert!(lines.next().is_some(), "{name}: {output}");
            assert!(
                lines.next().is_some_and(|line| line.starts_with(&format!("caused by: {cause}"))),
                "{output}"
            );
            assert!(lines.next().is_some_and(|line| line.starts_with(&format!("hint: {hint}"))), "{output}");
        }
        assert!(output.stderr.ends_with("error: 3 repositories failed\n"));
        assert!(!env.exists("oca.lock.json") && !env.exists("oca/web"));
    }
}

/// Replaces the branch and drops what it had.
fn forget(env: &Env, remote: &Remote) {
    remote.rewrite("18.0").module("web_new", &[]).commit();
    env.git(remote.path(), &["reflog", "expire", "--expire=now", "--all"]);
    env.git(remote.path(), &["-c", "gc.pruneExpire=now", "gc", "-q", "--prune=now"]);
}

#[test]
fn a_commit_that_vanished_is_exit_4() {
    for (over_http, clear) in [(true, true), (true, false), (false, true)] {
        let env = Env::new();
        let (remote, server) = served(&env);
        let base = if over_http { server.base() } else { "../remotes".to_owned() };
        repository(&env, "tools");
        env.declare_repos(&base, &["web", "tools"]);
        env.run(&["lock"]);
        let old = remote.commit_of("18.0");
        forget(&env, &remote);
        if clear {
            fs::remove_dir_all(env.cache()).expect("the cache");
        }
        env.oca(&["sync", "--locked"])
            .stderr_contains("tools: checked out at 9ef4e33450\n")
            .stderr_contains(&format!(
                "caused by: commit `{old}` does not exist on the remote\n\
                 hint: move the pin with `oca lock --upgrade web`, or pin a commit that exists with `oca lock web@COMMIT`\n"
            ))
            .status(4);
        env.run(&["lock", "--upgrade", "web"]);
        env.sync();
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    }
}

#[test]
fn files_of_a_commit_that_vanished_are_exit_4() {
    for over_http in [true, false] {
        let env = Env::new();
        let (remote, server) = served(&env);
        remote.branch("18.0").file("web_base/model.py", "only here\n").commit();
        let base = if over_http { server.base() } else { "../remotes".to_owned() };
        env.declare_repos(&base, &["web"]);
        env.run(&["lock"]);
        let old = remote.commit_of("18.0");
        forget(&env, &remote);
        env.oca(&["export", "../out"])
            .stderr_contains(&format!("caused by: commit `{old}` does not exist on the remote\n"))
            .status(4);
    }
}

#[test]
fn an_old_server_that_lost_a_commit_says_that_it_is_out_of_reach() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::builder(&env).without_protocol_2().without_filter().without_exact_commits().start();
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    let old = remote.commit_of("18.0");
    forget(&env, &remote);
    fs::remove_dir_all(env.cache()).expect("the cache");
    env.oca(&["sync", "--locked"])
        .stderr_contains(&format!(
            "caused by: the server only sends branches, and commit `{old}` is not in the history of branch `18.0`\n\
             hint: move the pin with `oca lock --upgrade web`"
        ))
        .status(4);
}

#[test]
fn an_old_server_that_gives_out_commits_and_lost_one_is_exit_4() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::builder(&env).without_protocol_2().start();
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    let old = remote.commit_of("18.0");
    forget(&env, &remote);
    fs::remove_dir_all(env.cache()).expect("the cache");
    env.oca(&["sync", "--locked"])
        .stderr_contains(&format!("caused by: commit `{old}` does not exist on the remote\n"))
        .status(4);
}

/// A disk that is full at 8 KB.
#[cfg(unix)]
#[test]
fn a_full_disk_is_reported_at_once() {
    let env = Env::new();
    let (remote, server) = served(&env);
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    let noise: Vec<u8> = (0..65_536).map(|_| noise()).collect();
    remote.branch("18.0").file("noise.bin", noise).commit();
    env.run(&["lock"]);
    let mut command = env.command("sh");
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" sync";
    command.args(["-c", script, env!("CARGO_BIN_EXE_oca")]).current_dir(env.project());
    crate::run::Run::new(command, env.root())
        .stderr_contains(&failure("cannot write in `[TEMP]/cache/stores/web-"))
        .status(2);
    assert_eq!(server.count(FETCH), 3, "the two of the lock, and one");
}

#[test]
fn no_network_is_reported_with_a_hint() {
    let env = Env::new();
    let (remote, server) = served(&env);
    env.sync();
    upgrade(&remote, 1);
    drop(server);
    let start = Instant::now();
    env.oca(&["lock", "--upgrade"])
        .stderr_contains(&failure("the connection failed: "))
        .stderr_contains("hint: check the network and the proxy, then try again\n")
        .status(3);
    assert!(start.elapsed() < Duration::from_secs(20));
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}
