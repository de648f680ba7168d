//! `oca add` and `oca remove` with pull requests and branches: `repos.toml` and the lock together, or neither.

use crate::env::Env;
use crate::merges::{lines, locked, requested};
use crate::project::{WEB, repository, short};

const HEAD: &str = "odoo = \"18.0\"\nbase-url = \"../remotes\"\n";

/// The project as it is, to see that a command left it so.
fn files(env: &Env) -> [String; 2] {
    [env.read("repos.toml"), env.read("oca.lock.json")]
}

/// The commit of `web` without what is merged into it.
fn base(env: &Env) -> String {
    locked(env, "\"name\": \"web\"", "name");
    env.locked_commit("web")
}

#[test]
fn a_request_is_added_with_its_title_and_removed_without_a_trace() {
    let env = Env::new();
    let remote = requested(&env);
    env.locked(WEB);
    let before = files(&env);
    let pin = base(&env);
    // The base stays where it is, though its branch moves on.
    remote.branch("18.0").file("web_x/x.txt", lines(&[(28, "28!"), (10, "ten")])).commit();
    env.oca(&["add", "web#1"])
        .stderr(&format!(
            "added `web#1` to `merges` of `[repos.web]`\nweb#1: merged at {}, 1 file by Odo Test\n\
             1 repository with 1 module, 1 changed\n",
            short(&remote.commit_of("refs/pull/1/head"))
        ))
        .success();
    let one = format!("{HEAD}{WEB}\n[repos.web]\nmerges = [\n  \"#1\", # [FIX] web_x: three\n]\n");
    env.assert_file("repos.toml", &one);
    assert_eq!(base(&env), pin);
    assert!(env.exists("oca.lock.d/web/01-1.patch"));
    env.oca(&["lock", "--check"]).success();

    env.oca(&["add", "web#2", "-q"]).success();
    env.assert_file("repos.toml", &one.replace("three\n", "three\n  \"#2\", # [ADD] web_new\n"));
    let both = files(&env);
    env.oca(&["add", "web#2"])
        .stderr("`web#2` is declared already, in `merges` of `[repos.web]`\n")
        .success();
    assert_eq!(files(&env), both);
    env.oca(&["sync", "-q"]).success();

    // The commit of the other one stays, too, though its request moves on.
    let second = locked(&env, "\"#2\"", "commit");
    remote.pull(2).file("web_x/x.txt", lines(&[(21, "more")])).commit();
    env.oca(&["remove", "web#1"])
        .stderr("removed `web#1` from `merges` of `[repos.web]`\nweb#1: not merged any more\n1 repository with 2 modules, 1 changed\n")
        .success();
    env.assert_file(
        "repos.toml",
        &format!("{HEAD}{WEB}\n[repos.web]\nmerges = [\n  \"#2\", # [ADD] web_new\n]\n"),
    );
    assert_eq!((base(&env), locked(&env, "\"#2\"", "commit")), (pin, second));
    assert!(env.exists("oca.lock.d/web/01-2.patch") && !env.exists("oca.lock.d/web/02-2.patch"));
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(20, "twenty"), (28, "28!")]));

    env.oca(&["remove", "web#2", "-q"]).success();
    assert_eq!(files(&env), before);
    assert!(!env.exists("oca.lock.d"));
}

#[test]
fn a_repository_that_is_not_declared_is_added_with_its_request() {
    let env = Env::new();
    requested(&env);
    env.locked("[profiles.standard]\nrepos = []\n");
    env.oca(&["add", "web#1", "web#2"])
        .stderr_contains("added `web` to profile `standard`\nadded `web#1` to `merges` of `[repos.web]`\n")
        .stderr_contains("added `web#2` to `merges` of `[repos.web]`\n")
        .success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{HEAD}[profiles.standard]\nrepos = [\n  \"web\",\n]\n\n[repos.web]\nmerges = [\n  \"#1\", # [FIX] web_x: three\n  \
             \"#2\", # [ADD] web_new\n]\n"
        ),
    );
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn hooks_that_would_change_the_steps_are_told_once() {
    let env = Env::new();
    requested(&env);
    env.write(".pre-commit-config.yaml", "repos: []\n");
    env.git(".", &["init", "-q"]);
    env.locked(WEB);
    let said = r"write `exclude: ^oca\.lock\.d/` into `.pre-commit-config.yaml`, so that no hook changes the steps of the lock";
    env.oca(&["add", "web#1"]).stderr_contains(said).success();
    let second = env.oca(&["add", "web#2"]).output().stderr;
    assert!(!second.contains("pre-commit"), "{second}");
    // With the line, or without hooks, nothing is to do.
    for text in [Some("exclude: ^oca\\.lock\\.d/\n"), None] {
        env.oca(&["remove", "web#1", "web#2", "-q"]).success();
        match text {
            Some(text) => env.write(".pre-commit-config.yaml", text),
            None => std::fs::remove_file(env.project().join(".pre-commit-config.yaml")).expect("a file"),
        }
        let first = env.oca(&["add", "web#1", "web#2"]).output().stderr;
        assert!(!first.contains("pre-commit"), "{first}");
    }
}

#[test]
fn a_conflict_leaves_everything_and_says_what_to_type() {
    let env = Env::new();
    requested(&env);
    env.locked(&format!("{WEB}[repos.web]\nmerges = [\"#1\"]\n"));
    let before = files(&env);
    env.oca(&["add", "web#3"])
        .stderr(
            "error: `web#3` conflicts with the earlier `web#1`\n\
             caused by: `web_x/x.txt`: both changed the same lines\n\
             error: `repos.toml` is not changed, because a merge conflicts\n\
             hint: write `\"#3\"` into `merges` of `[repos.web]`, then run `oca resolve web`\n",
        )
        .status(1);
    assert_eq!(files(&env), before);
    assert!(!env.exists("oca.lock.d/web/02-3.patch"));
}

#[test]
fn what_does_not_exist_is_refused_and_nothing_is_written() {
    let env = Env::new();
    requested(&env);
    env.locked(WEB);
    let before = files(&env);
    for (word, expected, code) in [
        ("web#9", "error: cannot merge `web#9`\n", 1),
        ("web#18.0-none", "error: cannot merge `web#18.0-none`\n", 1),
        (
            "web#a b c",
            "error: `a b c` names nothing to merge into `web`: `a b c` is not a valid merge: it must be `#NUMBER`, `REF` \
             or `URL REF`\nhint: write it as `web#2950`, `web#BRANCH` or `'web#URL BRANCH'`\n",
            2,
        ),
        ("web#", "names nothing to merge into `web`", 2),
        ("web#0", "names nothing to merge into `web`", 2),
    ] {
        env.oca(&["add", word]).stderr_contains(expected).status(code);
    }
    env.oca(&["add", "web#1", "--module", "web_x"])
        .stderr_contains("error: `--module` selects modules of a repository, not of the merge `web#1`\n")
        .status(2);
    env.oca(&["remove", "web#1"]).stderr_contains("error: there is no merge `web#1`\n").status(2);
    env.oca(&["remove", "dms#1"]).stderr_contains("error: no profile has a repository `dms`").status(2);
    assert_eq!(files(&env), before);
}

/// A project whose repositories are on a forge of its own.
fn forge(env: &Env) {
    let base = env.root().join("remotes").display().to_string();
    env.configure_git(&format!(
        "[url \"{base}/\"]\n\tinsteadOf = https://github.com/\n[url \"{base}/\"]\n\tinsteadOf = https://gitlab.com/\n"
    ));
}

/// `OCA/web` with the requests 1 to 3, and `acme/web` with the branch `18.0-fix`.
fn forked(env: &Env) {
    requested(env);
    std::fs::create_dir(env.remotes().join("OCA")).expect("a directory");
    std::fs::rename(env.remotes().join("web.git"), env.remotes().join("OCA/web.git")).expect("a repository");
    env.git("../remotes", &["clone", "-q", "--bare", "OCA/web.git", "acme/web.git"]);
    env.git("../remotes/OCA/web.git", &["update-ref", "refs/merge-requests/2/head", "refs/pull/2/head"]);
    env.git(
        "../remotes/OCA/web.git",
        &["push", "-q", "../../acme/web.git", "refs/pull/2/head:refs/heads/18.0-fix"],
    );
    forge(env);
}

#[test]
fn the_address_of_a_request_is_the_request() {
    for word in [
        "https://github.com/OCA/web/pull/1",
        "https://github.com/OCA/web/pull/1/files#diff-1",
        "github.com/OCA/web/pull/1/commits",
        "OCA/web#1",
        "https://github.com/OCA/web.git#1",
        "https://github.com/OCA/web#1",
    ] {
        let env = Env::new();
        forked(&env);
        env.write("repos.toml", "odoo = \"18.0\"\n[profiles.standard]\nrepos = []\n");
        env.oca(&["add", word, "-q"]).success();
        let text = env.read("repos.toml");
        assert!(
            text.ends_with("\n[repos.web]\nmerges = [\n  \"#1\", # [FIX] web_x: three\n]\n"),
            "{word}: {text}"
        );
        assert!(env.read("oca.lock.d/web/01-1.patch").contains("Link: https://github.com/OCA/web/pull/1\n"));
        env.oca(&["add", word]).stderr_contains("`web#1` is declared already").success();
        env.oca(&["remove", word, "-q"]).success();
        env.assert_file("repos.toml", "odoo = \"18.0\"\n[profiles.standard]\nrepos = [\n  \"web\",\n]\n");
    }
}

#[test]
fn a_merge_request_of_another_forge_is_the_request() {
    let env = Env::new();
    forked(&env);
    env.write(
        "repos.toml",
        "odoo = \"18.0\"\nbase-url = \"https://gitlab.com/OCA\"\n[profiles.standard]\nrepos = [\"web\"]\n",
    );
    env.lock();
    env.oca(&["add", "https://gitlab.com/OCA/web/-/merge_requests/2/diffs", "-q"]).success();
    assert!(env.read("repos.toml").contains("  \"#2\", # [ADD] web_new\n"));
}

/// A branch of a fork, in the forms in which people have it.
#[test]
fn a_branch_of_a_fork_is_merged() {
    for word in
        ["web#https://github.com/acme/web.git 18.0-fix", "web#https://github.com/acme/web/tree/18.0-fix"]
    {
        let env = Env::new();
        forked(&env);
        env.write("repos.toml", "odoo = \"18.0\"\n[profiles.standard]\nrepos = [\"web\"]\n");
        env.lock();
        env.oca(&["add", word])
            .stderr_contains(
                "added `web#https://github.com/acme/web.git 18.0-fix` to `merges` of `[repos.web]`\n",
            )
            .success();
        let entry = "  \"https://github.com/acme/web.git 18.0-fix\", # [ADD] web_new\n";
        assert!(env.read("repos.toml").contains(entry), "{word}");
        env.oca(&["remove", "web#18.0-fix", "-q"]).success();
        assert!(!env.read("repos.toml").contains("merges"));
    }
}

#[test]
fn the_own_url_of_a_repository_is_left_out() {
    let env = Env::new();
    forked(&env);
    env.write("repos.toml", "odoo = \"18.0\"\n[profiles.standard]\nrepos = [\"web\"]\n");
    env.lock();
    env.git("../remotes/OCA/web.git", &["branch", "18.0-mine", "refs/pull/1/head"]);
    env.oca(&["add", "web#https://github.com/OCA/web 18.0-mine", "-q"]).success();
    assert!(env.read("repos.toml").contains("  \"18.0-mine\", # [FIX] web_x: three\n"));
}

/// A project that follows a fork merges a request of the original.
#[test]
fn a_request_of_the_repository_that_was_forked_is_merged() {
    let env = Env::new();
    forked(&env);
    let head = "odoo = \"18.0\"\n[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nurl = \"https://github.com/acme/web.git\"\n";
    env.write("repos.toml", head);
    env.lock();
    let address = "https://github.com/OCA/web/pull/1";
    env.oca(&["add", address, "-q"]).success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{head}merges = [\n  \"https://github.com/OCA/web.git refs/pull/1/head\", # [FIX] web_x: three\n]\n"
        ),
    );
    env.oca(&["add", address]).stderr_contains("is declared already").success();
    env.oca(&["remove", address, "-q"]).success();
    env.assert_file("repos.toml", head);
}

#[test]
fn the_rest_of_the_file_stays() {
    let env = Env::new();
    requested(&env);
    let text = format!(
        "# ours\r\n{}[repos.web] # the web\r\nmerges = [\r\n  # waits\r\n  {{ pr = 1, why = \"x\" }}, # one\r\n]\r\nhold = true\r\n",
        format!("{HEAD}{WEB}").replace('\n', "\r\n")
    );
    env.write("repos.toml", &text);
    env.lock();
    env.oca(&["add", "web#2", "-q"]).success();
    let with = text.replace("# one\r\n", "# one\r\n  \"#2\", # [ADD] web_new\r\n");
    env.assert_file("repos.toml", &with);
    env.oca(&["remove", "web#1", "-q"]).success();
    env.assert_file("repos.toml", &with.replace("  { pr = 1, why = \"x\" }, # one\r\n", ""));
}

#[test]
fn profiles_with_different_branches_have_lists_of_their_own() {
    let env = Env::new();
    let remote = requested(&env);
    let old = remote.branch("17.0").module("web_x", &[]).commit();
    remote.pull(17).from(&old).file("web_x/old.txt", "old\n").message("[FIX] web_x: old\n").commit();
    env.locked(&format!(
        "default-profile = \"standard\"\n{WEB}[profiles.old]\nodoo = \"17.0\"\npath = \"old\"\nrepos = [\"web\"]\n"
    ));
    env.oca(&["add", "web#17", "-q", "-p", "old"]).success();
    assert!(
        env.read("repos.toml")
            .contains("[profiles.old.override.web]\nmerges = [\n  \"#17\", # [FIX] web_x: old\n]\n")
    );
    env.oca(&["add", "web#1"])
        .stderr_contains("added `web#1` to `merges` of `[profiles.standard.override.web]`\n")
        .success();
    env.oca(&["lock", "--check"]).success();
    env.oca(&["remove", "web#1", "-p", "old"])
        .stderr_contains("there is no merge `web#1`\nhint: the merges are `web#17`\n")
        .status(2);
    env.oca(&["remove", "web#1", "-q"]).success();
    assert!(!env.read("repos.toml").contains("standard.override"));
}

#[test]
fn a_merge_for_all_profiles_is_not_removed_from_one() {
    let env = Env::new();
    requested(&env);
    env.locked(&format!(
        "default-profile = \"standard\"\n{WEB}[profiles.more]\nextends = [\"standard\"]\n[repos.web]\nmerges = [\"#1\"]\n"
    ));
    env.oca(&["remove", "web#1", "-p", "more"])
        .stderr(
            "error: profile `more` has `web#1` from `[repos.web]`\n\
             hint: leave out `--profile` to remove it for all profiles\n",
        )
        .status(2);
    env.oca(&["remove", "web#1", "-q"]).success();
    assert!(!env.read("repos.toml").contains("[repos.web]"));
}

#[test]
fn two_merges_of_one_name_are_told_apart() {
    let env = Env::new();
    requested(&env);
    repository(&env, "dms", &["dms"]);
    for name in ["one", "two"] {
        env.git("../remotes", &["clone", "-q", "--bare", "web.git", &format!("{name}/web.git")]);
    }
    for (name, number) in [("one", 1), ("two", 2)] {
        let to = format!("../{name}/web.git");
        env.git(
            "../remotes/web.git",
            &["push", "-q", &to, &format!("refs/pull/{number}/head:refs/heads/18.0-fix")],
        );
    }
    env.locked(&format!("{WEB}[repos.web]\nmerges = [\"../remotes/one/web.git 18.0-fix\", \"../remotes/two/web.git 18.0-fix\"]\n"));
    env.oca(&["remove", "web#18.0-fix"])
        .stderr(
            "error: `web#18.0-fix` names several merges\n\
             hint: name one of `web#../remotes/one/web.git 18.0-fix`, `web#../remotes/two/web.git 18.0-fix`\n",
        )
        .status(2);
    env.oca(&["remove", "web#../remotes/one/web.git 18.0-fix", "-q"]).success();
    assert!(env.read("repos.toml").contains("merges = [\"../remotes/two/web.git 18.0-fix\"]\n"));
}
