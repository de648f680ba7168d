//! Which commits of merges move, and `--drop-merged`: merges that are merged upstream leave `repos.toml` and the lock.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};
use crate::project::{WEB, short};

fn commits(env: &Env) -> [String; 2] {
    ["\"#1\"", "\"#2\""].map(|merge| locked(env, merge, "commit"))
}

#[test]
fn merges_move_with_their_repository_or_by_name() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\n  { pr = 1, hold = true },\n  \"#2\",\n]");
    env.lock();
    let [one, two] = commits(&env);
    let [new_one, new_two] =
        [1, 2].map(|number| remote.pull(number).file(&format!("web_x/{number}.txt"), "more\n").commit());
    let pin = env.locked_commit("web");
    let head = remote.branch("18.0").file("web_x/head.txt", "head\n").commit();

    env.lock();
    assert_eq!(commits(&env), [one.clone(), two.clone()]);
    // Only this one moves. The base stays.
    env.oca(&["lock", "-q", "--upgrade", "web#2"]).success();
    assert_eq!((commits(&env), env.locked_commit("web")), ([one.clone(), new_two.clone()], pin.clone()));
    env.oca(&["lock", "-q", &format!("web#2@{}", &two[..7])]).success();
    assert_eq!(commits(&env), [one.clone(), two.clone()]);
    // With `hold`, a merge does not move with its repository, but by its name.
    env.oca(&["upgrade", "-q"]).success();
    assert_eq!((commits(&env), env.locked_commit("web")), ([one.clone(), new_two.clone()], head.clone()));
    env.oca(&["upgrade", "-q", "web"]).success();
    assert_eq!(commits(&env), [one, new_two.clone()]);
    env.oca(&["upgrade", "-q", "web#1"]).success();
    assert_eq!((commits(&env), env.locked_commit("web")), ([new_one, new_two], head));
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn the_whole_file_can_hold_its_merges() {
    let env = Env::new();
    let remote = requested(&env);
    env.declare(&format!("{WEB}[repos.web]\nmerges = [\"#1\", \"#2\"]\n[lock]\nmerges = \"hold\"\n"));
    env.lock();
    let [one, two] = commits(&env);
    let new_one = remote.pull(1).file("web_x/1.txt", "more\n").commit();
    let head = remote.branch("18.0").file("web_x/head.txt", "head\n").commit();
    for names in [&[][..], &["web"]] {
        env.oca(&[&["lock", "-q", "--upgrade"], names].concat()).success();
        assert_eq!((commits(&env), env.locked_commit("web")), ([one.clone(), two.clone()], head.clone()));
    }
    env.oca(&["lock", "-q", "--upgrade", "web#1"]).success();
    assert_eq!(commits(&env), [new_one, two]);
    env.edit("repos.toml", "\"hold\"", "\"never\"");
    env.oca(&["lock"]).stderr_contains("hint: the allowed values are `move`, `hold`\n").status(2);
}

#[test]
fn the_first_digits_of_a_commit_of_a_merge_are_enough() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\"#1\", \"#2\"]");
    env.lock();
    let old = commits(&env)[0].clone();
    let new = remote.pull(1).file("web_x/1.txt", "more\n").commit();
    // The head of its ref, which nobody has asked for yet.
    env.oca(&["lock", "-q", &format!("web#1@{}", short(&new))]).success();
    assert_eq!(commits(&env)[0], new);
    // The one of the lock, and one in the cache: both are known offline.
    for commit in [&new, &old] {
        env.oca(&["lock", "-q", &format!("web#1@{}", short(commit))]).success();
        assert_eq!(commits(&env)[0], *commit);
    }
    env.oca(&["lock", "web#1@0123456"])
        .stderr_contains("error: no known commit of `web` begins with `0123456`\n")
        .status(2);
    env.oca(&["lock", &format!("web#9@{old}")]).stderr_contains("there is no merge `web#9`").status(2);
}

#[test]
fn what_is_merged_upstream_is_dropped_on_request() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\n  \"#1\", # soon\n  \"#2\",\n]");
    env.lock();
    let [_, two] = commits(&env);
    let before = [env.read("repos.toml"), env.read("oca.lock.json")];
    // Upstream takes the change of 1 as a commit of its own.
    let text = lines(&[(3, "three"), (28, "28!")]);
    let head = remote.branch("18.0").file("web_x/x.txt", text).commit();
    remote.pull(2).file("web_x/2.txt", "more\n").commit();
    let removed = "removed `web#1` from `merges` of `[repos.web]`: it is merged upstream\n";
    env.oca(&["upgrade", "--drop-merged", "--dry-run", "web"])
        .stdout_contains("  web#1: not merged any more\n")
        .stderr_contains(removed)
        .stderr_contains("dry run: the lock is not changed\n")
        .success();
    assert_eq!([env.read("repos.toml"), env.read("oca.lock.json")], before);
    env.oca(&["lock", "--upgrade", "web", "--drop-merged"]).stderr_contains(removed).success();
    env.assert_file("repos.toml", &before[0].replace("  \"#1\", # soon\n", ""));
    assert_eq!(env.locked_commit("web"), head);
    assert_ne!(locked(&env, "\"#2\"", "commit"), two);
    assert!(env.exists("oca.lock.d/web/01-2.patch") && !env.exists("oca.lock.d/web/02-2.patch"));
    env.oca(&["lock", "--check"]).success();
    // Nothing is left to drop.
    env.oca(&["upgrade", "--drop-merged"]).stderr_contains("nothing changed").success();
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/2.txt", "more\n");
}

/// The note of an earlier upgrade was overlooked: the lock still says it.
#[test]
fn what_the_lock_knows_as_absorbed_is_dropped_later() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\"#1\"]");
    env.lock();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(3, "three"), (28, "28!")])).commit();
    env.oca(&["upgrade", "-q"]).success();
    env.oca(&["lock", "--upgrade", "web#1", "--drop-merged", "-q"]).success();
    assert!(!env.read("repos.toml").contains("[repos.web]") && !env.exists("oca.lock.d"));
    env.oca(&["lock", "--check"]).success();
}
