//! `oca patch`: the commits of a checkout become a patch file, which is declared and locked.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};
use crate::project::short;

/// `web` with request 1, checked out.
fn checked_out(env: &Env) {
    requested(env);
    declare(env, "merges = [\"#1\"]");
    env.oca(&["sync", "-q"]).success();
}

fn commit(env: &Env, text: &str, message: &str) {
    env.write("oca/web/web_x/x.txt", text);
    env.git("oca/web", &["add", "-A"]);
    env.git("oca/web", &["commit", "-q", "-m", message]);
}

#[test]
fn commits_become_a_patch_that_everybody_gets() {
    let env = Env::new();
    checked_out(&env);
    commit(
        &env,
        &lines(&[(3, "three"), (10, "ten"), (28, "28!")]),
        "[FIX] web_x: ten\n\nBecause.\n\n--- not a file\ndiff --git a/x b/x\n",
    );
    env.write("oca/web/web_x/data.bin", b"\0\x01binary");
    env.write("oca/web/web_x/new file.txt", "no end");
    commit(&env, &lines(&[(3, "three"), (10, "TEN"), (28, "28!")]), "[IMP] web_x: zw\u{f6}lf");
    let tree = env.git("oca/web", &["rev-parse", "HEAD^{tree}"]);
    env.oca(&["patch", "web"])
        .stderr_contains("web: 2 commits written to `patches/web-fix-web_x-ten.patch`\n")
        .stderr_contains("web: moved to ")
        .success();
    let file = "patches/web-fix-web_x-ten.patch";
    let text = env.read(file);
    assert!(
        text.contains("From: Odo Test <odo@example.com>\nDate: Wed, 1 Jan 2025 00:00:00 +0000\n"),
        "{text}"
    );
    assert!(text.contains("Subject: [PATCH 1/2] [FIX] web_x: ten\n\nBecause.\n"), "{text}");
    assert!(env.read("repos.toml").contains("patches = [\n  \"patches/web-fix-web_x-ten.patch\",\n]\n"));
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD^{tree}"]), tree);
    let head = env.git("oca/web", &["rev-parse", "HEAD"]);
    assert_eq!(head.trim(), locked(&env, file, "result"));
    env.assert_sound_checkout("oca/web");
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["lock", "--check"]).success();
    // git itself reads it.
    env.git("oca/web", &["checkout", "-q", &locked(&env, "\"#1\"", "result")]);
    env.git("oca/web", &["am", "-q", "--keep-non-patch", &format!("../../{file}")]);
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD^{tree}"]), tree);
    assert_eq!(
        env.git("oca/web", &["log", "-2", "--format=%s"]),
        "[IMP] web_x: zw\u{f6}lf\n[FIX] web_x: ten\n"
    );
    env.oca(&["sync", "-q", "--force"]).success();
    // A second one is on top of the first.
    commit(&env, &lines(&[(3, "three"), (10, "TEN"), (15, "15!"), (28, "28!")]), "More");
    env.oca(&["patch", "web", "--name", "more"])
        .stderr_contains("1 commit written to `patches/more.patch`")
        .success();
    assert!(
        env.read("repos.toml")
            .contains("  \"patches/web-fix-web_x-ten.patch\",\n  \"patches/more.patch\",\n")
    );
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    // A name can have another end.
    for (word, file) in [("p.txt", "patches/p.txt"), ("fix-18.0", "patches/fix-18.0.patch")] {
        commit(&env, &lines(&[(3, "three"), (10, "TEN"), (15, word), (28, "28!")]), word);
        env.oca(&["patch", "web", "--name", word])
            .stderr_contains(&format!("1 commit written to `{file}`"))
            .success();
        assert!(env.exists(file));
    }
}

#[test]
fn a_killed_run_is_completed_by_the_next_one() {
    let file = "patches/web-fix-web_x-ten.patch";
    for place in ["patch written", "patch locked"] {
        let env = Env::new();
        checked_out(&env);
        commit(&env, &lines(&[(3, "three"), (10, "ten"), (28, "28!")]), "[FIX] web_x: ten");
        let tree = env.git("oca/web", &["rev-parse", "HEAD^{tree}"]);
        env.oca(&["patch", "web"]).stopped_at(place);
        env.oca(&["patch", "web"]).stderr_contains("web: moved to ").success();
        assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]).trim(), locked(&env, file, "result"));
        assert_eq!(env.git("oca/web", &["rev-parse", "HEAD^{tree}"]), tree);
        env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    }
    let env = Env::new();
    checked_out(&env);
    commit(&env, &lines(&[(3, "three"), (10, "ten"), (28, "28!")]), "[FIX] web_x: ten");
    env.write(file, "of somebody else\n");
    env.oca(&["patch", "web"])
        .stderr_contains("1 commit written to `patches/web-fix-web_x-ten-2.patch`\n")
        .success();
    env.assert_file(file, "of somebody else\n");
    // A patch that is declared counts, although its file is away.
    std::fs::rename(env.project().join("patches/web-fix-web_x-ten-2.patch"), env.root().join("x"))
        .expect("a file");
    commit(&env, &lines(&[(3, "three"), (10, "TEN"), (28, "28!")]), "[FIX] web_x: ten");
    env.oca(&["patch", "web"]).stderr_contains("there is no patch").status(2);
    std::fs::rename(env.root().join("x"), env.project().join("patches/web-fix-web_x-ten-2.patch"))
        .expect("a file");
    env.oca(&["patch", "web"]).stderr_contains("`patches/web-fix-web_x-ten-3.patch`\n").success();
}

#[test]
fn a_merge_of_the_user_becomes_one_patch() {
    let env = Env::new();
    checked_out(&env);
    env.git("oca/web", &["switch", "-q", "-c", "side"]);
    commit(&env, &lines(&[(3, "three"), (10, "ten"), (28, "28!")]), "Side");
    env.git("oca/web", &["checkout", "-q", "--detach", "HEAD~1"]);
    commit(&env, &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]), "Main");
    env.git("oca/web", &["merge", "-q", "--no-edit", "side"]);
    let tree = env.git("oca/web", &["rev-parse", "HEAD^{tree}"]);
    env.oca(&["patch", "web"])
        .stderr_contains("web: 1 commit written to `patches/web-merge-branch-side-into-head.patch`\n")
        .success();
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD^{tree}"]), tree);
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

#[test]
fn what_is_no_commit_on_top_of_the_lock_is_refused() {
    let env = Env::new();
    checked_out(&env);
    let declared = env.read("repos.toml");
    env.oca(&["patch", "web"])
        .stderr(
            "error: the checkout of `web` has no commits of yours\n\
             hint: commit your changes in `[TEMP]/project/oca/web`\n",
        )
        .status(1);
    env.write("oca/web/web_x/x.txt", "mine");
    env.write("oca/web/new.txt", "mine");
    env.oca(&["patch", "web"])
        .stderr(
            "error: `web` has changes that are not committed, in `new.txt`, `web_x/x.txt`\n\
             hint: commit them, or move them away, and run `oca patch web` again\n",
        )
        .status(1);
    commit(&env, "mine", "Mine");
    for (word, said) in [
        ("../x.patch", "error: the name of the patch leads out of the project: `../x.patch`\n"),
        ("/x.patch", "leads out of the project"),
        ("repos.toml/", "leads out of the project"),
    ] {
        env.oca(&["patch", "web", "--name", word]).stderr_contains(said).status(2);
    }
    env.write("patches/web-mine.patch", "");
    env.oca(&["patch", "web", "--name", "web-mine"])
        .stderr_contains("web-mine.patch` already exists")
        .status(2);
    env.git("oca/web", &["checkout", "-q", "--detach", "HEAD~2"]);
    commit(&env, "mine", "Mine");
    env.oca(&["patch", "web", "--name", "x"])
        .stderr_contains("error: the commits in the checkout of `web` are not on top of the locked commit\n")
        .stderr_contains(
            "hint: run `git -C [TEMP]/project/oca/web branch mine HEAD`, `git -C [TEMP]/project/oca/web checkout --detach ",
        )
        .status(1);
    // The commits are still there after the commands of the hint.
    env.git("oca/web", &["branch", "mine", "HEAD"]);
    env.git("oca/web", &["checkout", "-q", "--detach", &locked(&env, "\"#1\"", "result")]);
    assert_eq!(env.git("oca/web", &["log", "-1", "--format=%s", "mine"]), "Mine\n");
    assert_eq!(env.read("repos.toml"), declared);
    assert!(!env.exists("patches/x.patch"));
    env.oca(&["patch", "dms"]).stderr_contains("no profile has a repository `dms`").status(2);
}

/// The lock has moved on. The commands of the hint work.
#[test]
fn commits_on_an_older_lock_are_put_on_top_of_the_new_one() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["sync", "-q"]).success();
    let old = env.head("oca/web");
    commit(&env, &lines(&[(3, "three"), (10, "ten"), (28, "28!")]), "Ten");
    remote.branch("18.0").file("web_x/x.txt", lines(&[(20, "zwanzig"), (28, "28!")])).commit();
    env.oca(&["upgrade", "-q"]).success();
    let new = locked(&env, "\"#1\"", "result");
    env.oca(&["sync"])
        .stderr_contains("hint: run `oca patch web` to keep them as a patch, push them, or")
        .status(1);
    let path = env.project().join("oca/web").display().to_string();
    env.oca(&["patch", "web"])
        .stderr(&format!(
            "error: the commits in the checkout of `web` are not on top of the locked commit\n\
             hint: run `git -C [TEMP]/project/oca/web rebase --onto {} {}`, then `oca patch web`; the checkout has the \
             locked commit now\n",
            short(&new),
            short(&old)
        ))
        .status(1);
    env.git(".", &["-C", &path, "rebase", "-q", "--onto", short(&new), short(&old)]);
    env.oca(&["patch", "web"]).stderr_contains("1 commit written to `patches/web-ten.patch`").success();
    env.assert_sound_checkout("oca/web");
    env.assert_file(
        "oca/web/web_x/x.txt",
        &lines(&[(3, "three"), (10, "ten"), (20, "zwanzig"), (28, "28!")]),
    );
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

/// What replaces the commit of a patch, of a merge, or of the remote. The commands of the hint work.
#[test]
fn an_amended_commit_of_oca_becomes_one_of_its_own() {
    let before = lines(&[(3, "three"), (28, "28!")]);
    for (is_merged, has_patch) in [(true, true), (true, false), (false, false)] {
        let env = Env::new();
        requested(&env);
        declare(&env, if is_merged { "merges = [\"#1\"]" } else { "" });
        env.oca(&["sync", "-q"]).success();
        if has_patch {
            commit(&env, &before.replace("10\n", "ten\n"), "[FIX] web_x: ten");
            env.oca(&["patch", "web", "-q"]).success();
        }
        let locked = env.head("oca/web");
        let text = env.read("oca/web/web_x/x.txt").replace("15\n", "fifteen\n");
        env.write("oca/web/web_x/x.txt", &text);
        env.git("oca/web", &["commit", "-q", "-a", "--amend", "--no-edit"]);
        env.oca(&["sync"]).stderr_contains("hint: run `oca patch web` to keep them").status(1);
        env.oca(&["status"]).stdout_contains("local commits").status(1);
        let git = |args: &str| format!("git -C [TEMP]/project/oca/web {args}");
        env.oca(&["patch", "web"])
            .stderr(&format!(
                "error: the commits in the checkout of `web` are not on top of the locked commit\n\
                 hint: your commit replaces the locked one: run `{}` and `{}` to keep what you changed as a commit of \
                 its own, then `oca patch web`; the checkout has the locked commit now\n",
                git(&format!("reset --soft {}", short(&locked))),
                git("commit"),
            ))
            .status(1);
        env.git("oca/web", &["reset", "-q", "--soft", short(&locked)]);
        env.git("oca/web", &["commit", "-q", "-m", "Fifteen"]);
        env.oca(&["patch", "web"])
            .stderr_contains("1 commit written to `patches/web-fifteen.patch`")
            .success();
        env.assert_file("oca/web/web_x/x.txt", &text);
        env.assert_sound_checkout("oca/web");
        env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    }
}

#[test]
fn a_patch_that_cannot_be_locked_leaves_nothing() {
    let env = Env::new();
    requested(&env);
    env.declare("[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"web_x\"]\n");
    env.oca(&["sync", "-q"]).success();
    let (declared, lock) = (env.read("repos.toml"), env.read("oca.lock.json"));
    env.git("oca/web", &["rm", "-q", "-r", "web_x"]);
    env.git("oca/web", &["commit", "-q", "-m", "Without web_x"]);
    let head = env.git("oca/web", &["rev-parse", "HEAD"]);
    env.oca(&["patch", "web"]).stderr_contains("web_x").status(2);
    assert_eq!((env.read("repos.toml"), env.read("oca.lock.json")), (declared, lock));
    assert!(!env.exists("patches/web-without-web_x.patch"));
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]), head);
}

#[test]
fn an_entry_of_a_submodule_and_a_mode_are_kept_too() {
    let env = Env::new();
    checked_out(&env);
    let link = format!("160000,{},sub", "1".repeat(40));
    env.git("oca/web", &["update-index", "--add", "--cacheinfo", &link]);
    env.git("oca/web", &["update-index", "--chmod=+x", "web_x/x.txt"]);
    env.git("oca/web", &["commit", "-q", "-m", "Odd entries"]);
    env.git("oca/web", &["checkout", "-q", "--", "."]);
    let tree = env.git("oca/web", &["rev-parse", "HEAD^{tree}"]);
    env.oca(&["patch", "-q", "web"]).success();
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD^{tree}"]), tree);
    env.oca(&["lock", "--check"]).success();
}

/// `repos.toml` declares the patch, and cannot be put back.
#[cfg(unix)]
#[test]
fn a_patch_that_is_declared_is_kept() {
    let env = Env::new();
    checked_out(&env);
    commit(&env, &lines(&[(3, "three"), (10, "ten"), (28, "28!")]), "Ten");
    let block = |file: &str| {
        let path = env.project().join(file);
        std::fs::rename(&path, path.with_extension("old")).expect("a file");
        std::fs::create_dir(&path).expect("a directory");
    };
    env.oca(&["patch", "web"])
        .stderr_contains("error: `repos.toml` is changed, but the lock is not\n")
        .held_at("steps staged", || ["oca.lock.json", "repos.toml"].into_iter().for_each(block))
        .status(2);
    assert!(env.read("repos.old").contains("patches/web-ten.patch"));
    assert!(env.read("patches/web-ten.patch").contains("+ten\n"));
}

/// `*.patch` is a common line of `.gitignore`.
#[test]
fn files_that_git_ignores_are_told() {
    let env = Env::new();
    env.git("", &["init", "-q"]);
    env.write(".gitignore", "*.patch\n/oca/\n");
    checked_out(&env);
    commit(&env, &lines(&[(3, "three"), (10, "ten"), (28, "28!")]), "[FIX] web_x: ten");
    let warning = "warning: git ignores `oca.lock.d/web/01-1.patch` and 2 more: other clones will not have them\n\
        hint: change `.gitignore`, or run `git add --force oca.lock.d/web/01-1.patch ";
    env.oca(&["patch", "web"]).stderr_contains(warning).success();
    env.oca(&["lock", "--check"]).stderr_contains(warning).success();
    env.git("", &["add", "--force", "oca.lock.d", "patches"]);
    env.oca(&["lock", "--check"]).success();
}
