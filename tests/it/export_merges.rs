//! `oca export --repos-yaml` with merges and patches: git-aggregator makes the same trees from it.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};

/// Does what git-aggregator does with the only repository of a printed file, in `oca/web`; returns the tree.
fn aggregated(env: &Env, printed: &str) -> String {
    let printed = printed.replace("[TEMP]", &env.root().to_string_lossy());
    let section = |name: &str| {
        let after = printed.split(&format!("  {name}:\n")).nth(1).unwrap_or_default();
        let lines = after.lines().take_while(|line| line.starts_with("    "));
        lines
            .filter(|line| !line.trim().starts_with('#'))
            .map(|line| line.trim().to_owned())
            .collect::<Vec<_>>()
    };
    let _absent = std::fs::remove_dir_all(env.project().join("oca/web"));
    env.shell("git init -q oca/web");
    for remote in section("remotes") {
        let (name, url) = remote.split_once(": ").expect("a name and a url");
        env.git("oca/web", &["remote", "add", name, url]);
    }
    for (at, merge) in section("merges").iter().enumerate() {
        let words: Vec<&str> = merge.trim_start_matches("- ").split(' ').collect();
        env.git("oca/web", &["fetch", "-q", words[0], words[1]]);
        let act: &[&str] = if at == 0 { &["reset", "-q", "--hard"] } else { &["merge", "-q", "--no-edit"] };
        env.git("oca/web", &[act, &["FETCH_HEAD"]].concat());
    }
    for command in section("shell_command_after") {
        let command = command.trim_start_matches("- ");
        let command: String = serde_json::from_str(command).unwrap_or_else(|_| command.to_owned());
        env.shell(&format!("cd oca/web && {command}"));
    }
    assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "");
    env.git("oca/web", &["rev-parse", "HEAD^{tree}"]).trim().to_owned()
}

const PATCH: &str =
    "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -9,5 +9,5 @@\n 9\n 10\n-11\n+eleven\n 12\n 13\n";

#[test]
fn merges_name_their_commits_and_patches_their_files() {
    let env = Env::new();
    let remote = requested(&env);
    env.git("../remotes", &["clone", "-q", "--bare", "web.git", "acme/web.git"]);
    env.git("../remotes/web.git", &["push", "-q", "../acme/web.git", "refs/pull/2/head:refs/heads/18.0-fix"]);
    env.write("patches/a patch.diff", PATCH);
    declare(
        &env,
        "merges = [\"#1\", \"../remotes/acme/web.git 18.0-fix\"]\npatches = [\"patches/a patch.diff\"]",
    );
    env.lock();
    let [base, one, two] =
        ["18.0", "refs/pull/1/head", "refs/pull/2/head"].map(|name| remote.commit_of(name));
    let expected = format!(
        "\
./oca/web:
  remotes:
    origin: [TEMP]/remotes/web.git
    acme: [TEMP]/remotes/acme/web.git
  merges:
    # branch `18.0`
    - origin {base}
    # #1
    - origin {one}
    # ../remotes/acme/web.git 18.0-fix
    - acme {two}
  shell_command_after:
    - \"git apply --index '../../patches/a patch.diff' && git commit -q -m '../../patches/a patch.diff'\"
"
    );
    env.oca(&["export", "--repos-yaml"]).stdout(&expected).success();
    let tree = locked(&env, "a patch.diff\"", "tree");
    assert_eq!(aggregated(&env, &expected), tree);
}

/// A part of a merge is a patch for git, and so is what comes after it.
#[test]
fn what_git_would_merge_in_another_way_is_applied_as_a_patch() {
    let env = Env::new();
    let remote = requested(&env);
    declare(
        &env,
        "merges = [\n\"#1\",\n{ pr = 2, modules = [\"web_x\"] },\n\"#4\",\n]\npatches = [\"patches/mail.patch\"]",
    );
    remote
        .pull(4)
        .from(&remote.commit_of("18.0"))
        .file("web_x/x.txt", lines(&[(15, "fifteen\r"), (28, "28!")]))
        .file("web_x/icon.png", [0, 1, 2, 255, 0, 3])
        .message("[IMP] web_x: fifteen\n")
        .commit();
    env.write(
        "patches/mail.patch",
        format!("From: Me <me@example.com>\nSubject: [PATCH] web_x: eleven\n\n---\n{PATCH}"),
    );
    env.lock();
    let printed = env.oca(&["export", "--repos-yaml"]).output().stdout;
    let commands = printed.split("  shell_command_after:\n").nth(1).expect("commands");
    assert_eq!(
        commands,
        "    - \"git am --keep-cr --keep-non-patch ../../oca.lock.d/web/02-2.patch\"\n    \
         - \"git am --keep-cr --keep-non-patch ../../oca.lock.d/web/03-4.patch\"\n    \
         - \"git am --keep-cr --keep-non-patch ../../patches/mail.patch\"\n"
    );
    let tree = locked(&env, "mail.patch\"", "tree");
    assert_eq!(aggregated(&env, &printed), tree);
    assert_eq!(
        env.git("oca/web", &["log", "-3", "--format=%s"]),
        "web_x: eleven\n[IMP] web_x: fifteen\n[ADD] web_new\n"
    );
}

#[test]
fn what_goes_out_comes_back_in() {
    let env = Env::new();
    requested(&env);
    declare(&env, "merges = [\"#1\", \"#2\"]");
    env.lock();
    let tree = locked(&env, "\"#2\"", "tree");
    let printed = env.oca(&["export", "--repos-yaml"]).output().stdout;
    env.write("back/repos.yaml", printed.replace("[TEMP]", &env.root().to_string_lossy()));
    env.oca(&["-C", "back", "init", "-q", "--from", "repos.yaml", "--odoo", "18.0"]).success();
    env.oca(&["-C", "back", "sync", "-q"]).success();
    assert_eq!(env.git("back/oca/web", &["rev-parse", "HEAD^{tree}"]).trim(), tree);
}

#[test]
fn a_gitmodules_cannot_have_commits_that_no_server_has() {
    let env = Env::new();
    requested(&env);
    declare(&env, "merges = [\"#1\"]");
    env.lock();
    env.oca(&["export", "--gitmodules"])
        .stderr(
            "error: a `.gitmodules` needs commits that a server has, but those of `web` are merged by oca\n\
             hint: use `oca export --repos-yaml`, or set `push-url` and push them with `oca sync --push`\n",
        )
        .status(2);
    declare(&env, "merges = [\"#1\"]\npush-url = \"git@git.example.com:acme/{name}.git\"");
    let [tree, head] = ["tree", "result"].map(|key| locked(&env, "\"#1\"", key));
    env.oca(&["export", "--gitmodules"])
        .stdout(&format!(
            "[submodule \"oca/web\"]\n\tpath = oca/web\n\turl = https://git.example.com/acme/web.git\n\t\
             branch = oca/{tree}\n\tshallow = true\n"
        ))
        .stderr(&format!(
            "web: its commit must be pushed with `oca sync --push` first\n\
             # A .gitmodules file has no commits. These commands stage them:\n\
             git update-index --add --cacheinfo 160000,{head},oca/web\n"
        ))
        .success();
}
