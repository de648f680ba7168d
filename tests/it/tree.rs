//! `oca tree`: what modules need, from the lock and from directories of the user's own.

use crate::env::Env;
use crate::project::modules_repository;

/// Two repositories that need each other, and a module of one's own.
pub(crate) fn shop(env: &Env) {
    modules_repository(
        env,
        "sale",
        &[("sale_x", "sale web_x"), ("sale_y", "sale_x web_x queue_job"), ("sale_z", "sale_y")],
    );
    modules_repository(env, "web", &[("web_x", "base"), ("web_y", "web_x account_accountant")]);
    env.own_module(
        "addons/mine",
        "{'name': 'Mine', 'version': '2.0', 'depends': ['sale_x', 'web_x', 'sale_x']}",
    );
}

pub(crate) const SHOP: &str =
    "[profiles.standard]\nrepos = [\"sale\", \"web\"]\n[[local]]\npath = \"addons\"\n";

/// The same, with a selection.
pub(crate) const LEAN: &str =
    "[profiles.lean]\nrepos = [\"sale\", \"web\"]\nmodules = [\"sale_y\"]\n[[local]]\npath = \"addons\"\n";

#[test]
fn what_is_needed_stands_below_and_is_shown_once() {
    let env = Env::new();
    shop(&env);
    env.locked(SHOP);
    env.remove_remotes();
    env.oca(&["tree", "sale_y", "mine"])
        .stdout(
            "sale_y 18.0.1.0.0 (sale)\n\
             ├── sale_x 18.0.1.0.0 (sale)\n\
             │   ├── sale (core)\n\
             │   └── web_x 18.0.1.0.0 (web)\n\
             │       └── base (core)\n\
             ├── web_x 18.0.1.0.0 (web) (*)\n\
             └── queue_job (missing)\n\
             mine 2.0 (addons)\n\
             ├── sale_x 18.0.1.0.0 (sale) (*)\n\
             └── web_x 18.0.1.0.0 (web) (*)\n",
        )
        .success();
}

#[test]
fn every_kind_of_name_has_its_word() {
    let env = Env::new();
    shop(&env);
    env.own_module("addons/off", "{'installable': False}");
    env.own_module("addons/bad", "{'name': name}");
    env.own_module(
        "addons/all",
        "{'depends': ['off', 'bad', 'gone', 'account_accountant', 'web_y', 'near']}",
    );
    env.own_module("around/near", "{'version': '1.1', 'depends': ['base']}");
    env.locked(&format!("{LEAN}[addons-path]\nafter = [\"around\", \"nowhere\", \"${{UNSET_HERE}}/x\"]\n"));
    let told = "warning: `addons/bad/__manifest__.py` at line 1: a manifest must not contain the word `name`; \
                the module is ignored\n";
    let tree = "all 1.0 (addons)\n\
                ├── off (not installable)\n\
                ├── bad (unreadable)\n\
                ├── gone (missing)\n\
                ├── account_accountant (missing, of Enterprise)\n\
                ├── web_y 18.0.1.0.0 (web)\n\
                │   ├── web_x 18.0.1.0.0 (web)\n\
                │   │   └── base (core)\n\
                │   └── account_accountant (missing, of Enterprise)\n\
                └── near 1.1 (around)\n\
                sale_z 18.0.1.0.0 (sale, not selected)\n\
                └── sale_y 18.0.1.0.0 (sale)\n";
    env.oca(&["tree", "all", "sale_z"]).stdout_contains(tree).stderr(told).success();
    env.edit("repos.toml", "odoo =", "edition = \"enterprise\"\nodoo =");
    env.oca(&["tree", "account_accountant"])
        .stdout("account_accountant (Enterprise)\n")
        .stderr(told)
        .success();
}

#[test]
fn circles_end() {
    let env = Env::new();
    modules_repository(&env, "web", &[("a", "b"), ("b", "c a"), ("c", "c b")]);
    env.locked("[profiles.standard]\nrepos = [\"web\"]\n");
    env.oca(&["tree", "a"])
        .stdout(
            "a 18.0.1.0.0 (web)\n\
             └── b 18.0.1.0.0 (web)\n    \
                 ├── c 18.0.1.0.0 (web)\n    \
                 │   ├── c 18.0.1.0.0 (web) (*)\n    \
                 │   └── b 18.0.1.0.0 (web) (*)\n    \
                 └── a 18.0.1.0.0 (web) (*)\n",
        )
        .success();
}

#[test]
fn machines_get_every_name_once() {
    let env = Env::new();
    shop(&env);
    env.locked(LEAN);
    env.oca(&["tree", "web_y", "--format", "json"])
        .stdout(
            r#"{
  "version": 1,
  "profile": "lean",
  "odoo": "18.0",
  "roots": [
    "web_y"
  ],
  "modules": [
    {
      "name": "web_y",
      "kind": "module",
      "repo": "web",
      "version": "18.0.1.0.0",
      "selected": false,
      "asked_for": false,
      "depends": [
        "web_x",
        "account_accountant"
      ]
    },
    {
      "name": "web_x",
      "kind": "module",
      "repo": "web",
      "version": "18.0.1.0.0",
      "selected": true,
      "asked_for": false,
      "depends": [
        "base"
      ]
    },
    {
      "name": "base",
      "kind": "core",
      "repo": null,
      "version": null,
      "selected": false,
      "asked_for": false,
      "depends": []
    },
    {
      "name": "account_accountant",
      "kind": "missing",
      "repo": null,
      "version": null,
      "selected": false,
      "asked_for": false,
      "depends": []
    }
  ]
}
"#,
        )
        .success();
}

#[test]
fn a_name_that_nobody_has_is_refused_with_one_that_is_near() {
    let env = Env::new();
    shop(&env);
    env.locked(&format!(
        "default-profile = \"standard\"\n[profiles.other]\nrepos = [\"web\"]\n{}",
        SHOP.replace(", \"web\"", "")
    ));
    let refused = |command: &str, name: &str, hint: &str| {
        env.oca(&[command, "sale_x", name])
            .stderr(&format!("error: profile `standard` has no module `{name}`\nhint: {hint}\n"))
            .status(2);
    };
    for command in ["tree", "why"] {
        refused(command, "sale_xx", "did you mean `sale_x`?");
        refused(command, "acount", "did you mean `account`?");
        refused(command, "web_y", "`web` of profile `other` has it: use `--profile other`");
        refused(command, "nothing_like_it", "run `oca list --all` to see the modules");
    }
    env.oca(&["tree"]).stderr_contains("the following required arguments were not provided").status(2);
}

#[test]
fn documents_get_each_name_once_with_its_lines() {
    let env = Env::new();
    shop(&env);
    env.locked(SHOP);
    env.oca(&["tree", "sale_y", "--format", "dot"])
        .stdout(
            "digraph modules {\n  rankdir=LR\n  node [shape=box, fontname=\"sans-serif\"]\n  \
             n1 [label=\"sale_y\\n18.0.1.0.0\\nsale\"]\n  \
             n2 [label=\"sale_x\\n18.0.1.0.0\\nsale\"]\n  \
             n3 [label=\"sale\\nOdoo\", style=dashed, color=gray40]\n  \
             n4 [label=\"web_x\\n18.0.1.0.0\\nweb\"]\n  \
             n5 [label=\"base\\nOdoo\", style=dashed, color=gray40]\n  \
             n6 [label=\"queue_job\\nmissing\", style=bold, color=red3]\n  \
             n1 -> n2\n  n1 -> n4\n  n1 -> n6\n  n2 -> n3\n  n2 -> n4\n  n4 -> n5\n}\n",
        )
        .success();
    env.oca(&["tree", "web_x", "--format", "mermaid"])
        .stdout(
            "flowchart LR\n  n1[\"web_x<br>18.0.1.0.0<br>web\"]\n  n2[\"base<br>Odoo\"]:::core\n  n1 --> n2\n  \
             classDef leftout stroke-dasharray:2 2\n  classDef core stroke-dasharray:6 3\n  \
             classDef bad stroke:#b3261e,stroke-width:3px\n",
        )
        .success();
}

#[test]
fn a_stale_lock_is_refused() {
    let env = Env::new();
    shop(&env);
    env.locked(SHOP);
    env.edit("repos.toml", "\"sale\", \"web\"", "\"sale\"");
    for command in [&["tree", "sale_x"][..], &["why", "sale_x"], &["check"]] {
        env.oca(command)
            .stderr_contains("error: `oca.lock.json` is out of date: ")
            .stderr_contains("hint: run `oca lock` and commit the result\n")
            .status(1);
    }
}

/// Without a bound, the lines would have 6 MB of branches.
#[test]
fn modules_that_all_need_each_other_give_short_lines() {
    let env = Env::new();
    let names: Vec<String> = (0..120).map(|number| format!("m{number}")).collect();
    let needs = names.join(" ");
    let modules: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), needs.as_str())).collect();
    modules_repository(&env, "web", &modules);
    env.locked("[profiles.standard]\nrepos = [\"web\"]\n");
    let output = env.oca(&["tree", "m0"]).output();
    assert_eq!((output.code, output.stdout.lines().count()), (Some(0), 1 + 120 * 120));
    assert!(output.stdout.lines().all(|line| line.chars().count() < 300), "a long line");
    assert!(output.stdout.contains("\n(70 levels) "), "{}", output.stdout.lines().last().unwrap_or_default());
}
