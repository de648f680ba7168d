//! `mode = "submodule"` in odd surroundings: a clear error or the right thing, and nothing lost.

use std::fs;

use crate::checkouts::{REMOTES, repository};
use crate::env::Env;
use crate::submodules::{commits, declared};

#[test]
fn a_conflict_of_gitlinks_is_settled_as_the_lock_says() {
    let env = Env::new();
    let remotes = declared(&env);
    env.sync();
    env.commit_all("Add submodules");
    let [web, dms] = commits(&remotes);
    let stages: String = [&dms, &web, &dms]
        .iter()
        .zip(1..)
        .map(|(commit, stage)| format!("160000 {commit} {stage}\toca/web\n"))
        .collect();
    env.git("", &["update-index", "--force-remove", "oca/web"]);
    env.write("stages", stages);
    env.shell("git update-index --index-info < stages && rm stages");
    env.oca(&["submodules", "--check"])
        .stdout("`oca/web` is in `.gitmodules`, but has no gitlink\n")
        .stderr_contains("error: ")
        .status(1);
    env.oca(&["submodules", "-q"]).success();
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    assert_eq!(env.git("", &["ls-files", "-u"]), "");
}

#[test]
fn a_run_that_was_killed_leaves_nothing_among_the_objects() {
    let env = Env::new();
    let remotes = declared(&env);
    env.sync();
    env.commit_all("Add submodules");
    repository(&env, "crm");
    env.declare_submodules(REMOTES, &["web", "dms", "crm"], "");
    env.run(&["lock"]);
    let before = objects(&env);
    env.oca(&["submodules", "-q"]).stopped_at("putting");
    let left = objects(&env);
    let left: Vec<&String> = left.iter().filter(|name| !before.contains(name)).collect();
    assert!(matches!(left[..], [name] if name.starts_with(".oca-")), "{left:?}");
    // Another file is written this time.
    env.declare_submodules(REMOTES, &["web", "dms"], "");
    env.run(&["lock"]);
    env.run(&["sync", "--prune"]);
    let [web, dms] = commits(&remotes);
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    assert!(objects(&env).iter().all(|name| !name.contains("tmp")), "{:?}", objects(&env));
    env.git("", &["fsck", "--strict"]);
}

/// `git clone --recurse-submodules` that is stopped leaves submodules at their commits, without an index and files.
#[test]
fn a_submodule_without_files_is_filled() {
    let env = Env::new();
    let remotes = declared(&env);
    env.sync();
    env.commit_all("Add submodules");
    let empty = || {
        env.shell("rm -r oca/web/* .git/modules/oca/web/index .git/modules/oca/web/oca-checkout");
        assert_eq!(fs::read_dir(env.project().join("oca/web")).expect("a directory").count(), 1);
    };
    empty();
    env.oca(&["status"]).stdout_contains("web  missing").status(1);
    env.oca(&["sync"]).stderr_contains("1 refreshed").success();
    env.assert_sound_checkout("oca/web");
    empty();
    crate::checkouts::upgrade(&remotes[0], 1);
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.assert_sound_checkout("oca/web");
    let [web, dms] = commits(&remotes);
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
}

/// What lies among the objects of the project itself, without what is in directories there.
fn objects(env: &Env) -> Vec<String> {
    let objects = fs::read_dir(env.project().join(".git/objects")).expect("the objects").flatten();
    let mut names: Vec<String> =
        objects.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.len() > 2);
    names.sort();
    names
}

#[test]
fn tracked_files_in_the_place_of_a_submodule_are_kept() {
    let env = Env::new();
    let remotes = ["web", "dms"].map(|name| repository(&env, name));
    env.write("oca/web/mine.txt", "mine\n");
    env.declare_submodules(REMOTES, &["web", "dms"], "");
    env.init_git();
    for args in [&["sync"][..], &["sync"], &["sync", "--force"]] {
        env.oca(args)
            .stderr_contains(
                "error: `web` was not changed: the surrounding repository tracks `oca/web/mine.txt` there\n\
                 hint: run `git rm -r --cached oca/web`, then move the directory away\n",
            )
            .status(1);
    }
    env.assert_file("oca/web/mine.txt", "mine\n");
    assert_eq!(env.git("", &["ls-files", "-s", "oca/web"]).split('\t').nth(1), Some("oca/web/mine.txt\n"));
    assert_eq!(env.head("oca/dms"), commits(&remotes)[1]);
    env.oca(&["submodules", "--check"])
        .stdout(
            "`oca/web` cannot be a submodule: the surrounding repository tracks `oca/web/mine.txt` there\n",
        )
        .stderr_contains("error: `.gitmodules` and the index do not match the lock: 1 difference\n")
        .status(1);
    env.git("", &["rm", "-rq", "oca/web"]);
    env.sync();
    let [web, dms] = commits(&remotes);
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
}

#[test]
fn files_that_nobody_tracks_are_kept_too() {
    let env = Env::new();
    declared(&env);
    env.write("oca/web/mine.txt", "mine\n");
    env.oca(&["sync"])
        .stderr_contains("`[TEMP]/project/oca/web` is not a git repository, and not empty")
        .status(1);
    env.assert_file("oca/web/mine.txt", "mine\n");
    env.run(&["sync", "--force"]);
    assert_eq!(env.submodule_status().iter().filter(|line| line.starts_with(' ')).count(), 2);
    // A file in the place of a checkout whose git directory is there.
    fs::remove_dir_all(env.project().join("oca/web")).expect("a work tree");
    env.write("oca/web", "mine\n");
    env.oca(&["sync"])
        .stderr_contains("`[TEMP]/project/oca/web` is not a git repository, and not empty")
        .stderr_contains("hint: move it away, or use `--force` to replace it\n")
        .status(1);
    env.assert_file("oca/web", "mine\n");
    env.run(&["sync", "--force"]);
    assert_eq!(env.submodule_status().iter().filter(|line| line.starts_with(' ')).count(), 2);
}

#[test]
fn other_submodules_and_comments_stay_as_they_are() {
    let env = Env::new();
    let remotes = declared(&env);
    let other = repository(&env, "other");
    let other = other.path().to_str().expect("text");
    env.git("", &["submodule", "--quiet", "add", "-b", "18.0", other, "vendor/other"]);
    let text = format!("# ours\n{}\tupdate = rebase # mine\n", env.read(".gitmodules"));
    env.write(".gitmodules", &text);
    env.commit_all("Add another submodule");
    env.sync();
    assert!(env.read(".gitmodules").starts_with(&text), "{}", env.read(".gitmodules"));
    let [web, dms] = commits(&remotes);
    let commit = env.head("vendor/other");
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web), ("vendor/other", &commit)]);
    env.run(&["sync", "--prune"]);
    assert!(env.exists("vendor/other/README.md") && env.exists(".git/modules/vendor/other/HEAD"));
}

#[test]
fn urls_relative_to_the_remote_stay_relative() {
    let env = Env::new();
    let remotes = declared(&env);
    let origin = env.remotes().join("shop.git");
    env.git("", &["remote", "add", "origin", origin.to_str().expect("text")]);
    env.git("", &["submodule", "--quiet", "add", "-b", "18.0", "../web.git", "oca/web"]);
    env.commit_all("Add web");
    env.sync();
    assert!(env.read(".gitmodules").contains("\turl = ../web.git\n"), "{}", env.read(".gitmodules"));
    let [web, dms] = commits(&remotes);
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    env.git("", &["config", "-f", ".gitmodules", "submodule.oca/web.url", "../fork.git"]);
    env.oca(&["submodules", "--check"])
        .stdout(
            "`oca/web` has url `[TEMP]/remotes/web.git`, but `.gitmodules` has `../fork.git`\n\
             `.gitmodules` in the index differs from the one in the work tree\n",
        )
        .stderr_contains("do not match the lock: 2 differences\n")
        .status(1);
    env.oca(&["submodules", "-q"]).success();
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
}

#[test]
fn a_project_below_the_top_in_a_linked_worktree_or_a_submodule_has_submodules_of_its_own() {
    let env = Env::new();
    let web = repository(&env, "web");
    let commit = web.commit_of("18.0");
    env.git("", &["init", "-q", "-b", "main", "outer"]);
    let base = env.remotes();
    env.write(
        "outer/shop/repos.toml",
        format!(
            "odoo = \"18.0\"\nbase-url = \"{}\"\nmode = \"submodule\"\n[profiles.standard]\nrepos = [\"web\"]\n",
            base.display()
        ),
    );
    env.git("outer", &["add", "-A"]);
    env.git("outer", &["commit", "-q", "-m", "Begin"]);
    let clean = |top: &str| {
        let status = env.git(top, &["submodule", "status"]);
        assert!(status.starts_with(&format!(" {commit} shop/oca/web ")), "{top}: {status}");
        assert_eq!(env.git(top, &["submodule", "update", "--init"]), "");
        env.assert_sound_checkout(format!("{top}/shop/oca/web"));
        env.oca(&["-C", &format!("{top}/shop"), "sync"]).stderr("1 repository up to date\n").success();
    };
    env.git("outer", &["worktree", "add", "-q", "../linked"]);
    env.oca(&["-C", "linked/shop", "sync", "-q"]).success();
    clean("linked");
    env.oca(&["-C", "outer/shop", "sync", "-q"]).success();
    clean("outer");
    env.git("outer", &["commit", "-q", "-a", "-m", "Add web"]);
    env.git("", &["init", "-q", "super"]);
    env.git("super", &["submodule", "--quiet", "add", "../outer", "inner"]);
    env.oca(&["-C", "super/inner/shop", "sync", "-q"]).success();
    clean("super/inner");
    assert!(env.exists("super/.git/modules/inner/modules/shop/oca/web/HEAD"));
}

#[test]
fn what_cannot_be_a_superproject_is_refused_before_anything_is_done() {
    let env = Env::new();
    repository(&env, "web");
    env.declare_submodules(REMOTES, &["web"], "");
    env.oca(&["sync"])
        .stderr(
            "error: `mode = \"submodule\"` needs `[TEMP]/project` to be inside a git repository\n\
             hint: run `git init`, or set `mode = \"clone\"`\n",
        )
        .status(2);
    assert!(!env.exists("oca.lock.json"));
    env.init_git();
    env.write(".git/index.lock", "");
    env.oca(&["sync"])
        .stderr(
            "error: `[TEMP]/project/.git/index.lock` exists: git is running in this repository, or was killed\n\
             hint: wait until the other git ends; if no git is running, delete the file\n",
        )
        .status(3);
    assert!(!env.exists("oca.lock.json") && !env.exists("oca"));
    fs::remove_file(env.project().join(".git/index.lock")).expect("the lock");
    env.write(".gitmodules", "[submodule \"x\"]\n<<<<<<< ours\n");
    env.oca(&["sync"])
        .stderr(
            "error: `[TEMP]/project/.gitmodules` at line 2: this is not a `key = value` line\n\
             hint: correct the line; if a merge is not finished, resolve its conflicts first\n",
        )
        .status(2);
    fs::remove_file(env.project().join(".gitmodules")).expect("the file");
    for (convert, back, words) in [
        (
            &["update-index", "--split-index"][..],
            &["update-index", "--no-split-index"][..],
            "error: this repository uses git's `split index`, which libgit2 cannot read\n\
             hint: convert it with `git update-index --no-split-index`\n",
        ),
        (
            &["sparse-checkout", "set", "--cone", "--sparse-index", "x"],
            &["sparse-checkout", "disable"],
            "error: this repository uses git's `sparse index`, which libgit2 cannot read\n\
             hint: convert it with `git sparse-checkout reapply --no-sparse-index`\n",
        ),
    ] {
        env.write("x/y/z.txt", "");
        env.write("w/y/z.txt", "");
        env.commit_all("More directories");
        env.git("", convert);
        env.oca(&["sync"]).stderr(words).status(3);
        env.git("", back);
        env.write("README.md", format!("{convert:?}"));
    }
    env.sync();
}

#[test]
fn a_reftable_is_named_with_the_command_that_converts_it() {
    let env = Env::new();
    repository(&env, "web");
    env.declare_submodules(REMOTES, &["web"], "");
    env.git("", &["init", "-q", "--ref-format=reftable"]);
    env.oca(&["sync"])
        .stderr(
            "error: this repository uses git's `refstorage`, which libgit2 cannot read\n\
             hint: convert it with `git refs migrate --ref-format=files`\n",
        )
        .status(3);
    env.git("", &["refs", "migrate", "--ref-format=files"]);
    env.sync();
    assert_eq!(env.submodule_status().len(), 1);
}

#[test]
fn what_nobody_else_could_fetch_is_refused_by_name() {
    let env = Env::new();
    env.declare_submodules(
        REMOTES,
        &["web", "dms", "crm"],
        "[repos.web]\nmerges = [\"refs/pull/1/head\"]\n[repos.dms]\npatches = [\"x.patch\"]\n\
         [repos.crm]\nurl = \"https://me:geheim@git.example.com/crm.git\"\n",
    );
    env.oca(&["lock", "--check"])
        .stderr(
            "error: the configuration has 3 errors\n  \
             `merges` of `web` cannot be used with `mode = \"submodule\"` in `repos.toml` at line 8, table \
             `repos.web`: its gitlink would name a commit that no server has\n    \
             hint: set `push-url` to a fork, delete `merges`, or set `mode = \"clone\"`\n  \
             `patches` of `dms` cannot be used with `mode = \"submodule\"` in `repos.toml` at line 10, table \
             `repos.dms`: its gitlink would name a commit that no server has\n    \
             hint: set `push-url` to a fork, delete `patches`, or set `mode = \"clone\"`\n  \
             `url` of `crm` cannot be used with `mode = \"submodule\"` in `repos.toml` at line 12, table \
             `repos.crm`: everyone who reads `.gitmodules` would see the user or the password\n    \
             hint: remove the user and the password from the url, and set a token for the host\n",
        )
        .status(2);
    let web = repository(&env, "web");
    env.declare_submodules(REMOTES, &["web"], "[repos.web]\nurl = \"${WEB}\"\n");
    env.init_git();
    env.oca(&["lock", "-q"]).env("WEB", web.path()).success();
    env.oca(&["submodules"])
        .env("WEB", "https://me:geheim@git.example.com/web.git")
        .stderr(
            "error: the url of `web` contains a user or password, and `.gitmodules` would publish it\n\
             hint: remove it from the url, and set a token for the host\n",
        )
        .status(2);
}

#[test]
fn a_git_directory_of_an_earlier_submodule_is_not_overwritten() {
    let env = Env::new();
    declared(&env);
    env.sync();
    env.git("oca/web", &["commit", "-q", "--allow-empty", "-m", "mine"]);
    // Somebody replaced the work tree by a clone.
    fs::remove_dir_all(env.project().join("oca/web")).expect("the work tree");
    let url = env.remotes().join("web.git");
    env.git("", &["clone", "-q", url.to_str().expect("text"), "oca/web"]);
    env.oca(&["sync"])
        .stderr_contains(
            "error: `web` was not changed: `[TEMP]/project/oca/web` contains a git directory, but \
             this submodule also has commits of yours in `[TEMP]/project/.git/modules/oca/web`\n\
             hint: push your commits in `[TEMP]/project/oca/web`, then move that directory away\n",
        )
        .status(1);
    assert!(env.exists("oca/web/.git/HEAD") && env.exists(".git/modules/oca/web/HEAD"));
    // Without the commit there is nothing to lose.
    let own = env.head("oca/web");
    env.git("", &["--git-dir=.git/modules/oca/web", "--work-tree=.", "update-ref", "HEAD", &own]);
    env.sync();
    env.oca(&["submodules", "--check", "-q"]).success();
    assert!(env.exists(".git/modules/oca/web/HEAD"));
}

#[cfg(unix)]
#[test]
fn a_project_behind_a_symlink_or_with_its_git_directory_elsewhere_is_one_like_any_other() {
    let env = Env::new();
    let web = repository(&env, "web").commit_of("18.0");
    env.git("", &["init", "-q", "--separate-git-dir", "../shop.git"]);
    env.declare_submodules("../remotes", &["web"], "");
    std::os::unix::fs::symlink(env.project(), env.root().join("link")).expect("a symlink");
    env.oca(&["-C", "../link", "sync", "-q"]).success();
    assert!(env.exists("../shop.git/modules/oca/web/HEAD"));
    assert_eq!(env.submodule_status(), [format!(" {web} oca/web")]);
    env.assert_sound_checkout("oca/web");
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["-C", "../link", "submodules", "--check", "-q"]).success();
}

#[cfg(unix)]
#[test]
fn a_git_directory_that_is_a_symlink_or_somewhere_else_is_left_alone() {
    let env = Env::new();
    let remotes = declared(&env);
    for (remote, path) in remotes.iter().zip(["oca/web", "oca/dms"]) {
        let url = remote.path().to_str().expect("text");
        env.git("", &["clone", "-q", "-b", "18.0", url, path]);
    }
    fs::rename(env.project().join("oca/web/.git"), env.project().join("web.git")).expect("a git directory");
    std::os::unix::fs::symlink("../../web.git", env.project().join("oca/web/.git")).expect("a symlink");
    fs::rename(env.project().join("oca/dms/.git"), env.project().join("dms.git")).expect("a git directory");
    env.write("oca/dms/.git", "gitdir: ../../dms.git\n");
    let kept = |name: &str| {
        format!("error: `{name}` was not changed: the git directory of `[TEMP]/project/oca/{name}` is `")
    };
    env.oca(&["sync"]).stderr_contains(&kept("web")).stderr_contains(&kept("dms")).status(1);
    for path in ["oca/web", "oca/dms"] {
        env.assert_sound_checkout(path);
    }
}

#[test]
fn a_git_directory_that_is_damaged_is_named() {
    let env = Env::new();
    declared(&env);
    env.sync();
    env.git("", &["submodule", "--quiet", "deinit", "--all", "-f"]);
    fs::remove_dir_all(env.project().join(".git/modules/oca/web/objects/pack")).expect("the objects");
    env.oca(&["sync"])
        .stderr_contains("error: cannot check out `web`\ncaused by: ")
        .stderr_contains(".git/modules/oca/web")
        .status(3);
}

#[test]
fn a_submodule_with_its_git_directory_inside_is_absorbed() {
    let env = Env::new();
    let remotes = declared(&env);
    let [web, dms] = commits(&remotes);
    let url = remotes[0].path().to_str().expect("text");
    env.git("", &["clone", "-q", "-b", "18.0", url, "oca/web"]);
    env.git("", &["submodule", "--quiet", "add", "-b", "18.0", url, "oca/web"]);
    assert!(env.exists("oca/web/.git/HEAD"));
    env.git("oca/web", &["branch", "mine"]);
    env.sync();
    assert!(env.exists(".git/modules/oca/web/HEAD"));
    env.git("oca/web", &["rev-parse", "mine"]);
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
}
