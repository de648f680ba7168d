//! `oca diff --format update`: the modules that a database must update.

use crate::env::Env;
use crate::project::{BOTH, committed};
use crate::remote::Remote;

const MODULES: [(&str, &[(&str, &str)]); 3] = [("web_a", &[]), ("web_b", &[]), ("web_c", &[])];

/// Expects this list, and no warning.
#[track_caller]
fn assert_list(env: &Env, words: &[&str], list: &str) {
    let words = [&["diff", "--format", "update"], words].concat();
    let count = list.split_terminator(',').count();
    let line = if list.is_empty() { String::new() } else { format!("{list}\n") };
    let noun = if count == 1 { "module" } else { "modules" };
    env.oca(&words).stdout(&line).stderr(&format!("{count} {noun} to update\n")).success();
}

fn upgrade(env: &Env) {
    env.oca(&["lock", "-q", "--upgrade"]).success();
}

#[test]
fn files_that_odoo_does_not_read_do_not_count() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    assert_list(&env, &[], "");
    web.branch("18.0")
        .file("web_a/README.rst", "new")
        .file("web_a/readme/HISTORY.md", "new")
        .file("web_a/static/description/index.html", "new")
        .file("web_a/tests/test_a.py", "new")
        .file("web_a/i18n/web_a.pot", "new")
        .file("web_a/pyproject.toml", "new")
        .file("web_b/models/b.py", "new")
        .file("web_c/i18n/de.po", "new")
        .module("web_new", &[])
        .commit();
    upgrade(&env);
    assert_list(&env, &[], "web_b,web_c");
    env.oca(&["diff", "--format", "update", "-q", "--exit-code", "-o", "list"]).status(1);
    env.assert_file("list", "web_b,web_c\n");
    // What is in the cache needs no server.
    env.remove_remotes();
    assert_list(&env, &[], "web_b,web_c");
}

#[test]
fn only_the_chosen_languages_count() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    env.locked(&format!("[export]\nlanguages = [\"fr\"]\n{BOTH}"));
    env.commit_all("French only");
    web.branch("18.0").file("web_a/i18n/de.po", "x").file("web_b/i18n/fr.po", "x").commit();
    upgrade(&env);
    assert_list(&env, &[], "web_b");
}

#[test]
fn a_module_that_moved_counts_only_if_its_files_changed() {
    let env = Env::new();
    let [web, dms] = committed(&env, &MODULES);
    web.branch("18.0").remove("web_a").remove("web_b").remove("web_c").commit();
    dms.branch("18.0").module("web_a", &[]).module("web_b", &[("version", "'18.0.2.0.0'")]).commit();
    upgrade(&env);
    env.oca(&["diff", "--format", "update"])
        .stdout("web_b\n")
        .stderr("warning: uninstall before you deploy, because they are gone: `web_c`\n1 module to update\n")
        .success();
}

#[test]
fn merges_count() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    web.pull(7)
        .from(&web.commit_of("18.0"))
        .file("web_b/models/b.py", "x")
        .file("web_a/README.md", "x")
        .commit();
    env.locked(&format!("{BOTH}[repos.web]\nmerges = [\"#7\"]\n"));
    assert_list(&env, &[], "web_b");
    // The way back, too: the steps of the old lock are made from its own files.
    env.commit_all("Merge");
    env.locked(BOTH);
    env.oca(&["diff", "--format", "update", "-q"]).stdout("web_b\n").success();
}

#[test]
fn own_modules_count_as_git_has_them() {
    let env = Env::new();
    committed(&env, &MODULES);
    env.locked(&format!("[[local]]\npath = \"addons\"\n{BOTH}"));
    for module in ["mine", "other", "idle"] {
        env.own_module(&format!("addons/{module}"), "{}");
    }
    env.commit_all("Own modules");
    env.write("addons/mine/models.py", "x");
    env.write("addons/idle/README.md", "x");
    env.write("addons/idle/static/src/x.js", "x");
    env.own_module("addons/fresh", "{}");
    assert_list(&env, &[], "mine");
    env.commit_all("More");
    assert_list(&env, &[], "");
    assert_list(&env, &["HEAD~1"], "mine");
    env.write("addons/other/__init__.py", "import x");
    assert_list(&env, &["HEAD~1"], "mine,other");
    assert_list(&env, &["HEAD~1", "HEAD"], "mine");
    // One that is gone is in no list.
    std::fs::remove_dir_all(env.project().join("addons/mine")).expect("a module");
    env.oca(&["diff", "--format", "update", "HEAD~1"])
        .stdout("other\n")
        .stderr("warning: uninstall before you deploy, because they are gone: `mine`\n1 module to update\n")
        .success();
    env.write("old.json", env.read("oca.lock.json"));
    env.oca(&["diff", "--format", "update", "old.json"])
        .stderr(
            "warning: your own modules are not compared, because a lock is not from git: add those that changed to the list\n\
             0 modules to update\n",
        )
        .success();
}

#[test]
fn a_module_that_became_an_own_one_or_was_one_counts() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    env.locked(&format!("[[local]]\npath = \"addons\"\n{BOTH}"));
    env.own_module("addons/mine", "{}");
    env.commit_all("Own modules");
    web.branch("18.0").remove("web_a").remove("web_b").module("mine", &[]).commit();
    upgrade(&env);
    std::fs::remove_dir_all(env.project().join("addons/mine")).expect("a module");
    env.own_module("addons/web_a", "{}");
    env.commit_all("Exchange");
    for words in [&["HEAD~1"][..], &["HEAD~1", "HEAD"]] {
        env.oca(&[&["diff", "--format", "update"], words].concat())
            .stdout("mine,web_a\n")
            .stderr(
                "warning: uninstall before you deploy, because they are gone: `web_b`\n2 modules to update\n",
            )
            .success();
    }
}

#[test]
fn if_an_old_commit_is_gone_its_modules_count() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    let old = web.commit_of("18.0");
    web.rewrite("18.0")
        .module("web_a", &[])
        .file("web_b/README.md", "x")
        .module("web_b", &[])
        .module("web_c", &[("version", "'2.0'")])
        .commit();
    upgrade(&env);
    env.git(web.path(), &["reflog", "expire", "--expire=now", "--all"]);
    env.git(web.path(), &["gc", "-q", "--prune=now"]);
    assert!(env.try_git(web.path(), &["cat-file", "-e", &old]).is_err());
    assert_list(&env, &[], "web_c");
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    env.oca(&["diff", "--format", "update"])
        .stdout("web_b,web_c\n")
        .stderr_contains("warning: `web`: its old or its new commit could not be read, so each of its modules with other files is listed: ")
        .success();
}

#[test]
fn odoo_itself_counts() {
    let env = Env::new();
    let odoo = Remote::new(&env, "odoo");
    odoo.branch("18.0")
        .file("odoo-bin", "")
        .file("odoo/release.py", "version_info = (18, 0, 0, 'final', 0, '')\n")
        .module("odoo/addons/base", &[])
        .module("addons/web", &[])
        .module("addons/mail", &[])
        .commit();
    env.locked("[core]\nurl = \"../remotes/odoo\"\n[profiles.standard]\nrepos = []\n");
    env.git(".", &["init", "-q", "-b", "main"]);
    env.commit_all("Lock");
    odoo.branch("18.0").file("addons/web/models.py", "x").file("addons/mail/static/x.js", "x").commit();
    env.oca(&["lock", "-q", "--upgrade", "--core"]).success();
    assert_list(&env, &[], "web");
    env.remove_remotes();
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    env.oca(&["diff", "--format", "update"]).stderr_contains("error: cannot fetch `odoo`").status(3);
}

#[test]
fn another_series_is_no_update() {
    let env = Env::new();
    let [web, dms] = committed(&env, &MODULES);
    for remote in [&web, &dms] {
        remote.branch("19.0").from(&remote.commit_of("18.0")).file("x", "").commit();
    }
    env.edit("repos.toml", "18.0", "19.0");
    env.lock();
    env.oca(&["diff", "--format", "update"])
        .stderr("warning: profile `standard` goes from Odoo 18.0 to 19.0: an update does not migrate a database to another series\n0 modules to update\n")
        .success();
}

#[test]
fn data_in_static_and_tests_counts_if_the_manifest_names_it() {
    let env = Env::new();
    let data = [("data", "['static/data/a.xml']")];
    let demo = [("demo", "[\"tests/data/b.CSV\"]")];
    let [web, _] = committed(&env, &[("web_a", &data), ("web_b", &demo), ("web_c", &[])]);
    let draft = web.branch("18.0");
    let draft = draft.file("web_a/static/data/a.xml", "x").file("web_b/tests/data/b.CSV", "x");
    draft.file("web_c/static/data/a.xml", "x").commit();
    upgrade(&env);
    assert_list(&env, &[], "web_a,web_b");
    // The manifests are fetched if they are not in the cache.
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    assert_list(&env, &[], "web_a,web_b");
    // The same for own modules, in the work tree and in revisions.
    env.locked(&format!("[[local]]\npath = \"addons\"\n{BOTH}"));
    env.own_module("addons/mine", "{'data': ['static/data/a.xml']}");
    env.own_module("addons/other", "{'assets': {'a': ['other/static/data/a.xml']}}");
    env.commit_all("Own modules");
    env.write("addons/mine/static/data/a.xml", "x");
    env.write("addons/other/static/data/a.xml", "x");
    assert_list(&env, &[], "mine");
    env.commit_all("Data");
    assert_list(&env, &["HEAD~1", "HEAD"], "mine");
}

#[test]
fn own_modules_that_are_gone_or_cannot_be_read_are_told() {
    let env = Env::new();
    committed(&env, &MODULES);
    env.locked(&format!("[[local]]\npath = \"addons\"\n{BOTH}"));
    for module in ["mine", "old_name", "off", "broken", "web_b"] {
        env.own_module(&format!("addons/{module}"), "{}");
    }
    env.commit_all("Own modules");
    // A repository still has `web_b`.
    for module in ["mine", "old_name", "web_b"] {
        std::fs::remove_dir_all(env.project().join("addons").join(module)).expect("a module");
    }
    env.own_module("addons/new_name", "{}");
    env.own_module("addons/off", "{'installable': False}");
    env.own_module("addons/broken", "{'name'");
    let gone = "warning: uninstall before you deploy, because they are gone: `mine`, `off`, `old_name`\n";
    for words in [&[][..], &["HEAD~1", "HEAD"]] {
        if !words.is_empty() {
            env.commit_all("More");
        }
        env.oca(&[&["diff", "--format", "update"], words].concat())
            .stdout("web_b\n")
            .stderr_contains("/addons/broken/__manifest__.py` at line 1: ")
            .stderr_contains("; the module is not in the list\n")
            .stderr_contains(gone)
            .success();
    }
}

#[test]
fn names_that_odoo_would_not_read_as_one_module_are_left_out() {
    let env = Env::new();
    let [web, _] = committed(&env, &[("all", &[]), ("sp ace", &[]), ("web_a", &[])]);
    env.locked(&format!("[[local]]\npath = \"addons\"\n{BOTH}"));
    for module in ["-x", "a,b", "mine"] {
        env.own_module(&format!("addons/{module}"), "{}");
    }
    env.commit_all("Own modules");
    for module in ["-x", "a,b", "mine"] {
        env.write(format!("addons/{module}/models.py"), "x");
    }
    let draft = web.branch("18.0").file("all/models.py", "x").file("sp ace/models.py", "x");
    draft.file("web_a/models.py", "x").commit();
    upgrade(&env);
    env.oca(&["diff", "--format", "update"])
        .stdout("mine,web_a\n")
        .stderr_contains("/addons/-x/__manifest__.py` at line 1: no module can be installed from there: the name begins with `-`; the module is not in the list\n")
        .stderr_contains("/addons/a,b/__manifest__.py` at line 1: no module can be installed from there: the name contains a comma")
        .stderr_contains("warning: `all` is not in the list: `-u` takes `all` as all modules, so rename the module\n")
        .stderr_contains("warning: `sp ace` is not in the list: the name contains a blank, so rename the module\n")
        .success();
}

#[test]
fn own_directories_that_cannot_be_compared_are_told() {
    let env = Env::new();
    committed(&env, &MODULES);
    env.locked(&format!("[[local]]\npath = \"own\"\n[[local]]\npath = \"../elsewhere\"\n{BOTH}"));
    env.own_module("own/mine", "{}");
    env.own_module("../elsewhere/other", "{}");
    env.commit_all("Own modules");
    std::fs::remove_dir_all(env.project().join("own")).expect("a directory");
    env.oca(&["diff", "--format", "update"])
        .stderr_contains("warning: `own` of `[[local]]` does not exist, so it is left out\n")
        .stderr_contains("elsewhere` is not compared, because it is not in this repository: add its modules that changed to the list\n")
        .stderr_contains("warning: uninstall before you deploy, because they are gone: `mine`\n")
        .success();
    env.edit("repos.toml", "\"own\"", "\"${EXTRA}\"");
    env.oca(&["diff", "--format", "update"]).stderr_contains("EXTRA").status(2);
}

#[test]
fn a_module_that_another_one_overtook_counts() {
    let env = Env::new();
    let [_, dms] = committed(&env, &MODULES);
    dms.branch("18.0").module("web_b", &[("summary", "\"another\"")]).commit();
    env.locked(&format!("[local]\npath = \"addons\"\n{BOTH}").replace("[local]", "[[local]]"));
    env.own_module("addons/own", "{'name': 'own', 'version': '18.0.1.0.0', 'license': 'AGPL-3'}");
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.commit_all("Own modules");
    assert_list(&env, &[], "");
    // A copy of `web_a` in front of that of the repository.
    env.own_module("addons/web_a", "{'name': 'ours', 'version': '18.0.1.0.0', 'license': 'AGPL-3'}");
    assert_list(&env, &[], "web_a");
    env.commit_all("Overtake");
    std::fs::remove_dir_all(env.project().join("addons/web_a")).expect("the copy");
    assert_list(&env, &[], "web_a");
    // The other repository is the first now, and has another `web_b`.
    env.edit("repos.toml", "[\"web\", \"dms\"]", "[\"dms\", \"web\"]");
    env.oca(&["lock", "-q"]).success();
    assert_list(&env, &[], "web_a,web_b");
}

#[cfg(unix)]
#[test]
fn an_own_module_that_is_a_symlink_is_told() {
    let env = Env::new();
    committed(&env, &MODULES);
    env.locked(&format!("[[local]]\npath = \"addons\"\n{BOTH}"));
    env.own_module("addons/plain", "{'name': 'plain'}");
    env.own_module("vendor/own", "{'name': 'own'}");
    std::os::unix::fs::symlink("../vendor/own", env.project().join("addons/own")).expect("a link");
    env.commit_all("Own modules");
    env.write("vendor/own/a.py", "x");
    env.oca(&["diff", "--format", "update"])
        .stderr_contains("addons/own` is a symlink, so what is behind it is not compared")
        .success();
}
