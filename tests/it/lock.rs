//! `oca lock`: pins what is declared, drops what is not, and says what cannot be pinned.

use crate::env::Env;
use crate::harness::web;
use crate::project::{WEB, repository, short};

#[test]
fn what_is_declared_is_pinned_and_told() {
    let env = Env::new();
    let remote = web(&env);
    let dms = repository(&env, "dms", &["dms", "dms_field"]);
    env.declare("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    let [web, dms] = [remote.commit_of("18.0"), dms.commit_of("18.0")];
    env.oca(&["lock"])
        .stderr(&format!(
            "dms: locked at {}\nweb: locked at {}\n2 repositories with 3 modules, 2 changed\n",
            short(&dms),
            short(&web)
        ))
        .success();
    assert!(env.read("oca.lock.json").contains(&format!("\"commit\": \"{web}\"")));
    env.oca(&["lock"]).stderr("2 repositories with 3 modules, nothing changed\n").success();
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_pin_stays_when_its_branch_moves() {
    let env = Env::new();
    let remote = web(&env);
    env.locked(WEB);
    let lock = env.read("oca.lock.json");
    remote.branch("18.0").module("web_y", &[]).commit();
    env.lock();
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn what_is_no_longer_declared_is_dropped() {
    let env = Env::new();
    web(&env);
    repository(&env, "dms", &["dms"]);
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    env.declare(WEB);
    env.remove_remotes();
    env.oca(&["lock"])
        .stderr("dms: removed from the lock\n1 repository with 1 module, 1 changed\n")
        .success();
    assert!(!env.read("oca.lock.json").contains("dms"));
}

#[test]
fn the_lock_holds_the_union_of_all_profiles_whatever_profile_is_named() {
    let env = Env::new();
    let remote = web(&env);
    remote.branch("17.0").module("web_x", &[]).commit();
    env.declare(concat!(
        "[profiles.standard]\nrepos = [\"web\"]\n",
        "[profiles.old]\nodoo = \"17.0\"\npath = \"oca-17\"\nextends = [\"standard\"]\n"
    ));
    env.oca(&["lock", "-p", "standard"])
        .stderr_contains("2 repositories with 2 modules, 2 changed\n")
        .success();
    let lock = env.read("oca.lock.json");
    assert!(lock.contains("\"web@17.0\"") && lock.contains("\"web@18.0\""), "{lock}");
}

#[test]
fn a_tag_and_a_commit_are_references_too() {
    let env = Env::new();
    let remote = web(&env);
    let old = remote.commit_of("18.0~1");
    remote.annotated_tag("v1", &old);
    env.locked(&format!("{WEB}[repos.web]\ntag = \"v1\"\n"));
    assert!(env.read("oca.lock.json").contains(&format!("\"commit\": \"{old}\"")));
    let head = remote.commit_of("18.0");
    env.locked(&format!("{WEB}[repos.web]\nrev = \"{head}\"\n"));
    let lock = env.read("oca.lock.json");
    assert!(lock.contains(&format!("\"rev\": \"{head}\"")), "{lock}");
    assert!(lock.contains(&format!("\"web@{head}\"")), "{lock}");
}

#[test]
fn a_missing_branch_is_named_with_the_url_to_look_at() {
    let env = Env::new();
    web(&env);
    env.declare(&format!("{WEB}[repos.web]\nbranch = \"19.0\"\n"));
    env.oca(&["lock"])
        .stderr(
            "error: cannot fetch `web` from `../remotes/web.git`\n\
             caused by: the remote has no branch `19.0`\n\
             hint: list the branches and tags with `git ls-remote ../remotes/web.git`\n",
        )
        .status(3);
    assert!(!env.exists("oca.lock.json"));
}

#[test]
fn a_commit_that_nobody_has_exits_with_4() {
    let env = Env::new();
    web(&env);
    let nowhere = "1234567890123456789012345678901234567890";
    let stderr = format!(
        "error: cannot fetch `web` from `../remotes/web.git`\n\
         caused by: commit `{nowhere}` does not exist on the remote\n\
         hint: move the pin with `oca lock --upgrade web`, or pin a commit that exists with `oca lock web@COMMIT`\n"
    );
    env.declare(&format!("{WEB}[repos.web]\nrev = \"{nowhere}\"\n"));
    env.oca(&["lock"]).stderr(&stderr).status(4);
    env.locked(WEB);
    let lock = env.read("oca.lock.json");
    env.oca(&["lock"]).arg(format!("web@{nowhere}")).stderr(&stderr).status(4);
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn a_repository_may_be_a_file_url_and_hold_what_is_no_module() {
    let env = Env::new();
    let remote = web(&env);
    let commit = remote.commit_of("18.0");
    remote
        .branch("18.0")
        .gitlink("sub", &commit)
        .symlink("web_link", "web_x")
        .symlink("web_y/__manifest__.py", "../web_x/__manifest__.py")
        .file("web_y/__init__.py", "")
        .module("setup", &[])
        .symlink("_link", "web_x")
        .module("_hidden", &[])
        .file("web_z/__manifest__.py", "{}")
        .commit();
    env.declare(&format!("{WEB}[repos.web]\nurl = \"file://{}\"\n", remote.path().display()));
    env.oca(&["lock", "-q"]).success();
    env.oca(&["list"])
        .stdout("web_link  18.0.1.0.0  web\nweb_x     18.0.1.0.0  web\nweb_y     18.0.1.0.0  web\n")
        .success();
}

#[test]
fn several_may_run_at_once() {
    let env = Env::new();
    web(&env);
    repository(&env, "dms", &["dms"]);
    env.declare("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    let runs = [(); 4].map(|()| env.oca(&["lock", "-q"]).spawn());
    runs.into_iter().for_each(crate::run::Running::success);
    env.oca(&["lock", "--check"]).success();
    assert_eq!(std::fs::read_dir(env.project()).expect("the project").count(), 2, "no temporary file stays");
}

#[test]
fn every_repository_that_fails_is_told_by_name_and_counted() {
    let env = Env::new();
    web(&env);
    repository(&env, "queue", &[]).delete_branch("18.0");
    env.declare("[profiles.standard]\nrepos = [\"web\", \"queue\", \"dms\"]\n");
    env.oca(&["lock"])
        .stderr(
            "error: cannot fetch `dms` from `../remotes/dms.git`\n\
             caused by: not found: no git repository at `[TEMP]/remotes/dms.git`\n\
             hint: check the url; `git ls-remote ../remotes/dms.git` should list its branches\n\
             error: cannot fetch `queue` from `../remotes/queue.git`\n\
             caused by: the remote has no branch `18.0`\n\
             hint: list the branches and tags with `git ls-remote ../remotes/queue.git`\n\
             error: 2 repositories failed\n",
        )
        .status(3);
    assert!(!env.exists("oca.lock.json"), "a part of a lock is no lock");
}

#[test]
fn a_secret_in_a_url_reaches_neither_the_lock_nor_a_message() {
    let env = Env::new();
    env.declare(&format!("{WEB}[repos.web]\nurl = \"https://odo:s3cret@example.invalid/web.git\"\n"));
    env.oca(&["lock", "--offline"])
        .stderr(
            "error: cannot fetch `web` from `https://example.invalid/web.git`\n\
             caused by: the remote cannot be asked because oca is offline\n\
             hint: run the command without `--offline` and without `OCA_OFFLINE`\n",
        )
        .status(3);
}

#[test]
fn an_unset_variable_in_a_url_is_named_only_when_a_request_needs_it() {
    let env = Env::new();
    web(&env);
    env.declare(&format!("{WEB}[repos.web]\nurl = \"${{REMOTES}}/web.git\"\n"));
    let stderr = "error: the variable `REMOTES` is not set, and `${REMOTES}/web.git` needs it\n\
                  hint: set `REMOTES`, or write a default: `${REMOTES:-…}`\n";
    env.oca(&["lock"]).stderr(stderr).status(2);
    env.oca(&["lock", "-q"]).env("REMOTES", "../remotes").success();
    assert!(env.read("oca.lock.json").contains("\"url\": \"${REMOTES}/web.git\""));
    env.oca(&["lock", "-q"]).success();
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock", "--upgrade"]).stderr(stderr).status(2);
}

#[test]
fn a_manifest_that_cannot_be_read_is_told_and_left_out() {
    let env = Env::new();
    let remote = web(&env);
    remote
        .branch("18.0")
        .file("web_bad/__init__.py", "")
        .file("web_bad/__manifest__.py", "{\n  'name': x(),\n}")
        .commit();
    env.declare(WEB);
    env.oca(&["lock", "-q"]).success();
    env.oca(&["lock"])
        .stderr(
            "warning: `web/web_bad/__manifest__.py` at line 2: a manifest must not contain the call `x(…)`; the module is ignored\n\
             1 repository with 1 module, nothing changed\n",
        )
        .success();
    env.oca(&["list"]).stdout("web_x  18.0.1.0.0  web\n").success();
}

#[test]
fn what_changed_is_told_to_machines() {
    let env = Env::new();
    let remote = web(&env);
    env.declare(WEB);
    let commit = remote.commit_of("18.0");
    env.oca(&["lock", "--format", "json", "-q"])
        .stdout(&format!(
            "{{\n  \"version\": 1,\n  \"changes\": [\n    {{\n      \"name\": \"web\",\n      \"change\": \"added\",\n      \
             \"merge\": null,\n      \"from\": null,\n      \"to\": \"{commit}\"\n    }}\n  ],\n  \"held\": [],\n  \"settled\": []\n}}\n"
        ))
        .success();
    env.oca(&["lock", "--format", "json", "-q"])
        .stdout("{\n  \"version\": 1,\n  \"changes\": [],\n  \"held\": [],\n  \"settled\": []\n}\n")
        .success();
}

#[test]
fn an_addons_directory_that_the_commit_does_not_have_is_refused_beside_all_other_failures() {
    let env = Env::new();
    let web = repository(&env, "web", &["addons/web_x"]);
    let dms = repository(&env, "dms", &["dms"]);
    let declared = "[profiles.standard]\nrepos = [\"web\", \"dms\"]\n[repos.web]\naddons = [\"adons\"]\n\
                    [repos.dms]\naddons = [\".\", \"README.md\"]\n";
    env.declare(declared);
    env.oca(&["lock"])
        .stderr(&format!(
            "error: `dms` has no directory `README.md` at commit `{}`\n\
             hint: correct `addons` of `[repos.dms]` in `repos.toml`\n\
             error: `web` has no directory `adons` at commit `{}`\n\
             hint: did you mean `addons`?\n\
             error: 2 repositories failed\n",
            dms.commit_of("18.0"),
            web.commit_of("18.0")
        ))
        .status(2);
    assert!(!env.exists("oca.lock.json"));
    env.declare(&declared.replace("adons", "addons").replace(", \"README.md\"", ""));
    env.lock();
    // A directory that is there and holds no module is fine: 26 of 32 repositories had none at first.
    web.branch("18.0").remove("addons/web_x/__manifest__.py").commit();
    env.oca(&["lock", "--upgrade", "-q"]).success();
}
