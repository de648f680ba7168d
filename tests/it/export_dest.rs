//! Where an export may go, and how it comes there.

use std::fs;
use std::process::Command;

use crate::env::Env;
use crate::export::{export, image, locked, oca, paths};

#[test]
fn what_is_not_an_export_is_left_alone() {
    let env = Env::new();
    locked(&env, "");
    env.write("mine/notes.txt", "mine");
    oca(&env, &["export", "mine"])
        .stderr(
            "error: `[TEMP]/project/mine` is not empty and is not an export of oca\n\
             hint: use another directory, or use `--force` to delete its content\n",
        )
        .status(2);
    env.assert_file("mine/notes.txt", "mine");
    oca(&env, &["export", "repos.toml"]).stderr_contains("is not a directory").status(2);
    oca(&env, &["export", "--force", "repos.toml"]).stderr_contains("is not a directory").status(2);
    export(&env, &["--force", "mine"]);
    assert!(!env.exists("mine/notes.txt") && env.exists("mine/web/web_x"));
}

#[test]
fn some_directories_are_never_replaced() {
    let env = Env::new();
    locked(&env, "[[local]]\npath = \"own\"\n");
    env.write("own/README", "");
    oca(&env, &["sync", "-q"]).success();
    std::os::unix::fs::symlink(env.project(), env.root().join("alias")).expect("a link");
    for dest in [
        "/",
        ".",
        "..",
        "../alias",
        "oca",
        "oca/web",
        "oca/web/x",
        "oca/web/x/y",
        "own",
        "../cache",
        "../project/../project",
        ".git",
        "../.git/modules",
        "../.GIT/x",
        "git~1",
    ] {
        for force in [&["export"][..], &["export", "--force"]] {
            oca(&env, &[force, &[dest]].concat()).stderr_contains("cannot be replaced").status(2);
        }
    }
    env.assert_sound_checkout("oca/web");
    assert!(env.exists("repos.toml") && env.exists("own/README"));
    assert!(!env.exists("oca/web/x") && !env.exists(".git") && !env.exists("../.git"));
}

#[test]
fn an_export_is_replaced_as_a_whole() {
    let env = Env::new();
    let (web, _) = locked(&env, "");
    fs::create_dir(env.root().join("out")).expect("an empty folder");
    export(&env, &["../out"]);
    web.branch("18.0").remove("web_x/run.sh").module("web_new", &[]).commit();
    oca(&env, &["lock", "-q", "--upgrade"]).success();
    fs::write(env.root().join("out/web/web_x/extra.py"), "").expect("a file");
    export(&env, &["../out"]);
    let out = env.root().join("out");
    assert!(!out.join("web/web_x/run.sh").exists() && !out.join("web/web_x/extra.py").exists());
    assert!(out.join("web/web_new").is_dir());
    export(&env, &["../fresh"]);
    assert_eq!(image(&out), image(&env.root().join("fresh")));
    // Through a symlink, which stays one; and into a folder that is not there yet.
    std::os::unix::fs::symlink("out", env.root().join("link")).expect("a link");
    export(&env, &["../link"]);
    assert!(env.root().join("link").symlink_metadata().expect("it").is_symlink());
    export(&env, &["../a/b/c"]);
    assert_eq!(image(&out), image(&env.root().join("a/b/c")));
}

#[test]
fn what_somebody_put_beside_the_modules_is_left_alone() {
    let env = Env::new();
    locked(&env, "");
    export(&env, &["../out"]);
    for mine in ["mine", "web/my_module", "sale/notes.txt"] {
        let path = env.root().join("out").join(mine);
        fs::create_dir(&path).expect("a folder");
        oca(&env, &["export", "../out"])
            .stderr(&format!(
                "error: `[TEMP]/out` contains `{mine}`, which oca did not write\n\
                 hint: move it away, or use `--force` to delete it\n"
            ))
            .status(1);
        fs::remove_dir(&path).expect("it is still there");
    }
    export(&env, &["../out"]);
}

#[test]
fn a_half_export_is_recognised_and_redone() {
    let env = Env::new();
    locked(&env, "");
    export(&env, &["../whole"]);
    let out = env.root().join("out");
    // As a run leaves it that is killed while it refills.
    fs::create_dir_all(out.join("web/web_x/models")).expect("a folder");
    fs::create_dir_all(out.join(".oca-export-AbCdEf/sale")).expect("a folder");
    fs::write(out.join(".oca-export.unfinished"), "").expect("the mark");
    oca(&env, &["verify", "../out"])
        .stderr("error: `../out` is an incomplete export\nhint: run `oca export` again\n")
        .status(1);
    export(&env, &["../out"]);
    assert_eq!(image(&out), image(&env.root().join("whole")));
    // And what a run leaves beside it.
    fs::create_dir_all(env.root().join(".oca-export-out-AbCdEf/sale")).expect("a folder");
    export(&env, &["../out"]);
    assert!(paths(env.root()).iter().all(|path| !path.starts_with(".oca-export-")));
}

#[test]
fn a_killed_export_leaves_the_old_one_or_the_new_one() {
    let env = Env::new();
    locked(&env, "");
    export(&env, &["../whole"]);
    let whole = image(&env.root().join("whole"));
    let out = env.root().join("out");
    oca(&env, &["export", "../out"]).stopped_at("replacing an export");
    assert!(!out.exists());
    export(&env, &["../out"]);
    // The first kill left a directory beside, which the run after it has deleted.
    assert!(paths(env.root()).iter().all(|path| !path.starts_with(".oca-export-")));
    oca(&env, &["export", "../out"]).stopped_at("replacing an export");
    assert_eq!(image(&out), whole);
    export(&env, &["../out"]);
    assert_eq!(image(&env.root().join("out")), whole);
    assert!(paths(env.root()).iter().all(|path| !path.starts_with(".oca-export-")));
}

/// Runs a script as root of its own namespace; says so and returns `false` where the system does not allow it.
#[expect(clippy::print_stderr, reason = "a test that could not look says so")]
pub(crate) fn in_namespace(env: &Env, script: &str) -> bool {
    // Root needs no namespace of users, in which an overlay is a poor one.
    let able = |flags: &&&str| {
        let probe = Command::new("unshare").args([**flags, "sh", "-c", "mount -t tmpfs none /mnt"]).output();
        probe.is_ok_and(|output| output.status.success())
    };
    let Some(flags) = ["-m", "-rm"].iter().find(able) else {
        eprintln!("skipped: this system lets nobody mount in a namespace");
        return false;
    };
    let mut command = env.command("unshare");
    command.args([*flags, "sh", "-ec", script]).current_dir(env.project());
    command.env("BASE", env.remotes()).env("OCA", env!("CARGO_BIN_EXE_oca")).env("ROOT", env.root());
    let output = command.output().expect("unshare");
    if output.status.code() == Some(7) {
        eprintln!("skipped: this system has no overlay file system");
        return false;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    true
}

#[test]
fn a_mount_point_is_refilled_in_place() {
    let env = Env::new();
    locked(&env, "");
    export(&env, &["../whole"]);
    let ran = in_namespace(
        &env,
        "mkdir $ROOT/out && mount -t tmpfs none $ROOT/out && mkdir $ROOT/out/lost+found
         $OCA export -q $ROOT/out
         echo mine >$ROOT/out/web/web_x/old.py
         $OCA export -q $ROOT/out
         $OCA verify -q $ROOT/out
         rmdir $ROOT/out/lost+found
         cp -a $ROOT/out $ROOT/copy
         mkdir $ROOT/data $ROOT/bound && mount --bind $ROOT/data $ROOT/bound
         $OCA export -q $ROOT/bound
         $OCA export -q $ROOT/bound
         $OCA verify -q $ROOT/bound
         touch $ROOT/bound/mine
         ! $OCA export -q $ROOT/bound 2>/dev/null",
    );
    if ran {
        // What came and went beside it changed the time of the top.
        let inside = |name: &str| image(&env.root().join(name)).split_off(1);
        assert_eq!(inside("copy"), inside("whole"));
        fs::remove_file(env.root().join("data/mine")).expect("it is still there");
        assert_eq!(inside("data"), inside("whole"));
    }
}

#[test]
fn a_directory_of_a_lower_layer_is_refilled_in_place() {
    let env = Env::new();
    locked(&env, "");
    export(&env, &["../whole"]);
    // On a file system of its own: an overlay cannot lie on another one everywhere.
    let ran = in_namespace(
        &env,
        "mkdir $ROOT/fs && mount -t tmpfs none $ROOT/fs && cd $ROOT/fs
         mkdir lower upper work merged && cp -a $ROOT/whole lower/out && echo old >lower/out/web/web_x/old.py
         mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged || exit 7
         cd $ROOT/project
         $OCA export -q $ROOT/fs/merged/out
         $OCA verify -q $ROOT/fs/merged/out
         $OCA export -q $ROOT/fs/merged/out
         $OCA verify -q $ROOT/fs/merged/out
         test -z \"$(ls -A $ROOT/fs/merged | grep oca-export)\"
         cp -a $ROOT/fs/merged/out $ROOT/copy",
    );
    if ran {
        assert_eq!(image(&env.root().join("copy")), image(&env.root().join("whole")));
    }
}
