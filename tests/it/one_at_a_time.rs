//! Two runs that change one project wait for each other, whichever way they came to it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;

#[cfg(unix)]
#[test]
fn a_run_waits_for_another_whatever_its_cache_and_its_path() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let link = env.root().join("link");
    std::os::unix::fs::symlink(env.project(), &link).expect("a link");
    let other = File::open(env.project()).expect("the project");
    other.lock().expect("the project is free");
    let mut command = env.command(env!("CARGO_BIN_EXE_oca"));
    command.args(["sync", "--cache-dir"]).arg(env.root().join("another")).current_dir(&link);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut run = command.spawn().expect("the program starts");
    let mut stderr = BufReader::new(run.stderr.take().expect("stderr is a pipe"));
    let mut first = String::new();
    stderr.read_line(&mut first).expect("a line");
    assert_eq!(first, "waiting for another oca in this project\n");
    assert!(!env.exists("oca"));
    drop(other);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).expect("the rest");
    assert!(run.wait().expect("the run ends").success(), "{rest}");
    env.assert_sound_checkout("oca/web");
}

#[cfg(unix)]
#[test]
fn a_dry_run_writes_nothing_into_a_project_that_is_read_only() {
    use std::os::unix::fs::PermissionsExt;

    let env = Env::new();
    web(&env);
    env.locked(WEB);
    std::fs::remove_dir_all(env.cache()).expect("the cache can be removed");
    let mode = |mode| std::fs::set_permissions(env.project(), std::fs::Permissions::from_mode(mode));
    mode(0o555).expect("the mode");
    env.oca(&["sync", "--dry-run"]).stdout_contains("web: ").stderr_contains("1 repository").success();
    mode(0o755).expect("the mode");
    let names = std::fs::read_dir(env.project()).expect("the project").count();
    assert_eq!((names, env.cache().exists()), (2, false));
}
