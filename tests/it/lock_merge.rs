//! `oca lock` after a merge of two branches that both changed the lock, and `oca merge-lock`, git's driver for it.

use crate::env::Env;
use crate::project::{repository, short};
use crate::remote::Remote;

const THREE: &str = "[profiles.standard]\nrepos = [\"web\", \"dms\", \"crm\"]\n";

/// A project in git with three repositories locked, on its branch `main`.
fn project(env: &Env) -> [Remote; 3] {
    let remotes = ["web", "dms", "crm"].map(|name| repository(env, name, &[&format!("{name}_x")]));
    env.locked(THREE);
    env.git(".", &["init", "-q", "-b", "main"]);
    commit(env);
    remotes
}

/// Commits what is there and returns the lock.
fn commit(env: &Env) -> String {
    env.git(".", &["add", "repos.toml", "oca.lock.json"]);
    env.git(".", &["commit", "-q", "-m", "lock"]);
    env.read("oca.lock.json")
}

/// Adds a module to a repository and moves its pin; returns the new commit.
fn move_pin(env: &Env, remote: &Remote, name: &str, module: &str) -> String {
    let commit = remote.branch("18.0").module(module, &[]).commit();
    env.oca(&["lock", "-q", "--upgrade", name]).success();
    commit
}

/// Both `main` and `feature` moved `web`, to commits of which none contains the other. `feature` moved `dms` as well.
/// Then `main` was told to merge `feature`.
fn merged_with_conflict(env: &Env, [web, dms, _]: &[Remote; 3]) -> (String, String) {
    env.git(".", &["checkout", "-q", "-b", "feature"]);
    let base = web.commit_of("18.0");
    let theirs = move_pin(env, web, "web", "web_theirs");
    move_pin(env, dms, "dms", "dms_theirs");
    commit(env);
    env.git(".", &["checkout", "-q", "main"]);
    let ours = web.branch("18.0-ours").from(&base).module("web_ours", &[]).commit();
    env.oca(&["lock", "-q", &format!("web@{ours}")]).success();
    commit(env);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    (ours, theirs)
}

#[test]
fn where_both_moved_a_pin_a_side_has_to_be_chosen() {
    let env = Env::new();
    let remotes = project(&env);
    let (ours, theirs) = merged_with_conflict(&env, &remotes);
    let conflicted = env.read("oca.lock.json");
    // What moved meanwhile is no reason to move pins.
    remotes[2].branch("18.0").module("crm_new", &[]).commit();
    env.oca(&["lock"])
        .stderr(&format!(
            "error: `oca.lock.json` has conflicting pins for 1 repository\n  \
             `web` at branch `18.0`: ours `{}` of 2024-10-25 00:02, theirs `{}` of 2024-10-25 00:01\n\
             hint: run `oca lock --ours web` or `oca lock --theirs web`\n",
            short(&ours),
            short(&theirs)
        ))
        .status(1);
    env.assert_file("oca.lock.json", &conflicted);
    env.oca(&["lock", "--theirs"])
        .stderr(&format!(
            "web: uses their commit {}\n`oca.lock.json` is merged and staged: go on with git\n\
             3 repositories with 5 modules, merged\n",
            short(&theirs)
        ))
        .success();
    env.oca(&["lock", "--check"]).success();
    let lock = env.read("oca.lock.json");
    for (word, count) in
        [(theirs.as_str(), 1), (&ours, 0), ("dms_theirs", 1), ("web_ours", 0), ("crm_new", 0)]
    {
        assert_eq!(lock.matches(word).count(), count, "{word} in {lock}");
    }
    // The very lock that `feature` has.
    assert_eq!(lock, env.git(".", &["show", "feature:oca.lock.json"]));
}

#[test]
fn ours_takes_our_commit_with_its_own_facts() {
    let env = Env::new();
    let remotes = project(&env);
    let (ours, _) = merged_with_conflict(&env, &remotes);
    env.oca(&["lock", "-q", "--ours"]).success();
    let lock = env.read("oca.lock.json");
    for (word, count) in
        [(ours.as_str(), 1), ("\"web_ours\"", 1), ("\"web_theirs\"", 0), ("\"dms_theirs\"", 1)]
    {
        assert_eq!(lock.matches(word).count(), count, "{word} in {lock}");
    }
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn machines_get_the_side_that_was_taken() {
    let env = Env::new();
    let remotes = project(&env);
    let (ours, theirs) = merged_with_conflict(&env, &remotes);
    let output = env.oca(&["lock", "--theirs", "--format", "json", "-q"]).output();
    let told: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
    let expected = serde_json::json!([{
        "name": "web", "merge": null, "side": "theirs", "ours": ours, "theirs": theirs, "newer": false
    }]);
    assert_eq!(told["settled"], expected, "{output}");
}

#[test]
fn every_other_command_says_that_the_lock_is_in_conflict() {
    let env = Env::new();
    let remotes = project(&env);
    merged_with_conflict(&env, &remotes);
    for command in ["list", "addons-path", "sync", "status", "requirements", "outdated"] {
        env.oca(&[command])
            .stderr(
                "error: `oca.lock.json` contains git's conflict markers at line 36\n\
                 hint: run `oca lock`; it keeps every commit on which both sides agree\n",
            )
            .status(2);
    }
}

#[test]
fn where_the_sides_agree_on_all_pins_nobody_is_asked() {
    let env = Env::new();
    let remotes = project(&env);
    let profile =
        |modules: &str| format!("[profiles.lean]\nextends = [\"standard\"]\nmodules = [{modules}]\n");
    env.locked(&format!("default-profile = \"standard\"\n{THREE}{}", profile("\"web_x\"")));
    commit(&env);
    env.git(".", &["checkout", "-q", "-b", "feature"]);
    env.edit("repos.toml", "\"web_x\"]", "\"web_x\",\n  \"dms_x\",\n]");
    env.lock();
    commit(&env);
    env.git(".", &["checkout", "-q", "main"]);
    env.edit("repos.toml", "\"web_x\"]", "\"crm_x\", \"web_x\"]");
    env.lock();
    commit(&env);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    assert!(env.read("oca.lock.json").contains("<<<<<<< "));
    env.locked(&format!(
        "default-profile = \"standard\"\n{THREE}{}",
        profile("\"crm_x\", \"web_x\", \"dms_x\"")
    ));
    drop(remotes);
    let lock = env.read("oca.lock.json");
    assert!(lock.contains("\"crm_x\",\n        \"dms_x\",\n        \"web_x\"\n"), "{lock}");
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_side_may_be_named_where_there_is_no_conflict() {
    let env = Env::new();
    project(&env);
    env.oca(&["lock", "--ours"])
        .stderr(
            "the lock has no conflicts, so `--ours` decides nothing\n\
             3 repositories with 3 modules, nothing changed\n",
        )
        .success();
    env.oca(&["lock", "--ours", "--theirs"]).stderr_contains("cannot both stand for all").status(2);
}

#[test]
fn a_side_that_was_chosen_stays_in_the_hint_for_the_others() {
    let env = Env::new();
    let [web, dms, _] = project(&env);
    env.git(".", &["checkout", "-q", "-b", "feature"]);
    let bases = [&web, &dms].map(|remote| remote.commit_of("18.0"));
    let of_web = move_pin(&env, &web, "web", "web_theirs");
    let of_dms = move_pin(&env, &dms, "dms", "dms_theirs");
    commit(&env);
    env.git(".", &["checkout", "-q", "main"]);
    for ((remote, name), base) in [(&web, "web"), (&dms, "dms")].into_iter().zip(&bases) {
        let ours = remote.branch("18.0-ours").from(base).module("ours", &[]).commit();
        env.oca(&["lock", "-q", &format!("{name}@{ours}")]).success();
    }
    let ours = env.locked_commit("web");
    commit(&env);
    env.try_git(".", &["merge", "feature"]).expect_err("a conflict");
    let output = env.oca(&["lock", "--ours", "web"]).output();
    assert_eq!(output.code, Some(1), "{output}");
    assert!(
        output.stderr.starts_with("error: `oca.lock.json` has conflicting pins for 1 repository\n"),
        "{output}"
    );
    assert!(
        output
            .stderr
            .ends_with("hint: run `oca lock --ours web dms` or `oca lock --ours web --theirs dms`\n"),
        "{output}"
    );
    env.oca(&["lock", "-q", "--ours", "web", "--theirs", "dms"]).success();
    assert_eq!((env.locked_commit("web"), env.locked_commit("dms")), (ours, of_dms));
    assert!(!env.read("oca.lock.json").contains(&of_web));
}

/// Has git call oca for the lock, as docs/lock.md says.
pub(crate) fn use_driver(env: &Env) {
    let program = env!("CARGO_BIN_EXE_oca").replace('\\', "/");
    env.git(".", &["config", "merge.oca.driver", &format!("'{program}' merge-lock %O %A %B")]);
    env.write(".git/info/attributes", "oca.lock.json merge=oca\n");
}

#[test]
fn the_driver_merges_by_repository() {
    let env = Env::new();
    let [web, dms, crm] = project(&env);
    use_driver(&env);
    env.git(".", &["checkout", "-q", "-b", "feature"]);
    let of_web = move_pin(&env, &web, "web", "web_y");
    env.edit("repos.toml", "\"crm\"]", "\"crm\", \"hr\"]");
    repository(&env, "hr", &["hr_x"]);
    env.lock();
    commit(&env);
    env.git(".", &["checkout", "-q", "main"]);
    let of_dms = move_pin(&env, &dms, "dms", "dms_y");
    commit(&env);
    env.git(".", &["merge", "-q", "--no-edit", "feature"]);
    let lock = env.read("oca.lock.json");
    for word in [of_web, of_dms, crm.commit_of("18.0"), "\"hr@18.0\"".to_owned()] {
        assert_eq!(lock.matches(&word).count(), 1, "{word} in {lock}");
    }
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn the_driver_leaves_what_both_moved_for_oca_lock_to_settle() {
    let env = Env::new();
    let remotes = project(&env);
    use_driver(&env);
    let (_, theirs) = merged_with_conflict(&env, &remotes);
    let lock = env.read("oca.lock.json");
    assert!(lock.contains("<<<<<<< ours\n") && lock.contains(">>>>>>> theirs\n"), "{lock}");
    assert_eq!(env.git(".", &["ls-files", "-u"]).lines().count(), 3);
    env.oca(&["lock"])
        .stderr_contains("hint: run `oca lock --ours web` or `oca lock --theirs web`")
        .status(1);
    env.oca(&["lock", "-q", "--theirs"]).success();
    assert!(env.read("oca.lock.json").contains(&theirs));
    env.oca(&["lock", "--check"]).success();
}

/// `main` takes `web` from another url or another branch, and `feature` moves its pin. The entry of `feature` is gone, but
/// not the repository.
#[test]
fn a_pin_that_the_other_side_took_from_another_place_is_named_with_both_places() {
    for (edited, gone, stays) in [
        ("url = \"../remotes/fork\"", "`../remotes/web.git`", "`../remotes/fork`"),
        ("branch = \"18.0-lts\"", "branch `18.0`", "branch `18.0-lts`"),
    ] {
        let env = Env::new();
        let [web, ..] = project(&env);
        use_driver(&env);
        let base = web.commit_of("18.0");
        repository(&env, "fork", &["web_x"]);
        web.branch("18.0-lts").from(&base).module("web_lts", &[]).commit();
        env.git(".", &["checkout", "-q", "-b", "feature"]);
        let theirs = move_pin(&env, &web, "web", "web_y");
        commit(&env);
        env.git(".", &["checkout", "-q", "main"]);
        env.edit("repos.toml", "[profiles.standard]", &format!("[repos.web]\n{edited}\n[profiles.standard]"));
        env.oca(&["lock", "-q"]).success();
        let ours = env.locked_commit("web");
        commit(&env);
        env.git(".", &["merge", "-q", "--no-edit", "feature"]);
        let line = format!(
            "web: the entry for {gone} at {} is removed from the lock; the one for {stays} is at {}\n",
            short(&theirs),
            short(&ours)
        );
        env.oca(&["lock"]).stderr_contains(&line).success();
        assert_eq!(env.locked_commit("web"), ours);
        env.oca(&["lock", "--check"]).success();
    }
}

#[test]
fn two_first_locks_are_merged_as_well() {
    let env = Env::new();
    project(&env);
    let lock = env.read("oca.lock.json");
    env.write("empty", "");
    env.write("ours", &lock);
    env.write("theirs", &lock);
    env.oca(&["merge-lock", "empty", "ours", "theirs"]).success();
    env.assert_file("ours", &lock);
}

#[test]
fn the_driver_touches_nothing_that_it_cannot_read() {
    let env = Env::new();
    project(&env);
    let lock = env.read("oca.lock.json");
    env.write("ours", &lock);
    env.write("newer", lock.replace("\"version\": 1", "\"version\": 2"));
    env.oca(&["merge-lock", "ours", "ours", "newer"])
        .stderr_contains("`newer` has format version 2; this oca reads version 1")
        .status(2);
    env.assert_file("ours", &lock);
}
