//! Merges in a project with submodules: their commits must be somewhere before a gitlink may name them.

use crate::env::Env;
use crate::merges::{lines, locked, requested};
use crate::remote::Remote;

/// A project with the submodule `web` and a merge, in a repository of its own, and the fork that gets its commits.
fn project(env: &Env, more: &str) -> [Remote; 2] {
    let remote = requested(env);
    let fork = Remote::new(env, "fork-web");
    env.git(
        fork.path(),
        &["fetch", "-q", &remote.path().display().to_string(), "refs/heads/18.0:refs/heads/18.0"],
    );
    env.git(".", &["init", "-q", "-b", "main"]);
    env.write(
        "repos.toml",
        format!(
            "odoo = \"18.0\"\nbase-url = \"../remotes\"\nmode = \"submodule\"\n{more}\
             [profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nmerges = [\"#1\"]\n"
        ),
    );
    [remote, fork]
}

const PUSH: &str = "push-url = \"../remotes/fork-{name}.git\"\n";

#[test]
fn without_a_fork_merges_are_refused() {
    let env = Env::new();
    project(&env, "");
    env.oca(&["lock"])
        .stderr_contains("its gitlink would name a commit that no server has")
        .stderr_contains("set `push-url` to a fork, delete `merges`, or set `mode = \"clone\"`")
        .status(2);
}

#[test]
fn a_sync_stages_nothing_that_nobody_can_fetch() {
    let env = Env::new();
    let [_, fork] = project(&env, PUSH);
    env.oca(&["sync", "-q"])
        .stderr(
            "error: the merges of `web` are not pushed yet, so nothing is staged\nhint: run `oca sync --push`\n",
        )
        .status(1);
    assert_eq!(env.git(".", &["ls-files", "oca"]), "");
    for check in [["lock", "--check"], ["submodules", "--check"]] {
        env.oca(&check)
            .stdout_contains("web")
            .stderr_contains("hint: run `oca sync --push` and commit the result\n")
            .status(1);
    }
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (28, "28!")]));
    env.oca(&["sync", "--push"]).with_programs().stderr_contains("web: pushed to branch `oca/").success();
    let (head, tree) = (locked(&env, "\"#1\"", "result"), locked(&env, "\"#1\"", "tree"));
    assert_eq!(fork.commit_of(&format!("oca/{tree}")), head);
    assert!(env.git(".", &["ls-files", "-s", "oca"]).contains(&head));
    let modules = env.read(".gitmodules");
    assert!(
        modules.contains("fork-web.git") && modules.contains(&format!("branch = oca/{tree}")),
        "{modules}"
    );
    env.oca(&["sync", "-q"]).success();
    env.oca(&["lock", "--check"]).success();
    // A colleague without oca.
    env.git(".", &["add", "-A"]);
    env.git(".", &["commit", "-q", "-m", "merges"]);
    env.git("..", &["clone", "-q", "project", "colleague"]);
    env.git(
        "../colleague",
        &["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--depth", "1"],
    );
    env.assert_file("../colleague/oca/web/web_x/x.txt", &lines(&[(3, "three"), (28, "28!")]));
    env.oca(&["-C", "../colleague", "sync", "-q", "--locked"]).success();
    env.oca(&["-C", "../colleague", "verify", "-q"]).success();
}

#[test]
fn what_another_profile_merges_is_not_staged_before_it_is_pushed() {
    let env = Env::new();
    project(&env, PUSH);
    let text = env
        .read("repos.toml")
        .replace("[repos.web]\n", "")
        .replace("merges = [\"#1\"]\n", "override.web.merges = [\"#1\"]\n");
    env.write(
        "repos.toml",
        format!("default-profile = \"standard\"\n{text}[profiles.next]\npath = \"next\"\nrepos = [\"web\"]\noverride.web.merges = [\"#2\"]\n"),
    );
    env.oca(&["sync", "-q", "--push"])
        .with_programs()
        .stderr_contains("the merges of `web` are not pushed yet, so nothing is staged")
        .status(1);
    assert_eq!(env.git(".", &["ls-files", "oca", "next"]), "");
    env.oca(&["sync", "-q", "--push", "--all-profiles"]).with_programs().success();
    assert!(env.git(".", &["ls-files", "oca", "next"]).contains("next/web"));
}

#[test]
fn when_the_merges_are_gone_the_url_is_the_repository_again() {
    let env = Env::new();
    project(&env, PUSH);
    env.oca(&["sync", "-q", "--push"]).with_programs().success();
    env.edit("repos.toml", "merges = [\"#1\"]", "");
    env.oca(&["sync", "-q"]).success();
    let modules = env.read(".gitmodules");
    assert!(modules.contains("remotes/web.git") && !modules.contains("fork"), "{modules}");
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn what_git_says_about_a_refused_push_is_told() {
    let env = Env::new();
    project(&env, "push-url = \"../remotes/none-{name}.git\"\n");
    env.oca(&["sync", "-q", "--push"])
        .with_programs()
        .stderr_contains("error: cannot push `web` to `")
        .stderr_contains("hint: if the server refuses a shallow update, push the base first")
        .status(3);
    assert_eq!(env.git(".", &["ls-files", "oca"]), "");
    env.edit("repos.toml", "mode = \"submodule\"\n", "");
    env.oca(&["sync", "--push"]).stderr_contains("submodule").status(2);
}

/// `oca resolve` works only in a clone, so the hint says where.
#[test]
fn a_conflict_is_resolved_in_a_project_with_clones() {
    let env = Env::new();
    project(&env, PUSH);
    let declared = env.read("repos.toml");
    env.write("repos.toml", declared.replace("[\"#1\"]", "[\"#1\", \"#3\"]"));
    env.oca(&["lock"])
        .stderr_contains("error: `web#3` conflicts with the earlier `web#1`\n")
        .stderr_contains(
            "hint: run `oca resolve web` in a project with `mode = \"clone\"`, and commit the lock, or change the order of \
             `merges`\n",
        )
        .status(1);
    env.write("repos.toml", &declared);
    env.oca(&["add", "web#3"])
        .stderr_contains("then run `oca resolve web` in a project with `mode = \"clone\"`\n")
        .status(1);
    env.write("ten.patch", "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -9,3 +9,3 @@\n 9\n-zehn\n+ten\n 11\n");
    env.write("repos.toml", declared.replace("merges = [\"#1\"]", "patches = [\"ten.patch\"]"));
    env.oca(&["lock"])
        .stderr_contains("error: cannot apply `ten.patch` to `web`\n")
        .stderr_contains(
            "hint: correct the file, or make it with `oca patch web` in a project with `mode = \"clone\"`\n",
        )
        .status(1);
}
