//! Selections of single modules: `oca add` and `oca remove` keep them whole, and `oca export` refuses what lacks modules.

use crate::env::Env;
use crate::project::modules_repository;

const HEAD: &str = "odoo = \"18.0\"\nbase-url = \"../remotes\"\n";

/// `sale_x` of `sale-workflow` needs `queue_job` of `queue`, which needs `base_y` of `server-tools`; nobody needs `dms`.
fn repositories(env: &Env) {
    modules_repository(env, "sale-workflow", &[("sale_x", "sale queue_job"), ("sale_z", "base")]);
    modules_repository(env, "queue", &[("queue_job", "base_y"), ("queue_z", "base")]);
    modules_repository(env, "server-tools", &[("base_y", "base")]);
    modules_repository(env, "dms", &[("dms", "base")]);
}

#[test]
fn a_module_brings_the_repositories_of_its_dependencies() {
    let env = Env::new();
    repositories(&env);
    env.locked("[profiles.standard]\nrepos = []\n");
    env.oca(&["add", "--module", "sale_x"])
        .stderr_contains(
            "added `sale-workflow` to profile `standard`\n\
             added `sale_x` to the modules of profile `standard`\n\
             added `queue` to profile `standard`: `sale_x` needs its `queue_job`\n\
             added `server-tools` to profile `standard`: `queue_job` needs its `base_y`\n\
             profile `standard`: 3 modules selected\n",
        )
        .success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{HEAD}[profiles.standard]\nrepos = [\n  \"sale-workflow\",\n  \"queue\",\n  \"server-tools\",\n]\n\
             modules = [\n  \"sale_x\",\n]\n"
        ),
    );
    env.oca(&["lock", "--check", "-q"]).success();
    env.oca(&["export", "-q", "../out"]).success();
}

#[test]
fn in_a_profile_of_whole_repositories_whole_repositories_come() {
    let env = Env::new();
    repositories(&env);
    env.locked("[profiles.standard]\nrepos = [\"dms\"]\n");
    env.oca(&["add", "--module", "sale_x", "-q"]).success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{HEAD}[profiles.standard]\nrepos = [\"dms\", \"sale-workflow\", \"queue\", \"server-tools\"]\n"
        ),
    );
}

#[test]
fn where_repositories_are_taken_in_part_so_are_the_new_ones() {
    let env = Env::new();
    repositories(&env);
    env.locked("[profiles.standard]\nrepos = []\n");
    env.oca(&["add", "sale-workflow", "--module", "sale_x", "-q"]).success();
    let text = env.read("repos.toml");
    assert!(text.contains("[repos.sale-workflow]\nmodules = [\n  \"sale_x\",\n]\n"), "{text}");
    assert!(text.contains("[repos.queue]\nmodules = [\n  \"queue_job\",\n]\n"), "{text}");
    env.oca(&["list"])
        .stdout(
            "sale_x     18.0.1.0.0  sale-workflow\nqueue_job  18.0.1.0.0  queue\nbase_y     18.0.1.0.0  server-tools\n",
        )
        .success();
}

#[test]
fn a_selection_that_lacks_modules_is_told_at_once_and_not_exported() {
    let env = Env::new();
    repositories(&env);
    env.locked("[profiles.standard]\nrepos = []\n");
    let lacks = "module `queue_job` does not exist, but `sale_x` of `sale-workflow` needs it\n\
                 hint: `queue` has it: run `oca add queue`\n";
    env.oca(&["add", "--module", "sale_x", "--no-deps"])
        .stderr_contains(&format!("1 repository with 2 modules, 1 changed\nwarning: {lacks}"))
        .success();
    env.oca(&["lock"]).stderr_contains(&format!("nothing changed\nwarning: {lacks}")).success();
    env.oca(&["list"]).stdout("sale_x  18.0.1.0.0  sale-workflow  lacks `queue_job`\n").success();
    env.oca(&["export", "../out"])
        .stderr(&format!(
            "error: {lacks}\
             error: the selection of profile `standard` lacks 1 module\n\
             hint: if something else in the image has them, put their names into `ignore` of `[check]`\n"
        ))
        .status(1);
    assert!(!env.root().join("out").exists());
    env.oca(&["add", "queue"])
        .stderr_contains(
            "warning: module `base_y` does not exist, but `queue_job` of `queue` needs it\n\
             hint: `server-tools` has it: run `oca add server-tools`\n",
        )
        .success();
    env.write("repos.toml", format!("{}[check]\nignore = [\"base_y\"]\n", env.read("repos.toml")));
    env.oca(&["export", "-q", "../out"]).success();
}

#[test]
fn what_the_own_modules_or_the_path_have_is_not_lacking() {
    let env = Env::new();
    repositories(&env);
    env.own_module("addons/queue_job", "{'depends': ['around']}");
    env.own_module("more/around", "{'depends': ['base']}");
    env.locked(
        "[profiles.standard]\nrepos = [\"sale-workflow\"]\nmodules = [\"sale_x\"]\n\
         [[local]]\npath = \"addons\"\n[addons-path]\nafter = [\"more\"]\n",
    );
    env.oca(&["lock"]).stderr("1 repository with 2 modules, nothing changed\n").success();
    env.oca(&["export", "-q", "../out"]).success();
}

#[test]
fn a_repository_that_modules_need_through_others_is_not_removed() {
    let env = Env::new();
    repositories(&env);
    env.locked(
        "[profiles.standard]\nrepos = [\"sale-workflow\", \"queue\", \"server-tools\", \"dms\"]\nmodules = [\"sale_x\"]\n",
    );
    let before = [env.read("repos.toml"), env.read("oca.lock.json")];
    env.oca(&["remove", "server-tools"])
        .stderr(
            "error: `server-tools` is still needed: it has `base_y`, and `queue_job` of `queue` needs it\n\
             hint: run `oca why base_y`\n",
        )
        .status(2);
    assert_eq!([env.read("repos.toml"), env.read("oca.lock.json")], before);
    env.oca(&["remove", "dms", "-q"]).success();
    env.oca(&["remove", "server-tools", "queue"])
        .stderr_contains(
            "error: `queue` is still needed: it has `queue_job`, and `sale_x` of `sale-workflow` needs it\n",
        )
        .status(2);
}

#[test]
fn a_module_is_removed_from_the_list_that_asks_for_it() {
    let env = Env::new();
    repositories(&env);
    env.locked(
        "[profiles.standard]\nrepos = [\"sale-workflow\", \"queue\", \"server-tools\"]\n\
         modules = [\"sale_x\", \"queue_job >=1.0\", \"sale_z\"]\n\
         [profiles.more]\nextends = [\"standard\"]\n",
    );
    env.oca(&["remove", "--module", "queue_job", "-p", "standard"])
        .stderr_contains("removed `queue_job` from the modules of profile `standard`\n")
        .stderr_contains("`queue_job` stays selected; `oca why queue_job` says why\n")
        .success();
    env.oca(&["remove", "--module", "sale_x", "-p", "more"])
        .stderr(
            "error: profile `more` has `sale_x` from `modules` of profile `standard`, which it extends\n\
             hint: run `oca remove --module sale_x --profile standard`\n",
        )
        .status(2);
    env.oca(&["remove", "--module", "queue_job", "-p", "standard"])
        .stderr(
            "error: `queue_job` is in no list `modules` of profile `standard`; it is selected because other modules need it\n\
             hint: run `oca why queue_job`\n",
        )
        .status(2);
    env.oca(&["remove", "--module", "sale_x", "-p", "standard"])
        .stderr_contains("no module of `queue` is selected any more; `oca remove queue` removes it\n")
        .success();
    assert!(env.read("repos.toml").contains("modules = [\"sale_z\"]\n"));
    env.oca(&["remove", "--module", "nowhere", "-p", "standard"])
        .stderr_contains(
            "error: `nowhere` is in no list `modules` of profile `standard`; it is not selected\n",
        )
        .status(2);
}

#[test]
fn whole_repositories_become_a_selection_with_one_command() {
    let env = Env::new();
    repositories(&env);
    env.locked("[profiles.standard]\nrepos = [\"sale-workflow\", \"dms\"]\n");
    env.oca(&["remove", "--module", "dms"])
        .stderr(
            "error: `dms` is in no list `modules` of profile `standard`; the profile takes all modules of `dms`\n\
             hint: to select single modules, run `oca add --only --module NAME`\n",
        )
        .status(2);
    env.oca(&["add", "--only", "--module", "sale_x", "--module", "dms"])
        .stderr_contains("profile `standard` selects single modules from now on\n")
        .stderr_contains("profile `standard`: 4 modules selected\n")
        .success();
    let text = env.read("repos.toml");
    assert!(text.contains("modules = [\n  \"sale_x\",\n  \"dms\",\n]\n"), "{text}");
    env.oca(&["add", "--only", "--module", "sale_z", "-q"]).success();
    assert!(env.read("repos.toml").contains("  \"dms\",\n  \"sale_z\",\n]\n"));
}
