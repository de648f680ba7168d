//! What becomes of merges when their branch or their request moves.

use crate::env::Env;
use crate::merges::{declare, lines, locked, requested};
use crate::project::short;
use crate::remote::Remote;

/// Merges a commit that changes line 3 into the branch, as OCA's bot does.
fn landed(env: &Env, remote: &Remote, line: &str, title: &str, message: &str) -> String {
    let branch = remote.commit_of("18.0");
    let own = remote
        .branch("rebased")
        .from(&branch)
        .file("web_x/x.txt", lines(&[(3, line), (28, "28!")]))
        .message(title)
        .commit();
    let tree = env.git(remote.path(), &["rev-parse", &format!("{own}^{{tree}}")]);
    let merge =
        env.git(remote.path(), &["commit-tree", tree.trim(), "-p", &branch, "-p", &own, "-m", message]);
    env.git(remote.path(), &["update-ref", "refs/heads/18.0", merge.trim()]);
    merge.trim().to_owned()
}

#[test]
fn only_the_merge_of_the_request_itself_counts() {
    for (title, message) in [
        ("[FIX] web_x: three\n", "Merge PR #1 into 17.0"),
        ("[FIX] web_x: three\n", "Merge PR #1 into 18.0: not yet"),
        ("[FIX] another one\n", "Merge PR #1 into 18.0"),
        ("Merge PR #1 into 18.0\n", "Merge PR #9 into 18.0"),
    ] {
        let env = Env::new();
        let remote = merged(&env);
        // It conflicts, so nothing is lost without a word.
        landed(&env, &remote, "drei", title, message);
        env.oca(&["lock", "--upgrade"]).stderr_contains("`web#1` conflicts with its branch").status(1);
    }
    let env = Env::new();
    let remote = merged(&env);
    // One parent: nobody merged anything.
    remote.branch("18.0").file("new", "").message("Merge PR #1 into 18.0\n").commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "made");
}

#[test]
fn commits_after_the_merge_of_a_request_are_not_lost() {
    let env = Env::new();
    let remote = merged(&env);
    let head = remote.commit_of("refs/pull/1/head");
    let branch = remote.commit_of("18.0");
    let own =
        remote.branch("x").from(&branch).file("web_x/x.txt", lines(&[(3, "three"), (28, "28!")])).commit();
    let tree = env.git(remote.path(), &["rev-parse", &format!("{own}^{{tree}}")]);
    let bot = env.git(
        remote.path(),
        &["commit-tree", tree.trim(), "-p", &branch, "-p", &head, "-m", "Merge PR #1 into 18.0"],
    );
    env.git(remote.path(), &["update-ref", "refs/heads/18.0", bot.trim()]);
    remote.pull(1).file("web_x/later.txt", "").message("[FIX] web_x: later\n").commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "made");
    env.oca(&["sync", "-q"]).success();
    assert!(env.exists("oca/web/web_x/later.txt"));
    env.oca(&["lock", "--check", "--upstream"]).success();
}

/// `web` with the requests 1 and 2 locked.
fn merged(env: &Env) -> Remote {
    let remote = requested(env);
    declare(env, "merges = [\"#1\", \"#2\"]");
    env.oca(&["lock", "-q"]).success();
    remote
}

#[test]
fn a_request_that_was_merged_upstream_contributes_nothing() {
    let env = Env::new();
    let remote = merged(&env);
    let (branch, head) = (remote.commit_of("18.0"), remote.commit_of("refs/pull/1/head"));
    let both = lines(&[(3, "three"), (28, "28!")]);
    // OCA's bot merges with a merge commit.
    let tree = remote.branch("x").from(&branch).file("web_x/x.txt", both).commit();
    let tree = env.git(remote.path(), &["rev-parse", &format!("{tree}^{{tree}}")]);
    let merge = env.git(
        remote.path(),
        &["commit-tree", tree.trim(), "-p", &branch, "-p", &head, "-m", "Merge PR #1 into 18.0"],
    );
    env.git(remote.path(), &["update-ref", "refs/heads/18.0", merge.trim()]);
    env.oca(&["lock", "--upgrade"])
        .stderr_contains("web#1: merged upstream on 20")
        .stderr_contains("; drop it with `oca remove web#1`\n")
        .success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "absorbed");
    assert_eq!(locked(&env, "\"#2\"", "step"), "made");
    assert!(env.exists("oca.lock.d/web/01-2.patch") && !env.exists("oca.lock.d/web/02-2.patch"));
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_request_that_was_merged_and_reverted_upstream_is_named() {
    let env = Env::new();
    let remote = merged(&env);
    let merge = landed(&env, &remote, "three", "[FIX] web_x: three\n", "Merge PR #1 into 18.0");
    remote
        .branch("18.0")
        .file("web_x/x.txt", lines(&[(28, "28!")]))
        .message(&format!("Revert \"three\"\n\nThis reverts commit {merge}, reversing\nchanges.\n"))
        .commit();
    env.oca(&["lock", "--upgrade"])
        .stderr_contains(
            "warning: `web#1` was merged upstream and then reverted, so its changes are not in the base; \
             if you need them, make a new request or a patch\n",
        )
        .success();
    // Its changes are not in the base, so it is not dropped.
    assert_eq!(locked(&env, "\"#1\"", "step"), "empty");
    env.oca(&["lock", "--upgrade", "--drop-merged"]).stderr_contains("nothing changed").success();
    assert!(env.read("repos.toml").contains("\"#1\""));
    // A new lock says the same.
    std::fs::remove_file(env.project().join("oca.lock.json")).expect("a lock");
    env.oca(&["lock"]).stderr_contains("`web#1` was merged upstream and then reverted").success();
    // The revert is reverted: it is in the base again.
    let revert = remote.commit_of("18.0");
    remote
        .branch("18.0")
        .file("web_x/x.txt", lines(&[(3, "three"), (28, "28!")]))
        .message(&format!("Reapply \"three\"\n\nThis reverts commit {revert}.\n"))
        .commit();
    env.oca(&["lock", "--upgrade"]).stderr_contains("web#1: merged upstream on 20").success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "absorbed");
}

#[test]
fn outdated_names_a_request_that_was_reverted() {
    let env = Env::new();
    let remote = merged(&env);
    let merge = landed(&env, &remote, "three", "[FIX] web_x: three\n", "Merge PR #1 into 18.0");
    let text = format!("Revert it\n\nThis reverts commit {merge}, reversing\nchanges.\n");
    remote.branch("18.0").file("web_x/x.txt", lines(&[(28, "28!")])).message(&text).commit();
    env.oca(&["outdated"])
        .stdout_contains("merged upstream, then reverted")
        .stderr("1 of 1 repository outdated\n")
        .success();
}

#[test]
fn a_merge_that_the_branch_contains_and_reverts_is_named_in_a_new_lock() {
    let env = Env::new();
    let remote = requested(&env);
    let (branch, head) = (remote.commit_of("18.0"), remote.commit_of("refs/pull/1/head"));
    let both =
        remote.branch("x").from(&branch).file("web_x/x.txt", lines(&[(3, "three"), (28, "28!")])).commit();
    let tree = env.git(remote.path(), &["rev-parse", &format!("{both}^{{tree}}")]);
    let message = "Merge PR #1 into 18.0";
    let bot =
        env.git(remote.path(), &["commit-tree", tree.trim(), "-p", &branch, "-p", &head, "-m", message]);
    env.git(remote.path(), &["update-ref", "refs/heads/18.0", bot.trim()]);
    let text = format!("Revert it\n\nThis reverts commit {}, reversing\nchanges.\n", bot.trim());
    remote.branch("18.0").file("web_x/x.txt", lines(&[(28, "28!")])).message(&text).commit();
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["lock"]).stderr_contains("`web#1` was merged upstream and then reverted").success();
}

#[test]
fn a_request_whose_changes_landed_in_another_way_contributes_nothing() {
    let env = Env::new();
    let remote = merged(&env);
    remote
        .branch("18.0")
        .file("web_x/x.txt", lines(&[(3, "three"), (28, "28!")]))
        .message("Squashed\n")
        .commit();
    env.oca(&["lock", "--upgrade"])
        .stderr_contains("web#1: the base has all of its changes; drop it with `oca remove web#1`\n")
        .success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "absorbed");
}

#[test]
fn a_request_that_was_amended_at_the_merge_is_found_by_its_number() {
    let env = Env::new();
    let remote = merged(&env);
    landed(&env, &remote, "THREE", "[FIX] web_x: three\n", "Merge PR #1 into 18.0");
    env.oca(&["lock", "--upgrade"]).stderr_contains("web#1: merged upstream on 20").success();
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "THREE"), (20, "twenty"), (28, "28!")]));
    // It stays absorbed: at the next upgrade, if another merge moves, and if somebody proves it.
    remote.branch("18.0").file("new", "").commit();
    env.oca(&["lock", "--upgrade"]).stderr_contains("web#1: merged upstream on 20").success();
    remote.pull(2).file("web_x/more.txt", "").commit();
    env.oca(&["lock", "-q", "--upgrade", "web#2"]).success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "absorbed");
    env.oca(&["lock", "--check", "--upstream"]).success();
    // The same for a request that landed before it was declared.
    std::fs::remove_file(env.project().join("oca.lock.json")).expect("a lock");
    env.oca(&["lock"]).stderr_contains("web#1: merged upstream on 20").success();
}

#[test]
fn a_merge_that_an_earlier_one_contains_is_not_called_merged_upstream() {
    let env = Env::new();
    let remote = requested(&env);
    let first = remote.commit_of("refs/pull/1/head");
    remote.pull(4).from(&first).file("web_x/four.txt", "").commit();
    declare(&env, "merges = [\"#4\", \"#1\"]");
    env.oca(&["lock"]).stderr_contains("web#1: it changes nothing after the merges before it\n").success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "empty");
    env.oca(&["lock", "-q", "--upgrade", "--drop-merged"]).success();
    assert!(env.read("repos.toml").contains("\"#1\""), "it is still needed, if the other one goes");
    env.oca(&["outdated"]).stderr("0 of 1 repository outdated\n").success();
}

#[test]
fn a_sync_that_could_not_merge_says_so() {
    let env = Env::new();
    requested(&env);
    let patch = "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -9,3 +9,3 @@\n 9\n-10\n+ten\n 11\n";
    env.write("patches/ten.patch", patch);
    declare(&env, "patches = [\"patches/ten.patch\"]");
    env.oca(&["sync", "-q"]).success();
    env.write("patches/ten.patch", patch.replace("-10", "-zehn"));
    env.oca(&["sync", "-q"]).stderr_contains("cannot apply `patches/ten.patch` to `web`").status(1);
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(10, "ten"), (28, "28!")]));
}

#[test]
fn a_conflict_in_one_of_two_branches_of_a_repository_keeps_its_own_entry() {
    let env = Env::new();
    let remote = requested(&env);
    let base = remote.commit_of("18.0");
    remote.branch("17.0").from(&base).module("web_x", &[("version", "\"17.0.1.0.0\"")]).commit();
    env.declare(
        "[profiles.standard]\nrepos = [\"web\"]\n[profiles.old]\nodoo = \"17.0\"\npath = \"old\"\nrepos = [\"web\"]\n\
         [repos.web]\nmerges = [\"#1\"]\n",
    );
    env.oca(&["lock", "-q"]).success();
    assert!(env.exists("oca.lock.d/web@18.0/01-1.patch") && env.exists("oca.lock.d/web@17.0/01-1.patch"));
    remote.branch("18.0").file("web_x/x.txt", lines(&[(3, "drei"), (28, "28!")])).commit();
    let moved = remote.branch("17.0").file("new", "").commit();
    env.oca(&["lock", "--upgrade"]).stderr_contains("`web#1` conflicts with its branch").status(1);
    let lock = env.read("oca.lock.json");
    assert!(lock.contains(&base) && lock.contains(&moved));
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_conflict_stops_one_repository_and_no_other() {
    let env = Env::new();
    let remote = requested(&env);
    crate::project::repository(&env, "dms", &["dms"]);
    let declared = "[profiles.standard]\nrepos = [\"web\", \"dms\"]\n[repos.web]\nmerges = [\"#1\"]\n";
    env.declare(declared);
    env.oca(&["lock", "-q"]).success();
    let old = env.locked_commit("web");
    let steps = env.read("oca.lock.d/web/01-1.patch");
    remote.branch("18.0").file("web_x/x.txt", lines(&[(3, "drei"), (28, "28!")])).commit();
    let dms = Remote::open(&env, "dms").branch("18.0").file("new", "").commit();
    env.oca(&["lock", "--upgrade"])
        .stderr_contains("`web#1` conflicts with its branch\n")
        .stderr_contains("`web_x/x.txt`: both changed the same lines")
        .stderr_contains("run `oca resolve web`")
        .status(1);
    assert_eq!((env.locked_commit("web"), env.locked_commit("dms")), (old, dms));
    assert_eq!(env.read("oca.lock.d/web/01-1.patch"), steps);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (28, "28!")]));
}

#[test]
fn a_new_conflict_writes_nothing_and_says_with_what_it_is() {
    let env = Env::new();
    requested(&env);
    declare(&env, "merges = [\"#1\", \"#3\"]");
    env.oca(&["lock"])
        .stderr_contains("`web#3` conflicts with the earlier `web#1`\n")
        .stderr_contains("run `oca resolve web`, or change the order of `merges`")
        .status(1);
    assert!(!env.exists("oca.lock.json") && !env.exists("oca.lock.d"));
}

#[test]
fn a_deleted_request_keeps_its_commit_and_its_step() {
    let env = Env::new();
    let remote = merged(&env);
    let first = locked(&env, "\"#1\"", "commit");
    env.git(remote.path(), &["update-ref", "-d", "refs/pull/1/head"]);
    remote.branch("18.0").file("new", "").commit();
    env.oca(&["lock", "--upgrade"])
        .stderr_contains(
            "warning: `web#1` does not exist any more on its remote; the lock keeps its commit\n",
        )
        .success();
    assert_eq!(locked(&env, "\"#1\"", "commit"), first);
    env.git(remote.path(), &["gc", "-q", "--prune=now"]);
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    remote.branch("18.0").file("newer", "").commit();
    env.oca(&["lock", "--upgrade"])
        .stderr_contains(
            "the commit of `web#1` does not exist any more on its remote; the lock keeps its changes\n",
        )
        .success();
    assert_eq!(locked(&env, "\"#1\"", "step"), "replayed");
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
    assert!(env.exists("oca/web/newer"));
}

#[test]
fn a_request_that_starts_after_the_pin_is_refused_or_picked() {
    let env = Env::new();
    let remote = requested(&env);
    let pin = remote.commit_of("18.0");
    let newer = remote.branch("18.0").file("new", "").commit();
    remote.pull(4).from(&newer).file("web_x/four.txt", "").commit();
    declare(&env, "");
    env.oca(&["lock", "-q"]).arg(format!("web@{pin}")).success();
    declare(&env, "merges = [\"#4\"]");
    env.oca(&["lock"])
        .stderr_contains(&format!(
            "`web#4` starts from commit {} of branch `18.0`, which is newer than the pin {}",
            short(&newer),
            short(&pin)
        ))
        .stderr_contains(
            "run `oca lock --upgrade web` to move the pin, or write the merge with `pick = true`",
        )
        .status(1);
    declare(&env, "merges = [{ pr = 4, pick = true }]");
    env.oca(&["lock", "-q"]).success();
    assert_eq!(env.locked_commit("web"), pin);
    env.oca(&["sync", "-q"]).success();
    assert!(env.exists("oca/web/web_x/four.txt") && !env.exists("oca/web/new"));
    env.oca(&["lock", "--check", "--upstream"]).success();
}

#[test]
fn a_request_moves_with_its_repository_or_by_its_name() {
    let env = Env::new();
    let remote = merged(&env);
    let old = locked(&env, "\"#1\"", "commit");
    let new = remote.pull(1).file("web_x/more.txt", "").commit();
    remote.branch("18.0").file("new", "").commit();
    let base = env.locked_commit("web");
    env.oca(&["lock", "-q"]).success();
    assert_eq!(locked(&env, "\"#1\"", "commit"), old);
    env.oca(&["lock", "-q", "--upgrade", "web#1"]).success();
    assert_eq!((locked(&env, "\"#1\"", "commit"), env.locked_commit("web")), (new.clone(), base.clone()));
    env.oca(&["lock", "-q"]).arg(format!("web#1@{old}")).success();
    assert_eq!((locked(&env, "\"#1\"", "commit"), env.locked_commit("web")), (old, base.clone()));
    env.oca(&["upgrade", "-q", "web"]).success();
    assert_eq!(locked(&env, "\"#1\"", "commit"), new);
    assert_ne!(env.locked_commit("web"), base);
    env.oca(&["lock", "--upgrade", "web#9"])
        .stderr("error: there is no merge `web#9`\nhint: the merges are `web#1`, `web#2`\n")
        .status(2);
}

#[test]
fn outdated_says_what_became_of_each_merge() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\"#1\", \"#2\"]");
    env.oca(&["lock", "-q"]).success();
    env.oca(&["outdated"]).stderr("0 of 1 repository outdated\n").success();
    let (branch, old) = (remote.commit_of("18.0"), remote.commit_of("refs/pull/2/head"));
    let bot = landed(&env, &remote, "THREE", "[FIX] web_x: three\n", "Merge PR #1 into 18.0");
    remote.pull(2).file("web_x/a", "").commit();
    let new = remote.pull(2).file("web_x/b", "").commit();
    env.oca(&["outdated", "--exit-code"])
        .stdout_contains(&format!("web      {} -> {}  branch 18.0\n", short(&branch), short(&bot)))
        .stdout_contains(&format!(
            "web#1    {}                merged upstream on 20",
            short(&remote.commit_of("refs/pull/1/head"))
        ))
        .stdout_contains(&format!("web#2    {} -> {}  moved by 2 commits\n", short(&old), short(&new)))
        .stderr("1 of 1 repository outdated\n")
        .status(1);
    env.oca(&["outdated", "--format", "json"])
        .stdout_contains("\"merge\": \"#2\",\n      \"state\": \"moved\"")
        .stdout_contains("\"commits\": 2")
        .stdout_contains("\"merge\": \"#2\",\n              \"from\"")
        .success();
    env.git(remote.path(), &["update-ref", "-d", "refs/pull/2/head"]);
    env.oca(&["outdated"]).stdout_contains("gone\n").stderr_contains("1 of 1").success();
}

#[test]
fn outdated_says_why_an_upgrade_of_a_merge_would_fail() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["lock", "-q"]).success();
    remote.pull(1).file("web_x/x.txt", lines(&[(3, "three"), (28, "other")])).commit();
    let why = "`web#1` conflicts with its branch\n";
    env.oca(&["outdated"])
        .stdout_contains("moved by 1 commit\n")
        .stderr_contains(&format!("warning: an upgrade of `web` would fail: {why}"))
        .success();
    remote.branch("18.0").file("web_x/y.txt", "").commit();
    env.oca(&["outdated"])
        .stdout_contains(&format!("branch 18.0        an upgrade would fail: {why}"))
        .stderr_contains("1 of 1")
        .success();
}

#[test]
fn a_new_merge_that_the_branch_has_already_is_told() {
    let env = Env::new();
    let remote = requested(&env);
    env.declare(crate::project::WEB);
    env.oca(&["lock", "-q"]).success();
    landed(&env, &remote, "three", "[FIX] web_x: three\n", "Merge PR #1 into 18.0");
    env.oca(&["add", "web#1"])
        .stderr_contains("web#1: merged upstream on ")
        .stderr_contains(
            ", after the locked commit; `oca lock --upgrade web --drop-merged` takes it from there\n",
        )
        .success();
    env.oca(&["lock", "--upgrade", "web", "--drop-merged"])
        .stderr_contains("removed `web#1` from `merges` of `[repos.web]`: it is merged upstream")
        .success();
}
