//! `oca list`: the modules of the profile, from the lock and from directories of the user's own.

use crate::env::Env;
use crate::harness::web;
use crate::project::{WEB, repository};
use crate::remote::Remote;

#[test]
fn modules_stand_in_path_order_and_the_first_of_a_name_counts() {
    let env = Env::new();
    web(&env);
    repository(&env, "dms", &["web_x", "dms"])
        .branch("18.0")
        .module("off", &[("installable", "False")])
        .commit();
    env.locked(
        "[profiles.standard]\nrepos = [\"web\", \"dms\"]\n\
         [[local]]\npath = \"addons\"\n[[local]]\npath = \"./last/\"\nposition = \"after\"\n[[local]]\npath = \"missing\"\n",
    );
    for module in ["addons/mine", "addons/dms", "last/web_x", "last/z"] {
        env.write(format!("{module}/__init__.py"), "");
        env.write(format!("{module}/__manifest__.py"), "{'name': 'x', 'version': '1.2'}");
    }
    env.remove_remotes();
    env.oca(&["list"])
        .stdout(
            "dms    1.2         addons\n\
             mine   1.2         addons\n\
             web_x  18.0.1.0.0  web\n\
             z      1.2         ./last\n",
        )
        .stderr("warning: `missing` of `[[local]]` does not exist, so it is left out\n")
        .success();
    env.oca(&["list", "-v"]).stdout_contains("dms ").stderr_contains("\n4 modules\n").success();
}

#[test]
fn a_profile_has_its_own() {
    let env = Env::new();
    web(&env);
    repository(&env, "dms", &["dms"]);
    env.locked(&format!("default-profile = \"standard\"\n{WEB}[profiles.other]\nrepos = [\"dms\"]\n"));
    env.oca(&["list"]).stdout("web_x  18.0.1.0.0  web\n").success();
    env.oca(&["list", "-p", "other"]).stdout("dms  18.0.1.0.0  dms\n").success();
}

#[test]
fn no_module_is_no_line() {
    let env = Env::new();
    env.locked("[profiles.standard]\n");
    env.oca(&["list"]).success();
    env.oca(&["list", "--format", "json"])
        .stdout("{\n  \"version\": 1,\n  \"profile\": \"standard\",\n  \"odoo\": \"18.0\",\n  \"modules\": []\n}\n")
        .success();
}

#[test]
fn json_has_the_defaults_of_odoo_for_missing_keys() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    remote
        .branch("18.0")
        .module("bare", &[("version", ""), ("license", ""), ("depends", "")])
        .module(
            "full",
            &[
                ("development_status", "'Mature'"),
                ("auto_install", "['web']"),
                ("depends", "['web', 'mail']"),
                ("external_dependencies", "{'python': ['lxml'], 'bin': ['dot'], 'deb': ['graphviz']}"),
            ],
        )
        .commit();
    env.locked(WEB);
    env.oca(&["list", "--format", "json"])
        .stdout(
            r#"{
  "version": 1,
  "profile": "standard",
  "odoo": "18.0",
  "modules": [
    {
      "name": "bare",
      "repo": "web",
      "version": "1.0",
      "installable": true,
      "missing": null,
      "selected": true,
      "depends": [],
      "license": "LGPL-3",
      "development_status": null,
      "auto_install": false,
      "external_dependencies": {
        "python": [],
        "bin": [],
        "deb": []
      }
    },
    {
      "name": "full",
      "repo": "web",
      "version": "18.0.1.0.0",
      "installable": true,
      "missing": null,
      "selected": true,
      "depends": [
        "web",
        "mail"
      ],
      "license": "AGPL-3",
      "development_status": "Mature",
      "auto_install": [
        "web"
      ],
      "external_dependencies": {
        "python": [
          "lxml"
        ],
        "bin": [
          "dot"
        ],
        "deb": [
          "graphviz"
        ]
      }
    }
  ]
}
"#,
        )
        .success();
}

#[test]
fn a_module_of_ones_own_that_cannot_be_read_is_told() {
    let env = Env::new();
    web(&env);
    env.locked(&format!("{WEB}[[local]]\npath = \"addons\"\n"));
    env.write("addons/mine/__init__.py", "");
    env.write("addons/mine/__manifest__.py", "{'name': \n");
    env.oca(&["list"])
        .stdout("web_x  18.0.1.0.0  web\n")
        .stderr("warning: `addons/mine/__manifest__.py` at line 1: the bracket that begins here is not closed; the module is ignored\n")
        .success();
}

#[test]
fn a_missing_directory_of_the_presets_is_only_a_detail() {
    let env = Env::new();
    web(&env);
    env.locked(&format!("{WEB}[[local]]\npath = \"addons\"\n"));
    env.oca(&["list"]).stdout_contains("web_x").stderr("").success();
    env.oca(&["list", "-v"])
        .stdout_contains("web_x")
        .stderr("`addons` of `[[local]]` does not exist, so it is left out\n1 module\n")
        .success();
    env.oca(&["requirements", "-q"])
        .stdout_contains("# Written by `oca requirements`; do not edit.\n")
        .success();
    env.edit("repos.toml", "\"addons\"", "\"mine\"");
    let warning = "warning: `mine` of `[[local]]` does not exist, so it is left out\n";
    env.oca(&["requirements"])
        .stdout_contains("# Written by `oca requirements`; do not edit.\n")
        .stderr(warning)
        .success();
    env.oca(&["addons-path", "-q"]).stdout("[TEMP]/project/oca/web\n").success();
}

#[test]
fn all_also_lists_modules_that_are_not_selected() {
    let env = Env::new();
    repository(&env, "web", &["web_x", "web_y"]);
    env.locked(&format!("{WEB}modules = [\"web_y\"]\n"));
    env.oca(&["list"]).stdout("web_y  18.0.1.0.0  web\n").success();
    env.oca(&["list", "--all"])
        .stdout("web_x  18.0.1.0.0  web  not selected\nweb_y  18.0.1.0.0  web\n")
        .success();
    env.oca(&["list", "--all", "--format", "json"]).stdout_contains("\"selected\": false").success();
}
