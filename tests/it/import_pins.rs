//! `oca init --from` when the pins cannot be read from their commits: no later command loses them.

use std::fs;

use crate::env::Env;
use crate::project::{repository, short};
use crate::remote::Remote;

/// The hint of an import whose pins could not be locked.
pub(crate) const KEEPS_PINS: &str =
    "hint: run `oca lock` later; until then, `oca.lock.json` keeps the pins\n";

/// A project that was imported while no remote could be reached. The branches of `web` and `dms` have moved on since the pins were made. Returns
/// the two pins.
fn imported(env: &Env, file: &str, text: impl Fn(&str, &str) -> String) -> [String; 2] {
    let pins = ["web", "dms"].map(|name| {
        let remote = repository(env, name, &[&format!("{name}_a")]);
        let pin = remote.commit_of("18.0");
        remote.branch("18.0").module(&format!("{name}_new"), &[]).commit();
        remote.branch("18.0-fix").module(&format!("{name}_fix"), &[]).commit();
        pin
    });
    env.write(file, text(&pins[0], &pins[1]));
    without_remotes(env, || {
        env.oca(&["init", "--odoo", "18.0", "--from", file])
            .stderr_contains("error: `repos.toml` is written, but its pins could not be locked\n")
            .stderr_contains(KEEPS_PINS)
            .status(3);
    });
    pins
}

fn without_remotes(env: &Env, run: impl FnOnce()) {
    let hidden = env.root().join("hidden");
    fs::rename(env.remotes(), &hidden).expect("a directory");
    run();
    fs::rename(&hidden, env.remotes()).expect("a directory");
}

fn old_lock(web: &str, dms: &str) -> String {
    let repo = |name: &str, commit: &str| {
        format!(
            r#""{name}": {{"url": "../remotes/{name}.git", "branch": "18.0", "commit": "{commit}", "modules": []}}"#
        )
    };
    format!(r#"{{"version": "1.0", "repositories": {{{}, {}}}}}"#, repo("web", web), repo("dms", dms))
}

fn dependencies(web: &str, dms: &str) -> String {
    format!("web ../remotes/web.git 18.0 {web}\ndms ../remotes/dms.git 18.0 {dms}\n")
}

#[test]
fn a_bare_sync_uses_the_pins_of_the_imported_file() {
    type Format = fn(&str, &str) -> String;
    let formats: [(&str, Format); 2] = [("oca.lock.json", old_lock), ("oca_dependencies.txt", dependencies)];
    for (file, text) in formats {
        for command in [&["sync", "-q"][..], &["lock", "-q"]] {
            let env = Env::new();
            let [web, dms] = imported(&env, file, text);
            env.oca(command).success();
            assert_eq!((env.locked_commit("web"), env.locked_commit("dms")), (web.clone(), dms.clone()));
            env.assert_checkouts(&[("oca/web", &web), ("oca/dms", &dms)]);
        }
    }
}

#[test]
fn the_lock_says_that_it_is_not_complete() {
    let env = Env::new();
    let [web, dms] = imported(&env, "x.json", old_lock);
    let entry = |name: &str, commit: &str| {
        format!(
            "    {{\n      \"name\": \"{name}\",\n      \"url\": \"../remotes/{name}.git\",\n      \"branch\": \"18.0\",\n      \
             \"commit\": \"{commit}\"\n    }}"
        )
    };
    let lock = format!(
        "{{\n  \"version\": 1,\n  \"repos\": [\n{},\n{}\n  ],\n  \"profiles\": {{}}\n}}\n",
        entry("dms", &dms),
        entry("web", &web)
    );
    env.assert_file("oca.lock.json", &lock);
    env.oca(&["list"])
        .stderr(
            "error: `oca.lock.json` is out of date: `dms` at branch `18.0` has only a commit in the lock, and 2 more differences\n\
             hint: run `oca lock` and commit the result\n",
        )
        .status(1);
    for command in [["add", "crm"], ["remove", "dms"]] {
        env.oca(&command)
            .stderr(
                "error: `oca.lock.json` is not complete: the entries of `dms` and 1 more have only commits\n\
                 hint: run `oca lock`; it reads the modules of these commits\n",
            )
            .status(1);
    }
    env.oca(&["lock", "--check"])
        .stdout(
            "`dms` at branch `18.0` has only a commit in the lock\n\
             `web` at branch `18.0` has only a commit in the lock\n\
             profile `standard` is not in the lock\n",
        )
        .stderr_contains("error: `oca.lock.json` is out of date: ")
        .status(1);
    env.oca(&["sync", "--locked"]).stderr_contains("`dms` at branch `18.0` has only a commit").status(1);
    without_remotes(&env, || env.oca(&["sync"]).stderr_contains("2 repositories failed\n").status(3));
    env.assert_file("oca.lock.json", &lock);
    env.oca(&["lock"])
        .stderr(&format!(
            "dms: locked at {}\nweb: locked at {}\n2 repositories with 2 modules, 2 changed\n",
            short(&dms),
            short(&web)
        ))
        .success();
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_corrected_url_keeps_the_pin_and_another_branch_loses_it_with_a_warning() {
    let env = Env::new();
    let [web, dms] = imported(&env, "x.json", |web, dms| old_lock(web, dms).replace("/web.git", "/wbe.git"));
    let text = env.read("repos.toml").replace("wbe", "web");
    env.write("repos.toml", &text);
    env.oca(&["lock", "-q"]).success();
    assert_eq!((env.locked_commit("web"), env.locked_commit("dms")), (web, dms));

    let env = Env::new();
    let [web, dms] = imported(&env, "x.json", old_lock);
    env.write("repos.toml", env.read("repos.toml") + "\n[repos.web]\nbranch = \"18.0-fix\"\n");
    env.oca(&["sync"])
        .stderr_contains(&format!(
            "warning: `web`: commit `{web}` is not kept, because it was pinned for branch `18.0`, and `repos.toml` \
             names branch `18.0-fix`\n"
        ))
        .success();
    let fix = Remote::open(&env, "web").commit_of("18.0-fix");
    assert_eq!((env.locked_commit("web"), env.locked_commit("dms")), (fix, dms));
}

/// Only an upgrade moves the pins, because the user asks for it.
#[test]
fn an_upgrade_moves_the_pins_and_shows_them() {
    let env = Env::new();
    let [web, dms] = imported(&env, "x.json", old_lock);
    let head = Remote::open(&env, "web").commit_of("18.0");
    env.oca(&["upgrade", "web"])
        .stderr_contains(&format!("web: {} -> {}\n", short(&web), short(&head)))
        .stderr_contains(&format!("dms: locked at {}\n", short(&dms)))
        .success();
    assert_eq!((env.locked_commit("web"), env.locked_commit("dms")), (head, dms));
}
