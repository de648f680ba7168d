//! A program that passes for `ssh`: it runs the remote command here and remembers how it was called.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use crate::env::Env;

/// A fake `ssh` in the test's `bin` folder, the only one on `PATH` there.
pub(crate) struct FakeSsh {
    program: PathBuf,
    log: PathBuf,
}

impl FakeSsh {
    /// Lets everybody in; paths are looked up below `remotes/`, whatever the host.
    pub(crate) fn new(env: &Env) -> Self {
        Self::with(env, SERVE)
    }

    /// Knows nobody, as a server does that has none of our keys.
    pub(crate) fn refusing(env: &Env) -> Self {
        Self::with(env, "echo 'git@example.com: Permission denied (publickey).' >&2\nexit 255\n")
    }

    /// Says the same for ever.
    pub(crate) fn endless(env: &Env) -> Self {
        Self::with(env, "exec yes \"$(printf '0014\\002still counting')\"\n")
    }

    /// Sends a byte now and then.
    pub(crate) fn dripping(env: &Env) -> Self {
        Self::with(env, "while printf 1; do sleep 0.1; done\n")
    }

    /// Knows nobody, and says so in its own way.
    pub(crate) fn saying(env: &Env, words: &str) -> Self {
        Self::with(env, &format!("printf '{words}' >&2\nexit 255\n"))
    }

    /// The same, with a child that outlives it and holds its stderr, as the master of a shared connection does.
    pub(crate) fn refusing_with_master(env: &Env) -> Self {
        Self::with(env, "sleep 20 >/dev/null &\necho 'kex_exchange: bad luck' >&2\nexit 255\n")
    }

    /// The program, for `GIT_SSH` and `GIT_SSH_COMMAND`.
    pub(crate) fn program(&self) -> &str {
        self.program.to_str().expect("a temp dir whose name is text")
    }

    /// The arguments of each call so far; the last one is the remote command.
    pub(crate) fn calls(&self) -> Vec<Vec<String>> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().map(|call| call.split_terminator('\t').map(str::to_owned).collect()).collect()
    }

    fn with(env: &Env, serve: &str) -> Self {
        let ssh = Self { program: env.bin().join("ssh"), log: env.root().join("ssh.log") };
        let path = std::env::var("PATH").expect("PATH is set and text");
        let script = PREAMBLE
            .replace("@LOG@", ssh.log.to_str().expect("a temp dir whose name is text"))
            .replace("@PATH@", &path)
            .replace("@REMOTES@", env.remotes().to_str().expect("a temp dir whose name is text"));
        let text = env.scratch().join("ssh");
        fs::write(&text, script + serve).expect("the program's text");
        fs::set_permissions(&text, fs::Permissions::from_mode(0o755)).expect("the program's mode");
        // Written by another process: a file that a thread of ours has open for writing, or a child forked
        // meanwhile, cannot be started.
        let copied = Command::new("cp").arg(&text).arg(&ssh.program).status().expect("cp is installed");
        assert!(copied.success());
        ssh
    }
}

/// Writes each call as one line in one go, since several may run at once.
const PREAMBLE: &str = r#"#!/bin/sh
PATH='@PATH@'
export PATH
call=$(printf '%s\t' "$@")
printf '%s\n' "$call" >>'@LOG@'
cd '@REMOTES@' || exit 255
"#;

/// Takes `git-upload-pack 'OCA/web.git'` apart as the shell of a server would, and runs nothing else.
const SERVE: &str = r#"for remote_command; do :; done
eval "set -- $remote_command"
if [ "$1" != git-upload-pack ] || [ $# -ne 2 ]; then
    echo "not served: $remote_command" >&2
    exit 128
fi
path=${2#/}
[ -d "$2" ] && path=$2
exec git upload-pack "$path"
"#;
