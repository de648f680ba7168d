//! `override` in `[requirements]`: one line in place of all others of its distribution.

use crate::env::Env;
use crate::harness::web;
use crate::project::repository;

const HEADER: &str = "# Written by `oca requirements`; do not edit.\n";
const BOTH: &str = "[profiles.standard]\nrepos = [\"web\", \"tools\"]\n";

/// `web` with the words of a manifest, `tools` with a file of these lines.
fn repositories(env: &Env, words: &[&str], tools: &str) {
    let remote = web(env);
    let python = format!("{{'python': {words:?}}}");
    remote.branch("18.0").module("web_export", &[("external_dependencies", &python)]).commit();
    repository(env, "tools", &["tool"]).branch("18.0").file("requirements.txt", tools).commit();
}

fn declare(env: &Env, requirements: &str) {
    env.declare(&format!("{BOTH}[requirements]\n{requirements}\n"));
}

#[test]
fn it_replaces_the_lines_of_every_origin() {
    let env = Env::new();
    repositories(&env, &["LXML>=5"], "xlrd\nlxml==4.9.3\nLxml ; python_version < '3.9'\n");
    env.write("odoo.txt", "lxml==5.2\nxlrd==1\n");
    env.write("addons/requirements.txt", "lxml<4\n");
    env.write("addons/mine/__init__.py", "");
    env.write(
        "addons/mine/__manifest__.py",
        "{'name': 'Mine', 'external_dependencies': {'python': ['lxml>7']}}",
    );
    let local = "[[local]]\npath = \"addons\"\n";
    env.locked(&format!("{BOTH}{local}[requirements]\nconstraints = [\"odoo.txt\"]\n"));
    env.oca(&["requirements"])
        .stderr_contains("error: requirements for `lxml` exclude each other\n")
        .stderr_contains(
            "hint: change some of them, or put a line that replaces them into `override` of `[requirements]`\n",
        )
        .status(1);
    let lock = env.read("oca.lock.json");
    env.declare(&format!(
        "{BOTH}{local}[requirements]\nconstraints = [\"odoo.txt\"]\noverride = [\"Lxml == 5.2.1\"]\n"
    ));
    let text = format!(
        "{HEADER}lxml==5.2.1\n    # override\n    # exact pin\n    # via\n    #   addons/mine/__manifest__.py\n    \
         #   addons/requirements.txt:1\n    #   tools/requirements.txt:2\n    #   tools/requirements.txt:3\n    \
         #   web/web_export/__manifest__.py\nxlrd\n    # via tools/requirements.txt:1\n"
    );
    env.oca(&["requirements"]).stdout(&text).success();
    env.oca(&["requirements", "-v", "--no-annotate"])
        .stdout(&format!("{HEADER}lxml==5.2.1\nxlrd\n"))
        .stderr("1 override: lxml==5.2.1\n1 exact pin: lxml==5.2.1\n")
        .success();
    // The lock does not record it, so it stays as it is.
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock"]).stderr("2 repositories with 3 modules, nothing changed\n").success();
    assert_eq!(env.read("oca.lock.json"), lock);
}

#[test]
fn a_written_file_is_out_of_date_if_an_override_changes() {
    let env = Env::new();
    repositories(&env, &["lxml"], "xlrd\n");
    env.locked(BOTH);
    env.oca(&["requirements", "-o", "requirements.txt"]).success();
    declare(&env, "override = [\"lxml==5.2.1\"]");
    env.oca(&["requirements", "--check"])
        .stderr(
            "error: `requirements.txt` is out of date\n  + lxml==5.2.1\n  - lxml\n\
             hint: run `oca requirements -o requirements.txt`\n",
        )
        .status(1);
    env.oca(&["requirements", "-o", "requirements.txt"]).success();
    env.oca(&["requirements", "--check"]).success();
    // A line that moves in `repos.toml` changes nothing.
    declare(&env, "# why\noverride = [\"lxml==5.2.1\"]");
    env.oca(&["requirements", "--check"]).success();
}

#[test]
fn machines_see_what_is_an_override() {
    let env = Env::new();
    repositories(&env, &["lxml>=5"], "lxml<5\n");
    env.locked(BOTH);
    declare(&env, "override = [\"lxml==5.2.1\"]");
    env.oca(&["requirements", "--format", "json"])
        .stdout(
            r#"{
  "version": 1,
  "requirements": [
    {
      "name": "lxml",
      "extras": [],
      "specifier": "==5.2.1",
      "marker": null,
      "line": "lxml==5.2.1",
      "flag": "exact-pin",
      "override": true,
      "origins": [
        "tools/requirements.txt:1",
        "web/web_export/__manifest__.py"
      ]
    }
  ],
  "conflicts": [],
  "warnings": [],
  "problems": [],
  "fresh": null,
  "differences": null
}
"#,
        )
        .success();
}

#[test]
fn one_with_a_marker_replaces_all_lines_too() {
    let env = Env::new();
    repositories(&env, &["lxml>=5"], "lxml==4.9.3 ; python_version < '3.12'\nlxml @ https://host/lxml.zip\n");
    env.locked(BOTH);
    let merged = |overrides: &str, lines: &str| {
        declare(&env, &format!("override = [{overrides}]"));
        env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}{lines}")).success();
    };
    merged("\"lxml==5.2.1 ; python_version >= '3.12'\"", "lxml==5.2.1 ; python_version >= '3.12'\n");
    merged(
        "\"lxml==5.2.1 ; python_version >= '3.12'\", \"lxml==4.8 ; python_version < '3.12'\"",
        "lxml==4.8 ; python_version < '3.12'\nlxml==5.2.1 ; python_version >= '3.12'\n",
    );
    merged("\"lxml\"", "lxml\n");
    merged("\"lxml @ git+ssh://git@host/lxml.git@main\"", "lxml @ git+ssh://git@host/lxml.git@main\n");
    merged("\"lxml @ https://${TOKEN}@host/lxml.zip\"", "lxml @ https://${TOKEN}@host/lxml.zip\n");
}

#[test]
fn it_also_replaces_a_line_that_cannot_be_merged() {
    let env = Env::new();
    repositories(&env, &["xlrd"], "six==1 --hash=sha256:00\n");
    env.locked(BOTH);
    env.oca(&["requirements"])
        .stderr_contains("error: tools/requirements.txt:1: the option `--hash` is not supported")
        .status(1);
    declare(&env, "override = [\"six==1\"]");
    env.oca(&["requirements"])
        .stdout(&format!(
            "{HEADER}six==1\n    # override\n    # exact pin\n    # via tools/requirements.txt:1\nxlrd\n    \
             # via web/web_export/__manifest__.py\n"
        ))
        .success();
}

#[test]
fn one_that_replaces_nothing_is_noted() {
    let env = Env::new();
    repositories(&env, &["xlrd"], "xlwt\n");
    env.write("odoo.txt", "lxml==5\n");
    env.locked(BOTH);
    declare(&env, "constraints = [\"odoo.txt\"]\noverride = [\"lxml==5.2.1\", \"Xlrd>1\"]");
    // A constraint does not require anything.
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}xlrd>1\nxlwt\n"))
        .stderr(
            "`lxml==5.2.1` in `override` of `[requirements]` has no effect here, \
             because nothing requires `lxml`\n",
        )
        .success();
    // Nothing of a repository that is not in the profile is required.
    env.declare("[profiles.standard]\nrepos = [\"tools\"]\n[requirements]\noverride = [\"xlrd>1\"]\n");
    env.oca(&["lock"]).stderr_contains("web: removed from the lock\n").success();
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}xlwt\n"))
        .stderr(
            "`xlrd>1` in `override` of `[requirements]` has no effect here, because nothing requires `xlrd`\n",
        )
        .success();
}

#[test]
fn an_extra_that_it_lacks_is_noted() {
    let env = Env::new();
    repositories(&env, &["lxml[html_clean,cssselect]>=5"], "lxml[cssselect]\n");
    env.locked(BOTH);
    declare(&env, "override = [\"lxml[cssselect]==5.2.1\"]");
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}lxml[cssselect]==5.2.1\n"))
        .stderr(
            "`lxml[cssselect]==5.2.1` in `override` of `[requirements]` leaves out the extra `html-clean`, \
             which web/web_export/__manifest__.py asks for\n",
        )
        .success();
    declare(&env, "override = [\"lxml[cssselect,html-clean]==5.2.1\"]");
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}lxml[cssselect,html-clean]==5.2.1\n"))
        .success();
}

#[test]
fn overrides_can_exclude_each_other() {
    let env = Env::new();
    repositories(&env, &["lxml"], "xlrd>2\n");
    env.locked(BOTH);
    declare(&env, "override = [\n\"lxml==4\",\n\"lxml==5 ; python_version >= '3.12'\",\n\"xlrd>2,<1\",\n]");
    env.oca(&["requirements", "--python-version", "3.12"])
        .stderr(
            "error: requirements for `lxml` exclude each other\n  \
             `lxml==4`                             repos.toml:7\n  \
             `lxml==5 ; python_version >= '3.12'`  repos.toml:8\n\
             hint: give them markers that do not hold together, or keep one of them\n\
             error: no version satisfies the requirement for `xlrd`\n  \
             `xlrd<1,>2`  repos.toml:9\n\
             hint: change the line\n",
        )
        .status(1);
    declare(&env, "override = [\"lxml==4\", \"lxml==5 ; python_version >= '3.12'\"]");
    env.oca(&["requirements"])
        .stdout_contains("lxml==4\n    # override\n")
        .stderr_contains("warning: requirements for `lxml` exclude each other if their markers apply\n")
        .success();
}

#[test]
fn a_profile_has_its_own() {
    let env = Env::new();
    repositories(&env, &["lxml>=5"], "lxml<5\n");
    let profile = |name: &str, rest: &str| {
        format!("[profiles.{name}]\nrepos = [\"web\", \"tools\"]\npath = \"{name}\"\n{rest}\n")
    };
    env.locked(
        &[
            "default-profile = \"standard\"\nrequirements.override = [\"lxml==5.2.1\"]\n".to_owned(),
            profile("standard", ""),
            profile("older", "requirements.override = [\"lxml==4.8\"]"),
            profile("heir", "extends = [\"older\"]"),
            profile("none", "requirements.override = []"),
        ]
        .concat(),
    );
    for (profile, line) in [("standard", "lxml==5.2.1"), ("older", "lxml==4.8"), ("heir", "lxml==4.8")] {
        env.oca(&["requirements", "--no-annotate", "-p", profile])
            .stdout(&format!("{HEADER}{line}\n"))
            .success();
    }
    env.oca(&["requirements", "-p", "none"])
        .stderr_contains("error: requirements for `lxml` exclude each other\n")
        .status(1);
}

#[test]
fn what_cannot_be_an_override_is_refused_by_every_command() {
    let env = Env::new();
    let refused = |requirements: &str, stderr: &str| {
        declare(&env, requirements);
        for command in [&["lock", "--check"][..], &["requirements"], &["sync"]] {
            env.oca(command).stderr(stderr).status(2);
        }
    };
    refused(
        "override = [\"lxml @ https://me:SECRET@host/x.zip\"]",
        "error: bad value for `override` in `repos.toml` at line 6, table `requirements`: \
         `lxml @ https://***@host/x.zip` must not contain a user, a password or a query\n\
         hint: write `${TOKEN}` in place of a token, and pip takes it from the environment\n",
    );
    refused(
        "ignore = [\"Six\"]\noverride = [\"six==1\"]",
        "error: bad value for `override` in `repos.toml` at line 7, table `requirements`: \
         `six` is in `ignore` of `[requirements]` as well\n\
         hint: delete it from one of the two\n",
    );
}
