//! `oca check --format gitlab`: a report for GitLab's Code Quality.

use serde_json::Value;

use crate::env::Env;
use crate::project::{WEB, modules_repository};

const OWN: &str = "[[local]]\npath = \"addons\"\n";

/// A module of the repository needs a missing one, and so does one of the user's own, in line 2.
fn with_findings(env: &Env) {
    modules_repository(env, "web", &[("sale", "base"), ("web_x", "gone")]);
    env.own_module("addons/mine", "{'license': 'AGPL-3',\n 'depends': ['gone']}");
    env.locked(&format!("{WEB}{OWN}"));
}

fn report(env: &Env) -> Vec<Value> {
    let output = env.oca(&["check", "--format", "gitlab", "-q"]).output();
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{output}"))
}

fn of<'r>(report: &'r [Value], pointer: &str) -> Vec<&'r Value> {
    report.iter().map(|issue| issue.pointer(pointer).expect("a field")).collect()
}

#[test]
fn gitlab_gets_paths_from_the_top_of_the_repository() {
    let env = Env::new();
    with_findings(&env);
    let text = r#"[
  {
    "description": "module `gone` does not exist, but `mine` and `web_x` need it; hint: run `oca find gone` and add the repository that has it",
    "check_name": "OCA004",
    "fingerprint": "FIRST",
    "severity": "major",
    "location": {
      "path": "addons/mine/__manifest__.py",
      "lines": {
        "begin": 2
      }
    }
  },
  {
    "description": "`sale` of `web` has the same name as a module of Odoo Community; hint: rename it, or put `sale` into `ignore` of `[check]`",
    "check_name": "OCA003",
    "fingerprint": "SECOND",
    "severity": "minor",
    "location": {
      "path": "repos.toml",
      "lines": {
        "begin": 4
      }
    }
  }
]
"#;
    let found = report(&env);
    let mut text = text.to_owned();
    for (word, fingerprint) in ["FIRST", "SECOND"].iter().zip(of(&found, "/fingerprint")) {
        let fingerprint = fingerprint.as_str().expect("text");
        assert!(fingerprint.len() == 64 && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()));
        text = text.replace(word, fingerprint);
    }
    let run = env.oca(&["check", "--format", "gitlab"]).stdout(&text);
    run.stderr("3 modules, 1 error, 1 warning\n").status(1);
    // The fingerprints are promises: with others, GitLab shows every finding as new.
    insta::assert_snapshot!(found[0]["fingerprint"].as_str().expect("text"), @"3e0b0958fd5b684409cced5fff61054ceb01b4a03a33ae0cbb49d79f483f4db9");

    env.git("..", &["init", "-q"]);
    let above = report(&env);
    assert_eq!(of(&above, "/location/path"), ["project/addons/mine/__manifest__.py", "project/repos.toml"]);
    assert_eq!(of(&above, "/fingerprint"), of(&found, "/fingerprint"));
    env.git("", &["init", "-q"]);
    assert_eq!(report(&env), found);
}

#[test]
fn a_fingerprint_stays_if_lines_move_or_another_module_has_the_problem() {
    let env = Env::new();
    with_findings(&env);
    let before = report(&env);
    env.own_module("addons/also", "\n\n{'license': 'AGPL-3', 'depends': ['gone']}");
    env.edit("repos.toml", "[profiles", "\n\n[profiles");
    let after = report(&env);
    assert_ne!(of(&before, "/description"), of(&after, "/description"));
    assert_ne!(of(&before, "/location/path")[0], of(&after, "/location/path")[0]);
    assert_eq!(of(&before, "/fingerprint"), of(&after, "/fingerprint"));
}

#[test]
fn notes_are_in_the_report_only_with_verbose_and_no_finding_is_an_empty_list() {
    let env = Env::new();
    modules_repository(&env, "web", &[("web_x", "gone")]);
    env.locked(WEB);
    env.oca(&["check", "--format", "gitlab", "-q"]).stdout("[]\n").success();
    env.oca(&["check", "--format", "gitlab", "-v"])
        .stdout_contains("\"check_name\": \"OCA004\"")
        .stdout_contains("\"severity\": \"info\"")
        .stderr_contains("1 of 1 module cannot be installed")
        .success();
}

/// A directory that is elsewhere on the machine has no path in the repository.
#[cfg(unix)]
#[test]
fn a_file_outside_the_repository_keeps_its_path() {
    let env = Env::new();
    modules_repository(&env, "web", &[("web_x", "")]);
    env.own_module("../elsewhere/mine", "{'license': 'X'}");
    env.locked(&format!("{WEB}[[local]]\npath = \"../elsewhere\"\n"));
    env.git("", &["init", "-q"]);
    let found = report(&env);
    assert_eq!(of(&found, "/location/path"), ["[TEMP]/elsewhere/mine/__manifest__.py"]);
}
