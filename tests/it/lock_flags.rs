//! The flags of `oca lock` together: each combination works or is refused by name.

use crate::env::Env;
use crate::harness::web;
use crate::project::{WEB, repository, short};

#[test]
fn a_dry_run_never_writes_the_lock() {
    let env = Env::new();
    let remote = web(&env);
    let old = remote.commit_of("18.0~1");
    env.locked(WEB);
    let lock = env.read("oca.lock.json");
    let head = remote.commit_of("18.0");
    env.oca(&["lock", &format!("web@{old}"), "--dry-run"])
        .stdout(&format!(
            "gone: uninstall before you deploy, if nothing else has them\n\
             \x20 web_x  18.0.1.0.0                web\n\
             web      {} -> {}  branch 18.0\n\
             \x20 take back: oca lock web@{head}\n\
             \x20 goes back by 1 commit, to 2024-10-25\n",
            short(&head),
            short(&old)
        ))
        .stderr(&format!(
            "web: {} -> {}\n1 repository with 0 modules, 1 changed\n`web` no longer has `web_x`\n\
             dry run: the lock is not changed\n",
            short(&head),
            short(&old)
        ))
        .success();
    env.assert_file("oca.lock.json", &lock);
    std::fs::remove_file(env.project().join("oca.lock.json")).expect("the lock can be removed");
    env.oca(&["lock", "--dry-run"]).stderr_contains("dry run: the lock is not changed\n").success();
    assert!(!env.exists("oca.lock.json"));
}

#[test]
fn flags_that_make_no_sense_together_are_refused_by_name() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let lock = env.read("oca.lock.json");
    let pin = format!("web@{}", env.locked_commit("web"));
    for (args, one, other) in [
        (&[&*pin, "--upstream"][..], "'--upstream'", "'[NAME@COMMIT]...'"),
        (&[&*pin, "--check"], "'[NAME@COMMIT]...'", "'--check'"),
        (&["--check", "--dry-run"], "'--check'", "'--dry-run'"),
        (&["--check", "--force"], "'--check'", "'--force'"),
        (&["--upgrade", "--force"], "'--upgrade [<NAME>...]'", "'--force'"),
        (&["--upgrade", "--upstream"], "'--upgrade [<NAME>...]'", "'--upstream'"),
        (&["--ours", "web", "--upgrade"], "'--ours [<NAME>...]'", "'--upgrade [<NAME>...]'"),
        (&["--theirs", "--check"], "'--theirs [<NAME>...]'", "'--check'"),
    ] {
        let output = env.oca(&["lock"]).args(args).output();
        assert_eq!(output.code, Some(2), "{args:?}\n{output}");
        for word in ["cannot be used with", one, other, "Usage: oca lock [OPTIONS] [NAME@COMMIT]..."] {
            assert!(output.stderr.contains(word), "{args:?}: {word}\n{output}");
        }
    }
    env.oca(&["lock", "--ours", &pin]).stderr_contains("is not a valid repository name").status(2);
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn a_commit_for_an_upgrade_leads_to_the_command_that_pins_it() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    for args in [&["lock", "--upgrade", "web@18356cb7fa"][..], &["upgrade", "web@18356cb7fa"]] {
        env.oca(args)
            .stderr(
                "error: `web@18356cb7fa` names a commit, but an upgrade moves a pin to the head of its branch\n\
                 hint: run `oca lock web@18356cb7fa`\n",
            )
            .status(2);
    }
}

#[test]
fn a_name_that_nobody_declares_is_said_before_its_commit_is_looked_for() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.oca(&["lock", "weeb@a323369ea7"])
        .stderr("error: no profile has a repository `weeb`\nhint: did you mean `web`?\n")
        .status(2);
}

/// Otherwise a list of moved pins would stand above the error, though none moved.
#[test]
fn a_lock_that_fails_tells_of_no_pin() {
    let env = Env::new();
    let remotes = ["web", "dms"].map(|name| repository(&env, name, &[name]));
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    let lock = env.read("oca.lock.json");
    for remote in &remotes {
        remote.branch("18.0").module("more", &[]).commit();
    }
    std::fs::rename(remotes[1].path(), env.remotes().join("gone")).expect("the repository can be moved");
    let output = env.oca(&["upgrade"]).output();
    assert_eq!(output.code, Some(3), "{output}");
    assert!(output.stderr.starts_with("error: cannot fetch `dms` from"), "{output}");
    assert!(!output.stderr.contains("web"), "{output}");
    env.assert_file("oca.lock.json", &lock);
}
