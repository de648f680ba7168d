//! Pipes in place of the files that git reads: nobody writes to them, so whoever reads one waits for ever.

use std::fs;
use std::process::Command;

use crate::env::Env;
use crate::remote::Remote;

const REFUSAL: &str = "it is a pipe or a device, not a file";

fn project() -> Env {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    web.branch("18.0").module("web_x", &[]).file(".gitignore", "*.pyc\n").commit();
    env.declare("[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nurl = \"../remotes/web.git\"\n");
    env.run(&["sync"]);
    env
}

/// Puts a pipe in place of what is at a path of the test.
fn pipe(env: &Env, path: &str) {
    let path = env.root().join(path);
    drop(fs::remove_file(&path));
    fs::create_dir_all(path.parent().expect("a directory above")).expect("a directory");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo is installed").success());
}

#[test]
fn one_in_a_checkout_is_named() {
    for file in [
        ".git/config",
        ".git/index",
        ".git/info/exclude",
        ".git/shallow",
        ".git/gitdir",
        ".git/logs/HEAD",
        ".git/objects/pack/multi-pack-index",
        ".git/objects/info/commit-graph",
        ".git/objects/pack/pack-0123456789012345678901234567890123456789.idx",
        ".gitignore",
        "web_x/.gitattributes",
    ] {
        let env = project();
        pipe(&env, &format!("project/oca/web/{file}"));
        env.oca(&["status"]).stdout_contains("web  ").stderr_contains(REFUSAL).status(2);
        if file.starts_with(".git/") {
            env.oca(&["sync", "--force"]).stderr_contains(REFUSAL).status(2);
        }
    }
}

#[test]
fn one_in_a_remote_or_in_the_users_own_configuration_is_named() {
    for path in [
        "remotes/web.git/packed-refs",
        "remotes/web.git/config",
        "remotes/web.git/refs/heads/18.0",
        "home/.gitconfig",
    ] {
        let env = project();
        pipe(&env, path);
        env.oca(&["lock", "--upgrade"]).stderr_contains(REFUSAL).status(2);
    }
}

#[test]
fn one_that_the_configuration_of_a_checkout_names_is_named() {
    for (setting, file) in [
        ("[include]\n\tpath = extra\n", ".git/extra"),
        ("[include]\n\tpath = other\n", ".git/extra"),
        ("[core]\n\texcludesFile = extra\n", ".git/extra"),
    ] {
        let env = project();
        let config = env.read("oca/web/.git/config");
        env.write("oca/web/.git/config", config + setting);
        env.write("oca/web/.git/other", "[include]\n\tpath = extra\n");
        pipe(&env, &format!("project/oca/web/{file}"));
        env.oca(&["status"]).stdout_contains("web  ").stderr_contains(REFUSAL).status(2);
    }
    let env = project();
    env.write("oca/web/.git/objects/info/alternates", "../../../../../borrowed\n");
    pipe(&env, "borrowed/pack/multi-pack-index");
    env.oca(&["status"]).stdout_contains("web  ").stderr_contains(REFUSAL).status(2);
}

#[test]
fn object_directories_that_borrow_from_each_other_in_a_circle_are_named() {
    let lists = [
        ("../objects\n", "at line 1: the directory borrows from itself"),
        (
            "# a copy\n../../../../../borrowed/a\n../../../../../borrowed/a/.\n",
            "at line 3: the directory is listed twice",
        ),
        ("../../../../../borrowed/b\n", "at line 1: the directories borrow from each other in a circle"),
        ("../../../../../borrowed/c\n", "with the lists it leads to, it has too many entries"),
    ];
    for (list, why) in lists {
        let env = project();
        let borrowed = |name: &str| env.root().join("borrowed").join(name);
        for name in ["a", "b", "b2", "c"] {
            fs::create_dir_all(borrowed(name).join("info")).expect("a directory");
        }
        fs::write(borrowed("b/info/alternates"), "../b2\n").expect("a list");
        fs::write(borrowed("b2/info/alternates"), "../b\n").expect("a list");
        fs::write(borrowed("c/info/alternates"), "../missing\n".repeat(101)).expect("a list");
        env.write("oca/web/.git/objects/info/alternates", list);
        for command in ["status", "sync"] {
            let output = env.oca(&[command, "--force"][..if command == "sync" { 2 } else { 1 }]).output();
            assert!(output.code == Some(2) && output.stderr.contains(why), "{list} {command}: {output}");
            assert!(output.stderr.contains("info/alternates` at line"), "{output}");
        }
    }
    let env = project();
    fs::write(env.root().join("remotes/web.git/objects/info/alternates"), "../objects\n".repeat(3))
        .expect("a list");
    env.oca(&["lock", "--upgrade"]).stderr_contains("the directory borrows from itself").status(2);
}
