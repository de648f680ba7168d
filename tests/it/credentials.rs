//! git's credential helpers, a user in the url, and netrc files.

use std::fs;

use crate::auth::{ODO, guarded};
use crate::checkouts::repository;
use crate::env::Env;
use crate::server::Server;

/// The lines of a helper that writes down what it is asked, and answers with these lines.
fn helper(env: &Env, name: &str, answer: &str) -> String {
    let log = env.root().join(name);
    let answer: String = answer.split_whitespace().map(|line| format!(" echo {line};")).collect();
    format!("!f() {{ echo $1 >>{0}; cat >>{0};{answer} }}; f", log.display())
}

fn log(env: &Env, name: &str) -> String {
    fs::read_to_string(env.root().join(name)).unwrap_or_default()
}

fn section(name: &str, values: &[(&str, &str)]) -> String {
    let values: String =
        values.iter().map(|(key, value)| format!("\t{key} = \"{}\"\n", value.replace('"', "\\\""))).collect();
    format!("[{name}]\n{values}")
}

#[test]
fn helpers_are_asked_in_order_and_told_whether_the_password_was_right() {
    let env = Env::new();
    let server = guarded(&env, "");
    let host = server.base().trim_start_matches("http://").to_owned();
    let [user, password] = [("one", "username=odo"), ("two", "password=s3cret")];
    let helpers =
        [("helper", helper(&env, user.0, user.1)), ("helper", helper(&env, password.0, password.1))];
    let helpers: Vec<(&str, &str)> = helpers.iter().map(|(key, value)| (*key, value.as_str())).collect();
    env.configure_git(&section("credential", &helpers));
    env.oca(&["lock", "-q"]).with_programs().success();
    let asked = format!("protocol=http\nhost={host}\n");
    let stored = format!("store\n{asked}username=odo\npassword=s3cret\n\n");
    let expected = "wwwauth[]=Basic realm=\"oca\"\n";
    assert_eq!(log(&env, "one"), format!("get\n{asked}{expected}\n{stored}"));
    assert_eq!(log(&env, "two"), format!("get\n{asked}username=odo\n{expected}\n{stored}"));
    // A password that the server refuses is erased.
    let wrong = helper(&env, "three", "username=odo password=wr0ng");
    env.configure_git(&section("credential", &[("helper", &wrong)]));
    env.oca(&["lock", "--upgrade"])
        .with_programs()
        .stderr_contains("not authorised; tried the credential helper\n")
        .status(3);
    let erased = format!("erase\n{asked}username=odo\npassword=wr0ng\n\n");
    assert_eq!(log(&env, "three"), format!("get\n{asked}{expected}\n{erased}"));
}

#[test]
fn helpers_can_be_for_some_urls_and_taken_back() {
    let env = Env::new();
    let server = guarded(&env, "");
    let right = helper(&env, "right", "username=odo password=s3cret");
    let wrong = helper(&env, "wrong", "username=odo password=wr0ng");
    let of = |url: &str, helpers: &[&str]| {
        let name = format!("credential \"{url}\"");
        let values: Vec<_> = helpers.iter().map(|helper| ("helper", *helper)).collect();
        section(&name, &values)
    };
    let all = section("credential", &[("helper", &wrong)]);
    let base = server.base();
    for url in [base.clone(), format!("{base}/web.git"), base.replace("127.0.0.1", "127.*.0.1")] {
        env.configure_git(&format!("{all}{}", of(&url, &["", &right])));
        env.oca(&["lock", "-q", "--upgrade"]).with_programs().success();
    }
    for url in [format!("{base}/we"), "http://127.0.0.1".to_owned(), base.replace("http:", "https:")] {
        env.configure_git(&of(&url, &[&right]));
        let run = env.oca(&["lock", "--upgrade"]).with_programs();
        run.stderr_contains("not authorised; no credentials were found\n").status(3);
    }
    assert_eq!(log(&env, "wrong"), "");
}

#[test]
fn a_helper_is_told_the_path_if_git_tells_it() {
    let env = Env::new();
    let server = guarded(&env, "");
    let right = helper(&env, "log", "username=odo password=s3cret");
    env.configure_git(&section("credential", &[("helper", &right), ("useHttpPath", "true")]));
    env.oca(&["lock", "-q"]).with_programs().success();
    let host = server.base().trim_start_matches("http://").to_owned();
    assert!(
        log(&env, "log").starts_with(&format!("get\nprotocol=http\nhost={host}\npath=web.git\nwwwauth[]="))
    );
}

#[test]
fn a_helper_in_a_variable_is_asked() {
    let env = Env::new();
    let _server = guarded(&env, "");
    env.oca(&["lock", "-q"])
        .with_programs()
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "credential.helper")
        .env("GIT_CONFIG_VALUE_0", helper(&env, "log", "username=odo password=s3cret"))
        .success();
    // `git -c` hands its options on in this way.
    let helper = helper(&env, "log", "username=odo password=s3cret");
    env.oca(&["lock", "-q", "--upgrade"])
        .with_programs()
        .env("GIT_CONFIG_PARAMETERS", format!("'credential.helper'='{helper}'"))
        .success();
}

#[test]
fn what_a_helper_says_about_its_password_is_told_with_store() {
    let env = Env::new();
    let _server = guarded(&env, "");
    let answer =
        "username=odo password=s3cret password_expiry_utc=99999999999 oauth_refresh_token=again other=x";
    env.configure_git(&section("credential", &[("helper", &helper(&env, "log", answer))]));
    env.oca(&["lock", "-q"]).with_programs().success();
    let told =
        "username=odo\npassword=s3cret\npassword_expiry_utc=99999999999\noauth_refresh_token=again\n\n";
    assert!(log(&env, "log").ends_with(told), "{}", log(&env, "log"));
    // A password that has expired is none.
    let answer = answer.replace("99999999999", "1");
    env.configure_git(&section("credential", &[("helper", &helper(&env, "old", &answer))]));
    let run = env.oca(&["lock", "--upgrade"]).with_programs();
    run.stderr_contains("not authorised; no credentials were found\n").status(3);
}

#[test]
fn a_user_in_the_url_has_the_helpers_asked_first() {
    let env = Env::new();
    let server = guarded(&env, "odo@");
    env.configure_git(&section("credential", &[("helper", &helper(&env, "log", "password=s3cret"))]));
    env.oca(&["lock", "-q"]).with_programs().success();
    // As in git: some servers hide a repository from people who are not signed in.
    assert!(server.requests().iter().all(|seen| seen.authorization() == Some(ODO)));
}

#[test]
fn a_file_that_counts_below_a_directory_is_included() {
    let env = Env::new();
    let _server = guarded(&env, "");
    let right = helper(&env, "log", "username=odo password=s3cret");
    fs::write(env.home().join("customer"), section("credential", &[("helper", &right)])).expect("a file");
    let project = env.project().display().to_string();
    let include = |pattern: &str| section(&format!("includeIf \"{pattern}\""), &[("path", "customer")]);
    for pattern in [format!("gitdir:{project}/"), "gitdir/i:PROJECT/".to_owned()] {
        env.configure_git(&include(&pattern));
        env.oca(&["lock", "-q", "--upgrade"]).with_programs().success();
    }
    for pattern in ["gitdir:/elsewhere/", "gitdir:PROJECT/", "onbranch:main"] {
        env.configure_git(&include(pattern));
        let run = env.oca(&["lock", "--upgrade"]).with_programs();
        run.stderr_contains("not authorised; no credentials were found\n").status(3);
    }
}

#[test]
fn an_included_file_is_beside_the_one_that_names_it() {
    let env = Env::new();
    let _server = guarded(&env, "");
    let right = helper(&env, "log", "username=odo password=s3cret");
    let wrong = helper(&env, "wrong", "username=odo password=wr0ng");
    let project = env.project().display().to_string();
    let include = |path: &str| section(&format!("includeIf \"gitdir:{project}/\""), &[("path", path)]);
    let write = |path: &str, text: String| fs::write(env.home().join(path), text).expect("a file");
    for directory in ["all", "customers"] {
        fs::create_dir(env.home().join(directory)).expect("a directory");
    }
    write("one", section("credential", &[("helper", &wrong)]));
    write("all/customer", section("credential", &[("helper", &wrong)]));
    write("all/part", include("../customers/one"));
    write("customers/one", include("customer"));
    write("customers/customer", section("credential", &[("helper", &right)]));
    env.configure_git(&section("include", &[("path", "all/part")]));
    env.oca(&["lock", "-q"]).with_programs().success();
    assert_eq!(log(&env, "wrong"), "");
}

#[test]
fn a_file_that_includes_itself_is_an_error() {
    let env = Env::new();
    let _server = guarded(&env, "");
    let project = env.project().display().to_string();
    for name in [format!("includeIf \"gitdir:{project}/\""), "include".to_owned()] {
        env.configure_git(&section(&name, &[("path", ".gitconfig")]));
        env.oca(&["lock"])
            .stderr(
                "error: cannot fetch `web` from `http://127.0.0.1:[PORT]/web.git`\n\
                 caused by: `[TEMP]/home/.gitconfig` is included by too many files of git's configuration, one in another\n\
                 hint: see `git config --list --show-origin`, and remove the file that includes itself\n",
            )
            .status(2);
    }
}

#[test]
fn a_helper_that_fails_is_named_and_asked_once() {
    let env = Env::new();
    ["web", "other"].iter().for_each(|name| drop(repository(&env, name)));
    let server = Server::builder(&env).basic("odo", "s3cret").start();
    env.declare_repos(&server.base(), &["web", "other"]);
    env.write("../bin/fails", format!("#!/bin/sh\necho x >>{}\nexit 3\n", env.root().join("log").display()));
    env.shell("chmod +x ../bin/fails");
    let program = env.root().join("bin/fails").display().to_string();
    env.configure_git(&section("credential", &[("helper", &program)]));
    env.oca(&["lock"])
        .with_programs()
        .stderr_contains("bin/fails`, which failed (exit status: 3)\n")
        .stderr_contains("error: 2 repositories failed\n")
        .status(3);
    assert_eq!(log(&env, "log"), "x\n");
}

#[test]
fn a_user_in_the_url_selects_a_credential_and_is_none() {
    let env = Env::new();
    let server = guarded(&env, "odo@");
    let variable = server.token_variable("127.0.0.1");
    env.oca(&["lock", "-q"]).env(&variable, "s3cret").success();
    let netrc = env.home().join(".netrc");
    fs::write(
        &netrc,
        "machine 127.0.0.1 login ada password x\nmachine 127.0.0.1 login odo password s3cret\n",
    )
    .expect("the file");
    env.oca(&["lock", "-q", "--upgrade"]).success();
    // The token of another user is not taken.
    env.oca(&["lock", "-q", "--upgrade"]).env(&variable, "ada:x").success();
    fs::remove_file(&netrc).expect("the file");
    assert!(server.requests().iter().all(|seen| seen.authorization() == Some(ODO)));
    let helper = helper(&env, "log", "password=s3cret");
    env.configure_git(&section("credential", &[("helper", &helper)]));
    env.oca(&["lock", "-q", "--upgrade"]).with_programs().success();
    assert!(log(&env, "log").contains("\nusername=odo\n"), "{}", log(&env, "log"));
    env.configure_git("");
    env.oca(&["lock", "--upgrade"])
        .stderr_contains("not authorised; tried the user of the url without a password\n")
        .status(3);
}

#[test]
fn a_token_as_the_user_of_the_url_is_still_accepted() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::builder(&env).basic("ghp_token", "").start();
    env.declare_repos(&server.base_as("ghp_token@127.0.0.1"), &["web"]);
    env.oca(&["lock", "-q"]).success();
}

#[cfg(unix)]
#[test]
fn a_token_of_bitbucket_goes_with_the_user_that_it_expects() {
    use crate::loopback::Loopback;
    use crate::server::http::{Request, respond};
    use std::sync::{Arc, Mutex};

    let env = Env::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&seen);
    // A proxy in the place of the forge.
    let proxy = Loopback::start(move |stream, _| {
        let mut stream = std::io::BufReader::new(stream);
        while let Ok(Some(request)) = Request::read(&mut stream) {
            shared.lock().expect("no panic").push(request.header("authorization").map(str::to_owned));
            drop(respond(stream.get_mut(), 403, &[], b""));
        }
    });
    env.declare_repos("http://bitbucket.org/OCA", &["web"]);
    env.oca(&["lock"])
        .env("http_proxy", format!("http://127.0.0.1:{}", proxy.port()))
        .env("OCA_TOKEN_BITBUCKET_ORG", "secret")
        .stderr_contains("the server denies access (status 403)")
        .status(3);
    let seen = seen.lock().expect("no panic");
    let sent: Vec<Option<&str>> = seen.iter().map(Option::as_deref).collect();
    // The users `x-token-auth` and `x-bitbucket-api-token-auth`.
    let of_repositories = Some("Basic eC10b2tlbi1hdXRoOnNlY3JldA==");
    let of_people = Some("Basic eC1iaXRidWNrZXQtYXBpLXRva2VuLWF1dGg6c2VjcmV0");
    assert_eq!(sent[..3], [of_repositories, of_people, None], "{seen:?}");
}

#[test]
fn a_program_that_asks_is_run_after_the_helpers() {
    let env = Env::new();
    let _server = guarded(&env, "");
    env.write(
        "../bin/ask",
        "#!/bin/sh\ncase $1 in \"Username for 'http://127.\"*) echo odo ;; Password*odo@*) echo s3cret ;; esac\n",
    );
    env.shell("chmod +x ../bin/ask");
    for variable in ["GIT_ASKPASS", "SSH_ASKPASS"] {
        let run = env.oca(&["lock", "-q", "--upgrade"]).with_programs();
        run.env(variable, env.root().join("bin/ask")).success();
    }
}

#[test]
fn a_netrc_has_quotes_macros_and_a_default() {
    for text in [
        "macdef init\nmachine 127.0.0.1 login no password no\n\nmachine 127.0.0.1 login odo password s3cret\n",
        "machine 127.0.0.1\n  login \"odo\"\n  password \"s3\\cret\" # a comment\n",
        "machine example.com login a password b\ndefault login odo password s3cret\n",
        "Machine 127.0.0.1 port 80 LOGIN odo PASSWORD s3cret\n",
        "machine example.com login a password #b\nmachine 127.0.0.1 login odo password s3cret\n",
    ] {
        let env = Env::new();
        let server = guarded(&env, "");
        fs::write(env.home().join(".netrc"), text).expect("the file");
        env.oca(&["lock", "-q"]).success();
        assert_eq!(server.requests()[0].authorization(), Some(ODO), "{text}");
    }
    let env = Env::new();
    let _server = guarded(&env, "");
    fs::write(env.home().join(".netrc"), "machine a login b\npassword \"c d\n").expect("the file");
    env.oca(&["lock"])
        .stderr_contains("/.netrc` at line 2: a quote is not closed\nhint: correct the line\n")
        .status(2);
}
