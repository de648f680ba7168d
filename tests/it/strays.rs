//! Symlinks and pipes that the user puts in the place of a checkout's files: oca writes through none and waits for none.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use crate::checkouts::REMOTES;
use crate::env::Env;
use crate::remote::Remote;

/// A checkout of `web`, and a directory outside the project with one file in it.
fn placed() -> (Env, Remote, PathBuf) {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    web.branch("18.0").module("web_x", &[]).file("data/a.txt", "a\n").file(".gitignore", "*.ign\n").commit();
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    let outside = env.root().join("outside");
    fs::create_dir(&outside).expect("a directory");
    fs::write(outside.join("a.txt"), "precious").expect("a file");
    (env, web, outside)
}

fn upgrade(env: &Env, web: &Remote) {
    let draft = web.branch("18.0").file("data/a.txt", "b\n").file("more/a.txt", "more\n");
    draft.module("web_x", &[("version", "'18.0.2.0.0'")]).file("x.ign", "x\n").commit();
    env.run(&["lock", "--upgrade"]);
}

/// Replaces what is at a path below the checkout.
fn replace(env: &Env, path: &str, by: impl FnOnce(&PathBuf)) {
    let path = env.project().join("oca/web").join(path);
    let _file = fs::remove_file(&path);
    let _directory = fs::remove_dir_all(&path);
    by(&path);
}

fn pipe(path: &PathBuf) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo is installed").success());
}

#[test]
fn nothing_is_written_or_deleted_through_a_symlink() {
    for path in ["data/a.txt", "data", "web_x/__manifest__.py", "more", "x.ign"] {
        for moves in [true, false] {
            let (env, web, outside) = placed();
            let is_directory = ["data", "more"].contains(&path);
            let target = if is_directory { outside.clone() } else { outside.join("a.txt") };
            replace(&env, path, |path| symlink(&target, path).expect("a symlink"));
            if moves {
                upgrade(&env, &web);
                env.oca(&["sync"])
                    .stderr_contains("`web` was not changed: uncommitted changes in `")
                    .status(1);
            }
            env.oca(&["sync", "--force", "-q"]).success();
            let left = fs::read_dir(&outside).expect("the directory").count();
            let text = fs::read_to_string(outside.join("a.txt")).expect("the file");
            assert_eq!((left, &*text), (1, "precious"), "{path} {moves}");
            // Without a move, what no commit has and git ignores stays.
            if moves || path != "x.ign" {
                env.assert_checkout("oca/web", &web.commit_of("18.0"));
            }
        }
    }
}

#[test]
fn a_pipe_in_the_place_of_a_file_makes_nobody_wait() {
    for path in ["data/a.txt", "web_x/__manifest__.py", "x.ign", "more"] {
        let (env, web, _) = placed();
        upgrade(&env, &web);
        replace(&env, path, pipe);
        env.oca(&["sync"]).stderr_contains("`web` was not changed: uncommitted changes in `").status(1);
        env.oca(&["sync", "--force", "-q"]).success();
        env.assert_checkout("oca/web", &web.commit_of("18.0"));
    }
    let (env, web, _) = placed();
    upgrade(&env, &web);
    replace(&env, "more.d", |path| fs::create_dir(path).expect("a directory"));
    replace(&env, "more.d/.gitignore", pipe);
    for command in [&["sync"][..], &["sync", "--force"], &["status"]] {
        let output = env.oca(command).output();
        assert!(output.code == Some(2) && output.stderr.contains("more.d/.gitignore"), "{output}");
    }
}

/// A pipe that no commit has and that git would read.
#[test]
fn a_pipe_that_stops_a_move_stops_no_later_run() {
    for mode in ["clone", "submodule"] {
        let (env, web, _) = placed();
        if mode == "submodule" {
            env.init_git();
            env.write("repos.toml", format!("mode = \"submodule\"\n{}", env.read("repos.toml")));
            env.run(&["sync"]);
        }
        upgrade(&env, &web);
        replace(&env, "web_x/.gitignore", pipe);
        for command in [&["sync", "--force"][..], &["sync"], &["status"], &["sync", "--prune"]] {
            let output = env.oca(command).output();
            let is_named = output.stderr.contains("web_x/.gitignore");
            assert!(output.code == Some(2) && is_named, "{mode} {command:?}: {output}");
            let git = if mode == "clone" { "oca/web/.git" } else { ".git/modules/oca/web" };
            assert!(!env.exists(format!("{git}/oca-move")), "nothing was moved");
        }
        env.oca(&["verify"]).stdout_contains("web: at commit").status(1);
        replace(&env, "web_x/.gitignore", |_| ());
        env.oca(&["sync", "-q"]).success();
        env.assert_checkout("oca/web", &web.commit_of("18.0"));
    }
}

#[test]
fn a_killed_move_is_not_repaired_beside_a_pipe() {
    let (env, web, _) = placed();
    upgrade(&env, &web);
    env.oca(&["sync"]).stopped_at("moving a checkout");
    replace(&env, "web_x/.gitignore", pipe);
    env.oca(&["sync", "--force"]).stderr_contains("web_x/.gitignore").status(2);
    replace(&env, "web_x/.gitignore", |_| ());
    env.oca(&["sync", "-q"]).success();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn a_killed_move_is_repaired_without_writing_through_its_own_symlink() {
    for place in ["moving a checkout", "completing a move"] {
        let (env, web, outside) = placed();
        let target = outside.to_str().expect("a path");
        web.branch("18.0").remove("data/a.txt").symlink("data", target).commit();
        env.run(&["lock", "--upgrade"]);
        env.oca(&["sync"]).stopped_at(place);
        env.oca(&["sync", "-q"]).success();
        let text = fs::read_to_string(outside.join("a.txt")).expect("the file");
        assert_eq!(text, "precious", "{place}");
        env.assert_checkout("oca/web", &web.commit_of("18.0"));
    }
}

#[test]
fn the_journal_is_not_written_through_a_symlink() {
    let (env, web, outside) = placed();
    upgrade(&env, &web);
    replace(&env, ".git/oca-move", |path| symlink(outside.join("new"), path).expect("a symlink"));
    env.oca(&["sync"]).stderr_contains("`[TEMP]/project/oca/web/.git/oca-move` is a symlink").status(1);
    assert!(!outside.join("new").exists());
}
