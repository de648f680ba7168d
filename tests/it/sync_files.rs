//! The files of a new checkout: as git makes them, and with an index that calls them unchanged.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::checkouts::repository;
use crate::env::Env;
use crate::remote::Remote;

/// `web` with files of all kinds, more than one thread writes.
fn with_all_kinds(env: &Env) -> Remote {
    let remote = repository(env, "web");
    let mut draft = remote
        .branch("18.0")
        .file("web_x/static/long.js", "0123456789abcdef\n".repeat(40_000))
        .file("web_x/static/empty.css", "")
        .file("web_x/tools/run.sh", "#!/bin/sh\n")
        .executable("web_x/tools/run.sh")
        .file("web_x-y/before", "a name that git sorts before the files of `web_x`\n")
        .file("web_x/caf\u{e9}/x.txt", "x")
        .symlink("web_x/static/link.js", "long.js")
        .symlink("web_x/outside", "../../../elsewhere")
        .gitlink("web_x/lib/other", "1111111111111111111111111111111111111111");
    for number in 0..120 {
        // Versions of one file become deltas.
        let lines: String = (0..80).map(|line| format!("line {}\n", line + number / 3)).collect();
        draft = draft.file(&format!("web_x/i18n/d{}/l{number}.po", number % 7), lines);
    }
    draft.commit();
    remote.tag("packed", &remote.commit_of("18.0"));
    env.git(remote.path(), &["repack", "-adfq"]);
    remote
}

/// Path, mode and content of everything below a directory, without git's own.
fn listed(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.file_name() != ".git")
    {
        let entry = entry.expect("an entry");
        let metadata = entry.path().symlink_metadata().expect("metadata");
        let content = match entry.file_type() {
            kind if kind.is_symlink() => fs::read_link(entry.path()).expect("a link").display().to_string(),
            kind if kind.is_file() => {
                String::from_utf8_lossy(&fs::read(entry.path()).expect("a file")).into_owned()
            }
            _ => String::new(),
        };
        let path = entry.path().strip_prefix(root).expect("below");
        lines.push(format!("{:o} {} {content}", metadata.mode(), path.display()));
    }
    lines
}

#[test]
fn the_files_of_a_new_checkout_are_those_of_git() {
    for umask in ["002", "022", "077"] {
        let env = Env::new();
        let remote = with_all_kinds(&env);
        let url = format!("file://{}", remote.path().display());
        env.declare_repos(&format!("file://{}", env.remotes().display()), &["web"]);
        let clone = format!("git clone -q --depth 1 -b 18.0 {url} ../clone");
        let oca = env!("CARGO_BIN_EXE_oca");
        env.shell(&format!("umask {umask} && {clone} && {oca} lock -q && {oca} sync -q"));
        let (ours, theirs) = (env.project().join("oca/web"), env.root().join("clone"));
        assert_eq!(listed(&ours), listed(&theirs), "umask {umask}");
        let index = ["ls-files", "--stage"];
        assert_eq!(env.git("oca/web", &index), env.git(&theirs, &index));
        // It compares only sizes and times with the index, and reads no file.
        assert_eq!(env.git("oca/web", &["diff-files"]), "");
        env.assert_sound_checkout("oca/web");
    }
}

#[test]
fn without_symlinks_their_targets_are_files() {
    let env = Env::new();
    with_all_kinds(&env);
    env.configure_git("[core]\n\tsymlinks = false\n");
    env.declare_repos(&format!("file://{}", env.remotes().display()), &["web"]);
    env.run(&["lock", "-q"]);
    env.sync();
    let link = env.project().join("oca/web/web_x/static/link.js");
    assert!(link.symlink_metadata().expect("a file").is_file());
    assert_eq!(fs::read_to_string(link).expect("a file"), "long.js");
    assert_eq!(env.git("oca/web", &["-c", "core.symlinks=false", "status", "--porcelain"]), "");
}
