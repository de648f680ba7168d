//! `oca init`: a `repos.toml` that the other commands take.

use std::fs;

use crate::env::Env;
use crate::harness::web;

#[test]
fn an_empty_file_is_written_and_told() {
    let env = Env::new();
    env.oca(&["init"]).stderr("wrote `repos.toml`; edit it, then run `oca sync`\n").success();
    env.assert_new_config("odoo = \"18.0\"\n\n[profiles.standard]\nrepos = [\n  # names of OCA repositories, such as \"web\"\n]\n",
    );
    env.oca(&["lock"]).stderr("0 repositories with 0 modules, 0 changed\n").success();
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_preset_brings_the_repositories_of_its_profiles() {
    for (preset, profiles, repositories) in [("standard", 1, 14), ("parity", 2, 32)] {
        let env = Env::new();
        env.oca(&["init", "-q", "--preset", preset, "--odoo", "17.0"]).success();
        let text = env.read("repos.toml");
        assert!(text.contains(&format!("odoo = \"17.0\"\ndefault-profile = \"{preset}\"\n")), "{text}");
        assert_eq!(text.matches("[profiles.").count(), profiles, "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("  \"")).count(), repositories, "{text}");
        env.oca(&["lock", "--check"])
            .stdout("there is no lock\n")
            .stderr_contains("run `oca lock`")
            .status(1);
    }
}

#[test]
fn add_and_remove_keep_the_line_for_editors() {
    let env = Env::new();
    web(&env);
    env.oca(&["init", "-q"]).success();
    let line = "#:schema https://raw.githubusercontent.com/oca-lock/oca/main/docs/schemas/repos.json\n";
    assert!(env.read("repos.toml").starts_with(line));
    env.edit("repos.toml", "odoo = \"18.0\"\n", "odoo = \"18.0\"\nbase-url = \"../remotes\"\n");
    env.oca(&["add", "-q", "web"]).success();
    assert!(env.new_config().contains("\"web\""));
    env.oca(&["remove", "-q", "web"]).success();
    assert!(!env.new_config().contains("\"web\",\n"));
}

#[test]
fn a_file_that_is_there_stays() {
    let env = Env::new();
    env.write("repos.toml", "mine");
    env.oca(&["init"])
        .stderr("error: `repos.toml` already exists\nhint: edit it, or move it away first\n")
        .status(2);
    env.assert_file("repos.toml", "mine");
    env.oca(&["init", "--config", "other.toml"])
        .stderr("wrote `other.toml`; edit it, then run `oca sync`\n")
        .success();
}

#[cfg(unix)]
#[test]
fn a_symlink_to_nothing_is_there_too() {
    let env = Env::new();
    std::os::unix::fs::symlink("shared/repos.toml", env.project().join("repos.toml")).expect("a symlink");
    env.oca(&["init"])
        .stderr("error: `repos.toml` already exists\nhint: edit it, or move it away first\n")
        .status(2);
}

#[test]
fn it_begins_a_project_inside_another_one() {
    let env = Env::new();
    env.write("repos.toml", "odoo = \"18.0\"\n");
    fs::create_dir(env.project().join("inner")).expect("a directory");
    env.oca(&["-C", "inner", "init", "-q"]).success();
    assert!(env.exists("inner/repos.toml"));
}

#[test]
fn what_is_no_series_is_refused() {
    let env = Env::new();
    env.oca(&["init", "--odoo", "18"])
        .stderr(
            "error: invalid value '18' for '--odoo <SERIES>': `18` is not a valid Odoo series: \
             it must be two numbers such as `18.0`\n\nFor more information, try '--help'.\n",
        )
        .status(2);
    assert!(!env.exists("repos.toml"));
}
