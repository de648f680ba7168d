//! `oca resolve --abort` puts back what the merge changed, and nothing else; files that git ignores are never overwritten.

use crate::env::Env;
use crate::merges::{declare, lines, locked};
use crate::remote::Remote;

/// `web` with a request that conflicts with the new head of its branch in `web_x/x.txt`. It adds and removes files, and
/// leaves `web_x/y.txt` alone. The checkout is at the new head, or still at the old one.
fn opened(env: &Env, is_new: bool) -> Remote {
    opened_after(env, is_new, |_| ())
}

/// The same, if this is done to the new head of the branch first.
fn opened_after(env: &Env, is_new: bool, change: impl FnOnce(&Remote)) -> Remote {
    let remote = Remote::new(env, "web");
    let base = remote
        .branch("18.0")
        .module("web_x", &[])
        .module("web_gone", &[])
        .file("web_x/x.txt", lines(&[]))
        .file("web_x/y.txt", "y\n")
        .file("web_x/z.txt", "z\n")
        .file(".gitignore", "*.log\n")
        .commit();
    remote
        .pull(1)
        .from(&base)
        .file("web_x/x.txt", lines(&[(3, "three")]))
        .file("web_x/z.txt", "z of the request\n")
        .module("web_new", &[])
        .file("web_new/static/src/new.js", "new\n")
        .remove("web_gone/__init__.py")
        .remove("web_gone/__manifest__.py")
        .message("[FIX] web_x: three\n")
        .commit();
    declare(env, "");
    env.oca(&["sync", "-q"]).success();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(3, "drei")])).commit();
    change(&remote);
    if is_new {
        env.oca(&["upgrade", "-q"]).success();
        env.oca(&["sync", "-q"]).success();
    }
    declare(env, "merges = [\"#1\"]");
    env.oca(&["lock", "-q", "--upgrade", "web"]).stderr_contains("`web#1` conflicts").status(1);
    remote
}

fn status(env: &Env) -> String {
    env.git("oca/web", &["status", "--porcelain", "--ignored"])
}

#[test]
fn an_abort_leaves_nothing_of_the_merge() {
    for (is_new, command, code) in [
        (false, &["resolve", "-q", "web", "--abort"][..], 0),
        (true, &["resolve", "-q", "web", "--abort"], 0),
        (true, &["sync", "-q", "--force"], 1),
    ] {
        let env = Env::new();
        opened(&env, is_new);
        let head = env.head("oca/web");
        env.oca(&["resolve", "-q", "web"]).success();
        assert!(env.exists("oca/web/web_new/static/src/new.js"));
        assert!(!env.exists("oca/web/web_gone"));
        let run = env.oca(command);
        let run = if code == 0 { run } else { run.stderr_contains("`web#1` conflicts") };
        run.status(code);
        assert_eq!(status(&env), "");
        assert_eq!(env.head("oca/web"), head);
        assert!(!env.exists("oca/web/web_new"), "{command:?}");
        assert!(env.exists("oca/web/web_gone/__manifest__.py"));
        env.git("oca/web", &["fsck", "--no-dangling"]);
        declare(&env, "");
        env.oca(&["sync"]).stderr_contains("up to date").success();
    }
}

/// As `git merge --abort` does it.
#[test]
fn an_abort_keeps_changes_that_are_not_of_the_merge() {
    let env = Env::new();
    opened(&env, false);
    env.oca(&["resolve", "-q", "web"]).success();
    env.write("oca/web/web_x/y.txt", "mine\n");
    env.write("oca/web/web_x/mine.txt", "mine\n");
    env.write("oca/web/web_x/x.txt", "half resolved\n");
    env.oca(&["resolve", "web", "--abort"]).stderr("web: the checkout is as it was\n").success();
    assert_eq!(status(&env), " M web_x/y.txt\n?? web_x/mine.txt\n");
    env.assert_file("oca/web/web_x/y.txt", "mine\n");
    env.assert_file("oca/web/web_x/x.txt", &lines(&[]));
}

#[test]
fn an_abort_names_changes_that_would_be_lost() {
    let env = Env::new();
    opened(&env, false);
    env.oca(&["resolve", "-q", "web"]).success();
    env.write("oca/web/web_x/z.txt", "mine\n");
    let refused = "error: `web` has changes that are not of the merge, in `web_x/z.txt`\n\
                   hint: copy them to another place, undo them, and run `oca resolve web --abort`\n";
    env.oca(&["resolve", "web", "--abort"]).stderr(refused).status(1);
    env.assert_file("oca/web/web_x/z.txt", "mine\n");
    // Also after git closed the merge: then what is staged is not of the merge either.
    env.git("oca/web", &["checkout", "-q", "--", "web_x/z.txt"]);
    env.git("oca/web", &["merge", "--abort"]);
    env.write("oca/web/web_x/x.txt", "mine\n");
    env.git("oca/web", &["add", "web_x/x.txt"]);
    env.write("oca/web/web_x/y.txt", "mine\n");
    env.oca(&["resolve", "web", "--continue"]).stderr_contains("`web#1` is not open any more").status(1);
    env.oca(&["resolve", "web", "--abort"]).stderr(&refused.replace("z.txt", "x.txt")).status(1);
    env.git("oca/web", &["checkout", "-q", "HEAD", "--", "web_x/x.txt"]);
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert_eq!(status(&env), " M web_x/y.txt\n");
    // An untracked file in the place of one that comes back.
    env.git("oca/web", &["checkout", "-q", "--", "."]);
    env.oca(&["resolve", "-q", "web"]).success();
    env.write("oca/web/web_gone/__init__.py", "mine\n");
    env.oca(&["resolve", "web", "--abort"])
        .stderr(&refused.replace("web_x/z.txt", "web_gone/__init__.py"))
        .status(1);
    env.assert_file("oca/web/web_gone/__init__.py", "mine\n");
    env.oca(&["sync", "-q", "--force"]).success();
    assert_eq!(status(&env), "");
}

/// The checkout would be deleted with them.
#[test]
fn an_abort_names_edits_in_a_checkout_that_was_made_for_the_merge() {
    let env = Env::new();
    opened(&env, false);
    std::fs::remove_dir_all(env.project().join("oca/web")).expect("a checkout");
    env.oca(&["resolve", "-q", "web"]).success();
    env.write("oca/web/web_x/y.txt", "mine\n");
    env.oca(&["resolve", "web", "--abort"])
        .stderr_contains("error: `web` has changes that are not of the merge, in `web_x/y.txt`\n")
        .status(1);
    env.git("oca/web", &["checkout", "-q", "--", "web_x/y.txt"]);
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert!(!env.exists("oca/web"));
}

/// The same is true of files that git ignores. What Python and `git mergetool` write is no work of a person.
#[test]
fn an_abort_names_ignored_files_in_a_checkout_that_was_made_for_the_merge() {
    let env = Env::new();
    let remote = opened(&env, false);
    remote.branch("18.0").file(".gitignore", "*.log\n*.orig\n__pycache__/\n/data/\n").commit();
    env.oca(&["lock", "-q", "--upgrade", "web"]).stderr_contains("`web#1` conflicts").status(1);
    std::fs::remove_dir_all(env.project().join("oca/web")).expect("a checkout");
    env.oca(&["resolve", "-q", "web"]).success();
    env.write("oca/web/web_x/__pycache__/x.cpython-311.pyc", "cache");
    env.write("oca/web/web_x/x.txt.orig", "git mergetool makes it");
    env.write("oca/web/web_x/secret.log", "mine\n");
    env.write("oca/web/data/a/b", "mine\n");
    let refused = "error: `web` has files that git ignores: `data/`, `web_x/secret.log`; they would be deleted with \
                   the checkout\n\
                   hint: move them to another place, or delete them, and run `oca resolve web --abort`\n";
    env.oca(&["resolve", "web", "--abort"]).stderr(refused).status(1);
    env.assert_file("oca/web/web_x/secret.log", "mine\n");
    assert!(env.git("oca/web", &["status", "--porcelain"]).contains("UU web_x/x.txt\n"));
    std::fs::remove_dir_all(env.project().join("oca/web/data")).expect("a directory");
    std::fs::remove_file(env.project().join("oca/web/web_x/secret.log")).expect("a file");
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert!(!env.exists("oca/web"));
    // `--force` discards them, as it does elsewhere.
    env.oca(&["resolve", "-q", "web"]).success();
    env.write("oca/web/web_x/secret.log", "mine\n");
    env.oca(&["sync", "-q", "--force"]).success();
    assert!(!env.exists("oca/web/web_x/secret.log"));
}

#[test]
fn a_killed_abort_is_finished_by_the_next_one() {
    for is_new in [false, true] {
        for place in [
            "beginning to put back",
            "files of a merge are removed",
            "files of a merge are replaced",
            "files are put back",
            "HEAD is put back",
            "no merge is open",
        ] {
            let env = Env::new();
            opened(&env, is_new);
            let head = env.head("oca/web");
            env.oca(&["resolve", "-q", "web"]).success();
            env.write("oca/web/web_x/y.txt", "mine\n");
            env.oca(&["resolve", "web", "--abort"]).stopped_at(place);
            // What is left of the merge is no resolution.
            env.oca(&["resolve", "web", "--continue"])
                .stderr_contains("error: the checkout of `web` is not where `web#1` was opened\n")
                .status(1);
            env.oca(&["resolve", "web", "--abort"]).stderr("web: the checkout is as it was\n").success();
            assert_eq!((status(&env).as_str(), env.head("oca/web")), (" M web_x/y.txt\n", head), "{place}");
            env.assert_file("oca/web/web_x/y.txt", "mine\n");
            env.git("oca/web", &["fsck", "--no-dangling"]);
        }
    }
}

/// libgit2 has such trees in memory only. What a killed abort needs later must be on the disk.
#[cfg(unix)]
#[test]
fn a_killed_abort_is_finished_also_in_a_commit_with_old_modes() {
    let env = Env::new();
    opened_after(&env, true, |remote| {
        env.shell(&format!(
            "cd '{}' && \
             tree=$(git cat-file tree '18.0^{{tree}}' | LC_ALL=C sed 's/100644 \\.gitignore/100664 .gitignore/' | \
             git hash-object -t tree -w --literally --stdin) && \
             git update-ref refs/heads/18.0 $(git commit-tree -p 18.0 -m old $tree)",
            remote.path().display()
        ));
    });
    env.shell("git -C oca/web cat-file tree 'HEAD^{tree}' | grep -aq '100664 .gitignore'");
    let head = env.head("oca/web");
    env.oca(&["resolve", "-q", "web"]).success();
    env.oca(&["resolve", "web", "--abort"]).stopped_at("files of a merge are removed");
    env.oca(&["resolve", "web", "--abort"]).stderr("web: the checkout is as it was\n").success();
    assert_eq!((status(&env), env.head("oca/web")), (String::new(), head));
}

/// The system had no time to write the whole file.
#[test]
fn a_file_that_a_killed_abort_wrote_by_half_is_no_change_of_a_person() {
    let env = Env::new();
    opened(&env, true);
    let head = env.head("oca/web");
    env.oca(&["resolve", "-q", "web"]).success();
    env.oca(&["resolve", "web", "--abort"]).stopped_at("files of a merge are removed");
    let manifest = env.git("oca/web", &["show", "HEAD:web_gone/__manifest__.py"]);
    env.write("oca/web/web_gone/__manifest__.py", &manifest[..9]);
    env.write("oca/web/web_x/z.txt", "");
    env.write("oca/web/web_x/x.txt", &lines(&[])[..9]);
    env.oca(&["resolve", "web", "--abort"]).stderr("web: the checkout is as it was\n").success();
    assert_eq!((status(&env), env.head("oca/web")), (String::new(), head));
    env.assert_file("oca/web/web_x/z.txt", "z\n");
    env.assert_file("oca/web/web_gone/__manifest__.py", &manifest);
}

#[test]
fn a_killed_run_is_taken_back() {
    let env = Env::new();
    opened(&env, false);
    let head = env.head("oca/web");
    env.oca(&["resolve", "web"]).stopped_at("opening a merge");
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert_eq!((status(&env), env.head("oca/web")), (String::new(), head));
    assert!(!env.exists("oca/web/web_new"));
    env.oca(&["resolve", "web"]).stopped_at("opening a merge");
    env.oca(&["resolve", "-q", "web"]).success();
    assert!(status(&env).contains("UU web_x/x.txt\n"));
    assert!(env.exists("oca/web/web_new"));
    env.oca(&["resolve", "-q", "web", "--abort"]).success();
    assert_eq!(status(&env), "");
}

/// As `oca sync` does it.
#[test]
fn an_ignored_file_is_not_overwritten() {
    let env = Env::new();
    let remote = opened(&env, false);
    remote.pull(1).file("web_x/secret.log", "theirs\n").commit();
    env.write("oca/web/web_x/secret.log", "mine\n");
    let head = env.head("oca/web");
    let refused = "error: `web` was not changed: uncommitted changes in `web_x/secret.log`\n";
    env.oca(&["resolve", "web"]).stderr_contains(refused).status(1);
    env.assert_file("oca/web/web_x/secret.log", "mine\n");
    assert_eq!((status(&env).as_str(), env.head("oca/web")), ("!! web_x/secret.log\n", head));
    env.oca(&["resolve", "web", "--abort"]).stderr_contains("nothing of `web` is open").status(1);
    let (file, aside) = (env.project().join("oca/web/web_x/secret.log"), env.root().join("secret.log"));
    std::fs::rename(&file, &aside).expect("a file");
    env.oca(&["resolve", "-q", "web"]).success();
    // The next request adds another one.
    env.write("oca/web/web_x/x.txt", lines(&[(3, "drei und three")]));
    env.git("oca/web", &["add", "web_x/x.txt"]);
    env.oca(&["resolve", "-q", "web", "--continue"]).success();
    env.assert_file("oca/web/web_x/secret.log", "theirs\n");
    assert_eq!(locked(&env, "\"#1\"", "step"), "resolved");
}

#[test]
fn the_end_of_work_overwrites_no_ignored_file() {
    let env = Env::new();
    let remote = opened(&env, false);
    declare(&env, "");
    env.oca(&["sync", "-q"]).success();
    env.oca(&["work", "-q", "web", "--branch", "mine"]).success();
    remote.branch("18.0").file("web_x/secret.log", "theirs\n").commit();
    env.write("oca/web/web_x/secret.log", "mine\n");
    env.oca(&["upgrade", "-q"]).success();
    env.oca(&["work", "web", "--done"])
        .stderr_contains("error: `web` was not changed: uncommitted changes in `web_x/secret.log`\n")
        .status(1);
    env.assert_file("oca/web/web_x/secret.log", "mine\n");
    std::fs::remove_file(env.project().join("oca/web/web_x/secret.log")).expect("a file");
    env.oca(&["work", "-q", "web", "--done"]).success();
    env.assert_file("oca/web/web_x/secret.log", "theirs\n");
}
