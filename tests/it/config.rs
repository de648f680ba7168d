//! What is said of a bad `repos.toml`, and how the file is found. The unit tests of `config` know every slip.

use std::fs;

use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;

/// Expects every command that reads it to refuse the file.
#[track_caller]
fn assert_refused(text: &str, stderr: &str) {
    let env = Env::new();
    env.write("repos.toml", text);
    let commands: [&[&str]; 3] = [&["lock"], &["lock", "--check"], &["addons-path"]];
    for command in commands {
        env.oca(command).stderr(stderr).status(2);
    }
    assert!(!env.exists("oca.lock.json"));
}

#[test]
fn an_unknown_key_is_refused_with_its_line_its_table_and_the_nearest_one() {
    assert_refused(
        &format!("odoo = \"18.0\"\n{WEB}\n[repos.web]\nbrnach = \"18.0\"\n"),
        "error: unknown field `brnach` in `repos.toml` at line 6, table `repos.web`\nhint: did you mean `branch`?\n",
    );
}

#[test]
fn a_bad_name_is_refused() {
    assert_refused(
        "odoo = \"18.0\"\n[profiles.standard]\nrepos = [\n  \"web\",\n  \"../web\",\n]\n",
        "error: bad value for `repos` in `repos.toml` at line 5, table `profiles.standard`: \
         `../web` is not a valid repository name: it must begin with a letter or a digit\n",
    );
    assert_refused(
        "odoo = \"18.0\"\n[profiles.\"a b\"]\nrepos = []\n",
        "error: bad name in `repos.toml` at line 2, table `profiles.\"a b\"`: `a b` is not a valid profile name: \
         it must be letters, digits, `.`, `_` and `-`, and begin with a letter or a digit\n",
    );
}

#[test]
fn a_duplicate_repository_is_refused() {
    assert_refused(
        "odoo = \"18.0\"\n[profiles.standard]\nrepos = [\"web\", \"dms\", \"web\"]\n",
        "error: duplicate `web` for `repos` in `repos.toml` at line 3, table `profiles.standard`\n\
         hint: delete one of the two\n",
    );
}

#[test]
fn a_repository_that_nobody_has_is_refused() {
    assert_refused(
        &format!("odoo = \"18.0\"\n{WEB}[repos.wbe]\ndepth = 1\n"),
        "error: no profile has the repository `wbe` in `repos.toml` at line 4, table `repos.wbe`\n\
         hint: did you mean `web`?\n",
    );
}

#[test]
fn a_missing_series_and_a_wrong_type_are_refused() {
    assert_refused(
        WEB,
        "error: missing field `odoo` in `repos.toml` at line 1\nhint: write `odoo = \"18.0\"`\n",
    );
    assert_refused(
        "odoo = 18.0\n",
        "error: wrong type for `odoo` in `repos.toml` at line 1: expected a string, found a number\n\
         hint: write `odoo = \"18.0\"`\n",
    );
}

#[test]
fn two_profiles_with_different_pins_in_one_directory_are_refused() {
    assert_refused(
        &format!("odoo = \"18.0\"\n{WEB}[profiles.next]\nextends = [\"standard\"]\nodoo = \"19.0\"\n"),
        "error: profiles `standard` and `next` need different pins in `oca/web` in `repos.toml` at line 4, \
         table `profiles.next`: branch `18.0` and branch `19.0`\n\
         hint: give profile `next` its own directory, such as `path = \"oca-next\"`\n",
    );
}

#[test]
fn what_is_no_toml_or_no_text_is_refused_with_the_line() {
    let env = Env::new();
    env.write("repos.toml", "odoo = \"18.0\"\n[profiles\n");
    env.oca(&["lock"]).stderr_contains("error: `repos.toml` is not valid TOML at line 2: ").status(2);
    env.write("repos.toml", b"odoo = \"18.0\"\n# caf\xe9\n");
    env.oca(&["lock"])
        .stderr("error: `repos.toml` is not UTF-8 at line 2\nhint: save the file as UTF-8\n")
        .status(2);
}

#[test]
fn every_problem_of_both_files_is_told_at_once() {
    let env = Env::new();
    env.declare("mod = \"clone\"\n[profiles.standard]\nrepos = [\"a/b\"]\n");
    env.write("repos.local.toml", "dept = 0\n");
    env.oca(&["lock"])
        .stderr(
            "error: the configuration has 3 errors\n  \
             unknown field `mod` in `repos.toml` at line 3\n    \
             hint: did you mean `mode`?\n  \
             bad value for `repos` in `repos.toml` at line 5, table `profiles.standard`: `a/b` is not a valid \
             repository name: it must contain only letters, digits, `.`, `_` and `-`\n  \
             unknown field `dept` in `repos.local.toml` at line 1\n    \
             hint: did you mean `depth`?\n",
        )
        .status(2);
}

#[test]
fn a_patch_that_does_not_exist_is_named() {
    let env = Env::new();
    crate::harness::web(&env);
    env.declare("[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\npatches = [\"x.patch\"]\n");
    env.oca(&["lock"])
        .stderr(
            "error: there is no patch `[TEMP]/project/x.patch`, which `repos.toml` declares\n\
             hint: restore the file; if it was never committed, run `git add x.patch` in the clone that has it, and commit it; in the build of an image, add `!x.patch` to `.dockerignore`; if nobody needs it, run `oca remove 'web#x.patch'`\n",
        )
        .status(2);
}

#[test]
fn another_oca_may_be_required() {
    let running = env!("CARGO_PKG_VERSION");
    assert_refused(
        "odoo = \"18.0\"\nrequires-oca = \">=7\"\nfuture = true\n",
        &format!(
            "error: `repos.toml` at line 2 requires oca `>=7`, and this is oca {running}\n\
             hint: install a version of oca that matches `>=7`\n"
        ),
    );
}

#[test]
fn a_profile_has_to_be_known() {
    let env = Env::new();
    env.declare("[profiles.one]\n[profiles.two]\n");
    env.oca(&["list"]).stderr_contains("error: there is no `oca.lock.json`").status(1);
    env.lock();
    env.oca(&["list"])
        .stderr(
            "error: `repos.toml` has several profiles and no `default-profile`\n\
             hint: use `--profile` with one of `one`, `two`, or set `default-profile`\n",
        )
        .status(2);
    env.oca(&["list", "-p", "on"])
        .stderr("error: there is no profile `on` in `repos.toml`\nhint: did you mean `one`?\n")
        .status(2);
}

#[test]
fn the_file_is_searched_upward_and_its_paths_are_its_own() {
    let env = Env::new();
    web(&env);
    env.declare(WEB);
    let deep = env.project().join("a/b");
    fs::create_dir_all(&deep).expect("directories");
    env.oca(&["lock", "--check"])
        .current_dir(&deep)
        .stdout("there is no lock\n")
        .stderr("error: there is no `../../oca.lock.json`\nhint: run `oca lock` and commit the result\n")
        .status(1);
    env.oca(&["lock", "-q"]).current_dir(&deep).success();
    let path = "[TEMP]/project/oca/web\n";
    env.oca(&["addons-path"]).current_dir(&deep).stdout(path).success();
    env.oca(&["-C", "../project/a", "addons-path"]).stdout(path).success();
    env.oca(&["addons-path", "--config", "project/repos.toml"])
        .current_dir(env.root())
        .stdout(path)
        .success();
    env.oca(&["-C", "project", "--config", "repos.toml", "addons-path"])
        .current_dir(env.root())
        .stdout(path)
        .success();
    assert!(!env.exists("a/b/oca.lock.json"));
}

#[test]
fn a_project_that_is_not_there_is_told() {
    let env = Env::new();
    env.oca(&["list"])
        .stderr(
            "error: there is no `repos.toml` here or in a parent directory\n\
             hint: run `oca init`, or pass the file with `--config`\n",
        )
        .status(2);
    env.oca(&["list", "--config", "x/repos.toml"])
        .stderr("error: there is no `x/repos.toml`\nhint: run `oca init`\n")
        .status(2);
    env.oca(&["-C", "nowhere", "list"])
        .stderr_contains("error: cannot enter `nowhere`\ncaused by: ")
        .status(2);
}
