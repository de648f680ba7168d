//! `oca work`: a checkout on a branch of the user is left alone until the user is done.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};
use crate::project::short;
use crate::remote::Remote;
use crate::server::Server;

/// `web` with request 1 and a branch of a fork, checked out.
fn checked_out(env: &Env) -> [Remote; 2] {
    let remote = requested(env);
    let fork = Remote::new(env, "acme/web");
    let url = remote.path().display().to_string();
    env.git(fork.path(), &["fetch", "-q", &url, "refs/heads/18.0:refs/heads/18.0"]);
    let draft = fork.branch("18.0-fix").from(&fork.commit_of("18.0"));
    draft.file("web_x/fork.txt", "1\n").message("[ADD] one\n").commit();
    fork.branch("18.0-fix").file("web_x/fork.txt", "1\n2\n").message("[ADD] two\n").commit();
    declare(env, "merges = [\"#1\", \"../remotes/acme/web.git 18.0-fix\"]");
    env.oca(&["sync", "-q"]).success();
    [remote, fork]
}

fn commit(env: &Env, file: &str, message: &str) -> String {
    env.write(format!("oca/web/{file}"), message);
    env.git("oca/web", &["add", file]);
    env.git("oca/web", &["commit", "-q", "-m", message]);
    env.git("oca/web", &["rev-parse", "HEAD"]).trim().to_owned()
}

#[test]
fn a_branch_of_a_fork_is_pushed_and_taken_by_an_upgrade() {
    let env = Env::new();
    let [remote, fork] = checked_out(&env);
    let result = env.git("oca/web", &["rev-parse", "HEAD"]);
    env.oca(&["work", "web#18.0-fix"])
        .stderr("web: in work on branch `18.0-fix`, which tracks `acme/18.0-fix`\n")
        .success();
    let git = |args: &[&str]| env.git("oca/web", args);
    assert_eq!(git(&["status", "-sb", "--porcelain"]), "## 18.0-fix...acme/18.0-fix\n");
    assert_eq!(git(&["log", "--format=%s", "origin/18.0.."]), "[ADD] two\n[ADD] one\n");
    assert_eq!(git(&["merge-base", "HEAD", "origin/18.0"]).trim(), remote.commit_of("18.0"));
    git(&["fsck", "--no-dangling"]);
    let mine = commit(&env, "web_x/mine.txt", "mine");
    let left_alone = |env: &Env| {
        env.oca(&["sync"]).stderr("web: in work on branch `18.0-fix`\n1 repository up to date\n").success();
        assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]).trim(), mine);
    };
    left_alone(&env);
    env.oca(&["sync", "-q", "--force"]).success();
    left_alone(&env);
    env.oca(&["status"])
        .stdout(&format!(
            "web  in work  {}, locked at {}  branch `18.0-fix`\n",
            short(&mine),
            short(result.trim())
        ))
        .success();
    env.oca(&["status", "--format", "json"]).stdout_contains("\"state\": \"in-work\"").success();
    env.oca(&["sync", "--dry-run"])
        .stdout("web: in work on branch `18.0-fix`\n")
        .stderr("1 repository up to date\n")
        .success();
    env.oca(&["addons-path"]).stdout_contains("/oca/web").success();
    env.oca(&["work", "web", "--done"])
        .stderr(&format!(
            "error: `web` was not changed: local commits up to `{}`\n\
             hint: commit and push your work, or use `--force` to discard it\n",
            short(&mine)
        ))
        .status(1);
    git(&["push", "-q"]);
    assert_eq!(fork.commit_of("18.0-fix"), mine);
    left_alone(&env);
    env.oca(&["lock", "-q", "--upgrade", "web#18.0-fix"]).success();
    assert_eq!(locked(&env, "18.0-fix", "commit"), mine);
    left_alone(&env);
    env.oca(&["work", "web", "--done"])
        .stderr(&format!(
            "web: moved to {}\nweb: branch `18.0-fix` stays in the checkout\n",
            short(&locked(&env, "18.0-fix", "result"))
        ))
        .success();
    assert!(env.exists("oca/web/web_x/mine.txt"));
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["status"]).stdout_contains("clean").success();
    env.assert_sound_checkout("oca/web");
    // The branch can be taken up again.
    env.oca(&["work", "-q", "web#18.0-fix"]).success();
    assert_eq!(git(&["rev-parse", "HEAD"]).trim(), mine);
    env.oca(&["work", "-q", "web", "--done"]).success();
    env.oca(&["work", "web", "--done"])
        .stderr(
            "error: the checkout of `web` is not in work\nhint: run `oca sync web` to check out the locked commit\n",
        )
        .status(1);
}

#[test]
fn a_request_is_tracked_by_its_ref() {
    let env = Env::new();
    let remote = requested(&env);
    let server = Server::start(&env);
    env.declare_repos_with(&server.base(), &["web"], "[repos.web]\nmerges = [\"#1\"]\n");
    env.oca(&["lock", "-q"]).success();
    env.oca(&["work", "web#2"])
        .stderr(
            "web: in work on branch `request-2`, which tracks `request-2/head`\n\
             web: the server takes no push to a request; push to the branch of its fork\n",
        )
        .success();
    let git = |args: &[&str]| env.git("oca/web", args);
    assert_eq!(git(&["rev-parse", "HEAD"]).trim(), remote.commit_of("refs/pull/2/head"));
    // Both histories reach to where they meet, and no further.
    assert_eq!(git(&["merge-base", "HEAD", "origin/18.0"]), git(&["rev-parse", "HEAD~1"]));
    assert_eq!(git(&["rev-list", "--count", "HEAD", "origin/18.0"]), "3\n");
    git(&["fsck", "--no-dangling"]);
    let new = remote.pull(2).file("web_x/more.txt", "").commit();
    git(&["pull", "-q", "--ff-only"]);
    assert_eq!(git(&["rev-parse", "HEAD"]).trim(), new);
    env.oca(&["work", "-q", "web", "--done"]).success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["work", "web#7"])
        .stderr_contains("cannot merge `web#7`")
        .stderr_contains("the remote has no pull or merge request `#7`")
        .status(1);
    assert!(!env.exists("oca/web/.git/oca-work"));
}

#[test]
fn a_new_branch_starts_from_the_pin() {
    let env = Env::new();
    let [remote, _fork] = checked_out(&env);
    env.oca(&["work", "web", "--branch", "18.0-new"])
        .stderr("web: in work on branch `18.0-new`, which is new\n")
        .success();
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]).trim(), remote.commit_of("18.0"));
    commit(&env, "web_x/new.txt", "new");
    env.oca(&["resolve", "web"]).stderr("web: nothing conflicts\n").success();
    env.oca(&["work", "web#1"])
        .stderr(
            "error: `web` was not changed: `[TEMP]/project/oca/web` is in work on branch `18.0-new`\n\
             hint: run `oca work web --done` first\n",
        )
        .status(1);
    env.oca(&["work", "-q", "web", "--done", "--force"]).success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    assert_eq!(env.git("oca/web", &["log", "-1", "--format=%s", "18.0-new"]), "new\n");
    // A branch of the user is never moved.
    env.oca(&["work", "web", "--branch", "18.0-new"])
        .stderr(
            "error: the checkout of `web` has a branch `18.0-new` already, at another commit\n\
             hint: run `git switch 18.0-new` in the checkout, then `oca work web`\n",
        )
        .status(1);
    env.oca(&["work", "web"])
        .stderr(
            "error: the checkout of `web` is on no branch\n\
             hint: name a request or a branch: `oca work web#2950`, `oca work web --branch 18.0-fix`\n",
        )
        .status(1);
    env.git("oca/web", &["switch", "-q", "18.0-new"]);
    env.oca(&["work", "web"]).stderr("web: in work on branch `18.0-new`\n").success();
    env.oca(&["sync"]).stderr("web: in work on branch `18.0-new`\n1 repository up to date\n").success();
}

#[test]
fn local_work_is_not_touched() {
    let env = Env::new();
    checked_out(&env);
    env.write("oca/web/web_x/x.txt", "mine");
    env.oca(&["work", "web#18.0-fix"])
        .stderr_contains("error: `web` was not changed: uncommitted changes in `web_x/x.txt`")
        .status(1);
    env.assert_file("oca/web/web_x/x.txt", "mine");
    assert!(!env.exists("oca/web/.git/oca-work"));
    env.oca(&["work", "web#a..b"]).stderr_contains("`a..b` is not a valid branch name").status(2);
    env.oca(&["work", "dms"]).stderr_contains("no profile has a repository `dms`").status(2);
}

#[test]
fn a_pushed_branch_is_not_moved_silently() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    remote.branch("18.0").module("web_x", &[]).file("web_x/x.txt", lines(&[])).commit();
    declare(&env, "");
    env.oca(&["sync", "-q"]).success();
    env.git("oca/web", &["switch", "-q", "-c", "18.0-mine"]);
    let mine = commit(&env, "mine.txt", "mine");
    env.git("oca/web", &["push", "-q", "origin", "18.0-mine"]);
    env.git("oca/web", &["update-ref", "refs/remotes/origin/18.0-mine", &mine]);
    remote.branch("18.0").file("new.txt", "").commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["sync"])
        .stderr(
            "1 repository, 0 changed\n\
             error: `web` was not changed: commits on branch `18.0-mine`\n\
             hint: run `oca work web` to leave it there, or use `--force` to leave the branch\n",
        )
        .status(1);
    env.oca(&["status"])
        .stdout_contains("local commits")
        .stdout_contains("commits on branch `18.0-mine`\n")
        .status(1);
    // Also if the lock merges the branch, so that the cache has its commits.
    declare(&env, "merges = [\"18.0-mine\"]");
    env.oca(&["lock", "-q"]).success();
    env.oca(&["sync"]).stderr_contains("commits on branch `18.0-mine`").status(1);
    assert_eq!(env.git("oca/web", &["rev-parse", "18.0-mine", "HEAD"]), format!("{mine}\n{mine}\n"));
    env.oca(&["work", "-q", "web"]).success();
    env.oca(&["sync"]).stderr("web: in work on branch `18.0-mine`\n1 repository up to date\n").success();
    env.oca(&["work", "-q", "web", "--done"]).success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.assert_file("oca/web/mine.txt", "mine");
}
