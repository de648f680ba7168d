//! `oca init --from`: where the checkouts of `[core]` are, and what each tool says about them.

use crate::env::Env;
use crate::import_core::{WEB, core, entry, imported, superproject};
use crate::odoo_itself::odoo_at;
use crate::project::repository;

#[test]
fn doodba_has_odoo_among_its_sources_and_nothing_is_on_the_path_twice() {
    let env = Env::new();
    env.stand_in_for_github();
    odoo_at(&env, "OCA/OCB");
    repository(&env, "OCA/web", &["web_x"]);
    env.write(".env", "ODOO_VERSION=18.0\n");
    env.write(
        "odoo/custom/src/repos.yaml",
        "odoo:\n  defaults: {depth: $DEPTH_DEFAULT}\n  remotes: {ocb: https://github.com/OCA/OCB.git}\n  target: ocb \
         $ODOO_VERSION\n  merges: [ocb $ODOO_VERSION]\n",
    );
    env.write("odoo/custom/src/addons.yaml", "web: ['*']\nodoo/addons: ['*']\nodoo/odoo/addons: ['*']\n");
    env.oca(&["init", "-q", "--from", "."]).success();
    env.assert_new_config(
        "odoo = \"18.0\"\n\n[core]\nurl = \"https://github.com/OCA/OCB.git\"\n\
         path = \"odoo/custom/src/odoo\"\n\n[profiles.standard]\nrepos = [\n  \"web\",\n]\n",
    );
    env.oca(&["sync", "-q"]).success();
    env.oca(&["sync", "--prune"]).stderr("2 repositories up to date\n").success();
    env.oca(&["addons-path"])
        .stdout(
            "[TEMP]/project/odoo/custom/src/odoo/addons,[TEMP]/project/odoo/custom/src/odoo/odoo/addons,\
             [TEMP]/project/oca/web\n",
        )
        .success();
    // The variable of doodba declares Odoo, too. More directories of it are kept.
    let env = Env::new();
    env.write(
        "addons.yaml",
        "ENV: {DEFAULT_REPO_PATTERN_ODOO: 'https://github.com/acme/{}.git'}\nweb: ['*']\nodoo/extra: ['*']\n",
    );
    env.oca(&["init", "-q", "--odoo", "18.0", "--from", "addons.yaml"]).success();
    assert_eq!(
        core(&env.read("repos.toml")),
        "[core]\nurl = \"https://github.com/acme/odoo.git\"\naddons = [\"addons\", \"odoo/addons\", \"extra\"]\n"
    );
}

#[test]
fn a_checkout_that_cannot_stay_gets_another_directory() {
    let env = Env::new();
    env.write("odoo/Dockerfile", "FROM debian\n");
    env.own_module("addons/mine", "{}");
    env.write("repos.yaml", entry("../odoo", "https://github.com/odoo/odoo", "o 18.0") + WEB);
    env.oca(&["init", "--from", "repos.yaml"])
        .stderr_contains("the checkout of `odoo` will be in `odoo-2`, not in `[TEMP]/odoo`\n")
        .success();
    let text = env.read("repos.toml");
    assert_eq!(text.matches("before").count(), 0, "{text}");
    assert!(
        text.contains("[core]\npath = \"odoo-2\"\n\n# The container. Odoo itself is in `core`.\n"),
        "{text}"
    );
    // The checkouts of modules leave the directory of Odoo.
    let (text, said) = imported(
        &(entry("odoo", "https://github.com/odoo/odoo", "o 18.0") + &WEB.replace("oca/web", "odoo/oca/web")),
        0,
    );
    assert!(!text.contains("path"), "{text}");
    assert!(said.contains("the checkout of `web` will be in `oca`, not in `odoo/oca`\n"), "{said}");
}

#[test]
fn parts_of_odoo_in_one_another_and_beside_own_modules_are_told_apart() {
    let env = Env::new();
    env.own_module("mine", "{'version': '18.0.1.0.0'}");
    let text = entry("odoo", "https://github.com/odoo/odoo", "o 18.0")
        + &entry("odoo/enterprise", "https://github.com/odoo/enterprise", "o 18.0");
    env.write("repos.yaml", text + WEB);
    env.oca(&["init", "--from", "repos.yaml"])
        .stderr_contains("the checkout of `enterprise` will be in `enterprise`, not in `odoo/enterprise`\n")
        .success();
    let text = env.read("repos.toml");
    assert!(text.contains("[core]\nenterprise = \"https://github.com/odoo/enterprise\"\n"), "{text}");
    assert!(text.contains("[[local]]\npath = \".\"\n"), "{text}");
}

#[test]
fn the_merges_of_a_submodule_are_told() {
    let env = Env::new();
    let odoo = odoo_at(&env, "odoo/odoo");
    let commit = odoo.commit_of("18.0");
    superproject(&env, &[("odoo/src", "https://github.com/odoo/odoo")]);
    env.write(
        "odoo/pending-merges.d/odoo.yml",
        entry("../src", "https://github.com/odoo/odoo", "o 18.0, o refs/pull/7/head"),
    );
    env.oca(&["init", "--from", "."])
        .stderr_contains("`odoo/src` has pending merges: oca keeps the commit of its gitlink as `rev`")
        .success();
    assert_eq!(core(&env.read("repos.toml")), format!("[core]\nrev = \"{commit}\"\npath = \"odoo/src\"\n"));
    assert_eq!(env.locked_commit("odoo"), commit);
}

#[test]
fn without_a_version_the_default_branch_of_odoo_is_meant() {
    let env = Env::new();
    env.stand_in_for_github();
    let odoo = odoo_at(&env, "odoo/odoo");
    odoo.branch("main").from(&odoo.commit_of("18.0")).module("addons/crm", &[]).commit();
    std::fs::write(odoo.path().join("HEAD"), "ref: refs/heads/main\n").expect("a file");
    env.write("x.repos", "repositories:\n  odoo: {type: git, url: https://github.com/odoo/odoo}\n");
    env.oca(&["init", "-q", "--odoo", "18.0", "--from", "x.repos"]).success();
    assert_eq!(core(&env.read("repos.toml")), "[core]\nbranch = \"main\"\n");
}

#[test]
fn core_is_exported_to_other_tools() {
    let env = Env::new();
    env.stand_in_for_github();
    let odoo = odoo_at(&env, "odoo/odoo").commit_of("18.0");
    repository(&env, "odoo/enterprise", &["web_enterprise"]);
    env.write(
        "repos.toml",
        "odoo = \"18.0\"\n[core]\npath = \"src\"\nenterprise = {}\n[profiles.standard]\n",
    );
    env.lock();
    env.oca(&["export", "--gitmodules"])
        .stdout_contains("[submodule \"src\"]\n\tpath = src\n\turl = https://github.com/odoo/odoo.git\n")
        .stderr_contains(&format!("git update-index --add --cacheinfo 160000,{odoo},src\n"))
        .success();
    let shown = env.oca(&["export", "--repos-yaml"]).output().to_string();
    assert!(shown.contains("src:") && shown.contains("enterprise:") && shown.contains(&odoo), "{shown}");
}
