//! A password in a url is shown nowhere, whatever else is wrong with the url.

use crate::env::Env;

/// Each holds a password, and none leads to a repository.
const URLS: [&str; 14] = [
    "https://host/x?token=SECRET",
    "https://host/x.git?a=b&private_token=SECRET#c",
    "//me:SECRET/x@host",
    "//me:SECRET@host/x",
    "/me:SECRET@host/x",
    "../me:SECRET@host/x",
    "file://me:SECRET@host/x",
    "file:///me:SECRET@host/x.git/..",
    "https://me:SECRET@",
    "https://me:SECRET@[::1/x",
    "https:/me:SECRET@host/x",
    "ext::me:SECRET@host",
    "me:SECRET@host:x",
    "//me:SECRET@",
];

#[track_caller]
fn assert_hidden(env: &Env, args: &[&str], url: &str) {
    let output = env.oca(args).output();
    assert_ne!(output.code, Some(0), "{url}: {args:?}\n{output}");
    assert!(!output.to_string().contains("SECRET"), "{url}: {args:?}\n{output}");
}

#[test]
fn a_password_in_repos_toml_is_not_shown() {
    for url in URLS {
        let env = Env::new();
        for table in [
            format!("requirements.override = ['x @ {url}', 'x @ {url}', '{url}']\n"),
            format!("[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nurl = '{url}'\n"),
            format!("base-url = '{url}'\n[profiles.standard]\nrepos = [\"web\"]\n"),
        ] {
            env.write("repos.toml", format!("odoo = \"18.0\"\n{table}"));
            for command in [&["lock"][..], &["sync", "-v"], &["add", "crm"]] {
                assert_hidden(&env, command, url);
            }
        }
    }
}

#[test]
fn a_password_on_the_command_line_is_not_shown() {
    let env = Env::new();
    env.declare("[profiles.standard]\nrepos = []\n");
    for url in URLS {
        for command in [&["add", url][..], &["lock", url], &["lock", "--upgrade", url], &["remove", url]] {
            assert_hidden(&env, command, url);
        }
        // These are refused before a command begins.
        for command in [&["add", "--module", url][..], &["list", url], &["init", "--odoo", url], &[url]] {
            assert_hidden(&env, command, url);
        }
        let pin = format!("{url}@{}", "1".repeat(40));
        assert_hidden(&env, &["lock", &pin], url);
    }
}

#[test]
fn a_remote_that_is_damaged_is_named_without_its_password() {
    let env = Env::new();
    let path = "me:SECRET@host/web";
    env.git("", &["init", "-q", "--bare", &format!("../{path}")]);
    let url = env.root().join(path).to_string_lossy().into_owned();
    env.declare(&format!("[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nurl = '{url}'\n"));
    for damage in ["rm -r ../me*/web/objects", "rm ../me*/web/HEAD", "mkdir ../me:SECRET@host/web/HEAD"] {
        assert_hidden(&env, &["lock"], &url);
        env.shell(damage);
        assert_hidden(&env, &["lock"], &url);
    }
}

#[test]
fn a_token_in_a_requirement_is_not_shown() {
    for name in ["httpx", "requests", "httplib2"] {
        let env = Env::new();
        let web = crate::remote::Remote::new(&env, "web");
        let line =
            format!("{name} @ https://host/x.whl?token=SECRET ; bad\n--index-url https://me:SECRET@host/x\n");
        web.branch("18.0").module("web_x", &[]).file("requirements.txt", line).commit();
        env.declare("[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nurl = \"../remotes/web.git\"\n");
        env.run(&["lock"]);
        assert_hidden(&env, &["requirements"], name);
    }
}

/// A url that is wrong in some way can be one that oca uses.
#[cfg(unix)]
#[test]
fn a_password_is_not_written_into_the_cache() {
    for url in URLS.iter().chain(&["https//me:SECRET@127.0.0.1/x", "m:SECRET@127.0.0.1"]) {
        let env = Env::new();
        env.write(
            "repos.toml",
            format!("odoo = \"18.0\"\n[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nurl = '{url}'\n"),
        );
        env.oca(&["lock"]).env("GIT_SSH_COMMAND", "false").output();
        let found = env.command("grep").args(["-r", "SECRET"]).arg(env.cache()).output().expect("grep");
        assert!(found.stdout.is_empty(), "{url}: {}", String::from_utf8_lossy(&found.stdout));
        let names = env.command("find").arg(env.cache()).output().expect("find");
        assert!(!String::from_utf8_lossy(&names.stdout).contains("SECRET"), "{url}");
    }
}
