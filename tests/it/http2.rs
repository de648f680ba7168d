//! HTTP/2: connections that requests share, and what servers do to them.

use h2::Reason;

use crate::checkouts::repository;
use crate::env::Env;
use crate::remote::Remote;
use crate::server::{ALWAYS, Fault, First, Http2, Server};

const NAMES: [&str; 12] = ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b0", "b1"];
const FETCH: &str = "upload-pack fetch";

/// A server of HTTP/2 with these repositories, declared and trusted.
fn served(env: &Env, names: &[&str], streams: u32, first: First) -> (Vec<Remote>, Server) {
    let remotes = names.iter().map(|name| repository(env, name)).collect();
    let server = Server::builder(env).http2(Http2 { streams, first }).start();
    env.declare_repos(&server.base(), names);
    trust(env, &server, "");
    (remotes, server)
}

fn trust(env: &Env, server: &Server, more: &str) {
    env.configure_git(&format!("[http]\n\tsslCAInfo = {}\n{more}", server.authority().display()));
}

#[test]
fn small_requests_share_one_connection_and_packs_take_two_more() {
    let env = Env::new();
    let (remotes, server) = served(&env, &NAMES, 100, First::Answer);
    env.oca(&["lock", "-q"]).success();
    assert_eq!(server.connections(), 1);
    env.oca(&["sync", "-q"]).success();
    for (name, remote) in NAMES.iter().zip(&remotes) {
        env.assert_checkout(&format!("oca/{name}"), &remote.commit_of("18.0"));
    }
    assert!(server.connections() <= 4, "{}", server.connections());
}

#[test]
fn the_seventeenth_pack_waits() {
    let env = Env::new();
    let names: Vec<String> = (0..20).map(|number| format!("c{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_, server) = served(&env, &names, 100, First::Answer);
    env.oca(&["lock", "-q"]).success();
    env.oca(&["cache", "clean", "-q"]).success();
    server.fault(FETCH, ALWAYS, Fault::Gather(16));
    env.oca(&["sync", "-q"]).success();
    assert_eq!(server.most_gathered(), 16);
}

#[test]
fn a_server_that_takes_one_request_at_a_time_is_obeyed() {
    let env = Env::new();
    let (_, server) = served(&env, &NAMES, 1, First::Answer);
    env.oca(&["sync", "-q"]).success();
    assert!(server.connections() <= 3, "{}", server.connections());
}

#[test]
fn what_the_server_did_not_work_on_is_sent_again_at_once() {
    for first in [First::Reset(Reason::REFUSED_STREAM, 3), First::GoAway(1)] {
        let env = Env::new();
        let (_, server) = served(&env, &NAMES[..4], 100, first);
        env.oca(&["lock", "-q"]).success();
        assert!(server.count("ls-refs") >= 4);
    }
}

#[test]
fn a_reset_counts_as_a_lost_connection() {
    for reason in [Reason::INTERNAL_ERROR, Reason::CANCEL] {
        let env = Env::new();
        let (_, _server) = served(&env, &NAMES[..1], 100, First::Reset(reason, 1));
        env.oca(&["lock", "-q"]).success();
        let env = Env::new();
        let (_, _server) = served(&env, &NAMES[..1], 100, First::Reset(reason, ALWAYS));
        env.oca(&["lock"]).stderr_contains("the connection failed: stream error").status(3);
    }
}

#[test]
fn a_server_that_breaks_the_protocol_is_asked_with_http_1() {
    let env = Env::new();
    let (_, server) = served(&env, &NAMES[..2], 100, First::Garbage(ALWAYS));
    let note = format!("`{}` does not keep to HTTP/2; oca goes on with HTTP/1.1", server.base());
    env.oca(&["lock"]).stderr_contains(&note).success();
    assert!(server.count("ls-refs") >= 2);
}

#[test]
fn the_user_can_choose_http_1() {
    let env = Env::new();
    let (_, server) = served(&env, &NAMES[..4], 100, First::Reset(Reason::INTERNAL_ERROR, ALWAYS));
    env.oca(&["lock", "-q"]).env("OCA_HTTP_VERSION", "1.1").success();
    trust(&env, &server, "\tversion = HTTP/1.1\n");
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let other = env.oca(&["lock", "--upgrade"]).env("OCA_HTTP_VERSION", "2");
    other.stderr_contains("the connection failed: stream error").status(3);
}

#[test]
fn a_request_that_hangs_is_given_up_alone() {
    let env = Env::new();
    let (_, server) = served(&env, &NAMES[..3], 100, First::Answer);
    server.fault(&format!("/a1.git/git-{FETCH}"), ALWAYS, Fault::Hang);
    trust(&env, &server, "\tlowSpeedTime = 1\n\tlowSpeedLimit = 1\n");
    let output = env.oca(&["lock"]).spawn().output();
    assert!(output.stderr.contains("cannot fetch `a1`"), "{output}");
    assert!(!output.stderr.contains("`a0`") && !output.stderr.contains("`a2`"), "{output}");
    assert_eq!(server.connections(), 1);
}

#[test]
fn faults_mean_the_same_as_with_http_1() {
    for fault in [Fault::Status(503), Fault::CloseAfter(100), Fault::CorruptPack] {
        let env = Env::new();
        let (remotes, server) = served(&env, &NAMES[..1], 100, First::Answer);
        server.fault(FETCH, 1, fault.clone());
        env.oca(&["sync", "-q"]).success();
        env.assert_checkout("oca/a0", &remotes[0].commit_of("18.0"));
    }
}
