//! `oca sync` where a checkout is there already: moved, deepened, adopted, shared by profiles.

use std::fs;

use crate::checkouts::{REMOTES, repository, upgrade};
use crate::env::Env;
use crate::server::Server;

/// Everything an ordinary git is asked of a checkout.
#[track_caller]
fn assert_lives_on(env: &Env, folder: &str, commit: &str, history: &str) {
    env.assert_checkout(folder, commit);
    env.git(folder, &["-c", "gc.pruneExpire=now", "gc", "-q"]);
    env.assert_checkout(folder, commit);
    env.git(folder, &["fetch", "-q"]);
    env.git(folder, &["fetch", "-q", "--unshallow"]);
    env.assert_checkout(folder, commit);
    assert_eq!(env.git(folder, &["rev-list", "--count", "HEAD"]).trim(), history);
    env.git(folder, &["switch", "-q", "18.0"]);
}

#[test]
fn three_upgrades_in_a_row_leave_an_ordinary_repository() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.sync();
    for number in 1..=3 {
        let commit = upgrade(&remote, number);
        env.run(&["lock", "--upgrade"]);
        let fetches = server.count("upload-pack fetch");
        env.sync();
        assert!(server.count("upload-pack fetch") <= fetches + 1);
        env.assert_checkout("oca/web", &commit);
    }
    assert_lives_on(&env, "oca/web", &remote.commit_of("18.0"), "5");
}

#[test]
fn pins_that_were_never_synced_leave_no_holes() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.run(&["lock"]);
    for number in 1..=2 {
        upgrade(&remote, number);
        env.run(&["lock", "--upgrade"]);
    }
    env.sync();
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "1\n");
    for number in 3..=5 {
        upgrade(&remote, number);
        env.run(&["lock", "--upgrade"]);
    }
    env.sync();
    assert_lives_on(&env, "oca/web", &remote.commit_of("18.0"), "7");
}

#[test]
fn a_checkout_moves_also_without_the_cache() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.sync();
    for number in 1..=2 {
        upgrade(&remote, number);
        fs::remove_dir_all(env.cache()).expect("the cache");
        env.run(&["lock", "--upgrade"]);
        env.sync();
    }
    assert_lives_on(&env, "oca/web", &remote.commit_of("18.0"), "4");
}

#[test]
fn a_pin_can_move_back_and_to_rewritten_history() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let first = remote.commit_of("18.0");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    upgrade(&remote, 1);
    env.sync();
    env.run(&["lock", &format!("web@{first}")]);
    env.sync();
    env.assert_checkout("oca/web", &first);
    assert!(!env.exists("oca/web/versions"));
    let other = remote.rewrite("18.0").module("web_other", &[]).commit();
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.assert_checkout("oca/web", &other);
}

#[test]
fn a_users_unshallowed_history_stays_whole() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    env.sync();
    env.git("oca/web", &["fetch", "-q", "--unshallow"]);
    upgrade(&remote, 1);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "3\n");
}

#[test]
fn depth_can_be_chosen_and_changed() {
    let env = Env::new();
    let remote = repository(&env, "web");
    (1..=4).for_each(|number| drop(upgrade(&remote, number)));
    let server = Server::start(&env);
    for base in [REMOTES, &server.base()] {
        for (depth, expected) in [("", "1"), ("depth = 3", "3"), ("depth = 0", "6"), ("", "6")] {
            env.declare_repos_with(base, &["web"], &format!("[repos.web]\n{depth}\n"));
            env.sync();
            env.assert_checkout("oca/web", &remote.commit_of("18.0"));
            let count = env.git("oca/web", &["rev-list", "--count", "HEAD"]);
            assert_eq!(count.trim(), expected, "{base} {depth}");
        }
        fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
    }
    env.oca(&["sync"]).stderr_contains("checked out").success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

#[test]
fn whole_histories_move_too() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos_with(&server.base(), &["web"], "[repos.web]\ndepth = 0\n");
    env.sync();
    assert!(!env.exists("oca/web/.git/shallow"));
    upgrade(&remote, 1);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "3\n");
}

#[test]
fn one_machine_can_skip_and_deepen() {
    let env = Env::new();
    repository(&env, "web");
    repository(&env, "server-tools");
    env.declare_repos(REMOTES, &["web", "server-tools"]);
    env.write("repos.local.toml", "depth = 0\nskip = [\"server-tools\"]\n");
    env.sync();
    assert!(!env.exists("oca/server-tools"));
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "2\n");
    let lock = env.read("oca.lock.json");
    assert!(lock.contains("server-tools") && !lock.contains("depth"));
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_clean_clone_of_gits_own_is_adopted() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let url = remote.path().to_str().expect("text").to_owned();
    env.git("", &["clone", "-q", "-b", "18.0", &url, "oca/web"]);
    env.git("oca/web", &["remote", "set-url", "origin", "https://old.example.com/web.git"]);
    upgrade(&remote, 1);
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    assert_eq!(env.git("oca/web", &["remote", "get-url", "origin"]).trim(), url);
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "3\n");
    env.git("oca/web", &["switch", "-q", "18.0"]);
}

#[test]
fn another_branch_or_url_changes_where_git_fetch_goes() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let next = remote.branch("19.0").module("web_next", &[]).commit();
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    env.declare_repos_with(REMOTES, &["web"], "[repos.web]\nbranch = \"19.0\"\n");
    env.sync();
    env.assert_checkout("oca/web", &next);
    env.git("oca/web", &["fetch", "-q"]);
    env.git("oca/web", &["rev-parse", "origin/19.0"]);
    let server = Server::start(&env);
    env.declare_repos_with(&server.base(), &["web"], "[repos.web]\nbranch = \"19.0\"\n");
    env.sync();
    assert_eq!(env.git("oca/web", &["remote", "get-url", "origin"]).trim(), server.url("web"));
}

#[test]
fn profiles_share_a_place_or_have_their_own() {
    let env = Env::new();
    let remote = repository(&env, "web");
    repository(&env, "server-tools");
    let next = remote.branch("19.0").module("web_next", &[]).commit();
    let more = "[profiles.next]\nextends = [\"standard\"]\nodoo = \"19.0\"\npath = \"oca-19\"\n\n\
                [profiles.more]\nextends = [\"standard\"]\nrepos = [\"server-tools\"]\n";
    env.declare_repos_with(REMOTES, &["web"], more);
    env.sync();
    assert!(!env.exists("oca-19") && !env.exists("oca/server-tools"));
    env.run(&["sync", "-p", "next"]);
    env.assert_checkout("oca-19/web", &next);
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    assert!(!env.exists("oca/server-tools"));
    env.oca(&["sync", "--all-profiles"])
        .stderr("server-tools: checked out at 94633f2ee5\n3 repositories, 1 changed\n")
        .success();
    env.oca(&["sync"]).env("OCA_PROFILE", "more").stderr("2 repositories up to date\n").success();
    env.assert_file("oca-19/.gitignore", "*\n");
}

#[test]
fn modes_links_and_odd_names_are_checked_out() {
    let env = Env::new();
    let remote = repository(&env, "web");
    let draft = remote.branch("18.0").file("run.sh", "#!/bin/sh\n").executable("run.sh");
    let draft = draft.symlink("setup/web", "../web_base").file("a b/ü \"c\".txt", "x\n");
    let vendored = remote.commit_of("18.0");
    draft.file("crlf.txt", "one\r\ntwo\r\n").gitlink("vendor/lib", &vendored).commit();
    env.configure_git("[core]\n\tautocrlf = true\n");
    let server = Server::start(&env);
    for base in [REMOTES, &server.base()] {
        env.declare_repos(base, &["web"]);
        env.sync();
        env.assert_checkout("oca/web", &remote.commit_of("18.0"));
        env.assert_file("oca/web/crlf.txt", "one\r\ntwo\r\n");
        assert_eq!(env.read("oca/web/README.md"), "# web\n");
        env.assert_file("oca/web/a b/ü \"c\".txt", "x\n");
        let global = env.home().join(".gitconfig");
        let status = env
            .command("git")
            .env("GIT_CONFIG_GLOBAL", global)
            .current_dir(env.project())
            .args(["-C", "oca/web", "status", "--porcelain"])
            .output();
        assert_eq!(status.expect("git runs").stdout, b"");
        fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_checked_out_and_moved() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let env = Env::new();
    let remote = repository(&env, "web");
    env.git("", &["clone", "-q", remote.path().to_str().expect("text"), "work"]);
    let name = OsStr::from_bytes(b"caf\xe9.txt");
    fs::write(env.project().join("work").join(name), "x\n").expect("a file");
    env.git("work", &["add", "-A"]);
    env.git("work", &["commit", "-q", "-m", "odd"]);
    env.git("work", &["push", "-q", "origin", "HEAD:18.0"]);
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    assert_eq!(fs::read(env.project().join("oca/web").join(name)).expect("the file"), b"x\n");
    env.assert_sound_checkout("oca/web");
    env.git("work", &["rm", "-q", "*.txt"]);
    env.git("work", &["commit", "-q", "-m", "gone"]);
    env.git("work", &["push", "-q", "origin", "HEAD:18.0"]);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.assert_sound_checkout("oca/web");
    assert!(!env.project().join("oca/web").join(name).exists());
}
