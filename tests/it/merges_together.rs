//! Two branches of a project that both changed the merges.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};

/// Commits what is there.
fn commit(env: &Env) {
    env.git(".", &["add", "repos.toml", "oca.lock.json", "oca.lock.d"]);
    env.git(".", &["commit", "-q", "-m", "lock"]);
}

#[test]
fn both_sides_keep_their_commits_and_the_steps_are_made_anew() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\n  \"#2\",\n]");
    env.oca(&["lock", "-q"]).success();
    let base = env.locked_commit("web");
    env.git(".", &["init", "-q", "-b", "main"]);
    commit(&env);
    env.git(".", &["checkout", "-q", "-b", "feature"]);
    declare(&env, "merges = [\n  \"#2\",\n  \"#1\",\n]");
    env.oca(&["lock", "-q"]).success();
    let first = locked(&env, "\"#1\"", "commit");
    commit(&env);
    env.git(".", &["checkout", "-q", "main"]);
    let second = remote.pull(2).file("web_x/two.txt", "").commit();
    env.oca(&["lock", "-q", "--upgrade", "web#2"]).success();
    commit(&env);
    env.try_git(".", &["merge", "-q", "feature"]).expect_err("a conflict");
    env.git(".", &["checkout", "-q", "feature", "--", "repos.toml"]);
    // What moved meanwhile is no reason to move a merge.
    remote.pull(1).file("web_x/one.txt", "").commit();
    remote.branch("18.0").file("new", "").commit();
    env.oca(&["lock", "-q"]).success();
    assert_eq!(env.locked_commit("web"), base);
    assert_eq!(locked(&env, "\"#1\"", "commit"), first);
    assert_eq!(locked(&env, "\"#2\"", "commit"), second);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
    assert!(env.exists("oca/web/web_x/two.txt") && !env.exists("oca/web/web_x/one.txt"));
}
