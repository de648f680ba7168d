//! The bytes of `oca.lock.json`: the same for the same input, and written only where they differ.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::env::Env;
use crate::harness::web;
use crate::project::{WEB, repository};
use crate::remote::Remote;

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
      "digest": "sha256:e81e7c645840e24818ede4b76336c1d07a50ce6c013b698dcebfd679d628ee43",
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
      "digest": "sha256:0248f20ccd04c009e77dfccf00dc74210c93d8e45e53656e038b1a78ff9c3b77",
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
      "digest": "sha256:516524b7c618966d29f0df17e1fc8e5ff86a4249202fac8204895c070b40d55f",
      "repos": []
    }},
    "standard": {{
      "odoo": "18.0",
      "digest": "sha256:b984ea00755d44740ed3322df993981683f491420ffb63d8cc60c675884b39a2",
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
fn two_entries_of_one_name_and_branch_are_told_apart_by_their_url() {
    let env = Env::new();
    web(&env);
    repository(&env, "fork", &["web_fork"]);
    env.locked(concat!(
        "default-profile = \"standard\"\n[profiles.standard]\nrepos = [\"web\"]\n",
        "[profiles.fork]\nextends = [\"standard\"]\npath = \"oca-fork\"\n",
        "override.web = { url = \"../remotes/fork.git\" }\n",
    ));
    let lock = env.read("oca.lock.json");
    assert!(lock.contains("\"web@18.0 ../remotes/fork.git\""), "{lock}");
    assert!(lock.contains("\"web@18.0 ../remotes/web.git\""), "{lock}");
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock"]).stderr("2 repositories with 2 modules, nothing changed\n").success();
    env.oca(&["list"]).stdout("web_x  18.0.1.0.0  web\n").success();
    env.oca(&["list", "-p", "fork"]).stdout("web_fork  18.0.1.0.0  web\n").success();
}
