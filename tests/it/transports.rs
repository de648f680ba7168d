//! Proves the loopback servers, with the real git as their client.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::env::Env;
use crate::harness::web;
use crate::proxy::Proxy;
use crate::server::{ALWAYS, Fault, Server};

const CLONE: &[&str] = &["clone", "-q", "--depth", "1", "-b", "18.0"];

/// Clones 18.0 of a url into `checkout`, with more options before the command.
fn clone(env: &Env, options: &[&str], url: &str) -> Result<String, String> {
    env.try_git("", &[options, CLONE, &[url, "checkout"]].concat())
}

#[test]
fn git_clones_over_http_and_reuses_its_connection() {
    let env = Env::new();
    web(&env);
    let server = Server::start(&env);
    clone(&env, &[], &server.url("web")).expect("a clone");
    env.assert_sound_checkout("checkout");
    env.git("checkout", &["fetch", "-q", "--unshallow"]);
    assert_eq!(env.git("checkout", &["rev-list", "--count", "HEAD"]), "2\n");

    let requests = server.requests();
    assert_eq!(requests[0].line, "GET /web.git/info/refs?service=git-upload-pack");
    assert_eq!(requests[0].header("git-protocol"), Some("version=2"));
    let commands: Vec<_> = requests.iter().filter_map(|seen| seen.command()).collect();
    assert_eq!(commands[..2], ["ls-refs", "fetch"]);
    assert!(requests[2].asks("deepen 1"));
    assert!(requests[..3].iter().all(|seen| seen.connection == 0), "keep-alive");
    assert_eq!(server.count("GET /web.git/"), 2);
    assert_eq!(server.connections(), 2, "one for each run of git");
    assert!(server.bytes_in() > 500 && server.bytes_out() > 500);
}

#[test]
fn git_clones_over_https_with_the_authority_alone() {
    let env = Env::new();
    web(&env);
    let server = Server::builder(&env).tls().start();
    let authority = format!("http.sslCAInfo={}", server.authority().display());
    clone(&env, &["-c", &authority], &format!("{}/web.git", server.base_as("localhost"))).expect("a clone");
    env.assert_sound_checkout("checkout");
    clone(&env, &[], &server.url("web")).expect_err("nobody knows the authority");
}

#[test]
fn big_requests_come_gzipped_or_in_chunks() {
    let env = Env::new();
    let remote = web(&env);
    let server = Server::start(&env);
    env.git("", &["clone", "-q", &server.url("web"), "checkout"]);
    for number in 0..60 {
        env.git("checkout", &["commit", "-q", "--allow-empty", "-m", &number.to_string()]);
    }
    remote.branch("18.0").file("new", "").commit();
    env.git("checkout", &["fetch", "-q"]);
    let requests = server.requests();
    let gzipped = requests.iter().find(|seen| seen.header("content-encoding") == Some("gzip"));
    assert!(gzipped.expect("a big request").asks("have "));

    remote.branch("18.0").file("newer", "").commit();
    let options = ["-c", "http.postBuffer=1000", "-c", "protocol.version=0"];
    env.git("checkout", &[&options[..], &["fetch", "-q"]].concat());
    let requests = server.requests();
    assert!(requests.iter().any(|seen| seen.header("transfer-encoding") == Some("chunked")));
}

#[test]
fn authentication_is_asked_for_and_checked() {
    let env = Env::new();
    web(&env);
    let server = Server::builder(&env).basic("odo", "s3cret").bearer("token").start();
    let error = clone(&env, &[], &server.url("web")).expect_err("no credentials");
    assert!(error.contains("could not read Username"), "{error}");
    clone(&env, &[], &format!("{}/web.git", server.base_as("odo:wrong@127.0.0.1"))).expect_err("wrong ones");
    clone(&env, &[], &format!("{}/web.git", server.base_as("odo:s3cret@127.0.0.1"))).expect("right ones");
    assert_eq!(
        server.requests().last().and_then(|seen| seen.authorization()),
        Some("Basic b2RvOnMzY3JldA==")
    );
    env.git("", &["-c", "http.extraHeader=Authorization: Bearer token", "ls-remote", &server.url("web")]);
}

#[test]
fn an_old_server_speaks_protocol_0_and_refuses_what_it_lacks() {
    let env = Env::new();
    let remote = web(&env);
    let old = remote.commit_of("18.0~1");
    let server = Server::builder(&env).without_protocol_2().without_filter().without_exact_commits().start();
    env.git("", &["init", "-q", "checkout"]);
    let error = env.try_git("checkout", &["fetch", &server.url("web"), &old]).expect_err("refused");
    assert!(error.contains("Server does not allow request for unadvertised object"), "{error}");
    assert!(server.requests().iter().all(|seen| seen.command().is_none()));

    let able = Server::builder(&env).without_protocol_2().start();
    env.git("checkout", &["fetch", "-q", "--depth", "1", &able.url("web"), &old]);
    let filtered = ["clone", "-q", "--bare", "--filter=blob:none", &able.url("web"), "partial"];
    env.git("", &filtered);
    assert!(able.requests().last().expect("a request").asks("filter blob:none"));
}

#[test]
fn redirects_lead_to_another_path_or_server() {
    let env = Env::new();
    web(&env);
    let [first, second] = [Server::start(&env), Server::start(&env)];
    first.redirect("/old/", 301, "/OCA/");
    first.redirect("/OCA/", 307, &format!("{}/", second.base()));
    clone(&env, &[], &format!("{}/old/web.git", first.base())).expect("a clone");
    assert_eq!(first.count("GET"), 2);
    assert_eq!(second.count("POST /web.git/"), 2);
}

#[test]
fn a_fault_happens_as_often_as_it_was_said() {
    let env = Env::new();
    web(&env);
    let server = Server::start(&env);
    let url = server.url("web");
    server.fault("web.git", 1, Fault::Status(503));
    server.fault("POST", 1, Fault::Status(404));
    assert!(clone(&env, &[], &url).expect_err("503").contains("503"));
    assert!(clone(&env, &[], &url).expect_err("404").contains("404"));
    clone(&env, &[], &url).expect("the faults are over");
    assert_eq!(server.count("info/refs"), 3);
}

#[test]
fn every_fault_fails_a_clone_in_its_own_way() {
    let env = Env::new();
    web(&env);
    for (on, fault, expected) in [
        ("GET", Fault::RetryAfter(429, 1), "429"),
        ("GET", Fault::Status(401), "could not read Username"),
        ("GET", Fault::Status(403), "403"),
        ("GET", Fault::Html, "not valid: is this a git repository"),
        ("upload-pack fetch", Fault::CloseAfter(40), "18 transfer closed"),
        ("upload-pack fetch", Fault::CorruptPack, "inflate"),
    ] {
        let server = Server::start(&env);
        server.fault(on, ALWAYS, fault.clone());
        let error = clone(&env, &[], &server.url("web")).expect_err("a fault");
        assert!(error.contains(expected), "{fault:?}: {error}");
    }
}

#[test]
fn a_silent_or_endless_server_ends_with_the_test() {
    let env = Env::new();
    web(&env);
    for fault in [Fault::Hang, Fault::StallAfter(10), Fault::Endless] {
        let server = Server::start(&env);
        server.fault("GET", ALWAYS, fault);
        let url = server.url("web");
        thread::scope(|scope| {
            scope.spawn(|| clone(&env, &[], &url).expect_err("a fault"));
            server.wait_for("GET", 1);
            let start = Instant::now();
            drop(server);
            assert!(start.elapsed() < Duration::from_secs(5), "the server ends at once");
        });
    }
}

#[test]
fn a_connection_without_requests_does_not_keep_a_server() {
    let env = Env::new();
    let server = Server::builder(&env).tls().start();
    let port = server.base().rsplit_once(':').expect("a port").1.to_owned();
    let _idle = TcpStream::connect(format!("127.0.0.1:{port}")).expect("a connection");
    drop(server);
}

#[test]
fn a_proxy_sees_every_request() {
    let env = Env::new();
    web(&env);
    let proxy = Proxy::start();
    let [plain, secure] = [Server::start(&env), Server::builder(&env).tls().start()];
    let option = format!("http.proxy={}", proxy.url());
    let authority = format!("http.sslCAInfo={}", secure.authority().display());
    env.git("", &["-c", &option, "clone", "-q", &plain.url("web"), "plain"]);
    env.git("", &["-c", &option, "-c", &authority, "clone", "-q", &secure.url("web"), "secure"]);
    let lines = proxy.lines();
    assert_eq!(lines[0], format!("GET {}/info/refs?service=git-upload-pack", plain.url("web")));
    let host = secure.base().replace("https://", "");
    assert_eq!(lines.last(), Some(&format!("CONNECT {host}")));
}

#[test]
fn git_clones_from_a_daemon() {
    let env = Env::new();
    web(&env);
    let daemon = Daemon::start(&env);
    clone(&env, &[], &daemon.url("web")).expect("a clone");
    env.assert_sound_checkout("checkout");
    assert_eq!(daemon.connections(), 1);
}

#[cfg(unix)]
#[test]
fn git_clones_over_ssh() {
    use crate::ssh::FakeSsh;

    let env = Env::new();
    web(&env);
    let ssh = FakeSsh::new(&env);
    let option = format!("core.sshCommand={}", ssh.program());
    clone(&env, &["-c", &option], "git@example.com:web.git").expect("a clone");
    env.assert_sound_checkout("checkout");
    let call = ssh.calls().pop().expect("a call");
    assert_eq!(call.last().map(String::as_str), Some("git-upload-pack 'web.git'"));
    assert!(call.contains(&"git@example.com".to_owned()));

    FakeSsh::refusing(&env);
    let url = "ssh://git@example.com/web.git";
    let error = env.try_git("", &["-c", &option, "ls-remote", url]).expect_err("refused");
    assert!(error.contains("Permission denied (publickey)"), "{error}");
}
