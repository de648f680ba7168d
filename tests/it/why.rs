//! `oca why`: who needs a module, and why it is selected or is not.

use crate::env::Env;
use crate::project::modules_repository;
use crate::tree::{LEAN, SHOP, shop};

#[track_caller]
fn says(env: &Env, module: &str, expected: &str) {
    env.oca(&["why", module]).stdout(expected).success();
}

#[test]
fn a_selection_is_explained_up_to_what_is_asked_for() {
    let env = Env::new();
    shop(&env);
    env.locked(LEAN);
    env.remove_remotes();
    says(
        &env,
        "web_x",
        "`web_x` is selected because others need it\n\
         web_x 18.0.1.0.0 (web)\n\
         ├── mine 2.0 (addons) asked for\n\
         ├── sale_x 18.0.1.0.0 (sale)\n\
         │   ├── mine 2.0 (addons) asked for\n\
         │   └── sale_y 18.0.1.0.0 (sale) asked for\n\
         └── sale_y 18.0.1.0.0 (sale) asked for\n",
    );
    says(&env, "sale_y", "`sale_y` is in `modules` of profile `lean`\nsale_y 18.0.1.0.0 (sale) asked for\n");
    says(&env, "mine", "`mine` is your own, in `addons`\nmine 2.0 (addons) asked for\n");
    says(
        &env,
        "web_y",
        "`web_y` of `web` is not selected: nothing that is needs it\nweb_y 18.0.1.0.0 (web, not selected)\n",
    );
}

#[test]
fn what_would_need_a_module_that_is_not_selected_is_shown() {
    let env = Env::new();
    modules_repository(&env, "web", &[("a", "base"), ("b", "base"), ("c", "b")]);
    env.locked("[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nmodules = [\"a\"]\n");
    says(
        &env,
        "b",
        "`b` of `web` is not selected: nothing that is needs it\n\
         b 18.0.1.0.0 (web, not selected)\n\
         └── c 18.0.1.0.0 (web, not selected)\n",
    );
    says(&env, "a", "`a` is in `modules` of repository `web`\na 18.0.1.0.0 (web) asked for\n");
}

#[test]
fn without_a_selection_every_module_is_requested() {
    let env = Env::new();
    shop(&env);
    env.locked(SHOP);
    says(
        &env,
        "sale_x",
        "`sale_x` is in `sale`, of which profile `standard` takes all modules\n\
         sale_x 18.0.1.0.0 (sale)\n\
         ├── mine 2.0 (addons)\n\
         └── sale_y 18.0.1.0.0 (sale)\n",
    );
}

#[test]
fn names_of_missing_modules_are_explained_too() {
    let env = Env::new();
    shop(&env);
    env.own_module("around/near", "{'version': '1.1'}");
    env.own_module("addons/mine", "{'depends': ['near', 'off', 'bad']}");
    env.own_module("addons/off", "{'installable': False}");
    env.own_module("addons/bad", "{'name': name}");
    env.locked(&format!("{SHOP}[addons-path]\nbefore = [\"around\"]\n"));
    let told = "warning: `addons/bad/__manifest__.py` at line 1: a manifest must not contain the word `name`; \
                the module is ignored\n";
    let says = |name: &str, expected: &str| {
        env.oca(&["why", name]).stdout(expected).stderr(told).success();
    };
    says(
        "queue_job",
        "`queue_job` is missing: profile `standard` has no such module\n\
         queue_job (missing)\n└── sale_y 18.0.1.0.0 (sale)\n",
    );
    says(
        "account_accountant",
        "`account_accountant` is missing: Odoo Enterprise has it, and `edition` is `community`\n\
         account_accountant (missing, of Enterprise)\n└── web_y 18.0.1.0.0 (web)\n",
    );
    says("sale", "`sale` is one of Odoo's own modules\nsale (core)\n└── sale_x 18.0.1.0.0 (sale)\n");
    says("near", "`near` is in `around`, around the checkouts\nnear 1.1 (around)\n└── mine 1.0 (addons)\n");
    says(
        "off",
        "`off` of `addons` says that it cannot be installed\noff (not installable)\n└── mine 1.0 (addons)\n",
    );
    says("bad", "`bad` has a manifest that cannot be read\nbad (unreadable)\n└── mine 1.0 (addons)\n");
    env.edit("repos.toml", "odoo =", "edition = \"enterprise\"\nodoo =");
    says(
        "account_accountant",
        "`account_accountant` is a module of Odoo Enterprise\n\
         account_accountant (Enterprise)\n└── web_y 18.0.1.0.0 (web)\n",
    );
}

#[test]
fn several_modules_are_several_answers() {
    let env = Env::new();
    shop(&env);
    env.locked(LEAN);
    env.oca(&["why", "sale_y", "web_y"])
        .stdout(
            "`sale_y` is in `modules` of profile `lean`\nsale_y 18.0.1.0.0 (sale) asked for\n\n\
             `web_y` of `web` is not selected: nothing that is needs it\n\
             web_y 18.0.1.0.0 (web, not selected)\n",
        )
        .success();
    env.oca(&["why", "sale_y", "--format", "json"])
        .stdout(
            r#"{
  "version": 1,
  "profile": "lean",
  "odoo": "18.0",
  "answers": [
    {
      "name": "sale_y",
      "reason": "profile",
      "modules": [
        {
          "name": "sale_y",
          "kind": "module",
          "repo": "sale",
          "version": "18.0.1.0.0",
          "selected": true,
          "asked_for": true,
          "depends": []
        }
      ]
    }
  ]
}
"#,
        )
        .success();
}
