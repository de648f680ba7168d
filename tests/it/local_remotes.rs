//! Remotes that are paths, in every state that a repository on a disk can be in.

use std::fs;

use crate::checkouts::{REMOTES, repository, upgrade};
use crate::env::Env;
use crate::remote::Remote;

/// A file that git stores as deltas of each other.
fn long(number: u32) -> String {
    let line = |at: u32| format!("{}\n", at * if at == number { 7 } else { 31 });
    (0..2000).map(line).collect()
}

/// `web` with six commits, on which a long file changes.
fn deltas(env: &Env) -> Remote {
    let web = repository(env, "web");
    for number in 0..4 {
        web.branch("18.0").file("long.txt", long(number)).commit();
    }
    web
}

/// Checks `web` out at these depths, each from an empty cache, and looks that nothing is missing.
#[track_caller]
fn assert_checked_out(env: &Env, commit: &str, depths: &[(u32, &str)]) {
    for (depth, commits) in depths {
        env.declare_repos_with(REMOTES, &["web"], &format!("[repos.web]\ndepth = {depth}\n"));
        drop(fs::remove_file(env.project().join("oca.lock.json")));
        drop(fs::remove_dir_all(env.cache()));
        drop(fs::remove_dir_all(env.project().join("oca")));
        env.sync();
        env.assert_checkout("oca/web", commit);
        assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]).trim(), *commits, "depth {depth}");
        env.git("oca/web", &["gc", "-q", "--prune=now"]);
        env.assert_sound_checkout("oca/web");
    }
}

#[test]
fn loose_objects_and_packs_of_deltas_are_copied() {
    let env = Env::new();
    let web = deltas(&env);
    let head = web.commit_of("18.0");
    assert_checked_out(&env, &head, &[(1, "1"), (3, "3"), (0, "6")]);
    env.git(web.path(), &["repack", "-q", "-a", "-d", "-f"]);
    assert_checked_out(&env, &head, &[(1, "1"), (3, "3"), (0, "6")]);
    // The tip's file is a delta of one that does not come along.
    web.branch("18.0").file("long.txt", format!("{}{}", long(0), long(1))).commit();
    env.git(web.path(), &["repack", "-q", "-a", "-d", "-f"]);
    env.git(web.path(), &["update-ref", "refs/heads/18.0", &head]);
    assert_checked_out(&env, &head, &[(1, "1"), (2, "2")]);
    // Some packed, some loose, some twice.
    let head = web.branch("18.0").file("long.txt", long(9)).file("new.txt", "new").commit();
    env.git(web.path(), &["repack", "-q"]);
    env.git(web.path(), &["repack", "-q", "-a"]);
    let head = web.branch("18.0").from(&head).file("newer.txt", "newer").commit();
    assert_checked_out(&env, &head, &[(1, "1"), (0, "8")]);
}

#[test]
fn old_forms_of_packs_are_read() {
    let env = Env::new();
    let web = deltas(&env);
    for setting in ["pack.indexVersion=1", "repack.useDeltaBaseOffset=false"] {
        env.git(web.path(), &["-c", setting, "repack", "-q", "-a", "-d", "-f"]);
        assert_checked_out(&env, &web.commit_of("18.0"), &[(1, "1"), (2, "2"), (0, "6")]);
    }
}

#[test]
fn a_clone_that_borrows_its_objects_gives_them_out() {
    let env = Env::new();
    let web = deltas(&env);
    let (path, borrowing) = (web.path().to_str().expect("text"), env.remotes().join("other.git"));
    env.git(env.remotes(), &["clone", "-q", "--bare", "--shared", path, "other.git"]);
    assert!(borrowing.join("objects/info/alternates").exists());
    env.declare_repos(REMOTES, &["other"]);
    env.sync();
    env.assert_checkout("oca/other", &web.commit_of("18.0"));
}

#[test]
fn a_working_copy_and_its_worktree_give_out_what_they_have() {
    let env = Env::new();
    let web = deltas(&env);
    let path = web.path().to_str().expect("text");
    env.git(env.remotes(), &["clone", "-q", "-b", "18.0", path, "work.git"]);
    env.git(env.remotes().join("work.git"), &["worktree", "add", "-q", "-b", "17.0", "../tree.git"]);
    env.declare_repos(REMOTES, &["work", "tree"]);
    env.sync();
    env.assert_checkout("oca/work", &web.commit_of("18.0"));
    env.assert_checkout("oca/tree", &web.commit_of("18.0"));
}

#[test]
fn a_partial_clone_is_named_with_the_command_that_completes_it() {
    let env = Env::new();
    let web = repository(&env, "web");
    for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        env.git(web.path(), &["config", setting, "true"]);
    }
    let url = format!("file://{}", web.path().display());
    for (filter, name, bare) in
        [("blob:none", "bare", "--bare"), ("tree:0", "tree", "--bare"), ("blob:none", "work", "-n")]
    {
        let path = env.remotes().join(format!("{name}.git"));
        env.git(env.remotes(), &["clone", "-q", bare, "--filter", filter, &url, &format!("{name}.git")]);
        env.declare_repos(REMOTES, &[name]);
        let refs = if bare == "--bare" { " '+refs/heads/*:refs/heads/*'" } else { "" };
        let path = path.display();
        env.oca(&["lock"])
            .stderr(&format!(
                "error: cannot fetch `{name}` from `../remotes/{name}.git`\n\
                 caused by: the repository at `{path}` is a partial clone, and git objects are missing in it\n\
                 hint: fetch them with `git -C {path} fetch --refetch --no-filter origin{refs}`\n"
            ))
            .status(3);
        let mut fetch = vec!["fetch", "-q", "--refetch", "--no-filter", "origin"];
        fetch.extend((bare == "--bare").then_some("+refs/heads/*:refs/heads/*"));
        env.git(env.remotes().join(format!("{name}.git")), &fetch);
        env.sync();
        env.assert_checkout(&format!("oca/{name}"), &web.commit_of("18.0"));
        fs::remove_file(env.project().join("oca.lock.json")).expect("the lock");
    }
}

#[test]
fn a_shallow_remote_gives_out_what_it_has_and_says_where_it_ends() {
    let env = Env::new();
    let web = deltas(&env);
    let (head, url) = (web.commit_of("18.0"), format!("file://{}", web.path().display()));
    for depth in ["1", "2"] {
        let shallow = env.remotes().join("shallow.git");
        drop(fs::remove_dir_all(&shallow));
        env.git(env.remotes(), &["clone", "-q", "--bare", "--depth", depth, &url, "shallow.git"]);
        for (asked, expected) in [("1", "1"), ("2", depth), ("0", depth)] {
            env.declare_repos_with(REMOTES, &["shallow"], &format!("[repos.shallow]\ndepth = {asked}\n"));
            drop(fs::remove_dir_all(env.cache()));
            drop(fs::remove_dir_all(env.project().join("oca")));
            env.sync();
            env.assert_checkout("oca/shallow", &head);
            assert_eq!(env.git("oca/shallow", &["rev-list", "--count", "HEAD"]).trim(), expected);
        }
    }
}

/// The bytes in the cache.
fn cache_size(env: &Env) -> u64 {
    let report = env.run(&["cache", "size", "--format", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    report["bytes"].as_u64().expect("a number")
}

#[test]
fn an_upgrade_copies_what_is_new_and_a_lock_no_files() {
    let env = Env::new();
    let web = deltas(&env);
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    let noise: Vec<u8> = (0..100_000).map(|_| noise()).collect();
    web.branch("18.0").file("noise.bin", noise).commit();
    let size = || cache_size(&env);
    env.declare_repos(REMOTES, &["web"]);
    env.run(&["lock"]);
    assert!(size() < 50_000, "{}", size());
    env.sync();
    let before = size();
    assert!(before > 100_000);
    upgrade(&web, 1);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    assert!(size() < before + 20_000, "{before} became {}", size());
}

#[test]
fn a_remote_that_lacks_an_object_is_said_to_be_damaged() {
    let env = Env::new();
    let web = deltas(&env);
    env.declare_repos(REMOTES, &["web"]);
    env.run(&["lock"]);
    let blob = env.git(web.path(), &["rev-parse", "18.0:long.txt"]);
    fs::remove_file(web.path().join("objects").join(&blob[..2]).join(blob[2..].trim())).expect("the blob");
    env.oca(&["sync"])
        .stderr_contains(
            "error: cannot fetch `web` from `../remotes/web.git`\n\
             caused by: the repository at `[TEMP]/remotes/web.git` is damaged: ",
        )
        .stderr_contains("\nhint: check it with `git -C [TEMP]/remotes/web.git fsck`\n")
        .status(3);
    web.branch("17.0").file("long.txt", long(3)).commit();
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn an_object_that_was_altered_is_not_taken() {
    let env = Env::new();
    let web = deltas(&env);
    env.git(web.path(), &["repack", "-q", "-a", "-d", "-f"]);
    env.git(web.path(), &["prune-packed"]);
    env.declare_repos(REMOTES, &["web"]);
    let folder = web.path().join("objects/pack");
    let files = fs::read_dir(&folder).expect("the packs").map(|entry| entry.expect("an entry").path());
    let pack =
        files.into_iter().find(|file| file.extension().is_some_and(|end| end == "pack")).expect("a pack");
    let mut bytes = fs::read(&pack).expect("the pack");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::remove_file(&pack).expect("the pack");
    fs::write(&pack, bytes).expect("the pack");
    env.oca(&["sync"])
        .stderr_contains("caused by: the repository at `[TEMP]/remotes/web.git` is damaged: ")
        .status(3);
    assert!(!env.exists("oca/web"));
    env.oca(&["cache", "prune"]).stderr_contains("1 store, ").success();
}

#[test]
fn a_path_may_leave_out_the_ending_of_a_bare_repository() {
    let env = Env::new();
    let commit = deltas(&env).commit_of("18.0");
    let path = env.remotes().join("web").display().to_string();
    env.declare_repos_with("../remotes", &["web"], &format!("[repos.web]\nurl = \"{path}\"\n"));
    env.sync();
    env.assert_checkout("oca/web", &commit);
    // `insteadOf` may lead below the home.
    fs::rename(env.remotes(), env.home().join("remotes")).expect("a directory");
    env.configure_git("[url \"~/remotes/\"]\n\tinsteadOf = https://git.example.com/\n");
    env.declare_repos("https://git.example.com", &["web"]);
    env.oca(&["lock", "-q"]).success();
}

#[cfg(unix)]
#[test]
fn a_setting_that_is_not_utf_8_is_refused_and_not_ignored() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let env = Env::new();
    env.declare_repos("https://git.example.com", &["web"]);
    let rule = b"[user]\n\tname = Andr\xe9\n[url \"/caf\xe9/\"]\n\tinsteadOf = https://git.example.com/\n";
    fs::write(env.home().join(".gitconfig"), rule).expect("git's configuration");
    env.oca(&["lock"])
        .stderr_contains("git's `url./caf\u{fffd}/.insteadof` is not UTF-8, and oca cannot follow it\n")
        .status(2);
    env.configure_git("");
    env.oca(&["lock"])
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "http.proxy")
        .env("GIT_CONFIG_VALUE_0", OsStr::from_bytes(b"http://caf\xe9"))
        .stderr_contains("git's `http.proxy` is not UTF-8, and oca cannot follow it\n")
        .status(2);
}
