//! Credentials: who is sent them, what is tried next, and where they never appear.

use std::fs;

use crate::checkouts::repository;
use crate::env::Env;
use crate::server::Server;

/// `user:password` as a header.
pub(crate) const ODO: &str = "Basic b2RvOnMzY3JldA==";

/// `web` behind a user and a password, declared with this before its host.
pub(crate) fn guarded(env: &Env, userinfo: &str) -> Server {
    repository(env, "web");
    let server = Server::builder(env).basic("odo", "s3cret").start();
    env.declare_repos(&server.base_as(&format!("{userinfo}127.0.0.1")), &["web"]);
    server
}

/// Sets a credential helper that knows the password, and remembers what it was asked.
fn helper(env: &Env) {
    let log = env.root().join("helper.log");
    env.configure_git(&format!(
        "[credential]\n\thelper = \"!f() {{ echo $1 >>{}; cat >/dev/null; echo username=odo; echo password=s3cret; }}; f\"\n",
        log.display()
    ));
}

#[track_caller]
fn assert_nowhere(env: &Env, secret: &str) {
    for file in
        ["oca.lock.json", "oca/web/.git/config", "oca/web/.git/oca-checkout", "oca/web/.git/logs/HEAD"]
    {
        assert!(!env.exists(file) || !env.read(file).contains(secret), "{file} holds the secret");
    }
    for entry in walkdir::WalkDir::new(env.cache()).into_iter().flatten() {
        assert!(!entry.path().to_string_lossy().contains(secret), "{}", entry.path().display());
    }
}

#[test]
fn without_credentials_the_error_says_so() {
    let env = Env::new();
    let server = guarded(&env, "");
    env.oca(&["lock"])
        .stderr(
            "error: cannot fetch `web` from `http://127.0.0.1:[PORT]/web.git`\n\
             caused by: not authorised; no credentials were found\n\
             hint: check that `git ls-remote http://127.0.0.1:[PORT]/web.git` works without a prompt\n",
        )
        .status(3);
    assert!(server.requests().iter().all(|seen| seen.authorization().is_none()));
}

#[test]
fn a_token_is_sent_up_front_and_to_its_own_host_only() {
    let env = Env::new();
    let server = guarded(&env, "");
    repository(&env, "open");
    let open = Server::start(&env);
    let url = format!("{}/open.git", open.base_as("localhost"));
    env.declare_repos_with(&server.base(), &["web", "open"], &format!("[repos.open]\nurl = \"{url}\"\n"));
    env.oca(&["sync", "-q"])
        .env(&server.token_variable("127.0.0.1"), "odo:s3cret")
        .env("GITHUB_TOKEN", "ghp_other")
        .env("GITLAB_TOKEN", "glpat_other")
        .success();
    assert!(server.requests().iter().all(|seen| seen.authorization() == Some(ODO)));
    assert!(open.requests().iter().all(|seen| seen.authorization().is_none()));
    assert_nowhere(&env, "s3cret");
}

#[test]
fn a_token_can_be_in_a_file() {
    let env = Env::new();
    let server = guarded(&env, "");
    let file = env.home().join("token");
    fs::write(&file, "odo:s3cret\n").expect("the token");
    env.oca(&["sync", "-q"]).env(&format!("{}_FILE", server.token_variable("127.0.0.1")), &file).success();
    assert_eq!(server.requests()[0].authorization(), Some(ODO));
}

#[test]
fn a_file_of_a_token_that_does_not_exist_counts_as_unset() {
    let env = Env::new();
    let server = guarded(&env, "");
    for variable in [format!("{}_FILE", server.token_variable("127.0.0.1")), "NETRC".to_owned()] {
        env.oca(&["lock"])
            .env(&variable, "/run/secrets/none")
            .stderr_contains("caused by: not authorised; no credentials were found\n")
            .status(3);
    }
}

#[test]
fn a_file_of_a_token_that_cannot_be_read_is_named() {
    let env = Env::new();
    let server = guarded(&env, "");
    let variable = format!("{}_FILE", server.token_variable("127.0.0.1"));
    fs::write(env.home().join("latin"), b"odo:s\xe9cret").expect("the token");
    for (name, why) in [("latin", "it is not UTF-8"), (".", "it is a directory, not a file")] {
        let file = env.home().join(name);
        for setting in [&*variable, "NETRC"] {
            env.oca(&["lock"])
                .env(setting, &file)
                .stderr_contains(&format!("/{name}`, set by `{setting}`: {why}\n"))
                .stderr_contains(&format!("hint: set `{setting}` to a file that can be read, or unset it\n"))
                .status(2);
        }
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_wrong_token_is_named_and_the_request_made_without() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::builder(&env).basic("odo", "s3cret").start();
    env.declare_repos(&server.base(), &["web"]);
    helper(&env);
    env.oca(&["lock"])
        .env(&server.token_variable("127.0.0.1"), "wr0ng")
        .with_programs()
        .stderr_contains("web: locked at 6df21dd409\n")
        .success();
    let given: Vec<Option<String>> =
        server.requests().iter().map(|seen| seen.authorization().map(str::to_owned)).take(3).collect();
    assert_eq!(given[0].as_deref(), Some("Basic eC1hY2Nlc3MtdG9rZW46d3Iwbmc="));
    assert_eq!((given[1].as_deref(), given[2].as_deref()), (None, Some(ODO)));
    let all = server.requests();
    assert!(all[3..].iter().all(|seen| seen.authorization() == Some(ODO)), "it is remembered");
    env.configure_git("");
    env.oca(&["lock", "--upgrade"])
        .env(&server.token_variable("127.0.0.1"), "wr0ng")
        .stderr(&format!(
            "error: cannot fetch `web` from `http://127.0.0.1:[PORT]/web.git`\n\
             caused by: not authorised; tried the variable `{}`\n\
             hint: check that `git ls-remote http://127.0.0.1:[PORT]/web.git` works without a prompt\n",
            server.token_variable("127.0.0.1")
        ))
        .status(3);
}

#[test]
fn a_token_that_an_open_server_refuses_is_a_warning() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    server.fault("POST", 1, crate::server::Fault::Status(401));
    env.declare_repos(&server.base(), &["web"]);
    env.oca(&["lock"])
        .env(&server.token_variable("127.0.0.1"), "expired")
        .stderr(&format!(
            "warning: `http://127.0.0.1:[PORT]` refused the variable `{}`; oca asked again without it\n\
             web: locked at 6df21dd409\n\
             1 repository with 1 module, 1 changed\n",
            server.token_variable("127.0.0.1")
        ))
        .success();
    assert_eq!(server.requests().iter().filter(|seen| seen.authorization().is_some()).count(), 1);
}

#[test]
fn a_credential_helper_is_asked_once_after_a_401() {
    let env = Env::new();
    let server = guarded(&env, "");
    helper(&env);
    env.oca(&["sync", "-q"]).with_programs().success();
    let given: Vec<bool> = server.requests().iter().map(|seen| seen.authorization().is_some()).collect();
    assert_eq!(given[..2], [false, true]);
    assert!(given[1..].iter().all(|given| *given));
    assert_eq!(fs::read_to_string(env.root().join("helper.log")).expect("the log"), "get\nstore\n");
    assert_nowhere(&env, "s3cret");
}

#[test]
fn a_netrc_is_read() {
    let env = Env::new();
    let server = guarded(&env, "");
    let netrc = env.home().join(".netrc");
    fs::write(
        &netrc,
        "machine example.com login a password b\nmachine 127.0.0.1 login odo password s3cret\n",
    )
    .expect("the file");
    env.oca(&["sync", "-q"]).success();
    assert_eq!(server.requests()[0].authorization(), Some(ODO));
    fs::write(&netrc, "machine 127.0.0.1 login odo password wrong\n").expect("the file");
    env.oca(&["lock", "--upgrade"]).stderr_contains("not authorised; tried `~/.netrc`\n").status(3);
}

#[test]
fn userinfo_in_a_url_is_sent_and_written_nowhere() {
    let env = Env::new();
    let server = guarded(&env, "odo:s3cret@");
    let output = env.run(&["sync", "-v"]);
    assert!(!output.stderr.contains("s3cret"));
    assert_nowhere(&env, "s3cret");
    assert_eq!(env.git("oca/web", &["remote", "get-url", "origin"]).trim(), server.url("web"));
    assert!(server.requests().iter().all(|seen| seen.authorization() == Some(ODO)));
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.declare_repos(&server.base_as("odo:wr0ng@127.0.0.1"), &["web"]);
    let output = env.oca(&["lock", "--upgrade"]).output();
    assert_eq!(output.code, Some(3));
    assert!(
        !output.stderr.contains("wr0ng") && output.stderr.contains("tried the user and password of the url"),
        "{output}"
    );
}

#[test]
fn each_url_on_a_host_keeps_its_own_userinfo() {
    let env = Env::new();
    ["web", "other"].iter().for_each(|name| drop(repository(&env, name)));
    let server = Server::builder(&env).basic("odo", "s3cret").basic("ada", "s3cret").start();
    let more = format!("[repos.other]\nurl = \"{}/other.git\"\n", server.base_as("ada:s3cret@127.0.0.1"));
    env.declare_repos_with(&server.base_as("odo:s3cret@127.0.0.1"), &["web", "other"], &more);
    env.oca(&["lock", "-q", "-j", "1"]).success();
    for (name, given) in [("web", ODO), ("other", "Basic YWRhOnMzY3JldA==")] {
        let all = server.requests();
        let mut of = all.iter().filter(|seen| seen.line.contains(&format!("/{name}.git/")));
        assert!(of.all(|seen| seen.authorization() == Some(given)), "{name}");
    }
}

#[test]
fn a_variable_in_a_url_may_hold_a_token() {
    let env = Env::new();
    let server = guarded(&env, "odo:${WEB_PASSWORD}@");
    env.oca(&["sync", "-q"]).env("WEB_PASSWORD", "s3cret").success();
    assert_eq!(server.requests()[0].authorization(), Some(ODO));
    assert_nowhere(&env, "s3cret");
}

#[test]
fn credentials_do_not_follow_a_redirect_to_another_host() {
    let env = Env::new();
    repository(&env, "web");
    let there = Server::builder(&env).tls().start();
    let here = Server::start(&env);
    here.redirect("/", 307, &format!("{}/", there.base_as("localhost")));
    env.declare_repos(&here.base_as("odo:s3cret@127.0.0.1"), &["web"]);
    env.oca(&["lock", "-q"]).env("SSL_CERT_FILE", there.authority()).success();
    assert_eq!(here.requests()[0].authorization(), Some(ODO));
    assert!(there.requests().iter().all(|seen| seen.authorization().is_none()));
}

#[test]
fn a_token_without_a_port_is_for_the_port_of_the_scheme() {
    let env = Env::new();
    let server = guarded(&env, "");
    env.oca(&["lock"])
        .env("OCA_TOKEN_127_0_0_1", "odo:s3cret")
        .stderr_contains("not authorised; no credentials were found\n")
        .status(3);
    assert!(server.requests().iter().all(|seen| seen.authorization().is_none()));
}

#[test]
fn a_redirected_host_gets_only_its_own_credentials() {
    let env = Env::new();
    repository(&env, "web");
    let there = Server::builder(&env).basic("odo", "s3cret").tls().start();
    let here = Server::start(&env);
    here.redirect("/", 307, &format!("{}/", there.base_as("odo:s3cret@localhost")));
    env.declare_repos(&here.base(), &["web"]);
    helper(&env);
    let helper = fs::read_to_string(env.home().join(".gitconfig")).expect("git's configuration");
    env.configure_git(&format!("{helper}[http]\n\textraHeader = \"X-Token: s3cret\"\n"));
    let netrc = "machine localhost login odo password s3cret\ndefault login odo password s3cret\n";
    fs::write(env.home().join(".netrc"), netrc).expect("the file");
    let output = env.oca(&["lock"]).env("SSL_CERT_FILE", there.authority()).with_programs().output();
    assert_eq!(output.code, Some(3), "{output}");
    assert!(!output.stderr.contains("s3cret"), "{output}");
    assert_eq!(here.requests()[0].header("x-token"), Some("s3cret"));
    let given = there.requests();
    assert!(!given.is_empty());
    assert!(given.iter().all(|seen| seen.authorization().is_none() && seen.header("x-token").is_none()));
    env.oca(&["lock", "-q"])
        .env("SSL_CERT_FILE", there.authority())
        .env(&there.token_variable("localhost"), "odo:s3cret")
        .success();
    assert!(there.requests()[given.len()..].iter().all(|seen| seen.authorization() == Some(ODO)));
}

#[test]
fn a_password_that_is_not_encoded_is_named_and_not_shown() {
    for url in
        ["https://odo:s3/cret@localhost/x", "odo:s3/cret@localhost:x", "https://odo:12/s3cret@localhost/x"]
    {
        let env = Env::new();
        env.declare_repos_with("https://localhost", &["web"], &format!("[repos.web]\nurl = \"{url}\"\n"));
        let output = env.oca(&["lock", "-v"]).output();
        assert_eq!(output.code, Some(2), "{output}");
        assert!(output.stderr.contains("must be written as `%2F`"), "{output}");
        assert!(!output.stderr.contains("s3") && !output.stderr.contains("cret"), "{output}");
    }
}

#[test]
fn a_header_of_the_configuration_is_sent_alone_and_an_empty_one_takes_it_back() {
    let env = Env::new();
    let server = guarded(&env, "");
    let count = |seen: &crate::server::Seen| {
        seen.headers
            .iter()
            .filter(|(name, _)| name == "authorization")
            .map(|(_, value)| value.clone())
            .collect::<Vec<_>>()
    };
    env.configure_git(&format!("[http]\n\textraHeader = \"AUTHORIZATION: {ODO}\"\n"));
    env.oca(&["lock", "-q"]).env(&server.token_variable("127.0.0.1"), "odo:other").success();
    assert!(server.requests().iter().all(|seen| count(seen) == [ODO]));
    let before = server.requests().len();
    env.configure_git("[http]\n\textraHeader = \"Authorization: Basic no\"\n\textraHeader =\n");
    env.oca(&["lock", "-q", "--upgrade"]).env(&server.token_variable("127.0.0.1"), "odo:s3cret").success();
    assert!(server.requests()[before..].iter().all(|seen| count(seen) == [ODO]));
}

#[cfg(unix)]
#[test]
fn a_refused_request_keeps_its_connection() {
    let env = Env::new();
    let server = guarded(&env, "");
    helper(&env);
    env.oca(&["lock", "-q"]).with_programs().success();
    assert!(server.requests()[0].authorization().is_none());
    assert_eq!(server.connections(), 1);
    let env = Env::new();
    let server = guarded(&env, "odo:s3cret@");
    server.redirect("/web.git/", 301, "/new/web.git/");
    std::os::unix::fs::symlink(".", env.remotes().join("new")).expect("a folder");
    env.oca(&["lock", "-q"]).success();
    assert_eq!(server.connections(), 1);
}
