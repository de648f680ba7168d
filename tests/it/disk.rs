//! What others put on the disk, what killed runs leave there, and a fault of oca's own.

use std::fs;
use std::path::Path;

use crate::checkouts::{REMOTES, repository, upgrade};
use crate::env::Env;

/// A project with `web` checked out, and a newer commit of it.
fn synced(env: &Env) -> crate::remote::Remote {
    let web = repository(env, "web");
    upgrade(&web, 1);
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    upgrade(&web, 2);
    web
}

/// The paths below a directory whose names are those of temporary files.
fn left(directory: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(directory).into_iter().map(|entry| entry.expect("an entry"));
    let is_ours =
        |name: &str| name.starts_with(".oca-") && name != ".oca-export.json" || name.starts_with(".aside-");
    let paths = entries.filter(|entry| is_ours(&entry.file_name().to_string_lossy()));
    paths.map(|entry| entry.path().display().to_string()).collect()
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_makes_nobody_wait() {
    let env = Env::new();
    synced(&env);
    for file in ["oca.lock.json", "oca/web/.git/oca-checkout"] {
        let path = env.project().join(file);
        let text = fs::read(&path).expect("a file");
        fs::remove_file(&path).expect("a file");
        env.shell(&format!("mkfifo {file}"));
        env.oca(&["sync", "--locked"]).stderr_contains("it is a pipe or a device, not a file").status(2);
        fs::remove_file(&path).expect("the pipe");
        fs::write(&path, text).expect("the file");
    }
    env.sync();
}

#[cfg(unix)]
#[test]
fn a_device_in_place_of_a_file_is_not_read_without_end() {
    let env = Env::new();
    synced(&env);
    for file in ["repos.toml", "oca.lock.json"] {
        let path = env.project().join(file);
        let text = fs::read(&path).expect("a file");
        fs::remove_file(&path).expect("a file");
        std::os::unix::fs::symlink("/dev/zero", &path).expect("a link");
        env.oca(&["lock", "--config", "repos.toml"]).stderr_contains(", not a file").status(2);
        fs::remove_file(&path).expect("the link");
        fs::write(&path, text).expect("the file");
    }
}

#[test]
fn leftovers_of_a_killed_run_are_removed_by_the_next_run() {
    let env = Env::new();
    let web = synced(&env);
    let lock = env.read("oca.lock.json");
    env.oca(&["lock", "--upgrade"]).stopped_at("replacing");
    assert_eq!((env.read("oca.lock.json"), left(&env.project()).len()), (lock, 1));
    env.run(&["lock", "--upgrade"]);
    assert_eq!(left(&env.project()), [""; 0]);
    for (number, place) in (3..).zip(["putting", "beginning a move", "moving a checkout"]) {
        env.oca(&["sync"]).stopped_at(place);
        env.sync();
        env.assert_checkout("oca/web", &web.commit_of("18.0"));
        assert_eq!(left(&env.project()), [""; 0], "{place}");
        upgrade(&web, number);
        env.run(&["lock", "--upgrade"]);
    }
    env.run(&["cache", "clean"]);
    env.oca(&["lock", "--upgrade"]).stopped_at("making a store");
    assert_eq!(left(&env.cache()).len(), 1);
    // It makes no store.
    env.oca(&["sync"]).stopped_at("making a store");
    env.sync();
    assert_eq!((left(&env.cache()), left(&env.project())), (Vec::new(), Vec::new()));
}

#[test]
fn leftovers_that_cannot_be_removed_stop_no_sync() {
    let env = Env::new();
    let web = synced(&env);
    // To remove a directory there fails, also for root.
    env.write("oca/.oca-tmp-AbCdEf", "");
    env.run(&["lock", "--upgrade"]);
    env.oca(&["sync"]).stderr_contains("warning: cannot remove `").success();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn a_panic_is_one_line_with_its_own_exit_code_and_the_next_run_removes_what_it_left() {
    let env = Env::new();
    synced(&env);
    for (args, place) in [(&["lock", "--upgrade"][..], "replacing"), (&["sync"], "making a store")] {
        env.run(&["cache", "clean"]);
        if args == ["sync"] {
            fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
        }
        let lock = env.read("oca.lock.json");
        let output = env.oca(args).env("OCA_TEST_STOP", format!("panic:{place}")).output();
        assert_eq!((output.code, &*output.stdout), (Some(70), ""), "{output}");
        let lines: Vec<&str> = output.stderr.lines().collect();
        assert!(
            matches!(lines.as_slice(), [.., error, hint] if error.starts_with("error: oca has a fault at `src")
            && hint.starts_with("hint: please report it at ")),
            "{output}"
        );
        assert_eq!(env.read("oca.lock.json"), lock);
        env.run(args);
        assert_eq!((left(&env.project()), left(&env.cache())), (Vec::new(), Vec::new()));
    }
}

/// The files below a directory that processes have open.
#[cfg(target_os = "linux")]
fn open_below(directory: &Path) -> Vec<String> {
    let below = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let descriptors =
        below(Path::new("/proc")).flat_map(|process| below(&process.join("fd")).collect::<Vec<_>>());
    let files = descriptors.filter_map(|descriptor| fs::read_link(descriptor).ok());
    files.filter(|file| file.starts_with(directory)).map(|file| file.display().to_string()).collect()
}

/// A project can have more repositories than a process open files (`ulimit -n`).
#[cfg(target_os = "linux")]
#[test]
fn an_export_keeps_no_file_of_a_repository_open() {
    let env = Env::new();
    let names = ["web", "dms", "crm"];
    names.iter().for_each(|name| _ = repository(&env, name));
    env.declare_repos(REMOTES, &names);
    env.run(&["lock"]);
    let cache = env.cache().canonicalize().expect("a cache");
    // While files are written, the cache is in use.
    let writing = env.oca(&["export", "-q", "../out"]).held_at("writing an export", || {
        assert_ne!(open_below(&cache), Vec::<String>::new());
    });
    writing.success();
    let replacing = env.oca(&["export", "-q", "../out"]).held_at("replacing an export", || {
        assert_eq!(open_below(&cache), Vec::<String>::new());
    });
    replacing.success();
}

#[cfg(target_os = "linux")]
#[test]
fn limits_of_the_system_are_named_and_are_no_fault() {
    let env = Env::new();
    let web = synced(&env);
    let oca = env!("CARGO_BIN_EXE_oca");
    let limited = |limit: &str, args: &str| {
        let line = format!("trap '' XFSZ; ulimit {limit}; exec {oca} {args}");
        crate::run::Run::new(env.command("/bin/bash"), env.root())
            .current_dir(env.project())
            .arg("-c")
            .arg(line)
            .output()
    };
    for (limit, args) in [("-n 8", "lock --upgrade"), ("-f 1", "lock --upgrade")] {
        let output = limited(limit, args);
        assert_eq!(output.code, Some(2), "{limit} {args}: {output}");
        assert!(output.stderr.contains("`[TEMP]/") || output.stderr.contains("oca.lock.json`"), "{output}");
    }
    // The files that the caller has open count too.
    let many = "-n 300; for n in {20..220}; do eval \"exec $n</dev/null\"; done";
    for (limit, is_enough) in [("-n 100", false), ("-n 200", true), (many, false)] {
        let output = limited(limit, "lock --upgrade");
        assert_eq!(output.code, Some(if is_enough { 0 } else { 2 }), "{limit}: {output}");
        assert_eq!(
            output.stderr.contains("are open; raise the limit with `ulimit -n`"),
            !is_enough,
            "{limit}: {output}"
        );
    }
    // The index of a checkout with many files is longer than that: libgit2 gives no reason then.
    (0..150).fold(web.branch("18.0"), |files, number| files.file(&format!("f{number}"), "x")).commit();
    env.run(&["lock", "--upgrade"]);
    let output = limited("-f 4", "sync");
    assert_eq!(output.code, Some(2), "{output}");
    assert!(output.stderr.contains("cannot work in `[TEMP]/project/oca/web`"), "{output}");
    env.sync();
}
