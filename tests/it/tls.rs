//! git's settings for https and for http in general: certificates, wildcards, and what is not supported.

use std::fs;

use crate::checkouts::repository;
use crate::env::Env;
use crate::server::{Certificates, Server};

fn served(env: &Env, certificates: Certificates) -> Server {
    repository(env, "web");
    let server = Server::builder(env).certificates(certificates).start();
    env.declare_repos(&server.base_as("localhost"), &["web"]);
    server
}

#[test]
fn authorities_are_found_below_the_home_and_in_a_directory() {
    let env = Env::new();
    let server = served(&env, Certificates::Signed);
    fs::copy(server.authority(), env.home().join("ca.pem")).expect("a copy");
    env.configure_git("[http]\n\tsslCAInfo = ~/ca.pem\n");
    env.oca(&["lock", "-q"]).success();
    fs::create_dir(env.home().join("authorities")).expect("a directory");
    env.configure_git("[http]\n\tsslCAPath = ~/authorities\n");
    env.oca(&["lock", "--upgrade"]).stderr_contains("certificate is not trusted").status(3);
    fs::copy(server.authority(), env.home().join("authorities/5ed36f99.0")).expect("a copy");
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.configure_git("");
    let variable = env.oca(&["lock", "-q", "--upgrade"]);
    variable.env("GIT_SSL_CAPATH", env.home().join("authorities")).success();
    for (value, why) in [
        ("sslCAInfo = ~/nowhere.pem", "/nowhere.pem`, set by `http.sslCAInfo`: No such file or directory"),
        ("sslCAInfo = ~you/ca.pem", "`~you/ca.pem`, set by `http.sslCAInfo`: oca does not know the home"),
        ("sslCAPath = ~/nowhere", "/nowhere`, set by `http.sslCAPath`: No such file or directory"),
        ("sslCAInfo = ~/.gitconfig", "/.gitconfig`, set by `http.sslCAInfo`: it has no certificate\n"),
        ("sslCert = ~/nowhere.pem", "/nowhere.pem`, set by `http.sslCert`: No such file or directory"),
        ("sslCert = ~/ca.pem", "/ca.pem`, set by `http.sslCert`: it has no private key\n"),
    ] {
        env.configure_git(&format!("[http]\n\t{value}\n"));
        env.oca(&["lock", "--upgrade"]).stderr_contains(why).status(2);
    }
}

#[test]
fn a_certificate_that_nobody_else_signed_is_trusted_if_it_is_named() {
    let env = Env::new();
    let server = served(&env, Certificates::SelfSigned);
    env.oca(&["lock"]).stderr_contains("certificate is not trusted").status(3);
    let authority = server.authority().display().to_string();
    env.configure_git(&format!("[http]\n\tsslCAInfo = {authority}\n"));
    env.oca(&["lock", "-q"]).success();
    // Its name still counts.
    let server = served(&env, Certificates::SelfSignedForAnother);
    let authority = server.authority().display().to_string();
    env.configure_git(&format!("[http]\n\tsslCAInfo = {authority}\n"));
    env.oca(&["lock", "--upgrade"]).stderr_contains("certificate is not trusted: ").status(3);
    // Another certificate that nobody signed is not trusted.
    let other = Env::new();
    let server = served(&other, Certificates::SelfSigned);
    env.declare_repos(&server.base_as("localhost"), &["web"]);
    env.oca(&["lock", "--upgrade"]).stderr_contains("certificate is not trusted").status(3);
}

#[test]
fn verification_can_be_switched_off_by_a_variable() {
    let env = Env::new();
    let _server = served(&env, Certificates::Signed);
    env.oca(&["lock", "-q"]).env("GIT_SSL_NO_VERIFY", "1").success();
}

#[test]
fn a_certificate_of_the_client_is_shown() {
    let env = Env::new();
    let server = served(&env, Certificates::OfClients);
    let (certificate, key) = server.client();
    fs::write(env.home().join("client.pem"), certificate).expect("a file");
    fs::write(env.home().join("client.key"), key).expect("a file");
    fs::write(env.home().join("both.pem"), format!("{certificate}{key}")).expect("a file");
    let trusted = format!("[http]\n\tsslCAInfo = {}\n", server.authority().display());
    env.configure_git(&trusted);
    env.oca(&["lock"]).stderr_contains("error: cannot fetch `web`").status(3);
    env.configure_git(&format!("{trusted}\tsslCert = ~/client.pem\n\tsslKey = ~/client.key\n"));
    env.oca(&["lock", "-q"]).success();
    env.configure_git(&trusted);
    let run = env.oca(&["lock", "-q", "--upgrade"]);
    run.env("GIT_SSL_CERT", env.home().join("both.pem")).success();
    // A key of another certificate.
    let other = Env::new();
    let (_, key) = served(&other, Certificates::OfClients).client().clone();
    fs::write(env.home().join("client.key"), key).expect("a file");
    env.configure_git(&format!("{trusted}\tsslCert = ~/client.pem\n\tsslKey = ~/client.key\n"));
    env.oca(&["lock", "--upgrade"]).stderr_contains("client.pem`, set by `http.sslCert`: ").status(2);
}

#[test]
fn a_url_of_the_configuration_may_have_a_wildcard_in_its_host() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::builder(&env).basic("odo", "s3cret").start();
    env.declare_repos(&server.base(), &["web"]);
    let pattern = server.base().replace("127.0.0.1", "127.0.*.1");
    env.configure_git(&format!(
        "[http \"{pattern}/\"]\n\textraHeader = \"Authorization: Basic b2RvOnMzY3JldA==\"\n"
    ));
    env.oca(&["lock", "-q"]).success();
    env.configure_git(&format!("[http \"{pattern}/\"]\n\textraHeader = \"Authorization: Basic no\"\n"));
    env.oca(&["lock", "--upgrade"])
        .stderr_contains("not authorised; tried git's `http.extraHeader`\n")
        .status(3);
}

#[test]
fn a_network_of_no_proxy_is_reached_directly() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    // Nothing listens there.
    let run = |list: &str| {
        env.oca(&["lock", "-q", "--upgrade"]).env("http_proxy", "http://127.0.0.1:1").env("no_proxy", list)
    };
    run("127.0.0.0/8").success();
    run("10.0.0.0/8").stderr_contains("the connection failed").status(3);
}

#[test]
fn settings_that_are_not_supported_are_named() {
    let env = Env::new();
    let server = served(&env, Certificates::Signed);
    let trusted = format!("[http]\n\tsslCAInfo = {}\n", server.authority().display());
    env.configure_git(&format!("{trusted}\tcookieFile = ~/cookies\n\tsslVersion = tlsv1.2\n"));
    env.oca(&["lock"])
        .env("GIT_SSL_CIPHER_LIST", "x")
        .stderr_contains("warning: oca does not follow `GIT_SSL_CIPHER_LIST`\n")
        .stderr_contains("warning: oca does not follow git's `http.cookieFile`\n")
        .success();
    env.configure_git(&format!("{trusted}\tpinnedPubkey = sha256//x\n"));
    env.oca(&["lock", "--upgrade"])
        .stderr_contains("caused by: git's `http.pinnedPubkey` is set, and oca does not support it\n")
        .status(2);
    env.configure_git(&format!("{trusted}\tfollowRedirects = false\n"));
    server.redirect("/old.git/", 301, "/web.git/");
    env.declare_repos(&server.base_as("localhost"), &["old"]);
    env.oca(&["lock", "--upgrade"]).stderr_contains("refused to follow a redirect from ").status(3);
}
