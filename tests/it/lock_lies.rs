//! Profiles of the lock that were edited, and forged trees of modules.

use crate::env::Env;
use crate::lock_digest::sealed;
use crate::project::{WEB, repository};

/// What an edit of a profile would change, and nobody could see without the user's own directories.
#[test]
fn an_edit_of_a_profile_is_told_refused_and_mended() {
    let env = Env::new();
    repository(&env, "web", &["web_x", "web_y", "web_z"]);
    env.own_module("addons/mine", "{'license': 'AGPL-3', 'depends': ['web_x']}");
    env.declare(
        "default-profile = \"lean\"\n[[local]]\npath = \"addons\"\n[profiles.lean]\nrepos = [\"web\"]\nmodules = [\"web_z\"]\n",
    );
    env.lock();
    let lock = env.read("oca.lock.json");
    let (entries, profiles) = lock.split_once("\"profiles\"").expect("profiles");
    let edit = |edited: &str| env.write("oca.lock.json", format!("{entries}\"profiles\"{edited}"));
    let told = "profile `lean` was edited: it does not match its digest in the lock\n";
    std::fs::remove_dir_all(env.project().join("addons")).expect("the directory");
    env.oca(&["lock", "--check"])
        .stderr_contains("warning: there is no `addons`, which `[[local]]`")
        .success();
    for (from, to) in [
        ("\"web_x\"", "\"web_y\""),
        ("\"addons\": [", "\"other\": ["),
        ("\"18.0\"", "\"17.0\""),
        ("\"sha256:", "\"sha256:0"),
        (
            "\"repos\": [",
            "\"export\": {\"layout\": \"flat\", \"languages\": null, \"tests\": false, \"readme\": false, \"description\": false}, \"repos\": [",
        ),
    ] {
        edit(&profiles.replace(from, to));
        env.oca(&["lock", "--check"]).stdout_contains(told).stderr_contains("error").status(1);
        env.oca(&["lock", "--check", "--upstream"]).stdout_contains(told).stderr_contains("error").status(1);
        for command in [&["list"][..], &["sync", "--locked"], &["export", "../out"], &["addons-path"]] {
            env.oca(command).stderr_contains("profile `lean` was edited").status(1);
        }
        env.write("../copy.json", env.read("oca.lock.json"));
        env.oca(&["remove", "web"])
            .stderr(
                "error: `oca.lock.json` was edited: profile `lean` does not match its digest\n\
                 hint: run `oca lock`; it computes these profiles again from `repos.toml`\n",
            )
            .status(1);
    }
    // The edited names are not kept.
    edit(&profiles.replace("\"web_x\"", "\"web_y\""));
    env.oca(&["lock"])
        .stderr_contains("profile `lean`: computed again\n")
        .stderr_contains(
            "profile `lean`: `addons` does not exist, so the selection may lack what its modules need\n",
        )
        .success();
    assert!(!env.read("oca.lock.json").split_once("\"profiles\"").expect("profiles").1.contains("web_y"));
    env.own_module("addons/mine", "{'license': 'AGPL-3', 'depends': ['web_x']}");
    env.oca(&["lock", "-q"]).success();
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn a_forged_tree_of_a_module_is_found_where_its_objects_are() {
    let env = Env::new();
    let remote = repository(&env, "web", &["web_x", "web_y"]);
    env.locked(WEB);
    let (lock, commit) = (env.read("oca.lock.json"), remote.commit_of("18.0"));
    env.oca(&["sync", "-q"]).success();
    env.oca(&["export", "-q", "../honest"]).success();
    let tree = remote.tree_of("18.0", "web_x");
    let other = "1".repeat(40);
    for (forged, told) in [
        (
            lock.replace(&tree, &other),
            format!("module `web_x` has tree `{tree}` in commit `{commit}`, but the lock has `{other}`"),
        ),
        (
            lock.replace("\"web_x\"", "\"web_z\""),
            format!("commit `{commit}` has no module `web_z`, but the lock has it"),
        ),
    ] {
        env.write("oca.lock.json", sealed(&forged));
        env.oca(&["lock", "--check"]).success();
        env.oca(&["verify"]).stdout_contains(&told).status(1);
        env.oca(&["verify", "../honest"]).stdout_contains("web").status(1);
        let told = format!(
            "error: the lock is wrong about `web`: {told}\nhint: run `oca lock web@{commit}`; it reads the entry again\n"
        );
        env.oca(&["export", "../out"]).stderr_contains(&told).status(1);
        std::fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
        env.oca(&["sync", "--locked"]).stderr_contains(&told).status(1);
        assert!(!env.exists("oca/web") && !env.root().join("out").exists());
        env.write("oca.lock.json", &lock);
        env.oca(&["sync", "-q"]).success();
    }
}
