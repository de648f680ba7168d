//! Answers to what people try first: the message says what to do instead.

use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;

#[test]
fn a_missing_directory_of_an_output_is_named() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.oca(&["requirements", "-o", "nowhere/deep/x.txt"])
        .stderr_contains("error: cannot write `nowhere/deep/x.txt`\n")
        .stderr_contains("caused by: there is no directory `nowhere/deep`\n")
        .status(2);
}

#[test]
fn the_languages_of_an_export_are_in_the_configuration() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.oca(&["export", "out", "--languages", "fr"])
        .stderr_contains("write `languages = [\"fr\"]` into `[export]` of `repos.toml`, then run `oca lock`")
        .status(2);
    env.edit("repos.toml", "[profiles", "[export]\nlanguages = [\"fr\"]\n\n[profiles");
    env.oca(&["lock"]).stderr("1 repository with 1 module, only the profiles changed\n").success();
    env.oca(&["lock"]).stderr("1 repository with 1 module, nothing changed\n").success();
}

#[test]
fn a_version_of_a_module_that_cannot_be_read_is_refused_with_an_example() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.oca(&["add", "--module", "web_x !=1.0"])
        .stderr_contains("`!=1.0` is not a requirement on a version: `!` is not expected there")
        .stderr_contains("write it as `web_x >=1.0.3`")
        .status(2);
}
