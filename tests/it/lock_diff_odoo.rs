//! `oca diff` and Odoo itself: its modules, its requirements, and a lock that does not have it.

use crate::env::Env;
use crate::lock_diff::report;
use crate::project::{BOTH, committed, short};
use crate::remote::Remote;

const CORE: &str = "[core]\nurl = \"../remotes/odoo\"\n";

fn odoo(env: &Env) -> Remote {
    let odoo = Remote::new(env, "odoo");
    odoo.branch("18.0")
        .file("odoo-bin", "")
        .file("odoo/release.py", "version_info = (18, 0, 0, 'final', 0, '')\n")
        .file("requirements.txt", "# Odoo\nBabel==2.9.1\nlxml==4.8.0\n")
        .module("odoo/addons/base", &[])
        .module("addons/web", &[])
        .module("addons/shared", &[])
        .commit();
    odoo
}

/// The output of a comparison without summaries, its blanks squeezed.
#[track_caller]
fn lines(env: &Env, words: &[&str]) -> Vec<String> {
    let output = env.oca(&[&["diff", "-q"], words].concat()).output();
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    output.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The lock has no versions, licences and maturities of Odoo's own modules, so none are told.
#[test]
fn nothing_is_guessed_of_modules_of_odoo_itself() {
    let env = Env::new();
    let odoo = odoo(&env);
    odoo.branch("18.0").module("addons/old", &[]).commit();
    let fields = [("license", "'AGPL-3'"), ("development_status", "'Mature'"), ("version", "'18.0.2.0.0'")];
    let [web, _] = committed(&env, &[("web_a", &fields)]);
    env.locked(&format!("{CORE}{BOTH}"));
    env.commit_all("Odoo");
    web.branch("18.0").remove("web_a").commit();
    let draft = odoo.branch("18.0").module("addons/web_a", &[]).module("addons/new", &[]);
    draft.module("addons/web", &[("depends", "['base', 'bus']")]).remove("addons/old").commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["lock", "-q", "--upgrade", "--core"]).success();
    let output = env.oca(&["diff", "-q"]).output();
    let lines: Vec<String> =
        output.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in ["old odoo", "new new", "web depends on +bus", "web_a moved from web"] {
        assert!(lines.iter().any(|found| found == line), "{line}\n{}", output.stdout);
    }
    // Of Odoo itself, the commits are only counted.
    assert_eq!(output.stdout.matches("1 commit, the newest of 2024-10-25\n").count(), 2, "{}", output.stdout);
    assert_eq!(output.stdout.matches(" [IMP] a change (web_a)\n").count(), 1, "{}", output.stdout);
    assert_eq!(output.stdout.matches("[IMP]").count(), 1, "{}", output.stdout);
    env.oca(&["diff", "-q", "--format", "markdown"])
        .stdout_contains("\n- `old` of `odoo`\n")
        .stdout_contains("\n- `new`: **new**\n- `web`: depends on +`bus`\n- `web_a`: moved from `web`\n")
        .success();
    let modules = &report(&env, &[])["changes"][0]["modules"];
    let moved = modules.as_array().expect("modules").iter().find(|module| module["name"] == "web_a");
    let moved = moved.expect("it moved");
    assert_eq!(moved["from"]["development_status"], "Mature");
    assert!(["version", "license", "development_status"].iter().all(|key| moved["to"][key].is_null()));
}

/// Odoo is somewhere else then: to uninstall its modules would be a catastrophe.
#[test]
fn an_odoo_that_leaves_or_enters_the_lock_makes_no_module_gone_or_new() {
    let env = Env::new();
    odoo(&env);
    committed(&env, &[("web_a", &[])]);
    env.locked(&format!("{CORE}{BOTH}"));
    let commit = env.locked_commit("odoo");
    for (words, line) in [
        (&["HEAD"][..], format!("odoo in the lock now at {} branch 18.0", short(&commit))),
        (&["oca.lock.json", "HEAD"], format!("odoo not in the lock any more, was at {}", short(&commit))),
    ] {
        assert_eq!(lines(&env, words), [line.as_str()]);
        let change = &report(&env, words)["changes"][0];
        assert_eq!(change["repos"].as_array().map(Vec::len), Some(1));
        assert_eq!(change["modules"], serde_json::json!([]));
        assert_eq!(change["odoo_python"], serde_json::json!({"added": [], "removed": []}));
    }
    env.oca(&["diff", "-q", "--format", "markdown"])
        .stdout(&format!(
            "## Odoo 18.0: `standard`\n\n1 repository (1 added), 0 modules.\n\n### `odoo`: in the lock now at `{}`\n\n",
            short(&commit)
        ))
        .success();
    env.oca(&["diff", "--format", "update"])
        .stderr(
            "warning: `odoo` is in the lock now, and was not before, so its modules are not compared: add those that changed to the list\n\
             0 modules to update\n",
        )
        .success();
    env.commit_all("Odoo");
    env.locked(BOTH);
    env.oca(&["diff", "--format", "update"])
        .stderr(
            "warning: `odoo` is not in the lock any more, so its modules are not compared: add those that changed to the list\n\
             0 modules to update\n",
        )
        .success();
}

#[test]
fn a_module_that_an_odoo_outside_of_the_lock_has_is_not_gone() {
    let env = Env::new();
    odoo(&env);
    let [web, _] = committed(&env, &[("web_a", &[]), ("shared", &[]), ("sale", &[])]);
    env.locked(&format!("{CORE}{BOTH}"));
    env.commit_all("Odoo");
    web.branch("18.0").remove("web_a").remove("shared").remove("sale").commit();
    env.locked(BOTH);
    env.oca(&["lock", "-q", "--upgrade"]).success();
    // The old lock knows `shared` as a module of Odoo, and everybody knows `sale`.
    let found = lines(&env, &[]);
    assert_eq!(
        found[..2],
        ["gone: uninstall before you deploy, if nothing else has them", "web_a 18.0.1.0.0 web"]
    );
    for name in ["sale", "shared"] {
        let line = format!("{name} 18.0.1.0.0 not gone: Odoo itself has it");
        assert!(found.contains(&line), "{found:?}");
    }
    env.oca(&["diff", "-q", "--format", "markdown"])
        .stdout_contains("- `sale` `18.0.1.0.0`: not gone: Odoo itself has it\n")
        .success();
    env.oca(&["diff", "--format", "update"])
        .stdout("sale,shared\n")
        .stderr_contains("warning: uninstall before you deploy, because they are gone: `web_a`\n")
        .success();
    env.oca(&["diff", "oca.lock.json", "HEAD", "-q"])
        .stdout_contains("  sale    18.0.1.0.0                     new here: Odoo itself had it\n")
        .success();
}

#[test]
fn a_copy_that_goes_does_not_make_a_module_gone() {
    let env = Env::new();
    odoo(&env);
    let [web, dms] = committed(&env, &[("web_a", &[]), ("shared", &[]), ("web_b", &[])]);
    dms.branch("18.0").module("web_b", &[]).commit();
    env.locked(&format!("{CORE}{BOTH}"));
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.commit_all("Odoo");
    web.branch("18.0").remove("shared").remove("web_b").commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let found = lines(&env, &[]);
    assert!(found.iter().all(|line| !line.starts_with("gone")), "{found:?}");
    for line in ["shared moved from web", "web_b 18.0.1.0.0 moved from web"] {
        assert!(found.iter().any(|found| found == line), "{found:?}");
    }
    // The way back: the copy hides the module of Odoo, so a database must read it.
    env.oca(&["diff", "oca.lock.json", "HEAD", "-q", "--format", "update"]).stdout("shared\n").success();
}

#[test]
fn other_requirements_of_odoo_itself_are_told_apart() {
    let env = Env::new();
    let odoo = odoo(&env);
    committed(&env, &[("web_a", &[])]);
    env.locked(&format!("{CORE}{BOTH}"));
    env.commit_all("Odoo");
    odoo.branch("18.0").file("requirements.txt", "Babel==2.10.0\nlxml==4.8.0\n").commit();
    env.oca(&["lock", "-q", "--upgrade", "--core"]).success();
    env.oca(&["diff", "-q"])
        .stdout_contains("\nOdoo's requirements:  +Babel==2.10.0, -Babel==2.9.1\n")
        .success();
    env.oca(&["diff", "-q", "--format", "markdown"])
        .stdout_contains("\n- Odoo's requirements: +`Babel==2.10.0`, -`Babel==2.9.1`\n")
        .success();
    let change = &report(&env, &[])["changes"][0];
    let expected = serde_json::json!({"added": ["Babel==2.10.0"], "removed": ["Babel==2.9.1"]});
    assert_eq!(change["odoo_python"], expected);
    assert_eq!(change["python"], serde_json::json!({"added": [], "removed": []}));
}
