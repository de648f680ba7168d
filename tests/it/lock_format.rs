//! The bytes of `oca.lock.json`, and what is said of bytes that oca did not write.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::env::Env;
use crate::harness::web;
use crate::project::{WEB, repository};
use crate::remote::Remote;

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
fn a_whole_lock() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    let commit = remote
        .branch("18.0")
        .module(
            "web_x",
            &[("depends", "[\"web\", 'web_é']"), ("development_status", "'Beta'"), ("auto_install", "True")],
        )
        .module("web_off", &[("installable", "False")])
        .module(
            "extra/web_y",
            &[
                ("version", ""),
                ("license", ""),
                ("depends", ""),
                ("auto_install", "['sale']"),
                (
                    "external_dependencies",
                    "{'python': ['lxml>=5', 'x'], 'bin': ['wkhtmltopdf'], 'deb': ['libxml2']}",
                ),
            ],
        )
        .file("requirements.txt", "# generated\nlxml>=5 # \"why\"\n")
        .commit();
    let dms = Remote::new(&env, "dms").branch("18.0").file("README.md", "").commit();
    env.locked(&format!(
        "[profiles.standard]\nrepos = [\"web\", \"dms\"]\n[profiles.none]\nrepos = []\n\
         [repos.web]\naddons = [\".\", \"extra\"]\n[repos.dms]\nrev = \"{dms}\"\n"
    ));
    let tree = |path: &str| remote.tree_of("18.0", path);
    env.assert_file(
        "oca.lock.json",
        &format!(
            r##"{{
  "version": 1,
  "repos": [
    {{
      "name": "dms",
      "url": "../remotes/dms.git",
      "rev": "{dms}",
      "addons": ["."],
      "commit": "{dms}",
      "tree": "f93e3a1a1525fb5b91020da86e44810c87a2d7bc",
      "modules": [],
      "requirements": []
    }},
    {{
      "name": "web",
      "url": "../remotes/web.git",
      "branch": "18.0",
      "addons": [".", "extra"],
      "commit": "{commit}",
      "tree": "{}",
      "modules": [
        {{"name": "web_x", "version": "18.0.1.0.0", "tree": "{}", "depends": ["web", "web_é"], "license": "AGPL-3", "development_status": "Beta", "auto_install": true, "python": [], "bin": [], "deb": []}},
        {{"name": "web_y", "directory": "extra", "version": null, "tree": "{}", "depends": [], "license": null, "development_status": null, "auto_install": ["sale"], "python": ["lxml>=5", "x"], "bin": ["wkhtmltopdf"], "deb": ["libxml2"]}}
      ],
      "requirements": [
        "# generated",
        "lxml>=5 # \"why\""
      ]
    }}
  ],
  "profiles": {{
    "none": {{
      "odoo": "18.0",
      "repos": []
    }},
    "standard": {{
      "odoo": "18.0",
      "repos": [
        "web@18.0",
        "dms@{dms}"
      ]
    }}
  }}
}}
"##,
            tree(""),
            tree("web_x"),
            tree("extra/web_y"),
        ),
    );
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn the_same_input_is_the_same_bytes_and_no_write() {
    let env = Env::new();
    let first = locked(&env);
    let file = env.project().join("oca.lock.json");
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(&file).and_then(|file| file.set_modified(past)).expect("an old date");
    env.lock();
    let modified = || fs::metadata(&file).and_then(|metadata| metadata.modified()).expect("a date");
    assert_eq!(modified(), past);
    fs::remove_file(&file).expect("the lock can be removed");
    fs::remove_dir_all(env.cache()).expect("the cache can be removed");
    env.lock();
    env.assert_file("oca.lock.json", &first);
    assert_ne!(modified(), past);
}

#[test]
fn a_fresh_lock_may_be_read_only() {
    let env = Env::new();
    let lock = locked(&env);
    let paths = [env.project().join("oca.lock.json"), env.project()];
    let set_readonly = |readonly| {
        for path in &paths {
            let mut permissions = fs::metadata(path).expect("its metadata").permissions();
            permissions.set_readonly(readonly);
            fs::set_permissions(path, permissions).expect("its permissions");
        }
    };
    set_readonly(true);
    env.oca(&["lock"]).stderr("1 repository with 1 module, nothing changed\n").success();
    set_readonly(false);
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn the_order_in_which_it_is_declared_and_the_number_of_jobs_change_no_byte() {
    let env = Env::new();
    for name in ["web", "dms", "crm", "hr"] {
        repository(&env, name, &[&format!("{name}_b"), &format!("{name}_a")]);
    }
    let [one, other] =
        ["b", "a"].map(|name| format!("[profiles.{name}]\nrepos = [\"web\", \"crm\", \"hr\", \"dms\"]\n"));
    env.declare(&format!("{one}{other}"));
    env.oca(&["lock", "-q", "-j", "1"]).success();
    let first = env.read("oca.lock.json");
    fs::remove_file(env.project().join("oca.lock.json")).expect("the lock can be removed");
    env.declare(&format!("{other}{one}"));
    env.oca(&["lock", "-q", "-j", "8"]).success();
    env.assert_file("oca.lock.json", &first);
}

#[cfg(unix)]
#[test]
fn a_symlink_and_the_mode_of_the_file_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let env = Env::new();
    let remote = web(&env);
    env.write("kept/lock.json", "");
    let real = env.project().join("kept/lock.json");
    symlink("kept/lock.json", env.project().join("oca.lock.json")).expect("a symlink");
    fs::remove_file(&real).expect("the target can be removed");
    env.declare(WEB);
    env.oca(&["lock", "-q"]).success();
    fs::set_permissions(env.project().join("oca.lock.json"), fs::Permissions::from_mode(0o640))
        .expect("a mode");
    remote.branch("18.0").module("web_y", &[]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    assert!(fs::symlink_metadata(env.project().join("oca.lock.json")).expect("the link").is_symlink());
    assert!(env.read("kept/lock.json").contains("web_y"));
    assert_eq!(fs::metadata(&real).expect("the file").permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_newer_version_is_refused_before_what_it_may_bring() {
    let env = Env::new();
    let lock = locked(&env);
    let stderr = "error: `oca.lock.json` has format version 2; this oca reads version 1\n\
                  hint: update oca, or delete the file and run `oca lock`\n";
    assert_refused(&env, &lock.replace("\"version\": 1", "\"version\": 2"), stderr);
    assert_refused(&env, "{\"version\": 2, \"future\": [{\"web\": 1}]}", stderr);
    assert_refused(
        &env,
        "{\"version\": 10000000}",
        "error: `oca.lock.json` has format version 10000000; this oca reads version 1\n\
         hint: update oca, or delete the file and run `oca lock`\n",
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
         hint: move the file away and run `oca lock`\n",
    );
}

const RESTORE: &str = "hint: restore the file from git, or delete it and run `oca lock`\n";

#[test]
fn an_unknown_field_is_refused_by_name() {
    let env = Env::new();
    let lock = locked(&env);
    let malformed = "error: `oca.lock.json` is not a lock that oca wrote: ";
    let expected = "expected one of `name`, `url`, `branch`, `tag`, `rev`, `addons`, `commit`, `tree`, `modules`, `unreadable`, `requirements`";
    assert_refused(
        &env,
        &lock.replace("      \"url\"", "      \"note\": \"mine\",\n      \"url\""),
        &format!("{malformed}unknown field `note`, {expected} at line 6, repository `web`\n{RESTORE}"),
    );
    assert_refused(
        &env,
        &lock.replace("  \"profiles\"", "  \"date\": \"today\",\n  \"profiles\""),
        &format!(
            "{malformed}unknown field `date`, expected one of `version`, `repos`, `profiles` at line 17\n{RESTORE}"
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
                "error: `oca.lock.json` is not a lock that oca wrote: `{word}` is not a valid commit id: \
                 it must be 40 hexadecimal digits at line 9, repository `web`\n{RESTORE}"
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
fn conflict_markers_are_recognised() {
    let env = Env::new();
    let lock = locked(&env);
    let commit = lock.lines().find(|line| line.contains("\"commit\"")).expect("a commit");
    let conflicted = format!("<<<<<<< HEAD\n{commit}\n=======\n{commit}\n>>>>>>> feature");
    assert_refused(
        &env,
        &lock.replace(commit, &conflicted),
        "error: `oca.lock.json` holds git's conflict markers, at line 9\n\
         hint: take one side with `git checkout --ours oca.lock.json` (or `--theirs`), then run `oca lock`\n",
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    let env = Env::new();
    let lock = locked(&env);
    let malformed = "error: `oca.lock.json` is not a lock that oca wrote: ";
    for (from, to, why) in [
        (
            "\"web@18.0\"",
            "\"web@17.0\"",
            "profile `standard` names `web@17.0`, which is not among its repositories",
        ),
        ("\"branch\": \"18.0\",", "", "repository `web` needs one of `branch`, `tag` and `rev`"),
        (
            "\"branch\": \"18.0\",",
            "\"branch\": \"18.0\", \"tag\": \"a\",",
            "repository `web` needs one of `branch`, `tag` and `rev`",
        ),
        ("\"version\": 1", "\"version\": 0", "there is no format version 0"),
    ] {
        assert_refused(&env, &lock.replace(from, to), &format!("{malformed}{why}\n{RESTORE}"));
    }
    let start = lock.find("    {\n").expect("a repository");
    let end = lock.find("    }\n").expect("its end") + "    }".len();
    let entry = &lock[start..end];
    assert_refused(
        &env,
        &lock.replace(entry, &format!("{entry},\n{entry}")),
        &format!("{malformed}repository `web` stands in it twice\n{RESTORE}"),
    );
}
