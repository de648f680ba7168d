//! `oca verify`: every change is found, in an export and in the checkouts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::env::Env;
use crate::export::{export, image, locked, oca, project};

const PRUNED: &str = "[export]\nlanguages = [\"fr\"]\ndrop = [\"tests\", \"readme\"]\n";

fn exported(env: &Env, more: &str) -> PathBuf {
    locked(env, more);
    export(env, &["../out"]);
    env.root().join("out")
}

#[track_caller]
fn finds(env: &Env, found: &str) {
    oca(env, &["verify", "../out"]).stdout(found).status(1);
}

#[test]
fn every_changed_file_of_an_export_is_named() {
    let env = Env::new();
    let out = exported(&env, PRUNED);
    oca(&env, &["verify", "../out"]).stderr("2 repositories, 22 files as locked\n").success();
    fs::write(out.join("web/web_x/models/__init__.py"), "import os\n").expect("a change");
    fs::remove_file(out.join("web/web_x/static/src/a.js")).expect("a removal");
    fs::write(out.join("web/web_x/models/more.py"), "").expect("an addition");
    fs::set_permissions(out.join("web/web_x/run.sh"), fs::Permissions::from_mode(0o644)).expect("a mode");
    fs::remove_file(out.join("web/web_x/static/link.js")).expect("a link");
    fs::write(out.join("web/web_x/static/link.js"), "src/a.js").expect("a file instead");
    fs::write(out.join("sale/COPYING"), "mine\n").expect("another licence");
    fs::create_dir(out.join("tools")).expect("a folder");
    fs::write(out.join("tools/x"), "").expect("a file of nobody");
    finds(
        &env,
        "web: altered: web/web_x/models/__init__.py\nweb: extra: web/web_x/models/more.py\n\
         web: other mode: web/web_x/run.sh\nweb: altered: web/web_x/static/link.js\n\
         web: missing: web/web_x/static/src/a.js\nsale: altered: sale/COPYING\nextra: tools/x\n",
    );
}

#[test]
fn what_was_left_out_does_not_come_back() {
    let env = Env::new();
    let out = exported(&env, PRUNED);
    fs::create_dir(out.join("web/web_x/tests")).expect("a folder");
    // An empty folder is nothing to git.
    oca(&env, &["verify", "-q", "../out"]).success();
    fs::write(out.join("web/web_x/tests/__init__.py"), "from . import test_x\n").expect("a file");
    finds(&env, "web: extra: web/web_x/tests/__init__.py\n");
}

#[test]
fn a_file_altered_together_with_the_manifest_is_found() {
    let env = Env::new();
    let out = exported(&env, PRUNED);
    let manifest = out.join(".oca-export.json");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    let id = |content: &str| {
        fs::write(env.scratch().join("x"), content).expect("a file");
        env.git("", &["hash-object", "--no-filters", env.scratch().join("x").to_str().expect("text")])
            .trim()
            .to_owned()
    };
    let file = out.join("web/web_x/static/src/a.js");
    fs::write(&file, "evil\n").expect("a change");
    fs::write(&manifest, text.replace(&id("a\n"), &id("evil\n"))).expect("a manifest that fits");
    oca(&env, &["verify", "../out"])
        .stdout_contains("web: the manifest of the export is not that of the lock: ")
        .status(1);
    // A file that is said to be left out, and a repository that is said to be none.
    fs::remove_file(&file).expect("a removal");
    let line = format!("\"100644 {} a.js\"", id("a\n"));
    assert!(text.contains(&line));
    fs::write(&manifest, text.replace(&line, "")).expect("a manifest without it");
    oca(&env, &["verify", "../out"]).stdout_contains("web: the manifest of the export").status(1);
    fs::write(&manifest, text.replace("\"web\"", "\"wob\"")).expect("a manifest without web");
    oca(&env, &["verify", "../out"]).stdout_contains("web: the export does not have it\n").status(1);
    fs::write(&manifest, &text).expect("the right one");
    finds(&env, "web: missing: web/web_x/static/src/a.js\n");
    // What the manifest says of directories decides nothing: the lock knows them.
    let elsewhere = text.replace("\"addons\": [\".\"", "\"addons\": [\"nowhere\"");
    assert_ne!(elsewhere, text);
    fs::write(&manifest, elsewhere).expect("a manifest that looks elsewhere");
    finds(&env, "web: missing: web/web_x/static/src/a.js\n");
    for (broken, code) in [("", 2), ("{}", 2), ("{\"version\": 99}", 2), ("{\"version\": 1}", 2)] {
        fs::write(&manifest, broken).expect("a broken manifest");
        oca(&env, &["verify", "../out"]).stderr_contains("error: ").status(code);
    }
    fs::remove_file(&manifest).expect("no manifest");
    oca(&env, &["verify", "../out"])
        .stderr("error: `../out` is not an export of oca\nhint: name a directory that `oca export` wrote\n")
        .status(2);
}

#[test]
fn an_image_verifies_itself() {
    let env = Env::new();
    let out = exported(&env, PRUNED);
    let before = image(&out);
    // No project, no cache, no home, and nothing that could be written.
    let read_only = |mode| {
        for folder in [out.clone(), out.join("web"), out.join("web/web_x")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).expect("a mode");
        }
    };
    read_only(0o555);
    let run = || env.oca(&["verify", "/"]).current_dir(env.root());
    run()
        .stderr("error: `/` is not an export of oca\nhint: name a directory that `oca export` wrote\n")
        .status(2);
    let verify = |args: &[&str]| {
        let run = env.oca(&[&["verify"], args].concat()).current_dir(env.root());
        run.env("HOME", "/nowhere").env("OCA_CACHE_DIR", "/nowhere/cache").env("XDG_CACHE_HOME", "/nowhere")
    };
    verify(&["out"]).stderr("2 repositories, 22 files as locked\n").success();
    verify(&["out", "--lock", "project/oca.lock.json", "--offline"]).stderr_contains("as locked").success();
    verify(&["out", "-p", "standard"]).stderr_contains("as locked").success();
    verify(&["out", "-p", "lean"])
        .stderr(
            "error: `out` is an export of profile `standard`, not of profile `lean`\n\
             hint: if you want that profile, use `--profile standard`\n",
        )
        .status(1);
    verify(&["--lock", "project/oca.lock.json"])
        .stderr(
            "error: `--lock` names the lock of an export, but no export is named\n\
             hint: name it: `oca verify --lock FILE DIR`\n",
        )
        .status(2);
    verify(&["out", "--lock", "nowhere.json"])
        .stderr("error: there is no `nowhere.json`\nhint: check the path, or name another lock\n")
        .status(1);
    read_only(0o755);
    assert_eq!(image(&out), before);
}

#[test]
fn the_lock_of_the_project_counts_more_than_the_one_in_the_export() {
    let env = Env::new();
    let (web, _) = locked(&env, "");
    export(&env, &["../out"]);
    let old = web.commit_of("18.0")[..10].to_owned();
    let new = web.branch("18.0").file("web_x/new.py", "").commit();
    oca(&env, &["lock", "-q", "--upgrade"]).success();
    finds(&env, &format!("web: at commit {old} instead of {}\n", &new[..10]));
    oca(&env, &["verify", "-q", "--lock", "../out/.oca.lock.json", "../out"]).success();
    env.write("repos.toml", project("").replace("standard", "other"));
    oca(&env, &["lock", "-q"]).success();
    oca(&env, &["verify", "../out"])
        .stderr(
            "error: `../out` is an export of profile `standard`, not of profile `other`\n\
             hint: if you want that profile, use `--profile standard`\n",
        )
        .status(1);
}

#[test]
fn many_changes_are_counted() {
    let env = Env::new();
    let out = exported(&env, "");
    for number in 0..25 {
        fs::write(out.join(format!("web/web_y/x{number:02}.py")), "").expect("a file");
    }
    oca(&env, &["verify", "../out"])
        .stdout_contains("web: extra: web/web_y/x19.py\nweb: and 5 more files\n")
        .status(1);
    oca(&env, &["verify", "--format", "json", "../out"])
        .stdout_contains("\"verified\": false")
        .stdout_contains("\"path\": \"web/web_y/x00.py\"")
        .stdout_contains("\"state\": \"extra\"")
        .stdout_contains("\"more\": 5")
        .status(1);
}

#[test]
fn checkouts_are_verified_by_their_content() {
    let env = Env::new();
    let (web, _) = locked(&env, "");
    oca(&env, &["verify"]).stdout("empty: missing\nweb: missing\nsale: missing\n").status(1);
    oca(&env, &["sync", "-q"]).success();
    oca(&env, &["verify"]).stderr_contains("3 repositories, ").success();
    // What Python compiles and what git is told to ignore is nobody's change.
    env.write("oca/web/web_x/__pycache__/models.pyc", "");
    env.write("oca/web/.git/info/exclude", "*.orig\n");
    env.write("oca/web/web_x/x.orig", "");
    oca(&env, &["verify", "-q"]).success();
    env.write("oca/web/web_x/models/__init__.py", "import os\n");
    env.write("oca/web/web_x/mine.py", "");
    fs::remove_file(env.project().join("oca/sale/COPYING")).expect("a removal");
    oca(&env, &["verify"])
        .stdout("web: extra: web_x/mine.py\nweb: altered: web_x/models/__init__.py\nsale: missing: COPYING\n")
        .status(1);
    // A change that git has been told about is one all the same.
    env.git("oca/web", &["update-index", "--assume-unchanged", "web_x/models/__init__.py"]);
    oca(&env, &["verify"]).stdout_contains("web: altered: web_x/models/__init__.py\n").status(1);
    let old = web.commit_of("18.0")[..10].to_owned();
    let new = web.branch("18.0").file("web_x/new.py", "").commit();
    oca(&env, &["lock", "-q", "--upgrade"]).success();
    oca(&env, &["verify"])
        .stdout_contains(&format!("web: at commit {old} instead of {}\n", &new[..10]))
        .status(1);
    fs::remove_file(env.project().join("oca.lock.json")).expect("no lock");
    oca(&env, &["verify"]).stderr_contains("there is no `oca.lock.json`").status(1);
    assert!(Path::new(&env.project()).is_dir());
}
