//! What holds for every command: flags, exit codes, what goes to stdout and what to stderr.

use std::io;
use std::process::Stdio;

use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;

#[test]
fn a_wrong_flag_or_command_is_refused_with_the_nearest() {
    let env = Env::new();
    env.oca(&["lock", "--chek"])
        .stderr_contains("error: unexpected argument '--chek' found\n")
        .stderr_contains("tip: a similar argument exists: '--check'")
        .status(2);
    env.oca(&["lokc"]).stderr_contains("tip: a similar subcommand exists: 'lock'").status(2);
    env.oca(&[]).stderr_contains("Usage: oca").status(2);
    env.oca(&["list", "-j", "0"])
        .stderr_contains("error: invalid value '0' for '--jobs <N>': it must be a number from 1 to 64\n")
        .status(2);
    env.oca(&["list", "-q", "-v"]).stderr_contains("cannot be used with").status(2);
    env.oca(&["list", "--format", "xml"])
        .stderr_contains("invalid value 'xml' for '--format <FORMAT>'")
        .status(2);
}

#[test]
fn version_and_help_are_data() {
    let env = Env::new();
    env.oca(&["--version"]).stdout(&format!("oca {}\n", env!("CARGO_PKG_VERSION"))).success();
    let help = env.oca(&["--help"]).output();
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    for command in [
        "init",
        "lock",
        "sync",
        "submodules",
        "addons-path",
        "requirements",
        "status",
        "outdated",
        "list",
        "cache",
    ] {
        assert!(help.stdout.contains(&format!("  {command} ")), "{}", help.stdout);
        env.oca(&[command, "--help"]).stdout_contains("Usage: oca").success();
    }
}

#[test]
fn global_flags_stand_before_or_behind_the_command() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.oca(&["-p", "standard", "list"]).stdout_contains("web_x").success();
    env.oca(&["list", "-p", "standard", "--no-progress", "-j8"]).stdout_contains("web_x").success();
}

#[test]
fn a_profile_that_does_not_exist_is_refused_by_every_command() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let refused = "error: there is no profile `standart` in `repos.toml`\nhint: did you mean `standard`?\n";
    for command in ["lock", "sync", "addons-path", "requirements", "status", "outdated", "list"] {
        env.oca(&[command, "-p", "standart"]).stderr(refused).status(2);
        env.oca(&[command]).env("OCA_PROFILE", "standart").stderr(refused).status(2);
    }
    env.oca(&["lock", "--check"]).env("OCA_PROFILE", "").success();
    // It is asked for none.
    env.oca(&["status", "--all-profiles"]).env("OCA_PROFILE", "standart").stdout_contains("web").status(1);
}

#[test]
fn only_data_goes_to_stdout() {
    let env = Env::new();
    web(&env);
    env.declare(WEB);
    env.oca(&["lock"]).stderr_contains("web: locked at ").success();
    env.oca(&["lock", "-v", "--upgrade"]).stderr_contains("web: up to date\n").success();
    env.oca(&["sync"]).stderr_contains("web: checked out at ").success();
    env.oca(&["list"]).stdout("web_x  18.0.1.0.0  web\n").success();
}

#[test]
fn quiet_says_nothing_but_data_and_errors() {
    let env = Env::new();
    web(&env);
    env.oca(&["init", "-q"]).success();
    env.declare(WEB);
    env.oca(&["lock", "-q"]).success();
    env.oca(&["sync", "-q"]).success();
    env.oca(&["list", "-q"]).stdout("web_x  18.0.1.0.0  web\n").success();
    env.oca(&["list", "-q", "-p", "x"]).stderr_contains("error: there is no profile `x`").status(2);
}

#[test]
fn colour_comes_only_when_it_is_asked_for() {
    let env = Env::new();
    let plain = "error: there is no `repos.toml` here or in a parent directory\n\
                 hint: run `oca init`, or pass the file with `--config`\n";
    env.oca(&["list"]).stderr(plain).status(2);
    env.oca(&["list"]).env("NO_COLOR", "1").stderr(plain).status(2);
    env.oca(&["list", "--color", "never"]).stderr(plain).status(2);
    let colored =
        plain.replace("error:", "\x1b[1;31merror:\x1b[0m").replace("hint:", "\x1b[1;36mhint:\x1b[0m");
    env.oca(&["list", "--color", "always"]).env("NO_COLOR", "1").stderr(&colored).status(2);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut command = env.command(env!("CARGO_BIN_EXE_oca"));
    let output =
        command.arg("list").current_dir(env.project()).stdout(writer).stderr(Stdio::piped()).output();
    let output = output.expect("the program starts");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_reader_that_goes_away_does_not_change_the_answer() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.edit("repos.toml", "\"web\"", "\"web\", \"dms\"");
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut command = env.command(env!("CARGO_BIN_EXE_oca"));
    command.args(["lock", "--check"]).current_dir(env.project()).stdout(writer).stderr(Stdio::piped());
    let output = command.output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: `oca.lock.json` is out of date"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn data_that_cannot_be_written_is_a_failure() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    for args in [&["list"][..], &["--help"], &["help", "lock"], &["--version"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("the full device");
        let mut command = env.command(env!("CARGO_BIN_EXE_oca"));
        command.args(args).current_dir(env.project()).stdout(full).stderr(Stdio::piped());
        let output = command.output().expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(
            stderr, "error: cannot write to stdout: No space left on device (os error 28)\n",
            "{args:?}"
        );
    }
}

#[test]
fn help_for_a_closed_pipe_is_no_failure() {
    let env = Env::new();
    for args in [["--help"], ["--version"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut command = env.command(env!("CARGO_BIN_EXE_oca"));
        command.args(args).current_dir(env.project()).stdout(writer).stderr(Stdio::piped());
        let output = command.output().expect("the program starts");
        assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn a_hyphen_as_the_file_of_a_text_is_stdout() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    for command in ["requirements", "sbom", "man"] {
        let text = env.oca(&[command, "-q"]).output().stdout;
        let given = env.oca(&[command, "-q", "-o", "-"]).output();
        assert_eq!((given.code, given.stdout), (Some(0), text), "{command}");
    }
    env.oca(&["report", "-o", "-"]).stdout_contains("<!doctype html>").success();
    assert!(!env.exists("-"));
    env.oca(&["sbom", "-o", ""]).stderr_contains("a value is required").status(2);
}

#[test]
fn offline_asks_no_server_and_takes_a_path_for_none() {
    let env = Env::new();
    web(&env);
    env.declare(&format!("{WEB}[repos.web]\nurl = \"http://127.0.0.1:1/web.git\"\n"));
    let refused = "error: cannot fetch `web` from `http://127.0.0.1:1/web.git`\n\
                   caused by: the remote cannot be asked because oca is offline\n\
                   hint: run the command without `--offline` and without `OCA_OFFLINE`\n";
    env.oca(&["lock", "--offline"]).stderr(refused).status(3);
    env.oca(&["lock"]).env("OCA_OFFLINE", "1").stderr(refused).status(3);
    env.declare(WEB);
    env.oca(&["lock", "--offline", "-q"]).success();
    env.oca(&["sync", "--offline", "-q"]).env("OCA_OFFLINE", "").success();
    env.assert_sound_checkout("oca/web");
}

#[test]
fn a_commit_of_a_server_that_is_in_the_cache_needs_none() {
    let env = Env::new();
    let remote = web(&env);
    let server = crate::server::Server::start(&env);
    let commit = remote.commit_of("18.0");
    let declared = format!("{WEB}[repos.web]\nurl = \"{}\"\n", server.url("web"));
    env.locked(&declared);
    drop(server);
    std::fs::remove_file(env.project().join("oca.lock.json")).expect("the lock can be removed");
    env.declare(&format!("{declared}rev = \"{commit}\"\n"));
    env.oca(&["lock", "--offline", "-q"]).success();
    assert!(env.read("oca.lock.json").contains("web_x"));
}

#[test]
fn no_output_replaces_a_file_of_oca_or_git() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    for file in ["repos.toml", "oca.lock.json", "./OCA.lock.json", "oca.lock.d/x.html", ".git/config"] {
        for command in ["report", "sbom", "requirements"] {
            env.oca(&[command, "-o", file]).stderr_contains("belongs to oca or git").status(2);
        }
    }
    env.oca(&["lock", "--check"]).success();
}
