//! `oca sync` loses nothing of the user's: whatever is under way in a checkout, it is left alone and named.

use std::fs;

use crate::checkouts::{REMOTES, repository, upgrade};
use crate::env::Env;
use crate::remote::Remote;

/// `web` and `server-tools` checked out, and both locked at newer commits.
fn behind(env: &Env) -> [Remote; 2] {
    let remotes = ["web", "server-tools"].map(|name| repository(env, name));
    env.declare_repos(REMOTES, &["web", "server-tools"]);
    env.sync();
    remotes.iter().for_each(|remote| drop(upgrade(remote, 1)));
    env.run(&["lock", "--upgrade"]);
    remotes
}

/// `web` is left alone for this reason, and `server-tools` done.
#[track_caller]
fn assert_left_alone(env: &Env, [web, tools]: &[Remote; 2], why: &str) {
    let hint = if why.starts_with("local commits") {
        "run `oca patch web` to keep them as a patch, push them, or use `--force` to discard them"
    } else {
        "commit and push your work, or use `--force` to discard it"
    };
    env.oca(&["sync"])
        .stderr(&format!(
            "server-tools: moved 94633f2ee5 -> e9f0a09dec\n2 repositories, 1 changed\n\
             error: `web` was not changed: {why}\nhint: {hint}\n"
        ))
        .status(1);
    env.assert_checkout("oca/server-tools", &tools.commit_of("18.0"));
    assert_ne!(env.head("oca/web"), web.commit_of("18.0"));
}

#[track_caller]
fn assert_forced(env: &Env, web: &Remote) {
    env.run(&["sync", "--force"]);
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
    env.oca(&["status"]).stdout_contains("web           clean").success();
}

#[test]
fn a_changed_file_is_kept() {
    let env = Env::new();
    let remotes = behind(&env);
    env.write("oca/web/README.md", "mine\n");
    assert_left_alone(&env, &remotes, "uncommitted changes in `README.md`");
    env.assert_file("oca/web/README.md", "mine\n");
    assert_forced(&env, &remotes[0]);
}

#[test]
fn untracked_staged_and_deleted_files_are_kept() {
    let env = Env::new();
    let remotes = behind(&env);
    env.write("oca/web/notes/todo.txt", "mine\n");
    env.write("oca/web/staged.txt", "staged\n");
    env.git("oca/web", &["add", "staged.txt"]);
    fs::remove_file(env.project().join("oca/web/README.md")).expect("a file");
    assert_left_alone(&env, &remotes, "uncommitted changes in `README.md` and 2 more");
    env.assert_file("oca/web/notes/todo.txt", "mine\n");
    assert!(!env.exists("oca/web/README.md"));
    assert_eq!(env.git("oca/web", &["diff", "--cached", "--name-only"]), "staged.txt\n");
    assert_forced(&env, &remotes[0]);
    assert!(!env.exists("oca/web/notes") && !env.exists("oca/web/staged.txt"));
}

#[test]
fn a_clone_of_a_fork_is_kept() {
    let env = Env::new();
    let web = repository(&env, "web");
    let fork = repository(&env, "fork");
    let fork = fork.path().to_str().expect("text");
    env.declare_repos(REMOTES, &["web"]);
    env.git("", &["clone", "-q", "-b", "18.0", "../remotes/web.git", "oca/web"]);
    env.git("oca/web", &["remote", "set-url", "origin", fork]);
    env.run(&["lock"]);
    env.oca(&["sync", "--dry-run"])
        .stderr_contains("error: `web` was not changed: `[TEMP]/project/oca/web` is a clone of ")
        .status(1);
    env.oca(&["sync"])
        .stderr(
            "1 repository, 0 changed\n\
             error: `web` was not changed: `[TEMP]/project/oca/web` is a clone of `[TEMP]/remotes/fork.git`\n\
             hint: move it away, or use `--force` to replace it\n",
        )
        .status(1);
    assert_eq!(env.git("oca/web", &["remote", "get-url", "origin"]).trim(), fork);
    env.configure_git(&format!("[url \"{}\"]\n\tinsteadOf = {fork}\n", web.path().display()));
    env.sync();
    env.configure_git("");
    env.git("oca/web", &["remote", "set-url", "origin", fork]);
    fs::remove_file(env.project().join("oca/web/.git/oca-checkout")).expect("the marker");
    env.run(&["sync", "--force"]);
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn an_ignored_file_in_the_way_is_kept() {
    let env = Env::new();
    let web = repository(&env, "web");
    web.branch("18.0").file(".gitignore", "*.cfg\n").commit();
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    env.write("oca/web/x.cfg", "mine\n");
    env.write("oca/web/y.cfg", "mine too\n");
    let old = env.head("oca/web");
    let new = web.branch("18.0").file("x.cfg", "theirs\n").file("README.md", "new\n").commit();
    env.run(&["lock", "--upgrade"]);
    env.oca(&["sync"])
        .stderr(
            "1 repository, 0 changed\n\
             error: `web` was not changed: uncommitted changes in `x.cfg`\n\
             hint: commit and push your work, or use `--force` to discard it\n",
        )
        .status(1);
    env.assert_file("oca/web/x.cfg", "mine\n");
    assert_eq!(env.head("oca/web"), old);
    assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "");
    fs::remove_file(env.project().join("oca/web/x.cfg")).expect("the file");
    env.sync();
    env.assert_file("oca/web/y.cfg", "mine too\n");
    assert_eq!(env.head("oca/web"), new);
}

#[test]
fn a_local_commit_is_kept() {
    let env = Env::new();
    let remotes = behind(&env);
    env.git("oca/web", &["commit", "-q", "--allow-empty", "-m", "mine"]);
    let mine = env.head("oca/web");
    let why = format!("local commits up to `{}`", &mine[..10]);
    assert_left_alone(&env, &remotes, &why);
    assert_eq!(env.head("oca/web"), mine);
    assert_forced(&env, &remotes[0]);
    env.git("oca/web", &["cat-file", "-e", &mine]);
}

#[test]
fn a_local_commit_on_a_branch_is_kept_also_without_the_cache() {
    let env = Env::new();
    let remotes = behind(&env);
    env.git("oca/web", &["switch", "-q", "-c", "18.0-mine"]);
    env.write("oca/web/mine.txt", "");
    env.git("oca/web", &["add", "mine.txt"]);
    env.git("oca/web", &["commit", "-q", "-m", "mine"]);
    let mine = env.head("oca/web");
    fs::remove_dir_all(env.cache()).expect("the cache");
    assert_left_alone(&env, &remotes, &format!("local commits up to `{}`", &mine[..10]));
    assert_forced(&env, &remotes[0]);
    assert_eq!(env.git("oca/web", &["rev-parse", "18.0-mine"]).trim(), mine);
}

#[test]
fn a_rebase_under_way_is_kept_and_ended_by_force() {
    let env = Env::new();
    let remotes = behind(&env);
    let before = env.head("oca/web");
    env.git("oca/web", &["commit", "-q", "--allow-empty", "-m", "mine"]);
    env.git("oca/web", &["-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-q", "-i", &before]);
    env.git("oca/web", &["reset", "-q", "--hard", &before]);
    assert_left_alone(&env, &remotes, "an unfinished merge or rebase");
    assert!(env.exists("oca/web/.git/rebase-merge"));
    assert_forced(&env, &remotes[0]);
}

#[test]
fn a_conflicting_merge_is_kept() {
    let env = Env::new();
    let remotes = behind(&env);
    env.git("oca/web", &["switch", "-q", "-c", "other"]);
    env.write("oca/web/README.md", "theirs\n");
    env.git("oca/web", &["commit", "-q", "-a", "-m", "theirs"]);
    env.git("oca/web", &["switch", "-q", "-d", "HEAD~1"]);
    env.write("oca/web/README.md", "ours\n");
    env.git("oca/web", &["commit", "-q", "-a", "-m", "ours"]);
    let ours = env.head("oca/web");
    env.try_git("oca/web", &["merge", "-q", "other"]).expect_err("a conflict");
    let why = format!(
        "uncommitted changes in `README.md` and local commits up to `{}` and an unfinished merge or rebase",
        &ours[..10]
    );
    assert_left_alone(&env, &remotes, &why);
    assert!(env.read("oca/web/README.md").contains("<<<<<<<"));
    assert_forced(&env, &remotes[0]);
}

#[test]
fn a_branch_without_commits_of_its_own_is_left_behind() {
    let env = Env::new();
    let [web, _] = behind(&env);
    let old = env.head("oca/web");
    env.git("oca/web", &["switch", "-q", "-c", "mine"]);
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    assert_eq!(env.git("oca/web", &["rev-parse", "mine"]).trim(), old);
}

#[test]
fn another_commit_of_the_remote_is_no_work_of_the_users() {
    let env = Env::new();
    let [web, _] = behind(&env);
    env.sync();
    env.git("oca/web", &["fetch", "-q", "--unshallow"]);
    env.git("oca/web", &["switch", "-q", "-d", "HEAD~2"]);
    env.oca(&["sync"]).stderr("web: moved da14e373a7 -> 8da9c8df92\n2 repositories, 1 changed\n").success();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn a_branch_without_a_commit_and_its_files_are_kept() {
    let env = Env::new();
    let [web, _] = behind(&env);
    env.git("oca/web", &["switch", "-q", "--orphan", "mine"]);
    env.write("oca/web/mine.txt", "mine\n");
    env.oca(&["sync"])
        .stderr_contains(
            "error: `web` was not changed: `[TEMP]/project/oca/web` is a git repository without a commit\n\
             hint: move it away, or use `--force` to replace it\n",
        )
        .status(1);
    env.assert_file("oca/web/mine.txt", "mine\n");
    env.run(&["sync", "--force"]);
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn directories_and_files_in_the_way_are_kept() {
    let env = Env::new();
    let [web, _] = ["web", "server-tools"].map(|name| repository(&env, name));
    env.declare_repos(REMOTES, &["web", "server-tools"]);
    env.write("oca/web/mine.txt", "mine\n");
    env.write("oca/server-tools", "mine\n");
    let kept = |name: &str| {
        format!(
            "error: `{name}` was not changed: `[TEMP]/project/oca/{name}` is not a git repository, and not empty\n"
        )
    };
    // What both are told is told once.
    let hint = "hint: move it away, or use `--force` to replace it\n";
    let expected = format!("{}{}{hint}error: 2 repositories failed\n", kept("server-tools"), kept("web"));
    env.oca(&["sync"]).stderr_contains(&expected).status(1);
    env.oca(&["sync", "--dry-run"]).stderr_contains(&expected).status(1);
    env.assert_file("oca/web/mine.txt", "mine\n");
    env.assert_file("oca/server-tools", "mine\n");
    env.run(&["sync", "--force"]);
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    env.assert_sound_checkout("oca/server-tools");
}

#[test]
fn an_unfinished_clone_is_completed() {
    let env = Env::new();
    let web = repository(&env, "web");
    env.declare_repos(REMOTES, &["web"]);
    env.git("", &["init", "-q", "oca/web"]);
    env.git("oca/web", &["remote", "add", "origin", "https://example.com/web.git"]);
    env.write("oca/web/.git/objects/pack/tmp_pack_1", "half");
    env.oca(&["sync", "--dry-run"])
        .stdout_contains("web: would check out")
        .stderr_contains("1 repository, 1 would change\n")
        .success();
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
    // Not even a HEAD.
    fs::remove_dir_all(env.project().join("oca/web")).expect("the checkout");
    fs::create_dir_all(env.project().join("oca/web/.git/objects")).expect("a directory");
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn an_empty_repository_with_somebodys_work_in_it_is_kept() {
    let env = Env::new();
    repository(&env, "web");
    env.declare_repos(REMOTES, &["web"]);
    env.git("", &["init", "-q", "-b", "main", "oca/web"]);
    env.write("oca/web/staged.txt", "mine\n");
    env.git("oca/web", &["add", "staged.txt"]);
    fs::remove_file(env.project().join("oca/web/staged.txt")).expect("the file");
    env.oca(&["sync"]).stderr_contains("is a git repository without a commit").status(1);
    env.git("oca/web", &["commit", "-q", "-m", "mine"]);
    env.git("oca/web", &["switch", "-q", "--orphan", "other"]);
    env.oca(&["sync"]).stderr_contains("is a git repository without a commit").status(1);
    env.git("oca/web", &["rev-parse", "main"]);
}

#[cfg(unix)]
#[test]
fn a_symlink_in_the_place_of_a_checkout_is_not_followed() {
    let env = Env::new();
    let web = repository(&env, "web");
    let url = web.path().to_str().expect("text");
    env.git("", &["clone", "-q", "-b", "18.0", url, "mine"]);
    let mine = env.head("mine");
    upgrade(&web, 1);
    env.declare_repos(REMOTES, &["web"]);
    fs::create_dir(env.project().join("oca")).expect("a directory");
    std::os::unix::fs::symlink("../mine", env.project().join("oca/web")).expect("a symlink");
    env.oca(&["sync"])
        .stderr_contains(
            "error: `web` was not changed: `[TEMP]/project/oca/web` is a symlink\n\
             hint: remove the link, or list the repository in `skip` of `repos.local.toml`\n",
        )
        .status(1);
    assert_eq!(env.head("mine"), mine);
}

#[test]
fn force_leaves_clean_checkouts_alone_and_asks_nobody() {
    let env = Env::new();
    let remotes = ["web", "server-tools"].map(|name| repository(&env, name));
    env.declare_repos(REMOTES, &["web", "server-tools"]);
    env.sync();
    env.write("oca/web/README.md", "mine\n");
    env.oca(&["sync", "--force"])
        .stderr("web: refreshed at 6df21dd409\n2 repositories, 1 changed\n")
        .success();
    env.assert_checkout("oca/web", &remotes[0].commit_of("18.0"));
    fs::remove_dir_all(env.cache()).expect("the cache");
    fs::remove_dir_all(env.remotes()).expect("the remotes");
    env.oca(&["sync", "--force"]).stderr("2 repositories up to date\n").success();
}
