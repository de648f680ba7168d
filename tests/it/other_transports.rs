//! ssh, `git://` and paths, from lock to a checkout that moves.

use std::fs;

use crate::checkouts::{repository, upgrade};
use crate::daemon::Daemon;
use crate::env::Env;

/// Locks, syncs, moves and deepens over a base url.
#[track_caller]
fn assert_works(env: &Env, base: &str, variables: &[(&str, &str)]) {
    let remote = repository(env, "web");
    let oca = |args: &[&str]| {
        let mut run = env.oca(args);
        for (name, value) in variables {
            run = run.env(name, value);
        }
        run.success();
    };
    env.declare_repos(base, &["web"]);
    oca(&["sync", "-q"]);
    env.assert_checkout("oca/web", &remote.commit_of("18.0"));
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "1\n");
    upgrade(&remote, 1);
    oca(&["lock", "--upgrade", "-q"]);
    fs::remove_dir_all(env.cache()).expect("the cache");
    // The pin is no longer the branch's head.
    upgrade(&remote, 2);
    oca(&["sync", "-q", "--locked"]);
    env.assert_checkout("oca/web", &remote.commit_of("18.0~1"));
    env.declare_repos_with(base, &["web"], "[repos.web]\ndepth = 0\n");
    oca(&["sync", "-q"]);
    env.assert_checkout("oca/web", &remote.commit_of("18.0~1"));
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "3\n");
    oca(&["sync", "-q", "--offline"]);
}

#[test]
fn the_daemon_works_from_lock_to_checkout() {
    let env = Env::new();
    let daemon = Daemon::start(&env);
    assert_works(&env, daemon.url("").trim_end_matches("/.git"), &[]);
}

#[test]
fn a_connection_that_is_cut_is_made_again() {
    let env = Env::new();
    let web = repository(&env, "web");
    let daemon = Daemon::dropping(&env, |number| number % 2 == 0);
    env.declare_repos(daemon.url("").trim_end_matches("/.git"), &["web"]);
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[test]
fn paths_work_relative_absolute_and_as_urls() {
    for base in ["../remotes", "[TEMP]/remotes", "file://[TEMP]/remotes"] {
        let env = Env::new();
        assert_works(&env, &base.replace("[TEMP]", env.root().to_str().expect("text")), &[]);
    }
}

#[cfg(unix)]
#[test]
fn ssh_works_from_lock_to_checkout() {
    use crate::ssh::FakeSsh;

    for base in ["git@example.com:OCA", "ssh://git@example.com:2222/OCA"] {
        let env = Env::new();
        let ssh = FakeSsh::new(&env);
        std::os::unix::fs::symlink(".", env.remotes().join("OCA")).expect("a folder");
        assert_works(&env, base, &[]);
        let calls = ssh.calls();
        assert!(calls.iter().all(|call| call.contains(&"git@example.com".to_owned())), "{calls:?}");
        let has_port = calls.iter().all(|call| call.windows(2).any(|pair| pair == ["-p", "2222"]));
        assert_eq!(has_port, base.contains("2222"));
        assert!(calls.iter().all(|call| call.contains(&"BatchMode=yes".to_owned())), "nobody is asked");
        let config = env.read("oca/web/.git/config");
        assert!(config.contains(&format!("url = {base}/web.git")), "{config}");
    }
}

#[cfg(unix)]
#[test]
fn ssh_is_the_program_that_git_would_run() {
    use crate::ssh::FakeSsh;

    let env = Env::new();
    let ssh = FakeSsh::new(&env);
    let elsewhere = env.home().join("my ssh");
    fs::rename(ssh.program(), &elsewhere).expect("the program");
    let program = elsewhere.to_str().expect("text");
    let line = format!("'{program}' -i key");
    repository(&env, "web");
    env.declare_repos("ssh://git@example.com", &["web"]);
    let configured = format!("[core]\n\tsshCommand = {line}\n");
    for (variable, configuration, has_key) in [
        (Some(("GIT_SSH", program)), "", false),
        (Some(("GIT_SSH_COMMAND", line.as_str())), "", true),
        (None, configured.as_str(), true),
    ] {
        env.configure_git(configuration);
        drop(fs::remove_file(env.project().join("oca.lock.json")));
        let before = ssh.calls().len();
        let run = env.oca(&["lock", "-q", "--upgrade"]).with_programs();
        variable.iter().fold(run, |run, (name, value)| run.env(name, value)).success();
        let calls = ssh.calls().split_off(before);
        assert!(!calls.is_empty());
        assert!(calls.iter().all(|call| call.contains(&"key".to_owned()) == has_key), "{calls:?}");
        // Nobody knows what options a program of another name has.
        assert!(calls.iter().all(|call| !call.contains(&"-o".to_owned())), "{calls:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_refusing_ssh_speaks_for_itself() {
    use crate::ssh::FakeSsh;

    let env = Env::new();
    repository(&env, "web");
    FakeSsh::refusing(&env);
    env.declare_repos("ssh://git@example.com", &["web"]);
    env.oca(&["lock"])
        .stderr(
            "error: cannot fetch `web` from `ssh://git@example.com/web.git`\n\
             caused by: ssh says: \"git@example.com: Permission denied (publickey).\"\n\
             hint: check that `git ls-remote ssh://git@example.com/web.git` works without a prompt\n",
        )
        .status(3);
    fs::remove_file(env.bin().join("ssh")).expect("the program");
    env.oca(&["lock"])
        .stderr_contains("caused by: cannot run `ssh`: No such file or directory")
        .stderr_contains("hint: install it, or set `GIT_SSH_COMMAND` to another program\n")
        .status(3);
}

#[cfg(unix)]
#[test]
fn an_ssh_whose_master_stays_is_not_waited_for() {
    use crate::ssh::FakeSsh;

    let env = Env::new();
    repository(&env, "web");
    FakeSsh::refusing_with_master(&env);
    env.declare_repos("ssh://git@example.com", &["web"]);
    let start = std::time::Instant::now();
    env.oca(&["lock"]).stderr_contains("caused by: ssh says: \"kex_exchange: bad luck\"\n").status(3);
    assert!(start.elapsed() < std::time::Duration::from_secs(10));
}

#[test]
fn a_daemon_that_is_gone_or_lacks_a_repository_is_said_so() {
    let env = Env::new();
    let daemon = Daemon::start(&env);
    env.declare_repos(daemon.url("").trim_end_matches("/.git"), &["nowhere"]);
    env.oca(&["lock"])
        .stderr_contains("error: cannot fetch `nowhere` from `git://127.0.0.1:[PORT]/nowhere.git`\n")
        .status(3);
    drop(daemon);
    env.oca(&["lock"])
        .stderr_contains("caused by: the connection failed: ")
        .stderr_contains("hint: check the network and the proxy, then try again\n")
        .status(3);
}
