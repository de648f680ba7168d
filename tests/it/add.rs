//! `oca add`: repositories and modules into `repos.toml` and the lock, together or not at all.

use std::fs;

use crate::env::Env;
use crate::project::{WEB, repository, short};
use crate::server::Server;

const HEAD: &str = "odoo = \"18.0\"\nbase-url = \"../remotes\"\n";

/// The project as it is, to see that a refused command left it so.
fn files(env: &Env) -> [String; 2] {
    [env.read("repos.toml"), env.read("oca.lock.json")]
}

#[test]
fn a_name_goes_into_the_default_profile_and_the_lock() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    let dms = repository(&env, "dms", &["dms", "dms_field"]);
    env.locked("# ours\n[profiles.standard]\nrepos = [\n  \"web\", # first\n]\n");
    env.oca(&["add", "dms"])
        .stderr(&format!(
            "dms: locked at {}\nadded `dms` to profile `standard`\n2 repositories with 3 modules, 1 changed\n",
            short(&dms.commit_of("18.0"))
        ))
        .success();
    env.assert_file(
        "repos.toml",
        &format!("{HEAD}# ours\n[profiles.standard]\nrepos = [\n  \"web\", # first\n  \"dms\",\n]\n"),
    );
    env.oca(&["lock", "--check"]).success();
    let before = files(&env);
    env.oca(&["add", "dms", "web"])
        .stderr("profile `standard` has `dms` already\nprofile `standard` has `web` already\n")
        .success();
    env.oca(&["add", "dms", "-q", "--format", "json"])
        .stdout("{\n  \"version\": 1,\n  \"changes\": [],\n  \"held\": [],\n  \"settled\": []\n}\n")
        .success();
    assert_eq!(files(&env), before);
}

#[test]
fn a_profile_can_be_named_and_what_it_inherits_is_there() {
    let env = Env::new();
    for name in ["web", "dms", "crm"] {
        repository(&env, name, &[]);
    }
    env.locked(&format!("default-profile = \"standard\"\n{WEB}[profiles.more]\nextends = [\"standard\"]\n"));
    env.oca(&["add", "dms", "crm", "web", "-p", "more"])
        .stderr_contains("profile `more` has `web` already, from profile `standard`\n")
        .stderr_contains("added `dms` to profile `more`\nadded `crm` to profile `more`\n")
        .success();
    assert!(
        env.read("repos.toml").ends_with("extends = [\"standard\"]\nrepos = [\n  \"dms\",\n  \"crm\",\n]\n")
    );
    env.oca(&["add", "dms", "-q"]).env("OCA_PROFILE", "standard").success();
    assert!(env.read("repos.toml").contains("repos = [\"web\", \"dms\"]\n"));
    env.oca(&["add", "dms", "-p", "mroe"])
        .stderr_contains("error: there is no profile `mroe` in `repos.toml`\n")
        .status(2);
}

#[test]
fn a_url_gives_the_name_and_another_url_than_ocas_gets_a_table() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    let acme = repository(&env, "acme-addons", &["acme"]);
    env.locked("[profiles.standard]\nrepos = []\n");
    let url = format!("file://{}", acme.path().display());
    env.oca(&["add", "../remotes/web", &url, "-q"]).success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{HEAD}[profiles.standard]\nrepos = [\n  \"web\",\n  \"acme-addons\",\n]\n\n[repos.acme-addons]\nurl = \"{url}\"\n"
        ),
    );
    env.oca(&["list"]).stdout("web_x  18.0.1.0.0  web\nacme   18.0.1.0.0  acme-addons\n").success();
    let before = files(&env);
    env.oca(&["add", &url]).stderr("profile `standard` has `acme-addons` already\n").success();
    env.oca(&["add", "https://example.com/acme/web.git/"])
        .stderr(
            "error: `web` has the url `../remotes/web.git` in `repos.toml`\n\
             hint: to use another url, edit `url` of `[repos.web]`\n",
        )
        .status(2);
    for (word, why) in [("a/-x", "repository name"), ("ext::sh -c x", "git url"), ("a b", "repository name")]
    {
        env.oca(&["add", "--", word]).stderr_contains(&format!("is not a valid {why}")).status(2);
    }
    assert_eq!(files(&env), before);
}

#[test]
fn a_failure_changes_no_file_and_suggests_a_similar_name() {
    let env = Env::new();
    repository(&env, "web", &[]);
    env.locked(WEB);
    let before = files(&env);
    env.oca(&["add", "sale-worklfow"])
        .stderr(
            "error: cannot fetch `sale-worklfow` from `../remotes/sale-worklfow.git`\n\
             caused by: not found: no git repository at `[TEMP]/remotes/sale-worklfow.git`\n\
             hint: did you mean `sale-workflow`?\n",
        )
        .status(3);
    env.oca(&["add", "dms"])
        .stderr_contains("hint: check the url; `git ls-remote ../remotes/dms.git` should list its branches\n")
        .status(3);
    env.oca(&["add", "Web"])
        .stderr_contains("`web` and `Web` of the same profile differ only by case")
        .status(2);
    let server = Server::start(&env);
    env.edit("repos.toml", "../remotes", &server.base());
    let before = [env.read("repos.toml"), before[1].clone()];
    env.oca(&["add", "dms", "--offline"]).stderr_contains("because oca is offline").status(3);
    assert_eq!(files(&env), before);
}

#[cfg(unix)]
#[test]
fn if_the_lock_cannot_be_written_repos_toml_is_restored() {
    let env = Env::new();
    for name in ["web", "dms"] {
        repository(&env, name, &[]);
    }
    env.locked(WEB);
    let before = env.read("repos.toml");
    // A directory cannot be replaced by a file; a lock that leads there is none.
    fs::remove_file(env.project().join("oca.lock.json")).expect("the lock");
    std::os::unix::fs::symlink("nowhere/oca.lock.json", env.project().join("oca.lock.json")).expect("a link");
    env.oca(&["add", "dms"]).stderr_contains("error: cannot write `").status(2);
    env.assert_file("repos.toml", &before);
}

#[test]
fn a_module_brings_the_repository_that_has_it() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    repository(&env, "dms", &["dms", "dms_field"]);
    env.locked(WEB);
    env.oca(&["add", "--module", "dms_field", "-q"]).success();
    env.assert_file("repos.toml", &format!("{HEAD}[profiles.standard]\nrepos = [\"web\", \"dms\"]\n"));
    env.oca(&["list", "-q"])
        .stdout("web_x      18.0.1.0.0  web\ndms        18.0.1.0.0  dms\ndms_field  18.0.1.0.0  dms\n")
        .success();
    let before = files(&env);
    env.oca(&["add", "--module", "dms"]).stderr("profile `standard` has `dms` already\n").success();
    env.oca(&["add", "--module", "sale"]).stderr("`sale` is Odoo's own\n").success();
    env.oca(&["add", "--module", "dsm"])
        .stderr(
            "error: none of the 230 repositories asked has `dsm` for Odoo 18.0\nhint: did you mean `dms`?\n",
        )
        .status(1);
    assert_eq!(files(&env), before);
}

#[test]
fn if_a_profile_selects_modules_the_module_is_added_to_its_list() {
    let env = Env::new();
    repository(&env, "web", &["web_x", "web_y"]);
    repository(&env, "dms", &["dms", "dms_field"]);
    env.locked(&format!("{WEB}modules = [\"web_x\"]\n"));
    env.oca(&["add", "--module", "dms_field >=1.0", "--module", "web_y", "-q"]).success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{HEAD}[profiles.standard]\nrepos = [\"web\", \"dms\"]\n\
             modules = [\"web_x\", \"web_y\", \"dms_field >=1.0\"]\n"
        ),
    );
    env.oca(&["list"])
        .stdout("web_x      18.0.1.0.0  web\nweb_y      18.0.1.0.0  web\ndms_field  18.0.1.0.0  dms\n")
        .success();
    let before = files(&env);
    env.oca(&["add", "--module", "dms_field"])
        .stderr("profile `standard` has `dms` already\n`dms_field >=1.0` is already requested\n")
        .success();
    env.oca(&["add", "--module", "dms_field >=2.0"])
        .stderr(
            "profile `standard` has `dms` already\n\
             error: `modules` of profile `standard` already has `dms_field >=1.0`\n\
             hint: replace it with `dms_field >=2.0` in `repos.toml`\n",
        )
        .status(2);
    env.oca(&["add", "web", "--module", "web_z"])
        .stderr_contains(
            "error: profile `standard` asks for module `web_z`, but none of its repositories has it\n",
        )
        .status(2);
    assert_eq!(files(&env), before);
}

#[test]
fn a_new_repository_that_is_named_with_a_module_gives_only_that() {
    let env = Env::new();
    repository(&env, "web", &["web_x", "web_y"]);
    repository(&env, "dms", &["dms", "dms_field"]);
    env.locked(WEB);
    env.oca(&["add", "dms", "--module", "dms_field", "-q"]).success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{HEAD}[profiles.standard]\nrepos = [\"web\", \"dms\"]\n\n[repos.dms]\nmodules = [\n  \"dms_field\",\n]\n"
        ),
    );
    env.oca(&["add", "--module", "dms", "-q"]).success();
    assert!(env.read("repos.toml").ends_with("modules = [\n  \"dms_field\",\n  \"dms\",\n]\n"));
    let before = files(&env);
    env.oca(&["add", "web", "--module", "web_x"]).stderr("profile `standard` has `web` already\n").success();
    env.oca(&["add", "web", "--module", "web_z"])
        .stderr(
            "profile `standard` has `web` already\n\
             error: `web` has no module `web_z` at the locked commit\n\
             hint: if the module is new, run `oca lock --upgrade web`; otherwise run `oca find web_z`\n",
        )
        .status(1);
    env.oca(&["add", "web", "--module", "web_x >=1.0"])
        .stderr(
            "profile `standard` has `web` already\n\
             error: `web_x >=1.0` asks for a version, but profile `standard` uses all modules of `web`\n\
             hint: leave out the version, or set `modules` for the profile or the repository\n",
        )
        .status(2);
    env.oca(&["add", "web", "dms", "--module", "x"])
        .stderr(
            "error: `--module` selects modules of one repository, but several are named\n\
             hint: add the other repositories with a second command\n",
        )
        .status(2);
    env.oca(&["add", "--module", "a/b"])
        .stderr_contains("error: invalid value 'a/b' for '--module <MODULE>'")
        .status(2);
    assert_eq!(files(&env), before);
}

#[test]
fn several_owners_are_listed_and_an_old_pin_is_reported() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    for name in ["dms", "crm"] {
        repository(&env, name, &["both"]);
    }
    env.locked(WEB);
    web.branch("18.0").module("web_new", &[]).commit();
    let before = files(&env);
    env.oca(&["add", "--module", "both"])
        .stderr(
            "error: several repositories have `both`: `crm`, `dms`\n\
             hint: choose one: `oca add NAME --module both`\n",
        )
        .status(2);
    env.oca(&["add", "--module", "web_new"])
        .stderr(
            "error: `web` has `web_new` on its branch, but not at the locked commit\n\
             hint: run `oca lock --upgrade web`\n",
        )
        .status(1);
    assert_eq!(files(&env), before);
}

#[test]
fn line_ends_and_the_mark_of_editors_stay() {
    let env = Env::new();
    for name in ["web", "dms"] {
        repository(&env, name, &[]);
    }
    let text = format!("\u{feff}{HEAD}{WEB}").replace('\n', "\r\n");
    env.write("repos.toml", &text);
    env.oca(&["add", "dms", "-q"]).success();
    assert_eq!(env.read("repos.toml"), text.replace("[\"web\"]", "[\"web\", \"dms\"]"));
    env.oca(&["remove", "dms", "-q"]).success();
    assert_eq!(env.read("repos.toml"), text);
}

#[test]
fn two_runs_at_once_lose_no_change() {
    let env = Env::new();
    for name in ["web", "dms", "crm", "hr"] {
        repository(&env, name, &[]);
    }
    env.locked(WEB);
    let runs = ["dms", "crm", "hr"].map(|name| env.oca(&["add", name, "-q"]).spawn());
    runs.into_iter().for_each(crate::run::Running::success);
    env.oca(&["lock", "--check"]).success();
    let text = env.read("repos.toml");
    assert!(["dms", "crm", "hr"].iter().all(|name| text.contains(name)), "{text}");
}
