//! `oca lock --check --upstream`: whether the remotes still lead to the pins.

use std::fs;

use crate::cache_prune::store;
use crate::checkouts::{REMOTES, repository, upgrade};
use crate::env::Env;
use crate::server::Server;

const CHECK: [&str; 3] = ["lock", "--check", "--upstream"];

#[test]
fn a_pin_that_the_branch_has_left_behind_is_reachable() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    env.oca(&CHECK).success();
    (1..=5).for_each(|number| drop(upgrade(&remote, number)));
    let (requests, bytes) = (server.requests().len(), server.bytes_out());
    env.oca(&CHECK).success();
    assert_eq!(server.requests().len() - requests, 2, "one for the head, one for the commits between");
    assert!(server.bytes_out() - bytes < 5_000, "commits only");
}

#[test]
fn a_pin_of_a_rewritten_branch_is_not() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let old = remote.commit_of("18.0");
    let server = Server::start(&env);
    let plain = Server::builder(&env).without_protocol_2().start();
    let daemon = crate::daemon::Daemon::start(&env);
    let daemon_base = daemon.url("web").replace("/web.git", "");
    for base in [REMOTES, &server.base(), &plain.base(), &daemon_base] {
        remote.branch("18.0").file("again", base).commit();
        env.declare_repos(base, &["web"]);
        env.run(&["lock", "--upgrade"]);
        let pin = remote.commit_of("18.0");
        remote.branch("18.0").file("newer", base).commit();
        env.oca(&CHECK).success();
        remote.rewrite("18.0").file("other", base).commit();
        env.oca(&CHECK)
            .stdout(&format!(
                "`web` is locked at `{pin}`, but branch `18.0` of its remote does not contain that commit\n"
            ))
            .stderr(
                "error: 1 pin cannot be reached from its declared branch or tag\n\
                 hint: run `oca lock --upgrade web`, or declare the commit as `rev`\n",
            )
            .status(1);
        env.oca(&["lock", "--check"]).success();
    }
    assert_ne!(old, remote.commit_of("18.0"));
}

#[test]
fn what_comes_meanwhile_is_nobodys_leftover() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    upgrade(&remote, 1);
    server.fault("fetch", 1, crate::server::Fault::Hang);
    let fetches = server.count("fetch");
    let check = env.oca(&CHECK).spawn();
    server.wait_for("fetch", fetches + 1);
    let has_begun = || fs::read_dir(store(&env)).expect("the store").flatten().any(is_aside);
    assert!(has_begun());
    env.oca(&["cache", "prune"]).stderr_contains("another oca is using it").success();
    assert!(has_begun());
    check.kill();
    env.run(&["cache", "prune"]);
    assert!(!has_begun());
}

#[expect(clippy::needless_pass_by_value, reason = "a shape for `any`")]
fn is_aside(entry: fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with("oca-tmp-")
}

#[test]
fn a_remote_that_cannot_be_asked_is_named() {
    let env = Env::new();
    repository(&env, "web");
    repository(&env, "dms");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web", "dms"]);
    env.run(&["lock"]);
    env.oca(&CHECK).arg("--offline").stderr_contains("oca is offline").status(3);
    server.fault("dms.git", crate::server::ALWAYS, crate::server::Fault::Status(404));
    env.oca(&CHECK).stderr_contains("error: cannot fetch `dms` from").status(3);
}
