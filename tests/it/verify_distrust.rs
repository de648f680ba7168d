//! `oca verify DIR` believes the lock and the files, and not what the export says of itself.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::env::Env;
use crate::export::{export, locked, oca};
use crate::project::repository;

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o644), 0).expect("a pipe");
}

/// Two profiles, the larger one exported.
fn exported(env: &Env) -> PathBuf {
    repository(env, "web", &["web_x"]).branch("18.0").file("web_x/i18n/fr.po", "fr\n").commit();
    repository(env, "dms", &["dms"]);
    env.locked(
        "default-profile = \"parity\"\n[profiles.standard]\nrepos = [\"web\"]\n\
         [profiles.parity]\nextends = [\"standard\"]\nrepos = [\"dms\"]\n",
    );
    env.oca(&["export", "-q", "../out"]).success();
    env.root().join("out")
}

fn edit(out: &Path, from: &str, to: &str) {
    let manifest = out.join(".oca-export.json");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    let edited = text.replace(from, to);
    assert_ne!(edited, text);
    fs::write(&manifest, edited).expect("an edited manifest");
}

#[test]
fn a_manifest_that_names_another_profile_hides_no_repository() {
    let env = Env::new();
    let out = exported(&env);
    fs::remove_dir_all(out.join("dms")).expect("a removal");
    edit(&out, "\"profile\": \"parity\"", "\"profile\": \"standard\"");
    env.oca(&["verify", "../out"])
        .stderr_contains("`../out` is an export of profile `standard`, not of profile `parity`")
        .status(1);
    edit(&out, "\"profile\": \"standard\"", "\"profile\": \"parity\"");
    env.oca(&["verify", "../out"]).stdout_contains("dms: missing: dms/dms/__init__.py\n").status(1);
}

#[test]
fn a_manifest_that_names_other_rules_hides_no_file() {
    let env = Env::new();
    let out = exported(&env);
    fs::remove_file(out.join("web/web_x/i18n/fr.po")).expect("a removal");
    edit(&out, "\"languages\":null", "\"languages\":[]");
    let found = "web: missing: web/web_x/i18n/fr.po\nthe export was made with a different `[export]` or `layout` than the lock has\n";
    env.oca(&["verify", "../out"]).stdout(found).status(1);
    // The lock knows the rules as well, without a project.
    let lock = env.project().join("oca.lock.json");
    let verify = |args: &[&str]| env.oca(&[&["verify"], args].concat()).current_dir(env.root());
    verify(&["out", "-p", "parity", "--lock", &lock.to_string_lossy()]).stdout(found).status(1);
    verify(&["out"]).stdout(found).status(1);
    verify(&["out", "--lock", &lock.to_string_lossy()])
        .stderr_contains("has several profiles\nhint: choose one with `--profile`\n")
        .status(2);
}

#[test]
fn the_rules_of_an_export_are_in_the_lock() {
    let env = Env::new();
    exported(&env);
    let lock = || fs::read_to_string(env.project().join("oca.lock.json")).expect("the lock");
    let before = lock();
    assert!(!before.contains("\"export\""));
    env.edit("repos.toml", "[profiles.standard]", "[export]\ndrop = [\"tests\"]\n[profiles.standard]");
    env.oca(&["lock", "--check"])
        .stdout_contains("profile `parity` has a different `[export]` or `layout` in the lock")
        .stderr_contains("is out of date")
        .status(1);
    env.oca(&["export", "../out"]).stderr_contains("is out of date").status(1);
    env.oca(&["lock", "-q"]).success();
    env.oca(&["lock", "--check", "-q"]).success();
    assert!(lock().contains(
        "\"export\": {\"layout\": \"repos\", \"languages\": null, \"tests\": true, \"readme\": false, \"description\": false}"
    ));
    // It knows nothing yet of what was left out.
    env.oca(&["verify", "../out"]).stdout_contains("different `[export]`").status(1);
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let env = Env::new();
    locked(&env, "[export]\ndrop = [\"tests\"]\n");
    export(&env, &["../out"]);
    let init = env.root().join("out/web/web_x/__init__.py");
    let altered = "web: altered: web/web_x/__init__.py\n";
    fs::remove_file(&init).expect("a removal");
    fifo(&init);
    oca(&env, &["verify", "../out"]).stdout(altered).status(1);
    fs::remove_file(&init).expect("a removal");
    symlink("/dev/zero", &init).expect("a link");
    oca(&env, &["verify", "../out"]).stdout(altered).status(1);
    fs::remove_file(&init).expect("a removal");
    let _socket = std::os::unix::net::UnixListener::bind(&init).expect("a socket");
    oca(&env, &["verify", "../out"]).stdout(altered).status(1);
}

#[test]
fn permissions_and_directories_that_others_could_use_are_found() {
    let env = Env::new();
    let out = exported(&env);
    let set = |path: &str, mode| {
        fs::set_permissions(out.join(path), fs::Permissions::from_mode(mode)).expect("a mode");
    };
    for (path, mode, usual) in [
        ("web/web_x/__init__.py", 0o4755, 0o644),
        ("web/web_x/__init__.py", 0o2644, 0o644),
        ("web/web_x/__init__.py", 0o646, 0o644),
        ("web/web_x", 0o777, 0o755),
        ("web/web_x", 0o1755, 0o755),
    ] {
        set(path, mode);
        env.oca(&["verify", "../out"]).stdout(&format!("web: other mode: {path}\n")).status(1);
        set(path, usual);
    }
    for (path, shown, mode, usual) in [
        ("", ".", 0o777, 0o755),
        (".oca.lock.json", ".oca.lock.json", 0o666, 0o644),
        (".oca-export.json", ".oca-export.json", 0o4644, 0o644),
    ] {
        set(path, mode);
        env.oca(&["verify", "../out"]).stdout(&format!("other mode: {shown}\n")).status(1);
        set(path, usual);
    }
    fs::create_dir_all(out.join("lost+found/evil")).expect("a folder");
    env.oca(&["verify", "-q", "../out"]).success();
    fs::write(out.join("lost+found/evil/__init__.py"), "").expect("a file");
    env.oca(&["verify", "../out"]).stdout("extra: lost+found/evil/__init__.py\n").status(1);
    fs::remove_dir_all(out.join("lost+found")).expect("a removal");
    // A directory that is a link to the same files.
    fs::rename(out.join("web/web_x"), env.root().join("web_x")).expect("a move");
    symlink("../../web_x", out.join("web/web_x")).expect("a link");
    env.oca(&["verify", "../out"]).stdout_contains("web: extra: web/web_x\n").status(1);
}

#[test]
fn a_forged_manifest_lets_no_export_delete_files() {
    let env = Env::new();
    let out = exported(&env);
    fs::create_dir_all(out.join("web/notes")).expect("a folder");
    fs::write(out.join("web/notes/mine.txt"), "mine").expect("a file");
    edit(
        &out,
        "\"modules\": [\"web/web_x\"",
        "\"modules\": [\"web/notes\", \"\", \"/\", \"..\", \"web/web_x\"",
    );
    env.oca(&["export", "../out"]).stderr_contains("contains `web/notes`, which oca did not write").status(1);
    assert!(out.join("web/notes/mine.txt").exists());
}

#[test]
fn an_own_module_whose_manifest_is_a_pipe_is_named() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    env.write("own/mine/__init__.py", "");
    fifo(&env.project().join("own/mine/__manifest__.py"));
    env.declare("[[local]]\npath = \"own\"\n[profiles.standard]\nrepos = [\"web\"]\n");
    env.lock();
    env.oca(&["list"])
        .stdout_contains("web_x")
        .stderr_contains(
            "`own/mine/__manifest__.py` at line 1: the manifest is not a file; the module is ignored",
        )
        .success();
}
