//! Http and https from lock to checkout: certificates, insteadOf, proxies, old servers, connections.

use std::collections::BTreeSet;
use std::fs;

use crate::checkouts::repository;
use crate::env::Env;
use crate::proxy::Proxy;
use crate::server::{ALWAYS, Builder, Fault, Server};

#[test]
fn https_trusts_the_authority_that_git_is_told_of() {
    let env = Env::new();
    let commit = repository(&env, "web").commit_of("18.0");
    let server = Server::builder(&env).tls().start();
    env.declare_repos(&server.base_as("localhost"), &["web"]);
    env.oca(&["lock"])
        .stderr_contains("error: cannot fetch `web` from `https://localhost:[PORT]/web.git`\ncaused by: the server's certificate is not trusted: UnknownIssuer\n")
        .stderr_contains("hint: set git's `http.sslCAInfo` or the variable `SSL_CERT_FILE` to the certificate file of its authority\n")
        .status(3);
    assert_eq!(server.connections(), 1, "what will not pass is not tried again");
    let authority = server.authority().to_str().expect("text").to_owned();
    env.configure_git(&format!("[http]\n\tsslCAInfo = {authority}\n"));
    env.sync();
    env.assert_checkout("oca/web", &commit);
    assert_eq!(
        env.git("oca/web", &["remote", "get-url", "origin"]).trim(),
        format!("{}/web.git", server.base_as("localhost"))
    );
    let option = format!("http.sslCAInfo={authority}");
    env.git("oca/web", &["-c", &option, "fetch", "-q", "--unshallow"]);
    env.configure_git(&format!("[http \"https://elsewhere.example.com\"]\n\tsslCAInfo = {authority}\n"));
    env.oca(&["lock", "--upgrade"]).stderr_contains("certificate").status(3);
    for variable in ["SSL_CERT_FILE", "GIT_SSL_CAINFO"] {
        env.configure_git("");
        env.oca(&["lock", "--upgrade"])
            .env(variable, &authority)
            .stderr_contains("nothing changed")
            .success();
    }
    env.configure_git("[http]\n\tsslVerify = false\n");
    env.oca(&["lock", "--upgrade"]).stderr_contains("nothing changed").success();
}

#[cfg(unix)]
#[test]
fn authorities_that_are_no_file_are_named_and_not_waited_for() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::builder(&env).tls().start();
    env.declare_repos(&server.base_as("localhost"), &["web"]);
    env.shell("mkfifo ../pipe");
    let pipe = env.root().join("pipe").to_string_lossy().into_owned();
    let (directory, absent) = (env.home().to_string_lossy().into_owned(), "/nowhere/ca.pem".to_owned());
    let device = "it is a pipe or a device, not a file";
    for (path, why) in [
        (&pipe, device),
        (&"/dev/zero".to_owned(), device),
        (&directory, "it is a directory, not a file"),
        (&absent, "No such file or directory"),
    ] {
        let refused = |setting: &str| {
            let path = path.replace(&*env.root().to_string_lossy(), "[TEMP]");
            format!("caused by: cannot read `{path}`, set by `{setting}`: {why}")
        };
        let names = |setting: &str| format!("hint: set `{setting}` to a file of certificates, or unset it\n");
        for variable in ["SSL_CERT_FILE", "GIT_SSL_CAINFO"] {
            let is_allowed = variable == "SSL_CERT_FILE" && *path == absent;
            let run = env.oca(&["lock"]).env(variable, path);
            if is_allowed {
                run.stderr_contains("certificate is not trusted").status(3);
            } else {
                run.stderr_contains(&refused(variable)).stderr_contains(&names(variable)).status(2);
            }
        }
        env.configure_git(&format!("[http]\n\tsslCAInfo = {path}\n"));
        let run = env.oca(&["lock"]).stderr_contains(&refused("http.sslCAInfo"));
        run.stderr_contains(&names("http.sslCAInfo")).status(2);
        env.configure_git("");
    }
    for path in [&*pipe, "/dev/zero", "/nowhere:/dev/zero"] {
        env.oca(&["lock"])
            .env("SSL_CERT_DIR", path)
            .stderr_contains(
                "set by `SSL_CERT_DIR`: it is not a directory\nhint: set `SSL_CERT_DIR` to directories of",
            )
            .status(2);
    }
    // What lies in such a directory is read where it is a file.
    env.shell("mkdir ../authorities && mkfifo ../authorities/pipe && ln -s /dev/zero ../authorities/zero");
    fs::copy(server.authority(), env.root().join("authorities/ca.pem")).expect("a copy");
    env.oca(&["lock", "-q"]).env("SSL_CERT_DIR", env.root().join("authorities")).success();
}

#[test]
fn instead_of_changes_where_requests_go_and_nothing_else() {
    let env = Env::new();
    let commit = repository(&env, "web").commit_of("18.0");
    let [short, long] = [Server::start(&env), Server::start(&env)];
    env.configure_git(&format!(
        "[url \"{}/\"]\n\tinsteadOf = https://git.example.com/\n[url \"{}/\"]\n\tinsteadOf = https://git.example.com/OCA/\n",
        short.base(),
        long.base()
    ));
    env.declare_repos("https://git.example.com/OCA", &["web"]);
    env.sync();
    env.assert_checkout("oca/web", &commit);
    assert_eq!((short.requests().len(), long.count("ls-refs")), (0, 1));
    let declared = "https://git.example.com/OCA/web.git";
    assert!(env.read("oca.lock.json").contains(declared));
    assert!(!env.read("oca.lock.json").contains("127.0.0.1"));
    let config = env.read("oca/web/.git/config");
    assert!(config.contains(declared) && !config.contains("127.0.0.1"), "{config}");
}

#[test]
fn instead_of_can_lead_from_one_transport_to_another() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    let rule = |base: &str| {
        env.configure_git(&format!("[url \"{base}/\"]\n\tinsteadOf = https://git.example.com/\n"));
    };
    env.declare_repos("https://git.example.com", &["web"]);
    rule(&server.base());
    env.run(&["lock"]);
    rule(env.remotes().to_str().expect("text"));
    env.sync();
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
}

#[test]
fn an_old_server_supplies_what_another_server_left_out() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    let plain = Server::builder(&env).without_protocol_2().start();
    let daemon = crate::daemon::Daemon::start(&env);
    let daemon_base = daemon.url("web").replace("/web.git", "");
    let rule = |base: &str| {
        env.configure_git(&format!("[url \"{base}/\"]\n\tinsteadOf = https://git.example.com/\n"));
    };
    env.declare_repos("https://git.example.com", &["web"]);
    for old in [plain.base(), daemon_base] {
        env.run(&["cache", "clean"]);
        rule(&server.base());
        drop(fs::remove_file(env.project().join("oca.lock.json")));
        env.run(&["lock"]);
        rule(&old);
        env.run(&["export", "../out"]);
        env.run(&["verify", "../out"]);
    }
}

#[test]
fn proxies_are_those_of_git_and_curl() {
    let env = Env::new();
    repository(&env, "web");
    let [plain, secure] = [Server::start(&env), Server::builder(&env).tls().start()];
    let authority = secure.authority().to_str().expect("text").to_owned();
    let upgrade = |base: String, variables: &[(&str, &str)]| {
        env.declare_repos(&base, &["web"]);
        let mut run = env.oca(&["lock", "--upgrade", "-q"]).env("SSL_CERT_FILE", &authority);
        for (name, value) in variables {
            run = run.env(name, value);
        }
        run.success();
    };
    let proxy = Proxy::start();
    let seen = |expected: &str| {
        let lines = proxy.lines();
        assert!(lines.last().is_some_and(|line| line.starts_with(expected)), "{expected}: {lines:?}");
    };
    upgrade(plain.base(), &[("http_proxy", &proxy.url())]);
    seen(&format!("POST {}/web.git/git-upload-pack", plain.base()));
    upgrade(secure.base(), &[("https_proxy", proxy.url().trim_start_matches("http://"))]);
    seen(&format!("CONNECT {}", secure.base().trim_start_matches("https://")));
    let count = proxy.lines().len();
    upgrade(plain.base(), &[("http_proxy", &proxy.url()), ("no_proxy", "127.0.0.1")]);
    upgrade(plain.base(), &[("HTTP_PROXY", &proxy.url()), ("https_proxy", &proxy.url())]);
    assert_eq!(proxy.lines().len(), count);
    env.configure_git(&format!("[http]\n\tproxy = {}\n", proxy.url()));
    upgrade(plain.base_as("localhost"), &[]);
    seen(&format!("POST {}/web.git/git-upload-pack", plain.base_as("localhost")));
    env.configure_git("[http]\n\tproxy =\n");
    let count = proxy.lines().len();
    upgrade(plain.base(), &[("http_proxy", &proxy.url())]);
    assert_eq!(proxy.lines().len(), count);
}

#[test]
fn packs_leave_one_of_eight_connections_to_small_requests() {
    let env = Env::new();
    let names = ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"];
    for name in names {
        repository(&env, name);
    }
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &names);
    env.oca(&["lock", "-q"]).success();
    env.oca(&["cache", "clean", "-q"]).success();
    server.fault("upload-pack fetch", ALWAYS, Fault::Gather(7));
    env.oca(&["sync", "-q"]).success();
    assert_eq!(server.most_gathered(), 7);
}

#[test]
fn an_invalid_proxy_is_reported_at_once() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    let start = std::time::Instant::now();
    env.oca(&["lock"])
        .env("http_proxy", "gopher://nowhere")
        .stderr_contains("caused by: the url of the proxy is not valid or not supported\n")
        .stderr_contains("hint: check git's `http.proxy` and the variables `https_proxy` and `http_proxy`\n")
        .status(3);
    assert!(start.elapsed() < std::time::Duration::from_secs(2));
}

type Limit = fn(Builder) -> Builder;

#[test]
fn old_servers_are_asked_in_their_own_way_without_a_word() {
    let limits: [(&str, Limit); 4] = [
        ("no protocol 2", Builder::without_protocol_2),
        ("no filter", Builder::without_filter),
        ("no exact commits", |server| server.without_protocol_2().without_exact_commits()),
        ("nothing", |server| server.without_protocol_2().without_filter().without_exact_commits()),
    ];
    for (name, limit) in limits {
        let env = Env::new();
        let remote = repository(&env, "web");
        let server = limit(Server::builder(&env)).start();
        env.declare_repos(&server.base(), &["web"]);
        env.oca(&["sync"])
            .stderr("web: locked at 6df21dd409\nweb: checked out at 6df21dd409\n1 repository, 1 changed\n")
            .success();
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
        assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "1\n", "{name}");
        // The pin is no longer the branch's head.
        crate::checkouts::upgrade(&remote, 1);
        std::fs::remove_dir_all(env.cache()).expect("the cache");
        std::fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
        env.run(&["sync", "--locked"]);
        env.assert_checkout("oca/web", &remote.commit_of("18.0~1"));
        env.git("oca/web", &["fetch", "-q"]);
    }
}

#[test]
fn a_commit_without_a_branch_is_found_on_a_server_that_only_sends_branches() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let [old, tip] = ["18.0~1", "18.0"].map(|name| remote.commit_of(name));
    let other = remote.branch("other").file("x", "").commit();
    remote.tag("v1", &old);
    remote.branch("other").file("y", "").commit();
    let server = Server::builder(&env).without_protocol_2().without_filter().without_exact_commits().start();
    for commit in [&tip, &old, &other] {
        env.declare_repos_with(&server.base(), &["web"], &format!("[repos.web]\nrev = \"{commit}\"\n"));
        env.oca(&["sync", "-q"]).success();
        env.assert_checkout("oca/web", commit);
        assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "1\n");
    }
    let gone = "12".repeat(20);
    env.declare_repos_with(&server.base(), &["web"], &format!("[repos.web]\nrev = \"{gone}\"\n"));
    env.oca(&["lock"])
        .stderr_contains(&format!("caused by: commit `{gone}` does not exist on the remote\n"))
        .status(4);
}

#[test]
fn an_old_host_is_asked_once_what_it_can_do() {
    let env = Env::new();
    let names = ["a", "b", "c", "d"];
    names.iter().for_each(|name| drop(repository(&env, name)));
    let server = Server::builder(&env).without_protocol_2().start();
    env.declare_repos(&server.base(), &names);
    env.run(&["lock"]);
    let asks = server.requests();
    let asks = asks
        .iter()
        .filter(|seen| seen.line.starts_with("GET ") && seen.header("git-protocol") == Some("version=2"));
    assert_eq!(asks.count(), 1);
}

#[test]
fn eight_connections_serve_a_host_and_are_kept() {
    let names: Vec<String> = (0..20).map(|number| format!("repo-{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (jobs, most) in [("2", 2), ("32", 8)] {
        let env = Env::new();
        names.iter().for_each(|name| drop(repository(&env, name)));
        let server = Server::start(&env);
        env.declare_repos(&server.base(), &names);
        env.run(&["lock", "-j", jobs]);
        assert!(server.connections() <= most, "{jobs}: {}", server.connections());
        assert_eq!(server.requests().len(), 60);
        let used: BTreeSet<usize> = server.requests().iter().map(|seen| seen.connection).collect();
        assert_eq!(used.len(), server.connections());
        env.run(&["sync", "-j", jobs]);
        assert!(server.connections() <= 2 * most, "{jobs}: {}", server.connections());
    }
}

#[test]
fn a_refusal_costs_no_connection() {
    for status in [403, 404, 410, 500] {
        let env = Env::new();
        let names = ["a", "b", "c", "d"];
        names.iter().for_each(|name| drop(repository(&env, name)));
        let server = Server::start(&env);
        env.declare_repos(&server.base(), &names);
        server.fault("/a.git/", ALWAYS, crate::server::Fault::Status(status));
        server.fault("/c.git/", ALWAYS, crate::server::Fault::Status(status));
        env.oca(&["lock", "-j", "1"]).stderr_contains("error: 2 repositories failed\n").status(3);
        assert_eq!(server.connections(), 1, "{status}");
    }
}

#[test]
fn variables_in_urls_reach_requests_and_not_the_lock() {
    let env = Env::new();
    let commit = repository(&env, "web").commit_of("18.0");
    let server = Server::start(&env);
    env.declare_repos("${MIRROR:-https://git.example.com}", &["web"]);
    env.oca(&["sync", "-q"]).env("MIRROR", server.base()).success();
    env.assert_checkout("oca/web", &commit);
    assert!(env.read("oca.lock.json").contains("${MIRROR:-https://git.example.com}/web.git"));
    assert!(!env.read("oca.lock.json").contains("127.0.0.1"));
    assert_eq!(env.git("oca/web", &["remote", "get-url", "origin"]).trim(), server.url("web"));
    env.declare_repos("${MIRROR}", &["web"]);
    env.oca(&["lock"]).stderr_contains("`MIRROR`").status(2);
}
