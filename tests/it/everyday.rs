//! What people type every day: names for part of the work, short commits, conflicts, many failures at once.

use crate::env::Env;
use crate::project::{WEB, modules_repository, repository, short};
use crate::remote::Remote;

#[test]
fn upgrade_and_update_are_short_for_lock_upgrade() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    let dms = repository(&env, "dms", &["dms"]);
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    let old = env.read("oca.lock.json");
    for remote in [&web, &dms] {
        remote.branch("18.0").module("new", &[]).commit();
    }
    for command in
        [&["upgrade", "--dry-run"][..], &["update", "--dry-run"], &["lock", "--upgrade", "--dry-run"]]
    {
        env.oca(command)
            .stdout_contains("  new  18.0.1.0.0                new\n")
            .stderr_contains(&format!(
                "web: {} -> {}",
                short(&env.locked_commit("web")),
                short(&web.commit_of("18.0"))
            ))
            .stderr_contains("2 changed\ndry run: the lock is not changed\n")
            .success();
        assert_eq!(env.read("oca.lock.json"), old);
    }
    env.oca(&["upgrade", "web", "-q"]).success();
    assert_eq!(env.locked_commit("web"), web.commit_of("18.0"));
    assert_ne!(env.locked_commit("dms"), dms.commit_of("18.0"));
    env.oca(&["update", "-q"]).success();
    assert_eq!(env.locked_commit("dms"), dms.commit_of("18.0"));
    env.oca(&["upgrade", "new"])
        .stderr(
            "error: no profile has a repository `new`\n\
             hint: `new` is a module of `dms`: use the name of the repository\n",
        )
        .status(2);
}

#[test]
fn commands_take_names_of_repositories() {
    let env = Env::new();
    for name in ["web", "dms"] {
        repository(&env, name, &[&format!("{name}_x"), &format!("{name}_y")]).branch("18.0").commit();
    }
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    env.oca(&["sync", "web"]).stderr_contains("1 repository, 1 changed\n").success();
    assert!(env.exists("oca/web") && !env.exists("oca/dms"));
    env.oca(&["status", "web"]).stdout_contains("web  clean  ").success();
    env.oca(&["status", "dms"]).stdout_contains("dms  missing").status(1);
    env.oca(&["outdated", "../remotes/web.git"]).stderr("0 of 1 repository outdated\n").success();
    env.oca(&["list", "web", "dms_y"])
        .stdout("web_x  18.0.1.0.0  web\nweb_y  18.0.1.0.0  web\ndms_y  18.0.1.0.0  dms\n")
        .success();
    for command in ["sync", "status", "outdated", "list"] {
        env.oca(&[command, "wbe"])
            .stderr("error: no profile has a repository `wbe`\nhint: did you mean `web`?\n")
            .status(2);
    }
}

#[test]
fn parts_of_names_are_found() {
    let env = Env::new();
    repository(&env, "web", &["web_responsive", "web_timeline"]);
    env.locked("[profiles.standard]\nrepos = []\n");
    env.oca(&["find", "responsive"])
        .stdout("web  web_responsive\n")
        .stderr("no module has the name `responsive`; these contain it\n")
        .status(1);
}

#[test]
fn the_first_digits_of_a_known_commit_are_enough() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    env.locked(WEB);
    let old = web.commit_of("18.0");
    web.branch("18.0").module("new", &[]).commit();
    let new = web.commit_of("18.0");
    env.oca(&["lock", &format!("web@{}", short(&new)), "-q"]).success();
    assert_eq!(env.locked_commit("web"), new);
    env.oca(&["lock", &format!("web@{}", &old[..7].to_uppercase()), "-q"]).success();
    assert_eq!(env.locked_commit("web"), old);
    env.oca(&["lock", "web@0123456789"])
        .stderr(
            "error: no known commit of `web` begins with `0123456789`\n\
             hint: write all 40 digits of the commit\n",
        )
        .status(2);
    env.oca(&["lock", "web@12345"]).stderr_contains("`12345` is not the id of a commit\n").status(2);
}

#[test]
fn a_commit_of_another_series_is_pinned_only_with_force() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    web.branch("17.0").module("web_x", &[("version", "'17.0.1.0.0'")]).commit();
    let dms = repository(&env, "dms", &["dms_x"]);
    let older = dms.commit_of("18.0");
    dms.branch("18.0").module("dms_y", &[]).commit();
    env.locked("[profiles.standard]\nrepos = [\"dms\", \"web\"]\n");
    let pin = format!("web@{}", web.commit_of("17.0"));
    let before = env.read("oca.lock.json");
    // Nothing is pinned, so nothing is said to be: not even the other repository.
    for more in [None, Some(format!("dms@{older}"))] {
        let words: Vec<&str> = ["lock", &pin].into_iter().chain(more.as_deref()).collect();
        env.oca(&words)
            .stderr(&format!(
                "error: the modules of `web` at commit `{}` are for Odoo 17.0, but profile `standard` is for 18.0\n\
                 hint: if you want this, run `oca lock {pin} --force`\n",
                short(&web.commit_of("17.0"))
            ))
            .status(2);
    }
    assert_eq!(env.read("oca.lock.json"), before);
    env.oca(&["lock", &pin, "--force", "-q"]).success();
    assert_eq!(env.locked_commit("web"), web.commit_of("17.0"));
}

#[test]
fn a_commit_that_was_never_pushed_is_told_to_be_that() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    env.declare(WEB);
    env.sync();
    env.git(
        "oca/web",
        &["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "mine"],
    );
    let commit = env.git("oca/web", &["rev-parse", "HEAD"]).trim().to_owned();
    env.oca(&["lock", &format!("web@{commit}")])
        .stderr_contains(&format!(
            "error: commit `{commit}` of `web` is only in your checkout `[TEMP]/project/oca/web`\n"
        ))
        .stderr_contains("hint: push it to the remote of `web` first, from `[TEMP]/project/oca/web`\n")
        .status(2);
}

#[test]
fn conflict_markers_in_repos_toml_are_named() {
    let env = Env::new();
    env.write(
        "repos.toml",
        "odoo = \"18.0\"\n[profiles.standard]\n<<<<<<< HEAD\nrepos = [\"web\"]\n=======\nrepos = [\"dms\"]\n>>>>>>> x\n",
    );
    env.oca(&["lock"])
        .stderr(
            "error: `repos.toml` contains git's conflict markers at line 3\n\
             hint: edit the file so that it has the lines you want, then run `oca lock`\n",
        )
        .status(2);
}

#[test]
fn many_failures_with_one_cause_are_one_error() {
    let env = Env::new();
    let names = ["crm", "dms", "hr", "project", "social", "timesheet", "web"];
    env.declare(&format!("[profiles.standard]\nrepos = {names:?}\n"));
    let refused =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    env.edit("repos.toml", "../remotes", &format!("http://{refused}/OCA"));
    env.oca(&["lock"])
        .stderr_contains(
            "/OCA`: `crm`, `dms`, `hr`, `project`, `social` and 2 others\ncaused by: the connection failed: ",
        )
        .stderr_contains("error: 7 repositories failed\n")
        .status(3);
}

/// The locks `base`, `ours` and `theirs` of a merge. In `web`, their commit contains ours; in `dms`, the two are apart.
fn three_locks(env: &Env) -> [Remote; 2] {
    let web = modules_repository(env, "web", &[("web_x", "")]);
    let dms = modules_repository(env, "dms", &[("dms", "")]);
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    let base = env.read("oca.lock.json");
    let forked = dms.commit_of("18.0");
    env.git(dms.path(), &["branch", "side", &forked]);
    let mut sides = Vec::new();
    for side in ["ours", "theirs"] {
        web.branch("18.0").module(&format!("web_{side}"), &[]).commit();
        dms.branch(if side == "ours" { "18.0" } else { "side" }).module(&format!("dms_{side}"), &[]).commit();
        let branch = if side == "ours" { "18.0" } else { "side" };
        env.write("oca.lock.json", &base);
        let pins = [format!("web@{}", web.commit_of("18.0")), format!("dms@{}", dms.commit_of(branch))];
        env.oca(&["lock", &pins[0], &pins[1], "-q"]).success();
        sides.push(env.read("oca.lock.json"));
    }
    env.write("base", &base);
    env.write("ours", &sides[0]);
    env.write("theirs", &sides[1]);
    [web, dms]
}

#[test]
fn the_side_that_contains_the_other_wins_and_names_choose_the_rest() {
    let env = Env::new();
    let [web, dms] = three_locks(&env);
    env.shell(
        "git merge-file -L ours -L base -L theirs ours base theirs; mv ours oca.lock.json; rm base theirs",
    );
    settles_what_it_can(&env, [&web, &dms]);
}

/// The driver asks no server, so it leaves both pins; `oca lock` asks.
#[test]
fn the_merge_driver_says_what_oca_lock_settles_alone() {
    let env = Env::new();
    let [web, dms] = three_locks(&env);
    let at = |side: &str, name: &str| {
        env.write("oca.lock.json", env.read(side));
        short(&env.locked_commit(name)).to_owned()
    };
    env.oca(&["merge-lock", "base", "ours", "theirs"])
        .stderr(&format!(
            "error: both sides changed the entries of `dms`, `web` in `oca.lock.json`\n  \
             `dms` at branch `18.0`: ours `{}`, theirs `{}`\n  \
             `web` at branch `18.0`: ours `{}`, theirs `{}`\n\
             hint: run `oca lock`; it merges these entries, and where one of two commits contains the other, it takes the newer one\n",
            at("ours", "dms"),
            at("theirs", "dms"),
            at("ours", "web"),
            at("theirs", "web"),
        ))
        .status(1);
    env.write("oca.lock.json", env.read("ours"));
    settles_what_it_can(&env, [&web, &dms]);
}

/// Resolves a lock with conflicts in `web` and `dms`.
#[track_caller]
fn settles_what_it_can(env: &Env, [web, dms]: [&Remote; 2]) {
    let conflicted = env.read("oca.lock.json");
    let refused = env.oca(&["lock"]).output();
    assert_eq!(refused.code, Some(1), "{refused}");
    // While nothing is written, no commit is used.
    let start =
        "error: `oca.lock.json` has conflicting pins for 1 repository\n  `dms` at branch `18.0`: ours `";
    assert!(refused.stderr.starts_with(start), "{refused}");
    assert_eq!(env.read("oca.lock.json"), conflicted);
    env.oca(&["lock", "--ours", "dms"])
        .stderr_contains(&format!(
            "web: uses their commit {}, which contains the other one\n",
            short(&web.commit_of("18.0"))
        ))
        .success();
    assert_eq!(env.locked_commit("dms"), dms.commit_of("18.0"));
    assert_eq!(env.locked_commit("web"), web.commit_of("18.0"));
    env.write("oca.lock.json", &conflicted);
    env.oca(&["lock", "--theirs", "dms", "--ours"]).stderr_contains("dms: uses their commit ").success();
    assert_eq!(env.locked_commit("dms"), dms.commit_of("side"));
    env.write("oca.lock.json", &conflicted);
    env.oca(&["lock", "--ours", "--theirs"])
        .stderr_contains("error: `--ours` and `--theirs` cannot both stand for all repositories\n")
        .status(2);
}
