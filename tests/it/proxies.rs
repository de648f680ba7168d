//! Proxies that are asked over TLS, and SOCKS.

use std::fs;

use crate::checkouts::repository;
use crate::env::Env;
use crate::proxy::Proxy;
use crate::server::{Certificates, Made, Server, certificates};

/// A proxy with these certificates and their files, and a project whose server is reached through it.
fn behind_proxy(env: &Env, kind: Certificates) -> (Server, Proxy) {
    let Made { trusted, client: (certificate, key), config } = certificates(kind);
    for (name, text) in [("proxy.pem", trusted), ("client.pem", certificate), ("client.key", key)] {
        fs::write(env.home().join(name), text).expect("a file");
    }
    repository(env, "web");
    let server = Server::builder(env).tls().start();
    env.declare_repos(&server.base(), &["web"]);
    (server, Proxy::secure(config))
}

#[test]
fn a_proxy_is_verified_with_settings_of_its_own() {
    let env = Env::new();
    let (server, proxy) = behind_proxy(&env, Certificates::Signed);
    let server_only = format!("[http]\n\tsslCAInfo = {}\n", server.authority().display());
    let lock = |settings: &str| {
        env.configure_git(&format!("{settings}\tproxy = {}\n", proxy.url()));
        env.oca(&["lock", "-q", "--upgrade"])
    };
    for settings in [&*server_only, "[http]\n\tsslVerify = false\n", "[http]\n\tsslCAInfo = ~/proxy.pem\n"] {
        lock(settings)
            .stderr_contains("caused by: the proxy's certificate is not trusted: ")
            .stderr_contains("hint: set git's `http.proxySSLCAInfo` or ")
            .status(3);
    }
    assert_eq!(proxy.lines(), [""; 0]);
    lock(&server_only).env("GIT_PROXY_SSL_CAINFO", env.home().join("proxy.pem")).success();
    lock(&format!("{server_only}\tproxySSLCAInfo = ~/proxy.pem\n")).success();
    lock("[http]\n\tproxySSLCAInfo = ~/proxy.pem\n")
        .stderr_contains("caused by: the server's certificate is not trusted: ")
        .status(3);
    let target = server.base().replace("https://", "CONNECT ");
    assert!(
        !proxy.lines().is_empty() && proxy.lines().iter().all(|line| *line == target),
        "{:?}",
        proxy.lines()
    );
}

#[test]
fn a_proxy_is_shown_its_own_certificate_only() {
    let env = Env::new();
    let (server, proxy) = behind_proxy(&env, Certificates::OfClients);
    let trusted = format!(
        "[http]\n\tsslCAInfo = {}\n\tproxySSLCAInfo = ~/proxy.pem\n\tproxy = {}\n",
        server.authority().display(),
        proxy.url()
    );
    env.configure_git(&format!("{trusted}\tsslCert = ~/client.pem\n\tsslKey = ~/client.key\n"));
    env.oca(&["lock"]).stderr_contains("error: cannot fetch `web`").status(3);
    env.configure_git(&format!("{trusted}\tproxySSLCert = ~/client.pem\n\tproxySSLKey = ~/client.key\n"));
    env.oca(&["lock", "-q"]).success();
    env.configure_git(&format!("{trusted}\tproxySSLCert = ~/client.pem\n\tproxySSLKey = ~/nowhere.key\n"));
    let missing = env.oca(&["lock", "--upgrade"]);
    missing.stderr_contains("/nowhere.key`, set by `http.proxySSLKey`: No such file or directory").status(2);
}

#[test]
fn socks_leaves_the_lookup_of_names_to_the_proxy_or_not() {
    for (scheme, by_proxy) in [("socks5", false), ("socks5h", true), ("socks4", false), ("socks4a", true)] {
        for is_secure in [false, true] {
            let env = Env::new();
            repository(&env, "web");
            let server = Server::builder(&env);
            let server = if is_secure { server.tls().start() } else { server.start() };
            env.declare_repos(&server.base_as("localhost"), &["web"]);
            let proxy = Proxy::socks(scheme);
            let authority = if is_secure { server.authority().display().to_string() } else { String::new() };
            env.configure_git(&format!("[http]\n\tsslCAInfo = {authority}\n\tproxy = {}\n", proxy.url()));
            env.oca(&["lock", "-q"]).success();
            let lines = proxy.lines();
            let is_as_expected = |host: &String| (host == "localhost") == by_proxy;
            assert!(!lines.is_empty() && lines.iter().all(is_as_expected), "{scheme}: {lines:?}");
        }
    }
}

#[test]
fn a_name_without_an_address_is_an_error_before_socks_is_asked() {
    let env = Env::new();
    env.declare_repos("http://nowhere.invalid", &["web"]);
    let proxy = Proxy::socks("socks5");
    env.configure_git(&format!("[http]\n\tproxy = {}\n", proxy.url()));
    env.oca(&["lock"]).stderr_contains("caused by: the connection failed: failed to lookup").status(3);
    assert_eq!(proxy.lines(), [""; 0]);
}
