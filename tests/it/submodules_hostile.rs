//! A `.gitmodules` that somebody sent, and git directories that lead elsewhere: nothing outside the project is touched.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::checkouts::REMOTES;
use crate::env::Env;
use crate::submodules::{commits, declared};

/// A clone of `web` outside the project, with a file of its own.
fn victim(env: &Env) -> PathBuf {
    let path = env.root().join("victim");
    env.git(env.root(), &["clone", "-q", "remotes/web.git", "victim"]);
    fs::write(path.join("mine.txt"), "mine\n").expect("a file");
    path
}

/// Everything that git and a user would miss.
fn state(env: &Env, victim: &Path) -> (String, Vec<PathBuf>) {
    let mut files: Vec<PathBuf> = walk(victim);
    files.sort();
    (env.git(victim, &["rev-parse", "HEAD"]), files)
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry"));
    let below = entries.flat_map(|entry| {
        if entry.file_type().expect("a type").is_dir() { walk(&entry.path()) } else { vec![entry.path()] }
    });
    below.collect()
}

/// Runs what may move, remove and empty things, and asserts that the victim is as it was.
#[track_caller]
fn unharmed(env: &Env, victim: &Path, what: &str) {
    let before = state(env, victim);
    for args in [&["submodules"][..], &["sync"], &["sync", "--force", "--prune"]] {
        let _any = env.oca(args).output();
        assert_eq!(state(env, victim), before, "{what}: {args:?}");
    }
}

#[test]
fn no_path_of_gitmodules_leads_out_of_the_work_tree() {
    for path in ["../victim", "oca/../../victim", "link/victim", "..", ".git/modules/x", "[VICTIM]"] {
        let env = Env::new();
        let remotes = declared(&env);
        let victim = victim(&env);
        symlink("..", env.project().join("link")).expect("a link");
        let path = path.replace("[VICTIM]", &victim.to_string_lossy());
        env.write(".gitmodules", format!("[submodule \"x\"]\n\tpath = {path}\n\turl = ../remotes/web.git\n"));
        env.commit_all("Add a path");
        unharmed(&env, &victim, &path);
        env.oca(&["sync"]).stderr_contains("2 repositories up to date\n").success();
        env.assert_file(victim.join("mine.txt"), "mine\n");
        assert_eq!(env.head("oca/web"), commits(&remotes)[0]);
    }
}

#[test]
fn no_name_of_gitmodules_leads_out_of_the_git_directories() {
    for name in ["../../../victim", "/[VICTIM]", "oca/../../../../victim", "oca", "oca/web/hooks", ""] {
        let env = Env::new();
        let remotes = declared(&env);
        let victim = victim(&env);
        let name = name.replace("/[VICTIM]", &victim.to_string_lossy());
        let text = format!("[submodule \"{name}\"]\n\tpath = oca/web\n\turl = ../remotes/web.git\n");
        env.write(".gitmodules", text);
        env.commit_all("Add a name");
        unharmed(&env, &victim, &name);
        assert_eq!(env.head("oca/web"), commits(&remotes)[0], "{name}");
        env.assert_sound_checkout("oca/web");
    }
}

#[test]
fn git_directories_that_lead_elsewhere_are_left_alone() {
    for mode in ["submodule", "clone"] {
        for what in
            ["modules", "modules/oca", "modules/oca/web", "oca", "oca/web", ".git file", "core.worktree"]
        {
            let env = Env::new();
            declared(&env);
            let victim = victim(&env);
            let link = |at: &str, to: &Path| {
                let at = env.project().join(at);
                fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
                symlink(to, at).expect("a link");
            };
            match what {
                "modules" | "modules/oca" => link(&format!(".git/{what}"), &victim),
                "modules/oca/web" => link(".git/modules/oca/web", &victim.join(".git")),
                ".git file" => env.write("oca/web/.git", format!("gitdir: {}/.git\n", victim.display())),
                "core.worktree" => {
                    env.sync();
                    env.git("oca/web", &["config", "core.worktree", &victim.to_string_lossy()]);
                }
                _ => link(what, &victim),
            }
            let text = env.read("repos.toml").replace("\"submodule\"", &format!("\"{mode}\""));
            env.write("repos.toml", text);
            unharmed(&env, &victim, &format!("{mode}: {what}"));
        }
    }
}

#[test]
fn the_project_and_its_checkouts_are_no_submodule() {
    for path in ["oca", "shop", "shop/oca"] {
        let env = Env::new();
        let remotes = declared(&env);
        let text = env.read("repos.toml").replace(REMOTES, &env.remotes().to_string_lossy());
        env.write("shop/repos.toml", text);
        fs::remove_file(env.project().join("repos.toml")).expect("the file goes");
        env.write(".gitmodules", format!("[submodule \"x\"]\n\tpath = {path}\n\turl = ../remotes/web.git\n"));
        env.commit_all("Add a path");
        let _any = env.oca(&["-C", "shop", "sync"]).output();
        assert!(env.exists("shop/repos.toml"), "{path}");
        assert_eq!(env.head("shop/oca/web"), commits(&remotes)[0], "{path}");
    }
}

#[test]
fn entries_that_lead_elsewhere_are_named() {
    let env = Env::new();
    declared(&env);
    env.sync();
    let text = env.read(".gitmodules");
    env.write(".gitmodules", format!("{text}[submodule \"x\"]\n\tpath = ../victim\n\turl = y\n"));
    env.commit_all("Add a path");
    env.oca(&["submodules", "--check"])
        .stderr(
            "`.gitmodules`: the entry `x` with the path `../victim` is skipped: the path leads out of the work \
             tree or into `.git`, or is empty\n",
        )
        .success();
}

#[test]
fn a_gitmodules_that_is_no_text_or_too_large_is_refused() {
    let env = Env::new();
    declared(&env);
    env.sync();
    env.write(".gitmodules", b"# caf\n# caf\xe9\n");
    env.oca(&["submodules"])
        .stderr(
            "error: `[TEMP]/project/.gitmodules` at line 2: this is not UTF-8\n\
             hint: correct the line; if a merge is not finished, resolve its conflicts first\n",
        )
        .status(2);
    env.write(".gitmodules", "[a]".repeat(2_000_000));
    env.oca(&["submodules"]).stderr_contains("the file is larger than 4 MiB\n").status(2);
}

#[test]
fn sections_on_one_line_are_repaired() {
    for text in [
        "[submodule \"oca/web\"][submodule \"oca/web\"]\n\tpath = oca/web\n",
        "[submodule \"oca/old\"][submodule \"oca/old\"]\r\n\tpath = oca/old\r\n\r\n\tpath = oca/old\r\n",
        "[submodule \"oca/old\"] path = oca/old\n[submodule \"oca/web\"][submodule \"x\"] url = y\\\n",
    ] {
        let env = Env::new();
        let remotes = declared(&env);
        env.write(".gitmodules", text);
        env.commit_all("Add entries");
        env.sync();
        let [web, dms] = commits(&remotes);
        env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    }
}

#[test]
fn no_program_that_a_checkout_names_is_run() {
    let env = Env::new();
    let [web, _] = declared(&env);
    web.branch("18.0").file(".gitattributes", "* filter=evil diff=evil merge=evil\n").commit();
    env.sync();
    let ran = env.root().join("ran");
    let program = env.root().join("evil");
    fs::write(&program, format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", ran.display())).expect("a program");
    env.shell("chmod +x ../evil");
    let program = program.to_string_lossy().into_owned();
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.gitProxy",
        "core.editor",
        "core.pager",
        "core.askPass",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.command",
        "diff.evil.textconv",
        "merge.evil.driver",
        "diff.external",
        "gpg.program",
        "credential.helper",
        "remote.origin.uploadpack",
        "alias.status",
    ] {
        env.git("oca/web", &["config", key, &program]);
        env.git("", &["config", key, &program]);
    }
    for hooks in [".git/hooks", ".git/modules/oca/web/hooks"] {
        fs::create_dir_all(env.project().join(hooks)).expect("hooks");
        for hook in
            ["post-checkout", "pre-commit", "post-merge", "reference-transaction", "post-index-change"]
        {
            symlink(&program, env.project().join(hooks).join(hook)).expect("a hook");
        }
    }
    web.branch("18.0").file("README.md", "# new\n").commit();
    env.write("oca/web/README.md", "# mine\n");
    for args in [
        &["status"][..],
        &["lock", "--upgrade"],
        &["sync"],
        &["sync", "--force"],
        &["submodules", "--check"],
        &["verify"],
        &["list"],
        &["check"],
        &["outdated"],
        &["export", "out"],
        &["sync", "--prune"],
    ] {
        let _any = env.oca(args).with_programs().output();
        assert!(!ran.exists(), "{args:?} ran {}", fs::read_to_string(&ran).unwrap_or_default());
    }
    assert_eq!(env.read("oca/web/README.md"), "# new\n");
}
