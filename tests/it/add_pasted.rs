//! What people paste or type in place of a name or a url.

use crate::daemon::Daemon;
use crate::env::Env;
use crate::project::repository;

/// A project whose repositories are on a forge of its own.
fn forge(env: &Env) {
    for name in ["OCA/web", "acme/tools"] {
        repository(env, name, &[&name.replace('/', "_").to_lowercase()]);
    }
    let base = env.root().join("remotes").display().to_string();
    env.configure_git(&format!("[url \"{base}/\"]\n\tinsteadOf = https://github.com/\n"));
    env.write("repos.toml", "odoo = \"18.0\"\n[profiles.standard]\nrepos = []\n");
    env.lock();
}

#[test]
fn addresses_of_pages_and_short_names_are_understood() {
    for word in [
        "https://github.com/OCA/web",
        "https://github.com/OCA/web/",
        "https://github.com/OCA/web/tree/18.0",
        "https://github.com/OCA/web/issues?q=is%3Aopen",
        "github.com/OCA/web",
        "OCA/web",
        "oca/web",
        "https://github.com/OCA/web.git",
    ] {
        let env = Env::new();
        forge(&env);
        env.oca(&["add", word]).stderr_contains("added `web` to profile `standard`\n").success();
        assert_eq!(
            env.read("repos.toml"),
            "odoo = \"18.0\"\n[profiles.standard]\nrepos = [\n  \"web\",\n]\n",
            "{word}"
        );
    }
}

#[test]
fn another_organisation_gives_a_url_and_another_branch_a_branch() {
    let env = Env::new();
    forge(&env);
    env.oca(&["add", "acme/tools", "-q"]).success();
    assert!(env.read("repos.toml").contains("[repos.tools]\nurl = \"https://github.com/acme/tools.git\"\n"));
    env.git("../remotes/OCA/web.git", &["branch", "18.0-mig", "18.0"]);
    env.oca(&["add", "https://github.com/OCA/web/tree/18.0-mig", "-q"]).success();
    assert!(env.read("repos.toml").contains("[repos.web]\nbranch = \"18.0-mig\"\n"));
}

#[test]
fn the_address_of_a_module_selects_it() {
    let env = Env::new();
    forge(&env);
    env.oca(&["add", "https://github.com/OCA/web/tree/18.0/oca_web", "-q"]).success();
    assert!(env.read("repos.toml").contains("[repos.web]\nmodules = [\n  \"oca_web\",\n]\n"));
}

#[test]
fn addresses_that_are_no_repository_are_answered() {
    let env = Env::new();
    forge(&env);
    let commit = "1".repeat(40);
    env.oca(&["add", &format!("https://github.com/OCA/web/commit/{commit}")])
        .stderr(&format!(
            "error: this is the address of a commit of `web`\n\
             hint: run `oca add web`, then `oca lock web@{commit}`\n"
        ))
        .status(2);
}

#[test]
fn a_module_that_is_given_as_a_repository_is_told() {
    let env = Env::new();
    repository(&env, "web", &["web_responsive"]);
    env.locked("[profiles.standard]\nrepos = []\n");
    env.oca(&["add", "web_responsive"])
        .stderr_contains(
            "error: `web_responsive` is a module of `web`, not a repository\n\
             hint: run `oca add --module web_responsive`\n",
        )
        .status(2);
}

/// Over ssh and `git://`, a server says in words that a repository does not exist.
#[test]
fn a_module_that_is_given_as_a_repository_is_told_over_other_transports() {
    let env = Env::new();
    let daemon = Daemon::start(&env);
    repository(&env, "web", &["web_responsive"]);
    let base = daemon.url("");
    let base = base.trim_end_matches("/.git");
    env.write(
        "repos.toml",
        format!("odoo = \"18.0\"\nbase-url = \"{base}\"\n[profiles.standard]\nrepos = []\n"),
    );
    env.lock();
    env.oca(&["add", "web_responsive"])
        .stderr_contains("hint: run `oca add --module web_responsive`\n")
        .status(2);
}
