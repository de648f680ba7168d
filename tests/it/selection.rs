//! Module selection: `modules` of profiles and repositories, the closure in the lock, and who goes by it.

use crate::env::Env;
use crate::project::modules_repository as repository;
use crate::remote::Remote;

fn local(env: &Env, path: &str, depends: &str) {
    let depends: Vec<&str> = depends.split_whitespace().collect();
    env.own_module(path, format!("{{'name': 'x', 'depends': {depends:?}}}"));
}

/// The names that `oca list` prints.
#[track_caller]
fn listed(env: &Env, profile: &str) -> String {
    let output = env.oca(&["list", "-p", profile]).output();
    assert_eq!(output.code, Some(0), "{output}");
    let names = output.stdout.lines().map(|line| line.split(' ').next().unwrap_or_default());
    names.collect::<Vec<_>>().join(" ")
}

/// What the lock records of a profile, without its digest.
fn record(env: &Env, profile: &str) -> String {
    let lock = env.read("oca.lock.json");
    let begin = lock.find(&format!("\n    \"{profile}\": {{\n")).expect("the profile is in the lock");
    let lines = lock[begin + 1..].split_inclusive('\n').take_while(|line| !line.starts_with("    }"));
    lines.filter(|line| !line.starts_with("      \"digest\": ")).collect()
}

/// Repositories that need each other, although no module needs itself.
fn circle(env: &Env) {
    repository(env, "x", &[("a", "base y1"), ("x2", "account"), ("x3", ""), ("c3", "c4"), ("c6", "web")]);
    repository(env, "y", &[("y1", "web"), ("y2", "x2"), ("c2", "c3"), ("c5", "c6")]);
    repository(env, "z", &[("c1", "c2"), ("q", "queue_job mail"), ("q1", "q"), ("q2", "q1"), ("q3", "q2 q")]);
    let remote = repository(env, "w", &[("c4", "c5")]);
    let auto = [("depends", "['account', 'x2']"), ("auto_install", "['account', 'x2']")];
    remote.branch("18.0").module("auto", &auto).commit();
}

const ALL: &str = "repos = [\"x\", \"y\", \"z\", \"w\"]\n";

#[test]
fn what_a_module_needs_comes_with_it_from_all_repositories() {
    let env = Env::new();
    circle(&env);
    env.locked(&format!("[profiles.lean]\n{ALL}modules = [\"y2\", \"a\"]\n"));
    assert_eq!(listed(&env, "lean"), "a x2 y1 y2");
    insta::assert_snapshot!(record(&env, "lean"), @r#"
        "lean": {
          "odoo": "18.0",
          "repos": [
            "x@18.0",
            "y@18.0",
            "z@18.0",
            "w@18.0"
          ],
          "modules": [
            "a",
            "x2",
            "y1",
            "y2"
          ]
    "#);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock"]).stderr("4 repositories with 16 modules, nothing changed\n").success();
}

#[test]
fn a_chain_is_followed_to_its_end_and_nothing_that_installs_itself_comes_along() {
    let env = Env::new();
    circle(&env);
    env.locked(&format!("[profiles.lean]\n{ALL}modules = [\"c1\", \"x2\"]\n"));
    assert_eq!(listed(&env, "lean"), "c3 c6 x2 c2 c5 c1 c4");
}

#[test]
fn a_dependency_that_is_found_nowhere_is_no_error() {
    let env = Env::new();
    circle(&env);
    env.locked(&format!("[profiles.lean]\n{ALL}modules = [\"q3\"]\n"));
    assert_eq!(listed(&env, "lean"), "q q1 q2 q3");
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_repository_with_a_list_gives_only_that_and_what_is_needed() {
    let env = Env::new();
    circle(&env);
    env.locked(&format!("[profiles.all]\n{ALL}[repos.x]\nmodules = [\"x3\"]\n[repos.z]\nmodules = []\n"));
    // All of y and w; of x what these need as well.
    assert_eq!(listed(&env, "all"), "c3 c6 x2 x3 c2 c5 y1 y2 auto c4");
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_profile_that_selects_asks_for_nothing_else() {
    let env = Env::new();
    circle(&env);
    let rest = format!(
        "[profiles.all]\n{ALL}override.x.modules = [\"a\"]\n\
         [profiles.lean]\nextends = [\"all\"]\nmodules = [\"x2\"]\n\
         [profiles.none]\n{ALL}modules = []\n\
         [profiles.whole]\n{ALL}"
    );
    env.locked(&rest);
    assert_eq!(listed(&env, "all"), "a c3 c6 x2 c2 c5 y1 y2 c1 q q1 q2 q3 auto c4");
    assert_eq!(listed(&env, "lean"), "x2");
    assert_eq!(listed(&env, "none"), "");
    assert_eq!(listed(&env, "whole"), "a c3 c6 x2 x3 c2 c5 y1 y2 c1 q q1 q2 q3 auto c4");
    assert!(!record(&env, "whole").contains("modules"), "nothing selects there");
    assert!(record(&env, "none").ends_with("      ],\n      \"modules\": []\n"));
    assert_eq!(env.read("oca.lock.json").matches("\"commit\"").count(), 4, "each pin once");
}

#[test]
fn an_entry_is_on_the_path_where_something_of_it_is_selected() {
    let env = Env::new();
    circle(&env);
    let remote = Remote::new(&env, "deep");
    remote.branch("18.0").module("one/d1", &[]).module("two/d2", &[("depends", "['c6']")]).commit();
    let rest = "[profiles.lean]\nrepos = [\"x\", \"y\", \"deep\"]\nmodules = [\"d2\"]\n\
                [repos.deep]\naddons = [\"one\", \"two\"]\n";
    env.locked(rest);
    let path = "[TEMP]/project/oca/x,[TEMP]/project/oca/deep/two\n";
    env.oca(&["addons-path"]).stdout(path).success();
    let image = "/mnt/oca-addons/x,/mnt/oca-addons/deep/two\n";
    env.oca(&["addons-path", "--image"]).stdout(image).success();
    // Checkouts are whole all the same.
    env.oca(&["sync", "-q"]).success();
    assert!(env.exists("oca/y/y1/__init__.py") && env.exists("oca/deep/one/d1/__init__.py"));
}

#[test]
fn the_first_directory_that_holds_a_module_gives_it() {
    let env = Env::new();
    repository(&env, "x", &[("twin", "x1"), ("x1", "")]);
    repository(&env, "y", &[("twin", "y1"), ("y1", ""), ("main", "twin")]);
    let rest = "[profiles.one]\nrepos = [\"x\", \"y\"]\nmodules = [\"main\"]\n\
                [profiles.other]\nrepos = [\"y\", \"x\"]\nmodules = [\"main\"]\n";
    env.locked(rest);
    env.oca(&["list", "-p", "one"])
        .stdout("twin  18.0.1.0.0  x\nx1    18.0.1.0.0  x\nmain  18.0.1.0.0  y\n")
        .success();
    env.oca(&["list", "-p", "other"])
        .stdout("main  18.0.1.0.0  y\ntwin  18.0.1.0.0  y\ny1    18.0.1.0.0  y\n")
        .success();
    env.oca(&["addons-path", "-p", "other"]).stdout("[TEMP]/project/oca/y\n").success();
}

#[test]
fn requirements_are_those_of_the_selected_modules() {
    let env = Env::new();
    let remote = Remote::new(&env, "x");
    let needs = |python: &str| format!("{{'python': ['{python}']}}");
    remote
        .branch("18.0")
        .module("a", &[("external_dependencies", &needs("lxml"))])
        .module("b", &[("external_dependencies", &needs("xlrd"))])
        .commit();
    env.locked("[profiles.lean]\nrepos = [\"x\"]\nmodules = [\"b\"]\n");
    env.oca(&["requirements", "--no-annotate"])
        .stdout("# Written by `oca requirements`; do not edit.\nxlrd\n")
        .success();
}

#[test]
fn versions_are_matched_without_the_series() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    let modules = [("a", "'18.0.1.0.3'"), ("b", "'2.1'"), ("c", "")];
    let versions = modules
        .iter()
        .fold(remote.branch("18.0"), |draft, (name, version)| draft.module(name, &[("version", version)]));
    versions.commit();
    let select = |modules: &str| {
        env.declare(&format!("[profiles.lean]\nrepos = [\"web\"]\nmodules = [{modules}]\n"));
    };
    // What tells no version is 1.0 to Odoo.
    for modules in [
        "\"a >=1.0.3\", \"b ^2.1\", \"c =1.0.0\"",
        "\"a <2, >1.0.0\"",
        "\"a ~1.0\", \"b *\"",
        "\"a >=18.0.1.0.3\", \"c ==1.0.0\"",
    ] {
        select(modules);
        env.oca(&["lock", "-q"]).success();
        env.oca(&["lock", "--check"]).success();
    }
    let before = env.read("oca.lock.json");
    select("\"a >=2\"");
    env.oca(&["lock"])
        .stderr(
            "error: profile `lean` asks for `a >=2`, but `web` has version 18.0.1.0.3, which counts as 1.0.3\n\
             hint: run `oca lock --upgrade web`, or ask for another version\n",
        )
        .status(2);
    assert_eq!(env.read("oca.lock.json"), before);
    select("\"a >=17.0.1.0.3\"");
    env.oca(&["lock"])
        .stderr_contains("asks for `a >=17.0.1.0.3`, but `web` has version 18.0.1.0.3\n")
        .status(2);
    select("\"a >=2\"");
    remote.branch("18.0").module("a", &[("version", "'18.0.2.0.0'")]).commit();
    env.oca(&["lock", "-q", "--upgrade", "web"]).success();
    assert_eq!(listed(&env, "lean"), "a");
}

#[test]
fn all_unmet_requests_are_reported_at_once() {
    let env = Env::new();
    repository(&env, "web", &[("web_responsive", "web"), ("web_x", "")]);
    repository(&env, "dms", &[("dms", "")]);
    env.declare(
        "[profiles.lean]\nrepos = [\"web\"]\n\
         modules = [\"web_respnsive\", \"sale\", \"web_x >=2\", \"dms\", \"knowledge\", \"web_responsive\"]\n\
         [profiles.leaner]\nextends = [\"lean\"]\nedition = \"enterprise\"\n\
         [profiles.listed]\nrepos = [\"web\", \"dms\"]\noverride.dms.modules = [\"web_x\", \"dms >1\"]\n",
    );
    let errors = "\
error: profiles `lean`, `leaner` ask for module `dms`, but none of their repositories has it
hint: `dms` has it: add `dms` to the `repos` of the profile
error: profile `listed` asks for `dms >1` of `dms`, but `dms` has version 18.0.1.0.0, which counts as 1.0.0
hint: run `oca lock --upgrade dms`, or ask for another version
error: profile `lean` asks for module `knowledge`, but none of its repositories has it
hint: correct the name, or run `oca find knowledge` and add the repository that has it
error: profile `leaner` asks for module `knowledge`, but it is part of Odoo
error: profiles `lean`, `leaner` ask for module `sale`, but it is part of Odoo
hint: delete it from `modules`: Odoo always has it
error: profiles `lean`, `leaner` ask for module `web_respnsive`, but none of their repositories has it
hint: did you mean `web_responsive`?
error: profile `listed` asks for module `web_x` of `dms`, but `dms` does not have it
hint: `web` has it: move it to the `modules` of `web`
error: profiles `lean`, `leaner` ask for `web_x >=2`, but `web` has version 18.0.1.0.0, which counts as 1.0.0
hint: run `oca lock --upgrade web`, or ask for another version
";
    env.oca(&["lock", "-q"]).stderr(errors).status(2);
    assert!(!env.exists("oca.lock.json"));
    env.oca(&["sync", "-q", "-p", "lean"]).stderr(errors).status(2);
    assert!(!env.exists("oca.lock.json") && !env.exists("oca"));
}

#[test]
fn another_pin_of_a_repository_does_not_provide_its_modules() {
    let env = Env::new();
    let remote = repository(&env, "web", &[("web_x", "")]);
    remote.branch("17.0").module("web_old", &[]).commit();
    let select = |old: &str, lean: &str| {
        let old = format!("[profiles.old]\nrepos = [\"web\"]\nmodules = [\"{old}\"]\n");
        let place = "odoo = \"17.0\"\npath = \"oca-17\"\n";
        format!("{old}{place}[profiles.lean]\nrepos = [\"web\"]\nmodules = [\"{lean}\"]\n")
    };
    env.declare(&select("web_old", "web_old"));
    env.oca(&["lock", "-q"])
        .stderr(
            "error: profile `lean` asks for module `web_old`, but none of its repositories has it\n\
             hint: correct the name, or run `oca find web_old` and add the repository that has it\n",
        )
        .status(2);
    env.locked(&select("web_old", "web_x"));
    assert_eq!((listed(&env, "old"), listed(&env, "lean")), ("web_old".to_owned(), "web_x".to_owned()));
}

#[test]
fn a_module_of_ones_own_need_not_be_asked_for() {
    let env = Env::new();
    local(&env, "addons/shop", "base");
    env.declare("[[local]]\npath = \"addons\"\n[profiles.lean]\nmodules = [\"shop\"]\n");
    env.oca(&["lock", "-q"])
        .stderr(
            "error: profile `lean` asks for module `shop`, but none of its repositories has it\n\
             hint: if it is in a `[[local]]` directory, delete it from `modules`: those modules are always \
             selected; otherwise run `oca find shop` and add the repository that has it\n",
        )
        .status(2);
}

#[test]
fn local_modules_are_roots_and_the_recorded_ones_count_if_they_are_missing() {
    let env = Env::new();
    circle(&env);
    local(&env, "addons/shop", "sale c5 shop_base");
    local(&env, "addons/shop_base", "base");
    let rest = format!("[[local]]\npath = \"addons\"\n[profiles.lean]\n{ALL}modules = [\"x3\"]\n");
    env.locked(&rest);
    assert_eq!(listed(&env, "lean"), "shop shop_base c6 x3 c5");
    insta::assert_snapshot!(record(&env, "lean").split_once("],\n").expect("repositories").1, @r#"
          "modules": [
            "c5",
            "c6",
            "x3"
          ],
          "local_depends": {
            "addons": [
              "base",
              "c5",
              "sale"
            ]
          }
    "#);
    let lock = env.read("oca.lock.json");

    // As in a Docker build that has the two files and nothing else.
    std::fs::rename(env.project().join("addons"), env.project().join("elsewhere")).expect("a folder moved");
    env.oca(&["lock", "--check"])
        .stderr(
            "warning: there is no `addons`, which `[[local]]` in `repos.toml` at line 3 declares; the lock has what its \
             modules need\n\
             hint: restore or create it, or delete that table, then run `oca lock`; in the build of an image, add \
             `!addons` to `.dockerignore`\n",
        )
        .success();
    env.oca(&["lock", "-q"]).success();
    assert_eq!(env.read("oca.lock.json"), lock);
    assert_eq!(listed(&env, "lean"), "c6 x3 c5");
    std::fs::rename(env.project().join("elsewhere"), env.project().join("addons")).expect("a folder moved");

    local(&env, "addons/shop", "sale y2");
    let said = "the modules in `addons` of profile `lean` need `y2` and no longer need `c5`";
    env.oca(&["lock", "--check"])
        .stdout(&format!("{said}\n"))
        .stderr(
            "error: `oca.lock.json` is out of date: 1 difference\nhint: run `oca lock` and commit the result\n",
        )
        .status(1);
    env.oca(&["list"]).stderr_contains(said).status(1);
    let told =
        "profile `lean`: 3 modules selected\n4 repositories with 16 modules, only the profiles changed\n";
    env.oca(&["lock"]).stderr(told).success();
    assert_eq!(listed(&env, "lean"), "shop shop_base x2 x3 y2");
}

#[test]
fn local_modules_are_recorded_only_where_something_selects() {
    let env = Env::new();
    circle(&env);
    local(&env, "mine/shop", "a");
    local(&env, "more/extra", "x3");
    let locals = "[[local]]\npath = \"mine\"\n[[local]]\npath = \"${MORE:-more}\"\nposition = \"after\"\n";
    env.locked(&format!("{locals}[[local]]\npath = \"${{NOT_SET}}\"\n[profiles.all]\n{ALL}"));
    env.oca(&["lock", "--check"]).success();
    assert!(!record(&env, "all").contains("local_depends"));
    // What is nowhere yet needs nothing.
    env.declare(&format!("{locals}[[local]]\npath = \"gone\"\n[profiles.all]\n{ALL}modules = []\n"));
    let told = "profile `all`: `gone` does not exist, so the selection may lack what its modules need\n\
                profile `all`: 3 modules selected\n4 repositories with 16 modules, only the profiles changed\n";
    env.oca(&["lock"]).stderr(told).success();
    env.oca(&["lock"]).stderr("4 repositories with 16 modules, nothing changed\n").success();
    assert_eq!(listed(&env, "all"), "shop a x3 y1 extra");
    assert!(record(&env, "all").contains("        \"gone\": [],\n        \"mine\": [\n"));
    env.oca(&["lock", "--check"])
        .env("MORE", "elsewhere")
        .stderr_contains("there is no `elsewhere`")
        .success();
    env.declare(&format!("{locals}[profiles.all]\n{ALL}modules = []\n"));
    env.oca(&["lock", "--check"])
        .stdout("profile `all` has different local directories in the lock\n")
        .stderr_contains("out of date")
        .status(1);
}

#[test]
fn a_stale_selection_is_reported_with_added_and_removed_modules() {
    let env = Env::new();
    circle(&env);
    let lean = |modules: &str| format!("[profiles.lean]\n{ALL}{modules}\n");
    env.locked(&lean("modules = [\"a\"]"));
    let said = |text: &str| {
        let stderr = |what: &str| {
            format!(
                "error: `oca.lock.json` is out of date: {what}\nhint: run `oca lock` and commit the result\n"
            )
        };
        let check = env.oca(&["lock", "--check"]).stdout(&format!("{text}\n"));
        check.stderr(&stderr("1 difference")).status(1);
        env.oca(&["addons-path"]).stderr(&stderr(text)).status(1);
    };
    for (modules, text) in [
        ("modules = [\"a\", \"y2\"]", "profile `lean` selects `x2`, `y2`, but the lock does not say so"),
        ("modules = [\"y1\"]", "profile `lean` no longer selects `a`"),
        ("modules = [\"x3\"]", "profile `lean` selects `x3` and no longer selects `a`, `y1`"),
        (
            "modules = [\"a\", \"c1\", \"q3\"]",
            "profile `lean` selects `c1`, `c2`, `c3`, `c4`, `c5` and 5 others, but the lock does not say so",
        ),
        ("", "profile `lean` selects no modules, but the lock has a selection for it"),
        ("modules = [\"aa\"]", "profile `lean` asks for module `aa`, but none of its repositories has it"),
        (
            "modules = [\"a >=2\"]",
            "profile `lean` asks for `a >=2`, but `x` has version 18.0.1.0.0, which counts as 1.0.0",
        ),
    ] {
        env.declare(&lean(modules));
        said(text);
    }
    env.oca(&["sync", "--locked"]).stderr_contains("out of date, and `--locked` was given").status(1);

    // Edited by hand: the facts give another closure, or the names another order.
    env.declare(&lean("modules = [\"a\"]"));
    let lock = env.read("oca.lock.json");
    let edited = lock.replacen("\"depends\": [\"base\", \"y1\"]", "\"depends\": [\"base\", \"x3\"]", 1);
    env.write("oca.lock.json", &edited);
    said("`x` at branch `18.0` was edited: its entry does not match its digest");
    let order = ("        \"a\",\n        \"y1\"\n", "        \"y1\",\n        \"a\"\n");
    env.write("oca.lock.json", lock.replacen(order.0, order.1, 1));
    env.oca(&["lock", "--check"])
        .stdout("the file is not formatted as oca writes it\n")
        .stderr_contains("error")
        .status(1);
    env.write("oca.lock.json", &lock);
    env.oca(&["lock", "--check"]).success();

    env.locked(&lean(""));
    env.declare(&lean("modules = [\"a\"]"));
    said("profile `lean` selects modules, but the lock has no selection for it");
}

#[test]
fn editing_modules_keeps_the_commits_and_asks_nobody() {
    let env = Env::new();
    circle(&env);
    env.locked(&format!("[profiles.lean]\n{ALL}modules = [\"a\"]\n[profiles.all]\n{ALL}"));
    env.remove_remotes();
    std::fs::remove_dir_all(env.cache()).expect("the cache can be removed");
    let before = env.read("oca.lock.json");
    env.declare(&format!("[profiles.lean]\n{ALL}modules = [\"y2\"]\n[profiles.all]\n{ALL}"));
    let told =
        "profile `lean`: 2 modules selected\n4 repositories with 16 modules, only the profiles changed\n";
    env.oca(&["lock", "--offline"]).stderr(told).success();
    let selected = ("        \"a\",\n        \"y1\"\n", "        \"x2\",\n        \"y2\"\n");
    let after = env.read("oca.lock.json");
    // Except for the digest of the profile, only the names change.
    let without_digests = |lock: &str| {
        lock.lines().filter(|line| !line.starts_with("      \"digest\": ")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(without_digests(&before.replacen(selected.0, selected.1, 1)), without_digests(&after));
}
