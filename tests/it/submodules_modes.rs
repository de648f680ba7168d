//! Between `mode = "clone"` and `mode = "submodule"`: nothing is fetched again, and no work is lost.

use std::fs;

use crate::checkouts::{REMOTES, repository};
use crate::env::Env;

/// `web` and `dms` as clones, in a git repository; then all that could be fetched from is gone. Their commits.
fn clones(env: &Env) -> [String; 2] {
    let commits = ["web", "dms"].map(|name| repository(env, name).commit_of("18.0"));
    env.declare_submodules(REMOTES, &["web", "dms"], "");
    env.edit("repos.toml", "mode = \"submodule\"", "mode = \"clone\"");
    env.init_git();
    env.sync();
    env.remove_remotes();
    fs::remove_dir_all(env.cache()).expect("the cache");
    commits
}

fn set_mode(env: &Env, from: &str, to: &str) {
    env.edit("repos.toml", &format!("mode = \"{from}\""), &format!("mode = \"{to}\""));
}

#[test]
fn clones_become_submodules_and_clones_again() {
    let env = Env::new();
    let [web, dms] = clones(&env);
    set_mode(&env, "clone", "submodule");
    env.oca(&["sync", "--dry-run"])
        .stdout_contains("web: would refresh at ")
        .stderr_contains("2 repositories up to date, 2 would be refreshed\n")
        .success();
    assert!(!env.exists(".gitmodules"));
    env.sync();
    assert!(!env.exists("oca/.gitignore"), "git looks after the directory now");
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    env.commit_all("Have submodules");

    set_mode(&env, "submodule", "clone");
    env.oca(&["sync", "--dry-run"])
        .stderr("2 submodules would become ordinary checkouts\n2 repositories up to date\n")
        .success();
    env.oca(&["sync"])
        .stderr(
            "dms: no longer a submodule\nweb: no longer a submodule\n\
             `git diff --cached --submodule` shows what is staged\n2 repositories up to date\n",
        )
        .success();
    assert!(!env.exists(".gitmodules") && !env.exists(".git/modules/oca"));
    assert_eq!(env.git("", &["submodule", "status"]), "");
    assert_eq!(
        env.git("", &["status", "--porcelain"]),
        "D  .gitmodules\nD  oca/dms\nD  oca/web\n M repos.toml\n"
    );
    for (path, commit) in [("oca/web", &web), ("oca/dms", &dms)] {
        assert!(env.project().join(path).join(".git").is_dir());
        env.assert_checkout(path, commit);
    }
    env.assert_file("oca/.gitignore", "*\n");
    env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
}

#[test]
fn a_change_of_the_mode_without_a_sync_fails_the_check() {
    let env = Env::new();
    clones(&env);
    set_mode(&env, "clone", "submodule");
    env.sync();
    env.commit_all("Have submodules");
    env.oca(&["lock", "--check"]).success();
    set_mode(&env, "submodule", "clone");
    env.oca(&["lock", "--check"])
        .stdout(
            "`oca/dms` is still a submodule, but `mode` is `clone`\n\
             `oca/web` is still a submodule, but `mode` is `clone`\n",
        )
        .stderr(
            "error: the change to `mode = \"clone\"` is not complete: 2 checkouts are still submodules\n\
             hint: run `oca sync`, and commit what it stages together with `repos.toml`\n",
        )
        .status(1);
    // The entry alone, as after `git rm --cached`.
    env.git("", &["rm", "-q", "--cached", "oca/dms"]);
    env.oca(&["lock", "--check"]).stdout_contains("`oca/dms` is").stderr_contains("2 checkouts").status(1);
    env.sync();
    env.oca(&["lock", "--check"]).success();
    // Other submodules are nobody's business.
    env.commit_all("Have clones");
    let other = crate::checkouts::repository(&env, "other");
    env.git("", &["submodule", "--quiet", "add", other.path().to_str().expect("text"), "vendor/other"]);
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn what_nobody_declares_becomes_a_clone_too_and_is_pruned_like_one() {
    let env = Env::new();
    let [web, _] = clones(&env);
    set_mode(&env, "clone", "submodule");
    env.sync();
    env.commit_all("Have submodules");
    env.run(&["remove", "dms"]);
    set_mode(&env, "submodule", "clone");
    env.sync();
    assert!(env.exists("oca/dms/.git/HEAD") && env.git("", &["submodule", "status"]).is_empty());
    env.oca(&["sync", "--prune"]).stderr("dms: removed\n2 repositories, 1 changed\n").success();
    assert!(!env.exists("oca/dms"));
    env.assert_checkout("oca/web", &web);
}

/// What leads out of the project is neither moved nor written to.
#[cfg(unix)]
#[test]
fn a_submodule_behind_a_symlink_does_not_become_a_clone() {
    use std::os::unix::fs::symlink;

    for link in [".git/modules/oca", ".git/modules/oca/web", ".git/modules/oca/web/config"] {
        let env = Env::new();
        clones(&env);
        set_mode(&env, "clone", "submodule");
        env.sync();
        env.commit_all("Have submodules");
        let (path, outside) = (env.project().join(link), env.root().join("outside"));
        fs::rename(&path, &outside).expect("it can be moved");
        symlink(&outside, &path).expect("a symlink");
        set_mode(&env, "submodule", "clone");
        let config = if link.ends_with("config") { outside.clone() } else { path.join("config") };
        let config = if link == ".git/modules/oca" { path.join("web/config") } else { config };
        let before = fs::read(&config).expect("the configuration");
        let output = env.oca(&["sync"]).output();
        assert!(output.code != Some(0) && output.stderr.contains("is a symlink"), "{link}: {output}");
        assert_eq!(fs::read(&config).expect("the configuration"), before, "{link}");
        assert!(path.is_symlink() && env.project().join("oca/web/.git").is_file(), "{link}");
    }
}

#[test]
fn local_work_survives_both_ways() {
    let env = Env::new();
    let [web, dms] = clones(&env);
    env.write("oca/web/README.md", "mine\n");
    env.write("oca/web/new.txt", "new\n");
    env.git("oca/web", &["stash", "push", "-q", "README.md"]);
    env.write("oca/web/README.md", "mine too\n");
    env.git("oca/web", &["branch", "mine"]);
    for (from, to) in [("clone", "submodule"), ("submodule", "clone")] {
        set_mode(&env, from, to);
        env.sync();
        env.assert_file("oca/web/README.md", "mine too\n");
        env.assert_file("oca/web/new.txt", "new\n");
        assert!(env.git("oca/web", &["stash", "show", "-p"]).contains("+mine\n"));
        assert_eq!(env.git("oca/web", &["rev-parse", "mine"]).trim(), web);
        env.git("oca/web", &["fsck", "--no-dangling"]);
        assert_eq!(env.head("oca/dms"), dms);
    }
}

#[test]
fn a_checkout_with_local_commits_is_neither_moved_nor_lost() {
    let env = Env::new();
    let [web, _] = clones(&env);
    env.git("oca/web", &["commit", "-q", "--allow-empty", "-m", "mine"]);
    let mine = env.head("oca/web");
    set_mode(&env, "clone", "submodule");
    env.oca(&["sync"]).stderr_contains("error: `web` was not changed: local commits up to ").status(1);
    assert_eq!(env.head("oca/web"), mine);
    // Git takes it for a submodule at another commit.
    assert!(env.submodule_status().contains(&format!("+{mine} oca/web")), "{:?}", env.submodule_status());
    env.git("oca/web", &["switch", "-q", "-d", &web]);
    env.sync();
    assert!(env.exists(".git/modules/oca/web/HEAD"));
    env.git("oca/web", &["cat-file", "-e", &mine]);
}

#[test]
fn a_git_directory_without_its_work_tree_gets_it_back() {
    let env = Env::new();
    let [web, dms] = clones(&env);
    set_mode(&env, "clone", "submodule");
    env.sync();
    env.git("", &["submodule", "--quiet", "deinit", "--all", "-f"]);
    assert!(!env.exists("oca/web/.git"));
    env.sync();
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    // A run that was killed between two steps, on a system that cannot do them as one.
    fs::remove_file(env.project().join("oca/web/.git")).expect("the file");
    env.sync();
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    env.git("oca/web", &["config", "--unset", "core.worktree"]);
    env.sync();
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
}

#[test]
fn what_git_init_from_writes_is_synced_in_place() {
    let env = Env::new();
    let remotes = ["web", "dms"].map(|name| repository(&env, name));
    env.init_git();
    for remote in &remotes {
        let url = remote.path().to_str().expect("text");
        let name = remote.path().file_stem().and_then(|name| name.to_str()).expect("a name");
        env.git("", &["submodule", "--quiet", "add", "-b", "18.0", url, &format!("vendor/{name}")]);
    }
    env.commit_all("Add submodules");
    env.oca(&["init", "-q", "--from", ".gitmodules"]).success();
    assert!(env.read("repos.toml").contains("mode = \"submodule\"\n"));
    env.oca(&["lock", "--check"]).success();
    // What is checked out stays, and so does what the user chose for `shallow`.
    env.git("", &["config", "-f", ".gitmodules", "submodule.vendor/web.shallow", "false"]);
    env.git("", &["add", ".gitmodules"]);
    let modules = env.read(".gitmodules");
    env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
    env.assert_file(".gitmodules", &modules);
    let commits = ["vendor/dms", "vendor/web"].map(|path| (path, env.head(path)));
    env.assert_submodules(&commits.each_ref().map(|(path, commit)| (*path, commit.as_str())));
}

/// The other clone came from `git clone --recurse-submodules`. The pull takes the entries and the gitlinks away.
#[test]
fn a_pulled_change_to_clones_converts_what_git_checked_out() {
    let env = Env::new();
    let [web, dms] = clones(&env);
    set_mode(&env, "clone", "submodule");
    env.sync();
    env.commit_all("Have submodules");
    let clone = ["clone", "-q", "-c", "protocol.file.allow=always", "--recurse-submodules", ".", "../other"];
    for (name, commit) in [("web", &web), ("dms", &dms)] {
        // What the entries name is gone, so git clones from the checkouts.
        fs::create_dir_all(env.remotes()).expect("the directory");
        env.git("", &["clone", "-q", "--bare", &format!("oca/{name}"), &format!("../remotes/{name}.git")]);
        env.git(env.remotes().join(format!("{name}.git")), &["branch", "-f", "18.0", commit]);
    }
    env.git("", &clone);
    set_mode(&env, "submodule", "clone");
    env.sync();
    env.commit_all("Have clones");
    let other = env.root().join("other");
    env.git(&other, &["-C", "oca/web", "branch", "mine"]);
    env.write("../other/oca/web/README.md", "mine\n");
    env.git(&other, &["pull", "-q"]);
    assert!(other.join("oca/web/.git").is_file());
    let dry = env.oca(&["sync", "--dry-run"]).current_dir(&other).output();
    assert!(dry.stderr.starts_with("2 submodules would become ordinary checkouts\n"), "{dry}");
    assert!(other.join("oca/web/.git").is_file());
    env.oca(&["sync"])
        .current_dir(&other)
        .stderr_contains("dms: no longer a submodule\nweb: no longer a submodule\n")
        .success();
    for name in ["web", "dms"] {
        assert!(other.join("oca").join(name).join(".git").is_dir(), "{name}");
    }
    assert!(!other.join(".git/modules/oca").exists());
    env.assert_file("../other/oca/web/README.md", "mine\n");
    assert_eq!(env.git(other.join("oca/web"), &["branch", "--list", "mine"]), "  mine\n");
    assert!(!env.git(&other, &["config", "--list", "--local"]).contains("submodule.oca"));
    env.oca(&["sync"]).current_dir(&other).stderr("2 repositories up to date\n").success();
}

#[test]
fn local_work_in_submodules_of_git_survives_a_change_to_clones() {
    for url_end in ["", ".git"] {
        let env = Env::new();
        let remotes = ["web", "dms"].map(|name| repository(&env, name));
        env.init_git();
        for remote in &remotes {
            let url = remote.path().to_str().expect("text");
            let url = format!("file://{}{url_end}", url.strip_suffix(".git").unwrap_or(url));
            let name = remote.path().file_stem().and_then(|name| name.to_str()).expect("a name");
            let path = format!("oca/{name}");
            let add = ["submodule", "--quiet", "add", "-b", "18.0", &url, &path];
            env.git("", &[&["-c", "protocol.file.allow=always"], &add[..]].concat());
        }
        env.commit_all("Add submodules");
        let base = format!("file://{}", env.remotes().display());
        env.declare_submodules(&base, &["web", "dms"], "");
        env.run(&["lock"]);
        let commits = ["oca/dms", "oca/web"].map(|path| env.head(path));
        env.write("oca/web/README.md", "mine\n");
        env.write("oca/dms/new.txt", "new\n");
        set_mode(&env, "submodule", "clone");
        env.oca(&["sync"])
            .stderr_contains("web: no longer a submodule\n")
            .stderr_contains("2 repositories up to date\n")
            .success();
        env.assert_file("oca/web/README.md", "mine\n");
        env.assert_file("oca/dms/new.txt", "new\n");
        assert_eq!(["oca/dms", "oca/web"].map(|path| env.head(path)), commits);
        assert!(env.exists("oca/web/.git/HEAD"));
        env.oca(&["status"]).stdout_contains("web  dirty").stdout_contains("dms  dirty").status(1);
        env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
        for (from, to) in [("clone", "submodule"), ("submodule", "clone")] {
            set_mode(&env, from, to);
            env.sync();
            env.assert_file("oca/web/README.md", "mine\n");
            assert_eq!(env.exists("oca/web/.git/HEAD"), to == "clone");
        }
        // Without local work, the checkouts become those of oca.
        env.git("oca/web", &["checkout", "-q", "README.md"]);
        fs::remove_file(env.project().join("oca/dms/new.txt")).expect("a file");
        env.sync();
        env.oca(&["status"]).stdout_contains("web  clean").stdout_contains("dms  clean").success();
    }
}

#[test]
fn local_work_in_clones_of_git_survives_a_change_to_submodules() {
    let env = Env::new();
    let remote = repository(&env, "web");
    env.init_git();
    let url = remote.path().to_str().expect("text");
    env.git("", &["clone", "-q", url, "oca/web"]);
    env.git("oca/web", &["branch", "mine"]);
    env.write("oca/web/README.md", "mine\n");
    env.write(
        "repos.toml",
        "odoo = \"18.0\"\nbase-url = \"../remotes\"\nmode = \"clone\"\n[profiles.p]\nrepos = [\"web\"]\n",
    );
    env.oca(&["sync"]).stderr_contains("1 repository up to date\n").success();
    set_mode(&env, "clone", "submodule");
    env.sync();
    env.assert_file("oca/web/README.md", "mine\n");
    assert!(env.project().join("oca/web/.git").is_file());
    env.git("oca/web", &["rev-parse", "-q", "--verify", "mine"]);
    env.git("oca/web", &["fsck", "--no-dangling"]);
    let commit = remote.commit_of("18.0");
    assert!(env.submodule_status().contains(&format!(" {commit} oca/web")), "{:?}", env.submodule_status());
}

#[test]
fn clones_do_not_mind_the_state_of_the_repository_around_them() {
    let env = Env::new();
    clones(&env);
    env.write(".git/index.lock", "");
    env.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ../x.git\n");
    env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
    fs::remove_file(env.project().join(".git/index.lock")).expect("the lock");
    env.git("", &["update-index", "--split-index"]);
    env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
    env.write(".gitmodules", "<<<<<<<\n");
    env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
}
