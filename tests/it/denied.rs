//! Servers that deny a repository to a credential, and servers that ask to come back later.

use crate::auth::ODO;
use crate::checkouts::repository;
use crate::env::Env;
use crate::server::{ALWAYS, Fault, Server};

#[test]
fn a_token_without_the_right_is_named_and_an_open_repository_read_without_it() {
    for status in [403, 404] {
        let env = Env::new();
        repository(&env, "web");
        let server = Server::start(&env);
        server.fault("POST ", 1, Fault::Status(status));
        env.declare_repos(&server.base(), &["web"]);
        let variable = server.token_variable("127.0.0.1");
        env.oca(&["lock"])
            .env(&variable, "other")
            .stderr_contains(&format!(
                "warning: `http://127.0.0.1:[PORT]` refused the variable `{variable}`; oca asked again without it\n"
            ))
            .success();
        let sent: Vec<bool> = server.requests().iter().map(|seen| seen.authorization().is_some()).collect();
        // Another repository may believe it, so the next request has it again.
        assert_eq!(sent, [true, false, true, true], "{status}");
    }
}

#[test]
fn a_helper_is_asked_if_the_token_lacks_the_right() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::builder(&env).basic("odo", "s3cret").start();
    server.fault("POST ", 1, Fault::Status(404));
    env.declare_repos(&server.base(), &["web"]);
    env.configure_git(
        "[credential]\n\thelper = \"!f() { cat >/dev/null; echo username=odo; echo password=s3cret; }; f\"\n",
    );
    env.oca(&["lock", "-q"]).env(&server.token_variable("127.0.0.1"), "other").with_programs().success();
    let all = server.requests();
    assert!(all[1].authorization().is_none());
    assert!(all[2..].iter().all(|seen| seen.authorization() == Some(ODO)));
}

#[test]
fn helpers_are_asked_after_a_denial_only_if_the_server_asked_for_a_credential() {
    let asking = |env: &Env| {
        let log = env.root().join("helper.log");
        env.configure_git(&format!(
            "[credential]\n\thelper = \"!f() {{ cat >>{}; echo username=odo; echo password=s3cret; }}; f\"\n",
            log.display()
        ));
        log
    };
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    server.fault("POST ", 1, Fault::Status(401));
    server.fault("POST ", 1, Fault::Status(404));
    env.declare_repos(&server.base(), &["web"]);
    asking(&env);
    env.oca(&["lock", "-q"]).env(&server.token_variable("127.0.0.1"), "other").with_programs().success();
    let all = server.requests();
    assert!(all[0].authorization().is_some_and(|sent| sent != ODO));
    assert!(all[1].authorization().is_none());
    assert!(all[2..].iter().all(|seen| seen.authorization() == Some(ODO)));
    // As in git, one that is not there is not there.
    for status in [403, 404] {
        let env = Env::new();
        repository(&env, "web");
        let server = Server::start(&env);
        server.fault("/web.git/", ALWAYS, Fault::Status(status));
        env.declare_repos(&server.base(), &["web"]);
        let log = asking(&env);
        env.oca(&["lock"])
            .env(&server.token_variable("127.0.0.1"), "other")
            .with_programs()
            .stderr_contains("OCA_TOKEN_127_0_0_1")
            .status(3);
        assert!(!log.exists(), "{status}");
    }
}

#[test]
fn a_denial_names_the_token_that_was_sent() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    server.fault("/web.git/", ALWAYS, Fault::Status(403));
    env.declare_repos(&server.base(), &["web"]);
    let variable = server.token_variable("127.0.0.1");
    env.oca(&["lock"])
        .env(&variable, "other")
        .stderr_contains(&format!(
            "caused by: the server denies access (status 403); the variable `{variable}` was sent with the request \
             and may lack the right to read the repository\n"
        ))
        .status(3);
}

#[test]
fn a_limit_that_passes_is_waited_for_although_its_status_is_403() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    server.fault("POST ", 1, Fault::RetryAfter(403, 0));
    env.declare_repos(&server.base(), &["web"]);
    env.oca(&["lock", "-q"]).success();
    assert_eq!((server.count("POST "), server.count("GET ")), (4, 0));
}

#[test]
fn a_redirect_from_plain_http_may_lead_to_plain_http() {
    let env = Env::new();
    let commit = repository(&env, "web").commit_of("18.0");
    let there = Server::start(&env);
    let here = Server::start(&env);
    here.redirect("/", 302, &format!("{}/", there.base_as("localhost")));
    env.declare_repos(&here.base_as("odo:s3cret@127.0.0.1"), &["web"]);
    env.sync();
    env.assert_checkout("oca/web", &commit);
    assert_eq!(here.requests().len(), 1, "a run learns it once");
    assert!(there.requests().iter().all(|seen| seen.authorization().is_none()));
}

#[test]
fn a_redirect_to_plain_http_gets_no_credential() {
    let env = Env::new();
    repository(&env, "web");
    let there = Server::builder(&env).basic("odo", "s3cret").start();
    let here = Server::start(&env);
    here.redirect("/", 302, &format!("{}/", there.base_as("localhost")));
    env.declare_repos(&here.base(), &["web"]);
    let url = there.base_as("localhost");
    env.configure_git(&format!("[http \"{url}\"]\n\textraHeader = \"Authorization: {ODO}\"\n"));
    env.oca(&["lock"])
        .env(&there.token_variable("localhost"), "odo:s3cret")
        .stderr(
            "warning: `http://localhost:[PORT]` asks for a credential; oca sends none, because a redirect to plain http \
             leads there\n\
             error: cannot fetch `web` from `http://127.0.0.1:[PORT]/web.git`\n\
             caused by: not authorised; no credentials were found\n\
             hint: check that `git ls-remote http://127.0.0.1:[PORT]/web.git` works without a prompt\n",
        )
        .status(3);
    let seen = there.requests();
    assert!(!seen.is_empty() && seen.iter().all(|seen| seen.authorization().is_none()));
    // If the user declares it, it gets them.
    env.declare_repos(&url, &["web"]);
    env.configure_git("");
    env.oca(&["lock", "-q"]).env(&there.token_variable("localhost"), "odo:s3cret").success();
}

#[test]
fn a_content_type_may_be_in_any_case() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    server.fault("POST ", ALWAYS, Fault::Status(501));
    let listing = "001e# service=git-upload-pack\n0000";
    server.fault("GET ", ALWAYS, Fault::Other(200, "Application/X-Git-Upload-Pack-Advertisement", listing));
    env.declare_repos(&server.base(), &["web"]);
    // The listing is empty, so it ends too early.
    env.oca(&["lock"]).stderr_contains("error: cannot fetch `web`").status(3);
    assert!(!env.oca(&["lock"]).output().stderr.contains("does not speak git"));
}
