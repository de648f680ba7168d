//! `oca addons-path` against the disk: `--on-disk`, and an odoo.conf that is written or checked.

use std::fs;

use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;

/// A project with `web`, a good and a bad entry around it.
fn project(env: &Env) {
    web(env);
    env.locked(&format!(
        "[addons-path]\nbefore = [\"odoo\"]\nafter = [\"missing\", \"empty\"]\n[[local]]\npath = \"addons\"\n{WEB}"
    ));
    for module in ["odoo/base", "addons/mine"] {
        env.write(format!("{module}/__init__.py"), "");
        env.write(format!("{module}/__manifest__.py"), "{'name': 'x', 'installable': False}");
    }
    fs::create_dir(env.project().join("empty")).expect("a directory");
}

#[test]
fn entries_that_odoo_would_refuse_are_dropped_with_a_note() {
    let env = Env::new();
    project(&env);
    env.oca(&["sync", "-q"]).success();
    let path = "[TEMP]/project/odoo,[TEMP]/project/addons,[TEMP]/project/oca/web\n";
    env.oca(&["addons-path", "--on-disk"])
        .stdout(path)
        .stderr(
            "`[TEMP]/project/missing` is not on the path, because there is no such directory\n\
             `[TEMP]/project/empty` is not on the path, because it contains no module\n",
        )
        .success();
    env.oca(&["addons-path", "--on-disk=drop", "-q"]).stdout(path).success();
    env.oca(&["addons-path"]).stdout_contains(",[TEMP]/project/missing,[TEMP]/project/empty\n").success();
}

#[test]
fn a_repository_that_is_not_checked_out_stays_with_a_warning() {
    let env = Env::new();
    project(&env);
    fs::remove_dir_all(env.project().join("addons")).expect("the modules can be removed");
    env.oca(&["addons-path", "--on-disk"])
        .stdout("[TEMP]/project/odoo,[TEMP]/project/oca/web\n")
        .stderr_contains("`[TEMP]/project/addons` is not on the path, because there is no such directory\n")
        .stderr_contains(
            "warning: `[TEMP]/project/oca/web` is on the path, but there is no such directory; run `oca sync`\n",
        )
        .success();
}

#[test]
fn strict_fails_on_the_first_bad_entry() {
    let env = Env::new();
    project(&env);
    let run = || env.oca(&["addons-path", "--on-disk=strict"]);
    run()
        .stderr("error: Odoo would refuse `[TEMP]/project/oca/web`: there is no such directory\nhint: run `oca sync`\n")
        .status(1);
    env.oca(&["sync", "-q"]).success();
    run()
        .stderr(
            "error: Odoo would refuse `[TEMP]/project/missing`: there is no such directory\n\
             hint: remove it from the path, or put a module in it\n",
        )
        .status(1);
    fs::create_dir(env.project().join("missing")).expect("a directory");
    run()
        .stderr_contains("error: Odoo would refuse `[TEMP]/project/missing`: it contains no module\n")
        .status(1);
}

#[cfg(unix)]
#[test]
fn inside_the_image_its_own_path_is_looked_at() {
    let env = Env::new();
    web(&env);
    let inside = |path: &str| env.root().join("inside").join(path).display().to_string();
    env.locked(&format!(
        "[image]\nroot = \"{}\"\nbefore = [\"{}\"]\n[[local]]\npath = \"addons\"\nimage = \"{}\"\n{WEB}",
        inside("oca-addons"),
        inside("odoo"),
        inside("extra-addons"),
    ));
    let path = || env.oca(&["addons-path", "--image", "--on-disk"]);
    env.own_module("../inside/odoo/base", "{'name': 'Base'}");
    fs::create_dir(inside("extra-addons")).expect("a directory");
    let left_off = "`[TEMP]/inside/extra-addons` is not on the path, because it contains no module\n";
    path()
        .stderr(&format!(
            "{left_off}error: Odoo would refuse `[TEMP]/inside/oca-addons/web`: there is no such directory\n\
             hint: copy the export to `[TEMP]/inside/oca-addons`\n"
        ))
        .status(1);
    env.oca(&["export", "../inside/oca-addons", "-q"]).success();
    path().stdout("[TEMP]/inside/odoo,[TEMP]/inside/oca-addons/web\n").stderr(left_off).success();
}

#[cfg(unix)]
#[test]
fn a_device_can_be_the_file_to_write() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let conf = "[options]\naddons_path = /mnt/oca-addons/web\n";
    env.oca(&["addons-path", "--image", "--write-conf", "/dev/stdout"]).stdout(conf).success();
    env.oca(&["requirements", "--no-annotate", "-o", "/dev/null"]).success();
}

#[test]
fn an_odoo_conf_is_made_kept_and_left_alone() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let write = || env.oca(&["addons-path", "--image", "--write-conf", "odoo.conf"]).success();
    write();
    env.assert_file("odoo.conf", "[options]\naddons_path = /mnt/oca-addons/web\n");
    env.write(
        "odoo.conf",
        "; ours\n[options]\ndb_host = db\naddons_path = /old,\n    /older\n# workers\nworkers = 2\n\n[queue_job]\nchannels = root:2\n",
    );
    write();
    let written = "; ours\n[options]\ndb_host = db\naddons_path = /mnt/oca-addons/web\n# workers\nworkers = 2\n\n[queue_job]\nchannels = root:2\n";
    env.assert_file("odoo.conf", written);
    let inode =
        || fs::metadata(env.project().join("odoo.conf")).and_then(|file| file.modified()).expect("a date");
    let before = inode();
    write();
    assert_eq!(inode(), before, "nothing is written where nothing changes");
    env.assert_file("odoo.conf", written);
}

#[test]
fn a_value_with_comments_and_blank_lines_is_replaced_whole() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.write("odoo.conf", "[options]\n  addons_path = /a,\n\n# why\n    /b\n\n  workers = 2\n");
    env.oca(&["addons-path", "--image", "--write-conf", "odoo.conf"]).success();
    env.assert_file("odoo.conf", "[options]\n  addons_path = /mnt/oca-addons/web\n\n  workers = 2\n");
    env.oca(&["addons-path", "--image", "--check-conf", "odoo.conf"]).success();
}

#[cfg(unix)]
#[test]
fn the_mode_of_an_odoo_conf_stays() {
    use std::os::unix::fs::PermissionsExt;

    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.write("odoo.conf", "[options]\nadmin_passwd = x\n");
    let file = env.project().join("odoo.conf");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
    env.oca(&["addons-path", "--write-conf", "odoo.conf"]).success();
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    env.assert_file("odoo.conf", "[options]\naddons_path = [TEMP]/project/oca/web\nadmin_passwd = x\n");
}

#[test]
fn an_odoo_conf_that_is_no_text_or_has_no_directory_is_refused_and_kept() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let bytes = b"[options]\n; caf\xe9\n";
    env.write("odoo.conf", bytes);
    for flag in ["--write-conf", "--check-conf"] {
        env.oca(&["addons-path", flag, "odoo.conf"])
            .stderr("error: `odoo.conf` is not UTF-8 at line 2\nhint: save the file as UTF-8\n")
            .status(2);
    }
    assert_eq!(fs::read(env.project().join("odoo.conf")).expect("the file"), bytes);
    env.oca(&["addons-path", "--write-conf", "etc/odoo.conf"])
        .stderr("error: cannot write `etc/odoo.conf`\ncaused by: there is no directory `etc`\n")
        .status(2);
}

#[test]
fn an_odoo_conf_with_another_path_is_told_with_the_difference() {
    let env = Env::new();
    web(&env);
    env.locked(&format!("[image]\nbefore = [\"/odoo\"]\n{WEB}"));
    let check = || env.oca(&["addons-path", "--image", "--check-conf", "odoo.conf"]);
    let refused = |differences: &str| {
        format!(
            "error: `odoo.conf` is out of date\n{differences}\
             hint: run `oca addons-path --image --write-conf odoo.conf`\n"
        )
    };
    check().stderr(&refused("  + /odoo\n  + /mnt/oca-addons/web\n")).status(1);
    env.write("odoo.conf", "[options]\naddons_path = /odoo,/mnt/mine\n");
    check().stderr(&refused("  + /mnt/oca-addons/web\n  - /mnt/mine\n")).status(1);
    env.write("odoo.conf", "[options]\naddons_path = /mnt/oca-addons/web,/odoo\n");
    check().stderr(&refused("  the same entries in another order\n")).status(1);
    env.write("odoo.conf", "[options]\naddons_path =\n    /odoo,\n    /mnt/oca-addons/web\n");
    check().success();
}

#[test]
fn an_odoo_conf_that_python_refuses_is_refused_with_the_line() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let text = "[options]\naddons_path = /a\naddons_path = /b\n";
    env.write("odoo.conf", text);
    for (flag, code) in [("--check-conf", 1), ("--write-conf", 2)] {
        env.oca(&["addons-path", "--image", flag, "odoo.conf"])
            .stderr(
                "error: Python, and so Odoo, refuses `odoo.conf` at line 3: `addons_path` is already in line 2\n\
                 hint: correct the line, or delete it\n",
            )
            .status(code);
    }
    env.assert_file("odoo.conf", text);
    // Python continues a value after any white space.
    env.write("odoo.conf", "[options]\naddons_path = /mnt/oca-addons/web\n\u{1d},/evil\n");
    env.oca(&["addons-path", "--image", "--check-conf", "odoo.conf"])
        .stderr_contains("  - /evil\n")
        .status(1);
    env.oca(&["addons-path", "--image", "--write-conf", "odoo.conf"]).success();
    env.assert_file("odoo.conf", "[options]\naddons_path = /mnt/oca-addons/web\n");
}

#[test]
fn the_hint_for_an_odoo_conf_names_profile_and_flags() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.write("other.conf", "");
    env.oca(&["addons-path", "-p", "standard", "--on-disk", "--check-conf", "other.conf"])
        .stderr_contains("hint: run `oca addons-path --profile standard --on-disk --write-conf other.conf`\n")
        .status(1);
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let env = Env::new();
    for flags in [
        ["--write-conf=a", "--check-conf=a"],
        ["--write-conf=a", "--format=env"],
        ["--profile=a", "--all-profiles"],
    ] {
        env.oca(&["addons-path"])
            .arg(flags[0])
            .arg(flags[1])
            .stderr_contains("cannot be used with")
            .status(2);
    }
}
