//! What is said of an `oca.lock.json` that oca did not write.

use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;

/// Puts this in the place of the lock and expects every command to refuse it.
#[track_caller]
fn assert_refused(env: &Env, lock: &str, stderr: &str) {
    env.write("oca.lock.json", lock);
    let commands: [&[&str]; 3] = [&["lock", "--check"], &["lock"], &["list"]];
    for command in commands {
        env.oca(command).stderr(stderr).status(2);
    }
    env.assert_file("oca.lock.json", lock);
}

fn locked(env: &Env) -> String {
    web(env);
    env.locked(WEB);
    env.read("oca.lock.json")
}

#[test]
fn a_newer_version_is_refused_before_what_it_may_bring() {
    let env = Env::new();
    let lock = locked(&env);
    let stderr = "error: `oca.lock.json` has format version 2; this oca reads version 1\n\
                  hint: update oca\n";
    assert_refused(&env, &lock.replace("\"version\": 1", "\"version\": 2"), stderr);
    assert_refused(&env, "{\"version\": 2, \"future\": [{\"web\": 1}]}", stderr);
    assert_refused(
        &env,
        "{\"version\": 10000000}",
        "error: `oca.lock.json` has format version 10000000; this oca reads version 1\n\
         hint: update oca\n",
    );
}

#[test]
fn a_lock_of_another_tool_is_told_as_such() {
    let env = Env::new();
    env.declare(WEB);
    assert_refused(
        &env,
        "{\"version\": \"1.0\", \"repositories\": [{\"name\": \"web\", \"ref\": \"18.0\", \"commit\": \"HEAD\"}]}\n",
        "error: `oca.lock.json` is a lock of another tool: its version is `1.0`\n\
         hint: move the file away and run `oca lock`; it pins the heads of all branches\n",
    );
}

const RESTORE: &str = "hint: restore it with `git checkout COMMIT -- oca.lock.json`; `git log oca.lock.json` lists the commits. Without the file, `oca lock` pins the heads of all branches\n";

#[test]
fn an_unknown_field_is_refused_by_name() {
    let env = Env::new();
    let lock = locked(&env);
    let malformed = "error: `oca.lock.json` is not a lock that oca wrote: ";
    assert_refused(
        &env,
        &lock.replace("  \"profiles\"", "  \"date\": \"today\",\n  \"profiles\""),
        &format!(
            "{malformed}unknown field `date`, expected one of `version`, `repos`, `profiles` at line 18\n{RESTORE}"
        ),
    );
}

#[test]
fn a_name_in_the_place_of_a_commit_is_refused() {
    let env = Env::new();
    let lock = locked(&env);
    let commit = "0c441c48a4dc2bfe0c23088bc2d3e1211e0c9709";
    for word in ["HEAD", "18.0", "0c441c48a4"] {
        assert_refused(
            &env,
            &lock.replace(&format!("\"commit\": \"{commit}\""), &format!("\"commit\": \"{word}\"")),
            &format!(
                "error: `oca.lock.json` is not a lock that oca wrote: repository `web`: `{word}` is not a valid commit id: \
                 it must be 40 hexadecimal digits at line 9\n{RESTORE}"
            ),
        );
    }
}

#[test]
fn a_lock_that_is_cut_off_is_told_with_the_line() {
    let env = Env::new();
    let lock = locked(&env);
    for lines in [0, 1, 5, 12] {
        let cut: String = lock.split_inclusive('\n').take(lines).collect();
        let stderr =
            format!("error: `oca.lock.json` is cut off at line {}\n{RESTORE}", cut.lines().count() + 1);
        assert_refused(&env, &cut, &stderr);
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let env = Env::new();
    let lock = locked(&env);
    let malformed = "error: `oca.lock.json` is not a lock that oca wrote: ";
    for (from, to, why) in [
        (
            "\"branch\": \"18.0\",",
            "",
            "repository `web`: it must have exactly one of `branch`, `tag` and `rev`",
        ),
        (
            "\"branch\": \"18.0\",",
            "\"branch\": \"18.0\", \"tag\": \"a\",",
            "repository `web`: it must have exactly one of `branch`, `tag` and `rev`",
        ),
        ("\"version\": 1", "\"version\": 0", "there is no format version 0"),
    ] {
        assert_refused(&env, &lock.replace(from, to), &format!("{malformed}{why}\n{RESTORE}"));
    }
}
