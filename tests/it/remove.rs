//! `oca remove`: repositories out of `repos.toml` and the lock; checkouts stay.

use crate::env::Env;
use crate::merges::{declare, requested};
use crate::project::{WEB, repository};

const HEAD: &str = "odoo = \"18.0\"\nbase-url = \"../remotes\"\n";

const TWO: &str = "default-profile = \"standard\"\n[profiles.standard]\nrepos = [\"web\", \"dms\"]\n\
                   [profiles.more]\nextends = [\"standard\"]\nrepos = [\"crm\"]\n\
                   override.dms = { depth = 0 }\n\n# whole\n[repos.dms]\nhold = true\n";

fn project() -> Env {
    let env = Env::new();
    for name in ["web", "dms", "crm"] {
        repository(&env, name, &[&format!("{name}_x")]);
    }
    env.locked(TWO);
    env
}

#[test]
fn a_repository_goes_from_all_profiles_with_its_tables() {
    let env = project();
    env.remove_remotes();
    env.oca(&["remove", "dms", "crm"])
        .stderr(
            "removed `dms` from profile `standard`\nremoved `crm` from profile `more`\n\
             crm: removed from the lock\ndms: removed from the lock\n1 repository with 1 module, 2 changed\n",
        )
        .success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{HEAD}default-profile = \"standard\"\n[profiles.standard]\nrepos = [\"web\"]\n\
             [profiles.more]\nextends = [\"standard\"]\nrepos = []\n"
        ),
    );
    env.oca(&["lock", "--check"]).success();
    env.oca(&["list"]).stdout("web_x  18.0.1.0.0  web\n").success();
}

#[test]
fn from_one_profile_only_its_own_can_be_removed() {
    let env = project();
    let before = [env.read("repos.toml"), env.read("oca.lock.json")];
    env.oca(&["remove", "dms", "-p", "more"])
        .stderr(
            "error: profile `more` inherits `dms` from profile `standard`\n\
             hint: run `oca remove dms --profile standard`, or leave out `--profile` to remove it everywhere\n",
        )
        .status(2);
    env.oca(&["remove", "crm", "-p", "standard"])
        .stderr(
            "error: profile `standard` has no repository `crm`\nhint: its repositories are `web`, `dms`\n",
        )
        .status(2);
    env.oca(&["remove", "wbe"])
        .stderr("error: no profile has a repository `wbe`\nhint: did you mean `web`?\n")
        .status(2);
    assert_eq!([env.read("repos.toml"), env.read("oca.lock.json")], before);
    env.oca(&["remove", "crm", "-p", "more", "-q"]).success();
    assert!(!env.read("oca.lock.json").contains("crm"));
}

#[test]
fn another_profile_keeps_the_repository_and_its_tables() {
    let env = project();
    env.edit("repos.toml", "[\"crm\"]", "[\"crm\", \"dms\"]");
    env.lock();
    let text = env.read("repos.toml");
    env.oca(&["remove", "dms", "-p", "standard", "-q"]).success();
    env.assert_file("repos.toml", &text.replace("[\"web\", \"dms\"]", "[\"web\"]"));
    assert!(env.read("oca.lock.json").contains("dms_x"));
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn what_a_selection_needs_is_not_removed() {
    let env = Env::new();
    for name in ["web", "dms"] {
        repository(&env, name, &[&format!("{name}_x")]);
    }
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\"]\nmodules = [\"web_x\", \"dms_x\"]\n");
    let before = [env.read("repos.toml"), env.read("oca.lock.json")];
    env.oca(&["remove", "dms"])
        .stderr(
            "error: `dms` is still needed: profile `standard` asks for module `dms_x`, but none of its repositories has it\n\
             hint: run `oca remove --module dms_x` first\n",
        )
        .status(2);
    assert_eq!([env.read("repos.toml"), env.read("oca.lock.json")], before);
}

#[test]
fn the_checkout_stays_until_it_is_pruned() {
    let env = Env::new();
    for name in ["web", "dms"] {
        repository(&env, name, &[]);
    }
    env.declare("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    env.oca(&["sync", "-q"]).success();
    env.oca(&["remove", "dms"])
        .stderr_contains("the checkout `[TEMP]/project/oca/dms` is kept; `oca sync --prune` removes it\n")
        .success();
    assert!(env.exists("oca/dms/.git"));
    env.oca(&["sync", "--prune", "-q"]).success();
    assert!(!env.exists("oca/dms"));
}

#[test]
fn what_was_added_is_removed_without_a_trace() {
    let env = Env::new();
    for name in ["web", "dms"] {
        repository(&env, name, &[&format!("{name}_x")]);
    }
    env.locked(WEB);
    let before = [env.read("repos.toml"), env.read("oca.lock.json")];
    env.oca(&["add", "dms", "--module", "dms_x", "-q"]).success();
    env.oca(&["remove", "dms", "-q", "--format", "json"])
        .stdout_contains("\"change\": \"removed\"")
        .success();
    assert_eq!([env.read("repos.toml"), env.read("oca.lock.json")], before);
}

/// Each list of patches, with and without other entries.
#[test]
fn a_patch_is_removed_and_its_file_stays() {
    let env = Env::new();
    requested(&env);
    for name in ["one", "two"] {
        env.write(
            format!("patches/{name}.patch"),
            format!("--- /dev/null\n+++ b/web_x/{name}.txt\n@@ -0,0 +1 @@\n+{name}\n"),
        );
    }
    declare(
        &env,
        "merges = [\"#1\"]\npatches = [\n  \"./patches/one.patch\", # first\n  \"patches/two.patch\",\n]",
    );
    env.oca(&["sync", "-q"]).success();
    env.oca(&["remove", "web#patches/one.patch"])
        .stderr_contains("removed `patches/one.patch` from `patches` of `[repos.web]`\nthe file `patches/one.patch` is kept\n")
        .success();
    assert!(
        env.read("repos.toml").ends_with("patches = [\n  \"patches/two.patch\",\n]\n"),
        "{}",
        env.read("repos.toml")
    );
    env.oca(&["remove", "-q", "web#./patches/two.patch"]).success();
    assert!(env.read("repos.toml").ends_with("merges = [\"#1\"]\n"), "{}", env.read("repos.toml"));
    assert!(env.exists("patches/two.patch"));
    env.oca(&["sync", "-q"]).success();
    assert!(!env.exists("oca/web/web_x/one.txt"));
    env.oca(&["remove", "web#patches/two.patch"]).stderr_contains("there is no merge").status(2);
}

#[test]
fn a_patch_for_all_profiles_is_not_removed_from_one() {
    let env = Env::new();
    requested(&env);
    env.write("x.patch", "--- /dev/null\n+++ b/web_x/x\n@@ -0,0 +1 @@\n+x\n");
    let declared = "[profiles.a]\nrepos = [\"web\"]\n[profiles.b]\nextends = [\"a\"]\npath = \"oca-b\"\n[profiles.b.override.web]\npatches = \
                    []\n[repos.web]\npatches = [\"x.patch\"]\n";
    env.declare(&format!("default-profile = \"a\"\n{declared}"));
    env.oca(&["lock", "-q"]).success();
    env.oca(&["remove", "web#x.patch", "--profile", "a"])
        .stderr("error: profile `a` has `web#x.patch` from `[repos.web]`\nhint: leave out `--profile` to remove it for all profiles\n")
        .status(2);
    env.oca(&["remove", "web#x.patch", "--profile", "b"])
        .stderr("error: profile `b` does not have `web#x.patch`\nhint: leave out `--profile` to remove it for all profiles\n")
        .status(2);
    env.oca(&["remove", "-q", "web#x.patch"]).success();
    assert!(!env.read("repos.toml").contains("x.patch"));
}
