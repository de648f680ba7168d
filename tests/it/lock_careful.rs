//! Careful upgrades: `--max-bump`, `--cooldown`, `--only-clean`, and histories that were rewritten.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::env::Env;
use crate::harness::web;
use crate::project::{BOTH, WEB, repository, short};
use crate::remote::Remote;
use crate::server::Server;

const DAY: i64 = 24 * 60 * 60;
/// The date of the first commit of each repository.
const START: i64 = 1_729_814_400;

/// Seconds from the first commit of a repository until this many days ago.
fn days_ago(days: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    i64::try_from(now).expect("a small time") - days * DAY - START
}

fn version(remote: &Remote, module: &str, version: &str) -> String {
    remote.branch("18.0").module(module, &[("version", &format!("{version:?}"))]).commit()
}

#[test]
fn a_repository_whose_module_goes_too_far_stays() {
    let env = Env::new();
    let [web, dms] = [web(&env), repository(&env, "dms", &["dms"])];
    env.locked(BOTH);
    let [old_web, old_dms] = [&web, &dms].map(|remote| remote.commit_of("18.0"));
    let new_dms = version(&dms, "dms", "18.0.1.1.0");
    let new_web = version(&web, "web_x", "18.0.2.0.0");
    env.oca(&["lock", "--upgrade", "--max-bump", "minor"])
        .stderr(&format!(
            "dms: {} -> {}\nweb: stays at {}: `web_x` would go from 18.0.1.0.0 to 18.0.2.0.0 (major)\n\
             2 repositories with 2 modules, 1 changed\n",
            short(&old_dms),
            short(&new_dms),
            short(&old_web)
        ))
        .success();
    assert_eq!([env.locked_commit("web"), env.locked_commit("dms")], [old_web.clone(), new_dms.clone()]);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["upgrade", "--max-bump", "patch", "--format", "json"])
        .stdout_contains(&format!(
            "\"held\": [\n    {{\n      \"name\": \"web\",\n      \"commit\": \"{old_web}\",\n      \"why\": \"`web_x` would go"
        ))
        .success();
    env.oca(&["upgrade", "--max-bump", "major", "-q"]).success();
    assert_eq!(env.locked_commit("web"), new_web);
}

#[test]
fn a_repository_that_loses_a_module_stays() {
    let env = Env::new();
    let web = web(&env);
    env.locked(WEB);
    let old = web.commit_of("18.0");
    web.branch("18.0").remove("web_x/__manifest__.py").commit();
    env.oca(&["upgrade", "--max-bump", "minor"])
        .stderr(&format!(
            "web: stays at {}: `web_x` would be gone\n1 repository with 1 module, nothing changed\n",
            short(&old)
        ))
        .success();
    // A module that the profile names is not there any more: without a limit, the upgrade fails.
    env.declare("[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"web_x\"]\n");
    env.oca(&["lock", "-q"]).success();
    env.oca(&["upgrade"]).stderr_contains("`web_x`").status(2);
    env.oca(&["upgrade", "--only-clean"]).stderr_contains("web: stays at ").success();
    assert_eq!(env.locked_commit("web"), old);
    // The module is there, but not in the version that is asked for.
    env.declare("[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"web_x <2\"]\n");
    version(&web, "web_x", "18.0.2.0.0");
    env.oca(&["upgrade", "--only-clean"]).stderr_contains("`web_x <2`").success();
    assert_eq!(env.locked_commit("web"), old);
}

#[test]
fn a_commit_must_be_old_enough() {
    let env = Env::new();
    let web = web(&env);
    env.locked(&format!("[lock]\ncooldown = \"7 days\"\n{WEB}"));
    web.later(days_ago(30));
    let old = web.branch("18.0").file("a", "1").commit();
    web.later(days_ago(1));
    let young = web.branch("18.0").file("a", "2").commit();
    let server = Server::start(&env);
    env.declare(&format!(
        "[lock]\ncooldown = \"7 days\"\n{WEB}[repos.web]\nurl = \"{}\"\n",
        server.url("web")
    ));
    env.write("oca.lock.json", env.read("oca.lock.json"));
    env.oca(&["lock", "-q"]).success();
    assert_eq!(env.locked_commit("web"), old, "a new pin, too");
    env.oca(&["upgrade"])
        .stderr(&format!(
            "web: stays at {}: the newer commits are younger than 7 days\n1 repository with 1 module, nothing changed\n",
            short(&old)
        ))
        .success();
    env.oca(&["upgrade", "--cooldown", "0 days", "-q"]).success();
    assert_eq!(env.locked_commit("web"), young);
    env.oca(&["upgrade", "--cooldown", "a week"]).stderr_contains("write it as `7 days`").status(2);
}

#[test]
fn the_newest_commit_that_is_old_enough_is_taken() {
    let env = Env::new();
    let web = web(&env);
    env.locked(WEB);
    let first = web.commit_of("18.0");
    web.later(days_ago(30));
    web.branch("18.0").file("a", "1").commit();
    web.later(days_ago(10));
    let wanted = web.branch("18.0").file("a", "2").commit();
    web.later(days_ago(1));
    let head = web.branch("18.0").file("a", "3").commit();
    let stderr = env.oca(&["upgrade", "--cooldown", "7d"]).stdout("").output().to_string();
    assert!(stderr.contains(&format!("web: {} -> {}\n", short(&first), short(&wanted))), "{stderr}");
    assert!(
        stderr.contains(&format!("because the head {} is younger than 7 days\n", short(&head))),
        "{stderr}"
    );
    assert_eq!(env.locked_commit("web"), wanted);
    // The time of one repository replaces that of `[lock]`.
    env.declare(&format!("[lock]\ncooldown = \"1000 days\"\n{WEB}[repos.web]\ncooldown = \"0 days\"\n"));
    env.oca(&["upgrade", "-q"]).success();
    assert_eq!(env.locked_commit("web"), head);
}

/// A commit on this branch that merges `other` into its head.
fn merge(env: &Env, remote: &Remote, other: &str) -> String {
    let tree = remote.tree_of("18.0", "");
    let head = remote.commit_of("18.0");
    let date = format!("{} +0000", START + days_ago(1));
    let line = format!(
        "GIT_AUTHOR_DATE='{date}' GIT_COMMITTER_DATE='{date}' git --git-dir={} commit-tree -p {head} -p {other} -m Merge {tree} >merged && \
         git --git-dir={} update-ref refs/heads/18.0 $(cat merged)",
        remote.path().display(),
        remote.path().display()
    );
    env.shell(&line);
    remote.commit_of("18.0")
}

#[test]
fn a_cooldown_never_takes_a_pin_back() {
    // The head is young and replaces the pin.
    let env = Env::new();
    let web = web(&env);
    let before = web.commit_of("18.0");
    let pin = web.branch("18.0").file("a", "1").commit();
    env.locked(WEB);
    web.later(days_ago(1));
    let new = web.branch("18.0").from(&before).file("a", "2").commit();
    env.oca(&["upgrade", "--cooldown", "7 days"])
        .stderr_contains(&format!(
            "web: stays at {}: the newer commits are younger than 7 days\n",
            short(&pin)
        ))
        .success();
    env.oca(&["upgrade", "--cooldown", "0 days"]).stderr_contains("was rewritten").success();
    assert_eq!(env.locked_commit("web"), new);

    // The pin was merged into the branch, so the line before the merge is older than the pin.
    let env = Env::new();
    let web = self::web(&env);
    let pin = web.branch("18.0-fix").from(&web.commit_of("18.0")).file("a", "1").commit();
    env.locked(WEB);
    env.oca(&["lock", "-q", &format!("web@{pin}")]).success();
    let head = merge(&env, &web, &pin);
    env.oca(&["upgrade", "--cooldown", "7 days"])
        .stderr(&format!(
            "web: stays at {}: the newer commits are younger than 7 days\n1 repository with 1 module, nothing changed\n",
            short(&pin)
        ))
        .success();
    env.oca(&["upgrade", "--no-rewrites", "-q"]).success();
    assert_eq!(env.locked_commit("web"), head);

    // The branch went back to an old commit.
    web.branch("18.0").file("b", "").commit();
    env.oca(&["upgrade", "-q"]).success();
    web.tag("old", &pin);
    env.git(web.path(), &["update-ref", "refs/heads/18.0", &pin]);
    env.oca(&["upgrade", "--cooldown", "7 days"]).stderr_contains("was rewritten").success();
    assert_eq!(env.locked_commit("web"), pin);
}

#[test]
fn a_branch_of_young_commits_cannot_be_pinned() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    web.later(days_ago(1));
    web.branch("18.0").module("web_x", &[]).commit();
    env.declare(&format!("[lock]\ncooldown = \"2 days\"\n{WEB}"));
    env.oca(&["lock"])
        .stderr(
            "error: `web`: all commits of branch `18.0` are younger than 2 days\n\
             hint: write `cooldown = \"0 days\"` for `web` in `repos.toml`\n",
        )
        .status(1);
    env.declare(&format!("[lock]\ncooldown = \"2\"\n{WEB}"));
    env.oca(&["lock"])
        .stderr(
            "error: bad value for `cooldown` in `repos.toml` at line 4, table `lock`: `2` is not a span of time\n\
             hint: write it as `7 days` or `12 hours`\n",
        )
        .status(2);
}

#[test]
fn a_repository_that_brings_an_error_stays() {
    let env = Env::new();
    let [web, dms] = [web(&env), repository(&env, "dms", &["dms"])];
    env.locked(&format!("{BOTH}modules = [\"web_x\", \"dms\"]\n"));
    let old = web.commit_of("18.0");
    web.branch("18.0").module("web_x", &[("depends", "[\"web\", \"nowhere\"]")]).commit();
    let new_dms = version(&dms, "dms", "18.0.1.1.0");
    env.oca(&["upgrade", "--only-clean"])
        .stderr_contains(&format!("web: stays at {}: `oca check` would find OCA004: ", short(&old)))
        .success();
    assert_eq!([env.locked_commit("web"), env.locked_commit("dms")], [old.clone(), new_dms]);
    env.oca(&["check", "-q"]).success();
    // An error that is there already holds nothing.
    env.oca(&["upgrade", "-q"]).success();
    let next = web.branch("18.0").file("a", "").commit();
    env.oca(&["upgrade", "--only-clean", "-q"]).success();
    assert_eq!(env.locked_commit("web"), next);
}

#[test]
fn the_repository_that_makes_another_one_wrong_stays() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x", "web_y"]);
    let dms = Remote::new(&env, "dms");
    dms.branch("18.0").module("dms", &[("depends", "[\"web_x\"]")]).commit();
    env.locked(&format!("{BOTH}modules = [\"dms\"]\n"));
    let old = web.commit_of("18.0");
    web.branch("18.0").remove("web_x/__manifest__.py").commit();
    let new = dms.branch("18.0").file("README.md", "").commit();
    env.oca(&["upgrade", "--only-clean"])
        .stderr_contains(&format!("web: stays at {}: ", short(&old)))
        .success();
    assert_eq!([env.locked_commit("web"), env.locked_commit("dms")], [old, new]);
}

#[test]
fn a_repository_whose_requirements_conflict_stays() {
    let env = Env::new();
    let [web, dms] = [web(&env), repository(&env, "dms", &["dms"])];
    dms.branch("18.0").file("requirements.txt", "lxml<5\n").commit();
    env.locked(BOTH);
    let old = web.commit_of("18.0");
    web.branch("18.0").file("requirements.txt", "lxml>=6\n").commit();
    env.oca(&["upgrade", "--only-clean"])
        .stderr_contains(&format!("web: stays at {}: the requirements for `lxml` would exclude each other: `lxml<5` (dms/requirements.txt:1), `lxml>=6` (", short(&old)))
        .success();
    env.oca(&["requirements", "-q"]).stdout_contains("lxml").success();
}

#[test]
fn an_error_that_is_new_in_one_profile_counts_there() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x", "web_y"]);
    let dms = Remote::new(&env, "dms");
    dms.branch("18.0").module("dms", &[("depends", "[\"web_y\"]")]).commit();
    let profiles = |prod: &str| {
        format!(
            "[profiles.prod]\nrepos = [{prod}]\nmodules = [\"dms\"]\n\
             [profiles.test]\nrepos = [\"dms\"]\nmodules = [\"dms\"]\n"
        )
    };
    env.declare(&profiles("\"web\", \"dms\""));
    env.oca(&["lock", "-q"]).success();
    let old = web.commit_of("18.0");
    web.branch("18.0").remove("web_y/__manifest__.py").commit();
    env.oca(&["upgrade", "--only-clean"])
        .stderr_contains(&format!("web: stays at {}: ", short(&old)))
        .success();
    assert_eq!(env.locked_commit("web"), old);
}

#[test]
fn an_error_of_another_repository_holds_nothing() {
    let env = Env::new();
    let web = web(&env);
    let bad = Remote::new(&env, "bad");
    bad.branch("18.0").module("bad", &[("depends", "[\"nowhere\"]")]).commit();
    env.locked("[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"web_x\"]\n");
    let new = version(&web, "web_x", "18.0.1.1.0");
    env.declare("[profiles.standard]\nrepos = [\"web\", \"bad\"]\nmodules = [\"web_x\", \"bad\"]\n");
    env.oca(&["upgrade", "--only-clean", "-q"]).success();
    assert_eq!(env.locked_commit("web"), new);
}

#[test]
fn one_branch_of_a_repository_does_not_hide_another() {
    let env = Env::new();
    let web = web(&env);
    web.branch("18.0-b").from(&web.commit_of("18.0")).module("web_b", &[]).commit();
    env.declare(
        "[profiles.a]\nrepos = [\"web\"]\n[profiles.b]\nrepos = [\"web\"]\npath = \"b\"\n\
         [profiles.b.override.web]\nbranch = \"18.0-b\"\n",
    );
    env.oca(&["lock", "-q"]).success();
    version(&web, "web_x", "18.0.2.0.0");
    web.rewrite("18.0-b").module("web_b", &[]).commit();
    env.oca(&["upgrade", "--no-rewrites", "--max-bump", "minor"])
        .stderr_contains("the history of branch `18.0-b` was rewritten")
        .status(1);
    let stderr = env.oca(&["upgrade", "--max-bump", "minor"]).stdout("").output().to_string();
    assert!(stderr.contains("web (branch `18.0`): stays at "), "{stderr}");
}

#[test]
fn a_server_without_parts_of_a_history_is_told_if_the_user_wants_it_asked() {
    let env = Env::new();
    let web = web(&env);
    let server = Server::builder(&env).without_protocol_2().start();
    env.locked(&format!("{WEB}[repos.web]\nurl = \"{}\"\n", server.url("web")));
    web.branch("18.0").file("a", "").commit();
    env.oca(&["upgrade", "--no-rewrites"])
        .stderr_contains(
            "web: could not check that the history was not rewritten: the remote cannot send commits",
        )
        .status(1);
    env.oca(&["upgrade"]).stderr_contains("1 repository with 1 module, 1 changed\n").success();
}

#[test]
fn a_rewritten_history_is_told() {
    for over_http in [false, true] {
        let env = Env::new();
        let web = web(&env);
        let server = Server::start(&env);
        let url = if over_http { server.url("web") } else { "../remotes/web".to_owned() };
        env.locked(&format!("{WEB}[repos.web]\nurl = \"{url}\"\n"));
        let old = web.commit_of("18.0");
        let new = web.rewrite("18.0").module("web_z", &[]).commit();
        let warning = format!(
            "`web`: the history of branch `18.0` was rewritten: it does not contain the old pin {} any more; 2 commits lost: ",
            short(&old)
        );
        env.oca(&["upgrade", "--no-rewrites"])
            .stderr_contains(&format!("warning: {warning}"))
            .stderr_contains("; modules lost: `web_x`\n")
            .stderr_contains("error: the lock is not changed, because the history was rewritten")
            .status(1);
        assert_eq!(env.locked_commit("web"), old);
        env.oca(&["upgrade"])
            .stderr_contains(&warning)
            .stderr_contains(&format!("hint: to go back, run `oca lock web@{old}`\n"))
            .success();
        assert_eq!(env.locked_commit("web"), new);
        env.oca(&["upgrade", "--no-rewrites"])
            .stderr("1 repository with 1 module, nothing changed\n")
            .success();
    }
}

#[test]
fn a_branch_that_goes_on_is_not_rewritten() {
    let env = Env::new();
    let web = web(&env);
    let server = Server::start(&env);
    env.locked(&format!("{WEB}[repos.web]\nurl = \"{}\"\n", server.url("web")));
    let old = web.commit_of("18.0");
    web.branch("18.0").file("a", "").commit();
    let new = web.branch("18.0").file("b", "").commit();
    env.oca(&["upgrade", "--no-rewrites"])
        .stderr(&format!("web: {} -> {}\n1 repository with 1 module, 1 changed\n", short(&old), short(&new)))
        .success();
}

/// A lock whose pinned commit is gone: the branch was replaced and has one more commit. The commit before the pin, which
/// is still there.
fn gone(env: &Env) -> (Remote, String) {
    let web = web(env);
    let before = web.commit_of("18.0");
    let pin = web.branch("18.0").file("a", "only here\n").commit();
    env.locked(WEB);
    env.git(".", &["init", "-q", "-b", "main"]);
    env.git(".", &["add", "."]);
    // The project was committed before the branch got the other commit.
    let date = format!("{} +0000", START + 3600);
    env.shell(&format!("GIT_COMMITTER_DATE='{date}' git commit -q -m Lock"));
    web.later(2 * 3600);
    web.branch("18.0").from(&before).file("b", "").commit();
    env.git(web.path(), &["reflog", "expire", "--expire=now", "--all"]);
    env.git(web.path(), &["-c", "gc.pruneExpire=now", "gc", "-q", "--prune=now"]);
    assert_ne!(pin, web.commit_of("18.0"));
    (web, before)
}

#[test]
fn the_nearest_commit_to_a_pin_that_is_gone_is_named() {
    for is_cached in [true, false] {
        let env = Env::new();
        let (_web, before) = gone(&env);
        if !is_cached {
            std::fs::remove_dir_all(env.cache()).expect("the cache");
        }
        env.oca(&["sync", "--locked"])
            .stderr_contains("does not exist on the remote\n")
            .stderr_contains(&format!(
                "hint: run `oca lock web@{before}` for the last commit of the branch before it, of 2024-10-25, or \
                 `oca lock --upgrade web` for its head\n"
            ))
            .status(4);
        env.oca(&["lock", "-q"]).arg(format!("web@{before}")).success();
        env.oca(&["sync", "-q"]).success();
    }
}

#[test]
fn what_stays_tells_a_rewritten_history_too() {
    let env = Env::new();
    let web = web(&env);
    env.locked(WEB);
    let old = web.commit_of("18.0");
    web.rewrite("18.0").module("web_x", &[("version", "\"18.0.2.0.0\"")]).commit();
    for flags in [["--max-bump", "minor"], ["--cooldown", "3000 days"]] {
        env.oca(&[&["upgrade"][..], &flags].concat())
            .stderr_contains("the history of branch `18.0` was rewritten")
            .stderr_contains(&format!("web: stays at {}: ", short(&old)))
            .success();
        env.oca(&[&["upgrade", "--no-rewrites"][..], &flags].concat())
            .stderr_contains("was rewritten")
            .status(1);
    }
    assert_eq!(env.locked_commit("web"), old);
}

#[test]
fn a_merge_that_is_named_can_go_too_far() {
    let env = Env::new();
    let web = web(&env);
    web.pull(7).from(&web.commit_of("18.0")).module("web_x", &[("version", "\"18.0.1.1.0\"")]).commit();
    env.locked(&format!("{WEB}[repos.web]\nmerges = [\"#7\"]\n"));
    let lock = env.read("oca.lock.json");
    web.pull(7).module("web_x", &[("version", "\"18.0.3.0.0\"")]).commit();
    env.oca(&["upgrade", "web#7", "--max-bump", "minor"])
        .stderr_contains(": `web_x` would go from 18.0.1.1.0 to 18.0.3.0.0 (major)\n")
        .success();
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn a_second_module_that_lacks_the_same_is_a_new_error() {
    let env = Env::new();
    let [web, dms] = [web(&env), repository(&env, "dms", &["dms"])];
    dms.branch("18.0").module("dms", &[("depends", "[\"nowhere\"]")]).commit();
    env.locked(BOTH);
    let old = web.commit_of("18.0");
    web.branch("18.0").module("web_x", &[("depends", "[\"nowhere\"]")]).commit();
    env.oca(&["upgrade", "--only-clean"])
        .stderr_contains(&format!("web: stays at {}: ", short(&old)))
        .success();
}

#[test]
fn the_flags_of_an_upgrade_need_one() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    for flags in [&["--max-bump", "minor"][..], &["--only-clean"], &["--no-rewrites"], &["--cooldown", "1d"]]
    {
        let flag = flags[0];
        env.oca(&[&["lock"], flags].concat())
            .stderr(&format!("error: `{flag}` needs `--upgrade`\nhint: use `oca upgrade`\n"))
            .status(2);
    }
}
