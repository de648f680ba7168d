//! Servers that do not come to an end: cut off in every protocol, before memory or disk are full.

use std::io::Write;

use crate::checkouts::repository;
use crate::daemon::Daemon;
use crate::env::Env;
use crate::loopback::Loopback;
use crate::server::{ALWAYS, Fault, Server};

const ENDLESS: &str = "caused by: the server sent too much data\nhint: check that `git ls-remote ";

#[test]
fn endless_answers_are_cut_off_in_protocol_2() {
    for (on, fault) in [
        ("ls-refs", Fault::EndlessRefs),
        ("upload-pack fetch", Fault::Endless),
        ("upload-pack fetch", Fault::EndlessPack),
    ] {
        let env = Env::new();
        repository(&env, "web");
        let server = Server::start(&env);
        env.declare_repos(&server.base(), &["web"]);
        server.fault(on, ALWAYS, fault);
        env.oca(&["lock"]).stderr_contains(ENDLESS).status(3);
        assert_eq!(server.count(on), 1);
    }
}

#[test]
fn endless_answers_are_cut_off_in_protocol_0() {
    for (on, fault) in [
        ("GET /web.git/info/refs", Fault::Endless),
        ("GET /web.git/info/refs", Fault::EndlessRefs),
        ("POST /web.git/git-upload-pack done", Fault::Endless),
        ("POST /web.git/git-upload-pack done", Fault::EndlessPack),
    ] {
        let env = Env::new();
        repository(&env, "web");
        let server = Server::builder(&env).without_protocol_2().start();
        env.declare_repos(&server.base(), &["web"]);
        server.fault(on, ALWAYS, fault);
        env.oca(&["lock"]).stderr_contains(ENDLESS).status(3);
        assert!(!env.exists("oca.lock.json"));
    }
}

#[test]
fn a_daemon_that_talks_for_ever_is_cut_off() {
    let env = Env::new();
    let daemon = Loopback::start(|mut stream, _| {
        let chatter = b"0014\x02still counting\n".repeat(256);
        while stream.write_all(&chatter).is_ok() {}
    });
    env.declare_repos(&format!("git://127.0.0.1:{}", daemon.port()), &["web"]);
    env.oca(&["lock"]).stderr_contains(ENDLESS).status(3);
    assert_eq!(daemon.connections(), 1);
    let healthy = Daemon::start(&env);
    let web = repository(&env, "web");
    env.declare_repos(healthy.url("").trim_end_matches("/.git"), &["web"]);
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[cfg(unix)]
#[test]
fn an_ssh_that_talks_for_ever_is_cut_off() {
    use crate::ssh::FakeSsh;

    let env = Env::new();
    let ssh = FakeSsh::endless(&env);
    env.declare_repos("ssh://git@example.com", &["web"]);
    env.oca(&["lock"]).stderr_contains(ENDLESS).status(3);
    assert_eq!(ssh.calls().len(), 1);
}
