//! A second Odoo beside the one of `[core]`: in front of it on the path, or named on the command line.

use crate::env::Env;
use crate::odoo_itself::odoo_at;
use crate::project::{WEB, modules_repository, repository};

const ODOO: &str = "[core]\nurl = \"../remotes/odoo\"\n";

/// An Odoo beside the project.
fn other_odoo(env: &Env) {
    for module in ["addons/sale", "addons/mine", "odoo/addons/base"] {
        env.own_module(&format!("../other/{module}"), "{}");
    }
}

#[test]
fn a_second_odoo_in_front_of_the_locked_one_is_told() {
    let env = Env::new();
    odoo_at(&env, "odoo");
    other_odoo(&env);
    modules_repository(&env, "web", &[("web_x", "sale")]);
    let before = "[addons-path]\nbefore = [\"../other/odoo/addons\", \"../other/addons\", \"../none\"]\n";
    let after = "after = [\"../other/addons\"]\n";
    env.locked(&format!("{before}{after}{ODOO}{WEB}"));
    let base = "`../other/odoo/addons` in `before` of `[addons-path]` hides `base` of the locked Odoo";
    let sale = "`../other/addons` in `before` of `[addons-path]` hides `sale` of the locked Odoo";
    let hint = "hint: delete `../other/addons` from `before` of `[addons-path]`, or delete `[core]`\n";
    env.oca(&["check"])
        .stdout_contains(&format!("warning[OCA002]: {base}\n"))
        .stdout_contains(&format!("warning[OCA002]: {sale}\n"))
        .stdout_contains(hint)
        .stderr_contains("1 module, 0 errors, 2 warnings\n")
        .success();
    env.oca(&["addons-path"])
        .stdout_contains("[TEMP]/other/odoo/addons,[TEMP]/other/addons")
        .stderr_contains(&format!("warning: {base}\n"))
        .stderr_contains(&format!("warning: {sale}\n"))
        .stderr_contains(hint)
        .success();
    env.oca(&["addons-path", "--image", "-q"]).stdout_contains("/web").success();
    // Somebody may want it, and `[[local]]` and `after` are no second Odoo.
    env.locked(&format!("{before}{ODOO}{WEB}[check]\nignore = [\"sale\", \"base\"]\n"));
    let quiet = env.oca(&["addons-path"]).output().to_string();
    assert!(!quiet.contains("warning"), "{quiet}");
    env.oca(&["check"]).stderr("1 module, 0 errors, 0 warnings\n").success();
    env.locked(&format!("[addons-path]\n{after}{ODOO}{WEB}"));
    env.oca(&["check"]).stderr("1 module, 0 errors, 0 warnings\n").success();
    // Without `[core]`, it is the Odoo.
    env.locked(&format!("{before}{WEB}"));
    env.oca(&["check"]).stderr("1 module, 0 errors, 0 warnings\n").success();
}

#[test]
fn directories_of_the_locked_odoo_need_no_before() {
    let env = Env::new();
    odoo_at(&env, "odoo");
    env.locked(&format!(
        "[addons-path]\nbefore = [\"odoo/addons\"]\n[image]\ncore = \"/opt/odoo\"\nbefore = [\"/opt/odoo/odoo/addons\", \"/usr/lib/python3/dist-packages/odoo/addons/\", \"/mnt/theirs\"]\n{ODOO}[profiles.standard]\n"
    ));
    let here = "`odoo/addons` in `before` of `[addons-path]` is part of the locked Odoo, which is on the path anyway\n";
    let there = "`/opt/odoo/odoo/addons` in `before` of `[image]` is part of the locked Odoo, which is on the path anyway\n";
    let another = "`/usr/lib/python3/dist-packages/odoo/addons/` in `before` of `[image]` is an Odoo in front of the locked one\n";
    env.oca(&["addons-path"]).stdout_contains("/odoo/addons").stderr_contains(here).success();
    env.oca(&["addons-path", "--image"])
        .stdout_contains("/mnt/theirs")
        .stderr_contains(there)
        .stderr_contains(another)
        .success();
    env.oca(&["check"])
        .stdout_contains(here)
        .stdout_contains(there)
        .stdout_contains(another)
        .stderr_contains("3 warnings\n")
        .success();
    env.oca(&["check", "--format", "json", "-q"]).stdout_contains("\"OCA002\"").success();
}

#[test]
fn the_names_of_odoo_need_core() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    odoo_at(&env, "odoo");
    env.locked(WEB);
    let error = "error: `odoo` is a name of Odoo itself, but `repos.toml` has no `[core]`\nhint: declare it with `[core]` in `repos.toml`, then run `oca lock`\n";
    for args in [&["lock", "--upgrade", "--core"][..], &["lock", "--upgrade", "odoo"], &["status", "odoo"]] {
        env.oca(args).stderr(error).status(2);
    }
    env.write("repos.local.toml", "skip = [\"odoo\"]\n");
    env.oca(&["lock"])
        .stderr("error: bad value for `skip` in `repos.local.toml` at line 1: `odoo` is a name of Odoo itself, and no profile has `[core]`\nhint: delete it, or declare it in `repos.toml`\n")
        .status(2);
    env.write("repos.local.toml", "");
    env.locked(&format!("{ODOO}{WEB}"));
    env.oca(&["lock", "--upgrade", "enterprise"])
        .stderr("error: `enterprise` is a name of Odoo itself, but `[core]` declares no `enterprise`\nhint: declare it with `enterprise` in `[core]` of `repos.toml`, then run `oca lock`\n")
        .status(2);
    env.write("repos.local.toml", "skip = [\"themes\"]\n");
    env.oca(&["lock"]).stderr_contains("and no profile has `themes` in `[core]`\n").status(2);
}

#[test]
fn no_second_odoo_is_added() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    for name in ["odoo", "OCB"] {
        odoo_at(&env, name);
    }
    repository(&env, "design-themes", &["theme_common"]);
    env.locked(&format!("{ODOO}{WEB}"));
    let before = env.read("repos.toml");
    env.oca(&["add", "OCB"])
        .stderr("error: `OCB` is Odoo itself, and `[core]` declares `odoo` already: ../remotes/odoo\nhint: to use another Odoo, edit `url` of `[core]`\n")
        .status(2);
    for word in ["enterprise", "design-themes", "https://github.com/odoo/design-themes"] {
        env.oca(&["add", word])
            .stderr_contains("is part of Odoo itself, which `[core]` declares\n")
            .status(2);
    }
    assert_eq!(env.read("repos.toml"), before);
    env.locked(WEB);
    let note = |name: &str| format!("if `{name}` is Odoo itself, declare it in `[core]`");
    for name in ["OCB", "design-themes"] {
        env.oca(&["add", name]).stderr_contains(&note(name)).success();
    }
    env.oca(&["add", "enterprise"]).stderr_contains(&note("enterprise")).status(3);
}
