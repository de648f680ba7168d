//! What people see on a terminal of 60 columns, and who gets colour.

use std::io;
use std::process::{Command, Stdio};

use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;

const BOLD_RED: &str = "\x1b[1;31m";

#[test]
fn the_flag_decides_about_colour_then_the_variables() {
    let env = Env::new();
    for (args, variables, is_coloured) in [
        (&["list"][..], &[][..], false),
        (&["list"], &[("CLICOLOR_FORCE", "1")], true),
        (&["list"], &[("CLICOLOR_FORCE", "0")], false),
        (&["list"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&["list"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], true),
        (&["list"], &[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")], true),
        (&["list", "--color", "never"], &[("CLICOLOR_FORCE", "1")], false),
        (&["list", "--color", "always"], &[("NO_COLOR", "1"), ("TERM", "dumb")], true),
    ] {
        let mut run = env.oca(args);
        for (name, value) in variables {
            run = run.env(name, value);
        }
        let output = run.output();
        assert_eq!(output.stderr.contains(BOLD_RED), is_coloured, "{args:?} {variables:?}\n{output}");
    }
}

/// clap prints the help and its errors before the options are parsed.
#[test]
fn the_help_has_colour_by_the_same_rules() {
    let env = Env::new();
    let has = |args: &[&str], name: &str, value: &str| {
        let output = env.oca(args).env(name, value).output();
        (output.stdout + &output.stderr).contains('\x1b')
    };
    for words in [&["--help"][..], &["list", "--help"], &["--no-such-flag"]] {
        assert!(!has(words, "TERM", "xterm"), "{words:?}");
        assert!(has(words, "CLICOLOR_FORCE", "1"), "{words:?}");
        assert!(has(&[&["--color", "always"], words].concat(), "NO_COLOR", "1"), "{words:?}");
        assert!(!has(&[words, &["--color=never"]].concat(), "CLICOLOR_FORCE", "1"), "{words:?}");
    }
}

#[test]
fn data_has_colour_on_stdout_beside_the_same_words() {
    let env = Env::new();
    env.copy_demo();
    for args in [
        &["status"][..],
        &["list", "--all"],
        &["check"],
        &["tree", "sale_kit_delivery"],
        &["why", "kit_base"],
        &["outdated"],
        &["diff", "oca.lock.json", "oca.lock.json"],
        &["verify"],
    ] {
        let plain = env.oca(args).output();
        let coloured = env.oca(args).args(&["--color", "always"]).output();
        assert!(!plain.stdout.contains('\x1b'), "{plain}");
        assert_eq!(without_colour(&coloured.stdout), plain.stdout, "{args:?}");
        let is_painted = ["status", "check", "tree", "why"].contains(&args[0]);
        assert!(!is_painted || coloured.stdout.contains('\x1b'), "{coloured}");
        assert_eq!(coloured.code, plain.code);
    }
    // A report for programs has none.
    let json = env.oca(&["status", "--format", "json", "--color", "always"]).output();
    assert!(!json.stdout.contains('\x1b'), "{json}");
}

fn without_colour(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |all, piece| all + piece.split_once('m').map_or(piece, |(_, rest)| rest))
}

/// What a run prints to stdout on a terminal with so many columns.
#[cfg(target_os = "linux")]
#[track_caller]
fn on_terminal(env: &Env, columns: usize, line: &str) -> Vec<String> {
    in_terminal(env, columns, &format!("{line} 2>/dev/null"))
}

/// What the line, which may send a stream elsewhere, prints on a terminal with so many columns.
#[cfg(target_os = "linux")]
#[track_caller]
fn in_terminal(env: &Env, columns: usize, line: &str) -> Vec<String> {
    let oca = env!("CARGO_BIN_EXE_oca");
    let line = format!("stty cols {columns} rows 20; cd '{}'; '{oca}' {line}", env.project().display());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut command = env.command("script");
    command.env("PATH", path).env("TERM", "xterm").args(["-qec", &line, "/dev/null"]).stdin(Stdio::null());
    let output = command.output().expect("script is installed");
    let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    text.lines().map(str::to_owned).collect()
}

/// The columns of a line that has no wide characters.
#[cfg(target_os = "linux")]
fn width(line: &str) -> usize {
    without_colour(line).chars().count()
}

#[cfg(target_os = "linux")]
#[test]
fn reports_fit_60_columns_and_break_no_word() {
    let env = Env::new();
    env.copy_demo();
    for line in [
        "list --all",
        "status",
        "check",
        "tree sale_kit_delivery stock_kit_wave",
        "why kit_base",
        "outdated",
        "verify",
        "cache size",
        "schema",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let plain = env.oca(&words).output().stdout;
        let shown = on_terminal(&env, 60, line);
        let too_wide: Vec<&String> = shown.iter().filter(|line| width(line) > 60).collect();
        assert!(too_wide.is_empty(), "`oca {line}`: {too_wide:#?}");
        // The words are the same, whatever lines they are on.
        let words = |text: &str| {
            let drawn = ['│', '├', '└', '─'];
            let words: Vec<String> = text.replace(drawn, " ").split_whitespace().map(str::to_owned).collect();
            words
        };
        assert_eq!(words(&without_colour(&shown.join("\n"))), words(&plain), "`oca {line}`");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn messages_fit_60_columns_and_break_neither_a_word_nor_a_command() {
    let env = Env::new();
    env.copy_demo();
    env.edit("repos.toml", "odoo = \"18.0\"", "odoo = \"17.0\"");
    let shown = in_terminal(&env, 60, "list >/dev/null");
    let plain: Vec<String> = shown.iter().map(|line| without_colour(line)).collect();
    assert_eq!(
        plain[..3],
        [
            "error: `oca.lock.json` is out of date: `hr-kit` wants branch",
            "    `17.0`, but the lock has branch `18.0`, and 7 more",
            "    differences"
        ],
        "{plain:#?}"
    );
    let shown = in_terminal(&env, 12, "list >/dev/null");
    let hint: Vec<String> = shown.iter().map(|line| without_colour(line)).collect();
    let begin = hint.len().saturating_sub(6);
    let expected = ["hint: run", "    `oca lock`", "    and", "    commit", "    the", "    result"];
    assert_eq!(hint[begin..], expected, "{shown:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_colour_and_a_dumb_one_none() {
    let env = Env::new();
    env.copy_demo();
    assert!(on_terminal(&env, 80, "status").concat().contains("\x1b[33mmissing\x1b[0m"));
    for line in ["status --color never", "status | cat"] {
        assert!(!on_terminal(&env, 80, line).concat().contains('\x1b'), "{line}");
    }
    for variable in ["NO_COLOR=1", "CLICOLOR=0", "TERM=dumb"] {
        let line = format!("status; export {variable}; '{}' status", env!("CARGO_BIN_EXE_oca"));
        let shown = on_terminal(&env, 80, &line);
        let (first, second) = shown.split_at(shown.len() / 2);
        assert!(first.concat().contains('\x1b') && !second.concat().contains('\x1b'), "{shown:#?}");
    }
}

/// A run whose stdout, or stderr, nobody reads.
fn unread(env: &Env, args: &[&str], stderr_too: bool) -> (Option<i32>, String) {
    let closed = || {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        writer
    };
    let mut command: Command = env.command(env!("CARGO_BIN_EXE_oca"));
    command.args(args).current_dir(env.project()).env("PATH", env.bin()).stdout(closed());
    if stderr_too {
        command.stderr(closed())
    } else {
        command.stderr(Stdio::piped())
    };
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_pipe_that_nobody_reads_ends_quietly_and_keeps_the_exit_code() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.sync();
    for args in [
        &["list"][..],
        &["tree", "web_x"],
        &["why", "web_x"],
        &["status"],
        &["check"],
        &["outdated"],
        &["--help"],
        &["list", "--help"],
        &["--version"],
        &["schema"],
        &["schema", "repos"],
        &["list", "--format", "json"],
        &["requirements"],
        &["addons-path"],
        &["nonsense"],
        &["list", "--format", "json", "-p", "x"],
        &["nonsense", "--format", "json"],
    ] {
        let read = env.oca(args).output();
        let (code, stderr) = unread(&env, args, false);
        assert_eq!((code, stderr.as_str()), (read.code, read.stderr.as_str()), "{args:?}");
        assert!(!stderr.contains("panicked") && !stderr.contains("fault"), "{args:?}\n{stderr}");
        assert_eq!(unread(&env, args, true).0, read.code, "{args:?} without stderr");
    }
}
