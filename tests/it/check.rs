//! `oca check`: every finding, its words, and how the run ends.

use crate::env::Env;
use crate::project::{WEB, modules_repository};
use crate::remote::Remote;

const BOTH: &str = "[profiles.standard]\nrepos = [\"web\", \"tools\"]\n";
const OWN: &str = "[[local]]\npath = \"addons\"\n";

/// A repository with modules and fields of their manifests.
fn repository(env: &Env, name: &str, modules: &[(&str, &[(&str, &str)])]) {
    let remote = Remote::new(env, name);
    let draft = remote.branch("18.0").file("README.md", "");
    modules.iter().fold(draft, |draft, (module, fields)| draft.module(module, fields)).commit();
}

/// Findings that are errors: exit 1.
#[track_caller]
fn errors(env: &Env, report: &str, summary: &str) {
    env.oca(&["check"]).stdout(report).stderr(&format!("{summary}\n")).status(1);
}

/// Findings that are warnings: exit 0, but for `--strict`.
#[track_caller]
fn warnings(env: &Env, report: &str, summary: &str) {
    env.oca(&["check"]).stdout(report).stderr(&format!("{summary}\n")).success();
    env.oca(&["check", "--strict"]).stdout(report).stderr(&format!("{summary}\n")).status(1);
}

#[test]
fn nothing_wrong_is_no_finding() {
    let env = Env::new();
    modules_repository(&env, "web", &[("web_x", "web"), ("web_y", "web_x base")]);
    env.own_module("addons/mine", "{'version': '1.0', 'license': 'AGPL-3', 'depends': ['web_y']}");
    env.locked(&format!("{WEB}{OWN}"));
    env.remove_remotes();
    for strict in [&["check"][..], &["check", "--strict"]] {
        env.oca(strict).stderr("3 modules, 0 errors, 0 warnings\n").success();
    }
}

#[test]
fn a_module_in_two_repositories_is_an_error() {
    let env = Env::new();
    modules_repository(&env, "web", &[("a", ""), ("x", "")]);
    modules_repository(&env, "tools", &[("b", ""), ("x", "")]);
    let summary = "3 modules, 1 error, 0 warnings";
    env.locked(BOTH);
    errors(
        &env,
        "error[OCA001]: `x` is in `web` and `tools`; Odoo loads the one in `web`\n  \
         hint: keep only one of them, such as the one in `web`, or put `x` into `ignore` of `[check]`\n",
        summary,
    );
    env.locked(&BOTH.replace("\"web\", \"tools\"", "\"tools\", \"web\""));
    errors(
        &env,
        "error[OCA001]: `x` is in `tools` and `web`; Odoo loads the one in `tools`\n  \
         hint: keep only one of them, such as the one in `tools`, or put `x` into `ignore` of `[check]`\n",
        summary,
    );
}

#[test]
fn a_second_module_counts_only_where_its_directory_is_on_the_path() {
    let env = Env::new();
    modules_repository(&env, "web", &[("a", ""), ("x", "")]);
    modules_repository(&env, "tools", &[("b", ""), ("x", "")]);
    env.locked(&format!("{BOTH}modules = [\"x\", \"a\"]\n"));
    env.oca(&["check"]).stderr("2 modules, 0 errors, 0 warnings\n").success();
    env.locked(&format!("{BOTH}modules = [\"x\", \"b\"]\n"));
    errors(
        &env,
        "error[OCA001]: `x` is in `web` and `tools`; Odoo loads the one in `web`\n  \
         hint: keep only one of them, such as the one in `web`, or put `x` into `ignore` of `[check]`\n",
        "2 modules, 1 error, 0 warnings",
    );
}

#[test]
fn directories_of_one_repository_are_named_whole() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    remote.branch("18.0").module("one/x", &[("depends", "")]).module("two/x", &[("depends", "")]).commit();
    env.locked(&format!("{WEB}[repos.web]\naddons = [\"one\", \"two\"]\n"));
    errors(
        &env,
        "error[OCA001]: `x` is in `web/one` and `web/two`; Odoo loads the one in `web/one`\n  \
         hint: keep only one of them, such as the one in `web/one`, or put `x` into `ignore` of `[check]`\n",
        "1 module, 1 error, 0 warnings",
    );
}

#[test]
fn a_module_that_hides_a_pinned_one_is_a_warning() {
    let env = Env::new();
    modules_repository(&env, "web", &[("x", ""), ("y", ""), ("z", "")]);
    let manifest = "{'license': 'AGPL-3'}";
    env.own_module("addons/x", manifest);
    env.own_module("around/y", manifest);
    env.own_module("last/z", manifest);
    env.locked(&format!("{WEB}{OWN}[addons-path]\nbefore = [\"around\"]\nafter = [\"last\"]\n"));
    warnings(
        &env,
        "warning[OCA002]: `x` of `addons` hides the same module of `web`\n  \
           at: addons/x/__manifest__.py\n  \
           hint: keep only one of them, or put `x` into `ignore` of `[check]`\n\
         warning[OCA002]: `y` of `around` hides the same module of `web`\n  \
           hint: keep only one of them, or put `y` into `ignore` of `[check]`\n\
         warning[OCA002]: `z` of `web` hides the same module of `last`\n  \
           hint: keep only one of them, or put `z` into `ignore` of `[check]`\n",
        "2 modules, 0 errors, 3 warnings",
    );
}

#[test]
fn a_name_of_odoos_own_is_a_warning_whether_odoo_is_here_or_not() {
    let env = Env::new();
    modules_repository(&env, "web", &[("sale", "base"), ("account_accountant", ""), ("brand_new", "")]);
    env.locked(&format!("{WEB}[addons-path]\nbefore = [\"${{ODOO_HOME}}/addons\"]\n"));
    let sale = "warning[OCA003]: `sale` of `web` has the same name as a module of Odoo Community\n  \
                hint: rename it, or put `sale` into `ignore` of `[check]`\n";
    warnings(&env, sale, "3 modules, 0 errors, 1 warning");
    for module in ["web", "sale", "brand_new"] {
        env.own_module(&format!("odoo/addons/{module}"), "{}");
    }
    let new = sale.replace("`sale`", "`brand_new`");
    env.oca(&["check"])
        .env("ODOO_HOME", env.project().join("odoo"))
        .stdout(&format!("{new}{sale}"))
        .stderr("1 module, 0 errors, 2 warnings\n")
        .success();
    env.edit("repos.toml", "odoo =", "edition = \"enterprise\"\nodoo =");
    let enterprise =
        sale.replace("`sale`", "`account_accountant`").replace("Odoo Community", "Odoo Enterprise");
    warnings(&env, &format!("{enterprise}{sale}"), "3 modules, 0 errors, 2 warnings");
}

#[test]
fn a_missing_module_is_reported_once_with_all_modules_that_need_it() {
    let env = Env::new();
    modules_repository(
        &env,
        "web",
        &[
            ("a", "queue_job"),
            ("b", "queue_job fs_storage"),
            ("c", "account_accountant helpdesk"),
            ("d", "b"),
        ],
    );
    env.locked(&format!("{WEB}modules = ['a', 'c', 'd']\n"));
    errors(
        &env,
        "error[OCA004]: `account_accountant` is a module of Odoo Enterprise, but `edition` is `community`, \
         and `c` of `web` needs it\n  \
           hint: write `edition = \"enterprise\"` into `repos.toml` if the image has Odoo Enterprise\n\
         error[OCA004]: module `fs_storage` does not exist, but `b` of `web` needs it\n  \
           hint: run `oca find fs_storage` and add the repository that has it\n\
         error[OCA004]: `helpdesk` is a module of Odoo Enterprise, but `edition` is `community`, \
         and `c` of `web` needs it\n  \
           hint: write `edition = \"enterprise\"` into `repos.toml` if the image has Odoo Enterprise\n\
         error[OCA004]: module `queue_job` does not exist, but `a` and `b` need it\n  \
           hint: run `oca find queue_job` and add the repository that has it\n",
        "4 modules, 4 errors, 0 warnings",
    );
    env.edit("repos.toml", "odoo =", "edition = \"enterprise\"\nodoo =");
    env.oca(&["check"])
        .stdout_contains("error[OCA004]: module `queue_job` does not exist")
        .stdout_contains(
            "error[OCA008]: `c` of `web` has licence `AGPL-3` and depends on `account_accountant` (`OEEL-1`), \
             `helpdesk` (`OEEL-1`)\n",
        )
        .stderr("4 modules, 3 errors, 0 warnings\n")
        .status(1);
}

#[test]
fn modules_of_the_surrounding_path_and_of_other_profiles_are_found() {
    let env = Env::new();
    modules_repository(&env, "web", &[("a", "b near")]);
    modules_repository(&env, "tools", &[("b", "")]);
    env.own_module("around/near", "{}");
    env.locked(&format!(
        "default-profile = \"standard\"\n[profiles.all]\nrepos = [\"tools\"]\n{WEB}modules = ['a']\n\
         [addons-path]\nafter = [\"around\"]\n"
    ));
    errors(
        &env,
        "error[OCA004]: module `b` does not exist, but `a` of `web` needs it\n  \
           hint: `tools` of profile `all` has it: run `oca add tools`\n",
        "1 module, 1 error, 0 warnings",
    );
    env.oca(&["add", "tools"]).stderr_contains("added `tools` to profile `standard`").success();
    env.oca(&["check"]).stderr("2 modules, 0 errors, 0 warnings\n").success();
}

#[test]
fn only_what_is_selected_is_looked_at() {
    let env = Env::new();
    modules_repository(&env, "web", &[("a", "base"), ("b", "queue_job c"), ("c", "b")]);
    env.locked(&format!("{WEB}modules = [\"a\"]\n"));
    env.oca(&["check"]).stderr("1 module, 0 errors, 0 warnings\n").success();
}

#[test]
fn a_circle_is_told_once_from_its_first_name_on() {
    let env = Env::new();
    modules_repository(&env, "web", &[("c", "a"), ("b", "c"), ("d", "c")]);
    modules_repository(&env, "tools", &[("a", "b base"), ("e", "e")]);
    env.locked(&format!("{BOTH}modules = [\"d\", \"e\"]\n"));
    errors(
        &env,
        "error[OCA006]: modules depend on each other in a circle: `a` -> `b` -> `c` -> `a`\n  \
           hint: remove one of them from the `depends` of another\n\
         error[OCA006]: modules depend on each other in a circle: `e` -> `e`\n  \
           hint: remove one of them from the `depends` of another\n",
        "5 modules, 2 errors, 0 warnings",
    );
}

#[test]
fn a_version_of_another_series_is_an_error() {
    let env = Env::new();
    repository(
        &env,
        "web",
        &[
            ("a", &[("version", "'17.0.1.0.0'")]),
            ("b", &[("version", "'1.0'")]),
            ("c", &[("version", "")]),
            ("d", &[("version", "'18.0.1'")]),
        ],
    );
    env.locked(&format!("{WEB}modules = [\"a\", \"b\", \"c\", \"d\"]\n"));
    let hint = "hint: after the migration, write it as `18.0.1.0.0` or `1.0.0`, or delete the version";
    errors(
        &env,
        &format!(
            "error[OCA007]: `a` of `web` has version `17.0.1.0.0`, which is not a version for Odoo 18.0\n  {hint}\n\
             error[OCA007]: `d` of `web` has version `18.0.1`, which is not a version for Odoo 18.0\n  {hint}\n"
        ),
        "4 modules, 2 errors, 0 warnings",
    );
}

/// Some repository of OCA always has a module that is not migrated. Nobody has to wait for it.
#[test]
fn what_nobody_asked_for_and_cannot_be_installed_is_counted() {
    let env = Env::new();
    let old = [("version", "'17.0.1.0.0'")];
    let remote = Remote::new(&env, "web");
    let draft = remote.branch("18.0").module("old", &old).module("needs_old", &[("depends", "['old']")]);
    draft.module("round", &[("depends", "['round']")]).module("fine", &[]).commit();
    env.locked(WEB);
    let of = "3 of 4 modules cannot be installed with this profile";
    env.oca(&["check"])
        .stderr(&format!("{of}: `oca check -v` says why\n4 modules, 0 errors, 0 warnings\n"))
        .success();
    env.oca(&["check", "-v"])
        .stdout_contains("note[OCA006]: modules depend on each other in a circle: `round` -> `round`\n")
        .stdout_contains("note[OCA007]: `old` of `web` has version `17.0.1.0.0`, which is not a version for ")
        .stderr(&format!("{of}\n4 modules, 0 errors, 0 warnings\n"))
        .success();
    env.oca(&["check", "--strict"])
        .stdout_contains("error[OCA006]: ")
        .stdout_contains("error[OCA007]: ")
        .stderr("4 modules, 2 errors, 0 warnings\n")
        .status(1);
    env.oca(&["list"]).stdout_contains("17.0.1.0.0  web  not for Odoo 18.0\n").success();
    // An own module needs it.
    env.own_module("addons/mine", "{'version': '1.0', 'license': 'AGPL-3', 'depends': ['needs_old']}");
    env.locked(&format!("{WEB}{OWN}"));
    env.oca(&["check"])
        .stdout_contains("error[OCA007]: `old` of `web`")
        .stderr(
            "1 of 5 modules cannot be installed with this profile: `oca check -v` says why\n\
             5 modules, 1 error, 0 warnings\n",
        )
        .status(1);
}

/// Before 17.0, Odoo puts the series before any version.
#[test]
fn an_old_odoo_installs_a_version_of_another_series() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    remote.branch("16.0").module("old", &[("version", "'15.0.1.0.0'")]).commit();
    env.write("repos.toml", format!("odoo = \"16.0\"\nbase-url = \"../remotes\"\n{WEB}"));
    env.lock();
    env.oca(&["check"]).stderr("1 module, 0 errors, 0 warnings\n").success();
}

#[test]
fn licences_have_to_go_together() {
    let env = Env::new();
    repository(
        &env,
        "web",
        &[
            ("free", &[("license", "'AGPL-3'")]),
            ("lesser", &[("license", "'LGPL-3'")]),
            ("odd", &[("license", "'Apache-2.0'"), ("depends", "['free']")]),
            ("silent", &[("license", ""), ("depends", "['free', 'odd']")]),
        ],
    );
    env.own_module(
        "addons/mine",
        "{\n  'license': 'OPL-1',\n  'depends': ['lesser', 'free', 'sale', 'odd'],\n}",
    );
    env.own_module("addons/other", "{'license': 'LGPL-3', 'depends': ['mine']}");
    env.locked(&format!("{WEB}{OWN}"));
    let hint = |module: &str| format!(", or put `{module}` into `ignore` of `[check]`\n");
    let write = "  hint: write a licence that Odoo knows, such as `LGPL-3`, into the manifest";
    errors(
        &env,
        &format!(
            "error[OCA008]: `mine` of `addons` has licence `OPL-1` and depends on `free` (`AGPL-3`)\n  \
               at: addons/mine/__manifest__.py:2\n  \
               hint: change the licence of one of them{}\
             error[OCA008]: `other` of `addons` has licence `LGPL-3` and depends on `mine` (`OPL-1`)\n  \
               at: addons/other/__manifest__.py:1\n  \
               hint: change the licence of one of them{}\
             warning[OCA009]: `odd` of `web` has licence `Apache-2.0`, which Odoo does not know\n\
             {write}{}\
             warning[OCA009]: `silent` of `web` declares no licence; Odoo treats it as `LGPL-3`\n\
             {write}{}",
            hint("mine"),
            hint("other"),
            hint("odd"),
            hint("silent")
        ),
        "6 modules, 2 errors, 2 warnings",
    );
}

#[test]
fn an_auto_install_module_that_is_not_selected_is_a_warning() {
    let env = Env::new();
    let auto = ("auto_install", "True");
    repository(
        &env,
        "web",
        &[
            ("a", &[]),
            ("b", &[]),
            ("glue", &[("depends", "['a', 'sale']"), auto]),
            ("glue_ab", &[("depends", "['a', 'b']"), auto]),
            ("glue_core", &[("depends", "['sale', 'stock']"), auto]),
            ("glue_list", &[("depends", "['a', 'b']"), ("auto_install", "['a']")]),
            ("glue_none", &[("depends", "['a']"), ("auto_install", "[]")]),
            ("taken", &[("depends", "['a']"), auto]),
        ],
    );
    env.locked(&format!("{WEB}modules = [\"a\", \"taken\"]\n"));
    warnings(
        &env,
        "warning[OCA010]: `glue` of `web` installs itself if `a` and `sale` are installed, but it is not selected\n  \
           hint: run `oca add --module glue`, or put `glue` into `ignore` of `[check]`\n\
         warning[OCA010]: `glue_list` of `web` installs itself if `a` is installed, but it is not selected\n  \
           hint: run `oca add --module glue_list`, or put `glue_list` into `ignore` of `[check]`\n",
        "2 modules, 0 errors, 2 warnings",
    );
    env.oca(&["add", "--module", "glue", "--module", "glue_list", "--module", "glue_ab", "-q"]).success();
    env.oca(&["check"]).stderr("6 modules, 0 errors, 0 warnings\n").success();
    env.locked(WEB);
    env.oca(&["check"]).stderr("8 modules, 0 errors, 0 warnings\n").success();
}

#[test]
fn a_module_more_mature_than_its_dependencies_is_a_warning() {
    let env = Env::new();
    let status = |status: &'static str| ("development_status", status);
    repository(
        &env,
        "web",
        &[
            ("alpha", &[status("'Alpha'")]),
            ("silent", &[("depends", "['alpha']")]),
            ("beta", &[status("'beta'"), ("depends", "['alpha', 'silent', 'base']")]),
            ("stable", &[status("'Production/Stable'"), ("depends", "['beta', 'silent', 'odd']")]),
            ("mature", &[status("'mature'"), ("depends", "['base', 'stable']")]),
            ("odd", &[status("'Planned'"), ("depends", "['alpha']")]),
        ],
    );
    env.locked(WEB);
    let hint = |module| {
        format!("  hint: expect changes in its dependencies, or put `{module}` into `ignore` of `[check]`\n")
    };
    warnings(
        &env,
        &format!(
            "warning[OCA011]: `beta` of `web` is `beta` and depends on `alpha` (`Alpha`)\n{}\
             warning[OCA011]: `mature` of `web` is `mature` and depends on `stable` (`Production/Stable`)\n{}\
             warning[OCA011]: `stable` of `web` is `Production/Stable` and depends on `beta` (`beta`), \
             `silent` (`Beta`)\n{}",
            hint("beta"),
            hint("mature"),
            hint("stable")
        ),
        "6 modules, 0 errors, 3 warnings",
    );
}

#[test]
fn names_that_differ_only_by_case_are_a_warning() {
    let env = Env::new();
    modules_repository(&env, "web", &[("Web_x", ""), ("web_y", "")]);
    modules_repository(&env, "tools", &[("web_x", "")]);
    env.locked(BOTH);
    warnings(
        &env,
        "warning[OCA012]: `Web_x` and `web_x` are the same name on macOS and Windows\n  \
           hint: rename one of them, or put `web_x` into `ignore` of `[check]`\n",
        "3 modules, 0 errors, 1 warning",
    );
}

#[test]
fn entries_inside_one_another_are_a_warning() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    remote.branch("18.0").module("x", &[]).module("more/y", &[]).commit();
    env.locked(&format!(
        "{WEB}[repos.web]\naddons = [\".\", \"more\"]\n[[local]]\npath = \"own/addons\"\n\
         [addons-path]\nbefore = [\"own\", \"${{UNSET_HERE}}/own\"]\nafter = [\"owner\"]\n"
    ));
    env.write("own/addons/README.md", "");
    warnings(
        &env,
        "warning[OCA013]: the path entry of `own/addons` is inside the path entry of `own`\n  \
           hint: move `own/addons`, or remove one of the two from the path\n\
         warning[OCA013]: the path entry of `web/more` is inside the path entry of `web`\n  \
           hint: move `web/more`, or remove one of the two from the path\n",
        "2 modules, 0 errors, 2 warnings",
    );
}

#[test]
fn own_modules_at_the_root_are_one_warning() {
    let env = Env::new();
    for name in ["web", "dms", "crm"] {
        modules_repository(&env, name, &[(&format!("{name}_x"), "base")]);
    }
    env.locked("[[local]]\npath = \".\"\n[profiles.standard]\nrepos = [\"web\", \"dms\", \"crm\"]\n");
    env.own_module(
        "mine",
        "{'name': 'mine', 'version': '18.0.1.0.0', 'license': 'AGPL-3', 'depends': ['base']}",
    );
    warnings(
        &env,
        "warning[OCA013]: the path entries of `web`, `dms`, `crm` are inside the path entry of `.`\n  \
           hint: move the modules of `.` into a directory of their own, such as `addons`, and name that in its place\n",
        "4 modules, 0 errors, 1 warning",
    );
}

#[test]
fn an_own_directory_with_a_manifest_alone_is_named() {
    let env = Env::new();
    modules_repository(&env, "web", &[("web_x", "")]);
    env.locked(&format!("{WEB}[[local]]\npath = \"addons\"\n"));
    env.write("addons/acme/__manifest__.py", "{'name': 'acme'}");
    let refused = "`addons/acme` has no `__init__.py`, so it is not a module";
    env.oca(&["check"]).stderr_contains(&format!("{refused}\n")).success();
    for command in ["why", "tree"] {
        env.oca(&[command, "acme"])
            .stderr(&format!(
                "error: profile `standard` has no module `acme`: {refused}\nhint: add the file\n"
            ))
            .status(2);
    }
}

#[test]
fn findings_of_all_profiles_are_told_once() {
    let env = Env::new();
    modules_repository(&env, "web", &[("a", "queue_job"), ("b", "queue_job gone")]);
    modules_repository(&env, "tools", &[("c", "gone"), ("gone_not", "base")]);
    env.locked(
        "[profiles.one]\nrepos = [\"web\"]\nmodules = [\"a\"]\n\
         [profiles.two]\nrepos = [\"web\", \"tools\"]\nmodules = ['a', 'b', 'c', 'gone_not']\n",
    );
    env.oca(&["check", "--all-profiles"])
        .stdout(
            "error[OCA004]: module `gone` does not exist, but `b` and `c` need it\n  \
               in: profile `two`\n  \
               hint: run `oca find gone` and add the repository that has it\n\
             error[OCA004]: module `queue_job` does not exist, but `a` and `b` need it\n  \
               in: profiles `one`, `two`\n  \
               hint: run `oca find queue_job` and add the repository that has it\n",
        )
        .stderr("4 modules, 2 errors, 0 warnings\n")
        .status(1);
    env.oca(&["check"]).stderr_contains("several profiles and no `default-profile`").status(2);
}

#[test]
fn a_missing_dependency_is_named_with_the_repository_that_find_saw_it_in() {
    let env = Env::new();
    modules_repository(&env, "web", &[("web_x", "queue_job")]);
    modules_repository(&env, "queue", &[("queue_job", "")]);
    env.locked(&format!("{WEB}modules = ['web_x']\n"));
    let finding = "error[OCA004]: module `queue_job` does not exist, but `web_x` of `web` needs it\n  hint: ";
    let summary = "1 module, 1 error, 0 warnings";
    errors(&env, &format!("{finding}run `oca find queue_job` and add the repository that has it\n"), summary);
    env.oca(&["find", "queue_job"]).stdout("queue  queue_job\n").success();
    env.remove_remotes();
    errors(&env, &format!("{finding}`queue` has it: run `oca add queue`\n"), summary);
}

#[test]
fn a_repository_is_to_be_added_to_the_profile_that_lacks_it() {
    let env = Env::new();
    modules_repository(&env, "web", &[("web_x", "queue_job")]);
    modules_repository(&env, "queue", &[("queue_job", "")]);
    modules_repository(&env, "tools", &[("tool", "")]);
    env.locked(&format!(
        "default-profile = \"other\"\n[profiles.other]\nrepos = [\"tools\"]\n{WEB}modules = ['web_x']\n"
    ));
    env.oca(&["find", "queue_job"]).stdout("queue  queue_job\n").success();
    let command = "oca add queue --profile standard";
    let hint = format!("hint: `queue` has it: run `{command}`");
    for arguments in [&["check", "--all-profiles"][..], &["check", "-p", "standard", "--format", "github"]] {
        env.oca(arguments).stdout_contains(&hint).stderr_contains("1 error").status(1);
    }
    let typed: Vec<&str> = command.split(' ').skip(1).collect();
    env.oca(&typed).stderr_contains("added `queue` to profile `standard`").success();
    env.oca(&["check", "--all-profiles"]).stderr("3 modules, 0 errors, 0 warnings\n").success();
}

#[test]
fn a_newer_commit_with_the_missing_module_is_suggested() {
    let env = Env::new();
    let web = modules_repository(&env, "web", &[("web_x", "web_new")]);
    env.locked(&format!("{WEB}modules = ['web_x']\n"));
    web.branch("18.0").module("web_new", &[]).commit();
    env.oca(&["find", "web_new"]).stdout("web  web_new\n").success();
    env.oca(&["check", "-q"])
        .stdout(
            "error[OCA004]: module `web_new` does not exist, but `web_x` of `web` needs it\n  \
               hint: `web` may have it now: run `oca lock --upgrade web`\n",
        )
        .status(1);
    env.oca(&["lock", "--upgrade", "web", "-q"]).success();
    env.oca(&["check", "-q"]).success();
}

#[test]
fn another_profile_is_of_use_only_on_the_same_series() {
    let env = Env::new();
    modules_repository(&env, "web", &[("a", "b")]);
    let tools = modules_repository(&env, "tools", &[]);
    tools.branch("17.0").module("b", &[]).commit();
    env.locked(&format!(
        "default-profile = \"standard\"\n\
         [profiles.old]\nodoo = \"17.0\"\npath = \"old\"\nrepos = [\"tools\"]\n{WEB}modules = ['a']\n"
    ));
    errors(
        &env,
        "error[OCA004]: module `b` does not exist, but `a` of `web` needs it\n  \
           hint: run `oca find b` and add the repository that has it\n",
        "1 module, 1 error, 0 warnings",
    );
}

/// If each name were compared with all others, this would take minutes.
#[test]
fn many_missing_names_take_little_time() {
    let env = Env::new();
    let needs: String = (0..30_000).map(|number| format!("d{number} ")).collect();
    modules_repository(&env, "web", &[("web_x", &needs)]);
    env.locked(WEB);
    let start = std::time::Instant::now();
    let output = env.oca(&["check", "--strict"]).output();
    assert!(
        output.code == Some(1) && output.stderr.ends_with("1 module, 30000 errors, 0 warnings\n"),
        "{}",
        output.stderr
    );
    assert!(start.elapsed() < std::time::Duration::from_mins(1));
}

#[test]
fn what_is_odoos_own_depends_on_the_series() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    remote.branch("20.0").module("web_x", &[("depends", "['mail_tracking', 'base_vat']")]).commit();
    env.write(
        "repos.toml",
        "odoo = \"20.0\"\nbase-url = \"../remotes\"\n[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"web_x\"]\n",
    );
    env.lock();
    env.oca(&["check"])
        .stdout_contains("error[OCA004]: module `base_vat` does not exist, but `web_x` of `web` needs it\n")
        .stderr("1 module, 1 error, 0 warnings\n")
        .status(1);
    let report = env.oca(&["check"]).output();
    assert!(!report.stdout.contains("mail_tracking"), "{report}");
}

#[test]
fn access_rights_of_older_series_are_found_from_20_on() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    let data = [("data", "['views/x.xml', 'security/ir.model.access.csv']")];
    for series in ["19.0", "20.0"] {
        let draft = remote.branch(series).module("web_old", &data);
        draft.module("web_new", &[("data", "['security/ir.access.csv']")]).commit();
    }
    env.own_module("addons/mine", "{'license': 'AGPL-3',\n'data': ('ir.model.access.csv',)}");
    let declare = |series: &str| {
        env.write(
            "repos.toml",
            format!(
                "odoo = \"{series}\"\nbase-url = \"../remotes\"\n[profiles.standard]\nrepos = [\"web\"]\n\
                 [[local]]\npath = \"addons\"\n"
            ),
        );
        env.lock();
    };
    declare("19.0");
    env.oca(&["check"]).stderr("3 modules, 0 errors, 0 warnings\n").success();
    // The lock of an older series keeps its bytes.
    assert!(!env.read("oca.lock.json").contains("model_access"));
    declare("20.0");
    assert!(env.read("oca.lock.json").contains("\"deb\": [], \"model_access\": true}"));
    env.remove_remotes();
    env.oca(&["check"])
        .stdout(
            "warning[OCA016]: `mine` of `addons` lists a file of `ir.model.access`, but Odoo 20.0 has `ir.access` instead\n  \
             at: addons/mine/__manifest__.py:2\n  \
             hint: write its access rights as records of `ir.access`, or put `mine` into `ignore` of `[check]`\n\
             warning[OCA016]: `web_old` of `web` lists a file of `ir.model.access`, but Odoo 20.0 has `ir.access` instead\n  \
             hint: write its access rights as records of `ir.access`, or put `web_old` into `ignore` of `[check]`\n",
        )
        .stderr("3 modules, 0 errors, 2 warnings\n")
        .success();
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn without_a_list_of_odoos_modules_nothing_is_guessed() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    remote
        .branch("21.0")
        .module("web_x", &[("depends", "['who_knows']")])
        .module("sale", &[("depends", "['web_x']")])
        .commit();
    env.write(
        "repos.toml",
        "odoo = \"21.0\"\nbase-url = \"../remotes\"\n[profiles.one]\nrepos = [\"web\"]\n\
         [profiles.two]\nrepos = [\"web\"]\nmodules = [\"web_x\"]\n",
    );
    env.lock();
    env.oca(&["check", "--all-profiles"])
        .stderr(
            "oca has no list of the modules of Odoo 21.0, so it reports no missing dependency and no module with the \
             name of one of Odoo's; with the directories of an Odoo in `before` of `[addons-path]`, it does\n\
             2 modules, 0 errors, 0 warnings\n",
        )
        .success();
    env.oca(&["why", "-p", "one", "who_knows"])
        .stdout_contains(
            "`who_knows` is one of Odoo's own modules or missing: oca has no list of the modules of Odoo 21.0\n",
        )
        .success();
    env.oca(&["tree", "-p", "one", "web_x"]).stdout_contains("└── who_knows (core or missing)\n").success();
    env.oca(&["tree", "-p", "one", "web_x", "--format", "json"])
        .stdout_contains("\"kind\": \"unknown\"")
        .success();
}
