//! How many requests forges are asked about, and with which credentials.

use crate::env::Env;
use crate::forges::{PULL_1, PULL_2, declare, json, locked_on};
use crate::merges::requested_at;
use crate::project::short;
use crate::server::{ALWAYS, Fault, Seen, Server};

#[test]
fn a_forge_without_a_token_is_asked_about_a_few_requests_only() {
    let env = Env::new();
    let remote = requested_at(&env, "acme/web");
    let base = remote.commit_of("18.0");
    for number in 10..40 {
        let file = format!("web_x/{number}.txt");
        remote.pull(number).from(&base).file(file.as_str(), "").commit();
    }
    let server = Server::start(&env);
    let merges: Vec<String> = (10..40).map(|number| format!("\"#{number}\"")).collect();
    declare(&env, &server.base(), &merges.join(", "));
    env.oca(&["lock", "-q"]).success();
    server.fault(
        "GET /api/v3/repos/acme/web/pulls/10",
        ALWAYS,
        json(r#"{"number": 10, "state": "open", "merged": false, "title": "ten"}"#),
    );
    env.oca(&["outdated"])
        .stdout_contains("  open             ten\n")
        .stderr(
            "0 of 1 repository outdated\n\
             the state of 10 requests is unknown: without a token, oca asks a forge about 20 requests only\n",
        )
        .success();
    assert_eq!(server.count("/api/v3/"), 20);
}

#[test]
fn gitea_with_a_token_is_asked_about_more_requests_and_no_token_is_missed() {
    let env = Env::new();
    let remote = requested_at(&env, "acme/web");
    let base = remote.commit_of("18.0");
    for number in 10..112 {
        remote.pull(number).from(&base).file(format!("web_x/{number}.txt").as_str(), "").commit();
    }
    let server = Server::start(&env);
    let merges: Vec<String> = (10..112).map(|number| format!("\"#{number}\"")).collect();
    declare(&env, &server.base(), &merges.join(", "));
    env.oca(&["lock", "-q"]).success();
    let ten = r#"{"number": 10, "state": "closed", "merged": false, "title": "ten"}"#;
    server.fault("GET /api/v1/repos/acme/web/pulls/10", ALWAYS, json(ten));
    env.oca(&["outdated"])
        .env(&server.token_variable("127.0.0.1"), "t0ken")
        .stdout_contains("  closed           ten\n")
        .stderr(
            "0 of 1 repository outdated\n\
             the state of 2 requests is unknown: oca asks a forge about 100 requests only\n",
        )
        .success();
    assert_eq!(server.count("/api/v1/"), 100);
}

#[test]
fn a_forge_that_refuses_the_token_is_asked_once_without_it() {
    for status in [401, 403] {
        let env = Env::new();
        let (_, server) = locked_on(&env);
        server.fault("GET /api/v3/repos/acme/web/pulls/1", 1, Fault::Status(status));
        server.fault("GET /api/v3/repos/acme/web/pulls/1", ALWAYS, json(PULL_1));
        server.fault("GET /api/v3/repos/acme/web/pulls/2", ALWAYS, json(PULL_2));
        env.oca(&["outdated"])
            .env(&server.token_variable("127.0.0.1"), "0ld")
            .stdout_contains("  open      [FIX] web_x: the third line\n")
            .stdout_contains("  closed    [ADD] web_new\n")
            .stderr("0 of 1 repository outdated\n")
            .success();
        let of_api = |seen: &Seen| seen.line.contains("/api/v3/");
        let sent: Vec<bool> = server
            .requests()
            .iter()
            .filter(|seen| of_api(seen))
            .map(|seen| seen.authorization().is_some())
            .collect();
        assert_eq!(sent, [true, false, false], "{status}");
    }
}

#[test]
fn without_graphql_single_requests_are_asked_about() {
    let env = Env::new();
    let (_, server) = locked_on(&env);
    server.fault("GET /api/v3/repos/acme/web/pulls/1", ALWAYS, json(PULL_1));
    server.fault("GET /api/v3/repos/acme/web/pulls/2", ALWAYS, json(PULL_2));
    server.fault("POST /api/graphql", ALWAYS, Fault::Status(403));
    env.oca(&["outdated"])
        .env(&server.token_variable("127.0.0.1"), "weak")
        .stdout_contains("  open      [FIX] web_x: the third line\n")
        .stdout_contains("  closed    [ADD] web_new\n")
        .stderr("0 of 1 repository outdated\n")
        .success();
    let all = server.requests();
    let graphql: Vec<bool> = all
        .iter()
        .filter(|seen| seen.line.contains("graphql"))
        .map(|seen| seen.authorization().is_some())
        .collect();
    assert_eq!(graphql, [true, false]);
}

#[test]
fn a_forge_gets_the_credential_of_each_repository_if_paths_count() {
    let env = Env::new();
    let [web, _] = ["acme/web", "acme/sale"].map(|name| requested_at(&env, name));
    let server = Server::builder(&env).basic("web", "t0ken").basic("sale", "t0ken").start();
    let more = "[repos.web]\nmerges = [\"#1\"]\n[repos.sale]\nmerges = [\"#1\"]\n";
    env.declare_repos_with(&format!("{}/acme", server.base()), &["web", "sale"], more);
    // The user is the name of the repository.
    env.configure_git(
        "[credential]\n\tuseHttpPath = true\n\thelper = \"!f() { while read -r line; do case $line in \
         path=acme/*) name=${line#path=acme/}; echo username=${name%.git}; echo password=t0ken;; esac; done; }; f\"\n",
    );
    env.oca(&["lock", "-q"]).with_programs().success();
    for name in ["web", "sale"] {
        let pull: &'static str = Box::leak(format!("GET /api/v1/repos/acme/{name}/pulls/1").into_boxed_str());
        server.fault(&format!("{pull}/reviews"), ALWAYS, json("[]"));
        server.fault(pull, ALWAYS, json(PULL_1));
    }
    let one = short(&web.commit_of("refs/pull/1/head")).to_owned();
    env.oca(&["outdated"])
        .with_programs()
        .stdout(&format!(
            "web#1   {one}  open    [FIX] web_x: the third line\nsale#1  {one}  open    [FIX] web_x: the third line\n"
        ))
        .stderr("0 of 2 repositories outdated\n")
        .success();
    let of = |name: &str| {
        let asked = server.requests();
        let lines = asked.iter().filter(|seen| seen.line.contains(&format!("/api/v1/repos/acme/{name}/")));
        let sent: Vec<_> = lines.map(|seen| seen.authorization().expect("a credential").to_owned()).collect();
        assert!(!sent.is_empty() && sent.iter().all(|one| *one == sent[0]), "{name}");
        sent[0].clone()
    };
    assert_ne!(of("web"), of("sale"));
}
