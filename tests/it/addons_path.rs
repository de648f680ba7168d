//! `oca addons-path`: which entries, in which order, in which form.

use crate::env::Env;
use crate::harness::web;
use crate::project::{WEB, repository};

/// Everything that can be on a path, around the repositories `web` and `dms` of two directories.
const ALL: &str = "\
[addons-path]
before = [\"${ODOO_HOME:-../odoo}/addons\"]
after = [\"/opt/last\"]

[image]
root = \"/mnt/oca\"
before = [\"/usr/odoo/addons\"]
after = [\"/mnt/last\"]

[[local]]
path = \"theirs\"
image = \"/mnt/theirs\"
position = \"after\"

[[local]]
path = \"addons\"
image = \"/mnt/addons\"

[[local]]
path = \"only-here\"

[profiles.standard]
repos = [\"web\", \"dms\"]

[repos.dms]
addons = [\"second\", \".\", \"nothing\"]
";

fn project(env: &Env, declared: &str) {
    for directory in ["theirs", "addons", "only-here"] {
        if declared.contains(&format!("path = \"{directory}\"")) {
            env.own_module(&format!("{directory}/mine"), "{}");
        }
    }
    web(env);
    let dms = repository(env, "dms", &["dms", "second/dms_more"]);
    dms.branch("18.0").file("nothing/README.md", "").commit();
    env.locked(declared);
}

#[test]
fn entries_stand_in_the_order_of_the_contract() {
    let env = Env::new();
    project(&env, ALL);
    env.oca(&["addons-path"])
        .stdout(
            "[TEMP]/odoo/addons,[TEMP]/project/addons,[TEMP]/project/only-here,[TEMP]/project/oca/web,\
             [TEMP]/project/oca/dms/second,[TEMP]/project/oca/dms,[TEMP]/project/theirs,/opt/last\n",
        )
        .success();
    env.oca(&["addons-path"]).env("ODOO_HOME", "/odoo").stdout_contains("/odoo/addons,[TEMP]").success();
}

#[test]
fn an_own_directory_without_modules_is_left_off() {
    let env = Env::new();
    web(&env);
    env.locked(&format!("{WEB}[[local]]\npath = \"addons\"\n"));
    let note = |why: &str| format!("`[TEMP]/project/addons` is not on the path, because {why}\n");
    let path = || env.oca(&["addons-path"]).stdout("[TEMP]/project/oca/web\n");
    path().stderr(&note("there is no such directory")).success();
    env.write("addons/README.md", "");
    path().stderr(&note("it contains no module")).success();
    env.own_module("addons/mine", "{}");
    env.oca(&["addons-path"]).stdout("[TEMP]/project/addons,[TEMP]/project/oca/web\n").success();
}

#[test]
fn the_image_has_places_of_its_own() {
    let env = Env::new();
    project(&env, ALL);
    env.oca(&["addons-path", "--image"])
        .stdout(
            "/usr/odoo/addons,/mnt/addons,/mnt/oca/web,/mnt/oca/dms/second,/mnt/oca/dms,/mnt/theirs,/mnt/last\n",
        )
        .success();
}

#[test]
fn it_needs_neither_checkouts_nor_cache_nor_network() {
    let env = Env::new();
    project(&env, ALL);
    env.remove_remotes();
    std::fs::remove_dir_all(env.cache()).expect("the cache can be removed");
    env.oca(&["addons-path", "--image"]).stdout_contains("/mnt/oca/web,").stderr("").success();
    assert!(!env.cache().exists());
}

#[test]
fn a_repository_without_an_installable_module_is_left_off() {
    let env = Env::new();
    let dms = repository(&env, "dms", &[]);
    web(&env);
    dms.branch("18.0").module("dms", &[("installable", "False")]).commit();
    env.locked("[profiles.standard]\nrepos = [\"dms\", \"web\"]\n");
    env.oca(&["addons-path"]).stdout("[TEMP]/project/oca/web\n").success();
    dms.branch("18.0").module("dms", &[]).commit();
    env.oca(&["lock", "--upgrade", "-q"]).success();
    env.oca(&["addons-path"]).stdout("[TEMP]/project/oca/dms,[TEMP]/project/oca/web\n").success();
}

#[test]
fn each_format_says_the_same() {
    let env = Env::new();
    project(&env, &format!("[image]\nroot = \"/mnt/oca\"\nafter = [\"/mnt/last\"]\n{WEB}"));
    let run = |format| env.oca(&["addons-path", "--image", "--format", format]);
    run("plain").stdout("/mnt/oca/web,/mnt/last\n").success();
    run("env").stdout("ODOO_ADDONS_PATH=/mnt/oca/web,/mnt/last\n").success();
    run("conf").stdout("addons_path = /mnt/oca/web,/mnt/last\n").success();
    run("json")
        .stdout(
            r#"{
  "version": 1,
  "profile": "standard",
  "odoo": "18.0",
  "addons_path": [
    {
      "path": "/mnt/oca/web",
      "kind": "repository",
      "repo": "web"
    },
    {
      "path": "/mnt/last",
      "kind": "after",
      "repo": null
    }
  ]
}
"#,
        )
        .success();
}

#[test]
fn a_profile_has_its_own_repositories_series_and_places() {
    let env = Env::new();
    let remote = web(&env);
    remote.branch("19.0").module("web_x", &[]).commit();
    repository(&env, "dms", &["dms"]);
    env.locked(concat!(
        "default-profile = \"standard\"\n",
        "[profiles.standard]\nrepos = [\"web\"]\n",
        "[profiles.more]\nextends = [\"standard\"]\nrepos = [\"dms\"]\n",
        "[profiles.next]\nextends = [\"standard\"]\nodoo = \"19.0\"\npath = \"oca-19\"\n",
        "image = { root = \"/mnt/oca-19\" }\n",
    ));
    let more = "[TEMP]/project/oca/web,[TEMP]/project/oca/dms\n";
    env.oca(&["addons-path"]).stdout("[TEMP]/project/oca/web\n").success();
    env.oca(&["addons-path", "-p", "more"]).stdout(more).success();
    env.oca(&["addons-path"]).env("OCA_PROFILE", "more").stdout(more).success();
    env.oca(&["addons-path"]).env("OCA_PROFILE", "").stdout("[TEMP]/project/oca/web\n").success();
    env.oca(&["addons-path", "--profile", "next"])
        .env("OCA_PROFILE", "more")
        .stdout("[TEMP]/project/oca-19/web\n")
        .success();
    env.oca(&["addons-path", "-p", "next", "--image"]).stdout("/mnt/oca-19/web\n").success();
    env.oca(&["addons-path", "-p", "nxt"])
        .stderr("error: there is no profile `nxt` in `repos.toml`\nhint: did you mean `next`?\n")
        .status(2);
}

#[test]
fn all_profiles_is_refused_for_one_path() {
    let env = Env::new();
    project(&env, WEB);
    for command in ["addons-path", "requirements", "list"] {
        env.oca(&[command, "--all-profiles"])
            .stderr(
                "error: this command works on one profile, so it does not accept `--all-profiles`\n\
                 hint: choose one with `--profile`\n",
            )
            .status(2);
    }
}

#[test]
fn settings_of_this_machine_do_not_change_the_path_of_the_image() {
    let env = Env::new();
    project(&env, ALL);
    let image = env.oca(&["addons-path", "--image"]).output().stdout;
    assert!(image.contains("/mnt/oca/web,"), "{image}");
    env.write("repos.local.toml", "skip = [\"dms\"]\n[addons-path]\nbefore = [\"/mine\"]\n");
    env.oca(&["addons-path"])
        .stdout(
            "/mine,[TEMP]/project/addons,[TEMP]/project/only-here,[TEMP]/project/oca/web,\
             [TEMP]/project/theirs,/opt/last\n",
        )
        .success();
    env.oca(&["addons-path", "--image"]).stdout(&image).success();
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_variable_is_needed_only_if_its_value_is_printed() {
    let env = Env::new();
    web(&env);
    env.locked(&format!(
        "path = \"oca${{SUFFIX}}\"\n[addons-path]\nbefore = [\"${{ODOO}}/addons\"]\n[image]\nafter = [\"/mnt${{THERE}}\"]\n{WEB}"
    ));
    env.oca(&["addons-path"])
        .stderr(
            "error: the variable `ODOO` is not set, and `${ODOO}/addons` needs it\n\
             hint: set `ODOO`, or write a default: `${ODOO:-…}`\n",
        )
        .status(2);
    env.oca(&["addons-path"])
        .env("ODOO", "/odoo")
        .env("SUFFIX", "-18")
        .stdout("/odoo/addons,[TEMP]/project/oca-18/web\n")
        .success();
    env.oca(&["addons-path", "--image"]).env("THERE", "/x").stdout("/mnt/oca-addons/web,/mnt/x\n").success();
    env.oca(&["list"]).stdout("web_x  18.0.1.0.0  web\n").success();
    env.oca(&["requirements"]).stdout_contains("# Written by").success();
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn an_entry_with_a_comma_is_refused_wherever_it_comes_from() {
    let env = Env::new();
    web(&env);
    env.locked(&format!("path = \"${{PLACE:-oca}}\"\n[addons-path]\nafter = [\"${{LAST:-last}}\"]\n{WEB}"));
    env.oca(&["addons-path"])
        .env("LAST", "a,b")
        .stderr(
            "error: `${LAST:-last}` expands to `a,b`, and Odoo does not support a comma in an addons path\n\
             hint: use a path without a comma\n",
        )
        .status(2);
    let held = |path: &str| {
        format!(
            "error: `{path}` contains a comma, which Odoo does not support in an addons path\n\
             hint: move it to a path without such characters\n"
        )
    };
    env.oca(&["addons-path"]).env("PLACE", "a,b").stderr(&held("[TEMP]/project/a,b/web")).status(2);

    let there = env.root().join("a,b");
    std::fs::rename(env.project(), &there).expect("the project can be moved");
    env.oca(&["addons-path"]).current_dir(&there).stderr(&held("[TEMP]/a,b/oca/web")).status(2);
    env.oca(&["addons-path", "--image"]).current_dir(&there).stdout("/mnt/oca-addons/web\n").success();
}
