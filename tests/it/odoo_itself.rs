//! `[core]`: Odoo itself, Enterprise and the themes.

use crate::env::Env;
use crate::project::{WEB, modules_repository, repository, short};
use crate::remote::Remote;

const ODOO: &str = "[core]\nurl = \"../remotes/odoo\"\n";
const RELEASE: &str = "FINAL = 'final'\nversion_info = (18, 0, 0, FINAL, 0, '')\n";

/// Odoo 18.0 with `base`, `web`, `sale` and `sale_plus`, which no real Odoo has.
fn odoo(env: &Env) -> Remote {
    odoo_at(env, "odoo")
}

/// The same in `remotes/{name}.git`.
pub(crate) fn odoo_at(env: &Env, name: &str) -> Remote {
    let odoo = Remote::new(env, name);
    let draft = odoo.branch("18.0").file("odoo-bin", "#!/usr/bin/env python3\n").executable("odoo-bin");
    let draft = draft.file("odoo/release.py", RELEASE).file("requirements.txt", "lxml==5.2.1\n");
    let draft = draft.module("odoo/addons/base", &[("depends", "[]")]);
    let draft = draft.module("addons/web", &[("depends", "['base']"), ("auto_install", "True")]);
    let draft = draft.module("addons/sale", &[("depends", "['base', 'web']")]);
    let needs = "{'python': ['lxml'], 'bin': ['ls']}";
    let draft =
        draft.module("addons/sale_plus", &[("depends", "['sale']"), ("external_dependencies", needs)]);
    draft.module("addons/sale_gone", &[("installable", "False")]).commit();
    odoo
}

fn enterprise(env: &Env) -> Remote {
    repository(env, "enterprise", &["web_enterprise"])
}

/// All three repositories, and `web` of OCA.
fn everything(env: &Env) -> String {
    odoo(env);
    enterprise(env);
    repository(env, "design-themes", &["theme_common"]);
    modules_repository(env, "web", &[("web_x", "web sale_plus")]);
    format!(
        "{ODOO}enterprise = \"../remotes/enterprise\"\nthemes = {{ url = \"../remotes/design-themes\" }}\n{WEB}"
    )
}

#[test]
fn the_lock_has_odoo_with_its_modules_in_short() {
    let env = Env::new();
    odoo(&env);
    env.declare(&format!("{ODOO}[profiles.standard]\n"));
    env.oca(&["lock"])
        .stderr_contains("odoo: locked at ")
        .stderr_contains("1 repository with 0 modules, 1 changed\n")
        .success();
    let lock = env.read("oca.lock.json");
    let entry: String =
        lock.lines().skip(2).take_while(|line| *line != "  ],").map(|line| format!("{line}\n")).collect();
    let is_digest = |line: &&str| !line.contains("\"digest\"");
    let entry: String = entry.lines().filter(is_digest).map(|line| format!("{line}\n")).collect();
    insta::assert_snapshot!(entry, @r#"
    "repos": [
      {
        "name": "odoo",
        "kind": "core",
        "url": "../remotes/odoo",
        "branch": "18.0",
        "addons": ["addons", "odoo/addons"],
        "commit": "881b7158850415112af67625d401fa983f71bf61",
        "tree": "c7fb83084c7cfacc06307ed4fa0a560af11aa6a2",
        "modules": [
          {"name": "sale", "depends": ["base", "web"]},
          {"name": "sale_plus", "depends": ["sale"], "python": ["lxml"], "bin": ["ls"]},
          {"name": "web", "depends": ["base"], "auto_install": true},
          {"name": "base", "directory": "odoo/addons", "depends": []}
        ],
        "requirements": [
          "lxml==5.2.1"
        ]
      }
    "#);
    assert!(lock.contains("\"repos\": [\n        \"odoo@18.0\"\n      ]"), "{lock}");
    env.remove_remotes();
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock"]).stderr("1 repository with 0 modules, nothing changed\n").success();
}

#[test]
fn an_edited_entry_of_odoo_is_read_again() {
    let env = Env::new();
    odoo(&env);
    env.locked(&format!("{ODOO}[profiles.standard]\n"));
    let before = env.read("oca.lock.json");
    for (from, to) in [
        ("\"depends\": [\"sale\"]", "\"depends\": [\"stock\"]"),
        ("\"depends\": [\"sale\"]", "\"version\": \"18.0.1.0.0\", \"depends\": [\"sale\"]"),
        ("      \"kind\": \"core\",\n", ""),
        ("\"kind\": \"core\"", "\"kind\": \"other\""),
    ] {
        env.edit("oca.lock.json", from, to);
        env.oca(&["lock", "--check"])
            .stdout_contains("`odoo` at branch `18.0` was edited")
            .stderr_contains("error: `oca.lock.json` is out of date")
            .status(1);
        env.oca(&["lock"]).stderr_contains("odoo: read again\n").success();
        assert_eq!(env.read("oca.lock.json"), before);
    }
    env.oca(&["lock", "--check", "--upstream"]).success();
}

#[test]
fn a_plain_repository_that_becomes_odoo_is_read_again() {
    let env = Env::new();
    odoo(&env);
    env.declare("[profiles.standard]\nrepos = [\"odoo\"]\n[repos.odoo]\nurl = \"../remotes/odoo\"\naddons = [\"addons\", \"odoo/addons\"]\n");
    env.oca(&["lock"])
        .stderr_contains(
            "if `odoo` is Odoo itself, declare it in `[core]`: then its modules count as Odoo's own\n",
        )
        .success();
    env.declare(&format!("{ODOO}[profiles.standard]\n"));
    env.oca(&["lock", "--check"])
        .stdout("`odoo` is Odoo itself, but the lock has it as a repository of modules\n")
        .stderr_contains("error: `oca.lock.json` is out of date")
        .status(1);
    env.oca(&["lock"]).stderr_contains("odoo: read again\n").success();
    env.oca(&["check"]).stderr("0 modules, 0 errors, 0 warnings\n").success();
}

#[test]
fn all_of_it_is_checked_out() {
    let env = Env::new();
    env.declare(&everything(&env));
    env.oca(&["sync"]).stderr_contains("odoo: checked out at ").success();
    for file in
        ["odoo/odoo-bin", "odoo/odoo/addons/base/__manifest__.py", "enterprise/web_enterprise/__init__.py"]
    {
        assert!(env.exists(file), "{file}");
    }
    assert!(env.exists("design-themes/theme_common/__init__.py") && env.exists("oca/web/web_x/__init__.py"));
    env.oca(&["status"]).stdout_contains("odoo").success();
    let before = env.read("oca.lock.json");
    env.remove_remotes();
    env.oca(&["sync", "--locked"]).stderr("4 repositories up to date\n").success();
    assert_eq!(env.read("oca.lock.json"), before);
    env.write("odoo/new.py", "");
    env.oca(&["status", "odoo"]).stdout_contains("uncommitted changes").status(1);
    env.oca(&["sync", "--prune"]).stderr("4 repositories up to date\n").success();
    assert!(env.exists("odoo/new.py") && env.exists("enterprise/web_enterprise"));
}

#[test]
fn a_machine_without_access_skips_enterprise() {
    let env = Env::new();
    env.locked(&everything(&env));
    std::fs::remove_dir_all(env.remotes().join("enterprise.git")).expect("it can be removed");
    env.write("repos.local.toml", "skip = [\"enterprise\"]\n");
    env.oca(&["sync", "-q"]).success();
    assert!(!env.exists("enterprise") && env.exists("odoo/odoo-bin"));
    env.oca(&["outdated"]).stderr("0 of 3 repositories outdated\n").success();
    env.oca(&["addons-path"])
        .stdout(
            "[TEMP]/project/design-themes,[TEMP]/project/odoo/addons,[TEMP]/project/odoo/odoo/addons,\
             [TEMP]/project/oca/web\n",
        )
        .success();
    env.oca(&["lock", "--check"]).success();
    env.write("repos.local.toml", "");
    env.oca(&["outdated", "enterprise"])
        .stderr_contains(
            "hint: Enterprise is private: set `enterprise` in `[core]` to a url that you may read",
        )
        .status(3);
}

#[test]
fn odoo_moves_only_by_name() {
    let env = Env::new();
    env.locked(&everything(&env));
    let old = env.locked_commit("odoo");
    let new = Remote::open(&env, "odoo").branch("18.0").module("addons/crm", &[]).commit();
    let web = Remote::open(&env, "web").branch("18.0").module("web_y", &[]).commit();
    let line = format!("odoo {} -> {} branch 18.0 held 1 commit, the newest of", short(&old), short(&new));
    let shown = env.oca(&["outdated", "odoo"]).output().to_string();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&shown).contains(&line), "{shown}");
    env.oca(&["lock", "--upgrade", "-q"]).success();
    assert_eq!([env.locked_commit("odoo"), env.locked_commit("web")], [old.clone(), web]);
    let before = env.read("oca.lock.json");
    env.oca(&["lock", "--upgrade", "odoo", "-q"]).success();
    assert_eq!(env.locked_commit("odoo"), new);
    // A moved Odoo is a small difference: two ids, the digest, and the new module.
    let after = env.read("oca.lock.json");
    let old_lines: std::collections::HashSet<&str> = before.lines().collect();
    let changed: Vec<&str> = after.lines().filter(|line| !old_lines.contains(line)).collect();
    assert_eq!(changed.len(), 4, "{changed:?}");
    env.write("oca.lock.json", &before);
    let web = Remote::open(&env, "web").branch("18.0").module("web_z", &[]).commit();
    env.oca(&["upgrade", "--core", "-q"]).success();
    assert_eq!(env.locked_commit("odoo"), new);
    assert_ne!(env.locked_commit("web"), web);
    env.oca(&["lock", &format!("odoo@{}", short(&old)), "-q"]).success();
    assert_eq!(env.locked_commit("odoo"), old);
    env.declare(&format!("{ODOO}hold = false\n{WEB}"));
    env.oca(&["lock", "--upgrade", "-q"]).success();
    assert_eq!([env.locked_commit("odoo"), env.locked_commit("web")], [new, web]);
}

#[test]
fn core_moves_only_if_there_is_one() {
    let env = Env::new();
    modules_repository(&env, "web", &[("web_x", "")]);
    env.locked(WEB);
    env.oca(&["lock", "--upgrade", "--core"]).stderr_contains("`odoo`").status(2);
    env.oca(&["lock", "--core"]).stderr_contains("--upgrade").status(2);
}

#[test]
fn the_path_has_odoo_in_the_order_of_its_documentation() {
    let env = Env::new();
    let declared = everything(&env);
    env.own_module("addons/mine", "{'depends': ['web_enterprise']}");
    let around = "[addons-path]\nbefore = [\"/first\"]\n[image]\nroot = \"/mnt/oca\"\ncore = \"/opt/odoo\"\n[[local]]\npath = \"addons\"\n";
    env.locked(&format!("{around}{declared}"));
    env.oca(&["addons-path"])
        .stdout(
            "/first,[TEMP]/project/enterprise,[TEMP]/project/design-themes,[TEMP]/project/odoo/addons,\
             [TEMP]/project/odoo/odoo/addons,[TEMP]/project/addons,[TEMP]/project/oca/web\n",
        )
        .success();
    env.oca(&["addons-path", "--image"])
        .stdout("/opt/odoo/enterprise,/opt/odoo/design-themes,/opt/odoo/odoo/addons,/opt/odoo/odoo/odoo/addons,/mnt/oca/web\n")
        .success();
    let json = |args: &[&str]| -> serde_json::Value {
        let run = env.oca(args).arg("--format").arg("json").output().to_string();
        let text =
            run.split("----- stdout -----\n").nth(1).and_then(|text| text.split("----- stderr").next());
        serde_json::from_str(text.expect("a report")).expect("JSON")
    };
    let here = json(&["addons-path"]);
    assert_eq!(here["odoo_bin"], "[TEMP]/project/odoo/odoo-bin");
    assert_eq!(
        (&here["addons_path"][1]["kind"], &here["addons_path"][1]["repo"]),
        (&"core".into(), &"enterprise".into())
    );
    assert_eq!(json(&["addons-path", "--image"])["odoo_bin"], "/opt/odoo/odoo/odoo-bin");
}

#[test]
fn the_locked_modules_are_those_of_odoo() {
    let env = Env::new();
    let declared = everything(&env);
    env.own_module(
        "addons/mine",
        "{'license': 'AGPL-3', 'depends': ['sale_plus', 'web_enterprise', 'theme_common']}",
    );
    env.own_module("addons/theirs", "{'license': 'AGPL-3', 'depends': ['account', 'sale_gone']}");
    env.own_module("addons/sale", "{'license': 'AGPL-3', 'depends': ['base']}");
    env.locked(&format!("{declared}modules = [\"web_x\"]\n[[local]]\npath = \"addons\"\n"));
    let found = env.oca(&["check"]).output().to_string();
    insta::assert_snapshot!(found, @r"
    exit: 1
    ----- stdout -----
    error[OCA004]: module `account` does not exist, but `theirs` of `addons` needs it
      at: addons/theirs/__manifest__.py:1
      hint: run `oca find account` and add the repository that has it
    error[OCA004]: module `sale_gone` does not exist, but `theirs` of `addons` needs it
      at: addons/theirs/__manifest__.py:1
      hint: run `oca find sale_gone` and add the repository that has it
    error[OCA008]: `mine` of `addons` has licence `AGPL-3` and depends on `web_enterprise` (`OEEL-1`)
      at: addons/mine/__manifest__.py:1
      hint: change the licence of one of them, or put `mine` into `ignore` of `[check]`
    warning[OCA003]: `sale` of `addons` has the same name as a module of Odoo Community
      at: addons/sale/__manifest__.py
      hint: rename it, or put `sale` into `ignore` of `[check]`
    ----- stderr -----
    4 modules, 3 errors, 1 warning
    ");
    env.oca(&["list"]).stdout_contains("web_x").success();
    env.oca(&["list", "odoo"]).stderr("`odoo` is Odoo itself, whose modules are not listed\n").success();
    env.oca(&["tree", "web_x"]).stdout_contains("sale_plus").stdout_contains("core").success();
    env.oca(&["why", "sale_plus"]).stdout_contains("core").success();
    // Without `[core]`, the list of oca counts.
    env.write("addons/theirs/__manifest__.py", "{'license': 'AGPL-3', 'depends': ['account']}");
    env.own_module("addons/mine", "{'license': 'AGPL-3', 'depends': ['sale_plus']}");
    env.locked(&format!("{WEB}[[local]]\npath = \"addons\"\n"));
    env.oca(&["check"]).stdout_contains("`sale_plus`").stderr_contains("error").status(1);
}

#[test]
fn a_module_of_odoo_cannot_be_selected() {
    let env = Env::new();
    let declared = everything(&env);
    env.declare(&format!("{declared}modules = [\"web_x\", \"sale_plus\"]\n"));
    env.oca(&["lock"]).stderr_contains("asks for module `sale_plus`, but it is part of Odoo\n").status(2);
}

#[test]
fn what_is_not_the_declared_odoo_is_refused() {
    let env = Env::new();
    let odoo = odoo(&env);
    let refused = |branch: &str, words: &str| {
        env.declare(&format!("{ODOO}branch = \"{branch}\"\n[profiles.standard]\n"));
        env.oca(&["lock"]).stderr_contains(words).status(2);
    };
    let base = odoo.commit_of("18.0");
    odoo.branch("no-server").from(&base).remove("odoo-bin").commit();
    refused("no-server", "error: `odoo` is not Odoo: commit `");
    odoo.branch("other")
        .from(&base)
        .file("odoo/release.py", "version_info = ('saas~18', 1, 0, FINAL, 0, '')\n")
        .commit();
    refused("other", "error: `odoo` is Odoo 18.1, not 18.0, as `odoo/release.py` of commit `");
    odoo.branch("odd").from(&base).file("odoo/release.py", "version_info = __import__('os')\n").commit();
    refused("odd", "error: `odoo` does not say of which series it is, in `odoo/release.py` of commit `");
}

#[test]
fn odoo_before_10_has_other_directories() {
    let env = Env::new();
    let odoo = Remote::new(&env, "odoo");
    let draft = odoo
        .branch("9.0")
        .file("openerp-server", "")
        .file("openerp/release.py", "version_info = (9, 0, 0, FINAL, 0, 'c')\n");
    draft.module("openerp/addons/base", &[]).module("addons/web", &[]).commit();
    env.write("repos.toml", "odoo = \"9.0\"\n[core]\nurl = \"../remotes/odoo\"\n[profiles.standard]\n");
    env.lock();
    env.oca(&["addons-path"])
        .stdout("[TEMP]/project/odoo/addons,[TEMP]/project/odoo/openerp/addons\n")
        .success();
}

#[test]
fn names_and_places_that_clash_are_refused() {
    let env = Env::new();
    let refused = |rest: &str, words: &str| {
        env.declare(rest);
        env.oca(&["lock"]).stderr_contains(words).status(2);
    };
    let reserved = "`enterprise` is a name of Odoo itself, which `[core]` declares";
    refused(&format!("{ODOO}[profiles.standard]\nrepos = [\"enterprise\"]\n"), reserved);
    refused(
        &format!("{ODOO}path = \"oca/web\"\n{WEB}"),
        "bad value for `path` in `repos.toml` at line 3, table `core`: `oca/web` and `oca/web`, the checkout of `web`, are in one another",
    );
    refused(
        &format!("{ODOO}themes = {{}}\npath-themes = \"odoo/themes\"\n{WEB}"),
        "`odoo/themes` and `odoo`, the checkout of `odoo`, are in one another",
    );
    refused(
        &format!("path = \"odoo/oca\"\n{ODOO}{WEB}"),
        "the checkouts of profile `standard` are inside `odoo`",
    );
    refused(
        &format!("edition = \"community\"\n{ODOO}enterprise = {{}}\n{WEB}"),
        "every profile has `edition = \"community\"`",
    );
    refused(&format!("{ODOO}modules = [\"base\"]\n{WEB}"), "unknown field `modules`");
    refused(&format!("{ODOO}enterprise = 7\n{WEB}"), "expected a string or a table, found a number");
    refused(&format!("{ODOO}{WEB}[[local]]\npath = \"odoo/mine\"\n"), "`odoo/mine`");
    refused(
        &format!("{ODOO}{WEB}[profiles.next]\nodoo = \"19.0\"\n"),
        "profiles `standard` and `next` need different pins in `odoo`",
    );
}

#[test]
fn a_profile_has_its_own_odoo() {
    let env = Env::new();
    let odoo = odoo(&env);
    let release = RELEASE.replace("18", "19");
    odoo.branch("19.0").from(&odoo.commit_of("18.0")).file("odoo/release.py", release).commit();
    enterprise(&env).branch("19.0").module("web_enterprise", &[]).commit();
    env.declare(&format!(
        "{ODOO}enterprise = \"../remotes/enterprise\"\n[profiles.now]\nedition = \"community\"\n\
         [profiles.next]\nodoo = \"19.0\"\n[profiles.next.core]\npath = \"next/odoo\"\npath-enterprise = \"next/enterprise\"\n"
    ));
    env.oca(&["sync", "--all-profiles", "-q"]).success();
    assert!(env.exists("odoo/odoo-bin") && !env.exists("enterprise"));
    assert!(env.exists("next/odoo/odoo-bin") && env.exists("next/enterprise/web_enterprise"));
    env.oca(&["addons-path", "--profile", "next"])
        .stdout(
            "[TEMP]/project/next/enterprise,[TEMP]/project/next/odoo/addons,[TEMP]/project/next/odoo/odoo/addons\n",
        )
        .success();
}

#[test]
fn odoo_is_merged_and_patched_as_every_repository() {
    let env = Env::new();
    let odoo = odoo(&env);
    odoo.pull(7).from(&odoo.commit_of("18.0")).module("addons/crm", &[("depends", "['base']")]).commit();
    env.locked(&format!("{ODOO}merges = [\"#7\"]\n[profiles.standard]\n"));
    assert!(env.read("oca.lock.json").contains("{\"name\": \"crm\", \"depends\": [\"base\"]}"));
    env.oca(&["sync", "-q"]).success();
    assert!(env.exists("odoo/addons/crm/__manifest__.py"));
}

#[test]
fn the_surrounding_repository_should_ignore_odoo() {
    let env = Env::new();
    env.declare(&everything(&env));
    env.git(env.project(), &["init", "-q"]);
    let hint = "hint: add the line `/odoo/` to `.gitignore` beside `repos.toml`\n";
    env.oca(&["sync"])
        .stderr_contains("warning: the surrounding git repository does not ignore `odoo`\n")
        .stderr_contains(hint)
        .success();
    env.write(".gitignore", "/odoo/\n/enterprise/\n/design-themes/\n");
    let run = env.oca(&["sync"]).output().to_string();
    assert!(run.starts_with("exit: 0") && !run.contains("does not ignore"), "{run}");
}

#[test]
fn odoo_can_be_a_submodule() {
    let env = Env::new();
    odoo(&env);
    env.git(env.project(), &["init", "-q"]);
    env.declare(&format!("mode = \"submodule\"\n{ODOO}[profiles.standard]\n"));
    env.oca(&["sync"]).with_programs().stderr_contains("odoo: checked out at ").success();
    env.assert_file(
        ".gitmodules",
        "[submodule \"odoo\"]\n\tpath = odoo\n\turl = [TEMP]/remotes/odoo\n\tbranch = 18.0\n\tshallow = true\n",
    );
    env.oca(&["submodules"]).stderr("1 submodule as locked\n").success();
    env.oca(&["lock", "--check"]).success();
    env.declare(&format!("mode = \"submodule\"\n{ODOO}merges = [\"#7\"]\n[profiles.standard]\n"));
    env.oca(&["lock"])
        .stderr_contains("`merges` of `odoo` cannot be used with `mode = \"submodule\"`")
        .status(2);
}
