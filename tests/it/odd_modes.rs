//! Modes that git no longer writes and old commits have, such as `100664`: git takes each for one of its own, and so
//! does oca.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use git2::Oid;

use crate::checkouts::REMOTES;
use crate::env::Env;
use crate::remote::Remote;

const FILES: [&str; 6] = ["100664", "100600", "100640", "100777", "104755", "0102644"];
const SYMLINKS: [&str; 2] = ["120777", "120644"];
const DIRECTORIES: [&str; 3] = ["040000", "40755", "0042775"];

/// What lies below `odd`.
#[derive(Clone, Copy, Debug)]
struct Odd<'a> {
    /// The mode of `odd/x`.
    mode: &'a str,
    content: &'a str,
}

/// The mode that git takes it for.
fn usual(mode: &str) -> &'static str {
    match mode {
        "100777" | "104755" => "100755",
        _ if mode.contains("100") || mode.contains("102") => "100644",
        _ if mode.starts_with('1') => "120000",
        _ => "40000",
    }
}

/// Puts a commit on `18.0` with `odd/x`, or without; where the mode is that of a directory, `odd/x/file`.
fn commit(web: &Remote, odd: Option<Odd<'_>>) -> String {
    let (file, manifest) = (web.blob(""), web.blob("{}"));
    let module = web.raw_tree(&[("100644", b"__init__.py", file), ("100644", b"__manifest__.py", manifest)]);
    let mut entries: Vec<(&str, &[u8], Oid)> = Vec::new();
    let directory = odd.map(|Odd { mode, content }| {
        let blob = web.blob(content);
        let is_directory = usual(mode) == "40000";
        let object = if is_directory { web.raw_tree(&[("100664", b"file", blob)]) } else { blob };
        web.raw_tree(&[(mode, b"x", object)])
    });
    entries.extend(directory.map(|tree| ("40000", &b"odd"[..], tree)));
    entries.push(("40000", b"web_x", module));
    web.commit_raw(web.raw_tree(&entries))
}

/// A project in which this is checked out.
fn placed(odd: Odd<'_>) -> (Env, Remote) {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    commit(&web, Some(odd));
    env.declare_repos(REMOTES, &["web"]);
    env.sync();
    (env, web)
}

#[track_caller]
fn assert_clean(env: &Env) {
    assert_eq!(env.git("oca/web", &["status", "--porcelain", "--ignored"]), "");
    env.oca(&["status", "-q"]).stdout_contains("clean").success();
    env.oca(&["verify", "-q"]).success();
}

#[test]
fn a_checkout_moves_from_and_to_an_odd_mode() {
    for mode in [&FILES[..], &SYMLINKS, &DIRECTORIES].concat() {
        let odd = Odd { mode, content: "one" };
        let (env, web) = placed(odd);
        assert_clean(&env);
        let usual = usual(mode);
        for next in [
            Some(Odd { content: "two", ..odd }),
            Some(Odd { mode: usual, content: "two" }),
            Some(odd),
            Some(Odd { mode: usual, content: "three" }),
            Some(odd),
            None,
            Some(odd),
            Some(Odd { mode: if usual == "40000" { "100664" } else { "040755" }, ..odd }),
        ] {
            let commit = commit(&web, next);
            env.run(&["lock", "--upgrade"]);
            assert_eq!(env.run(&["sync"]).code, Some(0), "{mode}: {next:?}");
            assert_eq!(env.head("oca/web"), commit);
            assert_eq!(env.exists("oca/web/odd"), next.is_some(), "{mode}: {next:?}");
            assert_clean(&env);
        }
    }
}

#[test]
fn files_get_the_rights_that_git_gives_them() {
    for mode in FILES {
        let (env, _) = placed(Odd { mode, content: "x" });
        env.git("", &["clone", "-q", "../remotes/web.git", "clone"]);
        let rights = |file: &str| {
            fs::metadata(env.project().join(file)).expect("a file").permissions().mode() & 0o7777
        };
        assert_eq!(rights("oca/web/odd/x"), rights("clone/odd/x"), "{mode}");
    }
}

/// What the user did to `odd/x` is seen, and kept, whatever the next commit has there.
#[track_caller]
fn assert_kept(odd: Odd<'_>, edit: &dyn Fn(&Env)) {
    let usual = usual(odd.mode);
    let (env, web) = placed(odd);
    let old = env.head("oca/web");
    edit(&env);
    let before = env.git("oca/web", &["status", "--porcelain"]);
    assert!(before.contains("odd/x"), "{odd:?}: {before}");
    env.oca(&["status", "-q"]).stdout_contains("dirty").status(1);
    for next in [None, Some(Odd { mode: usual, ..odd }), Some(Odd { mode: usual, content: "theirs" })] {
        commit(&web, next);
        env.run(&["lock", "--upgrade"]);
        env.oca(&["sync"])
            .stderr_contains("error: `web` was not changed: uncommitted changes in `odd/x")
            .status(1);
        assert_eq!(env.git("oca/web", &["status", "--porcelain"]), before, "{odd:?}");
        assert_eq!(env.head("oca/web"), old);
    }
    env.run(&["sync", "--force"]);
    assert_clean(&env);
}

#[test]
fn a_change_of_the_users_own_in_a_file_of_odd_mode_is_kept() {
    for mode in FILES {
        let odd = Odd { mode, content: "one" };
        assert_kept(odd, &|env| env.write("oca/web/odd/x", "mine"));
        assert_kept(odd, &|env| {
            env.write("oca/web/odd/x", "mine");
            env.git("oca/web", &["add", "odd/x"]);
        });
        // Staged, and taken back in the file itself.
        assert_kept(odd, &|env| {
            env.write("oca/web/odd/x", "mine");
            env.git("oca/web", &["add", "odd/x"]);
            env.write("oca/web/odd/x", "one");
        });
        assert_kept(odd, &|env| fs::remove_file(env.project().join("oca/web/odd/x")).expect("a file"));
    }
}

#[test]
fn a_right_to_execute_that_the_user_gave_or_took_is_kept() {
    for mode in FILES {
        let odd = Odd { mode, content: "one" };
        let is_executable = usual(mode) == "100755";
        let (rights, flag) = if is_executable { (0o644, "--chmod=-x") } else { (0o755, "--chmod=+x") };
        assert_kept(odd, &|env| {
            let file = env.project().join("oca/web/odd/x");
            fs::set_permissions(file, fs::Permissions::from_mode(rights)).expect("rights");
        });
        assert_kept(odd, &|env| drop(env.git("oca/web", &["update-index", flag, "odd/x"])));
    }
}

#[test]
fn a_symlink_of_odd_mode_that_the_user_changed_is_kept() {
    for mode in SYMLINKS {
        let odd = Odd { mode, content: "one" };
        let mine = |env: &Env| {
            let link = env.project().join("oca/web/odd/x");
            fs::remove_file(&link).expect("a symlink");
            symlink("mine", link).expect("a symlink");
        };
        assert_kept(odd, &mine);
        assert_kept(odd, &|env| {
            mine(env);
            env.git("oca/web", &["add", "odd/x"]);
        });
        assert_kept(odd, &|env| {
            let link = env.project().join("oca/web/odd/x");
            fs::remove_file(&link).expect("a symlink");
            fs::write(link, "one").expect("a file in its place");
        });
    }
}

#[test]
fn a_file_in_a_directory_of_odd_mode_that_the_user_changed_is_kept() {
    for mode in DIRECTORIES {
        let odd = Odd { mode, content: "one" };
        assert_kept(odd, &|env| env.write("oca/web/odd/x/file", "mine"));
    }
}

#[test]
fn a_move_that_was_killed_is_finished() {
    for mode in ["100664", "104755", "120777"] {
        let odd = Odd { mode, content: "one" };
        let (env, web) = placed(odd);
        let commit = commit(&web, Some(Odd { mode: usual(mode), content: "two" }));
        env.run(&["lock", "--upgrade"]);
        env.oca(&["sync"]).stopped_at("moving a checkout");
        env.sync();
        env.assert_checkout("oca/web", &commit);
        assert_clean(&env);
        let left = |name: &str| env.exists(format!("oca/web/.git/{name}"));
        assert!(!left("oca-move") && !left("oca-view"));
    }
}

#[test]
fn a_mode_of_no_kind_that_git_has_is_refused() {
    for mode in ["20644", "10644", "60644", "140755", "0"] {
        let env = Env::new();
        let web = Remote::new(&env, "web");
        let (file, manifest) = (web.blob(""), web.blob("{}"));
        let entries = [
            ("100644", &b"__init__.py"[..], file),
            ("100644", b"__manifest__.py", manifest),
            (mode, b"f", file),
        ];
        let module = web.raw_tree(&entries);
        web.commit_raw(web.raw_tree(&[("40000", b"web_x", module)]));
        env.declare_repos(REMOTES, &["web"]);
        let why = "its mode is not one of git's";
        env.oca(&["lock"]).stderr_contains("warning: `web/web_x/f`: ").stderr_contains(why).success();
        for command in [&["sync"][..], &["export", "../out"]] {
            env.oca(command).stderr_contains(&format!("`web_x/f` cannot be checked out: {why}")).status(3);
        }
        assert!(!env.exists("oca/web"));
    }
}
