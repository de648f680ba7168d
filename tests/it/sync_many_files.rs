//! A checkout with so many files that several threads write it.

use crate::env::Env;
use crate::project::WEB;
use crate::remote::{Draft, Remote};

/// More than `MANY` of `src/git/checkout/fill.rs` in a build for tests.
const FILES: usize = 120;

fn with_files(draft: Draft<'_>) -> Draft<'_> {
    (0..FILES).fold(draft, |draft, number| {
        draft.file(&format!("web_{}/data/{number}/file.txt", number % 7), number.to_string())
    })
}

/// As `git ls-files --stage` shows the index.
fn staged(listed: &str) -> String {
    let staged = |line: &str| {
        let (entry, path) = line.split_once('\t').expect("a path");
        let words: Vec<&str> = entry.split(' ').collect();
        format!("{} {} 0\t{path}\n", words[0], words[2])
    };
    listed.lines().map(staged).collect()
}

#[test]
fn many_files_are_written_as_git_writes_them() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    // In the index, this file comes before the directory `web_x`.
    let draft = with_files(web.branch("18.0")).module("web_x", &[]).file("web_x.txt", "");
    let draft =
        draft.file("bin/run", "#!/bin/sh\n").executable("bin/run").symlink("last", "web_x/__init__.py");
    draft.gitlink("deep/vendored", "1111111111111111111111111111111111111111").commit();
    env.locked(WEB);
    env.oca(&["sync", "-q"]).stopped_at("building a checkout");
    assert!(!env.exists("oca/web"));
    env.oca(&["sync"]).stderr_contains("web: checked out at ").success();
    let listed = env.git("oca/web", &["ls-tree", "-r", "HEAD"]);
    assert_eq!(env.git("oca/web", &["ls-files", "--stage"]), staged(&listed));
    // The index has the sizes and times of the files: this compares no content.
    assert_eq!(env.git("oca/web", &["diff-files"]), "");
    env.assert_sound_checkout("oca/web");
    assert_eq!(env.read("oca/web/web_3/data/101/file.txt"), "101");
    let git = std::fs::read_dir(env.project().join("oca/web/.git")).expect("a git directory");
    let directories =
        git.filter_map(Result::ok).filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name());
    let mut directories: Vec<_> = directories.collect();
    directories.sort();
    assert_eq!(directories, ["hooks", "info", "logs", "objects", "refs"]);
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["verify"]).stderr_contains("files as locked").success();
}

#[test]
fn a_file_that_cannot_be_written_stops_the_whole_checkout() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    // A name of 256 bytes is too long for every file system.
    with_files(web.branch("18.0")).module("web_x", &[]).file(&"x".repeat(256), "").commit();
    env.declare(WEB);
    let output = env.oca(&["sync"]).output();
    assert!(output.code.is_some_and(|code| code != 0), "{output}");
    assert!(!env.exists("oca/web"));
}
