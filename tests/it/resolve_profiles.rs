//! Merges and patches that conflict in a profile that is not the default, and patches that fit nowhere any more.

use crate::env::Env;
use crate::merges::{declare, lines, requested};

/// Declares `web` in the profiles `a`, the default, and `b`.
fn two(env: &Env, shared: &str, a: &str, b: &str) {
    env.declare(&format!(
        "default-profile = \"a\"\n[profiles.a]\nrepos = [\"web\"]\n[profiles.b]\nrepos = [\"web\"]\npath = \"b\"\n\
         [repos.web]\n{shared}\n[profiles.a.override.web]\n{a}\n[profiles.b.override.web]\n{b}\n"
    ));
}

#[test]
fn the_hint_names_the_profile_that_conflicts() {
    let env = Env::new();
    requested(&env);
    two(&env, "", "merges = [\"#1\"]", "merges = [\"#1\", \"#3\"]");
    let conflict = "error: `web#3` conflicts with the earlier `web#1`\n";
    env.oca(&["lock"])
        .stderr_contains(conflict)
        .stderr_contains("hint: run `oca -p b resolve web`, or change the order of `merges`\n")
        .status(1);
    env.oca(&["-p", "b", "resolve", "-q", "web"]).success();
    env.oca(&["lock"])
        .stderr_contains(
            "hint: run `oca -p b resolve web --continue`, or `oca -p b resolve web --abort` to give up\n",
        )
        .status(1);
    env.oca(&["-p", "b", "resolve", "-q", "web", "--abort"]).success();
    // With `OCA_PROFILE`, the hint needs no name.
    env.oca(&["lock"]).env("OCA_PROFILE", "b").stderr_contains("hint: run `oca resolve web`, or").status(1);
    two(&env, "", "merges = [\"#1\"]", "merges = [\"#1\"]");
    env.oca(&["lock", "-q"]).success();
    env.oca(&["add", "web#3", "-p", "b"]).stderr_contains("then run `oca -p b resolve web`\n").status(1);
}

#[test]
fn a_conflict_of_another_profile_is_named_with_the_command_that_opens_it() {
    let env = Env::new();
    requested(&env);
    two(&env, "", "merges = [\"#1\"]", "merges = [\"#1\", \"#3\"]");
    env.oca(&["lock", "-q"]).stderr_contains("`web#3` conflicts").status(1);
    env.oca(&["resolve", "web"])
        .stderr_contains(
            "web: nothing conflicts in profile `a`, but `web#3` conflicts in profile `b`\n\
             next: `oca -p b resolve web` opens it\n",
        )
        .success();
    env.oca(&["-p", "b", "resolve", "-q", "web"]).success();
    env.oca(&["-p", "b", "resolve", "-q", "web", "--abort"]).success();
    two(&env, "", "merges = [\"#1\"]", "merges = [\"#3\"]");
    env.oca(&["lock", "-q"]).success();
    env.oca(&["resolve", "web"]).stderr("web: nothing conflicts\n").success();
}

#[test]
fn a_new_patch_that_does_not_fit_another_profile_says_how_to_keep_it_in_one() {
    let env = Env::new();
    requested(&env);
    env.write("patches/one.patch", "--- /dev/null\n+++ b/web_x/one.txt\n@@ -0,0 +1 @@\n+one\n");
    two(&env, "patches = [\"patches/one.patch\"]", "merges = [\"#1\"]", "merges = [\"#3\"]");
    env.oca(&["sync", "-q"]).success();
    env.write("oca/web/web_x/x.txt", lines(&[(3, "three and more"), (28, "28!")]));
    env.git("oca/web", &["commit", "-q", "-a", "-m", "More"]);
    let before = env.read("repos.toml");
    env.oca(&["patch", "web"])
        .stderr(
            "error: the patch does not fit `web` in profile `b`: line 11: hunk 1 of `web_x/x.txt` does not apply\n\
             hint: to have it in profile `a` only, write `patches = [\"patches/one.patch\"]` into \
             `[profiles.a.override.web]`, then run `oca patch web` again\n",
        )
        .status(1);
    assert_eq!(env.read("repos.toml"), before);
    assert!(!env.exists("patches/web-more.patch"));
    two(
        &env,
        "patches = [\"patches/one.patch\"]",
        "merges = [\"#1\"]\npatches = [\"patches/one.patch\"]",
        "merges = [\"#3\"]",
    );
    env.oca(&["patch", "-q", "web"]).success();
    assert!(env.exists("patches/web-more.patch"));
    env.oca(&["lock", "--check"]).success();
}

/// Both were made for another branch, so each keeps the other from being removed.
#[test]
fn patches_that_do_not_apply_are_removed_one_after_the_other() {
    let env = Env::new();
    let remote = requested(&env);
    let patch = |line: usize, text: &str| {
        let (above, below) = (line - 1, line + 1);
        format!(
            "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -{above},3 +{above},3 @@\n {above}\n-{line}\n+{text}\n {below}\n"
        )
    };
    env.write("patches/ten.patch", patch(10, "ten"));
    env.write("patches/twelve.patch", patch(15, "twelve"));
    let both = "patches = [\"patches/ten.patch\", \"patches/twelve.patch\"]";
    declare(&env, both);
    env.oca(&["sync", "-q"]).success();
    // The lock does not have them as they are now, so there is nothing to merge.
    env.write("patches/ten.patch", format!("Ten\n\n{}", patch(10, "ten")));
    env.write("patches/twelve.patch", format!("Twelve\n\n{}", patch(15, "twelve")));
    remote
        .branch("next")
        .from(&remote.commit_of("18.0"))
        .file("web_x/x.txt", lines(&[(10, "zehn"), (15, "elf")]))
        .commit();
    declare(&env, &format!("branch = \"next\"\n{both}"));
    env.oca(&["lock"])
        .stderr_contains("error: cannot apply `patches/ten.patch` to `web`\n")
        .stderr_contains("run `oca remove 'web#patches/ten.patch'`")
        .status(1);
    env.oca(&["remove", "web#patches/ten.patch"])
        .stderr_contains("removed `patches/ten.patch` from `patches` of `[repos.web]`\n")
        .stderr_contains("error: cannot apply `patches/twelve.patch` to `web`\n")
        .stderr_contains("run `oca remove 'web#patches/twelve.patch'`")
        .status(1);
    assert!(!env.read("repos.toml").contains("ten.patch"));
    env.oca(&["remove", "-q", "web#patches/twelve.patch"]).success();
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(10, "zehn"), (15, "elf")]));
}

/// The lock is out of date before and after.
#[test]
fn a_patch_is_removed_although_a_merge_conflicts() {
    let env = Env::new();
    requested(&env);
    env.write("patches/a.patch", "--- /dev/null\n+++ b/web_x/a.txt\n@@ -0,0 +1 @@\n+a\n");
    declare(&env, "merges = [\"#1\"]\npatches = [\"patches/a.patch\"]");
    env.oca(&["lock", "-q"]).success();
    let lock = env.read("oca.lock.json");
    declare(&env, "merges = [\"#1\", \"#3\"]\npatches = [\"patches/a.patch\"]");
    env.oca(&["remove", "web#patches/a.patch"])
        .stderr_contains("removed `patches/a.patch`")
        .stderr_contains("error: `web#3` conflicts with the earlier `web#1`\n")
        .status(1);
    assert!(!env.read("repos.toml").contains("a.patch"));
    assert_eq!(env.read("oca.lock.json"), lock);
}
