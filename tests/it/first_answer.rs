//! Servers that answer the first request in an unexpected way: moved repositories, old servers, files, sign-in pages.

use std::fs;

use crate::checkouts::{repository, upgrade};
use crate::env::Env;
use crate::server::{ALWAYS, Fault, Server};

const PAGE: &str = "<!DOCTYPE html><title>Sign in</title>\n";

/// A packet that says that the request is refused.
fn refusal(message: &str) -> Vec<u8> {
    format!("{:04x}ERR {message}\n", message.len() + 9).into_bytes()
}

#[test]
fn a_move_that_only_gits_first_request_is_told_of_is_followed() {
    let env = Env::new();
    let commit = repository(&env, "web").commit_of("18.0");
    let server = Server::start(&env);
    // GitLab does this to a url without `.git`; a POST to it is answered with 404.
    server.redirect("/web/info/refs", 301, "/web.git/info/refs");
    let more = format!("[repos.web]\nurl = \"{}/web\"\n", server.base());
    env.declare_repos_with(&server.base(), &["web"], &more);
    env.sync();
    env.assert_checkout("oca/web", &commit);
    assert_eq!((server.count("GET /web/"), server.count("POST /web/")), (1, 1), "a run learns it once");
}

#[test]
fn servers_say_in_many_ways_that_they_lack_protocol_2() {
    for fault in [
        Fault::Says(refusal("expected want; got command=ls-refs")),
        Fault::Says(b"0008NAK\n".to_vec()),
        Fault::Says(Vec::new()),
        Fault::Status(400),
        // A gateway before the server, which lets only git's first request through.
        Fault::Status(401),
        Fault::Other(203, "text/html", PAGE),
        Fault::Status(404),
        Fault::Status(405),
        Fault::Status(500),
        Fault::Status(501),
        Fault::Html,
        Fault::Other(415, "text/plain", "no"),
    ] {
        let env = Env::new();
        let remote = repository(&env, "web");
        let server = Server::builder(&env).without_protocol_2().start();
        server.fault("upload-pack ls-refs", ALWAYS, fault.clone());
        server.fault("upload-pack fetch", ALWAYS, fault.clone());
        env.declare_repos(&server.base(), &["web"]);
        env.oca(&["sync", "-q"]).success();
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
        assert_eq!(server.count("upload-pack ls-refs"), 1, "{fault:?}");
    }
}

#[test]
fn an_old_server_behind_a_gateway_that_fails_is_asked_in_its_own_way() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::builder(&env).without_protocol_2().start();
    server.fault("upload-pack ls-refs", ALWAYS, Fault::Status(503));
    env.declare_repos(&server.base(), &["web"]);
    env.oca(&["sync", "-q"]).success();
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    let before = server.requests().iter().filter(|seen| seen.line.contains("ls-refs")).count();
    assert_eq!(before, 4, "the request was repeated");
    // The sign-in page is on a host that is not there.
    let env = Env::new();
    let server = Server::builder(&env).without_protocol_2().start();
    repository(&env, "web");
    server.redirect("/web.git/git-upload-pack", 303, "http://127.0.0.1:1/sign_in?");
    env.declare_repos(&server.base(), &["web"]);
    env.oca(&["lock"]).stderr_contains("caused by: the connection failed").status(3);
    assert!(server.count("GET /web.git/info/refs") > 0, "it is asked in the way of git");
}

#[test]
fn after_a_sign_in_page_for_an_old_token_the_helpers_are_asked() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::builder(&env).basic("odo", "s3cret").start();
    // The page answers a POST and a GET with the token.
    server.fault("/web.git/", 2, Fault::Other(200, "text/html", PAGE));
    env.declare_repos(&server.base(), &["web"]);
    env.configure_git("[credential]\n\thelper = \"!f() { echo username=odo; echo password=s3cret; }; f\"\n");
    let variable = server.token_variable("127.0.0.1");
    env.oca(&["sync"])
        .with_programs()
        .env(&variable, "expired")
        .stderr_contains(&format!("refused the variable `{variable}`; oca asked again without it\n"))
        .success();
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
}

#[test]
fn a_server_of_files_is_named_at_once() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    let listed = "0123456789abcdef0123456789abcdef01234567\trefs/heads/18.0\n";
    server.fault("POST ", ALWAYS, Fault::Status(501));
    server.fault("GET ", ALWAYS, Fault::Other(200, "application/octet-stream", listed));
    env.declare_repos(&server.base(), &["web"]);
    env.oca(&["lock"])
        .stderr_contains("caused by: the server only serves files (git's dumb protocol), which oca does not")
        .stderr_contains("\nhint: use another url of the repository, such as its ssh url\n")
        .status(3);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_sign_in_page_means_that_the_token_was_refused() {
    let page = "text/html; charset=utf-8";
    // Azure DevOps, and forges that answer everything with their page.
    for fault in [Fault::Other(203, page, PAGE), Fault::Other(200, page, PAGE)] {
        let env = Env::new();
        repository(&env, "web");
        let server = Server::start(&env);
        server.fault("/web.git/", ALWAYS, fault);
        env.declare_repos(&server.base(), &["web"]);
        let variable = server.token_variable("127.0.0.1");
        let run = env.oca(&["lock"]).env(&variable, "expired");
        run.stderr_contains(&format!("not authorised; tried the variable `{variable}`\n")).status(3);
    }
    // GitLab sends people who are not signed in to its page.
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    server.redirect("/web.git/", 302, "/users/sign_in?");
    server.fault("/users/sign_in", ALWAYS, Fault::Other(200, page, PAGE));
    env.declare_repos(&server.base(), &["web"]);
    let variable = server.token_variable("127.0.0.1");
    let run = env.oca(&["lock"]).env(&variable, "expired");
    run.stderr_contains(&format!("not authorised; tried the variable `{variable}`\n")).status(3);
    env.oca(&["lock"]).stderr_contains("the server does not speak git: the content type").status(3);
}

#[test]
fn what_a_busy_server_refuses_is_asked_again() {
    for message in
        ["GitLab is currently unable to handle this request due to load (ID 1)", "Please try again"]
    {
        for on in ["upload-pack ls-refs", "upload-pack fetch"] {
            let env = Env::new();
            let commit = repository(&env, "web").commit_of("18.0");
            let server = Server::start(&env);
            server.fault(on, 1, Fault::Says(refusal(message)));
            env.declare_repos(&server.base(), &["web"]);
            env.sync();
            env.assert_checkout("oca/web", &commit);
            assert_eq!(server.count("GET "), 0, "it is not asked what it supports");
        }
    }
}

#[test]
fn a_busy_old_server_is_not_taken_for_one_that_lacks_the_commit() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::builder(&env).without_protocol_2().start();
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    fs::remove_dir_all(env.cache()).expect("the cache");
    server.fault("upload-pack done", ALWAYS, Fault::Says(refusal("unable to answer due to load")));
    env.oca(&["sync", "--locked"])
        .stderr_contains("caused by: the server says: \"unable to answer due to load\"\n")
        .status(3);
}

#[test]
fn forges_say_in_many_words_that_a_commit_is_gone() {
    let env = Env::new();
    let commit = repository(&env, "web").commit_of("18.0");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    for words in [
        format!("upload-pack: not our ref {commit}"),
        format!("want {commit} not valid"),
        format!("Missing unknown {commit}"),
        format!("TF401035: The object '{commit}' does not exist."),
    ] {
        fs::remove_dir_all(env.cache()).expect("the cache");
        server.fault("upload-pack fetch", 1, Fault::Says(refusal(&words)));
        env.oca(&["sync", "--locked"])
            .stderr_contains(&format!("commit `{commit}` does not exist on the remote\n"))
            .status(4);
    }
    fs::remove_dir_all(env.cache()).expect("the cache");
    server.fault("upload-pack fetch", 2, Fault::Says(refusal("access denied")));
    env.oca(&["sync", "--locked"]).stderr_contains("the server says: \"access denied\"\n").status(3);
}

#[test]
fn a_request_that_is_too_large_is_halved() {
    let env = Env::new();
    let remote = repository(&env, "web");
    upgrade(&remote, 1);
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    server.fault("upload-pack fetch", 1, Fault::Status(413));
    env.sync();
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
}

#[test]
fn a_repository_that_a_token_does_not_see_is_told_with_the_token() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::builder(&env).basic("odo", "s3cret").start();
    env.declare_repos(&server.base(), &["nowhere"]);
    let variable = server.token_variable("127.0.0.1");
    env.oca(&["lock"])
        .env(&variable, "odo:s3cret")
        .stderr(&format!(
            "error: cannot fetch `nowhere` from `http://127.0.0.1:[PORT]/nowhere.git`\n\
             caused by: not found: http://127.0.0.1:[PORT]/nowhere.git; the variable `{variable}` was sent with the \
             request and may lack the right to read it\n\
             hint: check the url and the rights of the credential; `git ls-remote \
             http://127.0.0.1:[PORT]/nowhere.git` should list its branches\n"
        ))
        .status(3);
}
